"""Events that are refused are listed among what needs attention: whose, how many and why, and nothing of what they said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ingest.cloudevents.receiver import CDEventReceiver
from ingest.events_api import ROUTES as EVENT_ROUTES
from ingest.events_api import Ingest
from ingest.rejected_events import MOST_PLACES
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.access.keys import ADMIN, EVENTS_WRITE, METRICS_READ, create_key
from leadline.contract.reasons import REASONS
from leadline.domain.errors import Transient
from leadline.queue import MemoryQueue, Queue
from leadline.store.access import ACCESS_KEY, AccessSettings
from leadline.store.artifacts import Artifacts
from leadline.store.memory import MemoryTable
from leadline.store.rejected_events import MOST_FAULTS
from leadline.store.sources import Sources
from leadline.store.table import Put, Write
from tests.contract.events_api import (
    GOOD,
    NOW,
    PEPPER,
    ROUTES,
    SHA,
    Answer,
    EventsApi,
    FlakyQueue,
    a_deployment,
    a_request,
)
from tests.laws.canaries import STEM, a_key, a_name, a_secret
from tests.unit.query.product_api import ProductApi
from tests.webhooks.cdevents.documents import a_document

HOUR, DAY = 3_600_000, 86_400_000


class CountingTable(MemoryTable):
    """Remembers what was written together. `trouble`: partitions that it takes nothing for."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Sequence[Write]] = []
        self.trouble = "none"

    def write(self, writes: Sequence[Write]) -> None:
        if any(write.key[0].startswith(self.trouble) for write in writes):
            raise Transient("transactions kept meeting each other")
        super().write(writes)
        self.written.append(writes)


class Api(EventsApi):
    """Both functions on one table, with CDEvents."""

    def __init__(self, queue: Queue | None = None) -> None:
        super().__init__(queue)
        self.table = CountingTable()
        self.key_id, self.key = self.a_key(EVENTS_WRITE)
        access = AccessControl.on(self.table, lambda: self.now, "ingest")
        cdevents = CDEventReceiver(Artifacts(self.table), lambda _: Sources.from_item(None), self.queue)
        self.app = Ingest(
            Authenticator(access.settings, PEPPER), self.queue, lambda: self.now, None, lambda: cdevents, access=access
        )
        self.product = ProductApi(self.table)

    def a_key(self, *scopes: str, **more: Any) -> tuple[str, str]:
        """A key's id and text."""
        key, _ = create_key(self.table, PEPPER, name="ci", scopes=scopes, now=NOW, **more)
        return key.split("_")[1], key

    def carry(self, document: Any) -> Answer:
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        return self.send(a_request("/v1/events", json.dumps(document), headers))

    def listed(self, **query: str) -> list[dict[str, Any]]:
        self.product.now = self.now
        items: list[dict[str, Any]] = self.product.get("/v1/events", **query)["items"]
        return items


def test_a_refused_event_is_listed_with_its_faults_its_key_and_what_to_do() -> None:
    api = Api()
    answer = api.post("deployment", a_deployment(id="xyz", finished_at="yesterday"))
    assert answer.status == 422
    (entry,) = api.listed(status="refused")
    assert entry == {
        "status": "refused",
        "reason": "REFUSED",
        "advice": REASONS["REFUSED"].advice,
        "since": "2026-09-21T14:13:20Z",
        "event_id": None,
        "kind": "deployment",
        "service": None,
        "environment": None,
        "repository": "acme/api",
        "deployment": None,
        "count": 1,
        "last_at": "2026-09-21T14:13:20Z",
        "key": api.key_id,
        "faults": [{"pointer": "/id", "code": "sha"}, {"pointer": "/finished_at", "code": "time"}],
    }
    assert api.listed() == api.listed(reason="REFUSED") == [entry]


def test_of_an_array_those_refused_are_counted_and_their_faults_have_their_places() -> None:
    api = Api()
    good, bad = a_deployment(), a_deployment(id="xyz")
    assert api.post("deployment", [good, bad, good, bad, bad]).status == 202
    (entry,) = api.listed()
    assert (entry["count"], entry["faults"]) == (3, [{"pointer": "/1/id", "code": "sha"}])
    assert api.post("deployment", [good, good, bad]).status == 202
    (entry,) = api.listed()
    assert (entry["count"], entry["faults"]) == (4, [{"pointer": "/2/id", "code": "sha"}])


def test_what_is_refused_alike_is_one_entry_an_hour_that_counts() -> None:
    api = Api()
    for later in (0, 1_000, HOUR, HOUR + 2_000):
        api.now = NOW + later
        assert api.post("deployment", [a_deployment(id="xyz")] * (1 + later // HOUR)).status == 422
    told = [(entry["count"], entry["since"], entry["last_at"]) for entry in api.listed()]
    assert told == [
        (4, "2026-09-21T15:13:20Z", "2026-09-21T15:13:22Z"),
        (2, "2026-09-21T14:13:20Z", "2026-09-21T14:13:21Z"),
    ]


def test_what_is_refused_otherwise_or_by_another_key_or_of_another_repository_is_an_entry_of_its_own() -> None:
    api = Api()
    api.post("deployment", a_deployment(id="xyz"))
    api.post("deployment", a_deployment(id="xyz", url="no"))
    api.post("deployment", a_deployment(id="xyz", repository="acme/web"))
    api.post("incident", {"id": "xyz"})
    api.key = api.a_key(EVENTS_WRITE)[1]
    api.post("deployment", a_deployment(id="xyz"))
    assert [entry["count"] for entry in api.listed()] == [1] * 5
    assert {entry["kind"] for entry in api.listed()} == {"deployment", "incident"}


def test_refused_events_are_found_by_the_service_that_they_name() -> None:
    api = Api()
    api.post("deployment", [a_deployment(id="xyz", service=name) for name in ("shop", "till", "shop")])
    assert [(entry["service"], entry["count"]) for entry in api.listed(service="shop")] == [("shop", 2)]


@pytest.mark.parametrize("wrong", ["https://ci:pw@github.com/acme/api", 5, None, "x" * 900, ["acme/api"]])
def test_a_repository_that_is_none_is_not_named(wrong: object) -> None:
    api = Api()
    api.post("deployment", {"id": SHA, "repository": wrong, "url": "no"})
    (entry,) = api.listed()
    assert (entry["repository"], entry["service"]) == (None, None)


def test_many_services_and_faults_of_one_request_are_bounded() -> None:
    api = Api()
    events = [a_deployment(id="xyz", service=f"s{number}") for number in range(50)]
    api.post("deployment", [*events, {f"x{number}": 1 for number in range(50)}, *([5] * 20)])
    entries = api.listed(limit="100")
    assert len(entries) == MOST_PLACES + 1
    assert sum(entry["count"] for entry in entries) == 71
    api = Api()
    fields = [name for name in EVENT_ROUTES["/v1/events/changes"].names if name != "repository"]
    api.post("change", {**dict.fromkeys(fields, 1.5), "repository": "acme/api"})
    assert len(api.listed()[0]["faults"]) == MOST_FAULTS < len(fields)


UNREADABLE: list[tuple[str | bytes, dict[str, str], int, str]] = [
    ("{", {}, 400, "not_json"),
    ("", {}, 400, "empty_body"),
    ("[]", {}, 422, "too_few"),
    ("{}", {"content-type": "text/plain"}, 415, "unsupported_media_type"),
    ("[" + " " * 1_100_000 + "]", {}, 413, "body_too_large"),
    ("[{}]", {"idempotency-key": "x"}, 400, "invalid_idempotency_key"),
]


@pytest.mark.parametrize(("body", "headers", "status", "code"), UNREADABLE, ids=[each[3] for each in UNREADABLE])
def test_a_body_that_cannot_be_read_is_listed_too(
    body: str | bytes, headers: dict[str, str], status: int, code: str
) -> None:
    api = Api()
    assert api.post_raw("deployment", body, headers).status == status
    (entry,) = api.listed()
    assert (entry["kind"], entry["count"], entry["faults"]) == ("deployment", 1, [{"pointer": "", "code": code}])


def test_refused_cdevents_are_listed() -> None:
    api = Api()
    document = a_document("service.deployed")
    del document["subject"]
    assert api.carry(document).status == 422
    (entry,) = api.listed()
    assert (entry["kind"], entry["count"]) == ("cdevent", 1)
    assert entry["faults"] == [{"pointer": "/subject", "code": "missing"}]


def test_good_events_and_requests_without_a_key_that_may_send_leave_nothing() -> None:
    api = Api()
    for kind, good in GOOD.items():
        assert api.post(kind, good()).status == 202
    bad = a_deployment(id="xyz")
    for key in ("ll_000000000000_" + "x" * 43, "no key", api.a_key(METRICS_READ)[1]):
        assert api.post("deployment", bad, {"authorization": f"Bearer {key}"}).status in (401, 403)
    assert api.listed() == []


def test_a_valid_event_that_could_not_be_taken_is_not_called_refused() -> None:
    api = Api(FlakyQueue(down=0))
    assert api.post("deployment", a_deployment()).status == 503
    assert api.carry(a_document("service.deployed", custom={"commit": SHA, "repository": "acme/api"})).status == 503
    api.table.trouble = "artifact#"
    assert api.carry(a_document("service.deployed")).status == 503
    assert api.listed() == []
    assert api.post("deployment", [a_deployment(), a_deployment(id="xyz")]).status == 503
    assert [entry["count"] for entry in api.listed()] == [1]


@pytest.mark.parametrize("log", [True, False])
def test_a_refusal_is_noted_in_the_requests_one_write_also_without_an_access_log(log: bool) -> None:
    api = Api()
    api.table.write([Put({**AccessSettings(log=log).to_item(), "pk": ACCESS_KEY[0], "sk": ACCESS_KEY[1]})])
    api.post("deployment", a_deployment())  # its key has been used now
    api.table.written.clear()
    api.post("deployment", a_deployment(id="xyz"))
    (together,) = api.table.written
    assert [write.key[0].partition("#")[0] for write in together] == [*(["access"] if log else []), "attention"]
    assert len(api.listed()) == 1


def test_an_answer_and_its_line_in_the_access_log_stand_where_a_refusal_cannot_be_noted() -> None:
    api = Api()
    api.table.trouble = "attention#refused"
    assert api.post("deployment", a_deployment(id="xyz")).status == 422
    assert [item["status"] for item in api.table.query("access#2026-09-21")] == [422]
    assert api.listed() == []


def test_refusals_are_forgotten_after_thirty_days() -> None:
    api = Api()
    api.post("deployment", a_deployment(id="xyz"))
    (item,) = api.table.query("attention#refused")
    assert item["ttl"] == (NOW + 30 * DAY) // 1000


def strange_bodies(kind: str) -> Iterator[Any]:
    """Bodies whose faults stand at places that have names of the sender's, in each field and beside them."""
    good = GOOD[kind]()
    for name in EVENT_ROUTES[ROUTES[kind]].names:
        yield {**good, name: {a_secret(): a_secret(), a_key(): {a_secret(): 1}, f"{a_name()}/0": None}}
        yield {**good, name: [{a_secret(): a_secret()}, {a_secret(): {"x": 1}}]}
        yield {**good, name: {f"{a_secret()}\n": "x", "1234567": f"{a_secret()}\n"}}
    yield {**good, a_secret(): 1, f"{a_secret()}/{a_secret()}": 1, f"{a_secret()}~{a_secret()}": {"labels": 1}}
    yield [{a_secret(): 1}, {**good, a_secret(): {a_secret(): 1}}]
    yield {a_secret(): {a_secret(): 1}, "service": f"https://ci:{a_secret()}@h", "repository": f"x?{a_secret()}"}


@pytest.mark.parametrize("kind", GOOD)
def test_no_value_and_no_field_that_is_not_ours_is_stored(kind: str) -> None:
    api = Api()
    for body in strange_bodies(kind):
        assert api.post(kind, body).status in (202, 422)
    stored = json.dumps(list(api.table.query("attention#refused")))
    assert len(json.loads(stored)) > 5
    assert STEM not in stored
    assert "zqname" not in stored
    assert "1234567" not in stored


def test_no_value_and_no_field_that_is_not_ours_is_stored_of_cdevents() -> None:
    api = Api()
    for custom in ({a_secret(): 1}, {"leadline": {a_secret(): 1, "labels": {f"{a_secret()}\n": 1}}}, a_secret()):
        document = a_document("service.deployed", custom=custom)
        document["subject"] |= {a_secret(): {a_secret(): 1}, "content": {a_secret(): 1}}
        document["context"][a_secret()] = a_secret()
        assert api.carry(document).status == 422
        assert api.carry({a_secret(): document}).status == 422
    stored = json.dumps(list(api.table.query("attention#refused")))
    assert STEM not in stored
    assert len(json.loads(stored)) > 1


@pytest.mark.parametrize("limits", [{"services": ["shop"]}, {"repositories": ["acme/shop"]}], ids=str)
def test_a_limited_key_sees_what_was_refused_of_its_own_and_nothing_of_others(limits: dict[str, list[str]]) -> None:
    api = Api()
    key_id, own = api.a_key(EVENTS_WRITE, METRICS_READ, **limits)
    _, twin = api.a_key(EVENTS_WRITE, METRICS_READ, **limits)
    admin_id, admin = api.a_key(ADMIN)
    mine = a_deployment(id="xyz", service="shop", repository="acme/shop")
    for key in (own, twin, admin):
        api.key = key
        api.post("deployment", mine)
    api.key = own
    api.post("deployment", a_deployment(service="secret", repository="acme/secret"))
    assert api.carry(a_document("service.deployed")).status == 403
    assert {entry["key"] for entry in api.listed()} >= {key_id, admin_id}
    api.product.key = own
    entries = api.listed()
    assert {entry["key"] for entry in entries} == {key_id}
    assert {(fault["pointer"], fault["code"]) for entry in entries for fault in entry["faults"]} == {
        ("/id", "sha"),
        ("/service", "limited_key"),
        ("/repository", "limited_key"),
        ("", "beyond_the_key"),
    }
    assert "secret" not in json.dumps(entries)
    assert [entry["count"] for entry in api.listed(status="refused")] == [1, 1, 1]


def test_refused_events_are_paged_with_everything_else() -> None:
    api = Api()
    assert isinstance(api.queue, MemoryQueue)
    for number in range(5):
        api.now = NOW + number * HOUR
        api.post("deployment", a_deployment(id="xyz"))
    everything = [entry["since"] for entry in api.listed()]
    assert everything == sorted(everything, reverse=True)
    paged, cursor = [], {}
    for _ in range(5):
        page = api.product.get("/v1/events", limit="1", **cursor)
        paged += [entry["since"] for entry in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert (paged, cursor) == (everything, {"cursor": None})
