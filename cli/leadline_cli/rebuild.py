"""`leadline rebuild`: makes the stored numbers equal what the facts say.

A cell is mended by adding what it lacks, not by overwriting it: what is counted in it meanwhile stays counted. The lack is
worked out from facts and cells as of one moment (`leadline_cli.cell_check`), and no count after that moment changes it. A cell in
which no fact counts is deleted, and its day then looked at again.
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
from leadline_cli.point_check import describe_points, mend_points, point_differences
from leadline_cli.progress import Progress
from leadline_cli.stack import add_stack_arguments, aws_errors, find_stack
from leadline_cli.verify import checked, counted, read

REBUILD_KEY: Key = ("rebuild", "rebuild")
"""Its version goes up with each mending, so that two rebuilds at a time never add the same lack twice."""

NUMBERS = 200
"""Added to a cell at a time. A busy day's has hundreds, and DynamoDB takes an expression of 4 KB at most."""

_SHOWN = 20


def register(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Makes the stored numbers (cells) equal what the stored facts say. Run it while the queue is quiet: events that"
        " come in meanwhile are counted as ever, but a day that keeps changing has to be left for the next run. Running"
        " it again, after an interruption too, is safe. Exit code 0: all are equal now; 1: something was left."
    )
    add_stack_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be mended, and write nothing")
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
    print(f"{counted(found)[:-1]}: {len(differing) + len(of_points):,} would be mended.")
    for line in (*describe(differing, _SHOWN), *describe_points(of_points, _SHOWN)):
        print(line)
    strays = [*found.strays, *found.custom.strays]
    if strays:
        print(f"{len(strays):,} items among the cells that are no cells would be deleted.")
    return 0


def rebuild(table: Table, found: Survey, progress: Progress) -> int:
    """Mends what differs, day by day. 0: all cells equal the facts. 1: some days kept changing."""
    all_strays = [*found.strays, *found.custom.strays]
    for key in all_strays:
        table.write([Delete(key)])
    mended, left = 0, []
    if found.suspects:
        progress.begin("mending", len(found.suspects))
    for count, day in enumerate(sorted(found.suspects), start=1):
        cells, done = mend(table, day, found.facts.get(day, ()), found.suspects[day])
        mended += cells
        left += [] if done else [day]
        progress.at(count)
    if found.suspects:
        progress.end(len(found.suspects))
    for metric_day, suspects in sorted(found.custom.suspects.items()):
        points_mended = mend_points(table, metric_day, suspects)
        mended += points_mended or 0
        left += [metric_day] if points_mended is None else []
    strays = f", {len(all_strays):,} strays deleted" if all_strays else ""
    print(f"{counted(found)[:-1]}: {mended:,} mended{strays}.")
    if left:
        days = ", ".join(f"{date} {environment_or_metric}" for environment_or_metric, date in left[:_SHOWN])
        print(f"{len(left):,} days kept changing and were left as they are ({days}). Run it again when it is quieter.")
        return 1
    return 0


def mend(table: Table, day: Day, facts: Iterable[str], suspects: Iterable[Key]) -> tuple[int, bool]:
    """Mends one day's cells. How many, and whether all of them now equal the facts."""
    facts, suspects = list(facts), list(suspects)
    mended: set[Key] = set()
    tries = 0
    while tries < TRIES:
        version = table.get([REBUILD_KEY]).get(REBUILD_KEY, {}).get("v", 0)
        found = differences(table, day, facts, suspects)
        if not found:
            return len(mended), found is not None
        try:
            _write(table, version, _mending(found))
        except Conflict:
            tries += 1
            continue
        mended |= {difference.key for difference in found}
    return len(mended), False


def _mending(found: Sequence[Difference]) -> list[Write]:
    """What to write first: deletions where there are any, else of each cell as much as fits. The rest is worked out anew."""
    deletions: list[Write] = [Delete(each.key) for each in found if each.holds is None or not each.says]
    return deletions or [Add(each.key, dict(islice(each.missing().items(), NUMBERS))) for each in found]


def _write(table: Table, version: int, writes: Sequence[Write]) -> None:
    """Raises Conflict, with some of them perhaps applied, when another rebuild is at work."""
    pk, sk = REBUILD_KEY
    size = MAX_WRITES - 1
    for count, start in enumerate(range(0, len(writes), size)):
        turn = Put({"pk": pk, "sk": sk, "v": version + count + 1}, at_version(version + count))
        table.write([turn, *writes[start : start + size]])
