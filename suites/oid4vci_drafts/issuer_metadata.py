"""Credential Identifiers in the metadata: draft 13 section 11.2.3.

What else drafts ask of the metadata is judged by the checks of 1.0.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.transport import Reply
from harness.wallet.metadata import Issuer
from suites.oid4vci._parts import Judge, metadata_of

check = area("Credential Issuer Metadata")

_MEMBER = "credential_identifiers_supported"


@check(
    "draft-metadata-credential-identifiers",
    requires=["VCI13-11.2.3-06"],
    proven_by={"draft-metadata:identifiers-string": "DRAFT-METADATA-IDENTIFIERS"},
    applies=when.metadata_has(_MEMBER),
)
async def support_of_identifiers_is_told(issuer: Issuer, expect: Expect) -> None:
    """credential_identifiers_supported, when present, is a boolean."""
    told = metadata_of(issuer)[_MEMBER]
    right = isinstance(told.value, bool)
    Judge(expect, issuer.reply.exchange).that(right, "DRAFT-METADATA-IDENTIFIERS", "a boolean", told)


@check(
    "draft-token-credential-identifiers",
    requires=["VCI13-11.2.3-07", "VCI13-11.2.3-08"],
    proven_by={
        "draft-token:details-without-identifiers": "DRAFT-TOKEN-IDENTIFIERS-MISSING",
        "draft-metadata:identifiers-unsupported": "DRAFT-TOKEN-IDENTIFIERS-UNANNOUNCED",
    },
    applies=when.returned_details,
    per=Per.REDEMPTION,
)
async def identifiers_are_returned_as_announced(issuer: Issuer, token: Reply, expect: Expect) -> None:
    """Details in a Token Response have credential_identifiers exactly when the metadata announce it."""
    announced, details = issuer.metadata.get(_MEMBER, False), token.object["authorization_details"]
    if not isinstance(announced, bool):
        raise Blocked(f"{_MEMBER} is {show(announced)}, which says neither yes nor no")
    objects = [item for item in (details if isinstance(details, list) else ()) if isinstance(item, dict)]
    named = any("credential_identifiers" in item for item in objects)
    where = "/authorization_details"
    if announced:
        code = "DRAFT-TOKEN-IDENTIFIERS-MISSING"
        expect.that(named, code, "credential_identifiers", show(details), at=token, pointer=where)
    else:
        expect.that(
            not named,
            "DRAFT-TOKEN-IDENTIFIERS-UNANNOUNCED",
            f"no credential_identifiers, since the metadata have {_MEMBER} {show(issuer.metadata.get(_MEMBER))}",
            show(details),
            at=token,
            pointer=where,
            requirement="VCI13-11.2.3-08",
        )
