"""What the department asks before a user is signed in (docs.sign-in.service.gov.uk, authenticate your user).

A broken rule ends the journey on a page; it is no answer to a client, so there is no error code of a protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.reference.govuk.context import CLIENT_ID, GovukContext
from harness.reference.govuk.key_sets import Found
from harness.reference.jwt import Jwt
from harness.reference.rules import Facts, Rule, Tolerance, rule, tolerance

SIGN_IN_FAILED = "sign_in_failed"
SIGN_IN_REQUIRED = "sign_in_required"


@dataclass
class Visit:
    """A request for a page that shows something of the user."""

    path: str
    signed_in: bool


@dataclass(frozen=True)
class Callback:
    """What the browser brings back from GOV.UK One Login."""

    parameters: Mapping[str, str]
    state: str | None
    """What was sent with the authorization request of this browser; ``None`` where there was none."""


@dataclass(frozen=True)
class IdToken:
    """An ID token with the key that it names."""

    context: GovukContext
    jwt: Jwt | None
    key: Found
    nonce: str | None
    """What was sent with the authorization request."""
    trust: str
    """The level of authentication that was asked for."""

    def claim(self, name: str) -> Any:
        """Give a claim; ``None`` where there is none."""
        return self.jwt.claims.get(name) if self.jwt else None


@dataclass(frozen=True)
class UserInfo:
    """What the UserInfo Endpoint tells, and for whom it was asked."""

    claims: Mapping[str, Any]
    subject: Any
    """``sub`` of the ID token."""


def _rule(
    identifier: str, *presumes: str, error: str = SIGN_IN_FAILED, status: int = 400
) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    group = identifier.partition(".")[0]
    return rule(identifier, error, status=status, presumes=[f"{group}.{name}" for name in presumes])


@_rule("govuk-page.signed-in", error=SIGN_IN_REQUIRED, status=403)
def signed_in(visit: Visit) -> str | None:
    """A page that shows something of the user is for a user who is signed in."""
    return None if visit.signed_in else "Nobody is signed in."


# The answer of GOV.UK One Login


@_rule("govuk-callback.state")
def state(callback: Callback) -> str | None:
    """The state that comes back is the one that this browser was sent away with."""
    same = callback.state is not None and callback.parameters.get("state") == callback.state
    return None if same else "The state is not that of this browser."


@_rule("govuk-callback.success", "state")
def success(callback: Callback) -> str | None:
    """GOV.UK One Login answers with a code and no error."""
    good = "error" not in callback.parameters and callback.parameters.get("code")
    return None if good else "GOV.UK One Login did not sign anybody in."


# The ID token


@_rule("govuk-id-token.wellformed")
def wellformed(token: IdToken) -> str | None:
    """An ID token is a JWT."""
    return None if token.jwt else "The ID token is no JWT."


@_rule("govuk-id-token.key-known", "wellformed")
def key_known(token: IdToken) -> str | None:
    """An ID token names a key of GOV.UK One Login that is for signatures."""
    return None if token.key.signs else "The kid is of no key of GOV.UK One Login."


@_rule("govuk-id-token.algorithm", "key-known")
def algorithm(token: IdToken) -> str | None:
    """The alg of an ID token is that of its key."""
    return None if token.key.matches(token.jwt) else "The alg is not that of the key."


@_rule("govuk-id-token.signature", "algorithm")
def signature(token: IdToken) -> str | None:
    """The signature of an ID token verifies with its key."""
    return None if token.key.verifies(token.jwt) else "The signature does not verify."


@_rule("govuk-id-token.issuer", "wellformed")
def issuer(token: IdToken) -> str | None:
    """An ID token was made by GOV.UK One Login."""
    return None if token.claim("iss") == token.context.one_login_issuer else "The iss is not GOV.UK One Login."


@_rule("govuk-id-token.audience", "wellformed")
def audience(token: IdToken) -> str | None:
    """An ID token is for this client."""
    return None if token.claim("aud") in (CLIENT_ID, [CLIENT_ID]) else "The aud is not this client."


@_rule("govuk-id-token.unexpired", "wellformed")
def unexpired(token: IdToken) -> str | None:
    """An ID token has not expired."""
    until = token.jwt.date("exp") if token.jwt else None
    good = until is not None and token.context.clock() < until
    return None if good else "The ID token has expired or does not say when it does."


@_rule("govuk-id-token.made-already", "wellformed")
def made_already(token: IdToken) -> str | None:
    """An ID token was made in the past."""
    made = token.jwt.date("iat") if token.jwt else None
    good = made is not None and made <= token.context.clock()
    return None if good else "The iat is missing or in the future."


@_rule("govuk-id-token.nonce", "wellformed")
def nonce(token: IdToken) -> str | None:
    """The nonce of an ID token is the one that was sent with the authorization request."""
    same = token.nonce is not None and token.claim("nonce") == token.nonce
    return None if same else "The nonce is not the one that was sent."


@_rule("govuk-id-token.trust", "wellformed")
def trust(token: IdToken) -> str | None:
    """An ID token says that the user was authenticated at the level that was asked for."""
    return None if token.claim("vot") == token.trust else "The vot is not the level that was asked for."


@_rule("govuk-id-token.auth-time", "wellformed")
def auth_time(token: IdToken) -> str | None:
    """The user of an ID token authenticated not longer ago than was asked for."""
    longest = token.context.variant.max_age
    if longest is None:
        return None
    at = token.jwt.date("auth_time") if token.jwt else None
    good = at is not None and token.context.clock() - at <= longest
    return None if good else "The auth_time is missing or too long ago."


# Who the user is


@_rule("govuk-userinfo.subject")
def userinfo_subject(info: UserInfo) -> str | None:
    """The UserInfo Endpoint tells of the user of the ID token."""
    said = info.claims.get("sub")
    return None if isinstance(said, str) and said == info.subject else "The sub is not that of the ID token."


@_rule("govuk-userinfo.wallet-subject-id")
def wallet_subject_id(info: UserInfo) -> str | None:
    """The UserInfo Endpoint tells the wallet_subject_id."""
    said = info.claims.get("wallet_subject_id")
    return None if isinstance(said, str) and said else "The wallet_subject_id is missing."


# What must be put up with


@tolerance("govuk-id-token.rotated", error=SIGN_IN_FAILED)
def rotated(token: IdToken) -> bool:
    """An ID token may be signed with a key that GOV.UK One Login published lately."""
    return token.key.again


@tolerance("govuk-id-token.rsa", error=SIGN_IN_FAILED)
def rsa(token: IdToken) -> bool:
    """An ID token may be signed with RS256."""
    return token.jwt is not None and token.jwt.header.get("alg") == "RS256"


VISIT_RULES: tuple[Rule[Any], ...] = (signed_in,)
CALLBACK_RULES: tuple[Rule[Any], ...] = (state, success)
ID_TOKEN_RULES: tuple[Rule[Any], ...] = (
    wellformed,
    key_known,
    algorithm,
    signature,
    issuer,
    audience,
    unexpired,
    made_already,
    nonce,
    trust,
    auth_time,
)
ID_TOKEN_TOLERANCES: tuple[Tolerance[Any], ...] = (rotated, rsa)
USERINFO_RULES: tuple[Rule[Any], ...] = (userinfo_subject, wallet_subject_id)
