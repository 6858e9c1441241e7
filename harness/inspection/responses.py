"""Credential Responses and mdoc responses: documents that carry credentials."""

from __future__ import annotations

import json
from typing import Any

import cbor2

from harness.facts import Facts
from harness.formats import base64url, cbor, cbor_diagnostic
from harness.inspection import credentials
from harness.inspection.inspection import Complaint, Inspection, Row, Section, Unreadable
from harness.inspection.judging import SCENARIO, answer, issuer, judge
from harness.inspection.recognise import MDOC, Recognised, of_credential
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import concealed, concealed_cbor, cut, rows
from harness.model import Json
from harness.wallet import credential

MAX_CREDENTIALS = 20
"""Credentials of one response that are looked at."""


async def inspect(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a Credential Response and at each credential in it."""
    reply = answer(json.dumps(found.value.value).encode())
    facts = Facts(issuer(), SCENARIO)
    decided = await judge(around.checks, around.requirements, {"issuance": reply}, facts)
    parts = [
        await _part(number, raw, around)
        for number, raw in enumerate(credential.credentials(reply)[:MAX_CREDENTIALS], 1)
    ]
    members = {name: _counted(value) if name == "credentials" else value for name, value in reply.object.items()}
    return Inspection(
        "credential-response",
        "Credential Response",
        (Section("Members", rows(concealed(members))),),
        concealed(found.value.value),
        None,
        decided.complaints,
        decided.undecided,
        tuple(parts),
    )


async def inspect_mdoc_response(found: Recognised, around: Surroundings) -> Inspection:
    """Look at an mdoc response, which a wallet gives to a reader, and at each document in it."""
    value = cbor.parse(found.value).value
    documents = value.get("documents")
    signed = [one.get("issuerSigned") for one in documents if isinstance(one, dict)] if _is_list(documents) else []
    parts = []
    for one in signed[:MAX_CREDENTIALS]:
        raw = base64url.encode(cbor2.dumps(_for_encoding(one)))
        parts.append(await credentials.inspect(Recognised("credential", raw, MDOC, released=True), around))
    plain = {str(name): str(item) for name, item in value.items() if name not in ("documents",)}
    return Inspection(
        "device-response",
        "mdoc response (DeviceResponse), as a wallet gives it to a reader",
        (Section("Members", (Row("documents", str(len(signed))), *rows(plain))),),
        cbor_diagnostic.diagnostic(concealed_cbor(value)),
        parts=tuple(parts),
    )


async def _part(number: int, raw: Json, around: Surroundings) -> Inspection:
    try:
        return await credentials.inspect(of_credential(raw), around)
    except Unreadable as error:
        text = raw if isinstance(raw, str) else json.dumps(concealed(raw))
        content = Section("Content", (Row(f"credential {number}", cut(text)),))
        complaint = Complaint("credential-unknown", str(error))
        return Inspection("unknown", f"Credential {number}", (content,), concealed(raw), complaints=(complaint,))


def _counted(value: Json) -> Json:
    if not isinstance(value, list):
        return value
    return f"{len(value)}, see below" + (f" for {MAX_CREDENTIALS}" if len(value) > MAX_CREDENTIALS else "")


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _for_encoding(value: Any) -> Any:
    """Give a value that ``cbor`` read as one that can be encoded again."""
    if isinstance(value, dict):
        return {key: _for_encoding(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_for_encoding(item) for item in value]
    if isinstance(value, cbor.Tag):
        return cbor2.CBORTag(value.number, _for_encoding(value.value))
    if isinstance(value, cbor.Simple):
        return cbor2.undefined if value == cbor.UNDEFINED else cbor2.CBORSimpleValue(value.number)
    return value
