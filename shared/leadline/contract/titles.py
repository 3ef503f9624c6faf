"""Titles of changes: kept for rules that go by them (`rework_titles`), shown nowhere.

    title_of("Revert: ask ann@acme.dev\n")   "Revert: ask ann"

Kept is what such a pattern may need, in one line. A rule may be made long after the change, so the title itself has to be kept and
not what became of it.
"""

import re

from leadline.contract import privacy

MAX_BYTES = 1_200
"""Code hosts take up to 256 characters."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


def title_of(text: object) -> str | None:
    """The title out of what a code host says; None where it says none, or one that holds credentials or is far too long."""
    if not isinstance(text, str):
        return None
    line = _CONTROL.sub(" ", text).strip()
    if not line or len(line.encode()) > MAX_BYTES or privacy.holds_credentials(line):
        return None
    return privacy.without_addresses(line)
