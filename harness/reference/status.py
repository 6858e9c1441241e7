"""The place of a credential in a status list (Token Status List draft 12 sections 6.2 and 6.3)."""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context
from harness.reference.statuses import Place

_ENTRIES = 1 << 20
LIST_NAME = "1"


def claim(context: Context) -> dict[str, Any]:
    """Give a ``status`` with a random index, so that it tells nothing of the order of issuance."""
    index = context.number_below(_ENTRIES)
    context.statuses.take(Place(LIST_NAME, index))
    return {"status_list": {"idx": index, "uri": f"{context.issuer_url}/status/{LIST_NAME}"}}
