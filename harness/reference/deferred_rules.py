"""What the Deferred Credential Endpoint asks of a request (OpenID4VCI 9.1 and 9.3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import encryption_rules
from harness.reference.access_rules import access_rules
from harness.reference.encryption_rules import EncryptableRequest
from harness.reference.rules import Rule, Tolerance, rule, tolerance
from harness.reference.state import Shelf, Transaction

_KNOWN_PARAMETERS = {"transaction_id", encryption_rules.WISH}


@dataclass
class DeferredRequest(EncryptableRequest):
    """A Deferred Credential Request as read from the wire."""

    transactions: Shelf[Transaction]
    in_clear = True

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The request's JSON object; where the Access Token stands for the transaction, what that says."""
        if self.context.wording.transaction == "transaction_id":
            return self.sent
        return {"transaction_id": self.header_token}

    @cached_property
    def transaction(self) -> Transaction | None:
        """What the ``transaction_id`` stands for, if it is known."""
        return self.transactions.get(self.parameters.get("transaction_id"))


@rule(
    "deferred.json",
    "invalid_credential_request",
    presumes=["encryption.request-readable", "encryption.request-required"],
)
def json_object(request: DeferredRequest) -> str | None:
    """A Deferred Credential Request is a JSON object of media type application/json."""
    return "The request is not a JSON object of type application/json." if request.document is None else None


@rule("deferred.transaction-present", "invalid_credential_request", presumes=["deferred.json"])
def transaction_present(request: DeferredRequest) -> str | None:
    """A Deferred Credential Request has a transaction_id that is a string."""
    if isinstance(request.parameters.get("transaction_id"), str):
        return None
    return "The transaction_id is missing or no string."


@rule("deferred.transaction-known", "invalid_transaction_id", presumes=["deferred.transaction-present"])
def transaction_known(request: DeferredRequest) -> str | None:
    """The transaction_id is one this issuer gave out."""
    return None if request.transaction else "The transaction_id is unknown."


@rule("deferred.transaction-owner", "invalid_transaction_id", presumes=["deferred.token-known"])
def transaction_owner(request: DeferredRequest) -> str | None:
    """The transaction was begun with the access token, or with another one of the same authorization."""
    if request.access is None or request.transaction is None:
        return None
    return (
        None if request.access.succeeds(request.transaction.access) else "The transaction_id is another token's."
    )


@rule("deferred.transaction-unused", "invalid_transaction_id")
def transaction_unused(request: DeferredRequest) -> str | None:
    """The credential of the transaction was not obtained yet."""
    if request.transaction and request.transaction.obtained:
        return "The credential of this transaction_id was obtained before."
    return None


@rule("deferred.granted", "credential_request_denied")
def granted(request: DeferredRequest) -> str | None:
    """The credential of the transaction is one the issuer decides to issue."""
    return "The credential will not be issued." if request.transaction and request.transaction.denied else None


@tolerance("deferred.unknown-parameter")
def unknown_parameter(request: DeferredRequest) -> bool:
    """A Deferred Credential Request may have parameters the issuer does not know."""
    return not request.parameters.keys() <= _KNOWN_PARAMETERS


RULES: tuple[Rule[Any], ...] = (
    *access_rules("deferred", "Deferred Credential Request"),
    *encryption_rules.REQUEST_RULES,
    json_object,
    *encryption_rules.RESPONSE_RULES,
    transaction_present,
    transaction_known,
    transaction_owner,
    transaction_unused,
    granted,
)
TOLERANCES: tuple[Tolerance[Any], ...] = (unknown_parameter, *encryption_rules.TOLERANCES)
