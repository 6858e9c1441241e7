"""The Credential Issuer Metadata: HAIP 1.0 sections 4, 4.1 and 4.3."""

from __future__ import annotations

from harness.applicability import when
from harness.applicability.high_assurance import TYPES, type_by_scope
from harness.checks import Per, area
from harness.expect import Expect, show
from harness.flow import Flow
from harness.wallet.credential import credentials
from harness.wallet.metadata import Issuer
from harness.wallet.offer import ReceivedOffer
from suites.haip.offers import allows_code_flow
from suites.oid4vci._parts import Judge, configurations_of, metadata_of
from suites.oid4vci._proofs import granted

check = area("HAIP: Issuer Metadata")


@check(
    "haip-formats",
    requires=["HAIP-4-02"],
    proven_by={"metadata:formats-of-drafts": "HAIP-FORMAT-MISSING"},
    applies=when.configurations,
)
async def a_format_of_the_profile_is_offered(issuer: Issuer, expect: Expect) -> None:
    """A Credential Configuration has the format ``dc+sd-jwt`` or ``mso_mdoc``."""
    found = [members.get("format") for members in issuer.configurations.values()]
    expect.that(
        any(name in TYPES for name in found if isinstance(name, str)),
        "HAIP-FORMAT-MISSING",
        "a configuration with the format dc+sd-jwt or mso_mdoc",
        f"the formats {show(found)}",
        at=issuer.reply,
        pointer="/credential_configurations_supported",
    )


@check(
    "haip-scopes",
    requires=["HAIP-4.1-03", "HAIP-4.2-02"],
    proven_by={"metadata:scope-missing": ("HAIP-SCOPE-MISSING", "HAIP-OFFERED-SCOPE-MISSING")},
    applies=when.configurations,
)
async def every_configuration_has_a_scope(
    issuer: Issuer, offers: tuple[ReceivedOffer, ...], expect: Expect
) -> None:
    """Every Credential Configuration has a ``scope``, above all one that is offered."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        judge.has(configuration, "scope", "HAIP-SCOPE-MISSING")
    for offer in filter(allows_code_flow, offers):
        for name in offer.configuration_ids:
            expect.that(
                name not in issuer.configurations or "scope" in issuer.configurations[name],
                "HAIP-OFFERED-SCOPE-MISSING",
                f"a scope for the offered configuration {name}",
                "none in the metadata",
                at=offer.exchange,
                pointer="/credential_configuration_ids",
                requirement="HAIP-4.2-02",
            )


@check(
    "haip-scope-type",
    requires=["HAIP-4.3-02"],
    proven_by={"metadata:scope-shared": "HAIP-SCOPE-SHARED"},
    applies=when.scope_of_type,
)
async def a_scope_stands_for_one_type(issuer: Issuer, expect: Expect) -> None:
    """Within a format, configurations with one ``scope`` have one ``vct`` or ``doctype``."""
    firsts: dict[tuple[str, str], str] = {}
    for configuration in configurations_of(issuer):
        found = type_by_scope(configuration.members)
        if found is None:
            # What has no type, or one of another form, is judged elsewhere.
            continue
        kind, scope, named = found
        first = firsts.setdefault((kind, scope), named)
        expect.that(
            named == first,
            "HAIP-SCOPE-SHARED",
            f"a scope of its own for the {TYPES[kind]} {named}",
            f"the scope {scope}, which the {TYPES[kind]} {first} has as well",
            at=issuer.reply,
            pointer=f"{configuration.pointer}/scope",
        )


@check(
    "haip-nonce-endpoint",
    requires=["HAIP-4.1-08"],
    proven_by={"metadata:nonce-endpoint-missing": "HAIP-NONCE-ENDPOINT-MISSING"},
    applies=when.some_configuration_has("cryptographic_binding_methods_supported"),
)
async def bound_credentials_have_a_nonce_endpoint(issuer: Issuer, expect: Expect) -> None:
    """An issuer with Credentials that are bound to a key has a ``nonce_endpoint``."""
    Judge(expect, issuer.reply.exchange).has(metadata_of(issuer), "nonce_endpoint", "HAIP-NONCE-ENDPOINT-MISSING")


@check(
    "haip-batch-announced",
    requires=["HAIP-4-08"],
    proven_by={"metadata:batch-missing": "HAIP-BATCH-UNANNOUNCED"},
    applies=~when.metadata_has("batch_credential_issuance") & when.one_proof_per_key,
    per=Per.SHAPE,
)
async def batches_are_announced(batch: Flow, expect: Expect) -> None:
    """An issuer without ``batch_credential_issuance`` does not issue two Credentials for two key proofs."""
    reply = await batch.issuance()
    # A refusal is the plainest way to say so; a single Credential for the first of the keys is none of two.
    collected = await batch.collected() if granted(reply) else reply
    count = len(credentials(collected))
    expect.that(
        count <= 1,
        "HAIP-BATCH-UNANNOUNCED",
        "batch_credential_issuance in the metadata, since a request with two proofs brings several Credentials",
        f"{count} Credentials, and no batch_credential_issuance",
        at=collected,
        pointer="/credentials",
    )
