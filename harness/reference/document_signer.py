"""The certificates behind mobile documents: an authority and its document signers (ISO/IEC 18013-5 annex B).

The authority's root certificate (IACA) is the trust anchor; it certifies document signers directly. Both are made
for the time of issuance, since a document signer lives for 457 days at most.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID, ObjectIdentifier

from harness.reference.keys import SigningKey, key_usage

COUNTRY = "DE"
DOCUMENT_SIGNER = ObjectIdentifier("1.0.18013.5.1.2")
"""The extended key usage of document signers (ISO/IEC 18013-5:2021 B.1.4)."""
AUTHORITY_URL = "https://iaca.assay.test"
DAY = 24 * 3600
SEQUENCE, _BIT_STRING = 0x30, 0x03
_BLOCK = 30 * DAY
_SIGNER_LIFETIME = timedelta(days=400)
_AUTHORITY_YEARS = 9


@dataclass(frozen=True)
class Extension:
    """One extension of a certificate."""

    value: x509.ExtensionType
    critical: bool = False


@dataclass
class Certificate:
    """A certificate before it is signed, and who signs it."""

    country: str | None
    common_name: str | None
    public_key: CertificatePublicKeyTypes
    begin: datetime
    end: datetime
    extensions: dict[str, Extension]
    """By a name that faults know."""
    issuer: x509.Name | None
    """``None`` for a certificate that names its own subject as issuer."""
    signing_key: ec.EllipticCurvePrivateKey
    serial_number: int
    rewrite: Callable[[list[bytes]], None] | None = None
    """Changes the elements of the TBSCertificate, in DER, before they are signed."""
    rewritten_with: tuple[bytes, hashes.HashAlgorithm] | None = None
    """The signature algorithm, in DER, and hash function of a certificate that was changed so."""
    state: str | None = None

    @property
    def subject(self) -> x509.Name:
        """The distinguished name of the subject."""
        return name(self.country, self.common_name, self.state)

    def of(self, issuer_url: str, country: str, common_name: str) -> Certificate:
        """Name another issuer than the reference issuer, in place, and give this certificate.

        Args:
            issuer_url: its Credential Issuer Identifier, for the issuer alternative name.
            country: of the subject.
            common_name: of the subject.

        """
        self.country, self.common_name = country, common_name
        where = x509.IssuerAlternativeName([x509.UniformResourceIdentifier(issuer_url)])
        self.extensions["issuer-alternative-name"] = Extension(where)
        return self

    def signed(self) -> x509.Certificate:
        """Sign."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.issuer or self.subject)
            .public_key(self.public_key)
            .serial_number(self.serial_number)
            .not_valid_before(self.begin)
            .not_valid_after(self.end)
        )
        for extension in self.extensions.values():
            builder = builder.add_extension(extension.value, critical=extension.critical)
        return builder.sign(self.signing_key, hashes.SHA256(), ecdsa_deterministic=True)

    def der(self) -> bytes:
        """Sign and encode."""
        signed = self.signed()
        whole = signed.public_bytes(serialization.Encoding.DER)
        if self.rewrite is None:
            return whole
        algorithm, digest = self.rewritten_with or (elements(whole)[1], hashes.SHA256())
        parts = elements(signed.tbs_certificate_bytes)
        self.rewrite(parts)
        to_be_signed = encoded(SEQUENCE, b"".join(parts))
        signature = self.signing_key.sign(to_be_signed, ec.ECDSA(digest))
        return encoded(SEQUENCE, to_be_signed + algorithm + encoded(_BIT_STRING, b"\0" + signature))


def authority(moment: float) -> Certificate:
    """Draft the root certificate of the issuing authority (ISO/IEC 18013-5:2021 B.1.2).

    Args:
        moment: when it is to be valid, in seconds since the epoch.

    """
    key = _authority_key()
    year = datetime.fromtimestamp(moment, UTC).year - 1
    extensions = {
        "key-usage": Extension(key_usage(authority=True), critical=True),
        "basic-constraints": Extension(x509.BasicConstraints(ca=True, path_length=0), critical=True),
        "subject-key-identifier": Extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key())),
        "issuer-alternative-name": _issuer_alternative_name(),
        "crl-distribution-points": crl_distribution_points(),
    }
    return Certificate(
        COUNTRY,
        "Assay Test IACA",
        key.public_key(),
        datetime(year, 1, 1, tzinfo=UTC),
        datetime(year + _AUTHORITY_YEARS, 1, 1, tzinfo=UTC),
        extensions,
        issuer=None,
        signing_key=key,
        serial_number=serial_number(f"iaca {year}"),
    )


def document_signer(key: SigningKey, moment: float, root: Certificate | None = None) -> Certificate:
    """Draft the certificate of a key that signs mobile documents (ISO/IEC 18013-5:2021 B.1.4).

    Args:
        key: what it certifies.
        moment: when it signs, in seconds since the epoch.
        root: the certificate of its authority; ``None`` for the one of that time.

    """
    root = root or authority(moment)
    # Credentials of one time get the same certificate, so that it tells them apart by nothing.
    begin = int(moment) // _BLOCK * _BLOCK
    start = datetime.fromtimestamp(begin, UTC)
    extensions = {
        "authority-key-identifier": Extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.signing_key.public_key())
        ),
        "subject-key-identifier": Extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key)),
        "key-usage": Extension(key_usage(digital_signature=True), critical=True),
        "issuer-alternative-name": _issuer_alternative_name(),
        "extended-key-usage": Extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNER]), critical=True),
        "crl-distribution-points": crl_distribution_points(),
    }
    return Certificate(
        COUNTRY,
        f"Assay Document Signer {key.algorithm}",
        key.public_key,
        start,
        start + _SIGNER_LIFETIME,
        extensions,
        issuer=root.subject,
        signing_key=root.signing_key,
        serial_number=serial_number(f"signer {key.kid} {begin}"),
    )


def pem(certificate: Certificate) -> str:
    """Sign a certificate and write it in PEM."""
    return ssl.DER_cert_to_PEM_cert(certificate.der())


@cache
def stranger() -> ec.EllipticCurvePrivateKey:
    """The key of an authority that nobody trusts."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _authority_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name(country: str | None, common_name: str | None, state: str | None = None) -> x509.Name:
    """Give a distinguished name."""
    parts = (
        (NameOID.COUNTRY_NAME, country),
        (NameOID.STATE_OR_PROVINCE_NAME, state),
        (NameOID.ORGANIZATION_NAME, "Assay"),
        (NameOID.COMMON_NAME, common_name),
    )
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts if text is not None])


def serial_number(seed: str) -> int:
    """Give a positive number of 127 bits that nobody can foresee without the seed."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "big") >> 1 | 1


def _issuer_alternative_name() -> Extension:
    return Extension(x509.IssuerAlternativeName([x509.UniformResourceIdentifier(AUTHORITY_URL)]))


def crl_distribution_points(url: str = f"{AUTHORITY_URL}/crl", **fields: Any) -> Extension:
    """Say where the revocation list is; ``fields`` may be ``reasons`` and ``crl_issuer`` of that place."""
    names = [x509.UniformResourceIdentifier(url)]
    chosen = {"reasons": None, "crl_issuer": None} | fields
    return Extension(x509.CRLDistributionPoints([x509.DistributionPoint(names, None, **chosen)]))


def elements(data: bytes) -> list[bytes]:
    """Give the encoded elements of a SEQUENCE in DER."""
    found, rest = [], _content(data)
    while rest:
        length = len(rest) - len(_after(rest))
        found.append(rest[:length])
        rest = rest[length:]
    return found


def encoded(tag: int, content: bytes) -> bytes:
    """Encode a value in DER."""
    length = len(content)
    if length < _LONG_FORM:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG_FORM | len(octets)]) + octets + content


_LONG_FORM = 0x80


def _content(data: bytes) -> bytes:
    start, length = _extent(data)
    return data[start : start + length]


def _after(data: bytes) -> bytes:
    start, length = _extent(data)
    return data[start + length :]


def _extent(data: bytes) -> tuple[int, int]:
    """Say where the content of the first value begins and how long it is."""
    first = data[1]
    if first < _LONG_FORM:
        return 2, first
    count = first - _LONG_FORM
    return 2 + count, int.from_bytes(data[2 : 2 + count], "big")
