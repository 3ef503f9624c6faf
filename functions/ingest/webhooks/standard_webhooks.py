"""Standard Webhooks (the scheme of Svix): who sent it, when, and the body, signed together.

    webhook-id: msg_2KWPBgLlAfxdpx2AI54pPJ85f4W
    webhook-timestamp: 1760000000                                       seconds; at most five minutes off, either way
    webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=  several, separated by blanks, during rotation

The signature is HMAC-SHA256 over "<id>.<timestamp>.<body>". A secret `whsec_...` is base64 of the key; one without the
prefix is the key itself. Source: the Standard Webhooks specification, version 1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

from ingest.webhooks.delivery import Delivery, Unsigned
from ingest.webhooks.signatures import any_same

TOLERANCE_SECONDS = 300
"""So long may somebody who overheard a delivery send it again, and so wrong may the clocks be."""

ID_HEADER = "webhook-id"
_PREFIX = "whsec_"
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def verify_standard(delivery: Delivery, secrets: Sequence[str]) -> None:
    """Raises Unsigned unless one of the secrets signed this id, this time and exactly this body, just now."""
    name, sent_at, signatures = (delivery.header(f"webhook-{part}") for part in ("id", "timestamp", "signature"))
    if not (name and sent_at and signatures):
        raise Unsigned("The headers webhook-id, webhook-timestamp and webhook-signature are needed.")
    if not _SECONDS.fullmatch(sent_at):
        raise Unsigned("webhook-timestamp must be in whole seconds since 1970.")
    signed = f"{name}.{sent_at}.".encode("utf-8", "surrogatepass") + delivery.body
    made = [_signature(key, signed) for secret in secrets for key in _keys(secret)]
    sent = [text.removeprefix("v1,") for text in signatures.split() if text.startswith("v1,")]
    if not any_same(sent, made):
        raise Unsigned("No signature in webhook-signature was made with the secret set here.")
    if abs(delivery.now / 1000 - int(sent_at)) > TOLERANCE_SECONDS:
        raise Unsigned("webhook-timestamp is more than five minutes off: sent again by somebody, or a clock is wrong.")


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _keys(secret: str) -> list[bytes]:
    plain = secret.strip()
    if not plain.startswith(_PREFIX):
        return [plain.encode()]
    try:
        # Some senders leave the padding out.
        encoded = plain.removeprefix(_PREFIX).rstrip("=")
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return []  # a secret that was pasted wrong signs nothing
    return [key] if key else []
