"""The kinds of documents, and what looks at each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from harness.formats import strict_json
from harness.inspection import (
    certificates,
    credentials,
    keys,
    metadata,
    offers,
    presentations,
    responses,
    status_lists,
    tokens,
)
from harness.inspection.inspection import Inspection, Section
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import Recognised, recognise
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import concealed, rows
from harness.model import Json

_Inspector = Callable[[Recognised, Surroundings], Awaitable[Inspection]]


async def inspect(data: bytes, around: Surroundings, name: str | None = None) -> Inspection:
    """Look at a document.

    Args:
        data: the file as it is.
        around: what there is besides.
        name: the credential format, where the user says that it is a credential of it.

    Raises:
        Unreadable: it is nothing that is known here, or too large.
        TrustError: what the user trusts cannot be read.

    """
    found = recognise(data, name)
    return await KINDS[found.kind](found, around)


async def _json(found: Recognised, _: Surroundings) -> Inspection:
    document: strict_json.JsonDocument = found.value
    value: Json = concealed(document.value)
    content = rows(value if isinstance(value, (dict, list)) else [value])
    problems = tuple(complaint(one, "formats.strict_json") for one in document.problems)
    return Inspection(
        "json",
        "JSON of no kind that is known here",
        (Section("Content", content),),
        value,
        complaints=problems,
        judged=False,
    )


KINDS: Mapping[str, _Inspector] = {
    "credential": credentials.inspect,
    "offer": offers.inspect,
    "credential-response": responses.inspect,
    "device-response": responses.inspect_mdoc_response,
    "issuer-metadata": metadata.inspect_issuer,
    "signed-metadata": tokens.inspect_signed_metadata,
    "server-metadata": metadata.inspect_server,
    "vc-issuer-metadata": metadata.inspect_vc_issuer,
    "type-metadata": metadata.inspect_type,
    "did-document": keys.inspect_did_document,
    "jwk-set": keys.inspect_set,
    "jwk": keys.inspect_key,
    "private-key": keys.inspect_private,
    "certificates": certificates.inspect,
    "status-list-jwt": status_lists.inspect_jwt,
    "cwt": status_lists.inspect_cwt,
    "status-list": status_lists.inspect_plain,
    "status-list-cbor": status_lists.inspect_plain,
    "status-list-credential": status_lists.inspect_credential,
    "presentation": presentations.inspect,
    "encrypted": tokens.inspect_encrypted,
    **dict.fromkeys(set(tokens.KINDS) - {"signed-metadata"}, tokens.inspect),
    "cbor": status_lists.inspect_cbor,
    "json": _json,
}
"""Kind of document to what looks at it."""
