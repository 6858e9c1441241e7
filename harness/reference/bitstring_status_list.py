"""Status lists of W3C credentials, which are credentials: Bitstring Status List v1.0 and StatusList2021."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness.reference import issuer_identity, keys, ldp_vc, w3c_credential
from harness.reference.context import Context
from harness.reference.encoding import base64url, json_text
from harness.reference.jwt_vc import JwtVc
from harness.reference.ldp_vc import LdpVc
from harness.reference.lifetime import HOUR
from harness.reference.status_entries import ENTRIES, MESSAGE, messages, names, purpose_of, size_of
from harness.reference.statuses import Published

__all__ = ["RESPONSE", "ListCredential", "names", "published"]

JsonObject = dict[str, Any]

RESPONSE = "status-credential-response"
LIFETIME = 24 * HOUR
"""Seconds until a list ends to be valid."""
_MILLISECONDS = 1000
_VOCABULARY = "https://www.w3.org/ns/credentials/status#"
_MESSAGE_CONTEXT = {
    "statusSize": f"{_VOCABULARY}statusSize",
    "statusMessages": f"{_VOCABULARY}statusMessage",
    "status": f"{_VOCABULARY}status",
    "message": f"{_VOCABULARY}message",
}
"""What the context of data model 2.0 does not define for a list of messages."""
_TYPES = {
    "bitstring": ("BitstringStatusListCredential", "BitstringStatusList"),
    "status-list-2021": ("StatusList2021Credential", "StatusList2021"),
}
_MEDIA_TYPES = {
    ("2.0", "jwt"): "application/vc+jwt",
    ("2.0", "proof"): "application/vc",
    ("1.1", "jwt"): "application/jwt",
    ("1.1", "proof"): "application/ld+json",
}


@lru_cache(maxsize=64)
def packed(size: int, values: frozenset[tuple[int, int]], length: int = ENTRIES) -> bytes:
    """Write the entries from the left to the right, each with its most significant bit first (section 2.2).

    Args:
        size: bits of one entry.
        values: positions and values of the entries that are not 0.
        length: how many entries there are.

    """
    array = bytearray(length * size // 8)
    for index, value in values:
        for bit in range(size):
            if value >> (size - 1 - bit) & 1:
                place = index * size + bit
                array[place // 8] |= 0x80 >> place % 8
    return bytes(array)


@lru_cache(maxsize=64)
def zipped(array: bytes) -> bytes:
    """Compress (section 3.3)."""
    return gzip.compress(array, mtime=0)


def multibase(data: bytes) -> str:
    """Spell in Multibase, as base64url (section 3.3)."""
    return f"u{base64url(data)}"


@dataclass
class ListCredential:
    """A list before it is secured.

    Attributes:
        credential: all of it but ``encodedList``, with what secures it.
        array: the bits.
        compress: how they are compressed.
        spell: how that is written; where it gives ``None``, there is no ``encodedList``.

    """

    credential: JwtVc | LdpVc
    array: bytes
    compress: Callable[[bytes], bytes] = zipped
    spell: Callable[[bytes], Any] = multibase

    @property
    def document(self) -> JsonObject:
        """The credential in the sense of the data model."""
        return self.credential.document

    @property
    def subject(self) -> JsonObject:
        """The list in it."""
        subject: JsonObject = self.document["credentialSubject"]
        return subject

    def signed(self) -> bytes:
        """Put the bits in and secure the credential."""
        encoded = self.spell(self.compress(self.array))
        if encoded is not None and isinstance(self.document.get("credentialSubject"), dict):
            self.subject["encodedList"] = encoded
        secured = self.credential.signed()
        return (secured if isinstance(secured, str) else json_text(secured)).encode()


def published(context: Context, name: str, _: str | None, emit: Callable[[str, Any], None]) -> Published:
    """Publish a list, secured like the credentials that refer to it (section 3.6).

    Args:
        context: where the issuer lives.
        name: of the list.
        emit: lets a draft pass the seam of this name.

    """
    in_jwt = context.statuses.formats[name] != "ldp_vc"
    now, url = context.now(), context.status_list_url(name)
    if in_jwt:
        issuer = issuer_identity.identifier(context, keys.issuer_key(context.variant.signing_algorithm))
    else:
        issuer = ldp_vc.controller(context)
    document = _document(context, name, issuer, now, () if in_jwt else ldp_vc.proof_contexts(context))
    secured = _in_jwt(context, document, url, now) if in_jwt else LdpVc(document, ldp_vc.proofs(context, now))
    values = frozenset(context.statuses.of(name, context.clock()).items())
    spell = multibase if context.variant.credential_status == "bitstring" else base64url
    draft = ListCredential(secured, packed(size_of(context, name), values), spell=spell)
    emit("status-credential", draft)
    return Published(draft.signed(), _MEDIA_TYPES[context.variant.data_model, "jwt" if in_jwt else "proof"])


def _document(context: Context, name: str, issuer: str, now: int, further: Any) -> JsonObject:
    variant, url = context.variant, context.status_list_url(name)
    credential_type, subject_type = _TYPES[variant.credential_status]
    begin, end = w3c_credential.BEGIN_AND_END[variant.data_model]
    subject: JsonObject = {"id": f"{url}#list", "type": subject_type, "statusPurpose": purpose_of(name)}
    contexts: list[Any] = [*w3c_credential.base_contexts(context), *further]
    if variant.credential_status == "bitstring" and variant.status_ttl is not None:
        subject["ttl"] = variant.status_ttl * _MILLISECONDS
    if purpose_of(name) == MESSAGE:
        size = size_of(context, name)
        contexts.append(_MESSAGE_CONTEXT)
        subject |= {"statusSize": size, "statusMessages": messages(size)}
    return {
        "@context": contexts,
        "id": url,
        "type": ["VerifiableCredential", credential_type],
        "issuer": {"id": issuer} if variant.issuer_object else issuer,
        begin: w3c_credential.date_time(now),
        end: w3c_credential.date_time(now + LIFETIME),
        "credentialSubject": subject,
    }


def _in_jwt(context: Context, document: JsonObject, url: str, now: int) -> JwtVc:
    key = keys.issuer_key(context.variant.signing_algorithm)
    header = {"alg": key.algorithm, "typ": "vc+jwt", **issuer_identity.header(context, key)}
    claims: JsonObject = {"iss": issuer_identity.identifier(context, key), "iat": now}
    if context.variant.data_model == "2.0":
        return JwtVc(header, {**document, **claims}, key)
    claims |= {"nbf": now, "exp": now + LIFETIME, "jti": url, "sub": document["credentialSubject"]["id"]}
    return JwtVc({**header, "typ": "JWT"}, {**claims, "vc": document}, key)
