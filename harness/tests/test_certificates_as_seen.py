"""Who signed credentials, as reports show it."""

from __future__ import annotations

import json

import pytest
from cryptography import x509

from harness.certificates_as_seen import described, signers
from harness.formats import credential
from harness.formats.credential import Credential
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.tests.test_credential_as_seen import issued


def read(variant: str) -> Credential:
    return credential.read(*issued(variant))


@pytest.mark.parametrize(("variant", "algorithm"), [("default", "ES256"), ("mdoc", -7)])
def test_a_signer_is_told_with_its_certificates(variant: str, algorithm: str | int) -> None:
    (signer,) = signers([("first", read(variant)), ("second", read(variant))])
    assert signer["credentials"] == ["first", "second"]
    assert signer["algorithm"] == algorithm
    first = signer["certificates"][0]
    assert first["subject"].startswith("CN=")
    assert first["key"] == "EC secp256r1"
    assert first["not_before"] < first["not_after"]
    assert len(first["sha256"]) == 64
    json.dumps(signer)


def test_a_signer_without_a_certificate_is_told_by_its_key() -> None:
    (signer,) = signers([("first", read("did-issuer"))])
    assert signer["certificates"] == []
    assert str(signer["key_id"]).startswith("did:")


def test_other_signers_are_told_apart() -> None:
    assert len(signers([("a", read("default")), ("b", read("mdoc"))])) == 2


def test_a_certificate_is_told_in_words() -> None:
    anchor = x509.load_pem_x509_certificate(ReferenceIssuer(VARIANTS["default"]).trust_anchor_pem.encode())
    told = described(anchor)
    assert told["subject"] == told["issuer"]
    assert told["signed_with"].lower().startswith("ecdsa")
    assert set(told) == {
        "subject", "issuer", "serial_number", "not_before", "not_after", "key", "signed_with", "sha256",
    }  # fmt: skip


@pytest.mark.parametrize("value", [["no base64"], [], "text", [b"no der"], 7, [1, "x"]])
def test_certificates_that_cannot_be_read_are_left_out(value: object) -> None:
    class Unreadable:
        algorithm = "ES256"
        signer = type("Signer", (), {"issuer": None, "key_id": 7, "certificates": value})

    (signer,) = signers([("x", Unreadable())])  # type: ignore[list-item]
    assert (signer["certificates"], signer["key_id"]) == ([], "7")
