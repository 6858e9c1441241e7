"""Notifications: docs.wallet.service.gov.uk, Handle notifications from GOV.UK Wallet."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness import mutate
from harness.applicability import when
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk import forgery
from harness.govuk.minting import Minted
from harness.govuk.token_service import JWKS_MAX_AGE_S, TokenService
from harness.transport import Reply
from harness.wallet import notification
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import make_key
from suites.govuk_wallet._notifying import Send, Told, told_of
from suites.govuk_wallet._refusals import (
    body_faults,
    expect_bad_request,
    expect_invalid_token,
    expect_no_token,
    no_token_faults,
    token_faults,
)
from suites.govuk_wallet._rotation import with_new_key

check = area("GOV.UK Wallet: notification", per=Per.SHAPE)

Change = Callable[[JwtDraft, Told], JwtDraft | str]
"""Makes a wrong Access Token of a right one."""
_CHALLENGE = ("GOVUK-NOTIFY-14", "GOVUK-ERROR-04")
"""What a missing challenge and a missing error code violate at this endpoint."""
_INVALID_ID = "invalid_notification_id"
_INVALID_REQUEST = "invalid_notification_request"
_LEEWAY_S = 300
"""More than any clocks differ."""


# Notifications that have to be taken


@check(
    "govuk-notification-accepted",
    requires=[
        "GOVUK-NOTIFY-03",
        "GOVUK-NOTIFY-12",
        "GOVUK-NOTIFY-20",
        "VCI14-9-01",
        "VCI14-9.2-01",
        "VCI14-9.2-02",
    ],
    proven_by={
        "rejects:govuk-notification.failure": "GOVUK-NOTIFICATION-REFUSED",
        "rejects:govuk-notification.deleted": "GOVUK-NOTIFICATION-REFUSED",
        "rejects:govuk-notification.description": "GOVUK-NOTIFICATION-REFUSED",
        "rejects:govuk-notification.second-event": "GOVUK-NOTIFICATION-FURTHER-REFUSED",
        "govuk-notification-response:never": "GOVUK-NOTIFICATION-REFUSED",
        "govuk-notification-response:ok": "GOVUK-NOTIFICATION-STATUS",
        "govuk-notification-response:counted": "GOVUK-NOTIFICATION-STATUS",
    },
    applies=when.govuk_notifications,
    flows=3,
)
async def each_event_is_taken(minted: Minted, expect: Expect) -> None:
    """A notification of each of the three events, with the Access Token of the issuance, is answered with 204.

    All are of one credential; what is refused then is sent once more for a credential of its own.
    """
    told = await told_of(minted)
    for index, event in enumerate(notification.EVENTS):
        reply = await told.notify(told.body(event, event_description="Told by Assay"))
        if index and not reply.successful:
            alone = await told_of(minted.another())
            further, reply = reply, await alone.notify(alone.body(event, event_description="Told by Assay"))
            expect.that(
                not reply.successful,
                "GOVUK-NOTIFICATION-FURTHER-REFUSED",
                f"{event} is taken after another event, as it is alone",
                further.gist,
                at=further,
                requirement="GOVUK-NOTIFY-20",
            )
        if not expect.that(
            reply.successful,
            "GOVUK-NOTIFICATION-REFUSED",
            f"a notification of {event} is taken",
            reply.gist,
            at=reply,
            requirement="VCI14-9-01" if reply.status == 401 else "GOVUK-NOTIFY-03",
        ):
            continue
        expect.that(
            reply.status == 204,
            "GOVUK-NOTIFICATION-STATUS",
            "HTTP 204",
            reply.gist,
            at=reply,
            requirement="GOVUK-NOTIFY-12",
        )


@check(
    "govuk-notification-repeated",
    requires=["GOVUK-NOTIFY-17", "VCI14-9-02"],
    proven_by={
        "rejects:govuk-notification.repeated": "GOVUK-NOTIFICATION-REPEATED",
        "govuk-notification-response:counted": "GOVUK-NOTIFICATION-REPEATED",
    },
    applies=when.govuk_notifications,
)
async def a_repeated_notification_gets_the_same_answer(minted: Minted, expect: Expect) -> None:
    """A notification that is sent again, as it was, gets the same status and body."""
    told = await told_of(minted)
    first, second = await told.right(), await told.notify(told.body())
    expect.that(
        (second.status, second.body) == (first.status, first.body),
        "GOVUK-NOTIFICATION-REPEATED",
        f"the same answer as before: {first.gist}",
        second.gist,
        at=second,
        requirement="GOVUK-NOTIFY-17" if second.successful else "VCI14-9-02",
    )


@check(
    "govuk-notification-unknown-member",
    requires=["GOVUK-NOTIFY-11"],
    proven_by={"rejects:govuk-notification.unknown-member": "GOVUK-NOTIFICATION-UNKNOWN-MEMBER"},
    applies=when.govuk_notifications,
)
async def an_unknown_member_is_ignored(minted: Minted, expect: Expect) -> None:
    """A notification with a member that nobody knows is taken all the same."""
    told = await told_of(minted)
    reply = await told.notify(told.body(assay_unknown_parameter=True))
    await told.expect_taken_otherwise(reply)
    expect.that(
        reply.successful,
        "GOVUK-NOTIFICATION-UNKNOWN-MEMBER",
        "a notification is taken with the member assay_unknown_parameter, as without it",
        reply.gist,
        at=reply,
    )


@check(
    "govuk-notification-scheme-case",
    requires=["GOVUK-NOTIFY-03"],
    proven_by={"rejects:govuk-notification.token-scheme-case": "GOVUK-NOTIFICATION-SCHEME-CASE"},
    applies=when.govuk_notifications,
)
async def the_scheme_is_known_in_any_case(minted: Minted, expect: Expect) -> None:
    """The authentication scheme of a notification is recognised however it is spelled."""
    told = await told_of(minted)
    reply = await (await told.access()).notify(told.body(), scheme="BEARER")
    await told.expect_taken_otherwise(reply)
    expect.that(
        reply.successful,
        "GOVUK-NOTIFICATION-SCHEME-CASE",
        "a notification is taken with the scheme BEARER, as with Bearer",
        reply.gist,
        at=reply,
    )


@check(
    "govuk-notification-key-rotation",
    requires=["GOVUK-TOKEN-04", "GOVUK-NOTIFY-03"],
    proven_by={"rejects:govuk-notification.token-rotated": "GOVUK-NOTIFICATION-KEY-ROTATION"},
    applies=when.govuk_notifications,
    flows=2,
)
async def a_newly_published_key_is_known(minted: Minted, token_service: TokenService, expect: Expect) -> None:
    """A notification whose Access Token is signed with a key that GOV.UK One Login has just published is taken.

    As the JWKS may be cached for a while, a refusal counts after that only.
    """
    sent: list[Told] = []

    async def send(offer: Minted, draft: JwtDraft) -> Reply:
        # The credential is issued with the key before, so that the one endpoint does not learn it for the other.
        sent.append(await told_of(offer))
        renewed = draft.with_claims(**sent[-1].draft.claims)
        return await sent[-1].notify(sent[-1].body(), renewed)

    reply = await with_new_key(minted, token_service, send)
    await sent[-1].expect_taken_otherwise(reply)
    expect.that(
        reply.successful,
        "GOVUK-NOTIFICATION-KEY-ROTATION",
        f"HTTP 204, as the key has been in the JWKS for the {JWKS_MAX_AGE_S} seconds that it may be cached",
        reply.gist,
        at=reply,
    )


@check(
    "govuk-notification-after-refresh",
    requires=["GOVUK-NOTIFY-19"],
    proven_by={"rejects:govuk-notification.refreshed": "GOVUK-NOTIFICATION-AFTER-REFRESH"},
    applies=when.govuk_notifications,
    flows=2,
)
async def a_notification_of_a_refreshed_credential_is_taken(minted: Minted, expect: Expect) -> None:
    """A notification of a credential that was refreshed in the app, with the token of that, is taken."""
    told = await told_of(minted, refresh=True)
    reply = await told.notify(told.body())
    if not reply.successful:
        await (await told_of(minted)).right()
    expect.that(
        reply.successful,
        "GOVUK-NOTIFICATION-AFTER-REFRESH",
        "a notification of a refreshed credential is taken, as that of one just issued",
        reply.gist,
        at=reply,
    )


# Wrong bodies


@check(
    "govuk-notification-event-refused",
    requires=["GOVUK-NOTIFY-10", "GOVUK-NOTIFY-13", "GOVUK-NOTIFY-16"],
    proven_by=body_faults(
        "GOVUK-NOTIFICATION-EVENT",
        "govuk-notification.event-known",
        "govuk-notification.event-present",
        "govuk-notification.json",
    ),
    applies=when.govuk_notifications,
)
async def a_notification_without_an_event_is_refused(minted: Minted, expect: Expect) -> None:
    """A notification that is no JSON, or whose event is missing or unknown, is refused."""
    told = await told_of(minted)
    bodies: dict[str, Mapping[str, Any] | bytes] = {
        "a notification of an unknown event": told.body("credential_stored"),
        "a notification whose event is in capitals": told.body("CREDENTIAL_ACCEPTED"),
        "a notification without event": {"notification_id": told.notification_id},
        "a notification that is no JSON": b"credential_accepted",
    }
    for what, reply in (await told.replies({what: _of(body) for what, body in bodies.items()})).items():
        expect_bad_request(
            expect,
            reply,
            "GOVUK-NOTIFICATION-EVENT",
            what=what,
            errors={_INVALID_REQUEST},
            answer="GOVUK-NOTIFY-16",
            error="GOVUK-NOTIFY-16",
        )


@check(
    "govuk-notification-id-refused",
    requires=["GOVUK-NOTIFY-15", "GOVUK-NOTIFY-10", "GOVUK-NOTIFY-13", "VCI14-9.3-01"],
    proven_by={
        **body_faults("GOVUK-NOTIFICATION-ID", "govuk-notification.id-known", "govuk-notification.id-present"),
        "govuk-error-response:content-type": "GOVUK-NOTIFICATION-ID-MEDIA-TYPE",
    },
    applies=when.govuk_notifications,
)
async def a_notification_of_an_unknown_id_is_refused(minted: Minted, expect: Expect) -> None:
    """A notification whose notification_id is unknown or missing is refused."""
    told = await told_of(minted)
    unknown = "a notification of an unknown notification_id"
    missing = "a notification without notification_id"
    replies = await told.replies(
        {
            unknown: _of(told.body(notification_id=str(uuid.uuid4()))),
            missing: _of({"event": "credential_accepted"}),
        }
    )
    for what, reply in replies.items():
        # The page does not say whether a missing identifier is an invalid one.
        errors = {_INVALID_ID} if what == unknown else {_INVALID_ID, _INVALID_REQUEST}
        expect_bad_request(
            expect,
            reply,
            "GOVUK-NOTIFICATION-ID",
            what=what,
            errors=errors,
            answer="GOVUK-NOTIFY-15",
            error="GOVUK-NOTIFY-15",
            requirement=None if what == unknown else "GOVUK-NOTIFY-10",
        )
    reply = replies[unknown]
    if reply.status == 400:
        expect.that(
            reply.media_type == "application/json",
            "GOVUK-NOTIFICATION-ID-MEDIA-TYPE",
            "the media type application/json",
            reply.media_type or "none",
            at=reply,
            pointer="header Content-Type",
            requirement="VCI14-9.3-01",
        )


def _of(body: Mapping[str, Any] | bytes) -> Send:
    async def send(told: Told) -> Reply:
        return await told.notify(body)

    return send


# Wrong tokens


@check(
    "govuk-notification-token-missing-refused",
    requires=["GOVUK-NOTIFY-14", "GOVUK-NOTIFY-13", "GOVUK-ERROR-04"],
    proven_by=no_token_faults("GOVUK-NOTIFICATION-TOKEN-MISSING", "notification"),
    applies=when.govuk_notifications,
)
async def a_notification_without_a_token_is_refused(minted: Minted, expect: Expect) -> None:
    """A notification without an Access Token is answered with 401 and a challenge."""

    async def bare(told: Told) -> Reply:
        return await (await told.access()).notify(told.body(), headers={})

    told = await told_of(minted)
    for what, reply in (await told.replies({"a notification without an Access Token": bare})).items():
        expect_no_token(expect, reply, "GOVUK-NOTIFICATION-TOKEN-MISSING", what=what, challenge=_CHALLENGE)


@dataclass(frozen=True)
class _Wrong:
    """Access Tokens that are wrong in one thing.

    Attributes:
        name: of the check, between ``govuk-notification-`` and ``-refused``.
        requirement: what an acceptance violates.
        statement: what is expected, as the report shows it.
        tokens: how such a token differs from a right one, in words that follow on ``with an Access Token``.
        rules: of the reference issuer, after ``token-``.
        by_id: whether the issuer may say that the ``notification_id`` is wrong, as it is not of this token.

    """

    name: str
    requirement: str
    statement: str
    tokens: Mapping[str, Change]
    rules: tuple[str, ...]
    by_id: bool = False


def _claims(**changes: Any) -> Change:
    return lambda draft, _: draft.with_claims(**changes)


def _header(**changes: Any) -> Change:
    return lambda draft, _: draft.with_header(**changes)


def _expired(draft: JwtDraft, told: Told) -> JwtDraft:
    return draft.with_claims(exp=int(told.minted.flow.tools.now()) - _LEEWAY_S)


def _by_unknown_key(draft: JwtDraft, _: Told) -> JwtDraft:
    return forgery.signed_by(draft, make_key(draft.key.algorithm), kid=str(uuid.uuid4()))


def _by_encryption_key(draft: JwtDraft, told: Told) -> JwtDraft:
    key = told.minted.surroundings.token_service.encryption_key
    return forgery.signed_by(draft, key.key, kid=key.kid)


def _of_another_user(draft: JwtDraft, told: Told) -> JwtDraft:
    around = told.minted.surroundings
    return draft.with_claims(sub=around.subject_of(around.other_user))


def _of_another_user_refreshing(draft: JwtDraft, told: Told) -> JwtDraft:
    return _of_another_user(draft, told).with_claims(credential_identifiers=None)


def _two_identifiers(draft: JwtDraft, _: Told) -> JwtDraft:
    right = draft.claims.get("credential_identifiers", ())
    return draft.with_claims(credential_identifiers=[*right, str(uuid.uuid4())])


_WRONG = (
    _Wrong(
        "token",
        "GOVUK-NOTIFY-04",
        "A notification whose Access Token GOV.UK One Login did not sign is refused.",
        {
            "whose signature has another bit": lambda draft, _: mutate.broken_signature(draft),
            "that is no JWT": lambda _, __: str(uuid.uuid4()),
            "of an unknown key under its own kid": _by_unknown_key,
            "without kid": _header(kid=None),
            "with alg none": lambda draft, _: mutate.unsigned(draft),
            "with alg HS256 and the public key as secret": lambda draft, _: forgery.symmetric(draft),
            "with alg ES384 under the kid of a key for ES256": lambda draft, _: forgery.signed_by(
                draft, make_key("ES384")
            ),
            "signed by the key of GOV.UK One Login that is for encryption": _by_encryption_key,
        },
        ("signature", "wellformed", "key-known", "asymmetric", "algorithm", "key-use"),
    ),
    _Wrong(
        "token-expired",
        "GOVUK-NOTIFY-14",
        "A notification whose Access Token has expired, or never does, is refused.",
        {"that expired some minutes ago": _expired, "without exp": _claims(exp=None)},
        ("unexpired", "expiry"),
    ),
    _Wrong(
        "token-type",
        "GOVUK-NOTIFY-05",
        "A notification whose Access Token is not of the typ at+jwt is refused.",
        {"of typ JWT": _header(typ="JWT"), "without typ": _header(typ=None)},
        ("type",),
    ),
    _Wrong(
        "token-claims",
        "GOVUK-NOTIFY-06",
        "A notification whose Access Token has another iss or aud is refused.",
        {
            "of another iss": _claims(iss=mutate.ELSEWHERE),
            "without iss": _claims(iss=None),
            "for another aud": _claims(aud=mutate.ELSEWHERE),
            "without aud": _claims(aud=None),
        },
        ("issuer", "audience"),
    ),
    _Wrong(
        "subject",
        "GOVUK-NOTIFY-07",
        "A notification with the Access Token of another user is refused.",
        {"of another user": _of_another_user, "of another user for a refresh": _of_another_user_refreshing},
        ("subject", "refreshed-subject"),
        by_id=True,
    ),
    _Wrong(
        "identifiers",
        "GOVUK-NOTIFY-08",
        "A notification whose Access Token has other credential_identifiers is refused.",
        {
            "with unknown credential_identifiers": _claims(credential_identifiers=[str(uuid.uuid4())]),
            "with two credential_identifiers": _two_identifiers,
        },
        ("identifier-known", "one-identifier"),
        by_id=True,
    ),
)


def _refused(wrong: _Wrong) -> CheckFunction:
    code = f"GOVUK-NOTIFICATION-{wrong.name.upper()}"

    async def judge(minted: Minted, expect: Expect) -> None:
        told = await told_of(minted)
        attempts = {
            f"a notification with an Access Token {how}": _with(change) for how, change in wrong.tokens.items()
        }
        for what, reply in (await told.replies(attempts)).items():
            if wrong.by_id and reply.status == 400 and reply.error == _INVALID_ID:
                expect.that(True, f"{code}-ACCEPTED", f"{what} is refused", reply.gist, at=reply)
            else:
                expect_invalid_token(expect, reply, code, what=what, challenge=_CHALLENGE)

    judge.__doc__ = wrong.statement
    declare = check(
        f"govuk-notification-{wrong.name}-refused",
        requires=list(dict.fromkeys((wrong.requirement, "GOVUK-NOTIFY-13", *_CHALLENGE))),
        proven_by=token_faults(code, "notification", *wrong.rules),
        applies=when.govuk_notifications,
    )
    return declare(judge)


def _with(change: Change) -> Send:
    async def send(told: Told) -> Reply:
        return await told.notify(told.body(), change(told.draft, told))

    return send


REFUSED_TOKENS = tuple(map(_refused, _WRONG))


@check(
    "govuk-notification-no-store",
    requires=["GOVUK-NOTIFY-18"],
    proven_by={
        "govuk-error-response:cacheable": "GOVUK-NOTIFICATION-NO-STORE",
        "govuk-challenge-response:cacheable": "GOVUK-NOTIFICATION-NO-STORE",
    },
    applies=when.govuk_notifications,
)
async def refusals_are_not_stored(minted: Minted, expect: Expect) -> None:
    """Refusals of notifications have Cache-Control: no-store."""
    told = await told_of(minted)
    replies = await told.replies(
        {
            "a wrong Access Token": _with(lambda draft, _: mutate.broken_signature(draft)),
            "an unknown event": _of(told.body("credential_stored")),
        }
    )
    refused = {what: reply for what, reply in replies.items() if reply.status >= 400}
    if not refused:
        raise Blocked("no wrong notification was refused")
    for what, reply in refused.items():
        expect.that(
            "no-store" in reply.directives("cache-control"),
            "GOVUK-NOTIFICATION-NO-STORE",
            f"Cache-Control: no-store in the answer to {what}",
            reply.headers.get("cache-control", "no Cache-Control"),
            at=reply,
            pointer="header Cache-Control",
        )
