"""A service that signs users in at the bundled One Login, and judges what it gets as the documentation says."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from harness.one_login.provider import OneLogin
from harness.one_login.relying_party import CORE_IDENTITY, RelyingParty

BASE = "https://oidc.assay.test"
CLIENT_ID = "a-service"
CALLBACK = "https://issuer.assay.test/return-from-auth"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@cache
def rsa(name: str = "service") -> JWK:
    return JWK.generate(kty="RSA", size=2048, kid=name)


def registered(**changes: Any) -> RelyingParty:
    given: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "redirect_uris": (CALLBACK,),
        "public_keys": (rsa().export_public(as_dict=True),),
        "post_logout_redirect_uris": ("https://issuer.assay.test/signed-out",),
    }
    return RelyingParty(**{**given, **changes})


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def provider(**changes: Any) -> tuple[OneLogin, Clock]:
    clock = Clock()
    given: dict[str, Any] = {"clients": [registered()], "clock": clock}
    return OneLogin(BASE, **{**given, **changes}), clock


class Distrust(Exception):
    """What the service got breaks a rule."""


@dataclass
class Service:
    """A client of One Login."""

    http: httpx.AsyncClient
    clock: Clock
    base: str = BASE
    callback: str = CALLBACK
    key: JWK = field(default_factory=rsa)
    jti: int = 0

    def query(self, **changes: Any) -> dict[str, str]:
        given = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "scope": "openid wallet-subject-id",
            "redirect_uri": self.callback,
            "state": "s-1",
            "nonce": "n-1",
        }
        return {name: value for name, value in {**given, **changes}.items() if value is not None}

    async def authorize(self, **changes: Any) -> httpx.Response:
        return await self.http.get(f"{self.base}/authorize?{urlencode(self.query(**changes))}")

    def request_object(self, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        now = int(self.clock())
        claims = {**self.query(), "iss": CLIENT_ID, "aud": f"{self.base}/authorize", "exp": now + 300, **changes}
        return self.signed({name: value for name, value in claims.items() if value is not None}, header)

    async def authorize_by_object(self, request: str, **changes: Any) -> httpx.Response:
        given = {"response_type": "code", "client_id": CLIENT_ID, "scope": "openid wallet-subject-id"}
        query = {
            name: value for name, value in {**given, "request": request, **changes}.items() if value is not None
        }
        return await self.http.get(f"{self.base}/authorize?{urlencode(query)}")

    def signed(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        head = {"alg": "RS256", "kid": self.key.get("kid"), **(header or {})}
        jws = JWS(json.dumps(claims))
        jws.add_signature(self.key, head["alg"], json.dumps(head))
        return str(jws.serialize(compact=True))

    def assertion(self, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        self.jti += 1
        now = int(self.clock())
        claims = {
            "iss": CLIENT_ID,
            "sub": CLIENT_ID,
            "aud": f"{self.base}/token",
            "exp": now + 300,
            "iat": now,
            "jti": f"jti-{self.jti}",
            **changes,
        }
        return self.signed({name: value for name, value in claims.items() if value is not None}, header)

    async def token(self, code: str, **changes: Any) -> httpx.Response:
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion() if "client_assertion" not in changes else None,
        }
        form = {name: value for name, value in {**given, **changes}.items() if value is not None}
        return await self.http.post(f"{self.base}/token", data=form)

    async def userinfo(self, access_token: str) -> httpx.Response:
        return await self.http.get(f"{self.base}/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    async def signs_in(self, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Go all the way: claims of the ID token, and what userinfo says.

        Raises:
            Distrust: a rule for services is broken.

        """
        back = answer(await self.authorize(**changes))
        if back.get("state") != "s-1" or "code" not in back:
            raise Distrust(f"no code for this browser: {back}")
        tokens = (await self.token(back["code"])).json()
        claims = await self.id_token(tokens["id_token"], changes.get("vtr", '["Cl.Cm"]'), changes.get("max_age"))
        answered = await self.userinfo(tokens["access_token"])
        if answered.status_code != 200:
            raise Distrust("userinfo refuses")
        known = answered.json()
        if known["sub"] != claims["sub"]:
            raise Distrust("sub of userinfo")
        if "wallet_subject_id" not in known:
            raise Distrust("no wallet_subject_id")
        return claims, known

    async def id_token(self, text: str, vtr: str, max_age: str | None = None) -> dict[str, Any]:
        """Validate an ID token by the nine steps of the documentation."""
        keys = (await self.http.get(f"{self.base}/.well-known/jwks.json")).json()["keys"]
        claims = verified(text, {key["kid"]: key for key in keys})
        now = self.clock()
        wanted = {"iss": f"{self.base}/", "aud": CLIENT_ID, "nonce": "n-1"}
        for name, value in wanted.items():
            if claims.get(name) != value:
                raise Distrust(name)
        if not claims["iat"] <= now < claims["exp"]:
            raise Distrust("dates")
        if claims["vot"] != ".".join(part for part in json.loads(vtr)[0].split(".") if part[0] == "C"):
            raise Distrust("vot")
        if max_age is not None and claims["auth_time"] < now - int(max_age):
            raise Distrust("auth_time")
        return claims

    async def core_identity(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Validate a core identity by the steps of the documentation."""
        if CORE_IDENTITY not in known:
            raise Distrust("no core identity")
        document = (await self.http.get(f"{self.base}/.well-known/did.json")).json()
        kid = header_of(known[CORE_IDENTITY])["kid"]
        if kid.partition("#")[0] != document["id"]:
            raise Distrust("controller")
        keys = {method["id"]: method["publicKeyJwk"] | {"alg": "ES256"} for method in document["assertionMethod"]}
        claims = verified(known[CORE_IDENTITY], keys)
        if (claims["iss"], claims["aud"], claims["sub"]) != (f"{self.base}/", CLIENT_ID, known["sub"]):
            raise Distrust("iss, aud or sub")
        if claims["exp"] <= self.clock() or claims["vot"] != "P2":
            raise Distrust("exp or vot")
        return claims


def header_of(jwt: str) -> dict[str, Any]:
    head = jwt.partition(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))))


def verified(jwt: str, keys: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Verify with another library than the provider's reader."""
    header = header_of(jwt)
    key = keys.get(header["kid"])
    if key is None or header["alg"] != key["alg"]:
        raise Distrust("kid or alg")
    jws = JWS()
    try:
        jws.deserialize(jwt, JWK(**key))
    except Exception as problem:
        raise Distrust("signature") from problem
    return dict(json.loads(jws.payload))


def answer(response: httpx.Response) -> dict[str, str]:
    """Read what an authorization response says, from the query or the fragment."""
    parts = urlsplit(response.headers["location"])
    return dict(parse_qsl(parts.query or parts.fragment, keep_blank_values=True))


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def in_process(*apps: tuple[str, Any]) -> httpx.AsyncClient:
    """Make an HTTP client that reaches applications by their URL, without sockets."""
    mounts = {url: httpx.ASGITransport(app=app) for url, app in apps}
    return httpx.AsyncClient(mounts=mounts, transport=httpx.MockTransport(lambda _: httpx.Response(502)))


def service(one_login: OneLogin, clock: Clock) -> Service:
    return Service(in_process((BASE, one_login.app)), clock)
