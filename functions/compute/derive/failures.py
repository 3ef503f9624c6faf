"""How each deployment went: which incidents, rollbacks and remedies belong to it.

Like attribution it is derived from what is stored around a deployment, so the order in which incidents, deployments and their
remedies arrive never changes a number. A rollback reaches back along the timeline to everything that it went back behind.
"""

from dataclasses import replace

from compute.derive.claims import places_of
from compute.derive.records import with_outcome
from compute.derive.timeline import OUTCOME, Timeline
from compute.derive.unit_of_work import UnitOfWork
from leadline.domain.deployments import identified_key
from leadline.domain.ledger import Relied, is_behind
from leadline.domain.outcomes import LinkedIncident, Outcome, Remedy
from leadline.store.deployments import Record, TimelineEntry, is_sha, place_of, same_sha
from leadline.store.incidents import Incident, incident_key, incident_line

RolledBack = tuple[tuple[Remedy, str], ...]
Claims = list[tuple[str, str]]


def settle(work: UnitOfWork, timeline: Timeline, places: set[str]) -> None:
    """Derives the outcomes at these places again, and at those before them that this may change."""
    left = set(places)
    last_incident = work.changes.lock.get("last_incident", 0)
    for place in places:
        neighbour = _neighbour(timeline, place, last_incident)
        if neighbour is not None:
            left.add(neighbour.place)
            timeline.mark(OUTCOME, neighbour.place)
    seen: set[str] = set()
    while left:
        place = max(left)
        left.remove(place)
        seen.add(place)
        entry = timeline.entry(place)
        record = timeline.record(entry.key) if entry else None
        if entry is not None and record is not None:
            claims = timeline.claims_on(record)
            for other in _named_together(timeline, record.remediates, claims) - seen - left:
                left.add(other)
                timeline.mark(OUTCOME, other)
            passed_on = _settle_one(work, timeline, entry, record, claims, last_incident)
            before = timeline.live_before(place) if passed_on else None
            if before is not None:
                left.add(before.place)
                timeline.mark(OUTCOME, before.place)
        timeline.unmark(OUTCOME, place)


def _named_together(timeline: Timeline, remediates: str | None, claims: Claims) -> set[str]:
    """The deployment it repairs, and those of its SHA where a claim names that: whether it is live matters to them."""
    places = {other for _, reference in claims for other in places_of(timeline, reference, None)}
    if remediates is not None:
        run = identified_key(timeline.service.name, timeline.environment, remediates)
        places.update(places_of(timeline, remediates, run))
    return places


def _neighbour(timeline: Timeline, place: str, last_incident: int) -> TimelineEntry | None:
    """The deployment before, where this one may change how that went. Not for the usual newest one: it costs a query."""
    entry = timeline.entry(place)
    quiet = entry is not None and not entry.rollback and not entry.repairs
    if quiet and timeline.is_newest(place) and last_incident < int(place[:13]):
        return None
    return timeline.live_before(place)


def _settle_one(
    work: UnitOfWork, timeline: Timeline, entry: TimelineEntry, record: Record, claims: Claims, last_incident: int
) -> bool:
    """Answers whether it takes part in a rollback, now or before, so that the one before it may too."""
    after = timeline.live_after(entry.place) if entry.live else None
    rolled_back = _rollbacks(work, entry, after) if after is not None else ()
    outcome = Outcome()
    if entry.live:
        implicit = _implicit(work, timeline, entry, after) if last_incident >= int(entry.place[:13]) else []
        incidents = {incident.id: incident for incident in implicit}
        remedies = {remedy.key: remedy for remedy, _ in rolled_back}
        if after is not None and after.repairs:
            remedies[after.key] = Remedy(after.key, after.finish, rollback=False)
        for claimed in _claimed(timeline, entry, record, claims) if claims else ():
            if isinstance(claimed, LinkedIncident):
                incidents[claimed.id] = claimed
            else:
                remedies.setdefault(claimed.key, claimed)
        outcome = Outcome(
            tuple(incidents[name] for name in sorted(incidents)), tuple(remedies[key] for key in sorted(remedies))
        )
    settled = with_outcome(record, outcome)
    if settled != record and record.parts:  # in any of its parts: after a crash the others may know it already
        timeline.save_record(record, settled)
    if rolled_back != entry.rolled_back:
        timeline.put_entry(replace(entry, rolled_back=rolled_back))
    return bool(rolled_back or entry.rolled_back)


def _rollbacks(work: UnitOfWork, entry: TimelineEntry, after: TimelineEntry) -> RolledBack:
    """Rollbacks that went back behind this deployment: the next one, and those that went back behind the next one too."""
    if entry.node is None:
        return ()
    candidates = list(after.rolled_back)
    if after.rollback and after.node is not None:
        candidates.append((Remedy(after.key, after.finish, rollback=True), after.node))
    mine = work.ledger.node(entry.node) if candidates else None
    if mine is None:
        return ()
    return tuple((remedy, node) for remedy, node in candidates if is_behind(work.ledger, node, mine, Relied()))


def _implicit(
    work: UnitOfWork, timeline: Timeline, entry: TimelineEntry, after: TimelineEntry | None
) -> list[LinkedIncident]:
    """Incidents that name no deployment and started while this one was the last, within the organisation's window."""
    until = entry.finish + work.organisation.incident_window
    if after is not None:
        until = min(until, after.finish - 1)
    pk = incident_line(timeline.service.name, timeline.environment)
    items = work.changes.query(pk, f"{entry.finish:013d}", f"{until:013d}~")
    names = [item["sk"].partition("#")[2] for item in items]
    work.changes.prefetch(incident_key(timeline.service.name, name) for name in names)
    found = [work.changes.get(incident_key(timeline.service.name, name)) for name in names]
    return [Incident.from_item(item).linked for item in found if item and "deleted" not in item]


def _claimed(timeline: Timeline, entry: TimelineEntry, record: Record, claims: Claims) -> list[LinkedIncident | Remedy]:
    """The incidents and remedies whose claims mean this deployment, each once."""
    found: list[LinkedIncident | Remedy] = []
    seen: set[str] = set()
    for claimant, reference in claims:
        if claimant in seen:
            continue
        claim = _claim(timeline, claimant)
        if claim is not None and _means(timeline, claimant, reference, claim, entry, record):
            seen.add(claimant)
            found.append(claim)
    return found


def _claim(timeline: Timeline, claimant: str) -> LinkedIncident | Remedy | None:
    """The incident ("i:…") or deployment ("d:…") that makes a claim, where it counts."""
    kind, name = claimant[:2], claimant[2:]
    if kind == "i:":
        item = timeline.changes.get(incident_key(timeline.service.name, name))
        return Incident.from_item(item).linked if item and "deleted" not in item else None
    remedy = timeline.record(name)
    if remedy is None or not remedy.live:
        return None
    return Remedy(name, remedy.deployment.report.finish, rollback=False)


def _means(
    timeline: Timeline,
    claimant: str,
    reference: str,
    claim: LinkedIncident | Remedy,
    entry: TimelineEntry,
    record: Record,
) -> bool:
    """A run id means one deployment; a SHA means the last deployment of it before the claim, else the first after."""
    if claimant == "d:" + record.key:
        return False
    if reference == record.deployment.report.deployment_id:
        return True
    if not is_sha(reference) or not (same_sha(reference, entry.sha) or same_sha(reference, entry.node)):
        return False
    at = claim.started_at if isinstance(claim, LinkedIncident) else claim.finished_at
    bound = place_of(at, "~")
    if entry.place < bound:
        last = next((other for other in timeline.with_sha(reference, bound) if other.key != claimant[2:]), None)
        return last is not None and last.place == entry.place
    return next(timeline.with_sha(reference, entry.place), None) is None
