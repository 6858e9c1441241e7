"""ID Tokens of a gateway, and the keys it publishes for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.evidence import Blocked
from harness.formats import jose, strict_json
from harness.formats.problems import FormatError
from harness.transport import Reply

RS256 = "RS256"


@dataclass(frozen=True)
class IdToken:
    """An ID Token as it came; nothing is said about its signature yet."""

    jws: jose.Jws
    claims: Mapping[str, Any]
    reply: Reply

    def text(self, name: str) -> str | None:
        """Give a claim that is a string with something in it; ``None`` otherwise."""
        value = self.claims.get(name)
        return value if isinstance(value, str) and value else None

    def signed_by(self, keys: Reply) -> bool:
        """Whether any key of a JWK Set made the signature, with any algorithm that proves who did."""
        for key in keys_of(keys):
            try:
                jose.verify(self.jws, {name: value for name, value in key.items() if name not in ("kid", "alg")})
            except FormatError:
                continue
            return True
        return False


def id_token(reply: Reply) -> IdToken:
    """Read the ID Token of a token response.

    Raises:
        Blocked: there is none that can be read.

    """
    value = reply.object.get("id_token")
    if not isinstance(value, str):
        raise Blocked(f"the token response has no ID Token: {reply.gist}")
    try:
        jws = jose.parse_compact(value)
        claims = strict_json.parse(jws.payload).value
    except FormatError as error:
        raise Blocked(f"the ID Token cannot be read: {error.detail}") from error
    if not isinstance(claims, dict):
        raise Blocked("the claims of the ID Token are no JSON object")
    return IdToken(jws, claims, reply)


def keys_of(reply: Reply) -> list[dict[str, Any]]:
    """Give the keys of a JWK Set; none where it is no set."""
    keys = reply.object.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
