"""What is kept for a while: codes, tokens, sign-ins under way, used assertions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Store(Generic[_Value]):
    """Values by a secret that end by themselves.

    Args:
        clock: seconds since 1970.
        seconds: how long a value lives.

    """

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._kept: dict[str, tuple[float, _Value]] = {}

    def put(self, key: str, value: _Value, *, until: float | None = None) -> None:
        """Keep a value, for its time or until a given one."""
        now = self._clock()
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > now}
        self._kept[key] = (now + self._seconds if until is None else until, value)

    def get(self, key: str | None) -> _Value | None:
        """Give a value that is still there."""
        ends, value = self._kept.get(key or "", (0.0, None))
        return value if ends > self._clock() else None

    def take(self, key: str | None) -> _Value | None:
        """Give a value that is still there, once."""
        value = self.get(key)
        self._kept.pop(key or "", None)
        return value
