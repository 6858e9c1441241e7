"""Key proofs of the type ``di_vp``: OpenID4VCI 1.0 appendix F.2 and F.4.

Each wrong proof differs from the one that brought the shared credential in one thing; it is signed after it was
spoiled, so that its proof value verifies unless that is what is wrong.
"""

from __future__ import annotations

from typing import Any

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.wallet import di_vp
from harness.wallet.di_vp import PresentationDraft
from suites.oid4vci._proofs import (
    INVALID_NONCE,
    INVALID_PROOF,
    MALFORMED,
    NO_NONCE,
    STATUS,
    accepted,
    by_rule,
    one_of_several,
    refused,
)

check = area("Data Integrity proofs", per=Per.PROOF_TYPE)


async def _draft(access: Access) -> PresentationDraft:
    """Draft a right proof with a fresh ``c_nonce``."""
    return access.presentation(access.flow.proof_key(), await access.c_nonce())


def _body(access: Access, presentation: Any) -> dict[str, Any]:
    return access.body(presentation, kind="di_vp")


# Appendix F: the array of proofs


@check(
    "di-vp-array-empty-refused",
    requires=["VCI-F-02", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("proof.not-empty", "DI-VP-ARRAY-EMPTY"),
)
async def empty_array_is_refused(access: Access, expect: Expect) -> None:
    """An empty array of ``di_vp`` proofs is refused."""
    body = {**access.body(), "proofs": {"di_vp": []}}
    what = "an empty array of di_vp proofs"
    await refused(access, expect, body, "DI-VP-ARRAY-EMPTY", what=what, errors=MALFORMED)


@check(
    "di-vp-not-in-array-refused",
    requires=["VCI-F-02", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("proof.not-empty", "DI-VP-NOT-IN-ARRAY"),
)
async def bare_presentation_is_refused(access: Access, expect: Expect) -> None:
    """A right ``di_vp`` proof without the array around it is refused."""
    body = {**access.body(), "proofs": {"di_vp": (await _draft(access)).secured()}}
    what = "a di_vp proof without an array"
    await refused(access, expect, body, "DI-VP-NOT-IN-ARRAY", what=what, errors=MALFORMED)


@check(
    "di-vp-no-presentation-refused",
    requires=["VCI-F-02", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.presentation", "DI-VP-NO-PRESENTATION"),
)
async def what_is_no_presentation_is_refused(access: Access, expect: Expect) -> None:
    """A signed JSON object that is no Verifiable Presentation is refused as a ``di_vp`` proof."""
    draft = (await _draft(access)).with_document({"type": ["VerifiableCredential"]})
    what = "a di_vp proof that is no Verifiable Presentation"
    body = _body(access, draft.secured())
    await refused(access, expect, body, "DI-VP-NO-PRESENTATION", what=what, errors=MALFORMED)


# Appendix F.2: the presentation and its proof


@check(
    "di-vp-proof-missing-refused",
    requires=["VCI-F.2-06", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.proof-present", "DI-VP-PROOF-MISSING"),
)
async def missing_proof_is_refused(access: Access, expect: Expect) -> None:
    """A presentation without ``proof`` is refused."""
    body = _body(access, (await _draft(access)).document)
    await refused(access, expect, body, "DI-VP-PROOF-MISSING", what="a presentation without proof")


@check(
    "di-vp-proof-type-refused",
    requires=["VCI-F.2-06", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.proof-present", "DI-VP-PROOF-TYPE"),
)
async def foreign_proof_type_is_refused(access: Access, expect: Expect) -> None:
    """A presentation whose ``proof`` is of another type than a Data Integrity proof is refused."""
    body = _body(access, (await _draft(access)).with_proof(type="AssayProof").secured())
    what = "a presentation whose proof is no Data Integrity proof"
    await refused(access, expect, body, "DI-VP-PROOF-TYPE", what=what)


@check(
    "di-vp-cryptosuite-missing-refused",
    requires=["VCI-F.2-07", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.cryptosuite", "DI-VP-CRYPTOSUITE-MISSING"),
)
async def missing_cryptosuite_is_refused(access: Access, expect: Expect) -> None:
    """A proof without ``cryptosuite`` is refused."""
    body = _body(access, (await _draft(access)).with_proof(cryptosuite=None).secured())
    await refused(access, expect, body, "DI-VP-CRYPTOSUITE-MISSING", what="a proof without cryptosuite")


@check(
    "di-vp-cryptosuite-unlisted-refused",
    requires=["VCI-F.2-08", "VCI-F.4-06", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.cryptosuite", "DI-VP-CRYPTOSUITE-UNLISTED"),
)
async def unlisted_cryptosuite_is_refused(access: Access, expect: Expect) -> None:
    """A proof by a cryptosuite that the metadata does not list is refused."""
    suite = mutate.unlisted_cryptosuite(access.flow.proof_algorithms)
    if suite is None:
        suite, draft = "assay-jcs-2026", await _draft(access)
    else:
        key = access.flow.proof_key(di_vp.ALGORITHMS[suite][0])
        draft = access.presentation(key, await access.c_nonce(), cryptosuite=suite)
    body = _body(access, draft.with_proof(cryptosuite=suite).secured())
    what = f"a proof by the unlisted cryptosuite {suite}"
    await refused(access, expect, body, "DI-VP-CRYPTOSUITE-UNLISTED", what=what)


@check(
    "di-vp-purpose-missing-refused",
    requires=["VCI-F.2-09", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.purpose", "DI-VP-PURPOSE-MISSING"),
)
async def missing_purpose_is_refused(access: Access, expect: Expect) -> None:
    """A proof without ``proofPurpose`` is refused."""
    body = _body(access, (await _draft(access)).with_proof(proofPurpose=None).secured())
    await refused(access, expect, body, "DI-VP-PURPOSE-MISSING", what="a proof without proofPurpose")


@check(
    "di-vp-purpose-refused",
    requires=["VCI-F.2-09", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.purpose", "DI-VP-PURPOSE"),
)
async def foreign_purpose_is_refused(access: Access, expect: Expect) -> None:
    """A proof that was made to assert something, and not to authenticate, is refused."""
    body = _body(access, (await _draft(access)).with_proof(proofPurpose="assertionMethod").secured())
    await refused(access, expect, body, "DI-VP-PURPOSE", what="a proof with the purpose assertionMethod")


@check(
    "di-vp-domain-missing-refused",
    requires=["VCI-F.2-10", "VCI-F.4-01", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.domain", "DI-VP-DOMAIN-MISSING"),
)
async def missing_domain_is_refused(access: Access, expect: Expect) -> None:
    """A proof without ``domain`` is refused."""
    body = _body(access, (await _draft(access)).with_proof(domain=None).secured())
    await refused(access, expect, body, "DI-VP-DOMAIN-MISSING", what="a proof without domain")


@check(
    "di-vp-domain-refused",
    requires=["VCI-F.2-10", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.domain", "DI-VP-DOMAIN"),
)
async def foreign_domain_is_refused(access: Access, expect: Expect) -> None:
    """A proof that was made for another Credential Issuer is refused."""
    body = _body(access, (await _draft(access)).with_proof(domain=mutate.ELSEWHERE).secured())
    await refused(access, expect, body, "DI-VP-DOMAIN", what="a proof for another issuer")


@check(
    "di-vp-challenge-missing-refused",
    requires=["VCI-F.2-11", "VCI-F.4-09", STATUS, NO_NONCE],
    applies=when.di_vp_proof & when.c_nonce,
    proven_by=by_rule("di-vp.challenge-present", "DI-VP-CHALLENGE-MISSING"),
)
async def missing_challenge_is_refused(access: Access, expect: Expect) -> None:
    """Where there is a Nonce Endpoint, a proof without ``challenge`` is refused."""
    body = _body(access, (await _draft(access)).with_proof(challenge=None).secured())
    what = "a proof without challenge"
    await refused(access, expect, body, "DI-VP-CHALLENGE-MISSING", what=what, requirement=NO_NONCE)


@check(
    "di-vp-challenge-refused",
    requires=["VCI-F.2-12", "VCI-F.4-10", STATUS, INVALID_NONCE],
    applies=when.di_vp_proof & when.c_nonce,
    proven_by=by_rule("di-vp.challenge", "DI-VP-CHALLENGE"),
)
async def unknown_challenge_is_refused(access: Access, expect: Expect) -> None:
    """A proof with a challenge that this issuer never gave out is refused with ``invalid_nonce``."""
    body = _body(access, (await _draft(access)).with_proof(challenge=mutate.unknown_nonce()).secured())
    await refused(
        access,
        expect,
        body,
        "DI-VP-CHALLENGE",
        what="a proof with an unknown challenge",
        errors={"invalid_nonce"},
        requirement=INVALID_NONCE,
    )


@check(
    "di-vp-holder-refused",
    requires=["VCI-F.2-13", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.holder", "DI-VP-HOLDER"),
)
async def foreign_holder_is_refused(access: Access, expect: Expect) -> None:
    """A presentation whose ``holder`` is not the controller of the key that signed it is refused."""
    other = (await _draft(access)).document["holder"]
    body = _body(access, (await _draft(access)).with_document({"holder": other}).secured())
    what = "a presentation of another holder than the one who signed it"
    await refused(access, expect, body, "DI-VP-HOLDER", what=what)


# Whose key it is


@check(
    "di-vp-key-missing-refused",
    requires=["VCI-F.2-01", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.key-usable", "DI-VP-KEY-MISSING"),
)
async def proof_without_key_is_refused(access: Access, expect: Expect) -> None:
    """A proof without ``verificationMethod``, so that nobody can verify it, is refused."""
    draft = (await _draft(access)).with_document({"holder": None}).with_proof(verificationMethod=None)
    body = _body(access, draft.secured())
    await refused(access, expect, body, "DI-VP-KEY-MISSING", what="a proof without verificationMethod")


@check(
    "di-vp-signature-refused",
    requires=["VCI-F.2-01", "VCI-F.4-07", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.signature", "DI-VP-SIGNATURE"),
)
async def broken_signature_is_refused(access: Access, expect: Expect) -> None:
    """A proof with one flipped bit in its ``proofValue`` is refused."""
    body = _body(access, mutate.broken_proof_value(await _draft(access)))
    await refused(access, expect, body, "DI-VP-SIGNATURE", what="a proof with a broken proofValue")


@check(
    "di-vp-foreign-signature-refused",
    requires=["VCI-F.2-01", "VCI-F.4-07", STATUS, INVALID_PROOF],
    applies=when.di_vp_proof,
    proven_by=by_rule("di-vp.signature", "DI-VP-FOREIGN-SIGNATURE"),
)
async def foreign_signature_is_refused(access: Access, expect: Expect) -> None:
    """A proof that is signed with another key than its ``verificationMethod`` names is refused."""
    body = _body(access, mutate.foreign_proof_value(await _draft(access)))
    await refused(access, expect, body, "DI-VP-FOREIGN-SIGNATURE", what="a proof signed with another key")


# What may be there besides


@check(
    "di-vp-unknown-property-accepted",
    requires=["VCI-F.2-02"],
    applies=when.di_vp_of_json,
    proven_by={"rejects:di-vp.unknown-property": "DI-VP-UNKNOWN-PROPERTY-REFUSED"},
)
async def unknown_property_is_accepted(access: Access, expect: Expect) -> None:
    """A property of the presentation that nobody knows does no harm."""
    reply = await access.request(_body(access, mutate.unknown_property(await _draft(access))))
    what = "a presentation with an unknown property"
    accepted(expect, reply, "DI-VP-UNKNOWN-PROPERTY-REFUSED", what=what)


@check(
    "di-vp-unknown-proof-property-accepted",
    requires=["VCI-F.2-03"],
    applies=when.di_vp_of_json,
    proven_by={"rejects:di-vp.unknown-property": "DI-VP-UNKNOWN-PROOF-PROPERTY-REFUSED"},
)
async def unknown_proof_property_is_accepted(access: Access, expect: Expect) -> None:
    """A property of the proof that nobody knows does no harm."""
    reply = await access.request(_body(access, mutate.unknown_proof_property(await _draft(access))))
    what = "a proof with an unknown property"
    accepted(expect, reply, "DI-VP-UNKNOWN-PROOF-PROPERTY-REFUSED", what=what)


# Section 12.2.4: what the metadata announces


@check(
    "di-vp-cryptosuites-accepted",
    requires=["VCI-12.2.4-52"],
    applies=when.di_vp_proof,
    proven_by={"rejects:di-vp.other-cryptosuite": "DI-VP-CRYPTOSUITE-REFUSED"},
)
async def announced_cryptosuites_are_accepted(access: Access, expect: Expect) -> None:
    """A proof by each cryptosuite that the metadata lists, as far as the wallet has it, is accepted."""
    for suite in access.flow.proof_algorithms:
        if suite not in di_vp.ALGORITHMS:
            continue

        async def answer(granted: Access, name: str = suite) -> Any:
            key = granted.flow.proof_key(di_vp.ALGORITHMS[name][0])
            draft = granted.presentation(key, await granted.c_nonce(), cryptosuite=name)
            return await granted.request(_body(granted, draft.secured()))

        reply, access = await one_of_several(access, answer)
        what = f"a proof by the listed cryptosuite {suite}"
        accepted(expect, reply, "DI-VP-CRYPTOSUITE-REFUSED", what=what)
