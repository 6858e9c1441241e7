"""Certificate chains that a team gives for its own attester, in a PEM file beside the key."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

_LARGEST_FILE = 1_000_000


class ChainError(Exception):
    """A chain cannot be used; the message is a few words."""


def read(path: Path) -> tuple[str, ...]:
    """Give the certificates of a PEM file as ``x5c`` spells them: DER in standard base64 (RFC 7515 section 4.1.6).

    Raises:
        ChainError: the file cannot be read or holds no certificate.

    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise ChainError(f"{path} is larger than {_LARGEST_FILE:,} bytes")
        found = x509.load_pem_x509_certificates(data)
    except OSError as error:
        raise ChainError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, x509.InvalidVersion):
        raise ChainError(f"{path} holds no PEM certificate") from None
    return tuple(_in_base64(certificate) for certificate in found)


def certified(private: Mapping[str, Any], chain: Sequence[str]) -> dict[str, Any]:
    """Give a private JWK with a chain as its ``x5c``, which takes the place of one that it has.

    Raises:
        ChainError: the first certificate is for another key.

    """
    first = x509.load_der_x509_certificate(base64.b64decode(chain[0]))
    members = {name: value for name, value in private.items() if name not in ("x5c", "use", "key_ops")}
    try:
        own = JWK(**members).thumbprint()
        certifies = JWK.from_pyca(first.public_key()).thumbprint()
    except (JWException, ValueError, TypeError) as error:
        raise ChainError("the first certificate has no key that a JWK can have") from error
    if own != certifies:
        raise ChainError("the first certificate is not that of the key")
    return {**private, "x5c": list(chain)}


def _in_base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode("ascii")
