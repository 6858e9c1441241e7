"""What deferred issuance hands on from answer to request: OpenID4VCI 1.0 sections 8.3 and 9."""

from __future__ import annotations

from harness.transport import Reply


def defers(reply: Reply) -> bool:
    """Whether a Credential Response or Deferred Credential Response puts the wallet off, well spelled or not."""
    members = reply.object
    if not reply.successful:
        return False
    if "credentials" in members:
        # Both at once is wrong; then the status says what is meant.
        return "transaction_id" in members and reply.status == 202
    return "transaction_id" in members or reply.status == 202


def transaction_id(reply: Reply) -> str | None:
    """Give the ``transaction_id`` of a response that defers issuance, or ``None``."""
    value = reply.object.get("transaction_id") if defers(reply) else None
    return value if isinstance(value, str) and value else None


def interval(reply: Reply) -> float | None:
    """Give the ``interval`` of such a response: seconds to wait; ``None`` when it is no positive number."""
    value = reply.object.get("interval") if reply.successful else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        return None
    return float(value)
