"""GET /v1/people: pseudonyms and real names. GET /v1/people/{author}: an author's page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from leadline.domain.roster import Roster
from leadline.domain.windows import Window
from leadline.store.deployments import Record, place_of
from leadline.store.people import PEOPLE
from leadline.store.services import Service
from query.http.faults import not_found
from query.http.parameters import CURSOR, ENVIRONMENT, FROM, LIMIT, TO
from query.http.request import Request
from query.http.times import instant
from query.http.values import DEFAULT_LIMIT
from query.people.person import person_named
from query.people.schemas import AuthorChange, AuthorReport, AuthorTeam, PseudonymPage
from query.records.deployments import deployments_by_key
from query.records.timelines import Stretch, Timeline, newest_first
from query.reports.dora import window_answer
from query.reports.filters import Filters, ReportQuery
from query.reports.measures import DORA
from query.reports.period import read_window
from query.reports.report import Reports
from query.reports.selection import all_services
from query.visibility.people import check_author_pages, check_individuals

LIST_PARAMETERS = (LIMIT, CURSOR)
PAGE_PARAMETERS = (FROM, TO, ENVIRONMENT)

LATEST = 20
"""Changes on an author's page."""
MAX_LOOKED_AT = 200
"""The most deployments that one page reads to find them."""
_BATCH = 20


def person_page(request: Request) -> PseudonymPage:
    """Pseudonyms with real names, in order of pseudonym. Raises Problem: 400, 403."""
    after = request.position()
    request.sent.faults.check_query()
    check_individuals(request.organisation())
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    first = "" if after is None else after + "\x00"  # the smallest after it
    found = list(request.table.query(PEOPLE, first, limit=limit + 1))
    page = found[:limit]
    return {
        "items": [{"pseudonym": item["sk"], "name": item["name"]} for item in page if "name" in item],
        "next_cursor": request.next_cursor(page[-1]["sk"]) if len(found) > limit else None,
    }


def author_page(request: Request) -> AuthorReport:
    """An author's page. Raises Problem: 400; 403 where the settings switch it off; 404 for somebody without team and deployment."""
    reports = Reports(request, DORA)
    organisation = reports.organisation
    window = read_window(request.sent, organisation.calendar, request.now)
    request.sent.faults.check_query()
    check_author_pages(organisation)
    author = person_named(request)
    environments = request.sent.all("environment")
    filters = Filters(environments=environments, author=author)
    report = reports.report(ReportQuery(window, filters, group_by="service"))
    groups = {group.key: group.metrics for group in report.groups or () if group.key is not None}
    teams = list(_teams(request.reach.configuration.roster(), author, window))
    if not groups and not teams:
        raise not_found("No team or deployment in this window includes a person with this name.")
    services = {name: service for name, service in all_services(request.table).items() if name in groups}
    timelines = [
        Timeline(service.name, environment, tuple(service.years.get(environment, ())))
        for service in services.values()
        for environment in environments or service.production or organisation.production
    ]
    return {
        "author": author,
        "teams": teams,
        "services": [
            {"service": name, "repository": _repository(services.get(name)), "metrics": metrics}
            for name, metrics in groups.items()
        ],
        "window": window_answer(window, report.timezone),
        "metrics": report.metrics,
        "previous": {"window": window_answer(window.previous(), report.timezone), "metrics": report.previous},
        "changes": list(islice(_changes(request, timelines, window, author), LATEST)),
    }


def _repository(service: Service | None) -> str | None:
    return service.repository if service is not None else None


def _teams(roster: Roster, author: str, window: Window) -> Iterator[AuthorTeam]:
    """The teams that the author was in on any of these days."""
    for team, members in sorted(roster.teams.items()):
        for member in members:
            begins = member.start is None or member.start < window.end
            if member.author == author and begins and (member.end is None or window.start < member.end):
                yield {
                    "team": team,
                    "from": member.start.isoformat() if member.start else None,
                    "to": member.end.isoformat() if member.end else None,
                }


def _changes(request: Request, timelines: list[Timeline], window: Window, author: str) -> Iterator[AuthorChange]:
    """The author's changes in the newest deployments of these days."""
    calendar = request.calendar()
    stretch = Stretch(place_of(calendar.start_of(window.start), ""), place_of(calendar.start_of(window.end), ""))
    places = islice(newest_first(request.table, timelines, stretch, _BATCH), MAX_LOOKED_AT)
    while batch := [place.partition("#")[2] for place in islice(places, _BATCH)]:
        records = deployments_by_key(request.table, batch)
        for record in (records[key] for key in batch if key in records):
            yield from _shipped(record, author)


def _shipped(record: Record, author: str) -> Iterator[AuthorChange]:
    for change in (change for part in record.parts for change in part.changes if change.author == author):
        yield {
            "repository": change.repository,
            "number": change.number if change.sha is None else None,
            "sha": change.sha,
            "lead_time": change.lead.seconds,
            "service": record.deployment.service,
            "environment": record.deployment.environment,
            "deployment": record.key,
            "deployed_at": instant(record.deployment.report.finish),
        }
