"""Names of signature suites and cryptosuites in metadata (OpenID4VCI 1.0 appendices A.1.2.2 and F.2)."""

from __future__ import annotations

CRYPTOSUITES: frozenset[str] = frozenset(
    {
        "ecdsa-rdfc-2019",
        "ecdsa-jcs-2019",
        "ecdsa-sd-2023",
        "eddsa-rdfc-2022",
        "eddsa-jcs-2022",
        "bbs-2023",
        "ecdsa-2019",
        "ecdsa-xi-2023",
        "eddsa-2022",
        "jcs-eddsa-2022",
        "experimental-ecdsa-xi-2023",
    }
)
"""Cryptosuites of the Data Integrity specifications, and the names that some had in their drafts. OpenID4VCI
itself shows ``eddsa-2022``."""

SIGNATURE_SUITES: frozenset[str] = CRYPTOSUITES | {
    "Ed25519Signature2018",
    "Ed25519Signature2020",
    "RsaSignature2018",
    "EcdsaSecp256k1Signature2019",
    "EcdsaSecp256r1Signature2019",
    "EcdsaSecp256k1RecoverySignature2020",
    "JsonWebSignature2020",
    "GpgSignature2020",
    "JcsEd25519Signature2020",
    "BbsBlsSignature2020",
    "BbsBlsSignatureProof2020",
    "DataIntegrityProof",
}
"""Suites of the Linked Data Cryptographic Suite Registry; Data Integrity has taken its place, so that its names
are good as well."""
