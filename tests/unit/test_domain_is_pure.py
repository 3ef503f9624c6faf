"""`leadline.domain` has no clock, environment, network, AWS or logging: what it computes depends on what it is given."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import leadline.domain

FILES = sorted(Path(leadline.domain.__file__).parent.rglob("*.py"))

# What computing needs, and nothing that reaches outside.
ALLOWED = {
    "__future__", "abc", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools",
    "hashlib", "heapq", "hmac", "itertools", "json", "math", "operator", "re", "string", "types", "typing", "zoneinfo",
}  # fmt: skip

CLOCKS = {"now", "utcnow", "today"}
OUTSIDE = {"open", "print", "input", "__import__", "eval", "exec"}


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_imports_itself_and_what_only_computes(file: Path) -> None:
    names = imported(ast.parse(file.read_text()))
    assert {name for name in names if name != "leadline.domain" and not name.startswith("leadline.domain.")} <= {
        name for name in names if name.split(".")[0] in ALLOWED
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_reads_no_clock_and_touches_nothing_outside(file: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    assert not [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]
    assert not [call.id for call in calls if isinstance(call, ast.Name) and call.id in OUTSIDE]


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 5
