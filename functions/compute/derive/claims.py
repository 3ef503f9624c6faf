"""Claims: what refers to a deployment by its run id or its SHA, before or after that deployment is known.

A claimant is an incident ("i:…") that names the deployment, or a deployment ("d:…") that repairs it.
"""

from collections.abc import Iterable

from compute.derive.timeline import OUTCOME, Timeline
from leadline.domain.deployments import identified_key
from leadline.store.deployments import Record, is_sha, place_of

_FOREVER = 9_999_999_999_999


def add_claim(timeline: Timeline, reference: str, claimant: str) -> None:
    """Registers that the claimant refers to the deployment with this id or SHA."""
    _change_claims(timeline, reference, timeline.claims_by(reference) | {claimant: reference})


def drop_claim(timeline: Timeline, reference: str, claimant: str) -> None:
    """Takes a claim back."""
    claims = {name: value for name, value in timeline.claims_by(reference).items() if name != claimant}
    _change_claims(timeline, reference, claims)


def _change_claims(timeline: Timeline, reference: str, claims: dict[str, str]) -> None:
    timeline.put_claims(reference, claims)
    run = identified_key(timeline.service.name, timeline.environment, reference)
    _mark(timeline, places_of(timeline, reference, run))


def mark_claims_on(timeline: Timeline, record: Record) -> None:
    """Marks the deployments whose claims this one may take over: a claim by SHA refers to one deployment of that SHA only."""
    for _, reference in timeline.claims_on(record):
        _mark(timeline, places_of(timeline, reference, None))


def places_of(timeline: Timeline, reference: str, run: str | None) -> list[str]:
    """Places of the deployments that a claim with this reference may refer to. `run`: the key of the run with this id."""
    places: list[str] = []
    named = timeline.record(run) if run else None
    if named is not None:
        places.append(named.place)
    if is_sha(reference):
        places += [entry.place for entry in timeline.with_sha(reference, place_of(_FOREVER, "~"))]
    return places


def _mark(timeline: Timeline, places: Iterable[str]) -> None:
    for place in places:
        timeline.mark(OUTCOME, place)
