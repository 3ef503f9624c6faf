"""The pages of docs/connect: their examples work, their templates make what is read, their sources are those there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from leadline.contract.webhook_sources import WEBHOOK_SOURCES
from tests.webhooks.argocd.payloads import a_sync
from tests.webhooks.cdevents.api import CDEventsApi
from tests.webhooks.senders import SENDERS, queued_by

PAGES = Path(__file__).parents[2] / "docs" / "connect"


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text()


def test_every_example_of_a_cdevent_becomes_what_the_page_says() -> None:
    examples = re.findall(r"```json cdevents (\w+)\n(.*?)```", page("cdevents"), re.DOTALL)
    assert len(examples) == 3
    for status, example in examples:
        assert CDEventsApi().result(json.loads(example))["status"] == status


def test_argo_cds_template_makes_json_with_the_fields_that_are_read() -> None:
    body = re.search(r"body: \|\n(.*?\n +}\n)", page("argocd"), re.DOTALL)
    assert body is not None
    made = json.loads(re.sub(r"{{.*?}}", "null", body[1]))
    assert made.keys() == a_sync().keys()
    filled = {**made, **{name: value for name, value in a_sync().items() if name != "service"}, "service": ""}
    assert len(queued_by("argocd", filled)) == 1


@pytest.mark.parametrize("source", WEBHOOK_SOURCES)
def test_every_source_has_a_page_with_its_address_its_secret_and_its_refusals(source: str) -> None:
    text = page(source.replace("_", "-"))
    assert f"/v1/webhooks/{source}" in text
    assert f"leadline webhooks secret {source} " in text
    for wanted in (
        "## Step by step",
        "## What it records",
        "## A healthy delivery",
        "## What each refusal means",
        "401",
        "503",
    ):
        assert wanted in text


@pytest.mark.parametrize("name", ["cdevents", "aws"])
def test_the_other_pages_have_the_same_parts(name: str) -> None:
    text = page(name)
    assert all(
        part in text for part in ("## Step by step", "## What it records", "A healthy delivery", "each refusal means")
    )


def test_every_sender_that_is_tested_is_a_source_that_there_is() -> None:
    assert {sender.source for sender in SENDERS.values()} <= WEBHOOK_SOURCES.keys()
