"""Where the simulated services live, and what they know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from harness import toml_file
from harness.reference.context import Context
from harness.vendors.partisia.variants import PartisiaError, PartisiaVariant

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Addresses:
    """Base URLs, without a slash at the end."""

    issuer: str = "https://issuer.example.org"
    """The issuance service."""
    authorization_server: str = "https://authorization-server.example.org"
    """Where the metadata of the authorization server are."""
    token: str = "https://university-server.test1.partisia.dev"
    """The customer's own server, which gives the tokens."""

    @property
    def all(self) -> tuple[str, ...]:
        """All of them, in the order of the applications."""
        return (self.issuer, self.authorization_server, self.token)


@dataclass(frozen=True, kw_only=True)
class PartisiaContext(Context):
    """What every document and every rule may ask about the services."""

    variant: PartisiaVariant
    addresses: Addresses

    @property
    def offered_issuer(self) -> str:
        """The issuer as an offer spells it."""
        return self.issuer_url + ("/" if self.variant.slash_in_offer else "")

    @property
    def audiences(self) -> tuple[str, ...]:
        """What a proof may have as ``aud``."""
        spelled = {"metadata": (self.issuer_url,), "offer": (self.offered_issuer,)}
        return spelled.get(self.variant.audience, (self.issuer_url, self.offered_issuer))

    @property
    def data(self) -> Mapping[str, JsonObject]:
        """The data behind the configurations, by id."""
        return {name: _described()[name] for name in self.variant.configurations}

    @property
    def listed(self) -> tuple[str, ...]:
        """The ids of the configurations that the metadata list."""
        names = tuple(self.variant.configurations)
        return names if self.variant.listed == "all" else names[:1]

    def url(self, path: str) -> str:
        """Give the URL of a path of the issuance service."""
        return f"{self.issuer_url}{path}"

    @property
    def token_endpoint(self) -> str:
        """Where tokens are given."""
        return f"{self.addresses.token}/auth/token-endpoint"


def without_slash(addresses: Addresses) -> Addresses:
    """Give the addresses as they are used.

    Raises:
        PartisiaError: one is no http(s) URL of a host.

    """
    for url in addresses.all:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise PartisiaError(f"{url!r} is no http(s) URL of a host")
    return Addresses(*(url.rstrip("/") for url in addresses.all))


@cache
def _described() -> dict[str, JsonObject]:
    return toml_file.read(resources.files(__package__).joinpath("configurations.toml"), PartisiaError)


def dataset() -> JsonObject:
    """Give what the application knows of its user."""
    return dict(_described()["dataset"])
