"""Signed metadata of drafts: the member ``signed_metadata`` (drafts 13 to 15), and the payload of draft 16.

Section 11.2.3 of drafts 13 and 15, 10.2.3 of draft 14, 11.2.2 of draft 16. The signature is judged by the check of
1.0.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect, show
from harness.wallet.metadata import Issuer
from harness.wallet.signed_metadata import SignedMetadata
from suites.oid4vci._parts import Judge, Part, metadata_of

check = area("Signed Metadata")

_ISSUED = ("VCI15-11.2.3-08", "VCID14-10.2.3-08", "VCI13-11.2.3-10")
_ATTESTER = ("VCI15-11.2.3-09", "VCID14-10.2.3-09", "VCI13-11.2.3-11")
_SUBJECT = ("VCI15-11.2.3-10", "VCID14-10.2.3-10", "VCI13-11.2.3-12")
_PARAMETERS = ("VCI15-11.2.3-11", "VCID14-10.2.3-11", "VCI13-11.2.3-13")
_NOT_ITSELF = ("VCI15-11.2.3-11", "VCID14-10.2.3-11", "VCI13-11.2.3-14")
_OF_JWT = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
"""The claims that RFC 7519 section 4.1 registers; what else is there is said of the issuer."""
_REQUIRED = frozenset({"credential_issuer", "credential_endpoint", "credential_configurations_supported"})
"""The parameters that no Credential Issuer Metadata is without (section 11.2.4 of draft 16)."""


@check(
    "draft-signed-metadata-form",
    requires=["VCI15-11.2.3-06", "VCID14-10.2.3-06", "VCI13-11.2.3-09"],
    proven_by={
        "draft-metadata:signed-object": "DRAFT-SIGNED-METADATA-FORM",
        "draft-metadata:signed-no-jws": "DRAFT-SIGNED-METADATA-FORM",
    },
    applies=when.metadata_has("signed_metadata"),
)
async def signed_metadata_is_a_jws(issuer: Issuer, signed_metadata: SignedMetadata, expect: Expect) -> None:
    """The member signed_metadata is a string, a JWS in compact form with a JSON object as its payload."""
    member = metadata_of(issuer)["signed_metadata"]
    Judge(expect, issuer.reply.exchange).that(
        bool(signed_metadata.claims), "DRAFT-SIGNED-METADATA-FORM", "a string, a JWS with claims", member
    )


@check(
    "draft-signed-metadata-claims",
    requires=[*_ISSUED, *_ATTESTER, *_SUBJECT, *dict.fromkeys((*_PARAMETERS, *_NOT_ITSELF))],
    proven_by={
        "draft-metadata:signed-iat-missing": "DRAFT-SIGNED-METADATA-ISSUED-AT",
        "draft-metadata:signed-iat-string": "DRAFT-SIGNED-METADATA-ISSUED-AT",
        "draft-metadata:signed-iss-missing": "DRAFT-SIGNED-METADATA-ISSUER",
        "draft-metadata:signed-iss-number": "DRAFT-SIGNED-METADATA-ISSUER",
        "draft-metadata:signed-sub-missing": "DRAFT-SIGNED-METADATA-SUBJECT",
        "draft-metadata:signed-sub-other": "DRAFT-SIGNED-METADATA-SUBJECT",
        "draft-metadata:signed-parameters-missing": "DRAFT-SIGNED-METADATA-PARAMETERS",
        "draft-metadata:signed-within-itself": "DRAFT-SIGNED-METADATA-NESTED",
    },
    applies=when.metadata_has("signed_metadata") & when.signed_claims,
)
async def signed_metadata_say_who_and_when(
    issuer: Issuer, signed_metadata: SignedMetadata, expect: Expect
) -> None:
    """The claims are iat, iss, sub, which is the issuer, and parameters of its metadata, not signed_metadata."""
    judge, claims = Judge(expect, issuer.reply.exchange), Part(dict(signed_metadata.claims), "/signed_metadata")
    issued, attester, subject = (claims.get(name) for name in ("iat", "iss", "sub"))
    is_number = isinstance(issued.value, (int, float)) and not isinstance(issued.value, bool)
    judge.that(is_number, "DRAFT-SIGNED-METADATA-ISSUED-AT", "iat, a number", issued, _ISSUED)
    named = isinstance(attester.value, str)
    judge.that(named, "DRAFT-SIGNED-METADATA-ISSUER", "iss, a string", attester, _ATTESTER)
    right = subject.value == issuer.identifier
    judge.that(right, "DRAFT-SIGNED-METADATA-SUBJECT", f"sub {issuer.identifier}", subject, _SUBJECT)
    names = Part(list(claims.members), claims.pointer)
    parameters = claims.members.keys() - _OF_JWT - {"signed_metadata"}
    wanted = "parameters of the metadata as claims"
    judge.that(bool(parameters), "DRAFT-SIGNED-METADATA-PARAMETERS", wanted, names, _PARAMETERS)
    alone = "signed_metadata" not in claims
    judge.that(alone, "DRAFT-SIGNED-METADATA-NESTED", "no claim signed_metadata", names, _NOT_ITSELF)


@check(
    "draft-signed-metadata-payload",
    requires=["VCI16-11.2.2-01"],
    proven_by={"draft-signed-metadata:configurations-missing": "DRAFT-SIGNED-METADATA-PAYLOAD"},
    applies=when.signed_metadata & when.signed_claims,
)
async def the_payload_has_the_metadata(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """The payload of signed metadata has the required parameters of the metadata, as claims or within a claim."""
    claims = signed_metadata.claims
    # Draft 16 does not say whether the parameters are claims themselves.
    objects = [claims, *(value for value in claims.values() if isinstance(value, dict))]
    expect.that(
        any(found.keys() >= _REQUIRED for found in objects),
        "DRAFT-SIGNED-METADATA-PAYLOAD",
        f"the parameters {show(sorted(_REQUIRED))}",
        f"the claims {show(list(claims))}",
        at=signed_metadata.reply,
    )
