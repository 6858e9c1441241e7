"""JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037, RFC 9964), public ones first of all.

Errors, all :class:`JwkError`:

- ``jwk-not-object``: the key is no JSON object (RFC 7517 section 4).
- ``jwk-kty``: ``kty`` is missing or of no registered type (RFC 7517 section 4.1).
- ``jwk-member``: a member that the key type requires is missing or no string (RFC 7518 section 6, RFC 8037
  section 2).
- ``jwk-base64url``: such a member is not base64url (RFC 7518 section 6).
- ``jwk-curve``: ``crv`` is a curve that is not known here (RFC 7518 section 6.2.1.1).
- ``jwk-length``: a coordinate or key has not the length of its curve (RFC 7518 section 6.2.1.2, RFC 8037
  section 2), or an integer begins with a zero byte (RFC 7518 section 2, Base64urlUInt).
- ``jwk-unusable``: the members do not form a public key, for example a point that is not on the curve.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from harness.formats import base64url
from harness.formats.problems import FormatError, shown
from harness.model import Json

_REQUIRED = {
    "AKP": ("alg", "kty", "pub"),
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
    "oct": ("k", "kty"),
}
"""Key type to the members of a public key, in the order of RFC 7638 section 3.2."""

_COORDINATE_BYTES = {
    ("EC", "P-256"): 32,
    ("EC", "P-384"): 48,
    ("EC", "P-521"): 66,
    ("EC", "secp256k1"): 32,
    # Not registered for JWK: the names that jwcrypto gives the Brainpool curves of ISO/IEC 18013-5.
    ("EC", "BP-256"): 32,
    ("EC", "BP-384"): 48,
    ("EC", "BP-512"): 64,
    ("OKP", "Ed25519"): 32,
    ("OKP", "Ed448"): 57,
    ("OKP", "X25519"): 32,
    ("OKP", "X448"): 56,
}
_MAX_RSA_BYTES = 2_048
"""A longer modulus is hostile: one verification with it would cost seconds."""

_SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
"""Members of private and symmetric keys (RFC 7518 sections 6.2.2, 6.3.2, 6.4; RFC 8037 section 2; RFC 9964)."""


class JwkError(FormatError):
    """The value is not a usable key."""


def required_members(jwk: Json) -> dict[str, str]:
    """Give the members that make the key, in the order of RFC 7638, without any private part or metadata.

    Raises:
        JwkError: the value is no key, or a member breaks the rules of its type.

    """
    if not isinstance(jwk, Mapping):
        raise JwkError("jwk-not-object", "the key is no JSON object")
    kty = jwk.get("kty")
    if not isinstance(kty, str) or kty not in _REQUIRED:
        raise JwkError("jwk-kty", f"kty is {shown(kty)}")
    members: dict[str, str] = {}
    for name in _REQUIRED[kty]:
        value = jwk.get(name)
        if not isinstance(value, str):
            raise JwkError("jwk-member", f"a key of type {kty} needs {name} as a string")
        members[name] = value
    _check_values(kty, members)
    return members


def public_key(jwk: Json) -> Any:
    """Give the public key as an object of the ``cryptography`` library.

    Raises:
        JwkError: the value is no key, a symmetric one, or its members form no key.

    """
    members = required_members(jwk)
    if members["kty"] == "oct":
        raise JwkError("jwk-unusable", "a symmetric key has no public part")
    try:
        return JWK(**members).get_op_key("verify")
    except (JWException, ValueError, TypeError, NotImplementedError, UnsupportedAlgorithm) as error:
        raise JwkError("jwk-unusable", f"the members form no public key: {shown(str(error))}") from None


def thumbprint(jwk: Json) -> str:
    """Give the JWK thumbprint (RFC 7638) with SHA-256, base64url.

    Raises:
        JwkError: the value is no key.

    """
    canonical = json.dumps(required_members(jwk), ensure_ascii=False, separators=(",", ":"))
    return base64url.encode(hashlib.sha256(canonical.encode()).digest())


def same_key(a: Json, b: Json) -> bool:
    """Say whether two JWKs are the same key, whatever their metadata; what is no key is the same as nothing."""
    try:
        return thumbprint(a) == thumbprint(b)
    except JwkError:
        return False


def key_bits(jwk: Json) -> int | None:
    """Give the size of a public key in bits, of its modulus or its curve; ``None`` where it has none here."""
    try:
        return getattr(public_key(jwk), "key_size", None)
    except JwkError:
        return None


def is_private_or_symmetric(jwk: Json) -> bool:
    """Say whether a JWK gives away a secret: a symmetric key, or any member of a private one."""
    return isinstance(jwk, Mapping) and (jwk.get("kty") == "oct" or not _SECRET.isdisjoint(jwk))


def _check_values(kty: str, members: Mapping[str, str]) -> None:
    data = {name: _decoded(name, members[name]) for name in members if name not in {"alg", "crv", "kty"}}
    if kty in {"EC", "OKP"}:
        size = _COORDINATE_BYTES.get((kty, members["crv"]))
        if size is None:
            raise JwkError("jwk-curve", f"{shown(members['crv'])} is no known curve of key type {kty}")
        if any(len(coordinate) != size for coordinate in data.values()):
            raise JwkError("jwk-length", f"a coordinate of {members['crv']} has {size} bytes")
    elif kty == "RSA":
        if any(not integer or integer[0] == 0 for integer in data.values()):
            raise JwkError("jwk-length", "n and e are encoded without leading zero bytes")
        if len(data["n"]) > _MAX_RSA_BYTES:
            raise JwkError("jwk-length", f"the modulus has more than {_MAX_RSA_BYTES * 8} bits")


def _decoded(name: str, value: str) -> bytes:
    try:
        return base64url.decode(value)
    except base64url.Base64UrlError as error:
        raise JwkError("jwk-base64url", f"{name}: {error.detail}") from None
