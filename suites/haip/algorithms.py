"""Signature and hash algorithms: HAIP 1.0 sections 7 and 8."""

from __future__ import annotations

from collections.abc import Callable

from harness.applicability import when
from harness.applicability.high_assurance import ATTESTATION_LISTS, PROOF_LISTS
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import cose
from harness.formats.status_reference import Mechanism
from harness.lifecycle.status import CredentialStatus
from harness.wallet.metadata import Issuer
from harness.wallet.signed_metadata import SignedMetadata
from suites.haip._es256 import of_clients, of_proofs
from suites.oid4vci._parts import Part, configurations_of
from suites.oid4vci._problems import at
from suites.oid4vci._status_lists import lists, place

check = area("HAIP: Algorithms")

_ATTESTED = when.client_uses("attest_jwt_client_auth")
_ES256 = ("ES256", -7, -9)
"""ECDSA with P-256 and SHA-256, as JOSE and COSE call it."""


# Section 7: what the metadata list


@check(
    "haip-es256-listed",
    requires=["HAIP-7-01", "HAIP-7-02", "HAIP-7-03", "HAIP-7-04"],
    proven_by={
        "as-metadata:attestation-algs-without-es256": "HAIP-ES256-UNLISTED",
        "metadata:proof-algs-without-es256": "HAIP-ES256-UNLISTED",
    },
    applies=when.listed_algorithms,
)
async def es256_is_listed(issuer: Issuer, expect: Expect) -> None:
    """Where algorithms of Wallet Attestations, key attestations and ``jwt`` proofs are listed, ``ES256`` is."""

    def judge(listed: Part, exchange: int | None, requirement: str) -> None:
        # What is no list is judged elsewhere.
        if isinstance(listed.value, list):
            expect.that(
                "ES256" in listed.value,
                "HAIP-ES256-UNLISTED",
                "ES256 among the algorithms",
                listed.value,
                at=exchange,
                pointer=listed.pointer,
                requirement=requirement,
            )

    for server in issuer.servers:
        source, metadata = server.fallback or server.reply, Part(server.metadata, "")
        for name, requirement in ATTESTATION_LISTS.items():
            judge(metadata.get(name), source.exchange if source else None, requirement)
    for configuration in configurations_of(issuer):
        for kind, requirement in PROOF_LISTS.items():
            terms = configuration.get("proof_types_supported").get(kind)
            judge(terms.get("proof_signing_alg_values_supported"), issuer.reply.exchange, requirement)


@check(
    "haip-algorithms-listed",
    requires=["HAIP-7-05"],
    proven_by={"metadata:credential-algs-missing": "HAIP-ALGORITHM-UNLISTED"},
    applies=when.configuration_of("dc+sd-jwt", "mso_mdoc"),
    per=Per.SCENARIO,
)
async def other_algorithms_are_listed(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """For a Credential with another algorithm than ``ES256``, the configuration lists its algorithms."""
    if credential.format == "mso_mdoc":
        auth, place = credential.mdoc.issuer_auth, "issuerAuth/protected/1"
        algorithm = auth.protected.get(cose.ALG, auth.unprotected.get(cose.ALG))
    else:
        algorithm, place = credential.vc.sd_jwt.jws.header.get("alg"), "header/alg"
    if not isinstance(algorithm, (str, int)):
        raise Blocked("the credential does not say how it is signed")
    # Whether a list that is there has the algorithm is judged with the credential.
    expect.that(
        algorithm in _ES256 or "credential_signing_alg_values_supported" in shared.configuration,
        "HAIP-ALGORITHM-UNLISTED",
        f"credential_signing_alg_values_supported, since the algorithm is {algorithm} and not ES256",
        "none in the configuration",
        at=credential.exchange,
        pointer=at(credential).inside(place),
    )


# Section 7: what a wallet signs


@check(
    "haip-es256-accepted",
    requires=["HAIP-7-01", "HAIP-7-02", "HAIP-7-03", "HAIP-7-04"],
    proven_by={
        "rejects:client.attestation-es256": "HAIP-ES256-ATTESTATION-REFUSED",
        "rejects:client.pop-es256": "HAIP-ES256-POP-REFUSED",
        "rejects:attestation.es256": "HAIP-ES256-KEY-ATTESTATION-REFUSED",
        "rejects:proof.es256": "HAIP-ES256-PROOF-REFUSED",
    },
    # Either will do.
    applies=~(~_ATTESTED & ~when.key_binding),
    per=Per.PROOF_TYPE,
    flows=1,
)
async def es256_is_accepted(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """Wallet Attestations and their proofs, key attestations and ``jwt`` proofs with ``ES256`` are accepted."""
    attested = shared.agent.oauth.method == "attest_jwt_client_auth"
    if attested and not await of_clients(shared, expect):
        return
    if shared.needs_proof:
        await of_proofs(shared, another_flow, expect)
    if not expect.evaluated:
        raise Blocked("nothing here is signed in a JWT")


# Section 7: signatures of what is published


@check(
    "haip-signed-metadata-algorithm",
    requires=["HAIP-7-06"],
    applies=when.signed_metadata & when.signed_claims,
    proven_by={
        "signed-metadata:alg-other": "HAIP-METADATA-ALGORITHM",
        "signed-metadata:key-rsa-1024": "HAIP-METADATA-ALGORITHM",
    },
)
async def signed_metadata_are_signed_with_es256(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """Signed metadata are signed with ``ES256``, which every wallet can verify."""
    algorithm = signed_metadata.jws.header.get("alg") if signed_metadata.jws else None
    expect.that(
        algorithm == "ES256",
        "HAIP-METADATA-ALGORITHM",
        "the alg ES256",
        algorithm,
        at=signed_metadata.reply,
        pointer="header/alg",
    )


@check(
    "haip-status-list-algorithm",
    requires=["HAIP-7-07"],
    applies=when.of_format("dc+sd-jwt", "mso_mdoc") & when.status_by(Mechanism.STATUS_LIST),
    proven_by={"status-token:alg-other": "HAIP-STATUS-ALGORITHM"},
    per=Per.SCENARIO,
)
async def status_lists_are_signed_with_es256(status: CredentialStatus, expect: Expect) -> None:
    """A Status List Token is signed with ``ES256``, or in COSE with ECDSA, P-256 and SHA-256."""
    for entry, document, key in lists(status, Mechanism.STATUS_LIST):
        algorithm = document.algorithm
        # In COSE the identifier -7 names the hash only, and the curve is that of the key.
        curve = None if key.jwk is None else key.jwk.get("crv")
        expect.that(
            algorithm in _ES256 and curve in (None, "P-256"),
            "HAIP-STATUS-ALGORITHM",
            "ES256, or the COSE algorithm -7 or -9 with a key on P-256",
            f"{algorithm}{f' with a key on {curve}' if curve else ''}",
            at=place(entry).exchange,
            pointer="header/alg",
        )


# Section 8


@check(
    "haip-sha-256",
    requires=["HAIP-8-01"],
    applies=when.of_format("dc+sd-jwt", "mso_mdoc"),
    proven_by={
        "sd-jwt:sd-alg-sha-512": "HAIP-DIGEST-ALGORITHM",
        "mdoc:digest-algorithm-sha-512": "HAIP-DIGEST-ALGORITHM",
    },
    per=Per.SCENARIO,
)
async def digests_are_made_with_sha_256(credential: IssuedCredential, expect: Expect) -> None:
    """The digests of an SD-JWT VC or a mobile document are made with SHA-256, which every wallet knows."""
    if credential.format == "mso_mdoc":
        algorithm, pointer = credential.mdoc.mso.get("digestAlgorithm"), "mso/digestAlgorithm"
    else:
        # Without _sd_alg it is SHA-256 (RFC 9901 section 4.1.1).
        algorithm, pointer = credential.vc.sd_jwt.payload.get("_sd_alg", "sha-256"), "/_sd_alg"
    if not isinstance(algorithm, str):
        raise Blocked("the credential does not say how its digests are made, as another check says")
    # How a name is spelled is judged with the format.
    expect.that(
        algorithm.lower() == "sha-256",
        "HAIP-DIGEST-ALGORITHM",
        "SHA-256",
        algorithm,
        at=credential.exchange,
        pointer=at(credential).inside(pointer),
    )
