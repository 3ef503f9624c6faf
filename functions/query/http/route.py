"""A route: which requests it matches, which scope it needs, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.access.keys import ADMIN, CONFIG_WRITE
from leadline.http.content_negotiation import JSON
from query.http.parameters import Parameter
from query.http.request import Request


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API.

    `path`: literal, or with one {name} that matches anything in its place.
    `scope`: the scope that a key needs; None means that no key is needed.
    `run`: returns the body, or a Reply if the response has headers of its own. `status`: the status of a successful response.
    `operation`, `summary`, `description`: as the OpenAPI document has them.
    `answer`, `body`: the types of the answer and of the request body; None means empty.
    `headers`: request headers that the route reads, with their descriptions.
    `problems`: its error statuses, in addition to those of every route.
    `limited`: whether keys limited to some services may use it, because it only shows and changes resources within their limits.
    `types`: media types of a successful response, the default first. `request.media` is the negotiated one; `run` returns
    text unless that is JSON.
    `link`: whether the name in the path is a secret that replaces a key.
    `starts_job`: whether a successful answer may name a job that it starts (header `Leadline-Job`).
    """

    method: str
    path: str
    scope: str | None
    run: Callable[[Request], Any]
    operation: str
    summary: str
    answer: Any
    parameters: Sequence[Parameter] = ()
    description: str = ""
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
        """Whether it changes shared configuration. Then the key is read afresh, so that a revoked key changes nothing."""
        return self.method != "GET" and self.scope in (ADMIN, CONFIG_WRITE)

    @property
    def literal(self) -> int:
        """How many characters of the path are literal. Of several routes that match, the one with the most wins."""
        return len(re.sub(r"\{\w+\}", "", self.path))

    def match(self, path: str) -> str | None:
        """The value of {name} in this path, "" if the route has no name, None if the path does not match."""
        start, brace, rest = self.path.partition("{")
        if not brace:
            return "" if path == start else None
        end = rest.partition("}")[2]
        fits = path.startswith(start) and path.endswith(end) and len(path) > len(start) + len(end)
        return path[len(start) : len(path) - len(end)] if fits else None
