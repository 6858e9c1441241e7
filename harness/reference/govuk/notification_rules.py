"""What the Notification Endpoint asks of a request (docs.wallet.service.gov.uk, notification)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.reference.govuk.protected import ProtectedRequest, token_rules, token_tolerances
from harness.reference.govuk.records import Issued
from harness.reference.rules import Rule, Tolerance, rule, tolerance

EVENTS = ("credential_accepted", "credential_failure", "credential_deleted")
_ENDPOINT = "govuk-notification"
_MEMBERS = {"notification_id", "event", "event_description"}
_REQUEST = "invalid_notification_request"
_ID = "invalid_notification_id"


@dataclass
class NotificationRequest(ProtectedRequest):
    """A Notification Request of GOV.UK Wallet as read from the wire."""

    @property
    def event(self) -> Any:
        """What the wallet says became of the credential."""
        return (self.document or {}).get("event")

    @property
    def issued(self) -> Issued | None:
        """The credential that is spoken of; ``None`` where there is none."""
        return self.records.notifiable.get((self.document or {}).get("notification_id"))


@rule(f"{_ENDPOINT}.json", _REQUEST)
def json_object(request: NotificationRequest) -> str | None:
    """A Notification Request is a JSON object of media type application/json."""
    return None if request.document is not None else "The request is no JSON object of type application/json."


@rule(f"{_ENDPOINT}.event-present", _REQUEST, presumes=[f"{_ENDPOINT}.json"])
def event_present(request: NotificationRequest) -> str | None:
    """A Notification Request has an event."""
    return None if request.event is not None else "The event is missing."


@rule(f"{_ENDPOINT}.event-known", _REQUEST, presumes=[f"{_ENDPOINT}.event-present"])
def event_known(request: NotificationRequest) -> str | None:
    """The event is one of credential_accepted, credential_failure and credential_deleted."""
    return None if request.event in EVENTS else "The event is unknown."


@rule(f"{_ENDPOINT}.id-present", _ID, presumes=[f"{_ENDPOINT}.json"])
def id_present(request: NotificationRequest) -> str | None:
    """A Notification Request has a notification_id."""
    return (
        None if (request.document or {}).get("notification_id") is not None else "The notification_id is missing."
    )


@rule(f"{_ENDPOINT}.id-known", _ID, presumes=[f"{_ENDPOINT}.id-present"])
def id_known(request: NotificationRequest) -> str | None:
    """The notification_id is one this issuer gave out."""
    return None if request.issued else "The notification_id is unknown."


@rule(
    f"{_ENDPOINT}.owner",
    _ID,
    presumes=[
        f"{_ENDPOINT}.id-known",
        f"{_ENDPOINT}.token-identifier-known",
        f"{_ENDPOINT}.token-subject",
        f"{_ENDPOINT}.token-refreshed-subject",
    ],
)
def owner(request: NotificationRequest) -> str | None:
    """The notification_id is of a credential of the user of the access token."""
    if request.issued is None:
        return None
    same = request.claim("sub") == request.issued.offered.account.wallet_subject_id
    return None if same else "The notification_id is of another user."


@tolerance(f"{_ENDPOINT}.repeated", error=_ID)
def repeated(request: NotificationRequest) -> bool:
    """A notification may come again, and is answered as before."""
    return request.issued is not None and request.event in request.issued.events


@tolerance(f"{_ENDPOINT}.second-event", error=_ID)
def second_event(request: NotificationRequest) -> bool:
    """A further notification may tell another event."""
    told = request.issued.events if request.issued else []
    return bool(told) and request.event not in told


@tolerance(f"{_ENDPOINT}.failure", error=_REQUEST)
def failure(request: NotificationRequest) -> bool:
    """The event may be credential_failure."""
    return bool(request.event == "credential_failure")


@tolerance(f"{_ENDPOINT}.deleted", error=_REQUEST)
def deleted(request: NotificationRequest) -> bool:
    """The event may be credential_deleted."""
    return bool(request.event == "credential_deleted")


@tolerance(f"{_ENDPOINT}.description", error=_REQUEST)
def description(request: NotificationRequest) -> bool:
    """A notification may have an event_description."""
    return "event_description" in (request.document or {})


@tolerance(f"{_ENDPOINT}.unknown-member", error=_REQUEST)
def unknown_member(request: NotificationRequest) -> bool:
    """A notification may have members that this issuer does not know."""
    return not (request.document or {}).keys() <= _MEMBERS


@tolerance(f"{_ENDPOINT}.refreshed", status=500, error="server_error")
def refreshed(request: NotificationRequest) -> bool:
    """A notification may come with the access token of a refresh, which has no Credential Identifiers."""
    return request.refreshes


RULES: tuple[Rule[Any], ...] = (
    *token_rules(_ENDPOINT, "Notification Request"),
    json_object,
    event_present,
    event_known,
    id_present,
    id_known,
    owner,
)
TOLERANCES: tuple[Tolerance[Any], ...] = (
    *token_tolerances(_ENDPOINT, "Notification Request"),
    repeated,
    second_event,
    failure,
    deleted,
    description,
    unknown_member,
    refreshed,
)
