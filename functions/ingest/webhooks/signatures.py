"""Signatures of webhooks, each compared in constant time with what every one of our secrets would have made.

All secrets are tried whichever fits, so that the time taken tells nothing of which did.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from ingest.webhooks.delivery import Delivery, Unsigned


def verify_hub_signature(delivery: Delivery, secrets: Sequence[str], header: str) -> None:
    """`sha256=<hex>` of HMAC-SHA256 over the raw body, as GitHub, Bitbucket and others sign. Raises Unsigned."""
    sent = delivery.header(header)
    if not sent:
        raise Unsigned(f"The header {header} is missing: is a secret set where the webhook is configured?")
    kind, _, digest = sent.partition("=")
    made = [
        hmac.new(secret.encode("utf-8", "surrogatepass"), delivery.body, hashlib.sha256).hexdigest()
        for secret in secrets
    ]
    if not (any_same([digest.lower()], made) and kind.lower() == "sha256"):
        raise Unsigned(f"The signature in {header} was not made with the secret set here.")


def verify_token(delivery: Delivery, secrets: Sequence[str], header: str) -> None:
    """The secret itself in a header. Raises Unsigned."""
    sent = delivery.header(header)
    if not sent:
        raise Unsigned(f"The header {header} is missing: is a secret set where the webhook is configured?")
    if not any_same([sent], [secret.strip() for secret in secrets]):
        raise Unsigned(f"The token in {header} is not the secret set here.")


def any_same(sent: Iterable[str], made: Iterable[str]) -> bool:
    """Whether any of what was sent equals any of what we made. Takes as long whichever it is."""
    expected = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in made]
    same = False
    for text in sent:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        for other in expected:
            same |= hmac.compare_digest(digest, other)
    return same
