"""Change lead time: from the first commit to the end of the deployment, wall clock, in whole seconds.

Source: DORA, "Lead time for changes: the time it takes for a change to go from committed to deployed"
(dora.dev/guides/dora-metrics-four-keys). The stages end when the change is opened (coding), first reviewed (pickup), merged
(review) and deployed (deploy). The stages that are not None always add up to the lead time:
- a time out of order is moved to its neighbour, so a stage that would be negative is 0 and its neighbour shorter;
- if the time that ends a stage is missing, the stage is None and its seconds belong to the next known stage;
- without `first_commit_at` the earliest known time replaces it, coding is None, and `complete` is False.
"""

from dataclasses import dataclass

from leadline.domain.changes import Change

STAGES = ("coding", "pickup", "review", "deploy")


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Seconds from the first commit to the deployment. `stages` in the order of STAGES; None if a time is missing."""

    seconds: int
    stages: tuple[int | None, int | None, int | None, int | None]
    complete: bool


def lead_time(change: Change, finished_at: int) -> LeadTime:
    """The lead time of a change in the deployment that finished at `finished_at` (epoch milliseconds)."""
    ends = [change.opened_at, change.first_review_at, change.merged_at, finished_at]
    complete = change.first_commit_at is not None
    known = [instant for instant in ends if instant is not None]
    start = change.first_commit_at if change.first_commit_at is not None else min(known)
    finish = finished_at // 1000
    begun = min(start // 1000, finish)
    stages: list[int | None] = []
    reached = begun
    for position, end in enumerate(ends):
        if end is None or (position == 0 and not complete):
            stages.append(None)
            continue
        until = min(max(end // 1000, reached), finish)
        stages.append(until - reached)
        reached = until
    return LeadTime(finish - begun, (stages[0], stages[1], stages[2], stages[3]), complete)
