from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from harness import mutate
from harness.formats import base64url, jose, jwk_set
from harness.formats.signatures import SignatureError
from harness.govuk import forgery, issuer_keys
from harness.govuk.token_service import PRE_AUTHORIZED_CODE, WALLET_CLIENT_ID, TokenService
from harness.reference.serve import serving
from harness.tests.govuk_issuer import NOW, SUBJECT, URL, Clock, Issuer
from harness.wallet import dpop
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey, make_key

SERVICE = "https://token.account.gov.uk"
CLAIMS: dict[str, Any] = {
    "clientId": "the-client",
    "credential_identifiers": ["daa01d3e-b17c-4c8a-8adf-ef808b456c9c"],
    "credential_configuration_ids": ["FishingLicenceCredential"],
    "iss": URL,
    "aud": SERVICE,
    "iat": NOW,
    "exp": NOW + 900,
}
FIFTEEN_MONTHS = 15 * 30 * 24 * 3600


class World:
    """An issuer, the token service and a wallet."""

    def __init__(self, client_id: str | None = "the-client") -> None:
        self.clock, self.issuer = Clock(), Issuer()
        self.service = TokenService(SERVICE, clock=self.clock, http=self.issuer.http)
        self.service.register(URL, client_id)
        self.service.user = SUBJECT
        self.key = make_key("ES256")
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(self.service.app), base_url=SERVICE)

    def code(self, **changes: Any) -> str:
        return self.issuer.jwt(CLAIMS).with_claims(**changes).sign()

    def proof(self, key: WalletKey | None = None) -> JwtDraft:
        url = f"{SERVICE}/token"
        return dpop.draft(key or self.key, method="POST", url=url, issued_at=self.clock())

    async def post(self, form: Any, *proofs: str, **further: Any) -> httpx.Response:
        headers = [("DPoP", proof) for proof in proofs]
        return await self._http.post("/token", data=form, headers=headers, **further)

    async def redeem(self, code: str, *proofs: str) -> httpx.Response:
        form = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": code, "client_id": WALLET_CLIENT_ID}
        return await self.post(form, *proofs)

    async def renew(self, token: str, *proofs: str) -> httpx.Response:
        return await self.post({"grant_type": "refresh_token", "refresh_token": token}, *proofs)

    async def jwks(self) -> httpx.Response:
        return await self._http.get("/.well-known/jwks.json")


@pytest.fixture
def world() -> World:
    return World()


def header_and_claims(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return json.loads(base64url.decode(header)), json.loads(base64url.decode(claims))


def verified_elsewhere(token: str, keys: list[dict[str, Any]]) -> None:
    """Verify as an issuer does, with another JOSE implementation: the key by its kid."""
    jws = JWS()
    jws.deserialize(token)
    key = next(key for key in keys if key["kid"] == jws.jose_header["kid"])
    jws.verify(JWK(**key))


# Access tokens


async def test_a_code_brings_an_access_token_of_the_documented_shape(world: World) -> None:
    answer = await world.redeem(world.code())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert document["token_type"] == "Bearer"
    assert document["expires_in"] == 180
    assert set(document) == {"access_token", "token_type", "expires_in"}
    header, claims = header_and_claims(document["access_token"])
    keys = (await world.jwks()).json()["keys"]
    verified_elsewhere(document["access_token"], keys)
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": keys[0]["kid"]}
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert uuid.fullmatch(claims.pop("c_nonce"))
    assert uuid.fullmatch(claims.pop("jti"))
    assert claims == {
        "sub": SUBJECT,
        "iss": SERVICE,
        "aud": URL,
        "exp": NOW + 180,
        "credential_identifiers": CLAIMS["credential_identifiers"],
        "credential_configuration_ids": CLAIMS["credential_configuration_ids"],
    }


async def test_nonce_and_identifier_are_fresh_in_each_token(world: World) -> None:
    codes = [world.code(credential_identifiers=[name]) for name in ("a", "b")]
    tokens = [(await world.redeem(code)).json()["access_token"] for code in codes]
    (_, one), (_, other) = (header_and_claims(token) for token in tokens)
    assert len({one["jti"], other["jti"], one["c_nonce"], other["c_nonce"]}) == 4


async def test_a_code_without_configurations_works_and_brings_no_refresh_token(world: World) -> None:
    answer = await world.redeem(world.code(credential_configuration_ids=None), world.proof().sign())
    assert "refresh_token" not in answer.json()
    assert "credential_configuration_ids" not in header_and_claims(answer.json()["access_token"])[1]


async def test_the_audience_may_end_with_a_slash(world: World) -> None:
    assert (await world.redeem(world.code(aud=f"{SERVICE}/"))).status_code == 200


async def test_a_slash_after_the_issuer_makes_no_difference(world: World) -> None:
    answer = await world.redeem(world.code(iss=f"{URL}/"))
    assert header_and_claims(answer.json()["access_token"])[1]["aud"] == f"{URL}/"


# Codes that are refused


async def refused(world: World, code: str) -> tuple[int, str, str | None, str]:
    answer = await world.redeem(code)
    document, told = answer.json(), world.service.refusals[-1]
    assert document["error_description"] == told.detail
    assert told.code == code
    assert (told.error, told.reason) == (document["error"], document.get("reason"))
    return answer.status_code, document["error"], document.get("reason"), told.kind


INVALID = (400, "invalid_grant", "pre-authorized_code_invalid")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"clientId": None}, "code-claims"),
        ({"credential_identifiers": None}, "code-claims"),
        ({"credential_identifiers": []}, "code-claims"),
        ({"credential_identifiers": ["one", "two"]}, "code-claims"),
        ({"credential_configuration_ids": ["one", "two"]}, "code-claims"),
        ({"credential_configuration_ids": "one"}, "code-claims"),
        ({"iss": None}, "code-claims"),
        ({"aud": [SERVICE]}, "code-claims"),
        ({"iat": "1780000000"}, "code-claims"),
        ({"exp": True}, "code-claims"),
        ({"iss": "https://elsewhere.example"}, "code-issuer"),
        ({"aud": "https://token.integration.account.gov.uk"}, "code-audience"),
        ({"iat": NOW + 600}, "code-issued"),
    ],
)
async def test_a_code_with_wrong_claims_is_invalid(world: World, changes: dict[str, Any], kind: str) -> None:
    assert await refused(world, world.code(**changes)) == (*INVALID, kind)


@pytest.mark.parametrize(
    "changes", [{"typ": None}, {"typ": "at+jwt"}, {"kid": None}, {"alg": "ES384"}, {"alg": None}]
)
async def test_a_code_with_a_wrong_header_is_invalid(world: World, changes: dict[str, Any]) -> None:
    code = world.issuer.jwt(CLAIMS).with_header(**changes).sign()
    assert await refused(world, code) == (*INVALID, "code-header")


async def test_only_a_registered_issuer_is_asked_for_its_keys(world: World) -> None:
    await world.redeem(world.code(iss="https://elsewhere.example"))
    assert world.issuer.asked == 0
    await world.redeem(world.code())
    assert world.issuer.asked == 1


async def test_the_keys_of_an_issuer_with_a_path_may_be_at_the_root_of_its_domain(world: World) -> None:
    world.service.register(f"{URL}/licences", "the-client")
    assert (await world.redeem(world.code(iss=f"{URL}/licences"))).status_code == 200
    assert world.issuer.asked == 1


@pytest.mark.parametrize("code", ["x", "a.b.c", "e30.W10.", "e30.e30.AA"])
async def test_what_is_no_jwt_is_invalid(world: World, code: str) -> None:
    *answer, kind = await refused(world, code)
    assert (*answer,) == INVALID
    assert kind in {"code-form", "code-header"}


async def test_a_code_of_another_client_is_not_for_the_wallet(world: World) -> None:
    outcome = await refused(world, world.code(clientId="other"))
    assert outcome == (400, "invalid_client", None, "code-client")


async def test_any_client_will_do_where_none_is_known() -> None:
    world = World(client_id=None)
    assert (await world.redeem(world.code(clientId="other"))).status_code == 200


async def test_a_code_expires(world: World) -> None:
    code = world.code()
    world.clock.now = NOW + 900
    expected = (400, "invalid_grant", "pre-authorized_code_expired", "code-expired")
    assert await refused(world, code) == expected


async def test_a_code_works_once(world: World) -> None:
    code = world.code()
    assert (await world.redeem(code)).status_code == 200
    expected = (400, "invalid_grant", "pre-authorized_code_already_used", "code-used")
    assert await refused(world, code) == expected


async def test_of_two_redemptions_at_once_one_succeeds(world: World) -> None:
    code = world.code()
    world.issuer.slow = asyncio.Barrier(2)
    both = [asyncio.create_task(world.redeem(code)) for _ in range(2)]
    assert sorted([(await each).status_code for each in both]) == [200, 400]


@pytest.mark.parametrize("forge", [mutate.broken_signature, mutate.foreign_signature])
async def test_a_code_that_the_issuer_did_not_sign_is_invalid(
    world: World, forge: Callable[[JwtDraft], str]
) -> None:
    assert await refused(world, forge(world.issuer.jwt(CLAIMS))) == (*INVALID, "code-signature")


@pytest.mark.parametrize("forge", [mutate.unsigned, forgery.symmetric])
async def test_a_code_without_a_digital_signature_is_invalid(
    world: World, forge: Callable[[JwtDraft], str]
) -> None:
    assert await refused(world, forge(world.issuer.jwt(CLAIMS))) == (*INVALID, "code-header")


async def test_a_code_by_a_key_that_is_not_published_is_invalid(world: World) -> None:
    code = world.code()
    old = world.issuer.keys.current
    world.issuer.keys.rotate()
    world.issuer.keys.withdraw(old)
    assert await refused(world, code) == (*INVALID, "code-key-unknown")


ANSWERS: dict[str, tuple[Callable[[], Response], str]] = {
    "missing": (lambda: PlainTextResponse("no", 404), "code-jwks-status"),
    "redirect": (lambda: RedirectResponse("https://elsewhere.example/jwks.json"), "code-jwks-status"),
    "no JSON": (lambda: PlainTextResponse("<html>"), "code-jwks-form"),
    "no object": (lambda: JSONResponse([]), "code-jwks-form"),
    "no keys": (lambda: JSONResponse({"keys": ["x"]}), "code-jwks-form"),
    "flood": (lambda: PlainTextResponse(" " * (issuer_keys.MAX_BYTES + 1)), "code-jwks-too-large"),
}


@pytest.mark.parametrize(("answer", "kind"), ANSWERS.values(), ids=ANSWERS)
async def test_a_jwk_set_that_cannot_be_read_is_told(
    world: World, answer: Callable[[], Response], kind: str
) -> None:
    world.issuer.answer = answer
    assert await refused(world, world.code()) == (*INVALID, kind)
    assert f"{URL}/.well-known/jwks.json" in world.service.refusals[-1].detail


async def test_an_issuer_that_does_not_answer_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_keys, "TIMEOUT_S", 0.01)
    world.issuer.slow = asyncio.Barrier(2)
    assert await refused(world, world.code()) == (*INVALID, "code-jwks-unreachable")


# The wallet's part


@pytest.mark.parametrize(
    ("changes", "error", "kind"),
    [
        ({"grant_type": None}, "invalid_request", "request"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type", "grant-type"),
        ({"pre-authorized_code": None}, "invalid_request", "request"),
        ({"client_id": None}, "invalid_request", "wallet"),
        ({"client_id": "other"}, "invalid_client", "wallet"),
        ({"client_id": ["assay-wallet", "assay-wallet"]}, "invalid_request", "request"),
    ],
)
async def test_a_wrong_token_request_is_refused(
    world: World, changes: dict[str, Any], error: str, kind: str
) -> None:
    form = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": world.code(), "client_id": WALLET_CLIENT_ID}
    changed = {name: value for name, value in {**form, **changes}.items() if value is not None}
    answer = await world.post(changed)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert "reason" not in answer.json()
    assert world.service.refusals[-1].kind == kind


async def test_a_token_request_is_a_form(world: World) -> None:
    answer = await world.post(None, json={"grant_type": PRE_AUTHORIZED_CODE})
    assert answer.json()["error"] == "invalid_request"


async def test_nobody_gets_a_token_before_signing_in(world: World) -> None:
    world.service.user = None
    answer = await world.redeem(world.code())
    assert (answer.status_code, answer.text) == (401, "Unauthorized")
    assert answer.headers["content-type"].startswith("text/plain")
    with pytest.raises(ValueError, match="nobody has signed in"):
        world.service.draft(CLAIMS)


async def test_the_log_has_requests_and_answers(world: World) -> None:
    answer = await world.redeem(world.code())
    await world.jwks()
    token, keys = world.service.log.seen
    assert (token.method, token.path, token.status, token.at) == ("POST", "/token", 200, NOW)
    assert b"pre-authorized_code=" in token.body
    assert token.answer == answer.content
    assert token.header("content-type") == "application/x-www-form-urlencoded"
    assert world.service.log.of("/.well-known/jwks.json") == (keys,)


# Refresh tokens and DPoP


async def test_a_key_brings_a_refresh_token_bound_to_it(world: World) -> None:
    document = (await world.redeem(world.code(), world.proof().sign())).json()
    assert document["refresh_token_timeout"] == FIFTEEN_MONTHS
    header, claims = header_and_claims(document["refresh_token"])
    verified_elsewhere(document["refresh_token"], (await world.jwks()).json()["keys"])
    assert header["typ"] == "JWT"
    assert (claims["iss"], claims["aud"], claims["sub"]) == (SERVICE, SERVICE, SUBJECT)
    assert (claims["iat"], claims["exp"]) == (NOW, NOW + FIFTEEN_MONTHS)
    assert claims["cnf"] == {"jkt": dpop.thumbprint(world.key)}
    assert claims["credential_configuration_ids"] == CLAIMS["credential_configuration_ids"]
    assert "credential_identifiers" not in claims


async def test_a_refreshed_access_token_names_no_credential_identifier(world: World) -> None:
    first = (await world.redeem(world.code(), world.proof().sign())).json()
    world.clock.now += 30 * 24 * 3600
    answer = await world.renew(first["refresh_token"], world.proof().sign())
    assert answer.status_code == 200
    document = answer.json()
    _, before = header_and_claims(first["access_token"])
    _, after = header_and_claims(document["access_token"])
    assert set(before) - set(after) == {"credential_identifiers"}
    assert {name for name in after if after[name] != before[name]} == {"exp", "c_nonce", "jti"}
    assert document["refresh_token"] != first["refresh_token"]
    again = await world.renew(document["refresh_token"], world.proof().sign())
    assert again.status_code == 200


async def test_a_refresh_token_stays_with_its_user(world: World) -> None:
    first = (await world.redeem(world.code(), world.proof().sign())).json()
    world.service.user = f"{SUBJECT[:-1]}A"
    document = (await world.renew(first["refresh_token"], world.proof().sign())).json()
    assert header_and_claims(document["access_token"])[1]["sub"] == SUBJECT


async def test_a_refresh_token_that_was_replaced_is_dead(world: World) -> None:
    first = (await world.redeem(world.code(), world.proof().sign())).json()
    await world.renew(first["refresh_token"], world.proof().sign())
    answer = await world.renew(first["refresh_token"], world.proof().sign())
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert "reason" not in answer.json()


async def test_a_refresh_token_expires(world: World) -> None:
    first = (await world.redeem(world.code(), world.proof().sign())).json()
    world.clock.now += FIFTEEN_MONTHS
    answer = await world.renew(first["refresh_token"], world.proof().sign())
    assert "has expired" in answer.json()["error_description"]


async def test_a_refresh_token_needs_the_key_it_is_bound_to(world: World) -> None:
    token = (await world.redeem(world.code(), world.proof().sign())).json()["refresh_token"]
    assert (await world.renew(token)).json()["error"] == "invalid_dpop_proof"
    answer = await world.renew(token, world.proof(make_key("ES256")).sign())
    assert answer.json()["error"] == "invalid_grant"
    assert (await world.renew(token, world.proof().sign())).status_code == 200


async def test_an_access_token_is_no_refresh_token(world: World) -> None:
    token = (await world.redeem(world.code())).json()["access_token"]
    answer = await world.renew(token, world.proof().sign())
    assert "another kind of token" in answer.json()["error_description"]


@pytest.mark.parametrize("text", ["x", "a.b.c"])
async def test_what_is_no_token_refreshes_nothing(world: World, text: str) -> None:
    assert (await world.renew(text, world.proof().sign())).json()["error"] == "invalid_grant"


SPOILED: dict[str, Callable[[JwtDraft], str]] = {
    "typ": lambda draft: draft.with_header(typ="JWT").sign(),
    "unsigned": mutate.unsigned,
    "signature": mutate.broken_signature,
    "jwk": lambda draft: draft.with_header(jwk=None).sign(),
    "private jwk": lambda draft: draft.with_header(jwk=draft.key.private.export_private(as_dict=True)).sign(),
    "htm": lambda draft: draft.with_claims(htm="GET").sign(),
    "htu": lambda draft: draft.with_claims(htu=f"{SERVICE}/other").sign(),
    "iat": lambda draft: draft.with_claims(iat=NOW - 301).sign(),
    "jti": lambda draft: draft.with_claims(jti=None).sign(),
    "no jwt": lambda draft: "x",
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
async def test_a_wrong_dpop_proof_is_refused(world: World, spoil: Callable[[JwtDraft], str]) -> None:
    answer = await world.redeem(world.code(), spoil(world.proof()))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert world.service.refusals[-1].kind == "dpop"


async def test_a_dpop_proof_works_once_and_alone(world: World) -> None:
    proof = world.proof().sign()
    both = await world.redeem(world.code(), proof, world.proof().sign())
    assert "more than one" in both.json()["error_description"]
    assert (await world.redeem(world.code(), proof)).status_code == 200
    again = await world.redeem(world.code(credential_identifiers=["b"]), proof)
    assert "used before" in again.json()["error_description"]


async def test_the_htu_may_be_spelled_otherwise(world: World) -> None:
    proof = world.proof().with_claims(htu="https://TOKEN.account.gov.uk:443/token?x=1#y")
    assert (await world.redeem(world.code(), proof.sign())).status_code == 200


# Keys


async def test_the_jwk_set_has_a_signing_and_an_encryption_key(world: World) -> None:
    answer = await world.jwks()
    assert answer.headers["cache-control"] == "max-age=3600"
    assert answer.headers["content-type"] == "application/json"
    assert jwk_set.problems(answer.json()) == ()
    keys = answer.json()["keys"]
    assert [(key["kty"], key["use"], key["alg"]) for key in keys] == [
        ("EC", "sig", "ES256"),
        ("RSA", "enc", "RSA-OAEP-256"),
    ]
    assert set(keys[0]) == {"kty", "kid", "use", "alg", "crv", "x", "y"}
    assert set(keys[1]) == {"kty", "kid", "use", "alg", "n", "e"}


async def test_a_key_is_published_before_it_is_used_and_after_it_was(world: World) -> None:
    keys, old = world.service.keys, world.service.keys.current
    fresh = keys.publish()
    assert [key["kid"] for key in keys.jwks["keys"]][:2] == [old.kid, fresh.kid]
    assert world.service.draft(CLAIMS).header["kid"] == old.kid
    keys.use(fresh)
    assert world.service.draft(CLAIMS).header["kid"] == fresh.kid
    verified_elsewhere(world.service.draft(CLAIMS).sign(), keys.jwks["keys"])
    keys.withdraw(old)
    assert old.kid not in [key["kid"] for key in keys.jwks["keys"]]
    with pytest.raises(ValueError, match="published before it is used"):
        keys.use(old)
    with pytest.raises(ValueError, match="does not sign"):
        keys.withdraw(fresh)


async def test_a_refresh_token_outlives_a_rotation(world: World) -> None:
    token = (await world.redeem(world.code(), world.proof().sign())).json()["refresh_token"]
    world.service.rotate()
    assert (await world.renew(token, world.proof().sign())).status_code == 200


# What checks forge


async def test_a_draft_can_be_changed_and_signed(world: World) -> None:
    draft = world.service.draft(CLAIMS, "urn:other", refresh=True).with_claims(exp=None, aud="https://other")
    header, claims = header_and_claims(draft.with_header(kid="unknown").sign())
    assert header["kid"] == "unknown"
    assert set(claims) == {"sub", "iss", "aud", "credential_configuration_ids", "c_nonce", "jti"}
    assert (claims["sub"], claims["aud"]) == ("urn:other", "https://other")


def accepts(token: str, keys: list[dict[str, Any]]) -> bool:
    """Judge as a careful issuer does."""
    jws = jose.parse_compact(token)
    key = next((key for key in keys if key["kid"] == jws.header.get("kid")), None)
    try:
        jose.verify(jws, key or {}, ("ES256",))
    except SignatureError:
        return False
    return True


def test_no_forged_token_passes_where_the_right_one_does(world: World) -> None:
    draft, keys = world.service.draft(CLAIMS), world.service.keys.jwks["keys"]
    encryption = world.service.encryption_key
    assert accepts(draft.sign(), keys)
    forged = [
        mutate.unsigned(draft),
        mutate.broken_signature(draft),
        draft.with_header(kid="unknown").sign(),
        draft.with_header(kid=encryption.kid).sign(),
        forgery.signed_by(draft, make_key("ES256")).sign(),
        forgery.signed_by(draft, encryption.key, kid=encryption.kid).sign(),
        *[forgery.symmetric(draft, spelling) for spelling in forgery.public_key_spellings(draft.key)],
    ]
    assert not [token for token in forged if accepts(token, keys)]


@pytest.mark.parametrize("spelling", ["pem", "der", "jwk"])
def test_the_hmac_is_one_by_the_public_key(world: World, spelling: str) -> None:
    draft = world.service.draft(CLAIMS)
    secret = forgery.public_key_spellings(draft.key)[spelling]
    jws = JWS()
    jws.deserialize(forgery.symmetric(draft, spelling))
    jws.allowed_algs = ["HS256"]
    jws.verify(JWK(kty="oct", k=base64url.encode(secret)))
    assert jws.is_valid


def test_a_key_of_another_role_really_signs(world: World) -> None:
    encryption = world.service.encryption_key
    token = forgery.signed_by(world.service.draft(CLAIMS), encryption.key, kid=encryption.kid).sign()
    jose.verify(jose.parse_compact(token), encryption.key.public)
    assert header_and_claims(token)[0]["alg"] == "RS256"


def test_randomness_is_what_it_is_given() -> None:
    numbers = itertools.count()
    service = TokenService(SERVICE, clock=Clock(), random_bytes=lambda size: bytes([next(numbers)] * size))
    claims = service.draft(CLAIMS, SUBJECT).claims
    assert claims["c_nonce"] == "00000000-0000-4000-8000-000000000000"
    assert claims["jti"] == "01010101-0101-4101-8101-010101010101"


def test_it_can_be_served_on_loopback() -> None:
    with serving(TokenService, tls=False) as served:
        keys = httpx.get(served.issuer.jwks_url).json()["keys"]
        assert served.issuer.token_url == f"{served.base_url}/token"
    assert keys[0] == served.issuer.keys.current.published
