"""The sample portal does what the Digital Staff Passport asks of external systems, page by page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from harness.reference.staff_passport.names import same_name
from harness.reference.staff_passport.variants import PORTAL_VARIANTS, portal_variant
from harness.staff_passport.employees import Identity
from harness.tests.sample_portal_bench import (
    AMARA,
    BJORN,
    CHLOE,
    GATEWAY_URL,
    PLACEMENT,
    PORTAL_URL,
    PROGRAMME,
    Browser,
    World,
    world,
)

_WRONG = "Your identity could not be verified"
_ERROR = "Something went wrong"


def visiting(steps: Callable[[World, Browser], Awaitable[None]], made: World | None = None) -> World:
    """Run the steps of an employee who has signed in."""
    here = made or world()

    async def run() -> None:
        async with here.browser() as browser:
            assert await browser.sign_in() == "Your credentials"
            await steps(here, browser)

    asyncio.run(run())
    return here


@pytest.mark.parametrize("variant", sorted(PORTAL_VARIANTS))
def test_a_credential_is_downloaded_page_by_page(variant: str) -> None:
    async def steps(here: World, browser: Browser) -> None:
        assert browser.statuses == {"Training placement": "Not downloaded", "Training programme": "Not downloaded"}
        assert await browser.choose() == "Check your information"
        assert browser.values == AMARA.records[PLACEMENT]
        assert not here.asked("par")
        assert await browser.press("Confirm") == "Verify your identity"
        assert await browser.verify() == "Your identity has been verified"
        assert not here.asked("par")
        assert await browser.download() == "Credential downloaded"
        await browser.open("/credentials")
        assert browser.statuses["Training placement"].startswith("Downloaded on ")
        assert browser.statuses["Training programme"] == "Not downloaded"

    here = visiting(steps, world(variant))
    (issued,) = here.gateway.issued.values()
    assert issued.attributes == {**AMARA.records[PLACEMENT], "UniqueIdentifier": AMARA.unique_identifier}
    (kept,) = here.portal.records.holdings("amara")[PLACEMENT].issued
    assert kept.serial == issued.serial
    assert [each.status for each in here.asked("token")] == [200, 200]
    assert here.asked("par")[0].status == 201
    assert here.portal.fired == set()


def test_an_identity_is_verified_once_in_a_session() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.whole(PLACEMENT)
        assert await browser.confirmed(PROGRAMME) == "Your identity has been verified"
        assert await browser.download() == "Credential downloaded"
        assert len(here.asked("authorize", "verifying")) == 1
        async with here.browser() as later:
            await later.sign_in()
            assert await later.confirmed(PROGRAMME) == "Verify your identity"

    visiting(steps)


def test_who_downloads_again_is_asked_to_delete_the_old_credential_first() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.whole()
        assert await browser.choose() == "Delete the old credential first"
        assert await browser.open("/check") == "Delete the old credential first"
        assert await browser.press("Continue") == "Check your information"
        assert await browser.press("Confirm") == "Your identity has been verified"
        assert await browser.download() == "Credential downloaded"
        assert len(here.gateway.issued) == 2

    visiting(steps)


def test_nothing_is_shown_or_done_without_signing_in() -> None:
    async def run() -> None:
        here = world()
        async with here.browser() as browser:
            for path in ("/", "/credentials", "/check", "/delete-first", "/verify", "/verified", "/downloaded"):
                assert await browser.open(path) == "Sign in"
            for path in ("/credentials", "/check", "/verify", "/download", "/delete-first"):
                assert await browser.post(path, credential=PLACEMENT) == "Sign in"
            assert await browser.open("/callback?code=a&state=b") == "Sign in"
        assert here.gateway.log == []

    asyncio.run(run())


def test_only_the_right_password_signs_in() -> None:
    async def run() -> None:
        async with world().browser(replace(AMARA, password="guessed")) as browser:
            assert await browser.sign_in() == "Sign in"
            assert browser.answer.status_code == 401

    asyncio.run(run())


def test_who_signs_out_is_signed_out() -> None:
    async def steps(_: World, browser: Browser) -> None:
        kept = browser.client.cookies.jar
        name = next(cookie.value for cookie in kept)
        assert await browser.press("Sign out") == "Sign in"
        browser.client.cookies.set("assay-portal-session", name or "", domain="portal.assay.test")
        assert await browser.open("/credentials") == "Sign in"

    visiting(steps)


def test_the_session_has_a_fresh_cookie_that_scripts_cannot_read() -> None:
    async def steps(_: World, browser: Browser) -> None:
        before = str(next(cookie.value for cookie in browser.client.cookies.jar))
        await browser.client.post(
            f"{PORTAL_URL}/sign-in", data={"username": AMARA.username, "password": AMARA.password}
        )
        answer = await browser.client.post(
            f"{PORTAL_URL}/sign-in", data={"username": AMARA.username, "password": AMARA.password}
        )
        cookie = answer.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Lax"))
        assert before not in cookie

    visiting(steps)


def test_who_has_no_staff_passport_is_offered_nothing() -> None:
    async def run() -> None:
        async with world().browser(CHLOE) as browser:
            assert await browser.sign_in() == "Your credentials"
            assert browser.statuses == {}
            assert await browser.post("/credentials", credential=PLACEMENT) == _ERROR

    asyncio.run(run())


def test_nothing_is_pushed_before_the_identity_is_verified_and_the_information_confirmed() -> None:
    async def steps(here: World, browser: Browser) -> None:
        assert await browser.post("/download") == "Your credentials"
        await browser.choose()
        assert await browser.post("/download") == "Your credentials"
        await browser.open("/check")
        await browser.press("Confirm")
        assert await browser.open("/verified") == "Verify your identity"
        assert await browser.post("/download") == "Verify your identity"
        assert not here.asked("par")

    visiting(steps)


@pytest.mark.parametrize("way", ["altered", "missing"])
def test_another_state_is_refused(way: str) -> None:
    def spoiled(url: str) -> str:
        if not url.startswith(f"{PORTAL_URL}/callback"):
            return url
        return re.sub(r"&?state=[^&]*", "&state=another" if way == "altered" else "", url)

    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        browser.rewrite = spoiled
        assert await browser.verify() == _ERROR
        assert not here.asked("token")
        browser.rewrite = lambda url: url
        assert await browser.open("/verified") == "Verify your identity"

    visiting(steps)


@pytest.mark.parametrize(
    "misbehaviour",
    [
        "id-token-signature",
        "id-token-issuer",
        "id-token-audience",
        "id-token-expired",
        "id-token-nonce",
        "id-token-nonce-missing",
        "id-token-algorithm",
        "id-token-missing",
        "kid-unknown",
        "code-error",
        "token-unavailable",
    ],
)
def test_an_id_token_that_is_not_in_order_verifies_nobody(misbehaviour: str) -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        here.gateway.misbehave(misbehaviour)
        assert await browser.verify() == _ERROR
        here.gateway.misbehave()
        assert await browser.open("/verified") == "Verify your identity"
        assert await browser.post("/download") == "Verify your identity"
        assert not here.asked("par")
        assert await browser.verify() == "Your identity has been verified"

    visiting(steps)


@pytest.mark.parametrize("misbehaviour", ["kid-with-algorithm", "kid-without-algorithm"])
def test_a_kid_may_have_the_algorithm_behind_it(misbehaviour: str) -> None:
    async def steps(here: World, browser: Browser) -> None:
        here.gateway.misbehave(misbehaviour)
        assert await browser.whole() == "Credential downloaded"

    visiting(steps)


@pytest.mark.parametrize(
    "misbehaviour", ["name-first", "name-last", "birth-date", "no-birth-date", "no-unique-identifier"]
)
def test_another_identity_is_not_verified(misbehaviour: str) -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        here.gateway.misbehave(misbehaviour)
        assert await browser.verify() == _WRONG
        here.gateway.misbehave()
        assert await browser.post("/download") == "Verify your identity"
        assert not here.asked("par")

    visiting(steps)


def test_a_portal_without_birth_dates_compares_none() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        here.gateway.misbehave("birth-date")
        assert await browser.verify() == "Your identity has been verified"

    visiting(steps, world("staff-passport-no-birth-dates"))


@pytest.mark.parametrize(
    "identity",
    [
        Identity("AMARA", "okonkwo-hughes", AMARA.birth_date, AMARA.unique_identifier),
        Identity("Amára", "Okonkwo-Hughes", AMARA.birth_date, AMARA.unique_identifier),
        Identity("Amara", "Okonkwo Hughes", AMARA.birth_date, AMARA.unique_identifier),
    ],
    ids=["case", "accents", "hyphens"],
)
def test_names_may_be_written_otherwise(identity: Identity) -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        here.gateway.wallet.identity = identity
        assert await browser.verify_as_held() == "Your identity has been verified"

    visiting(steps)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Björn", "BJORN", True),
        ("Bjørn", "bjorn", True),
        ("Bjo\u0308rn", "Björn", True),
        ("O'Neill", "O’Neill", True),
        ("Anne-Marie", "Anne Marie", True),
        ("Straße", "STRASSE", True),
        ("Amara", "Amira", False),
        ("Anne", "Anne Marie", False),
        ("", "", False),
        ("-", "'", False),
    ],
)
def test_names_are_compared_by_their_letters(one: str, other: str, *, same: bool) -> None:
    assert same_name(one, other) is same


def test_who_shares_no_identity_is_not_verified() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        for action in ("decline", "time-out"):
            await browser.open("/verify")
            assert await browser.verify(action) == _WRONG
        assert not here.asked("token")
        assert await browser.open("/verified") == "Verify your identity"

    visiting(steps)


@pytest.mark.parametrize("action", ["decline", "time-out"])
def test_who_adds_no_credential_has_not_downloaded_it(action: str) -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        await browser.verify()
        assert await browser.download(action) == "Download cancelled"
        assert len(here.asked("token")) == 1
        await browser.open("/credentials")
        assert browser.statuses["Training placement"] == "Not downloaded"
        assert await browser.confirmed() == "Your identity has been verified"
        assert await browser.download() == "Credential downloaded"

    visiting(steps)


@pytest.mark.parametrize(
    "misbehaviour", ["code-error", "token-unavailable", "id-token-signature", "no-serial-number", "par-refused"]
)
def test_a_download_that_fails_is_not_claimed(misbehaviour: str) -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        await browser.verify()
        here.gateway.misbehave(misbehaviour)
        assert await browser.download() == _ERROR
        await browser.open("/credentials")
        assert browser.statuses["Training placement"] == "Not downloaded"

    visiting(steps)


@pytest.mark.parametrize("variant", sorted(PORTAL_VARIANTS))
def test_urls_tell_nothing_of_anybody(variant: str) -> None:
    seen: list[Browser] = []

    async def steps(_: World, browser: Browser) -> None:
        await browser.whole()
        seen.append(browser)

    here = visiting(steps, world(variant))
    urls = " ".join(seen[0].urls)
    registration = here.portal.registration
    told = (AMARA.surname, AMARA.birth_date, AMARA.unique_identifier, AMARA.email, registration.client_secret)
    assert [each for each in (*told, *AMARA.records[PLACEMENT].values()) if each in urls] == []
    (issuing,) = (
        parse_qs(urlsplit(url).query) for url in seen[0].urls if "request_uri=" in url and "client_id" in url
    )
    assert issuing.keys() == {"client_id", "request_uri"}


def test_each_request_has_a_state_and_a_nonce_of_its_own() -> None:
    async def steps(_: World, browser: Browser) -> None:
        await browser.whole(PLACEMENT)
        await browser.whole(PROGRAMME)

    here = visiting(steps)
    sent = [*here.asked("authorize", "verifying"), *here.asked("par")]
    for name in ("state", "nonce"):
        assert len({each.parameters[name] for each in sent}) == 3


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_what_is_valid_no_longer_is_revoked_and_the_employee_is_told(again: bool) -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.whole()
        if again:
            await browser.whole()
        await here.portal.invalidate("amara", PLACEMENT)
        await browser.open("/credentials")
        assert browser.statuses["Training placement"] == "Not downloaded"
        assert await browser.choose() == "Delete the old credential first"

    here = visiting(steps)
    assert here.gateway.revoked == set(here.gateway.issued)
    assert not any(here.gateway.share(serial) for serial in here.gateway.issued)
    (mail,) = here.mails
    assert mail["To"] == AMARA.email
    assert "delete" in mail.get_content().lower()
    assert all(each.json["SerialNumber"] in here.gateway.issued for each in here.asked("revocation"))


def test_nobody_is_told_of_what_was_never_downloaded() -> None:
    here = world()
    asyncio.run(here.portal.invalidate("amara", PLACEMENT))
    assert here.mails == []
    assert here.gateway.log == []


def test_a_revocation_is_tried_until_the_gateway_takes_it() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.whole()
        here.gateway.misbehave("revocation-unavailable")
        await here.portal.invalidate("amara", PLACEMENT)
        assert here.gateway.revoked == set()
        here.gateway.misbehave()
        await here.portal.settled()

    here = visiting(steps)
    assert here.gateway.revoked == set(here.gateway.issued)
    assert len(here.mails) == 1
    assert here.pauses


def test_what_changes_while_it_is_downloaded_is_revoked_at_once() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        await browser.verify()

        def changing(url: str) -> str:
            if url.startswith(f"{PORTAL_URL}/callback"):
                here.portal.records.change("amara", PLACEMENT)
            return url

        browser.rewrite = changing
        assert await browser.download() == _ERROR
        await browser.open("/credentials")
        assert browser.statuses["Training placement"] == "Not downloaded"

    here = visiting(steps)
    assert here.gateway.revoked == set(here.gateway.issued) != set()
    assert len(here.mails) == 1


def test_what_changes_before_it_is_downloaded_is_to_be_confirmed_again() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        await browser.verify()
        await here.portal.invalidate("amara", PLACEMENT)
        assert await browser.download() == "Check your information"
        assert not here.asked("par")

    visiting(steps)


def test_two_employees_do_not_get_in_each_others_way() -> None:
    async def run() -> None:
        here = world()
        async with here.browser(AMARA) as one, here.browser(BJORN) as other:
            for browser in (one, other):
                await browser.sign_in()
                await browser.confirmed()
            for browser in (one, other):
                assert await browser.verify() == "Your identity has been verified"
            for browser in (one, other):
                assert await browser.download() == "Credential downloaded"
        owners = {issued.serial: issued.attributes["UniqueIdentifier"] for issued in here.gateway.issued.values()}
        for employee in (AMARA, BJORN):
            (kept,) = here.portal.records.holdings(employee.username)[PLACEMENT].issued
            assert owners[str(kept.serial)] == employee.unique_identifier

    asyncio.run(run())


def test_somebody_elses_identity_is_not_verified() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        here.gateway.wallet.belongs_to(BJORN)
        assert await browser.verify_as_held() == _WRONG

    visiting(steps)


def test_information_is_invalidated_over_http_too() -> None:
    async def run() -> None:
        here = world()
        async with httpx.AsyncClient(mounts=here.mounts) as client:
            for wish, status in (
                ({"username": "amara", "template": PLACEMENT}, 204),
                ({"username": "nobody", "template": PLACEMENT}, 400),
                ({"username": "amara"}, 400),
                ([], 400),
            ):
                answer = await client.post(f"{PORTAL_URL}/assay/invalidate", json=wish)
                assert answer.status_code == status

    asyncio.run(run())


def test_a_gateway_out_of_reach_ends_on_a_page() -> None:
    async def steps(here: World, browser: Browser) -> None:
        await browser.confirmed()
        await browser.verify()
        del here.mounts[f"all://{urlsplit(GATEWAY_URL).netloc}"]
        here.mounts[f"all://{urlsplit(GATEWAY_URL).netloc}"] = httpx.MockTransport(_refusing)
        assert await browser.download() == _ERROR

    visiting(steps)


def _refusing(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody is there", request=request)


def test_an_unknown_variant_is_named() -> None:
    with pytest.raises(ValueError, match='unknown variant "another"; there are staff-passport'):
        portal_variant("another")
