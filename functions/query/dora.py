"""GET /v1/metrics/dora: DORA's metrics of what the filters leave, from cells alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from leadline.domain.levels import EDITIONS
from leadline.domain.metrics import Coverage, Days, Metrics, Tally, by_day
from leadline.domain.windows import Window
from query.answers import DoraReport, Group, SeriesEntry, WindowAnswer
from query.groups import Grouping, plan_groups
from query.levels import levels_answer
from query.limited import check_asked, within
from query.parameters import AUTHOR, ENVIRONMENT, FROM, REPOSITORY, SERVICE, TEAM, TO, Sent, choice
from query.period import read_window
from query.reading import CellReader
from query.refusal import Refused
from query.request import Request
from query.selection import Selection, Services, all_services, of_repositories

INTERVAL = choice(
    "interval", "Adds a series of the window's days, ISO weeks or calendar months.", "day", "week", "month"
)
GROUP_BY = choice("group_by", "Adds the metrics of each.", "service", "repository", "team", "author")
LEVELS = choice("levels", "Adds DORA's performance levels by the report of this year.", *EDITIONS)
PARAMETERS = (FROM, TO, SERVICE, REPOSITORY, ENVIRONMENT, TEAM, AUTHOR, INTERVAL, GROUP_BY, LEVELS)

_FILTERS = ("service", "repository", "environment")


def dora_report(request: Request) -> DoraReport:
    """One query of the table for a service's usual report, whatever the number of its deployments."""
    sent = request.sent
    organisation = request.organisation()
    window = read_window(sent, organisation.calendar, request.now)
    if sent.values.get("team") and sent.values.get("author"):
        sent.faults.add("?author", Refused("exclusive", "can't be combined with team; give one of them"))
    sent.faults.check_query()

    span = Window(window.previous().start, window.end)
    group_by = sent.one("group_by")
    services: Services | None = None
    if request.limits or _needs_services(sent, group_by):
        services = within(request, all_services(request.table))
        check_asked(request, services)
    selection = _selection(sent, services, organisation.production)
    if request.limits and services is not None:
        selection = selection.only(services)
    reader = CellReader(request.table)
    days = by_day(reader.cells(selection.scopes(services, span), span))

    tally = Tally.of(days, window)
    report: DoraReport = {
        "window": _window(window, organisation.timezone),
        "filters": _filters(sent),
        "metrics": Metrics.of(tally),
        "coverage": Coverage.of(tally),
        "previous": {
            "window": _window(window.previous(), organisation.timezone),
            "metrics": Metrics.of(Tally.of(days, window.previous())),
        },
    }
    if interval := sent.one("interval"):
        report["series"] = [_entry(days, part) for part in window.split(interval)]
    if group_by:
        report["groups"] = _groups(request, Grouping(group_by, selection, services), reader, window)
    if edition := sent.one("levels"):
        report["levels"] = levels_answer(edition, report["metrics"])
    return report


def _needs_services(sent: Sent, group_by: str | None) -> bool:
    """The list of services costs a query: only for what can't be told without it."""
    if sent.values.get("repository") or group_by == "repository":
        return True
    one_person_or_team = bool(sent.values.get("team") or sent.values.get("author"))
    return not sent.values.get("service") and (
        group_by == "service" or (group_by == "author" and not one_person_or_team)
    )


def _selection(sent: Sent, services: Services | None, production: tuple[str, ...]) -> Selection:
    selection = Selection(
        environments=sent.all("environment") or production,
        services=sent.all("service") or None,
        team=sent.one("team"),
        author=sent.one("author"),
    )
    repositories = sent.all("repository")
    if repositories and services is not None:
        return selection.only(of_repositories(services, repositories))
    return selection


def _groups(request: Request, grouping: Grouping, reader: CellReader, window: Window) -> list[Group]:
    groups = plan_groups(grouping, reader, window, request.reach.configuration.roster)
    reader.fetch((scope for group in groups for scope in group.scopes), window)
    found: list[Group] = []
    for group in groups:
        cells = ((day, numbers) for day, numbers in reader.cells(group.scopes, window) if group.on(day))
        tally = Tally.of(by_day(cells), window)
        if tally:
            found.append({"key": group.key, "metrics": Metrics.of(tally)})
    return sorted(found, key=lambda group: (group["key"] is None, group["key"] or ""))


def _entry(days: Days, part: Window) -> SeriesEntry:
    wanted = (part.start + timedelta(days=offset) for offset in range(part.days))
    tally = Tally.of({day: days[day] for day in wanted if day in days}, part)
    return {"from": part.start.isoformat(), "to": part.end.isoformat(), "metrics": Metrics.of(tally)}


def _window(window: Window, timezone: str) -> WindowAnswer:
    return {
        "from": window.start.isoformat(),
        "to": window.end.isoformat(),
        "days": window.days,
        "timezone": timezone,
    }


def _filters(sent: Sent) -> dict[str, Any]:
    filters: dict[str, Any] = {name: list(sent.all(name)) for name in _FILTERS if sent.all(name)}
    filters.update({name: sent.one(name) for name in ("team", "author") if sent.one(name) is not None})
    return filters
