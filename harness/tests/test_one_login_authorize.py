"""The rules of `/authorize` of the bundled One Login, in the query and in request objects."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from harness.one_login import authorize_rules, vectors
from harness.one_login.authorization_request import Destination
from harness.one_login.authorize_rules import Asked
from harness.one_login.refusals import RedirectedRefusal
from harness.one_login.relying_party import CORE_IDENTITY
from harness.tests.one_login_client import (
    BASE,
    CALLBACK,
    CLIENT_ID,
    answer,
    in_process,
    provider,
    registered,
    rsa,
    service,
)


def claims_of(*names: str) -> str:
    return json.dumps({"userinfo": dict.fromkeys(names)})


@pytest.mark.parametrize(
    ("changes", "text", "because"),
    [
        ({"client_id": None}, "Request is missing parameters", "client_id is missing"),
        ({"redirect_uri": None}, "Request is missing parameters", "redirect_uri is missing"),
        ({"client_id": "nobody"}, "Invalid request", "no client is registered with the client_id"),
        ({"redirect_uri": f"{CALLBACK}/"}, "Invalid request", "is none of those registered"),
        ({"redirect_uri": f"{CALLBACK}?a=b"}, "Invalid request", "is none of those registered"),
        ({"response_mode": "form_post"}, "Invalid request", "is neither query nor fragment"),
        ({"response_mode": "form_post", "state": None}, "Invalid request", "response_mode"),
    ],
)
async def test_a_request_that_cannot_be_answered_to_the_service(
    changes: dict[str, str | None], text: str, because: str
) -> None:
    one_login, clock = provider()
    told = await service(one_login, clock).authorize(**changes)
    assert (told.status_code, told.text) == (400, text)
    assert told.headers["content-type"].startswith("text/plain")
    assert because in str(one_login.requests[-1].because)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"state": None}, "invalid_request", "Request is missing state parameter"),
    ({"nonce": None}, "invalid_request", "Request is missing nonce parameter"),
    ({"nonce": ""}, "invalid_request", "Request is missing nonce parameter"),
    ({"response_type": None}, "invalid_request", "Invalid request"),
    ({"response_type": "token"}, "unsupported_response_type", "Unsupported response type"),
    ({"scope": None}, "invalid_request", "Invalid request"),
    ({"scope": "wallet-subject-id"}, "invalid_request", "Invalid request"),
    ({"scope": "openid am"}, "invalid_scope", "Invalid, unknown or malformed scope"),
    ({"scope": "openid phone"}, "invalid_scope", "Invalid, unknown or malformed scope"),
    ({"scope": "openid  email"}, "invalid_scope", "Invalid, unknown or malformed scope"),
    ({"claims": "{"}, "invalid_request", "Invalid request"),
    ({"claims": "[]"}, "invalid_request", "Invalid request"),
    ({"claims": '{"userinfo": []}'}, "invalid_request", "Invalid request"),
    ({"claims": claims_of("name")}, "invalid_request", "Request contains invalid claims"),
    ({"vtr": "Cl.Cm"}, "invalid_request", "Request vtr not valid"),
    ({"vtr": "{}"}, "invalid_request", "Request vtr not valid"),
    ({"vtr": "[1]"}, "invalid_request", "Request vtr not valid"),
    ({"vtr": '["Cm"]'}, "invalid_request", "Request vtr not valid"),
    ({"vtr": '["P2"]'}, "invalid_request", "Request vtr not valid"),
    ({"vtr": '["Cl.P2"]'}, "invalid_request", "Request vtr not valid"),
    ({"vtr": '["Cl.Cm.P9"]'}, "invalid_request", "Request vtr not valid"),
    ({"vtr": '["Cl.Cm.P1.P2"]'}, "invalid_request", "Request vtr not valid"),
    ({"vtr": '["Cl.Cm.P2","Cl.Cm"]'}, "invalid_request", "Request vtr not valid"),
    ({"vtr": '["Cl.Cm.P3"]'}, "invalid_request", "Request vtr is not permitted"),
    (
        {"code_challenge": " ", "code_challenge_method": "S256"},
        "invalid_request",
        "Invalid value for code_challenge",
    ),
    ({"code_challenge": "c"}, "invalid_request", "Request is missing code_challenge_method parameter."),
    (
        {"code_challenge": "c", "code_challenge_method": "plain"},
        "invalid_request",
        "code_challenge_method parameter.",
    ),
    ({"channel": "app"}, "invalid_request", "Invalid value for channel parameter."),
    ({"prompt": "always"}, "invalid_request", "Invalid request"),
    ({"prompt": "none login"}, "invalid_request", "Invalid request"),
    ({"prompt": "select_account"}, "unmet_authentication_requirements", "Unmet authentication requirements"),
]
REFUSED_IN_QUERY: list[tuple[dict[str, Any], str, str]] = [
    ({"max_age": "-1"}, "invalid_request", "Max age is negative in query params"),
    ({"max_age": "soon"}, "invalid_request", "Invalid request"),
    ({"request_uri": "https://issuer.assay.test/r"}, "request_uri_not_supported", "not supported"),
]
REFUSED_IN_OBJECT: list[tuple[dict[str, Any], str, str]] = [
    ({"max_age": -1}, "invalid_request", "Max age is negative in request object"),
    ({"max_age": True}, "invalid_request", "Max age could not be parsed to an integer"),
    ({"max_age": "soon"}, "invalid_request", "Max age could not be parsed to an integer"),
    ({"client_id": "another"}, "unauthorized_client", "Unauthorized client"),
    ({"client_id": None}, "unauthorized_client", "Unauthorized client"),
    ({"iss": "another"}, "unauthorized_client", "Unauthorized client"),
    ({"aud": BASE}, "access_denied", "Access denied"),
    ({"aud": None}, "access_denied", "Access denied"),
    ({"request": "x.y.z"}, "invalid_request", "Invalid request"),
    ({"request_uri": "https://issuer.assay.test/r"}, "invalid_request", "Invalid request"),
    ({"ui_locales": 1}, "invalid_request", "ui_locales parameter is invalid"),
    ({"ui_locales": "e_n"}, "invalid_request", "ui_locales parameter is invalid"),
    ({"login_hint": "h" * 257}, "invalid_request", "login_hint parameter is invalid"),
    ({"vtr": {"a": 1}}, "invalid_request", "Request vtr not valid"),
    ({"state": 7}, "invalid_request", "Request is missing state parameter"),
    ({"scope": "openid"}, "invalid_request", "Invalid request"),
]
SCOPES = ("openid", "email", "wallet-subject-id")


def check(back: dict[str, str], state: Any, error: str, description: str) -> None:
    assert back.get("error") == error
    assert description in back["error_description"]
    assert back.get("state") == (state if isinstance(state, str) else None)
    assert "code" not in back


@pytest.mark.parametrize(("changes", "error", "description"), REFUSED + REFUSED_IN_QUERY)
async def test_a_query_that_is_refused(changes: dict[str, Any], error: str, description: str) -> None:
    one_login, clock = provider(clients=[registered(scopes=SCOPES)])
    refused = await service(one_login, clock).authorize(**changes)
    assert refused.status_code == 302
    check(answer(refused), changes.get("state", "s-1"), error, description)
    assert one_login.requests[-1].error == error
    assert one_login.requests[-1].because


@pytest.mark.parametrize(("changes", "error", "description"), REFUSED + REFUSED_IN_OBJECT)
async def test_a_request_object_that_is_refused(changes: dict[str, Any], error: str, description: str) -> None:
    one_login, clock = provider(clients=[registered(scopes=SCOPES)])
    relying = service(one_login, clock)
    refused = await relying.authorize_by_object(relying.request_object(**changes))
    assert refused.status_code == 302
    check(answer(refused), changes.get("state", "s-1"), error, description)


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"scope": "openid"},
    {"scope": "openid email"},
    {"vtr": '["Cl"]'},
    {"vtr": '["Cm.Cl"]'},
    {"vtr": "[]"},
    {"vtr": '["Cl.Cm.P0"]'},
    {"vtr": '["Cl.Cm.P2"]', "claims": claims_of(CORE_IDENTITY)},
    {"claims": "{}"},
    {"claims": '{"id_token": {"name": null}}'},
    {"prompt": "none"},
    {"prompt": "login"},
    {"prompt": "login consent"},
    {"max_age": "0"},
    {"channel": "generic_app"},
    {"ui_locales": "cy fr"},
    {"login_hint": "somebody@example.gov.uk"},
    {"cookie_consent": "accept"},
    {"response_mode": "query"},
]


@pytest.mark.parametrize("changes", ACCEPTED)
async def test_a_query_that_is_accepted(changes: dict[str, Any]) -> None:
    one_login, clock = provider()
    back = answer(await service(one_login, clock).authorize(**changes))
    assert set(back) == {"code", "state"}
    assert back["state"] == "s-1"


@pytest.mark.parametrize(
    "changes", [*ACCEPTED, {"vtr": ["Cl.Cm"]}, {"max_age": 60}, {"exp": None}, {"ui_locales": "cy"}]
)
async def test_a_request_object_that_is_accepted(changes: dict[str, Any]) -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    scope = changes.get("scope", "openid wallet-subject-id")
    back = answer(await relying.authorize_by_object(relying.request_object(**changes), scope=scope))
    assert set(back) == {"code", "state"}
    assert one_login.requests[-1].asked["nonce"] == "n-1"
    assert "nonce" not in one_login.requests[-1].parameters


async def test_claims_of_a_request_object_are_an_object() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    request = relying.request_object(vtr=["Cl.Cm.P2"], claims={"userinfo": {CORE_IDENTITY: None}})
    code = answer(await relying.authorize_by_object(request))["code"]
    token = (await relying.token(code)).json()["access_token"]
    assert CORE_IDENTITY in (await relying.userinfo(token)).json()


async def test_only_what_the_client_signed_is_a_request_object() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    good = relying.request_object()
    header, claims, signature = good.split(".")
    stranger = service(one_login, clock)
    stranger.key = rsa("stranger")
    expired = relying.request_object(exp=int(clock.now))
    elliptic = service(one_login, clock)
    elliptic.key = JWK.generate(kty="EC", crv="P-256")
    for text, expected in (
        ("no-jwt", "Invalid request"),
        (f"{header}.{claims}.", "Trust chain validation failed"),
        (f"{header}.{claims}.{signature[:-4]}AAAA", "Trust chain validation failed"),
        (stranger.request_object(), "Trust chain validation failed"),
        (elliptic.request_object({"alg": "ES256"}), "Trust chain validation failed"),
        (expired, "Trust chain validation failed"),
        (relying.request_object(exp="soon"), "Trust chain validation failed"),
        (relying.request_object(sub=CLIENT_ID), "Invalid request"),
        (relying.request_object(redirect_uri="https://evil.assay.test/"), "Invalid request"),
        (relying.request_object(redirect_uri=None), "Invalid request"),
        (relying.request_object(response_mode=1), "Invalid request"),
    ):
        refused = await relying.authorize_by_object(text)
        assert (refused.status_code, refused.text) == (400, expected), text
    assert (await relying.authorize_by_object(good)).status_code == 302


async def test_parameters_beside_a_request_object_do_not_count() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    evil = "https://evil.assay.test/"
    gone = await relying.authorize_by_object(relying.request_object(), redirect_uri=evil, state="other")
    assert gone.headers["location"].startswith(CALLBACK)
    assert answer(gone)["state"] == "s-1"
    back = answer(await relying.authorize_by_object(relying.request_object(), scope="openid"))
    assert back["error"] == "invalid_request"


async def test_keys_that_cannot_be_had_are_a_server_error() -> None:
    one_login, clock = provider(
        clients=[registered(public_keys=(), jwks_url="https://issuer.assay.test/jwks")], http=in_process
    )
    relying = service(one_login, clock)
    assert (await relying.authorize_by_object(relying.request_object())).status_code == 500
    assert one_login.requests[-1].because == "https://issuer.assay.test/jwks answers with status 502, or too much"


async def test_what_is_repeated_is_refused() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    query = (
        f"response_type=code&client_id={CLIENT_ID}&redirect_uri={CALLBACK}&scope=openid&state=s&nonce=n&nonce=m"
    )
    back = answer(await relying.http.get(f"{BASE}/authorize?{query}"))
    assert (back["error"], back["state"]) == ("invalid_request", "s")
    assert one_login.requests[-1].repeated == ("nonce",)


async def test_only_get_and_not_too_long() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    assert (await relying.http.post(f"{BASE}/authorize", data=relying.query())).status_code == 405
    assert (await relying.http.head(f"{BASE}/authorize", params=relying.query())).status_code == 405
    room = 4_096 - len(str((await relying.authorize(state="")).request.url.query.decode()))
    assert (await relying.authorize(state="s" * room)).status_code == 302
    assert (await relying.authorize(state="s" * (room + 1))).status_code == 403


@pytest.mark.parametrize(
    ("registration", "changes", "told"),
    [
        ({"pkce_required": True}, {}, "Request is missing code_challenge parameter, but PKCE is enforced."),
        (
            {"request_object_required": True},
            {},
            "JAR required for client but request does not contain Request Object",
        ),
        ({"deactivated": True}, {}, "client deactivated"),
        ({"levels": ()}, {"vtr": '["Cl.Cm.P2"]'}, "Request vtr is not permitted"),
        ({"claims": ()}, {"claims": claims_of(CORE_IDENTITY)}, "Request contains invalid claims"),
        (
            {"public_keys": (), "client_secret": "a secret of the service"},
            {"vtr": '["Cl.Cm.P2"]'},
            "Request vtr not valid",
        ),
    ],
)
async def test_the_registration_decides(registration: dict[str, Any], changes: dict[str, str], told: str) -> None:
    one_login, clock = provider(clients=[registered(**registration)])
    assert answer(await service(one_login, clock).authorize(**changes))["error_description"] == told


async def test_a_nonce_may_be_left_out_where_registered() -> None:
    one_login, clock = provider(clients=[registered(nonce_required=False)])
    assert "code" in answer(await service(one_login, clock).authorize(nonce=None))


async def test_signing_in_again_has_to_be_the_same_user() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    hint = (await relying.token(answer(await relying.authorize())["code"])).json()["id_token"]

    async def again(**changes: Any) -> dict[str, str]:
        request = relying.request_object(**{"prompt": "login", "id_token_hint": hint, **changes})
        return answer(await relying.authorize_by_object(request))

    assert "code" in await again()
    one_login.signs_in("erika")
    assert (await again())["error"] == "login_required"
    assert "code" in await again(prompt=None)
    assert (await again(id_token_hint="x.y.z"))["error"] == "invalid_request"
    assert "code" in answer(await relying.authorize(prompt="login", id_token_hint=hint)), (
        "only in a request object"
    )


async def test_a_redirect_uri_keeps_its_query() -> None:
    uri = f"{CALLBACK}?service=one"
    one_login, clock = provider(clients=[registered(redirect_uris=(uri,))])
    gone = await service(one_login, clock).authorize(redirect_uri=uri, state="s&t=1")
    assert gone.headers["location"].startswith(f"{uri}&code=")
    assert answer(gone)["state"] == "s&t=1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["response_type", "scope", "state", "nonce", "redirect_uri", "client_id", "vtr", "claims", "prompt"]
NAMES += ["max_age", "ui_locales", "code_challenge", "code_challenge_method", "login_hint", "channel", "request"]
NAMES += ["request_uri", "aud", "iss", "id_token_hint"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6))
def test_no_request_object_breaks_the_rules_themselves(values: dict[str, Any]) -> None:
    """Whatever stands in a signed request object, it is granted or refused."""
    query = {"response_type": "code", "client_id": CLIENT_ID, "scope": "openid"}
    claims = {**query, "iss": CLIENT_ID, "aud": f"{BASE}/authorize", "state": "s", "nonce": "n", **values}
    asked = Asked(registered(), query, (), claims, f"{BASE}/authorize")
    destination = Destination(CALLBACK, asked.text("state"))
    try:
        granted = authorize_rules.accepted(asked, destination)
    except RedirectedRefusal as refusal:
        told: tuple[str, ...] = (refusal.error, refusal.description, refusal.because)
    else:
        told = (granted.client.client_id, *granted.scopes, str(granted.nonce))
        assert told == (CLIENT_ID, "openid", claims["nonce"])
        assert granted.max_age is None or granted.max_age >= 0
    assert all(told)


@given(
    vtr=st.lists(st.sampled_from(["Cl", "Cm", "Cl.Cm", "Cl.Cm.P2", "Cl.Cm.P0", "Cl.P2", "P2", "x.Cl"]), max_size=3)
)
def test_vectors_are_read_or_refused(vtr: list[str]) -> None:
    try:
        found = vectors.read(json.dumps(vtr))
    except vectors.VectorError:
        assert {"Cm", "Cl.P2", "P2"} & set(vtr) or len({"P2" in one for one in vtr}) == 2
    else:
        assert len(found) == max(len(vtr), 1)
        assert len({vector.identity for vector in found}) == 1
        assert all(vector.trust == "Cl.Cm" for vector in found if vector.identity)
