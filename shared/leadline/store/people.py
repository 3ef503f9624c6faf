"""How people are named in what is stored: by their names, or by pseudonyms with the names kept apart.

    config | settings            `people`: the salt of pseudonyms, which of both is stored, and what is being renamed
    people | p-3f9a12c0ffee      {"name": "ann"}: whose pseudonym it is
    people | p-3f9a12c0ffee      {"gone": "~5be0c4a1d2f39876"}: somebody who was removed, and what stands in. There is no name:
                                 what brings it once more is known by its hash, and changes nothing

Names are looked up apart from the transaction that stores them. That is safe: whoever removes a person or changes the form says so
in the settings, which a repository's first transaction asserts, and all locks that there are are raised before anything is renamed.
So nobody goes on with names as they were (`compute.people.renaming`).
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
    """Asserts that the settings are still those that were read, so that names are what they were taken for."""
    version = settings.get("v") if settings is not None else 0
    return [Check(SETTINGS_KEY, at_version(version))] if version is not None else []


def person_key(pseudonymous: str) -> Key:
    return (PEOPLE, pseudonymous)


@dataclass(frozen=True, slots=True)
class Naming:
    """`salt` is None until something needs it. `pseudonyms`: whether these are stored. `removed`: whether anybody ever was.

    `under_way`: what is stored is being renamed, for the reason with this `number`. `removals`: the events that asked for a removal
    which is not done yet, and when they came (epoch milliseconds). `jobs`: ids of the jobs that end with the renaming.
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
        """As it is kept in the settings' item, under the name `people`."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def pseudonym(self, name: str) -> str:
        """That of the name, or the pseudonym itself. Only where there is a salt."""
        if is_pseudonym(name):
            return name
        assert self.salt is not None, "pseudonyms without a salt"
        return pseudonym(self.salt, name)


class People:
    """Names as they are to be stored now. Made anew with the settings; not shared between threads."""

    def __init__(self, table: Table, naming: Naming) -> None:
        self.naming = naming
        self._table = table
        self._items: dict[str, Item | None] = {}

    @classmethod
    def read(cls, table: Table) -> "People":
        """By the settings as they are stored. Raises Transient."""
        return cls(table, Naming.of(OrganisationSettings.from_item(table.get([SETTINGS_KEY]).get(SETTINGS_KEY))))

    def stored_names(self, names: Iterable[str]) -> dict[str, str]:
        """For each of these names, which a message brings, that to be stored. One read for all where any could differ.

        Where pseudonyms are stored, new names are kept apart at once.
        """
        wanted = set(names)
        doubtful = {name: self.naming.pseudonym(name) for name in wanted if self._may_differ(name)}
        self._fetch(doubtful.values())
        return {name: self._told(name, doubtful[name]) if name in doubtful else name for name in wanted}

    def stand_ins(self, values: Iterable[str]) -> dict[str, str]:
        """Of these values, which may be anything, those that name somebody who was removed, with what stands in."""
        if not self.naming.removed:
            return {}
        hashes = {value: self.naming.pseudonym(value) for value in set(values)}
        self._fetch(hashes.values())
        items = {value: self._items[name] or {} for value, name in hashes.items()}
        return {value: item["gone"] for value, item in items.items() if "gone" in item}

    def stored_name(self, name: str) -> str:
        """A name found in what is stored, as `told` has it: another one only while something is being renamed."""
        return self.stored_names([name])[name] if self.naming.under_way else name

    def old_and_new_names(self, names: Iterable[str]) -> list[str]:
        """These names and those of now: while people are being renamed, what they did may be counted under either."""
        names = set(names)
        return sorted({*names, *self.stored_names(names).values()})

    def roster(self, item: Item | None) -> Roster:
        """The teams, with their members as they are named now."""
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

    def _told(self, name: str, hashed: str) -> str:
        item = self._items[hashed]
        if item is None and self.naming.pseudonyms and name != hashed:
            item = self._keep_apart(name, hashed)
        if item is not None and "gone" in item:
            return str(item["gone"])
        if self.naming.pseudonyms:
            return hashed
        return str((item or {}).get("name", name)) if is_pseudonym(name) else name

    def _keep_apart(self, name: str, hashed: str) -> Item:
        pk, sk = person_key(hashed)
        item: Item | None = {"pk": pk, "sk": sk, "name": name}
        try:
            self._table.write([Put({"pk": pk, "sk": sk, "name": name}, ABSENT)])
        except Conflict:  # somebody else kept it apart, or removed it
            item = self._table.get([(pk, sk)]).get((pk, sk))
        self._items[hashed] = item
        return item or {}
