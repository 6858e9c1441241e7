"""What checks look at, and the words for why there is nothing to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.formats import sd_jwt_vc
from harness.formats.problems import FormatError
from harness.settings import TrustSettings
from harness.transport import Client, Reply
from harness.wallet import credential
from harness.wallet.issuer_key import IssuerKey
from harness.wallet.keys import KeyMaker, make_key
from harness.wallet.metadata import AuthorizationServer, Issuer, MetadataError
from harness.wallet.offer import OfferLink, ReceivedOffer


class Blocked(Exception):
    """Something a check needs is missing or went wrong before; the message is the reason."""


class AccessExpired(Exception):
    """An Access Token that was used before is no longer accepted (OpenID4VCI 1.0 section 14.3 allows that)."""


@dataclass(frozen=True)
class Scenario:
    """One way through the issuer: a Credential Configuration and the offer source that leads to it.

    Attributes:
        label: how reports name it: the configuration id, with the source after a colon where there are several.

    """

    configuration: str
    source: str
    label: str


@dataclass
class Facts:
    """What predicates may read; what comes after ``scenario`` is set when a predicate needs it."""

    issuer: Issuer
    scenario: Scenario | None = None
    link: OfferLink = field(init=False)
    offer: ReceivedOffer = field(init=False)
    token: Reply = field(init=False)
    issuer_key: IssuerKey = field(init=False)

    @property
    def configuration(self) -> Mapping[str, Any]:
        """Metadata of the scenario's configuration; empty when the metadata does not know it."""
        return self.issuer.configurations.get(self.scenario.configuration, {}) if self.scenario else {}

    @property
    def configuration_name(self) -> str:
        """How a reason names the configuration."""
        return f"configuration {self.scenario.configuration!r}" if self.scenario else "the configuration"

    @property
    def server(self) -> AuthorizationServer | None:
        """The Authorization Server that the offer leads to, if the metadata knows it; needs ``offer``."""
        try:
            return self.issuer.server_for(self.offer.authorization_server)
        except MetadataError:
            return None

    @property
    def unoffered_configurations(self) -> list[str]:
        """Configurations that the offer does not name and that take the same key proofs; needs ``offer``.

        None when the offer fails to name any configuration.
        """
        offered = self.offer.configuration_ids
        return [
            name
            for name, members in self.issuer.configurations.items()
            if offered and name not in offered and _key_terms(members) == _key_terms(self.configuration)
        ]


def _key_terms(configuration: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        configuration.get(name) for name in ("proof_types_supported", "cryptographic_binding_methods_supported")
    )


@dataclass(frozen=True)
class WalletOptions:
    """How the wallet behaves where the specification leaves it a choice."""

    client_id: str | None = None
    algorithm: str | None = None
    key_form: str | None = None


@dataclass(frozen=True)
class Tools:
    """What every flow needs: the way to the network, the clock, the key maker and the wallet's choices."""

    client: Client
    now: Callable[[], float]
    options: WalletOptions = WalletOptions()
    make_key: KeyMaker = make_key
    trust: TrustSettings = field(default_factory=TrustSettings)


@dataclass(frozen=True)
class IssuedCredential:
    """One credential of a Credential Response.

    Attributes:
        raw: the value of ``credential``.
        exchange: number of the exchange that brought it.
        pointer: JSON Pointer to it in that exchange's answer.
        keys: the proof keys of the request, as public JWKs.
        received: when it came, in seconds since 1970.
        vc: the credential read as SD-JWT VC.

    """

    raw: Any
    exchange: int
    pointer: str
    keys: tuple[dict[str, Any], ...]
    received: float

    @cached_property
    def vc(self) -> sd_jwt_vc.SdJwtVc:
        """Read the credential as an SD-JWT VC.

        Raises:
            Blocked: it is nothing that can be read; the check of its serialization says so.

        """
        if not isinstance(self.raw, str):
            raise Blocked("the credential is not a string")
        try:
            return sd_jwt_vc.read(self.raw)
        except FormatError as error:
            raise Blocked(f"the credential cannot be read: {error.detail}") from error


def issued_in(reply: Reply, keys: tuple[dict[str, Any], ...], received: float) -> tuple[IssuedCredential, ...]:
    """Give the credentials of a Credential Response.

    Args:
        keys: the proof keys of the request, as public JWKs.
        received: when it came, in seconds since 1970.

    """
    return tuple(
        IssuedCredential(raw, reply.exchange, f"/credentials/{index}/credential", keys, received)
        for index, raw in enumerate(credential.credentials(reply))
    )
