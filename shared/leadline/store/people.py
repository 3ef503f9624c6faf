"""The names under which people are stored: their own, or pseudonyms with the names kept separately.

    config | settings            `people`: the salt of pseudonyms, whether pseudonyms are stored, and a renaming under way
    people | p-3f9a12c0ffee      {"name": "ann"}: whose pseudonym it is
    people | p-3f9a12c0ffee      {"gone": "~5be0c4a1d2f39876"}: somebody who was removed, and their stand-in. No name is stored;
                                 an event that names them again is recognised by the hash

Names are looked up outside of the transaction that stores them. That is safe: removing a person, or switching to pseudonyms, first
changes the settings. A repository's first transaction checks that the settings are unchanged, and all existing locks are raised
before anything is renamed. So no writer continues with outdated names (`compute.jobs.renaming`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from leadline.domain.errors import Conflict
from leadline.domain.people import is_pseudonym, is_stand_in, names_in, pseudonym, renamed
from leadline.domain.roster import Roster
from leadline.store.configuration import SETTINGS_KEY, OrganisationSettings, roster_from_item
from leadline.store.table import ABSENT, Check, Item, Key, Put, Table, Write, at_version

PEOPLE = "people"


def check_settings_unchanged(settings: Item | None) -> list[Write]:
    """Fails a transaction if the settings have changed since they were read: names may have changed with them."""
    version = settings.get("v") if settings is not None else 0
    return [Check(SETTINGS_KEY, at_version(version))] if version is not None else []


def person_key(pseudonymous: str) -> Key:
    return (PEOPLE, pseudonymous)


@dataclass(frozen=True, slots=True)
class Naming:
    """`salt`: None until needed. `pseudonyms`: whether names are stored as pseudonyms. `removed`: whether anybody was ever removed.

    `under_way`: stored items are being renamed; `number` counts the renamings. `removals`: events that requested a removal which is
    not finished, and when they were received (epoch milliseconds). `jobs`: ids of the jobs that end with the renaming.
    """

    salt: str | None = None
    pseudonyms: bool = False
    removed: bool = False
    number: int = 0
    under_way: bool = False
    removals: Mapping[str, int] = field(default_factory=dict)
    jobs: Sequence[str] = ()

    @classmethod
    def of(cls, organisation: OrganisationSettings) -> "Naming":
        known = {field.name for field in fields(cls)}
        data: Mapping[str, Any] = organisation.extra.get(PEOPLE, {})
        return cls(**{name: value for name, value in data.items() if name in known})

    def to_data(self) -> dict[str, Any]:
        """The value of `people` in the settings' item."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def pseudonym(self, name: str) -> str:
        """The pseudonym of a name; a pseudonym stays as it is. Needs a salt."""
        if is_pseudonym(name):
            return name
        assert self.salt is not None, "pseudonyms without a salt"
        return pseudonym(self.salt, name)


class People:
    """Maps people's names to those that are stored now. Depends on the settings as read; not for sharing between threads."""

    def __init__(self, table: Table, naming: Naming) -> None:
        self.naming = naming
        self._table = table
        self._items: dict[str, Item | None] = {}

    @classmethod
    def read(cls, table: Table) -> "People":
        """With the stored settings. Raises Transient."""
        return cls(table, Naming.of(OrganisationSettings.from_item(table.get([SETTINGS_KEY]).get(SETTINGS_KEY))))

    def stored_names(self, names: Iterable[str]) -> dict[str, str]:
        """The name to store for each of these names. Costs one read if any may differ.

        If pseudonyms are stored, new names are written to their separate place at once.
        """
        wanted = set(names)
        doubtful = {name: self.naming.pseudonym(name) for name in wanted if self._may_differ(name)}
        self._fetch(doubtful.values())
        return {name: self._look_up(name, doubtful[name]) if name in doubtful else name for name in wanted}

    def stand_ins(self, values: Iterable[str]) -> dict[str, str]:
        """Of these values, which may be anything, those that name a removed person, with the stand-in for each."""
        if not self.naming.removed:
            return {}
        hashes = {value: self.naming.pseudonym(value) for value in set(values)}
        self._fetch(hashes.values())
        items = {value: self._items[name] or {} for value, name in hashes.items()}
        return {value: item["gone"] for value, item in items.items() if "gone" in item}

    def stored_name(self, name: str) -> str:
        """The name to store for one found in a stored item. It differs only while people are being renamed."""
        return self.stored_names([name])[name] if self.naming.under_way else name

    def old_and_new_names(self, names: Iterable[str]) -> list[str]:
        """These names and those to store now: during a renaming, cells may count a person under either."""
        names = set(names)
        return sorted({*names, *self.stored_names(names).values()})

    def roster(self, item: Item | None) -> Roster:
        """The teams, with the names of their members to store now."""
        if self.naming.under_way and item is not None:
            item = renamed(item, self.stored_names(names_in(item)).__getitem__)
        return roster_from_item(item)

    def _may_differ(self, name: str) -> bool:
        if self.naming.salt is None or is_stand_in(name):
            return False
        return self.naming.removed or self.naming.pseudonyms or is_pseudonym(name)

    def _fetch(self, hashed: Iterable[str]) -> None:
        missing = [name for name in dict.fromkeys(hashed) if name not in self._items]
        if missing:
            found = self._table.get([person_key(name) for name in missing])
            self._items.update({name: found.get(person_key(name)) for name in missing})

    def _look_up(self, name: str, hashed: str) -> str:
        item = self._items[hashed]
        if item is None and self.naming.pseudonyms and name != hashed:
            item = self._store_name(name, hashed)
        if item is not None and "gone" in item:
            return str(item["gone"])
        if self.naming.pseudonyms:
            return hashed
        return str((item or {}).get("name", name)) if is_pseudonym(name) else name

    def _store_name(self, name: str, hashed: str) -> Item:
        pk, sk = person_key(hashed)
        item: Item | None = {"pk": pk, "sk": sk, "name": name}
        try:
            self._table.write([Put({"pk": pk, "sk": sk, "name": name}, ABSENT)])
        except Conflict:  # somebody else stored the name, or removed the person
            item = self._table.get([(pk, sk)]).get((pk, sk))
        self._items[hashed] = item
        return item or {}
