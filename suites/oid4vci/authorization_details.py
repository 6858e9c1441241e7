"""Authorization details of a request: OpenID4VCI 1.0 sections 5.1.1, B.1 and B.3, RFC 9396 section 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness import mutate
from harness.applicability import when
from harness.authorized import Authorized
from harness.authorizing import asking_for
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.formats import claims_path
from harness.wallet import credential
from suites.oid4vci._authorizations import control, granted
from suites.oid4vci._traits import selected

check = area("Authorization Details", per=Per.GRANT)

_DETAILS = when.code_flow & when.authorization_details
_ERRORS = frozenset({"invalid_authorization_details"})
_EXTENSION = "https://assay.invalid/extension"


def _with(flow: Flow, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give right authorization details with changed members; ``None`` leaves a member out."""
    right = flow.details()[0]
    return [{name: value for name, value in {**right, **changes}.items() if value is not None}]


@check(
    "authorization-details-unknown-member-accepted",
    requires=["VCI-5.1.1-04"],
    proven_by={
        "rejects:authorize.unknown-detail-member": "AUTHORIZATION-DETAILS-UNKNOWN-MEMBER-REFUSED",
        "rejects:authorize.details": "AUTHORIZATION-DETAILS-UNKNOWN-MEMBER-REFUSED",
        "rejects:par.authorization-details": "AUTHORIZATION-DETAILS-UNKNOWN-MEMBER-REFUSED",
    },
    applies=_DETAILS,
)
async def an_unknown_member_is_no_reason_for_refusal(flow: Flow, expect: Expect) -> None:
    """Authorization details with a member that nobody knows are accepted."""
    granted(
        expect,
        await flow.authorize(asking_for(_with(flow, {_EXTENSION: True}))),
        "AUTHORIZATION-DETAILS-UNKNOWN-MEMBER-REFUSED",
        what="a request by authorization_details with an unknown member",
    )


@check(
    "authorization-details-locations-accepted",
    requires=["VCI-5.1.1-05"],
    proven_by={"rejects:authorize.details": "AUTHORIZATION-DETAILS-LOCATIONS-REFUSED"},
    applies=_DETAILS & when.authorization_servers,
)
async def the_issuer_is_accepted_as_location(by_details: Authorized, expect: Expect) -> None:
    """Authorization details with the Credential Issuer Identifier in locations are accepted."""
    granted(
        expect,
        by_details,
        "AUTHORIZATION-DETAILS-LOCATIONS-REFUSED",
        what="a request by authorization_details with the Credential Issuer Identifier in locations",
    )


@check(
    "authorization-details-locations-foreign",
    requires=["VCI-5.1.1-06", "RFC9396-5-06"],
    proven_by={
        "accepts:authorize.details-locations": "AUTHORIZATION-DETAILS-LOCATIONS-FOREIGN-ACCEPTED",
        "misreports:authorize.details-locations": "AUTHORIZATION-DETAILS-LOCATIONS-FOREIGN-MISREPORTED",
    },
    applies=_DETAILS & when.authorization_servers,
)
async def a_foreign_location_opens_nothing_here(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details for another Credential Issuer are refused, or give no access to this one."""
    control(by_details, "a request by authorization_details")
    attempt = await flow.authorize(asking_for(_with(flow, {"locations": [mutate.ELSEWHERE]})))
    if attempt.code is None:
        _refused(
            expect, attempt, "AUTHORIZATION-DETAILS-LOCATIONS-FOREIGN", "authorization_details of another issuer"
        )
        return
    try:
        reply = await flow.redeeming(attempt).issuance()
    except Blocked:
        reply = None
    expect.that(
        reply is None or not credential.carries_credential(reply),
        "AUTHORIZATION-DETAILS-LOCATIONS-FOREIGN-ACCEPTED",
        "no credential for authorization_details that are for another Credential Issuer",
        reply.gist if reply else "no Access Token",
        at=reply or attempt.last,
    )


def _refused(expect: Expect, attempt: Authorized, code: str, what: str) -> None:
    expect.not_authorized(attempt, code, what=what, errors=_ERRORS, error_requirement="RFC9396-5-06")


async def _expect_refused(
    flow: Flow, by_details: Authorized, expect: Expect, code: str, changes: Mapping[str, Any], *, what: str
) -> None:
    """Expect authorization details to be refused that differ from right ones in these members."""
    control(by_details, "a request by authorization_details")
    attempt = await flow.authorize(asking_for(_with(flow, changes)))
    _refused(expect, attempt, code, f"a request by authorization_details {what}")


@check(
    "authorization-details-malformed-refused",
    requires=["RFC9396-5-06"],
    proven_by={
        "accepts:authorize.details-form": "AUTHORIZATION-DETAILS-MALFORMED-ACCEPTED",
        "misreports:authorize.details-form": "AUTHORIZATION-DETAILS-MALFORMED-MISREPORTED",
    },
    applies=_DETAILS,
    flows=2,
)
async def malformed_details_are_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details that are no JSON array are refused."""
    control(by_details, "a request by authorization_details")
    for value in ("[", '"openid_credential"'):
        expect.not_authorized(
            await flow.again().authorize({**asking_for([]), "authorization_details": value}),
            "AUTHORIZATION-DETAILS-MALFORMED",
            what="a request by authorization_details that are no JSON array",
            errors={*_ERRORS, "invalid_request"},
        )


@check(
    "authorization-details-type-unknown-refused",
    requires=["RFC9396-5-01", "RFC9396-5-06"],
    proven_by={
        "accepts:authorize.details-type": "AUTHORIZATION-DETAILS-TYPE-UNKNOWN-ACCEPTED",
        "misreports:authorize.details-type": "AUTHORIZATION-DETAILS-TYPE-UNKNOWN-MISREPORTED",
    },
    applies=_DETAILS,
)
async def an_unknown_type_is_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details of an unknown type are refused with invalid_authorization_details."""
    await _expect_refused(
        flow,
        by_details,
        expect,
        "AUTHORIZATION-DETAILS-TYPE-UNKNOWN",
        {"type": _EXTENSION},
        what="of an unknown type",
    )


@check(
    "authorization-details-configuration-missing-refused",
    requires=[
        *("VCI-5.1.1-01", "VCI15-5.1.1-01", "VCID14-5.1.1-01", "VCI13-5.1.1-01"),
        *("RFC9396-5-05", "RFC9396-5-06"),
    ],
    proven_by={
        "accepts:authorize.details-configuration": "AUTHORIZATION-DETAILS-CONFIGURATION-MISSING-ACCEPTED",
        "misreports:authorize.details-configuration": "AUTHORIZATION-DETAILS-CONFIGURATION-MISSING-MISREPORTED",
    },
    applies=_DETAILS,
)
async def a_missing_configuration_is_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details without credential_configuration_id are refused."""
    await _expect_refused(
        flow,
        by_details,
        expect,
        "AUTHORIZATION-DETAILS-CONFIGURATION-MISSING",
        {"credential_configuration_id": None},
        what="without credential_configuration_id",
    )


@check(
    "authorization-details-configuration-unknown-refused",
    requires=["VCI-5.1.1-02", "RFC9396-5-04", "RFC9396-5-06"],
    proven_by={
        "accepts:authorize.details-configuration": "AUTHORIZATION-DETAILS-CONFIGURATION-UNKNOWN-ACCEPTED",
        "misreports:authorize.details-configuration": "AUTHORIZATION-DETAILS-CONFIGURATION-UNKNOWN-MISREPORTED",
    },
    applies=_DETAILS,
)
async def an_unknown_configuration_is_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details whose credential_configuration_id is not in the metadata are refused."""
    await _expect_refused(
        flow,
        by_details,
        expect,
        "AUTHORIZATION-DETAILS-CONFIGURATION-UNKNOWN",
        {"credential_configuration_id": mutate.unknown_nonce()},
        what="with an unknown credential_configuration_id",
    )


@check(
    "authorization-details-configuration-mistyped-refused",
    requires=["RFC9396-5-03", "RFC9396-5-06"],
    proven_by={
        "accepts:authorize.details-configuration": "AUTHORIZATION-DETAILS-CONFIGURATION-MISTYPED-ACCEPTED",
        "misreports:authorize.details-configuration": "AUTHORIZATION-DETAILS-CONFIGURATION-MISTYPED-MISREPORTED",
    },
    applies=_DETAILS,
)
async def a_configuration_of_another_json_type_is_refused(
    by_details: Authorized, flow: Flow, expect: Expect
) -> None:
    """Authorization details whose credential_configuration_id is an array are refused."""
    name = flow.tools.dialect.details_name
    await _expect_refused(
        flow,
        by_details,
        expect,
        "AUTHORIZATION-DETAILS-CONFIGURATION-MISTYPED",
        {name: [flow.details()[0][name]]},
        what=f"whose {name} is an array",
    )


# Claims


def _described(flow: Flow, *paths: Sequence[Any]) -> dict[str, Any]:
    """Describe claims by paths, which for a mobile document go on from a namespace (appendix C.2)."""
    doctype = flow.configuration.get("doctype")
    start = [doctype] if isinstance(doctype, str) else []
    return {"claims": [{"path": [*start, *path]} for path in paths]}


@check(
    "authorization-claims-malformed-refused",
    requires=["VCI-5.1.1-03", "RFC9396-5-06"],
    proven_by={
        "accepts:authorize.claims-form": "AUTHORIZATION-CLAIMS-MALFORMED-ACCEPTED",
        "misreports:authorize.claims-form": "AUTHORIZATION-CLAIMS-MALFORMED-MISREPORTED",
    },
    applies=_DETAILS,
)
async def malformed_claims_are_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details whose claims is an empty array are refused."""
    await _expect_refused(
        flow,
        by_details,
        expect,
        "AUTHORIZATION-CLAIMS-MALFORMED",
        {"claims": []},
        what="whose claims is an empty array",
    )


@check(
    "authorization-claims-repeated-refused",
    requires=["VCI-B.3-04", "RFC9396-5-06"],
    proven_by={
        "accepts:authorize.claims-distinct": "AUTHORIZATION-CLAIMS-REPEATED-ACCEPTED",
        "misreports:authorize.claims-distinct": "AUTHORIZATION-CLAIMS-REPEATED-MISREPORTED",
    },
    applies=_DETAILS,
)
async def a_claim_described_twice_is_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details that describe one claim twice are refused."""
    await _expect_refused(
        flow,
        by_details,
        expect,
        "AUTHORIZATION-CLAIMS-REPEATED",
        _described(flow, ["given_name"], ["given_name"]),
        what="with two descriptions of one claim",
    )


@check(
    "authorization-claims-elements-refused",
    requires=["VCI-B.3-05", "RFC9396-5-06"],
    proven_by={
        "accepts:authorize.claims-elements": "AUTHORIZATION-CLAIMS-ELEMENTS-ACCEPTED",
        "misreports:authorize.claims-elements": "AUTHORIZATION-CLAIMS-ELEMENTS-MISREPORTED",
    },
    applies=_DETAILS,
)
async def elements_addressed_in_two_ways_are_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details that address elements of one array with null and with an integer are refused."""
    await _expect_refused(
        flow,
        by_details,
        expect,
        "AUTHORIZATION-CLAIMS-ELEMENTS",
        _described(flow, ["nationalities", None], ["nationalities", 0]),
        what="that address an array with null and with an integer",
    )


@check(
    "authorization-claims-structure-refused",
    requires=["VCI-B.3-06", "RFC9396-5-06"],
    proven_by={
        "accepts:authorize.claims-structure": "AUTHORIZATION-CLAIMS-STRUCTURE-ACCEPTED",
        "misreports:authorize.claims-structure": "AUTHORIZATION-CLAIMS-STRUCTURE-MISREPORTED",
    },
    applies=_DETAILS,
)
async def a_claim_of_two_structures_is_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details that treat one claim as an array and as an object are refused."""
    await _expect_refused(
        flow,
        by_details,
        expect,
        "AUTHORIZATION-CLAIMS-STRUCTURE",
        _described(flow, ["address", None], ["address", "country"]),
        what="that treat a claim as an array and as an object",
    )


@check(
    "authorization-claims-mandatory",
    requires=["VCI-B.1-01"],
    proven_by={
        "sd-jwt:mandatory-claim-missing": "AUTHORIZATION-CLAIMS-MISSING",
        "mdoc:mandatory-claim-missing": "AUTHORIZATION-CLAIMS-MISSING",
    },
    applies=_DETAILS & when.readable_format & when.described_claims,
)
async def claims_asked_for_as_mandatory_are_issued(
    by_details: Authorized, flow: Flow, facts: Facts, expect: Expect
) -> None:
    """A claim that the authorization details call mandatory is in the Credential, or none is issued."""
    control(by_details, "a request by authorization_details")
    paths = facts.described_paths
    claims = [{"path": path, "mandatory": True} for path in paths]
    attempt = await flow.authorize(asking_for(_with(flow, {"claims": claims})))
    further = flow.redeeming(attempt)
    if attempt.code is None or not credential.carries_credential(await further.issuance()):
        expect.that(True, "AUTHORIZATION-CLAIMS-MISSING", "no credential", attempt.gist)
        return
    for issued in await further.credentials():
        missing = [path for path in paths if not _has(issued, path)]
        expect.that(
            not missing,
            "AUTHORIZATION-CLAIMS-MISSING",
            "all claims that the authorization details call mandatory, or no credential",
            f"without {missing}",
            at=issued.exchange,
            pointer=issued.pointer,
        )


def _has(issued: IssuedCredential, path: Any) -> bool:
    try:
        return bool(selected(issued, path))
    except claims_path.ClaimsPathError:
        return False
