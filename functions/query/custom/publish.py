"""Telling compute that the configuration changed which custom metrics' points are counted by: a message for each metric.

kind "points", data {"metric": "review.comments"}                                 the time zone
kind "points", data {"metric": "review.comments", "authors": ["dev-1"], "from": …}   a team, for each hundred authors
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from leadline.contract.event_ids import event_id
from leadline.queue import Message, canonical, compose, group_of
from leadline.store.points import METRICS, point_lock
from query.config.publish import AUTHORS
from query.config.roster_change import RosterChange
from query.web.request import Request


def points_messages(request: Request, version: int, untold: RosterChange | None = None) -> Iterator[Message]:
    """What compute must be told. `version`: that of the settings, or of the roster; `untold`: whose teams changed, None for none.

    One query.
    """
    authors = sorted(untold.authors) if untold is not None else []
    days = untold.days() if untold is not None else {}
    for item in request.table.query(METRICS):
        metric = item["sk"]
        if untold is None:
            yield _message(request, version, {"metric": metric})
        for start in range(0, len(authors), AUTHORS):
            data = {"metric": metric, "authors": authors[start : start + AUTHORS], **days}
            yield _message(request, version, data)


def _message(request: Request, version: int, data: Mapping[str, Any]) -> Message:
    name = event_id("pts", canonical([request.now, version, data]))
    body = compose("points", name, request.now, data)
    return Message(name, body, group_of(point_lock(data["metric"])), name)
