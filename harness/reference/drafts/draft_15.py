"""OpenID4VCI draft 15 (sections of that draft)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.reference.drafts import Wording, details_rules, metadata, requests, responses, rules

if TYPE_CHECKING:
    from harness.reference.context import Context

ERRORS = {
    "unknown_credential_configuration": "unsupported_credential_type",
    "unknown_credential_identifier": "invalid_credential_request",
}
"""Section 8.3.1.2."""


def _request(request: dict[str, Any], context: Context) -> dict[str, Any]:
    return requests.encryption(requests.one_proof(request, context), context)


WORDING = Wording(
    "draft-15",
    spoken={
        # Section 11.2.3 and appendix A.
        "metadata": responses.each(
            metadata.algorithm_names, metadata.described_beside, metadata.element_paths, metadata.signed_within
        ),
        # Sections 4.1.1, 6.2, 8.3, 9.2 and 9.3.
        **dict.fromkeys(("offer", "token", "credential", "deferred-response"), responses.as_it_is),
        "deferral": responses.no_interval,
        "pending": responses.pending_error,
        "pending-response": responses.status_400,
        "deferred-sealing": responses.in_clear,
        "credential-error": responses.renamed(ERRORS),
        "deferred-error": responses.renamed(ERRORS),
    },
    credential_request=_request,
    authorization_detail=requests.detail_by_format,
    credential_rules=rules.ONE_OR_SEVERAL_PROOFS,
    authorization_rules=details_rules.ARRAYS,
    appends=True,
    encrypts_requests=False,
    key_attestation_type="keyattestation+jwt",
)
