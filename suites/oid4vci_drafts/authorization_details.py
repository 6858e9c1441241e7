"""Authorization details: drafts 13 to 15, section 5.1.1 and appendices A and B.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.applicability import when
from harness.authorized import Authorized
from harness.authorizing import asking_for
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Demanded, Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.formats import claims_path
from harness.wallet import credential
from suites.oid4vci._authorizations import control, granted
from suites.oid4vci._proofs import by_rule
from suites.oid4vci._traits import announced_types, selected, traits

check = area("Authorization Details", per=Per.GRANT)

_DETAILS = when.code_flow & when.authorization_details
_INVALID = frozenset({"invalid_authorization_details"})
_ERROR = "RFC9396-5-06"
_MEMBERS = ("vct", "doctype", "credential_definition")
"""What goes with some format."""
_W3C = ("jwt_vc_json", "jwt_vc_json-ld", "ldp_vc")


def _by_format(flow: Flow) -> dict[str, Any]:
    """Give right authorization details that name the credential by its format."""
    kept = {name: value for name, value in flow.details()[0].items() if name != "credential_configuration_id"}
    return {**kept, **flow.tools.dialect.by_format(flow.configuration)}


def _named(flow: Flow) -> dict[str, Any]:
    """Give the members by which a version names the credential by format, whatever its dialect prefers."""
    named = _by_format(flow)
    if set(named) - {"type", "locations", "format"}:
        return named
    members = {name: flow.configuration[name] for name in _MEMBERS if name in flow.configuration}
    return {**named, **members}


async def _refused(
    flow: Flow,
    expect: Expect,
    item: Mapping[str, Any],
    code: str,
    *,
    what: str,
    requirement: Demanded | None = None,
) -> None:
    attempt = await flow.again().authorize(asking_for([dict(item)]))
    if requirement is None:
        expect.not_authorized(attempt, code, what=what, errors=_INVALID, error_requirement=_ERROR)
        return
    expect.that(
        attempt.code is None,
        f"{code}-ACCEPTED",
        f"{what} is refused",
        attempt.gist,
        at=attempt.last,
        requirement=requirement,
    )
    if attempt.code is None and attempt.response is not None:
        expect.that(
            attempt.response.error in _INVALID,
            f"{code}-MISREPORTED",
            f"{what} is answered by the error invalid_authorization_details",
            attempt.gist,
            at=attempt.last,
            requirement=_ERROR,
        )


@check(
    "draft-details-named-twice-refused",
    requires=["VCI15-5.1.1-02", "VCID14-5.1.1-02", "VCI13-5.1.1-02", _ERROR],
    proven_by=by_rule("draft-authorization.named-once", "DRAFT-DETAILS-NAMED-TWICE"),
    applies=_DETAILS,
    flows=2,
)
async def details_with_two_names_are_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details with ``credential_configuration_id`` and ``format`` are refused."""
    control(by_details, "a request by authorization_details")
    item = {**_named(flow), "credential_configuration_id": flow.scenario.configuration}
    what = "authorization details with credential_configuration_id and format"
    await _refused(flow, expect, item, "DRAFT-DETAILS-NAMED-TWICE", what=what)


@check(
    "draft-details-by-format",
    requires=["VCI15-5.1.1-03", "VCID14-5.1.1-03"],
    proven_by={"rejects:draft-authorization.by-format": "DRAFT-DETAILS-FORMAT-REFUSED"},
    applies=_DETAILS & when.readable_format,
    flows=2,
)
async def details_by_format_are_understood(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details by ``format`` lead to the credential that they describe."""
    control(by_details, "a request by authorization_details")
    attempt = await flow.authorize(asking_for([_named(flow)]))
    what = "a request by authorization_details with format"
    if not granted(expect, attempt, "DRAFT-DETAILS-FORMAT-REFUSED", what=what):
        return
    for issued in await flow.redeeming(attempt).credentials():
        asked, found = announced_types(flow.configuration), traits(issued).types
        expect.that(
            asked <= found,
            "DRAFT-DETAILS-FORMAT-OTHER",
            f"a Credential of the type {sorted(asked)}",
            f"one of {sorted(found)}",
            at=issued.exchange,
            pointer=issued.pointer,
        )


_LACKING = {"jwt_vc_json": "VCI13-A.1.1.3-02", "vc+sd-jwt": "VCI13-A.3.3-02"}


@check(
    "draft-details-type-missing-refused",
    requires=[*_LACKING.values(), _ERROR],
    proven_by=by_rule("draft-authorization.type-present", "DRAFT-DETAILS-TYPE-MISSING"),
    applies=_DETAILS & when.of_format(*_LACKING),
    flows=2,
)
async def a_format_alone_is_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details by ``format`` without what the format asks for are refused."""
    control(by_details, "a request by authorization_details")
    named = _by_format(flow)
    item = {name: value for name, value in named.items() if name not in ("vct", "credential_definition")}
    if "credential_definition" in named:
        item["credential_definition"] = {}
    what = f"authorization details for {named['format']} without its type"
    requirement = _LACKING[named["format"]]
    await _refused(flow, expect, item, "DRAFT-DETAILS-TYPE-MISSING", what=what, requirement=requirement)


_MALFORMED = {
    "jwt_vc_json": "VCID14-A.1.1.3-01",
    "ldp_vc": "VCID14-A.1.2.3-01",
    "jwt_vc_json-ld": "VCID14-A.1.2.3-01",
    "mso_mdoc": "VCID14-A.2.3-01",
    "vc+sd-jwt": "VCID14-A.3.3-01",
}


@check(
    "draft-details-claims-refused",
    requires=["VCI15-B.1-01", *dict.fromkeys(_MALFORMED.values()), _ERROR],
    proven_by={
        "accepts:draft-authorization.claims-object": "DRAFT-DETAILS-CLAIMS-ACCEPTED",
        "misreports:draft-authorization.claims-object": "DRAFT-DETAILS-CLAIMS-MISREPORTED",
        "accepts:draft-authorization.claims-array": "DRAFT-DETAILS-CLAIMS-ACCEPTED",
        "misreports:draft-authorization.claims-array": "DRAFT-DETAILS-CLAIMS-MISREPORTED",
    },
    applies=_DETAILS,
    flows=2,
)
async def malformed_claims_are_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details whose claims are a string are refused."""
    control(by_details, "a request by authorization_details")
    format_ = str(flow.configuration.get("format"))
    requirement = ("VCI15-B.1-01", _MALFORMED.get(format_, "VCID14-A.3.3-01"))
    item = {**flow.details()[0], "claims": "all of them"}
    if not expect.judges_by("VCI15-B.1-01") and format_ in _W3C:
        item = _by_format(flow)
        item["credential_definition"] = {**item.get("credential_definition", {}), "credentialSubject": "all of it"}
    what = "authorization details whose claims are a string"
    await _refused(flow, expect, item, "DRAFT-DETAILS-CLAIMS", what=what, requirement=requirement)


_MANDATORY = {
    "vc+sd-jwt": "VCI13-A.3.3-01",
    "jwt_vc_json": "VCI13-A.1.1.3-01",
    "ldp_vc": "VCI13-A.1.2.3-01",
    "jwt_vc_json-ld": "VCI13-A.1.2.3-01",
    "mso_mdoc": "VCI13-A.2.3-01",
}


@check(
    "draft-details-mandatory",
    requires=list(dict.fromkeys(_MANDATORY.values())),
    proven_by={"draft-sd-jwt:optional-claim-missing": "DRAFT-DETAILS-MANDATORY-MISSING"},
    applies=_DETAILS & when.readable_format & when.described_claims,
    flows=2,
)
async def claims_asked_for_as_mandatory_are_issued(
    by_details: Authorized, flow: Flow, facts: Facts, expect: Expect
) -> None:
    """A claim that the authorization details call mandatory is in the Credential, or none is issued."""
    control(by_details, "a request by authorization_details")
    format_ = str(flow.configuration.get("format"))
    # What is inside of an array has no place in nested objects, so that the outermost claims have to do.
    length = 1 if format_ == "vc+sd-jwt" else 2
    paths = [path for path in facts.described_paths if len(path) == length and isinstance(path[-1], str)]
    if not paths:
        raise Blocked("the metadata describe no claim that authorization details can name")
    item = dict(flow.details()[0])
    if format_ in _W3C:
        item = _by_format(flow)
        wished = _nested([path[1:] for path in paths])
        item["credential_definition"] = {**item.get("credential_definition", {}), "credentialSubject": wished}
    else:
        item["claims"] = _nested(paths)
    further = flow.redeeming(attempt := await flow.authorize(asking_for([item])))
    if attempt.code is None or not credential.carries_credential(await further.issuance()):
        expect.that(True, "DRAFT-DETAILS-MANDATORY-MISSING", "no credential", attempt.gist)
        return
    for issued in await further.credentials():
        missing = [path for path in paths if not _has(issued, path)]
        expect.that(
            not missing,
            "DRAFT-DETAILS-MANDATORY-MISSING",
            "all claims that the authorization details call mandatory, or no credential",
            f"without {missing}",
            at=issued.exchange,
            pointer=issued.pointer,
            requirement=_MANDATORY.get(format_),
        )


def _nested(paths: list[list[str]]) -> dict[str, Any]:
    """Describe claims as mandatory, by objects that are nested like the credential."""
    whole: dict[str, Any] = {}
    for path in paths:
        place = whole
        for name in path:
            place = place.setdefault(name, {})
        if not place:
            place["mandatory"] = True
    return whole


def _has(issued: Any, path: Any) -> bool:
    try:
        return bool(selected(issued, path))
    except claims_path.ClaimsPathError:
        return False
