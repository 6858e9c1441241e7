"""Credential Responses and their errors: drafts 13 and 14, section 7.3; draft 15, section 8.3."""

from __future__ import annotations

import json
import re
from typing import Any

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet.encryption import is_sealed
from suites.oid4vci_drafts._members import expect_seconds, expect_string

check = area("Credential Endpoint", per=Per.SHAPE)

_ONE_OF = ("VCI15-8.3-01", "VCID14-7.3-01", "VCI13-7.3-01")


def _members(reply: Reply) -> dict[str, Any]:
    """Give the members of a Credential Response.

    Raises:
        Blocked: the request was refused, or the response cannot be read.

    """
    if not reply.successful or is_sealed(reply):
        raise Blocked(f"no readable Credential Response: exchange {reply.exchange} ended with {reply.gist}")
    return reply.object


@check(
    "draft-credential-delivered",
    requires=[*_ONE_OF, "VCID14-7.3-02", "VCID14-7.3-03", "VCI13-7.3-02"],
    proven_by={
        "draft-credential:credential-missing": "DRAFT-CREDENTIAL-MISSING",
        "draft-credential:credential-twice": "DRAFT-CREDENTIAL-TWICE",
        "draft-credential:credential-number": "DRAFT-CREDENTIAL-TYPE-JSON",
    },
    per=Per.SCENARIO,
)
async def a_response_delivers_or_defers(issuance: Reply, expect: Expect) -> None:
    """A Credential Response delivers what was asked for, in the one way that its version has, or defers it."""
    members = _members(issuance)
    of_13 = expect.judges_by("VCI13-7.3-01")
    of_15 = expect.judges_by("VCI15-8.3-01")
    known = ("credential",) if of_13 else ("credentials",) if of_15 else ("credential", "credentials")
    names = [*known, "transaction_id"]
    expect.that(
        any(name in members for name in names),
        "DRAFT-CREDENTIAL-MISSING",
        f"one of the members {', '.join(names)}",
        f"the members {show(list(members))}",
        at=issuance,
        requirement=_ONE_OF,
    )
    expect.that(
        "credential" not in members or not {"credentials", "transaction_id"} & members.keys(),
        "DRAFT-CREDENTIAL-TWICE",
        "credential alone, without credentials and transaction_id",
        f"the members {show(list(members))}",
        at=issuance,
        requirement="VCID14-7.3-02",
    )
    if "credential" in members and not of_15:
        expect.that(
            isinstance(members["credential"], (str, dict)),
            "DRAFT-CREDENTIAL-TYPE-JSON",
            "credential, a string or a JSON object",
            members["credential"],
            at=issuance,
            pointer="/credential",
            requirement=("VCID14-7.3-03", "VCI13-7.3-02"),
        )


@check(
    "draft-credentials-listed",
    requires=["VCID14-7.3-04"],
    proven_by={"draft-credential:credentials-wrapped": "DRAFT-CREDENTIALS-FORM"},
    applies=when.batches & when.one_proof_per_key & when.several_credentials,
)
async def several_credentials_stand_by_themselves(batch: Flow, expect: Expect) -> None:
    """Each of the ``credentials`` is a Credential by itself, a string or a JSON object."""
    reply = await batch.collected()
    members = _members(reply)
    if "credentials" not in members:
        raise Blocked(f"the response of exchange {reply.exchange} has no credentials")
    items = members["credentials"]
    expect.that(
        isinstance(items, list) and all(isinstance(item, (str, dict)) and not _wrapped(item) for item in items),
        "DRAFT-CREDENTIALS-FORM",
        "an array of Credentials, without anything around them",
        items,
        at=reply,
        pointer="/credentials",
    )


def _wrapped(item: Any) -> bool:
    """Whether a Credential has the object around it that later versions put there."""
    return isinstance(item, dict) and set(item) == {"credential"}


@check(
    "draft-credential-nonce",
    requires=["VCID14-7.3-05", "VCI13-7.3-03", "VCI11-7.3-06", "VCID14-7.3-06", "VCI13-7.3-04"],
    proven_by={
        "draft-credential:c-nonce-number": "DRAFT-CREDENTIAL-NONCE-TYPE",
        "draft-credential:c-nonce-expires-in-string": "DRAFT-CREDENTIAL-NONCE-LIFETIME",
    },
    per=Per.SCENARIO,
)
async def the_nonce_is_wellformed(issuance: Reply, expect: Expect) -> None:
    """``c_nonce`` of a Credential Response is a string and ``c_nonce_expires_in`` a number, when present."""
    _members(issuance)
    kind = ("VCID14-7.3-05", "VCI13-7.3-03", "VCI11-7.3-06")
    expect_string(expect, issuance, "c_nonce", "DRAFT-CREDENTIAL-NONCE-TYPE", kind)
    lifetime = ("VCID14-7.3-06", "VCI13-7.3-04")
    expect_seconds(expect, issuance, "c_nonce_expires_in", "DRAFT-CREDENTIAL-NONCE-LIFETIME", lifetime)


@check(
    "draft-mdoc-encoding",
    requires=["VCI13-A.2.5-01", "VCI11-E.2.6-01"],
    proven_by={"draft-credential:mdoc-padded": "DRAFT-MDOC-ENCODING"},
    per=Per.SCENARIO,
    applies=when.mdoc,
)
async def an_mdoc_is_a_string(shared: Flow, expect: Expect) -> None:
    """An mdoc comes as a string, its base64url without padding."""
    for issued in await shared.credentials():
        expect.that(
            isinstance(issued.raw, str) and re.fullmatch(r"[A-Za-z0-9_-]+", issued.raw) is not None,
            "DRAFT-MDOC-ENCODING",
            "a string in base64url without padding",
            issued.raw,
            at=issued.exchange,
            pointer=issued.pointer,
        )


# Errors

_GENERAL = frozenset(
    {
        "invalid_credential_request",
        "unsupported_credential_type",
        "unsupported_credential_format",
        "invalid_proof",
        "invalid_encryption_parameters",
    }
)
_CODES = {
    "VCI11-7.3.1-01": frozenset(
        {
            *("invalid_request", "invalid_token", "invalid_or_missing_proof"),
            *("unsupported_credential_type", "unsupported_credential_format"),
        }
    ),
    "VCI13-7.3.1.2-01": _GENERAL,
    "VCID14-7.3.1.2-01": _GENERAL | {"credential_request_denied"},
    "VCI15-8.3.1.2-01": _GENERAL | {"invalid_nonce", "credential_request_denied"},
}
"""Requirement to the error codes of its section."""


@check(
    "draft-credential-error-code",
    requires=list(reversed(_CODES)),
    proven_by={"draft-credential-error:code-unknown": "DRAFT-CREDENTIAL-ERROR-CODE"},
)
async def the_error_is_known(access: Access, expect: Expect) -> None:
    """The ``error`` with which a Credential Request that is cut off is refused is one that the version has."""
    reply = await access.request(json.dumps(await access.right_body())[:-1].encode())
    if reply.status != 400 or reply.error is None:
        raise Blocked(f"a request that is cut off was not refused with an error: {reply.gist}")
    codes = next(codes for name, codes in _CODES.items() if expect.judges_by(name))
    expect.that(
        reply.error in codes,
        "DRAFT-CREDENTIAL-ERROR-CODE",
        f"one of {', '.join(sorted(codes))}",
        reply.error,
        at=reply,
        pointer="/error",
    )
