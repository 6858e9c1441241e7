"""Pushed Authorization Requests: RFC 9126, OpenID4VCI 1.0 section 5.1.4."""

from __future__ import annotations

from harness.transport import Reply


def request_uri(reply: Reply) -> str | None:
    """Give the reference to the pushed request (RFC 9126 section 2.2), or ``None`` when there is none."""
    uri = reply.object.get("request_uri")
    return uri if reply.successful and isinstance(uri, str) and uri else None


def expires_in(reply: Reply) -> float | None:
    """Give the seconds for which the reference can be used, or ``None`` when the answer has no such number."""
    seconds = reply.object.get("expires_in")
    if not reply.successful or isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    return float(seconds)
