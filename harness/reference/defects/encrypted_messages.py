"""Faults in the form of encrypted responses (RFC 7516, RFC 7518)."""

from __future__ import annotations

import json
import zlib
from functools import lru_cache

from harness.reference.context import Context
from harness.reference.encoding import Twin, base64url, encoded_json, from_base64url
from harness.reference.faults import fault
from harness.reference.sealing import Message, Parts, agreed, compressed


@fault("credential-jwe:content-array")
def content_array(message: Message, _: Context) -> None:
    """The content of the encrypted Credential Response is an array with the response in it."""
    if "zip" not in message.header:
        message.content = b"[" + message.content + b"]"


@fault("credential-jwe:compressed-unsaid")
def compressed_unsaid(message: Message, _: Context) -> None:
    """The encrypted Credential Response is compressed without zip in the header."""
    if "zip" not in message.header:
        message.content = compressed(message.content)


@fault("credential-jwe:zip-wrapped")
def zip_wrapped(message: Message, _: Context) -> None:
    """The compressed content of the encrypted Credential Response has the wrapping of zlib."""
    if message.header.get("zip") == "DEF":
        message.content = zlib.compress(zlib.decompress(message.content, wbits=-zlib.MAX_WBITS))


@fault("credential-jwe:header-repeated")
def header_repeated(message: Message, _: Context) -> None:
    """The header of the encrypted Credential Response has kid twice."""
    if "kid" in message.header:
        message.header[Twin("kid")] = message.header["kid"]


@fault("credential-jwe:crit-standard")
def crit_standard(message: Message, _: Context) -> None:
    """The header of the encrypted Credential Response calls a standard parameter critical."""
    message.header["crit"] = ["enc"]


@fault("credential-jwe:epk-private")
def epk_private(message: Message, _: Context) -> None:
    """The epk of the encrypted Credential Response has a private part."""
    if "epk" in message.header:
        message.header["epk"]["d"] = base64url(bytes(32))


@fault("credential-jwe:epk-surplus")
def epk_surplus(message: Message, _: Context) -> None:
    """The epk of the encrypted Credential Response has a use and a kid."""
    if "epk" in message.header:
        message.header["epk"].update(use="enc", kid="ephemeral")


@fault("credential-jwe:epk-missing")
def epk_missing(message: Message, _: Context) -> None:
    """The encrypted Credential Response has no epk, though its key is agreed on."""
    message.header.pop("epk", None)


@lru_cache(maxsize=64)
def _agreed_before(key: str, header: str) -> Message:
    return agreed(key, header, b"")


@fault("credential-jwe:epk-again")
def epk_again(message: Message, _: Context) -> None:
    """Credential Responses that are encrypted to one key of the wallet have one ephemeral key."""
    if "epk" in message.header:
        header = {name: value for name, value in message.header.items() if name != "epk"}
        before = _agreed_before(message.key, json.dumps(header))
        message.header["epk"] = before.header["epk"]
        message.content_key, message.encrypted_key = before.content_key, before.encrypted_key


@fault("credential-jwe-parts:encrypted-key")
def encrypted_key(parts: Parts, _: Context) -> None:
    """The encrypted Credential Response has an encrypted key, though its key is agreed on directly."""
    if not parts.encrypted_key:
        parts.encrypted_key = bytes(40)


@fault("credential-jwe-parts:vector-long")
def vector_long(parts: Parts, _: Context) -> None:
    """The initialization vector of the encrypted Credential Response is longer than its enc wants."""
    parts.vector += bytes(4)


@fault("credential-jwe-parts:tag-short")
def tag_short(parts: Parts, _: Context) -> None:
    """The authentication tag of the encrypted Credential Response is cut off."""
    parts.tag = parts.tag[:12]


@fault("credential-jwe-parts:padded")
def padded(parts: Parts, _: Context) -> None:
    """The parts of the encrypted Credential Response are padded as base64url of others is."""
    parts.padding = "="


@fault("credential-jwe-parts:alg-missing")
def alg_missing(parts: Parts, _: Context) -> None:
    """The header of the encrypted Credential Response has no alg."""
    _without("alg", parts)


@fault("credential-jwe-parts:enc-missing")
def enc_missing(parts: Parts, _: Context) -> None:
    """The header of the encrypted Credential Response has no enc."""
    _without("enc", parts)


def _without(name: str, parts: Parts) -> None:
    header = {key: value for key, value in json.loads(from_base64url(parts.header)).items() if key != name}
    parts.header = encoded_json(header)
