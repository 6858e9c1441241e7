"""Wallet Attestations, by which a wallet authenticates at the Authorization Server: HAIP 1.0 section 4.4.1.

They are Client Attestations of OpenID4VCI 1.0 appendix E, of which the checks of OpenID4VCI judge the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from harness.agent import Agent
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.unredeemed import Unredeemed
from harness.wallet.client_auth import Authentication
from harness.wallet.jwt import JwtDraft
from suites.haip._attesters import asked, bundled, expect_chain, of_client, pushed_otherwise, right_drafts
from suites.oid4vci._authentications import STATUS, push, pushes, redeem

check = area("HAIP: Wallet Attestations", per=Per.GRANT)

_ATTESTED = when.client_uses("attest_jwt_client_auth")
_ERROR = "ATCA-6.2-09"
_ERRORS = frozenset({"invalid_client", "invalid_client_attestation", "invalid_request"})


@check(
    "haip-attestation-chain",
    requires=["HAIP-4.4.1-02"],
    applies=_ATTESTED,
    proven_by={"rejects:client.attestation-chain": "HAIP-ATTESTATION-CHAIN-REFUSED"},
)
async def chains_of_certificates_are_followed(shared: Flow, expect: Expect) -> None:
    """A Wallet Attestation is accepted whose ``x5c`` leads up to the trust anchor and leaves that out."""
    attestation, _ = await right_drafts(shared)
    expect_chain(attestation.header.get("x5c", ()), "client.attester")
    first = await asked(shared)
    if not first.successful and await pushed_otherwise(shared, attestation=True, pop=True):
        raise Blocked(f"an attestation is refused for its algorithm, not for its certificates: {first.gist}")
    if _expect_granted(expect, first, shared) and await pushes(shared):
        _expect_granted(expect, await shared.token(), shared)


def _expect_granted(expect: Expect, reply: Reply, flow: Flow) -> bool:
    if not reply.successful and not of_client(reply):
        raise Blocked(f"the request of an attested wallet is refused for something else: {reply.gist}")
    if not reply.successful and bundled(flow):
        raise Blocked(
            f"an attestation of the bundled attester is refused, whom the issuer may not know: {reply.gist};"
            " let it trust the anchor that `assay attester` prints, or give the key of an attester"
            ' that it trusts in assay.toml: [client.attester] key = "attester.jwk"'
        )
    return expect.that(
        reply.successful,
        "HAIP-ATTESTATION-CHAIN-REFUSED",
        "a request is granted whose Wallet Attestation has the certificates up to the trust anchor in x5c",
        reply.gist,
        at=reply,
    )


def _bare(_: Flow, shown: Authentication) -> Authentication:
    """Leave the certificates out; an attester that was met before can still be known by its name or its key."""
    if not isinstance(shown.attestation, JwtDraft):
        raise Blocked("the client authenticates without a Wallet Attestation")
    return replace(shown, attestation=shown.attestation.with_header(x5c=None))


@check(
    "haip-attestation-bare-refused",
    requires=["HAIP-4.4.1-03", _ERROR, *STATUS],
    applies=_ATTESTED,
    proven_by={
        "accepts:client.attestation-certified": (
            "HAIP-ATTESTATION-BARE-ACCEPTED",
            "PAR-HAIP-ATTESTATION-BARE-ACCEPTED",
        ),
        "misreports:client.attestation-certified": (
            "HAIP-ATTESTATION-BARE-MISREPORTED",
            "PAR-HAIP-ATTESTATION-BARE-MISREPORTED",
        ),
    },
)
async def attestations_without_certificates_are_refused(
    unredeemed: Unredeemed, shared: Flow, expect: Expect
) -> None:
    """A Wallet Attestation without ``x5c`` is refused."""
    replies = [("", "a Token Request", STATUS[0], await unredeemed.request(partial(redeem, _bare), _ERRORS))]
    if await pushes(shared):
        replies.append(("PAR-", "a pushed authorization request", STATUS[1], await push(_bare, shared)))
    for prefix, request, status, reply in replies:
        expect.refused(
            reply,
            f"{prefix}HAIP-ATTESTATION-BARE",
            what=f"{request} with a Wallet Attestation without x5c",
            status={400, 401},
            errors=_ERRORS,
            status_requirement=status,
            error_requirement=_ERROR,
        )


@check(
    "haip-wallet-instances",
    requires=["HAIP-4.4.1-04"],
    applies=_ATTESTED,
    proven_by={"rejects:client.second-instance": "HAIP-WALLET-INSTANCE-REFUSED"},
    flows=2,
)
async def all_instances_are_served(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """Two instances of a wallet, with one ``sub`` and two keys, get tokens, and the first gets one again."""
    first = await shared.token()
    if not first.successful:
        raise Blocked(f"the first instance of the wallet gets no token: {first.gist}")
    other = another_flow()
    tools = other.tools
    other.agent = Agent(other.agent.http, other.agent.settings, tools.now, tools.make_key)
    second = await _answer(other)
    again = await _answer(another_flow())
    if not second.successful and not again.successful:
        raise Blocked(f"the wallet gets no token a second time, whatever its instance: {again.gist}")
    for what, reply in (
        ("a second instance of the wallet, with a key of its own", second),
        ("the first instance, after the second one", again),
    ):
        expect.that(
            reply.successful,
            "HAIP-WALLET-INSTANCE-REFUSED",
            f"{what}, gets a token",
            reply.gist,
            at=reply,
        )


async def _answer(flow: Flow) -> Reply:
    """Give the answer that decides whether a wallet instance is served: the first refusal, or the token."""
    if await pushes(flow):
        pushed = (await flow.authorization()).pushed
        if pushed is not None and not pushed.successful:
            return pushed
    return await flow.token()
