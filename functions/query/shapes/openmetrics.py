"""Gauges as text: OpenMetrics 1.0, and the older Prometheus format, which differs in a few lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

OPENMETRICS = "application/openmetrics-text"
PROMETHEUS = "text/plain"
CONTENT_TYPES = {
    OPENMETRICS: f"{OPENMETRICS}; version=1.0.0; charset=utf-8",
    PROMETHEUS: f"{PROMETHEUS}; version=0.0.4; charset=utf-8",
}

Sample = tuple[Mapping[str, str], float | int]


@dataclass(frozen=True, slots=True)
class Family:
    """The samples of one gauge. `unit` is "" or the end of its name."""

    name: str
    unit: str
    help: str
    samples: Sequence[Sample]


def exposition(families: Sequence[Family], media: str) -> str:
    """The families as text of this media type, including those without samples."""
    lines = [line for family in families for line in _lines(family, units=media == OPENMETRICS)]
    if media == OPENMETRICS:
        lines.append("# EOF")
    return "\n".join(lines) + "\n"


def _lines(family: Family, *, units: bool) -> Iterator[str]:
    yield f"# TYPE {family.name} gauge"
    if units and family.unit:
        yield f"# UNIT {family.name} {family.unit}"
    yield f"# HELP {family.name} {family.help}"
    for labels, value in family.samples:
        shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{shown}}} {json.dumps(value)}" if shown else f"{family.name} {json.dumps(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
