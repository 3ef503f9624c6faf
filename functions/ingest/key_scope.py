"""Events that a key limited to some services or repositories may not send are refused, each for itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence

from ingest.batch_results import ItemResult
from leadline.access.key_scope import KeyScope

Ties = Callable[[Collection[str]], Mapping[str, str | None]]
"""Of those of these services that exist, the repository each is tied to."""


def refuse_beyond(limits: KeyScope, results: Sequence[ItemResult], ties: Ties) -> None:
    """Takes the message from each result whose event is beyond the limits, and says why. Reads the services once."""
    if not limits:
        return
    sent = [(result, json.loads(result.message.body)["data"]) for result in results if result.message is not None]
    tied = ties({data["service"] for _, data in sent if "service" in data})
    for result, data in sent:
        faults = limits.faults(data, tied)
        if faults:
            result.message = None
            result.faults = [{**fault, "pointer": result.pointer + fault["pointer"]} for fault in faults]
