"""How long credentials last and when they are refreshed: docs.wallet.service.gov.uk, In-app refresh; Metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import cbor, date_time
from harness.govuk.minting import handed_out
from suites.oid4vci._problems import at

check = area("GOV.UK Wallet: credential expiry", per=Per.SCENARIO)

_DAY_S = 24 * 3600
_AGES = (18, 21, 25)
"""The birthdays that the page names."""
_AGE_OVER = re.compile(r"age_over_([0-9]{2})")
_MDOC = "mso_mdoc"


def _dates(credential: IssuedCredential) -> Mapping[str, Any]:
    """Give what a credential says of its dates, as it stands there."""
    if credential.format != _MDOC:
        return credential.jwt_vc.payload
    found = credential.mdoc.mso.get("validityInfo")
    return found if isinstance(found, dict) else {}


def _moment(credential: IssuedCredential, name: str) -> float | None:
    """Give a date in seconds since 1970; ``None`` without one that can be read."""
    if credential.format == _MDOC:
        return credential.mdoc.validity_info.get(name)
    return date_time.seconds(credential.jwt_vc.payload.get(name))


def _place(credential: IssuedCredential, name: str) -> dict[str, Any]:
    where = f"mso/validityInfo/{name}" if credential.format == _MDOC else f"/{name}"
    return {"at": credential.exchange, "pointer": at(credential).inside(where)}


def _end(credential: IssuedCredential) -> float:
    """Give the end of a credential: of what it says and of its signature the earlier.

    Raises:
        Blocked: none can be read.

    """
    end = credential.document.expires
    if end is None or _moment(credential, "validUntil") is None:
        raise Blocked("the credential has no end that can be read")
    return end


def _update(credential: IssuedCredential) -> float:
    """Give the expectedUpdate.

    Raises:
        Blocked: none can be read.

    """
    update = _moment(credential, "expectedUpdate")
    if update is None:
        raise Blocked("the credential has no expectedUpdate that can be read")
    return update


def _written(moment: float) -> str:
    return date_time.written(moment) or str(moment)


@check(
    "govuk-validity-period",
    requires=["GOVUK-METADATA-19", "GOVUK-EXPIRY-01"],
    proven_by={
        "govuk-making:too-long": "GOVUK-VALIDITY-LONG",
        "govuk-metadata:days-few": "GOVUK-VALIDITY-LONG",
        "govuk-vc:end-missing": "GOVUK-VALIDITY-END",
    },
)
async def the_credential_ends_in_time(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """A credential says when it ends, within credential_validity_period_max_days from its issuance."""
    if not expect.that(
        "validUntil" in _dates(credential),
        "GOVUK-VALIDITY-END",
        "a validUntil",
        "none",
        **_place(credential, "validUntil"),
        requirement="GOVUK-EXPIRY-01",
    ):
        return
    days = shared.configuration.get("credential_validity_period_max_days")
    if isinstance(days, bool) or not isinstance(days, (int, float)) or days <= 0:
        raise Blocked("the metadata has no credential_validity_period_max_days that can be compared")
    # A day more: the last one may count until its end.
    expect.that(
        _end(credential) <= credential.received + (days + 1) * _DAY_S,
        "GOVUK-VALIDITY-LONG",
        f"an end within {days} days",
        _written(_end(credential)),
        **_place(credential, "validUntil"),
    )


@check(
    "govuk-expected-update",
    requires=["GOVUK-INAPP-01"],
    proven_by={
        "govuk-vc:update-missing": "GOVUK-UPDATE-MISSING",
        "govuk-mdoc:update-missing": "GOVUK-UPDATE-MISSING",
        "govuk-mdoc:update-untagged": "GOVUK-UPDATE-MISSING",
    },
)
async def a_refreshable_credential_says_when(
    credential: IssuedCredential, refreshed: Flow, expect: Expect
) -> None:
    """A credential that can be refreshed in the app has expectedUpdate, an mdoc in its Mobile Security Object."""
    if not handed_out(await refreshed.issuance()):
        raise Blocked("the issuer refreshes no credential in the app")
    # Of a JWT the form is judged with its other dates.
    told = _dates(credential).get("expectedUpdate")
    found = _moment(credential, "expectedUpdate") if credential.format == _MDOC else told
    expect.that(
        found is not None,
        "GOVUK-UPDATE-MISSING",
        "an expectedUpdate",
        "none" if told is None else "none that can be read",
        **_place(credential, "expectedUpdate"),
    )


@check(
    "govuk-jwt-expected-update",
    requires=["GOVUK-JWTVC-14"],
    proven_by={"govuk-vc:update-missing": "GOVUK-JWT-UPDATE-MISSING"},
    applies=when.govuk_jwt,
)
async def a_jwt_says_when_to_refresh(credential: IssuedCredential, expect: Expect) -> None:
    """A JWT credential has expectedUpdate, whether it can be refreshed in the app or not."""
    expect.that(
        "expectedUpdate" in _dates(credential),
        "GOVUK-JWT-UPDATE-MISSING",
        "an expectedUpdate",
        "none",
        **_place(credential, "expectedUpdate"),
    )


@check(
    "govuk-expected-update-in-time",
    requires=["GOVUK-INAPP-02", "GOVUK-JWTVC-16"],
    proven_by={
        "govuk-making:update-after-end": "GOVUK-UPDATE-LATE",
        "govuk-making:update-at-end": "GOVUK-UPDATE-LATE",
        "govuk-making:update-passed": "GOVUK-UPDATE-PASSED",
        "govuk-making:ended": "GOVUK-UPDATE-PASSED",
        "govuk-vc:exp-earlier": "GOVUK-UPDATE-LATE",
    },
)
async def the_update_leaves_time(credential: IssuedCredential, expect: Expect) -> None:
    """The expectedUpdate lies ahead, and leaves a day or more before the credential ends."""
    update, end = _update(credential), _end(credential)
    # A credential of a day or two has no days to leave.
    latest = end - max(0, min(_DAY_S, (end - credential.received) / 2))
    for requirement in ("GOVUK-INAPP-02", *(("GOVUK-JWTVC-16",) if credential.format != _MDOC else ())):
        for holds, code, wanted in (
            (update > credential.received, "GOVUK-UPDATE-PASSED", "a time that lies ahead"),
            (update <= latest, "GOVUK-UPDATE-LATE", f"a time some days before {_written(end)}"),
        ):
            expect.that(
                holds,
                code,
                wanted,
                _written(update),
                **_place(credential, "expectedUpdate"),
                requirement=requirement,
            )


# Ages


def _elements(credential: IssuedCredential) -> Iterator[tuple[str, date, dict[int, bool]]]:
    """Give each name space that attests ages, with the date of birth in it and the attestations.

    Raises:
        Blocked: there is none.

    """
    found = False
    for namespace, elements in credential.mdoc.elements.items():
        born = _day(elements.get("birth_date"))
        attested = {
            int(name[1]): value
            for element, value in elements.items()
            if (name := _AGE_OVER.fullmatch(element)) and isinstance(value, bool)
        }
        if born is not None and attested:
            found = True
            yield namespace, born, attested
    if not found:
        raise Blocked("no name space of the mdoc has birth_date and an age_over_NN")


def _day(value: Any) -> date | None:
    text = value.value if isinstance(value, cbor.Tag) else value
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _birthday(born: date, age: int) -> float:
    """Give the beginning of a birthday in UTC; who was born on 29 February has it on 1 March in other years."""
    try:
        day = born.replace(year=born.year + age)
    except ValueError:
        day = date(born.year + age, 3, 1)
    return datetime.combine(day, time(), UTC).timestamp()


@check(
    "govuk-age-up-to-date",
    requires=["GOVUK-EXPIRY-03"],
    proven_by={"govuk-mdoc:age-untrue": "GOVUK-AGE-OTHER"},
    applies=when.govuk_mdoc,
)
async def ages_are_those_of_the_day(credential: IssuedCredential, expect: Expect) -> None:
    """Each age_over_NN is what the date of birth makes it on the day of the issuance."""
    for namespace, born, attested in _elements(credential):
        for age, value in attested.items():
            reached = _birthday(born, age)
            # On the day itself it may be one or the other, as days do not begin everywhere at once.
            on_the_day = abs(credential.received - reached) < _DAY_S
            expect.that(
                on_the_day or value == (reached <= credential.received),
                "GOVUK-AGE-OTHER",
                f"age_over_{age:02} as birth_date has it",
                value,
                at=credential.exchange,
                pointer=at(credential).inside(f"nameSpaces/{namespace}/age_over_{age:02}"),
            )


@check(
    "govuk-age-birthday",
    requires=["GOVUK-EXPIRY-02"],
    proven_by={"govuk-making:update-after-birthday": "GOVUK-UPDATE-BIRTHDAY"},
    applies=when.govuk_mdoc,
)
async def the_update_heeds_birthdays(credential: IssuedCredential, expect: Expect) -> None:
    """Where the 18th, 21st or 25th birthday changes an age_over_NN before the mdoc ends, it is expectedUpdate."""
    update, end, now = _update(credential), _end(credential), credential.received
    coming = [
        birthday
        for _, born, attested in _elements(credential)
        for age in _AGES
        if age in attested and now < (birthday := _birthday(born, age)) < end
    ]
    # Until the next birthday nothing changes; without one any time will do.
    expect.that(
        not coming or abs(update - min(coming)) <= _DAY_S,
        "GOVUK-UPDATE-BIRTHDAY",
        f"the birthday on {_written(min(coming))[:10]}" if coming else "no birthday to heed",
        _written(update),
        **_place(credential, "expectedUpdate"),
    )
