"""RS256 (RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017 §8.2): the signature with which a GitHub App proves who it is, once an hour.

`cryptography` does it. It is imported where an App is configured, so nobody else's cold start pays for it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_LEAST_BITS = 2048


class BadKey(ValueError):
    """The text is no RSA private key in PEM of at least 2048 bits. The message holds nothing of it."""


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """An RSA key that can sign."""

    key: "RSAPrivateKey"

    def __repr__(self) -> str:
        return "PrivateKey(...)"

    def sign(self, message: bytes) -> bytes:
        """The signature, as long as the modulus."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return self.key.sign(message, PKCS1v15(), SHA256())


def read_key(pem: str) -> PrivateKey:
    """The key out of unencrypted PEM, as GitHub gives it (PKCS #1) or as PKCS #8. Raises BadKey."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.strip().replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("the private key cannot be read: it must be RSA, in PEM, whole and unencrypted") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise BadKey("the private key must be an RSA key of 2048 bits or more")
    return PrivateKey(key)
