"""Canaries: texts that are nowhere else, put where secrets and addresses of persons stand, so that each one that got away is seen.

Secrets and addresses hold `STEM`. Names, which are stored and answered by right but never logged, hold `NAME_STEM`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.laws.whole import Whole

STEM, NAME_STEM = "zqcanary", "zqname"
_numbers = count(1)

_PRIVATE = re.compile(r"e-?mail|committer_email|author_email|public_email|notification", re.IGNORECASE)
_TOKEN = re.compile(r"llb?_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")
_MESSAGES = ("message", "body", "description", "title_html", "raw")


def a_secret() -> str:
    return f"{STEM}{next(_numbers)}x"


def an_address() -> str:
    """Of a person whose name, which may be kept, is no canary."""
    return f"person-mail@{a_secret()}.example"


def a_key() -> str:
    """What looks like a key of ours, and is none."""
    return f"ll_0123456789ab_{a_secret():x<43}"


def a_name() -> str:
    return f"{NAME_STEM}{next(_numbers)}x"


def with_private_parts(value: Any) -> Any:
    """The payload with unknown fields, addresses and messages that hold canaries, and trailers that name who else wrote it."""
    if isinstance(value, list):
        return [with_private_parts(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    planted: dict[str, Any] = {}
    for name, inner in value.items():
        if _PRIVATE.search(name) and isinstance(inner, str | None):
            planted[name] = an_address()
        elif name in _MESSAGES and isinstance(inner, str):
            trailers = (
                f"\n\nCo-authored-by: Eve <{an_address()}>\nSigned-off-by: Eve <{an_address()}>\nToken: {a_secret()}"
            )
            planted[name] = inner + trailers
        else:
            planted[name] = with_private_parts(inner)
    return {**planted, "x_token": a_secret(), "x_owner": {"email": an_address(), "password": a_secret()}}


def with_addresses(value: Any) -> Any:
    """Events of the Events API with addresses in the place of authors and in labels' values."""
    if isinstance(value, list):
        return [with_addresses(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    planted = {name: with_addresses(inner) for name, inner in value.items()}
    if isinstance(planted.get("author"), str):
        planted["author"] = f"{planted['author']} <{an_address()}>"
    if isinstance(planted.get("labels"), dict):
        planted["labels"] = {**planted["labels"], "by": an_address(), "for": f"asked for by {an_address()}, twice"}
    if "title" in planted:
        planted["title"] = f"Revert what {an_address()} did"
    return planted


def with_users_in_links(value: Any) -> Any:
    """The payload with a user and password in every link."""
    return _links(value, lambda link: re.sub(r"^(\w+://)", rf"\1ci:{a_secret()}@", link))


def with_secrets_in_queries(value: Any) -> Any:
    """The payload with a token in the query of every link."""
    return _links(value, lambda link: f"{link}{'&' if '?' in link else '?'}access_token={a_secret()}")


def _links(value: Any, change: Any) -> Any:
    if isinstance(value, list):
        return [_links(inner, change) for inner in value]
    if isinstance(value, dict):
        return {name: _links(inner, change) for name, inner in value.items()}
    return change(value) if isinstance(value, str) and re.match(r"\w+://", value) else value


def each_text_in_turn(payload: Any) -> Iterator[Any]:
    """The payload once for each text in it, with a name of ours in that text's place."""
    text = json.dumps(payload)
    for place in range(len(list(_texts(payload)))):
        changed = json.loads(text)
        holder, name = list(_texts(changed))[place]
        holder[name] = a_name()
        yield changed


def _texts(value: Any) -> Iterator[tuple[Any, Any]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        if isinstance(inner, str):
            yield value, name
        yield from _texts(inner)


def leaks(whole: Whole) -> list[str]:
    """Everything that holds a secret or address: log lines, any state of any item, answers, messages, dead letters."""
    made = (token for answer in whole.answers if answer.carries_secret for token in _TOKEN.findall(answer.text))
    own = [whole.key, *made, *_values(whole.secrets)]
    found = [f"{place}: {text[:400]}" for place, text in _everywhere(whole) if _holds(text, [STEM, *own])]
    found += [f"{place}: {text[:400]}" for place, text in told_by_us(whole) if _holds(text, [NAME_STEM, "person-"])]
    return found


def _everywhere(whole: Whole) -> Iterator[tuple[str, str]]:
    yield from (("log", line) for line in whole.lines)
    yield from (("item", json.dumps(item, ensure_ascii=False)) for item in whole.states())
    yield from (("message", f"{message.body} {message.group} {message.deduplication}") for message in whole.queue.ever)
    yield from (("dead letter", json.dumps(message, ensure_ascii=False)) for message in whole.dead.sent)
    yield from (("answer", f"{answer.headers} {answer.text}") for answer in whole.answers if not answer.carries_secret)


def told_by_us(whole: Whole) -> Iterator[tuple[str, str]]:
    """What is written in our words, where not even a name belongs."""
    yield from (("log", line) for line in whole.lines)
    for item in whole.states():
        if item["pk"].startswith("access#"):
            yield "access log", json.dumps(item)
        if item["pk"].startswith("event#"):
            yield "trace", f"{item.get('reason')} {item.get('detail')}"
        if item["pk"] == "attention#refused":
            told = {name: value for name, value in item.items() if name not in ("service", "repository")}
            yield "refused", json.dumps(told)
    for message in whole.dead.sent:
        yield "dead letter", json.dumps(message["MessageAttributes"])


def _holds(text: str, wanted: list[str]) -> bool:
    plain = text.lower()
    return any(one.lower() in plain or base64.b64encode(one.encode()).decode().rstrip("=") in text for one in wanted)


def _values(secrets: dict[str, Any]) -> list[str]:
    return sorted({str(value) for value in secrets.values()})


@contextmanager
def watched() -> Iterator[Whole]:
    """The whole, at work; nothing may have got away at the end."""
    whole = Whole()
    with whole.logging():
        yield whole
        whole.settle()
    assert len(whole.lines) > 1
    assert leaks(whole) == []
