"""Offers that a check has made for itself, and the wallet's flows for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.evidence import Blocked, Scenario
from harness.flow import Flow
from harness.mattr.back_end import BackEnd, Minting


@dataclass(frozen=True)
class Offered:
    """An offer and the flow of the wallet that received it."""

    minting: Minting
    flow: Flow


@dataclass(frozen=True)
class Workflow:
    """Has offers made as the issuer's back end does, and gives them to the wallet.

    Attributes:
        back_end: has them made.
        scenario: the way through the tenant that works.
        begin: gives a fresh flow of a scenario.

    """

    back_end: BackEnd
    scenario: Scenario
    begin: Callable[[Scenario], Flow]

    async def offer(
        self,
        *,
        configurations: Sequence[str] | None = None,
        asked: str | None = None,
        tx_code: bool = False,
        lifetime: Mapping[str, int] | None = None,
    ) -> Offered:
        """Have an offer made; see :meth:`BackEnd.mint`.

        Args:
            configurations: by default the one that is asked for.
            asked: configuration that the wallet asks for; by default the one of the scenario.

        Raises:
            Blocked: the tenant makes none.

        """
        scenario = replace(self.scenario, configuration=asked) if asked else self.scenario
        wanted = configurations or [scenario.configuration]
        made = await self.back_end.mint(wanted, tx_code=tx_code, lifetime=lifetime)
        if made.uri is None:
            raise Blocked(f"the offers API gave no offer: {made.reply.gist}")
        return Offered(made, self.begin(scenario).with_offer(made.uri, made.tx_code))
