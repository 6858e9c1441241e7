"""Notification Requests: OpenID4VCI 1.0 section 11."""

from __future__ import annotations

from harness.transport import Reply

EVENTS = ("credential_accepted", "credential_failure", "credential_deleted")
"""Values of ``event`` (section 11.1)."""


def body(notification_id: str, event: str, *, description: str | None = None) -> dict[str, str]:
    """Give the body of a right Notification Request (section 11.1).

    Args:
        notification_id: from the Credential Response or Deferred Credential Response.
        event: one of ``EVENTS``.
        description: ASCII without quotation mark and backslash; left out by default.

    """
    request = {"notification_id": notification_id, "event": event}
    return request if description is None else {**request, "event_description": description}


def notification_id(reply: Reply) -> str | None:
    """Give the ``notification_id`` of a Credential Response or Deferred Credential Response, or ``None``."""
    value = reply.object.get("notification_id") if reply.successful else None
    return value if isinstance(value, str) and value else None
