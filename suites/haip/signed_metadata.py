"""Signed Credential Issuer Metadata as HAIP 1.0 wants them: section 4.1.

That the signature verifies, and that the certificates are well-formed and valid, is judged by the checks of signed
metadata.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.wallet.signed_metadata import SignedMetadata
from suites.haip._certificates import expect_x5c
from suites.oid4vci._problems import Place

check = area("HAIP: Signed Metadata")

_READABLE = when.signed_metadata & when.signed_claims


@check(
    "haip-signed-metadata",
    requires=["HAIP-4.1-04"],
    applies=when.promised_signed_metadata,
    proven_by={"metadata-form:never-signed": "HAIP-METADATA-UNSIGNED"},
)
async def there_is_signed_metadata(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """A wallet that asks for signed metadata gets them, where the ecosystem wants them."""
    expect.that(
        signed_metadata.offered,
        "HAIP-METADATA-UNSIGNED",
        "signed metadata for a request with Accept: application/jwt",
        signed_metadata.reply.gist,
        at=signed_metadata.reply,
    )


@check(
    "haip-signed-metadata-x5c",
    requires=["HAIP-4.1-05", "HAIP-4.1-06", "HAIP-4.1-07"],
    applies=_READABLE,
    proven_by={
        "signed-metadata:x5c-missing": "HAIP-METADATA-X5C-MISSING",
        "signed-metadata:x5c-root-included": "HAIP-METADATA-X5C-ROOT",
        "signed-metadata:x5c-self-signed": "HAIP-METADATA-X5C-SELF-SIGNED",
    },
)
async def signed_metadata_carries_certificates(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """Signed metadata have ``x5c``, in which no certificate is a trust anchor or self-signed."""
    jws, signer = signed_metadata.jws, signed_metadata.signer
    expect_x5c(
        expect,
        jws.header.get("x5c") if jws else None,
        "HAIP-METADATA-X5C",
        Place(signed_metadata.reply.exchange),
        anchor=signer.chain.anchor if signer and signer.chain else None,
        present="HAIP-4.1-05",
        without_anchor="HAIP-4.1-06",
        not_self_signed="HAIP-4.1-07",
    )


@check(
    "haip-signed-metadata-trusted",
    requires=["HAIP-4.1-05", "RFC7515-4.1.6-04"],
    applies=_READABLE & when.signed_metadata_x5c & when.metadata_anchors,
    proven_by={
        "signed-metadata:x5c-wrong-chain": "HAIP-METADATA-UNTRUSTED",
        "signed-metadata:x5c-self-signed": "HAIP-METADATA-UNTRUSTED",
    },
)
async def certificates_of_the_metadata_lead_to_an_anchor(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """The certificates of signed metadata lead to a trust anchor, so that wallets know whose key it is."""
    signer = signed_metadata.signer
    if signer is None or signer.chain is None:
        raise Blocked(signer.missing if signer else "it is no JWS")
    expect.that(
        signer.chain.trusted is True,
        "HAIP-METADATA-UNTRUSTED",
        "a valid chain to one of the trust anchors in [trust] metadata",
        "no such chain",
        at=signed_metadata.reply,
        pointer="header/x5c",
        requirement="RFC7515-4.1.6-04",
    )
