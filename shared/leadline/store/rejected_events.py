"""Rejected events, in the list of what needs attention: they answer "why isn't my event there?", too.

attention#refused | 1790000000000#0b31…   the hour of receipt, and a digest of what the events have in common

Events rejected alike (same key, kind, place and faults) share one item an hour, which counts them. So a sender that repeats a
mistake all day leaves 24 items. Of what was sent, only the names of a service and a repository are stored: no values, and no
names of unknown fields.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadline.contract import reasons
from leadline.store.attention import attention_key
from leadline.store.table import Add

REFUSED = "refused"
"""Their status in the list of what needs attention."""
REFUSED_DAYS = 30
MOST_FAULTS = 10

_HOUR_MS = 3_600_000
_DAY_SECONDS = 86_400
_INDEX = re.compile(r"(?<=/)\d+(?=/|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """`count` events of one request, rejected alike.

    `faults`: pointers into the body and codes, each kind of fault once. `place`: the service and repository that they name, as far
    as those are valid names.
    """

    key_id: str
    kind: str
    faults: Sequence[tuple[str, str]]
    place: Mapping[str, str]
    count: int

    def addition(self, at: int) -> Add:
        """The write that adds them to those of the same hour. `at` in epoch milliseconds."""
        alike = [self.key_id, self.kind, sorted(self.place.items()), sorted(map(without_indexes, self.faults))]
        digest = hashlib.sha256(json.dumps(alike).encode()).hexdigest()[:24]
        latest = {
            "reason": reasons.REFUSED,
            "kind": self.kind,
            "key": self.key_id,
            "faults": [{"pointer": pointer, "code": code} for pointer, code in self.faults],
            "last": at,
            "ttl": at // 1000 + REFUSED_DAYS * _DAY_SECONDS,
            **self.place,
        }
        key = attention_key(REFUSED, f"{at - at % _HOUR_MS:013d}#{digest}")
        return Add(key, {"count": self.count}, latest=latest, first={"since": at})


def without_indexes(fault: tuple[str, str]) -> tuple[str, str]:
    """The fault (pointer, code) with array indexes replaced by *."""
    pointer, code = fault
    return _INDEX.sub("*", pointer), code
