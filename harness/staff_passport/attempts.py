"""Downloads in which something is wrong that the portal has to notice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.evidence import Blocked
from harness.staff_passport.downloads import Asked
from harness.staff_passport.employees import Employee, Identity
from harness.staff_passport.pages import Page

if TYPE_CHECKING:
    from harness.staff_passport.gateway.provider import Gateway
    from harness.staff_passport.gateway.request_log import GatewayRequest
    from harness.staff_passport.visits import Visit

_BEFORE_VERIFYING = ("delete-first", "preview")
ChangeUrl = Callable[[str], str | None]


@dataclass(frozen=True)
class Attempt(Asked):
    """What became of one.

    Attributes:
        visit: of the employee.
        requests: what the gateway was asked until that page.
        page: to which it led.
        serials: of credentials that the gateway issued meanwhile.
        went_on: whether the portal takes the employee for verified: it says so, or goes on to issue.
        list: the credentials afterwards.

    """

    visit: Visit
    page: Page
    serials: tuple[str, ...]
    went_on: bool
    list: Page


class Attempts:
    """Makes them, each in a clean browser, with a gateway that behaves again afterwards.

    Args:
        visiting: begins a visit.
        template: of the credential.
        ready: what the page shows from which the gateway is asked to add the credential.

    """

    def __init__(
        self,
        gateway: Gateway,
        visiting: Callable[[Employee | None], Awaitable[Visit]],
        template: str,
        ready: str = "verified",
    ) -> None:
        self.gateway = gateway
        self.template = template
        self.ready = ready
        self._visiting = visiting

    async def until(self, stage: str, *, who: Employee | None = None, template: str | None = None) -> Visit:
        """Give a fresh visit that goes right as far as a stage, which the employee has before them.

        Args:
            stage: ``credentials``, ``delete-first``, ``preview``, ``verify`` or ``verified``; :attr:`ready` for
                the last before the gateway adds the credential.

        Raises:
            Blocked: it does not come that far.

        """
        visit = await self._visiting(who)
        page = await visit.sign_in()
        if page.shows == "verify" and stage != "verify":
            # Some portals ask who somebody is before they show anything.
            await visit.verify()
            page = await visit.credentials()
        if page.shows == "credentials" and stage != "credentials":
            page = await visit.choose(template or self.template)
        for _ in range(5):
            if page.shows == stage:
                return visit
            match page.shows:
                case "delete-first":
                    page = await visit.keep_on()
                case "preview":
                    page = await visit.confirm()
                case "verify":
                    page = await visit.verify()
                case "verified":
                    page = await visit.download()
                case _:
                    break
        if page.shows == stage:
            return visit
        raise Blocked(f"a right download does not come to {stage}, but to {page.gist}")

    async def verified(
        self,
        *misbehaviours: str,
        wallet: str = "share",
        identity: Identity | None = None,
        on_request: ChangeUrl | None = None,
    ) -> Attempt:
        """Have an identity verified, with something wrong, and see whether the portal goes on all the same.

        Args:
            misbehaviours: what the gateway does wrong meanwhile.
            wallet: what the wallet does with the QR code.
            identity: what the wallet shares in place of the employee's own.
            on_request: changes what the browser requests.

        Raises:
            Blocked: the visit does not come to where an identity is verified.

        """
        visit = await self.until("verify")
        asked, issued = len(self.gateway.log), set(self.gateway.issued)
        visit.identity = identity
        visit.on_request = on_request
        try:
            self.gateway.misbehave(*misbehaviours)
            page = await visit.verify(wallet)
        finally:
            self.gateway.misbehave()
            visit.on_request = None
            visit.identity = None
        requests = tuple(self.gateway.log[asked:])
        went_on = page.shows in ("verified", "downloaded") or await self.goes_on(visit)
        return await self._made(visit, page, requests, issued, went_on=went_on)

    async def downloaded(
        self, *misbehaviours: str, wallet: str = "add", on_request: ChangeUrl | None = None
    ) -> Attempt:
        """Download a credential after a right verification, with something wrong.

        Args:
            misbehaviours: what the gateway does wrong meanwhile.
            wallet: what the wallet does with the QR code.
            on_request: changes what the browser requests.

        Raises:
            Blocked: the visit does not come to where the credential can be downloaded.

        """
        visit = await self.until(self.ready)
        asked, issued = len(self.gateway.log), set(self.gateway.issued)
        visit.on_request = on_request
        try:
            self.gateway.misbehave(*misbehaviours)
            page = await visit.download(wallet)
        finally:
            self.gateway.misbehave()
            visit.on_request = None
        requests = tuple(self.gateway.log[asked:])
        return await self._made(visit, page, requests, issued, went_on=page.shows == "downloaded")

    async def goes_on(self, visit: Visit) -> bool:
        """Say whether the portal lets the employee download without another verification.

        Raises:
            Blocked: there is a page that the employee cannot go on from.

        """
        page = await visit.credentials()
        if page.shows != "credentials":
            return False
        page = await visit.choose(self.template)
        for _ in _BEFORE_VERIFYING:
            if page.shows == "delete-first":
                page = await visit.keep_on()
            elif page.shows == "preview":
                page = await visit.confirm()
        if page.shows != "verified":
            return page.shows == "downloaded"
        pushed = len(self.gateway.log)
        await visit.download()
        return any(each.endpoint == "par" for each in self.gateway.log[pushed:])

    async def _made(
        self, visit: Visit, page: Page, requests: Sequence[GatewayRequest], issued: set[str], *, went_on: bool
    ) -> Attempt:
        listed = await visit.credentials()
        return Attempt(
            requests=requests,
            visit=visit,
            page=page,
            serials=tuple(serial for serial in self.gateway.issued if serial not in issued),
            went_on=went_on,
            list=listed,
        )
