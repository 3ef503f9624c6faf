"""The JSON schema of names and sentences. Apart from `leadline.contract.types`, whose readers compute does not need."""

from __future__ import annotations

from leadline.contract.fields import Json

CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff"
"""Control characters, inside a character class of a regular expression."""
_TEXT = rf"^[^{CONTROL}]*[^{CONTROL}\s][^{CONTROL}]*$"


def text_schema(most: int) -> Json:
    """A name or sentence of 1 to `most` bytes, without control characters."""
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": _TEXT}
