"""A field of an event and a reason are one entry each: whatever shows them follows from that entry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

A_NEW_FIELD = """
import dataclasses, json
from leadline.contract import events, types
from leadline.contract.fields import Field

region = Field("region", types.ENVIRONMENT, "The region that it runs in.")
old = events.DEPLOYMENT
events.DEPLOYMENT = dataclasses.replace(old, fields=(*old.fields, region))
events.EVENT_TYPES = tuple(events.DEPLOYMENT if each is old else each for each in events.EVENT_TYPES)

from apidoc.events import EVENT_SCHEMAS
from apidoc.tables import TABLES
from tests.contract.events_api import SHA, EventsApi

api = EventsApi()
sent = {"id": SHA, "repository": "github.com/acme/api"}
accepted = api.post("deployment", {**sent, "region": "eu-west-1"})
refused = api.post("deployment", {**sent, "region": 7})
print(json.dumps({
    "status": accepted.status,
    "queued": api.queued[0]["data"]["region"],
    "faults": [[fault["pointer"], fault["code"]] for fault in refused.json["errors"]],
    "description": EVENT_SCHEMAS["DeploymentEvent"]["properties"]["region"]["description"],
    "documented": "| `region` |  | The region that it runs in. |" in TABLES["fields of DeploymentEvent"](),
}))
"""

A_NEW_REASON = """
import json
from leadline.contract import reasons

reasons._add("FROZEN", "Nothing is deployed in a freeze.", "Deploy after the freeze.", "Wait for the end of the freeze.")

from apidoc.tables import TABLES
from leadline.contract.reasons import advice_for

print(json.dumps({
    "advice": advice_for("FROZEN"),
    "documented": [line for line in TABLES["reasons"]().splitlines() if "`FROZEN`" in line],
}))
"""


def outcome(program: str) -> Any:
    """What a program prints that adds an entry before anything reads the registry."""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_entry_makes_a_field_of_the_api_the_queue_and_the_docs() -> None:
    assert outcome(A_NEW_FIELD) == {
        "status": 202,
        "queued": "eu-west-1",
        "faults": [["/region", "type"]],
        "description": "The region that it runs in.",
        "documented": True,
    }


def test_one_entry_makes_a_reason_of_the_api_and_the_docs() -> None:
    shown = outcome(A_NEW_REASON)
    assert shown["advice"] == "Nothing is deployed in a freeze. Deploy after the freeze."
    (row,) = shown["documented"]
    assert "Nothing is deployed in a freeze." in row
    assert "Deploy after the freeze." in row
