"""RS256 (RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017 §8.2): the one signature that a GitHub App needs, once an hour.

The package `cryptography` would do it too, with 12 MB and native code in every bundle of compute. Signing with a key of our own
is the small and closed part of RSA: one exact padding, one power. The base is blinded, so that how long it takes tells nothing
of the key, and what comes out is verified before it leaves, so that a fault in the machine cannot give the key away.
"""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from math import gcd

_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
_RSA_OID = bytes.fromhex("06092a864886f70d010101")
_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_LEAST_BITS = 2048


class BadKey(ValueError):
    """The text is no RSA private key in PEM of at least 2048 bits. The message holds nothing of it."""


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """An RSA key: modulus, public and private exponent."""

    n: int
    e: int
    d: int

    def __repr__(self) -> str:
        return "PrivateKey(...)"

    def sign(self, message: bytes) -> bytes:
        """The signature, as long as the modulus."""
        size = (self.n.bit_length() + 7) // 8
        digest = _SHA256_PREFIX + hashlib.sha256(message).digest()
        padded = int.from_bytes(b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest, "big")
        factor = self._blinding()
        blinded = padded * pow(factor, self.e, self.n) % self.n
        signature = pow(blinded, self.d, self.n) * pow(factor, -1, self.n) % self.n
        if pow(signature, self.e, self.n) != padded:
            raise BadKey("the private key does not fit its public part")
        return signature.to_bytes(size, "big")

    def _blinding(self) -> int:
        while True:
            factor = secrets.randbelow(self.n - 2) + 2
            if gcd(factor, self.n) == 1:
                return factor


def read_key(pem: str) -> PrivateKey:
    """The key out of PEM, as GitHub gives it (PKCS #1) or as PKCS #8. Raises BadKey."""
    lines = [line.strip() for line in pem.strip().replace("\\n", "\n").splitlines()]
    if len(lines) < 3 or lines[0] not in ("-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"):
        raise BadKey("the private key is not in PEM, unencrypted, beginning with -----BEGIN (RSA) PRIVATE KEY-----")
    try:
        der = base64.b64decode("".join(lines[1:-1]), validate=True)
        return _from_der(der)
    except (binascii.Error, IndexError, ValueError):
        raise BadKey("the private key cannot be read: it is incomplete, or no RSA key of 2048 bits or more") from None


def _from_der(der: bytes) -> PrivateKey:
    fields = _children(_only(der, _SEQUENCE))
    if len(fields) == 3 and fields[1][0] == _SEQUENCE:  # PKCS #8 wraps the key of PKCS #1
        if not fields[1][1].startswith(_RSA_OID) or fields[2][0] != _OCTETS:
            raise BadKey("not RSA")
        fields = _children(_only(fields[2][1], _SEQUENCE))
    numbers = [int.from_bytes(content, "big") for tag, content in fields if tag == _INTEGER]
    if len(numbers) != 9 or numbers[0] != 0:
        raise BadKey("not a key of two primes")
    _, n, e, d, p, q, *_ = numbers
    if p * q != n or n.bit_length() < _LEAST_BITS or e < 3:
        raise BadKey("not a key that can be used")
    return PrivateKey(n, e, d)


def _only(der: bytes, tag: int) -> bytes:
    found = _children(der)
    if len(found) != 1 or found[0][0] != tag:
        raise BadKey("not the structure of a key")
    return found[0][1]


def _children(der: bytes) -> list[tuple[int, bytes]]:
    """The tags and contents that follow each other in DER. Raises ValueError or IndexError where they do not fit."""
    found, position = [], 0
    while position < len(der):
        tag, length, position = der[position], der[position + 1], position + 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4:
                raise BadKey("a length that no key has")
            length, position = int.from_bytes(der[position : position + count], "big"), position + count
        if position + length > len(der):
            raise BadKey("a part is missing")
        found.append((tag, der[position : position + length]))
        position += length
    return found
