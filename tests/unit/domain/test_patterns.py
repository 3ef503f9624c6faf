"""Patterns with wildcards: they fit what the documentation says, and take linear time whatever they are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadline.domain import wildcards
from leadline.domain.paths import touches
from leadline.domain.patterns import LONGEST, first_fit, matches
from tests.line_count import lines_run_in

LINES_A_CHARACTER = 6
"""At most, for a character that is read of a text."""
LINES_A_TOKEN = 30
"""At most, for a character or wildcard of a pattern, when the list is seen for the first time."""


def fits(pattern: str, text: str, wildcards: Sequence[str]) -> bool:
    """Whether they fit, by trying everything that each wildcard could stand for."""
    if pattern == "":
        return text == ""
    token = next((each for each in wildcards if pattern.startswith(each)), pattern[0])
    rest = pattern[len(token) :]
    if token not in wildcards:
        return text.startswith(token) and fits(rest, text[1:], wildcards)
    return any(
        stands_for(token, text[:length], "**" in wildcards) and fits(rest, text[length:], wildcards)
        for length in range(len(text) + 1)
    )


def stands_for(token: str, text: str, is_path: bool) -> bool:
    plain = "/" not in text if is_path else True
    return {
        "**/": text == "" or text.endswith("/"),
        "**": True,
        "*": plain,
        "?": plain and len(text) == 1,
    }[token]


def fits_path(pattern: str, path: str) -> bool:
    text = pattern.strip("/")
    folders = [path[:place] for place, character in enumerate(path) if character == "/"]
    if "*" not in text and "?" not in text:
        return text in (path, *folders)
    wanted = folders if pattern.endswith("/") else [path]
    return any(fits(text, each, ("**/", "**", "*", "?")) for each in wanted)


def words(*pieces: str, most: int = 8) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=most).map("".join)


PATH_PATTERNS = words("a", "b", "/", "*", "?", "**", "**/", "/**/")
PATHS = words("a", "b", "/", "a/", "*", most=9)
NAME_PATTERNS = words("a", "B", "*", "?", "/", "[", "]", most=7)
NAMES = words("a", "A", "b", "B", "?", "/", "[", most=9)


@given(st.lists(PATH_PATTERNS, max_size=3), st.lists(PATHS, max_size=3))
@example(["a**b"], ["a/x/b"])
@example(["a**/b"], ["ab"])
@example(["a**/b"], ["axb"])
@example(["***/b"], ["b"])
@example(["a/"], ["a"])
@example(["a*/"], ["ab"])
def test_a_path_fits_what_its_wildcards_could_stand_for(patterns: list[str], paths: list[str]) -> None:
    wanted = any(fits_path(pattern, path) for pattern in patterns for path in paths)
    assert touches(paths, patterns) == wanted


@given(st.lists(NAME_PATTERNS, max_size=3), NAMES)
def test_a_name_fits_a_pattern_of_the_settings_whatever_its_case(patterns: list[str], name: str) -> None:
    assert matches(name, patterns) == any(fits(each.lower(), name.lower(), ("*",)) for each in patterns)


@given(st.lists(NAME_PATTERNS, max_size=4), NAMES)
@example(["[ab]", "*"], "a")
def test_of_the_patterns_of_the_sources_the_first_that_fits_is_found(patterns: list[str], name: str) -> None:
    assert first_fit(name, patterns) == next((each for each in patterns if fits(each, name, ("*", "?"))), None)


@pytest.mark.parametrize(
    ("pattern", "path", "belongs"),
    [
        ("till", "till", True),
        ("till", "till/src/a.py", True),
        ("till", "tillage/a.py", False),
        ("/till/", "till/a.py", True),
        ("till/*", "till/a.py", True),
        ("till/*", "till/src/a.py", False),
        ("till/**", "till/src/a.py", True),
        ("till*/", "till-2/src/a.py", True),
        ("**/*.py", "a.py", True),
        ("**/*.py", "src/till/a.py", True),
        ("src/**/a.py", "src/a.py", True),
        ("src/**.py", "src/till/a.py", True),
        ("a?.py", "a/.py", False),
        ("src/[ab].py", "src/a.py", False),
    ],
)
def test_a_file_belongs_to_a_service_by_its_patterns(pattern: str, path: str, belongs: bool) -> None:
    assert touches([path], [pattern]) == belongs


@pytest.mark.parametrize(
    ("pattern", "name", "fit"),
    [
        ("*[bot]", "dependabot[BOT]", True),
        ("renovate", "Renovate", True),
        ("hotfix/*", "hotfix/a/b", True),
        ("what?", "whats", False),
        ("strasse*", "Straße 7", True),
        ("*", "", True),
    ],
)
def test_case_and_marks_make_no_difference_to_the_patterns_of_the_settings(pattern: str, name: str, fit: bool) -> None:
    assert matches(name, [pattern]) == fit


def test_a_name_that_is_too_long_fits_no_pattern() -> None:
    assert matches("a" * LONGEST, ["*"])
    assert not matches("a" * (LONGEST + 1), ["*"])
    assert first_fit("a" * (LONGEST + 1), ["*"]) is None


@pytest.mark.parametrize("pattern", ["**/**/**/**/x", "**/a/**/a/**/a/**/x", "*/" * 100 + "x", "**a" * 60 + "x"])
@pytest.mark.parametrize("path", ["a/" * 500, "a" * 1_000, "a/a" * 333])
def test_no_path_pattern_takes_more_than_one_step_a_character(pattern: str, path: str) -> None:
    with lines_run_in(wildcards) as lines:
        assert not touches([path], [pattern])
    assert lines.count <= most_lines([path], [pattern])


@pytest.mark.parametrize("pattern", ["*a*a*a*a*b", "*a" * 30 + "*b", "*" * 99 + "b", "*a" * 30 + "*?b"])
def test_no_name_pattern_takes_more_than_one_step_a_character(pattern: str) -> None:
    name = "a" * 200
    with lines_run_in(wildcards) as lines:
        assert not matches(name, [pattern])
        assert first_fit(name, [pattern]) is None
    assert lines.count <= 2 * most_lines([name], [pattern])


def test_a_hundred_patterns_take_no_more_steps_than_one() -> None:
    patterns = [f"**/a*{number}" for number in range(100)]
    paths = ["a/" * 500, "a" * 1_000]
    with lines_run_in(wildcards) as lines:
        assert not touches(paths, patterns)
    assert 0 < lines.count <= most_lines(paths, patterns)


def test_patterns_of_any_length_are_matched_in_order() -> None:
    """More than are kept in one number."""
    patterns = [*(f"{number:03}{'?' * 197}" for number in range(999)), "*"]
    assert first_fit("998" + "x" * 197, patterns) == patterns[998]
    assert first_fit("x", patterns) == "*"
    assert touches(["a/b/c"], [*(f"{'a/' * 249}{number}" for number in range(100)), "a/*/c"])


@given(st.lists(PATH_PATTERNS, max_size=3), st.lists(PATHS, max_size=3))
def test_steps_are_no_more_than_the_characters_there_are(patterns: list[str], paths: list[str]) -> None:
    with lines_run_in(wildcards) as lines:
        touches(paths, patterns)
    assert lines.count <= most_lines(paths, patterns)


def most_lines(texts: Sequence[str], patterns: Sequence[str]) -> int:
    """Lines that run at most where each pattern and each text is read once."""
    tokens = sum(len(pattern) + 1 for pattern in patterns)
    return LINES_A_TOKEN * (tokens + 1) + sum(LINES_A_CHARACTER * (len(text) + 3) for text in texts)
