"""GET /v1/teams, and GET, PUT, DELETE /v1/teams/{team}.

A change of a team is stored and put on record, with what compute must be told of it, in one write; then the queue is told; then the
note of it is removed. It is answered as done when the queue has taken everything. So:

    1. stored, told, note removed                       the usual way
    2. stored, the queue is down: 503                   the note stays; the change made once more tells it
    3. stored, told, we die                             the note stays; the next change of any team tells it again: harmless
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from leadline.contract.invalid_value import InvalidValue
from leadline.domain.errors import Conflict, Transient
from leadline.domain.people import is_stand_in
from leadline.domain.roster import Membership
from leadline.http.problems import Problem, unavailable
from leadline.queue import canonical
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings, roster_from_item
from leadline.store.people import Naming, People, check_settings_unchanged
from leadline.store.services import SERVICES, Service
from leadline.store.table import Item, Put, at_version
from query.config.history import entry
from query.config.members import (
    Teams,
    as_stored,
    check_crowding,
    order,
    read_members,
    read_team_name,
    to_answer,
    to_data,
)
from query.config.publish import roster_messages, tell
from query.config.roster_change import RosterChange
from query.custom.publish import points_messages
from query.schemas import Team, TeamPage
from query.web.body import read_json
from query.web.etags import check_if_match, with_etag
from query.web.faults import Faults, not_found
from query.web.parameters import CURSOR, LIMIT
from query.web.request import Reply, Request
from query.web.values import DEFAULT_LIMIT

PARAMETERS = (LIMIT, CURSOR)

MAX_ROSTER_BYTES = 300_000
"""All teams are one item, because every deployment needs them; an item ends at 400 KB."""
MAX_TEAM_BYTES = 150_000
"""What is put on record of a change holds a team twice, before and after, and is one item, too."""
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Edit:
    teams: Teams
    untold: RosterChange


def team_page(request: Request) -> TeamPage:
    """All teams in order of name."""
    after = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    teams = request.reach.configuration.roster().teams
    names = sorted(name for name in teams if after is None or name > after)
    page = names[:limit]
    people = _people(request)
    return {
        "items": [_answer(people, name, teams[name]) for name in page],
        "next_cursor": request.next_cursor(page[-1]) if len(names) > limit else None,
    }


def one_team(request: Request) -> Reply:
    """A team, with its ETag. Raises Problem (404)."""
    request.sent.faults.check_query()
    name = _name(request)
    members = request.reach.configuration.roster().teams.get(name)
    if members is None:
        raise not_found("There is no team of this name.")
    return with_etag(_answer(_people(request), name, members))


def put_team(request: Request) -> Reply:
    """Sets who is in a team, creating it where it is new. Raises Problem: 400, 404, 412, 413, 415, 422, 503.

    Former members stay in it: they are not shown, so that nobody can name them.
    """
    request.sent.faults.check_query()
    name = _name(request)
    faults = Faults()
    members = read_members(read_json(request.event, request.headers), name, faults)
    faults.check_body()

    def put(teams: Teams, people: People) -> _Edit:
        check_if_match(request, _shown(people, name, teams), needed=False)
        told = as_stored(members, teams.get(name, ()), people)
        changed = {**teams, name: told}
        check_crowding(changed, told, faults)
        if len(canonical(_answer(people, name, told)).encode()) > MAX_TEAM_BYTES:
            faults.add("/members", InvalidValue("too_large", f"take more than {MAX_TEAM_BYTES} bytes"))
        faults.check_body()
        return _Edit(changed, RosterChange.between(teams.get(name, ()), told))

    _, team = _change(request, name, put)
    return with_etag(team)


def delete_team(request: Request) -> None:
    """Removes a team with its past. Raises Problem: 404, 412, 503."""
    request.sent.faults.check_query()
    name = _name(request)

    def delete(teams: Teams, people: People) -> _Edit:
        if name in teams:
            check_if_match(request, _shown(people, name, teams), needed=False)
        left = {other: members for other, members in teams.items() if other != name}
        return _Edit(left, RosterChange.between(teams.get(name, ()), ()))

    anything, _ = _change(request, name, delete)
    if not anything:
        raise not_found("There is no team of this name.")


def _name(request: Request) -> str:
    try:
        return read_team_name(request.name)
    except InvalidValue as invalid:
        raise not_found(f"This can't be a team's name: it {invalid.detail}.") from None


def _change(request: Request, name: str, edit: Callable[[Teams, People], _Edit]) -> tuple[bool, Team | None]:
    """Stores the change and tells compute of it, and of what an earlier one left untold.

    Whether there was anything to do, and the team as it is then.
    """
    for _ in range(_TRIES):
        found = request.table.get([ROSTER_KEY, SETTINGS_KEY])
        stored = found.get(ROSTER_KEY) or {"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1]}
        teams = roster_from_item(stored).teams
        settings = found.get(SETTINGS_KEY)
        people = People(request.table, Naming.of(OrganisationSettings.from_item(settings)))
        change = edit(teams, people)
        untold = RosterChange.from_data(stored.get("untold")).joined(change.untold)
        before, after = _shown(people, name, teams), _shown(people, name, change.teams)
        if change.teams == teams and not untold:
            return False, after
        changed = _item(stored, change.teams, untold)
        record = _record(request, name, changed["v"], before, after)
        try:
            # The roster, or how people are named, may have changed since it was read: then all is done again by that.
            request.table.write(
                [Put(changed, at_version(stored.get("v", 0))), *record, *check_settings_unchanged(settings)]
            )
        except Conflict:
            continue
        _tell(request, changed, untold)
        return True, after
    raise unavailable("Others kept changing teams at the same time; send it again.", retry_after=1)


def _record(request: Request, name: str, version: int, before: Team | None, after: Team | None) -> list[Put]:
    """What is put on record: nothing where a repetition only tells compute again."""
    if before == after:
        return []
    action = "deleted" if after is None else "created" if before is None else "changed"
    return [Put(entry(request, "team", name, action, f"team.{name}.v{version}", None, before, after).to_item())]


def _item(stored: Item, teams: Teams, untold: RosterChange) -> Item:
    data = {name: {"members": [to_data(member) for member in members]} for name, members in sorted(teams.items())}
    item = {**stored, "teams": data, "v": stored.get("v", 0) + 1}
    item.pop("untold", None)
    if untold:
        item["untold"] = untold.to_data()
    if len(json.dumps(item, ensure_ascii=False).encode()) > MAX_ROSTER_BYTES:
        faults = Faults()
        faults.add(
            "/members", InvalidValue("roster_full", f"all teams together take more than {MAX_ROSTER_BYTES} bytes")
        )
        faults.check_body()
    return item


def _tell(request: Request, stored: Item, untold: RosterChange) -> None:
    if not untold:
        return
    try:
        # Read only now: what is deployed to a service that is not in this list is counted with the new roster already.
        services = [Service.from_item(item) for item in request.table.query(SERVICES)]
        messages = [
            *roster_messages(services, untold, stored["v"], request.now),
            *points_messages(request, stored["v"], untold),
        ]
        tell(request.reach.queue(), messages)
    except Transient as transient:
        raise _not_told() from transient
    told = {name: value for name, value in stored.items() if name != "untold"}
    try:
        request.table.write([Put({**told, "v": stored["v"] + 1}, at_version(stored["v"]))])
    except Transient:
        return  # the note stays, or whoever changed the roster meanwhile has it: it is told twice, which changes nothing


def _not_told() -> Problem:
    return unavailable(
        "The change is stored, but counting by it could not be set off; read the team again and send the change once more."
    )


def _people(request: Request) -> People:
    return People(request.table, Naming.of(request.organisation()))


def _shown(people: People, name: str, teams: Teams) -> Team | None:
    return _answer(people, name, teams[name]) if name in teams else None


def _answer(people: People, name: str, members: tuple[Membership, ...]) -> Team:
    shown = sorted((replace(member, author=people.stored_name(member.author)) for member in members), key=order)
    return {"team": name, "members": [to_answer(member) for member in shown if not is_stand_in(member.author)]}
