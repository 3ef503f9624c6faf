"""The secrets that webhook senders sign with: one JSON object in Secrets Manager, read at most once a minute.

    {"github": "s3cret", "gitlab": ["the new one", "the old one"]}

Fails closed: nothing is accepted from a source whose secret is missing, empty or unreadable, and a cached secret is
not used for longer than a minute.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ingest.webhooks.delivery import Unsigned
from leadline.domain.errors import Transient

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

CACHE_MS = 60_000
FAILURE_CACHE_MS = 5_000
"""So that unsigned requests can't make us call Secrets Manager each time."""


class Unreadable(Transient):
    """The secrets can't be read at the moment. The message says so, and no value."""


class Secrets:
    """`read` returns the JSON text or raises Transient. Thread-safe."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._cached: tuple[int, Mapping[str, tuple[str, ...]] | None] | None = None

    def of(self, source: str, now: int) -> tuple[str, ...]:
        """The secrets of this source, one or more. `now` in epoch ms. Raises Unsigned where none is set, Unreadable."""
        secrets = self._read_all(now).get(source, ())
        if not secrets:
            raise Unsigned(f"No secret is set for {source}: set one with `leadline webhooks secret {source}`.")
        return secrets

    def _read_all(self, now: int) -> Mapping[str, tuple[str, ...]]:
        cached = self._cached
        if cached is None or not 0 <= now - cached[0] < (FAILURE_CACHE_MS if cached[1] is None else CACHE_MS):
            cached = self._cached = (now, self._fetch())
        if cached[1] is None:
            raise Unreadable(
                "The webhook secret can't be read at the moment; nothing is accepted. Send it again later."
            )
        return cached[1]

    def _fetch(self) -> Mapping[str, tuple[str, ...]] | None:
        try:
            return parse_secrets(self._read())
        except (Transient, ValueError):
            return None


def parse_secrets(text: str) -> dict[str, tuple[str, ...]]:
    """The secrets by source, empty ones left out: an empty secret would let anybody sign. Raises ValueError."""
    stored = json.loads(text)
    if not isinstance(stored, dict):
        raise ValueError("the webhook secret is not a JSON object")  # noqa: TRY004  one error for every malformed secret
    found = {}
    for source, value in stored.items():
        values = value if isinstance(value, list) else [value]
        good = tuple(secret for secret in values if isinstance(secret, str) and secret.strip())
        if good:
            found[source] = good
    return found


def read_secret(client: SecretsManagerClient, secret_id: str | None) -> str:
    """The JSON text from Secrets Manager. Raises Transient when there is none or it can't be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    if secret_id is None:
        raise Transient("no webhook secret is configured")
    try:
        return client.get_secret_value(SecretId=secret_id)["SecretString"]
    except (BotoCoreError, ClientError, KeyError) as error:
        raise Transient("the webhook secret can't be read") from error
