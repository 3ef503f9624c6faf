"""Panels of custom metrics: every number is the one that GET /v1/metrics/custom/{name} answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadline.access.keys import create_key
from leadline.store.services import Service
from leadline.store.table import Put
from query.reports.statistics import statistics_of
from tests.builders import at
from tests.contract.dashboard_bodies import a_dashboard, a_panel, made, panels_of, send
from tests.contract.pipeline import Pipeline
from tests.points import METRIC, a_point, points_drawn
from tests.unit.query.product_api import NOW, PEPPER

CUSTOM = f"custom:{METRIC}"
PATH = f"/v1/metrics/custom/{METRIC}"
WINDOW = {"from_": "2026-10-10", "to": "2026-10-12"}
STATISTICS = sorted(statistics_of(CUSTOM) or {})


def shown(api: Pipeline, *panels: dict[str, Any], **query: str) -> dict[str, Any]:
    made(api, "ours", a_dashboard(*panels))
    pairs = {name.rstrip("_"): value for name, value in query.items()}
    return panels_of(api, "ours", **pairs)


@given(
    seed=st.integers(0, 10_000),
    statistic=st.sampled_from(STATISTICS),
    interval=st.sampled_from([None, "day", "week"]),
    group_by=st.sampled_from([None, "service", "repository", "team", "author"]),
    filters=st.fixed_dictionaries(
        {},
        optional={
            "service": st.sampled_from([["till"], ["till", "shop"]]),
            "environment": st.sampled_from([["staging"], ["staging", "production"]]),
        },
    ),
)
@hypothesis_settings(max_examples=25, deadline=None)
def test_every_number_of_a_panel_is_the_one_that_the_metric_answers(
    seed: int, statistic: str, interval: str | None, group_by: str | None, filters: dict[str, list[str]]
) -> None:
    api = Pipeline()
    api.tell(*points_drawn(seed))
    divided = {name: value for name, value in (("interval", interval), ("group_by", group_by)) if value}
    panel = a_panel("p", metric=CUSTOM, statistic=statistic, visual="table", filters=filters, **divided)
    found = shown(api, panel, **WINDOW)["p"]
    pairs = [(name, one) for name, names in filters.items() for one in names]
    report = api.get(PATH, pairs, **WINDOW, **divided)
    (value,) = found["values"]
    assert (value["value"], value["previous"]) == (
        report["metrics"][statistic],
        report["previous"]["metrics"][statistic],
    )
    if interval:
        assert [part["values"] for part in found["series"]] == [
            [part["metrics"][statistic]] for part in report["series"]
        ]
    if group_by:
        assert [(group["key"], group["values"]) for group in found["groups"]] == [
            (group["key"], [group["metrics"][statistic]]) for group in report["groups"]
        ]
    if interval and group_by == "service" and not filters:
        for group in found["groups"]:
            if group["key"] is not None:
                alone = api.get(PATH, service=group["key"], **WINDOW, interval=interval)["series"]
                assert [part["values"] for part in group["series"]] == [[part["metrics"][statistic]] for part in alone]


@pytest.mark.parametrize(
    ("definition", "units"),
    [
        (None, {"value": None, "n": "points", "rate": "/day", "mean": None}),
        ({"unit": "words"}, {"value": "words", "n": "points", "rate": "words/day", "p90": "words"}),
        ({"unit": "words", "aggregation": "rate"}, {"value": "words/day", "sum": "words"}),
        ({"kind": "duration"}, {"value": "s", "p50": "s", "n": "points"}),
    ],
    ids=str,
)
def test_units_are_those_of_the_definition(definition: Any, units: dict[str, str | None]) -> None:
    api = Pipeline()
    api.tell(a_point(3, at(10)))
    if definition:
        api.ask("PUT", PATH, definition)
    panels = [a_panel(statistic, metric=CUSTOM, statistic=statistic) for statistic in units]
    found = shown(api, *panels)
    assert {name: panel["values"][0]["unit"] for name, panel in found.items()} == units


def test_a_metric_that_is_not_there_fails_alone_until_it_is() -> None:
    api = Pipeline()
    panels = [a_panel("ours", metric=CUSTOM), a_panel("dora")]
    found = shown(api, *panels)
    assert (found["ours"]["error"]["status"], found["dora"]["error"]) == (404, None)
    api.tell(a_point(3, at(10)))
    assert shown(api, *panels)["ours"]["values"][0]["value"] == 3


def test_what_can_be_no_metrics_name_is_refused() -> None:
    body = a_dashboard(a_panel(metric="custom:Not This"), a_panel("b", metric=CUSTOM, statistic="p99"))
    assert send(Pipeline(), "POST", "/v1/dashboards", body).faults == {
        ("/panels/0/metric", "choice"),
        ("/panels/1/statistic", "choice"),
    }


def test_a_limited_key_sees_a_metrics_own_points_and_of_anothers_metric_that_there_is_none() -> None:
    api = Pipeline()
    api.table.write([Put(Service("till", "github.com/acme/till").to_item())])
    api.tell(a_point(3, at(10), service="till"), a_point(4, at(10), service="shop"))
    api.tell(a_point(5, at(10), name="secret", service="shop"))
    count = {"statistic": "sum"}
    panels = [a_panel(name, metric=f"custom:{name}", **count) for name in (METRIC, "secret", "none")]
    panels[0]["id"] = "ours"
    made(api, "ours", a_dashboard(*panels, limited_keys=True))
    api.key = create_key(api.table, PEPPER, name="t", scopes=["metrics:read"], now=NOW, services=["till"])[0]
    found = panels_of(api, "ours")
    assert found["ours"]["values"][0]["value"] == 3
    assert found["secret"]["error"] == found["none"]["error"]
    assert found["secret"]["error"]["status"] == 404


def test_panels_of_one_metric_read_it_once() -> None:
    api = Pipeline()
    api.tell(*points_drawn(1))
    panels = [a_panel(statistic, metric=CUSTOM, statistic=statistic) for statistic in STATISTICS]
    made(api, "one", a_dashboard(panels[0]))
    made(api, "all", a_dashboard(*panels, a_panel("by", metric=CUSTOM, visual="bar", group_by="service")))
    counted: list[str] = []
    query = api.table.query

    def counting(pk: str, *args: Any, **named: Any) -> Any:
        counted.append(pk)
        return query(pk, *args, **named)

    api.table.query = counting  # type: ignore[method-assign]
    api.get("/v1/dashboards/one/data")
    once = list(counted)
    counted.clear()
    api.get("/v1/dashboards/all/data")
    assert len(counted) == len(set(counted))
    assert set(once) < set(counted)
