"""What checks of Type Metadata share."""

from __future__ import annotations

from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import claims_path
from harness.formats.type_metadata import ALWAYS
from harness.type_metadata import Document, ResolvedType
from suites.oid4vci._problems import Place, Rule, at, judge


def readable(resolved: ResolvedType) -> list[Document]:
    """Give the documents of a type.

    Raises:
        Blocked: one of them cannot be read; the check of its form says so.

    """
    for document in resolved.documents:
        if document.metadata is None:
            raise Blocked(f"the Type Metadata of {document.type} cannot be read: {document.problems[-1].detail}")
    return list(resolved.documents)


def judge_documents(expect: Expect, resolved: ResolvedType, *rules: Rule) -> None:
    """Expect that no document of a type has problems of some kinds."""
    for document in readable(resolved):
        judge(expect, Place(document.exchange), document.problems, *rules)


def expect_disclosable(
    resolved: ResolvedType, credential: IssuedCredential, expect: Expect, expected: str
) -> None:
    """Expect that the claims whose ``sd`` is ``always`` are disclosable in the sense of the draft that judges."""
    disclosed = credential.vc.sd_jwt.disclosed
    plain = [
        place
        for place in places(resolved, credential, ALWAYS)
        if not resolved.draft.is_disclosable(place, disclosed)
    ]
    expect.that(
        not plain,
        "TYPE-METADATA-ALWAYS",
        expected,
        f"none for {', '.join(plain)}",
        at=credential.exchange,
        pointer=at(credential).inside(plain[0]) if plain else None,
    )


def places(resolved: ResolvedType, credential: IssuedCredential, sd: str) -> list[str]:
    """Give where the claims with this ``sd`` stand in a credential."""
    found: list[str] = []
    for path, claim in resolved.claims.items():
        if claim.get("sd") == sd:
            try:
                found += claims_path.places(credential.vc.claims, list(path))
            except claims_path.ClaimsPathError:
                continue  # not there, or another check says that the path does not fit
    return found
