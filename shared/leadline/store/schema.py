"""The schema version: which form the stored items have.

config | schema     {"version": 1}

It is written with the first API key, so before the first event, and costs no request. Only a migration may raise it.
"""

from leadline.store.table import Add, Key, Table

SCHEMA_KEY: Key = ("config", "schema")
SCHEMA_VERSION = 1


def record_schema_version() -> Add:
    """The write that stores the version unless the table has one already."""
    return Add(SCHEMA_KEY, {}, first={"version": SCHEMA_VERSION})


def read_schema_version(table: Table) -> int | None:
    """The table's schema version; None before its first key."""
    version: int | None = table.get([SCHEMA_KEY]).get(SCHEMA_KEY, {}).get("version")
    return version
