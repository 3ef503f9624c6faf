"""GET /v1/services."""

from __future__ import annotations

from leadline.store.services import Service
from leadline.store.table import Put
from tests.builders import REPOSITORY, a_deployment, at, tell
from tests.unit.query.product_api import ProductApi


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
            {"service": "legacy", "repository": None, "environments": ["production"]},
            {"service": "shop", "repository": REPOSITORY, "environments": ["production", "qa"]},
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
