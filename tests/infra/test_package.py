"""What `pip install` brings: packages named leadline*, and the functions' code as data of the construct."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from leadline import __version__
from leadline_cdk.bundles import DISTRIBUTIONS
from leadline_cdk.paths import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.iterdir()
    return zipfile.ZipFile(made)


def test_every_top_level_name_begins_with_leadline(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert top == {
        "leadline", "leadline_cli", "leadline_cdk", "leadline_local", f"leadline-{__version__}.dist-info",
    }  # fmt: skip


def test_the_construct_has_all_it_makes_the_functions_from(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    data = "leadline_cdk/data"
    assert {f"{data}/{name}" for name in ("requirements.txt", "package.json", "package-lock.json")} <= names
    for function in DISTRIBUTIONS:
        sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "functions" / function).rglob("*.py")}
        assert {f"{data}/{source}" for source in sources} <= names
    assert not [name for name in names if "__pycache__" in name]


def test_the_command_runs_from_the_wheel_alone(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    program = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); from leadline_cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == (f"leadline {__version__}\n", 0), done.stderr
