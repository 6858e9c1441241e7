"""DPoP in authorization requests, pushed or not: RFC 9449 sections 10 and 10.1."""

from __future__ import annotations

from collections.abc import Callable

from harness import mutate
from harness.agent import ChangeProof
from harness.applicability import ALWAYS, Predicate, when
from harness.authorized import Authorized
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import dpop, par
from harness.wallet import token as tokens
from harness.wallet.jwt import JwtDraft
from suites.oid4vci._authorizations import DIRECT
from suites.oid4vci._dpop import (
    DEFAULT_PORT,
    FUTURE,
    HARMLESS_PROOFS,
    MALFORMED,
    NONCE_HEADER,
    OLD,
    PROOF_ERRORS,
    WRONG_PROOFS,
    HarmlessProof,
    WrongProof,
    expect_server_wants_nonce,
    with_unknown_nonce,
    without_claim,
)

check = area("DPoP", per=Per.GRANT)

_STATUS = "RFC9126-2.3-02"
_CHECKED = "RFC9449-10.1-01"
_PUSHED = when.code_flow & when.par & when.dpop
_OF_ANOTHER_KEY = PROOF_ERRORS | {"invalid_grant", "invalid_request"}
"""Errors that are right where a code is bound to another key; the specification names none."""


def _right_proof(draft: JwtDraft) -> JwtDraft:
    """Send the right proof; without any change none goes to the PAR endpoint."""
    return draft


async def _push(flow: Flow, change: ChangeProof) -> Reply:
    parameters, _ = await flow.authorization_parameters()
    return await flow.push(parameters, dpop=change)


# Proofs in pushed requests


def _refusal_of(wrong: WrongProof, applies: Predicate = ALWAYS) -> CheckFunction:
    async def judge(shared: Flow, bound_push: Reply, expect: Expect) -> None:
        _need_request_uri(bound_push)
        for what, change in wrong.changes.items():
            expect.refused(
                await _push(shared, change),
                wrong.code,
                what=f"a pushed authorization request with {what}",
                status={400},
                errors=MALFORMED,
                status_requirement=_STATUS,
                error_requirement=_CHECKED,
            )

    judge.__doc__ = f"{wrong.statement} is refused at the PAR endpoint."
    declare = check(
        f"dpop-{wrong.name}-refused-par",
        requires=[wrong.requirement, _CHECKED, _STATUS, *wrong.further],
        proven_by=wrong.proven_by(),
        applies=_PUSHED & applies,
    )
    return declare(judge)


REFUSALS = tuple(
    [_refusal_of(wrong) for wrong in WRONG_PROOFS]
    + [_refusal_of(wrong, ~when.server_dpop_nonce) for wrong in (OLD, FUTURE)]
)


def _acceptance_of(proof: HarmlessProof, applies: Predicate = ALWAYS) -> CheckFunction:
    async def judge(shared: Flow, bound_push: Reply, expect: Expect) -> None:
        _need_request_uri(bound_push)
        reply = await _push(shared, proof.change)
        expect.that(
            par.request_uri(reply) is not None,
            proof.code,
            "a request_uri, as with any right proof",
            reply.gist,
            at=reply,
        )

    judge.__doc__ = f"{proof.statement} is accepted at the PAR endpoint."
    declare = check(
        f"dpop-{proof.name}-accepted-par",
        requires=[proof.requirement],
        proven_by={proof.fault: proof.code},
        applies=when.server_under_test & _PUSHED & applies,
    )
    return declare(judge)


ACCEPTANCES = (
    *(_acceptance_of(proof) for proof in HARMLESS_PROOFS),
    _acceptance_of(DEFAULT_PORT, when.default_port_of_server),
)


@check(
    "dpop-proof-accepted-par",
    requires=["RFC9449-10.1-04", "FAPI2-5.3.2.1-14"],
    proven_by={"rejects:dpop.right-proof": "DPOP-PROOF-REFUSED", "misreports:dpop.nonce": "DPOP-PROOF-REFUSED"},
    applies=_PUSHED,
)
async def a_proof_in_a_pushed_request_is_accepted(another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A pushed authorization request with a DPoP proof leads to an Access Token for its key."""
    flow = another_flow()
    await _expect_token(expect, flow, await flow.authorize(pushed=True, dpop=_right_proof), "DPOP-PROOF-REFUSED")


# Codes bound to a key


@check(
    "dpop-thumbprint-accepted-par",
    requires=["RFC9449-10.1-03", "FAPI2-5.3.2.1-14"],
    proven_by={"rejects:dpop.thumbprint": "DPOP-THUMBPRINT-REFUSED"},
    applies=_PUSHED,
)
async def a_thumbprint_in_a_pushed_request_is_accepted(flow: Flow, expect: Expect) -> None:
    """A pushed authorization request with dpop_jkt leads to an Access Token for that key."""
    attempt = await flow.authorize({"dpop_jkt": _thumbprint(flow)}, pushed=True)
    await _expect_token(expect, flow, attempt, "DPOP-THUMBPRINT-REFUSED")


@check(
    "dpop-thumbprint-mismatch-refused-par",
    requires=["RFC9449-10.1-05", _STATUS, "FAPI2-5.3.2.1-14"],
    proven_by={
        "accepts:dpop.request-key": "DPOP-THUMBPRINT-MISMATCH-ACCEPTED",
        "misreports:dpop.request-key": "DPOP-THUMBPRINT-MISMATCH-MISREPORTED",
    },
    applies=_PUSHED,
)
async def a_thumbprint_of_another_key_is_refused(shared: Flow, bound_push: Reply, expect: Expect) -> None:
    """A pushed authorization request is refused when its dpop_jkt is not of the key of its DPoP proof."""
    _need_request_uri(bound_push)
    parameters, _ = await shared.authorization_parameters({"dpop_jkt": _thumbprint(shared)})
    expect.refused(
        await shared.push(parameters, dpop=mutate.with_another_key),
        "DPOP-THUMBPRINT-MISMATCH",
        what="a dpop_jkt with a DPoP proof of another key",
        status={400},
        errors=MALFORMED,
        status_requirement=_STATUS,
    )


@check(
    "dpop-code-of-another-thumbprint-refused",
    requires=["RFC9449-10-01", "RFC6749-5.2-01", "FAPI2-5.3.2.1-14"],
    proven_by={
        "accepts:code.dpop-key": "DPOP-CODE-THUMBPRINT-ACCEPTED",
        "misreports:code.dpop-key": "DPOP-CODE-THUMBPRINT-MISREPORTED",
    },
    applies=when.dpop & DIRECT,
)
async def a_code_is_bound_to_the_thumbprint(flow: Flow, expect: Expect) -> None:
    """A code of an authorization request with dpop_jkt is refused with a DPoP proof of another key."""
    attempt = await flow.authorize({"dpop_jkt": _thumbprint(flow)}, pushed=False)
    await _expect_bound(expect, flow, attempt, "DPOP-CODE-THUMBPRINT", "a code that dpop_jkt binds to another key")


@check(
    "dpop-code-of-another-pushed-thumbprint-refused",
    requires=["RFC9449-10-01", "RFC6749-5.2-01", "FAPI2-5.3.2.1-14"],
    proven_by={
        "accepts:code.dpop-key": "DPOP-CODE-PUSHED-ACCEPTED",
        "misreports:code.dpop-key": "DPOP-CODE-PUSHED-MISREPORTED",
    },
    applies=_PUSHED,
)
async def a_code_is_bound_to_the_pushed_thumbprint(flow: Flow, expect: Expect) -> None:
    """A code of a pushed authorization request with dpop_jkt is refused with a DPoP proof of another key."""
    attempt = await flow.authorize({"dpop_jkt": _thumbprint(flow)}, pushed=True)
    await _expect_bound(
        expect, flow, attempt, "DPOP-CODE-PUSHED", "a code that a pushed dpop_jkt binds to another key"
    )


@check(
    "dpop-code-of-another-proof-refused",
    requires=["RFC9449-10.1-02", "RFC6749-5.2-01", "FAPI2-5.3.2.1-14"],
    proven_by={
        "accepts:code.dpop-key": "DPOP-CODE-PROOF-ACCEPTED",
        "misreports:code.dpop-key": "DPOP-CODE-PROOF-MISREPORTED",
    },
    applies=_PUSHED,
)
async def a_code_is_bound_to_the_pushed_proof(flow: Flow, expect: Expect) -> None:
    """A code of a request that was pushed with a DPoP proof is refused with a DPoP proof of another key."""
    attempt = await flow.authorize(pushed=True, dpop=_right_proof)
    await _expect_bound(
        expect, flow, attempt, "DPOP-CODE-PROOF", "a code that a pushed DPoP proof binds to another key"
    )


async def _expect_bound(expect: Expect, flow: Flow, attempt: Authorized, code: str, what: str) -> None:
    if attempt.code is None:
        raise Blocked(f"no authorization code was issued: {attempt.gist}")
    expect.refused(
        await flow.request_token(flow.code_fields(attempt), dpop=mutate.with_another_key),
        code,
        what=what,
        status={400},
        errors=_OF_ANOTHER_KEY,
        status_requirement="RFC6749-5.2-01",
    )


async def _expect_token(expect: Expect, flow: Flow, attempt: Authorized, code: str) -> None:
    if not expect.that(attempt.code is not None, code, "an authorization code", attempt.gist, at=attempt.last):
        return
    reply = await flow.request_token(flow.code_fields(attempt))
    expect.that(
        tokens.access_token(reply) is not None,
        code,
        "an Access Token for the code and a DPoP proof of the same key",
        reply.gist,
        at=reply,
    )


def _thumbprint(flow: Flow) -> str:
    key = flow.binding_key
    assert key is not None  # or else DPoP would not be in use
    return dpop.thumbprint(key)


def _need_request_uri(reply: Reply) -> None:
    """Make sure that a right pushed request with a right DPoP proof was taken, the control of what must not be.

    Raises:
        Blocked: it was not.

    """
    if par.request_uri(reply) is None:
        raise Blocked(f"a right pushed authorization request with a DPoP proof is not accepted: {reply.gist}")


# Nonces


@check(
    "dpop-nonce-missing-refused-par",
    requires=["RFC9449-11.3-01", "RFC9449-8-01", "RFC9449-8-02", "RFC9449-8-03", *NONCE_HEADER],
    proven_by={
        "accepts:dpop.nonce": "DPOP-NONCE-MISSING-ACCEPTED",
        "par-error-response:dpop-nonce-status-401": "DPOP-NONCE-MISSING-MISREPORTED",
        "par-error-response:dpop-nonce-missing": "DPOP-NONCE-HEADER-MISSING",
        "par-error-response:dpop-nonce-charset": "DPOP-NONCE-HEADER-CHARACTERS",
        "par-error-response:dpop-nonce-repeated": "DPOP-NONCE-HEADER-REPEATED",
        "par-error-response:dpop-nonce-cacheable": "DPOP-NONCE-HEADER-CACHEABLE",
    },
    applies=when.code_flow & when.par & when.server_dpop_nonce,
)
async def a_missing_nonce_is_asked_for(shared: Flow, bound_push: Reply, expect: Expect) -> None:
    """A pushed request whose DPoP proof has no nonce is refused with use_dpop_nonce and a DPoP-Nonce to use."""
    expect_server_wants_nonce(
        expect,
        await _push(shared, without_claim("nonce")),
        where="the PAR endpoint",
    )
    # The control comes last: without a nonce to use no right request succeeds, and that has to be told.
    _need_request_uri(bound_push)


@check(
    "dpop-nonce-unknown-refused-par",
    requires=["RFC9449-8-07", "RFC9449-4.3-13", "RFC9449-8-04", _STATUS],
    proven_by={
        "accepts:dpop.nonce": "DPOP-NONCE-UNKNOWN-ACCEPTED",
        "par-error-response:dpop-nonce-status-401": "DPOP-NONCE-UNKNOWN-MISREPORTED",
    },
    applies=_PUSHED & when.server_dpop_nonce,
)
async def an_unknown_nonce_is_refused(shared: Flow, bound_push: Reply, expect: Expect) -> None:
    """A pushed request whose DPoP proof has a nonce that the Authorization Server did not give is refused."""
    _need_request_uri(bound_push)
    expect.refused(
        await _push(shared, with_unknown_nonce),
        "DPOP-NONCE-UNKNOWN",
        what="a pushed authorization request with a DPoP proof with an unknown nonce",
        status={400},
        errors=PROOF_ERRORS,
        status_requirement=_STATUS,
        error_requirement="RFC9449-8-04",
    )
