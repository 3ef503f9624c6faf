"""The metrics computed slowly and exactly from the facts, to hold the fast ones against.

Nothing here knows cells or sketches: every duration is kept, and a percentile is the linear interpolation between the two
neighbouring values of the sorted list.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from leadline.domain.facts import CarriedChange, Summary
from leadline.domain.lead_time import STAGES
from leadline.domain.windows import Window


@dataclass(frozen=True)
class Fact:
    """One deployment as it was settled."""

    summary: Summary
    changes: tuple[CarriedChange, ...] = ()


@dataclass(frozen=True)
class Filter:
    environments: Collection[str] = ("production",)
    services: Collection[str] | None = None
    team: str | None = None
    author: str | None = None
    days: Collection[date] | None = None

    def of(self, facts: Iterable[Fact]) -> list[Fact]:
        """The deployments it leaves, each with the changes it leaves."""
        return [left for fact in facts if (left := self._left(fact)) is not None]

    def _left(self, fact: Fact) -> Fact | None:
        summary = fact.summary
        if summary.environment not in self.environments:
            return None
        if self.services is not None and summary.service not in self.services:
            return None
        if self.days is not None and summary.day not in self.days:
            return None
        if self.team is None and self.author is None:
            return fact
        changes = tuple(
            change
            for change in fact.changes
            if self.team in (None, *change.teams) and self.author in (None, change.author)
        )
        return Fact(summary, changes) if changes else None


def percentile(values: Collection[int], q: float) -> float | None:
    ordered = sorted(values)
    if not ordered:
        return None
    rank = q * (len(ordered) - 1)
    low, high = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))


def _mean(values: Sequence[int]) -> float | None:
    return sum(values) / len(values) if values else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def exact_metrics(facts: Iterable[Fact], window: Window) -> dict[str, Any]:
    """In the form in which the API answers them."""
    held = [fact for fact in facts if window.start <= fact.summary.day < window.end]
    live = [fact for fact in held if fact.summary.live]
    changes = [change for fact in live for change in fact.changes]
    leads = [change.lead.seconds for change in changes]
    failed = [fact for fact in live if fact.summary.failed]
    recovered = [fact.summary.recovery for fact in failed if fact.summary.recovery is not None]
    rework = sum(fact.summary.rework for fact in live)
    stages = {}
    for index, stage in enumerate(STAGES):
        times = [seconds for change in changes if (seconds := change.lead.stages[index]) is not None]
        stages[stage] = {"p50": percentile(times, 0.5), "mean": _mean(times), "n": len(times)}
    return {
        "deployment_frequency": {
            "value": len(live) / window.days,
            "unit": "deployments/day",
            "deployments": len(live),
            "days": window.days,
            "deployment_days": len({fact.summary.day for fact in live}),
        },
        "change_lead_time": {
            "p50": percentile(leads, 0.5),
            "p75": percentile(leads, 0.75),
            "p90": percentile(leads, 0.9),
            "mean": _mean(leads),
            "unit": "s",
            "n": len(leads),
            "stages": stages,
        },
        "change_fail_rate": {
            "value": _share(len(failed), len(live)),
            "failed": len(failed),
            "deployments": len(live),
            "never_live": sum(fact.summary.never_live for fact in held),
        },
        "failed_deployment_recovery_time": {
            "p50": percentile(recovered, 0.5),
            "mean": _mean(recovered),
            "unit": "s",
            "n": len(recovered),
            "open": len(failed) - len(recovered),
        },
        "deployment_rework_rate": {"value": _share(rework, len(live)), "rework": rework, "deployments": len(live)},
    }


def exact_coverage(facts: Iterable[Fact], window: Window) -> dict[str, int]:
    live = [fact for fact in facts if fact.summary.live and window.start <= fact.summary.day < window.end]
    changes = [change for fact in live for change in fact.changes]
    mapped = {
        status: sum(fact.summary.mapping == status for fact in live)
        for status in ("mapped", "baseline", "pending", "unmatched")
    }
    return {
        "deployments": len(live),
        **mapped,
        "changes": len(changes),
        "changes_without_first_commit": sum(not change.lead.complete for change in changes),
    }


_WITHIN = 0.01 * (1 + 1e-5)
"""The 1 % that is promised, and the seven digits that percentiles are given to."""


def differences(found: Any, exact: Any, at: str = "") -> list[str]:
    """Where the found metrics are not the exact ones: percentiles by more than 1 %, anything else at all."""
    if isinstance(exact, dict):
        names = sorted(found.keys() | exact.keys())
        return [
            line for name in names for line in differences(found.get(name, "-"), exact.get(name, "-"), f"{at}/{name}")
        ]
    if exact is not None and found is not None and at.rsplit("/", 1)[-1] in ("p50", "p75", "p90"):
        same = abs(found - exact) <= _WITHIN * exact
    elif isinstance(exact, float) and isinstance(found, float):
        same = math.isclose(found, exact, rel_tol=1e-12)
    else:
        same = found == exact
    return [] if same else [f"{at}: {found!r}, exactly {exact!r}"]
