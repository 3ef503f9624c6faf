"""Commits without a change: listed, or counted as changes of their own where the setting says so."""

from __future__ import annotations

from io import StringIO
from typing import Any

from leadline.store.table import Put
from leadline_cli.cell_survey import survey
from leadline_cli.progress import Progress
from leadline_cli.rebuild import rebuild
from tests.builders import (
    DAY,
    HOUR,
    REPOSITORY,
    Event,
    a_change,
    a_deployment,
    a_line,
    at,
    commits,
    numbers,
    sha,
    the_deployment,
)
from tests.contract.configured import configure, metrics
from tests.contract.pipeline import Pipeline
from tests.stored import everything, folded_cells, stored_cells

START = at(2, 0)


def authored(told: Event, **authors: str | None) -> Event:
    """The commits event with these authors, each commit authored an hour before it was committed."""
    for commit in told["data"]["commits"]:
        commit["authored_at"] = commit["committed_at"] - HOUR
        commit["author"] = next((author for name, author in authors.items() if sha(name) == commit["sha"]), None)
    return told


GRAPH = authored(commits(*a_line("base", "m1", "bump", "m2", "fix"), start=START, every=DAY), bump="bot", fix="ann")
STORY: list[Event] = [
    GRAPH,
    a_change(1, "m1", START + DAY, author="bob"),
    a_change(2, "m2", START + 3 * DAY, author="bob"),
    a_deployment("m1", at(10), deployment_id="d1", baseline=True),
    a_deployment("fix", at(12), deployment_id="d2"),
]


def counting(*events: Event, **settings: Any) -> Pipeline:
    api = Pipeline()
    api.tell(*(events or STORY))
    configure(api, direct_commits="count", **settings)
    return api


def leads(api: Pipeline, deployment_id: str) -> dict[str, int | None]:
    """What the API shows of each commit without a change."""
    key = the_deployment(api.table, deployment_id).key
    return {each["sha"]: each["lead_time"] for each in api.get(f"/v1/deployments/{key}")["direct_commits"]}


def test_direct_commits_are_listed_and_count_nowhere_unless_the_setting_says_so() -> None:
    api = Pipeline()
    api.tell(*STORY)
    assert leads(api, "d2") == {sha("bump"): None, sha("fix"): None}
    assert metrics(api)["change_lead_time"]["n"] == 1


def test_a_direct_commit_counts_as_a_change_of_its_own_from_authored_to_deployed() -> None:
    api = counting()
    bump, fix = (at(12) - (START + 2 * DAY - HOUR)) // 1000, (at(12) - (START + 4 * DAY - HOUR)) // 1000
    assert leads(api, "d2") == {sha("bump"): bump, sha("fix"): fix}
    assert numbers(the_deployment(api.table, "d2")) == [2]
    lead_time = metrics(api)["change_lead_time"]
    assert lead_time["n"] == 3
    change = (at(12) - (START + 2 * DAY)) // 1000
    assert lead_time["mean"] == (bump + fix + change) / 3
    coding, review, deploy = (lead_time["stages"][name] for name in ("coding", "review", "deploy"))
    assert (coding["mean"], coding["n"]) == (HOUR // 1000, 2)
    assert (review["n"], deploy["n"]) == (1, 3)
    trace = api.trace(STORY[-1])
    assert any("2 direct commits, 2 of them counted as changes" in each["detail"] for each in trace["steps"])


def test_cells_are_verified_and_rebuilt_from_the_facts_alone() -> None:
    api = counting()
    assert survey(api.table, lambda _: None).suspected == 0
    (cell,) = list(api.table.query("cell#production#service#shop", "20261012", "20261012~"))
    api.table.write([Put({**cell, "c": cell["c"] - 1})])
    found = survey(api.table, lambda _: None)
    assert found.suspected == 1
    assert rebuild(api.table, found, Progress(StringIO())) == 0
    assert stored_cells(api.table) == stored_cells(counting().table)


def test_switching_back_restores_every_number() -> None:
    plain = Pipeline()
    plain.tell(*STORY)
    api = counting()
    assert stored_cells(api.table) == folded_cells(api.table) != stored_cells(plain.table)
    configure(api, direct_commits=None)
    assert stored_cells(api.table) == stored_cells(plain.table)


def test_a_direct_commit_is_its_authors_and_their_teams_on_the_day_of_the_deployment() -> None:
    api = Pipeline()
    assert api.put_team("payments", {"author": "ann", "from": "2026-10-01"}).status == 200
    api.tell(*STORY)
    configure(api, direct_commits="count")

    def changes(**filters: str) -> int:
        report = api.dora(from_="2026-10-01", to="2026-11-01", **filters)
        count: int = report["metrics"]["change_lead_time"]["n"]
        return count

    assert (changes(author="ann"), changes(author="bot"), changes(team="payments")) == (1, 1, 1)
    body = {"members": [{"author": "ann", "from": "2026-10-13"}, {"author": "bot"}]}
    api.ask("PUT", "/v1/teams/payments", body, if_match="*")
    assert changes(team="payments") == 1
    assert stored_cells(api.table) == folded_cells(api.table)
    api.ask("PUT", "/v1/teams/payments", {"members": []}, if_match="*")
    assert changes(team="payments") == 0


def test_a_bots_direct_commits_count_nowhere() -> None:
    api = counting(bots=["bot"])
    assert leads(api, "d2")[sha("bump")] is None
    assert metrics(api)["change_lead_time"]["n"] == 2
    configure(api, bots=[])
    assert metrics(api)["change_lead_time"]["n"] == 3


def test_a_commit_that_a_change_claims_later_counts_as_that_change_and_no_more_for_itself() -> None:
    api = counting()
    claim = a_change(7, "bump", START + 2 * DAY, author="cid")
    api.tell(claim)
    assert list(leads(api, "d2")) == [sha("fix")]
    assert numbers(the_deployment(api.table, "d2")) == [2, 7]
    assert metrics(api)["change_lead_time"]["n"] == 3
    assert everything(api.table)[("change#" + REPOSITORY + "#7", "ship#shop#production")]
    assert stored_cells(api.table) == folded_cells(api.table) == stored_cells(counting(*STORY, claim).table)
    api.ask("DELETE", "/v1/changes", query=f"repository={REPOSITORY}&number=7")
    assert stored_cells(api.table) == stored_cells(counting().table)


def test_the_commits_that_a_change_brought_onto_the_line_are_no_direct_commits() -> None:
    rebased = a_change(8, "fix", START + 4 * DAY, author="cid", commit_shas=[sha("m2"), sha("fix")])
    api = counting(STORY[0], STORY[1], rebased, *STORY[3:])
    assert list(leads(api, "d2")) == [sha("bump")]


def test_a_commit_counts_once_in_each_service_and_environment() -> None:
    again = [
        a_deployment("m1", at(13), deployment_id="back"),
        a_deployment("fix", at(14), deployment_id="forth"),
        a_deployment("fix", at(15), deployment_id="staged", environment="staging"),
        a_deployment("base", at(1), deployment_id="first", environment="staging"),
    ]
    api = counting(*STORY, *again)
    counted = {name: len(the_deployment(api.table, name).commits) for name in ("d2", "back", "forth", "staged")}
    assert counted == {"d2": 2, "back": 0, "forth": 0, "staged": 2}


def test_a_first_deployment_counts_direct_commits_of_its_own_day_and_itself() -> None:
    graph = authored(commits(*a_line("old", "m1", "today", "tip"), start=at(5, 8), every=HOUR))
    graph["data"]["commits"][0]["committed_at"] = at(4, 20)
    api = counting(graph, a_change(1, "m1", at(5, 9)), a_deployment("tip", at(5, 12), deployment_id="d1"))
    assert set(leads(api, "d1")) == {sha("today"), sha("tip")}
    late = counting(graph, a_change(1, "m1", at(5, 9)), a_deployment("tip", at(6, 12), deployment_id="d1"))
    assert set(leads(late, "d1")) == {sha("tip")}


def test_what_is_told_later_of_a_direct_commit_is_counted_at_once() -> None:
    api = counting()
    told = {**GRAPH["data"], "commits": [{**GRAPH["data"]["commits"][2], "author": "zoe"}]}
    api.tell({**GRAPH, "event_id": "cmt_more", "data": told})
    assert api.dora(from_="2026-10-01", to="2026-11-01", author="zoe")["metrics"]["change_lead_time"]["n"] == 1
    assert stored_cells(api.table) == folded_cells(api.table)
