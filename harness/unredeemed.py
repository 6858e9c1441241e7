"""A code that no Token Request has redeemed, for the many requests that must be refused for something else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from harness.flow import Flow
from harness.transport import Reply


class Unredeemed:
    """Gives wrong Token Requests a code that is still good.

    A server may make a code void with the first refusal. So a code is used again only as long as the refusals say
    that they are not about the code; any other answer is taken only when it was given to a fresh one.

    Args:
        begin: gives a fresh flow.

    """

    def __init__(self, begin: Callable[[], Flow]) -> None:
        self._begin = begin
        self._spare: Flow | None = None

    async def request(self, ask: Callable[[Flow], Awaitable[Reply]], reasons: Collection[str]) -> Reply:
        """Make a Token Request that must be refused.

        Args:
            ask: makes the request with the code of a flow and gives the answer.
            reasons: values of ``error`` by which a refusal cannot be about the code.

        Raises:
            Blocked: there is no fresh code.

        """
        spare, self._spare = self._spare, None
        if spare is not None:
            reply = await ask(spare)
            if reply.error in reasons:
                self._spare = spare
            if reply.successful or reply.error in reasons:
                return reply
        fresh = self._begin()
        reply = await ask(fresh)
        if not reply.successful:
            self._spare = fresh
        return reply
