"""COSE: single-signer messages and keys (RFC 9052, RFC 9053, RFC 9864, RFC 9360).

Problems of :func:`parse_sign1`; pointers begin with ``protected`` or ``unprotected``:

- those of ``cbor`` in the protected header parameters.
- ``cose-tagged``: the message carries its tag 18 (RFC 9052 section 2; whether it may is for the format to say).
- ``header-repeated``: a parameter is in both buckets (RFC 9052 section 3).
- ``header-label``: a label is neither integer nor text (RFC 9052 section 1.5).
- ``header-type``: a common header parameter has another type than its definition gives it (RFC 9052 section 3.1).
- ``alg-missing``: neither bucket has ``alg`` (RFC 9052 section 3.1).
- ``alg-unprotected``: ``alg`` is only in the unprotected bucket (RFC 9052 section 3.1).
- ``protected-empty-map``: an empty protected bucket that is not encoded as no bytes (RFC 9052 section 3).
- ``crit-unprotected``: ``crit`` is in the unprotected bucket (RFC 9052 section 3.1).
- ``crit-form``: ``crit`` is no non-empty array of labels (RFC 9052 section 3.1).
- ``crit-absent``: ``crit`` names a label that is not in the protected bucket (RFC 9052 section 3.1).
- ``crit-common``: ``crit`` names one of the labels 0 to 7 (RFC 9052 section 3.1).
- ``crit-not-understood``: ``crit`` names a label that is not known here (RFC 9052 section 3.1).
- ``payload-detached``: the payload is nil (RFC 9052 section 4.1).

Errors, all :class:`CoseError`:

- ``cose-structure``: no array of four elements that ends with payload and signature (RFC 9052 section 4.2).
- ``cose-header``: the protected bucket is no byte string of a map, or the unprotected one no map (RFC 9052
  section 3).

Errors of :func:`jwk_of`, :class:`CoseError` too:

- ``cose-key``: no map (RFC 9052 section 7).
- ``cose-key-kty``: no ``kty`` (RFC 9052 section 7.1).
- ``cose-key-type``: ``kty`` is neither EC2 nor OKP (RFC 9053 section 7).
- ``cose-key-curve``: ``crv`` is no curve of the key type (RFC 9053 section 7.1).
- ``cose-key-unsupported``: a curve that is not known here.
- ``cose-key-member``: ``crv`` or a coordinate is missing, or ``x`` no byte string (RFC 9053 sections 7.1.1, 7.2).
- ``cose-key-y``: ``y`` is neither a byte string nor a boolean (RFC 9053 section 7.1.1).
- ``cose-key-length``: a coordinate has not the length of the curve (RFC 9053 sections 7.1.1, 7.2).
- ``cose-key-point``: the coordinates are no point of the curve (RFC 9053 section 7.1.1).

Problems of :func:`key_problems`:

- ``cose-key-private``: the private part is there (RFC 9053 sections 7.1.1, 7.2).
- ``cose-key-algorithm``: ``alg`` is a signature that the key cannot make (RFC 9052 section 7.1).
- ``cose-key-operations``: ``key_ops`` allows neither signatures nor key agreement (RFC 9052 section 7.1).

Errors of :func:`verify` are those of ``signatures``, among them ``key-unfit`` where a fully specified algorithm
has another curve than the key (RFC 9864), and, of the same class:

- ``algorithm-unknown``: an algorithm that is not known here.
- ``critical-header``: the header has a ``crit`` that is malformed or not understood (RFC 9052 section 3.1).
- ``payload-detached``: there is no payload to verify.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from harness.formats import base64url, cbor, signatures
from harness.formats.jwk import JwkError, public_key
from harness.formats.problems import FormatError, Problem, located, shown
from harness.formats.signatures import SignatureError
from harness.formats.strict_json import pointer
from harness.model import Json

ALG, CRIT, CONTENT_TYPE, KID, IV, PARTIAL_IV, X5CHAIN = 1, 2, 3, 4, 5, 6, 33
"""Labels of header parameters (RFC 9052 section 3.1, RFC 9360 section 2)."""
_SIGN1_TAG, _LAST_COMMON_LABEL = 18, 7

JOSE_NAMES: Mapping[int, str] = {
    -7: "ES256",
    -8: "EdDSA",
    -9: "ES256",
    -19: "Ed25519",
    -35: "ES384",
    -36: "ES512",
    -37: "PS256",
    -38: "PS384",
    -39: "PS512",
    -47: "ES256K",
    -48: "ML-DSA-44",
    -49: "ML-DSA-65",
    -50: "ML-DSA-87",
    -51: "ES384",
    -52: "ES512",
    -53: "Ed448",
    -257: "RS256",
    -258: "RS384",
    -259: "RS512",
}
"""COSE algorithm to the JOSE name of the same signature with the same kind of key. ES256, ES384 and ES512 of COSE
leave the curve open; the name is that for the curve of the size."""

SIGNATURE_NAMES: frozenset[str] = frozenset(JOSE_NAMES.values()) | {
    *("EdDSA", "ES512", "ESP256", "ESP384", "ESP512", "ESB256", "ESB320", "ESB384", "ESB512"),
    *("HSS-LMS", "WalnutDSA", "RS1"),
}
"""Names of digital signatures in the IANA registry of COSE algorithms."""
MDOC_SIGNATURE_NAMES: frozenset[str] = frozenset({"ES256", "ES384", "ES512", "EdDSA"})
"""Names of those that ISO/IEC 18013-5 has for mobile documents (section 9.1.2.4)."""

_ANY_CURVE = {-7: 256, -35: 384, -36: 512}
"""ECDSA with any curve: algorithm to the bits of SHA-2 (RFC 9053 section 2.1)."""
_BRAINPOOL = {-265: ("BP-256", 256), -267: ("BP-384", 384), -268: ("BP-512", 512)}
"""Fully specified ECDSA on Brainpool curves that are known here (RFC 9864 section 2.1)."""
ALGORITHMS: frozenset[int] = frozenset(JOSE_NAMES) | frozenset(_BRAINPOOL)
"""The algorithms whose signatures can be verified here."""

FULLY_SPECIFIED: Mapping[int, tuple[int, str]] = {
    -9: (-7, "P-256"),
    -51: (-35, "P-384"),
    -52: (-36, "P-521"),
    -265: (-7, "BP-256"),
    -267: (-35, "BP-384"),
    -268: (-36, "BP-512"),
    -19: (-8, "Ed25519"),
    -53: (-8, "Ed448"),
}
"""Fully specified algorithm to the one that leaves the curve open and the JWK name of the curve (RFC 9864)."""

_KTY, _KEY_ALG, _KEY_OPS = 1, 3, 4
_CRV, _X, _Y, _D = -1, -2, -3, -4
_OKP, _EC2 = 1, 2
_USES = ("sign", "verify", "derive key", "derive bits", 1, 2, 7, 8)
"""Values of ``key_ops`` for signatures and key agreement (RFC 9052 section 7.1)."""
_UNSUPPORTED_CURVES = frozenset({257})
"""Registered for EC2, but unknown to the library: brainpoolP320r1."""
_EC_CURVES: dict[int, tuple[str, ec.EllipticCurve]] = {
    1: ("P-256", ec.SECP256R1()),
    2: ("P-384", ec.SECP384R1()),
    3: ("P-521", ec.SECP521R1()),
    8: ("secp256k1", ec.SECP256K1()),
    256: ("BP-256", ec.BrainpoolP256R1()),
    258: ("BP-384", ec.BrainpoolP384R1()),
    259: ("BP-512", ec.BrainpoolP512R1()),
}
_OKP_CURVES = {4: "X25519", 5: "X448", 6: "Ed25519", 7: "Ed448"}


_FATAL = frozenset({"crit-unprotected", "crit-form", "crit-absent", "crit-not-understood"})
"""Problems that forbid to take a message as verified."""


class CoseError(FormatError):
    """The value is no COSE message or key."""


@dataclass(frozen=True)
class Sign1:
    """A COSE_Sign1 as read; nothing is said about its signature yet."""

    protected: dict[Any, Any]
    protected_bytes: bytes
    """The content of the byte string as sent."""
    unprotected: dict[Any, Any]
    payload: bytes | None
    signature: bytes
    problems: tuple[Problem, ...] = ()

    @property
    def algorithm(self) -> int | None:
        """The ``alg``, wherever it is, when it is an integer."""
        found = self.protected.get(ALG, self.unprotected.get(ALG))
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def signed_bytes(self) -> bytes:
        """What was signed: the Sig_structure with no external data (RFC 9052 section 4.4)."""
        # An empty map counts as no bytes, however it was sent.
        parts = (self.protected_bytes if self.protected else b"", b"", self.payload or b"")
        context = b"Signature1"
        return b"".join(
            [cbor.head(4, 4), cbor.head(3, len(context)), context, *(cbor.byte_string(part) for part in parts)]
        )


def parse_sign1(value: Any) -> Sign1:
    """Read a COSE_Sign1 from a parsed CBOR item.

    Raises:
        CoseError: the value is none; the kinds are in the module's docstring.

    """
    tagged = isinstance(value, cbor.Tag) and value.number == _SIGN1_TAG
    parts = value.value if tagged else value
    if not isinstance(parts, list) or len(parts) != 4:
        raise CoseError("cose-structure", "COSE_Sign1 is an array of four elements")
    protected_bytes, unprotected, payload, signature = parts
    if not isinstance(protected_bytes, bytes) or not isinstance(unprotected, dict):
        raise CoseError("cose-header", "the headers are no byte string and no map")
    if not isinstance(payload, (bytes, type(None))) or not isinstance(signature, bytes):
        raise CoseError("cose-structure", "COSE_Sign1 ends with a byte string or nil and a byte string")
    protected = _protected(protected_bytes)
    problems = (
        *([Problem("cose-tagged", "the message carries the tag 18", "")] if tagged else []),
        *located("protected", protected.problems),
        *_label_problems(protected.value, unprotected),
        *_type_problems("protected", protected.value),
        *_type_problems("unprotected", unprotected),
        *_empty_problems(protected_bytes, protected.value),
        *_algorithm_problems(protected.value, unprotected),
        *_critical_problems(protected.value, unprotected),
        *([Problem("payload-detached", "the payload is nil", "")] if payload is None else []),
    )
    return Sign1(protected.value, protected_bytes, unprotected, payload, signature, problems)


def verify(sign1: Sign1, jwk: Mapping[str, Json]) -> None:
    """Check that this key signed this message.

    Raises:
        SignatureError: it did not; the kinds are in the module's docstring and that of ``signatures``.

    """
    algorithm = sign1.algorithm
    if algorithm is None or algorithm not in ALGORITHMS:
        found = sign1.protected.get(ALG, sign1.unprotected.get(ALG))
        raise SignatureError("algorithm-unknown", f"the COSE algorithm {shown(found)} is not known here")
    if any(problem.kind in _FATAL for problem in sign1.problems):
        raise SignatureError("critical-header", "crit is malformed or not understood")
    if sign1.payload is None:
        raise SignatureError("payload-detached", "the payload is nil")
    if algorithm in _BRAINPOOL and jwk.get("crv") != _BRAINPOOL[algorithm][0]:
        raise SignatureError("key-unfit", f"algorithm {algorithm} does not go with {shown(jwk.get('crv'))}")
    if algorithm in _ANY_CURVE:
        signatures.verify_ecdsa(_ANY_CURVE[algorithm], jwk, sign1.signed_bytes, sign1.signature)
    elif algorithm in _BRAINPOOL:
        signatures.verify_ecdsa(_BRAINPOOL[algorithm][1], jwk, sign1.signed_bytes, sign1.signature)
    else:
        signatures.verify(JOSE_NAMES[algorithm], jwk, sign1.signed_bytes, sign1.signature)


def jwk_of(cose_key: Any) -> dict[str, str]:
    """Give the public JWK of a COSE_Key of type EC2 or OKP; ``kid`` and other metadata are left out.

    Raises:
        CoseError: the value is no such key; the kinds are in the module's docstring.

    """
    if not isinstance(cose_key, dict):
        raise CoseError("cose-key", "the key is no map")
    if _KTY not in cose_key:
        raise CoseError("cose-key-kty", "the key has no kty")
    if _is(cose_key[_KTY], _EC2):
        jwk = _elliptic(cose_key)
    elif _is(cose_key[_KTY], _OKP):
        jwk = _octets(cose_key)
    else:
        raise CoseError("cose-key-type", f"the key type {shown(cose_key[_KTY])} is neither EC2 nor OKP")
    try:
        public_key(jwk)
    except JwkError as error:
        raise CoseError(
            "cose-key-length" if error.kind == "jwk-length" else "cose-key-point", error.detail
        ) from None
    return jwk


def key_problems(cose_key: Any) -> tuple[Problem, ...]:
    """Judge what a public COSE_Key says besides its coordinates; one that cannot be read has no problem here."""
    try:
        jwk = jwk_of(cose_key)
    except CoseError:
        jwk = None
    if not isinstance(cose_key, dict):
        return ()
    problems: list[Problem] = []
    if _D in cose_key:
        problems.append(Problem("cose-key-private", "the key has its private part", f"/{_D}"))
    algorithm, operations = cose_key.get(_KEY_ALG), cose_key.get(_KEY_OPS)
    if jwk is not None and algorithm in ALGORITHMS and algorithm not in _algorithms_of(jwk):
        detail = f"alg is {shown(algorithm)}, which does not go with the key"
        problems.append(Problem("cose-key-algorithm", detail, f"/{_KEY_ALG}"))
    if _KEY_OPS in cose_key and not (isinstance(operations, list) and any(use in operations for use in _USES)):
        detail = f"key_ops is {shown(operations)}"
        problems.append(Problem("cose-key-operations", detail, f"/{_KEY_OPS}"))
    return tuple(problems)


def _algorithms_of(jwk: Mapping[str, str]) -> set[int]:
    """Give the algorithms, as precise or not, with which a key on this curve signs."""
    full = {name: open_one for name, (open_one, curve) in FULLY_SPECIFIED.items() if curve == jwk["crv"]}
    return {*full, *full.values(), *({-47} if jwk["crv"] == "secp256k1" else ())}


def _is(value: Any, number: int) -> bool:
    return _is_integer(value) and value == number


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_label(value: Any) -> bool:
    return _is_integer(value) or isinstance(value, str)


def _protected(data: bytes) -> cbor.CborDocument:
    if not data:  # the encoding of an empty map
        return cbor.CborDocument({})
    try:
        found = cbor.parse(data)
    except cbor.CborError as error:
        raise CoseError("cose-header", f"the protected header is no CBOR: {error.detail}") from None
    if not isinstance(found.value, dict):
        raise CoseError("cose-header", "the protected header is no map")
    return found


def _label_problems(protected: Mapping[Any, Any], unprotected: Mapping[Any, Any]) -> Iterator[Problem]:
    for place, bucket in (("protected", protected), ("unprotected", unprotected)):
        if not all(_is_label(label) for label in bucket):
            yield Problem("header-label", "a label is neither an integer nor a text", place)
    for label in protected:
        if label in unprotected:
            detail = f"the parameter {shown(label)} is protected and unprotected"
            yield Problem("header-repeated", detail, f"unprotected{pointer(str(label))}")


_HEADER_TYPES: dict[int, tuple[str, tuple[type, ...]]] = {
    ALG: ("alg", (int, str)),
    CONTENT_TYPE: ("content type", (int, str)),
    KID: ("kid", (bytes,)),
    IV: ("IV", (bytes,)),
    PARTIAL_IV: ("Partial IV", (bytes,)),
}


def _type_problems(place: str, bucket: Mapping[Any, Any]) -> Iterator[Problem]:
    for label, (name, types) in _HEADER_TYPES.items():
        value = bucket.get(label)
        if label in bucket and (not isinstance(value, types) or isinstance(value, bool)):
            yield Problem("header-type", f"{name} is of another type", f"{place}/{label}")


def _algorithm_problems(protected: Mapping[Any, Any], unprotected: Mapping[Any, Any]) -> Iterator[Problem]:
    if ALG not in protected and ALG in unprotected:
        yield Problem("alg-unprotected", "alg is in the unprotected header only", "unprotected/1")
    elif ALG not in protected:
        yield Problem("alg-missing", "the header has no alg", "protected")


def _empty_problems(data: bytes, protected: Mapping[Any, Any]) -> Iterator[Problem]:
    if data and not protected:
        yield Problem("protected-empty-map", "the protected header is an empty map in a byte", "protected")


def _critical_problems(protected: Mapping[Any, Any], unprotected: Mapping[Any, Any]) -> Iterator[Problem]:
    if CRIT in unprotected:
        yield Problem("crit-unprotected", "crit is in the unprotected header", "unprotected/2")
    if CRIT not in protected:
        return
    labels, place = protected[CRIT], "protected/2"
    if not isinstance(labels, list) or not labels or not all(_is_label(label) for label in labels):
        yield Problem("crit-form", "crit is no non-empty array of labels", place)
        return
    for label in labels:
        if label not in protected:
            yield Problem("crit-absent", f"crit names {shown(label)}, which is not there", place)
        elif isinstance(label, int) and 0 <= label <= _LAST_COMMON_LABEL:
            yield Problem("crit-common", f"crit names {shown(label)}, which everybody knows", place)
        elif label != X5CHAIN:
            yield Problem("crit-not-understood", f"crit names {shown(label)}", place)


def _curve(cose_key: Mapping[Any, Any], known: Mapping[int, Any]) -> Any:
    if _CRV not in cose_key:
        raise CoseError("cose-key-member", "the key has no crv")
    crv = cose_key[_CRV]
    if not _is_integer(crv) or crv not in {*known, *_UNSUPPORTED_CURVES}:
        raise CoseError("cose-key-curve", f"the curve {shown(crv)} is none of the key type")
    if crv not in known:
        raise CoseError("cose-key-unsupported", f"the curve {crv} is not known here")
    return known[crv]


def _octets(cose_key: Mapping[Any, Any]) -> dict[str, str]:
    name: str = _curve(cose_key, _OKP_CURVES)
    return {"crv": name, "kty": "OKP", "x": base64url.encode(_x(cose_key))}


def _elliptic(cose_key: Mapping[Any, Any]) -> dict[str, str]:
    name, curve = _curve(cose_key, _EC_CURVES)
    if _Y not in cose_key:
        raise CoseError("cose-key-member", "the key has no y")
    x, y = _x(cose_key), cose_key[_Y]
    if isinstance(y, bool):
        y = _decompressed(curve, name, x, odd=y)
    if not isinstance(y, bytes):
        raise CoseError("cose-key-y", "y is neither a byte string nor the sign bit")
    return {"crv": name, "kty": "EC", "x": base64url.encode(x), "y": base64url.encode(y)}


def _x(cose_key: Mapping[Any, Any]) -> bytes:
    value = cose_key.get(_X)
    if not isinstance(value, bytes):
        raise CoseError("cose-key-member", "x is missing or no byte string")
    return value


def _decompressed(curve: ec.EllipticCurve, name: str, x: bytes, *, odd: bool) -> bytes:
    size = (curve.key_size + 7) // 8
    if len(x) != size:
        raise CoseError("cose-key-length", f"a coordinate of {name} has {size} bytes")
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(curve, bytes([3 if odd else 2]) + x)
    except (ValueError, UnsupportedAlgorithm):
        raise CoseError("cose-key-point", f"no point of {name} has this x") from None
    return point.public_numbers().y.to_bytes(size, "big")
