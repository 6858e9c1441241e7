"""The renewals of one run: each is made once, however many checks look at it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from harness.evidence import Blocked, IssuedCredential, Scenario
from harness.flow import Flow
from harness.formats.status_reference import State
from harness.lifecycle import renewal
from harness.lifecycle.operations import Operations
from harness.lifecycle.renewal import Renewal
from harness.lifecycle.status import CredentialStatus
from harness.transport import TransportFailure
from harness.wallet import token

RENEWALS = frozenset({"renewal", "reissued", "reoffered", "changed", "renewed_batch"})
"""What is kept, each method of :class:`Renewals` giving what it brought."""
BATCH = 2
"""Keys of a request for several credentials."""


@dataclass(frozen=True)
class Means:
    """What a run gives to renew with.

    Attributes:
        shared: gives the flow whose credentials all reading checks share.
        fresh: begins another flow.
        good_again: says whether Access Tokens are good for further Credential Requests.
        batch: gives the shared flow that asks for several keys.
        read_status: reads what is published about a credential now.
        operations: does things at the issuer; ``None`` where the team can arrange nothing.

    """

    shared: Callable[[Scenario], Flow]
    fresh: Callable[[Scenario], Flow]
    good_again: Callable[[Scenario], Awaitable[bool]]
    batch: Callable[[Scenario], Awaitable[Flow]]
    read_status: Callable[[IssuedCredential], Awaitable[CredentialStatus]]
    operations: Operations | None


class Renewals:
    """Credentials of one run that were issued once more, by scenario and way."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._kept: dict[tuple[Scenario, str], Renewal | Blocked | None] = {}

    async def renewal(self, scenario: Scenario) -> Renewal | None:
        """Renew the shared credentials with the refresh token that came with them.

        Raises:
            Blocked: there is none, or it brings no credential.

        """
        return await self._once(scenario, "renewal", self._renew)

    async def reissued(self, scenario: Scenario) -> Renewal | None:
        """Ask with the Access Token of the shared credentials once more.

        Returns:
            ``None`` when the issuer grants one Credential Request for each Access Token.

        Raises:
            Blocked: no credential was issued at all.

        """
        return await self._once(scenario, "reissued", self._reissue)

    async def reoffered(self, scenario: Scenario) -> Renewal | None:
        """Begin anew.

        Raises:
            Blocked: one of the two flows brings no credential.

        """
        return await self._once(
            scenario, "reoffered", lambda known: self._watched(self._means.shared(known), renewal.by_new_offer)
        )

    async def changed(self, scenario: Scenario) -> Renewal | None:
        """Have the claims of the user changed, and get a credential after that.

        Raises:
            Blocked: the claims cannot be changed, or no credential is to be had then.

        """
        return await self._once(scenario, "changed", self._change)

    async def renewed_batch(self, scenario: Scenario) -> Renewal | None:
        """Have a batch issued once more, with its refresh token or its Access Token.

        Returns:
            ``None`` when the issuer issues no batch, or not again.

        Raises:
            Blocked: the refresh token brings no credential.

        """
        return await self._once(scenario, "renewed_batch", self._renew_batch)

    async def _once(
        self, scenario: Scenario, name: str, take: Callable[[Scenario], Awaitable[Renewal | None]]
    ) -> Renewal | None:
        """Take what is not kept yet; what went wrong goes wrong for all who ask."""
        if (scenario, name) not in self._kept:
            try:
                self._kept[scenario, name] = await take(scenario)
            except TransportFailure as failure:
                self._kept[scenario, name] = Blocked(failure.message)
            except Blocked as error:
                self._kept[scenario, name] = error
        found = self._kept[scenario, name]
        if isinstance(found, Blocked):
            raise found
        return found

    async def _renew(self, scenario: Scenario) -> Renewal | None:
        shared = self._means.shared(scenario)
        await shared.credentials()
        try:
            return await self._watched(shared, renewal.by_refresh_token)
        except Blocked:
            # A refresh token may have come to its end while the run went on.
            return await self._watched(self._means.fresh(scenario), renewal.by_refresh_token)

    async def _reissue(self, scenario: Scenario) -> Renewal | None:
        shared = self._means.shared(scenario)
        # What the token is good for first of all is the shared issuance.
        await shared.credentials()
        if not await self._means.good_again(scenario):
            return None
        with contextlib.suppress(Blocked):
            if found := await self._watched(shared, renewal.by_same_token):
                return found
        # It may have come to its end while the run went on.
        return await self._watched(self._means.fresh(scenario), renewal.by_same_token)

    async def _change(self, scenario: Scenario) -> Renewal:
        operations, before = self._means.operations, self._kept.get((scenario, "renewal"))
        if operations is None:
            raise Blocked("nothing can be done to credentials in this run")
        if isinstance(before, Renewal):
            return await renewal.after_change(before.flow, before.refresh_token, operations)
        shared = self._means.shared(scenario)
        return await renewal.after_change(shared, token.refresh_token(await shared.token()), operations)

    async def _renew_batch(self, scenario: Scenario) -> Renewal | None:
        batch = await self._means.batch(scenario)
        if not (await batch.issuance()).successful:
            return None
        if token.refresh_token(await batch.token()) is not None:
            return await renewal.by_refresh_token(batch, keys=BATCH)
        return await renewal.by_same_token(batch, keys=BATCH)

    async def _watched(self, flow: Flow, make: Callable[[Flow], Awaitable[Renewal | None]]) -> Renewal | None:
        """Have credentials issued once more, and note what was published about the old one before."""
        was = await self._status(flow)
        if was is not None and was.state is not State.VALID:
            # Something earlier in the run has put an end to it.
            flow = flow.again()
            was = await self._status(flow)
        made = await make(flow)
        return None if made is None else replace(made, was=was)

    async def _status(self, flow: Flow) -> CredentialStatus | None:
        old = (await flow.credentials())[0]
        return await self._means.read_status(old) if old.document.status_references else None
