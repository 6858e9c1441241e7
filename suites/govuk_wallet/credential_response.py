"""What brings a credential: docs.wallet.service.gov.uk, Issue a credential, Response format; draft 14, 7.3."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from harness.access import said
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats.problems import json_type
from harness.govuk.minting import Minted
from harness.transport import Reply
from suites.govuk_wallet._documents import is_json
from suites.oid4vci._problems import at

check = area("GOV.UK Wallet: Credential Response", per=Per.SCENARIO)

_CREDENTIALS = ("credential", "credentials", "transaction_id")


def _granted(issuance: Reply) -> Reply:
    if not issuance.successful:
        raise Blocked(f"no credential was issued: {said(issuance)}")
    return issuance


@check(
    "govuk-credential-response",
    requires=["GOVUK-RESPONSE-02", "GOVUK-RESPONSE-01", "VCI14-7.3-01", "VCI14-7.3-02"],
    proven_by={
        "govuk-credential-response:created": "GOVUK-CREDENTIAL-STATUS",
        "govuk-credential-response:content-type": "GOVUK-CREDENTIAL-CONTENT-TYPE",
        "govuk-credential:one-member": "GOVUK-CREDENTIAL-ARRAY",
        "govuk-credential:no-credentials": "GOVUK-CREDENTIAL-ARRAY",
        "govuk-credential:two-credentials": "GOVUK-CREDENTIAL-ARRAY",
        "govuk-credential:strings": "GOVUK-CREDENTIAL-OBJECT",
        "govuk-credential:both-members": "GOVUK-CREDENTIAL-MEMBERS",
    },
)
async def the_response_has_one_credential(issuance: Reply, expect: Expect) -> None:
    """The Credential Response is 200 and JSON, with one object in credentials that has a credential."""
    reply = _granted(issuance)
    that = partial(expect.that, at=reply)
    that(
        reply.status == 200,
        "GOVUK-CREDENTIAL-STATUS",
        "HTTP 200",
        f"HTTP {reply.status}",
        requirement="GOVUK-RESPONSE-01",
    )
    for requirement, holds in (
        ("GOVUK-RESPONSE-01", is_json(reply)),
        ("VCI14-7.3-01", reply.media_type == "application/json"),
    ):
        that(
            holds,
            "GOVUK-CREDENTIAL-CONTENT-TYPE",
            "the media type application/json",
            reply.media_type or "no media type",
            pointer="header Content-Type",
            requirement=requirement,
        )
    present = [name for name in _CREDENTIALS if name in reply.object]
    that(
        len(present) < 2,
        "GOVUK-CREDENTIAL-MEMBERS",
        f"one of {', '.join(_CREDENTIALS)}",
        " and ".join(present),
        requirement="VCI14-7.3-02",
    )
    found: Any = reply.object.get("credentials")
    if that(
        isinstance(found, list) and len(found) == 1,
        "GOVUK-CREDENTIAL-ARRAY",
        "credentials, an array of one element",
        f"an array of {len(found)}" if isinstance(found, list) else f"the members {sorted(reply.object)}",
        pointer="/credentials",
    ):
        that(
            isinstance(found[0], dict) and "credential" in found[0],
            "GOVUK-CREDENTIAL-OBJECT",
            "an object with credential",
            json_type(found[0]),
            pointer="/credentials/0",
        )


@check(
    "govuk-credential-notification-id",
    requires=["GOVUK-NOTIFY-01", "VCI14-7.3-03"],
    proven_by={
        "govuk-credential:notification-id-missing": "GOVUK-NOTIFICATION-ID-MISSING",
        "govuk-metadata:notification-idle": "GOVUK-NOTIFICATION-ID-MISSING",
        "govuk-credential:notification-id-number": "GOVUK-NOTIFICATION-ID-TYPE",
    },
    applies=when.govuk_notifications,
)
async def the_response_has_a_notification_id(issuance: Reply, expect: Expect) -> None:
    """An issuer that takes notifications puts a notification_id into the Credential Response, a string."""
    found = _granted(issuance).object.get("notification_id")
    that = partial(expect.that, at=issuance, pointer="/notification_id")
    if that(found is not None, "GOVUK-NOTIFICATION-ID-MISSING", "a notification_id", "none"):
        that(
            isinstance(found, str) and found != "",
            "GOVUK-NOTIFICATION-ID-TYPE",
            "a string",
            found,
            requirement="VCI14-7.3-03",
        )


@check(
    "govuk-credential-no-store",
    requires=["GOVUK-RESPONSE-04"],
    proven_by={"govuk-credential-response:cacheable": "GOVUK-CREDENTIAL-CACHEABLE"},
)
async def the_response_is_not_stored(issuance: Reply, expect: Expect) -> None:
    """The Credential Response has Cache-Control: no-store."""
    expect_no_store(expect, _granted(issuance), "GOVUK-CREDENTIAL-CACHEABLE")


@check(
    "govuk-refusal-no-store",
    requires=["GOVUK-ERROR-08"],
    proven_by={
        "govuk-challenge-response:cacheable": "GOVUK-REFUSAL-CACHEABLE",
        "govuk-error-response:cacheable": "GOVUK-REFUSAL-CACHEABLE",
    },
    per=Per.SHAPE,
)
async def refusals_are_not_stored(minted: Minted, expect: Expect) -> None:
    """Refusals of the Credential Endpoint have Cache-Control: no-store."""

    async def without_proof(offer: Minted) -> Reply:
        return await (await offer.access()).request({})

    replies = await minted.replies(
        {
            "a Credential Request whose Access Token is no JWT": lambda offer: offer.request("none"),
            "a Credential Request without a proof": without_proof,
        }
    )
    refusals = [reply for reply in replies.values() if reply.status >= 400]
    if not refusals:
        raise Blocked("the issuer refuses neither a wrong Access Token nor a request without proof")
    for reply in refusals:
        expect_no_store(expect, reply, "GOVUK-REFUSAL-CACHEABLE")


def expect_no_store(expect: Expect, reply: Reply, code: str) -> None:
    """Expect that no cache keeps an answer."""
    expect.that(
        "no-store" in reply.directives("cache-control"),
        code,
        "Cache-Control: no-store",
        reply.headers.get("cache-control", "no Cache-Control"),
        at=reply,
        pointer="header Cache-Control",
    )


@check(
    "govuk-issued-apart",
    requires=["GOVUK-NOTIFY-01", "GOVUK-STATUS-08", "ISO18013-9.1.2.5-05"],
    proven_by={
        "govuk-credential:notification-id-same": "GOVUK-ISSUED-NOTIFICATION-ID",
        "govuk-making:entry-shared": "GOVUK-ISSUED-STATUS",
        "govuk-making:entry-kept": "GOVUK-ISSUED-STATUS",
        "govuk-making:entry-out-of-list": "GOVUK-ISSUED-STATUS",
        "govuk-status-issue:jti-same": "GOVUK-ISSUED-STATUS",
        "govuk-mdoc:salts-reused": "GOVUK-ISSUED-SALTS",
    },
    per=Per.SHAPE,
)
async def issuances_have_nothing_in_common(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """Two issuances have another notification_id, another place in a status list and other salts."""
    flow = another_flow()
    first, second = _granted(await shared.issuance()), _granted(await flow.issuance())
    (one, other) = (await shared.credentials())[0], (await flow.credentials())[0]
    identifiers = [reply.object.get("notification_id") for reply in (first, second)]
    # Without a Notification Endpoint they mean nothing.
    if "notification_endpoint" in shared.issuer.metadata and all(isinstance(value, str) for value in identifiers):
        expect.that(
            identifiers[0] != identifiers[1],
            "GOVUK-ISSUED-NOTIFICATION-ID",
            "another notification_id than that of an earlier response",
            "the same",
            at=second,
            pointer="/notification_id",
        )
    places = [{(ref.uri, ref.index) for ref in each.document.status_references} for each in (one, other)]
    if all(places):
        expect.that(
            places[0].isdisjoint(places[1]),
            "GOVUK-ISSUED-STATUS",
            "another place in a status list than that of an earlier credential",
            "the same",
            at=other.exchange,
            pointer=at(other).inside("status"),
            requirement="GOVUK-STATUS-08",
        )
    salts = [_salts(each) for each in (one, other)]
    if all(salts):
        expect.that(
            salts[0].isdisjoint(salts[1]),
            "GOVUK-ISSUED-SALTS",
            "other values of random than those of an earlier mdoc",
            "the same",
            at=other.exchange,
            pointer=at(other).inside("nameSpaces"),
            requirement="ISO18013-9.1.2.5-05",
        )
    if not expect.evaluated:
        raise Blocked("the credentials have neither notification_id nor status nor salts")


def _salts(credential: IssuedCredential) -> set[bytes]:
    if credential.format != "mso_mdoc":
        return set()
    return {item.random for item in credential.mdoc.items if item.random is not None}
