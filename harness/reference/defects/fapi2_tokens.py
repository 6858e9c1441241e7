"""Faults of refresh tokens that stricter profiles look for (FAPI 2.0 section 5.3.2.1, note 1)."""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.state import RefreshUse

_BRIEF_SECONDS = 2


@fault("refreshed-token:refresh-token-replaced")
def replaced(token: dict[str, Any], context: Context) -> None:
    """A refresh token is replaced when it is used."""
    token["refresh_token"] = context.secret()


@fault("refresh-use:no-retry")
def no_retry(use: RefreshUse, _: Context) -> None:
    """A refresh token that was replaced is good for nothing more."""
    use.retry_seconds = 0


@fault("refresh-use:retry-brief")
def brief_retry(use: RefreshUse, _: Context) -> None:
    """A refresh token that was replaced is good for hardly any time."""
    use.retry_seconds = min(use.retry_seconds, _BRIEF_SECONDS)
