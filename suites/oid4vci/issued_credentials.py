"""Issued Credentials of whatever format: OpenID4VCI 1.0 section 8.3 and appendix B.2."""

from __future__ import annotations

from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats import claims_path
from harness.wallet import described
from suites.oid4vci._binding import expect_distinct_keys
from suites.oid4vci._nested_claims import of_all, of_format
from suites.oid4vci._traits import selected

check = partial(area("Issued Credentials", per=Per.SCENARIO), applies=when.readable_format)


_WITHOUT_SUBJECT = (
    "subject-array-empty",
    "subject-empty",
    "subject-id-only",
    "subject-missing",
    "subject-string",
)
"""Faults of W3C credentials that say nothing of their subject."""


@check(
    "credential-mandatory-claims",
    requires=["VCI-B.2-04", *of_all("issued")],
    applies=when.readable_format & when.mandatory_claims,
    proven_by={
        "sd-jwt:mandatory-claim-missing": "CREDENTIAL-MANDATORY-CLAIM",
        "mdoc:mandatory-claim-missing": "CREDENTIAL-MANDATORY-CLAIM",
        "issuer-signed:namespaces-array": "CREDENTIAL-MANDATORY-CLAIM",
        "issuer-signed:namespaces-empty": "CREDENTIAL-MANDATORY-CLAIM",
        "issuer-signed:namespaces-missing": "CREDENTIAL-MANDATORY-CLAIM",
        **{
            f"{document}:{defect}": "CREDENTIAL-MANDATORY-CLAIM"
            for document in ("jwt-vc", "ldp-vc")
            for defect in _WITHOUT_SUBJECT
        },
        "jwt-vc:claim-outside-subject": "CREDENTIAL-MANDATORY-CLAIM",
        "jwt-vc:vc-string": "CREDENTIAL-MANDATORY-CLAIM",
        "jwt-vc:mandatory-claim-missing": "CREDENTIAL-MANDATORY-CLAIM",
        "ldp-vc:mandatory-claim-missing": "CREDENTIAL-MANDATORY-CLAIM",
        "transaction:configuration-other": "CREDENTIAL-MANDATORY-CLAIM",
    },
)
async def mandatory_claims_are_there(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """Every claim that the metadata calls mandatory is in the Credential."""
    for description in described.claims(shared.configuration, shared.issuer.dialect):
        if description.members.get("mandatory") is not True:
            continue
        path = description.path
        try:
            found = bool(selected(credential, path))
        except claims_path.ClaimsPathError as error:
            if error.kind == "path-malformed":
                raise Blocked(f"the metadata describes a mandatory claim wrongly: {error.detail}") from error
            found = False
        expect.that(
            found,
            "CREDENTIAL-MANDATORY-CLAIM",
            f"the claim {show(path)}, which is mandatory",
            "a Credential without it",
            at=credential.exchange,
            pointer=credential.pointer,
            requirement=("VCI-B.2-04", *of_format(shared.configuration.get("format"), "issued")),
        )


@check(
    "credential-keys-distinct",
    requires=["VCI-8.3-10"],
    applies=when.readable_format & when.key_binding,
    proven_by={"credential:two-for-one-key": "CREDENTIAL-KEY-USED-TWICE"},
)
async def no_key_binds_two_credentials(shared: Flow, expect: Expect) -> None:
    """No two Credentials of the response are bound to one key."""
    expect_distinct_keys(await shared.credentials(), expect)
