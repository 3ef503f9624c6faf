"""Services: what gets another repository or other files has what it would have had with them."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.contract.repository_path import read_repository_path
from leadline.store.services import SERVICES
from tests.builders import (
    REPOSITORY,
    a_change,
    a_deployment,
    at,
    commits,
    the_deployment,
    why,
)
from tests.contract.configured import LINE, OTHER, configure, metrics, put, sold
from tests.contract.pipeline import Pipeline
from tests.stored import stored_cells


def test_a_service_is_shown_as_it_was_configured() -> None:
    api = Pipeline()
    values = {
        "repository": "GitHub.com/acme/Mono",
        "paths": ["web/"],
        "production": ["live"],
        "team": "web",
        "archived": True,
    }
    shown = {"service": "web", **values, "repository": "github.com/acme/Mono"}
    assert put(api, "web", **values) == shown
    assert api.get("/v1/services/web") == shown
    plain = {"paths": [], "production": None, "team": None, "archived": False}
    cleared = {"service": "web", "repository": "github.com/acme/Mono", **plain}
    assert configure(api, "/v1/services/web", paths=None, production=None, team=None, archived=None) == cleared
    assert api.ask("PUT", "/v1/services/web", {}, if_match="*") == {**cleared, "repository": None}


@pytest.mark.parametrize("spelling", ["GitHub.com/acme/Mono", "Acme.Inc/api", "Git.Acme.dev:8443/Team/app", "acme/API"])
def test_a_repository_is_spelled_as_events_spell_it_wherever_it_is_named(spelling: str) -> None:
    api = Pipeline()
    stored = read_repository_path(spelling)
    assert put(api, "web", repository=spelling)["repository"] == stored
    assert api.dora(repository=spelling)["filters"]["repository"] == [stored]
    badge = api.send("POST", "/v1/badges", {"metric": "coverage", "repository": [spelling]})
    assert badge.json["badge"]["repository"] == [stored]
    key = api.send("POST", "/v1/keys", {"name": "k", "scopes": ["events:write"], "repositories": [spelling]})
    assert key.json["key"]["repositories"] == [stored]


def test_events_go_to_the_service_that_was_configured_for_their_repository() -> None:
    api = Pipeline()
    put(api, "till", repository=REPOSITORY)
    api.tell(LINE, a_deployment("m1", at(10), deployment_id="d1"))
    assert the_deployment(api.table, "d1").deployment.service == "till"
    assert [item["sk"] for item in api.table.query(SERVICES)] == ["till"]


def test_a_service_that_gets_its_right_repository_has_what_it_would_have_had_with_it() -> None:
    wrong = sold({"repository": OTHER})
    assert {why(the_deployment(wrong.table, name)) for name in ("d1", "d2")} == {("unmatched", "REPOSITORY_MISMATCH")}
    mended = sold({"repository": OTHER}, {"repository": REPOSITORY})
    wanted = sold({"repository": REPOSITORY})
    assert stored_cells(mended.table) == stored_cells(wanted.table)
    assert metrics(mended) == metrics(wanted)
    assert mended.get("/v1/events")["items"] == wanted.get("/v1/events")["items"]


@pytest.mark.parametrize("between", [None, OTHER])
def test_there_and_back_changes_nothing(between: str | None) -> None:
    api = sold({"repository": REPOSITORY}, {"repository": between}, {"repository": REPOSITORY})
    assert stored_cells(api.table) == stored_cells(sold({"repository": REPOSITORY}).table)


def test_what_waits_for_its_commit_waits_on_the_new_repositorys_ledger() -> None:
    graph = commits("m8", "m9 <- m8", start=at(13))
    told = a_change(9, "m9", at(13))
    api, wanted = sold({"repository": OTHER}, {"repository": REPOSITORY}), sold({"repository": REPOSITORY})
    for each in (api, wanted):
        each.tell(graph, told)
    assert stored_cells(api.table) == stored_cells(wanted.table)
    assert the_deployment(api.table, "d3").status == "mapped"


def test_a_service_that_shares_its_repository_has_the_changes_of_its_files() -> None:
    all_files = sold({"repository": REPOSITORY})
    own = sold({"repository": REPOSITORY}, {"paths": ["till/"]})
    assert [change.number for change in the_deployment(all_files.table, "d2").changes] == [2, 3]
    assert [change.number for change in the_deployment(own.table, "d2").changes] == [2]
    assert stored_cells(own.table) == stored_cells(sold({"repository": REPOSITORY, "paths": ["till/"]}).table)


def test_who_owns_a_service_is_no_reason_to_count_it_anew() -> None:
    api = sold({"repository": REPOSITORY})
    assert api.send("PATCH", "/v1/services/till", {"team": "shop", "archived": True}, if_match="*").status == 200
    assert api.queue.messages == []


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"repository": "https://github.com/acme/api"}, {("/repository", "repository")}),
        ({"repository": "api"}, {("/repository", "repository")}),
        ({"paths": [1, "a", ""]}, {("/paths/0", "type"), ("/paths/2", "empty")}),
        ({"archived": "no", "owner": "x"}, {("/archived", "type"), ("/owner", "extra")}),
    ],
)
def test_what_is_wrong_with_a_service_is_told(body: Any, faults: set[tuple[str, str]]) -> None:
    answer = Pipeline().send("PUT", "/v1/services/web", body)
    assert (answer.status, answer.faults) == (422, faults)


def test_what_is_not_there_is_not_found() -> None:
    api = Pipeline()
    assert api.request("GET", "/v1/services/none").status == 404
    assert api.send("PATCH", "/v1/services/none", {}, if_match="*").status == 404
    assert api.request("GET", f"/v1/services/{'x' * 201}").status == 404
