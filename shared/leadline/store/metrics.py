"""Definitions of custom metrics in the table, and where each metric has points.

metric#review.comments | definition               how it is read
metric#review.comments | place#service:checkout   a place with points of it (`leadline.store.points`)
metric#review.comments | team#payments            a team with points of it, now or earlier
metrics#defined        | review.comments          a defined metric
metrics                | review.comments          a metric with points
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leadline.domain.custom_metrics import UNDEFINED, CustomMetricDefinition
from leadline.store.points import METRICS, metric_partition
from leadline.store.table import Item, Key, Table

DEFINED = "metrics#defined"
_DEFINITION = "definition"


def definition_key(metric: str) -> Key:
    return (metric_partition(metric), _DEFINITION)


def defined_key(metric: str) -> Key:
    return (DEFINED, metric)


def definition_item(metric: str, definition: CustomMetricDefinition, version: int) -> Item:
    pk, sk = definition_key(metric)
    values: Item = {
        "pk": pk,
        "sk": sk,
        "kind": definition.kind,
        "aggregation": definition.aggregation,
        "unit": definition.unit,
        "direction": definition.direction,
        "description": definition.description,
        "v": version,
    }
    return {name: value for name, value in values.items() if value is not None}


def definition_from_item(item: Item) -> CustomMetricDefinition:
    names = ("kind", "aggregation", "unit", "direction", "description")
    return CustomMetricDefinition(**{name: item[name] for name in names if name in item})


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known about a metric besides its numbers. `version`: that of its definition, 0 without one."""

    name: str
    definition: CustomMetricDefinition = UNDEFINED
    version: int = 0
    places: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()

    @property
    def defined(self) -> bool:
        return self.version > 0

    def __bool__(self) -> bool:
        """Whether the metric exists: it is defined or has points."""
        return self.defined or bool(self.places)


def read_metric(table: Table, name: str, *, consistent: bool = False) -> Metric:
    """Reads a metric with one query."""
    definition, version = UNDEFINED, 0
    places: list[str] = []
    teams: list[str] = []
    for item in table.query(metric_partition(name), consistent=consistent):
        kind, _, rest = item["sk"].partition("#")
        match kind:
            case "definition":
                definition, version = definition_from_item(item), item["v"]
            case "place":
                places.append(rest)
            case "team":
                teams.append(rest)
    return Metric(name, definition, version, tuple(places), tuple(teams))


def names_after(table: Table, name: str, limit: int) -> Sequence[str]:
    """The first `limit` metrics after this name, in order: defined ones and those with points."""
    first = name + "\x00" if name else ""

    def listed(partition: str) -> Iterator[str]:
        return (item["sk"] for item in table.query(partition, first, limit=limit))

    return sorted({*listed(DEFINED), *listed(METRICS)})[:limit]
