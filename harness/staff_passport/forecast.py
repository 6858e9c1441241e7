"""What is known of a run for the Staff Passport before its first check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.evidence import Scenario
from harness.subject import Planned


@dataclass(frozen=True)
class Forecast:
    """A run before its first check.

    Attributes:
        subject: what is under test, in words.
        who: user names of the employees that visit it; empty where nobody does.
        planned: every check that was selected.
        ruled_out: id and scenario of those of them that will not apply, with the reason.
        left_out: what was not selected.

    """

    subject: str
    who: Sequence[str]
    planned: Sequence[Planned]
    ruled_out: Mapping[tuple[str, Scenario | None], str]
    left_out: Sequence[Planned]

    def demand(self, workers: int = 1) -> str:
        """Say in one clause what the run may use up."""
        del workers
        if not self.who:
            return "credentials may be issued and revoked"
        return f"credentials of {' and '.join(self.who)} may be issued, and revoked"

    def lines(self) -> list[str]:
        """Give the text of a dry run."""
        return [
            "Dry run: nothing was issued, and no report is written.",
            "",
            f"Under test: {self.subject}",
            *self._areas(),
            *self._reasons(),
        ]

    def _areas(self) -> Iterator[str]:
        known = Counter(check.area for check, _ in self.planned)
        out = Counter(check.area for check, where in self.planned if (check.id, where) in self.ruled_out)
        width = max(map(len, known), default=0)
        yield ""
        yield f"Checks: {known.total() - out.total()} would run, {out.total()} are known not to apply"
        for area, number in known.items():
            yield f"  {area:{width}}  {number - out[area]:5} would run  {out[area]:5} not applicable"
        if self.left_out:
            yield f"  left out by selection: {len(self.left_out)}, so the run will be incomplete"

    def _reasons(self) -> Iterator[str]:
        yield ""
        yield "What would be left untested, and why"
        reasons = Counter(self.ruled_out.values())
        for reason, number in reasons.items():
            yield f"  {number} check{'' if number == 1 else 's'}: {reason}"
        if not reasons:
            yield "  nothing that is known beforehand"
