"""Secrets and e-mail addresses sent through everything are found nowhere: not in a log, an item, a message or an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, get_args, get_type_hints
from urllib.parse import quote, urlencode

import pytest
from botocore.exceptions import ClientError

from compute import app as compute_app
from ingest.app import ROUTES as EVENT_ROUTES
from ingest.webhooks import github as github_source
from leadline.auth import EVENTS_WRITE, create_key
from leadline.domain.errors import Transient
from leadline.queue import Message, compose
from leadline.telemetry import Failed
from query.routes import ROUTES
from tests.builders import a_deployment, at
from tests.laws import canaries, everything
from tests.laws.canaries import a_key, a_name, a_secret, an_address, each_text_in_turn, leaks
from tests.laws.posted import a_posted_change, a_posted_deployment, posted_events
from tests.laws.whole import PEPPER, Answer, Whole
from tests.vcs.asking import connections_to
from tests.vcs.loopback import Asked, Reply, serving
from tests.webhooks.bitbucket import payloads as bitbucket
from tests.webhooks.cdevents.documents import CONTENTS, a_document
from tests.webhooks.github import payloads as github
from tests.webhooks.github.examples import post as post_github
from tests.webhooks.gitlab import payloads as gitlab
from tests.webhooks.hooks import hub_signature
from tests.webhooks.senders import SENDERS

DIALECTS = (everything.webhooks_of_code_hosts, everything.webhooks_of_others, everything.cdevents)


@contextmanager
def watched() -> Iterator[Whole]:
    """The whole, at work; nothing may have got away at the end."""
    whole = Whole()
    with whole.logging():
        yield whole
        whole.settle()
    assert len(whole.lines) > 1
    assert leaks(whole) == []


@pytest.mark.parametrize(
    "spoil", [canaries.with_private_parts, canaries.with_users_in_links, canaries.with_secrets_in_queries]
)
def test_what_other_systems_send_beside_what_is_read_goes_nowhere(spoil: Callable[[Any], Any]) -> None:
    with watched() as whole:
        everything.settings(whole)
        whole.spoil = lambda _, payload: spoil(payload)
        for way in DIALECTS:
            way(whole)
        assert sum(answer.status == 202 for answer in whole.answers) > 100
        assert len(whole.queue.ever) > 30


def test_authors_and_labels_lose_their_addresses_on_every_way() -> None:
    with watched() as whole:
        whole.spoil = lambda _, payload: canaries.with_addresses(payload)
        posted_events(whole)
        members = [{"author": f"Ann <{an_address()}>"}, {"author": an_address()}]
        whole.good("PUT", "/v1/teams/payments", {"members": members})
        key = whole.get("/v1/deployments")["items"][0]["key"]
        whole.good("PATCH", f"/v1/deployments/{key}", {"failed": True, "note": f"{an_address()} says so"})
        whole.get("/v1/metrics/dora", author=an_address())


def test_events_that_are_refused_are_repeated_nowhere() -> None:
    with watched() as whole:
        for kind, model in EVENT_ROUTES.items():
            for body in refused_bodies(list(model.model_fields), GOOD.get(model.kind, {})):
                answer = whole.send("POST", kind, body)
                assert answer.status in (400, 422), (body, answer.text)
        for repository in repositories_with_passwords():
            answer = whole.send("POST", "/v1/events/deployments", a_posted_deployment("m1", 1, repository=repository))
            assert answer.status == 422


GOOD: dict[str, dict[str, Any]] = {
    "deployment": a_posted_deployment("m1", 1),
    "change": a_posted_change(1),
    "incident": {"id": "INC-1", "service": "shop", "started_at": at(-20)},
    "commits": {"repository": "github.com/acme/shop", "commits": []},
}


def refused_bodies(fields: list[str], good: dict[str, Any]) -> Iterator[Any]:
    """Bodies with a secret in each field in turn, in forms that no field takes, and beside the fields."""
    for field in fields:
        for wrong in (
            {"x": {"y": a_secret()}},
            [{"x": a_secret()}],
            f"{a_secret()}\n{a_secret()}",
            f"{a_secret()}\x00",
            a_secret() * 9_000,
        ):
            yield {**good, field: wrong}
        if field in ("deployment_id", "service", "environment", "version", "remediates", "severity", "branch"):
            yield {**good, field: a_key()}
            yield {**good, field: f"https://ci:{a_secret()}@ci.acme.dev/1"}
        if field == "url":
            yield {**good, field: f"https://ci.acme.dev/1?token={a_secret()}"}
            yield {**good, field: f"https://ci.acme.dev/1?by={quote(an_address())}"}
    yield {**good, "x_token": a_secret()}
    yield {**good, "x_owner": {"password": a_secret(), "email": an_address()}}
    yield [{"x_token": a_secret()}, a_secret()]
    yield a_secret()


def repositories_with_passwords() -> Iterator[str]:
    for form in (
        "https://ci:{}@github.com/acme/api.git",
        "https://{}@gitlab.com/a/b",
        "ssh://git:{}@h.dev/a/b",
        "{0}:{0}@h.dev:a/b",
    ):
        yield form.format(a_secret())
    yield f"https://github.com/acme/api?token={a_secret()}"
    yield f"https://github.com/acme/api#{a_secret()}"
    yield f"https://ci:pa/{a_secret()}@github.com/acme/api"


BODIES = (
    b'{"id": "%s"',
    b'{"id": "\xff%s"}',
    b'{"a": "%s", "a": 1}',
    b"[" * 30 + b'"%s"' + b"]" * 30,
    b'{"a": NaN, "b": "%s"}',
    b'\xef\xbb\xbf{"a": "%s"}',
    b'"\\ud800%s"',
    b"token=%s",
    b'["%s"' + b" " * 1_100_000 + b"]",
)
"""Bodies that can't be read."""


def headers_with_secrets() -> Iterator[dict[str, str]]:
    for wrong in (f"Bearer {a_secret()}", f"Bearer {a_key()}", f"Basic {a_secret()}", f"{a_secret()} {a_secret()}"):
        yield {"authorization": wrong}
    yield {"x-api-key": a_secret()}
    yield {"x-api-key": a_key(), "authorization": f"Bearer {a_key()}"}


HARMLESS = (
    *(
        "cookie",
        "referer",
        "user-agent",
        "x-request-id",
        "x-amzn-trace-id",
        "x-forwarded-for",
        "forwarded",
        "traceparent",
    ),
    *("x-hub-signature-256", "x-gitlab-token", "x-github-delivery", "if-none-match", "origin", "range", "x-custom"),
)
"""Headers that change nothing of the answer, whatever is in them."""
TELLING = ("accept", "content-type", "content-encoding", "if-match", "accept-encoding", "idempotency-key")


@pytest.mark.parametrize("path", [*EVENT_ROUTES, "/v1/events", "/v1/webhooks/github", "/v1/webhooks/jira"])
def test_a_request_to_ingest_that_is_refused_is_repeated_nowhere(path: str) -> None:
    with watched() as whole:
        for body in BODIES:
            assert whole.send("POST", path, raw=body.replace(b"%s", a_secret().encode())).status in (400, 401, 413)
        for headers in headers_with_secrets():
            assert whole.send("POST", path, [{}], headers).status == 401
        for name in (*HARMLESS, *TELLING):
            whole.send("POST", path, [{}], {name: a_secret()})
        assert whole.send("POST", f"{path}/{a_secret()}?api_key={a_secret()}", [{}]).status in (404, 405)
        assert whole.send("PUT", f"{path}?token={a_key()}", [{}]).status in (404, 405)
        whole.send("POST", f"{path}?api_key={a_key()}", [{}], key=None)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_request_to_query_that_is_refused_is_repeated_nowhere(route: Any) -> None:
    """Every route of the table, so that whoever adds one is checked."""
    with watched() as whole:
        plain = route.path.split("{")[0] + ("0" * 24 if "{" in route.path else "") + route.path.partition("}")[2]
        strange = route.path.split("{")[0] + a_key() + "%0A" + route.path.partition("}")[2]
        body = {} if route.body is not None else None
        events_only = create_key(whole.table, PEPPER, name="ci", scopes=[EVENTS_WRITE], now=whole.now)[0]
        sent: list[Answer] = []
        if "{" in route.path:
            sent.append(whole.send(route.method, strange, body))
        for parameter in route.parameters:
            sent.append(
                whole.send(
                    route.method, f"{plain}?{urlencode({parameter.name: a_secret() + chr(10) + a_secret()})}", body
                )
            )
            sent.append(whole.send(route.method, f"{plain}?{parameter.name}={a_secret()}%ff", body))
        sent.append(whole.send(route.method, f"{plain}?x_token={a_secret()}", body))
        for headers in headers_with_secrets():
            sent.append(whole.send(route.method, plain, body, headers))
        for name in (*HARMLESS, *TELLING):
            sent.append(whole.send(route.method, plain, body, {name: a_secret()}))
        sent.append(whole.send(route.method, f"{plain}?key={a_key()}", body, key=events_only))
        sent.append(whole.send("TRACE", f"{plain}?key={a_key()}", body))
        if route.body is not None:
            for wrong in refused_bodies(_fields(route.body), {}):
                sent.append(whole.send(route.method, plain, wrong, {"if-match": "*"}))
            for raw in BODIES:
                sent.append(whole.send(route.method, plain, raw=raw.replace(b"%s", a_secret().encode())))
        assert all(answer.status < 500 for answer in sent)


def _fields(body: Any) -> list[str]:
    for inner in get_args(body):
        if hasattr(inner, "__annotations__"):
            return list(get_type_hints(inner))
    return list(getattr(body, "__annotations__", {}))


def test_names_are_kept_and_never_logged_whatever_they_are() -> None:
    """Each text of each payload in turn is a name that could be a secret in the wrong place: stored by right, told by nobody."""
    with watched() as whole:
        everything.settings(whole)
        for name, (kind, payload) in bitbucket.EVERY.items():
            for changed in each_text_in_turn(payload):
                whole.hook(bitbucket.post, kind, changed, delivery=name)
        for name, payload in gitlab.EVERY.items():
            for changed in each_text_in_turn(payload):
                whole.hook(gitlab.post, changed, delivery=name)
        for kind, payload in OF_GITHUB.items():
            for changed in each_text_in_turn(payload):
                whole.hook(post_github, kind, changed, delivery=a_name())
        for sender in SENDERS.values():
            for payload in sender.payloads.values():
                for changed in each_text_in_turn(payload):
                    whole.hook(sender.post, changed)
        for name in CONTENTS:
            for changed in each_text_in_turn(a_document(name)):
                whole.carry(changed, "bare")
        for kind, event in (("deployments", "deployment"), ("changes", "change"), ("incidents", "incident")):
            for changed in each_text_in_turn(GOOD[event]):
                whole.tell(kind, changed)
        assert any(canaries.NAME_STEM in str(item) for item in whole.states())


OF_GITHUB = {
    "pull_request": {**github.a_merged_one(), "sender": {"login": "x"}},
    "push": github.a_push(github.a_commit("head")),
    "deployment_status": github.a_deployment_status("success"),
    "issues": github.an_issue(),
}


def test_a_webhook_that_is_not_signed_is_repeated_nowhere() -> None:
    with watched() as whole:
        for source in whole.secrets:
            for name in (
                "x-hub-signature-256",
                "x-hub-signature",
                "x-gitlab-token",
                "x-pagerduty-signature",
                "authorization",
            ):
                for value in (
                    a_secret(),
                    f"sha256={a_secret()}",
                    f"v1={a_secret()}",
                    f"Bearer {a_secret()}",
                    f"Basic {a_secret()}",
                ):
                    body = json.dumps({"x": a_secret()}).encode()
                    assert (
                        whole.send("POST", f"/v1/webhooks/{source}", headers={name: value}, raw=body, key=None).status
                        == 401
                    )
        body = f'{{"x": "{a_secret()}"'.encode()
        signed = {"x-hub-signature-256": hub_signature(body), "x-github-event": a_secret().replace("x", "é")}
        assert whole.send("POST", "/v1/webhooks/github", headers=signed, raw=body, key=None).status == 400


def failing() -> Iterator[Exception]:
    """Failures whose messages repeat a secret, alone and as the cause of another."""
    yield RuntimeError(a_secret())
    yield Transient(a_secret())
    yield KeyError(a_secret())
    answer = {"Error": {"Code": "AccessDenied", "Message": a_secret()}}
    refused = ClientError(answer, "PutItem")  # type: ignore[arg-type]
    yield refused
    caused = Transient(a_secret())
    caused.__cause__ = refused
    yield caused


def test_what_fails_in_us_is_logged_without_what_it_says() -> None:
    with watched() as whole:
        for trouble in failing():
            whole.table.trouble = trouble
            for method, path in (("GET", "/v1/services"), ("POST", "/v1/events/deployments"), ("GET", "/healthz")):
                whole.send(method, path, [GOOD["deployment"]] if method == "POST" else None, key=a_key())
            told = a_deployment("m1", at(1), deployment_id=a_name())
            message = Message(told["event_id"], json.dumps(told), "g", "")
            assert whole.work(message)["batchItemFailures"]
            with suppress(Failed):
                whole.work_for_the_last_time(message)
            with pytest.raises(Failed):
                whole.scheduled("sweep")
        whole.table.trouble = None
        whole.queue.down = True
        assert whole.send("POST", "/v1/events/deployments", GOOD["deployment"]).status == 503
        assert any('"bug"' in line for line in whole.lines)


def test_a_bug_in_applying_an_event_or_reading_a_payload_is_logged_without_what_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: Any) -> Any:
        raise ValueError(a_secret())

    with watched() as whole:
        monkeypatch.setattr(compute_app, "apply_message", fails)
        told = a_deployment("m1", at(1), deployment_id=a_name())
        whole.work_for_the_last_time(Message(told["event_id"], json.dumps(told), "g", ""))
        monkeypatch.setitem(github_source._READERS, "push", fails)
        whole.hook(post_github, "push", github.a_push(github.a_commit("head")))
        assert any("back to the queue" in line for line in whole.lines)


def test_what_is_parked_says_why_in_our_words() -> None:
    hopeless = [
        compose("weather", "wea_1", at(1), {"x": a_name()}),
        compose("deployment", "dep_1", at(1), {"environment": {"x": a_name()}, "status": a_name()}),
        compose("correction", "cor_1", at(1), {"deployment": a_name(), "correction": {"note": a_name()}}),
        compose("incident", "inc_1", at(1), {"id": a_name(), "started_at": a_name()}),
        f"{{{a_name()}",
        json.dumps([a_name()]),
    ]
    with watched() as whole:
        for body in hopeless:
            whole.work(Message("m", body, "g", ""))
        assert len(whole.dead.sent) == len(hopeless)
        assert all(isinstance(message["MessageAttributes"], dict) for message in whole.dead.sent)
        assert {letter["MessageAttributes"]["reason"]["StringValue"] for letter in whole.dead.sent} >= {
            "MALFORMED",
            "NOT_JSON",
        }


def test_code_hosts_are_asked_with_a_token_that_nothing_tells_whatever_they_answer() -> None:
    def answers() -> Iterator[Callable[[Asked], Reply]]:
        for status in (200, 301, 401, 403, 404, 429, 500):
            yield lambda asked, status=status: Reply(  # type: ignore[misc]
                status,
                {"message": a_secret(), "token": asked.headers.get("authorization")},
                {"Location": f"https://h/{a_secret()}"},
            )
        yield lambda _: Reply(200, f"no JSON {a_secret()}".encode())

    with watched() as whole, serving(lambda _: Reply(500, {})) as server:
        hosts = {
            "github.com": {"kind": "github", "api": server.address, "token": a_secret()},
            "gitlab.com": {"kind": "gitlab", "api": server.address, "token": a_secret()},
            "bitbucket.org": {"kind": "bitbucket", "api": server.address, "token": a_secret(), "user": "ci"},
            "git.acme.dev": {"kind": "gitea", "api": server.address, "token": a_secret()},
            "app.dev": {
                "kind": "github",
                "api": server.address,
                "app_id": "1",
                "installation_id": "2",
                "private_key": a_secret(),
            },
            "wrong.dev": {"kind": a_secret(), "api": f"https://ci:{a_secret()}@h"},
        }
        whole.compute._connections = connections_to(hosts, whole.table, whole.clock)  # type: ignore[arg-type]
        for number, answer in enumerate(answers()):
            server.fault = answer
            for host in hosts:
                told = {
                    "repository": f"{host}/acme/shop",
                    "deployment_id": f"{host}-{number}",
                    "finished_at": at(-20) + number,
                }
                whole.tell(
                    "deployments",
                    {"id": f"{number:040x}", **told},
                    {"id": f"{number:039x}f", **told, "deployment_id": f"{host}-b{number}"},
                )
            whole.now += 3_600_000
            whole.scheduled("sweep")
            whole.scheduled("reconcile")
        whole.compute._connections = connections_to({}, whole.table, whole.clock)  # type: ignore[arg-type]
        whole.compute._connections._read = a_secret
        whole.tell("deployments", {**GOOD["deployment"], "id": "f" * 40, "deployment_id": "no-json"})
        assert len(server.asked) > 30


def test_the_commits_of_a_code_host_bring_no_address_along() -> None:
    with watched() as whole:
        everything.code_hosts(whole)
        told = [json.dumps(item) for item in whole.states()] + whole.lines
        assert not [text for text in told if "@example.com" in text]
        assert any('"ada"' in text for text in told)


def test_a_canary_is_seen_wherever_it_gets_away() -> None:
    """The search itself: what is planted in each place is found there."""
    whole = Whole()
    assert leaks(whole) == []
    whole.log.write(f'{{"level": "INFO", "path": "/v1/{a_secret()}"}}\n')
    whole.log.write(f'{{"level": "INFO", "service": "{a_name()}"}}\n')
    whole.table.states["x"] = {"pk": "dep#1", "sk": "dep", "reports": [{"labels": {"by": an_address().upper()}}]}
    whole.table.states["y"] = {"pk": "event#1", "sk": "event", "detail": f"no such {a_name()}"}
    whole.dead.send_message(MessageAttributes={"detail": {"StringValue": a_name()}})
    whole.handled({"statusCode": 400, "headers": {"x": whole.key}, "body": ""})
    assert [leak.partition(":")[0] for leak in leaks(whole)] == ["log", "item", "answer", "log", "trace", "dead letter"]
