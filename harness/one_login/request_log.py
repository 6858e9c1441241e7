"""What services asked the provider, as checks and developers read it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.one_login.client_jwt import ClientJwt

_MOST = 5_000
"""Requests that are kept; the oldest go first."""
REDACTED = "‹redacted›"
_SECRET = frozenset(
    {"code", "code_verifier", "client_secret", "client_assertion", "id_token_hint", "request", "authorization"}
    | {"cookie", "proxy-authorization", "journey"}
)


@dataclass(frozen=True)
class Received:
    """One request and how it was answered."""

    number: int
    """Counted from 1."""
    at: float
    """Seconds since 1970."""
    endpoint: str
    """``discovery``, ``authorize``, ``sign-in``, ``token``, ``userinfo``, ``jwks``, ``did``, ``foreign-did``,
    ``trustmark``, ``logout`` or ``signed-out``."""
    method: str
    parameters: Mapping[str, str]
    """Of the query, or of the form; the last value where a name is repeated."""
    repeated: tuple[str, ...]
    """Names that stand there more than once."""
    headers: Mapping[str, str]
    """By name in lower case."""
    query: str
    """The query as it came."""
    status: int
    client_assertion: ClientJwt | None = None
    request_object: ClientJwt | None = None
    client_id: str | None = None
    """Whose request it is, once that is known."""
    person: str | None = None
    """Name of the user it is about, once that is known."""
    error: str | None = None
    """Error code or text of the answer."""
    because: str | None = None
    """What was wrong with the request; the answer itself says less."""

    @property
    def asked(self) -> Mapping[str, Any]:
        """The parameters that count: those of the request object, where there is one."""
        return self.parameters if self.request_object is None else self.request_object.claims

    def to_json(self) -> dict[str, Any]:
        """Give the request as JSON, without secrets: JWTs by their header and claims only."""
        shown = {
            "number": self.number,
            "at": self.at,
            "endpoint": self.endpoint,
            "method": self.method,
            "parameters": _redacted(self.parameters),
            "repeated": list(self.repeated),
            "headers": _redacted(self.headers),
            "status": self.status,
            "client_id": self.client_id,
            "person": self.person,
            "error": self.error,
            "because": self.because,
            "client_assertion": _decoded(self.client_assertion),
            "request_object": _decoded(self.request_object),
        }
        return {name: value for name, value in shown.items() if value not in (None, [])}

    def line(self) -> str:
        """Say it in one line."""
        whom = f" {self.person}" if self.person else ""
        told = ": ".join(dict.fromkeys(part for part in (self.error, self.because) if part))
        return f"{self.method:4} {self.endpoint:10} {self.status}{whom}{f'  {told}' if told else ''}"


def _redacted(values: Mapping[str, str]) -> dict[str, str]:
    return {name: REDACTED if name in _SECRET else value for name, value in values.items()}


def _decoded(jwt: ClientJwt | None) -> dict[str, Any] | None:
    if jwt is None:
        return None
    claims = {name: REDACTED if name in _SECRET else value for name, value in jwt.claims.items()}
    return {"header": dict(jwt.header), "claims": claims}


class RequestLog:
    """The requests since the start, in the order of their answers.

    Args:
        listener: is told of every request.

    """

    def __init__(self, listener: Callable[[Received], None] | None = None) -> None:
        self._kept: deque[Received] = deque(maxlen=_MOST)
        self._listener = listener
        self.count = 0

    def keep(self, received: Received) -> None:
        """Remember a request."""
        self.count = received.number
        self._kept.append(received)
        if self._listener:
            self._listener(received)

    def clear(self) -> None:
        """Forget all requests."""
        self._kept.clear()

    def __iter__(self) -> Iterator[Received]:
        return iter(tuple(self._kept))
