"""What makes a finding the same finding in another run: no numbers that only one run has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from harness.model import Json, Level, Verdict


class FindingKey(NamedTuple):
    """Names a finding over time."""

    check: str
    configuration: str
    """The label of the configuration; empty for what concerns the issuer as a whole."""
    code: str
    requirement: str
    pointer: str
    """With ``*`` for the index of an array; empty without a pointer."""


def finding_key(result: Mapping[str, Json], finding: Mapping[str, Json]) -> FindingKey:
    """Name a finding so that another run of the same issuer names it in the same way.

    Neither the number of an exchange, nor the place in an array, nor the port of this machine is part of it,
    and neither is what was expected and observed.
    """
    return FindingKey(
        result["check"],
        steady(result["configuration"] or ""),
        finding["code"],
        finding["requirement"],
        re.sub(r"/\d+(?=[/:]|$)", "/*", steady(finding["pointer"] or "")),
    )


def fails(result: Mapping[str, Json], finding: Mapping[str, Json], *, strict: bool) -> bool:
    """Whether a finding is one its check fails by; ``strict``: those of level SHOULD are, too."""
    return bool(result["verdict"] == Verdict.FAIL and (strict or finding["level"] == Level.MUST))


def is_strict(report: Mapping[str, Json]) -> bool:
    """Whether a run took findings of level SHOULD for failures."""
    return report["configuration"].get("strict") is True


_UNSTEADY: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\w.-])(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}\b"), r"\1"),
    (re.compile(r"‹redacted[^›]{0,100}›"), "‹redacted›"),
    (re.compile(r"\b\d[\d,.]* (bytes|seconds? (?:ago|ahead|behind))\b"), r"… \1"),
    (re.compile(r"\bexchange \d+\b"), "exchange …"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "…"),
    (re.compile(r"(?<![\w.-])[12]\d{9}(\.\d+)?\b"), "…"),
)
"""Ports of this machine, marks of secrets, sizes and ages, exchanges, times as text and as seconds since 1970."""
_STEADY_LIMIT = 10_000
"""Characters of a text that are looked at; the rest of a longer one is left as it is."""


@lru_cache(maxsize=2_000)
def steady(text: str) -> str:
    """Give a text without what changes from run to run although nothing has changed."""
    head = text[:_STEADY_LIMIT]
    for pattern, replacement in _UNSTEADY:
        head = pattern.sub(replacement, head)
    return head + text[_STEADY_LIMIT:]
