"""The wallet as a client: what it adds to requests, and when it sends one again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import respx
from jwcrypto.common import base64url_decode

from harness.agent import Agent
from harness.settings import ClientSettings
from harness.transport import Client, Recorder
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import make_key
from harness.wallet.metadata import AuthorizationServer

AS = "https://as.example"
SERVER = AuthorizationServer(AS, None, metadata={"issuer": AS, "dpop_signing_alg_values_supported": ["ES256"]})
KEY = make_key("ES256")


@pytest.fixture
async def http() -> AsyncIterator[Client]:
    made = Client(Recorder())
    yield made
    await made.aclose()


def agent(http: Client, **settings: object) -> Agent:
    return Agent(http, ClientSettings(**settings), lambda: 1_800_000_000.0, make_key)  # type: ignore[arg-type]


def claims(request: httpx.Request) -> dict[str, object]:
    found: dict[str, object] = json.loads(base64url_decode(request.headers["dpop"].split(".")[1]))
    return found


@respx.mock
async def test_a_form_goes_out_with_what_authenticates_the_client(http: Client) -> None:
    route = respx.post(f"{AS}/par").respond(201, json={"request_uri": "urn:x:1", "expires_in": 90})
    wallet = agent(http, client_id="x", client_secret="y", authentication="client_secret_basic")
    await wallet.post_form("push", f"{AS}/par", {"scope": "a b"}, server=SERVER)
    (sent,) = [call.request for call in route.calls]
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent.headers["authorization"] == "Basic eDp5"
    assert sent.content == b"scope=a+b"
    assert "dpop" not in sent.headers


@respx.mock
async def test_a_parameter_of_the_check_stands_in_for_the_clients_own(http: Client) -> None:
    route = respx.post(f"{AS}/token").respond(400, json={"error": "invalid_client"})
    await agent(http, client_id="x").post_form("token", f"{AS}/token", {"client_id": "other"}, server=SERVER)
    assert route.calls.last.request.content == b"client_id=other"


@respx.mock
async def test_a_nonce_that_the_server_asks_for_is_used_at_once_and_kept_apart_from_the_issuers(
    http: Client,
) -> None:
    asked = httpx.Response(400, json={"error": "use_dpop_nonce"}, headers={"DPoP-Nonce": "n-1"})
    route = respx.post(f"{AS}/token").mock(side_effect=[asked, httpx.Response(200, json={})])
    credential = respx.post(f"{AS}/credential").respond(200, json={})
    wallet = agent(http, client_id="x")
    await wallet.post_form("token", f"{AS}/token", {}, server=SERVER, key=KEY)
    assert [claims(call.request).get("nonce") for call in route.calls] == [None, "n-1"]
    await wallet.send_with_token("credential", f"{AS}/credential", {}, token="t", scheme="DPoP", key=KEY)
    assert "nonce" not in claims(credential.calls.last.request)


@respx.mock
async def test_a_server_that_never_has_enough_nonces_is_asked_a_few_times_only(http: Client) -> None:
    asked = httpx.Response(400, json={"error": "use_dpop_nonce"}, headers={"DPoP-Nonce": "n"})
    route = respx.post(f"{AS}/token").mock(return_value=asked)
    reply = await agent(http, client_id="x").post_form("token", f"{AS}/token", {}, server=SERVER, key=KEY)
    assert reply.status == 400
    assert route.call_count <= 3


@respx.mock
async def test_a_check_can_change_the_proof_send_several_or_none(http: Client) -> None:
    route = respx.post(f"{AS}/credential").respond(401)
    wallet = agent(http, client_id="x")

    async def sent(change: object) -> list[str]:
        await wallet.send_with_token(
            "credential",
            f"{AS}/credential",
            {},
            token="t",
            scheme="DPoP",
            key=KEY,
            proof=change,  # type: ignore[arg-type]
        )
        return route.calls.last.request.headers.get_list("dpop")

    def wrong(draft: JwtDraft) -> JwtDraft:
        return draft.with_claims(htm="GET")

    assert claims((await sent(wrong), route.calls.last.request)[1])["htm"] == "GET"
    assert len(await sent(lambda draft: [draft.sign(), draft.sign()])) == 2
    assert await sent(lambda _: None) == []


@pytest.mark.parametrize(
    ("announced", "wish", "bound"),
    [
        (["ES256"], None, True),
        (["ES256"], False, False),
        (None, None, False),
        (None, True, True),
        (["X"], None, False),
    ],
)
async def test_tokens_are_bound_where_the_server_announces_it_or_the_team_wants_it(
    http: Client, announced: list[str] | None, wish: bool | None, bound: bool
) -> None:
    metadata = {} if announced is None else {"dpop_signing_alg_values_supported": announced}
    server = AuthorizationServer(AS, None, metadata=metadata)
    assert (agent(http, client_id="x", dpop=wish).binding_key(server) is not None) is bound
