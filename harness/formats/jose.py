"""JSON Web Signatures in compact form (RFC 7515) and their verification.

Problems:

- ``duplicate-name``: a header parameter stands twice (RFC 7515 section 4; found by ``strict_json``).
- ``alg-missing``: the header has no ``alg`` (RFC 7515 section 4.1.1).
- ``header-type``: a registered header parameter has another JSON type than RFC 7515 section 4.1 gives it.
- ``crit-malformed``: ``crit`` is no non-empty array of unique names that stand in the header and that RFC 7515 and
  RFC 7518 do not define (RFC 7515 section 4.1.11).
- ``crit-not-understood``: ``crit`` names an extension; none is understood here (RFC 7515 section 4.1.11).

Errors of reading, all :class:`JwsError`:

- ``jws-too-large``: longer than is read here.
- ``jws-segments``: not three parts between periods (RFC 7515 section 7.1).
- ``jws-base64url``: a part is not base64url (RFC 7515 section 5.2 steps 2, 6 and 7).
- ``jws-header``: the header is no JSON object (RFC 7515 section 5.2 steps 3 and 4).

Errors of verifying, all :class:`SignatureError`:

- ``algorithm-refused``: ``alg`` is missing, ``none``, a MAC, or of no registered digital signature.
- ``algorithm-not-allowed``: ``alg`` is not among those the caller allows.
- ``critical-header``: the header has a ``crit`` that must be understood (RFC 7515 section 4.1.11).
- ``key-unfit``: the key is unusable, of another type or curve than ``alg`` needs, too small (RFC 7518 sections 3.3
  and 3.5), or its ``alg``, ``use`` or ``key_ops`` say otherwise (RFC 7517 sections 4.2 to 4.4).
- ``signature-length``: not the length that ``alg`` has with this key (RFC 7518 section 3.4).
- ``signature-invalid``: the signature is not by this key over this content (RFC 7515 section 5.2 step 8).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from harness.formats import base64url, strict_json
from harness.formats.jose_header import critical_problems, type_problems
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key, same_key, thumbprint
from harness.formats.problems import FormatError, Problem, json_type, located, shown
from harness.model import Json

__all__ = [
    "ASYMMETRIC_ALGORITHMS",
    "JWS_ALGORITHMS",
    "MAX_LENGTH",
    "SYMMETRIC_ALGORITHMS",
    "Jws",
    "JwsError",
    "SignatureError",
    "is_private_or_symmetric",
    "parse_compact",
    "same_key",
    "thumbprint",
    "verify",
]

MAX_LENGTH = 5_000_000
"""Characters of a compact serialization that are read."""

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
SYMMETRIC_ALGORITHMS: frozenset[str] = frozenset({"HS256", "HS384", "HS512"})
"""MACs of the same registry."""
JWS_ALGORITHMS: frozenset[str] = ASYMMETRIC_ALGORITHMS | SYMMETRIC_ALGORITHMS | {"none"}
"""Every name of the registry that can stand as ``alg`` in a JWS."""


class JwsError(FormatError):
    """The text is not a JWS in compact serialization."""


class SignatureError(FormatError):
    """The JWS is not validly signed by the key it was checked with."""


@dataclass(frozen=True)
class Jws:
    """A JWS as read; nothing is said about its signature yet."""

    header: dict[str, Json]
    payload: bytes
    signature: bytes
    signing_input: bytes
    problems: tuple[Problem, ...] = ()
    """Pointers begin with ``header``."""


def parse_compact(text: str) -> Jws:
    """Read a compact serialization.

    Raises:
        JwsError: there are no three parts of base64url with a JSON object as header.

    """
    if len(text) > MAX_LENGTH:
        raise JwsError("jws-too-large", f"more than {MAX_LENGTH} characters")
    if text.count(".") != 2:
        raise JwsError("jws-segments", f"{text.count('.') + 1} parts between periods instead of 3")
    first, second, third = text.split(".")
    header = _header(_decoded("header", first))
    return Jws(
        header=header.value,
        payload=_decoded("payload", second),
        signature=_decoded("signature", third),
        signing_input=f"{first}.{second}".encode("ascii"),
        problems=(
            *located("header", header.problems),
            *type_problems(header.value),
            *([] if "alg" in header.value else [Problem("alg-missing", "the header has no alg", "header")]),
            *critical_problems(header.value),
        ),
    )


def verify(jws: Jws, jwk: Mapping[str, Json], algorithms: Collection[str] | None = None) -> None:
    """Check that this key signed this content. Neither ``none`` nor a MAC ever passes.

    Args:
        jws: what :func:`parse_compact` gave.
        jwk: the public key as JWK.
        algorithms: the ``alg`` values that are allowed; ``None`` allows every registered digital signature.

    Raises:
        SignatureError: the signature does not verify; the kinds are in the module's docstring.

    """
    alg = jws.header.get("alg")
    if not isinstance(alg, str) or alg not in ASYMMETRIC_ALGORITHMS:
        raise SignatureError("algorithm-refused", f"{shown(alg)} is no digital signature algorithm")
    if algorithms is not None and alg not in algorithms:
        raise SignatureError("algorithm-not-allowed", f"{alg} is not allowed here")
    if "crit" in jws.header:
        raise SignatureError("critical-header", "crit asks for extensions that are not understood")
    key = _fitting_key(alg, jwk)
    try:
        _verify_with(key, alg, jws)
    except InvalidSignature:
        raise SignatureError("signature-invalid", f"the {alg} signature is not by this key") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureError("key-unfit", f"the key cannot verify {alg}: {shown(str(error))}") from None


def _decoded(part: str, text: str) -> bytes:
    try:
        return base64url.decode(text)
    except base64url.Base64UrlError as error:
        raise JwsError("jws-base64url", f"{part}: {error.detail}") from None


def _header(data: bytes) -> strict_json.JsonDocument:
    try:
        header = strict_json.parse(data)
    except strict_json.JsonError as error:
        raise JwsError("jws-header", f"the header is not readable JSON: {error.detail}") from None
    if not isinstance(header.value, dict):
        raise JwsError("jws-header", f"the header is {json_type(header.value)}, not an object")
    return header


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
        raise SignatureError(
            "key-unfit", f"{alg} does not go with a key of type {kty}, {shown(crv)}, or this size"
        )
    _check_purpose(alg, jwk)
    return key


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


def _verify_with(key: Any, alg: str, jws: Jws) -> None:
    if alg in _CURVE_OF:
        size = (key.key_size + 7) // 8
        if len(jws.signature) != 2 * size:
            detail = f"{alg} signatures have {2 * size} bytes, this one {len(jws.signature)}"
            raise SignatureError("signature-length", detail)
        r, s = (int.from_bytes(half, "big") for half in (jws.signature[:size], jws.signature[size:]))
        key.verify(encode_dss_signature(r, s), jws.signing_input, ec.ECDSA(_HASHES[alg[2:5]]))
    elif alg in _RSA:
        digest = _HASHES[alg[2:]]
        scheme: padding.AsymmetricPadding = (
            padding.PKCS1v15()
            if alg.startswith("RS")
            else padding.PSS(
                padding.MGF1(digest), digest.digest_size
            )  # RFC 7518 section 3.5 fixes the salt length
        )
        key.verify(jws.signature, jws.signing_input, scheme, digest)
    else:
        key.verify(jws.signature, jws.signing_input)
