"""The simulated user: opens the authorization request, signs in, consents, and is sent back to the wallet.

OpenID4VCI leaves to the issuer what happens between the Authorization Request and its response, so the team
says how its pages are to be answered (``[user]`` in ``assay.toml``). Every page is fetched by the run's own
transport, so that it is recorded, redacted and bounded like any other exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.formats import html_forms
from harness.formats.html_forms import HtmlError
from harness.formats.html_page import WebPage
from harness.journey.pages import is_page, is_redirect, matches, place, text_of
from harness.journey.puzzles import forms_of, rule_for
from harness.journey.walker import MOST_STEPS, Action, Fill, Follow, Guide, Walker
from harness.settings import UserSettings
from harness.transport import Client, Reply
from harness.wallet.authorization import leads_to

__all__ = [
    "MOST_STEPS",
    "KnownPages",
    "UserError",
    "UserTimeout",
    "Visit",
    "Way",
    "is_page",
    "is_redirect",
    "matches",
    "place",
    "visit",
]


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
        forms = html_forms.read(text_of(reply), reply.url).forms
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
    way = Way((redirect_uri, *also), user)
    try:
        async with asyncio.timeout(user.timeout_s):
            match user.kind:
                case "command":
                    return await _command(way, url, user)
                case "browser":
                    from harness.journey import chromium

                    return way.back(await chromium.go(client, way, url, _PURPOSE))
                case _:
                    return way.back(await Walker(client, way).walk(url, _PURPOSE))
    except TimeoutError:
        raise UserTimeout(
            f"the user did not come back to the wallet within {user.timeout_s:g} s (user.timeout_s)", way.replies
        ) from None


_PURPOSE = "authorization request"


class Way(Guide):
    """Where a visit is to end, what the user saw on the way there, and how the user answers pages.

    Args:
        ends: the URIs where the wallet waits.
        user: how the user answers pages.

    """

    def __init__(self, ends: Sequence[str], user: UserSettings) -> None:
        self._fills = user.kind in ("forms", "browser")
        self._kind = "browser" if user.kind == "browser" else "forms"
        super().__init__(user.forms if self._fills else ())
        self.ends = tuple(ends)

    def arrived(self, url: str, purpose: str = "") -> bool:
        """Whether a URL leads back to the wallet, by whatever means."""
        del purpose
        return any(leads_to(url, end) for end in self.ends)

    def back(self, url: str | None) -> Visit:
        """Give the visit that ends here."""
        return Visit(url, self.replies[-1] if self.replies else None, tuple(self.replies))

    def stuck(self, why: str) -> UserError:
        """Give the error of a user who cannot go on."""
        return UserError(why, self.replies)

    def lost(self) -> UserError:
        """Give the error of a user whose way does not end."""
        return self.stuck(f"the user's browser was sent on {self.most_steps} times and not back to the wallet")

    def nowhere(self, url: str) -> UserError:
        """Give the error of a user who was sent to what is neither a page nor the wallet."""
        return self.stuck(
            f"the user was sent to {place(url)}, which is neither a page nor the wallet's redirect URI "
            f"{place(self.ends[0])}"
        )

    def default(self, page: WebPage, reply: Reply) -> Action | None:
        """Go where the page sends the user at once, or send its only form when it asks nothing."""
        if reply.status >= 400:
            return None
        if page.refresh is not None:
            return Follow(page.refresh)
        if self._fills and len(page.forms) == 1 and not page.forms[0].unanswered:
            return Fill(page.forms[0])
        return None

    def puzzle(self, page: WebPage, reply: Reply) -> str | None:
        """Say what a page asks of the user; one without forms and scripts ends the way."""
        if reply.status >= 400:
            return None
        where = f"the user is stuck at {place(page.url)}"
        if page.forms:
            added = f'kind = "{self._kind}" and form = [{rule_for(page.forms, page.url)}]'
            return f"{where}, which has {forms_of(page.forms)}; add under [user] in assay.toml: {added}"
        if page.scripted and self._kind != "browser":
            return f'{where}, a page made by scripts; set kind = "browser" under [user] in assay.toml'
        return None


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
    if not way.arrived(final):
        raise way.stuck(
            f"the program of user.command did not print a URL that begins with {place(way.ends[0])}; "
            "it gets the URL to open as its last argument"
        )
    return way.back(final)
