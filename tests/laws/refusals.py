"""Requests that are refused, with a secret in each place of them: fields, bodies that can't be read, headers, repositories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints
from urllib.parse import quote

from tests.builders import at
from tests.laws.canaries import a_key, a_secret, an_address
from tests.laws.posted import a_posted_change, a_posted_deployment

GOOD: dict[str, dict[str, Any]] = {
    "deployment": a_posted_deployment("m1", 1),
    "change": a_posted_change(1),
    "incident": {"id": "INC-1", "service": "shop", "started_at": at(-20)},
    "commits": {"repository": "github.com/acme/shop", "commits": []},
    "point": {"name": "review.comments", "value": 3, "id": "p-1", "service": "shop"},
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


def fields_of(body: Any) -> list[str]:
    for inner in get_args(body):
        if hasattr(inner, "__annotations__"):
            return list(get_type_hints(inner))
    return list(getattr(body, "__annotations__", {}))
