"""Faults of encrypted messages and of the metadata about them (OpenID4VCI 8.3, 10 and 12.2.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.encryption import MEDIA_TYPE
from harness.reference.faults import fault
from harness.reference.sealing import ErrorReply, Sealing

Document = dict[str, Any]

# What is sent


_OTHER_ALG = {
    "ECDH-ES": "ECDH-ES+A256KW",
    "ECDH-ES+A256KW": "ECDH-ES",
    "RSA-OAEP-256": "RSA-OAEP",
}


def _in_clear(sealing: Sealing, _: Context) -> None:
    sealing.key = None


def _deferral_in_clear(sealing: Sealing, _: Context) -> None:
    if "transaction_id" in sealing.payload:
        sealing.key = None


def _unasked(sealing: Sealing, _: Context) -> None:
    if sealing.key is None:
        sealing.key = keys.stranger_key("ES256").jwk.export_public(as_dict=True)
        sealing.header = {"alg": "ECDH-ES", "enc": "A256GCM"}


def _other_key(sealing: Sealing, _: Context) -> None:
    if sealing.key is not None:
        sealing.key = keys.stranger_key("ES256").jwk.export_public(as_dict=True)
        sealing.header["alg"] = "ECDH-ES"


def _other_alg(sealing: Sealing, _: Context) -> None:
    if sealing.key is not None:
        sealing.header["alg"] = _OTHER_ALG.get(sealing.header["alg"], sealing.header["alg"])


def _other_enc(sealing: Sealing, _: Context) -> None:
    if sealing.key is not None:
        sealing.header["enc"] = "A128GCM" if sealing.header["enc"] != "A128GCM" else "A256GCM"


def _kid_missing(sealing: Sealing, _: Context) -> None:
    sealing.header.pop("kid", None)


def _kid_other(sealing: Sealing, _: Context) -> None:
    if "kid" in sealing.header:
        sealing.header["kid"] = "another-key"


def _zip_missing(sealing: Sealing, _: Context) -> None:
    sealing.header.pop("zip", None)


def _zip_unasked(sealing: Sealing, _: Context) -> None:
    if sealing.key is not None:
        sealing.header["zip"] = "DEF"


for _seam, _what in (
    ("credential-sealing", "The Credential Response"),
    ("deferred-sealing", "The Deferred Credential Response"),
):
    for _defect, _told, _spoil in (
        ("in-clear", "is not encrypted, though that was asked for", _in_clear),
        ("deferral-in-clear", "is not encrypted when it defers the credential", _deferral_in_clear),
        ("unasked", "is encrypted, though that was not asked for", _unasked),
        ("other-key", "is encrypted to another key than was asked for", _other_key),
        ("other-alg", "is encrypted with another alg than was asked for", _other_alg),
        ("other-enc", "is encrypted with another enc than was asked for", _other_enc),
        ("kid-missing", "is encrypted without the kid of the key", _kid_missing),
        ("kid-other", "is encrypted with another kid than that of the key", _kid_other),
        ("zip-missing", "is not compressed, though that was asked for", _zip_missing),
        ("zip-unasked", "is compressed, though that was not asked for", _zip_unasked),
    ):
        fault(f"{_seam}:{_defect}", f"{_what} {_told}.")(_spoil)


def _encrypted(reply: ErrorReply, _: Context) -> None:
    if reply.terms is not None:
        reply.body = Sealing.under(reply.terms, reply.body).text()
        reply.headers["Content-Type"] = MEDIA_TYPE


for _document, _what in (
    ("credential-error-response", "The credential error response"),
    ("deferred-error-response", "The deferred error response"),
):
    fault(f"{_document}:encrypted", f"{_what} is encrypted.")(_encrypted)


@fault("credential-response:sealed-content-type")
def sealed_content_type(reply: Any, _: Context) -> None:
    """The encrypted Credential Response is served as application/json."""
    if reply.headers.get("Content-Type") == MEDIA_TYPE:
        reply.headers["Content-Type"] = "application/json"


@fault("deferred-response:sealed-content-type")
def deferred_sealed_content_type(reply: Any, _: Context) -> None:
    """The encrypted Deferred Credential Response is served as application/json."""
    if reply.headers.get("Content-Type") == MEDIA_TYPE:
        reply.headers["Content-Type"] = "application/json"


# Metadata


def _blocks(metadata: Document, *names: str) -> Iterator[Document]:
    for name in names or ("credential_request_encryption", "credential_response_encryption"):
        if name in metadata:
            yield metadata[name]


def _request_keys(metadata: Document) -> list[Document]:
    """Give the request keys; an empty list where there are none."""
    return [key for block in _blocks(metadata, "credential_request_encryption") for key in block["jwks"]["keys"]]


Change = Callable[[Document], None]


def _metadata_fault(defect: str, block: str, member: str, told: str, change: Change) -> None:
    def spoil(metadata: Document, _: Context) -> None:
        for found in _blocks(metadata, f"credential_{block}_encryption"):
            change(found)

    fault(f"metadata:{block}-encryption-{defect}", f"The {member} of credential_{block}_encryption {told}.")(spoil)


def _without(member: str) -> Change:
    return lambda block: block.__delitem__(member)


def _with(member: str, value: Any) -> Change:
    return lambda block: block.__setitem__(member, value)


for _block, _members in (
    ("request", {"jwks": "jwks", "enc_values_supported": "enc", "encryption_required": "required"}),
    (
        "response",
        {"alg_values_supported": "alg", "enc_values_supported": "enc", "encryption_required": "required"},
    ),
):
    for _member, _short in _members.items():
        _metadata_fault(f"{_short}-missing", _block, _member, "are missing", _without(_member))
    for _member in sorted(_members):
        if _member.endswith("_values_supported"):
            _metadata_fault(f"{_members[_member]}-empty", _block, _member, "are empty", _with(_member, []))
            _metadata_fault(
                f"{_members[_member]}-string", _block, _member, "are a string", _with(_member, "A256GCM")
            )
    _metadata_fault(
        "required-string", _block, "encryption_required", "is a string", _with("encryption_required", "false")
    )
    _metadata_fault(
        "required-false", _block, "encryption_required", "is false", _with("encryption_required", False)
    )
    _metadata_fault("zip-empty", _block, "zip_values_supported", "are empty", _with("zip_values_supported", []))
    _metadata_fault(
        "enc-unknown",
        _block,
        "enc_values_supported",
        "has an unknown value",
        lambda block: block["enc_values_supported"].append("X-256"),
    )
_metadata_fault(
    "alg-symmetric",
    "response",
    "alg_values_supported",
    "has a symmetric algorithm",
    lambda block: block["alg_values_supported"].append("A256KW"),
)
_metadata_fault(
    "alg-unknown",
    "response",
    "alg_values_supported",
    "has an unknown value",
    lambda block: block["alg_values_supported"].append("X-KW"),
)
_metadata_fault("keys-empty", "request", "jwks", "has no keys", lambda block: block["jwks"].update(keys=[]))
_metadata_fault(
    "keys-array", "request", "jwks", "is an array", lambda block: block.update(jwks=block["jwks"]["keys"])
)


@fault("metadata:request-encryption-key-private")
def key_private(metadata: Document, _: Context) -> None:
    """A key that requests are encrypted to is published with its private part."""
    for jwk, key in zip(_request_keys(metadata), keys.request_keys(), strict=False):
        jwk.update(key.export_private(as_dict=True))


@fault("metadata:request-encryption-key-symmetric")
def key_symmetric(metadata: Document, context: Context) -> None:
    """Among the keys that requests are encrypted to is a symmetric one."""
    for block in _blocks(metadata, "credential_request_encryption"):
        secret = {"kty": "oct", "k": context.secret(), "kid": "secret", "alg": "A256KW", "use": "enc"}
        block["jwks"]["keys"].append(secret)


@fault("metadata:request-encryption-kid-missing")
def kid_missing(metadata: Document, _: Context) -> None:
    """The last key that requests are encrypted to has no kid."""
    for jwk in _request_keys(metadata)[-1:]:
        del jwk["kid"]


@fault("metadata:request-encryption-kid-twice")
def kid_twice(metadata: Document, _: Context) -> None:
    """Two keys that requests are encrypted to have the same kid."""
    for jwk in _request_keys(metadata):
        jwk["kid"] = "request-1"


@fault("metadata:request-encryption-key-alg-missing")
def key_alg_missing(metadata: Document, _: Context) -> None:
    """The last key that requests are encrypted to has no alg."""
    for jwk in _request_keys(metadata)[-1:]:
        del jwk["alg"]


@fault("metadata:request-encryption-key-malformed")
def key_malformed(metadata: Document, _: Context) -> None:
    """The last key that requests are encrypted to is no point of its curve."""
    for jwk in _request_keys(metadata)[-1:]:
        jwk["x"] = jwk["y"]


@fault("metadata:request-encryption-missing")
def request_encryption_missing(metadata: Document, _: Context) -> None:
    """Responses can be encrypted, but requests cannot, so that nobody may ask for it."""
    if "credential_response_encryption" in metadata:
        metadata.pop("credential_request_encryption", None)
