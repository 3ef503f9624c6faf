"""The commands in the README, typed in order, give the answers that it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.laws.whole import Whole

README = (Path(__file__).parents[2] / "README.md").read_text()
SENT = re.findall(r"^send (\w+) '(.*?)'$", README, re.DOTALL | re.MULTILINE)
READ = re.findall(r"^get '(.*?)'$", README, re.MULTILINE)
AFTER = 1_795_435_200_000
"""2026-11-23T12:00:00Z, after everything in the README has happened."""


def typed() -> tuple[Whole, list[Any]]:
    """All that is sent there, in order, and the answers."""
    whole = Whole()
    whole.now = AFTER
    answers = []
    for kind, body in SENT:
        answers.append(whole.send("POST", f"/v1/events/{kind}", json.loads(body)).json)
        whole.settle()
    return whole, answers


def test_what_is_sent_is_answered_as_shown() -> None:
    _, answers = typed()
    shown = [line for line in README.splitlines() if line.startswith(('{"accepted"', '{"type"'))]
    assert len(shown) == 3
    for line, answer in zip(shown, answers, strict=False):
        known = json.loads(line.replace(", ...}", "}"))
        assert {name: answer[name] for name in known} == known


def test_the_numbers_are_those_shown() -> None:
    whole, _ = typed()
    metrics = whole.good("GET", f"/v1/{READ[0]}")["metrics"]
    lines = re.findall(r'^"(\w+)": (\{.*\}),?$', README, re.MULTILINE)
    assert [name for name, _ in lines] == list(metrics)
    for name, line in lines:
        shown = json.loads(line.replace(', "stages": {...}', "").replace(", ...}", "}"))
        assert {each: rounded(metrics[name][each]) for each in shown} == shown


def test_the_deployment_is_that_shown() -> None:
    whole, _ = typed()
    newest = whole.good("GET", f"/v1/{READ[1]}")["items"][0]
    text = re.search(r'^\{"key".*?\.\.\.\}$', README, re.DOTALL | re.MULTILINE)
    assert text is not None
    shown = json.loads(text[0].replace(", ...}", "}"))
    assert {name: newest[name] for name in shown} == shown


def rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
