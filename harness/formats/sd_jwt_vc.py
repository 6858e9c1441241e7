"""SD-JWT VC, the format ``dc+sd-jwt`` (draft-ietf-oauth-sd-jwt-vc-11), over ``sd_jwt``.

Only what this draft and the JWT claims ask is here; the problems of the SD-JWT itself stay in ``sd_jwt.problems``.

Problems of :func:`read`:

- ``typ-missing``, ``typ-wrong``: the header's ``typ`` is not ``dc+sd-jwt`` (3.2.1).
- ``vct-missing``: no ``vct`` (3.2.2.2).
- ``vct-no-collision-resistant-name``: ``vct`` is no URI, dotted name or UUID (3.2.2.1, RFC 7515 section 2).
- ``vct-integrity``: ``vct#integrity`` is no integrity metadata (7, W3C Subresource Integrity section 3).
- ``claim-type``: a registered claim has another JSON type than its definition gives it (3.2.2.2; RFC 7519 section
  4.1, NumericDate section 2; RFC 7800 section 3.1).
- ``claim-not-uri``: ``iss`` or ``sub`` has a colon but is no URI (StringOrURI, RFC 7519 section 2).
- ``claim-disclosed``: ``iss``, ``nbf``, ``exp``, ``cnf``, ``vct``, ``vct#integrity`` or ``status``, or a part of
  one, is in a disclosure (3.2.2.2).
- ``sd-without-disclosures``: ``_sd`` although there is no disclosure (3.2.2.4).
- ``cnf-empty``: ``cnf`` names no key (RFC 7800 section 3.1).
- ``cnf-several-keys``: more than one of ``jwk``, ``jwe`` and ``jku`` (RFC 7800 section 3.1).
- ``cnf-jwk``: ``cnf.jwk`` is no public key (RFC 7800 section 3.2).
- ``cnf-private-key``: ``cnf.jwk`` is a private or symmetric key (RFC 7800 section 3.2).

Problems of :meth:`SdJwtVc.validity`:

- ``expired``: now is not before ``exp`` (RFC 7519 section 4.1.4).
- ``not-yet-valid``: now is before ``nbf`` (RFC 7519 section 4.1.5).
- ``issued-in-future``: now is before ``iat`` (RFC 7519 section 4.1.6).

Errors: those of ``sd_jwt.parse``, and ``credential-type``: no string (OpenID4VCI 1.0 appendix A.3.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import did, jose, sd_jwt
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key
from harness.formats.problems import FormatError, Problem, json_type, shown
from harness.formats.signer import Signer
from harness.formats.strict_json import pointer
from harness.model import Json

TYPE = "dc+sd-jwt"
NEVER_DISCLOSED = ("iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status")
"""Claims that cannot be selectively disclosable (3.2.2.2)."""
DEFAULT_SKEW_S = 60.0
"""Seconds by which two honest clocks may differ."""

_CLAIM_TYPES: dict[str, tuple[type, ...]] = {
    "iss": (str,),
    "sub": (str,),
    "jti": (str,),
    "aud": (str, list),
    "exp": (int, float),
    "nbf": (int, float),
    "iat": (int, float),
    "vct": (str,),
    "vct#integrity": (str,),
    "cnf": (dict,),
    "status": (dict,),
}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,/:;=?@\[\]A-Za-z0-9._~-]*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")
_INTEGRITY = re.compile(r"sha(256|384|512)-[A-Za-z0-9+/_-]+={0,2}(\?[!-~]*)?")
_CNF_KEYS = ("jwk", "jwe", "jku")


@dataclass(frozen=True)
class SdJwtVc:
    """An SD-JWT VC as read; nothing is said about its signature yet."""

    sd_jwt: sd_jwt.SdJwt
    problems: tuple[Problem, ...]
    """What this draft and the JWT claims forbid; the SD-JWT's own problems are not repeated."""

    @property
    def claims(self) -> Mapping[str, Json]:
        """The processed claims (RFC 9901 section 7.1)."""
        return self.sd_jwt.claims

    @property
    def algorithm(self) -> str | None:
        """The ``alg`` of the header."""
        found = self.sd_jwt.jws.header.get("alg")
        return found if isinstance(found, str) else None

    @property
    def expires(self) -> float | None:
        """The ``exp`` in seconds since 1970."""
        return _number(self.claims.get("exp"))

    @property
    def holder_key(self) -> dict[str, Json] | None:
        """The public key as JWK: ``cnf.jwk``, or that of the did:jwk or did:key which ``cnf.kid`` names."""
        cnf = self.claims.get("cnf")
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

    @property
    def signer(self) -> Signer:
        """What points at the issuer's key (3.5)."""
        header = self.sd_jwt.jws.header
        mechanisms = ("x5c", "jwt-vc-issuer", "did", "jwks")
        return Signer(mechanisms, self.claims.get("iss"), header.get("kid"), header.get("x5c"))

    def validity(self, now: float, skew: float = DEFAULT_SKEW_S) -> tuple[Problem, ...]:
        """Judge ``exp``, ``nbf`` and ``iat``; one that is missing or no number says nothing here.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        exp, nbf, iat = (_number(self.claims.get(name)) for name in ("exp", "nbf", "iat"))
        problems: list[Problem] = []
        if exp is not None and now - skew >= exp:
            problems.append(Problem("expired", f"expired {now - exp:.0f} seconds ago", "/exp"))
        if nbf is not None and now + skew < nbf:
            problems.append(Problem("not-yet-valid", f"valid in {nbf - now:.0f} seconds", "/nbf"))
        if iat is not None and now + skew < iat:
            problems.append(Problem("issued-in-future", f"issued {iat - now:.0f} seconds from now", "/iat"))
        return tuple(problems)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed the Issuer-signed JWT.

        Raises:
            SignatureError: it did not; see ``jose.verify``.

        """
        jose.verify(self.sd_jwt.jws, jwk)


def read(text: Any) -> SdJwtVc:
    """Read a credential of the format ``dc+sd-jwt`` as issued.

    Raises:
        FormatError: it is no string, or no SD-JWT; see ``sd_jwt.parse``.

    """
    if not isinstance(text, str):
        raise FormatError("credential-type", f"the credential is {json_type(text)}, not a string")
    parsed = sd_jwt.parse(text)
    problems = (
        *_typ_problems(parsed.jws.header),
        *_type_problems(parsed.claims),
        *_vct_problems(parsed.claims),
        *_uri_problems(parsed.claims),
        *_cnf_problems(parsed.claims),
        *_disclosure_problems(parsed),
    )
    return SdJwtVc(parsed, problems)


def _number(value: Json) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _typ_problems(header: Mapping[str, Json]) -> Iterable[Problem]:
    if "typ" not in header:
        yield Problem("typ-missing", "the header has no typ", "header")
    elif header["typ"] != TYPE:
        yield Problem("typ-wrong", f"typ is {shown(header['typ'])} instead of {TYPE}", "header/typ")


def _type_problems(claims: Mapping[str, Json]) -> Iterable[Problem]:
    for name, types in _CLAIM_TYPES.items():
        if name not in claims:
            continue
        value = claims[name]
        fits = isinstance(value, types) and not isinstance(value, bool)
        if fits and isinstance(value, list):
            fits = all(isinstance(element, str) for element in value)
        if not fits:
            yield Problem("claim-type", f"{name} is {json_type(value)}", pointer(name))


def _vct_problems(claims: Mapping[str, Json]) -> Iterable[Problem]:
    vct, integrity = claims.get("vct"), claims.get("vct#integrity")
    if "vct" not in claims:
        yield Problem("vct-missing", "the payload has no vct", "")
    elif isinstance(vct, str) and ":" not in vct and "." not in vct and not _UUID.fullmatch(vct):
        yield Problem("vct-no-collision-resistant-name", f"{shown(vct)} is a bare name", "/vct")
    if isinstance(integrity, str) and not any(_INTEGRITY.fullmatch(part) for part in integrity.split()):
        yield Problem("vct-integrity", "no integrity metadata in vct#integrity", "/vct#integrity")


def _uri_problems(claims: Mapping[str, Json]) -> Iterable[Problem]:
    for name in ("iss", "sub"):
        value = claims.get(name)
        if isinstance(value, str) and ":" in value and not _URI.fullmatch(value):
            yield Problem("claim-not-uri", f"{name} has a colon but is no URI", pointer(name))


def _cnf_problems(claims: Mapping[str, Json]) -> Iterable[Problem]:
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


def _disclosure_problems(parsed: sd_jwt.SdJwt) -> Iterable[Problem]:
    for place in sorted(parsed.disclosed):
        name = place[1:].split("/")[0]
        if name in NEVER_DISCLOSED:
            yield Problem("claim-disclosed", f"{name} is in a disclosure", place)
    unreadable = any((problem.pointer or "").startswith("disclosure ") for problem in parsed.problems)
    if not parsed.disclosures and not unreadable and _has_digests(parsed.payload):
        yield Problem("sd-without-disclosures", "_sd although there is no disclosure", "")


def _has_digests(value: Json) -> bool:
    if isinstance(value, dict):
        return "_sd" in value or any(_has_digests(item) for item in value.values())
    return isinstance(value, list) and any(_has_digests(item) for item in value)
