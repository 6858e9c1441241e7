"""Faults of deferred issuance: deferrals, and what the Deferred Credential Endpoint says (OpenID4VCI 8.3 and 9).

``deferral`` is what the Credential Endpoint says instead of the credentials, ``pending`` what the Deferred
Credential Endpoint says until they are ready, ``deferred`` the response with the credentials.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import fault
from harness.reference.keys import issuer_key
from harness.reference.state import Transaction

Document = dict[str, Any]


def _omit(name: str) -> Callable[[Document, Context], None]:
    def spoil(document: Document, _: Context) -> None:
        document.pop(name, None)

    return spoil


def _set(name: str, value: Any) -> Callable[[Document, Context], None]:
    def spoil(document: Document, _: Context) -> None:
        document[name] = value

    return spoil


def _status(code: int) -> Callable[[Reply, Context], None]:
    def spoil(reply: Reply, _: Context) -> None:
        reply.status = code

    return spoil


def _as_text(reply: Reply, _: Context) -> None:
    reply.headers["Content-Type"] = "text/plain"


for _document, _what in (
    ("deferral", "The response that defers a credential"),
    ("pending", "The response that defers a credential further"),
):
    for _defect, _told, _spoil in (
        ("transaction-id-missing", "has no transaction_id", _omit("transaction_id")),
        ("transaction-id-number", "has a transaction_id that is a number", _set("transaction_id", 4711)),
        ("interval-missing", "has no interval", _omit("interval")),
        ("interval-zero", "has an interval of zero", _set("interval", 0)),
        ("interval-negative", "has a negative interval", _set("interval", -1)),
        ("interval-string", "has an interval that is a string", _set("interval", "1")),
        ("credentials-too", "has credentials, too", _set("credentials", [{"credential": "not.yet.ready~"}])),
        ("notification-id-too", "has a notification_id", _set("notification_id", "notification-1")),
    ):
        fault(f"{_document}:{_defect}", f"{_what} {_told}.")(_spoil)
    for _defect, _told, _respond in (
        ("status-200", "has status 200", _status(200)),
        ("status-201", "has status 201", _status(201)),
        ("content-type", "is served as text/plain", _as_text),
    ):
        fault(f"{_document}-response:{_defect}", f"{_what} {_told}.")(_respond)


@fault("pending:transaction-id-other")
def transaction_id_other(pending: Document, context: Context) -> None:
    """The response that defers a credential further has another transaction_id."""
    pending["transaction_id"] = context.secret()


for _defect, _told, _spoil in (
    ("credentials-missing", "has no credentials", _omit("credentials")),
    ("credentials-empty", "has an empty array of credentials", _set("credentials", [])),
    ("transaction-id-too", "has a transaction_id beside the credentials", _set("transaction_id", "transaction-1")),
    ("interval-too", "has an interval beside the credentials", _set("interval", 5)),
    ("notification-id-number", "has a notification_id that is a number", _set("notification_id", 42)),
):
    fault(f"deferred:{_defect}", f"The response with deferred credentials {_told}.")(_spoil)


@fault("deferred:credentials-strings")
def credentials_strings(deferred: Document, _: Context) -> None:
    """The deferred credentials are strings instead of objects."""
    deferred["credentials"] = [item["credential"] for item in deferred["credentials"]]


@fault("deferred:credential-member-missing")
def credential_member_missing(deferred: Document, _: Context) -> None:
    """An element of the deferred credentials has no credential."""
    deferred["credentials"] = [{"value": item["credential"]} for item in deferred["credentials"]]


for _defect, _told, _respond in (
    ("status-201", "has status 201", _status(201)),
    ("status-202", "has status 202", _status(202)),
    ("content-type", "is served as text/plain", _as_text),
):
    fault(f"deferred-response:{_defect}", f"The response with deferred credentials {_told}.")(_respond)

fault("deferred-error-response:content-type", "The deferred error response is served as text/plain.")(_as_text)


@fault("deferred-error:error-missing")
def error_missing(error: Document, _: Context) -> None:
    """The refusal of a transaction_id has no error."""
    if error["error"] == "invalid_transaction_id":
        del error["error"]


@fault("deferred-error:generic")
def error_generic(error: Document, _: Context) -> None:
    """A transaction_id is refused with the generic error invalid_request."""
    if error["error"] == "invalid_transaction_id":
        error["error"] = "invalid_request"


@fault("deferred-error:denied-otherwise")
def denied_otherwise(error: Document, _: Context) -> None:
    """That issuance was decided against is told with the error invalid_transaction_id."""
    if error["error"] == "credential_request_denied":
        error["error"] = "invalid_transaction_id"


@fault("metadata:deferred-endpoint-missing")
def endpoint_missing(metadata: Document, _: Context) -> None:
    """The metadata have no deferred_credential_endpoint, though credentials are deferred."""
    metadata.pop("deferred_credential_endpoint", None)


@fault("deferral:transaction-id-constant")
def transaction_id_constant(deferral: Document, _: Context) -> None:
    """All transactions have the same transaction_id."""
    deferral["transaction_id"] = "8xLOxBtZp8"


@fault("transaction:configuration-other")
def configuration_other(transaction: Transaction, context: Context) -> None:
    """The deferred credential is of another configuration than the one asked for."""
    others = (name for name in context.variant.configurations if name != transaction.configuration)
    transaction.configuration = next(others)


@fault("transaction:key-other")
def key_other(transaction: Transaction, _: Context) -> None:
    """The deferred credential is bound to another key than that of the Credential Request."""
    transaction.holders = [issuer_key("ES256").public_jwk for _holder in transaction.holders]
