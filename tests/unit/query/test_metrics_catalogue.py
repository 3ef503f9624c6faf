"""A metric is declared once: every format, the OpenAPI schema and the docs follow from its entry in the catalogue."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from leadline.contract.metrics_catalogue import COVERAGE, METRICS, MetricEntry
from tests.contract.test_product_api import an_api

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "shared" / "leadline" / "contract" / "metrics_catalogue.py"

A_SIXTH_METRIC = """
import dataclasses, json
from leadline.contract import metrics_catalogue as catalogue
from leadline.domain.metrics import Tally

@dataclasses.dataclass(frozen=True, slots=True)
class BatchSize:
    value: float | None
    changes: int
    deployments: int

    @classmethod
    def of(cls, tally: Tally) -> "BatchSize":
        return cls(tally["c"] / tally["d"] if tally["d"] else None, tally["c"], tally["d"])

catalogue.METRICS = (*catalogue.METRICS, catalogue.MetricEntry(
    id="batch_size",
    title="Batch size",
    definition="Changes per deployment.",
    source="nobody",
    counters="c and d",
    answer=BatchSize,
    statistics=(
        catalogue.Statistic("value", "changes", "Mean size.", catalogue.Gauge("batch_size", "Changes per deployment.")),
        catalogue.Statistic("changes", "changes", "Its numerator."),
        catalogue.Statistic("deployments", "deployments", "Its denominator."),
    ),
    n="deployments",
))
catalogue.Metrics = catalogue.make_metrics(catalogue.METRICS)

from apidoc.tables import TABLES
from pydantic import TypeAdapter
from query.schemas import DoraReport
from tests.contract.test_product_api import an_api

api, october = an_api(), "from=2026-10-01&to=2026-10-31"
panel = {"id": "p", "title": "P", "metric": "batch_size", "visual": "number"}
api.request("PUT", "/v1/dashboards/sizes", body=json.dumps({"name": "Sizes", "panels": [panel]}), content_type="application/json")
csv = api.request("GET", "/v1/metrics/dora", october, accept="text/csv").text.splitlines()
schemas = TypeAdapter(DoraReport).json_schema()["$defs"]
catalogue.describe_answers(schemas)
schema = schemas["BatchSize"]
print(json.dumps({
    "json": api.dora(from_="2026-10-01", to="2026-10-31")["metrics"]["batch_size"],
    "csv": [name for name in csv[0].split(",") if name.startswith("batch_size")],
    "rows": [row["statistic"] for row in api.get("/v1/metrics/dora/rows", metric="batch_size")],
    "gauge": "# HELP leadline_batch_size Changes per deployment." in api.request("GET", "/v1/metrics/openmetrics").text,
    "panel": api.get("/v1/dashboards/sizes/data", from_="2026-10-01", to="2026-10-31")["panels"][0]["values"],
    "schema": [schema["description"], schema["properties"]["value"]["description"]],
    "docs": [name for name, table in TABLES.items() if "Batch size" in table() or "batch_size" in table()],
    "explained": "| `changes` | Its numerator. |" in TABLES["statistics of batch_size"](),
}))
"""


def test_one_entry_makes_a_metric_of_every_format_and_of_the_docs() -> None:
    made = subprocess.run([sys.executable, "-c", A_SIXTH_METRIC], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    found = json.loads(made.stdout)
    number = found["json"]["value"]
    assert found["json"] == {"value": 2 / 3, "changes": 2, "deployments": 3}
    assert found["csv"] == ["batch_size.value", "batch_size.changes", "batch_size.deployments"]
    assert found["rows"] == ["value", "changes", "deployments"]
    assert found["gauge"] is True
    assert [(shown["name"], shown["unit"], shown["value"]) for shown in found["panel"]] == [
        ("batch_size", "changes", number)
    ]
    assert found["schema"] == ["Changes per deployment. Source: nobody.", "Mean size."]
    assert found["docs"] == ["metrics", "rows", "gauges"]
    assert found["explained"] is True


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_the_id_of_a_metric_is_spelled_beside_its_logic_only(metric: MetricEntry) -> None:
    spelled = {
        path
        for folder in ("functions", "shared", "cli", "apidoc")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value == metric.id
    }
    levels = ROOT / "shared" / "leadline" / "domain" / "levels.py"  # cut-offs of DORA's reports
    default = ROOT / "functions" / "query" / "dashboards" / "default.py"  # which metrics the first dashboard shows
    examples = ROOT / "apidoc" / "examples.py"  # a dashboard that somebody creates
    assert spelled <= {CATALOGUE, levels, default, examples}


@pytest.mark.parametrize(
    "metric", [*METRICS, *(part for metric in METRICS for part in metric.parts), COVERAGE], ids=lambda metric: metric.id
)
def test_every_field_of_an_answer_is_described(metric: MetricEntry) -> None:
    described = [known.name for known in metric.statistics] + list(metric.details)
    assert sorted(described) == sorted(field.name for field in fields(metric.answer))
    assert metric.n in described


def test_the_openapi_document_has_the_definitions_of_the_catalogue() -> None:
    schemas = an_api().get("/openapi.json")["components"]["schemas"]
    for metric in (*METRICS, COVERAGE):
        schema = schemas[metric.answer.__name__]
        assert schema["description"] == f"{metric.definition} Source: {metric.source}."
        for known in metric.statistics:
            assert schema["properties"][known.name]["description"] == known.description
