"""What the department asks of a logout notification (docs.sign-in.service.gov.uk, OpenID Back-Channel Logout)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.reference.govuk.context import CLIENT_ID, GovukContext
from harness.reference.govuk.key_sets import Found
from harness.reference.jwt import Jwt
from harness.reference.rules import Facts, Rule, Tolerance, rule, tolerance
from harness.reference.state import Shelf

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class LogoutToken:
    """A logout token with the key that it names."""

    context: GovukContext
    jwt: Jwt | None
    key: Found
    seen: Shelf[bool]
    """``jti`` of the logout tokens that came lately."""

    def claim(self, name: str) -> Any:
        """Give a claim; ``None`` where there is none."""
        return self.jwt.claims.get(name) if self.jwt else None


def _rule(identifier: str, *presumes: str) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    names = [f"govuk-logout.{name}" for name in presumes]
    return rule(f"govuk-logout.{identifier}", "invalid_request", presumes=names)


@_rule("wellformed")
def wellformed(token: LogoutToken) -> str | None:
    """A logout token is a JWT."""
    return None if token.jwt else "The logout token is no JWT."


@_rule("key-known", "wellformed")
def key_known(token: LogoutToken) -> str | None:
    """A logout token names a key of GOV.UK One Login that is for signatures."""
    return None if token.key.signs else "The kid is of no key of GOV.UK One Login."


@_rule("algorithm", "key-known")
def algorithm(token: LogoutToken) -> str | None:
    """The alg of a logout token is that of its key."""
    return None if token.key.matches(token.jwt) else "The alg is not that of the key."


@_rule("signature", "algorithm")
def signature(token: LogoutToken) -> str | None:
    """The signature of a logout token verifies with its key."""
    return None if token.key.verifies(token.jwt) else "The signature does not verify."


@_rule("issuer", "wellformed")
def issuer(token: LogoutToken) -> str | None:
    """A logout token was made by GOV.UK One Login."""
    return None if token.claim("iss") == token.context.one_login_issuer else "The iss is not GOV.UK One Login."


@_rule("audience", "wellformed")
def audience(token: LogoutToken) -> str | None:
    """A logout token is for this client."""
    return None if token.claim("aud") in (CLIENT_ID, [CLIENT_ID]) else "The aud is not this client."


@_rule("made-already", "wellformed")
def made_already(token: LogoutToken) -> str | None:
    """A logout token was made in the past."""
    made = token.jwt.date("iat") if token.jwt else None
    return None if made is not None and made <= token.context.clock() else "The iat is missing or in the future."


@_rule("unexpired", "wellformed")
def unexpired(token: LogoutToken) -> str | None:
    """A logout token has not expired."""
    until = token.jwt.date("exp") if token.jwt else None
    good = until is not None and token.context.clock() < until
    return None if good else "The logout token has expired or does not say when it does."


@_rule("subject", "wellformed")
def subject(token: LogoutToken) -> str | None:
    """A logout token says who was logged out."""
    return None if isinstance(token.claim("sub"), str) else "The sub is missing."


@_rule("event", "wellformed")
def event(token: LogoutToken) -> str | None:
    """A logout token tells of a logout."""
    events = token.claim("events")
    told = isinstance(events, dict) and events.get(EVENT) == {}
    return None if told else "The events do not tell of a logout."


@_rule("no-nonce", "wellformed")
def no_nonce(token: LogoutToken) -> str | None:
    """A logout token has no nonce, so that no ID token passes for one."""
    return "There is a nonce." if token.jwt and "nonce" in token.jwt.claims else None


@_rule("unseen", "wellformed")
def unseen(token: LogoutToken) -> str | None:
    """A logout token comes once."""
    said = token.claim("jti")
    good = isinstance(said, str) and not token.seen.get(said)
    return None if good else "The jti is missing or was seen before."


@tolerance("govuk-logout.untyped")
def untyped(token: LogoutToken) -> bool:
    """A logout token need not have the typ logout+jwt."""
    return token.jwt is not None and token.jwt.header.get("typ") != "logout+jwt"


RULES: tuple[Rule[Any], ...] = (
    wellformed,
    key_known,
    algorithm,
    signature,
    issuer,
    audience,
    made_already,
    unexpired,
    subject,
    event,
    no_nonce,
    unseen,
)
TOLERANCES: tuple[Tolerance[Any], ...] = (untyped,)
