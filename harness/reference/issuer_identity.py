"""Who the issuer of a credential is, and how a verifier finds the key that signed it."""

from __future__ import annotations

from typing import Any

from harness.reference import did_web, keys
from harness.reference.context import Context
from harness.reference.keys import SigningKey


def identifier(context: Context, key: SigningKey) -> str:
    """Give the identifier of the issuer of a credential that is signed as a JWT."""
    mechanism = context.variant.key_mechanism
    return _did(context, key) if mechanism.startswith("did") else context.issuer_url


def header(context: Context, key: SigningKey) -> dict[str, Any]:
    """Give the header parameter that leads to the key of a JWT: ``x5c`` or ``kid``."""
    mechanism = context.variant.key_mechanism
    if mechanism == "x5c":
        return {"x5c": certificates(context, key)}
    return {"kid": verification_method(context, key, "JsonWebKey") if mechanism.startswith("did") else key.kid}


def certificates(context: Context, key: SigningKey) -> list[str]:
    """Give the certificates that lead from a key to the trust anchor, as ``x5c`` has them."""
    return keys.chain(key, context.issuer_url, intermediates=context.variant.intermediates)


def controller(context: Context, key: SigningKey) -> str:
    """Give the identifier of the issuer of a credential with a Data Integrity proof.

    It is a DID, because such a proof names a verification method: that of the variant, did:web where it has none.
    """
    return _did(context, key)


def verification_method(context: Context, key: SigningKey, kind: str) -> str:
    """Give the DID URL of a key.

    Args:
        context: where the issuer lives.
        key: one of the issuer's keys.
        kind: the type of the verification method, where a DID document has the key in more than one form.

    """
    did = _did(context, key)
    if did.startswith("did:jwk:"):
        return f"{did}#0"
    if did.startswith("did:key:"):
        return f"{did}#{key.multikey}"
    return f"{did}#{did_web.fragment(key, kind)}"


def _did(context: Context, key: SigningKey) -> str:
    own = {"did": key.did, "did:key": f"did:key:{key.multikey}"}
    return own.get(context.variant.key_mechanism) or did_web.identifier(context.issuer_url)
