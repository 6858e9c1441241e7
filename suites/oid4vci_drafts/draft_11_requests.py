"""Credential Requests of draft 11 that are refused: sections 7.2, 7.2.1, 7.3.1 and 7.3.2, appendices E.*.5.

Each wrong request differs from the right one in one thing. The draft has examples of errors with status 400,
and no rule on it, so that the error code is what is judged.
"""

from __future__ import annotations

import json

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.transport import Reply
from harness.wallet.credential import carries_credential
from suites.oid4vci._naming import without_name
from suites.oid4vci._proofs import by_rule
from suites.oid4vci_drafts._draft_11 import NAMED_BY, error_codes, expect_refused, without

check = area("Credential Endpoint", per=Per.SHAPE)

_MALFORMED = "VCI11-7.3.1-02"
_INVALID_REQUEST = frozenset({"invalid_request"})
_INVALID_PROOF = frozenset({"invalid_or_missing_proof"})


@check(
    "draft-11-malformed-refused",
    requires=[_MALFORMED],
    proven_by={"draft-credential-error:11-malformed-code": "DRAFT-11-MALFORMED-MISREPORTED"},
)
async def malformed_requests_are_named_so(access: Access, expect: Expect) -> None:
    """A Credential Request that is cut off, or an array, is refused with invalid_request."""
    body = await access.right_body()
    for what, payload in {
        "a Credential Request that is cut off": json.dumps(body)[:-1],
        "a Credential Request that is an array": json.dumps([body]),
    }.items():
        expect_refused(
            expect,
            await access.request(payload.encode()),
            "DRAFT-11-MALFORMED",
            what=what,
            errors=_INVALID_REQUEST,
            error_requirement=_MALFORMED,
        )


@check(
    "draft-11-format-missing-refused",
    requires=["VCI11-7.2-01", _MALFORMED],
    proven_by={
        **by_rule("draft-credential.format-present", "DRAFT-11-FORMAT-MISSING"),
        "draft-credential-error:11-malformed-code": "DRAFT-11-FORMAT-MISSING-MISREPORTED",
    },
)
async def a_request_without_a_format_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request that names no format is refused with invalid_request."""
    expect_refused(
        expect,
        await access.request(without_name(access, await access.right_body())),
        "DRAFT-11-FORMAT-MISSING",
        what="a Credential Request without format",
        errors=_INVALID_REQUEST,
        error_requirement=_MALFORMED,
    )


_TYPES = {
    "jwt_vc_json": "VCI11-E.1.1.5-01",
    "jwt_vc_json-ld": "VCI11-E.1.2.5-01",
    "ldp_vc": "VCI11-E.1.3.5-01",
    "mso_mdoc": "VCI11-E.2.5-01",
}
"""Format to the requirement on what goes with it."""


@check(
    "draft-11-types-missing-refused",
    requires=[*_TYPES.values(), _MALFORMED],
    proven_by={
        **by_rule("draft-credential.types-present", "DRAFT-11-TYPES-MISSING"),
        "draft-credential-error:11-malformed-code": "DRAFT-11-TYPES-MISSING-MISREPORTED",
    },
    applies=when.configuration_of(*_TYPES),
)
async def a_request_without_a_type_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request that names a format but not what goes with it is refused."""
    named = str(access.flow.configuration["format"])
    expect_refused(
        expect,
        await access.request(without(await access.right_body(), *NAMED_BY[named])),
        "DRAFT-11-TYPES-MISSING",
        what=f"a Credential Request with the format {named} but without {NAMED_BY[named][0]}",
        # That such a type is not supported is true as well.
        errors={*_INVALID_REQUEST, "unsupported_credential_type"},
        requirement=_TYPES[named],
        error_requirement=_MALFORMED,
    )


# Key proofs


def _expect_nonce(expect: Expect, reply: Reply, code: str, requirement: str) -> None:
    """Expect a refusal to bring the nonce that the next key proof can be made with."""
    if expect.that(
        "c_nonce" in reply.object,
        code,
        "c_nonce beside the error",
        f"the members {sorted(reply.object)}",
        at=reply,
        requirement=requirement,
    ):
        expect.that(
            isinstance(reply.object["c_nonce"], str),
            f"{code}-TYPE",
            "a string",
            reply.object["c_nonce"],
            at=reply,
            pointer="/c_nonce",
            requirement="VCI11-7.3.2-03",
        )


@check(
    "draft-11-proof-missing-refused",
    requires=["VCI11-7.3.1-06", "VCI11-7.3.2-01", "VCI11-7.3.2-03"],
    proven_by={
        "draft-credential-error:11-proof-code": "DRAFT-11-PROOF-MISSING-MISREPORTED",
        "draft-credential-error:11-nonce-missing": "DRAFT-11-PROOF-MISSING-NONCE",
        "draft-credential-error:11-nonce-number": "DRAFT-11-PROOF-MISSING-NONCE-TYPE",
    },
    applies=when.key_binding,
)
async def a_missing_proof_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request without the key proof that the issuer wants gets a c_nonce to make one with."""
    reply = await access.request(access.body())
    if reply.successful and carries_credential(reply):
        expect.that(
            True, "DRAFT-11-PROOF-MISSING-MISREPORTED", "an issuer may issue without a key proof", reply.gist
        )
        return
    if expect_refused(
        expect,
        reply,
        "DRAFT-11-PROOF-MISSING",
        what="a Credential Request without a key proof",
        errors=_INVALID_PROOF,
        error_requirement="VCI11-7.3.1-06",
    ):
        _expect_nonce(expect, reply, "DRAFT-11-PROOF-MISSING-NONCE", "VCI11-7.3.2-01")


@check(
    "draft-11-proof-invalid-refused",
    requires=["VCI11-7.3.1-07", "VCI11-7.3.2-02", "VCI11-7.3.2-03"],
    proven_by={
        "draft-credential-error:11-proof-code": "DRAFT-11-PROOF-INVALID-MISREPORTED",
        "draft-credential-error:11-nonce-missing": "DRAFT-11-PROOF-INVALID-NONCE",
        "draft-credential-error:11-nonce-number": "DRAFT-11-PROOF-INVALID-NONCE-TYPE",
    },
    applies=when.key_binding,
)
async def an_invalid_proof_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request with a key proof whose signature is broken gets a c_nonce to make another one with."""
    reply = await access.request(access.body(mutate.broken_signature(await access.proof())))
    if expect_refused(
        expect,
        reply,
        "DRAFT-11-PROOF-INVALID",
        what="a key proof with a broken signature",
        errors=_INVALID_PROOF,
        error_requirement="VCI11-7.3.1-07",
    ):
        _expect_nonce(expect, reply, "DRAFT-11-PROOF-INVALID-NONCE", "VCI11-7.3.2-02")


@check(
    "draft-11-proof-nonce-refused",
    requires=["VCI11-7.2.1-02", "VCI11-7.3.1-08"],
    proven_by={
        "accepts:proof.nonce-present": "DRAFT-11-PROOF-NONCE-MISSING-ACCEPTED",
        **by_rule("draft-proof.nonce-given", "DRAFT-11-PROOF-NONCE-MISSING"),
        "draft-credential-error:11-proof-code": (
            "DRAFT-11-PROOF-NONCE-MISSING-MISREPORTED",
            "DRAFT-11-PROOF-NONCE-UNKNOWN-MISREPORTED",
        ),
    },
    applies=when.key_binding,
)
async def a_proof_without_the_nonce_is_refused(access: Access, expect: Expect) -> None:
    """A key proof without a nonce, or with one that the issuer never gave out, is refused."""
    for code, what, nonce in (
        ("DRAFT-11-PROOF-NONCE-MISSING", "a key proof without nonce", None),
        ("DRAFT-11-PROOF-NONCE-UNKNOWN", "a key proof with an unknown nonce", mutate.unknown_nonce()),
    ):
        proof = (await access.proof()).with_claims(nonce=nonce).sign()
        expect_refused(
            expect,
            await access.request(access.body(proof)),
            code,
            what=what,
            errors=_INVALID_PROOF,
            requirement="VCI11-7.2.1-02" if nonce is None else "VCI11-7.3.1-08",
            error_requirement="VCI11-7.3.1-08",
        )


# The Access Token


@check(
    "draft-11-token-refused",
    requires=["VCI11-7.3.1-03"],
    proven_by={
        "draft-credential-challenge-response:11-error-other": "DRAFT-11-TOKEN-ERROR",
        "draft-credential-challenge-response:11-error-missing": "DRAFT-11-TOKEN-ERROR",
    },
)
async def a_wrong_token_is_named_so(access: Access, expect: Expect) -> None:
    """A Credential Request without an Access Token or with a wrong one is refused with invalid_token.

    Where there is none, an answer that names no error is right by RFC 6750.
    """
    body = await access.right_body()
    unknown = access.with_token(mutate.near_miss(access.token))
    for what, reply, errors in (
        ("without an Access Token", await access.request(body, headers={}), ([], ["invalid_token"])),
        ("with an unknown Access Token", await unknown.request(body), (["invalid_token"],)),
    ):
        found = error_codes(reply)
        expect.that(
            reply.status >= 400 and sorted(set(found)) in errors,
            "DRAFT-11-TOKEN-ERROR",
            f"a Credential Request {what} is answered by the error invalid_token",
            f"{reply.gist} with the errors {found}",
            at=reply,
        )
