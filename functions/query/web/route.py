"""A route: the requests it takes, the scope it needs, and what it answers."""

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
    """`path` may hold one {name}, which matches any text. `scope`: what a key needs; None: no key is needed.

    `run` returns the body, or a Reply with headers of its own. `answer` and `body`: the types of the response's and the request's
    body, None where there is none. `status`: of success. `headers` and `problems`: request headers and error statuses beyond those
    of every route. `limited`: whether limited keys may use it, since it shows and changes only what they reach. `types`: the media
    types of a successful answer, the default first; `run` finds the chosen one in `request.media`, and returns text or bytes where
    it is not JSON. `link`: the name in the path is a secret, which takes the place of a key. `starts_job`: a successful answer
    names the job that it starts.
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
        """Whether it changes configuration: then the key is read for each request, so that a revoked key changes nothing."""
        return self.method != "GET" and self.scope in (ADMIN, CONFIG_WRITE)

    @property
    def literal(self) -> int:
        """Literal characters of the path: of several routes that match, the one with most of them is chosen."""
        return len(re.sub(r"\{\w+\}", "", self.path))

    def match(self, path: str) -> str | None:
        """The value of {name} in this path, "" where the route has none; None where the path does not match."""
        start, brace, rest = self.path.partition("{")
        if not brace:
            return "" if path == start else None
        end = rest.partition("}")[2]
        fits = path.startswith(start) and path.endswith(end) and len(path) > len(start) + len(end)
        return path[len(start) : len(path) - len(end)] if fits else None
