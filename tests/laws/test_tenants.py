"""Whatever a limited key asks, it gets the answer that it would get if nobody else were there: byte for byte.

Non-interference: the same random requests go to a table with two tenants and to one in which the other never was. So nothing of the
other's can be read, listed, traced, previewed, exported or guessed, by any route of the table of routes; and nothing changed.

One thing is left out on purpose: names are the organisation's, so whoever may create services finds that a name is taken.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadline.access.keys import create_key
from leadline.store.table import Put
from query.http.route import Route
from query.routes import ROUTES
from tests.laws.random_requests import Asked, Names, a_request, a_request_to, lists, previews, scopes_needed
from tests.laws.tenants import (
    NOW,
    TENANTS,
    World,
    a_job,
    a_tale,
    a_world,
    repositories_of,
    services_of,
)
from tests.unit.query.product_api import PEPPER, Answer

REQUESTS = 40
HISTORIES = 12
PAGES = 20
TRIES = 100

LIMITS = {
    "services": lambda own: {"services": services_of(own)},
    "repositories": lambda own: {"repositories": repositories_of(own)},
    "both": lambda own: {"services": services_of(own), "repositories": repositories_of(own)},
}


@dataclass
class Pair:
    """The same tenant in a world with another and in one without, and the keys of both tenants."""

    own: str
    limits: dict[str, list[str]]
    crowded: World
    alone: World
    key: str
    anothers: str
    guessed: set[str] = field(default_factory=set)

    @property
    def other(self) -> str:
        return next(tenant for tenant in TENANTS if tenant != self.own)

    def ask(self, asked: Asked) -> Answer:
        """The answer, which must be the same in both worlds; what it sets off is done in both."""
        answers = []
        for world in (self.crowded, self.alone):
            world.now += 1
            answers.append(sent(world, asked, self.key))
            world.settle()
        there, alone = answers
        assert (there.status, there.headers, there.text) == (alone.status, alone.headers, alone.text), asked
        self.guessed |= self._names_in(asked.text)
        assert self._names_in(there.text + json.dumps(there.headers)) <= self.guessed, asked
        assert there.status < 500, there.text
        return there

    def _names_in(self, text: str) -> set[str]:
        """The other's names; who guesses one and uses it for something of his own is told it again."""
        return set(re.findall(rf"[\w./]*{self.other}[\w./-]*", text))

    def finds_a_name_taken(self, asked: Asked) -> bool:
        """Whether it names the other's service together with a repository of its own, where it may create services."""
        body = json.loads(asked.body) if asked.body else {}
        return body.get("service") in services_of(self.other) and body.get("repository") in self.limits.get(
            "repositories", ()
        )


def sent(world: World, asked: Asked, key: str) -> Answer:
    app = world.ingest if asked.path.startswith("/v1/events/") and asked.method == "POST" and asked.body else world.app
    return Answer(app.handle(asked.event(key)))


def a_pair(seed: int, own: str, limited_to: str) -> Pair:
    crowded, alone = a_world(seed, *TENANTS), a_world(seed, own)
    keys = {}
    for tenant in TENANTS:
        limits = LIMITS[limited_to](tenant)
        keys[tenant] = create_key(crowded.table, PEPPER, name=tenant, scopes=scopes_needed(), now=NOW, **limits)[0]
        pk = "key#" + keys[tenant].split("_")[1]
        alone.table.write([Put(crowded.table.get([(pk, "key")])[(pk, "key")])])
        for world in (crowded, alone) if tenant == own else (crowded,):
            world.table.write([Put(a_job(tenant, who=keys[tenant].split("_")[1]).to_item())])
    other = next(tenant for tenant in TENANTS if tenant != own)
    return Pair(own, LIMITS[limited_to](own), crowded, alone, keys[own], keys[other])


def guesses(pair: Pair, asked: Asked, answer: Answer) -> Iterator[Asked]:
    """The same request with the ETags that it and others were answered, and with the others' cursors."""
    if asked.method != "GET":
        return
    theirs = [sent(pair.crowded, asked, key) for key in (pair.anothers, pair.crowded.key)]
    for tag in filter(None, (each.headers.get("etag") for each in (answer, *theirs))):
        yield asked.with_header("if-none-match", tag)
    for cursor in filter(None, map(cursor_of, theirs)):
        yield asked.with_pair("cursor", cursor)


def walk(pair: Pair, asked: Asked, answer: Answer) -> None:
    """Follows one's own cursors: how a list ends may tell of what stands behind its end."""
    for _ in range(PAGES):
        cursor = cursor_of(answer)
        if cursor is None:
            return
        answer = pair.ask(asked.with_pair("cursor", cursor))


def cursor_of(answer: Answer) -> str | None:
    if answer.status != 200 or answer.headers["content-type"] != "application/json":
        return None
    body: Any = answer.json
    return body.get("next_cursor") if isinstance(body, dict) else None


@pytest.mark.parametrize("limited_to", LIMITS)
def test_a_limited_key_is_answered_as_if_there_were_nobody_else(limited_to: str) -> None:
    answered: Counter[str] = Counter()

    @given(seed=st.integers(0, HISTORIES - 1), own=st.sampled_from(TENANTS), requests=st.integers(0, 10**9))
    @hypothesis_settings(max_examples=20, phases=[Phase.generate])  # a smaller seed is no smaller example
    def answers_are_the_same(seed: int, own: str, requests: int) -> None:
        pair = a_pair(seed, own, limited_to)
        names = Names(pair.crowded, a_tale(seed).told)
        before, cells = pair.crowded.belongings_of(pair.other), pair.crowded.cells_of(pair.other)
        draw = random.Random(requests)
        for _ in range(REQUESTS):
            asked = a_request(draw, names, own)
            if pair.finds_a_name_taken(asked):
                continue
            answer = pair.ask(asked)
            if answer.status < 300:
                answered[asked.route] += 1
            walk(pair, asked, answer)
            for guess in guesses(pair, asked, answer):
                pair.ask(guess)
        for asked in lists():
            walk(pair, asked, pair.ask(asked))
        for asked in previews(draw, names, own, pair.other):
            pair.ask(asked)
        after = pair.crowded.belongings_of(pair.other)
        assert before == {key: after.get(key) for key in before}
        assert cells == pair.crowded.cells_of(pair.other)

    answers_are_the_same()
    # Else the law would hold of a route that refuses everything.
    for route in ROUTES:
        name = f"{route.method} {route.path}"
        is_repositorys = name == "DELETE /v1/changes" and limited_to == "services"  # a change is its repository's
        if route.limited and not is_repositorys:
            assert answered[name] or is_answered(limited_to, route), (
                f"{name}: let `random_requests` and `tenants` know of it"
            )


def is_answered(limited_to: str, route: Route) -> bool:
    """Whether one of many requests to this route gets a good answer."""
    for seed, own in enumerate(TENANTS):
        pair = a_pair(seed, own, limited_to)
        names, draw = Names(pair.crowded, a_tale(seed).told), random.Random(seed)
        if any(pair.ask(a_request_to(route, draw, names, own)).status < 300 for _ in range(TRIES)):
            return True
    return False
