"""What a run judges, as the engine sees it: a Credential Issuer, or another part of a system that issues."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from harness.checks import Check
from harness.evidence import Scenario
from harness.expect import Expect
from harness.model import CheckResult, Json
from harness.redaction import Redactor
from harness.settings import Settings

Planned = tuple[Check, Scenario | None]
"""A check and what it runs on."""


class Forecast(Protocol):
    """What is known of a run before its first check."""

    def lines(self) -> list[str]:
        """Give the text of a dry run."""

    def demand(self, workers: int = 1) -> str:
        """Say in one clause what the run may use up.

        Args:
            workers: processes that share the checks.

        """


class Subject(Protocol):
    """Something under test, and the evidence that checks of it ask for by the names of their parameters."""

    @property
    def scenarios(self) -> Sequence[Scenario]:
        """The ways through it."""

    def scenarios_of(self, check: Check) -> Sequence[Scenario | None]:
        """Give the scenarios a check runs on; ``[None]`` when it looks at the subject as a whole."""

    def facts(self, scenario: Scenario | None) -> Any:
        """Give what the predicates of checks read; what has to be gathered is added to it by ``gather``."""

    def pointless(self, check: Check, scenario: Scenario | None) -> str | None:
        """Say why a check has nothing to look at in this run, whatever its predicates say."""

    async def prepare(self) -> None:
        """Do what cannot wait until a check asks for it.

        Raises:
            PreflightError: the run makes no sense.

        """

    async def foresee(self, needs: Collection[str], facts: Any) -> bool:
        """Add what a predicate reads to the facts, when that is known without any request.

        Returns:
            Whether all of it is.

        """

    async def gather(self, needs: Collection[str], facts: Any) -> None:
        """Add what a predicate reads to the facts.

        Raises:
            Blocked: it is not to be had.

        """

    async def call(
        self, check: Check, scenario: Scenario | None, facts: Any, expect: Expect, read: list[int]
    ) -> None:
        """Call a check with the evidence it asks for.

        Args:
            facts: what the check's predicates read.
            read: gets the numbers of the exchanges that the evidence came with.

        Raises:
            Blocked: the evidence is not to be had.

        """

    def forecast(
        self,
        settings: Settings,
        planned: Sequence[Planned],
        ruled_out: Mapping[tuple[str, Scenario | None], str],
        left_out: Sequence[Planned],
    ) -> Forecast:
        """Say what is known of a run before its first check.

        Args:
            planned: every check that was selected, on its scenario.
            ruled_out: id and scenario of those of them that will not apply, with the reason.
            left_out: what was not selected.

        """

    def notices(self, results: Sequence[CheckResult]) -> list[str]:
        """Give what narrows the verdict, one line each."""

    def as_seen(self, redactor: Redactor) -> dict[str, Json]:
        """Give what a run saw of it, for the report."""
