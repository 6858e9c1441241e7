"""Access Tokens that the token service would never give out, for an offer that nobody has redeemed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.access import Access
from harness.evidence import Blocked
from harness.govuk.code import PreAuthorizedCode
from harness.transport import Reply
from harness.wallet.credential import carries_credential
from harness.wallet.jwt import JwtDraft

if TYPE_CHECKING:
    from harness.flow import Flow
    from harness.govuk.surroundings import Surroundings

Attempt = Callable[["Minted"], Awaitable[Reply]]
"""Makes one wrong request for an offer and gives the answer."""


@dataclass
class Minted:
    """An offer of the issuer and the Access Tokens that can be made for it.

    Each check that asks for ``minted`` gets an offer of its own. ``draft()`` is the token that the token service
    would give out for it; a check changes it and asks with ``access(...)``.

    Attributes:
        flow: of the offer, which is not redeemed.
        surroundings: the services and who uses the wallet.
        begin: gives a fresh flow.

    """

    flow: Flow
    surroundings: Surroundings
    begin: Callable[[], Flow]
    _code: PreAuthorizedCode | None = field(default=None, repr=False)

    async def code(self) -> PreAuthorizedCode:
        """The offer's code.

        Raises:
            Blocked: there is none, or it is no JWT.

        """
        if self._code is None:
            self._code = PreAuthorizedCode.of(await self.flow.offer())
        return self._code

    async def draft(self, *, subject: str | None = None, refresh: bool = False) -> JwtDraft:
        """Draft a right Access Token; each has its own ``jti`` and ``c_nonce``.

        Args:
            subject: ``wallet_subject_id``; that of who uses the wallet by default.
            refresh: as for an in-app refresh, without ``credential_identifiers``.

        Raises:
            Blocked: the code has not the claims that the token takes over.

        """
        claims = (await self.code()).claims
        try:
            return self.surroundings.token_service.draft(
                claims, subject or self.surroundings.subject, refresh=refresh
            )
        except KeyError as error:
            raise Blocked(f"the code has no {error.args[0]}, which the Access Token takes over") from error

    async def access(
        self, access_token: JwtDraft | str | None = None, *, made_of: JwtDraft | None = None
    ) -> Access:
        """Give the right to make requests with an Access Token, a right one by default.

        What else a request has is right; with a token that cannot be read, a proof has the nonce of a right one.

        Args:
            access_token: the token.
            made_of: the right one that a wrong one was made of.

        """
        right = (made_of or await self.draft()).sign()
        self.flow.agent.http.recorder.redactor.learn(right)
        granted = Access(self.flow, right, None)
        if access_token is None:
            return granted
        value = access_token.sign() if isinstance(access_token, JwtDraft) else access_token
        return granted.with_token(value)

    async def request(
        self, access_token: JwtDraft | str | None = None, *, made_of: JwtDraft | None = None
    ) -> Reply:
        """Make a Credential Request with this Access Token that is right in everything else."""
        access = await self.access(access_token, made_of=made_of)
        return await access.request(await access.right_body())

    async def redeem(self) -> Reply:
        """Make a right Credential Request, which uses up the offer, as the control of those that were wrong."""
        return await self.request()

    def another(self) -> Minted:
        """Give the same with a fresh offer."""
        return Minted(self.begin(), self.surroundings, self.begin)

    async def replies(self, attempts: Mapping[str, Attempt]) -> dict[str, Reply]:
        """Make wrong requests for the same offer and give the answers, each with the same name.

        Nothing is said of what a refused request makes of an offer. So a right request for it is made in the end;
        where that is refused, those of which it casts doubt are made once more, each for an offer of its own.
        Whatever is refused is then refused for what is wrong with it.

        Raises:
            Blocked: no further offer can be had.

        """
        found: dict[str, Reply] = {}
        offer: Minted = self
        refused: list[str] = []
        for name, attempt in attempts.items():
            found[name] = await attempt(offer)
            refused.append(name)
            if handed_out(found[name]):
                # It is used up, and was good until then.
                offer, refused = offer.another(), []
        if len(refused) > 1 and not handed_out(await offer.redeem()):
            for name in refused[1:]:
                found[name] = await attempts[name](offer.another())
        return found


def handed_out(reply: Reply) -> bool:
    """Say whether an answer grants a Credential Request."""
    return reply.successful and carries_credential(reply)
