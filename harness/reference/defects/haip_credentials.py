"""Faults that matter to who judges by HAIP 1.0: of certificates, status lists, signed metadata, and hashes."""

from __future__ import annotations

import json
from collections.abc import Callable

from harness.reference import document_signer, issuer_identity, keys
from harness.reference.context import Context
from harness.reference.defects.disclosures import contents
from harness.reference.encoding import encoded_json, json_text
from harness.reference.faults import fault
from harness.reference.keys import SigningKey
from harness.reference.mdoc import Mdoc
from harness.reference.sd_jwt import SdJwt, digest
from harness.reference.signed_metadata import ALGORITHM, Form, SignedMetadata
from harness.reference.status_token import CwtToken, JwtToken, Token

JsonObject = dict[str, object]
_OTHER_ALGORITHM = "ES384"
_OTHER_MECHANISM = "status_service"
"""A member of ``status`` that no specification knows."""


def _x5c(identifier: str, what: str, change: Callable[[JsonObject, SigningKey, Context], None]) -> None:
    """Register a fault of the header of SD-JWT VCs, Status List Tokens and signed metadata, wherever ``x5c`` is.

    Args:
        identifier: of the defect.
        what: what is wrong with ``x5c``, as the end of a sentence.
        change: changes the header; the key is the one that signs.

    """

    def of_credential(draft: SdJwt, context: Context) -> None:
        if "x5c" in draft.header and draft.key is not None:
            change(draft.header, draft.key, context)

    def of_list(draft: Token, context: Context) -> None:
        if isinstance(draft, JwtToken) and "x5c" in draft.header and draft.key is not None:
            change(draft.header, draft.key, context)

    def of_metadata(draft: SignedMetadata, context: Context) -> None:
        change(draft.header, keys.issuer_key(ALGORITHM), context)

    fault(f"sd-jwt:x5c-{identifier}", f"In the credential, {what}")(of_credential)
    fault(f"status-token:x5c-{identifier}", f"In a status list in a JWT, {what}")(of_list)
    fault(f"signed-metadata:x5c-{identifier}", f"In the signed metadata, {what}")(of_metadata)


def _missing(header: JsonObject, key: SigningKey, _: Context) -> None:
    del header["x5c"]
    header["kid"] = key.kid


def _self_signed(header: JsonObject, key: SigningKey, context: Context) -> None:
    header["x5c"] = [keys.self_signed(key, context.issuer_url)]


_x5c("missing", "there is no x5c, but a kid.", _missing)
_x5c("self-signed", "x5c is one certificate that the key signed itself.", _self_signed)


@fault("sd-jwt:x5c-intermediate-missing")
def intermediate_missing(sd_jwt: SdJwt, _: Context) -> None:
    """The x5c has no certificate of the authority that certified the signing key."""
    if "x5c" in sd_jwt.header:
        sd_jwt.header["x5c"] = sd_jwt.header["x5c"][:1]


@fault("status-token:x5c-root-included")
def list_with_root(token: Token, _: Context) -> None:
    """The x5c of a status list in a JWT ends with the trust anchor."""
    if isinstance(token, JwtToken) and "x5c" in token.header:
        token.header["x5c"] = [*token.header["x5c"], keys.in_x5c(keys.root().certificate)]


@fault("signed-metadata:x5c-root-included")
def metadata_with_root(draft: SignedMetadata, _: Context) -> None:
    """The x5c of the signed metadata ends with the trust anchor."""
    draft.header["x5c"] = [*draft.header["x5c"], keys.in_x5c(keys.root().certificate)]


# Algorithms


@fault("signed-metadata:alg-other")
def metadata_by_other_algorithm(draft: SignedMetadata, context: Context) -> None:
    """The signed metadata are signed with ES384."""
    draft.key = key = keys.issuer_key(_OTHER_ALGORITHM)
    draft.header |= {"alg": key.algorithm, "x5c": issuer_identity.certificates(context, key)}


@fault("status-token:alg-other")
def list_by_other_algorithm(token: Token, context: Context) -> None:
    """The status list is signed with ES384."""
    token.key = key = keys.issuer_key(_OTHER_ALGORITHM)
    token.header["alg"] = key.algorithm
    if isinstance(token, CwtToken):
        token.header["x5chain"] = document_signer.document_signer(key, context.now()).der()
    else:
        token.header["x5c"] = issuer_identity.certificates(context, key)


@fault("sd-jwt:sd-alg-sha-512")
def digests_by_sha_512(sd_jwt: SdJwt, _: Context) -> None:
    """The digests of the credential are made with SHA-512, as _sd_alg says."""
    made: dict[str, str] = {}

    def renewed(text: str) -> str:
        for old, new in made.items():
            text = text.replace(old, new)
        return text

    # Whatever stands inside another Disclosure comes before it.
    for index, disclosure in enumerate(sd_jwt.disclosures):
        inner = encoded_json(json.loads(renewed(json_text(contents(disclosure)))))
        sd_jwt.disclosures[index] = inner
        made[digest(disclosure, sd_jwt.hash_name)] = digest(inner, "sha-512")
    if made:
        sd_jwt.payload = {**json.loads(renewed(json_text(sd_jwt.payload))), "_sd_alg": "sha-512"}
        sd_jwt.hash_name = "sha-512"


@fault("mdoc:digest-algorithm-sha-512")
def mdoc_digests_by_sha_512(mdoc: Mdoc, _: Context) -> None:
    """The digests of the mobile document are made with SHA-512, as digestAlgorithm says."""
    mdoc.digest_algorithm = "SHA-512"


# Status and validity


@fault("sd-jwt:validity-unlimited")
def unlimited(sd_jwt: SdJwt, _: Context) -> None:
    """The credential has neither exp nor status."""
    for name in ("exp", "status"):
        sd_jwt.payload.pop(name, None)


@fault("sd-jwt:status-other-mechanism")
def other_status(sd_jwt: SdJwt, context: Context) -> None:
    """The status of the credential names a mechanism of the issuer's own only."""
    sd_jwt.payload["status"] = {_OTHER_MECHANISM: {"uri": f"{context.issuer_url}/status"}}


@fault("mso:status-other-mechanism")
def other_mdoc_status(mso: JsonObject, context: Context) -> None:
    """The status of the mobile document names a mechanism of the issuer's own only."""
    mso["status"] = {_OTHER_MECHANISM: {"uri": f"{context.issuer_url}/status"}}


# Signed metadata


@fault("metadata-form:never-signed")
def never_signed(form: Form, _: Context) -> None:
    """The metadata are not signed even for a wallet that asks for signed ones."""
    form.signed = False
