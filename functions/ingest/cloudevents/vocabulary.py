"""The content of each event of CDEvents, for the versions that its releases 0.4.0 to 0.5.1 define.

An event's type names the event's own version (`dev.cdevents.service.deployed.0.3.0`), which decides the schema of its
content; the release (`version` in the context, `specversion` since 0.5) decides the schema of everything around it. An
event of another version, older or newer, is recognised by its name: only what Leadline reads of it is then validated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.cloudevents.schema import (
    Rule,
    anything,
    custom_data,
    fault,
    list_of,
    moment,
    one_of,
    shape,
    source,
    string,
    text,
    uri,
    uri_reference,
)
from leadline.contract.invalid_value import Fault

RELEASES = ("0.4.0", "0.4.1", "0.5.0", "0.5.1")


@dataclass(frozen=True, slots=True)
class Versions:
    """The minor versions (of major version 0) that are known, and the content's schema since each that changed it."""

    first: int
    last: int
    schemas: Mapping[int, Rule]

    def schema(self, minor: int) -> Rule | None:
        """The content's schema in this version; None where the version is unknown."""
        if not self.first <= minor <= self.last:
            return None
        return self.schemas[max(since for since in self.schemas if since <= minor)]


REFERENCE = shape({"id": text}, {"source": source})

_SBOM = shape({"uri": uri_reference})
_ENVIRONMENT = {"environment": REFERENCE}
_DEPLOYED = shape({**_ENVIRONMENT, "artifactId": text})
_REPOSITORY = {"repository": REFERENCE}
_INCIDENT = {"description": string, "service": REFERENCE, "artifactId": text}
_TICKET: dict[str, Rule] = {
    **dict.fromkeys(("summary", "ticketType", "group", "priority", "milestone"), string),
    "creator": text,
    "assignees": list_of(string),
    "labels": list_of(string),
}
_LINK = {"uri": uri_reference}
_CASE_KIND = one_of("performance", "functional", "unit", "security", "compliance", "integration", "e2e", "other")
_CASE = shape({"id": text}, {"version": string, "name": string, "type": _CASE_KIND, "uri": uri})
_SUITE = shape({"id": text}, {"version": string, "name": string, "uri": uri})
_SUITE_BY_URL = shape({"id": text}, {"version": string, "name": string, "url": uri})
_TRIGGER = shape(None, {"type": one_of("manual", "pipeline", "event", "schedule", "other"), "uri": uri}, loose=True)
_SEVERITY = {"severity": one_of("low", "medium", "high", "critical"), "reason": string}
_OUTCOME_4, _OUTCOME_5 = (one_of(*words, "cancel", "error") for words in (("pass", "fail"), ("success", "failure")))
_CASE_OF = {"testSuiteRun": REFERENCE, "testCase": _CASE}


def _same(*, first: int = 2, last: int = 3, content: Rule) -> Versions:
    return Versions(first, last, {first: content})


def _since_5(before: Rule, after: Rule) -> Versions:
    return Versions(2, 3, {2: before, 3: after})


def _run(name: str) -> dict[str, Versions]:
    """Runs call their page `url` until 0.4 and `uri` since 0.5."""
    more: dict[str, Rule] = {"pipelineRun": REFERENCE} if name == "taskName" else {}
    ended: dict[str, Rule] = {"outcome": string, "errors": string}
    verdict = ended | {"outcome": one_of("success", "failure", "cancel", "error")}
    fields: dict[str, Rule] = {name: string, **more}
    queued = _since_5(shape(None, {**fields, "url": string}), shape(None, {**fields, "uri": uri}))
    started = queued if more else _since_5(shape({**fields, "url": string}), shape({**fields, "uri": uri}))
    finished = _since_5(
        shape(None, {**fields, "url": string, **ended}),
        shape(None, {**fields, "uri": uri, **(ended if more else verdict)}),
    )
    return {"queued": queued, "started": started, "finished": finished}


def _page(**fields: Rule) -> Versions:
    return _since_5(shape(None, {**fields, "url": string}), shape(None, {**fields, "uri": uri}))


_OWNED = {"owner": string}
_PIPELINE, _TASK = _run("pipelineName"), _run("taskName")
_TESTED = shape(_ENVIRONMENT, {"trigger": _TRIGGER, **_CASE_OF})

EVENTS: dict[str, Versions] = {
    "artifact.deleted": _same(first=1, last=2, content=shape(None, {"user": text})),
    "artifact.downloaded": _same(first=1, last=2, content=shape(None, {"user": text})),
    "artifact.packaged": _same(content=shape({"change": REFERENCE}, {"sbom": _SBOM})),
    "artifact.published": _same(content=shape(None, {"sbom": _SBOM, "user": text})),
    "artifact.signed": _same(content=shape({"signature": text})),
    "branch.created": _same(content=shape(None, _REPOSITORY)),
    "branch.deleted": _same(content=shape(None, _REPOSITORY)),
    "build.finished": _same(content=shape(None, {"artifactId": string})),
    "build.queued": _same(content=shape()),
    "build.started": _same(content=shape()),
    "change.abandoned": _same(content=shape(None, _REPOSITORY)),
    "change.created": _same(first=3, last=4, content=shape(None, {"description": text, **_REPOSITORY})),
    "change.merged": _same(content=shape(None, _REPOSITORY)),
    "change.reviewed": _same(content=shape(None, _REPOSITORY)),
    "change.updated": _same(content=shape(None, _REPOSITORY)),
    "environment.created": _page(name=string),
    "environment.deleted": _same(content=shape(None, {"name": string})),
    "environment.modified": _page(name=string),
    "incident.detected": _same(content=shape(_ENVIRONMENT, _INCIDENT)),
    "incident.reported": _same(content=shape({**_ENVIRONMENT, "ticketURI": uri}, _INCIDENT)),
    "incident.resolved": _same(content=shape(_ENVIRONMENT, _INCIDENT)),
    "pipelinerun.finished": _PIPELINE["finished"],
    "pipelinerun.queued": _PIPELINE["queued"],
    "pipelinerun.started": _PIPELINE["started"],
    "repository.created": _since_5(
        shape({"name": text, "url": text}, {**_OWNED, "viewUrl": string}),
        shape({"name": text, "uri": uri}, {**_OWNED, "viewUrl": uri}),
    ),
    **{
        name: _since_5(
            shape(None, {"name": string, **_OWNED, "url": string, "viewUrl": string}),
            shape(None, {"name": string, **_OWNED, "uri": uri, "viewUrl": uri}),
        )
        for name in ("repository.deleted", "repository.modified")
    },
    "service.deployed": _same(content=_DEPLOYED),
    "service.published": _same(content=shape(None, _ENVIRONMENT)),
    "service.removed": _same(content=shape(None, _ENVIRONMENT)),
    "service.rolledback": _same(content=_DEPLOYED),
    "service.upgraded": _same(content=_DEPLOYED),
    "taskrun.finished": _TASK["finished"],
    "taskrun.started": _TASK["started"],
    "testcaserun.finished": _since_5(
        shape({**_ENVIRONMENT, "outcome": _OUTCOME_4}, {**_SEVERITY, **_CASE_OF}),
        shape({**_ENVIRONMENT, "outcome": _OUTCOME_5}, {**_SEVERITY, **_CASE_OF}),
    ),
    "testcaserun.queued": _same(content=_TESTED),
    "testcaserun.skipped": _same(first=1, last=2, content=shape(None, {"reason": string, **_ENVIRONMENT, **_CASE_OF})),
    "testcaserun.started": _same(content=_TESTED),
    "testoutput.published": _same(
        content=shape(
            {"outputType": one_of("report", "video", "image", "log", "other"), "format": string},
            {"uri": uri, "testCaseRun": REFERENCE},
        )
    ),
    "testsuiterun.finished": _since_5(
        shape({**_ENVIRONMENT, "outcome": _OUTCOME_4}, {**_SEVERITY, "testSuite": _SUITE}),
        shape({**_ENVIRONMENT, "outcome": _OUTCOME_5}, {**_SEVERITY, "testSuite": _SUITE}),
    ),
    "testsuiterun.queued": _since_5(
        shape(_ENVIRONMENT, {"trigger": _TRIGGER, "testSuite": _SUITE_BY_URL}),
        shape(_ENVIRONMENT, {"trigger": _TRIGGER, "testSuite": _SUITE}),
    ),
    "testsuiterun.started": _same(content=shape(_ENVIRONMENT, {"trigger": _TRIGGER, "testSuite": _SUITE})),
    "ticket.closed": _same(
        first=1, last=2, content=shape({**_LINK, "resolution": text}, {**_TICKET, "updatedBy": string})
    ),
    "ticket.created": _same(first=1, last=2, content=shape({**_LINK, "summary": string, "creator": text}, _TICKET)),
    "ticket.updated": _same(first=1, last=2, content=shape(_LINK, {**_TICKET, "updatedBy": string})),
}

_END = shape({"linkType": anything}, {"from": shape({"contextId": text}, loose=True), "tags": shape(loose=True)})
_LINKS: dict[Any, Rule] = {
    "END": _END,
    "PATH": shape({"linkType": anything, "from": shape({"contextId": text}, loose=True)}, {"tags": shape(loose=True)}),
    "RELATION": shape(
        {"linkType": anything, "linkKind": text, "target": shape(None, {"contextId": text}, loose=True)},
        {"tags": shape(loose=True)},
    ),
}


def _link(value: Any, at: str) -> Iterator[Fault]:
    kind = value.get("linkType") if isinstance(value, dict) else None
    rule = _LINKS.get(kind) if isinstance(kind, str) else None
    yield from rule(value, at) if rule else [fault(at, "choice", "must be a link: END, PATH or RELATION")]


_BASIC: dict[str, Rule] = {"id": text, "source": source, "type": text, "timestamp": moment}
_MORE: dict[str, Rule] = {"schemaUri": uri, "chainId": text, "links": list_of(_link)}
_CONTEXTS: dict[str, Rule] = {
    # 0.4.0 wrote chain_id and link_type, with schemas of links that check nothing; 0.4.1 fixed that.
    "0.4.0": shape({"version": text, **_BASIC}, {**_MORE, "chain_id": text, "links": anything}),
    "0.4.1": shape({"version": text, **_BASIC}, _MORE),
    "0.5.0": shape({"specversion": text, **_BASIC}, _MORE),
    "0.5.1": shape({"specversion": text, **_BASIC}, _MORE),
}
_ANY_CONTEXT = shape(_BASIC, loose=True)


def validate(document: Any, name: str, minor: int | None, at: str) -> Iterator[Fault]:
    """The faults of a CDEvents document of this name. `minor`: the event's version, None where it is not 0.x."""
    content = EVENTS[name].schema(minor) if minor is not None else None
    release = _release(document)
    context = _CONTEXTS.get(release, _ANY_CONTEXT)
    subject_type = _subject_type(name.partition(".")[0])
    typed: dict[str, Rule] = {"type": subject_type}
    is_typed = release.startswith("0.4.")
    subject: dict[str, Rule] = {"id": text, "content": content or shape(loose=True)}
    yield from shape(
        {
            "context": context,
            "subject": shape(
                {**subject, **(typed if is_typed else {})},
                {"source": uri_reference, **({} if is_typed else typed)},
                loose=content is None,
            ),
        },
        {"customData": custom_data, "customDataContentType": string},
        loose=content is None,
    )(document, at)


def _release(document: Any) -> str:
    context = document.get("context") if isinstance(document, dict) else None
    release = (context.get("specversion") or context.get("version")) if isinstance(context, dict) else None
    return release if isinstance(release, str) else ""


def _subject_type(subject: str) -> Rule:
    def check_type(value: Any, at: str) -> Iterator[Fault]:
        # The schemas write pipelineRun, the events' names pipelinerun.
        if not (isinstance(value, str) and value.lower() == subject):
            yield fault(at, "choice", f"must be the subject in the event's type: {subject}")

    return check_type
