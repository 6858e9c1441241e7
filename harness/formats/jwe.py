"""JSON Web Encryption in compact form (RFC 7516), as far as it can be read without a key.

Problems:

- ``duplicate-name``: a header parameter stands twice (RFC 7516 section 4; found by ``strict_json``).
- ``alg-missing``, ``enc-missing``: the header has no ``alg`` or no ``enc`` (RFC 7516 sections 4.1.1 and 4.1.2).
- ``header-type``: a registered header parameter has another JSON type than RFC 7516 section 4.1 or RFC 7518
  sections 4.6 to 4.8 give it.
- ``header-base64url``: ``apu`` or ``apv`` is not base64url (RFC 7518 sections 4.6.1.2 and 4.6.1.3).
- ``crit-malformed``, ``crit-not-understood``: see :func:`harness.formats.jose_header.critical_problems`.
- ``epk-missing``: the algorithm agrees on a key, but there is no ``epk`` (RFC 7518 section 4.6.1.1).
- ``epk-malformed``: ``epk`` is no usable public key (RFC 7518 section 4.6.1.1).
- ``epk-private``: ``epk`` has a private or symmetric part (RFC 7518 section 4.6.1.1).
- ``epk-surplus``: ``epk`` has more members than the key needs, which it should not (RFC 7518 section 4.6.1.1).
- ``encrypted-key-present``: there is an encrypted key although ``alg`` gives the key directly (RFC 7516
  section 5.1 step 5).
- ``iv-length``, ``tag-length``: the initialization vector or the authentication tag has not the length that
  ``enc`` has (RFC 7518 sections 5.2.2.1, 5.2.3 to 5.2.5 and 5.3).

Errors, all :class:`JweError`:

- ``jwe-too-large``: longer than is read here.
- ``jwe-segments``: not five parts between periods (RFC 7516 section 7.1).
- ``jwe-base64url``: a part is not base64url (RFC 7516 section 5.2 step 2).
- ``jwe-header``: the header is no JSON object (RFC 7516 section 5.2 step 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from harness.formats import base64url, strict_json
from harness.formats.jose_header import ENCRYPTION_TYPES, critical_problems, type_problems
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key, required_members
from harness.formats.problems import FormatError, Problem, json_type, located
from harness.model import Json

MAX_LENGTH = 10_000_000
"""Characters of a compact serialization that are read."""

_PARTS = ("header", "encrypted key", "initialization vector", "ciphertext", "authentication tag")
_GIVEN_DIRECTLY = frozenset({"dir", "ECDH-ES"})
_LENGTHS = {
    "A128GCM": (12, 16),
    "A192GCM": (12, 16),
    "A256GCM": (12, 16),
    "A128CBC-HS256": (16, 16),
    "A192CBC-HS384": (16, 24),
    "A256CBC-HS512": (16, 32),
}
"""Content encryption algorithm to the bytes of its initialization vector and of its authentication tag."""

_SIZED = (("A", "KW"), ("A", "GCMKW"), ("ECDH-ES+A", "KW"))
KEY_MANAGEMENT_ALGORITHMS: frozenset[str] = frozenset(
    {"dir", "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512", "ECDH-ES"}
    | {f"{start}{bits}{end}" for start, end in _SIZED for bits in (128, 192, 256)}
    | {"PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"}
)
"""Names of the IANA registry "JSON Web Signature and Encryption Algorithms" that can be ``alg`` of a JWE."""
CONTENT_ENCRYPTION_ALGORITHMS: frozenset[str] = frozenset(_LENGTHS)
"""Names of the same registry that can be ``enc``."""
COMPRESSION_ALGORITHMS: frozenset[str] = frozenset({"DEF"})
"""Names of the registry "JSON Web Encryption Compression Algorithms"."""
_OWN_NAME = re.compile(r"HPKE-[0-9A-Za-z-]+|int|.*[:./].*")
"""Names of drafts that are about to be registered, and names with a domain, which nobody else uses."""


def is_name(value: Json, registered: frozenset[str]) -> bool:
    """Say whether a value can name an algorithm: registered, or collision-resistant (RFC 7516 section 4.1.1)."""
    return isinstance(value, str) and (value in registered or _OWN_NAME.fullmatch(value) is not None)


class JweError(FormatError):
    """The text is not a JWE in compact serialization."""


@dataclass(frozen=True)
class Jwe:
    """A JWE as read; whether it can be decrypted is not known yet."""

    header: dict[str, Json]
    encrypted_key: bytes
    initialization_vector: bytes
    ciphertext: bytes
    authentication_tag: bytes
    authenticated_data: bytes
    """The encoded header, which the authentication tag covers (RFC 7516 section 5.1 step 14)."""
    problems: tuple[Problem, ...] = ()
    """Pointers begin with ``header``, or name one of the other parts."""


def parse_compact(text: str) -> Jwe:
    """Read a compact serialization.

    Raises:
        JweError: there are no five parts of base64url with a JSON object as header.

    """
    if len(text) > MAX_LENGTH:
        raise JweError("jwe-too-large", f"more than {MAX_LENGTH} characters")
    if text.count(".") != 4:
        raise JweError("jwe-segments", f"{text.count('.') + 1} parts between periods instead of 5")
    encoded = text.split(".")
    first, encrypted_key, vector, ciphertext, tag = (
        _decoded(name, part) for name, part in zip(_PARTS, encoded, strict=True)
    )
    document, header = _header(first)
    jwe = Jwe(header, encrypted_key, vector, ciphertext, tag, encoded[0].encode("ascii"))
    problems = (*located("header", document.problems), *_header_problems(header), *_part_problems(jwe))
    return replace(jwe, problems=problems)


def _decoded(name: str, part: str) -> bytes:
    try:
        return base64url.decode(part)
    except base64url.Base64UrlError as error:
        raise JweError("jwe-base64url", f"{name}: {error.detail}") from None


def _header(data: bytes) -> tuple[strict_json.JsonDocument, dict[str, Json]]:
    try:
        document = strict_json.parse(data)
    except strict_json.JsonError as error:
        raise JweError("jwe-header", f"the header is not readable JSON: {error.detail}") from None
    if not isinstance(document.value, dict):
        raise JweError("jwe-header", f"the header is {json_type(document.value)}, not an object")
    return document, document.value


def _header_problems(header: Mapping[str, Json]) -> Iterator[Problem]:
    for name in ("alg", "enc"):
        if name not in header:
            yield Problem(f"{name}-missing", f"the header has no {name}", "header")
    yield from type_problems(header, ENCRYPTION_TYPES)
    yield from critical_problems(header)
    for name in ("apu", "apv"):
        value = header.get(name)
        if isinstance(value, str) and not _is_base64url(value):
            yield Problem("header-base64url", f"{name} is not base64url", f"header/{name}")
    if isinstance(header.get("epk"), dict):
        yield from _epk_problems(header["epk"])
    elif "epk" not in header and str(header.get("alg")).startswith("ECDH-ES"):
        yield Problem("epk-missing", "the header has no epk, which a key agreement needs", "header")


def _epk_problems(epk: Mapping[str, Json]) -> Iterator[Problem]:
    if is_private_or_symmetric(epk):
        yield Problem("epk-private", "epk has a private or symmetric part", "header/epk")
        return
    try:
        public_key(epk)
    except JwkError as error:
        yield Problem("epk-malformed", f"epk is no usable public key: {error.detail}", "header/epk")
        return
    surplus = sorted(epk.keys() - required_members(epk).keys())
    if surplus:
        yield Problem("epk-surplus", f"epk has members the key does not need: {', '.join(surplus)}", "header/epk")


def _part_problems(jwe: Jwe) -> Iterator[Problem]:
    algorithm, encryption = str(jwe.header.get("alg")), str(jwe.header.get("enc"))
    if algorithm in _GIVEN_DIRECTLY and jwe.encrypted_key:
        yield Problem("encrypted-key-present", f"{algorithm} has no encrypted key", "encrypted key")
    if encryption in _LENGTHS:
        vector, tag = _LENGTHS[encryption]
        if len(jwe.initialization_vector) != vector:
            detail = f"{encryption} has {vector} bytes, this {len(jwe.initialization_vector)}"
            yield Problem("iv-length", detail, "initialization vector")
        if len(jwe.authentication_tag) != tag:
            detail = f"{encryption} has {tag} bytes, this {len(jwe.authentication_tag)}"
            yield Problem("tag-length", detail, "authentication tag")


def _is_base64url(text: str) -> bool:
    try:
        base64url.decode(text)
    except base64url.Base64UrlError:
        return False
    return True
