"""Token Responses: drafts 13 to 15, section 6.2."""

from __future__ import annotations

from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect, show
from harness.formats.strict_json import pointer
from harness.transport import Reply
from suites.oid4vci._token_responses import granted_members
from suites.oid4vci_drafts._members import expect_seconds, expect_string

check = area("Token Endpoint", per=Per.SCENARIO)


@check(
    "draft-token-nonce",
    requires=["VCID14-6.2-05", "VCI13-6.2-01", "VCI11-6.2-01", "VCID14-6.2-06", "VCI13-6.2-02"],
    proven_by={
        "draft-token:c-nonce-number": "DRAFT-TOKEN-NONCE-TYPE",
        "draft-token:c-nonce-expires-in-string": "DRAFT-TOKEN-NONCE-LIFETIME",
    },
    applies=when.token_nonce,
)
async def the_nonce_is_wellformed(token: Reply, expect: Expect) -> None:
    """``c_nonce`` of a Token Response is a string and ``c_nonce_expires_in`` a number, when present."""
    granted_members(token)
    kind = ("VCID14-6.2-05", "VCI13-6.2-01", "VCI11-6.2-01")
    expect_string(expect, token, "c_nonce", "DRAFT-TOKEN-NONCE-TYPE", kind)
    lifetime = ("VCID14-6.2-06", "VCI13-6.2-02")
    expect_seconds(expect, token, "c_nonce_expires_in", "DRAFT-TOKEN-NONCE-LIFETIME", lifetime)


@check(
    "draft-token-details-unasked",
    requires=["VCID14-6.2-04", "VCI13-6.2-04"],
    proven_by={"draft-token:details-unasked": "DRAFT-TOKEN-DETAILS-UNASKED"},
    applies=~when.details_asked_for,
)
async def details_are_not_returned_unasked(token: Reply, expect: Expect) -> None:
    """A Token Response has no ``authorization_details`` when no request had any."""
    members = granted_members(token)
    details = members.get("authorization_details")
    found = [item for item in details if _concerns(item)] if isinstance(details, list) else details
    expect.that(
        not found,
        "DRAFT-TOKEN-DETAILS-UNASKED",
        "no authorization_details, since no request had any",
        found,
        at=token,
        pointer="/authorization_details",
    )


def _concerns(item: Any) -> bool:
    return not isinstance(item, dict) or item.get("type") == "openid_credential"


_FORM = ("VCI15-6.2-01", "VCID14-6.2-01", "VCI13-6.2-03")
_NAMED = ("VCI15-6.2-02", "VCID14-6.2-02", "VCI13-6.2-05")
_IDENTIFIERS = ("VCI15-6.2-03", "VCID14-6.2-03", "VCI13-6.2-06")


@check(
    "draft-token-details",
    requires=[*_FORM, *_NAMED, *_IDENTIFIERS],
    proven_by={
        "draft-token:details-element-text": "DRAFT-TOKEN-DETAILS-FORM",
        "draft-token:details-unnamed": "DRAFT-TOKEN-DETAILS-UNNAMED",
        "draft-token:details-named-twice": "DRAFT-TOKEN-DETAILS-NAMED-TWICE",
        "draft-token:identifier-number": "DRAFT-TOKEN-IDENTIFIERS",
    },
    applies=when.returned_details,
)
async def details_are_wellformed(token: Reply, expect: Expect) -> None:
    """``authorization_details`` of a Token Response are objects that each name one credential in one way."""
    details = granted_members(token)["authorization_details"]
    items = details if isinstance(details, list) else []
    expect.that(
        isinstance(details, list) and all(isinstance(item, dict) for item in items),
        "DRAFT-TOKEN-DETAILS-FORM",
        "an array of JSON objects",
        details,
        at=token,
        pointer="/authorization_details",
        requirement=_FORM,
    )
    for index, item in enumerate(items):
        if isinstance(item, dict) and item.get("type") == "openid_credential":
            _expect_credential(expect, token, item, pointer("authorization_details", index))


def _expect_credential(expect: Expect, token: Reply, item: dict[str, Any], place: str) -> None:
    where: Any = {"at": token, "pointer": place}
    named = [name for name in ("credential_configuration_id", "format") if name in item]
    members = f"the members {show(list(item))}"
    expect.that(
        bool(named),
        "DRAFT-TOKEN-DETAILS-UNNAMED",
        "credential_configuration_id or format",
        members,
        requirement=_NAMED,
        **where,
    )
    expect.that(
        len(named) < 2,
        "DRAFT-TOKEN-DETAILS-NAMED-TWICE",
        "only one of credential_configuration_id and format",
        members,
        requirement=_NAMED,
        **where,
    )
    identifiers = item.get("credential_identifiers", [])
    expect.that(
        isinstance(identifiers, list) and all(isinstance(one, str) for one in identifiers),
        "DRAFT-TOKEN-IDENTIFIERS",
        "credential_identifiers, when present, is an array of strings",
        identifiers,
        requirement=_IDENTIFIERS,
        **where,
    )
