"""What schemathesis sends as valid, mended where no schema can say what is: cursors, the order of times, which time zones exist.

Data that is meant to be invalid goes out as it was made.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, MutableMapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import strategies as st

from apidoc.document import committed_document

FIRST, LAST = date(2021, 1, 1), date(2026, 6, 30)
_MOMENTS = st.datetimes(datetime(2021, 1, 1), datetime(2026, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001
_IN_THE_FUTURE = "2095-01-01T00:00:00Z"
_MOST_DAYS = timedelta(days=400)
_DAY = timedelta(days=1)
_ONE_OF_GOOD, _ONE_OF_BAD = 5, 2
_DEPENDENT = {"aggregation", "statistic", "group_by"}
"""Fields of which not every value goes with every value of another."""
_IN_BOTH = ("id", "source", "type")
_CLOUD_EVENT_HEADERS = ("ce-specversion", *(f"ce-{name}" for name in _IN_BOTH))
_CD_EVENT = committed_document()["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["example"]
_SHOWN_AS = {"dashboard": "id"}
"""Of what a path names, the field that shows it, where that has another name."""

schemathesis.openapi.format("date-time", _MOMENTS.map(lambda moment: moment.isoformat().replace("+00:00", "Z")))
schemathesis.openapi.format("date", st.dates(FIRST, LAST).map(date.isoformat))


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Of several events one that is bad never sinks its neighbours: so several are not sent where they are to be refused.

    Nor is the key that all is asked with ended.
    """
    if _ends_the_key(case):
        return False
    is_valid = case.meta is None or case.meta.generation.mode.is_positive
    if not is_valid and isinstance(case.body, list) and len(case.body) > 1:
        return False
    # Schemas are covered by thousands of bodies, most of them alike: a share is sent, which is always the same.
    is_one_of_many = case.meta is not None and case.meta.phase.name == "coverage" and isinstance(case.body, dict | list)
    return not is_one_of_many or zlib.crc32(repr(case.body).encode()) % (_ONE_OF_GOOD if is_valid else _ONE_OF_BAD) == 0


def _ends_the_key(case: schemathesis.Case[Any]) -> bool:
    """Whether it names the key that everything is requested with."""
    headers = case.operation.schema.config.headers_for(operation=case.operation) or {}
    return any(f"_{case.path_parameters.get('key_id')}_" in str(value) for value in headers.values())


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Called with each case before it is sent."""
    if _ends_the_key(case):  # an id that an earlier answer had, which `filter_case` does not see
        case.path_parameters["key_id"] = "0" * 12
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if isinstance(case.query, MutableMapping):
        _mend_query(case.query)
    for sent in _objects(case.body):
        _mend(sent)
    if isinstance(case.body, dict):
        # It may only say what the path says; what that is, is not for a schema.
        for name in case.path_parameters:
            case.body.pop(_SHOWN_AS.get(name, name), None)
    # The header stands for the event's own id, so it may not differ from one, nor be for several events.
    own_ids = {"deployment_id", "id"}
    if isinstance(case.headers, MutableMapping) and (not isinstance(case.body, dict) or own_ids & case.body.keys()):
        case.headers.pop("Idempotency-Key", None)
    if isinstance(case.headers, MutableMapping):
        _mend_cloud_event(case.headers, case.body)
    if isinstance(case.headers, MutableMapping) and "If-Match" in case.headers:
        case.headers["If-Match"] = "*"


def _mend_cloud_event(headers: MutableMapping[str, Any], body: Any) -> None:
    """A CloudEvent and the document in it have the same id, source and type; its headers say the same, or there are none."""
    for event in body if isinstance(body, list) else [body]:
        _mend_document(event)
        _mend_document(event.get("data") if isinstance(event, dict) else None)
    for event in body if isinstance(body, list) else [body]:
        if isinstance(event, dict) and "specversion" in event and (context := _context(event.get("data"))):
            same = {name: event[name] for name in _IN_BOTH if name in context}
            event["data"] = {**event["data"], "context": {**context, **same}}
    if _context(body) and not isinstance(body.get("customData"), dict):
        body.pop("customData", None)
    sent = [name for name in _CLOUD_EVENT_HEADERS if headers.pop(name, None) is not None]
    said = [_context(body).get(name) for name in _IN_BOTH]
    if sent and all(isinstance(value, str) and re.fullmatch(r"[\w.:/-]+", value, re.ASCII) for value in said):
        headers.update(zip(_CLOUD_EVENT_HEADERS, ["1.0", *said], strict=True))


def _mend_document(document: Any) -> None:
    """Of a type that Leadline uses, CDEvents' own schema decides: what varies of the documented example is sent as documented."""
    if _context(document).get("type") == _CD_EVENT["context"]["type"]:
        document["context"] = dict(_CD_EVENT["context"])
        if not isinstance(document.get("subject"), dict):
            document["subject"] = _CD_EVENT["subject"]


def _context(document: Any) -> dict[str, Any]:
    context = document.get("context") if isinstance(document, dict) else None
    return context if isinstance(context, dict) else {}


def _mend_query(query: MutableMapping[str, Any]) -> None:
    query.pop("cursor", None)  # only a page could give one
    if "team" in query:
        query.pop("author", None)
    if "metric" in query:  # not every metric has every statistic
        query.pop("statistic", None)
    if {"from", "to"} <= query.keys():
        start, end = _in_order(query["from"], query["to"])
        query["from"], query["to"] = max(start, str(date.fromisoformat(end) - _MOST_DAYS)), end
    else:  # the other end would be today
        query.pop("from", None)
        query.pop("to", None)


def _mend(sent: dict[str, Any]) -> None:
    for name, value in sent.items():
        if (name.endswith("_at") or name == "time") and isinstance(value, int | float):
            sent[name] = 1_700_000_000 + value % 10_000_000
    if isinstance(sent.get("value"), float):  # of no more digits than are kept
        sent["value"] = round(sent["value"] % 1_000_000, 3)
    for later in ("finished_at", "resolved_at"):
        if sent.get("started_at") is not None and sent.get(later) is not None:
            sent[later] = sent["started_at"]
    if sent.get("from") and sent.get("to"):
        sent["from"], sent["to"] = _in_order(sent["from"], sent["to"])
    if sent.get("expires_at"):
        sent["expires_at"] = _IN_THE_FUTURE
    if sent.get("timezone"):
        sent["timezone"] = "Europe/Berlin"
    sent.pop("plan", None)  # there is none of this name
    if "log" in sent:  # the log of so many requests would be all that the emulator has to do
        sent["log"] = False
    for name in _DEPENDENT & sent.keys():
        sent[name] = None
    if {"metric", "visual"} <= sent.keys():  # a dashboard's panel, in the one form that any metric can be shown in
        sent["visual"] = "table"
    for index, panel in enumerate(sent.get("panels") or ()):
        panel["id"] = f"panel-{index}"
        if sent.get("filters"):
            panel["filters"] = None
    if {"last", "unit"} <= sent.keys():  # 400 days, and fewer weeks or months
        sent["last"] = 1 + sent["last"] % 12
    if sent.get("team"):
        sent.pop("author", None)
    if "admin" in (sent.get("scopes") or ()):  # such a key has no limits
        sent["services"] = sent["repositories"] = None


def _in_order(one: str, other: str) -> tuple[str, str]:
    start, end = sorted([one, other])
    return start, max(end, str(date.fromisoformat(start) + _DAY))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)
