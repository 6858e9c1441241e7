"""The results of one check over many configurations, told in as few words as they allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.model import Json
from reports.words import VERDICTS

NAMED = 2
"""How many configurations and exchanges are named before the others are only counted."""


@dataclass(frozen=True)
class Tally:
    """The results of one check that have the same verdict."""

    verdict: str
    configurations: tuple[str, ...]
    """Those named."""
    more_configurations: int
    evaluated: int
    """Expectations of all of them."""
    exchanges: tuple[int, ...]
    """Those named."""
    more_exchanges: int


def tallies(results: Iterable[Mapping[str, Json]]) -> list[Tally]:
    """Put results of one check together by verdict, in the order of the scorecard."""
    groups: dict[str, list[Mapping[str, Json]]] = {}
    for result in results:
        groups.setdefault(result["verdict"], []).append(result)
    return [_tally(verdict, groups[verdict]) for verdict in VERDICTS if verdict in groups]


def _tally(verdict: str, results: list[Mapping[str, Json]]) -> Tally:
    names = list(dict.fromkeys(result["configuration"] for result in results if result["configuration"]))
    numbers = sorted({number for result in results for number in result["exchanges"]})
    return Tally(
        verdict,
        tuple(names[:NAMED]),
        len(names[NAMED:]),
        sum(result["evaluated"] for result in results),
        tuple(numbers[:NAMED]),
        len(numbers[NAMED:]),
    )
