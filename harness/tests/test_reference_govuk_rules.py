"""The rules of the department: each one is enforced, and each can be let off alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from jwcrypto.jwk import JWK

from harness.reference import jwt, rules
from harness.reference.encoding import encoded_json
from harness.reference.multikey import base58btc, multikey
from harness.tests.govuk_bench import DEPARTMENT, TOKENS, Town, Wallet, fresh
from harness.wallet.keys import make_key

Attempt = Callable[[Town, Wallet], Awaitable[httpx.Response]]


def _claims(**changes: Any) -> Attempt:
    """Ask with an access token that has other claims."""

    async def ask(town: Town, wallet: Wallet) -> httpx.Response:
        link = town.offer()
        return await wallet.ask(wallet.token(link, **changes))

    return ask


def _header(**changes: Any) -> Attempt:
    """Ask with an access token that has another header."""

    async def ask(town: Town, wallet: Wallet) -> httpx.Response:
        token = jwt.read(wallet.token(town.offer()))
        assert token is not None
        draft = town.tokens.draft({"iss": DEPARTMENT}, "nobody").with_header(**changes)
        return await wallet.ask(type(draft)(draft.key, draft.header, dict(token.claims)).sign())

    return ask


async def _no_token(town: Town, wallet: Wallet) -> httpx.Response:
    return await wallet.ask(None, wallet.proof(wallet.token(town.offer())))


async def _no_jwt(town: Town, wallet: Wallet) -> httpx.Response:
    return await wallet.ask("opaque", wallet.proof(wallet.token(town.offer())))


async def _alg_none(town: Town, wallet: Wallet) -> httpx.Response:
    token = wallet.token(town.offer())
    read = jwt.read(token)
    assert read is not None
    return await wallet.ask(f"{encoded_json({**read.header, 'alg': 'none'})}.{encoded_json(read.claims)}.")


async def _enc_key(town: Town, wallet: Wallet) -> httpx.Response:
    token = jwt.read(wallet.token(town.offer()))
    assert token is not None
    draft = town.tokens.draft({"iss": DEPARTMENT}, "nobody")
    key = town.tokens.encryption_key
    forged = type(draft)(draft.key, {**draft.header, "kid": key.kid}, dict(token.claims))
    return await wallet.ask(forged.sign())


async def _bad_signature(town: Town, wallet: Wallet) -> httpx.Response:
    token = jwt.read(wallet.token(town.offer()))
    assert token is not None
    draft = town.tokens.draft({"iss": DEPARTMENT}, "nobody")
    return await wallet.ask(type(draft)(make_key("ES256"), draft.header, dict(token.claims)).sign())


async def _es384(town: Town, wallet: Wallet) -> httpx.Response:
    token = jwt.read(wallet.token(town.offer()))
    assert token is not None
    key = JWK.generate(kty="EC", crv="P-384")
    return await wallet.ask(jwt.sign(key, {**token.header, "alg": "ES384"}, token.claims))


async def _two_configurations(town: Town, wallet: Wallet) -> httpx.Response:
    names = ["fishing_licence", "driving_licence"]
    return await wallet.ask(wallet.token(town.offer(), credential_configuration_ids=names))


async def _same_token(town: Town, wallet: Wallet) -> httpx.Response:
    # A refresh, so that not the offer but the token is what comes twice.
    link = town.offer()
    await wallet.ask(wallet.token(link))
    token = wallet.token(link, refresh=True)
    await wallet.ask(token)
    return await wallet.ask(token)


async def _same_offer(town: Town, wallet: Wallet) -> httpx.Response:
    link = town.offer()
    await wallet.ask(wallet.token(link))
    return await wallet.ask(wallet.token(link))


async def _late(town: Town, wallet: Wallet) -> httpx.Response:
    link = town.offer()
    town.clock.advance(1000)
    return await wallet.ask(wallet.token(link))


async def _expired(town: Town, wallet: Wallet) -> httpx.Response:
    token = wallet.token(town.offer())
    town.clock.advance(200)
    return await wallet.ask(token)


async def _other_user(town: Town, wallet: Wallet) -> httpx.Response:
    return await Wallet(town, "amina").ask(Wallet(town, "amina").token(town.offer()), None)


async def _refresh_of_stranger(town: Town, wallet: Wallet) -> httpx.Response:
    link = town.offer()
    await wallet.ask(wallet.token(link))
    stranger = Wallet(town, "amina")
    return await stranger.ask(stranger.token(link, refresh=True))


async def _refresh_of_another_kind(town: Town, wallet: Wallet) -> httpx.Response:
    link = town.offer("driving_licence")
    await wallet.ask(wallet.token(link))
    return await wallet.ask(wallet.token(link, refresh=True, credential_configuration_ids=["fishing_licence"]))


async def _refresh_of_withdrawn(town: Town, wallet: Wallet) -> httpx.Response:
    link = town.offer()
    got = await wallet.ask(wallet.token(link))
    await town.issuer.operate("stop_reissuing", got.json()["credentials"][0]["credential"])
    return await wallet.ask(wallet.token(link, refresh=True))


TOKEN: dict[str, tuple[Attempt, ...]] = {
    "token-present": (_no_token,),
    "token-wellformed": (_no_jwt,),
    "token-type": (_header(typ="JWT"), _header(typ=None)),
    "token-asymmetric": (_alg_none,),
    "token-key-known": (_header(kid=fresh()), _header(kid=None)),
    "token-key-use": (_enc_key,),
    "token-algorithm": (_es384,),
    "token-signature": (_bad_signature,),
    "token-expiry": (_claims(exp=None),),
    "token-unexpired": (_expired,),
    "token-issuer": (_claims(iss="https://oidc.account.gov.uk/"), _claims(iss=None)),
    "token-audience": (_claims(aud="https://other.service.gov.uk"), _claims(aud=None)),
    "token-id": (_claims(jti=None),),
    "token-one-configuration": (
        _two_configurations,
        _claims(credential_configuration_ids=None),
        _claims(credential_configuration_ids=[]),
    ),
    "token-configuration-supported": (_claims(credential_configuration_ids=["passport"]),),
    "token-configuration-offered": (_claims(credential_configuration_ids=["fishing_licence"]),),
    "token-one-identifier": (
        _claims(credential_identifiers=[]),
        _claims(credential_identifiers=[fresh(), fresh()]),
    ),
    "token-identifier-known": (_claims(credential_identifiers=[fresh()]),),
    "token-subject": (_other_user, _claims(sub=None)),
    "token-refreshed-subject": (_refresh_of_stranger,),
    "token-refreshed-configuration": (_refresh_of_another_kind,),
    "token-unused": (_same_token,),
    "offer-unredeemed": (_same_offer,),
    "offer-unexpired": (_late,),
    "refresh-allowed": (_refresh_of_withdrawn,),
}


def test_every_rule_of_the_credential_endpoint_is_tried() -> None:
    names = {name for name in rules.catalogue() if name.startswith("govuk-credential.")}
    assert names == {f"govuk-credential.{name}" for name in TOKEN}


_TOKENS = [(rule, number) for rule, attempts in TOKEN.items() for number in range(len(attempts))]


@pytest.mark.parametrize(("rule", "number"), _TOKENS)
async def test_a_bad_access_token_is_refused(rule: str, number: int) -> None:
    town = Town("govuk-mdl")
    answer = await TOKEN[rule][number](town, Wallet(town))
    assert answer.status_code == 401
    challenge = "Bearer" if rule == "token-present" else 'Bearer error="invalid_token"'
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content == b""
    assert f"govuk-credential.{rule}" in town.issuer.met


@pytest.mark.parametrize(("rule", "number"), _TOKENS)
async def test_a_rule_on_access_tokens_can_be_let_off(rule: str, number: int) -> None:
    town = Town("govuk-mdl", [f"accepts:govuk-credential.{rule}"])
    town.offer("fishing_licence", "erika")
    answer = await TOKEN[rule][number](town, Wallet(town))
    assert town.issuer.fired == {f"accepts:govuk-credential.{rule}"}
    # Without an access token there is no c_nonce that the proof could have, so that none is asked for.
    assert answer.status_code == 200, (answer.status_code, answer.text, town.issuer.met)


def _proof(header: dict[str, Any] | None = None, **claims: Any) -> Attempt:
    async def ask(town: Town, wallet: Wallet) -> httpx.Response:
        token = wallet.token(town.offer())
        return await wallet.ask(token, wallet.proof(token, header, **claims))

    return ask


def _body(**rest: Any) -> Attempt:
    async def ask(town: Town, wallet: Wallet) -> httpx.Response:
        return await wallet.ask(wallet.token(town.offer()), **rest)

    return ask


async def _proof_type(town: Town, wallet: Wallet) -> httpx.Response:
    token = wallet.token(town.offer())
    return await wallet.ask(token, json={"proof": {"proof_type": "cwt", "jwt": wallet.proof(token)}})


async def _proof_of_another_key(town: Town, wallet: Wallet) -> httpx.Response:
    token = wallet.token(town.offer())
    return await wallet.ask(token, Wallet(town).proof(token, {"kid": wallet.did}))


async def _proof_of_es384(town: Town, wallet: Wallet) -> httpx.Response:
    token = wallet.token(town.offer())
    key = JWK.generate(kty="EC", crv="P-384")
    proof = jwt.read(wallet.proof(token))
    assert proof is not None
    did = f"did:key:{multikey(key.export_public(as_dict=True))}"
    return await wallet.ask(token, jwt.sign(key, {**proof.header, "alg": "ES384", "kid": did}, proof.claims))


async def _proof_before_offer(town: Town, wallet: Wallet) -> httpx.Response:
    token = wallet.token(town.offer())
    return await wallet.ask(token, wallet.proof(token, iat=int(town.clock()) - 60))


async def _proof_of_tomorrow(town: Town, wallet: Wallet) -> httpx.Response:
    token = wallet.token(town.offer())
    return await wallet.ask(token, wallet.proof(token, iat=int(town.clock() * 1000)))


_ED25519 = multikey(JWK.generate(kty="OKP", crv="Ed25519").export_public(as_dict=True))
_UNCOMPRESSED = base58btc(b"\x80\x24\x04" + bytes(64))
PROOF: dict[str, tuple[Attempt, ...]] = {
    "json": (
        _body(content=b"proof"),
        _body(content=b"{}", headers={"Content-Type": "text/plain"}),
        _body(json=[]),
    ),
    "present": (_body(json={}), _body(json={"proofs": {"jwt": ["a.b.c"]}}), _body(json={"proof": "a.b.c"})),
    "proof-type": (_proof_type,),
    "wellformed": (_body(json={"proof": {"proof_type": "jwt", "jwt": "proof"}}),),
    "type": (_proof({"typ": "JWT"}),),
    "algorithm": (_proof_of_es384,),
    "did-key": (_proof({"kid": "key-1"}), _proof({"kid": 4711})),
    "public": (_proof({"jwk": JWK.generate(kty="EC", crv="P-256").export_private(as_dict=True)}),),
    "key": (
        _proof({"kid": f"did:key:{_ED25519}"}),
        _proof({"kid": f"did:key:{_UNCOMPRESSED}"}),
        _proof({"kid": "did:key:zDn0"}),
        _proof({"kid": "did:key:"}),
    ),
    "signature": (_proof_of_another_key,),
    "issuer": (_proof(iss="urn:fdc:gov:uk:another"), _proof(iss=None)),
    "audience": (_proof(aud=TOKENS), _proof(aud=None)),
    "dated": (_proof(iat=None), _proof(iat="yesterday")),
    "made-already": (_proof_of_tomorrow,),
    "made-after-offer": (_proof_before_offer,),
    "nonce": (_proof(nonce=fresh()), _proof(nonce=None)),
}
_PROOFS = [(rule, number) for rule, attempts in PROOF.items() for number in range(len(attempts))]


def test_every_rule_on_proofs_is_tried() -> None:
    assert {name for name in rules.catalogue() if name.startswith("govuk-proof.")} == {
        f"govuk-proof.{name}" for name in PROOF
    }


@pytest.mark.parametrize(("rule", "number"), _PROOFS)
async def test_a_bad_proof_is_refused(rule: str, number: int) -> None:
    town = Town("govuk-jwt")
    answer = await PROOF[rule][number](town, Wallet(town))
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_nonce" if rule == "nonce" else "invalid_proof"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"
    assert f"govuk-proof.{rule}" in town.issuer.met


async def test_a_rule_misreports() -> None:
    town = Town("govuk-jwt", ["misreports:govuk-proof.nonce", "misreports:govuk-credential.token-type"])
    assert (await PROOF["nonce"][0](town, Wallet(town))).status_code == 403
    assert (await TOKEN["token-type"][0](town, Wallet(town))).status_code == 403


async def test_the_token_service_may_rotate_its_key() -> None:
    town = Town("govuk-jwt")
    wallet = Wallet(town)
    assert (await wallet.ask(wallet.token(town.offer()))).status_code == 200
    town.tokens.rotate()
    assert (await wallet.ask(wallet.token(town.offer()))).status_code == 200
    rigid = Town("govuk-jwt", ["rejects:govuk-credential.token-rotated"])
    await Wallet(rigid).ask(Wallet(rigid).token(rigid.offer()))
    rigid.tokens.rotate()
    assert (await Wallet(rigid).ask(Wallet(rigid).token(rigid.offer()))).status_code == 401


@pytest.mark.parametrize(("faults", "good"), [((), 1), (("govuk-redemption:late",), 2)])
async def test_two_requests_at_one_time(faults: tuple[str, ...], good: int) -> None:
    town = Town("govuk-simple-mdoc", faults)
    wallet, link = Wallet(town), town.offer()
    answers = await asyncio.gather(wallet.ask(wallet.token(link)), wallet.ask(wallet.token(link)))
    assert sorted(answer.status_code for answer in answers) == ([200, 401] if good == 1 else [200, 200])


@pytest.mark.parametrize(("faults", "status"), [((), 200), (("govuk-attempt:spent",), 401)])
async def test_a_bad_proof_spends_nothing(faults: tuple[str, ...], status: int) -> None:
    town = Town("govuk-jwt", faults)
    wallet, link = Wallet(town), town.offer()
    token = wallet.token(link)
    assert (await wallet.ask(token, wallet.proof(token, nonce=fresh()))).status_code == 400
    assert (await wallet.ask(wallet.token(link))).status_code == status


async def test_notifications() -> None:
    town = Town("govuk-jwt")
    wallet, link = Wallet(town), town.offer()
    token = wallet.token(link)
    said = {"notification_id": (await wallet.ask(token)).json()["notification_id"], "event": "credential_accepted"}
    for _ in range(2):
        answer = await wallet.tell(token, said)
        assert (answer.status_code, answer.content) == (204, b"")
    more = {**said, "event": "credential_deleted", "event_description": "gone", "further": True}
    assert (await wallet.tell(wallet.token(link, refresh=True), more)).status_code == 204
    for document, error in (
        ({**said, "event": "accepted"}, "invalid_notification_request"),
        ({"notification_id": said["notification_id"]}, "invalid_notification_request"),
        ([], "invalid_notification_request"),
        ({**said, "notification_id": fresh()}, "invalid_notification_id"),
        ({"event": said["event"]}, "invalid_notification_id"),
    ):
        answer = await wallet.tell(token, document)
        assert (answer.status_code, answer.json()) == (400, {"error": error})
    other = Wallet(town, "amina")
    theirs = other.token(town.offer(who="amina"))
    assert (await other.tell(theirs, said)).json() == {"error": "invalid_notification_id"}
    assert (await wallet.tell(None, said)).headers["WWW-Authenticate"] == "Bearer"
    town.clock.advance(200)
    late = await wallet.tell(token, said)
    assert (late.status_code, late.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


async def test_a_lenient_owner_rule() -> None:
    town = Town("govuk-jwt", ["accepts:govuk-notification.owner"])
    wallet = Wallet(town)
    got = (await wallet.ask(wallet.token(town.offer()))).json()
    other = Wallet(town, "amina")
    said = {"notification_id": got["notification_id"], "event": "credential_accepted"}
    assert (await other.tell(other.token(town.offer(who="amina")), said)).status_code == 204


async def test_an_unreachable_status_list_service_spends_nothing() -> None:
    town = Town("govuk-simple-mdoc")
    wallet, link = Wallet(town), town.offer()
    town.status.available = False
    assert (await wallet.ask(wallet.token(link))).status_code == 500
    town.status.available = True
    assert (await wallet.ask(wallet.token(link))).status_code == 200


async def test_revocation() -> None:
    town = Town("govuk-simple-mdoc")
    wallet = Wallet(town)
    got = (await wallet.ask(wallet.token(town.offer()))).json()["credentials"][0]["credential"]
    assert [entry.revoked_at for entry in town.status.entries] == [None]
    await town.issuer.operate("revoke", got)
    assert [entry.revoked_at for entry in town.status.entries] == [town.clock()]
    with pytest.raises(ValueError, match="not known"):
        await town.issuer.operate("revoke", "unknown")
