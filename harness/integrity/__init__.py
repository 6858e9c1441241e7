"""Who vouches for a report: detached signatures, and attestations for supply-chain tools."""

from __future__ import annotations


class IntegrityError(Exception):
    """A key or a signature cannot be used. The message is one line and never carries a secret."""
