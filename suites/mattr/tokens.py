"""Access tokens for Pre-Authorized Codes: MATTR VII, accepting a credential offer."""

from __future__ import annotations

from functools import partial

from harness.access import said
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.mattr.workflow import Workflow
from harness.transport import Reply
from harness.wallet.token import access_token
from suites.mattr._refusals import no_token

reading = area("MATTR VII: access token", per=Per.OFFER)
check = partial(area("MATTR VII: access token", per=Per.GRANT), applies=when.mattr_back_end)

_CODE = "pre-authorized_code"
_UNKNOWN = "bm8gY29kZSB0aGF0IGFueWJvZHkgZ2F2ZSBvdXQgZXZlcg=="
_SHORT_S, _LEEWAY_S = 1, 2


@reading(
    "mattr-token",
    requires=["MTR-ACCEPT-11", "MTR-OVERVIEW-01"],
    proven_by={
        "mattr-minting:no-lifetime": "MATTR-NO-TOKEN",
        "mattr-minting:same-code": "MATTR-NO-TOKEN",
        "mattr-offer-answer:transaction-code-other": "MATTR-NO-TOKEN",
        "mattr-offer:tx-code-missing": "MATTR-NO-TOKEN",
        "mattr-token-response:created": "MATTR-NO-TOKEN",
        "mattr-token:access-token-missing": "MATTR-NO-TOKEN",
        "mattr-token:expiry-text": "MATTR-TOKEN-EXPIRY",
        "mattr-token:token-type-missing": "MATTR-TOKEN-TYPE",
        "mattr-token:token-type-other": "MATTR-TOKEN-TYPE",
        "rejects:mattr-token.anonymous": "MATTR-NO-TOKEN",
    },
)
async def the_code_brings_an_access_token(token: Reply, expect: Expect) -> None:
    """The code is redeemed for a Bearer token, by a wallet that is not registered and without a sign-in."""
    value = token.object.get("access_token")
    expect.that(
        token.status == 200 and isinstance(value, str) and value != "",
        "MATTR-NO-TOKEN",
        "HTTP 200 with an access_token",
        token.gist,
        at=token,
    )
    if not token.successful:
        return
    kind = token.object.get("token_type")
    expect.that(
        isinstance(kind, str) and kind.lower() == "bearer",
        "MATTR-TOKEN-TYPE",
        "token_type Bearer",
        kind,
        at=token,
        pointer="/token_type",
    )
    lasts = token.object.get("expires_in")
    expect.that(
        lasts is None or (isinstance(lasts, int) and not isinstance(lasts, bool) and lasts > 0),
        "MATTR-TOKEN-EXPIRY",
        "expires_in in seconds, a number",
        lasts,
        at=token,
        pointer="/expires_in",
    )


@check(
    "mattr-token-code-required",
    requires=["MTR-ACCEPT-12"],
    proven_by={
        "accepts:mattr-token.code-present": "MATTR-NO-CODE-ACCEPTED",
    },
)
async def no_token_without_a_code(workflow: Workflow, expect: Expect) -> None:
    """A token request without a Pre-Authorized Code brings no access token."""
    flow = (await workflow.offer()).flow
    fields = await flow.token_fields()
    reply = await flow.request_token({name: value for name, value in fields.items() if name != _CODE})
    no_token(expect, reply, "MATTR-NO-CODE-ACCEPTED", "a request without a code")


@check(
    "mattr-token-code-known",
    requires=["MTR-ACCEPT-13"],
    proven_by={
        "accepts:mattr-token.code-known": "MATTR-UNKNOWN-CODE-ACCEPTED",
    },
)
async def no_token_for_a_foreign_code(workflow: Workflow, expect: Expect) -> None:
    """A token request with a code that was never given out brings no access token."""
    flow = (await workflow.offer()).flow
    reply = await flow.request_token({**await flow.token_fields(), _CODE: _UNKNOWN})
    no_token(expect, reply, "MATTR-UNKNOWN-CODE-ACCEPTED", "a code that was never given out")


@check(
    "mattr-token-offer-deleted",
    requires=["MTR-OFFER-14"],
    proven_by={
        "accepts:mattr-token.code-deleted": "MATTR-DELETED-OFFER-ACCEPTED",
        "mattr-deletion:ignored": "MATTR-DELETED-OFFER-ACCEPTED",
    },
)
async def no_token_for_a_deleted_offer(workflow: Workflow, expect: Expect) -> None:
    """The code of an offer that the issuer has deleted brings no access token."""
    offered = await workflow.offer()
    deleted = await workflow.back_end.delete(offered.minting)
    if not deleted.successful:
        raise Blocked(f"the offer could not be deleted: {said(deleted)}")
    reply = await offered.flow.request_token(await offered.flow.token_fields())
    no_token(expect, reply, "MATTR-DELETED-OFFER-ACCEPTED", "the code of a deleted offer")


@check(
    "mattr-token-offer-expired",
    requires=["MTR-OFFER-12"],
    proven_by={
        "accepts:mattr-token.code-fresh": "MATTR-EXPIRED-OFFER-ACCEPTED",
        "mattr-minting:long-lived": "MATTR-EXPIRED-OFFER-ACCEPTED",
    },
)
async def no_token_for_an_expired_offer(workflow: Workflow, expect: Expect) -> None:
    """The code of an offer that was to last for a second brings no access token after some."""
    offered = await workflow.offer(lifetime={"seconds": _SHORT_S})
    fields = await offered.flow.token_fields()
    await offered.flow.tools.wait(_SHORT_S + _LEEWAY_S, "an offer that expires")
    reply = await offered.flow.request_token(fields)
    no_token(expect, reply, "MATTR-EXPIRED-OFFER-ACCEPTED", "the code of an expired offer")


@check(
    "mattr-token-offer-used",
    requires=["MTR-OFFER-15"],
    proven_by={
        "accepts:mattr-token.code-unused": "MATTR-USED-OFFER-ACCEPTED",
    },
)
async def no_token_after_the_credential(workflow: Workflow, expect: Expect) -> None:
    """After the credential was issued, the code of its offer brings no further access token."""
    flow = (await workflow.offer()).flow
    await flow.credentials()
    reply = await flow.request_token(await flow.token_fields())
    no_token(expect, reply, "MATTR-USED-OFFER-ACCEPTED", "the code of an offer that was used")


@check(
    "mattr-token-code-once",
    requires=["MTR-OFFER-16"],
    proven_by={
        "accepts:mattr-token.code-unused": "MATTR-CODE-TWICE",
    },
)
async def no_second_token_for_a_code(workflow: Workflow, expect: Expect) -> None:
    """A code that brought an access token brings no second one."""
    flow = (await workflow.offer()).flow
    if access_token(await flow.token()) is None:
        raise Blocked("the code brought no access token")
    reply = await flow.request_token(await flow.token_fields())
    no_token(expect, reply, "MATTR-CODE-TWICE", "a code that was redeemed before")
