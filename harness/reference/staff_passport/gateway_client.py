"""What the portal says to the credential gateway, and what it reads from its answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from jwcrypto.jwk import JWK

from harness.reference import jwt
from harness.reference.encoding import base64url, encoded_json
from harness.reference.faults import Defects
from harness.reference.jwt import Jwt
from harness.reference.rules import Judge
from harness.reference.staff_passport import rules
from harness.reference.staff_passport.context import PortalContext
from harness.reference.staff_passport.rules import IdToken
from harness.reference.staff_passport.session import Chosen, Mode, Pending

HttpClients = Callable[[], httpx.AsyncClient]
_CREATED = 201
_FIRST_OF_SERVER = 500


class GatewayError(Exception):
    """The gateway does not answer as it should."""


@dataclass
class AuthorizationRequest:
    """A request for the authorize endpoint before a browser is sent there.

    ``person`` and ``secrets`` are what it must not tell.
    """

    endpoint: str
    parameters: dict[str, str]
    person: Mapping[str, str]
    secrets: Mapping[str, str]

    def url(self) -> str:
        """Give the URL."""
        return f"{self.endpoint}?{urlencode(self.parameters)}"


@dataclass
class Hint:
    """The ``id_token_hint`` that carries what is to be issued, before it is signed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    key: bytes
    """Of HMAC."""

    def signed(self) -> str:
        """Give the JWT."""
        if self.header.get("alg") == "none":
            return f"{encoded_json(self.header)}.{encoded_json(self.claims)}."
        return jwt.sign(JWK(kty="oct", k=base64url(self.key)), self.header, self.claims)


@dataclass
class PushedRequest:
    """A Pushed Authorization Request (RFC 9126) before it is sent."""

    parameters: dict[str, str]
    pushed: bool = True
    """Whether it is sent by the portal and not in the browser's URL."""


@dataclass
class TokenRequest:
    """A Token Request before it is sent, and how often it is."""

    parameters: dict[str, str]
    times: int = 1


@dataclass
class RevocationRequest:
    """A request to revoke one credential before it is sent."""

    endpoint: str
    members: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)


class GatewayClient:
    """Asks the gateway; every message passes a seam of ``defects``."""

    def __init__(self, context: PortalContext, judge: Judge, defects: Defects, http: HttpClients) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._http = http
        self._keys: list[Mapping[str, Any]] | None = None

    # Sending browsers away

    def to_verify(self, person: Mapping[str, str]) -> tuple[str, Pending]:
        """Give the URL that asks a wallet for the identity credential, and what to remember of it."""
        context = self._context
        verifier = context.secret()
        parameters = {
            "client_id": context.registration.client_id,
            "redirect_uri": context.redirect_uri,
            "response_type": "code",
            "response_mode": "query",
            "scope": "openid Identity",
            "state": context.secret(),
            "nonce": context.uuid(),
            **_challenge(verifier),
        }
        draft = self._authorization(context.variant.endpoints.authorize_verifying, parameters, person)
        self._defects.emit("dsp-authorization", draft)
        return draft.url(), _remembered("verifying", draft.parameters, verifier)

    async def to_issue(
        self, download: Chosen, unique_identifier: str, person: Mapping[str, str]
    ) -> tuple[str, Pending]:
        """Push what is to be issued; give the URL for the browser, and what to remember of it.

        Raises:
            GatewayError: the gateway takes no such request.

        """
        context, endpoints = self._context, self._context.variant.endpoints
        verifier = context.secret() if context.variant.challenge_when_issuing else None
        scope = f"issue.{download.template}"
        parameters = {
            "client_id": context.registration.client_id,
            "client_secret": context.registration.client_secret,
            "redirect_uri": context.redirect_uri,
            "scope": f"openid {scope}" if context.variant.openid_when_issuing else scope,
            "id_token_hint": self._hint(download, unique_identifier).signed(),
            "response_type": "code",
            "response_mode": "query",
            "nonce": context.uuid(),
            "state": context.secret(),
            **(_challenge(verifier) if verifier else {}),
        }
        request = PushedRequest(parameters)
        self._defects.emit("dsp-par", request)
        pending = _remembered("issuing", request.parameters, verifier, download)
        if request.pushed:
            answer = await self._post(endpoints.par, request.parameters)
            uri = _object(answer, _CREATED).get("request_uri")
            if not isinstance(uri, str):
                raise GatewayError("the gateway gave no request_uri")
            sent = {"client_id": request.parameters.get("client_id", ""), "request_uri": uri}
        else:
            sent = {name: value for name, value in request.parameters.items() if name != "client_secret"}
        draft = self._authorization(endpoints.authorize, sent, person)
        self._defects.emit("dsp-issuing-authorization", draft)
        return draft.url(), pending

    def _authorization(
        self, path: str, parameters: dict[str, str], person: Mapping[str, str]
    ) -> AuthorizationRequest:
        secrets = {"client_secret": self._context.registration.client_secret}
        return AuthorizationRequest(f"{self._context.gateway_url}{path}", parameters, person, secrets)

    def _hint(self, download: Chosen, unique_identifier: str) -> Hint:
        context = self._context
        now = context.now()
        claims = {
            "iss": context.registration.client_id,
            "aud": context.gateway_issuer,
            "iat": now,
            "nbf": now,
            "exp": now + int(context.variant.hint_lifetime),
            **dict(download.values),
        }
        if unique_identifier:
            claims["UniqueIdentifier"] = unique_identifier
        hint = Hint({"alg": "HS256", "typ": "JWT"}, claims, context.registration.signing_key)
        self._defects.emit("dsp-hint", hint)
        return hint

    # What comes back

    async def exchange(self, code: str, pending: Pending) -> IdToken:
        """Exchange a code for an ID token, verified.

        Raises:
            GatewayError: there is none.
            Refusal: a rule is broken.

        """
        registration = self._context.registration
        parameters = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._context.redirect_uri,
            "client_id": registration.client_id,
            "client_secret": registration.client_secret,
        }
        if pending.verifier is not None:
            parameters["code_verifier"] = pending.verifier
        draft = TokenRequest(parameters)
        self._defects.emit("dsp-token", draft)
        path = self._context.variant.endpoints.tokens
        answers = [await self._post(path, draft.parameters) for _ in range(draft.times)]
        if not answers:
            raise GatewayError("The code was not exchanged.")
        token = jwt.read(_object(answers[0], 200).get("id_token"))
        facts = IdToken(self._context, token, await self._key(token), pending.nonce)
        self._judge.uphold(rules.ID_TOKEN_RULES, facts)
        self._judge.tolerate(rules.ID_TOKEN_TOLERANCES, facts)
        return facts

    async def _key(self, token: Jwt | None) -> Mapping[str, Any] | None:
        """Give the key that a JWT names, by its ``kid`` or that with the algorithm behind it.

        Raises:
            GatewayError: the keys cannot be read.

        """
        if token is None:
            return None
        kid, algorithm = str(token.header.get("kid", "")), str(token.header.get("alg", ""))
        names = (kid, kid.removesuffix(algorithm))
        found = _named(self._keys, names) if self._keys is not None else None
        # Keys change: one that is not known may be new.
        return found or _named(await self._read_keys(), names)

    async def _read_keys(self) -> list[Mapping[str, Any]]:
        found = _object(await self._get(self._url(self._context.variant.endpoints.discovery)), 200)
        keys = _object(await self._get(str(found.get("jwks_uri"))), 200).get("keys")
        self._keys = (
            [key for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str)]
            if isinstance(keys, list)
            else []
        )
        return self._keys

    # Revoking

    async def revoke(self, template: str, serial: str) -> bool:
        """Revoke a credential; ``False`` where that can be tried again."""
        registration = self._context.registration
        members = {
            "client_id": registration.client_id,
            "client_secret": registration.client_secret,
            "OrganisationId": registration.organisation_id,
            "CredentialTemplateName": template,
            "SerialNumber": serial,
            "RevocationReason": "The information has changed",
        }
        draft = RevocationRequest(self._url(self._context.variant.endpoints.revocation), members)
        self._defects.emit("dsp-revocation", draft)
        try:
            async with self._http() as client:
                answer = await client.post(draft.endpoint, json=draft.members, headers=draft.headers)
        except httpx.HTTPError:
            return False
        return answer.status_code < _FIRST_OF_SERVER

    def _url(self, path: str) -> str:
        return f"{self._context.gateway_url}{path}"

    async def _post(self, path: str, form: Mapping[str, str]) -> httpx.Response:
        try:
            async with self._http() as client:
                return await client.post(
                    self._url(path),
                    data=dict(form),
                    headers={"Accept": "application/json"},
                    follow_redirects=False,
                )
        except httpx.HTTPError as error:
            raise GatewayError("the gateway is out of reach") from error

    async def _get(self, url: str) -> httpx.Response:
        try:
            async with self._http() as client:
                return await client.get(url, headers={"Accept": "application/json"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GatewayError("the gateway is out of reach") from error


def _named(keys: Iterable[Mapping[str, Any]], names: Sequence[str]) -> Mapping[str, Any] | None:
    """Give the key with the first name for which there is one."""
    known = {key.get("kid"): key for key in keys}
    return next((known[name] for name in names if name in known), None)


def _challenge(verifier: str) -> dict[str, str]:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return {"code_challenge": base64url(digest), "code_challenge_method": "S256"}


def _remembered(
    mode: Mode, sent: Mapping[str, str], verifier: str | None, download: Chosen | None = None
) -> Pending:
    # What went out is what has to come back.
    return Pending(mode, sent.get("state"), sent.get("nonce"), verifier, download)


def _object(answer: httpx.Response, status: int) -> Mapping[str, Any]:
    try:
        value = answer.json() if answer.status_code == status else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise GatewayError(f"the gateway answered {answer.status_code}")
    return value
