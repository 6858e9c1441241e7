"""Issued mobile documents: OpenID4VCI 1.0 appendix A.2, ISO/IEC 18013-5 clauses 8 and 9, CBOR and COSE.

Most checks ask for the absence of problems that the reader of ``harness.formats`` found. Every credential of the
shared Credential Response is judged by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import cose, jose, mdoc
from harness.formats.problems import FormatError, Problem
from harness.formats.signatures import SignatureError
from harness.trust.found import IssuerKey
from suites.oid4vci._binding import holder_key
from suites.oid4vci._problems import Rule, at, judge

check = partial(area("Mobile Documents", per=Per.SCENARIO), applies=when.mdoc)


# The serialization

_SERIALIZATION = (
    Rule("credential-type", "MDOC-NOT-STRING", "a string", "VCI-8.3-22"),
    Rule(
        "base64url-padding base64-alphabet base64url-alphabet base64url-length base64url-trailing-bits"
        " hexadecimal",
        "MDOC-ENCODING",
        "base64url without padding",
        "VCI-A.2.4-01",
    ),
    Rule("cbor-truncated cbor-malformed", "MDOC-CBOR", "one well-formed CBOR item", "RFC8949-3-01"),
    Rule("cbor-trailing", "MDOC-CBOR-TRAILING", "nothing after the CBOR item", "RFC8949-3-02"),
    Rule("cbor-reserved", "MDOC-CBOR-RESERVED", "no reserved value in the CBOR", "RFC8949-3-03"),
    Rule("cbor-chunk", "MDOC-CBOR-CHUNK", "chunks of the type of their string", "RFC8949-3.2.3-01"),
    Rule("cbor-simple", "MDOC-CBOR-SIMPLE", "simple values below 32 in one byte", "RFC8949-3.3-01"),
    Rule("issuer-signed", "MDOC-ISSUER-SIGNED", "a map with issuerAuth", "ISO18013-8.3.2.1.2.2-01"),
    Rule("cose-structure", "MDOC-COSE-STRUCTURE", "the four elements of COSE_Sign1", "RFC9052-4.2-01"),
    Rule("cose-header", "MDOC-COSE-HEADER", "a byte string of a map, and a map, as headers", "RFC9052-4.2-02"),
    Rule("payload-detached", "MDOC-PAYLOAD-DETACHED", "a payload in issuerAuth", "ISO18013-9.1.2.4-03"),
    Rule("payload-form", "MDOC-PAYLOAD", "the encoded MobileSecurityObject", "ISO18013-9.1.2.4-02"),
    Rule("mso-cbor", "MDOC-PAYLOAD-CBOR", "one CBOR item in the byte string of tag 24", "RFC8949-3.4.5.1-01"),
    Rule("mso-form", "MDOC-MSO", "a MobileSecurityObject that is a map", "ISO18013-9.1.2.4-09"),
)
"""What makes a credential unreadable, or hard to read."""


@check(
    "mdoc-readable",
    requires=list(dict.fromkeys(rule.requirement for rule in _SERIALIZATION)),
    proven_by={
        "mdoc-encoding:base64": "MDOC-ENCODING",
        "mdoc-encoding:padded": "MDOC-ENCODING",
        "mdoc-encoding:hex": "MDOC-ENCODING",
        "mdoc-encoding:line-breaks": "MDOC-ENCODING",
        "mdoc-encoding:truncated": "MDOC-CBOR",
        "mdoc-encoding:garbage": "MDOC-CBOR",
        "mdoc-encoding:json": "MDOC-CBOR",
        "mdoc-encoding:huge-length": "MDOC-CBOR",
        "mdoc-encoding:trailing": "MDOC-CBOR-TRAILING",
        "mdoc-encoding:reserved": "MDOC-CBOR-RESERVED",
        "mdoc-encoding:chunk-of-another-type": "MDOC-CBOR-CHUNK",
        "mdoc-encoding:simple-in-two-bytes": "MDOC-CBOR-SIMPLE",
        "mdoc-encoding:nested": "MDOC-UNREADABLE",
        "mdoc-encoding:array": "MDOC-ISSUER-SIGNED",
        "issuer-signed:issuer-auth-missing": "MDOC-ISSUER-SIGNED",
        "issuer-signed:device-response": "MDOC-ISSUER-SIGNED",
        "issuer-signed:document": "MDOC-ISSUER-SIGNED",
        "issuer-signed:issuer-auth-bytes": "MDOC-COSE-STRUCTURE",
        "issuer-signed:issuer-auth-three": "MDOC-COSE-STRUCTURE",
        "issuer-signed:protected-map": "MDOC-COSE-HEADER",
        "issuer-signed:unprotected-array": "MDOC-COSE-HEADER",
        "issuer-auth:payload-detached": "MDOC-PAYLOAD-DETACHED",
        "issuer-auth:payload-garbage": "MDOC-PAYLOAD",
        "issuer-auth:payload-trailing": "MDOC-PAYLOAD-CBOR",
        "issuer-auth:payload-array": "MDOC-MSO",
    },
)
async def credential_is_an_mdoc(credential: IssuedCredential, expect: Expect) -> None:
    """The value of ``credential`` is the base64url string of the CBOR of an ``IssuerSigned`` structure."""
    problems: tuple[Problem, ...]
    try:
        problems = mdoc.read(credential.raw).problems
    except FormatError as error:
        problems = (Problem(error.kind, error.detail),)
        known = any(error.kind in rule.kinds.split() for rule in _SERIALIZATION)
        expect.that(
            known,
            "MDOC-UNREADABLE",
            "an IssuerSigned structure that wallets can read",
            error.detail,
            at=credential.exchange,
            pointer=credential.pointer,
            requirement="VCI-A.2.4-01",
        )
    judge(expect, at(credential), problems, *_SERIALIZATION)


_HEADERS = ("issuerAuth/protected", "issuerAuth/0", "issuerAuth/1")
_DEVICE_KEY = "mso/deviceKeyInfo/deviceKey"


def _in(problems: Iterable[Problem], *places: str) -> list[Problem]:
    return [problem for problem in problems if (problem.pointer or "").startswith(places)]


def _outside(problems: Iterable[Problem], *places: str) -> list[Problem]:
    return [problem for problem in problems if not (problem.pointer or "").startswith(places)]


@check(
    "mdoc-cbor-valid",
    requires=["RFC8949-3.1-02", "RFC8949-3.1-01", "RFC8949-3.4.1-01", "RFC8949-3.4.5.1-01"],
    proven_by={
        "mdoc-encoding:duplicate-key": "MDOC-CBOR-KEY-TWICE",
        "issuer-auth:payload-duplicate-key": "MDOC-CBOR-KEY-TWICE",
        "mdoc-encoding:invalid-utf-8": "MDOC-CBOR-TEXT",
        "mso:time-malformed": "MDOC-CBOR-DATE-TIME",
        "issuer-auth:payload-map": "MDOC-CBOR-EMBEDDED",
        "issuer-signed:item-tag-on-map": "MDOC-CBOR-EMBEDDED",
        "issuer-signed:item-garbage": "MDOC-CBOR-EMBEDDED",
        "issuer-signed:item-trailing": "MDOC-CBOR-EMBEDDED",
    },
)
async def cbor_is_valid(credential: IssuedCredential, expect: Expect) -> None:
    """The CBOR has each key once, its texts are UTF-8, its date-times date-times, and embedded items items."""
    problems = credential.mdoc.problems
    twice = Rule("duplicate-key", "MDOC-CBOR-KEY-TWICE", "each key once", "RFC8949-3.1-02")
    judge(expect, at(credential), _outside(problems, *_HEADERS, _DEVICE_KEY), twice)
    embedded = "a byte string with one CBOR item in tag 24"
    judge(
        expect,
        at(credential),
        problems,
        Rule("not-utf-8", "MDOC-CBOR-TEXT", "texts in UTF-8", "RFC8949-3.1-01"),
        Rule("date-time-content", "MDOC-CBOR-DATE-TIME", "a date-time of RFC 3339 in tag 0", "RFC8949-3.4.1-01"),
        Rule("encoded-item-content item-cbor", "MDOC-CBOR-EMBEDDED", embedded, "RFC8949-3.4.5.1-01"),
    )


@check(
    "mdoc-cbor-preferred",
    requires=["ISO18013-8.1-01", "ISO18013-8.1-02"],
    proven_by={
        "mdoc-encoding:long-length": "MDOC-CBOR-LONG",
        "mdoc-encoding:long-integer": "MDOC-CBOR-LONG",
        "issuer-auth:payload-long-length": "MDOC-CBOR-LONG",
        "mdoc-encoding:indefinite": "MDOC-CBOR-INDEFINITE",
        "mdoc-encoding:chunks": "MDOC-CBOR-INDEFINITE",
        "issuer-auth:payload-indefinite": "MDOC-CBOR-INDEFINITE",
    },
)
async def cbor_is_serialized_as_preferred(credential: IssuedCredential, expect: Expect) -> None:
    """Integers and lengths of the CBOR take as few bytes as they need, and all lengths are definite."""
    shortest = "integers and lengths in as few bytes as they need"
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("not-shortest", "MDOC-CBOR-LONG", shortest, "ISO18013-8.1-01"),
        Rule("indefinite-length", "MDOC-CBOR-INDEFINITE", "definite lengths", "ISO18013-8.1-02"),
    )


# The signature


@check(
    "mdoc-header",
    requires=[
        "ISO18013-9.1.2.4-01",
        "ISO18013-9.1.2.4-21",
        "RFC9052-1.5-01",
        "RFC9052-3-01",
        "RFC9052-3-02",
        "RFC9052-3-03",
    ],
    proven_by={
        "issuer-signed:issuer-auth-tagged": "MDOC-COSE-TAGGED",
        "issuer-auth:label-bytes": "MDOC-HEADER-LABEL",
        "issuer-auth:protected-duplicate-label": "MDOC-HEADER-TWICE",
        "issuer-auth:alg-twice": "MDOC-HEADER-IN-BOTH",
        "issuer-auth:protected-empty-map": "MDOC-HEADER-EMPTY",
        "issuer-auth:protected-kid": "MDOC-HEADER-OTHER",
        "issuer-auth:crit-unprotected": "MDOC-HEADER-OTHER",
        "issuer-auth:crit-unknown": "MDOC-HEADER-OTHER",
    },
)
async def header_is_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """``issuerAuth`` is untagged, and its two headers have integers or texts as labels, each of them once."""
    problems = credential.mdoc.problems
    twice = Rule("duplicate-key", "MDOC-HEADER-TWICE", "each label once", "RFC9052-3-01")
    judge(expect, at(credential), _in(problems, *_HEADERS), twice)
    judge(
        expect,
        at(credential),
        problems,
        Rule("cose-tagged", "MDOC-COSE-TAGGED", "COSE_Sign1 without a tag", "ISO18013-9.1.2.4-01"),
        Rule("protected-other", "MDOC-HEADER-OTHER", "alg alone in the protected header", "ISO18013-9.1.2.4-21"),
        Rule("header-label", "MDOC-HEADER-LABEL", "integers and texts as labels", "RFC9052-1.5-01"),
        Rule("header-repeated", "MDOC-HEADER-IN-BOTH", "each label in one header", "RFC9052-3-02"),
        Rule("protected-empty-map", "MDOC-HEADER-EMPTY", "no bytes for an empty header", "RFC9052-3-03"),
    )


@check(
    "mdoc-critical-header",
    requires=[
        "ISO18013-9.1.2.4-08",
        "RFC9052-3.1-02",
        "RFC9052-3.1-03",
        "RFC9052-3.1-04",
        "RFC9052-3.1-05",
    ],
    proven_by={
        "issuer-auth:crit-unprotected": "MDOC-CRIT-UNPROTECTED",
        "issuer-auth:crit-empty": "MDOC-CRIT",
        "issuer-auth:crit-number": "MDOC-CRIT",
        "issuer-auth:crit-absent-label": "MDOC-CRIT-ABSENT",
        "issuer-auth:crit-common-label": "MDOC-CRIT-COMMON",
        "issuer-auth:crit-unknown": "MDOC-CRIT-UNKNOWN",
    },
)
async def critical_parameters_are_known(credential: IssuedCredential, expect: Expect) -> None:
    """``crit`` names no header parameter that readers of mobile documents do not know, and is otherwise right."""
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("crit-unprotected", "MDOC-CRIT-UNPROTECTED", "crit in the protected header", "RFC9052-3.1-02"),
        Rule("crit-form", "MDOC-CRIT", "an array with a label", "RFC9052-3.1-03"),
        Rule("crit-absent", "MDOC-CRIT-ABSENT", "labels of the protected header", "RFC9052-3.1-04"),
        Rule("crit-common", "MDOC-CRIT-COMMON", "no label that everybody knows", "RFC9052-3.1-05"),
        Rule("crit-not-understood", "MDOC-CRIT-UNKNOWN", "nothing that readers refuse", "ISO18013-9.1.2.4-08"),
    )


@check(
    "mdoc-algorithm",
    requires=["ISO18013-9.1.2.4-05", "ISO18013-9.1.2.4-04", "RFC9052-3.1-01"],
    proven_by={
        "issuer-auth:alg-missing": "MDOC-ALGORITHM-MISSING",
        "issuer-auth:alg-unprotected": "MDOC-ALGORITHM-UNPROTECTED",
        "issuer-auth:protected-empty-map": "MDOC-ALGORITHM-UNPROTECTED",
        "issuer-auth:alg-symmetric": "MDOC-ALGORITHM",
        "issuer-auth:alg-rsa": "MDOC-ALGORITHM",
        "issuer-auth:alg-text": "MDOC-ALGORITHM",
    },
)
async def algorithm_is_allowed(credential: IssuedCredential, expect: Expect) -> None:
    """The protected header has an ``alg``, which is ES256, ES384, ES512 or EdDSA."""
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("alg-missing", "MDOC-ALGORITHM-MISSING", "an alg", "ISO18013-9.1.2.4-04"),
        Rule("alg-unprotected", "MDOC-ALGORITHM-UNPROTECTED", "alg in the protected header", "RFC9052-3.1-01"),
        Rule("alg-not-allowed", "MDOC-ALGORITHM", "ES256, ES384, ES512 or EdDSA", "ISO18013-9.1.2.4-05"),
    )


@check(
    "mdoc-algorithm-announced",
    requires=["VCI-A.2.2-02", "HAIP-7-05"],
    applies=when.mdoc & when.configuration_has("credential_signing_alg_values_supported") & when.x5chain,
    proven_by={
        "issuer-auth:alg-unlisted": "MDOC-ALGORITHM-UNLISTED",
        "issuer-auth:alg-of-another-curve": "MDOC-ALGORITHM-UNLISTED",
        "issuer-auth:alg-symmetric": "MDOC-ALGORITHM-UNLISTED",
        "issuer-auth:alg-rsa": "MDOC-ALGORITHM-UNLISTED",
        "issuer-auth:alg-text": "MDOC-ALGORITHM-UNLISTED",
    },
)
async def algorithm_is_announced(
    credential: IssuedCredential, shared: Flow, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The ``alg``, or it with the curve of the key, is one of the ``credential_signing_alg_values_supported``."""
    auth = credential.mdoc.issuer_auth
    header = {**auth.unprotected, **auth.protected}
    if cose.ALG not in header:
        raise Blocked("issuerAuth has no alg to compare")
    listed, algorithm = shared.configuration["credential_signing_alg_values_supported"], header[cose.ALG]
    curve = (issuer_key.jwk or {}).get("crv")
    expect.that(
        isinstance(listed, list) and any(_announces(value, algorithm, curve) for value in listed),
        "MDOC-ALGORITHM-UNLISTED",
        f"one of {listed}",
        algorithm,
        at=credential.exchange,
        pointer=at(credential).inside("issuerAuth/protected/1"),
    )


def _announces(value: object, algorithm: object, curve: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return value == algorithm or cose.FULLY_SPECIFIED.get(value) == (algorithm, curve)


@check(
    "mdoc-algorithm-curve",
    requires=["ISO18013-9.1.2.4-06"],
    applies=when.mdoc & when.x5chain,
    proven_by={"issuer-auth:alg-of-another-curve": "MDOC-ALGORITHM-CURVE"},
)
async def algorithm_goes_with_the_curve(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The curve of the signer's key is one of those that belong to the ``alg``."""
    if issuer_key.jwk is None:
        raise Blocked(issuer_key.missing)
    algorithm, curve = credential.mdoc.algorithm, issuer_key.jwk.get("crv")
    pairs = {pair for name, pair in cose.FULLY_SPECIFIED.items() if algorithm in (name, pair[0])}
    if not pairs or curve is None:
        raise Blocked("the algorithm or the key is none of an mdoc")
    expect.that(
        curve in {name for _, name in pairs},
        "MDOC-ALGORITHM-CURVE",
        f"a key on {' or '.join(sorted(name for _, name in pairs))}",
        f"a key on {curve}",
        at=credential.exchange,
        pointer=at(credential).inside("issuerAuth/protected/1"),
    )


@check(
    "mdoc-signature",
    requires=[
        "ISO18013-9.1.2.4-08",
        "RFC9052-4.4-01",
        "RFC9053-2.1-01",
        "RFC9053-2.1-02",
        "RFC9053-2.2-01",
    ],
    applies=when.mdoc & when.x5chain,
    proven_by={
        "issuer-auth:signature": "MDOC-SIGNATURE",
        "issuer-auth:signature-context": "MDOC-SIGNATURE",
        "issuer-auth:x5chain-order": "MDOC-SIGNATURE",
        "issuer-signed:signature-der": "MDOC-SIGNATURE-LENGTH",
        "issuer-auth:signature-missing": "MDOC-SIGNATURE-LENGTH",
        "document-signer:rsa-key": "MDOC-SIGNATURE-KEY",
    },
)
async def signature_verifies(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The signature of ``issuerAuth`` verifies with the key of the document signer certificate."""
    if issuer_key.jwk is None:
        raise Blocked(issuer_key.missing)
    document = credential.mdoc
    if document.algorithm not in mdoc.SIGNATURE_ALGORITHMS & cose.ALGORITHMS:
        raise Blocked("the algorithm is none of an mdoc, or not known here")
    problems: list[Problem] = []
    try:
        document.verify(issuer_key.jwk)
    except SignatureError as error:
        if error.kind == "critical-header":
            raise Blocked(error.detail) from error
        problems.append(Problem(error.kind, error.detail, "issuerAuth/3"))
    edwards = document.algorithm in (-8, -19, -53)
    key = Rule(
        "key-unfit",
        "MDOC-SIGNATURE-KEY",
        "a key that goes with the algorithm",
        "RFC9053-2.2-01" if edwards else "RFC9053-2.1-01",
    )
    right = "a signature by the first certificate of x5chain over the Sig_structure"
    judge(
        expect,
        at(credential),
        problems,
        key,
        Rule(
            "signature-length", "MDOC-SIGNATURE-LENGTH", "two integers of the length of the key", "RFC9053-2.1-02"
        ),
        Rule("signature-invalid", "MDOC-SIGNATURE", right, "ISO18013-9.1.2.4-08"),
    )


# The MobileSecurityObject


@check(
    "mdoc-mso",
    requires=[
        "ISO18013-9.1.2.4-09",
        "ISO18013-9.1.2.4-02",
        "ISO18013-9.1.2.4-10",
        "ISO18013-9.1.2.4-11",
        "ISO18013-9.1.2.4-12",
        "ISO18013-9.1.2.4-15",
    ],
    proven_by={
        "issuer-auth:payload-untagged": "MDOC-MSO-TAG",
        "issuer-auth:payload-tag-other": "MDOC-MSO-TAG",
        "issuer-auth:payload-map": "MDOC-MSO-TAG",
        "mso:version-missing": "MDOC-MSO-MEMBER",
        "mso:digest-algorithm-missing": "MDOC-MSO-MEMBER",
        "mso:value-digests-missing": "MDOC-MSO-MEMBER",
        "mso:device-key-info-missing": "MDOC-MSO-MEMBER",
        "mso:doc-type-missing": "MDOC-MSO-MEMBER",
        "mso:validity-info-missing": "MDOC-MSO-MEMBER",
        "mso:version-other": "MDOC-MSO-VERSION",
        "mso:version-number": "MDOC-MSO-VERSION",
        "mso:digest-algorithm-unknown": "MDOC-MSO-DIGEST-ALGORITHM",
        "mso:digest-algorithm-sha-1": "MDOC-MSO-DIGEST-ALGORITHM",
        "mso:digest-algorithm-spelling": "MDOC-MSO-DIGEST-ALGORITHM",
        "mso:digests-array": "MDOC-MSO-DIGESTS",
        "mso:digest-text": "MDOC-MSO-DIGESTS",
        "mdoc:digest-id-text": "MDOC-MSO-DIGESTS",
        "mso:doc-type-number": "MDOC-MSO-DOC-TYPE",
    },
)
async def mobile_security_object_is_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """The MobileSecurityObject is an embedded CBOR item with six members of their types and values."""
    hashes = "SHA-256, SHA-384 or SHA-512"
    digests = "namespaces to maps of unsigned integers to byte strings"
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("mso-member", "MDOC-MSO-MEMBER", "the six members of the MSO", "ISO18013-9.1.2.4-09"),
        Rule("mso-not-tagged", "MDOC-MSO-TAG", "tag 24 on the encoded MSO", "ISO18013-9.1.2.4-02"),
        Rule("mso-version", "MDOC-MSO-VERSION", "the version 1.0 or 1.x", "ISO18013-9.1.2.4-10"),
        Rule("mso-digest-algorithm", "MDOC-MSO-DIGEST-ALGORITHM", hashes, "ISO18013-9.1.2.4-11"),
        Rule("mso-value-digests", "MDOC-MSO-DIGESTS", digests, "ISO18013-9.1.2.4-12"),
        Rule("mso-doc-type", "MDOC-MSO-DOC-TYPE", "a text", "ISO18013-9.1.2.4-15"),
    )


@check(
    "mdoc-doc-type-announced",
    requires=["VCI-A.2.2-05", "VCI-8.3-12"],
    applies=when.mdoc & when.configuration_has("doctype"),
    proven_by={"mso:doc-type-other": "MDOC-DOC-TYPE-OTHER"},
)
async def doc_type_is_that_of_the_configuration(
    credential: IssuedCredential, shared: Flow, expect: Expect
) -> None:
    """The mobile document is of the type that the requested configuration announces."""
    doc_type = credential.mdoc.doc_type
    if doc_type is None:
        raise Blocked("the MSO has no docType to compare")
    expect.that(
        doc_type == shared.configuration["doctype"],
        "MDOC-DOC-TYPE-OTHER",
        f"the docType {shared.configuration['doctype']}",
        doc_type,
        at=credential.exchange,
        pointer=at(credential).inside("mso/docType"),
    )


@check(
    "mdoc-device-key",
    requires=[
        "ISO18013-9.1.2.4-13",
        "ISO18013-9.1.5.2-01",
        "RFC9052-7.1-01",
        "RFC9052-7.1-02",
        "RFC9052-7.1-03",
        "RFC9052-7.1-04",
        "RFC9053-7.1-01",
        "RFC9053-7.1.1-01",
        "RFC9053-7.1.1-02",
        "RFC9053-7.1.1-03",
        "RFC9053-7.1.1-04",
        "RFC9053-7.1.1-05",
        "RFC9053-7.2-01",
    ],
    proven_by={
        "mso:device-key-missing": "MDOC-DEVICE-KEY",
        "mso:device-key-bytes": "MDOC-DEVICE-KEY",
        "mdoc:device-key-curve-unlisted": "MDOC-DEVICE-KEY-CURVE",
        "mdoc:device-key-type-missing": "MDOC-DEVICE-KEY-TYPE",
        "mdoc:device-key-jwk": "MDOC-DEVICE-KEY-TYPE",
        "mdoc:device-key-algorithm-other": "MDOC-DEVICE-KEY-ALGORITHM",
        "mdoc:device-key-operation-other": "MDOC-DEVICE-KEY-OPERATIONS",
        "mdoc:device-key-curve-other": "MDOC-DEVICE-KEY-CURVE-OTHER",
        "mdoc:device-key-curve-missing": "MDOC-DEVICE-KEY-MEMBERS",
        "mdoc:device-key-x-missing": "MDOC-DEVICE-KEY-MEMBERS",
        "mdoc:device-key-y-missing": "MDOC-DEVICE-KEY-MEMBERS",
        "mdoc:device-key-x-short": "MDOC-DEVICE-KEY-LENGTH",
        "mdoc:device-key-y-text": "MDOC-DEVICE-KEY-Y",
        "mdoc:device-key-off-curve": "MDOC-DEVICE-KEY-POINT",
        "mdoc:device-key-private": "MDOC-DEVICE-KEY-PRIVATE",
    },
)
async def device_key_is_a_key(credential: IssuedCredential, expect: Expect) -> None:
    """``deviceKey`` is a COSE_Key that holds a public key on a curve for mobile documents."""
    document = credential.mdoc
    problems = _in(document.problems, "mso/deviceKeyInfo")
    key = document.mso.get("deviceKeyInfo")
    key = key.get("deviceKey") if isinstance(key, dict) else None
    octets = isinstance(key, dict) and key.get(1) == 1
    members = "RFC9053-7.2-01" if octets else "RFC9053-7.1.1-01"
    judge(
        expect,
        at(credential),
        problems,
        Rule("device-key", "MDOC-DEVICE-KEY", "a deviceKey that is a map", "ISO18013-9.1.2.4-13"),
        Rule("device-key-curve", "MDOC-DEVICE-KEY-CURVE", "a curve for mdocs", "ISO18013-9.1.5.2-01"),
        Rule("cose-key-kty", "MDOC-DEVICE-KEY-TYPE", "a kty", "RFC9052-7.1-01"),
        Rule("duplicate-key", "MDOC-DEVICE-KEY-TWICE", "each label once", "RFC9052-7.1-02"),
        Rule("cose-key-algorithm", "MDOC-DEVICE-KEY-ALGORITHM", "an alg of the key", "RFC9052-7.1-03"),
        Rule("cose-key-operations", "MDOC-DEVICE-KEY-OPERATIONS", "a use in device signatures", "RFC9052-7.1-04"),
        Rule("cose-key-curve", "MDOC-DEVICE-KEY-CURVE-OTHER", "a curve of the kty", "RFC9053-7.1-01"),
        Rule("cose-key-member", "MDOC-DEVICE-KEY-MEMBERS", "crv and the coordinates", members),
        Rule("cose-key-length", "MDOC-DEVICE-KEY-LENGTH", "coordinates of full length", "RFC9053-7.1.1-02"),
        Rule("cose-key-y", "MDOC-DEVICE-KEY-Y", "y as byte string or boolean", "RFC9053-7.1.1-03"),
        Rule("cose-key-point", "MDOC-DEVICE-KEY-POINT", "a point of the curve", "RFC9053-7.1.1-04"),
        Rule("cose-key-private", "MDOC-DEVICE-KEY-PRIVATE", "a public key", "RFC9053-7.1.1-05"),
    )


@check(
    "mdoc-bound-to-proof-key",
    requires=["ISO18013-9.1.2.4-13"],
    applies=when.mdoc & when.key_binding,
    proven_by={
        "mdoc:device-key-other": "MDOC-DEVICE-KEY-OTHER",
        "mdoc:device-key-curve-unlisted": "MDOC-DEVICE-KEY-OTHER",
    },
)
async def device_key_is_that_of_the_proof(credential: IssuedCredential, expect: Expect) -> None:
    """``deviceKey`` is the key of the proof, so that the wallet can present the document."""
    key = holder_key(credential)
    expect.that(
        any(jose.same_key(key, own) for own in credential.keys),
        "MDOC-DEVICE-KEY-OTHER",
        "the key of the proof",
        "another key",
        at=credential.exchange,
        pointer=at(credential).inside(_DEVICE_KEY),
    )


@check(
    "mdoc-key-authorizations",
    requires=["ISO18013-9.1.2.4-14"],
    proven_by={
        "mso:key-authorizations-empty": "MDOC-KEY-AUTHORIZATIONS",
        "mso:key-authorizations-twice": "MDOC-KEY-AUTHORIZATIONS",
    },
)
async def key_authorizations_authorize(credential: IssuedCredential, expect: Expect) -> None:
    """``keyAuthorizations``, where it is there, authorizes something, and nothing twice."""
    wanted = "namespaces or data elements, each of them once"
    rule = Rule("key-authorizations", "MDOC-KEY-AUTHORIZATIONS", wanted, "ISO18013-9.1.2.4-14")
    judge(expect, at(credential), credential.mdoc.problems, rule)


@check(
    "mdoc-validity-info",
    requires=[f"ISO18013-9.1.2.4-{number}" for number in (16, 17, 18, 19, 20)],
    proven_by={
        "mso:signed-missing": "MDOC-VALIDITY-DATE",
        "mso:valid-from-missing": "MDOC-VALIDITY-DATE",
        "mso:valid-until-missing": "MDOC-VALIDITY-DATE",
        "mso:time-text": "MDOC-VALIDITY-DATE",
        "mso:time-number": "MDOC-VALIDITY-DATE",
        "mso:time-malformed": "MDOC-VALIDITY-DATE",
        "mso:valid-from-text": "MDOC-VALIDITY-DATE",
        "mso:valid-until-text": "MDOC-VALIDITY-DATE",
        "mso:expected-update-text": "MDOC-EXPECTED-UPDATE",
        "mso:expected-update-date": "MDOC-EXPECTED-UPDATE",
        "mso:time-fraction": "MDOC-VALIDITY-FORM",
        "mso:time-offset": "MDOC-VALIDITY-FORM",
        "mso:valid-before-signed": "MDOC-VALID-BEFORE-SIGNED",
        "mso:valid-until-at-valid-from": "MDOC-VALIDITY-ORDER",
    },
)
async def validity_info_is_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """``validityInfo`` has its dates as date-times in UTC without fractions of a second, and in their order."""
    dates = "signed, validFrom and validUntil as date-times with tag 0"
    form = "no fraction of a second, and Z at the end"
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("date-missing date-form", "MDOC-VALIDITY-DATE", dates, "ISO18013-9.1.2.4-16"),
        Rule("update-form", "MDOC-EXPECTED-UPDATE", "a date-time with tag 0", "ISO18013-9.1.2.4-17"),
        Rule("date-fraction date-offset", "MDOC-VALIDITY-FORM", form, "ISO18013-9.1.2.4-18"),
        Rule("valid-before-signed", "MDOC-VALID-BEFORE-SIGNED", "validFrom after signed", "ISO18013-9.1.2.4-19"),
        Rule("date-order", "MDOC-VALIDITY-ORDER", "validUntil after validFrom", "ISO18013-9.1.2.4-20"),
    )


@check(
    "mdoc-valid-now",
    requires=["ISO18013-9.3.1-02", "ISO18013-9.3.1-03", "ISO18013-9.3.1-04"],
    proven_by={
        "mso:expired": "MDOC-EXPIRED",
        "mso:not-yet-valid": "MDOC-NOT-YET-VALID",
        "mso:signed-in-future": ("MDOC-SIGNED-IN-FUTURE", "MDOC-NOT-YET-VALID"),
    },
)
async def mdoc_is_valid_when_issued(credential: IssuedCredential, expect: Expect) -> None:
    """When it is issued, the mobile document is neither expired, nor not yet valid, nor signed in the future."""
    judge(
        expect,
        at(credential),
        credential.mdoc.validity(credential.received),
        Rule("expired", "MDOC-EXPIRED", "a validUntil that lies ahead", "ISO18013-9.3.1-02"),
        Rule("not-yet-valid", "MDOC-NOT-YET-VALID", "a validFrom that does not lie ahead", "ISO18013-9.3.1-03"),
        Rule("issued-in-future", "MDOC-SIGNED-IN-FUTURE", "a signed that does not lie ahead", "ISO18013-9.3.1-04"),
    )


@check(
    "mdoc-status",
    requires=["TSL-6.3-01", "TSL-6.3-02", "TSL-6.3-03", "TSL-6.3-04", "HAIP-5.3.1-01"],
    applies=when.mdoc & when.mdoc_status,
    proven_by={
        "mso:status-text": "MDOC-STATUS",
        "mso:status-empty": "MDOC-STATUS",
        "mso:status-index-missing": "MDOC-STATUS-INDEX",
        "mso:status-index-negative": "MDOC-STATUS-INDEX",
        "mso:status-index-float": "MDOC-STATUS-INDEX",
        "mso:status-uri-missing": "MDOC-STATUS-URI",
    },
)
async def status_refers_to_an_entry(credential: IssuedCredential, expect: Expect) -> None:
    """``status`` refers to a status mechanism; a ``status_list`` has an index and a URI."""
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("status-form status-empty", "MDOC-STATUS", "a map with a status mechanism", "TSL-6.3-01"),
        Rule("status-list", "MDOC-STATUS-LIST", "a map", "TSL-6.3-02"),
        Rule("status-idx", "MDOC-STATUS-INDEX", "an idx, an unsigned integer", "TSL-6.3-03"),
        Rule("status-uri", "MDOC-STATUS-URI", "a uri, a URI", "TSL-6.3-04"),
    )


# The data elements and their digests


@check(
    "mdoc-namespaces",
    requires=[f"ISO18013-8.3.2.1.2.2-0{number}" for number in (1, 2, 3, 4, 5)],
    proven_by={
        "issuer-signed:namespaces-missing": "MDOC-NAMESPACES-MISSING",
        "issuer-signed:namespaces-empty": "MDOC-NAMESPACES",
        "issuer-signed:namespaces-array": "MDOC-NAMESPACES",
        "mdoc:namespace-empty": "MDOC-NAMESPACES",
        "issuer-signed:item-untagged": "MDOC-ITEM-TAG",
        "issuer-signed:item-bytes": "MDOC-ITEM-TAG",
        "issuer-signed:item-tag-other": "MDOC-ITEM-TAG",
        "issuer-signed:item-tag-on-map": "MDOC-ITEM-TAG",
        "issuer-signed:item-array": "MDOC-ITEM",
        "mdoc:digest-id-missing": "MDOC-ITEM",
        "mdoc:digest-id-text": "MDOC-ITEM",
        "mdoc:random-missing": "MDOC-ITEM",
        "mdoc:random-text": "MDOC-ITEM",
        "mdoc:identifier-missing": "MDOC-ITEM",
        "mdoc:identifier-number": "MDOC-ITEM",
        "mdoc:value-missing": "MDOC-ITEM",
        "mdoc:element-repeated": "MDOC-ELEMENT-TWICE",
    },
)
async def namespaces_hold_items(credential: IssuedCredential, expect: Expect) -> None:
    """``nameSpaces`` maps namespaces to arrays of embedded ``IssuerSignedItem`` structures."""
    clause = "ISO18013-8.3.2.1.2.2"
    items = "maps of digestID, random, elementIdentifier and elementValue"
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("namespaces-missing", "MDOC-NAMESPACES-MISSING", "nameSpaces", f"{clause}-01"),
        Rule("namespaces-form", "MDOC-NAMESPACES", "namespaces with non-empty arrays", f"{clause}-02"),
        Rule("item-not-tagged", "MDOC-ITEM-TAG", "tag 24 on each encoded item", f"{clause}-03"),
        Rule("item-form item-member", "MDOC-ITEM", items, f"{clause}-04"),
        Rule("element-repeated", "MDOC-ELEMENT-TWICE", "each element once", f"{clause}-05"),
    )


@check(
    "mdoc-digests",
    requires=["ISO18013-9.1.2.5-01", "ISO18013-9.1.2.5-02", "ISO18013-9.1.2.5-03"],
    proven_by={
        "mso:digest-wrong": "MDOC-DIGEST",
        "mso:digest-missing": "MDOC-DIGEST-MISSING",
        "mso:digests-of-namespace-missing": "MDOC-DIGEST-MISSING",
        "mdoc:digest-id-reused": ("MDOC-DIGEST-ID-TWICE", "MDOC-DIGEST"),
        "mdoc:digest-id-large": "MDOC-DIGEST-ID-LARGE",
    },
)
async def digests_are_those_of_the_items(credential: IssuedCredential, expect: Expect) -> None:
    """Each item has its digest, over the bytes as sent, under a ``digestID`` of its own."""
    document = credential.mdoc
    if not isinstance(document.mso.get("valueDigests"), dict):
        raise Blocked("the MSO has no digests to compare")
    digest = "the digest of the item in its namespace"
    judge(
        expect,
        at(credential),
        document.problems,
        Rule("digest-missing", "MDOC-DIGEST-MISSING", digest, "ISO18013-9.1.2.5-01"),
        Rule("digest-mismatch digest-length", "MDOC-DIGEST", digest, "ISO18013-9.1.2.5-01"),
        Rule("digest-id-repeated", "MDOC-DIGEST-ID-TWICE", "a digestID for each item", "ISO18013-9.1.2.5-02"),
        Rule("digest-id-large", "MDOC-DIGEST-ID-LARGE", "a digestID below 2 to the 31st", "ISO18013-9.1.2.5-03"),
    )


@check(
    "mdoc-random",
    requires=["ISO18013-9.1.2.5-04", "ISO18013-9.1.2.5-05"],
    proven_by={"mdoc:random-short": "MDOC-RANDOM-SHORT", "mdoc:random-reused": "MDOC-RANDOM-TWICE"},
)
async def randoms_hide_the_elements(credential: IssuedCredential, expect: Expect) -> None:
    """``random`` of each item has 16 bytes or more, and is another one each time."""
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("random-short", "MDOC-RANDOM-SHORT", f"{mdoc.MIN_RANDOM} bytes or more", "ISO18013-9.1.2.5-04"),
        Rule("random-repeated", "MDOC-RANDOM-TWICE", "another random for each item", "ISO18013-9.1.2.5-05"),
    )
