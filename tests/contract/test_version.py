"""The version is written once and is the same wherever a user can see it (the stack's output: tests/infra)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from apidoc.document import committed_document as document
from leadline import __version__
from leadline_cli.main import main
from tests.unit.query.product_api import ProductApi

ROOT = Path(__file__).parents[2]


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"leadline {__version__}\n"


def test_healthz_answers_it() -> None:
    answer = ProductApi().request("GET", "/healthz", key=None)
    assert answer.json == {"status": "ok", "version": __version__}


def test_the_openapi_document_is_of_that_version_and_names_the_licence() -> None:
    assert document()["info"]["version"] == __version__
    assert document()["info"]["license"]["identifier"] == "Apache-2.0"


def test_the_changelog_describes_it() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[:2] == ["Unreleased", __version__]


def test_the_package_reads_it_from_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "shared/leadline/__init__.py"
