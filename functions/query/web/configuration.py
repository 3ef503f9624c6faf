"""The organisation's settings, read in the same request as the sender's key.

A query for metrics then costs two requests: this one, and the cells. Settings are never kept from one request to the next, so a
change of them is seen at once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from leadline.access.authentication import KeyReader
from leadline.domain.roster import Roster
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings, roster_from_item
from leadline.store.table import Item, Key


class Configuration:
    """Reads keys for the key check, and the settings along with them. Each thread answers one request at a time."""

    def __init__(self, table: KeyReader) -> None:
        self._table = table
        self._along = threading.local()

    def begin(self) -> None:
        """A new request: forgets what was read for the last one."""
        self._along.read = False

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """As `Table.get`; this is all that the key check needs of a table."""
        found = self._table.get([*keys, SETTINGS_KEY])
        self._along.settings = found.get(SETTINGS_KEY)
        self._along.read = True
        return {key: found[key] for key in keys if key in found}

    def organisation(self) -> OrganisationSettings:
        if not getattr(self._along, "read", False):
            self.get([])
        return OrganisationSettings.from_item(self._along.settings)

    def roster(self) -> Roster:
        return roster_from_item(self._table.get([ROSTER_KEY]).get(ROSTER_KEY))
