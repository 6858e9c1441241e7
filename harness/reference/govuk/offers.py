"""Making offers for GOV.UK Wallet."""

from __future__ import annotations

from dataclasses import dataclass

from harness.reference.faults import Defects
from harness.reference.govuk import documents
from harness.reference.govuk.context import GovukContext
from harness.reference.govuk.records import Account, Issued, Offered, Records


@dataclass
class Reissue:
    """The decision on a refresh by the web journey."""

    account: Account
    """Who gets the offer."""
    configuration: str
    previous: Issued | None
    """What this user was given last; ``None`` where that was nothing."""
    latest: Issued | None
    """What anybody was given last."""
    allowed: bool
    offered: Offered | None = None
    """An offer to show again; ``None`` to make a new one."""
    spent: bool = False
    """Whether the offer counts as redeemed from the beginning."""


@dataclass
class Revocation:
    """A credential that is to be revoked."""

    issued: Issued
    revoked: list[Issued]
    """Those that are revoked."""


class Offers:
    """Makes offers and decides about them."""

    def __init__(self, context: GovukContext, defects: Defects, records: Records) -> None:
        self._context = context
        self._defects = defects
        self._records = records

    def make(self, account: Account, configuration: str) -> Offered:
        """Offer a credential to a user."""
        now = self._context.clock()
        offered = Offered(
            self._context.uuid(), configuration, account, now, now + self._context.variant.code_lifetime
        )
        self._defects.emit("govuk-offered", offered)
        code = documents.code(self._context, offered)
        self._defects.emit("govuk-code", code)
        document = documents.offer(self._context, configuration, code.text())
        self._defects.emit("govuk-offer", document)
        link = documents.deep_link(self._context, document)
        self._defects.emit("govuk-offer-link", link)
        offered.link = link.text()
        went_out = code.claims.get("credential_identifiers")
        if isinstance(went_out, list) and went_out and isinstance(went_out[0], str):
            offered.identifier = went_out[0]
        self._records.keep_offer(offered)
        return offered

    def reissue(self, account: Account, configuration: str) -> Offered | None:
        """Offer a credential anew to one who has had it; ``None`` where that cannot be."""
        previous = self._records.latest_issued(account, configuration)
        allowed = previous is not None and configuration not in account.withdrawn
        latest = self._records.latest_of(configuration)
        decision = Reissue(account, configuration, previous, latest, allowed)
        self._defects.emit("govuk-reissue", decision)
        if not decision.allowed:
            return None
        offered = decision.offered or self.make(decision.account, decision.configuration)
        offered.redeemed |= decision.spent
        return offered
