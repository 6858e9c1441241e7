"""Faults of what is issued for attested keys (OpenID4VCI F.1 and F.3)."""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context
from harness.reference.faults import fault


@fault("credential:first-key-only")
def first_key_only(credential: dict[str, Any], _: Context) -> None:
    """Of several keys only the first gets a credential."""
    credential["credentials"] = credential["credentials"][:1]
