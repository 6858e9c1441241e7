"""Credentials that are issued once more, and how they came: OpenID4VCI 1.0 sections 14.3 and 14.5.

There are three ways: another Access Token that a refresh token brings, the same Access Token once more, and a new
offer for the same Credential Configuration and user. Each asks for a credential for a new key; the credentials
that were there before are kept beside the new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.access import said
from harness.evidence import Blocked, IssuedCredential
from harness.flow import Flow
from harness.lifecycle.comparison import Comparison, compare
from harness.lifecycle.operations import Operations
from harness.lifecycle.status import CredentialStatus
from harness.transport import TransportFailure
from harness.wallet import notification, token
from harness.wallet.credential import carries_credential


class Way(StrEnum):
    """How a credential was asked for once more."""

    REFRESH_TOKEN = "refresh token"
    SAME_TOKEN = "same Access Token"
    NEW_OFFER = "new offer"


@dataclass(frozen=True)
class Renewal:
    """Credentials and those that were issued after them.

    Attributes:
        way: how the new ones were asked for.
        old: the credentials that were there before.
        new: those that came then.
        flow: what brought the new ones, and can go on.
        refresh_token: what is good for the next renewal; ``None`` without one.
        was: what was published about the first old one before the new ones were asked for; ``None`` when nobody
            looked.

    """

    way: Way
    old: tuple[IssuedCredential, ...]
    new: tuple[IssuedCredential, ...]
    flow: Flow
    refresh_token: str | None = None
    was: CredentialStatus | None = None

    @property
    def pairs(self) -> Iterator[tuple[IssuedCredential, IssuedCredential]]:
        """Each old credential with each new one."""
        return ((old, new) for new in self.new for old in self.old)

    def comparison(self) -> Comparison:
        """Compare the first new credential with the first old one.

        Raises:
            Blocked: one of them cannot be read.

        """
        return compare(self.old[0].document, self.new[0].document)

    @property
    def exchanges(self) -> list[int]:
        """Numbers of the exchanges that brought the credentials."""
        return sorted({issued.exchange for issued in (*self.old, *self.new)})


async def by_refresh_token(flow: Flow, refresh_token: str | None = None, *, keys: int = 1) -> Renewal:
    """Renew the credentials of a flow with its refresh token.

    Args:
        flow: what brought the old ones.
        refresh_token: one that took the place of the flow's own.
        keys: for how many keys credentials are asked for.

    Raises:
        Blocked: there is no refresh token, or it brings no credential.

    """
    old = await flow.credentials()
    value = refresh_token or token.refresh_token(await flow.token())
    if value is None:
        raise Blocked("no refresh token was issued")
    public = flow.agent.client_id if flow.agent.oauth.method == "none" else None
    answer = await flow.request_token(token.refresh_form(value, client_id=public))
    if token.access_token(answer) is None:
        raise Blocked(f"the refresh request brought no Access Token: {said(answer)}")
    further = flow.refreshed(answer, keys=keys)
    new = await further.credentials()
    # Where none takes its place, a refresh token is good for further uses (RFC 6749 section 6).
    return Renewal(Way.REFRESH_TOKEN, old, new, further, token.refresh_token(answer) or value)


async def by_same_token(flow: Flow, *, keys: int = 1) -> Renewal | None:
    """Ask with the same Access Token once more.

    Returns:
        ``None`` when the issuer refuses, as it may (section 14.3).

    Raises:
        Blocked: the flow brought no credential, or the issuer begins an issuance that it does not finish.

    """
    old = await flow.credentials()
    further = flow.repeated(keys=keys)
    reply = await further.issuance()
    # The token may also come to its end before a deferred credential is collected.
    if not (reply.successful and carries_credential(reply) and (await further.collected()).successful):
        return None
    return Renewal(
        Way.SAME_TOKEN, old, await further.credentials(), further, token.refresh_token(await flow.token())
    )


async def by_new_offer(flow: Flow, *, keys: int = 1) -> Renewal:
    """Begin anew with another offer for the same configuration, or another authorization of the same user.

    Raises:
        Blocked: one of the two flows brings no credential.

    """
    old = await flow.credentials()
    further = flow.again(keys=keys)
    new = await further.credentials()
    return Renewal(Way.NEW_OFFER, old, new, further, token.refresh_token(await further.token()))


async def after_change(flow: Flow, refresh_token: str | None, operations: Operations) -> Renewal:
    """Have the claims of the user changed, and get a credential after that in whichever way the issuer grants.

    Args:
        flow: what brought the credentials that are there.
        refresh_token: what is good for the next renewal; ``None`` without one.

    Raises:
        Blocked: the claims cannot be changed, or no credential is to be had then.

    """
    (old, *_), configuration = await flow.credentials(), flow.scenario.configuration
    known = notification.notification_id(await flow.collected())
    await operations.do("change_claims", old, configuration, notification_id=known)
    if refresh_token is not None:
        try:
            return await by_refresh_token(flow, refresh_token)
        except (Blocked, TransportFailure):
            pass
    return await by_same_token(flow) or await by_new_offer(flow)
