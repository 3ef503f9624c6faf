"""POST /v1/deployments/preview: what a deployment would carry if it finished now. Writes nothing.

It is mapped by the same rules and on the same ledger as the real deployment would be (`leadline.domain.attribution`).
"""

from __future__ import annotations

from dataclasses import dataclass

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import read_flag
from leadline.contract.objects import ObjectReader
from leadline.contract.reasons import advice_for
from leadline.contract.text import name_of, read_sha
from leadline.domain.attribution import Attribution, DeploymentRun, Reason, State, Status, attribute
from leadline.domain.facts import carry, carry_commits
from leadline.store.change_filter import change_filter, commits_that_count
from leadline.store.deployments import TimelineEntry, line_partition, place_of, year_of
from leadline.store.ledger import StoredLedger
from leadline.store.planned_writes import PlannedWrites
from leadline.store.resolving import Resolved, keys_to_resolve, resolve
from leadline.store.services import Service
from leadline.store.table import Table
from query.http.body import read_json
from query.http.faults import Faults
from query.http.request import Request
from query.http.times import instant
from query.http.values import read_repository
from query.schemas import DeploymentPreview
from query.visibility.key_scope import beyond, faults_of
from query.visibility.people import shown


@dataclass(frozen=True, slots=True)
class _Planned:
    id: str | None
    repository: str | None
    service: str | None
    environment: str
    previous_id: str | None
    baseline: bool


def preview(request: Request) -> DeploymentPreview:
    """What the deployment would carry. Raises Problem: 400, 413, 415, 422."""
    request.sent.faults.check_query()
    planned = _read(request)
    names = (planned.repository, planned.service)
    snapshot = request.table.get(list(dict.fromkeys(keys_to_resolve(*names))))
    resolved = resolve(request.table, *names, snapshot)
    if not request.limits.reach(resolved.service.name, resolved.service.repository):
        raise beyond("service")  # a service that somebody named after this repository
    found = _attribute(request, planned, resolved)
    service = resolved.service
    carried = carry(found.changes, request.now, {})
    commits = commits_that_count(PlannedWrites(request.table, service.lock, {}), found.direct, request.organisation())
    leads = {commit.sha: commit.lead.seconds for commit in carry_commits("", commits, request.now, {})}
    return {
        "service": service.name,
        "resolved": resolved.how,  # type: ignore[typeddict-item]  # one of the four
        "repository": service.repository,
        "environment": planned.environment,
        "changes": [
            {
                "repository": change.repository,
                "number": change.number,
                "author": shown(change.author, request.organisation()),
                "lead_time": change.lead.seconds,
            }
            for change in carried
        ],
        "direct_commits": [
            {
                "sha": node.sha,
                "author": shown(node.author, request.organisation()),
                "authored_at": instant(node.authored_at or node.at),
                "lead_time": leads.get(node.sha),
            }
            for node in found.direct
        ],
        "mapping": {
            "status": found.status.value,
            "reason": found.reason.value,
            "from_id": found.from_id,
            "to_id": found.to_id,
        },
        "advice": advice_for(found.reason),
    }


def _read(request: Request) -> _Planned:
    faults = Faults()
    names = ("id", "repository", "service", "environment", "previous_id", "baseline")
    fields = ObjectReader(read_json(request.event, request.headers), names, faults)
    planned = _Planned(
        fields.read("id", read_sha, None),
        fields.read("repository", read_repository, None),
        fields.read("service", name_of(200), None),
        fields.read("environment", name_of(100), "production"),
        fields.read("previous_id", read_sha, None),
        # An invalid baseline may have meant true: then a missing id is no fault.
        fields.read("baseline", read_flag, fields.has_value("baseline")),
    )
    if not planned.baseline:
        fields.require("id", "is required unless baseline is true")
    if not fields.has_value("service"):
        fields.require("repository", "is required unless service is given")
    faults.check_body()
    for fault in faults_of(request, {"repository": planned.repository, "service": planned.service}):
        faults.add(fault["pointer"], InvalidValue(fault["code"], fault["detail"]))
    faults.check_body()
    return planned


def _attribute(request: Request, planned: _Planned, resolved: Resolved) -> Attribution:
    organisation = request.organisation()
    service = resolved.service
    state = _read_state(request.table, service, planned.environment, request.now)
    if resolved.mismatch is not None:
        return Attribution(state, Status.UNMATCHED, Reason.REPOSITORY_MISMATCH, counted=False)
    changes = PlannedWrites(request.table, service.lock, {})  # only read, never flushed
    run = DeploymentRun(
        sha=planned.id,
        successful=True,
        failed_to_run=False,
        finished_at=request.now,
        baseline=planned.baseline,
        previous_id=planned.previous_id,
    )
    concerns = change_filter(changes, service, organisation)
    return attribute(state, run, StoredLedger(changes), organisation.calendar, concerns)


def _read_state(table: Table, service: Service, environment: str, now: int) -> State:
    """What has shipped to the environment until now."""
    place = place_of(now, "")
    for year in sorted(service.years.get(environment, ()), reverse=True):
        if year <= year_of(place):
            pk = line_partition(service.name, environment, year)
            for item in table.query(pk, "", place, reverse=True, limit=1):
                return TimelineEntry.from_item(item).after
    return State()
