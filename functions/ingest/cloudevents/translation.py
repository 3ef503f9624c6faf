"""From one event of CDEvents to an event of the Events API.

    service.deployed, .upgraded, .rolledback       a successful deployment of the artifact's commit
    incident.detected, .reported, .resolved        an incident; resolved ends it
    change.created, .reviewed, .updated, .merged   a change; merged only with the merge commit
    artifact.packaged, .published                  the commit that an artifact was built from

All others are ignored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.artifacts import Origin, full_or_short_sha, is_full_sha, read_purl
from ingest.cloudevents.cdevent import CDEvent
from ingest.cloudevents.commits import (
    HEAD_NAMES,
    MERGE_NAMES,
    artifact_key,
    origin_of,
    own_fields,
    packaged_origin,
    repository_in_reference,
    sha_in,
)
from ingest.incident_service import service_of
from ingest.messages import ReportedEvent
from ingest.payload import instant_of
from leadline.contract.events import CHANGE, DEPLOYMENT, INCIDENT
from leadline.contract.fields import EventType
from leadline.store.sources import Sources

_NUMBER = re.compile(r"(?:.*[/#!:])?([0-9]{1,16})", re.DOTALL)
_MAX_ID_BYTES = 200
NO_SERVICE = "no service: name the event's service in its content, or set default_service"


@dataclass(frozen=True, slots=True)
class PendingDeployment:
    """A deployment that lacks its commit until the commit of this artifact is known."""

    deployment: ReportedEvent
    artifact: str


@dataclass(frozen=True, slots=True)
class BuiltArtifact:
    """An artifact and what it was built from."""

    key: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Ignored:
    reason: str


Translated = ReportedEvent | PendingDeployment | BuiltArtifact | Ignored


def translate(event: CDEvent, sources: Sources) -> Translated:
    """The event's meaning. Its content is valid where its version is known, and may be anything where not."""
    reader = _READERS.get(event.name)
    return reader(event, sources) if reader else Ignored(f"{event.name} is not used for any metric")


def _read_deployment(event: CDEvent, sources: Sources) -> Translated:
    artifact = _text(event.content.get("artifactId"))
    own, origin = own_fields(event.custom), origin_of(event.custom, artifact)
    sha = own.get("id") or origin.sha
    if not sha and not artifact:
        return Ignored("no commit and no artifact: send artifactId, or customData.commit")
    purl = read_purl(artifact) if artifact else None
    fields = {
        "id": sha,
        "repository": origin.repository,
        "service": service_of(sources, "cdevents", event.subject),
        "environment": _reference_id(event.content.get("environment")),
        "status": "success",
        "finished_at": event.at,
        "deployment_id": bounded_id(event.id),
        "version": _version_for_people(purl.version) if purl else None,
        **own,
    }
    deployment = _reported(DEPLOYMENT, fields, event)
    return PendingDeployment(deployment, artifact_key(artifact)) if artifact and not sha else deployment


def _read_incident(event: CDEvent, sources: Sources) -> Translated:
    name = _reference_id(event.content.get("service"))
    own = own_fields(event.custom)
    service = service_of(sources, "cdevents", name)
    repository = None if service else origin_of(event.custom, _text(event.content.get("artifactId"))).repository
    if not (service or repository or own.get("service") or own.get("repository")):
        return Ignored(NO_SERVICE)
    fields = {
        "id": bounded_id(event.subject),
        "service": service,
        "repository": repository,
        "environment": _reference_id(event.content.get("environment")),
        # A resolved incident does not say when it started; of several reports the earliest start counts.
        "started_at": event.at,
        "resolved_at": event.at if event.name == "incident.resolved" else None,
        "severity": _text(event.custom.get("severity")),
        "url": _text(event.content.get("ticketURI")),
        **own,
    }
    return _reported(INCIDENT, fields, event)


def _read_change(event: CDEvent, sources: Sources) -> Translated:  # noqa: ARG001  the other readers need it
    own = own_fields(event.custom)
    sha = event.subject if is_full_sha(event.subject) else None
    number = own.get("number") or event.custom.get("number") or (None if sha else _number(event.subject))
    if number is None:
        return Ignored("no number: the change's id does not end in one; send customData.number")
    reference = event.content.get("repository")
    source = reference.get("source") if isinstance(reference, dict) else event.subject_source
    repository = repository_in_reference(_reference_id(reference), source)
    if repository is None and "repository" not in own:
        return Ignored("no repository: send subject.content.repository")
    merge_sha = full_or_short_sha(own.get("merge_sha")) or sha_in(event.custom, MERGE_NAMES) or sha
    head_sha = full_or_short_sha(own.get("head_sha")) or sha_in(event.custom, HEAD_NAMES)
    fields = {"repository": repository, "number": number, "head_sha": head_sha}
    if event.name == "change.merged":
        if merge_sha is None:
            return Ignored("no merge commit: send customData.merge_sha, or use the code host's webhook")
        fields |= {"merge_sha": merge_sha, "merged_at": event.at}
    elif event.name == "change.created":
        fields["opened_at"] = event.at
    elif event.name == "change.reviewed":
        fields["first_review_at"] = event.at
    elif not head_sha:
        return Ignored("change.updated is used only for customData.head_sha, which is missing")
    return _reported(CHANGE, {**fields, **own}, event)


def _read_artifact(event: CDEvent, sources: Sources) -> Translated:  # noqa: ARG001  the other readers need it
    origin = packaged_origin(event.custom, event.subject, event.content.get("change"))
    own = own_fields(event.custom)
    origin = Origin(full_or_short_sha(own.get("id")) or origin.sha, _text(own.get("repository")) or origin.repository)
    if origin.sha is None:
        return Ignored("no commit: neither change.id, customData nor the artifact's name has one")
    return BuiltArtifact(artifact_key(event.subject), origin)


_READERS: dict[str, Callable[[CDEvent, Sources], Translated]] = {
    **dict.fromkeys(("service.deployed", "service.upgraded", "service.rolledback"), _read_deployment),
    **dict.fromkeys(("incident.detected", "incident.reported", "incident.resolved"), _read_incident),
    **dict.fromkeys(("change.created", "change.reviewed", "change.updated", "change.merged"), _read_change),
    **dict.fromkeys(("artifact.packaged", "artifact.published"), _read_artifact),
}


def bounded_id(name: str) -> str:
    """The sender's id, or its digest where it is longer than an id may be."""
    raw = name.encode("utf-8", "replace")
    return name if len(raw) <= _MAX_ID_BYTES else "sha256:" + hashlib.sha256(raw).hexdigest()


def _reported(event_type: EventType, fields: Mapping[str, Any], event: CDEvent) -> ReportedEvent:
    return ReportedEvent(event_type, fields, instant_of(event.at))


def _number(subject: str) -> int | None:
    match = _NUMBER.fullmatch(subject.strip())
    return int(match[1]) if match else None


def _version_for_people(version: str | None) -> str | None:
    """The version, unless it is a digest."""
    return version if version and ":" not in version and len(version) <= 100 else None


def _reference_id(reference: Any) -> str | None:
    return _text(reference.get("id")) if isinstance(reference, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
