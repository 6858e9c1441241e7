"""Key proofs in Credential Requests, and their nonces: drafts 13 and 14, section 7; draft 15, section 8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import nonce
from suites.oid4vci._proofs import INVALID_PROOF, STATUS, by_rule
from suites.oid4vci_drafts._refusals import refused

check = area("Key proofs", per=Per.SHAPE)

_ERRORS = frozenset({"invalid_proof", "invalid_credential_request"})
"""Errors that are right when ``proof`` lacks a member: the request is malformed as a whole, too."""


@check(
    "draft-proof-type-missing-refused",
    requires=["VCI15-8.2-02", "VCID14-7.2-05", "VCI13-7.2-05", "VCI11-7.2-02", STATUS, INVALID_PROOF],
    proven_by=by_rule("draft-proof.typed", "DRAFT-PROOF-TYPE-MISSING"),
    applies=when.jwt_proof,
)
async def a_proof_without_type_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request whose ``proof`` is right but for a missing ``proof_type`` is refused."""
    body = {**access.body(), "proof": {"jwt": (await access.proof()).sign()}}
    await refused(
        access,
        expect,
        body,
        "DRAFT-PROOF-TYPE-MISSING",
        what="a proof without proof_type",
        errors=_ERRORS,
        error_requirement=INVALID_PROOF,
    )


_TWICE = ("VCI15-8.2-01", "VCID14-7.2-04")
_TWICE_ERROR = ("VCI15-8.3.1.2-03", "VCID14-7.3.1.2-05")


@check(
    "draft-proof-twice-refused",
    requires=[*_TWICE, *_TWICE_ERROR, STATUS],
    proven_by=by_rule("draft-proof.one-member", "DRAFT-PROOF-TWICE"),
    applies=when.jwt_proof,
)
async def proof_and_proofs_are_refused(access: Access, expect: Expect) -> None:
    """A Credential Request with a right ``proof`` and the same in ``proofs`` is refused."""
    value = (await access.proof()).sign()
    body = {**access.body(), "proof": {"proof_type": "jwt", "jwt": value}, "proofs": {"jwt": [value]}}
    await refused(
        access,
        expect,
        body,
        "DRAFT-PROOF-TWICE",
        what="a Credential Request with proof and proofs",
        errors={"invalid_proof"},
        error_requirement=_TWICE_ERROR,
    )


@check(
    "draft-nonce-given",
    requires=["VCID14-7.3.2-01"],
    proven_by={"draft-credential-error:c-nonce-missing": "DRAFT-NONCE-WITHHELD"},
    applies=when.jwt_proof & ~when.c_nonce,
)
async def who_wants_a_nonce_gives_one(issuance: Reply, expect: Expect) -> None:
    """A proof is not refused for want of a ``c_nonce`` that the wallet gets nowhere."""
    expect.that(
        issuance.error != "invalid_proof" or "c_nonce" in issuance.object,
        "DRAFT-NONCE-WITHHELD",
        "a c_nonce, in the Token Response or with the error invalid_proof",
        issuance.gist,
        at=issuance,
    )


@check(
    "draft-refusal-nonce",
    requires=["VCID14-7.3.2-01", "VCID14-7.3.2-02", "VCI13-7.3.2-01", "VCI13-7.3.2-02", "VCI13-7.3.2-03"],
    proven_by={
        "draft-credential-error:c-nonce-missing": "DRAFT-REFUSAL-NONCE-MISSING",
        "draft-credential-error:c-nonce-number": "DRAFT-REFUSAL-NONCE-TYPE",
        "draft-credential-error:proof-error-other": "DRAFT-REFUSAL-ERROR",
    },
    applies=when.jwt_proof & when.nonce_with_refusal,
)
async def a_refused_proof_brings_a_nonce(access: Access, expect: Expect) -> None:
    """A request without a proof, or with an invalid one, is refused with ``invalid_proof`` and a ``c_nonce``."""
    broken = mutate.broken_signature(await access.proof())
    given = nonce.c_nonce_in(await access.flow.token()) is not None
    for what, body, requirement in (
        ("a request without a proof", access.body(), "VCI13-7.3.2-01"),
        ("a proof with a broken signature", access.body(broken), "VCI13-7.3.2-02"),
    ):
        reply = await access.request(body)
        if reply.successful:
            raise Blocked(f"{what} was not refused: {reply.gist}")
        expect.that(
            reply.error == "invalid_proof",
            "DRAFT-REFUSAL-ERROR",
            f"{what} is refused with the error invalid_proof",
            reply.gist,
            at=reply,
            requirement=requirement,
        )
        value = reply.object.get("c_nonce")
        # Draft 14 is content with a nonce of the Token Response.
        missing = "VCID14-7.3.2-01" if not given else requirement
        if expect.that(
            "c_nonce" in reply.object,
            "DRAFT-REFUSAL-NONCE-MISSING",
            f"{what} is refused with a c_nonce",
            reply.gist,
            at=reply,
            requirement=(requirement, missing),
        ):
            expect.that(
                isinstance(value, str),
                "DRAFT-REFUSAL-NONCE-TYPE",
                "c_nonce, a string",
                value,
                at=reply,
                pointer="/c_nonce",
                requirement=("VCI13-7.3.2-03", "VCID14-7.3.2-02"),
            )


# Drafts 13, section 12.5, and 14, section 11.5: whose a nonce is


@check(
    "draft-nonce-bound",
    requires=["VCID14-11.5-01", "VCI13-12.5-01"],
    proven_by={
        "draft-token:c-nonce-constant": "DRAFT-NONCE-SHARED",
        "accepts:draft-proof.nonce-owner": "DRAFT-NONCE-FOREIGN-ACCEPTED",
        "misreports:draft-proof.nonce-owner": "DRAFT-NONCE-FOREIGN-MISREPORTED",
    },
    applies=when.jwt_proof & when.token_nonce,
    per=Per.GRANT,
    flows=1,
)
async def a_nonce_goes_with_one_token(access: Access, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """Two Token Responses bring two values of ``c_nonce``, and one is refused with the other's Access Token."""
    other = another_flow()
    foreign, own = nonce.c_nonce_in(await other.token()), nonce.c_nonce_in(await access.flow.token())
    if foreign is None:
        raise Blocked("the Token Response of another flow brought no c_nonce")
    token: Reply = await other.token()
    if not expect.that(
        foreign != own,
        "DRAFT-NONCE-SHARED",
        "a c_nonce of its own for each Access Token",
        "the same for two",
        at=token,
        pointer="/c_nonce",
    ):
        return
    draft = await access.proof()
    body: dict[str, Any] = access.body(draft.with_claims(nonce=foreign).sign())
    expect.refused(
        await access.request(body),
        "DRAFT-NONCE-FOREIGN",
        what="a proof with the c_nonce of another Access Token",
        status={400},
        errors={"invalid_proof"},
    )
