"""Key attestations: OpenID4VCI 1.0 appendix D, in the header of ``jwt`` proofs (F.1) and as proofs (F.3).

Each wrong attestation differs from the one that brought the shared credential in one thing. What an issuer that
needs no key attestations does with the header parameter is its own affair, so that nothing is asked of it here.
"""

from __future__ import annotations

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.flow import Flow
from harness.wallet.attestation import KEY_ATTESTATION_TYPE
from harness.wallet.jwt import JwtDraft
from harness.wallet.metadata import Issuer
from suites.oid4vci._parts import Judge, Part
from suites.oid4vci._proofs import (
    INVALID_NONCE,
    INVALID_PROOF,
    MALFORMED,
    NO_NONCE,
    STALE,
    STATUS,
    Spoil,
    accepted,
    attested_body,
    by_rule,
    granted,
    refused,
)

check = area("Key attestations", per=Per.PROOF_TYPE)

_IN_PROOF = when.jwt_proof & when.key_attestation
_LEVELS = frozenset(f"iso_18045_{level}" for level in ("basic", "enhanced-basic", "moderate", "high"))
_NO_LEVEL = f"{mutate.ELSEWHERE}/no-resistance"


# Appendix D.2: what the metadata asks for


@check(
    "key-attestation-levels-known",
    requires=["VCI-D.2-01"],
    applies=when.key_attestation_levels,
    per=Per.ISSUER,
    proven_by={"metadata:key-attestation-level-invented": "KEY-ATTESTATION-LEVEL-UNKNOWN"},
)
async def levels_are_known(issuer: Issuer, expect: Expect) -> None:
    """Attack potential resistance by ISO 18045 is asked for in the values that are defined for it."""
    judge = Judge(expect, issuer.reply.exchange)
    configurations = Part(issuer.metadata, "")["credential_configurations_supported"]
    for configuration in configurations.parts():
        if "proof_types_supported" not in configuration:
            continue
        for terms in configuration["proof_types_supported"].parts():
            if "key_attestations_required" not in terms:
                continue
            required = terms["key_attestations_required"]
            for name in ("key_storage", "user_authentication"):
                for value in required[name].parts() if name in required else ():
                    said = str(value.value)
                    judge.that(
                        said in _LEVELS or not said.startswith("iso_18045_"),
                        "KEY-ATTESTATION-LEVEL-UNKNOWN",
                        f"one of {', '.join(sorted(_LEVELS))}, or a value of another specification",
                        value,
                    )


# Section 12.2.4 and appendix F: where an attestation stands


@check(
    "key-attestation-missing-refused",
    requires=["VCI-12.2.4-80", STATUS, INVALID_PROOF],
    applies=_IN_PROOF,
    proven_by=by_rule("proof.attestation-present", "KEY-ATTESTATION-MISSING"),
)
async def missing_attestation_is_refused(access: Access, expect: Expect) -> None:
    """Where the metadata requires key attestations, a proof without one is refused."""
    body = access.body((await access.proof()).with_header(key_attestation=None).sign())
    await refused(access, expect, body, "KEY-ATTESTATION-MISSING", what="a proof without key_attestation")


@check(
    "key-attestation-no-jwt-refused",
    requires=["VCI-12.2.4-80", STATUS, INVALID_PROOF],
    applies=_IN_PROOF,
    proven_by=by_rule("attestation.wellformed", "KEY-ATTESTATION-NO-JWT"),
)
async def attestation_that_is_no_jwt_is_refused(access: Access, expect: Expect) -> None:
    """A proof is refused whose ``key_attestation`` is a text that is no JWT."""
    body = await attested_body(access, lambda _: "this is no JWT")
    await refused(access, expect, body, "KEY-ATTESTATION-NO-JWT", what="a key_attestation that is no JWT")


@check(
    "key-attestation-proof-no-jwt-refused",
    requires=["VCI-F-03", "VCI15-8.2.1-02", STATUS, INVALID_PROOF],
    applies=when.attestation_proof,
    proven_by=by_rule("attestation.wellformed", "KEY-ATTESTATION-PROOF-NO-JWT"),
)
async def attestation_proof_that_is_no_jwt_is_refused(access: Access, expect: Expect) -> None:
    """An ``attestation`` proof that is no JWT is refused."""
    body = await attested_body(access, lambda _: "this is no JWT")
    what = "an attestation proof that is no JWT"
    await refused(access, expect, body, "KEY-ATTESTATION-PROOF-NO-JWT", what=what, errors=MALFORMED)


@check(
    "key-attestation-array-empty-refused",
    requires=["VCI-F-03", STATUS, INVALID_PROOF],
    applies=when.attestation_proof,
    proven_by=by_rule("proof.not-empty", "KEY-ATTESTATION-ARRAY-EMPTY"),
)
async def empty_array_is_refused(access: Access, expect: Expect) -> None:
    """An empty array of ``attestation`` proofs is refused."""
    body = {**access.body(), "proofs": {"attestation": []}}
    what = "an empty array of attestation proofs"
    await refused(access, expect, body, "KEY-ATTESTATION-ARRAY-EMPTY", what=what, errors=MALFORMED)


@check(
    "key-attestation-not-in-array-refused",
    requires=["VCI-F-03", STATUS, INVALID_PROOF],
    applies=when.attestation_proof,
    proven_by=by_rule("proof.not-empty", "KEY-ATTESTATION-NOT-IN-ARRAY"),
)
async def bare_attestation_is_refused(access: Access, expect: Expect) -> None:
    """An ``attestation`` proof without the array around it is refused."""
    body = await access.right_body()
    (attestation,) = body["proofs"]["attestation"]
    body = {**body, "proofs": {"attestation": attestation}}
    what = "an attestation proof without an array"
    await refused(access, expect, body, "KEY-ATTESTATION-NOT-IN-ARRAY", what=what, errors=MALFORMED)


@check(
    "key-attestation-two-refused",
    requires=["VCI-F-03", STATUS, INVALID_PROOF],
    applies=when.attestation_proof,
    proven_by=by_rule("proof.batch-size", "KEY-ATTESTATION-TWO"),
)
async def two_attestations_are_refused(access: Access, expect: Expect) -> None:
    """Two ``attestation`` proofs in one request are refused."""
    first, second = await access.proofs(), await access.proofs()
    body = access.body(*first.values, *second.values, kind="attestation")
    what = "an array of two attestation proofs"
    await refused(access, expect, body, "KEY-ATTESTATION-TWO", what=what, errors=MALFORMED)


# Appendix D: who signed it


@check(
    "key-attestation-untrusted-refused",
    requires=["VCI-D-01", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.trusted", "KEY-ATTESTATION-UNTRUSTED"),
)
async def attestation_of_a_stranger_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation that is signed by somebody whom nobody knows is refused."""
    body = await attested_body(access, lambda draft: _by_stranger(access, draft, draft.key.algorithm).sign())
    await refused(
        access, expect, body, "KEY-ATTESTATION-UNTRUSTED", what="a key attestation of an unknown attester"
    )


def _by_stranger(access: Access, draft: JwtDraft, algorithm: str) -> JwtDraft:
    """Give the same attestation by a fresh key, introduced by a certificate that it signed itself."""
    return mutate.by_stranger(draft, algorithm, access.flow.tools.now())


@check(
    "key-attestation-signature-refused",
    requires=["VCI-D.1-08", "VCI-F.4-07", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.signature", "KEY-ATTESTATION-SIGNATURE"),
)
async def broken_signature_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation with one flipped bit in its signature is refused."""
    body = await attested_body(access, mutate.broken_signature)
    what = "a key attestation with a broken signature"
    await refused(access, expect, body, "KEY-ATTESTATION-SIGNATURE", what=what)


@check(
    "key-attestation-foreign-signature-refused",
    requires=["VCI-D.1-08", "VCI-F.4-07", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.signature", "KEY-ATTESTATION-FOREIGN-SIGNATURE"),
)
async def foreign_signature_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation is refused that names a known attester and is signed with another key."""
    body = await attested_body(access, mutate.foreign_signature)
    what = "a key attestation signed with another key than the attester's"
    await refused(access, expect, body, "KEY-ATTESTATION-FOREIGN-SIGNATURE", what=what)


@check(
    "key-attestation-unsigned-refused",
    requires=["VCI-D.1-02", "VCI-F.4-04", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.algorithm-asymmetric", "KEY-ATTESTATION-UNSIGNED"),
)
async def unsigned_attestation_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation with the algorithm ``none`` is refused."""
    body = await attested_body(access, mutate.unsigned)
    what = "a key attestation with the algorithm none"
    await refused(access, expect, body, "KEY-ATTESTATION-UNSIGNED", what=what)


@check(
    "key-attestation-symmetric-refused",
    requires=["VCI-D.1-02", "VCI-F.4-05", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.algorithm-asymmetric", "KEY-ATTESTATION-SYMMETRIC"),
)
async def symmetric_attestation_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation is refused whose HMAC has the attester's public key as its secret."""
    body = await attested_body(access, mutate.symmetric)
    what = "a key attestation with the algorithm HS256"
    await refused(access, expect, body, "KEY-ATTESTATION-SYMMETRIC", what=what)


def _by_unlisted_algorithm(access: Access) -> Spoil:
    """Give the attestation in an algorithm that the metadata does not list, by a signer whom the issuer trusts.

    A trusted key signs in its own algorithm, so that often only the name of the algorithm can be another.
    """
    listed = access.flow.proof_algorithms
    unlisted = mutate.unlisted_algorithm(listed, "x5c") or ""

    def spoil(draft: JwtDraft) -> str:
        other = mutate.by_other_key_of_attester(draft, "key", unlisted)
        return other.sign() if other else mutate.relabelled(draft, listed)

    return spoil


@check(
    "key-attestation-algorithm-unlisted-refused",
    requires=["VCI-F.1-12", STATUS, INVALID_PROOF],
    applies=_IN_PROOF,
    proven_by=by_rule("attestation.algorithm-supported", "KEY-ATTESTATION-ALGORITHM-UNLISTED"),
)
async def unlisted_algorithm_is_refused(access: Access, expect: Expect) -> None:
    """A ``jwt`` proof is refused whose key attestation has an algorithm that the metadata does not list."""
    body = await attested_body(access, _by_unlisted_algorithm(access))
    what = "a key attestation with an unlisted algorithm"
    await refused(access, expect, body, "KEY-ATTESTATION-ALGORITHM-UNLISTED", what=what)


@check(
    "key-attestation-proof-algorithm-unlisted-refused",
    requires=["VCI-F.3-06", "VCI-F.4-06", STATUS, INVALID_PROOF],
    applies=when.attestation_proof,
    proven_by=by_rule("attestation.algorithm-supported", "KEY-ATTESTATION-PROOF-ALGORITHM-UNLISTED"),
)
async def unlisted_algorithm_of_a_proof_is_refused(access: Access, expect: Expect) -> None:
    """An ``attestation`` proof with an algorithm that the metadata does not list is refused."""
    body = await attested_body(access, _by_unlisted_algorithm(access))
    what = "an attestation proof with an unlisted algorithm"
    await refused(access, expect, body, "KEY-ATTESTATION-PROOF-ALGORITHM-UNLISTED", what=what)


# Appendix D.1: what it says


@check(
    "key-attestation-type-missing-refused",
    requires=["VCI-D.1-03", "VCI15-D.1-01", "VCI-F.4-03", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.typ", "KEY-ATTESTATION-TYPE-MISSING"),
)
async def missing_type_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation without ``typ`` is refused."""
    body = await attested_body(access, lambda draft: draft.with_header(typ=None).sign())
    await refused(access, expect, body, "KEY-ATTESTATION-TYPE-MISSING", what="a key attestation without typ")


@check(
    "key-attestation-type-refused",
    requires=["VCI-D.1-03", "VCI15-D.1-01", "VCI-F.4-03", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.typ", "KEY-ATTESTATION-TYPE"),
)
async def foreign_type_is_refused(access: Access, expect: Expect) -> None:
    """A JWT of the attester that was made for another purpose is refused as a key attestation."""
    body = await attested_body(access, mutate.wrong_type)
    what = f"a key attestation whose typ is not {KEY_ATTESTATION_TYPE}"
    await refused(access, expect, body, "KEY-ATTESTATION-TYPE", what=what)


@check(
    "key-attestation-critical-header-refused",
    requires=["RFC7515-4.1.11-01", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.critical", "KEY-ATTESTATION-CRITICAL-HEADER"),
)
async def unknown_critical_header_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation that calls a header parameter critical which nobody knows is refused."""
    body = await attested_body(access, mutate.unknown_critical_header)
    what = "a key attestation with an unknown crit"
    await refused(access, expect, body, "KEY-ATTESTATION-CRITICAL-HEADER", what=what)


@check(
    "key-attestation-issued-at-missing-refused",
    requires=["VCI-D.1-04", "VCI-F.4-02", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.issued-at-present", "KEY-ATTESTATION-ISSUED-AT-MISSING"),
)
async def missing_issued_at_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation without ``iat`` is refused."""
    body = await attested_body(access, lambda draft: draft.with_claims(iat=None).sign())
    await refused(access, expect, body, "KEY-ATTESTATION-ISSUED-AT-MISSING", what="a key attestation without iat")


@check(
    "key-attestation-expiry-missing-refused",
    requires=["VCI-D.1-05", STATUS, INVALID_PROOF],
    applies=_IN_PROOF,
    proven_by=by_rule("attestation.expiry-present", "KEY-ATTESTATION-EXPIRY-MISSING"),
)
async def missing_expiry_is_refused(access: Access, expect: Expect) -> None:
    """In a ``jwt`` proof, a key attestation without ``exp`` is refused."""
    body = await attested_body(access, lambda draft: draft.with_claims(exp=None).sign())
    await refused(access, expect, body, "KEY-ATTESTATION-EXPIRY-MISSING", what="a key attestation without exp")


@check(
    "key-attestation-expired-refused",
    requires=["VCI-D.1-06", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.expired", "KEY-ATTESTATION-EXPIRED"),
)
async def expired_attestation_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation that expired a month ago is refused."""

    def expired(draft: JwtDraft) -> str:
        made = draft.claims["iat"] - 2 * mutate.MONTH
        return draft.with_claims(iat=made, exp=made + mutate.MONTH).sign()

    body = await attested_body(access, expired)
    await refused(access, expect, body, "KEY-ATTESTATION-EXPIRED", what="a key attestation that has expired")


@check(
    "key-attestation-keys-missing-refused",
    requires=["VCI-D.1-07", "VCI15-D.1-02", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.keys-present", "KEY-ATTESTATION-KEYS-MISSING"),
)
async def missing_keys_are_refused(access: Access, expect: Expect) -> None:
    """A key attestation without ``attested_keys`` is refused."""
    body = await attested_body(access, lambda draft: draft.with_claims(attested_keys=None).sign())
    what = "a key attestation without attested_keys"
    await refused(access, expect, body, "KEY-ATTESTATION-KEYS-MISSING", what=what)


@check(
    "key-attestation-keys-empty-refused",
    requires=["VCI-D.1-07", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.keys-present", "KEY-ATTESTATION-KEYS-EMPTY"),
)
async def no_keys_are_refused(access: Access, expect: Expect) -> None:
    """A key attestation whose ``attested_keys`` are an empty array is refused."""
    body = await attested_body(access, lambda draft: draft.with_claims(attested_keys=[]).sign())
    await refused(access, expect, body, "KEY-ATTESTATION-KEYS-EMPTY", what="a key attestation of no keys")


@check(
    "key-attestation-other-key-refused",
    requires=["VCI-D.1-01", STATUS, INVALID_PROOF],
    applies=_IN_PROOF,
    proven_by=by_rule("proof.key-attested", "KEY-ATTESTATION-OTHER-KEY"),
)
async def proof_by_a_key_that_is_not_attested_is_refused(access: Access, expect: Expect) -> None:
    """A ``jwt`` proof is refused whose key attestation attests another key than the one that signed it."""
    proof = await access.proof()
    other = access.key_attestation([access.flow.proof_key()], proof.claims.get("nonce")).sign()
    body = access.body(proof.with_header(key_attestation=other).sign())
    what = "a proof by a key that is not among the attested_keys"
    await refused(access, expect, body, "KEY-ATTESTATION-OTHER-KEY", what=what)


@check(
    "key-attestation-storage-refused",
    requires=["VCI-D.1-09", STATUS, INVALID_PROOF],
    applies=when.key_attestation & when.key_storage_required,
    proven_by=by_rule("attestation.key-storage", "KEY-ATTESTATION-STORAGE"),
)
async def insufficient_storage_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation is refused whose ``key_storage`` has no value that the metadata accepts."""
    body = await attested_body(access, lambda draft: draft.with_claims(key_storage=[_NO_LEVEL]).sign())
    what = "a key attestation whose key_storage the metadata does not accept"
    await refused(access, expect, body, "KEY-ATTESTATION-STORAGE", what=what)


@check(
    "key-attestation-storage-missing-refused",
    requires=["VCI-D.1-09", STATUS, INVALID_PROOF],
    applies=when.key_attestation & when.key_storage_required,
    proven_by=by_rule("attestation.key-storage", "KEY-ATTESTATION-STORAGE-MISSING"),
)
async def missing_storage_is_refused(access: Access, expect: Expect) -> None:
    """Where the metadata names values of ``key_storage``, a key attestation without any is refused."""
    body = await attested_body(access, lambda draft: draft.with_claims(key_storage=None).sign())
    what = "a key attestation without key_storage"
    await refused(access, expect, body, "KEY-ATTESTATION-STORAGE-MISSING", what=what)


@check(
    "key-attestation-user-authentication-refused",
    requires=["VCI-D.1-10", STATUS, INVALID_PROOF],
    applies=when.key_attestation & when.user_authentication_required,
    proven_by=by_rule("attestation.user-authentication", "KEY-ATTESTATION-USER-AUTHENTICATION"),
)
async def insufficient_user_authentication_is_refused(access: Access, expect: Expect) -> None:
    """A key attestation is refused whose ``user_authentication`` has no value that the metadata accepts."""
    body = await attested_body(access, lambda draft: draft.with_claims(user_authentication=[_NO_LEVEL]).sign())
    what = "a key attestation whose user_authentication the metadata does not accept"
    await refused(access, expect, body, "KEY-ATTESTATION-USER-AUTHENTICATION", what=what)


@check(
    "key-attestation-user-authentication-missing-refused",
    requires=["VCI-D.1-10", STATUS, INVALID_PROOF],
    applies=when.key_attestation & when.user_authentication_required,
    proven_by=by_rule("attestation.user-authentication", "KEY-ATTESTATION-USER-AUTHENTICATION-MISSING"),
)
async def missing_user_authentication_is_refused(access: Access, expect: Expect) -> None:
    """Where the metadata names values of ``user_authentication``, a key attestation without any is refused."""
    body = await attested_body(access, lambda draft: draft.with_claims(user_authentication=None).sign())
    what = "a key attestation without user_authentication"
    await refused(access, expect, body, "KEY-ATTESTATION-USER-AUTHENTICATION-MISSING", what=what)


@check(
    "key-attestation-unknown-claim-accepted",
    requires=["RFC7519-4-01"],
    applies=when.key_attestation,
    proven_by={"rejects:attestation.unknown-claim": "KEY-ATTESTATION-UNKNOWN-CLAIM-REFUSED"},
)
async def unknown_claim_is_accepted(access: Access, expect: Expect) -> None:
    """A claim that nobody knows does no harm to a key attestation."""
    reply = await access.request(await attested_body(access, mutate.unknown_claim))
    code = "KEY-ATTESTATION-UNKNOWN-CLAIM-REFUSED"
    accepted(expect, reply, code, what="a key attestation with an unknown claim")


# The nonce: appendix F.1 and F.3


def _without_nonce(draft: JwtDraft) -> str:
    return draft.with_claims(nonce=None).sign()


def _with_unknown_nonce(draft: JwtDraft) -> str:
    return draft.with_claims(nonce=mutate.unknown_nonce()).sign()


@check(
    "key-attestation-nonce-missing-refused",
    requires=["VCI-F.1-10", STATUS, INVALID_PROOF],
    applies=_IN_PROOF & when.c_nonce,
    proven_by=by_rule("attestation.nonce-present", "KEY-ATTESTATION-NONCE-MISSING"),
)
async def missing_nonce_is_refused(access: Access, expect: Expect) -> None:
    """Where there is a Nonce Endpoint, a ``jwt`` proof is refused whose key attestation has no ``nonce``."""
    body = await attested_body(access, _without_nonce)
    what = "a key attestation without nonce"
    await refused(access, expect, body, "KEY-ATTESTATION-NONCE-MISSING", what=what, errors=STALE)


@check(
    "key-attestation-nonce-refused",
    requires=["VCI-F.1-11", STATUS, INVALID_PROOF],
    applies=_IN_PROOF & when.c_nonce,
    proven_by=by_rule("attestation.nonce", "KEY-ATTESTATION-NONCE"),
)
async def unknown_nonce_is_refused(access: Access, expect: Expect) -> None:
    """A ``jwt`` proof is refused whose key attestation has a nonce that this issuer never gave out."""
    body = await attested_body(access, _with_unknown_nonce)
    what = "a key attestation with an unknown nonce"
    await refused(access, expect, body, "KEY-ATTESTATION-NONCE", what=what, errors=STALE)


@check(
    "key-attestation-proof-nonce-missing-refused",
    requires=["VCI-F.3-01", "VCI-F.4-09", STATUS, NO_NONCE],
    applies=when.attestation_proof & when.c_nonce,
    proven_by=by_rule("attestation.nonce-present", "KEY-ATTESTATION-PROOF-NONCE-MISSING"),
)
async def missing_nonce_of_a_proof_is_refused(access: Access, expect: Expect) -> None:
    """Where there is a Nonce Endpoint, an ``attestation`` proof without ``nonce`` is refused."""
    body = await attested_body(access, _without_nonce)
    what = "an attestation proof without nonce"
    await refused(access, expect, body, "KEY-ATTESTATION-PROOF-NONCE-MISSING", what=what, requirement=NO_NONCE)


@check(
    "key-attestation-proof-nonce-refused",
    requires=["VCI-F.3-02", "VCI-F.4-10", STATUS, INVALID_NONCE],
    applies=when.attestation_proof & when.c_nonce,
    proven_by=by_rule("attestation.nonce", "KEY-ATTESTATION-PROOF-NONCE"),
)
async def unknown_nonce_of_a_proof_is_refused(access: Access, expect: Expect) -> None:
    """An ``attestation`` proof with a nonce that this issuer never gave out is refused with ``invalid_nonce``."""
    body = await attested_body(access, _with_unknown_nonce)
    await refused(
        access,
        expect,
        body,
        "KEY-ATTESTATION-PROOF-NONCE",
        what="an attestation proof with an unknown nonce",
        errors={"invalid_nonce"},
        requirement=INVALID_NONCE,
    )


# Several keys: appendix F.1 and F.3


@check(
    "key-attestation-several-keys",
    requires=["VCI-F.1-05", "HAIP-4.5.1-04"],
    applies=_IN_PROOF,
    proven_by={
        "rejects:attestation.several-keys": "KEY-ATTESTATION-SEVERAL-KEYS-REFUSED",
        "credential:first-key-only": "KEY-ATTESTATION-FEWER-CREDENTIALS",
    },
)
async def each_attested_key_gets_a_credential(issuer: Issuer, batch: Flow, expect: Expect) -> None:
    """A ``jwt`` proof whose key attestation attests two keys brings a credential for each."""
    await _expect_one_for_each(issuer, batch, expect)


@check(
    "key-attestation-proof-several-keys",
    requires=["VCI-F.3-05", "HAIP-4.5.1-04"],
    applies=when.attestation_proof,
    proven_by={
        "rejects:attestation.several-keys": "KEY-ATTESTATION-SEVERAL-KEYS-REFUSED",
        "credential:first-key-only": "KEY-ATTESTATION-FEWER-CREDENTIALS",
    },
)
async def each_key_of_a_proof_gets_a_credential(issuer: Issuer, batch: Flow, expect: Expect) -> None:
    """An ``attestation`` proof that attests two keys brings a credential for each."""
    await _expect_one_for_each(issuer, batch, expect)


async def _expect_one_for_each(issuer: Issuer, batch: Flow, expect: Expect) -> None:
    reply = await batch.issuance()
    what = "a key attestation of two keys"
    taken = expect.that(
        granted(reply), "KEY-ATTESTATION-SEVERAL-KEYS-REFUSED", f"{what} is accepted", reply.gist, at=reply
    )
    # An issuer that announces no batches may issue one credential at a time.
    if taken and issuer.batch_size is not None:
        found = len(await batch.credentials())
        expect.that(
            found >= 2,
            "KEY-ATTESTATION-FEWER-CREDENTIALS",
            f"{what} brings two credentials",
            f"{found} credentials",
            at=await batch.collected(),
            pointer="/credentials",
        )
