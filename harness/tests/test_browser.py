"""The simulated user: on the way through an Authorization Server's pages and back to the wallet."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from harness import config
from harness.settings import FormRule, UserSettings
from harness.transport import Client, Recorder, TransportFailure
from harness.wallet.browser import MOST_STEPS, UserError, Visit, place, visit

AS = "https://as.example"
BACK = "https://wallet.invalid/cb"
LOGIN = FormRule(f"{AS}/login*", {"username": "erika", "password": "pa55"})
FORMS = UserSettings("forms", (LOGIN,))
REDIRECTS = UserSettings()
CODE = "c0de-which-nobody-may-read"


class Server:
    """An Authorization Server of a test, and what its pages were sent."""

    def __init__(self, **pages: Callable[[Request], Awaitable[Response] | Response]) -> None:
        self.requests: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
        self.pages = pages
        routes = [Route("/{name:path}", self.serve, methods=["GET", "POST"])]
        self.recorder = Recorder()
        self.client = Client(self.recorder, transport=httpx.ASGITransport(Starlette(routes=routes)))

    async def serve(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        name = request.path_params["name"]
        self.requests.append((request.method, name, form, dict(request.cookies)))
        page = self.pages.get(name)
        if page is None:
            return Response(status_code=404)
        answer = page(request)
        return answer if isinstance(answer, Response) else await answer

    async def visit(self, user: UserSettings, **more: Any) -> Visit:
        return await visit(self.client, f"{AS}/authorize?client_id=w", redirect_uri=BACK, user=user, **more)

    async def stuck(self, user: UserSettings) -> UserError:
        with pytest.raises(UserError) as caught:
            await self.visit(user)
        assert "\n" not in str(caught.value)
        return caught.value

    @property
    def sent(self) -> list[tuple[str, str, dict[str, str]]]:
        return [(method, name, form) for method, name, form, _ in self.requests]


def to(url: str, status: int = 302, **cookies: str) -> Callable[[Request], Response]:
    def page(_: Request) -> Response:
        answer = RedirectResponse(url, status)
        for name, value in cookies.items():
            answer.set_cookie(name, value, secure=True, httponly=True)
        return answer

    return page


def html(text: str, status: int = 200) -> Callable[[Request], Response]:
    return lambda _: HTMLResponse(text, status)


def back(_: Request) -> Response:
    return RedirectResponse(f"{BACK}?code={CODE}&state=s", 303)


LOGIN_PAGE = (
    "<title>Sign in</title><form method=post action=/login?step=2><input type=hidden name=csrf value=x>"
    "<input name=username required><input type=password name=password><button>Sign in</button></form>"
)
CONSENT_PAGE = (
    "<form method=post><label><input type=checkbox name=remember>Remember</label>"
    "<button name=decision value=allow>Allow</button><button name=decision value=deny>Deny</button></form>"
)


def login(request: Request) -> Response:
    if request.method == "GET":
        return HTMLResponse(LOGIN_PAGE)
    answer = RedirectResponse("/consent", 303)
    answer.set_cookie("signed_in", "secret-session", path="/", secure=True)
    return answer


def consent(request: Request) -> Response:
    if request.cookies.get("signed_in") != "secret-session":
        return RedirectResponse("/login")
    return HTMLResponse(CONSENT_PAGE) if request.method == "GET" else back(request)


def whole() -> Server:
    return Server(authorize=to("/login", session="1"), login=login, consent=consent)


# --- redirects -------------------------------------------------------------------------------------------


async def test_redirects_are_followed_with_cookies_up_to_the_redirect_uri() -> None:
    server = Server(authorize=to("/next", session="1"), next=back)
    found = await server.visit(REDIRECTS)
    assert found.final == f"{BACK}?code={CODE}&state=s"
    assert [reply.status for reply in found.replies] == [302, 303]
    assert found.reply is found.replies[-1]
    assert [(method, name, cookies) for method, name, _, cookies in server.requests] == [
        ("GET", "authorize", {}),
        ("GET", "next", {"session": "1"}),
    ]


async def test_a_visit_begins_without_cookies() -> None:
    server = Server(authorize=to("/next", session="1"), next=back)
    await server.visit(REDIRECTS)
    await server.visit(REDIRECTS)
    assert [cookies for _, name, _, cookies in server.requests if name == "authorize"] == [{}, {}]


async def test_cookies_stay_with_their_host() -> None:
    server = Server(authorize=to("https://idp.example/next", session="1"), next=back)
    await server.visit(REDIRECTS)
    assert server.requests[-1][3] == {}


@pytest.mark.parametrize(
    ("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
)
async def test_a_redirect_keeps_the_method_when_its_status_says_so(status: int, method: str) -> None:
    server = Server(
        authorize=html("<form method=post action=a><input name=x value=1></form>"), a=to("b", status), b=back
    )
    assert (await server.visit(FORMS)).final is not None
    assert server.sent[-1] == (method, "b", {"x": "1"} if method == "POST" else {})


@pytest.mark.parametrize("scheme", ["org.wallet", "openid4vci"])
async def test_a_redirect_uri_may_have_a_scheme_of_the_wallet(scheme: str) -> None:
    server = Server(authorize=to(f"{scheme}://cb?code=1"))
    found = await visit(server.client, f"{AS}/authorize", redirect_uri=f"{scheme}://cb", user=REDIRECTS)
    assert found.final == f"{scheme}://cb?code=1"


async def test_the_visit_may_end_at_a_further_uri() -> None:
    server = Server(authorize=to("https://other.invalid/cb?code=1"))
    assert (
        await server.visit(REDIRECTS, also=["https://other.invalid/cb"])
    ).final == "https://other.invalid/cb?code=1"


@pytest.mark.parametrize(
    "page",
    [
        html("<h1>invalid_request</h1><form action=search><input name=q></form>", 400),
        html("<h1>Sorry</h1>"),
        lambda _: JSONResponse({"error": "invalid_request"}, 400),
        lambda _: Response(status_code=500),
    ],
    ids=["error page", "page without forms", "JSON", "nothing"],
)
@pytest.mark.parametrize("user", [REDIRECTS, FORMS], ids=["redirects", "forms"])
async def test_a_page_that_asks_nothing_ends_the_visit(
    page: Callable[[Request], Response], user: UserSettings
) -> None:
    found = await Server(authorize=page).visit(user)
    assert found.final is None
    assert found.reply is not None
    assert found.reply.url.startswith(f"{AS}/authorize")


async def test_a_refresh_at_once_is_followed_like_a_redirect() -> None:
    server = Server(authorize=html(f"<meta http-equiv=refresh content='0;url={BACK}?code=1'>"))
    assert (await server.visit(REDIRECTS)).final == f"{BACK}?code=1"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (to("/authorize"), f"sent on {MOST_STEPS} times"),
        (to("mailto:a@b"), "sent to mailto:a@b, which is neither a page nor"),
        (lambda _: Response(status_code=302), f"{AS}/authorize answers with status 302 and no usable Location"),
        (to("http://[/"), "no usable Location"),
        (html("<script src=app.js></script><div id=root></div>"), 'set kind = "browser" under [user]'),
        (html(LOGIN_PAGE), 'kind = "forms"'),
    ],
    ids=["circle", "scheme", "no location", "bad location", "scripts", "form"],
)
async def test_a_user_who_cannot_go_on_says_why(page: Callable[[Request], Response], words: str) -> None:
    error = await Server(authorize=page).stuck(REDIRECTS)
    assert words in str(error)
    assert error.visit.final is None
    assert error.visit.reply is not None


async def test_a_host_that_does_not_answer_is_a_failure_of_the_transport() -> None:
    def broken(_: Request) -> Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(TransportFailure):
        await Server(authorize=broken).visit(REDIRECTS)


# --- forms -----------------------------------------------------------------------------------------------


async def test_the_user_signs_in_by_a_rule_and_consents_by_default() -> None:
    server = whole()
    found = await server.visit(FORMS)
    assert found.final == f"{BACK}?code={CODE}&state=s"
    assert server.sent == [
        ("GET", "authorize", {}),
        ("GET", "login", {}),
        ("POST", "login", {"csrf": "x", "username": "erika", "password": "pa55"}),
        ("GET", "consent", {}),
        ("POST", "consent", {"decision": "allow"}),
    ]
    assert server.requests[-1][3] == {"session": "1", "signed_in": "secret-session"}


async def test_nothing_secret_of_a_visit_is_recorded() -> None:
    server = whole()
    await server.visit(FORMS)
    written = str([exchange.to_json() for exchange in server.recorder.exchanges])
    assert len(server.recorder.exchanges) == 5
    assert "username=‹redacted sha256:" in written
    assert "erika" not in written
    for secret in ("pa55", "secret-session", CODE):
        assert secret not in written


async def test_rules_are_tried_in_order_and_only_where_their_fields_are() -> None:
    rules = (
        FormRule("*", {"otp": "1"}),
        FormRule(f"{AS}/elsewhere", {"username": "wrong", "password": "wrong"}),
        FormRule("*/login", {"username": "right", "password": "right"}),
        FormRule("*", {"username": "late", "password": "late"}),
        FormRule("*/consent", {"remember": "on"}, "Deny"),
    )
    server = whole()
    await server.visit(UserSettings("forms", rules))
    assert server.sent[2][2]["username"] == "right"
    assert server.sent[-1][2] == {"remember": "on", "decision": "deny"}


async def test_a_rule_picks_its_form_among_several() -> None:
    page = f"<form action=search><input name=q></form>{LOGIN_PAGE}"
    server = Server(authorize=to("/login"), login=lambda r: HTMLResponse(page) if r.method == "GET" else back(r))
    assert (await server.visit(FORMS)).final is not None
    assert server.sent[-1][1] == "login"


async def test_a_get_form_takes_the_place_of_the_query_and_may_lead_back() -> None:
    server = Server(authorize=html(f"<form action='{BACK}?x=1'><input type=hidden name=code value=a&b></form>"))
    assert (await server.visit(FORMS)).final == f"{BACK}?code=a%26b"


async def test_a_form_can_be_sent_as_multipart_and_says_where_it_comes_from() -> None:
    headers: list[Any] = []
    bodies: list[str] = []

    async def done(request: Request) -> Response:
        headers.append(request.headers)
        bodies.append((await request.body()).decode())
        return back(request)

    server = Server(
        authorize=html("<form method=post action=a enctype=multipart/form-data><input name=x value=ü></form>"),
        a=done,
    )
    await server.visit(FORMS)
    media_type, _, boundary = headers[0]["content-type"].partition("; boundary=")
    assert media_type == "multipart/form-data"
    part = 'Content-Disposition: form-data; name="x"\r\n\r\nü\r\n'
    assert bodies == [f"--{boundary}\r\n{part}--{boundary}--\r\n"]
    assert (headers[0]["origin"], headers[0]["referer"]) == (AS, f"{AS}/authorize?client_id=w")


async def test_a_page_that_comes_back_is_not_filled_in_for_ever() -> None:
    server = Server(authorize=to("/login"), login=html(LOGIN_PAGE))
    assert f"the page {AS}/login comes back each time" in str(await server.stuck(FORMS))
    assert sum(method == "POST" for method, _, _ in server.sent) == 3


async def test_a_value_that_a_page_does_not_offer_is_told() -> None:
    server = Server(authorize=html("<form><select name=who><option>erika</select></form>"))
    error = await server.stuck(UserSettings("forms", (FormRule("*", {"who": "max"}),)))
    assert str(error) == f"the form at {AS}/authorize cannot be filled in: the list who has not the option given"


async def test_what_the_message_tells_to_add_makes_the_user_go_on(tmp_path: Path) -> None:
    page = LOGIN_PAGE.replace(" required", "").replace(
        "<button>", "<input type=checkbox name='terms of use' required><input type=checkbox name=spam><button>"
    )
    server = Server(
        authorize=to("/login?execution=s3cret"),
        login=lambda r: HTMLResponse(page) if r.method == "GET" else back(r),
    )
    message = str(await server.stuck(REDIRECTS))
    assert message.startswith(
        f"the user is stuck at {AS}/login, which has a form with fields username (text), password (password), "
        'terms of use (checkbox), spam (checkbox) and the buttons "Sign in"; add under [user] in assay.toml: '
    )
    assert "s3cret" not in message
    lines = message.partition("assay.toml: ")[2].replace(" and form = ", "\nform = ")
    assert tomllib.loads(lines)["form"][0]["url"] == f"{AS}/login*"
    (tmp_path / "assay.toml").write_text(f"[user]\n{lines}", encoding="utf-8")
    user = config.load({}, {"USER_PASSWORD": "pa55"}, tmp_path).user
    assert (await server.visit(user)).final is not None
    assert server.sent[-1][2] == {"csrf": "x", "username": "...", "password": "pa55", "terms of use": "on"}


async def test_a_hostile_page_stays_one_line() -> None:
    name = "a\n\x1b[31mb" * 50
    error = await Server(
        authorize=html(f"<form><input required name='{name}'><button>\u2028x</button></form>")
    ).stuck(FORMS)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 2000


async def test_a_page_that_cannot_be_read_is_told() -> None:
    error = await Server(authorize=html("<form></form>" * 200)).stuck(FORMS)
    assert str(error) == f"the page {AS}/authorize cannot be read: the page has more than 100 forms"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://as.example/a?code=1#f", "https://as.example/a"),
        ("https://u:p@as.example/a", "https://as.example/a"),
        ("https://as.example/\n\x1b", r"https://as.example/\x1b"),
        ("https://[", "'https://['"),
    ],
)
def test_a_page_is_named_without_what_may_be_secret(url: str, shown: str) -> None:
    assert place(url) == shown


async def test_too_long_a_way_is_told() -> None:
    async def slow(_: Request) -> Response:
        import asyncio

        await asyncio.Event().wait()
        raise AssertionError

    error = await Server(authorize=slow).stuck(UserSettings(timeout_s=0.05))
    assert str(error) == "the user did not come back to the wallet within 0.05 s (user.timeout_s)"


# --- a program -------------------------------------------------------------------------------------------


def program(script: str, **more: Any) -> UserSettings:
    return UserSettings("command", command=(sys.executable, "-c", f"import os, sys; {script}"), **more)


async def test_a_program_gets_the_url_and_prints_where_it_was_sent() -> None:
    server = Server()
    script = "print(os.environ['ASSAY_REDIRECT_URI'] + '?code=1&state=' + sys.argv[-1][-10:])"
    found = await server.visit(program(script))
    assert found == Visit(f"{BACK}?code=1&state=lient_id=w", None, ())


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("print('https://elsewhere.example')", f"did not print a URL that begins with {BACK}"),
        ("print(1)", "did not print a URL"),
        ("sys.exit(3)", "ended with status 3"),
        ("pass", "the answer is empty"),
    ],
)
async def test_a_program_that_does_not_come_back_is_told(script: str, words: str) -> None:
    assert words in str(await Server().stuck(program(script)))


# --- a browser -------------------------------------------------------------------------------------------

SCRIPTED = """<title>App</title><div id=root></div><script>
document.cookie = 'seen=1; path=/';
fetch('/api/start', {method: 'POST', body: new URLSearchParams({lang: 'en'})}).then(r => r.json()).then(answer => {
  document.getElementById('root').innerHTML =
    `<input id=username><input id=password type=password><button>Go on</button>`;
  document.querySelector('button').onclick = () => fetch('/api/login', {method: 'POST', body: new URLSearchParams({
    user: document.getElementById('username').value, password: document.getElementById('password').value,
    token: answer.token})}).then(r => r.json()).then(done => { location.href = done.next });
});
</script>"""

_pages = {
    "authorize": to("/app", session="1"),
    "app": html(SCRIPTED),
    "api/start": lambda _: JSONResponse({"token": "t1"}),
    "api/login": lambda _: JSONResponse({"next": "/consent"}),
    "consent": lambda r: HTMLResponse(CONSENT_PAGE) if r.method == "GET" else back(r),
}


def chromium() -> str | None:
    try:
        import playwright  # noqa: F401
    except ImportError:
        return None
    return os.environ.get("ASSAY_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


in_browser = pytest.mark.skipif(chromium() is None, reason="Playwright or Chromium is not installed")
APP = FormRule(f"{AS}/app", {"username": "erika", "password": "pa55"}, "Go on")


@in_browser
async def test_a_browser_runs_the_pages_scripts_and_comes_back() -> None:
    server = Server(**_pages)
    found = await server.visit(UserSettings("browser", (APP,)))
    assert found.final == f"{BACK}?code={CODE}&state=s"
    assert found.reply is not None
    assert found.reply.status == 303
    assert server.sent == [
        ("GET", "authorize", {}),
        ("GET", "app", {}),
        ("POST", "api/start", {"lang": "en"}),
        ("POST", "api/login", {"user": "erika", "password": "pa55", "token": "t1"}),
        ("GET", "consent", {}),
        ("POST", "consent", {"decision": "allow"}),
    ]
    assert [cookies for _, name, _, cookies in server.requests if name == "api/login"] == [
        {"session": "1", "seen": "1"}
    ]
    written = str([exchange.to_json() for exchange in server.recorder.exchanges])
    assert len(server.recorder.exchanges) == 6
    assert "pa55" not in written
    assert CODE not in written


@in_browser
async def test_a_browser_fills_in_ordinary_pages_too() -> None:
    server = whole()
    rules = (LOGIN, FormRule("*/consent", {"remember": "on"}, "deny"))
    assert (await server.visit(UserSettings("browser", rules))).final is not None
    assert server.sent[2] == ("POST", "login", {"csrf": "x", "username": "erika", "password": "pa55"})
    assert server.sent[-1] == ("POST", "consent", {"remember": "on", "decision": "deny"})


@in_browser
async def test_a_script_may_send_the_browser_back() -> None:
    server = Server(authorize=html(f"<script>location.replace('{BACK}?code=1')</script>"))
    assert (await server.visit(UserSettings("browser"))).final == f"{BACK}?code=1"


@in_browser
async def test_a_browser_that_is_shown_an_error_has_nothing_more_to_do() -> None:
    found = await Server(authorize=html("<h1>invalid_request</h1>", 400)).visit(UserSettings("browser"))
    assert found.final is None
    assert found.reply is not None
    assert found.reply.status == 400


@in_browser
async def test_a_browser_that_is_stuck_says_what_the_page_asks() -> None:
    error = await Server(authorize=html(LOGIN_PAGE)).stuck(UserSettings("browser"))
    assert f"stuck at {AS}/authorize, which has a form with fields username (text)" in str(error)
    assert 'kind = "browser" and form = [{' in str(error)


@in_browser
async def test_a_browser_does_not_fill_in_a_page_for_ever() -> None:
    server = Server(authorize=to("/login"), login=html(LOGIN_PAGE))
    assert f"the page {AS}/login comes back each time" in str(
        await server.stuck(UserSettings("browser", (LOGIN,)))
    )


async def test_without_playwright_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    assert 'pip install "oid4vci-assay[browser]"' in str(await Server().stuck(UserSettings("browser")))


@in_browser
async def test_a_chromium_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CHROMIUM", "/no/such/chromium")
    assert "Chromium does not start" in str(await Server().stuck(UserSettings("browser")))
