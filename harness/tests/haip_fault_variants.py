"""On which variants of stricter profiles the faults are tried that only their checks look for (data)."""

from __future__ import annotations

VARIANTS: dict[str, tuple[str, ...]] = {
    "as-metadata:anonymous-announced": ("haip-both-grants",),
    "as-metadata:auth-methods-*": ("fapi2",),
    "rejects:authorize.nonce-long": ("fapi2-jwt-tokens",),
    "request-uri-use:*": ("haip-login",),
    "sign-in-response:status-302": ("haip-login",),
    "metadata:scope-shared": ("haip-both-grants",),
    "*:tls.certificate": ("fapi2-mtls",),
    "refresh-use:spent": ("haip",),
    "refresh-use:*": ("haip-rotating",),
    "*:access-token.revoked": ("haip-rotating",),
    "*:access-token.intact": ("fapi2-jwt-tokens",),
    "*:deferred.*": ("haip-deferred-encrypted",),
    "*:client.assertion-*": ("fapi2",),
    "rejects:client.issuer-audience-at-token": ("fapi2",),
    "rejects:client.clock-skew": ("fapi2", "haip"),
    "*:client.issued-at-ahead": ("fapi2", "haip"),
    "*:dpop.algorithm-supported": ("fapi2",),
    "*:dpop.key-long": ("fapi2",),
    "as-metadata:dpop-algs-rs256": ("fapi2",),
    "as-metadata:assertion-algs-rs256": ("fapi2",),
    "as-metadata:jwks-uri-missing": ("fapi2-jwt-tokens",),
    "as-jwks:*": ("fapi2-jwt-tokens",),
    "token:jwt-*": ("fapi2-jwt-tokens",),
    "offer:code-grant-missing": ("haip-both-grants",),
    "metadata:credential-algs-missing": ("haip-login",),
    "*:attestation.*": ("haip-attestation-proof",),
    "rejects:proof.es256": ("haip-attestation-proof",),
}
"""Pattern of fault ids to variant names; the first that matches decides, ``haip`` otherwise."""
ADVISED: dict[str, set[str]] = {
    "haip-rotating": {"FAPI2-REFRESH-TOKEN-REPLACED"},
    "fapi2-jwt-tokens": {"FAPI2-REFRESH-TOKEN-REPLACED"},
}
"""Pattern of variant names to the codes of what these variants are warned of: they do not follow all advice."""


def over_sockets_only(fault: str) -> bool:
    """Whether a fault is one of the connection, which shows over sockets only; ``test_tls_matrix`` tries it."""
    return fault.startswith("tls:")
