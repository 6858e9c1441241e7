"""What matters of a server's certificates: the key, and the hash under the signature."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

WEAK_HASHES = {
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.10045.4.1": "SHA-1",
    "1.2.840.10040.4.3": "SHA-1",
    "1.2.840.113549.1.1.2": "MD2",
    "1.3.14.3.2.29": "SHA-1",
}
"""Signature algorithms whose hash is broken, by object identifier."""


@dataclass(frozen=True)
class ServerCertificate:
    """One certificate of a chain.

    Attributes:
        subject: its name, for reports.
        key: ``rsa``, ``ec``, ``eddsa`` or ``other``.
        bits: length of an RSA key, or size of a curve; 0 with others.
        curve: name of the curve as RFC 9325 has it, such as ``P-256``; empty with other keys.
        weak_hash: name of the broken hash that it is signed with; ``None``: another.
        self_signed: whether it names itself as its issuer; its signature protects nothing then.

    """

    subject: str
    key: str
    bits: int
    curve: str
    weak_hash: str | None
    self_signed: bool


_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def read(der: bytes) -> ServerCertificate | None:
    """Read a certificate; ``None`` when it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            subject = certificate.subject.rfc4514_string()
            own = certificate.subject == certificate.issuer
            algorithm = certificate.signature_algorithm_oid.dotted_string
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    key, bits, curve = _key(certificate)
    return ServerCertificate(subject, key, bits, curve, WEAK_HASHES.get(algorithm), own)


def _key(certificate: x509.Certificate) -> tuple[str, int, str]:
    try:
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "other", 0, ""
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa", key.key_size, ""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ec", key.curve.key_size, _CURVES.get(key.curve.name, key.curve.name)
    return ("eddsa" if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)) else "other"), 0, ""
