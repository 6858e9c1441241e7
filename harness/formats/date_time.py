"""``dateTimeStamp`` of XML Schema 1.1 part 2 section 3.4.28, as W3C credentials and their proofs write times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from harness.model import Json

_STAMP = re.compile(
    r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?P<fraction>\.[0-9]{1,40})?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
_FARTHEST_ZONE = 14 * 60
"""Minutes."""
FARTHEST_ZONE_S = _FARTHEST_ZONE * 60
"""How far the offset of a time that names none may lie from UTC, in seconds."""


def has_zone(value: Json) -> bool:
    """Say whether a time ends with its offset from UTC, as ``dateTimeStamp`` must."""
    parts = _STAMP.fullmatch(value) if isinstance(value, str) else None
    return parts is not None and parts["zone"] is not None


def seconds(value: Json) -> float | None:
    """Give a time in seconds since 1970; one without offset is taken for UTC, as Data Integrity 1.0 allows.

    Years before 1 and after 9999 count as those. ``None`` for what is no time.
    """
    parts = _STAMP.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        return None
    year = min(max(int(parts["year"]), 1), 9999)
    hour, minute, second = (int(parts[name]) for name in ("hour", "minute", "second"))
    fraction = float(parts["fraction"] or 0)
    midnight = hour == 24  # 24:00:00 is the end of the day
    if midnight and (minute or second or fraction):
        return None
    offset = _offset(parts["zone"])
    try:
        moment = datetime(
            year, int(parts["month"]), int(parts["day"]), 0 if midnight else hour, minute, second, tzinfo=UTC
        )
    except ValueError:
        return None
    if offset is None:
        return None
    return moment.timestamp() + fraction + (86_400 if midnight else 0) - offset.total_seconds()


def written(moment: float) -> str | None:
    """Write seconds since 1970 as a time in UTC; ``None`` outside the years 1 to 9999."""
    try:
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)
    except (OverflowError, ValueError):
        return None
    return time.replace(tzinfo=None).isoformat() + "Z"


def _offset(zone: str | None) -> timedelta | None:
    if zone in (None, "Z"):
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[4:])
    if minutes > 59 or hours * 60 + minutes > _FARTHEST_ZONE:
        return None
    return timedelta(minutes=(hours * 60 + minutes) * (-1 if zone[0] == "-" else 1))
