"""Titles of changes. They are stored for rules that match titles (`rework_titles`) and shown nowhere.

    title_of("Revert: ask ann@acme.dev\n")   "Revert: ask ann"

A rule may be created long after the change, so the title itself is stored, in one line.
"""

import re

from leadline.contract import privacy
from leadline.contract.text import CONTROL, MAX_TITLE

_CONTROLS = re.compile(f"[{CONTROL}]+")


def title_of(text: object) -> str | None:
    """The title as stored; None if there is none, if it contains credentials, or if it is far too long."""
    if not isinstance(text, str):
        return None
    line = _CONTROLS.sub(" ", text).strip()
    if not line or len(line.encode()) > MAX_TITLE or privacy.holds_credentials(line):
        return None
    return privacy.without_addresses(line)
