"""What a dashboard may say: every fault is told at once, by the place it is in, and nothing is stored then."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.store.dashboards import DASHBOARDS
from query.dashboards.definition import MAX_BYTES
from query.reports.statistics import DORA_METRICS
from tests.contract.dashboard_bodies import a_dashboard, a_panel, made, send
from tests.unit.query.product_api import ProductApi

PATH = "/v1/dashboards"
BY_TEAM = {"group_by": "team"}
WEEKLY = {"interval": "week"}
STAGES = {"metric": "change_lead_time.stages"}


def faults(body: Any) -> set[tuple[str, str]]:
    api = ProductApi()
    answer = send(api, "POST", PATH, body)
    assert answer.status == 422, answer.text
    assert send(api, "PUT", f"{PATH}/ours", body).faults == answer.faults
    assert list(api.table.query(DASHBOARDS)) == []
    return answer.faults


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], {("", "type")}),
        ({}, {("/name", "missing"), ("/panels", "missing")}),
        (a_dashboard(title="x"), {("/title", "extra")}),
        (a_dashboard(name=" "), {("/name", "empty")}),
        (a_dashboard(name=3, description="x" * 2001), {("/name", "type"), ("/description", "too_long")}),
        (a_dashboard(limited_keys="yes"), {("/limited_keys", "type")}),
        (a_dashboard(window=30), {("/window", "type")}),
        (a_dashboard(window={"last": 401, "unit": "day"}), {("/window/last", "range")}),
        (a_dashboard(window={"last": 58, "unit": "week"}), {("/window/last", "range")}),
        (a_dashboard(window={"last": 14, "unit": "month"}), {("/window/last", "range")}),
        (a_dashboard(window={"last": True, "unit": "day"}), {("/window/last", "range")}),
        (a_dashboard(window={"last": 1, "unit": "year"}), {("/window/unit", "choice")}),
        (a_dashboard(filters={"service": "shop"}), {("/filters/service", "type")}),
        (a_dashboard(filters={"service": ["shop", ""]}), {("/filters/service/1", "empty")}),
        (a_dashboard(filters={"repository": ["https://x/y"]}), {("/filters/repository/0", "repository")}),
        (a_dashboard(filters={"team": "pay", "author": "ann"}), {("/filters/author", "exclusive")}),
        (a_dashboard(filters={"label": "x"}), {("/filters/label", "extra")}),
        ({"name": "x", "panels": []}, {("/panels", "too_few")}),
        ({"name": "x", "panels": {}}, {("/panels", "type")}),
        (a_dashboard(*[a_panel(f"p{n}") for n in range(25)]), {("/panels", "too_many")}),
        (a_dashboard(a_panel(), 3), {("/panels/1", "type")}),  # type: ignore[arg-type]
        (a_dashboard(a_panel("a"), a_panel("b"), a_panel("a")), {("/panels/2/id", "duplicate")}),
        (a_dashboard(a_panel("A")), {("/panels/0/id", "id")}),
        (a_dashboard(a_panel(colour="red")), {("/panels/0/colour", "extra")}),
        (a_dashboard(a_panel(metric="velocity")), {("/panels/0/metric", "choice")}),
        (a_dashboard(a_panel(statistic="p99")), {("/panels/0/statistic", "choice")}),
        (
            a_dashboard(a_panel(metric="change_lead_time.stages.coding", statistic="p90")),
            {("/panels/0/statistic", "choice")},
        ),
        (a_dashboard(a_panel(visual="pie")), {("/panels/0/visual", "choice")}),
        (a_dashboard(a_panel(visual="line", interval="hour")), {("/panels/0/interval", "choice")}),
        (a_dashboard(a_panel(visual="table", group_by="label")), {("/panels/0/group_by", "choice")}),
        (a_dashboard(a_panel(), a_panel("b", filters={"team": ""})), {("/panels/1/filters/team", "empty")}),
        (
            a_dashboard(
                a_panel(filters={"author": "ann"}), a_panel("b", filters={"team": "web"}), filters={"team": "pay"}
            ),
            {("/panels/0/filters/author", "exclusive"), ("/panels/1/filters/team", "exclusive")},
        ),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_its_place(body: Any, expected: set[tuple[str, str]]) -> None:
    assert faults(body) == expected


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"visual": "number", **BY_TEAM}, "/panels/0/group_by"),
        ({"visual": "number", **STAGES}, "/panels/0/visual"),
        ({"visual": "line"}, "/panels/0/interval"),
        ({"visual": "line", **BY_TEAM}, "/panels/0/interval"),
        ({"visual": "bar"}, "/panels/0/visual"),
        ({"visual": "table", **STAGES, **BY_TEAM, **WEEKLY}, "/panels/0/interval"),
        ({"visual": "number"}, None),
        ({"visual": "number", **WEEKLY}, None),
        ({"visual": "line", **WEEKLY}, None),
        ({"visual": "line", **WEEKLY, **BY_TEAM}, None),
        ({"visual": "line", **WEEKLY, **STAGES}, None),
        ({"visual": "bar", **WEEKLY}, None),
        ({"visual": "bar", **BY_TEAM}, None),
        ({"visual": "bar", **STAGES}, None),
        ({"visual": "bar", **BY_TEAM, **STAGES}, None),
        ({"visual": "table"}, None),
        ({"visual": "table", **BY_TEAM, **WEEKLY}, None),
    ],
    ids=str,
)
def test_what_can_be_drawn_is_taken_and_nothing_else(fields: dict[str, Any], fault: str | None) -> None:
    body = a_dashboard(a_panel(**fields))
    if fault is None:
        made(ProductApi(), "ours", body)
    else:
        assert faults(body) == {(fault, "combination")}


@pytest.mark.parametrize("metric", sorted(DORA_METRICS))
def test_every_metric_has_a_statistic_of_its_own_where_none_is_named(metric: str) -> None:
    shown = made(ProductApi(), "ours", a_dashboard(a_panel(metric=metric, visual="table")))
    assert shown["panels"][0]["statistic"] == next(iter(DORA_METRICS[metric]))


def test_a_patch_is_held_to_the_whole_of_what_it_makes() -> None:
    api = ProductApi()
    before = made(api, "ours", a_dashboard(a_panel(filters={"team": "pay"})))
    for patch, expected in (
        ({"filters": {"author": "ann"}}, {("/panels/0/filters/team", "exclusive")}),
        ({"name": None}, {("/name", "missing")}),
        ({"panels": None, "x": 1}, {("/panels", "missing"), ("/x", "extra")}),
        ([], {("", "type")}),
    ):
        answer = send(api, "PATCH", f"{PATH}/ours", patch, if_match="*")
        assert (answer.status, answer.faults) == (422, expected)
    assert api.get(f"{PATH}/ours") == before


def test_a_dashboard_that_is_too_large_is_refused() -> None:
    names = [f"{number:03d}{'x' * 190}" for number in range(100)]
    fitting = MAX_BYTES // (len(names) * 196)
    panels = [a_panel(f"p{n}", filters={"service": names}) for n in range(fitting + 1)]
    assert faults(a_dashboard(*panels)) == {("", "too_large")}
    made(ProductApi(), "ours", a_dashboard(*panels[:-1]))


def test_a_sentence_keeps_no_address_of_a_person() -> None:
    shown = made(ProductApi(), "ours", a_dashboard(a_panel(title="by ann@acme.dev"), name="x bob@acme.dev"))
    assert "@acme.dev" not in str(shown)


def test_what_is_not_known_yet_may_be_named() -> None:
    body = a_dashboard(a_panel(filters={"service": ["to come"], "team": "to come"}))
    assert made(ProductApi(), "ours", body)["panels"][0]["filters"] == {"service": ["to come"], "team": "to come"}


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.text(max_size=6)
    | st.sampled_from(["day", "team", "dora", "bar", "p50"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "panels",
                    "window",
                    "filters",
                    "id",
                    "title",
                    "metric",
                    "visual",
                    "last",
                    "unit",
                    "team",
                    "group_by",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
_bodies = _json | st.builds(
    lambda panel, rest: {"name": "x", "panels": [{**a_panel(), **panel} if isinstance(panel, dict) else panel], **rest},
    _json,
    st.dictionaries(st.sampled_from(["window", "filters", "description"]), _json, max_size=2),
)


@settings(max_examples=300)
@given(_bodies.filter(lambda body: body is not None))
def test_no_body_is_a_fault_of_ours_and_what_is_taken_can_be_answered(body: Any) -> None:
    api = ProductApi()
    answer = send(api, "POST", PATH, body)
    assert answer.status in (201, 422), answer.text
    if answer.status == 201:
        shown = api.get(f"{answer.headers['location']}/data")
        assert [panel["error"] for panel in shown["panels"]] == [None] * len(answer.json["panels"])
    else:
        assert answer.faults
