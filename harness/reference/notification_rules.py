"""What the Notification Endpoint asks of a request (OpenID4VCI 11.1 and 11.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference.access_rules import ProtectedRequest, access_rules
from harness.reference.rules import Rule, Tolerance, rule, tolerance
from harness.reference.state import Issuance, Shelf

EVENTS = ("credential_accepted", "credential_failure", "credential_deleted")
_KNOWN_PARAMETERS = {"notification_id", "event", "event_description"}
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")


@dataclass
class NotificationRequest(ProtectedRequest):
    """A Notification Request as read from the wire."""

    issuances: Shelf[Issuance]

    @cached_property
    def issuance(self) -> Issuance | None:
        """What the ``notification_id`` stands for, if it is known."""
        return self.issuances.get(self.parameters.get("notification_id"))

    @property
    def event(self) -> object:
        """What the wallet says became of the credentials."""
        return self.parameters.get("event")


@rule("notification.json", "invalid_notification_request")
def json_object(request: NotificationRequest) -> str | None:
    """A Notification Request is a JSON object of media type application/json."""
    return "The request is not a JSON object of type application/json." if request.document is None else None


@rule("notification.id-present", "invalid_notification_request", presumes=["notification.json"])
def id_present(request: NotificationRequest) -> str | None:
    """A Notification Request has a notification_id that is a string."""
    if isinstance(request.parameters.get("notification_id"), str):
        return None
    return "The notification_id is missing or no string."


@rule("notification.event-present", "invalid_notification_request", presumes=["notification.json"])
def event_present(request: NotificationRequest) -> str | None:
    """A Notification Request has an event that is a string."""
    return None if isinstance(request.event, str) else "The event is missing or no string."


@rule("notification.event-known", "invalid_notification_request", presumes=["notification.event-present"])
def event_known(request: NotificationRequest) -> str | None:
    """The event is one of credential_accepted, credential_failure and credential_deleted."""
    return None if request.event in EVENTS else "The event is unknown."


@rule("notification.description", "invalid_notification_request")
def description(request: NotificationRequest) -> str | None:
    """The event_description is a string of the characters that are allowed there."""
    text = request.parameters.get("event_description", "")
    if isinstance(text, str) and _DESCRIPTION.fullmatch(text):
        return None
    return "The event_description is no string or has characters that are not allowed."


@rule("notification.id-known", "invalid_notification_id", presumes=["notification.id-present"])
def id_known(request: NotificationRequest) -> str | None:
    """The notification_id is one this issuer gave out."""
    return None if request.issuance else "The notification_id is unknown."


@rule("notification.owner", "invalid_notification_id", presumes=["notification.token-known"])
def owner(request: NotificationRequest) -> str | None:
    """The credentials were obtained with the access token, or with another one of the same authorization."""
    if request.access is None or request.issuance is None:
        return None
    return None if request.access.succeeds(request.issuance.access) else "The notification_id is another token's."


@tolerance("notification.unknown-parameter")
def unknown_parameter(request: NotificationRequest) -> bool:
    """A Notification Request may have parameters the issuer does not know."""
    return not request.parameters.keys() <= _KNOWN_PARAMETERS


@tolerance("notification.repeated")
def repeated(request: NotificationRequest) -> bool:
    """A notification may come again."""
    return request.issuance is not None and request.event in request.issuance.events


@tolerance("notification.second-event")
def second_event(request: NotificationRequest) -> bool:
    """A further notification may tell another event."""
    told = request.issuance.events if request.issuance else []
    return bool(told) and request.event not in told


@tolerance("notification.deferred")
def deferred(request: NotificationRequest) -> bool:
    """The notification_id may be one that came with deferred credentials."""
    return request.issuance is not None and request.issuance.deferred


@tolerance("notification.failure")
def failure(request: NotificationRequest) -> bool:
    """The event may be credential_failure."""
    return request.event == "credential_failure"


@tolerance("notification.deleted")
def deleted(request: NotificationRequest) -> bool:
    """The event may be credential_deleted."""
    return request.event == "credential_deleted"


@tolerance("notification.description")
def described(request: NotificationRequest) -> bool:
    """A notification may have an event_description."""
    return "event_description" in request.parameters


RULES: tuple[Rule[Any], ...] = (
    *access_rules("notification", "Notification Request"),
    json_object,
    id_present,
    event_present,
    event_known,
    description,
    id_known,
    owner,
)
TOLERANCES: tuple[Tolerance[Any], ...] = (
    unknown_parameter,
    repeated,
    second_event,
    deferred,
    failure,
    deleted,
    described,
)
