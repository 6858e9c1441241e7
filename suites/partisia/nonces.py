"""The nonce with which the wallet makes its proof."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.transport import Reply
from harness.wallet.nonce import c_nonce
from suites.partisia._answers import json_object

check = area("Partisia: nonce")


@check(
    "partisia-nonce",
    requires=["PAR-NONCE-01"],
    proven_by={
        "partisia-nonce-response:absent": "PARTISIA-NONCE-ANSWER",
        "partisia-nonce-response:no-json": "PARTISIA-NONCE-ANSWER",
        "partisia-nonce-response:media-type": "PARTISIA-NONCE-ANSWER",
        "partisia-nonce-response:array": "PARTISIA-NONCE-ANSWER",
        "partisia-nonce:missing": "PARTISIA-NONCE-MISSING",
        "partisia-nonce:number": "PARTISIA-NONCE-MISSING",
        "rejects:partisia-nonce.open": "PARTISIA-NONCE-ANSWER",
    },
)
async def an_empty_request_brings_a_nonce(nonce: Reply, expect: Expect) -> None:
    """An empty POST without an access token brings a c_nonce."""
    answered = json_object(expect, nonce, "PARTISIA-NONCE-ANSWER", "the nonce response")
    if answered or (nonce.successful and nonce.object):
        value = nonce.object.get("c_nonce")
        expect.that(
            isinstance(value, str) and value != "",
            "PARTISIA-NONCE-MISSING",
            "c_nonce, a string",
            value,
            at=nonce,
            pointer="/c_nonce",
        )


@check(
    "partisia-nonce-fresh",
    requires=["PAR-NONCE-02"],
    proven_by={
        "partisia-nonce:constant": "PARTISIA-NONCE-SAME",
    },
)
async def two_requests_bring_two_nonces(
    nonce: Reply, another_nonce: Callable[[], Awaitable[Reply]], expect: Expect
) -> None:
    """A further request brings another nonce."""
    second = await another_nonce()
    first_value, value = c_nonce(nonce), c_nonce(second)
    if first_value is None or value is None:
        raise Blocked("the nonce endpoint gave no nonce")
    expect.that(
        value != first_value,
        "PARTISIA-NONCE-SAME",
        "another c_nonce",
        "the same again",
        at=second,
        pointer="/c_nonce",
    )
