"""Tables of the docs for what the contract lists once: reasons, settings and metrics."""

from __future__ import annotations

import json

from leadline.contract.metrics_catalogue import COVERAGE, METRICS, MetricEntry, selectable
from leadline.contract.reasons import REASONS
from leadline.contract.settings_schema import SETTINGS
from query.shapes.scrape import gauge_families


def reason_table() -> str:
    rows = [f"| `{entry.code}` | {entry.advice} |\n" for entry in REASONS.values()]
    return "".join(["| reason | what it means and what to do |\n", "|---|---|\n", *rows])


def settings_table() -> str:
    rows = [
        f"| `{setting.name}` | {_default(setting.shown(setting.default))} | {setting.description} "
        f"| {', '.join(what.value for what in setting.recounts) or 'nothing'} |\n"
        for setting in SETTINGS
    ]
    return "".join(["| setting | default | | a change recounts |\n", "|---|---|---|---|\n", *rows])


def metric_table() -> str:
    """The metrics with their definitions."""
    rows = [f"| [{metric.title}](#{_anchor(metric.title)}) | {metric.definition} |\n" for metric in METRICS]
    return "".join(["| metric | definition |\n", "|---|---|\n", *rows])


def statistics_table(metric: MetricEntry) -> str:
    """What the report holds of one metric."""
    rows = [f"| `{known.name}` | {known.description} |\n" for known in metric.statistics]
    rows += [f"| `{name}` | {description} |\n" for name, description in metric.details.items()]
    rows += [f"| source | {metric.source} |\n", f"| [counters of cells](data.md) | {metric.counters} |\n"]
    return "".join(["| | |\n", "|---|---|\n", *rows])


def row_table() -> str:
    """What can be selected in rows, badges and dashboards."""
    rows = [
        f"| `{name}` | {', '.join(f'`{known.name}`' for known in metric.statistics)} | `{metric.n}` |\n"
        for name, (metric, _) in selectable().items()
    ]
    return "".join(["| `metric` | `statistic`, the usual one first | `n` |\n", "|---|---|---|\n", *rows])


def gauge_table() -> str:
    rows = []
    for gauge in gauge_families():
        labels: dict[str, list[str]] = {}
        for sample, _ in gauge.samples:
            for name, value in sample.items():
                labels.setdefault(name, []).append(f"`{value}`")
        shown = "; ".join(f"`{name}`: {', '.join(dict.fromkeys(values))}" for name, values in labels.items())
        rows.append(f"| `{gauge.name}` | {gauge.help} | {shown} |\n")
    return "".join(["| gauge | | labels |\n", "|---|---|---|\n", *rows])


STATISTICS = {metric.id: metric for metric in (*METRICS, COVERAGE)}


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _default(value: object) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"
