"""Which URLs count as secure in a run."""

from __future__ import annotations

from typing import Any

from harness.formats import text
from harness.transport import is_loopback


def is_secure_url(value: Any) -> bool:
    """Whether this is an ``https`` URL, or the ``http`` URL of this machine that a development run has."""
    return text.is_https_url(value) or (text.is_http_url(value) and is_loopback(value))
