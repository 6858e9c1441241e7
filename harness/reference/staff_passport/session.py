"""Who is signed in to the portal, by the cookie of the browser, and how far a download has got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.reference.staff_passport.context import PortalContext
from harness.reference.staff_passport.pages import Page
from harness.reference.state import Shelf

if TYPE_CHECKING:
    from harness.staff_passport.employees import Employee


COOKIE = "assay-portal-session"
Mode = Literal["verifying", "issuing"]


@dataclass(frozen=True)
class Verified:
    """An identity that was compared with the employee."""

    unique_identifier: str


@dataclass(frozen=True)
class Chosen:
    """What an employee wants to download, as it was when it was shown."""

    template: str
    values: tuple[tuple[str, str], ...]
    revision: int
    """Of the information."""


@dataclass(frozen=True)
class Pending:
    """A browser that was sent to the gateway."""

    mode: Mode
    state: str | None
    """As it was sent; ``None`` where none was."""
    nonce: str | None
    verifier: str | None
    """Of PKCE (RFC 7636)."""
    download: Chosen | None = None


@dataclass
class Session:
    """One employee at one browser."""

    employee: Employee
    template: str | None = None
    """What was chosen."""
    prompted: bool = False
    """Whether the employee went past the prompt to delete the old credential."""
    shown: Chosen | None = None
    confirmed: Chosen | None = None
    verified: Verified | None = None
    pending: Pending | None = None
    downloads: int = 0
    outcome: Page | None = None
    """How the last visit to the gateway ended, where that has a page."""


class Sessions:
    """The sessions of the portal."""

    def __init__(self, context: PortalContext) -> None:
        self._context = context
        self._sessions: Shelf[Session] = Shelf(context.clock, context.variant.session_lifetime)

    def of(self, name: str | None) -> Session | None:
        """Give the session that a cookie names; ``None`` where there is none."""
        return self._sessions.get(name)

    def begin(self, session: Session) -> str:
        """Keep a session under a fresh name; give the Set-Cookie header."""
        name = self._context.secret()
        self._sessions.put(name, session)
        return self._cookie(name)

    def end(self, name: str | None) -> str:
        """Forget a session; give the Set-Cookie header."""
        self._sessions.drop(name)
        return f"{self._cookie('')}; Max-Age=0"

    def _cookie(self, value: str) -> str:
        secure = "; Secure" if self._context.base_url.startswith("https:") else ""
        # The gateway sends the browser back with a link, which SameSite=Strict would not go with.
        return f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"
