"""The registry of webhook sources: one entry, a translator and a page make a source."""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ingest.messages import ReportedEvent
from ingest.webhooks.delivery import Source, Translation
from ingest.webhooks.signatures import verify_authorization
from leadline.contract.events import INCIDENT
from leadline.contract.webhook_sources import WEBHOOK_SOURCES, WebhookSource
from leadline_cli import webhooks
from tests.webhooks.hooks import SECRET, WebhooksApi

ROOT = Path(__file__).parents[2]
NEW = "statuspage"
CODE_HOSTS = {"github", "gitlab", "bitbucket"}


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that is added by an entry in the registry and a translator, and nothing else."""
    module = ModuleType(f"ingest.webhooks.{NEW}")
    fields = {"id": "P1", "service": "shop", "started_at": "2026-09-21T12:00:00Z"}
    module.SOURCE = Source(  # type: ignore[attr-defined]
        verify_authorization, lambda *_: Translation([ReportedEvent(INCIDENT, fields, 1_789_990_000_000)])
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    entry = WebhookSource(NEW, "Statuspage", "statuspage.md", "incidents", standard_secret=True)
    monkeypatch.setitem(WEBHOOK_SOURCES, NEW, entry)


@pytest.mark.usefixtures("added")
def test_a_source_added_to_the_registry_is_received_with_its_secret() -> None:
    api = WebhooksApi({NEW: SECRET})
    assert api.post(NEW, b"{}", {"authorization": f"Bearer {SECRET}"}).status == 202
    assert [message["kind"] for message in api.queued] == ["incident"]
    assert api.post(NEW, b"{}", {"authorization": "Bearer another"}).status == 401
    assert NEW in api.post("nowhere", b"{}", {}).json["detail"]


@pytest.mark.usefixtures("added")
def test_a_source_added_to_the_registry_can_be_given_a_secret_by_the_command() -> None:
    parser = argparse.ArgumentParser()
    webhooks.register(parser)
    assert parser.parse_args(["secret", NEW, "--generate"]).source == NEW
    assert webhooks._generate(NEW).startswith("whsec_")


def test_a_source_added_to_the_registry_is_in_openapi_and_among_the_routes() -> None:
    """In a process of its own, since both are built when they are imported."""
    script = f"""
from leadline.contract.webhook_sources import WEBHOOK_SOURCES, WebhookSource
WEBHOOK_SOURCES["{NEW}"] = WebhookSource("{NEW}", "Statuspage", "statuspage.md", "incidents")
from apidoc.senders import SENDER_PATHS
from query.routes import EVENT_PATHS
(source,) = SENDER_PATHS["/v1/webhooks/{{source}}"]["post"]["parameters"]
assert "{NEW}" in source["schema"]["enum"]
assert "/v1/webhooks/{NEW}" in EVENT_PATHS
"""
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )


def test_the_product_names_a_source_in_its_entry_and_its_translator_only() -> None:
    names = WEBHOOK_SOURCES.keys() - CODE_HOSTS  # code hosts are also configured and queried, each under its name
    places = {(name, str(path.relative_to(ROOT))) for path in product() for name in names & set(strings(path))}
    assert places <= {
        (name, place)
        for name in names
        for place in ("shared/leadline/contract/webhook_sources.py", f"functions/ingest/webhooks/{name}.py")
    }


def test_the_table_of_the_docs_lists_every_source_with_its_page() -> None:
    table = (ROOT / "docs/connect/README.md").read_text()
    for source in WEBHOOK_SOURCES.values():
        assert f"| {source.title} | [{source.page}]({source.page}) | {source.sends}" in table


def product() -> Iterator[Path]:
    for folder in ("functions", "shared", "cli", "infra", "apidoc"):
        # Examples show how some source is used.
        yield from (path for path in (ROOT / folder).rglob("*.py") if not path.name.startswith("example"))


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
