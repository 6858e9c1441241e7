"""The clean configurations of the reference issuer that keep to HAIP 1.0 or to the FAPI 2.0 Security Profile."""

from __future__ import annotations

from dataclasses import replace

from harness.reference.variants import DEFAULT, Variant

HAIP = replace(
    DEFAULT,
    name="haip",
    description="HAIP: pushed requests, attested clients, DPoP, SD-JWT VCs and mdocs with status lists.",
    security_profile="haip",
    configurations=("identity_credential", "driving_licence"),
    client_id="wallet-dev",
    grants=("authorization_code", "refresh_token"),
    par="required",
    request_lifetime=45,
    client_authentication="attest_jwt_client_auth",
    attestation_challenge=True,
    dpop="required",
    dpop_nonce=True,
    refresh_policy="fixed",
    batch_size=3,
    notification=True,
    signed_metadata=True,
    sd_jwt_vc="draft-13",
    status="status_list",
    intermediates=True,
)
HAIP_DEFERRED_ENCRYPTED = replace(
    HAIP,
    name="haip-deferred-encrypted",
    description="HAIP: credentials are always deferred; requests and responses are always encrypted.",
    deferred="always",
    request_encryption="required",
    response_encryption="required",
)
HAIP_BOTH_GRANTS = replace(
    HAIP,
    name="haip-both-grants",
    description="HAIP: offers with haip-vci:// can be redeemed with a Pre-Authorized Code besides; no batches.",
    configurations=("identity_credential", "loyalty_card", "driving_licence"),
    grants=("authorization_code", "pre-authorized_code", "refresh_token"),
    offer_link="haip-vci://",
    batch_size=None,
)
HAIP_LOGIN = replace(
    HAIP,
    name="haip-login",
    description="HAIP: the user signs in and consents on HTML pages; credentials are signed with ES384.",
    login="page",
    signing_algorithm="ES384",
    status="none",
    signed_metadata=False,
)
HAIP_ATTESTED_KEYS = replace(
    HAIP,
    name="haip-attestation-proof",
    description="HAIP: proofs are key attestations or carry one; no challenge for Wallet Attestations.",
    attestation_challenge=False,
    proof_types=("jwt", "attestation"),
    proof_algorithms=("ES256", "ES384"),
    key_attestation={},
)
HAIP_ROTATING = replace(
    HAIP,
    name="haip-rotating",
    description="HAIP: Access Tokens are JWTs of a separate Authorization Server; refresh tokens are replaced; "
    "clients can revoke their tokens.",
    configurations=("identity_credential",),
    authorization_servers=("/as/assay",),
    access_tokens="jwt",
    refresh_policy="rotating",
    revocation_endpoint=True,
    batch_size=None,
    notification=False,
    signed_metadata=False,
    status="none",
    dpop_nonce=False,
)
FAPI2 = replace(
    DEFAULT,
    name="fapi2",
    description="FAPI 2.0: pushed requests, clients with a signed assertion, DPoP, pages for the user.",
    security_profile="fapi2",
    client_id="wallet-dev",
    grants=("authorization_code", "refresh_token"),
    par="required",
    request_lifetime=45,
    client_authentication="private_key_jwt",
    dpop="required",
    refresh_policy="fixed",
    login="page",
    signed_metadata=True,
    status="status_list",
)
FAPI2_MTLS = replace(
    FAPI2,
    name="fapi2-mtls",
    description="FAPI 2.0 by mutual TLS: tokens are bound to the clients' certificates; credentials are deferred.",
    client_authentication="tls_client_auth",
    certificate_bound=True,
    dpop="none",
    deferred="always",
    notification=True,
)
FAPI2_JWT_TOKENS = replace(
    FAPI2,
    name="fapi2-jwt-tokens",
    description="FAPI 2.0: Access Tokens are JWTs of a separate Authorization Server, which publishes its keys; "
    "refresh tokens are replaced, and clients can revoke their tokens.",
    authorization_servers=("/as/assay",),
    access_tokens="jwt",
    openid_connect=True,
    refresh_policy="rotating",
    revocation_endpoint=True,
)
HIGH_ASSURANCE: dict[str, Variant] = {
    clean.name: clean
    for clean in (
        HAIP,
        HAIP_DEFERRED_ENCRYPTED,
        HAIP_BOTH_GRANTS,
        HAIP_LOGIN,
        HAIP_ATTESTED_KEYS,
        HAIP_ROTATING,
        FAPI2,
        FAPI2_MTLS,
        FAPI2_JWT_TOKENS,
    )
}
"""All clean configurations of stricter profiles by name."""
