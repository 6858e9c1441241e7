"""Authorization details of draft 11, which name a Credential by its format: section 5.1.1, appendices E.*.4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.applicability import when
from harness.authorized import Authorized
from harness.authorizing import asking_for
from harness.checks import Per, area
from harness.expect import Expect
from harness.flow import Flow
from suites.oid4vci._authorizations import control
from suites.oid4vci._naming import other_type
from suites.oid4vci._proofs import by_rule
from suites.oid4vci_drafts._draft_11 import NAMED_BY, without

check = area("Authorization Details", per=Per.GRANT)

_DETAILS = when.code_flow & when.authorization_details
_ERROR = "RFC9396-5-06"
_UNKNOWN = "assay-unknown-format"


async def _expect_refused(
    flow: Flow,
    by_details: Authorized,
    expect: Expect,
    code: str,
    detail: Mapping[str, Any],
    *,
    what: str,
    requirement: str | None = None,
) -> None:
    control(by_details, "a request by authorization_details")
    attempt = await flow.authorize(asking_for([detail]))
    # A request may be refused on a page, which tells the client nothing; an acceptance is what matters.
    expect.that(
        attempt.code is None,
        f"{code}-ACCEPTED",
        f"a request by authorization_details {what} is refused",
        attempt.gist,
        at=attempt.last,
        requirement=requirement,
    )
    if attempt.code is None:
        expect.not_authorized(
            attempt,
            code,
            what=f"a request by authorization_details {what}",
            errors={"invalid_authorization_details"},
            error_requirement=_ERROR,
        )


@check(
    "draft-11-details-format-missing-refused",
    requires=["VCI11-5.1.1-01", _ERROR],
    proven_by=by_rule("draft-authorization.format-present", "DRAFT-11-DETAILS-FORMAT-MISSING"),
    applies=_DETAILS,
)
async def details_without_a_format_are_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details that have no format are refused."""
    await _expect_refused(
        flow,
        by_details,
        expect,
        "DRAFT-11-DETAILS-FORMAT-MISSING",
        without(flow.details()[0], "format"),
        what="without format",
    )


@check(
    "draft-11-details-unknown-refused",
    requires=["VCI11-5.1.1-02", _ERROR],
    proven_by=by_rule("draft-authorization.known", "DRAFT-11-DETAILS-UNKNOWN"),
    applies=_DETAILS,
    flows=2,
)
async def details_of_an_unknown_format_are_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details with a format or a type that the metadata does not have are refused."""
    right = flow.details()[0]
    members = NAMED_BY.get(str(right.get("format")), ())
    wrong = {"a format": {**right, "format": _UNKNOWN}}
    if members:
        wrong["a type"] = {**right, **{name: other_type(right[name]) for name in members if name in right}}
    for what, detail in wrong.items():
        await _expect_refused(
            flow.again(),
            by_details,
            expect,
            "DRAFT-11-DETAILS-UNKNOWN",
            detail,
            what=f"with {what} that nobody knows",
        )


_TYPES = {
    "jwt_vc_json": "VCI11-E.1.1.4-01",
    "ldp_vc": "VCI11-E.1.3.4-01",
    "mso_mdoc": "VCI11-E.2.4-01",
}
"""Format to the requirement on what goes with it."""


@check(
    "draft-11-details-types-missing-refused",
    requires=[*_TYPES.values(), _ERROR],
    proven_by=by_rule("draft-authorization.types-present", "DRAFT-11-DETAILS-TYPES-MISSING"),
    applies=_DETAILS & when.configuration_of(*_TYPES),
)
async def details_without_a_type_are_refused(by_details: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization details that have a format but not what goes with it are refused."""
    named = str(flow.configuration["format"])
    await _expect_refused(
        flow,
        by_details,
        expect,
        "DRAFT-11-DETAILS-TYPES-MISSING",
        without(flow.details()[0], *NAMED_BY[named]),
        what=f"with the format {named} but without {NAMED_BY[named][0]}",
        requirement=_TYPES[named],
    )
