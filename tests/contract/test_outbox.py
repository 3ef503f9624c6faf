"""What a change of the configuration starts is stored with it, reaches compute whatever happens, and is visible until done."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from compute.deliveries import MemoryDeliveries
from compute.jobs import renaming
from compute.worker import Compute
from leadline.access.keys import CONFIG_WRITE, create_key
from leadline.queue import Message
from leadline.store.configuration import SETTINGS_KEY
from leadline.store.memory import MemoryTable
from leadline.store.services import Service
from leadline.store.table import Delete, Put, Table, Write
from tests.builders import MINUTE, a_change, a_deployment, a_line, at, commits
from tests.contract.configured import OTHER
from tests.contract.pipeline import Pipeline
from tests.laws.peopled import places_of
from tests.points import a_point, point_cells
from tests.stored import stored_cells
from tests.unit.compute.batches import a_record
from tests.unit.query.product_api import NOW, PEPPER, Answer


class ProcessKilled(BaseException):
    """Not an Exception: nothing may catch it and go on."""


class KillingTable(MemoryTable):
    """Kills the process once: right `after` a write to this partition, or just `before` a write deletes something from it."""

    after: str | None = None
    before: str | None = None

    def write(self, writes: Sequence[Write]) -> None:
        if any(isinstance(write, Delete) and write.key[0] == self.before for write in writes):
            self.before = None
            raise ProcessKilled
        super().write(writes)
        if any(write.key[0] == self.after for write in writes):
            self.after = None
            raise ProcessKilled


class Organisation(Pipeline):
    """With a deployed service, a team and a custom metric. Compute works as it does on AWS, by its handler."""

    def __init__(self, table: Table | None = None) -> None:
        super().__init__(table)
        self.deliveries = MemoryDeliveries()
        self.compute = Compute(self.table, self.queue, self.deliveries, None, lambda: self.now)
        assert self.put_team("pay", {"author": "ann"}).status == 200
        self.tell(
            commits(*a_line("m0", "m1", "m2")),
            a_change(1, "m1", at(2), author="ann", paths=["till/a.py"]),
            a_change(2, "m2", at(3), author="bob", paths=["web/a.py"]),
            a_deployment("m0", at(9), deployment_id="d0", service="till"),
            a_deployment("m2", at(10, 23), deployment_id="d1", service="till"),
            a_point(3, at(10, 23), author="ann"),
        )
        self.work()

    def work(self) -> None:
        """Compute works off the queue, message by message."""
        while self.queue.messages:
            self.deliver(self.queue.messages.pop(0))

    def deliver(self, message: Message) -> None:
        record = a_record(message.body, "m", first_received=self.now, group=message.group)
        assert self.compute.handle({"Records": [record]}, None) == {"batchItemFailures": []}

    def sweep(self) -> int:
        """The next run of the schedule, some minutes later."""
        self.now += 5 * MINUTE
        sent: int = self.compute.handle({"leadline": "sweep"}, None)["sent"]
        return sent

    def job(self, answer: Answer) -> Any:
        return self.get(f"/v1/jobs/{answer.headers['leadline-job']}")

    def numbers(self) -> tuple[Any, Any]:
        return stored_cells(self.table), point_cells(self.table)


Change = Callable[[Organisation], Answer]
CHANGES: dict[str, tuple[Change, int]] = {
    "settings": (lambda api: api.send("PATCH", "/v1/settings", {"timezone": "Asia/Kolkata"}, if_match="*"), 200),
    "service": (lambda api: api.send("PATCH", "/v1/services/till", {"paths": ["till/"]}, if_match="*"), 200),
    "team": (lambda api: api.put_team("pay", {"author": "bob"}), 200),
    "team removed": (lambda api: api.request("DELETE", "/v1/teams/pay", if_match="*"), 204),
    "pseudonyms": (lambda api: api.send("PATCH", "/v1/settings", {"individuals": "pseudonyms"}, if_match="*"), 200),
    "person": (lambda api: api.send("DELETE", "/v1/people/ann"), 202),
    "metric": (lambda api: api.send("DELETE", "/v1/metrics/custom/review.comments"), 202),
}


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> Change:
    made, status = CHANGES[request.param]

    def checked(api: Organisation) -> Answer:
        answer = made(api)
        assert answer.status == status, answer.text
        return answer

    return checked


def applied(change: Change) -> Organisation:
    """After the change was applied without any trouble."""
    api = Organisation()
    change(api)
    api.work()
    return api


def is_as_after(api: Organisation, wanted: Organisation) -> bool:
    """Whether all numbers are the same. Where people were renamed, by names drawn at random, there are as many."""
    if people_renamed(api) and people_renamed(wanted):
        sizes = [[len(cells) for cells in each.numbers()] for each in (api, wanted)]
        return sizes[0] == sizes[1] and len(places_of(api.table, "ann")) == len(places_of(wanted.table, "ann"))
    return api.numbers() == wanted.numbers()


def people_renamed(api: Organisation) -> bool:
    return "people" in api.table.get([SETTINGS_KEY]).get(SETTINGS_KEY, {})


def test_a_change_made_while_the_queue_is_down_is_accepted_and_applied_once_it_is_back(change: Change) -> None:
    api = Organisation()
    api.queue.down = True
    answer = change(api)
    api.queue.down = False
    api.sweep()
    api.work()
    assert is_as_after(api, applied(change))
    assert api.job(answer)["state"] == "done"
    assert api.sweep() == 0


def test_a_process_killed_between_storing_and_sending_loses_nothing(change: Change) -> None:
    table = KillingTable()
    api = Organisation(table)
    table.after = "history"
    with pytest.raises(ProcessKilled):
        change(api)
    assert api.queue.messages == []
    api.sweep()
    api.work()
    assert is_as_after(api, applied(change))
    assert [job["state"] for job in api.get("/v1/jobs")["items"]] == ["done", "done"]


def test_the_sweep_leaves_to_a_request_what_it_is_just_sending() -> None:
    api = Organisation()
    api.queue.down = True
    CHANGES["service"][0](api)
    api.queue.down = False
    assert api.compute.handle({"leadline": "sweep"}, None) == {"sent": 0}
    assert api.sweep() == 1


def test_a_sweep_that_meets_a_queue_that_is_down_leaves_it_to_the_next() -> None:
    api = Organisation()
    api.queue.down = True
    answer = CHANGES["settings"][0](api)
    with pytest.raises(Exception, match="queue"):
        api.sweep()
    assert api.job(answer)["state"] == "queued"
    api.queue.down = False
    assert api.sweep() == 2
    api.work()
    assert api.job(answer)["state"] == "done"


def test_a_job_is_queued_then_running_then_done() -> None:
    api = Organisation()
    answer = CHANGES["settings"][0](api)
    job = api.job(answer)
    assert job == {
        "id": answer.headers["leadline-job"],
        "kind": "settings",
        "name": None,
        "state": "queued",
        "done": 0,
        "failed": 0,
        "total": 2,
        "started_at": job["started_at"],
        "updated_at": job["started_at"],
    }
    api.deliver(api.queue.messages.pop(0))
    assert (api.job(answer)["state"], api.job(answer)["done"]) == ("running", 1)
    api.work()
    assert (api.job(answer)["state"], api.job(answer)["done"]) == ("done", 2)


def test_a_message_delivered_again_is_counted_once() -> None:
    api = Organisation()
    answer = CHANGES["settings"][0](api)
    first, _ = api.queue.messages
    for _ in range(3):
        api.deliver(first)
    assert (api.job(answer)["state"], api.job(answer)["done"]) == ("running", 1)


def test_messages_that_are_sent_twice_are_counted_once() -> None:
    """The request dies after it has sent the messages, before it has deleted them from the outbox."""
    table = KillingTable()
    api = Organisation(table)
    table.before = "outbox"
    with pytest.raises(ProcessKilled):
        CHANGES["settings"][0](api)
    sent = list(api.queue.messages)
    assert len(sent) == 2
    api.work()
    api.queue._seen.clear()  # SQS remembers for five minutes
    assert api.sweep() == 2
    assert [message.body for message in api.queue.messages] == [message.body for message in sent]
    job = api.get("/v1/jobs")["items"][0]
    assert (job["state"], job["done"], job["total"]) == ("done", 2, 2)
    api.work()
    assert api.get("/v1/jobs")["items"][0] == job


def test_a_job_with_a_parked_message_has_failed_and_is_done_once_that_is_retried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from compute import apply
    from leadline.domain.errors import Poison

    api = Organisation()
    answer = CHANGES["service"][0](api)
    (message,) = api.queue.messages

    def fail(*_: Any) -> Any:
        raise Poison("MALFORMED", "it is")

    with monkeypatch.context() as patch:
        patch.setattr(apply, "fold", fail)
        for _ in range(2):
            api.deliver(message)
    assert {name: api.job(answer)[name] for name in ("state", "done", "failed", "total")} == {
        "state": "failed",
        "done": 0,
        "failed": 1,
        "total": 1,
    }
    api.queue.messages.clear()
    assert api.send("POST", f"/v1/events/{message.event_id}/retry").status == 202
    api.work()
    assert (api.job(answer)["state"], api.job(answer)["failed"]) == ("done", 0)


def test_a_change_that_starts_nothing_names_no_job() -> None:
    api = Organisation()
    for path, body in (("/v1/settings", {"production": ["live"]}), ("/v1/services/till", {"team": "pay"})):
        answer = api.send("PATCH", path, body, if_match="*")
        assert (answer.status, "leadline-job" in answer.headers) == (200, False)
        again = api.send("PATCH", path, body, if_match="*")
        assert (again.headers, again.json) == (answer.headers | {"etag": again.headers["etag"]}, answer.json)
    assert len(api.get("/v1/jobs")["items"]) == 1


@pytest.mark.parametrize("name", ["settings", "service", "team", "pseudonyms"])
def test_the_same_change_made_again_starts_no_second_job(name: str) -> None:
    api = Organisation()
    api.queue.down = True
    first, again = CHANGES[name][0](api), CHANGES[name][0](api)
    assert (again.status, again.json, again.headers["etag"]) == (200, first.json, first.headers["etag"])
    assert ("leadline-job" in first.headers, "leadline-job" in again.headers) == (True, False)
    api.queue.down = False
    api.sweep()
    api.work()
    assert len(api.get("/v1/jobs")["items"]) == 2
    assert api.job(first)["state"] == "done"


def test_jobs_of_renamings_that_overtake_each_other_are_all_done_at_the_end() -> None:
    api = Organisation()
    answers = [api.send("DELETE", f"/v1/people/{name}") for name in ("ann", "bob", "cid")]
    assert {api.job(answer)["state"] for answer in answers} == {"queued"}
    api.work()
    assert {api.job(answer)["state"] for answer in answers} == {"done"}
    assert {api.job(answer)["name"] for answer in answers} == {None}


def test_a_removed_persons_name_is_taken_out_of_the_outbox_too() -> None:
    api = Organisation()
    api.queue.down = True
    answer = api.put_team("pay", {"author": "Zoe-1"})
    removal = api.send("DELETE", "/v1/people/Zoe-1")
    while renaming.go_on(api.table, api.now, sleep=lambda _: None):
        pass
    assert places_of(api.table, "Zoe-1") == []
    api.queue.down = False
    api.sweep()
    assert all("Zoe-1" not in message.body for message in api.queue.messages)
    api.work()
    assert (api.job(answer)["state"], api.job(removal)["state"]) == ("done", "done")


def a_large_organisation() -> Organisation:
    """Of 500 repositories."""
    api = Organisation()
    for number in range(500):
        repository = f"github.com/acme/r{number:03}"
        api.table.write([Put(Service(f"s{number:03}", repository, {"production": [2026]}).to_item())])
    return api


def test_a_team_of_a_thousand_in_five_hundred_repositories_is_sent_in_bounded_parts() -> None:
    api = a_large_organisation()
    answer = api.put_team("all", *({"author": f"{number:04}-{'x' * 100}"} for number in range(1000)))
    sent = [len(api.queue.messages)]
    assert api.job(answer)["total"] is None
    assert max(len(json.dumps(item)) for item in api.table.scan() if item["pk"] == "outbox") < 100_000
    while more := api.sweep():
        sent.append(more)
    assert sent == [1000, 4020]
    assert len({message.event_id for message in api.queue.messages}) == sum(sent)
    bodies = [json.loads(message.body)["data"] for message in api.queue.messages]
    told = {(data.get("lock", data.get("metric")), author) for data in bodies for author in data["authors"]}
    assert len(told) == 502 * 1000
    assert (api.job(answer)["total"], api.job(answer)["state"]) == (5020, "queued")
    assert [item for item in api.table.scan() if item["pk"] == "outbox"] == []


def test_jobs_are_listed_newest_first_a_page_at_a_time() -> None:
    api = Organisation()
    started = [CHANGES[name][0](api).headers["leadline-job"] for name in ("settings", "service", "person", "metric")]
    first = api.get("/v1/jobs", limit="3")
    assert [job["id"] for job in first["items"]] == started[:0:-1]
    assert [job["kind"] for job in first["items"]] == ["metric", "person", "service"]
    second = api.get("/v1/jobs", limit="3", cursor=first["next_cursor"])
    assert [job["kind"] for job in second["items"]] == ["settings", "team"]
    assert second["next_cursor"] is None
    assert api.request("GET", "/v1/jobs", "cursor=x").status == 400
    assert api.request("GET", "/v1/jobs/job_0").status == 404


def test_a_limited_key_sees_the_jobs_that_it_started() -> None:
    api = Organisation()
    theirs = CHANGES["settings"][0](api)
    everyones = api.key
    api.key = create_key(api.table, PEPPER, name="till", scopes=[CONFIG_WRITE], now=NOW, services=["till"])[0]
    assert api.get("/v1/jobs") == {"items": [], "next_cursor": None}
    mine = CHANGES["service"][0](api)
    assert [job["id"] for job in api.get("/v1/jobs")["items"]] == [mine.headers["leadline-job"]]
    assert api.job(mine)["name"] == "till"
    assert api.request("GET", f"/v1/jobs/{theirs.headers['leadline-job']}").status == 404
    api.key = everyones
    assert len(api.get("/v1/jobs")["items"]) == 3


def test_a_service_that_moves_again_before_the_first_move_is_applied_ends_where_it_is() -> None:
    api, wanted = Organisation(), Organisation()
    api.queue.down = True
    for repository in (OTHER, "github.com/acme/third", OTHER):
        assert api.send("PATCH", "/v1/services/till", {"repository": repository}, if_match="*").status == 200
    api.queue.down = False
    api.sweep()
    api.queue.messages.reverse()
    api.work()
    wanted.send("PATCH", "/v1/services/till", {"repository": OTHER}, if_match="*")
    wanted.work()
    assert api.numbers() == wanted.numbers()


def test_a_job_is_kept_as_long_as_the_traces_of_its_events() -> None:
    api = Organisation()
    answer = CHANGES["service"][0](api)
    (message,) = api.queue.messages
    api.work()
    items = {item["sk"]: item for item in api.table.scan() if item["pk"] in ("jobs", f"event#{message.event_id}")}
    assert items[answer.headers["leadline-job"]]["ttl"] >= items["event"]["ttl"]
