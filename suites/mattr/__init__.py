"""Checks of a MATTR VII tenant that issues with Pre-Authorized Codes, in the order of the documented workflow.

They judge whether the flow works that the vendor documents. Whether it conforms to OpenID4VCI is for the checks of
that specification to say.
"""

PREFIXES = frozenset({"MTR"})

MODULES = (
    "offers_api",
    "offers",
    "metadata",
    "tokens",
    "transaction_codes",
    "credential_requests",
    "credentials",
    "configured",
    "root_certificates",
    "status",
)
