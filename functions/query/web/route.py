"""What a route is: which requests it takes, what a key needs for it, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.access.keys import ADMIN, CONFIG_WRITE
from leadline.http.content_negotiation import JSON
from query.web.parameters import Parameter
from query.web.request import Request


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is literal, or holds a {name} that stands for all there is in its place. `scope`: what a key needs; None: no key.

    `run` answers the body, or a Reply where headers come along; `answer` and `body` are its type and that of the request's, None
    where there is none. `status`: that of a good answer. `headers`: what the request may bring, and `problems` the error statuses,
    beside those that all routes have. `limited`: whether keys that are limited to some services may use it, because what it shows
    and changes is then only theirs. `types`: the media types of a good answer, the first where the caller takes any of them;
    `run` finds the one to answer in as `request.media`, and answers text (or bytes) where that is not JSON.
    `link`: the name in the path is a secret that stands for a key. `starts_job`: a good answer names the job that it starts.
    """

    method: str
    path: str
    scope: str | None
    run: Callable[[Request], Any]
    summary: str
    answer: Any
    parameters: Sequence[Parameter] = ()
    body: Any = None
    problems: tuple[int, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    limited: bool = False
    types: tuple[str, ...] = (JSON,)
    link: bool = False
    starts_job: bool = False

    @property
    def administers(self) -> bool:
        """Whether it changes what others rely on: then the key is read for each request, and one just revoked changes nothing."""
        return self.method != "GET" and self.scope in (ADMIN, CONFIG_WRITE)

    @property
    def literal(self) -> int:
        """How much of the path is literal: of several routes that match, the one with the most is meant."""
        return len(re.sub(r"\{\w+\}", "", self.path))

    def match(self, path: str) -> str | None:
        """What the {name} stands for in this path, "" where there is none, None if the path is another."""
        start, brace, rest = self.path.partition("{")
        if not brace:
            return "" if path == start else None
        end = rest.partition("}")[2]
        fits = path.startswith(start) and path.endswith(end) and len(path) > len(start) + len(end)
        return path[len(start) : len(path) - len(end)] if fits else None
