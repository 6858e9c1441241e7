"""What the reference issuer remembers: codes, access tokens, nonces and offers, bounded in number and age."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


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


@dataclass
class Access:
    """What an access token stands for."""

    configurations: Sequence[str]
    client_id: str | None
    expires_at: float
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Credential Identifier to Credential Configuration id; empty when the token response named none."""
    uses: int = 0
