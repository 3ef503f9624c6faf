"""GET /v1/metrics/dora/rows: the report's numbers one by one, in rows that Grafana's Infinity takes as they are."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.reports.statistics import SINGLE, N
from query.shapes.rows import MAX_ROWS
from tests.contract.test_product_api import METRICS, STAGE, an_api
from tests.shapes.reading import differs, read_csv
from tests.unit.query.generated import World, some, worlds
from tests.unit.query.product_api import ProductApi
from tests.unit.query.test_dora_numbers import DATES

PATH = "/v1/metrics/dora/rows"
FIELDS = ["time", "metric", "statistic", "group", "value", "unit", "n"]


def number_in(told: Any, metric: str, statistic: str) -> Any:
    """Where the report has this number."""
    steps = [statistic] if metric == "coverage" else [*metric.split("."), statistic]
    return reduce(lambda found, step: found[step], steps, told["coverage" if metric == "coverage" else "metrics"])


def told_of(rows: list[dict[str, Any]], **wanted: Any) -> dict[tuple[str, str], Any]:
    """The values of the rows that are of this time and group."""
    return {
        (row["metric"], row["statistic"]): row["value"]
        for row in rows
        if all(row[name] == value for name, value in wanted.items())
    }


def test_every_number_of_the_report_is_in_a_row() -> None:
    told = {(metric, name) for metric, names in METRICS.items() for name in names - {"unit", "stages", "days"}}
    told |= {
        (f"change_lead_time.stages.{stage}", name)
        for stage in ("coding", "pickup", "review", "deploy")
        for name in STAGE
    }
    told |= {("coverage", name) for name in an_api().dora()["coverage"]}
    assert set(SINGLE) == told


def test_a_row_is_flat_and_its_fields_are_these() -> None:
    rows = an_api().get(PATH, interval="week", group_by="service")
    assert all(list(row) == FIELDS for row in rows)
    assert not any(isinstance(value, dict | list) for row in rows for value in row.values())
    assert {row["unit"] for row in rows} == {"s", "ratio", "deployments/day", "deployments", "changes", "days"}


@some
@given(worlds(), st.sampled_from(["service", "repository", "team", None]))
def test_rows_of_a_window_say_what_the_report_says(world: World, group_by: str | None) -> None:
    api = ProductApi(world.table())
    asked = {"group_by": group_by} if group_by else {}
    report, rows = api.dora(DATES, **asked), api.get(PATH, DATES, **asked)
    groups = report["groups"] if group_by else [{"key": None, **report}]
    assert len(rows) == len(groups) * len(SINGLE)
    assert {row["time"] for row in rows} <= {f"{DATES[0][1]}T00:00:00Z"}
    for group in groups:
        for number, value in told_of(rows, group=group["key"]).items():
            if number[0] != "coverage" or not group_by:  # of groups the report tells no coverage
                assert value == number_in(group, *number)
    for row in rows:
        if row["value"] is None:
            assert row["n"] == 0


@some
@given(worlds(), st.sampled_from(["day", "week", "month"]))
def test_rows_of_parts_say_what_the_series_says_and_with_groups_what_each_groups_series_says(
    world: World, interval: str
) -> None:
    api = ProductApi(world.table())
    whole = api.get(PATH, DATES, interval=interval)
    series = api.dora(DATES, interval=interval)["series"]
    assert len(whole) == len(series) * len(SINGLE)
    for part in series:
        for number, value in told_of(whole, time=f"{part['from']}T00:00:00Z").items():
            if number[0] != "coverage":
                assert value == number_in(part, *number)
    grouped = api.get(PATH, DATES, interval=interval, group_by="service")
    times = [row["time"] for row in grouped]
    assert times == sorted(times)
    for name in {row["group"] for row in grouped}:
        for part in api.dora(DATES, interval=interval, service=name)["series"]:
            told = told_of(grouped, group=name, time=f"{part['from']}T00:00:00Z")
            assert len(told) == len(SINGLE)
            assert all(value == number_in(part, *number) for number, value in told.items() if number[0] != "coverage")


def test_one_metric_and_statistic_are_one_row_a_part_with_what_it_stands_on() -> None:
    api = an_api()
    (row,) = api.get(PATH, metric="change_fail_rate", statistic="value")
    said = api.dora()["metrics"]["change_fail_rate"]
    assert row == {
        "time": "2026-10-01T00:00:00Z",
        "metric": "change_fail_rate",
        "statistic": "value",
        "group": None,
        "value": said["value"],
        "unit": "ratio",
        "n": said["deployments"],
    }
    assert len(api.get(PATH, metric="change_fail_rate", statistic="value", interval="day")) == 30
    two = api.get(PATH, [("metric", "change_lead_time"), ("metric", "coverage"), ("statistic", "p50")])
    assert [row["metric"] for row in two] == ["change_lead_time"]


def test_a_days_time_is_when_it_begins_where_the_organisation_is() -> None:
    api = an_api()
    api.request(
        "PATCH", "/v1/settings", body='{"timezone": "Asia/Tokyo"}', content_type="application/json", if_match="*"
    )
    rows = api.get(
        PATH, metric="deployment_frequency", statistic="value", interval="day", from_="2026-10-02", to="2026-10-04"
    )
    assert [row["time"] for row in rows] == ["2026-10-01T15:00:00Z", "2026-10-02T15:00:00Z"]


def test_what_would_not_fit_an_answer_is_refused_with_what_to_ask_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    api = an_api()
    monkeypatch.setattr("query.shapes.rows.MAX_ROWS", 100)
    assert api.refused(PATH, "interval=day") == {("?interval", "too_many")}
    assert len(api.get(PATH, interval="day", metric="change_lead_time", statistic="p50")) == 30
    assert len(SINGLE) * 400 < MAX_ROWS  # a year by day always fits


@pytest.mark.parametrize("name", ["metric", "statistic"])
def test_what_is_no_metric_or_statistic_is_refused_by_name(name: str) -> None:
    assert an_api().refused(PATH, f"{name}=speed") == {(f"?{name}", "choice")}


def test_a_statistic_that_none_of_the_metrics_asked_for_has_is_refused_rather_than_no_rows() -> None:
    api = an_api()
    assert api.refused(PATH, "metric=change_lead_time&statistic=value") == {("?statistic", "choice")}
    rows = api.get(PATH, [("metric", "change_lead_time"), ("metric", "change_fail_rate")], statistic="value")
    assert [row["metric"] for row in rows] == ["change_fail_rate"]


def test_rows_in_csv_are_the_same_rows() -> None:
    api = an_api()
    rows = api.get(PATH, interval="month", group_by="service")
    read = read_csv(api.request("GET", PATH, "interval=month&group_by=service", accept="text/csv").text)
    assert list(read[0]) == FIELDS
    assert len(read) == len(rows)
    assert not [wrong for cells, row in zip(read, rows, strict=True) for wrong in differs(cells, row)]


def test_infinitys_own_accept_header_is_answered_with_json() -> None:
    """As its version 3 sends it for the type JSON."""
    answer = an_api().request("GET", PATH, accept="application/json;q=0.9,text/plain")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")


def test_every_metric_has_a_number_that_it_stands_on() -> None:
    assert set(N) == {metric for metric, _ in SINGLE}
