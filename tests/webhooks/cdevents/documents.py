"""Documents of every event that CDEvents 0.4.0 to 0.5.1 define, with all optional fields and with none. Made up here after
the specification's tables; its own conformance files are read from shared where they are there."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RELEASES = ("0.4.0", "0.4.1", "0.5.0", "0.5.1")
SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
DIGEST = "pkg:oci/shop@sha256%3A" + "ab" * 32
AT = "2026-09-21T12:00:00.5Z"

# Younger than the rest, or changed once more: the minor version of each release's type.
_YOUNG = ("artifact.deleted", "artifact.downloaded", "testcaserun.skipped")
_TICKETS = ("ticket.created", "ticket.updated", "ticket.closed")
_MINORS = {"change.created": (3, 4), **dict.fromkeys((*_YOUNG, *_TICKETS), (1, 2))}

_ENVIRONMENT = {"environment": {"id": "production", "source": "/clusters/eu-1"}}
_REPOSITORY = {"repository": {"id": "acme/shop", "source": "https://github.com"}}
_DEPLOYED = ({**_ENVIRONMENT, "artifactId": DIGEST}, {})
_INCIDENT = {"description": "Orders fail", "service": {"id": "shop"}, "artifactId": DIGEST}
_RUN = {"uri": "https://ci.acme.dev/runs/1"}
_TRIGGER = {"trigger": {"type": "pipeline", "uri": "https://ci.acme.dev/1"}}
_CASE = {"testSuiteRun": {"id": "s1"}, "testCase": {"id": "c1", "version": "1", "name": "n", "type": "unit"}}
_SUITE = {"testSuite": {"id": "s1", "version": "1", "name": "n", "uri": "https://ci.acme.dev/s1"}}
_VERDICT = {"severity": "high", "reason": "x"}
_TICKET = {
    "summary": "Orders fail",
    "ticketType": "incident",
    "group": "ops",
    "creator": "ada",
    "assignees": ["bob"],
    "priority": "high",
    "labels": ["shop"],
    "milestone": "Q4",
}
_HOME = {"owner": "acme", "viewUrl": "https://github.com/acme/shop"}
_LINK = {"uri": "https://tickets.acme.dev/1"}

# For each event what its content must hold, and what it may hold besides; `uri` was called `url` in 0.4 where `_URLS` says so.
CONTENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "artifact.deleted": ({}, {"user": "bot"}),
    "artifact.downloaded": ({}, {"user": "bot"}),
    "artifact.packaged": ({"change": {"id": SHA, "source": "github.com/acme/shop"}}, {"sbom": {"uri": "/sbom/1"}}),
    "artifact.published": ({}, {"sbom": {"uri": "https://sbom.acme.dev/1"}, "user": "bot"}),
    "artifact.signed": ({"signature": "MEYCIQCBT8U5"}, {}),
    "branch.created": ({}, _REPOSITORY),
    "branch.deleted": ({}, _REPOSITORY),
    "build.finished": ({}, {"artifactId": DIGEST}),
    "build.queued": ({}, {}),
    "build.started": ({}, {}),
    "change.abandoned": ({}, _REPOSITORY),
    "change.created": ({}, {"description": "Mends orders", **_REPOSITORY}),
    "change.merged": ({}, _REPOSITORY),
    "change.reviewed": ({}, _REPOSITORY),
    "change.updated": ({}, _REPOSITORY),
    "environment.created": ({}, {"name": "production", **_RUN}),
    "environment.deleted": ({}, {"name": "production"}),
    "environment.modified": ({}, {"name": "production", **_RUN}),
    "incident.detected": (_ENVIRONMENT, _INCIDENT),
    "incident.reported": ({**_ENVIRONMENT, "ticketURI": "https://tickets.acme.dev/1"}, _INCIDENT),
    "incident.resolved": (_ENVIRONMENT, _INCIDENT),
    "pipelinerun.finished": ({}, {"pipelineName": "p", **_RUN, "outcome": "success", "errors": ""}),
    "pipelinerun.queued": ({}, {"pipelineName": "p", **_RUN}),
    "pipelinerun.started": ({"pipelineName": "p", **_RUN}, {}),
    "repository.created": ({"name": "shop", "uri": "git://github.com/acme/shop"}, _HOME),
    "repository.deleted": ({}, {"name": "shop", "uri": "git://github.com/acme/shop", **_HOME}),
    "repository.modified": ({}, {"name": "shop", "uri": "git://github.com/acme/shop", **_HOME}),
    "service.deployed": _DEPLOYED,
    "service.published": ({}, _ENVIRONMENT),
    "service.removed": ({}, _ENVIRONMENT),
    "service.rolledback": _DEPLOYED,
    "service.upgraded": _DEPLOYED,
    "taskrun.finished": (
        {},
        {"taskName": "t", **_RUN, "pipelineRun": {"id": "p1"}, "outcome": "success", "errors": ""},
    ),
    "taskrun.started": ({}, {"taskName": "t", **_RUN, "pipelineRun": {"id": "p1"}}),
    "testcaserun.finished": ({**_ENVIRONMENT, "outcome": "cancel"}, {**_VERDICT, **_CASE}),
    "testcaserun.queued": (_ENVIRONMENT, {**_TRIGGER, **_CASE}),
    "testcaserun.skipped": ({}, {"reason": "x", **_ENVIRONMENT, **_CASE}),
    "testcaserun.started": (_ENVIRONMENT, {**_TRIGGER, **_CASE}),
    "testoutput.published": ({"outputType": "video", "format": "video/mp4"}, {**_RUN, "testCaseRun": {"id": "c1"}}),
    "testsuiterun.finished": ({**_ENVIRONMENT, "outcome": "cancel"}, {**_VERDICT, **_SUITE}),
    "testsuiterun.queued": (_ENVIRONMENT, _TRIGGER),
    "testsuiterun.started": (_ENVIRONMENT, {**_TRIGGER, **_SUITE}),
    "ticket.closed": ({**_LINK, "resolution": "completed"}, {**_TICKET, "updatedBy": "bob"}),
    "ticket.created": ({**_LINK, "summary": "Orders fail", "creator": "ada"}, _TICKET),
    "ticket.updated": (_LINK, {**_TICKET, "updatedBy": "bob"}),
}
_URLS = ("environment.created", "environment.modified", "pipelinerun", "repository", "taskrun")
_TYPES = {
    "pipelinerun": "pipelineRun",
    "taskrun": "taskRun",
    "testcaserun": "testCaseRun",
    "testsuiterun": "testSuiteRun",
    "testoutput": "testOutput",
}
_SUBJECTS = {"artifact": DIGEST, "change": "42", "service": "service/shop", "incident": "INC-7"}


def a_document(name: str, release: str = "0.5.1", *, full: bool = True, **changed: Any) -> dict[str, Any]:
    """One event. `changed`: `content`, `custom`, `subject` (its id), `id`, `at` instead of the usual ones."""
    old, kind = release < "0.5", name.partition(".")[0]
    must, may = CONTENTS[name]
    content = copy.deepcopy({**must, **(may if full else {})}) if "content" not in changed else changed["content"]
    if old and name.startswith(_URLS) and "uri" in content and "content" not in changed:
        content["url"] = content.pop("uri")
    minor = _MINORS.get(name, (2, 3))[0 if old else 1]
    context: dict[str, Any] = {
        ("version" if old else "specversion"): release,
        "id": changed.get("id", "271069a8-fc18-44f1-b38f-9d70a1695819"),
        "source": "/ci/acme",
        "type": f"dev.cdevents.{name}.0.{minor}.0",
        "timestamp": changed.get("at", AT),
    }
    subject: dict[str, Any] = {"id": changed.get("subject", _SUBJECTS.get(kind, f"{kind}-1")), "content": content}
    document: dict[str, Any] = {"context": context, "subject": subject}
    if full:
        chain = "chain_id" if release == "0.4.0" else "chainId"
        context |= {chain: "4c8cb7dd", "schemaUri": "https://acme.dev/schema"}
        if release != "0.4.0":
            context["links"] = [
                {
                    "linkType": "RELATION",
                    "linkKind": "TRIGGER",
                    "target": {"contextId": "5328c37f"},
                    "tags": {"a": "b"},
                },
                {"linkType": "PATH", "from": {"contextId": "5328c37f"}},
                {"linkType": "END"},
            ]
        subject["source"] = "/ci/acme"
        document |= {"customData": {"note": "x"}, "customDataContentType": "application/json"}
    if old:
        subject["type"] = _TYPES.get(kind, kind)
    if "custom" in changed:
        document["customData"] = changed["custom"]
    return document


def every_document(*releases: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each event in each of the releases (all by default), whole and bare, with a name for it."""
    for release in releases or RELEASES:
        for name in CONTENTS:
            for full in (True, False):
                yield f"{name} {release} {'whole' if full else 'bare'}", a_document(name, release, full=full)


def conformance_files() -> Iterator[tuple[str, dict[str, Any]]]:
    """The specification's own conformance files, a folder for each release, where somebody put them."""
    folder = Path(__file__).parents[3].parent / "shared" / "data" / "cdevents"
    for file in sorted(folder.glob("*/*.json")):
        yield f"{file.parent.name}/{file.name}", json.loads(file.read_text())
