"""What is refused, what fails in us and what code hosts answer: none of it repeats a secret anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError

from compute import worker as compute_app
from ingest.events_api import ROUTES as EVENT_ROUTES
from ingest.webhooks import github as github_source
from leadline.access.keys import EVENTS_WRITE, create_key
from leadline.domain.errors import Transient
from leadline.queue import Message
from leadline.telemetry import Failed
from query.routes import ROUTES
from tests.builders import a_deployment, at, event
from tests.laws.canaries import a_key, a_name, a_secret, watched
from tests.laws.posted import a_posted_deployment
from tests.laws.refusals import (
    BODIES,
    GOOD,
    HARMLESS,
    TELLING,
    fields_of,
    headers_with_secrets,
    refused_bodies,
    repositories_with_passwords,
)
from tests.laws.whole import PEPPER, Answer
from tests.vcs.asking import connections_to
from tests.vcs.loopback import Asked, Reply, serving
from tests.webhooks.github import payloads as github
from tests.webhooks.github.examples import post as post_github


def test_events_that_are_refused_are_repeated_nowhere() -> None:
    with watched() as whole:
        for kind, model in EVENT_ROUTES.items():
            for body in refused_bodies(list(model.names), GOOD.get(model.kind, {})):
                answer = whole.send("POST", kind, body)
                assert answer.status in (400, 422), (body, answer.text)
        for repository in repositories_with_passwords():
            answer = whole.send("POST", "/v1/events/deployments", a_posted_deployment("m1", 1, repository=repository))
            assert answer.status == 422
        noted = list(whole.table.query("attention#refused"))
        assert len(noted) > 20


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
        beside = [*headers_with_secrets(), *({name: a_secret()} for name in (*HARMLESS, *TELLING))]
        sent += [whole.send(route.method, plain, body, headers) for headers in beside]
        sent.append(whole.send(route.method, f"{plain}?key={a_key()}", body, key=events_only))
        sent.append(whole.send("TRACE", f"{plain}?key={a_key()}", body))
        if route.body is not None:
            wrong = refused_bodies(fields_of(route.body), {})
            sent += [whole.send(route.method, plain, each, {"if-match": "*"}) for each in wrong]
            unread = [raw.replace(b"%s", a_secret().encode()) for raw in BODIES]
            sent += [whole.send(route.method, plain, raw=raw) for raw in unread]
        assert all(answer.status < 500 for answer in sent)


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
        assert any("unexpected error" in line for line in whole.lines)


def test_what_is_parked_says_why_in_our_words() -> None:
    hopeless = [
        json.dumps(event("weather", {"x": a_name()}, at(1))),
        json.dumps(event("deployment", {"environment": {"x": a_name()}, "status": a_name()}, at(1))),
        json.dumps(event("correction", {"deployment": a_name(), "correction": {"note": a_name()}}, at(1))),
        json.dumps(event("incident", {"id": a_name(), "started_at": a_name()}, at(1))),
        f"{{{a_name()}",
        json.dumps([a_name()]),
    ]
    with watched() as whole:
        for body in hopeless:
            whole.work_for_the_last_time(Message("m", body, "g", ""))
        assert len(whole.dead.sent) == len(hopeless)
        assert all(isinstance(message["MessageAttributes"], dict) for message in whole.dead.sent)
        assert {letter["MessageAttributes"]["reason"]["StringValue"] for letter in whole.dead.sent} >= {
            "MALFORMED",
            "NOT_JSON",
            "UNKNOWN_KIND",
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
