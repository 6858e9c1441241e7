"""Issued SD-JWT VCs: OpenID4VCI 1.0 appendix A.3, SD-JWT VC draft 11, RFC 7519, and RFC 7515 for certificates.

What the checks of ``sd_jwt`` say of the SD-JWT as such is not repeated. Every credential of the shared Credential
Response is judged by itself.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import jose, sd_jwt_digests, sd_jwt_vc, status_claim
from harness.formats.problems import Problem, located
from harness.trust.found import IssuerKey
from suites.oid4vci._binding import holder_key
from suites.oid4vci._problems import Place, Rule, at, judge
from suites.oid4vci._signatures import (
    expect_chain,
    expect_first_certificate,
    expect_signature,
    expect_trusted,
    names_of,
)

check = partial(area("SD-JWT VC", per=Per.SCENARIO), applies=when.sd_jwt_vc)


# The header


@check(
    "sd-jwt-type",
    requires=["SDJWTVC-3.2.1-02", "SDJWTVC-3.2.1-01"],
    proven_by={"sd-jwt:typ": "SDJWT-TYPE", "sd-jwt:typ-missing": "SDJWT-TYPE-MISSING"},
)
async def type_is_that_of_an_sd_jwt_vc(credential: IssuedCredential, expect: Expect) -> None:
    """The header has the ``typ`` ``dc+sd-jwt``."""
    judge(
        expect,
        at(credential),
        credential.vc.problems,
        Rule("typ-missing", "SDJWT-TYPE-MISSING", "a typ in the header", "SDJWTVC-3.2.1-01"),
        Rule("typ-wrong", "SDJWT-TYPE", "the typ dc+sd-jwt", "SDJWTVC-3.2.1-02"),
    )


@check(
    "sd-jwt-algorithm-announced",
    requires=["VCI-12.2.4-26", "HAIP-7-05"],
    applies=when.sd_jwt_vc & when.configuration_has("credential_signing_alg_values_supported"),
    proven_by={
        "sd-jwt:alg-unlisted": "SDJWT-ALGORITHM-UNLISTED",
        "sd-jwt:key-short": "SDJWT-ALGORITHM-UNLISTED",
        "sd-jwt:key-short-pss": "SDJWT-ALGORITHM-UNLISTED",
        "sd-jwt:alg-none": "SDJWT-ALGORITHM-UNLISTED",
        "sd-jwt:alg-symmetric": "SDJWT-ALGORITHM-UNLISTED",
    },
)
async def algorithm_is_announced(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """The credential is signed with one of the ``credential_signing_alg_values_supported``."""
    listed = shared.configuration["credential_signing_alg_values_supported"]
    algorithm = credential.vc.sd_jwt.jws.header.get("alg")
    expect.that(
        isinstance(listed, list) and any(name in listed for name in names_of(algorithm)),
        "SDJWT-ALGORITHM-UNLISTED",
        f"one of {listed}",
        algorithm,
        at=credential.exchange,
        pointer=at(credential).inside("header/alg"),
    )


# The signature and the key behind it


@check(
    "sd-jwt-signature",
    requires=["RFC9901-7.1-01", "RFC9901-4.1-01", "SDJWTVC-3.5-01", "HAIP-6.1.1-01"],
    proven_by={
        "sd-jwt:signature": "SDJWT-SIGNATURE",
        "sd-jwt:key-short": "SDJWT-SIGNATURE",
        "sd-jwt:key-short-pss": "SDJWT-SIGNATURE",
        "sd-jwt:alg-none": "SDJWT-SIGNATURE",
        "sd-jwt:alg-symmetric": "SDJWT-SIGNATURE",
        "sd-jwt:x5c-order": "SDJWT-SIGNATURE",
        "sd-jwt:key-unknown": "SDJWT-KEY-NOT-FOUND",
        "did-document:method-missing": "SDJWT-KEY-NOT-FOUND",
        "jwt-vc-issuer:key-unknown": "SDJWT-KEY-NOT-FOUND",
        "sd-jwt:kid-other-did": "SDJWT-KEY-NOT-FOUND",
    },
)
async def signature_verifies(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The key of the credential's signer can be found, and the signature verifies with it."""
    expect_signature(
        credential,
        credential.vc.sd_jwt.jws,
        issuer_key,
        expect,
        prefix="SDJWT",
        requirement="RFC9901-7.1-01",
        key_requirement="SDJWTVC-3.5-01",
    )


@check(
    "sd-jwt-x5c-key",
    requires=["RFC7515-4.1.6-02", "HAIP-6.1.1-01", "HAIP-6.1.1-02"],
    applies=when.sd_jwt_vc & when.x5c,
    proven_by={"sd-jwt:x5c-order": "SDJWT-X5C-ORDER"},
)
async def first_certificate_holds_the_key(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The key that signed the credential is in the first certificate of ``x5c``, not in a later one."""
    expect_first_certificate(credential, credential.vc.sd_jwt.jws, issuer_key, expect, "SDJWT")


@check(
    "sd-jwt-x5c-chain",
    requires=["RFC7515-4.1.6-04", "RFC7515-4.1.6-01", "RFC7515-4.1.6-03", "HAIP-6.1.1-02", "HAIP-6.1.1-03"],
    applies=when.sd_jwt_vc & when.x5c,
    proven_by={
        "sd-jwt:x5c-base64url": "SDJWT-X5C-ENCODING",
        "sd-jwt:x5c-wrong-chain": ("SDJWT-X5C-CHAIN", "SDJWT-X5C-VALIDITY"),
        "sd-jwt:x5c-order": ("SDJWT-X5C-CHAIN", "SDJWT-X5C-VALIDITY"),
        "sd-jwt:x5c-expired": "SDJWT-X5C-VALIDITY",
    },
)
async def certificates_form_a_chain(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """``x5c`` is an array of DER certificates in base64, each certified by the next and valid now."""
    expect_chain(credential, issuer_key, expect, "SDJWT")


@check(
    "sd-jwt-x5c-trusted",
    requires=["SDJWTVC-3.5-02", "HAIP-6.1.1-01", "HAIP-6.1.1-03"],
    applies=when.sd_jwt_vc & when.x5c & when.trust_anchors,
    proven_by={
        "sd-jwt:x5c-untrusted": "SDJWT-X5C-UNTRUSTED",
        "sd-jwt:x5c-weak-authority": "SDJWT-X5C-UNTRUSTED",
        "sd-jwt:x5c-expired": "SDJWT-X5C-UNTRUSTED",
    },
)
async def certificates_lead_to_an_anchor(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The certificates in ``x5c`` lead to one of the configured trust anchors."""
    expect_trusted(credential, issuer_key, expect, "SDJWT")


# JWT VC Issuer Metadata


def _metadata_of(issuer_key: IssuerKey) -> Place:
    return Place(issuer_key.replies[0].exchange)


def _stop_at(issuer_key: IssuerKey, *kinds: str) -> None:
    """Block a check that comes after the point at which the metadata became useless."""
    for problem in issuer_key.problems_of(*kinds):
        raise Blocked(f"the JWT VC Issuer Metadata cannot be used: {problem.detail}")


_NO_METADATA = ("metadata-redirect", "metadata-json", "issuer-missing", "issuer-other")


@check(
    "sd-jwt-issuer-metadata-place",
    requires=["SDJWTVC-5.2-01", "SDJWTVC-5-01", "SDJWTVC-5.1-01"],
    applies=when.jwt_vc_issuer_metadata,
    proven_by={
        "jwt-vc-issuer-response:status-201": "SDJWT-ISSUER-METADATA-STATUS",
        "jwt-vc-issuer-response:appended": "SDJWT-ISSUER-METADATA-PLACE",
        "jwt-vc-issuer-response:redirect-http": "SDJWT-ISSUER-METADATA-REDIRECT",
    },
)
async def issuer_metadata_is_in_place(issuer_key: IssuerKey, expect: Expect) -> None:
    """JWT VC Issuer Metadata is found, with status 200, where the well-known name follows the host of ``iss``."""
    place = "metadata with the well-known name between host and path"
    judge(
        expect,
        _metadata_of(issuer_key),
        issuer_key.problems,
        Rule("metadata-misplaced", "SDJWT-ISSUER-METADATA-PLACE", place, "SDJWTVC-5-01"),
        Rule(
            "metadata-slash", "SDJWT-ISSUER-METADATA-SLASH", "metadata without the final slash", "SDJWTVC-5.1-01"
        ),
        Rule("metadata-status", "SDJWT-ISSUER-METADATA-STATUS", "the status 200", "SDJWTVC-5.2-01"),
        Rule(
            "metadata-redirect",
            "SDJWT-ISSUER-METADATA-REDIRECT",
            "no redirect away from HTTPS",
            "SDJWTVC-5.2-01",
        ),
    )


@check(
    "sd-jwt-issuer-metadata-type",
    requires=["SDJWTVC-5.2-02"],
    applies=when.jwt_vc_issuer_metadata,
    proven_by={
        "jwt-vc-issuer-response:content-type": "SDJWT-ISSUER-METADATA-TYPE",
        "jwt-vc-issuer-response:array": "SDJWT-ISSUER-METADATA-JSON",
    },
)
async def issuer_metadata_is_json(issuer_key: IssuerKey, expect: Expect) -> None:
    """JWT VC Issuer Metadata is a JSON object of the media type ``application/json``."""
    _stop_at(issuer_key, "metadata-redirect")
    media_type = "the media type application/json"
    judge(
        expect,
        _metadata_of(issuer_key),
        issuer_key.problems,
        Rule("metadata-media-type", "SDJWT-ISSUER-METADATA-TYPE", media_type, "SDJWTVC-5.2-02"),
        Rule("metadata-json", "SDJWT-ISSUER-METADATA-JSON", "a JSON object", "SDJWTVC-5.2-02"),
    )


@check(
    "sd-jwt-issuer-metadata-issuer",
    requires=["SDJWTVC-5.3-01", "SDJWTVC-5.2-03", "SDJWTVC-5-02"],
    applies=when.jwt_vc_issuer_metadata,
    proven_by={
        "jwt-vc-issuer:issuer-missing": "SDJWT-ISSUER-MISSING",
        "jwt-vc-issuer:issuer-other": "SDJWT-ISSUER-OTHER",
        "sd-jwt:iss-query": ("SDJWT-ISS-URL", "SDJWT-ISSUER-OTHER"),
    },
)
async def issuer_metadata_is_of_the_issuer(issuer_key: IssuerKey, expect: Expect) -> None:
    """``iss`` is a URL without query and fragment, and ``issuer`` of its metadata is the same string."""
    _stop_at(issuer_key, "metadata-redirect", "metadata-json")
    url = "an https URL with host, without query and fragment"
    judge(
        expect,
        _metadata_of(issuer_key),
        issuer_key.problems,
        Rule("issuer-missing", "SDJWT-ISSUER-MISSING", "an issuer", "SDJWTVC-5.2-03"),
        Rule("issuer-other", "SDJWT-ISSUER-OTHER", "an issuer identical to iss", "SDJWTVC-5.3-01"),
        Rule("iss-form", "SDJWT-ISS-URL", url, "SDJWTVC-5-02"),
    )


@check(
    "sd-jwt-issuer-metadata-keys",
    requires=["SDJWTVC-5.2-04", "SDJWTVC-5.2-05", "SDJWTVC-5.2-06", "SDJWTVC-5.2-07"],
    applies=when.jwt_vc_issuer_metadata,
    proven_by={
        "jwt-vc-issuer:keys-missing": "SDJWT-ISSUER-KEYS-MISSING",
        "jwt-vc-issuer:keys-twice": "SDJWT-ISSUER-KEYS-TWICE",
        "jwt-vc-issuer:keys-malformed": "SDJWT-ISSUER-KEYS",
        "jwt-vc-issuer:key-private": "SDJWT-ISSUER-KEYS",
        "jwt-vc-issuer:keys-uri-dead": "SDJWT-ISSUER-KEYS-URI",
        "credential-keys:array": "SDJWT-ISSUER-KEYS-URI",
    },
)
async def issuer_metadata_has_keys(issuer_key: IssuerKey, expect: Expect) -> None:
    """JWT VC Issuer Metadata has either ``jwks`` or ``jwks_uri``, and that is or leads to a set of public keys."""
    _stop_at(issuer_key, *_NO_METADATA)
    judge(
        expect,
        _metadata_of(issuer_key),
        issuer_key.problems,
        Rule("keys-missing", "SDJWT-ISSUER-KEYS-MISSING", "jwks or jwks_uri", "SDJWTVC-5.2-04"),
        Rule("keys-twice", "SDJWT-ISSUER-KEYS-TWICE", "either jwks or jwks_uri", "SDJWTVC-5.2-05"),
        Rule("jwks", "SDJWT-ISSUER-KEYS", "a JWK Set of public keys", "SDJWTVC-5.2-07"),
    )
    uri = Rule(
        "jwks-uri", "SDJWT-ISSUER-KEYS-URI", "a URL that leads to a JWK Set of public keys", "SDJWTVC-5.2-06"
    )
    judge(expect, Place(issuer_key.replies[-1].exchange), issuer_key.problems, uri)


@check(
    "sd-jwt-issuer-key-id",
    requires=["SDJWTVC-5.2-08"],
    applies=when.jwt_vc_issuer_metadata,
    proven_by={
        "sd-jwt:kid-missing": "SDJWT-KEY-ID-MISSING",
        "sd-jwt:key-unknown": "SDJWT-KEY-ID-UNKNOWN",
        "jwt-vc-issuer:key-unknown": "SDJWT-KEY-ID-UNKNOWN",
    },
)
async def key_id_finds_the_key(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The header has a ``kid`` that finds the key in the issuer's JWK Set."""
    if issuer_key.jwk is None and not issuer_key.problems_of("key-not-found"):
        raise Blocked(issuer_key.missing)
    judge(
        expect,
        at(credential),
        issuer_key.problems,
        Rule("kid-missing", "SDJWT-KEY-ID-MISSING", "a kid in the header", "SDJWTVC-5.2-08"),
        Rule("kid-unknown", "SDJWT-KEY-ID-UNKNOWN", "a kid that a key of the set has", "SDJWTVC-5.2-08"),
    )


# The claims


@check(
    "sd-jwt-vct",
    requires=["SDJWTVC-3.2.2.2-02", "SDJWTVC-3.2.2.1-01"],
    proven_by={"sd-jwt:vct-missing": "SDJWT-VCT-MISSING", "sd-jwt:vct-number": "SDJWT-VCT-STRING"},
)
async def there_is_a_vct(credential: IssuedCredential, expect: Expect) -> None:
    """The credential has a ``vct``, which is a string."""
    claims = credential.vc.sd_jwt.claims
    that = partial(expect.that, at=credential.exchange)
    if that(
        "vct" in claims,
        "SDJWT-VCT-MISSING",
        "a vct",
        "none",
        pointer=credential.pointer,
        requirement="SDJWTVC-3.2.2.2-02",
    ):
        that(
            isinstance(claims["vct"], str),
            "SDJWT-VCT-STRING",
            "a string",
            claims["vct"],
            pointer=at(credential).inside("/vct"),
            requirement="SDJWTVC-3.2.2.1-01",
        )


@check(
    "sd-jwt-vct-announced",
    requires=["VCI-A.3.2-04", "VCI-8.3-12"],
    applies=when.sd_jwt_vc & when.configuration_has("vct"),
    proven_by={"sd-jwt:vct-other": "SDJWT-VCT-OTHER", "transaction:configuration-other": "SDJWT-VCT-OTHER"},
)
async def vct_is_that_of_the_configuration(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """The credential is of the type that the requested configuration announces."""
    vct = credential.vc.sd_jwt.claims.get("vct")
    if not isinstance(vct, str):
        raise Blocked("the credential has no vct to compare")
    expect.that(
        vct == shared.configuration["vct"],
        "SDJWT-VCT-OTHER",
        f"the vct {shared.configuration['vct']}",
        vct,
        at=credential.exchange,
        pointer=at(credential).inside("/vct"),
    )


@check(
    "sd-jwt-registered-claims",
    requires=[
        "RFC7519-4.1.1-01",
        "RFC7519-4.1.2-01",
        "RFC7519-4.1.4-01",
        "RFC7519-4.1.5-01",
        "RFC7519-4.1.6-01",
        "SDJWTVC-3.2.2.2-07",
    ],
    proven_by={
        "sd-jwt:iss-not-string": "SDJWT-ISS",
        "sd-jwt:iss-not-uri": "SDJWT-ISS",
        "sd-jwt:sub-not-string": "SDJWT-SUB",
        "sd-jwt:status-not-object": "SDJWT-STATUS",
        "sd-jwt:exp-string": "SDJWT-EXP",
        "sd-jwt:nbf-string": "SDJWT-NBF",
        "sd-jwt:iat-string": "SDJWT-IAT",
    },
)
async def registered_claims_have_their_types(credential: IssuedCredential, expect: Expect) -> None:
    """``iss`` and ``sub`` are strings, ``exp``, ``nbf`` and ``iat`` numbers of seconds, ``status`` an object."""
    party, date = "a string, a URI if it has a colon", "a number of seconds"
    of_claim: dict[str, list[Problem]] = {}
    for problem in credential.vc.problems:
        of_claim.setdefault(problem.pointer or "", []).append(problem)
    for name, expected, requirement in (
        ("iss", party, "RFC7519-4.1.1-01"),
        ("sub", party, "RFC7519-4.1.2-01"),
        ("exp", date, "RFC7519-4.1.4-01"),
        ("nbf", date, "RFC7519-4.1.5-01"),
        ("iat", date, "RFC7519-4.1.6-01"),
        ("status", "a JSON object", "SDJWTVC-3.2.2.2-07"),
    ):
        rule = Rule("claim-type claim-not-uri", f"SDJWT-{name.upper()}", expected, requirement)
        judge(expect, at(credential), of_claim.get(f"/{name}", []), rule)


@check(
    "sd-jwt-valid-now",
    requires=["RFC9901-7.1-09", "RFC7519-4.1.4-02", "RFC7519-4.1.6-02"],
    proven_by={
        "sd-jwt:expired": "SDJWT-EXPIRED",
        "sd-jwt:not-yet-valid": "SDJWT-NOT-YET-VALID",
        "sd-jwt:issued-in-future": "SDJWT-ISSUED-IN-FUTURE",
    },
)
async def credential_is_valid_when_issued(credential: IssuedCredential, expect: Expect) -> None:
    """When it is issued, the credential is neither expired, nor not yet valid, nor issued in the future."""
    judge(
        expect,
        at(credential),
        credential.vc.validity(credential.received),
        Rule("expired", "SDJWT-EXPIRED", "an exp that lies ahead", "RFC7519-4.1.4-02"),
        Rule("not-yet-valid", "SDJWT-NOT-YET-VALID", "an nbf that does not lie ahead", "RFC9901-7.1-09"),
        Rule("issued-in-future", "SDJWT-ISSUED-IN-FUTURE", "an iat that does not lie ahead", "RFC7519-4.1.6-02"),
    )


@check(
    "sd-jwt-claims-not-disclosable",
    requires=["SDJWTVC-3.2.2.2-01", "RFC9901-9.7-01", "RFC9901-9.7-02"],
    proven_by={f"sd-jwt:{name}-disclosed": "SDJWT-CLAIM-DISCLOSED" for name in ("iss", "nbf", "exp", "cnf", "vct")}
    | {"sd-jwt:aud-disclosed": "SDJWT-AUDIENCE-DISCLOSED"},
)
async def some_claims_cannot_be_withheld(credential: IssuedCredential, expect: Expect) -> None:
    """Claims on which validity and trust hang, such as ``exp`` and ``status``, are in no Disclosure."""
    names = f"none of {', '.join(sd_jwt_vc.NEVER_DISCLOSED)} in a Disclosure"
    rule = Rule("claim-disclosed", "SDJWT-CLAIM-DISCLOSED", names, "SDJWTVC-3.2.2.2-01")
    judge(expect, at(credential), credential.vc.problems, rule)
    expect.that(
        "/aud" not in credential.vc.sd_jwt.disclosed,
        "SDJWT-AUDIENCE-DISCLOSED",
        "an aud in plain text",
        "a Disclosure for aud",
        at=credential.exchange,
        pointer=at(credential).inside("/aud"),
        requirement="RFC9901-9.7-02",
    )


@check(
    "sd-jwt-status",
    requires=["TSL-6.2-01", "TSL-6.2-02", "TSL-6.2-03", "TSL-6.2-04", "HAIP-6.1-06"],
    applies=when.sd_jwt_vc & when.credential_claim("status", dict),
    proven_by={
        "sd-jwt:status-empty": "SDJWT-STATUS-EMPTY",
        "sd-jwt:status-list-string": "SDJWT-STATUS-LIST",
        "sd-jwt:status-index-missing": "SDJWT-STATUS-INDEX",
        "sd-jwt:status-index-negative": "SDJWT-STATUS-INDEX",
        "sd-jwt:status-index-string": "SDJWT-STATUS-INDEX",
        "sd-jwt:status-uri-missing": "SDJWT-STATUS-URI",
        "sd-jwt:status-uri-relative": "SDJWT-STATUS-URI",
    },
)
async def status_refers_to_an_entry(credential: IssuedCredential, expect: Expect) -> None:
    """``status`` refers to a status mechanism; a ``status_list`` has an index and a URI."""
    status = credential.vc.claims["status"]
    problems = located("/status", status_claim.problems(status)) if isinstance(status, dict) else ()
    judge(
        expect,
        at(credential),
        problems,
        Rule("status-empty", "SDJWT-STATUS-EMPTY", "a status mechanism", "TSL-6.2-01"),
        Rule("status-list", "SDJWT-STATUS-LIST", "a JSON object", "TSL-6.2-02"),
        Rule("status-idx", "SDJWT-STATUS-INDEX", "an idx, a non-negative integer", "TSL-6.2-03"),
        Rule("status-uri", "SDJWT-STATUS-URI", "a uri, a URI", "TSL-6.2-04"),
    )


@check(
    "sd-jwt-plain",
    requires=["SDJWTVC-3.2.2.4-01", "SDJWTVC-3.2.2.4-02"],
    proven_by={
        "sd-jwt:digests-without-disclosures": "SDJWT-DIGESTS-WITHOUT-DISCLOSURES",
        "sd-jwt:disclosures-without-digests": "SDJWT-DISCLOSURES-WITHOUT-DIGESTS",
    },
)
async def plain_credential_is_plain(credential: IssuedCredential, expect: Expect) -> None:
    """A credential in which nothing can be withheld has neither ``_sd`` nor Disclosures."""
    rule = Rule("sd-without-disclosures", "SDJWT-DIGESTS-WITHOUT-DISCLOSURES", "no _sd", "SDJWTVC-3.2.2.4-01")
    judge(expect, at(credential), credential.vc.problems, rule)
    parsed = credential.vc.sd_jwt
    expect.that(
        not parsed.disclosures or bool(sd_jwt_digests.embedded(parsed)),
        "SDJWT-DISCLOSURES-WITHOUT-DIGESTS",
        "no Disclosures in a credential without digests",
        f"{len(parsed.disclosures)} Disclosures",
        at=credential.exchange,
        pointer=credential.pointer,
        requirement="SDJWTVC-3.2.2.4-02",
    )


# The Holder's key


@check(
    "sd-jwt-bound",
    requires=["SDJWTVC-3.2.2.2-03", "HAIP-6.1-04"],
    applies=when.sd_jwt_vc & when.key_binding,
    proven_by={"sd-jwt:cnf-missing": "SDJWT-CNF-MISSING"},
)
async def credential_names_a_key(credential: IssuedCredential, expect: Expect) -> None:
    """A credential of a configuration with key binding has ``cnf``."""
    expect.that(
        "cnf" in credential.vc.sd_jwt.claims,
        "SDJWT-CNF-MISSING",
        "a cnf",
        "none",
        at=credential.exchange,
        pointer=credential.pointer,
    )


@check(
    "sd-jwt-bound-by-jwk",
    requires=["SDJWTVC-3.2.2.2-04", "HAIP-6.1-05"],
    applies=when.sd_jwt_vc & when.key_binding,
    proven_by={"sd-jwt:cnf-kid": "SDJWT-CNF-JWK-MISSING", "sd-jwt:cnf-empty": "SDJWT-CNF-JWK-MISSING"},
)
async def key_is_named_by_jwk(credential: IssuedCredential, expect: Expect) -> None:
    """``cnf`` holds the key as ``jwk``, which every wallet and verifier understands."""
    cnf = _cnf(credential)
    expect.that(
        "jwk" in cnf,
        "SDJWT-CNF-JWK-MISSING",
        "a jwk in cnf",
        f"cnf with {list(cnf)}",
        at=credential.exchange,
        pointer=at(credential).inside("/cnf"),
        requirement=("HAIP-6.1-05", "SDJWTVC-3.2.2.2-04"),
    )


@check(
    "sd-jwt-bound-to-proof-key",
    requires=["SDJWTVC-3.2.2.2-05", "HAIP-6.1-04"],
    applies=when.sd_jwt_vc & when.key_binding,
    proven_by={
        "sd-jwt:cnf-other-key": "SDJWT-CNF-OTHER-KEY",
        "transaction:key-other": "SDJWT-CNF-OTHER-KEY",
        "sd-jwt:cnf-empty": "SDJWT-CNF",
        "sd-jwt:cnf-string": "SDJWT-CNF",
    },
)
async def key_is_that_of_the_proof(credential: IssuedCredential, expect: Expect) -> None:
    """``cnf`` identifies the key of the proof, so that the wallet can present the credential."""
    if "cnf" not in credential.vc.sd_jwt.claims:
        raise Blocked("the credential has no cnf")
    problems = [problem for problem in credential.vc.problems if (problem.pointer or "").startswith("/cnf")]
    kinds = "claim-type cnf-empty cnf-several-keys cnf-jwk"
    rule = Rule(kinds, "SDJWT-CNF", "an object that names one key", "SDJWTVC-3.2.2.2-05")
    judge(expect, at(credential), problems, rule)
    if any(problem.kind in kinds.split() for problem in problems):
        return
    key = holder_key(credential)
    expect.that(
        any(jose.same_key(key, own) for own in credential.keys),
        "SDJWT-CNF-OTHER-KEY",
        "the key of the proof",
        "another key",
        at=credential.exchange,
        pointer=at(credential).inside("/cnf"),
    )


@check(
    "sd-jwt-bound-to-public-key",
    requires=["SDJWTVC-3.2.2.2-06", "HAIP-6.1-04"],
    applies=when.sd_jwt_vc & when.key_binding,
    proven_by={"sd-jwt:cnf-private-key": "SDJWT-CNF-PRIVATE-KEY"},
)
async def key_is_public(credential: IssuedCredential, expect: Expect) -> None:
    """The key in ``cnf`` has no private members."""
    _cnf(credential)
    rule = Rule("cnf-private-key", "SDJWT-CNF-PRIVATE-KEY", "a public key", "SDJWTVC-3.2.2.2-06")
    judge(expect, at(credential), credential.vc.problems, rule)


def _cnf(credential: IssuedCredential) -> dict[str, Any]:
    cnf = credential.vc.sd_jwt.claims.get("cnf")
    if not isinstance(cnf, dict):
        raise Blocked("the credential has no cnf that is an object")
    return cnf


@check(
    "sd-jwt-bound-without-retrieval",
    requires=["SDJWTVC-11.3-01"],
    applies=when.sd_jwt_vc & when.key_binding,
    proven_by={"sd-jwt:cnf-x5u": "SDJWT-CNF-REMOTE"},
)
async def key_need_not_be_retrieved(credential: IssuedCredential, expect: Expect) -> None:
    """``cnf`` leads to no place from which the key would have to be retrieved."""
    cnf = _cnf(credential)
    jwk, kid = cnf.get("jwk"), cnf.get("kid")
    remote = [name for name in ("jku", "x5u") if name in cnf or (isinstance(jwk, dict) and name in jwk)]
    if isinstance(kid, str) and kid.lower().startswith(("https://", "http://")):
        remote.append("a kid that is a URL")
    expect.that(
        not remote,
        "SDJWT-CNF-REMOTE",
        "the key itself",
        ", ".join(remote),
        at=credential.exchange,
        pointer=at(credential).inside("/cnf"),
    )
