"""The one way through web pages without scripts: redirects, cookies, forms and links, bounded in its steps.

Where the way goes is the business of a :class:`Guide`: the walker asks it at every page, and stops where the guide
says that it arrived. :mod:`harness.journey.chromium` asks the same guides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Protocol
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from harness.formats.html_forms import Form, HtmlError, Submission
from harness.formats.html_page import WebPage
from harness.journey import page_hook
from harness.journey.page_hook import HookError
from harness.journey.pages import PAGES, is_redirect, matches, note_typed, place, read
from harness.journey.pictures import Shown, shown
from harness.settings import FormRule
from harness.transport import Client, Reply

MOST_STEPS = 30
"""Pages and redirects of one way, where its guide says nothing else."""
MOST_REPEATS = 3
"""How often one page is filled in; a page that comes back more often does not take the answers."""
Sleep = Callable[[float], Awaitable[None]]
REDIRECT = "user: redirect"
"""Purpose of requests that a redirect, or a page by itself, leads to."""


@dataclass(frozen=True)
class Fill:
    """Fill a form in and send it."""

    form: Form
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    submit: str | None = None
    """Name, value or text of the button; ``None``: the first."""


@dataclass(frozen=True)
class Follow:
    """Open another page."""

    url: str
    purpose: str = REDIRECT
    wait_s: float = 0.0
    """Seconds to wait before."""


@dataclass(frozen=True)
class Stop:
    """Stay on the page: the way ends here."""


Action = Fill | Follow | Stop


class View(Protocol):
    """Shows what cannot be read off the text of a page."""

    async def pictures(self, page: WebPage, *, thorough: bool) -> Shown:
        """Give the pictures of the page that may be codes; the others too, when it is ``thorough``."""


class Guide:
    """Somebody's mind on a way through web pages; the defaults are those of one who goes nowhere.

    Attributes:
        replies: everything that the browser was answered, in order.

    """

    most_steps = MOST_STEPS
    most_repeats = MOST_REPEATS
    settings_name = "user"
    """The table of ``assay.toml`` whose rules these are."""
    rules_name = "user.form"
    shows_pictures = False
    """Whether a real browser loads the pages' pictures."""

    def __init__(self, rules: Sequence[FormRule] = ()) -> None:
        self.rules = tuple(rules)
        self.replies: list[Reply] = []

    def turn(self, url: str) -> str | None:
        """Give what is requested in place of a URL; ``None`` ends the way before it."""
        return url

    def arrived(self, url: str, purpose: str) -> bool:
        """Whether a URL is where the way was to lead; it is not requested then."""
        raise NotImplementedError

    async def ends_on(self, page: WebPage, view: View) -> bool:
        """Whether a page is where the way was to lead.

        Args:
            view: shows the pictures of the page.

        """
        del page, view
        return False

    def default(self, page: WebPage, reply: Reply) -> Action | None:
        """Give what is done on a page for which there is no rule; ``None`` when there is nothing to do."""
        raise NotImplementedError

    def puzzle(self, page: WebPage, reply: Reply) -> str | None:
        """Say why the way cannot go on from a page with nothing to do; ``None`` when it just ends there."""
        raise NotImplementedError

    def advice(self, page: WebPage) -> str:
        """Say what to do about a page that comes back."""
        del page
        return f"are the values under [{self.settings_name}] in assay.toml right?"

    def stuck(self, why: str) -> Exception:
        """Give the error of one who cannot go on."""
        raise NotImplementedError

    def lost(self) -> Exception:
        """Give the error of one whose way does not end."""
        return self.stuck(f"the user's browser was sent on {self.most_steps} times")

    def nowhere(self, url: str) -> Exception:
        """Give the error of one who was sent to what is no web page."""
        return self.stuck(f"the user was sent to {place(url)}, which is no page")

    def redirected(self, reply: Reply) -> str:
        """Give the absolute URL that a redirect leads to.

        Raises the guide's error when it leads nowhere.
        """
        location: str | None = reply.headers.get("location")
        try:
            if location:
                return urljoin(reply.url, location)
        except ValueError:
            pass
        raise self.stuck(f"{place(reply.url)} answers with status {reply.status} and no usable Location")

    async def ruled(self, page: WebPage, rules: Sequence[FormRule]) -> Action | None:
        """Give what the first of some rules that fits says; ``None`` when none does.

        Raises the guide's error when a hook gives no usable answer.
        """
        for rule in rules:
            if matches(rule, page.url, page) and (action := await self._by(rule, page)) is not None:
                return action
        return None

    async def _by(self, rule: FormRule, page: WebPage) -> Action | None:
        if rule.hook is not None:
            try:
                told = await page_hook.ask(rule.hook, page)
            except HookError as error:
                raise self.stuck(str(error)) from None
            if told is None:
                return None
            if told.open is not None:
                return Follow(told.open, "user: link")
            found = await self._by(told.rule, page)
            if found is None:
                raise self.stuck(f'hook "{rule.hook.name}" names what the page {place(page.url)} does not have')
            return found
        return named(rule, page)


def named(rule: FormRule, page: WebPage) -> Action | None:
    """Give what a rule without a hook names on a page; ``None`` when the page does not have it."""
    if rule.stop:
        return Stop()
    if rule.follow is not None:
        link = page.link(rule.follow)
        return None if link is None else Follow(link.url, "user: link")
    for form in page.forms:
        if form.takes(rule.fields, rule.submit):
            return Fill(form, rule.fields, rule.submit)
    if rule.submit is not None and not rule.fields and (link := page.link(rule.submit)) and link.button:
        return Follow(link.url, "user: link")
    return None


@dataclass(frozen=True)
class Step:
    """What the browser requests next."""

    purpose: str
    url: str
    method: str = "GET"
    content: bytes | None = None
    media_type: str | None = None
    page: str | None = None
    """URL of the page whose form this is."""
    wait_s: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """The header fields that a browser would send."""
        sent = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        if self.media_type is not None:
            sent["Content-Type"] = self.media_type
        if self.page is not None:
            parts = urlsplit(self.page)
            # Many login pages look at these against cross-site request forgery.
            sent |= {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": self.page.partition("#")[0]}
        return {name: value for name, value in sent.items() if value.isascii()}


class Walker:
    """A browser with cookies and forms, and without scripts.

    Args:
        client: sends and records.
        guide: says where the way goes.
        cookies: of the browser; fresh ones by default.
        sleep: waits so many seconds, where a page asks for it.

    """

    def __init__(
        self,
        client: Client,
        guide: Guide,
        cookies: Cookies | None = None,
        *,
        sleep: Sleep | None = None,
    ) -> None:
        self._client = client
        self._guide = guide
        self._cookies = cookies or Cookies()
        self._sleep = sleep
        self._answered: Counter[tuple[str, tuple[str, ...]]] = Counter()

    async def walk(self, url: str, purpose: str) -> str | None:
        """Open a URL and go where the guide says.

        Returns:
            The URL by which the guide arrived; ``None`` when the way ended on a page or before a request.

        Raises:
            TransportFailure: a page could not be fetched.

        Raises the guide's error when the way cannot go on.

        """
        step: Step | None = Step(purpose, url)
        for _ in range(self._guide.most_steps):
            if step is None:
                return None
            if self._guide.arrived(step.url, step.purpose):
                return step.url
            turned = self._guide.turn(step.url)
            if turned is None:
                return None
            reply = await self._send(replace(step, url=turned))
            step = self._redirect(reply, step) if is_redirect(reply) else await self._answer(reply)
        raise self._guide.lost()

    async def pictures(self, page: WebPage, *, thorough: bool) -> Shown:
        """Give the pictures of a page that may be codes; the others too, when it is ``thorough``."""
        return await shown(page, self._picture, thorough=thorough)

    async def _picture(self, url: str) -> Reply:
        headers = {"Accept": "image/*"}
        if cookie := self._cookies.header(url):
            headers["Cookie"] = cookie
        return await self._client.send("user: picture", "GET", url, headers=headers)

    async def _send(self, step: Step) -> Reply:
        if not step.url.lower().startswith(("https:", "http:")):
            raise self._guide.nowhere(step.url)
        if step.wait_s and self._sleep is not None:
            await self._sleep(step.wait_s)
        headers = step.headers
        if cookie := self._cookies.header(step.url):
            headers["Cookie"] = cookie
        reply = await self._client.send(step.purpose, step.method, step.url, headers=headers, content=step.content)
        self._cookies.learn(reply)
        self._guide.replies.append(reply)
        return reply

    def _redirect(self, reply: Reply, step: Step) -> Step:
        url = self._guide.redirected(reply)
        if reply.status in (307, 308):
            return replace(step, purpose=REDIRECT, url=url, wait_s=0.0)
        return Step(REDIRECT, url)

    async def _answer(self, reply: Reply) -> Step | None:
        """Give what is done on a page; ``None`` when there is nothing to do."""
        if reply.media_type not in PAGES:
            return None
        try:
            page = read(reply)
        except HtmlError as error:
            raise self._guide.stuck(f"the page {place(reply.url)} cannot be read: {error.detail}") from error
        if await self._guide.ends_on(page, self):
            return None
        action = await self._guide.ruled(page, self._guide.rules) or self._guide.default(page, reply)
        match action:
            case Fill():
                return self._submit(action, page)
            case Follow(url, purpose, wait_s):
                return Step(purpose, url, wait_s=wait_s)
            case Stop():
                return None
        if why := self._guide.puzzle(page, reply):
            raise self._guide.stuck(why)
        return None

    def _submit(self, action: Fill, page: WebPage) -> Step:
        form = action.form
        seen = (place(page.url), tuple(item.name for item in form.fields))
        self._answered[seen] += 1
        if self._answered[seen] > self._guide.most_repeats:
            raise self._guide.stuck(
                f"the page {place(page.url)} comes back each time its form is sent: {self._guide.advice(page)}"
            )
        try:
            submission = form.submission(action.fields, form.button(action.submit))
        except HtmlError as error:
            raise self._guide.stuck(
                f"the form at {place(page.url)} cannot be filled in: {error.detail}"
            ) from error
        for item in form.fields:
            if item.name in action.fields:
                note_typed(self._client.recorder.redactor, item.kind, item.name, action.fields[item.name])
            elif item.kind == "password":
                self._client.recorder.redactor.hide(item.name)
        return _sent(submission, page.url)


def _sent(submission: Submission, page: str) -> Step:
    entries = list(submission.entries)
    if submission.method == "GET":
        # The entries take the place of the action's query (HTML 4.10.21.3, "mutate action URL").
        bare = submission.url.partition("#")[0].partition("?")[0]
        return Step("user: form", f"{bare}?{urlencode(entries)}", page=page)
    if submission.enctype == "multipart/form-data":
        made = httpx.Request("POST", page, files=[(name, (None, value)) for name, value in entries])
        content, media_type = made.read(), made.headers.get("content-type", submission.enctype)
    else:
        content, media_type = urlencode(entries).encode(), submission.enctype
    return Step("user: form", submission.url, "POST", content, media_type, page)


class Cookies:
    """The cookies of one browser session (RFC 6265)."""

    def __init__(self) -> None:
        # Browsers keep Secure cookies of this machine's own pages; plain http is spoken nowhere else, unless
        # the team allowed it.
        self._jar = httpx.Cookies(CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http"))))

    def learn(self, reply: Reply) -> None:
        """Keep what an answer sets."""
        request = httpx.Request("GET", reply.url)
        self._jar.extract_cookies(httpx.Response(reply.status, headers=reply.headers, request=request))

    def header(self, url: str) -> str | None:
        """Give the ``Cookie`` field for a request; ``None`` when there is no cookie for it."""
        try:
            request = httpx.Request("GET", url)
        except (httpx.InvalidURL, ValueError):
            return None  # sending the request will say what is wrong with it
        self._jar.set_cookie_header(request)
        value = request.headers.get("cookie")
        return value if value and value.isascii() else None
