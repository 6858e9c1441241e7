"""The DID document with the keys of core identities (docs: validate the core identity claim JWT)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from harness.one_login.keys import SigningKey, stranger

_CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"]
FOREIGN_PATH = "foreign"
"""Where the document of the DID lives that nobody must trust."""


def did_of(url: str, *path: str) -> str:
    """Give the did:web of a host, or of a path there (did:web Method Specification)."""
    return ":".join(["did:web", quote(urlsplit(url).netloc, safe=""), *path])


def document(did: str, keys: Iterable[SigningKey]) -> dict[str, Any]:
    """Give a DID document with keys as inline verification methods."""
    methods = [
        {
            "id": f"{did}#{key.kid}",
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": key.bare_public_jwk,
        }
        for key in keys
    ]
    return {"@context": _CONTEXT, "id": did, "assertionMethod": methods}


def foreign_document(identity_url: str) -> dict[str, Any]:
    """Give the DID document of a stranger, who can have one like everybody else."""
    return document(did_of(identity_url, FOREIGN_PATH), (stranger("ES256"),))
