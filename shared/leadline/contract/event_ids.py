"""Event ids: `dep_` and 24 hex digits, made of what was said. Saying it again gives the same id.

The last four digits check the others. So an id that was mistyped is told from one whose event still waits on the queue, although
nothing is written before it is folded. The check keeps no secret: whoever makes up an id with a right one learns nothing by it.
"""

import hashlib
import re

_SAID = 20
_CHECK = 4
_FORM = re.compile(rf"([a-z]{{3}}_[0-9a-f]{{{_SAID}}})([0-9a-f]{{{_CHECK}}})", re.ASCII)


def event_id(prefix: str, said: str) -> str:
    """The id of the event that says this. `prefix`: three letters for its kind."""
    stem = f"{prefix}_{hashlib.sha256(said.encode()).hexdigest()[:_SAID]}"
    return stem + _check(stem)


def is_event_id(text: str) -> bool:
    """Whether the text is an id that `event_id` may have given."""
    form = _FORM.fullmatch(text)
    return form is not None and form[2] == _check(form[1])


def _check(stem: str) -> str:
    return hashlib.sha256(f"event id {stem}".encode()).hexdigest()[:_CHECK]
