"""How far the clock of a server is from the wallet's, by the ``Date`` of its answers (RFC 9110 section 6.6.1)."""

from __future__ import annotations

from datetime import datetime

from harness.flow import Flow
from harness.formats import clock
from harness.transport import Reply

_EXACT_S = 1.5
"""Seconds within which nothing can be said: a Date has no fractions, and some time goes by until it is read."""


def ahead(flow: Flow, reply: Reply) -> float:
    """Give the seconds by which the clock of a server is ahead of the wallet's; negative where it is behind.

    Args:
        flow: one that belongs to the same run.
        reply: an answer of the server.

    Returns:
        0 where the clocks do not differ noticeably, or the answer does not tell.

    """
    try:
        date = clock.http_date(reply.headers.get("date", ""))
    except ValueError:
        return 0.0
    exchange = flow.tools.client.recorder.since(reply.exchange - 1)[0]
    way = exchange.elapsed_s / 2
    difference = date + 0.5 - (datetime.fromisoformat(exchange.started).timestamp() + way)
    return difference if abs(difference) > _EXACT_S + way else 0.0
