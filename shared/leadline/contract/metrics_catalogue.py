"""Every metric, declared once: its definition, source and statistics.

The report (`Metrics`), its CSV columns and rows, the OpenMetrics gauges, what dashboards and badges may show, the OpenAPI
descriptions and the tables of docs/metrics.md follow from `METRICS`. A new metric is one entry here, the class in
`leadline.domain.metrics` that computes it, and its section in docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass
from typing import TYPE_CHECKING, Any

from leadline.domain.lead_time import STAGES
from leadline.domain.metrics import (
    ChangeFailRate,
    ChangeLeadTime,
    Coverage,
    DeploymentFrequency,
    DeploymentReworkRate,
    FailedDeploymentRecoveryTime,
    StageTime,
    Tally,
)

SECONDS, RATIO, PER_DAY = "s", "ratio", "deployments/day"
DEPLOYMENTS, CHANGES, DAYS = "deployments", "changes", "days"

GAUGE_UNITS = {SECONDS: "seconds", RATIO: "ratio", PER_DAY: "deployments_per_day", DAYS: "days"}
"""Units as OpenMetrics spells them, at the end of a gauge's name. Plain counts have none."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """An OpenMetrics gauge. Statistics with a gauge of the same name are samples of it with different labels."""

    name: str
    help: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number of a metric. `description` is Markdown; `gauge` is None where Prometheus has no use for it."""

    name: str
    unit: str
    description: str
    gauge: Gauge | None = None


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """`answer`: the class that computes it (`of`) and is its JSON. `statistics`: the headline first.

    `n`: the statistic that says how many deployments or changes it rests on. `counters`: the counters of cells that it is computed
    from (`leadline.domain.cells`). `source`: whose definition it is. `parts` are reported within the metric and can be selected
    like metrics. `details`: fields of the answer that are not statistics.
    """

    id: str
    title: str
    definition: str
    source: str
    counters: str
    answer: type[Any]
    statistics: tuple[Statistic, ...]
    n: str
    parts: tuple[MetricEntry, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)


def _durations(what: str, gauge: str, help_text: str, *names: str, **labels: str) -> tuple[Statistic, ...]:
    meanings = {
        "p50": f"Median: half of {what} took at most this long; `null` when `n` is 0.",
        "p75": f"Three quarters of {what} took at most this long.",
        "p90": f"Nine tenths of {what} took at most this long.",
        "mean": f"Mean. If it is far above `p50`, a few of {what} took very long.",
    }
    return tuple(
        Statistic(name, SECONDS, meanings[name], Gauge(gauge, help_text, {**labels, "statistic": name}))
        for name in names
    )


_UNIT = {"unit": "Unit of the durations: `s`, seconds."}
_LEAD_TIME = "change_lead_time"
_STAGE_DEFINITIONS = {
    "coding": "From the first commit to the change opened.",
    "pickup": "From the change opened to the first review.",
    "review": "From the first review to the merge.",
    "deploy": "From the merge to the deployment finished.",
}


def _stage(stage: str) -> MetricEntry:
    return MetricEntry(
        id=f"{_LEAD_TIME}.stages.{stage}",
        title=f"{stage.capitalize()} time",
        definition=_STAGE_DEFINITIONS[stage],
        source="Leadline, a stage of the change lead time",
        counters="C, P, V and Y with their buckets",
        answer=StageTime,
        statistics=(
            *_durations(
                "the changes",
                f"{_LEAD_TIME}_stage_seconds",
                "The stages of the change lead time.",
                "p50",
                "mean",
                stage=stage,
            ),
            Statistic("n", CHANGES, "Changes for which this stage is known."),
        ),
        n="n",
    )


METRICS: tuple[MetricEntry, ...] = (
    MetricEntry(
        id="deployment_frequency",
        title="Deployment frequency",
        definition="Successful production deployments per day of the window. It is 0, not null, when there were none.",
        source="DORA, *deployment frequency*",
        counters="d",
        answer=DeploymentFrequency,
        statistics=(
            Statistic(
                "value",
                PER_DAY,
                "`deployments` ÷ `days`. **0**, not null, when there were none.",
                Gauge("deployment_frequency_deployments_per_day", "Deployments per day of the window."),
            ),
            Statistic(
                "deployments",
                DEPLOYMENTS,
                "Successful deployments.",
                Gauge("deployments", "Deployments in the window."),
            ),
            Statistic(
                "deployment_days",
                DAYS,
                "Days with at least one deployment. A day counts once for several services or environments.",
                Gauge("deployment_days", "Days of the window with a deployment."),
            ),
        ),
        n="deployments",
        details={"days": "Days of the window, including those without a deployment.", "unit": "`deployments/day`."},
    ),
    MetricEntry(
        id=_LEAD_TIME,
        title="Change lead time",
        definition=(
            "Time from the first commit of a change (authored) to the end of the first successful deployment that carries it, wall "
            "clock. Each change counts once per service and environment. If the time of its first "
            "commit is unknown, its earliest known time is used instead."
        ),
        source="DORA, *change lead time*",
        counters="L, C, P, V and Y with their buckets",
        answer=ChangeLeadTime,
        statistics=(
            *_durations(
                "the changes",
                f"{_LEAD_TIME}_seconds",
                "First commit of a change to the deployment that carried it.",
                "p50",
                "p75",
                "p90",
                "mean",
            ),
            Statistic("n", CHANGES, "Changes that shipped.", Gauge("changes", "Changes that shipped in the window.")),
        ),
        n="n",
        parts=tuple(map(_stage, STAGES)),
        details={**_UNIT, "stages": "Where the time went: `p50`, `mean` and `n` of each stage."},
    ),
    MetricEntry(
        id="change_fail_rate",
        title="Change fail rate",
        definition=(
            "Share of deployments that failed after they reached production, each counted once. A deployment failed if an incident "
            "belongs to it, a rollback returned to a commit deployed before it, a later deployment `remediates` "
            "it, somebody corrected it to failed, or, with the setting `rework_means_failure`, the next deployment "
            "matches a rework pattern. A run that never went live counts in "
            "neither number, or in both with the setting `failure_status_counts`."
        ),
        source="DORA, *change fail rate*",
        counters="f, d, x and y",
        answer=ChangeFailRate,
        statistics=(
            Statistic(
                "value",
                RATIO,
                "`failed` ÷ `deployments`, from 0 to 1; `null` without deployments.",
                Gauge("change_fail_rate_ratio", "Share of the deployments that failed in production."),
            ),
            Statistic(
                "failed",
                DEPLOYMENTS,
                "Deployments that failed after they reached production.",
                Gauge("failed_deployments", "Deployments that failed in production."),
            ),
            Statistic(
                "deployments",
                DEPLOYMENTS,
                "Successful deployments. With `failure_status_counts` also runs that never went live.",
            ),
            Statistic(
                "never_live",
                DEPLOYMENTS,
                "Runs with status `failure`: they never reached production. Many of them suggest an unreliable "
                "pipeline rather than risky changes.",
                Gauge("never_live_runs", "Runs that failed before production."),
            ),
        ),
        n="deployments",
    ),
    MetricEntry(
        id="failed_deployment_recovery_time",
        title="Failed deployment recovery time",
        definition=(
            "Time from the end of a failed deployment to its remedy, counted on the day of the failed deployment. The remedy is "
            "the end of the first deployment that remediates it or rolls back to a commit from before it; if there "
            "is none, the end of its last incident."
        ),
        source="DORA, *failed deployment recovery time*",
        counters="R with its buckets, and o",
        answer=FailedDeploymentRecoveryTime,
        statistics=(
            *_durations(
                "the recoveries",
                "failed_deployment_recovery_time_seconds",
                "A failed deployment to its remedy.",
                "p50",
                "mean",
            ),
            Statistic(
                "n",
                DEPLOYMENTS,
                "Failed deployments that were repaired.",
                Gauge("recovered_deployments", "Failed deployments that were repaired."),
            ),
            Statistic(
                "open",
                DEPLOYMENTS,
                "Failed deployments that are not repaired yet. Percentiles exclude them, so check this number first.",
                Gauge("unrecovered_deployments", "Failed deployments that are not repaired yet."),
            ),
        ),
        n="n",
        details=_UNIT,
    ),
    MetricEntry(
        id="deployment_rework_rate",
        title="Deployment rework rate",
        definition=(
            "Share of deployments made to repair another one. A deployment is rework if it names what it `remediates`, is a "
            "rollback or carries a change that matches `rework_labels`, `rework_branches` or `rework_titles` of the settings."
        ),
        source="DORA, *deployment rework rate*",
        counters="r and d",
        answer=DeploymentReworkRate,
        statistics=(
            Statistic(
                "value",
                RATIO,
                "`rework` ÷ `deployments`, from 0 to 1; `null` without deployments.",
                Gauge("deployment_rework_rate_ratio", "Share of the deployments made to repair another."),
            ),
            Statistic(
                "rework",
                DEPLOYMENTS,
                "Deployments made to repair another one.",
                Gauge("rework_deployments", "Deployments made to repair another."),
            ),
            Statistic("deployments", DEPLOYMENTS, "Successful deployments."),
        ),
        n="deployments",
    ),
)
"""The metrics of a report, in its order."""

COVERAGE = MetricEntry(
    id="coverage",
    title="Coverage",
    definition=(
        "How complete the data behind the metrics is: how many deployments were mapped to changes, and how many "
        "changes have the time of their first commit. `deployments` = `mapped` + `baseline` + `pending` + `unmatched`."
    ),
    source="Leadline",
    counters="d, m, b, p, u, c and i",
    answer=Coverage,
    statistics=(
        Statistic("deployments", DEPLOYMENTS, "Successful deployments, as in deployment frequency."),
        Statistic("mapped", DEPLOYMENTS, "Deployments whose changes are known, including those that shipped none."),
        Statistic(
            "baseline",
            DEPLOYMENTS,
            "First deployments of their service and environment. They carry only what was merged on their own day.",
        ),
        Statistic(
            "pending",
            DEPLOYMENTS,
            "Deployments whose commit is not known yet. Their changes are added when it arrives.",
            Gauge("pending_deployments", "Deployments whose changes are not known yet."),
        ),
        Statistic(
            "unmatched",
            DEPLOYMENTS,
            "Deployments whose commit was not found within 48 hours. They are completed if it arrives later.",
            Gauge("unmatched_deployments", "Deployments whose changes were not found."),
        ),
        Statistic("changes", CHANGES, "Changes that shipped."),
        Statistic(
            "changes_without_first_commit",
            CHANGES,
            "Changes without the time of their first commit. Their lead times are too short, never too long.",
        ),
    ),
    n="deployments",
)
"""Beside the metrics in a report, and selected like one."""


def make_metrics(metrics: Sequence[MetricEntry]) -> Any:
    """A dataclass with a field for each metric."""

    def of(cls: Any, tally: Tally) -> Any:
        return cls(*(metric.answer.of(tally) for metric in metrics))

    made = make_dataclass(
        "Metrics",
        [(metric.id, metric.answer) for metric in metrics],
        namespace={"__doc__": "The metrics of one scope and window.", "of": classmethod(of)},
        frozen=True,
        slots=True,
    )
    made.__module__ = __name__
    return made


if TYPE_CHECKING:

    class Metrics:
        """Each metric by its id."""

        @classmethod
        def of(cls, tally: Tally) -> Metrics:
            """The metrics of what was counted."""

        def __getattr__(self, name: str) -> Any:
            """The answer of the metric with this id."""

else:
    Metrics = make_metrics(METRICS)


def describe_answers(schemas: Mapping[str, dict[str, Any]]) -> None:
    """Adds the catalogue's descriptions to the JSON schemas of the answers, found by their class names."""
    parts = [part for metric in METRICS for part in metric.parts]
    for metric in (*METRICS, *parts, COVERAGE):
        schema = schemas[metric.answer.__name__]
        if metric not in parts:  # parts share a class
            schema["description"] = f"{metric.definition} Source: {metric.source}."
        descriptions = {**{known.name: known.description for known in metric.statistics}, **metric.details}
        for name, member in schema["properties"].items():
            member["description"] = descriptions[name]


def selectable() -> dict[str, tuple[MetricEntry, tuple[str, ...]]]:
    """Every metric and part by its id, with its place in a report."""
    parts = [part for metric in METRICS for part in metric.parts]
    return {
        **{metric.id: (metric, ("metrics", *metric.id.split("."))) for metric in (*METRICS, *parts)},
        COVERAGE.id: (COVERAGE, (COVERAGE.id,)),
    }
