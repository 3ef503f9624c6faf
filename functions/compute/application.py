"""Applying a message and remembering what became of its event."""

from collections.abc import Sequence

from compute.fold import fold, fold_points, parse, parse_envelope
from compute.people.items import renamed_message
from compute.trace import About, remember_all_applied, remember_applied, remember_parked
from leadline.contract import reasons
from leadline.domain.errors import Poison
from leadline.queue import without_hops
from leadline.store.events import Trace, event_key
from leadline.store.people import People
from leadline.store.table import Table


def failed_repeatedly() -> Poison:
    return Poison(reasons.FAILED_REPEATEDLY, "applying the event failed again and again for half an hour")


def apply_message(table: Table, body: str, now: int) -> About:
    """Folds the message, remembers it as applied at `now` (epoch milliseconds), says what it was about. Raises as `fold` does."""
    about = fold(table, body)
    remember_applied(table, parse_envelope(body), about, now)
    return about


def apply_points(table: Table, bodies: Sequence[str], now: int) -> None:
    """The same for messages that tell points of one metric, together."""
    messages = [parse(body) for body in bodies]
    abouts = fold_points(table, messages)
    remember_all_applied(table, list(zip(messages, abouts, strict=True)), now)


def is_parked(table: Table, body: str) -> bool:
    """Whether the message's event is listed as parked. Costs one read."""
    key = event_key(parse_envelope(body)["event_id"])
    item = table.get([key]).get(key)
    return item is not None and Trace.from_item(item).parked_at is not None


def note_parked(table: Table, body: str, poison: Poison, now: int, group: str | None = None) -> None:
    """Lists a message as parked, where it says which event it is. `group`: that of the queue."""
    try:
        message = parse_envelope(body)
    except Poison:
        return
    remember_parked(table, message, renamed_message(without_hops(body), People.read(table)), poison, now, group)
