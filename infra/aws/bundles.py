"""The functions' code as zip files, made without Docker and kept by the hash of what went in.

A bundle holds `leadline`, its own function and the distributions that function imports, nothing else: boto3 is left to
Lambda's runtime (it would add 14 MB to each). Every source file has its bytecode beside it, because Lambda's /var/task
is read-only: without it each cold start compiles everything again. Same input, same bytes: names sorted, times fixed.

Two targets: `LAMBDA` (arm64, Python 3.13) is what ships; `EMULATOR` is for this machine's own Python, in which the
emulator of the tests runs deployed functions.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.aws import node

ROOT = node.ROOT
PYTHON_VERSION = "3.13"
HOST_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

# Dependencies of dependencies are written out: what a function carries is a decision, never a surprise, and
# `test_a_bundle_imports_its_handler_with_nothing_else_installed` notices one that is missing.
_POWERTOOLS = ("aws-lambda-powertools", "jmespath", "typing-extensions")
_PYDANTIC = ("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection")
DISTRIBUTIONS: dict[str, frozenset[str]] = {
    "ingest": frozenset(_POWERTOOLS + _PYDANTIC),
    "compute": frozenset(_POWERTOOLS),
    "query": frozenset(_POWERTOOLS + _PYDANTIC),
}


class BundleError(Exception):
    """A bundle cannot be made: a missing pin, no wheel for the target, a file that does not compile. Says which."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a bundle is made for: the wheels pip may choose and the Python whose bytecode it carries."""

    name: str
    python_version: str
    wheels: tuple[str, ...]


LAMBDA = Target(
    name="lambda",
    python_version=PYTHON_VERSION,
    # Amazon Linux 2023, which Lambda's Python 3.13 runs on, has glibc 2.34: both of these load there.
    wheels=(
        *("--platform", "manylinux2014_aarch64", "--platform", "manylinux_2_28_aarch64"),
        *("--implementation", "cp", "--python-version", PYTHON_VERSION),
    ),
)
EMULATOR = Target(name="emulator", python_version=HOST_VERSION, wheels=())
TARGETS = {target.name: target for target in (LAMBDA, EMULATOR)}

# pip's notes on the installation, and its entry points: of no use in a function, and not the same from run to run.
_LEFT_OUT = {"INSTALLER", "RECORD", "REQUESTED", "bin", "__pycache__"}
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bundler:
    """Makes and keeps bundles for one target under `cache`."""

    target: Target
    cache: Path = ROOT / "build" / "bundles"

    def bundle(self, function: str) -> Path:
        """Path of the zip with `function`'s code. Made on the first call for this input; about 10 s, then a look-up."""
        pins = _pins(DISTRIBUTIONS[function])
        sources = {"leadline": ROOT / "shared" / "leadline", function: ROOT / "functions" / function}
        made = self.cache / f"{function}-{self.target.name}-{self._key(pins, sources)}.zip"
        if not made.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.cache, prefix=".making-") as scratch:
                code = Path(scratch) / "code"
                _install(pins, code, self.target)
                for package, source in sources.items():
                    shutil.copytree(source, code / package, ignore=shutil.ignore_patterns(*_LEFT_OUT))
                _compile(code, self.target)
                unfinished = Path(scratch) / made.name
                _zip(code, unfinished)
                unfinished.replace(made)  # whole or not at all: two runs at once make the same file
        return made

    def _key(self, pins: str, sources: dict[str, Path]) -> str:
        digest = hashlib.sha256()
        for part in (repr(self.target), pins, _own_code(), (ROOT / "package-lock.json").read_text()):
            digest.update(part.encode() + b"\0")
        for package, source in sources.items():
            for file in _files(source):
                digest.update(f"{package}/{file.relative_to(source).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()[:24]


def _own_code() -> str:
    return Path(__file__).read_text() + (Path(__file__).parent / "compile_bytecode.mjs").read_text()


def _pins(distributions: frozenset[str]) -> str:
    """The lines of requirements.txt, hashes included, for these distributions."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            name = line.split("==")[0].strip()
        if name in distributions and not line.startswith("#"):
            found.setdefault(name, []).append(line)
    if missing := sorted(distributions - found.keys()):
        raise BundleError(f"requirements.txt pins no {', '.join(missing)}")
    return "\n".join(line for name in sorted(found) for line in found[name]) + "\n"


def _install(pins: str, directory: Path, target: Target) -> None:
    requirements = directory.with_name("requirements.txt")
    requirements.write_text(pins)
    _run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]
        + ["--require-hashes", "--only-binary=:all:", *target.wheels]
        + ["--target", str(directory), "--requirement", str(requirements)]
    )


def _compile(directory: Path, target: Target) -> None:
    if target is EMULATOR:
        unchecked = ["--invalidation-mode", "unchecked-hash", "-s", str(directory), "-p", "/var/task"]
        _run([sys.executable, "-m", "compileall", "-q", *unchecked, str(directory)])
        return
    script = Path(__file__).parent / "compile_bytecode.mjs"
    if not (ROOT / "node_modules" / "pyodide").exists():
        raise BundleError(f"Python {target.python_version}'s compiler is not installed: run `make synth`, which gets it")
    _run([str(node.node_executable()), str(script), str(directory), target.python_version])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BundleError(f"{Path(command[0]).name} {' '.join(command[1:4])} ... failed:\n{done.stdout}{done.stderr}")


def _zip(directory: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in _files(directory, left_out=_LEFT_OUT - {"__pycache__"}):
            entry = zipfile.ZipInfo(file.relative_to(directory).as_posix(), _FIXED_TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def _files(directory: Path, left_out: set[str] = _LEFT_OUT) -> Iterator[Path]:
    for entry in sorted(directory.iterdir()):
        if entry.name in left_out:
            continue
        if entry.is_dir():
            yield from _files(entry, left_out)
        else:
            yield entry
