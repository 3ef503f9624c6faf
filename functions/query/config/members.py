"""A team's members: as they are sent, stored and shown.

    {"members": [{"author": "dev-1", "from": "2026-01-01", "to": null}]}

`from` is inclusive, `to` exclusive; a side that is left out or null is open. Somebody who left and came back is listed twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from leadline.contract.dates import read_date
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.objects import ObjectReader, list_of
from leadline.contract.text import name_of, read_author
from leadline.domain.people import is_stand_in
from leadline.domain.roster import Membership
from leadline.store.people import People
from query.http.faults import Faults
from query.http.values import same_as
from query.schemas import TeamMember

MAX_MEMBERS = 1_000
MAX_TEAMS = 10
"""Of one person at a time: a change is counted once for each of its author's teams, in one transaction."""

Teams = Mapping[str, tuple[Membership, ...]]

read_team_name = name_of(200)


def read_members(body: object, team: str, faults: Faults) -> tuple[Membership, ...]:
    """The members in a body for this team, sorted and without duplicates. Adds every fault."""
    fields = ObjectReader(body, ("members",), faults, shown=("team",))
    fields.read("team", same_as(team), team)
    nothing: tuple[Membership, ...] = ()
    return tuple(sorted(fields.required("members", list_of(_read_member, MAX_MEMBERS), nothing), key=order))


def _read_member(sent: object) -> Membership:
    faults = Faults()
    fields = ObjectReader(sent, ("author", "from", "to"), faults)
    author = fields.required("author", read_author, "")
    start, end = fields.read("from", read_date, None), fields.read("to", read_date, None)
    if start is not None and end is not None and start >= end:
        fields.refuse("to", InvalidValue("order", "must be after from"))
    faults.check()
    return Membership(author, start, end)


def check_crowding(teams: Teams, members: Sequence[Membership], faults: Faults) -> None:
    """Adds a fault for each of these members who would be in more than MAX_TEAMS teams on some day."""
    for author in dict.fromkeys(member.author for member in members):
        mine = [(team, member) for team, held in teams.items() for member in held if member.author == author]
        # The number of teams goes up only on days when a membership begins.
        for day in {member.start or date.min for _, member in mine}:
            if len({team for team, member in mine if member.holds_on(day)}) > MAX_TEAMS:
                index = next(index for index, member in enumerate(members) if member.author == author)
                detail = f"would be in more than {MAX_TEAMS} teams at a time"
                faults.add(f"/members/{index}/author", InvalidValue("too_many_teams", detail))
                break


def as_stored(sent: Sequence[Membership], stored: Sequence[Membership], people: People) -> tuple[Membership, ...]:
    """The sent members under the names that are stored for them, plus the `stored` members who were removed and have no name."""
    names = people.stored_names(member.author for member in sent)
    named = {replace(member, author=names[member.author]) for member in sent}
    known = {member.author for member in named}
    former = {member for member in stored if is_stand_in(member.author) and member.author not in known}
    return tuple(sorted(named | former, key=order))


def to_data(member: Membership) -> dict[str, str]:
    """The member as stored, without open ends."""
    values = {"from": member.start, "to": member.end}
    return {"author": member.author, **{name: day.isoformat() for name, day in values.items() if day is not None}}


def to_answer(member: Membership) -> TeamMember:
    return {
        "author": member.author,
        "from": member.start.isoformat() if member.start else None,
        "to": member.end.isoformat() if member.end else None,
    }


def order(member: Membership) -> tuple[str, date, date]:
    """The sort key of a team's members."""
    return (member.author, member.start or date.min, member.end or date.max)
