"""The credential that the wallet gets: MATTR VII, formatting, signing and delivering it."""

from __future__ import annotations

from functools import partial
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.facts import Facts
from harness.formats import mdoc, x509
from harness.formats.clock import SKEW_S
from harness.formats.jwk import same_key
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError
from harness.mattr.back_end import BackEnd, Minting
from suites.oid4vci._problems import at

check = partial(area("MATTR VII: credential", per=Per.SCENARIO), applies=when.mdoc)

_DAY_S = 24 * 3600
_LICENCE = "org.iso.18013.5.1.mDL"
_LONGEST_DAYS = {_LICENCE: 427}
_LONGEST_OTHER_DAYS = 3620


@check(
    "mattr-credential-presentable",
    requires=["MTR-DELIVER-02"],
    proven_by={
        "mattr-credential:cut": "MATTR-CREDENTIAL-UNREADABLE",
        "mattr-mdoc:expired": "MATTR-CREDENTIAL-EXPIRED",
    },
)
async def the_credential_can_be_presented(credential: IssuedCredential, expect: Expect) -> None:
    """The credential can be read as a mobile document, and is valid now."""
    observed = ""
    read = None
    try:
        read = mdoc.read(credential.raw)
    except FormatError as error:
        observed = error.detail
    if not expect.that(
        read is not None,
        "MATTR-CREDENTIAL-UNREADABLE",
        "a mobile document",
        observed,
        at=credential.exchange,
        pointer=credential.pointer,
    ):
        return
    expires = read.expires if read is not None else None
    expect.that(
        expires is not None and expires > credential.received - SKEW_S,
        "MATTR-CREDENTIAL-EXPIRED",
        "a credential that has not expired",
        "it has no end that can be read" if expires is None else "it has expired",
        at=credential.exchange,
        pointer=at(credential).inside("mso/validityInfo/validUntil"),
    )


@check(
    "mattr-credential-kind",
    requires=["MTR-SIGN-03"],
    proven_by={
        "mattr-making:doctype-other": "MATTR-DOCTYPE",
    },
)
async def the_credential_is_what_was_offered(credential: IssuedCredential, facts: Facts, expect: Expect) -> None:
    """The document type of the credential is the one of its configuration."""
    name = facts.scenario.configuration if facts.scenario else ""
    wanted = facts.issuer.configurations.get(name, {}).get("doctype")
    expect.that(
        credential.mdoc.doc_type == wanted,
        "MATTR-DOCTYPE",
        str(wanted),
        credential.mdoc.doc_type,
        at=credential.exchange,
        pointer=at(credential).inside("mso/docType"),
    )


@check(
    "mattr-credential-signed",
    requires=["MTR-SIGN-02"],
    proven_by={
        "mattr-issuer-auth:other-key": "MATTR-SIGNATURE",
        "mattr-issuer-auth:unsigned": "MATTR-SIGNATURE",
    },
)
async def the_signature_verifies(credential: IssuedCredential, expect: Expect) -> None:
    """The signature of a mobile document verifies with the key of the certificate that it carries."""
    observed = ""
    try:
        chain = x509.parse_x5chain(credential.mdoc.signer.certificates)
        credential.mdoc.verify(x509.public_jwk(chain.certificates[0]))
    except (FormatError, SignatureError) as error:
        observed = error.detail
    expect.that(
        not observed,
        "MATTR-SIGNATURE",
        "a signature that verifies",
        observed,
        at=credential.exchange,
        pointer=at(credential).inside("issuerAuth"),
    )


@check(
    "mattr-credential-claims",
    requires=["MTR-SIGN-01", "MTR-PREPARE-02", "MTR-OFFER-02"],
    proven_by={
        "mattr-making:claim-altered": "MATTR-CLAIM-ALTERED",
        "mattr-minting:claims-lost": "MATTR-CLAIM-ALTERED",
    },
    applies=when.mdoc & when.mattr_back_end,
)
async def the_claims_are_those_of_the_offer(
    credential: IssuedCredential, minting: Minting, back_end: BackEnd, facts: Facts, expect: Expect
) -> None:
    """Elements that a claim of the offer is mapped to have its value.

    Where the run does not know how the configuration maps claims, they are those with the name of a claim.
    """
    told = back_end.configurations.get(facts.scenario.configuration if facts.scenario else "")
    mapped = {(each.namespace, each.element): each.claim for each in told.mappings if each.offered} if told else {}
    pairs = [
        (namespace, name, value, minting.claims[claim])
        for namespace, elements in credential.mdoc.claims.items()
        for name, value in elements.items()
        if (claim := mapped.get((namespace, name)) if told else name) is not None
        and isinstance(minting.claims.get(claim), str | bool | int)
        and isinstance(value, str | bool | int)
    ]
    comparable = [each for each in pairs if not _is_encoded(each[2])]
    if not comparable:
        raise Blocked("no element of the credential is known to be a claim of the offer")
    for namespace, name, value, wanted in comparable:
        expect.that(
            str(value) == str(wanted),
            "MATTR-CLAIM-ALTERED",
            "the value that the back end sent",
            f"another value of {name}",
            at=credential.exchange,
            pointer=at(credential).inside(f"nameSpaces/{namespace}/{name}"),
        )


@check(
    "mattr-credential-lifetime",
    requires=["MTR-SIGN-08"],
    proven_by={
        "mattr-making:too-long": "MATTR-CREDENTIAL-LONG",
    },
)
async def the_credential_does_not_live_too_long(credential: IssuedCredential, expect: Expect) -> None:
    """A driving licence is valid for 427 days at most, any other mobile document for 3620 days."""
    info = credential.mdoc.validity_info
    begins, ends = info.get("validFrom"), info.get("validUntil")
    if begins is None or ends is None:
        raise Blocked("the validity of the credential cannot be read")
    most = _LONGEST_DAYS.get(credential.mdoc.doc_type or "", _LONGEST_OTHER_DAYS)
    expect.that(
        ends - begins <= most * _DAY_S + SKEW_S,
        "MATTR-CREDENTIAL-LONG",
        f"{most} days at most",
        f"{(ends - begins) / _DAY_S:.0f} days",
        at=credential.exchange,
        pointer=at(credential).inside("mso/validityInfo"),
    )


@check(
    "mattr-credential-bound",
    requires=["MTR-SIGN-14"],
    proven_by={
        "mattr-mdoc:device-key-other": "MATTR-DEVICE-KEY",
    },
)
async def the_credential_is_bound_to_the_proved_key(credential: IssuedCredential, expect: Expect) -> None:
    """The device key of a mobile document is the key of the wallet's proof."""
    found = credential.mdoc.device_key_jwk
    if found is None or not credential.keys:
        raise Blocked("there is no device key, or the request had no proof")
    expect.that(
        any(same_key(found, key) for key in credential.keys),
        "MATTR-DEVICE-KEY",
        "the key of the proof",
        "another key",
        at=credential.exchange,
        pointer=at(credential).inside("mso/deviceKeyInfo/deviceKey"),
    )


def _is_encoded(value: Any) -> bool:
    """Whether a value is a byte string such as a portrait, which is sent in one encoding and shown in another."""
    return isinstance(value, str) and len(value) > 200
