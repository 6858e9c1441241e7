"""What the token service asks of a pre-authorized code, which is a JWT of the issuer.

The documentation asks for the header ``kid``, ``typ`` and ``alg``, and for seven claims. It sets further bounds
(a lifetime of an hour at most, no other claims) of which nothing says that the service enforces them, so checks
judge those and this service does not. ``credential_configuration_ids`` came later than the rest; without it a
code works, but brings no refresh token.

Kinds of errors, all :class:`~harness.govuk.token_errors.TokenError`:

- ``code-form``: no JWS in compact serialization whose payload is a JSON object.
- ``code-header``: ``alg`` is not ES256, ``typ`` not JWT, or there is no ``kid``.
- ``code-claims``: a claim is missing or has another form.
- ``code-issuer``: ``iss`` is no registered Credential Issuer.
- ``code-client``: ``clientId`` is not the client of that issuer.
- ``code-audience``: ``aud`` is another token service.
- ``code-issued``: ``iat`` lies in the future.
- ``code-expired``: ``exp`` does not.
- ``code-used``: it was redeemed before.
- ``code-jwks-…``, ``code-key-unknown``, ``code-signature``: those of ``issuer_keys``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harness.formats import jose, jwt_claims, strict_json
from harness.formats.clock import SKEW_S
from harness.formats.problems import shown
from harness.govuk import token_errors
from harness.govuk.token_errors import TokenError

JWKS_PATH = "/.well-known/jwks.json"


@dataclass(frozen=True)
class RegisteredIssuer:
    """A Credential Issuer that may issue to the wallet."""

    credential_issuer: str
    """The Credential Issuer Identifier, which is ``iss`` of its codes."""
    client_id: str | None = None
    """Its client identifier at One Login; ``None`` where that is not known here, so that any will do."""

    @property
    def jwks_urls(self) -> tuple[str, ...]:
        """Where its JWK Set may be, the first choice first; see :func:`jwks_urls`."""
        return jwks_urls(self.credential_issuer)


def jwks_urls(credential_issuer: str) -> tuple[str, ...]:
    """Give where the JWK Set of a Credential Issuer may be: below its identifier, or at the root of its domain.

    The documentation has it on the domain of the issuer, and says nothing of identifiers with a path.
    """
    below, parts = credential_issuer.rstrip("/") + JWKS_PATH, urlsplit(credential_issuer)
    return tuple(dict.fromkeys((below, f"{parts.scheme}://{parts.netloc}{JWKS_PATH}")))


@dataclass(frozen=True)
class Code:
    """A pre-authorized code as read; whether the issuer signed it is another matter."""

    text: str
    jws: jose.Jws
    claims: Mapping[str, Any]

    @property
    def expires(self) -> float:
        """The ``exp``, in seconds since 1970."""
        return jwt_claims.number(self.claims["exp"]) or 0.0

    @property
    def renewable(self) -> bool:
        """Whether it says what is to be refreshed."""
        return "credential_configuration_ids" in self.claims


def read(text: str) -> Code:
    """Read a code and check its header and the form of its claims.

    Raises:
        TokenError: ``code-form``, ``code-header`` or ``code-claims``.

    """
    try:
        jws = jose.parse_compact(text)
        claims = strict_json.parse(jws.payload).value
    except (jose.JwsError, strict_json.JsonError) as error:
        raise invalid("code-form", f"the code is no JWT: {error.detail}") from None
    if not isinstance(claims, dict):
        raise invalid("code-form", "the payload of the code is no JSON object")
    for name, right in (("alg", "ES256"), ("typ", "JWT")):
        if jws.header.get(name) != right:
            raise invalid("code-header", f"{name} is {shown(jws.header.get(name))} and not {right}")
    if not _text(jws.header.get("kid")):
        raise invalid("code-header", "there is no kid")
    for name, (fits, form) in _CLAIMS.items():
        if not fits(claims.get(name)):
            raise invalid("code-claims", f"{name} is not {form}")
    optional = claims.get("credential_configuration_ids", ["absent"])
    if not _single(optional):
        raise invalid("code-claims", "credential_configuration_ids is not an array of one string")
    return Code(text, jws, claims)


def issuer_of(code: Code, registered: Sequence[RegisteredIssuer]) -> RegisteredIssuer:
    """Find who issued a code, by what it claims. A slash at the end of ``iss`` makes no difference here.

    Raises:
        TokenError: ``code-issuer`` or ``code-client``.

    """
    named = code.claims["iss"].rstrip("/")
    found = [issuer for issuer in registered if issuer.credential_issuer.rstrip("/") == named]
    if not found:
        raise invalid("code-issuer", f"iss {shown(code.claims['iss'])} is no registered Credential Issuer")
    for issuer in found:
        if issuer.client_id in (None, code.claims["clientId"]):
            return issuer
    detail = f"clientId {shown(code.claims['clientId'])} is not the client of this Credential Issuer"
    raise TokenError("code-client", "invalid_client", detail)


def check(code: Code, token_service: str, now: float) -> None:
    """Check for whom and when a code is good.

    Args:
        code: as read.
        token_service: the URL of the service, which is ``aud``. The documentation shows it with and without a
            slash at the end.
        now: seconds since 1970.

    Raises:
        TokenError: ``code-audience``, ``code-issued`` or ``code-expired``.

    """
    if code.claims["aud"] not in (token_service, f"{token_service}/"):
        raise invalid("code-audience", f"aud is {shown(code.claims['aud'])} and not {token_service}")
    if (jwt_claims.number(code.claims["iat"]) or 0.0) > now + SKEW_S:
        raise invalid("code-issued", "iat lies in the future")
    if code.expires <= now:
        raise TokenError("code-expired", "invalid_grant", "the code has expired", token_errors.CODE_EXPIRED)


def invalid(kind: str, detail: str) -> TokenError:
    """Give the error about a code that is no good in itself."""
    return TokenError(kind, "invalid_grant", detail, token_errors.CODE_INVALID)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _date(value: object) -> bool:
    return jwt_claims.number(value) is not None


def _single(value: object) -> bool:
    return isinstance(value, list) and len(value) == 1 and _text(value[0])


_CLAIMS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "clientId": (_text, "a string"),
    "credential_identifiers": (_single, "an array of one string"),
    "iss": (_text, "a string"),
    "aud": (_text, "a string"),
    "iat": (_date, "a number of seconds"),
    "exp": (_date, "a number of seconds"),
}
"""Claim to its test and what it has to be."""
