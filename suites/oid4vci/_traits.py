"""What checks that know no format want to know of an issued Credential, read out of each format."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from harness.evidence import IssuedCredential
from harness.expect import Demanded, Expect
from harness.formats import claims_path
from harness.formats import traits as of_formats
from harness.formats.mdoc import Mdoc
from harness.formats.traits import Traits


def traits(issued: IssuedCredential) -> Traits:
    """Read the traits of a Credential.

    Raises:
        Blocked: it cannot be read.

    """
    return of_formats.traits(issued.document)


def selected(issued: IssuedCredential, path: Any) -> list[Any]:
    """Give what a claims path pointer selects of a Credential (appendix C), at least one value.

    Raises:
        Blocked: it cannot be read.
        ClaimsPathError: the path is malformed, does not fit the Credential, or selects nothing.

    """
    document = issued.document
    claims = document.elements if isinstance(document, Mdoc) else document.claims
    return claims_path.semantics(issued.format).select(claims, path)


def announced_types(configuration: Mapping[str, Any]) -> frozenset[str]:
    """Give what the metadata say of the type of Credentials of a configuration, as far as it can be read."""
    definition = configuration.get("credential_definition")
    # Draft 11 has the types by themselves.
    types = definition.get("type") if isinstance(definition, dict) else configuration.get("types")
    named = [configuration.get("vct"), configuration.get("doctype"), *(types if isinstance(types, list) else ())]
    return frozenset(name for name in named if isinstance(name, str))


def expect_nothing_shared(expect: Expect, batch: Sequence[IssuedCredential], requirement: Demanded) -> None:
    """Expect no two Credentials of a batch to share an identifier or a place in a status list (section 15.4.1)."""
    for first, other in itertools.combinations(batch, 2):
        one, two = traits(first), traits(other)
        shared = [name for name, value in one.identifiers.items() if two.identifiers.get(name) == value]
        expect.that(
            not shared,
            "BATCH-IDENTIFIER-SHARED",
            "an identifier of its own",
            f"the {', '.join(shared)} of {first.pointer}",
            at=other.exchange,
            pointer=other.pointer,
            requirement=requirement,
        )
        expect.that(
            not any(entry in two.statuses for entry in one.statuses),
            "BATCH-STATUS-SHARED",
            "a status of its own",
            f"the status of {first.pointer}",
            at=other.exchange,
            pointer=other.pointer,
            requirement=requirement,
        )
