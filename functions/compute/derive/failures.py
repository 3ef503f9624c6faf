"""How each deployment went: which incidents, rollbacks and remediations speak of it.

Like attribution it is derived from what is stored around a deployment, so the order in which incidents, deployments and their
remedies arrive never changes a number. A rollback reaches back along the timeline to everything it went back behind.
"""

from collections.abc import Iterator
from dataclasses import replace

from compute.derive.records import save_record, with_outcome
from compute.derive.timeline import Timeline
from compute.derive.unit_of_work import OUTCOME
from leadline.domain.deployments import identified_key
from leadline.domain.ledger import Relied, is_behind
from leadline.domain.outcomes import LinkedIncident, Outcome, Remedy
from leadline.store.deployments import Record, TimelineEntry, is_sha, place_of, reference_key, references, same_sha
from leadline.store.incidents import Incident, incident_key, incident_line

RolledBack = tuple[tuple[Remedy, str], ...]


def settle(timeline: Timeline, places: set[str]) -> None:
    """Derives the outcomes at these places anew, and at those before them that this may change."""
    left = set(places)
    for place in places:
        neighbour = _neighbour(timeline, place)
        if neighbour is not None:
            left.add(neighbour.place)
            timeline.mark(OUTCOME, neighbour.place)
    seen: set[str] = set()
    while left:
        place = max(left)
        left.remove(place)
        seen.add(place)
        for other in _spoken_of_together(timeline, place) - seen - left:
            left.add(other)
            timeline.mark(OUTCOME, other)
        passed_on = _settle_one(timeline, place)
        before = timeline.live_before(place) if passed_on else None
        if before is not None:
            left.add(before.place)
            timeline.mark(OUTCOME, before.place)
        timeline.unmark(OUTCOME, place)


def _spoken_of_together(timeline: Timeline, place: str) -> set[str]:
    """Whom it repairs, and the deployments of its SHA where somebody speaks of that: whether it is live matters to them."""
    entry = timeline.entry(place)
    record = timeline.record(entry.key) if entry else None
    if record is None:
        return set()
    spoken = [reference for _, reference in _claims_on(timeline, record)]
    places = {other for reference in spoken for other in targets(timeline, reference, None)}
    if record.remediates is not None:
        run = identified_key(timeline.service.name, timeline.environment, record.remediates)
        places.update(targets(timeline, record.remediates, run))
    return places


def _neighbour(timeline: Timeline, place: str) -> TimelineEntry | None:
    """The deployment before, where this one may change how that went. Not for the usual newest one: it costs a query."""
    entry = timeline.entry(place)
    quiet = entry is not None and not entry.rollback and not entry.repairs
    if quiet and timeline.is_newest(place) and timeline.work.changes.lock.get("last_incident", 0) < int(place[:13]):
        return None
    return timeline.live_before(place)


def _settle_one(timeline: Timeline, place: str) -> bool:
    """Answers whether it takes part in a rollback, now or before, so that the one before it may too."""
    entry = timeline.entry(place)
    record = timeline.record(entry.key) if entry else None
    if entry is None or record is None:
        return False
    after = timeline.live_after(place) if entry.live else None
    rolled_back = _rollbacks(timeline, entry, after)
    outcome = Outcome()
    if entry.live:
        incidents = {trouble.id: trouble for trouble in _implicit(timeline, entry, after)}
        remedies = {remedy.key: remedy for remedy, _ in rolled_back}
        if after is not None and after.repairs:
            remedies[after.key] = Remedy(after.key, after.finish, rollback=False)
        for claimed in _claimed(timeline, entry, record):
            if isinstance(claimed, LinkedIncident):
                incidents[claimed.id] = claimed
            else:
                remedies.setdefault(claimed.key, claimed)
        outcome = Outcome(
            tuple(incidents[name] for name in sorted(incidents)), tuple(remedies[key] for key in sorted(remedies))
        )
    settled = with_outcome(record, outcome)
    if settled != record and record.parts:  # in any of its parts: after a crash the others may know it already
        save_record(timeline.work, record, settled)
    timeline.put_entry(replace(entry, rolled_back=rolled_back))
    return bool(rolled_back or entry.rolled_back)


def _rollbacks(timeline: Timeline, entry: TimelineEntry, after: TimelineEntry | None) -> RolledBack:
    """Rollbacks that went back behind this deployment: the next one, and those that went back behind the next one too."""
    if after is None or entry.node is None:
        return ()
    candidates = list(after.rolled_back)
    if after.rollback and after.node is not None:
        candidates.append((Remedy(after.key, after.finish, rollback=True), after.node))
    mine = timeline.work.ledger.node(entry.node) if candidates else None
    if mine is None:
        return ()
    return tuple((remedy, node) for remedy, node in candidates if is_behind(timeline.work.ledger, node, mine, Relied()))


def _implicit(timeline: Timeline, entry: TimelineEntry, after: TimelineEntry | None) -> list[LinkedIncident]:
    """Incidents that name no deployment and started while this one was the last, within the organisation's window."""
    if timeline.work.changes.lock.get("last_incident", 0) < entry.finish:
        return []
    until = entry.finish + timeline.work.organisation.incident_window
    if after is not None:
        until = min(until, after.finish - 1)
    pk = incident_line(timeline.service.name, timeline.environment)
    items = timeline.work.changes.query(pk, f"{entry.finish:013d}", f"{until:013d}~")
    names = [item["sk"].partition("#")[2] for item in items]
    timeline.work.changes.prefetch(incident_key(timeline.service.name, name) for name in names)
    found = [timeline.work.changes.get(incident_key(timeline.service.name, name)) for name in names]
    return [Incident.from_item(item).linked for item in found if item and "deleted" not in item]


def _claimed(timeline: Timeline, entry: TimelineEntry, record: Record) -> list[LinkedIncident | Remedy]:
    found: list[LinkedIncident | Remedy] = []
    seen: set[str] = set()
    for claimant, reference in _claims_on(timeline, record):
        if claimant in seen:
            continue
        claim = _claim(timeline, claimant)
        if claim is not None and _speaks_of(timeline, claimant, reference, claim, entry, record):
            seen.add(claimant)
            found.append(claim)
    return found


def _claims_on(timeline: Timeline, record: Record) -> Iterator[tuple[str, str]]:
    """Who may speak of this deployment, and by which name."""
    for name in references(record):
        key = reference_key(timeline.service.name, timeline.environment, name)
        yield from (timeline.work.changes.get(key) or {}).get("c", {}).items()


def _claim(timeline: Timeline, claimant: str) -> LinkedIncident | Remedy | None:
    """The incident ("i:…") or deployment ("d:…") that makes a claim, where it counts."""
    kind, name = claimant[:2], claimant[2:]
    if kind == "i:":
        item = timeline.work.changes.get(incident_key(timeline.service.name, name))
        return Incident.from_item(item).linked if item and "deleted" not in item else None
    remedy = timeline.record(name)
    if remedy is None or not remedy.live:
        return None
    return Remedy(name, remedy.deployment.report.finish, rollback=False)


def _speaks_of(
    timeline: Timeline,
    claimant: str,
    reference: str,
    claim: LinkedIncident | Remedy,
    entry: TimelineEntry,
    record: Record,
) -> bool:
    """A run id names one deployment; a SHA names the last deployment of it before the claim, else the first after."""
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


def targets(timeline: Timeline, reference: str, key: str | None) -> list[str]:
    """Places of the deployments that a claim with this reference may speak of. `key`: that of the run with this id."""
    places: list[str] = []
    named = timeline.record(key) if key else None
    if named is not None:
        places.append(named.place)
    if is_sha(reference):
        places += [entry.place for entry in timeline.with_sha(reference, place_of(_FOREVER, "~"))]
    return places


_FOREVER = 9_999_999_999_999
