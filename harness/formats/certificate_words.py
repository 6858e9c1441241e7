"""What a certificate holds, in words for people; whether it is right is for :mod:`harness.formats.x509`."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

UNREADABLE = (
    ValueError,
    TypeError,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)
"""What reading a part of a certificate may raise, since parts are read when they are asked for."""


def told(words: Callable[[], str]) -> str:
    """Give the words, or say that the part they are about cannot be read."""
    try:
        return words()
    except UNREADABLE as error:
        return f"(cannot be read: {error})"


def distinguished_name(name: x509.Name) -> str:
    """Give a name as RFC 4514 writes it."""
    return name.rfc4514_string() or "(empty)"


def key_kind(certificate: x509.Certificate) -> tuple[str, str]:
    """Give the kind of the certified key, ``EC`` and ``RSA`` with the name of the curve or the size in bits.

    Of other kinds the second is empty.
    """
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.curve.name
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", str(key.key_size)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", ""
    return ("Ed448" if isinstance(key, ed448.Ed448PublicKey) else type(key).__name__), ""


def signature_algorithm(certificate: x509.Certificate) -> str:
    """Give the name of the algorithm that the certificate is signed with, or its object identifier."""
    named = certificate.signature_algorithm_oid
    return getattr(named, "_name", "") or named.dotted_string
