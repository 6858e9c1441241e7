"""Certificate chains in ``x5c`` (RFC 7515 section 4.1.6) and ``x5chain`` (RFC 9360 section 2), and RFC 5280.

Chains are judged link by link, in the order in which ``x5c`` gives them. The path builder of the ``cryptography``
library is made for the Web: it refuses the EdDSA and Brainpool keys that credential issuers use, and gives one
reason for everything. Name constraints and policies are left to ``x509_constraints``, and revocation is not looked
up.

Errors, all :class:`X509Error`:

- ``x5c-malformed``: no non-empty array of strings (RFC 7515 section 4.1.6).
- ``x5c-too-long``: more certificates than are read here.
- ``x5c-base64``: a string is not base64 with padding; base64url is not base64 (RFC 7515 section 4.1.6).
- ``x5c-certificate``: the bytes are no DER certificate (RFC 7515 section 4.1.6, RFC 5280 section 4.1).
- ``x5chain-malformed``: neither bytes nor a non-empty array of them (RFC 9360 section 2).
- ``x5chain-too-long``: more certificates than are read here.
- ``x5chain-certificate``: the bytes are no DER certificate (RFC 9360 section 2).
- ``certificate-key``: a certificate's key has no JWK form.

Problems of :func:`parse_x5c` and :func:`parse_x5chain`:

- ``certificate-encoding``: the certificate could be read, but its encoding breaks a rule (RFC 5280 section 4.1).
- ``x5chain-single``: an array with one certificate, which stands by itself (RFC 9360 section 2).

Problems of :func:`check_chain`; pointers lead into the array of certificates:

- ``certificate-expired``, ``certificate-not-yet-valid``: outside its validity (RFC 5280 section 4.1.2.5).
- ``certificate-critical-extension``: a critical extension that nobody here knows (RFC 5280 section 4.2).
- ``certificate-extensions``: the extensions cannot be read (RFC 5280 section 4.2).
- ``chain-broken``: a certificate is not issued and signed by the next one (RFC 7515 section 4.1.6).
- ``issuer-not-ca``: a certificate that issued another one is no CA (RFC 5280 section 4.2.1.9).
- ``issuer-key-usage``: such a certificate may not sign certificates (RFC 5280 section 4.2.1.3).
- ``path-length``: more CA certificates below it than it allows (RFC 5280 section 4.2.1.9).
- ``path-constraints``: name constraints or policies of an authority forbid the first certificate; only judged on
  the way to an anchor (RFC 5280 sections 4.2.1.10 and 4.2.1.11).
- ``leaf-key-usage``: the first certificate may not make digital signatures (RFC 5280 section 4.2.1.3).
- ``leaf-self-signed``: the first certificate signed itself although others follow.
- ``root-included``: a later certificate is a trust anchor or signed itself. RFC 7515 does not forbid this,
  profiles do (HAIP 1.0 section 6.1.1).
"""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.utils import CryptographyDeprecationWarning
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from harness.formats import x509_constraints
from harness.formats.clock import SKEW_S
from harness.formats.jwk import JwkError, required_members
from harness.formats.problems import FormatError, Problem, json_type, shown
from harness.model import Json

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

MAX_CERTIFICATES = 10
"""Certificates of one chain that are read."""
_SKEW = timedelta(seconds=SKEW_S)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


Certificate = x509.Certificate


class X509Error(FormatError):
    """The certificates cannot be read."""


@dataclass(frozen=True)
class X5c:
    """The certificates of an ``x5c`` or ``x5chain`` header parameter, the one with the signing key first."""

    certificates: tuple[x509.Certificate, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ChainResult:
    """What a chain is worth at one moment."""

    problems: tuple[Problem, ...]
    trusted: bool | None
    """Whether the first certificate leads to an anchor without a problem; ``None`` without any anchor."""
    anchor: x509.Certificate | None = None
    """The anchor that is in the chain or issued one of it, whatever else is wrong; ``None`` when there is none."""


def parse_x5c(values: Json) -> X5c:
    """Read the value of an ``x5c`` header parameter: an array of base64 DER certificates.

    Raises:
        X509Error: the value is no such array, or any certificate in it cannot be read.

    """
    if not isinstance(values, list) or not values:
        raise X509Error("x5c-malformed", "x5c is no non-empty array of strings")
    if len(values) > MAX_CERTIFICATES:
        raise X509Error("x5c-too-long", f"x5c has more than {MAX_CERTIFICATES} certificates")
    return _read([partial(_from_base64, index, value) for index, value in enumerate(values)])


def parse_x5chain(value: object) -> X5c:
    """Read the value of an ``x5chain`` header parameter: one DER certificate as bytes, or an array of several.

    Raises:
        X509Error: the value is neither, or any certificate in it cannot be read.

    """
    values = [value] if isinstance(value, bytes) else value
    if not isinstance(values, list) or not values or not all(isinstance(item, bytes) for item in values):
        raise X509Error("x5chain-malformed", "x5chain is neither bytes nor a non-empty array of bytes")
    if len(values) > MAX_CERTIFICATES:
        raise X509Error("x5chain-too-long", f"x5chain has more than {MAX_CERTIFICATES} certificates")
    kind = "x5chain-certificate"
    read = _read(
        [partial(_from_der, kind, f"element {index} of x5chain", der) for index, der in enumerate(values)]
    )
    if isinstance(value, list) and len(values) == 1:
        problem = Problem("x5chain-single", "x5chain is an array with a single certificate", "")
        return replace(read, problems=(problem, *read.problems))
    return read


def public_jwk(certificate: x509.Certificate) -> dict[str, str]:
    """Give a certificate's public key as JWK, without ``kid`` or other metadata.

    Raises:
        X509Error: the key is of a type that has no JWK.

    """
    try:
        return required_members(JWK.from_pyca(certificate.public_key()).export_public(as_dict=True))
    except (JWException, JwkError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        raise X509Error("certificate-key", "the certificate's key has no JWK form") from None


def in_der(data: bytes) -> x509.Certificate | None:
    """Give a certificate in DER; ``None`` when there is none that can be read."""
    try:
        return _from_der("x5c-certificate", "the certificate", data)
    except X509Error:
        return None


def jwk_in_der(data: bytes) -> dict[str, str] | None:
    """Give the public key of a certificate in DER as JWK; ``None`` when there is none that can be read."""
    certificate = in_der(data)
    try:
        return None if certificate is None else public_jwk(certificate)
    except X509Error:
        return None


def fingerprint(certificate: x509.Certificate) -> str:
    """Give the SHA-256 digest of a certificate in DER, as hexadecimal digits in lower case."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def subject(certificate: x509.Certificate) -> str:
    """Give the subject in one line, cut where it is long."""
    try:
        return shown(certificate.subject.rfc4514_string())
    except ValueError:
        return "a certificate"


def weak_hash(certificate: x509.Certificate) -> str | None:
    """Name the hash of the certificate's signature where it is MD5 or SHA-1."""
    try:
        found = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    return found.name if isinstance(found, (hashes.MD5, hashes.SHA1)) else None


def short_key(certificate: x509.Certificate) -> str | None:
    """Describe the certificate's key where its security strength is below 112 bits."""
    key = certificate.public_key()
    if isinstance(key, (rsa.RSAPublicKey, dsa.DSAPublicKey)):
        least = 2_048
    elif isinstance(key, ec.EllipticCurvePublicKey):
        least = 224
    else:
        return None
    return f"a key of {key.key_size} bits" if key.key_size < least else None


def key_usages(usage: x509.KeyUsage) -> tuple[str, ...]:
    """Name what a key may be used for, in the order of RFC 5280 section 4.2.1.3, spelled as ``cryptography`` does.

    Left out are the two usages that only narrow key agreement.
    """
    return tuple(name for name in _USAGES if getattr(usage, name))


def same_authority(one: x509.Certificate, other: x509.Certificate) -> bool:
    """Say whether two certificates name the same issuer, and the same key of it as far as they name one."""
    keys = [_extension(certificate, x509.AuthorityKeyIdentifier) for certificate in (one, other)]
    identifiers = {key.key_identifier for key in keys if key is not None and key.key_identifier is not None}
    return one.issuer == other.issuer and len(identifiers) < 2


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Say whether a certificate is signed with its own key."""
    return is_issued_by(certificate, certificate)


def check_chain(
    chain: Sequence[x509.Certificate], now: float, anchors: Sequence[x509.Certificate] = ()
) -> ChainResult:
    """Judge a chain, the first certificate being the one whose key signed.

    Args:
        chain: at least one certificate, in the order of ``x5c`` or ``x5chain``.
        now: seconds since 1970 in UTC.
        anchors: the certificates that are trusted; they may or may not be part of the chain.

    Raises:
        ValueError: the chain is empty.

    """
    if not chain:
        raise ValueError("a chain has at least one certificate")
    moment = datetime.fromtimestamp(now, UTC)
    problems: list[Problem] = []
    trusted: bool | None = False if anchors else None
    anchor: x509.Certificate | None = None
    for index, certificate in enumerate(chain):
        problems += _certificate_problems(index, certificate, moment)
        problems += _leaf_problems(chain) if index == 0 else _issuer_problems(index, certificate)
        reached = _anchor_of(certificate, anchors, index, moment)
        anchor = anchor or reached.certificate
        if reached.valid and reached.certificate is not None and not problems:
            below = chain[: index if reached.certificate == certificate else index + 1]
            complaint = x509_constraints.refusal(below, reached.certificate, moment)
            trusted = complaint is None
            problems += [Problem("path-constraints", complaint, "/0")] if complaint else []
        if index and (certificate in anchors or is_self_signed(certificate)):
            detail = "the chain carries a trust anchor or self-signed certificate"
            problems.append(Problem("root-included", detail, f"/{index}"))
        if index + 1 < len(chain) and not is_issued_by(certificate, chain[index + 1]):
            detail = f"certificate {index} is not issued and signed by certificate {index + 1}"
            problems.append(Problem("chain-broken", detail, f"/{index}"))
    return ChainResult(tuple(problems), trusted, anchor)


def _read(certificates: Sequence[Callable[[], x509.Certificate]]) -> X5c:
    found: list[x509.Certificate] = []
    problems: list[Problem] = []
    for index, certificate in enumerate(certificates):
        with warnings.catch_warnings(record=True) as complaints:
            # The library reads some certificates that break RFC 5280 and only warns of it.
            warnings.simplefilter("always", CryptographyDeprecationWarning)
            found.append(certificate())
        problems += [Problem("certificate-encoding", str(c.message)[:200], f"/{index}") for c in complaints]
    return X5c(tuple(found), tuple(problems))


def _from_base64(index: int, value: Json) -> x509.Certificate:
    if not isinstance(value, str):
        raise X509Error("x5c-malformed", f"element {index} of x5c is {json_type(value)}, not a string")
    try:
        der = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise X509Error("x5c-base64", f"element {index} of x5c is not base64 with padding") from None
    return _from_der("x5c-certificate", f"element {index} of x5c", der)


def _from_der(kind: str, place: str, der: bytes) -> x509.Certificate:
    try:
        certificate = readable(x509.load_der_x509_certificate(der))
        certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise X509Error(kind, f"{place} is no DER certificate") from None
    return certificate


def readable(certificate: x509.Certificate) -> x509.Certificate:
    """Give a certificate back whose names and times can be read; the library reads them late.

    Raises:
        ValueError: they cannot.

    """
    _ = certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate


def _extensions(certificate: x509.Certificate) -> x509.Extensions | None:
    try:
        return certificate.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    extensions = _extensions(certificate)
    if extensions is None:
        return None
    return next((e.value for e in extensions if isinstance(e.value, kind)), None)


def _certificate_problems(index: int, certificate: x509.Certificate, moment: datetime) -> list[Problem]:
    problems: list[Problem] = []
    if moment - _SKEW > certificate.not_valid_after_utc:
        detail = f"expired at {certificate.not_valid_after_utc.isoformat()}"
        problems.append(Problem("certificate-expired", detail, f"/{index}"))
    if moment + _SKEW < certificate.not_valid_before_utc:
        detail = f"valid from {certificate.not_valid_before_utc.isoformat()} on"
        problems.append(Problem("certificate-not-yet-valid", detail, f"/{index}"))
    extensions = _extensions(certificate)
    if extensions is None:
        problems.append(Problem("certificate-extensions", "the extensions cannot be read", f"/{index}"))
        return problems
    problems += [
        Problem("certificate-critical-extension", f"critical extension {e.oid.dotted_string}", f"/{index}")
        for e in extensions
        if e.critical and isinstance(e.value, x509.UnrecognizedExtension)
    ]
    return problems


def _leaf_problems(chain: Sequence[x509.Certificate]) -> list[Problem]:
    problems: list[Problem] = []
    usage = _extension(chain[0], x509.KeyUsage)
    # Electronic seals are made with keys for content commitment only, which RFC 5280 lets sign, too.
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        problems.append(Problem("leaf-key-usage", "the key usage does not allow digital signatures", "/0"))
    if len(chain) > 1 and is_self_signed(chain[0]):
        problems.append(Problem("leaf-self-signed", "the first certificate signed itself", "/0"))
    return problems


def _issuer_problems(index: int, certificate: x509.Certificate) -> list[Problem]:
    problems: list[Problem] = []
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        problems.append(Problem("issuer-not-ca", "the certificate is not marked as a CA", f"/{index}"))
    elif constraints.path_length is not None and index - 1 > constraints.path_length:
        detail = f"{index - 1} CA certificates below, {constraints.path_length} allowed"
        problems.append(Problem("path-length", detail, f"/{index}"))
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        detail = "the key usage does not allow signing certificates"
        problems.append(Problem("issuer-key-usage", detail, f"/{index}"))
    return problems


class _Reached(NamedTuple):
    """The anchor above a certificate, and whether it may certify and is valid."""

    certificate: x509.Certificate | None
    valid: bool


def _anchor_of(
    certificate: x509.Certificate, anchors: Sequence[x509.Certificate], index: int, moment: datetime
) -> _Reached:
    if certificate in anchors:
        return _Reached(certificate, valid=True)
    issuers = [anchor for anchor in anchors if is_issued_by(certificate, anchor)]
    for anchor in issuers:
        if not _certificate_problems(index + 1, anchor, moment) and not _issuer_problems(index + 1, anchor):
            return _Reached(anchor, valid=True)
    return _Reached(next(iter(issuers), None), valid=False)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether a certificate names another as its issuer and is signed with the key of that."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
