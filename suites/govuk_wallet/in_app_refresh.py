"""In-app refresh: docs.wallet.service.gov.uk, Refresh a credential, In-app refresh."""

from __future__ import annotations

import base64
import secrets

from harness.access import said
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.govuk.journeys import Journeys, url_of
from harness.govuk.minting import Minted, handed_out
from harness.transport import Reply
from suites.govuk_wallet._refusals import INVALID_TOKEN, expect_invalid_token, expect_tokens_refused, token_faults
from suites.govuk_wallet._renewed import expect_own_key, expect_renewed

check = area("GOV.UK Wallet: in-app refresh", per=Per.SCENARIO)

_SUBJECT = "urn:fdc:wallet.account.gov.uk:2024:"
_RULES = {
    "type": "GOVUK-INAPP-04",
    "holder": "GOVUK-INAPP-04",
    "end": "GOVUK-INAPP-07",
    "status": "GOVUK-STATUS-12",
    "salts": "ISO18013-9.1.2.5-05",
}


@check(
    "govuk-in-app-refresh",
    requires=["GOVUK-INAPP-03"],
    proven_by={
        "rejects:govuk-credential.refresh": "GOVUK-IN-APP-REFRESH-REFUSED",
        "rejects:govuk-credential.refresh-other-key": "GOVUK-IN-APP-REFRESH-REFUSED",
    },
)
async def a_credential_is_refreshed_in_the_app(refreshed: Flow, expect: Expect) -> None:
    """An Access Token without credential_identifiers, for a credential that was issued before, brings it anew."""
    reply = await refreshed.issuance()
    expect.that(
        handed_out(reply),
        "GOVUK-IN-APP-REFRESH-REFUSED",
        "a credential for a token with the sub and the credential_configuration_ids of one that was issued",
        reply.gist,
        at=reply,
    )


@check(
    "govuk-refresh-subject-refused",
    requires=["GOVUK-INAPP-05", *INVALID_TOKEN],
    proven_by=token_faults("GOVUK-REFRESH-SUBJECT", "credential", "refreshed-subject"),
    per=Per.SHAPE,
)
async def a_refresh_for_somebody_unknown_is_refused(refreshed: Flow, minted: Minted, expect: Expect) -> None:
    """A refresh with the Access Token of somebody who never had an offer is refused."""
    await _granted(refreshed)
    digest = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii").rstrip("=")
    around = minted.surroundings
    await expect_tokens_refused(
        expect,
        minted,
        "GOVUK-REFRESH-SUBJECT",
        {
            "a refresh with the Access Token of a person whom the issuer has never met": lambda offer: _refresh(
                offer, f"{_SUBJECT}{digest}"
            ),
            "a refresh with the Access Token of another user": lambda offer: _refresh(
                offer, around.subject_of(around.other_user)
            ),
        },
    )


@check(
    "govuk-refresh-never-offered-refused",
    requires=["GOVUK-INAPP-05", *INVALID_TOKEN],
    proven_by=token_faults("GOVUK-REFRESH-NEVER-OFFERED", "credential", "refreshed-configuration"),
    applies=when.refresh_journey & when.one_login_under_test,
)
async def a_refresh_for_a_user_without_offer_is_refused(
    refreshed: Flow, minted: Minted, journeys: Journeys, expect: Expect
) -> None:
    """A refresh with the Access Token of a user who signed in and was offered nothing is refused."""
    await _granted(refreshed)
    around = minted.surroundings
    journey = await journeys.go(url_of(refreshed), who=around.other_user)
    if journey.offer is not None:
        raise Blocked("the service offers a credential to whoever signs in")
    reply = await _refresh(minted, around.subject_of(around.other_user))
    expect_invalid_token(
        expect,
        reply,
        "GOVUK-REFRESH-NEVER-OFFERED",
        what="a refresh with the Access Token of a user who was offered nothing",
    )


@check(
    "govuk-refresh-configuration-refused",
    requires=["GOVUK-INAPP-06", *INVALID_TOKEN],
    proven_by=token_faults("GOVUK-REFRESH-CONFIGURATION", "credential", "configuration-supported"),
    per=Per.SHAPE,
)
async def a_refresh_of_another_configuration_is_refused(refreshed: Flow, minted: Minted, expect: Expect) -> None:
    """A refresh whose credential_configuration_ids are those of no code of the issuer is refused."""
    await _granted(refreshed)
    draft = await minted.draft(refresh=True)
    expect_invalid_token(
        expect,
        await minted.request(draft.with_claims(credential_configuration_ids=["assay-no-such-configuration"])),
        "GOVUK-REFRESH-CONFIGURATION",
        what="a refresh of a configuration that the issuer does not have",
    )


@check(
    "govuk-refresh-key",
    requires=["GOVUK-BINDING-01"],
    proven_by={"govuk-making:key-before": "GOVUK-REFRESH-KEY"},
)
async def a_refreshed_credential_is_bound_to_the_new_key(shared: Flow, refreshed: Flow, expect: Expect) -> None:
    """A credential that is refreshed in the app is bound to the did:key of the request that refreshed it."""
    old, new = (await shared.credentials())[0], (await refreshed.credentials())[0]
    expect_own_key(expect, old, new, "GOVUK-REFRESH-KEY")


@check(
    "govuk-refresh-compared",
    requires=["GOVUK-INAPP-04", "GOVUK-INAPP-07", "GOVUK-STATUS-12", "ISO18013-9.1.2.5-05"],
    proven_by={
        "govuk-making:other-type-anew": "GOVUK-REFRESH-TYPE-CHANGED",
        "govuk-making:another-person": "GOVUK-REFRESH-HOLDER-CHANGED",
        "govuk-making:end-kept": "GOVUK-REFRESH-END-EARLIER",
        "govuk-making:entry-kept": "GOVUK-REFRESH-STATUS-SHARED",
        "govuk-making:entry-shared": "GOVUK-REFRESH-STATUS-SHARED",
        "govuk-making:entry-out-of-list": "GOVUK-REFRESH-STATUS-SHARED",
        "govuk-status-issue:jti-same": "GOVUK-REFRESH-STATUS-SHARED",
        "govuk-mdoc:salts-reused": "GOVUK-REFRESH-SALTS-SHARED",
    },
)
async def a_refreshed_credential_stands_in_for_the_old(shared: Flow, refreshed: Flow, expect: Expect) -> None:
    """A credential that is refreshed in the app is of the same kind, about the same person and ends no earlier."""
    old, new = (await shared.credentials())[0], (await refreshed.credentials())[0]
    expect_renewed(expect, old, new, "GOVUK-REFRESH", _RULES)


async def _granted(refreshed: Flow) -> None:
    """Make sure that a right refresh is granted, without which a refusal says nothing.

    Raises:
        Blocked: it is not.

    """
    reply = await refreshed.issuance()
    if not handed_out(reply):
        raise Blocked(f"the issuer grants no refresh in the app: {said(reply)}")


async def _refresh(offer: Minted, subject: str) -> Reply:
    return await offer.request(await offer.draft(subject=subject, refresh=True))
