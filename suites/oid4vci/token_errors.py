"""Refusals of the Token Endpoint: OpenID4VCI 1.0 sections 6.3, 12.3 and 13.6.3, RFC 6749 sections 3.2 and 5.2."""

from __future__ import annotations

import json
from collections.abc import Callable

from harness import mutate
from harness.access import said
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, Grant
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.formats import text
from harness.transport import Reply
from suites.oid4vci._late import redeemed_late
from suites.oid4vci._token_requests import (
    UNAUTHENTICATED,
    anonymous,
    fields_by_details,
    refusing_statuses,
    unauthenticated_errors,
    without,
)

check = area("Token Endpoint", per=Per.REDEMPTION)

_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        # Registered by RFC 8628, RFC 8707, RFC 9396, RFC 9449.
        "authorization_pending",
        "slow_down",
        "access_denied",
        "expired_token",
        "invalid_target",
        "invalid_authorization_details",
        "invalid_dpop_proof",
        "use_dpop_nonce",
        # Attestation-Based Client Authentication.
        "invalid_client_attestation",
        "use_attestation_challenge",
        "use_fresh_attestation",
    }
)
"""RFC 6749 section 5.2, and the IANA registry "OAuth Extensions Error" for the Token Endpoint."""


@check(
    "token-error-response",
    requires=[
        "VCI-6.3-01",
        "RFC6749-5.2-01",
        "RFC6749-5.2-02",
        "RFC6749-5.2-03",
        "RFC6749-5.2-09",
        "RFC6749-5.2-10",
        "RFC6749-5.2-11",
        "RFC6749-5.2-12",
    ],
    proven_by={
        "misreports:token.code-known": ("TOKEN-ERROR-STATUS", "TOKEN-ERROR-UNKNOWN"),
        "token-error-response:content-type": "TOKEN-ERROR-CONTENT-TYPE",
        "token-error:error-missing": "TOKEN-ERROR-MISSING",
        "token-error:description-charset": "TOKEN-ERROR-DESCRIPTION",
        "token-error:uri-charset": "TOKEN-ERROR-URI",
        "accepts:token.code-known": "TOKEN-ERROR-NONE",
        "accepts:code.known": "TOKEN-ERROR-NONE",
        "misreports:code.known": ("TOKEN-ERROR-STATUS", "TOKEN-ERROR-UNKNOWN"),
    },
)
async def refusals_are_wellformed(shared: Flow, expect: Expect) -> None:
    """The refusal of a Token Request is an OAuth error response."""
    reply = await _with_unknown_code(shared)
    if not expect.that(reply.status >= 400, "TOKEN-ERROR-NONE", "an error response", reply.gist, at=reply):
        return
    members = reply.object
    error = members.get("error")
    expect.that(
        reply.status == 400 or (reply.status == 401 and error == "invalid_client"),
        "TOKEN-ERROR-STATUS",
        "HTTP 400, or HTTP 401 with error invalid_client",
        reply.gist,
        at=reply,
        requirement="RFC6749-5.2-01",
    )
    expect.that(
        reply.media_type == "application/json",
        "TOKEN-ERROR-CONTENT-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="RFC6749-5.2-12",
    )
    if expect.that(
        isinstance(error, str),
        "TOKEN-ERROR-MISSING",
        "a JSON object with error, a string",
        reply.gist,
        at=reply,
        requirement="RFC6749-5.2-02",
    ) and expect.that(
        text.is_error_text(error),
        "TOKEN-ERROR-CHARSET",
        "the characters %x20-21, %x23-5B and %x5D-7E",
        error,
        at=reply,
        pointer="/error",
        requirement="RFC6749-5.2-09",
    ):
        expect.that(
            error in _ERRORS,
            "TOKEN-ERROR-UNKNOWN",
            "an error code of RFC 6749 or a registered one",
            error,
            at=reply,
            pointer="/error",
            requirement="RFC6749-5.2-03",
        )
    description = members.get("error_description", "")
    expect.that(
        text.is_error_text(description),
        "TOKEN-ERROR-DESCRIPTION",
        "error_description, when present, has the characters %x20-21, %x23-5B and %x5D-7E only",
        description,
        at=reply,
        pointer="/error_description",
        requirement="RFC6749-5.2-10",
    )
    uri = members.get("error_uri", "")
    expect.that(
        text.is_uri_reference(uri),
        "TOKEN-ERROR-URI",
        "error_uri, when present, is a URI reference",
        uri,
        at=reply,
        pointer="/error_uri",
        requirement="RFC6749-5.2-11",
    )


@check(
    "token-grant-type-missing-refused",
    requires=["RFC6749-5.2-04", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.grant-type-present": "TOKEN-GRANT-TYPE-MISSING-ACCEPTED",
        "misreports:token.grant-type-present": "TOKEN-GRANT-TYPE-MISSING-MISREPORTED",
    },
)
async def a_missing_grant_type_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request without grant_type is refused with invalid_request."""
    fields = await flow.token_fields()
    reply = await flow.request_token(without(fields, "grant_type"))
    expect.refused(
        reply,
        "TOKEN-GRANT-TYPE-MISSING",
        what="a Token Request without grant_type",
        status=refusing_statuses(reply),
        errors={"invalid_request", *unauthenticated_errors(flow.agent)},
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "token-grant-type-unknown-refused",
    requires=["RFC6749-5.2-06", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.grant-type-supported": "TOKEN-GRANT-TYPE-UNKNOWN-ACCEPTED",
        "misreports:token.grant-type-supported": "TOKEN-GRANT-TYPE-UNKNOWN-MISREPORTED",
    },
)
async def an_unknown_grant_type_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request with a grant type that nobody knows is refused with unsupported_grant_type."""
    fields = await flow.token_fields()
    reply = await flow.request_token({**fields, "grant_type": "urn:assay:unknown-grant-type"})
    expect.refused(
        reply,
        "TOKEN-GRANT-TYPE-UNKNOWN",
        what="a Token Request with an unknown grant_type",
        status=refusing_statuses(reply),
        errors={"unsupported_grant_type", *unauthenticated_errors(flow.agent)},
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "token-parameter-repeated-refused",
    requires=["RFC6749-3.2-05", "RFC6749-5.2-05", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.repeated-parameter": "TOKEN-PARAMETER-REPEATED-ACCEPTED",
        "misreports:token.repeated-parameter": "TOKEN-PARAMETER-REPEATED-MISREPORTED",
    },
)
async def a_repeated_parameter_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request that has its code twice is refused with invalid_request."""
    fields = await flow.token_fields()
    name = _code_parameter(fields)
    expect.refused(
        await flow.request_token([*fields.items(), (name, fields[name])]),
        "TOKEN-PARAMETER-REPEATED",
        what=f"a Token Request with {name} twice",
        status={400},
        errors={"invalid_request"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-05",
    )


@check(
    "token-code-missing-refused",
    requires=["VCI-6.1-02", "RFC6749-5.2-04", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.code-present": "TOKEN-CODE-MISSING-ACCEPTED",
        "misreports:token.code-present": "TOKEN-CODE-MISSING-MISREPORTED",
    },
    applies=when.pre_authorized_flow,
)
async def a_missing_code_is_refused(shared: Flow, expect: Expect) -> None:
    """A Token Request without pre-authorized_code is refused with invalid_request."""
    await shared.access()
    expect.refused(
        await shared.request_token(without(await shared.token_fields(), "pre-authorized_code")),
        "TOKEN-CODE-MISSING",
        what="a Token Request without pre-authorized_code",
        status={400},
        errors={"invalid_request"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-04",
    )


@check(
    "token-code-unknown-refused",
    requires=["VCI-6.3-07", "VCI-6.3-08", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.code-known": "TOKEN-CODE-UNKNOWN-ACCEPTED",
        "misreports:token.code-known": "TOKEN-CODE-UNKNOWN-MISREPORTED",
        "token-error:error-missing": "TOKEN-CODE-UNKNOWN-MISREPORTED",
    },
    applies=when.pre_authorized_flow,
)
async def an_unknown_code_is_refused(shared: Flow, expect: Expect) -> None:
    """A Token Request with a code that the Authorization Server did not issue is refused with invalid_grant."""
    expect.refused(
        await _with_unknown_code(shared),
        "TOKEN-CODE-UNKNOWN",
        what="a Token Request with an unknown pre-authorized_code",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="VCI-6.3-08",
    )


@check(
    "token-code-reused-refused",
    requires=["VCI-4.1.1-13", "VCI-6.3-08", "VCI-13.6.3-06", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.code-single-use": "TOKEN-CODE-REUSED-ACCEPTED",
        "misreports:token.code-single-use": "TOKEN-CODE-REUSED-MISREPORTED",
        "token-error:error-missing": "TOKEN-CODE-REUSED-MISREPORTED",
    },
    applies=when.pre_authorized_flow,
)
async def a_used_code_is_refused(flow: Flow, expect: Expect) -> None:
    """A pre-authorized code that has brought an Access Token is refused with invalid_grant."""
    await flow.access()
    expect.refused(
        await flow.request_token(await flow.token_fields()),
        "TOKEN-CODE-REUSED",
        what="a Token Request with a pre-authorized_code that was used before",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="VCI-6.3-08",
    )


@check(
    "token-authorization-details-refused",
    requires=["VCI-6.3-01", "RFC9396-8-01", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.authorization-details": "TOKEN-DETAILS-INVALID-ACCEPTED",
        "misreports:token.authorization-details": "TOKEN-DETAILS-INVALID-MISREPORTED",
    },
    applies=when.authorization_details,
)
async def invalid_details_are_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request whose authorization_details name no configuration is refused where such are supported."""
    details = json.dumps([{"type": "openid_credential"}])
    expect.refused(
        await flow.request_token({**await fields_by_details(flow), "authorization_details": details}),
        "TOKEN-DETAILS-INVALID",
        what="a Token Request with authorization_details that name no credential_configuration_id",
        status={400},
        errors={"invalid_authorization_details"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC9396-8-01",
    )


@check(
    "token-authorization-details-beyond-refused",
    requires=["RFC9396-6-01", "VCI-6.1-03", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.authorization-details": "TOKEN-DETAILS-BEYOND-ACCEPTED",
        "misreports:token.authorization-details": "TOKEN-DETAILS-BEYOND-MISREPORTED",
    },
    applies=when.authorization_details & when.another_configuration,
)
async def details_beyond_the_grant_are_refused(flow: Flow, facts: Facts, expect: Expect) -> None:
    """A Token Request for a configuration that was neither offered nor authorized is refused."""
    beyond = flow.details(facts.unoffered_configurations[0])
    fields = {**await fields_by_details(flow), "authorization_details": json.dumps(beyond)}
    expect.refused(
        await flow.request_token(fields),
        "TOKEN-DETAILS-BEYOND",
        what="a Token Request with authorization_details beyond what was offered or authorized",
        status={400},
        errors={"invalid_authorization_details"},
        # That a Pre-Authorized Code is good for the offered credentials only, is recommended and no more.
        requirement="VCI-6.1-03" if flow.scenario.grant is Grant.PRE_AUTHORIZED_CODE else None,
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "token-tx-code-guesses-limited",
    requires=["VCI-13.6.3-02", "VCI-13.6.3-01"],
    proven_by={
        "accepts:token.tx-code-attempts": "TOKEN-TX-CODE-GUESSES-ACCEPTED",
        "misreports:token.tx-code-attempts": "TOKEN-TX-CODE-GUESSES-MISREPORTED",
    },
    applies=when.pre_authorized_flow & when.promised_attempts & when.tx_code,
)
async def guesses_are_limited(flow: Flow, facts: Facts, expect: Expect) -> None:
    """After as many wrong Transaction Codes as the team says, the right one is refused as well."""
    fields = await flow.token_fields()
    name = flow.tools.dialect.tx_code
    wrong = fields[name]
    attempts = facts.promises.tx_code_attempts or 0
    for _ in range(attempts):
        wrong = mutate.near_miss(wrong)
        reply = await flow.request_token({**fields, name: wrong})
        if reply.successful:
            raise Blocked(f"a wrong Transaction Code was accepted: {said(reply)}")
    expect.refused(
        await flow.request_token(fields),
        "TOKEN-TX-CODE-GUESSES",
        what=f"the right Transaction Code after {attempts} wrong ones",
        status={400},
        errors={"invalid_grant"},
    )


@check(
    "token-code-expired-refused",
    requires=["VCI-6.3-09", "VCI-4.1.1-12", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.code-expired": "TOKEN-CODE-EXPIRED-ACCEPTED",
        "misreports:token.code-expired": "TOKEN-CODE-EXPIRED-MISREPORTED",
    },
    applies=when.pre_authorized_flow & when.brief_code("pre_authorized_code_s"),
    waits=True,
    flows=4,
)
async def an_expired_code_is_refused(
    flow: Flow, another_flow: Callable[[], Flow], facts: Facts, expect: Expect
) -> None:
    """A Pre-Authorized Code is refused once its lifetime, as the team says it, is over."""
    seconds = (facts.promises.pre_authorized_code_s or 0) + 1
    expect.refused(
        await redeemed_late(flow, another_flow, seconds, "the end of a Pre-Authorized Code"),
        "TOKEN-CODE-EXPIRED",
        what="a Token Request with an expired Pre-Authorized Code",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "token-resource-unknown",
    requires=["RFC8707-2.2-01"],
    proven_by={"misreports:token.resource": "TOKEN-RESOURCE-MISREPORTED"},
)
async def an_unknown_resource_is_reported(flow: Flow, expect: Expect) -> None:
    """A Token Request that is refused for its resource is refused with invalid_target."""
    # A server that does not know the parameter ignores it.
    reply = await flow.request_token({**await flow.token_fields(), "resource": mutate.ELSEWHERE})
    expect.that(
        reply.successful or reply.error == "invalid_target",
        "TOKEN-RESOURCE-MISREPORTED",
        "a Token Request with an unknown resource is granted, or refused with error invalid_target",
        reply.gist,
        at=reply,
    )


# Transaction Codes


@check(
    "token-tx-code-missing-refused",
    requires=["VCI-6.3-02", "VCI-4.1.1-15", "VCI-6.3-03", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.tx-code-present": "TOKEN-TX-CODE-MISSING-ACCEPTED",
        "misreports:token.tx-code-present": "TOKEN-TX-CODE-MISSING-MISREPORTED",
    },
    applies=when.pre_authorized_flow & when.tx_code,
)
async def a_missing_tx_code_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request without the Transaction Code that the offer asks for is refused with invalid_request."""
    expect.refused(
        await flow.request_token(without(await flow.token_fields(), flow.tools.dialect.tx_code)),
        "TOKEN-TX-CODE-MISSING",
        what="a Token Request without the tx_code that the offer asks for",
        status={400},
        errors={"invalid_request"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="VCI-6.3-03",
    )


@check(
    "token-tx-code-wrong-refused",
    requires=["VCI-6.3-04", "VCI-6.3-05", "VCI-13.6.3-05", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.tx-code-correct": "TOKEN-TX-CODE-WRONG-ACCEPTED",
        "misreports:token.tx-code-correct": "TOKEN-TX-CODE-WRONG-MISREPORTED",
    },
    applies=when.pre_authorized_flow & when.tx_code,
)
async def a_wrong_tx_code_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request with a wrong Transaction Code is refused with invalid_grant."""
    fields = await flow.token_fields()
    name = flow.tools.dialect.tx_code
    expect.refused(
        await flow.request_token({**fields, name: mutate.near_miss(fields[name])}),
        "TOKEN-TX-CODE-WRONG",
        what="a Token Request with a wrong tx_code",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="VCI-6.3-05",
    )


@check(
    "token-tx-code-unexpected-refused",
    requires=["VCI-6.3-06", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.tx-code-expected": "TOKEN-TX-CODE-UNEXPECTED-ACCEPTED",
        "misreports:token.tx-code-expected": "TOKEN-TX-CODE-UNEXPECTED-MISREPORTED",
    },
    applies=when.pre_authorized_flow & ~when.tx_code,
)
async def an_unexpected_tx_code_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request with a Transaction Code that the offer does not ask for is refused with invalid_request."""
    expect.refused(
        await flow.request_token({**await flow.token_fields(), flow.tools.dialect.tx_code: "493536"}),
        "TOKEN-TX-CODE-UNEXPECTED",
        what="a Token Request with a tx_code that the offer does not ask for",
        status={400},
        errors={"invalid_request"},
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "token-tx-code-reused-refused",
    requires=["VCI-13.6.3-04"],
    proven_by={"accepts:token.code-single-use": "TOKEN-TX-CODE-REUSED"},
    applies=when.pre_authorized_flow & when.tx_code,
)
async def a_used_tx_code_is_refused(flow: Flow, expect: Expect) -> None:
    """A Transaction Code that was verified is not accepted a second time."""
    await flow.access()
    reply = await flow.request_token(await flow.token_fields())
    expect.that(
        not reply.successful,
        "TOKEN-TX-CODE-REUSED",
        "no Access Token for a tx_code that was used before",
        reply.gist,
        at=reply,
    )


# Clients


@check(
    "token-anonymous-refused",
    requires=["VCI-12.3-03", "VCI-6.3-10", "RFC6749-5.2-01", "FAPI2-5.3.2.1-03"],
    proven_by={
        "accepts:token.client-identified": "TOKEN-ANONYMOUS-ACCEPTED",
        "misreports:token.client-identified": "TOKEN-ANONYMOUS-MISREPORTED",
        "accepts:client.authenticated": "TOKEN-ANONYMOUS-ACCEPTED",
        "misreports:client.authenticated": "TOKEN-ANONYMOUS-MISREPORTED",
        "as-metadata:anonymous-unannounced": "TOKEN-ANONYMOUS-ACCEPTED",
        "as-metadata:anonymous-string": "TOKEN-ANONYMOUS-ACCEPTED",
    },
    applies=when.pre_authorized_flow & ~when.anonymous_access & ~when.mutual_tls_client,
)
async def unannounced_anonymous_access_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request without client_id is refused where the metadata does not announce anonymous access."""
    fields = without(await flow.token_fields(), "client_id")
    expect.refused(
        await flow.request_token(fields, authentication=anonymous),
        "TOKEN-ANONYMOUS",
        what="a Token Request without client_id",
        status={400, 401},
        errors=UNAUTHENTICATED,
        requirement=("FAPI2-5.3.2.1-03", "VCI-12.3-03"),
        status_requirement="RFC6749-5.2-01",
        error_requirement="VCI-6.3-10",
    )


@check(
    "token-client-unknown",
    requires=["RFC6749-5.2-08"],
    proven_by={"misreports:token.client-identified": "TOKEN-CLIENT-UNKNOWN-MISREPORTED"},
    applies=when.pre_authorized_flow & ~when.anonymous_access & when.public_client,
)
async def an_unknown_client_is_reported(flow: Flow, expect: Expect) -> None:
    """A Token Request that is refused for its unknown client_id is refused with invalid_client."""
    # Accepting it is right as well: the grant needs no client authentication. So is invalid_grant, which
    # RFC 6749 has for a code that was given to another client.
    reply = await flow.request_token({**await flow.token_fields(), "client_id": "assay-unknown-client"})
    expect.that(
        reply.successful or reply.error in ("invalid_client", "invalid_grant"),
        "TOKEN-CLIENT-UNKNOWN-MISREPORTED",
        "a Token Request of an unknown client is granted, or refused with error invalid_client",
        reply.gist,
        at=reply,
    )


async def _with_unknown_code(shared: Flow) -> Reply:
    """Redeem a code that has the form of the shared flow's and was never issued.

    Raises:
        Blocked: the control failed: the right code brought no Access Token.

    """
    await shared.access()
    fields = await shared.token_fields()
    name = _code_parameter(fields)
    return await shared.request_token({**fields, name: mutate.near_miss(fields[name])})


def _code_parameter(fields: dict[str, str]) -> str:
    """Give the name of the parameter that carries the code of the grant."""
    return "pre-authorized_code" if "pre-authorized_code" in fields else "code"
