"""Credentials that must not be issued again: docs.wallet.service.gov.uk, Refresh a credential, Manual refresh.

What is taken from the user here stays taken, so these checks are the last of all that refresh something.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.govuk.journeys import Journeys, WebJourney
from harness.govuk.minting import Minted, handed_out

check = area("GOV.UK Wallet: credentials that must not be issued again", per=Per.SCENARIO)


@check(
    "govuk-journey-not-reissued",
    requires=["GOVUK-MANUAL-06"],
    proven_by={
        "govuk-reissue:withdrawn-too": "GOVUK-NOT-REISSUED-OFFER",
        "govuk-page:refusal-broken": "GOVUK-NOT-REISSUED-BROKEN",
        "govuk-page:refusal-empty": "GOVUK-NOT-REISSUED-EMPTY",
    },
    applies=when.refresh_journey & when.one_login_under_test & when.operation("stop_reissuing"),
)
async def a_credential_that_must_not_be_issued_again_is_not_offered(
    web_journey: WebJourney, journeys: Journeys, expect: Expect
) -> None:
    """The refresh journey of a user who may have no further credential ends on a page, without an offer."""
    if web_journey.journey.offer is None:
        raise Blocked("the refresh journey ended without a Credential Offer before")
    await _stop(web_journey.first)
    journey = await journeys.attempt(web_journey.url)
    expect.that(
        journey.offer is None,
        "GOVUK-NOT-REISSUED-OFFER",
        "no Credential Offer for a user who may have no further credential",
        "an offer",
        at=journey.last,
    )
    last = journey.last
    if journey.offer is not None or last is None:
        return
    if expect.that(
        last.status < 500,
        "GOVUK-NOT-REISSUED-BROKEN",
        "a page that says that the credential cannot be issued again",
        last.gist,
        at=last,
    ):
        expect.that(
            bool(last.body.strip()),
            "GOVUK-NOT-REISSUED-EMPTY",
            "a page that says that the credential cannot be issued again",
            "an empty page",
            at=last,
        )


@check(
    "govuk-refresh-not-reissued",
    requires=["GOVUK-MANUAL-06"],
    proven_by={
        "accepts:govuk-credential.refresh-allowed": "GOVUK-NOT-REFRESHED-ACCEPTED",
        "govuk-challenge-response:with-credential": "GOVUK-NOT-REFRESHED-ACCEPTED",
    },
    applies=when.operation("stop_reissuing"),
)
async def a_credential_that_must_not_be_issued_again_is_not_refreshed(
    shared: Flow, refreshed: Flow, minted: Minted, expect: Expect
) -> None:
    """A user who may have no further credential does not get one by a refresh in the app either."""
    if not handed_out(await refreshed.issuance()):
        raise Blocked("the issuer grants no refresh in the app")
    await _stop(shared)
    reply = await minted.request(await minted.draft(refresh=True))
    expect.refused(
        reply,
        "GOVUK-NOT-REFRESHED",
        what="a refresh in the app by a user who may have no further credential",
        status=range(400, 500),
    )


async def _stop(flow: Flow) -> None:
    """Have the user of a flow get no further credential of its configuration.

    Raises:
        Blocked: the team cannot do that.

    """
    operations = flow.tools.operations
    if operations is None:
        raise Blocked("nothing can be done to credentials in this run")
    await operations.do("stop_reissuing", (await flow.credentials())[0], flow.scenario.configuration)
