"""The documentation names only files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests" / "README.md"])
FILES = [
    f"/{path.relative_to(ROOT)}"
    for folder in ("apidoc", "benchmarks", "cli", "functions", "infra", "shared", "tests")
    for path in (ROOT / folder).rglob("*.py")
]
PATH = re.compile(r"`([a-z_]+/[a-z_/*]+\.py)\b")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_named_on_a_page_exist(page: Path) -> None:
    named = {path.replace("*", "") for path in PATH.findall(page.read_text())}
    assert {path for path in named if not any(path.removesuffix(".py") in each for each in FILES)} == set()
