"""Putting a response on the wire: in clear or encrypted to the wallet (OpenID4VCI 10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from harness.reference.documents import Reply, Text, uncacheable
from harness.reference.encoding import json_text
from harness.reference.encryption import MEDIA_TYPE, Terms


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

    def reply(self, status: int) -> Reply:
        """Build the HTTP response, which nobody may store."""
        if self.key is None:
            return uncacheable(Reply(self.payload, status))
        return uncacheable(Reply(self.text(), status, {"Content-Type": MEDIA_TYPE}))

    def text(self) -> Text:
        """Encrypt the payload to the key: a JWE in compact serialization."""
        jwe = JWE(
            json_text(self.payload).encode(),
            protected=json_text(self.header),
            recipient=JWK(**(self.key or {})),
        )
        return Text(jwe.serialize(compact=True))
