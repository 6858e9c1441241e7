"""A Deferred Issuance transaction as the wallet lives it: it comes back when it may, until it is finished."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.access import Access
from harness.agent import ChangeProof
from harness.transport import Reply
from harness.wallet import deferred
from harness.wallet.credential import carries_credential
from harness.wallet.encryption import Terms

_USUAL_INTERVAL_S = 5.0
"""Waited where the issuer does not say how long."""


class Deferral:
    """One transaction (OpenID4VCI 1.0 section 9).

    Args:
        access: the Access Token that it was begun with.
        response: the Credential Response that began it.

    Attributes:
        transaction_id: as the Credential Response gave it.
        received: when the last answer came, in seconds since 1970.
        finished: whether an answer brought something else than a further delay.

    Raises:
        ValueError: the response defers nothing.

    """

    def __init__(self, access: Access, response: Reply) -> None:
        transaction_id = deferred.transaction_id(response, access.flow.tools.dialect)
        if transaction_id is None:
            raise ValueError("the Credential Response has no transaction_id")
        self.access = access
        self.transaction_id = transaction_id
        self.finished = False
        self._tools = access.flow.tools
        self.received = self._tools.now()
        self._due = self.received + _pause(response)

    @property
    def body(self) -> dict[str, Any]:
        """The body of a right Deferred Credential Request (section 9.1), if it has one."""
        return {} if self._tools.dialect.transaction_is_token else {"transaction_id": self.transaction_id}

    async def collect(
        self,
        payload: Mapping[str, Any] | bytes | None = None,
        *,
        access: Access | None = None,
        scheme: str | None = None,
        headers: Mapping[str, str] | None = None,
        dpop: ChangeProof | None = None,
        sealing: Terms | None = None,
    ) -> Reply:
        """Send a Deferred Credential Request, as soon as the wallet may after the last answer.

        Args:
            payload: the body; a right one by default.
            access: another Access Token than that of the transaction.
            scheme: the authentication scheme before the token, when not the token's own.
            headers: take the place of the ``Authorization`` header.
            dpop: changes the DPoP proof.
            sealing: how request and answer are encrypted; by default as far as the metadata requires it.

        Raises:
            Blocked: the wait would be longer than the run allows, or no request is possible.
            AccessExpired: the token was used before and is not accepted any more.

        """
        await self._wait()
        access = access or self.access
        if self._tools.dialect.transaction_is_token:
            access = access.with_token(self.transaction_id)
        reply = await access.collect(
            (self.body or b"") if payload is None else payload,
            scheme=scheme,
            headers=headers,
            dpop=dpop,
            sealing=sealing,
        )
        self.received = self._tools.now()
        if self.goes_on(reply):
            self._due = self.received + _pause(reply)
        elif reply.successful or carries_credential(reply):
            self.finished = True
        return reply

    def goes_on(self, reply: Reply) -> bool:
        """Whether an answer says that the wallet has to come back, in the way of its dialect."""
        pending = self._tools.dialect.still_pending(reply.status, reply.object)
        return pending or deferred.transaction_id(reply, self._tools.dialect) is not None

    async def _wait(self) -> None:
        remaining = self._due - self._tools.now()
        if remaining <= 0:
            return
        await self._tools.wait(remaining, "the interval of the deferred credential")


def _pause(reply: Reply) -> float:
    """Give the seconds to wait after an answer that defers (section 8.3)."""
    said = deferred.seconds(reply)
    return _USUAL_INTERVAL_S if said is None else said
