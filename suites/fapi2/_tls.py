"""What the checks of TLS share: the servers of which something can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.evidence import Blocked
from harness.tls.scan import Scan


def telling(scans: Sequence[Scan]) -> Iterator[Scan]:
    """Give the servers that were asked to the end, one by one.

    Raises:
        Blocked: after the last of them, where others were not.

    """
    troubles = []
    for scan in scans:
        if scan.trouble is None:
            yield scan
        else:
            troubles.append(scan.trouble)
    if troubles:
        raise Blocked("; ".join(troubles))
    if not scans:
        raise Blocked("the metadata name no endpoint that is reached over TLS")
