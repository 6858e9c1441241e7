"""The GOV.UK One Login token service, which the harness plays: codes of the issuer in, access tokens out.

``POST /token`` takes ``application/x-www-form-urlencoded`` with one of two grants:

- a pre-authorized code, with ``client_id`` of the wallet. The issuer's JWK Set is fetched each time.
- a refresh token, with a DPoP proof of the key that it is bound to.

``GET /.well-known/jwks.json`` has the keys that sign, and one RSA key for encryption that is not for signatures.

The real service also wants a service token of the wallet in ``Authorization``. Nobody but the wallet has to do
with that, so it is not asked for here; :attr:`TokenService.user` says who has signed in to the wallet.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.formats import jose, strict_json
from harness.formats.problems import FormatError, shown
from harness.govuk import code_rules, dpop_rules, issued_tokens, issuer_keys, token_errors
from harness.govuk.answers import json_answer, plain_answer
from harness.govuk.code_rules import JWKS_PATH, Code, RegisteredIssuer
from harness.govuk.exchange_log import ExchangeLog
from harness.govuk.issuer_keys import HttpClients
from harness.govuk.service_keys import KeyRing, ServiceKey, encryption_key
from harness.govuk.token_errors import Refusal, TokenError
from harness.reference import forms, wire
from harness.reference.state import Shelf
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import KeyMaker, make_key

PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
REFRESH_TOKEN = "refresh_token"
WALLET_CLIENT_ID = "assay-wallet"
JWKS_MAX_AGE_S = 3600
TOKEN_PATH = "/token"


class TokenService:
    """One token service with its own keys and memory.

    Args:
        base_url: scheme and authority; what ``aud`` of codes and ``iss`` of tokens is.
        issuers: the Credential Issuers whose codes it takes; see also :meth:`register`.
        wallet_client_id: the ``client_id`` that the wallet has to send.
        jwks_max_age: seconds that its JWK Set may be cached.
        clock: seconds since 1970.
        random_bytes: randomness for identifiers and nonces.
        http: makes the client that fetches the JWK Sets of issuers.
        make_key: makes the signing keys.

    """

    def __init__(
        self,
        base_url: str,
        *,
        issuers: Sequence[RegisteredIssuer] = (),
        wallet_client_id: str = WALLET_CLIENT_ID,
        jwks_max_age: int = JWKS_MAX_AGE_S,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        http: HttpClients = httpx.AsyncClient,
        make_key: KeyMaker = make_key,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.user: str | None = None
        """``wallet_subject_id`` of who has signed in to the wallet; ``None`` when nobody has."""
        self.keys = KeyRing([encryption_key()], make=make_key)
        """The signing keys; to rotate them in one step there is :meth:`rotate`."""
        self.log = ExchangeLog(clock)
        """The requests to both endpoints with their answers."""
        self.refusals: list[Refusal] = []
        """The token requests that were refused, and why."""
        self._issuers = list(issuers)
        self._wallet_client_id = wallet_client_id
        self._jwks_max_age = jwks_max_age
        self._clock = clock
        self._random_bytes = random_bytes
        self._http = http
        self._used_codes: Shelf[bool] = Shelf(clock, issued_tokens.REFRESH_LIFETIME_S)
        self._used_proofs: Shelf[bool] = Shelf(clock, 2 * dpop_rules.WINDOW_S)
        self._renewable: Shelf[Mapping[str, Any]] = Shelf(clock, issued_tokens.REFRESH_LIFETIME_S)
        """``jti`` of each refresh token that can be used to the claims of the code that began it."""
        self.app = wire.Dated(
            Starlette(
                routes=[
                    Route(TOKEN_PATH, self.log.logged(self._token), methods=["POST"]),
                    Route(JWKS_PATH, self.log.logged(self._jwks)),
                ]
            ),
            clock,
        )

    @property
    def issuer_url(self) -> str:
        """The same as ``base_url``, by the name that whoever serves it asks for."""
        return self.base_url

    @property
    def token_url(self) -> str:
        """The Token Endpoint."""
        return self.base_url + TOKEN_PATH

    @property
    def jwks_url(self) -> str:
        """Where the JWK Set is."""
        return self.base_url + JWKS_PATH

    @property
    def encryption_key(self) -> ServiceKey:
        """The published key that is not for signatures; what it signs nobody may accept."""
        return encryption_key()

    def register(self, credential_issuer: str, client_id: str | None = None) -> None:
        """Take the codes of a Credential Issuer from now on.

        Args:
            credential_issuer: its identifier.
            client_id: its client identifier at One Login; ``None`` to take any.

        """
        self._issuers.append(RegisteredIssuer(credential_issuer, client_id))

    def rotate(self) -> ServiceKey:
        """Sign with a fresh key from now on; the old one stays published."""
        return self.keys.rotate()

    def draft(
        self, code_claims: Mapping[str, Any], subject: str | None = None, *, refresh: bool = False
    ) -> JwtDraft:
        """Draft a right access token, which a check may change before it signs it. Nothing is remembered of it.

        Args:
            code_claims: the claims of the pre-authorized code, with ``iss``.
            subject: ``wallet_subject_id``; ``None`` for that of the wallet's user.
            refresh: as for an in-app refresh, without ``credential_identifiers``.

        Raises:
            ValueError: there is no subject, because nobody has signed in to the wallet.
            KeyError: the code has no ``iss``.

        """
        found = subject or self.user
        if found is None:
            raise ValueError("nobody has signed in to the wallet")
        return issued_tokens.access_token(code_claims, found, refresh=refresh, **self._minting())

    def _minting(self) -> dict[str, Any]:
        return {
            "key": self.keys.current,
            "token_service": self.base_url,
            "now": self._clock(),
            "random_bytes": self._random_bytes,
        }

    async def _jwks(self, _: Request, __: bytes) -> Response:
        return json_answer(self.keys.jwks, max_age=self._jwks_max_age)

    async def _token(self, request: Request, body: bytes) -> Response:
        parameters: dict[str, str] = {}
        try:
            parameters = _parameters(request, body)
            if self.user is None:
                self._remember(
                    TokenError("user", "unauthorized", "nobody has signed in to the wallet"), parameters
                )
                return plain_answer("Unauthorized", 401)
            proven = dpop_rules.proven_key(
                request.headers.getlist("dpop"),
                method="POST",
                url=self.token_url,
                now=self._clock(),
                used=self._used_proofs,
            )
            if parameters["grant_type"] == PRE_AUTHORIZED_CODE:
                return json_answer(await self._redeem(parameters, self.user, proven))
            return json_answer(self._renew(parameters, proven))
        except TokenError as error:
            self._remember(error, parameters)
            return json_answer(error.document, status=400)

    def _remember(self, error: TokenError, parameters: Mapping[str, str]) -> None:
        code = parameters.get("pre-authorized_code")
        self.refusals.append(Refusal(self._clock(), error.kind, error.detail, error.error, error.reason, code))

    async def _redeem(self, parameters: Mapping[str, str], user: str, proven: str | None) -> dict[str, Any]:
        client_id = parameters.get("client_id")
        if client_id is None:
            raise TokenError("wallet", "invalid_request", "client_id is missing")
        if client_id != self._wallet_client_id:
            raise TokenError(
                "wallet", "invalid_client", f"client_id {shown(client_id)} is no client of this service"
            )
        code = await self._right_code(parameters["pre-authorized_code"])
        bound_to = proven if code.renewable else None
        return self._answer(code.claims, user, bound_to, refresh=False)

    async def _right_code(self, text: str) -> Code:
        code = code_rules.read(text)
        issuer = code_rules.issuer_of(code, self._issuers)
        code_rules.check(code, self.base_url, self._clock())
        try:
            await self._verify(code, issuer)
        except issuer_keys.IssuerKeyError as error:
            raise code_rules.invalid(f"code-{error.kind}", error.detail) from None
        # Nothing is awaited from here to the mark, so that of two requests at once only one gets through.
        mark = hashlib.sha256(code.jws.signing_input).hexdigest()
        if self._used_codes.get(mark):
            detail = "the code was redeemed before"
            raise TokenError("code-used", "invalid_grant", detail, token_errors.CODE_USED)
        self._used_codes.put(mark, True)
        return code

    async def _verify(self, code: Code, issuer: RegisteredIssuer) -> None:
        *before, last = issuer.jwks_urls
        for url in before:
            try:
                await issuer_keys.verify(code.jws, url, self._http)
            except issuer_keys.IssuerKeyError as error:
                if error.kind != "jwks-status":
                    raise
            else:
                return
        await issuer_keys.verify(code.jws, last, self._http)

    def _renew(self, parameters: Mapping[str, str], proven: str | None) -> dict[str, Any]:
        if proven is None:
            raise TokenError("dpop", "invalid_dpop_proof", "a refresh token needs a DPoP proof")
        claims = self._own_claims(parameters["refresh_token"])
        if claims["cnf"]["jkt"] != proven:
            raise _unusable("it is bound to another key")
        code = self._renewable.get(claims["jti"])
        if code is None:
            raise _unusable("it was used before, or this service did not give it out")
        self._renewable.drop(claims["jti"])
        return self._answer(code, claims["sub"], proven, refresh=True)

    def _own_claims(self, text: str) -> dict[str, Any]:
        try:
            jws = jose.parse_compact(text)
            key = self.keys.published(jws.header.get("kid"))
            if key is None:
                raise _unusable("no key of this service signed it")
            jose.verify(jws, key.published, (key.alg,))
            claims: dict[str, Any] = strict_json.parse(jws.payload).value
        except TokenError:
            raise
        except FormatError as error:
            raise _unusable(error.detail) from None
        # An access token is signed with the same key.
        if jws.header.get("typ") != "JWT" or claims.get("aud") != self.base_url:
            raise _unusable("it is another kind of token")
        if claims["exp"] <= self._clock():
            raise _unusable("it has expired")
        return claims

    def _answer(
        self, code: Mapping[str, Any], subject: str, thumbprint: str | None, *, refresh: bool
    ) -> dict[str, Any]:
        """Give the Token Response; it has a refresh token where there is a key to bind it to."""
        access = self.draft(code, subject, refresh=refresh)
        document: dict[str, Any] = {
            "access_token": access.sign(),
            "token_type": "Bearer",
            "expires_in": issued_tokens.ACCESS_LIFETIME_S,
        }
        if thumbprint is not None:
            renewal = issued_tokens.refresh_token(code, subject, thumbprint=thumbprint, **self._minting())
            self._renewable.put(renewal.claims["jti"], code)
            document["refresh_token"] = renewal.sign()
            document["refresh_token_timeout"] = issued_tokens.REFRESH_LIFETIME_S
        return document


_NEEDED = {PRE_AUTHORIZED_CODE: "pre-authorized_code", REFRESH_TOKEN: "refresh_token"}
"""Grant type to the parameter that it needs."""


def _parameters(request: Request, body: bytes) -> dict[str, str]:
    """Read the form.

    Raises:
        TokenError: it is none, repeats a parameter, or lacks what its grant type needs.

    """
    if wire.media_type(request) != forms.FORM:
        raise TokenError("request", "invalid_request", f"the request is not {forms.FORM}")
    pairs = forms.parse(body)
    if pairs is None or len({name for name, _ in pairs}) < len(pairs):
        raise TokenError("request", "invalid_request", "a parameter is repeated or cannot be read")
    parameters = forms.parameters(pairs)
    grant_type = parameters.get("grant_type")
    if grant_type is None:
        raise TokenError("request", "invalid_request", "grant_type is missing")
    if grant_type not in _NEEDED:
        raise TokenError(
            "grant-type", "unsupported_grant_type", f"grant_type {shown(grant_type)} is not supported"
        )
    if _NEEDED[grant_type] not in parameters:
        raise TokenError("request", "invalid_request", f"{_NEEDED[grant_type]} is missing")
    return parameters


def _unusable(detail: str) -> TokenError:
    return TokenError("refresh-token", "invalid_grant", f"the refresh token cannot be used: {detail}")
