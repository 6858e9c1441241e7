"""How a download ends: confirmed, declined, or without a Serial Number."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.attempts import Attempt, Attempts
from harness.staff_passport.downloads import ISSUING, Download
from harness.staff_passport.pages import Page
from harness.staff_passport.portal_under_test import PortalUnderTest

check = area("Staff Passport: end of a download")

_WITHOUT_CREDENTIAL = {
    "the employee declined": ("decline", ()),
    "nobody scanned the QR code": ("time-out", ()),
    "the gateway failed": ("add", ("redirect-error",)),
}
"""What may happen at the gateway: what the wallet does, and what the gateway does wrong."""


@check(
    "dsp-downloaded",
    requires=["DSP-STEP7-17", "DSP-STEP7-14"],
    proven_by={"dsp-page:downloaded-untold": "DSP-DOWNLOADED-UNTOLD"},
)
async def the_portal_confirms_the_download(first_download: Download, expect: Expect) -> None:
    """When the wallet has the credential, the portal exchanges the code and confirms the download."""
    expect.that(
        bool(first_download.at("token", ISSUING)),
        "DSP-ISSUING-TOKEN-MISSING",
        "a token request when the browser has come back",
        "none",
        requirement="DSP-STEP7-14",
    )
    page = first_download.downloaded
    expect.that(
        page.shows == "downloaded",
        "DSP-DOWNLOADED-UNTOLD",
        "a page that confirms the download",
        page.gist,
        at=page.reply,
    )


@check(
    "dsp-declined",
    requires=["DSP-STEP6-29", "DSP-STEP7-18", "DSP-STEP7-20"],
    proven_by={
        "dsp-declined:exchanged": "DSP-DECLINED-EXCHANGED",
        "accepts:dsp-callback.added": "DSP-DECLINED-CONFIRMED",
        "misreports:dsp-callback.added": "DSP-DECLINED-UNTOLD",
        "dsp-page:cancelled-claims-success": "DSP-DECLINED-CONFIRMED",
        "dsp-page:cancelled-untold": "DSP-DECLINED-UNTOLD",
    },
)
async def a_declined_credential_is_not_confirmed(attempts: Attempts, expect: Expect) -> None:
    """Without a credential in the wallet there is no token request, and the employee is told so."""
    for what, (wallet, misbehaviours) in _WITHOUT_CREDENTIAL.items():
        tried = _led_there(await attempts.downloaded(*misbehaviours, wallet=wallet))
        page = tried.page
        exchanged = len(tried.at("token"))
        expect.that(
            exchanged == 0,
            "DSP-DECLINED-EXCHANGED",
            f"no token request when {what}",
            f"{exchanged} of them",
            at=page.reply,
        )
        if expect.that(
            page.shows != "downloaded",
            "DSP-DECLINED-CONFIRMED",
            f"no confirmation of a download when {what}",
            page.gist,
            at=page.reply,
            requirement="DSP-STEP7-18",
        ):
            expect.that(
                page.shows in ("cancelled", "error"),
                "DSP-DECLINED-UNTOLD",
                f"a page that tells the employee that nothing was downloaded when {what}",
                page.gist,
                at=page.reply,
                requirement="DSP-STEP7-20",
            )


@check(
    "dsp-declined-list",
    requires=["DSP-STEP7-19"],
    proven_by={"accepts:dsp-callback.added": "DSP-DECLINED-LISTED"},
    applies=when.other_employee,
)
async def a_declined_credential_is_not_listed_as_downloaded(
    attempts: Attempts, portal: PortalUnderTest, first_download: Download, expect: Expect
) -> None:
    """A credential that the employee declined is not shown as downloaded."""
    who = portal.other
    assert who is not None
    if not who.records:
        raise Blocked("the other employee has no credential to download: give [staff_passport.other] templates")
    template = next(iter(who.records))

    def row(page: Page, name: str = template) -> str | None:
        return page.row(name, portal.settings.labels.get(name))

    first = first_download.template
    new, downloaded = row(first_download.before, first), row(first_download.after, first)
    visit = await attempts.until("credentials", who=who)
    assert visit.seen is not None
    before = row(visit.seen)
    if before is None or new == downloaded:
        raise Blocked("the portal does not show what was downloaded")
    if template == first and before != new:
        raise Blocked(f"{who.username} has downloaded {template} before")
    visit = await attempts.until(attempts.ready, who=who, template=template)
    asked = len(portal.gateway.log)
    left = await visit.download("decline")
    if not any(each.endpoint == "authorize" and each.mode == ISSUING for each in portal.gateway.log[asked:]):
        raise Blocked(f"the download does not lead to the gateway, but to {left.gist}")
    page = await visit.credentials()
    expect.that(
        row(page) == before,
        "DSP-DECLINED-LISTED",
        f"a credential that was declined listed as before: {before}",
        row(page),
        at=page.reply,
    )


@check(
    "dsp-download-unconfirmed",
    requires=["DSP-STEP7-18"],
    proven_by={"dsp-token-failure:downloaded": "DSP-FAILED-CONFIRMED"},
)
async def a_download_without_token_is_not_confirmed(attempts: Attempts, expect: Expect) -> None:
    """The portal confirms no download when the token endpoint refuses the code or is out of order."""
    for misbehaviour, what in (
        ("code-error", "answers with an error"),
        ("token-unavailable", "is out of order"),
    ):
        page = _led_there(await attempts.downloaded(misbehaviour)).page
        expect.that(
            page.shows != "downloaded",
            "DSP-FAILED-CONFIRMED",
            f"no confirmation of a download when the token endpoint {what}",
            page.gist,
            at=page.reply,
        )


@check(
    "dsp-serial-number-missing",
    requires=["DSP-STEP7-16"],
    proven_by={"accepts:dsp-issued.serial-number": "DSP-SERIAL-NUMBER-MISSING-CONFIRMED"},
)
async def a_download_without_serial_number_is_not_confirmed(attempts: Attempts, expect: Expect) -> None:
    """The portal confirms no download when it was not told the Serial Number."""
    page = _led_there(await attempts.downloaded("no-serial-number")).page
    expect.that(
        page.shows != "downloaded",
        "DSP-SERIAL-NUMBER-MISSING-CONFIRMED",
        "no confirmation of a download when the ID Token has no Serial Number",
        page.gist,
        at=page.reply,
    )


def _led_there(tried: Attempt) -> Attempt:
    """Make sure that the employee came to the gateway.

    Raises:
        Blocked: they did not, so that what the portal shows says nothing.

    """
    if not tried.at("authorize", ISSUING):
        raise Blocked(f"the download does not lead to the gateway, but to {tried.page.gist}")
    return tried
