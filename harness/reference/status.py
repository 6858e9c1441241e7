"""The place of a credential in a status list (Token Status List draft 12 sections 6.2 and 6.3)."""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context

_ENTRIES = 1 << 20


def claim(context: Context) -> dict[str, Any]:
    """Give a ``status`` with a random index, so that it tells nothing of the order of issuance."""
    return {"status_list": {"idx": context.number_below(_ENTRIES), "uri": f"{context.issuer_url}/status"}}
