"""How long HTTP lets a copy of an answer be kept (RFC 9111 section 4.2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

_MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})"?\s*(?=,|$)', re.IGNORECASE)
_NEVER = re.compile(r"(?:^|,)\s*no-(?:store|cache)\b", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,10}")


def freshness_lifetime(headers: httpx.Headers) -> float | None:
    """Give the seconds for which a copy in a cache of the client's own is fresh from now on.

    Returns:
        0 where nothing may be kept or used without asking, ``None`` where the answer does not say.

    """
    directives = ",".join(headers.get_list("cache-control"))
    if _NEVER.search(directives):
        return 0.0
    found = _MAX_AGE.search(directives)
    if found is not None:
        age = _SECONDS.fullmatch(headers.get("age", "").strip())
        return max(0.0, float(found[1]) - (float(age[0]) if age else 0.0))
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
