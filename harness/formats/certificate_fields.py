"""What RFC 5280 asks of the fields of any certificate, whoever it is for.

Problems of :func:`problems`; pointers name the part of the certificate:

- ``algorithms-differ``: the two signature algorithms it names are not the same (4.1.1.2).
- ``version``: extensions in a certificate that is not of version 3 (4.1.2.1).
- ``serial-negative``: a serial number that is not positive (4.1.2.2).
- ``serial-long``: a serial number of more than 20 octets (4.1.2.2).
- ``issuer-empty``: an empty issuer (4.1.2.4).
- ``subject-empty``: an authority with an empty subject (4.1.2.6).
- ``authority-key-identifier``: a certificate that did not sign itself without a keyIdentifier of who signed it
  (4.2.1.1).
- ``subject-key-identifier``: an authority without a subjectKeyIdentifier (4.2.1.2).
- ``alternative-name-empty``: a subjectAltName without a name (4.2.1.6).
- ``signs-certificates``: the key of who is no authority may sign certificates (4.2.1.9).

Extensions that cannot be read have no problem here; ``x509.check_chain`` names them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from harness.formats.problems import Problem
from harness.formats.x509 import is_self_signed

_MAX_SERIAL_BITS = 159
"""Bits of a positive integer of 20 octets."""
_EXPLICIT_VERSION, _LONG_FORM = 0xA0, 0x80


def problems(certificate: x509.Certificate) -> tuple[Problem, ...]:
    """Judge the fields of a certificate."""
    return (*_field_problems(certificate), *_extension_problems(certificate))


def serial_number(certificate: x509.Certificate) -> int:
    """Give the serial number, without the warning of the library of one that is not positive."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return certificate.serial_number


def is_long(serial: int) -> bool:
    """Say whether a positive serial number takes more than 20 octets."""
    return serial.bit_length() > _MAX_SERIAL_BITS


def _field_problems(certificate: x509.Certificate) -> Iterator[Problem]:
    if _inner_algorithm(certificate) != _outer_algorithm(certificate):
        yield Problem("algorithms-differ", "the two signature algorithms are not the same", "signature")
    serial = serial_number(certificate)
    if serial <= 0:
        yield Problem("serial-negative", "the serial number is not positive", "serialNumber")
    elif is_long(serial):
        yield Problem("serial-long", "the serial number has more than 20 octets", "serialNumber")
    if not list(certificate.issuer):
        yield Problem("issuer-empty", "the issuer is empty", "issuer")


def _extension_problems(certificate: x509.Certificate) -> Iterator[Problem]:
    try:
        extensions = {extension.oid: extension.value for extension in certificate.extensions}
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return
    if extensions and certificate.version is not x509.Version.v3:
        yield Problem("version", f"extensions in version {certificate.version.name}", "version")
    constraints = extensions.get(x509.BasicConstraints.oid)
    authority = isinstance(constraints, x509.BasicConstraints) and constraints.ca
    if authority and not list(certificate.subject):
        yield Problem("subject-empty", "the subject of an authority is empty", "subject")
    if authority and x509.SubjectKeyIdentifier.oid not in extensions:
        place = "extensions/subjectKeyIdentifier"
        yield Problem("subject-key-identifier", "an authority without subjectKeyIdentifier", place)
    above = extensions.get(x509.AuthorityKeyIdentifier.oid)
    named = isinstance(above, x509.AuthorityKeyIdentifier) and above.key_identifier is not None
    if not named and not is_self_signed(certificate):
        place = "extensions/authorityKeyIdentifier"
        yield Problem("authority-key-identifier", "there is no keyIdentifier of the issuer", place)
    names = extensions.get(x509.SubjectAlternativeName.oid)
    if isinstance(names, x509.SubjectAlternativeName) and not list(names):
        yield Problem("alternative-name-empty", "subjectAltName has no name", "extensions/subjectAltName")
    usage = extensions.get(x509.KeyUsage.oid)
    if isinstance(usage, x509.KeyUsage) and usage.key_cert_sign and not authority:
        detail = "the key of who is no authority may sign certificates"
        yield Problem("signs-certificates", detail, "extensions/keyUsage")


def _outer_algorithm(certificate: x509.Certificate) -> bytes:
    _, algorithm, _ = _parts(_content(certificate.public_bytes(Encoding.DER)))
    return algorithm


def _inner_algorithm(certificate: x509.Certificate) -> bytes:
    parts = list(_parts(_content(certificate.tbs_certificate_bytes)))
    with_version = parts[0][0] == _EXPLICIT_VERSION
    return parts[2 if with_version else 1]


def _parts(content: bytes) -> Iterator[bytes]:
    """Split the content of a DER sequence, which the library has read before, into its elements."""
    position = 0
    while position < len(content):
        start, size = _extent(content[position:])
        yield content[position : position + start + size]
        position += start + size


def _content(element: bytes) -> bytes:
    start, size = _extent(element)
    return element[start : start + size]


def _extent(element: bytes) -> tuple[int, int]:
    """Give where the content of a DER element begins, and its length."""
    length = element[1]
    if length < _LONG_FORM:
        return 2, length
    more = length - _LONG_FORM
    return 2 + more, int.from_bytes(element[2 : 2 + more], "big")
