"""The Deferred Credential Endpoint: OpenID4VCI 1.0 section 9."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from harness import mutate
from harness.applicability import when
from harness.checks import Per, area
from harness.deferral import Deferral
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect, show
from harness.facts import Facts
from harness.flow import Flow
from harness.formats import jose
from harness.formats.problems import json_type
from harness.transport import Reply
from harness.wallet import deferred
from harness.wallet.credential import carries_credential
from harness.wallet.encryption import is_sealed
from harness.wallet.metadata import Issuer
from suites.oid4vci._binding import place_of_key
from suites.oid4vci._refused_tokens import (
    MISSING,
    UNKNOWN,
    Endpoint,
    expect_missing_token_refused,
    expect_unknown_token_refused,
)
from suites.oid4vci._traits import announced_types, traits
from suites.oid4vci._urls import is_secure_url

check = area("Deferred Credential Endpoint", per=Per.SHAPE)

_ENDPOINT = Endpoint("DEFERRED", "a Deferred Credential Request")
_OFFERED = when.metadata_has("deferred_credential_endpoint")
_DEFERRED = _OFFERED & when.deferred


@check(
    "deferred-endpoint-url",
    requires=["VCI-9-03"],
    proven_by={"metadata:deferred-endpoint-http": "DEFERRED-ENDPOINT-SCHEME"},
    applies=_OFFERED,
    per=Per.ISSUER,
)
async def the_endpoint_is_secure(issuer: Issuer, expect: Expect) -> None:
    """The URL of the Deferred Credential Endpoint has the scheme https."""
    url = issuer.metadata["deferred_credential_endpoint"]
    expect.that(
        is_secure_url(url),
        "DEFERRED-ENDPOINT-SCHEME",
        "a URL with the scheme https",
        url,
        at=issuer.reply,
        pointer="/deferred_credential_endpoint",
    )


@check(
    "deferred-endpoint-published",
    requires=["VCI-12.2.4-77"],
    proven_by={"metadata:deferred-endpoint-missing": "DEFERRED-ENDPOINT-MISSING"},
    applies=when.deferred,
    per=Per.SCENARIO,
)
async def who_defers_has_the_endpoint(issuer: Issuer, issuance: Reply, expect: Expect) -> None:
    """An issuer that defers a Credential says in its metadata where the wallet can collect it."""
    expect.that(
        "deferred_credential_endpoint" in issuer.metadata,
        "DEFERRED-ENDPOINT-MISSING",
        "deferred_credential_endpoint in the metadata, since the Credential is deferred",
        f"the members {show(list(issuer.metadata))}",
        at=issuance,
    )


# Deferred Credential Responses


@check(
    "deferred-delivered",
    requires=["VCI-9.2-01", "VCI-9.2-02"],
    proven_by={
        "deferred:credentials-missing": "DEFERRED-CREDENTIALS-MISSING",
        "deferred-response:status-201": "DEFERRED-STATUS",
        "deferred-response:status-202": "DEFERRED-STATUS",
    },
    applies=_DEFERRED,
    per=Per.SCENARIO,
)
async def the_credentials_are_delivered(
    token: Reply, polls: tuple[Reply, ...], collected: Reply, expect: Expect
) -> None:
    """In the end the wallet gets the deferred credentials, with status 200."""
    lifetime = token.object.get("expires_in")
    waited = sum(deferred.seconds(reply) or 0 for reply in polls[:-1])
    if collected.status == 401 and isinstance(lifetime, int) and waited >= lifetime:
        raise Blocked(
            f"the Access Token (expires_in {lifetime}) came to its end while the wallet waited {waited:g} seconds"
        )
    if collected.error == "credential_request_denied":
        raise Blocked(
            f"the issuer decided not to issue: exchange {collected.exchange} ended with {collected.gist}"
        )
    if not expect.that(
        collected.successful,
        "DEFERRED-REFUSED",
        "a right Deferred Credential Request is answered with a Deferred Credential Response",
        collected.gist,
        at=collected,
    ):
        return
    if deferred.defers(collected):
        raise Blocked(
            f"exchange {collected.exchange} defers issuance further, but not so that the wallet can go on"
        )
    expect.that(
        "credentials" in collected.object,
        "DEFERRED-CREDENTIALS-MISSING",
        "the member credentials",
        f"the members {show(list(collected.object))}",
        at=collected,
    )
    expect.that(
        collected.status == 200 or "credentials" not in collected.object,
        "DEFERRED-STATUS",
        "HTTP 200",
        f"HTTP {collected.status}",
        at=collected,
        requirement="VCI-9.2-02",
    )


@check(
    "deferred-further",
    requires=["VCI-9.2-05", "VCI-9.2-03", "VCI-9.2-04", "VCI-9.2-06"],
    proven_by={
        "pending-response:status-200": "DEFERRED-FURTHER-STATUS",
        "pending-response:status-201": "DEFERRED-FURTHER-STATUS",
        "pending:transaction-id-missing": "DEFERRED-TRANSACTION-ID",
        "pending:transaction-id-number": "DEFERRED-TRANSACTION-ID",
        "pending:transaction-id-other": "DEFERRED-TRANSACTION-ID-OTHER",
        "pending:interval-missing": "DEFERRED-INTERVAL",
        "pending:interval-zero": "DEFERRED-INTERVAL",
        "pending:interval-negative": "DEFERRED-INTERVAL",
        "pending:interval-string": "DEFERRED-INTERVAL",
    },
    applies=_DEFERRED & when.deferred_further,
    per=Per.SCENARIO,
)
async def a_further_delay_is_told(polls: tuple[Reply, ...], shared: Flow, expect: Expect) -> None:
    """A response that defers further has status 202, the transaction_id of the request and an interval."""
    asked = (await shared.transaction()).transaction_id
    for reply in _answers(polls):
        if not deferred.defers(reply):
            continue
        members = reply.object
        expect.that(reply.status == 202, "DEFERRED-FURTHER-STATUS", "HTTP 202", f"HTTP {reply.status}", at=reply)
        transaction_id, interval = members.get("transaction_id"), members.get("interval")
        if expect.that(
            isinstance(transaction_id, str),
            "DEFERRED-TRANSACTION-ID",
            "transaction_id, a string",
            json_type(transaction_id) if "transaction_id" in members else f"the members {show(list(members))}",
            at=reply,
            requirement="VCI-9.2-03",
        ):
            expect.that(
                transaction_id == asked,
                "DEFERRED-TRANSACTION-ID-OTHER",
                "the transaction_id of the request",
                "another one",
                at=reply,
                pointer="/transaction_id",
                requirement="VCI-9.2-06",
            )
        expect.that(
            isinstance(interval, (int, float)) and not isinstance(interval, bool) and interval > 0,
            "DEFERRED-INTERVAL",
            "interval, a positive number",
            interval if "interval" in members else f"the members {show(list(members))}",
            at=reply,
            requirement="VCI-9.2-04",
        )


@check(
    "deferred-response-json",
    requires=["VCI-9.2-10"],
    proven_by={
        "deferred-response:content-type": "DEFERRED-CONTENT-TYPE",
        "pending-response:content-type": "DEFERRED-CONTENT-TYPE",
    },
    applies=_DEFERRED,
    per=Per.SCENARIO,
)
async def responses_are_json(polls: tuple[Reply, ...], expect: Expect) -> None:
    """Deferred Credential Responses have the media type application/json."""
    for reply in _answers(polls):
        expect.that(
            reply.media_type == "application/json",
            "DEFERRED-CONTENT-TYPE",
            "application/json",
            reply.media_type,
            at=reply,
            pointer="header Content-Type",
        )


@check(
    "deferred-members-apart",
    requires=["VCI-8.3-07", "VCI-8.3-15"],
    proven_by={
        "deferred:transaction-id-too": "DEFERRED-TRANSACTION-ID-TOO",
        "pending:credentials-too": ("DEFERRED-INTERVAL-TOO", "DEFERRED-TRANSACTION-ID-TOO"),
        "deferred:interval-too": "DEFERRED-INTERVAL-TOO",
    },
    applies=_DEFERRED,
    per=Per.SCENARIO,
)
async def delay_and_credentials_stand_apart(issuer: Issuer, polls: tuple[Reply, ...], expect: Expect) -> None:
    """A Deferred Credential Response with credentials has neither transaction_id nor interval."""
    for reply in _answers(polls):
        brings = not issuer.dialect.credential_members.isdisjoint(reply.object)
        for name, code, requirement in (
            ("transaction_id", "DEFERRED-TRANSACTION-ID-TOO", "VCI-8.3-07"),
            ("interval", "DEFERRED-INTERVAL-TOO", "VCI-8.3-15"),
        ):
            expect.that(
                not (brings and name in reply.object),
                code,
                f"no {name} beside credentials",
                "both",
                at=reply,
                pointer=f"/{name}",
                requirement=requirement,
            )


@check(
    "deferred-notification-id",
    requires=["VCI-9.2-11"],
    proven_by={
        "deferred:notification-id-number": "DEFERRED-NOTIFICATION-ID-TYPE",
        "pending:notification-id-too": "DEFERRED-NOTIFICATION-ID-EARLY",
    },
    applies=_DEFERRED,
    per=Per.SCENARIO,
)
async def the_notification_id_comes_with_the_credentials(polls: tuple[Reply, ...], expect: Expect) -> None:
    """notification_id of a Deferred Credential Response, when present, is a string beside credentials."""
    for reply in _answers(polls):
        members = reply.object
        expect.that(
            isinstance(members.get("notification_id", ""), str),
            "DEFERRED-NOTIFICATION-ID-TYPE",
            "a string, when present",
            members.get("notification_id"),
            at=reply,
            pointer="/notification_id",
        )
        expect.that(
            "notification_id" not in members or "credentials" in members,
            "DEFERRED-NOTIFICATION-ID-EARLY",
            "no notification_id without credentials",
            f"the members {show(list(members))}",
            at=reply,
            pointer="/notification_id",
        )


@check(
    "deferred-credential-requested",
    requires=["VCI-9.2-12"],
    proven_by={
        "transaction:configuration-other": "DEFERRED-CONFIGURATION-OTHER",
        "transaction:key-other": "DEFERRED-KEY-OTHER",
    },
    applies=_DEFERRED & when.readable_format,
    per=Per.SCENARIO,
)
async def the_credential_is_the_requested_one(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """The deferred credential is of the requested configuration, and bound to a key of the Credential Request."""
    asked, found = announced_types(shared.configuration), traits(credential).types
    expect.that(
        asked <= found,
        "DEFERRED-CONFIGURATION-OTHER",
        f"a Credential of the type {show(sorted(asked))}",
        f"one of {show(sorted(found))}",
        at=credential.exchange,
        pointer=credential.pointer,
    )
    key = credential.document.holder_key
    if key is not None and credential.keys:
        expect.that(
            any(jose.same_key(key, own) for own in credential.keys),
            "DEFERRED-KEY-OTHER",
            "a key of the Credential Request",
            "another key",
            at=credential.exchange,
            pointer=place_of_key(credential),
        )


@check(
    "deferred-transactions-distinct",
    requires=["VCI-8.3-23"],
    proven_by={"deferral:transaction-id-constant": "DEFERRED-TRANSACTION-SHARED"},
    applies=_DEFERRED,
)
async def transactions_are_told_apart(shared: Flow, transaction: Deferral, expect: Expect) -> None:
    """Two transactions, begun with Access Tokens of their own, have transaction_ids of their own."""
    expect.that(
        transaction.transaction_id != (await shared.transaction()).transaction_id,
        "DEFERRED-TRANSACTION-SHARED",
        "a transaction_id of its own for each transaction",
        "the same for two",
        at=await shared.issuance(),
        pointer="/transaction_id",
    )


# What the endpoint puts up with


@check(
    "deferred-unknown-parameter",
    requires=["VCI-9.1-02"],
    proven_by={"rejects:deferred.unknown-parameter": "DEFERRED-UNKNOWN-PARAMETER-REFUSED"},
    applies=_DEFERRED,
)
async def an_unknown_parameter_is_ignored(transaction: Deferral, expect: Expect) -> None:
    """A Deferred Credential Request with a parameter that nobody knows is answered all the same."""
    reply = await transaction.collect({**transaction.body, "assay_unknown_parameter": True})
    expect.that(
        transaction.goes_on(reply) or (reply.successful and carries_credential(reply)),
        "DEFERRED-UNKNOWN-PARAMETER-REFUSED",
        "a Deferred Credential Response, as without the parameter assay_unknown_parameter",
        reply.gist,
        at=reply,
    )


# Access Tokens


@check(
    "deferred-token-missing-refused",
    requires=["VCI-9-01", "VCI-9.3-06", *MISSING],
    proven_by={
        "accepts:deferred.token-present": "DEFERRED-TOKEN-MISSING-ACCEPTED",
        "misreports:deferred.token-present": (
            "DEFERRED-TOKEN-MISSING-MISREPORTED",
            "DEFERRED-CHALLENGE-MISSING",
        ),
        "deferred-challenge-response:missing": "DEFERRED-CHALLENGE-MISSING",
        "deferred-challenge-response:scheme-other": "DEFERRED-CHALLENGE-SCHEME",
        "deferred-challenge-response:error-needless": "DEFERRED-CHALLENGE-ERROR-NEEDLESS",
    },
    applies=_DEFERRED,
)
async def a_missing_token_is_refused(transaction: Deferral, expect: Expect) -> None:
    """A Deferred Credential Request without an Access Token gets a challenge that says nothing of an error."""
    reply = await transaction.collect(headers={})
    expect_missing_token_refused(expect, _ENDPOINT, transaction.access, reply, status_requirement="VCI-9.3-06")


@check(
    "deferred-token-unknown-refused",
    requires=["VCI-9-01", "VCI-9.3-06", *UNKNOWN, "FAPI2-5.3.4-03"],
    proven_by={
        "accepts:deferred.token-known": "DEFERRED-TOKEN-UNKNOWN-ACCEPTED",
        "misreports:deferred.token-known": ("DEFERRED-TOKEN-UNKNOWN-MISREPORTED", "DEFERRED-CHALLENGE-MISSING"),
        "deferred-challenge-response:missing": "DEFERRED-CHALLENGE-MISSING",
        "deferred-challenge-response:scheme-other": "DEFERRED-CHALLENGE-SCHEME",
        "deferred-challenge-response:invalid-token-403": "DEFERRED-TOKEN-UNKNOWN-STATUS",
        "deferred-challenge-response:error-missing": "DEFERRED-CHALLENGE-ERROR-MISSING",
        "deferred-challenge-response:error-other": "DEFERRED-CHALLENGE-ERROR",
    },
    applies=_DEFERRED,
)
async def an_unknown_token_is_refused(transaction: Deferral, expect: Expect) -> None:
    """A Deferred Credential Request with a token that was never issued gets a challenge with invalid_token."""
    right = transaction.access
    reply = await transaction.collect(access=right.with_token(mutate.near_miss(right.token)))
    expect_unknown_token_refused(expect, _ENDPOINT, right, reply, status_requirement="VCI-9.3-06")


@check(
    "deferred-token-other-refused",
    requires=["VCI-9-02", "VCI-9.3-01", "FAPI2-5.3.4-07", "FAPI2-5.3.2.1-17"],
    proven_by={
        "accepts:deferred.transaction-owner": "DEFERRED-TOKEN-OTHER-ACCEPTED",
        "misreports:deferred.transaction-owner": "DEFERRED-TOKEN-OTHER-MISREPORTED",
    },
    applies=_DEFERRED & when.other_access,
)
async def a_token_for_other_credentials_is_refused(transaction: Deferral, facts: Facts, expect: Expect) -> None:
    """A transaction cannot be finished with an Access Token that is for another Credential Configuration."""
    other = facts.other_access
    if other is None:
        raise Blocked("an Access Token for another configuration is not to be had")
    reply = await transaction.collect(access=other)
    what = f"the transaction_id of another Access Token than the one for {other.configuration_id}"
    if transaction.goes_on(reply):
        # Whoever is told to wait, be it by an error, is not refused.
        expect.that(False, "DEFERRED-TOKEN-OTHER-ACCEPTED", f"{what} is refused", reply.gist, at=reply)
        return
    # The issuer may find fault with the token or with the transaction_id; both are another's.
    challenged = "WWW-Authenticate" in reply.headers
    expect.refused(
        reply,
        "DEFERRED-TOKEN-OTHER",
        what=what,
        status={400, 401, 403} if challenged else {400},
        status_requirement="VCI-9.3-01",
    )


# Malformed requests


@check(
    "deferred-request-json-refused",
    requires=["VCI-9.3-01", "VCI-9.3-02"],
    proven_by={
        "accepts:deferred.json": "DEFERRED-REQUEST-JSON-ACCEPTED",
        "misreports:deferred.json": "DEFERRED-REQUEST-JSON-MISREPORTED",
        "deferred-error-response:content-type": "DEFERRED-ERROR-CONTENT-TYPE",
    },
    applies=_DEFERRED,
)
async def a_request_that_is_no_object_is_refused(transaction: Deferral, expect: Expect) -> None:
    """A Deferred Credential Request that is cut off, or an array, is refused with status 400 and an error."""
    text = json.dumps(transaction.body)
    for what, content in (("is cut off", text[:-1]), ("is an array", f"[{text}]")):
        _expect_invalid(
            expect,
            await transaction.collect(content.encode()),
            "DEFERRED-REQUEST-JSON",
            what=f"a Deferred Credential Request that {what}",
        )


@check(
    "deferred-transaction-missing-refused",
    requires=["VCI-9.1-03", "VCI-9.3-01", "VCI-9.3-02"],
    proven_by={
        "accepts:deferred.transaction-present": "DEFERRED-TRANSACTION-MISSING-ACCEPTED",
        "misreports:deferred.transaction-present": "DEFERRED-TRANSACTION-MISSING-MISREPORTED",
        "deferred-error-response:content-type": "DEFERRED-ERROR-CONTENT-TYPE",
    },
    applies=_DEFERRED,
)
async def a_missing_transaction_id_is_refused(transaction: Deferral, expect: Expect) -> None:
    """A Deferred Credential Request without transaction_id is refused with status 400 and an error."""
    _expect_invalid(
        expect,
        await transaction.collect({}),
        "DEFERRED-TRANSACTION-MISSING",
        what="a Deferred Credential Request without transaction_id",
    )


@check(
    "deferred-transaction-form-refused",
    requires=["VCI-9.3-01", "VCI-9.3-02"],
    proven_by={
        "accepts:deferred.transaction-present": "DEFERRED-TRANSACTION-FORM-ACCEPTED",
        "misreports:deferred.transaction-present": "DEFERRED-TRANSACTION-FORM-MISREPORTED",
        "deferred-error-response:content-type": "DEFERRED-ERROR-CONTENT-TYPE",
    },
    applies=_DEFERRED,
)
async def a_transaction_id_is_a_string(transaction: Deferral, expect: Expect) -> None:
    """A transaction_id in an array, in an object, or null is refused with status 400 and an error."""
    known = transaction.transaction_id
    for value in ([known], {"value": known}, None):
        _expect_invalid(
            expect,
            await transaction.collect({"transaction_id": value}),
            "DEFERRED-TRANSACTION-FORM",
            what=f"a transaction_id that is {json_type(value)}",
        )


# Wrong transactions


@check(
    "deferred-transaction-unknown-refused",
    requires=["VCI-9.3-01", "VCI-9.3-02", "VCI-9.3-03"],
    proven_by={
        "accepts:deferred.transaction-known": "DEFERRED-TRANSACTION-UNKNOWN-ACCEPTED",
        "misreports:deferred.transaction-known": "DEFERRED-TRANSACTION-UNKNOWN-MISREPORTED",
        "deferred-error:error-missing": "DEFERRED-ERROR-MISSING",
        "deferred-error:generic": "DEFERRED-TRANSACTION-UNKNOWN-MISREPORTED",
        "deferred-error-response:content-type": "DEFERRED-ERROR-CONTENT-TYPE",
    },
    applies=_DEFERRED,
)
async def an_unknown_transaction_is_refused(transaction: Deferral, expect: Expect) -> None:
    """A transaction_id that this issuer never gave out is refused with invalid_transaction_id."""
    reply = await transaction.collect({"transaction_id": mutate.near_miss(transaction.transaction_id)})
    expect.refused(
        reply,
        "DEFERRED-TRANSACTION-UNKNOWN",
        what="an unknown transaction_id",
        status={400},
        errors={"invalid_transaction_id"} if reply.error is not None else (),
        status_requirement="VCI-9.3-01",
        error_requirement="VCI-9.3-03",
    )
    _expect_error_response(expect, reply)


@check(
    "deferred-transaction-used-refused",
    requires=["VCI-9.1-01", "VCI-9.3-01", "VCI-9.3-04"],
    proven_by={
        "accepts:deferred.transaction-unused": "DEFERRED-TRANSACTION-USED-ACCEPTED",
        "misreports:deferred.transaction-unused": "DEFERRED-TRANSACTION-USED-MISREPORTED",
        "deferred-error:error-missing": "DEFERRED-TRANSACTION-USED-MISREPORTED",
        "deferred-error:generic": "DEFERRED-TRANSACTION-USED-MISREPORTED",
    },
    applies=_DEFERRED,
)
async def a_used_transaction_is_refused(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A transaction_id that has brought its credentials is refused with invalid_transaction_id."""
    reply = await _collect_again(shared)
    if reply.status in (401, 403):
        # Since then the Access Token may have come to its end; with a fresh one there is no time for that.
        reply = await _collect_again(another_flow())
    by_token = reply.status in (401, 403) and "WWW-Authenticate" in reply.headers
    expect.refused(
        reply,
        "DEFERRED-TRANSACTION-USED",
        what="a transaction_id that has brought its credentials",
        status={401, 403} if by_token else {400},
        errors=() if by_token else {"invalid_transaction_id"},
        status_requirement="VCI-9.3-01",
        error_requirement="VCI-9.3-04",
    )


@check(
    "deferred-denied",
    requires=["VCI-9.3-05", "VCI-9.3-01"],
    proven_by={
        "accepts:deferred.granted": "DEFERRED-DENIED-ACCEPTED",
        "misreports:deferred.granted": "DEFERRED-DENIED-MISREPORTED",
        "deferred-error:denied-otherwise": "DEFERRED-DENIED-MISREPORTED",
    },
    applies=_DEFERRED & when.denied_offer,
    per=Per.GRANT,
)
async def a_denial_is_told(facts: Facts, expect: Expect) -> None:
    """When the issuer decides in the end not to issue, the wallet is told by credential_request_denied."""
    if facts.denied is None:
        raise Blocked("an offer whose issuance is denied is not at hand")
    begun, *answers = await facts.denied.polls()
    if not answers or deferred.defers(answers[-1]):
        raise Blocked(f"issuance was not deferred to an end: exchange {begun.exchange} began with {begun.gist}")
    expect.refused(
        answers[-1],
        "DEFERRED-DENIED",
        what="a Deferred Credential Request for Credentials that will not be issued",
        status={400},
        errors={"credential_request_denied"},
        status_requirement="VCI-9.3-01",
    )


def _answers(polls: tuple[Reply, ...]) -> list[Reply]:
    """Give the successful answers of the Deferred Credential Endpoint that can be read.

    Raises:
        Blocked: there is none.

    """
    found = [reply for reply in polls[1:] if reply.successful and not is_sealed(reply)]
    if not found:
        raise Blocked(
            f"no Deferred Credential Response: exchange {polls[-1].exchange} ended with {polls[-1].gist}"
        )
    return found


async def _collect_again(flow: Flow) -> Reply:
    await flow.credentials()
    return await (await flow.transaction()).collect()


def _expect_invalid(expect: Expect, reply: Reply, code: str, *, what: str) -> None:
    """Expect an invalid request to be refused with status 400 and an error (section 9.3)."""
    expect.refused(reply, code, what=what, status={400}, status_requirement="VCI-9.3-01")
    _expect_error_response(expect, reply)


def _expect_error_response(expect: Expect, reply: Reply) -> None:
    """Expect a refusal with status 400 to be an error response, ``application/json`` with ``error``."""
    if reply.status != 400:
        return
    where: Any = {"at": reply, "requirement": "VCI-9.3-02"}
    expect.that(
        reply.media_type == "application/json",
        "DEFERRED-ERROR-CONTENT-TYPE",
        "application/json",
        reply.media_type,
        pointer="header Content-Type",
        **where,
    )
    expect.that(
        reply.error is not None,
        "DEFERRED-ERROR-MISSING",
        "a JSON object with error, a string",
        reply.gist,
        **where,
    )
