"""`leadline verify`: recounts all numbers from the stored facts and compares them with the stored ones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from leadline.store.schema import SCHEMA_VERSION, read_schema_version
from leadline.store.table import Table
from leadline_cli.cell_check import Difference, differences
from leadline_cli.cell_report import describe
from leadline_cli.cell_survey import Day, Survey, survey
from leadline_cli.main import CommandError
from leadline_cli.point_check import PointDifference, describe_points, point_differences
from leadline_cli.progress import Progress
from leadline_cli.stack import add_stack_arguments, aws_errors, find_stack

_SHOWN = 20


def register(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Recounts all numbers from the stored facts and compares them with the stored numbers (cells). Reads the whole"
        " table once and writes nothing; events may arrive meanwhile. Exit code 0: all are equal; 1: some differ."
    )
    add_stack_arguments(parser)
    parser.add_argument(
        "--show", type=int, default=_SHOWN, metavar="N", help="list the first N differences (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    with aws_errors():
        return verify(find_stack(arguments).table(), Progress(sys.stderr), shown=arguments.show)


def verify(table: Table, progress: Progress, *, shown: int = _SHOWN) -> int:
    """Prints how the cells compare with the facts. 0: equal. 1: different, or too busy to compare."""
    found = read(table, progress)
    differing: list[Difference] = []
    unchecked = 0
    for day, result in checked(table, found, progress):
        differing += result or []
        unchecked += 0 if result is not None else len(found.suspects[day])
    of_points: list[PointDifference] = []
    for metric_day, suspects in sorted(found.custom.suspects.items()):
        differences_of_points = point_differences(table, metric_day, suspects)
        of_points += differences_of_points or []
        unchecked += 0 if differences_of_points is not None else len(suspects)
    print(counted(found))
    if differing or of_points:
        print(f"{len(differing) + len(of_points):,} cells differ from the facts:")
        for line in (*describe(differing, shown), *describe_points(of_points, shown)):
            print(line)
    strays = [*found.strays, *found.custom.strays]
    if strays:
        print(f"{len(strays):,} items among the cells are not cells, such as {' | '.join(strays[0])}.")
    if unchecked:
        print(
            f"{unchecked:,} more cells could not be checked, because events kept arriving. Try again when fewer arrive."
        )
    if differing or of_points or strays:
        print("`leadline rebuild` corrects this.")
        return 1
    if unchecked:
        return 1
    print("All numbers equal the facts.")
    return 0


def counted(found: Survey) -> str:
    """How many deployments, cells and points there are, as a sentence."""
    custom = found.custom
    points = (
        f" {custom.points:,} points of custom metrics, {custom.cells:,} cells." if custom.points or custom.cells else ""
    )
    return f"{found.deployments:,} deployments, {found.cells:,} cells.{points}"


def read(table: Table, progress: Progress) -> Survey:
    """Scans the table and shows progress. Raises CommandError where this version does not know the table's schema."""
    version = read_schema_version(table)
    if version not in (None, SCHEMA_VERSION):
        raise CommandError(
            f"This table has schema version {version}; this leadline knows version {SCHEMA_VERSION}. Update leadline."
        )
    progress.begin("reading")
    found = survey(table, progress.at)
    progress.end(found.items)
    return found


def checked(table: Table, found: Survey, progress: Progress) -> Iterator[tuple[Day, list[Difference] | None]]:
    """Checks each day with suspects: its differences, or None if it kept changing."""
    if not found.suspects:
        return
    progress.begin("checking", len(found.suspects))
    for count, day in enumerate(sorted(found.suspects), start=1):
        yield day, differences(table, day, found.facts.get(day, ()), found.suspects[day])
        progress.at(count)
    progress.end(len(found.suspects))
