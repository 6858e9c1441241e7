"""Errors of Credential Requests: OpenID4VCI 1.0 sections 8.2 and 8.3.1.2."""

from __future__ import annotations

import json
from typing import Any

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Demanded, Expect
from harness.facts import Facts
from harness.formats import text
from harness.formats.problems import json_type
from harness.transport import Reply
from harness.wallet.credential import carries_credential
from harness.wallet.deferred import defers
from harness.wallet.metadata import Issuer
from suites.oid4vci._naming import naming_unknown, with_proofs, without_name

check = area("Credential Endpoint", per=Per.SHAPE)

_ERRORS = frozenset(
    {
        "invalid_credential_request",
        "unknown_credential_configuration",
        "unknown_credential_identifier",
        "invalid_proof",
        "invalid_nonce",
        "invalid_encryption_parameters",
        "credential_request_denied",
    }
)
"""The error codes of section 8.3.1.2."""
_REFUSAL = ("VCI-8.3.1-01", "VCI-8.3.1.2-01", "VCI-8.3.1.2-02")
"""What every refusal of a bad payload has to keep to: no Credential, no generic code, status 400."""


@check(
    "credential-error-response",
    requires=[
        "VCI-8.3.1.2-04",
        "VCI-8.3.1.2-01",
        "VCI-8.3.1.2-02",
        "VCI-8.3.1.2-03",
        "VCI-8.3.1.2-05",
        "VCI-8.3.1.2-14",
        "VCI-8.3.1.2-15",
    ],
    proven_by={
        "accepts:credential.configuration-known": "CREDENTIAL-ERROR-NONE",
        "misreports:credential.configuration-known": ("CREDENTIAL-ERROR-STATUS", "CREDENTIAL-ERROR-UNKNOWN"),
        "credential-error-response:content-type": "CREDENTIAL-ERROR-CONTENT-TYPE",
        "credential-error:error-missing": "CREDENTIAL-ERROR-MISSING",
        "credential-error:generic": "CREDENTIAL-ERROR-GENERIC",
        "credential-error:description-number": "CREDENTIAL-ERROR-DESCRIPTION-TYPE",
        "credential-error:description-charset": "CREDENTIAL-ERROR-DESCRIPTION-CHARSET",
    },
)
async def refusals_are_wellformed(access: Access, expect: Expect) -> None:
    """The refusal of a request for an unknown configuration is an error response of this specification."""
    reply = await access.request(naming_unknown(access, await access.right_body()))
    if not expect.that(reply.status >= 400, "CREDENTIAL-ERROR-NONE", "an error response", reply.gist, at=reply):
        return
    expect.that(
        reply.status == 400,
        "CREDENTIAL-ERROR-STATUS",
        "HTTP 400",
        reply.gist,
        at=reply,
        requirement="VCI-8.3.1.2-02",
    )
    expect.that(
        reply.media_type == "application/json",
        "CREDENTIAL-ERROR-CONTENT-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="VCI-8.3.1.2-03",
    )
    error = reply.error
    if expect.that(
        error is not None,
        "CREDENTIAL-ERROR-MISSING",
        "a JSON object with error, a string",
        reply.gist,
        at=reply,
    ) and expect.that(
        error != "invalid_request",
        "CREDENTIAL-ERROR-GENERIC",
        "an error code of OpenID4VCI 8.3.1.2",
        error,
        at=reply,
        pointer="/error",
        requirement="VCI-8.3.1.2-01",
    ):
        expect.that(
            error in _ERRORS,
            "CREDENTIAL-ERROR-UNKNOWN",
            "an error code of OpenID4VCI 8.3.1.2",
            error,
            at=reply,
            pointer="/error",
            requirement="VCI-8.3.1.2-05",
        )
    description = reply.object.get("error_description", "")
    if expect.that(
        isinstance(description, str),
        "CREDENTIAL-ERROR-DESCRIPTION-TYPE",
        "error_description, when present, is a string",
        json_type(description),
        at=reply,
        pointer="/error_description",
        requirement="VCI-8.3.1.2-14",
    ):
        expect.that(
            text.is_error_text(description),
            "CREDENTIAL-ERROR-DESCRIPTION-CHARSET",
            "error_description with the characters %x20-21, %x23-5B and %x5D-7E only",
            description,
            at=reply,
            pointer="/error_description",
            requirement="VCI-8.3.1.2-15",
        )


@check(
    "credential-request-cut-off-refused",
    requires=["VCI-8.3.1-01", "VCI-8.3.1.2-06", "VCI-8.3.1.2-01", "VCI-8.3.1.2-02"],
    proven_by={
        "accepts:credential.json": "CREDENTIAL-REQUEST-CUT-OFF-ACCEPTED",
        "misreports:credential.json": "CREDENTIAL-REQUEST-CUT-OFF-MISREPORTED",
    },
)
async def a_request_that_is_no_json_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request that is cut off, so that it is no JSON, is refused with invalid_credential_request."""
    body = json.dumps(await access.right_body())
    _expect_refused(
        access,
        expect,
        await access.request(body[:-1].encode()),
        "CREDENTIAL-REQUEST-CUT-OFF",
        what="a Credential Request that is cut off",
        errors={"invalid_credential_request"},
        requirement="VCI-8.3.1.2-06",
    )


@check(
    "credential-request-array-refused",
    requires=["VCI-8.3.1-01", "VCI-8.3.1.2-06", "VCI-8.3.1.2-01", "VCI-8.3.1.2-02"],
    proven_by={
        "accepts:credential.json": "CREDENTIAL-REQUEST-ARRAY-ACCEPTED",
        "misreports:credential.json": "CREDENTIAL-REQUEST-ARRAY-MISREPORTED",
    },
)
async def a_request_that_is_no_object_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request that is an array is refused with invalid_credential_request."""
    body = json.dumps([await access.right_body()])
    _expect_refused(
        access,
        expect,
        await access.request(body.encode()),
        "CREDENTIAL-REQUEST-ARRAY",
        what="a Credential Request that is an array",
        # An array has no proofs either.
        errors={"invalid_credential_request", "invalid_proof"},
        requirement="VCI-8.3.1.2-06",
    )


@check(
    "credential-identifiers-both-refused",
    requires=["VCI-8.2-02", *_REFUSAL, "VCI-8.3.1.2-06"],
    proven_by={
        "accepts:credential.one-identifier": "CREDENTIAL-IDENTIFIERS-BOTH-ACCEPTED",
        "misreports:credential.one-identifier": "CREDENTIAL-IDENTIFIERS-BOTH-MISREPORTED",
    },
)
async def both_identifiers_are_refused(access: Access, expect: Expect) -> None:
    """A Credential Request with credential_identifier and credential_configuration_id is refused."""
    body = await access.right_body()
    body.setdefault("credential_configuration_id", access.configuration_id)
    body.setdefault("credential_identifier", access.configuration_id)
    _expect_refused(
        access,
        expect,
        await access.request(body),
        "CREDENTIAL-IDENTIFIERS-BOTH",
        what="a Credential Request with credential_identifier and credential_configuration_id",
        # Without identifiers in the Token Response the one sent here is unknown as well.
        errors={"invalid_credential_request"}
        | (set() if access.identifier else {"unknown_credential_identifier"}),
        requirement="VCI-8.3.1.2-06",
    )


@check(
    "credential-identifiers-missing-refused",
    requires=["VCI-8.2-03", *_REFUSAL, "VCI-8.3.1.2-06"],
    proven_by={
        "accepts:credential.identifier-present": "CREDENTIAL-IDENTIFIERS-MISSING-ACCEPTED",
        "misreports:credential.identifier-present": "CREDENTIAL-IDENTIFIERS-MISSING-MISREPORTED",
    },
)
async def missing_identifiers_are_refused(access: Access, expect: Expect) -> None:
    """A Credential Request that does not say what it is for is refused with invalid_credential_request."""
    _expect_refused(
        access,
        expect,
        await access.request(without_name(access, await access.right_body())),
        "CREDENTIAL-IDENTIFIERS-MISSING",
        what="a Credential Request with neither credential_identifier nor credential_configuration_id",
        errors={"invalid_credential_request"},
        requirement="VCI-8.3.1.2-06",
    )


@check(
    "credential-configuration-id-refused",
    requires=["VCI-8.2-04", "VCI-8.3.1.2-06", "VCI-8.3.1.2-01", "VCI-8.3.1.2-02"],
    proven_by={
        "accepts:credential.identifier-form": "CREDENTIAL-CONFIGURATION-ID-ACCEPTED",
        "misreports:credential.identifier-form": "CREDENTIAL-CONFIGURATION-ID-MISREPORTED",
    },
    applies=when.credential_identifiers,
)
async def a_configuration_id_in_place_of_an_identifier_is_refused(access: Access, expect: Expect) -> None:
    """Where the Token Response returned credential_identifiers, a request by configuration is refused."""
    body = without_name(access, await access.right_body())
    _expect_refused(
        access,
        expect,
        await access.request({**body, "credential_configuration_id": access.configuration_id}),
        "CREDENTIAL-CONFIGURATION-ID",
        what="credential_configuration_id in place of a credential_identifier of the Token Response",
        errors={"invalid_credential_request"},
        requirement="VCI-8.3.1.2-06",
    )


@check(
    "credential-configuration-unknown-refused",
    requires=["VCI-8.3.1-01", "VCI-8.3.1.2-07", "VCI15-8.3.1.2-02", "VCI-8.3.1.2-01", "VCI-8.3.1.2-02"],
    proven_by={
        "accepts:credential.configuration-known": "CREDENTIAL-CONFIGURATION-UNKNOWN-ACCEPTED",
        "misreports:credential.configuration-known": "CREDENTIAL-CONFIGURATION-UNKNOWN-MISREPORTED",
        "credential-error:error-missing": "CREDENTIAL-CONFIGURATION-UNKNOWN-MISREPORTED",
        "credential-error:generic": "CREDENTIAL-CONFIGURATION-UNKNOWN-MISREPORTED",
    },
)
async def an_unknown_configuration_is_refused(access: Access, expect: Expect) -> None:
    """A request for a Credential Configuration that does not exist is refused as such."""
    _expect_refused(
        access,
        expect,
        await access.request(naming_unknown(access, await access.right_body())),
        "CREDENTIAL-CONFIGURATION-UNKNOWN",
        what="a Credential Request for an unknown configuration",
        # Where there are identifiers, asking by configuration is malformed as well.
        errors={"unknown_credential_configuration"}
        | ({"invalid_credential_request"} if access.identifier else set()),
        requirement=("VCI-8.3.1.2-07", "VCI15-8.3.1.2-02"),
    )


@check(
    "credential-identifier-unknown-refused",
    requires=["VCI-8.3.1-01", "VCI-8.3.1.2-08", "VCI-8.3.1.2-01", "VCI-8.3.1.2-02"],
    proven_by={
        "accepts:credential.identifier-known": "CREDENTIAL-IDENTIFIER-UNKNOWN-ACCEPTED",
        "misreports:credential.identifier-known": "CREDENTIAL-IDENTIFIER-UNKNOWN-MISREPORTED",
    },
)
async def an_unknown_identifier_is_refused(access: Access, expect: Expect) -> None:
    """A request with a credential_identifier that does not exist is refused as such."""
    body = without_name(access, await access.right_body())
    _expect_refused(
        access,
        expect,
        await access.request({**body, "credential_identifier": "assay-unknown-identifier"}),
        "CREDENTIAL-IDENTIFIER-UNKNOWN",
        what="a Credential Request with an unknown credential_identifier",
        # Without identifiers in the Token Response the parameter has no place in the request at all.
        errors={"unknown_credential_identifier"}
        | (set() if access.identifier else {"invalid_credential_request"}),
        requirement="VCI-8.3.1.2-08",
    )


@check(
    "credential-proofs-missing-refused",
    requires=["VCI-8.2-05", *_REFUSAL, "VCI-8.3.1.2-09"],
    proven_by={
        "accepts:proof.present": "CREDENTIAL-PROOFS-MISSING-ACCEPTED",
        "misreports:proof.present": "CREDENTIAL-PROOFS-MISSING-MISREPORTED",
    },
    applies=when.key_binding,
)
async def missing_proofs_are_refused(access: Access, expect: Expect) -> None:
    """A Credential Request without the key proofs that the configuration asks for is refused."""
    _expect_refused(
        access,
        expect,
        await access.request(access.body()),
        "CREDENTIAL-PROOFS-MISSING",
        what="a Credential Request without proofs",
        # A missing required parameter is what invalid_credential_request means, too.
        errors={"invalid_proof", "invalid_credential_request"},
        requirement="VCI-8.3.1.2-09",
    )


@check(
    "credential-proofs-type-refused",
    requires=["VCI-8.2-06", *_REFUSAL, "VCI-8.3.1.2-10"],
    proven_by={
        "accepts:proof.object": "CREDENTIAL-PROOFS-TYPE-ACCEPTED",
        "misreports:proof.object": "CREDENTIAL-PROOFS-TYPE-MISREPORTED",
    },
    applies=when.jwt_proof,
)
async def proofs_that_are_no_object_are_refused(access: Access, expect: Expect) -> None:
    """A Credential Request whose proofs are an array, so that they have no proof type, is refused."""
    proof = (await access.proof()).sign()
    proofs: Any = proof if _alone(access) else [proof]
    await _expect_proofs_refused(access, _with(access, proofs), "CREDENTIAL-PROOFS-TYPE", expect)


@check(
    "credential-proof-type-missing-refused",
    requires=["VCI-8.2-06", *_REFUSAL, "VCI-8.3.1.2-10"],
    proven_by={
        "accepts:proof.one-type": "CREDENTIAL-PROOF-TYPE-MISSING-ACCEPTED",
        "misreports:proof.one-type": "CREDENTIAL-PROOF-TYPE-MISSING-MISREPORTED",
    },
    applies=when.jwt_proof,
)
async def a_missing_proof_type_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request whose proofs do not say their proof type, or are an empty object, is refused."""
    proofs = {"jwt": (await access.proof()).sign()} if _alone(access) else {}
    await _expect_proofs_refused(access, _with(access, proofs), "CREDENTIAL-PROOF-TYPE-MISSING", expect)


@check(
    "credential-proof-types-refused",
    requires=["VCI-8.2-06", *_REFUSAL, "VCI-8.3.1.2-10"],
    proven_by={
        "accepts:proof.one-type": "CREDENTIAL-PROOF-TYPES-ACCEPTED",
        "misreports:proof.one-type": "CREDENTIAL-PROOF-TYPES-MISREPORTED",
    },
    applies=when.jwt_proof,
)
async def two_proof_types_are_refused(access: Access, expect: Expect) -> None:
    """A Credential Request whose proofs are of two proof types is refused."""
    proofs = {"jwt": [(await access.proof()).sign()], "di_vp": [{}]}
    body = with_proofs(access.body(), proofs=proofs)
    await _expect_proofs_refused(access, body, "CREDENTIAL-PROOF-TYPES", expect)


@check(
    "credential-proof-type-unknown-refused",
    requires=["VCI-8.2-06", *_REFUSAL, "VCI-8.3.1.2-10"],
    proven_by={
        "accepts:proof.type-supported": "CREDENTIAL-PROOF-TYPE-UNKNOWN-ACCEPTED",
        "misreports:proof.type-supported": "CREDENTIAL-PROOF-TYPE-UNKNOWN-MISREPORTED",
    },
    applies=when.jwt_proof,
)
async def an_unknown_proof_type_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request whose proofs are of a type that nobody knows is refused."""
    body = access.body((await access.proof()).sign(), kind="assay_unknown_type")
    await _expect_proofs_refused(access, body, "CREDENTIAL-PROOF-TYPE-UNKNOWN", expect)


def _alone(access: Access) -> bool:
    """Whether one key is proven with ``proof``, which has its type beside it."""
    return access.dialect.one_proof == "proof"


def _with(access: Access, proofs: Any) -> dict[str, Any]:
    """Give a body whose key proofs, in the member for one key, have another form."""
    return with_proofs(access.body(), **{access.dialect.one_proof: proofs})


def _expect_refused(
    access: Access, expect: Expect, reply: Reply, code: str, *, what: str, errors: set[str], requirement: Demanded
) -> None:
    """Expect a bad payload to be refused with status 400 and one of the errors (section 8.3.1.2).

    Args:
        errors: as OpenID4VCI 1.0 names them.
        requirement: what another error code of this specification violates; ``invalid_request`` is worse.

    """
    generic = reply.error == "invalid_request"
    expect.refused(
        reply,
        code,
        what=what,
        status={400},
        errors=access.dialect.worded(errors),
        status_requirement="VCI-8.3.1.2-02",
        error_requirement="VCI-8.3.1.2-01" if generic else requirement,
    )


async def _expect_proofs_refused(access: Access, body: dict[str, Any], code: str, expect: Expect) -> None:
    (name,) = {"proof", "proofs"} & body.keys()
    proofs = body[name]
    of = f"the members {list(proofs)}" if isinstance(proofs, dict) else f"the type {json_type(proofs)}"
    _expect_refused(
        access,
        expect,
        await access.request(body),
        code,
        what=f"{name} with {of}",
        # Such a request is malformed as a whole, too.
        errors={"invalid_proof", "invalid_credential_request"},
        requirement="VCI-8.3.1.2-10",
    )


@check(
    "credential-denied",
    requires=["VCI-8.3.1.2-13", "VCI-8.3.1.2-01"],
    proven_by={
        "accepts:credential.granted": "CREDENTIAL-DENIED-ACCEPTED",
        "misreports:credential.granted": "CREDENTIAL-DENIED-MISREPORTED",
    },
    applies=~when.deferred & when.denied_offer,
    per=Per.GRANT,
)
async def a_denial_is_told(issuer: Issuer, facts: Facts, issuance: Reply, expect: Expect) -> None:
    """A Credential Request that will never be granted is refused with credential_request_denied."""
    if not (issuance.successful and carries_credential(issuance)):
        raise Blocked(f"a right Credential Request was not granted either: {issuance.gist}")
    if facts.denied is None:
        raise Blocked("an offer whose issuance is denied is not at hand")
    offer = await facts.denied.offer()
    if offer.code is None and offer.issuer_state is None:
        raise Blocked("nothing in the offer tells the issuer that it is the one to be denied")
    reply = await facts.denied.issuance()
    if reply.successful and defers(reply, issuer.dialect):
        raise Blocked(f"issuance was deferred, not denied at once: {reply.gist}")
    expect.refused(
        reply,
        "CREDENTIAL-DENIED",
        what="a Credential Request for Credentials that will not be issued",
        status={400},
        errors=issuer.dialect.worded({"credential_request_denied"}),
        status_requirement="VCI-8.3.1.2-01",
    )
