"""A disclosure that no digest leads to is explained where its digest was made in one of the usual wrong ways."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from harness.formats import base64url, sd_jwt, sd_jwt_digests

SALT = "_26bc4LT-ac6q2KI6cBW5es"
RAW = base64url.encode(json.dumps([SALT, "family_name", "Möbius"]).encode())


def parsed(payload: dict[str, Any], *disclosures: str) -> tuple[sd_jwt.SdJwt, str]:
    parts = (json.dumps(part).encode() for part in ({"alg": "ES256"}, payload))
    text = "~".join([".".join([*(base64url.encode(part) for part in parts), "AA"]), *disclosures, ""])
    return sd_jwt.parse(text), text


def explained(payload: dict[str, Any], *disclosures: str) -> list[tuple[str, str | None]]:
    found = sd_jwt_digests.unreferenced(*parsed(payload, *disclosures))
    return [(problem.kind, problem.pointer) for problem in found]


def right(raw: str, name: str = "sha256") -> bytes:
    return hashlib.new(name, raw.encode()).digest()


def test_a_right_digest_leaves_nothing_to_explain() -> None:
    assert explained({"_sd": [base64url.encode(right(RAW))]}, RAW) == []


UNREFERENCED = "disclosure-unreferenced"
DIGESTS = {
    "of the bytes": (base64url.encode(hashlib.sha256(base64url.decode(RAW)).digest()), "digest-of-bytes"),
    "SHA-384": (base64url.encode(right(RAW, "sha384")), "digest-other-hash"),
    "SHA-512": (base64url.encode(right(RAW, "sha512")), "digest-other-hash"),
    "hexadecimal": (right(RAW).hex(), UNREFERENCED),
    "base64url of hexadecimal": (base64url.encode(right(RAW).hex().encode()), UNREFERENCED),
    "base64": (base64.b64encode(right(RAW)).decode(), UNREFERENCED),
    "another": ("A" * 43, UNREFERENCED),
}


@pytest.mark.parametrize("name", DIGESTS)
@pytest.mark.parametrize("place", ["property", "element"])
def test_a_wrong_digest_is_explained(name: str, place: str) -> None:
    spelled, kind = DIGESTS[name]
    payload = {"_sd": [spelled]} if place == "property" else {"names": [{"...": spelled}]}
    assert explained(payload, RAW) == [(kind, "disclosure 1")]


def test_the_detail_names_a_wrong_encoding() -> None:
    (problem,) = sd_jwt_digests.unreferenced(*parsed({"_sd": [right(RAW).hex()]}, RAW))
    assert "not in unpadded base64url" in problem.detail


def test_the_hash_that_the_sd_jwt_names_is_the_right_one() -> None:
    payload = {"_sd_alg": "sha-384", "_sd": [base64url.encode(right(RAW))]}
    assert explained(payload, RAW) == [("digest-other-hash", "disclosure 1")]
    assert explained({**payload, "_sd": [base64url.encode(right(RAW, "sha384"))]}, RAW) == []


def test_digests_inside_disclosures_count() -> None:
    inner = base64url.encode(json.dumps([SALT, "city", "Köln"]).encode())
    outer = base64url.encode(json.dumps([SALT, "address", {"_sd": [right(inner).hex()]}]).encode())
    payload = {"_sd": [base64url.encode(right(outer))]}
    document, text = parsed(payload, outer, inner)
    assert right(inner).hex() in sd_jwt_digests.embedded(document)
    (problem,) = sd_jwt_digests.unreferenced(document, text)
    assert problem.pointer == "disclosure 2"
