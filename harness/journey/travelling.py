"""A journey through web pages that ends in a Credential Offer: for a wallet that sends its user to the issuer.

What the pages are is the issuer's business. Simple pages need no rule: redirects, a page with one form that asks
for nothing, a choice between yes and no, a page with one way on. For others the team has rules (``[journey]`` in
``assay.toml``). Every page is fetched by the run's own transport, so that it is recorded, redacted and bounded.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.formats.html_forms import Form
from harness.formats.html_page import Link, WebPage
from harness.journey import offers
from harness.journey.offers import Offers
from harness.journey.pages import place
from harness.journey.pictures import Shown, texts
from harness.journey.puzzles import forms_of, links_of, open_fields, rule_for, rule_to_follow, what_it_is
from harness.journey.walker import REDIRECT, Action, Cookies, Fill, Follow, Guide, Sleep, View, Walker
from harness.settings import CommandHook, JourneySettings
from harness.transport import Client, Reply

if TYPE_CHECKING:
    from harness.journey.chromium import Memory

MOST_STEPS = 60
LONGEST_REFRESH_S = 30
"""A page that sends the browser on later than this has told it of a session that ends, and not of the way on."""
_START = "user: journey"
_PAGE_PURPOSES = frozenset({_START, REDIRECT, "user: document", "user: form", "user: link"})
_OR_STOP = "  # or stop = true after the url, where the way ends"
_YES = frozenset({"yes", "true", "y", "1"})
_NO = frozenset({"no", "false", "n", "0"})


@dataclass
class Traveller:
    """Somebody with a browser of their own, which is clean at first and keeps its cookies from journey to journey.

    Attributes:
        settings: how the traveller answers pages.
        stop_before: whether the journey is broken off before a URL is requested.
        on_request: gives what is requested in place of a URL; ``None`` breaks the journey off before it.
        sleep: waits so many seconds, where a page asks for it.

    """

    settings: JourneySettings = field(default_factory=JourneySettings)
    stop_before: Callable[[str], bool] | None = None
    on_request: Callable[[str], str | None] | None = None
    sleep: Sleep = asyncio.sleep
    cookies: Cookies = field(default_factory=Cookies)
    memory: Memory | None = None
    """What the traveller's Chromium keeps."""


@dataclass(frozen=True)
class Journey:
    """What became of a journey.

    Attributes:
        offer: the URL that calls the wallet with a Credential Offer; ``None`` when the journey ended without one.
        offer_by: ``link``, ``qr`` or ``redirect``; ``None`` without an offer, and when a program travelled.
        offers: everything that the last page holds out.
        replies: everything that the browser was answered, in order.
        pages: the pages that were seen, in order.
        stopped_before: the URL before which the traveller broke off.
        hint: what the last page was and how to go on from there, where that may not be the end.

    """

    offer: str | None = None
    offer_by: str | None = None
    offers: Offers = field(default_factory=Offers)
    replies: tuple[Reply, ...] = ()
    pages: tuple[WebPage, ...] = ()
    stopped_before: str | None = None
    hint: str | None = None

    @property
    def last(self) -> Reply | None:
        """The last page or redirect; ``None`` when nothing was requested."""
        return self.replies[-1] if self.replies else None

    @property
    def steps(self) -> tuple[str, ...]:
        """What was requested and answered, one line each and without queries."""
        return tuple(f"{reply.method} {place(reply.url)}: {reply.status}" for reply in self.replies)


class JourneyError(Exception):
    """The traveller cannot go on; the message is one line that says where, why and what to tell ``assay.toml``.

    Attributes:
        journey: how far the traveller came.

    """

    def __init__(self, message: str, journey: Journey) -> None:
        super().__init__(message)
        self.journey = journey


class JourneyTimeout(JourneyError):
    """The journey took too long, wherever that was."""


async def travel(client: Client, url: str, traveller: Traveller | None = None) -> Journey:
    """Open a URL and go on until there is a Credential Offer, or until the way ends.

    A way ends on a page that asks for nothing and leads nowhere, with an error of HTTP, where a rule says so, and
    where the traveller breaks off.

    Args:
        client: sends and records; limits size and time of one answer.
        url: where the journey begins.
        traveller: by default one with a clean browser and no rules.

    Raises:
        JourneyError: a page asks for what the traveller was not told, or the traveller goes round in circles.
        TransportFailure: a page could not be fetched.

    """
    traveller = traveller or Traveller()
    settings = traveller.settings
    guide = _Wanted(client, traveller)
    try:
        async with asyncio.timeout(settings.timeout_s):
            match settings.kind:
                case "command":
                    return await _command(guide, url, settings)
                case "browser":
                    from harness.journey import chromium

                    traveller.memory = traveller.memory or chromium.Memory()
                    arrived = await chromium.go(client, guide, url, _START, traveller.memory)
                case _:
                    walker = Walker(client, guide, traveller.cookies, sleep=traveller.sleep)
                    arrived = await walker.walk(url, _START)
    except TimeoutError:
        why = f"the journey from {place(url)} did not end within {settings.timeout_s:g} s (journey.timeout_s)"
        raise JourneyTimeout(why, guide.journey()) from None
    return guide.journey(arrived)


class _Wanted(Guide):
    """One who looks for a Credential Offer."""

    most_steps = MOST_STEPS
    settings_name = "journey"
    rules_name = "journey.rule"
    shows_pictures = True

    def __init__(self, client: Client, traveller: Traveller) -> None:
        super().__init__(traveller.settings.rules)
        self._client = client
        self._traveller = traveller
        self._scripts_run = traveller.settings.kind == "browser"
        self._pages: list[WebPage] = []
        self._offers = Offers()
        self._came_by = ""
        self._stopped: str | None = None
        self._hint: str | None = None
        self._unread_code = False
        """Whether the last page has a picture that is called a code and could not be read."""

    def journey(self, arrived: str | None = None) -> Journey:
        """Give the journey so far.

        Args:
            arrived: the offer to which the browser was sent.

        """
        offer, by = (arrived, self._came_by) if arrived else self._offers.first or (None, None)
        if offer is not None:
            # Reading it teaches the redactor what in it is secret, however the page has spelled it.
            self._client.recorder.redactor.text(offer)
        return Journey(offer, by, self._offers, tuple(self.replies), tuple(self._pages), self._stopped, self._hint)

    def turn(self, url: str) -> str | None:
        """Give what is requested in place of a URL, as the traveller wants it."""
        traveller = self._traveller
        stops = traveller.stop_before is not None and traveller.stop_before(url)
        turned = None if stops else traveller.on_request(url) if traveller.on_request else url
        if turned is None:
            self._stopped = url
        return turned

    def arrived(self, url: str, purpose: str) -> bool:
        """Whether a URL calls the wallet with a Credential Offer; what a page loads does not."""
        if purpose not in _PAGE_PURPOSES or not offers.is_offer(url):
            return False
        # The journey's first URL is where to go, whatever its parameters are called.
        self._came_by = "link" if purpose in ("user: form", "user: link") else "redirect"
        return purpose != _START

    async def ends_on(self, page: WebPage, view: View) -> bool:
        """Whether a page holds out an offer."""
        if not self._pages or self._pages[-1] != page:
            self._pages.append(page)
        written = offers.linked(page)
        dead_end = not page.asking and not page.onward
        shown: Shown = await view.pictures(page, thorough=bool(written.links) or dead_end)
        said = texts(shown.rasters)
        # Another code in that place, such as one that leads to the app, may have been drawn by the service.
        drawn = not self._scripts_run and page.scripted and bool(page.drawn) and not said
        unread = (*(["scripts draw it"] if drawn else []), *shown.unread)
        self._unread_code = shown.likely or drawn
        self._offers = Offers(written.links, offers.coded(said), written.targets, unread)
        return self._offers.first is not None

    def default(self, page: WebPage, reply: Reply) -> Action | None:
        """Go where the page leads without a choice."""
        if reply.status >= 400:
            return None
        if page.refresh is not None:
            return Follow(page.refresh)
        if page.asking:
            return _answered(page.asking[0]) if len(page.asking) == 1 else None
        if not self._scripts_run and (target := _by_itself(page)):
            return Follow(target)
        if self._unread_code:
            # It may be the page that everybody came for.
            return None
        if link := _only_link(self._new(page)):
            return Follow(link.url, "user: link")
        if page.later is not None and 0 < page.later[0] <= LONGEST_REFRESH_S:
            return Follow(page.later[1], wait_s=float(page.later[0]))
        return None

    def puzzle(self, page: WebPage, reply: Reply) -> str | None:
        """Say what a page asks for; one with nothing but links and words ends the journey, with a hint."""
        if reply.status >= 400:
            return None
        new = self._new(page)
        unseen = self._unseen(page)
        if unseen and not page.asking and (not new or self._unread_code):
            self._hint = unseen
            return None
        if not page.asking and not new and not (page.scripted and not page.headings):
            return None
        why = self._asked(page, new)
        if page.asking or not new or any(link.button for link in new):
            return why
        self._hint = why
        return None

    def _unseen(self, page: WebPage) -> str | None:
        """Say what the page may hold out that cannot be read as the traveller reads pages."""
        has = []
        if self._offers.unread:
            has.append(f"a picture that may be a QR code and could not be read ({self._offers.unread[0]})")
        if not self._scripts_run and page.scripted and page.loose:
            has.append(f"the button {json.dumps(page.loose[0])}, which does nothing without scripts")
        if not has:
            return None
        told = "" if self._scripts_run else '; set kind = "browser" under [journey] in assay.toml'
        return f"the journey ends at {place(page.url)}{what_it_is(page)}, which has {' and '.join(has)}{told}"

    def _asked(self, page: WebPage, new: tuple[Link, ...]) -> str:
        has = []
        if page.asking:
            has.append(forms_of(page.asking))
        if new:
            has.append(f"the links {links_of(new)}")
        where = f"the journey is stuck at {place(page.url)}{what_it_is(page)}"
        if not has:
            return f'{where}, a page made by scripts; set kind = "browser" under [journey] in assay.toml'
        rule = rule_for(page.asking, page.url) if page.asking else rule_to_follow(new, page.url)
        return (
            f"{where}, which has {' and '.join(has)}; add under [journey] in assay.toml: rule = [{rule}]{_OR_STOP}"
        )

    def _new(self, page: WebPage) -> tuple[Link, ...]:
        """Give the links that lead where the traveller was not; buttons first."""
        seen = {reply.url.partition("#")[0] for reply in self.replies}
        by_url = {link.url: link for link in reversed(page.onward) if link.url.partition("#")[0] not in seen}
        found = [by_url[link.url] for link in page.onward if by_url.get(link.url) is link]
        near = [link for link in found if link.button or _host(link.url) == _host(page.url)]
        return tuple(sorted(near, key=lambda link: not link.button))

    def advice(self, page: WebPage) -> str:
        """Say what to do about a page that comes back."""
        if not page.asking:
            return super().advice(page)
        return f"{super().advice(page)} It has {forms_of(page.asking)}; such as: {rule_for(page.asking, page.url)}"

    def stuck(self, why: str) -> JourneyError:
        """Give the error of a traveller who cannot go on."""
        return JourneyError(why, self.journey())

    def lost(self) -> JourneyError:
        """Give the error of a traveller whose way does not end."""
        return self.stuck(f"the journey took more than {self.most_steps} steps and did not come to an offer")

    def nowhere(self, url: str) -> JourneyError:
        """Give the error of a traveller who was sent to what is neither a page nor an offer."""
        return self.stuck(f"the journey led to {place(url)}, which is neither a page nor a Credential Offer")


def _answered(form: Form) -> Fill | None:
    """Give the form as it is sent without being asked; ``None`` when it waits for an answer."""
    given = _plain_choices(form)
    return Fill(form, given) if given.keys() >= set(open_fields(form)) else None


def _plain_choices(form: Form) -> Mapping[str, str]:
    """Give the choices that are none, or between yes and no: who came to get something says yes."""
    choices: dict[str, list[str]] = {}
    for item in form.fields:
        if item.kind == "radio":
            choices.setdefault(item.name, []).append(item.value)
    plain: dict[str, str] = {}
    for name, values in choices.items():
        if any(item.checked for item in form.fields if item.name == name):
            continue
        yes = [value for value in values if value.casefold() in _YES]
        if len(values) == 1:
            plain[name] = values[0]
        elif len(values) == 2 and len(yes) == 1 and {value.casefold() for value in values} & _NO:
            plain[name] = yes[0]
    return plain


def _by_itself(page: WebPage) -> str | None:
    """Give where a page without forms leads that nobody is to read; ``None`` for any other."""
    if len(page.targets) == 1 and all(link.url == page.targets[0] for link in page.onward):
        return page.targets[0]
    if page.onward or len({link.url for link in page.without_scripts}) != 1:
        return None
    return page.without_scripts[0].url


def _only_link(links: tuple[Link, ...]) -> Link | None:
    buttons = [link for link in links if link.button]
    # The GOV.UK Design System has one main button on a page.
    main = [link for link in buttons if not link.secondary]
    several = main if len(main) == 1 else buttons or list(links)
    return several[0] if len(several) == 1 else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


# --- a program of the team's --------------------------------------------------------------------------


async def _command(guide: _Wanted, url: str, settings: JourneySettings) -> Journey:
    from harness.hooks import HookError, call

    # The URL is a placeholder, so that braces in it are taken as they are.
    hook = CommandHook("journey", (*settings.command, "{url}"), settings.folder, settings.timeout_s)
    try:
        offer = (await call(hook, {"url": url}, wants=["offer"]))["offer"]
    except HookError as error:
        raise guide.stuck(str(error)) from None
    if not offers.is_offer(offer):
        raise guide.stuck(
            "the program of journey.command did not print a link with a Credential Offer; "
            "it gets the URL to open as its last argument"
        )
    found = guide.journey(offer)
    return Journey(found.offer)
