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

- ``algorithm-not-allowed``: ``alg`` is not among those the caller allows.
- ``critical-header``: the header has a ``crit`` that must be understood (RFC 7515 section 4.1.11).
- those of ``signatures`` (RFC 7515 section 5.2 step 8).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from harness.formats import base64url, signatures, strict_json
from harness.formats.jose_header import critical_problems, type_problems
from harness.formats.jwk import is_private_or_symmetric, same_key, thumbprint
from harness.formats.problems import FormatError, Problem, json_type, located
from harness.formats.signatures import ASYMMETRIC_ALGORITHMS, SignatureError
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

SYMMETRIC_ALGORITHMS: frozenset[str] = frozenset({"HS256", "HS384", "HS512"})
"""MACs of the same registry."""
JWS_ALGORITHMS: frozenset[str] = ASYMMETRIC_ALGORITHMS | SYMMETRIC_ALGORITHMS | {"none"}
"""Every name of the registry that can stand as ``alg`` in a JWS."""


class JwsError(FormatError):
    """The text is not a JWS in compact serialization."""


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
    registered = isinstance(alg, str) and alg in ASYMMETRIC_ALGORITHMS
    if registered and algorithms is not None and alg not in algorithms:
        raise SignatureError("algorithm-not-allowed", f"{alg} is not allowed here")
    if registered and "crit" in jws.header:
        raise SignatureError("critical-header", "crit asks for extensions that are not understood")
    signatures.verify(alg, jwk, jws.signing_input, jws.signature)


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
