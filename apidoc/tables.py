"""Tables of the docs, between markers of this form, made from what the code declares:

<!-- fields of DeploymentEvent -->
...
<!-- end -->

`TABLES` has every marker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from apidoc.catalogues import (
    STATISTICS,
    gauge_table,
    metric_table,
    reason_table,
    row_table,
    settings_table,
    statistics_table,
)
from leadline.contract.events import COMMIT_FIELDS, EVENT_TYPES
from leadline.contract.fields import Field

_MARKED = re.compile(r"(<!-- ([a-z]\w*(?: of \w+)?) -->\n).*?(<!-- end -->)", re.DOTALL)

FIELDS: dict[str, Sequence[Field]] = {
    **{event_type.schema_name: event_type.fields for event_type in EVENT_TYPES},
    "Commit": COMMIT_FIELDS,
}


def field_table(fields: Sequence[Field]) -> str:
    """A Markdown table: each field, whether it is required or what holds without it, and what it means."""
    rows = [f"| `{field.name}` | {_requirement(field)} | {field.description} |\n" for field in fields]
    return "".join(["| field | | |\n", "|---|---|---|\n", *rows])


def with_tables(page: str) -> str:
    """The page with its marked tables as they should be. Raises KeyError for a marker that names nothing."""
    return _MARKED.sub(lambda marked: marked[1] + TABLES[marked[2]]() + marked[3], page)


def _requirement(field: Field) -> str:
    if field.required:
        return "required"
    if field.default_text or field.default is None:
        return field.default_text
    return f"`{str(field.default).lower()}`"


TABLES: dict[str, Callable[[], str]] = {
    **{f"fields of {name}": partial(field_table, fields) for name, fields in FIELDS.items()},
    "reasons": reason_table,
    "settings": settings_table,
    "metrics": metric_table,
    **{f"statistics of {name}": partial(statistics_table, metric) for name, metric in STATISTICS.items()},
    "rows": row_table,
    "gauges": gauge_table,
}
