"""The ledger: a repository's commits in order of ancestry, and the ranges that deployments carry.

A node is a commit with what is known about it. Its parents are known if the commit graph was reported (commits events, pushes,
answers of code hosts). If not, the merges into a branch are assumed to follow each other in merge order: `implied` ancestry.
Times only tell where to look (nodes are stored in order of time) and in which order to walk. They never prove ancestry.

`walk` returns what `git rev-list START ^NEGATIVE...` returns, and reads about as far back as the oldest commit it returns.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from leadline.domain.changes import Change

SKEW = 3600 * 1000
"""How far a commit's clock may be ahead of a descendant's (milliseconds). Beyond that, a walk may take shipped commits for new."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A change that a commit stands for without being its merge. `role`: "head" or "commit"."""

    number: int
    role: str
    merge_sha: str
    merged_at: int


@dataclass(frozen=True, slots=True)
class Node:
    """One commit. `parents` and `committed_at` (epoch milliseconds) are None if nobody reported them.

    `merges`: the changes whose merge commit this is, with their times and author but without their commits and paths.
    `other_authors`: further people reported as its author.
    """

    sha: str
    parents: tuple[str, ...] | None = None
    committed_at: int | None = None
    authored_at: int | None = None
    author: str | None = None
    reported_branch: str | None = None
    picked_from: str | None = None
    merges: tuple[Change, ...] = ()
    aliases: tuple[Alias, ...] = ()
    other_authors: tuple[str, ...] = ()

    @property
    def at(self) -> int:
        """The node's place in time: when it was committed, else first merged (epoch milliseconds)."""
        if self.committed_at is not None:
            return self.committed_at
        return min(
            [change.merged_at or 0 for change in self.merges] or [alias.merged_at for alias in self.aliases], default=0
        )

    @property
    def branch(self) -> str | None:
        """The branch whose merge order this node takes part in."""
        return min((change.branch for change in self.merges), default=self.reported_branch)

    @property
    def numbers(self) -> frozenset[int]:
        """The changes this commit stands for in any role."""
        return frozenset([*(change.number for change in self.merges), *(alias.number for alias in self.aliases)])

    def order(self) -> tuple[int, str]:
        return (self.at, self.sha)


class Ledger(Protocol):
    """The part of a repository's ledger that attribution reads."""

    def node(self, sha: str) -> Node | None:
        """The commit with this full SHA."""

    def find(self, sha: str) -> list[str]:
        """SHAs on the ledger that may be this one, at most two. Either may be abbreviated (7 or more hex digits)."""

    def before(self, branch: str, at: int, sha: str) -> Node | None:
        """The last merge of a change into the branch before (at, sha)."""

    def prefetch(self, low: int, high: int) -> None:
        """Announces that the nodes with low <= node.at <= high will be read."""


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a deployed SHA. `node`: None if no node on the ledger matches it, or several do (`ambiguous`).

    `provisional`: later reports about this SHA may change its place.
    """

    node: Node | None
    provisional: bool = False
    ambiguous: bool = False


def locate(ledger: Ledger, sha: str) -> Position:
    """Finds the node of a full or abbreviated SHA.

    A head or pushed commit of a merged change counts as the change's merge commit if its parents are unknown.
    """
    node = ledger.node(sha)
    if node is not None:
        return Position(_place(ledger, node), provisional=node.parents is None and not node.merges)
    matches = ledger.find(sha)
    node = ledger.node(matches[0]) if len(matches) == 1 else None
    return Position(_place(ledger, node) if node else None, provisional=True, ambiguous=len(matches) > 1)


def _place(ledger: Ledger, node: Node) -> Node:
    if node.parents is None and node.aliases and not node.merges:
        first = min(node.aliases, key=lambda alias: (alias.merged_at, alias.number))
        merged = ledger.node(first.merge_sha)
        if merged is not None:
            return merged
    return node


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a branch's merge order that an answer depends on: a new node inside it changes the answer."""

    branch: str
    low: int
    high: int

    def holds(self, branch: str, at: int) -> bool:
        return self.branch == branch and self.low <= at <= self.high


@dataclass(slots=True)
class Relied:
    """Gaps in what is known that walks relied on: filling one may change what they found.

    `missing`: reached commits about which too little is known. `spans`: merge order assumed to be ancestry.
    """

    missing: set[str] = field(default_factory=set)
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Walk:
    """The result of a walk.

    `carried`: nodes reachable from the start and from no negative, newest first. `side`: those of them that are only reached
    through a change's merge. `met`: negatives that the start reaches. `shipped`: the start is reachable from a negative, so
    nothing is carried.
    """

    carried: tuple[Node, ...]
    side: frozenset[str]
    met: frozenset[str]
    shipped: bool


_PLAIN, _SIDE, _NEGATIVE = 1, 2, 4


def walk(ledger: Ledger, start: Node, negatives: Iterable[Node], relied: Relied, floor: int = 0) -> Walk:
    """The nodes that `start` reaches and no negative does, except those before `floor` (epoch milliseconds).

    Adds to `relied` the gaps that the answer depends on.
    """
    stops = {node.sha: node for node in negatives}
    painting = _Painting(ledger, floor, relied)
    for node in stops.values():
        painting.reach(node, _NEGATIVE)
    painting.reach(start, _PLAIN)
    painting.run()
    paint, nodes = painting.paint, painting.nodes
    carried = sorted(
        (nodes[sha] for sha, colour in paint.items() if not colour & _NEGATIVE and nodes[sha].at >= floor),
        key=Node.order,
        reverse=True,
    )
    return Walk(
        carried=tuple(carried),
        side=frozenset(node.sha for node in carried if not paint[node.sha] & _PLAIN),
        met=frozenset(sha for sha in stops if paint[sha] & (_PLAIN | _SIDE)),
        shipped=bool(paint[start.sha] & _NEGATIVE),
    )


class _Painting:
    """Spreads colours from children to parents, newest first, until only shipped nodes are left."""

    def __init__(self, ledger: Ledger, floor: int, relied: Relied) -> None:
        self._ledger = ledger
        self._floor = floor
        self._relied = relied
        self.paint: dict[str, int] = {}
        self.nodes: dict[str, Node] = {}
        self._spread: dict[str, int] = {}
        self._queue: list[tuple[int, str]] = []
        self._open: set[str] = set()

    def reach(self, node: Node, colour: int) -> None:
        old = self.paint.get(node.sha, 0)
        new = old | colour
        if new == old:
            return
        self.paint[node.sha] = new
        self.nodes[node.sha] = node
        if new & _NEGATIVE:
            self._open.discard(node.sha)
        else:
            self._open.add(node.sha)
        heapq.heappush(self._queue, (-node.at, node.sha))

    def run(self) -> None:
        if not self._open:
            return  # the start itself has shipped
        oldest = min(self.nodes[sha].at for sha in self._open)
        while self._queue:
            minus_at, sha = heapq.heappop(self._queue)
            if not self._open and -minus_at < oldest - SKEW:
                return
            colour = self.paint[sha]
            if self._spread.get(sha) == colour:
                continue
            self._spread[sha] = colour
            if sha in self._open:
                self._open.remove(sha)
                oldest = min(oldest, -minus_at)
            node = self.nodes[sha]
            if node.at >= self._floor:
                for parent, inherited in self._parents(node, colour):
                    self.reach(parent, inherited)
            elif node.committed_at is None:
                self._relied.missing.add(sha)  # once its own time is known, it may be after the floor

    def _parents(self, node: Node, colour: int) -> Iterator[tuple[Node, int]]:
        if node.parents is None:
            if not node.merges:
                self._relied.missing.add(node.sha)
            yield from ((parent, colour) for parent in self._implied(node))
            return
        for position, sha in enumerate(node.parents):
            inherited = colour & ~_PLAIN | _SIDE if position > 0 and node.merges and colour & _PLAIN else colour
            parent = self._ledger.node(sha)
            if parent is not None:
                yield parent, inherited
                continue
            self._relied.missing.add(sha)
            if position == 0:
                yield from ((implied, inherited) for implied in self._implied(node))

    def _implied(self, node: Node) -> Iterator[Node]:
        """The merge before this node in its branch's merge order, which replaces an unknown first parent."""
        if node.branch is None:
            self._relied.missing.add(node.sha)
            return
        previous = self._ledger.before(node.branch, node.at, node.sha)
        reached = previous is not None and previous.at >= self._floor
        low = previous.at if previous is not None and reached else self._floor
        self._relied.spans.append(Span(node.branch, low, node.at))
        if previous is not None and reached:
            yield previous


def is_behind(ledger: Ledger, sha: str, other: Node, relied: Relied) -> bool:
    """Whether the commit is a strict ancestor of the other. Adds to `relied` the gaps that the answer depends on."""
    node = ledger.node(sha)
    if node is None or node.sha == other.sha or node.at > other.at + SKEW:
        return False
    reachable = walk(ledger, other, [], relied, floor=node.at - SKEW)
    return any(found.sha == sha for found in reachable.carried)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """One span per branch, covering all its spans."""
    bounds: dict[str, tuple[int, int]] = {}
    for span in spans:
        low, high = bounds.get(span.branch, (span.low, span.high))
        bounds[span.branch] = (min(low, span.low), max(high, span.high))
    return tuple(Span(branch, low, high) for branch, (low, high) in sorted(bounds.items()))
