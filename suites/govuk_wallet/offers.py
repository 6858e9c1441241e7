"""The Credential Offer: docs.wallet.service.gov.uk, Credential offer; draft 14 section 4.1."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import strict_json, text
from harness.govuk.code import PreAuthorizedCode
from harness.govuk.journeys import WebJourney
from harness.govuk.surroundings import Surroundings
from harness.wallet.metadata import Issuer
from harness.wallet.offer import PRE_AUTHORIZED_CODE, OfferLink, ReceivedOffer
from suites.oid4vci._parts import Judge, Part

check = area("GOV.UK Wallet: offer", per=Per.SCENARIO)

_IDS, _CODE = "credential_configuration_ids", "pre-authorized_code"
_MEMBERS = ("credential_issuer", _IDS, "grants")
_LEAST_BITS = 122
"""What is random in a UUID of version 4 (RFC 9562 section 5.4), which the page has as its example."""
_LEAST_DIFFERENCE_BITS = 40
"""How much of one value at least differs from the next; of UUIDs of version 1 some digits of a time do."""
_LEAST_PERSONAL = 6
"""Characters of something personal; what is shorter may stand in a random value by chance."""


@check(
    "govuk-offer-by-value",
    requires=["GOVUK-OFFER-01", "GOVUK-OFFER-02", "VCI14-4.1-01"],
    proven_by={
        "govuk-offer-link:by-reference": ["GOVUK-OFFER-PARAMETER", "GOVUK-OFFER-BY-REFERENCE"],
        "govuk-offer-link:both-ways": "GOVUK-OFFER-BY-REFERENCE",
    },
    applies=when.offer_as_link,
)
async def the_link_has_the_whole_offer(link: OfferLink, expect: Expect) -> None:
    """The link has the offer itself in the parameter credential_offer, and nowhere else."""
    names = [name for name, _ in link.parameters]
    expect.that(
        names.count("credential_offer") == 1,
        "GOVUK-OFFER-PARAMETER",
        "one parameter credential_offer",
        names,
    )
    expect.that(
        "credential_offer_uri" not in names,
        "GOVUK-OFFER-BY-REFERENCE",
        "no parameter credential_offer_uri",
        names,
        requirement="GOVUK-OFFER-02",
    )


@check(
    "govuk-offer-encoding",
    requires=["GOVUK-OFFER-11"],
    proven_by={
        "govuk-offer-link:base64url": "GOVUK-OFFER-NOT-JSON",
        "govuk-offer-link:no-json": "GOVUK-OFFER-NOT-JSON",
        "govuk-offer-link:plain": "GOVUK-OFFER-NOT-ENCODED",
    },
    applies=when.offer_as_link,
)
async def the_offer_in_the_link_is_percent_encoded_json(link: OfferLink, expect: Expect) -> None:
    """The parameter credential_offer is JSON, and nothing in it stands that has to be percent-encoded."""
    if link.by_value is None:
        raise Blocked("the link has no parameter credential_offer with a value")
    problem = ""
    try:
        strict_json.parse(link.by_value)
    except strict_json.JsonError as error:
        problem = error.detail
    expect.that(not problem, "GOVUK-OFFER-NOT-JSON", "an offer that is JSON once it is percent-decoded", problem)
    # A plus for a space, as forms are encoded, is a character of URIs too.
    expect.that(
        text.is_uri(link.text),
        "GOVUK-OFFER-NOT-ENCODED",
        "a link with the characters of a URI only (RFC 3986 section 2)",
        "one with others",
    )


@check(
    "govuk-offer-endpoint",
    requires=["GOVUK-OFFER-14"],
    proven_by={
        "govuk-offer-link:other-host": "GOVUK-OFFER-ENDPOINT",
        "govuk-offer-link:other-environment": "GOVUK-OFFER-ENDPOINT",
        "govuk-offer-link:other-path": "GOVUK-OFFER-ENDPOINT",
        "govuk-offer-link:plain-http": "GOVUK-OFFER-ENDPOINT",
        "govuk-offer-link:custom-scheme": "GOVUK-OFFER-ENDPOINT",
    },
    applies=when.live_environment & when.offer_as_link,
)
async def the_link_leads_to_the_wallet(link: OfferLink, surroundings: Surroundings, expect: Expect) -> None:
    """The link leads to the credential offer endpoint of GOV.UK Wallet in the environment that is configured."""
    environment = surroundings.environment
    expect.that(
        _place(link.text) in [_place(endpoint) for endpoint in environment.offer_endpoints],
        "GOVUK-OFFER-ENDPOINT",
        f"{' or '.join(environment.offer_endpoints)}, of the environment {environment.name}",
        link.text.partition("?")[0],
    )


def _place(url: str) -> tuple[str, str, str] | None:
    """Give what of a URL says where it leads, in the form in which such are compared; ``None`` for no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.scheme, parts.netloc.lower().removesuffix(":443"), parts.path


@check(
    "govuk-offer-object",
    requires=[
        "GOVUK-OFFER-04",
        "GOVUK-OFFER-06",
        "GOVUK-OFFER-08",
        "VCI14-4.1.1-01",
        "VCI14-4.1.1-02",
    ],
    proven_by={
        "govuk-offer:issuer-missing": "GOVUK-OFFER-MEMBER-MISSING",
        "govuk-offer:issuer-host": "GOVUK-OFFER-ISSUER-URL",
        "govuk-offer:configurations-missing": "GOVUK-OFFER-MEMBER-MISSING",
        "govuk-offer:configurations-empty": "GOVUK-OFFER-CONFIGURATIONS",
        "govuk-offer:configurations-string": "GOVUK-OFFER-CONFIGURATIONS",
        "govuk-offer:configuration-twice": "GOVUK-OFFER-CONFIGURATION-REPEATED",
        "govuk-offer:configuration-unknown": "GOVUK-OFFER-CONFIGURATION-UNKNOWN",
        "govuk-offer:grants-missing": "GOVUK-OFFER-MEMBER-MISSING",
        "govuk-offer:grants-array": "GOVUK-OFFER-GRANTS",
        "govuk-offer:code-missing": "GOVUK-OFFER-CODE",
    },
)
async def the_offer_has_its_members(offer: ReceivedOffer, issuer: Issuer, expect: Expect) -> None:
    """The offer is an object that names its issuer and credentials of it, and has a pre-authorised code."""
    judge, document = Judge(expect, offer.exchange), Part(offer.document.value, "")
    if not judge.that(isinstance(document.value, dict), "GOVUK-OFFER-OBJECT", "a JSON object", document):
        return
    present = {name for name in _MEMBERS if judge.has(document, name, "GOVUK-OFFER-MEMBER-MISSING")}
    if "credential_issuer" in present:
        url = document["credential_issuer"]
        judge.that(_is_web_url(url.value), "GOVUK-OFFER-ISSUER-URL", "a URL", url, "VCI14-4.1.1-01")
    if _IDS in present:
        _expect_configurations(judge, document[_IDS], issuer)
    if "grants" in present:
        grants = document["grants"]
        judge.that(isinstance(grants.value, dict), "GOVUK-OFFER-GRANTS", "a JSON object", grants)
        if PRE_AUTHORIZED_CODE in grants:
            code = grants[PRE_AUTHORIZED_CODE].get(_CODE)
            usable = isinstance(code.value, str) and bool(code.value)
            judge.that(usable, "GOVUK-OFFER-CODE", f"{_CODE}, a string", code, "GOVUK-OFFER-08")


def _is_web_url(value: Any) -> bool:
    return text.is_https_url(value) or text.is_http_url(value)


def _expect_configurations(judge: Judge, ids: Part, issuer: Issuer) -> None:
    if not judge.array(ids, "GOVUK-OFFER-CONFIGURATIONS", "GOVUK-OFFER-04", of=str, called="strings"):
        return
    judge.that(
        len(ids.value) == len(set(ids.value)),
        "GOVUK-OFFER-CONFIGURATION-REPEATED",
        "each credential once",
        ids,
        "VCI14-4.1.1-02",
    )
    supported = issuer.metadata.get("credential_configurations_supported")
    if isinstance(supported, dict):
        for name in ids.parts():
            judge.that(
                name.value in supported,
                "GOVUK-OFFER-CONFIGURATION-UNKNOWN",
                f"one of {', '.join(supported) or 'no names'}",
                name,
                "GOVUK-OFFER-06",
            )


@check(
    "govuk-offer-grant",
    requires=["GOVUK-OFFER-07"],
    proven_by={
        "govuk-offer:code-grant": "GOVUK-OFFER-GRANT-FURTHER",
        "govuk-offer:grants-empty": "GOVUK-OFFER-GRANT-MISSING",
    },
)
async def the_offer_has_one_grant(offer: ReceivedOffer, expect: Expect) -> None:
    """The grant of the offer is that for a pre-authorised code, and there is no other."""
    if not isinstance(offer.object.get("grants"), dict):
        raise Blocked("the offer has no grants, or they are no JSON object")
    expect.that(
        isinstance(offer.grants.get(PRE_AUTHORIZED_CODE), dict),
        "GOVUK-OFFER-GRANT-MISSING",
        f"the grant {PRE_AUTHORIZED_CODE}, a JSON object",
        offer.grants.get(PRE_AUTHORIZED_CODE),
        at=offer.exchange,
        pointer="/grants",
    )
    further = [name for name in offer.grants if name != PRE_AUTHORIZED_CODE]
    expect.that(
        not further, "GOVUK-OFFER-GRANT-FURTHER", "no other grant", further, at=offer.exchange, pointer="/grants"
    )


@check(
    "govuk-offer-issuer",
    requires=["GOVUK-OFFER-05"],
    proven_by={
        "govuk-offer:issuer-other": "GOVUK-OFFER-ISSUER",
        "govuk-offer:issuer-slash": "GOVUK-OFFER-ISSUER",
    },
)
async def the_offer_names_its_issuer(offer: ReceivedOffer, issuer: Issuer, expect: Expect) -> None:
    """The credential_issuer of the offer is the URL of the issuer as in its metadata, character by character."""
    named = offer.object.get("credential_issuer")
    if not _is_web_url(named):
        raise Blocked("the offer has no credential_issuer, or it is no URL")
    expect.that(
        named == issuer.identifier,
        "GOVUK-OFFER-ISSUER",
        issuer.identifier,
        named,
        at=offer.exchange,
        pointer="/credential_issuer",
    )


@check(
    "govuk-offer-official",
    requires=["GOVUK-OFFER-09", "GOVUK-OFFER-10"],
    proven_by={
        "govuk-offer:two-configurations": "GOVUK-OFFER-COUNT",
        "govuk-offer:further-member": "GOVUK-OFFER-MEMBER-FURTHER",
        "govuk-offer:tx-code": "GOVUK-OFFER-MEMBER-FURTHER",
        "govuk-offer:authorization-server": "GOVUK-OFFER-MEMBER-FURTHER",
    },
)
async def the_offer_passes_the_official_harness(offer: ReceivedOffer, expect: Expect) -> None:
    """The offer names one credential and has no members but those of the page."""
    distinct = list(dict.fromkeys(offer.configuration_ids))
    expect.that(
        len(distinct) <= 1, "GOVUK-OFFER-COUNT", "one credential", distinct, at=offer.exchange, pointer=f"/{_IDS}"
    )
    for members, listed, pointer in (
        (offer.object, _MEMBERS, ""),
        (offer.pre_authorized, (_CODE,), strict_json.pointer("grants", PRE_AUTHORIZED_CODE)),
    ):
        further = [name for name in members if name not in listed]
        expect.that(
            not further,
            "GOVUK-OFFER-MEMBER-FURTHER",
            f"no members but {', '.join(listed)}",
            further,
            at=offer.exchange,
            pointer=pointer,
            requirement="GOVUK-OFFER-10",
        )


@check(
    "govuk-offer-page",
    requires=["GOVUK-OFFER-12", "GOVUK-OFFER-13"],
    proven_by={
        "govuk-offer-page:no-code": "GOVUK-OFFER-PAGE-CODE",
        "govuk-offer-page:no-link": "GOVUK-OFFER-PAGE-LINK",
        "govuk-offer-page:other-code": "GOVUK-OFFER-PAGE-CODE-OTHER",
    },
    applies=when.refresh_journey & when.one_login_under_test,
)
async def the_page_has_the_offer_twice(web_journey: WebJourney, expect: Expect) -> None:
    """The page at the end of the journey has the link with the offer both as a link and as a QR code."""
    journey = web_journey.journey
    if journey.offer is None:
        raise Blocked("the journey ended without an offer")
    if not journey.pages:
        raise Blocked("a program went on the journey, so that no page was seen")
    found = journey.offers
    expect.that(
        bool(found.links),
        "GOVUK-OFFER-PAGE-LINK",
        "a link with the offer on the page",
        f"links with an offer: {len(found.links)}",
        at=journey.last,
        requirement="GOVUK-OFFER-13",
    )
    if not found.codes and found.unread:
        raise Blocked(f"a picture on the page may be a QR code and could not be read: {found.unread[0]}")
    expect.that(
        bool(found.codes),
        "GOVUK-OFFER-PAGE-CODE",
        "a QR code with the offer on the page",
        f"QR codes with an offer: {len(found.codes)}",
        at=journey.last,
    )
    expect.that(
        found.agree is not False,
        "GOVUK-OFFER-PAGE-CODE-OTHER",
        "the same in the QR code as in the link",
        "something else",
        at=journey.last,
    )


@check(
    "govuk-offer-identifiers",
    requires=["GOVUK-CODE-10", "GOVUK-CODE-11", "GOVUK-CODE-12"],
    proven_by={
        "govuk-code:identifier-of-document": "GOVUK-OFFER-IDENTIFIER-REPEATED",
        "govuk-code:identifier-counted": "GOVUK-OFFER-IDENTIFIER-GUESSABLE",
        "govuk-code:identifier-of-moment": "GOVUK-OFFER-IDENTIFIER-COUNTED",
        "govuk-offered:identifier-of-user": "GOVUK-OFFER-IDENTIFIER-PERSONAL",
    },
    per=Per.SHAPE,
)
async def each_offer_has_its_own_identifier(
    code: PreAuthorizedCode, another_flow: Callable[[], Flow], surroundings: Surroundings, expect: Expect
) -> None:
    """Two offers to one person have two identifiers, hard to guess and telling nothing of the person."""
    one = _identifier(code)
    another = _identifier(PreAuthorizedCode.of(await another_flow().offer()))
    pointer = "/credential_identifiers/0"
    if not expect.that(
        one != another, "GOVUK-OFFER-IDENTIFIER-REPEATED", "another identifier", "the same", pointer=pointer
    ):
        return
    bits = text.capacity_bits(one)
    if expect.that(
        bits >= _LEAST_BITS,
        "GOVUK-OFFER-IDENTIFIER-GUESSABLE",
        f"room for {_LEAST_BITS} random bits, as a UUID of version 4 has",
        f"{len(one)} characters, which hold {bits:.0f} bits at most",
        pointer=pointer,
        requirement="GOVUK-CODE-11",
    ):
        differing = "".join(b for a, b in zip_longest(one, another, fillvalue="") if a != b)
        expect.that(
            text.capacity_bits(differing) >= _LEAST_DIFFERENCE_BITS,
            "GOVUK-OFFER-IDENTIFIER-COUNTED",
            "identifiers that do not follow from each other",
            f"two in a row, which differ in {len(differing)} of {len(another)} characters",
            pointer=pointer,
            requirement="GOVUK-CODE-11",
        )
    told = [what for what, value in _personal(surroundings).items() if value.casefold() in one.casefold()]
    expect.that(
        not told,
        "GOVUK-OFFER-IDENTIFIER-PERSONAL",
        "an identifier that says nothing of the user",
        f"the user's {', '.join(told)}",
        pointer=pointer,
        requirement="GOVUK-CODE-12",
    )


def _identifier(code: PreAuthorizedCode) -> str:
    found = code.single("credential_identifiers")
    if found is None:
        raise Blocked("the code has no array of one string in credential_identifiers")
    return found


def _personal(surroundings: Surroundings) -> dict[str, str]:
    """Give what the harness knows of who uses the wallet, by what it is called."""
    user, subject = surroundings.user, surroundings.subject
    known = {
        "wallet_subject_id": subject.rpartition(":")[2] or subject,
        "e-mail address": user.email,
        "family name": user.family_name,
        "date of birth": user.birth_date,
    }
    return {what: value for what, value in known.items() if len(value) >= _LEAST_PERSONAL}
