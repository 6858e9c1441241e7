"""Checks of what only earlier drafts of OpenID4VCI ask, in the order of the chapters of 1.0.

What 1.0 asks as well, if in other words, is judged by the checks of 1.0, which then name the requirements of the
drafts too.
"""

PREFIXES = frozenset({"VCI11", "VCI13", "VCID14", "VCI15", "VCI16"})

MODULES: tuple[str, ...] = (
    "draft_11_metadata",
    "draft_11_offers",
    "draft_11_authorization",
    "draft_11_requests",
    "draft_11_responses",
    "draft_11_deferred",
    "signed_metadata",
    "issuer_metadata",
    "metadata_claims",
    "offers",
    "authorization_details",
    "tokens",
    "request_names",
    "key_proofs",
    "ldp_vp_proofs",
    "cwt_proofs",
    "responses",
    "batch_endpoint",
    "deferral",
)
