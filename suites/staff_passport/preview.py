"""Showing the employee what will be downloaded, and waiting for the confirmation: step 5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.attempts import Attempts
from harness.staff_passport.downloads import Download
from harness.staff_passport.employees import Employee
from harness.staff_passport.pages import Page, names_of
from harness.staff_passport.portal_under_test import PortalUnderTest
from harness.staff_passport.templates import SERIAL_NUMBER, UNIQUE_IDENTIFIER
from harness.staff_passport.visits import Visit
from suites.staff_passport import _dates
from suites.staff_passport._details import information

check = area("Staff Passport: confirming the information")

_LONGEST_TEXT = 1_000
"""Characters; what is longer is a picture, which a page shows in another way."""


@check(
    "dsp-preview",
    requires=["DSP-STEP5-07"],
    proven_by={
        "dsp-choice:no-confirmation": "DSP-PREVIEW-MISSING",
        "dsp-preview:attribute-missing": "DSP-PREVIEW-UNSHOWN",
        "dsp-preview:attribute-extra": "DSP-PREVIEW-FURTHER",
        "dsp-preview:value-differs": "DSP-PREVIEW-DIFFERS",
        "dsp-hint:value-differs": "DSP-PREVIEW-DIFFERS",
        "dsp-hint:attribute-number": "DSP-PREVIEW-DIFFERS",
        "dsp-hint:attribute-extra": "DSP-PREVIEW-UNSHOWN",
        "dsp-hint:attribute-missing": "DSP-PREVIEW-FURTHER",
    },
)
async def the_employee_sees_what_will_be_downloaded(
    journey: Download, portal: PortalUnderTest, expect: Expect
) -> None:
    """Before the download, the portal shows exactly the information that it pushes to the gateway afterwards."""
    pushed = {name: value for name, value in information(journey.hint).items() if value not in (None, "")}
    page = _preview(journey, pushed)
    if not expect.that(
        page is not None, "DSP-PREVIEW-MISSING", "a page that shows what will be downloaded", "no such page"
    ):
        return
    assert page is not None
    for name, value in pushed.items():
        if len(str(value)) > _LONGEST_TEXT:
            continue
        said = page.values.get(name)
        if said is None:
            expect.that(
                _is_said(value, page.text),
                "DSP-PREVIEW-UNSHOWN",
                f"{name}, which is pushed, on the page that shows what will be downloaded",
                "the page does not have its value",
                at=page.reply,
            )
        else:
            expect.that(
                _is_same(value, said),
                "DSP-PREVIEW-DIFFERS",
                f"{name} as it is pushed: {value}",
                said,
                at=page.reply,
            )
    further = _further(page, pushed, _own_words(portal, journey))
    expect.that(
        not further,
        "DSP-PREVIEW-FURTHER",
        "nothing but what is pushed on the page that shows what will be downloaded",
        f"also {', '.join(further)}",
        at=page.reply,
    )


def _preview(journey: Download, pushed: Mapping[str, Any]) -> Page | None:
    """Give the page that shows the information; it may be the one from which the identity is verified."""
    if journey.preview is not None:
        return journey.preview
    others = [page for page in (journey.verify_page, journey.verified) if page is not None]
    showing = [page for page in others if any(_is_said(value, page.text) for value in pushed.values())]
    return showing[0] if showing else None


def _further(page: Page, pushed: Mapping[str, Any], own_words: frozenset[str]) -> list[str]:
    """Give the names that a page shows beside what is pushed, where it can be told which those are."""
    told = page.rule.values if page.rule else {}
    shown = {name: page.values[name] for name in told if name in page.values} if told else page.values
    if not told and not pushed.keys() <= shown.keys():
        # The page has names of its own for the attributes, or not all of them: nobody knows what the rest is.
        return []
    allowed = {*pushed, UNIQUE_IDENTIFIER, SERIAL_NUMBER}
    return [name for name, said in shown.items() if name not in allowed and _plain(said) not in own_words]


def _own_words(portal: PortalUnderTest, journey: Download) -> frozenset[str]:
    """Give what a page may say besides: whose credential it is, and which."""
    who: Employee = journey.visit.employee
    names = names_of(journey.template, portal.settings.labels.get(journey.template))
    template = portal.attributes.get(journey.template)
    about = (f"{who.first_name} {who.surname}", who.first_name, who.surname, who.username, who.email)
    titles = (template.title,) if template else ()
    return frozenset(_plain(each) for each in (*names, *about, *titles, who.birth_date))


def _is_same(value: object, said: str) -> bool:
    day = _dates.read(value)
    return _plain(value) == _plain(said) or (day is not None and _is_said(value, said))


def _is_said(value: object, text: str) -> bool:
    day = _dates.read(value)
    plain = _plain(text)
    return _plain(value) in plain or (day is not None and any(each in plain for each in _dates.spellings(day)))


def _plain(value: object) -> str:
    return " ".join(str(value).split()).casefold()


@check(
    "dsp-confirmation",
    requires=["DSP-STEP5-08"],
    proven_by={"dsp-choice:pushed-at-once": "DSP-PUSHED-UNCONFIRMED"},
)
async def nothing_is_pushed_before_it_is_confirmed(attempts: Attempts, expect: Expect) -> None:
    """Nothing is pushed to the gateway before the employee has confirmed the information."""
    visit = await attempts.until(attempts.ready)
    before = len(visit.requests)
    page = await _up_to_preview(visit, attempts.template)
    pushed = [each for each in visit.requests[before:] if each.endpoint == "par"]
    expect.that(
        not pushed,
        "DSP-PUSHED-UNCONFIRMED",
        "no pushed request before the employee confirms",
        f"{len(pushed)} when the page to be confirmed is shown",
        at=page.reply,
    )


@check(
    "dsp-confirmation-skipped",
    requires=["DSP-STEP5-08"],
    proven_by={"accepts:dsp-download.confirmed": "DSP-UNCONFIRMED-ISSUED"},
    applies=when.two_templates & when.downloads_after_confirming,
)
async def what_was_not_confirmed_is_not_downloaded(
    attempts: Attempts, portal: PortalUnderTest, expect: Expect
) -> None:
    """Whoever leaves out the confirmation and goes straight to the download gets nothing."""
    other = next(name for name in portal.templates if name != attempts.template)
    visit = await attempts.until("verified")
    assert visit.page is not None
    download_page = visit.page.url
    await _up_to_preview(visit, other)
    before = len(visit.requests)
    page = await visit.open(download_page)
    if page.shows == "verified":
        page = await visit.download(wallet=None)
    # What was confirmed earlier in the visit may still be downloaded.
    pushed = [
        each
        for each in visit.requests[before:]
        if each.endpoint == "par" and other in each.parameters.get("scope", "")
    ]
    expect.that(
        not pushed,
        "DSP-UNCONFIRMED-ISSUED",
        f"no pushed request for {other}, which was chosen and not confirmed",
        "one",
        at=page.reply,
    )


async def _up_to_preview(visit: Visit, template: str) -> Page:
    """Choose a credential, and stop where it has to be confirmed.

    Raises:
        Blocked: it does not come to that.

    """
    page = await visit.choose(template)
    if page.shows == "delete-first":
        page = await visit.keep_on()
    if page.shows != "preview":
        raise Blocked(f"the portal shows nothing to be confirmed, but {page.gist}")
    return page
