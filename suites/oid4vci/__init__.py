"""Checks of OpenID4VCI 1.0, in the order of its chapters."""

MODULES = (
    "credential_offer",
    "token_endpoint",
    "token_errors",
    "nonce_endpoint",
    "credential_endpoint",
    "credential_authorization",
    "credential_errors",
    "issuer_metadata",
    "authorization_server_metadata",
    "sd_jwt",
    "sd_jwt_vc",
    "proofs",
)
"""The modules in the order of the chapters of OpenID4VCI 1.0: 4, 6, 7, 8, 12.2, 12.3, appendices A and F."""
