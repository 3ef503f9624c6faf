"""`python -m benchmarks [SECTION ...]`: prints the tables of docs/performance.md. All sections take some minutes."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import aims, tables
from benchmarks.aims import Aim
from benchmarks.assets import every_asset
from benchmarks.events import every_event
from benchmarks.imports import every_import
from benchmarks.queries import every_query, growth_of_a_service, growth_of_an_organisation
from benchmarks.speed import every_handler


def _events() -> Iterable[Aim]:
    costs = list(every_event())
    _say("Events: from POST to counted", tables.events_table(costs))
    usual = costs[0].step.bill.of("dynamodb")
    _say(f"{costs[0].name.capitalize()}: what it writes ({tables.operations(usual)})", tables.items_table(usual))
    return aims.of_events(costs)


def _queries() -> Iterable[Aim]:
    queries = list(every_query())
    _say("Queries: 50 services, 100,000 deployments a year, for two years", tables.queries_table(queries))
    return aims.of_queries(queries)


def _growth() -> Iterable[Aim]:
    grown = list(growth_of_a_service())
    _say("Growth: one service, for two years", tables.growth_table(grown))
    _say("Growth: 50 services together, for two years", tables.growth_table(growth_of_an_organisation()))
    return aims.of_growth(grown)


def _speed() -> Iterable[Aim]:
    rows = [[speed.name, f"{speed.cpu:.2f}", f"{speed.per_second:,.0f}"] for speed in every_handler()]
    _say("CPU, one core, AWS answered from memory", tables.table(["handler", "CPU ms", "a second"], rows))
    return ()


def _imports() -> Iterable[Aim]:
    rows = [[each.module, f"{each.milliseconds:.0f}", f"{each.ratio:.2f}"] for each in every_import()]
    _say("Import in a fresh interpreter", tables.table(["module", "CPU ms", "of boto3"], rows))
    return ()


def _assets() -> Iterable[Aim]:
    assets = every_asset()
    rows = [[asset.function, f"{asset.megabytes:.1f}"] for asset in assets]
    _say("Code as deployed, zipped", tables.table(["function", "MB"], rows))
    return aims.of_assets(assets)


_OUT = sys.stdout

SECTIONS: dict[str, Callable[[], Iterable[Aim]]] = {
    "events": _events,
    "queries": _queries,
    "growth": _growth,
    "speed": _speed,
    "imports": _imports,
    "assets": _assets,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What events and queries cost.")
    parser.add_argument("section", nargs="*", choices=[[], *SECTIONS], help=f"of {', '.join(SECTIONS)} (default: all)")
    chosen = parser.parse_args().section or list(SECTIONS)
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        # The functions log as ever, which is part of what they cost, and nobody reads it.
        found = [aim for name in chosen for aim in SECTIONS[name]()]
    if found:
        rows = [
            [aim.name, tables.number(aim.most), f"{aim.found:.4g}", "met" if aim.met else "MISSED"] for aim in found
        ]
        _say("Aims", tables.table(["aim", "at most", "found", ""], rows))
    return 0


def _say(title: str, text: str) -> None:
    _OUT.write(f"\n## {title}\n\n{text}\n")
    _OUT.flush()


if __name__ == "__main__":
    sys.exit(main())
