"""The sample portal and the bundled gateway in one process, with employees who press buttons."""

from __future__ import annotations

import contextlib
import html
import random
import re
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import httpx

from harness.reference.staff_passport.app import Portal
from harness.reference.staff_passport.variants import PORTAL_VARIANTS
from harness.staff_passport import templates
from harness.staff_passport.employees import EMPLOYEES, Employee
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.gateway.request_log import GatewayRequest
from harness.tests.bench import Clock

PORTAL_URL = "https://portal.assay.test"
GATEWAY_URL = "https://gateway.assay.test"
PLACEMENT, PROGRAMME = "TrainingPlacement", "TrainingProgramme"
AMARA, BJORN, CHLOE = (EMPLOYEES[name] for name in ("amara", "bjorn", "chloe"))
_FORM = re.compile(r'<form method="post" action="([^"]*)">(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_BUTTON = re.compile(r"<button[^>]*>([^<]*)</button>")
_LATER = re.compile(r'<meta http-equiv="refresh" content="\d+(?:; ?url=([^"]*))?"')
_MOST = 20


class Ticking(Protocol):
    """A clock on which waiting takes no time."""

    def now(self) -> float:
        """Seconds since the epoch."""

    async def sleep(self, seconds: float) -> None:
        """Move on."""


Rewrite = Callable[[str], str]


@dataclass
class World:
    """A portal, its gateway, and the e-mails that were sent."""

    portal: Portal
    gateway: Gateway
    clock: Ticking
    mails: list[EmailMessage]
    pauses: list[float]
    mounts: dict[str, httpx.AsyncBaseTransport]
    browsers: list[Browser] = field(default_factory=list)

    def asked(self, endpoint: str, mode: str | None = None) -> list[GatewayRequest]:
        """Give what the gateway was asked."""
        return [each for each in self.gateway.log if each.endpoint == endpoint and mode in (None, each.mode)]

    @property
    def hint(self) -> dict[str, Any]:
        """The claims of the hint that was pushed last."""
        pushed = self.asked("par")[-1].hint
        assert pushed is not None
        return dict(pushed.claims)

    @contextlib.asynccontextmanager
    async def browser(self, employee: Employee = AMARA) -> AsyncIterator[Browser]:
        """Give a clean browser of an employee."""
        async with httpx.AsyncClient(mounts=self.mounts, follow_redirects=False) as client:
            made = Browser(self, client, employee)
            self.browsers.append(made)
            yield made


def world(
    variant: str = "staff-passport",
    faults: Iterable[str] = (),
    *,
    clock: Ticking | None = None,
    seed: int = 8,
    **gateway: Any,
) -> World:
    """Make a world in which all requests stay in this process."""
    clock = clock or Clock()
    mails: list[EmailMessage] = []
    pauses: list[float] = []
    apps: dict[str, Any] = {}

    def way(name: str) -> httpx.ASGITransport:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await apps[name](scope, receive, send)

        return httpx.ASGITransport(app)

    mounts: dict[str, httpx.AsyncBaseTransport] = {
        f"all://{urlsplit(url).netloc}": way(name)
        for name, url in (("portal", PORTAL_URL), ("gateway", GATEWAY_URL))
    }

    async def deliver(message: EmailMessage) -> None:
        mails.append(message)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await clock.sleep(seconds)

    randomness = random.Random(seed).randbytes
    portal = Portal(
        PORTAL_VARIANTS[variant],
        faults,
        base_url=PORTAL_URL,
        gateway_url=GATEWAY_URL,
        deliver=deliver,
        http=lambda: httpx.AsyncClient(mounts=mounts),
        clock=clock.now,
        random_bytes=randomness,
        pause=pause,
    )
    made = Gateway(
        GATEWAY_URL,
        clients=[portal.registration],
        templates=templates.bundled(),
        clock=clock.now,
        random_bytes=randomness,
        **gateway,
    )
    apps |= {"portal": portal.app, "gateway": made.app}
    return World(portal, made, clock, mails, pauses, mounts)


@dataclass
class Browser:
    """One employee's browser."""

    world: World
    client: httpx.AsyncClient
    employee: Employee
    answer: httpx.Response = field(init=False)
    urls: list[str] = field(default_factory=list)
    """All that it opened, in order."""
    pages: list[str] = field(default_factory=list)
    """Those on which it stopped."""
    rewrite: Rewrite = lambda url: url
    """Changes the URLs it is sent to."""

    @property
    def heading(self) -> str:
        """The first heading of the page; empty without one."""
        found = re.search(r"<h1[^>]*>([^<]*)</h1>", self.answer.text)
        return html.unescape(found.group(1)) if found else ""

    @property
    def text(self) -> str:
        """The page."""
        return html.unescape(self.answer.text)

    @property
    def values(self) -> dict[str, str]:
        """What is shown to be confirmed."""
        found = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", self.answer.text)
        return {html.unescape(name): html.unescape(value) for name, value in found}

    @property
    def statuses(self) -> dict[str, str]:
        """What the list says of each credential."""
        found = re.findall(r'<th scope="row">([^<]*)</th>\s*<td>([^<]*)</td>', self.answer.text)
        return dict(found)

    async def open(self, url: str) -> str:
        """Open a URL; give the heading of the page where that ends."""
        return await self._walk("GET", urljoin(PORTAL_URL, url), None)

    async def press(self, label: str, *, action: str | None = None, **fields: str) -> str:
        """Send the form with a button; give the heading of the page where that ends."""
        for target, inside in _FORM.findall(self.answer.text):
            called = _BUTTON.search(inside)
            hidden = {html.unescape(name): html.unescape(value) for name, value in _HIDDEN.findall(inside)}
            if called and called.group(1) == label and fields.items() <= {**fields, **hidden}.items():
                return await self._walk("POST", urljoin(self.urls[-1], action or target), {**hidden, **fields})
        raise AssertionError(f"no button {label!r} on {self.heading!r}")

    async def post(self, path: str, **fields: str) -> str:
        """Send a form that no page has; give the heading of the page where that ends."""
        return await self._walk("POST", urljoin(PORTAL_URL, path), fields)

    async def _walk(self, method: str, url: str, form: dict[str, str] | None) -> str:
        for _ in range(_MOST):
            url = self.rewrite(url)
            self.urls.append(url)
            self.answer = await self.client.request(method, url, data=form)
            method, form = "GET", None
            if self.answer.has_redirect_location:
                url = urljoin(url, self.answer.headers["location"])
                continue
            later = _LATER.search(self.answer.text)
            if not url.startswith(GATEWAY_URL) or not later:
                self.pages.append(f"{self.answer.status_code} {self.answer.text}")
                return self.heading
            url = urljoin(url, html.unescape(later.group(1) or url))
        raise AssertionError(f"the browser goes round in circles at {url}")

    # What employees do

    async def sign_in(self) -> str:
        """Sign in."""
        await self.open("/sign-in")
        return await self.press("Sign in", username=self.employee.username, password=self.employee.password)

    async def choose(self, template: str = PLACEMENT) -> str:
        """Choose a credential of the list."""
        await self.open("/credentials")
        for target, inside in _FORM.findall(self.answer.text):
            if f'value="{template}"' in inside:
                return await self._walk("POST", urljoin(PORTAL_URL, target), {"credential": template})
        raise AssertionError(f"{template} is not offered")

    async def verify(self, *actions: str) -> str:
        """Verify the identity; ``actions`` are what the wallet does, by default share."""
        self.world.gateway.wallet.belongs_to(self.employee)
        return await self.verify_as_held(*actions)

    async def verify_as_held(self, *actions: str) -> str:
        """Verify the identity that the wallet has."""
        self.world.gateway.wallet.will(*(actions or ("share",)))
        return await self.press("Verify your identity")

    async def confirmed(self, template: str = PLACEMENT) -> str:
        """Choose a credential and confirm what it says."""
        if await self.choose(template) == "Delete the old credential first":
            await self.press("Continue")
        return await self.press("Confirm") if self.heading == "Check your information" else self.heading

    async def download(self, *actions: str) -> str:
        """Download what was confirmed; ``actions`` are what the wallet does, by default add."""
        self.world.gateway.wallet.will(*(actions or ("add",)))
        return await self.press("Download credential")

    async def whole(self, template: str = PLACEMENT) -> str:
        """Download a credential once signed in, verifying the identity when asked to."""
        if await self.confirmed(template) == "Verify your identity":
            await self.verify()
        return await self.download()
