"""Faults of what the department sends to GOV.UK One Login, and of how it is registered there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.documents import Reply, Text
from harness.reference.faults import fault
from harness.reference.govuk import keys as department_keys
from harness.reference.govuk.identity_rules import CORE_IDENTITY, RETURN_CODE
from harness.reference.govuk.one_login import AuthorizationRequest, Remembered, TokenRequest
from harness.reference.govuk.outgoing import OutgoingRequest
from harness.reference.govuk.records import register

_DAY = 24 * 3600
_CLAIMS = json.dumps({"userinfo": {CORE_IDENTITY: None, RETURN_CODE: None}})


# Authorization requests


def _away(identifier: str, description: str, change: Callable[[dict[str, str]], Any]) -> None:
    def spoil(draft: AuthorizationRequest, _: Context) -> None:
        change(draft.parameters)

    fault(f"govuk-authorization-request:{identifier}", description)(spoil)


@fault("govuk-authorization-request:posted")
def posted(draft: AuthorizationRequest, _: Context) -> None:
    """The browser is sent to GOV.UK One Login with POST."""
    draft.posted = True


_away("client-missing", "There is no client_id.", lambda sent: sent.pop("client_id"))
_away("max-age-negative", "The max_age is negative.", lambda sent: sent.update(max_age="-1"))
_away(
    "state-personal",
    "The state tells whom the department knows, by their e-mail addresses.",
    lambda sent: sent.update(state=":".join([sent["state"], *register()])),
)
_away(
    "response-mode",
    "The response_mode is given although it is the default.",
    lambda sent: sent.update(response_mode="query"),
)
_away("level-low", "The level of authentication is low.", lambda sent: sent.update(vtr='["Cl"]'))
_away(
    "claims-without-identity",
    "Claims about the identity are asked for without a level of identity.",
    lambda sent: sent.update(vtr='["Cl.Cm"]', claims=_CLAIMS),
)
_away(
    "identity-at-once",
    "A proof of identity is asked for before the user has signed in.",
    lambda sent: sent.update(vtr='["Cl.Cm.P2"]', claims=_CLAIMS),
)
_away(
    "identity-by-secret",
    "A proof of identity is asked for by a client with a secret.",
    lambda sent: sent.update(vtr='["Cl.Cm.P2"]', claims=_CLAIMS),
)
_away(
    "challenge-method-missing",
    "It is not said how the code challenge was made.",
    lambda sent: sent.pop("code_challenge_method"),
)


def _identity(identifier: str, description: str, change: Callable[[dict[str, str]], Any]) -> None:
    def spoil(draft: AuthorizationRequest, _: Context) -> None:
        if "claims" in draft.parameters:
            change(draft.parameters)

    fault(f"govuk-authorization-request:{identifier}", description)(spoil)


_identity("identity-low", "Identity is asked for with the low level.", lambda sent: sent.update(vtr='["Cl.P2"]'))
_identity(
    "identity-alone",
    "Identity is asked for without a level of authentication.",
    lambda sent: sent.update(vtr='["P2"]'),
)
_identity("claims-missing", "Identity is asked for without claims.", lambda sent: sent.pop("claims"))


# Request objects


def _object(
    identifier: str, description: str, change: Callable[[AuthorizationRequest, Any, Context], Any]
) -> None:
    def spoil(draft: AuthorizationRequest, context: Context) -> None:
        if draft.request_object is not None:
            change(draft, draft.request_object, context)

    fault(f"govuk-authorization-request:object-{identifier}", description)(spoil)


_object(
    "scope",
    "The request object has another scope than the query.",
    lambda sent, _, __: sent.parameters.update(scope="openid wallet-subject-id"),
)
_object(
    "state-outside",
    "The state stands beside the request object too.",
    lambda sent, jwt, _: sent.parameters.update(state=jwt.claims["state"]),
)
_object(
    "aud",
    "The request object is for another endpoint.",
    lambda sent, jwt, _: jwt.claims.update(aud=sent.endpoint.replace("/authorize", "/token")),
)
_object("iss", "The request object was made by another client.", lambda _, jwt, __: jwt.claims.update(iss="it"))
_object(
    "exp-late",
    "The request object lives for a day.",
    lambda _, jwt, context: jwt.claims.update(exp=context.now() + _DAY),
)
_object("exp-missing", "The request object has no exp.", lambda _, jwt, __: jwt.claims.pop("exp"))
_object("signature", "The request object is signed with another key.", lambda _, jwt, __: _resign(jwt))
_object("kid-missing", "The request object has no kid.", lambda _, jwt, __: jwt.header.pop("kid"))


def _resign(jwt: Any) -> None:
    jwt.key = keys.SigningKey(jwt.header["alg"], keys.rsa_key())


# Token requests


def _token(identifier: str, description: str, change: Callable[[TokenRequest, Any, Context], Any]) -> None:
    def spoil(draft: TokenRequest, context: Context) -> None:
        change(draft, draft.assertion, context)

    fault(f"govuk-token-request:{identifier}", description)(spoil)


_token("json", "The Token Request is JSON.", lambda sent, _, __: setattr(sent, "json", True))
_token(
    "grant-type",
    "The grant_type is that of an earlier draft.",
    lambda sent, _, __: sent.parameters.update(grant_type="code"),
)
_token(
    "assertion-type-missing",
    "It is not said what the assertion is.",
    lambda sent, _, __: sent.parameters.pop("client_assertion_type"),
)
_token("unauthenticated", "The service does not authenticate.", lambda sent, _, __: _by_nothing(sent))
_token(
    "secret-alone", "The client_secret comes without the client_id.", lambda sent, _, __: _by_secret_alone(sent)
)
_token("sub-other", "The sub of the assertion is not the client.", lambda _, jwt, __: jwt.claims.update(sub="it"))
_token(
    "exp-past",
    "The assertion has expired.",
    lambda _, jwt, context: jwt.claims.update(exp=context.now() - 1),
)
_token(
    "exp-text",
    "The exp of the assertion is text.",
    lambda _, jwt, __: jwt.claims.update(exp=str(jwt.claims["exp"])),
)
_token("iat-missing", "The assertion has no iat.", lambda _, jwt, __: jwt.claims.pop("iat"))
_token(
    "iat-text",
    "The iat of the assertion is text.",
    lambda _, jwt, __: jwt.claims.update(iat=str(jwt.claims["iat"])),
)
_token("kid-missing", "The assertion has no kid.", lambda _, jwt, __: jwt.header.pop("kid"))
_token("kid-other", "The kid of the assertion is of no key.", lambda _, jwt, __: jwt.header.update(kid="another"))
_token(
    "verifier-other",
    "The code_verifier is not that of the challenge.",
    lambda sent, _, __: sent.parameters.update(code_verifier="A" * 43),
)


@fault("govuk-token-request:verifier-unasked")
def verifier_unasked(draft: TokenRequest, _: Context) -> None:
    """There is a code_verifier although there was no challenge."""
    draft.parameters.setdefault("code_verifier", "A" * 43)


def _by_nothing(request: TokenRequest) -> None:
    request.assertion = None
    del request.parameters["client_assertion_type"]


def _by_secret_alone(request: TokenRequest) -> None:
    _by_nothing(request)
    request.parameters["client_secret"] = "what only the department knows"


# The client's keys


@fault("govuk-registration:fixed-key")
def fixed_key(registration: dict[str, Any], _: Context) -> None:
    """GOV.UK One Login was given a fixed key instead of a URL."""
    if registration.pop("jwks_url", None):
        registration["public_keys"] = (department_keys.public_jwk(department_keys.client_key()),)


def _keys(identifier: str, description: str, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    def spoil(document: dict[str, Any], _: Context) -> None:
        change(document["keys"])

    fault(f"govuk-client-jwks:{identifier}", description)(spoil)


_keys(
    "elliptic",
    "The JWK Set of the client has elliptic curve keys only.",
    lambda found: found.__setitem__(slice(None), [department_keys.public_jwk(department_keys.service_key())]),
)
_keys(
    "encryption",
    "The key in the JWK Set of the client is for encryption.",
    lambda found: found[0].update(use="enc"),
)
_keys(
    "kid-twice",
    "Two keys in the JWK Set of the client have one kid.",
    lambda found: found.append({**found[0], **keys.rsa_key().export_public(as_dict=True), "kid": found[0]["kid"]}),
)
_keys("kid-missing", "The key in the JWK Set of the client has no kid.", lambda found: found[0].pop("kid"))


@fault("govuk-client-jwks-response:missing")
def client_keys_missing(reply: Reply, _: Context) -> None:
    """The JWK Set of the client cannot be found."""
    reply.status = 404


@fault("govuk-client-jwks-response:no-json")
def client_keys_no_json(reply: Reply, _: Context) -> None:
    """The JWK Set of the client is a page."""
    reply.body, reply.headers = Text("<!doctype html><title>Keys</title>"), {"Content-Type": "text/html"}


# Requests by the service itself


@fault("govuk-request:user-agent-bare")
def user_agent_bare(request: OutgoingRequest, _: Context) -> None:
    """The User-Agent has no version."""
    request.headers["User-Agent"] = "assay"


@fault("govuk-request:user-agent-differs")
def user_agent_differs(request: OutgoingRequest, _: Context) -> None:
    """The User-Agent of Token Requests is another one."""
    if request.url.endswith("/token"):
        request.headers["User-Agent"] = "assay-reference-tokens/1.0"


@fault("govuk-request:token-in-query")
def token_in_query(request: OutgoingRequest, _: Context) -> None:
    """The Access Token of the UserInfo Endpoint stands in the query."""
    if request.url.endswith("/userinfo"):
        token = request.headers.pop("Authorization").removeprefix("Bearer ")
        request.url += f"?{urlencode({'access_token': token})}"


@fault("govuk-request:userinfo-elsewhere")
def userinfo_elsewhere(request: OutgoingRequest, _: Context) -> None:
    """The UserInfo Endpoint is not asked."""
    if request.url.endswith("/userinfo"):
        request.url = request.url.replace("/userinfo", "/trustmark")


# What is kept between sign-ins


@fault("govuk-remembered:no-discovery")
def no_discovery(known: Remembered, _: Context) -> None:
    """The discovery document is fetched for each sign-in."""
    known.discovery = False


@fault("govuk-remembered:no-keys")
def no_keys(known: Remembered, _: Context) -> None:
    """The keys of ID tokens are fetched for each sign-in."""
    known.keys = False


@fault("govuk-remembered:no-identity-keys")
def no_identity_keys(known: Remembered, _: Context) -> None:
    """The DID document is fetched for each sign-in."""
    known.identity_keys = False
