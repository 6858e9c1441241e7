"""Counts a run: requirements by level and verdict, results by area and verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.model import Json, Level
from reports.words import NOT_TESTED, VERDICTS


@dataclass(frozen=True)
class Row:
    """One line of a scorecard."""

    name: str
    counts: tuple[int, ...]
    """One number for each column."""

    @property
    def total(self) -> int:
        """The sum of the line."""
        return sum(self.counts)


@dataclass(frozen=True)
class Scorecard:
    """A table of numbers; columns are verdicts."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def by_level(report: Mapping[str, Json]) -> Scorecard:
    """Count requirements by level and verdict."""
    pairs = [(entry["level"], entry["verdict"] or NOT_TESTED) for entry in report["requirements"]]
    return _scorecard(pairs, [level.value for level in Level], list(VERDICTS))


def by_area(report: Mapping[str, Json]) -> Scorecard:
    """Count results by the area of their check and by verdict."""
    areas = {entry["id"]: entry["area"] for entry in report["checks"]}
    pairs = [(areas.get(entry["check"], "other"), entry["verdict"]) for entry in report["results"]]
    names = list(dict.fromkeys([*areas.values(), *(area for area, _ in pairs)]))
    return _scorecard(pairs, names, [verdict for verdict in VERDICTS if verdict != NOT_TESTED])


def coverage(report: Mapping[str, Json]) -> list[tuple[str, int, int, int]]:
    """Give for each level: its name, how many requirements a check decided, how many exist, how many no test
    from outside can decide.
    """
    decided = {"pass", "warn", "fail", "waived"}
    rows = []
    for level in Level:
        entries = [entry for entry in report["requirements"] if entry["level"] == level]
        if entries:
            tested = sum(entry["verdict"] in decided for entry in entries)
            untestable = sum(not entry["testable"] for entry in entries)
            rows.append((level.value, tested, len(entries), untestable))
    return rows


def _scorecard(pairs: Iterable[tuple[str, str]], names: Iterable[str], columns: list[str]) -> Scorecard:
    counts = Counter(pairs)
    rows = [Row(name, tuple(counts[name, column] for column in columns)) for name in names]
    return Scorecard(tuple(columns), tuple(row for row in rows if row.total))
