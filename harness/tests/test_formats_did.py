from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from harness.formats import base64url, did, multibase
from harness.formats.did import DidError

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "data-integrity"
quick = settings(max_examples=100, derandomize=True, deadline=None)

KEYS = {
    crv: JWK.generate(kty=kty, crv=crv).export_public(as_dict=True)
    for kty, crv in [
        ("EC", "P-256"),
        ("EC", "P-384"),
        ("EC", "P-521"),
        ("EC", "secp256k1"),
        ("OKP", "Ed25519"),
    ]
}
FIRST_CHARACTERS = {"P-256": "zDn", "P-384": "z82", "P-521": "z2J9", "secp256k1": "zQ3s", "Ed25519": "z6Mk"}
"""How did:key identifiers of each type begin, as the did:key specification prints them."""
RSA = JWK.generate(kty="RSA", size=2048).export_public(as_dict=True)


@pytest.mark.parametrize("crv", sorted(KEYS))
def test_did_key_round_trip(crv: str) -> None:
    key = KEYS[crv]
    identifier = did.did_key(key)
    assert identifier.startswith(f"did:key:{FIRST_CHARACTERS[crv]}")
    assert did.key_url(identifier) == f"{identifier}#{identifier.removeprefix('did:key:')}"
    assert did.resolve(identifier) == did.resolve(did.key_url(identifier)) == key


@pytest.mark.parametrize("key", [*KEYS.values(), RSA], ids=[*KEYS, "RSA"])
def test_did_jwk_round_trip(key: dict[str, Any]) -> None:
    identifier = did.did_jwk({**key, "kid": "left out"})
    assert did.key_url(identifier) == f"{identifier}#0"
    assert did.resolve(identifier) == did.resolve(f"{identifier}#0") == {k: key[k] for k in key if k != "kid"}


def test_a_private_part_never_gets_into_a_did() -> None:
    pair = JWK.generate(kty="EC", crv="P-256")
    private = pair.export_private(as_dict=True)
    assert did.resolve(did.did_jwk(private)) == pair.export_public(as_dict=True)
    assert did.resolve(did.did_key(private)) == pair.export_public(as_dict=True)


def test_the_example_of_the_did_jwk_specification() -> None:
    identifier = (
        "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAi"
        "LCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
    )
    key = {
        "crv": "P-256",
        "kty": "EC",
        "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0",
        "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE",
    }
    assert did.resolve(f"{identifier}#0") == key
    assert did.did_jwk(key) == identifier


@pytest.mark.parametrize(
    "name",
    ["ecdsa/p256KeyPair.json", "ecdsa/p384KeyPair.json", "eddsa/keyPair.json"],
    ids=["P-256", "P-384", "Ed25519"],
)
def test_published_multikeys(name: str) -> None:
    if not VECTORS.is_dir():
        pytest.skip(f"the published vectors are not at {VECTORS}")
    identifier = f"did:key:{json.loads((VECTORS / name).read_text(encoding='utf-8'))['publicKeyMultibase']}"
    assert did.did_key(did.resolve(identifier)) == identifier


def compressed(prefix: bytes, point: bytes) -> str:
    return f"did:key:{multibase.encode(prefix + point)}"


P256 = did.did_key(KEYS["P-256"])


UNRESOLVABLE = [
    ("", "did-syntax"),
    ("did:key:", "did-syntax"),
    ("did:key", "did-syntax"),
    (f"urn{P256}", "did-syntax"),
    (f"{P256}?versionId=1", "did-syntax"),
    (f"{P256}/path", "did-syntax"),
    (f" {P256}", "did-syntax"),
    (f"did:key:z{'A' * 20_000}", "did-syntax"),
    ("did:web:example.com", "did-method"),
    ("did:web:example.com#0", "did-method"),
    (f"{P256}#0", "did-fragment"),
    (f"{P256}#", "did-fragment"),
    (f"{did.did_jwk(KEYS['P-256'])}#1", "did-fragment"),
    ("did:jwk:abc", "did-jwk"),
    (f"did:jwk:{base64url.encode(b'[]')}", "did-jwk"),
    (f"did:jwk:{base64url.encode(json.dumps({**KEYS['P-256'], 'd': 'AAAA'}).encode())}", "did-jwk"),
    (f"did:jwk:{base64url.encode(json.dumps({'kty': 'oct', 'k': 'AAAA'}).encode())}", "did-jwk"),
    (f"did:key:m{P256[9:]}", "did-key-multibase"),
    (f"{P256}0", "did-key-multibase"),
    (f"did:key:z{'1' * 128}", "did-key-codec"),
    ("did:key:z1", "did-key-codec"),
    (compressed(b"\xec\x01", b"1" * 32), "did-key-codec"),
    (compressed(b"\xed\x01", b"1" * 31), "did-key-length"),
    (compressed(b"\x80\x24", b"\x04" + b"1" * 64), "did-key-length"),
    (compressed(b"\x80\x24", b"\x02" + b"\xff" * 32), "did-key-point"),
    (compressed(b"\x80\x24", b"\x05" + b"1" * 32), "did-key-point"),
]


@pytest.mark.parametrize(
    ("did_url", "kind"), UNRESOLVABLE, ids=[f"{kind}-{n}" for n, (_, kind) in enumerate(UNRESOLVABLE)]
)
def test_what_cannot_be_resolved_is_refused_with_its_kind(did_url: str, kind: str) -> None:
    with pytest.raises(DidError) as caught:
        did.resolve(did_url)
    assert caught.value.kind == kind


@pytest.mark.parametrize("key", [{}, None, {"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-256"}])
def test_what_is_no_public_key_has_no_did(key: object) -> None:
    for make in (did.did_key, did.did_jwk):
        with pytest.raises(DidError, match="did-jwk"):
            make(key)


def test_a_key_without_a_did_key_form() -> None:
    with pytest.raises(DidError, match="did-key-codec"):
        did.did_key(RSA)


@given(
    st.text()
    | st.text("did:keyjwz123AB#0_-").map("did:key:z".__add__)
    | st.binary(max_size=90).map(lambda data: compressed(b"\x80\x24", data))
    | st.binary().map(lambda data: f"did:jwk:{base64url.encode(data)}#0")
)
@quick
def test_any_text_resolves_or_raises_did_error(text: str) -> None:
    try:
        key = did.resolve(text)
    except DidError:
        return
    assert key["kty"] in {"EC", "OKP", "RSA", "AKP"}
