"""The Notification Endpoint: OpenID4VCI 1.0 section 11."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from harness import mutate
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats.problems import json_type
from harness.transport import Reply
from harness.wallet import credential, notification
from harness.wallet.metadata import Issuer
from suites.oid4vci._refused_tokens import (
    MISSING,
    UNKNOWN,
    Endpoint,
    expect_missing_token_refused,
    expect_unknown_token_refused,
)
from suites.oid4vci._urls import is_secure_url

check = area("Notification Endpoint", per=Per.SHAPE)

_ENDPOINT = Endpoint("NOTIFICATION", "a Notification Request")
_OFFERED = when.metadata_has("notification_endpoint")
_NOTIFYING = _OFFERED & when.notification_id
_DESCRIPTION = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"\\')
"""Every character that ``event_description`` may have (section 11.1)."""


@check(
    "notification-endpoint-url",
    requires=["VCI-11-03"],
    proven_by={"metadata:notification-endpoint-http": "NOTIFICATION-ENDPOINT-SCHEME"},
    applies=_OFFERED,
    per=Per.ISSUER,
)
async def the_endpoint_is_secure(issuer: Issuer, expect: Expect) -> None:
    """The URL of the Notification Endpoint has the scheme https."""
    url = issuer.metadata["notification_endpoint"]
    expect.that(
        is_secure_url(url),
        "NOTIFICATION-ENDPOINT-SCHEME",
        "a URL with the scheme https",
        url,
        at=issuer.reply,
        pointer="/notification_endpoint",
    )


@check(
    "notification-id-given",
    requires=["VCI-11-04"],
    proven_by={"credential:notification-id-missing": "NOTIFICATION-ID-MISSING"},
    applies=_OFFERED,
    per=Per.SCENARIO,
)
async def credentials_come_with_a_notification_id(issuer: Issuer, collected: Reply, expect: Expect) -> None:
    """Where there is a Notification Endpoint, the response with the credentials has a notification_id."""
    expect.that(
        "notification_id" in _delivered(issuer, collected),
        "NOTIFICATION-ID-MISSING",
        "notification_id beside credentials, since there is a notification_endpoint",
        f"the members {show(list(collected.object))}",
        at=collected,
    )


@check(
    "notification-endpoint-published",
    requires=["VCI-11-05"],
    proven_by={"metadata:notification-endpoint-missing": "NOTIFICATION-ENDPOINT-MISSING"},
    applies=when.notification_id,
    per=Per.SCENARIO,
)
async def who_gives_an_id_has_the_endpoint(issuer: Issuer, collected: Reply, expect: Expect) -> None:
    """An issuer that gives out a notification_id says in its metadata where notifications go."""
    expect.that(
        "notification_endpoint" in issuer.metadata,
        "NOTIFICATION-ENDPOINT-MISSING",
        "notification_endpoint in the metadata, since there is a notification_id",
        f"the members {show(list(issuer.metadata))}",
        at=collected,
        pointer="/notification_id",
    )


@check(
    "notification-ids-distinct",
    requires=["VCI-8.3-24"],
    proven_by={"credential:notification-id-constant": "NOTIFICATION-ID-SHARED"},
    applies=_NOTIFYING,
)
async def responses_are_told_apart(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """Two responses that deliver credentials have notification_ids of their own."""
    other = another_flow()
    expect.that(
        await other.notification_id() != await shared.notification_id(),
        "NOTIFICATION-ID-SHARED",
        "a notification_id of its own for each response",
        "the same in two responses",
        at=await other.collected(),
        pointer="/notification_id",
    )


# Notifications


@check(
    "notification-accepted",
    requires=["VCI-11.2-01", "VCI-11-01", "VCI-11.1-02", "VCI-11.2-02"],
    proven_by={
        "notification-response:status-200": "NOTIFICATION-STATUS",
        "notification-response:status-302": "NOTIFICATION-REFUSED",
        "rejects:notification.deferred": "NOTIFICATION-REFUSED",
        "notification-response:status-500": "NOTIFICATION-REFUSED",
        "credential:notification-id-constant": "NOTIFICATION-REFUSED",
    },
    applies=_NOTIFYING,
)
async def a_right_notification_is_taken(notified: Reply, expect: Expect) -> None:
    """A notification that the credentials were accepted is answered with success, at best with status 204."""
    by_token = notified.status in (401, 403)
    if expect.that(
        notified.successful,
        "NOTIFICATION-REFUSED",
        "a 2xx status code",
        notified.gist,
        at=notified,
        requirement="VCI-11-01" if by_token else "VCI-11.2-01",
    ):
        expect.that(
            notified.status == 204,
            "NOTIFICATION-STATUS",
            "HTTP 204",
            f"HTTP {notified.status}",
            at=notified,
            requirement="VCI-11.2-02",
        )


@check(
    "notification-after-deferral",
    requires=["VCI-11.1-04"],
    proven_by={"rejects:notification.deferred": "NOTIFICATION-DEFERRED-REFUSED"},
    applies=_NOTIFYING & when.deferred,
)
async def an_id_of_deferred_credentials_is_known(notified: Reply, expect: Expect) -> None:
    """A notification_id that came with deferred credentials is accepted."""
    expect.that(
        notified.successful,
        "NOTIFICATION-DEFERRED-REFUSED",
        "a 2xx status code, as the notification_id is from a Deferred Credential Response",
        notified.gist,
        at=notified,
    )


@check(
    "notification-repeated",
    requires=["VCI-11-02"],
    proven_by={"rejects:notification.repeated": "NOTIFICATION-REPEATED-REFUSED"},
    applies=_NOTIFYING,
)
async def a_repeated_notification_is_taken(shared: Flow, notified: Reply, expect: Expect) -> None:
    """A notification that comes a second time, unchanged, is answered with success again."""
    _need_success(notified)
    reply = await _notify(shared, "credential_accepted")
    expect.that(
        reply.successful, "NOTIFICATION-REPEATED-REFUSED", "a 2xx status code, as before", reply.gist, at=reply
    )


@check(
    "notification-unknown-parameter",
    requires=["VCI-11.1-01"],
    proven_by={"rejects:notification.unknown-parameter": "NOTIFICATION-UNKNOWN-PARAMETER-REFUSED"},
    applies=_NOTIFYING,
)
async def an_unknown_parameter_is_ignored(
    another_flow: Callable[[], Flow], notified: Reply, expect: Expect
) -> None:
    """A Notification Request with a parameter that nobody knows is answered with success all the same."""
    _need_success(notified)
    reply = await _notify(another_flow(), "credential_accepted", assay_unknown_parameter=True)
    expect.that(
        reply.successful,
        "NOTIFICATION-UNKNOWN-PARAMETER-REFUSED",
        "a 2xx status code, as without the parameter assay_unknown_parameter",
        reply.gist,
        at=reply,
    )


@check(
    "notification-failure",
    requires=["VCI-11.1-02"],
    proven_by={
        "rejects:notification.failure": "NOTIFICATION-FAILURE-REFUSED",
        "rejects:notification.description": "NOTIFICATION-FAILURE-REFUSED",
    },
    applies=_NOTIFYING,
)
async def a_failure_can_be_told(another_flow: Callable[[], Flow], notified: Reply, expect: Expect) -> None:
    """The event credential_failure is accepted, with an event_description of all characters it may have."""
    _need_success(notified)
    reply = await _notify(another_flow(), "credential_failure", event_description=_DESCRIPTION)
    expect.that(reply.successful, "NOTIFICATION-FAILURE-REFUSED", "a 2xx status code", reply.gist, at=reply)


@check(
    "notification-deletion",
    requires=["VCI-11.1-02"],
    proven_by={"rejects:notification.deleted": "NOTIFICATION-DELETION-REFUSED"},
    applies=_NOTIFYING,
)
async def a_deletion_can_be_told(another_flow: Callable[[], Flow], notified: Reply, expect: Expect) -> None:
    """The event credential_deleted is accepted."""
    _need_success(notified)
    reply = await _notify(another_flow(), "credential_deleted")
    expect.that(reply.successful, "NOTIFICATION-DELETION-REFUSED", "a 2xx status code", reply.gist, at=reply)


@check(
    "notification-second-event",
    requires=["VCI-11.1-03"],
    proven_by={"rejects:notification.second-event": "NOTIFICATION-SECOND-EVENT-REFUSED"},
    applies=_NOTIFYING,
    flows=2,
)
async def a_second_event_can_be_told(another_flow: Callable[[], Flow], expect: Expect) -> None:
    """After credential_accepted the wallet may say that the user deleted the credential."""
    flow = another_flow()
    _need_success(await flow.notified())
    reply = await _notify(flow, "credential_deleted")
    if not reply.successful:
        # Only a refusal of what is accepted as the first event is one of the second event.
        _need_success(await _notify(another_flow(), "credential_deleted"))
    expect.that(reply.successful, "NOTIFICATION-SECOND-EVENT-REFUSED", "a 2xx status code", reply.gist, at=reply)


# Access Tokens


@check(
    "notification-token-missing-refused",
    requires=["VCI-11.3-01", *MISSING],
    proven_by={
        "accepts:notification.token-present": "NOTIFICATION-TOKEN-MISSING-ACCEPTED",
        "misreports:notification.token-present": (
            "NOTIFICATION-TOKEN-MISSING-MISREPORTED",
            "NOTIFICATION-CHALLENGE-MISSING",
        ),
        "notification-challenge-response:missing": "NOTIFICATION-CHALLENGE-MISSING",
        "notification-challenge-response:scheme-other": "NOTIFICATION-CHALLENGE-SCHEME",
        "notification-challenge-response:error-needless": "NOTIFICATION-CHALLENGE-ERROR-NEEDLESS",
    },
    applies=_NOTIFYING,
)
async def a_missing_token_is_refused(shared: Flow, notified: Reply, expect: Expect) -> None:
    """A Notification Request without an Access Token gets a challenge that says nothing of an error."""
    _need_success(notified)
    access = await shared.access()
    reply = await access.notify(await _right_body(shared), headers={})
    expect_missing_token_refused(expect, _ENDPOINT, access, reply)


@check(
    "notification-token-unknown-refused",
    requires=["VCI-11.3-02", *UNKNOWN, "FAPI2-5.3.4-03"],
    proven_by={
        "accepts:notification.token-known": "NOTIFICATION-TOKEN-UNKNOWN-ACCEPTED",
        "misreports:notification.token-known": (
            "NOTIFICATION-TOKEN-UNKNOWN-MISREPORTED",
            "NOTIFICATION-CHALLENGE-MISSING",
        ),
        "notification-challenge-response:missing": "NOTIFICATION-CHALLENGE-MISSING",
        "notification-challenge-response:scheme-other": "NOTIFICATION-CHALLENGE-SCHEME",
        "notification-challenge-response:invalid-token-403": "NOTIFICATION-TOKEN-UNKNOWN-STATUS",
        "notification-challenge-response:error-missing": "NOTIFICATION-CHALLENGE-ERROR-MISSING",
        "notification-challenge-response:error-other": "NOTIFICATION-CHALLENGE-ERROR",
    },
    applies=_NOTIFYING,
)
async def an_unknown_token_is_refused(shared: Flow, notified: Reply, expect: Expect) -> None:
    """A Notification Request with a token that was never issued gets a challenge with error invalid_token."""
    _need_success(notified)
    access = await shared.access()
    unknown = access.with_token(mutate.near_miss(access.token))
    reply = await unknown.notify(await _right_body(shared))
    expect_unknown_token_refused(expect, _ENDPOINT, access, reply)


# Wrong notifications


@check(
    "notification-id-unknown-refused",
    requires=["VCI-11.3-03", "VCI-11.3-04", "VCI-11.3-05", "VCI-11.3-06"],
    proven_by={
        "accepts:notification.id-known": "NOTIFICATION-ID-UNKNOWN-ACCEPTED",
        "misreports:notification.id-known": "NOTIFICATION-ID-UNKNOWN-MISREPORTED",
        "notification-error-response:status-404": "NOTIFICATION-ID-UNKNOWN-MISREPORTED",
        "notification-error-response:content-type": "NOTIFICATION-ERROR-CONTENT-TYPE",
        "notification-error:error-missing": "NOTIFICATION-ERROR-MISSING",
        "notification-error:generic": "NOTIFICATION-ID-UNKNOWN-MISREPORTED",
    },
    applies=_NOTIFYING,
)
async def an_unknown_id_is_refused(shared: Flow, notified: Reply, expect: Expect) -> None:
    """A notification_id that this issuer never gave out is refused with invalid_notification_id."""
    _need_success(notified)
    unknown = mutate.near_miss(await shared.notification_id())
    reply = await _send(shared, notification.body(unknown, "credential_accepted"))
    expect.refused(
        reply,
        "NOTIFICATION-ID-UNKNOWN",
        what="an unknown notification_id",
        status={400},
        errors={"invalid_notification_id"} if reply.error is not None else (),
        error_requirement="VCI-11.3-06",
    )
    if reply.status != 400:
        return
    expect.that(
        reply.media_type == "application/json",
        "NOTIFICATION-ERROR-CONTENT-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="VCI-11.3-04",
    )
    expect.that(
        reply.error is not None,
        "NOTIFICATION-ERROR-MISSING",
        "a JSON object with error, a string",
        reply.gist,
        at=reply,
        requirement="VCI-11.3-05",
    )


@check(
    "notification-members-missing-refused",
    requires=["VCI-11.1-05", "VCI-11.3-07"],
    proven_by={
        "accepts:notification.id-present": "NOTIFICATION-MEMBERS-MISSING-ACCEPTED",
        "misreports:notification.id-present": "NOTIFICATION-MEMBERS-MISSING-MISREPORTED",
        "accepts:notification.event-present": "NOTIFICATION-MEMBERS-MISSING-ACCEPTED",
        "misreports:notification.event-present": "NOTIFICATION-MEMBERS-MISSING-MISREPORTED",
        "notification-error-response:status-404": "NOTIFICATION-MEMBERS-MISSING-MISREPORTED",
        "notification-error:generic": "NOTIFICATION-MEMBERS-MISSING-MISREPORTED",
    },
    applies=_NOTIFYING,
)
async def missing_members_are_refused(shared: Flow, notified: Reply, expect: Expect) -> None:
    """A Notification Request without notification_id or event is refused with invalid_notification_request."""
    _need_success(notified)
    right = await _right_body(shared)
    for name in right:
        body = {member: value for member, value in right.items() if member != name}
        # What is missing is invalid, too.
        errors = {"invalid_notification_id"} if name == "notification_id" else set[str]()
        reply = await _send(shared, body)
        _expect_malformed(
            expect, reply, "NOTIFICATION-MEMBERS-MISSING", f"a Notification Request without {name}", errors
        )


@check(
    "notification-members-form-refused",
    requires=["VCI-11.3-07"],
    proven_by={
        "accepts:notification.id-present": "NOTIFICATION-MEMBERS-FORM-ACCEPTED",
        "misreports:notification.id-present": "NOTIFICATION-MEMBERS-FORM-MISREPORTED",
        "accepts:notification.event-present": "NOTIFICATION-MEMBERS-FORM-ACCEPTED",
        "misreports:notification.event-present": "NOTIFICATION-MEMBERS-FORM-MISREPORTED",
        "notification-error-response:status-404": "NOTIFICATION-MEMBERS-FORM-MISREPORTED",
        "notification-error:generic": "NOTIFICATION-MEMBERS-FORM-MISREPORTED",
    },
    applies=_NOTIFYING,
)
async def members_are_strings(shared: Flow, notified: Reply, expect: Expect) -> None:
    """A notification_id or an event in an array is refused with invalid_notification_request."""
    _need_success(notified)
    right = await _right_body(shared)
    for name, value in right.items():
        errors = {"invalid_notification_id"} if name == "notification_id" else set[str]()
        reply = await _send(shared, {**right, name: [value]})
        _expect_malformed(expect, reply, "NOTIFICATION-MEMBERS-FORM", f"{json_type([value])} as {name}", errors)


@check(
    "notification-event-unknown-refused",
    requires=["VCI-11.1-06", "VCI-11.3-07"],
    proven_by={
        "accepts:notification.event-known": "NOTIFICATION-EVENT-UNKNOWN-ACCEPTED",
        "misreports:notification.event-known": "NOTIFICATION-EVENT-UNKNOWN-MISREPORTED",
        "notification-error-response:status-404": "NOTIFICATION-EVENT-UNKNOWN-MISREPORTED",
        "notification-error:generic": "NOTIFICATION-EVENT-UNKNOWN-MISREPORTED",
    },
    applies=_NOTIFYING,
)
async def an_unknown_event_is_refused(shared: Flow, notified: Reply, expect: Expect) -> None:
    """An event that nobody knows, or in capitals, is refused with invalid_notification_request."""
    _need_success(notified)
    right = await _right_body(shared)
    for event in ("assay_unknown_event", right["event"].upper()):
        reply = await _send(shared, {**right, "event": event})
        _expect_malformed(expect, reply, "NOTIFICATION-EVENT-UNKNOWN", f"the event {event}")


@check(
    "notification-json-refused",
    requires=["VCI-11.3-07"],
    proven_by={
        "accepts:notification.json": "NOTIFICATION-JSON-ACCEPTED",
        "misreports:notification.json": "NOTIFICATION-JSON-MISREPORTED",
        "notification-error-response:status-404": "NOTIFICATION-JSON-MISREPORTED",
        "notification-error:generic": "NOTIFICATION-JSON-MISREPORTED",
    },
    applies=_NOTIFYING,
)
async def a_request_that_is_no_object_is_refused(shared: Flow, notified: Reply, expect: Expect) -> None:
    """A Notification Request that is cut off, or an array, is refused with invalid_notification_request."""
    _need_success(notified)
    text = json.dumps(await _right_body(shared))
    for what, content in (("is cut off", text[:-1]), ("is an array", f"[{text}]")):
        reply = await _send(shared, content.encode())
        _expect_malformed(expect, reply, "NOTIFICATION-JSON", f"a Notification Request that {what}")


@check(
    "notification-description-answered",
    requires=["VCI-11.3-07"],
    proven_by={
        "misreports:notification.description": "NOTIFICATION-DESCRIPTION-MISREPORTED",
        "notification-error-response:status-404": "NOTIFICATION-DESCRIPTION-MISREPORTED",
        "notification-error:generic": "NOTIFICATION-DESCRIPTION-MISREPORTED",
    },
    applies=_NOTIFYING,
)
async def a_wrong_description_is_answered(shared: Flow, notified: Reply, expect: Expect) -> None:
    """An event_description with a quotation mark is put up with or refused with invalid_notification_request."""
    _need_success(notified)
    reply = await _notify(shared, "credential_accepted", event_description='It is "full".')
    expect.that(
        reply.successful or (reply.status == 400 and reply.error == "invalid_notification_request"),
        "NOTIFICATION-DESCRIPTION-MISREPORTED",
        "a 2xx status code, or HTTP 400 with error invalid_notification_request",
        reply.gist,
        at=reply,
    )


def _delivered(issuer: Issuer, collected: Reply) -> dict[str, Any]:
    if not credential.credentials(collected, issuer.dialect):
        raise Blocked(f"no credential was issued: exchange {collected.exchange} ended with {collected.gist}")
    return collected.object


def _need_success(notified: Reply) -> None:
    """The control of a Notification Request that must be refused: the right one was accepted.

    Raises:
        Blocked: it was not.

    """
    if not notified.successful:
        raise Blocked(f"a right notification is refused: exchange {notified.exchange} ended with {notified.gist}")


async def _right_body(flow: Flow) -> dict[str, str]:
    return notification.body(await flow.notification_id(), "credential_accepted")


async def _notify(flow: Flow, event: str, **members: Any) -> Reply:
    return await _send(flow, {**notification.body(await flow.notification_id(), event), **members})


async def _send(flow: Flow, payload: dict[str, Any] | bytes) -> Reply:
    return await (await flow.access()).notify(payload)


def _expect_malformed(
    expect: Expect, reply: Reply, code: str, what: str, further_errors: set[str] | None = None
) -> None:
    """Expect a malformed request to be refused with status 400 and ``invalid_notification_request``."""
    expect.refused(
        reply,
        code,
        what=what,
        status={400},
        errors={"invalid_notification_request"} | (further_errors or set()),
        status_requirement="VCI-11.3-07",
        error_requirement="VCI-11.3-07",
    )
