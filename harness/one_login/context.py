"""What the endpoints share: who is registered, who signs in, which errors are on, and what is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from harness.formats import base64url
from harness.govuk.people import Person
from harness.one_login.authorization_request import AuthorizationRequest
from harness.one_login.client_keys import ClientKeys
from harness.one_login.keys import KeyRing
from harness.one_login.relying_party import ID_TOKEN_ALGORITHMS, RelyingParty
from harness.one_login.store import Store

CODE_SECONDS = 300
ACCESS_TOKEN_SECONDS = 180
JOURNEY_SECONDS = 3_600
ASSERTION_SECONDS = 86_400
"""How long an assertion that never ends is known."""


@dataclass(frozen=True)
class Identity:
    """What becomes of identity proving."""

    proven: bool = True
    return_codes: tuple[str, ...] = ()
    """Letters; what they mean is private to One Login."""


@dataclass(frozen=True)
class SignIn:
    """A user who signed in at a client: what an authorization code and an Access Token stand for."""

    request: AuthorizationRequest
    person: Person
    at: int
    """When, in seconds since 1970."""
    sid: str
    identity: Identity


@dataclass
class Context:
    """One provider from the inside."""

    base_url: str
    identity_url: str
    """The host of DID document and core identities; may be the same."""
    clients: Mapping[str, RelyingParty]
    people: Mapping[str, Person]
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    http: Callable[[], httpx.AsyncClient]
    interactive: bool
    require_user_agent: bool
    next_person: Person
    injected: frozenset[str] = frozenset()
    identity: Identity = Identity()
    token_keys: KeyRing = field(default_factory=lambda: KeyRing("id-token", ID_TOKEN_ALGORITHMS))
    identity_keys: KeyRing = field(default_factory=lambda: KeyRing("core-identity", ("ES256",)))

    def __post_init__(self) -> None:
        self.client_keys = ClientKeys(self.http)
        self.codes: Store[SignIn] = Store(self.clock, CODE_SECONDS)
        self.access_tokens: Store[SignIn] = Store(self.clock, ACCESS_TOKEN_SECONDS)
        self.journeys: Store[AuthorizationRequest] = Store(self.clock, JOURNEY_SECONDS)
        self.used_assertions: Store[bool] = Store(self.clock, ASSERTION_SECONDS)
        self.signed_in: dict[str, set[str]] = {}
        """Name of a person to the clients where they signed in."""

    @property
    def issuer(self) -> str:
        """The Issuer Identifier, with its slash at the end."""
        return f"{self.base_url}/"

    @property
    def trustmark_url(self) -> str:
        """Where ``vtm`` points at."""
        return f"{self.base_url}/trustmark"

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock())

    def secret(self) -> str:
        """Give a fresh value nobody can guess."""
        return base64url.encode(self.random_bytes(32))
