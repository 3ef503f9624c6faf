"""Input is read in one place, `leadline.contract`: nowhere else does the product tell good values from bad ones by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("shared", "functions", "cli") for path in sorted((ROOT / folder).rglob("*.py"))]
CONTRACT = ROOT / "shared" / "leadline" / "contract"

CONTROLS = "\x00-\x1f"
"""The start of every set of control characters in a regular expression."""


def control_sets(source: str) -> Iterator[int]:
    """Lines with a set of control characters, whether spelled with characters or with escapes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.replace(r"\x00", "\x00").replace(r"\x1f", "\x1f")
            if CONTROLS in text:
                yield node.lineno


def readers(source: str) -> Iterator[int]:
    """Lines with a function that checks a value's type and raises InvalidValue: that is a reader of JSON values."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and {"isinstance", "InvalidValue"} <= set(_called(node)):
            yield node.lineno


def _called(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def test_one_regular_expression_knows_the_control_characters() -> None:
    found = [path.relative_to(ROOT).as_posix() for path in SOURCES for _ in control_sets(path.read_text())]
    assert found == ["shared/leadline/contract/text.py"]


def test_only_the_contract_reads_json_values() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        if CONTRACT not in path.parents
        for line in readers(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'import re\n_CONTROL = re.compile("[\\x00-\\x1f\\x7f]")',
        'import re\n_CONTROL = re.compile(r"[\\x00-\\x1f\\x7f]")',
        'import re\ndef clean(text):\n    return re.sub(f"[\\x00-\\x1f{text}]", "", text)',
    ],
)
def test_a_planted_second_regular_expression_is_found(source: str) -> None:
    assert list(control_sets(source))


def test_a_planted_second_reader_is_found() -> None:
    source = (
        'def read(value):\n    if not isinstance(value, str):\n        raise InvalidValue("type", "must be a string")\n'
    )
    assert list(readers(source)) == [1]
