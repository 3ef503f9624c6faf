"""Routes of events: what needs attention, traces and retries."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query import schemas as answers
from query.events import events
from query.http.route import Route

EVENT_ROUTES = (
    Route(
        "GET",
        "/v1/events",
        METRICS_READ,
        events.event_page,
        "list_events",
        "List events that need attention.",
        answers.AttentionPage,
        events.PARAMETERS,
        description="Newest first: deployments whose changes are unknown, events that could not be applied, and rejected events.",
        limited=True,
    ),
    Route(
        "GET",
        "/v1/events/{event_id}",
        METRICS_READ,
        events.one_event,
        "get_event",
        "Get an event's trace.",
        answers.EventTrace,
        description="Shows each step of processing, which deployments and metrics count the event, or why none does.",
        problems=(404,),
        limited=True,
    ),
    Route(
        "POST",
        "/v1/events/{event_id}/retry",
        CONFIG_WRITE,
        events.retry_event,
        "retry_event",
        "Retry a parked event.",
        answers.QueuedEvent,
        description="Queues it again. Fix the cause first.",
        problems=(404, 409),
        status=202,
        limited=True,
    ),
)
