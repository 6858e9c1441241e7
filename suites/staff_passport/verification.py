"""How the portal has the identity of an employee verified: step 6 of the journey."""

from __future__ import annotations

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.attempts import Attempts
from harness.staff_passport.downloads import Download
from harness.staff_passport.portal_under_test import PortalUnderTest
from suites.staff_passport._verifications import (
    AUTHORIZE,
    ISSUING,
    PAR,
    TOKEN,
    VERIFYING,
    expect_told,
    expect_unverified,
)

check = area("Staff Passport: verification of the identity")

_OK = 200


@check(
    "dsp-authorization",
    requires=[
        "DSP-STEP6-04",
        "DSP-STEP6-05",
        "DSP-STEP6-06",
        "DSP-STEP6-07",
        "DSP-ENVIRONMENT-01",
        "DSP-ENVIRONMENT-02",
    ],
    proven_by={
        "dsp-authorization:elsewhere": "DSP-AUTHORIZATION-ELSEWHERE",
        "dsp-authorization:response-type-other": "DSP-AUTHORIZATION-RESPONSE-TYPE",
        "dsp-authorization:client-other": "DSP-AUTHORIZATION-CLIENT",
        "dsp-authorization:redirect-uri-other": "DSP-AUTHORIZATION-REDIRECT-URI",
        "dsp-authorization:scope-without-openid": "DSP-AUTHORIZATION-OPENID",
        "dsp-authorization:scope-other": "DSP-AUTHORIZATION-IDENTITY",
    },
)
async def the_identity_is_asked_for_at_the_gateway(
    portal: PortalUnderTest, journey: Download, expect: Expect
) -> None:
    """To verify an identity, the portal sends the browser to the gateway, for a code, as it was registered."""
    page = journey.seen("verify")
    asked = journey.possibly(AUTHORIZE, VERIFYING)
    if not expect.that(
        bool(asked),
        "DSP-AUTHORIZATION-ELSEWHERE",
        "the browser is sent to the authorization endpoint of the gateway",
        f"it is sent to {_after(journey, page.reply.url)}",
        at=page.reply,
    ):
        return
    sent, system = journey.authorization, portal.system
    for name, holds, code, wanted, requirement in (
        (
            "response_type",
            sent.get("response_type") == "code",
            "DSP-AUTHORIZATION-RESPONSE-TYPE",
            "response_type code",
            "DSP-STEP6-05",
        ),
        (
            "client_id",
            bool(sent.get("client_id")),
            "DSP-AUTHORIZATION-CLIENT-MISSING",
            "a client_id",
            "DSP-STEP6-05",
        ),
        (
            "client_id",
            sent.get("client_id") in (None, "", system.client_id),
            "DSP-AUTHORIZATION-CLIENT",
            f"client_id {system.client_id}",
            "DSP-ENVIRONMENT-02",
        ),
        (
            "redirect_uri",
            sent.get("redirect_uri") in system.redirect_uris,
            "DSP-AUTHORIZATION-REDIRECT-URI",
            f"a redirect_uri that is registered: {', '.join(system.redirect_uris)}",
            "DSP-ENVIRONMENT-01",
        ),
        (
            "scope",
            "openid" in sent.get("scope", "").split(),
            "DSP-AUTHORIZATION-OPENID",
            "a scope with openid",
            "DSP-STEP6-06",
        ),
        (
            "scope",
            "Identity" in sent.get("scope", "").split(),
            "DSP-AUTHORIZATION-IDENTITY",
            "a scope with Identity",
            "DSP-STEP6-07",
        ),
    ):
        expect.that(holds, code, wanted, sent.get(name), at=page.reply, pointer=name, requirement=requirement)


def _after(journey: Download, url: str) -> str:
    """Give where the browser came after it had left a page, without the query."""
    left = max((number for number, each in enumerate(journey.urls) if each == url), default=-1)
    others = [each for each in journey.urls[left + 1 :] if not each.startswith(journey.visit.portal.start)]
    return (others or [url])[0].partition("?")[0]


@check(
    "dsp-verified-told",
    requires=["DSP-STEP6-26"],
    proven_by={"dsp-page:verified-untold": "DSP-VERIFIED-UNTOLD"},
)
async def the_employee_is_told_of_the_verification(journey: Download, expect: Expect) -> None:
    """The portal tells the employee that the identity has been verified."""
    if not any(each.status == _OK for each in journey.at(TOKEN, VERIFYING)):
        raise Blocked("the portal got no identity from the gateway")
    if journey.verified is None and journey.downloaded.shows in ("not-verified", "error"):
        raise Blocked(f"the portal does not verify a right identity: {journey.downloaded.gist}")
    seen = journey.verified or journey.downloaded
    expect.that(
        journey.verified is not None,
        "DSP-VERIFIED-UNTOLD",
        "a page that says that the identity has been verified",
        seen.gist,
        at=seen.reply,
    )


@check(
    "dsp-verified-first",
    requires=["DSP-STEP6-01"],
    proven_by={
        "dsp-standing:unchecked": "DSP-VERIFIED-FIRST-NOT-ASKED",
        "accepts:dsp-download.verified": "DSP-VERIFIED-FIRST-SKIPPED",
    },
)
async def nothing_is_downloaded_before_the_verification(
    portal: PortalUnderTest, first_download: Download, attempts: Attempts, expect: Expect
) -> None:
    """A credential is issued only after the identity was verified, also when the employee skips that page."""
    checked = [each.number for each in first_download.at(TOKEN, VERIFYING) if each.status == _OK and each.mode]
    pushed = first_download.pushed.number
    if not expect.that(
        any(number < pushed for number in checked),
        "DSP-VERIFIED-FIRST-NOT-ASKED",
        "the identity is fetched from the gateway before a credential is pushed",
        "a credential that is pushed before",
        at=first_download.downloaded.reply,
    ):
        return
    url = _leads_to_issuing(first_download)
    visit = await attempts.until("verify")
    asked = len(portal.gateway.log)
    replaced: list[str] = []

    def skip(requested: str) -> str:
        if replaced:
            return requested
        replaced.append(requested)
        return url

    visit.on_request = skip
    seen = await visit.verify(wallet=None)
    visit.on_request = None
    if not any(each.endpoint == PAR for each in portal.gateway.log[asked:]):
        seen = await visit.open(url)
    expect.that(
        not any(each.endpoint == PAR for each in portal.gateway.log[asked:]),
        "DSP-VERIFIED-FIRST-SKIPPED",
        "nothing is pushed for an employee who goes straight to the download",
        f"a credential that is pushed; {seen.gist}",
        at=seen.reply,
    )


def _leads_to_issuing(download: Download) -> str:
    """Give the URL of the portal from which the browser was sent to the gateway for the download."""
    away = download.one(AUTHORIZE, ISSUING).url
    number = next((n for n, url in enumerate(download.urls) if n and url == away), None)
    if number is None:
        raise Blocked("it was not seen which page of the portal leads to the download")
    return download.urls[number - 1]


@check(
    "dsp-token-unavailable",
    requires=["DSP-STEP6-01", "DSP-STEP6-24"],
    proven_by={
        "dsp-token-failure:verified": "DSP-TOKEN-UNAVAILABLE-ACCEPTED",
        "dsp-page:error-untold": "DSP-TOKEN-UNAVAILABLE-UNTOLD",
    },
)
async def an_identity_that_was_not_fetched_counts_for_nothing(attempts: Attempts, expect: Expect) -> None:
    """Where the gateway refuses to exchange the code, or cannot, nobody is verified, and the employee is told."""
    for misbehaviour, what in (("code-error", "a code that is refused"), ("token-unavailable", "status 503")):
        tried = await attempts.verified(misbehaviour)
        if expect_unverified(expect, tried, "DSP-TOKEN-UNAVAILABLE", what):
            expect_told(expect, tried, "DSP-TOKEN-UNAVAILABLE", "DSP-STEP6-24")
