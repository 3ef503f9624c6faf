"""The routes of events: what needs attention, traces and retries."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query import schemas as answers
from query.events import events
from query.web.route import Route

EVENT_ROUTES = (
    Route(
        "GET",
        "/v1/events",
        METRICS_READ,
        events.event_page,
        "What needs attention: deployments without their changes, events that could not be applied, and refused ones",
        answers.AttentionPage,
        events.PARAMETERS,
        limited=True,
    ),
    Route(
        "GET",
        "/v1/events/{event_id}",
        METRICS_READ,
        events.one_event,
        "What became of an event, step by step",
        answers.EventTrace,
        problems=(404,),
        limited=True,
    ),
    Route(
        "POST",
        "/v1/events/{event_id}/retry",
        CONFIG_WRITE,
        events.retry_event,
        "Queues a parked event once more",
        answers.Accepted,
        problems=(404, 409),
        status=202,
        limited=True,
    ),
)
