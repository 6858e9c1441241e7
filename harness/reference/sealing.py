"""Putting a response on the wire: in clear or encrypted to the wallet (OpenID4VCI 10)."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.reference.documents import Reply, Text
from harness.reference.encoding import base64url, json_text
from harness.reference.encryption import ZIP, Terms


@dataclass
class ErrorReply(Reply):
    """An error, and how the wallet wanted the response encrypted that it does not get."""

    terms: Terms | None = None


@dataclass
class Sealing:
    """How one response goes out: in clear, or encrypted to a key."""

    payload: Any
    key: dict[str, Any] | None = None
    """Public JWK; ``None`` for a response in clear."""
    header: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def under(cls, terms: Terms | None, payload: Any) -> Sealing:
        """Seal a payload the way the wallet wants it."""
        return cls(payload, dict(terms.key), dict(terms.header)) if terms else cls(payload)

    def message(self) -> Message:
        """Agree on a key for an encrypted response, another one each time (RFC 7518 section 4.6)."""
        return agreed(json_text(self.key), json_text(self.header), json_text(self.payload).encode())

    def text(self) -> Text:
        """Encrypt the payload to the key: a JWE in compact serialization."""
        return self.message().encrypted().text()


@dataclass
class Message:
    """A JWE before its content is encrypted (RFC 7516 section 5.1, steps 1 to 13)."""

    key: str
    """The public JWK of the wallet."""
    header: dict[Any, Any]
    content: bytes
    """Compressed where that is asked for."""
    content_key: bytes
    encrypted_key: bytes

    def encrypted(self) -> Parts:
        """Encrypt the content."""
        header = base64url(json_text(self.header).encode())
        method = JWA.encryption_alg(self.header["enc"])
        return Parts(header, self.encrypted_key, *method.encrypt(self.content_key, header.encode(), self.content))


@dataclass
class Parts:
    """The five parts of a JWE."""

    header: str
    """In base64url."""
    encrypted_key: bytes
    vector: bytes
    ciphertext: bytes
    tag: bytes
    padding: str = ""
    """What stands behind each of the last parts."""

    def text(self) -> Text:
        """Write the compact serialization (RFC 7516 section 7.1)."""
        rest = (self.encrypted_key, self.vector, self.ciphertext, self.tag)
        return Text(".".join((self.header, *(base64url(part) + self.padding for part in rest))))


def agreed(key: str, header: str, plaintext: bytes) -> Message:
    """Make a content encryption key for a recipient.

    Args:
        key: public JWK, as JSON.
        header: what the JWE header says, as JSON.
        plaintext: the content before compression.

    """
    asked: dict[str, Any] = json.loads(header)
    size = JWA.encryption_alg(asked["enc"]).wrap_key_size
    wrapped = JWA.keymgmt_alg(asked["alg"]).wrap(JWK(**json.loads(key)), size, None, asked)
    said = {**asked, **wrapped.get("header", {})}
    content = compressed(plaintext) if asked.get("zip") in ZIP else plaintext
    return Message(key, said, content, wrapped["cek"], wrapped.get("ek", b""))


def compressed(data: bytes) -> bytes:
    """Compress with DEFLATE, without the wrapping of zlib (RFC 7516 section 4.1.3)."""
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()
