"""A real browser as the simulated user, for pages that need scripts: Chromium, driven by Playwright.

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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.formats import html_forms
from harness.formats.html_forms import HtmlError
from harness.settings import FormRule, UserSettings
from harness.transport import Client, Reply, TransportFailure
from harness.wallet.browser import MOST_REPEATS, UserError, Visit, Way, asked, is_redirect, matches, place

if TYPE_CHECKING:
    from playwright.async_api import BrowserType, ElementHandle, Page, Request, Route

EXECUTABLE = "ASSAY_CHROMIUM"
"""Environment variable with the path of the Chromium to use."""

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_LEFT_OUT = frozenset({"image", "media", "font"})
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
([word, names]) => {
  const seen = e => e.checkVisibility() && !e.disabled;
  const field = names.map(n => document.querySelector(`[name=${CSS.escape(n)}], [id=${CSS.escape(n)}]`))[0];
  const scope = (field && field.form) || document;
  const submits = 'button:not([type]), button[type=submit], input[type=submit], input[type=image]';
  const all = submits + ', button, input[type=button], [role=button], a';
  if (word === null) return [...scope.querySelectorAll(submits)].find(seen) || null;
  const called = e => [e.getAttribute('name'), e.getAttribute('value')].includes(word)
    || (e.textContent || e.value || '').replace(/\\s+/g, ' ').trim().toLowerCase() === word.toLowerCase();
  const buttons = [...scope.querySelectorAll(all), ...document.querySelectorAll(all)];
  return buttons.find(e => seen(e) && called(e)) || null;
}
"""
_ALREADY = "rule => (window.assayAnswered ||= []).includes(rule)"
_REMEMBER = "rule => { (window.assayAnswered ||= []).push(rule) }"
_ASKS = "() => [...document.querySelectorAll('input, button, select, textarea')].some(e => e.checkVisibility())"


async def visit(client: Client, way: Way, url: str, user: UserSettings) -> Visit:
    """Open a URL in Chromium and answer pages by the rules; see :func:`harness.wallet.browser.visit`.

    Raises:
        UserError: there is no Playwright or no Chromium, or a page asks for what the user was not told.
        TransportFailure: a page could not be fetched.

    """
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        raise way.stuck(
            'user.kind is browser, which needs Playwright: pip install "oid4vci-assay[browser]"'
        ) from None
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=_executable(playwright.chromium, way))
        except Error as error:
            raise way.stuck(f"Chromium does not start: {error.message.splitlines()[0][:200]}") from None
        try:
            context = await browser.new_context(service_workers="block", accept_downloads=False)
            session = _Session(client, way, user, await context.new_page(), Error)
            return await session.run(url)
        finally:
            await browser.close()


def _executable(chromium: BrowserType, way: Way) -> str:
    """Give the path of the Chromium to use: the team's choice, Playwright's own, or the machine's."""
    if chosen := os.environ.get(EXECUTABLE):
        return chosen
    if Path(chromium.executable_path).exists():
        return chromium.executable_path
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        raise way.stuck(f"there is no Chromium: run playwright install chromium, or set {EXECUTABLE} to its path")
    return found


class _Session:
    """One browser session on its way back to the wallet."""

    def __init__(
        self, client: Client, way: Way, user: UserSettings, page: Page, browser_error: type[Exception]
    ) -> None:
        self._client = client
        self._way = way
        self._user = user
        self._page = page
        self._browser_error = browser_error
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[Visit] = self._loop.create_future()
        self._last_request = self._loop.time()
        self._under_way = 0
        self._requests = 0
        self._answered: Counter[tuple[str, int]] = Counter()

    async def run(self, url: str) -> Visit:
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
        except (UserError, TransportFailure) as error:
            if _is_page(route.request):
                self._fail(error)
            await route.abort()
        except self._browser_error:
            pass  # the page that asked is gone
        except Exception as error:  # Playwright would print it and go on
            self._fail(error)
        finally:
            self._under_way -= 1
            self._last_request = self._loop.time()

    async def _answer(self, route: Route) -> None:
        request = route.request
        if self._way.ended_by(request.url):
            self._finish(request.url)
            await route.abort()
            return
        if request.resource_type in _LEFT_OUT:
            await route.abort()
            return
        reply = await self._fetch(request, request.url, request.method, request.post_data_buffer)
        for _ in range(_MOST_REDIRECTS):
            if not is_redirect(reply):
                break
            target = self._way.redirected(reply)
            if self._way.ended_by(target):
                self._finish(target)
                await route.abort()
                return
            if not target.lower().startswith(("https:", "http:")):
                raise self._way.stuck(f"the user was sent to {place(target)}, which is no page")
            repeats = reply.status in (307, 308)
            if request.is_navigation_request() and not (repeats and request.method != "GET"):
                await route.fulfill(status=200, headers=_headers(reply, "text/html"), body=_onward(target))
                return
            body = request.post_data_buffer if repeats else None
            reply = await self._fetch(request, target, request.method if repeats else "GET", body)
        await route.fulfill(status=reply.status, headers=_headers(reply), body=reply.body)

    async def _fetch(self, request: Request, url: str, method: str, content: bytes | None) -> Reply:
        self._requests += 1
        if self._requests > _MOST_REQUESTS:
            raise self._way.stuck(f"the user's browser made more than {_MOST_REQUESTS} requests")
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_HANDED_ON}
        if content is None:
            headers.pop("content-type", None)
        if cookies := await self._page.context.cookies(url):
            headers["cookie"] = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)
        kind = request.resource_type
        purpose = f"user: {kind}" if self._way.replies or not _is_page(request) else "authorization request"
        reply = await self._client.send(purpose, method, url, headers=headers, content=content)
        if _is_page(request):
            self._way.replies.append(reply)
        return reply

    def _finish(self, url: str | None) -> None:
        if not self._end.done():
            self._end.set_result(self._way.back(url))

    def _fail(self, error: Exception) -> None:
        if not self._end.done():
            self._end.set_exception(error)

    # What the user does

    async def _look(self) -> None:
        """Answer the page when it is ready, or see that there is nothing to answer."""
        if await self._page.evaluate("document.readyState") == "loading":
            return
        url = self._page.url
        for number, rule in enumerate(self._user.forms):
            if matches(rule, url) and not await self._page.evaluate(_ALREADY, number) and await self._fits(rule):
                await self._act(number, rule)
                return
        quiet = self._loop.time() - self._last_request
        if not self._way.replies or quiet < _SETTLED_S:
            return
        default = len(self._user.forms)
        failed = self._way.replies[-1].status >= 400
        try:
            page = html_forms.read(await self._page.content(), url)
        except HtmlError as error:
            raise self._way.stuck(f"the page {place(url)} cannot be read: {error.detail}") from error
        simple = not failed and len(page.forms) == 1 and page.forms[0].buttons and not page.forms[0].unanswered
        if simple and not await self._page.evaluate(_ALREADY, default):
            await self._act(default, FormRule(url))
            return
        if quiet < _QUIET_S:
            return
        if not failed and page.forms:
            raise self._way.stuck(f"the user is stuck at {place(url)}, which has {asked(page, url, 'browser')}")
        if not failed and await self._page.evaluate(_ASKS):
            raise self._way.stuck(
                f"the user is stuck at {place(url)}, which has fields or buttons and no form; "
                "add a [[user.form]] with its url, fields and submit to assay.toml"
            )
        self._finish(None)

    async def _fits(self, rule: FormRule) -> bool:
        for name in rule.fields:
            if not await self._page.locator(_visible(name)).count():
                return False
        return bool(rule.fields) or await self._button(rule) is not None

    async def _act(self, number: int, rule: FormRule) -> None:
        seen = (place(self._page.url), number)
        self._answered[seen] += 1
        if self._answered[seen] > MOST_REPEATS:
            raise self._way.stuck(
                f"the page {seen[0]} comes back each time its form is sent: "
                "are the values under [user] in assay.toml right?"
            )
        await self._page.evaluate(_REMEMBER, number)
        for name, value in rule.fields.items():
            await self._fill(name, value)
        button = await self._button(rule)
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
                redactor = self._client.recorder.redactor
                if kind == "password":
                    redactor.hide(name)
                    redactor.learn(value)
                else:
                    redactor.learn_typed(name, value)
                await field.fill(value)

    async def _button(self, rule: FormRule) -> ElementHandle | None:
        found = await self._page.evaluate_handle(_FIND_BUTTON, [rule.submit, list(rule.fields)])
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
