"""What is refused once its time is over, and for that alone.

Other checks go on during the wait. A server that ends what it gave out as soon as it gives the same user or client
more would refuse what is used late, however long it lives.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from harness import background
from harness.flow import Flow
from harness.transport import Reply

Taken = TypeVar("Taken")


async def used_late(
    flow: Flow,
    another: Callable[[], Flow],
    take: Callable[[Flow], Awaitable[Taken]],
    use: Callable[[Flow, Taken], Awaitable[Reply]],
    *,
    seconds: float,
    why: str,
) -> Reply:
    """Use what a flow gives for the first time after a wait, and give the answer.

    A refusal counts if what is as new as can be is accepted although another flow came in between. Otherwise
    the wait is repeated, and nothing else goes on meanwhile.

    Args:
        flow: a fresh one.
        another: gives further ones.
        take: has the flow bring what comes to its end, such as a code.
        use: makes a request with it.
        seconds: the length of the wait.
        why: what is waited for, in a few words.

    """

    async def after_wait(waiting: Flow) -> Reply:
        taken = await take(waiting)
        await waiting.tools.wait(seconds, why)
        return await use(waiting, taken)

    reply = await after_wait(flow)
    if reply.successful or background.lane() is None:
        return reply
    early = another()
    taken = await take(early)
    await another().access()
    if (await use(early, taken)).successful:
        return reply
    with background.keeping_others_waiting():
        return await after_wait(another())


async def redeemed_late(flow: Flow, another: Callable[[], Flow], seconds: float, why: str) -> Reply:
    """Redeem the code of a flow for the first time after a wait, and give the answer; see :func:`used_late`."""
    return await used_late(flow, another, Flow.token_fields, Flow.request_token, seconds=seconds, why=why)
