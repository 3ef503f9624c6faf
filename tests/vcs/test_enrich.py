"""What is asked of a host and what is not, and how its answers become messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from compute.vcs.cache import NO_CHANGE_HOLDS, Facts
from compute.vcs.enrich import enrich, recent
from compute.vcs.port import Deployed, History, NotFound, Page
from leadline.store.memory import MemoryTable
from leadline.store.sources import CodeHost, Target
from tests.builders import REPOSITORY, a_change, at, sha
from tests.vcs.asking import NOW, tell


def commit(name: str, *parents: str, **fields: Any) -> dict[str, Any]:
    return {"sha": sha(name), "parents": [sha(parent) for parent in parents], "committed_at": at(1), **fields}


def change(number: int, merge: str, *commits: str) -> dict[str, Any]:
    brought = [sha(name) for name in commits]
    told = {
        "number": number,
        "merge_sha": sha(merge),
        "merged_at": at(2),
        "head_sha": brought[-1] if brought else sha(merge),
    }
    return {"repository": REPOSITORY, **told, "commit_shas": brought, "first_commit_at": at(1)}


@dataclass
class Told:
    """A host with one history a question and some changes; it keeps what it was asked."""

    histories: dict[tuple[str, str | None], History]
    known: list[dict[str, Any]] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)

    def history(self, repository: str, sha: str, since: str | None) -> History:
        if (sha, since) not in self.histories:
            raise NotFound("none")
        return self.histories[sha, since]

    def changes(self, repository: str, shas: Sequence[str]) -> list[dict[str, Any]]:
        self.asked.append(list(shas))
        return [each for each in self.known if {each["merge_sha"], *each["commit_shas"]} & set(shas)]


def line(*names: str) -> History:
    """Newest first; the last one's parent is "base"."""
    parents = [*names[1:], "base"]
    return History(sha(names[0]), [commit(*pair) for pair in zip(names, parents, strict=True)])


def test_what_belongs_to_no_change_is_asked_again_after_two_hours_only() -> None:
    table, host = MemoryTable(), Told({(sha("b"), sha("base")): line("b", "a")})
    for after in (0, NO_CHANGE_HOLDS - 1_000, NO_CHANGE_HOLDS + 1_000):
        enrich(host, Facts(table, REPOSITORY), REPOSITORY, sha("b"), sha("base"), NOW + after)
    assert host.asked == [[sha("b"), sha("a")]] * 2


def test_a_merged_change_that_is_known_whole_is_never_asked_for_again() -> None:
    table, host = MemoryTable(), Told({(sha("b"), sha("base")): line("b", "a")}, [change(7, "b", "a")])
    for _ in range(2):
        tell(table, enrich(host, Facts(table, REPOSITORY), REPOSITORY, sha("b"), sha("base"), NOW))
        host.known.clear()
    assert sha("b") not in [name for asked in host.asked[1:] for name in asked]


def test_a_merge_that_only_a_webhook_told_of_is_completed() -> None:
    table, host = MemoryTable(), Told({(sha("b"), sha("base")): line("b", "a")}, [change(7, "b", "a")])
    tell(table, [a_change(7, "b", at(2), first_commit_at=None)])
    enrich(host, Facts(table, REPOSITORY), REPOSITORY, sha("b"), sha("base"), NOW)
    assert sha("b") in host.asked[0]


def test_where_the_former_deployment_is_unknown_to_the_host_the_latest_commits_are_told() -> None:
    host = Told({(sha("b"), None): line("b", "a")})
    (told,) = enrich(host, Facts(MemoryTable(), REPOSITORY), REPOSITORY, sha("b"), sha("gone"), NOW)
    assert {each["sha"] for each in told.data["commits"]} == {sha("b"), sha("a")}


def test_of_another_branch_both_sides_are_told() -> None:
    host = Told({(sha("fix"), sha("main")): line("fix"), (sha("main"), sha("fix")): line("main")})
    (told,) = enrich(host, Facts(MemoryTable(), REPOSITORY), REPOSITORY, sha("fix"), sha("main"), NOW)
    assert {each["sha"] for each in told.data["commits"]} == {sha("fix"), sha("main")}


def test_the_change_that_a_commit_was_picked_from_is_asked_for() -> None:
    picked = History(sha("copy"), [commit("copy", "base", cherry_picked_from=sha("fix"))])
    host = Told({(sha("copy"), sha("base")): picked}, [change(4, "fix")])
    told = enrich(host, Facts(MemoryTable(), REPOSITORY), REPOSITORY, sha("copy"), sha("base"), NOW)
    assert [each.data["number"] for each in told if each.kind == "change"] == [4]


def test_a_change_that_brings_others_merges_stands_by_its_own_merge_only() -> None:
    host = Told(
        {(sha("back"), sha("base")): line("back", "m4", "work")},
        [change(4, "m4", "work"), change(6, "back", "work", "m4")],
    )
    told = enrich(host, Facts(MemoryTable(), REPOSITORY), REPOSITORY, sha("back"), sha("base"), NOW)
    data = {each.data["number"]: each.data for each in told if each.kind == "change"}
    assert data[4]["commit_shas"] == [sha("work")]
    assert data[6].keys() & {"commit_shas", "head_sha"} == set()


def test_the_same_answer_is_the_same_event() -> None:
    host = Told({(sha("b"), sha("base")): line("b", "a")}, [change(7, "b", "a")])
    first, second = (
        enrich(host, Facts(MemoryTable(), REPOSITORY), REPOSITORY, sha("b"), sha("base"), now) for now in (NOW, NOW + 1)
    )
    assert [each.event_id for each in first] == [each.event_id for each in second]


def deployed(environment: str = "", **fields: Any) -> Deployed:
    return Deployed({"id": sha("a"), "deployment_id": environment}, environment, **fields)


def test_deployments_go_where_their_webhook_would_put_them() -> None:
    class Host:
        def recent(self, repository: str, since: int, cursor: str | None) -> Page:
            return Page(
                deployments=[
                    deployed("Prod"),
                    deployed("live", production=True),
                    deployed("eu-1"),
                    deployed("staging"),
                    deployed("preview", transient=True),
                    deployed(tag="v1"),
                    deployed(tag="nightly"),
                ],
                cursor="more",
            )

    rules = CodeHost(environments={"eu-*": Target("shop", "production")}, tags={"v*": Target(None, None)})
    page = recent(Host(), REPOSITORY, 0, None, rules, NOW)
    places = [(each.data.get("service"), each.data["environment"]) for each in page.messages]
    assert places == [(None, "production")] * 2 + [("shop", "production"), (None, "staging"), (None, "production")]
    assert page.cursor == "more"
