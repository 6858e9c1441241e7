"""W3C credentials as JWTs: the formats ``jwt_vc_json`` and ``jwt_vc_json-ld`` (OpenID4VCI 1.0 appendix A.1).

How a JWT carries the credential depends on the version of the data model, told by the base context:

- 1.1 (VC Data Model 1.1 section 6.3.1): in the claim ``vc``, parts of which registered claims may replace;
- 2.0 (Securing Verifiable Credentials using JOSE and COSE): the payload is the credential.

Without a base context the claim ``vc``, then ``typ``, then the properties of the credential decide.

Problems of :func:`read`, with version 1.1:

- ``vc-missing``, ``vc-form``: no claim ``vc``, or no object.
- ``typ-wrong``: ``typ`` is not ``JWT``.
- ``exp-missing``, ``iss-missing``, ``nbf-missing``, ``jti-missing``, ``sub-missing``: the claim is not there,
  although the credential has what it stands for.
- ``exp-other``, ``iss-other``, ``nbf-other``, ``jti-other``, ``sub-other``: it says something else.

With version 2.0 (sections of VC-JOSE-COSE):

- ``vc-present``, ``vp-present``: a claim ``vc`` or ``vp`` (1.1.2.1).
- ``payload-not-credential``: the credential is in ``vc``, not the payload (3.1.1).
- ``typ-missing``, ``typ-wrong``: ``typ`` is not ``vc+jwt`` (3.1.1).
- ``cty-wrong``: ``cty`` is a type that is less specific than ``vc`` or names something else (3.1.1).
- ``nbf-present``: a claim ``nbf`` (3.1.3).
- ``iss-other``, ``jti-other``, ``sub-other``: the claim, or ``iss`` of the header, contradicts the credential
  (4.1.2, 3.1.3).
- ``kid-missing``: no ``kid`` although the issuer is a DID and no certificate names its key (4.1.1).
- ``kid-relative``: ``kid`` is no absolute URL although the issuer is a DID and there is no ``iss`` (4.3).
- ``kid-no-thumbprint``: ``kid`` is a URL chosen by the issuer and contains no thumbprint URI (4.3).

With both:

- ``duplicate-name``: a claim, or a member of an object below, stands twice (RFC 7519 section 4).
- those of ``vcdm``, for the credential as completed from the registered claims.
- those of ``jose`` and ``jwt_claims``.

Problems of :meth:`JwtVc.validity`: those of ``jwt_claims.validity`` and ``vcdm.validity``.

Errors: those of ``jose.parse_compact`` and ``strict_json.parse``, and

- ``credential-type``: no string (OpenID4VCI 1.0 appendix A.1.1.4).
- ``payload-not-object``: the payload is no JSON object (RFC 7519 section 7.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import date_time, jose, jwt_claims, strict_json, vcdm
from harness.formats.clock import SKEW_S
from harness.formats.problems import FormatError, Problem, json_type, located, shown
from harness.formats.signer import Signer
from harness.formats.status_reference import Reference, of_credential_status, of_status
from harness.formats.text import is_url
from harness.formats.vcdm import Version
from harness.model import Json

_TYPES_2_0 = ("vc+jwt", "vc+ld+jwt", "vc+ld+json+jwt")
"""``typ`` of version 2.0 and of its drafts."""
_LESS_OR_ELSE = frozenset({"json", "ld+json", "jwt", "vp", "vc+jwt", "vp+jwt", "octet-stream", "text/plain"})
"""Values of ``cty`` that are no subtype of ``vc``."""
_THUMBPRINT_URI = "urn:ietf:params:oauth:jwk-thumbprint:"
_FIXED_FRAGMENTS = ("did:jwk:", "did:key:")
"""DIDs whose method, not the issuer, says what the key is called."""


@dataclass(frozen=True)
class JwtVc:
    """A W3C credential in a JWT as read; nothing is said about its signature yet."""

    jws: jose.Jws
    payload: dict[str, Json]
    """The claims of the JWT."""
    version: Version
    """Of the data model."""
    place: str
    """JSON Pointer in the payload to the credential: ``/vc``, or empty where the payload is the credential."""
    document: dict[str, Json]
    """The credential; in version 1.1 completed from the registered claims (section 6.3.1, JWT Decoding)."""
    problems: tuple[Problem, ...]
    """Pointers lead into the payload, or into the header after ``header``."""

    @property
    def claims(self) -> Mapping[str, Json]:
        """The credential: claims path pointers begin at it (OpenID4VCI 1.0 appendix A.1.1.2, its example)."""
        return self.document

    @property
    def algorithm(self) -> str | None:
        """The ``alg`` of the header."""
        found = self.jws.header.get("alg")
        return found if isinstance(found, str) else None

    @property
    def expires(self) -> float | None:
        """The earliest of ``exp`` and the end that the credential names, in seconds since 1970."""
        ends = (jwt_claims.number(self.payload.get("exp")), vcdm.expires(self.stated))
        return min((end for end in ends if end is not None), default=None)

    @property
    def holder_key(self) -> dict[str, Json] | None:
        """The public key as JWK: that of ``cnf``, or of the subject that a did:jwk or did:key names."""
        confirmed = jwt_claims.confirmed_key({"cnf": self.confirmation})
        return confirmed or next(iter(vcdm.subject_keys(self.document)), None)

    @property
    def confirmation(self) -> Json:
        """The ``cnf`` of the claims or, in version 2.0, of the header (VC-JOSE-COSE 4.1.3); ``None`` without."""
        in_header = self.jws.header.get("cnf") if self.version is Version.V2_0 else None
        return self.payload.get("cnf", in_header)

    @property
    def signer(self) -> Signer:
        """What points at the issuer's key."""
        header = self.jws.header
        by_metadata = ("jwt-vc-issuer",) if self.version is Version.V2_0 else ()
        stated = vcdm.issuer_id(self.document)
        # Version 1.1 has a reader take the issuer from iss; in 2.0 an iss must not say anything else.
        claimed = self.payload.get("iss", header.get("iss"))
        issuer = stated if claimed is None or (by_metadata and stated is not None) else claimed
        return Signer(("x5c", "did", *by_metadata, "jwks"), issuer, header.get("kid"), header.get("x5c"))

    @property
    def stated(self) -> Mapping[str, Json]:
        """The credential as it came."""
        inner = self.payload.get("vc") if self.place else self.payload
        return inner if isinstance(inner, dict) else {}

    @property
    def status_references(self) -> tuple[Reference, ...]:
        """Where its status is published."""
        return of_credential_status(self.document.get("credentialStatus")) + of_status(self.payload.get("status"))

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge the times of the JWT and those of the credential.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        of_credential = located(self.place, vcdm.validity(self.stated, now, skew))
        return (*jwt_claims.validity(self.payload, now, skew), *of_credential)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed the JWT.

        Raises:
            SignatureError: it did not; see ``jose.verify``.

        """
        jose.verify(self.jws, jwk)


def read(raw: Any) -> JwtVc:
    """Read a credential of the format ``jwt_vc_json`` as issued.

    Raises:
        FormatError: it is no string, or no JWT.

    """
    if not isinstance(raw, str):
        raise FormatError("credential-type", f"the credential is {json_type(raw)}, not a string")
    jws = jose.parse_compact(raw)
    parsed = strict_json.parse(jws.payload)
    if not isinstance(parsed.value, dict):
        raise FormatError("payload-not-object", f"the payload is {json_type(parsed.value)}, not an object")
    payload = dict(parsed.value)
    version, place = _carried(payload, jws.header)
    stated = payload.get("vc") if place else payload
    document = dict(stated) if isinstance(stated, dict) else {}
    if version is Version.V1_1:
        own = _problems_1_1(jws.header, payload, document)
        document = _completed(document, payload)
    else:
        own = _problems_2_0(jws.header, payload, document, place)
    problems = (
        *jws.problems,
        *parsed.problems,
        *jwt_claims.type_problems(payload),
        *jwt_claims.uri_problems(payload),
        *jwt_claims.confirmation_problems(payload),
        *own,
        *located(place, vcdm.problems(document, version)),
    )
    return JwtVc(jws, payload, version, place, document, problems)


def read_json_ld(raw: Any) -> JwtVc:
    """Read a credential of the format ``jwt_vc_json-ld`` as issued; its form is that of ``jwt_vc_json``.

    Raises:
        FormatError: it is no string, or no JWT.

    """
    return read(raw)


def _carried(payload: Mapping[str, Json], header: Mapping[str, Json]) -> tuple[Version, str]:
    """Tell the version of the data model, and where in the payload the credential is."""
    at_top, inner = vcdm.version(payload), payload.get("vc")
    if at_top is Version.V2_0:
        return Version.V2_0, ""
    if "vc" in payload:
        return (vcdm.version(inner) if isinstance(inner, dict) else None) or Version.V1_1, "/vc"
    if at_top is None and _media_type(header.get("typ")) in _TYPES_2_0:
        return Version.V2_0, ""
    return at_top or vcdm.likely_version(payload), ""


def _media_type(value: Json) -> Json:
    """Give a ``typ`` or ``cty`` in lower case and without ``application/`` (RFC 7515 section 4.1.9)."""
    return value.lower().removeprefix("application/") if isinstance(value, str) else value


# Data model 1.1


def _problems_1_1(
    header: Mapping[str, Json], payload: Mapping[str, Json], document: Mapping[str, Json]
) -> Iterator[Problem]:
    if "vc" not in payload:
        yield Problem("vc-missing", "the payload has no vc", "")
    elif not isinstance(payload["vc"], dict):
        yield Problem("vc-form", f"vc is {json_type(payload['vc'])}", "/vc")
    if _media_type(header.get("typ", "JWT")) != "jwt":
        yield Problem("typ-wrong", f"typ is {shown(header['typ'])} instead of JWT", "header/typ")
    yield from _date_problems(payload, document, "exp", "expirationDate")
    yield from _date_problems(payload, document, "nbf", "issuanceDate")
    yield from _name_problems(payload, [vcdm.issuer_id(document)], "iss", "issuer")
    yield from _name_problems(payload, [document.get("id")], "jti", "id")
    ids = vcdm.subject_ids(document)
    # One sub cannot stand for several subjects; it is one of them, if it is there at all.
    if len(ids) <= 1 or "sub" in payload:
        yield from _name_problems(payload, list(ids), "sub", "the id of the subject")


def _date_problems(
    payload: Mapping[str, Json], document: Mapping[str, Json], claim: str, name: str
) -> Iterator[Problem]:
    time = date_time.seconds(document.get(name))
    if name in document and claim not in payload:
        yield Problem(f"{claim}-missing", f"the credential has {name}, the JWT no {claim}", "")
    number = jwt_claims.number(payload.get(claim))
    if time is None or number is None:
        return
    # The claim may be rounded to seconds, and a time without zone may be meant in any.
    tolerance = 1 if date_time.has_zone(document[name]) else date_time.FARTHEST_ZONE_S + 1
    if abs(time - number) >= tolerance:
        yield Problem(
            f"{claim}-other", f"{claim} and {name} are {abs(time - number):.0f} seconds apart", f"/{claim}"
        )


def _name_problems(payload: Mapping[str, Json], stated: list[Json], claim: str, name: str) -> Iterator[Problem]:
    names = [value for value in stated if isinstance(value, str)]
    if names and claim not in payload:
        yield Problem(f"{claim}-missing", f"the credential has {name}, the JWT no {claim}", "")
    elif names and payload[claim] not in names:
        yield Problem(f"{claim}-other", f"{claim} is not {name}", f"/{claim}")


def _completed(document: Mapping[str, Json], payload: Mapping[str, Json]) -> dict[str, Json]:
    """Add what registered claims say and the credential does not."""
    said: dict[str, Json] = {"issuer": payload.get("iss"), "id": payload.get("jti")}
    for name, claim in (("issuanceDate", "nbf"), ("expirationDate", "exp")):
        number = jwt_claims.number(payload.get(claim))
        said[name] = None if number is None else date_time.written(number)
    found = {name: value for name, value in said.items() if value is not None} | dict(document)
    subject, sub = document.get("credentialSubject"), payload.get("sub")
    if isinstance(sub, str) and isinstance(subject, dict):
        found["credentialSubject"] = {"id": sub, **subject}
    elif isinstance(sub, str) and isinstance(subject, list) and len(subject) == 1 and isinstance(subject[0], dict):
        found["credentialSubject"] = [{"id": sub, **subject[0]}]
    return found


# Data model 2.0


def _problems_2_0(
    header: Mapping[str, Json], payload: Mapping[str, Json], document: Mapping[str, Json], place: str
) -> Iterator[Problem]:
    for name in ("vc", "vp"):
        if name in payload:
            yield Problem(f"{name}-present", f"the payload has {name}", f"/{name}")
    if place:
        yield Problem("payload-not-credential", "the credential is in vc", place)
    if "typ" not in header:
        yield Problem("typ-missing", "the header has no typ", "header")
    elif _media_type(header["typ"]) != "vc+jwt":
        yield Problem("typ-wrong", f"typ is {shown(header['typ'])} instead of vc+jwt", "header/typ")
    content = _media_type(header.get("cty", "vc"))
    if not isinstance(content, str) or content in _LESS_OR_ELSE:
        yield Problem("cty-wrong", f"cty is {shown(content)} instead of vc", "header/cty")
    if "nbf" in payload:
        yield Problem("nbf-present", "the payload has nbf", "/nbf")
    yield from _contradictions(header, payload, document)
    yield from _kid_problems(header, payload, document)
    confirmation = {name: header[name] for name in ("cnf",) if name in header}
    of_key = (*jwt_claims.type_problems(confirmation), *jwt_claims.confirmation_problems(confirmation))
    yield from located("header", of_key)


def _contradictions(
    header: Mapping[str, Json], payload: Mapping[str, Json], document: Mapping[str, Json]
) -> Iterator[Problem]:
    issuer, ids = vcdm.issuer_id(document), vcdm.subject_ids(document)
    for where, members in (("/iss", payload), ("header/iss", header)):
        if issuer is not None and "iss" in members and members["iss"] != issuer:
            yield Problem("iss-other", "iss is not the issuer of the credential", where)
    if isinstance(document.get("id"), str) and payload.get("jti", document["id"]) != document["id"]:
        yield Problem("jti-other", "jti is not the id of the credential", "/jti")
    if ids and "sub" in payload and payload["sub"] not in ids:
        yield Problem("sub-other", "sub is not the id of the subject", "/sub")


def _kid_problems(
    header: Mapping[str, Json], payload: Mapping[str, Json], document: Mapping[str, Json]
) -> Iterator[Problem]:
    issuer, kid = vcdm.issuer_id(document), header.get("kid")
    is_did = issuer is not None and issuer.startswith("did:")
    if is_did and "x5c" not in header:
        if kid is None:
            yield Problem("kid-missing", "the issuer is a DID and the header has no kid", "header")
        elif "iss" not in payload and "iss" not in header and not is_url(kid):
            yield Problem("kid-relative", f"kid is {shown(kid)}, no absolute URL", "header/kid")
    if (
        isinstance(kid, str)
        and is_url(kid)
        and not kid.startswith(_FIXED_FRAGMENTS)
        and _THUMBPRINT_URI not in kid
    ):
        yield Problem("kid-no-thumbprint", "kid is a URL without the thumbprint of the key", "header/kid")
