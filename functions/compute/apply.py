"""The one way in: a message is parsed, applied by the logic of its kind, and its event remembered as counted or parked.

A Conflict means that somebody else wrote first: everything is read and planned again. What can never work is Poison.
"""

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from compute.event_traces import About, remember_all_applied, remember_applied, remember_parked
from compute.kinds.change import apply_change, delete_change
from compute.kinds.commits import apply_commits
from compute.kinds.correction import apply_correction
from compute.kinds.deployment import apply_deployment, delete_deployment
from compute.kinds.incident import apply_incident, delete_incident
from compute.kinds.point import apply_point, count_points
from compute.kinds.points import apply_points, delete_points
from compute.kinds.roster import apply_roster
from compute.kinds.service import apply_service
from compute.kinds.settlement import apply_settlement
from compute.people.items import renamed_message
from leadline.contract import messages as m
from leadline.contract import reasons
from leadline.domain.errors import Conflict, Poison, Transient
from leadline.store.events import Trace, event_key
from leadline.store.people import People
from leadline.store.table import Table

_TRIES = 10
Sleep = Callable[[float], None]
_Answer = TypeVar("_Answer")

_LOGIC: dict[type[m.QueueMessage], Callable[[Table, Any], About]] = {
    m.DeploymentMessage: apply_deployment,
    m.ChangeMessage: apply_change,
    m.CommitsMessage: apply_commits,
    m.IncidentMessage: apply_incident,
    m.PointMessage: apply_point,
    m.PointsMessage: apply_points,
    m.RosterMessage: apply_roster,
    m.ServiceMessage: apply_service,
    m.CorrectionMessage: apply_correction,
    m.SettlementMessage: apply_settlement,
    m.DeploymentDeletion: delete_deployment,
    m.ChangeDeletion: delete_change,
    m.IncidentDeletion: delete_incident,
    m.PointsDeletion: delete_points,
}


def apply_message(table: Table, message: m.QueueMessage, now: int) -> About:
    """Folds the message and remembers its event as counted at `now` (epoch milliseconds). What it was about.

    Raises Poison where it can never work, Transient where it may later.
    """
    about = fold(table, message)
    remember_applied(table, message, about, now)
    return about


def apply_point_run(table: Table, messages: Sequence[m.PointMessage], now: int) -> None:
    """The same for several points of one metric, together."""
    abouts = fold_points(table, messages)
    remember_all_applied(table, list(zip(messages, abouts, strict=True)), now)


def fold(table: Table, message: m.QueueMessage | str, sleep: Sleep = time.sleep) -> About:
    """Folds one message, parsed or as queued, into facts and cells, and returns what it was about. Raises Poison or Transient."""
    if isinstance(message, str):
        message = m.parse(message)
    return retry_conflicts(partial(_LOGIC[type(message)], table, message), sleep)


def fold_points(table: Table, messages: Sequence[m.PointMessage], sleep: Sleep = time.sleep) -> list[About]:
    """Folds points of one metric together: the same as each by itself. Raises Transient."""
    return retry_conflicts(partial(count_points, table, messages), sleep)


def retry_conflicts(work: Callable[[], _Answer], sleep: Sleep = time.sleep) -> _Answer:
    """Calls it until nobody else writes at the same time: it reads and plans everything again. Raises Transient after ten tries."""
    for attempt in range(_TRIES):
        try:
            return work()
        except Conflict:
            sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))
    raise Transient("others kept writing under the same lock")


def failed_repeatedly() -> Poison:
    return Poison(reasons.FAILED_REPEATEDLY, "the event could not be applied for half an hour")


def is_parked(table: Table, message: m.Envelope) -> bool:
    """Whether the message's event is listed as parked. Costs one read."""
    key = event_key(message.event_id)
    item = table.get([key]).get(key)
    return item is not None and Trace.from_item(item).parked_at is not None


def note_parked(table: Table, body: str, poison: Poison, now: int, group: str | None = None) -> None:
    """Lists a message as parked, provided that it names its event. `group`: that of the queue."""
    try:
        envelope = m.Envelope.from_json(body)
    except Poison:
        return
    kept = renamed_message(m.without_hops(body), People.read(table))
    remember_parked(table, envelope, kept, poison, now, group)
