"""The credential offer that the wallet retrieves from the issuance service."""

from __future__ import annotations

from urllib.parse import urlsplit

from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.wallet.offer import PRE_AUTHORIZED_CODE, ReceivedOffer
from suites.partisia._answers import json_object

check = area("Partisia: offer", per=Per.OFFER)

_MEMBERS = {"credential_issuer": str, "credential_configuration_ids": list, "grants": dict}


@check(
    "partisia-offer-answer",
    requires=["PAR-OFFER-01"],
    proven_by={
        "partisia-offer-response:media-type": "PARTISIA-OFFER-ANSWER",
        "partisia-offer-response:array": "PARTISIA-OFFER-ANSWER",
    },
)
async def the_offer_is_fetched_as_json(offer: ReceivedOffer, expect: Expect) -> None:
    """A GET to the URI of the offer brings a JSON object."""
    if offer.reply is None:
        raise Blocked("the application handed out the offer itself, and no URI of it")
    json_object(expect, offer.reply, "PARTISIA-OFFER-ANSWER", "the offer")


@check(
    "partisia-offer-complete",
    requires=["PAR-OFFER-02", "PAR-OFFER-05", "PAR-OFFER-06"],
    proven_by={
        "partisia-offer:issuer-missing": "PARTISIA-OFFER-MEMBER",
        "partisia-offer:ids-missing": "PARTISIA-OFFER-MEMBER",
        "partisia-offer:grants-missing": "PARTISIA-OFFER-MEMBER",
        "partisia-offer:ids-empty": "PARTISIA-OFFER-IDS-ONCE",
        "partisia-offer:ids-twice": "PARTISIA-OFFER-IDS-ONCE",
    },
)
async def the_offer_has_issuer_configurations_and_grants(offer: ReceivedOffer, expect: Expect) -> None:
    """The offer names the issuer and the configurations, each once, and has grants."""
    found = _read(offer)
    for name, kind in _MEMBERS.items():
        expect.that(
            isinstance(found.get(name), kind),
            "PARTISIA-OFFER-MEMBER",
            name,
            found.get(name, "it is missing"),
            at=offer.exchange,
            pointer=f"/{name}",
        )
    ids = found.get("credential_configuration_ids")
    if not isinstance(ids, list):
        return
    expect.that(
        all(isinstance(each, str) and each for each in ids),
        "PARTISIA-OFFER-IDS",
        "ids of configurations",
        ids,
        at=offer.exchange,
        pointer="/credential_configuration_ids",
        requirement="PAR-OFFER-05",
    )
    expect.that(
        0 < len(ids) == len(set(map(str, ids))),
        "PARTISIA-OFFER-IDS-ONCE",
        "a configuration at least, and none twice",
        ids,
        at=offer.exchange,
        pointer="/credential_configuration_ids",
        requirement="PAR-OFFER-06",
    )


@check(
    "partisia-offer-issuer",
    requires=["PAR-OFFER-03", "PAR-OFFER-04"],
    proven_by={
        "partisia-offer:issuer-query": "PARTISIA-OFFER-ISSUER",
        "partisia-offer:issuer-plain-http": "PARTISIA-OFFER-ISSUER-SCHEME",
    },
)
async def the_issuer_can_be_a_base(offer: ReceivedOffer, expect: Expect) -> None:
    """The issuer of the offer is an https URL without query and fragment."""
    named = _read(offer).get("credential_issuer")
    if not isinstance(named, str):
        raise Blocked("the offer names no issuer")
    expect.that(
        bool(urlsplit(named).netloc) and "?" not in named and "#" not in named,
        "PARTISIA-OFFER-ISSUER",
        "a URL without query and fragment",
        named,
        at=offer.exchange,
        pointer="/credential_issuer",
    )
    expect.that(
        urlsplit(named).scheme == "https",
        "PARTISIA-OFFER-ISSUER-SCHEME",
        "an https URL",
        named,
        at=offer.exchange,
        pointer="/credential_issuer",
        requirement="PAR-OFFER-04",
    )


@check(
    "partisia-offer-grant",
    requires=["PAR-OFFER-07", "PAR-OFFER-08"],
    proven_by={
        "partisia-offer:code-empty": "PARTISIA-OFFER-CODE",
        "partisia-offer:tx-code-text": "PARTISIA-OFFER-TX-CODE",
    },
)
async def the_grant_has_a_code(offer: ReceivedOffer, expect: Expect) -> None:
    """The grants of the offer have that of a pre-authorized code, with a code in it."""
    if "grants" not in _read(offer):
        raise Blocked("the offer has no grants")
    expect.that(
        offer.code is not None,
        "PARTISIA-OFFER-CODE",
        "a pre-authorized code",
        f"grants {list(offer.grants)}",
        at=offer.exchange,
        pointer=f"/grants/{PRE_AUTHORIZED_CODE}/pre-authorized_code",
    )
    asked = offer.pre_authorized.get("tx_code", {})
    expect.that(
        isinstance(asked, dict),
        "PARTISIA-OFFER-TX-CODE",
        "no tx_code, or an object",
        asked,
        at=offer.exchange,
        pointer=f"/grants/{PRE_AUTHORIZED_CODE}/tx_code",
        requirement="PAR-OFFER-08",
    )


def _read(offer: ReceivedOffer) -> dict[str, object]:
    if not offer.object:
        raise Blocked("the offer is no JSON object with anything in it")
    return offer.object
