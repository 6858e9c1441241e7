"""Faults of the Notification Endpoint and of what leads to it (OpenID4VCI 8.3 and 11)."""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import fault

Document = dict[str, Any]


@fault("credential:notification-id-missing")
def id_missing(credential: Document, _: Context) -> None:
    """The Credential Response has no notification_id, though there is a Notification Endpoint."""
    credential.pop("notification_id", None)


@fault("credential:notification-id-empty")
def id_empty(credential: Document, _: Context) -> None:
    """The notification_id is empty."""
    if "notification_id" in credential:
        credential["notification_id"] = ""


@fault("credential:notification-id-constant")
def id_constant(credential: Document, _: Context) -> None:
    """All Credential Responses have the same notification_id."""
    if "notification_id" in credential:
        credential["notification_id"] = "n-0s6WzA2Mj"


@fault("notification-response:status-200")
def status_200(reply: Reply, _: Context) -> None:
    """A notification is answered with status 200 instead of 204."""
    reply.status = 200


@fault("notification-response:status-302")
def status_302(reply: Reply, context: Context) -> None:
    """A notification is answered with a redirection."""
    reply.status = 302
    reply.headers["Location"] = f"{context.issuer_url}/"


@fault("notification-response:status-500")
def status_500(reply: Reply, _: Context) -> None:
    """A notification is answered with status 500."""
    reply.status = 500


@fault("notification-error:error-missing")
def error_missing(error: Document, _: Context) -> None:
    """The refusal of a notification_id has no error."""
    if error["error"] == "invalid_notification_id":
        del error["error"]


@fault("notification-error:generic")
def error_generic(error: Document, _: Context) -> None:
    """A notification is refused with the generic error invalid_request."""
    error["error"] = "invalid_request"


@fault("notification-error-response:content-type")
def error_content_type(reply: Reply, _: Context) -> None:
    """The notification error response is served as text/plain."""
    reply.headers["Content-Type"] = "text/plain"


@fault("notification-error-response:status-404")
def error_status(reply: Reply, _: Context) -> None:
    """A notification is refused with status 404."""
    reply.status = 404


@fault("metadata:notification-endpoint-missing")
def endpoint_missing(metadata: Document, _: Context) -> None:
    """The metadata have no notification_endpoint, though responses have a notification_id."""
    metadata.pop("notification_endpoint", None)
