"""The credential that the wallet gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.facts import Facts
from harness.partisia.application import Application
from harness.trust.found import IssuerKey
from harness.wallet.holdings import Holdings
from suites.oid4vci._holder import holder_named
from suites.oid4vci._problems import at
from suites.oid4vci._signatures import expect_signature

check = area("Partisia: credential", per=Per.SCENARIO)

_NO_CLAIM = "id"
"""The member of the subject that is no claim about it but its identifier."""


@check(
    "partisia-credential-signed",
    requires=["PAR-CREDENTIAL-18"],
    proven_by={
        "partisia-credential:unsigned": "PARTISIA-SIGNATURE",
        "partisia-credential:other-key": "PARTISIA-SIGNATURE",
    },
)
async def the_signature_verifies(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The credential is a JWT whose signature verifies with the key to which it leads."""
    expect_signature(
        credential,
        credential.jwt_vc.jws,
        issuer_key,
        expect,
        prefix="PARTISIA",
        requirement="PAR-CREDENTIAL-18",
    )


@check(
    "partisia-credential-type",
    requires=["PAR-CREDENTIAL-19"],
    proven_by={
        "partisia-credential:type-other": "PARTISIA-TYPE",
    },
)
async def the_credential_is_of_the_type_asked_for(
    credential: IssuedCredential, facts: Facts, expect: Expect
) -> None:
    """The credential has the types of its configuration."""
    wanted = _definition(facts).get("type")
    if not isinstance(wanted, list):
        raise Blocked("the configuration has no types")
    found = credential.w3c.document.get("type")
    expect.that(
        isinstance(found, list) and all(each in found for each in wanted),
        "PARTISIA-TYPE",
        f"the types {', '.join(map(str, wanted))}",
        found,
        at=credential.exchange,
        pointer=at(credential).inside("type"),
    )


@check(
    "partisia-credential-context",
    requires=["PAR-CREDENTIAL-20"],
    proven_by={
        "partisia-credential:context-other": "PARTISIA-CONTEXT",
        "partisia-metadata:context-2-0": "PARTISIA-CONTEXT",
    },
)
async def the_context_is_that_of_the_configuration(
    credential: IssuedCredential, facts: Facts, expect: Expect
) -> None:
    """The first context of the credential is the first one of its configuration."""
    wanted = _definition(facts).get("@context")
    if not isinstance(wanted, list) or not wanted:
        raise Blocked("the configuration has no context")
    found = credential.w3c.document.get("@context")
    expect.that(
        isinstance(found, list) and found[:1] == wanted[:1],
        "PARTISIA-CONTEXT",
        str(wanted[0]),
        found,
        at=credential.exchange,
        pointer=at(credential).inside("@context/0"),
    )


@check(
    "partisia-credential-claims-described",
    requires=["PAR-CREDENTIAL-21"],
    proven_by={
        "partisia-credential:claim-further": "PARTISIA-CLAIM-FURTHER",
    },
)
async def no_claim_is_undescribed(credential: IssuedCredential, facts: Facts, expect: Expect) -> None:
    """The subject of the credential has only claims that its configuration describes."""
    described = _described(facts)
    if not described:
        raise Blocked("the configuration describes no claims")
    further = sorted(_claims(credential).keys() - described)
    expect.that(
        not further,
        "PARTISIA-CLAIM-FURTHER",
        f"no claim but {', '.join(sorted(described))}",
        ", ".join(further),
        at=credential.exchange,
        pointer=at(credential).inside("credentialSubject"),
    )


@check(
    "partisia-credential-claims",
    requires=["PAR-CREDENTIAL-22"],
    applies=when.partisia_dataset,
    proven_by={
        "partisia-credential:claim-missing": "PARTISIA-CLAIM-MISSING",
        "partisia-credential:claim-other": "PARTISIA-CLAIM-OTHER",
    },
)
async def the_claims_are_those_of_the_application(
    credential: IssuedCredential, application: Application, facts: Facts, expect: Expect
) -> None:
    """What the application gave stands in the credential, as far as the configuration describes it."""
    described, claims = _described(facts), _claims(credential)
    wanted = {name: value for name, value in application.dataset.items() if name in described}
    if not wanted:
        raise Blocked("the configuration describes nothing of what the application gives")
    for name, value in wanted.items():
        pointer = at(credential).inside(f"credentialSubject/{name}")
        if expect.that(
            name in claims,
            "PARTISIA-CLAIM-MISSING",
            name,
            "it is missing",
            at=credential.exchange,
            pointer=pointer,
        ):
            expect.that(
                claims[name] == value,
                "PARTISIA-CLAIM-OTHER",
                "what the application gave",
                "something else",
                at=credential.exchange,
                pointer=pointer,
            )


@check(
    "partisia-credential-bound",
    requires=["PAR-CREDENTIAL-23"],
    proven_by={
        "partisia-credential:unbound": "PARTISIA-UNBOUND",
        "partisia-credential:bound-to-other": "PARTISIA-BOUND-TO-OTHER",
    },
)
async def what_is_stored_is_bound_to_the_key(holdings: Holdings[IssuedCredential], expect: Expect) -> None:
    """The credential that the wallet keeps, when its user has approved of it, is bound to the key of the proof."""
    for credential in holdings.stored:
        bound, right = holder_named(credential)
        if expect.that(
            bound,
            "PARTISIA-UNBOUND",
            "the key of the proof",
            "no key",
            at=credential.exchange,
            pointer=credential.pointer,
        ):
            expect.that(
                right,
                "PARTISIA-BOUND-TO-OTHER",
                "the key of the proof",
                "another key",
                at=credential.exchange,
                pointer=credential.pointer,
            )


def _definition(facts: Facts) -> Mapping[str, Any]:
    value = facts.configuration.get("credential_definition")
    return value if isinstance(value, Mapping) else {}


def _described(facts: Facts) -> set[str]:
    """Give the names of the claims that the configuration describes, wherever it does."""
    subject = _definition(facts).get("credentialSubject")
    names = set(subject) if isinstance(subject, Mapping) else set()
    usage = facts.configuration.get("credential_metadata")
    listed = usage.get("claims") if isinstance(usage, Mapping) else None
    # Draft 15 has the list beside the definition.
    for claim in listed if isinstance(listed, list) else facts.configuration.get("claims") or ():
        path = claim.get("path") if isinstance(claim, Mapping) else None
        if isinstance(path, list) and path:
            names.add(str(path[1] if path[0] == "credentialSubject" and len(path) > 1 else path[0]))
    return names


def _claims(credential: IssuedCredential) -> Mapping[str, Any]:
    subject = credential.w3c.document.get("credentialSubject")
    if not isinstance(subject, Mapping):
        raise Blocked("the credential has no subject, or several")
    return {name: value for name, value in subject.items() if name != _NO_CLAIM}
