"""The did:web of the reference issuer and its DID document (did:web Method Specification, DID Core 1.0)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.keys import SigningKey

CONTEXTS = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/jwk/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/suites/ed25519-2020/v1",
)
_THUMBPRINT = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"
"""How the name of a key begins that is its thumbprint (RFC 9278)."""


def identifier(issuer_url: str) -> str:
    """Give the did:web whose document is found below a URL."""
    parts = urlsplit(issuer_url)
    # The colon of a port would begin a path.
    return ":".join(["did:web", parts.netloc.replace(":", "%3A"), *parts.path.strip("/").split("/")]).rstrip(":")


def place(path: str) -> str:
    """Give the path of the document of an issuer at ``path``, which is empty or begins with a slash."""
    return f"{path}/did.json" if path else "/.well-known/did.json"


def fragment(key: SigningKey, kind: str) -> str:
    """Name a key in the document as a verification method of one kind."""
    names = {
        "JsonWebKey": f"{_THUMBPRINT}{key.kid}",
        "Multikey": key.multikey,
        "Ed25519VerificationKey2020": f"{key.multikey}-2020",
    }
    return names[kind]


def document(context: Context) -> dict[str, Any]:
    """Build the DID document: each key of the issuer in every form that a securing mechanism asks for.

    One more key is not for statements.
    """
    did = identifier(context.issuer_url)
    methods = [
        _method(did, key, kind)
        for key in map(keys.issuer_key, keys.SIGNING_ALGORITHMS)
        for kind in ("JsonWebKey", "Multikey", "Ed25519VerificationKey2020")
        if kind != "Ed25519VerificationKey2020" or key.algorithm == "EdDSA"
    ]
    login = _method(did, keys.login_key(), "JsonWebKey")
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": [*methods, login],
        "assertionMethod": [method["id"] for method in methods],
        "authentication": [login["id"]],
    }


def _method(did: str, key: SigningKey, kind: str) -> dict[str, Any]:
    method: dict[str, Any] = {"id": f"{did}#{fragment(key, kind)}", "type": kind, "controller": did}
    if kind == "JsonWebKey":
        method["publicKeyJwk"] = key.public_jwk
    else:
        method["publicKeyMultibase"] = key.multikey
    return method
