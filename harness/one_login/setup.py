"""How a provider is set up: from a TOML file, whose members ``schemas/one-login.schema.json`` describes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import toml_file
from harness.formats import base64url, key_file
from harness.govuk.people import PEOPLE, Person, sector_host_of
from harness.one_login import OneLoginError
from harness.one_login.people import SUBJECT_PREFIX
from harness.one_login.provider import OneLogin
from harness.one_login.relying_party import RelyingParty
from harness.one_login.request_log import Received

_SCHEMA = "one-login.schema.json"
_LARGEST_KEY_FILE = 100_000


@dataclass(frozen=True)
class Setup:
    """What a provider is made of."""

    clients: tuple[RelyingParty, ...] = ()
    people: Mapping[str, Person] = field(default_factory=lambda: PEOPLE)
    base_url: str | None = None
    """``None``: where it listens."""
    identity_url: str | None = None
    interactive: bool = False
    require_user_agent: bool = True
    signs_in: str | None = None
    errors: tuple[str, ...] = ()

    def provider(self, listens_at: str, listener: Callable[[Received], None] | None = None) -> OneLogin:
        """Make the provider.

        Raises:
            OneLoginError: it cannot be.

        """
        made = OneLogin(
            self.base_url or listens_at,
            clients=self.clients,
            people=self.people,
            identity_url=self.identity_url,
            interactive=self.interactive,
            require_user_agent=self.require_user_agent,
            listener=listener,
        )
        if self.signs_in is not None:
            made.signs_in(self.signs_in)
        made.inject(*self.errors)
        return made


def read(path: Path, environment: Mapping[str, str]) -> Setup:
    """Read a file.

    Args:
        path: the file; key files are named relative to its folder.
        environment: the variables that ``${NAME}`` stands for.

    Raises:
        OneLoginError: it cannot be used.

    """
    document = toml_file.read(path, OneLoginError)
    if refused := toml_file.refusal(document, _SCHEMA):
        raise OneLoginError(f"{path.name}: {refused}")
    clients = tuple(_client(table, path.parent, environment) for table in document.pop("client", ()))
    people = {name: _person(name, table) for name, table in document.pop("people", {}).items()}
    errors = tuple(document.pop("errors", ()))
    # Those of the file come first, so that the first of them signs in, and may take a bundled name.
    people |= {name: person for name, person in PEOPLE.items() if name not in people}
    return Setup(clients=clients, people=people, errors=errors, **document)


def public_keys(path: Path) -> tuple[Mapping[str, Any], ...]:
    """Read the public keys of a client: PEM, JWK or JWK Set.

    Raises:
        OneLoginError: there is none in the file, or it cannot be read.

    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_KEY_FILE)
        return key_file.public_keys(content)
    except key_file.KeyFileError as problem:
        raise OneLoginError(f"{path}: {problem.detail}") from None
    except OSError as problem:
        raise OneLoginError(f"cannot read {path}: {problem.strerror}") from None
    except ValueError:
        raise OneLoginError(f"cannot read {str(path)!r}: no file has such a name") from None


def sector_host(uri: str) -> str:
    """Give the host of a sector identifier.

    Raises:
        OneLoginError: it has none.

    """
    try:
        return sector_host_of(uri)
    except ValueError as problem:
        raise OneLoginError(str(problem)) from None


def secret_of(variable: str, environment: Mapping[str, str]) -> str:
    """Give a secret from the environment.

    Raises:
        OneLoginError: the variable is not set, or empty.

    """
    if not environment.get(variable):
        raise OneLoginError(f"the environment variable {variable} is not set")
    return environment[variable]


def _client(table: Mapping[str, Any], folder: Path, environment: Mapping[str, str]) -> RelyingParty:
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in table.items()
    }
    if (key := given.pop("public_key", None)) is not None:
        given["public_keys"] = public_keys(folder / key)
    if (secret := given.pop("client_secret", None)) is not None:
        given["client_secret"] = secret_of(secret.removeprefix("${").removesuffix("}"), environment)
    if (sector := given.pop("sector_identifier_uri", None)) is not None:
        given["sector_host"] = sector_host(sector)
    return RelyingParty(**given)


def _person(name: str, table: Mapping[str, str]) -> Person:
    account = SUBJECT_PREFIX + base64url.encode(hashlib.sha256(table["email"].encode()).digest())
    return Person(name, **{"subject": account, **table})
