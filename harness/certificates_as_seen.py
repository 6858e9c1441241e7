"""Who signed the credentials of a run, for the report: algorithm, how the key is named, certificates in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from harness.formats import x509 as chains
from harness.formats.credential import Credential
from harness.formats.problems import FormatError

_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


def signers(seen: Iterable[tuple[str, Credential]]) -> list[dict[str, Any]]:
    """Give each signer once: ``credentials``, ``algorithm``, ``issuer``, ``key_id`` and ``certificates``.

    Args:
        seen: the label of a scenario and a credential that it brought.

    """
    found: dict[str, dict[str, Any]] = {}
    for label, document in seen:
        signer = document.signer
        certificates = _certificates(signer.certificates)
        told = {
            "algorithm": document.algorithm,
            "issuer": signer.issuer,
            "key_id": signer.key_id if isinstance(signer.key_id, str | None) else str(signer.key_id),
            "certificates": [described(certificate) for certificate in certificates],
        }
        entry = found.setdefault(repr(told), {"credentials": [], **told})
        if label not in entry["credentials"]:
            entry["credentials"].append(label)
    return list(found.values())


def described(certificate: x509.Certificate) -> dict[str, str]:
    """Give what a reader of a report looks for in a certificate; times in UTC, the digest of its DER."""
    return {
        "subject": _told(lambda: _name(certificate.subject)),
        "issuer": _told(lambda: _name(certificate.issuer)),
        "serial_number": _told(lambda: f"{certificate.serial_number:x}"),
        "not_before": _told(lambda: f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}"),
        "not_after": _told(lambda: f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"),
        "key": _told(lambda: _key(certificate)),
        "signed_with": _told(lambda: _algorithm(certificate)),
        "sha256": _told(lambda: certificate.fingerprint(SHA256()).hex()),
    }


def _certificates(value: object) -> tuple[x509.Certificate, ...]:
    """Read ``x5c`` or ``x5chain``; what cannot be read a check complains of."""
    if value is None:
        return ()
    of_text = isinstance(value, list) and any(isinstance(item, str) for item in value)
    try:
        return (chains.parse_x5c if of_text else chains.parse_x5chain)(value).certificates
    except FormatError:
        return ()


def _name(name: x509.Name) -> str:
    return name.rfc4514_string() or "(empty)"


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size} bits"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else type(key).__name__


def _algorithm(certificate: x509.Certificate) -> str:
    named = certificate.signature_algorithm_oid
    return getattr(named, "_name", "") or named.dotted_string


def _told(words: Callable[[], str]) -> str:
    try:
        return words()
    except _UNREADABLE as error:
        return f"(cannot be read: {error})"
