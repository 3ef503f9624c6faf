"""The HTTP binding of CloudEvents 1.0: three modes, distinguished by the content type.

    binary       application/json                      attributes in ce- headers, the document as the body
    structured   application/cloudevents+json          {"specversion": "1.0", "type": …, "data": {…}}
    batch        application/cloudevents-batch+json    an array of those

CDEvents' binding puts the whole document into `data`, with the same id, source and type in both. A document posted as
application/json without any ce- header is accepted without an envelope.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ingest.batch_results import invalid_body
from ingest.cloudevents.schema import fault
from leadline.contract.invalid_value import Fault
from leadline.http.json_body import clean_json, raw_body
from leadline.http.problems import Problem

MAX_EVENTS = 500
_CONTENT_TYPE = re.compile(r'(?P<media>[^;]+?)\s*(?:;\s*charset\s*=\s*"?(?P<charset>[^\s";]+)"?)?\s*;?')
_STRUCTURED, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_JSON = re.compile(r"(?:application|text)/(?:[a-z0-9.+-]+\+)?json\b", re.IGNORECASE)
_IN_BOTH = ("id", "source", "type")


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event: its CloudEvents attributes (none without an envelope), its data, and where that is in the body."""

    attributes: Mapping[str, Any]
    data: Any
    pointer: str


def read_cloudevents(event: Mapping[str, Any], headers: Mapping[str, str]) -> list[CloudEvent | Fault]:
    """The events of a request (HTTP API payload 2.0; `headers` in lower case), a fault in place of each invalid one.

    Raises Problem: 400, 413, 415, 422.
    """
    media = _media_type(headers)
    body = clean_json(raw_body(event))
    if media == _STRUCTURED:
        return [_read_structured(body, "")]
    if media == _BATCH:
        return _read_batch(body)
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    return [_validate(CloudEvent(attributes, body, "")) if attributes else CloudEvent({}, body, "")]


def _media_type(headers: Mapping[str, str]) -> str:
    match = _CONTENT_TYPE.fullmatch(headers.get("content-type", "").strip())
    media = match["media"].lower() if match else ""
    charset = (match["charset"] or "utf-8").lower() if match else ""
    if media not in ("application/json", _STRUCTURED, _BATCH) or charset not in ("utf-8", "utf8", "us-ascii"):
        detail = f"Send CloudEvents as application/json with ce- headers, as {_STRUCTURED} or as {_BATCH}, in UTF-8."
        raise Problem(415, "Unsupported media type", detail)
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise Problem(415, "Unsupported media type", "Send the body uncompressed, without Content-Encoding.")
    return media


def _read_batch(body: Any) -> list[CloudEvent | Fault]:
    if not isinstance(body, list):
        raise invalid_body("type", "must be an array of CloudEvents")
    if len(body) > MAX_EVENTS:
        raise invalid_body("too_many", f"has {len(body)} entries; send at most {MAX_EVENTS} at a time")
    return [_read_structured(item, f"/{index}") for index, item in enumerate(body)]


def _read_structured(item: Any, at: str) -> CloudEvent | Fault:
    if not isinstance(item, dict):
        return fault(at, "type", "must be an object: a CloudEvent in JSON")
    attributes = {name: value for name, value in item.items() if name not in ("data", "data_base64")}
    media = attributes.get("datacontenttype", "application/json")
    if not (isinstance(media, str) and _JSON.match(media)):
        return fault(f"{at}/datacontenttype", "format", "must be application/json")
    if "data" in item:
        return _validate(CloudEvent(attributes, item["data"], f"{at}/data"))
    try:
        data = clean_json(base64.b64decode(item.get("data_base64") or "", validate=True))
    except (binascii.Error, ValueError, TypeError, Problem):
        return fault(f"{at}/data", "missing", "is required: the CDEvents document")
    return _validate(CloudEvent(attributes, data, f"{at}/data_base64"))


def _validate(event: CloudEvent) -> CloudEvent | Fault:
    """The event, or the first fault of its envelope."""
    attributes, at = event.attributes, event.pointer
    version = attributes.get("specversion")
    if not (isinstance(version, str) and version.startswith("1.")):
        return fault(
            at, "specversion", "must be a CloudEvent of version 1.0: set specversion, or the header ce-specversion"
        )
    for name in _IN_BOTH:
        if not (isinstance(attributes.get(name), str) and attributes[name]):
            return fault(at, "missing", f"is a CloudEvent without {name}")
    context = event.data.get("context") if isinstance(event.data, dict) else None
    if isinstance(context, dict):
        for name in _IN_BOTH:
            if context.get(name, attributes[name]) != attributes[name]:
                return fault(f"{at}/context/{name}", "mismatch", f"differs from the CloudEvent's {name}")
    return event
