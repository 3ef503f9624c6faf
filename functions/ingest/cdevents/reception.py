"""One request to POST /v1/events: the events in it, each told, kept, ignored with a reason or refused, and the answer.

Each event gets one result, in order:

    {"index": 0, "status": "queued", "event_id": "dep_…"}                        told
    {"index": 1, "status": "waiting", "reason": "…"}                             kept until its artifact's commit is told
    {"index": 2, "status": "stored", "released": 1}                              an artifact's commit; one waited for it
    {"index": 3, "status": "ignored", "reason": "…"}
    {"index": 4, "status": "rejected", "errors": [{"pointer", "code", "detail"}]}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ingest.batch_results import QUEUE_UNAVAILABLE
from ingest.cdevents.bindings import Carried, Unreadable, read_events
from ingest.cdevents.event import CDEvent, NotOurs, read_cdevent
from ingest.cdevents.schema import fault, under
from ingest.cdevents.translation import Artifact, Nothing, Tells, translate
from ingest.messages import MAX_BYTES, message
from ingest.rejected_events import RejectedEvents
from leadline import telemetry
from leadline.contract.events import DEPLOYMENT
from leadline.contract.fields import Event, EventType
from leadline.contract.invalid_value import Fault, InvalidValue
from leadline.domain.errors import Rejected, Transient
from leadline.http.problems import MAX_ERRORS, Problem, at_most, unavailable
from leadline.queue import Message, Queue, deliver
from leadline.store.artifacts import Artifacts, Built, Waiting
from leadline.store.sources import Sources

_NO_SHA = "0" * 40


@dataclass(slots=True)
class _Result:
    """What becomes of one event. `afterwards` is done once its messages are on the queue."""

    status: str
    details: dict[str, Any] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    pointer: str = ""

    def not_queued(self) -> None:
        detail = "is valid but could not be queued; send it again"
        self.status, self.afterwards = "rejected", []
        self.details = {"errors": [fault(self.pointer, QUEUE_UNAVAILABLE, detail)]}


class CDEvents:
    """`configuration` gives the sources' configuration at a time in epoch ms. Safe to share between threads."""

    def __init__(self, artifacts: Artifacts, configuration: Callable[[int], Sources], queue: Queue) -> None:
        self._artifacts = artifacts
        self._configuration = configuration
        self._queue = queue
        self._log = telemetry.logger("ingest")

    def receive(
        self,
        event: Mapping[str, Any],
        headers: Mapping[str, str],
        now: int,
        line: dict[str, Any],
        refusals: RejectedEvents,
    ) -> dict[str, Any]:
        """Answers one authenticated request (payload 2.0; `headers` in lower case). Adds to the log `line` and to `refusals`.

        Raises Problem.
        """
        carried = read_events(event, headers)
        try:
            sources = self._configuration(now)
            results = [self._one(item, sources, now) for item in carried]
            self._send(results, line)
            for result in results:
                if result.status == "rejected":
                    refusals.add(result.details["errors"])
        except (Transient, Rejected) as broken:
            raise unavailable("The table can't be reached at the moment; send it again.") from broken
        return _reply(results, line)

    def _one(self, item: Carried | Unreadable, sources: Sources, now: int) -> _Result:
        if isinstance(item, Unreadable):
            return _Result("rejected", {"errors": [item.fault]})
        try:
            event = read_cdevent(item)
            result = self._told(event, sources, now)
        except NotOurs as other:
            return _Result("ignored", {"reason": str(other)})
        except InvalidValue as invalid:
            return _Result("rejected", {"errors": at_most(invalid.faults, MAX_ERRORS)})
        result.pointer = item.pointer
        return result

    def _told(self, event: CDEvent, sources: Sources, now: int) -> _Result:
        told = translate(event, sources)
        if isinstance(told, Nothing):
            return _Result("ignored", {"reason": told.reason})
        if isinstance(told, Artifact):
            return self._artifact(told, now)
        if told.awaits is not None:
            return self._waiting(told, told.awaits, event, now)
        return _queued(_message(_checked(told.model, told.fields, event, now), event, now))

    def _waiting(self, told: Tells, artifact: str, event: CDEvent, now: int) -> _Result:
        data = _checked(told.model, {**told.fields, "id": _NO_SHA}, event, now).data
        data = {field: value for field, value in data.items() if field != "id"}
        name = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:24]
        built = self._artifacts.commit_of(artifact)
        afterwards: list[Callable[[], None]] = []
        if built.sha is None:
            waiting = self._artifacts.wait(artifact, Waiting(name, data, now))
            built = self._artifacts.commit_of(artifact)  # told meanwhile, by somebody who did not see that we wait
            afterwards.append(partial(self._artifacts.stop_waiting, artifact, waiting))
        if built.sha is None:
            reason = "the artifact's commit is not known yet: it counts once artifact.packaged or .published tells it"
            return _Result("waiting", {"reason": reason})
        made = _message(_with_origin(told.model, data, built, now), event, now)
        return _Result("queued", {"event_id": made.event_id}, [made], afterwards)

    def _artifact(self, told: Artifact, now: int) -> _Result:
        built = self._artifacts.record_commit(told.key, Built(told.origin.sha, told.origin.repository), now)
        result = _Result("stored")
        for waiting in self._artifacts.waiting_for(told.key):
            event = _with_origin(DEPLOYMENT, dict(waiting.fields), built, waiting.received_at)
            result.messages.append(message(event, received_at=waiting.received_at))
            result.afterwards.append(partial(self._artifacts.stop_waiting, told.key, waiting))
        result.details["released"] = len(result.messages)
        return result

    def _send(self, results: Sequence[_Result], line: dict[str, Any]) -> None:
        every = [(result, made) for result in results for made in result.messages]
        taken, stopped = deliver(self._queue, [made for _, made in every])
        if stopped is not None:
            self._log.warning("queue unavailable", extra={**line, **telemetry.describe(stopped)})
        for (result, _), is_taken in zip(every, taken, strict=True):
            if not is_taken:
                result.not_queued()
        for result in results:
            for done in result.afterwards:
                done()


def _checked(event_type: EventType, fields: Mapping[str, Any], event: CDEvent, now: int) -> Event:
    """The event of the Events API. Raises InvalidValue, with pointers into the document that was sent."""
    sent = {name: value for name, value in fields.items() if value is not None}
    try:
        return event_type.read(sent, now)
    except InvalidValue as invalid:
        raise InvalidValue.of([_placed(found, event) for found in invalid.faults]) from None


def _placed(found: Fault, event: CDEvent) -> Fault:
    name = found["pointer"].removeprefix("/").partition("/")[0]
    own = event.custom.get("leadline")
    if isinstance(own, dict) and name in own:
        return fault(under(f"{event.pointer}/customData/leadline", name), found["code"], found["detail"])
    return fault(event.pointer, found["code"], f"as an event of Leadline: {name} {found['detail']}".replace("  ", " "))


def _message(told: Event, event: CDEvent, now: int) -> Message:
    made = message(told, received_at=now)
    if made.size > MAX_BYTES:
        raise InvalidValue.of([fault(event.pointer, "too_large", f"is larger than {MAX_BYTES // 1024} KiB")])
    return made


def _with_origin(event_type: EventType, data: dict[str, Any], built: Built, now: int) -> Event:
    """A deployment that waited, with the commit and, where it had none, the repository of its artifact."""
    known = {"id": built.sha, "repository": data.get("repository", built.repository)}
    return event_type.read({**data, **{name: value for name, value in known.items() if value is not None}}, now)


def _queued(made: Message) -> _Result:
    return _Result("queued", {"event_id": made.event_id}, [made])


def _reply(results: Sequence[_Result], line: dict[str, Any]) -> dict[str, Any]:
    told = [{"index": index, "status": result.status, **result.details} for index, result in enumerate(results)]
    ignored, rejected = (sum(result.status == status for result in results) for status in ("ignored", "rejected"))
    counts = {"accepted": len(results) - ignored - rejected, "ignored": ignored, "rejected": rejected}
    line |= counts
    body = {**counts, "events": told}
    if not results or rejected < len(results):
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        return {"statusCode": 202, "headers": headers, "body": json.dumps(body)}
    faults: list[Fault] = [found for result in results for found in result.details["errors"]]
    if any(found["code"] == QUEUE_UNAVAILABLE for found in faults):
        raise unavailable("The queue can't be reached, nothing was accepted; send it again.", members=body)
    detail = f"Nothing was accepted: {len(faults)} fault{'' if len(faults) == 1 else 's'}, listed in errors."
    raise Problem(422, "Invalid events", detail, faults, members=body)
