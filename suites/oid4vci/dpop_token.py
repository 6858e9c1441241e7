"""DPoP at the Token Endpoint: RFC 9449 sections 4.3, 5, 6.1 and 8."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness import mutate
from harness.agent import ChangeProof
from harness.applicability import ALWAYS, Predicate, when
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.unredeemed import Unredeemed
from harness.wallet import dpop
from harness.wallet import token as tokens
from harness.wallet.metadata import AuthorizationServer
from harness.wallet.refusals import error_codes
from suites.oid4vci._dpop import (
    DEFAULT_PORT,
    FUTURE,
    HARMLESS_PROOFS,
    NONCE_HEADER,
    OLD,
    PROOF_ERRORS,
    WRONG_PROOFS,
    HarmlessProof,
    Once,
    WrongProof,
    expect_server_wants_nonce,
    no_proof,
    redeem_with,
    with_unknown_nonce,
    without_claim,
)

check = area("DPoP", per=Per.GRANT)

_STATUS = "RFC6749-5.2-01"
_ERROR = "RFC9449-5-01"
_MISSING = PROOF_ERRORS | {"invalid_request", "invalid_grant"}
"""Errors that are right where a proof is wanted and none is there; the specification names none."""
_OF_ANOTHER_KEY = PROOF_ERRORS | {"invalid_grant", "invalid_request"}
"""Errors that are right where a grant is bound to another key; the specification names none."""


# Wrong proofs


def _refusal_of(wrong: WrongProof, applies: Predicate = ALWAYS) -> CheckFunction:
    async def judge(unredeemed: Unredeemed, expect: Expect) -> None:
        for what, change in wrong.changes.items():
            expect.refused(
                await unredeemed.request(partial(redeem_with, change), PROOF_ERRORS),
                wrong.code,
                what=f"a Token Request with {what}",
                status={400},
                errors=wrong.errors,
                status_requirement=_STATUS,
                error_requirement=_ERROR,
            )

    judge.__doc__ = f"{wrong.statement} is refused at the Token Endpoint with invalid_dpop_proof."
    declare = check(
        f"dpop-{wrong.name}-refused-token",
        requires=[wrong.requirement, _ERROR, _STATUS, *wrong.further],
        proven_by=wrong.proven_by(),
        applies=when.dpop & applies,
    )
    return declare(judge)


REFUSALS = tuple(
    [_refusal_of(wrong) for wrong in WRONG_PROOFS]
    + [_refusal_of(wrong, ~when.server_dpop_nonce) for wrong in (OLD, FUTURE)]
)


@check(
    "dpop-algorithm-unlisted-refused-token",
    requires=["RFC9449-4.3-07", _ERROR, _STATUS, "HAIP-7-05"],
    proven_by={
        "accepts:dpop.algorithm-supported": "DPOP-ALGORITHM-UNLISTED-ACCEPTED",
        "misreports:dpop.algorithm-supported": "DPOP-ALGORITHM-UNLISTED-MISREPORTED",
    },
    applies=when.dpop & when.unlisted_dpop_algorithm,
)
async def an_unlisted_algorithm_is_refused(
    server: AuthorizationServer, unredeemed: Unredeemed, expect: Expect
) -> None:
    """A DPoP proof of an algorithm that the metadata do not list is refused at the Token Endpoint."""
    algorithm = dpop.unlisted_algorithm(server.metadata)
    change = partial(mutate.with_another_key, algorithm=algorithm)
    expect.refused(
        await unredeemed.request(partial(redeem_with, change), PROOF_ERRORS),
        "DPOP-ALGORITHM-UNLISTED",
        what=f"a Token Request with a DPoP proof of the alg {algorithm}, which the metadata do not list,",
        status={400},
        errors=PROOF_ERRORS,
        status_requirement=_STATUS,
        error_requirement=_ERROR,
    )


@check(
    "dpop-replay-refused-token",
    requires=["RFC9449-11.1-03"],
    proven_by={"accepts:dpop.single-use": "DPOP-REPLAY-ACCEPTED"},
    applies=when.server_under_test & when.dpop,
    flows=2,
)
async def a_proof_is_good_once(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A DPoP proof that was used before is refused at the Token Endpoint."""
    await shared.access()
    once = Once()
    first, again = another_flow(), another_flow()
    granted = await redeem_with(once.sign, first)
    if not granted.successful:
        raise Blocked(f"a right Token Request is refused: {granted.gist}")
    repeated = await redeem_with(once.repeat, again)
    # What the refusal says is left to the server: section 4.3 counts no replay among what makes a proof wrong.
    expect.that(
        tokens.access_token(repeated) is None and repeated.status >= 400,
        "DPOP-REPLAY-ACCEPTED",
        "a Token Request with a DPoP proof that was used before is refused",
        repeated.gist,
        at=repeated,
    )


@check(
    "dpop-proof-missing-token",
    requires=["RFC9449-5-02", _ERROR, _STATUS],
    proven_by={
        "misreports:dpop.proof-present": "DPOP-PROOF-MISSING-MISREPORTED",
        "token:type-dpop": "DPOP-PROOF-MISSING-BOUND",
    },
    applies=when.dpop,
)
async def without_a_proof_no_token_is_bound(unredeemed: Unredeemed, expect: Expect) -> None:
    """A Token Request without a DPoP proof is refused, or brings an Access Token that is bound to no key."""
    reply = await unredeemed.request(partial(redeem_with, no_proof), PROOF_ERRORS)
    if reply.successful:
        expect.that(
            tokens.scheme(reply) != "DPoP",
            "DPOP-PROOF-MISSING-BOUND",
            "another token_type than DPoP, since there was no proof",
            reply.object.get("token_type"),
            at=reply,
            pointer="/token_type",
        )
        return
    expect.refused(
        reply,
        "DPOP-PROOF-MISSING",
        what="a Token Request without a DPoP proof",
        status={400},
        errors=_MISSING,
        status_requirement=_STATUS,
        error_requirement=_ERROR,
    )


# Right proofs


def _acceptance_of(proof: HarmlessProof, applies: Predicate = ALWAYS) -> CheckFunction:
    async def judge(flow: Flow, expect: Expect) -> None:
        reply = await redeem_with(proof.change, flow)
        expect.that(
            tokens.access_token(reply) is not None,
            proof.code,
            "an Access Token, as with any right proof",
            reply.gist,
            at=reply,
        )

    judge.__doc__ = f"{proof.statement} is accepted at the Token Endpoint."
    declare = check(
        f"dpop-{proof.name}-accepted-token",
        requires=[proof.requirement],
        proven_by={proof.fault: proof.code},
        applies=when.server_under_test & when.dpop & applies,
    )
    return declare(judge)


ACCEPTANCES = (
    *(_acceptance_of(proof) for proof in HARMLESS_PROOFS),
    _acceptance_of(DEFAULT_PORT, when.default_port_of_server),
)


@check(
    "dpop-algorithm-accepted-token",
    requires=["RFC9449-5.1-03"],
    proven_by={"rejects:dpop.other-algorithm": "DPOP-ALGORITHM-REFUSED"},
    applies=when.dpop & when.several_dpop_algorithms,
    flows=4,
)
async def every_listed_algorithm_is_accepted(
    server: AuthorizationServer, shared: Flow, another_flow: Callable[[], Flow], expect: Expect
) -> None:
    """A DPoP proof of every algorithm that the metadata list and the wallet has is accepted."""
    await shared.access()
    for algorithm in dpop.listed_algorithms(server.metadata):
        reply = await redeem_with(partial(mutate.with_another_key, algorithm=algorithm), another_flow())
        expect.that(
            tokens.access_token(reply) is not None,
            "DPOP-ALGORITHM-REFUSED",
            f"an Access Token for a DPoP proof of the alg {algorithm}, which the metadata list",
            reply.gist,
            at=reply,
        )


@check(
    "dpop-token-type",
    requires=["RFC9449-5-02", "HAIP-4-06", "FAPI2-5.3.2.1-05"],
    proven_by={"token:type-bearer": "DPOP-TOKEN-TYPE"},
    applies=when.dpop,
)
async def a_bound_token_is_called_so(token: Reply, flow: Flow, expect: Expect) -> None:
    """An Access Token that can be used with DPoP only has the token_type DPoP."""
    if tokens.scheme(token) == "DPoP":
        expect.that(True, "DPOP-TOKEN-TYPE", "token_type DPoP", "DPoP", at=token)
        return
    # The server may leave the token unbound; what it did shows where the token is used.
    access = await flow.access()
    as_bearer = await access.request(await access.right_body())
    asks_for_dpop = as_bearer.status == 401 and not error_codes(as_bearer).isdisjoint(_BOUND)
    expect.that(
        as_bearer.successful or not asks_for_dpop,
        "DPOP-TOKEN-TYPE",
        "token_type DPoP, since the Access Token is refused as a Bearer token",
        token.object.get("token_type"),
        at=token,
        pointer="/token_type",
    )


_BOUND = PROOF_ERRORS | {"invalid_token"}
"""What a Credential Issuer says of a bound token that comes without a proof."""


# Refresh tokens


@check(
    "dpop-refresh-token-other-key-refused",
    requires=["RFC9449-5-03", _STATUS],
    proven_by={
        "accepts:refresh.dpop-key": "DPOP-REFRESH-TOKEN-KEY-ACCEPTED",
        "misreports:refresh.dpop-key": "DPOP-REFRESH-TOKEN-KEY-MISREPORTED",
    },
    applies=when.dpop & when.refresh_token & when.public_client,
)
async def a_refresh_token_is_bound_to_the_key(flow: Flow, expect: Expect) -> None:
    """A refresh token of a public client is refused with a DPoP proof of another key than the first."""
    expect.refused(
        await _refresh(flow, mutate.with_another_key),
        "DPOP-REFRESH-TOKEN-KEY",
        what="a refresh token with a DPoP proof of another key",
        status={400},
        errors=_OF_ANOTHER_KEY,
        status_requirement=_STATUS,
    )


@check(
    "dpop-refresh-token-proof-missing-refused",
    requires=["RFC9449-5-04", _STATUS],
    proven_by={
        "accepts:refresh.dpop-key": "DPOP-REFRESH-TOKEN-PROOF-ACCEPTED",
        "misreports:refresh.dpop-key": "DPOP-REFRESH-TOKEN-PROOF-MISREPORTED",
    },
    applies=when.dpop & when.refresh_token & when.public_client,
)
async def a_refresh_token_needs_a_proof(flow: Flow, expect: Expect) -> None:
    """A refresh token of a public client that came with DPoP is refused without a DPoP proof."""
    expect.refused(
        await _refresh(flow, no_proof),
        "DPOP-REFRESH-TOKEN-PROOF",
        what="a refresh token without a DPoP proof",
        status={400},
        errors=_OF_ANOTHER_KEY,
        status_requirement=_STATUS,
    )


async def _refresh(flow: Flow, change: ChangeProof) -> Reply:
    reply = await flow.token()
    refresh_token = tokens.refresh_token(reply)
    if refresh_token is None:
        raise Blocked(f"no refresh token was issued: {reply.gist}")
    fields = tokens.refresh_form(refresh_token, client_id=flow.agent.client_id)
    return await flow.request_token(fields, dpop=change)


# Nonces


@check(
    "dpop-nonce-missing-refused-token",
    requires=["RFC9449-11.3-01", "RFC9449-8-01", "RFC9449-8-02", "RFC9449-8-03", *NONCE_HEADER],
    proven_by={
        "accepts:dpop.nonce": "DPOP-NONCE-MISSING-ACCEPTED",
        "token-error-response:dpop-nonce-status-401": "DPOP-NONCE-MISSING-MISREPORTED",
        "token-error-response:dpop-nonce-missing": "DPOP-NONCE-HEADER-MISSING",
        "token-error-response:dpop-nonce-charset": "DPOP-NONCE-HEADER-CHARACTERS",
        "token-error-response:dpop-nonce-repeated": "DPOP-NONCE-HEADER-REPEATED",
        "token-error-response:dpop-nonce-cacheable": "DPOP-NONCE-HEADER-CACHEABLE",
    },
    applies=when.server_dpop_nonce,
)
async def a_missing_nonce_is_asked_for(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A Token Request whose DPoP proof has no nonce is refused with use_dpop_nonce and a DPoP-Nonce to use."""
    expect_server_wants_nonce(
        expect,
        await redeem_with(without_claim("nonce"), another_flow()),
        where="the Token Endpoint",
    )
    # The control comes last: without a nonce to use no right request succeeds, and that has to be told.
    await shared.access()


@check(
    "dpop-nonce-unknown-refused-token",
    requires=["RFC9449-8-07", "RFC9449-4.3-13", "RFC9449-8-04", _STATUS],
    proven_by={
        "accepts:dpop.nonce": "DPOP-NONCE-UNKNOWN-ACCEPTED",
        "token-error-response:dpop-nonce-status-401": "DPOP-NONCE-UNKNOWN-MISREPORTED",
    },
    applies=when.dpop & when.server_dpop_nonce,
)
async def an_unknown_nonce_is_refused(unredeemed: Unredeemed, expect: Expect) -> None:
    """A Token Request whose DPoP proof has a nonce that the Authorization Server did not give is refused."""
    expect.refused(
        await unredeemed.request(partial(redeem_with, with_unknown_nonce), PROOF_ERRORS),
        "DPOP-NONCE-UNKNOWN",
        what="a Token Request with a DPoP proof with an unknown nonce",
        status={400},
        errors=PROOF_ERRORS,
        status_requirement=_STATUS,
        error_requirement="RFC9449-8-04",
    )


# JWT Access Tokens


@check(
    "dpop-thumbprint-in-token",
    requires=["RFC9449-6.1-01", "FAPI2-5.3.2.1-05"],
    proven_by={"access-token:thumbprint-other": "DPOP-THUMBPRINT"},
    applies=when.dpop_token & when.token_thumbprint,
)
async def the_token_names_the_key(token: Reply, shared: Flow, expect: Expect) -> None:
    """The jkt of an Access Token that is a JWT is the SHA-256 thumbprint of the DPoP key."""
    key = shared.binding_key
    assert key is not None  # or else the token would not be bound
    expect.that(
        tokens.confirmation(token).get("jkt") == dpop.thumbprint(key),
        "DPOP-THUMBPRINT",
        "cnf with jkt, the SHA-256 thumbprint of the DPoP key",
        tokens.confirmation(token),
        at=token,
        pointer="/access_token: /cnf/jkt",
    )
