"""The employees of the bundled portal, and what their identity credentials say."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Identity:
    """What an identity credential says of its holder; each can be missing in a credential that is not in order."""

    first_name: str | None
    surname: str | None
    birth_date: str | None
    """A date, ``YYYY-MM-DD``."""
    unique_identifier: str | None
    """By which Digital Staff Passport knows the employee; a UUID."""


@dataclass(frozen=True)
class Employee:
    """Someone who can sign in to the external system."""

    name: str
    """What checks and settings call the employee: ``amara``."""
    first_name: str
    surname: str
    birth_date: str
    """A date, ``YYYY-MM-DD``."""
    unique_identifier: str
    """Of the identity credential; the external system learns it from there only."""
    username: str
    password: str
    email: str
    records: Mapping[str, Mapping[str, str]]
    """By template, the attributes of the credentials for this employee, without the unique identifier; empty where
    Digital Staff Passport is not applicable."""

    @property
    def identity(self) -> Identity:
        """What the identity credential of this employee says."""
        return Identity(self.first_name, self.surname, self.birth_date, self.unique_identifier)


def _bundled() -> Mapping[str, Employee]:
    text = importlib.resources.files(__package__).joinpath("employees.toml").read_text("utf-8")
    return MappingProxyType(
        {
            name: Employee(name, **{**table, "records": MappingProxyType(table.get("records", {}))})
            for name, table in tomllib.loads(text).items()
        }
    )


EMPLOYEES: Mapping[str, Employee] = _bundled()
"""The bundled employees by name: ``amara`` with two credentials, ``bjorn`` with one, ``chloe`` with none."""
