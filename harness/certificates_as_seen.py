"""Who signed the credentials of a run, for the report: algorithm, how the key is named, certificates in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from harness.formats import x509 as chains
from harness.formats.certificate_words import distinguished_name, key_kind, signature_algorithm, told
from harness.formats.credential import Credential
from harness.formats.problems import FormatError

_KEYS = {"EC": "EC {}", "RSA": "RSA {} bits"}


def signers(seen: Iterable[tuple[str, Credential]]) -> list[dict[str, Any]]:
    """Give each signer once: ``credentials``, ``algorithm``, ``issuer``, ``key_id`` and ``certificates``.

    Args:
        seen: the label of a scenario and a credential that it brought.

    """
    found: dict[str, dict[str, Any]] = {}
    for label, document in seen:
        signer = document.signer
        certificates = _certificates(signer.certificates)
        about = {
            "algorithm": document.algorithm,
            "issuer": signer.issuer,
            "key_id": signer.key_id if isinstance(signer.key_id, str | None) else str(signer.key_id),
            "certificates": [described(certificate) for certificate in certificates],
        }
        entry = found.setdefault(repr(about), {"credentials": [], **about})
        if label not in entry["credentials"]:
            entry["credentials"].append(label)
    return list(found.values())


def described(certificate: x509.Certificate) -> dict[str, str]:
    """Give what a reader of a report looks for in a certificate; times in UTC, the digest of its DER."""
    return {
        "subject": told(lambda: distinguished_name(certificate.subject)),
        "issuer": told(lambda: distinguished_name(certificate.issuer)),
        "serial_number": told(lambda: f"{certificate.serial_number:x}"),
        "not_before": told(lambda: f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}"),
        "not_after": told(lambda: f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"),
        "key": told(lambda: _key(certificate)),
        "signed_with": told(lambda: signature_algorithm(certificate)),
        "sha256": told(lambda: certificate.fingerprint(SHA256()).hex()),
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


def _key(certificate: x509.Certificate) -> str:
    kind, size = key_kind(certificate)
    return _KEYS.get(kind, kind).format(size)
