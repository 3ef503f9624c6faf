"""What the routes of custom metrics answer and take, as types (see `query.schemas`)."""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.domain.custom_metrics import CustomMetric
from query.schemas import ReportWindow
from query.web.schemas import METRIC_PATTERN, Schema, text

Kind = Literal["counter", "gauge", "duration"]
Aggregation = Literal["sum", "count", "rate", "last", "mean", "min", "max", "p50", "p75", "p90"]
Direction = Literal["higher_is_better", "lower_is_better", "none"]


class CustomMetricConfiguration(TypedDict):
    """How a metric is read. `aggregation`: which of its numbers is the headline. `defined`: false where nobody said how; then it is
    a counter."""

    name: str
    defined: bool
    kind: Kind
    unit: str | None
    aggregation: Aggregation
    direction: Direction
    description: str | None


class CustomMetricConfigurationRequest(TypedDict):
    """Any of how a metric is read; null is the default, which for unit and aggregation depends on the kind.

    A counter is read as `sum` (default), `count` or `rate` (the sum per day); a gauge as `last` (default), `mean`, `min` or `max`;
    a duration, in seconds unless it has another unit, as `p50` (default), `p75`, `p90`, `mean` or `sum`. `name` is that of the
    path, as GET shows it; `defined` may be sent back and says nothing.
    """

    name: NotRequired[Annotated[str, Schema({"pattern": f"^{METRIC_PATTERN}$"})] | None]
    defined: NotRequired[bool | None]
    kind: NotRequired[Kind | None]
    unit: NotRequired[Annotated[str, Schema(text(50))] | None]
    aggregation: NotRequired[Aggregation | None]
    direction: NotRequired[Direction | None]
    description: NotRequired[Annotated[str, Schema(text(1000))] | None]


class CustomMetricSummary(CustomMetricConfiguration):
    """A metric. `etag`: for If-Match, null where it is not defined."""

    etag: str | None


class CustomMetricPage(TypedDict):
    """In order of name. A page may be short, even empty, and not be the last."""

    items: list[CustomMetricSummary]
    next_cursor: str | None


class PreviousCustomMetricReport(TypedDict):
    """The window of the same length just before, for comparison."""

    window: ReportWindow
    metrics: CustomMetric


CustomMetricSeriesPoint = TypedDict("CustomMetricSeriesPoint", {"from": str, "to": str, "metrics": CustomMetric})


class CustomMetricGroup(TypedDict):
    """One group; `key` is null for points of no service, or of services that are tied to no repository."""

    key: str | None
    metrics: CustomMetric


class CustomMetricReport(TypedDict):
    """A custom metric's numbers for a window, and for the one before it.

    `filters` repeats what was asked. `series` is there with `interval`, `groups` with `group_by`; groups in which nothing was
    counted are left out.
    """

    window: ReportWindow
    filters: dict[str, Any]
    definition: CustomMetricConfiguration
    metrics: CustomMetric
    previous: PreviousCustomMetricReport
    series: NotRequired[list[CustomMetricSeriesPoint]]
    groups: NotRequired[list[CustomMetricGroup]]
