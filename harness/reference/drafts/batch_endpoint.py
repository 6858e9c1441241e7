"""The Batch Credential Endpoint (drafts 11 and 13, section 8)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.reference.drafts import responses
from harness.reference.encoding import json_text
from harness.reference.rules import Refusal, Rule, rule

if TYPE_CHECKING:
    from harness.reference.context import Context
    from harness.reference.faults import Defects

PATH = "/batch_credential"
MEMBER = "batch_credential_endpoint"
_NONCE = ("c_nonce", "c_nonce_expires_in")


@dataclass
class BatchRequest:
    """A Batch Credential Request as read from the wire."""

    content: bytes

    @property
    def requests(self) -> list[bytes]:
        """The Credential Requests in it, as if each had come by itself."""
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):
            return []
        found = value.get("credential_requests") if isinstance(value, dict) else None
        return [json_text(item).encode() for item in found] if isinstance(found, list) else []


@rule("draft-batch.requests", "invalid_credential_request")
def requests_present(request: BatchRequest) -> str | None:
    """A Batch Credential Request has credential_requests, a non-empty array (section 8.1)."""
    return None if request.requests else "The credential_requests are missing."


RULES: tuple[Rule[BatchRequest], ...] = (requests_present,)


@dataclass
class Outcome:
    """What became of the requests of a batch, before it is told."""

    answers: Sequence[dict[str, Any]]
    """Credential Responses of those that were granted, in their order."""
    refusals: Sequence[Refusal]
    partial: bool = False
    """Whether those that were granted are answered though others were not."""

    @property
    def refusal(self) -> Refusal | None:
        """Why the batch is refused; one that fails makes all fail (section 8.3)."""
        return next(iter(self.refusals), None) if not self.partial else None


def announced(document: Any, context: Context) -> None:
    """Name the endpoint in the metadata (section 10.2.3 of draft 11, 11.2.3 of draft 13)."""
    if context.variant.batch_endpoint and isinstance(document, dict):
        document[MEMBER] = context.issuer_url + PATH


def answer(outcome: Outcome, context: Context, defects: Defects) -> dict[str, Any]:
    """Build a Batch Credential Response, in which a fresh ``c_nonce`` comes once (section 8.2)."""
    told = []
    for document in outcome.answers:
        context.wording.speak("credential", document, context)
        told.append({name: value for name, value in document.items() if name not in _NONCE})
    whole: dict[str, Any] = {"credential_responses": told}
    responses.with_nonce(whole, context)
    defects.emit("draft-batch", whole)
    return whole
