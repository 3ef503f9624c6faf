"""GET /v1/metrics/openmetrics, read back by Prometheus' own parsers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from leadline.access.keys import METRICS_READ, create_key
from leadline.domain.roster import Roster
from leadline.store.services import Service
from leadline.store.table import Put
from tests.contract.test_limited_keys import two_tenants
from tests.contract.test_product_api import an_api
from tests.unit.query.generated import AUTHORS, World, a_table, some, worlds
from tests.unit.query.product_api import NOW, PEPPER, ProductApi
from tests.unit.query.test_dora import a_part

PATH = "/v1/metrics/openmetrics"
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_TEXT_ONLY = "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

PLACES: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("leadline_deployment_frequency_deployments_per_day", "", ""): ("deployment_frequency", "value"),
    ("leadline_deployments", "", ""): ("deployment_frequency", "deployments"),
    ("leadline_deployment_days", "", ""): ("deployment_frequency", "deployment_days"),
    ("leadline_changes", "", ""): ("change_lead_time", "n"),
    **{("leadline_change_lead_time_seconds", "", s): ("change_lead_time", s) for s in ("p50", "p75", "p90", "mean")},
    **{
        ("leadline_change_lead_time_stage_seconds", stage, s): ("change_lead_time", "stages", stage, s)
        for stage in ("coding", "pickup", "review", "deploy")
        for s in ("p50", "mean")
    },
    ("leadline_change_fail_rate_ratio", "", ""): ("change_fail_rate", "value"),
    ("leadline_failed_deployments", "", ""): ("change_fail_rate", "failed"),
    ("leadline_never_live_runs", "", ""): ("change_fail_rate", "never_live"),
    **{
        ("leadline_failed_deployment_recovery_time_seconds", "", s): ("failed_deployment_recovery_time", s)
        for s in ("p50", "mean")
    },
    ("leadline_recovered_deployments", "", ""): ("failed_deployment_recovery_time", "n"),
    ("leadline_unrecovered_deployments", "", ""): ("failed_deployment_recovery_time", "open"),
    ("leadline_deployment_rework_rate_ratio", "", ""): ("deployment_rework_rate", "value"),
    ("leadline_rework_deployments", "", ""): ("deployment_rework_rate", "rework"),
}
COVERAGE = {"leadline_pending_deployments", "leadline_unmatched_deployments"}


def samples(text: str, label: str) -> dict[Any, dict[tuple[str, str, str], float]]:
    """By the label's value: each sample by its name, stage and statistic."""
    found: dict[Any, dict[tuple[str, str, str], float]] = {}
    for family in read_openmetrics(text):
        assert family.type == "gauge"
        assert family.documentation
        assert not family.unit or family.name.endswith(f"_{family.unit}")
        for sample in family.samples:
            labels = dict(sample.labels)
            mark = (sample.name, labels.pop("stage", ""), labels.pop("statistic", ""))
            group = found.setdefault(labels.pop(label, None), {})
            assert labels == {}
            assert mark not in group
            group[mark] = sample.value
    return found


@some
@given(worlds(), st.sampled_from(["service", "repository", "team", "all"]))
def test_the_page_says_what_the_report_says_and_leaves_out_what_is_not_known(world: World, group_by: str) -> None:
    api = ProductApi(world.table())
    report = api.dora(from_="2026-10-01", to="2026-10-31", **({} if group_by == "all" else {"group_by": group_by}))
    found = samples(api.request("GET", PATH, f"group_by={group_by}").text, group_by)
    window = found[None].pop(("leadline_window_days", "", ""))
    assert window == report["window"]["days"] == 30
    groups = (
        {group["key"] or "": group["metrics"] for group in report["groups"]}
        if group_by != "all"
        else {None: report["metrics"]}
    )
    assert {key for key in found if found[key]} == set(groups)
    for key, metrics in groups.items():
        told = {mark: value for mark, value in found[key].items() if mark[0] not in COVERAGE}
        expected = {}
        for mark, path in PLACES.items():
            value = metrics
            for step in path:
                value = value[step]
            if value is not None:
                expected[mark] = value
        assert told == expected


def test_it_ends_as_openmetrics_must_and_says_so() -> None:
    answer = an_api().request("GET", PATH)
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("\n# EOF\n")
    assert 'leadline_deployments{service="shop"} 3' in answer.text.splitlines()


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (PROMETHEUS_3, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", None),
        (PROMETHEUS_TEXT_ONLY, "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None),
    ],
)
def test_what_scrapers_and_browsers_accept_is_answered(accept: str, answered: str | None) -> None:
    answer = an_api().request("GET", PATH, accept=accept)
    assert answer.status == 200
    assert answer.headers["content-type"] == answered or (
        answered is None and "openmetrics" in answer.headers["content-type"]
    )
    assert an_api().request("GET", PATH, accept="application/json").status == 406


def test_prometheus_older_format_holds_the_same_samples() -> None:
    api = an_api()
    older = api.request("GET", PATH, accept=PROMETHEUS_TEXT_ONLY).text
    assert "# EOF" not in older
    assert "# UNIT" not in older
    newer = api.request("GET", PATH).text

    def all_of(families: Any) -> dict[Any, float]:
        return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}

    assert all_of(read_prometheus(older)) == all_of(read_openmetrics(newer))


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\\nb", "日本", "{x}", "a,b=c", "#"])
def test_a_name_of_any_kind_comes_back_as_it_is(name: str) -> None:
    table = a_table([a_part(date(2026, 10, 2), name)], Roster({}))
    table.write([Put(Service(name, None, {"production": [2026]}).to_item())])
    found = samples(ProductApi(table).request("GET", PATH).text, "service")
    assert found[name]["leadline_deployments", "", ""] == 1


def test_the_window_is_as_long_as_asked_and_ends_with_today() -> None:
    api = an_api()
    text = api.request("GET", PATH, "days=28&group_by=all").text
    assert "leadline_window_days 28" in text.splitlines()
    expected = api.dora(from_="2026-10-03", to="2026-10-31")["metrics"]["deployment_frequency"]["deployments"]
    assert f"leadline_deployments {expected}" in text.splitlines()


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("days=0", ("?days", "range")),
        ("days=401", ("?days", "range")),
        ("days=x", ("?days", "range")),
        ("group_by=author", ("?group_by", "choice")),
        ("from=2026-10-01", ("?from", "unknown")),
        (f"author={AUTHORS[0]}", ("?author", "unknown")),
    ],
)
def test_what_can_not_be_asked_is_refused_by_name(query: str, fault: tuple[str, str]) -> None:
    assert fault in an_api().refused(PATH, query)


def test_a_limited_key_scrapes_its_own_services_alone() -> None:
    api = two_tenants()
    own = api.request("GET", PATH, "service=shop&group_by=all").text
    api.key = create_key(api.table, PEPPER, name="scraper", scopes=[METRICS_READ], now=NOW, services=["shop"])[0]
    assert api.request("GET", PATH, "group_by=all").text == own
    assert "secret" not in api.request("GET", PATH).text
    assert api.request("GET", PATH, "service=secret").status == 403
