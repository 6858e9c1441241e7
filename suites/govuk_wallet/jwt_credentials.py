"""JWT credentials: docs.wallet.service.gov.uk, Issue a credential, from Header to Signature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import date_time, did, jose, jwt_vc, vcdm
from harness.formats.clock import SKEW_S
from harness.formats.did import DidError
from harness.formats.problems import FormatError, json_type
from harness.formats.signatures import SignatureError
from harness.formats.vcdm import Version
from harness.transport import Reply
from harness.wallet.metadata import Issuer
from suites.govuk_wallet.did_document import methods_of
from suites.govuk_wallet.key_set import is_p256
from suites.oid4vci._problems import at

check = partial(area("GOV.UK Wallet: JWT credential", per=Per.SCENARIO), applies=when.govuk_jwt)

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DIGITS = re.compile(r"[0-9]+")
_KEY_ID = re.compile(r"did:web:[a-z0-9.#\-_:]+")
"""What the official test harness takes as ``kid``."""
_PORT = re.compile(r"%3[Aa][0-9]+")


def _within(credential: IssuedCredential, place: str) -> dict[str, Any]:
    """Say where in a credential an expectation looks."""
    return {"at": credential.exchange, "pointer": at(credential).inside(place)}


def holder(credential: IssuedCredential) -> str:
    """Give the did:key of the proof's key.

    Raises:
        Blocked: no key was proven.

    """
    try:
        return did.did_key(credential.keys[0])
    except (IndexError, DidError) as error:
        raise Blocked("the request had no proof whose key has a did:key") from error


@check(
    "govuk-jwt-form",
    requires=["VCI14-A.1.1.5-01"],
    proven_by={
        "govuk-credential:object": "GOVUK-JWT-FORM",
        "govuk-credential:encoded-again": "GOVUK-JWT-FORM",
    },
)
async def the_credential_is_a_jwt(credential: IssuedCredential, expect: Expect) -> None:
    """A JWT credential is a string, a JWS in compact form that is not encoded again."""
    observed = json_type(credential.raw)
    try:
        jwt_vc.read(credential.raw)
        readable = True
    except FormatError as error:
        observed, readable = error.detail, False
    expect.that(
        readable,
        "GOVUK-JWT-FORM",
        "a JWS in compact form",
        observed,
        at=credential.exchange,
        pointer=credential.pointer,
    )


@check(
    "govuk-jwt-header",
    requires=["GOVUK-JWTVC-01", "GOVUK-JWTVC-02", "GOVUK-JWTVC-03"],
    proven_by={
        "govuk-vc:alg-other": "GOVUK-JWT-ALG",
        "govuk-vc:typ-missing": "GOVUK-JWT-TYP",
        "govuk-vc:typ-other": "GOVUK-JWT-TYP",
        "govuk-vc:cty-missing": "GOVUK-JWT-CTY",
        "govuk-vc:cty-other": "GOVUK-JWT-CTY",
    },
)
async def the_header_is_that_of_the_page(credential: IssuedCredential, expect: Expect) -> None:
    """The header of a JWT credential has the alg ES256, the typ vc+jwt and the cty vc."""
    header = credential.jwt_vc.jws.header
    for name, wanted, requirement in (
        ("alg", "ES256", "GOVUK-JWTVC-01"),
        ("typ", "vc+jwt", "GOVUK-JWTVC-02"),
        ("cty", "vc", "GOVUK-JWTVC-03"),
    ):
        expect.that(
            header.get(name) == wanted,
            f"GOVUK-JWT-{name.upper()}",
            f"the {name} {wanted}",
            header.get(name),
            **_within(credential, f"header/{name}"),
            requirement=requirement,
        )


@check(
    "govuk-jwt-official",
    requires=["GOVUK-JWTVC-05", "GOVUK-JWTVC-06"],
    proven_by={
        "govuk-vc:further-header": "GOVUK-JWT-PARAMETER",
        "govuk-vc:kid-capitals": "GOVUK-JWT-KEY-ID-LETTERS",
    },
)
async def the_header_has_nothing_else(credential: IssuedCredential, issuer: Issuer, expect: Expect) -> None:
    """The header has alg, typ, cty and kid only, and the kid has no capitals."""
    header = credential.jwt_vc.jws.header
    further = sorted(set(header) - {"alg", "typ", "cty", "kid"})
    expect.that(
        not further,
        "GOVUK-JWT-PARAMETER",
        "no header parameters but alg, typ, cty and kid",
        f"also {', '.join(further)}",
        **_within(credential, "header"),
    )
    kid = header.get("kid")
    if isinstance(kid, str) and kid.startswith("did:web:"):
        # An issuer in development may be on a port, of which the test harness knows nothing.
        plain = _PORT.sub("", kid, count=1) if urlsplit(issuer.identifier).port else kid
        expect.that(
            _KEY_ID.fullmatch(plain) is not None,
            "GOVUK-JWT-KEY-ID-LETTERS",
            "lower-case letters, digits, dots, hyphens, underscores, colons and #",
            kid,
            **_within(credential, "header/kid"),
            requirement="GOVUK-JWTVC-06",
        )


@check(
    "govuk-jwt-signature",
    requires=["GOVUK-JWTSIG-01"],
    proven_by={
        "govuk-vc:signature": "GOVUK-JWT-SIGNATURE",
        "govuk-did-document:key-other": "GOVUK-JWT-SIGNATURE",
    },
)
async def the_signature_verifies(credential: IssuedCredential, did_document: Reply, expect: Expect) -> None:
    """A JWT credential is signed with the key on P-256 that its kid names in the DID document."""
    jws = credential.jwt_vc.jws
    if jws.header.get("alg") != "ES256":
        raise Blocked(f"the alg is {jws.header.get('alg')!r}")
    named = [method for method in methods_of(did_document) if method.get("id") == jws.header.get("kid")]
    jwk = named[0].get("publicKeyJwk") if named else None
    if not isinstance(jwk, dict) or not is_p256(jwk):
        raise Blocked("the kid names no key on P-256 of the DID document")
    public = {name: jwk[name] for name in ("kty", "crv", "x", "y")}
    observed = "it does"
    try:
        jose.verify(jws, public, {"ES256"})
    except SignatureError as error:
        observed = error.detail
    expect.that(
        observed == "it does",
        "GOVUK-JWT-SIGNATURE",
        "a signature that verifies with the key of the DID document",
        observed,
        **_within(credential, "signature"),
    )


@check(
    "govuk-jwt-types",
    requires=["GOVUK-JWTVC-07", "GOVUK-JWTVC-12", "GOVUK-JWTVC-20"],
    proven_by={
        "govuk-vc:context-missing": "GOVUK-JWT-CONTEXT",
        "govuk-vc:context-order": "GOVUK-JWT-CONTEXT",
        "govuk-vc:type-missing": "GOVUK-JWT-TYPE",
        "govuk-vc:type-string": "GOVUK-JWT-TYPE",
        "govuk-vc:type-order": "GOVUK-JWT-TYPE",
        "govuk-vc:type-third": "GOVUK-JWT-TYPE-COUNT",
    },
)
async def context_and_type_begin_rightly(credential: IssuedCredential, expect: Expect) -> None:
    """The @context begins with that of the data model 2.0, and type, of two values, with VerifiableCredential."""
    payload = credential.jwt_vc.payload
    for name, first, code, requirement in (
        ("@context", vcdm.BASE_CONTEXTS[Version.V2_0], "GOVUK-JWT-CONTEXT", "GOVUK-JWTVC-07"),
        ("type", "VerifiableCredential", "GOVUK-JWT-TYPE", "GOVUK-JWTVC-12"),
    ):
        found = payload.get(name)
        expect.that(
            isinstance(found, list) and found[:1] == [first],
            code,
            f"an array that begins with {first}",
            found,
            **_within(credential, f"/{name}"),
            requirement=requirement,
        )
    types = payload.get("type")
    if isinstance(types, list):
        expect.that(
            len(types) <= 2,
            "GOVUK-JWT-TYPE-COUNT",
            "two values at most",
            types,
            **_within(credential, "/type"),
            requirement="GOVUK-JWTVC-20",
        )


@check(
    "govuk-jwt-issuer",
    requires=["GOVUK-JWTVC-09", "GOVUK-JWTVC-10"],
    proven_by={
        "govuk-vc:iss-missing": "GOVUK-JWT-ISS",
        "govuk-vc:iss-other": "GOVUK-JWT-ISS",
        "govuk-vc:issuer-missing": "GOVUK-JWT-ISSUER",
        "govuk-vc:issuer-other": "GOVUK-JWT-ISSUER",
    },
)
async def the_issuer_is_the_credential_issuer(
    credential: IssuedCredential, issuer: Issuer, expect: Expect
) -> None:
    """The iss is the URL of the Credential Issuer, and issuer is the same."""
    payload = credential.jwt_vc.payload
    if expect.that(
        payload.get("iss") == issuer.identifier,
        "GOVUK-JWT-ISS",
        issuer.identifier,
        payload.get("iss"),
        **_within(credential, "/iss"),
    ):
        expect.that(
            payload.get("issuer") == payload["iss"],
            "GOVUK-JWT-ISSUER",
            "the same as iss",
            payload.get("issuer"),
            **_within(credential, "/issuer"),
            requirement="GOVUK-JWTVC-10",
        )


@check(
    "govuk-jwt-subject",
    requires=["GOVUK-JWTVC-08", "GOVUK-JWTVC-21"],
    proven_by={
        "govuk-vc:subject-missing": "GOVUK-JWT-SUBJECT",
        "govuk-vc:subject-id-missing": "GOVUK-JWT-SUBJECT-ID",
        "govuk-vc:subject-id-other": "GOVUK-JWT-SUBJECT-ID",
    },
)
async def the_subject_is_an_object(credential: IssuedCredential, expect: Expect) -> None:
    """The credentialSubject is an object with claims, and has the identifier of sub."""
    payload = credential.jwt_vc.payload
    subject = payload.get("credentialSubject")
    if expect.that(
        isinstance(subject, dict) and bool(set(subject) - {"id"}),
        "GOVUK-JWT-SUBJECT",
        "an object with claims",
        json_type(subject) if not isinstance(subject, dict) else "an object without claims",
        **_within(credential, "/credentialSubject"),
    ):
        assert isinstance(subject, dict)
        # A sub that is not the holder's is another finding.
        expect.that(
            subject.get("id") in (payload.get("sub") or holder(credential), holder(credential)),
            "GOVUK-JWT-SUBJECT-ID",
            "an id that is the same as sub",
            subject.get("id"),
            **_within(credential, "/credentialSubject/id"),
            requirement="GOVUK-JWTVC-21",
        )


_SPELLINGS = ("fraction", "offset", "date", "trailing")


@check(
    "govuk-jwt-dates",
    requires=["GOVUK-JWTVC-13", "GOVUK-JWTVC-15", "GOVUK-JWTVC-19"],
    proven_by={
        **{f"govuk-vc:end-{spelling}": "GOVUK-JWT-END" for spelling in (*_SPELLINGS, "number")},
        **{f"govuk-vc:update-{spelling}": "GOVUK-JWT-UPDATE" for spelling in (*_SPELLINGS, "offset-hour")},
        **{f"govuk-vc:begin-{spelling}": "GOVUK-JWT-BEGIN" for spelling in _SPELLINGS},
    },
)
async def dates_are_in_utc_with_seconds(credential: IssuedCredential, expect: Expect) -> None:
    """The validUntil, expectedUpdate and validFrom that a JWT credential has are in UTC, with whole seconds."""
    payload = credential.jwt_vc.payload
    dates = (
        ("validUntil", "GOVUK-JWT-END", "GOVUK-JWTVC-13"),
        ("expectedUpdate", "GOVUK-JWT-UPDATE", "GOVUK-JWTVC-15"),
        ("validFrom", "GOVUK-JWT-BEGIN", "GOVUK-JWTVC-19"),
    )
    # That one has to be there is for the checks of what it is for.
    if not any(name in payload for name, _, _ in dates):
        raise Blocked("the credential has no dates")
    for name, code, requirement in dates:
        found = payload.get(name)
        if name in payload:
            expect.that(
                isinstance(found, str) and bool(_TIME.fullmatch(found)) and date_time.seconds(found) is not None,
                code,
                "a time such as 2026-04-09T22:59:59Z",
                found,
                **_within(credential, f"/{name}"),
                requirement=requirement,
            )


@check(
    "govuk-jwt-numeric-dates",
    requires=["GOVUK-JWTVC-17", "GOVUK-JWTVC-18"],
    proven_by={
        "govuk-vc:iat-date": "GOVUK-JWT-IAT",
        "govuk-vc:iat-milliseconds": "GOVUK-JWT-IAT",
        "govuk-vc:iat-text": "GOVUK-JWT-TIME-TEXT",
        "govuk-vc:exp-text": "GOVUK-JWT-TIME-TEXT",
    },
)
async def times_are_numbers_of_seconds(credential: IssuedCredential, expect: Expect) -> None:
    """The iat is in seconds since 1970, and iat, nbf and exp are JSON numbers."""
    payload = credential.jwt_vc.payload
    issued = _seconds(payload, "iat")
    expect.that(
        "iat" not in payload or (issued is not None and issued <= credential.received + _FAR_S),
        "GOVUK-JWT-IAT",
        "an iat in seconds since 1970",
        payload.get("iat"),
        **_within(credential, "/iat"),
    )
    texts = [name for name in ("iat", "nbf", "exp") if _is_digits(payload.get(name))]
    expect.that(
        not texts,
        "GOVUK-JWT-TIME-TEXT",
        "iat, nbf and exp as numbers",
        {name: payload[name] for name in texts},
        **_within(credential, f"/{texts[0]}" if texts else ""),
        requirement="GOVUK-JWTVC-18",
    )


_FAR_S = 100 * 365 * 24 * 3600 + SKEW_S
"""What is issued so far ahead is not in seconds."""


def _is_digits(value: Any) -> bool:
    return isinstance(value, str) and _DIGITS.fullmatch(value) is not None


def _seconds(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if _is_digits(value):
        return float(str(value))
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
