"""Manual refresh: docs.wallet.service.gov.uk, Refresh a credential, Manual refresh."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit

from harness.access import said
from harness.applicability import Predicate, when
from harness.applicability.predicate import Ruling
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.govuk.code import PreAuthorizedCode
from harness.govuk.journeys import Journeys, WebJourney, url_of
from harness.govuk.minting import Minted, handed_out
from harness.govuk.surroundings import Surroundings
from harness.journey import Journey
from harness.journey.pages import is_page
from harness.lifecycle.status import CredentialStatus
from harness.one_login.provider import OneLogin
from harness.transport import Reply
from harness.wallet.offer import ReceivedOffer
from suites.govuk_wallet._refusals import INVALID_TOKEN, expect_invalid_token, rule_faults, token_faults
from suites.govuk_wallet._renewed import expect_own_key, expect_renewed, holder

check = area("GOV.UK Wallet: manual refresh", per=Per.SCENARIO)

ReadStatus = Callable[[IssuedCredential], Awaitable[CredentialStatus]]

_JOURNEY = when.refresh_journey & when.one_login_under_test
_NOT_THERE = (404, 410)
_VALID = 0
_REVOCATION_S = 10
"""How long the revocation of a credential is waited for, where the team promises nothing."""
_MARK = "<assay-said-by-one-login>"
"""What a service must not take over into its pages as it is."""
_LANGUAGES = ("en", "cy")
_PAGE = "ONELOGIN-ANSWER-05"
"""What a sign-in violates that fails with an error of the server."""
_SIGN_IN_ERRORS = {
    "ACCESS_DENIED": "access_denied",
    "TEMPORARILY_UNAVAILABLE": "temporarily_unavailable",
    "LOGIN_REQUIRED": "login_required",
}
_RULES = {
    "type": "GOVUK-MANUAL-07",
    "holder": "GOVUK-MANUAL-03",
    "end": "GOVUK-MANUAL-07",
    "status": "GOVUK-STATUS-12",
    "salts": "ISO18013-9.1.2.5-05",
}


def _asks_for_identity(facts: Facts) -> Ruling:
    journey: WebJourney = facts.web_journey  # type: ignore[attr-defined]
    levels = [str(each.asked.get("vtr")) for each in journey.at_one_login if each.endpoint == "authorize"]
    asked = any("P2" in level or "P3" in level for level in levels)
    return Ruling(asked, f"the service asks One Login for {'an' if asked else 'no'} identity on the journey")


_IDENTITY = Predicate(frozenset({"web_journey"}), _asks_for_identity)


@check(
    "govuk-journey-opens",
    requires=["GOVUK-MANUAL-02", "GOVUK-MANUAL-01"],
    proven_by={
        "govuk-page:refresh-forbidden": "GOVUK-JOURNEY-NOT-OPEN",
        "govuk-page:refresh-broken": "GOVUK-JOURNEY-NOT-OPEN",
        "govuk-page:refresh-missing": "GOVUK-JOURNEY-MISSING",
        "govuk-metadata:refresh-elsewhere": "GOVUK-JOURNEY-MISSING",
    },
    applies=_JOURNEY,
)
async def the_journey_begins_in_a_clean_browser(
    web_journey: WebJourney, one_login: OneLogin, expect: Expect
) -> None:
    """The refresh journey opens in a browser that has no cookies and tells nothing about the user."""
    first = _first_page(web_journey.journey.replies, one_login)
    if first is None:
        raise Blocked("nothing was answered")
    if expect.that(
        first.status not in _NOT_THERE,
        "GOVUK-JOURNEY-MISSING",
        "a journey behind credential_refresh_web_journey_url",
        first.gist,
        at=first,
        requirement="GOVUK-MANUAL-01",
    ):
        expect.that(
            first.status < 400,
            "GOVUK-JOURNEY-NOT-OPEN",
            "a page, or a redirect to one, for a browser without anything about the user",
            first.gist,
            at=first,
        )


@check(
    "govuk-journey-sign-in",
    requires=["GOVUK-MANUAL-05"],
    proven_by={"accepts:govuk-page.signed-in": "GOVUK-JOURNEY-NO-SIGN-IN"},
    applies=_JOURNEY,
)
async def the_journey_leads_to_one_login(web_journey: WebJourney, expect: Expect) -> None:
    """Nobody comes to the end of the refresh journey without a sign-in at GOV.UK One Login."""
    _expect_offer_known(web_journey)
    expect.that(
        any(each.endpoint == "authorize" for each in web_journey.at_one_login),
        "GOVUK-JOURNEY-NO-SIGN-IN",
        "a way over /authorize of GOV.UK One Login",
        "; ".join(web_journey.journey.steps),
        at=web_journey.journey.last,
    )


@check(
    "govuk-journey-signed-out-no-offer",
    requires=["GOVUK-AUTH-01"],
    proven_by={
        "accepts:govuk-page.signed-in": "GOVUK-JOURNEY-SIGNED-OUT-OFFER",
        "govuk-visit:offers-open": "GOVUK-JOURNEY-SIGNED-OUT-OFFER",
    },
    applies=_JOURNEY,
)
async def nobody_gets_an_offer_without_signing_in(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """No page of the refresh journey has an offer for a browser in which nobody signed in, whoever knows it."""
    _expect_offer_known(web_journey)
    behind = _behind_sign_in(web_journey.journey.replies, one_login)
    for url in dict.fromkeys([web_journey.url, *behind]):
        traveller = journeys.traveller()
        traveller.stop_before = lambda way: way.startswith(one_login.base_url)
        before = len(one_login.requests)
        journey = await journeys.attempt(url, traveller=traveller)
        if _came_to_sign_in(one_login, before):
            raise Blocked("the browser cannot be broken off before the sign-in: a program goes on the journey")
        expect.that(
            journey.offer is None,
            "GOVUK-JOURNEY-SIGNED-OUT-OFFER",
            "no Credential Offer before somebody signs in",
            f"an offer at the end of {'; '.join(journey.steps)}",
            at=journey.last,
        )


@check(
    "govuk-journey-new-offer",
    requires=["GOVUK-MANUAL-04"],
    proven_by={
        "govuk-reissue:refused": "GOVUK-JOURNEY-NO-OFFER",
        "govuk-reissue:stranger": "GOVUK-JOURNEY-NO-OFFER",
        "govuk-reissue:same-offer": "GOVUK-JOURNEY-OFFER-OLD",
        "misreports:govuk-page.signed-in": "GOVUK-JOURNEY-NO-OFFER",
    },
    applies=_JOURNEY,
)
async def the_journey_ends_in_a_new_offer(
    web_journey: WebJourney, flow: Flow, journeys: Journeys, expect: Expect
) -> None:
    """Whoever signs in on the refresh journey as the holder of the credential gets an offer that is new."""
    journey = web_journey.journey
    if journey.last is not None and len(journey.replies) == 1 and journey.last.status >= 400:
        # That the journey cannot begin is for another check to say.
        raise Blocked(f"the refresh journey cannot begin: {said(journey.last)}")
    if journey.offer is None and (why := web_journey.sign_in.incomplete):
        raise Blocked(f"nobody was signed in: {why}")
    if journey.hint is not None:
        # There may be an offer that is not seen, or a way on that nobody told of.
        raise Blocked(journey.hint)
    if not expect.that(
        journey.offer is not None,
        "GOVUK-JOURNEY-NO-OFFER",
        "a Credential Offer at the end of the refresh journey",
        "; ".join(journey.steps[-3:]),
        at=journey.last,
    ):
        return
    # The user's last credential is a fresh one, for the offer that comes may be that of the last.
    await flow.credentials()
    further = await journeys.go(web_journey.url)
    if further.offer is None:
        raise Blocked("a further refresh journey ended without a Credential Offer")
    for before, anew in ((web_journey.first, web_journey.redeemed), (flow, flow.with_offer(further.offer))):
        expect.that(
            (await anew.offer()).code != (await before.offer()).code,
            "GOVUK-JOURNEY-OFFER-OLD",
            "another Pre-Authorized Code than that of the credential that is refreshed",
            "the same",
            at=further.last,
        )


@check(
    "govuk-journey-issued",
    requires=["GOVUK-MANUAL-07"],
    proven_by={"govuk-reissue:spent": "GOVUK-JOURNEY-NOT-ISSUED"},
    applies=_JOURNEY,
    per=Per.SHAPE,
)
async def the_new_offer_can_be_redeemed(
    web_journey: WebJourney, flow: Flow, journeys: Journeys, expect: Expect
) -> None:
    """The offer at the end of the refresh journey brings a credential like any other offer."""
    # The token service takes no code that was redeemed before: that the offer is an old one is judged by itself.
    await flow.credentials()
    reply = await (await _again(web_journey, journeys)).issuance()
    expect.that(
        handed_out(reply),
        "GOVUK-JOURNEY-NOT-ISSUED",
        "a credential for the offer at the end of the refresh journey",
        reply.gist,
        at=reply,
    )


@check(
    "govuk-journey-compared",
    requires=[
        "GOVUK-MANUAL-03",
        "GOVUK-MANUAL-07",
        "GOVUK-BINDING-01",
        "GOVUK-STATUS-12",
        "ISO18013-9.1.2.5-05",
    ],
    proven_by={
        "govuk-making:other-type-anew": "GOVUK-JOURNEY-TYPE-CHANGED",
        "govuk-reissue:other-document": "GOVUK-JOURNEY-TYPE-CHANGED",
        "govuk-making:another-person": "GOVUK-JOURNEY-HOLDER-CHANGED",
        "govuk-making:key-before": "GOVUK-JOURNEY-KEY",
        "govuk-making:end-kept": "GOVUK-JOURNEY-END-EARLIER",
        "govuk-making:entry-kept": "GOVUK-JOURNEY-STATUS-SHARED",
        "govuk-making:entry-shared": "GOVUK-JOURNEY-STATUS-SHARED",
        "govuk-making:entry-out-of-list": "GOVUK-JOURNEY-STATUS-SHARED",
        "govuk-status-issue:jti-same": "GOVUK-JOURNEY-STATUS-SHARED",
        "govuk-mdoc:salts-reused": "GOVUK-JOURNEY-SALTS-SHARED",
    },
    applies=_JOURNEY,
)
async def the_new_credential_takes_the_place_of_the_old(web_journey: WebJourney, expect: Expect) -> None:
    """The credential of the refresh journey is of the same kind, about the same person, and for the new key."""
    old = (await web_journey.first.credentials())[0]
    new = (await web_journey.redeemed.credentials())[0]
    expect_renewed(expect, old, new, "GOVUK-JOURNEY", _RULES)
    expect_own_key(expect, old, new, "GOVUK-JOURNEY-KEY")


@check(
    "govuk-journey-other-wallet-refused",
    requires=["GOVUK-TOKEN-09", *INVALID_TOKEN],
    proven_by=token_faults("GOVUK-JOURNEY-OTHER-WALLET", "credential", "subject"),
    applies=_JOURNEY,
)
async def the_new_offer_is_of_no_use_to_another_wallet(
    web_journey: WebJourney, journeys: Journeys, surroundings: Surroundings, expect: Expect
) -> None:
    """The offer at the end of the refresh journey brings nothing to the wallet of another user."""
    await _expect_redeemed(web_journey)
    offer = _minted(await _again(web_journey, journeys), surroundings)
    foreign = await offer.draft(subject=surroundings.subject_of(surroundings.other_user))
    expect_invalid_token(
        expect,
        await offer.request(foreign),
        "GOVUK-JOURNEY-OTHER-WALLET",
        what="a Credential Request of another user's wallet for the offer of a refresh journey",
    )


@check(
    "govuk-journey-other-user",
    requires=["GOVUK-MANUAL-03"],
    proven_by={
        "govuk-reissue:data-of-another": "GOVUK-JOURNEY-OTHER-USER-DATA",
        "govuk-reissue:offer-of-another": "GOVUK-JOURNEY-OTHER-USER-OFFER",
        "accepts:govuk-page.signed-in": "GOVUK-JOURNEY-OTHER-USER-OFFER",
    },
    applies=_JOURNEY,
)
async def another_user_does_not_get_the_data(
    web_journey: WebJourney, journeys: Journeys, surroundings: Surroundings, expect: Expect
) -> None:
    """Whoever signs in on the refresh journey as somebody else does not get the data of the first user."""
    _expect_offer_known(web_journey)
    other = surroundings.other_user
    journey = await journeys.go(web_journey.url, who=other)
    offered = None if journey.offer is None else web_journey.first.with_offer(journey.offer)
    brought = False
    if offered is not None:
        surroundings.redeem_as(other)
        try:
            with contextlib.suppress(Blocked):
                brought = handed_out(await offered.issuance())
        finally:
            surroundings.redeem_as()
    # What their wallet cannot redeem may be made out to the first user, whose wallet can.
    foreign = offered is not None and (
        journey.offer == web_journey.journey.offer
        or (not brought and handed_out(await _minted(offered, surroundings).request()))
    )
    if not expect.that(
        not foreign,
        "GOVUK-JOURNEY-OTHER-USER-OFFER",
        "no offer, or one of their own",
        "an offer for the first user",
        at=journey.last,
    ):
        return
    if offered is None:
        return
    theirs = (await offered.credentials())[0]
    mine, found = holder((await web_journey.first.credentials())[0]), holder(theirs)
    same = [name for name in mine if name in found]
    if not same:
        raise Blocked("the credentials do not say whose they are")
    expect.that(
        any(mine[name] != found[name] for name in same),
        "GOVUK-JOURNEY-OTHER-USER-DATA",
        "a credential about the user who signed in",
        f"the values of another user in {', '.join(same)}",
        at=theirs.exchange,
        pointer=theirs.pointer,
    )


@check(
    "govuk-journey-cannot-reissue-told",
    requires=["GOVUK-MANUAL-06"],
    proven_by={
        "govuk-page:refusal-broken": "GOVUK-JOURNEY-REFUSAL-BROKEN",
        "govuk-page:refusal-empty": "GOVUK-JOURNEY-REFUSAL-EMPTY",
    },
    applies=_JOURNEY,
    per=Per.SHAPE,
)
async def who_cannot_be_reissued_is_told(
    web_journey: WebJourney, journeys: Journeys, surroundings: Surroundings, expect: Expect
) -> None:
    """Whoever never had the credential and gets no offer on the refresh journey is told so on a page."""
    _expect_offer_known(web_journey)
    journey = await journeys.attempt(web_journey.url, who=surroundings.other_user)
    if journey.offer is not None or journey.last is None:
        expect.that(True, "GOVUK-JOURNEY-REFUSAL-BROKEN", "an offer of their own, or a page", "")
        return
    _expect_told(expect, journey.last, "GOVUK-JOURNEY-REFUSAL")


@check(
    "govuk-journey-sign-in-failed",
    requires=["ONELOGIN-ANSWER-01", _PAGE],
    proven_by={
        "accepts:govuk-callback.success": "GOVUK-JOURNEY-SIGN-IN-FAILED-OFFER",
        "misreports:govuk-callback.success": "GOVUK-JOURNEY-SIGN-IN-FAILED-BROKEN",
        "govuk-page:errors-broken": "GOVUK-JOURNEY-SIGN-IN-FAILED-BROKEN",
        "govuk-page:errors-repeated": "GOVUK-JOURNEY-SIGN-IN-FAILED-REPEATED",
    },
    applies=_JOURNEY,
    per=Per.SHAPE,
)
async def a_sign_in_that_failed_brings_no_offer(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """When GOV.UK One Login answers with an error, the journey ends on a page and without an offer."""
    _expect_offer_known(web_journey)
    for injected, error in _SIGN_IN_ERRORS.items():
        traveller = journeys.traveller()
        traveller.on_request = _marked
        before = len(one_login.requests)
        one_login.inject(injected)
        try:
            # A page from which one may try again leads round and round.
            journey = await journeys.attempt(web_journey.url, traveller=traveller)
        finally:
            one_login.inject()
        _expect_at_one_login(one_login, before)
        _expect_no_entry(expect, journey, "GOVUK-JOURNEY-SIGN-IN-FAILED", f"the error {error}")
        pages = [reply for reply in journey.replies if is_page(reply)]
        repeating = [reply for reply in pages if _MARK.encode() in reply.body]
        expect.that(
            not repeating,
            "GOVUK-JOURNEY-SIGN-IN-FAILED-REPEATED",
            "a page that does not take over HTML from the address that it is opened with",
            f"a page with {_MARK}",
            at=repeating[0] if repeating else journey.last,
        )


@check(
    "govuk-journey-identity-refused",
    requires=["ONELOGIN-IDENTITY-02", "ONELOGIN-RETURN-02", _PAGE],
    proven_by={
        "accepts:govuk-identity.present": "GOVUK-JOURNEY-UNPROVEN-OFFER",
        "misreports:govuk-identity.present": "GOVUK-JOURNEY-UNPROVEN-BROKEN",
    },
    applies=_JOURNEY & _IDENTITY,
    per=Per.SHAPE,
)
async def an_identity_that_is_not_proved_brings_no_offer(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """A user whose identity GOV.UK One Login did not prove gets no offer on a journey that asks for one."""
    _expect_offer_known(web_journey)
    for codes, requirement in (((), "ONELOGIN-IDENTITY-02"), (("X",), "ONELOGIN-RETURN-02")):
        before = len(one_login.requests)
        one_login.proves_identity(proven=False, return_codes=codes)
        try:
            journey = await journeys.attempt(web_journey.url)
        finally:
            one_login.proves_identity()
        told = "a return code" if codes else "no identity"
        _expect_at_one_login(one_login, before)
        _expect_no_entry(expect, journey, "GOVUK-JOURNEY-UNPROVEN", told, requirement)


@check(
    "govuk-journey-twice",
    requires=["GOVUK-CODE-10", "VCI14-4.1.1-04", *INVALID_TOKEN],
    proven_by={
        **rule_faults("GOVUK-JOURNEY-OLD-OFFER", "govuk-credential.offer-unredeemed"),
        **token_faults("GOVUK-JOURNEY-OLD-OFFER", "credential"),
        "govuk-code:identifier-of-document": "GOVUK-JOURNEY-IDENTIFIER-SAME",
        "govuk-reissue:same-offer": "GOVUK-JOURNEY-IDENTIFIER-SAME",
    },
    applies=_JOURNEY,
)
async def an_old_offer_is_worth_nothing(
    web_journey: WebJourney, flow: Flow, journeys: Journeys, surroundings: Surroundings, expect: Expect
) -> None:
    """A second refresh journey ends in an offer of its own, and offers from before it bring nothing more."""
    known = [_identifier(await web_journey.first.offer())]
    redeemed: dict[str, Flow] = {}
    latest = flow
    for name in ("the first credential", "the refreshed credential", ""):
        identifier = _identifier(await latest.offer())
        if not expect.that(
            identifier is None or identifier not in known,
            "GOVUK-JOURNEY-IDENTIFIER-SAME",
            "credential_identifiers of its own in each offer",
            "the same in two of them",
        ):
            return
        known.append(identifier)
        if name:
            # An offer that is not redeemed may be shown again. A fresh one is not refused because it has expired.
            await latest.credentials()
            redeemed[name] = latest
            latest = await _again(web_journey, journeys)
    for name, each in redeemed.items():
        expect_invalid_token(
            expect,
            await _minted(each, surroundings).request(),
            "GOVUK-JOURNEY-OLD-OFFER",
            what=f"a further Credential Request for the offer of {name}",
            requirement="VCI14-4.1.1-04",
        )


@check(
    "govuk-journey-language",
    requires=["ONELOGIN-AUTHORIZE-14"],
    proven_by={"govuk-authorization-request:locale-other": "GOVUK-JOURNEY-LANGUAGE"},
    applies=_JOURNEY,
)
async def one_login_is_asked_for_a_language_it_has(web_journey: WebJourney, expect: Expect) -> None:
    """Where the service tells GOV.UK One Login the user's language, that is English or Welsh."""
    asked = [each.asked for each in web_journey.at_one_login if each.endpoint == "authorize"]
    if not asked:
        raise Blocked("the refresh journey did not come to GOV.UK One Login")
    for parameters in asked:
        language = parameters.get("ui_locales")
        expect.that(
            language is None or language in _LANGUAGES,
            "GOVUK-JOURNEY-LANGUAGE",
            "ui_locales en or cy, or none",
            language,
        )


@check(
    "govuk-journey-after-revocation",
    requires=["GOVUK-STATUS-17"],
    proven_by={"govuk-making:entry-of-revoked": "GOVUK-JOURNEY-REVOKED-TOO"},
    applies=_JOURNEY & when.operation("revoke") & when.status_by(),
    per=Per.SHAPE,
)
async def a_revoked_credential_is_refreshed(
    flow: Flow, journeys: Journeys, read_status: ReadStatus, expect: Expect
) -> None:
    """When a credential is revoked and then refreshed on the journey, the new one is VALID."""
    old, operations = (await flow.credentials())[0], flow.tools.operations
    if operations is None:
        raise Blocked("nothing can be done to credentials in this run")
    if any(entry.value != _VALID for entry in (await read_status(old)).entries):
        raise Blocked("the credential is not VALID before it is revoked")
    await operations.do("revoke", old, flow.scenario.configuration)
    await _wait_until_revoked(flow, old, read_status)
    journey = await journeys.go(url_of(flow))
    if journey.offer is None:
        # Who lost the right to a credential need not be offered it again.
        raise Blocked("the service offers no credential in place of one that is revoked")
    new = (await flow.with_offer(journey.offer).credentials())[0]
    for entry in (await read_status(new)).entries:
        if entry.value is None:
            raise Blocked(entry.missing)
        expect.that(
            entry.value == _VALID,
            "GOVUK-JOURNEY-REVOKED-TOO",
            "VALID, though the credential before is revoked",
            f"{entry.value:02b}",
            at=entry.reply,
            pointer=entry.reference.pointer,
        )
    expect.that(True, "GOVUK-JOURNEY-REVOKED-TOO", "no status, or VALID", "")


def _expect_offer_known(web_journey: WebJourney) -> None:
    """Make sure that the journey of the right user ends in an offer, without which a refusal says nothing.

    Raises:
        Blocked: it does not.

    """
    if web_journey.journey.offer is None:
        why = f": {web_journey.journey.hint}" if web_journey.journey.hint else ""
        raise Blocked(f"the refresh journey of the credential's holder ended without a Credential Offer{why}")


async def _expect_redeemed(web_journey: WebJourney) -> None:
    """Make sure that the offer of the journey brings a credential to the right wallet.

    Raises:
        Blocked: it does not.

    """
    reply = await web_journey.redeemed.issuance()
    if not handed_out(reply):
        raise Blocked(f"the offer of the refresh journey brought no credential: {said(reply)}")


async def _again(web_journey: WebJourney, journeys: Journeys) -> Flow:
    """Go on the journey once more as the credential's holder, and get ready to redeem.

    Raises:
        Blocked: there is no offer this time.

    """
    journey = await journeys.go(web_journey.url)
    if journey.offer is None:
        raise Blocked("a further refresh journey ended without a Credential Offer")
    return web_journey.first.with_offer(journey.offer)


def _identifier(offer: ReceivedOffer) -> str | None:
    return PreAuthorizedCode.of(offer).single("credential_identifiers")


def _minted(flow: Flow, surroundings: Surroundings) -> Minted:
    return Minted(flow, surroundings, flow.again)


def _first_page(replies: Iterable[Reply], one_login: OneLogin) -> Reply | None:
    """Give the first answer of the service that is no redirect, or the last one before One Login."""
    found = None
    for reply in replies:
        if reply.url.startswith(one_login.base_url):
            break
        found = reply
        if not 300 <= reply.status < 400:
            break
    return found


def _behind_sign_in(replies: tuple[Reply, ...], one_login: OneLogin) -> list[str]:
    """Give the addresses of the pages that came after the sign-in, without that at which One Login answers."""
    there = [number for number, reply in enumerate(replies) if reply.url.startswith(one_login.base_url)]
    after = replies[there[-1] + 2 :] if there else ()
    return [reply.url for reply in after if reply.method == "GET"]


def _marked(url: str) -> str:
    """Give the address with which the browser brings an error back, with something else said about the error."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if not any(name == "error" for name, _ in query):
        return url
    others = [(name, value) for name, value in query if name != "error_description"]
    return parts._replace(query=urlencode([*others, ("error_description", _MARK)])).geturl()


def _came_to_sign_in(one_login: OneLogin, before: int) -> bool:
    """Whether a browser was sent to sign in since there were so many requests."""
    return any(each.endpoint == "authorize" for each in one_login.requests[before:])


def _expect_at_one_login(one_login: OneLogin, before: int) -> None:
    """Make sure that a journey came to the sign-in that was to go wrong.

    Raises:
        Blocked: it did not.

    """
    if not _came_to_sign_in(one_login, before):
        raise Blocked("the refresh journey did not come to GOV.UK One Login")


def _expect_no_entry(
    expect: Expect, journey: Journey, code: str, what: str, requirement: str | None = None
) -> None:
    """Expect that a journey whose sign-in brought ``what`` ends on a page of the service, without an offer."""
    expect.that(
        journey.offer is None,
        f"{code}-OFFER",
        f"no Credential Offer when GOV.UK One Login answers with {what}",
        "an offer",
        at=journey.last,
        requirement=requirement,
    )
    last = journey.last
    # What is out of order for a while is out of order at the service, too.
    busy = last is not None and last.status == 503 and "temporarily_unavailable" in what
    expect.that(
        last is None or last.status < 500 or busy,
        f"{code}-BROKEN",
        f"a page of the service when GOV.UK One Login answers with {what}",
        last.gist if last else "",
        at=last,
        requirement=_PAGE,
    )


def _expect_told(expect: Expect, last: Reply, code: str) -> None:
    if expect.that(
        last.status < 500,
        f"{code}-BROKEN",
        "a page that says that the credential cannot be issued again",
        last.gist,
        at=last,
    ):
        expect.that(
            bool(last.body.strip()),
            f"{code}-EMPTY",
            "a page that says that the credential cannot be issued again",
            "an empty page",
            at=last,
        )


async def _wait_until_revoked(flow: Flow, issued: IssuedCredential, read_status: ReadStatus) -> None:
    """Wait until the revocation of a credential shows.

    Raises:
        Blocked: it does not in time.

    """
    promised = flow.tools.promises.status_change_s
    for second in range(1 + int(_REVOCATION_S if promised is None else promised)):
        if any(entry.value not in (None, _VALID) for entry in (await read_status(issued)).entries):
            return
        await flow.tools.wait(min(1.0, second + 1.0), "a revocation to show in the status list")
    raise Blocked("the revocation did not show in the status list")
