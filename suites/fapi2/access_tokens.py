"""Access Tokens that nobody but their client can use: FAPI 2.0 section 5.3.2.1, items 4 and 5."""

from __future__ import annotations

from collections.abc import Callable

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.unredeemed import Unredeemed
from harness.wallet import token as tokens
from suites.oid4vci._connections import no_certificate, refusing_the_connection
from suites.oid4vci._dpop import PROOF_ERRORS, no_proof
from suites.oid4vci._refreshing import fields, refresh_token_of, renewed

check = area("FAPI 2.0: Access Tokens", per=Per.GRANT)

_BOUND_OTHERWISE = ~(~when.dpop & ~(when.client_certificate & ~when.mutual_tls_client))
"""What binds a token can be left out of a request in which the client still authenticates."""
_STATUSES = frozenset({400, 401})


@check(
    "fapi2-token-sender-constrained",
    requires=["FAPI2-5.3.2.1-04", "FAPI2-5.3.2.1-05"],
    proven_by={
        "token:type-bearer": "FAPI2-TOKEN-UNCONSTRAINED",
        "accepts:tls.certificate": "FAPI2-TOKEN-UNCONSTRAINED",
    },
    flows=1,
)
async def tokens_are_bound(token: Reply, shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """Access Tokens are bound by DPoP, or to the client's TLS certificate, also those for a refresh token."""
    await _expect_bound(expect, shared, token)
    if tokens.refresh_token(token) is None:
        return
    flow = another_flow()
    again = await renewed(flow, await refresh_token_of(flow))
    await _expect_bound(expect, flow.refreshed(again), again)


async def _expect_bound(expect: Expect, flow: Flow, reply: Reply) -> None:
    """Expect the Access Token of a Token Response to be bound; one without any token shows nothing."""
    if tokens.access_token(reply) is None:
        raise Blocked(f"no Access Token was issued: {reply.gist}")
    if tokens.scheme(reply) == "DPoP":
        expect.that(
            flow.binding_key is not None,
            "FAPI2-TOKEN-UNCONSTRAINED",
            "no token_type DPoP, since the Token Request had no DPoP proof",
            reply.object.get("token_type"),
            at=reply,
            pointer="/token_type",
        )
        return
    if expect.that(
        flow.agent.settings.certificate is not None,
        "FAPI2-TOKEN-UNCONSTRAINED",
        "token_type DPoP, since the client shows no TLS certificate that a token could be bound to",
        reply.object.get("token_type"),
        at=reply,
        pointer="/token_type",
    ):
        await _expect_bound_to_certificate(expect, flow, reply)


async def _expect_bound_to_certificate(expect: Expect, flow: Flow, reply: Reply) -> None:
    if "x5t#S256" in tokens.confirmation(reply):
        expect.that(True, "FAPI2-TOKEN-UNCONSTRAINED", "cnf with x5t#S256", "cnf with x5t#S256")
        return
    # What a token without claims is bound to shows only where it is used.
    access = await flow.access()
    body = await access.right_body()
    bare = access.over(no_certificate(flow))
    with refusing_the_connection(expect, "FAPI2-TOKEN-UNCONSTRAINED"):
        answer = await bare.request(body)
        expect.that(
            answer.status >= 400,
            "FAPI2-TOKEN-UNCONSTRAINED",
            "a refusal of the Access Token over a connection without the client's certificate",
            answer.gist,
            at=answer,
        )
    if not await access.still_works():
        raise Blocked("the Access Token is refused over the client's own connection as well")


async def _redeem_unbound(flow: Flow) -> Reply:
    """Make a right Token Request, but for what its token would be bound to."""
    return await _unbound(flow).request_token(await flow.token_fields(), dpop=no_proof)


def _unbound(flow: Flow) -> Flow:
    """Give a flow without the TLS certificate, unless that is what authenticates the client."""
    client = flow.agent.settings
    if client.certificate is None or (client.authentication or "").endswith("tls_client_auth"):
        return flow
    return flow.over(no_certificate(flow))


@check(
    "fapi2-token-unbound-refused",
    requires=["FAPI2-5.3.2.1-04", "RFC6749-5.2-01"],
    proven_by={
        "accepts:dpop.proof-present": "FAPI2-TOKEN-UNBOUND-ACCEPTED",
        "misreports:dpop.proof-present": "FAPI2-TOKEN-UNBOUND-MISREPORTED",
    },
    applies=_BOUND_OTHERWISE,
)
async def an_unbound_token_is_not_to_be_had(unredeemed: Unredeemed, expect: Expect) -> None:
    """A Token Request without DPoP proof and without TLS certificate brings no Access Token."""
    with refusing_the_connection(expect, "FAPI2-TOKEN-UNBOUND"):
        expect.refused(
            await unredeemed.request(_redeem_unbound, PROOF_ERRORS),
            "FAPI2-TOKEN-UNBOUND",
            what="a Token Request without anything that the token could be bound to",
            status=_STATUSES,
            status_requirement="RFC6749-5.2-01",
        )


@check(
    "fapi2-refresh-unbound-refused",
    requires=["FAPI2-5.3.2.1-04", "RFC6749-5.2-01"],
    proven_by={
        "accepts:dpop.proof-present": "FAPI2-REFRESH-UNBOUND-ACCEPTED",
        "misreports:dpop.proof-present": "FAPI2-REFRESH-UNBOUND-MISREPORTED",
    },
    applies=_BOUND_OTHERWISE & when.refresh_token,
)
async def an_unbound_token_is_not_to_be_refreshed(flow: Flow, expect: Expect) -> None:
    """A refresh request without DPoP proof and without TLS certificate brings no Access Token."""
    value = await refresh_token_of(flow)
    # The right request first, so that a refusal is due to what is left out.
    value = tokens.refresh_token(await renewed(flow, value)) or value
    with refusing_the_connection(expect, "FAPI2-REFRESH-UNBOUND"):
        expect.refused(
            await _unbound(flow).request_token(fields(flow, value), dpop=no_proof),
            "FAPI2-REFRESH-UNBOUND",
            what="a refresh request without anything that the token could be bound to",
            status=_STATUSES,
            status_requirement="RFC6749-5.2-01",
        )
