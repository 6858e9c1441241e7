"""How a gateway is set up: from a TOML file, as ``schemas/staff-passport-gateway.schema.json`` describes it."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from harness import toml_file
from harness.staff_passport import templates
from harness.staff_passport.employees import EMPLOYEES, Employee
from harness.staff_passport.gateway import GatewayError
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.gateway.ways import JWKS_PATHS, Ways

_SCHEMA = "staff-passport-gateway.schema.json"
_LONGEST_S = 86_400
_OK, _LAST_STATUS = 200, 599
_WAYS = {way.name: way for way in fields(Ways)}


@dataclass(frozen=True)
class Setup:
    """What a gateway is made of."""

    clients: tuple[ExternalSystem, ...] = ()
    employees: Mapping[str, Employee] = field(default_factory=lambda: EMPLOYEES)
    base_url: str | None = None
    """``None``: where it listens."""
    attended: bool = True
    """Whether each QR code waits for a person, on the page or through the control endpoints."""
    employee: str | None = None
    """Whose identity is shared; ``None``: the first employee's."""
    misbehave: tuple[str, ...] = ()
    schema: Path | None = None
    """A file with the attributes of the credentials, in place of the bundled ones."""
    ways: Ways = field(default_factory=Ways)

    def gateway(self, listens_at: str, **more: Any) -> Gateway:
        """Make the gateway.

        Args:
            listens_at: its base URL, unless it is reached elsewhere.
            more: further arguments of the gateway.

        Raises:
            GatewayError: it cannot be.

        """
        try:
            known = templates.with_own(self.schema)
        except templates.TemplatesError as problem:
            raise GatewayError(str(problem)) from None
        made = Gateway(
            (self.base_url or listens_at).rstrip("/"),
            clients=self.clients,
            templates=known,
            employees=self.employees,
            ways=self.ways,
            **more,
        )
        if self.employee is not None:
            made.wallet.belongs_to(self.employee)
        made.wallet.attended = self.attended
        made.misbehave(*self.misbehave)
        return made


def read(path: Path, environment: Mapping[str, str]) -> Setup:
    """Read a file.

    Args:
        path: the file; other files are named relative to its folder.
        environment: the variables that ``${NAME}`` stands for.

    Raises:
        GatewayError: it cannot be used.

    """
    document = toml_file.read(path, GatewayError)
    if refused := toml_file.refusal(document, _SCHEMA):
        raise GatewayError(f"{path.name}: {refused}")
    people = {name: _employee(name, table) for name, table in document.get("employees", {}).items()}
    # Those of the file come first, so that the first of them holds the wallet, and may take a bundled name.
    people |= {name: employee for name, employee in EMPLOYEES.items() if name not in people}
    return Setup(
        clients=tuple(_client(table, environment) for table in document.get("external_system", ())),
        employees=people,
        base_url=document.get("base_url"),
        attended=document.get("wallet", "attended") == "attended",
        employee=document.get("employee"),
        misbehave=tuple(document.get("misbehave", ())),
        schema=path.parent / document["schema"] if "schema" in document else None,
        ways=ways(document.get("ways", {})),
    )


def ways(table: Mapping[str, Any]) -> Ways:
    """Read how the gateway does what public sources tell in several ways.

    Raises:
        GatewayError: a member is unknown, has another type, or a value with which no gateway can work.

    """
    for name, value in table.items():
        if name not in _WAYS:
            raise GatewayError(f"unknown key {name!r} in [ways]; known are {', '.join(_WAYS)}")
        default = _WAYS[name].default
        numeric = isinstance(default, float) and type(value) is int
        if type(value) is not type(default) and not numeric:
            raise GatewayError(f"ways.{name} has another type than {default!r}")
        if name.endswith("_seconds") and not 0 < value <= _LONGEST_S:
            raise GatewayError(f"ways.{name} has to be above 0 and at most {_LONGEST_S}")
    made = Ways(**table)
    if made.jwks_path not in JWKS_PATHS:
        raise GatewayError(f"ways.jwks_path has to be one of {', '.join(JWKS_PATHS)}")
    if not _OK <= made.revocation_status <= _LAST_STATUS:
        raise GatewayError(f"ways.revocation_status has to be from {_OK} to {_LAST_STATUS}")
    return made


def signing_key(text: str) -> bytes:
    """Read a credential signing key as it is handed out: in Base64.

    Raises:
        GatewayError: it is something else, or empty.

    """
    try:
        key = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise GatewayError("the credential signing key is not in Base64") from None
    if not key:
        raise GatewayError("the credential signing key is empty")
    return key


def secret_of(variable: str, environment: Mapping[str, str]) -> str:
    """Give a secret from the environment.

    Raises:
        GatewayError: the variable is not set, or empty.

    """
    if not environment.get(variable):
        raise GatewayError(f"the environment variable {variable} is not set")
    return environment[variable]


def _client(table: Mapping[str, Any], environment: Mapping[str, str]) -> ExternalSystem:
    def secret(member: str) -> str:
        return secret_of(table[member].removeprefix("${").removesuffix("}"), environment)

    return ExternalSystem(
        **{name: value for name, value in table.items() if name == "did"},
        client_id=table["client_id"],
        client_secret=secret("client_secret"),
        signing_key=signing_key(secret("signing_key")),
        organisation_id=table.get("organisation_id", table["client_id"]),
        redirect_uris=tuple(table["redirect_uris"]),
    )


def _employee(name: str, table: Mapping[str, str]) -> Employee:
    # Always the same for a name, so that external systems that keep it know the employee again.
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://staff.assay.test/{name}"))
    account = {"username": name, "password": "", "email": f"{name}@staff.assay.test"}
    return Employee(name, **{"unique_identifier": identifier, **table}, **account, records={})
