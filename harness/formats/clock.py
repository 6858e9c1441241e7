"""The time on two machines: what is taken for the same, and how HTTP tells it."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

SKEW_S = 60.0
"""Seconds by which two honest clocks may differ."""


def http_date(text: str) -> float:
    """Read an HTTP date (RFC 9110 section 5.6.7); give seconds since 1970.

    Raises:
        ValueError: it is none.

    """
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (TypeError, OverflowError) as error:
        raise ValueError(f"no HTTP date: {text!r}") from error
