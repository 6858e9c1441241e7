"""What is expected of the signature of a JWS and of the key behind it, whatever it signs."""

from __future__ import annotations

from functools import partial
from typing import Any

from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import jose
from harness.trust.found import IssuerKey
from suites.oid4vci._problems import Rule, at, judge

NOT_FOUND = ("key-not-found", "did", "did-other", "method-unknown")
"""Problems of an issuer's key that say that the credential leads to none."""
_SAME = {"EdDSA": {"Ed25519", "Ed448"}, "Ed25519": {"EdDSA"}, "Ed448": {"EdDSA"}}
"""EdDSA with a key of one of its curves and the name of the curve mean the same (RFC 9864)."""


def names_of(algorithm: Any) -> set[str]:
    """Give the JWS names that mean the same as this one."""
    return {algorithm} | _SAME.get(algorithm, set()) if isinstance(algorithm, str) else set()


def is_unknown(algorithm: Any) -> bool:
    """Say whether an algorithm may be a signature of an ecosystem's own (RFC 7515 section 4.1.1)."""
    return isinstance(algorithm, str) and algorithm not in jose.JWS_ALGORITHMS


def expect_signature(
    credential: IssuedCredential,
    jws: jose.Jws,
    issuer_key: IssuerKey,
    expect: Expect,
    *,
    prefix: str,
    requirement: str,
    key_requirement: str | None = None,
) -> None:
    """Expect that the key of the signer can be found and verifies a credential.

    Args:
        prefix: beginning of the finding codes.
        requirement: what a signature that does not verify violates.
        key_requirement: what a key that cannot be found violates, where that is another requirement.

    Raises:
        Blocked: there is no key, or the algorithm or an extension is not known here.

    """
    missing = issuer_key.problems_of(*NOT_FOUND)
    that = partial(expect.that, at=credential.exchange, pointer=credential.pointer, requirement=requirement)
    if not that(
        not missing,
        f"{prefix}-KEY-NOT-FOUND",
        "a key of the signer that verifies the credential",
        missing[0].detail if missing else "",
        requirement=key_requirement or requirement,
    ):
        return
    if issuer_key.jwk is None:
        raise Blocked(issuer_key.missing)
    try:
        jose.verify(jws, issuer_key.jwk)
    except jose.SignatureError as error:
        algorithm = jws.header.get("alg")
        if error.kind == "critical-header":
            raise Blocked(error.detail) from error
        if is_unknown(algorithm):
            raise Blocked(f"this version cannot verify signatures of the algorithm {algorithm!r}") from error
        that(False, f"{prefix}-SIGNATURE", f"a signature by the key found by {issuer_key.mechanism}", error.detail)
    else:
        that(True, f"{prefix}-SIGNATURE", "a signature that verifies", "")


def expect_first_certificate(
    credential: IssuedCredential, jws: jose.Jws, issuer_key: IssuerKey, expect: Expect, prefix: str
) -> None:
    """Expect that no later certificate of ``x5c`` holds the key that signed.

    Raises:
        Blocked: there is no key.

    """
    if issuer_key.jwk is None:
        raise Blocked(issuer_key.missing)
    later = any(has_signed(jws, key) for key in issuer_key.further) and not has_signed(jws, issuer_key.jwk)
    expect.that(
        not later,
        f"{prefix}-X5C-ORDER",
        "the certificate of the signing key first",
        "a later certificate holds the key that signed",
        at=credential.exchange,
        pointer=at(credential).inside("header/x5c"),
    )


def expect_chain(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect, prefix: str) -> None:
    """Expect ``x5c`` to be certificates, each certified by the next and valid now (RFC 7515 section 4.1.6).

    Raises:
        Blocked: nothing can be said of them, and nothing is known to be wrong.

    """
    judge(
        expect,
        at(credential),
        issuer_key.problems,
        Rule(
            "x5c-malformed x5c-base64 x5c-certificate",
            f"{prefix}-X5C-ENCODING",
            "certificates in DER and base64",
            "RFC7515-4.1.6-01",
        ),
        Rule(
            "chain-broken leaf-self-signed",
            f"{prefix}-X5C-CHAIN",
            "each certificate certified by the next",
            "RFC7515-4.1.6-03",
        ),
        Rule(
            "certificate-expired certificate-not-yet-valid certificate-critical-extension certificate-extensions"
            " certificate-encoding issuer-not-ca issuer-key-usage path-length path-constraints leaf-key-usage",
            f"{prefix}-X5C-VALIDITY",
            "certificates that are valid and may be used so",
            "RFC7515-4.1.6-04",
        ),
    )
    if issuer_key.chain is None and expect.worst() is None:
        raise Blocked(issuer_key.missing)


def expect_trusted(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect, prefix: str) -> None:
    """Expect the certificates in ``x5c`` to lead to one of the configured trust anchors.

    Raises:
        Blocked: there is no chain to judge.

    """
    if issuer_key.chain is None:
        raise Blocked(issuer_key.missing)
    expect.that(
        issuer_key.chain.trusted is True,
        f"{prefix}-X5C-UNTRUSTED",
        "a valid chain to one of the trust anchors in [trust] x5c",
        "no such chain",
        at=credential.exchange,
        pointer=at(credential).inside("header/x5c"),
    )


def has_signed(jws: jose.Jws, key: Any) -> bool:
    """Say whether a key, as JWK, verifies a JWS."""
    try:
        jose.verify(jws, key)
    except jose.SignatureError:
        return False
    return True
