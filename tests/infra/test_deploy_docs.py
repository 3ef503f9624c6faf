"""docs/deploy.md says what the template says: outputs, secrets, rights, and what is left to remove."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aws_cdk.assertions import Template

from tests.infra.test_template import resources, rights, template

__all__ = ["template"]  # the fixture

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
NAMES = {
    "table": "LeadlineTable899ED315",
    "queue": "LeadlineQueue9665B065",
    "dead letters": "LeadlineDeadLetters16258E8E",
}
SECRETS = {
    "keys": "LeadlineKeySecretC0CB1223",
    "webhooks": "LeadlineWebhookSecretA2AC7700",
    "code hosts": "LeadlineVcsSecretAD92CCA9",
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    below = PAGE[PAGE.index(f"\n{heading}\n") :]
    table = re.findall(r"^\|.*\|$", below.split("\n## ")[1 if heading.startswith("## ") else 0], re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_outputs_are_those_of_the_stack(template: Template) -> None:
    listed = re.findall(r"^\| `(\w+)` \| ", PAGE[: PAGE.index("Then create the first key")], re.MULTILINE)
    assert sorted(listed) == sorted(template.find_outputs("*"))


@pytest.mark.parametrize("function", ["ingest", "compute", "query"])
def test_the_rights_are_those_granted(template: Template, function: str) -> None:
    header, _, *lines = rows("## What each function may do")
    (line,) = [dict(zip(header, cells, strict=True)) for cells in lines if cells[0] == function]
    granted = rights(template, function)
    for column, resource in NAMES.items():
        actions = {action.partition(":")[2] for action in granted.get(resource, set())}
        assert set(re.findall(r"`(\w+)`", line[column])) == actions, column
    assert {name for name, secret in SECRETS.items() if secret in granted} == set(line["secrets"].split(", "))


def test_every_secret_is_paid_for_and_removed(template: Template) -> None:
    secrets, alarms = resources(template, "SecretsManager::Secret"), resources(template, "CloudWatch::Alarm")
    assert len(secrets) == 3
    assert f"three secrets | ${0.40 * len(secrets):.2f}" in PAGE
    assert len(alarms) == 6
    assert f"alarms: six | ${0.10 * len(alarms):.2f}" in PAGE
    for name in ("KEY_SECRET_ID", "WEBHOOK_SECRET_ID", "VCS_SECRET_ID"):
        assert f'aws secretsmanager delete-secret --secret-id "${name}"' in PAGE
