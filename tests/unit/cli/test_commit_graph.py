"""The graph's own answers, against a slow definition of the same thing on many small random histories."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadline_cli.commit_graph import DAY, CommitGraph, Lines

NOW = 1_800_000_000


def a_graph(parents: list[list[int]]) -> CommitGraph:
    graph = CommitGraph(NOW)
    for number, of_commit in enumerate(parents):
        graph.add(f"c{number}", [f"c{parent}" for parent in of_commit], NOW - 1000 + number, NOW, "ada@example.com")
    return graph


@st.composite
def histories(draw: st.DrawFn) -> list[list[int]]:
    """Parents of each commit; any shape git allows, several roots and octopus merges included."""
    size = draw(st.integers(1, 14))
    return [
        draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else [] for number in range(size)
    ]


def ancestors(parents: list[list[int]], commit: int) -> set[int]:
    found, stack = set[int](), [commit]
    while stack:
        at = stack.pop()
        if at not in found:
            found.add(at)
            stack += parents[at]
    return found


@given(histories(), st.data())
def test_what_a_merge_brought_in_is_what_git_lists_between_its_first_parent_and_it(
    parents: list[list[int]], data: st.DataObject
) -> None:
    graph = a_graph(parents)
    lines = Lines(graph)
    tips = data.draw(st.lists(st.integers(0, len(parents) - 1), min_size=1, max_size=6))
    for index, tip in enumerate(tips):
        lines.add(tip, closed=index == 0)
    for line in lines.lines:
        for commit in line.commits:
            before = ancestors(parents, parents[commit][0]) if parents[commit] else set()
            expected = ancestors(parents, commit) - before - {commit}
            assert set(line.brought.get(commit, [])) == expected


@given(histories(), st.data())
def test_a_line_is_the_chain_of_first_parents_and_no_commit_is_on_two(
    parents: list[list[int]], data: st.DataObject
) -> None:
    graph = a_graph(parents)
    lines = Lines(graph)
    for tip in data.draw(st.lists(st.integers(0, len(parents) - 1), min_size=1, max_size=6)):
        lines.add(tip)
        place = lines.place(tip)
        assert place is not None
        chain = []
        at: tuple[object, int] | None = place
        while at is not None:
            line, position = at
            chain += line.commits[: position + 1][::-1]  # type: ignore[attr-defined]
            at = line.fork  # type: ignore[attr-defined]
        expected, commit = [tip], tip
        while parents[commit]:
            commit = parents[commit][0]
            expected.append(commit)
        assert chain == expected
    on_lines = [commit for line in lines.lines for commit in line.commits]
    assert len(on_lines) == len(set(on_lines))


def test_a_closed_line_is_not_made_longer_by_a_release_beyond_its_tip() -> None:
    lines = Lines(a_graph([[], [0], [1]]))
    main = lines.add(1, "main", closed=True)
    lines.add(2)
    assert main.commits == [0, 1]


def test_a_clock_far_behind_does_not_put_a_commit_before_its_parent() -> None:
    graph = CommitGraph(NOW)
    graph.add("a", [], NOW - 100 * DAY, NOW - 100 * DAY, "ada@example.com")
    graph.add("b", ["a"], 60, 60, "ada@example.com")
    assert graph.stands_at[1] == NOW - 100 * DAY


def test_a_clock_in_the_future_does_not_move_what_comes_after() -> None:
    graph = CommitGraph(NOW)
    graph.add("a", [], NOW - 100, NOW - 100, "ada@example.com")
    graph.add("b", ["a"], NOW + 400 * DAY, NOW, "ada@example.com")
    graph.add("c", ["b"], NOW - 50, NOW - 50, "ada@example.com")
    assert list(graph.stands_at) == [NOW - 100, NOW - 100, NOW - 50]


def test_a_parent_beyond_a_shallow_clones_edge_is_left_out() -> None:
    graph = CommitGraph(NOW)
    graph.add("b", ["a"], NOW, NOW, "ada@example.com")
    assert graph.parents == [()]
