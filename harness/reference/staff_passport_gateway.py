"""What the bundled Staff Passport credential gateway demands of requests.

Clients and codes as in RFC 6749, pushed requests as in RFC 9126, the verifier as in RFC 7636. What the hint has to
be like was observed in public clients; which error the real gateway gives is not known.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from harness.reference.jwt import Jwt
from harness.reference.rules import Facts, Rule, rule

_UNIQUE_IDENTIFIER = "UniqueIdentifier"


class Client(Protocol):
    """A registered external system."""

    @property
    def client_id(self) -> str:
        """How it is called."""

    @property
    def client_secret(self) -> str:
        """What it proves itself with."""

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """Where browsers may be sent."""

    @property
    def organisation_id(self) -> str:
        """By which revocations name its organisation."""

    def signed(self, jwt: Jwt) -> bool:
        """Whether its signing key made a JWT."""


@dataclass(frozen=True)
class Call:
    """A request by which a client proves who it is."""

    parameters: Mapping[str, Any]
    client: Client | None
    """The client of this ``client_id``."""

    def text(self, name: str) -> str:
        """Give a parameter; empty where it is missing or no text."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Wish(Call):
    """An authorization request, pushed or not."""

    repeated: tuple[str, ...]
    mode: str | None
    """``verifying`` or ``issuing``, as the scope says; ``None`` when it says neither."""
    known: bool
    """Whether the template of the scope is known."""
    pushing_demanded: bool
    """Whether it had to be pushed."""


@dataclass(frozen=True)
class Hinted:
    """The hint of a pushed request in issuing mode."""

    given: bool
    jwt: Jwt | None
    client: Client
    audiences: Collection[str]
    now: float
    attributes: Collection[str] | None
    """Those that the template has; ``None`` when not all of them are known."""
    identifier_required: bool


@dataclass(frozen=True)
class Reference:
    """A ``request_uri`` at the authorization endpoint."""

    client: Client
    owner: Client | None
    """Who pushed the request; ``None`` for one that is not known."""
    ends_at: float
    used: bool
    now: float


@dataclass(frozen=True)
class Redemption:
    """An authorization code at the token endpoint."""

    parameters: Mapping[str, str]
    client: Client
    owner: Client | None
    """Whose code it is; ``None`` for one that is not known."""
    redirect_uri: str
    ends_at: float
    used: bool
    now: float
    proven: bool
    """Whether the verifier fits the challenge, as far as one is needed."""


@dataclass(frozen=True)
class Revoking:
    """A revocation."""

    json: Mapping[str, Any]
    client: Client
    owner: Client | None
    """Whom the credential was issued for; ``None`` for a serial number that is not known."""
    template: str | None
    """Of the credential."""


def _rule(
    identifier: str, error: str, *presumes: str, status: int = 400
) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    group = identifier.partition(".")[0]
    return rule(
        f"dsp-gateway-{identifier}",
        error,
        status=status,
        presumes=[f"dsp-gateway-{group}.{name}" for name in presumes],
    )


def _client_rules(group: str, noun: str) -> tuple[Rule[Call], Rule[Call]]:
    def known(call: Call) -> str | None:
        return None if call.client else "The client is not known."

    def secret(call: Call) -> str | None:
        if call.client is None:
            return None
        right = hmac.compare_digest(call.client.client_secret.encode(), call.text("client_secret").encode())
        return None if right else "The client secret is wrong."

    return (
        rule(
            f"dsp-gateway-{group}.client-known",
            "invalid_client",
            status=401,
            statement=f"{noun} names a client that is registered (RFC 6749 section 5.2).",
        )(known),
        rule(
            f"dsp-gateway-{group}.client-secret",
            "invalid_client",
            status=401,
            presumes=[f"dsp-gateway-{group}.client-known"],
            statement=f"{noun} has the secret of its client (RFC 6749 section 2.3.1).",
        )(secret),
    )


PAR_CLIENT = _client_rules("par", "A pushed request")
TOKEN_CLIENT = _client_rules("token", "A token request")
REVOCATION_CLIENT = _client_rules("revocation", "A revocation")


# A pushed request


@_rule("par.once", "invalid_request")
def _par_once(wish: Wish) -> str | None:
    """A pushed request has each parameter once (RFC 6749 section 3.1)."""
    return "A parameter is repeated." if wish.repeated else None


@_rule("par.plain", "invalid_request")
def _par_plain(wish: Wish) -> str | None:
    """A pushed request has no request_uri (RFC 9126 section 2.1)."""
    return "There is a request_uri." if "request_uri" in wish.parameters else None


@_rule("par.redirect-uri", "invalid_request", "client-known")
def _par_redirect(wish: Wish) -> str | None:
    """A pushed request has a redirect_uri that is registered (RFC 9126 section 2.3)."""
    return _redirect(wish)


@_rule("par.response-type", "unsupported_response_type")
def _par_response_type(wish: Wish) -> str | None:
    """A pushed request asks for a code (RFC 6749 section 4.1.1)."""
    return _response_type(wish)


@_rule("par.response-mode", "invalid_request")
def _par_response_mode(wish: Wish) -> str | None:
    """A pushed request asks for the answer in the query, or leaves the response mode out."""
    return _response_mode(wish)


@_rule("par.scope", "invalid_scope")
def _par_scope(wish: Wish) -> str | None:
    """A pushed request has a scope that names a known template."""
    return _scope(wish)


PAR = (_par_once, _par_plain, _par_redirect, _par_response_type, _par_response_mode, _par_scope)


@_rule("par.hint-present", "invalid_request")
def _hint_present(hinted: Hinted) -> str | None:
    """A pushed request that issues has an id_token_hint."""
    return None if hinted.given else "There is no id_token_hint."


@_rule("par.hint-readable", "invalid_request", "hint-present")
def _hint_readable(hinted: Hinted) -> str | None:
    """The id_token_hint is a JWT."""
    return None if hinted.jwt else "The id_token_hint is no JWT."


@_rule("par.hint-algorithm", "invalid_request", "hint-readable")
def _hint_algorithm(hinted: Hinted) -> str | None:
    """The id_token_hint is signed with HS256."""
    return None if hinted.jwt and hinted.jwt.header.get("alg") == "HS256" else "The algorithm is not HS256."


@_rule("par.hint-signature", "invalid_request", "hint-algorithm")
def _hint_signature(hinted: Hinted) -> str | None:
    """The id_token_hint is signed with the credential signing key of the client."""
    signed = hinted.jwt is not None and hinted.client.signed(hinted.jwt)
    return None if signed else "The id_token_hint is not signed with the signing key."


@_rule("par.hint-issuer", "invalid_request", "hint-readable")
def _hint_issuer(hinted: Hinted) -> str | None:
    """The issuer of the id_token_hint is the client."""
    right = hinted.jwt is not None and hinted.jwt.text("iss") == hinted.client.client_id
    return None if right else "iss of the id_token_hint is not the client."


@_rule("par.hint-audience", "invalid_request", "hint-readable")
def _hint_audience(hinted: Hinted) -> str | None:
    """The audience of the id_token_hint is the gateway."""
    audience = hinted.jwt.claims.get("aud") if hinted.jwt else None
    named = audience if isinstance(audience, list) else [audience]
    right = any(isinstance(one, str) and one in hinted.audiences for one in named)
    return None if right else "aud of the id_token_hint is not the gateway."


@_rule("par.hint-fresh", "invalid_request", "hint-readable")
def _hint_fresh(hinted: Hinted) -> str | None:
    """The id_token_hint has an exp that is not past."""
    ends = _date(hinted.jwt, "exp")
    return None if ends is not None and ends > hinted.now else "The id_token_hint has expired."


@_rule("par.hint-identifier", "invalid_request", "hint-readable")
def _hint_identifier(hinted: Hinted) -> str | None:
    """The id_token_hint has the unique identifier."""
    has = hinted.jwt is not None and hinted.jwt.text(_UNIQUE_IDENTIFIER)
    return None if has or not hinted.identifier_required else "The id_token_hint has no UniqueIdentifier."


@_rule("par.hint-attributes", "invalid_request", "hint-readable")
def _hint_attributes(hinted: Hinted) -> str | None:
    """The attributes in the id_token_hint are texts, and the template has them."""
    given = attributes(hinted.jwt)
    if any(not isinstance(value, str) for value in given.values()):
        return "An attribute is no text."
    if hinted.attributes is not None and not given.keys() <= set(hinted.attributes):
        return "The template does not have an attribute."
    return None


HINT = (
    *(_hint_present, _hint_readable, _hint_algorithm, _hint_signature, _hint_issuer, _hint_audience, _hint_fresh),
    *(_hint_identifier, _hint_attributes),
)


# At the authorization endpoint


@_rule("authorize.client-known", "invalid_request")
def _authorize_client(call: Call) -> str | None:
    """Who is sent to the gateway comes from a client that is registered."""
    return None if call.client else "The client is not known."


AUTHORIZE_CLIENT = (_authorize_client,)


@_rule("authorize.request-known", "invalid_request_uri", "client-known")
def _request_known(reference: Reference) -> str | None:
    """The request_uri is one that the gateway gave (RFC 9126 section 4)."""
    return None if reference.owner else "The request_uri is not known."


@_rule("authorize.request-client", "invalid_request_uri", "request-known")
def _request_client(reference: Reference) -> str | None:
    """The request_uri was given to the client that uses it (RFC 9126 section 2.2)."""
    return None if reference.owner == reference.client else "The request_uri is another client's."


@_rule("authorize.request-fresh", "invalid_request_uri", "request-known")
def _request_fresh(reference: Reference) -> str | None:
    """The request_uri has not expired (RFC 9126 section 4)."""
    return None if reference.ends_at > reference.now else "The request_uri has expired."


@_rule("authorize.request-unused", "invalid_request_uri", "request-known")
def _request_unused(reference: Reference) -> str | None:
    """The request_uri is used once (RFC 9126 section 4)."""
    return "The request_uri was used before." if reference.used else None


REFERENCE = (_request_known, _request_client, _request_fresh, _request_unused)


@_rule("authorize.redirect-uri", "invalid_request", "client-known")
def _authorize_redirect(wish: Wish) -> str | None:
    """The redirect_uri of who is sent to the gateway is registered (RFC 6749 section 3.1.2.3)."""
    return _redirect(wish)


DIRECT_TO_PAGE = (_authorize_redirect,)


@_rule("authorize.once", "invalid_request")
def _authorize_once(wish: Wish) -> str | None:
    """An authorization request has each parameter once (RFC 6749 section 3.1)."""
    return "A parameter is repeated." if wish.repeated else None


@_rule("authorize.response-type", "unsupported_response_type")
def _authorize_response_type(wish: Wish) -> str | None:
    """An authorization request asks for a code (RFC 6749 section 4.1.1)."""
    return _response_type(wish)


@_rule("authorize.response-mode", "invalid_request")
def _authorize_response_mode(wish: Wish) -> str | None:
    """An authorization request asks for the answer in the query, or leaves the response mode out."""
    return _response_mode(wish)


@_rule("authorize.scope", "invalid_scope")
def _authorize_scope(wish: Wish) -> str | None:
    """An authorization request has a scope that names a known template."""
    return _scope(wish)


@_rule("authorize.pushed", "invalid_request")
def _authorize_pushed(wish: Wish) -> str | None:
    """What has to be pushed is pushed."""
    return "The request has to be pushed." if wish.pushing_demanded else None


DIRECT = (_authorize_once, _authorize_response_type, _authorize_response_mode, _authorize_scope, _authorize_pushed)


# At the token endpoint


@_rule("token.grant-type", "unsupported_grant_type")
def _grant_type(call: Call) -> str | None:
    """A token request has the grant type authorization_code (RFC 6749 section 4.1.3)."""
    right = call.text("grant_type") == "authorization_code"
    return None if right else "The grant type is not authorization_code."


TOKEN = (_grant_type,)


@_rule("token.code-known", "invalid_grant")
def _code_known(redemption: Redemption) -> str | None:
    """The code is one that the gateway gave (RFC 6749 section 5.2)."""
    return None if redemption.owner else "The code is not known."


@_rule("token.code-client", "invalid_grant", "code-known")
def _code_client(redemption: Redemption) -> str | None:
    """The code was given to the client that uses it (RFC 6749 section 4.1.3)."""
    return None if redemption.owner == redemption.client else "The code is another client's."


@_rule("token.code-fresh", "invalid_grant", "code-known")
def _code_fresh(redemption: Redemption) -> str | None:
    """The code has not expired (RFC 6749 section 4.1.2)."""
    return None if redemption.ends_at > redemption.now else "The code has expired."


@_rule("token.code-unused", "invalid_grant", "code-known")
def _code_unused(redemption: Redemption) -> str | None:
    """The code is used once (RFC 6749 section 4.1.2)."""
    return "The code was used before." if redemption.used else None


@_rule("token.redirect-uri", "invalid_grant", "code-known")
def _code_redirect(redemption: Redemption) -> str | None:
    """The redirect_uri is that of the authorization request (RFC 6749 section 4.1.3)."""
    same = redemption.parameters.get("redirect_uri") == redemption.redirect_uri
    return None if same else "The redirect_uri is not that of the authorization request."


@_rule("token.verifier", "invalid_grant", "code-known")
def _verifier(redemption: Redemption) -> str | None:
    """The code verifier fits the challenge (RFC 7636 section 4.6)."""
    return None if redemption.proven else "The code verifier does not fit the challenge."


REDEMPTION = (_code_known, _code_client, _code_fresh, _code_unused, _code_redirect, _verifier)


# Revocation. How the real gateway answers these is not known.


@_rule("revocation.organisation", "invalid_request", "client-known")
def _organisation(revoking: Revoking) -> str | None:
    """A revocation names the organisation of its client."""
    right = revoking.json.get("OrganisationId") == revoking.client.organisation_id
    return None if right else "The organisation is not that of the client."


@_rule("revocation.serial-known", "not_found", status=404)
def _serial_known(revoking: Revoking) -> str | None:
    """A revocation names a credential of its client by the serial number."""
    return None if revoking.owner == revoking.client else "The credential is not known."


@_rule("revocation.template", "invalid_request", "serial-known")
def _template(revoking: Revoking) -> str | None:
    """A revocation names the template of the credential, with or without the word that makes it a scope."""
    named = revoking.json.get("CredentialTemplateName")
    right = isinstance(named, str) and named.removeprefix("issue.") == revoking.template
    return None if right else "The template is not that of the credential."


REVOCATION = (_organisation, _serial_known, _template)

_REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "SerialNumber"})


def attributes(jwt: Jwt | None) -> dict[str, Any]:
    """Give the attributes of the credential that a hint describes, with the unique identifier."""
    return {name: value for name, value in (jwt.claims if jwt else {}).items() if name not in _REGISTERED}


def _date(jwt: Jwt | None, claim: str) -> float | None:
    """Give a date that is a number, or a number in a text: a public client writes its exp so."""
    if jwt is None:
        return None
    text = jwt.text(claim)
    if text is not None and text.isascii() and text.isdigit() and len(text) < 20:
        return float(text)
    return jwt.date(claim)


def _redirect(wish: Wish) -> str | None:
    registered = wish.client.redirect_uris if wish.client else ()
    return None if wish.text("redirect_uri") in registered else "The redirect_uri is not registered."


def _response_type(wish: Wish) -> str | None:
    return None if wish.text("response_type") == "code" else "The response type is not code."


def _response_mode(wish: Wish) -> str | None:
    return None if wish.parameters.get("response_mode", "query") == "query" else "The response mode is not query."


def _scope(wish: Wish) -> str | None:
    return None if wish.mode and wish.known else "The scope names no known template."
