"""Verdicts on Authorization Servers that are no variant of the reference issuer: answers are edited on the way."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from harness import mutate
from harness.evidence import WalletOptions
from harness.formats import html_links, html_text
from harness.model import CheckResult, Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.settings import FormRule, UserSettings
from harness.target import registered_wallet
from harness.tests.bench import judge_issuer

BACK = "https://wallet.assay.test/callback"
Edit = Callable[[dict[str, str], httpx.Response], httpx.Response | None]
"""Gets the parameters of an authorization request; gives another answer, or ``None`` to leave it."""


class Edited(httpx.AsyncBaseTransport):
    """Changes the answers of the Authorization Endpoint to requests that were not pushed."""

    def __init__(self, inner: httpx.AsyncBaseTransport, edit: Edit) -> None:
        self._inner = inner
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        asked = dict(request.url.params)
        if request.url.path.endswith("/authorize") and "request_uri" not in asked:
            return self._edit(asked, response) or response
        return response


async def judged(
    edit: Edit, select: str = "authorization-*", *, variant: str = "code-flow", user: UserSettings | None = None
) -> dict[str, CheckResult]:
    issuer = ReferenceIssuer(VARIANTS[variant])
    options = registered_wallet(issuer).options
    found = await judge_issuer(
        issuer,
        Edited(httpx.ASGITransport(issuer.app), edit),
        options=WalletOptions(user=user or options.user, key_attester=options.key_attester),
        select=select,
    )
    return {result.check: result for result in found.results}


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def unchanged(_: dict[str, str], __: httpx.Response) -> None:
    return None


def page(text: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, headers={"Content-Type": "text/html"}, text=text)


def sent_back(asked: dict[str, str], place: str = BACK, **answer: str) -> httpx.Response:
    query = urlencode({**answer, "state": asked.get("state", "")})
    return httpx.Response(302, headers={"Location": f"{place}?{query}"})


def failing(answer: Callable[[dict[str, str]], httpx.Response]) -> Edit:
    """Answer otherwise where the request has an unknown response_type."""
    return lambda asked, _: answer(asked) if asked.get("response_type") == "assay_unknown" else None


async def test_an_error_may_be_told_on_a_page_that_leads_back() -> None:
    link = f'<a href="{html.escape(f"{BACK}?error=unsupported_response_type&state=1")}">Back to the wallet</a>'
    results = await judged(failing(lambda _: page(link)), "authorization-error-response")
    assert results["authorization-error-response"].verdict is Verdict.PASS


@pytest.mark.parametrize("text", ["Wrong request.", f"Wrong request of {BACK}.", ""])
async def test_an_error_must_not_stay_on_the_page(text: str) -> None:
    results = await judged(failing(lambda _: page(text)), "authorization-error-response")
    assert codes(results["authorization-error-response"]) == ["AUTHORIZATION-ERROR-UNTOLD"]


async def test_an_error_of_an_extension_is_an_error() -> None:
    answer = failing(lambda asked: sent_back(asked, error="unauthorized_client", error_uri="/errors?id=7"))
    results = await judged(answer, "authorization-*response*")
    assert results["authorization-error-response"].verdict is Verdict.PASS
    assert results["authorization-response-type-unknown-refused"].verdict is Verdict.PASS


async def test_a_server_that_insists_on_par_for_this_client_is_right() -> None:
    results = await judged(lambda *_: page("Push it.", 403), variant="code-flow-par")
    assert {result.verdict for result in results.values()} == {Verdict.PASS, Verdict.NOT_APPLICABLE}
    assert results["authorization-error-response"].verdict is Verdict.NOT_APPLICABLE
    assert results["authorization-scope-accepted"].verdict is Verdict.PASS


async def test_a_wrong_redirect_uri_may_be_answered_at_the_registered_one() -> None:
    def edit(asked: dict[str, str], _: httpx.Response) -> httpx.Response | None:
        if asked.get("redirect_uri", BACK) == BACK:
            return None
        return sent_back(asked, error="invalid_request")

    results = await judged(edit, "authorization-redirect-uri-*")
    assert {result.verdict for result in results.values()} == {Verdict.PASS, Verdict.NOT_APPLICABLE}


async def test_a_redirect_uri_that_is_passed_over_was_not_compared() -> None:
    def edit(asked: dict[str, str], _: httpx.Response) -> httpx.Response | None:
        return None if asked.get("redirect_uri", BACK) == BACK else sent_back(asked, code="c" * 40)

    results = await judged(edit, "authorization-redirect-uri-*")
    passed = {name for name, result in results.items() if result.verdict is Verdict.PASS}
    assert passed == set()


async def test_a_prefix_of_the_registered_redirect_uri_is_not_enough() -> None:
    def edit(asked: dict[str, str], _: httpx.Response) -> httpx.Response | None:
        place = asked.get("redirect_uri", "")
        return sent_back(asked, place, code="c" * 40) if place.startswith(f"{BACK}/") else None

    results = await judged(edit, "authorization-redirect-uri-*")
    failed = {name for name, result in results.items() if result.verdict is Verdict.FAIL}
    assert failed == {"authorization-redirect-uri-similar-refused"}


BUSY_PAGE = """<h1>Wrong request</h1><form action="/search"><input name="q"></form>
<form method="post" action="/language"><select name="l"><option>en</option></select><button>Go</button></form>"""


async def test_a_page_with_forms_that_a_right_request_does_not_lead_to_is_a_refusal() -> None:
    def edit(asked: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        return page(BUSY_PAGE, 200) if response.status_code == 400 else None

    results = await judged(edit)
    wrong = {Verdict.FAIL, Verdict.BLOCKED, Verdict.ERROR}
    assert [name for name, result in results.items() if result.verdict in wrong] == []
    assert results["authorization-client-unknown-refused"].verdict is Verdict.PASS


async def test_a_page_that_may_be_a_further_question_is_no_refusal_of_a_right_request() -> None:
    def edit(asked: dict[str, str], _: httpx.Response) -> httpx.Response | None:
        return page(BUSY_PAGE, 200) if "assay_unknown" in asked else None

    results = await judged(edit, "authorization-unknown-parameter-ignored")
    result = results["authorization-unknown-parameter-ignored"]
    assert result.verdict is Verdict.BLOCKED
    assert "2 forms: fields q (text)" in (result.reason or "")


async def test_a_refused_right_request_is_told_in_the_words_of_the_page() -> None:
    results = await judged(
        lambda *_: page("<title>Error</title><p>This client is not\nknown.</p>"), "authorization-g*"
    )
    (finding,) = results["authorization-granted"].findings
    assert finding.observed.endswith("that says 'This client is not known.'")
    # It is not the method that is refused.
    assert results["authorization-get"].verdict is Verdict.BLOCKED


async def test_a_request_for_nothing_may_be_denied() -> None:
    def edit(asked: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        denied = "error=invalid_scope" in response.headers.get("location", "")
        return sent_back(asked, error="access_denied") if denied else None

    results = await judged(edit, "authorization-scope-*")
    assert results["authorization-scope-missing"].verdict is Verdict.PASS
    assert results["authorization-scope-unusable"].verdict is Verdict.PASS


@pytest.mark.parametrize("asks_again", [True, False])
async def test_a_remembered_consent_is_not_taken_for_a_decline_that_was_passed_over(asks_again: bool) -> None:
    seen: list[str] = []

    def edit(asked: dict[str, str], _: httpx.Response) -> httpx.Response | None:
        remembered = bool(seen) and not (asks_again and asked.get("prompt") == "consent")
        seen.append(asked["state"])
        return sent_back(asked, code="c" * 40) if remembered else None

    results = await judged(edit, "authorization-declined", variant="code-flow-login")
    assert results["authorization-declined"].verdict is (Verdict.PASS if asks_again else Verdict.BLOCKED)


@pytest.mark.parametrize(
    ("kept_out", "headers", "script"),
    [
        (True, {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"}, ""),
        (True, {"Content-Security-Policy": "frame-ancestors https://portal.example"}, ""),
        (True, {"X-Frame-Options": "sameorigin"}, ""),
        (True, {}, "if (top !== self) top.location = self.location"),
        (False, {"Content-Security-Policy": "default-src 'self'"}, ""),
        (False, {"Content-Security-Policy": "frame-ancestors *", "X-Frame-Options": "DENY"}, ""),
        (False, {"X-Frame-Options": "ALLOWALL"}, ""),
        (False, {}, "stop()"),
    ],
)
async def test_what_keeps_a_page_out_of_frames(kept_out: bool, headers: dict[str, str], script: str) -> None:
    def edit(asked: dict[str, str], _: httpx.Response) -> httpx.Response:
        back = sent_back(asked, code="c" * 40).headers["location"].replace("&", "&amp;")
        text = f'<meta http-equiv="refresh" content="0;url={back}"><script>{script}</script>'
        return httpx.Response(200, headers={"Content-Type": "text/html", **headers}, text=text)

    results = await judged(edit, "authorization-page-framing")
    assert ("AUTHORIZATION-PAGE-FRAMABLE" not in codes(results["authorization-page-framing"])) is kept_out


def test_what_a_page_says_is_one_short_line() -> None:
    assert (
        html_text.beginning(b"<style>a{}</style><h1>No</h1><script>x</script>this &amp; that\x1b")
        == "No this & that\ufffd"
    )
    assert len(html_text.beginning(b"<p>" + b"long " * 5000)) == 160


async def test_a_bound_for_the_state_is_no_fault_but_cutting_it_is() -> None:
    def refuses(asked: dict[str, str], _: httpx.Response) -> httpx.Response | None:
        return page("Too long.") if len(asked.get("state", "")) > 100 else None

    def cuts(asked: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        given = dict(parse_qsl(response.headers["location"].partition("?")[2]))
        return sent_back({"state": asked["state"][:100]}, code=given["code"])

    name = "authorization-response-state"
    assert (await judged(refuses, name))[name].verdict is Verdict.PASS
    assert codes((await judged(cuts, name))[name]) == ["AUTHORIZATION-RESPONSE-STATE"]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda asked: sent_back(asked, error="invalid_request"), Verdict.PASS),
        (lambda asked: page("Unknown."), Verdict.PASS),
        (lambda asked: sent_back(asked, error="server_error"), Verdict.FAIL),
        (lambda asked: page("Traceback", 500), Verdict.FAIL),
    ],
    ids=["told", "page", "server-error", "crash"],
)
async def test_a_foreign_issuer_state_may_be_refused(
    answer: Callable[[dict[str, str]], httpx.Response], verdict: Verdict
) -> None:
    def edit(asked: dict[str, str], _: httpx.Response) -> httpx.Response | None:
        return answer(asked) if len(asked.get("issuer_state", "")) == 22 else None

    name = "authorization-issuer-state-foreign"
    assert (await judged(edit, name))[name].verdict is verdict


async def test_a_server_that_knows_no_resource_is_right() -> None:
    def edit(asked: dict[str, str], _: httpx.Response) -> httpx.Response | None:
        return sent_back(asked, code="c" * 40) if asked.get("resource") == mutate.ELSEWHERE else None

    name = "authorization-resource-foreign"
    assert (await judged(edit, name))[name].verdict is Verdict.PASS


async def test_declining_is_judged_only_when_the_run_was_told_how() -> None:
    name = "authorization-declined"
    told = (await judged(unchanged, name, variant="code-flow-login"))[name]
    assert told.verdict is Verdict.PASS
    rules = (FormRule("*/login", {"username": "erika", "password": "test"}),)
    user = UserSettings(kind="forms", forms=rules)
    untold = (await judged(unchanged, name, variant="code-flow-login", user=user))[name]
    assert untold.verdict is Verdict.NOT_APPLICABLE
    assert "decline" in (untold.reason or "")
    nowhere = (await judged(unchanged, name))[name]
    assert nowhere.verdict is Verdict.NOT_APPLICABLE


def test_a_declining_user_presses_other_buttons_where_it_is_known() -> None:
    allow = FormRule("*/consent", submit="Allow", decline="Cancel")
    login = FormRule("*/login", submit="Sign in")
    user = UserSettings(kind="forms", forms=(login, allow))
    assert user.declining.forms == (login, replace(allow, submit="Cancel"))


@pytest.mark.parametrize(
    "uri", [BACK, f"{BACK}?from=assay", "https://wallet.assay.test", "assay-wallet://callback"]
)
def test_similar_uris_are_other_uris(uri: str) -> None:
    found = list(mutate.similar_uris(uri).values())
    assert uri not in found
    assert len(set(found)) == len(found)
    assert all(other.partition(":")[0] == uri.partition(":")[0] for other in found)


def test_links_of_a_page_are_absolute() -> None:
    text = '<img src="//cdn.example/a.png"><a href=/help>Help</a><form action="https://x.example">'
    text += "<script src='app.js'></script><a>no address</a><img src='http://[bad'>"
    assert html_links.read(text, "https://as.example/sign/in") == [
        "https://cdn.example/a.png",
        "https://as.example/help",
        "https://as.example/sign/app.js",
    ]
