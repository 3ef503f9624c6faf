"""Events that a key limited to some services or repositories may not send are refused, each for itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence

from ingest.batch_results import Outcome
from leadline.access.key_scope import Limits

Ties = Callable[[Collection[str]], Mapping[str, str | None]]
"""Of those of these services that exist, the repository each is tied to."""


def refuse_beyond(limits: Limits, outcomes: Sequence[Outcome], ties: Ties) -> None:
    """Takes the message from each outcome whose event is beyond the limits, and says why. Reads the services once."""
    if not limits:
        return
    sent = [(outcome, json.loads(outcome.message.body)["data"]) for outcome in outcomes if outcome.message is not None]
    tied = ties({data["service"] for _, data in sent if "service" in data})
    for outcome, data in sent:
        faults = limits.faults(data, tied)
        if faults:
            outcome.message = None
            outcome.faults = [{**fault, "pointer": outcome.pointer + fault["pointer"]} for fault in faults]
