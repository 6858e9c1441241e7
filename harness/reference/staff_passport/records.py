"""What the portal knows: its employees, their information, and what became of it in wallets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.staff_passport.employees import Employee


_LAST_REFRESH = "-LastRefresh"
"""How the name of the attribute ends that says when information was last brought up to date."""


@dataclass
class Issued:
    """A credential that went into a wallet."""

    serial: str | None
    """Its Serial Number; ``None`` where it was forgotten."""
    at: float
    revoked: bool = False


@dataclass
class Holding:
    """The information of one employee that can become a credential of one template."""

    values: dict[str, str]
    revision: int = 0
    """Counts how often the information changed."""
    issued: list[Issued] = field(default_factory=list)

    @property
    def live(self) -> list[Issued]:
        """The credentials that were not revoked."""
        return [one for one in self.issued if not one.revoked]

    @property
    def downloaded_at(self) -> float | None:
        """When it was last downloaded; ``None`` where no such credential is valid."""
        return max((one.at for one in self.live), default=None)


class Records:
    """The memory of the portal."""

    def __init__(self, employees: Iterable[Employee], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._employees = {employee.username: employee for employee in employees}
        self._holdings = {
            employee.username: {name: Holding(dict(values)) for name, values in employee.records.items()}
            for employee in self._employees.values()
        }
        self.unique_identifiers: dict[str, str] = {}
        """The DSP unique identifiers seen in identity credentials, by user name; never used instead of asking."""

    @property
    def someone(self) -> Employee:
        """The first employee for whom there is a credential."""
        return next(one for one in self._employees.values() if self._holdings[one.username])

    @property
    def templates(self) -> list[str]:
        """All templates for which any employee has information."""
        return sorted({name for held in self._holdings.values() for name in held})

    def signing_in(self, username: str, password: str) -> Employee | None:
        """Give who may sign in like this; ``None`` for nobody."""
        employee = self._employees.get(username)
        return employee if employee is not None and employee.password == password else None

    def employee(self, username: str) -> Employee:
        """Give an employee.

        Raises:
            LookupError: there is no such one.

        """
        return self._employees[username]

    def holdings(self, username: str) -> Mapping[str, Holding]:
        """Give the information of an employee by template; none where DSP does not apply."""
        return self._holdings[username]

    def keep(self, username: str, template: str, serial: str | None) -> Issued:
        """Note that a credential is in the wallet of an employee now."""
        holding = self._holdings[username].setdefault(template, Holding({}))
        issued = Issued(serial, self._clock())
        holding.issued.append(issued)
        return issued

    def change(self, username: str, template: str) -> Holding:
        """Note that the information of an employee has changed.

        Raises:
            LookupError: there is no such information.

        """
        holding = self._holdings[username][template]
        holding.revision += 1
        now = datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
        for name in holding.values:
            if name.endswith(_LAST_REFRESH):
                holding.values[name] = now
        return holding
