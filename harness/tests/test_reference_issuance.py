"""The reference issuer beyond one plain credential: deferral, notification, encryption, other proofs, metadata.

Seen by the small wallet of ``test_reference``, which shares no code with the issuer or with the harness.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import rfc8785
from cryptography import x509
from jwcrypto.common import JWException
from jwcrypto.jwa import JWA
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from harness.reference import data_integrity, faults, holder_keys, rules
from harness.reference.variants import VARIANTS
from harness.tests.linked_data import canonical
from harness.tests.stricter_profiles import RULES_ONLY_THERE
from harness.tests.test_reference import (
    KEYS,
    NOW,
    OTHER_KEY,
    Clock,
    Wallet,
    certificate,
    decoded,
    did_jwk,
    did_key,
    jwt,
    public,
    unb64,
    wallet_for,
    with_,
    without,
)

HOLDER = KEYS["ES256"]
RESPONSE_KEY = JWK.generate(kty="EC", crv="P-256")
RSA_KEY = KEYS["RS256"]
STRANGER = JWK.generate(kty="EC", crv="P-256")
EDWARDS = JWK.generate(kty="OKP", crv="Ed25519")
FAMILIES = ("deferred.", "notification.", "encryption.", "attestation.", "di-vp.")
SINGLE = {"credential.granted", "proof.attestation-present", "proof.key-attested", "proof.further-nonce"}
LEVELS = {"key_storage": ["iso_18045_high"], "user_authentication": ["iso_18045_high"]}
Json = dict[str, Any]
Change = Callable[[Json], Any]


def same(parts: Json) -> Json:
    return parts


# What this wallet sends


def wish(**changes: Any) -> Json:
    """How a response shall be encrypted; ``jwk_`` changes the key."""
    jwk = {**public(RESPONSE_KEY), "kid": "wallet-key", "alg": "ECDH-ES", "use": "enc", **changes.pop("jwk_", {})}
    return {"jwk": {name: value for name, value in jwk.items() if value is not None}, "enc": "A256GCM", **changes}


async def sealed(wallet: Wallet, body: Any, number: int = 0, *, key: Json | None = None, **header: Any) -> bytes:
    """Encrypt a request to a key of the metadata; a header parameter that is ``None`` is left out."""
    terms = (await wallet.metadata())["credential_request_encryption"]
    jwk = terms["jwks"]["keys"][number]
    whole = {"alg": jwk["alg"], "enc": terms["enc_values_supported"][0], "kid": jwk["kid"], **header}
    protected = json.dumps({name: value for name, value in whole.items() if value is not None})
    jwe = JWE(json.dumps(body).encode(), protected=protected, recipient=JWK(**(key or jwk)))
    return str(jwe.serialize(compact=True)).encode()


def opened(answer: httpx.Response, key: JWK = RESPONSE_KEY) -> tuple[Json, Json]:
    """Give header and contents of an encrypted response."""
    assert answer.headers["content-type"] == "application/jwt"
    return decrypted(answer.text, key)


def decrypted(text: str, key: JWK = RESPONSE_KEY) -> tuple[Json, Json]:
    jwe = JWE()
    jwe.deserialize(text, key)
    return jwe.jose_header, json.loads(jwe.payload)


async def post(wallet: Wallet, endpoint: str, token: Json | None, body: Any) -> httpx.Response:
    """Send a request: JSON, or encrypted where it is ``bytes``."""
    headers = {} if token is None else {"Authorization": f"Bearer {token['access_token']}"}
    if isinstance(body, bytes):
        headers["Content-Type"] = "application/jwt"
        return await wallet.http.post(f"{wallet.url}/{endpoint}", content=body, headers=headers)
    return await wallet.http.post(f"{wallet.url}/{endpoint}", json=body, headers=headers)


async def key_attestation(
    wallet: Wallet,
    header: Change = same,
    claims: Change = same,
    *,
    keys: tuple[JWK, ...] = (HOLDER,),
    signer: JWK | None = None,
    unsigned: bool = False,
) -> str:
    attester = wallet.issuer.key_attester()
    key = signer or JWK(**{name: value for name, value in attester["key"].items() if name != "x5c"})
    usual = {"alg": "ES256", "typ": "key-attestation+jwt", "x5c": attester["key"]["x5c"]}
    said = {
        "iss": attester["issuer"],
        "iat": int(NOW),
        "exp": int(NOW) + 600,
        "attested_keys": [public(each) for each in keys],
        "nonce": await wallet.nonce(),
        **LEVELS,
    }
    return jwt(header(usual), claims(said), None if unsigned else key)


def certified(key: JWK) -> str:
    """A certificate of an attester that nobody knows."""
    return certificate(key)


def di_proof(document: Json, options: Json, key: JWK, *, with_context: bool = True) -> Json:
    """Make a Data Integrity proof, by hand."""
    by_rdf = "rdfc" in str(options.get("cryptosuite"))
    canonicalize = canonical if by_rdf else rfc8785.dumps
    configuration = {**options, "@context": document["@context"]} if with_context or by_rdf else dict(options)
    curve = public(key)["crv"]
    algorithm = {"Ed25519": "EdDSA", "P-256": "ES256", "P-384": "ES384"}[curve]
    digest = hashlib.sha384 if curve == "P-384" else hashlib.sha256
    signed = digest(canonicalize(configuration)).digest() + digest(canonicalize(document)).digest()
    if by_rdf:
        del configuration["@context"]
    return {**configuration, "proofValue": "z" + base58(JWA.signing_alg(algorithm).sign(key, signed))}


def base58(data: bytes) -> str:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, place = divmod(number, 58)
        text = alphabet[place] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


async def presentation(
    wallet: Wallet, document: Change = same, options: Change = same, *, key: JWK = HOLDER, suite: str | None = None
) -> Json:
    method = did_key(key) if public(key)["crv"] == "P-256" else did_jwk(key)
    usual = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": method.partition("#")[0],
    }
    kind = "eddsa-" if public(key)["crv"] == "Ed25519" else "ecdsa-"
    said = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite or next(name for name in wallet.variant.cryptosuites if name.startswith(kind)),
        "proofPurpose": "authentication",
        "verificationMethod": method,
        "created": "2027-01-15T08:00:00Z",
        "domain": wallet.url,
        "challenge": await wallet.nonce(),
    }
    changed = document(usual)
    return {**changed, "proof": di_proof(changed, options(said), key)}


async def proofs(wallet: Wallet, kind: str | None = None) -> Json:
    """Give right proofs of a type, by default the first the variant has."""
    kind = kind or wallet.variant.proof_types[0]
    if kind == "attestation":
        return {"attestation": [await key_attestation(wallet)]}
    if kind == "di_vp":
        return {"di_vp": [await presentation(wallet)]}
    header, claims = await wallet.proof_parts()
    if wallet.variant.key_attestation is not None:
        header["key_attestation"] = await key_attestation(wallet)
    return {"jwt": [jwt(header, claims, HOLDER)]}


async def request(wallet: Wallet, token: Json, **members: Any) -> Json:
    return {**wallet.body(token), "proofs": await proofs(wallet), **members}


async def dressed(wallet: Wallet, body: Json) -> Any:
    """Give a request as the variant wants it: with a wish and encrypted where that is required."""
    variant = wallet.variant
    if variant.response_encryption == "required":
        body = {**body, "credential_response_encryption": wish()}
    required = "required" in (variant.request_encryption, variant.response_encryption)
    return await sealed(wallet, body) if required else body


def contents(answer: httpx.Response) -> Json:
    if answer.headers["content-type"] == "application/jwt":
        return opened(answer)[1]
    document: Json = answer.json()
    return document


async def begin(wallet: Wallet, **wishes: Any) -> tuple[Json, Json]:
    """Ask for a credential; give the token and what came."""
    token = await wallet.token(**wishes)
    answer = await post(wallet, "credential", token, await dressed(wallet, await request(wallet, token)))
    assert answer.is_success, answer.text
    return token, contents(answer)


async def poll(wallet: Wallet, token: Json | None, transaction_id: Any, **members: Any) -> httpx.Response:
    body = {"transaction_id": transaction_id, **members}
    return await post(wallet, "deferred", token, await dressed(wallet, body))


# Clean variants


ISSUANCE_VARIANTS = [
    name
    for name, variant in VARIANTS.items()
    if "pre-authorized_code" in variant.grants
    and variant.client_authentication == "none"
    and variant.dpop != "required"
    and variant.binding_methods
    and variant.configurations[0] == "identity_credential"
]


@pytest.mark.parametrize("variant", ISSUANCE_VARIANTS)
async def test_every_variant_issues_a_credential_that_is_bound_to_the_key(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        token, issued = await begin(wallet)
        for _ in range(wallet.variant.deferred_polls + 1):
            if "transaction_id" in issued:
                issued = contents(await poll(wallet, token, issued["transaction_id"]))
        (item,) = issued["credentials"]
        assert decoded(item["credential"])[1]["cnf"] == {"jwk": public(HOLDER)}
        assert ("notification_id" in issued) is wallet.variant.notification
        assert wallet.issuer.fired == set()


async def test_a_deferred_credential_is_pending_then_there_then_gone() -> None:
    async with wallet_for("notification-deferred") as wallet:
        token = await wallet.token()
        answer = await post(wallet, "credential", token, await request(wallet, token))
        assert answer.status_code == 202
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        deferral = answer.json()
        assert deferral["interval"] == 1
        pending = await poll(wallet, token, deferral["transaction_id"])
        assert (pending.status_code, pending.json()) == (202, deferral)
        ready = await poll(wallet, token, deferral["transaction_id"])
        assert (ready.status_code, set(ready.json())) == (200, {"credentials", "notification_id"})
        again = await poll(wallet, token, deferral["transaction_id"])
        assert (again.status_code, again.json()["error"]) == (400, "invalid_transaction_id")


async def test_a_denied_credential_is_refused_once_it_is_decided() -> None:
    async with wallet_for("deferred") as wallet:
        token, deferral = await begin(wallet, outcome="denied")
        assert (await poll(wallet, token, deferral["transaction_id"])).status_code == 202
        for _ in range(2):
            refused = await poll(wallet, token, deferral["transaction_id"])
            assert refused.json()["error"] == "credential_request_denied"


async def test_a_denied_offer_can_be_minted_over_http() -> None:
    async with wallet_for() as wallet:
        assert (
            await wallet.http.post(f"{wallet.url}/assay/offers", json={"outcome": "denied"})
        ).status_code == 201
        assert (await wallet.http.post(f"{wallet.url}/assay/offers", json={"outcome": "eaten"})).status_code == 400


async def test_every_notification_is_taken_as_often_as_it_comes() -> None:
    async with wallet_for("notification") as wallet:
        token, issued = await begin(wallet)
        for event in ("credential_accepted", "credential_accepted", "credential_failure", "credential_deleted"):
            body = {"notification_id": issued["notification_id"], "event": event}
            answer = await post(wallet, "notification", token, body)
            assert (answer.status_code, answer.content) == (204, b"")


async def test_notification_ids_differ() -> None:
    async with wallet_for("notification") as wallet:
        assert (await begin(wallet))[1]["notification_id"] != (await begin(wallet))[1]["notification_id"]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("enc", ["A256GCM", "A128GCM"])
async def test_requests_are_read_with_every_key_and_enc(number: int, enc: str) -> None:
    async with wallet_for("encryption-optional") as wallet:
        token = await wallet.token()
        answer = await post(
            wallet, "credential", token, await sealed(wallet, await request(wallet, token), number, enc=enc)
        )
        assert answer.json().keys() == {"credentials"}


@pytest.mark.parametrize("enc", ["A256GCM", "A128GCM", "A128CBC-HS256"])
@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("ECDH-ES", RESPONSE_KEY), ("ECDH-ES+A256KW", RESPONSE_KEY), ("RSA-OAEP-256", RSA_KEY)],
)
async def test_responses_are_encrypted_as_asked_for(algorithm: str, key: JWK, enc: str) -> None:
    async with wallet_for("encryption-optional") as wallet:
        terms = (await wallet.metadata())["credential_response_encryption"]
        assert algorithm in terms["alg_values_supported"]
        assert enc in terms["enc_values_supported"]
        token = await wallet.token()
        wanted = {"jwk": {**public(key), "alg": algorithm, "kid": "mine"}, "enc": enc}
        body = await request(wallet, token, credential_response_encryption=wanted)
        answer = await post(wallet, "credential", token, await sealed(wallet, body))
        header, document = opened(answer, key)
        assert (header["alg"], header["enc"], header["kid"]) == (algorithm, enc, "mine")
        assert "zip" not in header
        assert document.keys() == {"credentials"}
        assert answer.headers["cache-control"] == "no-store"


async def test_a_key_without_kid_is_not_named() -> None:
    async with wallet_for("encryption-optional") as wallet:
        token = await wallet.token()
        body = await request(wallet, token, credential_response_encryption=wish(jwk_={"kid": None}))
        header, _ = opened(await post(wallet, "credential", token, await sealed(wallet, body)))
        assert "kid" not in header


async def test_messages_are_compressed_both_ways() -> None:
    async with wallet_for("compression") as wallet:
        token = await wallet.token()
        body = await request(wallet, token, credential_response_encryption=wish(zip="DEF"))
        header, document = opened(await post(wallet, "credential", token, await sealed(wallet, body, zip="DEF")))
        assert header["zip"] == "DEF"
        assert document["credentials"]


async def test_a_request_that_inflates_without_end_is_refused() -> None:
    async with wallet_for("compression") as wallet:
        token = await wallet.token()
        bomb = await sealed(wallet, {"padding": "a" * 3_000_000}, zip="DEF")
        answer = await post(wallet, "credential", token, bomb)
        assert answer.json()["error"] == "invalid_encryption_parameters"


async def test_a_deferred_credential_is_encrypted_to_the_newest_key() -> None:
    async with wallet_for("encryption-deferred") as wallet:
        token = await wallet.token()
        body = await request(wallet, token, credential_response_encryption=wish())
        answer = await post(wallet, "credential", token, await sealed(wallet, body))
        assert answer.status_code == 202
        transaction = {"transaction_id": opened(answer)[1]["transaction_id"]}
        clear = await post(wallet, "deferred", token, transaction)
        assert (clear.status_code, clear.headers["content-type"]) == (202, "application/json")
        wanted = {"jwk": {**public(OTHER_KEY), "alg": "ECDH-ES", "kid": "new"}, "enc": "A128GCM"}
        body = {**transaction, "credential_response_encryption": wanted}
        answer = await post(wallet, "deferred", token, await sealed(wallet, body))
        header, document = opened(answer, OTHER_KEY)
        assert (answer.status_code, header["kid"], set(document)) == (200, "new", {"credentials"})


async def test_errors_are_never_encrypted() -> None:
    async with wallet_for("encryption-required") as wallet:
        token = await wallet.token()
        body = {
            "credential_configuration_id": "unknown",
            "credential_response_encryption": wish(),
        }
        answer = await post(wallet, "credential", token, await sealed(wallet, body))
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["error"] == "unknown_credential_configuration"


@pytest.mark.parametrize("variant", ["key-attestation", "attestation-proof"])
async def test_every_attested_key_gets_a_credential(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        token = await wallet.token()
        attestation = await key_attestation(wallet, keys=(HOLDER, OTHER_KEY, HOLDER))
        body = await request(wallet, token)
        if variant == "key-attestation":
            header, claims = await wallet.proof_parts()
            body["proofs"] = {"jwt": [jwt({**header, "key_attestation": attestation}, claims, HOLDER)]}
        else:
            body["proofs"] = {"attestation": [attestation]}
        answer = await post(wallet, "credential", token, body)
        bound = [decoded(item["credential"])[1]["cnf"]["jwk"] for item in answer.json()["credentials"]]
        assert bound == [public(HOLDER), public(OTHER_KEY)]


@pytest.mark.parametrize("kid", ["1", "named"])
async def test_a_proof_may_name_an_attested_key(kid: str) -> None:
    async with wallet_for("key-attestation") as wallet:
        token = await wallet.token()
        attested = [public(OTHER_KEY), public(HOLDER) | ({"kid": "named"} if kid == "named" else {})]
        attestation = await key_attestation(wallet, claims=with_(attested_keys=attested))
        header, claims = await wallet.proof_parts()
        header = {**without("jwk")(header), "kid": kid, "key_attestation": attestation}
        body = await request(wallet, token, proofs={"jwt": [jwt(header, claims, HOLDER)]})
        answer = await post(wallet, "credential", token, body)
        assert len(answer.json()["credentials"]) == 2


@pytest.mark.parametrize("named", [False, True])
async def test_an_attester_is_also_known_by_its_key(named: bool) -> None:
    async with wallet_for("attestation-proof") as wallet:
        kid = {"kid": wallet.issuer.key_attester()["key"]["kid"]} if named else {}

        def without_chain(header: Json) -> Json:
            return {name: value for name, value in header.items() if name != "x5c"} | kid

        token = await wallet.token()
        body = await request(wallet, token, proofs={"attestation": [await key_attestation(wallet, without_chain)]})
        assert (await post(wallet, "credential", token, body)).status_code == 200


@pytest.mark.parametrize("kind", VARIANTS["proof-types"].proof_types)
async def test_every_listed_proof_type_works(kind: str) -> None:
    async with wallet_for("proof-types") as wallet:
        token = await wallet.token()
        body = await request(wallet, token, proofs=await proofs(wallet, kind))
        (item,) = (await post(wallet, "credential", token, body)).json()["credentials"]
        assert decoded(item["credential"])[1]["cnf"] == {"jwk": public(HOLDER)}


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "ES384"])
async def test_every_curve_of_the_cryptosuites_works(algorithm: str) -> None:
    async with wallet_for("di-vp") as wallet:
        token = await wallet.token()
        body = await request(wallet, token, proofs={"di_vp": [await presentation(wallet, key=KEYS[algorithm])]})
        answer = await post(wallet, "credential", token, body)
        (item,) = answer.json()["credentials"]
        assert decoded(item["credential"])[1]["cnf"] == {"jwk": public(KEYS[algorithm])}


SIGNED_BY_W3C: Json = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
PROOFS_BY_W3C = {
    "eddsa-jcs-2022": (
        "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX",
    ),
    "ecdsa-jcs-2019 P-256": (
        "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP",
        "z5ptCet75SaEgzG4v4zJhbJtfNi74Wv7Fq15hhKouJQQjEPQvPZKaYxcMXAMLPQS2FXrkCWokNJkFVkwxNzZfD5oT",
    ),
    "ecdsa-jcs-2019 P-384": (
        "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ",
        "zq3EuTeLiGurmB2JR5oL8oWEsT7u2tba4HT1oZbiMYWc5qzsoW2kLYcBcF4HM5vCpJyTkceULKrVXuJQkXeN5seL4uXrFNFRMm53GWy1"
        "Yrto8rTWxZi9DkNeWP7yUPs7ELAm",
    ),
}


@pytest.mark.parametrize("suite", PROOFS_BY_W3C)
def test_the_published_examples_of_the_cryptosuites_verify(suite: str) -> None:
    """The examples of Data Integrity EdDSA and ECDSA Cryptosuites v1.0."""
    identifier, value = PROOFS_BY_W3C[suite]
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite.partition(" ")[0],
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"did:key:{identifier}#{identifier}",
        "proofPurpose": "assertionMethod",
        "@context": SIGNED_BY_W3C["@context"],
        "proofValue": value,
    }
    key = holder_keys.from_header({"kid": proof["verificationMethod"]}, ("did:key",))
    assert data_integrity.verifies(SIGNED_BY_W3C | {"proof": proof}, proof, key)
    assert not data_integrity.verifies(SIGNED_BY_W3C | {"name": "Another Credential"}, proof, key)
    reordered = SIGNED_BY_W3C | {"@context": SIGNED_BY_W3C["@context"][::-1]}
    assert not data_integrity.verifies(reordered, proof, key)


async def test_a_nonce_serves_all_proofs_of_one_batch_and_no_more() -> None:
    async with wallet_for("nonce-once-batch") as wallet:
        token = await wallet.token()
        header, claims = await wallet.proof_parts()
        both = [jwt({**header, "jwk": public(key)}, claims, key) for key in (HOLDER, OTHER_KEY)]
        body = await request(wallet, token, proofs={"jwt": both})
        assert len((await post(wallet, "credential", token, body)).json()["credentials"]) == 2
        assert (await post(wallet, "credential", token, body)).json()["error"] == "invalid_nonce"


@pytest.mark.parametrize(
    ("accept", "signed"),
    [
        (None, False),
        ("application/json", False),
        ("*/*", False),
        ("application/json, application/jwt", False),
        ("application/jwt", True),
        ("application/jwt, application/json;q=0.5", True),
        ("application/jwt;q=0.1, application/json", False),
        ("APPLICATION/JWT;Q=1", True),
        ("application/jwt;q=much", False),
    ],
)
async def test_metadata_come_signed_to_those_who_prefer_that(accept: str | None, signed: bool) -> None:
    async with wallet_for("signed-metadata") as wallet:
        url = wallet.well_known("openid-credential-issuer", wallet.url)
        answer = await wallet.http.get(url, headers={"Accept": accept} if accept else {"Accept": ""})
        assert answer.headers["content-type"] == ("application/jwt" if signed else "application/json")


async def test_signed_metadata_say_the_same_and_verify() -> None:
    async with wallet_for("signed-metadata") as wallet:
        plain = await wallet.metadata()
        url = wallet.well_known("openid-credential-issuer", wallet.url)
        answer = await wallet.http.get(url, headers={"Accept": "application/jwt"})
        jws = JWS()
        jws.deserialize(answer.text)
        leaf = x509.load_der_x509_certificate(base64.b64decode(jws.jose_header["x5c"][0]))
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(wallet.issuer.trust_anchor_pem.encode()))
        jws.verify(JWK.from_pyca(leaf.public_key()))
        claims = json.loads(jws.payload)
    assert jws.jose_header["typ"] == "openidvci-issuer-metadata+jwt"
    assert (claims["sub"], claims["iat"]) == (wallet.url, int(NOW))
    assert plain.items() <= claims.items()


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        (None, ["en-GB", "de-DE"]),
        ("de", ["de-DE"]),
        ("DE-de", ["de-DE"]),
        ("de;q=0.5, en", ["en-GB", "de-DE"]),
        ("fr-ch, fr;q=0.9, en;q=0.8, de;q=0.9", ["de-DE", "en-GB"]),
        ("en;q=0, *", ["de-DE"]),
        ("fr", ["en-GB", "de-DE"]),
        ("d", ["en-GB", "de-DE"]),
        (";;q=,,", ["en-GB", "de-DE"]),
    ],
)
async def test_metadata_come_in_the_languages_asked_for(asked: str | None, spoken: list[str]) -> None:
    async with wallet_for("languages") as wallet:
        url = wallet.well_known("openid-credential-issuer", wallet.url)
        answer = await wallet.http.get(url, headers={"Accept-Language": asked} if asked else {})
        assert answer.headers["content-language"] == ", ".join(spoken)
        assert {entry["locale"] for entry in answer.json()["display"]} == set(spoken)
        card = answer.json()["credential_configurations_supported"]["loyalty_card"]["credential_metadata"]
        assert {entry["locale"] for entry in card["display"]} == set(spoken)
        assert {entry["locale"] for entry in card["claims"][0]["display"]} == set(spoken)


# Rules: one defect each


Breaker = Callable[[Wallet, Clock], Awaitable[httpx.Response]]
BREAKERS: dict[str, list[tuple[str, Breaker]]] = {}


def breaks(rule: str, *variants: str) -> Callable[[Breaker], Breaker]:
    """Register a request that breaks one rule and no other, on these variants."""

    def register(breaker: Breaker) -> Breaker:
        BREAKERS.setdefault(rule, []).extend((variant, breaker) for variant in variants)
        return breaker

    return register


# Deferred Credential Endpoint


def breaks_poll(rule: str, change: Change, *variants: str, denied: bool = False) -> None:
    async def breaker(wallet: Wallet, _clock: Clock) -> httpx.Response:
        token, deferral = await begin(wallet, outcome="denied" if denied else "issued")
        body = change({"transaction_id": deferral["transaction_id"]})
        return await post(wallet, "deferred", token, body)

    breaks(rule, *(variants or ("deferred-at-once",)))(breaker)


breaks_poll("deferred.json", lambda body: [body])
breaks_poll("deferred.json", lambda body: json.dumps(body).encode())
breaks_poll("deferred.transaction-present", without("transaction_id"))
breaks_poll("deferred.transaction-present", with_(transaction_id=42))
breaks_poll("deferred.transaction-known", with_(transaction_id="unknown"))
breaks_poll("deferred.granted", same, denied=True)


@breaks("deferred.transaction-owner", "deferred-at-once")
async def _other_token(wallet: Wallet, _clock: Clock) -> httpx.Response:
    _, deferral = await begin(wallet)
    return await poll(wallet, await wallet.token(), deferral["transaction_id"])


@breaks("deferred.transaction-unused", "deferred-at-once")
async def _obtained(wallet: Wallet, _clock: Clock) -> httpx.Response:
    token, deferral = await begin(wallet)
    assert (await poll(wallet, token, deferral["transaction_id"])).status_code == 200
    return await poll(wallet, token, deferral["transaction_id"])


# Notification Endpoint


def breaks_notification(rule: str, change: Change) -> None:
    async def breaker(wallet: Wallet, _clock: Clock) -> httpx.Response:
        token, issued = await begin(wallet)
        body = {"notification_id": issued["notification_id"], "event": "credential_accepted"}
        return await post(wallet, "notification", token, change(body))

    breaks(rule, "notification")(breaker)


breaks_notification("notification.json", lambda body: [body])
breaks_notification("notification.json", lambda body: json.dumps(body).encode())
breaks_notification("notification.id-present", without("notification_id"))
breaks_notification("notification.id-present", with_(notification_id=42))
breaks_notification("notification.event-present", without("event"))
breaks_notification("notification.event-present", with_(event=42))
breaks_notification("notification.event-known", with_(event="credential_eaten"))
breaks_notification("notification.event-known", with_(event="CREDENTIAL_ACCEPTED"))
breaks_notification("notification.description", with_(event_description="schlüssig"))
breaks_notification("notification.description", with_(event_description='a "quote"'))
breaks_notification("notification.description", with_(event_description=42))
breaks_notification("notification.id-known", with_(notification_id="unknown"))


@breaks("notification.owner", "notification")
async def _other_notifier(wallet: Wallet, _clock: Clock) -> httpx.Response:
    _, issued = await begin(wallet)
    body = {"notification_id": issued["notification_id"], "event": "credential_accepted"}
    return await post(wallet, "notification", await wallet.token(), body)


def breaks_access(endpoint: str, variant: str, body_of: Callable[[Json], Json]) -> None:
    @breaks(f"{endpoint}.token-present", variant)
    async def _absent(wallet: Wallet, _clock: Clock) -> httpx.Response:
        _, came = await begin(wallet)
        return await post(wallet, endpoint, None, body_of(came))

    @breaks(f"{endpoint}.token-in-header", variant)
    async def _in_url(wallet: Wallet, _clock: Clock) -> httpx.Response:
        token, came = await begin(wallet)
        url = f"{wallet.url}/{endpoint}?access_token={token['access_token']}"
        return await wallet.http.post(url, json=body_of(came))

    @breaks(f"{endpoint}.token-known", variant)
    async def _unknown(wallet: Wallet, _clock: Clock) -> httpx.Response:
        _, came = await begin(wallet)
        return await post(wallet, endpoint, {"access_token": "unknown"}, body_of(came))

    @breaks(f"{endpoint}.token-expired", variant)
    async def _expired(wallet: Wallet, clock: Clock) -> httpx.Response:
        token, came = await begin(wallet)
        clock.time += wallet.variant.token_lifetime
        return await post(wallet, endpoint, token, body_of(came))


breaks_access("deferred", "deferred-at-once", lambda came: {"transaction_id": came["transaction_id"]})
breaks_access(
    "notification",
    "notification",
    lambda came: {"notification_id": came["notification_id"], "event": "credential_accepted"},
)


# Encryption


def breaks_wish(rule: str, change: Change, *variants: str) -> None:
    async def breaker(wallet: Wallet, _clock: Clock) -> httpx.Response:
        token = await wallet.token()
        body = await request(wallet, token, credential_response_encryption=change(wish()))
        return await post(wallet, "credential", token, await sealed(wallet, body))

    async def deferred_breaker(wallet: Wallet, _clock: Clock) -> httpx.Response:
        token, deferral = await begin(wallet)
        body = {
            "transaction_id": deferral["transaction_id"],
            "credential_response_encryption": change(wish()),
        }
        return await post(wallet, "deferred", token, await sealed(wallet, body))

    breaks(rule, *(variants or ("encryption-optional",)))(breaker)
    if not variants:
        breaks(rule, "encryption-deferred")(deferred_breaker)


def key_change(**changes: Any) -> Change:
    return lambda _: wish(jwk_=changes)


breaks_wish("encryption.wish-object", lambda _: "ECDH-ES")
breaks_wish("encryption.jwk-present", without("jwk"))
breaks_wish("encryption.jwk-present", with_(jwk="key"))
breaks_wish("encryption.jwk-public", lambda _: wish(jwk_=RESPONSE_KEY.export_private(as_dict=True)))
breaks_wish("encryption.alg-present", key_change(alg=None))
breaks_wish("encryption.alg-present", key_change(alg=42))
breaks_wish("encryption.alg-supported", key_change(alg="UNSUPPORTED"))
breaks_wish("encryption.alg-supported", key_change(alg="ECDH-ES+A128KW"))
breaks_wish("encryption.jwk-usable", key_change(x="AA"))
breaks_wish("encryption.jwk-usable", key_change(use="sig"))
breaks_wish("encryption.jwk-usable", key_change(alg="RSA-OAEP-256"))
breaks_wish("encryption.jwk-usable", lambda wanted: {**wanted, "jwk": {"kty": "oct", "k": "AA", "alg": "ECDH-ES"}})
breaks_wish("encryption.jwk-usable", lambda wanted: {**wanted, "jwk": {**public(KEYS["EdDSA"]), "alg": "ECDH-ES"}})
breaks_wish("encryption.enc-present", without("enc"))
breaks_wish("encryption.enc-supported", with_(enc="A192GCM"))
breaks_wish("encryption.enc-supported", with_(enc=["A256GCM"]))
breaks_wish("encryption.zip-supported", with_(zip="DEF"), "encryption-optional")
breaks_wish("encryption.zip-supported", with_(zip="GZ"), "compression")


@breaks("encryption.wish-protected", "encryption-optional", "encryption-response-required")
async def _unprotected(wallet: Wallet, _clock: Clock) -> httpx.Response:
    token = await wallet.token()
    body = await request(wallet, token, credential_response_encryption=wish())
    return await post(wallet, "credential", token, body)


@breaks("encryption.request-required", "encryption-required")
async def _in_clear_with_wish(wallet: Wallet, _clock: Clock) -> httpx.Response:
    return await _unprotected(wallet, _clock)


@breaks("encryption.request-required", "encryption-request-only")
async def _in_clear(wallet: Wallet, _clock: Clock) -> httpx.Response:
    token = await wallet.token()
    return await post(wallet, "credential", token, await request(wallet, token))


@breaks("encryption.response-required", "encryption-required", "encryption-response-required")
async def _no_wish(wallet: Wallet, _clock: Clock) -> httpx.Response:
    token = await wallet.token()
    return await post(wallet, "credential", token, await sealed(wallet, await request(wallet, token)))


def breaks_envelope(rule: str, spoil: Callable[[Wallet, Json], Awaitable[bytes]]) -> None:
    async def breaker(wallet: Wallet, _clock: Clock) -> httpx.Response:
        token = await wallet.token()
        return await post(wallet, "credential", token, await spoil(wallet, await request(wallet, token)))

    breaks(rule, "encryption-optional")(breaker)


async def _no_jwe(_: Wallet, body: Json) -> bytes:
    return json.dumps(body).encode()


async def _cut(wallet: Wallet, body: Json) -> bytes:
    return (await sealed(wallet, body))[:-9]


breaks_envelope("encryption.request-readable", _no_jwe)
breaks_envelope("encryption.request-readable", _cut)
breaks_envelope("encryption.request-readable", lambda wallet, body: sealed(wallet, body, key=public(STRANGER)))
breaks_envelope("encryption.request-critical", lambda wallet, body: sealed(wallet, body, crit=["x"], x=True))
breaks_envelope("encryption.request-kid", lambda wallet, body: sealed(wallet, body, kid=None))
breaks_envelope("encryption.request-kid", lambda wallet, body: sealed(wallet, body, kid="unknown"))
breaks_envelope("encryption.request-algorithm", lambda wallet, body: sealed(wallet, body, alg="ECDH-ES+A128KW"))
breaks_envelope("encryption.request-enc", lambda wallet, body: sealed(wallet, body, enc="A192GCM"))
breaks_envelope("encryption.request-zip", lambda wallet, body: sealed(wallet, body, zip="DEF"))


# Key attestations


BOTH = ("attestation-proof", "key-attestation")


def breaks_attestation(
    rule: str, header: Change = same, claims: Change = same, variants: tuple[str, ...] = BOTH, **how: Any
) -> None:
    async def breaker(wallet: Wallet, _clock: Clock) -> httpx.Response:
        return await _ask_with(wallet, await key_attestation(wallet, header, claims, **how))

    breaks(rule, *variants)(breaker)


async def _ask_with(wallet: Wallet, attestation: Any) -> httpx.Response:
    token = await wallet.token()
    if wallet.variant.proof_types[0] == "attestation":
        given = {"attestation": [attestation]}
    else:
        usual, said = await wallet.proof_parts()
        given = {"jwt": [jwt({**usual, "key_attestation": attestation}, said, HOLDER)]}
    return await post(wallet, "credential", token, await request(wallet, token, proofs=given))


@breaks("attestation.wellformed", *BOTH)
async def _no_attestation(wallet: Wallet, _clock: Clock) -> httpx.Response:
    return await _ask_with(wallet, "no.key.attestation")


SECRET = JWK.generate(kty="oct", size=256)
breaks_attestation("attestation.typ", with_(typ="JWT"))
breaks_attestation("attestation.typ", without("typ"))
breaks_attestation("attestation.algorithm-asymmetric", with_(alg="none"), unsigned=True)
breaks_attestation("attestation.algorithm-asymmetric", with_(alg="HS256"), signer=SECRET)
breaks_attestation("attestation.algorithm-supported", with_(alg="ES384"), unsigned=True)
breaks_attestation("attestation.critical", with_(crit=["assay"], assay=True))
breaks_attestation("attestation.trusted", with_(x5c=[certified(STRANGER)]), signer=STRANGER)
breaks_attestation("attestation.trusted", lambda header: {**without("x5c")(header), "kid": "unknown"})
breaks_attestation("attestation.trusted", with_(x5c=[]))
breaks_attestation("attestation.signature", signer=STRANGER)
breaks_attestation("attestation.issued-at-present", same, without("iat"))
breaks_attestation("attestation.issued-at-present", same, with_(iat="now"))
breaks_attestation("attestation.expiry-present", same, without("exp"), ("key-attestation",))
breaks_attestation("attestation.expired", same, with_(exp=int(NOW) - 1))
breaks_attestation("attestation.expired", same, with_(exp="tomorrow"))
breaks_attestation("attestation.keys-present", same, without("attested_keys"))
breaks_attestation("attestation.keys-present", same, with_(attested_keys=[]))
breaks_attestation("attestation.keys-public", same, with_(attested_keys=[HOLDER.export_private(as_dict=True)]))
breaks_attestation("attestation.keys-usable", same, with_(attested_keys=[public(HOLDER), {"kty": "EC"}]))
breaks_attestation("attestation.keys-usable", same, with_(attested_keys=[public(HOLDER), 42]))
breaks_attestation("attestation.key-storage", same, with_(key_storage=["iso_18045_basic"]), ("key-attestation",))
breaks_attestation("attestation.key-storage", same, without("key_storage"), ("key-attestation",))
breaks_attestation(
    "attestation.user-authentication", same, with_(user_authentication=["iso_18045_basic"]), ("key-attestation",)
)
breaks_attestation("attestation.nonce-present", same, without("nonce"))
breaks_attestation("attestation.nonce-present", same, with_(nonce=42))
breaks_attestation("attestation.nonce", same, with_(nonce="unknown"))
breaks_attestation("proof.key-attested", same, same, ("key-attestation",), keys=(OTHER_KEY,))


@breaks("proof.attestation-present", "key-attestation")
async def _unattested(wallet: Wallet, _clock: Clock) -> httpx.Response:
    token = await wallet.token()
    body = await request(wallet, token, proofs={"jwt": [await wallet.proof()]})
    return await post(wallet, "credential", token, body)


# di_vp proofs


def breaks_di_vp(
    rule: str,
    document: Change = same,
    options: Change = same,
    afterwards: Change = same,
    **how: Any,
) -> None:
    async def breaker(wallet: Wallet, _clock: Clock) -> httpx.Response:
        token = await wallet.token()
        given = afterwards(await presentation(wallet, document, options, **how))
        return await post(wallet, "credential", token, await request(wallet, token, proofs={"di_vp": [given]}))

    breaks(rule, "di-vp")(breaker)


breaks_di_vp("di-vp.presentation", with_(type=["VerifiableCredential"]))
breaks_di_vp("di-vp.presentation", afterwards=json.dumps)
breaks_di_vp("di-vp.proof-present", afterwards=without("proof"))
breaks_di_vp("di-vp.proof-present", afterwards=lambda vp: {**vp, "proof": [vp["proof"], vp["proof"]]})
breaks_di_vp("di-vp.proof-present", options=with_(type="Ed25519Signature2020"))
breaks_di_vp("di-vp.cryptosuite", options=with_(cryptosuite="ecdsa-sd-2023"))
breaks_di_vp("di-vp.cryptosuite", options=without("cryptosuite"))
breaks_di_vp("di-vp.purpose", options=with_(proofPurpose="assertionMethod"))
breaks_di_vp("di-vp.purpose", options=without("proofPurpose"))
breaks_di_vp("di-vp.key-usable", without("holder"), with_(verificationMethod="did:web:wallet.test#0"))
breaks_di_vp("di-vp.key-usable", without("holder"), without("verificationMethod"))
breaks_di_vp("di-vp.holder", with_(holder="did:web:wallet.test"))
breaks_di_vp("di-vp.signature", suite="eddsa-jcs-2022")
breaks_di_vp("di-vp.signature", afterwards=lambda vp: {**vp, "id": "urn:added:afterwards"})
breaks_di_vp("di-vp.signature", afterwards=lambda vp: {**vp, "proof": {**vp["proof"], "proofValue": "z0"}})
breaks_di_vp("di-vp.domain", options=with_(domain="https://other.test"))
breaks_di_vp("di-vp.domain", options=without("domain"))
breaks_di_vp("di-vp.challenge-present", options=without("challenge"))
breaks_di_vp("di-vp.challenge-present", options=with_(challenge=42))
breaks_di_vp("di-vp.challenge", options=with_(challenge="unknown"))


@breaks("credential.granted", "default", "batch")
async def _denied(wallet: Wallet, _clock: Clock) -> httpx.Response:
    token = await wallet.token(outcome="denied")
    return await post(wallet, "credential", token, await request(wallet, token))


@breaks("proof.further-nonce", "batch")
async def _stale_further(wallet: Wallet, _clock: Clock) -> httpx.Response:
    return await _harmless_proofs(wallet, await _batch(wallet, with_(nonce="unknown")))


CASES = [
    pytest.param(rule, variant, breaker, id=f"{rule}-{number}")
    for rule, cases in BREAKERS.items()
    for number, (variant, breaker) in enumerate(cases)
]


def test_every_rule_is_broken_by_a_test() -> None:
    expected = {rule for rule in rules.catalogue() if rule.startswith(FAMILIES)} | SINGLE
    assert expected - RULES_ONLY_THERE <= set(BREAKERS) <= expected


@pytest.mark.parametrize(("rule", "variant", "breaker"), CASES)
async def test_a_broken_rule_is_refused_as_declared(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    async with wallet_for(variant, clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert wallet.issuer.fired == set()
    declared = rules.RULES[rule]
    assert answer.status_code == declared.status
    if declared.challenges:
        expected = f', error="{declared.error}"' if declared.error else ""
        assert answer.headers["www-authenticate"].startswith(f'Bearer realm="assay"{expected}')
    else:
        assert answer.json()["error"] == declared.error
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("rule", "variant", "breaker"), CASES)
async def test_an_accepting_fault_lets_exactly_its_rule_off(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    async with wallet_for(variant, f"accepts:{rule}", clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert answer.is_success, answer.text
        assert wallet.issuer.fired == {f"accepts:{rule}"}


@pytest.mark.parametrize(("rule", "variant", "breaker"), CASES)
async def test_a_misreporting_fault_refuses_wrongly(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    async with wallet_for(variant, f"misreports:{rule}", clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert answer.status_code == (500 if rules.RULES[rule].challenges else 403)
        assert answer.json()["error"] == "assay_misreported"
        assert wallet.issuer.fired == {f"misreports:{rule}"}


# Tolerances


async def _harmless_request(wallet: Wallet, **how: Any) -> httpx.Response:
    """Ask for a credential by an encrypted request; ``members`` are added, ``header`` and ``number`` as sealed."""
    token = await wallet.token()
    body = await request(wallet, token, **how.pop("members", {}))
    return await post(wallet, "credential", token, await sealed(wallet, body, **how))


async def _harmless_proofs(wallet: Wallet, given: Json) -> httpx.Response:
    token = await wallet.token()
    return await post(wallet, "credential", token, await request(wallet, token, proofs=given))


async def _harmless_notification(wallet: Wallet, times: int = 1, **members: Any) -> httpx.Response:
    token, issued = await begin(wallet)
    body = {"notification_id": issued["notification_id"], "event": "credential_accepted", **members}
    for _ in range(times):
        answer = await post(wallet, "notification", token, body)
    return answer


async def _harmless_poll(wallet: Wallet) -> httpx.Response:
    token, deferral = await begin(wallet)
    return await poll(wallet, token, deferral["transaction_id"], assay=1)


async def _notified_of_deferred(wallet: Wallet) -> httpx.Response:
    token, came = await begin(wallet)
    while "transaction_id" in came:
        came = (await poll(wallet, token, came["transaction_id"])).json()
    body = {"notification_id": came["notification_id"], "event": "credential_accepted"}
    return await post(wallet, "notification", token, body)


async def _asked_in_french(wallet: Wallet) -> httpx.Response:
    url = wallet.well_known("openid-credential-issuer", wallet.url)
    return await wallet.http.get(url, headers={"Accept-Language": "fr"})


async def _told_otherwise(wallet: Wallet) -> httpx.Response:
    token, issued = await begin(wallet)
    for event in ("credential_accepted", "credential_deleted"):
        body = {"notification_id": issued["notification_id"], "event": event}
        answer = await post(wallet, "notification", token, body)
    return answer


def _wished(**changes: Any) -> Json:
    return {"members": {"credential_response_encryption": wish(**changes)}}


async def _batch(wallet: Wallet, *more: Change) -> Json:
    """Give a first right proof, and one for each change of the claims."""
    header, claims = await wallet.proof_parts()
    others = [jwt({**header, "jwk": public(OTHER_KEY)}, change(claims), OTHER_KEY) for change in more]
    return {"jwt": [jwt(header, claims, HOLDER), *others]}


async def _with_full_batch(wallet: Wallet) -> httpx.Response:
    return await _harmless_proofs(wallet, await _batch(wallet, same, same))


async def _with_several_keys(wallet: Wallet) -> httpx.Response:
    return await _ask_with(wallet, await key_attestation(wallet, keys=(HOLDER, OTHER_KEY)))


async def _with_unknown_claim(wallet: Wallet) -> httpx.Response:
    return await _ask_with(wallet, await key_attestation(wallet, claims=with_(assay=1)))


async def _with_unknown_property(wallet: Wallet) -> httpx.Response:
    return await _harmless_proofs(wallet, {"di_vp": [await presentation(wallet, with_(assay=1))]})


async def _with_other_cryptosuite(wallet: Wallet) -> httpx.Response:
    return await _harmless_proofs(wallet, {"di_vp": [await presentation(wallet, key=EDWARDS)]})


async def _with_other_type(wallet: Wallet) -> httpx.Response:
    return await _harmless_proofs(wallet, await proofs(wallet, "attestation"))


HARMLESS: dict[str, tuple[str, Callable[[Wallet], Awaitable[httpx.Response]]]] = {
    "deferred.unknown-parameter": ("deferred", _harmless_poll),
    "notification.unknown-parameter": ("notification", lambda wallet: _harmless_notification(wallet, assay=1)),
    "notification.repeated": ("notification", lambda wallet: _harmless_notification(wallet, 2)),
    "notification.failure": (
        "notification",
        lambda wallet: _harmless_notification(wallet, event="credential_failure"),
    ),
    "notification.deleted": (
        "notification",
        lambda wallet: _harmless_notification(wallet, event="credential_deleted"),
    ),
    "notification.description": (
        "notification",
        lambda wallet: _harmless_notification(wallet, event_description="Out of storage."),
    ),
    "encryption.request": ("encryption-optional", _harmless_request),
    "encryption.response": ("encryption-optional", lambda wallet: _harmless_request(wallet, **_wished())),
    "encryption.request-other-key": ("encryption-optional", lambda wallet: _harmless_request(wallet, number=1)),
    "encryption.request-other-enc": (
        "encryption-optional",
        lambda wallet: _harmless_request(wallet, enc="A128GCM"),
    ),
    "encryption.request-party-information": (
        "encryption-optional",
        lambda wallet: _harmless_request(wallet, apu="YXNzYXk", apv="aXNzdWVy"),
    ),
    "encryption.request-compressed": ("compression", lambda wallet: _harmless_request(wallet, zip="DEF")),
    "encryption.other-alg": (
        "encryption-optional",
        lambda wallet: _harmless_request(wallet, **_wished(jwk_={"alg": "ECDH-ES+A256KW"})),
    ),
    "encryption.other-enc": (
        "encryption-optional",
        lambda wallet: _harmless_request(wallet, **_wished(enc="A128GCM")),
    ),
    "encryption.compressed": ("compression", lambda wallet: _harmless_request(wallet, **_wished(zip="DEF"))),
    "notification.deferred": ("notification-deferred", _notified_of_deferred),
    "notification.second-event": ("notification", _told_otherwise),
    "metadata.other-language": ("languages", _asked_in_french),
    "credential.full-batch": ("batch", _with_full_batch),
    "attestation.several-keys": ("key-attestation", _with_several_keys),
    "attestation.unknown-claim": ("attestation-proof", _with_unknown_claim),
    "di-vp.unknown-property": ("di-vp", _with_unknown_property),
    "di-vp.other-cryptosuite": ("di-vp", _with_other_cryptosuite),
    "proof.other-type": ("proof-types", _with_other_type),
}


def test_every_tolerance_is_tried() -> None:
    families = (*FAMILIES, "metadata.", "proof.other-type", "credential.full-batch")
    expected = {what for what in rules.TOLERANCES if what.startswith(families)}
    assert expected - RULES_ONLY_THERE <= set(HARMLESS) <= expected


@pytest.mark.parametrize("what", HARMLESS)
async def test_a_harmless_thing_is_refused_by_its_fault_only(what: str) -> None:
    variant, send = HARMLESS[what]
    async with wallet_for(variant) as wallet:
        assert (await send(wallet)).is_success
    async with wallet_for(variant, f"rejects:{what}") as wallet:
        answer = await send(wallet)
        assert (answer.status_code, answer.json()["error"]) == (rules.TOLERANCES[what].status, "invalid_request")
        assert wallet.issuer.fired == {f"rejects:{what}"}


# Document faults


SEAMS = (
    "deferral",
    "pending",
    "deferred",
    "transaction",
    "notification",
    "signed-metadata",
    "metadata-form",
    "languages",
)
MODULES = ("deferred", "notification", "encryption", "signed_metadata", "languages", "key_attestation")
DOCUMENT_FAULTS = sorted(
    {fault for module in MODULES for fault in faults.defined_in(module)}
    | {fault for fault in faults.catalogue() if fault.startswith(SEAMS)}
)


def variant_of(fault: str) -> str:
    seam, _, defect = fault.partition(":")
    if defect.endswith("-encryption-required-false"):
        return "encryption-request-only" if "request" in defect else "encryption-response-required"
    if "encryption" in fault or "sealing" in seam or defect in ("encrypted", "sealed-content-type"):
        return "encryption-deferred" if "defer" in fault else "compression"
    if seam.startswith(("deferral", "pending", "deferred", "transaction")) or defect.startswith("deferred"):
        return "notification-deferred"
    if "notification" in fault:
        return "notification"
    return {"credential": "attestation-proof", "languages": "languages"}.get(seam, "signed-metadata")


def named(value: Any, names: dict[str, str]) -> Any:
    """Replace what differs from run to run: secrets by when they appeared first, credentials by what they bind."""
    if isinstance(value, dict):
        return {name: named(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [named(item, names) for item in value]
    if isinstance(value, str) and "~" in value and value.count(".") >= 2:
        payload = decoded(value)[1] if value.count(".") == 2 and len(value) > 100 else {}
        return [payload.get("vct"), payload.get("cnf")]
    if isinstance(value, str) and re.fullmatch(r"[\w-]{43}", value):
        return names.setdefault(value, f"#{len(names)}")
    return value


def readable(answer: httpx.Response) -> Any:
    """Give what a wallet can read of a response."""
    parts = answer.text.split(".")
    if len(parts) == 5:
        header = {name: value for name, value in json.loads(unb64(parts[0])).items() if name != "epk"}
        try:
            return [header, decrypted(answer.text)[1]]
        except JWException:
            return [header, "sealed for somebody else"]
    if len(parts) == 3 and "{" not in answer.text:
        header = json.loads(unb64(parts[0]))
        pairs = json.loads(unb64(parts[1]), object_pairs_hook=list)
        return [header, json.loads(json.dumps(pairs)), bool(parts[2]), signed_by_issuer(header, answer.text)]
    try:
        return answer.json()
    except ValueError:
        return answer.text


def signed_by_issuer(header: Json, text: str) -> bool:
    try:
        leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0], validate=True))
        jws = JWS()
        jws.deserialize(text, JWK.from_pyca(leaf.public_key()))
    except (ValueError, LookupError, JWException):
        return False
    return True


async def seen_on(variant: str, *active: str) -> tuple[list[Any], set[str]]:
    """Give all that a flow and some errors show, until something is missing."""
    seen: list[Any] = []
    names: dict[str, str] = {}
    async with wallet_for(variant, *active) as wallet:

        def keep(answer: httpx.Response) -> httpx.Response:
            header = {name: answer.headers.get(name) for name in ("content-type", "content-language")}
            header["www-authenticate"] = answer.headers.get("www-authenticate")
            seen.append([answer.status_code, header, named(readable(answer), names)])
            return answer

        async def ask(endpoint: str, token: Json | None, body: Json, *, encrypt: bool, zip_: bool = False) -> Json:
            if encrypt:
                wanted = wish(**({"zip": "DEF"} if zip_ else {}))
                sent: Any = await sealed(wallet, {**body, "credential_response_encryption": wanted})
            else:
                sent = body
            answer = keep(await post(wallet, endpoint, token, sent))
            document: Json = decrypted(answer.text)[1] if answer.text.count(".") == 4 else answer.json()
            return document

        url = wallet.well_known("openid-credential-issuer", wallet.url)
        for headers in ({}, {"Accept": "application/jwt"}, {"Accept-Language": "de"}, {"Accept-Language": "fr"}):
            keep(await wallet.http.get(url, headers=headers))
        token = await wallet.token()
        encrypting = wallet.variant.response_encryption != "none"
        for endpoint in ("deferred", "notification"):
            missing = {"transaction_id": "unknown", "notification_id": "unknown", "event": "credential_accepted"}
            keep(await post(wallet, endpoint, None, {}))
            keep(await post(wallet, endpoint, {"access_token": "unknown"}, {}))
            keep(await post(wallet, endpoint, token, missing))
        denied = await wallet.token(outcome="denied")
        try:
            for encrypt, zip_ in ((False, False), (encrypting, False), (encrypting, True)):
                unknown = {"credential_configuration_id": "unknown"}
                await ask("credential", token, unknown, encrypt=encrypt)
                for access in (token, denied):
                    body = await request(wallet, access)
                    if "attestation" in body["proofs"]:
                        two = await key_attestation(wallet, keys=(HOLDER, OTHER_KEY))
                        body["proofs"] = {"attestation": [two]}
                    came = await ask("credential", access, body, encrypt=encrypt, zip_=zip_)
                    for _ in range(3):
                        if "transaction_id" in came:
                            later = {"transaction_id": came["transaction_id"]}
                            came |= await ask("deferred", access, later, encrypt=encrypt, zip_=zip_)
                    if "notification_id" in came:
                        told = {"notification_id": came["notification_id"], "event": "credential_accepted"}
                        keep(await post(wallet, "notification", access, told))
        except (LookupError, TypeError, ValueError, AttributeError, JWException) as error:
            # A spoiled response ends the way of this small wallet; that shows, too.
            seen.append(type(error).__name__)
        return seen, set(wallet.issuer.fired)


@pytest.mark.parametrize("fault", DOCUMENT_FAULTS)
async def test_a_document_fault_fires_and_shows(fault: str) -> None:
    variant = variant_of(fault)
    clean, nothing = await seen_on(variant)
    spoiled, fired = await seen_on(variant, fault)
    assert nothing == set()
    assert fired == {fault}
    assert spoiled != clean


async def test_all_faults_at_once_break_no_endpoint() -> None:
    for variant in ("notification-deferred", "compression", "attestation-proof", "di-vp", "signed-metadata"):
        seen, _ = await seen_on(variant, *DOCUMENT_FAULTS)
        assert seen


HOSTILE: tuple[Any, ...] = (
    None,
    True,
    42,
    "",
    "a.b.c",
    "a.b.c.d.e",
    [],
    [[]],
    {},
    {"jwk": {"kty": []}},
    {"type": {}},
)


@pytest.mark.parametrize("variant", ["encryption-optional", "key-attestation", "attestation-proof", "di-vp"])
@pytest.mark.parametrize("lax", [False, True])
async def test_hostile_requests_crash_nothing(variant: str, lax: bool) -> None:
    active = [fault for fault in faults.catalogue() if fault.startswith("accepts:")] if lax else []
    async with wallet_for(variant, *active) as wallet:
        token = await wallet.token()
        for value in HOSTILE:
            for member in ("proofs", "credential_response_encryption", "credential_identifier"):
                assert (await post(wallet, "credential", token, {member: value})).status_code < 500
            for name in ("jwt", "attestation", "di_vp"):
                for inner in (value, [value], [{"proof": value}], [jwt({"key_attestation": value}, {})]):
                    body = {"credential_configuration_id": "identity_credential", "proofs": {name: inner}}
                    assert (await post(wallet, "credential", token, body)).status_code < 500
            said = jwt(
                {"alg": "ES256", "x5c": value, "kid": value}, {"attested_keys": value, "key_storage": value}
            )
            for inner in ([said], [jwt({"key_attestation": said, "kid": "0"}, {})]):
                name = "attestation" if inner == [said] else "jwt"
                body = {"credential_configuration_id": "identity_credential", "proofs": {name: inner}}
                assert (await post(wallet, "credential", token, body)).status_code < 500
            for wanted in ({"jwk": value}, {"jwk": {"kty": value, "alg": value}}, {"enc": value, "zip": value}):
                if variant == "encryption-optional":
                    sent = await sealed(wallet, {"credential_response_encryption": wanted})
                    assert (await post(wallet, "credential", token, sent)).status_code < 500
        for raw in (b"", b"....", b"\xff\xfe", b"e30.....", b"e30....", b"bnVsbA....."):
            assert (await post(wallet, "credential", token, raw)).status_code < 500
