"""Credential Offers: drafts 13 to 15, section 4.1.1."""

from __future__ import annotations

from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.wallet.offer import ReceivedOffer
from suites.oid4vci_drafts._members import is_number

check = area("Credential Offer", per=Per.OFFER)

_PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


def _members(offer: ReceivedOffer) -> dict[str, Any]:
    found = offer.document.value
    return found if isinstance(found, dict) else {}


@check(
    "draft-offer-configuration-ids",
    requires=["VCI15-4.1.1-01", "VCID14-4.1.1-01", "VCI13-4.1.1-01"],
    proven_by={"draft-offer:configuration-id-number": "DRAFT-OFFER-CONFIGURATION-IDS"},
)
async def ids_are_strings(offer: ReceivedOffer, expect: Expect) -> None:
    """``credential_configuration_ids`` of a Credential Offer is an array of strings."""
    value = _members(offer).get("credential_configuration_ids")
    expect.that(
        isinstance(value, list) and all(isinstance(item, str) for item in value),
        "DRAFT-OFFER-CONFIGURATION-IDS",
        "an array of strings",
        value,
        at=offer.exchange,
        pointer="/credential_configuration_ids",
    )


@check(
    "draft-offer-interval",
    requires=["VCI13-4.1.1-02"],
    proven_by={"draft-offer:interval-string": "DRAFT-OFFER-INTERVAL"},
    applies=when.pre_authorized_code,
)
async def the_interval_is_a_number(offer: ReceivedOffer, expect: Expect) -> None:
    """``interval`` of the pre-authorized code grant, when present, is a number of seconds."""
    grants = _members(offer).get("grants")
    grant = grants.get(_PRE_AUTHORIZED) if isinstance(grants, dict) else None
    members = grant if isinstance(grant, dict) else {}
    expect.that(
        is_number(members.get("interval", 0)),
        "DRAFT-OFFER-INTERVAL",
        "a number of seconds, when present",
        members.get("interval"),
        at=offer.exchange,
        pointer=f"/grants/{_PRE_AUTHORIZED}/interval",
    )
