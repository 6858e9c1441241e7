"""The bundled One Login in whole conversations with a service."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.govuk.people import PEOPLE
from harness.one_login import OneLoginError
from harness.one_login.injectable import INJECTABLE
from harness.one_login.relying_party import CLAIMS, RETURN_CODE
from harness.reference.serve import serving
from harness.tests.one_login_client import (
    BASE,
    CALLBACK,
    CLIENT_ID,
    Clock,
    Distrust,
    Service,
    answer,
    challenge,
    header_of,
    in_process,
    provider,
    registered,
    rsa,
    service,
    verified,
)

IDENTITY = {"vtr": '["Cl.Cm.P2"]', "claims": json.dumps({"userinfo": dict.fromkeys(CLAIMS)})}


async def test_a_service_signs_its_user_in() -> None:
    one_login, clock = provider()
    claims, known = await service(one_login, clock).signs_in()
    digest = hashlib.sha256(b"issuer.assay.test" + PEOPLE["kenneth"].subject.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert known["wallet_subject_id"] == f"urn:fdc:wallet.account.gov.uk:2024:{expected}"
    assert claims["sub"].startswith("urn:fdc:gov.uk:2022:")
    assert (claims["vtm"], claims["auth_time"]) == (f"{BASE}/trustmark", int(clock.now))
    assert [received.endpoint for received in one_login.requests] == ["authorize", "token", "jwks", "userinfo"]
    assert one_login.requests[1].client_assertion is not None
    assert one_login.requests[1].client_assertion.claims["iss"] == CLIENT_ID


async def test_it_works_over_a_socket() -> None:
    callback = "http://127.0.0.1:1/callback"
    clock = Clock()
    with serving(
        lambda base: provider_at(base, clients=[registered(redirect_uris=(callback,))], clock=clock), tls=False
    ) as served:
        async with httpx.AsyncClient() as http:
            relying = Service(http, clock, base=served.base_url, callback=callback)
            _, known = await relying.signs_in(scope="openid email phone wallet-subject-id")
        assert known["email"] == PEOPLE["kenneth"].email
        assert {received.headers["user-agent"] for received in served.issuer.requests} == {
            f"python-httpx/{httpx.__version__}"
        }


def provider_at(base: str, **given: Any) -> Any:
    from harness.one_login.provider import OneLogin

    return OneLogin(base, **given)


async def test_who_signs_in_can_be_chosen() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    first = await relying.signs_in()
    one_login.signs_in("erika")
    second = await relying.signs_in()
    one_login.signs_in("kenneth")
    third = await relying.signs_in()
    assert first[0]["sub"] == third[0]["sub"] != second[0]["sub"]
    assert first[1] == third[1] != second[1]
    with pytest.raises(OneLoginError, match="nobody is called 'karl'"):
        one_login.signs_in("karl")


async def test_identifiers_are_pairwise_by_sector() -> None:
    known = []
    for sector in ("issuer.assay.test", "other.assay.test"):
        one_login, clock = provider(clients=[registered(sector_host=sector)])
        known.append((await service(one_login, clock).signs_in())[1])
    assert known[0]["sub"] != known[1]["sub"]
    assert known[0]["wallet_subject_id"] != known[1]["wallet_subject_id"]


async def test_identity_is_proven_where_it_is_asked_for() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    _, known = await relying.signs_in(**IDENTITY)
    claims = await relying.core_identity(known)
    subject = claims["vc"]["credentialSubject"]
    assert subject["birthDate"] == [{"value": PEOPLE["kenneth"].birth_date}]
    assert subject["name"][0]["nameParts"][-1] == {"value": "Decerqueira", "type": "FamilyName"}
    assert claims["exp"] - claims["iat"] == 1_800
    assert {name for name in known if name.startswith("https://")} == set(CLAIMS) - {RETURN_CODE}


async def test_claims_need_a_level_of_identity() -> None:
    one_login, clock = provider()
    _, known = await service(one_login, clock).signs_in(claims=IDENTITY["claims"])
    assert set(known) == {"sub", "wallet_subject_id"}


async def test_identity_that_is_not_proven() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    one_login.proves_identity(proven=False, return_codes=("B", "C"))
    _, known = await relying.signs_in(**IDENTITY)
    assert known[RETURN_CODE] == [{"code": "B"}, {"code": "C"}]
    with pytest.raises(Distrust, match="no core identity"):
        await relying.core_identity(known)
    without = json.dumps({"userinfo": {name: None for name in CLAIMS if name != RETURN_CODE}})
    back = answer(await relying.authorize(vtr=IDENTITY["vtr"], claims=without))
    assert back["error"] == "access_denied"
    assert "code" in answer(await relying.authorize()), "who asks for no identity is not concerned"


REFUSED_BY_SIGN_IN = [
    name for name, one in INJECTABLE.items() if one.place in {"authorize", "id_token", "userinfo"}
]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
@pytest.mark.parametrize("error", REFUSED_BY_SIGN_IN)
async def test_a_careful_service_finds_every_error(error: str, algorithm: str) -> None:
    one_login, clock = provider(clients=[registered(id_token_signing_algorithm=algorithm)])
    relying = service(one_login, clock)
    for vtr in ('["Cl"]', '["Cl.Cm"]'):
        one_login.inject(error)
        with pytest.raises(Distrust):
            await relying.signs_in(vtr=vtr, max_age="60")
        one_login.inject()
        await relying.signs_in(vtr=vtr, max_age="60")


@pytest.mark.parametrize("error", [name for name, one in INJECTABLE.items() if one.place == "core_identity"])
async def test_a_careful_service_finds_every_error_of_a_core_identity(error: str) -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    one_login.inject(error)
    _, known = await relying.signs_in(**IDENTITY)
    with pytest.raises(Distrust):
        await relying.core_identity(known)
    assert "foreign-did" not in {received.endpoint for received in one_login.requests}


async def test_the_key_of_a_foreign_controller_is_where_its_did_says() -> None:
    """Who resolves the kid's own DID finds a key that verifies, and so is caught."""
    one_login, clock = provider()
    relying = service(one_login, clock)
    one_login.inject("CORE_IDENTITY_FOREIGN_CONTROLLER")
    _, known = await relying.signs_in(**IDENTITY)
    jwt = known["https://vocab.account.gov.uk/v1/coreIdentityJWT"]
    assert header_of(jwt)["kid"].startswith("did:web:oidc.assay.test:foreign#")
    document = (await relying.http.get(f"{BASE}/foreign/did.json")).json()
    keys = {method["id"]: method["publicKeyJwk"] | {"alg": "ES256"} for method in document["assertionMethod"]}
    assert verified(jwt, keys)["sub"] == known["sub"]


def test_unknown_errors_are_told() -> None:
    one_login, _ = provider()
    with pytest.raises(OneLoginError, match="did you mean INVALID_ISS"):
        one_login.inject("INVALID_ISSUER")


async def test_keys_rotate_in_three_steps() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)

    async def kids() -> list[str]:
        return [key["kid"] for key in (await relying.http.get(f"{BASE}/.well-known/jwks.json")).json()["keys"]]

    async def signer() -> str:
        code = answer(await relying.authorize())["code"]
        return str(header_of((await relying.token(code)).json()["id_token"])["kid"])

    before, old = await kids(), await signer()
    one_login.rotate_keys("publish")
    assert set(before) < set(await kids())
    assert await signer() == old
    one_login.rotate_keys("use")
    new = await signer()
    assert new != old
    assert {new, old} <= set(await kids())
    await relying.signs_in()
    one_login.rotate_keys("retire")
    assert not set(before) & set(await kids())
    await relying.core_identity((await relying.signs_in(**IDENTITY))[1])
    with pytest.raises(OneLoginError, match="no step"):
        one_login.rotate_keys("forget")


async def test_a_service_can_publish_its_keys() -> None:
    published = {"keys": [rsa("one").export_public(as_dict=True)]}

    async def jwks(_: Request) -> Response:
        return JSONResponse(published)

    issuer = Starlette(routes=[Route("/jwks", jwks)])
    one_login, clock = provider(
        clients=[registered(public_keys=(), jwks_url="https://issuer.assay.test/jwks")],
        http=lambda: in_process(("https://issuer.assay.test", issuer)),
    )
    relying = service(one_login, clock)
    relying.key = rsa("one")
    await relying.signs_in()
    relying.key = rsa("two")
    refused = await relying.token(answer(await relying.authorize())["code"])
    assert (refused.status_code, refused.json()["error"]) == (500, "server_error")
    assert one_login.requests[-1].because == "https://issuer.assay.test/jwks has no key with the kid 'two'"
    published["keys"].append(rsa("two").export_public(as_dict=True))
    await relying.signs_in()


async def test_user_agent_is_required_of_direct_calls() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    relying.http.headers["User-Agent"] = ""
    for path in (
        "/.well-known/openid-configuration",
        "/.well-known/jwks.json",
        "/.well-known/did.json",
        "/userinfo",
    ):
        assert (await relying.http.get(f"{BASE}{path}")).status_code == 403
    assert (await relying.token("code")).status_code == 403
    assert (await relying.authorize()).status_code == 302
    lenient, clock = provider(require_user_agent=False)
    relying = service(lenient, clock)
    relying.http.headers["User-Agent"] = ""
    await relying.signs_in()


async def test_discovery_says_where_everything_is() -> None:
    one_login, clock = provider()
    http = service(one_login, clock).http
    found = await http.get(f"{BASE}/.well-known/openid-configuration")
    assert found.headers["cache-control"] == "max-age=86400"
    told = found.json()
    assert told["issuer"] == one_login.issuer == f"{BASE}/"
    assert "wallet-subject-id" not in told["scopes_supported"]
    keys = await http.get(told["jwks_uri"])
    assert keys.headers["cache-control"] == "max-age=86400"
    assert {(key["kty"], key["alg"], key["use"]) for key in keys.json()["keys"]} == {
        ("EC", "ES256", "sig"),
        ("RSA", "RS256", "sig"),
    }
    assert not any("d" in key for key in keys.json()["keys"])
    assert (await http.get(told["trustmarks"])).json()["C"] == ["Cl", "Cl.Cm"]
    document = await http.get(f"{BASE}/.well-known/did.json")
    assert document.headers["cache-control"] == "max-age=3600, private"
    assert document.json()["id"] == "did:web:oidc.assay.test"


async def test_the_identity_host_may_be_another_one() -> None:
    one_login, clock = provider(identity_url="http://identity.assay.test:3003")
    relying = service(one_login, clock)
    document = (await relying.http.get(f"{BASE}/.well-known/did.json")).json()
    assert document["id"] == "did:web:identity.assay.test%3A3003"
    _, known = await relying.signs_in(**IDENTITY)
    header = header_of(known["https://vocab.account.gov.uk/v1/coreIdentityJWT"])
    assert header["kid"] == document["assertionMethod"][0]["id"]


async def test_signing_out_and_its_notices() -> None:
    got: list[str] = []

    async def back_channel(request: Request) -> Response:
        got.append((await request.body()).decode().removeprefix("logout_token="))
        return Response()

    issuer = Starlette(routes=[Route("/back", back_channel, methods=["POST"])])
    one_login, clock = provider(
        clients=[registered(back_channel_logout_uri="https://issuer.assay.test/back")],
        http=lambda: in_process(("https://issuer.assay.test", issuer)),
    )
    relying = service(one_login, clock)
    assert await one_login.log_out("kenneth") == (), "who is not signed in is not told of"
    code = answer(await relying.authorize())["code"]
    hint = (await relying.token(code)).json()["id_token"]
    subject = verified(hint, await keys_of(relying))["sub"]
    clock.now += 3_600
    query = {
        "id_token_hint": hint,
        "post_logout_redirect_uri": "https://issuer.assay.test/signed-out",
        "state": "x",
    }
    gone = await relying.http.get(f"{BASE}/logout", params=query)
    assert gone.headers["location"] == "https://issuer.assay.test/signed-out?state=x"
    claims = verified(got[0], await keys_of(relying))
    assert header_of(got[0])["typ"] == "logout+jwt"
    assert (claims["sub"], claims["aud"], claims["exp"] - claims["iat"]) == (subject, CLIENT_ID, 120)
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert not {"nonce", "sid"} & claims.keys()
    await relying.http.get(f"{BASE}/logout", params=query)
    assert len(got) == 1, "one session, one notice"


async def keys_of(relying: Service) -> dict[str, Any]:
    keys = (await relying.http.get(f"{relying.base}/.well-known/jwks.json")).json()["keys"]
    return {key["kid"]: key for key in keys}


@pytest.mark.parametrize("error", [name for name, one in INJECTABLE.items() if one.place == "logout"])
async def test_a_careful_service_finds_every_error_of_a_logout_token(error: str) -> None:
    seen: set[str] = set()
    relying: Service

    async def back_channel(request: Request) -> Response:
        token = (await request.body()).decode().removeprefix("logout_token=")
        try:
            claims = verified(token, await keys_of(relying))
        except Distrust:
            return Response(status_code=400)
        good = (
            claims["iss"] == f"{BASE}/"
            and claims["aud"] == CLIENT_ID
            and claims["iat"] <= clock() < claims["exp"]
            and list(claims.get("events", ())) == ["http://schemas.openid.net/event/backchannel-logout"]
            and "nonce" not in claims
            and claims["jti"] not in seen
        )
        seen.add(claims["jti"])
        return Response(status_code=200 if good else 400)

    issuer = Starlette(routes=[Route("/back", back_channel, methods=["POST"])])
    one_login, clock = provider(
        clients=[registered(back_channel_logout_uri="https://issuer.assay.test/back")],
        http=lambda: in_process(("https://issuer.assay.test", issuer)),
    )
    relying = service(one_login, clock)
    await relying.signs_in()
    one_login.inject(error)
    faulty = [200, 400] if error == "LOGOUT_REPEATED_JTI" else [400]
    assert [notice.status for notice in await one_login.log_out("kenneth")] == faulty
    one_login.inject()
    assert [notice.status for notice in await one_login.log_out("kenneth")] == [200], "the session was still there"


async def test_a_client_that_cannot_be_reached_is_told_in_the_notice() -> None:
    def unreachable(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    one_login, clock = provider(
        clients=[registered(back_channel_logout_uri="https://issuer.assay.test/back")],
        http=lambda: httpx.AsyncClient(transport=httpx.MockTransport(unreachable)),
    )
    await service(one_login, clock).signs_in()
    (notice,) = await one_login.log_out("kenneth")
    assert (notice.status, notice.problem) == (None, "ConnectError")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"id_token_hint": None}, {}),
        ({"id_token_hint": "a.b.c"}, {"error_code": "invalid_request"}),
        ({"post_logout_redirect_uri": "https://evil.assay.test/"}, {"error_code": "invalid_request"}),
        ({"post_logout_redirect_uri": None}, {}),
    ],
)
async def test_a_logout_that_leads_nowhere_ends_on_the_default_page(
    changes: dict[str, str | None], told: dict[str, str]
) -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    hint = (await relying.token(answer(await relying.authorize())["code"])).json()["id_token"]
    query = {"id_token_hint": hint, "post_logout_redirect_uri": "https://issuer.assay.test/signed-out", **changes}
    gone = await relying.http.get(
        f"{BASE}/logout", params={name: value for name, value in query.items() if value is not None}
    )
    assert gone.headers["location"].startswith(f"{BASE}/signed-out")
    assert {name: value for name, value in answer(gone).items() if name == "error_code"} == told
    shown = await relying.http.get(gone.headers["location"])
    assert "You have signed out" in shown.text


async def test_pkce_and_fragment() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    verifier = "v" * 43
    asked = {"code_challenge": challenge(verifier), "code_challenge_method": "S256"}
    gone = await relying.authorize(**asked, response_mode="fragment")
    assert gone.headers["location"].startswith(f"{CALLBACK}#code=")
    assert (await relying.token(answer(gone)["code"], code_verifier=verifier)).status_code == 200
    for wrong in (None, "w" * 43):
        code = answer(await relying.authorize(**asked))["code"]
        refused = (await relying.token(code, code_verifier=wrong)).json()
        assert refused == {"error": "invalid_grant", "error_description": "PKCE code verification failed"}
    code = answer(await relying.authorize())["code"]
    assert (await relying.token(code, code_verifier=verifier)).status_code == 400
