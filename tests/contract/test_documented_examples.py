"""What people paste from the documentation fails loudly and names repositories as webhooks do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_documented_curl_fails_loudly(page: Path) -> None:
    lines = re.findall(r"^[^`|]*\bcurl +\S.*$", page.read_text(), re.MULTILINE)
    assert [line for line in lines if "--fail-with-body --retry 3" not in line] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_repository_in_an_example_names_its_host(page: Path) -> None:
    named = re.findall(r'"repository": "([^"]+)"', page.read_text())
    refused_on_purpose = [name for name in named if "://" in name]
    without_host = [name for name in named if "." not in name.partition("/")[0] and name not in refused_on_purpose]
    assert without_host == []
