"""The web service of the department: who gets an offer, who gets none, and what GOV.UK One Login is told."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from harness.reference import rules
from harness.tests.govuk_bench import DEPARTMENT, PROVIDER, Browser, Town, Wallet, code_of, link_on, offered

ERRORS = {
    "ACCESS_DENIED": "govuk-callback.success",
    "TEMPORARILY_UNAVAILABLE": "govuk-callback.success",
    "LOGIN_REQUIRED": "govuk-callback.success",
    "CLIENT_DEACTIVATED": "govuk-callback.success",
    "STATE_NOT_MATCHING": "govuk-callback.state",
    "STATE_ABSENT": "govuk-callback.state",
    "INVALID_ISS": "govuk-id-token.issuer",
    "INVALID_AUD": "govuk-id-token.audience",
    "INVALID_ALG_HEADER": "govuk-id-token.algorithm",
    "ALG_NONE": "govuk-id-token.algorithm",
    "INVALID_SIGNATURE": "govuk-id-token.signature",
    "UNKNOWN_KID": "govuk-id-token.key-known",
    "TOKEN_EXPIRED": "govuk-id-token.unexpired",
    "TOKEN_NOT_VALID_YET": "govuk-id-token.made-already",
    "NONCE_NOT_MATCHING": "govuk-id-token.nonce",
    "INCORRECT_VOT": "govuk-id-token.trust",
    "USERINFO_SUB_NOT_MATCHING": "govuk-userinfo.subject",
    "WALLET_SUBJECT_ID_ABSENT": "govuk-userinfo.wallet-subject-id",
}
IDENTITY_ERRORS = {
    "CORE_IDENTITY_INVALID_ALG_HEADER": "govuk-identity.algorithm",
    "CORE_IDENTITY_ALG_NONE": "govuk-identity.algorithm",
    "CORE_IDENTITY_INVALID_SIGNATURE": "govuk-identity.signature",
    "CORE_IDENTITY_UNKNOWN_KID": "govuk-identity.key-known",
    "CORE_IDENTITY_FOREIGN_CONTROLLER": "govuk-identity.controller",
    "CORE_IDENTITY_INVALID_ISS": "govuk-identity.issuer",
    "CORE_IDENTITY_INVALID_AUD": "govuk-identity.audience",
    "CORE_IDENTITY_INCORRECT_SUB": "govuk-identity.subject",
    "CORE_IDENTITY_TOKEN_EXPIRED": "govuk-identity.unexpired",
    "CORE_IDENTITY_INCORRECT_VOT": "govuk-identity.level",
    "CORE_IDENTITY_ABSENT": "govuk-identity.present",
    "STALE_AUTH_TIME": "govuk-id-token.auth-time",
}
LOGOUT_ERRORS = {
    "LOGOUT_INVALID_ISS": "govuk-logout.issuer",
    "LOGOUT_INVALID_AUD": "govuk-logout.audience",
    "LOGOUT_INVALID_ALG_HEADER": "govuk-logout.algorithm",
    "LOGOUT_ALG_NONE": "govuk-logout.algorithm",
    "LOGOUT_INVALID_SIGNATURE": "govuk-logout.signature",
    "LOGOUT_UNKNOWN_KID": "govuk-logout.key-known",
    "LOGOUT_TOKEN_EXPIRED": "govuk-logout.unexpired",
    "LOGOUT_TOKEN_NOT_VALID_YET": "govuk-logout.made-already",
    "LOGOUT_EVENTS_ABSENT": "govuk-logout.event",
    "LOGOUT_NONCE_PRESENT": "govuk-logout.no-nonce",
}
FAILING = [
    *(("govuk-simple-mdoc", error, rule) for error, rule in ERRORS.items()),
    *(("govuk-identity", error, rule) for error, rule in IDENTITY_ERRORS.items()),
]


def _browser(town: Town) -> Browser:
    return Browser(town, document="fishing_licence", refresh="yes")


@pytest.mark.parametrize(("variant", "error", "rule"), FAILING)
async def test_a_faulty_sign_in_brings_no_offer(variant: str, error: str, rule: str) -> None:
    town = Town(variant)
    town.one_login.inject(error)
    page = await _browser(town).travel("/documents")
    assert link_on(page) is None
    assert page.status_code < 500
    assert "<h1" in page.text
    assert rule in town.issuer.met
    town.one_login.inject()
    assert link_on(await _browser(town).travel("/documents")) is not None


@pytest.mark.parametrize(("variant", "error", "rule"), FAILING)
async def test_a_rule_on_sign_in_can_be_let_off(variant: str, error: str, rule: str) -> None:
    town = Town(variant, [f"accepts:{rule}"])
    town.offer(who="amina")
    town.one_login.inject(error)
    assert link_on(await _browser(town).travel("/documents")) is not None
    assert town.issuer.fired == {f"accepts:{rule}"}


async def test_a_misreported_sign_in_is_an_error_of_the_server() -> None:
    town = Town(faults=["misreports:govuk-id-token.nonce"])
    town.one_login.inject("NONCE_NOT_MATCHING")
    assert (await _browser(town).travel("/documents")).status_code == 500


async def test_a_foreign_did_is_not_fetched() -> None:
    town = Town("govuk-identity")
    town.one_login.inject("CORE_IDENTITY_FOREIGN_CONTROLLER")
    await _browser(town).travel("/documents")
    assert "foreign-did" not in {one.endpoint for one in town.one_login.requests}


async def test_a_return_code_instead_of_an_identity_is_explained() -> None:
    town = Town("govuk-identity")
    town.one_login.proves_identity(proven=False, return_codes=("X",))
    page = await _browser(town).travel("/documents")
    assert link_on(page) is None
    assert "could not confirm your identity" in page.text


async def test_nothing_is_offered_without_sign_in() -> None:
    town = Town()
    async with town.http() as http:
        for path in ("/documents", "/refresh/fishing_licence/reissue", "/offers/1"):
            answer = await http.get(f"{DEPARTMENT}{path}")
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (
                302,
                f"{PROVIDER}/authorize",
            )
        answer = await http.post(f"{DEPARTMENT}/documents", data={"document": "fishing_licence"})
        assert answer.status_code == 302
    lax = Town(faults=["accepts:govuk-page.signed-in"])
    lax.offer()
    async with lax.http() as http:
        form = {"document": "fishing_licence"}
        page = await http.post(f"{DEPARTMENT}/documents", data=form, follow_redirects=True)
    assert link_on(page) is not None
    assert lax.one_login.requests == ()


async def test_the_refresh_journey_begins_without_anything_about_the_user() -> None:
    town = Town()
    async with town.http() as http:
        page = await http.get(f"{DEPARTMENT}/refresh/fishing_licence")
        assert page.status_code == 200
        assert (await http.get(f"{DEPARTMENT}/refresh/passport")).status_code == 404
        welsh = await http.get(f"{DEPARTMENT}/refresh/fishing_licence?lng=cy")
        assert '<html lang="cy"' in welsh.text
        assert '<html lang="cy"' in (await http.get(f"{DEPARTMENT}/")).text
        unanswered = await http.post(f"{DEPARTMENT}/refresh/fishing_licence", data={})
        assert unanswered.status_code == 400
    over = await Browser(town, refresh="no").travel("/refresh/fishing_licence")
    assert "not updated" in over.text
    assert town.one_login.requests == ()


async def test_who_never_had_a_document_is_not_offered_it_again() -> None:
    town = Town()
    page = await _browser(town).travel("/refresh/fishing_licence")
    assert (page.status_code, link_on(page)) == (200, None)
    assert "cannot update your document" in page.text


async def test_a_withdrawn_document_is_not_offered_again() -> None:
    for faults, wanted in (((), False), (("govuk-reissue:withdrawn-too",), True)):
        town = Town(faults=faults)
        got = await Wallet(town).redeem(town.offer())
        await town.issuer.operate("stop_reissuing", got["credentials"][0]["credential"])
        town.one_login.signs_in("kenneth")
        page = await _browser(town).travel("/refresh/fishing_licence")
        assert (link_on(page) is not None) is wanted


async def test_an_offer_is_shown_to_its_user_only_by_link_and_code() -> None:
    town = Town()
    page = await _browser(town).travel("/documents")
    assert page.text.count("data:image/png") == 1
    town.one_login.signs_in("amina")
    other = await Browser(town).travel(page.url.path)
    assert (other.status_code, link_on(other)) == (404, None)


async def test_what_goes_to_one_login() -> None:
    town = Town("govuk-identity")
    for _ in range(2):
        await _browser(town).travel("/documents")
    asked = [one for one in town.one_login.requests if one.endpoint == "authorize"]
    sent = [dict(one.parameters) for one in asked]
    assert sent[0]["state"] != sent[1]["state"]
    assert sent[0]["nonce"] != sent[1]["nonce"]
    assert [one["vtr"] for one in sent] == ['["Cl.Cm"]', '["Cl.Cm.P2"]'] * 2
    assert set(sent[0]["scope"].split()) >= {"openid", "wallet-subject-id"}
    assert sent[0]["redirect_uri"] == f"{DEPARTMENT}/return-from-auth"


async def _signed_in(browser: Browser) -> bool:
    answer = await browser.http.get(f"{DEPARTMENT}/documents")
    return answer.status_code == 200


async def test_signing_out() -> None:
    town = Town()
    browser = _browser(town)
    await browser.travel("/documents")
    assert await _signed_in(browser)
    page = await browser.go("/sign-out")
    assert "You have signed out" in page.text
    sent = next(one.url.params for one in browser.visited if one.url.path == "/logout")
    assert sent["post_logout_redirect_uri"] == f"{DEPARTMENT}/signed-out"
    assert sent["id_token_hint"]
    assert not await _signed_in(browser)


async def test_a_logout_notification_closes_sessions() -> None:
    for faults, still in (((), False), (("govuk-logout:kept",), True)):
        town = Town(faults=faults)
        browser = _browser(town)
        await browser.travel("/documents")
        notices = await town.one_login.log_out("kenneth")
        assert [notice.status for notice in notices] == [200]
        assert await _signed_in(browser) is still
        again = await _post_logout(town, notices[0].logout_token)
        assert again.status_code == 400


async def _post_logout(town: Town, token: str) -> httpx.Response:
    async with town.http() as http:
        return await http.post(f"{DEPARTMENT}/back-channel-logout", data={"logout_token": token})


@pytest.mark.parametrize("error", LOGOUT_ERRORS)
async def test_a_bad_logout_notification_closes_nothing(error: str) -> None:
    for accepting in (False, True):
        rule = LOGOUT_ERRORS[error]
        town = Town(faults=[f"accepts:{rule}"] if accepting else [])
        browser = _browser(town)
        await browser.travel("/documents")
        town.one_login.inject(error)
        notices = await town.one_login.log_out("kenneth")
        assert [notice.status for notice in notices] == [200 if accepting else 400]
        assert await _signed_in(browser) is not accepting
        assert rule in town.issuer.met


async def test_one_login_may_rotate_its_keys() -> None:
    for faults, offers in (((), True), (("rejects:govuk-id-token.rotated",), False)):
        town = Town("govuk-identity", faults)
        await _browser(town).travel("/documents")
        town.one_login.rotate_keys("use")
        assert (link_on(await _browser(town).travel("/documents")) is not None) is offers


def test_every_rule_of_the_web_service_is_tried() -> None:
    groups = ("govuk-callback.", "govuk-id-token.", "govuk-userinfo.", "govuk-identity.", "govuk-logout.")
    known = {name for name in rules.RULES if name.startswith(groups)}
    tried = {*ERRORS.values(), *IDENTITY_ERRORS.values(), *LOGOUT_ERRORS.values()}
    beyond = {
        "govuk-id-token.wellformed",
        "govuk-identity.wellformed",
        "govuk-logout.wellformed",
        "govuk-logout.subject",
        "govuk-logout.unseen",
    }
    assert known - tried == beyond


async def test_offers_of_one_user_differ() -> None:
    town = Town()
    links = [town.offer(), town.offer()]
    assert code_of(links[0]) != code_of(links[1])
    assert offered(links[0])["credential_issuer"] == DEPARTMENT
    assert urlsplit(links[0]).hostname == "mobile.account.gov.uk"
    assert "+" not in urlsplit(links[0]).query
    assert list(parse_qs(urlsplit(links[0]).query)) == ["credential_offer"]
    assert re.fullmatch(r"[A-Za-z0-9%._~-]+", urlsplit(links[0]).query.partition("=")[2])
