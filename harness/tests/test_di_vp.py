"""Presentations as key proofs, verified without the code that made them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from pyld import jsonld

from harness.formats import did, multibase
from harness.formats.base64url import decode
from harness.formats.multibase import MultibaseError
from harness.wallet import di_vp
from harness.wallet.di_vp import ALGORITHMS, PresentationDraft
from harness.wallet.keys import WalletKey, make_key

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "data-integrity"
CONTEXTS = {
    "https://www.w3.org/ns/credentials/v2": Path(__file__).parents[2] / "schemas/contexts/credentials-v2.json"
}
AUDIENCE = "https://issuer.test"
NOW = 1_700_000_000.9
SUITES = [(suite, algorithm) for suite, algorithms in ALGORITHMS.items() for algorithm in algorithms]


def drafted(suite: str = "ecdsa-jcs-2019", algorithm: str = "ES256", **options: Any) -> PresentationDraft:
    given: dict[str, Any] = {"domain": AUDIENCE, "created_at": NOW, "challenge": "n-1", **options}
    return di_vp.draft(make_key(algorithm), cryptosuite=suite, **given)


def canonical(value: Any) -> bytes:
    """RFC 8785 for what presentations hold: ASCII names, no numbers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def rdf(value: Any) -> bytes:
    """What JSON-LD makes of a value that has at most one blank node, so that no hash decides on its name."""

    def load(url: str, _: Any) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": url, "document": json.loads(CONTEXTS[url].read_text("utf-8"))}

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    return str(jsonld.normalize(value, options)).encode()


def verify(secured: dict[str, Any]) -> None:
    """Verify as the cryptosuites say: the hash of the proof options, then that of the document."""
    document = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in secured["proof"].items() if name != "proofValue"}
    form = rdf if "rdfc" in options["cryptosuite"] else canonical
    if form is rdf:
        assert "@context" not in options
        options["@context"] = document["@context"]
    assert options["@context"] == document["@context"]
    signature = multibase.decode(secured["proof"]["proofValue"])
    jwk = did.resolve(options["verificationMethod"])
    digest = hashlib.sha384 if jwk["crv"] == "P-384" else hashlib.sha256
    signed = digest(form(options)).digest() + digest(form(document)).digest()
    if jwk["crv"] == "Ed25519":
        ed25519.Ed25519PublicKey.from_public_bytes(decode(jwk["x"])).verify(signature, signed)
        return
    size = len(signature) // 2
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    curve, algorithm = (ec.SECP384R1(), hashes.SHA384()) if size == 48 else (ec.SECP256R1(), hashes.SHA256())
    x, y = int.from_bytes(decode(jwk["x"]), "big"), int.from_bytes(decode(jwk["y"]), "big")
    public = ec.EllipticCurvePublicNumbers(x, y, curve).public_key()
    public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(algorithm))


@pytest.mark.parametrize(("suite", "algorithm"), SUITES)
@pytest.mark.parametrize("method", ["did:key", "did:jwk"])
def test_a_presentation_proves_possession_of_its_key(suite: str, algorithm: str, method: str) -> None:
    draft = drafted(suite, algorithm, method=method)
    secured = draft.secured()
    verify(secured)
    assert did.resolve(secured["proof"]["verificationMethod"]) == draft.key.public
    assert secured["proof"]["verificationMethod"].startswith(f"{secured['holder']}#")
    assert secured["holder"].startswith(f"{method}:")
    assert len(multibase.decode(secured["proof"]["proofValue"])) == (96 if algorithm == "ES384" else 64)


def test_a_presentation_has_what_the_proof_type_asks_for() -> None:
    secured = drafted().secured()
    assert secured["@context"] == ["https://www.w3.org/ns/credentials/v2"]
    assert secured["type"] == ["VerifiablePresentation"]
    proof = secured["proof"]
    assert {name: proof[name] for name in proof.keys() - {"verificationMethod", "proofValue", "@context"}} == {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-jcs-2019",
        "proofPurpose": "authentication",
        "created": "2023-11-14T22:13:20Z",
        "challenge": "n-1",
        "domain": AUDIENCE,
    }
    assert "challenge" not in drafted(challenge=None).secured()["proof"]


def test_a_check_may_change_the_draft_before_it_is_signed() -> None:
    draft = drafted()
    changed = draft.with_proof(domain="https://other.test", challenge=None).with_document(
        {"holder": None, "id": "urn:x"}
    )
    secured = changed.secured()
    verify(secured)
    assert secured["proof"]["domain"] == "https://other.test"
    assert "challenge" not in secured["proof"]
    assert secured.keys() == {"@context", "type", "id", "proof"}
    assert draft.proof["domain"] == AUDIENCE


@pytest.mark.parametrize(("suite", "algorithm"), SUITES)
def test_every_part_is_signed(suite: str, algorithm: str) -> None:
    secured = drafted(suite, algorithm).secured()
    with pytest.raises(InvalidSignature):
        verify({**secured, "holder": "did:example:other"})
    with pytest.raises(InvalidSignature):
        verify({**secured, "proof": {**secured["proof"], "challenge": "other"}})


PUBLISHED = [
    ("eddsa/eddsa-rdfc-2022", "DataInt", "EdDSA"),
    ("ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256", "ES256"),
    ("ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", "ES384"),
    ("eddsa/eddsa-jcs-2022", "JCS", "EdDSA"),
    ("ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", "ES256"),
    ("ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384", "ES384"),
]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors are not on this machine")
@pytest.mark.parametrize(("folder", "suffix", "algorithm"), PUBLISHED)
def test_the_published_examples_are_hashed_alike(folder: str, suffix: str, algorithm: str) -> None:
    secured = json.loads((VECTORS / folder / f"signed{suffix}.json").read_text())
    if suffix.startswith("JCS"):  # the others need a context that only the examples have
        verify(secured)
    proof = secured.pop("proof")
    del proof["proofValue"]
    expected = (VECTORS / folder / f"combinedHash{suffix}.txt").read_text().strip()
    draft = PresentationDraft(WalletKey(JWK(), algorithm), secured, proof)
    assert draft.hash_data().hex() == expected
    proof.pop("@context", None)  # it is taken from the document
    assert draft.hash_data().hex() == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors are not on this machine")
def test_the_published_ed25519_example_is_signed_alike() -> None:
    pair = json.loads((VECTORS / "eddsa" / "keyPair.json").read_text())
    seed = multibase.decode(pair["privateKeyMultibase"])[2:]
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    secured = json.loads((VECTORS / "eddsa" / "eddsa-jcs-2022" / "signedJCS.json").read_text())
    document = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in secured["proof"].items() if name != "proofValue"}
    draft = PresentationDraft(WalletKey(JWK.from_pyca(private), "EdDSA"), document, options)
    assert draft.secured() == secured


@given(st.binary(max_size=100))
def test_multibase_there_and_back(data: bytes) -> None:
    text = multibase.encode(data)
    assert text.startswith("z")
    assert multibase.decode(text) == data


def test_multibase_of_known_bytes() -> None:
    """Controlled Identifiers 1.0 section 2.4: the leading zeros are kept."""
    assert multibase.encode(b"\0\0\x28\x7f\xb4\xcd") == "z11233QC4"
    assert multibase.encode(b"") == "z"


@pytest.mark.parametrize("text", ["", "m11", "1", "z0", "zl", "z ", "zä"])
def test_what_is_no_multibase_is_one_clear_error(text: str) -> None:
    with pytest.raises(MultibaseError):
        multibase.decode(text)
