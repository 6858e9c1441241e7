"""Keys: JWKs, JWK Sets and DID documents."""

from __future__ import annotations

import contextlib

from harness.formats import did_document, jwk_set, strict_json
from harness.formats.jwk import JwkError, thumbprint
from harness.formats.problems import FormatError, Problem, located
from harness.inspection.inspection import Inspection, Row, Section
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import Recognised
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import concealed, rows
from harness.model import Json

MAX_KEYS = 100
"""Keys of one set that are looked at."""


async def inspect_set(found: Recognised, _: Surroundings) -> Inspection:
    """Look at a JWK Set."""
    document: strict_json.JsonDocument = found.value
    keys = document.value.get("keys")
    listed = keys if isinstance(keys, list) else []
    looked_at = {**document.value, "keys": listed[:MAX_KEYS]} if listed else document.value
    problems = (*document.problems, *jwk_set.problems(looked_at))
    sections = [Section(f"Key {number}", _key(key)) for number, key in enumerate(listed[:MAX_KEYS], 1)]
    return Inspection(
        "jwk-set",
        f"JWK Set with {len(listed)} keys"
        + (f", of which {MAX_KEYS} are looked at" if len(listed) > MAX_KEYS else ""),
        tuple(sections) or (Section("Members", rows(concealed(document.value))),),
        concealed(document.value),
        complaints=tuple(complaint(problem, "formats.jwk_set") for problem in problems),
    )


async def inspect_key(found: Recognised, _: Surroundings) -> Inspection:
    """Look at one JWK."""
    document: strict_json.JsonDocument = found.value
    problems = [
        Problem(one.kind, one.detail, (one.pointer or "").removeprefix("/keys/0"))
        for one in jwk_set.problems({"keys": [document.value]})
        if one.kind != "secret"
    ]
    return Inspection(
        "jwk",
        "JSON Web Key",
        (Section("Key", _key(document.value)),),
        concealed(document.value),
        complaints=tuple(complaint(one, "formats.jwk_set") for one in (*document.problems, *problems)),
    )


async def inspect_did_document(found: Recognised, _: Surroundings) -> Inspection:
    """Look at a DID document, as the document of whom it names."""
    document: strict_json.JsonDocument = found.value
    named = document.value.get("id")
    try:
        read = did_document.read(document.value, named if isinstance(named, str) else "")
        problems: tuple[Problem, ...] = read.problems
    except FormatError as error:
        problems = (Problem(error.kind, error.detail),)
    return Inspection(
        "did-document",
        "DID document",
        (Section("Members", rows(concealed(document.value))),),
        concealed(document.value),
        complaints=tuple(
            complaint(one, "formats.did_document") for one in (*located("", document.problems), *problems)
        ),
    )


async def inspect_private(found: Recognised, _: Surroundings) -> Inspection:
    """Say that this is a private key, and nothing of it."""
    return Inspection(found.kind, "Private key; it is not shown")


def _key(key: Json) -> tuple[Row, ...]:
    named: tuple[Row, ...] = ()
    with contextlib.suppress(JwkError):
        named = (Row("thumbprint", thumbprint(key)),)
    shown = concealed(key)
    return (*rows(shown if isinstance(shown, (dict, list)) else [shown]), *named)
