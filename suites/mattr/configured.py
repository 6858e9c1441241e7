"""What the configuration of a credential says, and its claims source: MATTR VII, formatting the credential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.facts import Facts
from harness.formats.clock import SKEW_S
from harness.mattr.back_end import BackEnd, Minting
from harness.mattr.configurations import Configuration
from harness.mattr.workflow import Workflow
from harness.transport import Reply
from harness.wallet.metadata import Issuer
from suites.mattr._refusals import no_credential
from suites.oid4vci._problems import at

_KNOWN = when.mattr_back_end & when.mattr_configuration
check = partial(area("MATTR VII: configuration", per=Per.SCENARIO), applies=when.mdoc & _KNOWN)
of_source = partial(
    area("MATTR VII: claims source", per=Per.GRANT), applies=when.mattr_back_end & when.mattr_claims_source
)

_DAY_S = 24 * 3600
"""Dates may be rounded to the day."""


@check(
    "mattr-claims-mapped",
    requires=["MTR-SIGN-04"],
    proven_by={
        "mattr-making:claim-missing": "MATTR-CLAIM-MISSING",
        "mattr-making:namespace-other": "MATTR-CLAIM-MISSING",
    },
)
async def each_claim_is_where_the_configuration_maps_it(
    credential: IssuedCredential, minting: Minting, back_end: BackEnd, facts: Facts, expect: Expect
) -> None:
    """Each claim of the offer that the configuration maps is in the credential, where the mapping says."""
    mapped = [
        each
        for each in _configuration(back_end, facts).mappings
        if each.offered and minting.claims.get(each.claim) is not None
    ]
    if not mapped:
        raise Blocked("the configuration maps no claim of the offer")
    for each in mapped:
        expect.that(
            each.element in credential.mdoc.claims.get(each.namespace, {}),
            "MATTR-CLAIM-MISSING",
            f"{each.place}, as {each.claim} is mapped",
            "no such element",
            at=credential.exchange,
            pointer=at(credential).inside(f"nameSpaces/{each.namespace}"),
        )


@check(
    "mattr-claims-mapped-only",
    requires=["MTR-SIGN-05"],
    proven_by={
        "mattr-making:claim-unmapped": "MATTR-CLAIM-UNMAPPED",
        "mattr-making:namespace-other": "MATTR-CLAIM-UNMAPPED",
    },
)
async def nothing_else_is_in_the_credential(
    credential: IssuedCredential, back_end: BackEnd, facts: Facts, expect: Expect
) -> None:
    """The credential has no element that its configuration does not map."""
    known = _configuration(back_end, facts).elements
    found = {(name, each) for name, elements in credential.mdoc.claims.items() for each in elements}
    further = sorted(f"{namespace}/{name}" for namespace, name in found - known)
    expect.that(
        not further,
        "MATTR-CLAIM-UNMAPPED",
        "elements that the configuration maps",
        ", ".join(further),
        at=credential.exchange,
        pointer=at(credential).inside("nameSpaces"),
    )


@check(
    "mattr-credential-expiry",
    requires=["MTR-SIGN-07", "MTR-OFFER-03"],
    proven_by={
        "mattr-making:longer": "MATTR-CREDENTIAL-EXPIRY",
        "mattr-making:shorter": "MATTR-CREDENTIAL-EXPIRY",
        "mattr-making:too-long": "MATTR-CREDENTIAL-EXPIRY",
        "mattr-mdoc:expired": "MATTR-CREDENTIAL-EXPIRY",
    },
    applies=when.mdoc & _KNOWN & when.mattr_lifetime,
)
async def the_credential_lives_as_long_as_configured(
    credential: IssuedCredential, back_end: BackEnd, facts: Facts, expect: Expect
) -> None:
    """The credential ends when expiresIn of its configuration has passed, give or take a day."""
    least, most = _configuration(back_end, facts).lifetime or (0, 0)
    info = credential.mdoc.validity_info
    ends, begins = info.get("validUntil"), info.get("validFrom", credential.received)
    if ends is None:
        raise Blocked("the end of the credential cannot be read")
    lasts = [ends - begins, ends - credential.received]
    leeway = _DAY_S + SKEW_S
    expect.that(
        any(least - leeway < each < most + leeway for each in lasts),
        "MATTR-CREDENTIAL-EXPIRY",
        f"an end after {_days(least, most)} days",
        f"after {lasts[0] / _DAY_S:.0f} days",
        at=credential.exchange,
        pointer=at(credential).inside("mso/validityInfo/validUntil"),
    )


@check(
    "mattr-credential-status",
    requires=["MTR-SIGN-09"],
    proven_by={
        "mattr-making:status-missing": "MATTR-STATUS-MISSING",
        "mattr-making:status-uninvited": "MATTR-STATUS-UNINVITED",
    },
    applies=when.mdoc & _KNOWN & when.mattr_revocable,
)
async def the_status_is_told_where_it_is_configured(
    credential: IssuedCredential, back_end: BackEnd, facts: Facts, expect: Expect
) -> None:
    """The credential says where its status is exactly where includeStatus of its configuration is true."""
    wanted = _configuration(back_end, facts).revocable
    there = bool(credential.mdoc.status_references)
    expect.that(
        there is wanted,
        "MATTR-STATUS-MISSING" if wanted else "MATTR-STATUS-UNINVITED",
        "a status" if wanted else "no status",
        "there is one" if there else "there is none",
        at=credential.exchange,
        pointer=at(credential).inside("mso/status"),
    )


@check(
    "mattr-display",
    requires=["MTR-SIGN-06"],
    proven_by={
        "mattr-metadata:display-missing": "MATTR-DISPLAY",
        "mattr-metadata:display-other": "MATTR-DISPLAY",
    },
    applies=_KNOWN & when.mattr_branding,
)
async def the_metadata_tell_the_branding(issuer: Issuer, back_end: BackEnd, facts: Facts, expect: Expect) -> None:
    """The metadata have the name and the colour that the configuration gives its credential."""
    configuration = _configuration(back_end, facts)
    shown = list(_displayed(issuer.configurations.get(configuration.id, {})))
    for name, member in (("name", "name"), ("backgroundColor", "background_color")):
        wanted = configuration.branding.get(name)
        if not isinstance(wanted, str):
            continue
        found = [each[member] for each in shown if isinstance(each.get(member), str)]
        expect.that(
            any(each.casefold() == wanted.casefold() for each in found),
            "MATTR-DISPLAY",
            f"a display with {member} {wanted}",
            ", ".join(found) or "none",
            at=issuer.reply,
            pointer=f"/credential_configurations_supported/{configuration.id}",
        )
    if expect.evaluated == 0:
        raise Blocked("the branding of the configuration has neither a name nor a colour")


@of_source(
    "mattr-claims-source",
    requires=["MTR-CONFIG-07"],
    proven_by={
        "mattr-claims:source-altered": "MATTR-SOURCE-CLAIM",
        "mattr-claims:source-ignored": "MATTR-SOURCE-CLAIM",
    },
)
async def claims_of_the_source_are_in_the_credential(workflow: Workflow, issuance: Reply, expect: Expect) -> None:
    """A claim that only the claims source knows is in the credential, as the source gave it."""
    configuration, source = workflow.back_end.sourced, workflow.back_end.claims_source
    if configuration is None or source is None:
        raise Blocked("no configuration needs a claims source")
    if not issuance.successful:
        raise Blocked(f"no credential is issued without a claims source either: {issuance.gist}")
    flow = (await workflow.offer(asked=configuration.id)).flow
    reply = await flow.issuance()
    found = (await flow.credentials())[0].mdoc.claims if reply.successful else {}
    everything = {name: value for elements in found.values() for name, value in elements.items()}
    for each in configuration.mappings:
        wanted = source.claims.get(each.claim)
        if each.offered or not isinstance(wanted, str | int) or not each.required:
            continue
        expect.that(
            str(everything.get(each.element)) == str(wanted),
            "MATTR-SOURCE-CLAIM",
            f"{each.place} as the claims source has it",
            "another value, or none" if reply.successful else reply.gist,
            at=reply,
        )


@of_source(
    "mattr-claims-source-failed",
    requires=["MTR-CONFIG-08"],
    proven_by={
        "accepts:mattr-credential.claims-complete": "MATTR-SOURCE-MISSED",
    },
)
async def no_credential_without_a_required_claim(workflow: Workflow, expect: Expect) -> None:
    """When the claims source refuses, no credential is issued that cannot be without what it knows."""
    configuration, source = workflow.back_end.sourced, workflow.back_end.claims_source
    if configuration is None or source is None:
        raise Blocked("no configuration needs a claims source")
    right = await (await workflow.offer(asked=configuration.id)).flow.issuance()
    if not right.successful:
        raise Blocked(f"no credential was issued while the claims source worked: {right.gist}")
    flow = (await workflow.offer(asked=configuration.id)).flow
    before, asked = source.answers, len(source.asked)
    source.answers = "unauthorized"
    try:
        reply = await flow.issuance()
    finally:
        source.answers = before
    if len(source.asked) == asked:
        raise Blocked("the claims source was not asked")
    no_credential(expect, reply, "MATTR-SOURCE-MISSED", "a claims source that refuses")


def _configuration(back_end: BackEnd, facts: Facts) -> Configuration:
    return back_end.configurations[facts.scenario.configuration if facts.scenario else ""]


def _displayed(described: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give how metadata have a credential shown, in the place of any version."""
    inner = described.get("credential_metadata")
    for place in (described, inner if isinstance(inner, dict) else {}):
        listed = place.get("display")
        yield from (each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict))


def _days(least: int, most: int) -> str:
    low, high = least / _DAY_S, most / _DAY_S
    return f"{low:.0f}" if least == most else f"{low:.0f} to {high:.0f}"
