"""Argo CD notifications, with the body of the template in docs/connect/argocd.md: an application was synced.

    {"application": "shop", "phase": "Succeeded", "started_at": "…", "finished_at": "…",
     "sha": "7fd1a60…", "repository": "github.com/acme/shop", "service": "", "environment": "production",
     "images": ["ghcr.io/acme/shop:sha-7fd1a60"], "url": "https://argocd.acme.dev/applications/shop"}

The revision that Argo CD knows is one of the repository with the manifests, not the commit that was built. That commit is
therefore taken from an annotation of the application, or from the tags of its images if all that name one agree.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ingest.artifacts import commit_of_image, full_or_short_sha
from ingest.messages import Malformed, ReportedEvent
from ingest.payload import instant, need_text, safe_word, text, texts
from ingest.webhooks.delivery import Delivery, Source, Translation
from ingest.webhooks.signatures import verify_authorization
from leadline.contract.events import DEPLOYMENT
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.statuses import read_status
from leadline.store.sources import Sources


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    application = need_text(payload, "application")
    phase = need_text(payload, "phase")
    status = _read_status(phase)
    if status == "in_progress":
        return Translation(ignored=f"the sync is {safe_word(phase)}; it counts once it has ended")
    sha = _find_sha(payload)
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
        "deployment_id": _run_id(application, need_text(payload, "started_at")),
        "url": text(payload, "url"),
    }
    return Translation([ReportedEvent(DEPLOYMENT, fields, instant(payload, "finished_at"))])


def _read_status(phase: str) -> str:
    try:
        return read_status(phase)
    except InvalidValue:
        raise Malformed("phase must be Running, Succeeded, Failed, Error or Terminating") from None


def _find_sha(payload: Any) -> str | None:
    annotated = text(payload, "sha")
    if annotated is not None:
        sha = full_or_short_sha(annotated)
        if sha is None:
            raise Malformed("sha must be a commit SHA of 7 to 64 hexadecimal digits")
        return sha
    found = {sha for image in texts(payload, "images") if (sha := commit_of_image(image))}
    return found.pop() if len(found) == 1 else None


def _run_id(application: str, started_at: str) -> str:
    """A sync has one start, so that a repeated notification is one deployment."""
    name = f"{application}@{started_at}"
    return (
        name if len(name.encode("utf-8", "replace")) <= 200 else "argocd:" + hashlib.sha256(name.encode()).hexdigest()
    )


SOURCE = Source(verify_authorization, translate)
