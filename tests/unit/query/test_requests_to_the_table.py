"""What a request costs in requests to the table, counted on the real client: the number of deployments never shows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from leadline.access.keys import METRICS_READ, create_key
from leadline.domain.roster import Roster
from leadline.store.access import AccessSettings, KeyPlan
from leadline.store.configuration import OrganisationSettings
from leadline.store.dynamodb import DynamoTable
from leadline.store.services import Service
from leadline.store.table import Put
from leadline_local.resources import create_resources
from tests.builders import a_change, a_deployment, a_line, at, commits, tell
from tests.unit.query.generated import a_table
from tests.unit.query.product_api import NOW, PEPPER, ProductApi
from tests.unit.query.test_dora import a_part


class CountedApi(ProductApi):
    """Query on DynamoDB's own client, with what it calls counted. The access log, a put a request, is off but where it is meant."""

    def __init__(self) -> None:
        client = boto3.client("dynamodb")
        settings = create_resources(boto3.Session(), "counted")
        self.calls: Counter[str] = Counter()
        super().__init__(DynamoTable(client, settings.table))
        self.table.write([Put(AccessSettings(log=False).to_item())])
        self.get("/v1/services")  # so that the key's use is noted for this hour
        client.meta.events.register("before-call.dynamodb.*", self._count)

    def _count(self, model: Any, **_: Any) -> None:
        self.calls[model.name] += 1

    def calls_of(self, path: str, **query: str) -> dict[str, int]:
        """By a function that starts cold: nothing is remembered, not even the key."""
        self.app._authenticator._cache.clear()
        self.app._access.settings.forget()
        self.calls.clear()
        self.get(path, **query)
        return dict(self.calls)


@pytest.fixture
def api() -> Iterator[CountedApi]:
    with mock_aws():
        api = CountedApi()
        days = [date(2026, 10, 30) - timedelta(days=days) for days in range(70)]
        parts = [a_part(day, service, author=f"dev-{service}") for day in days for service in ("api", "web")]
        for item in a_table(parts, Roster({})).scan():
            api.table.write([Put(item)])
        yield api


def test_a_report_for_a_service_is_two_requests_with_the_key_check(api: CountedApi) -> None:
    assert api.calls_of("/v1/metrics/dora", service="api", interval="day") == {"BatchGetItem": 1, "Query": 1}
    report = api.dora(service="api", interval="day", group_by="author")
    assert report["metrics"]["deployment_frequency"]["deployments"] == 30
    assert report["previous"]["metrics"]["deployment_frequency"]["deployments"] == 30
    assert [group["key"] for group in report["groups"]] == ["dev-api"]


def test_a_report_for_everything_or_a_team_or_an_author_is_two_requests(api: CountedApi) -> None:
    for query in ({}, {"team": "pay"}, {"author": "dev-api"}, {"author": "dev-api", "service": "api"}):
        assert api.calls_of("/v1/metrics/dora", **query) == {"BatchGetItem": 1, "Query": 1}


def test_groups_cost_a_request_each_and_the_list_of_services_one(api: CountedApi) -> None:
    calls = api.calls_of("/v1/metrics/dora", group_by="service")
    assert calls == {"BatchGetItem": 1, "Query": 1 + 1 + 2}
    calls = api.calls_of("/v1/metrics/dora", group_by="author", service="api")
    assert calls == {"BatchGetItem": 1, "Query": 1 + 1}


def test_production_of_a_services_own_costs_the_list_of_services_where_all_are_asked_for(api: CountedApi) -> None:
    own = Service("web", production=("live",), years={"live": [2026], "production": [2026]})
    rest = Service("api", years={"production": [2026]})
    api.table.write(
        [Put(own.to_item()), Put(rest.to_item()), Put(OrganisationSettings(own_production=("web",)).to_item())]
    )
    # The services; what is production to all but `web` of the one service that is left, and the other one's own.
    assert api.calls_of("/v1/metrics/dora") == {"BatchGetItem": 1, "Query": 1 + 1 + 1}
    assert api.calls_of("/v1/metrics/dora", environment="production") == {"BatchGetItem": 1, "Query": 1}
    assert api.calls_of("/v1/metrics/dora", service="api") == {"BatchGetItem": 1, "Query": 1}
    assert api.calls_of("/v1/metrics/dora", service="web") == {"BatchGetItem": 2, "Query": 1}


def test_a_page_of_deployments_is_read_in_batches() -> None:
    with mock_aws():
        api = CountedApi()
        names = [f"c{number}" for number in range(12)]
        tell(api.table, commits(*a_line(*names)), *(a_change(n, f"c{n}", at(2, n)) for n in range(1, 12)))
        tell(api.table, *(a_deployment("c11" if n else "c0", at(3 + n), deployment_id=f"d{n}") for n in range(20)))
        # The key and settings, the service, headers, parts; the timeline's places in one query.
        calls = api.calls_of("/v1/deployments", service="shop", limit="20")
        assert calls == {"BatchGetItem": 4, "Query": 1}
        found: list[str] = []
        query: dict[str, str] = {"limit": "7"}
        while True:
            page = api.get("/v1/deployments", **query)
            found += [item["deployment_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert found == [f"d{n}" for n in reversed(range(20))]


def test_a_remembered_key_still_brings_fresh_settings(api: CountedApi) -> None:
    api.get("/v1/services")
    api.calls.clear()
    assert api.dora(service="api")["window"]["timezone"] == "UTC"
    assert api.calls == {"BatchGetItem": 1, "Query": 1}
    api.table.write([Put({"pk": "config", "sk": "settings", "timezone": "Asia/Tokyo", "v": 1})])
    assert api.dora(service="api")["window"]["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("method", "path", "body", "calls"),
    [
        ("PUT", "/v1/plans/free", {"per_day": 9}, {"BatchGetItem": 2, "TransactWriteItems": 1}),
        ("PUT", "/v1/teams/pay", {"members": []}, {"BatchGetItem": 2, "TransactWriteItems": 1}),
        ("POST", "/v1/keys", {"name": "ci", "scopes": [METRICS_READ]}, {"BatchGetItem": 1, "TransactWriteItems": 1}),
        ("POST", "/v1/keys/{key}/rotate", {}, {"BatchGetItem": 2, "TransactWriteItems": 1}),
        ("DELETE", "/v1/keys/{key}", None, {"BatchGetItem": 2, "TransactWriteItems": 1}),
        ("POST", "/v1/badges", {"metric": "change_lead_time"}, {"BatchGetItem": 1, "TransactWriteItems": 1}),
    ],
)
def test_an_administrative_change_reads_the_key_that_is_remembered_once_more(
    api: CountedApi, method: str, path: str, body: Any, calls: dict[str, int]
) -> None:
    key_id = api.a_key(METRICS_READ)[3:15]
    api.calls.clear()
    content = {} if body is None else {"body": json.dumps(body), "content_type": "application/json"}
    assert api.request(method, path.format(key=key_id), **content).status in (200, 201, 204)
    assert api.calls == calls


def test_the_access_log_is_one_put_a_request_and_a_plan_with_limits_one_update(api: CountedApi) -> None:
    plans = {"basic": KeyPlan(per_minute=3), "open": KeyPlan()}
    api.table.write([Put(AccessSettings(plans=plans, version=1).to_item())])
    costs = {}
    for plan in ("open", "basic"):
        api.key = create_key(api.table, PEPPER, name=plan, scopes=[METRICS_READ], now=NOW, plan=plan)[0]
        api.app._access.settings.forget()
        api.get("/v1/services")  # reads the key and the settings, and notes that the key was used
        api.calls.clear()
        api.get("/v1/services")
        costs[plan] = dict(api.calls)
    assert costs["open"] == {"Query": 1, "PutItem": 1}
    assert costs["basic"] == {"Query": 1, "PutItem": 1, "UpdateItem": 1}
    api.get("/v1/services")
    assert api.request("GET", "/v1/services").status == 429
    api.calls.clear()
    assert api.request("GET", "/v1/services").status == 429
    assert api.calls == {"PutItem": 1}  # the bound is remembered: only the log is written


def test_a_badge_is_two_requests_and_none_while_it_is_remembered(api: CountedApi) -> None:
    body = json.dumps({"metric": "change_lead_time", "service": ["api"]})
    link = api.request("POST", "/v1/badges", body=body, content_type="application/json").json["link"]
    assert api.calls_of(link) == {"BatchGetItem": 1, "Query": 1}
    api.calls.clear()
    assert api.request("GET", link, key=None).status == 200
    assert api.calls == {}
