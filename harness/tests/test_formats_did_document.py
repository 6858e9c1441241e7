"""DID documents are read as DID Core 1.0 writes them, and did:web tells where they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import did, did_document, did_web, strict_json
from harness.formats.problems import FormatError
from harness.reference import keys

KEY = keys.issuer_key("ES256")
EDWARDS = keys.issuer_key("EdDSA")
DID = "did:web:issuer.example"
METHOD: dict[str, Any] = {
    "id": f"{DID}#1",
    "type": "JsonWebKey",
    "controller": DID,
    "publicKeyJwk": KEY.public_jwk,
}
MULTIKEY: dict[str, Any] = {
    "id": f"{DID}#2",
    "type": "Multikey",
    "controller": DID,
    "publicKeyMultibase": did.did_key(EDWARDS.public_jwk).removeprefix("did:key:"),
}


def document(**changes: Any) -> dict[str, Any]:
    made = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": DID,
        "verificationMethod": [METHOD, MULTIKEY],
        "assertionMethod": [f"{DID}#1", f"{DID}#2"],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def kinds(value: Any) -> list[str]:
    return [problem.kind for problem in did_document.read(value, DID).problems]


def method(**changes: Any) -> dict[str, Any]:
    """A document whose only method is ``METHOD`` with changes."""
    made = {name: value for name, value in {**METHOD, **changes}.items() if value is not None}
    return document(verificationMethod=[made], assertionMethod=[f"{DID}#1"])


def test_keys_are_read_in_each_form() -> None:
    read = did_document.read(document(), DID)
    assert read.problems == ()
    first, second = read.method(f"{DID}#1"), read.method(f"{DID}#2")
    assert first is not None
    assert second is not None
    assert first.jwk == KEY.public_jwk
    assert (second.jwk or {})["crv"] == "Ed25519"
    assert (second.type, second.controller, second.pointer) == ("Multikey", DID, "/verificationMethod/1")
    assert read.allows("assertionMethod", f"{DID}#1")
    assert not read.allows("authentication", f"{DID}#1")
    assert read.method(f"{DID}#3") is None


def test_a_relationship_may_embed_its_method() -> None:
    read = did_document.read(document(verificationMethod=None, assertionMethod=[METHOD]), DID)
    assert read.problems == ()
    assert read.method(f"{DID}#1") is not None
    assert read.allows("assertionMethod", f"{DID}#1")


def test_a_relationship_may_refer_to_another_document() -> None:
    assert kinds(document(assertionMethod=["did:web:other.example#1"])) == []


def test_a_method_without_key_that_is_known_is_no_problem() -> None:
    read = did_document.read(method(type="SomethingNew", publicKeyJwk=None, publicKeyNew="x"), DID)
    assert read.problems == ()
    assert read.methods[0].jwk is None


def test_older_types_are_read() -> None:
    key = MULTIKEY["publicKeyMultibase"]
    for kind in ("Ed25519VerificationKey2020", "Ed25519VerificationKey2018"):
        read = did_document.read(method(type=kind, publicKeyJwk=None, publicKeyMultibase=key), DID)
        assert read.problems == ()
        assert (read.methods[0].jwk or {})["crv"] == "Ed25519"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (document(id="did:web:other.example"), ["document-id"]),
        (document(id=None), ["document-id"]),
        (document(**{"@context": "https://www.w3.org/2018/credentials/v1"}), ["document-context"]),
        (document(**{"@context": None}), []),
        (document(verificationMethod=METHOD, assertionMethod=None), ["methods-form"]),
        (document(assertionMethod=f"{DID}#1"), ["relationship-form"]),
        (document(assertionMethod=[]), ["relationship-form"]),
        (document(assertionMethod=[f"{DID}#gone"]), ["relationship-dangling"]),
        (document(assertionMethod=["#1"]), ["url-relative"]),
        (method(id="#1"), ["url-relative"]),
        (method(controller=None), ["method-members"]),
        (method(controller="https://issuer.example"), ["method-controller"]),
        (method(publicKeyMultibase=MULTIKEY["publicKeyMultibase"]), ["material-twice"]),
        (method(publicKeyJwk={"kty": "EC", "crv": "P-256"}), ["material-jwk"]),
        (method(publicKeyJwk={**KEY.public_jwk, "d": "AAAA"}), ["material-private"]),
        (method(publicKeyJwk=None), ["material-missing"]),
        (method(type="Multikey", publicKeyJwk=None, publicKeyMultibase="u123"), ["material-multibase"]),
        (
            method(type="EcdsaSecp256r1VerificationKey2019", publicKeyJwk=EDWARDS.public_jwk),
            ["material-multibase"],
        ),
        (
            document(verificationMethod=[METHOD, {**MULTIKEY, "id": METHOD["id"]}], assertionMethod=None),
            ["method-repeated"],
        ),
    ],
)
def test_what_is_wrong_is_told(value: Any, expected: list[str]) -> None:
    assert kinds(value) == expected


def test_a_private_key_is_reported_and_not_handed_on() -> None:
    read = did_document.read(method(publicKeyJwk={**KEY.public_jwk, "d": "AAAA"}), DID)
    assert read.methods[0].jwk is not None
    assert "d" not in read.methods[0].jwk


@pytest.mark.parametrize("value", [None, [], "x", 7])
def test_what_is_no_object_is_no_document(value: Any) -> None:
    with pytest.raises(did_document.DidDocumentError, match="document-object"):
        did_document.read(value, DID)


@pytest.mark.parametrize(
    ("identifier", "url"),
    [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000", "https://example.com:3000/.well-known/did.json"),
        ("did:web:example.com%3a3000:user:alice", "https://example.com:3000/user/alice/did.json"),
    ],
)
def test_where_the_document_of_a_did_web_is(identifier: str, url: str) -> None:
    read = did_web.read(identifier)
    assert (read.url, read.problems) == (url, ())


def test_an_address_is_no_domain_name() -> None:
    (problem,) = did_web.read("did:web:192.0.2.1").problems
    assert problem.kind == "did-web-address"


@pytest.mark.parametrize(
    "identifier",
    [
        "did:web:",
        "did:web::a",
        "did:web:a%2Fb",
        "did:web:a/b",
        "did:web:a%3A99999",
        "did:WEB:a",
        "did:key:z6",
        "did:web:a::b",
    ],
)
def test_what_is_no_did_web_is_refused(identifier: str) -> None:
    with pytest.raises(did.DidError, match="did-syntax"):
        did_web.read(identifier)


TEXT = json.dumps(document())


@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.text(max_size=6), st.integers(0, 40)), max_size=4))
@settings(max_examples=1000, derandomize=True, deadline=None)
def test_a_mutated_document_is_judged_or_refused(edits: list[tuple[int, str, int]]) -> None:
    text = TEXT
    for at, new, cut in edits:
        text = text[:at] + new + text[at + cut :]
    try:
        read = did_document.read(strict_json.parse(text.encode("utf-8", "surrogatepass")).value, DID)
    except FormatError:
        return
    assert all(method.jwk is None or "kty" in method.jwk for method in read.methods)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*METHOD, "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, JSON, JSON)
@settings(max_examples=300, derandomize=True, deadline=None)
def test_values_of_any_type_are_judged(methods: Any, relationship: Any, context: Any) -> None:
    value = {"id": DID, "verificationMethod": methods, "assertionMethod": relationship, "@context": context}
    did_document.read(value, DID)
