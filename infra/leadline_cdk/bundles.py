"""The functions' code as zip files, made without Docker and kept by the hash of what went in.

A bundle holds `leadline`, its own function and the distributions that function imports, nothing else: boto3 is left to
Lambda's runtime (it would add 17 MB to each). Every source file has its bytecode beside it, because Lambda's /var/task
is read-only: without it each cold start compiles everything again. Same input, same bytes: names sorted, times fixed.

Two targets: `LAMBDA` (arm64, Python 3.13) is what ships; `EMULATOR` is for this machine's own Python, in which the
emulator of the tests runs deployed functions.
"""

import contextlib
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import leadline
from leadline_cdk import node
from leadline_cdk.paths import BUILD, IN_CHECKOUT, NODE_PROJECT, ROOT

COMPILER = Path(__file__).parent / "compile_bytecode.mjs"
NODE_FILES = tuple(ROOT / name for name in ("package.json", "package-lock.json", ".npmrc"))
# What else decides the bytes of a bundle: how it is made.
_MADE_BY = (Path(__file__), COMPILER, ROOT / "package-lock.json")
PYTHON_VERSION = "3.13"
HOST_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

# Dependencies of dependencies are written out: what a function carries is a decision, never a surprise, and
# `test_a_bundle_imports_its_handler_with_nothing_else_installed` notices one that is missing.
_POWERTOOLS = ("aws-lambda-powertools", "jmespath", "typing-extensions")
_CRYPTOGRAPHY = ("cryptography", "cffi", "pycparser")  # signs as a GitHub App, imported only then
DISTRIBUTIONS: dict[str, frozenset[str]] = {
    "ingest": frozenset(_POWERTOOLS),
    "compute": frozenset(_POWERTOOLS + _CRYPTOGRAPHY),
    "query": frozenset(_POWERTOOLS),
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
_LEFT_OUT = {"INSTALLER", "RECORD", "REQUESTED", "bin"}
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bundler:
    """Makes and keeps bundles for one target under `cache`.

    The first bundle with some set of distributions installs and compiles them, which needs the package registry and
    about 5 s; from then on only our own code is compiled and zipped, which needs no network and about 2 s.
    """

    target: Target
    cache: Path = BUILD / "bundles"

    def bundle(self, function: str) -> Path:
        """Path of the zip with `function`'s code; raises BundleError."""
        dependencies = self._dependencies(DISTRIBUTIONS[function])
        sources = {"leadline": Path(leadline.__file__).parent, function: ROOT / "functions" / function}
        made = self.cache / f"{function}-{self.target.name}-{_key(dependencies.name, *_contents(sources))}.zip"
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=self.cache, prefix=".making-") as scratch:
                own = Path(scratch) / "own"
                for package, source in sources.items():
                    shutil.copytree(source, own / package, ignore=shutil.ignore_patterns("__pycache__"))
                _compile(own, self.target)
                unfinished = Path(scratch) / made.name
                _zip([dependencies, own], unfinished)
                unfinished.replace(made)  # whole or not at all: two runs at once make the same file
        return made

    def _dependencies(self, distributions: frozenset[str]) -> Path:
        pins = _pins(distributions)
        key = _key(pins, repr(self.target), *(file.read_text() for file in _MADE_BY))
        made = self.cache / f"dependencies-{self.target.name}-{key}"
        if not made.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.cache, prefix=".making-") as scratch:
                unfinished = Path(scratch) / "installed"
                _install(pins, unfinished, self.target)
                _compile(unfinished, self.target)
                with contextlib.suppress(OSError):  # another run was first, with the same content
                    unfinished.rename(made)
        return made


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _contents(folders: Mapping[str, Path]) -> Iterator[str]:
    for name, folder in folders.items():
        for file in _files(folder):
            yield f"{name}/{file.relative_to(folder).as_posix()}"
            yield hashlib.sha256(file.read_bytes()).hexdigest()


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
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:", *target.wheels),
            *("--target", str(directory), "--requirement", str(requirements)),
        ]
    )


def _compile(directory: Path, target: Target) -> None:
    if target is EMULATOR:
        unchecked = ["--invalidation-mode", "unchecked-hash", "-s", str(directory), "-p", "/var/task"]
        _run([sys.executable, "-m", "compileall", "-q", *unchecked, str(directory)])
        return
    _run([str(node.node_executable()), str(_compiler()), str(directory), target.python_version])


def _compiler() -> Path:
    """The script that compiles. It imports `pyodide` from a `node_modules` beside or above it."""
    if IN_CHECKOUT:
        if not (NODE_PROJECT / "node_modules" / "pyodide").exists():
            raise BundleError(f"Python {PYTHON_VERSION}'s compiler is not installed: run `make synth`")
        return COMPILER
    if not (NODE_PROJECT / "node_modules" / "pyodide").exists():
        NODE_PROJECT.mkdir(parents=True, exist_ok=True)
        for file in NODE_FILES:
            shutil.copy(file, NODE_PROJECT)
        _run(node.command("npm", "ci", "--loglevel=error"), cwd=NODE_PROJECT)
    return Path(shutil.copy(COMPILER, NODE_PROJECT))


def _run(command: Sequence[str], cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BundleError(f"{Path(command[0]).name} {' '.join(command[1:4])} ... failed:\n{done.stdout}{done.stderr}")


def _zip(folders: Sequence[Path], path: Path) -> None:
    files = ((folder, file) for folder in folders for file in _files(folder, bytecode=True))
    entries = {file.relative_to(folder).as_posix(): file for folder, file in files}
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in sorted(entries.items()):
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def _files(directory: Path, *, bytecode: bool = False) -> Iterator[Path]:
    for entry in sorted(directory.iterdir()):
        if entry.name in _LEFT_OUT or (entry.name == "__pycache__" and not bytecode):
            continue
        if entry.is_dir():
            yield from _files(entry, bytecode=bytecode)
        else:
            yield entry


def main() -> int:
    """Makes every bundle for every target, so that later runs need no network. Prints each with its size."""
    for target in TARGETS.values():
        for function in DISTRIBUTIONS:
            made = Bundler(target).bundle(function)
            sys.stdout.write(f"{made.name} {made.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
