"""Each fault of the simulated MATTR VII tenant can be switched on and makes a difference to somebody outside.

Tours through the tenant are recorded as its issuer and a wallet see them; a fault makes the record of a tour
another one. That the checks find them is for their matrix.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import cbor2
import httpx
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from jwcrypto.jwk import JWK

from harness.reference import document_signer, faults, jwt
from harness.reference.encoding import encoded_json
from harness.tests.mattr_bench import CORRECTED, DOCUMENTED, GRANT, HOLDER, NOW, URL, Offered, World

_POINTS = ("accepts", "misreports", "rejects")
_CREDENTIAL = re.compile(r"[\w-]{400,}", re.ASCII)
_OTHER = JWK.generate(kty="EC", crv="P-256")


def _of_tenant(fault: str) -> bool:
    point, _, rule = fault.partition(":")
    return (rule if point in _POINTS else point).startswith("mattr-")


FAULTS = sorted(fault for fault in faults.catalogue() if _of_tenant(fault))
_CORRECTED = (
    "mattr-vc",
    "mattr-token-error-response:envelope",
    "mattr-credential:singular",
    "rejects:mattr-credential.by-id",
)
"""Faults, or how they begin, that only show where the tenant speaks 1.0."""
_KNOBS: Mapping[str, dict[str, Any]] = {
    "accepts:mattr-credential.claims-source": {"claims_source_failure": "refuse"},
    "misreports:mattr-credential.claims-source": {"claims_source_failure": "refuse"},
    "mattr-status:reversible": {"status_bits": 2},
}


class Recorder:
    """Keeps what the tenant answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[str] = []
        world.http.event_hooks["response"] = [self._note]

    async def _note(self, answer: httpx.Response) -> None:
        await answer.aread()
        headers = {name: value for name, value in answer.headers.items() if name not in ("date", "content-length")}
        sent = answer.request
        self.seen.append(f"{sent.method} {sent.url.path} {answer.status_code} {headers} {_told(answer)}")


def _told(answer: httpx.Response) -> str:
    """What a body says, with random signatures replaced by whether they verify."""
    if "cwt" in answer.headers.get("content-type", "") and answer.is_success:
        return _signed(cbor2.loads(answer.content).value)
    return _CREDENTIAL.sub(_credential, unquote(answer.content.decode()))


def _credential(match: re.Match[str]) -> str:
    try:
        signed = cbor2.loads(base64.urlsafe_b64decode(match[0] + "=" * (-len(match[0]) % 4)))
    except (ValueError, EOFError):
        return match[0]
    return f"{signed['nameSpaces']} {_signed(signed['issuerAuth'])}"


def _signed(message: list[Any]) -> str:
    """Tell what a COSE_Sign1 is about, and whether it and its certificate are signed by whom they name."""
    protected, unprotected, payload, signature = message
    header = {**cbor2.loads(protected), **unprotected}
    signer = x509.load_der_x509_certificate(header[33])
    root = x509.load_der_x509_certificate(document_signer.authority(NOW).der())
    to_be_signed = cbor2.dumps(["Signature1", protected, b"", payload])
    right = len(signature) == 64 and _verifies(signer.public_key(), signature, to_be_signed)
    return f"{payload.hex()} {right} {_issued_by(signer, root)}"


def _verifies(key: Any, signature: bytes, data: bytes) -> bool:
    numbers = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    try:
        key.verify(encode_dss_signature(*numbers), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _issued_by(signer: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        root.public_key().verify(  # type: ignore[union-attr, call-arg]
            signer.signature,
            signer.tbs_certificate_bytes,
            ec.ECDSA(hashes.SHA256()),  # type: ignore[arg-type]
        )
    except InvalidSignature:
        return False
    return True


async def tour(world: World) -> list[str]:
    """Do everything once, right and wrong; what a fault makes impossible is left out."""
    recorder = Recorder(world)
    for step in (_metadata, _offers, _tokens, _issuance, _proofs, _claims, _json_credential):
        # A fault may take away what a step needs.
        with contextlib.suppress(KeyError, ValueError, IndexError, TypeError):
            await step(world)
    return recorder.seen


async def _metadata(world: World) -> None:
    for path in ("openid-credential-issuer", "oauth-authorization-server"):
        await world.http.get(f"/.well-known/{path}")
    await world.http.get("/v1/openid/iacas")


async def _offers(world: World) -> None:
    await world.http.post("/oauth/token", json={"client_id": "other"})
    await world.http.post("/v1/openid/offers/pre-authorized", json={"credentials": [world.id("driving_licence")]})
    right = await world.administrator()
    await world.http.post("/v1/openid/offers/pre-authorized", content="no JSON", headers=right)
    wrongs: tuple[dict[str, Any], ...] = (
        {"credentials": ["unknown"]},
        {"claims": []},
        {"transactionCodeConfiguration": {}},
        {"expiresIn": {"minutes": 11}},
    )
    for wrong in wrongs:
        await world.ask_offer("driving_licence", **wrong)
    await world.ask_offer("course_certificate")
    for _ in range(2):
        await world.ask_offer("driving_licence")
    await world.ask_offer("driving_licence", transactionCodeConfiguration={"inputMode": "numeric"})


async def _tokens(world: World) -> None:
    await world.http.post("/v1/oauth/token", content="{}", headers={"Content-Type": "application/json"})
    plain, locked, again = [await _offered(world, tx_code=with_code) for with_code in (False, True, True)]
    twice = f"grant_type={GRANT}&grant_type={GRANT}&pre-authorized_code=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    await world.http.post("/v1/oauth/token", content=twice, headers=headers)
    await world.http.post("/v1/oauth/token", data={"pre-authorized_code": "x"})
    await world.ask_token("x", grant_type="password")
    await world.ask_token(None)
    await world.ask_token("unknown")
    await world.ask_token(plain.code, "123456")
    await world.ask_token(locked.code)
    for _ in range(3):
        await world.ask_token(locked.code, "000000")
    await world.ask_token(locked.code, locked.tx_code)
    await world.ask_token(again.code, "000000")
    await world.ask_token(again.code, again.tx_code)
    deleted = await _offered(world)
    path = f"/v1/openid/offers/pre-authorized/{deleted.answer.get('id')}"
    await world.http.delete(path, headers=await world.administrator())
    await world.ask_token(deleted.code)
    late = await _offered(world)
    world.clock.now += 600
    await world.ask_token(late.code)
    await world.ask_token((await _offered(world)).code)


async def _offered(world: World, **members: Any) -> Offered:
    return await world.offer("driving_licence", **members)


async def _issuance(world: World) -> None:
    offered = await world.offer("driving_licence", "membership_card")
    token = await world.token(offered)
    body = world.body("driving_licence")
    for wrong in (None, "guessed"):
        await world.ask_credential(wrong, body)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    await world.http.post("/v1/openid/credential", content="no JSON", headers=headers)
    naming = ("format", "credential_configuration_id")
    await world.ask_credential(token, {name: value for name, value in body.items() if name not in naming})
    await world.ask_credential(token, {**body, "doctype": "unknown", "credential_configuration_id": "unknown"})
    await world.ask_credential(token, world.body("employee_pass"))
    await world.ask_credential(token, body)
    await world.ask_credential(token, world.body("membership_card"))
    await world.ask_token(offered.code)
    place = "/v2/credentials/mobile/status-lists/0c6c9f0e-2d3b-4b0d-8a53-7f1c5de8a9b4/token"
    await world.http.get(place)
    single = await world.offer("driving_licence")
    token = await world.token(single)
    await world.ask_credential(token, body)
    for state in ("suspended", "valid", "invalid", "valid"):
        await world.set_status(single, state)
        await world.http.get(place)
    world.clock.now += world.variant.token_lifetime
    await world.ask_credential(token, world.body("driving_licence"))


async def _proofs(world: World) -> None:
    token = await world.token(await world.offer("driving_licence"))
    public = HOLDER.export_public(as_dict=True)
    header = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": public}
    claims = {"aud": URL, "iat": int(world.clock.now)}
    ed25519 = JWK.generate(kty="OKP", crv="Ed25519")
    shared = JWK(kty="oct", k="c2hhcmVkLXdpdGgtZXZlcnlib2R5LWFuZC1tb3JlLXRoYW4tMzI")
    proofs = [
        "no proof",
        jwt.sign(HOLDER, {**header, "typ": "JWT"}, claims),
        jwt.sign(shared, {**header, "alg": "HS256"}, claims),
        jwt.sign(ed25519, {**header, "alg": "EdDSA", "jwk": ed25519.export_public(as_dict=True)}, claims),
        jwt.sign(HOLDER, {name: header[name] for name in ("typ", "alg")}, claims),
        jwt.sign(HOLDER, {**header, "kid": "did:key:z6Mk#z6Mk"}, claims),
        jwt.sign(HOLDER, {**header, "jwk": HOLDER.export_private(as_dict=True)}, claims),
        jwt.sign(HOLDER, {**header, "jwk": {**public, "x": "AAAA"}}, claims),
        jwt.sign(HOLDER, {**header, "crit": ["exp"], "exp": 1}, claims),
        jwt.sign(_OTHER, header, claims),
        jwt.sign(HOLDER, header, {**claims, "iss": "somebody"}),
        jwt.sign(HOLDER, header, {"iat": claims["iat"]}),
        jwt.sign(HOLDER, header, {**claims, "aud": "https://other.assay.test"}),
        jwt.sign(HOLDER, header, {"aud": URL}),
        jwt.sign(HOLDER, header, {**claims, "iat": 1}),
    ]
    for proof in proofs:
        await world.ask_credential(token, world.body("driving_licence", proof))
    right = world.body("driving_licence")
    await world.ask_credential(token, {name: value for name, value in right.items() if "proof" not in name})
    await world.ask_credential(
        token, {**right, "proofs": {"jwt": [world.proof(), world.proof()]}, "proof": {"proof_type": "jwt"}}
    )


async def _claims(world: World) -> None:
    for answers in ("object", "unauthorized"):
        world.source.answers = answers
        for name in ("employee_pass", "membership_card"):
            token = await world.token(await world.offer(name))
            await world.ask_credential(token, world.body(name))
    token = await world.token(await world.offer("driving_licence", claims={"family_name": "Aroha"}))
    await world.ask_credential(token, world.body("driving_licence"))


async def _json_credential(world: World) -> None:
    token = await world.token(await world.offer("course_certificate"))
    header = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "kid": f"{_did(HOLDER)}#0"}
    proof = jwt.sign(HOLDER, header, {"aud": URL, "iat": int(world.clock.now)})
    await world.ask_credential(token, world.body("course_certificate", proof))


def _did(key: JWK) -> str:
    return f"did:jwk:{encoded_json(key.export_public(as_dict=True))}"


def world_for(fault: str, *active: str) -> World:
    variant = CORRECTED if fault.startswith(_CORRECTED) else DOCUMENTED
    knobs = dict(_KNOBS.get(fault, {}))
    if fault == "accepts:mattr-proof.alone" or fault == "misreports:mattr-proof.alone":
        knobs["proof_members"] = ("proofs", "proof")
    return World(variant, active, **knobs)


@pytest.fixture(scope="module")
def clean() -> dict[str, list[str]]:
    return {}


@pytest.mark.parametrize("variant", [DOCUMENTED, CORRECTED])
async def test_without_faults_nothing_fires(variant: str) -> None:
    world = World(variant)
    await tour(world)
    assert world.tenant.fired == set()


@pytest.mark.parametrize("variant", [DOCUMENTED, CORRECTED])
async def test_a_tour_is_recorded_in_the_same_way_each_time(variant: str) -> None:
    assert await tour(World(variant)) == await tour(World(variant))


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_makes_a_difference(fault: str, clean: dict[str, list[str]]) -> None:
    world = world_for(fault, fault)
    seen = await tour(world)
    assert world.tenant.fired == {fault}
    before = world_for(fault)
    name = f"{before.variant}"
    if name not in clean:
        clean[name] = await tour(before)
    assert seen != clean[name]


def test_every_fault_has_a_description() -> None:
    known = faults.catalogue()
    assert FAULTS
    assert [fault for fault in FAULTS if not re.fullmatch(r"\S.*\.", known[fault])] == []
