"""Claims: who says something about a deployment, by its run id or its SHA, before or after that deployment is known."""

from compute.derive.failures import targets
from compute.derive.timeline import Track
from compute.derive.unit_of_work import OUTCOME
from leadline.domain.deployments import identified_key
from leadline.store.deployments import Record, claim_key, references
from leadline.store.table import Item, Key


def add_claim(track: Track, reference: str, claimant: str) -> None:
    """Registers that the claimant ("i:" incident, "d:" deployment) speaks of the deployment with this id or SHA."""
    _change_claim(track, reference, {claimant: reference}, drop=None)


def drop_claim(track: Track, reference: str, claimant: str) -> None:
    """Takes a claim back."""
    _change_claim(track, reference, {}, drop=claimant)


def _change_claim(track: Track, reference: str, added: dict[str, str], drop: str | None) -> None:
    key = claim_key(track.service.name, track.environment, reference)
    claims = {name: value for name, value in _claims(track, key).items() if name != drop} | added
    if claims:
        track.work.changes.put({"pk": key[0], "sk": key[1], "c": claims})
    else:
        track.work.changes.delete(key)
    for place in targets(track, reference, identified_key(track.service.name, track.environment, reference)):
        track.mark(OUTCOME, place)


def heed_claims(track: Track, record: Record) -> None:
    """A claim by SHA speaks of one deployment of that SHA: one more of them may take it from another."""
    for name in references(record):
        for reference in _claims(track, claim_key(track.service.name, track.environment, name)).values():
            for place in targets(track, reference, None):
                track.mark(OUTCOME, place)


def _claims(track: Track, key: Key) -> dict[str, str]:
    item: Item = track.work.changes.get(key) or {}
    claims: dict[str, str] = item.get("c", {})
    return claims
