"""Detached JSON Web Signatures: the compact serialization without its payload (RFC 7515 appendix F)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jwcrypto.common import base64url_encode

from harness.formats import base64url, signatures, strict_json
from harness.formats.jwk import thumbprint
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError
from harness.integrity.signing_key import SigningKey

LARGEST = 65_536
"""Bytes of a file with a signature."""


@dataclass(frozen=True)
class Signed:
    """A signature that verified.

    Attributes:
        algorithm: the JOSE name.
        key_id: the key's ``kid``, as whoever verifies knows it; ``None`` when the key has none.
        thumbprint: of the key (RFC 7638).
        made: when, as the signer says; ``None`` when it does not.

    """

    algorithm: str
    key_id: str | None
    thumbprint: str
    made: datetime | None


class NotSigned(Exception):
    """There is no signature by a given key over this. The message is one line."""


def sign(content: bytes, key: SigningKey, now: float) -> str:
    """Sign content.

    Args:
        now: seconds since 1970, which the header tells as ``iat``.

    Returns:
        Header and signature with two periods between them.

    """
    said = {"alg": key.algorithm, "kid": key.key_id, "iat": int(now), "cty": "json"}
    header = base64url_encode(json.dumps(said, separators=(",", ":")))
    return f"{header}..{base64url_encode(key.sign(_signing_input(header, content)))}"


def verify(content: bytes, signature: bytes, keys: Sequence[Mapping[str, Any]]) -> Signed:
    """Check that one of some keys signed content.

    What the header says of keys (``jwk``, ``x5c``, ``jku``) is not looked at: only given keys are trusted.

    Args:
        signature: a file with a detached JWS.
        keys: public JWKs.

    Raises:
        NotSigned: none of the keys made it over this content, or it is no detached JWS that is understood here.

    """
    encoded, header, made = _parts(signature)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in signatures.ASYMMETRIC_ALGORITHMS:
        raise NotSigned(f"its alg is {str(algorithm)[:20]!r}, no digital signature")
    data = _signing_input(encoded, content)
    refused = []
    # Keys of the name that the signature gives first; a key without a name may be the one all the same.
    for key in sorted(keys, key=lambda key: key.get("kid") != kid):
        try:
            signatures.verify(algorithm, {"alg": algorithm, **key}, data, made)
        except SignatureError as error:
            refused.append(error)
        else:
            return Signed(algorithm, key.get("kid"), thumbprint(key), _moment(header.get("iat")))
    tried = next(
        (error for error in refused if error.kind == "signature-invalid"), refused[0] if refused else None
    )
    of = "the key" if len(keys) == 1 else f"any of the {len(keys)} keys"
    raise NotSigned(f"it was not made by {of} over this content" + (f" ({tried.detail})" if tried else ""))


def _parts(signature: bytes) -> tuple[str, dict[str, Any], bytes]:
    """Give the encoded header, the header and the signature."""
    if len(signature) > LARGEST:
        raise NotSigned(f"longer than {LARGEST} bytes, so it is no detached signature")
    try:
        encoded, payload, made = signature.decode("ascii").strip().split(".")
        header = strict_json.parse(base64url.decode(encoded))
        value = base64url.decode(made)
    except (FormatError, ValueError):
        raise NotSigned("not a JWS: header, two periods and signature in base64url") from None
    if payload:
        raise NotSigned("not detached: there is a payload in it")
    if not isinstance(header.value, dict) or header.problems:
        raise NotSigned("not a JWS: its header is no JSON object, or has a name twice")
    if "crit" in header.value or header.value.get("b64", True) is not True:
        raise NotSigned("its header has extensions that are not understood here")
    return encoded, header.value, value


def _signing_input(header: str, content: bytes) -> bytes:
    return f"{header}.{base64url_encode(content)}".encode("ascii")


def _moment(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
