"""The evidence that only checks of a MATTR VII tenant ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.access import said
from harness.applicability.mattr import TOLD
from harness.evidence import Blocked, Scenario, Tools
from harness.flow import Flow
from harness.mattr.back_end import BackEnd, MintedByTenant, Minting
from harness.mattr.workflow import Workflow
from harness.wallet import token

NAMES = frozenset({"back_end", "minting", "workflow"})
"""``minting`` is that of the shared flow; ``workflow`` makes offers for flows of a check's own."""


class MattrEvidence:
    """Gathers it.

    Args:
        tools: network, clock, keys and the back end.
        shared: gives the flow whose evidence all reading checks of a scenario share.
        fresh: begins another flow.

    """

    def __init__(
        self, tools: Tools, shared: Callable[[Scenario], Flow], fresh: Callable[[Scenario], Flow]
    ) -> None:
        self._tools = tools
        self._shared = shared
        self._fresh = fresh

    async def give(self, name: str, scenario: Scenario | None) -> Any:
        """Give evidence by its name.

        Raises:
            Blocked: it is not to be had.

        """
        if name == "back_end":
            return self._back_end()
        if scenario is None:
            raise Blocked("no Credential Configuration to test is known")
        return await (self._minting(scenario) if name == "minting" else self._workflow(scenario))

    def _back_end(self) -> BackEnd:
        if self._tools.mattr is None:
            raise Blocked(TOLD)
        return self._tools.mattr

    async def _minting(self, scenario: Scenario) -> Minting:
        flow = self._shared(scenario)
        await flow.link()
        made = flow.taken("hook")
        if not isinstance(made, MintedByTenant) or made.minting is None:
            raise Blocked("the offer of this run did not come from the offers API")
        return made.minting

    async def _workflow(self, scenario: Scenario) -> Workflow:
        # The control of a request that must be refused: the right one was granted.
        reply = await self._shared(scenario).token()
        if token.access_token(reply) is None:
            raise Blocked(f"no access token was issued: {said(reply)}")
        return Workflow(self._back_end(), scenario, self._fresh)
