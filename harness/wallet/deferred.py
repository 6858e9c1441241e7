"""What deferred issuance hands on from answer to request: OpenID4VCI 1.0 sections 8.3 and 9."""

from __future__ import annotations

from collections.abc import Sequence

from harness.dialects import LATEST, Dialect
from harness.transport import Reply


def defers(reply: Reply, dialect: Dialect = LATEST) -> bool:
    """Whether a Credential Response or Deferred Credential Response puts the wallet off, well spelled or not."""
    members = reply.object
    if not reply.successful:
        return False
    if dialect.issued(members) or "credentials" in members:
        # Both at once is wrong; then the status says what is meant.
        return dialect.transaction in members and reply.status == 202
    return dialect.transaction in members or reply.status == 202


def unready(polls: Sequence[Reply]) -> list[Reply]:
    """Give the answers that a wallet got instead of Credentials when it came back, but for those to its token.

    Args:
        polls: the Credential Response and the answers to the Deferred Credential Requests after it.

    """
    return [
        reply
        for reply in polls[1:]
        if not (reply.successful and not {"credential", "credentials"}.isdisjoint(reply.object))
        and reply.status not in (401, 403)
    ]


def transaction_id(reply: Reply, dialect: Dialect = LATEST) -> str | None:
    """Give the ``transaction_id`` of a response that defers issuance, or what is in its place; else ``None``."""
    value = reply.object.get(dialect.transaction) if defers(reply, dialect) else None
    return value if isinstance(value, str) and value else None


def interval(reply: Reply) -> float | None:
    """Give the ``interval`` of such a response: seconds to wait; ``None`` when it is no positive number."""
    return seconds(reply) if reply.successful else None


def seconds(reply: Reply) -> float | None:
    """Give the ``interval`` of any answer, such as an error that puts the wallet off."""
    value = reply.object.get("interval")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        return None
    return float(value)
