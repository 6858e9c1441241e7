"""How codes of GOV.UK One Login are redeemed: docs.sign-in.service.gov.uk, Authenticate your user, /token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.journeys import Journeys, WebJourney
from harness.govuk.sign_ins import SignIns, TokenRequest
from harness.one_login.client_authentication import ASSERTION_TYPE
from harness.one_login.client_keys import KeysUnavailable
from suites.govuk_wallet._sign_ins import JOURNEY, expect_of_all

check = area("GOV.UK One Login: Token Request", per=Per.SCENARIO)

_LONGEST_S = 600
"""Seconds that an assertion may live which should expire after about five minutes."""


@check(
    "govuk-sign-in-token-request",
    requires=["ONELOGIN-TOKEN-01", "ONELOGIN-TOKEN-02", "ONELOGIN-TOKEN-03"],
    proven_by={
        "govuk-token-request:json": "GOVUK-SIGN-IN-TOKEN-FORM",
        "govuk-token-request:grant-type": "GOVUK-SIGN-IN-TOKEN-GRANT",
        "govuk-token-request:redirect-other": "GOVUK-SIGN-IN-TOKEN-REDIRECT-URI",
        "govuk-token-request:assertion-type-missing": "GOVUK-SIGN-IN-TOKEN-ASSERTION-TYPE",
    },
    applies=JOURNEY,
)
async def a_token_request_is_right(sign_ins: SignIns, expect: Expect) -> None:
    """A Token Request is a form with the grant, the code, and the redirect_uri of the authorization request."""
    if not expect_of_all(
        expect,
        sign_ins.token_requests,
        lambda sent: sent.is_form,
        "GOVUK-SIGN-IN-TOKEN-FORM",
        "a form",
        seen=lambda sent: sent.received.headers.get("content-type"),
    ):
        return
    sent = sign_ins.token_forms
    expect_of_all(
        expect,
        sent,
        lambda one: one.form.get("grant_type") == "authorization_code" and bool(one.form.get("code")),
        "GOVUK-SIGN-IN-TOKEN-GRANT",
        "grant_type authorization_code and a code",
        seen=lambda one: (
            f"grant_type {one.form.get('grant_type')} and {'a' if one.form.get('code') else 'no'} code"
        ),
    )
    expect_of_all(
        expect,
        (one for one in sent if one.authorization is not None),
        lambda one: one.form.get("redirect_uri") == _redirect_uri(one),
        "GOVUK-SIGN-IN-TOKEN-REDIRECT-URI",
        "the redirect_uri of the authorization request",
        seen=lambda one: one.form.get("redirect_uri"),
        pointer="redirect_uri",
        requirement="ONELOGIN-TOKEN-02",
    )
    expect_of_all(
        expect,
        (one for one in sent if "client_assertion" in one.form),
        lambda one: one.form.get("client_assertion_type") == ASSERTION_TYPE,
        "GOVUK-SIGN-IN-TOKEN-ASSERTION-TYPE",
        f"client_assertion_type {ASSERTION_TYPE}",
        seen=lambda one: one.form.get("client_assertion_type"),
        pointer="client_assertion_type",
        requirement="ONELOGIN-TOKEN-03",
    )


@check(
    "govuk-sign-in-code-once",
    requires=["ONELOGIN-TOKEN-04", "ONELOGIN-TOKEN-05"],
    proven_by={
        "govuk-token-request:twice": "GOVUK-SIGN-IN-CODE-REPEATED",
        "accepts:govuk-callback.state": "GOVUK-SIGN-IN-CODE-RELOADED",
    },
    applies=JOURNEY,
)
async def a_code_is_sent_once(
    sign_ins: SignIns, web_journey: WebJourney, journeys: Journeys, expect: Expect
) -> None:
    """Each code is sent once, also when the browser loads the page again to which it brought the code."""
    if expect.that(
        _repeated([sent.form.get("code") for sent in sign_ins.token_forms]) is None,
        "GOVUK-SIGN-IN-CODE-REPEATED",
        "another code in each Token Request",
        "one in two Token Requests",
    ):
        await _expect_once_though_loaded_again(sign_ins, web_journey, journeys, expect)


async def _expect_once_though_loaded_again(
    sign_ins: SignIns, web_journey: WebJourney, journeys: Journeys, expect: Expect
) -> None:
    brought: list[str] = []

    def note(url: str) -> str:
        if url.startswith(sign_ins.client.redirect_uris) and "code" in parse_qs(urlsplit(url).query):
            brought.append(url)
        return url

    traveller = journeys.traveller()
    traveller.on_request = note
    redeemed = await journeys.sign_in_again(web_journey.url, traveller)
    if not brought:
        raise Blocked("no browser came back from One Login with a code")
    callback = brought[-1]
    again = await journeys.sign_in_again(callback, traveller)
    code = parse_qs(urlsplit(callback).query)["code"][0]
    times = [sent.form.get("code") for sent in (*redeemed.token_requests, *again.token_requests)].count(code)
    expect.that(
        times <= 1,
        "GOVUK-SIGN-IN-CODE-RELOADED",
        "one Token Request with the code, though the browser loads the page again to which it brought it",
        f"{times} Token Requests with it",
        requirement="ONELOGIN-TOKEN-05",
    )


@check(
    "govuk-sign-in-client",
    requires=["ONELOGIN-CLIENT-01", "ONELOGIN-CLIENT-02", "ONELOGIN-CLIENT-03"],
    proven_by={
        "govuk-token-request:unauthenticated": "GOVUK-SIGN-IN-CLIENT-UNAUTHENTICATED",
        "govuk-authorization-request:identity-by-secret": "GOVUK-SIGN-IN-SECRET-FOR-IDENTITY",
        "govuk-token-request:secret-alone": "GOVUK-SIGN-IN-SECRET-ALONE",
    },
    applies=JOURNEY,
)
async def the_service_authenticates(sign_ins: SignIns, expect: Expect) -> None:
    """The service authenticates with private_key_jwt, or with a secret where it asks for no identity."""
    expect.that(
        sign_ins.client.client_secret is None or not any(one.proves_identity for one in sign_ins.authorizations),
        "GOVUK-SIGN-IN-SECRET-FOR-IDENTITY",
        "private_key_jwt in a service that asks for an identity",
        "a service that is registered with a client_secret",
        requirement="ONELOGIN-CLIENT-02",
    )
    sent = [one for one in (*sign_ins.first.token_requests, *sign_ins.second.token_requests) if one.is_form]
    expect_of_all(
        expect,
        sent,
        lambda one: bool(one.form.get("client_assertion") or one.form.get("client_secret")),
        "GOVUK-SIGN-IN-CLIENT-UNAUTHENTICATED",
        "a client_assertion, or a client_secret",
        seen=lambda one: sorted(one.form),
    )
    expect_of_all(
        expect,
        (one for one in sent if "client_secret" in one.form),
        lambda one: bool(one.form.get("client_id")),
        "GOVUK-SIGN-IN-SECRET-ALONE",
        "a client_id with the client_secret",
        seen=lambda one: sorted(one.form),
        requirement="ONELOGIN-CLIENT-03",
    )


@check(
    "govuk-sign-in-assertion",
    requires=["ONELOGIN-ASSERTION-01", "ONELOGIN-ASSERTION-02", "ONELOGIN-ASSERTION-03", "ONELOGIN-ASSERTION-07"],
    proven_by={
        "govuk-token-request:aud-other": "GOVUK-SIGN-IN-ASSERTION-AUDIENCE",
        "govuk-token-request:iss-other": "GOVUK-SIGN-IN-ASSERTION-CLIENT",
        "govuk-token-request:sub-missing": "GOVUK-SIGN-IN-ASSERTION-CLIENT",
        "govuk-token-request:sub-other": "GOVUK-SIGN-IN-ASSERTION-CLIENT",
        "govuk-token-request:exp-missing": "GOVUK-SIGN-IN-ASSERTION-EXPIRY",
        "govuk-token-request:exp-text": "GOVUK-SIGN-IN-ASSERTION-EXPIRY",
        "govuk-token-request:exp-past": "GOVUK-SIGN-IN-ASSERTION-EXPIRY",
        "govuk-token-request:signature": "GOVUK-SIGN-IN-ASSERTION-SIGNATURE",
        "govuk-client-jwks:encryption": "GOVUK-SIGN-IN-ASSERTION-SIGNATURE",
    },
    applies=JOURNEY & when.one_login_client_with_keys,
)
async def an_assertion_is_right(sign_ins: SignIns, expect: Expect) -> None:
    """A client assertion is for One Login, by the client and about it, has not expired and is signed."""
    sent, client, one_login = sign_ins.assertions, sign_ins.client, sign_ins.one_login
    audiences = {f"{one_login.base_url}/token", one_login.issuer}
    expect_of_all(
        expect,
        sent,
        lambda one: _audiences(one) <= audiences and bool(_audiences(one)),
        "GOVUK-SIGN-IN-ASSERTION-AUDIENCE",
        f"aud {' or '.join(sorted(audiences))}",
        seen=lambda one: _claims(one).get("aud"),
        pointer="/aud",
    )
    expect_of_all(
        expect,
        sent,
        lambda one: _claims(one).get("iss") == _claims(one).get("sub") == client.client_id,
        "GOVUK-SIGN-IN-ASSERTION-CLIENT",
        f"iss and sub {client.client_id}",
        seen=lambda one: {name: _claims(one).get(name) for name in ("iss", "sub")},
        requirement="ONELOGIN-ASSERTION-02",
    )
    expect_of_all(
        expect,
        sent,
        lambda one: (ends := _date(one, "exp")) is not None and ends > one.received.at,
        "GOVUK-SIGN-IN-ASSERTION-EXPIRY",
        "an exp that is a number of seconds, in the future",
        seen=lambda one: {"exp": _claims(one).get("exp"), "now": int(one.received.at)},
        pointer="/exp",
        requirement="ONELOGIN-ASSERTION-03",
    )
    for one in sent:
        if one.assertion is None:
            continue
        try:
            signed = await one_login.signed_by(client, one.assertion)
        except KeysUnavailable:
            return  # that the key cannot be had is for the checks of the keys to say
        if not expect.that(
            signed,
            "GOVUK-SIGN-IN-ASSERTION-SIGNATURE",
            "an assertion that is signed with the registered key, by RSA",
            one.received.because or "a signature that does not verify with it",
            requirement="ONELOGIN-ASSERTION-07",
        ):
            return


@check(
    "govuk-sign-in-assertion-lifetime",
    requires=["ONELOGIN-ASSERTION-04", "ONELOGIN-ASSERTION-06"],
    proven_by={
        "govuk-token-request:exp-late": "GOVUK-SIGN-IN-ASSERTION-LONG",
        "govuk-token-request:iat-missing": "GOVUK-SIGN-IN-ASSERTION-UNDATED",
        "govuk-token-request:iat-text": "GOVUK-SIGN-IN-ASSERTION-UNDATED",
    },
    applies=JOURNEY & when.one_login_client_with_keys,
)
async def an_assertion_is_dated_and_lives_shortly(sign_ins: SignIns, expect: Expect) -> None:
    """A client assertion expires after about five minutes and says when it was made."""
    sent = sign_ins.assertions
    expect_of_all(
        expect,
        sent,
        lambda one: (_date(one, "exp") or 0) - one.received.at <= _LONGEST_S,
        "GOVUK-SIGN-IN-ASSERTION-LONG",
        "an exp about five minutes ahead",
        seen=lambda one: f"{int((_date(one, 'exp') or 0) - one.received.at)} s ahead",
        pointer="/exp",
    )
    expect_of_all(
        expect,
        sent,
        lambda one: _date(one, "iat") is not None,
        "GOVUK-SIGN-IN-ASSERTION-UNDATED",
        "an iat that is a number of seconds",
        seen=lambda one: _claims(one).get("iat"),
        pointer="/iat",
        requirement="ONELOGIN-ASSERTION-06",
    )


@check(
    "govuk-sign-in-assertion-once",
    requires=["ONELOGIN-ASSERTION-05"],
    proven_by={
        "govuk-token-request:jti-missing": "GOVUK-SIGN-IN-ASSERTION-UNNAMED",
        "govuk-token-request:jti-same": "GOVUK-SIGN-IN-ASSERTION-REPEATED",
        "govuk-token-request:twice": "GOVUK-SIGN-IN-ASSERTION-REPEATED",
    },
    applies=JOURNEY & when.one_login_client_with_keys,
)
async def an_assertion_is_used_once(sign_ins: SignIns, expect: Expect) -> None:
    """Each Token Request has a client assertion of its own, with a jti of its own."""
    sent = sign_ins.assertions
    if expect_of_all(
        expect,
        sent,
        lambda one: bool(_claims(one).get("jti")),
        "GOVUK-SIGN-IN-ASSERTION-UNNAMED",
        "a jti",
        seen=lambda one: _claims(one).get("jti"),
        pointer="/jti",
    ):
        repeated = _repeated([_claims(one).get("jti") for one in sent])
        expect.that(
            repeated is None,
            "GOVUK-SIGN-IN-ASSERTION-REPEATED",
            "another jti in each Token Request",
            f"{repeated} in two",
            pointer="/jti",
        )


def _redirect_uri(sent: TokenRequest) -> Any:
    return sent.authorization.asked.get("redirect_uri") if sent.authorization else None


def _claims(sent: TokenRequest) -> Mapping[str, Any]:
    return sent.assertion.claims if sent.assertion else {}


def _audiences(sent: TokenRequest) -> set[str]:
    return {str(audience) for audience in (sent.assertion.audiences if sent.assertion else ())}


def _date(sent: TokenRequest, claim: str) -> float | None:
    return sent.assertion.date(claim) if sent.assertion else None


def _repeated(values: list[Any]) -> Any:
    """Give a value that is there twice; ``None`` where each is there once."""
    return next((value for value in values if value is not None and values.count(value) > 1), None)
