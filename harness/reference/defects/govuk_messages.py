"""Faults of what the department answers to the wallet and sends to the status list service."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import fault
from harness.reference.govuk.credential_issuer import Attempt, Redemption
from harness.reference.govuk.documents import SignedJwt
from harness.reference.govuk.offers import Revocation
from harness.reference.govuk.outgoing import OutgoingRequest
from harness.reference.govuk.records import StatusEntry

Document = dict[str, Any]
_DAY = 24 * 3600
_ANSWERS = {
    "govuk-credential": "The credential response",
    "govuk-error": "An error response",
    "govuk-challenge": "The answer to a bad access token",
}


def _cacheable(reply: Reply, _: Context) -> None:
    reply.headers.pop("Cache-Control", None)


def _text(reply: Reply, _: Context) -> None:
    reply.headers["Content-Type"] = "text/plain"


def _created(reply: Reply, _: Context) -> None:
    reply.status = 201


for _name, _what in _ANSWERS.items():
    fault(f"{_name}-response:cacheable", f"{_what} has no Cache-Control.")(_cacheable)
for _name in ("govuk-credential", "govuk-error"):
    fault(f"{_name}-response:content-type", f"{_ANSWERS[_name]} is served as text/plain.")(_text)
fault("govuk-credential-response:created", "The credential response has status 201.")(_created)


# The credential response


def _response(identifier: str, description: str, change: Callable[[Document], Any]) -> None:
    def spoil(document: Document, _: Context) -> None:
        change(document)

    fault(f"govuk-credential:{identifier}", description)(spoil)


def _number(document: Document) -> None:
    if "notification_id" in document:
        document["notification_id"] = 4711


_response(
    "two-credentials", "There are two credentials.", lambda one: one.update(credentials=one["credentials"] * 2)
)
_response("no-credentials", "The credentials are an empty array.", lambda one: one.update(credentials=[]))
_response(
    "one-member",
    "The credential stands in a member credential.",
    lambda one: one.update(credential=one.pop("credentials")[0]["credential"]),
)
_response(
    "strings",
    "The credentials are strings instead of objects.",
    lambda one: one.update(credentials=[each["credential"] for each in one["credentials"]]),
)
_response(
    "both-members",
    "The credential stands in a member credential too.",
    lambda one: one.update(credential=one["credentials"][0]["credential"]),
)


def _issued(identifier: str, description: str, change: Callable[[str], Any]) -> None:
    def spoil(document: Document, _: Context) -> None:
        for each in document["credentials"]:
            each["credential"] = change(each["credential"])

    fault(f"govuk-credential:{identifier}", description)(spoil)


_issued("object", "The credential is an object instead of a string.", lambda text: {"value": text})
_issued(
    "encoded-again",
    "The credential is encoded in base64 again.",
    lambda text: base64.b64encode(text.encode()).decode("ascii"),
)
_issued("padded", "The credential has padding at its end.", lambda text: text + "=" * (-len(text) % 4 or 4))
_response(
    "notification-id-missing",
    "There is no notification_id, though there is a Notification Endpoint.",
    lambda one: one.pop("notification_id", None),
)
_response("notification-id-number", "The notification_id is a number.", _number)
_response(
    "notification-id-idle",
    "There is a notification_id, though there is no Notification Endpoint.",
    lambda one: one.setdefault("notification_id", "776aefd4-26c6-4a5f-aa7c-b5e294cd87cd"),
)


@fault("govuk-credential:notification-id-same")
def notification_id_same(document: Document, _: Context) -> None:
    """All responses have the same notification_id."""
    if "notification_id" in document:
        document["notification_id"] = "776aefd4-26c6-4a5f-aa7c-b5e294cd87cd"


# Errors


@fault("govuk-error:upper-case")
def upper_case(document: Document, _: Context) -> None:
    """Error codes are in upper case."""
    document["error"] = document["error"].upper()


@fault("govuk-error:described")
def described(document: Document, _: Context) -> None:
    """Error responses have an error_description too."""
    document["error_description"] = "This is what is wrong."


@fault("govuk-error:described-in-welsh")
def described_in_welsh(document: Document, _: Context) -> None:
    """Error responses have an error_description with letters that are not in ASCII."""
    document["error_description"] = "Nid yw'r dogfen yn ddilys: tŷ."


@fault("govuk-error:nested")
def nested(document: Document, _: Context) -> None:
    """The error code stands in an object."""
    document["error"] = {"code": document["error"]}


@fault("govuk-error-response:unprocessable")
def unprocessable(reply: Reply, _: Context) -> None:
    """Bad requests are answered with status 422."""
    if reply.status == 400:
        reply.status = 422


@fault("govuk-challenge-response:no-header")
def no_header(reply: Reply, _: Context) -> None:
    """The answer to a bad access token has no WWW-Authenticate."""
    reply.headers.pop("WWW-Authenticate", None)


@fault("govuk-challenge-response:always-error")
def always_error(reply: Reply, _: Context) -> None:
    """The answer to a request without an access token has an error code."""
    reply.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'


@fault("govuk-challenge-response:never-error")
def never_error(reply: Reply, _: Context) -> None:
    """The answer to a bad access token has no error code."""
    reply.headers["WWW-Authenticate"] = "Bearer"


@fault("govuk-challenge-response:forbidden")
def forbidden(reply: Reply, _: Context) -> None:
    """A bad access token is answered with status 403."""
    reply.status = 403


@fault("govuk-challenge-response:scheme")
def scheme(reply: Reply, _: Context) -> None:
    """The challenge is of the scheme Basic."""
    reply.headers["WWW-Authenticate"] = reply.headers["WWW-Authenticate"].replace("Bearer", "Basic")


@fault("govuk-challenge-response:with-credential")
def with_credential(reply: Reply, context: Context) -> None:
    """A bad access token is answered with status 401 and a credential all the same."""
    reply.headers["Content-Type"] = "application/json"
    reply.body = {"credentials": [{"credential": context.secret()}]}


# What is spent when


@fault("govuk-redemption:late")
def late(redemption: Redemption, _: Context) -> None:
    """An offer is spent only when its credential is made, so that two requests at one time are both served."""
    redemption.at_once = False


@fault("govuk-attempt:spent")
def spent(attempt: Attempt, _: Context) -> None:
    """A bad proof uses the offer up."""
    attempt.spent = True


# Notifications


@fault("govuk-notification-response:ok")
def ok(reply: Reply, _: Context) -> None:
    """Notifications are answered with status 200 and a body."""
    reply.status, reply.body = 200, {"status": "accepted"}
    reply.headers["Content-Type"] = "application/json"


@fault("govuk-notification-response:never")
def never(reply: Reply, _: Context) -> None:
    """No notification is taken."""
    reply.status, reply.body = 400, {"error": "invalid_notification_request"}
    reply.headers["Content-Type"] = "application/json"


@fault("govuk-notification-response:counted")
def counted(reply: Reply, context: Context) -> None:
    """Each notification is answered with a number of its own."""
    reply.status, reply.body = 200, {"number": next(context.numbers)}
    reply.headers["Content-Type"] = "application/json"


# The status list service


def _asked(document: str, identifier: str, description: str, change: Callable[[SignedJwt, Context], Any]) -> None:
    def spoil(draft: SignedJwt, context: Context) -> None:
        change(draft, context)

    fault(f"{document}:{identifier}", description)(spoil)


for _document, _what in (("govuk-status-issue", "a status entry"), ("govuk-status-revoke", "a revocation")):
    _asked(
        _document, "typ-missing", f"The request for {_what} has no typ.", lambda draft, _: draft.header.pop("typ")
    )
    _asked(
        _document, "kid-missing", f"The request for {_what} has no kid.", lambda draft, _: draft.header.pop("kid")
    )
    _asked(
        _document,
        "signature",
        f"The request for {_what} is signed with a key that is not published.",
        lambda draft, _: setattr(draft, "key", keys.stranger_key("ES256")),
    )
    _asked(
        _document,
        "iss-other",
        f"The request for {_what} has the issuer's URL as iss.",
        lambda draft, context: draft.claims.update(iss=context.issuer_url),
    )
    _asked(
        _document, "iat-missing", f"The request for {_what} has no iat.", lambda draft, _: draft.claims.pop("iat")
    )
    _asked(
        _document,
        "jti-upper",
        f"The jti of the request for {_what} is in upper case.",
        lambda draft, _: draft.claims.update(jti=draft.claims["jti"].upper()),
    )
    _asked(
        _document, "jti-missing", f"The request for {_what} has no jti.", lambda draft, _: draft.claims.pop("jti")
    )
_asked(
    "govuk-status-issue",
    "jti-same",
    "Each request for a status entry has the same jti.",
    lambda draft, _: draft.claims.update(jti="776aefd4-26c6-4a5f-aa7c-b5e294cd87cd"),
)
_asked(
    "govuk-status-issue",
    "expiry-early",
    "The status is kept for one day, which is not as long as the credential lasts.",
    lambda draft, context: draft.claims.update(statusExpiry=context.now() + _DAY),
)
_asked(
    "govuk-status-issue",
    "expiry-late",
    "The status is to be kept for two years.",
    lambda draft, context: draft.claims.update(statusExpiry=context.now() + 730 * _DAY),
)
_asked(
    "govuk-status-issue",
    "expiry-missing",
    "The request for a status entry has no statusExpiry.",
    lambda draft, _: draft.claims.pop("statusExpiry"),
)
_asked(
    "govuk-status-revoke",
    "other-entry",
    "A revocation names another index.",
    lambda draft, _: draft.claims.update(idx=draft.claims["idx"] + 1),
)
_asked(
    "govuk-status-revoke",
    "index-text",
    "The index in a revocation is a string.",
    lambda draft, _: draft.claims.update(idx=str(draft.claims["idx"])),
)


@fault("govuk-status-entry:other-index")
def other_index(entry: StatusEntry, _: Context) -> None:
    """The credential gets another index than the status list service gave out."""
    entry.index += 1


@fault("govuk-status-entry:revoked")
def revoked_at_once(entry: StatusEntry, _: Context) -> None:
    """The credential is revoked as soon as it is issued."""
    entry.revoked = True


def _as_text(identifier: str, path: str, what: str) -> None:
    def spoil(request: OutgoingRequest, _: Context) -> None:
        if request.url.endswith(path):
            request.headers["Content-Type"] = "text/plain"

    fault(f"govuk-request:{identifier}", f"The request for {what} is sent as text/plain.")(spoil)


_as_text("status-as-text", "/issue", "a status entry")
_as_text("revocation-as-text", "/revoke", "a revocation")


@fault("govuk-revocation:forgotten")
def forgotten(revocation: Revocation, _: Context) -> None:
    """A credential that is to be revoked is not."""
    revocation.revoked.clear()
