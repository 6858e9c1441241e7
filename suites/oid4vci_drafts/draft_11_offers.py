"""Credential Offers of draft 11: section 4.1.1, the PIN of section 6.1, and what appendix E has of each format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats.strict_json import pointer
from harness.wallet.metadata import Issuer
from harness.wallet.offer import PRE_AUTHORIZED_CODE, ReceivedOffer
from harness.wallet.token import access_token
from suites.oid4vci._token_requests import without
from suites.oid4vci_drafts._draft_11 import DEFINED

check = area("Credential Offer", per=Per.OFFER)

_REQUIRED = pointer("grants", PRE_AUTHORIZED_CODE, "user_pin_required")
_LONGEST_PIN = 8


def _credentials(offer: ReceivedOffer) -> list[Any]:
    found = offer.object.get("credentials")
    return found if isinstance(found, list) else []


@check(
    "draft-11-offer-credentials",
    requires=["VCI11-4.1.1-01", "VCI11-4.1.1-02", "VCI11-4.1.1-03"],
    proven_by={
        "draft-offer:11-credentials-missing": "DRAFT-11-OFFER-CREDENTIALS",
        "draft-offer:11-credentials-string": "DRAFT-11-OFFER-CREDENTIALS",
        "draft-offer:11-credentials-number": "DRAFT-11-OFFER-CREDENTIALS",
        "draft-offer:11-id-unknown": "DRAFT-11-OFFER-ID",
        "draft-offer:11-format-missing": "DRAFT-11-OFFER-FORMAT",
    },
    applies=when.offer_object,
)
async def credentials_are_offered(issuer: Issuer, offer: ReceivedOffer, expect: Expect) -> None:
    """The offer names each Credential by an id of the metadata, or describes it by an object with a format."""
    value = offer.object.get("credentials")
    expect.that(
        isinstance(value, list) and all(isinstance(item, (str, dict)) for item in value),
        "DRAFT-11-OFFER-CREDENTIALS",
        "credentials, an array of strings and JSON objects",
        value,
        at=offer.exchange,
        pointer="/credentials",
    )
    supported = issuer.metadata.get("credentials_supported")
    listed = isinstance(supported, list)
    ids = [item.get("id") for item in supported or () if isinstance(item, dict)] if listed else []
    for index, item in enumerate(_credentials(offer)):
        if isinstance(item, str):
            # That the metadata list nothing is for another check to say.
            expect.that(
                item in ids or not listed,
                "DRAFT-11-OFFER-ID",
                "the id of an object of credentials_supported",
                item,
                at=offer.exchange,
                pointer=f"/credentials/{index}",
                requirement="VCI11-4.1.1-02",
            )
        elif isinstance(item, dict):
            expect.that(
                isinstance(item.get("format"), str),
                "DRAFT-11-OFFER-FORMAT",
                "format, a string",
                item.get("format"),
                at=offer.exchange,
                pointer=f"/credentials/{index}",
                requirement="VCI11-4.1.1-03",
            )


_DESCRIBED = {
    "jwt_vc_json": "VCI11-E.1.1.3-01",
    "jwt_vc_json-ld": "VCI11-E.1.2.3-01",
    "ldp_vc": "VCI11-E.1.3.3-01",
    "mso_mdoc": "VCI11-E.2.3-01",
}
"""Format to the requirement on an object of the offer."""


@check(
    "draft-11-offer-described",
    requires=list(_DESCRIBED.values()),
    proven_by={
        "draft-offer:11-types-missing": "DRAFT-11-OFFER-TYPE",
        "draft-offer:11-types-number": "DRAFT-11-OFFER-TYPE",
    },
    applies=when.offered_descriptions(*_DESCRIBED),
)
async def offered_objects_name_the_type(offer: ReceivedOffer, expect: Expect) -> None:
    """An object of the offer has what its format asks for: types, a definition with its context, or a doctype."""
    for index, item in enumerate(_credentials(offer)):
        requirement = _DESCRIBED.get(str(item.get("format"))) if isinstance(item, dict) else None
        if requirement is not None:
            expect.that(
                _names_a_type(item),
                "DRAFT-11-OFFER-TYPE",
                _WANTED[item["format"]],
                item,
                at=offer.exchange,
                pointer=f"/credentials/{index}",
                requirement=requirement,
            )


_WANTED = {
    "jwt_vc_json": "types, an array of strings",
    **dict.fromkeys(DEFINED, "credential_definition with the arrays @context and types"),
    "mso_mdoc": "doctype, a string",
}


def _names_a_type(item: dict[str, Any]) -> bool:
    if item["format"] == "mso_mdoc":
        return isinstance(item.get("doctype"), str)
    definition = item.get("credential_definition") if item["format"] in DEFINED else item
    if not isinstance(definition, dict) or (item["format"] in DEFINED and not _list(definition.get("@context"))):
        return False
    types = definition.get("types")
    return _list(types) and all(isinstance(name, str) for name in types or ())


def _list(value: Any) -> bool:
    return isinstance(value, list)


# The PIN


@check(
    "draft-11-offer-pin-required",
    requires=["VCI11-4.1.1-04"],
    proven_by={"draft-offer:11-pin-string": "DRAFT-11-PIN-REQUIRED"},
    applies=when.pre_authorized_grant,
)
async def whether_there_is_a_pin_is_told(offer: ReceivedOffer, expect: Expect) -> None:
    """Whether the user needs a PIN is told by true or false, if at all."""
    value = offer.pre_authorized.get("user_pin_required", False)
    expect.that(
        isinstance(value, bool),
        "DRAFT-11-PIN-REQUIRED",
        "true or false",
        value,
        at=offer.exchange,
        pointer=_REQUIRED,
    )


@check(
    "draft-11-offer-pin-as-told",
    requires=["VCI11-4.1.1-05"],
    proven_by={
        "draft-offer:11-pin-untold": "DRAFT-11-PIN-UNTOLD",
        "draft-offer:11-pin-needless": "DRAFT-11-PIN-NEEDLESS",
    },
    applies=when.pre_authorized_flow & when.pre_authorized_code,
    per=Per.REDEMPTION,
)
async def a_pin_is_expected_as_told(another_flow: Callable[[], Flow], expect: Expect) -> None:
    """The Authorization Server expects a PIN exactly when the offer says so."""
    flow = another_flow()
    offer = await flow.offer()
    if offer.wants_tx_code:
        if offer.tx_code is None:
            # Without the PIN there is a Token Request all the same, but for it.
            flow = flow.with_offer(offer.link.text, "0")
        reply = await flow.request_token(without(await flow.token_fields(), "user_pin"))
        expect.that(
            not reply.successful,
            "DRAFT-11-PIN-NEEDLESS",
            "a Token Request without the PIN is refused, since the offer has user_pin_required",
            reply.gist,
            at=reply,
        )
        return
    reply = await flow.token()
    if access_token(reply) is None and reply.error != "invalid_request":
        raise Blocked(f"a right Token Request was refused for another reason: {reply.gist}")
    expect.that(
        access_token(reply) is not None,
        "DRAFT-11-PIN-UNTOLD",
        "a Token Request without a PIN is granted, since the offer does not have user_pin_required",
        reply.gist,
        at=reply,
    )


@check(
    "draft-11-pin-digits",
    requires=["VCI11-6.1-01"],
    proven_by={
        "draft-tx-code:11-nine-digits": "DRAFT-11-PIN-DIGITS",
        "draft-tx-code:11-letters": "DRAFT-11-PIN-DIGITS",
    },
    applies=when.tx_code_at_hand,
)
async def the_pin_is_a_short_number(offer: ReceivedOffer, expect: Expect) -> None:
    """The PIN that the user received has at most eight digits, and nothing else."""
    pin = offer.tx_code or ""
    # The PIN itself is a secret; findings show its form only.
    of = "digits" if pin.isascii() and pin.isdigit() else "characters that are not all digits"
    expect.that(
        of == "digits" and len(pin) <= _LONGEST_PIN,
        "DRAFT-11-PIN-DIGITS",
        f"a PIN of at most {_LONGEST_PIN} digits",
        f"a PIN of {len(pin)} {of}",
        at=offer.exchange,
    )
