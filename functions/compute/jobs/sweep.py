"""The sweep: looks after deployments whose SHA is not known yet, on a schedule.

A push or a change completes them without it. For what never comes by itself the sweep asks the repository's VCS again, at growing
intervals, and gives up after GIVE_UP: the deployment is then `unmatched`, visible, and still completed should its SHA turn up.
It only sends messages, so that all that is written for a repository is written in turn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from leadline.store.attention import PENDING, attention_partition
from leadline.store.table import Item, Table

MINUTE = 60 * 1000
HOUR = 60 * MINUTE
PERIOD = 5 * MINUTE
"""How often the sweep runs: an interval that ended since the last run is due now."""

LOOK_AFTER = (5 * MINUTE, 15 * MINUTE, 45 * MINUTE, 2 * HOUR, 5 * HOUR, 11 * HOUR, 23 * HOUR, 36 * HOUR, 47 * HOUR)
GIVE_UP = 48 * HOUR


@dataclass(frozen=True, slots=True)
class Errand:
    """A message to send, and under which lock it is worked."""

    lock: str
    kind: str
    event_id: str
    data: dict[str, Any]


def errands(table: Table, now: int, *, lookups: bool) -> Iterator[Errand]:
    """What is due at `now` (epoch milliseconds). `lookups`: whether any VCS can be asked. Costs one query a page.

    The newest first: what is found for it mostly completes those before it, too.
    """
    for item in table.query(attention_partition(PENDING), reverse=True):
        age = now - item["since"]
        if age >= GIVE_UP:
            yield _errand(item, "settlement", now)
        elif lookups and any(now - PERIOD < item["since"] + after <= now for after in LOOK_AFTER):
            yield _errand(item, "lookup", now)


def _errand(item: Item, kind: str, now: int) -> Errand:
    key = item["sk"].partition("#")[2]
    lock = item.get("repository", "service:" + item["service"])
    return Errand(lock, kind, f"swp_{kind}_{key}_{now // PERIOD}", {"deployment": key})
