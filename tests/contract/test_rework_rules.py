"""Deployments made to repair, by rules: patterns of labels, source branches and titles of the changes that they carry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import DAY, HOUR, Event, a_change, a_deployment, at, the_deployment
from tests.contract.configured import LINE, configure, metrics
from tests.contract.pipeline import Pipeline
from tests.stored import everything, folded_cells, stored_cells

STORY: list[Event] = [
    LINE,
    a_change(2, "m2", at(2), author="ann", head_branch="feature/totals", title="Totals"),
    a_change(3, "m3", at(3), author="bob", head_branch="hotfix/totals", title='Revert "Totals"', labels=["urgent"]),
    a_deployment("m1", at(10), deployment_id="d1", baseline=True),
    a_deployment("m2", at(11), deployment_id="d2"),
    a_deployment("m3", at(12), deployment_id="d3"),
]
RULES = [
    {"rework_labels": ["Urgent"]},
    {"rework_branches": ["release/*", "hotfix/*"]},
    {"rework_titles": ["revert *"]},
]


def told(*events: Event, **settings: Any) -> Pipeline:
    api = Pipeline()
    api.tell(*(events or STORY))
    if settings:
        configure(api, **settings)
    return api


def failed(api: Pipeline) -> dict[str, int | None]:
    """How long it took to make good each deployment that failed, in seconds."""
    items = api.get("/v1/deployments", service="shop")["items"]
    return {item["deployment_id"]: item["recovery"]["seconds"] for item in items if item["failed"]}


def facts(api: Pipeline) -> dict[Any, Any]:
    assert stored_cells(api.table) == folded_cells(api.table)
    return {key: item for key, item in everything(api.table).items() if key[0].startswith(("dep#", "line#", "cell#"))}


@pytest.mark.parametrize("rule", RULES)
def test_a_change_that_fits_a_pattern_makes_its_deployment_rework_whenever_the_rule_was_made(
    rule: dict[str, Any],
) -> None:
    api = told(**rule)
    assert metrics(api)["deployment_rework_rate"]["rework"] == 1
    assert the_deployment(api.table, "d3").rework
    assert metrics(api)["change_fail_rate"]["failed"] == 0
    first = Pipeline()
    configure(first, **rule)
    first.tell(*reversed(STORY))
    assert facts(first) == facts(api)
    configure(api, **dict.fromkeys(rule))
    assert facts(api) == facts(told())


def test_what_fits_no_pattern_is_no_rework() -> None:
    api = told(rework_labels=["urgent?"], rework_branches=["hotfix"], rework_titles=["Revert", "*hotfix*"])
    assert metrics(api)["deployment_rework_rate"]["rework"] == 0


def test_a_title_and_branch_may_be_told_later_and_the_title_is_shown_nowhere() -> None:
    bare = [*STORY[:2], a_change(3, "m3", at(3), author="bob"), *STORY[3:]]
    rules: dict[str, Any] = {"rework_branches": ["hotfix*"], "rework_means_failure": True}
    api = told(*bare, **rules)
    assert failed(api) == {}
    api.tell(a_change(3, "m3", at(3), author="bob", head_branch="hotfix/totals", title="Never to be seen"))
    assert failed(api) == {"d2": DAY // 1000}
    key = the_deployment(api.table, "d3").key
    for path in (f"/v1/deployments/{key}", f"/v1/events/{STORY[2]['event_id']}", "/v1/deployments"):
        assert "Never to be seen" not in api.request("GET", path).text


def test_by_the_setting_rework_means_that_the_deployment_before_failed_and_is_made_good_by_it() -> None:
    api = told(rework_titles=["revert*"], rework_means_failure=True)
    assert failed(api) == {"d2": DAY // 1000}
    shown = metrics(api)
    assert shown["change_fail_rate"]["failed"] == 1
    assert (shown["failed_deployment_recovery_time"]["mean"], shown["deployment_rework_rate"]["rework"]) == (86_400, 1)
    configure(api, rework_means_failure=False)
    assert failed(api) == {}
    configure(api, rework_titles=None)
    assert facts(api) == facts(told())


def test_the_deployment_before_is_the_one_before_whatever_comes_in_between_later() -> None:
    rules: dict[str, Any] = {"rework_labels": ["urgent"], "rework_means_failure": True}
    api = told(**rules)
    again = a_deployment("m2", at(11) + HOUR, deployment_id="again")
    api.tell(again)
    assert failed(api) == {"again": 23 * 3600}
    assert facts(api) == facts(told(*STORY, again, **rules))
    api.ask("DELETE", f"/v1/deployments/{the_deployment(api.table, 'again').key}")
    assert failed(api) == {"d2": DAY // 1000}
    key = the_deployment(api.table, "d3").key
    api.ask("PATCH", f"/v1/deployments/{key}", {"excluded": True})
    assert failed(api) == {}
    api.ask("PATCH", f"/v1/deployments/{key}", {"excluded": False})
    assert failed(api) == {"d2": DAY // 1000}
    api.ask("DELETE", f"/v1/deployments/{key}")
    assert failed(api) == {}


def test_what_a_deployment_says_to_repair_goes_before_the_rule() -> None:
    rules: dict[str, Any] = {"rework_labels": ["urgent"], "rework_means_failure": True}
    said = [*STORY[:-1], a_deployment("m3", at(12), deployment_id="d3", remediates="d1")]
    api = told(*said, **rules)
    assert failed(api) == {"d1": 2 * DAY // 1000}
    api = told(**rules)
    key = the_deployment(api.table, "d3").key
    api.ask("PATCH", f"/v1/deployments/{key}", {"remediates": "d1"})
    assert failed(api) == {"d1": 2 * DAY // 1000}
    api.ask("PATCH", f"/v1/deployments/{key}", {"remediates": None})
    assert failed(api) == {"d2": DAY // 1000}


def test_a_person_may_say_that_the_one_before_did_not_fail() -> None:
    api = told(rework_labels=["urgent"], rework_means_failure=True)
    api.ask("PATCH", f"/v1/deployments/{the_deployment(api.table, 'd2').key}", {"failed": False})
    assert failed(api) == {}


def test_the_first_deployment_of_a_timeline_can_repair_none_before_it() -> None:
    story = [*STORY[:3], a_deployment("m3", at(3, 20), deployment_id="d3")]
    api = told(*story, rework_labels=["urgent"], rework_means_failure=True)
    assert failed(api) == {}
    assert metrics(api)["deployment_rework_rate"]["rework"] == 1


def test_each_timeline_has_a_deployment_before_of_its_own() -> None:
    staged = [
        a_deployment("m1", at(9), deployment_id="s1", environment="staging", baseline=True),
        a_deployment("m3", at(11) + HOUR, deployment_id="s3", environment="staging"),
    ]
    api = told(*STORY, *staged, rework_labels=["urgent"], rework_means_failure=True)
    assert failed(api) == {"d2": DAY // 1000, "s1": (2 * DAY + HOUR) // 1000}
