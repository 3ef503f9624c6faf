"""Titles of changes: kept for rules that go by them (`rework_titles`), shown nowhere.

    title_of("Revert: ask ann@acme.dev\n")   "Revert: ask ann"

Kept is what such a pattern may need, in one line. A rule may be made long after the change, so the title itself has to be kept and
not what became of it.
"""

import re

from leadline.contract import privacy
from leadline.contract.text import CONTROL, MAX_TITLE

_CONTROLS = re.compile(f"[{CONTROL}]+")


def title_of(text: object) -> str | None:
    """The title out of what a code host says; None where it says none, or one that holds credentials or is far too long."""
    if not isinstance(text, str):
        return None
    line = _CONTROLS.sub(" ", text).strip()
    if not line or len(line.encode()) > MAX_TITLE or privacy.holds_credentials(line):
        return None
    return privacy.without_addresses(line)
