"""Transaction codes: MATTR VII, accepting a credential offer."""

from __future__ import annotations

from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.mattr.workflow import Offered, Workflow
from harness.transport import Reply
from harness.wallet import token
from suites.mattr._refusals import no_token

check = partial(area("MATTR VII: transaction code", per=Per.GRANT), applies=when.mattr_back_end)

_NAME = "tx_code"
_MOST_WRONG = 3


@check(
    "mattr-tx-code-required",
    requires=["MTR-ACCEPT-14"],
    proven_by={
        "accepts:mattr-token.tx-code-present": "MATTR-TX-CODE-LET-OFF",
    },
)
async def no_token_without_the_transaction_code(workflow: Workflow, expect: Expect) -> None:
    """The code of an offer with a transaction code brings no access token without it."""
    flow = (await _offered(workflow)).flow
    fields = await flow.token_fields()
    reply = await flow.request_token({name: value for name, value in fields.items() if name != _NAME})
    no_token(expect, reply, "MATTR-TX-CODE-LET-OFF", "a request without the transaction code")


@check(
    "mattr-tx-code-right",
    requires=["MTR-ACCEPT-15"],
    proven_by={
        "accepts:mattr-token.tx-code": "MATTR-TX-CODE-WRONG-ACCEPTED",
    },
)
async def no_token_for_a_wrong_transaction_code(workflow: Workflow, expect: Expect) -> None:
    """The code of an offer with a transaction code brings no access token with another one."""
    reply = await _wrong(await _offered(workflow))
    no_token(expect, reply, "MATTR-TX-CODE-WRONG-ACCEPTED", "a wrong transaction code")


@check(
    "mattr-tx-code-locked",
    requires=["MTR-ACCEPT-16"],
    proven_by={
        "accepts:mattr-token.code-locked": "MATTR-TX-CODE-NOT-LOCKED",
    },
)
async def three_wrong_codes_end_the_offer(workflow: Workflow, expect: Expect) -> None:
    """After three wrong transaction codes the right one brings no access token any more."""
    offered = await _offered(workflow)
    for _ in range(_MOST_WRONG):
        if token.access_token(await _wrong(offered)) is not None:
            raise Blocked("a wrong transaction code was accepted")
    reply = await offered.flow.request_token(await offered.flow.token_fields())
    no_token(expect, reply, "MATTR-TX-CODE-NOT-LOCKED", "the right transaction code after three wrong ones")


@check(
    "mattr-tx-code-forgiving",
    requires=["MTR-ACCEPT-17"],
    proven_by={
        "mattr-offer-answer:transaction-code-other": "MATTR-TX-CODE-LOCKED",
        "rejects:mattr-token.again": "MATTR-TX-CODE-LOCKED",
    },
)
async def one_wrong_code_does_not_end_the_offer(workflow: Workflow, expect: Expect) -> None:
    """After one wrong transaction code the right one brings an access token."""
    offered = await _offered(workflow)
    if token.access_token(await _wrong(offered)) is not None:
        raise Blocked("a wrong transaction code was accepted")
    reply = await offered.flow.request_token(await offered.flow.token_fields())
    expect.that(
        token.access_token(reply) is not None,
        "MATTR-TX-CODE-LOCKED",
        "an access token for the right transaction code after one wrong one",
        reply.gist,
        at=reply,
    )


async def _offered(workflow: Workflow) -> Offered:
    """Have an offer with a transaction code made.

    Raises:
        Blocked: the offer does not ask for it, or it is not told.

    """
    offered = await workflow.offer(tx_code=True)
    if offered.minting.tx_code is None or not (await offered.flow.offer()).wants_tx_code:
        raise Blocked("the tenant made no offer with a transaction code")
    return offered


async def _wrong(offered: Offered) -> Reply:
    right = offered.minting.tx_code or ""
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10) if right[-1:].isdigit() else f"{right}0"
    fields = await offered.flow.token_fields()
    return await offered.flow.request_token({**fields, _NAME: wrong})
