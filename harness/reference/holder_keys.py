"""Reading the holder's key out of the header of a key proof (OpenID4VCI F.1)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from harness.reference.encoding import from_base64url


class Key(dict[str, Any]):
    """A public JWK: the members of the key and nothing else."""

    did: str | None = None
    """The DID by which the wallet named the key; ``None`` where it named it otherwise."""


PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""JWK members that must stay with their owner (RFC 7518 section 6)."""

_PUBLIC_MEMBERS = {"EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "RSA": ("n", "e")}
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_MULTICODEC_CURVES: dict[bytes, ec.EllipticCurve] = {
    b"\x80\x24": ec.SECP256R1(),
    b"\x81\x24": ec.SECP384R1(),
    b"\x82\x24": ec.SECP521R1(),
}
_MULTICODEC_ED25519 = b"\xed\x01"
_MAX_DID_LENGTH = 4096
# What the readers below raise for values of any shape.
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    JWException,
    UnsupportedAlgorithm,
)


class UnusableKey(ValueError):
    """The header names no key this issuer can read or bind to."""


def from_header(header: Mapping[str, Any], binding_methods: Collection[str]) -> Key:
    """Give the public JWK that a proof header names, with the members of the key and nothing else.

    Raises:
        UnusableKey: there is no such key, or not in a form that ``binding_methods`` covers.

    """
    try:
        for name, method, read in _FORMS:
            if name in header and (method is None or method in binding_methods):
                key = _public(read(header[name], binding_methods))
                key.did = header[name].partition("#")[0] if name == "kid" else None
                return key
    except _UNREADABLE as error:
        raise UnusableKey(str(error)) from error
    raise UnusableKey("no key in a supported form")


def _public(jwk: Any) -> Key:
    members = Key({name: jwk[name] for name in ("kty", *_PUBLIC_MEMBERS[jwk["kty"]])})
    # Building the key checks that the point lies on the curve.
    JWK(**members).get_op_key("verify")
    return members


def _jwk(value: Any, _methods: Collection[str]) -> Any:
    return value


def _x5c(value: Any, _methods: Collection[str]) -> Any:
    certificate = x509.load_der_x509_certificate(base64.b64decode(value[0], validate=True))
    return _exported(certificate.public_key())


def _did(value: str, methods: Collection[str]) -> Any:
    did, separator, fragment = value.partition("#")
    if len(value) > _MAX_DID_LENGTH or not separator:
        raise ValueError("no DID URL of a key")
    for method, resolve in _DID_METHODS.items():
        if method in methods and did.startswith(f"{method}:"):
            return resolve(did.removeprefix(f"{method}:"), fragment)
    raise ValueError("unsupported DID method")


def _did_jwk(identifier: str, fragment: str) -> Any:
    if fragment != "0":
        raise ValueError("did:jwk has one key, named 0")
    return json.loads(from_base64url(identifier))


def _did_key(identifier: str, fragment: str) -> Any:
    if fragment != identifier or not identifier.startswith("z"):
        raise ValueError("did:key names its key by its own identifier")
    data = from_base58(identifier[1:])
    if data.startswith(_MULTICODEC_ED25519):
        return _exported(ed25519.Ed25519PublicKey.from_public_bytes(data[2:]))
    curve = _MULTICODEC_CURVES[data[:2]]
    return _exported(ec.EllipticCurvePublicKey.from_encoded_point(curve, data[2:]))


def from_base58(text: str) -> bytes:
    """Decode base58 with the alphabet of Bitcoin.

    Raises:
        ValueError: the text is not base58, or too long for anything this issuer reads.

    """
    if len(text) > _MAX_DID_LENGTH:
        raise ValueError("too long")
    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    zeros = len(text) - len(text.lstrip(_BASE58[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _exported(key: Any) -> Any:
    return JWK.from_pyca(key).export_public(as_dict=True)


_DID_METHODS: dict[str, Callable[[str, str], Any]] = {"did:jwk": _did_jwk, "did:key": _did_key}
# A certificate is another way to spell a bare key, and so is the COSE key that a mobile document makes of one;
# DID URLs say themselves which method they are.
_FORMS: tuple[tuple[str, str | None, Callable[[Any, Collection[str]], Any]], ...] = (
    ("jwk", "jwk", _jwk),
    ("x5c", "jwk", _x5c),
    ("jwk", "cose_key", _jwk),
    ("x5c", "cose_key", _x5c),
    ("kid", None, _did),
)
