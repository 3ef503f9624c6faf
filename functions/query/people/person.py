"""DELETE /v1/people/{author}: removes a person from everything, while all other numbers stay as they are."""

from __future__ import annotations

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.text import read_author
from leadline.domain.errors import Conflict
from leadline.domain.people import is_stand_in
from query.changes.outbox import TRIES, crowded
from query.changes.renaming import remove_person
from query.http.faults import not_found
from query.http.request import Reply, Request


def delete_person(request: Request) -> Reply:
    """Removes a person by name or pseudonym, known or not. Raises Problem: 404, 503."""
    request.sent.faults.check_query()
    name = person_named(request)
    for _ in range(TRIES):
        try:
            return remove_person(request, name)
        except Conflict:
            continue
    raise crowded()


def person_named(request: Request) -> str:
    """The name in the path. Raises Problem (404) for what can't be one."""
    try:
        name = read_author(request.name)
    except InvalidValue as invalid:
        raise not_found(f"Not a valid name: it {invalid.detail}.") from None
    if is_stand_in(name):
        raise not_found("Nobody has this name.")
    return name
