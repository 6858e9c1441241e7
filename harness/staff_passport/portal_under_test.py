"""An external system under test: a portal at which employees download their credentials, and what checks read."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from harness.checks import Check
from harness.evidence import Blocked, Scenario, Tools
from harness.expect import Expect
from harness.model import CheckResult, Json
from harness.redaction import Redactor
from harness.settings import Settings, StaffPassportSettings
from harness.staff_passport.attempts import Attempts
from harness.staff_passport.downloads import Download, download
from harness.staff_passport.employees import Employee
from harness.staff_passport.forecast import Forecast
from harness.staff_passport.invalidation import Invalidation, Invalidations, Team
from harness.staff_passport.mailbox import Mailbox
from harness.staff_passport.templates import Template
from harness.staff_passport.visits import Portal, Visit
from harness.subject import Planned
from harness.transport import TransportFailure

if TYPE_CHECKING:
    from harness.staff_passport.gateway.external_system import ExternalSystem
    from harness.staff_passport.gateway.provider import Gateway
    from harness.staff_passport.gateway.request_log import GatewayRequest

NO_SCHEMA = (
    "Whether credentials have exactly the attributes of the data schema was not tested: the schema is not public;"
    " give [staff_passport] schema."
)
NO_INVALIDATION = (
    "What becomes of a credential that is no longer valid was not tested: give [staff_passport.invalidate]."
)


@dataclass(frozen=True)
class PortalFacts:
    """What predicates read.

    Attributes:
        settings: what the run was told of the portal.
        templates: names of those of which the first employee has a credential to download.
        other, inapplicable: whether the run knows such an employee.
        schema: whether the attributes of all of these templates are known for certain.
        invalidates: whether the team can make a credential invalid.
        reads_mail: whether e-mails to employees come to somebody.
        made: name to each download that a predicate needs, once it was made.

    """

    settings: StaffPassportSettings
    templates: tuple[str, ...]
    other: bool
    inapplicable: bool
    schema: bool
    invalidates: bool
    reads_mail: bool
    made: Mapping[str, Download] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """What stands around the portal, all of which the run plays.

    Attributes:
        gateway: the credential gateway.
        system: the portal as it is registered there.
        mailbox: to which it sends e-mails.
        team: what can be done behind the portal.
        attributes: the attribute sets of credentials by template.
        employee: who downloads.
        other: another one, with a credential to download too.
        inapplicable: one to whom the Digital Staff Passport does not apply.

    """

    settings: StaffPassportSettings
    gateway: Gateway
    system: ExternalSystem
    mailbox: Mailbox
    team: Team
    attributes: Mapping[str, Template]
    employee: Employee
    other: Employee | None = None
    inapplicable: Employee | None = None


class PortalUnderTest:
    """One portal.

    Args:
        url: where it is.
        around: what stands around it.
        tools: network, clock and how pages are walked.

    """

    scenarios: tuple[Scenario, ...] = ()

    def __init__(self, url: str, around: Surroundings, tools: Tools) -> None:
        self.url = url
        self.around = around
        self.settings = around.settings
        self.gateway = around.gateway
        self.system = around.system
        self.mailbox = around.mailbox
        self.employee = around.employee
        self.other = around.other
        self.inapplicable = around.inapplicable
        self.attributes = around.attributes
        self._tools = tools
        self._portal = Portal(
            around.settings.start_url or url,
            around.settings.pages,
            tools.options.journey.rules,
            around.settings.labels,
        )
        self._visits: list[Visit] = []
        self._kept: dict[str, Any] = {}
        self._made: dict[str, Download] = {}
        self._exchanges: dict[str, tuple[int, ...]] = {}
        self._invalidations = Invalidations(
            around.gateway, around.mailbox, around.team, self._wait, around.settings.wait_s
        )

    @property
    def templates(self) -> tuple[str, ...]:
        """Names of those of which the first employee has a credential to download."""
        return tuple(self.employee.records)

    async def visit(self, employee: Employee | None = None) -> Visit:
        """Begin a visit in a clean browser, which is closed when the check ends.

        Args:
            employee: by default the first one.

        """
        made = Visit(self._portal, self.gateway, employee or self.employee, self._tools)
        self._visits.append(made)
        return made

    # As the engine sees it

    def scenarios_of(self, check: Check) -> Sequence[Scenario | None]:
        """Give nothing but the portal as a whole."""
        del check
        return [None]

    def facts(self, scenario: Scenario | None) -> PortalFacts:
        """Give what predicates read."""
        del scenario
        names = self.templates
        return PortalFacts(
            settings=self.settings,
            templates=names,
            other=self.other is not None,
            inapplicable=self.inapplicable is not None,
            schema=bool(names) and all(self._is_known(name) for name in names),
            invalidates=self.around.team.invalidates,
            reads_mail=self.around.team.reads_mail,
            made=self._made,
        )

    def _is_known(self, template: str) -> bool:
        found = self.attributes.get(template)
        return found is not None and found.complete

    def pointless(self, check: Check, scenario: Scenario | None) -> str | None:
        """Nothing is pointless whatever its predicates say."""
        del check, scenario
        return None

    async def prepare(self) -> None:
        """Nothing is to be done before the first check."""

    async def foresee(self, needs: Collection[str], facts: Any) -> bool:
        """Nothing is known of a download beforehand."""
        del facts
        return not needs

    async def gather(self, needs: Collection[str], facts: Any) -> None:
        """Make the downloads that predicates read."""
        del facts
        for name in needs:
            self._made[name] = await self._evidence(name, [])

    async def call(
        self, check: Check, scenario: Scenario | None, facts: Any, expect: Expect, read: list[int]
    ) -> None:
        """Call a check with the evidence it asks for."""
        del scenario, facts
        try:
            gathered: dict[str, Any] = {}
            for name in check.evidence:
                gathered[name] = expect if name == "expect" else await self._evidence(name, read)
            await check.function(**gathered)
        finally:
            self.gateway.misbehave()
            self.gateway.wallet.will()
            await self._close()

    def forecast(
        self,
        settings: Settings,
        planned: Sequence[Planned],
        ruled_out: Mapping[tuple[str, Scenario | None], str],
        left_out: Sequence[Planned],
    ) -> Forecast:
        """Say what is known of a run before its first check."""
        del settings
        who = [each.username for each in (self.employee, self.other) if each is not None]
        return Forecast(f"the portal {self.url}", who, planned, ruled_out, left_out)

    def notices(self, results: Sequence[CheckResult]) -> list[str]:
        """Give what narrows the verdict."""
        if not results:
            return []
        facts = self.facts(None)
        return [
            *([] if facts.schema else [NO_SCHEMA]),
            *([] if facts.invalidates else [NO_INVALIDATION]),
        ]

    def as_seen(self, redactor: Redactor) -> dict[str, Json]:
        """Give what the gateway was asked, in the order of the answers."""
        return {
            "staff_passport": {
                "portal": self.url,
                "gateway": self.gateway.base_url,
                "requests": [redactor.value(_shown(each)) for each in self.gateway.log],
            }
        }

    # Evidence

    async def _evidence(self, name: str, read: list[int]) -> Any:
        if name in self._MADE:
            return await self._MADE[name](self)
        before = self._tools.client.recorder.count
        if name not in self._kept:
            try:
                self._kept[name] = await self._ONCE[name](self)
            except Blocked as error:
                self._kept[name] = error
            except TransportFailure as failure:
                self._kept[name] = Blocked(failure.message)
            finally:
                self.gateway.wallet.will()
                await self._close()
            self._exchanges[name] = tuple(range(before + 1, self._tools.client.recorder.count + 1))
        read += self._exchanges[name]
        found = self._kept[name]
        if isinstance(found, Blocked):
            raise found
        return found

    async def _itself(self) -> PortalUnderTest:
        return self

    async def _journey(self) -> Download:
        if not self.templates:
            raise Blocked("the employee has no credential to download: give [staff_passport.employee] templates")
        return await download(await self.visit(), self.templates[0])

    async def _first(self) -> Download:
        found: Download = await self._evidence("journey", [])
        return found.complete

    async def _second(self) -> Download:
        first = await self._first()
        if len(self.templates) < 2:
            raise Blocked(f"{self.employee.username} has one credential to download only")
        return await download(first.visit, self.templates[1])

    async def _later(self) -> Download:
        # What is to be downloaded in one session comes first.
        with contextlib.suppress(Blocked):
            await self._evidence("second_in_session", [])
        first = await self._first()
        return await download(await self.visit(), first.template)

    async def _attempts(self) -> Attempts:
        first = await self._first()
        return Attempts(self.gateway, self.visit, first.template, first.ready or "verified")

    async def _revocation(self) -> Invalidation:
        who, template, serials = await self._downloaded(2)
        return await self._invalidations.of(who, template, serials)

    async def _retried(self) -> Invalidation:
        who, template, serials = await self._downloaded(1)
        return await self._invalidations.while_unavailable(who, template, serials)

    async def _stale(self) -> Invalidation:
        """Change what a credential is made of while the employee is at the gateway to add it."""
        who, template = await self._invalidating()
        attempts = await self._attempts()
        visit = await attempts.until(attempts.ready, who=who, template=template)
        page = await visit.download(wallet=None)
        if page.shows != "gateway":
            raise Blocked(f"the download does not lead to the gateway, but to {page.gist}")
        asked, mails, issued = len(self.gateway.log), len(self.mailbox.messages), set(self.gateway.issued)
        await self.around.team.invalidate(who, template, "")
        await visit.go_on("add")
        serials = tuple(serial for serial in self.gateway.issued if serial not in issued)
        if not serials:
            raise Blocked("the gateway issued no credential after the change")
        return await self._invalidations.seen(who, template, serials, asked, mails)

    async def _invalidating(self) -> tuple[Employee, str]:
        """Give whose credential is made invalid: what the first employee has is needed for other checks."""
        first = await self._first()
        other = self.other if self.other is not None and self.other.records else None
        return (other, next(iter(other.records))) if other else (self.employee, first.template)

    async def _downloaded(self, times: int) -> tuple[Employee, str, Sequence[str]]:
        who, template = await self._invalidating()
        visit = await self.visit(who)
        serials = [(await download(visit, template)).complete.serial for _ in range(times)]
        if who is self.employee:
            earlier = [each for each in self._kept.values() if isinstance(each, Download)]
            told = [serial for each in earlier if each.template == template for serial in each.serials]
            serials = [*(serial for serial in told if serial not in self.gateway.revoked), *serials]
        return who, template, tuple(dict.fromkeys(serials))

    async def _wait(self, seconds: float) -> None:
        await self._tools.wait(seconds, "what the portal does by itself")

    async def _close(self) -> None:
        for visit in self._visits:
            await visit.park()
        self._visits = [visit for visit in self._visits if self._is_kept(visit)]

    def _is_kept(self, visit: Visit) -> bool:
        return any(isinstance(each, Download) and each.visit is visit for each in self._kept.values())

    _MADE: ClassVar[Mapping[str, Callable[[PortalUnderTest], Awaitable[Any]]]] = {
        "portal": _itself,
        "attempts": _attempts,
    }
    """Evidence that is made anew for each check."""
    _ONCE: ClassVar[Mapping[str, Callable[[PortalUnderTest], Awaitable[Any]]]] = {
        "journey": _journey,
        "first_download": _first,
        "second_in_session": _second,
        "later_session": _later,
        "revocation": _revocation,
        "retried": _retried,
        "stale": _stale,
    }
    """Evidence that all checks share."""


_SHOWN = ("number", "endpoint", "mode", "parameters", "status", "error", "because")


def _shown(request: GatewayRequest) -> dict[str, Json]:
    """Give of a request what a report shows: no secrets, and nothing of what a credential says."""
    told = request.to_json()
    return {name: told[name] for name in _SHOWN if name in told}
