"""The HTTP binding of CloudEvents 1.0: three ways to carry events, told apart by the content type.

    binary       application/json                      attributes in ce- headers, the document as the body
    structured   application/cloudevents+json          {"specversion": "1.0", "type": …, "data": {…}}
    batch        application/cloudevents-batch+json    an array of those

CDEvents' binding wants the whole document as data, and the same id, source and type in both. A document posted bare, as
application/json without any ce- header, is read as what it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from leadline.contract.invalid_value import Fault
from leadline.http.json_body import clean_json, raw_body
from leadline.http.problems import Problem

MAX_EVENTS = 500
_TYPE = re.compile(r'(?P<kind>[^;]+?)\s*(?:;\s*charset\s*=\s*"?(?P<charset>[^\s";]+)"?)?\s*;?')
_STRUCTURED, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_JSON = re.compile(r"(?:application|text)/(?:[a-z0-9.+-]+\+)?json\b", re.IGNORECASE)
_SAME = ("id", "source", "type")


class Unreadable(Exception):
    """One event of a request can't be read, for this fault."""

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.fault: Fault = {"pointer": pointer, "code": code, "detail": detail}


@dataclass(frozen=True, slots=True)
class Carried:
    """One event as it was carried: its CloudEvents attributes (none where it came bare), its data, and where that is."""

    attributes: Mapping[str, Any]
    data: Any
    pointer: str


def read_events(event: Mapping[str, Any], headers: Mapping[str, str]) -> list[Carried | Unreadable]:
    """The events of a request (HTTP API payload 2.0; `headers` in lower case). Raises Problem: 400, 413, 415, 422."""
    kind = _content_type(headers)
    sent = clean_json(raw_body(event))
    if kind == _STRUCTURED:
        return [_structured(sent, "")]
    if kind == _BATCH:
        return _batch(sent)
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    return [_carried(attributes, sent, "") if attributes else Carried({}, sent, "")]


def _content_type(headers: Mapping[str, str]) -> str:
    match = _TYPE.fullmatch(headers.get("content-type", "").strip())
    kind = match["kind"].lower() if match else ""
    charset = (match["charset"] or "utf-8").lower() if match else ""
    if kind not in ("application/json", _STRUCTURED, _BATCH) or charset not in ("utf-8", "utf8", "us-ascii"):
        detail = f"Send CloudEvents as application/json with ce- headers, as {_STRUCTURED} or as {_BATCH}, in UTF-8."
        raise Problem(415, "Unsupported media type", detail)
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise Problem(415, "Unsupported media type", "Send the body uncompressed, without Content-Encoding.")
    return kind


def _batch(sent: Any) -> list[Carried | Unreadable]:
    if not isinstance(sent, list):
        raise _no_batch("type", "must be an array of CloudEvents")
    if len(sent) > MAX_EVENTS:
        raise _no_batch("too_many", f"has {len(sent)} entries; send at most {MAX_EVENTS} at a time")
    return [_structured(item, f"/{index}") for index, item in enumerate(sent)]


def _structured(item: Any, at: str) -> Carried | Unreadable:
    if not isinstance(item, dict):
        return Unreadable(at, "type", "must be an object: a CloudEvent in JSON")
    attributes = {name: value for name, value in item.items() if name not in ("data", "data_base64")}
    kind = attributes.get("datacontenttype", "application/json")
    if not (isinstance(kind, str) and _JSON.match(kind)):
        return Unreadable(f"{at}/datacontenttype", "format", "must be JSON: application/json")
    if "data" in item:
        return _carried(attributes, item["data"], f"{at}/data")
    try:
        data = clean_json(base64.b64decode(item.get("data_base64") or "", validate=True))
    except (binascii.Error, ValueError, TypeError, Problem):
        return Unreadable(f"{at}/data", "missing", "is required: the CDEvents document")
    return _carried(attributes, data, f"{at}/data_base64")


def _carried(attributes: Mapping[str, Any], data: Any, at: str) -> Carried | Unreadable:
    version = attributes.get("specversion")
    if not (isinstance(version, str) and version.startswith("1.")):
        return Unreadable(
            at, "specversion", "is no CloudEvent of version 1.0: specversion (or ce-specversion) says which"
        )
    for name in _SAME:
        if not (isinstance(attributes.get(name), str) and attributes[name]):
            return Unreadable(at, "missing", f"is a CloudEvent without {name}")
    context = data.get("context") if isinstance(data, dict) else None
    if isinstance(context, dict):
        for name in _SAME:
            if context.get(name, attributes[name]) != attributes[name]:
                return Unreadable(f"{at}/context/{name}", "mismatch", f"is not the CloudEvent's {name}")
    return Carried(attributes, data, at)


def _no_batch(code: str, detail: str) -> Problem:
    return Problem(422, "Invalid events", f"The body {detail}.", [{"pointer": "", "code": code, "detail": detail}])
