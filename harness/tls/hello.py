"""Writes the first message of a client: RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2, and that of SSL 2."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SSL_2, SSL_3, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = 0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
VERSIONS = {
    SSL_2: "SSL 2",
    SSL_3: "SSL 3",
    TLS_1_0: "TLS 1.0",
    TLS_1_1: "TLS 1.1",
    TLS_1_2: "TLS 1.2",
    TLS_1_3: "TLS 1.3",
}

P_256, P_384, P_521, X25519 = 23, 24, 25, 29
CURVES = {P_256: "P-256", P_384: "P-384", P_521: "P-521", X25519: "X25519"}
WEAK_CURVES = {
    1: "sect163k1",
    2: "sect163r1",
    3: "sect163r2",
    4: "sect193r1",
    5: "sect193r2",
    15: "secp160k1",
    16: "secp160r1",
    17: "secp160r2",
    18: "secp192k1",
    19: "P-192",
}
"""Named curves of less than 224 bits."""

SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0401, 0x0501, 0x0601)
"""Signature schemes that nobody advises against."""
SHA_1 = (0x0203, 0x0201, 0x0202)

SERVER_NAME, GROUPS, POINTS, SIGNATURE_ALGORITHMS, ALPN = 0, 10, 11, 13, 16
TRUNCATED_HMAC, EXTENDED_MASTER_SECRET, SUPPORTED_VERSIONS, MODES, KEY_SHARE = 4, 23, 43, 45, 51
RENEGOTIATION_INFO = 0xFF01
_SIGNALLED = 0x00FF
"""The suite that says what an empty ``renegotiation_info`` says (RFC 5746 section 3.3)."""

_SSL_2_SUITES = (0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700C0)


@dataclass(frozen=True)
class Hello:
    """What a client offers.

    Attributes:
        versions: in the order of preference.
        suites: code points in the order of preference.
        name: the host name that is asked for; ``None``: none, as with IP addresses.
        groups: curves that are offered.
        signatures: signature schemes that are offered.
        protocols: application protocols that are offered; none when empty.
        truncated_hmac: whether truncated HMACs are offered.
        compression: whether DEFLATE is offered.

    """

    versions: tuple[int, ...]
    suites: tuple[int, ...]
    name: str | None = None
    groups: tuple[int, ...] = (X25519, P_256, P_384, P_521)
    signatures: tuple[int, ...] = SIGNATURES
    protocols: tuple[str, ...] = ("h2", "http/1.1")
    truncated_hmac: bool = False
    compression: bool = False
    random: bytes = field(default_factory=lambda: os.urandom(32), compare=False)

    def encoded(self) -> bytes:
        """Write it with the record around it."""
        if self.versions == (SSL_2,):
            return _ssl_2(self.random)
        highest = max(self.versions)
        suites = self.suites if highest > SSL_3 else (*self.suites, _SIGNALLED)
        body = min(highest, TLS_1_2).to_bytes(2, "big") + self.random
        # TLS 1.3 in its mode for middleboxes names a session (RFC 8446 appendix D.4).
        body += _short(os.urandom(32) if highest == TLS_1_3 else b"")
        body += _long(b"".join(suite.to_bytes(2, "big") for suite in suites))
        body += _short(b"\x01\x00" if self.compression else b"\x00")
        if highest > SSL_3:
            body += _long(b"".join(_extension(kind, data) for kind, data in self._extensions(highest)))
        message = b"\x01" + len(body).to_bytes(3, "big") + body
        return b"\x16" + min(highest, TLS_1_0).to_bytes(2, "big") + _long(message)

    def _extensions(self, highest: int) -> list[tuple[int, bytes]]:
        found = []
        if self.name is not None:
            found.append((SERVER_NAME, _long(b"\x00" + _long(self.name.encode("ascii")))))
        found.append((GROUPS, _list(self.groups)))
        if min(self.versions) < TLS_1_3:
            found += [(POINTS, b"\x01\x00"), (EXTENDED_MASTER_SECRET, b""), (RENEGOTIATION_INFO, b"\x00")]
        if highest >= TLS_1_2:
            found.append((SIGNATURE_ALGORITHMS, _list(self.signatures)))
        if self.protocols:
            found.append((ALPN, _long(b"".join(_short(each.encode("ascii")) for each in self.protocols))))
        if self.truncated_hmac:
            found.append((TRUNCATED_HMAC, b""))
        if highest == TLS_1_3:
            found.append((SUPPORTED_VERSIONS, _short(b"".join(each.to_bytes(2, "big") for each in self.versions))))
            found.append((MODES, b"\x01\x01"))
            shares = b"".join(_extension(group, share(group)) for group in self.groups if group in (X25519, P_256))
            found.append((KEY_SHARE, _long(shares)))
        return found


@cache
def share(group: int) -> bytes:
    """Give a public key for a key exchange; nobody will use its private key."""
    if group == X25519:
        return x25519.X25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _ssl_2(random: bytes) -> bytes:
    suites = b"".join(code.to_bytes(3, "big") for code in _SSL_2_SUITES)
    challenge = random[:16]
    sizes = b"".join(size.to_bytes(2, "big") for size in (len(suites), 0, len(challenge)))
    message = b"\x01" + SSL_2.to_bytes(2, "big") + sizes + suites + challenge
    return (0x8000 | len(message)).to_bytes(2, "big") + message


def _short(data: bytes) -> bytes:
    return len(data).to_bytes(1, "big") + data


def _long(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _list(codes: Sequence[int]) -> bytes:
    return _long(b"".join(code.to_bytes(2, "big") for code in codes))


def _extension(kind: int, data: bytes) -> bytes:
    return kind.to_bytes(2, "big") + _long(data)
