"""The bundled Staff Passport gateway in whole conversations with an external system."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from harness.reference.serve import serving
from harness.staff_passport.employees import EMPLOYEES, Identity
from harness.staff_passport.gateway import GatewayError
from harness.staff_passport.gateway.misbehaviours import MISBEHAVIOURS
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.gateway.ways import JWKS_PATHS, Ways
from harness.staff_passport.templates import TEMPLATES
from harness.tests.staff_passport_gateway_client import (
    BASE,
    CALLBACK,
    CLIENT,
    IDENTIFIER,
    OTHER,
    PLACEMENT,
    Clock,
    Portal,
    gateway,
    in_process,
)


async def test_an_identity_is_verified_and_a_credential_issued_by_both_versions() -> None:
    for prefix, path in (("/oidc", "/oidc/authorizev1"), ("/v2.0/oidc", "/v2.0/oidc/authorize")):
        made, clock = gateway()
        async with in_process(made) as http:
            portal = Portal(made, http, clock, prefix=prefix)
            back = await portal.walked(await portal.authorize(path))
            assert (str(back.copy_with(query=None)), back.params["state"]) == (CALLBACK, "the state")
            claims = await portal.claims(back.params["code"])
            assert claims["Identity.ID-LegalFirstName"] == "Amara"
            assert claims["Identity.ID-BirthDate"] == "1991-04-23"
            assert claims["Identity.UniqueIdentifier"] == IDENTIFIER
            assert (claims["aud"], claims["nonce"]) == (CLIENT.client_id, "the nonce")
            issued = await portal.claims((await portal.issue()).params["code"])
            assert uuid.UUID(issued["SerialNumber"]).version == 4
            credential = made.issued[issued["SerialNumber"]]
            assert credential.attributes == {**PLACEMENT, "UniqueIdentifier": IDENTIFIER}
            assert credential.issued_by == CLIENT.did
            assert made.wallet.holds == [credential]
        told = [(request.endpoint, request.mode) for request in made.log if request.endpoint in {"par", "token"}]
        assert told == [("token", "verifying"), ("par", "issuing"), ("token", "issuing")]


async def test_it_works_over_a_socket() -> None:
    clock = Clock()
    with serving(
        lambda base: Gateway(base, clients=(CLIENT,), templates=TEMPLATES, clock=clock), tls=False
    ) as served:
        async with httpx.AsyncClient(base_url=served.base_url) as http:
            portal = Portal(served.issuer, http, clock)
            assert "SerialNumber" in await portal.claims((await portal.issue()).params["code"])


async def test_discovery_and_key_sets() -> None:
    made, _ = gateway(ways=Ways(jwks_path=JWKS_PATHS[1]))
    async with in_process(made) as http:
        first = (await http.get("/oidc/.well-known/openid-configuration")).json()
        second = (await http.get("/v2.0/.well-known/openid-configuration")).json()
        assert (first["issuer"], second["issuer"]) == (f"{BASE}/oidc", BASE)
        assert first["require_pushed_authorization_requests"] is True
        assert second["require_pushed_authorization_requests"] is False
        assert first["jwks_uri"] == f"{BASE}{JWKS_PATHS[1]}"
        sets = [(await http.get(path)).json() for path in JWKS_PATHS]
        assert sets[0] == sets[1] == sets[2]
        assert "d" not in sets[0]["keys"][0]
        assert (await http.get("/.well-known/openid-credential-issuer")).status_code == 404


async def test_the_page_shows_a_qr_code_without_script() -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        page = await http.get((await portal.authorize()).headers["location"])
        (waiting,) = made.wallet.open
        assert waiting.link.startswith("openid-vc://?request_uri=")
        assert f'href="{waiting.link}"' in page.text
        assert "data:image/png;base64," in page.text
        assert 'http-equiv="refresh"' in page.text
        assert "<script" not in page.text


@pytest.mark.parametrize(("action", "told"), [("decline", "user cancelled"), ("time-out", "expired")])
async def test_the_wallet_can_refuse(action: str, told: str) -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        made.wallet.will("share", action)
        await portal.code()
        back = await portal.issue()
        assert back.params["error"] == "access_denied"
        assert told in back.params["error_description"]
        assert back.params["state"] == "the state"
        assert not made.issued
        assert "code" in (await portal.issue()).params, "what was planned is over"


async def test_a_person_can_act_and_a_qr_code_ends() -> None:
    made, clock = gateway()
    made.wallet.attended = True
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        pages = [(await portal.authorize()).headers["location"] for _ in range(2)]
        for page in pages:
            assert (await http.get(page)).status_code == (await http.get(page)).status_code == 200
        first, second = made.wallet.open
        with pytest.raises(GatewayError, match="cannot 'add' here"):
            made.wallet.act(first.id, "add")
        location = made.wallet.act(first.id, "share")
        with pytest.raises(GatewayError, match="already"):
            made.wallet.act(first.id, "share")
        assert (await http.get(pages[0])).headers["location"] == location
        clock.now += 301
        with pytest.raises(GatewayError, match="expired"):
            made.wallet.act(second.id, "share")
        ended = httpx.URL((await http.get(pages[1])).headers["location"])
        assert ended.params["error"] == "access_denied"
        with pytest.raises(GatewayError, match="no transaction"):
            made.wallet.act("unknown", "share")
    with pytest.raises(GatewayError, match="cannot 'dance'"):
        made.wallet.will("dance")


async def test_whose_identity_is_shared_can_be_chosen() -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        made.wallet.belongs_to("bjorn")
        assert (await portal.claims(await portal.code()))["Identity.ID-LegalSurname"] == "Ångström"
        made.wallet.belongs_to(EMPLOYEES["chloe"])
        assert (await portal.claims(await portal.code()))["Identity.ID-LegalFirstName"] == "Chloe"
        made.wallet.identity = Identity("A", "B", None, "u")
        assert "Identity.ID-BirthDate" not in await portal.claims(await portal.code())
    with pytest.raises(GatewayError, match="no employee is called 'nobody'"):
        made.wallet.belongs_to("nobody")


async def test_revoked_credentials_cannot_be_shared() -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        serial = (await portal.claims((await portal.issue()).params["code"]))["SerialNumber"]
        shared = await portal.claims(await portal.code(scope="openid TrainingPlacement"))
        assert shared["TrainingPlacement.TPL-Grade"] == PLACEMENT["TPL-Grade"]
        assert made.share(serial)
        for path in ("/Revocation/revokecredential", "/revocation/REVOKECREDENTIAL"):
            body = (await portal.revoke(serial)).request.content
            answer = await http.post(path, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 200
        assert made.revoked == {serial}
        assert not made.share(serial)
        back = await portal.walked(await portal.authorize(scope="openid TrainingPlacement"))
        assert back.params["error"] == "access_denied"
    assert [request.status for request in made.log if request.endpoint == "share"] == [200, 403]


async def test_the_serial_number_can_be_chosen_but_not_twice() -> None:
    made, clock = gateway()
    chosen = str(uuid.uuid4())
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        for _ in range(2):
            await portal.issue(id_token_hint=portal.hint(SerialNumber=chosen))
    first, second = made.issued
    assert (first == chosen, second == chosen) == (True, False)


async def test_the_ways() -> None:
    made, clock = gateway(ways=Ways(kid_with_algorithm=True, token_members=False, revocation_status=204))
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        answer = await portal.redeem((await portal.issue()).params["code"])
        assert set(answer.json()) == {"id_token", "scope"}
        assert (await portal.revoke(next(iter(made.issued)))).status_code == 204
    either = gateway(ways=Ways(either_audience=True, any_template=True, unique_identifier_required=False))
    async with in_process(either[0]) as http:
        portal = Portal(*(either[0], http, either[1]))
        hint = portal.hint(aud=BASE, UniqueIdentifier=None)
        assert (await portal.push(id_token_hint=hint, scope="issue.TestCredential")).status_code == 201


_CHALLENGE = {
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.mark.parametrize("padding", ["", "="])
async def test_a_verifier_has_to_fit_and_can_be_demanded(padding: str) -> None:
    challenge = {**_CHALLENGE, "code_challenge": _CHALLENGE["code_challenge"] + padding}
    for enforced, without in ((False, 200), (True, 400)):
        made, clock = gateway(ways=Ways(pkce_enforced=enforced))
        async with in_process(made) as http:
            portal = Portal(made, http, clock)
            statuses = [
                (await portal.redeem(await portal.code(**challenge), code_verifier=verifier)).status_code
                for verifier in (_VERIFIER, "wrong" * 10, None)
            ]
            assert statuses == [200, 400, without]


_TOKENS: dict[str, Any] = {
    "id-token-issuer": lambda claims: claims["iss"] != f"{BASE}/oidc",
    "id-token-audience": lambda claims: claims["aud"] != CLIENT.client_id,
    "id-token-expired": lambda claims: claims["exp"] < Clock().now,
    "id-token-nonce": lambda claims: claims["nonce"] != "the nonce",
    "id-token-nonce-missing": lambda claims: "nonce" not in claims,
    "name-first": lambda claims: claims["Identity.ID-LegalFirstName"] != "Amara",
    "name-last": lambda claims: claims["Identity.ID-LegalSurname"] != "Okonkwo-Hughes",
    "birth-date": lambda claims: claims["Identity.ID-BirthDate"] != "1991-04-23",
    "no-birth-date": lambda claims: "Identity.ID-BirthDate" not in claims,
    "no-unique-identifier": lambda claims: "Identity.UniqueIdentifier" not in claims,
}


def parts(answer: httpx.Response) -> tuple[dict[str, Any], dict[str, Any], str]:
    from harness.reference import jwt

    read = jwt.read(answer.json()["id_token"])
    assert read is not None
    return dict(read.header), dict(read.claims), answer.json()["id_token"].rpartition(".")[2]


@pytest.mark.parametrize("name", sorted(_TOKENS))
async def test_claims_can_be_made_wrong(name: str) -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        assert not _wrong(name, parts(await portal.redeem(await portal.code()))[1])
        made.misbehave(name)
        assert _wrong(name, parts(await portal.redeem(await portal.code()))[1])
        made.misbehave()
        assert not _wrong(name, parts(await portal.redeem(await portal.code()))[1])


def _wrong(name: str, claims: dict[str, Any]) -> bool:
    return bool(_TOKENS[name](claims))


async def test_signatures_and_key_names_can_be_made_wrong() -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        (key,) = (await http.get(JWKS_PATHS[0])).json()["keys"]
        kids = {}
        for name in ("kid-without-algorithm", "kid-with-algorithm", "kid-unknown"):
            made.misbehave(name)
            kids[name] = parts(await portal.redeem(await portal.code()))[0]["kid"]
        assert kids["kid-without-algorithm"] == key["kid"]
        assert kids["kid-with-algorithm"] == f"{key['kid']}RS256"
        assert kids["kid-unknown"] not in {key["kid"], f"{key['kid']}RS256"}
        made.misbehave("id-token-signature")
        with pytest.raises(Exception, match="not by this key"):
            await portal.claims(await portal.code())
        made.misbehave("id-token-algorithm")
        header, _, signature = parts(await portal.redeem(await portal.code()))
        assert (header["alg"], signature) == ("none", "")


async def test_endpoints_can_be_made_to_fail() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    made, clock = gateway(sleep=sleep)
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        for name, status in (("par-refused", 401), ("par-unavailable", 503)):
            made.misbehave(name)
            assert (await portal.push()).status_code == status
        made.misbehave()
        code = await portal.code()
        for name, status in (("code-error", 400), ("token-unavailable", 503)):
            made.misbehave(name)
            assert (await portal.redeem(code)).status_code == status
        made.misbehave("id-token-missing")
        assert "id_token" not in (await portal.redeem(code)).json()
        made.misbehave("no-serial-number")
        issued = parts(await portal.redeem((await portal.issue()).params["code"]))[1]
        assert "SerialNumber" not in issued
        (serial,) = made.issued
        made.misbehave("revocation-unavailable")
        assert (await portal.revoke(serial)).status_code == 503
        assert not made.revoked
        for name, check in (
            ("state-altered", lambda back: back["state"] != "the state"),
            ("state-missing", lambda back: "state" not in back),
            ("redirect-error", lambda back: back["error"] == "server_error"),
            ("code-missing", lambda back: not {"code", "error"} & set(back)),
        ):
            made.misbehave(name)
            assert check((await portal.walked(await portal.authorize())).params), name
        assert not waits
        made.misbehave("slow")
        await portal.push()
        assert waits == [5.0]
    with pytest.raises(GatewayError, match="did you mean slow"):
        made.misbehave("slov")


def test_every_misbehaviour_is_told_in_a_clause() -> None:
    assert all(one.effect and one.effect[0].islower() and one.effect[-1] != "." for one in MISBEHAVIOURS.values())


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(GatewayError, match="no http"):
        gateway("ftp://gateway")
    with pytest.raises(GatewayError, match="there has to be an external system"):
        gateway(clients=())
    with pytest.raises(GatewayError, match="client_id of its own"):
        gateway(clients=(CLIENT, CLIENT))
    with pytest.raises(GatewayError, match="employee"):
        gateway(employees={})
    assert gateway(clients=(OTHER,))[0].clients == (OTHER,)
