"""What the reference issuer remembers: codes, access tokens, nonces and offers, bounded in number and age."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")
DAY = 24 * 3600
Outcome = Literal["issued", "denied"]
"""How a wish for a credential ends once it can be decided."""


class Shelf(Generic[T]):
    """Keeps values under text keys for a while; drops the oldest when there are too many."""

    def __init__(self, clock: Callable[[], float], lifetime: float, limit: int = 10_000) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._limit = limit
        self._items: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def put(self, key: str, value: T) -> None:
        """Keep ``value`` under ``key``, starting its lifetime."""
        self._items.pop(key, None)
        self._items[key] = (self._clock() + self._lifetime, value)
        while len(self._items) > self._limit:
            self._items.popitem(last=False)

    def keep(self, key: object, value: T) -> None:
        """Keep a value under what went out, if a wallet can send that back."""
        if isinstance(key, (str, int)):
            self.put(str(key), value)

    def get(self, key: object) -> T | None:
        """Give what is kept under ``key``; ``None`` for anything unknown, too old, or no text at all."""
        if not isinstance(key, str) or key not in self._items:
            return None
        until, value = self._items[key]
        if self._clock() >= until:
            del self._items[key]
            return None
        return value

    def drop(self, key: object) -> None:
        """Forget ``key`` if it is known."""
        if isinstance(key, str):
            self._items.pop(key, None)


@dataclass
class Grant:
    """What a Pre-Authorized Code stands for."""

    configurations: Sequence[str]
    tx_code: str | None
    expires_at: float
    used: bool = False
    wrong_tx_codes: int = 0
    outcome: Outcome = "issued"


@dataclass
class Authorization:
    """What a user let a client have, by the Authorization Code Flow or by an offer that the client redeemed."""

    configurations: Sequence[str]
    client_id: str
    scope: str | None
    """The scope granted; ``None`` when none was asked for."""
    by_details: bool
    """Whether ``authorization_details`` asked for it."""
    outcome: Outcome = "issued"
    revoked: bool = False
    """Whether the tokens given out for it are dead, because its code or a refresh token was replayed."""
    made: list[Any] = field(default_factory=list, compare=False, repr=False)
    """The credentials that were first issued for it (``renewals.Made``)."""


@dataclass
class Code:
    """What an authorization code stands for."""

    authorization: Authorization
    expires_at: float
    redirect_uri: str | None
    """As the authorization request had it; ``None`` when it was left out."""
    challenge: str | None
    challenge_method: str
    dpop_key: str | None
    """Thumbprint of the key the code is bound to (RFC 9449 section 10)."""
    used: bool = False


@dataclass
class Pushed:
    """A Pushed Authorization Request (RFC 9126)."""

    parameters: Sequence[tuple[str, str]]
    client_id: str | None
    expires_at: float
    dpop_key: str | None
    """Thumbprint of the key the request was pushed with (RFC 9449 section 10.1)."""
    used: bool = False


@dataclass
class RequestUse:
    """What becomes of a ``request_uri`` when the page for its user is shown."""

    spent: bool
    """Whether it is good for nothing more."""


@dataclass
class Refresh:
    """What a refresh token stands for."""

    authorization: Authorization
    dpop_key: str | None
    """Thumbprint of the DPoP key of a public client."""
    instance_key: str | None
    """Thumbprint of the key of the wallet instance that the Client Attestation named."""
    certificate: str | None = None
    """Thumbprint of the TLS certificate of a public client (RFC 8705 section 4)."""
    used: bool = False
    """Whether another refresh token took its place."""
    retry_until: float = 0
    """Until when it works again all the same, for a client that lost the answer."""
    expires_at: float = float("inf")
    narrowed: Sequence[str] | None = None
    """The configurations that it is good for; ``None`` for all that were authorized."""


@dataclass
class Access:
    """What an access token stands for."""

    configurations: Sequence[str]
    client_id: str | None
    expires_at: float
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Credential Identifier to Credential Configuration id; empty when the token response named none."""
    uses: int = 0
    dpop_key: str | None = None
    """Thumbprint of the key the token is bound to; ``None`` for a Bearer token."""
    certificate: str | None = None
    """Thumbprint of the TLS certificate the token is bound to (RFC 8705 section 3)."""
    authorization: Authorization | None = None
    """What the user authorized; ``None`` after a Pre-Authorized Code."""
    outcome: Outcome = "issued"
    refreshed: bool = False
    """Whether a refresh token has brought it."""
    withdrawn: bool = False
    """Whether its client had it revoked (RFC 7009)."""
    made: list[Any] = field(default_factory=list, compare=False, repr=False)
    """The credentials that were first issued with it (``renewals.Made``)."""

    @property
    def revoked(self) -> bool:
        """Whether the token is dead before its time."""
        return self.authorization is not None and self.authorization.revoked

    def succeeds(self, other: Access | None) -> bool:
        """Whether what was begun with ``other`` may be finished with this token, perhaps a refreshed one."""
        same = self.authorization is not None and other is not None and other.authorization is self.authorization
        return self is other or same


@dataclass
class RefreshUse:
    """What becomes of a refresh token that was used."""

    spent: bool
    """Whether it is good for nothing more."""
    retry_seconds: float = 0
    """For how long it works again though another took its place."""


@dataclass
class Successor:
    """A refresh token that takes the place of another one, and the access token that comes with it."""

    refresh: Refresh
    access: Access


@dataclass
class Transaction:
    """What a Deferred Issuance transaction stands for."""

    access: Access | None
    """Begun with this token; ``None`` when an unknown one was let off."""
    configuration: str
    holders: Sequence[Any]
    """One entry for each credential: the public JWK it is bound to, or ``None``."""
    pending: int
    """How often the wallet will still be told to come back."""
    obtained: bool = False

    @property
    def denied(self) -> bool:
        """Whether issuance was decided against."""
        return self.pending == 0 and self.access is not None and self.access.outcome == "denied"


@dataclass
class Issuance:
    """What a ``notification_id`` stands for."""

    access: Access | None
    events: list[str] = field(default_factory=list)
    """What the wallet said became of the credentials, in the order it came."""
    deferred: bool = False
    """Whether the credentials came from the Deferred Credential Endpoint."""


class Ledger:
    """What an Authorization Server gave out and must know again.

    What has expired stays known for a day, so that it is refused as expired.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.grants: Shelf[Grant] = Shelf(clock, DAY)
        self.issuer_states: Shelf[Outcome] = Shelf(clock, DAY)
        """How the wish ends for which an offer was made."""
        self.pushed: Shelf[Pushed] = Shelf(clock, DAY)
        self.codes: Shelf[Code] = Shelf(clock, DAY)
        self.refreshes: Shelf[Refresh] = Shelf(clock, 60 * DAY)
        self.tokens: Shelf[Access] = Shelf(clock, DAY)
        self.seen: Shelf[bool] = Shelf(clock, DAY)
        """The ``jti`` of what must come once only."""
        self.instances: Shelf[str] = Shelf(clock, DAY)
        """By client, the thumbprint of the key of the first wallet instance that came."""
        self.challenges: Shelf[bool] = Shelf(clock, 300)
        self.dpop_nonces: Shelf[bool] = Shelf(clock, 300)
