"""Dates as credentials have them and as pages show them."""

from __future__ import annotations

from datetime import date, datetime


def read(value: object) -> date | None:
    """Read a date, or that of a date with a time, as ISO 8601 writes them; ``None`` for anything else."""
    if not isinstance(value, str) or value[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def spellings(day: date) -> tuple[str, ...]:
    """Give how pages in English write a date, in lower case."""
    months = (f"{day:%B}", f"{day:%b}")
    numbers = {(str(day.day), str(day.month)), (f"{day:%d}", f"{day:%m}")}
    return (
        day.isoformat(),
        *(f"{number} {month} {day.year}".casefold() for month in months for number in (day.day, f"{day:%d}")),
        *(f"{month} {day.day}, {day.year}".casefold() for month in months),
        *(f"{d}{sign}{m}{sign}{day.year}" for d, m in sorted(numbers) for sign in "/.-"),
    )
