"""The reference issuer's Authorization Server, seen by a small wallet that shares no code with it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import httpx
import pytest
from jwcrypto.jwk import JWK

from harness.reference import faults, rules
from harness.reference.app import ReferenceIssuer
from harness.reference.serve import serving
from harness.reference.state import DAY
from harness.reference.tls import presenting
from harness.reference.variants import VARIANTS, Variant
from harness.tests.bench import AsSent
from harness.tests.stricter_profiles import RULES_ONLY_THERE
from harness.tests.test_reference import KEYS, NOW, OTHER_KEY, Clock, b64, jwt, public

PRE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
STATE = "State-1"
OURS = ("authorize.", "par.", "client.", "dpop.", "code.", "refresh.", "tls.", "token.narrower-details")
CODE_VARIANTS = [name for name, variant in VARIANTS.items() if "authorization_code" in variant.grants]

Part = dict[str, Any]
Change = Callable[[Part], Part]


def thumbprint(key: JWK) -> str:
    return str(key.thumbprint())


def same(part: Part) -> Part:
    return part


def with_(**changes: Any) -> Change:
    return lambda part: {**part, **changes}


def without(*names: str) -> Change:
    return lambda part: {name: value for name, value in part.items() if name not in names}


class Wallet:
    """Goes through the Authorization Code Flow; whatever it sends can be bent by name in ``bends``."""

    def __init__(self, http: httpx.AsyncClient, issuer: ReferenceIssuer, number: int = 0) -> None:
        self.http = http
        self.issuer = issuer
        self.variant: Variant = issuer.variant
        self.server = issuer.context.authorization_server_url
        self.me = issuer.registrations()[number]
        self.dpop_key = KEYS["ES256"]
        self.instance_key = JWK.generate(kty="EC", crv="P-256")
        self.verifier = secrets.token_urlsafe(32)
        self.use_dpop = self.variant.dpop != "none"
        self.nonces: dict[str, str] = {}
        self.bends: dict[str, Change] = {}
        self.keys: dict[str, JWK | None] = {}
        self.extra_headers: list[tuple[str, str]] = []
        self.dropped_headers: set[str] = set()

    def bent(self, name: str, part: Part) -> Part:
        return self.bends.get(name, same)(part)

    @property
    def now(self) -> int:
        return int(self.issuer.context.clock())

    # What is signed

    def signed(self, name: str, header: Part, claims: Part, key: JWK) -> str:
        wanted = self.keys.get(name, key)
        return jwt(self.bent(f"{name}-header", header), self.bent(f"{name}-claims", claims), wanted)

    def assertion(self) -> str:
        me = self.me["client_id"]
        claims = {"iss": me, "sub": me, "aud": self.server, "exp": self.now + 60, "jti": secrets.token_hex(8)}
        return self.signed("assertion", {"alg": "ES256"}, claims, JWK(**self.me["key"]))

    def attestation(self) -> str:
        header = {"alg": "ES256", "typ": "oauth-client-attestation+jwt"}
        claims = {
            "iss": self.me["attester"]["issuer"],
            "sub": self.me["client_id"],
            "exp": self.now + 300,
            "cnf": {"jwk": public(self.instance_key)},
        }
        return self.signed("attestation", header, claims, JWK(**self.me["attester"]["key"]))

    async def pop(self) -> str:
        header = {"alg": "ES256", "typ": "oauth-client-attestation-pop+jwt"}
        claims = {
            "iss": self.me["client_id"],
            "aud": self.server,
            "iat": self.now,
            "jti": secrets.token_hex(8),
        }
        if self.variant.attestation_challenge:
            answer = await self.http.post(f"{self.server}/challenge")
            claims["challenge"] = answer.json()["attestation_challenge"]
        return self.signed("pop", header, claims, self.instance_key)

    def dpop(self, url: str, token: str | None = None) -> str:
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": public(self.dpop_key)}
        claims = {"jti": secrets.token_hex(8), "htm": "POST", "htu": url, "iat": self.now}
        if token is not None:
            claims["ath"] = b64(hashlib.sha256(token.encode()).digest())
        place = "issuer" if token is not None else "server"
        if place in self.nonces:
            claims["nonce"] = self.nonces[place]
        return self.signed("dpop", header, claims, self.dpop_key)

    async def authentication(self) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """Fields and headers that authenticate the client."""
        me, method = self.me, self.me["authentication"]
        if method == "client_secret_basic":
            pair = f"{quote_plus(me['client_id'])}:{quote_plus(me['client_secret'])}"
            return {}, [("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())]
        fields = {"client_id": me["client_id"]}
        if method == "client_secret_post":
            fields["client_secret"] = me["client_secret"]
        if method == "private_key_jwt":
            fields |= {"client_assertion_type": ASSERTION, "client_assertion": self.assertion()}
        if method == "attest_jwt_client_auth":
            attested = ("OAuth-Client-Attestation", self.attestation())
            return fields, [attested, ("OAuth-Client-Attestation-PoP", await self.pop())]
        return fields, []

    # Requests

    async def post(self, url: str, form: Any, headers: list[tuple[str, str]], *, token: str | None = None) -> Any:
        """Send a form or JSON with a DPoP proof; do as told when a nonce is wanted."""
        place = "issuer" if token is not None else "server"
        for _ in range(2):
            sent = [pair for pair in headers if pair[0] not in self.dropped_headers]
            if self.use_dpop and "DPoP" not in self.dropped_headers:
                sent.append(("DPoP", self.dpop(url, token)))
            sent += self.extra_headers
            if token is not None:
                answer = await self.http.post(url, json=form, headers=sent)
            elif isinstance(form, list):
                content, kind = str(httpx.QueryParams(form)), "application/x-www-form-urlencoded"
                answer = await self.http.post(url, content=content, headers=[*sent, ("Content-Type", kind)])
            else:
                answer = await self.http.post(url, data=form, headers=sent)
            nonce = answer.headers.get("dpop-nonce")
            if nonce is None or place in self.nonces:
                return answer
            self.nonces[place] = nonce
        return answer

    def parameters(self) -> dict[str, str]:
        challenge = b64(hashlib.sha256(self.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.me["client_id"],
            "redirect_uri": self.me["redirect_uri"],
            "state": STATE,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if self.variant.details_only:
            asked["authorization_details"] = json.dumps(self.details("identity_credential"))
        else:
            asked["scope"] = "identity"
        if self.use_dpop:
            asked["dpop_jkt"] = thumbprint(self.dpop_key)
        return self.bent("authorize", asked)

    def details(self, *names: str, **more: Any) -> list[dict[str, Any]]:
        located = {"locations": [self.issuer.issuer_url]} if self.variant.authorization_servers else {}
        kind = {"type": "openid_credential", **located, **more}
        return [{**kind, "credential_configuration_id": name} for name in names]

    async def push(self, parameters: Mapping[str, str] | None = None) -> httpx.Response:
        fields, headers = await self.authentication()
        form = self.bent("par", {**(parameters or self.parameters()), **self.bent("client", fields)})
        answer: httpx.Response = await self.post(f"{self.server}/par", form, self.bend_headers(headers))
        return answer

    def bend_headers(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return list(self.bent("headers", dict(headers)).items())

    async def authorize(self) -> httpx.Response:
        parameters = self.parameters()
        if self.variant.par != "none":
            pushed = await self.push(parameters)
            if pushed.status_code != 201:
                return pushed
            parameters = {"client_id": self.me["client_id"], "request_uri": pushed.json()["request_uri"]}
        return await self.visit(self.bent("visit", parameters))

    async def visit(self, parameters: Any) -> httpx.Response:
        return await self.http.get(f"{self.server}/authorize", params=parameters)

    async def code(self) -> str:
        answer = answered(await self.authorize())
        assert answer["state"] == STATE
        return answer["code"]

    async def post_token(self, form: Any) -> httpx.Response:
        fields, headers = await self.authentication()
        given = self.bent("token", {**form, **self.bent("client", fields)})
        answer: httpx.Response = await self.post(f"{self.server}/token", given, self.bend_headers(headers))
        return answer

    async def redeem(self, code: str | None = None) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code or await self.code(),
            "redirect_uri": self.me["redirect_uri"],
            "code_verifier": self.verifier,
        }
        return await self.post_token(form)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.post_token({"grant_type": "refresh_token", "refresh_token": token})

    async def pre_authorized(self) -> httpx.Response:
        minted = self.issuer.mint_offer(by="value")
        offer = json.loads(dict(parse_qsl(urlsplit(minted.offer).query))["credential_offer"])
        code = offer["grants"][PRE]["pre-authorized_code"]
        return await self.post_token({"grant_type": PRE, "pre-authorized_code": code})

    async def credential(self, token: dict[str, Any], *, scheme: str | None = None) -> httpx.Response:
        url = f"{self.issuer.issuer_url}/credential"
        nonce = (await self.http.post(f"{self.issuer.issuer_url}/nonce")).json()["c_nonce"]
        claims = {"aud": self.issuer.issuer_url, "iat": self.now, "nonce": nonce}
        header = {"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": public(OTHER_KEY)}
        details = token.get("authorization_details")
        body: dict[str, Any] = {"credential_configuration_id": "identity_credential"}
        if details:
            body = {"credential_identifier": details[0]["credential_identifiers"][0]}
        body["proofs"] = {"jwt": [jwt(header, claims, OTHER_KEY)]}
        authorization = ("Authorization", f"{scheme or token['token_type']} {token['access_token']}")
        answer: httpx.Response = await self.post(url, body, [authorization], token=token["access_token"])
        return answer


def answered(answer: httpx.Response) -> dict[str, str]:
    """The parameters with which the browser comes back to the wallet."""
    assert answer.status_code in (302, 303), answer.text
    parts = urlsplit(answer.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://wallet.assay.test/callback"
    assert not parts.fragment
    return dict(parse_qsl(parts.query, keep_blank_values=True))


@asynccontextmanager
async def wallet_for(
    variant: str, *active: str, clock: Callable[[], float] | None = None, number: int = 0
) -> AsyncIterator[Wallet]:
    issuer = ReferenceIssuer(VARIANTS[variant], active, clock=clock or Clock())
    app: Any = issuer.app
    wanted = issuer.registrations()[number]
    if "certificate" in wanted:
        app = presenting(app, [wanted["certificate"].read_text()])
    async with httpx.AsyncClient(transport=AsSent(app)) as http:
        yield Wallet(http, issuer, number)


@asynccontextmanager
async def other(wallet: Wallet) -> AsyncIterator[Wallet]:
    """Another registered wallet at the same issuer."""
    told = wallet.issuer.registrations()[1]
    app: Any = wallet.issuer.app
    if "certificate" in told:
        app = presenting(app, [told["certificate"].read_text()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        second = Wallet(http, wallet.issuer, 1)
        second.verifier, second.nonces, second.dpop_key = wallet.verifier, wallet.nonces, wallet.dpop_key
        yield second


# What works

WITHOUT_PAGES = [
    name
    for name in CODE_VARIANTS
    if VARIANTS[name].login == "none"
    and VARIANTS[name].deferred == "never"
    and "identity_credential" in VARIANTS[name].configurations
]


@pytest.mark.parametrize("variant", WITHOUT_PAGES)
async def test_a_code_leads_to_a_credential(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        answer = await wallet.redeem()
        assert answer.status_code == 200, answer.text
        token = answer.json()
        assert token["token_type"] == ("Bearer" if wallet.variant.dpop == "none" else "DPoP")
        issued = await wallet.credential(token)
        assert issued.status_code == 200, issued.text
        assert issued.json()["credentials"]
        assert wallet.issuer.fired == set()


@pytest.mark.parametrize(
    "variant", [name for name in CODE_VARIANTS if "pre-authorized_code" in VARIANTS[name].grants]
)
async def test_the_other_grant_works_beside(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        answer = await wallet.pre_authorized()
        assert answer.status_code == 200, answer.text
        assert (await wallet.credential(answer.json())).status_code == 200


@pytest.mark.parametrize("variant", CODE_VARIANTS)
async def test_metadata_announce_what_there_is(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        path = wallet.issuer.context.authorization_server_path
        url = f"https://issuer.assay.test/.well-known/oauth-authorization-server{path}"
        said = (await wallet.http.get(url)).json()
        clean = wallet.variant
        assert said["response_types_supported"] == ["code"]
        assert said["code_challenge_methods_supported"] == list(clean.challenge_methods)
        assert said["authorization_endpoint"] == f"{wallet.server}/authorize"
        assert said["token_endpoint_auth_methods_supported"] == [clean.client_authentication]
        assert ("pushed_authorization_request_endpoint" in said) is (clean.par != "none")
        assert said.get("require_pushed_authorization_requests", False) is (clean.par == "required")
        assert said.get("authorization_response_iss_parameter_supported", False) is clean.iss_parameter
        assert ("dpop_signing_alg_values_supported" in said) is (clean.dpop != "none")
        attested = clean.client_authentication == "attest_jwt_client_auth"
        assert ("client_attestation_signing_alg_values_supported" in said) is attested
        assert ("client_attestation_pop_signing_alg_values_supported" in said) is attested
        assert ("challenge_endpoint" in said) is clean.attestation_challenge
        anonymous = clean.client_id is None and "pre-authorized_code" in clean.grants
        assert said.get("pre-authorized_grant_anonymous_access_supported", False) is anonymous


async def test_a_response_names_its_server_where_announced() -> None:
    for variant, expected in (("code-flow", "https://issuer.assay.test"), ("code-flow-no-iss", None)):
        async with wallet_for(variant) as wallet:
            assert answered(await wallet.authorize()).get("iss") == expected
            wallet.bends["authorize"] = with_(response_type="token")
            assert answered(await wallet.authorize()).get("iss") == expected


async def test_a_request_can_be_posted() -> None:
    async with wallet_for("code-flow") as wallet:
        answer = await wallet.http.post(f"{wallet.server}/authorize", data=wallet.parameters())
        assert answer.status_code == 303
        assert (await wallet.redeem(answered(answer)["code"])).status_code == 200


async def test_details_are_answered_with_identifiers_and_scope_with_scope() -> None:
    async with wallet_for("code-flow") as wallet:
        token = (await wallet.redeem()).json()
        assert token["scope"] == "identity"
        assert "authorization_details" not in token
        asked = wallet.details("identity_credential", "loyalty_card", claims=[{"path": ["given_name"]}])
        changed = {"authorization_details": json.dumps(asked), "resource": wallet.issuer.issuer_url}
        wallet.bends["authorize"] = lambda part: {**without("scope")(part), **changed}
        token = (await wallet.redeem()).json()
        named = [item["credential_configuration_id"] for item in token["authorization_details"]]
        assert named == ["identity_credential", "loyalty_card"]
        assert "scope" not in token


async def test_unknown_scopes_are_left_out_of_what_is_granted() -> None:
    async with wallet_for("code-flow") as wallet:
        wallet.bends["authorize"] = with_(scope="openid identity assay:unknown", more="x", login_hint="")
        assert (await wallet.redeem()).json()["scope"] == "identity"


async def test_an_offer_carries_the_grants_that_are_wished() -> None:
    async with wallet_for("both-grants") as wallet:
        for wish, expected in (
            (None, {PRE, "authorization_code"}),
            (["authorization_code"], {"authorization_code"}),
            (["pre-authorized_code"], {PRE}),
        ):
            minted = wallet.issuer.mint_offer(by="value", grants=wish)
            offer = json.loads(dict(parse_qsl(urlsplit(minted.offer).query))["credential_offer"])
            assert set(offer["grants"]) == expected
        with pytest.raises(ValueError, match="grants"):
            wallet.issuer.mint_offer(grants=["refresh_token"])


async def test_registrations_are_settings_of_two_clients() -> None:
    for variant in CODE_VARIANTS:
        first, second = ReferenceIssuer(VARIANTS[variant]).registrations()
        assert first["redirect_uri"].partition("?")[0] == "https://wallet.assay.test/callback"
        assert second["redirect_uri"].partition("?")[0] == "https://other.assay.test/callback"
        assert first["client_id"] != second["client_id"]
        assert first["authentication"] == second["authentication"] == VARIANTS[variant].client_authentication
        again, _ = ReferenceIssuer(VARIANTS[variant]).registrations()
        assert again == first
    assert ReferenceIssuer(VARIANTS["default"]).registrations() == ()


async def test_refresh_tokens_rotate_and_keep_what_was_authorized() -> None:
    async with wallet_for("code-flow-refresh") as wallet:
        first = (await wallet.redeem()).json()
        second = await wallet.refresh(first["refresh_token"])
        assert second.status_code == 200
        assert second.json()["scope"] == "identity"
        assert second.json()["refresh_token"] != first["refresh_token"]
        assert (await wallet.credential(second.json())).status_code == 200


async def test_a_replayed_refresh_token_ends_the_whole_line() -> None:
    async with wallet_for("code-flow-refresh") as wallet:
        first = (await wallet.redeem()).json()
        second = (await wallet.refresh(first["refresh_token"])).json()
        assert (await wallet.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await wallet.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await wallet.credential(second)).status_code == 401


async def test_an_optional_binding_can_be_left_out() -> None:
    async with wallet_for("dpop-optional") as wallet:
        wallet.use_dpop = False
        token = (await wallet.redeem()).json()
        assert token["token_type"] == "Bearer"
        assert (await wallet.credential(token)).status_code == 200


async def test_challenges_offer_the_schemes_there_are() -> None:
    for variant, expected in (
        ("default", 'Bearer realm="assay"'),
        ("dpop", 'DPoP realm="assay", algs="ES256 ES384"'),
        ("dpop-optional", 'Bearer realm="assay", DPoP algs="ES256 ES384"'),
    ):
        issuer = ReferenceIssuer(VARIANTS[variant])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
            answer = await http.post(f"{issuer.issuer_url}/credential", json={})
            assert answer.headers["www-authenticate"] == expected


async def test_every_endpoint_asks_for_its_own_nonce() -> None:
    async with wallet_for("dpop-nonce") as wallet:
        token = (await wallet.redeem()).json()
        assert (await wallet.credential(token)).status_code == 200
        assert wallet.nonces["server"] != wallet.nonces["issuer"]
        code = await wallet.code()
        wallet.bends["dpop-claims"] = with_(nonce=wallet.nonces["issuer"])
        assert (await wallet.redeem(code)).json()["error"] == "use_dpop_nonce"
        wallet.bends["dpop-claims"] = with_(nonce=wallet.nonces["server"])
        refused = await wallet.credential(token)
        assert refused.status_code == 401
        assert 'error="use_dpop_nonce"' in refused.headers["www-authenticate"]
        assert refused.headers["dpop-nonce"]


# Sign-in and consent


def form_of(page: httpx.Response) -> dict[str, str]:
    """The fields of a page's form."""
    assert page.headers["content-type"].startswith("text/html")
    return dict(re.findall(r'name="(token)" value="([^"]+)"', page.text))


async def signed_in(wallet: Wallet) -> httpx.Response:
    login = await wallet.authorize()
    assert login.status_code == 303
    page = await wallet.http.get(login.headers["location"])
    given = {**form_of(page), "username": "erika", "password": "test", "decision": "sign-in"}
    consent = await wallet.http.post(f"{wallet.server}/login", data=given)
    assert consent.status_code == 303
    return await wallet.http.get(consent.headers["location"])


async def test_the_user_signs_in_and_consents() -> None:
    async with wallet_for("code-flow-login") as wallet:
        page = await signed_in(wallet)
        assert "identity_credential" in page.text
        answer = await wallet.http.post(f"{wallet.server}/consent", data={**form_of(page), "decision": "allow"})
        assert (await wallet.redeem(answered(answer)["code"])).status_code == 200


async def test_the_user_can_say_no_on_both_pages() -> None:
    async with wallet_for("code-flow-login") as wallet:
        page = await wallet.http.get((await wallet.authorize()).headers["location"])
        answer = await wallet.http.post(f"{wallet.server}/login", data={**form_of(page), "decision": "cancel"})
        assert answered(answer) | {"error_description": ""} == {
            "error": "access_denied",
            "error_description": "",
            "state": STATE,
            "iss": wallet.server,
        }
        page = await signed_in(wallet)
        answer = await wallet.http.post(f"{wallet.server}/consent", data={**form_of(page), "decision": "cancel"})
        assert answered(answer)["error"] == "access_denied"


async def test_pages_need_the_right_password_cookie_and_token() -> None:
    async with wallet_for("code-flow-login") as wallet:
        login = f"{wallet.server}/login"
        assert (await wallet.http.get(login)).status_code == 400
        page = await wallet.http.get((await wallet.authorize()).headers["location"])
        given = {**form_of(page), "username": "erika", "password": "wrong"}
        assert (await wallet.http.post(login, data=given)).status_code == 401
        assert (await wallet.http.post(login, data={**given, "token": "other"})).status_code == 403
        early = await wallet.http.get(f"{wallet.server}/consent")
        assert early.headers["location"] == login


# Rules: one defect each

Breaker = Callable[[Wallet, Clock], Awaitable[httpx.Response]]
BREAKERS: dict[str, list[tuple[str, Breaker]]] = {}
CLIENT_VARIANTS = ("private-key-jwt", "client-secret-basic")


def breaks(rule: str, *variants: str) -> Callable[[Breaker], Breaker]:
    """Register a request that breaks one rule and no other, on these variants."""

    def register(breaker: Breaker) -> Breaker:
        BREAKERS.setdefault(rule, []).extend((variant, breaker) for variant in variants)
        return breaker

    return register


def bending(rule: str, part: str, change: Change, *variants: str, step: str = "authorize", **keys: Any) -> None:
    async def breaker(wallet: Wallet, _: Clock) -> httpx.Response:
        if step == "credential":
            token = (await wallet.redeem()).json()
        if step == "redeem":
            code = await wallet.code()
        wallet.bends[part] = change
        wallet.keys.update(keys)
        if step == "credential":
            return await wallet.credential(token)
        return await (wallet.redeem(code) if step == "redeem" else getattr(wallet, step)())

    breaks(rule, *variants)(breaker)


def renamed(part: Part) -> Part:
    return {**part, "client_id": "stranger"}


FRONT, BOTH = ("code-flow",), ("code-flow", "code-flow-par")
bending("authorize.client-present", "authorize", without("client_id"), *FRONT)
bending("authorize.client-known", "authorize", renamed, *FRONT)
bending("authorize.redirect-uri", "authorize", with_(redirect_uri="https://evil.test/callback"), *BOTH)
bending("authorize.redirect-uri", "authorize", with_(redirect_uri="https://wallet.assay.test/callback/"), *BOTH)
bending("authorize.request-uri-known", "visit", with_(request_uri="urn:unknown"), "code-flow-par")
bending("authorize.request-uri-client", "visit", with_(client_id="wallet-other"), "code-flow-par")
bending("authorize.response-type-present", "authorize", without("response_type"), *BOTH)
bending("authorize.response-type-supported", "authorize", with_(response_type="token"), *BOTH)
bending("authorize.response-type-supported", "authorize", with_(response_type="code id_token"), *BOTH)
bending("authorize.challenge-present", "authorize", without("code_challenge", "code_challenge_method"), *BOTH)
bending("authorize.challenge-method", "authorize", with_(code_challenge_method="plain"), *BOTH)
bending("authorize.challenge-method", "authorize", without("code_challenge_method"), *BOTH)
bending("authorize.challenge-form", "authorize", with_(code_challenge="short"), *BOTH)
bending("authorize.scope-form", "authorize", with_(scope='identity "x"'), *BOTH)
for wrong in ("no json", "[]", "{}", "[1]", "[" * 9999):
    bending("authorize.details-form", "authorize", with_(authorization_details=wrong), *BOTH)
bending("authorize.details-type", "authorize", with_(authorization_details='[{"type":"other"}]'), *BOTH)
bending(
    "authorize.details-configuration",
    "authorize",
    with_(authorization_details='[{"type":"openid_credential","credential_configuration_id":"unknown"}]'),
    *BOTH,
)
bending(
    "authorize.details-locations",
    "authorize",
    with_(
        authorization_details='[{"type":"openid_credential","credential_configuration_id":"identity_credential"}]'
    ),
    "code-flow-path",
)
for rule_, claims in (
    ("form", "[]"),
    ("form", '[{"path":[]}]'),
    ("form", '[{"path":["a"],"mandatory":"yes"}]'),
    ("form", '[{"path":["a",-1]}]'),
    ("distinct", '[{"path":["a"]},{"path":["b"]},{"path":["a"],"mandatory":true}]'),
    ("elements", '[{"path":["a",null]},{"path":["a",0]}]'),
    ("structure", '[{"path":["a",null]},{"path":["a","b"]}]'),
):
    bending(
        f"authorize.claims-{rule_}",
        "authorize",
        with_(
            authorization_details=(
                '[{"type":"openid_credential","credential_configuration_id":"identity_credential",'
                f'"claims":{claims}}}]'
            )
        ),
        *BOTH,
    )
bending("authorize.credential", "authorize", without("scope"), *BOTH)
bending("authorize.credential", "authorize", with_(scope="unknown"), *BOTH)
bending("authorize.resource", "authorize", with_(resource="https://other.test"), *BOTH)
bending("par.no-request-uri", "par", with_(request_uri="urn:ietf:params:oauth:request_uri:x"), "code-flow-par")


@breaks("authorize.repeated-parameter", "code-flow")
async def _repeated(wallet: Wallet, _: Clock) -> httpx.Response:
    return await wallet.visit([*wallet.parameters().items(), ("scope", "loyalty")])


@breaks("authorize.consent", "code-flow-login")
async def _declined(wallet: Wallet, _: Clock) -> httpx.Response:
    page = await wallet.http.get((await wallet.authorize()).headers["location"])
    return await wallet.http.post(f"{wallet.server}/login", data={**form_of(page), "decision": "cancel"})


@breaks("authorize.pushed", "code-flow-par-required")
async def _not_pushed(wallet: Wallet, _: Clock) -> httpx.Response:
    return await wallet.visit(wallet.parameters())


@breaks("authorize.request-uri-single-use", "code-flow-par")
async def _reused(wallet: Wallet, _: Clock) -> httpx.Response:
    uri = (await wallet.push()).json()["request_uri"]
    reference = {"client_id": wallet.me["client_id"], "request_uri": uri}
    assert answered(await wallet.visit(reference))["code"]
    return await wallet.visit(reference)


@breaks("authorize.request-uri-expired", "code-flow-par")
async def _late(wallet: Wallet, clock: Clock) -> httpx.Response:
    pushed = (await wallet.push()).json()
    clock.time += pushed["expires_in"]
    return await wallet.visit({"client_id": wallet.me["client_id"], "request_uri": pushed["request_uri"]})


@breaks("par.method", "code-flow-par")
async def _put(wallet: Wallet, _: Clock) -> httpx.Response:
    return await wallet.http.put(f"{wallet.server}/par", data=wallet.parameters())


@breaks("par.form", "code-flow-par")
async def _json(wallet: Wallet, _: Clock) -> httpx.Response:
    return await wallet.http.post(f"{wallet.server}/par", json=wallet.parameters())


# Clients

EVERY_METHOD = ("private-key-jwt", "client-secret-basic", "client-secret-post", "attested-client-no-challenge")
SECRET = JWK.generate(kty="oct", size=256)
STRANGER = JWK.generate(kty="EC", crv="P-256")


def client_defect(rule: str, part: str, change: Change, *variants: str, **keys: Any) -> None:
    """Break a rule on clients at the Token Endpoint, and at the PAR Endpoint where there is one."""
    bending(rule, part, change, *variants, step="redeem", **keys)
    pushing = [name for name in variants if VARIANTS[name].par != "none"]
    bending(rule, part, change, *pushing, step="push", **keys)


client_defect("client.identified", "client", without("client_id"), "code-flow-refresh", "mtls-client-self-signed")
client_defect("client.known", "client", renamed, "code-flow-refresh", "client-secret-post")
client_defect("client.one-method", "client", with_(client_secret="x"), "client-secret-basic", "private-key-jwt")
client_defect("client.authenticated", "client", without("client_secret"), "client-secret-post")
client_defect("client.authenticated", "client", without("client_assertion"), "private-key-jwt")
client_defect("client.authenticated", "headers", lambda _: {}, "attested-client-no-challenge", "attested-client")
client_defect("client.same-identifier", "client", with_(client_id="wallet-other"), *CLIENT_VARIANTS)
client_defect("client.same-identifier", "client", with_(client_id="wallet-other"), "attested-client-no-challenge")
client_defect("client.secret", "client", with_(client_secret="wrong"), "client-secret-post")
client_defect(
    "client.secret",
    "headers",
    lambda _: {"Authorization": "Basic " + base64.b64encode(b"wallet-dev:wrong").decode()},
    "client-secret-basic",
)
JWT_CLIENT, ATTESTED = ("private-key-jwt",), ("attested-client", "attested-client-no-challenge")
client_defect("client.assertion-type", "client", with_(client_assertion_type="other"), *JWT_CLIENT)
client_defect("client.assertion-wellformed", "client", with_(client_assertion="no jwt"), *JWT_CLIENT)
client_defect("client.assertion-algorithm", "assertion-header", with_(alg="none"), *JWT_CLIENT, assertion=None)
client_defect("client.assertion-algorithm", "assertion-header", with_(alg="HS256"), *JWT_CLIENT, assertion=SECRET)
client_defect("client.assertion-signature", "", same, *JWT_CLIENT, assertion=STRANGER)
client_defect("client.assertion-subject", "assertion-claims", without("sub"), *JWT_CLIENT)
client_defect("client.assertion-issuer", "assertion-claims", with_(iss="other"), *JWT_CLIENT)
client_defect("client.assertion-issuer", "assertion-claims", without("iss"), *JWT_CLIENT)
client_defect("client.assertion-audience", "assertion-claims", with_(aud="https://other.test"), *JWT_CLIENT)
client_defect("client.assertion-audience", "assertion-claims", without("aud"), *JWT_CLIENT)
client_defect("client.assertion-critical", "assertion-header", with_(crit=["exp"]), *JWT_CLIENT)
client_defect("client.assertion-expiry-present", "assertion-claims", without("exp"), *JWT_CLIENT)
client_defect("client.assertion-expired", "assertion-claims", with_(exp=int(NOW) - 600), *JWT_CLIENT)
client_defect("client.assertion-not-before", "assertion-claims", with_(nbf=int(NOW) + 600), *JWT_CLIENT)
client_defect(
    "client.attestation-present",
    "headers",
    without("OAuth-Client-Attestation"),
    *ATTESTED,
)
client_defect("client.pop-present", "headers", without("OAuth-Client-Attestation-PoP"), *ATTESTED)
client_defect(
    "client.attestation-wellformed", "headers", with_(**{"OAuth-Client-Attestation": "no-jwt"}), *ATTESTED
)
client_defect("client.pop-wellformed", "headers", with_(**{"OAuth-Client-Attestation-PoP": "no-jwt"}), *ATTESTED)
client_defect("client.attestation-typ", "attestation-header", with_(typ="JWT"), *ATTESTED)
client_defect("client.attestation-algorithm", "attestation-header", with_(alg="none"), *ATTESTED, attestation=None)
client_defect("client.attestation-critical", "attestation-header", with_(crit=["exp"]), *ATTESTED)
client_defect("client.attestation-fresh", "attestation-claims", with_(iat=int(NOW) - 30 * DAY), *ATTESTED)
client_defect("client.attestation-issuer", "attestation-claims", with_(iss="https://other.test"), *ATTESTED)
client_defect("client.attestation-issuer", "attestation-claims", without("iss"), *ATTESTED)
client_defect("client.attestation-signature", "", same, *ATTESTED, attestation=STRANGER)
client_defect("client.attestation-subject", "attestation-claims", without("sub"), *ATTESTED)
client_defect("client.attestation-expiry-present", "attestation-claims", without("exp"), *ATTESTED)
client_defect("client.attestation-expired", "attestation-claims", with_(exp=int(NOW) - 600), *ATTESTED)
client_defect("client.attestation-not-before", "attestation-claims", with_(nbf=int(NOW) + 600), *ATTESTED)
client_defect("client.attestation-key", "attestation-claims", without("cnf"), *ATTESTED)
client_defect("client.pop-typ", "pop-header", with_(typ="JWT"), *ATTESTED)
client_defect("client.pop-algorithm", "pop-header", with_(alg="none"), *ATTESTED, pop=None)
client_defect("client.pop-critical", "pop-header", with_(crit=["exp"]), *ATTESTED)
client_defect("client.pop-signature", "", same, *ATTESTED, pop=STRANGER)
client_defect("client.pop-issuer", "pop-claims", with_(iss="other"), *ATTESTED)
client_defect("client.pop-issuer", "pop-claims", without("iss"), *ATTESTED)
client_defect("client.pop-audience", "pop-claims", with_(aud="https://other.test"), *ATTESTED)
client_defect("client.pop-identifier", "pop-claims", without("jti"), *ATTESTED)
client_defect("client.pop-issued-at-present", "pop-claims", without("iat"), *ATTESTED)
client_defect("client.pop-issued-at", "pop-claims", with_(iat=int(NOW) - 3600), *ATTESTED)
client_defect("client.pop-not-before", "pop-claims", with_(nbf=int(NOW) + 3600), *ATTESTED)
client_defect("client.pop-challenge", "pop-claims", without("challenge"), "attested-client")
client_defect("client.pop-challenge", "pop-claims", with_(challenge="unknown"), "attested-client")


@breaks("client.attestation-public-key", *ATTESTED)
async def _private_instance_key(wallet: Wallet, _: Clock) -> httpx.Response:
    private = {"jwk": wallet.instance_key.export_private(as_dict=True)}
    code = await wallet.code()
    wallet.bends["attestation-claims"] = with_(cnf=private)
    return await wallet.redeem(code)


@breaks("client.secret-in-body", "client-secret-post")
async def _secret_in_query(wallet: Wallet, _: Clock) -> httpx.Response:
    code = await wallet.code()
    secret = {"client_id": wallet.me["client_id"], "client_secret": wallet.me["client_secret"]}
    wallet.bends["client"] = without("client_id", "client_secret")
    wallet.http.params = httpx.QueryParams(secret)
    return await wallet.redeem(code)


@breaks("client.assertion-single-use", *JWT_CLIENT)
async def _same_assertion(wallet: Wallet, _: Clock) -> httpx.Response:
    wallet.bends["assertion-claims"] = with_(jti="once")
    return await wallet.redeem()


@breaks("client.pop-single-use", *ATTESTED)
async def _same_pop(wallet: Wallet, _: Clock) -> httpx.Response:
    first, code = await wallet.code(), await wallet.code()
    kept: Part = {}

    def keep(headers: Part) -> Part:
        kept.update(headers)
        return headers

    wallet.bends["headers"] = keep
    assert (await wallet.redeem(first)).status_code == 200
    wallet.bends["headers"] = lambda _: kept
    return await wallet.redeem(code)


@breaks("client.certificate", "mtls-client", "mtls-client-self-signed")
async def _other_certificate(wallet: Wallet, _: Clock) -> httpx.Response:
    code = await wallet.code()
    async with other(wallet) as second:
        second.me = wallet.me
        return await second.redeem(code)


@breaks("client.authenticated", "mtls-client", "mtls-client-self-signed")
async def _no_certificate(wallet: Wallet, _: Clock) -> httpx.Response:
    code = await wallet.code()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(wallet.issuer.app)) as http:
        wallet.http = http
        return await wallet.redeem(code)


# Authorization codes and refresh tokens

CODES = ("code-flow", "private-key-jwt", "dpop")


def _with_challenge(form: Part) -> Part:
    challenge = b64(hashlib.sha256(form["code_verifier"].encode()).digest())
    return {**form, "code_verifier": challenge}


for field, where in (("code", "code.present"), ("redirect_uri", "code.redirect-uri-present")):
    bending(where, "token", without(field), *CODES, step="redeem")
bending("code.verifier-present", "token", without("code_verifier"), *CODES, step="redeem")
bending("code.known", "token", with_(code="unknown"), *CODES, step="redeem")
bending("code.redirect-uri", "token", with_(redirect_uri="https://other.test/"), *CODES, step="redeem")
bending("code.verifier-hashed", "token", _with_challenge, *CODES, step="redeem")
bending("code.verifier", "token", with_(code_verifier="x" * 43), *CODES, step="redeem")


@breaks("code.verifier-expected", "code-flow-pkce-optional")
async def _unexpected_verifier(wallet: Wallet, _: Clock) -> httpx.Response:
    wallet.bends["authorize"] = without("code_challenge", "code_challenge_method")
    return await wallet.redeem()


@breaks("code.client", *CODES, "attested-client", "client-secret-basic", "mtls-client")
async def _foreign_code(wallet: Wallet, _: Clock) -> httpx.Response:
    code = await wallet.code()
    async with other(wallet) as second:
        second.bends["token"] = with_(redirect_uri=wallet.me["redirect_uri"])
        return await second.redeem(code)


@breaks("code.single-use", *CODES)
async def _replayed(wallet: Wallet, _: Clock) -> httpx.Response:
    code = await wallet.code()
    assert (await wallet.redeem(code)).status_code == 200
    return await wallet.redeem(code)


@breaks("code.expired", *CODES)
async def _expired(wallet: Wallet, clock: Clock) -> httpx.Response:
    code = await wallet.code()
    clock.time += wallet.variant.authorization_code_lifetime
    return await wallet.redeem(code)


@breaks("code.dpop-key", "dpop", "dpop-nonce")
async def _other_key(wallet: Wallet, _: Clock) -> httpx.Response:
    code = await wallet.code()
    wallet.dpop_key = OTHER_KEY
    return await wallet.redeem(code)


@breaks("code.tokens-revoked", *CODES)
async def _revoked(wallet: Wallet, _: Clock) -> httpx.Response:
    code = await wallet.code()
    token = (await wallet.redeem(code)).json()
    assert (await wallet.redeem(code)).status_code == 400
    return await wallet.credential(token)


def refresh_defect(rule: str, change: Callable[[Wallet], None], *variants: str) -> None:
    async def breaker(wallet: Wallet, _: Clock) -> httpx.Response:
        token = (await wallet.redeem()).json()["refresh_token"]
        change(wallet)
        return await wallet.refresh(token)

    breaks(rule, *variants)(breaker)


def bend_token(change: Change) -> Callable[[Wallet], None]:
    return lambda wallet: wallet.bends.update(token=change)


def other_dpop_key(wallet: Wallet) -> None:
    wallet.dpop_key = OTHER_KEY


def other_instance(wallet: Wallet) -> None:
    wallet.instance_key = STRANGER


REFRESHES = ("code-flow-refresh", "attested-client", "dpop")
refresh_defect("refresh.present", bend_token(without("refresh_token")), *REFRESHES)
refresh_defect("refresh.known", bend_token(with_(refresh_token="unknown")), *REFRESHES)
refresh_defect("refresh.scope", bend_token(with_(scope="identity loyalty")), *REFRESHES)
refresh_defect("refresh.dpop-key", other_dpop_key, "dpop")
refresh_defect("refresh.instance-key", other_instance, "attested-client")


@breaks("refresh.client", *REFRESHES)
async def _foreign_refresh(wallet: Wallet, _: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()["refresh_token"]
    async with other(wallet) as second:
        second.instance_key = wallet.instance_key
        return await second.refresh(token)


@breaks("refresh.rotated", *REFRESHES)
async def _rotated(wallet: Wallet, _: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()["refresh_token"]
    assert (await wallet.refresh(token)).status_code == 200
    return await wallet.refresh(token)


@breaks("refresh.expired", "refresh-brief")
async def _expired_refresh(wallet: Wallet, clock: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()["refresh_token"]
    clock.time += wallet.variant.refresh_lifetime
    return await wallet.refresh(token)


@breaks("refresh.revoked", *REFRESHES)
async def _revoked_refresh(wallet: Wallet, _: Clock) -> httpx.Response:
    code = await wallet.code()
    token = (await wallet.redeem(code)).json()["refresh_token"]
    assert (await wallet.redeem(code)).status_code == 400
    return await wallet.refresh(token)


# Certificate-bound tokens


@breaks("tls.certificate", "mtls-bound")
async def _stolen_bound_token(wallet: Wallet, _: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()
    async with other(wallet) as second:
        return await second.credential(token)


@breaks("tls.certificate", "mtls-bound")
async def _bound_token_without_certificate(wallet: Wallet, _: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(wallet.issuer.app)) as http:
        wallet.http = http
        return await wallet.credential(token)


@breaks("refresh.certificate", "mtls-bound")
async def _stolen_bound_refresh_token(wallet: Wallet, _: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()["refresh_token"]
    async with other(wallet) as second:
        second.me = wallet.me
        return await second.refresh(token)


# DPoP

DPOP = ("dpop",)


def dpop_defect(rule: str, part: str, change: Change, *variants: str, places: str = "all", **keys: Any) -> None:
    """Break a rule on DPoP proofs at the PAR, Token and Credential Endpoints."""
    for step in ("push", "redeem", "credential") if places == "all" else (places,):
        bending(rule, part, change, *(variants or DPOP), step=step, **keys)


dpop_defect("dpop.typ", "dpop-header", with_(typ="JWT"))
dpop_defect("dpop.typ", "dpop-header", without("typ"))
dpop_defect("dpop.algorithm-asymmetric", "dpop-header", with_(alg="none"), dpop=None)
dpop_defect("dpop.algorithm-asymmetric", "dpop-header", with_(alg="HS256"), dpop=SECRET)
dpop_defect("dpop.key-present", "dpop-header", without("jwk"))
dpop_defect("dpop.no-private-key", "dpop-header", with_(jwk=KEYS["ES256"].export_private(as_dict=True)))
dpop_defect("dpop.key-usable", "dpop-header", with_(jwk={"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}))
dpop_defect("dpop.critical", "dpop-header", with_(crit=["assay"], assay=True))
dpop_defect("dpop.signature", "", same, dpop=OTHER_KEY)
dpop_defect("dpop.identifier-present", "dpop-claims", without("jti"))
dpop_defect("dpop.method-present", "dpop-claims", without("htm"))
dpop_defect("dpop.method", "dpop-claims", with_(htm="GET"))
dpop_defect("dpop.url-present", "dpop-claims", without("htu"))
dpop_defect("dpop.url", "dpop-claims", with_(htu="https://other.test/token"))
dpop_defect("dpop.issued-at-present", "dpop-claims", without("iat"))
dpop_defect("dpop.issued-at", "dpop-claims", with_(iat=int(NOW) - 3600))
dpop_defect("dpop.issued-at", "dpop-claims", with_(iat=int(NOW) + 3600))
dpop_defect("dpop.access-token-hash-present", "dpop-claims", without("ath"), places="credential")
dpop_defect("dpop.access-token-hash", "dpop-claims", with_(ath="wrong"), places="credential")
dpop_defect("dpop.nonce", "dpop-claims", without("nonce"), "dpop-nonce", places="push")
dpop_defect("dpop.nonce", "dpop-claims", with_(nonce="unknown"), "dpop-nonce", places="push")
bending("dpop.request-key", "authorize", with_(dpop_jkt="x" * 43), "dpop", step="push")


@breaks("dpop.algorithm-supported", *DPOP)
async def _other_algorithm(wallet: Wallet, _: Clock) -> httpx.Response:
    wallet.dpop_key = KEYS["ES512"]
    wallet.bends["dpop-header"] = with_(alg="ES512")
    return await wallet.push()


def _proofs(*values: str) -> Callable[[Wallet], None]:
    def change(wallet: Wallet) -> None:
        wallet.dropped_headers.add("DPoP")
        wallet.extra_headers += [("DPoP", value) for value in values]

    return change


for _place in ("push", "redeem", "credential"):

    @breaks("dpop.wellformed", *DPOP)
    async def _no_jwt(wallet: Wallet, _: Clock, place: str = _place) -> httpx.Response:
        return await _with_proofs(wallet, place, _proofs("no jwt"))

    @breaks("dpop.one-proof", *DPOP)
    async def _two_proofs(wallet: Wallet, _: Clock, place: str = _place) -> httpx.Response:
        return await _with_proofs(wallet, place, lambda it: it.extra_headers.append(("DPoP", "a.b.c")))

    if _place != "push":

        @breaks("dpop.proof-present", *DPOP)
        async def _no_proof(wallet: Wallet, _: Clock, place: str = _place) -> httpx.Response:
            return await _with_proofs(wallet, place, _proofs())


async def _with_proofs(wallet: Wallet, place: str, change: Callable[[Wallet], None]) -> httpx.Response:
    code = await wallet.code() if place != "push" else ""
    token = (await wallet.redeem(code)).json() if place == "credential" else {}
    change(wallet)
    if place == "push":
        return await wallet.push()
    return await (wallet.credential(token) if place == "credential" else wallet.redeem(code))


@breaks("dpop.single-use", *DPOP)
async def _same_proof(wallet: Wallet, _: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()
    wallet.bends["dpop-claims"] = with_(jti="once")
    assert (await wallet.credential(token)).status_code == 200
    return await wallet.credential(token)


@breaks("dpop.key-bound", *DPOP)
async def _stolen_token(wallet: Wallet, _: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()
    wallet.dpop_key = OTHER_KEY
    return await wallet.credential(token)


@breaks("dpop.scheme", "dpop", "dpop-optional")
async def _downgraded(wallet: Wallet, _: Clock) -> httpx.Response:
    token = (await wallet.redeem()).json()
    return await wallet.credential(token, scheme="Bearer")


@breaks("dpop.bound", "dpop-optional")
async def _pretended(wallet: Wallet, _: Clock) -> httpx.Response:
    wallet.use_dpop = False
    token = (await wallet.redeem()).json()
    wallet.use_dpop = True
    return await wallet.credential(token, scheme="DPoP")


CASES = [
    pytest.param(rule, variant, breaker, id=f"{rule}-{number}-{variant}")
    for rule, cases in BREAKERS.items()
    for number, (variant, breaker) in enumerate(cases)
]
PAGES = {
    "authorize.client-present",
    "authorize.client-known",
    "authorize.redirect-uri",
    "authorize.request-uri-known",
    "authorize.request-uri-client",
    "authorize.request-uri-single-use",
    "authorize.request-uri-expired",
}


def error_of(answer: httpx.Response) -> str:
    """The error of a refusal, wherever it stands; ``page`` for a page."""
    if answer.status_code in (302, 303):
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query)).get("error", "")
    if "www-authenticate" in answer.headers and not answer.text:
        found = re.search(r'error="([^"]*)"', answer.headers["www-authenticate"])
        return found.group(1) if found else ""
    return "page" if answer.headers["content-type"].startswith("text/html") else str(answer.json()["error"])


def granted(answer: httpx.Response) -> bool:
    if answer.status_code in (302, 303):
        return "code=" in answer.headers["location"]
    names = ("access_token", "credentials", "request_uri")
    return answer.status_code in (200, 201) and any(f'"{name}"' in answer.text for name in names)


def test_every_rule_is_broken_by_a_test() -> None:
    expected = {rule for rule in rules.catalogue() if rule.startswith(OURS)}
    assert expected - RULES_ONLY_THERE <= set(BREAKERS) <= expected


@pytest.mark.parametrize(("rule", "variant", "breaker"), CASES)
async def test_a_broken_rule_is_refused_as_declared(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    async with wallet_for(variant, clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert wallet.issuer.fired == set()
    declared = rules.RULES[rule]
    assert not granted(answer)
    if rule in PAGES and answer.headers["content-type"].startswith("text/html"):
        assert answer.status_code == 400
        return
    assert error_of(answer) == declared.error
    if answer.status_code in (302, 303):
        assert answered(answer)["state"] == STATE
        return
    resource = answer.request.url.path.endswith("/credential")
    assert answer.status_code == (401 if resource else declared.status)
    if resource:
        scheme = "Bearer" if wallet.variant.dpop == "none" else "DPoP"
        assert answer.headers["www-authenticate"].startswith(scheme)
    else:
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", answer.json()["error_description"])
        challenge = 'Basic realm="assay"' if declared.status == 401 else None
        assert answer.headers.get("www-authenticate") == challenge
    assert ("dpop-nonce" in answer.headers) is (declared.error == "use_dpop_nonce")
    assert ("oauth-client-attestation-challenge" in answer.headers) is (
        declared.error == "use_attestation_challenge"
    )


@pytest.mark.parametrize(("rule", "variant", "breaker"), CASES)
async def test_an_accepting_fault_lets_exactly_its_rule_off(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    fault = f"accepts:{rule}"
    async with wallet_for(variant, fault, clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert granted(answer), (answer.text, dict(answer.headers))
        assert wallet.issuer.fired == {fault}


@pytest.mark.parametrize(("rule", "variant", "breaker"), CASES)
async def test_a_misreporting_fault_refuses_wrongly(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    fault = f"misreports:{rule}"
    async with wallet_for(variant, fault, clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert wallet.issuer.fired == {fault}
    assert error_of(answer) == "assay_misreported"
    if answer.request.url.path.endswith("/credential"):
        assert answer.status_code == 500
        assert "www-authenticate" not in answer.headers


# Tolerances

Doing = Callable[[Wallet], Awaitable[httpx.Response]]


def asking(change: Change, variant: str = "code-flow") -> tuple[str, Doing]:
    async def do(wallet: Wallet) -> httpx.Response:
        wallet.bends["authorize"] = change
        return await wallet.authorize()

    return variant, do


def redeeming(part: str, change: Change, variant: str) -> tuple[str, Doing]:
    async def do(wallet: Wallet) -> httpx.Response:
        wallet.bends[part] = change
        return await wallet.redeem()

    return variant, do


async def _spelled(wallet: Wallet) -> httpx.Response:
    return await wallet.credential((await wallet.redeem()).json(), scheme="dPoP")


async def _in_capitals(wallet: Wallet) -> httpx.Response:
    code = await wallet.code()
    wallet.dropped_headers.add("DPoP")
    wallet.extra_headers.append(("DPOP", wallet.dpop(f"{wallet.server}/token")))
    return await wallet.redeem(code)


async def _es384(wallet: Wallet) -> httpx.Response:
    wallet.dpop_key = KEYS["ES384"]
    wallet.bends["dpop-header"] = with_(alg="ES384")
    return await wallet.redeem()


def _percent_encoded(headers: Part) -> Part:
    """Spell the first letter of the client_id in HTTP Basic as an octet."""
    pair = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    spelled = f"%{ord(pair[0]):02X}{pair[1:]}"
    return {"Authorization": "Basic " + base64.b64encode(spelled.encode()).decode()}


async def _attested_twice(wallet: Wallet) -> httpx.Response:
    return await wallet.redeem()


def _with_verifier(verifier: str, method: str = "S256") -> Doing:
    async def do(wallet: Wallet) -> httpx.Response:
        wallet.verifier = verifier
        if method == "plain":
            wallet.bends["authorize"] = with_(code_challenge=verifier, code_challenge_method=method)
        return await wallet.redeem()

    return do


async def _narrowed(wallet: Wallet) -> httpx.Response:
    both = wallet.details("identity_credential", "loyalty_card")
    wallet.bends["authorize"] = with_(authorization_details=json.dumps(both))
    wallet.bends["token"] = with_(authorization_details=json.dumps(both[:1]))
    return await wallet.redeem()


async def _refreshed_narrowly(wallet: Wallet) -> httpx.Response:
    wallet.bends["authorize"] = with_(scope="identity loyalty")
    token = (await wallet.redeem()).json()["refresh_token"]
    wallet.bends["token"] = with_(scope="identity")
    return await wallet.refresh(token)


async def _refreshed(wallet: Wallet) -> httpx.Response:
    return await wallet.refresh((await wallet.redeem()).json()["refresh_token"])


IDENTITY = '{"type":"openid_credential","credential_configuration_id":"identity_credential"'
HARMLESS: dict[str, tuple[str, Doing]] = {
    "authorize.request-uri": asking(same, "code-flow-par"),
    "authorize.beside-request-uri": redeeming("visit", with_(scope="loyalty", state="other"), "code-flow-par"),
    "authorize.unknown-parameter": asking(with_(assay="1")),
    "authorize.empty-parameter": asking(with_(resource="")),
    "authorize.unknown-scope": asking(with_(scope="identity unknown")),
    "authorize.scope": asking(same),
    "authorize.details": asking(with_(authorization_details=f"[{IDENTITY}}}]")),
    "authorize.several-configurations": asking(with_(scope="identity loyalty")),
    "authorize.unknown-detail-member": asking(with_(authorization_details=f'[{IDENTITY},"assay":1}}]')),
    "authorize.claims": asking(with_(authorization_details=f'[{IDENTITY},"claims":[{{"path":["a"]}}]}}]')),
    "authorize.issuer-state": asking(with_(issuer_state="from-elsewhere")),
    "authorize.foreign-issuer-state": asking(with_(issuer_state="from-elsewhere")),
    "authorize.issuer-as-resource": asking(with_(resource="https://issuer.assay.test")),
    "authorize.state-missing": asking(without("state")),
    "authorize.state-long": asking(with_(state="x" * 1000)),
    "authorize.redirect-uri-missing": asking(without("redirect_uri")),
    "authorize.right-request": asking(same),
    "par.right-request": asking(same, "code-flow-par"),
    "par.authorization-details": asking(with_(authorization_details=f"[{IDENTITY}}}]"), "code-flow-par"),
    "code.verifier": redeeming("", same, "code-flow"),
    "code.plain-verifier": ("code-flow-pkce-optional", _with_verifier("x" * 43, "plain")),
    "code.verifier-long": ("code-flow", _with_verifier("x" * 128)),
    "code.verifier-characters": ("code-flow", _with_verifier("-._~" * 11)),
    "refresh.right-request": ("code-flow-refresh", _refreshed),
    "refresh.narrower-scope": ("code-flow-refresh", _refreshed_narrowly),
    "token.narrower-details": ("code-flow", _narrowed),
    "client.identifier-beside": redeeming("client", with_(client_id="wallet-dev"), "client-secret-basic"),
    "client.other-audience": redeeming(
        "assertion-claims", with_(aud=["https://issuer.assay.test/token"]), "private-key-jwt"
    ),
    "client.unknown-claim": redeeming("assertion-claims", with_(assay=1), "private-key-jwt"),
    "client.attestation-reused": redeeming("attestation-header", same, "attested-client"),
    "client.right-authentication": redeeming("", same, "client-secret-post"),
    "client.identifier-left-out": redeeming("client", without("client_id"), "private-key-jwt"),
    "client.issuer-audience": redeeming("", same, "private-key-jwt"),
    "client.pop-issuer-audience": redeeming("", same, "attested-client"),
    "client.encoded-letter": redeeming("headers", _percent_encoded, "client-secret-basic"),
    "dpop.thumbprint": ("dpop", lambda wallet: wallet.push()),
    "dpop.unknown-claim": redeeming("dpop-claims", with_(exp=int(NOW) + 60, nbf=int(NOW)), "dpop"),
    "dpop.unknown-header": redeeming("dpop-header", with_(assay=1), "dpop"),
    "dpop.url-with-query": redeeming("dpop-claims", lambda it: {**it, "htu": f"{it['htu']}?a=1#b"}, "dpop"),
    "dpop.url-spelling": redeeming(
        "dpop-claims",
        lambda it: {**it, "htu": it["htu"].replace("issuer.assay.test", "ISSUER.assay.test:443")},
        "dpop",
    ),
    "dpop.clock-skew": redeeming("dpop-claims", with_(iat=int(NOW) + 10), "dpop"),
    "dpop.field-case": ("dpop", _in_capitals),
    "dpop.scheme-case": ("dpop", _spelled),
    "dpop.other-algorithm": ("dpop", _es384),
    "dpop.right-proof": redeeming("", same, "dpop"),
}


def test_every_tolerance_is_tried() -> None:
    rules.load()
    expected = {what for what in rules.TOLERANCES if what.startswith(OURS)}
    assert expected - RULES_ONLY_THERE <= set(HARMLESS) <= expected


@pytest.mark.parametrize("what", HARMLESS)
async def test_a_harmless_thing_is_refused_by_its_fault_only(what: str) -> None:
    variant, do = HARMLESS[what]
    async with wallet_for(variant) as wallet:
        # An attestation is the same text twice only if it is signed once.
        fixed = wallet.attestation() if "attester" in wallet.me else None
        wallet.bends["headers"] = lambda it: {**it, "OAuth-Client-Attestation": fixed} if fixed else it
        assert granted(await do(wallet))
    async with wallet_for(variant, f"rejects:{what}") as wallet:
        fixed = wallet.attestation() if "attester" in wallet.me else None
        wallet.bends["headers"] = lambda it: {**it, "OAuth-Client-Attestation": fixed} if fixed else it
        try:
            answer = await do(wallet)
        except (AssertionError, KeyError):
            # Refused on the way there already.
            answer = None
        assert answer is None or answer.status_code == 500 or error_of(answer) == rules.TOLERANCES[what].error
        assert wallet.issuer.fired == {f"rejects:{what}"}


# Document faults


async def tour(variant: str, *active: str) -> tuple[dict[str, Any], set[str]]:
    """Give what a whole flow and some errors show, by document; what is random is left out."""
    seen: dict[str, Any] = {}

    def masked(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: masked(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [masked(item) for item in value]
        return re.sub(r"[\w-]{20,}", "*", value) if isinstance(value, str) else value

    def keep(name: str, answer: httpx.Response) -> httpx.Response:
        body = json.loads(answer.text, object_pairs_hook=list) if answer.text else None
        told = {key: value for key, value in answer.headers.items() if key != "content-length"}
        seen[name], seen[f"{name}-response"] = masked(body), (answer.status_code, masked(told))
        return answer

    clock = Clock()
    async with wallet_for(variant, *active, clock=clock) as wallet:
        minted = wallet.issuer.mint_offer(by="value")
        seen["offer"] = masked(json.loads(dict(parse_qsl(urlsplit(minted.offer).query))["credential_offer"]))
        path = wallet.issuer.context.authorization_server_path
        metadata = f"https://issuer.assay.test/.well-known/oauth-authorization-server{path}"
        keep("as-metadata", await wallet.http.get(metadata))
        if wallet.variant.attestation_challenge:
            keep("challenge", await wallet.http.post(f"{wallet.server}/challenge"))
        try:
            if wallet.variant.par != "none":
                keep("par", await wallet.push())
                keep("par-error", await wallet.http.put(f"{wallet.server}/par"))
                keep("par-error uri", await wallet.push({**wallet.parameters(), "request_uri": "urn:assay"}))
                wallet.bends["pop-claims"] = without("challenge")
                wallet.bends["dpop-claims"] = without("nonce")
                if wallet.variant.attestation_challenge or wallet.variant.dpop_nonce:
                    keep("par-error wish", await wallet.push())
                wallet.bends.clear()
            wallet.bends["authorize"] = (
                with_(scope="identity unknown") if not wallet.variant.details_only else same
            )
            for name, more in (("error-", {"response_type": "token"}), ("", {})):
                if wallet.variant.par == "none":
                    answer = await wallet.visit({**wallet.parameters(), **more})
                    seen[f"authorization-{name}response"] = masked(answer.headers["location"]), answer.status_code
            if wallet.variant.login == "page":
                page = await wallet.http.get((await wallet.authorize()).headers["location"])
                denial = await wallet.http.post(
                    f"{wallet.server}/login", data={**form_of(page), "decision": "cancel"}
                )
                seen["authorization-error-response denied"] = masked(denial.headers["location"])
                return seen, set(wallet.issuer.fired)
            code = await wallet.code()
            wallet.bends["headers"] = lambda it: {"Authorization": "Basic eDp4"} if "Authorization" in it else it
            wallet.bends["pop-claims"] = without("challenge")
            wallet.bends["dpop-claims"] = without("nonce")
            keep("token-error", await wallet.redeem("unknown"))
            wallet.bends.pop("headers"), wallet.bends.pop("pop-claims"), wallet.bends.pop("dpop-claims")
            token = keep("token", await wallet.redeem(code)).json()
            wallet.bends["dpop-claims"] = with_(htm="GET")
            keep("credential-challenge", await wallet.credential({**token, "token_type": "DPoP"}))
            if wallet.variant.dpop_nonce:
                wallet.bends["dpop-claims"] = without("nonce")
                keep("credential-challenge wish", await wallet.credential({**token, "token_type": "DPoP"}))
        except (KeyError, AssertionError, TypeError):
            seen["stopped"] = True
        return seen, set(wallet.issuer.fired)


VARIANTS_OF = {
    "as-metadata:par-required-string": "code-flow-par-required",
    "as-metadata:par-*": "code-flow-par",
    "as-metadata:challenge-endpoint*": "attested-client",
    "as-metadata:dpop*": "dpop",
    "as-metadata:assertion*": "private-key-jwt",
    "as-metadata:attestation*": "attested-client",
    "as-metadata:iss-parameter-announced": "code-flow-no-iss",
    "authorization-error-response:denial-other": "code-flow-login",
    "par:*": "code-flow-par",
    "par-error*:attestation*": "attested-client",
    "par-error*:dpop*": "dpop-nonce",
    "par-*": "code-flow-par",
    "token-error-response:challenge-missing": "client-secret-basic",
    "token-error-response:basic-400": "client-secret-basic",
    "token-error-response:attestation*": "attested-client",
    "token-error-response:dpop*": "dpop-nonce",
    "challenge*": "attested-client",
    "token:type-bearer": "dpop",
    "token:refresh*": "code-flow-refresh",
    "credential-challenge-response:dpop-nonce*": "dpop-nonce",
    "credential-challenge-response:dpop-error-of-bearer": "dpop-optional",
    "credential-challenge-response:*": "dpop",
    "offer:code-grant-server-unknown": "code-flow-path",
}


BREAKING = ("challenge", "par-error-response", "token-error-response")
"""Documents without which a wallet does not come on, so that what follows differs too."""


def variant_of(fault: str) -> str:
    from fnmatch import fnmatch

    return next((name for pattern, name in VARIANTS_OF.items() if fnmatch(fault, pattern)), "code-flow")


OUT_OF_SIGHT = {
    "access-token:certificate-other",
    "access-token:thumbprint-other",
    "credential-challenge-response:dpop-error-needless",
    "nonce-response:dpop-nonce-unknown",
}
"""What the tour passes by; the fault matrix tries them."""


@pytest.mark.parametrize(
    "fault", sorted((faults.defined_in("authorization") | faults.defined_in("dpop")) - OUT_OF_SIGHT)
)
async def test_a_document_fault_fires_and_spoils_its_document_only(fault: str) -> None:
    variant, document = variant_of(fault), fault.partition(":")[0]
    clean, nothing = await tour(variant)
    spoiled, fired = await tour(variant, fault)
    assert nothing == set()
    assert "stopped" not in clean
    assert fired == {fault}
    different = {name for name in clean.keys() & spoiled.keys() if clean[name] != spoiled[name]}
    if document not in BREAKING:
        assert {name.partition(" ")[0] for name in different} <= {document, document.removesuffix("-response")}
    # Random values are masked, so that a change of randomness alone does not show.
    hidden = ("guessable", "thin", "counter", "reused", "short", "code-missing", "challenge-in-code")
    assert different or fault.endswith(hidden) or "stopped" in spoiled


# Mutual TLS over the network


@pytest.mark.parametrize("variant", ["mtls-client", "mtls-client-self-signed"])
def test_a_certificate_authenticates_over_tls(variant: str) -> None:
    with serving(variant) as served:
        told = served.issuer.registrations()[0]
        form = {"grant_type": "authorization_code", "code": "unknown", "client_id": told["client_id"]}
        context = ssl.create_default_context(cadata=served.ca_pem)
        with httpx.Client(verify=context) as plain:
            assert plain.post(f"{served.url}/token", data=form).json()["error"] == "invalid_client"
        context.load_cert_chain(told["certificate"], told["certificate_key"])
        with httpx.Client(verify=context) as known:
            assert known.post(f"{served.url}/token", data=form).json()["error"] == "invalid_grant"
