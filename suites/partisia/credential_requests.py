"""Credential requests: what the documented one brings, and what brings nothing."""

from __future__ import annotations

from dataclasses import replace

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.transport import Reply
from suites.partisia._answers import json_object, no_credential

reading = area("Partisia: credential request", per=Per.SCENARIO)
check = area("Partisia: credential request", per=Per.GRANT)

_UNKNOWN = "assay-unknown-configuration"


@reading(
    "partisia-credential-granted",
    requires=["PAR-CREDENTIAL-01"],
    proven_by={
        "rejects:partisia-proof.singular": "PARTISIA-NO-CREDENTIAL",
        "rejects:partisia-proof.plural": "PARTISIA-NO-CREDENTIAL",
        "partisia-credentials-response:absent": "PARTISIA-NO-CREDENTIAL",
    },
)
async def the_documented_request_is_granted(issuance: Reply, facts: Facts, expect: Expect) -> None:
    """The id of a configuration and a proof in one of the documented ways are answered with success."""
    if facts.issuer.nonce_endpoint is None:
        raise Blocked("the metadata name no nonce endpoint, so that the proof has no nonce")
    expect.that(
        issuance.successful,
        "PARTISIA-NO-CREDENTIAL",
        "a credential for the id of a configuration and one proof",
        issuance.gist,
        at=issuance,
    )


@reading(
    "partisia-credential-response",
    requires=["PAR-CREDENTIAL-02"],
    proven_by={
        "partisia-credentials-response:no-json": "PARTISIA-CREDENTIAL-ANSWER",
        "partisia-credentials-response:media-type": "PARTISIA-CREDENTIAL-ANSWER",
        "partisia-credentials-response:array": "PARTISIA-CREDENTIAL-ANSWER",
        "partisia-credentials:missing": "PARTISIA-CREDENTIALS",
        "partisia-credentials:empty": "PARTISIA-CREDENTIALS",
        "partisia-credentials:singular": "PARTISIA-CREDENTIALS",
        "partisia-credentials:strings": "PARTISIA-CREDENTIALS",
    },
)
async def the_response_lists_credentials(issuance: Reply, expect: Expect) -> None:
    """The credential response has a list of objects, each with a credential."""
    _granted(issuance)
    if not json_object(expect, issuance, "PARTISIA-CREDENTIAL-ANSWER", "the credential response"):
        return
    if "transaction_id" in issuance.object:
        raise Blocked("the credential is promised for later")
    listed = issuance.object.get("credentials")
    expect.that(
        isinstance(listed, list)
        and bool(listed)
        and all(isinstance(each, dict) and bool(each.get("credential")) for each in listed),
        "PARTISIA-CREDENTIALS",
        "credentials, a list of objects with credential",
        f"members {', '.join(issuance.object) or 'none'}",
        at=issuance,
        pointer="/credentials",
    )


@reading(
    "partisia-credential-at-once",
    requires=["PAR-CREDENTIAL-24"],
    proven_by={
        "partisia-credentials:deferred": "PARTISIA-CREDENTIAL-DEFERRED",
    },
)
async def the_credential_comes_at_once(issuance: Reply, expect: Expect) -> None:
    """The credential is in the answer to the request, and not promised for later."""
    _granted(issuance)
    expect.that(
        "transaction_id" not in issuance.object,
        "PARTISIA-CREDENTIAL-DEFERRED",
        "the credential",
        "a transaction_id",
        at=issuance,
        pointer="/transaction_id",
    )


@check(
    "partisia-credential-token-present",
    requires=["PAR-ROLES-01", "PAR-ROLES-04"],
    proven_by={
        "accepts:partisia-credential.token-present": "PARTISIA-NO-TOKEN-ACCEPTED",
        "misreports:partisia-credential.token-present": "PARTISIA-NO-TOKEN-MISREPORTED",
    },
)
async def no_credential_without_a_token(access: Access, expect: Expect) -> None:
    """A right credential request without an access token brings no credential."""
    reply = await access.request(await access.right_body(), headers={})
    _unauthorized(expect, reply, "PARTISIA-NO-TOKEN", "a request without an access token")


@check(
    "partisia-credential-token-known",
    requires=["PAR-ROLES-02", "PAR-ROLES-04"],
    proven_by={
        "accepts:partisia-credential.token-known": "PARTISIA-UNKNOWN-TOKEN-ACCEPTED",
        "misreports:partisia-credential.token-known": "PARTISIA-UNKNOWN-TOKEN-MISREPORTED",
    },
)
async def no_credential_for_an_unknown_token(access: Access, expect: Expect) -> None:
    """A right credential request with an access token that the server did not give brings no credential."""
    headers = {"Authorization": f"Bearer {mutate.near_miss(access.token)}"}
    reply = await access.request(await access.right_body(), headers=headers)
    _unauthorized(expect, reply, "PARTISIA-UNKNOWN-TOKEN", "an access token that was never given")


@check(
    "partisia-credential-configuration-known",
    requires=["PAR-CREDENTIAL-16", "VCI-8.3.1.2-07"],
    proven_by={
        "accepts:partisia-credential.configuration-known": "PARTISIA-CONFIGURATION-ACCEPTED",
        "misreports:partisia-credential.configuration-known": "PARTISIA-CONFIGURATION-MISREPORTED",
        "partisia-error:earlier-name": "PARTISIA-CONFIGURATION-ERROR-EARLIER",
    },
)
async def no_credential_of_an_unknown_configuration(access: Access, expect: Expect) -> None:
    """A request for a configuration that does not exist is refused with an error that says so.

    The error of OpenID4VCI 1.0 is judged in this very request: with `proofs`, a service that knows only the
    documented proof would refuse it for another reason.
    """
    latest = "unknown_credential_configuration"
    reply = await access.request({**await access.right_body(), "credential_configuration_id": _UNKNOWN})
    if not no_credential(expect, reply, "PARTISIA-CONFIGURATION-ACCEPTED", "a configuration that does not exist"):
        return
    errors = (latest, *access.flow.tools.dialect.error_codes(latest))
    expect.that(
        reply.status == 400 and reply.error in errors,
        "PARTISIA-CONFIGURATION-MISREPORTED",
        f"HTTP 400 with error {' or '.join(errors)}",
        reply.gist,
        at=reply,
        pointer="/error",
    )
    expect.that(
        reply.error == latest or reply.error not in errors,
        "PARTISIA-CONFIGURATION-ERROR-EARLIER",
        f"error {latest}",
        reply.gist,
        at=reply,
        pointer="/error",
        requirement="VCI-8.3.1.2-07",
    )


@check(
    "partisia-credential-each-offered",
    requires=["PAR-CREDENTIAL-17"],
    proven_by={
        "rejects:partisia-credential.second": "PARTISIA-SECOND-CREDENTIAL",
    },
    applies=when.partisia_second_offered,
)
async def one_token_is_good_for_all_that_is_offered(flow: Flow, expect: Expect) -> None:
    """Each configuration of an offer brings its credential with the one access token."""
    access, offer = await flow.access(), await flow.offer()
    names = [name for name in dict.fromkeys(offer.configuration_ids) if name in flow.issuer.configurations]
    if access.configuration_id not in names or len(names) < 2:
        raise Blocked("the metadata do not describe two of the offered configurations")
    first = await access.request(await access.right_body())
    if not first.successful:
        raise Blocked(f"the first credential was not issued: {first.gist}")
    for name in names:
        if name != access.configuration_id:
            other = Access(flow.with_grant(replace(flow.scenario, configuration=name)), access.token, None)
            reply = await other.request(await other.right_body())
            expect.that(
                reply.successful,
                "PARTISIA-SECOND-CREDENTIAL",
                f"the credential of {name}",
                reply.gist,
                at=reply,
            )


def _granted(issuance: Reply) -> None:
    if not issuance.successful:
        raise Blocked(f"no credential was issued: {issuance.gist}")


def _unauthorized(expect: Expect, reply: Reply, code: str, what: str) -> None:
    if no_credential(expect, reply, f"{code}-ACCEPTED", what):
        challenge = reply.headers.get("www-authenticate", "")
        expect.that(
            reply.status == 401 and challenge.lower().startswith("bearer"),
            f"{code}-MISREPORTED",
            "HTTP 401 with a challenge for a bearer token",
            f"{reply.gist}, WWW-Authenticate {challenge!r}",
            at=reply,
            requirement="PAR-ROLES-04",
        )
