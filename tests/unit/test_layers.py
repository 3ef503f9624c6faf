"""import-linter keeps leadline's packages in layers and free of cycles: a planted import fails it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOMAIN, LAYERS, CYCLES = (
    "The domain imports nothing but itself",
    "The packages of leadline stand in layers",
    "No import cycles in leadline",
)


def broken_contracts(folder: Path) -> set[str]:
    """Those of leadline's contracts that a copy of its packages breaks."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    lines = ["[importlinter]", "root_package = leadline", "include_external_packages = True"]
    lines.append("exclude_type_checking_imports = True")
    for number, contract in enumerate(each for each in contracts if each["name"] in (DOMAIN, LAYERS, CYCLES)):
        lines.append(f"[importlinter:contract:{number}]")
        for option, value in contract.items():
            lines.append(f"{option} = " + ("\n  ".join(["", *value]) if isinstance(value, list) else str(value)))
    (folder / ".importlinter").write_text("\n".join(lines))
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); from importlinter.cli import lint_imports_command as main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "Contracts: " in result.stdout, result.stdout + result.stderr
    return {name for name in (DOMAIN, LAYERS, CYCLES) if f"{name} BROKEN" in result.stdout}


@pytest.mark.parametrize(
    ("file", "planted", "broken"),
    [
        ("store/names.py", "", set()),
        ("store/names.py", "import leadline.store.points", {CYCLES}),
        ("store/names.py", "import leadline.access.keys", {LAYERS, CYCLES}),
        ("domain/errors.py", "import leadline.settings", {DOMAIN, LAYERS}),
        ("another.py", "", {LAYERS}),
    ],
)
def test_a_planted_import_breaks_the_contracts(tmp_path: Path, file: str, planted: str, broken: set[str]) -> None:
    shutil.copytree(ROOT / "shared" / "leadline", tmp_path / "leadline")
    target = tmp_path / "leadline" / file
    text = target.read_text() if target.exists() else ""
    target.write_text(f"{text}\n{planted}\n")
    assert broken_contracts(tmp_path) == broken
