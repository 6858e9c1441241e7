"""The DID document of the department (docs.wallet.service.gov.uk, did)."""

from __future__ import annotations

from typing import Any

from harness.reference import did_web
from harness.reference.govuk import keys
from harness.reference.govuk.context import GovukContext
from harness.reference.keys import SigningKey

CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1")


def did(context: GovukContext) -> str:
    """Give the did:web of the department."""
    return did_web.identifier(context.issuer_url)


def method_id(context: GovukContext, key: SigningKey) -> str:
    """Name a key in the document."""
    return f"{did(context)}#{keys.key_id(key)}"


def document(context: GovukContext) -> dict[str, Any]:
    """Build the document: the key that signs, and those that signed before, whose credentials are still valid."""
    return {
        "@context": list(CONTEXTS),
        "id": did(context),
        "verificationMethod": [
            {
                "id": method_id(context, key),
                "type": "JsonWebKey2020",
                "controller": did(context),
                "publicKeyJwk": keys.public_jwk(key),
            }
            for key in context.signers
        ],
        "assertionMethod": [method_id(context, key) for key in context.signers],
    }
