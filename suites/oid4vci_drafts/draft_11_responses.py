"""Token and Credential Responses of draft 11: sections 6.2, 7.3 and 9.2."""

from __future__ import annotations

from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats.strict_json import integer
from harness.transport import Reply

check = area("Credential Endpoint", per=Per.SCENARIO)
token_check = area("Token Endpoint", per=Per.REDEMPTION)


@token_check(
    "draft-11-token-members",
    requires=["VCI11-6.2-02", "VCI11-6.2-03", "VCI11-6.2-04"],
    proven_by={
        "draft-token:11-nonce-lifetime-text": "DRAFT-11-TOKEN-MEMBER",
        "draft-token:11-nonce-lifetime-fraction": "DRAFT-11-TOKEN-MEMBER",
        "draft-token:11-pending-text": "DRAFT-11-TOKEN-MEMBER",
        "draft-token:11-interval-text": "DRAFT-11-TOKEN-MEMBER",
    },
)
async def members_of_the_token_response_are_typed(token: Reply, expect: Expect) -> None:
    """The lifetime of the nonce is an integer, ``authorization_pending`` a boolean, ``interval`` a number."""
    if not token.successful:
        raise Blocked(f"no Token Response: {token.gist}")
    for name, right, wanted, requirement in (
        ("c_nonce_expires_in", integer, "an integer", "VCI11-6.2-02"),
        ("authorization_pending", _boolean, "a boolean", "VCI11-6.2-03"),
        ("interval", _number, "a number", "VCI11-6.2-04"),
    ):
        value = token.object.get(name, _MISSING)
        expect.that(
            value is _MISSING or right(value) is not None,
            "DRAFT-11-TOKEN-MEMBER",
            f"{name}, when present, is {wanted}",
            None if value is _MISSING else value,
            at=token,
            pointer=f"/{name}",
            requirement=requirement,
        )


_MISSING = object()


def _boolean(value: Any) -> bool | None:
    return True if isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


@check(
    "draft-11-response-members",
    requires=["VCI11-7.3-02", "VCI11-7.3-03", "VCI11-7.3-04", "VCI11-7.3-07"],
    proven_by={
        "draft-credential:11-credential-missing": "DRAFT-11-RESPONSE-EMPTY",
        "draft-credential:11-credential-number": "DRAFT-11-RESPONSE-CREDENTIAL",
        "draft-credential:11-nonce-lifetime-text": "DRAFT-11-RESPONSE-NONCE-LIFETIME",
        "draft-deferral:11-token-number": "DRAFT-11-ACCEPTANCE-TOKEN",
    },
)
async def the_response_brings_something(issuance: Reply, expect: Expect) -> None:
    """A Credential Response has a Credential, or a string as acceptance token to come back with."""
    if not issuance.successful:
        raise Blocked(f"no Credential Response: {issuance.gist}")
    body = issuance.object
    expect.that(
        "credential" in body or "acceptance_token" in body,
        "DRAFT-11-RESPONSE-EMPTY",
        "credential or acceptance_token",
        f"the members {sorted(body)}",
        at=issuance,
    )
    if "credential" in body:
        expect.that(
            isinstance(body["credential"], (str, dict)),
            "DRAFT-11-RESPONSE-CREDENTIAL",
            "a string or a JSON object",
            body["credential"],
            at=issuance,
            pointer="/credential",
            requirement="VCI11-7.3-03",
        )
    if "acceptance_token" in body:
        expect.that(
            isinstance(body["acceptance_token"], str),
            "DRAFT-11-ACCEPTANCE-TOKEN",
            "a string",
            type(body["acceptance_token"]).__name__,
            at=issuance,
            pointer="/acceptance_token",
            requirement="VCI11-7.3-04",
        )
    if "c_nonce_expires_in" in body:
        expect.that(
            integer(body["c_nonce_expires_in"]) is not None,
            "DRAFT-11-RESPONSE-NONCE-LIFETIME",
            "an integer",
            body["c_nonce_expires_in"],
            at=issuance,
            pointer="/c_nonce_expires_in",
            requirement="VCI11-7.3-07",
        )


@check(
    "draft-11-response-format",
    requires=["VCI11-7.3-01", "VCI11-7.3-05"],
    proven_by={
        "draft-credential:11-format-missing": "DRAFT-11-RESPONSE-FORMAT",
        "draft-credential:11-format-number": "DRAFT-11-RESPONSE-FORMAT",
        "draft-credential:11-format-other": "DRAFT-11-RESPONSE-FORMAT-OTHER",
    },
    applies=~when.deferred,
)
async def the_response_tells_the_format(shared: Flow, issuance: Reply, expect: Expect) -> None:
    """A Credential Response says which format its Credential has: the one that was asked for."""
    if not issuance.successful or "credential" not in issuance.object:
        raise Blocked(f"no Credential was issued: {issuance.gist}")
    value = issuance.object.get("format")
    if expect.that(
        isinstance(value, str),
        "DRAFT-11-RESPONSE-FORMAT",
        "format, a string",
        value,
        at=issuance,
        pointer="/format",
    ):
        asked = shared.configuration.get("format")
        expect.that(
            value == asked,
            "DRAFT-11-RESPONSE-FORMAT-OTHER",
            f"{asked}, the format of the Credential",
            value,
            at=issuance,
            pointer="/format",
            requirement="VCI11-7.3-05",
        )
