"""The events that a history becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from leadline_cli.commit_graph import CommitGraph
from leadline_cli.merged_changes import MergedChange
from leadline_cli.replay_events import (
    BYTES_A_PAGE,
    COMMITS_A_PAGE,
    SHAS_A_CHANGE,
    Event,
    Target,
    change_events,
    commit_events,
    plain_name,
    pseudonym,
    timestamp,
)

NOW = 1_800_000_000
DAY = 86_400
TARGET = Target("github.com/acme/api", "main")


def a_chain(count: int, *, parents: int = 1) -> CommitGraph:
    graph = CommitGraph(NOW)
    for number in range(count):
        names = [f"{before:040x}" for before in range(max(0, number - parents), number)]
        at = NOW - 10 * DAY + number
        graph.add(f"{number:040x}", names, at, at, "ada@example.com")
    return graph


def pages(graph: CommitGraph, on_branch: bytearray) -> list[Event]:
    return list(commit_events(graph, on_branch, {}, TARGET, str))


def one_change(graph: CommitGraph, change: MergedChange) -> Event:
    [event] = change_events(graph, [change], TARGET, str, first_release=[0] * len(graph), numbered_by_forge=True)
    return event


def test_a_page_holds_as_many_commits_as_an_event_may() -> None:
    made = pages(a_chain(1201), bytearray([1]) * 1201)
    assert [len(page["commits"]) for page in made] == [COMMITS_A_PAGE, COMMITS_A_PAGE, 201]
    assert [entry["sha"] for page in made for entry in page["commits"]] == [f"{n:040x}" for n in range(1201)]


def test_a_page_of_merges_with_many_parents_stays_below_what_the_queue_takes() -> None:
    made = pages(a_chain(400, parents=60), bytearray([1]) * 400)
    assert len(made) > 1
    assert all(len(json.dumps(page)) <= BYTES_A_PAGE + 1000 for page in made)
    assert sum(len(page["commits"]) for page in made) == 400


def test_the_branchs_commits_come_first_and_name_it() -> None:
    first, second = pages(a_chain(3), bytearray([1, 0, 1]))
    assert (first["branch"], len(first["commits"])) == ("main", 2)
    assert ("branch" in second, len(second["commits"])) == (False, 1)


def test_a_commit_that_was_written_after_it_was_committed_has_no_such_time() -> None:
    graph = CommitGraph(NOW)
    graph.add("a" * 40, [], NOW - DAY, NOW, "ada@example.com")
    assert "authored_at" not in pages(graph, bytearray([1]))[0]["commits"][0]


def test_the_author_of_a_change_is_who_wrote_its_first_commit() -> None:
    graph = CommitGraph(NOW)
    for name, parents, authored, author in (
        ("a", [], 0, "ada"), ("f", ["a"], 20, "ben"), ("g", ["f"], 10, "cem"), ("m", ["a", "g"], 5, "dag"),
    ):  # fmt: skip
        graph.add(name, parents, NOW - DAY + 30, NOW - DAY + authored, author)
    event = one_change(graph, MergedChange(2, merge=3, head=2, commits=(2, 1), into="main"))
    assert event["author"] == "cem"
    assert event["first_commit_at"] == timestamp(NOW - DAY + 10)


def test_a_squash_a_second_behind_its_authors_clock_was_begun_when_it_was_merged() -> None:
    graph = CommitGraph(NOW)
    graph.add("a", [], NOW - 100, NOW - 99, "ada")
    event = one_change(graph, MergedChange(2, merge=0, head=None, commits=(), into="main"))
    assert event["first_commit_at"] == event["merged_at"] == timestamp(NOW - 100)


def test_a_clock_that_is_days_ahead_or_at_zero_tells_no_beginning() -> None:
    for authored in (NOW + 5 * DAY, 0):
        graph = CommitGraph(NOW)
        graph.add("a", [], NOW - 100, authored, "ada")
        event = one_change(graph, MergedChange(2, merge=0, head=None, commits=(), into="main"))
        assert "first_commit_at" not in event


def test_a_change_of_very_many_commits_names_the_newest() -> None:
    count = SHAS_A_CHANGE + 100
    graph = a_chain(count + 1)
    change = MergedChange(2, merge=count, head=count - 1, commits=tuple(range(count - 1, -1, -1)), into="main")
    event = one_change(graph, change)
    assert len(event["commit_shas"]) == SHAS_A_CHANGE
    assert event["commit_shas"][0] == f"{count - 1:040x}"
    assert event["first_commit_at"] == timestamp(graph.authored[0])


def test_a_commit_that_was_released_before_the_merge_is_not_told_as_the_changes_own() -> None:
    graph = a_chain(4)
    change = MergedChange(2, merge=3, head=2, commits=(2, 1), into="main")
    [event] = change_events(graph, [change], TARGET, str, first_release=[0, 0, 1, 1], numbered_by_forge=True)
    assert (event["head_sha"], event["commit_shas"]) == (graph.shas[2], [graph.shas[2]])
    [event] = change_events(graph, [change], TARGET, str, first_release=[0, 0, 0, 1], numbered_by_forge=True)
    assert "head_sha" not in event
    assert "commit_shas" not in event
    assert event["first_commit_at"] == timestamp(graph.authored[1])


def test_a_merge_that_brings_nothing_of_its_own_was_begun_when_it_was_made() -> None:
    graph = a_chain(3)
    event = one_change(graph, MergedChange(2, merge=2, head=1, commits=(), into="main"))
    assert event["first_commit_at"] == timestamp(graph.authored[2])


def test_the_page_of_a_request_is_named_only_where_its_address_is_known() -> None:
    graph = a_chain(1)
    change = MergedChange(2, merge=0, head=None, commits=(), into=None)
    for repository, url in (
        ("gitlab.com/a/b/c", "https://gitlab.com/a/b/c/-/merge_requests/2"),
        ("git.acme.dev/a/b", None),
        ("acme/api", None),
    ):
        [event] = change_events(
            graph, [change], Target(repository, None), str, first_release=[0], numbered_by_forge=True
        )
        assert event.get("url") == url
        assert "base_branch" not in event


def test_changes_of_several_lines_come_by_merge_time() -> None:
    graph = a_chain(4)
    changes = [MergedChange(number, merge=number, head=None, commits=(), into=None) for number in (3, 1, 2)]
    events = change_events(graph, changes, TARGET, str, first_release=[0] * 4, numbered_by_forge=True)
    assert [event["number"] for event in events] == [1, 2, 3]


def test_a_pseudonym_is_the_same_for_every_spelling_of_an_address() -> None:
    assert pseudonym("Ada@Example.com ", "") == pseudonym("ada@example.com", "")
    assert pseudonym("ada@example.com", "") != pseudonym("ben@example.com", "")
    assert pseudonym("ada@example.com", "") != pseudonym("ada@example.com", "salt")


def test_a_name_is_made_fit_for_the_api() -> None:
    assert plain_name("Ada\tMarsh\x07 ", "") == "Ada Marsh"
    assert len(plain_name("ö" * 300, "").encode()) <= 200
    assert plain_name(" \x00", "").startswith("dev-")


def test_times_are_told_in_utc() -> None:
    assert timestamp(NOW) == datetime.fromtimestamp(NOW, UTC).isoformat().replace("+00:00", "Z")
