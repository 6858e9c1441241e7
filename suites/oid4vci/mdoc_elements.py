"""The data elements of mobile documents: the driving licence of ISO/IEC 18013-5 clause 7.2, the person
identification data of the PID Rulebook, and the photo ID of ISO/IEC TS 23220-4.

The tables of elements are the data of ``harness.formats.mdoc_elements``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import driving_licence, mdoc_elements
from harness.formats.problems import Problem
from suites.oid4vci._problems import Rule, at, judge

PID, PHOTO_ID = "eu.europa.ec.eudi.pid.1", "org.iso.23220.photoid.1"

_of_licence = partial(
    area("Mobile Driving Licence", per=Per.SCENARIO), applies=when.mdoc & when.doctype(driving_licence.DOCTYPE)
)
_of_pid = partial(area("Person Identification Data", per=Per.SCENARIO), applies=when.mdoc & when.doctype(PID))
_of_photo_id = partial(area("Photo ID", per=Per.SCENARIO), applies=when.mdoc & when.doctype(PHOTO_ID))

_UNREADABLE = frozenset({"namespaces-missing", "namespaces-form", "item-form", "item-cbor"})


def _elements(credential: IssuedCredential) -> dict[str, dict[str, Any]]:
    """Give the data elements by namespace.

    Raises:
        Blocked: some of them cannot be read; another check says so.

    """
    document = credential.mdoc
    if any(problem.kind in _UNREADABLE for problem in document.problems):
        raise Blocked("the data elements cannot be read")
    return {namespace: dict(elements) for namespace, elements in document.elements.items()}


def _table_problems(credential: IssuedCredential, doctype: str) -> tuple[Problem, ...]:
    return mdoc_elements.problems(mdoc_elements.element_sets()[doctype], _elements(credential))


def _but(problems: Iterable[Problem], *names: str) -> list[Problem]:
    """Leave out the problems of some elements."""
    return [problem for problem in problems if not (problem.pointer or "").split("/")[-1].startswith(names)]


def _in_namespace(credential: IssuedCredential, namespace: str) -> list[Problem]:
    """Give the problems of reading the items of a namespace; others are the matter of whom they belong to."""
    items = f"nameSpaces/{namespace}/"
    return [problem for problem in credential.mdoc.problems if (problem.pointer or "").startswith(items)]


_TIMES = "element-date-fraction element-date-offset"

# The mobile driving licence

_AGES = "age_over_"
_PRIVILEGES = "driving_privileges"


def _licence_problems(credential: IssuedCredential) -> tuple[Problem, ...]:
    return (
        *_table_problems(credential, driving_licence.DOCTYPE),
        *driving_licence.problems(_elements(credential), credential.received),
    )


@_of_licence(
    "mdoc-licence-complete",
    requires=["ISO18013-7.2.1-01", "ISO18013-7.2.1-09"],
    proven_by={
        "mdoc:element-missing": "MDOC-LICENCE-ELEMENT-MISSING",
        "mdoc:element-unknown": "MDOC-LICENCE-ELEMENT-UNKNOWN",
    },
)
async def licence_is_complete(credential: IssuedCredential, expect: Expect) -> None:
    """A mobile driving licence has every mandatory element, and in its namespace none of the issuer's own."""
    mandatory, known = "every mandatory element", "elements of the table only"
    judge(
        expect,
        at(credential),
        _licence_problems(credential),
        Rule("element-missing", "MDOC-LICENCE-ELEMENT-MISSING", mandatory, "ISO18013-7.2.1-01"),
        Rule("element-unknown", "MDOC-LICENCE-ELEMENT-UNKNOWN", known, "ISO18013-7.2.1-09"),
    )


@_of_licence(
    "mdoc-licence-elements",
    requires=[f"ISO18013-7.2.1-{number}" for number in ("02", "03", "04", "05", "10")],
    proven_by={
        "mdoc:element-number": "MDOC-LICENCE-TYPE",
        "mdoc:element-bytes": "MDOC-LICENCE-TYPE",
        "mdoc:element-long": "MDOC-LICENCE-LENGTH",
        "mdoc:letters-greek": "MDOC-LICENCE-LETTERS",
        "mdoc:sex-unknown": "MDOC-LICENCE-VALUE",
        "mdoc:eye-colour-unknown": "MDOC-LICENCE-VALUE",
        "mdoc:country-lower-case": "MDOC-LICENCE-COUNTRY",
    },
)
async def elements_have_their_types(credential: IssuedCredential, expect: Expect) -> None:
    """The elements of a mobile driving licence have the types, lengths and values of the table."""
    judge(
        expect,
        at(credential),
        _but(_licence_problems(credential), _AGES, _PRIVILEGES),
        Rule("element-type", "MDOC-LICENCE-TYPE", "the type of the table", "ISO18013-7.2.1-02"),
        Rule("element-length", "MDOC-LICENCE-LENGTH", "the length of the table", "ISO18013-7.2.1-03"),
        Rule("element-letters", "MDOC-LICENCE-LETTERS", "letters of Latin-1", "ISO18013-7.2.1-10"),
        Rule("element-value", "MDOC-LICENCE-VALUE", "a value of the table", "ISO18013-7.2.1-04"),
        Rule(
            "element-form",
            "MDOC-LICENCE-COUNTRY",
            "the code of a country or part of it in capitals",
            "ISO18013-7.2.1-05",
        ),
    )


@_of_licence(
    "mdoc-licence-dates",
    requires=["ISO18013-7.2.1-06", "ISO18013-7.2.1-07"],
    proven_by={
        "mdoc:date-text": "MDOC-LICENCE-DATE",
        "mdoc:date-malformed": "MDOC-LICENCE-DATE",
        "mdoc:date-of-no-calendar": "MDOC-LICENCE-DATE",
        "mdoc:time-fraction": "MDOC-LICENCE-TIME",
        "mdoc:time-offset": "MDOC-LICENCE-TIME",
    },
)
async def dates_are_dates(credential: IssuedCredential, expect: Expect) -> None:
    """Dates of a mobile driving licence are full-dates with tag 1004, or date-times with tag 0 in UTC."""
    date = "a day of the form YYYY-MM-DD with tag 1004"
    time = "no fraction of a second, and Z at the end"
    judge(
        expect,
        at(credential),
        (*_licence_problems(credential), *credential.mdoc.problems),
        Rule("element-date full-date-content", "MDOC-LICENCE-DATE", date, "ISO18013-7.2.1-06"),
    )
    times = _in_namespace(credential, driving_licence.NAMESPACE)
    judge(expect, at(credential), times, Rule(_TIMES, "MDOC-LICENCE-TIME", time, "ISO18013-7.2.1-07"))


@_of_licence(
    "mdoc-licence-jurisdiction",
    requires=["ISO18013-7.2.1-08"],
    proven_by={
        "mdoc:jurisdiction-other": "MDOC-LICENCE-JURISDICTION",
    },
)
async def jurisdiction_is_in_the_country(credential: IssuedCredential, expect: Expect) -> None:
    """``issuing_jurisdiction`` of a mobile driving licence is in its ``issuing_country``."""
    rule = Rule("jurisdiction", "MDOC-LICENCE-JURISDICTION", "a part of issuing_country", "ISO18013-7.2.1-08")
    judge(expect, at(credential), _licence_problems(credential), rule)


@_of_licence(
    "mdoc-licence-portrait",
    requires=["ISO18013-7.2.2-01"],
    proven_by={"mdoc:portrait-png": "MDOC-LICENCE-PORTRAIT", "mdoc:portrait-text": "MDOC-LICENCE-PORTRAIT"},
)
async def portrait_is_an_image(credential: IssuedCredential, expect: Expect) -> None:
    """``portrait`` of a mobile driving licence is a JPEG or JPEG 2000 image."""
    rule = Rule("element-image", "MDOC-LICENCE-PORTRAIT", "JPEG or JPEG 2000", "ISO18013-7.2.2-01")
    judge(expect, at(credential), _licence_problems(credential), rule)


@_of_licence(
    "mdoc-licence-privileges",
    requires=["ISO18013-7.2.4-01", "ISO18013-7.2.4-02", "ISO18013-7.2.4-03"],
    proven_by={
        "mdoc:privileges-map": "MDOC-LICENCE-PRIVILEGE",
        "mdoc:privilege-category-missing": "MDOC-LICENCE-PRIVILEGE",
        "mdoc:privilege-date-text": "MDOC-LICENCE-PRIVILEGE-DATE",
        "mdoc:privilege-codes-empty": "MDOC-LICENCE-PRIVILEGE-CODES",
        "mdoc:privilege-code-number": "MDOC-LICENCE-PRIVILEGE-CODES",
    },
)
async def privileges_are_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """``driving_privileges`` is an array of maps with a vehicle category, and maybe dates and codes."""
    categories = "an array of maps with vehicle_category_code"
    codes = "maps with code, and texts as sign and value"
    judge(
        expect,
        at(credential),
        _licence_problems(credential),
        Rule("privilege-form", "MDOC-LICENCE-PRIVILEGE", categories, "ISO18013-7.2.4-01"),
        Rule("privilege-date", "MDOC-LICENCE-PRIVILEGE-DATE", "days with tag 1004", "ISO18013-7.2.4-02"),
        Rule("privilege-codes", "MDOC-LICENCE-PRIVILEGE-CODES", codes, "ISO18013-7.2.4-03"),
    )


@_of_licence(
    "mdoc-licence-ages",
    requires=["ISO18013-7.2.5-01", "ISO18013-7.2.5-02"],
    proven_by={
        "mdoc:age-name": "MDOC-LICENCE-AGE",
        "mdoc:element-text": "MDOC-LICENCE-AGE",
        "mdoc:age-contradiction": "MDOC-LICENCE-AGE-CONTRADICTION",
    },
)
async def ages_are_attested(credential: IssuedCredential, expect: Expect) -> None:
    """Age attestations are booleans called ``age_over_NN``, and contradict neither each other nor birth_date."""
    attestation = "a boolean called age_over_ and two digits"
    judge(
        expect,
        at(credential),
        _licence_problems(credential),
        Rule("age-name age-type", "MDOC-LICENCE-AGE", attestation, "ISO18013-7.2.5-01"),
        Rule(
            "age-contradiction", "MDOC-LICENCE-AGE-CONTRADICTION", "attestations that agree", "ISO18013-7.2.5-02"
        ),
    )


# Other document types

_VALUES = "element-type element-date element-image element-length element-value element-form"


@_of_pid(
    "mdoc-pid-complete",
    requires=["PIDRB-2.2-01"],
    proven_by={"mdoc:element-missing": "MDOC-PID-ELEMENT-MISSING"},
)
async def pid_is_complete(credential: IssuedCredential, expect: Expect) -> None:
    """Person identification data have every mandatory attribute."""
    rule = Rule("element-missing", "MDOC-PID-ELEMENT-MISSING", "every mandatory attribute", "PIDRB-2.2-01")
    judge(expect, at(credential), _table_problems(credential, PID), rule)


@_of_pid(
    "mdoc-pid-attributes",
    requires=["PIDRB-3.1.2-01", "PIDRB-3.1.3-01", "PIDRB-3.1.4-01"],
    proven_by={
        "mdoc:pid-date-malformed": "MDOC-PID-ATTRIBUTE",
        "mdoc:pid-time-offset": "MDOC-PID-TIME",
        "mdoc:pid-nationality-text": "MDOC-PID-NATIONALITY",
        "mdoc:pid-birth-place-empty": "MDOC-PID-BIRTH-PLACE",
    },
)
async def attributes_have_their_types(credential: IssuedCredential, expect: Expect) -> None:
    """The attributes of person identification data have the types and values of their table."""
    problems, attributes = _table_problems(credential, PID), _elements(credential).get(PID, {})
    of_their_own = ("nationality", "place_of_birth")
    judge(
        expect,
        at(credential),
        [*_but(problems, *of_their_own), *_in_namespace(credential, PID)],
        Rule(_VALUES, "MDOC-PID-ATTRIBUTE", "the type, length and value of the table", "PIDRB-3.1.2-01"),
        Rule(_TIMES, "MDOC-PID-TIME", "no fraction of a second, and Z at the end", "PIDRB-3.1.2-01"),
    )
    for name, right, code, wanted, requirement in (
        ("nationality", _are_countries, "MDOC-PID-NATIONALITY", "an array of alpha-2 codes", "PIDRB-3.1.3-01"),
        ("place_of_birth", _is_place, "MDOC-PID-BIRTH-PLACE", "country, region or locality", "PIDRB-3.1.4-01"),
    ):
        if name in attributes:
            expect.that(
                right(attributes[name]),
                code,
                wanted,
                "another value",
                at=credential.exchange,
                pointer=at(credential).inside(f"nameSpaces/{PID}/{name}"),
                requirement=requirement,
            )


def _are_countries(value: Any) -> bool:
    codes = value if isinstance(value, list) else []
    return bool(codes) and all(isinstance(c, str) and len(c) == 2 and c.isascii() and c.isupper() for c in codes)


def _is_place(value: Any) -> bool:
    parts = value if isinstance(value, dict) else {}
    known = [parts[name] for name in ("country", "region", "locality") if name in parts]
    return bool(known) and all(isinstance(part, str) for part in known)


@_of_photo_id(
    "mdoc-photo-id-complete",
    requires=["ISO23220-C-01"],
    proven_by={"mdoc:element-missing": "MDOC-PHOTO-ID-ELEMENT-MISSING"},
)
async def photo_id_is_complete(credential: IssuedCredential, expect: Expect) -> None:
    """A photo ID has every mandatory data element."""
    rule = Rule("element-missing", "MDOC-PHOTO-ID-ELEMENT-MISSING", "every mandatory element", "ISO23220-C-01")
    judge(expect, at(credential), _table_problems(credential, PHOTO_ID), rule)


@_of_photo_id(
    "mdoc-photo-id-elements",
    requires=["ISO23220-C-02"],
    proven_by={"mdoc:photo-id-number": "MDOC-PHOTO-ID-ELEMENT"},
)
async def photo_id_elements_have_their_types(credential: IssuedCredential, expect: Expect) -> None:
    """The data elements of a photo ID have the types and values of their table."""
    rule = Rule(_VALUES, "MDOC-PHOTO-ID-ELEMENT", "the type, length and value of the table", "ISO23220-C-02")
    judge(expect, at(credential), _table_problems(credential, PHOTO_ID), rule)
