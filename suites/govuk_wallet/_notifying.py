"""Right and wrong notifications of a credential that was issued for a check."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.access import Access, said
from harness.evidence import Blocked
from harness.govuk.minting import Minted, handed_out
from harness.transport import Reply
from harness.wallet import notification
from harness.wallet.jwt import JwtDraft

Send = Callable[["Told"], Awaitable[Reply]]
"""Sends one notification and gives the answer."""


@dataclass(frozen=True)
class Told:
    """A credential that the issuer may be told of.

    Attributes:
        minted: its offer, which is used up.
        draft: the Access Token that it was issued for.
        notification_id: from the Credential Response.

    """

    minted: Minted
    draft: JwtDraft
    notification_id: str

    def body(self, event: str = "credential_accepted", **changes: Any) -> dict[str, Any]:
        """Give the body of a notification; changes set members."""
        return notification.body(self.notification_id, event) | changes

    async def access(self, access_token: JwtDraft | str | None = None) -> Access:
        """Give the right to make requests with an Access Token; by default that of the issuance."""
        return await self.minted.access(self.draft if access_token is None else access_token)

    async def notify(self, body: Mapping[str, Any] | bytes, access_token: JwtDraft | str | None = None) -> Reply:
        """Send a notification."""
        return await (await self.access(access_token)).notify(body)

    async def right(self) -> Reply:
        """Send a right notification.

        Raises:
            Blocked: it is refused; that this must not be is for another check to say.

        """
        reply = await self.notify(self.body())
        if not reply.successful:
            raise Blocked(f"a right notification is refused too: {said(reply)}")
        return reply

    async def expect_taken_otherwise(self, reply: Reply) -> None:
        """Make sure that a refusal is for what was special in the notification.

        Raises:
            Blocked: without that it is refused as well.

        """
        if not reply.successful:
            await self.right()

    async def replies(self, attempts: Mapping[str, Send]) -> dict[str, Reply]:
        """Send wrong notifications and give the answers, each with the same name.

        Raises:
            Blocked: all are refused, and so is a right one in the end.

        """
        found = {name: await send(self) for name, send in attempts.items()}
        if all(reply.status >= 400 for reply in found.values()):
            await self.right()
        return found


async def told_of(minted: Minted, *, refresh: bool = False) -> Told:
    """Have a credential issued that the issuer may be told of.

    Args:
        refresh: as an in-app refresh.

    Raises:
        Blocked: it is not issued, or has no ``notification_id``.

    """
    draft = await minted.draft(refresh=refresh)
    reply = await minted.request(draft)
    if not handed_out(reply):
        raise Blocked(f"no credential was issued: {said(reply)}")
    value = notification.notification_id(reply)
    if value is None:
        raise Blocked(f"no notification_id came with the credential: {said(reply)}")
    return Told(minted, draft, value)
