"""A whole download of a credential by an employee, as many checks look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.evidence import Blocked
from harness.staff_passport.pages import Page

if TYPE_CHECKING:
    from harness.staff_passport.gateway.request_log import GatewayRequest
    from harness.staff_passport.visits import Visit

VERIFYING, ISSUING = "verifying", "issuing"
"""The modes of the gateway."""
_MOST_STAGES = 8


@dataclass(frozen=True)
class Asked:
    """What the gateway was asked, in the order of the answers.

    Attributes:
        requests: all of it.

    """

    requests: Sequence[GatewayRequest]

    def at(self, endpoint: str, mode: str | None = None) -> tuple[GatewayRequest, ...]:
        """Give the requests at an endpoint, and where a mode is named, those that the gateway knew to be of it."""
        return tuple(each for each in self.requests if each.endpoint == endpoint and mode in (None, each.mode))

    def possibly(self, endpoint: str, mode: str) -> tuple[GatewayRequest, ...]:
        """Give the requests at an endpoint that may be of a mode, for all that the gateway could tell."""
        return tuple(each for each in self.requests if each.endpoint == endpoint and each.mode in (None, mode))

    def one(self, endpoint: str, mode: str | None = None) -> GatewayRequest:
        """Give the first of them.

        Raises:
            Blocked: there is none.

        """
        found = self.at(endpoint, mode)
        if not found:
            raise Blocked(f"the portal made no request of {endpoint}{f' in {mode} mode' if mode else ''}")
        return found[0]

    @property
    def authorization(self) -> Mapping[str, str]:
        """The parameters of the request that verifies the identity, in the URL or pushed (RFC 9126).

        Raises:
            Blocked: there is none.

        """
        found = self.possibly("authorize", VERIFYING)
        if not found:
            raise Blocked("the portal made no request of authorize in verifying mode")
        sent = found[0].parameters
        for pushed in self.possibly("par", VERIFYING):
            answer = pushed.answer
            if isinstance(answer, Mapping) and answer.get("request_uri") == sent.get("request_uri"):
                return {**pushed.parameters, **sent}
        return sent


@dataclass(frozen=True)
class Download(Asked):
    """One download.

    Attributes:
        visit: of the employee; its session lasts.
        template: of the credential.
        before, after: the list of credentials before and after.
        prompt: the prompt to delete the old credential; ``None`` when there was none. The next ones likewise.
        preview: what is about to be downloaded.
        verify_page: from which the identity is verified.
        verified: that it was.
        downloaded: the last page.
        serials: the serial numbers that the gateway told the portal.
        urls: every URL that the browser was led to meanwhile.
        ready: what the page showed from which the browser was sent to the gateway to add the credential;
            ``None`` where it never came to that.
        stopped: why it went no further, where no credential was issued; ``None`` when one was.

    """

    visit: Visit
    template: str
    before: Page
    after: Page
    prompt: Page | None
    preview: Page | None
    verify_page: Page | None
    verified: Page | None
    downloaded: Page
    serials: Sequence[str]
    urls: Sequence[str]
    ready: str | None
    stopped: str | None

    @property
    def serial(self) -> str:
        """The serial number of the credential.

        Raises:
            Blocked: none was issued.

        """
        if not self.serials:
            raise Blocked(self.stopped or "the gateway told no serial number")
        return self.serials[-1]

    @property
    def pushed(self) -> GatewayRequest:
        """The pushed authorization request.

        Raises:
            Blocked: there is none.

        """
        return self.one("par")

    @property
    def hint(self) -> Mapping[str, Any]:
        """The claims of its ``id_token_hint``.

        Raises:
            Blocked: there is none that can be read.

        """
        found = self.pushed.hint
        claims = getattr(found, "claims", found)
        if not isinstance(claims, Mapping):
            raise Blocked("the pushed authorization request has no id_token_hint that can be read")
        return claims

    @property
    def complete(self) -> Download:
        """The download itself, when a credential was issued.

        Raises:
            Blocked: none was.

        """
        if self.stopped is not None:
            raise Blocked(f"a right download does not come to its end: {self.stopped}")
        return self

    def seen(self, stage: str) -> Page:
        """Give the page of a stage.

        Raises:
            Blocked: the portal showed none.

        """
        found = {
            "credentials": self.before,
            "delete-first": self.prompt,
            "preview": self.preview,
            "verify": self.verify_page,
            "verified": self.verified,
        }[stage]
        if found is None:
            raise Blocked(f"the portal showed no page for {stage}")
        return found


async def download(visit: Visit, template: str) -> Download:
    """Download a credential as somebody does who means it: each page answered, the wallet shares and adds.

    Args:
        visit: of an employee who has signed in, or not yet.

    Raises:
        Blocked: the employee cannot sign in, or a page cannot be gone on from.

    """
    asked, walked = len(visit.gateway.log), len(visit.urls)
    issued = set(visit.gateway.issued)
    shown: dict[str, Page] = {}
    before = await visit.sign_in()
    if before.shows == "verify":
        shown["verify"] = before
        shown["verified"] = await visit.verify()
        before = await visit.credentials()
    if before.shows != "credentials":
        raise Blocked(f"signing in did not lead to the credentials: {before.gist}")
    page = await visit.choose(template)
    ready = trouble = None
    for _ in range(_MOST_STAGES):
        if page.shows not in ("delete-first", "preview", "verify", "verified") or page.shows in shown:
            break
        shown[page.shows] = page
        led = len(visit.gateway.log)
        try:
            page = await _on(visit, page.shows)
        except Blocked as error:
            trouble = str(error)
            break
        if any(each.endpoint == "authorize" and each.mode == ISSUING for each in visit.gateway.log[led:]):
            ready = list(shown)[-1]
    last = page
    after = await visit.credentials()
    requests = tuple(visit.gateway.log[asked:])
    # A serial number counts once the portal was told it.
    told = tuple(
        serial
        for each in requests
        if each.endpoint == "token" and each.mode == ISSUING and each.status == 200
        for serial in _serials(each.answer)
    )
    new = tuple(serial for serial in visit.gateway.issued if serial not in issued)
    serials = told or new
    stopped = None if serials else trouble or f"it ended at {last.gist}{_refused(requests) or _unused(requests)}"
    return Download(
        requests=requests,
        visit=visit,
        template=template,
        before=before,
        after=after,
        prompt=shown.get("delete-first"),
        preview=shown.get("preview"),
        verify_page=shown.get("verify"),
        verified=shown.get("verified"),
        downloaded=last,
        serials=serials,
        urls=tuple(visit.urls[walked:]),
        ready=ready,
        stopped=stopped,
    )


async def _on(visit: Visit, stage: str) -> Page:
    match stage:
        case "delete-first":
            return await visit.keep_on()
        case "preview":
            return await visit.confirm()
        case "verify":
            return await visit.verify()
        case _:
            return await visit.download()


def _serials(answer: Any) -> Sequence[str]:
    from harness.wallet import token

    value = answer.get("id_token") if isinstance(answer, Mapping) else None
    serial = token.claims(value).get("SerialNumber") if isinstance(value, str) else None
    return (serial,) if isinstance(serial, str) else ()


def _refused(requests: Sequence[GatewayRequest]) -> str:
    """Say what the gateway refused last."""
    refused = [each for each in requests if each.status >= 400]
    return f"; the gateway answered {refused[-1].endpoint} with status {refused[-1].status}" if refused else ""


def _unused(requests: Sequence[GatewayRequest]) -> str:
    """Say what to look at where the portal got an ID Token and went no further."""
    if not any(each.endpoint == "token" for each in requests) or any(each.endpoint == "par" for each in requests):
        return ""
    return (
        "; the gateway had given it an ID Token: does the portal know the employee as [staff_passport.employee]"
        " says, and the kid of keys as [staff_passport.ways] kid_with_algorithm does?"
    )
