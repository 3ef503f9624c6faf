"""What a function is made of: its own code and dependencies, for Lambda's processor and Python, the same each time."""

from __future__ import annotations

import _imp
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from apidoc.document import FILE
from leadline_cdk import bundles
from leadline_cdk.bundles import DISTRIBUTIONS, EMULATOR, LAMBDA, BundleError, Bundler

FUNCTIONS = sorted(DISTRIBUTIONS)
MEGABYTE = 1_000_000

# From CPython's Include/internal/pycore_magic_number.h: all of 3.13.
MAGIC_313 = struct.pack("<H", 3571) + b"\r\n"
HASH_KEY = int.from_bytes(MAGIC_313, "little")
UNCHECKED_HASH = struct.pack("<I", 0b01)
AARCH64 = 183  # e_machine in an ELF header


@pytest.fixture(scope="module", params=FUNCTIONS)
def function(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def archive(function: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(Bundler(LAMBDA).bundle(function))


def test_a_bundle_holds_its_own_function_what_functions_share_and_no_other(
    function: str, archive: zipfile.ZipFile
) -> None:
    top = {name.split("/")[0] for name in archive.namelist()}
    assert top & {
        "ingest",
        "compute",
        "query",
        "leadline",
        "leadline_cdk",
        "leadline_local",
        "leadline_cli",
        "tests",
    } == {function, "leadline"}


def test_boto3_is_left_to_the_runtime_and_nothing_needs_pydantic(archive: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in archive.namelist()}
    assert not top & {"boto3", "botocore", "aws_xray_sdk", "pip", "bin", "pydantic", "pydantic_core"}


def test_query_carries_the_document_as_it_is_committed() -> None:
    with zipfile.ZipFile(Bundler(LAMBDA).bundle("query")) as archive:
        assert archive.read("query/openapi/openapi.json") == FILE.read_bytes()


def test_a_bundle_is_small_enough_to_start_quickly(function: str) -> None:
    assert Bundler(LAMBDA).bundle(function).stat().st_size < 10 * MEGABYTE


def test_native_code_is_for_lambdas_processor_and_python(archive: zipfile.ZipFile) -> None:
    for name in archive.namelist():
        if name.endswith(".so"):
            assert "cpython-313-aarch64" in name or ".abi3." in name  # any Python from 3.2 on
            assert struct.unpack_from("<H", archive.read(name), 18)[0] == AARCH64


def test_every_source_file_has_python_313_bytecode_that_is_used_without_a_look_at_the_source(
    archive: zipfile.ZipFile,
) -> None:
    names = set(archive.namelist())
    sources = [name for name in names if name.endswith(".py")]
    assert sources
    for source in sources:
        folder, _, module = source.removesuffix(".py").rpartition("/")
        compiled = archive.read(f"{folder}/__pycache__/{module}.cpython-313.pyc".removeprefix("/"))
        assert compiled[:4] == MAGIC_313
        assert compiled[4:8] == UNCHECKED_HASH
        assert compiled[8:16] == _imp.source_hash(HASH_KEY, archive.read(source)), f"{source} is not what was compiled"


def test_bytecode_names_the_file_that_lambda_will_run(archive: zipfile.ZipFile) -> None:
    assert b"/var/task/leadline/settings.py" in archive.read("leadline/__pycache__/settings.cpython-313.pyc")


def test_no_path_of_the_machine_that_made_it_is_in_a_bundle(archive: zipfile.ZipFile) -> None:
    here = str(bundles.ROOT).encode()
    assert not [name for name in archive.namelist() if here in archive.read(name)]


def test_the_same_code_gives_the_same_bytes(tmp_path: Path) -> None:
    first = Bundler(LAMBDA, tmp_path / "first").bundle("compute").read_bytes()
    second = Bundler(LAMBDA, tmp_path / "second").bundle("compute").read_bytes()
    assert first == second


def test_changed_code_gives_another_bundle_and_unchanged_code_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "functions/compute").mkdir(parents=True)
    (project / "functions/compute/__init__.py").write_text("")
    (project / "requirements.txt").write_text((bundles.ROOT / "requirements.txt").read_text())
    monkeypatch.setattr(bundles, "ROOT", project)
    bundler = Bundler(EMULATOR, tmp_path / "cache")
    made = bundler.bundle("compute")
    age = made.stat().st_mtime_ns
    assert bundler.bundle("compute") == made
    assert made.stat().st_mtime_ns == age
    (project / "functions/compute/__init__.py").write_text("changed = True")
    changed = bundler.bundle("compute")
    assert changed != made
    assert zipfile.ZipFile(changed).read("compute/__init__.py") == b"changed = True"


def test_a_dependency_without_a_pinned_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = (bundles.ROOT / "requirements.txt").read_text()
    (tmp_path / "requirements.txt").write_text(re.sub(r"(?m)^jmespath==.*\n(    --hash.*\n)+", "", pinned))
    monkeypatch.setattr(bundles, "ROOT", tmp_path)
    with pytest.raises(BundleError, match="jmespath"):
        Bundler(EMULATOR, tmp_path / "cache").bundle("compute")


def test_a_bundle_imports_its_handler_with_nothing_else_installed(function: str, tmp_path: Path) -> None:
    """In the emulator's Python, which like Lambda's has boto3 and none of our dependencies."""
    code = tmp_path / "code"
    zipfile.ZipFile(Bundler(EMULATOR).bundle(function)).extractall(code)
    python = Path(sys.prefix) / "emulator" / "bin" / "python"
    program = f"import sys; sys.path.insert(0, {str(code)!r}); import {function}.handler as h; h.handler"
    done = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
