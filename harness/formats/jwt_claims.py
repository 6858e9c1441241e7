"""The registered claims of an issued JWT, which several credential formats share.

Problems:

- ``claim-type``: a claim has another JSON type than its definition gives it (RFC 7519 section 4.1, NumericDate
  section 2; RFC 7800 section 3.1).
- ``claim-not-uri``: ``iss`` or ``sub`` has a colon but is no URI (StringOrURI, RFC 7519 section 2).
- ``cnf-empty``: ``cnf`` names no key (RFC 7800 section 3.1).
- ``cnf-several-keys``: more than one of ``jwk``, ``jwe`` and ``jku`` (RFC 7800 section 3.1).
- ``cnf-jwk``: ``cnf.jwk`` is no public key (RFC 7800 section 3.2).
- ``cnf-private-key``: ``cnf.jwk`` is a private or symmetric key (RFC 7800 section 3.2).

Problems of :func:`validity`:

- ``expired``: now is not before ``exp`` (RFC 7519 section 4.1.4).
- ``not-yet-valid``: now is before ``nbf`` (RFC 7519 section 4.1.5).
- ``issued-in-future``: now is before ``iat`` (RFC 7519 section 4.1.6).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from harness.formats import did
from harness.formats.clock import SKEW_S
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key
from harness.formats.problems import Problem, json_type
from harness.formats.strict_json import pointer
from harness.model import Json

CLAIM_TYPES: dict[str, tuple[type, ...]] = {
    "iss": (str,),
    "sub": (str,),
    "jti": (str,),
    "aud": (str, list),
    "exp": (int, float),
    "nbf": (int, float),
    "iat": (int, float),
    "cnf": (dict,),
}
"""Registered claim to the types that its value may have; the elements of a list are strings."""

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,/:;=?@\[\]A-Za-z0-9._~-]*")
_CNF_KEYS = ("jwk", "jwe", "jku")


def number(value: Json) -> float | None:
    """Give a NumericDate in seconds since 1970, infinite beyond a double; ``None`` for what is no number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def type_problems(
    claims: Mapping[str, Json], types: Mapping[str, tuple[type, ...]] = CLAIM_TYPES
) -> Iterator[Problem]:
    """Judge the JSON types of the claims that are there."""
    for name, allowed in types.items():
        if name not in claims:
            continue
        value = claims[name]
        fits = isinstance(value, allowed) and not isinstance(value, bool)
        if fits and isinstance(value, list):
            fits = all(isinstance(element, str) for element in value)
        if not fits:
            yield Problem("claim-type", f"{name} is {json_type(value)}", pointer(name))


def uri_problems(claims: Mapping[str, Json]) -> Iterator[Problem]:
    """Judge the form of ``iss`` and ``sub``."""
    for name in ("iss", "sub"):
        value = claims.get(name)
        if isinstance(value, str) and ":" in value and not _URI.fullmatch(value):
            yield Problem("claim-not-uri", f"{name} has a colon but is no URI", pointer(name))


def confirmation_problems(claims: Mapping[str, Json]) -> Iterator[Problem]:
    """Judge ``cnf`` where it is an object."""
    cnf = claims.get("cnf")
    if not isinstance(cnf, dict):
        return
    if not cnf:
        yield Problem("cnf-empty", "cnf has no member", "/cnf")
    present = [name for name in _CNF_KEYS if name in cnf]
    if len(present) > 1:
        yield Problem("cnf-several-keys", f"cnf has {', '.join(present)}", "/cnf")
    if "jwk" not in cnf:
        return
    if is_private_or_symmetric(cnf["jwk"]):
        yield Problem("cnf-private-key", "cnf.jwk is a private or symmetric key", "/cnf/jwk")
        return
    try:
        public_key(cnf["jwk"])
    except JwkError as error:
        yield Problem("cnf-jwk", error.detail, "/cnf/jwk")


def confirmed_key(claims: Mapping[str, Json]) -> dict[str, Json] | None:
    """Give ``cnf.jwk``, or the key of the did:jwk or did:key that ``cnf.kid`` names; ``None`` without either."""
    cnf = claims.get("cnf")
    if not isinstance(cnf, dict):
        return None
    if isinstance(cnf.get("jwk"), dict):
        return dict(cnf["jwk"])
    if isinstance(cnf.get("kid"), str):
        try:
            return dict(did.resolve(cnf["kid"]))
        except did.DidError:
            return None
    return None


def validity(claims: Mapping[str, Json], now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
    """Judge ``exp``, ``nbf`` and ``iat``; one that is missing or no number says nothing here.

    Args:
        now: seconds since 1970 in UTC.
        skew: seconds that the issuer's clock may be off.

    """
    exp, nbf, iat = (number(claims.get(name)) for name in ("exp", "nbf", "iat"))
    problems: list[Problem] = []
    if exp is not None and now - skew >= exp:
        problems.append(Problem("expired", f"expired {now - exp:.0f} seconds ago", "/exp"))
    if nbf is not None and now + skew < nbf:
        problems.append(Problem("not-yet-valid", f"valid in {nbf - now:.0f} seconds", "/nbf"))
    if iat is not None and now + skew < iat:
        problems.append(Problem("issued-in-future", f"issued {iat - now:.0f} seconds from now", "/iat"))
    return tuple(problems)
