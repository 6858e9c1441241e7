"""Issued W3C credentials with Data Integrity proofs: OpenID4VCI 1.0 appendix A.1.2, Data Integrity 1.0, and its
EdDSA and ECDSA cryptosuites.

What the data model asks for is in ``w3c_credentials``, the document of the signer's DID in ``issuer_keys``. Every
credential of the shared Credential Response is judged by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import did, vcdm
from harness.formats.data_integrity import (
    DATA_INTEGRITY,
    SUITES,
    Proof,
    Unverifiable,
    digest_problems,
    verify_proof,
)
from harness.formats.json_ld import JsonLdError, UnknownContext
from harness.formats.problems import Problem
from harness.formats.signatures import SignatureError
from harness.formats.text import is_uri
from harness.trust.found import IssuerKey
from suites.oid4vci._problems import Rule, at, judge
from suites.oid4vci._signatures import NOT_FOUND

check = partial(area("Data Integrity", per=Per.SCENARIO), applies=when.ldp_vc)

_EDDSA = ("eddsa-rdfc-2022", "eddsa-jcs-2022")
_ECDSA = ("ecdsa-rdfc-2019", "ecdsa-jcs-2019")
_OF_JSON = ("eddsa-jcs-2022", "ecdsa-jcs-2019")
_OF_2020 = "Ed25519Signature2020"
_STAMP = "a dateTimeStamp of XML Schema, with a time zone"


# The response


@check(
    "ldp-vc-object",
    requires=["VCI-A.1.2.4-01", "VCI-A.1.2.4-02"],
    proven_by={
        "ldp-vc:json-string": ("LDPVC-OBJECT", "LDPVC-ENCODED"),
        "ldp-vc:encoded": ("LDPVC-OBJECT", "LDPVC-ENCODED"),
        "ldp-vc:array": "LDPVC-OBJECT",
    },
)
async def credential_is_an_object(credential: IssuedCredential, expect: Expect) -> None:
    """The credential is a JSON object, and not encoded in a string."""
    raw = credential.raw
    that = partial(expect.that, at=credential.exchange, pointer=credential.pointer)
    that(isinstance(raw, dict), "LDPVC-OBJECT", "a JSON object", f"{type(raw).__name__}")
    text, rule = isinstance(raw, str), "VCI-A.1.2.4-02"
    that(not text, "LDPVC-ENCODED", "the credential itself", "a string", requirement=rule)


# The proof and its members


def _proof(credential: IssuedCredential) -> Proof:
    """Give the issuer's proof.

    Raises:
        Blocked: there is none; the check of that says so.

    """
    proof = credential.ldp_vc.proof
    if proof is None:
        raise Blocked("the credential has no proof that can be read")
    return proof


def _controller(proof: Proof) -> str:
    """Give the URL of the document in which the key of a proof stands; nothing where it names none."""
    return (proof.verification_method or "").partition("#")[0]


def _problems(credential: IssuedCredential, *members: str) -> list[Problem]:
    """Give the problems of all proofs: those of some members, or of kinds that are about no member."""
    return [
        problem
        for problem in credential.ldp_vc.problems
        if problem.kind != "proof-member" or (problem.pointer or "").rpartition("/")[2] in members
    ]


@check(
    "ldp-vc-proof",
    requires=["VCDI-2.1-01", "VCDI-2.1-02"],
    proven_by={"ldp-vc:proof-missing": "LDPVC-PROOF-MISSING", "ldp-vc:proof-array-empty": "LDPVC-PROOF"},
)
async def there_is_a_proof(credential: IssuedCredential, expect: Expect) -> None:
    """The credential has ``proof``: an object, or an array of objects."""
    judge(
        expect,
        at(credential),
        credential.ldp_vc.problems,
        Rule("proof-missing", "LDPVC-PROOF-MISSING", "a proof", "VCDI-2.1-01"),
        Rule("proof-form", "LDPVC-PROOF", "an object, or a non-empty array of objects", "VCDI-2.1-02"),
    )


@check(
    "ldp-vc-proof-type",
    requires=["VCDI-2.1-04"],
    proven_by={"ldp-vc:proof-type-missing": "LDPVC-TYPE-MISSING", "ldp-vc:proof-type-array": "LDPVC-TYPE"},
)
async def proof_has_a_type(credential: IssuedCredential, expect: Expect) -> None:
    """Each proof has a ``type``, which is a string."""
    _proof(credential)
    judge(
        expect,
        at(credential),
        _problems(credential, "type"),
        Rule("proof-type-missing", "LDPVC-TYPE-MISSING", "a type", "VCDI-2.1-04"),
        Rule("proof-member", "LDPVC-TYPE", "a string", "VCDI-2.1-04"),
    )


@check(
    "ldp-vc-cryptosuite",
    requires=["VCDI-2.1-08", "VCDI-2.1-09"],
    proven_by={
        "ldp-vc:cryptosuite-missing": "LDPVC-CRYPTOSUITE-MISSING",
        "ldp-vc:cryptosuite-number": "LDPVC-CRYPTOSUITE",
    },
)
async def proof_names_its_cryptosuite(credential: IssuedCredential, expect: Expect) -> None:
    """A ``DataIntegrityProof`` has a ``cryptosuite``, which is a string."""
    _proof(credential)
    judge(
        expect,
        at(credential),
        _problems(credential, "cryptosuite"),
        Rule("cryptosuite-missing", "LDPVC-CRYPTOSUITE-MISSING", "a cryptosuite", "VCDI-2.1-08"),
        Rule("proof-member", "LDPVC-CRYPTOSUITE", "a string", "VCDI-2.1-09"),
    )


@check(
    "ldp-vc-cryptosuite-announced",
    requires=["VCI-12.2.4-26"],
    applies=when.ldp_vc & when.configuration_has("credential_signing_alg_values_supported"),
    proven_by={
        "ldp-vc:cryptosuite-unlisted": "LDPVC-CRYPTOSUITE-UNLISTED",
        "ldp-vc:cryptosuite-unknown": "LDPVC-CRYPTOSUITE-UNLISTED",
        "ldp-vc:cryptosuite-for-other-keys": "LDPVC-CRYPTOSUITE-UNLISTED",
        "ldp-vc:proof-type-unknown": "LDPVC-CRYPTOSUITE-UNLISTED",
    },
)
async def cryptosuite_is_announced(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """The issuer's proofs are by ``credential_signing_alg_values_supported``, which name a suite or a type."""
    own = _controller(_proof(credential))
    listed = shared.configuration["credential_signing_alg_values_supported"]
    for proof in credential.ldp_vc.proofs:
        if _controller(proof) != own:
            continue  # others may add proofs of their own
        names = {proof.suite, proof.members.get("type")} if proof.suite else set()
        if not names:
            raise Blocked("a proof does not say how it was made")
        expect.that(
            isinstance(listed, list) and any(name in listed for name in names),
            "LDPVC-CRYPTOSUITE-UNLISTED",
            f"one of {listed}",
            proof.suite,
            at=credential.exchange,
            pointer=at(credential).inside(proof.pointer),
        )


@check(
    "ldp-vc-purpose",
    requires=["VCDI-4.4-02", "VCDI-2.1-06"],
    proven_by={
        "ldp-vc:purpose-missing": "LDPVC-PURPOSE-MISSING",
        "ldp-vc:purpose-number": "LDPVC-PURPOSE",
        "ldp-vc:purpose-authentication": "LDPVC-PURPOSE-OTHER",
    },
)
async def proof_asserts(credential: IssuedCredential, expect: Expect) -> None:
    """The ``proofPurpose`` of each proof is ``assertionMethod``."""
    _proof(credential)
    judge(
        expect,
        at(credential),
        _problems(credential, "proofPurpose"),
        Rule("purpose-missing", "LDPVC-PURPOSE-MISSING", "a proofPurpose", "VCDI-2.1-06"),
        Rule("proof-member", "LDPVC-PURPOSE", "a string", "VCDI-2.1-06"),
        Rule("purpose-other", "LDPVC-PURPOSE-OTHER", "assertionMethod", "VCDI-4.4-02"),
    )


@check(
    "ldp-vc-method",
    requires=["VCDI-2.1-07", "VCDI-4.2-01"],
    proven_by={
        "ldp-vc:method-missing": "LDPVC-METHOD-MISSING",
        "ldp-vc:method-object": "LDPVC-METHOD",
        "ldp-vc:method-not-url": "LDPVC-METHOD",
        "ldp-vc:method-relative": "LDPVC-METHOD",
    },
)
async def proof_names_its_key(credential: IssuedCredential, expect: Expect) -> None:
    """Each proof has a ``verificationMethod``, which is a URL."""
    _proof(credential)
    judge(
        expect,
        at(credential),
        _problems(credential, "verificationMethod"),
        Rule("method-missing", "LDPVC-METHOD-MISSING", "a verificationMethod", "VCDI-4.2-01"),
        Rule("method-form proof-member", "LDPVC-METHOD", "a string with a URL", "VCDI-2.1-07"),
    )


@check(
    "ldp-vc-proof-times",
    requires=[
        *("VCDI-2.1-10", "VCDI-2.1-11", "DIEDDSA-3.2.5-01", "DIEDDSA-3.3.5-01"),
        *("DIECDSA-3.2.5-01", "DIECDSA-3.3.5-01"),
    ],
    proven_by={
        "ldp-vc:created-malformed": "LDPVC-CREATED",
        "ldp-vc:created-date-only": "LDPVC-CREATED",
        "ldp-vc:created-without-zone": "LDPVC-CREATED",
        "ldp-vc:created-number": "LDPVC-CREATED",
        "ldp-vc:expires-malformed": "LDPVC-EXPIRES",
    },
)
async def proof_times_are_those_of_xml_schema(credential: IssuedCredential, expect: Expect) -> None:
    """``created`` and ``expires`` of a proof, where they are there, are times of XML Schema with a time zone."""
    _proof(credential)
    created = Rule("created-form proof-member", "LDPVC-CREATED", _STAMP, "VCDI-2.1-10")
    expires = Rule("expires-form proof-member", "LDPVC-EXPIRES", _STAMP, "VCDI-2.1-11")
    judge(expect, at(credential), _problems(credential, "created"), created)
    judge(expect, at(credential), _problems(credential, "expires"), expires)


@check(
    "ldp-vc-proof-options",
    requires=["VCDI-2.1-03", "VCDI-2.1-12", "VCDI-2.1-13", "VCDI-2.1-14"],
    proven_by={
        "ldp-vc:proof-id-not-url": "LDPVC-PROOF-ID",
        "ldp-vc:domain-number": "LDPVC-DOMAIN",
        "ldp-vc:domain-without-challenge": "LDPVC-CHALLENGE-MISSING",
        "ldp-vc:nonce-number": "LDPVC-NONCE",
    },
)
async def further_members_are_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """What a proof may have besides is well-formed: ``id``, ``domain``, ``challenge`` and ``nonce``."""
    _proof(credential)
    place, strings = at(credential), "a string, or an array of strings"
    judge(
        expect,
        place,
        _problems(credential, "id"),
        Rule("proof-id proof-member", "LDPVC-PROOF-ID", "a URL", "VCDI-2.1-03"),
        Rule("challenge-missing", "LDPVC-CHALLENGE-MISSING", "a challenge beside domain", "VCDI-2.1-13"),
    )
    judge(
        expect,
        place,
        _problems(credential, "domain"),
        Rule("proof-member", "LDPVC-DOMAIN", strings, "VCDI-2.1-12"),
    )
    rule = Rule("proof-member", "LDPVC-NONCE", "a string", "VCDI-2.1-14")
    judge(expect, place, _problems(credential, "challenge", "nonce"), rule)


@check(
    "ldp-vc-proof-value",
    requires=["VCDI-2.1-15", "VCDI-3.1-02"],
    proven_by={
        "ldp-vc:value-missing": "LDPVC-VALUE-MISSING",
        "ldp-vc:value-as-jws": "LDPVC-VALUE-MISSING",
        "ldp-vc:value-number": "LDPVC-VALUE",
        "ldp-vc:value-bare": "LDPVC-VALUE",
        "ldp-vc:value-other-alphabet": "LDPVC-VALUE",
    },
)
async def proof_has_a_value(credential: IssuedCredential, expect: Expect) -> None:
    """Each ``DataIntegrityProof`` has a ``proofValue``; where there is one, it is in Multibase."""
    _proof(credential)
    judge(
        expect,
        at(credential),
        _problems(credential, "proofValue"),
        Rule("value-missing", "LDPVC-VALUE-MISSING", "a proofValue", "VCDI-3.1-02"),
        Rule("value-form proof-member", "LDPVC-VALUE", "a string in Multibase", "VCDI-2.1-15"),
    )


@check(
    "ldp-vc-previous-proofs",
    requires=["VCDI-4.3-01", "VCDI-2.1-16"],
    proven_by={
        "ldp-vc:previous-proof-absent": "LDPVC-PREVIOUS-UNKNOWN",
        "ldp-vc:previous-proof-number": "LDPVC-PREVIOUS",
    },
)
async def proofs_before_are_there(credential: IssuedCredential, expect: Expect) -> None:
    """``previousProof``, where there is one, names proofs of the credential by their ``id``."""
    _proof(credential)
    judge(
        expect,
        at(credential),
        _problems(credential, "previousProof"),
        Rule("previous-unknown", "LDPVC-PREVIOUS-UNKNOWN", "the id of another proof", "VCDI-4.3-01"),
        Rule("proof-member", "LDPVC-PREVIOUS", "a string, or an array of strings", "VCDI-2.1-16"),
    )


# The signature and the key behind it


@check(
    "ldp-vc-signature",
    requires=[
        *("VCDI-4.4-01", "VCDI-3.1-01", "VCDI-2.4-01", "VCDI-4.2-02"),
        *("DIEDDSA-3.2.3-01", "DIEDDSA-3.3.3-01", "DIEDDSA-A.2.1.3-01"),
        *("DIECDSA-3-04", "DIECDSA-3-05", "DIECDSA-3.2.3-01", "DIECDSA-3.3.3-01"),
    ],
    proven_by={
        "ldp-vc:signature": "LDPVC-SIGNATURE",
        "ldp-vc:claim-changed": "LDPVC-SIGNATURE",
        "ldp-vc:claim-added": "LDPVC-SIGNATURE",
        "ldp-vc:end-changed": "LDPVC-SIGNATURE",
        "ldp-vc:created-changed": "LDPVC-SIGNATURE",
        "ldp-vc:duplicate-member": "LDPVC-SIGNATURE",
        "ldp-vc:relative-url": "LDPVC-SIGNATURE",
        "ldp-vc:proof-context-missing": "LDPVC-SIGNATURE",
        "ldp-vc:method-unknown": "LDPVC-KEY-NOT-FOUND",
        "ldp-vc:method-without-fragment": "LDPVC-KEY-NOT-FOUND",
    },
)
async def proof_verifies(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The key that the issuer's proof names can be found, and the proof verifies with it."""
    proof, missing = _proof(credential), issuer_key.problems_of(*_NOT_FOUND)
    place = partial(expect.that, at=credential.exchange, pointer=at(credential).inside(proof.pointer))
    method = proof.verification_method or ""
    observed = missing[0].detail if missing else f"{method}, which is no key"
    whole = method.startswith("did:") and "#" not in method
    wanted = "a verificationMethod that leads to a key"
    if not place(not missing and not whole, "LDPVC-KEY-NOT-FOUND", wanted, observed):
        return
    if issuer_key.jwk is None:
        raise Blocked(issuer_key.missing)
    _expect_verified(credential, proof, issuer_key.jwk, expect, "VCDI-4.4-01")


_NOT_FOUND = tuple(kind for kind in NOT_FOUND if kind != "did-other")
"""Problems of the issuer's key that say that ``verificationMethod`` leads to none, whoever the issuer is."""


_UNFIT = ("value-form", "value-length", "context-other")
"""Problems of a proof by which nobody need try to verify it."""


def _expect_verified(
    credential: IssuedCredential, proof: Proof, jwk: Any, expect: Expect, requirement: str
) -> None:
    vc = credential.ldp_vc
    if proof.value is None or any(problem.kind in _UNFIT for problem in vc.problems_of(proof)):
        raise Blocked("the proof is malformed, as another check says")
    suite = SUITES.get(proof.suite or "")
    if suite is not None and jwk.get("crv") not in suite.curves:
        raise Blocked("the cryptosuite of the proof does not go with its key, as another check says")
    try:
        verify_proof(vc.document, proof, jwk, vc.contexts)
    except Unverifiable as error:
        raise Blocked(f"this version cannot verify the proof: {error.detail}") from error
    except SignatureError as error:
        observed = error.detail
    else:
        observed = ""
    expect.that(
        not observed,
        "LDPVC-SIGNATURE" if proof is vc.proof else "LDPVC-FURTHER-SIGNATURE",
        "a proof that verifies with the key of its verificationMethod",
        observed,
        at=credential.exchange,
        pointer=at(credential).inside(proof.pointer),
        requirement=requirement,
    )


@check(
    "ldp-vc-further-proofs",
    requires=["VCDI-4.5-01", "VCDI-2.1-17"],
    applies=when.ldp_vc & when.proof_set,
    proven_by={"ldp-vc:set-with-broken-proof": "LDPVC-FURTHER-SIGNATURE"},
)
async def further_proofs_verify(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """Each further proof of a set or chain verifies, as far as its key is at hand."""
    first = _proof(credential)
    left_open: list[Blocked] = []
    for proof in credential.ldp_vc.proofs:
        jwk = None if proof is first else _key_at_hand(proof, issuer_key)
        if jwk is not None and proof.value is not None:
            try:
                _expect_verified(credential, proof, jwk, expect, "VCDI-4.5-01")
            except Blocked as blocked:
                left_open.append(blocked)
    if left_open:
        raise left_open[0]
    if not expect.evaluated:
        raise Blocked(
            "the keys of the further proofs are not in the issuer's document nor in a did:key or did:jwk"
        )


def _key_at_hand(proof: Proof, issuer_key: IssuerKey) -> Any:
    """Give the key of a proof when it is in the issuer's own document, or stands in its DID."""
    url = proof.verification_method
    if url is None:
        return None
    if issuer_key.document is not None and (method := issuer_key.document.method(url)):
        return method.jwk
    try:
        return did.resolve(url)
    except did.DidError:
        return None


@check(
    "ldp-vc-signer-is-issuer",
    requires=["VCDI-2.6-01"],
    applies=when.ldp_vc & when.signer_key,
    proven_by={"ldp-vc:method-other-issuer": "LDPVC-SIGNER-OTHER"},
)
async def issuer_controls_the_key(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The verification method of the issuer's proof is controlled by the issuer."""
    proof, issuer = _proof(credential), vcdm.issuer_id(credential.ldp_vc.document)
    method = proof.verification_method
    if issuer is None or method is None:
        raise Blocked("the credential names no issuer, or the proof no key")
    controller = (issuer_key.method.controller if issuer_key.method else "") or method.partition("#")[0]
    if issuer.startswith("did:") != controller.startswith("did:"):
        raise Blocked(
            "a DID may stand for an issuer that has another URL, in ways that this version does not follow"
        )
    expect.that(
        controller == issuer,
        "LDPVC-SIGNER-OTHER",
        f"a verification method of {issuer}",
        f"one of {controller}",
        at=credential.exchange,
        pointer=at(credential).inside(f"{proof.pointer}/verificationMethod"),
    )


@check(
    "ldp-vc-proof-valid-now",
    requires=["VCDI-2.6-02"],
    proven_by={"ldp-vc:created-in-future": "LDPVC-PROOF-FUTURE", "ldp-vc:proof-expired": "LDPVC-PROOF-EXPIRED"},
)
async def proof_is_valid_now(credential: IssuedCredential, expect: Expect) -> None:
    """The proof was not made in the future, and has not expired."""
    judge(
        expect,
        at(credential),
        _proof(credential).validity(credential.received),
        Rule("proof-expired", "LDPVC-PROOF-EXPIRED", "expires in the future", "VCDI-2.6-02"),
        Rule("issued-in-future", "LDPVC-PROOF-FUTURE", "created in the past", "VCDI-2.6-02"),
    )


# What JSON-LD makes of it


@contextmanager
def _by_its_contexts() -> Iterator[None]:
    """Turn into Blocked that the contexts of a credential are not known or cannot be processed."""
    try:
        yield
    except UnknownContext as error:
        raise Blocked(f"{error.detail}, so that nothing can be said about the terms") from error
    except JsonLdError as error:
        raise Blocked(f"the contexts cannot be processed: {error.detail}") from error


@check(
    "ldp-vc-lossless",
    requires=["VCDI-2.4.3-01", "VCDI-2.4.3-02"],
    applies=when.ldp_vc & when.rdf_proof,
    proven_by={
        "ldp-vc:undefined-term": "LDPVC-TERM-LOST",
        "ldp-vc:undefined-term-added": "LDPVC-TERM-LOST",
        "ldp-vc:relative-url": "LDPVC-URL-RELATIVE",
    },
)
async def nothing_is_lost(credential: IssuedCredential, expect: Expect) -> None:
    """Everything in the credential becomes RDF, so that the proof protects it."""
    with _by_its_contexts():
        losses = credential.ldp_vc.losses
    judge(
        expect,
        at(credential),
        losses,
        Rule(
            "term-undefined type-undefined", "LDPVC-TERM-LOST", "terms that its contexts define", "VCDI-2.4.3-01"
        ),
        Rule("iri-relative", "LDPVC-URL-RELATIVE", "absolute URLs", "VCDI-2.4.3-02"),
    )


@check(
    "ldp-vc-proof-terms",
    requires=["VCDI-2.4.2-01", "VCDI-2.1-05"],
    proven_by={
        "ldp-vc:proof-type-unknown": ("LDPVC-TYPE-UNDEFINED", "LDPVC-PROOF-TERM-UNDEFINED"),
        "ldp-vc:proof-context-missing": ("LDPVC-TYPE-UNDEFINED", "LDPVC-PROOF-TERM-UNDEFINED"),
        "ldp-vc:value-as-jws": "LDPVC-PROOF-TERM-UNDEFINED",
    },
)
async def proof_terms_are_defined(credential: IssuedCredential, expect: Expect) -> None:
    """The contexts of the credential define the type and the members of its proofs."""
    _proof(credential)
    vc = credential.ldp_vc
    if not vcdm.contexts(vc.document):
        raise Blocked("the credential has no contexts")
    for proof in vc.proofs:
        if any(problem.kind in ("proof-member", "proof-type-missing") for problem in vc.problems_of(proof)):
            raise Blocked("a proof is malformed, as another check says")
        with _by_its_contexts():
            losses = vc.losses_of(proof)
        judge(
            expect,
            at(credential),
            losses,
            Rule("type-undefined", "LDPVC-TYPE-UNDEFINED", "a type that the contexts define", "VCDI-2.1-05"),
            Rule(
                "term-undefined", "LDPVC-PROOF-TERM-UNDEFINED", "terms that the contexts define", "VCDI-2.4.2-01"
            ),
        )


@check(
    "ldp-vc-digests",
    requires=["VCDI-2.3-01"],
    proven_by={"ldp-vc:digest-malformed": "LDPVC-DIGEST"},
)
async def digests_are_multihash_values(credential: IssuedCredential, expect: Expect) -> None:
    """Each ``digestMultibase`` in the credential, beside ``relatedResource``, is made of multihash values."""
    document = {name: value for name, value in credential.ldp_vc.document.items() if name != "relatedResource"}
    rule = Rule("digest-multibase", "LDPVC-DIGEST", "multihash values in Multibase", "VCDI-2.3-01")
    judge(expect, at(credential), list(digest_problems(document)), rule)


# The cryptosuites


@check(
    "ldp-vc-suite-of-key",
    requires=["DIEDDSA-2.2.1-02", "DIECDSA-2.2.1-02"],
    applies=when.ldp_vc & when.signer_key & when.secured_by(DATA_INTEGRITY),
    proven_by={"ldp-vc:cryptosuite-for-other-keys": "LDPVC-SUITE-OF-KEY"},
)
async def cryptosuite_goes_with_the_key(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The cryptosuite of the proof is one for keys of the issuer's kind."""
    proof, curve = _proof(credential), (issuer_key.jwk or {}).get("crv")
    suite = SUITES.get(proof.suite or "")
    if suite is None:
        raise Blocked(f"this version does not know what keys go with {proof.suite!r}")
    expect.that(
        curve in suite.curves,
        "LDPVC-SUITE-OF-KEY",
        f"a cryptosuite for a key on {curve}",
        proof.suite,
        at=credential.exchange,
        pointer=at(credential).inside(f"{proof.pointer}/cryptosuite"),
        requirement="DIEDDSA-2.2.1-02" if curve == "Ed25519" else "DIECDSA-2.2.1-02",
    )


def _expect_representation(
    credential: IssuedCredential, expect: Expect, type_requirement: str, value_requirement: str
) -> None:
    proof = _proof(credential)
    if not isinstance(proof.members.get("type"), str):
        raise Blocked("the proof has no type that is a string")
    expect.that(
        proof.members.get("type") == DATA_INTEGRITY,
        "LDPVC-SUITE-TYPE",
        DATA_INTEGRITY,
        proof.members.get("type"),
        at=credential.exchange,
        pointer=at(credential).inside(f"{proof.pointer}/type"),
        requirement=type_requirement,
    )
    _judge_value(credential, expect, value_requirement)


def _judge_value(credential: IssuedCredential, expect: Expect, requirement: str) -> None:
    # What is no Multibase at all is told by the check of that.
    kinds, expected = "value-base value-length", "a signature in base58-btc"
    problems = credential.ldp_vc.problems_of(_proof(credential))
    judge(expect, at(credential), problems, Rule(kinds, "LDPVC-VALUE-SUITE", expected, requirement))


@check(
    "ldp-vc-eddsa-proof",
    requires=["DIEDDSA-2.2.1-01", "DIEDDSA-2.2.1-03"],
    applies=when.ldp_vc & when.secured_by(*_EDDSA),
    proven_by={
        "ldp-vc:value-hexadecimal": "LDPVC-VALUE-SUITE",
        "ldp-vc:proof-type-unknown": "LDPVC-SUITE-TYPE",
        "ldp-vc:value-base64url": "LDPVC-VALUE-SUITE",
        "ldp-vc:value-short": "LDPVC-VALUE-SUITE",
    },
)
async def eddsa_proof_is_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """A proof by an EdDSA cryptosuite is a ``DataIntegrityProof`` with a signature of 64 bytes in base58-btc."""
    _expect_representation(credential, expect, "DIEDDSA-2.2.1-01", "DIEDDSA-2.2.1-03")


@check(
    "ldp-vc-ecdsa-proof",
    requires=["DIECDSA-2.2.1-01", "DIECDSA-3-01"],
    applies=when.ldp_vc & when.secured_by(*_ECDSA),
    proven_by={
        "ldp-vc:proof-type-unknown": "LDPVC-SUITE-TYPE",
        "ldp-vc:value-base64url": "LDPVC-VALUE-SUITE",
        "ldp-vc:value-short": "LDPVC-VALUE-SUITE",
    },
)
async def ecdsa_proof_is_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """A proof by an ECDSA cryptosuite is a ``DataIntegrityProof`` with the two numbers in base58-btc."""
    _expect_representation(credential, expect, "DIECDSA-2.2.1-01", "DIECDSA-3-01")


@check(
    "ldp-vc-proof-context",
    requires=["DIEDDSA-3.3.2-01", "DIEDDSA-3.3.1-01", "DIECDSA-3.3.2-01", "DIECDSA-3.3.1-01"],
    applies=when.ldp_vc & when.secured_by(*_OF_JSON),
    proven_by={
        "ldp-vc:proof-context-other": "LDPVC-PROOF-CONTEXT",
        "ldp-vc:proof-context-absent": "LDPVC-PROOF-CONTEXT-MISSING",
    },
)
async def proof_repeats_the_context(credential: IssuedCredential, expect: Expect) -> None:
    """A proof over JSON repeats the ``@context`` of the credential, or how it begins."""
    proof = _proof(credential)
    if "@context" not in credential.ldp_vc.document:
        raise Blocked("the credential has no @context that a proof could repeat")
    spec = "DIEDDSA" if proof.suite in _EDDSA else "DIECDSA"
    expect.that(
        "@context" in proof.members,
        "LDPVC-PROOF-CONTEXT-MISSING",
        "the @context of the credential",
        "none",
        at=credential.exchange,
        pointer=at(credential).inside(proof.pointer),
        requirement=f"{spec}-3.3.1-01",
    )
    rule = Rule("context-other", "LDPVC-PROOF-CONTEXT", "how that of the credential begins", f"{spec}-3.3.2-01")
    judge(expect, at(credential), credential.ldp_vc.problems, rule)


@check(
    "ldp-vc-2020-proof",
    requires=[f"DIEDDSA-A.1.2.1-{ordinal:02}" for ordinal in range(1, 6)],
    applies=when.ldp_vc & when.secured_by(_OF_2020),
    proven_by={
        "ldp-vc:created-missing": "LDPVC-2020-CREATED-MISSING",
        "ldp-vc:value-short": "LDPVC-VALUE-SUITE",
        "did-document:method-type-multikey": "LDPVC-2020-KEY",
    },
)
async def proof_of_2020_is_well_formed(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """An ``Ed25519Signature2020`` has its members, and is made with a key of the type that belongs to it."""
    proof, place = _proof(credential), at(credential)
    that = partial(expect.that, at=credential.exchange, pointer=place.inside(proof.pointer))
    rule, wanted = "DIEDDSA-A.1.2.1-03", "created"
    that("created" in proof.members, "LDPVC-2020-CREATED-MISSING", wanted, "none", requirement=rule)
    judge(
        expect,
        place,
        _problems(credential, "verificationMethod"),
        Rule("method-form proof-member", "LDPVC-METHOD", "a string with a URL", "DIEDDSA-A.1.2.1-01"),
    )
    judge(
        expect,
        place,
        _problems(credential, "proofPurpose"),
        Rule("purpose-other proof-member", "LDPVC-PURPOSE-OTHER", "assertionMethod", "DIEDDSA-A.1.2.1-04"),
    )
    _judge_value(credential, expect, "DIEDDSA-A.1.2.1-05")
    if issuer_key.document is not None and issuer_key.method is not None:
        found, type_ = issuer_key.method.type, "Ed25519VerificationKey2020"
        that(found == type_, "LDPVC-2020-KEY", type_, found, requirement="DIEDDSA-A.1.2.1-02")


_KEY_OF_2020 = ("DIEDDSA-A.1.1.1-02", "DIEDDSA-A.1.1.1-03")
_KEY_OF_EDDSA = ("DIEDDSA-2.1.1-01", "DIEDDSA-2.1.1-02")
_KEY_OF_ECDSA = ("DIECDSA-2.1.1-01", "DIECDSA-2.1.1-02")


@check(
    "ldp-vc-key",
    requires=[*_KEY_OF_EDDSA, *_KEY_OF_ECDSA, *_KEY_OF_2020, "DIEDDSA-A.1.1.1-01"],
    applies=when.ldp_vc & when.multibase_key,
    proven_by={
        "did-document:signing-key-base64url": "LDPVC-KEY-BASE",
        "did-document:signing-key-short": "LDPVC-KEY",
    },
)
async def key_is_written_as_its_type_wants(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The ``publicKeyMultibase`` of the verification method is base58-btc of a key of the kind of the suite."""
    method, proof = issuer_key.method, _proof(credential)
    if method is None:
        raise Blocked("the signer's key is in no verification method")
    old = method.type != "Multikey"
    base, kind = _KEY_OF_2020 if old else _KEY_OF_ECDSA if proof.suite in _ECDSA else _KEY_OF_EDDSA
    that = partial(expect.that, at=issuer_key.replies[-1], pointer=f"{method.pointer}/publicKeyMultibase")
    sent = _as_sent(issuer_key.replies[-1].object, method.pointer).get("publicKeyMultibase")
    begins = isinstance(sent, str) and sent.startswith("z")
    if that(begins, "LDPVC-KEY-BASE", "base58-btc with its sign z", sent, requirement=base):
        # Whether the cryptosuite is one for keys of this kind is judged with the cryptosuite.
        curves = ("Ed25519",) if old else ("Ed25519", "P-256", "P-384")
        curve = method.jwk.get("crv") if method.jwk else None
        observed = f"a key on {curve}" if curve else "nothing of the kind"
        that(curve in curves, "LDPVC-KEY", f"a key on {' or '.join(curves)}", observed, requirement=kind)
    if old:
        rule, controller = "DIEDDSA-A.1.1.1-01", method.controller
        that(is_uri(controller), "LDPVC-KEY-CONTROLLER", "a URL as controller", controller, requirement=rule)


def _as_sent(document: Any, pointer: str) -> dict[str, Any]:
    """Give the object at a JSON Pointer that leads to one."""
    for step in pointer.split("/")[1:]:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return dict(document)
