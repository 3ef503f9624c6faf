"""The computation of DORA's five metrics, and of the coverage that they rest on.

Every class is one metric as the Product API answers it; `leadline.contract.metrics_catalogue` has its definition. All are computed
from the counters of cells alone (`leadline.domain.cells` names them), so disjoint scopes and days are merged first by adding. A
number that cannot be computed is None beside its `n`, never 0.

Counts, ratios and means are exact. Percentiles are within 1 % of exact (`leadline.domain.sketch`), given to 7 digits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from leadline.domain.cells import AUTHOR_MARK, LEAD, RECOVERY, STAGE_LETTERS, buckets_of
from leadline.domain.lead_time import STAGES
from leadline.domain.sketch import percentile
from leadline.domain.windows import Window

Days = Mapping[date, Mapping[str, int]]
"""The counters of each day, added up over the selected scopes."""


def by_day(cells: Iterable[tuple[date, Mapping[str, int]]]) -> dict[date, Counter[str]]:
    """Merges the cells of disjoint scopes: counters of the same day are added up."""
    days: dict[date, Counter[str]] = {}
    for day, numbers in cells:
        days.setdefault(day, Counter()).update(numbers)
    return days


def authors_in(cells: Iterable[Mapping[str, int]]) -> set[str]:
    """Everyone with a change in a deployment of these cells. Only the cells of services name authors."""
    return {
        name[len(AUTHOR_MARK) :]
        for numbers in cells
        for name, count in numbers.items()
        if name.startswith(AUTHOR_MARK) and count > 0
    }


@dataclass(frozen=True, slots=True)
class Tally:
    """The sums of a window, and on how many of its days there was a deployment."""

    numbers: Mapping[str, int]
    days: int
    deployment_days: int

    @classmethod
    def of(cls, days: Days, window: Window) -> "Tally":
        sums: Counter[str] = Counter()
        deployment_days = 0
        for day, numbers in days.items():
            if window.start <= day < window.end:
                sums.update({name: number for name, number in numbers.items() if name[0] != AUTHOR_MARK})
                deployment_days += numbers.get("d", 0) > 0
        return cls(sums, window.days, deployment_days)

    def __getitem__(self, name: str) -> int:
        return self.numbers.get(name, 0)

    def __bool__(self) -> bool:
        """Whether anything was counted."""
        return any(self.numbers.values())


@dataclass(frozen=True, slots=True)
class DeploymentFrequency:
    """`value` = deployments / days of the window."""

    value: float
    unit: str
    deployments: int
    days: int
    deployment_days: int

    @classmethod
    def of(cls, tally: Tally) -> "DeploymentFrequency":
        return cls(tally["d"] / tally.days, "deployments/day", tally["d"], tally.days, tally.deployment_days)


@dataclass(frozen=True, slots=True)
class StageTime:
    """One stage of the change lead time in seconds, over the `n` changes for which it is known."""

    p50: float | None
    mean: float | None
    n: int

    @classmethod
    def of(cls, tally: Tally, letter: str) -> "StageTime":
        buckets = buckets_of(tally.numbers, letter)
        n = sum(buckets.values())
        return cls(_percentile(buckets, 0.5), _ratio(tally[letter], n), n)


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of the change lead time: coding until opened, pickup until the first review, review until merged, deploy."""

    coding: StageTime
    pickup: StageTime
    review: StageTime
    deploy: StageTime

    @classmethod
    def of(cls, tally: Tally) -> "Stages":
        letters = dict(zip(STAGES, STAGE_LETTERS, strict=True))
        return cls(**{stage: StageTime.of(tally, letter) for stage, letter in letters.items()})


@dataclass(frozen=True, slots=True)
class ChangeLeadTime:
    """Percentiles and mean over the `n` changes, in seconds."""

    p50: float | None
    p75: float | None
    p90: float | None
    mean: float | None
    unit: str
    n: int
    stages: Stages

    @classmethod
    def of(cls, tally: Tally) -> "ChangeLeadTime":
        buckets = buckets_of(tally.numbers, LEAD)
        n = sum(buckets.values())
        p50, p75, p90 = (_percentile(buckets, q) for q in (0.5, 0.75, 0.9))
        return cls(p50, p75, p90, _ratio(tally[LEAD], n), "s", n, Stages.of(tally))


@dataclass(frozen=True, slots=True)
class ChangeFailRate:
    """`value` = failed / deployments. Both include the runs that never went live and count as failed by the settings."""

    value: float | None
    failed: int
    deployments: int
    never_live: int

    @classmethod
    def of(cls, tally: Tally) -> "ChangeFailRate":
        failed, deployments = tally["f"] + tally["y"], tally["d"] + tally["y"]
        return cls(_ratio(failed, deployments), failed, deployments, tally["x"])


@dataclass(frozen=True, slots=True)
class FailedDeploymentRecoveryTime:
    """Over the `n` failed deployments that were repaired, in seconds; `open` ones are not repaired yet."""

    p50: float | None
    mean: float | None
    unit: str
    n: int
    open: int

    @classmethod
    def of(cls, tally: Tally) -> "FailedDeploymentRecoveryTime":
        buckets = buckets_of(tally.numbers, RECOVERY)
        n = sum(buckets.values())
        return cls(_percentile(buckets, 0.5), _ratio(tally[RECOVERY], n), "s", n, tally["o"])


@dataclass(frozen=True, slots=True)
class DeploymentReworkRate:
    """`value` = rework / deployments."""

    value: float | None
    rework: int
    deployments: int

    @classmethod
    def of(cls, tally: Tally) -> "DeploymentReworkRate":
        return cls(_ratio(tally["r"], tally["d"]), tally["r"], tally["d"])


@dataclass(frozen=True, slots=True)
class Coverage:
    """`deployments` = mapped + baseline + pending + unmatched."""

    deployments: int
    mapped: int
    baseline: int
    pending: int
    unmatched: int
    changes: int
    changes_without_first_commit: int

    @classmethod
    def of(cls, tally: Tally) -> "Coverage":
        return cls(tally["d"], tally["m"], tally["b"], tally["p"], tally["u"], tally["c"], tally["i"])


def _percentile(buckets: Mapping[int, int], q: float) -> float | None:
    value = percentile(buckets, q)
    return None if value is None else float(f"{value:.7g}")


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
