"""The mobile documents of the reference issuer, read by libraries that know nothing of it."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID
from jwcrypto.jwk import JWK
from pymdoccbor.mdoc.verifier import MobileDocument

from harness.reference import credential_formats, documents, faults, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS

NOW = datetime(2026, 5, 17, 12, 34, 56, tzinfo=UTC).timestamp()
MDOCS = ["mdoc", "mdoc-pid", "mdoc-photo-id", "mdoc-eddsa", "mdoc-es384", "mdoc-batch", "mdoc-deferred"]
SEAMS = ("mdoc", "mso", "issuer-auth", "issuer-signed", "mdoc-encoding", "document-signer", "iaca")
FAULTS = [name for name in faults.catalogue() if name.partition(":")[0] in SEAMS]
CURVES = {1: ec.SECP256R1(), 2: ec.SECP384R1()}


class Made:
    """A mobile document that a reference issuer made for a key, and what it is made with."""

    def __init__(self, variant: str, *faulty: str, now: float = NOW) -> None:
        self.issuer = ReferenceIssuer(VARIANTS[variant], faulty, clock=lambda: now, random_bytes=counted())
        context = self.issuer.context
        self.data = documents.configurations(context.variant)[context.variant.configurations[0]]
        holder = holder_of(context.variant.proof_algorithms[0])
        self.text: str = credential_formats.issued(context, self.data, holder, self.issuer._defects.emit)
        self.iaca_pem = self.issuer.iaca_pem

    @property
    def issuer_signed(self) -> dict[str, Any]:
        decoded: dict[str, Any] = cbor2.loads(base64.urlsafe_b64decode(self.text + "=" * (-len(self.text) % 4)))
        return decoded

    @property
    def mso(self) -> dict[str, Any]:
        decoded: dict[str, Any] = cbor2.loads(cbor2.loads(self.issuer_signed["issuerAuth"][2]).value)
        return decoded

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.issuer_signed["issuerAuth"][1][33])

    @property
    def root(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.iaca_pem.encode())


def counted() -> Any:
    numbers = iter(range(1, 10_000))
    return lambda length: hashlib.shake_128(str(next(numbers)).encode()).digest(length)


@cache
def holder_of(algorithm: str) -> dict[str, Any]:
    kind = {"kty": "OKP", "crv": "Ed25519"} if algorithm == "EdDSA" else {"kty": "EC", "crv": f"P-{algorithm[2:]}"}
    key: dict[str, Any] = JWK.generate(**kind).export_public(as_dict=True)
    return key


@pytest.mark.parametrize("variant", ["mdoc", "mdoc-pid", "mdoc-photo-id"])
def test_an_independent_library_accepts_a_document(variant: str) -> None:
    made = Made(variant, now=datetime.now(UTC).timestamp())
    document = MobileDocument(made.data["doctype"], made.issuer_signed)
    assert document.verify([made.root])
    assert document.hash_verification["verified"] == sum(len(names) for names in made.data["namespaces"].values())


@pytest.mark.parametrize("fault", ["mso:digest-wrong", "issuer-auth:signature", "document-signer:untrusted"])
def test_the_independent_library_refuses_a_broken_document(fault: str) -> None:
    made = Made("mdoc", fault, now=datetime.now(UTC).timestamp())
    document = MobileDocument(made.data["doctype"], made.issuer_signed)
    try:
        accepted = document.verify([made.root])
    except ValueError:
        accepted = False
    assert not accepted


@pytest.mark.parametrize("variant", MDOCS)
def test_the_signature_verifies_with_the_certificate(variant: str) -> None:
    made = Made(variant)
    protected, _, payload, signature = made.issuer_signed["issuerAuth"]
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    key = made.certificate.public_key()
    if isinstance(key, ed25519.Ed25519PublicKey):
        assert cbor2.loads(protected) == {1: -8}
        key.verify(signature, signed)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        algorithm, digest = {256: (-7, hashes.SHA256()), 384: (-35, hashes.SHA384())}[key.curve.key_size]
        assert cbor2.loads(protected) == {1: algorithm}
        half = len(signature) // 2
        numbers = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        key.verify(encode_dss_signature(*numbers), signed, ec.ECDSA(digest))


@pytest.mark.parametrize("variant", MDOCS)
def test_every_element_has_its_digest(variant: str) -> None:
    made = Made(variant)
    hash_of = {"SHA-256": hashlib.sha256, "SHA-384": hashlib.sha384}[made.mso["digestAlgorithm"]]
    for namespace, elements in made.data["namespaces"].items():
        items = made.issuer_signed["nameSpaces"][namespace]
        digests = made.mso["valueDigests"][namespace]
        found = {cbor2.loads(item.value)["digestID"]: hash_of(cbor2.dumps(item)).digest() for item in items}
        assert found.items() <= digests.items()
        assert [cbor2.loads(item.value)["elementIdentifier"] for item in items] == list(elements)
        assert all(len(cbor2.loads(item.value)["random"]) >= 16 for item in items)


def test_there_may_be_digests_of_elements_that_are_held_back() -> None:
    made = Made("mdoc-es384")
    for namespace, items in made.issuer_signed["nameSpaces"].items():
        assert len(made.mso["valueDigests"][namespace]) == len(items) + 2


@pytest.mark.parametrize(("variant", "curve"), [("mdoc", 1), ("mdoc-es384", 2), ("mdoc-eddsa", 6)])
def test_the_document_is_bound_to_the_key_of_its_holder(variant: str, curve: int) -> None:
    device_key = Made(variant).mso["deviceKeyInfo"]["deviceKey"]
    jwk = holder_of(VARIANTS[variant].proof_algorithms[0])
    assert device_key[-1] == curve
    assert base64.urlsafe_b64encode(device_key[-2]).decode().rstrip("=") == jwk["x"]
    if curve in CURVES:
        assert set(device_key) == {1, -1, -2, -3}
        ec.EllipticCurvePublicNumbers(
            int.from_bytes(device_key[-2], "big"), int.from_bytes(device_key[-3], "big"), CURVES[curve]
        ).public_key()


def test_the_times_are_rounded_and_in_order() -> None:
    made = Made("mdoc")
    raw = cbor2.loads(made.issuer_signed["issuerAuth"][2]).value
    assert b"\xc0\x742026-05-17T12:00:00Z" in raw
    info = made.mso["validityInfo"]
    assert info["signed"] == info["validFrom"] < info["expectedUpdate"] < info["validUntil"]
    assert info["validUntil"] - info["validFrom"] == timedelta(days=90)
    assert made.certificate.not_valid_before_utc <= info["signed"]
    assert info["validUntil"] <= made.certificate.not_valid_after_utc


@pytest.mark.parametrize(
    "moment", [NOW, NOW + 200 * 86400, datetime(2031, 12, 31, 23, 59, tzinfo=UTC).timestamp()]
)
def test_the_certificates_keep_to_their_profile(moment: float) -> None:
    made = Made("mdoc", now=moment)
    leaf, root = made.certificate, made.root
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=457)
    assert root.not_valid_before_utc <= leaf.not_valid_before_utc
    assert leaf.not_valid_after_utc <= root.not_valid_after_utc
    extensions = {extension.oid.dotted_string: extension for extension in leaf.extensions}
    assert extensions["2.5.29.37"].critical
    assert [usage.dotted_string for usage in extensions["2.5.29.37"].value] == ["1.0.18013.5.1.2"]
    assert {oid for oid, extension in extensions.items() if extension.critical} == {"2.5.29.15", "2.5.29.37"}
    assert {"2.5.29.14", "2.5.29.35", "2.5.29.18", "2.5.29.31"} <= extensions.keys()
    for name in (leaf.subject, root.subject):
        assert [part.value for part in name.get_attributes_for_oid(NameOID.COUNTRY_NAME)] == ["DE"]


def test_documents_of_one_time_have_one_certificate() -> None:
    assert Made("mdoc").certificate == Made("mdoc").certificate


def test_the_metadata_announce_what_is_issued() -> None:
    for variant in MDOCS:
        made = Made(variant)
        described = documents.metadata(made.issuer.context, ["en-GB"])["credential_configurations_supported"]
        configuration = described[VARIANTS[variant].configurations[0]]
        assert configuration["format"] == "mso_mdoc"
        assert configuration["doctype"] == made.mso["docType"]
        assert configuration["cryptographic_binding_methods_supported"] == ["cose_key"]
        for claim in configuration["credential_metadata"]["claims"]:
            namespace, element = claim["path"][:2]
            assert element in made.data["namespaces"][namespace]


def test_a_portrait_is_an_image() -> None:
    items = Made("mdoc").issuer_signed["nameSpaces"]["org.iso.18013.5.1"]
    elements = {item["elementIdentifier"]: item["elementValue"] for item in (cbor2.loads(i.value) for i in items)}
    assert elements["portrait"].startswith(b"\xff\xd8\xff")
    assert elements["portrait"].endswith(b"\xff\xd9")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_what_is_issued(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Real signatures differ each time.
    monkeypatch.setattr(
        keys.SigningKey, "sign", lambda key, data: hashlib.sha512(key.kid.encode() + data).digest()
    )
    plain = "mdoc-identifier-list" if fault in faults.defined_in("identifier_lists") else "mdoc"
    variant = {"mdoc:pid": "mdoc-pid", "mdoc:pho": "mdoc-photo-id"}.get(fault[:8], plain)
    clean, faulty = Made(variant), Made(variant, fault)
    assert fault in faulty.issuer.fired
    anchor = fault.startswith("iaca:")
    assert (faulty.iaca_pem != clean.iaca_pem) == anchor
    # A signer names its authority as that is called.
    assert (faulty.text != clean.text) == (not anchor or fault.partition(":")[2].startswith(("country", "common")))


def test_without_a_fault_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        keys.SigningKey, "sign", lambda key, data: hashlib.sha512(key.kid.encode() + data).digest()
    )
    assert Made("mdoc").text == Made("mdoc").text
