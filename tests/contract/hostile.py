"""Bad bodies by the thousand: each is a good body with something broken, so each must be refused.

Two sorts: items that are JSON but no event (`break_item`), and bodies that are no clean JSON (`break_body`). Each comes
with the name of what was broken, for the message when one gets through.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.contract import bad_values as bad
from tests.contract.events_api import GOOD, NOW

BAD: dict[str, dict[str, list[Any]]] = {
    "deployment": {
        "id": bad.NOT_A_SHA,
        "repository": bad.NOT_A_REPOSITORY,
        "service": bad.NOT_A_TEXT,
        "environment": bad.NOT_A_TEXT,
        "status": bad.NOT_A_STATUS,
        "started_at": bad.NOT_AN_EVENT_TIME,
        "finished_at": bad.NOT_AN_EVENT_TIME,
        "deployment_id": bad.NOT_A_TEXT,
        "previous_id": bad.NOT_A_SHA,
        "baseline": [0, 1, "true", "false", "", [], {}, "yes"],
        "remediates": bad.NOT_A_TEXT,
        "version": bad.NOT_A_TEXT,
        "url": bad.NOT_A_URL,
        "labels": bad.NOT_LABELS,
    },
    "change": {
        "repository": bad.NOT_A_REPOSITORY,
        "number": bad.NOT_A_NUMBER,
        "author": bad.NOT_A_TEXT,
        "base_branch": bad.NOT_A_TEXT,
        "merge_sha": bad.NOT_A_SHA,
        "head_sha": bad.NOT_A_SHA,
        "commit_shas": bad.NOT_SHAS,
        "first_commit_at": bad.NOT_A_TIME,
        "opened_at": bad.NOT_AN_EVENT_TIME,
        "first_review_at": bad.NOT_AN_EVENT_TIME,
        "approved_at": bad.NOT_AN_EVENT_TIME,
        "merged_at": bad.NOT_AN_EVENT_TIME,
        "paths": bad.NOT_PATHS,
        "labels": bad.NOT_NAMES,
        "head_branch": bad.NOT_A_BRANCH,
        "title": bad.NOT_A_TITLE,
        "url": bad.NOT_A_URL,
    },
    "incident": {
        "id": bad.NOT_A_TEXT,
        "service": bad.NOT_A_TEXT,
        "repository": bad.NOT_A_REPOSITORY,
        "environment": bad.NOT_A_TEXT,
        "started_at": bad.NOT_AN_EVENT_TIME,
        "resolved_at": bad.NOT_AN_EVENT_TIME,
        "deployment": bad.NOT_A_TEXT,
        "severity": bad.NOT_A_TEXT,
        "url": bad.NOT_A_URL,
    },
    "commits": {"repository": bad.NOT_A_REPOSITORY, "branch": bad.NOT_A_TEXT, "commits": bad.NOT_COMMITS},
    "point": {
        "name": bad.NOT_A_METRIC,
        "value": bad.NOT_A_VALUE,
        "time": bad.NOT_AN_EVENT_TIME,
        "service": bad.NOT_A_TEXT,
        "repository": bad.NOT_A_REPOSITORY,
        "environment": bad.NOT_A_TEXT,
        "team": bad.NOT_A_TEXT,
        "author": bad.NOT_A_TEXT,
        "labels": bad.NOT_LABELS,
        "id": bad.NOT_A_TEXT,
    },
}
REQUIRED = {
    "deployment": ["id", "repository"],
    "change": ["repository", "number"],
    "incident": ["id", "service", "started_at"],
    "commits": ["repository", "commits"],
    "point": ["name", "value", "time"],
}
# Fields that are fine, beside the one that is not.
FINE: dict[str, dict[str, Callable[[Random], Any]]] = {
    "deployment": {
        "version": lambda random: f"1.{random.randint(0, 10**6)}",
        "finished_at": lambda random: NOW - random.randint(0, 10**9),
        "labels": lambda random: {"build": str(random.randint(0, 10**6))},
    },
    "change": {
        "author": lambda random: f"dev-{random.randint(0, 10**6)}",
        "opened_at": lambda random: NOW - random.randint(0, 10**9),
    },
    "incident": {"severity": lambda random: f"sev{random.randint(0, 10**6)}"},
    "commits": {"branch": lambda random: f"release/{random.randint(0, 10**6)}"},
    "point": {"labels": lambda random: {"queue": str(random.randint(0, 10**6))}},
}
NO_OBJECTS: list[Any] = [None, True, 0, 1.5, "x", [], [[]], [{}], "{}"]
UNKNOWN = ["Id", "ID ", "repo", "__proto__", "constructor", "", "\x00", "a/b~c", "é", "x" * 3_000, "id\n", "$where"]


def break_item(random: Random, kind: str) -> tuple[str, Any]:
    """An item that is JSON, and no event of this kind."""
    fine = {name: make(random) for name, make in FINE[kind].items() if random.random() < 0.7}
    item = {**GOOD[kind](), **fine}
    how = random.choices(["value", "missing", "unknown", "no object"], weights=[30, 4, 4, 1])[0]
    if how == "value":
        name = random.choice(sorted(BAD[kind]))
        value = random.choice(BAD[kind][name])
        value = value(random) if callable(value) else value
        return f"{name} = {value!r:.80}", {**item, name: value}
    if how == "missing":
        name = random.choice(REQUIRED[kind])
        gone = {key: value for key, value in item.items() if key != name}
        return f"without {name}", gone if random.random() < 0.5 else {**gone, name: None}
    if how == "unknown":
        name = random.choice(UNKNOWN)
        return f"unknown {name!r:.80}", {**item, name: random.choice([1, None, "x", {}, [[]]])}
    value = random.choice(NO_OBJECTS)
    return f"{value!r} for an object", value


def break_body(random: Random, kind: str) -> tuple[str, bytes]:
    """A body that is no clean JSON: broken somewhere in the bytes of a good one."""
    good = {**GOOD[kind](), **{name: make(random) for name, make in FINE[kind].items()}}
    text = json.dumps(random.choice([good, [good], [good, good]]))
    name = random.choice(sorted(BODY_BREAKERS))
    return name, BODY_BREAKERS[name](random, text)


def _insert(random: Random, text: str, *choices: bytes) -> bytes:
    raw = text.encode()
    place = random.randrange(1, len(raw))
    return raw[:place] + random.choice(choices) + raw[place:]


def _with_member(random: Random, text: str, *choices: str) -> bytes:
    """The text with a member more in its first object."""
    return text.replace("{", "{" + random.choice(choices) + ", ", 1).encode("utf-8", "surrogatepass")


def _deep(random: Random) -> str:
    depth = random.choice([21, 30, 100, 900, 5_000, 100_000])
    if random.random() < 0.5:
        return "[" * depth + "]" * random.choice([0, depth])
    return '{"a":' * depth + "1" + "}" * random.choice([0, depth])


def _not_json(random: Random, text: str) -> bytes:
    forms = [
        text.replace('"', "'"),
        text.replace(":", "="),
        f"// hello\n{text}",
        f"{text[:-1]},{text[-1]}",
        f"body={text}",
        f"{text}{text}",
        f"{text}]",
        f"{text},",
        "<deployment/>",
    ]
    return random.choice(forms).encode()


BODY_BREAKERS: dict[str, Callable[[Random, str], bytes]] = {
    "cut short": lambda random, text: text[: random.randrange(1, len(text))].encode(),
    "not UTF-8": lambda random, text: _insert(random, text, b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\x80"),
    "a control character": lambda random, text: _insert(random, text, b"\x00", b"\x01", b"\x1f", b"\x7f\x00"),
    "another encoding": lambda random, text: text.encode(random.choice(["utf-16", "utf-32", "utf-16-le", "utf-32-be"])),
    "byte order mark": lambda _, text: b"\xef\xbb\xbf" + text.encode(),
    "empty": lambda random, _: bytes(random.choices(b" \n\t\r", k=random.randrange(9))),
    "NaN": lambda random, text: _with_member(
        random, text, '"a": NaN', '"id": Infinity', '"a": -Infinity', '"a": [NaN]'
    ),
    "a number too large": lambda random, text: _with_member(
        random, text, f'"number": {"9" * random.randint(31, 9_000)}', '"a": 1e999', '"finished_at": -1e400'
    ),
    "a name twice": lambda random, text: _with_member(
        random, text, '"a": 1, "a": 1', '"labels": {"x": "1", "x": "2"}', '"\\u0061": 1, "a": 2', '"": 1, "": 1'
    ),
    "half a surrogate pair": lambda random, text: _with_member(
        random, text, '"version": "\\ud800"', '"\\udfff": 1', '"labels": {"\\uDBFF": "x"}', '"a": ["\\ud83d\\ud83d"]'
    ),
    "too deep": lambda random, text: _with_member(random, text, f'"labels": {_deep(random)}'),
    "only deep": lambda random, _: _deep(random).encode(),
    "not JSON": _not_json,
    "noise": lambda random, _: bytes([0x80]) + random.randbytes(random.randrange(1, 400)),
    "too large": lambda _, text: text.encode() + b" " * 1024 * 1024,
}
