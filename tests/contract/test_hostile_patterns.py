"""Patterns made to take for ever: too many wildcards are refused, and what is accepted or stored costs little."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.access.keys import ADMIN, CONFIG_WRITE, METRICS_READ, create_key
from leadline.contract.patterns import MOST_BYTES, MOST_WILDCARDS
from leadline.domain import wildcards
from leadline.store.configuration import SETTINGS_KEY
from leadline.store.services import service_key
from leadline.store.sources import SOURCES_KEY, Sources
from leadline.store.table import Put
from tests.builders import REPOSITORY, a_change, a_deployment, at, carried
from tests.contract.configured import LINE, configure, put
from tests.contract.pipeline import Pipeline
from tests.line_count import lines_run_in
from tests.unit.query.product_api import NOW, PEPPER

FOR_PATHS, FOR_NAMES = "**/**/**/**/x", "*a*a*a*a*b"
DEEP = "a/" * 495
MANY = "*a" * (MOST_WILDCARDS + 1)
LINES = 20_000
"""That run at most to match these patterns: a few for each of the 1,000 characters of a path, each time that it is read."""


def limited(api: Pipeline) -> Pipeline:
    put(api, "till", repository=REPOSITORY)
    scopes = (METRICS_READ, CONFIG_WRITE)
    api.key = create_key(api.table, PEPPER, name="tenant", scopes=scopes, now=NOW, services=["till"])[0]
    return api


def sell(api: Pipeline, **fields: Any) -> dict[str, list[int]]:
    """The changes that each deployment carries; change 2 has a path that is as long as it can be."""
    api.tell(
        LINE,
        a_change(2, "m2", at(2), **{"paths": [f"{DEEP}y"], **fields}),
        a_change(3, "m3", at(3), paths=[f"{DEEP}x"]),
        *(
            a_deployment(f"m{number}", at(9 + number), deployment_id=f"d{number}", service="till")
            for number in (1, 2, 3)
        ),
    )
    return carried(api.table, ["d2", "d3"])


def test_a_change_is_folded_whatever_pattern_of_paths_a_limited_key_has_set() -> None:
    api = limited(Pipeline())
    assert configure(api, "/v1/services/till", paths=[FOR_PATHS])["paths"] == [FOR_PATHS]
    with lines_run_in(wildcards) as lines:
        assert sell(api) == {"d2": [], "d3": [3]}
    assert 0 < lines.count <= LINES


def test_a_pattern_of_paths_that_is_set_later_counts_anew_in_as_little() -> None:
    api = limited(Pipeline())
    assert sell(api) == {"d2": [2], "d3": [3]}
    with lines_run_in(wildcards) as lines:
        configure(api, "/v1/services/till", paths=[FOR_PATHS])
    assert carried(api.table, ["d2", "d3"]) == {"d2": [], "d3": [3]}
    assert 0 < lines.count <= LINES


def test_a_change_is_folded_whatever_patterns_of_names_the_settings_have() -> None:
    api = limited(Pipeline())
    api.key = api.a_key(ADMIN)
    names = ("bots", "rework_labels", "rework_branches", "rework_titles")
    configure(api, **{name: [FOR_NAMES] for name in names})
    long = "a" * 200
    with lines_run_in(wildcards) as lines:
        assert sell(api, author=long, labels=[long] * 9, head_branch=long, title=long) == {"d2": [2], "d3": [3]}
    assert 0 < lines.count <= LINES


def test_patterns_of_paths_stored_before_there_were_bounds_are_shown_and_matched() -> None:
    api = limited(Pipeline())
    item = api.table.get([service_key("till")])[service_key("till")]
    stored = ["**/a" * 120, f"{MANY}/x", "**/x"]
    api.table.write([Put({**item, "paths": stored})])
    assert api.get("/v1/services/till")["paths"] == stored
    with lines_run_in(wildcards) as lines:
        assert sell(api) == {"d2": [], "d3": [3]}
    assert 0 < lines.count <= LINES


def test_patterns_of_names_stored_before_there_were_bounds_are_shown() -> None:
    api = Pipeline()
    forms = {"github": {"release_branches": [MANY], "tags": {MANY: {"environment": "production"}}}}
    settings = {"pk": SETTINGS_KEY[0], "sk": SETTINGS_KEY[1], "bots": [MANY], "v": 1}
    api.table.write([Put({**Sources.from_item(forms).to_item(), "v": 1}), Put(settings)])
    assert api.get("/v1/sources")["github"]["release_branches"] == [MANY]
    assert api.get("/v1/settings")["bots"] == [MANY]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/services/till", "paths"),
        *(("/v1/settings", name) for name in ("bots", "rework_labels", "rework_branches", "rework_titles")),
    ],
)
def test_patterns_are_bounded(path: str, field: str) -> None:
    api = Pipeline()
    put(api, "till")
    large = [f"{number:03}".ljust(100, "x") for number in range(MOST_BYTES // 100)]

    def faults(*patterns: str) -> set[tuple[str, str]]:
        return api.send("PATCH", path, {field: patterns}, if_match="*").faults

    assert faults("*a" * MOST_WILDCARDS) == set()
    assert faults("ok", MANY) == {(f"/{field}/1", "wildcards")}
    assert faults(*large) == set()
    assert faults("a", *large[1:]) == set()
    too_long = f"/{field}/0" if field == "rework_labels" else f"/{field}"  # a label alone may have 100 bytes
    assert faults(f"{large[0]}é"[1:], *large[1:]) == {(too_long, "too_long")}
    assert faults(*map(str, range(101))) == {(f"/{field}", "too_many")}


def test_a_question_mark_is_a_wildcard_of_paths_and_not_of_names() -> None:
    api = Pipeline()
    put(api, "till")
    marks = "?" * (MOST_WILDCARDS + 1)
    refused = api.send("PATCH", "/v1/services/till", {"paths": [marks]}, if_match="*")
    assert refused.faults == {("/paths/0", "wildcards")}
    assert configure(api, rework_titles=[marks])["rework_titles"] == [marks]


@pytest.mark.parametrize("host", ["github", "gitlab", "bitbucket"])
def test_patterns_of_sources_are_bounded(host: str) -> None:
    most, marks = "*a" * MOST_WILDCARDS, "?" * (MOST_WILDCARDS + 1)
    api = Pipeline()
    good = {"release_branches": [most], "tags": {most: {}}, "workflows": {most: {}}, "environments": {most: {}}}
    assert api.send("PUT", "/v1/sources", {host: good}, if_match="*").status == 200
    bad = {"release_branches": ["a", marks], "tags": {MANY: {}}, "workflows": {marks: {}}, "environments": {marks: {}}}
    answer = api.send("PUT", "/v1/sources", {host: bad}, if_match="*")
    places = ["release_branches/1", f"tags/{MANY}", f"workflows/{marks}", f"environments/{marks}"]
    assert (answer.status, answer.faults) == (422, {(f"/{host}/{place}", "wildcards") for place in places})
    assert Sources.from_item(api.table.get([SOURCES_KEY])[SOURCES_KEY]).to_data()[host]["release_branches"] == [most]
