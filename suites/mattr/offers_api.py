"""The offers API: how the issuer's back end has offers made."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.mattr.back_end import BackEnd, Minting

check = partial(area("MATTR VII: offers API", per=Per.GRANT), applies=when.mattr_back_end)

_REFERENCE = "credential_offer_uri="
_TOO_LONG = {"minutes": 11}
_DEFAULT_S, _LEEWAY_S = 300, 30
_LATEST_S = 100_000_000_000
"""A number that is greater counts milliseconds."""


@check(
    "mattr-offer-made",
    requires=["MTR-OFFER-07", "MTR-OFFER-01", "MTR-OFFER-02", "MTR-OFFER-05", "MTR-OFFER-08"],
    proven_by={
        "mattr-metadata:configurations-missing": "MATTR-OFFER-REFUSED",
        "mattr-offer-answer:expiry-missing": "MATTR-OFFER-EXPIRY",
        "mattr-offer-answer:expiry-number": "MATTR-OFFER-EXPIRY",
        "mattr-offer-answer:id-missing": "MATTR-OFFER-ID",
        "mattr-offer-answer:uri-missing": "MATTR-OFFER-URI",
        "mattr-offer-link:empty": "MATTR-OFFER-UNREADABLE",
        "mattr-offer-link:no-json": "MATTR-OFFER-UNREADABLE",
        "mattr-offer-response:refused": "MATTR-OFFER-REFUSED",
        "mattr-offer:code-missing": "MATTR-OFFER-CODE",
        "mattr-offer:grant-missing": "MATTR-OFFER-CODE",
    },
)
async def the_api_makes_an_offer(facts: Facts, back_end: BackEnd, expect: Expect) -> None:
    """A right request for an offer is answered with its URI, its id and when it expires, and it has a code."""
    made = await back_end.mint([_configuration(facts)])
    reply = made.reply
    if not expect.that(
        reply.successful, "MATTR-OFFER-REFUSED", "an offer", reply.gist, at=reply, requirement="MTR-OFFER-01"
    ):
        return
    expect.that(made.uri is not None, "MATTR-OFFER-URI", "a uri", made.answer.get("uri"), at=reply, pointer="/uri")
    if made.uri is not None:
        expect.that(
            bool(made.offer()) or _REFERENCE in made.uri,
            "MATTR-OFFER-UNREADABLE",
            "a uri with an offer in it",
            "none that can be read",
            at=reply,
            pointer="/uri",
        )
    if made.offer():
        expect.that(
            made.code is not None,
            "MATTR-OFFER-CODE",
            "a Pre-Authorized Code in the offer",
            "none",
            at=reply,
            pointer="/uri",
            requirement="MTR-OFFER-05",
        )
    expect.that(
        made.id is not None,
        "MATTR-OFFER-ID",
        "the id of the offer",
        made.answer.get("id"),
        at=reply,
        pointer="/id",
        requirement="MTR-OFFER-08",
    )
    expires = made.answer.get("expiresAt")
    expect.that(
        _is_time(expires),
        "MATTR-OFFER-EXPIRY",
        "expiresAt, a time in ISO 8601",
        expires,
        at=reply,
        pointer="/expiresAt",
        requirement="MTR-OFFER-08",
    )


@check(
    "mattr-offer-code-unique",
    requires=["MTR-OFFER-06"],
    proven_by={
        "mattr-minting:same-code": "MATTR-CODE-SHARED",
    },
)
async def each_offer_has_a_code_of_its_own(facts: Facts, back_end: BackEnd, expect: Expect) -> None:
    """Two offers for the same configuration have different Pre-Authorized Codes."""
    one, other = [await back_end.mint([_configuration(facts)]) for _ in range(2)]
    if one.code is None or other.code is None:
        raise Blocked("an offer has no Pre-Authorized Code")
    expect.that(
        one.code != other.code, "MATTR-CODE-SHARED", "another code", "the code of the offer before", at=other.reply
    )


@check(
    "mattr-offer-transaction-code",
    requires=["MTR-OFFER-04", "MTR-OFFER-09"],
    proven_by={
        "mattr-offer-answer:transaction-code-missing": "MATTR-TX-CODE-TOLD",
        "mattr-offer:grant-missing": "MATTR-TX-CODE-ASKED",
        "mattr-offer:tx-code-missing": "MATTR-TX-CODE-ASKED",
        "mattr-offer:tx-code-uninvited": "MATTR-TX-CODE-ASKED",
    },
)
async def the_offer_asks_for_the_code_that_was_wished_for(facts: Facts, back_end: BackEnd, expect: Expect) -> None:
    """The offer has tx_code, and the answer the transaction code, exactly where the issuer asks for one."""
    for wished in (True, False):
        made = await back_end.mint([_configuration(facts)], tx_code=wished)
        if not made.offer():
            raise Blocked(f"the offers API gave no offer: {made.reply.gist}")
        expect.that(
            _asks(made) is wished,
            "MATTR-TX-CODE-ASKED",
            "tx_code in the grant of the offer" if wished else "no tx_code in the grant of the offer",
            "there" if _asks(made) else "not there",
            at=made.reply,
            pointer="/uri",
        )
        expect.that(
            (made.tx_code is not None) is wished,
            "MATTR-TX-CODE-TOLD",
            "transactionCode in the answer" if wished else "no transactionCode in the answer",
            "not there" if made.tx_code is None else "there",
            at=made.reply,
            pointer="/transactionCode",
            requirement="MTR-OFFER-09",
        )


@check(
    "mattr-offer-mobile-only",
    requires=["MTR-OFFER-10"],
    proven_by={
        "accepts:mattr-offers.mobile-only": "MATTR-OTHER-FORMAT-OFFERED",
    },
    applies=when.mattr_other_configuration,
)
async def offers_are_for_mobile_documents(back_end: BackEnd, expect: Expect) -> None:
    """A request for an offer of a credential that is no mobile document is refused."""
    made = await back_end.mint([back_end.other_configuration or ""])
    expect.that(
        made.reply.status >= 400,
        "MATTR-OTHER-FORMAT-OFFERED",
        "a refusal of a configuration that is no mobile document",
        made.reply.gist,
        at=made.reply,
    )


@check(
    "mattr-offer-lifetime-bounded",
    requires=["MTR-OFFER-11"],
    proven_by={
        "accepts:mattr-offers.lifetime": "MATTR-OFFER-TOO-LONG",
    },
)
async def offers_do_not_live_longer_than_ten_minutes(facts: Facts, back_end: BackEnd, expect: Expect) -> None:
    """A request for an offer that is to last for more than ten minutes is refused."""
    made = await back_end.mint([_configuration(facts)], lifetime=_TOO_LONG)
    expect.that(
        made.reply.status >= 400,
        "MATTR-OFFER-TOO-LONG",
        "a refusal of expiresIn of 11 minutes",
        made.reply.gist,
        at=made.reply,
    )


@check(
    "mattr-offer-default-lifetime",
    requires=["MTR-OFFER-13"],
    proven_by={
        "mattr-minting:long-lived": "MATTR-OFFER-LIFETIME",
        "mattr-minting:no-lifetime": "MATTR-OFFER-LIFETIME",
    },
)
async def an_offer_expires_after_five_minutes(facts: Facts, back_end: BackEnd, expect: Expect) -> None:
    """An offer without a wish for its lifetime expires five minutes after it was made, by expiresAt."""
    made = await back_end.mint([_configuration(facts)])
    expires = made.answer.get("expiresAt")
    ends = _moment(expires)
    if ends is None:
        raise Blocked("the answer of the offers API does not tell when the offer expires")
    lasts = (ends - _made_at(made)).total_seconds()
    expect.that(
        abs(lasts - _DEFAULT_S) <= _LEEWAY_S,
        "MATTR-OFFER-LIFETIME",
        "an expiry in five minutes",
        f"in {lasts:.0f} seconds",
        at=made.reply,
        pointer="/expiresAt",
    )


@check(
    "mattr-offers-authorized",
    requires=["MTR-OFFER-17"],
    proven_by={
        "accepts:mattr-management.authorized": "MATTR-OFFER-FOR-ANYONE",
    },
)
async def offers_are_for_administrators(facts: Facts, back_end: BackEnd, expect: Expect) -> None:
    """A request for an offer without an access token of an administrator is refused."""
    made = await back_end.mint([_configuration(facts)], administrator=False)
    expect.that(
        made.reply.status >= 400 and made.uri is None,
        "MATTR-OFFER-FOR-ANYONE",
        "a refusal without an access token",
        made.reply.gist,
        at=made.reply,
    )


def _configuration(facts: Facts) -> str:
    scenario = facts.scenario
    if scenario is None:
        raise Blocked("no Credential Configuration to test is known")
    return scenario.configuration


def _asks(made: Minting) -> bool:
    grants = made.offer().get("grants")
    return isinstance(grants, dict) and any(
        isinstance(grant, dict) and "tx_code" in grant for grant in grants.values()
    )


def _made_at(made: Minting) -> datetime:
    """Say when an offer was made: by the clock of the tenant, or by that of the run where it has no Date."""
    try:
        return parsedate_to_datetime(made.reply.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return datetime.fromtimestamp(made.received, UTC)


def _moment(value: object) -> datetime | None:
    """Read a time as the documents have it, or as a number of seconds or milliseconds."""
    try:
        if _is_time(value):
            return datetime.fromisoformat(str(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > _LATEST_S else value, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return None


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
