"""Checks of external systems of the NHS Digital Staff Passport, in the order of an employee's download."""

PREFIXES = frozenset({"DSP"})
"""Of the requirements that these checks test."""

MODULES = (
    # First, while nothing was downloaded.
    "listing",
    "sign_in",
    "verification",
    "states",
    "token_requests",
    "id_tokens",
    "identity",
    "declined",
    "preview",
    "pushed_request",
    "credential_data",
    "issuing_redirect",
    "download",
    "sessions",
    # Last of all, since what was issued is no good afterwards.
    "revocation",
    "invalidation_mail",
)
