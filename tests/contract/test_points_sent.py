"""POST /v1/events/metrics: what is taken, as what, and what tells one point from another."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.access.keys import EVENTS_WRITE, create_key
from tests.contract.events_api import NOW, PEPPER, EventsApi, a_point


@pytest.fixture
def api() -> EventsApi:
    return EventsApi()


@pytest.mark.parametrize(
    ("sent", "millionths"),
    [
        (3, 3_000_000),
        (3.0, 3_000_000),
        (-0.5, -500_000),
        (0, 0),
        (-0.0, 0),
        (0.000001, 1),
        (0.1, 100_000),
        (1e12, 10**18),
        (-(10**12), -(10**18)),
        (999_999_999.999999, 999_999_999_999_999),
        (123456789012.5, 123_456_789_012_500_000),
    ],
)
def test_a_value_is_kept_in_whole_millionths(api: EventsApi, sent: float, millionths: int) -> None:
    assert api.data_of("point", a_point(value=sent))["value"] == millionths


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("3", "type"),
        (True, "type"),
        (1e12 + 1, "range"),
        (-1e13, "range"),
        (0.0000001, "decimals"),
        (0.1234567, "decimals"),
        (123456789012.123456, "decimals"),
    ],
)
def test_a_value_that_would_not_be_kept_exactly_is_refused(api: EventsApi, sent: Any, code: str) -> None:
    assert api.post("point", a_point(value=sent)).faults == {("/value", code)}
    assert api.queued == []


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_value_that_is_no_number_is_no_json(api: EventsApi, text: str) -> None:
    assert api.post_raw("point", f'{{"name": "x", "id": "1", "value": {text}}}').status == 400


def test_without_an_id_a_point_needs_its_time_or_a_second_one_could_not_be_told_from_a_resend(api: EventsApi) -> None:
    bare = {"name": "review.comments", "value": 1}
    assert api.post("point", bare).faults == {("/time", "missing")}
    assert api.data_of("point", {**bare, "id": "c-1"}) == {
        "name": "review.comments",
        "value": 1_000_000,
        "environment": "production",
        "id": "c-1",
    }
    assert api.data_of("point", {**bare, "time": NOW})["time"] == NOW


def test_an_idempotency_key_is_a_points_id(api: EventsApi) -> None:
    bare = {"name": "review.comments", "value": 1}
    assert api.post("point", bare, {"idempotency-key": '"c-1"'}).status == 202
    assert api.queued[-1]["data"]["id"] == "c-1"
    assert api.post("point", {**bare, "id": "c-2"}, {"idempotency-key": "c-1"}).status == 400
    assert api.post("point", [bare], {"idempotency-key": "c-1"}).status == 400


def test_a_service_says_where_a_point_belongs_and_a_repository_only_without_it(api: EventsApi) -> None:
    both = api.data_of("point", a_point(service="till", repository="acme/api"))
    assert (both["service"], both.get("repository")) == ("till", None)
    assert api.data_of("point", a_point(service=None, repository="acme/api"))["repository"] == "acme/api"


def test_points_of_one_metric_are_worked_in_turn_and_metrics_side_by_side(api: EventsApi) -> None:
    told = [a_point(name=name, id=f"{name}-{count}") for count in range(2) for name in ("builds", "reviews")]
    assert api.post("point", told).json["accepted"] == 4
    assert [message.group for message in api.queue.messages] == ["metric:builds", "metric:reviews"] * 2  # type: ignore[attr-defined]


def test_a_limited_key_sends_points_of_its_own_services_only(api: EventsApi) -> None:
    key, _ = create_key(api.table, PEPPER, name="till", scopes=[EVENTS_WRITE], now=NOW, services=["till"])

    def sent(**fields: Any) -> set[tuple[str, str]]:
        return api.post("point", a_point(**fields), {"authorization": f"Bearer {key}"}).faults

    assert sent(service="till") == set()
    assert sent(service="till", repository="acme/other") == set()  # which is not looked at
    assert sent(service="shop") == {("/service", "limited_key")}
    assert sent(service=None, repository="acme/shop") == {("/repository", "limited_key")}
    assert sent(service=None) == {("", "limited_key")}
    assert {message["data"]["service"] for message in api.queued} == {"till"}
