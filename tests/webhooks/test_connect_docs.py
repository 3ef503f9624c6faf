"""docs/connect says what is so: every event and every refusal is on its page, and the configuration shown is one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ingest.webhooks import bitbucket, github, gitlab
from leadline.store.sources import CodeHost, Sources

DOCS = Path(__file__).parents[2] / "docs" / "connect"
HANDLED = {
    "github": set(github._READERS),
    "gitlab": {*gitlab._READERS, "merge_request"},
    "bitbucket": {*bitbucket._READERS, "repo:push"},
}


@pytest.mark.parametrize("source", HANDLED)
def test_every_event_that_is_read_is_on_the_page(source: str) -> None:
    page = (DOCS / f"{source}.md").read_text()
    assert {event for event in HANDLED[source] if f"`{event}`" not in page} == set()


@pytest.mark.parametrize("source", HANDLED)
def test_every_refusal_is_on_the_page_with_what_to_do(source: str) -> None:
    page = (DOCS / f"{source}.md").read_text()
    refusals = page.partition("## What each refusal means")[2]
    assert {status for status in ("400", "401", "404", "413", "503") if status not in refusals} == set()
    assert f"/v1/webhooks/{source}" in page
    assert f"webhooks secret {source} --generate" in page


def test_the_configuration_shown_is_one_and_every_field_of_it_is_explained() -> None:
    page = (DOCS / "README.md").read_text()
    (shown,) = re.findall(r"```json sources\n(.*?)```", page, re.DOTALL)
    sources = Sources.from_item(json.loads(shown))
    for name in (*CodeHost.__dataclass_fields__, "incident_services", "default_service"):
        assert f"| `{name}` |" in page, name
    assert sources.github.release_branches == CodeHost().release_branches
