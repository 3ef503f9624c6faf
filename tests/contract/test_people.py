"""People: shown as the settings say, named by pseudonyms where they say so, removed for good."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from leadline.contract.messages import parse
from leadline.domain.people import is_pseudonym
from tests.builders import Event, a_change, a_deployment, a_line, at, commits, sha
from tests.contract.configured import configure
from tests.contract.pipeline import Pipeline

STORY: list[Event] = [
    commits(*a_line("m0", "m1", "m2", "m3")),
    a_change(1, "m1", at(2), author="ann"),
    a_change(2, "m2", at(3), author="bob"),
    a_deployment("m0", at(9), deployment_id="d0"),
    a_deployment("m2", at(10), deployment_id="d1", labels={"by": "ann", "ticket": "X-1"}),
]
OCTOBER = {"from_": "2026-10-01", "to": "2026-10-31"}


def told(**values: Any) -> Pipeline:
    """The story of a team, told to an organisation with these settings."""
    api = Pipeline()
    if values:
        configure(api, **values)
    assert api.put_team("payments", {"author": "ann"}, {"author": "bob"}).status == 200
    api.tell(*STORY)
    api.settle()
    return api


def authors(api: Pipeline) -> list[str | None]:
    """The authors in the deployments as they are listed."""
    return [change["author"] for each in api.get("/v1/deployments")["items"] for change in each["changes"]]


def people(api: Pipeline) -> dict[str, str]:
    return {each["name"]: each["pseudonym"] for each in api.get("/v1/people")["items"]}


def members(api: Pipeline) -> set[str]:
    return {member["author"] for member in api.get("/v1/teams/payments")["members"]}


# --- off ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["author=ann", "group_by=author", "team=payments&group_by=author"])
def test_with_individuals_off_nothing_is_told_by_author(query: str) -> None:
    api = told(individuals="off")
    answer = api.request("GET", "/v1/metrics/dora", query)
    assert answer.status == 403
    assert '"individuals" is "off"' in answer.json["detail"]


def test_with_individuals_off_nobody_is_named_and_all_other_numbers_are_the_same() -> None:
    named, api = told(), told(individuals="off")
    for grouping in ("service", "team", "repository"):
        assert api.dora(group_by=grouping, **OCTOBER) == named.dora(group_by=grouping, **OCTOBER)
    assert sorted(filter(None, authors(named))) == ["ann", "bob"]
    assert authors(api) == [None, None]
    preview = {"id": sha("m2"), "repository": "github.com/acme/shop", "environment": "staging"}
    assert {each["author"] for each in named.ask("POST", "/v1/deployments/preview", preview)["changes"]} <= {"bob"}
    assert {each["author"] for each in api.ask("POST", "/v1/deployments/preview", preview)["changes"]} <= {None}
    assert {cell["author"] for cell in named.trace(STORY[-1])["cells"]} == {None, "ann", "bob"}
    assert {cell["author"] for cell in api.trace(STORY[-1])["cells"]} == {None}
    configure(api, individuals=None)
    assert sorted(filter(None, authors(api))) == ["ann", "bob"]


@pytest.mark.parametrize(("name", "value"), [("individuals", "off"), ("author_pages", True)])
def test_how_people_are_shown_is_for_admins_to_say(name: str, value: object) -> None:
    api = Pipeline()
    api.key = api.a_key(CONFIG_WRITE)
    assert api.send("PATCH", "/v1/settings", {name: value}, if_match="*").status == 403
    assert api.send("PATCH", "/v1/settings", {"bots": ["x"]}, if_match="*").status == 200


# --- pseudonyms -----------------------------------------------------------------------------------------------------


def test_pseudonyms_are_shown_and_asked_for_and_the_names_are_kept_apart() -> None:
    api = told(individuals="pseudonyms")
    known = people(api)
    assert set(known) == {"ann", "bob"}
    assert all(map(is_pseudonym, known.values()))
    assert set(authors(api)) == set(known.values()) == members(api)
    report = api.dora(author=known["ann"], **OCTOBER)
    assert report["metrics"]["change_lead_time"]["n"] == 1
    assert api.dora(author="ann", **OCTOBER)["metrics"]["change_lead_time"]["n"] == 0
    assert {group["key"] for group in api.dora(group_by="author", **OCTOBER)["groups"]} == set(known.values())
    named = [item for item in api.table.scan() if item["pk"] != "people" and "bob" in str(item)]
    assert named == []


def test_the_names_are_for_admins() -> None:
    api = told(individuals="pseudonyms")
    for scope in (METRICS_READ, CONFIG_WRITE):
        assert api.request("GET", "/v1/people", key=api.a_key(scope)).status == 403
        assert api.request("DELETE", "/v1/people/ann", key=api.a_key(scope)).status == 403


def test_people_are_listed_a_page_at_a_time() -> None:
    api = told(individuals="pseudonyms")
    first = api.get("/v1/people", limit="1")
    second = api.get("/v1/people", limit="1", cursor=first["next_cursor"])
    assert second["next_cursor"] is None
    assert {each["name"] for page in (first, second) for each in page["items"]} == {"ann", "bob"}


def test_a_team_may_be_sent_by_names_and_by_pseudonyms() -> None:
    api = told(individuals="pseudonyms")
    known = people(api)
    assert api.put_team("payments", {"author": known["ann"]}, {"author": "bob"}, {"author": "cid"}).status == 200
    assert members(api) == set(people(api).values())
    assert set(people(api)) == {"ann", "bob", "cid"}


def test_bots_are_told_by_their_names_whatever_they_are_stored_by() -> None:
    api = told(individuals="pseudonyms", bots=["b*b"])
    assert api.dora(**OCTOBER)["metrics"]["change_lead_time"]["n"] == 1
    configure(api, bots=None)
    assert api.dora(**OCTOBER)["metrics"]["change_lead_time"]["n"] == 2


# --- removal --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("individuals", ["names", "pseudonyms"])
def test_a_removed_person_is_shown_nowhere(individuals: str) -> None:
    api = told(individuals=individuals)
    api.ask("DELETE", "/v1/people/ann")
    assert sorted(author is None for author in authors(api)) == [False, True]
    assert len(members(api)) == 1
    labels = [each["labels"] for each in api.get("/v1/deployments")["items"]]
    assert {"ticket": "X-1"} in labels
    assert "ann" not in people(api)
    groups = api.dora(group_by="author", team="payments", **OCTOBER)["groups"]
    assert len(groups) == 1
    assert "~" not in str([groups, labels, api.trace(STORY[-1]), api.get("/v1/teams"), api.get("/v1/history")])


def test_a_person_may_be_removed_by_pseudonym() -> None:
    api = told(individuals="pseudonyms")
    known = people(api)
    api.ask("DELETE", f"/v1/people/{known['ann']}")
    assert set(people(api)) == {"bob"}
    assert None in authors(api)
    assert api.send("DELETE", "/v1/people/p-0123456789ab").status == 404


def test_who_is_removed_twice_is_removed_once() -> None:
    api = told()
    for _ in range(2):
        api.ask("DELETE", "/v1/people/ann")
    assert [entry["kind"] for entry in api.get("/v1/history", kind="person")["items"]] == ["person", "person"]
    assert sorted(author is None for author in authors(api)) == [False, True]


def test_what_a_removed_person_shipped_is_found_again_when_their_team_changes() -> None:
    api = told()
    api.tell(a_change(3, "m3", at(12), author="ann"), a_deployment("m3", at(15), deployment_id="d2"))
    assert api.put_team("solo", {"author": "ann"}).status == 200
    api.settle()
    api.ask("DELETE", "/v1/people/ann")

    def of_the_team() -> Any:
        return api.dora(team="solo", **OCTOBER)["metrics"]["change_lead_time"]["n"]

    assert of_the_team() == 2
    assert api.put_team("solo", {"author": "bob"}).status == 200
    api.settle()
    assert of_the_team() == 3
    assert api.send("DELETE", "/v1/teams/solo", if_match="*").status == 204
    api.settle()
    assert of_the_team() == 0


@pytest.mark.parametrize("individuals", ["names", "pseudonyms"])
def test_who_was_in_a_team_is_on_record_as_people_are_named_and_removed(individuals: str) -> None:
    api = told(individuals=individuals)
    ann, bob = (people(api).get(name, name) for name in ("ann", "bob"))
    assert api.put_team("payments", {"author": "bob"}).status == 200

    def on_record() -> list[Any]:
        told = [each[side] for each in api.get("/v1/history", kind="team")["items"] for side in ("before", "after")]
        return [sorted(member["author"] for member in team["members"]) if team else None for team in told]

    assert on_record() == [sorted([ann, bob]), [bob], None, sorted([ann, bob])]
    api.ask("DELETE", "/v1/people/ann")
    both = sorted(["former member", bob])
    assert on_record() == [both, [bob], None, both]
    assert "former member" not in people(api)
    configure(api, individuals="names")
    assert on_record() == [sorted(["former member", "bob"]), ["bob"], None, sorted(["former member", "bob"])]


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 201, "~0123456789abcdef"])
def test_what_can_be_nobodys_name_is_not_found(name: str) -> None:
    assert told().send("DELETE", f"/v1/people/{name}").status == 404


def test_a_removed_person_is_named_no_more_among_bots() -> None:
    api = told(bots=["ann", "*[bot]"])
    api.ask("DELETE", "/v1/people/ann")
    assert api.get("/v1/settings")["bots"] == ["*[bot]"]
    assert api.dora(**OCTOBER)["metrics"]["change_lead_time"]["n"] == 1
    configure(api, bots=["ann", "*[bot]"])
    assert api.get("/v1/settings")["bots"] == ["*[bot]"]


def test_while_the_queue_is_down_a_removal_waits_for_the_sweep() -> None:
    from compute.jobs import renaming

    api = told()
    api.queue.down = True
    removal = api.send("DELETE", "/v1/people/ann")
    assert removal.status == 202
    assert api.get(f"/v1/events/{removal.json['event_id']}")["status"] == "queued"
    (errand,) = renaming.stuck(api.table, api.now)
    assert (parse(errand.body).kind, errand.group) == ("renaming", "people")
    while renaming.go_on(api.table, api.now):
        assert renaming.stuck(api.table, api.now) == []
        assert renaming.stuck(api.table, api.now + renaming.STUCK_AFTER)
    assert renaming.stuck(api.table, api.now + renaming.STUCK_AFTER) == []
    assert api.get(f"/v1/events/{removal.json['event_id']}")["status"] == "counted"


# --- author pages ---------------------------------------------------------------------------------------------------


def test_there_are_pages_of_authors_only_where_the_setting_says_so() -> None:
    api = told()
    refused = api.request("GET", "/v1/people/ann")
    assert refused.status == 403
    assert '"author_pages" is false' in refused.json["detail"]
    configure(api, author_pages=True)
    assert api.request("GET", "/v1/people/ann").status == 200
    configure(api, individuals="off")
    assert '"individuals" is "off"' in api.request("GET", "/v1/people/ann").json["detail"]
    assert api.request("GET", "/v1/people").status == 403


def test_an_authors_page_tells_teams_services_metrics_and_latest_changes() -> None:
    api = told(author_pages=True)
    page = api.get("/v1/people/ann", **OCTOBER)
    assert page["teams"] == [{"team": "payments", "from": None, "to": None}]
    assert [(each["service"], each["repository"]) for each in page["services"]] == [("shop", "github.com/acme/shop")]
    assert page["metrics"] == api.dora(author="ann", **OCTOBER)["metrics"] == page["services"][0]["metrics"]
    (change,) = page["changes"]
    deployed = {each["deployment_id"]: each for each in api.get("/v1/deployments")["items"]}["d1"]
    shipped = next(each for each in deployed["changes"] if each["author"] == "ann")
    assert (change["number"], change["lead_time"], change["deployment"]) == (1, shipped["lead_time"], deployed["key"])
    assert change["deployed_at"] == deployed["finished_at"]
    assert api.request("GET", "/v1/people/zoe").status == 404
    assert api.get("/v1/people/ann", from_="2026-09-01", to="2026-09-30")["changes"] == []


def test_a_page_is_asked_for_by_pseudonym_where_names_are_kept_apart() -> None:
    api = told(author_pages=True, individuals="pseudonyms")
    assert api.request("GET", "/v1/people/ann").status == 404
    assert len(api.get(f"/v1/people/{people(api)['ann']}", **OCTOBER)["changes"]) == 1


def test_a_removed_person_has_no_page() -> None:
    api = told(author_pages=True)
    api.ask("DELETE", "/v1/people/ann")
    assert api.request("GET", "/v1/people/ann").status == 404


def test_patterns_of_bots_are_nobodys_names() -> None:
    api = told(bots=["*[bot]", "renovate"])
    configure(api, individuals="pseudonyms")
    assert set(people(api)) == {"ann", "bob"}
    changed = [entry["after"]["bots"] for entry in api.get("/v1/history", kind="settings")["items"]]
    assert changed == [["*[bot]", "renovate"], ["*[bot]", "renovate"]]
