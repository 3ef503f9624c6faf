"""The client: who gets the key, what is tried again, and what becomes of each item."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadline_cli.client import ATTEMPTS, MAX_BYTES, ApiError, Client, Connection, Rejection, batches, find_connection
from tests.recording_api import KEY, RecordingApi, Reply, recording_api

ROUTE = "/v1/events/changes"


@pytest.fixture
def api() -> Iterator[RecordingApi]:
    with recording_api() as running:
        yield running


class Sleeper:
    def __init__(self) -> None:
        self.pauses: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)


def a_client(api: RecordingApi, sleeper: Sleeper | None = None) -> Client:
    return Client(Connection(api.base_url, KEY), sleep=sleeper or Sleeper(), jitter=lambda: 1.0)


def items(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"number": number, **more} for number in range(count)]


def send(client: Client, sent: list[Any]) -> list[Rejection]:
    return [rejection for _, rejections in client.send(ROUTE, sent) for rejection in rejections]


def numbers(api: RecordingApi) -> list[int]:
    return [item["number"] for item in api.events("changes")]


@pytest.mark.parametrize("status", [0, 408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(api: RecordingApi, status: int) -> None:
    api.first.extend([Reply(status), Reply(status)])
    assert send(a_client(api), items(3)) == []
    assert numbers(api) == [0, 1, 2]
    assert len(api.requests) == 3


def test_pauses_grow_and_end(api: RecordingApi) -> None:
    api.first.extend([Reply(503)] * ATTEMPTS)
    sleeper = Sleeper()
    with pytest.raises(ApiError, match="after 9 attempts: HTTP 503"):
        send(a_client(api, sleeper), items(1))
    assert sleeper.pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_the_pause_a_server_asks_for_is_kept_up_to_two_minutes(api: RecordingApi) -> None:
    asked = ["7", "3600", "Mon, 05 Jan 2026 09:00:00 GMT", "soon"]
    api.first.extend(Reply(429, headers={"retry-after": text}) for text in asked)
    sleeper = Sleeper()
    send(a_client(api, sleeper), items(1))
    assert sleeper.pauses == [7, 120, 2, 4]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 415])
def test_what_cannot_pass_is_not_tried_again_and_the_reason_is_shown(api: RecordingApi, status: int) -> None:
    api.first.append(Reply(status, {"title": "No", "detail": "Because."}))
    with pytest.raises(ApiError, match=f"HTTP {status}, No: Because."):
        send(a_client(api), items(1))
    assert len(api.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_answer_that_sends_elsewhere_is_not_followed(api: RecordingApi, status: int) -> None:
    with recording_api() as stranger:
        api.first.extend([Reply(status, headers={"location": f"{stranger.base_url}{ROUTE}"})] * 2)
        with pytest.raises(ApiError, match=f"HTTP {status}"):
            send(a_client(api), items(1))
        with pytest.raises(ApiError, match=f"HTTP {status}"):
            a_client(api).get("/v1/deployments")
        assert stranger.requests == []


@pytest.mark.parametrize("location", ["http://[bad", "http://a:b:c/", "http://\u00ff\\@x", "", "//"])
def test_a_location_that_is_no_address_is_an_error_with_a_reason(api: RecordingApi, location: str) -> None:
    api.first.append(Reply(302, headers={"location": location}))
    with pytest.raises(ApiError, match="HTTP 302"):
        send(a_client(api), items(1))


def test_a_proxy_from_the_environment_is_used_except_for_this_machine(
    api: RecordingApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", api.base_url)
    client = Client(Connection("http://leadline.example.com", KEY), sleep=Sleeper())
    assert send(client, items(1)) == []
    assert api.requests[0][0].startswith("http://leadline.example.com/")
    with recording_api() as local:
        send(a_client(local), items(1))
        assert [route for route, _ in local.requests] == [ROUTE]


def test_items_that_the_queue_did_not_take_are_sent_again_in_order_and_alone(api: RecordingApi) -> None:
    fault = {"pointer": "/2", "code": "queue_unavailable", "detail": "send it again"}
    events: list[dict[str, Any]] = [{"index": index, "event_id": "x", "status": "queued"} for index in (0, 1)]
    events += [{"index": index, "status": "rejected", "errors": [fault]} for index in (2, 3)]
    api.first.append(Reply(202, {"accepted": 2, "rejected": 2, "events": events}))
    assert send(a_client(api), items(4)) == []
    assert numbers(api) == [2, 3]


def test_rejections_keep_their_place_over_batches_and_name_the_field(api: RecordingApi) -> None:
    def refuse(route: str, item: Any) -> list[dict[str, str]]:
        return [{"pointer": "/number", "code": "x", "detail": "is wrong"}] if item["number"] in (1, 700) else []

    api.refuse = refuse
    assert send(a_client(api), items(1001)) == [
        Rejection(1, ("number is wrong",)),
        Rejection(700, ("number is wrong",)),
    ]
    assert [route for route, _ in api.requests] == [ROUTE] * 3


def test_a_batch_with_nothing_good_in_it_is_no_failure_of_the_request(api: RecordingApi) -> None:
    api.refuse = lambda route, item: [{"pointer": "", "code": "x", "detail": "is bad"}]
    assert send(a_client(api), items(2)) == [Rejection(0, ("is bad",)), Rejection(1, ("is bad",))]


def test_a_refusal_of_the_whole_body_counts_for_each_item(api: RecordingApi) -> None:
    errors = [{"pointer": "/1/number", "code": "x", "detail": "is bad"}]
    api.first.append(Reply(422, {"title": "Invalid events", "detail": "All of it.", "errors": errors}))
    first, second = send(a_client(api), items(2))
    assert first == Rejection(0, ("HTTP 422, Invalid events: All of it.",))
    assert second == Rejection(1, ("number is bad",))


def test_a_body_that_is_found_too_long_is_sent_in_halves(api: RecordingApi) -> None:
    api.first.append(Reply(413, {"title": "Too large"}))
    assert send(a_client(api), items(5)) == []
    assert numbers(api) == [0, 1, 2, 3, 4]
    assert len(api.requests) == 3


def test_an_item_that_alone_is_too_long_is_refused_and_the_others_are_not(api: RecordingApi) -> None:
    api.first.extend([Reply(413), Reply(413, {"title": "Too large"})])
    assert send(a_client(api), items(2)) == [Rejection(0, ("HTTP 413, Too large",))]
    assert numbers(api) == [1]


def test_an_answer_that_loses_count_of_the_events_is_not_believed(api: RecordingApi) -> None:
    api.first.append(Reply(202, {"accepted": 1, "rejected": 0, "events": []}))
    with pytest.raises(ApiError, match="does not account"):
        send(a_client(api), items(2))


def test_batches_hold_at_most_500_items_and_stay_under_the_limit() -> None:
    made = list(batches([{"text": "ö" * 1000}] * 2000))
    assert sum(len(batch) for batch in made) == 2000
    assert all(len(b"[" + b",".join(batch) + b"]") <= MAX_BYTES for batch in made)
    assert all(len(batch) <= 500 for batch in made)
    assert max(len(batch) for batch in batches(range(1200))) == 500


def test_nothing_to_send_asks_nothing(api: RecordingApi) -> None:
    assert send(a_client(api), []) == []
    assert api.requests == []


def test_the_key_goes_in_a_header(api: RecordingApi) -> None:
    send(a_client(api), items(1))
    assert api.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "made-up" not in api.requests[0][0]


def test_the_key_is_not_in_what_is_printed_of_a_connection() -> None:
    assert KEY not in repr(Connection("https://leadline.example.com", KEY))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".leadline").mkdir()
    local = {"base_url": "http://127.0.0.1:8787", "api_key": "ll_local"}
    (tmp_path / ".leadline" / "local.json").write_text(json.dumps(local))
    return tmp_path


def test_without_any_setting_the_local_stack_is_meant(folder: Path) -> None:
    assert find_connection(None, None, {}, folder) == Connection("http://127.0.0.1:8787", "ll_local", local=True)


def test_what_is_given_comes_before_the_environment_and_that_before_the_local_stack(folder: Path) -> None:
    environment = {"LEADLINE_URL": "https://env.example.com/", "LEADLINE_API_KEY": "ll_env"}
    assert find_connection(None, None, environment, folder) == Connection("https://env.example.com", "ll_env")
    given = find_connection("https://given.example.com/v1", "ll_given", environment, folder)
    assert given == Connection("https://given.example.com", "ll_given")


def test_the_local_key_is_never_sent_to_another_address(folder: Path) -> None:
    with pytest.raises(ApiError, match="no key"):
        find_connection("https://leadline.example.com", None, {}, folder)


def test_the_local_stack_is_found_under_its_home(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert find_connection(None, None, {"LEADLINE_HOME": str(folder / ".leadline")}, elsewhere).local
    monkeypatch.setattr("leadline_cli.local_home.CHECKOUT", elsewhere)
    with pytest.raises(ApiError, match="no address"):
        find_connection(None, None, {}, elsewhere)


@pytest.mark.parametrize(
    "url",
    [
        "leadline.example.com",
        "ftp://example.com",
        "https://",
        "https://ada:pw@example.com",
        "http://[bad",
        "http://example.com:port",
    ],
)
def test_an_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="address"):
        find_connection(url, "ll_x", {}, tmp_path)


def test_a_key_with_a_line_break_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="line break") as caught:
        find_connection("https://example.com", "ll_secret\n", {}, tmp_path)
    assert "ll_secret" not in str(caught.value)
