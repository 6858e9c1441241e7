"""The simulated user: opens the authorization request, signs in, consents, and is sent back to the wallet.

OpenID4VCI leaves to the issuer what happens between the Authorization Request and its response, so the team
says how its pages are to be answered (``[user]`` in ``assay.toml``). Every page is fetched by the run's own
transport, so that it is recorded, redacted and bounded like any other exchange.
"""

from __future__ import annotations

import asyncio
import fnmatch
import glob
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit, urlunsplit

import httpx

from harness.formats import html_forms
from harness.formats.html_forms import Form, HtmlError, Page, Submission
from harness.settings import FormRule, UserSettings
from harness.transport import Client, Reply
from harness.wallet.authorization import leads_to

MOST_STEPS = 30
"""Pages and redirects of one visit."""
MOST_REPEATS = 3
"""How often one page is filled in; a page that comes back more often does not take the answers."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_URL = 200
_MOST_NAMES = 12


@dataclass(frozen=True)
class Visit:
    """How the user's way ended.

    Attributes:
        final: the URL that the user was sent back to; ``None`` when the way ended on a page of the server's that
            asks nothing of the user, such as one that tells of an error.
        reply: the last page or redirect; ``None`` when a program of the team's was the user.
        replies: everything that the user's browser was answered, in order.

    """

    final: str | None
    reply: Reply | None
    replies: tuple[Reply, ...] = ()


class UserError(Exception):
    """The user could not go on; the message is one line that says where, why and what to tell ``assay.toml``.

    Attributes:
        visit: how far the user came.

    """

    def __init__(self, message: str, replies: Sequence[Reply] = ()) -> None:
        super().__init__(message)
        self.visit = Visit(None, replies[-1] if replies else None, tuple(replies))


class UserTimeout(UserError):
    """The user took too long, wherever that was."""


@dataclass
class KnownPages:
    """The pages on which users came through to a code; on others a request was answered in another way."""

    came_through: bool = False
    _shapes: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)

    def learn(self, replies: Sequence[Reply]) -> None:
        """Take in what a user saw who came through."""
        self.came_through = True
        self._shapes.update(_shape(reply) for reply in replies if is_page(reply))

    def is_new(self, reply: Reply) -> bool:
        """Whether an answer is a page on which no user was who came through."""
        return self.came_through and is_page(reply) and _shape(reply) not in self._shapes


def _shape(reply: Reply) -> tuple[str, tuple[str, ...]]:
    try:
        forms = html_forms.read(_text(reply), reply.url).forms
    except HtmlError:
        forms = ()
    return place(reply.url), tuple(sorted({item.name for form in forms for item in form.fields}))


async def visit(
    client: Client, url: str, *, redirect_uri: str, user: UserSettings, also: Sequence[str] = ()
) -> Visit:
    """Open a URL as the user and follow where it leads, in a browser session of its own.

    Args:
        url: the Authorization Endpoint with its parameters.
        redirect_uri: where the wallet waits; nothing is requested there.
        user: how the user answers pages.
        also: further URIs where the visit ends, for a request that names another than the wallet's own.

    Raises:
        UserError: a page asks for what the user was not told, or the user goes round in circles.
        TransportFailure: a page could not be fetched.

    """
    way = Way((redirect_uri, *also))
    try:
        async with asyncio.timeout(user.timeout_s):
            match user.kind:
                case "command":
                    return await _command(way, url, user)
                case "browser":
                    from harness.wallet import real_browser

                    return await real_browser.visit(client, way, url, user)
                case _:
                    return await _Walk(client, way, user).run(url)
    except TimeoutError:
        raise UserTimeout(
            f"the user did not come back to the wallet within {user.timeout_s:g} s (user.timeout_s)", way.replies
        ) from None


@dataclass
class Way:
    """Where a visit is to end, and what the user saw on the way there."""

    ends: tuple[str, ...]
    replies: list[Reply] = field(default_factory=list)

    def ended_by(self, url: str) -> bool:
        """Whether a URL leads back to the wallet."""
        return any(leads_to(url, end) for end in self.ends)

    def back(self, url: str | None) -> Visit:
        """Give the visit that ends here."""
        return Visit(url, self.replies[-1] if self.replies else None, tuple(self.replies))

    def stuck(self, why: str) -> UserError:
        """Give the error of a user who cannot go on."""
        return UserError(why, self.replies)

    def redirected(self, reply: Reply) -> str:
        """Give the absolute URL that a redirect leads to.

        Raises:
            UserError: it leads nowhere.

        """
        location: str | None = reply.headers.get("location")
        try:
            if location:
                return urljoin(reply.url, location)
        except ValueError:
            pass
        raise self.stuck(f"{place(reply.url)} answers with status {reply.status} and no usable Location")


def is_redirect(reply: Reply) -> bool:
    """Whether an answer sends a browser elsewhere (RFC 9110 section 15.4)."""
    return reply.status in _REDIRECTS


def is_page(reply: Reply) -> bool:
    """Whether the user gets to see an answer; nobody sees the body that many servers send with a redirect."""
    return not is_redirect(reply) and reply.media_type in _PAGES


def matches(rule: FormRule, url: str) -> bool:
    """Whether a rule is for the page at a URL; the query need not be part of the pattern."""
    bare = url.partition("#")[0].partition("?")[0]
    return fnmatch.fnmatchcase(url, rule.url) or fnmatch.fnmatchcase(bare, rule.url)


def place(url: str) -> str:
    """Name a page without its query, which may hold secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return repr(url[:_LONGEST_URL])
    # What precedes "@" would be a password; repr keeps what cannot be printed out of the message.
    host = parts.netloc.rpartition("@")[2]
    bare = urlunsplit(SplitResult(parts.scheme, host, parts.path, "", ""))
    return repr(bare[:_LONGEST_URL])[1:-1]


def asked(page: Page, url: str, kind: str) -> str:
    """Say what a page asks for, and what in ``assay.toml`` would answer it.

    Args:
        kind: the ``user.kind`` that fills in such a page.

    """
    what = " and ".join(_described(form) for form in page.forms[:3])
    forms = f"{len(page.forms)} forms: {what}" if len(page.forms) != 1 else f"a form with {what}"
    return f"{forms}; add under [user] in assay.toml: {_lines(page.forms, url, kind)}"


def _described(form: Form) -> str:
    names = [f"{item.name} ({item.kind})" for item in form.fields if item.kind != "hidden"]
    more = ", ..." if len(names) > _MOST_NAMES else ""
    fields = "fields " + ", ".join(map(_plain, names[:_MOST_NAMES])) + more if names else "no fields"
    buttons = [json.dumps(_plain(button.text or button.name or button.value)) for button in form.buttons]
    return f"{fields} and the buttons {', '.join(buttons[:_MOST_NAMES])}" if buttons else f"{fields} and no button"


def _lines(forms: Sequence[Form], url: str, kind: str) -> str:
    form = max(forms, key=lambda form: len(form.unanswered))
    # A user fills in what is empty, whether or not the page says that it is required.
    wanted = {
        item.name: _example(item.kind)
        for item in form.fields
        if item.name in form.unanswered or not (item.value or item.kind == "hidden" or item.checkable)
    }
    fields = ", ".join(f"{_key(name)} = {example}" for name, example in list(wanted.items())[:_MOST_NAMES])
    pattern = json.dumps(glob.escape(place(url)) + "*")
    button = form.button()
    submit = f", submit = {json.dumps(_plain(button.text or button.name or button.value))}" if button else ""
    return f'kind = "{kind}" and form = [{{ url = {pattern}, fields = {{ {fields} }}{submit} }}]'


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(_plain(name))


def _example(kind: str) -> str:
    return {"password": '"${USER_PASSWORD}"', "checkbox": '"on"'}.get(kind, '"..."')


def _plain(text: str) -> str:
    return repr(text[:60])[1:-1]


# --- a program of the team's --------------------------------------------------------------------------


async def _command(way: Way, url: str, user: UserSettings) -> Visit:
    from harness.hooks import HookError, call
    from harness.settings import CommandHook

    # The URL is a placeholder, so that braces in it are taken as they are.
    hook = CommandHook("user", (*user.command, "{url}"), user.folder, user.timeout_s)
    told = {"url": url, "redirect_uri": way.ends[0]}
    try:
        final = (await call(hook, told, wants=["redirect"]))["redirect"]
    except HookError as error:
        raise way.stuck(str(error)) from None
    if not way.ended_by(final):
        raise way.stuck(
            f"the program of user.command did not print a URL that begins with {place(way.ends[0])}; "
            "it gets the URL to open as its last argument"
        )
    return way.back(final)


# --- redirects and forms ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """What the browser requests next."""

    purpose: str
    url: str
    method: str = "GET"
    content: bytes | None = None
    media_type: str | None = None
    page: str | None = None
    """URL of the page whose form this is."""

    @property
    def headers(self) -> dict[str, str]:
        sent = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        if self.media_type is not None:
            sent["Content-Type"] = self.media_type
        if self.page is not None:
            parts = urlsplit(self.page)
            # Many login pages look at these against cross-site request forgery.
            sent |= {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": self.page.partition("#")[0]}
        return {name: value for name, value in sent.items() if value.isascii()}


class _Walk:
    """A user whose browser has cookies and forms, and no scripts."""

    def __init__(self, client: Client, way: Way, user: UserSettings) -> None:
        self._client = client
        self._way = way
        self._user = user
        self._cookies = Cookies()
        self._answered: Counter[tuple[str, tuple[str, ...]]] = Counter()

    async def run(self, url: str) -> Visit:
        step: _Step | None = _Step("authorization request", url)
        for _ in range(MOST_STEPS):
            if step is None:
                return self._way.back(None)
            if self._way.ended_by(step.url):
                return self._way.back(step.url)
            reply = await self._send(step)
            step = self._redirect(reply, step) if is_redirect(reply) else self._answer(reply)
        raise self._way.stuck(f"the user's browser was sent on {MOST_STEPS} times and not back to the wallet")

    async def _send(self, step: _Step) -> Reply:
        if not step.url.lower().startswith(("https:", "http:")):
            raise self._way.stuck(
                f"the user was sent to {place(step.url)}, which is neither a page nor the wallet's redirect URI "
                f"{place(self._way.ends[0])}"
            )
        headers = step.headers
        if cookie := self._cookies.header(step.url):
            headers["Cookie"] = cookie
        reply = await self._client.send(step.purpose, step.method, step.url, headers=headers, content=step.content)
        self._cookies.learn(reply)
        self._way.replies.append(reply)
        return reply

    def _redirect(self, reply: Reply, step: _Step) -> _Step:
        url = self._way.redirected(reply)
        if reply.status in (307, 308):
            return replace(step, purpose="user: redirect", url=url)
        return _Step("user: redirect", url)

    def _answer(self, reply: Reply) -> _Step | None:
        """Give what the user does on a page; ``None`` when there is nothing to do."""
        page = self._read(reply)
        if page is None:
            return None
        if self._user.kind == "forms":
            for rule in self._user.forms:
                for form in page.forms if matches(rule, reply.url) else ():
                    if form.takes(rule.fields, rule.submit):
                        return self._submit(form, rule, reply)
        if reply.status >= 400:
            return None
        if page.refresh is not None:
            return _Step("user: redirect", page.refresh)
        if self._user.kind == "forms" and len(page.forms) == 1 and not page.forms[0].unanswered:
            return self._submit(page.forms[0], FormRule(reply.url), reply)
        where = f"the user is stuck at {place(reply.url)}"
        if page.forms:
            raise self._way.stuck(f"{where}, which has {asked(page, reply.url, 'forms')}")
        if page.scripted:
            raise self._way.stuck(
                f'{where}, a page made by scripts; set kind = "browser" under [user] in assay.toml'
            )
        return None

    def _read(self, reply: Reply) -> Page | None:
        if reply.media_type not in _PAGES:
            return None
        try:
            return html_forms.read(_text(reply), reply.url)
        except HtmlError as error:
            raise self._way.stuck(f"the page {place(reply.url)} cannot be read: {error.detail}") from error

    def _submit(self, form: Form, rule: FormRule, reply: Reply) -> _Step:
        seen = (place(reply.url), tuple(item.name for item in form.fields))
        self._answered[seen] += 1
        if self._answered[seen] > MOST_REPEATS:
            raise self._way.stuck(
                f"the page {place(reply.url)} comes back each time its form is sent: "
                "are the values under [user] in assay.toml right?"
            )
        try:
            submission = form.submission(rule.fields, form.button(rule.submit))
        except HtmlError as error:
            raise self._way.stuck(f"the form at {place(reply.url)} cannot be filled in: {error.detail}") from error
        redactor = self._client.recorder.redactor
        for item in form.fields:
            if item.kind == "password":
                redactor.hide(item.name)
                redactor.learn(rule.fields.get(item.name, ""))
            elif not item.checkable and item.kind != "select" and item.name in rule.fields:
                redactor.learn_typed(item.name, rule.fields[item.name])
        return _step(submission, reply)


def _step(submission: Submission, reply: Reply) -> _Step:
    entries = list(submission.entries)
    if submission.method == "GET":
        # The entries take the place of the action's query (HTML 4.10.21.3, "mutate action URL").
        bare = submission.url.partition("#")[0].partition("?")[0]
        return _Step("user: form", f"{bare}?{urlencode(entries)}", page=reply.url)
    if submission.enctype == "multipart/form-data":
        made = httpx.Request("POST", reply.url, files=[(name, (None, value)) for name, value in entries])
        content, media_type = made.read(), made.headers.get("content-type", submission.enctype)
    else:
        content, media_type = urlencode(entries).encode(), submission.enctype
    return _Step("user: form", submission.url, "POST", content, media_type, reply.url)


def _text(reply: Reply) -> str:
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", reply.headers.get("content-type", ""), re.IGNORECASE)
    try:
        return reply.body.decode(found[1] if found else "utf-8", "replace")
    except LookupError:
        return reply.body.decode("utf-8", "replace")


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
