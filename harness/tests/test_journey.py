"""Journeys through an issuer's pages to a Credential Offer."""

from __future__ import annotations

import base64
import html as markup
import io
import os
import shutil
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import pytest
import segno
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from harness import config
from harness.journey import Journey, JourneyError, JourneyTimeout, Traveller, travel
from harness.journey.offers import is_offer
from harness.journey.travelling import MOST_STEPS
from harness.settings import CommandHook, FormRule, JourneySettings, PythonHook, StaticHook
from harness.transport import Client, Recorder, TransportFailure

ISSUER = "https://issuer.example"
LOGIN = "https://login.example"
START = f"{ISSUER}/refresh"
CODE = "pre-authorized-c0de-which-nobody-may-read"
JSON = (
    '{"credential_issuer":"https://issuer.example","credential_configuration_ids":["card"],"grants":{'
    f'"urn:ietf:params:oauth:grant-type:pre-authorized_code":{{"pre-authorized_code":"{CODE}"}}}}}}'
)
OFFER = f"https://wallet.example/add?credential_offer={quote(JSON)}"
OTHER = f"https://wallet.example/add?credential_offer={quote(JSON.replace('card', 'licence'))}"

Page = Callable[[Request], Awaitable[Response] | Response]


class World:
    """Web sites of a test by host and path, and what they were sent."""

    def __init__(self, pages: dict[str, Page] | None = None, *, max_body: int = 2_000_000, **more: Page) -> None:
        self.requests: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.pages = {**(pages or {}), **more}
        routes = [Route("/{path:path}", self.serve, methods=["GET", "POST"])]
        self.recorder = Recorder()
        transport = httpx.ASGITransport(Starlette(routes=routes))
        self.client = Client(self.recorder, transport=transport, max_body=max_body)
        self.slept: list[float] = []

    async def serve(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        host = request.url.hostname or ""
        name = f"{host.partition('.')[0]}_{request.path_params['path']}".replace("/", "_").rstrip("_")
        self.requests.append((request.method, name, form, dict(request.cookies)))
        self.headers.append(dict(request.headers))
        page = self.pages.get(name)
        if page is None:
            return Response(status_code=404)
        answer = page(request)
        return answer if isinstance(answer, Response) else await answer

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def travel(self, *rules: FormRule, url: str = START, **more: Any) -> Journey:
        settings = JourneySettings(rules=rules, **more)
        return await travel(self.client, url, Traveller(settings, sleep=self.sleep))

    async def stuck(self, *rules: FormRule, **more: Any) -> JourneyError:
        with pytest.raises(JourneyError) as caught:
            await self.travel(*rules, **more)
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


def html(text: str, status: int = 200) -> Page:
    return lambda _: HTMLResponse(text, status)


def ask(text: str, then: Page) -> Page:
    """A page whose form is sent to its own URL."""
    return lambda request: HTMLResponse(text) if request.method == "GET" else then(request)


def link(url: str, words: str = "Add document") -> str:
    return f'<a class="govuk-button" href="{markup.escape(url)}">{words}</a>'


def png(text: str, **options: Any) -> bytes:
    out = io.BytesIO()
    segno.make(text, micro=False).save(out, kind="png", **({"scale": 4} | options))
    return out.getvalue()


def qr(text: str) -> str:
    return f'<img id=qr-code alt="QR code" src="data:image/png;base64,{base64.b64encode(png(text)).decode()}">'


CHOICE = (
    "<main><form method=post><h1>Do you want to refresh your card?</h1><input type=hidden name=_csrf value=t>"
    "<input type=radio name=refresh value=true><input type=radio name=refresh value=false>"
    "<button class=govuk-button>Continue</button></form></main>"
)
REDIRECTING = (
    "<!DOCTYPE html><title>Redirecting</title><noscript><p><a href='{0}'>Click here to continue</a></p></noscript>"
    '<script nonce="x">\n window.location.href = "{0}";\n</script>'
)
SIGN_IN = (
    "<main><h1>Sign in</h1><form method=post action=/signin><input name=email type=email>"
    "<input name=password type=password><button>Continue</button></form></main>"
)
SIGN_IN_RULE = FormRule(f"{LOGIN}/*", {"email": "kenneth@example.org", "password": "pa55-word"}, heading="sign*")


def whole(last: str = f"<main><h1>Add it</h1>{link(OFFER)}{qr(OFFER)}</main>") -> World:
    """An issuer whose refresh journey begins without sign-in and goes by a login service of another host."""

    def offer(request: Request) -> Response:
        if request.cookies.get("session") != "signed-in-s3cret":
            return RedirectResponse(f"{LOGIN}/authorize?state=st4te")
        return HTMLResponse(last)

    def callback(request: Request) -> Response:
        if request.query_params.get("state") != "st4te" or request.cookies.get("browser") != "b":
            return HTMLResponse("<main><h1>Sorry, there is a problem</h1></main>", 400)
        return to("/offer", session="signed-in-s3cret")(request)

    return World(
        issuer_refresh=ask(CHOICE, to("/go", browser="b")),
        issuer_go=html(REDIRECTING.format("/offer?type=card")),
        issuer_offer=offer,
        issuer_callback=callback,
        login_authorize=to("/signin", login="l"),
        login_signin=ask(SIGN_IN, to(f"{ISSUER}/callback?code=abcdefghijkl&state=st4te")),
    )


# --- whole journeys --------------------------------------------------------------------------------------


async def test_a_journey_goes_over_forms_scripts_and_hosts_to_an_offer() -> None:
    world = whole()
    journey = await world.travel(SIGN_IN_RULE)
    assert (journey.offer, journey.offer_by) == (OFFER, "link")
    assert (journey.offers.codes, journey.offers.agree) == ((OFFER,), True)
    assert journey.steps == (
        f"GET {START}: 200",
        f"POST {START}: 302",
        f"GET {ISSUER}/go: 200",
        f"GET {ISSUER}/offer: 307",
        f"GET {LOGIN}/authorize: 302",
        f"GET {LOGIN}/signin: 200",
        f"POST {LOGIN}/signin: 302",
        f"GET {ISSUER}/callback: 302",
        f"GET {ISSUER}/offer: 200",
    )
    assert world.sent[1][2] == {"_csrf": "t", "refresh": "true"}
    assert world.sent[6][2] == {"email": "kenneth@example.org", "password": "pa55-word"}
    assert world.requests[6][3] == {"login": "l"}
    assert world.requests[8][3] == {"browser": "b", "session": "signed-in-s3cret"}
    assert [page.headings[:1] for page in journey.pages if page.headings] == [
        ("Do you want to refresh your card?",),
        ("Sign in",),
        ("Add it",),
    ]


async def test_the_browser_is_clean_at_first() -> None:
    world = whole()
    await world.travel(SIGN_IN_RULE)
    assert not {"cookie", "authorization", "referer", "origin"} & world.headers[0].keys()
    await world.travel(SIGN_IN_RULE)
    assert world.requests[9][3] == {}


async def test_one_traveller_keeps_the_cookies() -> None:
    world = whole()
    traveller = Traveller(JourneySettings(rules=(SIGN_IN_RULE,)))
    await travel(world.client, START, traveller)
    again = await travel(world.client, f"{ISSUER}/offer", traveller)
    assert again.offer == OFFER
    assert again.steps == (f"GET {ISSUER}/offer: 200",)


async def test_nothing_secret_of_a_journey_is_recorded() -> None:
    world = whole(f"<main>{link(OFFER)}{qr(OFFER)}{segno.make(OFFER).svg_inline()}</main>")
    await world.travel(SIGN_IN_RULE)
    written = str([exchange.to_json() for exchange in world.recorder.exchanges])
    assert len(world.recorder.exchanges) == 9
    picture = base64.b64encode(png(OFFER)).decode()
    for secret in ("pa55-word", "signed-in-s3cret", "kenneth", "abcdefghijkl", CODE, picture[200:240], "qrline"):
        assert secret not in written


@pytest.mark.parametrize(
    "shown",
    [
        '<img src="data:image/png;base64,{0}">',
        "<img src='data:image/png;base64,{0}'>",
        "<img src=data:image/png;base64,{0}>",
        "<img src=\"data:image/svg+xml;charset=utf-8,%3Csvg%3E%3Cpath d='x'/%3E%3Cpath d='{0}'/%3E\">",
        '<svg viewBox="0 0 9 9"><path d="{0}"/></svg>',
        '<svg viewBox="0 0 9 9"><path d="{0}',
        '{{"qr": "data:image/png;base64,{0}"}}',
    ],
)
def test_pictures_are_left_out_of_what_is_written_down(shown: str) -> None:
    picture = "M4 4h7v1".replace(" ", "") * 20
    written = Recorder().redactor.page(f"<p>before</p>{shown.format(picture)}<p>after</p>")
    assert picture[:16] not in written
    assert written.startswith("<p>before</p>")
    assert "sha256" in written


async def test_an_offer_that_html_hides_is_not_recorded_either() -> None:
    raw = f"openid-credential-offer://?credential_offer={JSON}"
    world = World(issuer_refresh=html(link(raw)))
    assert (await world.travel()).offer == raw
    world.recorder.look_back()
    assert CODE not in str([exchange.to_json() for exchange in world.recorder.exchanges])


# --- where the offer is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "offer"),
    [
        (OFFER, True),
        ("openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foffer", True),
        ("https://wallet.example/add?x=1&credential_offer=", True),
        (f"/view?offer={OFFER}", False),
        ("https://wallet.example/add#credential_offer=x", False),
        ("https://wallet.example/credential_offer", False),
        ("https://[", False),
        ("?credential_offer=" + "x" * 200_000, False),
    ],
)
def test_an_offer_is_known_by_the_name_of_a_parameter(url: str, offer: bool) -> None:
    assert is_offer(url) is offer


@pytest.mark.parametrize(
    ("page", "by"),
    [
        (to(OFFER, 303), "redirect"),
        (html(f"<meta http-equiv=refresh content='0;url={OFFER}'>"), "redirect"),
        (html(f"<script>location.href = '{OFFER}'</script>"), "redirect"),
        (html(link(OFFER)), "link"),
        (html(f"<header><a href='{OFFER}'>Add</a></header>"), "link"),
        (html(qr(OFFER)), "qr"),
        (html(segno.make(OFFER).svg_inline(scale=3)), "qr"),
        (html(f"<img src='{segno.make(OFFER).svg_data_uri(scale=3)}'>"), "qr"),
        (html("<img src=/picture>"), "qr"),
        (
            html(
                "<form action='https://wallet.example/add'>"
                f"<input type=hidden name=credential_offer value='{markup.escape(JSON)}'></form>"
            ),
            "link",
        ),
    ],
    ids=["redirect", "refresh", "script", "link", "aside", "PNG", "SVG", "SVG in img", "fetched", "form"],
)
async def test_an_offer_is_found_wherever_it_is(page: Page, by: str) -> None:
    world = World(issuer_refresh=page, issuer_picture=lambda _: Response(png(OFFER), media_type="image/png"))
    journey = await world.travel()
    assert journey.offer is not None
    assert dict(parse_qsl(journey.offer.partition("?")[2]))["credential_offer"] == JSON
    assert journey.offer_by == by
    assert not any(name.startswith("wallet") for _, name, *_ in world.requests)


@pytest.mark.parametrize(
    ("page", "agree"),
    [
        (link(OFFER) + qr(OFFER), True),
        (link(OFFER.replace("%7B", "%7b")) + qr(OFFER), True),
        (link(OFFER) + qr(OTHER), False),
        (link(OFFER) + qr(OFFER.replace("wallet.", "elsewhere.")), False),
        (link(OFFER) + link(OTHER) + qr(OFFER), False),
        (link(OFFER), None),
        (qr(OFFER), None),
        (link(OFFER) + qr("https://help.example/"), None),
    ],
)
async def test_whether_link_and_code_are_the_same(page: str, agree: bool | None) -> None:
    journey = await World(issuer_refresh=html(page)).travel()
    assert journey.offers.agree is agree


async def test_pictures_are_fetched_from_the_pages_host_only() -> None:
    pictures = "<img src=/qr.png><img src=https://cdn.example/qr.png><img src=//issuer.example/logo.png>"
    form = "<form><button>Go</button></form>"
    world = World(issuer_refresh=html(pictures + form))
    await world.travel(FormRule("*", stop=True))
    assert [name for _, name, *_ in world.requests] == ["issuer_refresh", "issuer_qr.png"]
    assert "cookie" not in world.headers[1]


async def test_a_picture_that_cannot_be_read_is_told() -> None:
    page = link(OFFER) + "<img alt=QR src='data:image/gif;base64,R0lGODlh'><img alt=QR src=/none.png>"
    journey = await World(issuer_refresh=html(page)).travel()
    assert journey.offers.codes == ()
    assert journey.offers.unread == (
        "a picture in the page is neither PNG nor SVG: 'data:image/gif;base64,R0lGODlh'",
        f"{ISSUER}/none.png: it was answered with status 404",
    )


async def test_the_first_url_is_opened_whatever_it_is_called() -> None:
    url = f"{START}?credential_offer=x"
    assert (await World(issuer_refresh=html(link(OFFER))).travel(url=url)).offer == OFFER


# --- pages that need no rule -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        "<main><form action=/next><input name=nickname><button>Go</button></form></main>",
        "<form action=/cookies method=post id=cookies></form><header><form action=/search></form></header>"
        "<main><form action=/next></form></main><a href=/x>x</a>",
        "<main><form action=/next><input type=radio name=only value=x></form></main>",
        "<main><form action=/next><input type=radio name=sure value=No>"
        "<input type=radio name=sure value=Yes></main>",
        "<header><a href=/x>x</a></header><main><a href=/next class=govuk-button role=button>Start now</a>"
        "<a href=/guidance>Guidance</a></main>",
        "<nav><a href=/x>x</a></nav><p>Go on <a href=/next>here</a></p>",
        "<a href=/next>Go on</a> or <a href=/next>go on</a>",
        "<script>window.location.replace('/next')</script><p><a href=/next>Go on</a></p>",
        "<noscript><a href=/next>Go on</a></noscript><script src=x.js></script>",
        "<meta http-equiv=refresh content='0;url=/next'><a href=/x>x</a><a href=/y>y</a>",
        "<form action=/next method=post><input type=hidden name=SAMLResponse value=x></form>"
        "<script>document.forms[0].submit()</script>",
    ],
)
async def test_a_simple_page_needs_no_rule(page: str) -> None:
    world = World(issuer_refresh=html(page), issuer_next=html(link(OFFER)))
    assert (await world.travel()).offer == OFFER
    assert len(world.requests) == 2
    assert world.slept == []


async def test_a_page_that_goes_on_in_a_while_is_waited_for() -> None:
    world = World(
        issuer_refresh=html("<meta http-equiv=refresh content='3;url=/next'><h1>Please wait</h1>"),
        issuer_next=html(link(OFFER)),
    )
    assert (await world.travel()).offer == OFFER
    assert world.slept == [3.0]


@pytest.mark.parametrize(
    "page",
    [
        html("<main><h1>You cannot refresh this card</h1><p>There is no update.</p></main>"),
        html("<main><h1>Sorry</h1><a href=/refresh>Try again</a></main>"),
        html("<header><a href=/x>x</a></header><main><h1>Done</h1></main><footer><a href=/y>y</a></footer>"),
        html("<meta http-equiv=refresh content='1800;url=/timeout'><h1>Done</h1>"),
        html("<h1>Not allowed</h1><form><input name=q></form>", 403),
        html("<main><a href='javascript:go()'>Go</a><a href='data:text/html,x'>x</a></main>"),
        lambda _: Response("{}", media_type="application/json"),
        lambda _: Response(status_code=500),
    ],
    ids=["told", "back", "beside", "time-out", "refused", "schemes", "JSON", "nothing"],
)
async def test_a_page_that_leads_nowhere_ends_the_journey(page: Page) -> None:
    world = World(issuer_refresh=page)
    journey = await world.travel()
    assert (journey.offer, journey.offer_by, journey.hint) == (None, None, None)
    assert len(world.requests) == 1
    assert journey.last is not None


async def test_a_page_of_words_and_links_ends_the_journey_with_a_hint() -> None:
    page = "<main><h1>Cards</h1><a href=/a>Card A</a> <a href=/b>Card B</a></main>"
    journey = await World(issuer_refresh=html(page)).travel()
    assert journey.hint == (
        f'the journey is stuck at {START} ("Cards"), which has the links "Card A" to {ISSUER}/a, "Card B" to '
        f'{ISSUER}/b; add under [journey] in assay.toml: rule = [{{ url = "{START}*", follow = "Card A" }}]'
        "  # or stop = true after the url, where the way ends"
    )


GIF = f"data:image/gif;base64,{base64.b64encode(b'GIF89a').decode()}"
BY_SCRIPT = "<script>draw()</script>"


@pytest.mark.parametrize(
    ("page", "what"),
    [
        (
            f"<canvas></canvas>{BY_SCRIPT}",
            "a picture that may be a QR code and could not be read (scripts draw it)",
        ),
        (
            f"<div id=qrcode></div>{BY_SCRIPT}<a href=/again class=govuk-button>Start again</a>",
            "a picture that may be a QR code and could not be read (scripts draw it)",
        ),
        (f"<button>Add</button>{BY_SCRIPT}", 'the button "Add", which does nothing without scripts'),
        (
            f"<img alt='QR code' src={GIF}><a href=/again>Start again</a>",
            "a picture that may be a QR code and could not be read (a picture in the page is neither PNG nor SVG: "
            f"'{GIF[:30]}')",
        ),
        (
            "<img alt='QR code' src=https://pictures.example/1.png>",
            "a picture that may be a QR code and could not be read (https://pictures.example/1.png is on another "
            "host)",
        ),
    ],
    ids=["canvas", "place", "button", "GIF", "host"],
)
async def test_an_offer_that_may_be_out_of_sight_ends_the_journey_with_a_hint(page: str, what: str) -> None:
    journey = await World(issuer_refresh=html(f"<main><h1>Add it</h1>{page}</main>")).travel()
    assert journey.hint == (
        f'the journey ends at {START} ("Add it"), which has {what}; set kind = "browser" under [journey] in '
        "assay.toml"
    )
    assert len(journey.replies) == 1


@pytest.mark.parametrize(
    "page",
    [
        f"<div class=qr-code>{qr('https://apps.example')}</div>{BY_SCRIPT}<a href=/next>Continue</a>",
        f"<button>Print</button>{BY_SCRIPT}<a href=/next>Continue</a>",
        f"<form><button>Search</button></form><canvas></canvas>{BY_SCRIPT}",
        "<div id=qr></div><a href=/next>Continue</a>",
        "<a href=/next role=button class=govuk-button>Continue</a>"
        "<a href=/cancel role=button class='govuk-button govuk-button--secondary'>Cancel</a>",
    ],
    ids=["another-code", "button", "form", "no-scripts", "secondary"],
)
async def test_what_may_be_out_of_sight_does_not_hide_the_way(page: str) -> None:
    world = World(issuer_refresh=html(f"<main>{page.replace('<form>', '<form action=/next>')}</main>"))
    world.pages["issuer_next"] = html(link(OFFER))
    assert (await world.travel()).offer == OFFER


async def test_a_search_is_not_what_a_page_is_about() -> None:
    search = "<form role=search action=/search><input name=q><button>Search</button></form>"
    world = World(
        issuer_refresh=html(f"{search}<form action=/next><button>Go on</button></form>"),
        issuer_next=html(link(OFFER)),
    )
    assert (await world.travel()).offer == OFFER


# --- rules -----------------------------------------------------------------------------------------------


async def test_a_page_that_asks_says_how_to_answer_it_and_that_works(tmp_path: Path) -> None:
    page = (
        "<title>Details</title><main><h1>Your details</h1><form method=post action=/refresh?token=s3cret>"
        "<input name=card.number required><input type=password name=password>"
        "<input type=radio name=how value=post><input type=radio name=how value=email>"
        "<select name=country><option>UK</select><button name=go value=1>Next</button></form>"
        "<a href=/help>Help</a></main>"
    )
    world = World(issuer_refresh=ask(page, to(OFFER)))
    error = await world.stuck()
    assert str(error).startswith(
        f'the journey is stuck at {START} ("Details", "Your details"), which has a form with fields card.number '
        '(text), password (password), how (radio: post | email), country (select) and the buttons "Next" and the '
        f'links "Help" to {ISSUER}/help; add under [journey] in assay.toml: rule = ['
    )
    assert error.journey.last is not None
    lines = str(error).partition("assay.toml: ")[2]
    assert tomllib.loads(lines)["rule"][0]["url"] == f"{START}*"
    (tmp_path / "assay.toml").write_text(f"[journey]\n{lines}", encoding="utf-8")
    settings = config.load({}, {"USER_PASSWORD": "pa55"}, tmp_path).journey
    assert (await travel(world.client, START, Traveller(settings))).offer == OFFER
    assert world.sent[-1][2] == {
        "card.number": "...",
        "password": "pa55",
        "how": "post",
        "country": "UK",
        "go": "1",
    }


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (FormRule("*", follow="card b"), "b"),
        (FormRule(f"{ISSUER}/*", heading="which CARD*", follow="Card B"), "b"),
        (FormRule("*", heading="other", follow="Card A"), None),
        (FormRule("https://elsewhere.example/*", follow="Card A"), None),
        (FormRule("*", follow="Card C"), None),
        (FormRule("*", submit="Card A"), "a"),
        (FormRule("*", stop=True), None),
    ],
)
async def test_a_rule_says_which_link_is_followed(rule: FormRule, path: str | None) -> None:
    page = (
        "<main><h1>Which card?</h1><a href=/a role=button>Card A</a><a href=/b role=button>Card B</a>"
        "<form action=/c><button>None</button></form><form action=/d></form></main>"
    )
    world = World({f"issuer_{name}": html(link(OFFER)) for name in "abcd"}, issuer_refresh=html(page))
    if path is None and not rule.stop:
        await world.stuck(rule)
    else:
        assert (await world.travel(rule)).offer == (None if rule.stop else OFFER)
        assert world.sent[1:] == ([] if path is None else [("GET", f"issuer_{path}", {})])


async def test_who_declines_presses_the_other_button() -> None:
    page = (
        "<form method=post><button name=a value=yes>Agree</button><button name=a value=no>Cancel</button></form>"
    )
    world = World(issuer_refresh=ask(page, html("<h1>Cancelled</h1>")))
    settings = JourneySettings(rules=(FormRule("*/refresh", decline="Cancel"),)).declining
    assert (await travel(world.client, START, Traveller(settings))).offer is None
    assert world.sent[-1][2] == {"a": "no"}


def answer(url: str, title: str, heading: str, page: str) -> dict[str, Any]:
    """A team's hook."""
    assert (title, heading) == ("T", "Sign in")
    assert '"name": "email"' in page
    return {"action": "submit", "fields": {"email": url.rpartition("/")[2]}, "submit": "Go"}


SMALL = "<title>T</title><h1>Sign in</h1><form method=post><input name=email required><button>Go</button></form>"


def command(script: str) -> CommandHook:
    return CommandHook("page", (sys.executable, "-c", f"import os; {script}"), Path())


@pytest.mark.parametrize(
    ("hook", "sent"),
    [
        (PythonHook("page", f"{__name__}:answer", Path()), {"email": "refresh"}),
        (
            command("""print('{"action": "submit", "fields": {"email": "' + os.environ['ASSAY_TITLE'] + '"}}')"""),
            {"email": "T"},
        ),
        (command(f'print(\'{{"action": "open", "url": "{ISSUER}/open"}}\')'), {}),
        (StaticHook("page", '{"action": "follow", "follow": "Skip"}'), {}),
    ],
    ids=["python", "command", "open", "follow"],
)
async def test_a_hook_says_what_is_done_on_a_page(hook: Any, sent: dict[str, str]) -> None:
    world = World(issuer_refresh=ask(f"{SMALL}<a href=/open>Skip</a>", to(OFFER)), issuer_open=html(link(OFFER)))
    assert (await world.travel(FormRule("*/refresh", hook=hook))).offer == OFFER
    assert world.sent[-1][2] == sent


async def test_a_hook_may_leave_a_page_to_the_next_rule_or_stop() -> None:
    world = World(issuer_refresh=ask(SMALL, to(OFFER)))
    leave = FormRule("*", hook=StaticHook("page", "default"))
    assert (await world.travel(leave, FormRule("*", {"email": "e"}))).offer == OFFER
    assert (await world.travel(FormRule("*", hook=StaticHook("page", "stop")))).offer is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("dance", "the action has to be default, stop, submit"),
        ('{"action": "follow"}', "the action has to be"),
        ('{"action": "follow", "follow": "Nothing"}', f"names what the page {START} does not have"),
        ('{"action": "submit", "fields": {"x": "1"}}', "does not have"),
        ('{"action": "submit", "fields": {"email": 1}}', '"fields" has to be an object of strings'),
        ("{", "no JSON"),
    ],
)
async def test_a_hook_that_cannot_be_followed_is_told(told: str, words: str) -> None:
    error = await World(issuer_refresh=html(SMALL)).stuck(FormRule("*", hook=StaticHook("page", told)))
    assert words in str(error)


# --- breaking off and changing requests ------------------------------------------------------------------


async def test_a_traveller_may_break_off_before_sign_in() -> None:
    world = whole()
    traveller = Traveller(JourneySettings(), stop_before=lambda url: url.startswith(LOGIN))
    journey = await travel(world.client, START, traveller)
    assert journey.offer is None
    assert journey.stopped_before == f"{LOGIN}/authorize?state=st4te"
    assert not any(name.startswith("login") for _, name, *_ in world.requests)


async def test_a_traveller_may_change_a_request() -> None:
    world = whole()
    settings = JourneySettings(rules=(SIGN_IN_RULE,))
    traveller = Traveller(settings, on_request=lambda url: url.replace("&state=st4te", "&state=other"))
    journey = await travel(world.client, START, traveller)
    assert journey.offer is None
    assert journey.last is not None
    assert journey.last.url.endswith("state=other")
    assert journey.last.status == 400


async def test_a_traveller_may_drop_a_request() -> None:
    world = whole()
    traveller = Traveller(JourneySettings(), on_request=lambda url: None if "/authorize" in url else url)
    journey = await travel(world.client, START, traveller)
    assert journey.stopped_before == f"{LOGIN}/authorize?state=st4te"


# --- bounds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "words", "requests"),
    [
        (to("/refresh"), f"took more than {MOST_STEPS} steps", MOST_STEPS),
        (html("<meta http-equiv=refresh content=0;url=/refresh>"), "took more than", MOST_STEPS),
        (html("<meta http-equiv=refresh content=1><h1>Wait</h1>"), "took more than", MOST_STEPS),
        (html("<script>location='/refresh'</script>"), "took more than", MOST_STEPS),
        (html("<form method=post><input name=x><button>Go</button></form>"), "comes back each time", 4),
        (to("file:///etc/passwd"), "led to file:///etc/passwd, which is neither a page nor", 1),
        (to("javascript:alert(1)"), "neither a page nor", 1),
        (html("<meta http-equiv=refresh content='0;url=data:text/html,x'>"), "neither a page nor", 1),
        (html("<script>location.href='javascript:go()'</script>"), "neither a page nor", 1),
        (html("<form action='javascript:go()' method=post><button>x</button></form>"), "neither a page nor", 1),
        (to("http://[/"), "no usable Location", 1),
        (html("<form></form>" * 200), "cannot be read", 1),
        (html("x" * 2_000_001), "cannot be read", 1),
        (html("<script src=app.js></script><div id=root></div>"), 'set kind = "browser" under [journey]', 1),
        (html("<a href=/a role=button>A</a><a href=/b role=button>B</a>"), "follow = ", 1),
    ],
    ids=[
        *("redirects", "refreshes", "slow refreshes", "scripts", "form", "file", "javascript", "data"),
        *("script scheme", "form scheme", "bad", "forms", "large", "app", "buttons"),
    ],
)
async def test_a_journey_that_cannot_go_on_says_why(page: Page, words: str, requests: int) -> None:
    world = World(max_body=60_000_000, issuer_refresh=page)
    error = await world.stuck()
    assert words in str(error)
    assert len(world.requests) == requests
    assert error.journey.offer is None


async def test_an_endless_answer_is_cut_off() -> None:
    with pytest.raises(TransportFailure) as caught:
        await World(issuer_refresh=html("x" * 50_000_000)).travel()
    assert caught.value.kind == "too-large"


async def test_plain_http_to_another_machine_is_not_spoken() -> None:
    with pytest.raises(TransportFailure) as caught:
        await World(issuer_refresh=to("http://issuer.example/x")).travel()
    assert caught.value.kind == "insecure"


async def test_loopback_hosts_need_no_tls_and_keep_their_cookies() -> None:
    world = World(
        {
            "127_refresh": to("http://localhost:3/x", a="1"),
            "localhost_x": to("http://127.0.0.1:1/y"),
            "127_y": html(link(OFFER)),
        }
    )
    assert (await world.travel(url="http://127.0.0.1:2/refresh")).offer == OFFER
    assert [cookies for *_, cookies in world.requests] == [{}, {}, {"a": "1"}]


async def test_too_long_a_journey_is_told() -> None:
    async def slow(_: Request) -> Response:
        import asyncio

        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(JourneyTimeout) as caught:
        await World(issuer_refresh=slow).travel(timeout_s=0.05)
    assert str(caught.value) == f"the journey from {START} did not end within 0.05 s (journey.timeout_s)"


async def test_a_hostile_page_stays_one_line() -> None:
    name = "a\n\x1b[31mb" * 50
    form = f"<form><input required name='{name}'></form>"
    page = f"<title>\u2028{name}</title><h1>{name}</h1>{form}<a href=/x>{name}</a>"
    error = await World(issuer_refresh=html(page)).stuck()
    assert "\x1b" not in str(error)
    assert "\u2028" not in str(error)
    assert len(str(error)) < 2_000


# --- a program -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"print('{OFFER}&from=' + sys.argv[-1])", None),
        ("print('https://elsewhere.example')", "did not print a link with a Credential Offer"),
        ("sys.exit(3)", "ended with status 3"),
    ],
)
async def test_a_program_may_be_the_traveller(script: str, words: str | None) -> None:
    program = (sys.executable, "-c", f"import sys; {script}")
    if words is None:
        journey = await World().travel(kind="command", command=program)
        assert journey == Journey(f"{OFFER}&from={START}")
    else:
        assert words in str(await World().stuck(kind="command", command=program))


# --- a browser -------------------------------------------------------------------------------------------


def chromium() -> str | None:
    try:
        import playwright  # noqa: F401
    except ImportError:
        return None
    return os.environ.get("ASSAY_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


in_browser = pytest.mark.skipif(chromium() is None, reason="Playwright or Chromium is not installed")


@in_browser
async def test_a_browser_goes_the_whole_way() -> None:
    world = whole()
    traveller = Traveller(JourneySettings("browser", (SIGN_IN_RULE,)))
    journey = await travel(world.client, START, traveller)
    assert (journey.offer, journey.offer_by) == (OFFER, "link")
    assert journey.offers.agree is True
    assert world.sent[1] == ("POST", "issuer_refresh", {"_csrf": "t", "refresh": "true"})
    assert journey.steps[-1] == f"GET {ISSUER}/offer: 200"
    again = await travel(world.client, f"{ISSUER}/offer", traveller)
    assert again.steps == (f"GET {ISSUER}/offer: 200",)


@in_browser
async def test_a_browser_waits_for_a_page_that_goes_on_in_a_while() -> None:
    world = World(
        issuer_refresh=html("<meta http-equiv=refresh content='1;url=/next'><h1>Please wait</h1>"),
        issuer_next=html(link(OFFER)),
    )
    assert (await world.travel(kind="browser")).offer == OFFER
    assert [name for _, name, *_ in world.requests if name != "issuer_favicon.ico"] == [
        "issuer_refresh",
        "issuer_next",
    ]


CANVAS = """<main><canvas id=c width=400 height=400></canvas></main><script>
const picture = new Image();
picture.onload = () => document.getElementById('c').getContext('2d').drawImage(picture, 0, 0, 400, 400);
picture.src = 'data:image/png;base64,%s';
</script>"""


@in_browser
async def test_a_browser_sees_a_code_that_a_script_draws() -> None:
    page = CANVAS % base64.b64encode(png(OFFER)).decode()
    journey = await World(issuer_refresh=html(page)).travel(kind="browser")
    assert (journey.offer, journey.offer_by) == (OFFER, "qr")


@in_browser
async def test_a_browser_breaks_off_too() -> None:
    world = whole()
    traveller = Traveller(JourneySettings("browser"), stop_before=lambda url: url.startswith(LOGIN))
    journey = await travel(world.client, START, traveller)
    assert journey.stopped_before == f"{LOGIN}/authorize?state=st4te"
    assert journey.offer is None


@in_browser
async def test_a_browser_that_is_stuck_says_what_the_page_asks() -> None:
    error = await World(issuer_refresh=html(SMALL)).stuck(kind="browser")
    assert f'stuck at {START} ("T", "Sign in"), which has a form with fields email (text)' in str(error)


@in_browser
async def test_a_browser_follows_links_and_hooks() -> None:
    rules = (FormRule("*/refresh", hook=StaticHook("page", '{"action": "follow", "follow": "Skip"}')),)
    world = World(
        issuer_refresh=html(f"{SMALL}<a href=/open>Skip</a>"),
        issuer_open=html("<main><h1>Choose</h1><a href=/one>One</a> <a href=/two>Two</a></main>"),
        issuer_two=to(OFFER),
    )
    journey = await world.travel(*rules, FormRule("*", heading="choose", follow="Two"), kind="browser")
    assert (journey.offer, journey.offer_by) == (OFFER, "redirect")
