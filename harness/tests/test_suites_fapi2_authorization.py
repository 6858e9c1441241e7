"""What the checks of FAPI 2.0 say of authorization requests and clients that no variant of the reference has."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from harness.authorized import Authorized
from harness.evidence import Blocked, WalletOptions
from harness.expect import Expect
from harness.model import CheckResult, Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.high_assurance import HIGH_ASSURANCE
from harness.reference.variants import VARIANTS, Variant
from harness.settings import ClientSettings, FormRule, UserSettings
from harness.target import registered_wallet
from harness.tests.bench import judge_issuer, requirements, showing
from harness.wallet.authorization import AuthorizationResponse
from suites.fapi2._authorizations import expect_nothing

FAPI2, HAIP, LOGIN = (HIGH_ASSURANCE[name] for name in ("fapi2", "haip", "haip-login"))
BACK = "https://wallet.assay.test/callback"
LOGIN_SITE = "https://login.assay.test/"
Edit = Callable[[httpx.Request], httpx.Response | None]
"""Gives another answer to a request, or ``None`` to leave it to the issuer."""


class Before(httpx.AsyncBaseTransport):
    """Answers some requests in the place of the issuer."""

    def __init__(self, inner: httpx.AsyncBaseTransport, edit: Edit) -> None:
        self._inner = inner
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._edit(request) or await self._inner.handle_async_request(request)


async def judged(
    variant: Variant,
    check: str,
    faults: Collection[str] = (),
    *,
    edit: Edit | None = None,
    client: ClientSettings | None = None,
    forms: tuple[FormRule, ...] | None = None,
) -> CheckResult:
    issuer = ReferenceIssuer(variant, faults)
    wallet = registered_wallet(issuer)
    way = showing(issuer, wallet.client)
    options = wallet.options
    if forms is not None:
        options = WalletOptions(user=UserSettings("forms", forms), key_attester=options.key_attester)
    found = await judge_issuer(
        issuer,
        way if edit is None else Before(way, edit),
        select=[check],
        client=client,
        options=options,
        configurations=["identity_credential"],
    )
    (result,) = found.results
    return result


def codes(result: CheckResult) -> set[str]:
    return {finding.code for finding in result.findings}


# What a wrong request brought


def answered(redirected: str | None) -> Authorized:
    response = None
    if redirected is not None:
        query = tuple((name, value) for name, (value,) in parse_qs(urlsplit(redirected).query).items())
        response = AuthorizationResponse(redirected, query, urlsplit(redirected).fragment)
    return Authorized({}, None, None, response, "verifier")


def judge(attempt: Authorized) -> Expect:
    known = requirements("fapi2-sp")
    expect = Expect({"FAPI2-5.3.2.2-01": known["FAPI2-5.3.2.2-01"]})
    expect_nothing(expect, attempt, "CODE", what="a wrong request")
    return expect


@pytest.mark.parametrize(
    "redirected",
    [f"{BACK}?code=c", f"{BACK}#access_token=t&token_type=Bearer", f"{BACK}#id_token=t", f"{BACK}?a=b#code=c"],
)
def test_what_is_handed_out_is_found_wherever_it_stands(redirected: str) -> None:
    assert [finding.code for finding in judge(answered(redirected)).findings] == ["CODE"]


@pytest.mark.parametrize(
    "redirected", [None, f"{BACK}?error=invalid_request", f"{BACK}#error=unsupported_response_type&state=s"]
)
def test_a_refusal_is_one_wherever_it_stands(redirected: str | None) -> None:
    assert judge(answered(redirected)).findings == ()


def test_an_answer_that_says_nothing_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(Blocked):
        judge(answered(f"{BACK}?state=s"))


# Pushed requests


@pytest.mark.parametrize(
    ("lifetime", "found"),
    [
        (599, set()),
        (600, {"FAPI2-PAR-LIFETIME-LONG"}),
        (30, set()),
        (29, {"FAPI2-PAR-LIFETIME-BRIEF"}),
    ],
)
async def test_a_request_uri_lives_below_600_seconds_and_30_at_least(lifetime: int, found: set[str]) -> None:
    assert codes(await judged(replace(FAPI2, request_lifetime=lifetime), "fapi2-par-lifetime")) == found


async def test_a_request_that_nobody_has_to_confirm_says_nothing_about_previews() -> None:
    result = await judged(HAIP, "fapi2-request-uri-preloaded")
    assert result.verdict is Verdict.NOT_APPLICABLE


async def test_only_pushed_requests_count_whatever_the_metadata_announce() -> None:
    variant = replace(FAPI2, par="offered")
    assert codes(await judged(variant, "fapi2-par-only")) == {"FAPI2-PAR-ONLY-ACCEPTED"}


def on_a_page(request: httpx.Request) -> httpx.Response | None:
    if request.url.path.endswith("/authorize") and "request_uri" not in request.url.params:
        return httpx.Response(400, headers={"Content-Type": "text/html"}, text="<p>Push the request.</p>")
    return None


@pytest.mark.parametrize("check", ["fapi2-par-only", "fapi2-front-redirect-refused"])
async def test_a_page_is_as_good_a_refusal_as_a_redirect(check: str) -> None:
    assert (await judged(FAPI2, check, edit=on_a_page)).verdict is Verdict.PASS


async def test_a_plain_challenge_is_refused_even_where_it_is_listed() -> None:
    variant = replace(FAPI2, challenge_methods=("S256", "plain"))
    assert codes(await judged(variant, "fapi2-pkce-method-refused")) == {"FAPI2-PKCE-METHOD-ACCEPTED"}


# Redirects


def by_another_site(request: httpx.Request) -> httpx.Response | None:
    """Send the browser over the site of somebody else, who redirects it in another way."""
    if str(request.url).startswith(LOGIN_SITE):
        return httpx.Response(302, headers={"Location": f"{request.url.params['back']}&seen=1"})
    if request.url.path.endswith("/authorize") and "seen" not in request.url.params:
        return httpx.Response(
            303, headers={"Location": str(httpx.URL(LOGIN_SITE, params={"back": str(request.url)}))}
        )
    return None


async def test_redirects_of_other_sites_are_not_the_servers() -> None:
    assert (await judged(FAPI2, "fapi2-redirect-status", edit=by_another_site)).verdict is Verdict.PASS
    found = await judged(
        FAPI2, "fapi2-redirect-status", ["authorization-response:status-302"], edit=by_another_site
    )
    assert codes(found) == {"FAPI2-REDIRECT-STATUS"}


async def test_iss_counts_also_where_nothing_announces_it() -> None:
    found = await judged(replace(FAPI2, iss_parameter=False), "fapi2-iss-present")
    assert codes(found) == {"FAPI2-ISS-MISSING", "FAPI2-ISS-UNANNOUNCED"}


# Clients


async def test_a_token_for_a_client_that_does_not_authenticate_is_found() -> None:
    public = ClientSettings(client_id="wallet-dev", redirect_uri=BACK)
    found = await judged(
        FAPI2, "fapi2-public-client", ["accepts:client.authenticated", "accepts:client.identified"], client=public
    )
    assert codes(found) == {"FAPI2-CLIENT-PUBLIC"}
    assert (await judged(FAPI2, "fapi2-public-client", client=public)).verdict is Verdict.BLOCKED


async def test_a_flag_about_a_grant_that_the_server_lacks_means_nothing() -> None:
    found = await judged(FAPI2, "fapi2-public-client", ["as-metadata:anonymous-announced"])
    assert found.verdict is Verdict.PASS


@pytest.mark.parametrize("method", ["client_secret_basic", "attest_jwt_client_auth"])
async def test_a_client_that_authenticates_in_another_way_is_found(method: str) -> None:
    found = await judged(replace(FAPI2, client_authentication=method), "fapi2-client-methods")
    assert codes(found) == {"FAPI2-CLIENT-METHOD", "FAPI2-CLIENT-METHODS-UNLISTED"}


async def test_a_missing_list_of_methods_is_the_business_of_another_check() -> None:
    found = await judged(FAPI2, "fapi2-client-methods", ["as-metadata:auth-methods-missing"])
    assert found.verdict is Verdict.PASS


def wrong_password(request: httpx.Request) -> httpx.Response | None:
    if request.url.path.endswith("/token") and b"grant_type=password" in request.content:
        return httpx.Response(400, json={"error": "invalid_grant"})
    return None


WITHOUT_PAGES = replace(FAPI2, login="none")


async def test_a_made_up_password_that_is_wrong_shows_nothing() -> None:
    made_up = await judged(WITHOUT_PAGES, "fapi2-password-grant-refused", edit=wrong_password, forms=())
    assert made_up.verdict is Verdict.BLOCKED
    right = await judged(WITHOUT_PAGES, "fapi2-password-grant-refused", edit=wrong_password)
    assert right.verdict is Verdict.PASS
    unsupported = await judged(WITHOUT_PAGES, "fapi2-password-grant-refused", forms=())
    assert unsupported.verdict is Verdict.PASS


# The same of OpenID4VCI


async def test_a_server_that_insists_on_a_state_is_warned_only() -> None:
    faults = ["rejects:authorize.state-missing"]
    result = await judged(VARIANTS["code-flow-par"], "authorization-state-absent", faults)
    assert result.verdict is Verdict.WARN
    # Another state than the pushed one counts as little as one that takes the place of none.
    assert (await judged(VARIANTS["code-flow-par"], "par-front-state-ignored", faults)).verdict is Verdict.PASS
    taken = await judged(
        VARIANTS["code-flow-par"], "par-front-state-ignored", [*faults, "pushed-request:front-wins"]
    )
    assert codes(taken) == {"PAR-FRONT-STATE-TAKEN"}


async def test_a_server_may_bound_the_state() -> None:
    result = await judged(VARIANTS["code-flow"], "authorization-state-long", ["rejects:authorize.state-long"])
    assert result.verdict is Verdict.PASS


async def test_other_methods_may_be_refused_in_any_way() -> None:
    result = await judged(VARIANTS["code-flow-par"], "par-method-refused", ["misreports:par.method"])
    assert result.verdict is Verdict.PASS
