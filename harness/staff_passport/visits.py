"""An employee at the portal: a browser of their own, which stops at each page and waits for what is to be done.

The browser is that of :mod:`harness.journey`: without scripts, or Chromium when ``journey.kind`` is ``browser``.
It runs beside the checks: what a check asks for is handed to it at the page it has stopped at, and the next page
is handed back. So both kinds keep their page from one step to the next, and nothing is loaded twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.evidence import Blocked, Tools
from harness.formats.html_page import WebPage
from harness.journey.pages import place
from harness.journey.walker import Action, Cookies, Follow, Guide, View, Walker
from harness.settings import FormRule, PageRule
from harness.staff_passport.employees import Employee, Identity
from harness.staff_passport.pages import AT_GATEWAY, Page, default_rules, form_rule, onward, recognise
from harness.transport import Reply, TransportFailure

if TYPE_CHECKING:
    from harness.journey.chromium import Memory
    from harness.staff_passport.gateway.provider import Gateway
    from harness.staff_passport.gateway.request_log import GatewayRequest

_START = "user: portal"
_MOST_STEPS = 500
_MOST_REPEATS = 50
_LONGEST_AT_GATEWAY = 60
"""How often a page of the gateway is loaded again before the employee gives up."""
_AT_ONCE = 2
"""How often it is loaded again at once."""
_CLOSING_S = 10.0


class VisitError(Exception):
    """The employee cannot go on; the message says where and why."""


@dataclass(frozen=True)
class Portal:
    """What a visit knows of the portal.

    Attributes:
        start: the page with the employee's credentials.
        rules: how its pages are recognised, besides those of ``pages.toml``.
        between: what is done on pages that show no stage: the rules of ``[journey]``.
        labels: template to what the portal calls it.

    """

    start: str
    rules: Sequence[PageRule] = ()
    between: Sequence[FormRule] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


class Visit:
    """One visit of an employee, in a clean browser.

    Args:
        portal: where the pages are and how they are read.
        gateway: which the portal sends the employee to.
        employee: who visits, and whose identity credential is in the wallet.
        tools: network, clock and how pages are walked.

    Attributes:
        template: the credential that was chosen last.
        identity: who the wallet says that the employee is; ``None``: who they are.
        on_request: gives what the browser requests in place of a URL; ``None`` has it stop before it.
        replies: everything that the browser was answered, in order.
        urls: every URL that the browser was led to, in order.

    """

    def __init__(self, portal: Portal, gateway: Gateway, employee: Employee, tools: Tools) -> None:
        self.portal = portal
        self.gateway = gateway
        self.employee = employee
        self.template: str | None = None
        self.identity: Identity | None = None
        self.on_request: Callable[[str], str | None] | None = None
        self.replies: list[Reply] = []
        self.urls: list[str] = []
        self.seen: Page | None = None
        self._tools = tools
        self._cookies = Cookies()
        self._memory: Memory | None = None
        self._browser: _Browser | None = None
        self._begun = len(gateway.log)

    @property
    def requests(self) -> Sequence[GatewayRequest]:
        """What the gateway was asked since the visit began, by anybody."""
        return tuple(self.gateway.log[self._begun :])

    @property
    def page(self) -> WebPage | None:
        """The page that the employee has before them."""
        return self.seen.page if self.seen else None

    @property
    def label(self) -> str | None:
        """What the portal calls the credential that was chosen."""
        return self.portal.labels.get(self.template or "")

    async def sign_in(self) -> Page:
        """Open the portal and sign in.

        Raises:
            Blocked: there is no page to sign in on, or no way on from it.

        """
        seen = await self.credentials()
        if seen.shows != "sign-in":
            return seen
        seen = await self._press("sign-in")
        if seen.shows not in ("credentials", "sign-in"):
            seen = await self.credentials()
        return seen

    async def credentials(self) -> Page:
        """Open the page with the employee's credentials."""
        return await self.open(self.portal.start)

    async def choose(self, template: str) -> Page:
        """Press what downloads a credential, on the list of them."""
        self.template = template
        if self.seen is None or self.seen.shows != "credentials":
            await self.credentials()
        return await self._press("credentials")

    async def keep_on(self) -> Page:
        """Go on past the prompt to delete the credential that was downloaded before."""
        return await self._press("delete-first")

    async def confirm(self) -> Page:
        """Confirm what is about to be downloaded."""
        self._prepare()
        return await self._press("preview")

    async def verify(self, wallet: str | None = "share") -> Page:
        """Have the identity verified: to the gateway, where the wallet acts, and back.

        Args:
            wallet: what it does; ``None`` stops at the page of the gateway, from which :meth:`go_on` goes on.

        """
        self._prepare(wallet or "wait")
        return await self._press("verify", stop_at_gateway=wallet is None)

    async def download(self, wallet: str | None = "add") -> Page:
        """Download the credential: to the gateway, where the wallet acts, and back.

        That begins with the page that tells of the verification, or where the employee confirms after it.

        Args:
            wallet: what it does; ``None`` stops at the page of the gateway, from which :meth:`go_on` goes on.

        """
        self._prepare(wallet or "wait")
        stage = "preview" if self.seen is not None and self.seen.shows == "preview" else "verified"
        return await self._press(stage, stop_at_gateway=wallet is None)

    async def go_on(self, wallet: str) -> Page:
        """Have the wallet act, and go on from the page of the gateway."""
        if self.seen is None or self.seen.shows != AT_GATEWAY or self.seen.page is None:
            raise Blocked("the employee is not at the gateway")
        self._prepare()
        page = self.seen.page
        for one in self.gateway.wallet.open:
            if one.id in page.url or one.id in page.markup:
                self.gateway.wallet.act(one.id, wallet)
        later = self.seen.page.later
        return await self._do(Follow(later[1] if later else self.seen.page.url))

    async def open(self, url: str) -> Page:
        """Open any URL with this session."""
        if self._browser is not None and self._browser.waiting:
            return await self._do(Follow(url, "user: link"))
        await self.park()
        self._browser = _Browser(self._guide())
        return await self._stopped(self._browser.begin(lambda guide: self._walk(guide, url)))

    async def park(self) -> None:
        """Close the browser; its cookies are kept for the next URL that is opened."""
        browser, self._browser = self._browser, None
        if browser is not None:
            await browser.end()

    # What is pressed

    def _prepare(self, *wallet: str) -> None:
        """Put the employee's wallet before the gateway, and say what it does with the next QR codes."""
        self.gateway.wallet.belongs_to(self.employee)
        if self.identity is not None:
            self.gateway.wallet.identity = self.identity
        self.gateway.wallet.will(*wallet)

    async def _press(self, stage: str, *, stop_at_gateway: bool = False) -> Page:
        seen = self.seen
        if seen is None or seen.page is None or seen.shows != stage:
            raise Blocked(f"the portal does not show {stage}, but {seen.gist if seen else 'nothing yet'}")
        action = await self._action(seen)
        if action is None:
            raise Blocked(
                f"there is nothing to press on {place(seen.page.url)}, {seen.gist}: say it in"
                f' [[staff_passport.page]] shows = "{stage}"'
            )
        return await self._do(action, stop_at_gateway=stop_at_gateway)

    async def _action(self, seen: Page) -> Action | None:
        assert seen.page is not None
        who = self.employee
        known = {
            "template": self.template or "",
            "label": self.label or self.template or "",
            "username": who.username,
            "password": who.password,
            "email": who.email,
        }
        told = form_rule(seen.rule, known) if seen.rule else None
        if told is not None:
            if (found := await self._guide().ruled(seen.page, [told])) is not None:
                return found
            raise Blocked(f"{place(seen.page.url)} does not have what [[staff_passport.page]] says to press")
        return onward(seen, who, self.template, self.label)

    async def _do(self, action: Action, *, stop_at_gateway: bool = False) -> Page:
        browser = self._browser
        if browser is None or not browser.waiting:
            if isinstance(action, Follow):
                return await self.open(action.url)
            # The browser was closed on this page meanwhile: have it before us again.
            assert self.seen is not None
            await self.open(self.seen.reply.url)
            browser = self._browser
            if browser is None or not browser.waiting:
                raise Blocked("the page cannot be opened again")
        browser.guide.stop_at_gateway = stop_at_gateway
        return await self._stopped(browser.proceed(action))

    async def _stopped(self, stop: asyncio.Future[Page | None]) -> Page:
        timeout_s = self._tools.options.journey.timeout_s
        before = len(self.replies)
        try:
            async with asyncio.timeout(timeout_s):
                seen = await stop
        except TimeoutError:
            await self.park()
            raise Blocked(f"the portal did not go on within {timeout_s:g} s (journey.timeout_s)") from None
        except VisitError as error:
            raise Blocked(str(error)) from error
        except TransportFailure as failure:
            raise Blocked(f"the visit broke off: {failure.message}") from failure
        if seen is None:
            if len(self.replies) == before:
                raise Blocked("the visit was broken off")
            seen = Page(None, None, self.replies[-1])
        self.seen = seen
        return seen

    def _guide(self) -> _Guided:
        return _Guided(self)

    async def _walk(self, guide: _Guided, url: str) -> None:
        client = self._tools.client
        if self._tools.options.journey.kind == "browser":
            from harness.journey import chromium

            self._memory = self._memory or chromium.Memory()
            await chromium.go(client, guide, url, _START, self._memory)
            return

        async def sleep(seconds: float) -> None:
            await self._tools.wait(seconds, "a page that goes on")

        await Walker(client, guide, self._cookies, sleep=sleep).walk(url, _START)


class _Browser:
    """A walk that runs beside its user.

    Args:
        guide: through whom the user says what is done.

    """

    def __init__(self, guide: _Guided) -> None:
        self.guide = guide
        self._task: asyncio.Task[None] | None = None
        guide.browser = self
        self._stop: asyncio.Future[Page | None] = asyncio.get_running_loop().create_future()
        self._next: asyncio.Future[Action | None] | None = None

    @property
    def waiting(self) -> bool:
        """Whether it has stopped at a page and waits for what is to be done."""
        return self._next is not None and not self._next.done()

    def begin(self, walk: Callable[[_Guided], Coroutine[Any, Any, None]]) -> asyncio.Future[Page | None]:
        """Begin; gives where it stops, ``None`` when the way ends."""
        self._task = asyncio.create_task(walk(self.guide))
        self._task.add_done_callback(self._ended)
        return self._stop

    def proceed(self, action: Action) -> asyncio.Future[Page | None]:
        """Do something on the page; gives where it stops next."""
        assert self._next is not None
        self._stop = asyncio.get_running_loop().create_future()
        self._next.set_result(action)
        return self._stop

    async def stop(self, seen: Page) -> Action | None:
        """Stop at a page until it is said what is done; ``None`` when nothing is any more."""
        told: asyncio.Future[Action | None] = asyncio.get_running_loop().create_future()
        self._next = told
        if not self._stop.done():
            self._stop.set_result(seen)
        return await told

    async def end(self) -> None:
        """Close it, so that it keeps what it has to keep."""
        if self._task is None:
            return
        if self._next is not None and not self._next.done():
            self._next.set_result(None)
            await asyncio.wait([self._task], timeout=_CLOSING_S)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._next = None
        # Asked for whether or not somebody waits, else Python would complain that nobody did.
        error = None if task.cancelled() else task.exception()
        if self._stop.done():
            return
        if error is not None:
            self._stop.set_exception(error)
        else:
            self._stop.set_result(None)


class _Guided(Guide):
    """An employee who stops at each page that shows a stage, and at each that leads nowhere."""

    most_steps = _MOST_STEPS
    most_repeats = _MOST_REPEATS
    settings_name = "staff_passport"
    rules_name = "staff_passport.page"
    shows_pictures = True

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self.replies = visit.replies
        self.browser: _Browser | None = None
        self.stop_at_gateway = False
        self._visit = visit
        self._told: Action | None = None
        self._at_gateway = 0
        self._rules = (*visit.portal.rules, *default_rules())

    def turn(self, url: str) -> str | None:
        """Give what is requested in place of a URL, as the visit wants it."""
        self._visit.urls.append(url)
        return self._visit.on_request(url) if self._visit.on_request else url

    def arrived(self, url: str, purpose: str) -> bool:
        """Nowhere is where a visit ends."""
        del url, purpose
        return False

    async def ends_on(self, page: WebPage, view: View) -> bool:
        """Stop at a page, or see what leads on from it."""
        del view
        assert self.browser is not None
        reply = self.replies[-1]
        if page.url.startswith(self._visit.gateway.base_url):
            self._at_gateway += 1
            leads_on = page.later is not None and self._at_gateway < _LONGEST_AT_GATEWAY
            if leads_on and not self.stop_at_gateway:
                self._told = None
                return False
            seen = Page(AT_GATEWAY, page, reply)
        else:
            self._at_gateway = 0
            seen = recognise(page, reply, self._rules)
            if seen.shows is None:
                self._told = await self.ruled(page, self._visit.portal.between) or self._by_itself(page)
                if self._told is not None:
                    return False
        self._told = await self.browser.stop(seen)
        return self._told is None

    def _by_itself(self, page: WebPage) -> Action | None:
        if page.refresh is not None:
            return Follow(page.refresh)
        if page.later is None:
            return None
        # The wallet that the run plays has acted by the time the QR code is there; nobody has to be waited for.
        at_once = 0 < self._at_gateway <= _AT_ONCE
        return Follow(page.later[1], wait_s=0.0 if at_once else float(page.later[0]))

    def default(self, page: WebPage, reply: Reply) -> Action | None:
        """Do what the user said."""
        del reply
        told, self._told = self._told, None
        return told or self._by_itself(page)

    def puzzle(self, page: WebPage, reply: Reply) -> str | None:
        """Nothing is a puzzle: the way just ends."""
        del page, reply
        return None

    def stuck(self, why: str) -> VisitError:
        """Give the error of one who cannot go on."""
        return VisitError(why)
