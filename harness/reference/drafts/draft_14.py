"""OpenID4VCI draft 14 (sections of that draft)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.reference.drafts import Wording, details_rules, key_proofs, metadata, requests, responses, rules
from harness.reference.drafts.responses import each

if TYPE_CHECKING:
    from harness.reference.context import Context

ERRORS = {
    "invalid_nonce": "invalid_proof",
    "unknown_credential_configuration": "unsupported_credential_type",
    "unknown_credential_identifier": "invalid_credential_request",
}
"""Section 7.3.1.2."""


def credential_request(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Hear a Credential Request (section 7.2)."""
    heard = requests.one_proof(requests.by_format(request, context), context)
    return requests.encryption(heard, context)


# Section 10.2.3 and appendix A.
UNSIGNED = each(
    metadata.no_nonce_endpoint,
    metadata.algorithm_names,
    metadata.described_beside,
    metadata.nested_claims,
    metadata.format_names,
)

WORDING = Wording(
    "draft-14",
    spoken={
        "metadata": each(UNSIGNED, metadata.signed_within),
        # Sections 4.1.1, 6.2 and appendix A.
        **dict.fromkeys(("offer", "sd-jwt", "jwt-vc", "ldp-vc", "mdoc"), responses.as_it_is),
        "token": responses.with_nonce,
        "deferred-response": responses.as_it_is,
        # Sections 7.3, 7.3.2, 8.2 and 8.3.
        "credential": each(responses.alone_or_several, responses.with_nonce),
        "deferred": responses.alone_or_several,
        "deferral": each(responses.no_interval, responses.with_nonce),
        "pending": responses.pending_error,
        "pending-response": responses.status_400,
        "deferred-sealing": responses.in_clear,
        "credential-error": responses.renamed(ERRORS, ["invalid_proof"]),
        "deferred-error": responses.renamed(ERRORS),
    },
    credential_request=credential_request,
    authorization_detail=requests.detail_with_objects,
    credential_rules=(*rules.BY_FORMAT, *rules.ONE_OR_SEVERAL_PROOFS, key_proofs.nonce_owner),
    authorization_rules=details_rules.OBJECTS,
    appends=True,
    sd_jwt_vc="vc+sd-jwt",
    nonce_endpoint=False,
    encrypts_requests=False,
)
