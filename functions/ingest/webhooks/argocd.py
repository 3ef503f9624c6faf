"""Argo CD notifications, in the words of the template in docs/connect/argocd.md: an application was synced.

    {"application": "shop", "phase": "Succeeded", "started_at": "…", "finished_at": "…",
     "sha": "7fd1a60…", "repository": "github.com/acme/shop", "service": "", "environment": "production",
     "images": ["ghcr.io/acme/shop:sha-7fd1a60"], "url": "https://argocd.acme.dev/applications/shop"}

The revision that Argo CD knows is one of the repository with the manifests, which is not what was built. The commit is
therefore told by an annotation of the application, or found in the tags of its images where all that name one agree.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ingest.artifacts import commit_of_image, full_or_short_sha
from ingest.webhooks.authorization import verify_authorization
from ingest.webhooks.delivery import Delivery, Malformed, ReportedEvent, Source, Translation
from ingest.webhooks.payload import need_text, shown, text, texts
from leadline.contract.events import DEPLOYMENT
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.statuses import read_status
from leadline.store.sources import Sources


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    application = need_text(payload, "application")
    phase = need_text(payload, "phase")
    status = _status(phase)
    if status == "in_progress":
        return Translation(ignored=f"the sync is {shown(phase)}: told when it has ended")
    sha = _sha(payload)
    if sha is None:
        return Translation(ignored="no commit: annotate the application with leadline/sha, or tag its images with one")
    repository, service = text(payload, "repository"), text(payload, "service")
    fields = {
        "id": sha,
        "repository": repository,
        "service": service or (None if repository else application),
        "environment": text(payload, "environment"),
        "status": status,
        "started_at": text(payload, "started_at"),
        "finished_at": text(payload, "finished_at"),
        "deployment_id": _run(application, need_text(payload, "started_at")),
        "url": text(payload, "url"),
    }
    return Translation([ReportedEvent(DEPLOYMENT, fields)])


def _status(phase: str) -> str:
    try:
        return read_status(phase)
    except InvalidValue:
        raise Malformed("phase is none of Argo CD's: Running, Succeeded, Failed, Error, Terminating") from None


def _sha(payload: Any) -> str | None:
    told = text(payload, "sha")
    if told is not None:
        sha = full_or_short_sha(told)
        if sha is None:
            raise Malformed("sha is no commit SHA: 7 to 64 hexadecimal digits")
        return sha
    found = {sha for image in texts(payload, "images") if (sha := commit_of_image(image))}
    return found.pop() if len(found) == 1 else None


def _run(application: str, started_at: str) -> str:
    """One sync has one beginning, so the same notification told twice is one deployment."""
    name = f"{application}@{started_at}"
    return (
        name if len(name.encode("utf-8", "replace")) <= 200 else "argocd:" + hashlib.sha256(name.encode()).hexdigest()
    )


SOURCE = Source(verify_authorization, translate)
