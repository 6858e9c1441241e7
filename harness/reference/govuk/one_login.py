"""The department as a client of GOV.UK One Login (docs.sign-in.service.gov.uk, authenticate your user)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import httpx

from harness.reference import jwt
from harness.reference.encoding import base64url
from harness.reference.faults import Defects
from harness.reference.govuk import identity_rules, keys, sign_in_rules
from harness.reference.govuk.context import CLIENT_ID, GovukContext
from harness.reference.govuk.documents import SignedJwt
from harness.reference.govuk.identity_rules import CORE_IDENTITY, RETURN_CODE, CoreIdentity
from harness.reference.govuk.key_sets import Found, KeySet
from harness.reference.govuk.outgoing import Outgoing
from harness.reference.govuk.sessions import Pending
from harness.reference.govuk.sign_in_rules import Callback, IdToken, UserInfo
from harness.reference.jwt import Jwt
from harness.reference.rules import Judge

RETURN, SIGNED_OUT, BACK_CHANNEL, CLIENT_JWKS = (
    "/return-from-auth",
    "/signed-out",
    "/back-channel-logout",
    "/client-jwks.json",
)
SCOPE = "openid email wallet-subject-id"
CLIENT_SECRET = "a secret that only the department and GOV.UK One Login know"
AUTHENTICATION, IDENTITY = "Cl.Cm", "Cl.Cm.P2"
"""What is asked for in a first request, and in a second where the identity matters, as ``vtr`` spells it."""
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LIFETIME = _OBJECT_LIFETIME = 300
_BESIDE_THE_OBJECT = ("response_type", "scope", "client_id")
"""Parameters that stand beside a request object, and in it too."""


class SignInError(Exception):
    """Nobody can be signed in because GOV.UK One Login does not answer as it should; the message says how."""


@dataclass
class AuthorizationRequest:
    """An authorization request before the browser is sent away with it."""

    endpoint: str
    parameters: dict[str, str]
    request_object: SignedJwt | None = None
    posted: bool = False
    """Whether the browser is sent away with a form instead of a URL."""

    @property
    def asked(self) -> Mapping[str, Any]:
        """The parameters that count."""
        return self.request_object.claims if self.request_object else self.parameters

    def form(self) -> dict[str, str]:
        """Sign the request object, where there is one, and give the parameters."""
        return {**self.parameters, **({"request": self.request_object.text()} if self.request_object else {})}

    def url(self) -> str:
        """Write the URL."""
        return f"{self.endpoint}?{urlencode(self.form())}"


@dataclass
class TokenRequest:
    """A token request before its assertion is signed."""

    endpoint: str
    parameters: dict[str, str]
    assertion: SignedJwt | None
    """``None`` where the client has a secret instead."""
    times: int = 1
    """How often it is sent."""
    json: bool = False
    """Whether it is JSON, which it must not be."""

    def form(self) -> dict[str, str]:
        """Sign the assertion and give the parameters."""
        return {**self.parameters, **({"client_assertion": self.assertion.text()} if self.assertion else {})}


@dataclass
class Remembered:
    """Which documents of GOV.UK One Login are still known at the next sign-in."""

    discovery: bool = True
    keys: bool = True
    identity_keys: bool = True


@dataclass(frozen=True)
class SignedIn:
    """What GOV.UK One Login told of a user."""

    subject: str
    wallet_subject_id: str
    """Empty where it was let off that there is none."""
    email: str | None
    id_token: str
    identity: Mapping[str, str] | None
    """Names and date of birth, where they were proved."""


class OneLogin:
    """Sends users to GOV.UK One Login and reads what comes back."""

    def __init__(self, context: GovukContext, judge: Judge, defects: Defects, http: Outgoing) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._http = http
        self._discovered: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None
        self._identity_keys = DidKeys(f"{context.identity_url}/.well-known/did.json", http)

    async def away(
        self, target: str, language: str, *, identity: bool = False, again: str | None = None
    ) -> tuple[AuthorizationRequest, Pending]:
        """Give the request to send a browser away with, and what to remember of it.

        Args:
            target: where to go afterwards.
            language: of the pages.
            identity: whether the user has signed in and has to prove an identity now.
            again: the ID token of a user who has to sign in again.

        Raises:
            SignInError: GOV.UK One Login is out of reach.

        """
        context = self._context
        self._forget()
        pending = Pending(context.secret(), context.secret(), context.secret(), target)
        parameters = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "scope": SCOPE,
            "redirect_uri": context.url(RETURN),
            "state": pending.state,
            "nonce": pending.nonce,
            "vtr": json.dumps([IDENTITY if identity else AUTHENTICATION]),
            "ui_locales": language,
        }
        if context.variant.code_challenge:
            parameters["code_challenge"] = base64url(hashlib.sha256(pending.verifier.encode()).digest())
            parameters["code_challenge_method"] = "S256"
        if context.variant.max_age is not None:
            parameters["max_age"] = str(context.variant.max_age)
        if again is not None:
            parameters |= {"prompt": "login", "id_token_hint": again}
        if identity:
            parameters["claims"] = json.dumps({"userinfo": {CORE_IDENTITY: None, RETURN_CODE: None}})
        endpoint = await self._endpoint("authorization_endpoint")
        draft = AuthorizationRequest(endpoint, parameters)
        if context.variant.request_object:
            draft.request_object = self._request_object(endpoint, parameters)
            draft.parameters = {name: parameters[name] for name in _BESIDE_THE_OBJECT}
        self._defects.emit("govuk-authorization-request", draft)
        sent = draft.asked
        # What went out is what has to come back.
        kept = replace(
            pending,
            state=sent.get("state", ""),
            nonce=sent.get("nonce", ""),
            trust=_trust(sent.get("vtr")),
            identity=identity,
        )
        return draft, kept

    def _request_object(self, endpoint: str, parameters: Mapping[str, str]) -> SignedJwt:
        key = keys.client_key()
        claims: dict[str, Any] = {
            **parameters,
            "aud": endpoint,
            "iss": CLIENT_ID,
            "exp": self._context.now() + _OBJECT_LIFETIME,
        }
        claims |= {
            name: json.loads(parameters[name]) for name in ("vtr", "claims", "max_age") if name in parameters
        }
        return SignedJwt({"alg": key.algorithm, "kid": keys.key_id(key)}, claims, key)

    def _forget(self) -> None:
        """Let go of the documents that are not remembered."""
        known = Remembered()
        self._defects.emit("govuk-remembered", known)
        if not known.discovery:
            self._discovered = None
        if not known.keys:
            self._keys = None
        if not known.identity_keys:
            self._identity_keys = self._identity_keys.afresh()

    async def back(self, parameters: Mapping[str, str], pending: Pending | None) -> SignedIn | None:
        """Find out who was signed in; ``None`` where nobody was and that was let off.

        Raises:
            SignInError: GOV.UK One Login does not answer as it should.
            Refusal: a rule is broken.

        """
        callback = Callback(parameters, pending.state if pending else None)
        if "govuk-callback.success" in self._judge.uphold(
            sign_in_rules.CALLBACK_RULES, callback
        ) and not parameters.get("code"):
            return None
        began = pending or Pending("", "", "", "/")
        tokens = await self._tokens(parameters.get("code", ""), began)
        id_token = jwt.read(tokens.get("id_token"))
        facts = IdToken(self._context, id_token, await self.signer(id_token), began.nonce, began.trust)
        self._judge.uphold(sign_in_rules.ID_TOKEN_RULES, facts)
        self._judge.tolerate(sign_in_rules.ID_TOKEN_TOLERANCES, facts)
        info = await self._user_info(str(tokens.get("access_token")))
        subject = facts.claim("sub") or info.get("sub")
        self._judge.uphold(sign_in_rules.USERINFO_RULES, UserInfo(info, subject))
        identity = await self._identity(info, subject) if began.identity else None
        email = info.get("email")
        return SignedIn(
            str(subject),
            str(info.get("wallet_subject_id") or ""),
            email if isinstance(email, str) else None,
            str(tokens.get("id_token")),
            identity,
        )

    async def sign_out_url(self, id_token: str, state: str) -> str:
        """Give the URL that ends the session at GOV.UK One Login.

        Raises:
            SignInError: GOV.UK One Login is out of reach.

        """
        parameters = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": self._context.url(SIGNED_OUT),
            "state": state,
        }
        draft = AuthorizationRequest(await self._endpoint("end_session_endpoint"), parameters)
        self._defects.emit("govuk-sign-out-request", draft)
        return draft.url()

    async def signer(self, token: Jwt | None) -> Found:
        """Give the key of GOV.UK One Login that a JWT names.

        Raises:
            SignInError: GOV.UK One Login is out of reach.

        """
        if self._keys is None:
            self._keys = KeySet(await self._endpoint("jwks_uri"), self._http)
        return await self._keys.named_by(token)

    async def _endpoint(self, name: str) -> str:
        if self._discovered is None:
            url = f"{self._context.one_login_url}/.well-known/openid-configuration"
            self._discovered = await self._object(self._http.get(url))
        endpoint = self._discovered.get(name)
        if not isinstance(endpoint, str):
            raise SignInError(f"GOV.UK One Login has no {name}")
        return endpoint

    async def _tokens(self, code: str, pending: Pending) -> Mapping[str, Any]:
        context = self._context
        endpoint = await self._endpoint("token_endpoint")
        parameters = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": context.url(RETURN),
        }
        if context.variant.code_challenge:
            parameters["code_verifier"] = pending.verifier
        if context.variant.by_secret:
            draft = TokenRequest(endpoint, {**parameters, **_BY_SECRET}, None)
        else:
            parameters["client_assertion_type"] = _ASSERTION_TYPE
            draft = TokenRequest(endpoint, parameters, self._assertion(endpoint))
        self._defects.emit("govuk-token-request", draft)
        form = draft.form()
        send = self._http.post_json if draft.json else self._http.post_form
        answer = await self._object(send(endpoint, form))
        for _ in range(draft.times - 1):
            await self._http.post_form(endpoint, form)
        return answer

    def _assertion(self, audience: str) -> SignedJwt:
        context, key = self._context, keys.client_key()
        claims = {
            "iss": CLIENT_ID,
            "sub": CLIENT_ID,
            "aud": audience,
            "iat": context.now(),
            "exp": context.now() + _ASSERTION_LIFETIME,
            "jti": context.uuid(),
        }
        return SignedJwt({"alg": key.algorithm, "typ": "JWT", "kid": keys.key_id(key)}, claims, key)

    async def _user_info(self, access_token: str) -> Mapping[str, Any]:
        endpoint = await self._endpoint("userinfo_endpoint")
        return await self._object(self._http.get(endpoint, {"Authorization": f"Bearer {access_token}"}))

    async def _identity(self, info: Mapping[str, Any], subject: Any) -> Mapping[str, str] | None:
        given = info.get(CORE_IDENTITY)
        token = jwt.read(given)

        def facts(key: Found) -> CoreIdentity:
            return CoreIdentity(self._context, token, given is not None, key, subject)

        unread = facts(Found(None))
        let_off = self._judge.uphold(identity_rules.RULES_BEFORE_KEY, unread)
        source = self._identity_keys
        if "govuk-identity.controller" in let_off and unread.controller is not None:
            source = DidKeys(_did_url(unread.controller, self._context.identity_url), self._http)
            let_off -= {"govuk-identity.controller"}
        identity = facts(await source.named_by(token))
        self._judge.uphold(identity_rules.RULES, identity, unsound=let_off)
        self._judge.tolerate(identity_rules.TOLERANCES, identity)
        return identity_rules.named(token.claims) if token else None

    async def _object(self, call: Any) -> Mapping[str, Any]:
        try:
            answer = await call
            value = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError) as error:
            raise SignInError(f"GOV.UK One Login is out of reach: {error}") from error
        if not isinstance(value, dict):
            raise SignInError(f"GOV.UK One Login answered {answer.status_code}")
        return value


class DidKeys:
    """The assertion methods of a DID document at a URL, kept and read again when a key is not among them."""

    def __init__(self, url: str, http: Outgoing) -> None:
        self._url = url
        self._http = http
        self._kept: dict[str, Mapping[str, Any]] | None = None

    def afresh(self) -> DidKeys:
        """Give the same without what is kept."""
        return DidKeys(self._url, self._http)

    async def named_by(self, token: Jwt | None) -> Found:
        """Give the key that the header of a JWT names by ``kid``."""
        kid = token.header.get("kid") if token else None
        if not isinstance(kid, str):
            return Found(None)
        again = self._kept is not None
        if self._kept is not None and kid in self._kept:
            return Found(self._kept[kid])
        self._kept = await self._read() or self._kept or {}
        return Found(self._kept.get(kid), again and kid in self._kept)

    async def _read(self) -> dict[str, Mapping[str, Any]] | None:
        try:
            answer = await self._http.get(self._url)
            document = answer.json()
            methods = [*document["assertionMethod"], *document.get("verificationMethod", [])]
            asserting = {one if isinstance(one, str) else one["id"] for one in document["assertionMethod"]}
            found = {one["id"]: one["publicKeyJwk"] for one in methods if isinstance(one, dict)}
        except (httpx.HTTPError, ValueError, TypeError, LookupError, AttributeError):
            return None
        return {name: jwk for name, jwk in found.items() if name in asserting and isinstance(jwk, dict)}


_BY_SECRET = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def _trust(vtr: Any) -> str:
    """Give the level of authentication in ``vtr``, a JSON array as text or a list."""
    vectors = json.loads(vtr) if isinstance(vtr, str) else vtr
    return ".".join(part for part in vectors[0].split(".") if part.startswith("C")) if vectors else AUTHENTICATION


def _did_url(did: str, like: str) -> str:
    """Give where the document of a did:web is, with the scheme of a URL."""
    host, *path = (unquote(part) for part in did.removeprefix("did:web:").split(":"))
    return f"{urlsplit(like).scheme}://{'/'.join([host, *(path or ['.well-known'])])}/did.json"
