"""Credentials with Data Integrity proofs: what the reader gives, and input that is no such credential."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import credential, did, ldp_vc
from harness.formats.data_integrity import Unverifiable
from harness.formats.json_ld import Contexts, UnknownContext, bundled
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError
from harness.wallet import di_vp
from harness.wallet.keys import make_key

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
TERMS = {"given_name": "urn:given_name", "Pass": "urn:Pass"}
HOLDER = make_key("ES256")
ISSUER = make_key("EdDSA")
NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z


def issued(changes: dict[str, Any] | None = None, **proof: Any) -> dict[str, Any]:
    """Issue a credential by the wallet's code for presentations; ``None`` removes a member."""
    method = did.key_url(did.did_key(ISSUER.public))
    document = {
        "@context": [V2, TERMS],
        "type": ["VerifiableCredential", "Pass"],
        "issuer": did.did_key(ISSUER.public),
        "validFrom": "2023-11-14T22:00:00Z",
        "validUntil": "2024-11-14T22:00:00Z",
        "credentialSubject": {"id": did.did_key(HOLDER.public), "given_name": "Erika"},
    }
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2023-11-14T22:10:00Z",
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    draft = di_vp.PresentationDraft(ISSUER, document, options)
    return draft.with_document(changes or {}).with_proof(**proof).secured()


def test_a_right_credential_has_no_problems_and_verifies() -> None:
    vc = ldp_vc.read(issued())
    assert vc.problems == ()
    assert vc.losses == ()
    assert vc.proof is not None
    assert vc.losses_of(vc.proof) == ()
    vc.verify(ISSUER.public)
    with pytest.raises(SignatureError):
        vc.verify(make_key("EdDSA").public)


def test_it_says_what_other_checks_ask_of_every_credential() -> None:
    vc = ldp_vc.read(issued())
    assert vc.algorithm == "eddsa-rdfc-2022"
    assert vc.claims["credentialSubject"]["given_name"] == "Erika"
    assert vc.holder_key == HOLDER.public
    assert vc.expires == 1_731_621_600.0
    assert vc.signer.issuer == did.did_key(ISSUER.public)
    assert vc.signer.key_id == did.key_url(did.did_key(ISSUER.public))
    assert vc.signer.mechanisms[0] == "did"


def test_it_is_read_by_the_name_of_its_format() -> None:
    assert isinstance(credential.read("ldp_vc", issued()), ldp_vc.LdpVc)


def test_an_older_suite_is_named_by_its_type() -> None:
    vc = ldp_vc.read({**issued(), "proof": {"type": "Ed25519Signature2020", "proofValue": "z"}})
    assert vc.algorithm == "Ed25519Signature2020"


def test_the_proof_of_the_issuer_counts_among_several() -> None:
    own, foreign = issued()["proof"], issued(verificationMethod="did:key:z6Mkx#z6Mkx")["proof"]
    vc = ldp_vc.read({**issued(), "proof": [foreign, own]})
    assert vc.proof is not None
    assert vc.proof.pointer == "/proof/1"
    vc.verify(ISSUER.public)
    alone = ldp_vc.read({**issued(), "proof": [foreign]})
    assert alone.proof is not None
    assert alone.proof.pointer == "/proof/0"


@pytest.mark.parametrize("method", ["key 1", 5, {"id": "did:example:a#b"}])
def test_what_is_no_url_leads_to_no_key(method: Any) -> None:
    assert ldp_vc.read({**issued(), "proof": {"type": "x", "verificationMethod": method}}).signer.mechanisms == ()


def test_without_proof_there_is_nothing_to_verify() -> None:
    vc = ldp_vc.read({name: value for name, value in issued().items() if name != "proof"})
    assert [problem.kind for problem in vc.problems] == ["proof-missing"]
    assert vc.signer.mechanisms == ()
    assert vc.algorithm is None
    with pytest.raises(SignatureError) as error:
        vc.verify(ISSUER.public)
    assert error.value.kind == "proof-unreadable"


def test_problems_of_one_proof() -> None:
    right, wrong = issued()["proof"], {**issued()["proof"], "created": "today"}
    vc = ldp_vc.read({**issued(), "proof": [right, wrong]})
    assert [[problem.kind for problem in vc.problems_of(proof)] for proof in vc.proofs] == [[], ["created-form"]]


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, []),
        ({"validUntil": "2023-11-14T22:00:00Z"}, ["expired"]),
        ({"validFrom": "2023-11-14T23:00:00Z"}, ["not-yet-valid"]),
        ({"validFrom": "2023-11-14T22:14:00Z", "validUntil": "2023-11-14T22:12:30Z"}, []),  # within the skew
    ],
)
def test_the_credential_has_its_time(changes: dict[str, Any], kinds: list[str]) -> None:
    assert [problem.kind for problem in ldp_vc.read(issued(changes)).validity(NOW)] == kinds


def test_the_proof_has_its_time() -> None:
    vc = ldp_vc.read(issued(created="2023-11-14T22:30:00Z", expires="2023-11-14T22:00:00Z"))
    assert [problem.kind for problem in vc.validity(NOW)] == ["proof-expired", "issued-in-future"]


def test_the_older_data_model_is_read_as_well() -> None:
    proof_context = "https://w3id.org/security/data-integrity/v2"
    changes = {
        "@context": [V1, proof_context, TERMS],
        "validFrom": None,
        "validUntil": None,
        "issuanceDate": "2023-11-14T22:00:00Z",
        "expirationDate": "2024-11-14T22:00:00Z",
    }
    vc = ldp_vc.read(issued(changes))
    assert vc.problems == ()
    vc.verify(ISSUER.public)
    assert vc.expires == 1_731_621_600.0
    lacking = ldp_vc.read(issued({**changes, "@context": [V1, TERMS]}))
    assert lacking.proof is not None
    assert {problem.kind for problem in lacking.losses_of(lacking.proof)} == {"term-undefined", "type-undefined"}


def test_what_is_dropped_is_told_apart() -> None:
    vc = ldp_vc.read(issued({"nickname": "Eri"}, mood="fine"))
    assert [problem.pointer for problem in vc.losses] == ["/nickname"]
    assert vc.proof is not None
    assert [problem.pointer for problem in vc.losses_of(vc.proof)] == ["/proof/mood"]
    vc.verify(ISSUER.public)  # the proof does not protect what is dropped


def test_an_unknown_context_says_nothing_against_it() -> None:
    url = "https://issuer.test/context"
    further = bundled().with_documents({url: {"@context": TERMS}})
    value = {**issued(), "@context": [V2, url]}
    with pytest.raises(Unverifiable):
        ldp_vc.read(value).verify(ISSUER.public)
    with pytest.raises(UnknownContext):
        _ = ldp_vc.read(value).losses
    ldp_vc.read(value, further).verify(ISSUER.public)  # the same meaning by another context
    assert ldp_vc.read(value, further).losses == ()


def test_contexts_are_those_that_are_given() -> None:
    with pytest.raises(Unverifiable):
        ldp_vc.read(issued(), Contexts({})).verify(ISSUER.public)


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors are not on this machine")
def test_the_example_of_openid4vci_is_read() -> None:
    text = (VECTORS / "openid4vci-1.0" / "credential_response_ldp_vc.txt").read_text("utf-8")
    body = json.loads(text.partition("\n\n")[2].replace("\n                         ", ""))
    vc = ldp_vc.read(body["credentials"][0]["credential"])
    assert vc.algorithm == "Ed25519Signature2020"
    assert vc.problems == ()
    assert vc.signer.issuer == "https://example.edu/issuers/565049"


# What is no such credential


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = [value]
    return {"credentialSubject": value}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("{}", "credential-type"),
        ([], "credential-type"),
        (None, "credential-type"),
        (deep(10_000), "too-deep"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(value: Any, kind: str) -> None:
    with pytest.raises(FormatError) as error:
        ldp_vc.read(value)
    assert error.value.kind == kind


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(SCALARS | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=5)
RIGHT = [issued(), issued(cryptosuite="eddsa-jcs-2022")]


@settings(max_examples=1_000, derandomize=True, deadline=None)
@given(st.data())
def test_mutated_credentials_give_problems_or_one_clear_error(data: st.DataObject) -> None:
    """A million mutated bytes, more or less, and members replaced by whatever JSON has."""
    text = bytearray(json.dumps(data.draw(st.sampled_from(RIGHT))).encode())
    for _ in range(data.draw(st.integers(0, 6))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0x20, 0x7E))
    try:
        value = json.loads(text)
    except ValueError:
        return
    if isinstance(value, dict):
        for name in data.draw(st.lists(st.sampled_from(sorted(value)), max_size=2)):
            value[name] = data.draw(JSON)
    try:
        vc = ldp_vc.read(value)
        _ = (vc.algorithm, vc.holder_key, vc.expires, vc.signer, vc.validity(NOW))
        vc.verify(ISSUER.public)
        _ = (vc.losses, [vc.losses_of(proof) for proof in vc.proofs])
    except FormatError as error:
        assert error.kind  # noqa: PT017
