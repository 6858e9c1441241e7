"""Signed metadata: OpenID4VCI 1.0 sections 12.2.2 and 12.2.3, RFC 7515 section 4.1.6.

An issuer need not have it: the wallet asks for it once, and the checks apply when a signed document comes.
"""

from __future__ import annotations

from typing import Any

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.formats import jose
from harness.formats.clock import SKEW_S
from harness.formats.strict_json import integer
from harness.wallet.metadata import Issuer
from harness.wallet.signed_metadata import MEDIA_TYPE, SignedMetadata
from suites.oid4vci._parts import Judge, Part
from suites.oid4vci._problems import Place, Rule, judge

check = area("Signed Metadata")

_TYPE = "openidvci-issuer-metadata+jwt"
_APART = frozenset({"display", "signed_metadata"})
"""Which languages come is the issuer's choice for each request; and earlier drafts had the signed form inside the
unsigned one, which it cannot have in itself."""
_CHAIN_PROBLEMS = (
    "certificate-expired certificate-not-yet-valid certificate-critical-extension certificate-extensions "
    "certificate-encoding issuer-not-ca issuer-key-usage path-length leaf-key-usage leaf-self-signed"
)


@check(
    "signed-metadata-response",
    requires=["VCI-12.2.2-08", "VCI-12.2.2-03", "VCI-12.2.3-01", "RFC7519-4-02", "RFC7515-4-02", "HAIP-4.1-04"],
    proven_by={
        "signed-metadata-response:content-type": "SIGNED-METADATA-CONTENT-TYPE",
        "signed-metadata-response:status-201": "SIGNED-METADATA-STATUS",
        "signed-metadata-response:json": "SIGNED-METADATA-FORM",
        "signed-metadata:duplicate-claim": "SIGNED-METADATA-DUPLICATE-NAME",
    },
    applies=when.signed_metadata,
)
async def the_response_is_a_jwt(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """Signed metadata is a JWT and comes with the status 200 and the media type application/jwt."""
    reply = signed_metadata.reply
    expect.that(
        reply.media_type == MEDIA_TYPE,
        "SIGNED-METADATA-CONTENT-TYPE",
        MEDIA_TYPE,
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
    )
    expect.that(
        reply.status == 200,
        "SIGNED-METADATA-STATUS",
        "HTTP 200",
        f"HTTP {reply.status}",
        at=reply,
        requirement="VCI-12.2.2-03",
    )
    expect.that(
        signed_metadata.jws is not None and bool(signed_metadata.claims),
        "SIGNED-METADATA-FORM",
        "a JWS in compact form with a JSON object as its payload",
        reply.gist,
        at=reply,
        requirement="VCI-12.2.3-01",
    )
    header = signed_metadata.jws.problems if signed_metadata.jws else ()
    payload = signed_metadata.document.problems if signed_metadata.document else ()
    for problems, what, requirement in (
        (header, "header parameter", "RFC7515-4-02"),
        (payload, "claim", "RFC7519-4-02"),
    ):
        judge(
            expect,
            Place(reply.exchange),
            problems,
            Rule("duplicate-name", "SIGNED-METADATA-DUPLICATE-NAME", f"each {what} once", requirement),
        )


@check(
    "signed-metadata-header",
    requires=["VCI-12.2.3-02", "VCI-12.2.3-03", "VCI-12.2.3-04"],
    proven_by={
        "signed-metadata:alg-none": "SIGNED-METADATA-ALGORITHM-UNSAFE",
        "signed-metadata:alg-symmetric": "SIGNED-METADATA-ALGORITHM-UNSAFE",
        "signed-metadata:alg-missing": "SIGNED-METADATA-ALGORITHM",
        "signed-metadata:typ-missing": "SIGNED-METADATA-TYPE",
        "signed-metadata:typ-other": "SIGNED-METADATA-TYPE",
    },
    applies=when.signed_metadata & when.signed_claims,
)
async def the_header_names_type_and_algorithm(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """The header names a digital signature algorithm and the type of signed metadata."""
    words = Judge(expect, signed_metadata.reply.exchange)
    header = Part(signed_metadata.jws.header if signed_metadata.jws else {}, "header")
    alg, typ = header.get("alg"), header.get("typ")
    unsafe = alg.value in ("none", *jose.SYMMETRIC_ALGORITHMS)
    # The registry is an example; an ecosystem may have an algorithm of its own.
    words.that(
        isinstance(alg.value, str) and bool(alg.value),
        "SIGNED-METADATA-ALGORITHM",
        "alg, a digital signature algorithm",
        alg,
        "VCI-12.2.3-02",
    )
    words.that(
        not unsafe,
        "SIGNED-METADATA-ALGORITHM-UNSAFE",
        "an algorithm that is neither none nor symmetric",
        alg,
        "VCI-12.2.3-03",
    )
    words.that(typ.value == _TYPE, "SIGNED-METADATA-TYPE", f"typ {_TYPE}", typ, "VCI-12.2.3-04")


@check(
    "signed-metadata-signature",
    requires=["VCI-12.2.3-01", "VCI15-11.2.3-07", "VCID14-10.2.3-07", "VCI13-11.2.3-09", "HAIP-4.1-05"],
    proven_by={
        "draft-metadata:signed-with-another-key": "SIGNED-METADATA-SIGNATURE",
        "signed-metadata:signature": "SIGNED-METADATA-SIGNATURE",
        "signed-metadata:alg-none": "SIGNED-METADATA-SIGNATURE",
        "signed-metadata:alg-symmetric": "SIGNED-METADATA-SIGNATURE",
        "signed-metadata:alg-missing": "SIGNED-METADATA-SIGNATURE",
        "signed-metadata:x5c-base64url": "SIGNED-METADATA-SIGNATURE",
    },
    applies=when.signed_metadata & when.signed_claims & when.signed_metadata_key,
)
async def the_signature_verifies(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """The signature verifies with the key of the signer."""
    jws, signer = signed_metadata.jws, signed_metadata.signer
    complaint = signer.missing if signer else "it is no JWS"
    if jws is not None and signer is not None and signer.jwk is not None:
        try:
            jose.verify(jws, signer.jwk)
            complaint = ""
        except jose.SignatureError as error:
            algorithm = jws.header.get("alg")
            if isinstance(algorithm, str) and algorithm not in jose.JWS_ALGORITHMS:
                raise Blocked(f"this version cannot verify signatures of the algorithm {algorithm!r}") from error
            complaint = error.detail
    expect.that(
        not complaint,
        "SIGNED-METADATA-SIGNATURE",
        "a signature that verifies",
        complaint,
        at=signed_metadata.reply,
    )


@check(
    "signed-metadata-certificates",
    requires=["RFC7515-4.1.6-04", "RFC7515-4.1.6-01", "RFC7515-4.1.6-03", "HAIP-4.1-05"],
    proven_by={
        "signed-metadata:x5c-expired": "SIGNED-METADATA-CERTIFICATE",
        "signed-metadata:x5c-base64url": "SIGNED-METADATA-X5C",
        "signed-metadata:x5c-broken-chain": "SIGNED-METADATA-CHAIN",
    },
    applies=when.signed_metadata & when.signed_metadata_x5c,
)
async def the_certificates_are_valid(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """The certificates in x5c are well-formed and valid, and each certifies the one before it."""
    judge(
        expect,
        Place(signed_metadata.reply.exchange),
        signed_metadata.signer.problems if signed_metadata.signer else (),
        Rule(
            "x5c-malformed x5c-too-long x5c-base64 x5c-certificate certificate-key",
            "SIGNED-METADATA-X5C",
            "an array of certificates, each DER in base64",
            "RFC7515-4.1.6-01",
        ),
        Rule("chain-broken", "SIGNED-METADATA-CHAIN", "an unbroken chain", "RFC7515-4.1.6-03"),
        Rule(_CHAIN_PROBLEMS, "SIGNED-METADATA-CERTIFICATE", "valid certificates", "RFC7515-4.1.6-04"),
    )


@check(
    "signed-metadata-subject",
    requires=["VCI-12.2.3-05", "VCI-12.2.3-09"],
    proven_by={
        "signed-metadata:sub-missing": "SIGNED-METADATA-SUBJECT",
        "signed-metadata:sub-other": "SIGNED-METADATA-SUBJECT",
        "signed-metadata:iss-number": "SIGNED-METADATA-ISSUER",
    },
    applies=when.signed_metadata & when.signed_claims,
)
async def the_subject_is_the_issuer(issuer: Issuer, signed_metadata: SignedMetadata, expect: Expect) -> None:
    """The sub is the Credential Issuer Identifier; iss, when present, is a string."""
    words, claims = Judge(expect, signed_metadata.reply.exchange), Part(signed_metadata.claims, "")
    subject = claims.get("sub")
    words.that(subject.value == issuer.identifier, "SIGNED-METADATA-SUBJECT", issuer.identifier, subject)
    attester = claims.get("iss")
    right = "iss" not in claims or isinstance(attester.value, str)
    words.that(right, "SIGNED-METADATA-ISSUER", "a string", attester, "VCI-12.2.3-09")


@check(
    "signed-metadata-times",
    requires=["VCI-12.2.3-06", "VCI-12.2.3-07", "VCI-12.2.3-08"],
    proven_by={
        "signed-metadata:iat-missing": "SIGNED-METADATA-ISSUED-AT",
        "signed-metadata:iat-string": "SIGNED-METADATA-ISSUED-AT",
        "signed-metadata:iat-future": "SIGNED-METADATA-FUTURE",
        "signed-metadata:exp-string": "SIGNED-METADATA-EXPIRES",
        "signed-metadata:expired": "SIGNED-METADATA-EXPIRED",
    },
    applies=when.signed_metadata & when.signed_claims,
)
async def the_times_are_right(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """It was issued in the past, by iat, an integer; it has not expired, by exp, an integer when it is there."""
    words, claims = Judge(expect, signed_metadata.reply.exchange), Part(signed_metadata.claims, "")
    now = signed_metadata.received
    issued, expires = (integer(claims.get(name).value) for name in ("iat", "exp"))
    words.that(issued is not None, "SIGNED-METADATA-ISSUED-AT", "an integer", claims.get("iat"), "VCI-12.2.3-06")
    words.that(
        issued is None or issued <= now + SKEW_S,
        "SIGNED-METADATA-FUTURE",
        f"a time of issuance, no later than {int(now)}",
        claims.get("iat"),
        "VCI-12.2.3-06",
    )
    right = "exp" not in claims or expires is not None
    words.that(right, "SIGNED-METADATA-EXPIRES", "an integer", claims.get("exp"), "VCI-12.2.3-07")
    words.that(
        expires is None or expires > now - SKEW_S,
        "SIGNED-METADATA-EXPIRED",
        f"a time later than {int(now)}",
        claims.get("exp"),
        "VCI-12.2.3-08",
    )


@check(
    "signed-metadata-same",
    requires=["VCI-12.2.3-10"],
    proven_by={
        "signed-metadata:nested": "SIGNED-METADATA-MEMBERS-MISSING",
        "signed-metadata:configurations-missing": "SIGNED-METADATA-MEMBERS-MISSING",
        "signed-metadata:differing": "SIGNED-METADATA-DIFFERS",
    },
    applies=when.signed_metadata & when.signed_claims,
)
async def it_says_what_the_unsigned_document_says(
    issuer: Issuer, signed_metadata: SignedMetadata, expect: Expect
) -> None:
    """All parameters of the unsigned metadata are claims at the top level, with the same values."""
    claims, plain = signed_metadata.claims, issuer.metadata
    names = [name for name in plain if name not in _APART]
    missing = [name for name in names if name not in claims]
    expect.that(
        not missing,
        "SIGNED-METADATA-MEMBERS-MISSING",
        "all parameters of the unsigned metadata as claims",
        f"no {show(missing)}",
        at=signed_metadata.reply,
    )
    common = [name for name in names if name in claims]
    other = [name for name in common if _lasting(plain[name]) != _lasting(claims[name])]
    expect.that(
        not other,
        "SIGNED-METADATA-DIFFERS",
        "the values of the unsigned metadata",
        f"other values of {show(other)}",
        at=signed_metadata.reply,
    )


def _lasting(value: Any) -> Any:
    """Give a value without the display texts in it."""
    if isinstance(value, dict):
        return {name: _lasting(inner) for name, inner in value.items() if name != "display"}
    return [_lasting(inner) for inner in value] if isinstance(value, list) else value
