"""A key limited to some services or repositories sees, lists and sends those, and can't find out about others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.access.key_scope import KeyScope
from leadline.access.keys import CONFIG_WRITE, EVENTS_WRITE, METRICS_READ, create_key
from leadline.store.services import Service
from leadline.store.table import Put
from query.routes import ROUTES
from tests.builders import a_change, a_deployment, a_line, at, commits, tell
from tests.contract.events_api import NOW as EVENTS_NOW
from tests.contract.events_api import SHA, EventsApi
from tests.unit.query.product_api import NOW, PEPPER, ProductApi

MINE, OTHERS = "github.com/acme/shop", "github.com/acme/secret"


def two_tenants() -> ProductApi:
    api = ProductApi()
    for repository, service in ((MINE, "shop"), (OTHERS, "secret")):
        tell(api.table, commits(*a_line(f"{service}1", f"{service}2"), repository=repository))
        tell(api.table, a_change(2, f"{service}2", at(1, 2), repository=repository))
        for number, day in ((1, 2), (2, 3)):
            tell(api.table, a_deployment(f"{service}{number}", at(day), repository=repository, service=service))
    return api


def limited(api: ProductApi, *scopes: str, **limits: list[str]) -> str:
    return create_key(api.table, PEPPER, name="tenant", scopes=scopes or (METRICS_READ,), now=NOW, **limits)[0]


LIMITS: list[dict[str, list[str]]] = [{"services": ["shop"]}, {"repositories": [MINE]}]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_lists_and_metrics_hold_what_the_key_reaches_and_nothing_else(limits: dict[str, list[str]]) -> None:
    api = two_tenants()
    everything = {item["key"]: item["service"] for item in api.get("/v1/deployments")["items"]}
    own = api.dora(service="shop")
    api.key = limited(api, **limits)
    assert [item["service"] for item in api.get("/v1/services")["items"]] == ["shop"]
    assert {item["service"] for item in api.get("/v1/deployments")["items"]} == {"shop"}
    for path in ("/v1/services", "/v1/deployments"):
        page = api.get(path, limit="1")
        assert "secret" not in str(page)
    for query in (
        {},
        {"group_by": "service"},
        {"group_by": "repository"},
        {"group_by": "author"},
        {"interval": "week"},
    ):
        report = api.dora(**query)
        assert report["metrics"] == own["metrics"]
        assert report["previous"]["metrics"] == own["previous"]["metrics"]
        assert "secret" not in str(report)
    for key, service in everything.items():
        assert api.request("GET", f"/v1/deployments/{key}").status == (200 if service == "shop" else 404)


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("path", ["/v1/metrics/dora", "/v1/deployments"])
def test_asking_for_anothers_is_the_same_403_as_asking_for_what_does_not_exist(
    path: str, limits: dict[str, list[str]]
) -> None:
    api = two_tenants()
    key = limited(api, **limits)
    for name, there, not_there in (("service", "secret", "nothing"), ("repository", OTHERS, "github.com/acme/nothing")):
        answers = [api.request("GET", path, f"{name}={value}", key=key) for value in (there, not_there)]
        assert [answer.status for answer in answers] == [403, 403]
        assert answers[0].text == answers[1].text
    assert api.request("GET", path, "service=shop&service=secret", key=key).status == 403
    assert api.request("GET", path, f"service=shop&repository={MINE}", key=key).status == 200


def test_every_route_that_does_not_keep_to_limits_refuses_a_limited_key() -> None:
    api = two_tenants()
    key = limited(api, METRICS_READ, CONFIG_WRITE, EVENTS_WRITE, services=["shop"])
    for route in ROUTES:
        if route.scope is not None and not route.limited:
            path = route.path.replace("{", "").replace("}", "")
            assert api.request(route.method, path, key=key).status == 403, route


@given(
    services=st.sets(st.sampled_from(["shop", "secret", "new"])),
    repositories=st.sets(st.sampled_from([MINE, OTHERS])),
    event=st.fixed_dictionaries(
        {},
        optional={
            "service": st.sampled_from(["shop", "secret", "new", "free"]),
            "repository": st.sampled_from([MINE, OTHERS]),
        },
    ).filter(bool),
)
def test_an_event_that_may_be_sent_touches_nothing_beyond_the_limits(
    services: set[str], repositories: set[str], event: dict[str, str]
) -> None:
    limits = KeyScope(frozenset(services), frozenset(repositories))
    tied = {"shop": MINE, "secret": OTHERS, "free": None}
    if limits and not limits.faults(event, tied):
        service, repository = event.get("service"), event.get("repository")
        assert service is None or limits.reach(service, tied.get(service, repository))
        # A repository is either named by the key, or belongs to a service that the key names already.
        assert (
            repository is None
            or repository in repositories
            or (service in services and tied.get(service) == repository)
        )


def test_events_of_others_are_rejected_one_by_one_with_the_field_that_names_them() -> None:
    api = EventsApi()
    api.key, _ = create_key(
        api.table,
        PEPPER,
        name="ci",
        scopes=[EVENTS_WRITE],
        now=EVENTS_NOW,
        services=["shop"],
        repositories=["acme/shop"],
    )
    sent: list[dict[str, Any]] = [
        {"id": SHA, "service": "shop"},
        {"id": SHA, "repository": "acme/shop"},
        {"id": SHA, "service": "shop", "repository": "acme/shop"},
        {"id": SHA, "service": "secret"},
        {"id": SHA, "service": "shop", "repository": "acme/secret"},
        {"id": SHA, "repository": "acme/secret", "service": "secret"},
    ]
    answer = api.post("deployment", sent)
    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (202, 3, 3)
    faults = [
        [(fault["pointer"], fault["code"]) for fault in event.get("errors", ())] for event in answer.json["events"]
    ]
    assert faults == [
        [],
        [],
        [],
        [("/3/service", "limited_key")],
        [("/4/repository", "limited_key")],
        [("/5/service", "limited_key"), ("/5/repository", "limited_key")],
    ]
    assert len(api.queued) == 3
    assert api.post("change", {"repository": "acme/secret", "number": 1}).status == 422


def test_a_key_for_a_service_may_name_the_repository_it_is_tied_to_and_no_other() -> None:
    api = EventsApi()
    api.table.write([_tie("shop", "acme/shop"), _tie("secret", "acme/secret")])
    for limits, good in (({"services": ["shop"]}, "acme/shop"), ({"repositories": ["acme/shop"]}, "acme/shop")):
        api.key, _ = create_key(api.table, PEPPER, name="ci", scopes=[EVENTS_WRITE], now=EVENTS_NOW, **limits)  # type: ignore[arg-type]
        assert api.post("deployment", {"id": SHA, "service": "shop", "repository": good}).status == 202
        assert api.post("deployment", {"id": SHA, "service": "shop", "repository": "acme/secret"}).status == 422
        assert api.post("deployment", {"id": SHA, "service": "secret", "repository": "acme/shop"}).status == 422
        assert api.post("deployment", {"id": SHA, "service": "secret"}).status == 422


def _tie(service: str, repository: str) -> Any:
    return Put(Service(service, repository).to_item())
