from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from harness.formats import certificate_fields

ABOVE, KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
ISSUER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])
SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Signer")])
EMPTY = x509.Name([])
AUTHORITY_KEY = x509.AuthorityKeyIdentifier.from_issuer_public_key(ABOVE.public_key())
SUBJECT_KEY = x509.SubjectKeyIdentifier.from_public_key(KEY.public_key())
CA = x509.BasicConstraints(ca=True, path_length=None)


def usage(*, certificates: bool) -> x509.KeyUsage:
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign")
    names = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=certificates, **names)


def certificate(
    *extensions: x509.ExtensionType,
    subject: x509.Name = SUBJECT,
    issuer: x509.Name = ISSUER,
    serial: int = 2**100,
    signed_by: Any = ABOVE,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signed_by, hashes.SHA256())


def kinds(found: x509.Certificate) -> list[str]:
    return [problem.kind for problem in certificate_fields.problems(found)]


def reread(found: x509.Certificate, old: bytes, new: bytes) -> x509.Certificate:
    der = found.public_bytes(Encoding.DER)
    assert old in der
    return x509.load_der_x509_certificate(der.replace(old, new, 1))


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ([AUTHORITY_KEY], []),
        ([AUTHORITY_KEY, SUBJECT_KEY, CA, usage(certificates=True)], []),
        ([AUTHORITY_KEY, usage(certificates=False), x509.SubjectAlternativeName([x509.DNSName("a")])], []),
        ([], ["authority-key-identifier"]),
        ([SUBJECT_KEY], ["authority-key-identifier"]),
        ([AUTHORITY_KEY, CA], ["subject-key-identifier"]),
        ([AUTHORITY_KEY, usage(certificates=True)], ["signs-certificates"]),
        ([AUTHORITY_KEY, x509.SubjectAlternativeName([])], ["alternative-name-empty"]),
    ],
    ids=map(str, range(8)),
)
def test_extensions(extensions: list[x509.ExtensionType], expected: list[str]) -> None:
    assert kinds(certificate(*extensions)) == expected


def test_who_signed_itself_need_not_name_its_issuer() -> None:
    assert kinds(certificate(subject=ISSUER, signed_by=KEY)) == []


def test_names() -> None:
    assert kinds(certificate(AUTHORITY_KEY, issuer=EMPTY)) == ["issuer-empty"]
    assert kinds(certificate(AUTHORITY_KEY, subject=EMPTY)) == []
    assert kinds(certificate(AUTHORITY_KEY, SUBJECT_KEY, CA, subject=EMPTY)) == ["subject-empty"]


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_serial_numbers() -> None:
    found = certificate(AUTHORITY_KEY, serial=2**159 - 1)
    assert kinds(found) == []
    whole = (2**159 - 1).to_bytes(20, "big")
    assert kinds(reread(found, whole, b"\x80" + whole[1:])) == ["serial-negative"]
    assert certificate_fields.is_long(2**159)
    assert not certificate_fields.is_long(2**159 - 1)


def test_the_two_signature_algorithms_are_the_same() -> None:
    found = certificate(AUTHORITY_KEY)
    # ecdsa-with-SHA256 in the part that is signed becomes ecdsa-with-SHA384.
    other = reread(found, bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040303"))
    assert kinds(other) == ["algorithms-differ"]
