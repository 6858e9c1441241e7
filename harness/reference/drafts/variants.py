"""The clean configurations of the reference issuer that speak an earlier draft: those of 1.0 in its words."""

from __future__ import annotations

from dataclasses import replace

from harness.reference import variants
from harness.reference.variants import Variant

_FORMATS = ("mdoc", "jwt-vc", "jwt-vc-json-ld", "ldp-vc")
_FLOWS = ("tx-code", "code-flow", "code-flow-par", "code-flow-details", "deferred", "with-path")
_LATER = ("notification", "encryption-response", "encryption-deferred", "did-binding", "unbound", "ldp-vp")
_OF = {
    # It names no Credential Identifiers, and has no SD-JWT VC, which issuers of its time had all the same.
    "draft-11": (
        *("default", *_FLOWS, "unbound"),
        *("describing", "mdoc", "jwt-vc-json-ld", "ldp-vc", "sd-jwt", "batch-endpoint"),
    ),
    # Drafts 13 and 14 name Credential Identifiers only when authorization details were asked for.
    "draft-13": (
        "default",
        *_FLOWS,
        *_LATER,
        *_FORMATS,
        "cwt",
        "batch-endpoint",
        "signed-metadata",
        "nonce-by-refusal",
    ),
    "draft-14": (
        "default",
        *_FLOWS,
        *_LATER,
        *_FORMATS,
        "batch",
        "signed-metadata",
        "no-nonce",
        "nonce-by-refusal",
    ),
    "draft-15": (
        *("default", *_FLOWS, *_LATER, *_FORMATS),
        *("identifiers", "batch", "key-attestation", "attestation-proof", "signed-metadata"),
    ),
    "draft-16": (
        *("default", *_FLOWS, "notification", "encryption-response", "did-binding", "unbound", *_FORMATS),
        *("identifiers", "batch", "encryption-optional", "signed-metadata"),
        *("key-attestation", "attestation-proof"),
    ),
}
"""Version to the names of configurations of 1.0 that it can word."""
_ENCRYPTING = replace(
    variants.DEFAULT,
    name="encryption-response",
    description="Responses may be encrypted.",
    response_encryption="optional",
)
_ENCRYPTING_DEFERRED = replace(
    _ENCRYPTING,
    name="encryption-deferred",
    description="Credentials are deferred; the responses before may be encrypted.",
    deferred="always",
)
_LDP_VP = replace(
    variants.VARIANTS["di-vp"],
    name="ldp-vp",
    description="The proof is a Verifiable Presentation with a Data Integrity proof.",
    proof_types=("ldp_vp",),
)
_NONCE_BY_REFUSAL = replace(
    variants.DEFAULT,
    name="nonce-by-refusal",
    description="The first nonce comes with a refusal.",
    token_nonce=False,
)
_CWT = replace(variants.DEFAULT, name="cwt", description="The proof is a CWT.", proof_types=("cwt",))
_BATCH_ENDPOINT = replace(
    variants.DEFAULT,
    name="batch-endpoint",
    description="There is a Batch Credential Endpoint.",
    batch_endpoint=True,
)
_DESCRIBING = replace(
    variants.DEFAULT,
    name="describing",
    description="Offers describe the credentials instead of naming them.",
    offers_describe=True,
)
_SD_JWT = replace(variants.DEFAULT, name="sd-jwt", description="Credentials are SD-JWT VCs.")
_FURTHER = {
    clean.name: clean
    for clean in (
        _ENCRYPTING,
        _ENCRYPTING_DEFERRED,
        _LDP_VP,
        _NONCE_BY_REFUSAL,
        _CWT,
        _BATCH_ENDPOINT,
        _DESCRIBING,
        _SD_JWT,
    )
}
_W3C = {
    name: getattr(variants.JWT_VC, name)
    for name in ("configurations", "key_mechanism", "data_model", "binding_methods")
}


def _of_draft_11(clean: Variant) -> Variant:
    """Give a configuration with the credentials that draft 11 has, where there would be SD-JWT VCs."""
    if clean.configurations != variants.DEFAULT.configurations or clean.name == _SD_JWT.name:
        return clean
    # Nothing in it tells the wallet to come back another time.
    w3c = replace(clean, **_W3C, deferred_polls=0)
    return w3c if clean.binding_methods else replace(w3c, binding_methods=())


def _worded(version: str, name: str) -> Variant:
    clean = _FURTHER[name] if name in _FURTHER else variants.VARIANTS[name]
    if version == "draft-11":
        clean = _of_draft_11(clean)
    title = version.replace("-", " ")
    return replace(
        clean,
        name=version if name == variants.DEFAULT.name else f"{version}-{name}",
        version=version,
        description=f"OpenID4VCI {title}: {clean.description}",
    )


DRAFT_VARIANTS: dict[str, Variant] = {
    worded.name: worded for worded in (_worded(version, name) for version, names in _OF.items() for name in names)
}
"""All clean configurations of drafts by name."""
