"""What an authorization request asks for, once it was found good."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from harness.one_login.relying_party import RelyingParty
from harness.one_login.vectors import Vector


@dataclass(frozen=True)
class Destination:
    """Where the answer to an authorization request goes."""

    redirect_uri: str
    state: str | None
    response_mode: str = "query"
    """``query`` or ``fragment`` (OAuth 2.0 Multiple Response Type Encoding Practices section 2.1)."""

    def url(self, **answer: str) -> str:
        """Give the URL with an answer, and the state where there is one."""
        parameters = {**answer} if self.state is None else {**answer, "state": self.state}
        fragment = self.response_mode == "fragment"
        separator = "#" if fragment else "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{separator if parameters else ''}{urlencode(parameters)}"


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request that can be granted."""

    client: RelyingParty
    destination: Destination
    scopes: tuple[str, ...]
    nonce: str | None
    vector: Vector
    claims: tuple[str, ...] = ()
    """Claims about identity it asks for at ``/userinfo``."""
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    """Seconds."""
    language: str = "en"
    """``en`` or ``cy``."""
    code_challenge: str | None = None
    id_token_hint: str | None = None
    """The ID token of the user who has to sign in again; only with ``prompt=login`` in a request object."""
