"""The ledger in the table.

    node#github.com/acme/api#3f | 3f9a…            one commit: parents, times, the changes it merges or stands for
    ledger#github.com/acme/api#2026-10 | 1790000000000#3f9a…   the same node in order of time, if it has a place in it
    change#github.com/acme/api#42 | change         a change as reported
    change#github.com/acme/api#42 | ship#checkout#production   the deployment that carried it there
    wait#github.com/acme/api#3f9a12c | wait        deployments that wait for a SHA that begins with these digits

Nodes are bucketed by their first two digits and ledger entries by month, so partitions stay small as a repository ages.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from leadline.domain.changes import Change
from leadline.domain.ledger import Alias, Node
from leadline.domain.people import Rename, one_author
from leadline.store.names import join, unescape
from leadline.store.planned_writes import PlannedWrites
from leadline.store.table import Item, Key

_PAGE = 20


def node_key(repository: str, sha: str) -> Key:
    return (f"node#{repository}#{sha[:2]}", sha)


def entry_key(repository: str, node: Node) -> Key:
    return (f"ledger#{repository}#{month_of(node.at)}", f"{node.at:013d}#{node.sha}")


def change_key(repository: str, number: int) -> Key:
    return (f"change#{repository}#{number}", "change")


def ship_key(repository: str, number: int, service: str, environment: str) -> Key:
    return (f"change#{repository}#{number}", join("ship", service, environment))


def shipper(sort_key: str) -> str:
    """The service in the sort key of a `ship_key`."""
    return unescape(sort_key.split("#")[1])


def wait_key(repository: str, sha: str) -> Key:
    return (f"wait#{repository}#{sha[:7]}", "wait")


def month_of(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m")


def _next_month(month: str, step: int) -> str:
    index = int(month[:4]) * 12 + int(month[5:]) - 1 + step
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def node_to_item(node: Node) -> dict[str, Any]:
    """The node's known attributes, under short names."""
    values = {
        "p": list(node.parents) if node.parents is not None else None,
        "ct": node.committed_at,
        "at": node.authored_at,
        "a": node.author,
        "aa": list(node.other_authors) or None,
        "b": node.reported_branch,
        "x": node.picked_from,
        "m": {str(change.number): _slim(change) for change in node.merges} or None,
        "s": {str(alias.number): [alias.role, alias.merge_sha, alias.merged_at] for alias in node.aliases} or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def node_from_item(item: Item, repository: str, sha: str) -> Node:
    merges = item.get("m", {})
    aliases = item.get("s", {})
    return Node(
        sha=sha,
        parents=tuple(item["p"]) if "p" in item else None,
        committed_at=item.get("ct"),
        authored_at=item.get("at"),
        author=item.get("a"),
        other_authors=tuple(item.get("aa", ())),
        reported_branch=item.get("b"),
        picked_from=item.get("x"),
        merges=tuple(_fat(repository, int(number), sha, merges[number]) for number in sorted(merges, key=int)),
        aliases=tuple(Alias(int(number), *aliases[number]) for number in sorted(aliases, key=int)),
    )


def renamed_node(item: Item, rename: Rename) -> Item:
    """A node's item, in either place, with its authors renamed."""
    new = dict(item)
    if "a" in item:
        new["a"] = rename(item["a"])
    if "aa" in item:
        new["aa"] = sorted({rename(name) for name in item["aa"]})
    if "m" in item:
        new["m"] = {
            number: {**change, "a": rename(change["a"])} if "a" in change else change
            for number, change in item["m"].items()
        }
    return new


_SLIM = {
    "author": "a",
    "base_branch": "b",
    "head_sha": "h",
    "first_commit_at": "f",
    "opened_at": "o",
    "first_review_at": "r",
    "merged_at": "t",
}


def _slim(change: Change) -> dict[str, Any]:
    return {short: value for name, short in _SLIM.items() if (value := getattr(change, name)) is not None}


def _fat(repository: str, number: int, merge_sha: str, data: dict[str, Any]) -> Change:
    values: dict[str, Any] = {name: data.get(short) for name, short in _SLIM.items()}
    return Change(repository=repository, number=number, merge_sha=merge_sha, **values)


class StoredLedger:
    """A repository's stored ledger, as attribution reads it (`leadline.domain.ledger.Ledger`).

    Costs one query for the window given to `prefetch`; a node outside of it costs a read and widens the window.
    `rename`: given while people are being renamed; maps a stored author to the name to store now.
    """

    def __init__(self, changes: PlannedWrites, rename: Rename | None = None) -> None:
        self._changes = changes
        self._rename = rename
        self._repository = changes.repository
        self._nodes: dict[str, Node | None] = {}
        self._order: list[tuple[int, str]] = []
        self._low: int | None = None
        self._high: int | None = None

    def node(self, sha: str) -> Node | None:
        if sha not in self._nodes:
            item = self._changes.get(node_key(self._repository, sha))
            found = self._nodes[sha] = self._node(item, sha) if item else None
            # Outside of what is loaded: its place in the order comes with the stretch that it is loaded with.
            if found is not None and self._low is not None and (at := found.at) < self._low:
                self._load(at, self._low)
        return self._nodes[sha]

    def find(self, sha: str) -> list[str]:
        pk = node_key(self._repository, sha)[0]
        longer = [item["sk"] for item in self._changes.query(pk, sha, sha + "g", limit=2)]
        if longer:
            return longer
        return [item["sk"] for item in self._changes.query(pk, sha[:7], sha) if sha.startswith(item["sk"])][-1:]

    def before(self, branch: str, at: int, sha: str) -> Node | None:
        if self._low is not None and self._high is not None and self._low <= at <= self._high + 1:
            position = bisect_left(self._order, (at, sha))
            for instant, candidate in reversed(self._order[:position]):
                if instant < self._low:
                    break
                node = self._nodes[candidate]
                if node is not None and node.merges and node.branch == branch:
                    return node
            return self._earlier(branch, (self._low, ""))
        return self._earlier(branch, (at, sha))

    def prefetch(self, low: int, high: int) -> None:
        if self._low is None or self._high is None:
            self._load(low, high)
            return
        if low < self._low:
            self._load(low, self._low)
        if high > self._high:
            self._load(self._high, high)

    def learn(self, node: Node) -> None:
        """Stores a node in both places. Removes it from them if nothing is known about it any longer."""
        old = self.node(node.sha)
        if old == node:
            return
        pk, sk = node_key(self._repository, node.sha)
        known = node_to_item(node)
        if known:
            self._changes.put({"pk": pk, "sk": sk, **known})
        else:
            self._changes.delete((pk, sk))
        if old is not None and takes_part(old) and (not takes_part(node) or old.at != node.at):
            self._changes.delete(entry_key(self._repository, old))
        if takes_part(node):
            pk, sk = entry_key(self._repository, node)
            self._changes.put({"pk": pk, "sk": sk, **node_to_item(node)})
            self._note_earliest(node.at)
        if old is not None and old.order() in self._order:
            self._order.remove(old.order())
        self._nodes[node.sha] = node if known else None
        if takes_part(node):
            self._insert(node.order())

    def _note_earliest(self, at: int) -> None:
        earliest = self._changes.lock.get("since")
        if earliest is None or month_of(at) < earliest:
            self._changes.note(since=month_of(at))

    def _insert(self, order: tuple[int, str]) -> None:
        if order in self._order[-1:]:
            return
        position = bisect_left(self._order, order)
        if self._order[position : position + 1] != [order]:
            self._order.insert(position, order)

    def _load(self, low: int, high: int) -> None:
        low, high = min(low, high), max(low, high)
        month, last = month_of(max(low, 0)), month_of(high)
        since = self._changes.lock.get("since", last)
        month = max(month, since)
        while month <= last:
            pk = f"ledger#{self._repository}#{month}"
            for item in list(self._changes.query(pk, f"{max(low, 0):013d}", f"{high:013d}~")):
                self._take(item)
            month = _next_month(month, 1)
        self._low = low if self._low is None else min(self._low, low)
        self._high = high if self._high is None else max(self._high, high)

    def _take(self, item: Item) -> Node:
        at, _, sha = item["sk"].partition("#")
        node = self._nodes[sha] = self._node(item, sha)
        self._insert((int(at), sha))
        return node

    def _node(self, item: Item, sha: str) -> Node:
        return node_from_item(renamed_node(item, self._rename) if self._rename else item, self._repository, sha)

    def _earlier(self, branch: str, bound: tuple[int, str]) -> Node | None:
        since = self._changes.lock.get("since")
        month = month_of(max(bound[0], 0))
        last = f"{max(bound[0], 0):013d}#{bound[1]}"
        while since is not None and month >= since:
            pk = f"ledger#{self._repository}#{month}"
            page = [item for item in self._changes.query(pk, "", last, reverse=True, limit=_PAGE) if item["sk"] < last]
            for item in page:
                node = self._take(item)
                if node.merges and node.branch == branch:
                    return node
            if page:
                last = page[-1]["sk"]
            else:
                month = _next_month(month, -1)
        return None


def takes_part(node: Node) -> bool:
    """Whether the node has a place in the order of time: reported commits and merges have."""
    return node.committed_at is not None or bool(node.merges)


def with_change(node: Node | None, sha: str, role: str, change: Change) -> Node:
    """The node with a merged change added to it in this role."""
    node = node or Node(sha)
    if role == "merge":
        others = [known for known in node.merges if known.number != change.number]
        slim = _fat(change.repository, change.number, sha, _slim(change))
        merges = tuple(sorted([*others, slim], key=lambda known: known.number))
        aliases = tuple(alias for alias in node.aliases if alias.number != change.number)
        return replace(node, merges=merges, aliases=aliases)
    merges = tuple(known for known in node.merges if known.number != change.number)
    kept = [alias for alias in node.aliases if alias.number != change.number]
    alias = Alias(change.number, role, change.merge_sha or "", change.merged_at or 0)
    return replace(node, merges=merges, aliases=tuple(sorted([*kept, alias], key=lambda known: known.number)))


def without_change(node: Node, number: int) -> Node:
    """The node with this change removed from it."""
    return replace(
        node,
        merges=tuple(change for change in node.merges if change.number != number),
        aliases=tuple(alias for alias in node.aliases if alias.number != number),
    )


def with_commit(node: Node | None, reported: Node) -> Node:
    """The node completed by a reported commit. Where two reports differ, the greater value wins, whatever their order."""
    if node is None:
        return reported
    author, others = one_author((node.author, node.other_authors), (reported.author, reported.other_authors))
    joined: dict[str, Any] = {"author": author, "other_authors": others}
    for field in fields(Node):
        mine, theirs = getattr(node, field.name), getattr(reported, field.name)
        if field.name in ("sha", "merges", "aliases"):
            joined[field.name] = mine
        elif field.name not in joined:
            joined[field.name] = max((value for value in (mine, theirs) if value is not None), default=None)
    return Node(**joined)


def waiting(changes: PlannedWrites, shas: Iterable[str]) -> set[str]:
    """The keys of the deployments that wait for any of these SHAs."""
    shas = list(shas)
    repository = changes.repository
    changes.prefetch(wait_key(repository, sha) for sha in shas)
    found: set[str] = set()
    for sha in shas:
        item = changes.get(wait_key(repository, sha)) or {}
        for deployment, wanted in item.get("d", {}).items():
            if any(sha.startswith(name) or name.startswith(sha) for name in wanted):
                found.add(deployment)
    return found


def set_waits(changes: PlannedWrites, deployment: str, old: Iterable[str], new: Iterable[str]) -> None:
    """Replaces the SHAs that a deployment waits for."""
    old, new = set(old), set(new)
    for sha in sorted(old ^ new):
        changes.make_room(1)
        key = wait_key(changes.repository, sha)
        item = changes.get(key) or {"pk": key[0], "sk": key[1], "d": {}}
        waits = dict(item["d"])
        wanted = set(waits.pop(deployment, [])) - {sha} | ({sha} & new)
        if wanted:
            waits[deployment] = sorted(wanted)
        if waits:
            changes.put({**item, "d": waits})
        else:
            changes.delete(key)
