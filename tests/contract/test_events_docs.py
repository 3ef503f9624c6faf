"""docs/events.md says what is so: its examples are taken, and it leaves out no route, field or code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from apidoc.tables import FIELDS, with_tables
from ingest.events_api import ROUTES
from tests.contract.events_api import Answer, EventsApi, a_request

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "events.md").read_text()
EXAMPLES = re.findall(r"```json POST (\S+)\n(.*?)```", DOCS, re.DOTALL)


def post(path: str, body: str) -> Answer:
    api = EventsApi()
    return api.send(a_request(path, body, {"x-api-key": api.key, "content-type": "application/json"}))


@pytest.mark.parametrize(("path", "body"), EXAMPLES)
def test_an_example_is_taken(path: str, body: str) -> None:
    assert post(path, body).status == 202


def test_every_route_has_an_example() -> None:
    assert {path for path, _ in EXAMPLES} == ROUTES.keys()


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_the_tables_of_fields_are_those_that_the_code_declares(page: Path) -> None:
    """`make docs` writes them."""
    assert with_tables(page.read_text()) == page.read_text()


def test_every_event_has_its_table() -> None:
    assert set(re.findall("<!-- fields of (\\w+) -->", DOCS)) == FIELDS.keys()


def test_every_code_is_named() -> None:
    contract = ROOT / "shared" / "leadline" / "contract"
    readers = [
        contract / f"{name}.py"
        for name in ("events", "fields", "numbers", "repository_path", "statuses", "text", "times")
    ]
    files = [
        *(ROOT / "functions" / "ingest").glob("*.py"),
        ROOT / "shared" / "leadline" / "http" / "json_body.py",
        *readers,
    ]
    source = "".join(path.read_text() for path in files)
    used = set(re.findall(r'(?:InvalidValue|_missing|_Unclean|_malformed|_no_items)\(\s*"(\w+)"', source))
    used |= set(re.findall(r'"code": "(\w+)"', source)) | {
        "missing",
        "extra",
        "too_few",
        "too_many",
        "queue_unavailable",
    }
    assert len(used) > 25
    assert {code for code in used if f"`{code}`" not in DOCS} == set()


def test_the_curl_line_is_answered_as_shown() -> None:
    body = re.search(r"-d '(.*?)'\n```\n\n```\n(.*?)\n```", DOCS, re.DOTALL)
    assert body is not None
    assert post("/v1/events/deployments", body[1]).json == json.loads(body[2])


def test_the_problem_is_answered_as_shown() -> None:
    shown = re.search(r'```json\n(\{"type".*?)```', DOCS, re.DOTALL)
    assert shown is not None
    sent = {"id": "7fd1a60", "repository": "https://ci:secret@github.com/acme/api.git"}
    assert post("/v1/events/deployments", json.dumps(sent)).json == json.loads(shown[1])


@pytest.mark.parametrize(("sent", "send"), re.findall(r"^\| `(\S.*?)` \| send (\S+) \|$", DOCS, re.MULTILINE))
def test_a_repository_is_corrected_as_shown(sent: str, send: str) -> None:
    answer = post("/v1/events/deployments", json.dumps({"id": "7fd1a60", "repository": sent}))
    assert answer.json["errors"][0]["detail"].endswith(f"send {send}")
