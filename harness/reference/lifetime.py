"""When credentials are issued and how long they last."""

from __future__ import annotations

from harness.reference.context import Context

HOUR = 3600
_DAY = 24 * HOUR
CREDENTIAL_LIFETIME = 90 * _DAY
"""Seconds that a credential lives, where the variant does not say otherwise."""
_STEP = 10


def issued_at(context: Context) -> int:
    """Give the time of issuance in seconds since the epoch.

    Rounded to the hour, so that it tells nobody which credential this is (OpenID4VCI 15.4.1). One that lives for
    less than a day has a time some way back, which is rounded more finely.
    """
    if context.variant.credential_lifetime >= _DAY:
        return context.now() // HOUR * HOUR
    return (context.now() // _STEP - 1) * _STEP


def lifetime(context: Context) -> int:
    """Give how long a credential lives from its time of issuance, in seconds."""
    return int(context.variant.credential_lifetime)
