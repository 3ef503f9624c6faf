"""People's names, and what may replace them.

    ann                 a name, as senders report it
    p-3f9a12c0ffee      her pseudonym: always the same for a name and salt, and irreversible without the salt
    ~5be0c4a1d2f39876   the stand-in of a removed person: drawn at random and never shown to anybody

A stand-in tells a removed person's changes from those of others, so teams' numbers can still be derived. It is not shown, and has
no numbers of its own (`leadline.domain.cells`).
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Set
from typing import Any

_PSEUDONYM = re.compile(r"p-[0-9a-f]{12}", re.ASCII)
_STAND_IN = re.compile(r"~(?:bot-)?[0-9a-f]{16}", re.ASCII)
_BOT = "~bot-"
NAMED = frozenset({"author", "authors", "other_authors"})
"""Fields with people's names, in messages and in stored items that keep the names of messages."""
BOTS = frozenset({"bots"})
"""Fields with patterns of names; a pattern may be a plain name."""

FORMER_MEMBER = "former member"
"""Replaces a removed person in stored requests that are shown again."""

Rename = Callable[[str], str]
Authors = tuple[str | None, tuple[str, ...]]
"""The author of something, and further people reported as its author."""


def pseudonym(salt: str, name: str) -> str:
    """The pseudonym of a name: 12 hex digits of its hash with the organisation's salt."""
    return "p-" + hmac.new(salt.encode(), name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:12]


def is_pseudonym(name: str) -> bool:
    return _PSEUDONYM.fullmatch(name) is not None


def stand_in(drawn: str, *, bot: bool) -> str:
    """A stand-in from 16 random hex digits. It records whether the person was a bot, since that can't be found out later."""
    return (_BOT if bot else "~") + drawn


def is_stand_in(name: str) -> bool:
    return _STAND_IN.fullmatch(name) is not None


def is_former_bot(name: str) -> bool:
    """Whether it is the stand-in of a bot."""
    return name.startswith(_BOT) and is_stand_in(name)


def one_author(mine: Authors, theirs: Authors) -> Authors:
    """Joins two reports of authors: the greatest name is the author, the others are further authors.

    If one report contains the other, it stays as it is. So repeating a report changes nothing, even though pseudonyms have another
    order than names.
    """
    my_names, their_names = _names(mine), _names(theirs)
    if their_names <= my_names:
        return mine
    if my_names <= their_names:
        return theirs
    names = my_names | their_names
    author = max(names)
    return author, tuple(sorted(names - {author}))


def _names(authors: Authors) -> set[str]:
    author, others = authors
    return {*others, author} if author is not None else set(others)


def names_in(value: Any, fields: Set[str] = NAMED, *, inside: bool = False) -> Iterable[str]:
    """All names in these fields of a message's data or a stored item. `inside`: the value is that of such a field."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from names_in(entry, fields, inside=name in fields)
    elif isinstance(value, list):
        for entry in value:
            yield from names_in(entry, fields, inside=inside)
    elif inside and isinstance(value, str):
        yield value


def renamed(value: Any, rename: Rename, fields: Set[str] = NAMED, *, inside: bool = False) -> Any:
    """The value with every name that `names_in` finds renamed."""
    if isinstance(value, dict):
        return {name: renamed(entry, rename, fields, inside=name in fields) for name, entry in value.items()}
    if isinstance(value, list):
        return [renamed(entry, rename, fields, inside=inside) for entry in value]
    return rename(value) if inside and isinstance(value, str) else value
