"""What is expected of a published JWK Set: RFC 7517, and RFC 7518 section 6."""

from __future__ import annotations

from suites.oid4vci._problems import Rule

KEY_REQUIREMENTS = (
    "RFC7517-4.1-01",
    "RFC7517-4.3-01",
    "RFC7517-4.3-02",
    "RFC7517-4.3-03",
    "RFC7517-4.3-04",
    "RFC7517-4.7-01",
    "RFC7517-4.7-02",
    "RFC7518-6.2.1-01",
    "RFC7518-6.2.1.2-01",
    "RFC7518-6.2.1.3-01",
    "RFC7518-6.3.1-01",
    "RFC7518-6.3.1.1-01",
    "RFC7518-6.3.1.2-01",
)
"""What ``key_rules`` judge."""


def key_rules(prefix: str) -> tuple[Rule, ...]:
    """Give the rules for each key of a set, by the problems of ``harness.formats.jwk_set``.

    Args:
        prefix: beginning of the finding codes.

    """
    size = "base64url of the full size of its curve"
    number = "base64url of the integer without a zero octet in front"
    return (
        Rule("kty", f"{prefix}-TYPE", "kty, a string", "RFC7517-4.1-01"),
        Rule("key-ops", f"{prefix}-OPERATIONS", "key_ops as an array of distinct strings", "RFC7517-4.3-01"),
        Rule("key-ops-unrelated", f"{prefix}-OPERATIONS", "operations that belong together", "RFC7517-4.3-02"),
        Rule("use-and-key-ops", f"{prefix}-PURPOSE-TWICE", "either use or key_ops", "RFC7517-4.3-03"),
        Rule("use-against-key-ops", f"{prefix}-PURPOSE", "a use that agrees with key_ops", "RFC7517-4.3-04"),
        Rule("x5c", f"{prefix}-CERTIFICATES", "an array of certificates, DER in base64", "RFC7517-4.7-01"),
        Rule("x5c-other-key", f"{prefix}-CERTIFICATES", "a certificate with this key", "RFC7517-4.7-02"),
        Rule("ec-members", f"{prefix}-MEMBERS", "crv, x and y of an elliptic curve key", "RFC7518-6.2.1-01"),
        Rule("ec-x", f"{prefix}-LENGTH", f"x as {size}", "RFC7518-6.2.1.2-01"),
        Rule("ec-y", f"{prefix}-LENGTH", f"y as {size}", "RFC7518-6.2.1.3-01"),
        Rule("rsa-members", f"{prefix}-MEMBERS", "n and e of an RSA key", "RFC7518-6.3.1-01"),
        Rule("rsa-n", f"{prefix}-LENGTH", f"n as {number}", "RFC7518-6.3.1.1-01"),
        Rule("rsa-e", f"{prefix}-LENGTH", f"e as {number}", "RFC7518-6.3.1.2-01"),
    )
