"""The environments of GOV.UK One Login and GOV.UK Wallet, and what each of their services is called there."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


class UnknownEnvironment(Exception):
    """There is no environment of this name."""


@dataclass(frozen=True)
class Environment:
    """One environment. A URL is ``None`` where it is not published, and for ``local``."""

    name: str
    offer_endpoints: tuple[str, ...] = ()
    """What a Credential Offer's URL may begin with, up to its query, the wallet's own first; empty for any."""
    token_service: str | None = None
    """The One Login token service, which is the issuer's Authorization Server."""
    one_login: str | None = None
    """The issuer identifier of the OIDC provider, with its slash at the end."""
    identity: str | None = None
    """The DID of who signs core identity claims."""
    status_lists: str | None = None
    """Scheme and authority of the published status lists."""


def environment(name: str) -> Environment:
    """Give an environment by its name.

    Raises:
        UnknownEnvironment: there is none.

    """
    found = ENVIRONMENTS.get(name)
    if found is None:
        raise UnknownEnvironment(f'there is no environment "{name}"; known are {", ".join(ENVIRONMENTS)}')
    return found


def _bundled() -> Mapping[str, Environment]:
    text = importlib.resources.files(__package__).joinpath("environments.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    made = {
        name: Environment(name, tuple(table.pop("offer_endpoints", ())), **table) for name, table in tables.items()
    }
    return MappingProxyType(made)


ENVIRONMENTS: Mapping[str, Environment] = _bundled()
"""The environments by name: ``production``, ``integration``, those before them, and ``local``."""
