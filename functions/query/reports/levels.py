"""The levels of a report's metrics by one edition of DORA's report, with that edition's cut-offs."""

from __future__ import annotations

from leadline.domain.levels import EDITIONS, FAILURES, FREQUENCY, LEAD, RECOVERY, levels_of
from leadline.domain.metrics import Metrics
from query.schemas import LevelsAnswer


def levels_answer(edition: str, metrics: Metrics) -> LevelsAnswer:
    """Frequency by its value, times by their medians, failures by their rate. No level where there is no number."""
    values = {
        FREQUENCY: metrics.deployment_frequency.value if metrics.deployment_frequency.deployments else None,
        LEAD: metrics.change_lead_time.p50,
        FAILURES: metrics.change_fail_rate.value,
        RECOVERY: metrics.failed_deployment_recovery_time.p50,
    }
    return {
        "edition": edition,  # type: ignore[typeddict-item]  # one of the choices
        "metrics": {
            name: {
                "levels": levels_of(edition, name, values[name]),
                "value": values[name],
                "cut_offs": [
                    {"level": found.level, "published": found.published, "low": found.low, "high": found.high}
                    for found in EDITIONS[edition][name]
                ],
            }
            for name in values
        },
    }
