"""JWTs that clients send, as read: assertions and request objects. Nothing is said about their signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import jose, strict_json


@dataclass(frozen=True)
class ClientJwt:
    """A JWT with its header and claims."""

    jws: jose.Jws
    claims: Mapping[str, Any]

    @property
    def header(self) -> Mapping[str, Any]:
        """The JOSE header."""
        return self.jws.header

    def date(self, claim: str) -> float | None:
        """Give a NumericDate (RFC 7519 section 2); ``None`` for anything else."""
        value = self.claims.get(claim)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    @property
    def audiences(self) -> tuple[Any, ...]:
        """The values of ``aud``, one or several (RFC 7519 section 4.1.3)."""
        audience = self.claims.get("aud")
        if isinstance(audience, list):
            return tuple(audience)
        return () if audience is None else (audience,)


def read(text: str) -> ClientJwt | None:
    """Read a JWT; ``None`` when it is none."""
    try:
        jws = jose.parse_compact(text)
        claims = strict_json.parse(jws.payload).value
    except (jose.JwsError, strict_json.JsonError):
        return None
    return ClientJwt(jws, claims) if isinstance(claims, dict) else None
