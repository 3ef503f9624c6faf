"""One request to POST /v1/events: read the events, queue them or store their artifacts, answer.

Each event gets one result, in order:

    {"index": 0, "status": "queued", "event_id": "dep_…"}                        on the queue
    {"index": 1, "status": "waiting", "reason": "…"}                             stored until its artifact's commit is known
    {"index": 2, "status": "stored", "released": 1}                              an artifact's commit; one deployment waited for it
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

from ingest.batch_results import (
    NOT_QUEUED,
    QUEUE_UNAVAILABLE,
    accepted_response,
    nothing_accepted,
    nothing_queued,
)
from ingest.cloudevents.cdevent import CDEvent, UnknownEvent, read_cdevent
from ingest.cloudevents.http_binding import CloudEvent, read_cloudevents
from ingest.cloudevents.schema import fault, under
from ingest.cloudevents.translation import BuiltArtifact, Ignored, PendingDeployment, translate
from ingest.messages import MAX_BYTES, ReportedEvent, message
from ingest.rejected_events import RejectedEvents
from leadline import telemetry
from leadline.contract.events import DEPLOYMENT
from leadline.contract.fields import Event
from leadline.contract.invalid_value import Fault, InvalidValue
from leadline.domain.errors import Rejected, Transient
from leadline.http.problems import MAX_ERRORS, at_most, unavailable
from leadline.queue import Message, Queue, deliver
from leadline.store.artifacts import Artifacts, Built, Waiting
from leadline.store.sources import Sources

SOURCE = "cdevents"
_PLACEHOLDER_SHA = "0" * 40


@dataclass(slots=True)
class _Result:
    """What became of one event. `afterwards` runs once its messages are on the queue."""

    status: str
    details: dict[str, Any] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    pointer: str = ""

    def mark_not_queued(self) -> None:
        self.status, self.afterwards = "rejected", []
        self.details = {"errors": [fault(self.pointer, QUEUE_UNAVAILABLE, NOT_QUEUED)]}


class CDEventReceiver:
    """`configuration` returns the sources' configuration at a time in epoch ms. Thread-safe."""

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
        rejections: RejectedEvents,
    ) -> dict[str, Any]:
        """Answers one authenticated request (payload 2.0; `headers` in lower case). Raises Problem.

        Adds to the log `line` and to `rejections`.
        """
        envelopes = read_cloudevents(event, headers)
        try:
            sources = self._configuration(now)
            results = [self._process(envelope, sources, now) for envelope in envelopes]
            self._send(results, line)
            for result in results:
                if result.status == "rejected":
                    rejections.add(result.details["errors"])
        except (Transient, Rejected) as failure:
            raise unavailable("The table can't be reached at the moment; send it again.") from failure
        return _respond(results, line)

    def _process(self, envelope: CloudEvent | Fault, sources: Sources, now: int) -> _Result:
        if not isinstance(envelope, CloudEvent):
            return _Result("rejected", {"errors": [envelope]})
        try:
            result = self._apply(read_cdevent(envelope), sources, now)
        except UnknownEvent as unknown:
            return _Result("ignored", {"reason": str(unknown)})
        except InvalidValue as invalid:
            return _Result("rejected", {"errors": at_most(invalid.faults, MAX_ERRORS)})
        result.pointer = envelope.pointer
        return result

    def _apply(self, event: CDEvent, sources: Sources, now: int) -> _Result:
        match translate(event, sources):
            case Ignored(reason):
                return _Result("ignored", {"reason": reason})
            case BuiltArtifact() as artifact:
                return self._store_artifact(artifact, now)
            case PendingDeployment() as pending:
                return self._wait_for_artifact(pending, event, now)
            case ReportedEvent() as reported:
                made = _to_message(_validate(reported, reported.fields, event, now), reported.source_time, event, now)
                return _Result("queued", {"event_id": made.event_id}, [made])

    def _wait_for_artifact(self, pending: PendingDeployment, event: CDEvent, now: int) -> _Result:
        deployment, artifact = pending.deployment, pending.artifact
        data = _validate(deployment, {**deployment.fields, "id": _PLACEHOLDER_SHA}, event, now).data
        data = {field: value for field, value in data.items() if field != "id"}
        name = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:24]
        built = self._artifacts.commit_of(artifact)
        afterwards: list[Callable[[], None]] = []
        if built.sha is None:
            waiting = self._artifacts.wait(artifact, Waiting(name, data, now))
            built = self._artifacts.commit_of(artifact)  # may have been stored by a request that did not see us waiting
            afterwards.append(partial(self._artifacts.stop_waiting, artifact, waiting))
        if built.sha is None:
            reason = "the artifact's commit is not known yet: it counts after artifact.packaged or artifact.published"
            return _Result("waiting", {"reason": reason})
        made = _to_message(_with_origin(data, built, now), deployment.source_time, event, now)
        return _Result("queued", {"event_id": made.event_id}, [made], afterwards)

    def _store_artifact(self, artifact: BuiltArtifact, now: int) -> _Result:
        built = self._artifacts.record_commit(artifact.key, Built(artifact.origin.sha, artifact.origin.repository), now)
        result = _Result("stored")
        for waiting in self._artifacts.waiting_for(artifact.key):
            event = _with_origin(waiting.fields, built, waiting.received_at)
            finished_at = waiting.fields.get("finished_at")
            made = message(event, received_at=waiting.received_at, source=SOURCE, source_time=finished_at)
            result.messages.append(made)
            result.afterwards.append(partial(self._artifacts.stop_waiting, artifact.key, waiting))
        result.details["released"] = len(result.messages)
        return result

    def _send(self, results: Sequence[_Result], line: dict[str, Any]) -> None:
        sendable = [(result, made) for result in results for made in result.messages]
        taken, stopped = deliver(self._queue, [made for _, made in sendable])
        if stopped is not None:
            self._log.warning("queue unavailable", extra={**line, **telemetry.describe(stopped)})
        for (result, _), is_taken in zip(sendable, taken, strict=True):
            if not is_taken:
                result.mark_not_queued()
        for result in results:
            for step in result.afterwards:
                step()


def _validate(reported: ReportedEvent, fields: Mapping[str, Any], event: CDEvent, now: int) -> Event:
    """The event of the Events API. Raises InvalidValue, with pointers into the document that was sent."""
    present = {name: value for name, value in fields.items() if value is not None}
    try:
        return reported.type.read(present, now)
    except InvalidValue as invalid:
        raise InvalidValue.of([_locate(found, event) for found in invalid.faults]) from None


def _locate(found: Fault, event: CDEvent) -> Fault:
    """The fault with a pointer into the document."""
    name = found["pointer"].removeprefix("/").partition("/")[0]
    own = event.custom.get("leadline")
    if isinstance(own, dict) and name in own:
        return fault(under(f"{event.pointer}/customData/leadline", name), found["code"], found["detail"])
    return fault(event.pointer, found["code"], f"as an event of Leadline: {name} {found['detail']}".replace("  ", " "))


def _to_message(validated: Event, source_time: int | None, event: CDEvent, now: int) -> Message:
    made = message(validated, received_at=now, source=SOURCE, source_time=source_time)
    if made.size > MAX_BYTES:
        raise InvalidValue.of([fault(event.pointer, "too_large", f"is larger than {MAX_BYTES // 1024} KiB")])
    return made


def _with_origin(data: Mapping[str, Any], built: Built, now: int) -> Event:
    """A deployment that waited, with the commit and, where it had none, the repository of its artifact."""
    known = {"id": built.sha, "repository": data.get("repository", built.repository)}
    return DEPLOYMENT.read({**data, **{name: value for name, value in known.items() if value is not None}}, now)


def _respond(results: Sequence[_Result], line: dict[str, Any]) -> dict[str, Any]:
    events = [{"index": index, "status": result.status, **result.details} for index, result in enumerate(results)]
    ignored, rejected = (sum(result.status == status for result in results) for status in ("ignored", "rejected"))
    counts = {"accepted": len(results) - ignored - rejected, "ignored": ignored, "rejected": rejected}
    line |= counts
    body = {**counts, "events": events}
    if not results or rejected < len(results):
        return accepted_response(body)
    faults: list[Fault] = [found for result in results for found in result.details["errors"]]
    if any(found["code"] == QUEUE_UNAVAILABLE for found in faults):
        raise nothing_queued(body)
    raise nothing_accepted(faults, body)
