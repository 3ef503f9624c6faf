"""Generated delivery histories: a small repository with merges, side branches and rollbacks, and the events that tell of it."""

import hashlib
import json
import random
from dataclasses import dataclass, field
from typing import Any

DAY = 24 * 3600 * 1000
START = 1_780_000_000_000
REPOSITORY = "github.com/acme/shop"


def sha_of(*parts: Any) -> str:
    return hashlib.sha1(repr(parts).encode()).hexdigest()


@dataclass
class History:
    """Messages as ingest queues them. `graph`: whether the commits themselves are told too."""

    messages: list[str] = field(default_factory=list)
    parents: dict[str, list[str]] = field(default_factory=dict)
    merges: dict[str, int] = field(default_factory=dict)

    def tell(self, kind: str, data: dict[str, Any], received_at: int = START) -> None:
        number = len(self.messages)
        message = {
            "v": 1,
            "kind": kind,
            "event_id": f"{kind[:3]}_{number}",
            "received_at": received_at + number,
            "data": data,
        }
        self.messages.append(json.dumps(message))

    def reach(self, sha: str) -> set[str]:
        found: set[str] = set()
        stack = [sha]
        while stack:
            commit = stack.pop()
            if commit not in found:
                found.add(commit)
                stack += self.parents[commit]
        return found


def a_history(seed: int, *, graph: bool = True, size: int = 12, wild: bool = True) -> History:
    """A history drawn from the seed. `wild` adds what makes ranges hard: hotfix branches, heads, rollbacks, re-sends."""
    draw = random.Random(seed)
    history = History()
    clock = START
    main = [sha_of(seed, "root")]
    history.parents[main[0]] = []
    times = {main[0]: clock}
    heads: list[str] = []
    commits = [_commit(main[0], [], clock, "main")]
    for number in range(1, size + 1):
        clock += draw.randint(1, DAY // 2)
        kind = draw.choice(["squash", "merge", "squash", "direct"] if graph else ["squash"])
        parent = main[-1]
        if kind == "direct":
            sha = sha_of(seed, number)
            history.parents[sha] = [parent]
            commits.append({**_commit(sha, [parent], clock, "main"), "author": ("ann", "bob")[number % 2]})
        else:
            fork = draw.choice(main[-3:])
            head = sha_of(seed, number, "head")
            opened = times[fork] + draw.randint(0, max(1, clock - times[fork]) - 1)
            history.parents[head] = [fork]
            commits.append(_commit(head, [fork], opened, None))
            heads.append(head)
            times[head] = opened
            sha = sha_of(seed, number, "merged")
            history.parents[sha] = [parent, head] if kind == "merge" else [parent]
            commits.append(_commit(sha, history.parents[sha], clock, "main"))
            history.merges[sha] = number
            _tell_change(history, draw, number, sha, head, opened, clock)
        main.append(sha)
        times[sha] = clock
    if graph:
        draw.shuffle(commits)
        for start in range(0, len(commits), 5):
            history.tell("commits", {"repository": REPOSITORY, "branch": "main", "commits": commits[start : start + 5]})
    _deploy(history, draw, main, heads if graph and wild else [], times, wild)
    return history


def _commit(sha: str, parents: list[str], at: int, branch: str | None) -> dict[str, Any]:
    return {"sha": sha, "parents": parents, "committed_at": at, "authored_at": at}


def _tell_change(
    history: History, draw: random.Random, number: int, merge: str, head: str, opened: int, merged: int
) -> None:
    change: dict[str, Any] = {
        "repository": REPOSITORY,
        "number": number,
        "author": draw.choice(["ann", "bob", "cid"]),
        "base_branch": "main",
        "merge_sha": merge,
        "head_sha": head,
        "commit_shas": [head],
        "merged_at": merged,
        "paths": [],
        "labels": [],
    }
    later = {"first_commit_at": opened - draw.randint(0, DAY), "opened_at": opened}
    if draw.random() < 0.5:
        later["first_review_at"] = draw.randint(opened, merged)
    if draw.random() < 0.5:
        change |= later
    else:
        history.tell("change", {**change, **later})
    history.tell("change", change)


def _deploy(
    history: History, draw: random.Random, main: list[str], heads: list[str], times: dict[str, int], wild: bool
) -> None:
    ids: list[str] = []
    line = 0
    clock = START
    for number in range(draw.randint(3, 8)):
        line = min(len(main) - 1, line + draw.randint(0, 4))
        sha = main[line]
        if heads and draw.random() < 0.2:
            sha = draw.choice(heads)
        clock = max(clock + 1, times[sha]) + draw.randint(60_000, DAY)
        deployment: dict[str, Any] = {
            "id": sha,
            "repository": REPOSITORY,
            "environment": "production" if draw.random() < 0.85 else "staging",
            "status": draw.choice(["success"] * 6 + ["failure", "in_progress"]) if wild else "success",
            "baseline": False,
            "labels": {},
        }
        received = clock
        style = draw.random()
        if style < 0.4:
            deployment["deployment_id"] = f"run-{number}"
            deployment["finished_at"] = clock
        elif style < 0.85 or not wild:
            deployment["finished_at"] = clock
        if wild and ids and draw.random() < 0.15:
            deployment["remediates"] = draw.choice(ids)
        if wild and draw.random() < 0.1:
            deployment["id"] = sha[:9]
        if wild and draw.random() < 0.1:
            deployment["previous_id"] = draw.choice([known for known in main if times[known] <= clock])
        history.tell("deployment", deployment, received)
        ids.append(deployment.get("deployment_id", sha))
        if wild and draw.random() < 0.2:
            line = max(0, line - draw.randint(1, 5))
        if wild and draw.random() < 0.3:
            _tell_incident(history, draw, number, clock, ids)


def _tell_incident(history: History, draw: random.Random, number: int, clock: int, ids: list[str]) -> None:
    incident: dict[str, Any] = {
        "id": f"INC-{number}",
        "repository": REPOSITORY,
        "started_at": clock + draw.randint(-DAY, DAY),
    }
    if draw.random() < 0.4:
        incident["deployment"] = draw.choice(ids)
    history.tell("incident", incident)
    if draw.random() < 0.6:
        history.tell("incident", {**incident, "resolved_at": incident["started_at"] + draw.randint(1, DAY)})
