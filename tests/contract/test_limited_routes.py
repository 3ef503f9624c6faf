"""What a limited key can do with its own, and that another's is answered as what does not exist."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from compute.apply import failed_repeatedly, note_parked
from leadline.access.keys import CONFIG_WRITE, METRICS_READ, create_key
from leadline.contract.event_ids import event_id
from leadline.store.events import event_key
from leadline.store.services import Service
from leadline.store.table import Put
from query.events.events import MAX_LOOKED_AT
from tests.builders import Event, a_change, a_deployment, a_line, an_incident, at, commits, sha
from tests.contract.pipeline import Pipeline
from tests.stored import everything
from tests.unit.query.product_api import NOW, PEPPER, Answer

MINE, OTHERS = "github.com/acme/shop", "github.com/acme/secret"
SERVICE_KEY: dict[str, list[str]] = {"services": ["shop"]}
REPOSITORY_KEY: dict[str, list[str]] = {"repositories": [MINE]}
BOTH = pytest.mark.parametrize("limits", [SERVICE_KEY, REPOSITORY_KEY], ids=["service", "repository"])
UNKNOWN = event_id("dep", "what nobody has told")


@dataclass
class Told:
    """What one tenant has told, each event under an id as ingest gives them."""

    service: str
    change: Event
    deployment: Event
    pending: Event
    parked: Event
    incident: Event

    @property
    def events(self) -> list[Event]:
        return [self.change, self.deployment, self.pending, self.parked, self.incident]


def told_of(repository: str, service: str) -> Told:
    where = {"repository": repository, "service": service}
    events = [
        a_change(2, f"{service}2", at(2), repository=repository),
        a_deployment(f"{service}2", at(3), deployment_id="run-1", **where),
        a_deployment(f"{service}9", at(4), deployment_id="run-2", **where),
        a_deployment(f"{service}2", at(5), deployment_id="run-3", **where),
        an_incident("INC-1", at(3, 15), **where),
    ]
    for each in events:
        each["event_id"] = event_id(each["kind"][:3], json.dumps(each["data"], sort_keys=True))
    return Told(service, *events)


def two_tenants(**limits: list[str]) -> tuple[Pipeline, Told, Told]:
    """The API with a limited key, and what was told of one's own and of another's."""
    api = Pipeline()
    mine, others = told_of(MINE, "shop"), told_of(OTHERS, "secret")
    for repository, told in ((MINE, mine), (OTHERS, others)):
        line = commits(*a_line(f"{told.service}1", f"{told.service}2"), repository=repository)
        api.tell(line, told.change, told.deployment, told.pending, told.incident)
        park(api, told.parked)
    scopes = [METRICS_READ, CONFIG_WRITE]
    if limits:
        api.key = create_key(api.table, PEPPER, name="tenant", scopes=scopes, now=NOW, **limits)[0]  # type: ignore[arg-type]
    return api, mine, others


def park(api: Pipeline, told: Event) -> None:
    note_parked(api.table, json.dumps(told), failed_repeatedly(), told["received_at"] + 1, "group")


def key_of(api: Pipeline, told: Event) -> str:
    """The deployment's key, as who sees everything reads it."""
    key = event_key(told["event_id"])
    return str(api.table.get([key])[key]["deployment"])


def said(answer: Answer) -> tuple[int, str, dict[str, str]]:
    return answer.status, answer.text, answer.headers


@BOTH
def test_what_became_of_ones_own_events_is_told(limits: dict[str, list[str]]) -> None:
    api, mine, _ = two_tenants(**limits)
    assert api.why(mine.deployment) == ("counted", "BASELINE")
    assert api.why(mine.pending) == ("pending", "SHA_NOT_FOUND")
    assert api.why(mine.parked) == ("parked", "FAILED_REPEATEDLY")
    assert api.why(mine.incident)[0] == "counted"
    assert {item["event_id"] for item in api.get("/v1/events")["items"]} == {
        mine.pending["event_id"],
        mine.parked["event_id"],
    }


@BOTH
def test_anothers_event_looks_like_one_that_was_never_told(limits: dict[str, list[str]]) -> None:
    api, _, others = two_tenants(**limits)
    for told in others.events:
        for method, path in (("GET", "/v1/events/{}"), ("POST", "/v1/events/{}/retry")):
            answer, nothing = (api.request(method, path.format(name)) for name in (told["event_id"], UNKNOWN))
            assert answer.status == nothing.status
            assert answer.text.replace(told["event_id"], UNKNOWN) == nothing.text
            assert answer.headers.keys() == nothing.headers.keys()
    assert api.queue.messages == []


def test_a_change_is_told_to_keys_that_name_its_repository_only() -> None:
    by_repository, mine, _ = two_tenants(**REPOSITORY_KEY)
    assert by_repository.why(mine.change) == ("counted", None)
    by_service, mine, _ = two_tenants(**SERVICE_KEY)
    assert by_service.why(mine.change) == ("queued", None)


def test_a_change_tells_nothing_of_a_service_that_has_just_moved_to_anothers_repository() -> None:
    api, mine, _ = two_tenants()
    moved = key_of(api, mine.deployment)
    assert api.trace(mine.change)["deployments"] == [moved]
    answer = api.send("PATCH", "/v1/services/shop", {"repository": OTHERS}, if_match="*")
    assert (answer.status, len(api.queue.messages)) == (200, 1)  # moved, and not derived anew yet
    api.key = create_key(api.table, PEPPER, name="mine", scopes=[METRICS_READ], now=NOW, **REPOSITORY_KEY)[0]  # type: ignore[arg-type]
    assert api.trace(mine.change)["deployments"] == []


@BOTH
def test_a_page_of_what_needs_attention_does_not_show_how_much_others_have(limits: dict[str, list[str]]) -> None:
    api, mine, _ = two_tenants(**limits)
    alone = api.get("/v1/events", limit="2")
    for number in range(MAX_LOOKED_AT + 10):
        pk, sk = "attention#pending", f"{at(20):013d}#{number:024x}"
        api.table.write(
            [Put({"pk": pk, "sk": sk, "service": "secret", "reason": "SHA_NOT_FOUND", "repository": OTHERS})]
        )
    assert api.get("/v1/events", limit="2") == alone
    first = api.get("/v1/events", limit="1")
    second = api.get("/v1/events", limit="1", cursor=first["next_cursor"])
    assert [page["items"][0]["event_id"] for page in (first, second)] == [
        mine.parked["event_id"],
        mine.pending["event_id"],
    ]
    assert second["next_cursor"] is None


@BOTH
def test_attention_can_be_asked_for_ones_own_services_only(limits: dict[str, list[str]]) -> None:
    api, _, _ = two_tenants(**limits)
    assert len(api.get("/v1/events", service="shop")["items"]) == 2
    answers = [api.request("GET", "/v1/events", f"service={name}") for name in ("secret", "nothing")]
    assert [answer.status for answer in answers] == [403, 403]
    assert answers[0].text == answers[1].text


@BOTH
def test_ones_own_parked_event_can_be_retried(limits: dict[str, list[str]]) -> None:
    api, mine, _ = two_tenants(**limits)
    api.ask("POST", f"/v1/events/{mine.parked['event_id']}/retry")
    assert api.why(mine.parked)[0] == "counted"


def test_a_parked_event_that_names_anothers_repository_too_is_nobodys_who_is_limited() -> None:
    api, _, _ = two_tenants(**SERVICE_KEY)
    api.table.write([Put(Service("free", None).to_item())])
    both = told_of(OTHERS, "free").parked
    park(api, both)
    api.key = create_key(api.table, PEPPER, name="free", scopes=[CONFIG_WRITE], now=NOW, services=["free"])[0]
    assert api.request("POST", f"/v1/events/{both['event_id']}/retry").status == 409
    assert api.get("/v1/events")["items"] == []


def test_a_mismatch_is_told_without_the_name_of_the_repository_that_is_anothers() -> None:
    api, _, _ = two_tenants(**SERVICE_KEY)
    crossed = a_deployment("shop2", at(6), service="shop", repository=OTHERS)
    api.tell(crossed)
    trace = api.trace(crossed)
    assert (trace["status"], trace["reason"]) == ("unmatched", "REPOSITORY_MISMATCH")
    assert "secret" not in json.dumps(trace)


@BOTH
def test_a_preview_maps_ones_own_and_is_refused_beyond(limits: dict[str, list[str]]) -> None:
    api, _, _ = two_tenants(**limits)
    asked = {"id": sha("shop2"), "service": "shop", "repository": MINE}
    assert api.ask("POST", "/v1/deployments/preview", asked)["mapping"]["reason"] == "REDEPLOY"
    crossed = {**asked, "repository": OTHERS}
    for body in ({**asked, "service": "secret"}, crossed, {"id": sha("secret2"), "repository": OTHERS}):
        answer = api.send("POST", "/v1/deployments/preview", body)
        assert (answer.status, {code for _, code in answer.faults}) == (422, {"limited_key"})
        unknown = {**body, **({"repository": "github.com/acme/nothing"} if body.get("repository") == OTHERS else {})}
        assert api.send("POST", "/v1/deployments/preview", unknown).text == answer.text


def test_a_key_for_services_must_name_one_in_what_it_sends_and_is_told_so() -> None:
    api, _, _ = two_tenants(**SERVICE_KEY)
    (fault,) = api.send("POST", "/v1/deployments/preview", {"id": sha("shop2"), "repository": MINE}).json["errors"]
    assert (fault["pointer"], fault["code"]) == ("/repository", "limited_key")
    assert "name one of them (shop)" in fault["detail"]


def test_a_service_named_after_a_repository_shows_nothing_to_the_repositorys_key() -> None:
    api = Pipeline()
    for name in ("shop", MINE):
        api.table.write([Put(Service(name, OTHERS).to_item())])
    api.key = create_key(api.table, PEPPER, name="mine", scopes=[METRICS_READ], now=NOW, **REPOSITORY_KEY)[0]  # type: ignore[arg-type]
    answer = api.send("POST", "/v1/deployments/preview", {"id": sha("shop2"), "repository": MINE})
    assert answer.status == 403
    assert "secret" not in answer.text


@BOTH
def test_ones_own_deployments_and_incidents_are_corrected_and_deleted(limits: dict[str, list[str]]) -> None:
    api, mine, _ = two_tenants(**limits)
    path = f"/v1/deployments/{key_of(api, mine.deployment)}"
    assert api.get(path)["failed"] is True
    asked = api.ask("PATCH", path, {"failed": False})
    assert api.get(path)["failed"] is False
    assert api.get(f"/v1/events/{asked['event_id']}")["status"] == "counted"
    api.ask("DELETE", "/v1/incidents", query="service=shop&id=INC-1")
    gone = api.ask("DELETE", path)
    assert api.request("GET", path).status == 404
    assert api.get(f"/v1/events/{gone['event_id']}")["status"] == "counted"


@BOTH
def test_ones_own_correction_that_was_parked_is_listed(limits: dict[str, list[str]]) -> None:
    api, mine, _ = two_tenants(**limits)
    for method, body in (("PATCH", {"failed": False}), ("DELETE", None)):
        asked = api.send(method, f"/v1/deployments/{key_of(api, mine.deployment)}", body).json
        park(api, json.loads(api.queue.messages.pop().body))
        assert asked["event_id"] in {item["event_id"] for item in api.get("/v1/events")["items"]}
        assert api.get(f"/v1/events/{asked['event_id']}")["status"] == "parked"


def test_a_change_is_deleted_by_keys_that_name_its_repository_only() -> None:
    api, _, _ = two_tenants(**REPOSITORY_KEY)
    api.ask("DELETE", "/v1/changes", query=f"repository={MINE}&number=2")
    api, _, _ = two_tenants(**SERVICE_KEY)
    assert api.send("DELETE", "/v1/changes", query=f"repository={MINE}&number=2").status == 404


@BOTH
def test_what_is_anothers_is_changed_by_nobody_else_and_answered_as_what_does_not_exist(
    limits: dict[str, list[str]],
) -> None:
    api, _, others = two_tenants(**limits)
    before = everything(api.table)
    key = key_of(api, others.deployment)
    asked: list[tuple[str, str, str, Any, str, str]] = [
        ("PATCH", f"/v1/deployments/{key}", "", {"failed": True}, key, "0" * 24),
        ("DELETE", f"/v1/deployments/{key}", "", None, key, "0" * 24),
        ("DELETE", "/v1/changes", f"repository={OTHERS}&number=2", None, OTHERS, "github.com/acme/nothing"),
        ("DELETE", "/v1/incidents", "service=secret&id=INC-1", None, "secret", "nothing"),
        ("GET", "/v1/services/secret", "", None, "secret", "nothing"),
        ("PATCH", "/v1/services/secret", "", {"archived": True}, "secret", "nothing"),
    ]
    for method, path, query, body, there, nothing in asked:
        answer = api.send(method, path, body, query, if_match="*")
        same = api.send(method, path.replace(there, nothing), body, query.replace(there, nothing), if_match="*")
        assert answer.status == 404
        assert said(answer) == said(same)
    api.settle()
    assert everything(api.table) == before


@BOTH
def test_ones_own_service_is_read_and_changed_but_not_tied_to_anothers_repository(limits: dict[str, list[str]]) -> None:
    api, _, _ = two_tenants(**limits)
    service = api.request("GET", "/v1/services/shop")
    assert service.json["repository"] == MINE
    api.ask("PATCH", "/v1/services/shop", {"paths": ["till/**"], "repository": MINE}, if_match=service.headers["etag"])
    for repository in (OTHERS, "github.com/acme/nothing", None):
        answer = api.send("PATCH", "/v1/services/shop", {"repository": repository}, if_match="*")
        assert (answer.status, answer.faults) == (422, {("/repository", "limited_key")})
    assert api.get("/v1/services/shop")["repository"] == MINE


def test_a_key_for_two_repositories_may_move_its_service_from_one_to_the_other() -> None:
    other = "github.com/acme/shop-two"
    api, _, _ = two_tenants(repositories=[MINE, other])
    assert api.ask("PATCH", "/v1/services/shop", {"repository": other}, if_match="*")["repository"] == other
