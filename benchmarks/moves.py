"""`python -m benchmarks.moves`: how far a reader has to jump between files to follow one deployment.

One usual deployment is posted, folded and read back on a warm stack, with AWS answered from memory. Calls of functions that are
defined in `functions/` and `shared/` are traced in order. A move is a call into another file than the call before. Comprehensions
and generator expressions count as part of the function around them, and resuming a generator is not a call.
`--pairs` also prints between which files the fold moves.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from inspect import CO_GENERATOR
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.events import change, stack_in_use
from benchmarks.happenings import HOUR
from benchmarks.tables import table

_ROOT = Path(__file__).resolve().parent.parent
_TRACED = tuple(str(_ROOT / folder) + os.sep for folder in ("functions", "shared"))
_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}


@dataclass(frozen=True, slots=True)
class Leg:
    """The calls of one leg, in order, as (file, function)."""

    calls: tuple[tuple[str, str], ...]

    @property
    def files(self) -> list[str]:
        return [file for file, _ in self.calls]

    def moves(self) -> Counter[tuple[str, str]]:
        """From which file to which, and how often."""
        return Counter((old, new) for old, new in pairwise(self.files) if old != new)


def trace(work: Callable[[], Any]) -> Leg:
    """What is called while this runs."""
    calls: list[tuple[str, str]] = []
    generators: set[FrameType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or frame in generators or not code.co_filename.startswith(_TRACED):
            return
        if code.co_flags & CO_GENERATOR:
            generators.add(frame)
        if code.co_name not in _COMPREHENSIONS:
            calls.append((code.co_filename[len(str(_ROOT)) + 1 :], code.co_qualname))

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return Leg(tuple(calls))


def legs() -> Iterator[tuple[str, Leg]]:
    """A deployment's way, after another one has gone it."""
    product, happenings = stack_in_use()
    today = datetime.fromtimestamp(happenings.now, UTC)
    target = f"/v1/metrics/dora?from={today - timedelta(days=7):%F}&to={today + timedelta(days=1):%F}"
    for warm in (False, True):
        change(product, happenings)
        happenings.later(HOUR)
        deployment = happenings.deployment()
        ways = [
            ("POST", trace(lambda: product.post("deployments", deployment))),  # noqa: B023  run at once
            ("fold", trace(product.compute)),
            ("GET", trace(lambda: product.get(target))),
        ]
        if warm:
            yield from ways


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.moves")
    parser.add_argument("--pairs", action="store_true", help="also print from which file to which the fold moves")
    pairs = parser.parse_args().pairs
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        found = list(legs())
    rows = [[name, str(len(set(way.files))), str(len(set(way.calls))), str(way.moves().total())] for name, way in found]
    sys.stdout.write(table(["leg", "files", "functions", "moves"], rows) + "\n")
    if pairs:
        moves = dict(found)["fold"].moves()
        sys.stdout.write(
            "\n" + table(["moves", "from", "to"], [[str(n), a, b] for (a, b), n in moves.most_common()]) + "\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
