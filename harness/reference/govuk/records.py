"""What the department knows: people, their accounts, offers made to them and credentials they were given."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from harness.reference.state import DAY, Shelf

_MONTHS = 15 * 31 * DAY
"""How long an issued credential can be refreshed in the app, and how long it has to be remembered."""
NAMES_AFTERWARDS = ("Gabler", "Sommer", "Winter")
"""Family names that somebody has one after the other once something has changed."""


class Described(Protocol):
    """What is known of a person."""

    @property
    def given_name(self) -> str:
        """The given name."""

    @property
    def family_name(self) -> str:
        """The family name."""

    @property
    def birth_date(self) -> str:
        """A date, ``YYYY-MM-DD``."""


@dataclass(frozen=True)
class Details:
    """What is known of a person."""

    given_name: str
    family_name: str
    birth_date: str


STRANGER = Details("Sam", "Newcomer", "1990-05-17")
"""What is said of those whom the register does not know."""


@cache
def register() -> dict[str, Details]:
    """Give whom the department knows, by e-mail address."""
    text = files(__package__).joinpath("register.toml").read_text(encoding="utf-8")
    return {email: Details(**person) for email, person in tomllib.loads(text).items()}


@dataclass
class Account:
    """A user of the web service.

    Attributes:
        wallet_subject_id: by which GOV.UK Wallet knows the user.
        details: what credentials say of the user.
        withdrawn: the configurations of which this user must get no further credential.
        subject: by which GOV.UK One Login knows the user at this service; ``None`` before the first sign-in.

    """

    wallet_subject_id: str
    details: Details
    withdrawn: set[str] = field(default_factory=set)
    subject: str | None = None
    changes: int = 0

    def number(self, start: str) -> str:
        """Give the number of a document of this user that begins in a certain way."""
        digest = hashlib.sha256(self.wallet_subject_id.encode()).hexdigest()
        return f"{start}{int(digest[:10], 16) % 10**10:010}"

    def change(self) -> None:
        """Let the user have another family name."""
        self.details = replace(self.details, family_name=NAMES_AFTERWARDS[self.changes % len(NAMES_AFTERWARDS)])
        self.changes += 1


@dataclass
class Offered:
    """An offer that was made. ``made_at`` and ``expires_at`` are seconds since the epoch."""

    identifier: str
    """The one Credential Identifier of its Pre-Authorized Code."""
    configuration: str
    account: Account
    made_at: float
    expires_at: float
    link: str = ""
    redeemed: bool = False


@dataclass
class StatusEntry:
    """The place of a credential in a status list: what the status list service answered."""

    uri: str
    index: int
    revoked: bool = False


@dataclass
class Issued:
    """A credential that was issued."""

    offered: Offered
    credential: str
    holder: str | None
    """The did:key of the wallet."""
    entry: StatusEntry | None
    until: int
    """When it ends, in seconds since the epoch."""
    events: list[str] = field(default_factory=list)
    """What the wallet told of it."""


class Records:
    """All that the department remembers."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.accounts: Shelf[Account] = Shelf(clock, _MONTHS)
        self.offers: Shelf[Offered] = Shelf(clock, _MONTHS)
        self.issued: Shelf[Issued] = Shelf(clock, _MONTHS)
        """By credential."""
        self.notifiable: Shelf[Issued] = Shelf(clock, _MONTHS)
        """By ``notification_id``."""
        self.tokens: Shelf[bool] = Shelf(clock, DAY)
        """The ``jti`` of the access tokens that brought a credential."""
        self.latest: Account | None = None
        """Whom an offer was last made to."""
        self._wallets: dict[str, str] = {}
        """The ``wallet_subject_id`` of those who signed in, by the ``sub`` at this service."""
        self._latest_offers: dict[tuple[str, str], Offered] = {}
        self._latest_issued: dict[tuple[str, str], Issued] = {}

    def account(self, wallet_subject_id: str, details: Described | None = None) -> Account:
        """Give the account of a user, opened at the first time."""
        known = self.accounts.get(wallet_subject_id)
        if known is None:
            said = details or STRANGER
            known = Account(wallet_subject_id, Details(said.given_name, said.family_name, said.birth_date))
        self.accounts.put(wallet_subject_id, known)
        return known

    def keep_sign_in(self, account: Account, subject: str) -> None:
        """Remember by which ``sub`` a user signed in."""
        account.subject = subject
        self._wallets[subject] = account.wallet_subject_id

    def wallet_of(self, subject: str) -> str:
        """Give the ``wallet_subject_id`` of who signed in by a ``sub``; the ``sub`` where nobody did."""
        return self._wallets.get(subject, subject)

    def keep_offer(self, offered: Offered) -> None:
        """Remember an offer."""
        self.offers.put(offered.identifier, offered)
        self._latest_offers[offered.account.wallet_subject_id, offered.configuration] = offered
        self.latest = offered.account

    def latest_offer(self, wallet_subject_id: Any, configuration: Any) -> Offered | None:
        """Give the last offer of a configuration to a user; ``None`` where there was none."""
        return self._latest_offers.get((str(wallet_subject_id), str(configuration)))

    def any_offer(self) -> Offered | None:
        """Give the offer that was made last."""
        return next(reversed(self._latest_offers.values()), None)

    def keep_issued(self, issued: Issued) -> None:
        """Remember a credential."""
        self.issued.put(issued.credential, issued)
        key = (issued.offered.account.wallet_subject_id, issued.offered.configuration)
        self._latest_issued[key] = issued

    def latest_issued(self, account: Account, configuration: str) -> Issued | None:
        """Give the credential of a configuration that a user was given last."""
        return self._latest_issued.get((account.wallet_subject_id, configuration))

    def latest_of(self, configuration: str) -> Issued | None:
        """Give the credential of a configuration that anybody was given last."""
        found = [issued for key, issued in self._latest_issued.items() if key[1] == configuration]
        return found[-1] if found else None
