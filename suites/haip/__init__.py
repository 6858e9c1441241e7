"""Checks of what HAIP 1.0 asks beyond OpenID4VCI and FAPI 2.0, in the order of its sections."""

PREFIXES = frozenset({"HAIP"})

MODULES: tuple[str, ...] = (
    "authorization_server",
    "issuer_metadata",
    "signed_metadata",
    "offers",
    "refresh_tokens",
    "wallet_attestations",
    "key_attestations",
    "credentials",
    "certificates",
    "status_lists",
    "algorithms",
)
