"""SD-JWT VC, the format ``dc+sd-jwt`` (draft-ietf-oauth-sd-jwt-vc-11), over ``sd_jwt``.

Only what this draft and the JWT claims ask is here; the problems of the SD-JWT itself stay in ``sd_jwt.problems``.

Problems of :func:`read`:

- ``typ-missing``, ``typ-wrong``: the header's ``typ`` is not ``dc+sd-jwt`` (3.2.1).
- ``vct-missing``: no ``vct`` (3.2.2.2).
- ``vct-no-collision-resistant-name``: ``vct`` is no URI, dotted name or UUID (3.2.2.1, RFC 7515 section 2).
- ``vct-integrity``: ``vct#integrity`` is no integrity metadata (7, W3C Subresource Integrity section 3).
- those of ``jwt_claims``; ``claim-type`` for ``vct``, ``vct#integrity`` and ``status`` as well (3.2.2.2).
- ``claim-disclosed``: ``iss``, ``nbf``, ``exp``, ``cnf``, ``vct``, ``vct#integrity`` or ``status``, or a part of
  one, is in a disclosure (3.2.2.2).
- ``sd-without-disclosures``: ``_sd`` although there is no disclosure (3.2.2.4).

Problems of :meth:`SdJwtVc.validity`: those of ``jwt_claims.validity``.

Errors: those of ``sd_jwt.parse``, and ``credential-type``: no string (OpenID4VCI 1.0 appendix A.3.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import integrity, jose, jwt_claims, sd_jwt
from harness.formats.clock import SKEW_S
from harness.formats.problems import FormatError, Problem, json_type, shown
from harness.formats.signer import Signer
from harness.formats.status_reference import Reference, of_status
from harness.model import Json

TYPE = "dc+sd-jwt"
EARLIER_TYPE = "vc+sd-jwt"
"""What format and ``typ`` were called before draft 06."""
NEVER_DISCLOSED = ("iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status")
"""Claims that cannot be selectively disclosable (3.2.2.2)."""

_CLAIM_TYPES: dict[str, tuple[type, ...]] = {
    **jwt_claims.CLAIM_TYPES,
    "vct": (str,),
    "vct#integrity": (str,),
    "status": (dict,),
}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")


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
        return jwt_claims.number(self.claims.get("exp"))

    @property
    def holder_key(self) -> dict[str, Json] | None:
        """The public key as JWK: ``cnf.jwk``, or that of the did:jwk or did:key which ``cnf.kid`` names."""
        return jwt_claims.confirmed_key(self.claims)

    @property
    def signer(self) -> Signer:
        """What points at the issuer's key (3.5)."""
        header = self.sd_jwt.jws.header
        mechanisms = ("x5c", "jwt-vc-issuer", "did", "jwks")
        return Signer(mechanisms, self.claims.get("iss"), header.get("kid"), header.get("x5c"))

    @property
    def status_references(self) -> tuple[Reference, ...]:
        """Where its status is published."""
        return of_status(self.claims.get("status"))

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge ``exp``, ``nbf`` and ``iat``; one that is missing or no number says nothing here.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        return jwt_claims.validity(self.claims, now, skew)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed the Issuer-signed JWT.

        Raises:
            SignatureError: it did not; see ``jose.verify``.

        """
        jose.verify(self.sd_jwt.jws, jwk)


def read(text: Any, typ: str = TYPE) -> SdJwtVc:
    """Read a credential of the format ``dc+sd-jwt`` as issued.

    Args:
        text: the value of ``credential``.
        typ: what the ``typ`` of the header should be.

    Raises:
        FormatError: it is no string, or no SD-JWT; see ``sd_jwt.parse``.

    """
    if not isinstance(text, str):
        raise FormatError("credential-type", f"the credential is {json_type(text)}, not a string")
    parsed = sd_jwt.parse(text)
    problems = (
        *_typ_problems(parsed.jws.header, typ),
        *jwt_claims.type_problems(parsed.claims, _CLAIM_TYPES),
        *_vct_problems(parsed.claims),
        *jwt_claims.uri_problems(parsed.claims),
        *jwt_claims.confirmation_problems(parsed.claims),
        *_disclosure_problems(parsed),
    )
    return SdJwtVc(parsed, problems)


def read_earlier(text: Any) -> SdJwtVc:
    """Read a credential of the format ``vc+sd-jwt``, the earlier name, as issued.

    Raises:
        FormatError: as with :func:`read`.

    """
    return read(text, EARLIER_TYPE)


def _typ_problems(header: Mapping[str, Json], typ: str) -> Iterable[Problem]:
    if "typ" not in header:
        yield Problem("typ-missing", "the header has no typ", "header")
    elif header["typ"] != typ:
        yield Problem("typ-wrong", f"typ is {shown(header['typ'])} instead of {typ}", "header/typ")


def _vct_problems(claims: Mapping[str, Json]) -> Iterable[Problem]:
    vct, promised = claims.get("vct"), claims.get("vct#integrity")
    if "vct" not in claims:
        yield Problem("vct-missing", "the payload has no vct", "")
    elif isinstance(vct, str) and ":" not in vct and "." not in vct and not _UUID.fullmatch(vct):
        yield Problem("vct-no-collision-resistant-name", f"{shown(vct)} is a bare name", "/vct")
    if isinstance(promised, str) and not integrity.hashes(promised):
        yield Problem("vct-integrity", "no integrity metadata in vct#integrity", "/vct#integrity")


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
