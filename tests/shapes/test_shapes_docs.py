"""docs/api/shapes.md and the page for Grafana name what there is, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlencode

from query.badges.schemas import BadgeRequest, ShieldsBadge
from query.reports.statistics import SINGLE
from query.shapes.row_schemas import MetricRow
from query.shapes.scrape import GAUGES
from tests.contract.test_badges import make
from tests.contract.test_product_api import an_api

DOCS = Path(__file__).parents[2] / "docs"
SHAPES = (DOCS / "api" / "shapes.md").read_text()
GRAFANA = (DOCS / "connect" / "grafana.md").read_text()


def section(title: str) -> str:
    return SHAPES.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_metric_and_statistic_of_the_rows_is_listed_in_its_order() -> None:
    listed: list[tuple[str, str]] = []
    for metrics, statistics in re.findall(
        r"^\| ((?:`[\w.]+`(?:, )?)+) \| ((?:`\w+`(?:, )?)+) \|", section("Rows"), re.MULTILINE
    ):
        first, *others = re.findall(r"`([\w.]+)`", metrics)
        names = [first, *(first.rpartition(".")[0] + other for other in others)]
        listed += [(metric, statistic) for metric in names for statistic in re.findall(r"`(\w+)`", statistics)]
    assert set(listed) == set(SINGLE)
    assert len(listed) == len(SINGLE)
    (row,) = json.loads(section("Rows").partition("```json")[2].partition("```")[0])
    assert list(row) == list(MetricRow.__annotations__)


def test_every_gauge_is_listed() -> None:
    listed = set(re.findall(r"`(leadline_\w+)", section("OpenMetrics")))
    assert listed == {gauge.name for gauge in GAUGES} | {"leadline_window_days"}


def test_a_badges_fields_are_listed_and_the_example_can_be_made() -> None:
    text = section("Badges")
    body = re.search(r"-d '(\{.*?\})'", text)
    assert body
    assert make(an_api(), **json.loads(body[1]))["badge"]["levels"] == "2023"
    table = text.partition("| field | |")[2].partition("The colour")[0]
    assert set(BadgeRequest.__annotations__) == set(re.findall(r"`(\w+)`(?=,| \||: a)", table))
    assert json.loads(text.partition("```json")[2].partition("```")[0]).keys() == ShieldsBadge.__annotations__.keys()


def test_the_panel_that_is_described_is_answered() -> None:
    row = re.search(r"Query Param\* \| (.*?) \|", GRAFANA)
    assert row
    asked = dict(re.findall(r"`(\w+)` = `([^`]+)`", row[1]))
    assert asked.pop("from") == "${__timeFrom:date:YYYY-MM-DD}"
    assert asked.pop("to") == "${__timeTo:date:YYYY-MM-DD}"
    assert "/v1/metrics/dora/rows" in GRAFANA
    api = an_api()
    answer = api.request("GET", "/v1/metrics/dora/rows", urlencode({**asked, "from": "2026-10-01", "to": "2026-10-31"}))
    assert {row["metric"] for row in answer.json} == {asked["metric"]}
    columns = re.search(r"\*Columns\* \| (.*?) \|", GRAFANA)
    assert columns
    assert set(re.findall(r"`(\w+)`", columns[1])) <= set(answer.json[0])
    others = {
        name
        for line in GRAFANA.partition("| other panels |")[2].splitlines()
        for name in re.findall(r"`((?:change|deployment|failed)_[\w.]+)`", line)
    }
    assert others <= {metric for metric, _ in SINGLE}
