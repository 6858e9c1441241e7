"""The data of an issued credential, as they are pushed to the gateway."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.downloads import VERIFYING, Download
from harness.staff_passport.portal_under_test import PortalUnderTest
from harness.staff_passport.templates import UNIQUE_IDENTIFIER
from suites.staff_passport import _dates
from suites.staff_passport._details import attributes, leaves

check = area("Staff Passport: credential data")

_SCHEMA = ["DSP-DATA-01", "DSP-DATA-02", "DSP-DATA-03"]


@check(
    "dsp-unique-identifier",
    requires=["DSP-DATA-04", "DSP-STEP7-03", "DSP-STEP7-09"],
    proven_by={
        "dsp-hint:unique-identifier-missing": "DSP-UNIQUE-IDENTIFIER-MISSING",
        "dsp-par:hint-missing": "DSP-UNIQUE-IDENTIFIER-MISSING",
        "dsp-hint:unique-identifier-other": "DSP-UNIQUE-IDENTIFIER-OTHER",
        "dsp-standing:others": "DSP-UNIQUE-IDENTIFIER-OTHER",
    },
)
async def the_unique_identifier_is_that_of_the_identity_credential(journey: Download, expect: Expect) -> None:
    """The pushed details have the unique identifier of the identity credential shared in the same session."""
    request = journey.pushed
    shared = [each for each in journey.at("token", VERIFYING) if each.status < 400]
    if not any(each.number < request.number for each in shared):
        raise Blocked("no identity credential was shared before the request was pushed")
    wanted = journey.visit.employee.unique_identifier.casefold()
    claims = request.hint.claims if request.hint else {}
    named = claims.get(UNIQUE_IDENTIFIER)
    told = {str(value).casefold() for _, value in leaves(dict(claims or request.parameters))}
    if not expect.that(
        bool(named) or wanted in told,
        "DSP-UNIQUE-IDENTIFIER-MISSING",
        "a unique identifier in the pushed details",
        "none",
        requirement="DSP-STEP7-03",
    ):
        return
    expect.that(
        wanted in told,
        "DSP-UNIQUE-IDENTIFIER-OTHER",
        "the unique identifier of the identity credential that the wallet shared",
        "another one",
    )
    expect.that(
        bool(named),
        "DSP-UNIQUE-IDENTIFIER-NAME",
        f"the unique identifier in the claim {UNIQUE_IDENTIFIER}",
        f"claims {', '.join(claims)}",
        requirement="DSP-STEP7-09",
    )


@check(
    "dsp-schema",
    requires=_SCHEMA,
    proven_by={
        "dsp-hint:attribute-missing": "DSP-DATA-MISSING",
        "dsp-hint:attribute-number": "DSP-DATA-TYPE",
        "dsp-hint:attribute-extra": "DSP-DATA-FURTHER",
        "dsp-hint:attributes-nested": ["DSP-DATA-MISSING", "DSP-DATA-FURTHER"],
        "dsp-hint:unique-identifier-missing": "DSP-DATA-MISSING",
    },
    applies=when.attribute_schema,
)
async def the_details_are_exactly_those_of_the_schema(
    journey: Download, portal: PortalUnderTest, expect: Expect
) -> None:
    """The pushed details have the attributes of the data schema, all of them and no others, as text and dates."""
    _expect_schema(expect, journey, portal)


@check(
    "dsp-schema-second",
    requires=_SCHEMA,
    proven_by={"dsp-hint:attribute-missing": "DSP-DATA-MISSING"},
    applies=when.attribute_schema & when.two_templates,
)
async def the_details_of_another_template_are_too(
    second_in_session: Download, portal: PortalUnderTest, expect: Expect
) -> None:
    """The pushed details of another credential are exactly those that the data schema has for it, too."""
    _expect_schema(expect, second_in_session, portal)


def _expect_schema(expect: Expect, download: Download, portal: PortalUnderTest) -> None:
    template = portal.attributes[download.template]
    given = attributes(download.hint)
    missing = [
        name
        for name in (*template.attributes, UNIQUE_IDENTIFIER)
        if name not in template.optional and name not in given
    ]
    expect.that(
        not missing,
        "DSP-DATA-MISSING",
        f"every attribute that the data schema demands of {template.name}",
        f"none of the name {', '.join(dict.fromkeys(missing))}",
    )
    further = [name for name in given if name not in (*template.attributes, UNIQUE_IDENTIFIER)]
    expect.that(
        not further,
        "DSP-DATA-FURTHER",
        f"no attribute that the data schema does not know for {template.name}",
        f"also {', '.join(further)}",
        requirement="DSP-DATA-02",
    )
    for name, value in given.items():
        if name in further:
            continue
        is_date = name in template.dates
        expect.that(
            isinstance(value, str) and (not is_date or _dates.read(value) is not None),
            "DSP-DATA-TYPE",
            f"{name}, {'a date as text, YYYY-MM-DD' if is_date else 'text'}",
            value,
            requirement="DSP-DATA-03",
        )
