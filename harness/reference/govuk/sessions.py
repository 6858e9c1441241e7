"""Who is signed in to the web service, by the cookie of the browser."""

from __future__ import annotations

from dataclasses import dataclass

from harness.reference.govuk.context import GovukContext
from harness.reference.govuk.records import Account
from harness.reference.state import Shelf

COOKIE = "assay-department-session"


@dataclass
class User:
    """A user who is signed in.

    Attributes:
        subject: by which GOV.UK One Login knows the user at this service.
        account: what the department knows of the user.
        id_token: as GOV.UK One Login made it, which it wants to see again when the user signs out.
        fresh: whether nothing has been offered since the sign-in.

    """

    subject: str
    account: Account
    id_token: str
    fresh: bool = True


@dataclass(frozen=True)
class Pending:
    """A sign-in that has begun."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE (RFC 7636)."""
    target: str
    """The path to go to afterwards."""
    trust: str = "Cl.Cm"
    """The level of authentication that was asked for."""
    identity: bool = False
    """Whether a proof of identity was asked for, once the user was signed in."""


@dataclass
class Session:
    """One browser."""

    pending: Pending | None = None
    user: User | None = None


class Sessions:
    """The sessions of the web service."""

    def __init__(self, context: GovukContext) -> None:
        self._context = context
        self._sessions: Shelf[Session] = Shelf(context.clock, context.variant.session_lifetime)
        self._names: dict[str, set[str]] = {}

    def of(self, name: str | None) -> Session | None:
        """Give the session that a cookie names; ``None`` where there is none."""
        return self._sessions.get(name)

    def begin(self, session: Session) -> str:
        """Keep a session under a fresh name, which is the value of its cookie."""
        name = self._context.secret()
        self._sessions.put(name, session)
        if session.user is not None:
            self._names.setdefault(session.user.subject, set()).add(name)
        return name

    def end(self, name: str | None) -> None:
        """Forget a session."""
        self._sessions.drop(name)

    def names(self, subject: object) -> list[str]:
        """Give the names of the sessions of a user."""
        return sorted(self._names.get(subject, ())) if isinstance(subject, str) else []

    def cookie(self, name: str) -> str:
        """Write the Set-Cookie header of a session."""
        secure = "; Secure" if self._context.issuer_url.startswith("https:") else ""
        return f"{COOKIE}={name}; Path=/; HttpOnly; SameSite=Lax{secure}"
