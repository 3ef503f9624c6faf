"""GET /v1/deployments and GET /v1/deployments/{key}: deployments, and what each carried."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from leadline.contract.dates import FIRST_DAY, LAST_DAY
from leadline.contract.invalid_value import InvalidValue
from leadline.domain.deployments import IN_PROGRESS
from leadline.store.configuration import OrganisationSettings
from leadline.store.deployments import Record, place_of
from leadline.store.services import Service, service_key
from leadline.store.table import Table
from query.http.answer_size import Page
from query.http.faults import not_found
from query.http.parameters import CURSOR, ENVIRONMENT, FROM, LIMIT, REPOSITORY, SERVICE, TO, Sent, choice
from query.http.request import Request
from query.http.times import instant
from query.http.values import DEFAULT_LIMIT
from query.records.deployments import deployments_by_key, mapping_answer
from query.records.timelines import Stretch, Timeline, newest_first
from query.reports.period import dates_are_valid
from query.reports.selection import all_services
from query.schemas import Deployment, DeploymentCorrection, DeploymentPage, DeploymentRecovery
from query.visibility.key_scope import check_filters, reaches, within
from query.visibility.people import labels_shown, shown

STATUS = choice(
    "status",
    "Only this status. Can be repeated; any of the values matches.",
    "success",
    "failure",
    "cancelled",
    "in_progress",
    repeats=True,
)
MAPPING = choice(
    "mapping",
    "Only this mapping status. Can be repeated; any of the values matches.",
    "mapped",
    "baseline",
    "pending",
    "unmatched",
    repeats=True,
)
PARAMETERS = (FROM, TO, SERVICE, REPOSITORY, ENVIRONMENT, STATUS, MAPPING, LIMIT, CURSOR)

MAX_LOOKED_AT = 1_000
"""The most deployments that one request reads; then the page is short, and its cursor continues."""

_KEY = re.compile(r"[0-9a-f]{24}", re.ASCII)


def one_deployment(request: Request) -> Deployment:
    """A deployment by its key. Raises Problem (404)."""
    request.sent.faults.check_query()
    found = deployments_by_key(request.table, [request.name]) if _KEY.fullmatch(request.name) else {}
    if request.name not in found or not reaches(request, found[request.name].deployment.service):
        raise not_found("No deployment has this key.")
    return deployment_answer(found[request.name], request.organisation())


def deployment_page(request: Request) -> DeploymentPage:
    """Deployments, the newest first; to all environments unless the request names some."""
    stretch = _read_stretch(request)
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    places = newest_first(request.table, _find_timelines(request), stretch, limit)
    page: Page[Deployment] = Page()
    looked_at = 0
    last: str | None = None
    while len(page.items) < limit and looked_at < MAX_LOOKED_AT:
        batch = list(islice(places, min(limit, MAX_LOOKED_AT - looked_at)))
        if not batch:
            return {"items": page.items, "next_cursor": None}
        for place, record in _read_at(request.table, batch):
            full = len(page.items) == limit
            if not full and record is not None and _matches(record, request.sent):
                full = not page.add(deployment_answer(record, request.organisation()))
            if full:
                return {"items": page.items, "next_cursor": request.next_cursor(last or place)}
            looked_at, last = looked_at + 1, place
    more = last is not None and next(places, None) is not None
    return {"items": page.items, "next_cursor": request.next_cursor(last) if more and last else None}


def _read_stretch(request: Request) -> Stretch:
    sent, calendar = request.sent, request.calendar()
    start, end = sent.one("from", FIRST_DAY), sent.one("to", LAST_DAY)
    if dates_are_valid(sent) and start >= end:
        sent.faults.add("?from", InvalidValue("order", "must be before to"))
    before = place_of(calendar.start_of(end), "")
    return Stretch(place_of(calendar.start_of(start), ""), min(before, request.position() or before))


def _find_timelines(request: Request) -> list[Timeline]:
    sent = request.sent
    names, repositories, environments = sent.all("service"), sent.all("repository"), sent.all("environment")
    if names and not request.limits:
        services = [Service.from_item(item) for item in request.table.get([service_key(n) for n in names]).values()]
    else:
        reached = within(request, all_services(request.table))
        check_filters(request, reached, names, repositories)
        services = [service for service in reached.values() if not names or service.name in names]
    return [
        Timeline(service.name, environment, tuple(years))
        for service in services
        if not repositories or service.repository in repositories
        for environment, years in service.years.items()
        if not environments or environment in environments
    ]


def _read_at(table: Table, places: Sequence[str]) -> Iterator[tuple[str, Record | None]]:
    """The records at these places; None where one has moved since its place was read."""
    keys = [place.partition("#")[2] for place in places]
    records = deployments_by_key(table, keys)
    for place, key in zip(places, keys, strict=True):
        record = records.get(key)
        yield place, record if record is not None and record.place == place else None


def _matches(record: Record, sent: Sent) -> bool:
    statuses, mappings = sent.all("status"), sent.all("mapping")
    if statuses and record.deployment.report.status not in statuses:
        return False
    return not mappings or record.status in mappings


def deployment_answer(record: Record, organisation: OrganisationSettings) -> Deployment:
    """The record as the API shows it. `failed` is read from what is counted, so that lists agree with metrics."""
    report = record.deployment.report
    counted = record.parts[0].summary if record.parts else None
    failed = counted is not None and counted.failed
    recovery: DeploymentRecovery | None = None
    if counted is not None and counted.failed:
        recovery = {"seconds": counted.recovery, "open": counted.recovery is None}
    commits = record.commits
    unfinished = report.status == IN_PROGRESS and report.finished_at is None
    return {
        "key": record.key,
        "service": record.deployment.service,
        "environment": record.deployment.environment,
        "repository": record.repository,
        "id": report.id,
        "deployment_id": report.deployment_id,
        "status": report.status,  # type: ignore[typeddict-item]  # one of the four, by ingest
        "started_at": instant(report.started_at),
        "finished_at": None if unfinished else instant(report.finish),
        "version": report.version,
        "url": report.url,
        "labels": labels_shown(dict(report.labels)),
        "failed": failed,
        "rollback": record.rollback,
        "rework": counted is not None and counted.rework,
        "recovery": recovery,
        "incidents": [incident.id for incident in record.outcome.incidents],
        "changes": [
            {
                "repository": change.repository,
                "number": change.number,
                "author": shown(change.author, organisation),
                "lead_time": change.lead.seconds,
            }
            for change in record.changes
        ],
        "direct_commits": [
            {
                "sha": sha,
                "author": shown(author, organisation),
                "authored_at": instant(at),
                "lead_time": commits[sha].lead.seconds if sha in commits else None,
            }
            for sha, author, at in record.direct
        ],
        "correction": _correction_answer(record),
        "mapping": mapping_answer(record),
    }


def _correction_answer(record: Record) -> DeploymentCorrection | None:
    correction = record.correction
    if not correction.to_data():
        return None
    return {
        "failed": correction.failed,
        "excluded": correction.excluded,
        "remediates": correction.remediates,
        "note": correction.note,
    }
