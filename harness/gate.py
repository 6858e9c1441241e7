"""The gate: whether a run stops a pipeline. It decides the exit code, and never the verdict.

``must``, the default, and ``should`` follow the verdict; ``should`` makes the run strict, so that findings of
level SHOULD count in the verdict itself. ``none`` and ``new`` let through what the verdict objects to:

``none``
    Nothing that was found stops the pipeline. A run that found nothing out still does, because nobody would
    notice otherwise that the issuer is not tested at all.
``new``
    Only what got worse since the baseline stops it: failing findings that the baseline does not have, or has as
    warnings or waived, waivers that are not in order, and checks that came to a verdict in the baseline and do
    not any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.model import Json
from harness.verdict import EXIT_CODES, Judgement
from reports.changes import newly_failing


class Bar(StrEnum):
    """What stops a pipeline."""

    MUST = "must"
    SHOULD = "should"
    NONE = "none"
    NEW = "new"


STOPS = 1
UNDECIDED = 6
"""Exit codes, as :data:`harness.verdict.EXIT_CODES` gives them to verdicts."""


@dataclass(frozen=True)
class Passage:
    """What the gate says."""

    bar: Bar
    exit_code: int
    reason: str
    """One sentence."""

    @property
    def passes(self) -> bool:
        """Whether the pipeline goes on."""
        return self.exit_code == 0

    def to_json(self) -> dict[str, Json]:
        """Give the member ``gate`` of a report."""
        return {
            "bar": str(self.bar),
            "passes": self.passes,
            "exit_code": self.exit_code,
            "reason": self.reason,
        }


def passage(
    bar: Bar,
    judgement: Judgement,
    *,
    found_out: bool,
    waiver_problems: int = 0,
    changes: Mapping[str, Json] | None = None,
    deciding: str = "",
) -> Passage:
    """Decide whether a run stops the pipeline.

    Args:
        bar: what stops it.
        judgement: of the run.
        found_out: whether the run came to its end, judged anything and can be read up.
        waiver_problems: how many waivers are not in order.
        changes: what changed since the baseline, as ``reports.changes.compare`` gives it.
        deciding: a sentence on which of several verdicts decide.

    Raises:
        ValueError: the bar is ``new`` and there is nothing to compare with.

    """
    said = _passage(bar, judgement, found_out=found_out, waiver_problems=waiver_problems, changes=changes)
    return replace(said, reason=f"{said.reason} {deciding}") if deciding else said


def _passage(
    bar: Bar, judgement: Judgement, *, found_out: bool, waiver_problems: int, changes: Mapping[str, Json] | None
) -> Passage:
    verdict = judgement.verdict.words
    if bar not in (Bar.NONE, Bar.NEW):
        return Passage(bar, EXIT_CODES[judgement.verdict], f"The run is {verdict}.")
    if not found_out:
        return Passage(bar, UNDECIDED, f"The run found nothing out, so nothing can pass. {judgement.summary}")
    if bar is Bar.NONE:
        return Passage(bar, 0, f"The run is {verdict}, and no finding is to stop the pipeline.")
    if changes is None:
        raise ValueError("the gate new needs what changed since the baseline")
    return _only_new(changes, waiver_problems)


def _only_new(changes: Mapping[str, Json], waiver_problems: int) -> Passage:
    since = f"since the baseline of {changes['since']['started']}"
    new = newly_failing(changes)
    if new:
        return Passage(
            Bar.NEW, STOPS, f"{_many(len(new), 'failing finding is', 'failing findings are')} new {since}."
        )
    if waiver_problems:
        return Passage(Bar.NEW, STOPS, f"{_many(waiver_problems, 'waiver is', 'waivers are')} not in order.")
    if lost := len(changes["undecided"]):
        what = _many(lost, "result of the baseline is", "results of the baseline are")
        return Passage(Bar.NEW, UNDECIDED, f"{what} missing, so nobody knows whether something got worse.")
    return Passage(Bar.NEW, 0, f"No failing finding is new {since}.")


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
