"""What the token service asks of a DPoP proof (RFC 9449 sections 4.3 and 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from harness.formats import jose, jwk, jwt_claims, strict_json
from harness.formats.problems import FormatError, shown
from harness.govuk.token_errors import TokenError
from harness.reference.state import Shelf

WINDOW_S = 300
"""How far ``iat`` may be from now."""
_DEFAULT_PORTS = {"https": 443, "http": 80}


def proven_key(proofs: Sequence[str], *, method: str, url: str, now: float, used: Shelf[bool]) -> str | None:
    """Give the thumbprint of the key whose possession is proven; ``None`` without a proof.

    Args:
        proofs: the values of the DPoP header.
        method: of the request.
        url: of the endpoint.
        now: seconds since 1970.
        used: remembers which proofs came before.

    Raises:
        TokenError: the proof is wrong.

    """
    if not proofs:
        return None
    if len(proofs) > 1:
        raise _invalid("there is more than one DPoP header")
    try:
        jws = jose.parse_compact(proofs[0])
        claims = strict_json.parse(jws.payload).value
        key = jws.header.get("jwk")
        if not isinstance(key, dict) or jwk.is_private_or_symmetric(key):
            raise _invalid("jwk is no public key")
        thumbprint = jwk.thumbprint(key)
        jose.verify(jws, key)
    except TokenError:
        raise
    except FormatError as error:
        raise _invalid(error.detail) from None
    if jws.header.get("typ") != "dpop+jwt":
        raise _invalid("typ is not dpop+jwt")
    if not isinstance(claims, dict):
        raise _invalid("the payload is no JSON object")
    _check_claims(claims, method, url, now)
    mark = f"{thumbprint} {claims['jti']}"
    if used.get(mark):
        raise _invalid("the proof was used before")
    used.put(mark, True)
    return thumbprint


def _check_claims(claims: Mapping[str, Any], method: str, url: str, now: float) -> None:
    jti, htm, htu = (claims.get(name) for name in ("jti", "htm", "htu"))
    if not isinstance(jti, str) or not jti:
        raise _invalid("there is no jti")
    if htm != method:
        raise _invalid(f"htm is {shown(htm)} and not {method}")
    if not isinstance(htu, str) or _place(htu) != _place(url):
        raise _invalid(f"htu is {shown(htu)} and not {url}")
    issued = jwt_claims.number(claims.get("iat"))
    if issued is None or abs(now - issued) > WINDOW_S:
        raise _invalid("iat is missing or too far from now")


def _place(url: str) -> tuple[str, str | None, int | None, str] | None:
    """Give what counts of a URL: not its query and fragment (RFC 9449 section 4.3)."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme), parts.path or "/"
    except ValueError:
        return None


def _invalid(detail: str) -> TokenError:
    return TokenError("dpop", "invalid_dpop_proof", f"DPoP proof: {detail}")
