"""GET /v1/services."""

from __future__ import annotations

import pytest

from leadline.access.keys import METRICS_READ, create_key
from leadline.store.services import Service
from leadline.store.table import Put
from tests.builders import REPOSITORY, a_deployment, at, tell
from tests.unit.query.product_api import NOW, PEPPER, ProductApi

PLAIN = {"production": None, "team": None, "archived": False}


def test_services_are_listed_with_the_repository_each_is_tied_to() -> None:
    api = ProductApi()
    tell(
        api.table,
        a_deployment("c1", at(2)),
        a_deployment("c1", at(3), environment="qa"),
        a_deployment("c1", at(4), repository=None, service="legacy"),
    )
    assert api.get("/v1/services") == {
        "items": [
            {"service": "legacy", "repository": None, "environments": ["production"], **PLAIN},
            {"service": "shop", "repository": REPOSITORY, "environments": ["production", "qa"], **PLAIN},
        ],
        "next_cursor": None,
    }


def test_services_are_paged_in_order_of_name() -> None:
    api = ProductApi()
    names = ["a", "a ", "a\U0010fffe", "b", "é"]
    for name in names:
        api.table.write([Put(Service(name).to_item())])
    found: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = api.get("/v1/services", limit="2", **query)
        found += [item["service"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query = {"cursor": page["next_cursor"]}
    assert found == sorted(names)


def named(api: ProductApi, **query: str) -> list[str]:
    """The services of all pages, two a page."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/v1/services", limit="2", **query, **cursor)
        found += [item["service"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("limited", [False, True])
def test_services_are_listed_by_owner_and_what_is_archived_only_where_it_is_asked_for(limited: bool) -> None:
    api = ProductApi()
    for number, team in enumerate(["pay", "web", None, "pay", "web", "pay", None]):
        extra = {name: value for name, value in (("team", team), ("archived", number % 3 == 1)) if value}
        api.table.write(
            [Put(Service(f"s{number}", extra=extra, production=("live",) if number == 2 else ()).to_item())]
        )
    if limited:
        services = [f"s{number}" for number in range(7)]
        api.key = create_key(api.table, PEPPER, name="tenant", scopes=[METRICS_READ], now=NOW, services=services)[0]
    assert named(api) == ["s0", "s2", "s3", "s5", "s6"]
    assert named(api, archived="true") == ["s1", "s4"]
    assert named(api, archived="any") == [f"s{number}" for number in range(7)]
    assert named(api, team="pay") == ["s0", "s3", "s5"]
    assert named(api, team="web") == []
    assert named(api, team="web", archived="any") == ["s1", "s4"]
    shown = {item["service"]: item for item in api.get("/v1/services", archived="any")["items"]}
    assert (shown["s1"]["team"], shown["s1"]["archived"], shown["s2"]["production"]) == ("web", True, ["live"])
    assert api.refused("/v1/services", "archived=yes") == {("?archived", "choice")}
