"""`/token` and `/userinfo` of the bundled One Login: who may, once, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from jwcrypto.jwk import JWK

from harness.govuk.people import PEOPLE
from harness.one_login import OneLoginError
from harness.one_login.relying_party import RelyingParty
from harness.tests.one_login_client import (
    ASSERTION_TYPE,
    BASE,
    CALLBACK,
    CLIENT_ID,
    Service,
    answer,
    provider,
    registered,
    rsa,
    service,
)


async def code_of(relying: Service, **changes: Any) -> str:
    return answer(await relying.authorize(**changes))["code"]


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"grant_type": None}, "invalid_request", "Request is missing grant_type parameter"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type", "Unsupported grant type"),
        ({"redirect_uri": None}, "invalid_request", "Request is missing redirect_uri parameter"),
        ({"code": None}, "invalid_request", "Request is missing code parameter"),
        ({"code": "unknown"}, "invalid_grant", "Invalid grant"),
        ({"redirect_uri": f"{CALLBACK}/"}, "invalid_grant", "Invalid grant"),
        ({"client_assertion": None}, "invalid_request", "Invalid token authentication method used"),
        ({"client_assertion": "x"}, "invalid_request", "Invalid private_key_jwt"),
        ({"client_assertion_type": "jwt"}, "invalid_request", "Invalid private_key_jwt"),
        ({"client_id": "another"}, "invalid_request", "Invalid private_key_jwt"),
        (
            {"client_assertion": None, "client_id": CLIENT_ID, "client_secret": "s"},
            "invalid_client",
            "Client is not registered to use client_secret_post",
        ),
    ],
)
async def test_a_token_request_that_is_refused(changes: dict[str, Any], error: str, told: str) -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    code = await code_of(relying)
    refused = await relying.token(**{"code": code, **changes})
    assert refused.status_code == 400
    assert refused.json() == {"error": error, "error_description": told}
    assert refused.headers["cache-control"] == "no-store"
    assert one_login.requests[-1].error == error
    assert one_login.requests[-1].because


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": None}, "invalid_request"),
        ({"sub": None}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": [1]}, "invalid_request"),
        ({"exp": None}, "invalid_request"),
        ({"exp": "soon"}, "invalid_request"),
        ({"jti": None}, "invalid_request"),
        ({"jti": 7}, "invalid_request"),
        ({"iat": "now"}, "invalid_request"),
        ({"nbf": []}, "invalid_request"),
        ({"sub": "another", "iss": "another"}, "invalid_client"),
        ({"iss": "another"}, "invalid_client"),
        ({"aud": "https://oidc.account.gov.uk/token"}, "invalid_client"),
        ({"aud": BASE}, "invalid_client"),
        ({"aud": [f"{BASE}/token", "https://another.assay.test/"]}, "invalid_client"),
        ({"exp": 1_790_000_000}, "invalid_grant"),
    ],
)
async def test_an_assertion_that_is_refused(changes: dict[str, Any], error: str) -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    code = await code_of(relying)
    refused = await relying.token(code, client_assertion=relying.assertion(**changes))
    assert (refused.status_code, refused.json()["error"]) == (400, error)
    assert (await relying.token(code)).status_code == 200, "who is not the client does not use up its code"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
@pytest.mark.parametrize("audience", [f"{BASE}/token", f"{BASE}/", [f"{BASE}/token"]])
async def test_an_assertion_that_is_accepted(algorithm: str, audience: Any) -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    assertion = relying.assertion({"alg": algorithm, "kid": None}, aud=audience, iat=None)
    assert (await relying.token(await code_of(relying), client_assertion=assertion)).status_code == 200


async def test_only_the_clients_rsa_key_signs_assertions() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    stranger, elliptic = service(one_login, clock), service(one_login, clock)
    stranger.key = rsa("stranger")
    elliptic.key = JWK.generate(kty="EC", crv="P-256", kid="elliptic")
    refused = await relying.token(await code_of(relying), client_assertion=stranger.assertion())
    assert refused.json()["error"] == "invalid_client"
    refused = await relying.token(await code_of(relying), client_assertion=elliptic.assertion({"alg": "ES256"}))
    assert refused.json()["error"] == "invalid_request"


async def test_an_assertion_is_used_once() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    assertion = relying.assertion(exp=int(clock.now) + 400)
    assert (await relying.token(await code_of(relying), client_assertion=assertion)).status_code == 200
    clock.now += 399
    refused = await relying.token(await code_of(relying), client_assertion=assertion)
    assert (refused.json()["error"], one_login.requests[-1].because) == ("invalid_client", "jti was used before")


async def test_a_code_is_used_once_and_ends() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    code = await code_of(relying)
    assert (await relying.token(code)).status_code == 200
    assert (await relying.token(code)).json()["error"] == "invalid_grant"
    for seconds, status in ((299, 200), (300, 400)):
        code = await code_of(relying)
        clock.now += seconds
        assert (await relying.token(code)).status_code == status


async def test_a_code_is_gone_after_a_failed_exchange() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    code = await code_of(relying)
    assert (await relying.token(code, redirect_uri="https://other.assay.test/")).status_code == 400
    assert (await relying.token(code)).json()["error"] == "invalid_grant"


async def test_a_code_is_its_clients() -> None:
    other = registered(client_id="another", public_keys=(), client_secret="another secret")
    one_login, clock = provider(clients=[registered(), other])
    relying = service(one_login, clock)
    by_secret = {"client_assertion": None, "client_assertion_type": None, "client_id": "another"}
    refused = await relying.token(await code_of(relying), **by_secret, client_secret="another secret")
    assert refused.json()["error"] == "invalid_grant"
    assert one_login.requests[-1].because == "the code is another client's"
    code = await code_of(relying, client_id="another")
    wrong = await relying.token(code, **by_secret, client_secret="wrong")
    assert wrong.json() == {"error": "invalid_client", "error_description": "Invalid client secret"}
    assert (await relying.token(code, **by_secret, client_secret="another secret")).status_code == 200
    assertion = relying.assertion(iss="another", sub="another")
    refused = await relying.token("x", client_assertion=assertion)
    assert refused.json()["error_description"] == "Client is not registered to use private_key_jwt"


async def test_the_body_has_to_be_a_form() -> None:
    one_login, clock = provider()
    http = service(one_login, clock).http
    assert (await http.post(f"{BASE}/token", json={"grant_type": "authorization_code"})).status_code == 400
    assert one_login.requests[-1].because == "the Content-Type is not application/x-www-form-urlencoded"
    repeated = await http.post(
        f"{BASE}/token",
        content="grant_type=authorization_code&code=a&code=b&redirect_uri=c",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert repeated.json()["error"] == "invalid_request"
    too_much = await http.post(f"{BASE}/token", data={"code": "x" * 100_001})
    assert too_much.status_code == 400


async def test_userinfo_wants_an_access_token_that_lives() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    tokens = (await relying.token(await code_of(relying))).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 180)
    missing = await relying.http.get(f"{BASE}/userinfo")
    assert (missing.status_code, missing.headers["www-authenticate"]) == (401, "Bearer")
    for wrong in ("x", tokens["id_token"]):
        refused = await relying.userinfo(wrong)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert (await relying.userinfo(tokens["access_token"])).status_code == 200
    clock.now += 180
    assert (await relying.userinfo(tokens["access_token"])).status_code == 401


@pytest.mark.parametrize(
    ("scope", "name", "expected"),
    [
        ("openid", "kenneth", {}),
        ("openid email", "erika", {"email": PEOPLE["erika"].email, "email_verified": True}),
        ("openid phone", "kenneth", {"phone_number": "+447700900123", "phone_number_verified": True}),
        ("openid phone", "amina", {"phone_number_verified": False}),
    ],
)
async def test_scopes_decide_what_userinfo_tells(scope: str, name: str, expected: dict[str, Any]) -> None:
    one_login, clock = provider()
    one_login.signs_in(name)
    relying = service(one_login, clock)
    tokens = (await relying.token(await code_of(relying, scope=scope))).json()
    known = (await relying.userinfo(tokens["access_token"])).json()
    assert known.pop("sub").startswith("urn:fdc:gov.uk:2022:")
    assert known == expected


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client_id": ""}, "the client needs a client_id"),
        ({"redirect_uris": ()}, "client a-service: needs a redirect URI"),
        ({"redirect_uris": ("/callback",)}, "'/callback' is no absolute URI"),
        ({"redirect_uris": ("https://[::1",)}, "is no absolute URI"),
        ({"redirect_uris": ("https://a.test/#b",)}, "without a fragment"),
        ({"public_keys": ()}, "exactly one of public keys, a JWKS URL and a client secret"),
        ({"client_secret": "s"}, "exactly one of"),
        ({"public_keys": ({"kty": "EC"},)}, "public keys have to be RSA"),
        ({"scopes": ("openid", "am")}, "scopes: am: unknown"),
        ({"scopes": ("email",)}, "needs the scope openid"),
        ({"claims": ("name",)}, "claims: name: unknown"),
        ({"levels": ("P9",)}, "levels: P9: unknown"),
        ({"id_token_signing_algorithm": "HS256"}, "HS256: unknown; known are ES256, RS256"),
        ({"back_channel_logout_uri": "app:/x"}, "'app:/x' is no http(s) URL"),
    ],
)
def test_a_registration_that_cannot_be(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(OneLoginError) as refused:
        registered(**changes)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "url", ["oidc.test", "ftp://oidc.test", "https://oidc.test:port", "https://oidc.test/?a=b"]
)
def test_a_provider_needs_a_url(url: str) -> None:
    from harness.one_login.provider import OneLogin

    with pytest.raises(OneLoginError, match="no http"):
        OneLogin(url, clients=[registered()])


def test_a_provider_needs_clients_that_differ() -> None:
    with pytest.raises(OneLoginError, match="client_id of its own"):
        provider(clients=[])
    with pytest.raises(OneLoginError, match="client_id of its own"):
        provider(clients=[registered(), registered()])
    with pytest.raises(OneLoginError, match="somebody"):
        provider(people={})


def test_the_sector_is_the_host_without_port_and_www() -> None:
    by_default = RelyingParty("c", ("http://www.localhost:8080/x",), client_secret="s")
    assert (by_default.sector, registered(sector_host="a.gov.uk").sector) == ("localhost", "a.gov.uk")
    assert ASSERTION_TYPE.endswith("jwt-bearer")
