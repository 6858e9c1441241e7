"""Where one reference issuer lives: its URLs, its clock and its source of randomness."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from harness.reference.dataset import Dataset
from harness.reference.drafts import Wording, wording
from harness.reference.encoding import base64url
from harness.reference.state import Shelf
from harness.reference.statuses import Statuses
from harness.reference.variants import Variant


@dataclass(frozen=True)
class Context:
    """What every document and every rule may ask about the issuer."""

    variant: Variant
    base_url: str
    """Scheme and authority, without a path and without a final slash."""
    clock: Callable[[], float]
    """Seconds since the epoch."""
    random_bytes: Callable[[int], bytes]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """1, 2, 3, ...: what an issuer hands out that should know better."""
    statuses: Statuses = field(default_factory=Statuses)
    """What is known of the status of the credentials."""
    nonce_owners: dict[str, str] = field(default_factory=dict)
    """Of drafts: each ``c_nonce`` that came with an access token, to that token."""
    dataset: Dataset = field(default_factory=Dataset)
    """What is known of the user."""

    @property
    def wording(self) -> Wording:
        """How the version that this issuer speaks words what it says and hears."""
        return wording(self.variant.version)

    @cached_property
    def nonces(self) -> Shelf[bool]:
        """The nonces that key proofs may have."""
        return Shelf(self.clock, self.variant.nonce_lifetime)

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier (OpenID4VCI 12.2.1)."""
        return self.base_url + self.variant.path

    @property
    def authorization_server_urls(self) -> list[str]:
        """The value of ``authorization_servers``; empty when the issuer is its own Authorization Server."""
        return [self.base_url + path for path in self.variant.authorization_servers]

    @property
    def authorization_server_path(self) -> str:
        """Path component of the Authorization Server that serves this issuer."""
        return next(iter(self.variant.authorization_servers), self.variant.path)

    @property
    def authorization_server_url(self) -> str:
        """Identifier of the Authorization Server that serves this issuer."""
        return self.base_url + self.authorization_server_path

    @property
    def token_schemes(self) -> tuple[str, ...]:
        """The schemes of the Authorization header that can carry an access token, in lower case."""
        return ("bearer",) if self.variant.dpop == "none" else ("bearer", "dpop")

    @property
    def status_lists_url(self) -> str:
        """Where all status lists are named (Token Status List section 9)."""
        return f"{self.issuer_url}/status"

    def status_list_url(self, name: str) -> str:
        """Say where the status list of a name is published."""
        return f"{self.status_lists_url}/{name}"

    def now(self) -> int:
        """The time in whole seconds."""
        return int(self.clock())

    def number_below(self, limit: int) -> int:
        """Give a random number that is not negative."""
        return int.from_bytes(self.random_bytes(8), "big") % limit

    def secret(self) -> str:
        """Give 256 fresh random bits in base64url; RFC 6749 section 10.10 asks for 160."""
        return base64url(self.random_bytes(32))
