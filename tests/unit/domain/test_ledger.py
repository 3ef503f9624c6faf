"""The ledger: what a commit reaches and what it does not is what the graph says, whatever the clocks say."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadline.domain.changes import Change
from leadline.domain.ledger import Alias, Node, Relied, Span, is_behind, joined, locate, walk
from tests.builders import DAY, HOUR, REPOSITORY, at, sha

SEEDS = st.integers(0, 10_000_000)


class DictLedger:
    """A ledger of these nodes; notes what it was asked for."""

    def __init__(self, *nodes: Node) -> None:
        self.nodes = {node.sha: node for node in nodes}
        self.asked: set[str] = set()

    def node(self, sha: str) -> Node | None:
        self.asked.add(sha)
        return self.nodes.get(sha)

    def find(self, prefix: str) -> list[str]:
        return sorted(known for known in self.nodes if known.startswith(prefix))[:2]

    def before(self, branch: str, at: int, sha: str) -> Node | None:
        earlier = [node for node in self.nodes.values() if node.merges and node.branch == branch]
        return max((node for node in earlier if node.order() < (at, sha)), key=Node.order, default=None)

    def prefetch(self, low: int, high: int) -> None:
        pass


def a_graph(seed: int, size: int = 25, wrong_clocks: int = HOUR // 2) -> tuple[DictLedger, dict[str, set[str]]]:
    """A graph of commits with up to three parents, and for each commit what it reaches, itself included."""
    draw = random.Random(seed)
    nodes: list[Node] = []
    reach: dict[str, set[str]] = {}
    true_time = at(1)
    for number in range(size):
        true_time += draw.choice([0, 1, HOUR // 4, HOUR, DAY])
        recent = [node.sha for node in nodes[-6:]]
        parents = tuple(draw.sample(recent, min(len(recent), draw.choice([1, 1, 1, 2, 3]))))
        name = sha(f"{seed} {number}")
        nodes.append(Node(name, parents, true_time + draw.randint(-wrong_clocks, wrong_clocks)))
        reach[name] = {name}.union(*(reach[parent] for parent in parents))
    return DictLedger(*nodes), reach


@given(seed=SEEDS, picks=SEEDS)
@hypothesis_settings(max_examples=400)
def test_a_walk_carries_what_git_rev_list_gives_whatever_the_clocks_say(seed: int, picks: int) -> None:
    ledger, reach = a_graph(seed)
    draw = random.Random(picks)
    start, *stops = draw.sample(list(reach), draw.randint(1, 5))
    walked = walk(ledger, ledger.nodes[start], [ledger.nodes[stop] for stop in stops], Relied())
    shipped: set[str] = set().union(*(reach[stop] for stop in stops))
    assert {node.sha for node in walked.carried} == reach[start] - shipped
    assert walked.met >= {stop for stop in stops if stop in reach[start]} - _hidden(stops, reach)
    assert walked.met <= {stop for stop in stops if stop in reach[start]}
    assert walked.shipped == (start in shipped)


def _hidden(stops: list[str], reach: Mapping[str, set[str]]) -> set[str]:
    """Stops that another stop reaches: a walk may end before it comes to them."""
    return {stop for stop in stops for other in stops if stop != other and stop in reach[other]}


@given(seed=SEEDS, picks=SEEDS)
@hypothesis_settings(max_examples=200)
def test_a_commit_is_behind_another_exactly_if_it_is_its_ancestor(seed: int, picks: int) -> None:
    ledger, reach = a_graph(seed)
    one, other = random.Random(picks).choices(list(reach), k=2)
    assert is_behind(ledger, one, ledger.nodes[other], Relied()) == (one != other and one in reach[other])


@given(seed=SEEDS, picks=SEEDS)
@hypothesis_settings(max_examples=100)
def test_what_a_walk_led_to_and_did_not_find_is_named_as_missing(seed: int, picks: int) -> None:
    ledger, reach = a_graph(seed)
    draw = random.Random(picks)
    start = draw.choice(list(reach))
    gone = draw.choice(list(reach))
    del ledger.nodes[gone]
    relied = Relied()
    if start != gone:
        walk(ledger, ledger.nodes[start], [], relied)
        children = {node.sha for node in ledger.nodes.values() if node.parents and node.parents[0] == gone}
        # A commit whose first parent is not there is relied on, too: it may turn out to be a merge into some branch.
        assert (gone in relied.missing) == _leads_to(ledger, start, gone)
        assert relied.missing <= {gone} | children


def _leads_to(ledger: DictLedger, start: str, wanted: str) -> bool:
    stack, seen = [start], set()
    while stack:
        name = stack.pop()
        if name not in seen and name in ledger.nodes:
            seen.add(name)
            stack += ledger.nodes[name].parents or ()
    return any(wanted in (ledger.nodes[name].parents or ()) for name in seen)


def a_line_of_merges(count: int, *, parents: bool) -> DictLedger:
    """Merges of change 1, 2, ... into main, a day apart; their parents told or not."""
    nodes = []
    for number in range(1, count + 1):
        before = (sha(f"m{number - 1}"),) if number > 1 else ()
        change = Change(REPOSITORY, number, merge_sha=sha(f"m{number}"), merged_at=at(number))
        nodes.append(Node(sha(f"m{number}"), before if parents else None, None, merges=(change,)))
    return DictLedger(*nodes)


def carried(ledger: DictLedger, start: str, *stops: str, relied: Relied | None = None, floor: int = 0) -> list[int]:
    walked = walk(ledger, ledger.nodes[sha(start)], [ledger.nodes[sha(s)] for s in stops], relied or Relied(), floor)
    return sorted(change.number for node in walked.carried for change in node.merges)


@pytest.mark.parametrize("parents", [True, False])
def test_where_nobody_told_parents_the_merges_of_a_branch_follow_each_other(parents: bool) -> None:
    ledger = a_line_of_merges(6, parents=parents)
    assert carried(ledger, "m5", "m2") == [3, 4, 5]
    assert carried(ledger, "m2", "m5") == []


def test_merge_order_that_was_taken_for_ancestry_is_named_so_that_a_late_merge_is_noticed() -> None:
    relied = Relied()
    carried(a_line_of_merges(6, parents=False), "m5", "m2", relied=relied)
    (span,) = joined(relied.spans)
    assert span.holds("main", at(3) + 1)
    assert span.holds("main", at(4) + HOUR)
    assert not span.holds("release", at(4))
    assert not span.holds("main", at(6))


def test_merges_into_another_branch_do_not_follow_merges_into_main() -> None:
    ledger = a_line_of_merges(3, parents=False)
    release = Change(REPOSITORY, 9, base_branch="release", merge_sha=sha("r"), merged_at=at(3, 0))
    ledger.nodes[sha("r")] = Node(sha("r"), merges=(release,))
    assert carried(ledger, "m3") == [1, 2, 3]
    assert carried(ledger, "r") == [9]


def test_nothing_that_stands_before_the_floor_is_carried() -> None:
    for parents in (True, False):
        assert carried(a_line_of_merges(6, parents=parents), "m6", floor=at(4)) == [4, 5, 6]


def test_a_walk_reads_about_as_far_back_as_the_oldest_commit_it_returns() -> None:
    ledger = a_line_of_merges(200, parents=True)
    assert carried(ledger, "m200", "m198") == [199, 200]
    assert len(ledger.asked) < 8


def test_commits_that_only_a_merge_brought_in_are_on_its_side() -> None:
    merge = Change(REPOSITORY, 1, merge_sha=sha("m"), merged_at=at(3))
    ledger = DictLedger(
        Node(sha("base"), (), at(1)),
        Node(sha("side"), (sha("base"),), at(2)),
        Node(sha("m"), (sha("base"), sha("side")), at(3), merges=(merge,)),
        Node(sha("direct"), (sha("m"),), at(4)),
    )
    walked = walk(ledger, ledger.nodes[sha("direct")], [], Relied())
    assert walked.side == {sha("side")}


# --- where a deployed SHA stands ---------------------------------------------------------------------------------------


def test_a_full_sha_stands_at_its_commit_and_a_short_one_where_only_one_commit_fits() -> None:
    ledger = DictLedger(Node("abcdef1" + "0" * 33, (), at(1)), Node("abcdef2" + "0" * 33, (), at(1)))
    full = locate(ledger, "abcdef1" + "0" * 33)
    short = locate(ledger, "abcdef1")
    assert full.node == short.node == ledger.nodes["abcdef1" + "0" * 33]
    assert (full.provisional, short.provisional) == (False, True)  # another commit may come that fits the short one too


def test_a_short_sha_that_fits_two_commits_is_ambiguous() -> None:
    ledger = DictLedger(Node("abcdef1" + "0" * 33, (), at(1)), Node("abcdef1" + "1" * 33, (), at(1)))
    position = locate(ledger, "abcdef1")
    assert (position.node, position.ambiguous) == (None, True)


def test_an_unknown_sha_stands_nowhere_and_is_not_ambiguous() -> None:
    for name in ("abcdef1", "abcdef1" + "0" * 33):
        position = locate(DictLedger(), name)
        assert (position.node, position.ambiguous) == (None, False)


def test_the_head_of_a_change_stands_where_the_change_was_merged_while_nobody_told_its_parents() -> None:
    merge = Node(sha("m"), merges=(Change(REPOSITORY, 1, merge_sha=sha("m"), merged_at=at(2)),))
    head = Node(sha("h"), aliases=(Alias(1, "head", sha("m"), at(2)),))
    position = locate(DictLedger(merge, head), sha("h"))
    assert (position.node, position.provisional) == (merge, True)
    told = Node(sha("h"), (sha("base"),), at(1), aliases=head.aliases)
    assert locate(DictLedger(merge, told), sha("h")).node == told


def test_a_commit_of_two_changes_stands_at_the_first_merge() -> None:
    merges = [
        Node(sha(f"m{n}"), merges=(Change(REPOSITORY, n, merge_sha=sha(f"m{n}"), merged_at=at(n)),)) for n in (2, 3)
    ]
    shared = Node(sha("c"), aliases=(Alias(3, "head", sha("m3"), at(3)), Alias(2, "commit", sha("m2"), at(2))))
    assert locate(DictLedger(*merges, shared), sha("c")).node == merges[0]


def test_spans_of_one_branch_join_to_one_that_covers_them() -> None:
    spans = joined([Span("main", 5, 9), Span("release", 1, 2), Span("main", 2, 6)])
    assert spans == (Span("main", 2, 9), Span("release", 1, 2))
