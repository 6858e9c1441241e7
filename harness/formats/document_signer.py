"""The certificates behind an mdoc: document signers and their roots (ISO/IEC 18013-5:2021 annex B.1).

What RFC 5280 asks of any chain is judged by ``x509``. Criticality is judged where the tables demand it.

Problems of :func:`document_signer_problems` (table B.3; B.1.4); pointers name the part of the certificate:

- ``signer-version``: no version 3.
- ``signer-serial``: a serial number that is not positive or has more than 20 octets.
- ``signer-signature-algorithm``: not signed by ECDSA with SHA-256, SHA-384 or SHA-512.
- ``signer-country``: ``countryName`` of the subject is missing, or not two letters in upper case as
  PrintableString.
- ``signer-country-other``, ``signer-state-other``: it, or ``stateOrProvinceName``, is not that of the issuer.
- ``signer-common-name``: the subject has no ``commonName``.
- ``signer-lifetime``: valid for more than 457 days.
- ``signer-key``: neither a key on a curve of clause 9.1.5.2 (table 22) nor an EdDSA key.
- ``signer-extensions``: the extensions cannot be read; no other problem of an extension is given then.
- ``signer-authority-key-identifier``: missing, or not the identifier of the issuer's key.
- ``signer-subject-key-identifier``: missing, or not the SHA-1 hash of the key.
- ``signer-key-usage``: missing, not critical, or other than digital signatures alone.
- ``signer-extended-key-usage``: missing or not critical.
- ``signer-purpose``: it does not have the purpose 1.0.18013.5.1.2, which that of an mDL has.
- ``signer-issuer-alternative-name``: missing, or with neither an e-mail address nor a URI.
- ``signer-crl-distribution-points``: missing, without a URI, or with reasons or another issuer.
- ``signer-critical-extension``: another extension is critical.
- ``signer-forbidden-extension``: policy mappings or constraints, name constraints, ``inhibitAnyPolicy`` or
  ``freshestCRL`` (B.1.1).
- ``signer-issuer``: its issuer is not, byte for byte, the subject of the given root.
- ``signed-outside``: ``signed`` of the MSO is outside its validity (9.3.1).

Problems of :func:`iaca_problems` (table B.1; B.1.2), in the same sense:

- ``iaca-version``, ``iaca-serial``, ``iaca-signature-algorithm``, ``iaca-country``, ``iaca-common-name``,
  ``iaca-key``, ``iaca-extensions``, ``iaca-subject-key-identifier``, ``iaca-issuer-alternative-name``,
  ``iaca-crl-distribution-points``, ``iaca-critical-extension``, ``iaca-forbidden-extension``.
- ``iaca-self-signed``: its subject is not its issuer, or it is not signed with its own key.
- ``iaca-lifetime``: valid for more than 20 years.
- ``iaca-key-usage``: missing, not critical, or other than signing certificates and CRLs.
- ``iaca-basic-constraints``: missing, not critical, no CA, or with another path length than 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.x509.oid import ExtensionOID, NameOID, SignatureAlgorithmOID

from harness.formats.certificate_fields import is_long, serial_number
from harness.formats.problems import Problem, shown
from harness.formats.x509 import is_self_signed, key_usages

DOCUMENT_SIGNER = x509.ObjectIdentifier("1.0.18013.5.1.2")
"""The extended key usage of document signers (B.1.4)."""
LONGEST_SIGNER = timedelta(days=457)
LONGEST_ROOT = timedelta(days=20 * 365 + 5)
"""Twenty years, with their leap days."""

_CURVES = frozenset(
    {
        "secp256r1",
        "secp384r1",
        "secp521r1",
        "brainpoolP256r1",
        "brainpoolP320r1",
        "brainpoolP384r1",
        "brainpoolP512r1",
    }
)
_SIGNATURES = frozenset(
    {
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    }
)
_FORBIDDEN = frozenset(
    {
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.FRESHEST_CRL,
    }
)
_PRINTABLE = bytes.fromhex("06035504061302")
"""DER of the attribute type countryName, and the head of a PrintableString of two letters."""
_COUNTRY = re.compile(r"[A-Z]{2}")

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


def document_signer_problems(
    certificate: x509.Certificate, issuer_certificate: x509.Certificate | None, signed: float | None
) -> tuple[Problem, ...]:
    """Judge the certificate of a document signer.

    Args:
        certificate: the first one of ``x5chain``.
        issuer_certificate: the root that certifies it, where it is known.
        signed: when the MSO says that it was signed, in seconds since 1970; ``None`` when it does not say.

    """
    return (
        *_common_problems("signer", certificate),
        *_place_problems(certificate),
        *_lifetime_problems("signer", certificate, LONGEST_SIGNER),
        *_signer_extension_problems(certificate, issuer_certificate),
        *_signing_problems(certificate, signed),
        *(
            [Problem("signer-issuer", "the issuer is not the subject of the root", "issuer")]
            if issuer_certificate is not None
            and certificate.issuer.public_bytes() != issuer_certificate.subject.public_bytes()
            else []
        ),
    )


def iaca_problems(certificate: x509.Certificate) -> tuple[Problem, ...]:
    """Judge a root certificate of an issuing authority (IACA)."""
    same = certificate.subject.public_bytes() == certificate.issuer.public_bytes()
    # A signature of another kind is another finding, and the library does not verify all of them.
    other = certificate.signature_algorithm_oid not in _SIGNATURES
    own = same and (other or is_self_signed(certificate))
    return (
        *_common_problems("iaca", certificate),
        *([] if own else [Problem("iaca-self-signed", "the certificate did not sign itself", "issuer")]),
        *_lifetime_problems("iaca", certificate, LONGEST_ROOT),
        *_root_extension_problems(certificate),
    )


def country(certificate: x509.Certificate) -> str | None:
    """Give the ``countryName`` of the subject."""
    return _attribute(certificate.subject, NameOID.COUNTRY_NAME)


def common_name(certificate: x509.Certificate) -> str | None:
    """Give the ``commonName`` of the subject."""
    return _attribute(certificate.subject, NameOID.COMMON_NAME)


def state(certificate: x509.Certificate) -> str | None:
    """Give the ``stateOrProvinceName`` of the subject."""
    return _attribute(certificate.subject, NameOID.STATE_OR_PROVINCE_NAME)


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if values else None


def _common_problems(who: str, certificate: x509.Certificate) -> Iterator[Problem]:
    if certificate.version is not x509.Version.v3:
        yield Problem(f"{who}-version", f"the version is {certificate.version.name}", "version")
    serial = serial_number(certificate)
    if serial <= 0 or is_long(serial):
        yield Problem(f"{who}-serial", "the serial number is not positive or too long", "serialNumber")
    if certificate.signature_algorithm_oid not in _SIGNATURES:
        detail = f"signed with {certificate.signature_algorithm_oid.dotted_string}"
        yield Problem(f"{who}-signature-algorithm", detail, "signatureAlgorithm")
    code = country(certificate)
    if code is None or not _COUNTRY.fullmatch(code) or _PRINTABLE not in certificate.subject.public_bytes():
        yield Problem(f"{who}-country", f"countryName is {shown(code)}", "subject/countryName")
    if _attribute(certificate.subject, NameOID.COMMON_NAME) is None:
        yield Problem(f"{who}-common-name", "the subject has no commonName", "subject/commonName")
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    known = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES
    edwards = who == "signer" and isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey))
    if not known and not edwards:
        detail = "the key is on none of the curves that mdocs use"
        yield Problem(f"{who}-key", detail, "subjectPublicKeyInfo")


def _place_problems(certificate: x509.Certificate) -> Iterator[Problem]:
    for kind, oid, name in (
        ("signer-country-other", NameOID.COUNTRY_NAME, "countryName"),
        ("signer-state-other", NameOID.STATE_OR_PROVINCE_NAME, "stateOrProvinceName"),
    ):
        own, above = _attribute(certificate.subject, oid), _attribute(certificate.issuer, oid)
        if above is not None and own != above:
            yield Problem(kind, f"{name} is {shown(own)}, that of the issuer {shown(above)}", f"subject/{name}")


def _lifetime_problems(who: str, certificate: x509.Certificate, longest: timedelta) -> Iterator[Problem]:
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    # The last second belongs to the validity (RFC 5280 section 4.1.2.5).
    if lifetime > longest + timedelta(seconds=1):
        detail = f"valid for {lifetime.days} days, {longest.days} at most"
        yield Problem(f"{who}-lifetime", detail, "validity")


def _signing_problems(certificate: x509.Certificate, signed: float | None) -> Iterator[Problem]:
    if signed is None:
        return
    try:
        moment = datetime.fromtimestamp(signed, UTC)
    except (ValueError, OverflowError, OSError):
        yield Problem("signed-outside", "signed is no date that a certificate can have", "validity")
        return
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        valid = f"{certificate.not_valid_before_utc.isoformat()} to {certificate.not_valid_after_utc.isoformat()}"
        yield Problem(
            "signed-outside", f"signed is {moment.isoformat()}, the certificate is valid {valid}", "validity"
        )


def _read(certificate: x509.Certificate) -> x509.Extensions | None:
    try:
        return certificate.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


def _of(extensions: x509.Extensions, kind: type[_Extension]) -> x509.Extension[_Extension] | None:
    try:
        return extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def _signer_extension_problems(
    certificate: x509.Certificate, issuer_certificate: x509.Certificate | None
) -> Iterator[Problem]:
    extensions = _read(certificate)
    if extensions is None:
        yield Problem("signer-extensions", "the extensions cannot be read", "extensions")
        return
    yield from _authority_problems(extensions, issuer_certificate)
    yield from _subject_key_problems("signer", certificate, extensions)
    usage = _of(extensions, x509.KeyUsage)
    if usage is None or not usage.critical or key_usages(usage.value) != ("digital_signature",):
        detail = "keyUsage is not critical and for digital signatures alone"
        yield Problem("signer-key-usage", detail, "extensions/keyUsage")
    purposes = _of(extensions, x509.ExtendedKeyUsage)
    if purposes is None or not purposes.critical:
        detail = "extKeyUsage is missing or not critical"
        yield Problem("signer-extended-key-usage", detail, "extensions/extKeyUsage")
    if purposes is not None and DOCUMENT_SIGNER not in list(purposes.value):
        detail = f"extKeyUsage lacks {DOCUMENT_SIGNER.dotted_string}"
        yield Problem("signer-purpose", detail, "extensions/extKeyUsage")
    yield from _contact_problems("signer", extensions)
    yield from _further_problems("signer", extensions, (x509.KeyUsage.oid, x509.ExtendedKeyUsage.oid))


def _root_extension_problems(certificate: x509.Certificate) -> Iterator[Problem]:
    extensions = _read(certificate)
    if extensions is None:
        yield Problem("iaca-extensions", "the extensions cannot be read", "extensions")
        return
    yield from _subject_key_problems("iaca", certificate, extensions)
    usage = _of(extensions, x509.KeyUsage)
    if usage is None or not usage.critical or key_usages(usage.value) != ("key_cert_sign", "crl_sign"):
        detail = "keyUsage is not critical and for certificates and CRLs alone"
        yield Problem("iaca-key-usage", detail, "extensions/keyUsage")
    constraints = _of(extensions, x509.BasicConstraints)
    right = constraints is not None and constraints.value.ca and constraints.value.path_length == 0
    if constraints is None or not constraints.critical or not right:
        detail = "basicConstraints is not critical and that of a CA with path length 0"
        yield Problem("iaca-basic-constraints", detail, "extensions/basicConstraints")
    yield from _contact_problems("iaca", extensions)
    yield from _further_problems("iaca", extensions, (x509.KeyUsage.oid, x509.BasicConstraints.oid))


def _further_problems(
    who: str, extensions: x509.Extensions, critical: Sequence[x509.ObjectIdentifier]
) -> Iterator[Problem]:
    for extension in extensions:
        name = extension.oid.dotted_string
        if extension.oid in _FORBIDDEN:
            yield Problem(f"{who}-forbidden-extension", f"there is the extension {name}", f"extensions/{name}")
        elif extension.critical and extension.oid not in critical:
            yield Problem(f"{who}-critical-extension", f"the extension {name} is critical", f"extensions/{name}")


def _authority_problems(extensions: x509.Extensions, issuer: x509.Certificate | None) -> Iterator[Problem]:
    place = "extensions/authorityKeyIdentifier"
    found = _of(extensions, x509.AuthorityKeyIdentifier)
    if found is None or found.value.key_identifier is None:
        yield Problem("signer-authority-key-identifier", "there is no authorityKeyIdentifier", place)
        return
    above = _read(issuer) if issuer is not None else None
    subject_key = _of(above, x509.SubjectKeyIdentifier) if above is not None else None
    if subject_key is not None and subject_key.value.digest != found.value.key_identifier:
        detail = "authorityKeyIdentifier is not the subjectKeyIdentifier of the root"
        yield Problem("signer-authority-key-identifier", detail, place)


def _subject_key_problems(
    who: str, certificate: x509.Certificate, extensions: x509.Extensions
) -> Iterator[Problem]:
    place = "extensions/subjectKeyIdentifier"
    found = _of(extensions, x509.SubjectKeyIdentifier)
    if found is None:
        yield Problem(f"{who}-subject-key-identifier", "there is no subjectKeyIdentifier", place)
        return
    try:
        hashed = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return
    if found.value.digest != hashed.digest:
        detail = "subjectKeyIdentifier is not the SHA-1 hash of the key"
        yield Problem(f"{who}-subject-key-identifier", detail, place)


def _contact_problems(who: str, extensions: x509.Extensions) -> Iterator[Problem]:
    names = _of(extensions, x509.IssuerAlternativeName)
    contacts = (x509.RFC822Name, x509.UniformResourceIdentifier)
    if names is None or not any(isinstance(name, contacts) for name in names.value):
        detail = "issuerAltName has neither an e-mail address nor a URI"
        yield Problem(f"{who}-issuer-alternative-name", detail, "extensions/issuerAltName")
    points = _of(extensions, x509.CRLDistributionPoints)
    if points is None or not all(_is_plain(point) for point in points.value):
        detail = "cRLDistributionPoints has no URI, or more than that"
        yield Problem(f"{who}-crl-distribution-points", detail, "extensions/cRLDistributionPoints")


def _is_plain(point: x509.DistributionPoint) -> bool:
    names = point.full_name or []
    with_uri = any(isinstance(name, x509.UniformResourceIdentifier) for name in names)
    return with_uri and point.reasons is None and point.crl_issuer is None
