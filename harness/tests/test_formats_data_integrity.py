"""Data Integrity proofs: the published vectors, everything that is signed, and input that is no proof."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.formats import data_integrity, did, multibase
from harness.formats.data_integrity import Proof, Unverifiable
from harness.formats.json_ld import Contexts, Reading, bundled
from harness.formats.signatures import SignatureError
from harness.wallet import di_vp
from harness.wallet.keys import WalletKey, make_key

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "data-integrity"
published = pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors are not on this machine")

FOLDERS = [
    ("eddsa/eddsa-rdfc-2022", "DataInt", "sha256"),
    ("eddsa/eddsa-rdfc-2022/employ", "DataInt", "sha256"),
    ("eddsa/eddsa-jcs-2022", "JCS", "sha256"),
    ("eddsa/Ed25519Signature2020", "EdSig", "sha256"),
    ("ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256", "sha256"),
    ("ecdsa/ecdsa-rdfc-2019-p256/employ", "ECDSAP256", "sha256"),
    ("ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", "sha384"),
    ("ecdsa/ecdsa-rdfc-2019-p384/employ", "ECDSAP384", "sha384"),
    ("ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", "sha256"),
    ("ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384", "sha384"),
]
V2 = "https://www.w3.org/ns/credentials/v2"
NOW = 1_700_000_000.0


def verify(document: dict[str, Any], proof: Proof, contexts: Contexts | None = None) -> None:
    assert proof.verification_method is not None
    data_integrity.verify_proof(document, proof, did.resolve(proof.verification_method), contexts)


def load(path: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / path).read_text("utf-8"))
    return loaded


# The published vectors


@published
@pytest.mark.parametrize(("folder", "suffix", "hash_name"), FOLDERS)
def test_published_proofs_verify_and_every_step_agrees(folder: str, suffix: str, hash_name: str) -> None:
    document = load(f"{folder}/signed{suffix}.json")
    (proof,), problems = data_integrity.read(document)
    assert problems == ()
    verify(document, proof)

    def text(name: str) -> str:
        return (VECTORS / folder / f"{name}{suffix}.txt").read_text("utf-8").strip()

    options, unsecured = data_integrity.canonical_forms(document, proof, hash_name)
    assert options.decode().strip() == text("proofCanon")
    assert unsecured.decode().strip() == text("canonDoc")
    assert hashlib.new(hash_name, options).hexdigest() == text("proofHash")
    assert hashlib.new(hash_name, unsecured).hexdigest() == text("docHash")
    assert data_integrity.hash_data(document, proof, hash_name).hex() == text("combinedHash")
    assert proof.value is not None
    assert proof.value.hex() == text("sigHex")


@published
@pytest.mark.parametrize("name", ["ProofSet1", "ProofSet2", "ProofChain1", "ProofChain2"])
def test_published_sets_and_chains_verify(name: str) -> None:
    document = load(f"eddsa/proof-set-chain/signed{name}.json")
    proofs, problems = data_integrity.read(document)
    assert problems == ()
    for proof in proofs:
        verify(document, proof)


@published
def test_a_link_of_a_chain_protects_those_before_it() -> None:
    """Data Integrity 1.0 section 4.5: the proofs that it depends on are part of what is signed."""
    document = load("eddsa/proof-set-chain/signedProofChain1.json")
    first = document["proof"][0]
    document["proof"][0] = {**first, "created": "2024-01-01T00:00:00Z"}
    proofs, _ = data_integrity.read(document)
    (last,) = (proof for proof in proofs if first["id"] in proof.previous)
    with pytest.raises(SignatureError) as error:
        verify(document, last)
    assert error.value.kind == "signature-invalid"


@published
def test_a_set_holds_without_its_other_proofs() -> None:
    document = load("eddsa/proof-set-chain/signedProofSet2.json")
    for single in document["proof"]:
        alone = {**document, "proof": single}
        ((proof,), _) = data_integrity.read(alone)
        verify(alone, proof)


# Everything is signed


CONTEXT = {"given_name": "urn:given_name", "tags": {"@id": "urn:tags", "@container": "@list"}, "Pass": "urn:Pass"}
CREDENTIAL: dict[str, Any] = {
    "@context": [V2, CONTEXT],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "Pass"],
    "issuer": "https://issuer.test",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "urn:x:holder", "given_name": "Erika", "tags": ["a", "b"]},
}
SUITES = [(suite, algorithm) for suite, algorithms in di_vp.ALGORITHMS.items() for algorithm in algorithms]


def signed(suite: str = "eddsa-rdfc-2022", algorithm: str = "EdDSA", **options: Any) -> dict[str, Any]:
    """Sign with the wallet's code for presentations, which the published vectors have proven."""
    key = make_key(algorithm)
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": did.key_url(did.did_key(key.public)),
        "proofPurpose": "assertionMethod",
        **options,
    }
    return di_vp.PresentationDraft(key, CREDENTIAL, options).secured()


def only(document: dict[str, Any]) -> Proof:
    ((proof,), _) = data_integrity.read(document)
    return proof


@pytest.mark.parametrize(("suite", "algorithm"), SUITES)
def test_a_right_proof_verifies(suite: str, algorithm: str) -> None:
    document = signed(suite, algorithm)
    assert data_integrity.read(document)[1] == ()
    verify(document, only(document))


def changes(value: Any) -> Iterator[Any]:
    """Give a value with one of its leaves changed, for each leaf."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from ({**value, name: other} for other in changes(item))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], other, *value[index + 1 :]] for other in changes(item))
    elif isinstance(value, str):
        yield value + "x"


@pytest.mark.parametrize(("suite", "algorithm"), SUITES)
def test_whatever_is_changed_no_longer_verifies(suite: str, algorithm: str) -> None:
    document = signed(suite, algorithm)
    jwk = did.resolve(document["proof"]["verificationMethod"])
    count = 0
    for changed in changes(document):
        if changed["@context"] != document["@context"] and suite.endswith(("2022", "2019")) and "rdfc" in suite:
            continue  # another context may say the same
        (proof,), _ = data_integrity.read(changed)
        count += 1
        with pytest.raises(SignatureError):
            data_integrity.verify_proof(changed, proof, jwk)
    assert count > 10


def test_the_order_of_members_does_not_matter() -> None:
    for suite, algorithm in SUITES:
        document = signed(suite, algorithm)
        turned = dict(reversed(document.items()))
        verify(turned, only(turned))


def titled(tag: str) -> dict[str, str]:
    return {"@value": "Pass", "@language": tag}


@pytest.mark.parametrize("tags", [{}, {"en-us": "en-US"}])
@pytest.mark.parametrize("direction", [None, "i18n-datatype"])
def test_what_json_ld_leaves_open_may_be_either(tags: dict[str, str], direction: str | None) -> None:
    key = make_key("EdDSA")
    members = {name: value for name, value in only(signed()).members.items() if name != "proofValue"}
    members["verificationMethod"] = did.key_url(did.did_key(key.public))
    document = {**CREDENTIAL, "name": [titled("en-US"), {**titled("ar"), "@direction": "rtl"}]}
    reading = Reading(tags, direction)
    form = data_integrity.hash_data(document, Proof(members, "/proof"), "sha256", reading=reading)
    signature = JWA.signing_alg("EdDSA").sign(key.private, form)
    proof = Proof({**members, "proofValue": multibase.encode(signature)}, "/proof")
    verify(document, proof)
    other = {**CREDENTIAL, "name": [titled("en-GB"), {**titled("ar"), "@direction": "rtl"}]}
    with pytest.raises(SignatureError):
        verify(other, proof)


def test_lists_keep_their_order_and_sets_do_not() -> None:
    document = signed()
    proof = only(document)
    verify({**document, "type": ["Pass", "VerifiableCredential"]}, proof)
    subject = {**document["credentialSubject"], "tags": ["b", "a"]}
    with pytest.raises(SignatureError):
        verify({**document, "credentialSubject": subject}, proof)


def test_a_key_of_another_kind_does_not_verify() -> None:
    document = signed()
    with pytest.raises(SignatureError) as error:
        data_integrity.verify_proof(document, only(document), make_key("ES256").public)
    assert error.value.kind == "key-unfit"


def test_what_is_not_known_is_not_judged() -> None:
    document = signed()
    with pytest.raises(Unverifiable) as error:
        verify(document, only(document), Contexts({}))
    assert error.value.kind == "context-unknown"
    foreign = {**document, "proof": {**document["proof"], "cryptosuite": "bbs-2023"}}
    with pytest.raises(Unverifiable) as other:
        verify(foreign, only(foreign))
    assert other.value.kind == "suite-unknown"


def test_the_context_of_a_proof_is_how_that_of_the_document_begins() -> None:
    """Data Integrity EdDSA Cryptosuites 1.0 section 3.3.2."""
    document = signed("eddsa-jcs-2022")
    longer = {**document, "@context": [*document["@context"], "https://more.test"]}
    verify(longer, only(longer))
    other = {**document, "@context": ["https://more.test", *document["@context"]]}
    assert [problem.kind for problem in data_integrity.read(other)[1]] == ["context-other"]
    with pytest.raises(SignatureError) as error:
        verify(other, only(other))
    assert error.value.kind == "proof-unreadable"


def test_numbers_that_json_cannot_canonicalize_are_an_error() -> None:
    document = {**signed("eddsa-jcs-2022"), "number": 2**60}
    with pytest.raises(SignatureError) as error:
        verify(document, only(document))
    assert error.value.kind == "not-canonical"


def test_json_ld_that_breaks_rules_is_an_error() -> None:
    document = {**signed(), "id": 7}
    with pytest.raises(SignatureError) as error:
        verify(document, only(document))
    assert error.value.kind == "json-ld"


def test_ecdsa_uses_the_hash_of_its_curve() -> None:
    document = signed("ecdsa-rdfc-2019", "ES384")
    proof = only(document)
    assert len(data_integrity.hash_data(document, proof, "sha384")) == 96
    assert proof.value is not None
    assert len(proof.value) == 96


# What a proof has to have


@pytest.mark.parametrize(
    ("change", "kind", "pointer"),
    [
        ({"type": None}, "proof-type-missing", "/proof"),
        ({"cryptosuite": None}, "cryptosuite-missing", "/proof"),
        ({"proofPurpose": None}, "purpose-missing", "/proof"),
        ({"proofPurpose": "authentication"}, "purpose-other", "/proof/proofPurpose"),
        ({"verificationMethod": None}, "method-missing", "/proof"),
        ({"verificationMethod": "key-1"}, "method-form", "/proof/verificationMethod"),
        ({"verificationMethod": {"id": "urn:x"}}, "proof-member", "/proof/verificationMethod"),
        ({"created": "2023-02-24"}, "created-form", "/proof/created"),
        ({"created": "2023-02-24T23:36:38"}, "created-form", "/proof/created"),
        ({"created": 1}, "proof-member", "/proof/created"),
        ({"expires": "2023-13-01T00:00:00Z"}, "expires-form", "/proof/expires"),
        ({"id": "proof-1"}, "proof-id", "/proof/id"),
        ({"proofValue": None}, "value-missing", "/proof"),
        ({"proofValue": "deadbeef"}, "value-form", "/proof/proofValue"),
        ({"proofValue": "z0OIl"}, "value-form", "/proof/proofValue"),
        ({"proofValue": "uAAAA"}, "value-base", "/proof/proofValue"),
        ({"proofValue": multibase.encode(b"x" * 63)}, "value-length", "/proof/proofValue"),
        ({"proofValue": "z" + "1" * 5_000}, "value-length", "/proof/proofValue"),
        ({"proofValue": "f00ff"}, "value-base", "/proof/proofValue"),
        ({"proofValue": "f00f"}, "value-form", "/proof/proofValue"),
        ({"cryptosuite": "of-tomorrow", "proofValue": "f00f"}, "value-form", "/proof/proofValue"),
        ({"domain": "issuer.test"}, "challenge-missing", "/proof"),
        ({"domain": [1], "challenge": "x"}, "proof-member", "/proof/domain"),
        ({"previousProof": "urn:none"}, "previous-unknown", "/proof/previousProof"),
        ({"previousProof": {}}, "proof-member", "/proof/previousProof"),
        ({"nonce": 1}, "proof-member", "/proof/nonce"),
    ],
)
def test_what_is_wrong_with_a_proof_is_found(change: dict[str, Any], kind: str, pointer: str) -> None:
    document = signed()
    members = {name: value for name, value in {**document["proof"], **change}.items() if value is not None}
    _, problems = data_integrity.read({**document, "proof": members})
    assert [(problem.kind, problem.pointer) for problem in problems] == [(kind, pointer)]


@pytest.mark.parametrize(
    "change",
    [
        {"created": "2023-02-24T23:36:38.5+14:00"},
        {"created": "2023-02-24T24:00:00-05:30"},
        {"proofPurpose": "https://w3id.org/security#assertionMethod"},
        {"domain": ["a", "b"], "challenge": "c", "nonce": "n"},
        {"id": "urn:uuid:1", "previousProof": ["urn:uuid:1"]},
        {"extra": {"any": "thing"}},
        {"cryptosuite": "ecdsa-sd-2023", "proofValue": "u2V0AhVhA"},
        {"cryptosuite": "of-tomorrow", "proofValue": "f00ff"},
        {"cryptosuite": "of-tomorrow", "proofValue": "z" + "2" * 5_000},
    ],
)
def test_what_a_proof_may_have_is_no_problem(change: dict[str, Any]) -> None:
    document = signed()
    assert data_integrity.read({**document, "proof": {**document["proof"], **change}})[1] == ()


@pytest.mark.parametrize("value", [None, [], "x", 5, [{}, 1], [[]], [{}] * 51])
def test_what_holds_no_proofs_is_one_problem(value: Any) -> None:
    proofs, problems = data_integrity.read({**CREDENTIAL, "proof": value})
    assert proofs == ()
    assert [problem.kind for problem in problems] == ["proof-form"]


def test_a_missing_proof_is_a_problem() -> None:
    assert [problem.kind for problem in data_integrity.read(CREDENTIAL)[1]] == ["proof-missing"]


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", True),  # of Data Integrity 1.0 section 2.3
        (["zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"], True),
        ([], False),
        ("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", False),
        (5, False),
    ],
)
def test_digests_are_multihash_values(value: Any, right: bool) -> None:
    document = {"credentialSubject": [{"image": {"id": "urn:x", "digestMultibase": value}}]}
    found = [(problem.kind, problem.pointer) for problem in data_integrity.digest_problems(document)]
    assert found == ([] if right else [("digest-multibase", "/credentialSubject/0/image/digestMultibase")])


def test_a_proof_has_its_time() -> None:
    def kinds(**members: str) -> list[str]:
        return [problem.kind for problem in Proof(members, "/proof").validity(NOW)]

    assert kinds() == []
    assert kinds(created="2023-11-14T22:14:10Z", expires="2023-11-14T22:12:30Z") == []  # within the skew
    assert kinds(created="2023-11-14T22:16:00Z") == ["issued-in-future"]
    assert kinds(expires="2023-11-14T22:10:00Z") == ["proof-expired"]
    assert kinds(created="soon", expires="late") == []


@settings(max_examples=1_000, derandomize=True, deadline=None)
@given(st.data())
def test_mutated_proofs_give_problems_or_one_clear_error(data: st.DataObject) -> None:
    """A million mutated bytes, more or less."""
    text = bytearray(json.dumps(data.draw(st.sampled_from(RIGHT))).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0x20, 0x7E))
    try:
        document = json.loads(text)
    except ValueError:
        return
    proofs, _ = data_integrity.read(document)
    for proof in proofs:
        try:
            data_integrity.verify_proof(document, proof, FIXED.public)
        except SignatureError as error:
            assert error.kind  # noqa: PT017


FIXED = WalletKey(JWK.generate(kty="OKP", crv="Ed25519"), "EdDSA")
RIGHT = [
    di_vp.PresentationDraft(
        FIXED,
        CREDENTIAL,
        {
            "type": "DataIntegrityProof",
            "cryptosuite": suite,
            "created": "2023-02-24T23:36:38Z",
            "verificationMethod": did.key_url(did.did_key(FIXED.public)),
            "proofPurpose": "assertionMethod",
        },
    ).secured()
    for suite in ("eddsa-rdfc-2022", "eddsa-jcs-2022")
]


def test_the_bundled_contexts_are_used_by_default() -> None:
    for document in RIGHT:
        data_integrity.verify_proof(document, only(document), FIXED.public)
        data_integrity.verify_proof(document, only(document), FIXED.public, bundled())
