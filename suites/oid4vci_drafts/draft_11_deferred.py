"""Deferred issuance in draft 11: sections 9.1 and 9.2.

The draft publishes the address of the Deferred Credential Endpoint nowhere. It is judged where the issuer has
``deferred_credential_endpoint`` in its metadata, as later drafts do.
"""

from __future__ import annotations

from harness import mutate
from harness.applicability import when
from harness.checks import Per, area
from harness.deferral import Deferral
from harness.expect import Expect
from harness.transport import Reply
from harness.wallet.credential import carries_credential

check = area("Deferred Credential Endpoint", per=Per.SHAPE)

_DEFERRED = when.metadata_has("deferred_credential_endpoint") & when.deferred


@check(
    "draft-11-deferred-delivered",
    requires=["VCI11-9.1-01", "VCI11-9.2-01"],
    proven_by={
        "rejects:draft-deferred.acceptance-token": "DRAFT-11-DEFERRED-REFUSED",
        "draft-deferred:11-credential-missing": "DRAFT-11-DEFERRED-CREDENTIAL",
        "draft-deferred:11-format-missing": "DRAFT-11-DEFERRED-FORMAT",
    },
    applies=_DEFERRED,
    per=Per.SCENARIO,
)
async def the_acceptance_token_brings_the_credential(polls: tuple[Reply, ...], expect: Expect) -> None:
    """The acceptance token as Access Token brings the Credential in the end, with its format."""
    last = polls[-1]
    if not expect.that(
        last.successful,
        "DRAFT-11-DEFERRED-REFUSED",
        "a Deferred Credential Request with the acceptance token is answered with the Credential",
        last.gist,
        at=last,
    ):
        return
    expect.that(
        "credential" in last.object,
        "DRAFT-11-DEFERRED-CREDENTIAL",
        "credential",
        f"the members {sorted(last.object)}",
        at=last,
        requirement="VCI11-9.2-01",
    )
    expect.that(
        isinstance(last.object.get("format"), str),
        "DRAFT-11-DEFERRED-FORMAT",
        "format, a string",
        last.object.get("format"),
        at=last,
        pointer="/format",
        requirement="VCI11-9.2-01",
    )


@check(
    "draft-11-deferred-token-refused",
    requires=["VCI11-9.1-02"],
    proven_by={
        "accepts:draft-deferred.token-present": "DRAFT-11-DEFERRED-TOKEN-MISSING-ACCEPTED",
        "accepts:draft-deferred.token-known": "DRAFT-11-DEFERRED-TOKEN-UNKNOWN-ACCEPTED",
    },
    applies=_DEFERRED,
)
async def without_the_acceptance_token_there_is_nothing(transaction: Deferral, expect: Expect) -> None:
    """A Deferred Credential Request without the acceptance token, or with a wrong one, brings no Credential."""
    access = transaction.access
    for code, what, reply in (
        ("MISSING", "without an acceptance token", await access.collect(b"", headers={})),
        (
            "UNKNOWN",
            "with an unknown acceptance token",
            await access.with_token(mutate.near_miss(transaction.transaction_id)).collect(b""),
        ),
    ):
        expect.that(
            reply.status >= 400 and not carries_credential(reply),
            f"DRAFT-11-DEFERRED-TOKEN-{code}-ACCEPTED",
            f"a Deferred Credential Request {what} is refused",
            reply.gist,
            at=reply,
        )
