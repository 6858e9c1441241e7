"""Words that the checks of all proof types share: OpenID4VCI 1.0 appendix F with the errors of section 8.3.1.2."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from harness.access import Access
from harness.evidence import AccessExpired
from harness.expect import Demanded, Expect
from harness.transport import Reply
from harness.wallet import credential
from harness.wallet.jwt import JwtDraft

STATUS = "VCI-8.3.1.2-02"
INVALID_PROOF = "VCI-8.3.1.2-10"
NO_NONCE = "VCI-8.3.1.2-11"
INVALID_NONCE = "VCI-8.3.1.2-12"

MALFORMED = frozenset({"invalid_proof", "invalid_credential_request"})
"""Errors that are right when ``proofs`` has the wrong form: the request is malformed as a whole, too."""
STALE = frozenset({"invalid_proof", "invalid_nonce"})
"""Errors that are right where the clause does not say which of the two is meant."""


def by_rule(rule: str, code: str) -> dict[str, str]:
    """Give the faults of the reference issuer that concern one of its rules."""
    return {f"accepts:{rule}": f"{code}-ACCEPTED", f"misreports:{rule}": f"{code}-MISREPORTED"}


Spoil = Callable[[JwtDraft], Any]
"""Gives what stands in the place of a right key attestation."""


async def attested_body(access: Access, spoil: Spoil, *, algorithm: str | None = None) -> dict[str, Any]:
    """Give a Credential Request that is right but for its key attestation.

    Args:
        access: what it is asked with.
        spoil: makes the attestation of a right one.
        algorithm: of a ``jwt`` proof; by the metadata by default.

    """
    flow = access.flow
    if flow.proof_type == "attestation":
        draft = access.key_attestation([flow.proof_key()], await access.c_nonce())
        return access.body(spoil(draft), kind="attestation")
    proof = await access.proof(key=flow.proof_key(algorithm))
    draft = access.key_attestation([proof.key], proof.claims.get("nonce"))
    return access.body(proof.with_header(key_attestation=spoil(draft)).sign())


async def refused(
    access: Access,
    expect: Expect,
    body: Mapping[str, Any],
    code: str,
    *,
    what: str,
    errors: Collection[str] = ("invalid_proof",),
    requirement: Demanded = INVALID_PROOF,
) -> None:
    """Send a Credential Request that is wrong and expect the refusal of section 8.3.1.2.

    Args:
        errors: values of ``error`` that are right.
        requirement: what another error violates.

    """
    expect.refused(
        await access.request(body),
        code,
        what=what,
        status={400},
        errors=access.dialect.worded(errors),
        status_requirement=STATUS,
        error_requirement=requirement,
    )


def granted(reply: Reply) -> bool:
    """Whether an answer brings a credential, or the promise of one."""
    return reply.successful and credential.carries_credential(reply)


def accepted(expect: Expect, reply: Reply, code: str, *, what: str, requirement: str | None = None) -> bool:
    """Expect a credential, or the promise of one."""
    return expect.that(granted(reply), code, f"{what} is accepted", reply.gist, at=reply, requirement=requirement)


async def one_of_several(access: Access, answer: Callable[[Access], Awaitable[Reply]]) -> tuple[Reply, Access]:
    """Make one of several right requests; an issuer may accept each Access Token only once (section 14.3).

    Args:
        answer: makes the request with an access and gives the answer.

    Returns:
        The answer, and the access for the next request.

    """
    try:
        reply = await answer(access)
        doubtful = access.used and not reply.successful and not await access.still_works()
    except AccessExpired:
        doubtful = True
    if doubtful:
        access = await access.flow.again().access()
        reply = await answer(access)
    access.used = True
    return reply, access
