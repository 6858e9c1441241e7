"""Why a disclosure is not found: the digests of an SD-JWT (RFC 9901 section 4.2.3) and the usual mistakes in them.

Problems; the pointer names the disclosure:

- ``disclosure-unreferenced``: no digest leads to it (RFC 9901 section 7.1 step 5); the detail says when its
  is there in another encoding than base64url.
- ``digest-of-bytes``: its digest is taken over the bytes that it encodes (RFC 9901 section 4.2.3).
- ``digest-other-hash``: its digest is made with another hash than ``_sd_alg`` or its default says (RFC 9901
  sections 4.1.1 and 4.2.3).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.formats import base64url
from harness.formats.problems import Problem
from harness.formats.sd_jwt import SdJwt
from harness.model import Json

_HASHES = {"sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}
_DEFAULT_HASH = "sha-256"


def embedded(sd_jwt: SdJwt) -> frozenset[str]:
    """Give every digest in the payload and in the disclosures, decoys included."""
    found = set(_digests(sd_jwt.payload))
    for disclosure in sd_jwt.disclosures:
        found.update(_digests(disclosure.value))
    return frozenset(found)


def unreferenced(sd_jwt: SdJwt, text: str) -> tuple[Problem, ...]:
    """Give a problem for each disclosure that no digest leads to, of the kind that explains it.

    Args:
        sd_jwt: what ``sd_jwt.parse`` gave.
        text: what it was given.

    """
    raws, present = text.split("~"), embedded(sd_jwt)
    named = sd_jwt.payload.get("_sd_alg", _DEFAULT_HASH)
    return tuple(
        _explained(problem, raws[int((problem.pointer or "").removeprefix("disclosure "))], present, named)
        for problem in sd_jwt.problems
        if problem.kind == "disclosure-unreferenced"
    )


def _explained(problem: Problem, raw: str, present: frozenset[str], named: Json) -> Problem:
    decoded = base64url.decode(raw)
    for name, function in _HASHES.items():
        digest = hashlib.new(function, raw.encode()).digest()
        if name != named and base64url.encode(digest) in present:
            return replace(problem, kind="digest-other-hash", detail=f"its digest is made with {name}")
        if not present.isdisjoint(_other_encodings(digest)):
            return replace(problem, detail=f"its {name} digest is there, but not in unpadded base64url")
        if base64url.encode(hashlib.new(function, decoded).digest()) in present:
            detail = f"its {name} digest is taken over the bytes that the disclosure encodes"
            return replace(problem, kind="digest-of-bytes", detail=detail)
    return problem


def _other_encodings(value: bytes) -> set[str]:
    hexadecimal = value.hex()
    texts = {hexadecimal, hexadecimal.upper()}
    padded = base64.b64encode(value).decode()
    texts |= {base64url.encode(text.encode()) for text in texts}
    texts |= {padded, padded.rstrip("="), base64.urlsafe_b64encode(value).decode()}
    return texts - {base64url.encode(value)}


def _digests(value: Json) -> Iterator[str]:
    """Give the strings that stand in ``_sd`` or under ``...``; the depth is bounded by the JSON reader."""
    if isinstance(value, Mapping):
        listed = value.get("_sd")
        candidates = [*(listed if isinstance(listed, list) else ()), value.get("...")]
        yield from (candidate for candidate in candidates if isinstance(candidate, str))
        for item in value.values():
            yield from _digests(item)
    elif isinstance(value, list):
        for item in value:
            yield from _digests(item)
