"""What the reference issuer has made before with the same right, while it makes a credential once more.

A credential is made again when the same access token is used again (OpenID4VCI 14.3), another one that a refresh
token has brought, or the user has begun anew (OpenID4VCI 14.5). An issuer that is right takes nothing over from
the one before; these are the drafts by which it could.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.reference.state import Access

_MOST = 1000
"""Credentials of one configuration that are remembered."""
Way = Literal["renewal", "reissue", "reoffer"]
"""By another access token that a refresh token has brought, by the same access token again, or by another grant of
the same user."""


@dataclass(frozen=True)
class Made:
    """A credential that was made."""

    configuration: str
    data: Mapping[str, Any]
    holder_key: Any
    moment: float
    draft: Any
    """The credential before it was signed, as its format has it."""
    credential: Any
    """The value of ``credential``."""


@dataclass
class Making:
    """A credential that is about to be made."""

    configuration: str
    data: Mapping[str, Any]
    """The data of the configuration with the claims as they are now."""
    holder_key: Any
    moment: float
    """When it is issued, in seconds since the epoch."""
    before: Made | None = None
    """The one that was made before with the same right."""
    copied: bool = False
    """Whether the one before is handed out once more."""
    revokes: bool = False
    """Whether those before are revoked."""


@dataclass
class Remaking:
    """A draft of a credential, and that of the one before, from which nothing should come over."""

    draft: Any
    before: Made


@dataclass(frozen=True)
class Earlier:
    """What was made before: with an access token, for the same authorization, or for the user at all."""

    way: Way
    made: Sequence[Made] = ()
    """The first ones, in the order of their response."""
    credentials: Sequence[Any] = ()
    """All that were issued to the user."""

    def at(self, place: int) -> Made | None:
        """Give the one that a credential of the next response comes after, by its place among the latest ones."""
        return self.made[min(place, len(self.made) - 1)] if self.made else None


class Memory:
    """Remembers credentials."""

    def __init__(self) -> None:
        self._first: dict[str, Sequence[Made]] = {}
        self._credentials: dict[str, deque[Any]] = {}

    def earlier(self, access: Access | None, configuration: str) -> Earlier:
        """Find what was made before of a configuration."""
        credentials = self._credentials.get(configuration, ())
        if access is not None and (made := _of(access.made, configuration)):
            return Earlier("reissue", made, credentials)
        if access is not None and access.refreshed and access.authorization is not None:
            return Earlier("renewal", _of(access.authorization.made, configuration), credentials)
        return Earlier("reoffer", self._first.get(configuration, ()), credentials)

    def keep(self, access: Access | None, made: Sequence[Made]) -> None:
        """Remember what a response has brought: the first ones of all and for each right."""
        for each in made:
            self._first.setdefault(each.configuration, made)
            self._credentials.setdefault(each.configuration, deque(maxlen=_MOST)).append(each.credential)
        if access is None:
            return
        access.made[:] = access.made or made
        if access.authorization is not None:
            access.authorization.made[:] = access.authorization.made or made


def _of(made: Sequence[Made], configuration: str) -> list[Made]:
    return [each for each in made if each.configuration == configuration]
