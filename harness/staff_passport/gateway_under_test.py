"""A credential gateway under test: the run is the external system, and somebody scans its QR codes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.checks import Check
from harness.evidence import Blocked, Scenario
from harness.expect import Expect
from harness.model import CheckResult, Json
from harness.redaction import Redactor
from harness.settings import Settings
from harness.staff_passport.forecast import Forecast
from harness.staff_passport.gateway_handle import GatewayHandle, Shown
from harness.staff_passport.id_tokens import IdToken, id_token
from harness.staff_passport.scanning import NOBODY, NoWallet, Returned, Wallet
from harness.staff_passport.templates import IDENTITY, SERIAL_NUMBER, UNIQUE_IDENTIFIER
from harness.subject import Planned
from harness.transport import Reply, TransportFailure

UNTESTED = f"What follows a QR code was not tested: {NOBODY}."
_IDENTIFIER = f"{IDENTITY}.{UNIQUE_IDENTIFIER}"


@dataclass(frozen=True)
class GatewayFacts:
    """What predicates read.

    Attributes:
        second_system: whether the run knows another external system that is registered.

    """

    second_system: bool


@dataclass(frozen=True)
class Journey:
    """One way through the gateway.

    Attributes:
        returned: what the browser came back with.
        token: the answer to the right token request.

    """

    returned: Returned
    token: Reply

    @property
    def id_token(self) -> IdToken:
        """The ID Token.

        Raises:
            Blocked: there is none that can be read.

        """
        return id_token(self.token)

    @property
    def serial(self) -> str:
        """The Serial Number of what was issued.

        Raises:
            Blocked: there is none.

        """
        found = serial_of(self.id_token)
        if found is None:
            raise Blocked("the ID Token of the issuance has no Serial Number")
        return found


@dataclass(frozen=True)
class Revoked:
    """A credential that was revoked, as far as the gateway did it.

    Attributes:
        serial: its Serial Number.
        reply: the answer to the right revocation.
        shared_before, shared_after: whether it could be shared.

    """

    serial: str
    reply: Reply
    shared_before: bool
    shared_after: bool


class Codes:
    """Gives fresh authorization codes, each for a scan of its own."""

    def __init__(self, gateway: GatewayHandle, wallet: Wallet) -> None:
        self._gateway = gateway
        self._wallet = wallet

    async def fresh(self) -> str:
        """Give a code that nobody redeemed.

        Raises:
            Blocked: none is to be had.

        """
        returned = await self.scan("Share your identity credential once more.")
        return code_of(returned)

    async def scan(self, what: str) -> Returned:
        """Have an identity shared.

        Raises:
            Blocked: nobody did.

        """
        return await self._wallet.scan(self._gateway.verifying(), what)


class GatewayUnderTest:
    """One gateway.

    Args:
        gateway: the external system's side of all dealings.
        wallet: who scans.
        documents: the answers for the discovery documents of V1 and V2.

    """

    scenarios: tuple[Scenario, ...] = ()

    def __init__(self, gateway: GatewayHandle, wallet: Wallet, documents: Sequence[Reply]) -> None:
        self.gateway = gateway
        self.wallet = wallet
        self._documents = tuple(documents)
        self._kept: dict[str, Any] = {}
        self._exchanges: dict[str, tuple[int, ...]] = {}

    # As the engine sees it

    def scenarios_of(self, check: Check) -> Sequence[Scenario | None]:
        """Give nothing but the gateway as a whole."""
        del check
        return [None]

    def facts(self, scenario: Scenario | None) -> GatewayFacts:
        """Give what predicates read."""
        del scenario
        return GatewayFacts(second_system=self.gateway.second is not None)

    def pointless(self, check: Check, scenario: Scenario | None) -> str | None:
        """Nothing is pointless whatever its predicates say."""
        del check, scenario
        return None

    async def prepare(self) -> None:
        """Nothing is to be done before the first check."""

    async def foresee(self, needs: Collection[str], facts: Any) -> bool:
        """Predicates read what is known beforehand."""
        del facts
        return not needs

    async def gather(self, needs: Collection[str], facts: Any) -> None:
        """Predicates read what is known beforehand."""
        del needs, facts

    async def call(
        self, check: Check, scenario: Scenario | None, facts: Any, expect: Expect, read: list[int]
    ) -> None:
        """Call a check with the evidence it asks for."""
        del scenario, facts
        gathered: dict[str, Any] = {}
        for name in check.evidence:
            gathered[name] = expect if name == "expect" else await self._evidence(name, read)
        await check.function(**gathered)

    def forecast(
        self,
        settings: Settings,
        planned: Sequence[Planned],
        ruled_out: Mapping[tuple[str, Scenario | None], str],
        left_out: Sequence[Planned],
    ) -> Forecast:
        """Say what is known of a run before its first check."""
        del settings
        return Forecast(f"the gateway {self.gateway.base}", (), planned, ruled_out, left_out)

    def notices(self, results: Sequence[CheckResult]) -> list[str]:
        """Give what narrows the verdict."""
        return [UNTESTED] if results and isinstance(self.wallet, NoWallet) else []

    def as_seen(self, redactor: Redactor) -> dict[str, Json]:
        """Give the discovery documents."""
        documents = {reply.url: redactor.value(reply.object) for reply in self._documents if reply.successful}
        return {"staff_passport": {"gateway": self.gateway.base, "documents": documents}}

    # Evidence

    async def _evidence(self, name: str, read: list[int]) -> Any:
        if name in self._MADE:
            return self._MADE[name](self)
        recorder = self.gateway.recorder
        before = recorder.count
        if name not in self._kept:
            try:
                self._kept[name] = await self._ONCE[name](self)
            except Blocked as error:
                self._kept[name] = error
            except TransportFailure as failure:
                self._kept[name] = Blocked(failure.message)
            self._exchanges[name] = tuple(range(before + 1, recorder.count + 1))
        read += self._exchanges[name]
        found = self._kept[name]
        if isinstance(found, Blocked):
            raise found
        return found

    async def _discovery(self) -> Reply:
        """Give the first document that is there; where none is, the last answer."""
        if not self._documents:
            raise Blocked("the gateway did not answer for its discovery document")
        return next((reply for reply in self._documents if reply.successful), self._documents[-1])

    async def _keys(self) -> Reply:
        return await self.gateway.get("key set", self.gateway.at.jwks)

    async def _pushed(self) -> Reply:
        return await self.gateway.push()

    async def _qr(self) -> Shown:
        return await self.gateway.show(self.gateway.verifying().url)

    async def _returned(self) -> Returned:
        return await self.wallet.scan(self.gateway.verifying(), "Share your identity credential.")

    async def _verified(self) -> Journey:
        returned: Returned = await self._evidence("returned", [])
        return Journey(returned, await self.gateway.redeem(code_of(returned)))

    async def _added(self) -> Returned:
        identifier: str | None = None
        try:
            verified: Journey = await self._evidence("verified", [])
            identifier = verified.id_token.text(_IDENTIFIER)
        except Blocked:
            if isinstance(self.wallet, NoWallet):
                raise
        return await self.wallet.scan(await self.gateway.issuing(identifier), "Add the credential to your wallet.")

    async def _issued(self) -> Journey:
        returned: Returned = await self._evidence("added", [])
        return Journey(returned, await self.gateway.redeem(code_of(returned)))

    async def _revoked(self) -> Revoked:
        issued: Journey = await self._evidence("issued", [])
        serial = issued.serial
        before = await self.wallet.share(serial)
        reply = await self.gateway.revoke(serial)
        return Revoked(serial, reply, before, await self.wallet.share(serial))

    _MADE: ClassVar[Mapping[str, Callable[[GatewayUnderTest], Any]]] = {
        "gateway": lambda self: self.gateway,
        "wallet": lambda self: self.wallet,
        "codes": lambda self: Codes(self.gateway, self.wallet),
    }
    """What all checks use."""
    _ONCE: ClassVar[Mapping[str, Callable[[GatewayUnderTest], Awaitable[Any]]]] = {
        "discovery": _discovery,
        "keys": _keys,
        "pushed": _pushed,
        "qr": _qr,
        "returned": _returned,
        "verified": _verified,
        "added": _added,
        "issued": _issued,
        "revoked": _revoked,
    }
    """Evidence that all checks share."""


def code_of(returned: Returned) -> str:
    """Give the authorization code that the browser came back with.

    Raises:
        Blocked: there is none.

    """
    if not returned.code:
        raise Blocked(f"the browser came back without an authorization code, with {returned.gist}")
    return returned.code


def serial_of(token: IdToken) -> str | None:
    """Give the Serial Number of an ID Token, however it is spelled; ``None`` where it has none."""
    for name in token.claims:
        if "".join(filter(str.isalpha, name)).lower().endswith(SERIAL_NUMBER.lower()):
            return token.text(name)
    return None
