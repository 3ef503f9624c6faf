"""A service's repository, its paths or the settings changed: all of it is counted again."""

from compute.derive.opening import finish
from compute.derive.timeline import ATTRIBUTE_ALL
from compute.derive.unit_of_work import UnitOfWork, read_together
from compute.event_traces import About
from leadline.contract.messages import ServiceMessage
from leadline.store.deployments import place_of
from leadline.store.planned_writes import lock_key
from leadline.store.services import Service, service_key
from leadline.store.table import Table


def apply_service(table: Table, message: ServiceMessage) -> About:
    """Raises every lock that the service was or is written under, so that workers that have read an older one have to read again.

    Applying it again changes nothing. Raises Conflict where it has to be tried again.
    """
    key = service_key(message.service)
    item = table.get([key]).get(key)
    if item is None:
        return {}
    service = Service.from_item(item)
    locks = {*message.locks, service.lock}
    stored = table.get([lock_key(name) for name in locks]).values()
    # Its own lock comes last, after all others have let go of it.
    for name in sorted(locks, key=lambda name: (name == service.lock, name)):
        work = UnitOfWork(table, name, read_together(table, [lock_key(name), key]))
        work.changes.note(touched=work.changes.lock.get("touched", 0) + 1)
        names = work.changes.lock.get("services", [])
        if name == service.lock:
            work.changes.note(services=sorted({*names, service.name}))
            work.note_incident(max((lock.get("last_incident", 0) for lock in stored), default=0))
            for environment in service.years:
                work.timeline(service.name, environment).mark(ATTRIBUTE_ALL, place_of(0, ""))
        else:
            work.changes.note(services=[known for known in names if known != service.name])
        finish(work)
    return {}
