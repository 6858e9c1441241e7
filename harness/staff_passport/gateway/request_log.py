"""What the gateway was asked and what it answered, as checks and developers read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 20_000
"""Requests that are kept at most; when there are more, the older half goes."""
REDACTED = "‹redacted›"
_SECRET = frozenset(
    {"client_secret", "code", "code_verifier", "id_token_hint", "id_token", "access_token", "authorization"}
    | {"cookie", "proxy-authorization", "request_uri"}
)


@dataclass(frozen=True)
class Hint:
    """An ``id_token_hint``, decoded: the credential that is to be issued."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bool
    """Whether the signing key of the client made it."""
    compact: str = field(default="", repr=False)
    """As it came."""

    def to_json(self) -> dict[str, Any]:
        """Give it without its signature."""
        return {"header": dict(self.header), "claims": dict(self.claims), "signed": self.signed}


@dataclass(frozen=True)
class GatewayRequest:
    """One request and how it was answered."""

    number: int
    """Counted from 1."""
    at: float
    """Seconds since 1970."""
    endpoint: str
    """``discovery``, ``jwks``, ``par``, ``authorize``, ``page``, ``token``, ``revocation`` or ``share``."""
    mode: str | None
    """``verifying``, ``issuing``, or ``None`` where it is neither or not known."""
    method: str
    url: str
    """As it was asked for, with the query."""
    parameters: Mapping[str, str]
    """Of the query, or of the form; the last value where a name is repeated."""
    json: Any
    """The body of a revocation or share; ``None`` elsewhere, and where it is no JSON."""
    headers: Mapping[str, str]
    """By name in lower case."""
    hint: Hint | None
    status: int
    answer: Any
    """The JSON of the answer, or where the browser is sent to; ``None`` for a page."""
    client_id: str | None = None
    """Whose request it is, once that is known."""
    error: str | None = None
    """The error code of the answer."""
    because: str | None = None
    """What was wrong; the answer itself may say less."""
    repeated: tuple[str, ...] = ()
    """Names that stand there more than once."""

    @property
    def waiting(self) -> bool:
        """Whether it is the page with a QR code, which the browser loads until the wallet has acted."""
        return self.endpoint == "page" and self.status == 200

    def to_json(self) -> dict[str, Any]:
        """Give the request as JSON without secrets; the hint by its header and claims."""
        shown = {
            "number": self.number,
            "at": self.at,
            "endpoint": self.endpoint,
            "mode": self.mode,
            "method": self.method,
            "path": self.url.partition("?")[0],
            "parameters": redacted(self.parameters),
            "json": redacted(self.json) if isinstance(self.json, Mapping) else self.json,
            "headers": redacted(self.headers),
            "hint": self.hint.to_json() if self.hint else None,
            "status": self.status,
            "answer": redacted(self.answer) if isinstance(self.answer, Mapping) else None,
            "client_id": self.client_id,
            "error": self.error,
            "because": self.because,
            "repeated": list(self.repeated),
        }
        return {name: value for name, value in shown.items() if value is not None and value != []}

    def line(self) -> str:
        """Say it in one line."""
        what = " ".join(part for part in (self.endpoint, self.mode) if part)
        told = ": ".join(dict.fromkeys(part for part in (self.error, self.because) if part))
        return f"{self.method:4} {what:20} {self.status}{f'  {told}' if told else ''}"


def redacted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give names and values, with the secret ones hidden."""
    return {name: REDACTED if name.lower() in _SECRET else value for name, value in values.items()}


class RequestLog(list[GatewayRequest]):
    """The requests since the start, in the order of their answers.

    Args:
        listener: is told of every request.

    """

    def __init__(self, listener: Callable[[GatewayRequest], None] | None = None) -> None:
        super().__init__()
        self._listener = listener
        self.total = 0
        """How many there were, forgotten ones included."""

    def keep(self, request: GatewayRequest) -> None:
        """Remember a request."""
        self.total = request.number
        if len(self) >= MOST:
            del self[: MOST // 2]
        self.append(request)
        if self._listener:
            self._listener(request)


def to_json(request: GatewayRequest) -> dict[str, Any]:
    """Give a request as JSON without secrets."""
    return request.to_json()
