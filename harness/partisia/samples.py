"""The values that Partisia's page shows in its requests, which no service must take."""

from __future__ import annotations

from harness.vendors.partisia.samples import CODE, PROOF

__all__ = ["CODE", "PROOF"]
