"""What the template in docs/connect/argocd.md makes of applications that were synced."""

from __future__ import annotations

from typing import Any

SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"


def a_sync(**changed: Any) -> dict[str, Any]:
    return {
        "application": "shop-prod",
        "phase": "Succeeded",
        "started_at": "2026-09-21T12:00:00Z",
        "finished_at": "2026-09-21T12:01:30Z",
        "sha": SHA,
        "repository": "github.com/acme/shop",
        "service": "shop",
        "environment": "production",
        "images": ["ghcr.io/acme/shop:1.2.3", "envoyproxy/envoy:v1.30.0"],
        "url": "https://argocd.acme.dev/applications/argocd/shop-prod",
        **changed,
    }


def syncs() -> dict[str, Any]:
    return {
        "succeeded": a_sync(),
        "failed": a_sync(phase="Failed"),
        "error": a_sync(phase="Error"),
        "running": a_sync(phase="Running"),
        "by image": a_sync(sha="", images=[f"ghcr.io/acme/shop:{SHA}@sha256:{'0' * 64}"]),
        "no commit": a_sync(sha=""),
        "bare": {"application": "shop", "phase": "Succeeded", "started_at": "2026-09-21T12:00:00Z", "sha": SHA},
    }
