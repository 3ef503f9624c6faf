"""What each field of an event may hold: the pure checks, as types that pydantic validates.

The bounds keep any one event well under what SQS (1 MiB) and DynamoDB (400 KB an item, 1 KB a sort key) take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from ingest import text
from ingest.measurements import check_metric_name, check_value
from ingest.refusal import Refused
from ingest.repository import check_repository
from ingest.status import check_status
from ingest.times import check_commit_time, check_event_time

T = TypeVar("T")


def _as_error(refused: Refused) -> PydanticCustomError:
    return PydanticCustomError(refused.code, "{detail}", {"detail": refused.detail})


def _checked(check: Callable[[object], T]) -> BeforeValidator:
    def validate(value: object) -> T:
        try:
            return check(value)
        except Refused as refused:
            raise _as_error(refused) from None

    return BeforeValidator(validate)


def _event_time(value: object, info: ValidationInfo) -> int:
    try:
        return check_event_time(value, (info.context or {})["now"])
    except Refused as refused:
        raise _as_error(refused) from None


def _each_once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Sha = Annotated[str, _checked(text.check_sha)]
FullSha = Annotated[str, _checked(text.check_full_sha)]
Repository = Annotated[str, _checked(check_repository)]
Status = Annotated[str, _checked(check_status)]
EventTime = Annotated[int, BeforeValidator(_event_time)]
CommitTime = Annotated[int, _checked(check_commit_time)]
Number = Annotated[int, _checked(text.check_number)]
Flag = Annotated[bool, _checked(text.check_flag)]
Url = Annotated[str, _checked(text.check_url)]
MetricName = Annotated[str, _checked(check_metric_name)]
Value = Annotated[int, _checked(check_value)]
"""In whole millionths."""

Id = Annotated[str, _checked(text.name_at_most(200))]
"""A sender's own id. In keys of the table, so bounded in bytes."""
Reference = Id
"""A deployment_id or a SHA."""
Name = Annotated[str, _checked(text.name_at_most(200))]
Author = Annotated[str, _checked(text.check_author)]
Branch = Annotated[str, _checked(text.at_most(255))]
Title = Annotated[str, _checked(text.check_title)]
Environment = Annotated[str, _checked(text.name_at_most(100))]

Parents = Annotated[list[FullSha], Field(max_length=100)]
"""In git's order, which means something: the first parent is the branch merged into."""
Shas = Annotated[list[Sha], Field(max_length=2_500), AfterValidator(_each_once)]
Paths = Annotated[
    list[Annotated[str, _checked(text.name_at_most(1_000))]], Field(max_length=3_000), AfterValidator(_each_once)
]
LabelList = Annotated[list[Name], Field(max_length=100), AfterValidator(_each_once)]
Labels = Annotated[
    dict[Annotated[str, _checked(text.name_at_most(100))], Annotated[str, _checked(text.check_label)]],
    Field(max_length=20),
]
