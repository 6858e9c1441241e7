"""What one session knows of another, and one employee's of another's: steps 6 and 7 of the journey."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.attempts import Attempts
from harness.staff_passport.downloads import Download
from harness.staff_passport.employees import Employee
from harness.staff_passport.portal_under_test import PortalUnderTest
from harness.staff_passport.visits import Visit
from suites.staff_passport._verifications import AUTHORIZE, PAR, VERIFYING

check = area("Staff Passport: sessions")


@check(
    "dsp-verified-once",
    requires=["DSP-STEP6-02"],
    proven_by={"dsp-standing:forgotten": "DSP-VERIFIED-ONCE-AGAIN"},
    applies=when.two_templates,
)
async def one_verification_is_enough_for_a_session(
    first_download: Download, second_in_session: Download, expect: Expect
) -> None:
    """A second download in a session needs no second verification."""
    first_download.one(AUTHORIZE, VERIFYING)
    pushed = second_in_session.pushed.number
    again = [each for each in second_in_session.at(AUTHORIZE, VERIFYING) if each.number < pushed]
    page = second_in_session.verify_page or second_in_session.downloaded
    expect.that(
        not again,
        "DSP-VERIFIED-ONCE-AGAIN",
        "one verification in a session",
        "a second one",
        at=page.reply,
    )


@check(
    "dsp-verified-each-session",
    requires=["DSP-STEP6-03"],
    proven_by={"dsp-standing:remembered": "DSP-VERIFIED-EACH-SESSION-NOT"},
)
async def each_session_has_its_own_verification(
    first_download: Download, later_session: Download, expect: Expect
) -> None:
    """An identity that was verified in one session is verified again in the next before anything is issued."""
    first_download.one(AUTHORIZE, VERIFYING)
    pushed = later_session.pushed.number
    expect.that(
        any(each.number < pushed for each in later_session.at(AUTHORIZE, VERIFYING)),
        "DSP-VERIFIED-EACH-SESSION-NOT",
        "a verification in the new session, before a credential is pushed",
        "a credential that is pushed without one",
        at=later_session.downloaded.reply,
    )


@check(
    "dsp-employees-apart",
    requires=["DSP-STEP7-21"],
    proven_by={
        "dsp-pending:crossed": "DSP-EMPLOYEES-VERIFIED",
        "dsp-standing:crossed": "DSP-EMPLOYEES-IDENTIFIER",
        "dsp-issued:crossed": "DSP-EMPLOYEES-LIST",
    },
    applies=when.other_employee,
)
async def two_employees_at_once_do_not_mix(portal: PortalUnderTest, attempts: Attempts, expect: Expect) -> None:
    """Two employees who verify and download at the same time each get what is theirs."""
    other = portal.other
    assert other is not None
    if not other.records:
        raise Blocked("the other employee has no credential to download: give [staff_passport.other] templates")
    template = next(iter(other.records))
    await attempts.until(attempts.ready, who=other, template=template)
    mine = await attempts.until("verify")
    theirs = await attempts.until("verify", who=other, template=template)
    for visit in (mine, theirs):
        await visit.verify(wallet=None)
    for visit in (mine, theirs):
        seen = await visit.go_on("share")
        expect.that(
            seen.shows == "verified",
            "DSP-EMPLOYEES-VERIFIED",
            f"{visit.employee.username} is verified while somebody else is, too",
            seen.gist,
            at=seen.reply,
        )
    if mine.seen is None or mine.seen.shows != "verified":
        return
    if attempts.ready != "verified":
        mine = await attempts.until(attempts.ready)
    label = portal.settings.labels.get(template)
    before = (await theirs.credentials()).row(template, label)
    await _expect_own_identifier(portal, mine, other, expect)
    await mine.go_on("add")
    after = await theirs.credentials()
    expect.that(
        after.row(template, label) == before,
        "DSP-EMPLOYEES-LIST",
        f"the list of {other.username} as it was before {portal.employee.username} downloaded a credential",
        f"{after.row(template, label)!r} in place of {before!r}",
        at=after.reply,
    )


async def _expect_own_identifier(portal: PortalUnderTest, visit: Visit, other: Employee, expect: Expect) -> None:
    asked = len(portal.gateway.log)
    seen = await visit.download(wallet=None)
    hints = [each.hint for each in portal.gateway.log[asked:] if each.endpoint == PAR and each.hint]
    if not hints:
        raise Blocked(f"the download does not come to a pushed request with a hint, but to {seen.gist}")
    expect.that(
        hints[0].claims.get("UniqueIdentifier") != other.unique_identifier,
        "DSP-EMPLOYEES-IDENTIFIER",
        f"a credential for {visit.employee.username} without the unique identifier of {other.username}",
        "one with it",
        at=seen.reply,
    )
