"""Which commit an artifact was built from, and the deployments that wait to find out.

    artifact#pkg:oci/api@sha256:0b31… | commit                  {"sha": "7fd1a60…", "repository": "github.com/acme/api"}
    artifact#pkg:oci/api@sha256:0b31… | waiting#2f1c…           {"fields": {…}, "received_at": epoch ms}
    attention#waiting                 | 1790000000000#2f1c…     the same, in the list of what needs attention

A deployment's event writes that it waits, then looks for the commit. An artifact's event writes the commit, then looks for
waiting deployments. Both write before they read, so one of them sees the other, whichever comes first.
An artifact is built once: the first report of it is kept, and later ones only fill in what it lacks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leadline.contract import reasons
from leadline.domain.errors import Conflict
from leadline.store.attention import attention_key
from leadline.store.table import ABSENT, Delete, Item, Key, Put, Table, at_version

COMMIT = "commit"
WAITING = "waiting"
"""Its status in the list of what needs attention."""
WAITING_DAYS = 90
"""After so long the artifact will not be reported any more, and DynamoDB deletes the deployment."""
COMMIT_DAYS = 800
"""Nobody rolls back to an older artifact."""

_DAY_SECONDS = 86_400
_MAX_KEY_BYTES = 1_000
_MAX_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Built:
    """What is known about the origin of an artifact."""

    sha: str | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A deployment whose commit is unknown: the fields of its event. `received_at` in epoch milliseconds."""

    name: str
    fields: Mapping[str, Any]
    received_at: int


def partition(artifact: str) -> str:
    """The partition of an artifact. A name too long for a key is replaced by its digest."""
    raw = artifact.encode("utf-8", "replace")
    return f"artifact#{artifact}" if len(raw) <= _MAX_KEY_BYTES else f"artifact#{hashlib.sha256(raw).hexdigest()}"


class Artifacts:
    """Times in epoch milliseconds. Raises Transient if the table can't be reached."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def commit_of(self, artifact: str) -> Built:
        key = (partition(artifact), COMMIT)
        item = self._table.get([key]).get(key) or {}
        return Built(item.get("sha"), item.get("repository"))

    def record_commit(self, artifact: str, built: Built, now: int) -> Built:
        """Stores what an artifact was built from. Returns all that is known about it now."""
        key = (partition(artifact), COMMIT)
        while True:
            old = self._table.get([key]).get(key)
            known = Built((old or {}).get("sha") or built.sha, (old or {}).get("repository") or built.repository)
            if old is not None and known == Built(old.get("sha"), old.get("repository")):
                return known
            values = {name: value for name, value in (("sha", known.sha), ("repository", known.repository)) if value}
            version = (old or {}).get("v", 0)
            item = {"pk": key[0], "sk": key[1], "v": version + 1, "ttl": _after(now, COMMIT_DAYS), **values}
            try:
                self._table.write([Put(item, at_version(version) if version else ABSENT)])
            except Conflict:
                continue  # somebody else reported the same artifact: merge with that
            return known

    def wait(self, artifact: str, waiting: Waiting) -> Waiting:
        """Stores a deployment until its commit is known. Returns what is stored, which may be an earlier report of it."""
        key = _waiting_key(artifact, waiting.name)
        ttl = _after(waiting.received_at, WAITING_DAYS)
        item = {"fields": dict(waiting.fields), "received_at": waiting.received_at, "ttl": ttl}
        seen = {name: waiting.fields.get(name) for name in ("service", "environment", "repository")}
        pk, sk = _attention(waiting)
        about = {"reason": reasons.ARTIFACT_UNKNOWN, "artifact": artifact[:_MAX_SHOWN], "ttl": ttl}
        try:
            self._table.write(
                [
                    Put({"pk": key[0], "sk": key[1], **item}, ABSENT),
                    Put({"pk": pk, "sk": sk, **about, **{name: value for name, value in seen.items() if value}}),
                ]
            )
        except Conflict:
            stored = self._table.get([key]).get(key)
            return _waiting(stored) if stored is not None else waiting
        return waiting

    def waiting_for(self, artifact: str) -> Iterator[Waiting]:
        for item in self._table.query(partition(artifact), WAITING + "#", WAITING + "$"):
            yield _waiting(item)

    def stop_waiting(self, artifact: str, waiting: Waiting) -> None:
        self._table.write([Delete(_waiting_key(artifact, waiting.name)), Delete(_attention(waiting))])


def _waiting_key(artifact: str, name: str) -> Key:
    return (partition(artifact), f"{WAITING}#{name}")


def _attention(waiting: Waiting) -> Key:
    return attention_key(WAITING, f"{waiting.received_at:013d}#{waiting.name}")


def _waiting(item: Item) -> Waiting:
    return Waiting(item["sk"].partition("#")[2], item["fields"], item["received_at"])


def _after(now: int, days: int) -> int:
    return now // 1000 + days * _DAY_SECONDS
