"""How long a credential lasts, and when GOV.UK Wallet should refresh it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from harness.reference.govuk.context import GovukContext
from harness.reference.lifetime import issued_at, lifetime

_DAY = 24 * 3600
_BEFORE_END = 30 * _DAY
"""How long before its end a credential should be refreshed."""
AGES = (18, 21, 25)
"""The birthdays at which what somebody may do changes."""


@dataclass(frozen=True)
class Validity:
    """The times of a credential, in seconds since the epoch."""

    begin: int
    end: int
    update: int
    """``expectedUpdate``."""


def validity(context: GovukContext, data: Mapping[str, Any], birth_date: str) -> Validity:
    """Give the times of a credential that is issued now.

    It ends with the document it stands for, if that is earlier; a birthday that changes an attested age is when
    it should be refreshed.
    """
    begin = issued_at(context)
    end = min(begin + lifetime(context), _end_of_document(data))
    birthdays = [_midnight(birthday(birth_date, age)) for age in _attested(data)]
    update = max(end - _BEFORE_END, begin + (end - begin) // 2)
    return Validity(begin, end, min([update, *(moment for moment in birthdays if context.now() < moment < end)]))


def old_enough(birth_date: str, age: int, now: float) -> bool:
    """Whether somebody has reached an age."""
    return _midnight(birthday(birth_date, age)) <= now


def birthday(birth_date: str, age: int) -> date:
    """Give the day on which somebody reaches an age; who was born on 29 February does so on 1 March."""
    born = date.fromisoformat(birth_date)
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def _attested(data: Mapping[str, Any]) -> list[int]:
    elements = [name for namespace in data.get("namespaces", {}).values() for name in namespace]
    return [age for age in AGES if f"age_over_{age}" in elements]


def _end_of_document(data: Mapping[str, Any]) -> int:
    namespaces: Mapping[str, Mapping[str, Any]] = data.get("namespaces", {})
    elements = next(iter(namespaces.values()), {})
    said = data.get("expires") or elements["expiry_date"]["full-date"]
    return _midnight(date.fromisoformat(said))


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
