"""A dashboard's definition: read from a body with all its faults, and what its window and filters mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

from leadline.contract import privacy
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import read_flag, whole_number
from leadline.contract.objects import ObjectReader, list_of
from leadline.contract.text import matching, name_of, one_of
from leadline.domain.windows import Window
from query.dashboards.schemas import (
    ID_PATTERN,
    MAX_DESCRIPTION,
    MAX_PANELS,
    DashboardDefinition,
    DashboardWindow,
    Panel,
    PanelFilters,
)
from query.http.faults import Faults
from query.http.parameters import AUTHOR, ENVIRONMENT, MAX_REPEATS, REPOSITORY, SERVICE, TEAM
from query.http.values import same_as
from query.reports.filters import GROUPINGS, INTERVALS, Filters
from query.reports.statistics import CUSTOM, DORA_METRICS, statistics_of

FIELDS = ("name", "description", "window", "filters", "limited_keys", "panels")
MAX_BYTES = 64 * 1024
"""Of a definition: the history stores it twice, before and after, in one item of at most 400 KB."""

VISUALS = ("number", "line", "bar", "table")
_PANEL_FIELDS = ("id", "title", "metric", "statistic", "visual", "interval", "group_by", "filters")
_MOST = {"day": 400, "week": 57, "month": 13}
"""The longest windows that a report accepts."""
_LAST_30_DAYS: DashboardWindow = {"last": 30, "unit": "day", "complete": False}

read_id = matching(ID_PATTERN[1:-1], "id", "must be 1 to 64 of a-z, 0-9, - and _, and begin with a letter or digit")
"""The id of a dashboard or a panel."""


def _text(most: int) -> Callable[[object], str]:
    """A sentence by a person, without e-mail addresses."""
    read = name_of(most)
    return lambda value: privacy.without_addresses(read(value))


_read_name, _read_title, _read_description = name_of(200), _text(200), _text(MAX_DESCRIPTION)


def read_definition(body: object, faults: Faults, name: str | None = None) -> DashboardDefinition:
    """The definition with its defaults. Adds every fault; the result is of use only where there is none.

    `name`: the dashboard's id, which may be sent back; None where it has none yet.
    """
    fields = ObjectReader(body, FIELDS if name is None else ("id", *FIELDS), faults)
    if name is not None:
        fields.read("id", same_as(name), name)
    filters, shared = _read_filters(fields.read("filters", _anything, {}), faults, "/filters")
    return {
        "name": fields.required("name", _read_title, ""),
        "description": fields.read("description", _read_description, "") or None,
        "window": _read_recent(fields.read("window", _anything, _LAST_30_DAYS), faults),
        "filters": filters,
        "limited_keys": fields.read("limited_keys", read_flag, False),
        "panels": _read_panels(fields.required("panels", _read_array, ()), faults, shared),
    }


def recent_window(recent: DashboardWindow, today: date) -> Window:
    """The window that ends today."""
    last, current = recent["last"], _part_of(recent["unit"], today, 0)
    if recent["complete"]:
        return Window(_part_of(recent["unit"], today, last), current)
    return Window(_part_of(recent["unit"], today, last - 1), today + timedelta(days=1))


def filters_of(filters: PanelFilters) -> Filters:
    """The filters of a report."""
    return Filters(
        tuple(filters.get("service", ())),
        tuple(filters.get("repository", ())),
        tuple(filters.get("environment", ())),
        filters.get("team"),
        filters.get("author"),
    )


def _part_of(unit: str, today: date, back: int) -> date:
    """The first day of today's day, ISO week or calendar month, or of the one so many before it."""
    if unit == "day":
        return today - timedelta(days=back)
    if unit == "week":
        return today - timedelta(days=today.weekday(), weeks=back)
    index = today.year * 12 + today.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


def _read_recent(value: Any, faults: Faults) -> DashboardWindow:
    fields = ObjectReader(value, ("last", "unit", "complete"), faults, "/window")
    unit = fields.required("unit", one_of(*_MOST), "")
    last = fields.required("last", whole_number(1, _MOST.get(unit, max(_MOST.values()))), 1)
    return cast(DashboardWindow, {"last": last, "unit": unit, "complete": fields.read("complete", read_flag, False)})


def _read_filters(value: Any, faults: Faults, at: str) -> tuple[PanelFilters, Filters]:
    fields = ObjectReader(value, ("service", "repository", "environment", "team", "author"), faults, at)
    given: dict[str, Any] = {
        parameter.name: fields.read_list(parameter.name, parameter.read, MAX_REPEATS)
        for parameter in (SERVICE, REPOSITORY, ENVIRONMENT)
    }
    given |= {parameter.name: fields.read(parameter.name, parameter.read, None) for parameter in (TEAM, AUTHOR)}
    if given["team"] and given["author"]:
        faults.add(f"{at}/author", InvalidValue("exclusive", "can't be combined with team; give one of them"))
        given["author"] = None
    kept = cast(PanelFilters, {name: value for name, value in given.items() if value})
    return kept, filters_of(kept)


def _read_panels(values: Sequence[Any], faults: Faults, shared: Filters) -> list[Panel]:
    panels: list[Panel] = []
    for index, value in enumerate(values):
        panel = _read_panel(value, faults, f"/panels/{index}", shared)
        if panel["id"] and panel["id"] in [other["id"] for other in panels]:
            faults.add(f"/panels/{index}/id", InvalidValue("duplicate", "is already used by another panel"))
        panels.append(panel)
    return panels


def _read_panel(value: Any, faults: Faults, at: str, shared: Filters) -> Panel:
    fields = ObjectReader(value, _PANEL_FIELDS, faults, at)
    metric = fields.required("metric", _read_metric, "")
    statistics = statistics_of(metric) or {}
    filters, own = _read_filters(fields.read("filters", _anything, {}), faults, f"{at}/filters")
    try:
        shared.combined_with(own)
    except InvalidValue:
        name = "author" if own.author else "team"
        faults.add(
            f"{at}/filters/{name}", InvalidValue("exclusive", "can't be combined with the dashboard's team or author")
        )
    panel: dict[str, Any] = {
        "id": fields.required("id", read_id, ""),
        "title": fields.required("title", _read_title, ""),
        "metric": metric,
        "statistic": fields.read("statistic", one_of(*statistics) if metric else str, next(iter(statistics), "")),
        "visual": fields.required("visual", one_of(*VISUALS), ""),
        "interval": fields.read("interval", one_of(*INTERVALS), "") or None,
        "group_by": fields.read("group_by", one_of(*GROUPINGS), "") or None,
        "filters": filters,
    }
    if metric:
        _check_combination(panel, fields, len(statistics[panel["statistic"]]) > 1, faults, at)
    return cast(Panel, panel)


def _check_combination(panel: Mapping[str, Any], fields: ObjectReader, several: bool, faults: Faults, at: str) -> None:
    """Refuses combinations that can't be drawn. `several`: the metric has several values side by side."""
    visual, interval, group_by = panel["visual"], panel["interval"], panel["group_by"]
    divided = several or fields.has_value("interval") or fields.has_value("group_by")

    def refuse(field: str, detail: str) -> None:
        faults.add(f"{at}/{field}", InvalidValue("combination", detail))

    if visual == "number" and group_by:
        refuse("group_by", "gives several values, but a number shows one; use bar or table")
    if visual == "number" and several:
        refuse("visual", "shows one value, but this metric has several; use bar, line or table")
    if visual == "line" and not fields.has_value("interval"):
        refuse("interval", "is required for a line")
    if visual == "bar" and not divided:
        refuse("visual", "would show a single bar; add interval or group_by, or use number")
    if several and interval and group_by:
        refuse("interval", "can't be combined with group_by for a metric of several values; use one of them")


def _read_metric(value: object) -> str:
    name = _read_name(value)
    if statistics_of(name) is None:
        raise InvalidValue(
            "choice", f"must be one of {', '.join(DORA_METRICS)}, or {CUSTOM} and the name of a custom metric"
        )
    return name


def _anything(value: object) -> Any:
    return value


_read_array = list_of(_anything, MAX_PANELS, least=1, each_once=False)
