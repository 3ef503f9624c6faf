"""The organisation's settings, read in the same request to the table as the sender's key.

A query for metrics therefore takes two requests: this one, and one for the cells. Settings are not cached between requests, so that
a change takes effect at once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from leadline.access.authentication import KeyReader
from leadline.domain.roster import Roster
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings, roster_from_item
from leadline.store.table import Item, Key


class Configuration:
    """Reads the settings together with the keys that the key check needs. Each thread answers one request at a time."""

    def __init__(self, table: KeyReader) -> None:
        self._table = table
        self._along = threading.local()

    def begin(self) -> None:
        """Starts a new request: discards the settings read for the previous one."""
        self._along.read = False

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Like `Table.get`, the only method that the key check needs."""
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
