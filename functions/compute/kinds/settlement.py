"""A settlement gives up looking for a deployment's SHA: it is unmatched from now on, and still completed should the SHA turn up."""

from dataclasses import replace

from compute.derive.opening import finish, open_deployment
from compute.event_traces import About
from leadline.contract.messages import SettlementMessage
from leadline.store.table import Table


def apply_settlement(table: Table, message: SettlementMessage) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    work, timeline, record = open_deployment(table, message.deployment)
    if not record.settled and record.status == "pending":
        timeline.put_header(replace(record, settled=True))
        timeline.attribute_again(record.place)
    finish(work)
    return {}
