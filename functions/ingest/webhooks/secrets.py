"""The secrets that senders sign with: one JSON object in Secrets Manager, read at most once a minute.

    {"github": "s3cret", "gitlab": ["the new one", "the old one"]}

Fails closed: a source whose secret is missing, empty or can't be read takes nothing, and a secret that could be read a
minute ago is not used beyond that minute.
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
"""So that anybody who posts without a signature can't make us ask Secrets Manager each time."""


class Unreadable(Transient):
    """The secrets can't be read at the moment. The message says so, and no value."""


class Secrets:
    """`read` gives the JSON text; raises Transient when it can't be had. Safe to share between threads."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._kept: tuple[int, Mapping[str, tuple[str, ...]] | None] | None = None

    def of(self, source: str, now: int) -> tuple[str, ...]:
        """The secrets of this source, one or more. `now` in epoch ms. Raises Unsigned where none is set, Unreadable."""
        secrets = self._all(now).get(source, ())
        if not secrets:
            raise Unsigned(f"No secret is set for {source}: set one with `leadline webhooks secret {source}`.")
        return secrets

    def _all(self, now: int) -> Mapping[str, tuple[str, ...]]:
        kept = self._kept
        if kept is None or not 0 <= now - kept[0] < (FAILURE_CACHE_MS if kept[1] is None else CACHE_MS):
            kept = self._kept = (now, self._fresh())
        if kept[1] is None:
            raise Unreadable("The webhook secret can't be read at the moment; nothing is accepted until it can.")
        return kept[1]

    def _fresh(self) -> Mapping[str, tuple[str, ...]] | None:
        try:
            return parse_secrets(self._read())
        except (Transient, ValueError):
            return None


def parse_secrets(text: str) -> dict[str, tuple[str, ...]]:
    """The secrets by source, empty ones left out: an empty secret would let anybody sign. Raises ValueError."""
    stored = json.loads(text)
    if not isinstance(stored, dict):
        raise ValueError("the webhook secret is no JSON object")  # noqa: TRY004  one error for a secret of a wrong form
    found = {}
    for source, value in stored.items():
        values = value if isinstance(value, list) else [value]
        good = tuple(secret for secret in values if isinstance(secret, str) and secret.strip())
        if good:
            found[source] = good
    return found


def read_secret(client: SecretsManagerClient, secret_id: str | None) -> str:
    """The JSON text out of Secrets Manager. Raises Transient when there is none or it can't be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    if secret_id is None:
        raise Transient("no webhook secret is configured")
    try:
        return client.get_secret_value(SecretId=secret_id)["SecretString"]
    except (BotoCoreError, ClientError, KeyError) as error:
        raise Transient("the webhook secret can't be read") from error
