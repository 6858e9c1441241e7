"""On which clean variants a fault is tried: those that have what it spoils."""

from __future__ import annotations

import fnmatch

from harness.reference.variants import DEFAULT

_VARIANTS: dict[str, tuple[str, ...]] = {
    "*:token.tx-code-present": ("tx-code",),
    "*:token.tx-code-correct": ("tx-code",),
    "*:token.client-identified": ("client-id",),
    "accepts:token.code-single-use": (DEFAULT.name, "tx-code"),
    "as-metadata:anonymous-announced": ("client-id",),
    "as-metadata:jwks-uri-http": ("several-as",),
    "as-jwks:*": ("several-as",),
    "token:authorization-details-configuration-unknown": (DEFAULT.name, "identifiers"),
    "token:identifiers-repeated": (DEFAULT.name, "identifiers"),
    "token:identifiers-unknown": ("identifiers",),
    "*:credential.identifier-form": ("identifiers",),
    "*:credential.batch": ("batch",),
    "*:proof.batch-size": ("batch",),
    "*:proof.further-signature": ("batch",),
    "offer:tx-code-*": ("tx-code",),
    "tx-code:*": ("tx-code",),
    "offer:authorization-server-unknown": ("several-as",),
    "offer:duplicate-key": (DEFAULT.name, "offer-by-value"),
    "offer-link:value-array": ("offer-by-value",),
    "offer-link:*": (DEFAULT.name,),
    "*:proof.issued-at": ("no-nonce",),
    "rejects:proof.other-algorithm": ("algorithms",),
    "rejects:proof.other-binding-method": ("did-binding",),
    "credential:batch-of-copies": ("batch",),
    "sd-jwt:key-unknown": ("issuer-metadata-key",),
    "sd-jwt:kid-missing": ("issuer-metadata-key",),
    "sd-jwt:iss-query": ("issuer-metadata-key",),
    "sd-jwt:kid-other-did": ("did-issuer",),
    "sd-jwt:*-without-*": ("plain-sd-jwt",),
    "jwt-vc-issuer:keys-uri-dead": ("issuer-metadata-key-set",),
    "jwt-vc-issuer-response:appended": ("issuer-metadata-key-set",),
    "jwt-vc-issuer*": ("issuer-metadata-key",),
    "credential-keys:*": ("issuer-metadata-key-set",),
}
"""Pattern of fault ids to variant names; the first that matches decides, the default variant otherwise."""

GOES_AGAINST_ADVICE: dict[str, set[str]] = {
    "no-nonce": {"METADATA-NONCE-ENDPOINT-MISSING"},
}
"""Clean variants that do what the specification allows and advises against, with the warnings that are due."""

_PARKED = {
    "token.form": "a server may read other encodings than forms besides (RFC 6749 section 3.2 binds the client)",
    "token.code-expired": "whether a code has expired takes minutes of waiting",
    "credential.token-expired": "whether a token has expired takes minutes of waiting",
    "credential.token-spent": "one use per Access Token is the issuer's own policy (OpenID4VCI 1.0 section 14.3)",
    "credential.encryption": "encrypted requests and responses are not judged by this version",
    "token.tx-code-attempts": "how many attempts are too many is the issuer's own policy (section 13.6.3)",
}
UNPROVEN: dict[str, str] = {
    f"{effect}:{rule}": reason for rule, reason in _PARKED.items() for effect in ("accepts", "misreports")
}
"""Faults that no check looks for, with the reason: the reference issuer is stricter than this version judges."""


def variants_for(fault: str) -> tuple[str, ...]:
    """Give the variants on which a fault is tried."""
    for pattern, names in _VARIANTS.items():
        if fnmatch.fnmatch(fault, pattern):
            return names
    return (DEFAULT.name,)
