"""How long HTTP lets a copy of an answer be kept (RFC 9111 section 4.2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

_MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})"?\s*(?=,|$)', re.IGNORECASE)
_SHARED_MAX_AGE = re.compile(_MAX_AGE.pattern.replace("max-age", "s-maxage"), re.IGNORECASE)
_NEVER = re.compile(r"(?:^|,)\s*no-(?:store|cache)\b", re.IGNORECASE)
_PRIVATE = re.compile(r"(?:^|,)\s*private\b", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,10}")


def freshness_lifetime(headers: httpx.Headers) -> float | None:
    """Give the seconds for which a copy in a cache of the client's own is fresh from now on.

    Returns:
        0 where nothing may be kept or used without asking, ``None`` where the answer does not say.

    """
    directives = _directives(headers)
    if _NEVER.search(directives):
        return 0.0
    found = _MAX_AGE.search(directives)
    if found is not None:
        age = _SECONDS.fullmatch(headers.get("age", "").strip())
        return max(0.0, float(found[1]) - (float(age[0]) if age else 0.0))
    return _until_expires(headers)


def shared_lifetime(headers: httpx.Headers) -> float:
    """Give the seconds for which a cache on the way may answer with a copy that it has just made; 0 for none."""
    directives = _directives(headers)
    if _NEVER.search(directives) or _PRIVATE.search(directives):
        return 0.0
    found = _SHARED_MAX_AGE.search(directives) or _MAX_AGE.search(directives)
    return float(found[1]) if found is not None else _until_expires(headers) or 0.0


def _directives(headers: httpx.Headers) -> str:
    return ",".join(headers.get_list("cache-control"))


def _until_expires(headers: httpx.Headers) -> float | None:
    if "expires" not in headers:
        return None
    # Expires counts without max-age only; what is no date says that the answer is stale already (section 5.3).
    ends, sent = _date(headers["expires"]), _date(headers.get("date", ""))
    if ends is None or sent is None:
        return 0.0 if ends is None else None
    return max(0.0, (ends - sent).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
