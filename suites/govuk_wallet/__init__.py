"""Checks of services that issue to GOV.UK Wallet, in the order in which wallet and service meet."""

PREFIXES = frozenset({"GOVUK", "ONELOGIN", "VCI14"})

MODULES = (
    "metadata",
    "offers",
    "codes",
    "key_set",
    "did_document",
    "iaca_certificates",
    "access_tokens",
    "proofs",
    "credential_response",
    "jwt_credentials",
    "bound_credentials",
    "photos",
    "credential_lifetime",
    "status",
    "notifications",
    "in_app_refresh",
    "manual_refresh",
    "sign_in_requests",
    "sign_in_tokens",
    "sign_in_calls",
    "callbacks",
    "id_tokens",
    "user_info",
    "identity",
    "one_login_keys",
    "sign_out",
    "back_channel_logout",
    "key_rotation",
    # Last of all, since it takes from the user what other checks need.
    "stopped_reissuing",
)
