"""A setting is declared once: the API, its schema, the item in the table and the docs follow from `SettingValues`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from apidoc.catalogues import settings_table
from leadline.contract.settings_schema import (
    SETTINGS,
    Recounts,
    SettingValues,
    recounted,
    settings_in,
    stored_settings,
)

ROOT = Path(__file__).parents[2]
DECLARED = ROOT / "shared" / "leadline" / "contract" / "settings_schema.py"
OTHER_THINGS = {"timezone", "production", "direct_commits"}
"""Windows, services and deployments have members of these names."""

A_NEW_SETTING = """
import dataclasses, json
from leadline.contract import settings_schema as schema

@dataclasses.dataclass(frozen=True, slots=True)
class WithOneMore(schema.SettingValues):
    freeze_hours: int = schema._setting(
        6 * schema.HOUR, schema._whole(1, 24), "Hours of a freeze.", schema.Recounts.DEPLOYMENTS, scale=schema.HOUR
    )

known = dataclasses.fields(WithOneMore)[-1]
schema.SettingValues = WithOneMore
schema.SETTINGS = (*schema.SETTINGS, schema.Setting(
    known.name, known.name, known.metadata["type"], known.default, known.metadata["description"],
    known.metadata["recounts"], known.metadata["scale"],
))

from apidoc.catalogues import settings_table
from leadline.store.configuration import SETTINGS_KEY
from pydantic import TypeAdapter
from query.config.schemas import SettingsRequest
from tests.contract.configured import configure
from tests.contract.pipeline import Pipeline

api = Pipeline()
shown = api.get("/v1/settings")["freeze_hours"]
configure(api, freeze_hours=7)
refused = api.send("PATCH", "/v1/settings", {"freeze_hours": 25}, if_match="*")
print(json.dumps({
    "default": shown,
    "changed": api.get("/v1/settings")["freeze_hours"],
    "stored": int(api.table.get([SETTINGS_KEY])[SETTINGS_KEY]["freeze_hours"]),
    "faults": sorted(refused.faults),
    "schema": TypeAdapter(SettingsRequest).json_schema()["properties"]["freeze_hours"]["anyOf"][0],
    "documented": "| `freeze_hours` | `6` | Hours of a freeze. | deployments |" in settings_table(),
}))
"""


def test_one_entry_makes_a_setting_of_the_api_the_table_and_the_docs() -> None:
    made = subprocess.run([sys.executable, "-c", A_NEW_SETTING], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert ast.literal_eval(made.stdout.replace("true", "True")) == {
        "default": 6,
        "changed": 7,
        "stored": 7 * 3600 * 1000,
        "faults": [["/freeze_hours", "range"]],
        "schema": {"type": "integer", "minimum": 1, "maximum": 24, "description": "Hours of a freeze."},
        "documented": True,
    }


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.name not in OTHER_THINGS])
def test_a_setting_is_spelled_in_its_entry_only(name: str) -> None:
    attributes = {setting.attribute for setting in SETTINGS if setting.name == name}
    spelled = {
        path
        for folder in ("functions/query", "shared/leadline/store", "shared/leadline/contract")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in {name, *attributes}
    }
    assert spelled <= {DECLARED}


def test_every_setting_survives_the_table() -> None:
    values = SettingValues(timezone="Asia/Kolkata", bots=("*[bot]",), incident_window=5, author_pages=True)
    assert SettingValues(**settings_in(stored_settings(values))) == values
    assert SettingValues(**settings_in({})) == SettingValues()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"timezone": "Asia/Kolkata"}, {Recounts.DEPLOYMENTS, Recounts.POINTS}),
        ({"bots": ("x",)}, {Recounts.DEPLOYMENTS}),
        ({"individuals": "off"}, {Recounts.PEOPLE}),
        ({"production": ("live",), "author_pages": True}, set()),
        ({}, set()),
    ],
)
def test_a_change_recounts_what_its_settings_say(change: dict[str, object], what: set[Recounts]) -> None:
    assert recounted(SettingValues(), SettingValues(**change)) == what  # type: ignore[arg-type]


def test_every_setting_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "api" / "configuration.md").read_text()
    assert settings_table() in page
