"""What all endpoints of the gateway share, and what passes between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.formats import base64url
from harness.one_login import keys
from harness.reference.faults import Defects
from harness.reference.rules import Judge
from harness.reference.state import Shelf
from harness.staff_passport.employees import Employee, Identity
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.request_log import Hint
from harness.staff_passport.gateway.wallet import Asked, Issued, Wallet
from harness.staff_passport.gateway.ways import Ways
from harness.staff_passport.templates import Template

REMEMBERED_SECONDS = 3_600
"""How long codes and pushed requests are remembered, so that it can be told why one is refused."""
MOST_ISSUED = 20_000
MOST_KEPT = 2_000


@dataclass(frozen=True)
class Version:
    """One of the two sets of endpoints."""

    name: str
    prefix: str
    """Where the endpoints are."""
    discovery: str
    issuer: str
    """What follows the base URL in the issuer."""


V1 = Version("V1", "/oidc", "/oidc/.well-known/openid-configuration", "/oidc")
V2 = Version("V2", "/v2.0/oidc", "/v2.0/.well-known/openid-configuration", "")


@dataclass
class Answer:
    """An answer before it is sent."""

    status: int
    body: Any = None
    """A JSON value, the text of a page, or nothing."""
    headers: dict[str, str] = field(default_factory=dict)
    location: str | None = None
    """Where the browser is sent to."""


@dataclass
class Exchange:
    """A request as read. The members from ``mode`` on are noted by the endpoint."""

    endpoint: str
    version: Version
    method: str
    path: str
    url: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    repeated: tuple[str, ...] = ()
    json: Any = None
    unreadable: str | None = None
    mode: str | None = None
    hint: Hint | None = None
    client_id: str | None = None
    error: str | None = None
    because: str | None = None


@dataclass
class Pushed:
    """A request that was pushed."""

    asked: Asked
    ends_at: float
    used: bool = False


@dataclass
class Code:
    """What an authorization code stands for."""

    asked: Asked
    ends_at: float
    claims: Mapping[str, str]
    """What the ID token says of the credential."""
    used: bool = False


@dataclass
class Core:
    """The gateway, as its endpoints see it."""

    base_url: str
    clients: Mapping[str, ExternalSystem]
    templates: Mapping[str, Template]
    employees: Mapping[str, Employee]
    ways: Ways
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    judge: Judge
    defects: Defects
    wallet: Wallet = field(init=False)
    misbehaving: frozenset[str] = frozenset()
    issued: dict[str, Issued] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    pushed: Shelf[Pushed] = field(init=False)
    codes: Shelf[Code] = field(init=False)
    latest_code: Code | None = None
    latest_pushed: Pushed | None = None

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.pushed = Shelf(self.clock, REMEMBERED_SECONDS, MOST_KEPT)
        self.codes = Shelf(self.clock, REMEMBERED_SECONDS, MOST_KEPT)

    @property
    def now(self) -> int:
        """Seconds since 1970, whole."""
        return int(self.clock())

    @property
    def key(self) -> keys.SigningKey:
        """What signs ID tokens."""
        return keys.generated("staff-passport", "RS256")

    def secret(self) -> str:
        """Give 256 random bits in base64url."""
        return base64url.encode(self.random_bytes(32))

    def client(self, client_id: object) -> ExternalSystem | None:
        """Give the external system of an id; ``None`` for an unknown one."""
        return self.clients.get(client_id) if isinstance(client_id, str) else None

    def client_or_any(self, client_id: object) -> ExternalSystem:
        """Give the external system of an id, or the first one where a gateway takes any id."""
        return self.client(client_id) or next(iter(self.clients.values()))

    def issuer(self, version: Version) -> str:
        """Give the issuer of a version."""
        return f"{self.base_url}{version.issuer}"

    def audiences(self, version: Version) -> tuple[str, ...]:
        """Say for whom a hint may be meant."""
        if self.ways.either_audience:
            return (self.issuer(V1), self.issuer(V2))
        return (self.issuer(version),)

    def share(self, serial: str) -> bool:
        """Say whether a credential can be shared: it was issued here and is not revoked."""
        sharing = Sharing(serial, serial in self.issued and serial not in self.revoked)
        self.defects.emit("dsp-gateway-sharing", sharing)
        return sharing.allowed

    def keep(self, issued: Issued) -> None:
        """Remember what was issued."""
        self.issued[issued.serial] = issued
        while len(self.issued) > MOST_ISSUED:
            oldest = next(iter(self.issued))
            del self.issued[oldest]
            self.revoked.discard(oldest)
        self.wallet.holds.append(issued)
        del self.wallet.holds[:-MOST_KEPT]

    def identity_claims(self, identity: Identity) -> dict[str, str]:
        """Give the attributes of an identity credential, with what the misbehaviours leave of them."""
        values = {
            "ID-LegalFirstName": "Zebedee" if "name-first" in self.misbehaving else identity.first_name,
            "ID-LegalSurname": "Quillfeather" if "name-last" in self.misbehaving else identity.surname,
            "ID-BirthDate": "1901-01-01" if "birth-date" in self.misbehaving else identity.birth_date,
            "UniqueIdentifier": identity.unique_identifier,
        }
        if "no-birth-date" in self.misbehaving:
            values["ID-BirthDate"] = None
        if "no-unique-identifier" in self.misbehaving:
            values["UniqueIdentifier"] = None
        return {name: value for name, value in values.items() if value is not None}


@dataclass
class Sharing:
    """An attempt to share a credential."""

    serial: str
    allowed: bool
