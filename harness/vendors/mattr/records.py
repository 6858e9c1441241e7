"""What the tenant remembers: offers, access tokens, issued credentials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.reference.state import DAY, Shelf


@dataclass
class Offer:
    """A pre-authorized offer."""

    id: str
    user_id: str
    code: str
    configurations: Sequence[str]
    """Ids."""
    claims: dict[str, Any]
    tx_code: str | None
    expires_at: float
    """Seconds since the epoch."""
    deleted: bool = False
    consumed: bool = False
    wrong_codes: int = 0
    issued: set[str] = field(default_factory=set)
    """Configurations that were issued for it."""


@dataclass
class Access:
    """What an access token of a wallet stands for."""

    offer: Offer
    expires_at: float
    issued: set[str] = field(default_factory=set)


@dataclass
class Issued:
    """A credential that was issued."""

    id: str
    user_id: str
    configuration: str
    credential: Any
    state: str | None
    """``valid``, ``suspended`` or ``invalid``; ``None`` where it has no status."""


class Records:
    """All of it, each for a day.

    Args:
        clock: seconds since the epoch.

    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.administrators: Shelf[float] = Shelf(clock, DAY)
        """Access tokens of administrators, with the time they were given."""
        self.offers: Shelf[Offer] = Shelf(clock, DAY)
        """By id."""
        self.codes: Shelf[Offer] = Shelf(clock, DAY)
        """By Pre-Authorized Code."""
        self.tokens: Shelf[Access] = Shelf(clock, DAY)
        self.issued: Shelf[Issued] = Shelf(clock, DAY)
        """By id."""
        self.latest: Offer | None = None
        """What a rule that is let off gives."""
        self.by_user: dict[str, list[Issued]] = {}

    def keep_offer(self, offer: Offer) -> None:
        """Remember an offer under its id and its code."""
        self.latest = offer
        self.offers.put(offer.id, offer)
        self.codes.keep(offer.code, offer)

    def keep_issued(self, issued: Issued) -> None:
        """Remember a credential under its id and its user."""
        self.issued.put(issued.id, issued)
        self.by_user.setdefault(issued.user_id, []).append(issued)
