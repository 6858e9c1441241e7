"""Issued W3C credentials in JWTs: OpenID4VCI 1.0 appendices A.1.1 and A.1.3, and how each data model uses JWTs.

For the data model 1.1 that is its own section 6.3.1, for 2.0 it is VC-JOSE-COSE. What the data models say of the
credential itself is in ``w3c_credentials``. Every credential of the shared Credential Response is judged alone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import base64url, jose, jwt_vc, strict_json, vcdm
from harness.formats.jwk import is_private_or_symmetric, same_key
from harness.formats.problems import FormatError, json_type
from harness.formats.signature_suites import SIGNATURE_SUITES
from harness.formats.vcdm import Version
from harness.trust.found import IssuerKey
from suites.oid4vci._encodings import is_encoded_again
from suites.oid4vci._problems import Place, Rule, at, judge
from suites.oid4vci._signatures import (
    expect_chain,
    expect_first_certificate,
    expect_signature,
    expect_trusted,
    has_signed,
    is_unknown,
    names_of,
)

check = partial(area("W3C Credentials as JWT", per=Per.SCENARIO), applies=when.jwt_vc)

_OLD = when.jwt_vc & when.data_model("1.1")
_NEW = when.jwt_vc & when.data_model("2.0")


# The serialization


@check(
    "jwt-vc-readable",
    requires=["VCI-A.1.1.4-01", "VCI-A.1.1.4-02", "VCI-A.1.3.4-01", "VCI-A.1.3.4-02", "VCJOSE-3.1.2-01"],
    proven_by={
        "jwt-vc:object": "JWTVC-NOT-STRING",
        "jwt-vc:encoded-again": "JWTVC-REENCODED",
        "jwt-vc:json-string": "JWTVC-REENCODED",
        "jwt-vc:json-serialized": "JWTVC-JSON-SERIALIZED",
        "jwt-vc:two-parts": "JWTVC-UNREADABLE",
        "jwt-vc:tilde": "JWTVC-UNREADABLE",
        "jwt-vc:padded": "JWTVC-UNREADABLE",
        "jwt-vc:payload-not-object": "JWTVC-UNREADABLE",
    },
)
async def credential_is_a_jwt(credential: IssuedCredential, expect: Expect) -> None:
    """The value of ``credential`` is a string that is a JWT, encoded once."""
    clause = "VCI-A.1.3.4" if credential.format == "jwt_vc_json-ld" else "VCI-A.1.1.4"
    raw = credential.raw
    that = partial(expect.that, at=credential.exchange, pointer=credential.pointer, requirement=f"{clause}-01")
    if not that(isinstance(raw, str), "JWTVC-NOT-STRING", "a string", json_type(raw)):
        return
    in_json = raw.lstrip().startswith("{")
    compact = partial(that, not in_json, "JWTVC-JSON-SERIALIZED", "the compact form", "a JSON text")
    if _model(raw) is Version.V2_0:
        compact(requirement="VCJOSE-3.1.2-01")
    if not compact():
        return
    again = "a JWT that is not encoded a second time"
    if that(
        not is_encoded_again(raw, _unreadable),
        "JWTVC-REENCODED",
        again,
        "a JWT inside another encoding",
        requirement=f"{clause}-02",
    ):
        problem = _unreadable(raw)
        that(problem is None, "JWTVC-UNREADABLE", "a JWT", problem.detail if problem else "")


def _model(text: str) -> Version | None:
    """Give the data model of a credential in a JWS, be that in compact form or in JSON; ``None`` without one."""
    try:
        payload = _payload_in_json(text) if text.lstrip().startswith("{") else jwt_vc.read(text).payload
    except FormatError:
        return None
    return vcdm.version(payload) if isinstance(payload, dict) else None


def _payload_in_json(text: str) -> Any:
    jws = strict_json.parse(text).value
    return strict_json.parse(base64url.decode(str(jws.get("payload")))).value


def _unreadable(text: str) -> FormatError | None:
    try:
        jwt_vc.read(text)
    except FormatError as error:
        return error
    return None


@check(
    "jwt-vc-names-unique",
    requires=["RFC7519-4-02", "RFC7515-4-02", "RFC8259-4-01"],
    proven_by={
        "jwt-vc:duplicate-claim": "JWTVC-CLAIM-TWICE",
        "jwt-vc:duplicate-header": "JWTVC-HEADER-TWICE",
        "jwt-vc:duplicate-member": "JWTVC-MEMBER-TWICE",
    },
)
async def names_are_unique(credential: IssuedCredential, expect: Expect) -> None:
    """No header parameter, no claim and no member of an object below stands twice."""
    repeated = [problem for problem in credential.jwt_vc.problems if problem.kind == "duplicate-name"]
    in_header = [problem for problem in repeated if (problem.pointer or "").startswith("header")]
    claims = [p for p in repeated if (p.pointer or "").count("/") == 1 and p not in in_header]
    members = [problem for problem in repeated if problem not in in_header and problem not in claims]
    header = Rule("duplicate-name", "JWTVC-HEADER-TWICE", "unique header parameters", "RFC7515-4-02")
    claim = Rule("duplicate-name", "JWTVC-CLAIM-TWICE", "unique claim names", "RFC7519-4-02")
    member = Rule("duplicate-name", "JWTVC-MEMBER-TWICE", "unique member names", "RFC8259-4-01")
    for problems, rule in ((in_header, header), (claims, claim), (members, member)):
        judge(expect, at(credential), problems, rule)


# The header


@check(
    "jwt-vc-type",
    requires=["VCDM1-6.3.1-05", "VCJOSE-3.1.1-03", "VCJOSE-3-01", "VCJOSE-3-02"],
    proven_by={
        "jwt-vc:typ-other": "JWTVC-TYPE",
        "jwt-vc:typ-of-other-model": "JWTVC-TYPE",
        "jwt-vc:typ-missing": "JWTVC-TYPE-MISSING",
    },
)
async def type_is_that_of_the_data_model(credential: IssuedCredential, expect: Expect) -> None:
    """The ``typ`` is ``JWT`` or missing for the data model 1.1, ``vc+jwt`` for 2.0."""
    rule = partial(Rule, "typ-wrong", "JWTVC-TYPE")
    judging = partial(judge, expect, at(credential), credential.jwt_vc.problems)
    if credential.jwt_vc.version is Version.V1_1:
        judging(rule("the typ JWT", "VCDM1-6.3.1-05"))
        return
    judging(Rule("typ-missing", "JWTVC-TYPE-MISSING", "the typ vc+jwt", "VCJOSE-3-01"))
    # JWT is the more general type, anything else the type of something else.
    general = str(credential.jwt_vc.jws.header.get("typ")).upper() == "JWT"
    judging(rule("the typ vc+jwt", "VCJOSE-3-02" if general else "VCJOSE-3.1.1-03"))


@check(
    "jwt-vc-content-type",
    requires=["VCJOSE-3.1.1-04"],
    applies=_NEW,
    proven_by={"jwt-vc:cty-other": "JWTVC-CONTENT-TYPE"},
)
async def content_type_is_that_of_credentials(credential: IssuedCredential, expect: Expect) -> None:
    """The ``cty``, if there is one, is ``vc`` or more specific."""
    rule = Rule("cty-wrong", "JWTVC-CONTENT-TYPE", "no cty, or vc", "VCJOSE-3.1.1-04")
    judge(expect, at(credential), credential.jwt_vc.problems, rule)


@check(
    "jwt-vc-critical-header",
    requires=["RFC7515-4.1.11-02", "RFC7515-4.1.11-03"],
    proven_by={"jwt-vc:crit-empty": "JWTVC-CRIT-EMPTY", "jwt-vc:crit-absent-name": "JWTVC-CRIT-NAMES"},
)
async def critical_headers_are_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """If there is a ``crit`` parameter, it names extensions that stand in the header, each once."""
    header = credential.jwt_vc.jws.header
    if expect.that(
        header.get("crit") != [],
        "JWTVC-CRIT-EMPTY",
        "no crit, or one with names",
        "an empty crit",
        at=credential.exchange,
        pointer=at(credential).inside("header/crit"),
    ):
        names = "extension parameters of the header, each once"
        rule = Rule("crit-malformed", "JWTVC-CRIT-NAMES", names, "RFC7515-4.1.11-03")
        judge(expect, at(credential), credential.jwt_vc.problems, rule)


@check(
    "jwt-vc-key-id-string",
    requires=["RFC7515-4.1.4-01"],
    proven_by={"jwt-vc:kid-number": "JWTVC-KEY-ID-STRING"},
)
async def key_id_is_a_string(credential: IssuedCredential, expect: Expect) -> None:
    """The header has no ``kid``, or one that is a string."""
    kid = credential.jwt_vc.jws.header.get("kid", "")
    expect.that(
        isinstance(kid, str),
        "JWTVC-KEY-ID-STRING",
        "no kid, or a string",
        kid,
        at=credential.exchange,
        pointer=at(credential).inside("header/kid"),
    )


@check(
    "jwt-vc-header-key",
    requires=["RFC7515-4.1.3-01"],
    proven_by={"jwt-vc:jwk-other": "JWTVC-HEADER-KEY-OTHER", "jwt-vc:jwk-private": "JWTVC-HEADER-KEY-PRIVATE"},
)
async def key_in_the_header_is_the_signers(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The header has no ``jwk``, or the public key that signed the credential."""
    jws = credential.jwt_vc.jws
    key = jws.header.get("jwk")
    that = partial(expect.that, at=credential.exchange, pointer=at(credential).inside("header/jwk"))
    if not that(
        not is_private_or_symmetric(key),
        "JWTVC-HEADER-KEY-PRIVATE",
        "no jwk, or a public key",
        "a private or symmetric key",
    ):
        return
    right = "jwk" not in jws.header or same_key(key, issuer_key.jwk) or has_signed(jws, key)
    if not right and is_unknown(jws.header.get("alg")):
        raise Blocked(f"this version cannot verify signatures of the algorithm {jws.header['alg']!r}")
    that(right, "JWTVC-HEADER-KEY-OTHER", "no jwk, or the key that signed", "another key")


@check(
    "jwt-vc-algorithm",
    requires=["VCDM1-6.3.1-03", "VCDM1-6.3.1-02", "VCJOSE-1.1.2.1-01", "VCJOSE-3.1.1-01"],
    proven_by={
        "jwt-vc:alg-missing": "JWTVC-ALGORITHM",
        "jwt-vc:alg-none": "JWTVC-ALGORITHM-NONE",
        "jwt-vc:alg-symmetric": "JWTVC-ALGORITHM",
    },
)
async def algorithm_is_a_digital_signature(credential: IssuedCredential, expect: Expect) -> None:
    """The credential is signed with a private key: ``alg`` is there, and neither ``none`` nor a MAC."""
    old = credential.jwt_vc.version is Version.V1_1
    algorithm = credential.jwt_vc.jws.header.get("alg")
    that = partial(expect.that, at=credential.exchange, pointer=at(credential).inside("header/alg"))
    if that(
        algorithm != "none",
        "JWTVC-ALGORITHM-NONE",
        "a signature",
        "none",
        requirement="VCDM1-6.3.1-02" if old else "VCJOSE-1.1.2.1-01",
    ):
        that(
            isinstance(algorithm, str) and algorithm not in jose.SYMMETRIC_ALGORITHMS,
            "JWTVC-ALGORITHM",
            "the name of a digital signature algorithm",
            algorithm,
            requirement="VCDM1-6.3.1-03" if old else "VCJOSE-3.1.1-01",
        )


@check(
    "jwt-vc-algorithm-announced",
    requires=["VCI-12.2.4-26"],
    applies=when.jwt_vc & when.configuration_has("credential_signing_alg_values_supported"),
    proven_by={
        "jwt-vc:alg-unlisted": "JWTVC-ALGORITHM-UNLISTED",
        "jwt-vc:alg-missing": "JWTVC-ALGORITHM-UNLISTED",
        "jwt-vc:alg-none": "JWTVC-ALGORITHM-UNLISTED",
        "jwt-vc:alg-symmetric": "JWTVC-ALGORITHM-UNLISTED",
    },
)
async def algorithm_is_announced(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """The credential is signed with one of the ``credential_signing_alg_values_supported``."""
    listed = shared.configuration["credential_signing_alg_values_supported"]
    algorithm = credential.jwt_vc.jws.header.get("alg")
    known = listed if isinstance(listed, list) else []
    # For JSON-LD the clause names the suites of Data Integrity (A.1.3.2), none of which says how a JWT is signed.
    by_suite = credential.format == "jwt_vc_json-ld" and any(
        isinstance(name, str) and name in SIGNATURE_SUITES for name in known
    )
    expect.that(
        by_suite or any(name in known for name in names_of(algorithm)),
        "JWTVC-ALGORITHM-UNLISTED",
        f"one of {listed}",
        algorithm,
        at=credential.exchange,
        pointer=at(credential).inside("header/alg"),
    )


# The signature and the key behind it


@check(
    "jwt-vc-signature",
    requires=["VCDM1-4.7-01", "VCDM2-1.3-01"],
    proven_by={
        "jwt-vc:signature": "JWTVC-SIGNATURE",
        "jwt-vc:payload-changed": "JWTVC-SIGNATURE",
        "jwt-vc:alg-missing": "JWTVC-SIGNATURE",
        "jwt-vc:alg-none": "JWTVC-SIGNATURE",
        "jwt-vc:alg-symmetric": "JWTVC-SIGNATURE",
        "jwt-vc:x5c-order": "JWTVC-SIGNATURE",
        "jwt-vc:iss-contradicting": "JWTVC-KEY-NOT-FOUND",
        "jwt-vc:kid-unknown": "JWTVC-KEY-NOT-FOUND",
        "did-document:method-missing": "JWTVC-KEY-NOT-FOUND",
        "jwt-vc:kid-other-did": "JWTVC-KEY-NOT-FOUND",
    },
)
async def signature_verifies(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The key of the credential's signer can be found, and the signature verifies with it."""
    old = credential.jwt_vc.version is Version.V1_1
    requirement = "VCDM1-4.7-01" if old else "VCDM2-1.3-01"
    expect_signature(
        credential, credential.jwt_vc.jws, issuer_key, expect, prefix="JWTVC", requirement=requirement
    )


@check(
    "jwt-vc-x5c-key",
    requires=["RFC7515-4.1.6-02"],
    applies=when.jwt_vc & when.x5c,
    proven_by={"jwt-vc:x5c-order": "JWTVC-X5C-ORDER"},
)
async def first_certificate_holds_the_key(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The key that signed the credential is in the first certificate of ``x5c``, not in a later one."""
    expect_first_certificate(credential, credential.jwt_vc.jws, issuer_key, expect, "JWTVC")


@check(
    "jwt-vc-x5c-chain",
    requires=["RFC7515-4.1.6-04", "RFC7515-4.1.6-01", "RFC7515-4.1.6-03"],
    applies=when.jwt_vc & when.x5c,
    proven_by={
        "jwt-vc:x5c-empty": "JWTVC-X5C-ENCODING",
        "jwt-vc:x5c-expired": "JWTVC-X5C-VALIDITY",
        "jwt-vc:x5c-order": ("JWTVC-X5C-CHAIN", "JWTVC-X5C-VALIDITY"),
    },
)
async def certificates_form_a_chain(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """``x5c`` is an array of DER certificates in base64, each certified by the next and valid now."""
    expect_chain(credential, issuer_key, expect, "JWTVC")


@check(
    "jwt-vc-x5c-trusted",
    requires=["RFC7515-4.1.6-04"],
    applies=when.jwt_vc & when.x5c & when.trust_anchors,
    proven_by={
        "jwt-vc:x5c-untrusted": "JWTVC-X5C-UNTRUSTED",
        "jwt-vc:x5c-expired": "JWTVC-X5C-UNTRUSTED",
    },
)
async def certificates_lead_to_an_anchor(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The certificates in ``x5c`` lead to one of the configured trust anchors."""
    expect_trusted(credential, issuer_key, expect, "JWTVC")


@check(
    "jwt-vc-key-id",
    requires=["VCJOSE-4.1.1-01", "VCJOSE-4.3-03", "VCJOSE-4.3-04"],
    applies=_NEW,
    proven_by={
        "jwt-vc:kid-missing": "JWTVC-KEY-ID-MISSING",
        "jwt-vc:kid-relative": "JWTVC-KEY-ID-RELATIVE",
        "jwt-vc:kid-without-thumbprint": "JWTVC-KEY-ID-THUMBPRINT",
    },
)
async def key_id_finds_the_key(credential: IssuedCredential, expect: Expect) -> None:
    """The ``kid`` of an issuer that is a DID is the absolute URL of its key, with the thumbprint of that."""
    judge(
        expect,
        at(credential),
        credential.jwt_vc.problems,
        Rule("kid-missing", "JWTVC-KEY-ID-MISSING", "a kid", "VCJOSE-4.1.1-01"),
        Rule("kid-relative", "JWTVC-KEY-ID-RELATIVE", "an absolute URL, or an iss", "VCJOSE-4.3-03"),
        Rule("kid-no-thumbprint", "JWTVC-KEY-ID-THUMBPRINT", "the thumbprint URI of the key", "VCJOSE-4.3-04"),
    )


@check(
    "jwt-vc-verification-method",
    requires=["VCJOSE-4.3-01", "VCJOSE-4.3-02"],
    applies=_NEW & when.signer_document,
    proven_by={
        "jwt-vc:kid-without-thumbprint": ("JWTVC-METHOD-TYPE", "JWTVC-METHOD-JWK"),
    },
)
async def key_is_a_json_web_key(issuer_key: IssuerKey, expect: Expect) -> None:
    """The verification method with the key is of the type ``JsonWebKey`` and has it in ``publicKeyJwk``."""
    if issuer_key.method is None:
        raise Blocked(issuer_key.missing)
    method, reply = issuer_key.method, issuer_key.replies[-1]
    members = _at(reply.object, method.pointer)
    that = partial(expect.that, at=reply, pointer=method.pointer)
    that(
        method.type == "JsonWebKey",
        "JWTVC-METHOD-TYPE",
        "the type JsonWebKey",
        method.type,
        requirement="VCJOSE-4.3-01",
    )
    that(
        isinstance(members, dict) and "publicKeyJwk" in members,
        "JWTVC-METHOD-JWK",
        "a publicKeyJwk",
        "none",
        requirement="VCJOSE-4.3-02",
    )


def _at(value: Any, pointer: str) -> Any:
    """Give what stands at a JSON Pointer of plain names; ``None`` when nothing does."""
    for part in pointer.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


# The claims of the JWT


@check(
    "jwt-vc-claim-types",
    requires=["RFC7519-4.1.1-01", "RFC7519-4.1.2-01", "RFC7519-4.1.4-01", "RFC7519-4.1.5-01", "RFC7519-4.1.6-01"],
    proven_by={
        "jwt-vc:exp-string": "JWTVC-CLAIM-TYPE",
        "jwt-vc:nbf-string": "JWTVC-CLAIM-TYPE",
        "jwt-vc:iat-string": "JWTVC-CLAIM-TYPE",
    },
)
async def claims_have_their_types(credential: IssuedCredential, expect: Expect) -> None:
    """``iss`` and ``sub`` are strings or URIs, ``exp``, ``nbf`` and ``iat`` numbers."""
    clauses = {"iss": "4.1.1", "sub": "4.1.2", "exp": "4.1.4", "nbf": "4.1.5", "iat": "4.1.6"}
    for name, clause in clauses.items():
        problems = [problem for problem in credential.jwt_vc.problems if problem.pointer == f"/{name}"]
        wanted = "a string, and a URI if it has a colon" if name in ("iss", "sub") else "a number"
        rule = Rule("claim-type claim-not-uri", "JWTVC-CLAIM-TYPE", f"{name} as {wanted}", f"RFC7519-{clause}-01")
        judge(expect, at(credential), problems, rule)


@check(
    "jwt-vc-times",
    requires=["RFC7519-4.1.4-02", "RFC7519-4.1.6-02"],
    proven_by={
        "jwt-vc:issued-in-future": "JWTVC-ISSUED-IN-FUTURE",
        "jwt-vc:expired": "JWTVC-EXPIRED",
        "jwt-vc:end-before-begin": "JWTVC-EXPIRED",
        "jwt-vc:signature-expired": "JWTVC-EXPIRED",
    },
)
async def signature_is_of_now(credential: IssuedCredential, expect: Expect) -> None:
    """The ``exp`` lies ahead and the ``iat`` does not."""
    of_jwt = [
        problem
        for problem in credential.jwt_vc.validity(credential.received)
        if problem.pointer in ("/exp", "/iat")
    ]
    judge(
        expect,
        at(credential),
        of_jwt,
        Rule("expired", "JWTVC-EXPIRED", "an exp that lies ahead", "RFC7519-4.1.4-02"),
        Rule("issued-in-future", "JWTVC-ISSUED-IN-FUTURE", "an iat that does not lie ahead", "RFC7519-4.1.6-02"),
    )


@check(
    "jwt-vc-credential-claim",
    requires=["VCDM1-6.3.1-01"],
    applies=_OLD,
    proven_by={"jwt-vc:vc-missing": "JWTVC-VC-MISSING", "jwt-vc:vc-string": "JWTVC-VC-OBJECT"},
)
async def credential_is_in_vc(credential: IssuedCredential, expect: Expect) -> None:
    """The JWT has a credential of the data model 1.1 in ``vc``, an object."""
    judge(
        expect,
        at(credential),
        credential.jwt_vc.problems,
        Rule("vc-missing", "JWTVC-VC-MISSING", "a vc", "VCDM1-6.3.1-01"),
        Rule("vc-form", "JWTVC-VC-OBJECT", "an object", "VCDM1-6.3.1-01"),
    )


_STANDS_FOR = {"exp": "06", "iss": "07", "nbf": "08", "jti": "09", "sub": "10"}
"""Registered claim to the number of its entry in the catalogue, below VCDM1-6.3.1."""


@check(
    "jwt-vc-registered-claims",
    requires=[f"VCDM1-6.3.1-{ordinal}" for ordinal in _STANDS_FOR.values()],
    applies=_OLD,
    proven_by={
        **{f"jwt-vc:{claim}-missing": f"JWTVC-{claim.upper()}-MISSING" for claim in _STANDS_FOR},
        **{f"jwt-vc:{claim}-contradicting": f"JWTVC-{claim.upper()}-OTHER" for claim in _STANDS_FOR},
    },
)
async def registered_claims_are_used(credential: IssuedCredential, expect: Expect) -> None:
    """What a registered claim stands for is said by that claim, and not said differently by the credential."""
    for claim, ordinal in _STANDS_FOR.items():
        name = claim.upper()
        judge(
            expect,
            at(credential),
            credential.jwt_vc.problems,
            Rule(f"{claim}-missing", f"JWTVC-{name}-MISSING", f"an {claim}", f"VCDM1-6.3.1-{ordinal}"),
            Rule(f"{claim}-other", f"JWTVC-{name}-OTHER", "the same in both places", f"VCDM1-6.3.1-{ordinal}"),
        )


@check(
    "jwt-vc-payload",
    requires=["VCJOSE-1.1.2.1-02", "VCJOSE-1.1.2.1-03", "VCJOSE-3.1.1-02"],
    applies=_NEW,
    proven_by={
        "jwt-vc:vc-beside": "JWTVC-VC-PRESENT",
        "jwt-vc:vc-alone": ("JWTVC-VC-PRESENT", "JWTVC-PAYLOAD"),
        "jwt-vc:vp-beside": "JWTVC-VP-PRESENT",
    },
)
async def payload_is_the_credential(credential: IssuedCredential, expect: Expect) -> None:
    """The payload is a credential of the data model 2.0, without ``vc`` and ``vp``."""
    judge(
        expect,
        at(credential),
        credential.jwt_vc.problems,
        Rule("vc-present", "JWTVC-VC-PRESENT", "no vc", "VCJOSE-1.1.2.1-02"),
        Rule("vp-present", "JWTVC-VP-PRESENT", "no vp", "VCJOSE-1.1.2.1-03"),
        Rule("payload-not-credential", "JWTVC-PAYLOAD", "the credential as payload", "VCJOSE-3.1.1-02"),
    )


@check(
    "jwt-vc-claims-agree",
    requires=["VCJOSE-4.1.2-01", "VCJOSE-3.1.3-01", "VCJOSE-3.1.3-02", "VCJOSE-3.1.3-03"],
    applies=_NEW,
    proven_by={
        "jwt-vc:iss-beside": "JWTVC-ISS-OTHER",
        "jwt-vc:jti-beside": "JWTVC-JTI-OTHER",
        "jwt-vc:sub-beside": "JWTVC-SUB-OTHER",
        "jwt-vc:nbf-beside": "JWTVC-NBF-PRESENT",
    },
)
async def claims_agree_with_the_credential(credential: IssuedCredential, expect: Expect) -> None:
    """Registered claims do not contradict the credential of the data model 2.0, and ``nbf`` is not used."""
    same = "the same as in the credential"
    judge(
        expect,
        at(credential),
        credential.jwt_vc.problems,
        Rule("iss-other", "JWTVC-ISS-OTHER", same, "VCJOSE-4.1.2-01"),
        Rule("nbf-present", "JWTVC-NBF-PRESENT", "no nbf", "VCJOSE-3.1.3-01"),
        Rule("jti-other", "JWTVC-JTI-OTHER", same, "VCJOSE-3.1.3-02"),
        Rule("sub-other", "JWTVC-SUB-OTHER", same, "VCJOSE-3.1.3-03"),
    )


# The holder's key


@check(
    "jwt-vc-confirmation",
    requires=["VCI-8.2-13"],
    applies=when.jwt_vc & when.key_binding,
    proven_by={
        "jwt-vc:cnf-string": "JWTVC-CNF",
        "jwt-vc:cnf-private-key": "JWTVC-CNF-PRIVATE-KEY",
    },
)
async def confirmation_names_a_public_key(credential: IssuedCredential, expect: Expect) -> None:
    """The ``cnf``, if there is one, is an object that names one public key."""
    of_key = ("/cnf", "header/cnf")
    problems = [one for one in credential.jwt_vc.problems if (one.pointer or "").startswith(of_key)]
    kinds = "claim-type cnf-empty cnf-several-keys cnf-jwk"
    judge(
        expect,
        Place(credential.exchange, credential.pointer),
        problems,
        Rule(kinds, "JWTVC-CNF", "an object that names one key", "VCI-8.2-13"),
        Rule("cnf-private-key", "JWTVC-CNF-PRIVATE-KEY", "a public key", "VCI-8.2-13"),
    )
