"""A GitHub App's installation token: signed for with the App's key, good for an hour, kept in memory only.

Source: docs.github.com/apps, "Authenticating as a GitHub App installation". The token is requested with read-only permissions,
whatever more the installation was granted.
"""

import base64
import json
import threading
from collections.abc import Callable, Mapping

from compute.vcs import reading
from compute.vcs.http import Http
from compute.vcs.rs256 import PrivateKey

PERMISSIONS = {"contents": "read", "deployments": "read", "metadata": "read", "pull_requests": "read"}

_EARLY = 5 * 60_000
"""A token is renewed this long before it ends (milliseconds)."""


class InstallationToken:
    """The headers that prove who asks. Safe to share between threads. `http_of` makes the client that asks with given headers."""

    def __init__(
        self,
        app: str,
        key: PrivateKey,
        installation: str,
        http_of: Callable[[Callable[[], Mapping[str, str]]], Http],
        now: Callable[[], int],
    ) -> None:
        self._app = app
        self._key = key
        self._installation = installation
        self._now = now
        self._http = http_of(self._as_app)
        self._lock = threading.Lock()
        self._kept: tuple[str, int] | None = None

    def headers(self) -> Mapping[str, str]:
        """Raises VcsError where no token can be had."""
        with self._lock:
            if self._kept is None or self._now() >= self._kept[1] - _EARLY:
                self._kept = self._fresh()
            return {"Authorization": f"Bearer {self._kept[0]}"}

    def _fresh(self) -> tuple[str, int]:
        path = f"/app/installations/{self._installation}/access_tokens"
        answer = self._http.post(path, {"permissions": PERMISSIONS}).content
        token, ends = reading.at(answer, "token"), reading.time(answer, "expires_at")
        if not isinstance(token, str) or not token.isprintable() or not token or ends is None:
            raise reading.nonsense("an installation token")
        return token, ends

    def _as_app(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {jwt(self._app, self._key, self._now())}"}


def jwt(app: str, key: PrivateKey, now: int) -> str:
    """The App's own proof, good for nine minutes. Issued a minute ago: GitHub refuses a clock that runs ahead of its own."""
    seconds = now // 1000
    parts = ({"alg": "RS256", "typ": "JWT"}, {"iat": seconds - 60, "exp": seconds + 540, "iss": app})
    signed = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signed}.{_base64url(key.sign(signed.encode()))}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
