"""Metadata: of a Credential Issuer, of an Authorization Server, of who signs SD-JWT VCs, and of their types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from harness.facts import Facts
from harness.formats import jwk_set, strict_json, text, type_metadata
from harness.formats.problems import FormatError, Problem, located
from harness.formats.sd_jwt_vc_drafts import DRAFT_11
from harness.formats.well_known import well_known_url
from harness.inspection.inspection import Complaint, Inspection, Section
from harness.inspection.judging import answer, issuer, judge
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import Recognised
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import concealed, rows
from harness.wallet.metadata import AuthorizationServer, issuer_metadata_urls


async def inspect_issuer(found: Recognised, around: Surroundings) -> Inspection:
    """Look at Credential Issuer Metadata."""
    return await of_issuer(found.value, around)


async def of_issuer(document: strict_json.JsonDocument, around: Surroundings) -> Inspection:
    """Look at Credential Issuer Metadata that was read."""
    named = document.value.get("credential_issuer")
    identifier = named if isinstance(named, str) else ""
    url = issuer_metadata_urls(identifier)[0] if text.is_https_url(identifier) else ""
    reply = _reply(document, url)
    subject = issuer(metadata=document.value, reply=reply, identifier=identifier)
    decided = await judge(around.checks, around.requirements, {"issuer": subject}, Facts(subject))
    return Inspection(
        "issuer-metadata",
        "Credential Issuer Metadata",
        _sections(document),
        concealed(document.value),
        None,
        (*decided.complaints, *_repeated(document, decided.complaints)),
        decided.undecided,
    )


async def inspect_server(found: Recognised, around: Surroundings) -> Inspection:
    """Look at the metadata of an Authorization Server."""
    document = found.value
    named = document.value.get("issuer")
    identifier = named if isinstance(named, str) else ""
    url = well_known_url(identifier, "oauth-authorization-server") if text.is_https_url(identifier) else ""
    server = AuthorizationServer(identifier, _reply(document, url), None, document.value)
    subject = issuer(servers=(server,))
    decided = await judge(around.checks, around.requirements, {"issuer": subject}, Facts(subject))
    return Inspection(
        "server-metadata",
        "Authorization Server Metadata",
        _sections(document),
        concealed(document.value),
        None,
        (*decided.complaints, *_repeated(document, decided.complaints)),
        decided.undecided,
    )


async def inspect_vc_issuer(found: Recognised, _: Surroundings) -> Inspection:
    """Look at JWT VC Issuer Metadata (SD-JWT VC draft 11 section 5)."""
    document = found.value
    members = document.value
    complaints = [complaint(problem, "formats.strict_json") for problem in document.problems]
    clause = "SD-JWT VC draft 11, 5.2"
    if not isinstance(members.get("issuer"), str):
        complaints.append(Complaint("issuer-missing", "issuer is no string", pointer="/issuer", clause=clause))
    if {"jwks", "jwks_uri"} <= members.keys():
        complaints.append(
            Complaint("keys-twice", "there are both jwks and jwks_uri", pointer="/jwks_uri", clause=clause)
        )
    if "jwks" in members:
        complaints += [
            complaint(p, "formats.jwk_set") for p in located("/jwks", jwk_set.problems(members["jwks"]))
        ]
    return Inspection(
        "vc-issuer-metadata",
        "JWT VC Issuer Metadata",
        _sections(document),
        concealed(members),
        complaints=tuple(complaints),
    )


async def inspect_type(found: Recognised, _: Surroundings) -> Inspection:
    """Look at SD-JWT VC Type Metadata."""
    document = found.value
    try:
        problems: Iterable[Problem] = type_metadata.read(json.dumps(document.value), DRAFT_11).problems
    except FormatError as error:
        problems = (Problem(error.kind, error.detail),)
    return Inspection(
        "type-metadata",
        "SD-JWT VC Type Metadata",
        _sections(document),
        concealed(document.value),
        complaints=tuple(complaint(one, "formats.type_metadata") for one in (*document.problems, *problems)),
    )


def _reply(document: strict_json.JsonDocument, url: str) -> Any:
    return answer(json.dumps(document.value).encode(), url)


def _repeated(document: strict_json.JsonDocument, told: Iterable[Complaint]) -> list[Complaint]:
    """Give the reader's problems; a check sees the document written anew, without repeated names."""
    known = {one.observed for one in told}
    return [complaint(one, "formats.strict_json") for one in document.problems if one.detail not in known]


def _sections(document: strict_json.JsonDocument) -> tuple[Section, ...]:
    members: Mapping[str, Any] = document.value
    plain = {name: value for name, value in members.items() if name not in _OWN_SECTION}
    further = [
        Section(_OWN_SECTION[name], rows(concealed(members[name])))
        for name in _OWN_SECTION
        if isinstance(members.get(name), (dict, list))
    ]
    return (Section("Members", rows(concealed(plain))), *further)


_OWN_SECTION = {
    "credential_configurations_supported": "Credential Configurations",
    "display": "Display",
    "claims": "Claims",
}
"""Members that are long enough for a heading of their own."""
