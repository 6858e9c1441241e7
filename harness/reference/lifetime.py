"""When credentials are issued and how long they last."""

from __future__ import annotations

from harness.reference.context import Context

HOUR = 3600
CREDENTIAL_LIFETIME = 90 * 24 * HOUR
"""Seconds."""


def issued_at(context: Context) -> int:
    """Give the time of issuance in seconds since the epoch.

    Rounded to the hour, so that it tells nobody which credential this is (OpenID4VCI 15.4.1).
    """
    return context.now() // HOUR * HOUR
