"""The offer as the wallet gets it: MATTR VII, sharing a credential offer."""

from __future__ import annotations

import json
from functools import partial
from urllib.parse import unquote_plus, urlsplit

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.mattr.back_end import BackEnd
from harness.wallet.metadata import Issuer
from harness.wallet.offer import OfferLink, ReceivedOffer

area_check = area("MATTR VII: offer", per=Per.OFFER)
check = partial(area_check, applies=when.mattr_back_end)

_SCHEME = "openid-credential-offer"


@area_check(
    "mattr-offer-link",
    requires=["MTR-SHARE-01", "MTR-SHARE-02"],
    proven_by={
        "mattr-offer-link:both-ways": "MATTR-LINK-BY-VALUE",
        "mattr-offer-link:by-reference": "MATTR-LINK-BY-VALUE",
        "mattr-offer-link:other-scheme": "MATTR-LINK-SCHEME",
    },
)
async def the_link_has_the_offer(link: OfferLink, expect: Expect) -> None:
    """The link has the scheme that wallets listen to, and the offer by value."""
    scheme = urlsplit(link.text).scheme if not link.text.startswith("{") else ""
    expect.that(scheme == _SCHEME, "MATTR-LINK-SCHEME", f"{_SCHEME}://", f"{scheme}://", pointer="the link")
    expect.that(
        link.by_value is not None and link.by_reference is None,
        "MATTR-LINK-BY-VALUE",
        "credential_offer and nothing else",
        ", ".join(name for name, _ in link.parameters),
        pointer="the link",
        requirement="MTR-SHARE-02",
    )


@area_check(
    "mattr-offer-complete",
    requires=["MTR-CONFIG-06", "MTR-CONFIG-05", "MTR-OVERVIEW-02"],
    proven_by={
        "mattr-offer:code-missing": "MATTR-OFFER-CODE",
        "mattr-offer:grant-missing": "MATTR-OFFER-CODE",
        "mattr-offer:ids-empty": "MATTR-OFFER-IDS",
        "mattr-offer:ids-twice": "MATTR-OFFER-IDS",
    },
)
async def the_offer_has_what_a_wallet_needs(offer: ReceivedOffer, expect: Expect) -> None:
    """The offer names the issuer and the configurations, each once, and has a Pre-Authorized Code."""
    named = offer.object.get("credential_issuer")
    expect.that(
        isinstance(named, str) and named != "",
        "MATTR-OFFER-ISSUER",
        "credential_issuer",
        named,
        at=offer.exchange,
        pointer="/credential_issuer",
    )
    ids = _ids(offer)
    named_ids = ids if isinstance(ids, list) else []
    right = bool(named_ids) and all(isinstance(each, str) and each for each in named_ids)
    expect.that(
        right and len(set(named_ids)) == len(named_ids),
        "MATTR-OFFER-IDS",
        "the identifiers of configurations, each once",
        ids,
        at=offer.exchange,
        requirement="MTR-CONFIG-05",
    )
    expect.that(
        offer.code is not None,
        "MATTR-OFFER-CODE",
        "a Pre-Authorized Code",
        f"grants {list(offer.grants)}",
        at=offer.exchange,
        pointer="/grants",
        requirement="MTR-OVERVIEW-02",
    )


@area_check(
    "mattr-offer-issuer",
    requires=["MTR-ACCEPT-01", "MTR-ACCEPT-06"],
    proven_by={
        "mattr-metadata:issuer-other": "MATTR-METADATA-ISSUER",
        "mattr-offer:issuer-other": "MATTR-OFFER-ISSUER",
        "mattr-offer:issuer-slash": "MATTR-OFFER-ISSUER",
    },
)
async def the_offer_leads_to_the_issuer(offer: ReceivedOffer, issuer: Issuer, expect: Expect) -> None:
    """The issuer of the offer is the one of the metadata, letter by letter."""
    named, told = offer.object.get("credential_issuer"), issuer.metadata.get("credential_issuer")
    expect.that(
        named == issuer.identifier,
        "MATTR-OFFER-ISSUER",
        issuer.identifier,
        named,
        at=offer.exchange,
        pointer="/credential_issuer",
    )
    expect.that(
        told == issuer.identifier,
        "MATTR-METADATA-ISSUER",
        issuer.identifier,
        told,
        at=issuer.reply,
        pointer="/credential_issuer",
        requirement="MTR-ACCEPT-06",
    )


@area_check(
    "mattr-offer-configurations-known",
    requires=["MTR-ACCEPT-08"],
    proven_by={
        "mattr-offer:ids-unknown": "MATTR-OFFER-UNKNOWN",
    },
)
async def what_is_offered_is_described(offer: ReceivedOffer, issuer: Issuer, expect: Expect) -> None:
    """Each configuration of the offer is one that the metadata describe."""
    ids = _ids(offer)
    names = [each for each in ids if isinstance(each, str)] if isinstance(ids, list) else []
    if not names:
        raise Blocked("the offer names no configuration")
    unknown = [name for name in names if name not in issuer.configurations]
    expect.that(
        not unknown,
        "MATTR-OFFER-UNKNOWN",
        f"some of {', '.join(issuer.configurations)}",
        ", ".join(unknown),
        at=offer.exchange,
        pointer="/credential_configuration_ids",
    )


@check(
    "mattr-transaction-code-apart",
    requires=["MTR-SHARE-03"],
    proven_by={
        "mattr-offer:tx-code-inside": "MATTR-TX-CODE-INSIDE",
    },
    per=Per.GRANT,
)
async def the_transaction_code_is_not_in_the_offer(facts: Facts, back_end: BackEnd, expect: Expect) -> None:
    """The link does not have the transaction code in it, in any member."""
    scenario = facts.scenario
    made = await back_end.mint([scenario.configuration if scenario else ""], tx_code=True)
    if made.uri is None or made.tx_code is None:
        raise Blocked(f"there is no offer with a transaction code: {made.reply.gist}")
    read = json.dumps(made.offer(), ensure_ascii=False).replace(json.dumps(made.code), "")
    rest = "" if made.offer() else unquote_plus(made.uri)
    expect.that(
        made.tx_code not in read + rest,
        "MATTR-TX-CODE-INSIDE",
        "an offer without the transaction code",
        "the transaction code stands in the offer",
        at=made.reply,
        pointer="/uri",
    )


def _ids(offer: ReceivedOffer) -> object:
    """Give the ids of configurations, which older offers have under another name."""
    return offer.object.get("credential_configuration_ids", offer.object.get("credentials"))
