"""OpenID4VCI draft 16: an issuer of 1.0 keeps to it."""

from __future__ import annotations

from harness.reference.drafts import Wording, responses

WORDING = Wording("draft-16", spoken=dict.fromkeys(("metadata", "signed-metadata"), responses.as_it_is))
