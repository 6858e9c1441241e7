"""Faults of the certificates behind mobile documents (ISO/IEC 18013-5 annex B, RFC 5280)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from harness.reference import document_signer, keys
from harness.reference.context import Context
from harness.reference.document_signer import (
    SEQUENCE,
    Certificate,
    Extension,
    crl_distribution_points,
    elements,
    encoded,
)
from harness.reference.faults import fault

Spoiler = Callable[[Certificate, Context], None]

_UNKNOWN = ObjectIdentifier("1.3.6.1.4.1.55555.1")


def _without(extension: str) -> Spoiler:
    def spoil(certificate: Certificate, _: Context) -> None:
        certificate.extensions.pop(extension, None)

    return spoil


def _with(extension: str, value: x509.ExtensionType, *, critical: bool = False) -> Spoiler:
    def spoil(certificate: Certificate, _: Context) -> None:
        certificate.extensions[extension] = Extension(value, critical)

    return spoil


def _criticality(extension: str, *, critical: bool) -> Spoiler:
    def spoil(certificate: Certificate, _: Context) -> None:
        value = certificate.extensions[extension].value
        certificate.extensions[extension] = Extension(value, critical)

    return spoil


def _having(**members: Any) -> Spoiler:
    """Replace members of the certificate."""

    def spoil(certificate: Certificate, _: Context) -> None:
        for name, value in members.items():
            setattr(certificate, name, value)

    return spoil


def _usage(*bits: str) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in bits for name in names})


@cache
def _rsa_key() -> rsa.RSAPublicKey:
    key: rsa.RSAPublicKey = keys.rsa_key().get_op_key("verify")
    return key


def _rsa(certificate: Certificate, _: Context) -> None:
    certificate.public_key = _rsa_key()


def _shifted(begin: int = 0, end: int = 0) -> Spoiler:
    """Move the validity period by so many days from where it begins."""

    def spoil(certificate: Certificate, _: Context) -> None:
        start = certificate.begin
        certificate.begin = start + timedelta(days=begin)
        certificate.end = start + timedelta(days=end)

    return spoil


def _foreign_identifier() -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(document_signer.stranger().public_key())


_OTHER_NAME = x509.IssuerAlternativeName([x509.DNSName("iaca.assay.test")])
_REASONS = frozenset({x509.ReasonFlags.key_compromise})
_CRL_ISSUER = [x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Assay CRL")]))]
_NAME_CONSTRAINTS = x509.NameConstraints([x509.DNSName("assay.test")], None)

for _name, _description, _spoiler in (
    ("country-missing", "subject names no country", _having(country=None)),
    ("country-lower-case", "subject names its country in lower case", _having(country="de")),
    ("common-name-missing", "subject has no common name", _having(common_name=None)),
    ("subject-key-identifier-missing", "subjectKeyIdentifier is missing", _without("subject-key-identifier")),
    ("key-usage-missing", "keyUsage is missing", _without("key-usage")),
    ("key-usage-not-critical", "keyUsage is not critical", _criticality("key-usage", critical=False)),
    (
        "issuer-alternative-name-missing",
        "issuerAlternativeName is missing",
        _without("issuer-alternative-name"),
    ),
    (
        "issuer-alternative-name-host",
        "issuerAlternativeName has the name of a host only",
        _with("issuer-alternative-name", _OTHER_NAME),
    ),
    (
        "crl-distribution-points-missing",
        "cRLDistributionPoints are missing",
        _without("crl-distribution-points"),
    ),
    (
        "crl-distribution-points-reasons",
        "cRLDistributionPoints have reasons",
        _with("crl-distribution-points", crl_distribution_points(reasons=_REASONS).value),
    ),
    (
        "crl-distribution-points-issuer",
        "cRLDistributionPoints name an issuer",
        _with("crl-distribution-points", crl_distribution_points(crl_issuer=_CRL_ISSUER).value),
    ),
    ("name-constraints", "names are constrained", _with("name-constraints", _NAME_CONSTRAINTS, critical=True)),
    (
        "critical-unknown",
        "extension that nobody knows is critical",
        _with("unknown", x509.UnrecognizedExtension(_UNKNOWN, b"\x05\x00"), critical=True),
    ),
    ("rsa-key", "key is one of RSA", _rsa),
):
    for _document, _whose in (("document-signer", "signer"), ("iaca", "authority")):
        if (_document, _name) != ("iaca", "rsa-key"):
            fault(f"{_document}:{_name}", f"In the certificate of the {_whose}: the {_description}.")(_spoiler)

for _name, _description, _spoiler in (
    ("country-other", "The signer is of another country than its authority.", _having(country="FR")),
    ("expired", "The certificate of the signer has expired.", _shifted(begin=-500, end=-100)),
    ("not-yet-valid", "The certificate of the signer is valid in a year only.", _shifted(begin=365, end=700)),
    ("valid-long", "The certificate of the signer is valid for 458 days.", _shifted(end=458)),
    ("expires-first", "The certificate of the signer ends before the document.", _shifted(end=60)),
    (
        "key-usage-authority",
        "The key of the signer may sign certificates, too.",
        _with("key-usage", _usage("digital_signature", "key_cert_sign"), critical=True),
    ),
    (
        "key-usage-other",
        "The key of the signer may not sign documents.",
        _with("key-usage", _usage("key_agreement"), critical=True),
    ),
    ("extended-key-usage-missing", "The signer has no extendedKeyUsage.", _without("extended-key-usage")),
    (
        "extended-key-usage-other",
        "The signer may authenticate servers.",
        _with("extended-key-usage", x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=True),
    ),
    (
        "extended-key-usage-not-critical",
        "The extendedKeyUsage of the signer is not critical.",
        _criticality("extended-key-usage", critical=False),
    ),
    (
        "authority",
        "The certificate of the signer is one of an authority.",
        _with("basic-constraints", x509.BasicConstraints(ca=True, path_length=None), critical=True),
    ),
    (
        "authority-key-identifier-missing",
        "The certificate of the signer has no authorityKeyIdentifier.",
        _without("authority-key-identifier"),
    ),
    (
        "subject-key-identifier-other",
        "The subjectKeyIdentifier of the signer is that of another key.",
        lambda certificate, _: certificate.extensions.__setitem__(
            "subject-key-identifier", Extension(_foreign_identifier())
        ),
    ),
    (
        "authority-key-identifier-other",
        "The authorityKeyIdentifier of the signer is that of another authority.",
        lambda certificate, _: certificate.extensions.__setitem__(
            "authority-key-identifier",
            Extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(_foreign_identifier())),
        ),
    ),
    (
        "signature",
        "The certificate of the signer is signed by somebody else than its authority.",
        lambda certificate, _: setattr(certificate, "signing_key", document_signer.stranger()),
    ),
):
    fault(f"document-signer:{_name}", _description)(_spoiler)


@fault("document-signer:untrusted")
def untrusted(certificate: Certificate, _: Context) -> None:
    """The signer is certified by an authority that nobody trusts."""
    _by(certificate, "Foreign Test IACA")


@fault("document-signer:authority-of-the-same-name")
def authority_of_the_same_name(certificate: Certificate, _: Context) -> None:
    """The signer is certified by an authority that nobody trusts and that has the name of the right one."""
    _by(certificate, "Assay Test IACA")


def _by(certificate: Certificate, common_name: str) -> None:
    key = document_signer.stranger()
    certificate.issuer = document_signer.name(document_signer.COUNTRY, common_name)
    certificate.signing_key = key
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    certificate.extensions["authority-key-identifier"] = Extension(identifier)


@fault("document-signer:self-signed")
def self_signed(certificate: Certificate, context: Context) -> None:
    """The certificate of the signer is signed by itself."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    private = key.jwk.get_op_key("sign")
    if isinstance(private, ec.EllipticCurvePrivateKey):
        certificate.issuer = None
        certificate.signing_key = private
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key())
        certificate.extensions["authority-key-identifier"] = Extension(identifier)


for _name, _description, _spoiler in (
    ("valid-long", "The certificate of the authority is valid for 21 years.", _shifted(end=21 * 366)),
    ("expired", "The certificate of the authority has expired.", _shifted(begin=-400, end=-100)),
    (
        "key-usage-signing",
        "The key of the authority may sign documents, too.",
        _with("key-usage", _usage("digital_signature", "key_cert_sign", "crl_sign"), critical=True),
    ),
    (
        "key-usage-without-lists",
        "The key of the authority may not sign revocation lists.",
        _with("key-usage", _usage("key_cert_sign"), critical=True),
    ),
    ("basic-constraints-missing", "The authority has no basicConstraints.", _without("basic-constraints")),
    (
        "basic-constraints-not-critical",
        "The basicConstraints of the authority are not critical.",
        _criticality("basic-constraints", critical=False),
    ),
    (
        "path-length-one",
        "The authority may certify another authority.",
        _with("basic-constraints", x509.BasicConstraints(ca=True, path_length=1), critical=True),
    ),
    (
        "path-length-missing",
        "The authority may certify as many authorities in a row as it likes.",
        _with("basic-constraints", x509.BasicConstraints(ca=True, path_length=None), critical=True),
    ),
    (
        "issuer-other",
        "The certificate of the authority names somebody else as issuer.",
        _having(issuer=document_signer.name("DE", "Assay Other IACA")),
    ),
):
    fault(f"iaca:{_name}", _description)(_spoiler)


# What no library writes

_VERSION, _SERIAL_NUMBER, _ALGORITHM, _EXTENSIONS = 0, 1, 2, -1
_INTEGER, _EXPLICIT_0, _EXPLICIT_3 = 0x02, 0xA0, 0xA3


def _put(place: int, value: bytes) -> Callable[[list[bytes]], None]:
    def rewrite(parts: list[bytes]) -> None:
        parts[place] = value

    return rewrite


def _repeat_extension(parts: list[bytes]) -> None:
    (inner,) = elements(parts[_EXTENSIONS])
    extensions = elements(inner)
    parts[_EXTENSIONS] = encoded(_EXPLICIT_3, encoded(SEQUENCE, b"".join([*extensions, extensions[0]])))


def _other_algorithm(parts: list[bytes]) -> None:
    parts[_ALGORITHM] = bytes.fromhex("300a06082a8648ce3d040303")


_SHA_1 = bytes.fromhex("300906072a8648ce3d0401")


for _name, _description, _rewrite in (
    ("version-2", "version is 2", _put(_VERSION, encoded(_EXPLICIT_0, encoded(_INTEGER, b"\x01")))),
    ("serial-number-negative", "serial number is negative", _put(_SERIAL_NUMBER, encoded(_INTEGER, b"\x85" * 16))),
    ("serial-number-long", "serial number has 21 octets", _put(_SERIAL_NUMBER, encoded(_INTEGER, b"\x45" * 21))),
    ("extension-twice", "first extension is there twice", _repeat_extension),
    ("algorithms-differ", "signature is said to be made with two algorithms", _other_algorithm),
):
    fault(f"document-signer:{_name}", f"In the certificate of the signer: the {_description}.")(
        _having(rewrite=_rewrite)
    )
    if _name.startswith("serial-number"):
        fault(f"iaca:{_name}", f"In the certificate of the authority: the {_description}.")(
            _having(rewrite=_rewrite)
        )


def sign_with_sha_1(certificate: Certificate, _: Context) -> None:
    """Sign with SHA-1, which the library does not do by itself."""
    certificate.rewrite = _put(_ALGORITHM, _SHA_1)
    certificate.rewritten_with = (_SHA_1, hashes.SHA1())  # noqa: S303 - it is the defect


fault("document-signer:signature-sha-1", "The certificate of the signer is signed with SHA-1.")(sign_with_sha_1)
fault("iaca:signature-sha-1", "The certificate of the authority is signed with SHA-1.")(sign_with_sha_1)
