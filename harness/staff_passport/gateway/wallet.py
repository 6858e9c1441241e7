"""The employee's wallet, and what waits for it to act: one transaction for each QR code."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from harness.staff_passport.employees import Employee, Identity
from harness.staff_passport.gateway import GatewayError
from harness.staff_passport.gateway.external_system import ExternalSystem

VERIFYING, ISSUING = "verifying", "issuing"
ACCEPTS = {VERIFYING: "share", ISSUING: "add"}
"""What the wallet does when all is well, by mode."""
ACTIONS = ("share", "add", "decline", "time-out", "wait")
MOST = 2_000
"""Transactions that are remembered; the oldest go first."""


class Holder(Protocol):
    """Somebody with an identity credential."""

    @property
    def first_name(self) -> str | None:
        """The first name."""

    @property
    def surname(self) -> str | None:
        """The surname."""

    @property
    def birth_date(self) -> str | None:
        """A date, ``YYYY-MM-DD``."""

    @property
    def unique_identifier(self) -> str | None:
        """By which Digital Staff Passport knows them."""


@dataclass(frozen=True)
class Issued:
    """A credential that was issued."""

    serial: str
    template: str
    attributes: Mapping[str, str]
    """With the unique identifier; without the serial number."""
    client: ExternalSystem
    at: float
    """Seconds since 1970."""

    @property
    def issued_by(self) -> str:
        """What stands as "Issued by": a DID."""
        return self.client.did


@dataclass(frozen=True)
class Asked:
    """An authorization request."""

    client: ExternalSystem
    mode: str
    template: str
    redirect_uri: str
    scope: str
    issuer: str
    """Who signs the ID token: the issuer of this version."""
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    challenge_method: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What is to be issued."""
    serial: str | None = None
    """The serial number that the external system chose."""


@dataclass
class Transaction:
    """One QR code: what is asked of the wallet, and where the browser goes afterwards."""

    id: str
    asked: Asked
    link: str
    """What the QR code says."""
    ends_at: float
    planned: str | None
    """What the wallet does by itself; ``None``: nothing."""
    location: str | None = None
    """Where the browser is sent to, once the wallet has acted."""
    was_shown: bool = False
    """Whether the browser has shown it: only then can the wallet act by itself."""

    @property
    def mode(self) -> str:
        """``verifying`` or ``issuing``."""
        return self.asked.mode

    @property
    def client(self) -> ExternalSystem:
        """Who asks."""
        return self.asked.client

    @property
    def template(self) -> str:
        """What is shared or issued."""
        return self.asked.template

    @property
    def attributes(self) -> Mapping[str, str]:
        """What is to be issued."""
        return self.asked.attributes

    @property
    def actions(self) -> tuple[str, ...]:
        """What the wallet can do."""
        return (ACCEPTS[self.mode], "decline", "time-out")


class Wallet:
    """The wallet of one employee.

    Args:
        settle: ends a transaction after an action, and gives where the browser is sent to.
        employees: who can be its holder, by name; the first is, until told otherwise.
        clock: seconds since 1970.

    """

    actions = frozenset(ACTIONS) - {"wait"}
    """What can be done with a QR code."""

    def __init__(
        self,
        settle: Callable[[Transaction, str], str],
        employees: Mapping[str, Employee],
        clock: Callable[[], float],
    ) -> None:
        self._settle = settle
        self._employees = employees
        self._clock = clock
        self._planned: list[str] = []
        self._transactions: OrderedDict[str, Transaction] = OrderedDict()
        self.identity = next(iter(employees.values())).identity
        """What the identity credential says that is shared next."""
        self.holds: list[Issued] = []
        """The credentials that were added; one that is deleted is taken out."""
        self.attended = False
        """Whether a QR code waits for a person, unless :meth:`will` says otherwise."""

    def will(self, *actions: str) -> None:
        """Choose what becomes of the next QR codes, one action for each; afterwards all goes well again.

        ``wait`` leaves a QR code to :meth:`act`. Actions that were planned before are forgotten.

        Raises:
            GatewayError: there is no such action.

        """
        if unknown := [action for action in actions if action not in ACTIONS]:
            raise GatewayError(f"the wallet cannot {unknown[0]!r}; it can {', '.join(ACTIONS)}")
        self._planned = list(actions)

    def belongs_to(self, holder: str | Holder) -> None:
        """Choose whose identity credential it has.

        Raises:
            GatewayError: no employee has this name.

        """
        if isinstance(holder, str):
            if holder not in self._employees:
                raise GatewayError(f"no employee is called {holder!r}; known are {', '.join(self._employees)}")
            holder = self._employees[holder]
        self.identity = Identity(holder.first_name, holder.surname, holder.birth_date, holder.unique_identifier)

    @property
    def open(self) -> tuple[Transaction, ...]:
        """The QR codes that the wallet has done nothing with and that can still be scanned."""
        return tuple(one for one in self if one.location is None and one.ends_at > self._clock())

    def __iter__(self) -> Iterator[Transaction]:
        return iter(tuple(self._transactions.values()))

    def shown(self, identifier: str, asked: Asked, link: str, ends_at: float) -> Transaction:
        """Begin a transaction: its QR code is shown."""
        made = Transaction(identifier, asked, link, ends_at, self._next(asked.mode))
        self._transactions[identifier] = made
        while len(self._transactions) > MOST:
            self._transactions.popitem(last=False)
        return made

    def find(self, identifier: str) -> Transaction | None:
        """Give a transaction; ``None`` for one that is not known."""
        return self._transactions.get(identifier)

    def act(self, transaction: str, action: str) -> str:
        """Do something with a QR code, and give the URL that the browser is sent to.

        Raises:
            GatewayError: there is no such QR code, it is over, or this cannot be done with it.

        """
        found = self.find(transaction)
        if found is None:
            raise GatewayError(f"there is no transaction {transaction!r}")
        if action not in found.actions:
            raise GatewayError(f"the wallet cannot {action!r} here; it can {', '.join(found.actions)}")
        if found.location is not None:
            raise GatewayError("the wallet has already acted")
        if action != "time-out" and found.ends_at <= self._clock():
            raise GatewayError("the QR code has expired")
        found.location = self._settle(found, action)
        return found.location

    def _next(self, mode: str) -> str | None:
        if not self._planned:
            return None if self.attended else ACCEPTS[mode]
        action = self._planned.pop(0)
        # Who accepts what is asked accepts in the one way that the mode has.
        if action in ACCEPTS.values():
            return ACCEPTS[mode]
        return None if action == "wait" else action


def guid(random: bytes) -> str:
    """Make a random GUID of 16 random bytes (RFC 9562 section 5.4)."""
    return str(uuid.UUID(bytes=random, version=4))
