"""Bodies of custom metrics."""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.domain.custom_metrics import CustomMetric
from query.http.schemas import METRIC_PATTERN, Schema, text
from query.schemas import ReportWindow

Kind = Literal["counter", "gauge", "duration"]
Aggregation = Literal["sum", "count", "rate", "last", "mean", "min", "max", "p50", "p75", "p90"]
Direction = Literal["higher_is_better", "lower_is_better", "none"]


class CustomMetricConfiguration(TypedDict):
    """A custom metric's definition.

    `aggregation`: which statistic is returned as `value`. `defined`: false for a metric without a definition, which is
    treated as a counter.
    """

    name: str
    defined: bool
    kind: Kind
    unit: str | None
    aggregation: Aggregation
    direction: Direction
    description: str | None


class CustomMetricConfigurationRequest(TypedDict):
    """A custom metric's definition; null resets a field. The defaults of unit and aggregation depend on the kind.

    Aggregations of a counter: `sum` (default), `count`, `rate` (the sum per day). Of a gauge: `last` (default), `mean`,
    `min`, `max`. Of a duration (in seconds unless `unit` differs): `p50` (default), `p75`, `p90`, `mean`, `sum`. `name`
    must equal the path's; `defined` is ignored.
    """

    name: NotRequired[Annotated[str, Schema({"pattern": f"^{METRIC_PATTERN}$"})] | None]
    defined: NotRequired[bool | None]
    kind: NotRequired[Kind | None]
    unit: NotRequired[Annotated[str, Schema(text(50))] | None]
    aggregation: NotRequired[Aggregation | None]
    direction: NotRequired[Direction | None]
    description: NotRequired[Annotated[str, Schema(text(1000))] | None]


class CustomMetricSummary(CustomMetricConfiguration):
    """A custom metric. `etag`: for `If-Match`; null if the metric has no definition."""

    etag: str | None


class CustomMetricPage(TypedDict):
    """A page of custom metrics, ordered by name. A page may be short or empty without being the last."""

    items: list[CustomMetricSummary]
    next_cursor: str | None


class PreviousCustomMetricReport(TypedDict):
    """The window of the same length just before, for comparison."""

    window: ReportWindow
    metrics: CustomMetric


CustomMetricSeriesPoint = TypedDict("CustomMetricSeriesPoint", {"from": str, "to": str, "metrics": CustomMetric})
CustomMetricSeriesPoint.__doc__ = "The values of one interval; `from` is inclusive, `to` exclusive."


class CustomMetricGroup(TypedDict):
    """One group of a report. `key` is null for points without a service, and for services without a repository."""

    key: str | None
    metrics: CustomMetric


class CustomMetricReport(TypedDict):
    """A custom metric's values for a window and for the one before it.

    `filters` repeats the request's filters. `series` is present with `interval`, `groups` with `group_by`; empty groups
    are omitted.
    """

    window: ReportWindow
    filters: dict[str, Any]
    definition: CustomMetricConfiguration
    metrics: CustomMetric
    previous: PreviousCustomMetricReport
    series: NotRequired[list[CustomMetricSeriesPoint]]
    groups: NotRequired[list[CustomMetricGroup]]
