"""For whom client assertions are made: FAPI 2.0 Security Profile section 5.3.2.1.

The issuer identifier of the Authorization Server, as a string, is the one audience of a ``private_key_jwt``. RFC
7523 and RFC 9126 allow the URLs of endpoints and arrays besides, by which an assertion for one server can reach
another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from harness import mutate
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.unredeemed import Unredeemed
from harness.wallet.client_auth import Authentication
from harness.wallet.jwt import JwtDraft
from harness.wallet.metadata import AuthorizationServer
from suites.oid4vci._authentications import STATUS, Change, pushes, redeem, unchanged
from suites.oid4vci._authentications import push as push_as
from suites.oid4vci._token_requests import UNAUTHENTICATED

check = area("FAPI 2.0: client assertions", per=Per.GRANT)

_ASSERTION = when.server_under_test & when.client_uses("private_key_jwt")
_ERROR = "RFC7523-3.2-01"
_INVALID_CLIENT = frozenset({"invalid_client"})


@check(
    "fapi2-assertion-audience-accepted",
    requires=["FAPI2-5.3.2.1-08"],
    proven_by={"rejects:client.issuer-audience-at-token": "FAPI2-ASSERTION-AUDIENCE-REFUSED"},
    applies=_ASSERTION,
    flows=2,
)
async def the_issuer_identifier_is_accepted(
    shared: Flow, another_flow: Callable[[], Flow], expect: Expect
) -> None:
    """A client assertion whose aud is the issuer identifier is accepted wherever the client authenticates."""
    if await pushes(shared):
        pushed = await push_as(unchanged, shared)
        await _expect_accepted(
            expect, pushed, "at the PAR endpoint", lambda: push_as(_for_endpoint("par_endpoint"), shared)
        )
        if not pushed.successful:
            return
    flow = another_flow()
    reply = await redeem(unchanged, flow)
    await _expect_accepted(
        expect,
        reply,
        "at the Token Endpoint",
        lambda: redeem(_for_endpoint("token_endpoint"), another_flow()),
        elsewhere=await pushes(shared),
    )


async def _expect_accepted(
    expect: Expect, reply: Reply, where: str, otherwise: Callable[[], Any], *, elsewhere: bool = False
) -> None:
    """Expect the request of the client to be granted, unless the client is not let in anyway.

    Args:
        otherwise: makes the same request with the URL of the endpoint as audience.
        elsewhere: whether such an assertion was accepted at another endpoint.

    Raises:
        Blocked: whether the audience is the reason of a refusal is not known.

    """
    if not reply.successful:
        if reply.error not in UNAUTHENTICATED:
            raise Blocked(f"a right request is refused {where} for another reason: {reply.gist}")
        if not elsewhere and not (await otherwise()).successful:
            raise Blocked(
                f"the client is not let in {where} whatever the audience of its assertion is: {reply.gist}"
            )
    expect.that(
        reply.successful,
        "FAPI2-ASSERTION-AUDIENCE-REFUSED",
        f"a client assertion with the issuer identifier as aud is accepted {where}",
        reply.gist,
        at=reply,
    )


@check(
    "fapi2-assertion-audience-refused",
    requires=["FAPI2-5.3.2.1-09", _ERROR, *STATUS],
    proven_by={
        "accepts:client.assertion-audience-endpoint": "FAPI2-ASSERTION-AUDIENCE-OTHER-ACCEPTED",
        "misreports:client.assertion-audience-endpoint": "FAPI2-ASSERTION-AUDIENCE-OTHER-MISREPORTED",
    },
    applies=_ASSERTION,
)
async def other_audiences_are_refused(
    server: AuthorizationServer, unredeemed: Unredeemed, shared: Flow, expect: Expect
) -> None:
    """A client assertion is refused whose aud is the URL of an endpoint, or resembles the issuer identifier."""
    similar = server.issuer[:-1] if server.issuer.endswith("/") else f"{server.issuer}/"
    audiences = {
        "the URL of the Token Endpoint": server.token_endpoint,
        "the URL of the PAR endpoint": server.par_endpoint,
        "the issuer identifier with a slash more or less": similar,
    }
    refused = partial(_expect_refused, expect, unredeemed, shared, code="FAPI2-ASSERTION-AUDIENCE-OTHER")
    for what, audience in audiences.items():
        if audience not in (None, server.issuer):
            await refused(what=what, audience=audience)


@check(
    "fapi2-assertion-audience-array-refused",
    requires=["FAPI2-5.3.2.1-10", _ERROR, *STATUS],
    proven_by={
        "accepts:client.assertion-audience-string": "FAPI2-ASSERTION-AUDIENCE-ARRAY-ACCEPTED",
        "misreports:client.assertion-audience-string": "FAPI2-ASSERTION-AUDIENCE-ARRAY-MISREPORTED",
    },
    applies=_ASSERTION,
)
async def an_array_is_refused(
    server: AuthorizationServer, unredeemed: Unredeemed, shared: Flow, expect: Expect
) -> None:
    """A client assertion is refused whose aud is an array, even if the issuer identifier is all there is in it."""
    audiences = {
        "an array of the issuer identifier": [server.issuer],
        "an array of the issuer identifier and another server": [server.issuer, mutate.ELSEWHERE],
    }
    refused = partial(_expect_refused, expect, unredeemed, shared, code="FAPI2-ASSERTION-AUDIENCE-ARRAY")
    for what, audience in audiences.items():
        await refused(what=what, audience=audience)


async def _expect_refused(
    expect: Expect, unredeemed: Unredeemed, shared: Flow, *, what: str, audience: Any, code: str
) -> None:
    """Expect an assertion for an audience to be refused at every endpoint where the client authenticates."""
    change = _meant_for(audience)
    refused = partial(
        expect.refused, status={400, 401}, errors=_INVALID_CLIENT, error_requirement=_ERROR, code=code
    )
    refused(
        await unredeemed.request(partial(redeem, change), _INVALID_CLIENT),
        what=f"a Token Request with a client assertion whose aud is {what}",
        status_requirement=STATUS[0],
    )
    if await pushes(shared):
        refused(
            await push_as(change, shared),
            what=f"a pushed authorization request with a client assertion whose aud is {what}",
            status_requirement=STATUS[1],
        )


def _meant_for(audience: Any) -> Change:
    """Give the change that makes the assertion for another audience."""

    def change(_: Flow, shown: Authentication) -> Authentication:
        assert isinstance(shown.assertion, JwtDraft)  # the wallet authenticates by one
        return replace(shown, assertion=shown.assertion.with_claims(aud=audience))

    return change


def _for_endpoint(name: str) -> Change:
    """Give the change that makes the assertion for the URL of an endpoint of the flow's server."""

    def change(flow: Flow, shown: Authentication) -> Authentication:
        server = flow.taken("server")
        return _meant_for(getattr(server, name))(flow, shown)

    return change
