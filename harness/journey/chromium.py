"""A real browser on the way through web pages, for pages that need scripts: Chromium, driven by Playwright.

Playwright is an optional extra. Whatever the browser requests is sent by the run's own transport, so that it is
recorded, redacted and judged by the run's TLS settings, and so that the redirect URI need not exist; pictures,
fonts and films are left out. The browser keeps the cookies.

The fields of a rule are looked for by their ``name`` or ``id``, since pages made by scripts often have no more.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.formats import html_forms, html_page, png
from harness.formats.html_forms import HtmlError
from harness.formats.html_page import WebPage
from harness.formats.raster import PictureError
from harness.journey.pages import is_redirect, matches, note_typed, place
from harness.journey.pictures import Shown
from harness.journey.walker import REDIRECT, Action, Fill, Follow, Guide
from harness.settings import FormRule
from harness.transport import Client, Reply, TransportFailure

if TYPE_CHECKING:
    from playwright.async_api import BrowserType, ElementHandle, Page, Request, Route

EXECUTABLE = "ASSAY_CHROMIUM"
"""Environment variable with the path of the Chromium to use."""

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_HEAVY = frozenset({"media", "font"})
_LEFT_OUT = _HEAVY | {"image"}
_MOST_REQUESTS = 1_000
_MOST_REDIRECTS = 20
_POLL_S = 0.05
_SETTLED_S = 0.5
"""A page that has requested nothing for this long is taken for loaded."""
_QUIET_S = 3.0
"""A page that has requested nothing for this long, and that no rule fits, is where the way ends."""
_CONNECTION_FIELDS = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "location", "transfer-encoding"}
)
"""Header fields of an answer that do not describe what is handed on to the browser."""
_NOT_HANDED_ON = frozenset({"accept-encoding", "connection", "content-length", "cookie", "host"})

_FIND_BUTTON = """
([word, names, number]) => {
  const seen = e => e.checkVisibility() && !e.disabled;
  const field = names.map(n => document.querySelector(`[name=${CSS.escape(n)}], [id=${CSS.escape(n)}]`))[0];
  const scope = (number !== null && document.forms[number]) || (field && field.form) || document;
  const submits = 'button:not([type]), button[type=submit], input[type=submit], input[type=image]';
  const all = submits + ', button, input[type=button], [role=button], a';
  if (word === null) return [...scope.querySelectorAll(submits)].find(seen) || null;
  const called = e => [e.getAttribute('name'), e.getAttribute('value')].includes(word)
    || (e.textContent || e.value || '').replace(/\\s+/g, ' ').trim().toLowerCase() === word.toLowerCase();
  const buttons = [...scope.querySelectorAll(all), ...document.querySelectorAll(all)];
  return buttons.find(e => seen(e) && called(e)) || null;
}
"""
_PICTURES = "img, svg, canvas, object, embed"
_MOST_PICTURES = 50
_SCREENSHOT_MS = 2_000
_SQUARE = """
e => { const box = e.getBoundingClientRect();
  return e.checkVisibility() && box.width >= 40 && Math.abs(box.width - box.height) < 0.1 * box.width }
"""
_ALREADY = "rule => (window.assayAnswered ||= []).includes(rule)"
_REMEMBER = "rule => { (window.assayAnswered ||= []).push(rule) }"
_ASKS = "() => [...document.querySelectorAll('input, button, select, textarea')].some(e => e.checkVisibility())"


@dataclass
class Memory:
    """What a browser keeps from one way to the next: cookies and the pages' storage."""

    state: Any = None


async def go(client: Client, guide: Guide, url: str, purpose: str, memory: Memory | None = None) -> str | None:
    """Open a URL in Chromium and go where the guide says.

    Args:
        purpose: of the first request.
        memory: of the browser; by default it is fresh and forgets.

    Returns:
        The URL by which the guide arrived; ``None`` when the way ended on a page or before a request.

    Raises:
        TransportFailure: a page could not be fetched.

    Raises the guide's error when there is no Playwright or no Chromium, and when the way cannot go on.

    """
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        raise guide.stuck(
            f'{guide.settings_name}.kind is browser, which needs Playwright: pip install "oid4vci-assay[browser]"'
        ) from None
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=_executable(playwright.chromium, guide))
        except Error as error:
            raise guide.stuck(f"Chromium does not start: {error.message.splitlines()[0][:200]}") from None
        try:
            context = await browser.new_context(
                service_workers="block", accept_downloads=False, storage_state=memory.state if memory else None
            )
            # What another window requests would go past the transport; the page's own route comes first.
            await context.route("**/*", _refuse)
            session = _Session(client, guide, await context.new_page(), Error)
            arrived = await session.run(url, purpose)
            if memory is not None:
                memory.state = await context.storage_state()
            return arrived
        finally:
            await browser.close()


async def _refuse(route: Route) -> None:
    await route.abort()


def _executable(chromium: BrowserType, guide: Guide) -> str:
    """Give the path of the Chromium to use: the team's choice, Playwright's own, or the machine's."""
    if chosen := os.environ.get(EXECUTABLE):
        return chosen
    if Path(chromium.executable_path).exists():
        return chromium.executable_path
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        raise guide.stuck(
            f"there is no Chromium: run playwright install chromium, or set {EXECUTABLE} to its path"
        )
    return found


class _Session:
    """One browser session on its way."""

    def __init__(self, client: Client, guide: Guide, page: Page, browser_error: type[Exception]) -> None:
        self._client = client
        self._guide = guide
        self._page = page
        self._browser_error = browser_error
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[str | None] = self._loop.create_future()
        self._purpose = ""
        self._judged = 0.0
        """The last request before the page was looked at for where the way was to lead."""
        self._last_request = self._loop.time()
        self._under_way = 0
        self._requests = 0
        self._answered: Counter[tuple[str, int]] = Counter()

    async def run(self, url: str, purpose: str) -> str | None:
        self._purpose = purpose
        await self._page.route("**/*", self._serve)
        # Not page.goto, which would take the aborted request for the redirect URI for a failure.
        await self._page.evaluate("url => { location.href = url }", url)
        try:
            while not self._end.done():
                await asyncio.wait([self._end], timeout=_POLL_S)
                try:
                    if not self._end.done() and not self._under_way:
                        await self._look()
                except self._browser_error:
                    continue  # the page went away while it was looked at
            return self._end.result()
        finally:
            await self._page.unroute_all(behavior="ignoreErrors")

    # What the browser requests

    async def _serve(self, route: Route) -> None:
        self._under_way += 1
        try:
            await self._answer(route)
        except TransportFailure as error:
            if _is_page(route.request):
                self._fail(error)
            await route.abort()
        except self._browser_error:
            pass  # the page that asked is gone
        except Exception as error:  # Playwright would print it and go on
            self._fail(error)
            await route.abort()
        finally:
            self._under_way -= 1
            self._last_request = self._loop.time()

    async def _answer(self, route: Route) -> None:
        request = route.request
        purpose = self._purpose_of(request)
        if self._guide.arrived(request.url, purpose):
            self._finish(request.url)
            await route.abort()
            return
        if request.resource_type in (_HEAVY if self._guide.shows_pictures else _LEFT_OUT):
            await route.abort()
            return
        url = self._guide.turn(request.url) if _is_page(request) else request.url
        if url is None:
            self._finish(None)
            await route.abort()
            return
        reply = await self._fetch(request, purpose, url, request.method, request.post_data_buffer)
        for _ in range(_MOST_REDIRECTS):
            if not is_redirect(reply):
                break
            target = self._guide.redirected(reply)
            if self._guide.arrived(target, REDIRECT if _is_page(request) else purpose):
                self._finish(target)
                await route.abort()
                return
            if not target.lower().startswith(("https:", "http:")):
                raise self._guide.stuck(f"the user was sent to {place(target)}, which is no page")
            repeats = reply.status in (307, 308)
            if request.is_navigation_request() and not (repeats and request.method != "GET"):
                await route.fulfill(status=200, headers=_headers(reply, "text/html"), body=_onward(target))
                return
            turned = self._guide.turn(target) if _is_page(request) else target
            if turned is None:
                self._finish(None)
                await route.abort()
                return
            target = turned
            body = request.post_data_buffer if repeats else None
            reply = await self._fetch(request, purpose, target, request.method if repeats else "GET", body)
        await route.fulfill(status=reply.status, headers=_headers(reply), body=reply.body)

    def _purpose_of(self, request: Request) -> str:
        first = _is_page(request) and not self._guide.replies
        return self._purpose if first else f"user: {request.resource_type}"

    async def _fetch(self, request: Request, purpose: str, url: str, method: str, content: bytes | None) -> Reply:
        self._requests += 1
        if self._requests > _MOST_REQUESTS:
            raise self._guide.stuck(f"the user's browser made more than {_MOST_REQUESTS} requests")
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_HANDED_ON}
        if content is None:
            headers.pop("content-type", None)
        if cookies := await self._page.context.cookies(url):
            headers["cookie"] = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)
        reply = await self._client.send(purpose, method, url, headers=headers, content=content)
        if _is_page(request):
            self._guide.replies.append(reply)
        return reply

    def _finish(self, url: str | None) -> None:
        if not self._end.done():
            self._end.set_result(url)

    def _fail(self, error: Exception) -> None:
        if not self._end.done():
            self._end.set_exception(error)

    # What the user does

    async def _look(self) -> None:
        """Answer the page when it is ready, or see that there is nothing to answer."""
        if await self._page.evaluate("document.readyState") == "loading":
            return
        quiet = self._loop.time() - self._last_request
        settled = bool(self._guide.replies) and quiet >= _SETTLED_S
        if settled and self._judged != self._last_request:
            self._judged = self._last_request
            if await self._guide.ends_on(await self._read(), self):
                self._finish(None)
                return
        for number, rule in enumerate(self._guide.rules):
            fresh = matches(rule, self._page.url) and not await self._page.evaluate(_ALREADY, number)
            if fresh and await self._by(number, rule, settled=settled):
                return
        if not settled:
            return
        page, reply = await self._read(), self._guide.replies[-1]
        default = len(self._guide.rules)
        if not await self._page.evaluate(_ALREADY, default):
            action = self._guide.default(page, reply)
            # What a script has made of the page may still be missing, such as what a form's button does.
            if isinstance(action, Follow) or (isinstance(action, Fill) and action.form.buttons):
                await self._do(default, action, page)
                return
        if quiet < _QUIET_S:
            return
        if await self._guide.ends_on(page, self):  # a script may have drawn what was not there before
            self._finish(None)
            return
        if why := self._guide.puzzle(page, reply):
            raise self._guide.stuck(why)
        if reply.status < 400 and not page.forms and await self._page.evaluate(_ASKS):
            raise self._guide.stuck(
                f"the user is stuck at {place(page.url)}, which has fields or buttons and no form; "
                f"add a [[{self._guide.rules_name}]] with its url, fields and submit to assay.toml"
            )
        self._finish(None)

    async def _read(self) -> WebPage:
        url = self._page.url
        try:
            return html_page.read(await self._page.content(), url)
        except HtmlError as error:
            raise self._guide.stuck(f"the page {place(url)} cannot be read: {error.detail}") from error

    async def pictures(self, page: WebPage, *, thorough: bool) -> Shown:
        """Give what looks like a code on the screen, whatever it is made of."""
        del page, thorough
        rasters = []
        unread = []
        for element in (await self._page.query_selector_all(_PICTURES))[:_MOST_PICTURES]:
            if not await element.evaluate(_SQUARE):
                continue
            try:
                rasters.append(png.read(await element.screenshot(type="png", timeout=_SCREENSHOT_MS)))
            except PictureError as error:
                unread.append(error.detail)
            except self._browser_error:
                unread.append("a picture of the page does not stay still")
        return Shown(tuple(rasters), tuple(unread))

    async def _by(self, number: int, rule: FormRule, *, settled: bool) -> bool:
        """Do what a rule says, if it fits the page as it is now."""
        simple = rule.hook is None and rule.follow is None and not rule.stop
        if simple and rule.heading is None:
            if not await self._fits(rule):
                return False
            await self._act(number, rule)
            return True
        # Hooks are asked once, and links and headings looked for when the page is whole.
        if not settled:
            return False
        page = await self._read()
        if simple:
            if not (matches(rule, page.url, page) and await self._fits(rule)):
                return False
            await self._act(number, rule)
            return True
        action = await self._guide.ruled(page, [rule])
        if action is None:
            if rule.hook is not None:
                await self._page.evaluate(_REMEMBER, number)
            return False
        await self._do(number, action)
        return True

    async def _do(self, number: int, action: Action, page: WebPage | None = None) -> None:
        match action:
            case Fill(form, fields, submit):
                # Several forms may have buttons that are called the same.
                place = page.forms.index(form) if page and form in page.forms else None
                await self._act(number, FormRule(self._page.url, fields, submit), place)
            case Follow(url, _, wait_s):
                await self._page.evaluate(_REMEMBER, number)
                before = len(self._guide.replies)
                await asyncio.sleep(wait_s)
                self._last_request = self._loop.time()
                if len(self._guide.replies) == before:  # else the browser went on by itself meanwhile
                    await self._page.evaluate("url => { location.href = url }", url)
            case _:
                self._finish(None)

    async def _fits(self, rule: FormRule) -> bool:
        for name in rule.fields:
            if not await self._page.locator(_visible(name)).count():
                return False
        return bool(rule.fields) or await self._button(rule) is not None

    async def _act(self, number: int, rule: FormRule, form: int | None = None) -> None:
        seen = (place(self._page.url), number)
        self._answered[seen] += 1
        if self._answered[seen] > self._guide.most_repeats:
            advice = self._guide.advice(await self._read())
            raise self._guide.stuck(f"the page {seen[0]} comes back each time its form is sent: {advice}")
        await self._page.evaluate(_REMEMBER, number)
        for name, value in rule.fields.items():
            await self._fill(name, value)
        button = await self._button(rule, form)
        self._last_request = self._loop.time()
        if button is not None:
            await button.click(no_wait_after=True)
        elif rule.fields:
            await self._page.locator(_visible(list(rule.fields)[-1])).first.press("Enter", no_wait_after=True)

    async def _fill(self, name: str, value: str) -> None:
        field = self._page.locator(_visible(name)).first
        match await field.evaluate("e => e.type"):
            case "checkbox":
                await field.set_checked(value.lower() not in html_forms.UNCHECKED)
            case "radio":
                await self._page.locator(f"[name={json.dumps(name)}][value={json.dumps(value)}]").first.check()
            case "select-one" | "select-multiple":
                await field.select_option(value)
            case kind:
                note_typed(self._client.recorder.redactor, kind, name, value)
                await field.fill(value)

    async def _button(self, rule: FormRule, form: int | None = None) -> ElementHandle | None:
        found = await self._page.evaluate_handle(_FIND_BUTTON, [rule.submit, list(rule.fields), form])
        return found.as_element()


def _is_page(request: Request) -> bool:
    """Whether a request is for the page itself, and not for a part of it or a frame in it."""
    return request.is_navigation_request() and request.frame.parent_frame is None


def _visible(name: str) -> str:
    quoted = json.dumps(name, ensure_ascii=False)
    return f"[name={quoted}]:visible, [id={quoted}]:visible"


def _onward(url: str) -> str:
    """Give a page that leads on; a redirect proper would be followed past the transport."""
    target = json.dumps(url).replace("<", "\\u003c")
    return f"<!doctype html><title>redirect</title><script>location.replace({target})</script>"


def _headers(reply: Reply, media_type: str | None = None) -> dict[str, str]:
    """Give the header fields that the browser gets to see."""
    if media_type is not None:
        # The rest of a redirect's header, such as a content security policy, is not for the page that stands in.
        shown: dict[str, Any] = {"content-type": media_type}
    else:
        shown = {name: value for name, value in reply.headers.items() if name not in _CONNECTION_FIELDS}
    if cookies := reply.headers.get_list("set-cookie"):
        shown["set-cookie"] = "\n".join(cookies)
    return shown
