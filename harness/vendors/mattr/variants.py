"""The two forms of the simulated tenant: as its public documents tell, and corrected to OpenID4VCI 1.0.

Each knob says whether what it is about is documented or assumed. What no document tells of is as the
specifications ask, so that the documented form deviates in nothing but what is documented. Left out is what the
documents call a closed beta or tell too little of: DPoP, client attestations, encrypted messages, compact formats
(``cwt``, ``cwt_vc``), and the authorization code flow with its interaction hook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.reference.variants import Variant

MINUTE = 60


@dataclass(frozen=True)
class TenantVariant(Variant):
    """One way to be a tenant. Durations are seconds."""

    # Offers
    offer_ids: Literal["legacy", "both", "final"] = "both"
    """Documented, and changed between versions: the offer names configurations in ``credentials`` (legacy), in
    ``credential_configuration_ids`` (final) or in both."""
    offered_formats: Sequence[str] = ("mso_mdoc",)
    """Documented: pre-authorized offers are for mobile documents, any other configuration is an error. The
    workflow page speaks of JSON credentials, too."""
    transaction_code_type: Literal["number", "string"] = "number"
    """Documented both ways: JSON type of ``transactionCode`` in the answer of the offers API."""
    most_wrong_codes: int = 3
    """Documented: so many wrong transaction codes invalidate an offer for good."""
    code_lifetime: float = 5 * MINUTE
    """Documented: ``expiresIn`` of an offer that does not say."""
    longest_offer: float = 10 * MINUTE
    """Documented: the longest ``expiresIn`` of an offer."""
    consumed_at: Literal["token", "issuance"] = "issuance"
    """Documented: an offer is consumed by issuance. Assumed: until then its code can be redeemed again."""

    # Metadata
    metadata_style: Literal["array", "both", "map"] = "both"
    """Documented, and changed between versions: ``credentials_supported`` (array),
    ``credential_configurations_supported`` (map), or both in one document."""
    inline_server: bool = True
    """Documented: issuer metadata repeat those of the authorization server."""
    server_metadata: bool = True
    """Documented: there are metadata of the authorization server; older tenants had none (captures)."""
    announced_grants: Sequence[str] = ("authorization_code",)
    """Documented: what the example of the metadata lists, although the pre-authorized code is redeemed there."""
    binding_name: Literal["mso", "cose_key"] = "mso"
    """Documented for the array, assumed for the map: how binding of mobile documents is called."""
    mdoc_algorithms: Literal["names", "cose"] = "names"
    """Assumed: whether algorithms of mobile documents are JOSE names or COSE numbers."""

    # Token and credential
    error_style: Literal["mattr", "rfc6749"] = "mattr"
    """Documented for the token endpoint: errors are ``{code, message, details}``. Assumed for the credential
    endpoint, where one capture of 2023 shows the same."""
    request_names: Sequence[Literal["format", "credential_configuration_id"]] = ("format",)
    """Documented: a request names the credential by its format and type. Assumed: by nothing else."""
    proof_members: Sequence[Literal["proof", "proofs"]] = ("proof",)
    """Documented: a request has one ``proof``. Assumed: ``proofs`` is ignored, and a mobile document needs a
    proof."""
    response_style: Literal["singular", "array"] = "singular"
    """Documented: ``credential`` and ``format``, in the place of ``credentials``."""
    challenge: bool = True
    """Assumed: a refused access token is answered with ``WWW-Authenticate`` (RFC 6750 section 3)."""
    status_bits: int = 2
    """Documented both ways: status lists have two bits for each document, with which it can be suspended (legacy),
    or one, with which it cannot."""
    no_store: bool = True
    """Assumed: the token response must not be kept (RFC 6749 section 5.1)."""

    # Claims source
    claims_source_patience: float = 3
    """Documented: how long a claims source may take to answer."""
    claims_source_failure: Literal["empty", "refuse"] = "empty"
    """Documented both ways: a claims source that fails gives no claims, and issuance fails only where one of them
    is required (API reference); or it always fails (FAQ)."""


DOCUMENTED = TenantVariant(
    "mattr-as-documented",
    "A MATTR VII tenant as its public documents tell: by format, one proof, one credential, own errors.",
    offer_by="value",
    nonce=False,
    token_lifetime=3600,
    key_mechanism="did:key",
    configurations=("driving_licence", "membership_card", "employee_pass", "course_certificate"),
)
CORRECTED = replace(
    DOCUMENTED,
    name="mattr-corrected-1.0",
    description="The same tenant where it speaks OpenID4VCI 1.0.",
    offer_ids="final",
    offered_formats=("mso_mdoc", "ldp_vc"),
    consumed_at="token",
    metadata_style="map",
    inline_server=False,
    announced_grants=("urn:ietf:params:oauth:grant-type:pre-authorized_code",),
    binding_name="cose_key",
    mdoc_algorithms="cose",
    error_style="rfc6749",
    request_names=("credential_configuration_id",),
    proof_members=("proofs",),
    response_style="array",
    transaction_code_type="string",
    status_bits=1,
)

MATTR_VARIANTS: dict[str, TenantVariant] = {each.name: each for each in (DOCUMENTED, CORRECTED)}
"""All of them by name."""


def mattr_variant(name: str) -> TenantVariant:
    """Give a variant by its name.

    Raises:
        ValueError: there is no such variant.

    """
    if name not in MATTR_VARIANTS:
        raise ValueError(f'unknown variant "{name}"; there are {", ".join(MATTR_VARIANTS)}')
    return MATTR_VARIANTS[name]
