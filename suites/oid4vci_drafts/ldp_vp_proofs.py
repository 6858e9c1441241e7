"""Key proofs of the type ``ldp_vp``: drafts 13 and 14, section 7.2.1.2; draft 15, section 8.2.1.2.

Each wrong proof differs from a right one in one thing; it is signed after it was spoiled, so that its proof value
verifies unless that is what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.wallet.di_vp import PresentationDraft
from suites.oid4vci._proofs import INVALID_PROOF, STATUS, by_rule
from suites.oid4vci_drafts._refusals import refused

check = area("Linked Data proofs", per=Per.PROOF_TYPE)

_MALFORMED = frozenset({"invalid_proof", "invalid_credential_request"})
_STALE = frozenset({"invalid_proof", "invalid_nonce"})
_SIGNED = ("VCI15-8.2.1.2-01", "VCID14-7.2.1.2-01", "VCI13-7.2.1.2-01")


async def _draft(access: Access) -> PresentationDraft:
    return access.presentation(access.flow.proof_key(), await access.c_nonce())


async def _refused(
    access: Access, expect: Expect, presentation: Mapping[str, Any], code: str, *, what: str, errors: Any = None
) -> None:
    await refused(
        access,
        expect,
        access.body(presentation, kind="ldp_vp"),
        code,
        what=what,
        errors=errors or {"invalid_proof"},
        error_requirement=INVALID_PROOF,
    )


@check(
    "draft-ldp-vp-no-presentation-refused",
    requires=["VCI15-8.2.1-01", "VCID14-7.2.1-01", "VCI13-7.2.1-03", STATUS, INVALID_PROOF],
    applies=when.ldp_vp_proof,
    proven_by=by_rule("draft-ldp-vp.presentation", "DRAFT-LDP-VP-NO-PRESENTATION"),
)
async def what_is_no_presentation_is_refused(access: Access, expect: Expect) -> None:
    """A signed JSON object that is no Verifiable Presentation is refused as a proof, also in an array."""
    what = "an ldp_vp proof that is no Verifiable Presentation"
    code = "DRAFT-LDP-VP-NO-PRESENTATION"
    draft = (await _draft(access)).with_document({"type": ["VerifiableCredential"]})
    await _refused(access, expect, draft.secured(), code, what=what, errors=_MALFORMED)
    if expect.judges_by("VCI13-7.2.1-03"):
        return
    draft = (await _draft(access)).with_document({"type": ["VerifiableCredential"]})
    await refused(
        access,
        expect,
        {**access.body(), "proofs": {"ldp_vp": [draft.secured()]}},
        code,
        what=f"{what}, in proofs",
        errors=_MALFORMED,
        error_requirement=INVALID_PROOF,
    )


@check(
    "draft-ldp-vp-proof-missing-refused",
    requires=["VCI15-8.2.1.2-02", "VCID14-7.2.1.2-02", "VCI13-7.2.1.2-02", STATUS, INVALID_PROOF],
    applies=when.ldp_vp_proof,
    proven_by=by_rule("draft-ldp-vp.proof-present", "DRAFT-LDP-VP-PROOF-MISSING"),
)
async def missing_proof_is_refused(access: Access, expect: Expect) -> None:
    """A presentation without ``proof`` is refused."""
    document = (await _draft(access)).document
    await _refused(access, expect, document, "DRAFT-LDP-VP-PROOF-MISSING", what="a presentation without proof")


@check(
    "draft-ldp-vp-domain-refused",
    requires=["VCI15-8.2.1.2-03", "VCID14-7.2.1.2-03", "VCI13-7.2.1.2-03", STATUS, INVALID_PROOF],
    applies=when.ldp_vp_proof,
    proven_by=by_rule("draft-ldp-vp.domain", "DRAFT-LDP-VP-DOMAIN"),
)
async def foreign_domain_is_refused(access: Access, expect: Expect) -> None:
    """A presentation whose ``domain`` is missing, or another Credential Issuer, is refused."""
    for what, domain in (("without domain", None), ("for another issuer", mutate.ELSEWHERE)):
        presentation = (await _draft(access)).with_proof(domain=domain).secured()
        await _refused(access, expect, presentation, "DRAFT-LDP-VP-DOMAIN", what=f"a presentation {what}")


@check(
    "draft-ldp-vp-challenge-missing-refused",
    requires=["VCI15-8.2.1.2-04", "VCID14-7.2.1.2-04", "VCI13-7.2.1.2-04", STATUS, INVALID_PROOF],
    applies=when.ldp_vp_proof & when.c_nonce,
    proven_by=by_rule("draft-ldp-vp.challenge-present", "DRAFT-LDP-VP-CHALLENGE-MISSING"),
)
async def missing_challenge_is_refused(access: Access, expect: Expect) -> None:
    """Where the issuer gave a ``c_nonce``, a presentation without ``challenge`` is refused."""
    presentation = (await _draft(access)).with_proof(challenge=None).secured()
    what = "a presentation without challenge"
    await _refused(access, expect, presentation, "DRAFT-LDP-VP-CHALLENGE-MISSING", what=what, errors=_STALE)


@check(
    "draft-ldp-vp-challenge-refused",
    requires=["VCI15-8.2.1.2-05", "VCID14-7.2.1.2-05", "VCI13-7.2.1.2-05", STATUS, INVALID_PROOF],
    applies=when.ldp_vp_proof & when.c_nonce,
    proven_by=by_rule("draft-ldp-vp.challenge", "DRAFT-LDP-VP-CHALLENGE"),
)
async def unknown_challenge_is_refused(access: Access, expect: Expect) -> None:
    """A presentation with a ``challenge`` that this issuer never gave out is refused."""
    presentation = (await _draft(access)).with_proof(challenge=mutate.unknown_nonce()).secured()
    what = "a presentation with an unknown challenge"
    await _refused(access, expect, presentation, "DRAFT-LDP-VP-CHALLENGE", what=what, errors=_STALE)


@check(
    "draft-ldp-vp-holder-refused",
    requires=["VCI15-8.2.1.2-06", "VCID14-7.2.1.2-06", "VCI13-7.2.1.2-06", STATUS, INVALID_PROOF],
    applies=when.ldp_vp_proof,
    proven_by=by_rule("draft-ldp-vp.holder", "DRAFT-LDP-VP-HOLDER"),
)
async def foreign_holder_is_refused(access: Access, expect: Expect) -> None:
    """A presentation whose ``holder`` is not the controller of the key that signed it is refused."""
    other = (await _draft(access)).document["holder"]
    presentation = (await _draft(access)).with_document({"holder": other}).secured()
    what = "a presentation of another holder than the one who signed it"
    await _refused(access, expect, presentation, "DRAFT-LDP-VP-HOLDER", what=what)


@check(
    "draft-ldp-vp-signature-refused",
    requires=[*_SIGNED, STATUS, INVALID_PROOF],
    applies=when.ldp_vp_proof,
    proven_by=by_rule("draft-ldp-vp.signature", "DRAFT-LDP-VP-SIGNATURE"),
)
async def foreign_signature_is_refused(access: Access, expect: Expect) -> None:
    """A presentation that is signed with another key than its ``verificationMethod`` names is refused."""
    presentation = mutate.foreign_proof_value(await _draft(access))
    what = "a presentation signed with another key"
    await _refused(access, expect, presentation, "DRAFT-LDP-VP-SIGNATURE", what=what)


@check(
    "draft-ldp-vp-key-missing-refused",
    requires=[*_SIGNED, STATUS, INVALID_PROOF],
    applies=when.ldp_vp_proof,
    proven_by=by_rule("draft-ldp-vp.key-usable", "DRAFT-LDP-VP-KEY-MISSING"),
)
async def proof_without_key_is_refused(access: Access, expect: Expect) -> None:
    """A presentation without ``verificationMethod``, so that nobody can verify it, is refused."""
    draft = (await _draft(access)).with_document({"holder": None}).with_proof(verificationMethod=None)
    what = "a presentation without verificationMethod"
    await _refused(access, expect, draft.secured(), "DRAFT-LDP-VP-KEY-MISSING", what=what)
