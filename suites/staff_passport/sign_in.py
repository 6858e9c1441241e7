"""Who sees what the portal holds of an employee: step 4 of the journey."""

from __future__ import annotations

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.downloads import Download
from harness.staff_passport.pages import Page
from harness.staff_passport.portal_under_test import PortalUnderTest
from harness.staff_passport.visits import Visit

check = area("Staff Passport: sign-in")


@check(
    "dsp-signed-out",
    requires=["DSP-STEP4-01"],
    proven_by={"accepts:dsp-visit.signed-in": "DSP-SIGNED-OUT-SHOWN"},
)
async def who_is_not_signed_in_sees_nothing(portal: PortalUnderTest, journey: Download, expect: Expect) -> None:
    """Who is not signed in sees neither an employee's credentials nor what will be in one."""
    pages = [page for page in (journey.before, journey.preview, journey.verified) if page is not None]
    for url in dict.fromkeys(page.reply.url for page in pages):
        visit = await portal.visit()
        seen = await visit.open(url)
        if signed_in_on_the_way(visit):
            raise Blocked("the rules of [journey] sign somebody in by themselves")
        expect.that(
            not _tells(seen, visit, journey),
            "DSP-SIGNED-OUT-SHOWN",
            "nothing about an employee without signing in",
            seen.gist,
            at=seen.reply,
        )


def signed_in_on_the_way(visit: Visit) -> bool:
    """Say whether a form was sent on the way to a page, as a team's rules may do without being asked."""
    return any(reply.method == "POST" for reply in visit.replies)


def _tells(seen: Page, visit: Visit, journey: Download) -> bool:
    """Say whether a page has the list of the employee's credentials, or all that is about to be downloaded."""
    if seen.page is None or _asks_to_sign_in(seen):
        return False
    listed = seen.shows == "credentials" and seen.row(journey.template, _label(visit, journey)) is not None
    values = journey.preview.values.values() if journey.preview else ()
    return listed or (bool(values) and all(value in seen.text for value in values))


def _label(visit: Visit, journey: Download) -> str | None:
    return visit.portal.labels.get(journey.template)


def _asks_to_sign_in(seen: Page) -> bool:
    forms = seen.page.forms if seen.page else ()
    return seen.shows == "sign-in" or any(item.kind == "password" for form in forms for item in form.fields)
