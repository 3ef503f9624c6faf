"""GET /v1/metrics/dora/rows: the report as flat rows with one number each, for tools such as Grafana's Infinity.

There are rows for the window; with `interval` for each part, with `group_by` for each group, with both for each group in each part.
They are sorted by time, so that tools read them as a time series.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadline.domain.windows import Calendar, Interval, Window
from query.http.faults import refuse_query
from query.http.parameters import choice
from query.http.request import Request
from query.http.times import instant
from query.reports.filters import REPORT_PARAMETERS, Filters, ReportQuery
from query.reports.measures import Days
from query.reports.period import read_window
from query.reports.report import Reports
from query.reports.statistics import DORA_WITH_COVERAGE, SINGLE, N, ReportNumbers, Value
from query.shapes.row_schemas import MetricRow

MAX_ROWS = 20_000
"""About four of the six megabytes of an answer (`query.http.answer_size`)."""

METRIC = choice("metric", "Only rows of this metric. Can be repeated; any of the values matches.", *N, repeats=True)
STATISTIC = choice(
    "statistic",
    "Only rows of this statistic. Can be repeated; any of the values matches.",
    *dict.fromkeys(name for _, name in SINGLE),
    repeats=True,
)
PARAMETERS = (*REPORT_PARAMETERS, METRIC, STATISTIC)

_Group = tuple[str | None, ReportNumbers, Days]
"""Key, numbers of the window, and counters by day."""


def dora_rows(request: Request) -> list[MetricRow]:
    """The rows for the query string. Raises Problem: 400, 403."""
    sent = request.sent
    reports = Reports(request, DORA_WITH_COVERAGE)
    calendar = reports.organisation.calendar
    window, filters = read_window(sent, calendar, request.now), Filters.read(sent)
    sent.faults.check_query()
    metrics, statistics = sent.all("metric"), sent.all("statistic")
    wanted = {
        (metric, statistic): value
        for (metric, statistic), value in SINGLE.items()
        if (not metrics or metric in metrics) and (not statistics or statistic in statistics)
    }
    if not wanted:
        others = [name for metric, name in SINGLE if metric in metrics]
        refuse_query(
            "?statistic", "choice", f"is not a statistic of this metric; choose from {', '.join(dict.fromkeys(others))}"
        )
    report = reports.report(ReportQuery(window, filters, None, sent.one("group_by"), alone=True))
    groups: list[_Group] = [(None, report.metrics, report.days)]
    if report.groups is not None:
        groups = [(group.key, group.metrics, group.days) for group in report.groups]
    interval: Interval | None = sent.one("interval")
    parts = len(list(window.split(interval))) if interval else 1
    if len(groups) * parts * len(wanted) > MAX_ROWS:
        detail = f"would be more than {MAX_ROWS} rows; select one metric and statistic, or a longer interval"
        refuse_query("?interval" if interval else "?group_by", "too_many", detail)
    parts_of_groups = _numbers_in_order(reports, groups, window, interval)
    return [row for part, key, numbers in parts_of_groups for row in _rows(calendar, part, key, numbers, wanted)]


def _numbers_in_order(
    reports: Reports[ReportNumbers], groups: Sequence[_Group], window: Window, interval: Interval | None
) -> Iterator[tuple[Window, str | None, ReportNumbers]]:
    """Each part, group key and their numbers, sorted by time."""
    if interval is None:
        yield from ((window, key, numbers) for key, numbers, _ in groups)
        return
    series = [list(reports.series(days, window, interval)) for _, _, days in groups]
    for of_a_part in zip(*series, strict=True):
        yield from ((part, key, numbers) for (part, numbers), (key, _, _) in zip(of_a_part, groups, strict=True))


def _rows(
    calendar: Calendar, part: Window, group: str | None, numbers: ReportNumbers, wanted: dict[tuple[str, str], Value]
) -> Iterator[MetricRow]:
    time = instant(calendar.start_of(part.start)) or ""
    for (metric, statistic), value in wanted.items():
        yield {
            "time": time,
            "metric": metric,
            "statistic": statistic,
            "group": group,
            "value": value.of(numbers),
            "unit": value.unit,
            "n": int(N[metric].of(numbers) or 0),
        }
