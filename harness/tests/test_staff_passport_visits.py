"""Employees at the portal: recognising its pages, going through them, and what stands around it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import smtplib
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from harness.checks import Check, area, of
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import html_page, html_words
from harness.preflight import PreflightError
from harness.reference.serve import Place, serving
from harness.reference.staff_passport.app import Portal
from harness.reference.staff_passport.variants import portal_variant
from harness.run import Run
from harness.settings import (
    EmployeeSettings,
    HttpHook,
    PageRule,
    ServiceSettings,
    Settings,
    StaffPassportSettings,
)
from harness.staff_passport.bundled import system_of
from harness.staff_passport.downloads import Asked, Download
from harness.staff_passport.invalidation import Invalidation, Invalidations
from harness.staff_passport.pages import STAGES, Page, default_rules, onward, recognise
from harness.staff_passport.portal_under_test import PortalUnderTest
from harness.staff_passport.targets import open_staff_passport
from harness.target import PORTAL as JUDGES
from harness.target import REFERENCE
from harness.tests.staff_passport_judging import Ticking, by_host, make_bundled, make_tools
from harness.transport import Reply

SCHEMAS = Path(__file__).parents[2] / "schemas"


def subject(kind: str = "forms", variant: str = "staff-passport", **told: Any) -> PortalUnderTest:
    clock = Ticking()
    made = make_bundled(variant, clock=clock, **told)
    return PortalUnderTest(made.portal.issuer_url, made.around, make_tools(by_host([made]), clock, kind=kind))


def page(markup: str, *rules: PageRule) -> Page:
    url = "https://portal.example/check?x=1"
    reply = Reply(1, "GET", url, 200, httpx.Headers({"content-type": "text/html"}), markup.encode())
    return recognise(html_page.read(markup, url), reply, (*rules, *default_rules()))


# --- pages ---------------------------------------------------------------------------------------------


def test_pages_say_their_words_rows_and_pairs() -> None:
    words = html_words.read(
        "<head><title>No</title></head><body><h1>Check <b>you</b>r data</h1><p hidden>secret</p>"
        "<script>no()</script><dl><dt>Site<dd>A &amp; B<dt>Grade<dd>ST4</dl>"
        "<table><tr><th>Name<td>Amara<tr><td>a<td>b<td>c</table><ul><li>One<li>Two</ul>"
    )
    assert words.all == "Check your data Site A & B Grade ST4 Name Amara a b c One Two"
    assert words.pairs == (("Site", "A & B"), ("Grade", "ST4"), ("Name", "Amara"))
    assert {"One", "Two", "Name Amara", "a b c"} <= set(words.blocks)


def test_the_rules_for_plain_pages_and_the_settings_know_the_same_stages() -> None:
    schema = json.loads((SCHEMAS / "config.schema.json").read_text())
    assert tuple(schema["$defs"]["staff_passport_page"]["properties"]["shows"]["enum"]) == STAGES
    assert {rule.shows for rule in default_rules()} == set(STAGES)


@pytest.mark.parametrize(
    ("heading", "shows"),
    [
        ("Your identity has been verified", "verified"),
        ("Your identity could not be verified", "not-verified"),
        ("Your identity has not been verified", "not-verified"),
        ("Credential downloaded", "downloaded"),
        ("Welcome", None),
    ],
)
def test_plain_pages_are_recognised_by_their_heading(heading: str, shows: str | None) -> None:
    assert page(f"<h1>{heading}</h1>").shows == shows


def test_rules_of_the_team_come_first_and_read_the_words_and_the_labels() -> None:
    rule = PageRule("preview", url="*/check", text="*this goes into*", values={"TPL-Site": "Where"})
    seen = page("<h1>Your credentials</h1><p>This goes into your wallet</p><dl><dt>Where<dd>Leeds</dl>", rule)
    assert seen.shows == "preview"
    assert seen.values == {"TPL-Site": "Leeds"}
    assert page("<h1>Your credentials</h1>", rule).shows == "credentials"


def test_the_button_is_that_of_the_credential_that_is_wanted() -> None:
    seen = page(
        "<h1>Your credentials</h1><table>"
        '<tr><td>Training placement<td>New<td><form action="/a"><button>Download</button></form>'
        '<tr><td>Training programme<td>Old<td><form action="/training-programme"><button>Download</button></form>'
        "</table>"
    )
    assert seen.row("TrainingProgramme") == "Training programme Old Download"
    assert seen.offers("TrainingProgramme")
    assert not seen.offers("FireSafety")
    who = subject().employee
    found = onward(seen, who, "TrainingProgramme", None)
    assert getattr(found, "form", None) is not None
    assert found.form.action.endswith("/training-programme")  # type: ignore[union-attr]


def test_what_is_offered_is_what_the_rule_of_the_team_names() -> None:
    listed = '<h1>Papers</h1><a href="/pick?d=1">Move Rotation record to phone</a>'
    rule = PageRule("credentials", heading="papers", follow="Move {label} to phone")
    assert page(listed, rule).offers("TrainingPlacement", "Rotation record")
    assert not page(listed, rule).offers("TrainingProgramme", "Scheme record")
    assert not page(listed, PageRule("credentials", heading="papers")).offers("TrainingPlacement")


def asked(*seen: tuple[str, str | None]) -> Asked:
    log = [SimpleNamespace(number=n, endpoint=where, mode=mode) for n, (where, mode) in enumerate(seen)]
    return Asked(log)  # type: ignore[arg-type]


def test_a_request_of_an_unknown_mode_is_possibly_of_any_and_surely_of_none() -> None:
    found = asked(("token", None), ("token", "issuing"), ("par", "issuing"))
    assert [each.number for each in found.at("token", "issuing")] == [1]
    assert [each.number for each in found.possibly("token", "issuing")] == [0, 1]
    assert [each.number for each in found.possibly("token", "verifying")] == [0]
    assert len(found.at("token")) == 2


class RetryingTeam:
    """Whose hook ends only when the portal has tried again and again, and has given up."""

    invalidates, reads_mail, tries = True, False, 40

    def __init__(self, gateway: Any) -> None:
        self.gateway = gateway

    async def invalidate(self, employee: Any, template: str, serial: str) -> None:
        for _ in range(self.tries):
            self.gateway.log.append(
                SimpleNamespace(endpoint="revocation", json={"SerialNumber": serial}, status=self.gateway.status)
            )
            if self.gateway.status == 200:
                self.gateway.revoked.add(serial)
                return
            await asyncio.sleep(0.02)


def test_the_gateway_works_again_while_a_hook_still_lasts() -> None:
    class Revoking(SimpleNamespace):
        def misbehave(self, *names: str) -> None:
            self.status = 503 if names else 200

    gateway = Revoking(log=[], revoked=set(), share=lambda serial: False, status=200)
    mailbox = SimpleNamespace(messages=())

    async def wait(seconds: float) -> None:
        del seconds

    made = Invalidations(gateway, mailbox, RetryingTeam(gateway), wait, 5.0)  # type: ignore[arg-type]
    employee = subject().employee
    found = asyncio.run(made.while_unavailable(employee, "TrainingPlacement", ["S1"]))
    assert found.refused >= 1
    assert found.requests[-1].status == 200


# --- in process ----------------------------------------------------------------------------------------

check = area("Tests")


def judged(function: Any) -> Check:
    made = of(check("dsp-test", requires=["DSP-STEP4-01"], proven_by={"a": "B"})(function))
    assert made is not None
    return made


@pytest.mark.parametrize("variant", ["staff-passport", "staff-passport-v2", "staff-passport-no-birth-dates"])
async def test_a_right_journey_is_gone_to_its_end(variant: str) -> None:
    found: list[Any] = []

    async def look(
        first_download: Download, second_in_session: Download, later_session: Download, expect: Expect
    ) -> None:
        """Looks."""
        found.extend((first_download, second_in_session, later_session))

    portal = subject(variant=variant)
    read: list[int] = []
    await portal.call(judged(look), None, None, Expect({}), read)
    first, second, later = found
    assert first.stopped is second.stopped is later.stopped is None
    assert dict(first.preview.values).items() <= dict(first.hint).items()
    assert (first.verify_page is None, second.verify_page is None, later.verify_page is None) == (
        False,
        True,
        False,
    )
    assert (first.prompt, second.prompt) == (None, None)
    assert later.prompt is not None
    assert len({first.serial, second.serial, later.serial}) == 3
    assert read


async def test_what_is_invalid_is_followed_up() -> None:
    found: list[Any] = []

    async def look(revocation: Invalidation, retried: Invalidation, stale: Invalidation, expect: Expect) -> None:
        """Looks."""
        found.extend((revocation, retried, stale))

    portal = subject()
    await portal.call(judged(look), None, None, Expect({}), [])
    for one in found:
        assert {serial.casefold() for serial in one.serials} == one.revoked
        assert all(one.share_refused.values())
        assert one.message is not None
    assert len(found[0].serials) == 2
    assert found[1].refused == 1


async def test_an_attempt_leaves_a_gateway_that_behaves() -> None:
    portal = subject()
    attempts = await portal._evidence("attempts", [])
    tried = await attempts.verified("id-token-signature")
    assert not tried.went_on
    assert tried.at("token")
    assert (await attempts.verified()).went_on
    declined = await attempts.downloaded(wallet="decline")
    assert (declined.page.shows, declined.serials) == ("cancelled", ())
    await portal._close()


async def test_two_employees_are_at_the_gateway_at_the_same_time() -> None:
    portal = subject()
    attempts = await portal._evidence("attempts", [])
    assert portal.other is not None
    one, two = await attempts.until("verify"), await attempts.until("verify", who=portal.other)
    await one.verify(wallet=None)
    await two.verify(wallet=None)
    assert (await one.go_on("share")).shows == "verified"
    assert (await two.go_on("share")).shows == "verified"
    await portal._close()


async def test_a_wrong_step_is_told_by_what_is_shown() -> None:
    portal = subject()
    visit = await portal.visit()
    await visit.sign_in()
    with pytest.raises(Blocked, match="does not show preview, but a page that shows credentials"):
        await visit.confirm()
    await visit.park()


CHROMIUM = os.environ.get("ASSAY_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
async def test_the_same_way_in_chromium() -> None:
    pytest.importorskip("playwright")
    portal = subject(kind="browser")
    first = await portal._evidence("first_download", [])
    assert (first.prompt, first.stopped) == (None, None)
    assert first.downloaded.shows == "downloaded"
    assert dict(first.preview.values).items() <= dict(first.hint).items()


# --- over sockets --------------------------------------------------------------------------------------


async def test_the_bundled_portal_is_judged_over_sockets_and_its_mail_comes_by_smtp(tmp_path: Path) -> None:
    run = Run(Settings(issuer_url=REFERENCE, profile="staff-passport", report_dir=tmp_path))
    try:
        await run.preflight()
        assert isinstance(run.subject, PortalUnderTest)
        found = await run.subject._evidence("revocation", [])
        assert all(found.share_refused.values())
        assert found.message is not None
        assert "amara" not in str(found.message["To"])
        assert run.subject.mailbox.address is not None
    finally:
        await run.aclose()


def real(**told: Any) -> Settings:
    given: dict[str, Any] = {
        "gateway": ServiceSettings(listen="127.0.0.1:39471"),
        "redirect_uris": ("http://127.0.0.1:1/back",),
    }
    return Settings(issuer_url="http://127.0.0.1:1", staff_passport=StaffPassportSettings(**(given | told)))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"gateway": ServiceSettings()}, "give it a port"),
        ({"redirect_uris": ()}, "redirect_uris"),
        ({"gateway": ServiceSettings(listen="256.0.0.1:1")}, "cannot be used"),
        ({"ways": {"unknown": 1}}, "ways"),
    ],
)
def test_settings_that_cannot_be_are_told(told: dict[str, Any], words: str) -> None:
    with pytest.raises(PreflightError, match=words):
        open_staff_passport(real(**told), "staff-passport", JUDGES)


def test_a_team_is_told_what_is_played_and_who_signs_in() -> None:
    people = {
        "employee": EmployeeSettings(
            "u1", "u1@example.com", "Uma", "One", "1990-01-01", templates=("FireSafety",)
        ),
        "inapplicable": EmployeeSettings("u3", "u3@example.com", "Ute", "Three", "1990-01-01"),
    }
    target = open_staff_passport(real(**people), "staff-passport", JUDGES)
    try:
        told = " ".join(target.played)
    finally:
        target.close()
    assert "http://127.0.0.1:39471" in told
    assert "assay-external-system" in told
    assert told.endswith("Employees who sign in: u1, u3.")


async def test_a_portal_of_a_team_uses_the_gateway_and_the_mail_server_that_the_run_plays(tmp_path: Path) -> None:
    gateway, mail = "http://127.0.0.1:39473", "127.0.0.1:39474"

    async def deliver(message: EmailMessage) -> None:
        def send() -> None:
            with smtplib.SMTP("127.0.0.1", 39474) as server:
                server.send_message(message)

        await asyncio.to_thread(send)

    with serving(Place, tls=False) as place:
        told = StaffPassportSettings(
            redirect_uris=(f"{place.base_url}/callback",),
            start_url=f"{place.base_url}/credentials",
            gateway=ServiceSettings(listen="127.0.0.1:39473"),
            mailbox=ServiceSettings(listen=mail),
            invalidate=HttpHook(
                name="invalidate",
                url=f"{place.base_url}/assay/invalidate",
                method="POST",
                json={"username": "{username}", "template": "{template}"},
            ),
        )
        place.issuer.occupant = Portal(
            portal_variant("staff-passport"),
            base_url=place.base_url,
            gateway_url=gateway,
            deliver=deliver,
            http=lambda: httpx.AsyncClient(trust_env=False),
            registration=system_of(told),
        )
        settings = Settings(
            issuer_url=place.base_url, profile="staff-passport", staff_passport=told, report_dir=tmp_path
        )
        run = Run(settings)
        try:
            await run.preflight()
            assert isinstance(run.subject, PortalUnderTest)
            assert gateway in " ".join(await run.announcement())
            found = await run.subject._evidence("revocation", [])
            assert all(found.share_refused.values())
            assert found.message is not None
        finally:
            await run.aclose()
