"""Events that were refused, among what needs attention: so that "why isn't it there?" has an answer for those, too.

attention#refused | 1790000000000#0b31…   the hour they came in, and a digest of what they have in common

What was refused alike (same key, kind, place and faults) is one item an hour that counts. A sender that repeats a mistake all day
leaves 24 items; one that makes a new mistake each time leaves one each, as the access log does, and for a shorter time. Of what
was sent there are the names of a service and a repository at most: no value, and no field's name that is not ours.
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
"""The status among what needs attention."""
REFUSED_DAYS = 30
MOST_FAULTS = 10

_HOUR_MS = 3_600_000
_DAY_SECONDS = 86_400
_INDEX = re.compile(r"(?<=/)\d+(?=/|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """`count` events of one request, refused alike.

    `faults`: pointers into the body and codes, each kind of fault once. `place`: the service and repository that they name, where
    those are known to be names.
    """

    key_id: str
    kind: str
    faults: Sequence[tuple[str, str]]
    place: Mapping[str, str]
    count: int

    def addition(self, at: int) -> Add:
        """Adds them to those of the same hour. `at` in epoch ms."""
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
    """The fault (pointer, code) wherever in an array it is."""
    pointer, code = fault
    return _INDEX.sub("*", pointer), code
