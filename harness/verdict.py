"""From the results of the checks to the verdict of the run and its exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.model import CheckInfo, CheckResult, Requirement, RequirementResult, RunVerdict, Verdict

EXIT_CODES = {
    RunVerdict.CONFORMANT: 0,
    RunVerdict.CONFORMANT_WITH_WAIVERS: 0,
    RunVerdict.NOT_CONFORMANT: 1,
    RunVerdict.INCOMPLETE: 6,
}
"""2 to 5 stay pytest's own."""

GRAVITY = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.BLOCKED,
    Verdict.WAIVED,
    Verdict.WARN,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""Verdicts from the one that weighs most to the one that weighs least."""


RUN_GRAVITY = (
    RunVerdict.NOT_CONFORMANT,
    RunVerdict.INCOMPLETE,
    RunVerdict.CONFORMANT_WITH_WAIVERS,
    RunVerdict.CONFORMANT,
)
"""Verdicts of runs from the one that weighs most to the one that weighs least."""

JUDGED = (Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.WAIVED)
"""Verdicts that say something of the issuer."""


@dataclass(frozen=True)
class Judgement:
    """The verdict of a run and one sentence that says why."""

    verdict: RunVerdict
    summary: str

    @property
    def exit_code(self) -> int:
        """The exit code that tells a pipeline."""
        return EXIT_CODES[self.verdict]


def judge(
    results: Sequence[CheckResult],
    *,
    waiver_problems: Sequence[str] = (),
    stopped: str | None = None,
    left_out: int = 0,
    not_run: int = 0,
) -> Judgement:
    """Judge a run. What it says counts checks, each once however many configurations it ran on.

    Args:
        results: what the checks said, waivers applied.
        waiver_problems: unknown, stale and expired waivers; any of them fails the run.
        stopped: why the run ended before its last check, if it did.
        left_out: how many planned runs of checks were filtered out.
        not_run: how many that were not filtered out brought no result.

    """
    ran = Counter(result.verdict for result in results)
    if ran[Verdict.FAIL]:
        codes = {f.code for result in results if result.verdict is Verdict.FAIL for f in result.findings}
        kinds = "one kind of finding" if len(codes) == 1 else f"{len(codes)} kinds of findings"
        failed = _numbered(results, Verdict.FAIL)
        times = f", {ran[Verdict.FAIL]} times in all" if ran[Verdict.FAIL] > failed else ""
        return Judgement(RunVerdict.NOT_CONFORMANT, f"{_checks(failed)} failed{times}, with {kinds}.")
    if waiver_problems:
        return Judgement(RunVerdict.NOT_CONFORMANT, f"The waivers are not in order: {waiver_problems[0]}.")
    if stopped:
        return Judgement(RunVerdict.INCOMPLETE, f"The run stopped early: {stopped}.")
    judged = _numbered(results, *JUDGED)
    gaps = []
    if ran[Verdict.ERROR]:
        gaps.append(f"{_checks(_numbered(results, Verdict.ERROR))} could not be judged because of an error")
    if ran[Verdict.BLOCKED]:
        missing = _checks(_numbered(results, Verdict.BLOCKED))
        gaps.append(f"{missing} could not run because something was missing")
    if not_run > 0:
        gaps.append(f"{_runs(not_run)} brought no result")
    if left_out:
        gaps.append(left_out_by_selection(left_out))
    if not judged:
        gaps.append("no check judged anything")
    if gaps:
        return Judgement(RunVerdict.INCOMPLETE, f"Nothing failed, but {' and '.join(gaps)}.")
    warned = f"; {_checks(_numbered(results, Verdict.WARN))} warned" if ran[Verdict.WARN] else ""
    passed = "The one check that applies" if judged == 1 else f"All {judged} checks that apply"
    if ran[Verdict.WAIVED]:
        waived = _checks(_numbered(results, Verdict.WAIVED))
        return Judgement(RunVerdict.CONFORMANT_WITH_WAIVERS, f"{passed} passed but for {waived} waived{warned}.")
    return Judgement(RunVerdict.CONFORMANT, f"{passed} passed{warned}.")


def requirement_results(
    requirements: Mapping[str, Requirement],
    checks: Sequence[CheckInfo],
    results: Sequence[CheckResult],
) -> list[RequirementResult]:
    """Say of every requirement what the run found out.

    A violated requirement takes the verdict its own finding had; a check that fails because of another of
    its requirements does not count against this one.
    """
    testers: dict[str, list[str]] = {name: [] for name in requirements}
    for check in checks:
        for name in check.requirements:
            testers.setdefault(name, []).append(check.id)
    by_check: dict[str, list[CheckResult]] = {}
    for result in results:
        by_check.setdefault(result.check, []).append(result)
    answer = []
    for name, requirement in requirements.items():
        ids = testers[name]
        verdicts = [_on(name, result) for check_id in ids for result in by_check.get(check_id, ())]
        verdict = next((v for v in GRAVITY if v in verdicts), None)
        answer.append(
            RequirementResult(requirement, verdict, tuple(ids), _reason(requirement, ids, verdict, by_check))
        )
    return answer


def _on(requirement: str, result: CheckResult) -> Verdict:
    if result.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.WAIVED) and all(
        finding.requirement != requirement for finding in result.findings
    ):
        return Verdict.PASS
    return result.verdict


def _reason(
    requirement: Requirement,
    ids: Sequence[str],
    verdict: Verdict | None,
    by_check: Mapping[str, Sequence[CheckResult]],
) -> str | None:
    if requirement.untestable:
        return requirement.untestable
    if not ids:
        return "no check tests this yet"
    if verdict is None:
        return "its checks were not part of this run"
    if verdict in (Verdict.NOT_APPLICABLE, Verdict.BLOCKED, Verdict.ERROR):
        reasons = [r.reason for i in ids for r in by_check.get(i, ()) if r.verdict is verdict and r.reason]
        return reasons[0] if reasons else None
    return None


def left_out_by_selection(number: int) -> str:
    """Say how many planned runs of checks were filtered out."""
    return f"{_runs(number)} {'was' if number == 1 else 'were'} left out by selection"


def _numbered(results: Sequence[CheckResult], *verdicts: Verdict) -> int:
    """Count the checks with any of some verdicts, each once on however many configurations it ran."""
    return len({result.check for result in results if result.verdict in verdicts})


def _checks(number: int) -> str:
    return "1 check" if number == 1 else f"{number} checks"


def _runs(number: int) -> str:
    return "1 run of a check" if number == 1 else f"{number} runs of checks"
