"""Verifying digital signatures by the name of their JOSE algorithm, whatever format carries them.

Errors, all :class:`SignatureError`:

- ``algorithm-refused``: the algorithm is ``none``, a MAC, or no registered digital signature.
- ``key-unfit``: the key is unusable, of another type or curve than the algorithm needs, too small (RFC 7518
  sections 3.3 and 3.5), or its ``alg``, ``use`` or ``key_ops`` say otherwise (RFC 7517 sections 4.2 to 4.4).
- ``signature-length``: not the length that the algorithm has with this key (RFC 7518 section 3.4).
- ``signature-invalid``: the signature is not by this key over this content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from harness.formats.jwk import JwkError, public_key
from harness.formats.problems import FormatError, shown
from harness.model import Json

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1"}
_EDDSA_CURVES = {"EdDSA": ("Ed25519", "Ed448"), "Ed25519": ("Ed25519",), "Ed448": ("Ed448",)}
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_ML_DSA = frozenset({"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"})
_MIN_RSA_BITS = 2_048

ASYMMETRIC_ALGORITHMS: frozenset[str] = frozenset(_CURVE_OF) | frozenset(_EDDSA_CURVES) | _RSA | _ML_DSA
"""Digital signatures of the IANA registry "JSON Web Signature and Encryption Algorithms": RFC 7518, RFC 8037,
RFC 8812, RFC 9864, RFC 9964. The ``ESP`` and ``ESB`` names of RFC 9864 are registered for COSE only."""


class SignatureError(FormatError):
    """Something is not validly signed by the key it was checked with."""


def verify(algorithm: Json, jwk: Mapping[str, Json], data: bytes, signature: bytes) -> None:
    """Check that this key signed this data.

    Args:
        algorithm: its JOSE name; ECDSA signatures are the two numbers one after the other (RFC 7518 section 3.4).
        jwk: the public key as JWK.
        data: what was signed.
        signature: as sent, decoded.

    Raises:
        SignatureError: it did not; the kinds are in the module's docstring.

    """
    if not isinstance(algorithm, str) or algorithm not in ASYMMETRIC_ALGORITHMS:
        raise SignatureError("algorithm-refused", f"{shown(algorithm)} is no digital signature algorithm")
    key = _fitting_key(algorithm, jwk)
    try:
        _verify_with(key, algorithm, data, signature)
    except InvalidSignature:
        raise SignatureError("signature-invalid", f"the {algorithm} signature is not by this key") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureError("key-unfit", f"the key cannot verify {algorithm}: {shown(str(error))}") from None


def verify_ecdsa(digest_bits: int, jwk: Mapping[str, Json], data: bytes, signature: bytes) -> None:
    """Check an ECDSA signature whose algorithm names the hash only, as those of COSE do (RFC 9053 section 2.1).

    Args:
        digest_bits: 256, 384 or 512, of SHA-2.
        jwk: a public key on any elliptic curve that is known here.
        data: what was signed.
        signature: the two numbers one after the other.

    Raises:
        SignatureError: the key is none of that kind or did not sign this; see the module's docstring.

    """
    try:
        key = public_key(jwk)
    except JwkError as error:
        raise SignatureError("key-unfit", error.detail) from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SignatureError("key-unfit", f"ECDSA does not go with a key of type {shown(jwk.get('kty'))}")
    try:
        _verify_ecdsa(key, _HASHES[str(digest_bits)], data, signature)
    except InvalidSignature:
        raise SignatureError("signature-invalid", "the ECDSA signature is not by this key") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureError("key-unfit", f"the key cannot verify ECDSA: {shown(str(error))}") from None


def _fitting_key(alg: str, jwk: Mapping[str, Json]) -> Any:
    """Give the key as an object of the ``cryptography`` library when ``alg`` may be used with it."""
    try:
        key = public_key(jwk)
    except JwkError as error:
        raise SignatureError("key-unfit", error.detail) from None
    kty, crv = jwk["kty"], jwk.get("crv")
    if alg in _CURVE_OF:
        fits = kty == "EC" and crv == _CURVE_OF[alg]
    elif alg in _EDDSA_CURVES:
        fits = kty == "OKP" and crv in _EDDSA_CURVES[alg]
    elif alg in _RSA:
        fits = kty == "RSA" and key.key_size >= _MIN_RSA_BITS
    else:
        fits = kty == "AKP" and jwk["alg"] == alg
    if not fits:
        raise SignatureError("key-unfit", f"{alg} does not go with a key of {_kind(key, kty, crv)}")
    _check_purpose(alg, jwk)
    return key


def _kind(key: Any, kty: str, crv: Json) -> str:
    """Name type and curve of a key, or its size where it has no curve."""
    if kty == "RSA":
        return f"type RSA and {key.key_size} bits"
    return f"type {kty}" if crv is None else f"type {kty} on the curve {shown(crv)}"


def _check_purpose(alg: str, jwk: Mapping[str, Json]) -> None:
    # EdDSA and the fully specified names of RFC 9864 mean the same key; the curve has been compared before.
    meant = jwk.get("alg", alg)
    if meant != alg and not {str(meant), alg} <= _EDDSA_CURVES.keys():
        raise SignatureError("key-unfit", f"the key is for {shown(meant)}, not for {alg}")
    if jwk.get("use", "sig") != "sig":
        raise SignatureError("key-unfit", f"the key's use is {shown(jwk['use'])}")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise SignatureError("key-unfit", f"the key's key_ops are {shown(operations)}")


def _verify_with(key: Any, alg: str, data: bytes, signature: bytes) -> None:
    if alg in _CURVE_OF:
        _verify_ecdsa(key, _HASHES[alg[2:5]], data, signature)
    elif alg in _RSA:
        digest = _HASHES[alg[2:]]
        scheme: padding.AsymmetricPadding = (
            padding.PKCS1v15()
            if alg.startswith("RS")
            else padding.PSS(
                padding.MGF1(digest), digest.digest_size
            )  # RFC 7518 section 3.5 fixes the salt length
        )
        key.verify(signature, data, scheme, digest)
    else:
        key.verify(signature, data)


def _verify_ecdsa(
    key: ec.EllipticCurvePublicKey, digest: hashes.HashAlgorithm, data: bytes, signature: bytes
) -> None:
    size = (key.key_size + 7) // 8
    if len(signature) != 2 * size:
        detail = f"ECDSA signatures of this key have {2 * size} bytes, this one {len(signature)}"
        raise SignatureError("signature-length", detail)
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    key.verify(encode_dss_signature(r, s), data, ec.ECDSA(digest))
