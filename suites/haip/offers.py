"""Credential Offers: HAIP 1.0 section 4.2."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect, show
from harness.wallet.offer import ReceivedOffer

check = area("HAIP: Credential Offer")


def allows_code_flow(offer: ReceivedOffer) -> bool:
    """Whether an offer has the grant ``authorization_code``, or leaves the grant to the metadata."""
    return not offer.grants or "authorization_code" in offer.grants


@check(
    "haip-offer-grant",
    requires=["HAIP-4.2-01"],
    proven_by={"offer:code-grant-missing": "HAIP-OFFER-GRANT-MISSING"},
    applies=when.offers,
)
async def an_offer_allows_the_code_flow(offers: tuple[ReceivedOffer, ...], expect: Expect) -> None:
    """An offer of the run has the grant ``authorization_code``, or leaves the grant to the metadata."""
    found = [list(offer.grants) for offer in offers]
    expect.that(
        any(map(allows_code_flow, offers)),
        "HAIP-OFFER-GRANT-MISSING",
        "an offer with the grant authorization_code, or without grants",
        f"the grants {show(found)} of the offers",
        at=offers[0].exchange,
        pointer="/grants",
    )
