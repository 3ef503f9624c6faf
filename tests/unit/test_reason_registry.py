"""Every reason code comes from `leadline.contract.reasons`: no other source file spells one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from leadline.contract.reasons import REASONS, advice_for
from leadline.domain.attribution import Reason

ROOT = Path(__file__).parents[2]
REGISTRY = ROOT / "shared" / "leadline" / "contract" / "reasons.py"
DOMAIN_CODES = ROOT / "shared" / "leadline" / "domain" / "attribution.py"
SOURCES = sorted(
    path for folder in ("functions", "shared", "cli") for path in (ROOT / folder).rglob("*.py") if path != REGISTRY
)
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z]{3,}")
FOREIGN = {("eventbridge.py", "SUPERSEDED")}
"""Words of others that look like a reason: a state of AWS CodePipeline."""
TAKES_A_REASON = {"Poison": 0, "NotUnderstood": 0, "Story": 1}
"""Calls, and which argument is the reason."""


def reason_literals(source: str) -> Iterator[str]:
    """Reason codes that the source spells itself: known codes anywhere, and unknown ones where a reason is expected."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if text in REASONS:
                yield text
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                place = TAKES_A_REASON.get(name)
                if place is not None:
                    yield from _unknown_codes(args[place : place + 1])
                yield from _unknown_codes(keyword.value for keyword in keywords if keyword.arg == "reason")
            case ast.Call(keywords=keywords):
                yield from _unknown_codes(keyword.value for keyword in keywords if keyword.arg == "reason")
            case ast.Dict(keys=keys, values=values):
                named = zip(keys, values, strict=True)
                yield from _unknown_codes(
                    value for key, value in named if isinstance(key, ast.Constant) and key.value == "reason"
                )
            case ast.Compare(left=left, comparators=others) if _is_reason(left):
                yield from _unknown_codes(part for other in others for part in ast.walk(other))
            case ast.Assign(targets=[target], value=value) if _is_reason(target):
                yield from _unknown_codes([value])
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_reason(target):
                yield from _unknown_codes([value])


def _is_reason(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.lower() == "reason"


def _unknown_codes(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text not in REASONS and CODE.fullmatch(text):
            yield text


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_source_spells_a_reason_code(file: Path) -> None:
    allowed = {str(reason) for reason in Reason} if file == DOMAIN_CODES else set()
    found = {text for text in reason_literals(file.read_text()) if (file.name, text) not in FOREIGN}
    assert found == allowed


@pytest.mark.parametrize(
    "planted",
    [
        'raise Poison("NEVER_HEARD_OF", "detail")',
        'raise NotUnderstood("NEVER_HEARD_OF", "detail")',
        'Story("pending", "NEVER_HEARD_OF")',
        'replace(record, reason="NEVER_HEARD_OF")',
        'item = {"reason": "NEVER_HEARD_OF"}',
        'if record.reason in ("NEVER_HEARD_OF", None): pass',
        'if record.reason == "NEVER_HEARD_OF": pass',
        'REASON = "NEVER_HEARD_OF"',
        'reason: str = "NEVER_HEARD_OF"',
        'return "counted", "NOT_PRODUCTION"',
    ],
)
def test_a_planted_reason_code_is_found(planted: str) -> None:
    assert list(reason_literals(planted))


def test_the_registry_has_every_reason_of_attribution() -> None:
    assert {str(reason) for reason in Reason} <= REASONS.keys()


def test_a_reason_is_a_plain_string_so_that_every_store_takes_it() -> None:
    assert {type(code) for code in REASONS} == {str}


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_says_what_it_means_and_what_to_do_in_sentences(code: str) -> None:
    entry = REASONS[code]
    for text in (entry.meaning, entry.api_remedy, entry.page_remedy):
        assert re.fullmatch(r"[A-Z`].*\.", text), text


@pytest.mark.parametrize("code", REASONS)
def test_the_remedy_for_a_person_at_the_page_needs_no_api(code: str) -> None:
    assert not re.search(r"`|/v1/|PATCH|POST|GET", REASONS[code].page_remedy)


def test_a_reason_of_a_newer_version_is_explained_by_its_detail() -> None:
    assert advice_for("FROM_THE_FUTURE", "The detail.") == "The detail."
    assert advice_for("FROM_THE_FUTURE") == "This version of Leadline does not know this reason."
