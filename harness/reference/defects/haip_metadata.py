"""Faults of what HAIP 1.0 asks of metadata, offers and Token Responses (sections 4 and 7)."""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context
from harness.reference.faults import fault

Document = dict[str, Any]


def _last(metadata: Document) -> Document:
    """Give the last configuration, so that the first one can still be issued."""
    *_, last = metadata["credential_configurations_supported"].values()
    found: Document = last
    return found


@fault("as-metadata:response-type-code-missing")
def response_type_code_missing(metadata: Document, _: Context) -> None:
    """The response_types_supported lack code."""
    if "response_types_supported" in metadata:
        metadata["response_types_supported"] = ["token"]


@fault("as-metadata:attestation-algs-without-es256")
def attestation_algs_without_es256(metadata: Document, _: Context) -> None:
    """The algorithms of Wallet Attestations and of their proofs of possession are listed without ES256."""
    for name in (
        "client_attestation_signing_alg_values_supported",
        "client_attestation_pop_signing_alg_values_supported",
    ):
        if name in metadata:
            metadata[name] = [alg for alg in metadata[name] if alg != "ES256"] or ["ES384"]


@fault("metadata:proof-algs-without-es256")
def proof_algs_without_es256(metadata: Document, _: Context) -> None:
    """A proof type lists its algorithms without ES256."""
    for kind, terms in _last(metadata).get("proof_types_supported", {}).items():
        if kind in ("jwt", "attestation"):
            terms["proof_signing_alg_values_supported"] = ["ES384"]


@fault("metadata:formats-of-drafts")
def formats_of_drafts(metadata: Document, _: Context) -> None:
    """All configurations have the format that earlier drafts had for SD-JWT VCs."""
    for configuration in metadata["credential_configurations_supported"].values():
        configuration["format"] = "vc+sd-jwt"


@fault("metadata:batch-missing")
def batch_missing(metadata: Document, _: Context) -> None:
    """Batches are taken and not announced."""
    metadata.pop("batch_credential_issuance", None)


@fault("metadata:scope-missing")
def scope_missing(metadata: Document, _: Context) -> None:
    """A configuration that is offered has no scope."""
    first = next(iter(metadata["credential_configurations_supported"].values()))
    first.pop("scope", None)


@fault("metadata:scope-shared")
def scope_shared(metadata: Document, _: Context) -> None:
    """Two Credential Types of one format have one scope."""
    supported = metadata["credential_configurations_supported"]
    if "loyalty_card" in supported and "scope" in supported.get("identity_credential", {}):
        supported["loyalty_card"]["scope"] = supported["identity_credential"]["scope"]


@fault("metadata:credential-algs-missing")
def credential_algs_missing(metadata: Document, _: Context) -> None:
    """The algorithms that credentials are signed with are not listed."""
    for configuration in metadata["credential_configurations_supported"].values():
        configuration.pop("credential_signing_alg_values_supported", None)


@fault("offer:code-grant-missing")
def code_grant_missing(offer: Document, _: Context) -> None:
    """The offer has another grant and not authorization_code."""
    if len(offer["grants"]) > 1:
        offer["grants"].pop("authorization_code", None)


@fault("token:refresh-token-missing")
def refresh_token_missing(token: Document, _: Context) -> None:
    """The Token Response has no refresh token."""
    token.pop("refresh_token", None)
