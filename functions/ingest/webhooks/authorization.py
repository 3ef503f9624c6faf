"""Senders that can't sign send the secret itself in the Authorization header.

Authorization: Bearer s3cret
Authorization: Basic bGVhZGxpbmU6czNjcmV0        any user name, with the secret as the password
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from ingest.webhooks.delivery import Delivery, Unsigned
from ingest.webhooks.signatures import any_same


def verify_authorization(delivery: Delivery, secrets: Sequence[str]) -> None:
    """Raises Unsigned unless the header carries one of the secrets, compared in constant time."""
    scheme, _, rest = delivery.header("authorization").partition(" ")
    credentials = rest.strip()
    if scheme.lower() == "basic":
        credentials = _password(credentials)
    elif scheme.lower() != "bearer":
        raise Unsigned("Send the secret as 'Authorization: Bearer SECRET', or as the password of basic authentication.")
    if not any_same([credentials], [secret.strip() for secret in secrets]):
        raise Unsigned("What the Authorization header carries is not the secret set here.")


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""  # no secret is empty
