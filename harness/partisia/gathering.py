"""The evidence that only checks of Partisia's issuance service ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.evidence import Blocked, IssuedCredential, Scenario, Tools
from harness.flow import Flow
from harness.partisia.application import Application
from harness.wallet.holdings import Holdings

NAMES = frozenset({"application", "holdings"})
"""``holdings`` are what the wallet put away of the shared flow when its user had approved of it."""


class PartisiaEvidence:
    """Gathers it.

    Args:
        tools: with the application.
        shared: gives the flow whose evidence all reading checks of a scenario share.

    """

    def __init__(self, tools: Tools, shared: Callable[[Scenario], Flow]) -> None:
        self._tools = tools
        self._shared = shared
        self._holdings: dict[Scenario, Holdings[IssuedCredential]] = {}

    async def give(self, name: str, scenario: Scenario | None) -> Any:
        """Give evidence by its name.

        Raises:
            Blocked: it is not to be had.

        """
        if name == "application":
            return self._application()
        if scenario is None:
            raise Blocked("no Credential Configuration to test is known")
        return await self._approved(scenario)

    def _application(self) -> Application:
        if self._tools.partisia is None:
            raise Blocked("the run knows no application of a customer of Partisia")
        return self._tools.partisia

    async def _approved(self, scenario: Scenario) -> Holdings[IssuedCredential]:
        """Receive the credentials of a scenario and have the simulated user approve of them."""
        if scenario not in self._holdings:
            held: Holdings[IssuedCredential] = Holdings()
            held.received(*await self._shared(scenario).credentials())
            held.confirm()
            self._holdings[scenario] = held
        return self._holdings[scenario]
