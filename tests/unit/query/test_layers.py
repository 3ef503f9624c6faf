"""import-linter refuses an import cycle, and a resource of the Product API that imports another one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CYCLES = "No import cycles between packages of the Product API"
LAYERS = "The Product API is layered, and its resources never import each other"


@pytest.mark.parametrize(
    ("module", "imported", "broken"),
    [
        ("http/request.py", "query.changes.sending", {CYCLES, LAYERS}),
        ("badges/text.py", "query.dashboards.default", {LAYERS}),
        ("visibility/people.py", "query.records.timelines", {LAYERS}),
        ("badges/text.py", "query.changes.record", set()),
    ],
)
def test_a_planted_import_breaks_the_contracts(tmp_path: Path, module: str, imported: str, broken: set[str]) -> None:
    shutil.copytree(ROOT / "functions" / "query", tmp_path / "query")
    with (tmp_path / "query" / module).open("a") as source:
        source.write(f"\nimport {imported}\n")
    assert _broken(tmp_path) == broken


def _broken(folder: Path) -> set[str]:
    """The names of the Product API's contracts that the package in this folder breaks."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    broken = set()
    for contract in contracts:
        if contract["name"] in (CYCLES, LAYERS):
            config = folder / "contract.toml"
            config.write_text(_as_toml(contract))
            run = subprocess.run(
                [Path(sys.executable).with_name("lint-imports"), "--config", str(config), "--no-cache"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT / "shared")])},
                capture_output=True,
                text=True,
                check=False,
            )
            if run.returncode:
                assert f"{contract['name']} BROKEN" in " ".join(run.stdout.split()), run.stdout + run.stderr
                broken.add(contract["name"])
    return broken


def _as_toml(contract: dict[str, object]) -> str:
    lines = "\n".join(f"{name} = {_value(value)}" for name, value in contract.items())
    return f'[tool.importlinter]\nroot_package = "query"\n\n[[tool.importlinter.contracts]]\n{lines}\n'


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'
