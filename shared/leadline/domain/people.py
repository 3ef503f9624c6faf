"""People's names, and what may stand in their places.

    ann                 a name, as senders tell it
    p-3f9a12c0ffee      her pseudonym: always the same for one name and one salt, and nothing that leads back to it
    ~5be0c4a1d2f39876   a former member: a stand-in drawn at random, which was never told to anybody

A stand-in keeps a removed person's changes apart from others', so that teams' numbers can still be derived. It is no name: it is
shown nowhere, and nothing is counted for it (`leadline.domain.cells`).
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
"""Names of fields that hold people's names, in messages and in what is stored as it was sent."""
BOTS = frozenset({"bots"})
"""Those that hold patterns of names, which may be a name."""

FORMER_MEMBER = "former member"
"""Stands for a removed person where what people sent is shown to them again."""

Rename = Callable[[str], str]
Authors = tuple[str | None, tuple[str, ...]]
"""Who made something, and who else was told to have made it."""


def pseudonym(salt: str, name: str) -> str:
    """The pseudonym of a name: 12 hex digits of its hash with a salt that is the organisation's own."""
    return "p-" + hmac.new(salt.encode(), name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:12]


def is_pseudonym(name: str) -> bool:
    return _PSEUDONYM.fullmatch(name) is not None


def stand_in(drawn: str, *, bot: bool) -> str:
    """The stand-in made of 16 hex digits drawn at random. Whether it was a bot by the settings can't be asked again later."""
    return (_BOT if bot else "~") + drawn


def is_stand_in(name: str) -> bool:
    return _STAND_IN.fullmatch(name) is not None


def is_former_bot(name: str) -> bool:
    """Whether it stands in for somebody who was a bot by the settings when it was removed."""
    return name.startswith(_BOT) and is_stand_in(name)


def one_author(mine: Authors, theirs: Authors) -> Authors:
    """Who made it by both reports together: the greatest of the names, and the others beside it.

    Who had made it stays so while nothing new is told, although a name has another place in the order once it is a pseudonym. So
    what was told before, told again, never changes anything.
    """
    known, told = _names(mine), _names(theirs)
    if told <= known:
        return mine
    if known <= told:
        return theirs
    names = known | told
    author = max(names)
    return author, tuple(sorted(names - {author}))


def _names(told: Authors) -> set[str]:
    author, others = told
    return {*others, author} if author is not None else set(others)


def names_in(value: Any, fields: Set[str] = NAMED, *, inside: bool = False) -> Iterable[str]:
    """All names in these fields of a message's data, or of what is stored as it was sent. `inside`: the value is one field's."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from names_in(entry, fields, inside=name in fields)
    elif isinstance(value, list):
        for entry in value:
            yield from names_in(entry, fields, inside=inside)
    elif inside and isinstance(value, str):
        yield value


def renamed(value: Any, rename: Rename, fields: Set[str] = NAMED, *, inside: bool = False) -> Any:
    """The same with every name that `names_in` finds renamed."""
    if isinstance(value, dict):
        return {name: renamed(entry, rename, fields, inside=name in fields) for name, entry in value.items()}
    if isinstance(value, list):
        return [renamed(entry, rename, fields, inside=inside) for entry in value]
    return rename(value) if inside and isinstance(value, str) else value
