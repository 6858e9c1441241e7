"""Words what the Token, Credential and Deferred Credential Endpoints answer in drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.reference import documents

if TYPE_CHECKING:
    from harness.reference.context import Context
    from harness.reference.documents import Reply
    from harness.reference.sealing import Sealing


def as_it_is(_document: Any, _context: Context) -> None:
    """Leave a document as 1.0 words it; what the draft asks of it can be spoiled."""


def with_nonce(document: Any, context: Context) -> None:
    """Add a fresh ``c_nonce`` to a response, where proofs need one."""
    variant = context.variant
    if not variant.nonce or not variant.binding_methods or not isinstance(document, dict):
        return
    if "access_token" in document and not variant.token_nonce:
        return
    nonce = documents.nonce(context)["c_nonce"]
    context.nonces.keep(nonce, True)
    if isinstance(document.get("access_token"), str):
        context.nonce_owners[nonce] = document["access_token"]
    document["c_nonce"] = nonce
    document["c_nonce_expires_in"] = int(variant.nonce_lifetime)


def _delivered(document: Any) -> list[Any]:
    items = document.get("credentials") if isinstance(document, dict) else None
    return [
        item["credential"] if isinstance(item, Mapping) and "credential" in item else item
        for item in (items if isinstance(items, list) else ())
    ]


def alone(document: Any, _: Context) -> None:
    """Word a response that can deliver one Credential, by itself."""
    found = _delivered(document)
    if isinstance(document, dict) and isinstance(document.get("credentials"), list):
        del document["credentials"]
        if found:
            document["credential"] = found[0]


def alone_or_several(document: Any, context: Context) -> None:
    """Word a response that delivers one Credential by itself, or an array of Credentials."""
    found = _delivered(document)
    if len(found) < 2:
        alone(document, context)
        return
    document["credentials"] = found


def no_interval(document: Any, _: Context) -> None:
    """Word a deferral that does not say how long it takes."""
    if isinstance(document, dict):
        document.pop("interval", None)


def pending_error(document: Any, _: Context) -> None:
    """Word that a Credential is not ready yet as an error."""
    if isinstance(document, dict):
        interval = document.get("interval")
        document.clear()
        document.update(documents.error("issuance_pending", "The credential is not ready yet."))
        if interval is not None:
            document["interval"] = interval


def status_400(reply: Reply, _: Context) -> None:
    """Give a deferral at the Deferred Credential Endpoint the status of an error."""
    if reply.status == 202:
        reply.status = 400


def in_clear(sealing: Sealing, _: Context) -> None:
    """Encrypt nothing."""
    sealing.key = None


def renamed(codes: Mapping[str, str], with_nonce_for: Sequence[str] = ()) -> Any:
    """Make what words an error.

    Args:
        codes: error code of 1.0 to that of the draft.
        with_nonce_for: the codes of the draft with which a fresh ``c_nonce`` comes.

    """

    def word(document: Any, context: Context) -> None:
        if not isinstance(document, dict):
            return
        code = document.get("error")
        if isinstance(code, str) and code in codes:
            document["error"] = codes[code]
        if document.get("error") in with_nonce_for:
            with_nonce(document, context)

    return word


def each(*words: Any) -> Any:
    """Make one of several that rewrite a document in turn."""

    def word(document: Any, context: Context) -> None:
        for one in words:
            one(document, context)

    return word
