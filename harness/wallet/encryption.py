"""Encrypted Credential Requests and Responses: OpenID4VCI 1.0 sections 10, 8.2, 8.3 and 12.2.4.

The wallet opens whatever it has the key for and gives the header along: whether the header is as it was agreed on
is for the checks to judge.

Errors, all :class:`EncryptionError`, besides the kinds of :mod:`harness.formats.jwe`:

- ``not-offered``: the metadata does not offer this encryption.
- ``nothing-in-common``: the metadata offers no key, ``alg`` or ``enc`` that the wallet has.
- ``algorithm-unsupported``: an ``alg``, ``enc`` or ``zip`` that the wallet does not have.
- ``key-unfit``: the key is unusable, or of another type than ``alg`` needs (RFC 7518 section 4.1).
- ``critical-header``: ``crit`` asks for extensions that are not understood (RFC 7516 section 4.1.13).
- ``undecryptable``: the content was not encrypted for this key, or was changed on the way (RFC 7516 section 5.2).
- ``decompression``: the content is no DEFLATE, or larger than is read here (RFC 7516 section 4.1.3).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import httpx
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap
from jwcrypto.common import JWException
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.formats import base64url, jwe
from harness.formats.jwk import JwkError, required_members, thumbprint
from harness.formats.problems import FormatError, shown
from harness.transport import Reply

MEDIA_TYPE = "application/jwt"
"""Media type of an encrypted message (section 10)."""

ALGORITHMS = ("ECDH-ES", "ECDH-ES+A256KW", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "RSA-OAEP-256", "RSA-OAEP")
"""Key management algorithms the wallet has, in the order it prefers them (RFC 7518 section 4.1)."""
ENCRYPTIONS = ("A256GCM", "A128GCM", "A192GCM", "A256CBC-HS512", "A128CBC-HS256", "A192CBC-HS384")
"""Content encryption algorithms the wallet has, in the order it prefers them (RFC 7518 section 5.1)."""
COMPRESSIONS = ("DEF",)
"""Compression algorithms the wallet has (RFC 7516 section 4.1.3)."""
CURVES = ("P-256", "P-384", "P-521", "X25519")
"""Curves the wallet agrees on keys with (RFC 7518 section 6.2.1.1, RFC 8037 section 2)."""

MAX_PLAINTEXT = 10_000_000
"""Bytes of a decompressed message."""

_SMALLEST_RSA_BYTES = 256
"""A shorter key is not encrypted to (RFC 7518 section 4.3)."""

_UNUSABLE = (
    JWException,
    InvalidSignature,
    InvalidTag,
    InvalidUnwrap,
    UnsupportedAlgorithm,
    NotImplementedError,
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)
"""What the cryptographic libraries raise for wrong keys, headers and contents."""


class EncryptionError(FormatError):
    """A message cannot be encrypted or opened."""


@dataclass(frozen=True)
class EncryptionKey:
    """A key pair of the wallet, for messages that are encrypted to it, and the ``alg`` it is for."""

    private: JWK
    algorithm: str

    @property
    def public(self) -> dict[str, Any]:
        """The public key as a JWK with the ``alg`` that section 10 requires; its thumbprint is its ``kid``."""
        members = required_members(self.private.export_public(as_dict=True))
        return {**members, "use": "enc", "alg": self.algorithm, "kid": thumbprint(members)}


KeyMaker = Callable[[str], EncryptionKey]
"""Gives a key pair for one of ``ALGORITHMS``."""


def make_key(algorithm: str, curve: str = "P-256") -> EncryptionKey:
    """Make a key pair, another one each time.

    Args:
        algorithm: one of ``ALGORITHMS``.
        curve: one of ``CURVES``; without meaning for RSA. Metadata does not say which ones an issuer has.

    Raises:
        EncryptionError: the wallet does not have this algorithm or curve.

    """
    if algorithm not in ALGORITHMS or curve not in CURVES:
        raise EncryptionError("algorithm-unsupported", f"the wallet has no {algorithm} key on {curve}")
    if algorithm.startswith("RSA"):
        return EncryptionKey(JWK.generate(kty="RSA", size=2048), algorithm)
    return EncryptionKey(JWK.generate(kty="OKP" if curve == "X25519" else "EC", crv=curve), algorithm)


@dataclass(frozen=True)
class RequestEncryption:
    """``credential_request_encryption`` of the issuer's metadata; what is malformed there is left out."""

    keys: tuple[Mapping[str, Any], ...]
    """The JWKs of ``jwks``."""
    enc_values: tuple[str, ...]
    zip_values: tuple[str, ...]
    required: bool

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Self | None:
        """Read the metadata of a Credential Issuer; ``None`` when it does not offer encrypted requests."""
        offered = metadata.get("credential_request_encryption")
        if not isinstance(offered, dict):
            return None
        jwks = offered.get("jwks")
        keys = jwks.get("keys") if isinstance(jwks, dict) else None
        return cls(
            keys=tuple(key for key in keys if isinstance(key, dict)) if isinstance(keys, list) else (),
            enc_values=_names(offered, "enc_values_supported"),
            zip_values=_names(offered, "zip_values_supported"),
            required=offered.get("encryption_required") is True,
        )

    @property
    def usable_keys(self) -> tuple[Mapping[str, Any], ...]:
        """The keys the wallet can encrypt to, in the issuer's order."""
        return tuple(key for key in self.keys if _is_usable(key))

    @property
    def usable_encs(self) -> tuple[str, ...]:
        """The content encryption algorithms that both sides have, in the wallet's order."""
        return tuple(name for name in ENCRYPTIONS if name in self.enc_values)

    @property
    def unlisted_enc(self) -> str | None:
        """A content encryption algorithm of the wallet that the metadata does not list, if there is any."""
        return next((name for name in ENCRYPTIONS if name not in self.enc_values), None)

    @property
    def unlisted_alg(self) -> str | None:
        """An ``alg`` that the first usable key could be used with, and that no key of the metadata has."""
        kinds = [str(key["alg"]).startswith("RSA") for key in self.usable_keys[:1]]
        taken = {key.get("alg") for key in self.keys if isinstance(key.get("alg"), str)}
        return next((n for n in ALGORITHMS if n not in taken and [n.startswith("RSA")] == kinds), None)


@dataclass(frozen=True)
class ResponseEncryption:
    """``credential_response_encryption`` of the issuer's metadata; what is malformed there is left out."""

    alg_values: tuple[str, ...]
    enc_values: tuple[str, ...]
    zip_values: tuple[str, ...]
    required: bool

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Self | None:
        """Read the metadata of a Credential Issuer; ``None`` when it does not offer encrypted responses."""
        offered = metadata.get("credential_response_encryption")
        if not isinstance(offered, dict):
            return None
        return cls(
            alg_values=_names(offered, "alg_values_supported"),
            enc_values=_names(offered, "enc_values_supported"),
            zip_values=_names(offered, "zip_values_supported"),
            required=offered.get("encryption_required") is True,
        )

    @property
    def usable_algs(self) -> tuple[str, ...]:
        """The key management algorithms that both sides have, in the wallet's order."""
        return tuple(name for name in ALGORITHMS if name in self.alg_values)

    @property
    def usable_encs(self) -> tuple[str, ...]:
        """The content encryption algorithms that both sides have, in the wallet's order."""
        return tuple(name for name in ENCRYPTIONS if name in self.enc_values)


@dataclass(frozen=True)
class RequestTerms:
    """How the wallet encrypts a request; the arguments of :func:`seal`."""

    key: Mapping[str, Any]
    """The issuer's public key."""
    enc: str
    zip: str | None = None
    header: Mapping[str, Any] | None = None
    change: Callable[[bytes], bytes] | None = None
    """Changes the JWE before it is sent."""


@dataclass(frozen=True)
class ResponseTerms:
    """How the wallet asks for an encrypted response."""

    body: dict[str, Any]
    """The request's ``credential_response_encryption`` (section 8.2)."""
    key: EncryptionKey
    """Opens the response."""


@dataclass(frozen=True)
class Sealed:
    """A request as it is sent."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class Terms:
    """How one request and its answer are encrypted; ``None``: not at all."""

    request: RequestTerms | None = None
    response: ResponseTerms | None = None

    def seal(self, payload: Mapping[str, Any] | bytes) -> Sealed:
        """Make what is sent of a request.

        Args:
            payload: the body, which gets ``credential_response_encryption`` if it does not have it; or bytes,
                which stay as they are.

        Raises:
            EncryptionError: the issuer's key or one of the algorithms cannot be used.

        """
        if not isinstance(payload, bytes):
            asked = {} if self.response is None else {"credential_response_encryption": self.response.body}
            payload = _json({**asked, **payload})
        if self.request is None:
            return Sealed(payload, "application/json")
        to = self.request
        content = seal(payload, to.key, enc=to.enc, zip=to.zip, header=to.header)
        return Sealed(to.change(content) if to.change else content, MEDIA_TYPE)

    def open(self, reply: Reply) -> Reply:
        """Decrypt an answer; one that this key does not open is given back as it came.

        Answers are also right without encryption, if they are errors (section 8.3.1.2). For what is wrong with
        one that should have been encrypted, see :func:`open_reply`.
        """
        if self.response is None:
            return reply
        try:
            return open_reply(reply, self.response.key)
        except EncryptionError:
            return reply


def required_terms(metadata: Mapping[str, Any], make_key: KeyMaker = make_key) -> Terms | None:
    """Give the terms that the metadata of a Credential Issuer requires; ``None`` when it requires no encryption.

    Raises:
        EncryptionError: it requires an encryption that the wallet does not have.

    """
    to_issuer, to_wallet = RequestEncryption.of(metadata), ResponseEncryption.of(metadata)
    response = to_wallet is not None and to_wallet.required
    # A wallet that asks for an encrypted response encrypts the request as well (section 8.2).
    request = to_issuer is not None and (to_issuer.required or response)
    if not request and not response:
        return None
    return Terms(
        request_terms(metadata) if request else None, response_terms(metadata, make_key) if response else None
    )


def request_terms(metadata: Mapping[str, Any]) -> RequestTerms:
    """Choose how a request is encrypted: to the first usable key of the issuer, without compression.

    Args:
        metadata: of the Credential Issuer.

    Raises:
        EncryptionError: the metadata does not offer encrypted requests, or nothing that the wallet has.

    """
    offered = RequestEncryption.of(metadata)
    if offered is None:
        raise EncryptionError("not-offered", "the metadata has no credential_request_encryption")
    if not offered.usable_keys or not offered.usable_encs:
        raise EncryptionError(
            "nothing-in-common", "credential_request_encryption has no key and enc that the wallet can use"
        )
    return RequestTerms(offered.usable_keys[0], offered.usable_encs[0])


def response_terms(
    metadata: Mapping[str, Any],
    make_key: KeyMaker = make_key,
    *,
    alg: str | None = None,
    enc: str | None = None,
    zip: str | None = None,  # noqa: A002 - as the specification spells it
) -> ResponseTerms:
    """Choose how a response is to be encrypted and make a key pair for it.

    Args:
        metadata: of the Credential Issuer.
        make_key: gives the key pair.
        alg: in place of what the wallet prefers among what the metadata offers.
        enc: likewise.
        zip: ``DEF`` to have the response compressed; by default it is not.

    Raises:
        EncryptionError: the metadata does not offer encrypted responses, or nothing that the wallet has.

    """
    offered = ResponseEncryption.of(metadata)
    if offered is None:
        raise EncryptionError("not-offered", "the metadata has no credential_response_encryption")
    if not offered.usable_algs or not offered.usable_encs:
        raise EncryptionError(
            "nothing-in-common", "credential_response_encryption has no alg and enc that the wallet has"
        )
    key = make_key(alg or offered.usable_algs[0])
    body = {"jwk": key.public, "enc": enc or offered.usable_encs[0]}
    return ResponseTerms(body if zip is None else {**body, "zip": zip}, key)


def seal(
    payload: Mapping[str, Any] | bytes,
    key: Mapping[str, Any],
    *,
    enc: str,
    zip: str | None = None,  # noqa: A002 - as the specification spells it
    header: Mapping[str, Any] | None = None,
) -> bytes:
    """Encrypt a message to a public key: a JWT in JWE compact serialization (section 10, RFC 7519 section 7.1).

    Args:
        payload: the message, or bytes that are encrypted as they are.
        key: the JWK; its ``alg`` is used, and its ``kid`` goes into the header.
        enc: how the content is encrypted.
        zip: how the content is compressed before, if at all.
        header: what the header says besides or instead; ``None`` removes a parameter. What is done stays as the
            other arguments say.

    Raises:
        EncryptionError: the key is unusable, or the wallet does not have one of the algorithms.

    """
    alg = key.get("alg")
    stated = {"alg": alg, "kid": key.get("kid"), "enc": enc, "zip": zip, **(header or {})}
    plaintext = payload if isinstance(payload, bytes) else _json(payload)
    key_management, content_encryption = _algorithms(alg, enc)
    try:
        wrapped = key_management.wrap(
            JWK(**required_members(key)),
            content_encryption.wrap_key_size,
            None,
            {**stated, "alg": alg, "enc": enc},
        )
    except (*_UNUSABLE, JwkError) as error:
        raise EncryptionError("key-unfit", f"the key cannot be used with {alg}: {_words(error)}") from None
    said = {name: value for name, value in {**wrapped.get("header", {}), **stated}.items() if value is not None}
    protected = base64url.encode(json.dumps(said).encode())
    iv, ciphertext, tag = content_encryption.encrypt(
        wrapped["cek"], protected.encode(), _compressed(plaintext, zip)
    )
    others = (wrapped.get("ek", b""), iv, ciphertext, tag)
    return ".".join((protected, *map(base64url.encode, others))).encode()


def is_sealed(reply: Reply) -> bool:
    """Say whether the body of an answer has the form of a JWE, whatever its media type says."""
    try:
        _parsed(reply.body)
    except EncryptionError:
        return False
    return True


def open_reply(reply: Reply, key: EncryptionKey) -> Reply:
    """Decrypt an answer.

    Args:
        reply: the answer as it came.
        key: what it was encrypted to. Any ``alg`` that fits the key is accepted, and any ``enc`` of the wallet.

    Returns:
        The answer with the decrypted body, which counts as ``application/json``; ``sealed`` is the answer as it
        came, ``jwe`` the header.

    Raises:
        EncryptionError: the body is no JWE, or not one that this key opens.

    """
    message = _parsed(reply.body)
    headers = httpx.Headers([pair for pair in reply.headers.multi_items() if pair[0].lower() not in _OF_BODY])
    headers["content-type"] = "application/json"
    return replace(reply, headers=headers, body=decrypt(message, key), sealed=reply, jwe=message.header)


_OF_BODY = ("content-type", "content-length", "content-encoding")
"""Header fields that describe the body as it came."""


def decrypt(message: jwe.Jwe, key: EncryptionKey, *, max_plaintext: int = MAX_PLAINTEXT) -> bytes:
    """Give the content of a JWE.

    Args:
        message: as it was read.
        key: what it was encrypted to.
        max_plaintext: bytes that a compressed content may have.

    Raises:
        EncryptionError: this key does not open the message.

    """
    header: dict[str, Any] = dict(message.header)
    if "crit" in header:
        raise EncryptionError("critical-header", "crit asks for extensions that are not understood")
    key_management, content_encryption = _algorithms(header.get("alg"), header.get("enc"))
    try:
        if "epk" in header:
            header["epk"] = required_members(header["epk"])
        content_key = key_management.unwrap(
            key.private, content_encryption.wrap_key_size, message.encrypted_key, header
        )
        content = content_encryption.decrypt(
            content_key,
            message.authenticated_data,
            message.initialization_vector,
            message.ciphertext,
            message.authentication_tag,
        )
    except (*_UNUSABLE, JwkError) as error:
        raise EncryptionError("undecryptable", f"the wallet's key does not open it: {_words(error)}") from None
    return _decompressed(content, header.get("zip"), max_plaintext)


def _parsed(body: bytes) -> jwe.Jwe:
    try:
        return jwe.parse_compact(body.decode("ascii").strip())
    except UnicodeDecodeError:
        raise EncryptionError("jwe-base64url", "the body is not ASCII") from None
    except jwe.JweError as error:
        raise EncryptionError(error.kind, error.detail) from None


def _algorithms(alg: object, enc: object) -> tuple[Any, Any]:
    if alg not in ALGORITHMS or enc not in ENCRYPTIONS:
        raise EncryptionError("algorithm-unsupported", f"the wallet does not have {shown(alg)} with {shown(enc)}")
    return JWA.keymgmt_alg(alg), JWA.encryption_alg(enc)


def _compressed(data: bytes, algorithm: str | None) -> bytes:
    if algorithm is None:
        return data
    if algorithm not in COMPRESSIONS:
        raise EncryptionError("algorithm-unsupported", f"the wallet does not compress with {shown(algorithm)}")
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)  # bare DEFLATE (RFC 1951), without a zlib header
    return deflate.compress(data) + deflate.flush()


def _decompressed(data: bytes, algorithm: object, limit: int) -> bytes:
    if algorithm is None:
        return data
    if algorithm not in COMPRESSIONS:
        raise EncryptionError("algorithm-unsupported", f"the wallet does not decompress {shown(algorithm)}")
    return inflate(data, limit)


def inflate(data: bytes, limit: int = MAX_PLAINTEXT) -> bytes:
    """Unpack DEFLATE (RFC 7516 section 4.1.3).

    Args:
        data: the whole of it, without the wrapping of zlib or gzip.
        limit: bytes that the content may have.

    Raises:
        EncryptionError: it is nothing of the kind, or larger.

    """
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        plaintext = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise EncryptionError("decompression", f"the content is no DEFLATE: {error}") from None
    if len(plaintext) > limit:
        raise EncryptionError("decompression", f"the content has more than {limit} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise EncryptionError("decompression", "the content breaks off, or goes on after its end")
    return plaintext


def _is_usable(key: Mapping[str, Any]) -> bool:
    try:
        kty = required_members(key)["kty"]
    except JwkError:
        return False
    alg = key.get("alg")
    if alg not in ALGORITHMS or key.get("use", "enc") != "enc":
        return False
    if alg.startswith("RSA"):
        return kty == "RSA" and len(base64url.decode(key["n"])) >= _SMALLEST_RSA_BYTES
    return key.get("crv") in CURVES


def _names(offered: Mapping[str, Any], member: str) -> tuple[str, ...]:
    values = offered.get(member)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _json(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _words(error: Exception) -> str:
    return shown(str(error)) if str(error) else type(error).__name__
