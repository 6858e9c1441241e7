"""When a status list is looked at again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.lifecycle.freshness import freshness_lifetime
from harness.lifecycle.status import Entry
from harness.transport import Reply

_SECONDS = re.compile(r"\d{1,9}")
_LONGEST_RETRY_S = 3600.0
"""Seconds that a server is left alone at most when it asks for it."""


@dataclass(frozen=True)
class Schedule:
    """How often a list is looked at.

    Attributes:
        shortest_s: seconds between two looks, at least.
        longest_s: the same, at most.

    """

    shortest_s: float
    longest_s: float

    def wait(self, entry: Entry) -> float:
        """Give the seconds until the next look.

        A list says itself how long it may be kept (Token Status List section 13.7: ``ttl``, else until ``exp``);
        HTTP caching counts where it does not say (section 8.2). A server that is overloaded is left alone for as
        long as it asks for (RFC 9110 section 10.2.3).
        """
        asked = _retry_after(entry.reply)
        if asked is not None:
            return max(self.shortest_s, min(asked, _LONGEST_RETRY_S))
        return max(self.shortest_s, min([self.longest_s, *_kept(entry)]))


def _kept(entry: Entry) -> Iterator[float]:
    document, reply = entry.document, entry.reply
    ttl = document.ttl if document is not None else None
    ends = document.expires if document is not None else None
    if ttl is not None and ttl > 0:
        yield ttl
    if ends is not None and ends > entry.received:
        yield ends - entry.received
    if ttl is None and ends is None and reply is not None and reply.successful:
        fresh = freshness_lifetime(reply.headers)
        if fresh:
            yield fresh


def _retry_after(reply: Reply | None) -> float | None:
    if reply is None or reply.status not in (429, 503):
        return None
    found = _SECONDS.fullmatch(reply.headers.get("retry-after", "").strip())
    return float(found[0]) if found is not None else None
