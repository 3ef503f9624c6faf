"""The types of the fields of events: the reader and JSON schema of each.

The bounds keep each event well below the limits of SQS (1 MiB) and DynamoDB (400 KB per item, 1 KB per sort key).
"""

from __future__ import annotations

from leadline.contract import numbers, text, times
from leadline.contract.fields import Type, list_type, map_type, value_type
from leadline.contract.repository_path import read_repository_path
from leadline.contract.statuses import STATUSES, read_status
from leadline.contract.text_schema import CONTROL, text_schema

_SEGMENT = "([A-Za-z0-9._~+-]|%[0-9A-Fa-f]{2})+"


def name_type(most: int) -> Type:
    return value_type(text.name_of(most), text_schema(most))


SHA = value_type(text.read_sha, {"type": "string", "pattern": "^[0-9a-fA-F]{7,64}$"})
FULL_SHA = value_type(text.read_full_sha, {"type": "string", "pattern": "^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"})
REPOSITORY = value_type(
    read_repository_path,
    {
        "type": "string",
        "maxLength": 200,
        "pattern": rf"^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{{1,5}})?/|localhost:[0-9]{{1,5}}/)?{_SEGMENT}(/{_SEGMENT}){{1,20}}$",
        "examples": ["github.com/acme/api", "gitlab.com/group/sub/app"],
    },
)
STATUS = value_type(read_status, {"type": "string", "enum": list(STATUSES)})
EVENT_TIME = Type(
    times.read_event_time,
    {
        "anyOf": [
            {"type": "string", "format": "date-time"},
            {"type": "number", "minimum": 946_684_800, "maximum": 4_102_444_800_000},
        ]
    },
)
COMMIT_TIME = value_type(
    times.read_commit_time,
    {
        "anyOf": [
            {"type": "string", "format": "date-time"},
            {"type": "number", "minimum": 0, "maximum": 4_102_444_800_000},
        ]
    },
)
NUMBER = value_type(
    numbers.read_number,
    {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": numbers.MAX_NUMBER},
            {"type": "string", "pattern": "^[1-9][0-9]{0,14}$"},
        ]
    },
)
FLAG = value_type(numbers.read_flag, {"type": "boolean"})
URL = value_type(
    text.read_url,
    {
        "type": "string",
        "maxLength": 2_000,
        "pattern": rf"^[Hh][Tt][Tt][Pp][Ss]?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?([/?#][^{CONTROL}\s@]*)?$",
    },
)
METRIC_NAME = value_type(
    numbers.read_metric_name,
    {"type": "string", "pattern": f"^{numbers.METRIC_NAME}$", "examples": ["review.comments", "build.seconds"]},
)
METRIC_VALUE = value_type(
    numbers.read_metric_value, {"type": "number", "minimum": -numbers.MAX_VALUE, "maximum": numbers.MAX_VALUE}
)
NAME = name_type(200)
ID = NAME
"""A sender's own id. It becomes part of keys of the table, hence the bound in bytes."""
AUTHOR = value_type(text.read_author, text_schema(200))
BRANCH = value_type(text.text_of(255), text_schema(255))
TITLE = value_type(text.read_title, text_schema(text.MAX_TITLE))
ENVIRONMENT = name_type(100)
PARENTS = list_type(FULL_SHA, 100, each_once=False)
"""In git's order, since the first parent is the branch merged into."""
SHAS = list_type(SHA, 2_500)
PATHS = list_type(name_type(1_000), 3_000)
LABEL_LIST = list_type(NAME, 100)
LABELS = map_type(name_type(100), value_type(text.read_label, text_schema(500)), 20)
