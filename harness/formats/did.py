"""The DID methods that carry their key in the identifier: did:jwk and did:key.

Sources: the did:jwk method specification, the did:key method specification of the W3C Credentials Community
Group, and the Multicodec table. A DID URL names a key of the document with its fragment: ``#0`` for did:jwk, the
identifier itself for did:key.

Errors, all :class:`DidError`:

- ``did-syntax``: no DID, or with a path or query.
- ``did-method``: another method than did:jwk and did:key.
- ``did-fragment``: the fragment does not name the signing key of the document.
- ``did-jwk``: the identifier is no base64url of a public JWK.
- ``did-key-multibase``: the identifier is no base58-btc (``z``).
- ``did-key-codec``: no key type that is known here: Ed25519, secp256k1, P-256, P-384, P-521.
- ``did-key-length``: the key has not the length of its type.
- ``did-key-point``: the bytes are no point of the curve in compressed form.
"""

from __future__ import annotations

import json
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness.formats import base64url, multibase, strict_json
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key, required_members
from harness.formats.problems import FormatError, shown
from harness.model import Json

MAX_LENGTH = 10_000
"""Characters of a DID URL that are read."""
_MAX_DID_KEY = 128
"""Characters of a did:key identifier; the longest known one, P-521, has 96."""

_DID_URL = re.compile(r"did:(?P<method>[a-z0-9]+):(?P<identifier>[A-Za-z0-9._:%-]+)(?:#(?P<fragment>.*))?")
_ED25519 = b"\xed\x01"
_CURVES: dict[bytes, tuple[str, ec.EllipticCurve]] = {
    b"\xe7\x01": ("secp256k1", ec.SECP256K1()),
    b"\x80\x24": ("P-256", ec.SECP256R1()),
    b"\x81\x24": ("P-384", ec.SECP384R1()),
    b"\x82\x24": ("P-521", ec.SECP521R1()),
}
"""Multicodec prefix, as unsigned varint, to the JWK name of the curve and the curve."""


class DidError(FormatError):
    """The DID URL cannot be resolved, or the key has no DID."""


def did_jwk(jwk: Json) -> str:
    """Give the did:jwk DID of a key; a private part is left out.

    Raises:
        DidError: the value is no public key.

    """
    members = _public_members(jwk)
    return f"did:jwk:{base64url.encode(json.dumps(members, separators=(',', ':')).encode())}"


def did_key(jwk: Json) -> str:
    """Give the did:key DID of a key; a private part is left out.

    Raises:
        DidError: the value is no public key, or of a type that did:key has no name for here.

    """
    members = _public_members(jwk)
    if members.get("crv") == "Ed25519":
        encoded = _ED25519 + base64url.decode(members["x"])
    else:
        prefix = next((p for p, (name, _) in _CURVES.items() if name == members.get("crv")), None)
        if prefix is None:
            raise DidError("did-key-codec", f"no did:key for {members['kty']} {shown(members.get('crv'))}")
        encoded = prefix + public_key(members).public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return f"did:key:{multibase.encode(encoded)}"


def key_url(did: str) -> str:
    """Give the DID URL of the signing key of a did:jwk or did:key, as it stands in ``kid``.

    Raises:
        DidError: the DID is malformed or of another method.

    """
    method, identifier, _ = _parts(did)
    return f"{did}#{_fragment(method, identifier)}"


def resolve(did_url: str) -> dict[str, str]:
    """Give the public JWK that a did:jwk or did:key stands for.

    Args:
        did_url: the DID, or the DID URL of its signing key.

    Raises:
        DidError: the DID URL is malformed or of another method.

    """
    method, identifier, fragment = _parts(did_url)
    expected = _fragment(method, identifier)
    if fragment not in (None, expected):
        raise DidError("did-fragment", f"{shown(fragment)} does not name the key of the DID")
    return _from_did_jwk(identifier) if method == "jwk" else multikey(identifier)


def _parts(did_url: str) -> tuple[str, str, str | None]:
    parts = _DID_URL.fullmatch(did_url) if len(did_url) <= MAX_LENGTH else None
    if parts is None:
        raise DidError("did-syntax", f"{shown(did_url)} is no DID URL of a key")
    method, identifier, fragment = parts.group("method", "identifier", "fragment")
    if method not in {"jwk", "key"}:
        raise DidError("did-method", f"{shown(method)} is neither jwk nor key")
    return method, identifier, fragment


def _fragment(method: str, identifier: str) -> str:
    return "0" if method == "jwk" else identifier


def _public_members(jwk: Json) -> dict[str, str]:
    try:
        public_key(jwk)
        return required_members(jwk)
    except JwkError as error:
        raise DidError("did-jwk", error.detail) from None


def _from_did_jwk(identifier: str) -> dict[str, str]:
    try:
        jwk = strict_json.parse(base64url.decode(identifier)).value
    except FormatError as error:
        raise DidError("did-jwk", f"no base64url of JSON: {error.detail}") from None
    if is_private_or_symmetric(jwk):
        raise DidError("did-jwk", "the key is private or symmetric")
    return _public_members(jwk)


def multikey(identifier: str) -> dict[str, str]:
    """Give the public JWK of a key in Multikey form, which is also the identifier of a did:key.

    Raises:
        DidError: one of those of did:key.

    """
    if len(identifier) > _MAX_DID_KEY:
        raise DidError("did-key-codec", "the identifier is longer than that of any key type that is known")
    try:
        data = multibase.decode(identifier)
    except multibase.MultibaseError as error:
        raise DidError("did-key-multibase", error.detail) from None
    prefix, encoded = data[:2], data[2:]
    if prefix == _ED25519:
        if len(encoded) != 32:
            raise DidError("did-key-length", f"an Ed25519 key has 32 bytes, this {len(encoded)}")
        return _public_members({"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(encoded)})
    if prefix not in _CURVES:
        raise DidError("did-key-codec", "the key type is not known")
    name, curve = _CURVES[prefix]
    size = (curve.key_size + 7) // 8
    if len(encoded) != size + 1:
        raise DidError("did-key-length", f"a compressed point of {name} has {size + 1} bytes, this {len(encoded)}")
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(curve, encoded).public_numbers()
    except (ValueError, UnsupportedAlgorithm):
        raise DidError("did-key-point", f"the bytes are no point of {name}") from None
    x, y = (base64url.encode(coordinate.to_bytes(size, "big")) for coordinate in (point.x, point.y))
    return {"crv": name, "kty": "EC", "x": x, "y": y}
