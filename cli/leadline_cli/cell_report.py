"""Describes cells that differ from the facts, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadline.domain.cells import AUTHOR_MARK
from leadline.store.cells import parse_cell_key
from leadline.store.table import Key
from leadline_cli.cell_check import Difference

_WORDS = {
    "d": "deployments", "m": "mapped", "b": "baseline", "p": "pending", "u": "unmatched", "f": "failed", "r": "rework",
    "x": "never live", "y": "never live, counted as failed", "o": "open failures", "c": "changes",
    "i": "changes without first commit", "L": "lead seconds", "C": "coding seconds", "P": "pickup seconds",
    "V": "review seconds", "Y": "deploy seconds", "R": "recovery seconds",
}  # fmt: skip
_MOST_NUMBERS = 4


def describe(differences: Sequence[Difference], most: int) -> Iterator[str]:
    """One line for each of the first `most` differences, and one for the rest."""
    for difference in differences[:most]:
        yield f"  {cell_name(difference.key)}: {_numbers(difference)}"
    if len(differences) > most:
        yield f"  ... and {len(differences) - most:,} more"


def cell_name(key: Key) -> str:
    """Such as "2026-10-31 production, service checkout"."""
    cell = parse_cell_key(key)
    scope = cell.scope
    names = [("team", scope.team), ("author", scope.author), ("service", scope.service)]
    parts = [f"{kind} {name}" for kind, name in names if name is not None] or ["everything"]
    return f"{cell.day} {scope.environment}, {', '.join(parts)}"


def _numbers(difference: Difference) -> str:
    if difference.holds is None:
        return "holds something other than numbers"
    if not difference.says:
        return "holds numbers that no fact accounts for"
    missing = sorted(difference.missing(), key=lambda name: (len(name), name))
    shown = [
        f"{_word(name)} {difference.holds.get(name, 0)} instead of {difference.says.get(name, 0)}"
        for name in missing[:_MOST_NUMBERS]
    ]
    more = [f"{len(missing) - _MOST_NUMBERS} more"] if len(missing) > _MOST_NUMBERS else []
    return ", ".join([*shown, *more])


def _word(name: str) -> str:
    if name.startswith(AUTHOR_MARK):
        return f"deployments with a change of {name.removeprefix(AUTHOR_MARK)}"
    known = _WORDS.get(name)
    if known is not None:
        return known
    return f"{_WORDS[name[0]].removesuffix(' seconds')} bucket {name[1:]}" if name[:1] in _WORDS else repr(name)
