"""DORA's performance levels, as published in each year's Accelerate State of DevOps report.

The levels are clusters of survey answers, so their ranges overlap in places and leave gaps in others. Both are kept: a number in a
gap has no level, and a number in two ranges has both. 2022 has no elite level. "On demand (multiple deploys per day)" is read as
more than one a day. A change failure rate given as one number (2023) is read as a range up to it, from that of the level before.
"""

from dataclasses import dataclass

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 365.25 / 12 * DAY
HALF_YEAR = 6 * MONTH

FREQUENCY, LEAD, FAILURES, RECOVERY = (
    "deployment_frequency",
    "change_lead_time",
    "change_fail_rate",
    "failed_deployment_recovery_time",
)


@dataclass(frozen=True, slots=True)
class Range:
    """One level as published, and as numbers: `low` <= x <= `high`, or < if that side is open. None is unbounded.

    The unit is that of the metric: deployments a day, seconds, or a ratio.
    """

    level: str
    published: str
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: float) -> bool:
        above = self.low is None or (value > self.low if self.low_open else value >= self.low)
        return above and (self.high is None or (value < self.high if self.high_open else value <= self.high))


def _less(level: str, what: str, high: float) -> Range:
    return Range(level, f"less than {what}", high=high, high_open=True)


def _times(level: str, what: str, low: float, high: float) -> Range:
    return Range(level, f"between {what}", low, high)


def _often(level: str, what: str, most: float, least: float) -> Range:
    """`most` and `least` as seconds between two deployments."""
    return Range(level, f"between {what}", DAY / least, DAY / most)


def _share(level: str, low: int, high: int) -> Range:
    return Range(level, f"{low}%-{high}%", low / 100, high / 100)


def _up_to(level: str, after: int, rate: int) -> Range:
    return Range(level, f"{rate}%", after / 100, rate / 100, low_open=after > 0)


def _on_demand(level: str) -> Range:
    return Range(level, "on demand (multiple deploys per day)", 1.0, low_open=True)


_DAY_WEEK, _WEEK_MONTH, _MONTH_HALF_YEAR = "one day and one week", "one week and one month", "one month and six months"
_PER_DAY_WEEK, _PER_WEEK_MONTH = "once per day and once per week", "once per week and once per month"
_PER_MONTH_HALF_YEAR = "once per month and once every six months"

EDITIONS: dict[str, dict[str, tuple[Range, ...]]] = {
    "2019": {
        FREQUENCY: (
            _on_demand("elite"),
            _often("high", _PER_DAY_WEEK, DAY, WEEK),
            _often("medium", _PER_WEEK_MONTH, WEEK, MONTH),
            _often("low", _PER_MONTH_HALF_YEAR, MONTH, HALF_YEAR),
        ),
        LEAD: (
            _less("elite", "one day", DAY),
            _times("high", _DAY_WEEK, DAY, WEEK),
            _times("medium", _WEEK_MONTH, WEEK, MONTH),
            _times("low", _MONTH_HALF_YEAR, MONTH, HALF_YEAR),
        ),
        RECOVERY: (
            _less("elite", "one hour", HOUR),
            _less("high", "one day", DAY),
            _less("medium", "one day", DAY),
            _times("low", _WEEK_MONTH, WEEK, MONTH),
        ),
        FAILURES: (_share("elite", 0, 15), _share("high", 0, 15), _share("medium", 0, 15), _share("low", 46, 60)),
    },
    "2021": {
        FREQUENCY: (
            _on_demand("elite"),
            _often("high", _PER_WEEK_MONTH, WEEK, MONTH),
            _often("medium", _PER_MONTH_HALF_YEAR, MONTH, HALF_YEAR),
            Range("low", "fewer than once per six months", high=DAY / HALF_YEAR, high_open=True),
        ),
        LEAD: (
            _less("elite", "one hour", HOUR),
            _times("high", _DAY_WEEK, DAY, WEEK),
            _times("medium", _MONTH_HALF_YEAR, MONTH, HALF_YEAR),
            Range("low", "more than six months", HALF_YEAR, low_open=True),
        ),
        RECOVERY: (
            _less("elite", "one hour", HOUR),
            _less("high", "one day", DAY),
            _times("medium", _DAY_WEEK, DAY, WEEK),
            Range("low", "more than six months", HALF_YEAR, low_open=True),
        ),
        FAILURES: (_share("elite", 0, 15), _share("high", 16, 30), _share("medium", 16, 30), _share("low", 16, 30)),
    },
    "2022": {
        FREQUENCY: (
            _on_demand("high"),
            _often("medium", _PER_WEEK_MONTH, WEEK, MONTH),
            _often("low", _PER_MONTH_HALF_YEAR, MONTH, HALF_YEAR),
        ),
        LEAD: (
            _times("high", _DAY_WEEK, DAY, WEEK),
            _times("medium", _WEEK_MONTH, WEEK, MONTH),
            _times("low", _MONTH_HALF_YEAR, MONTH, HALF_YEAR),
        ),
        RECOVERY: (
            _less("high", "one day", DAY),
            _times("medium", _DAY_WEEK, DAY, WEEK),
            _times("low", _WEEK_MONTH, WEEK, MONTH),
        ),
        FAILURES: (_share("high", 0, 15), _share("medium", 16, 30), _share("low", 46, 60)),
    },
    "2023": {
        FREQUENCY: (
            _on_demand("elite"),
            _often("high", _PER_DAY_WEEK, DAY, WEEK),
            _often("medium", _PER_WEEK_MONTH, WEEK, MONTH),
            _often("low", _PER_WEEK_MONTH, WEEK, MONTH),
        ),
        LEAD: (
            _less("elite", "one day", DAY),
            _times("high", _DAY_WEEK, DAY, WEEK),
            _times("medium", _WEEK_MONTH, WEEK, MONTH),
            _times("low", _WEEK_MONTH, WEEK, MONTH),
        ),
        RECOVERY: (
            _less("elite", "one hour", HOUR),
            _less("high", "one day", DAY),
            _times("medium", _DAY_WEEK, DAY, WEEK),
            _times("low", _MONTH_HALF_YEAR, MONTH, HALF_YEAR),
        ),
        FAILURES: (_up_to("elite", 0, 5), _up_to("high", 5, 10), _up_to("medium", 10, 15), _up_to("low", 15, 64)),
    },
}


def levels_of(edition: str, metric: str, value: float | None) -> list[str]:
    """The levels whose range holds the value: none, one or several. An unknown value (None) has none."""
    return [] if value is None else [found.level for found in EDITIONS[edition][metric] if found.holds(value)]
