"""Event ids: a prefix such as `dep_` and 24 hex digits, derived from the content. The same content always has the same id.

The last four digits are a checksum. So the API can tell a mistyped id from one whose event still waits on the queue, although
nothing is stored before compute has processed the event. The checksum protects no secret.
"""

import hashlib
import json
import re
from typing import Any

_DIGITS = 20
_CHECKSUM = 4
_FORM = re.compile(rf"([a-z]{{3}}_[0-9a-f]{{{_DIGITS}}})([0-9a-f]{{{_CHECKSUM}}})", re.ASCII)


def event_id(prefix: str, content: str) -> str:
    """The id of an event with this content. `prefix`: three letters for its kind."""
    stem = f"{prefix}_{hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]}"
    return stem + _checksum(stem)


def is_event_id(text: str) -> bool:
    """Whether the text is a possible event id: its checksum is right."""
    form = _FORM.fullmatch(text)
    return form is not None and form[2] == _checksum(form[1])


def _checksum(stem: str) -> str:
    return hashlib.sha256(f"event id {stem}".encode()).hexdigest()[:_CHECKSUM]


def canonical(value: Any) -> str:
    """JSON in one spelling only, so that equal values have equal digests."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
