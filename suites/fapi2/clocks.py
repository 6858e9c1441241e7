"""JWTs that seem to come from the future: FAPI 2.0 Security Profile section 5.3.2.1.

The clocks of wallets are not exact: what is up to ten seconds ahead has to be accepted, and what is more than a
minute ahead refused. Where the clock of the server differs from the wallet's, by the ``Date`` of its answers,
that difference is added.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from harness.agent import ChangeProof
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.unredeemed import Unredeemed
from harness.wallet.client_auth import Authentication
from harness.wallet.jwt import JwtDraft
from suites.oid4vci._authentications import STATUS, Change, pushes, redeem
from suites.oid4vci._authentications import push as push_as
from suites.oid4vci._clocks import ahead
from suites.oid4vci._dpop import PROOF_ERRORS, made, redeem_with
from suites.oid4vci._token_requests import UNAUTHENTICATED

check = area("FAPI 2.0: clocks", per=Per.GRANT)

_SIGNS = when.server_under_test & when.client_uses("private_key_jwt", "attest_jwt_client_auth")
_LITTLE = 8
"""Seconds that have to be put up with; ten are, and the requests take some time."""
_MUCH = 90
"""Seconds that must not be."""


async def _difference(shared: Flow) -> float:
    """Give the seconds by which the server's clock is ahead, as the answer to the right Token Request shows it."""
    return ahead(shared, await shared.token())


# DPoP proofs


async def _push(flow: Flow, change: ChangeProof) -> Reply:
    parameters, _ = await flow.authorization_parameters()
    return await flow.push(parameters, dpop=change)


@check(
    "fapi2-clock-ahead-accepted-dpop",
    requires=["FAPI2-5.3.2.1-15"],
    proven_by={"rejects:dpop.clock-skew": "FAPI2-CLOCK-AHEAD-PROOF-REFUSED"},
    applies=when.server_under_test & when.dpop,
)
async def a_proof_a_little_ahead_is_accepted(shared: Flow, flow: Flow, expect: Expect) -> None:
    """A DPoP proof that seems to be made eight seconds from now is accepted by the Authorization Server."""
    change = made(_LITTLE + await _difference(shared))
    replies = {"Token": await redeem_with(change, flow)}
    if await pushes(shared):
        replies["PAR"] = await _push(shared, change)
    for name, reply in replies.items():
        expect.that(
            reply.successful,
            "FAPI2-CLOCK-AHEAD-PROOF-REFUSED",
            f"a DPoP proof with an iat {_LITTLE} seconds ahead is accepted at the {name} endpoint",
            reply.gist,
            at=reply,
        )


@check(
    "fapi2-clock-far-ahead-refused-dpop",
    requires=["FAPI2-5.3.2.1-16", *STATUS],
    proven_by={
        "accepts:dpop.issued-at-ahead": "FAPI2-CLOCK-FAR-AHEAD-PROOF-ACCEPTED",
        "misreports:dpop.issued-at-ahead": "FAPI2-CLOCK-FAR-AHEAD-PROOF-MISREPORTED",
    },
    applies=when.server_under_test & when.dpop,
)
async def a_proof_far_ahead_is_refused(shared: Flow, unredeemed: Unredeemed, expect: Expect) -> None:
    """A DPoP proof that seems to be made more than a minute from now is refused by the Authorization Server."""
    change = made(_MUCH + await _difference(shared))
    what = f"a DPoP proof with an iat {_MUCH} seconds ahead"
    refused = partial(expect.refused, code="FAPI2-CLOCK-FAR-AHEAD-PROOF", status={400})
    refused(
        await unredeemed.request(partial(redeem_with, change), PROOF_ERRORS),
        what=f"a Token Request with {what}",
        status_requirement=STATUS[0],
    )
    if await pushes(shared):
        refused(
            await _push(shared, change),
            what=f"a pushed authorization request with {what}",
            status_requirement=STATUS[1],
        )


# What the client authenticates with


def _shifted(seconds: float, *names: str) -> Change:
    """Give the change that puts dates of what the client signs later, so many seconds from now.

    Its end moves along, so that the JWT is good for as long as ever.
    """

    def shift(draft: JwtDraft) -> JwtDraft:
        moment = int(draft.claims["iat"] + seconds)
        expires = draft.claims.get("exp")
        later = None if expires is None else int(expires + seconds)
        return draft.with_claims(**dict.fromkeys(names, moment), **({} if later is None else {"exp": later}))

    def change(_: Flow, shown: Authentication) -> Authentication:
        if isinstance(shown.pop, JwtDraft):
            return replace(shown, pop=shift(shown.pop))
        assert isinstance(shown.assertion, JwtDraft)  # the wallet authenticates by one of them
        return replace(shown, assertion=shift(shown.assertion))

    return change


@check(
    "fapi2-clock-ahead-accepted-client",
    requires=["FAPI2-5.3.2.1-15"],
    proven_by={"rejects:client.clock-skew": "FAPI2-CLOCK-AHEAD-CLIENT-REFUSED"},
    applies=_SIGNS,
)
async def an_authentication_a_little_ahead_is_accepted(shared: Flow, flow: Flow, expect: Expect) -> None:
    """A client assertion, or the proof of possession of an attested client, is accepted eight seconds ahead."""
    change = _shifted(_LITTLE + await _difference(shared), "iat", "nbf")
    replies = {"Token": await redeem(change, flow)}
    if await pushes(shared):
        replies["PAR"] = await push_as(change, shared)
    for name, reply in replies.items():
        expect.that(
            reply.successful,
            "FAPI2-CLOCK-AHEAD-CLIENT-REFUSED",
            f"what the client signs, with iat and nbf {_LITTLE} seconds ahead, is accepted at the {name} endpoint",
            reply.gist,
            at=reply,
        )


@check(
    "fapi2-clock-far-ahead-refused-client",
    requires=["FAPI2-5.3.2.1-16", *STATUS],
    proven_by={
        "accepts:client.issued-at-ahead": "FAPI2-CLOCK-FAR-AHEAD-CLIENT-ACCEPTED",
        "misreports:client.issued-at-ahead": "FAPI2-CLOCK-FAR-AHEAD-CLIENT-MISREPORTED",
        "accepts:client.assertion-not-before": "FAPI2-CLOCK-FAR-AHEAD-CLIENT-ACCEPTED",
        "accepts:client.pop-not-before": "FAPI2-CLOCK-FAR-AHEAD-CLIENT-ACCEPTED",
    },
    applies=_SIGNS,
)
async def an_authentication_far_ahead_is_refused(shared: Flow, unredeemed: Unredeemed, expect: Expect) -> None:
    """A client assertion, or the proof of possession of an attested client, is refused a minute and more ahead."""
    seconds = _MUCH + await _difference(shared)
    refused = partial(expect.refused, code="FAPI2-CLOCK-FAR-AHEAD-CLIENT", status={400, 401})
    for name in ("iat", "nbf"):
        change, what = _shifted(seconds, name), f"an authentication whose {name} is {_MUCH} seconds ahead"
        refused(
            await unredeemed.request(partial(redeem, change), UNAUTHENTICATED),
            what=f"a Token Request with {what}",
            status_requirement=STATUS[0],
        )
        if await pushes(shared):
            refused(
                await push_as(change, shared),
                what=f"a pushed authorization request with {what}",
                status_requirement=STATUS[1],
            )
