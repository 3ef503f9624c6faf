"""GET /v1/dashboards/{dashboard}/data: every number is the one that GET /v1/metrics/dora answers, and a panel fails alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from leadline.access.keys import create_key
from leadline.domain.roster import Membership, Roster
from leadline.store.table import Put
from query.dashboards.definition import recent_window
from query.reports.statistics import DORA_METRICS
from tests.builders import at
from tests.contract.dashboard_bodies import a_dashboard, a_panel, made, panels_of
from tests.unit.query.generated import AUTHORS, ENVIRONMENTS, SERVICES, TEAMS, World, a_table, some, worlds
from tests.unit.query.product_api import NOW, PEPPER, ProductApi
from tests.unit.query.test_dora import a_part, api_with
from tests.unit.query.test_dora_numbers import DATES, WINDOW
from tests.unit.query.test_requests_to_the_table import CountedApi

Filters = dict[str, Any]
_SEVERAL = {
    "dora": [
        ("metrics", "deployment_frequency", "value"),
        ("metrics", "change_lead_time", "p50"),
        ("metrics", "change_fail_rate", "value"),
        ("metrics", "failed_deployment_recovery_time", "p50"),
        ("metrics", "deployment_rework_rate", "value"),
    ],
    "coverage.mapping": [("coverage", status) for status in ("mapped", "baseline", "pending", "unmatched")],
}


def _numbers(report: Any, panel: Any) -> list[float | None]:
    """What the panel shows, out of a report of GET /v1/metrics/dora."""
    metric, statistic = panel["metric"], panel["statistic"]
    paths = _SEVERAL.get(metric) or [("metrics", *metric.split("."), statistic)]
    if metric == "coverage":
        paths = [("coverage", statistic)]
    if metric == "change_lead_time.stages":
        paths = [
            ("metrics", *metric.split("."), stage, statistic) for stage in ("coding", "pickup", "review", "deploy")
        ]
    found = []
    for path in paths:
        place = report
        for step in path:
            place = place[step]
        found.append(place)
    return found


def _filters(whose: bool) -> Any:
    names = {
        "service": st.lists(st.sampled_from([*SERVICES, "unknown"]), min_size=1, max_size=3, unique=True),
        "repository": st.lists(st.sampled_from(["acme/api", "acme/shop"]), min_size=1, max_size=2, unique=True),
        "environment": st.lists(st.sampled_from(ENVIRONMENTS), min_size=1, max_size=2, unique=True),
    }
    if not whose:
        return st.fixed_dictionaries({}, optional=names)
    team, author = st.sampled_from(TEAMS), st.sampled_from(AUTHORS)
    return st.fixed_dictionaries({}, optional={**names, "team": team}) | st.fixed_dictionaries(
        {}, optional={**names, "author": author}
    )


@st.composite
def _panels(draw: Any) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        metric = draw(st.sampled_from(sorted(DORA_METRICS)))
        statistic = draw(st.sampled_from(sorted(DORA_METRICS[metric])))
        interval = draw(st.sampled_from([None, "week", "month"]))
        group_by = draw(st.sampled_from([None, "service", "repository", "team", "author"]))
        if len(DORA_METRICS[metric][statistic]) > 1 and interval:
            group_by = None
        panel = a_panel(f"p{number}", metric=metric, statistic=statistic, visual="table")
        found.append({**panel, "interval": interval, "group_by": group_by, "filters": draw(_filters(whose=True))})
    return found


def _joined(*all_filters: Filters) -> Filters | None:
    """What is in all of them; None where they contradict each other."""
    joined: Filters = {}
    for filters in all_filters:
        for name, value in filters.items():
            if isinstance(value, list) and name in joined:
                value = [one for one in joined[name] if one in value]
            joined[name] = value
    return None if any(value == [] for value in joined.values()) else joined


class _Dora:
    """GET /v1/metrics/dora, asked by itself for each number."""

    def __init__(self, api: ProductApi, panel: Any, filters: Filters | None) -> None:
        self.api, self.panel = api, panel
        self.filters = filters if filters is not None else {"service": ["no such service"]}

    def values(self, start: str, end: str, **more: Any) -> list[float | None]:
        return _numbers(self.report(start, end, **more), self.panel)

    def report(self, start: str, end: str, **more: Any) -> Any:
        pairs = [("from", start), ("to", end)]
        for name, value in {**self.filters, **more}.items():
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
        return self.api.dora(pairs)

    def of_group(self, key: str) -> dict[str, Any] | None:
        """The filter that leaves this group alone, where there is one."""
        group_by = self.panel["group_by"]
        if group_by in ("service", "repository"):
            return {group_by: [key]}
        other = "author" if group_by == "team" else "team"
        return None if other in self.filters else {group_by: key}


def _check(dora: _Dora, shown: Any, start: str, end: str) -> None:
    panel = dora.panel
    previous = (WINDOW.previous().start.isoformat(), start)
    assert shown["error"] is None
    assert [value["value"] for value in shown["values"]] == dora.values(start, end)
    assert [value["previous"] for value in shown["values"]] == dora.values(*previous)
    report = dora.report(start, end, **{name: panel[name] for name in ("interval", "group_by") if panel[name]})
    if panel["interval"]:
        parts = [(part["from"], part["to"]) for part in report["series"]]
        assert [(part["from"], part["to"]) for part in shown["series"]] == parts
        assert [part["values"] for part in shown["series"]] == [dora.values(*part) for part in parts]
    if not panel["group_by"]:
        assert "groups" not in shown
        return
    assert [group["key"] for group in shown["groups"]] == [group["key"] for group in report["groups"]]
    for group, expected in zip(shown["groups"], report["groups"], strict=True):
        if not panel["metric"].startswith("coverage"):
            assert group["values"] == _numbers(expected, panel)
        if group["key"] is None or (only := dora.of_group(group["key"])) is None:
            continue
        assert group["values"] == dora.values(start, end, **only)
        for part in group.get("series", []):
            assert part["values"] == dora.values(part["from"], part["to"], **only)


@some
@given(worlds(), _panels(), _filters(whose=False), _filters(whose=False))
def test_every_number_of_a_dashboard_is_the_one_that_dora_answers(
    world: World, panels: list[dict[str, Any]], shared: Filters, asked: Filters
) -> None:
    api = ProductApi(world.table())
    made(api, "ours", a_dashboard(*panels, filters=shared))
    pairs = [*DATES, *((name, one) for name, value in asked.items() for one in value)]
    data = api.get("/v1/dashboards/ours/data", pairs)
    assert (data["window"]["from"], data["previous"]["to"]) == (WINDOW.start.isoformat(),) * 2
    for panel, shown in zip(panels, data["panels"], strict=True):
        joined = _joined(panel["filters"], shared, asked)
        assert shown["filters"] == joined
        _check(_Dora(api, panel, joined), shown, WINDOW.start.isoformat(), WINDOW.end.isoformat())


def test_filters_narrow_what_is_shown_and_never_widen_it() -> None:
    api = api_with(*(a_part(date(2026, 10, day), service) for day in (2, 3) for service in ("api", "web")))
    count = a_panel("all", metric="deployment_frequency", statistic="deployments")
    made(api, "ours", a_dashboard(count, {**count, "id": "web", "filters": {"service": ["web"]}}))
    shown = {query: panels_of(api, "ours", **dict([query] if query else [])) for query in (None, ("service", "api"))}
    assert [shown[None][name]["values"][0]["value"] for name in ("all", "web")] == [4, 2]
    narrowed = shown["service", "api"]
    assert [narrowed[name]["values"][0]["value"] for name in ("all", "web")] == [2, 0]
    assert (narrowed["all"]["filters"], narrowed["web"]["filters"]) == ({"service": ["api"]}, None)


def test_a_panel_that_would_be_of_two_teams_fails_alone_and_says_why() -> None:
    api = api_with(a_part(date(2026, 10, 2)))
    made(api, "ours", a_dashboard(a_panel("pay", filters={"team": "pay"}), a_panel("all")))
    shown = panels_of(api, "ours", team="web")
    assert (shown["pay"]["error"]["status"], shown["pay"]["values"]) == (400, [])
    assert shown["pay"]["error"]["errors"][0]["code"] == "exclusive"
    assert shown["all"]["error"] is None
    assert panels_of(api, "ours", team="pay")["pay"]["error"] is None


def test_a_panel_that_is_too_wide_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("query.reports.reading.MAX_READS", 3)
    services = [f"s{number}" for number in range(4)]
    api = api_with(*(a_part(date(2026, 10, 2), service) for service in (*services, "api")))
    wide = {"filters": {"service": services}}
    made(
        api, "ours", a_dashboard(a_panel("wide", **wide), a_panel("all"), a_panel("one", filters={"service": ["api"]}))
    )
    shown = panels_of(api, "ours")
    assert [shown[name]["error"] is None for name in ("wide", "all", "one")] == [False, True, True]
    assert shown["wide"]["error"]["errors"][0]["code"] == "too_wide"
    assert [shown[name]["values"][0]["value"] for name in ("all", "one")] == [60, 60]


def test_a_limited_key_sees_its_own_numbers_and_a_panel_beyond_it_fails_alone() -> None:
    api = api_with(*(a_part(date(2026, 10, day), service) for day in (2, 3) for service in ("api", "web")))
    count = {"metric": "deployment_frequency", "statistic": "deployments"}
    panels = [
        a_panel("all", **count),
        *(a_panel(name, **count, filters={"service": [name]}) for name in ("web", "none")),
    ]
    made(api, "ours", a_dashboard(*panels, limited_keys=True))
    api.key = create_key(api.table, PEPPER, name="t", scopes=["metrics:read"], now=NOW, services=["api"])[0]
    shown = panels_of(api, "ours")
    assert shown["all"]["values"][0]["value"] == 2
    assert {**shown["web"], "id": 0, "filters": 0} == {**shown["none"], "id": 0, "filters": 0}
    assert shown["web"]["error"]["status"] == 403
    asked = [api.request("GET", "/v1/dashboards/ours/data", f"service={name}") for name in ("web", "none")]
    assert [answer.status for answer in asked] == [403, 403]
    assert asked[0].text == asked[1].text


def test_where_nothing_is_told_by_author_such_panels_fail_alone_and_such_requests_as_a_whole() -> None:
    api = api_with(a_part(date(2026, 10, 2)), individuals="off")
    by_author = {"visual": "table", "group_by": "author"}
    panels = [a_panel("all"), a_panel("by", **by_author), a_panel("her", filters={"author": "ann"})]
    made(api, "ours", a_dashboard(*panels))
    shown = panels_of(api, "ours")
    assert [shown[name]["error"] and shown[name]["error"]["status"] for name in ("all", "by", "her")] == [
        None,
        403,
        403,
    ]
    assert api.request("GET", "/v1/dashboards/ours/data", "author=ann").status == 403


def test_the_window_is_the_dashboards_unless_days_are_asked_for() -> None:
    api = api_with()
    made(api, "ours", a_dashboard(window={"last": 2, "unit": "month", "complete": True}))

    def window(**query: str) -> tuple[str, str]:
        told = api.get("/v1/dashboards/ours/data", [(name.rstrip("_"), value) for name, value in query.items()])
        return (told["window"]["from"], told["window"]["to"])

    assert window() == ("2026-08-01", "2026-10-01")
    assert window(from_="2026-09-01") == ("2026-09-01", "2026-10-01")
    assert window(to="2026-07-01") == ("2026-05-01", "2026-07-01")
    assert window(from_="2026-10-01", to="2026-10-08") == ("2026-10-01", "2026-10-08")
    for query in ("from=2026-10-01", "from=2024-01-01"):
        assert {pointer for pointer, _ in api.refused("/v1/dashboards/ours/data", query)} == {"?from"}
    assert api.refused("/v1/dashboards/ours/data", "interval=day&author=a&team=b") == {
        ("?interval", "unknown"),
        ("?author", "exclusive"),
    }


@pytest.mark.parametrize(
    ("unit", "last", "running", "complete"),
    [
        ("day", 1, ("2026-03-11", "2026-03-12"), ("2026-03-10", "2026-03-11")),
        ("day", 30, ("2026-02-10", "2026-03-12"), ("2026-02-09", "2026-03-11")),
        ("week", 1, ("2026-03-09", "2026-03-12"), ("2026-03-02", "2026-03-09")),
        ("week", 2, ("2026-03-02", "2026-03-12"), ("2026-02-23", "2026-03-09")),
        ("month", 1, ("2026-03-01", "2026-03-12"), ("2026-02-01", "2026-03-01")),
        ("month", 3, ("2026-01-01", "2026-03-12"), ("2025-12-01", "2026-03-01")),
        ("month", 13, ("2025-03-01", "2026-03-12"), ("2025-02-01", "2026-03-01")),
    ],
)
def test_the_last_days_weeks_or_months_are_those_of_the_calendar(
    unit: Any, last: int, running: tuple[str, str], complete: tuple[str, str]
) -> None:
    today = date(2026, 3, 11)  # a Wednesday
    for whole, expected in ((False, running), (True, complete)):
        window = recent_window({"last": last, "unit": unit, "complete": whole}, today)
        assert (window.start.isoformat(), window.end.isoformat()) == expected


def test_today_is_the_organisations() -> None:
    api = api_with(timezone="Pacific/Auckland")
    api.now = at(30, 18)  # 07:00 of the 31st over there
    assert api.get("/v1/dashboards/default/data")["window"]["to"] == "2026-11-01"


def test_the_longest_windows_are_ones_that_a_report_takes() -> None:
    for days in range(0, 1_500, 7):
        today = date(2027, 1, 1) + timedelta(days=days)
        for unit, last in (("day", 400), ("week", 57), ("month", 13)):
            for complete in (False, True):
                assert recent_window({"last": last, "unit": unit, "complete": complete}, today).days <= 400  # type: ignore[typeddict-item]


def test_what_counts_as_a_services_production_is_read_once_for_all_panels() -> None:
    api = api_with(a_part(date(2026, 10, 2), "api", "live"))
    own = api.request(
        "PUT", "/v1/services/api", body='{"production": ["live"]}', content_type="application/json", if_match="*"
    )
    assert own.status == 200
    count = {"metric": "deployment_frequency", "statistic": "deployments", "visual": "table"}
    panels = [
        a_panel(f"p{n}", **count, group_by=by, filters={"service": ["api"]})
        for n, by in enumerate((None, "team", "author"))
    ]
    made(api, "ours", a_dashboard(*panels))
    read: list[Any] = []
    get = api.table.get

    def counting(keys: Any) -> Any:
        read.extend(keys)
        return get(keys)

    api.table.get = counting  # type: ignore[method-assign]
    shown = panels_of(api, "ours")
    assert [panel["values"][0]["value"] for panel in shown.values()] == [1, 1, 1]
    assert read.count(("services", "api")) == 1


EIGHT = [
    *(a_panel(metric, metric=metric, visual="line", interval="week") for metric in list(DORA_METRICS)[:5]),
    a_panel("stages", metric="change_lead_time.stages", visual="bar", interval="month"),
    a_panel("mapping", metric="coverage.mapping", visual="bar"),
    a_panel("one", filters={"service": ["api"]}),
]


def _calls(api: CountedApi, path: str) -> dict[str, int]:
    """By a function that knows the key."""
    api.request("GET", path)
    api.calls.clear()
    api.request("GET", path)
    return dict(api.calls)


def test_eight_panels_read_each_scope_once_and_the_dashboard_comes_with_the_settings() -> None:
    with mock_aws():
        api = CountedApi()
        days = [date(2026, 10, 30) - timedelta(days=days) for days in range(200)]
        parts = [a_part(day, service) for day in days for service in ("api", "web")]
        for item in a_table(parts, Roster({"pay": (Membership("ann", None, None),)})).scan():
            api.table.write([Put(item)])
        by_service = {"visual": "table", "group_by": "service"}
        made(api, "eight", a_dashboard(*EIGHT, window={"last": 90, "unit": "day"}))
        made(
            api, "more", a_dashboard(*EIGHT, a_panel("s1", **by_service), a_panel("s2", **by_service, interval="week"))
        )
        # Everything, and the one service.
        assert _calls(api, "/v1/dashboards/eight/data") == {"BatchGetItem": 1, "Query": 2}
        # The list of services, and the other service: the one is read already.
        assert _calls(api, "/v1/dashboards/more/data") == {"BatchGetItem": 1, "Query": 4}
        assert _calls(api, "/v1/dashboards/none/data") == {"BatchGetItem": 1}
        assert api.get("/v1/dashboards/eight/data")["panels"][0]["values"][0]["value"] == 2
