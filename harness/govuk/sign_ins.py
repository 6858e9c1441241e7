"""What the issuer's web service sends to GOV.UK One Login while a user signs in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.evidence import Blocked
from harness.one_login.client_jwt import ClientJwt, read
from harness.one_login.visit import FORM

if TYPE_CHECKING:
    from harness.one_login.provider import OneLogin
    from harness.one_login.relying_party import RelyingParty
    from harness.one_login.request_log import Received

DIRECT = frozenset({"discovery", "jwks", "did", "trustmark", "token", "userinfo"})
"""Endpoints that services ask themselves, without a browser between."""
WALLET_SCOPE = "wallet-subject-id"


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request to ``/authorize`` as it came, whether or not it was granted.

    Attributes:
        received: what One Login noted of it.

    """

    received: Received

    @cached_property
    def request_object(self) -> ClientJwt | None:
        """The request object, whoever signed it; ``None`` where there is none, or no JWT."""
        return read(self.received.parameters.get("request", ""))

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters outside the request object."""
        return self.received.parameters

    @property
    def asked(self) -> Mapping[str, Any]:
        """The parameters that count: those of the request object, where there is one."""
        return self.query if self.request_object is None else self.request_object.claims

    @property
    def asks_again(self) -> bool:
        """Whether a user who has signed in is to do so again, wherever the request says so."""
        said = {**self.query, **self.asked}
        return "login" in str(said.get("prompt") or "").split(" ") or bool(said.get("id_token_hint"))

    @property
    def scopes(self) -> Sequence[str]:
        """The values of ``scope``."""
        return str(self.asked.get("scope") or "").split(" ")

    @property
    def levels(self) -> Sequence[frozenset[str]]:
        """The vectors of ``vtr``, each as its components; that of the default where there is none.

        What is no array of texts has none.
        """
        value = _json(self.asked.get("vtr"))
        if value in (None, "", []):
            return (frozenset({"Cl", "Cm"}),)
        if not isinstance(value, list):
            return ()
        return tuple(frozenset(one.split(".")) for one in value if isinstance(one, str))

    @property
    def proves_identity(self) -> bool:
        """Whether a level of identity confidence above none is asked for."""
        return any(part.startswith("P") and part != "P0" for vector in self.levels for part in vector)

    @property
    def claims(self) -> Sequence[str]:
        """The claims about the user that are asked for at the UserInfo Endpoint."""
        value = _json(self.asked.get("claims"))
        told = value.get("userinfo") if isinstance(value, dict) else None
        return tuple(told) if isinstance(told, dict) else ()


@dataclass(frozen=True)
class TokenRequest:
    """A Token Request as it came, whether or not it was granted.

    Attributes:
        received: what One Login noted of it.
        authorization: the authorization request before it; ``None`` where there was none.

    """

    received: Received
    authorization: AuthorizationRequest | None

    @property
    def is_form(self) -> bool:
        """Whether its parameters are a form."""
        media_type = self.received.headers.get("content-type", "").partition(";")[0].strip().lower()
        return media_type == FORM

    @property
    def form(self) -> Mapping[str, str]:
        """Its parameters."""
        return self.received.parameters

    @cached_property
    def assertion(self) -> ClientJwt | None:
        """The client assertion, whoever signed it; ``None`` where there is none, or no JWT."""
        return read(self.form.get("client_assertion", ""))


@dataclass(frozen=True)
class SignIn:
    """What a service asked One Login for while a user went through its pages.

    Attributes:
        requests: all of it, in the order of the answers.

    """

    requests: Sequence[Received]

    def at(self, endpoint: str) -> tuple[Received, ...]:
        """Give the requests at an endpoint, by its name in the log."""
        return tuple(each for each in self.requests if each.endpoint == endpoint)

    @property
    def authorizations(self) -> tuple[AuthorizationRequest, ...]:
        """The requests by which the user's browser was sent to One Login."""
        return tuple(AuthorizationRequest(each) for each in self.at("authorize"))

    @property
    def token_requests(self) -> tuple[TokenRequest, ...]:
        """The requests by which the service redeemed its codes."""
        found: list[TokenRequest] = []
        before: AuthorizationRequest | None = None
        for each in self.requests:
            if each.endpoint == "authorize":
                before = AuthorizationRequest(each)
            elif each.endpoint == "token":
                found.append(TokenRequest(each, before))
        return tuple(found)

    @property
    def incomplete(self) -> str | None:
        """Say why the service cannot know its user; ``None`` when One Login told all that it is asked for."""
        for each in self.requests:
            if each.status >= 400 or each.error is not None:
                return f"One Login refused what it was asked for at {each.endpoint}: {each.because or each.error}"
        asked = self.authorizations
        if asked and not any(WALLET_SCOPE in each.scopes for each in asked):
            return f"the service did not ask for the scope {WALLET_SCOPE}"
        if any(each.proves_identity is not bool(each.claims) for each in asked):
            return "the service asked for an identity without claims, or for claims without an identity"
        if asked and not self.at("userinfo"):
            return "the service did not ask who its user is"
        return None


@dataclass(frozen=True)
class SignIns:
    """Two sign-ins of one user, in clean browsers, one after the other.

    Attributes:
        first: of the journey that brings a new credential.
        second: of another journey.
        one_login: the provider.
        client_id: what the run knows of the service.

    """

    first: SignIn
    second: SignIn
    one_login: OneLogin
    client_id: str | None

    @property
    def client(self) -> RelyingParty:
        """The service as it is registered.

        Raises:
            Blocked: it is not.

        """
        for each in self.one_login.clients:
            if each.client_id == self.client_id:
                return each
        raise Blocked("the issuer's web service is not registered at the bundled One Login")

    @property
    def requests(self) -> tuple[Received, ...]:
        """All requests of both."""
        return (*self.first.requests, *self.second.requests)

    @property
    def direct(self) -> tuple[Received, ...]:
        """The requests that the service made itself.

        Raises:
            Blocked: there is none.

        """
        return _some((each for each in self.requests if each.endpoint in DIRECT), "asked One Login for nothing")

    @property
    def authorizations(self) -> tuple[AuthorizationRequest, ...]:
        """The authorization requests of both.

        Raises:
            Blocked: there is none.

        """
        found = (*self.first.authorizations, *self.second.authorizations)
        return _some(found, "sent no browser to One Login")

    @property
    def request_objects(self) -> tuple[AuthorizationRequest, ...]:
        """The authorization requests with a request object.

        Raises:
            Blocked: there is none.

        """
        found = (each for each in self.authorizations if each.request_object is not None)
        return _some(found, "sent no request object")

    @property
    def token_requests(self) -> tuple[TokenRequest, ...]:
        """The Token Requests of both.

        Raises:
            Blocked: there is none.

        """
        return _some((*self.first.token_requests, *self.second.token_requests), "sent no Token Request")

    @property
    def token_forms(self) -> tuple[TokenRequest, ...]:
        """The Token Requests whose parameters can be read.

        Raises:
            Blocked: there is none.

        """
        return _some((each for each in self.token_requests if each.is_form), "sent no Token Request as a form")

    @property
    def assertions(self) -> tuple[TokenRequest, ...]:
        """The Token Requests with a client assertion that is a JWT.

        Raises:
            Blocked: there is none.

        """
        found = (each for each in self.token_requests if each.assertion is not None)
        return _some(found, "sent no client assertion")


def _some(found: Any, otherwise: str) -> tuple[Any, ...]:
    several = tuple(found)
    if not several:
        raise Blocked(f"the service {otherwise}")
    return several


def _json(value: Any) -> Any:
    """Give what JSON in a text says, and anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
