"""What a run asks of the issuer's team: how many Credential Offers, and how many visits of the user.

Nobody knows beforehand which checks will apply and how an issuer will answer, so all that is told is a range.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.checks import Check
from harness.evidence import Grant, Scenario
from harness.gathering import DRILLS, ENCRYPTED

_OWN = frozenset({"flow", "another_flow", "unredeemed", "minted"})
"""Evidence that begins a flow for one check alone."""
_ONCE = frozenset({"transaction", "batch", "renewed_batch", "reoffered", "changed"})
"""Evidence that begins one more flow for all checks of a scenario."""
_SEVERAL = frozenset({"series"})
"""Evidence that makes several requests for all checks of a scenario, each with its own flow where it has to be."""
_VISITS = frozenset({"direct", "by_scope", "by_details"})
"""Evidence that sends the user to the Authorization Endpoint once more, for all checks of a scenario."""
_PER_REQUEST = frozenset({"access", "transaction"})
"""Evidence that takes a flow for each check when an Access Token is good for one request only."""


@dataclass(frozen=True)
class Range:
    """How often something will be needed.

    Attributes:
        least: when no check applies but those that only look.
        most: when every check applies, and an Access Token is good for many requests.
        single_use: when every check applies, and an Access Token is good for one request only.

    """

    least: int
    most: int
    single_use: int

    def times(self, workers: int) -> Range:
        """Give the range for several workers, each of which may make what checks have in common."""
        return Range(self.least * workers, self.most * workers, self.single_use * workers)

    @property
    def told(self) -> str:
        """The range in words."""
        few = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
        if self.single_use == self.most:
            return few
        return f"{few} (up to {self.single_use} if an Access Token is good for one request only)"


@dataclass(frozen=True)
class Demand:
    """What a plan needs.

    Attributes:
        offers: Credential Offers, from all sources but that of denied ones.
        denied_offers: offers whose issuance is to be denied.
        visits: how often the user is sent to the Authorization Endpoint, and perhaps has to sign in.

    """

    offers: Range
    denied_offers: Range
    visits: Range


def of(plan: Iterable[tuple[Check, Scenario | None]]) -> Demand:
    """Add up what the checks of a plan need, each on its scenario."""
    flows = [(check, scenario) for check, scenario in plan if scenario is not None]
    offered = [(check, scenario) for check, scenario in flows if scenario.offered]
    by_code = [(check, scenario) for check, scenario in flows if scenario.grant is Grant.AUTHORIZATION_CODE]
    denied = sum("denied" in _needs(check) for check, _ in flows)
    return Demand(_range(offered), Range(0, denied, denied), _range(by_code, visits=_VISITS))


def _range(plan: list[tuple[Check, Scenario]], visits: frozenset[str] = frozenset()) -> Range:
    shared = {scenario for _, scenario in plan}
    once = {(scenario, name) for check, scenario in plan for name in (_ONCE | visits) & _needs(check)}
    requested = {(scenario, name) for check, scenario in plan for name in (ENCRYPTED | DRILLS) & _needs(check)}
    several = {(scenario, name) for check, scenario in plan for name in _SEVERAL & _needs(check)}
    most = len(shared) + len(once)
    fresh = len(requested) + 2 * len(several)
    for check, _ in plan:
        needs = _needs(check)
        most += check.flows * (not _OWN.isdisjoint(needs)) + ("other_access" in needs)
        most += "denied" in needs and bool(visits)
        fresh += not _PER_REQUEST.isdisjoint(needs)
    return Range(len(shared), most, most + fresh)


def _needs(check: Check) -> frozenset[str]:
    return frozenset(check.evidence).union(*(step.needs for step in check.applies.steps))
