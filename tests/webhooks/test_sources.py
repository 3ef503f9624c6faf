"""The configuration of sources: it is stored as it was sent, and everything invalid in it is refused at once."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.domain import wildcards
from leadline.store.sources import MAX_ENTRIES, SOURCES_KEY, CodeHost, Sources, Target, choose
from query.access.sources import read_sources
from query.http.faults import Faults
from tests.line_count import lines_run_in

FULL: dict[str, Any] = {
    "github": {
        "incident_label": "outage",
        "release_branches": ["stable-*"],
        "environments": {"eu-*": {"environment": "production"}, "shop": {"service": "shop"}},
        "workflows": {"Deploy": {"service": "shop", "environment": "production"}},
        "tags": {"v*": {}},
    },
    "gitlab": {"incident_label": None},
    "incident_services": {"pagerduty:PXYZ12": "checkout"},
    "default_service": "shop",
}


def test_without_an_item_a_plain_webhook_is_useful() -> None:
    sources = Sources.from_item(None)
    assert sources == Sources()
    assert sources.github.incident_label == "incident"
    assert sources.github.follows("trunk", "trunk")
    assert sources.github.follows("release/1.2", "trunk")
    assert not sources.github.follows("main", "trunk")
    assert sources.github.follows("main", None)


@pytest.mark.parametrize("data", [{}, FULL, {**FULL, "v": 7}])
def test_what_is_stored_is_read_back(data: dict[str, Any]) -> None:
    sources = Sources.from_item(data)
    item = sources.to_item()
    assert (item["pk"], item["sk"]) == SOURCES_KEY
    assert item["v"] == data.get("v", 0)
    assert Sources.from_item(item) == sources


def test_every_field_is_read() -> None:
    sources = Sources.from_item(FULL)
    assert sources.github == CodeHost(
        incident_label="outage",
        release_branches=("stable-*",),
        environments={"eu-*": Target(environment="production"), "shop": Target(service="shop")},
        workflows={"Deploy": Target("shop", "production")},
        tags={"v*": Target()},
    )
    assert sources.gitlab == CodeHost(incident_label=None)
    assert sources.bitbucket == CodeHost()


def test_an_incident_goes_to_the_service_it_is_mapped_to_else_to_the_default() -> None:
    sources = Sources(incident_services={"pagerduty:P1": "checkout", "P2": "web"}, default_service="shop")
    assert sources.service_of("pagerduty", None, "P9", "P1") == "checkout"
    assert sources.service_of("jira", "P1") == "shop"
    assert sources.service_of("jira", "P2") == "web"
    assert sources.mapped("jira", "P1") is None
    assert Sources().service_of("jira", "P1") is None


def test_an_exact_name_is_preferred_to_patterns_and_the_first_pattern_to_the_others() -> None:
    targets = {"eu-*": Target("a"), "eu-w*": Target("b"), "eu-west": Target("c")}
    assert choose(targets, "eu-west") == Target("c")
    assert choose(targets, "eu-wide") == Target("a")
    assert choose(targets, "us-east") is None


def test_only_the_star_and_the_question_mark_are_wildcards_and_case_matters() -> None:
    targets = {"v[12].*": Target("a"), "V*": Target("b"), "v?.*": Target("c")}
    assert choose(targets, "v1.0") == Target("c")
    assert choose(targets, "v[12].0") == Target("a")
    assert CodeHost(release_branches=("release/?.x", "[ab]")).follows("release/7.x", None)
    assert not CodeHost(release_branches=("release/?.x", "[ab]")).follows("a", None)


def test_a_name_without_end_in_a_webhook_fits_no_pattern() -> None:
    with lines_run_in(wildcards) as lines:
        assert choose({"*a*a*b": Target("a")}, "a" * 5_000_000) is None
        assert not CodeHost(release_branches=("*a*a*b", "*")).follows("a" * 5_000_000, None)
    assert lines.count == 0


@pytest.mark.parametrize(
    ("data", "pointer", "code"),
    [
        ([], "", "type"),
        ({"git_hub": {}}, "/git_hub", "extra"),
        ({"v": 3}, "/v", "extra"),
        ({"github": []}, "/github", "type"),
        ({"github": {"incident_labels": "x"}}, "/github/incident_labels", "extra"),
        ({"github": {"incident_label": ""}}, "/github/incident_label", "empty"),
        ({"github": {"incident_label": 7}}, "/github/incident_label", "type"),
        ({"github": {"release_branches": "release/*"}}, "/github/release_branches", "type"),
        ({"github": {"release_branches": [None]}}, "/github/release_branches/0", "type"),
        ({"gitlab": {"environments": {"eu": "production"}}}, "/gitlab/environments/eu", "type"),
        ({"gitlab": {"environments": {"eu": {"env": "x"}}}}, "/gitlab/environments/eu/env", "extra"),
        ({"gitlab": {"environments": {"": {}}}}, "/gitlab/environments/", "empty"),
        ({"gitlab": {"tags": {"v*": {"service": "x" * 201}}}}, "/gitlab/tags/v*/service", "too_long"),
        ({"incident_services": {"pagerduty:P1": None}}, "/incident_services/pagerduty:P1", "type"),
        (
            {"incident_services": {str(number): "x" for number in range(MAX_ENTRIES + 1)}},
            "/incident_services",
            "too_many",
        ),
        ({"default_service": "a\nb"}, "/default_service", "control_character"),
        ({"default_service": "\ud800"}, "/default_service", "control_character"),
    ],
)
def test_an_invalid_value_is_refused_with_its_json_pointer(data: Any, pointer: str, code: str) -> None:
    assert refused(data) == [(pointer, code)]


def test_every_fault_of_a_configuration_is_refused_at_once() -> None:
    data = {
        "git_hub": {},
        "github": {"incident_label": 7, "tags": {"v*": {"service": "", "env": "x"}}},
        "gitlab": {"release_branches": ["*" * 40, "", "main"]},
        "incident_services": {"jira:OPS": None, "": "shop"},
        "default_service": "https://ada:secret@example.org/",
    }
    assert sorted(refused(data)) == [
        ("/default_service", "credentials"),
        ("/git_hub", "extra"),
        ("/github/incident_label", "type"),
        ("/github/tags/v*/env", "extra"),
        ("/github/tags/v*/service", "empty"),
        ("/gitlab/release_branches/0", "wildcards"),
        ("/gitlab/release_branches/1", "empty"),
        ("/incident_services/", "empty"),
        ("/incident_services/jira:OPS", "type"),
    ]


@pytest.mark.parametrize("data", [{}, FULL, {"github": None, "incident_services": None}])
def test_a_valid_configuration_is_read_as_it_is_stored(data: dict[str, Any]) -> None:
    faults = Faults()
    assert read_sources(data, faults) == Sources.from_item(data)
    assert not faults


def refused(data: Any) -> list[tuple[str, str]]:
    faults = Faults()
    read_sources(data, faults)
    return [(fault["pointer"], fault["code"]) for fault in faults.found]
