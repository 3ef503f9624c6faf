"""`leadline rebuild`: corrects stored numbers that differ from the facts.

A cell is corrected by adding the difference instead of overwriting it, so that events counted meanwhile stay counted. The
difference is computed from facts and cells as of one moment (`leadline_cli.cell_check`); later counts don't change it. A cell in
which no fact counts is deleted, and its day is checked again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from itertools import islice

from leadline.domain.errors import Conflict
from leadline.store.table import MAX_WRITES, Add, Delete, Key, Put, Table, Write, at_version
from leadline_cli.cell_check import TRIES, Difference, differences
from leadline_cli.cell_report import describe
from leadline_cli.cell_survey import Day, Survey
from leadline_cli.point_check import correct_points, describe_points, point_differences
from leadline_cli.progress import Progress
from leadline_cli.stack import add_stack_arguments, aws_errors, find_stack
from leadline_cli.verify import checked, counted, read

REBUILD_KEY: Key = ("rebuild", "rebuild")
"""Its version rises with each correction, so that two rebuilds at a time never add the same difference twice."""

NUMBERS = 200
"""At most so many are added to a cell at a time: DynamoDB allows expressions of 4 KB, and a busy day's cell has hundreds."""

_SHOWN = 20


def register(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Corrects stored numbers (cells) that differ from the stored facts. Run it while few events arrive: they are"
        " counted as usual, but a day that keeps changing is left for the next run. It is safe to interrupt and to"
        " repeat. Exit code 0: all numbers are correct; 1: some days were left."
    )
    add_stack_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="show what would be corrected, and write nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    with aws_errors():
        table = find_stack(arguments).table()
        progress = Progress(sys.stderr)
        found = read(table, progress)
        return preview(table, found, progress) if arguments.dry_run else rebuild(table, found, progress)


def preview(table: Table, found: Survey, progress: Progress) -> int:
    """Prints what `rebuild` would do."""
    differing: list[Difference] = []
    for _, result in checked(table, found, progress):
        differing += result or []
    of_points = [
        each
        for day, suspects in sorted(found.custom.suspects.items())
        for each in point_differences(table, day, suspects) or ()
    ]
    print(f"{counted(found)[:-1]}: {len(differing) + len(of_points):,} would be corrected.")
    for line in (*describe(differing, _SHOWN), *describe_points(of_points, _SHOWN)):
        print(line)
    strays = [*found.strays, *found.custom.strays]
    if strays:
        print(f"{len(strays):,} items among the cells that are not cells would be deleted.")
    return 0


def rebuild(table: Table, found: Survey, progress: Progress) -> int:
    """Corrects what differs, day by day. 0: all cells equal the facts. 1: some days kept changing."""
    all_strays = [*found.strays, *found.custom.strays]
    for key in all_strays:
        table.write([Delete(key)])
    corrected, left = 0, []
    if found.suspects:
        progress.begin("correcting", len(found.suspects))
    for count, day in enumerate(sorted(found.suspects), start=1):
        cells, done = correct(table, day, found.facts.get(day, ()), found.suspects[day])
        corrected += cells
        left += [] if done else [day]
        progress.at(count)
    if found.suspects:
        progress.end(len(found.suspects))
    for metric_day, suspects in sorted(found.custom.suspects.items()):
        points_corrected = correct_points(table, metric_day, suspects)
        corrected += points_corrected or 0
        left += [metric_day] if points_corrected is None else []
    strays = f", {len(all_strays):,} strays deleted" if all_strays else ""
    print(f"{counted(found)[:-1]}: {corrected:,} corrected{strays}.")
    if left:
        days = ", ".join(f"{date} {environment_or_metric}" for environment_or_metric, date in left[:_SHOWN])
        print(
            f"{len(left):,} days kept changing and were left as they are ({days}). Run it again when fewer events arrive."
        )
        return 1
    return 0


def correct(table: Table, day: Day, facts: Iterable[str], suspects: Iterable[Key]) -> tuple[int, bool]:
    """Corrects one day's cells. Returns how many, and whether all of them now equal the facts."""
    facts, suspects = list(facts), list(suspects)
    corrected: set[Key] = set()
    tries = 0
    while tries < TRIES:
        version = table.get([REBUILD_KEY]).get(REBUILD_KEY, {}).get("v", 0)
        found = differences(table, day, facts, suspects)
        if not found:
            return len(corrected), found is not None
        try:
            _write(table, version, _next_writes(found))
        except Conflict:
            tries += 1
            continue
        corrected |= {difference.key for difference in found}
    return len(corrected), False


def _next_writes(found: Sequence[Difference]) -> list[Write]:
    """Deletions if there are any, else as much of each cell as fits. What remains is found by the next check."""
    deletions: list[Write] = [Delete(each.key) for each in found if each.holds is None or not each.says]
    return deletions or [Add(each.key, dict(islice(each.missing().items(), NUMBERS))) for each in found]


def _write(table: Table, version: int, writes: Sequence[Write]) -> None:
    """Raises Conflict if another rebuild is running; some of the writes may then have been applied."""
    pk, sk = REBUILD_KEY
    size = MAX_WRITES - 1
    for count, start in enumerate(range(0, len(writes), size)):
        turn = Put({"pk": pk, "sk": sk, "v": version + count + 1}, at_version(version + count))
        table.write([turn, *writes[start : start + size]])
