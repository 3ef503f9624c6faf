"""Which of a route's media types an Accept header asks for."""

from __future__ import annotations

import pytest

from leadline.http.content_negotiation import chosen
from leadline.http.problems import Problem

OFFERED = ("application/json", "text/csv")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV; charset=utf-8", "text/csv"),
        ("text/*", "text/csv"),
        ("application/json, text/csv", "application/json"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("*/*;q=0.8, application/json;q=0.1", "text/csv"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/problem+json", "application/json"),
        ("application/problem+json, application/json;q=0, text/csv;q=0.5", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        ("application/json;q=none", "application/json"),
        ("nonsense", "application/json"),
    ],
)
def test_the_type_liked_best_is_answered_and_the_first_where_all_are_alike(accept: str | None, answered: str) -> None:
    assert chosen(accept, OFFERED) == answered


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0, text/csv;q=0.0", "*/*;q=0", "image/*"])
def test_what_is_not_there_is_a_406_that_says_what_is(accept: str) -> None:
    with pytest.raises(Problem, match="application/json or text/csv") as refused:
        chosen(accept, OFFERED)
    assert refused.value.status == 406
