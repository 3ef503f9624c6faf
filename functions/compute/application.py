"""Applying a message and remembering what became of its event."""

from compute.fold import fold, parse_envelope
from compute.trace import forget_parked, remember_applied, remember_parked
from leadline.domain.errors import Poison
from leadline.store.table import Table


def apply_message(table: Table, body: str, now: int) -> None:
    """Folds the message and remembers it as applied at `now` (epoch milliseconds). Raises what `fold` raises."""
    about = fold(table, body)
    message = parse_envelope(body)
    if message.get("retry"):
        forget_parked(table, message, about, now)
    else:
        remember_applied(table, message, about, now)


def note_parked(table: Table, body: str, poison: Poison, now: int) -> None:
    """Remembers a message that can never work, where it says which event it is."""
    try:
        message = parse_envelope(body)
    except Poison:
        return
    remember_parked(table, message, body, poison, now)
