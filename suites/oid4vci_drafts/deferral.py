"""Deferred issuance: drafts 13 and 14, section 8.2 and 8.3 or 9.2 and 9.3; draft 15, sections 9.2 and 9.3."""

from __future__ import annotations

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.deferral import Deferral
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.transport import Reply
from harness.wallet import deferred
from suites.oid4vci_drafts._members import is_number

check = area("Deferred Credential Endpoint", per=Per.SCENARIO)

_PENDING = ("VCI15-9.3-01", "VCID14-8.3-01", "VCI13-9.3-02")
_INTERVAL = ("VCI15-9.3-02", "VCID14-8.3-02", "VCI13-9.3-03")
_SECONDS = ("VCI15-9.3-03", "VCID14-8.3-03", "VCI13-9.3-04")
_MEDIA_TYPE = ("VCI15-9.2-01", "VCID14-8.2-02", "VCI13-9.2-02")


@check(
    "draft-deferred-delivered",
    requires=["VCID14-8.2-01", "VCI13-9.2-01"],
    proven_by={"draft-deferred:credential-moved": "DRAFT-DEFERRED-CREDENTIAL-MISSING"},
    applies=when.deferred,
)
async def the_credential_stands_by_itself(polls: tuple[Reply, ...], expect: Expect) -> None:
    """A Deferred Credential Response that delivers one Credential has it in ``credential``."""
    last = polls[-1]
    if len(polls) < 2 or not last.successful or last.error is not None:
        raise Blocked(f"no Credential came: exchange {last.exchange} ended with {last.gist}")
    expect.that(
        "credential" in last.object,
        "DRAFT-DEFERRED-CREDENTIAL-MISSING",
        "the member credential",
        f"the members {show(list(last.object))}",
        at=last,
    )


@check(
    "draft-deferred-media-type",
    requires=_MEDIA_TYPE,
    proven_by={"draft-deferred-response:content-type": "DRAFT-DEFERRED-MEDIA-TYPE"},
    applies=when.deferred,
)
async def a_deferred_response_is_json(polls: tuple[Reply, ...], expect: Expect) -> None:
    """A Deferred Credential Response has the media type ``application/json``."""
    last = polls[-1]
    if len(polls) < 2 or not last.successful:
        raise Blocked(f"no Credential came: exchange {last.exchange} ended with {last.gist}")
    _expect_json(expect, last)


@check(
    "draft-deferred-in-clear",
    requires=_MEDIA_TYPE,
    proven_by={
        "draft-deferred-response:content-type": "DRAFT-DEFERRED-MEDIA-TYPE",
    },
    applies=when.deferred & when.encrypted_responses,
    per=Per.GRANT,
)
async def a_deferred_response_is_in_clear(access: Access, expect: Expect) -> None:
    """A Deferred Credential Response is ``application/json``, also after a request for encryption."""
    terms = access.flow.sealing(request=False, response=True)
    begun = await access.request(await access.right_body(), sealing=terms)
    if not deferred.defers(begun):
        raise Blocked(f"the request for an encrypted response was not deferred: {begun.gist}")
    further = Deferral(access, begun)
    reply = await further.collect()
    while further.goes_on(reply):
        reply = await further.collect()
    if not reply.successful:
        raise Blocked(f"no Credential came: exchange {reply.exchange} ended with {reply.gist}")
    _expect_json(expect, reply)


def _expect_json(expect: Expect, reply: Reply) -> None:
    expect.that(
        reply.media_type == "application/json",
        "DRAFT-DEFERRED-MEDIA-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
    )


@check(
    "draft-deferred-pending",
    requires=[*_PENDING, *_INTERVAL, *_SECONDS, "VCI13-9.3-01"],
    proven_by={
        "draft-pending-response:status-202": "DRAFT-DEFERRED-PENDING-STATUS",
        "draft-pending:error-other": "DRAFT-DEFERRED-PENDING-ERROR",
        "draft-pending:interval-missing": "DRAFT-DEFERRED-INTERVAL-MISSING",
        "draft-pending:interval-string": "DRAFT-DEFERRED-INTERVAL-TYPE",
    },
    applies=when.deferred & when.unready,
)
async def pending_is_told_by_an_error(polls: tuple[Reply, ...], expect: Expect) -> None:
    """A Credential that is not ready yet is told by the error ``issuance_pending`` with ``interval``."""
    for reply in deferred.unready(polls):
        expect.that(
            reply.error == "issuance_pending",
            "DRAFT-DEFERRED-PENDING-ERROR",
            "the error issuance_pending",
            reply.gist,
            at=reply,
            requirement=_PENDING,
        )
        if reply.error is None:
            continue
        expect.that(
            reply.status == 400,
            "DRAFT-DEFERRED-PENDING-STATUS",
            "HTTP 400",
            reply.gist,
            at=reply,
            requirement=("VCI13-9.3-01", *_PENDING),
        )
        if reply.error != "issuance_pending":
            continue
        expect.that(
            "interval" in reply.object,
            "DRAFT-DEFERRED-INTERVAL-MISSING",
            "interval, beside issuance_pending",
            f"the members {show(list(reply.object))}",
            at=reply,
            requirement=_INTERVAL,
        )
        expect.that(
            is_number(reply.object.get("interval", 0)),
            "DRAFT-DEFERRED-INTERVAL-TYPE",
            "interval, when present, is a number of seconds",
            reply.object.get("interval"),
            at=reply,
            pointer="/interval",
            requirement=_SECONDS,
        )
