"""Histories made to be hard: senders without ids or times who repeat themselves, runs that change their status and their time,
repairs and incidents that name short SHAs and change their mind, several services, environments and branches, picks, New Year.
"""

import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.builders import DAY, HOUR, MINUTE, REPOSITORY, Event, event, sha

NEW_YEAR = 1_798_761_600_000
"""2027-01-01T00:00:00Z"""


@dataclass
class Wild:
    """A history being drawn. `times`: when each commit was committed."""

    draw: random.Random
    graph: bool
    events: list[Event] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)
    clock: int = NEW_YEAR - 4 * DAY

    def tell(self, kind: str, data: dict[str, Any], received_at: int | None = None) -> None:
        self.events.append(event(kind, data, self.clock if received_at is None else received_at))


def a_wild_history(seed: int, *, graph: bool) -> list[str]:
    """The messages of a history drawn from the seed, in an order in which they may have happened."""
    wild = Wild(random.Random(seed), graph)
    main = _commit_and_merge(wild, wild.draw.randint(4, 9))
    _deploy(wild, main, wild.draw.randint(3, 10))
    return [json.dumps(each) for each in wild.events]


def _name(commit: str) -> str:
    """Commits c0, c1, ... of which some share their first seven digits."""
    full = sha(commit)
    return "abcdef1" + full[7:] if full[0] in "01" else full


def _commit_and_merge(wild: Wild, count: int) -> list[str]:
    draw, told, main = wild.draw, [], [_name(f"{wild.draw.random()} root")]
    wild.times[main[0]] = wild.clock
    told.append({"sha": main[0], "parents": [], "committed_at": wild.clock})
    for number in range(1, count):
        wild.clock += draw.choice([0, MINUTE, HOUR, 9 * HOUR])
        head, merge = (_name(f"{draw.random()} {part}") for part in ("head", "merge"))
        fork = draw.choice(main[-2:])
        skew = draw.choice([0, 0, HOUR // 2])
        wild.times |= {head: wild.clock - skew, merge: wild.clock}
        pick = draw.choice([*wild.times]) if draw.random() < 0.1 else None
        parents = [main[-1], head] if draw.random() < 0.5 else [main[-1]]
        told.append({"sha": head, "parents": [fork], "committed_at": wild.times[head]})
        told.append({"sha": merge, "parents": parents, "committed_at": wild.clock})
        if pick is not None:
            told[-1]["cherry_picked_from"] = pick
        if draw.random() < 0.85:
            _tell_change(wild, number, head, merge)
        if draw.random() < 0.85:
            main.append(merge)
    if wild.graph:
        draw.shuffle(told)
        for start in range(0, len(told), 4):
            branch = draw.choice(["main", None])
            wild.tell("commits", {"repository": REPOSITORY, "branch": branch, "commits": told[start : start + 4]})
    return main


def _tell_change(wild: Wild, number: int, head: str, merge: str) -> None:
    draw = wild.draw
    labels = ["hotfix"] if number % 3 == 0 else []
    change = {"repository": REPOSITORY, "number": number, "commit_shas": [], "paths": [], "labels": labels}
    for _ in range(draw.randint(1, 3)):
        told: dict[str, Any] = {
            **change,
            "author": draw.choice(["ann", "bob"]),
            "base_branch": draw.choice(["main", "rel"]),
        }
        if draw.random() < 0.8:
            told |= {"merge_sha": merge, "merged_at": wild.times[merge] + draw.choice([0, 0, MINUTE])}
            if draw.random() < 0.1:
                told["merge_sha"] = head
        if draw.random() < 0.7:
            told |= {"head_sha": head, "commit_shas": [head]}
        if draw.random() < 0.5:
            told["first_commit_at"] = wild.times[head] - draw.randint(0, DAY)
        wild.tell("change", told)


def _deploy(wild: Wild, main: list[str], count: int) -> None:
    draw = wild.draw
    told: list[dict[str, Any]] = []
    line = 0
    for number in range(count):
        wild.clock += draw.choice([1, MINUTE, 20 * MINUTE, HOUR, DAY])
        line = max(0, min(len(main) - 1, line + draw.choice([-2, 0, 0, 1, 1, 2])))
        commit = main[line] if draw.random() < 0.85 else draw.choice([*wild.times])
        run = {
            "id": commit if draw.random() < 0.8 else commit[:7],
            "repository": REPOSITORY,
            "service": draw.choice(["shop", "shop", "till"]),
            "environment": draw.choice(["production", "production", "staging"]),
            "status": draw.choice(["success"] * 5 + ["failure", "in_progress"]),
            "baseline": draw.random() < 0.05,
            "labels": {},
        }
        run |= _style(wild, number)
        if told and draw.random() < 0.2:
            run["remediates"] = _reference(draw, draw.choice(told))
        if draw.random() < 0.1:
            run["previous_id"] = draw.choice([*wild.times])
        wild.tell("deployment", run)
        told.append(run)
        while draw.random() < 0.25:
            _tell_again(wild, run)
        if draw.random() < 0.3:
            _tell_incident(wild, number, told)


def _style(wild: Wild, number: int) -> dict[str, Any]:
    """How a sender names a run: by an id, by its time, or not at all."""
    named = {"deployment_id": f"run-{number}"}
    timed = {"finished_at": wild.clock - wild.draw.choice([0, MINUTE, HOUR])}
    return wild.draw.choice([{}, {}, timed, named, named | timed, {"started_at": wild.clock - MINUTE}])


def _tell_again(wild: Wild, run: dict[str, Any]) -> None:
    """The same run once more: as it was, a little later, with another status, time, target."""
    draw = wild.draw
    wild.clock += draw.choice([1, MINUTE, HOUR])
    again = {**run}
    if draw.random() < 0.5:
        again["status"] = draw.choice(["success", "failure", "in_progress"])
    if "finished_at" in run and "deployment_id" in run:
        again["finished_at"] = run["finished_at"] + draw.choice([0, HOUR, 2 * DAY])
    if "remediates" in run and draw.random() < 0.3:
        del again["remediates"]
    wild.tell("deployment", again)


def _tell_incident(wild: Wild, number: int, told: list[dict[str, Any]]) -> None:
    draw = wild.draw
    incident: dict[str, Any] = {
        "id": f"INC-{number}",
        "service": draw.choice(["shop", "till"]),
        "repository": REPOSITORY,
    }
    for _ in range(draw.randint(1, 3)):
        again = {**incident, "started_at": wild.clock + draw.choice([0, HOUR, -HOUR, 8 * DAY])}
        if draw.random() < 0.4:
            again["deployment"] = _reference(draw, draw.choice(told))
        if draw.random() < 0.3:
            again["environment"] = draw.choice(["production", "staging"])
        if draw.random() < 0.5:
            again["resolved_at"] = again["started_at"] + draw.randint(0, DAY)
        wild.tell("incident", again)


def _reference(draw: random.Random, run: dict[str, Any]) -> str:
    return draw.choice([run.get("deployment_id", run["id"]), run["id"], run["id"][:7], run["id"][:9]])
