"""Whom and what credentials are for: docs.wallet.service.gov.uk, Issue a credential, guidance on binding."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import mdoc
from harness.formats.jwk import same_key
from harness.formats.problems import FormatError
from suites.govuk_wallet.jwt_credentials import holder
from suites.oid4vci._problems import at

check = area("GOV.UK Wallet: credential", per=Per.SCENARIO)


@check(
    "govuk-jwt-bound-to-proof-key",
    requires=["GOVUK-BINDING-01", "GOVUK-JWTVC-11"],
    proven_by={
        "govuk-vc:sub-missing": "GOVUK-BOUND-SUB",
        "govuk-vc:sub-other": "GOVUK-BOUND-SUB",
        "govuk-making:other-key": "GOVUK-BOUND-SUB",
    },
    applies=when.govuk_jwt,
)
async def the_sub_is_the_key_of_the_proof(credential: IssuedCredential, expect: Expect) -> None:
    """The sub of a JWT credential is the did:key of the wallet's proof."""
    wanted, found = holder(credential), credential.jwt_vc.payload.get("sub")
    for requirement in ("GOVUK-BINDING-01", "GOVUK-JWTVC-11"):
        expect.that(
            found == wanted,
            "GOVUK-BOUND-SUB",
            wanted,
            found,
            at=credential.exchange,
            pointer=at(credential).inside("/sub"),
            requirement=requirement,
        )


@check(
    "govuk-mdoc-bound-to-proof-key",
    requires=["GOVUK-BINDING-01"],
    proven_by={
        "govuk-mdoc:device-key-other": "GOVUK-BOUND-DEVICE-KEY",
        "govuk-making:other-key": "GOVUK-BOUND-DEVICE-KEY",
    },
    applies=when.govuk_mdoc,
)
async def the_device_key_is_that_of_the_proof(credential: IssuedCredential, expect: Expect) -> None:
    """The device key of an mdoc is the key of the wallet's proof."""
    found = credential.mdoc.device_key_jwk
    if found is None:
        raise Blocked("the device key cannot be read")
    if not credential.keys:
        raise Blocked("the request had no proof")
    expect.that(
        any(same_key(found, key) for key in credential.keys),
        "GOVUK-BOUND-DEVICE-KEY",
        "the key of the proof",
        "another key",
        at=credential.exchange,
        pointer=at(credential).inside("mso/deviceKeyInfo/deviceKey"),
    )


@check(
    "govuk-mdoc-form",
    requires=["VCI14-A.2.5-01"],
    proven_by={
        "govuk-credential:object": "GOVUK-MDOC-FORM",
        "govuk-credential:encoded-again": "GOVUK-MDOC-FORM",
        "govuk-credential:padded": "GOVUK-MDOC-FORM",
    },
    applies=when.govuk_mdoc,
)
async def the_credential_is_an_mdoc(credential: IssuedCredential, expect: Expect) -> None:
    """An mdoc is the base64url of the CBOR of IssuerSigned, without padding."""
    observed = ""
    try:
        problems = mdoc.read(credential.raw).problems
        observed = next((each.detail for each in problems if each.kind.startswith("base64")), "")
    except FormatError as error:
        observed = error.detail
    expect.that(
        not observed,
        "GOVUK-MDOC-FORM",
        "base64url of the CBOR of IssuerSigned",
        observed,
        at=credential.exchange,
        pointer=credential.pointer,
    )


@check(
    "govuk-mdoc-document-type",
    requires=["GOVUK-MDOC-01"],
    proven_by={
        "govuk-mdoc:doctype-other": "GOVUK-MDOC-DOCUMENT-TYPE",
        "govuk-metadata:doctype-other": "GOVUK-MDOC-DOCUMENT-TYPE",
    },
    applies=when.govuk_mdoc,
)
async def the_document_type_is_that_of_the_metadata(
    credential: IssuedCredential, shared: Flow, expect: Expect
) -> None:
    """The document type of an mdoc is the doctype of its entry in the metadata."""
    wanted = shared.configuration.get("doctype")
    if not isinstance(wanted, str):
        raise Blocked("the metadata has no doctype to compare")
    expect.that(
        credential.mdoc.doc_type == wanted,
        "GOVUK-MDOC-DOCUMENT-TYPE",
        wanted,
        credential.mdoc.doc_type,
        at=credential.exchange,
        pointer=at(credential).inside("mso/docType"),
    )
