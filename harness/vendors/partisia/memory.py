"""What the simulated services remember: sessions, codes, tokens and nonces.

How the issuance service learns which session a token belongs to is not documented; here they share a memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.reference.state import DAY, Shelf


@dataclass
class Session:
    """An issuance that the application has begun."""

    identifier: str
    code: str
    dataset: dict[str, Any]
    fetched: bool = False


@dataclass
class Code:
    """A pre-authorized code that the application got from its authorization server."""

    value: str
    expires_at: float
    used: bool = False


@dataclass
class Access:
    """What an access token stands for."""

    code: str
    expires_at: float
    issued: set[str] = field(default_factory=set)
    """The ids of the configurations of which it has brought a credential."""


@dataclass
class Nonce:
    """A nonce that was given out."""

    used: bool = False


class Memory:
    """All of it; what has expired stays known for a day, so that it is refused as expired."""

    def __init__(self, clock: Callable[[], float], nonce_lifetime: float) -> None:
        self.sessions: Shelf[Session] = Shelf(clock, DAY)
        self.by_code: Shelf[Session] = Shelf(clock, DAY)
        self.codes: Shelf[Code] = Shelf(clock, DAY)
        self.tokens: Shelf[Access] = Shelf(clock, DAY)
        self.nonces: Shelf[Nonce] = Shelf(clock, nonce_lifetime)
        self.latest_code: Code | None = None
        self.latest_session: Session | None = None

    def begin(self, session: Session) -> None:
        """Remember a session."""
        self.sessions.put(session.identifier, session)
        self.by_code.put(session.code, session)
        self.latest_session = session

    def expect(self, code: Code) -> None:
        """Remember a code."""
        self.codes.put(code.value, code)
        self.latest_code = code

    def session_of(self, access: Access | None) -> Session | None:
        """Give the session of a token; where a rule let off an unknown one, the latest."""
        return (self.by_code.get(access.code) if access else None) or self.latest_session
