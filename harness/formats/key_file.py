"""Files with public keys: a JWK or a JWK Set (RFC 7517), a public key or a certificate in PEM (RFC 7468).

Keys of a set that are not known here are passed over (RFC 7517 section 5).

Errors, all :class:`KeyFileError`:

- ``key-file``: there is no public key in it. Symmetric keys are none; of private keys the public part is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography import x509 as pyca
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from harness.formats import strict_json, x509
from harness.formats.jwk import JwkError, public_key, required_members
from harness.formats.problems import FormatError

_METADATA = ("kid", "alg", "use")
"""What a JWK says of itself that a verifier needs (RFC 7517 section 4)."""
_MOST_KEYS = 100
"""Keys of one set that are read."""


class KeyFileError(FormatError):
    """A file holds no public key."""


def public_keys(data: bytes) -> tuple[Mapping[str, Any], ...]:
    """Read the public keys of a file, as JWKs with the members that make the key, ``kid``, ``alg`` and ``use``.

    Raises:
        KeyFileError: there is none.

    """
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            return (_pem(data.lstrip()),)
        value = strict_json.parse(data.strip()).value
        listed = value.get("keys", [value]) if isinstance(value, dict) else []
        found = tuple(found for key in listed[:_MOST_KEYS] if (found := _public(key)))
    except (FormatError, ValueError, TypeError, JWException, UnsupportedAlgorithm, RecursionError):
        found = ()
    if not found:
        raise KeyFileError("key-file", "neither a public key (JWK, JWK Set, PEM) nor a certificate")
    return found


def _public(key: Any) -> Mapping[str, Any] | None:
    """Give the public part of a key; ``None`` for one that has none, or that is not known here."""
    try:
        public_key(key)
        made = required_members(key)
    except JwkError:
        return None
    return {name: key[name] for name in _METADATA if isinstance(key.get(name), str)} | made


def _pem(data: bytes) -> Mapping[str, Any]:
    if b"-----BEGIN CERTIFICATE-----" in data:
        return x509.public_jwk(pyca.load_pem_x509_certificates(data)[0])
    key: Any = load_pem_public_key(data)
    return required_members(JWK.from_pyca(key).export_public(as_dict=True))
