"""What custom metrics cost: a point from its POST until it is counted, and a report of a metric with two months of points."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import log
from typing import Any

from benchmarks.happenings import HOUR, SERVICE, Happenings, instant
from benchmarks.product import Product, Step
from leadline.domain.points import MICRO, Point, fold, place_of
from leadline.store.points import cell_item, index_keys
from leadline.store.table import Put, Write

METRIC = "build.seconds"
A_DAY = 200
"""Points of the metric a day."""
_DAYS = 60
_WRITES = 100


def usual_point(product: Product, work: Happenings) -> Step:
    """One with an id, of a service and an author in one team; others were counted in the same cells that day."""
    for number in range(20):
        product.tell("metrics", _sent(work, number))
    return product.tell("metrics", _sent(work, 20))


def resent_point(product: Product, work: Happenings) -> Step:
    usual_point(product, work)
    return product.tell("metrics", _sent(work, 20))


def bare_point(product: Product, work: Happenings) -> Step:
    """One of a service, with its time and nothing else."""

    def bare(number: int) -> dict[str, Any]:
        sent = _sent(work, number)
        return {name: sent[name] for name in ("name", "value", "time", "service")}

    product.tell("metrics", bare(0))
    return product.tell("metrics", bare(1))


def many_points(count: int) -> Callable[[Product, Happenings], Step]:
    """So many like the usual one in one request, of a metric that has points already."""

    def measure(product: Product, work: Happenings) -> Step:
        usual_point(product, work)
        return product.tell("metrics", [_sent(work, 100 + number) for number in range(count)])

    return measure


def _sent(work: Happenings, number: int) -> dict[str, Any]:
    return {
        "name": METRIC,
        "value": 60 + number * 7.5,
        "time": instant(work.now - HOUR + number),
        "service": SERVICE,
        "author": "ann",
        "id": f"build-{number}",
    }


def two_months_of_points(product: Product, service: str, end: date) -> str:
    """Counts a metric's points, and says where a report of the last 30 days is."""
    points = list(_points(service, end))
    writes: dict[tuple[str, str], Write] = {}
    for cell, spread in fold(points).items():
        item = cell_item(METRIC, cell, spread)
        writes[item["pk"], item["sk"]] = Put(item)
        for pk, sk in index_keys(METRIC, cell.scope):
            writes[pk, sk] = Put({"pk": pk, "sk": sk})
    every = list(writes.values())
    for start in range(0, len(every), _WRITES):
        product.table.write(every[start : start + _WRITES])
    product.aws.meter.take()
    window = f"from={end - timedelta(days=30)}&to={end}"
    return f"/v1/metrics/custom/{METRIC}?{window}&service={service}"


def _points(service: str, end: date) -> Iterator[Point]:
    draw = random.Random(5)
    for offset in range(_DAYS):
        day = end - timedelta(days=offset + 1)
        noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)
        for number in range(A_DAY):
            value = round(draw.lognormvariate(log(400), 0.5) * 10) * MICRO // 10
            point = Point(METRIC, f"{offset}-{number}", noon + number, value, place=place_of(service, None), day=day)
            yield replace(point, author=f"person-{draw.randrange(5)}")
