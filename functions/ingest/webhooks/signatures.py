"""How webhook senders prove who they are. Each check raises Unsigned unless one of our secrets was used.

    verify_hub_signature     HMAC-SHA256 of the body in a header, as GitHub, Bitbucket and Jira sign
    verify_standard          Standard Webhooks (the scheme of Svix)
    verify_token             the secret itself in a header of its own
    verify_authorization     the secret as bearer token or password

Every comparison takes constant time and tries all secrets, so that its duration reveals nothing about them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence

from ingest.webhooks.delivery import Delivery, Unsigned

TOLERANCE_SECONDS = 300
"""How far a signed timestamp may be off: the time in which an intercepted delivery could be replayed."""

STANDARD_ID_HEADER = "webhook-id"
_STANDARD_PREFIX = "whsec_"
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def verify_hub_signature(delivery: Delivery, secrets: Sequence[str], header: str) -> None:
    """`sha256=<hex>`: HMAC-SHA256 of the raw body."""
    sent = delivery.header(header)
    if not sent:
        raise Unsigned(f"The header {header} is missing: is a secret set where the webhook is configured?")
    kind, _, digest = sent.partition("=")
    if not (any_same([digest.lower()], hex_digests(secrets, delivery.body)) and kind.lower() == "sha256"):
        raise Unsigned(f"The signature in {header} was not made with the secret set here.")


def verify_token(delivery: Delivery, secrets: Sequence[str], header: str) -> None:
    """The secret itself in a header."""
    sent = delivery.header(header)
    if not sent:
        raise Unsigned(f"The header {header} is missing: is a secret set where the webhook is configured?")
    if not any_same([sent], [secret.strip() for secret in secrets]):
        raise Unsigned(f"The token in {header} is not the secret set here.")


def verify_authorization(delivery: Delivery, secrets: Sequence[str]) -> None:
    """`Authorization: Bearer SECRET`, or basic authentication with any user name and the secret as the password."""
    scheme, _, rest = delivery.header("authorization").partition(" ")
    credentials = rest.strip()
    if scheme.lower() == "basic":
        credentials = _password(credentials)
    elif scheme.lower() != "bearer":
        raise Unsigned("Send the secret as 'Authorization: Bearer SECRET', or as the password of basic authentication.")
    if not any_same([credentials], [secret.strip() for secret in secrets]):
        raise Unsigned("The credentials in the Authorization header are not the secret set here.")


def verify_standard(delivery: Delivery, secrets: Sequence[str]) -> None:
    """HMAC-SHA256 of id, timestamp and body. Source: the Standard Webhooks specification, version 1.

        webhook-id: msg_2KWPBgLlAfxdpx2AI54pPJ85f4W
        webhook-timestamp: 1760000000                                       seconds
        webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=  several, separated by blanks, during rotation

    The signature is over "<id>.<timestamp>.<body>". A secret `whsec_...` is base64 of the key; one without the prefix is
    the key itself.
    """
    name, sent_at, signatures = (delivery.header(f"webhook-{part}") for part in ("id", "timestamp", "signature"))
    if not (name and sent_at and signatures):
        raise Unsigned("The headers webhook-id, webhook-timestamp and webhook-signature are required.")
    if not _SECONDS.fullmatch(sent_at):
        raise Unsigned("webhook-timestamp must be in whole seconds since 1970.")
    signed = f"{name}.{sent_at}.".encode("utf-8", "surrogatepass") + delivery.body
    expected = [_standard_signature(key, signed) for secret in secrets for key in _standard_keys(secret)]
    sent = [text.removeprefix("v1,") for text in signatures.split() if text.startswith("v1,")]
    if not any_same(sent, expected):
        raise Unsigned("No signature in webhook-signature was made with the secret set here.")
    if not is_recent(sent_at, delivery.now):
        raise Unsigned("webhook-timestamp is more than five minutes off: a replay, or a wrong clock.")


def is_recent(seconds: str, now: int) -> bool:
    """Whether this text is a time in epoch seconds within the tolerance of `now`, in epoch ms."""
    return _SECONDS.fullmatch(seconds) is not None and abs(now / 1000 - int(seconds)) <= TOLERANCE_SECONDS


def hex_digests(secrets: Iterable[str], signed: bytes) -> list[str]:
    """HMAC-SHA256 in hex with each secret."""
    return [hmac.new(secret.encode("utf-8", "surrogatepass"), signed, hashlib.sha256).hexdigest() for secret in secrets]


def any_same(sent: Iterable[str], expected: Iterable[str]) -> bool:
    """Whether any value sent equals any expected one, in a time that does not depend on which."""
    wanted = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in expected]
    same = False
    for text in sent:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        for other in wanted:
            same |= hmac.compare_digest(digest, other)
    return same


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""  # equals no secret


def _standard_signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _standard_keys(secret: str) -> list[bytes]:
    plain = secret.strip()
    if not plain.startswith(_STANDARD_PREFIX):
        return [plain.encode()]
    try:
        # Some senders leave the padding out.
        encoded = plain.removeprefix(_STANDARD_PREFIX).rstrip("=")
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return []  # a wrongly pasted secret signs nothing
    return [key] if key else []
