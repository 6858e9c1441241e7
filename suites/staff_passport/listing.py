"""What the portal offers to download, and what it says of downloads before: step 5 of the journey."""

from __future__ import annotations

import re

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.downloads import Download
from harness.staff_passport.employees import Employee
from harness.staff_passport.pages import Page
from harness.staff_passport.portal_under_test import PortalUnderTest
from harness.staff_passport.visits import Visit
from suites.staff_passport.sign_in import signed_in_on_the_way

check = area("Staff Passport: what can be downloaded")

_DELETE = re.compile(r"\b(delete|remove|erase)", re.I)
_REFUSED = ("error", "credentials", "sign-in")
"""What the portal shows where a credential cannot be chosen."""


@check(
    "dsp-offered",
    requires=["DSP-STEP5-01"],
    proven_by={"dsp-list:not-offered": "DSP-OFFERED-NOT"},
)
async def credentials_are_offered(portal: PortalUnderTest, expect: Expect) -> None:
    """The portal offers each credential of the employee to be downloaded."""
    visit = await portal.visit()
    seen = await _listed(visit, portal.employee)
    if not portal.templates:
        raise Blocked("the employee has no credential to download: give [staff_passport.employee] templates")
    for template in portal.templates:
        expect.that(
            _offers(visit, seen, template),
            "DSP-OFFERED-NOT",
            f"a way to download {template}",
            f"{seen.gist}, without one",
            at=seen.reply,
        )


@check(
    "dsp-offered-inapplicable",
    requires=["DSP-STEP5-02"],
    proven_by={"dsp-list:inapplicable": "DSP-OFFERED-INAPPLICABLE"},
    applies=when.inapplicable_employee,
)
async def nothing_is_offered_where_the_passport_does_not_apply(portal: PortalUnderTest, expect: Expect) -> None:
    """The portal offers no download to an employee to whom the Digital Staff Passport does not apply."""
    visit = await portal.visit(portal.inapplicable)
    if (await visit.credentials()).shows == "credentials" and not signed_in_on_the_way(visit):
        raise Blocked("nobody has to sign in, so that it is not known whose credentials these are")
    seen = await _entered(visit)
    if seen.shows in ("sign-in", "error") or seen.page is None:
        raise Blocked(f"that employee cannot sign in: {seen.gist}")
    if seen.shows in ("verify", "not-verified"):
        raise Blocked(f"that employee is not verified, so that nothing is listed: {seen.gist}")
    others = await portal.visit()
    listed = await _listed(others, portal.employee)
    if not any(_offers(others, listed, name) for name in portal.templates):
        raise Blocked(f"no way to download is seen for {portal.employee.username} either")
    names = dict.fromkeys((*portal.templates, *portal.attributes))
    offered = [name for name in names if _offers(visit, seen, name)]
    expect.that(
        not offered,
        "DSP-OFFERED-INAPPLICABLE",
        "no way to download a credential",
        f"{seen.gist}, with {', '.join(offered)}",
        at=seen.reply,
    )


@check(
    "dsp-downloaded-shown",
    requires=["DSP-STEP5-04"],
    proven_by={
        "dsp-list:downloaded-unsaid": "DSP-DOWNLOADED-UNSAID",
        "dsp-list:status-missing": "DSP-DOWNLOADED-UNSAID",
        "dsp-list:always-downloaded": "DSP-DOWNLOADED-UNSAID",
        "dsp-issued:unnoted": "DSP-DOWNLOADED-UNSAID",
    },
)
async def the_list_says_what_was_downloaded(first_download: Download, expect: Expect) -> None:
    """The list says of a credential whether it was downloaded."""
    if first_download.prompt is not None:
        raise Blocked(
            f"{first_download.template} had been downloaded before this run, so the list cannot be compared:"
            " have the portal forget the test user's downloads, or name another template first in"
            " [staff_passport.employee] templates"
        )
    label = first_download.visit.portal.labels.get(first_download.template)
    before, after = (page.row(first_download.template, label) for page in _lists(first_download))
    expect.that(
        before != after,
        "DSP-DOWNLOADED-UNSAID",
        "a list that tells a credential that was downloaded from one that was not",
        f"the same words before and after: {after!r}" if after else "a list that does not name the credential",
        at=first_download.after.reply,
    )


@check(
    "dsp-download-again",
    requires=["DSP-STEP5-05"],
    proven_by={
        "dsp-list:once-only": "DSP-DOWNLOAD-AGAIN-NOT-OFFERED",
        "dsp-choice:refused-again": "DSP-DOWNLOAD-AGAIN-REFUSED",
    },
)
async def what_was_downloaded_can_be_downloaded_again(
    portal: PortalUnderTest, first_download: Download, expect: Expect
) -> None:
    """A credential that was downloaded can be chosen again."""
    template = first_download.template
    visit = await portal.visit()
    listed = await _listed(visit, portal.employee)
    if not expect.that(
        _offers(visit, listed, template),
        "DSP-DOWNLOAD-AGAIN-NOT-OFFERED",
        f"a way to download {template} again",
        f"{listed.gist}, without one",
        at=listed.reply,
    ):
        return
    chosen = await visit.choose(template)
    expect.that(
        chosen.shows not in _REFUSED and chosen.reply.status < 400,
        "DSP-DOWNLOAD-AGAIN-REFUSED",
        "a further download begins",
        chosen.gist,
        at=chosen.reply,
    )


@check(
    "dsp-delete-first",
    requires=["DSP-STEP5-06"],
    proven_by={
        "dsp-choice:no-prompt": "DSP-DELETE-FIRST-UNTOLD",
        "dsp-page:delete-first-untold": "DSP-DELETE-FIRST-UNTOLD",
        "dsp-issued:unnoted": "DSP-DELETE-FIRST-UNTOLD",
    },
)
async def the_old_credential_is_to_be_deleted_first(later_session: Download, expect: Expect) -> None:
    """Before a credential is downloaded again, the employee is told to delete the old one from the wallet."""
    again = later_session
    if again.stopped is not None and again.downloaded.shows in _REFUSED and again.preview is None:
        raise Blocked(f"the credential cannot be downloaded again: {again.downloaded.gist}")
    pages = [again.before, again.prompt, again.preview, again.verify_page, again.verified]
    if again.stopped is not None:
        pages.append(again.downloaded)
    told = again.prompt is not None or any(_DELETE.search(page.text) for page in pages if page is not None)
    first = again.prompt or again.preview or again.downloaded
    expect.that(
        told,
        "DSP-DELETE-FIRST-UNTOLD",
        "a word that the old credential is to be deleted from the wallet first",
        first.gist,
        at=first.reply,
    )


async def _entered(visit: Visit) -> Page:
    """Sign in, with a verified identity where the portal wants that before it shows anything."""
    seen = await visit.sign_in()
    if seen.shows == "verify":
        await visit.verify()
        seen = await visit.credentials()
    return seen


async def _listed(visit: Visit, employee: Employee) -> Page:
    seen = await _entered(visit)
    if seen.shows != "credentials":
        raise Blocked(f"{employee.username} does not come to the credentials, but to {seen.gist}")
    return seen


def _offers(visit: Visit, seen: Page, template: str) -> bool:
    if seen.rule is not None and seen.rule.hook is not None:
        raise Blocked('only the hook of [[staff_passport.page]] shows = "credentials" knows what is offered')
    return seen.offers(template, visit.portal.labels.get(template))


def _lists(download: Download) -> tuple[Page, Page]:
    return download.before, download.after
