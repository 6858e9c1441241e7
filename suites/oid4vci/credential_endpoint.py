"""The Credential Endpoint: OpenID4VCI 1.0 sections 8, 8.2 and 8.3, RFC 9110 sections 5.1, 11.1 and 12.5.1."""

from __future__ import annotations

from typing import Any

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.formats.problems import json_type
from harness.formats.strict_json import JsonError, pointer
from harness.transport import Reply
from harness.wallet.credential import carries_credential, credentials
from harness.wallet.encryption import is_sealed
from harness.wallet.metadata import Issuer
from harness.wallet.token import scheme
from suites.oid4vci._urls import is_secure_url

check = area("Credential Endpoint", per=Per.SHAPE)


@check(
    "credential-endpoint-url",
    requires=["VCI-8-02", "FAPI2-5.2.1-01"],
    proven_by={"metadata:credential-endpoint-http": "CREDENTIAL-ENDPOINT-SCHEME"},
    per=Per.ISSUER,
)
async def the_endpoint_is_secure(issuer: Issuer, expect: Expect) -> None:
    """The URL of the Credential Endpoint has the scheme https."""
    url = issuer.credential_endpoint
    if url is None:
        raise Blocked("the issuer metadata has no usable credential_endpoint")
    expect.that(
        is_secure_url(url),
        "CREDENTIAL-ENDPOINT-SCHEME",
        "a URL with the scheme https",
        url,
        at=issuer.reply,
        pointer="/credential_endpoint",
    )


# Credential Response


@check(
    "credential-issued",
    requires=["VCI-8-01", "RFC6750-2.1-01", "FAPI2-5.3.4-01", "FAPI2-5.3.4-09"],
    proven_by={
        "metadata:nonce-endpoint-missing": "CREDENTIAL-REFUSED",
        "rejects:proof.other-type": "CREDENTIAL-REFUSED",
        "metadata:request-encryption-required-false": "CREDENTIAL-REFUSED",
        "metadata:response-encryption-required-false": "CREDENTIAL-REFUSED",
        "token:type-bearer": ["CREDENTIAL-REFUSED", "CREDENTIAL-BEARER-REFUSED"],
    },
    per=Per.SCENARIO,
)
async def a_right_request_succeeds(token: Reply, issuance: Reply, expect: Expect) -> None:
    """A right Credential Request with a valid Access Token is not refused."""
    if scheme(token) == "Bearer":
        expect.that(
            issuance.status != 401,
            "CREDENTIAL-BEARER-REFUSED",
            "a Bearer token in the Authorization header field is accepted",
            issuance.gist,
            at=issuance,
            requirement="RFC6750-2.1-01",
        )
    # Stricter profiles judge what is made of the Access Token, not what else may be wrong with a request.
    of_token = scheme(token) != "Bearer" and (issuance.successful or issuance.status == 401)
    expect.that(
        issuance.successful,
        "CREDENTIAL-REFUSED",
        "a right Credential Request is answered with a Credential Response",
        issuance.gist,
        at=issuance,
        requirement=("VCI-8-01", "FAPI2-5.3.4-09") if of_token else "VCI-8-01",
    )


@check(
    "credential-response-status",
    requires=["VCI-8.3-03", "VCI-8.3-04", "VCI-8.3-01", "VCI-8.3-02"],
    proven_by={
        "credential-response:status-201": "CREDENTIAL-STATUS",
        "credential:credentials-missing": "CREDENTIAL-CREDENTIALS-MISSING",
        "deferral-response:status-200": "CREDENTIAL-DEFERRED-STATUS",
        "deferral-response:status-201": "CREDENTIAL-DEFERRED-STATUS",
        "deferral:credentials-too": "CREDENTIAL-STATUS",
        "deferral:transaction-id-missing": "CREDENTIAL-TRANSACTION-ID",
        "deferral:transaction-id-number": "CREDENTIAL-TRANSACTION-ID",
    },
    per=Per.SCENARIO,
)
async def status_and_content_fit(issuer: Issuer, issuance: Reply, expect: Expect) -> None:
    """Status 200 brings credentials, status 202 a transaction_id, and there is no third way."""
    members = _delivered(issuance)
    if _brings(issuer, members):
        expect.that(
            issuance.status == 200,
            "CREDENTIAL-STATUS",
            "HTTP 200",
            f"HTTP {issuance.status}",
            at=issuance,
            requirement="VCI-8.3-01",
        )
        return
    if issuance.status != 202 and "transaction_id" not in members:
        expect.that(
            False,
            "CREDENTIAL-CREDENTIALS-MISSING",
            "the member credentials",
            f"the members {show(list(members))}",
            at=issuance,
            requirement="VCI-8.3-02",
        )
        return
    expect.that(
        issuance.status == 202,
        "CREDENTIAL-DEFERRED-STATUS",
        "HTTP 202, since the Credentials are deferred",
        f"HTTP {issuance.status}",
        at=issuance,
        requirement="VCI-8.3-04",
    )
    transaction = members.get("transaction_id")
    expect.that(
        isinstance(transaction, str) and transaction != "",
        "CREDENTIAL-TRANSACTION-ID",
        "transaction_id, a string",
        json_type(transaction) if "transaction_id" in members else f"the members {show(list(members))}",
        at=issuance,
        requirement="VCI-8.3-03",
    )


@check(
    "credential-response-json",
    requires=["VCI-8.3-05", "RFC8259-4-01"],
    proven_by={
        "credential-response:content-type": "CREDENTIAL-CONTENT-TYPE",
        "deferral-response:content-type": "CREDENTIAL-CONTENT-TYPE",
        "credential-response:array": "CREDENTIAL-NOT-JSON",
        "credential:duplicate-key": "CREDENTIAL-MEMBER-REPEATED",
        "ldp-vc:duplicate-member": "CREDENTIAL-MEMBER-REPEATED",
        "ldp-vc:duplicate-proof-member": "CREDENTIAL-MEMBER-REPEATED",
    },
    per=Per.SCENARIO,
)
async def the_response_is_json(issuance: Reply, expect: Expect) -> None:
    """The Credential Response is a JSON object of the media type application/json, with each member once."""
    if not issuance.successful:
        raise Blocked(_refusal(issuance))
    if is_sealed(issuance):
        raise Blocked(f"exchange {issuance.exchange} brought an encrypted response that the wallet cannot read")
    expect.that(
        issuance.media_type == "application/json",
        "CREDENTIAL-CONTENT-TYPE",
        "application/json",
        issuance.media_type,
        at=issuance,
        pointer="header Content-Type",
    )
    try:
        document = issuance.document
    except JsonError as error:
        expect.that(False, "CREDENTIAL-NOT-JSON", "a JSON object", error.detail, at=issuance)
        return
    expect.that(
        isinstance(document.value, dict),
        "CREDENTIAL-NOT-JSON",
        "a JSON object",
        json_type(document.value),
        at=issuance,
    )
    repeated = [problem.pointer for problem in document.problems]
    expect.that(
        not repeated,
        "CREDENTIAL-MEMBER-REPEATED",
        "each member once",
        f"repeated: {show(repeated)}",
        at=issuance,
        requirement="RFC8259-4-01",
    )


@check(
    "credential-list",
    requires=["VCI-8.3-06", "VCI-8.3-08", "VCI-8.3-11"],
    proven_by={
        "credential:credentials-empty": "CREDENTIAL-LIST-FORM",
        "credential:credentials-strings": "CREDENTIAL-ELEMENT-TYPE",
        "credential:credential-member-missing": "CREDENTIAL-MEMBER-MISSING",
        "credential:credential-null": "CREDENTIAL-MEMBER-TYPE",
        "ldp-vc:array": "CREDENTIAL-MEMBER-TYPE",
        "deferred:credentials-empty": "CREDENTIAL-LIST-FORM",
        "deferred:credentials-strings": "CREDENTIAL-ELEMENT-TYPE",
        "deferred:credential-member-missing": "CREDENTIAL-MEMBER-MISSING",
    },
    per=Per.SCENARIO,
)
async def credentials_are_listed(collected: Reply, expect: Expect) -> None:
    """The member credentials is a non-empty array of objects that have a credential each."""
    members = _delivered(collected)
    if "credentials" not in members:
        raise Blocked(f"the response of exchange {collected.exchange} has no credentials")
    items = members["credentials"]
    if not expect.that(
        isinstance(items, list) and bool(items),
        "CREDENTIAL-LIST-FORM",
        "a non-empty array",
        items,
        at=collected,
        pointer="/credentials",
    ):
        return
    for index, item in enumerate(items):
        where: Any = {"at": collected, "pointer": pointer("credentials", index)}
        if expect.that(
            isinstance(item, dict),
            "CREDENTIAL-ELEMENT-TYPE",
            "a JSON object",
            json_type(item),
            requirement="VCI-8.3-08",
            **where,
        ) and expect.that(
            "credential" in item,
            "CREDENTIAL-MEMBER-MISSING",
            "the member credential",
            f"the members {show(list(item))}",
            requirement="VCI-8.3-11",
            **where,
        ):
            expect.that(
                isinstance(item["credential"], (str, dict)) and bool(item["credential"]),
                "CREDENTIAL-MEMBER-TYPE",
                "credential, a string or an object with content",
                item["credential"],
                requirement="VCI-8.3-11",
                **where,
            )


@check(
    "credential-count",
    requires=["VCI-8.3-09"],
    proven_by={"credential:two-for-one-key": "CREDENTIAL-TOO-MANY"},
    applies=when.key_binding,
    per=Per.SCENARIO,
)
async def there_are_no_more_credentials_than_keys(collected: Reply, expect: Expect) -> None:
    """A request with one key brings one Credential at most."""
    found = credentials(collected) if _delivered(collected) else []
    expect.that(
        len(found) <= 1,
        "CREDENTIAL-TOO-MANY",
        "one Credential at most, since the request had one key",
        f"{len(found)} Credentials",
        at=collected,
        pointer="/credentials",
    )


@check(
    "credential-deferral-members",
    requires=["VCI-8.3-07", "VCI-8.3-13", "VCI-8.3-14", "VCI-8.3-15"],
    proven_by={
        "credential:transaction-id-too": "CREDENTIAL-TRANSACTION-ID-TOO",
        "credential:interval-too": "CREDENTIAL-INTERVAL-TOO",
        "deferral:credentials-too": ("CREDENTIAL-INTERVAL-TOO", "CREDENTIAL-TRANSACTION-ID-TOO"),
        "deferral:interval-missing": "CREDENTIAL-INTERVAL-MISSING",
        "deferral:interval-zero": "CREDENTIAL-INTERVAL-FORM",
        "deferral:interval-negative": "CREDENTIAL-INTERVAL-FORM",
        "deferral:interval-string": "CREDENTIAL-INTERVAL-FORM",
    },
    per=Per.SCENARIO,
)
async def deferral_is_told_where_it_belongs(issuer: Issuer, issuance: Reply, expect: Expect) -> None:
    """transaction_id and interval are there together, with a positive interval, or not beside credentials."""
    members = _delivered(issuance)
    if _brings(issuer, members):
        expect.that(
            "transaction_id" not in members,
            "CREDENTIAL-TRANSACTION-ID-TOO",
            "no transaction_id beside credentials",
            "both",
            at=issuance,
            pointer="/transaction_id",
        )
        expect.that(
            "interval" not in members,
            "CREDENTIAL-INTERVAL-TOO",
            "no interval beside credentials",
            "both",
            at=issuance,
            pointer="/interval",
            requirement="VCI-8.3-15",
        )
    elif "transaction_id" in members:
        interval = members.get("interval")
        if expect.that(
            "interval" in members,
            "CREDENTIAL-INTERVAL-MISSING",
            "the member interval",
            f"the members {show(list(members))}",
            at=issuance,
            requirement="VCI-8.3-13",
        ):
            expect.that(
                isinstance(interval, (int, float)) and not isinstance(interval, bool) and interval > 0,
                "CREDENTIAL-INTERVAL-FORM",
                "a positive number",
                interval,
                at=issuance,
                pointer="/interval",
                requirement="VCI-8.3-14",
            )
    else:
        raise Blocked(f"the response of exchange {issuance.exchange} has neither credentials nor transaction_id")


@check(
    "credential-notification-id",
    requires=["VCI-8.3-16", "VCI-8.3-17"],
    proven_by={
        "credential:notification-id-number": "CREDENTIAL-NOTIFICATION-ID-TYPE",
        "credential:notification-id-empty": "CREDENTIAL-NOTIFICATION-ID-TYPE",
        "deferral:notification-id-too": "CREDENTIAL-NOTIFICATION-ID-EARLY",
    },
    per=Per.SCENARIO,
)
async def the_notification_id_is_a_string(issuer: Issuer, issuance: Reply, expect: Expect) -> None:
    """notification_id is a string where it is present, and it is present beside credentials only."""
    members = _delivered(issuance)
    where: Any = {"at": issuance, "pointer": "/notification_id"}
    value = members.get("notification_id")
    expect.that(
        "notification_id" not in members or (isinstance(value, str) and value != ""),
        "CREDENTIAL-NOTIFICATION-ID-TYPE",
        "a string with content, when present",
        value,
        **where,
    )
    expect.that(
        "notification_id" not in members or _brings(issuer, members),
        "CREDENTIAL-NOTIFICATION-ID-EARLY",
        "no notification_id without credentials",
        f"the members {show(list(members))}",
        requirement="VCI-8.3-17",
        **where,
    )


# What the endpoint puts up with


@check(
    "credential-unknown-parameter",
    requires=["VCI-8.2-01"],
    proven_by={"rejects:credential.unknown-parameter": "CREDENTIAL-UNKNOWN-PARAMETER-REFUSED"},
)
async def an_unknown_parameter_is_ignored(access: Access, expect: Expect) -> None:
    """A Credential Request with a parameter that nobody knows succeeds all the same."""
    reply = await access.request({**await access.right_body(), "assay_unknown_parameter": True})
    expect.that(
        _issued(reply),
        "CREDENTIAL-UNKNOWN-PARAMETER-REFUSED",
        "a Credential, as without the parameter assay_unknown_parameter",
        reply.gist,
        at=reply,
    )


@check(
    "credential-accept",
    requires=["RFC9110-12.5.1-01"],
    proven_by={"rejects:credential.accept": "CREDENTIAL-ACCEPT-REFUSED"},
)
async def any_media_type_is_accepted(access: Access, expect: Expect) -> None:
    """A Credential Request succeeds whose Accept has a media type with a parameter, and any other besides."""
    accepted = "application/json;charset=utf-8, */*;q=0.8"
    reply = await _request_with(access, "Accept", accepted)
    expected = f"a Credential, as with any other Accept than {accepted!r}"
    expect.that(_issued(reply), "CREDENTIAL-ACCEPT-REFUSED", expected, reply.gist, at=reply)


@check(
    "credential-unknown-header",
    requires=["RFC9110-5.1-02"],
    proven_by={"rejects:credential.unknown-field": "CREDENTIAL-UNKNOWN-HEADER-REFUSED"},
)
async def an_unknown_header_field_is_ignored(access: Access, expect: Expect) -> None:
    """A Credential Request with a header field that nobody knows succeeds all the same."""
    reply = await _request_with(access, "X-Assay-Unknown", "assay")
    expected = "a Credential, as without the header field X-Assay-Unknown"
    expect.that(_issued(reply), "CREDENTIAL-UNKNOWN-HEADER-REFUSED", expected, reply.gist, at=reply)


async def _request_with(access: Access, name: str, value: str) -> Reply:
    """Make a right Credential Request with a header field besides."""
    own = {"Authorization": f"{access.scheme} {access.token}", name: value}
    return await access.request(await access.right_body(), headers=own)


@check(
    "credential-scheme-case",
    requires=["RFC9110-11.1-01", "FAPI2-5.3.4-01"],
    proven_by={
        "rejects:credential.scheme-case": "CREDENTIAL-SCHEME-CASE",
        "rejects:dpop.scheme-case": "CREDENTIAL-SCHEME-CASE",
        "rejects:govuk-credential.token-scheme-case": "CREDENTIAL-SCHEME-CASE",
    },
)
async def the_scheme_is_known_in_any_case(access: Access, expect: Expect) -> None:
    """The authentication scheme Bearer or DPoP is recognised however it is spelled."""
    reply = await access.request(await access.right_body(), scheme=access.scheme.swapcase())
    expected = f"a Credential, as with {access.scheme}"
    expect.that(_issued(reply), "CREDENTIAL-SCHEME-CASE", expected, reply.gist, at=reply)


def _delivered(issuance: Reply) -> dict[str, Any]:
    """Give the members of a Credential Response.

    Raises:
        Blocked: the request was refused, or the answer is no JSON object.

    """
    if not issuance.successful:
        raise Blocked(_refusal(issuance))
    try:
        members = issuance.document.value
    except JsonError as error:
        raise Blocked(f"the Credential Response is no JSON: {error.detail}") from error
    if not isinstance(members, dict):
        raise Blocked(f"the Credential Response is {json_type(members)} and no JSON object")
    return members


def _brings(issuer: Issuer, members: dict[str, Any]) -> bool:
    """Whether a response has what carries credentials: ``credentials``, in earlier versions ``credential``."""
    return not issuer.dialect.credential_members.isdisjoint(members)


def _refusal(issuance: Reply) -> str:
    return f"no Credential was issued: exchange {issuance.exchange} ended with {issuance.gist}"


def _issued(reply: Reply) -> bool:
    return reply.successful and carries_credential(reply)
