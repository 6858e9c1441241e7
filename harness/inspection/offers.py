"""Credential Offers: links by value and by reference, and bare JSON."""

from __future__ import annotations

import json
from typing import Any

from harness.evidence import Blocked
from harness.facts import Facts
from harness.inspection.inspection import Complaint, Inspection, Row, Section, Unreadable
from harness.inspection.judging import SCENARIO, Withheld, issuer, judge
from harness.inspection.recognise import Recognised
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import concealed, rows
from harness.transport import TransportFailure
from harness.wallet import offer


async def inspect(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a Credential Offer."""
    document = found.value
    text = document if isinstance(document, str) else json.dumps(document.value, ensure_ascii=False)
    try:
        link = offer.parse_link(text)
    except offer.OfferError as error:
        raise Unreadable(str(error)) from None
    received: Any
    complaints: tuple[Complaint, ...] = ()
    try:
        received = await offer.receive(around.client, link)
    except (Blocked, TransportFailure) as error:
        received = Withheld(str(error))
    except offer.OfferError as error:
        received = Withheld("the offer cannot be read")
        complaints = (Complaint("offer-unreadable", str(error), clause="OpenID4VCI 1.0, 4.1"),)
    evidence = {"link": link, "offer": received}
    decided = await judge(around.checks, around.requirements, evidence, Facts(issuer(), SCENARIO))
    return Inspection(
        "offer",
        "Credential Offer",
        (*_link(link), *_content(received)),
        None if isinstance(received, Withheld) else concealed(received.document.value),
        None,
        (*decided.complaints, *complaints),
        decided.undecided,
    )


def _link(link: offer.OfferLink) -> tuple[Section, ...]:
    if not link.parameters:
        return ()
    where = ("by reference", link.by_reference) if link.by_value is None else ("by value", "")
    scheme = link.text.partition(":")[0]
    return (Section("Link", (Row("scheme", scheme), Row(where[0], where[1] or "the offer stands in the link"))),)


def _content(received: Any) -> tuple[Section, ...]:
    if isinstance(received, Withheld):
        return (Section("Offer", (Row("not at hand", received.reason),)),)
    value = concealed(received.document.value)
    return (Section("Offer", rows(value if isinstance(value, (dict, list)) else [value])),)
