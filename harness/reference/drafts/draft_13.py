"""OpenID4VCI draft 13 (sections of that draft)."""

from __future__ import annotations

from harness.reference.drafts import (
    Wording,
    batch_endpoint,
    details_rules,
    draft_14,
    key_proofs,
    metadata,
    requests,
    responses,
    rules,
)
from harness.reference.drafts.responses import each

ERRORS = {**draft_14.ERRORS, "credential_request_denied": "invalid_credential_request"}
"""Section 7.3.1.2."""

WORDING = Wording(
    "draft-13",
    spoken={
        **draft_14.WORDING.spoken,
        # Section 11.2.3.
        "metadata": each(
            draft_14.UNSIGNED,
            metadata.no_batches,
            metadata.identifiers_supported,
            batch_endpoint.announced,
            metadata.signed_within,
        ),
        # Sections 7.3, 7.3.2 and 9.2.
        "credential": each(responses.alone, responses.with_nonce),
        "deferred": responses.alone,
        "credential-error": responses.renamed(ERRORS, ["invalid_proof"]),
        "deferred-error": responses.renamed(ERRORS),
        # Section 8.3.
        "batch-error": responses.renamed(ERRORS, ["invalid_proof"]),
        "batch-error-response": responses.as_it_is,
    },
    credential_request=draft_14.credential_request,
    authorization_detail=requests.detail_with_objects,
    credential_rules=(*rules.BY_FORMAT, rules.identifier_returned, *rules.ONE_PROOF, key_proofs.nonce_owner),
    authorization_rules=details_rules.OBJECTS,
    appends=True,
    sd_jwt_vc="vc+sd-jwt",
    nonce_endpoint=False,
    encrypts_requests=False,
)
