"""Changes of the configuration: nobody overwrites what he has not seen, none is lost, all are on record."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.access.keys import EVENTS_WRITE, METRICS_READ
from leadline.domain.errors import Conflict
from leadline.store.memory import MemoryTable
from leadline.store.services import SERVICES
from leadline.store.table import Put, Write
from query.changes.outbox import TRIES
from tests.builders import (
    REPOSITORY,
)
from tests.contract.configured import OTHER, SALES, configure, put, sold
from tests.contract.pipeline import Pipeline
from tests.unit.query.product_api import Answer


@pytest.mark.parametrize(("path", "name"), [("/v1/settings", "bots"), ("/v1/services/web", "paths")])
def test_a_change_needs_the_etag_of_what_it_is_made_to(path: str, name: str) -> None:
    api = Pipeline()
    put(api, "web")
    etag = api.request("GET", path).headers["etag"]

    def change(values: list[str], **headers: str) -> Answer:
        return api.send("PATCH", path, {name: values}, **headers)

    assert change(["a"]).status == 428
    assert change(["a"], if_match='"other"').status == 412
    assert change(["a"], if_match="W/" + etag).status == 412
    good = change(["a"], if_match=f'"other", {etag}')
    assert good.status == 200
    assert good.headers["etag"] == api.request("GET", path).headers["etag"] != etag
    assert change(["b"], if_match=etag).status == 412
    assert api.get(path)[name] == ["a"]


def test_a_service_is_made_only_where_there_is_none_if_that_is_asked() -> None:
    api = Pipeline()
    assert api.send("PUT", "/v1/services/web", {}, if_match='"x"').status == 412
    assert api.send("PUT", "/v1/services/web", {}, if_none_match="*").status == 200
    assert api.send("PUT", "/v1/services/web", {}, if_none_match="*").status == 412
    assert api.send("PUT", "/v1/services/web", {}).status == 428


def test_an_etag_stays_while_compute_writes_the_service() -> None:
    api = Pipeline()
    put(api, "till", repository=REPOSITORY)
    etag = api.request("GET", "/v1/services/till").headers["etag"]
    api.tell(*SALES)
    assert api.send("PATCH", "/v1/services/till", {"team": "shop"}, if_match=etag).status == 200


class RacingTable(MemoryTable):
    """Loses the race for a write as often as told."""

    conflicts = 0

    def write(self, writes: list[Write]) -> None:  # type: ignore[override]
        configures = isinstance(writes[0], Put) and writes[0].key[0] in ("config", SERVICES)
        if self.conflicts and configures:
            self.conflicts -= 1
            raise Conflict("somebody else was first")
        super().write(writes)


@pytest.mark.parametrize("path", ["/v1/settings", "/v1/services/web"])
def test_a_lost_race_is_run_again_and_given_up_after_some(path: str) -> None:
    api = Pipeline(RacingTable())
    put(api, "web")
    assert isinstance(api.table, RacingTable)
    api.table.conflicts = TRIES - 1
    body = {"bots": ["a"]} if path == "/v1/settings" else {"team": "a"}
    assert api.send("PATCH", path, body, if_match="*").status == 200
    api.table.conflicts = TRIES
    body = {"bots": ["b"]} if path == "/v1/settings" else {"team": "b"}
    assert api.send("PATCH", path, body, if_match="*").status == 503


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/settings", {"timezone": "Asia/Kolkata"}), ("/v1/services/till", {"paths": ["till/"]})]
)
def test_a_change_that_the_queue_has_not_got_yet_need_not_be_repeated(path: str, body: dict[str, Any]) -> None:
    api = sold({"repository": REPOSITORY})
    history = len(api.get("/v1/history")["items"])
    api.queue.down = True
    answer = api.send("PATCH", path, body, if_match="*")
    assert (answer.status, answer.headers["etag"]) == (200, api.request("GET", path).headers["etag"])
    api.queue.down = False
    again = api.send("PATCH", path, body, if_match="*")
    assert (again.status, again.headers["etag"]) == (200, answer.headers["etag"])
    assert "leadline-job" not in again.headers
    assert len(api.get("/v1/history")["items"]) == history + 1


@pytest.mark.parametrize("path", ["/v1/settings", "/v1/services/web"])
def test_only_who_may_change_the_configuration_changes_it(path: str) -> None:
    api = Pipeline()
    for scope in (METRICS_READ, EVENTS_WRITE):
        key = api.a_key(scope)
        for method in ("PUT", "PATCH"):
            answer = api.request(method, path, key=key, body="{}", content_type="application/json")
            assert answer.status == 403
    assert api.request("GET", "/v1/settings", key=api.a_key(METRICS_READ)).status == 200


def test_each_change_of_the_configuration_is_on_record() -> None:
    api = sold({"repository": OTHER}, {"repository": REPOSITORY})
    configure(api, bots=["*[bot]"])
    newest, changed, created = api.get("/v1/history")["items"]
    assert (newest["kind"], newest["name"], newest["action"]) == ("settings", "settings", "changed")
    assert (newest["before"]["bots"], newest["after"]["bots"]) == ([], ["*[bot]"])
    assert (changed["before"]["repository"], changed["after"]["repository"]) == (OTHER, REPOSITORY)
    assert (created["action"], created["before"], created["after"]["repository"]) == ("created", None, OTHER)
    assert api.get(f"/v1/events/{changed['event_id']}")["status"] == "counted"
    assert created["at"] < changed["at"] < newest["at"]
    assert api.get("/v1/history", kind="service", limit="1")["items"] == [changed]


def test_a_change_to_what_is_so_already_is_no_change() -> None:
    api = sold({"repository": REPOSITORY})
    before = api.get("/v1/history")
    configure(api, "/v1/services/till", repository=REPOSITORY)
    configure(api, timezone="UTC")
    assert api.get("/v1/history") == before
