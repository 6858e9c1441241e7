"""Runs checks: has their evidence gathered, lets them judge, and turns what happened into a result.

The engine knows nothing of pytest, so that the fault matrix can run hundreds of issuers through the very
code that a team's run uses. Nor does it know what is under test: that is a :class:`harness.subject.Subject`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.background import Work, at_work
from harness.checks import Check
from harness.evidence import AccessExpired, Blocked, Scenario
from harness.expect import Expect
from harness.model import CheckResult, Level, Requirement, Verdict
from harness.subject import Subject
from harness.transport import Recorder, TransportFailure


class Engine:
    """Judges one subject.

    Args:
        subject: what is under test.
        recorder: of everything that is sent and received.
        requirements: the catalogue.
        strict: let SHOULD-level findings fail a check.

    """

    def __init__(
        self,
        subject: Subject,
        recorder: Recorder,
        requirements: Mapping[str, Requirement],
        *,
        strict: bool = False,
    ) -> None:
        self._subject = subject
        self._recorder = recorder
        self._requirements = requirements
        self._strict = strict

    def plan(self, checks: Iterable[Check]) -> list[tuple[Check, Scenario | None]]:
        """Say which check runs on which scenario, in the order of the checks."""
        return [(check, scenario) for check in checks for scenario in self.scenarios_of(check)]

    def scenarios_of(self, check: Check) -> Sequence[Scenario | None]:
        """Give the scenarios a check runs on; ``[None]`` when it looks at the subject as a whole."""
        return self._subject.scenarios_of(check)

    async def ruled_out(self, check: Check, scenario: Scenario | None) -> str | None:
        """Say why a check will not apply, as far as that is known before any request of its own is made.

        Returns:
            The reason; ``None`` when it applies, or when only its evidence will tell.

        """
        if reason := self._subject.pointless(check, scenario):
            return reason
        facts = self._subject.facts(scenario)
        for step in check.applies.steps:
            if await self._subject.foresee(step.needs, facts):
                try:
                    ruling = step.rule(facts)
                except Exception:  # judging the check will tell what is wrong with it
                    return None
                if not ruling.applies:
                    return ruling.reason
        return None

    async def judge(self, check: Check, scenario: Scenario | None) -> CheckResult:
        """Run one check on one scenario. Never raises but for cancellation."""
        recorder = self._recorder
        work = Work(recorder)
        expect = Expect({name: self._requirements[name] for name in check.requires}, check.dormant)
        read: list[int] = []
        verdict, reason = Verdict.ERROR, None
        try:
            with at_work(work):
                verdict, reason = await self._judge(check, scenario, expect, read)
        except Blocked as error:
            verdict, reason = Verdict.BLOCKED, str(error)
        except AccessExpired:
            verdict, reason = Verdict.BLOCKED, "the issuer does not accept a fresh Access Token"
        except TransportFailure as failure:
            # Where nothing was sent, the issuer gave no address that a request could go to.
            verdict = Verdict.BLOCKED if failure.exchange is None else Verdict.ERROR
            reason = failure.message
        except Exception as error:  # a defect of the harness must not cost the results of the other checks
            reason = f"internal error of the harness: {_where(error)}"
        if verdict in (Verdict.BLOCKED, Verdict.ERROR) and expect.worst() is not None:
            # What was found before the check had to stop stays found.
            verdict = self._by_findings(expect)
        recorder.look_back()
        redacted = recorder.redactor.prose
        return CheckResult(
            check=check.id,
            verdict=verdict,
            requirements=check.requires,
            configuration=scenario.label if scenario else None,
            findings=tuple(replace(finding, observed=redacted(finding.observed)) for finding in expect.findings),
            reason=None if reason is None else redacted(reason),
            exchanges=tuple(dict.fromkeys([*read, *work.exchanges])),
            evaluated=expect.evaluated,
            elapsed_s=round(work.elapsed_s, 4),
        )

    def _by_findings(self, expect: Expect) -> Verdict:
        worst = expect.worst()
        if worst is None:
            return Verdict.PASS
        return Verdict.FAIL if worst is Level.MUST or self._strict else Verdict.WARN

    async def _judge(
        self, check: Check, scenario: Scenario | None, expect: Expect, read: list[int]
    ) -> tuple[Verdict, str | None]:
        subject = self._subject
        facts = subject.facts(scenario)
        if reason := subject.pointless(check, scenario):
            return Verdict.NOT_APPLICABLE, reason
        for step in check.applies.steps:
            await subject.gather(step.needs, facts)
            ruling = step.rule(facts)
            if not ruling.applies:
                return Verdict.NOT_APPLICABLE, ruling.reason
        await subject.call(check, scenario, facts, expect, read)
        if not expect.evaluated and expect.passed_over:
            return Verdict.NOT_APPLICABLE, "only other versions of the specification have a rule on this answer"
        if not expect.evaluated:
            return Verdict.ERROR, "the check evaluated no expectation"
        return self._by_findings(expect), None


def _where(error: Exception) -> str:
    """Name an unexpected exception and the line it came from; the traceback would say little to a user."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}: {error}"
