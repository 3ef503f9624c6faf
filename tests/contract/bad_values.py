"""What each sort of field must refuse. A value is given as it is, or as a function that makes one from a Random."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.contract.events_api import NOW, SHA

Makes = Callable[[Random], Any]
HEX = "0123456789abcdef"


def _letters(random: Random, alphabet: str, least: int, most: int) -> str:
    return "".join(random.choices(alphabet, k=random.randint(least, most)))


def _almost_a_sha(random: Random) -> str:
    sha = list(_letters(random, HEX, 7, 64))
    sha[random.randrange(len(sha))] = random.choice("ghxyzO -_/\u0661é\x00")
    return "x" + "".join(sha) if sha[0].isspace() or sha[-1].isspace() else "".join(sha)


def _with_control(random: Random) -> str:
    return f"a{_letters(random, 'abc', 0, 9)}{random.choice(CONTROLS)}{_letters(random, 'abc', 0, 9)}b"


def _repository_with_more(random: Random) -> str:
    protocol = random.choice(["https://", "http://", "ssh://", "git://", "git+ssh://", "HTTPS://", "file:///"])
    user = random.choice(["", "git@", "ci:hunter2@", "x-access-token:ghs_16C7e42F292c6912E7@", "a:b@c@"])
    end = random.choice(["", ".git", "/", "/pull/7", "?ref=main", "#readme", ".GIT/"])
    host = random.choice(["github.com", "git.acme.dev:8443"])
    return f"{protocol}{user}{host}/acme/{_letters(random, 'api', 1, 9)}{end}"


def _repository_with_strange_letters(random: Random) -> str:
    strange = random.choice(" :;,@!$&()*=[]{}|<>é\u0430\x00")
    return f"acme/{_letters(random, 'api', 1, 9)}{strange}{_letters(random, 'xyz', 1, 5)}"


def _no_calendar_day(random: Random) -> str:
    day = random.choice([f"{random.randint(13, 99)}-01", "02-30", f"04-{random.randint(31, 99)}", "00-10", "10-00"])
    return f"{random.randint(2001, 2026)}-{day}T10:00:00Z"


def _no_time_of_day(random: Random) -> str:
    time = random.choice(
        [f"{random.randint(24, 99)}:00:00", f"10:{random.randint(60, 99)}:00", f"10:00:{random.randint(61, 99)}"]
    )
    return f"2026-09-21T{time}Z"


def _naive(random: Random) -> str:
    return f"{random.randint(2001, 2026)}-0{random.randint(1, 9)}-1{random.randint(0, 9)}T10:00:0{random.randint(0, 9)}"


def _no_such_offset(random: Random) -> str:
    return f"2026-09-21T10:00:00{random.choice('+-')}{random.randint(24, 99)}:{random.randint(10, 59)}"


CONTROLS = ["\x00", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ufffe", "\uffff"]
NEVER: list[Any] = [
    {},
    [],
    {"a": {"b": []}},
    [[]],
    [None],
    True,
    "",
    " ",
    "\x00",
    "x" * 5_000,
    {"$ref": "#"},
    _with_control,
]
TOO_LONG: Makes = lambda random: "x" * random.randint(201, 4_000)  # noqa: E731

NOT_A_TEXT = [*NEVER, 0, 1.5, -7, 10**25, ["x"], TOO_LONG, "é" * 101, lambda random: random.randint(-(10**9), 10**9)]
NOT_A_BRANCH = [*NEVER, 0, ["x"], "x" * 256, "é" * 128]
NOT_A_TITLE = [*NEVER, 0, ["x"], "x" * 1_201, "é" * 601]
NOT_A_SHA = [
    *NEVER,
    _almost_a_sha,
    lambda random: _letters(random, HEX, 1, 6),
    lambda random: _letters(random, HEX, 65, 200),
    lambda random: random.randint(10**6, 10**12),
    lambda random: f"v{random.randint(0, 99)}.{random.randint(0, 99)}.0",
    f"{SHA}~1",
    f"0x{SHA}",
    "HEAD",
    "refs/heads/main",
    f"{SHA} {SHA}",
]
NOT_A_REPOSITORY = [
    *NEVER,
    1,
    _repository_with_more,
    _repository_with_more,
    _repository_with_strange_letters,
    lambda random: f"git@github.com:acme/{_letters(random, 'api', 1, 9)}.git",
    lambda random: f"github.com:acme/{_letters(random, 'api', 1, 9)}",
    lambda random: (
        f"{_letters(random, 'api', 1, 9)}{random.choice(['', '/', '//x', '/../x', '/./x', '/x.git', '/x/'])}"
    ),
    lambda random: f"github.com/acme/api/{random.choice(['pull', 'tree', 'issues'])}/{random.randint(1, 999)}",
    "/acme/api",
    "github.com/api",
    "www.github.com/acme/api",
    "acme\\api",
    "acme/api%zz",
    "x/" * 60 + "y",
    "a/" + "b" * 300,
]
NOT_A_TIME = [
    *NEVER,
    _no_calendar_day,
    _no_time_of_day,
    _no_such_offset,
    _naive,
    lambda random: -random.randint(1, 10**15),
    lambda random: 10.0 ** random.randint(17, 300),
    lambda random: str(random.randint(10**17, 10**30)),
    lambda random: random.randint(LATEST, 10**17),
    "2026-09-21",
    "2026-09-21T10:00:00 UTC",
    "2026-09-21T10:00:00+01:99",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "21/09/2026 10:00",
    "now",
    "1e9",
    "-5",
    "\u0662\u0660\u0662\u0666-\u0660\u0669-\u0662\u0661T10:00:00Z",
]
LATEST = 4_102_444_800_000
NOT_AN_EVENT_TIME = [
    *NOT_A_TIME,
    0,
    NOW + 86_400_001,
    "1999-12-31T23:59:59Z",
    lambda random: random.randint(0, 946_684_799),  # before 2000, as seconds
    lambda random: NOW + 86_400_001 + random.randint(0, 10**11),
    lambda random: f"20{random.randint(27, 99)}-01-01T00:00:00Z",
]
NOT_A_URL = [
    *NEVER,
    7,
    "//x",
    "https://",
    "http://[::1",
    "http://x:port/",
    lambda random: f"{random.choice(['ftp', 'javascript', 'data', 'file', 'ws'])}://{_letters(random, 'abc', 1, 9)}/",
    lambda random: f"https://ci:{_letters(random, 'abc', 1, 9)}@acme.dev/",
    lambda random: f"https://acme.dev/{'x' * random.randint(2_000, 3_000)}",
    lambda random: f"https://acme.dev/{_letters(random, 'abc', 1, 9)} {_letters(random, 'abc', 1, 9)}",
]
NOT_A_NUMBER = [
    *NEVER,
    0,
    2**53,
    10**25,
    "1.5",
    "0",
    "\u0667",
    lambda random: -random.randint(0, 10**9),
    lambda random: random.random() * 1000,
    lambda random: f"#{random.randint(1, 1000)}",
]
NOT_A_METRIC = [
    *NEVER,
    7,
    "Review.comments",
    "review comments",
    "review/comments",
    "review#comments",
    "_reviews",
    "9lives",
    "\u0440\u0435\u0432\u044c\u044e",
    lambda random: "x" * random.randint(101, 2_000),
    lambda random: f"{_letters(random, 'abc', 1, 9)}{random.choice('ABC !$%&()*+,:;<=>?@[]^`{|}~é')}x",
]
NOT_A_VALUE = [
    *NEVER,
    "3",
    "0.5",
    [3],
    10**12 + 1,
    -(10**12) - 1,
    1e300,
    10**25,
    0.1234567,
    1e-7,
    lambda random: random.randint(10**12 + 1, 10**20),
    lambda random: random.randint(1, 10**6) + 0.1234567,
    lambda random: str(random.randint(0, 10**6)),
]
NOT_A_STATUS = [
    *NEVER,
    1,
    "completed",
    "success!",
    "\u0443\u0441\u043f\u0435\u0445",
    lambda random: _letters(random, "xyzw", 1, 20),
    lambda random: random.choice(["success", "failed"]) + _letters(random, "xyzw", 1, 9),
]
NOT_A_LIST = [
    "x",
    7,
    {},
    {"0": SHA},
    True,
    "",
    [[]],
    [{}],
    [None],
    [7],
    [True],
    [""],
    [" "],
    lambda random: [_with_control(random)],
]
NOT_SHAS = [*NOT_A_LIST, [SHA] * 2501, lambda random: [SHA] * random.randint(0, 9) + [_almost_a_sha(random)]]
NOT_PATHS = [*NOT_A_LIST, ["x"] * 3001, lambda random: ["x" * random.randint(1, 9), "x" * random.randint(1_001, 2_000)]]
NOT_NAMES = [*NOT_A_LIST, ["x"] * 101, lambda random: ["x" * random.randint(1, 9), "x" * random.randint(201, 2_000)]]
NOT_LABELS = [
    7,
    "x",
    [],
    ["a"],
    {"a": 1},
    {"a": None},
    {"a": {}},
    {"a": True},
    {"a": ""},
    {"": "x"},
    {"a\x00": "b"},
    lambda random: {"a": "b", "x" * random.randint(101, 300): "y"},
    lambda random: {"a": "b", "b": "x" * random.randint(501, 900)},
    lambda random: {"a": "b", "b": _with_control(random)},
    lambda random: {str(number): "x" for number in range(random.randint(21, 200))},
]


def _broken_commit(random: Random) -> list[Any]:
    commit = {"sha": SHA, "parents": [_letters(random, HEX, 40, 40)], "committed_at": random.randint(1, 10**9)}
    broken: list[tuple[str, Any]] = [
        ("sha", _letters(random, HEX, 1, 39)),
        ("sha", _almost_a_sha(random)),
        ("parents", SHA),
        ("parents", [_letters(random, HEX, 41, 63)]),
        ("parents", [None]),
        ("parents", [SHA] * 101),
        ("committed_at", _naive(random)),
        ("committed_at", -random.randint(1, 10**9)),
        ("authored_at", _no_calendar_day(random)),
        ("author", _with_control(random)),
        ("email", "ada@acme.dev"),
        ("cherry_picked_from", "main"),
    ]
    name, value = random.choice(broken)
    good = [dict(commit) for _ in range(random.randint(0, 3))]
    return [*good, {**commit, name: value}]


NOT_COMMITS = [
    "x",
    7,
    {},
    [],
    True,
    [[]],
    [None],
    [{}],
    [{"sha": SHA}],
    [{"sha": SHA, "parents": [], "committed_at": 1}] * 501,
    *[_broken_commit] * 20,
]
