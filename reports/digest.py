"""The digest by which a report tells that its content is what the run wrote.

It is made over the content, not over bytes: members sorted by name, no space between tokens, everything but ASCII
escaped. Each reader of JSON can make it again, and a file that was only laid out anew keeps it. It recognises
accidents and careless edits; whoever edits on purpose can make a new digest, so only a signature says who vouches
for a report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

MEMBER = "digest"
"""Where a report has its digest."""


def content_digest(content: Any) -> str:
    """Give the SHA-256 of a value of JSON types: ``sha256:`` and 64 hexadecimal digits.

    Raises:
        ValueError, TypeError, RecursionError: it holds what JSON cannot carry, or is nested too deeply.

    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


def report_digest(report: Mapping[str, Any]) -> str:
    """Give the digest of a report: that of all its members but the digest itself."""
    return content_digest({name: value for name, value in report.items() if name != MEMBER})


def is_as_written(report: Mapping[str, Any]) -> bool | None:
    """Say whether the content of a report is what its digest stands for; ``None`` when it has no digest."""
    if MEMBER not in report:
        return None
    try:
        return bool(report[MEMBER] == report_digest(report))
    except (ValueError, TypeError, RecursionError):
        return False
