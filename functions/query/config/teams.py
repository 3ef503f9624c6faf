"""GET /v1/teams, and GET, PUT, DELETE /v1/teams/{team}.

A change of a team is stored together with the job that derives its members' changes again (`query.config.outbox`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from leadline.contract.event_ids import canonical
from leadline.contract.invalid_value import InvalidValue
from leadline.domain.errors import Conflict
from leadline.domain.people import is_stand_in
from leadline.domain.roster import Membership
from leadline.http.problems import unavailable
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings, roster_from_item
from leadline.store.outbox import ROSTER, FanOut
from leadline.store.people import Naming, People, check_settings_unchanged
from leadline.store.table import Item, Put, Write, at_version
from query.changes.outbox import TRIES, new_job, publish
from query.changes.record import entry
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
from query.config.roster_change import RosterChange
from query.http.body import read_json
from query.http.etags import check_if_match, with_etag
from query.http.faults import Faults, not_found
from query.http.parameters import CURSOR, LIMIT
from query.http.request import Reply, Request
from query.http.values import DEFAULT_LIMIT
from query.schemas import Team, TeamPage

PARAMETERS = (LIMIT, CURSOR)

MAX_ROSTER_BYTES = 300_000
"""All teams are one item, because every deployment needs them; an item ends at 400 KB."""
MAX_TEAM_BYTES = 150_000
"""What is put on record of a change holds a team twice, before and after, and is one item, too."""


@dataclass(frozen=True, slots=True)
class _Edit:
    teams: Teams
    change: RosterChange


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
        stored = as_stored(members, teams.get(name, ()), people)
        changed = {**teams, name: stored}
        check_crowding(changed, stored, faults)
        if len(canonical(_answer(people, name, stored)).encode()) > MAX_TEAM_BYTES:
            faults.add("/members", InvalidValue("too_large", f"take more than {MAX_TEAM_BYTES} bytes"))
        faults.check_body()
        return _Edit(changed, RosterChange.between(teams.get(name, ()), stored))

    team, headers = _change(request, name, put)
    return with_etag(team, headers)


def delete_team(request: Request) -> Reply:
    """Removes a team with its past. Raises Problem: 404, 412, 503."""
    request.sent.faults.check_query()
    name = _name(request)

    def delete(teams: Teams, people: People) -> _Edit:
        if name not in teams:
            raise not_found("There is no team of this name.")
        check_if_match(request, _shown(people, name, teams), needed=False)
        left = {other: members for other, members in teams.items() if other != name}
        return _Edit(left, RosterChange.between(teams[name], ()))

    _, headers = _change(request, name, delete)
    return Reply(None, headers)


def _name(request: Request) -> str:
    try:
        return read_team_name(request.name)
    except InvalidValue as invalid:
        raise not_found(f"This can't be a team's name: it {invalid.detail}.") from None


def _change(
    request: Request, name: str, edit: Callable[[Teams, People], _Edit]
) -> tuple[Team | None, Mapping[str, str]]:
    """Stores the change and publishes its job. The team as it is then, and the headers that name the job."""
    for _ in range(TRIES):
        found = request.table.get([ROSTER_KEY, SETTINGS_KEY])
        stored = found.get(ROSTER_KEY) or {"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1]}
        teams = roster_from_item(stored).teams
        settings = found.get(SETTINGS_KEY)
        people = People(request.table, Naming.of(OrganisationSettings.from_item(settings)))
        made = edit(teams, people)
        if made.teams == teams:
            return _shown(people, name, teams), {}
        before, after = _shown(people, name, teams), _shown(people, name, made.teams)
        item = _item(stored, made.teams)
        fan_out = FanOut(ROSTER, sorted(made.change.authors), made.change.days())
        job = new_job(request, "team", name, item["v"], fan_out=fan_out) if made.change else None
        writes: list[Write] = [Put(item, at_version(stored.get("v", 0)))]
        if before != after:
            action = "deleted" if after is None else "created" if before is None else "changed"
            mark = f"team.{name}.v{item['v']}"
            writes.append(Put(entry(request, "team", name, action, mark, None, before, after).to_item()))
        writes += job.writes() if job is not None else []
        # How people are named may have changed since it was read: then all is done again by that.
        writes += check_settings_unchanged(settings)
        try:
            request.table.write(writes)
        except Conflict:
            continue
        return after, publish(request, job)
    raise unavailable("Others kept changing teams at the same time; send it again.", retry_after=1)


def _item(stored: Item, teams: Teams) -> Item:
    data = {name: {"members": [to_data(member) for member in members]} for name, members in sorted(teams.items())}
    item = {**stored, "teams": data, "v": stored.get("v", 0) + 1}
    if len(json.dumps(item, ensure_ascii=False).encode()) > MAX_ROSTER_BYTES:
        faults = Faults()
        faults.add(
            "/members", InvalidValue("roster_full", f"all teams together take more than {MAX_ROSTER_BYTES} bytes")
        )
        faults.check_body()
    return item


def _people(request: Request) -> People:
    return People(request.table, Naming.of(request.organisation()))


def _shown(people: People, name: str, teams: Teams) -> Team | None:
    return _answer(people, name, teams[name]) if name in teams else None


def _answer(people: People, name: str, members: tuple[Membership, ...]) -> Team:
    shown = sorted((replace(member, author=people.stored_name(member.author)) for member in members), key=order)
    return {"team": name, "members": [to_answer(member) for member in shown if not is_stand_in(member.author)]}
