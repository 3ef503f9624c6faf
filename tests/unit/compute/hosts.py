"""A code host in memory, and compute build_app to it."""

import json
from dataclasses import dataclass, field
from typing import Any

from compute.deliveries import MemoryDeliveries
from compute.vcs.port import History, NotFound, Page, VcsError
from compute.worker import Compute
from leadline.queue import MemoryQueue
from leadline.store.memory import MemoryTable
from tests.unit.compute.batches import a_record

NOW = 1_790_000_000_000
HOUR = 3600 * 1000
REPOSITORY = "github.com/acme/shop"


def sha(number: int) -> str:
    return f"{number:040x}"


@dataclass
class FakeHost:
    """Commits 1, 2, 3 … on one line, commit n being the merge of change n. `trouble`: what every request ends with."""

    commits: int = 9
    trouble: VcsError | None = None
    asked: int = 0
    pages: list[Page] = field(default_factory=list)

    def history(self, repository: str, asked: str, since: str | None) -> History:
        self._ask()
        whole = next((sha(n) for n in range(1, self.commits + 1) if sha(n).startswith(asked)), None)
        if whole is None:
            raise NotFound("no such commit")
        first = int(since, 16) + 1 if since else 1
        return History(whole, [self.commit(n) for n in range(int(whole, 16), first - 1, -1)])

    def changes(self, repository: str, shas: Any) -> list[dict[str, Any]]:
        self._ask()
        return [self.change(int(one, 16)) for one in shas if int(one, 16) <= self.commits]

    def recent(self, repository: str, since: int, cursor: str | None) -> Page:
        self._ask()
        return self.pages[int(cursor or 0)]

    def commit(self, number: int) -> dict[str, Any]:
        parents = [sha(number - 1)] if number > 1 else []
        return {"sha": sha(number), "parents": parents, "committed_at": NOW - 100 * HOUR + number * HOUR}

    def change(self, number: int) -> dict[str, Any]:
        at = NOW - 100 * HOUR + number * HOUR
        times = {"first_commit_at": at - HOUR, "merged_at": at}
        return {"repository": REPOSITORY, "number": number, "author": "ann", "merge_sha": sha(number), **times}

    def _ask(self) -> None:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble


class Connections:
    def __init__(self, host: FakeHost | None) -> None:
        self.host = host

    def of(self, repository: str) -> FakeHost | None:
        return self.host


class Worker:
    """Compute with a table and a queue in memory; what it queues for itself is worked, too."""

    def __init__(self, host: FakeHost | None) -> None:
        self.table, self.queue, self.now = MemoryTable(), MemoryQueue(), NOW
        self.deliveries = MemoryDeliveries()
        connections: Any = Connections(host)
        self.compute = Compute(self.table, self.queue, self.deliveries, connections, lambda: self.now)

    def deploys(self, number: int, at: int, **more: Any) -> None:
        deployment = {"id": sha(number), "repository": REPOSITORY, "environment": "production", "status": "success"}
        self.works("deployment", {**deployment, "finished_at": at, **more})

    def works(self, kind: str, data: dict[str, Any]) -> None:
        message = {"v": 1, "kind": kind, "event_id": f"{kind}-{self.now}", "received_at": self.now, "data": data}
        self._batch(json.dumps(message))

    def scheduled(self, what: str) -> int:
        sent = self.compute.handle({"leadline": what}, None)["sent"]
        self.drains()
        assert isinstance(sent, int)
        return sent

    def drains(self) -> None:
        """Works what it queued for itself."""
        while self.queue.messages:
            self._batch(self.queue.messages.pop(0).body)

    def _batch(self, body: str) -> None:
        record = a_record(body, "m1", first_received=self.now, group=REPOSITORY)
        assert self.compute.handle({"Records": [record]}, None) == {"batchItemFailures": []}
