"""Checks of a credential gateway of the NHS Digital Staff Passport, in the order an external system meets it."""

MODULES = (
    "discovery",
    "pushed_requests",
    "authorization",
    "verifying",
    "issuing",
    "codes",
    # Last of all, since what was issued is no good afterwards.
    "revocation",
)
