"""Which place in the history counts for a number that stands in several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leadline_cli.commit_graph import CommitGraph, Lines
from leadline_cli.merge_marks import Mark, read_mark
from leadline_cli.merged_changes import MergedChange, innermost, marked_changes

NOW = 1_800_000_000
Commit = tuple[str, str, str]
"""Name, parents, message."""


def changes(commits: Sequence[Commit], *tips: str, picked: Mapping[str, str] | None = None) -> dict[int, MergedChange]:
    """The changes by number; `tips` are the branch's and then the releases'."""
    graph = CommitGraph(NOW)
    marks: dict[int, Mark] = {}
    for name, parents, message in commits:
        number = graph.add(name, parents.split(), NOW - 1000 + len(graph), NOW, "ada@example.com")
        if mark := read_mark(message):
            marks[number] = mark
    lines = Lines(graph)
    for index, tip in enumerate(tips):
        lines.add(graph.numbers[tip], None if index else "main", closed=index == 0)
    originals = {graph.numbers[copy]: original for copy, original in (picked or {}).items()}
    found = marked_changes(graph, lines, marks, originals, branch="main", repository="github.com/acme/api")
    assert len({change.number for change in found}) == len(found)
    names = graph.shas
    return {
        change.number: MergedChange(
            change.number,
            merge=names[change.merge],  # type: ignore[arg-type]
            head=None if change.head is None else names[change.head],  # type: ignore[arg-type]
            commits=tuple(names[commit] for commit in change.commits),  # type: ignore[misc]
            into=change.into,
        )
        for change in found
    }


def test_the_first_of_two_on_one_line_counts() -> None:
    found = changes([("a", "", "Add (#2)"), ("b", "a", "Else"), ("c", "b", "Again (#2)")], "c")
    assert found[2].merge == "a"


def test_the_branch_counts_before_a_release_branch() -> None:
    commits = [("a", "", "Begin"), ("r", "a", "Add (#2)"), ("b", "a", "Add (#2)")]
    assert changes(commits, "b", "r")[2].merge == "b"


def test_a_release_branch_counts_before_what_was_merged_into_it() -> None:
    commits = [("a", "", "Begin"), ("f", "a", "Theirs (#2)"), ("r", "a", "Ours (#2)"), ("m", "r f", "Merge f")]
    assert changes(commits, "a", "m")[2].merge == "r"


def test_neighbours_with_one_number_are_one_change_that_ends_with_the_last() -> None:
    commits = [("a", "", "Begin"), ("b", "a", "One (#2)"), ("c", "b", "Two (#2)"), ("d", "c", "Else (#3)")]
    found = changes(commits, "d")
    assert (found[2].merge, found[2].commits, found[2].head) == ("c", ("b",), None)
    assert (found[3].merge, found[3].commits) == ("d", ())


def test_neighbouring_merges_with_one_number_are_not_one_change() -> None:
    message = "Merge pull request #2 from acme/x"
    commits = [("a", "", "Begin"), ("f", "a", "f"), ("b", "a f", message), ("g", "a", "g"), ("c", "b g", message)]
    found = changes(commits, "c")
    assert (found[2].merge, found[2].commits, found[2].head) == ("b", ("f",), "f")


def test_a_copy_that_kept_its_number_is_not_where_it_was_merged() -> None:
    commits = [("a", "", "Begin"), ("r", "a", "Fix (#2)"), ("b", "a", "Fix (#2)")]
    assert changes(commits, "b", "r", picked={"b": "r"})[2].merge == "r"


def test_a_backport_with_a_request_of_its_own_is_a_change() -> None:
    commits = [("a", "", "Begin"), ("b", "a", "Fix (#2)"), ("r", "a", "Fix (#2) (#3)")]
    assert set(changes(commits, "b", "r", picked={"r": "b"})) == {2, 3}


def test_a_copy_of_what_is_not_in_the_clone_stands_for_it() -> None:
    assert changes([("a", "", "Begin"), ("b", "a", "Fix (#2)")], "b", picked={"b": "f" * 40})[2].merge == "b"


def test_each_request_of_a_batch_has_its_own_head_and_commits() -> None:
    commits = [("a", "", "Begin"), ("f", "a", "f"), ("g", "a", "g"), ("h", "g", "h"), ("m", "a f h", "Merge #2 #3")]
    found = changes(commits, "m")
    assert (found[2].merge, found[2].head, found[2].commits) == ("m", "f", ("f",))
    assert (found[3].merge, found[3].head, found[3].commits) == ("m", "h", ("h", "g"))


def test_a_request_that_brings_main_to_a_release_branch_is_a_change_and_a_forks_catching_up_is_none() -> None:
    catch_up = "Merge pull request #8 from acme/main"
    release = [("a", "", "Begin"), ("r", "a", "r"), ("b", "a", "b"), ("m", "r b", catch_up)]
    assert changes(release, "b", "m")[8].merge == "m"
    fork = [*release, ("z", "b m", "Merge pull request #9 from someone/x")]
    assert set(changes(fork, "z")) == {9}


def test_a_number_of_another_project_inside_a_merged_history_is_none_of_ours() -> None:
    theirs = "Merge branch 'x' into 'main'\n\nSee merge request tools/lint!4"
    ours = "Merge branch 'y' into 'develop'\n\nSee merge request acme/api!5"
    commits = [("a", "", "Begin"), ("t", "a", theirs), ("u", "t", ours), ("m", "a u", "Merge u")]
    assert set(changes(commits, "m")) == {5}


def test_a_commit_belongs_to_the_request_that_it_was_first_merged_with() -> None:
    inner = MergedChange(5, merge=3, head=2, commits=(2, 1), into=None)
    outer = MergedChange(4, merge=6, head=4, commits=(4, 3, 2, 1), into="main")
    assert innermost([outer, inner]) == [inner, MergedChange(4, merge=6, head=4, commits=(4,), into="main")]


def test_a_branch_is_named_where_the_message_or_the_line_names_it() -> None:
    commits = [
        ("a", "", "Add (#2)"),
        ("r", "a", "Add (#3)"),
        ("f", "r", "f"),
        ("s", "r f", "Merge branch 'f' into 'stable'\n\nSee merge request acme/api!4"),
    ]
    found = changes(commits, "a", "s")
    assert [found[number].into for number in (2, 3, 4)] == ["main", None, "stable"]
