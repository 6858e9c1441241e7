"""How a Credential Request names the credential: drafts 13 and 14, section 7.2 and appendix A."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect, show
from harness.flow import Flow
from suites.oid4vci._naming import naming_unknown, without_name
from suites.oid4vci._proofs import STATUS, by_rule
from suites.oid4vci._traits import announced_types, traits
from suites.oid4vci_drafts._refusals import MALFORMED, refused

check = area("Credential Request", per=Per.SHAPE)

_INVALID = frozenset({"invalid_credential_request"})
_UNKNOWN_TYPES = ["VerifiableCredential", "AssayUnknownCredential"]


def _by_format(access: Access) -> dict[str, Any]:
    """Give the members that name the credential by its format."""
    return access.flow.tools.dialect.by_format(access.flow.configuration)


@check(
    "draft-request-unnamed-refused",
    requires=["VCID14-7.2-01", "VCI13-7.2-01", STATUS, MALFORMED],
    proven_by=by_rule("draft-credential.named", "DRAFT-REQUEST-UNNAMED"),
)
async def a_request_for_nothing_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request with neither ``credential_identifier`` nor ``format`` is refused."""
    await refused(
        access,
        expect,
        without_name(access, await access.right_body()),
        "DRAFT-REQUEST-UNNAMED",
        what="a Credential Request with neither credential_identifier nor format",
        errors=_INVALID,
        error_requirement=MALFORMED,
    )


@check(
    "draft-request-named-twice-refused",
    requires=["VCID14-7.2-02", "VCI13-7.2-02", STATUS, MALFORMED],
    proven_by=by_rule("draft-credential.named-once", "DRAFT-REQUEST-NAMED-TWICE"),
)
async def a_request_with_two_names_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request with ``credential_identifier`` and ``format`` is refused."""
    body = {**_by_format(access), **await access.right_body()}
    body.setdefault("credential_identifier", access.configuration_id)
    await refused(
        access,
        expect,
        body,
        "DRAFT-REQUEST-NAMED-TWICE",
        what="a Credential Request with credential_identifier and format",
        errors=_INVALID,
        error_requirement=MALFORMED,
    )


@check(
    "draft-request-format-refused",
    requires=["VCID14-7.2-03", "VCI13-7.2-03", STATUS, MALFORMED],
    proven_by=by_rule("draft-credential.by-identifier", "DRAFT-REQUEST-FORMAT"),
    applies=when.credential_identifiers,
)
async def a_format_in_place_of_an_identifier_is_refused(access: Access, expect: Expect) -> None:
    """Where the Token Response returned ``credential_identifiers``, a request by ``format`` is refused."""
    await refused(
        access,
        expect,
        {**without_name(access, await access.right_body()), **_by_format(access)},
        "DRAFT-REQUEST-FORMAT",
        what="format in place of a credential_identifier of the Token Response",
        errors=_INVALID,
        error_requirement=MALFORMED,
    )


@check(
    "draft-request-identifier-refused",
    requires=["VCI13-7.2-04", STATUS, MALFORMED],
    proven_by=by_rule("draft-credential.identifier-returned", "DRAFT-REQUEST-IDENTIFIER"),
    applies=~when.credential_identifiers,
)
async def an_identifier_of_nobody_is_refused(access: Access, expect: Expect) -> None:
    """Where the Token Response returned no ``credential_identifiers``, a request by one is refused."""
    body = {**without_name(access, await access.right_body()), "credential_identifier": access.configuration_id}
    await refused(
        access,
        expect,
        body,
        "DRAFT-REQUEST-IDENTIFIER",
        what="a credential_identifier that the Token Response did not return",
        errors=_INVALID,
        error_requirement=MALFORMED,
    )


# Appendix A: what goes with a format


def _without(member: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    outer, _, inner = member.partition(".")

    def change(named: dict[str, Any]) -> dict[str, Any]:
        if not inner:
            return {name: value for name, value in named.items() if name != outer}
        definition = {name: value for name, value in named.get(outer, {}).items() if name != inner}
        return {**named, outer: definition}

    return change


_ASKED = {
    "jwt_vc_json": ("credential_definition.type",),
    "jwt_vc_json-ld": ("credential_definition.type", "credential_definition.@context"),
    "ldp_vc": ("credential_definition.type", "credential_definition.@context"),
    "mso_mdoc": ("doctype",),
    "vc+sd-jwt": ("vct",),
}
"""Format to the members without which a request by it says nothing."""
_LACKING = {
    "vc+sd-jwt": ("VCID14-A.3.4-01", "VCI13-A.3.4-01"),
    "mso_mdoc": ("VCID14-A.2.4-01", "VCI13-A.2.4-01"),
    "jwt_vc_json": ("VCID14-A.1.1.4-01", "VCI13-A.1.1.4-01"),
    "ldp_vc": ("VCID14-A.1.2.4-01", "VCI13-A.1.2.4-01"),
    "jwt_vc_json-ld": ("VCID14-A.1.2.4-01", "VCI13-A.1.3.4-01"),
}


@check(
    "draft-request-type-missing-refused",
    requires=[*dict.fromkeys(name for names in _LACKING.values() for name in names), STATUS, MALFORMED],
    proven_by=by_rule("draft-credential.type-present", "DRAFT-REQUEST-TYPE-MISSING"),
    applies=~when.credential_identifiers & when.of_format(*_ASKED),
)
async def a_format_alone_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request by ``format`` without what the format asks for is refused."""
    named = _by_format(access)
    for member in _ASKED[named["format"]]:
        await refused(
            access,
            expect,
            {**without_name(access, await access.right_body()), **_without(member)(named)},
            "DRAFT-REQUEST-TYPE-MISSING",
            what=f"a Credential Request for {named['format']} without {member}",
            errors=_INVALID,
            requirement=_LACKING[named["format"]],
            error_requirement=MALFORMED,
        )


@check(
    "draft-request-type-unknown-refused",
    requires=["VCID14-7.3.1.2-02", "VCI13-7.3.1.2-02", "VCI11-7.3.1-04", STATUS],
    proven_by=by_rule("draft-credential.type-known", "DRAFT-REQUEST-TYPE-UNKNOWN"),
    applies=~when.credential_identifiers,
)
async def an_unknown_type_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request for a type that the issuer does not have is refused as such."""
    await refused(
        access,
        expect,
        naming_unknown(access, await access.right_body()),
        "DRAFT-REQUEST-TYPE-UNKNOWN",
        what="a Credential Request for an unknown type",
        errors={"unsupported_credential_type"},
    )


@check(
    "draft-request-format-unknown-refused",
    requires=["VCID14-7.3.1.2-03", "VCI13-7.3.1.2-03", "VCI11-7.3.1-05", STATUS],
    proven_by=by_rule("draft-credential.format-known", "DRAFT-REQUEST-FORMAT-UNKNOWN"),
    applies=~when.credential_identifiers,
)
async def an_unknown_format_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request for a format that nobody knows is refused as such."""
    await refused(
        access,
        expect,
        {
            **without_name(access, await access.right_body()),
            **_by_format(access),
            "format": "assay_unknown_format",
        },
        "DRAFT-REQUEST-FORMAT-UNKNOWN",
        what="a Credential Request for an unknown format",
        errors={"unsupported_credential_format"},
    )


# What was asked for by format


_TYPED = {
    "vc+sd-jwt": ("VCID14-A.3.4-02",),
    "mso_mdoc": ("VCID14-A.2.4-02",),
    "jwt_vc_json": ("VCID14-A.1.1.4-02", "VCI13-A.1.1.4-02", "VCI11-E.1.1.5-02"),
    "ldp_vc": ("VCID14-A.1.2.4-02", "VCI13-A.1.2.4-02"),
    "jwt_vc_json-ld": ("VCID14-A.1.2.4-02", "VCI13-A.1.3.4-02"),
}


@check(
    "draft-credential-type",
    requires=list(dict.fromkeys(name for names in _TYPED.values() for name in names)),
    proven_by={
        "draft-sd-jwt:vct-other": "DRAFT-CREDENTIAL-TYPE",
        "draft-mdoc:doc-type-other": "DRAFT-CREDENTIAL-TYPE",
        "draft-jwt-vc:type-other": "DRAFT-CREDENTIAL-TYPE",
        "draft-ldp-vc:type-other": "DRAFT-CREDENTIAL-TYPE",
    },
    applies=~when.credential_identifiers & when.readable_format,
    per=Per.SCENARIO,
)
async def the_credential_has_the_type(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """A Credential that was asked for by ``format`` has the type that the request names."""
    asked, found = announced_types(shared.configuration), traits(credential).types
    expect.that(
        asked <= found,
        "DRAFT-CREDENTIAL-TYPE",
        f"a Credential of the type {show(sorted(asked))}",
        f"one of {show(sorted(found))}",
        at=credential.exchange,
        pointer=credential.pointer,
        requirement=_TYPED.get(str(credential.format), ("VCID14-A.3.4-02",)),
    )


@check(
    "draft-credential-format",
    requires=["VCID14-7.3-07"],
    proven_by={"draft-credential:format-other": "DRAFT-CREDENTIAL-FORMAT"},
    applies=~when.credential_identifiers,
    per=Per.SCENARIO,
)
async def the_credential_has_the_format(shared: Flow, expect: Expect) -> None:
    """A Credential that was asked for by ``format`` has that format."""
    for issued in await shared.credentials():
        if not isinstance(issued.raw, (str, dict)):
            raise Blocked("the Credential is neither a string nor a JSON object")
        expect.that(
            issued.format not in _FORMS or _FORMS[issued.format](issued.raw),
            "DRAFT-CREDENTIAL-FORMAT",
            f"a Credential of the format {issued.format}",
            f"another: {show(issued.raw)}",
            at=issued.exchange,
            pointer=issued.pointer,
        )


def _is_jwt(raw: Any) -> bool:
    return isinstance(raw, str) and raw.count(".") == 2 and "~" not in raw


_FORMS: dict[Any, Callable[[Any], bool]] = {
    "vc+sd-jwt": lambda raw: isinstance(raw, str) and "~" in raw,
    "mso_mdoc": lambda raw: isinstance(raw, str) and "." not in raw and "~" not in raw,
    "jwt_vc_json": _is_jwt,
    "jwt_vc_json-ld": _is_jwt,
    "ldp_vc": lambda raw: isinstance(raw, dict),
}
"""Format to what a Credential of it cannot but look like."""
