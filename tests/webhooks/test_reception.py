"""What holds for every source: whose it is, whether it is signed, and what the answers mean."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from leadline.domain.errors import Transient
from leadline.queue import MemoryQueue
from tests.contract.events_api import FlakyQueue, a_request
from tests.webhooks.github.examples import an_example, post, post_raw
from tests.webhooks.hooks import SECRET, WebhooksApi, hub_signature

PING: dict[str, Any] = {"zen": "Keep it logically awesome."}


def test_a_source_that_is_not_known_is_not_found() -> None:
    answer = WebhooksApi().post("sourceforge", b"{}", {})
    assert answer.status == 404
    assert "github" in answer.json["detail"]
    assert WebhooksApi().post("github/more", b"{}", {}).status == 404
    assert WebhooksApi().post("__init__", b"{}", {}).status == 404


def test_webhooks_are_posted() -> None:
    answer = WebhooksApi().post("github", b"{}", {}, method="GET")
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


def test_a_missing_secret_lets_nobody_in() -> None:
    for secrets in ({}, {"gitlab": SECRET}, {"github": ""}, {"github": "  "}, {"github": []}, {"github": None}):
        api = WebhooksApi(secrets)
        answer = post(api, "ping", PING, secret="")
        assert answer.status == 401, secrets
        assert "set one with `leadline webhooks secret github`" in answer.json["detail"]
        assert api.queued == []


def test_an_unreadable_secret_lets_nobody_in() -> None:
    api = WebhooksApi()
    api.secrets = None
    assert post(api, "ping", PING).status == 503


def test_a_secret_of_another_form_lets_nobody_in() -> None:
    api = WebhooksApi()
    for text in ("", "null", "[]", '"text"', "not json"):
        api.app._webhooks._secrets._read = lambda text=text: text  # type: ignore[union-attr,misc]
        api.now += 60_000
        assert post(api, "ping", PING).status == 503


def test_a_secret_is_read_once_a_minute_and_not_used_longer() -> None:
    api = WebhooksApi()
    for _ in range(3):
        assert post(api, "ping", PING).status == 202
    assert api.secret_reads == 1
    api.secrets = None
    api.now += 59_999
    assert post(api, "ping", PING).status == 202
    api.now += 1
    assert post(api, "ping", PING).status == 503


def test_those_without_a_signature_cannot_make_us_ask_for_the_secret_again_and_again() -> None:
    api = WebhooksApi()
    api.secrets = None
    for _ in range(50):
        assert post(api, "ping", PING).status == 503
    assert api.secret_reads == 1
    api.secrets = {"github": SECRET}
    api.now += 5_000
    assert post(api, "ping", PING).status == 202


def test_while_a_secret_is_rotated_the_new_and_the_old_one_sign() -> None:
    api = WebhooksApi({"github": ["the new one", "the old one"]})
    assert post(api, "ping", PING, secret="the new one").status == 202
    assert post(api, "ping", PING, secret="the old one").status == 202
    assert post(api, "ping", PING, secret="the one before").status == 401


def test_the_signature_is_over_the_bytes_as_sent() -> None:
    body = b'{ "zen" : "caf\xc3\xa9", "n": 1.0 }'
    api = WebhooksApi()
    assert post_raw(api, "ping", body, signature=hub_signature(body)).status == 202
    assert post_raw(api, "ping", json.dumps(json.loads(body)).encode(), signature=hub_signature(body)).status == 401


def test_a_body_that_the_gateway_handed_on_in_base64_is_the_same_body() -> None:
    api, body = WebhooksApi(), b'{"zen": 1}'
    headers = {"x-github-event": "ping", "x-hub-signature-256": hub_signature(body)}
    event = a_request("/v1/webhooks/github", body.decode(), headers)
    encoded = {**event, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    assert [api.app.handle(sent)["statusCode"] for sent in (event, encoded)] == [202, 202]


def test_nothing_is_parsed_before_the_signature_is_good() -> None:
    api, body = WebhooksApi(), b"[" * 100_000
    assert post_raw(api, "ping", body, signature=hub_signature(b"another body")).status == 401
    assert post_raw(api, "ping", body, signature=hub_signature(body)).status == 400


def test_a_body_that_is_not_json_is_refused() -> None:
    api = WebhooksApi()
    for body in (b"", b"zen", b"{", b"\xff", b"[" * 100_000, b'{"n": ' + b"9" * 5_000 + b"}"):
        answer = post_raw(api, "ping", body, signature=hub_signature(body))
        assert answer.status == 400, body[:20]


def test_a_body_over_the_limit_is_refused() -> None:
    api = WebhooksApi()
    body = b'"' + b"x" * 5 * 1024 * 1024 + b'"'
    assert post_raw(api, "ping", body, signature=hub_signature(body)).status == 413


def test_a_signed_payload_that_makes_no_sense_is_ignored_with_what_is_wrong() -> None:
    api = WebhooksApi()
    for payload in ([], None, 7, {}, {"action": "opened"}, {"action": "opened", "repository": {"full_name": "a/b"}}):
        answer = post(api, "pull_request", payload)
        assert answer.status == 202
        assert answer.json["status"] == "ignored"
        assert answer.json["reason"]
    assert answer.json["reason"] == "malformed: number is missing"


def test_what_only_decorates_an_event_is_left_out_rather_than_losing_it() -> None:
    api = WebhooksApi()
    payload = an_example("pull_request", "opened")
    payload["pull_request"]["html_url"] = "javascript:alert(1)"
    payload["pull_request"]["created_at"] = "yesterday"
    assert post(api, "pull_request", payload).json["status"] == "accepted"
    (message,) = api.queued
    assert not {"url", "opened_at"} & message["data"].keys()


def test_what_says_where_an_event_belongs_is_never_guessed() -> None:
    api = WebhooksApi()
    payload = an_example("deployment_status", "created")
    payload["deployment_status"]["environment"] = "e" * 500
    answer = post(api, "deployment_status", payload)
    assert answer.json["status"] == "ignored"
    assert "environment" in answer.json["reason"]
    assert api.queued == []


def test_the_same_delivery_again_is_one_message() -> None:
    api = WebhooksApi()
    payload = an_example("pull_request", "opened")
    first, again = (post(api, "pull_request", payload, delivery="72d3162e").json for _ in range(2))
    assert first == again
    assert len(api.queued) == 1
    other = post(api, "pull_request", payload, delivery="cc78e1f5").json
    assert other["events"][0]["event_id"] == first["events"][0]["event_id"]
    assert len(api.queued) == 2


def test_a_queue_that_is_down_asks_for_the_delivery_again() -> None:
    api = WebhooksApi(queue=FlakyQueue(down=0))
    answer = post(api, "pull_request", an_example("pull_request", "opened"))
    assert answer.status == 503
    assert answer.headers["retry-after"]


def test_a_table_that_is_down_asks_for_the_delivery_again() -> None:
    api = WebhooksApi()

    def fail(*_: object) -> None:
        raise Transient("the table can't be reached")

    api.table.get = fail  # type: ignore[assignment,method-assign]
    assert post(api, "ping", PING).status == 503


def test_a_changed_configuration_counts_within_half_a_minute() -> None:
    api = WebhooksApi()
    issue = an_example("issues", "labeled")
    issue["issue"]["labels"] = [{"name": "outage"}]
    assert post(api, "issues", issue).json["status"] == "ignored"
    api.configure(github={"incident_label": "outage"})
    api.now += 30_000
    assert post(api, "issues", issue).json["status"] == "accepted"


def test_a_fault_of_ours_is_logged_and_does_not_make_the_sender_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    api = WebhooksApi()
    monkeypatch.setattr("ingest.webhooks.github._READERS", {"ping": lambda *_: 1 / 0})
    answer = post(api, "ping", PING)
    assert answer.status == 202
    assert answer.json["status"] == "ignored"
    assert len(api.bugs) == 1
    assert "ZeroDivisionError" in api.bugs[0]


def test_nothing_that_was_sent_is_in_the_log() -> None:
    api = WebhooksApi()
    for payload in (an_example("pull_request", "opened"), an_example("push"), {"action": "a-canary"}):
        post(api, "pull_request", payload)
        post(api, "push", payload, secret="not-the-secret-canary")
    for canary in ("Codertocat", "a-canary", "secret-canary", SECRET, "Hello-World"):
        assert canary not in api.log.getvalue()


def test_no_api_key_is_needed_and_none_helps() -> None:
    api = WebhooksApi(queue=MemoryQueue())
    assert post_raw(api, "ping", b"{}", signature="", authorization="Bearer x").status == 401
