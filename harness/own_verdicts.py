"""Verdicts that parts of a profile have for themselves, so that none of them speaks for another.

A vendor's documents and the specification may ask for different things on one wire. Whether what is documented
works and whether it conforms are then two questions, and a run answers each by the requirements it is about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.model import CheckResult, Json, Level, PartVerdict, RunVerdict, Verdict
from harness.profiles import OwnVerdict, Profile
from harness.verdict import RUN_GRAVITY, Judgement


class VerdictError(Exception):
    """The profile has no such verdict; the message is one line."""


@dataclass(frozen=True)
class Part:
    """What one verdict is about."""

    asked: OwnVerdict
    requirements: frozenset[str]
    """Ids of the requirements of its specifications."""
    decides: bool
    """Whether the verdict of the run depends on it."""

    def concerns(self, requirements: Iterable[str]) -> bool:
        """Whether any of some requirements is one of this part."""
        return not self.requirements.isdisjoint(requirements)

    def of(self, results: Iterable[CheckResult], *, strict: bool) -> list[CheckResult]:
        """Give what results say of this part.

        A check that names requirements of several parts counts in each of them, and there by the findings on
        requirements of that part alone.

        Args:
            results: of the whole run.
            strict: whether findings of level SHOULD fail a check.

        """
        return [self._said(result, strict=strict) for result in results if self.concerns(result.requirements)]

    def _said(self, result: CheckResult, *, strict: bool) -> CheckResult:
        findings = tuple(finding for finding in result.findings if finding.requirement in self.requirements)
        if len(findings) == len(result.findings):
            return result
        verdict = result.verdict
        if not findings:
            verdict = Verdict.PASS
        elif verdict is Verdict.FAIL and not strict and all(found.level is not Level.MUST for found in findings):
            verdict = Verdict.WARN
        return replace(result, verdict=verdict, findings=findings)

    def judged(self, judgement: Judgement) -> PartVerdict:
        """Give the verdict for the report."""
        asked = self.asked
        return PartVerdict(
            asked.name,
            asked.title,
            asked.specifications,
            judgement.verdict,
            judgement.summary,
            self.decides,
        )


def parts_of(profile: Profile, requirements: Collection[str], decider: str | None) -> tuple[Part, ...]:
    """Divide the requirements of a run as its profile says; nothing where it has one verdict.

    Args:
        profile: that judges.
        requirements: ids of those that judge.
        decider: name of the one verdict that decides; ``None``: all do.

    Raises:
        VerdictError: the profile does not have the verdict that is to decide.

    """
    names = [asked.name for asked in profile.verdicts]
    if decider is not None and decider not in names:
        known = f"has {', '.join(names)}" if names else "has one verdict, which decides anyway"
        raise VerdictError(f'there is no verdict "{decider}"; the profile {profile.name} {known}')
    return tuple(
        Part(
            asked,
            frozenset(name for name in requirements if name.split("-", 1)[0] in asked.specifications),
            decider in (None, asked.name),
        )
        for asked in profile.verdicts
    )


def deciding(verdicts: Sequence[PartVerdict]) -> Judgement:
    """Give what decides: the worst verdict of those that do, with a sentence on each of them all."""
    verdict = min((part.verdict for part in verdicts if part.decides), key=RUN_GRAVITY.index)
    return Judgement(verdict, " ".join(f"{part.title}: {part.verdict.words}. {part.summary}" for part in verdicts))


def without_report(verdicts: Sequence[PartVerdict], lost: str) -> list[PartVerdict]:
    """Give the verdicts where the report was lost: nobody can read up what passed, a failure stays one."""
    fine = (RunVerdict.CONFORMANT, RunVerdict.CONFORMANT_WITH_WAIVERS)
    return [
        replace(part, verdict=RunVerdict.INCOMPLETE, summary=f"{part.summary} {lost}")
        if part.verdict in fine
        else part
        for part in verdicts
    ]


def told(verdicts: Sequence[PartVerdict]) -> str:
    """Say to a pipeline which verdicts decide; empty where there is only one."""
    names = [part.title for part in verdicts if part.decides]
    if len(names) == len(verdicts):
        return f"All of {_listed(names)} decide." if names else ""
    others = [part.title for part in verdicts if not part.decides]
    return f"Only {_listed(names)} decides, as was asked for, and not {_listed(others)}."


def _listed(titles: Sequence[str]) -> str:
    return " and ".join(f'"{title}"' for title in titles)


def restricted(
    changes: Mapping[str, Json], requirements: Collection[str], elsewhere: Collection[str]
) -> dict[str, Json]:
    """Give the changes since a baseline that concern what decides.

    Args:
        changes: as ``reports.changes.compare`` gives them.
        requirements: ids of the requirements of what decides.
        elsewhere: ids of checks that concern other things only.

    """
    return {
        **changes,
        **{
            kind: [entry for entry in changes[kind] if entry["requirement"] in requirements]
            for kind in ("new", "changed")
        },
        "undecided": [entry for entry in changes["undecided"] if entry["check"] not in elsewhere],
    }
