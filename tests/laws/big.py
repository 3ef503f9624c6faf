"""Deployments so large that one message takes many transactions: what a worker's death in the middle is tried on.

A repository with a line of merges m1, m2, ... (change 1, 2, ..., each by one of many authors in teams), m0 being in production
already. The middle of its commit graph is kept back, to be told when it matters.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from compute.apply import fold
from leadline.domain.deployments import StatusReport, deployment_key
from leadline.store.configuration import ROSTER_KEY
from leadline.store.memory import MemoryTable
from leadline.store.table import Put
from tests.builders import (
    HOUR,
    MINUTE,
    OCTOBER,
    REPOSITORY,
    Event,
    a_change,
    a_deployment,
    a_line,
    an_incident,
    at,
    commits,
    event,
    sha,
)

TEAMS = 6
CHUNK = 100


@dataclass
class World:
    """`changes` merges by `authors` people. `table` knows all but the middle of the commit graph."""

    changes: int
    authors: int
    table: MemoryTable = field(default_factory=MemoryTable)

    def __post_init__(self) -> None:
        start, end = self.changes // 3, 2 * self.changes // 3
        self.middle = self.graph(start, end)
        self.table.write([Put(self.roster())])
        self.tell(self.graph(0, start), self.graph(end, self.changes + 1))
        self.tell(*(self.change(number) for number in range(1, self.changes + 1)))
        self.tell(self.deployment("d0", 0, at(10)))

    @property
    def half(self) -> int:
        return self.changes // 2

    def tell(self, *events: Event) -> None:
        for each in events:
            fold(self.table, json.dumps(each), sleep=lambda _: None)

    def graph(self, first: int, end: int) -> Event:
        """The commits m<first> to m<end - 1>, a minute apart."""
        names = [f"m{number}" for number in range(max(0, first - 1), end)]
        lines = a_line(*names) if first == 0 else a_line(*names)[1:]
        return commits(*lines, start=OCTOBER + first * MINUTE, every=MINUTE)

    def change(self, number: int, **fields: Any) -> Event:
        return a_change(number, f"m{number}", OCTOBER + number * MINUTE, author=self.author(number), **fields)

    def author(self, number: int) -> str:
        return f"dev-{number % self.authors}"

    def deployment(self, name: str, number: int, finished: int, **fields: Any) -> Event:
        return a_deployment(f"m{number}", finished, deployment_id=name, **fields)

    def roster(self, moved: int = 0) -> dict[str, Any]:
        """Each author in one of the teams; `moved` turns them all on by so many."""
        members: dict[str, Any] = {f"team-{number}": {"members": []} for number in range(TEAMS)}
        for author in range(self.authors):
            members[f"team-{(author + moved) % TEAMS}"]["members"].append({"author": f"dev-{author}"})
        return {"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1], "v": 1 + moved, "teams": members}


@dataclass(frozen=True)
class Ordeal:
    """`message` is the one that is disturbed; `before` was told in peace; `other` may get in between, else it follows.

    `roster`: the roster that is configured between them.
    """

    name: str
    message: Event
    before: Sequence[Event] = ()
    other: Sequence[Event] = ()
    roster: dict[str, Any] | None = None


def key_of(deployment: Event) -> str:
    report = StatusReport.from_data({**deployment["data"], "received_at": deployment["received_at"]})
    return deployment_key(deployment["data"].get("service", "shop"), "production", report)


def ordeals(world: World) -> Iterator[Ordeal]:
    """Every kind of message, where it concerns large deployments. d0 has m0, at(10)."""
    last, half, third = world.changes, world.half, world.changes // 3
    first = world.deployment("d1", last, at(12))
    second = world.deployment("d2", last, at(14))
    earlier = world.deployment("d1", half, at(12))
    incident = an_incident("INC-1", at(13))
    resolved = an_incident("INC-1", at(13), resolved_at=at(13) + HOUR)
    all_shipped = [world.middle, first]

    yield Ordeal("everything ships at once", first, [world.middle], [incident])
    yield Ordeal("the graph is told late", world.middle, [first, second], [incident])
    yield Ordeal("an incident", incident, all_shipped, [second])
    yield Ordeal("an incident is over", resolved, [*all_shipped, incident], [second])
    named = an_incident("INC-1", at(13), deployment="d0")
    yield Ordeal("an incident is another's", named, [*all_shipped, incident], [second])
    late = world.deployment("late", half, at(11))
    yield Ordeal("a deployment comes late", late, all_shipped, [incident, second])
    failed = world.deployment("d1", last, at(12) + HOUR, status="failure")
    yield Ordeal("it never went live after all", failed, all_shipped, [incident])
    yield Ordeal("it never went live and the next one has it all", failed, [*all_shipped, second], [incident])
    moved = world.deployment("d1", half, at(15))
    yield Ordeal("it finished after the next one", moved, [world.middle, earlier, second], [incident])
    side = commits(f"fix <- m{half}", start=at(11))
    fix, later_fix = (a_deployment("fix", finished, deployment_id="d1") for finished in (at(12), at(15)))
    next_two = [second, world.deployment("d3", last, at(18))]
    yield Ordeal("it finished between the next two", later_fix, [world.middle, side, fix, *next_two], [incident])
    sent = world.deployment("d2", last, at(14), previous_id=sha(f"m{last - 2}"))
    yield Ordeal("it says what it replaced", sent, [world.middle, earlier, second], [incident])
    back = world.deployment("back", third, at(16))
    steps = [world.deployment("d1", third, at(12)), world.deployment("d2", half, at(13)), second]
    steps[2] = world.deployment("d3", last, at(14))
    yield Ordeal("a rollback over two deployments", back, [world.middle, *steps], [incident])
    mend = world.deployment("mend", last, at(16), remediates="d1")
    yield Ordeal("a repair", mend, all_shipped, [incident])
    shas = [sha(f"side {number}") for number in range(world.changes)]
    opened = world.change(half, opened_at=OCTOBER, first_commit_at=OCTOBER - HOUR, commit_shas=shas)
    yield Ordeal("a change that shipped is completed", opened, all_shipped, [second])
    elsewhere = {**world.change(half, commit_shas=shas), "received_at": OCTOBER + 1}
    other_merge = "f" * 40 if sha(f"m{half}") < "f" * 40 else ""
    elsewhere["data"] = {**elsewhere["data"], "merge_sha": other_merge}
    yield Ordeal("a change that shipped was merged elsewhere", elsewhere, all_shipped, [second])
    deletion = event("deletion of deployment", {"deployment": key_of(first)}, at(20))
    yield Ordeal("it is deleted", deletion, all_shipped, [incident])
    yield Ordeal("it is deleted and the next one has it all", deletion, [*all_shipped, second], [incident])
    without = event("deletion of change", {"repository": REPOSITORY, "number": half}, at(20))
    yield Ordeal("a change is deleted", without, [*all_shipped, opened], [incident])
    correction = {"deployment": key_of(first), "correction": {"failed": True}}
    yield Ordeal("a person says that it failed", event("correction", correction, at(20)), all_shipped, [second])
    yield Ordeal("its teams change", _everyone_moves(world), all_shipped, [second], roster=world.roster(1))
    yield from _ties(world)


def _everyone_moves(world: World) -> Event:
    authors = [f"dev-{number}" for number in range(world.authors)]
    return event("roster", {"lock": REPOSITORY, "services": ["shop"], "authors": authors}, at(20))


def _ties(world: World) -> Iterator[Ordeal]:
    """A service that deployed before anybody said from which repository."""
    steps = [(number, at(11 + number)) for number in range(3)]
    untied = [
        world.deployment(f"t{number}", number * world.half, when, service="till", repository=None)
        for number, when in steps
    ]
    trouble = an_incident("INC-9", at(13) + HOUR, service="till", repository=None)
    tied = world.deployment("t3", world.changes, at(15), service="till")
    yield Ordeal("its repository becomes known", tied, [world.middle, *untied, trouble], [untied[1]])
