"""The keyed hash under which API keys and badge tokens are stored."""

import hashlib
import hmac

MIN_PEPPER_BYTES = 32


def keyed_hash(pepper: bytes, text: str) -> str:
    """HMAC-SHA256 of the whole text, in hex. Raises ValueError for a pepper too short to protect anything."""
    if len(pepper) < MIN_PEPPER_BYTES:
        raise ValueError(f"The pepper has {len(pepper)} bytes; it needs at least {MIN_PEPPER_BYTES}.")
    return hmac.new(pepper, text.encode("ascii"), hashlib.sha256).hexdigest()
