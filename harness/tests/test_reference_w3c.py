"""The W3C credentials of the reference issuer, verified by hand: nothing of the issuer or of the harness helps."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import rfc8785
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS, InvalidJWSSignature

from harness.reference import data_integrity, did_web, faults, holder_keys
from harness.reference.app import ReferenceIssuer
from harness.reference.multikey import base58btc, multikey
from harness.reference.variants import VARIANTS
from harness.tests.fault_variants import variants_for
from harness.tests.linked_data import canonical
from harness.tests.test_reference import KEYS, NOW, Clock, Wallet, did_jwk, jwt, public, unb64, wallet_for

ROOT = Path(__file__).parents[2]
VECTORS = ROOT.parent / "shared" / "vectors" / "data-integrity"
Json = dict[str, Any]
FORMATS = {
    "identity_jwt_vc": "jwt_vc_json",
    "identity_jwt_vc_ld": "jwt_vc_json-ld",
    "identity_ldp_vc": "ldp_vc",
}
JWT_VARIANTS = [name for name, v in VARIANTS.items() if v.configurations[0].startswith("identity_jwt_vc")]
LDP_VARIANTS = [name for name, v in VARIANTS.items() if v.configurations[0] == "identity_ldp_vc"]


async def credential_response(wallet: Wallet, configuration: str) -> httpx.Response:
    """Go through the Pre-Authorized Code Flow."""
    token = await wallet.token(configuration=configuration)
    body: Json = {"credential_configuration_id": configuration}
    methods = wallet.variant.binding_methods
    if methods:
        header, claims = await wallet.proof_parts()
        body["proofs"] = {"jwt": [jwt(header, claims, KEYS["ES256"])]}
    answer = await wallet.post_credential(token, body)
    assert answer.status_code == 200, answer.text
    return answer


async def issue(wallet: Wallet, configuration: str) -> Any:
    """Give the value of ``credential``."""
    answer = await credential_response(wallet, configuration)
    return answer.json()["credentials"][0]["credential"]


def read_jwt(text: Any) -> tuple[Json, Any]:
    header, payload, _ = (unb64(part) for part in text.split(".")[:3])
    return json.loads(header), json.loads(payload)


# Keys, by hand


ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def from_multibase(text: str) -> bytes:
    assert text[0] == "z"
    number = 0
    for character in text[1:]:
        number = number * 58 + ALPHABET.index(character)
    zeros = len(text[1:]) - len(text[1:].lstrip(ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def from_multikey(text: str) -> Any:
    data = from_multibase(text)
    if data[:2] == b"\xed\x01":
        return ed25519.Ed25519PublicKey.from_public_bytes(data[2:])
    curve: ec.EllipticCurve = {b"\x80\x24": ec.SECP256R1(), b"\x81\x24": ec.SECP384R1()}[data[:2]]
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, data[2:])


def from_jwk(jwk: Json) -> Any:
    return JWK(**jwk).get_op_key("verify")


async def resolve(http: httpx.AsyncClient, url: str, purpose: str = "assertionMethod") -> Any:
    """Give the public key behind a DID URL that is authorised for a purpose."""
    did, _, name = url.partition("#")
    _, method, identifier = did.split(":", 2)
    if method == "jwk":
        assert name == "0"
        return from_jwk(json.loads(unb64(identifier)))
    if method == "key":
        assert name == identifier
        return from_multikey(identifier)
    host, *path = identifier.split(":")
    place = "/".join(path) if path else ".well-known"
    answer = await http.get(f"https://{host.replace('%3A', ':')}/{place}/did.json")
    document = answer.json()
    assert document["id"] == did
    assert url in document[purpose]
    (found,) = [item for item in document["verificationMethod"] if item["id"] == url]
    assert found["controller"] == did
    if found["type"] == "JsonWebKey":
        return from_jwk(found["publicKeyJwk"])
    assert found["type"] in ("Multikey", "Ed25519VerificationKey2020")
    return from_multikey(found["publicKeyMultibase"])


# Proofs, by hand


def verify_proof(document: Json, proof: Json, key: Any) -> None:
    """Verify one proof as VC Data Integrity EdDSA and ECDSA Cryptosuites v1.0 say."""
    suite = str(proof.get("cryptosuite", proof["type"]))
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if "jcs" in suite:
        assert options["@context"] == document["@context"]
        parts = [rfc8785.dumps(options), rfc8785.dumps(unsecured)]
    else:
        parts = [canonical({**options, "@context": document["@context"]}), canonical(unsecured)]
    data = b"".join(hashlib.sha256(part).digest() for part in parts)
    value = from_multibase(proof["proofValue"])
    assert len(value) == 64
    if suite.lower().startswith("ed"):
        key.verify(value, data)
    else:
        r, s = (int.from_bytes(half, "big") for half in (value[:32], value[32:]))
        key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))


# Clean variants


@pytest.mark.parametrize("variant", JWT_VARIANTS)
async def test_a_jwt_verifies_with_the_key_of_its_issuer(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        configuration = wallet.variant.configurations[0]
        text = await issue(wallet, configuration)
        header, payload = read_jwt(text)
        identifier = payload["iss"]
        if "x5c" in header:
            certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
            key = certificate.public_key()
            assert identifier == wallet.url
        elif header["kid"].startswith("did:"):
            assert header["kid"].partition("#")[0] == identifier
            key = await resolve(wallet.http, header["kid"])
        else:
            answer = await wallet.http.get(wallet.well_known("jwt-vc-issuer", identifier))
            (found,) = [item for item in answer.json()["jwks"]["keys"] if item["kid"] == header["kid"]]
            key = from_jwk(found)
        metadata = await wallet.metadata()
    described = metadata["credential_configurations_supported"][configuration]
    assert described["format"] == FORMATS[configuration]
    jws = JWS()
    jws.deserialize(text, JWK.from_pyca(key), alg=described["credential_signing_alg_values_supported"][0])
    assert jws.is_valid
    if "@context" in described["credential_definition"]:
        assert payload["@context"] == described["credential_definition"]["@context"]


@pytest.mark.parametrize("variant", JWT_VARIANTS)
async def test_a_jwt_is_bound_and_says_what_its_data_model_wants(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        header, payload = read_jwt(await issue(wallet, wallet.variant.configurations[0]))
        old, methods = wallet.variant.data_model == "1.1", wallet.variant.binding_methods
        told_twice = wallet.variant.vc_counterparts
    document = payload["vc"] if old else payload
    assert header["typ"] == ("JWT" if old else "vc+jwt")
    assert document["type"] == ["VerifiableCredential", "IdentityCredential"]
    assert document["credentialSubject"]["given_name"] == "Erika"
    if old:
        assert document["@context"][0] == "https://www.w3.org/2018/credentials/v1"
        assert ("issuanceDate" in document) == ("expirationDate" in document) == ("id" in document) == told_twice
        assert payload["nbf"] <= NOW < payload["exp"]
        assert payload["jti"] == document.get("id", payload["jti"])
        assert payload["sub"] == document["credentialSubject"].get("id", payload["sub"])
    else:
        assert document["@context"][0] == "https://www.w3.org/ns/credentials/v2"
        assert {"validFrom", "validUntil"} <= document.keys()
        assert not {"vc", "vp", "nbf"} & payload.keys()
    subject = payload.get("sub", document["credentialSubject"].get("id"))
    if not methods:
        assert subject is None
        assert "cnf" not in payload
    elif "jwk" in methods:
        assert payload["cnf"] == {"jwk": public(KEYS["ES256"])}
    else:
        assert subject == did_jwk(KEYS["ES256"]).partition("#")[0]


@pytest.mark.parametrize("variant", LDP_VARIANTS)
@pytest.mark.parametrize("configuration", ["identity_ldp_vc", "loyalty_ldp_vc"])
async def test_every_proof_verifies(variant: str, configuration: str) -> None:
    async with wallet_for(variant) as wallet:
        document = await issue(wallet, configuration)
        proofs = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
        issuer = document["issuer"] if isinstance(document["issuer"], str) else document["issuer"]["id"]
        described = (await wallet.metadata())["credential_configurations_supported"][configuration]
        for proof in proofs:
            assert proof["proofPurpose"] == "assertionMethod"
            assert proof["verificationMethod"].partition("#")[0] == issuer
            key = await resolve(wallet.http, proof["verificationMethod"])
            verify_proof(document, proof, key)
            changed = {**document, "credentialSubject": {**document["credentialSubject"], "given_name": "Max"}}
            with pytest.raises(InvalidSignature):
                verify_proof(changed, proof, key)
        bound = bool(wallet.variant.binding_methods)
    suites = [proof.get("cryptosuite", proof["type"]) for proof in proofs]
    assert suites == described["credential_signing_alg_values_supported"]
    assert document["@context"] == described["credential_definition"]["@context"]
    assert document["type"] == described["credential_definition"]["type"]
    assert (document["credentialSubject"].get("id") == did_jwk(KEYS["ES256"]).partition("#")[0]) == bound


@pytest.mark.parametrize("variant", LDP_VARIANTS)
async def test_every_claim_is_part_of_what_is_signed(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        document = await issue(wallet, "identity_ldp_vc")
    document.pop("proof")
    statements = canonical(document).decode()
    for told in ("Erika", "Möbius", "1963-08-12", "Köln", "FR", "#IdentityCredential"):
        assert told in statements


async def test_a_key_that_is_named_as_did_key_is_the_subject_as_such() -> None:
    did = f"did:key:{multikey(public(KEYS['ES256']))}"
    async with wallet_for("ldp-vc") as wallet:
        token = await wallet.token(configuration="identity_ldp_vc")
        header, claims = await wallet.proof_parts()
        header["kid"] = f"{did}#{did.removeprefix('did:key:')}"
        body = {
            "credential_configuration_id": "identity_ldp_vc",
            "proofs": {"jwt": [jwt(header, claims, KEYS["ES256"])]},
        }
        answer = await wallet.post_credential(token, body)
    assert answer.json()["credentials"][0]["credential"]["credentialSubject"]["id"] == did


@pytest.mark.parametrize("variant", ["did-web", "did-key"])
async def test_an_sd_jwt_vc_verifies_with_the_key_of_a_did(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        text = await issue(wallet, "identity_credential")
        header, payload = read_jwt(text.partition("~")[0])
        assert payload["iss"] == header["kid"].partition("#")[0]
        key = await resolve(wallet.http, header["kid"])
    jws = JWS()
    jws.deserialize(text.partition("~")[0], JWK.from_pyca(key), alg="ES256")
    assert jws.is_valid


@pytest.mark.parametrize(
    ("url", "did"),
    [
        ("https://issuer.example", "did:web:issuer.example"),
        ("https://issuer.example/tenants/a", "did:web:issuer.example:tenants:a"),
        ("https://localhost:8443/a", "did:web:localhost%3A8443:a"),
    ],
)
def test_a_did_web_is_spelled_as_its_method_says(url: str, did: str) -> None:
    assert did_web.identifier(url) == did


def test_the_did_document_is_below_the_path() -> None:
    assert did_web.place("") == "/.well-known/did.json"
    assert did_web.place("/tenants/a") == "/tenants/a/did.json"


@pytest.mark.parametrize("data", [b"", b"\0\0a", bytes(range(40))])
def test_base58_keeps_all_bytes(data: bytes) -> None:
    assert holder_keys.from_base58(base58btc(data)[1:]) == data


# Published examples


def published(name: str) -> Json:
    if not VECTORS.is_dir():
        pytest.skip("the folder ../shared/vectors is not here")
    document: Json = json.loads((VECTORS / name).read_text())
    return document


@pytest.mark.parametrize(
    "name",
    [
        "eddsa/Ed25519Signature2020/signedEdSig.json",
        "eddsa/eddsa-rdfc-2022/signedDataInt.json",
        "eddsa/eddsa-jcs-2022/signedJCS.json",
        "ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json",
        "ecdsa/ecdsa-rdfc-2019-p384/signedECDSAP384.json",
        "ecdsa/ecdsa-jcs-2019-p256/signedJCSECDSAP256.json",
        "ecdsa/ecdsa-jcs-2019-p384/signedJCSECDSAP384.json",
    ],
)
def test_published_proofs_verify_and_changed_ones_do_not(name: str) -> None:
    document = published(name)
    proof = document["proof"]
    identifier = proof["verificationMethod"].partition("#")[2]
    key = JWK.from_pyca(from_multikey(identifier)).export_public(as_dict=True)
    assert multikey(key) == identifier
    assert data_integrity.verifies(document, proof, key)
    assert not data_integrity.verifies({**document, "name": "Another Credential"}, proof, key)


# Faults


MINE = sorted(
    fault for module in ("w3c_model", "jwt_vc", "ldp_vc", "did_document") for fault in faults.defined_in(module)
)


@asynccontextmanager
async def determined(variant: str, *active: str) -> AsyncIterator[Wallet]:
    """Give a wallet for an issuer whose random bytes are always the same."""
    numbers = itertools.count(1)
    issuer = ReferenceIssuer(
        VARIANTS[variant], active, clock=Clock(), random_bytes=lambda size: next(numbers).to_bytes(size, "big")
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
        yield Wallet(http, issuer)


async def seen(variant: str, *active: str) -> tuple[Any, Any, set[str]]:
    """Give what the credential says, the DID document with its response, and which faults fired."""
    async with determined(variant, *active) as wallet:
        configuration = next(name for name in wallet.variant.configurations if name in FORMATS)
        issued = contents(await credential_response(wallet, configuration))
        answer = await wallet.http.get(f"https://issuer.assay.test{did_web.place(wallet.variant.path)}")
        return issued, (answer.status_code, answer.headers.get("content-type"), answer.text), wallet.issuer.fired


def contents(answer: httpx.Response) -> Any:
    """Give what a response says, as pairs, so that repeated members show; a JWT in it without its signature."""
    credential = answer.json()["credentials"][0]["credential"]
    if not isinstance(credential, str) or not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]*", credential):
        return json.loads(answer.text, object_pairs_hook=list)
    header, payload, signature = credential.split(".")
    return *(json.loads(unb64(part), object_pairs_hook=list) for part in (header, payload)), bool(signature)


SIGNATURE_ONLY = {"jwt-vc:signature", "jwt-vc:payload-changed"}


@pytest.mark.parametrize("fault", MINE)
async def test_a_fault_fires_and_shows_where_it_should(fault: str) -> None:
    for variant in variants_for(fault):
        credential, document, nothing = await seen(variant)
        spoiled, spoiled_document, fired = await seen(variant, fault)
        assert nothing == set()
        assert fired == {fault}
        if fault.startswith("did-document"):
            assert document != spoiled_document
            assert credential == spoiled
        else:
            assert document == spoiled_document
            assert (credential == spoiled) == (fault in SIGNATURE_ONLY)


@pytest.mark.parametrize("variant", [*JWT_VARIANTS, *LDP_VARIANTS, "did-web"])
async def test_no_fault_breaks_the_flow(variant: str) -> None:
    kind = "ldp-vc:" if variant in LDP_VARIANTS else "jwt-vc:"
    for fault in (name for name in MINE if name.startswith(kind)):
        await seen(variant, fault)


@pytest.mark.parametrize("fault", ["ldp-vc:signature", "ldp-vc:claim-changed"])
@pytest.mark.parametrize("variant", [name for name in LDP_VARIANTS if name != "ldp-vc-1"])
async def test_a_broken_proof_does_not_verify(variant: str, fault: str) -> None:
    async with wallet_for(variant, fault) as wallet:
        document = await issue(wallet, "identity_ldp_vc")
        proof = document["proof"][0] if isinstance(document["proof"], list) else document["proof"]
        key = await resolve(wallet.http, proof["verificationMethod"])
    with pytest.raises(InvalidSignature):
        verify_proof(document, proof, key)


@pytest.mark.parametrize("variant", ["jwt-vc", "jwt-vc-2"])
@pytest.mark.parametrize("fault", sorted(SIGNATURE_ONLY))
async def test_a_broken_signature_does_not_verify(variant: str, fault: str) -> None:
    async with wallet_for(variant, fault) as wallet:
        text = await issue(wallet, "identity_jwt_vc")
        key = await resolve(wallet.http, read_jwt(text)[0]["kid"])
    jws = JWS()
    with pytest.raises(InvalidJWSSignature):
        jws.deserialize(text, JWK.from_pyca(key), alg="ES256")


METADATA_FAULTS = sorted(
    name for name in faults.catalogue() if name.startswith(("metadata:jwt-vc", "metadata:ldp-vc"))
)


@pytest.mark.parametrize("fault", METADATA_FAULTS)
async def test_a_fault_of_metadata_spoils_the_second_configuration_only(fault: str) -> None:
    (variant,) = variants_for(fault)
    async with wallet_for(variant) as wallet:
        clean = (await wallet.metadata())["credential_configurations_supported"]
        first, second = wallet.variant.configurations
    async with wallet_for(variant, fault) as wallet:
        spoiled = (await wallet.metadata())["credential_configurations_supported"]
        assert wallet.issuer.fired == {fault}
    assert spoiled[first] == clean[first]
    assert spoiled[second] != clean[second]
