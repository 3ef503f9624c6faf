"""Claims: who says something about a deployment, by its run id or its SHA, before or after that deployment is known."""

from compute.derive.failures import targets
from compute.derive.timeline import Timeline
from compute.derive.unit_of_work import OUTCOME
from leadline.domain.deployments import identified_key
from leadline.store.deployments import Record, reference_key, references
from leadline.store.table import Item, Key


def add_claim(timeline: Timeline, reference: str, claimant: str) -> None:
    """Registers that the claimant ("i:" incident, "d:" deployment) speaks of the deployment with this id or SHA."""
    _change_claim(timeline, reference, {claimant: reference}, drop=None)


def drop_claim(timeline: Timeline, reference: str, claimant: str) -> None:
    """Takes a claim back."""
    _change_claim(timeline, reference, {}, drop=claimant)


def _change_claim(timeline: Timeline, reference: str, added: dict[str, str], drop: str | None) -> None:
    key = reference_key(timeline.service.name, timeline.environment, reference)
    claims = {name: value for name, value in _claims(timeline, key).items() if name != drop} | added
    if claims:
        timeline.work.changes.put({"pk": key[0], "sk": key[1], "c": claims})
    else:
        timeline.work.changes.delete(key)
    for place in targets(timeline, reference, identified_key(timeline.service.name, timeline.environment, reference)):
        timeline.mark(OUTCOME, place)


def heed_claims(timeline: Timeline, record: Record) -> None:
    """A claim by SHA speaks of one deployment of that SHA: one more of them may take it from another."""
    for name in references(record):
        for reference in _claims(timeline, reference_key(timeline.service.name, timeline.environment, name)).values():
            for place in targets(timeline, reference, None):
                timeline.mark(OUTCOME, place)


def _claims(timeline: Timeline, key: Key) -> dict[str, str]:
    item: Item = timeline.work.changes.get(key) or {}
    claims: dict[str, str] = item.get("c", {})
    return claims
