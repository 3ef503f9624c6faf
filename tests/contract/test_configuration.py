"""Settings: numbers are as if they had always been so."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.builders import (
    HOUR,
    Event,
    a_change,
    a_deployment,
    an_incident,
    at,
)
from tests.contract.configured import LINE, configure, metrics
from tests.contract.pipeline import Pipeline
from tests.histories import a_history
from tests.stored import everything, folded_cells, stored_cells

DEFAULTS = {
    "timezone": "UTC",
    "production": ["production"],
    "incident_window_hours": 168,
    "failure_status_counts": False,
    "bots": [],
    "rework_labels": [],
    "rework_branches": [],
    "rework_titles": [],
    "rework_means_failure": False,
    "direct_commits": "list",
    "individuals": "names",
    "author_pages": False,
}
SEEDS = st.integers(min_value=0, max_value=10_000_000)


def facts(api: Pipeline) -> dict[Any, Any]:
    assert stored_cells(api.table) == folded_cells(api.table)
    kinds = ("dep#", "line#", "cell#", "wait#", "attention#", "change#")
    return {key: item for key, item in everything(api.table).items() if key[0].startswith(kinds)}


def test_settings_are_the_defaults_until_somebody_sets_them() -> None:
    api = Pipeline()
    assert api.get("/v1/settings") == DEFAULTS
    assert configure(api, timezone="Pacific/Auckland", bots=["*[bot]", "renovate"])["bots"] == ["*[bot]", "renovate"]
    assert configure(api, bots=None) == {**DEFAULTS, "timezone": "Pacific/Auckland"}
    assert api.ask("PUT", "/v1/settings", {"incident_window_hours": 24}, if_match="*") == {
        **DEFAULTS,
        "incident_window_hours": 24,
    }


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ([], {("", "type")}),
        ({"time_zone": "UTC"}, {("/time_zone", "extra")}),
        ({"timezone": "Europe"}, {("/timezone", "time_zone")}),
        ({"timezone": "Mars/Olympus"}, {("/timezone", "time_zone")}),
        ({"timezone": "../../etc/passwd"}, {("/timezone", "time_zone")}),
        ({"timezone": "tzdata.zi"}, {("/timezone", "time_zone")}),
        ({"production": []}, {("/production", "too_few")}),
        ({"production": "production"}, {("/production", "type")}),
        ({"incident_window_hours": 0}, {("/incident_window_hours", "range")}),
        ({"incident_window_hours": True}, {("/incident_window_hours", "range")}),
        ({"failure_status_counts": 1, "bots": [""]}, {("/failure_status_counts", "type"), ("/bots/0", "empty")}),
        ({"rework_labels": ["x"] * 101}, {("/rework_labels", "too_many")}),
        ({"direct_commits": "both"}, {("/direct_commits", "choice")}),
        (
            {"rework_branches": ["a" * 256], "rework_titles": "*"},
            {("/rework_branches/0", "too_long"), ("/rework_titles", "type")},
        ),
        ({"rework_means_failure": "yes"}, {("/rework_means_failure", "type")}),
    ],
)
def test_what_is_wrong_with_settings_is_told(body: Any, faults: set[tuple[str, str]]) -> None:
    answer = Pipeline().send("PATCH", "/v1/settings", body, if_match="*")
    assert (answer.status, answer.faults) == (422, faults)


def told_first(events: list[Event], **values: Any) -> Pipeline:
    api = Pipeline()
    api.tell(*events)
    configure(api, **values)
    return api


def set_first(events: list[Event], **values: Any) -> Pipeline:
    api = Pipeline()
    configure(api, **values)
    api.tell(*events)
    return api


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "timezone": st.sampled_from(["Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"]),
        "incident_window_hours": st.sampled_from([1, 5, 40, 500]),
        "failure_status_counts": st.just(True),
        "bots": st.sampled_from([["*b"], ["ANN"], ["a*", "b*"], ["*"]]),
        "direct_commits": st.just("count"),
    },
)


@given(seed=SEEDS, order=SEEDS, values=VALUES)
@hypothesis_settings(max_examples=40, deadline=None)
def test_whenever_settings_are_changed_the_numbers_are_as_if_they_had_always_been_so(
    seed: int, order: int, values: dict[str, Any]
) -> None:
    draw = random.Random(order)
    events = [json.loads(message) for message in a_history(seed).messages]
    draw.shuffle(events)
    wanted = set_first(events, **values)
    api = Pipeline()
    cut = draw.randrange(len(events) + 1)
    api.tell(*events[:cut])
    configure(api, **values)
    api.tell(*events[cut:])
    assert facts(api) == facts(wanted)
    configure(api, **dict.fromkeys(values))
    plain = Pipeline()
    plain.tell(*events)
    assert facts(api) == facts(plain)


def test_a_day_begins_when_the_organisations_time_zone_says_so() -> None:
    api = told_first([LINE, a_deployment("m1", at(10, 23), deployment_id="d1")], timezone="Pacific/Auckland")
    days = api.dora(from_="2026-10-11", to="2026-10-12")["metrics"]["deployment_frequency"]
    assert days["deployments"] == 1


def test_an_environment_counts_as_production_by_the_settings_and_is_told_so() -> None:
    deployed = a_deployment("m1", at(10), deployment_id="d1", environment="live")
    api = Pipeline()
    api.tell(LINE, deployed)
    assert api.why(deployed) == ("counted", "NOT_PRODUCTION")
    assert metrics(api)["deployment_frequency"]["deployments"] == 0
    configure(api, production=["live", "eu-live"])
    assert metrics(api)["deployment_frequency"]["deployments"] == 1
    assert api.why(deployed) == ("counted", "BASELINE")
    assert api.queue.messages == []


def test_an_incident_belongs_to_the_deployment_before_it_within_the_window() -> None:
    events = [LINE, a_deployment("m1", at(10), deployment_id="d1"), an_incident("INC-1", at(10) + 3 * HOUR)]
    assert metrics(told_first(events))["change_fail_rate"]["failed"] == 1
    assert metrics(told_first(events, incident_window_hours=2))["change_fail_rate"]["failed"] == 0
    assert metrics(told_first(events, incident_window_hours=3))["change_fail_rate"]["failed"] == 1


def test_runs_that_never_went_live_count_as_failed_where_the_settings_say_so() -> None:
    events = [
        LINE,
        a_deployment("m1", at(10), deployment_id="d1"),
        a_deployment("m2", at(11), deployment_id="d2", status="failure"),
        a_deployment("m3", at(12), deployment_id="d3", status="cancelled"),
    ]
    api = told_first(events, failure_status_counts=True)
    assert metrics(api)["change_fail_rate"] == {"value": 0.5, "failed": 1, "deployments": 2, "never_live": 1}
    assert metrics(api)["deployment_frequency"]["deployments"] == 1
    configure(api, failure_status_counts=False)
    assert metrics(api)["change_fail_rate"] == {"value": 0, "failed": 0, "deployments": 1, "never_live": 1}


BOTS = [
    LINE,
    a_change(2, "m2", at(2), author="dependabot[bot]"),
    a_change(3, "m3", at(3), author="ann"),
    a_deployment("m1", at(10), deployment_id="d1"),
    a_deployment("m3", at(11), deployment_id="d2"),
]


def test_a_bots_changes_count_nowhere_and_its_deployment_does() -> None:
    api = told_first(BOTS, bots=["*[BOT]"])
    assert metrics(api)["change_lead_time"]["n"] == 1
    assert metrics(api)["deployment_frequency"]["deployments"] == 2
    assert facts(api) == facts(set_first(BOTS, bots=["*[bot]"]))
    configure(api, bots=["?ependabot*", ".*"])
    assert metrics(api)["change_lead_time"]["n"] == 2


@pytest.mark.parametrize("author", ["zoe", "zed[bot]"])
def test_whose_change_it_is_may_be_told_later(author: str) -> None:
    later = a_change(2, "m2", at(2), author=author)
    api = set_first(BOTS, bots=["*[bot]"])
    api.tell(later)
    assert facts(api) == facts(set_first([*BOTS[:1], later, *BOTS[1:]], bots=["*[bot]"]))
    assert metrics(api)["change_lead_time"]["n"] == (2 if author == "zoe" else 1)


def test_a_change_with_a_label_of_the_settings_makes_its_deployment_rework_whenever_it_gets_the_label() -> None:
    labelled = a_change(2, "m2", at(2), labels=["Hotfix: urgent"], author="dependabot[bot]")
    told = [*BOTS, labelled]
    api = told_first(told, rework_labels=["hotfix*"])
    assert metrics(api)["deployment_rework_rate"]["rework"] == 1
    late = set_first(BOTS, rework_labels=["hotfix*"])
    assert metrics(late)["deployment_rework_rate"]["rework"] == 0
    late.tell(labelled)
    assert facts(late) == facts(api)
    configure(api, rework_labels=None)
    assert metrics(api)["deployment_rework_rate"]["rework"] == 0
