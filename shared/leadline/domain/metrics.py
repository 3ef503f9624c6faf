"""Metrics: what the counted numbers mean. DORA's five, and how much of what was deployed they stand on.

Every class is one metric as the Product API answers it; its docstring gives definition, unit and source, and docs/metrics.md
repeats them for people. All are computed from cells' numbers alone (`leadline.domain.cells` names them), so those of disjoint
scopes, or of days, are merged first by adding. A number that cannot be computed is None beside its `n`, never 0.

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
"""The numbers of each day, of all scopes that are asked about together."""


def by_day(cells: Iterable[tuple[date, Mapping[str, int]]]) -> dict[date, Counter[str]]:
    """Merges the cells of disjoint scopes: what they counted on the same day is added up."""
    days: dict[date, Counter[str]] = {}
    for day, numbers in cells:
        days.setdefault(day, Counter()).update(numbers)
    return days


def authors_in(cells: Iterable[Mapping[str, int]]) -> set[str]:
    """Everyone with a change in a deployment of these cells; known of services' cells only."""
    return {
        name[len(AUTHOR_MARK) :]
        for numbers in cells
        for name, count in numbers.items()
        if name.startswith(AUTHOR_MARK) and count > 0
    }


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything counted in a window: the sums, and on how many of its days there was a deployment."""

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
        """Whether anything was counted at all."""
        return any(self.numbers.values())


@dataclass(frozen=True, slots=True)
class DeploymentFrequency:
    """Successful deployments to production per day.

    `value` = deployments / days of the window, in deployments/day; 0 where there was none, since that is a fact. Also the number
    of days with at least one. Source: DORA, deployment frequency: how often changes are deployed to production.
    """

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
    """One stage of the change lead time, in seconds, over the `n` changes whose times for it are known."""

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
    """coding: first commit to opened; pickup: to the first review; review: to merged; deploy: to the deployment finished."""

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
    """From a change's first commit authored to the deployment that carried it finished, wall clock, in seconds.

    Each of the `n` changes counts once, in the first successful deployment that carries it; the headline is p50. Without a first
    commit's time the earliest time known stands in (see `Coverage`). Source: DORA, change lead time: from
    committed to version control to deployed in production.
    """

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
    """The share of successful deployments that failed after they reached production, each once: failed / deployments, 0 to 1.

    Failed means: an incident belongs to it, a rollback went back behind it, or a later deployment says that it remediates it.
    Null without deployments. `never_live` counts runs that failed before they reached production; they are in neither number, or
    in both where the setting `failure_status_counts` says so.
    Source: DORA, change fail rate: the share of deployments that need immediate intervention.
    """

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
    """From a failed deployment finished to its remedy finished, in seconds, counted on the failed deployment's day.

    The remedy is the first deployment that remediates it or rolls back behind it, else the end of its last incident. `n` failed
    deployments are repaired, `open` ones are not yet and are in no percentile. Source: DORA, failed deployment recovery time: how
    long it takes to recover from a deployment that failed.
    """

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
    """The share of successful deployments made to repair another one: rework / deployments, 0 to 1; null without deployments.

    Rework is a deployment that says what it remediates, a rollback, or what carries a change with one of the settings'
    `rework_labels`. Source: DORA, deployment rework rate: the share of
    unplanned deployments that were made because of trouble in production.
    """

    value: float | None
    rework: int
    deployments: int

    @classmethod
    def of(cls, tally: Tally) -> "DeploymentReworkRate":
        return cls(_ratio(tally["r"], tally["d"]), tally["r"], tally["d"])


@dataclass(frozen=True, slots=True)
class Metrics:
    """DORA's five software delivery metrics of one scope and window (dora.dev/guides/dora-metrics)."""

    deployment_frequency: DeploymentFrequency
    change_lead_time: ChangeLeadTime
    change_fail_rate: ChangeFailRate
    failed_deployment_recovery_time: FailedDeploymentRecoveryTime
    deployment_rework_rate: DeploymentReworkRate

    @classmethod
    def of(cls, tally: Tally) -> "Metrics":
        return cls(
            DeploymentFrequency.of(tally),
            ChangeLeadTime.of(tally),
            ChangeFailRate.of(tally),
            FailedDeploymentRecoveryTime.of(tally),
            DeploymentReworkRate.of(tally),
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the metrics stand on: how many deployments found their changes, and how many changes told their first commit.

    `deployments` = mapped + baseline + pending + unmatched. `changes_without_first_commit` of the `changes` have a lead time that
    starts at the earliest time known of them instead.
    """

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
