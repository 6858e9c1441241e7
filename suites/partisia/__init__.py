"""Checks of Partisia's issuance service and the authorization server behind it, in the order of the vendor's page.

They judge whether the flow works that the page tells. Whether it conforms to OpenID4VCI is for the checks of that
specification to say.
"""

PREFIXES = frozenset({"PAR"})

MODULES = (
    "offers",
    "metadata",
    "servers",
    "tokens",
    "nonces",
    "credential_requests",
    "proofs",
    "credentials",
    "without_tls",
)
