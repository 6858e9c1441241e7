"""Says what a document is, by what is in it."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509 as pyca

from harness.formats import base64url, cbor, jose, strict_json, x509
from harness.formats.problems import FormatError, Problem
from harness.inspection.inspection import Unreadable
from harness.model import Json

MAX_BYTES = 5_000_000
"""Size of a document that is looked at."""

MAX_CERTIFICATES = 50
"""Certificates of one file that are looked at."""

SD_JWT_VC, MDOC, JWT_VC, JWT_VC_LD, LDP_VC = "dc+sd-jwt", "mso_mdoc", "jwt_vc_json", "jwt_vc_json-ld", "ldp_vc"
"""Credential formats (OpenID4VCI 1.0 appendix A)."""


@dataclass(frozen=True)
class Recognised:
    """A document and what it is."""

    kind: str
    """One of :data:`harness.inspection.documents.KINDS`."""
    value: Any
    """What was read of it: a :class:`strict_json.JsonDocument` for JSON, a :class:`jose.Jws` for a JWT, text for a
    link or JWE, bytes for CBOR and certificates, the value of ``credential`` for a credential."""
    format: str = ""
    """That of a credential."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the JSON of a credential, of which the value says nothing."""
    released: bool = False
    """Whether a holder chose what of a credential is there."""


_JWT_TYPES = {
    "openid4vci-proof+jwt": "key-proof",
    "key-attestation+jwt": "key-attestation",
    "keyattestation+jwt": "key-attestation",
    "dpop+jwt": "dpop-proof",
    "oauth-client-attestation+jwt": "client-attestation",
    "oauth-client-attestation-pop+jwt": "client-attestation-pop",
    "at+jwt": "access-token",
    "openidvci-issuer-metadata+jwt": "signed-metadata",
    "statuslist+jwt": "status-list-jwt",
    "kb+jwt": "key-binding",
}
"""``typ`` of a JWT to the kind of document."""
_CREDENTIAL_TYPES = {
    "dc+sd-jwt": SD_JWT_VC,
    "vc+sd-jwt": SD_JWT_VC,
    "vc+jwt": JWT_VC,
    "vc+ld+jwt": JWT_VC,
    "vc-ld+jwt": JWT_VC,
}
"""``typ`` of a JWT to the credential format."""
_COMPACT = re.compile(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
_JWT_BEGINNING = re.compile(r"eyJ[A-Za-z0-9_=-]*\.")
"""A JSON object in base64url, and a point."""
_ENCRYPTED = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){4}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S*")
_HTTP = re.compile(r"\s*HTTP/[0-9.]+ .*?\r?\n[ \t]*\r?\n", re.DOTALL)
_PRESENTATION_TYPES = {"VerifiablePresentation", "EnvelopedVerifiablePresentation"}
_SIGN1_TAG, _CWT_TAG = 18, 61
_ISSUER_SIGNED = {"issuerAuth", "nameSpaces", "issuerSigned"}
"""Members of an ``IssuerSigned``, and of a ``Document`` that holds one."""
_MDOC_NAMES = (b"\x6aissuerAuth", b"\x6anameSpaces")
"""Names in an ``IssuerSigned`` as they are encoded, by which a broken one is known."""


def recognise(data: bytes, name: str | None = None) -> Recognised:
    """Say what a document is.

    Args:
        data: the file as it is.
        name: the credential format, where the user says that it is a credential of it.

    Raises:
        Unreadable: it is nothing that is known here, or too large.

    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"it is larger than the {MAX_BYTES} bytes that are looked at")
    if not data.strip():
        raise Unreadable("there is nothing in it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _of_bytes(data, name)
    text = _HTTP.sub("", text, count=1) if text.lstrip().startswith("HTTP/") else text
    if name is not None:
        return _as_credential(text.strip(), name)
    return _of_text(text.strip())


def of_credential(raw: Json) -> Recognised:
    """Say of which format the value of ``credential`` in a Credential Response is, which is taken as it stands."""
    if isinstance(raw, dict):
        return Recognised("credential", raw, LDP_VC)
    if isinstance(raw, str):
        try:
            found = _of_text(raw)
        except Unreadable:
            found = None
        if found is not None and found.kind == "credential":
            return replace(found, value=raw)
    raise Unreadable("it is a credential of no format that is known here")


def _as_credential(text: str, name: str) -> Recognised:
    if text.startswith(("{", '"')):
        document = _json(text)
        return Recognised("credential", document.value, name, document.problems)
    return Recognised("credential", text, name)


def _json(text: str) -> strict_json.JsonDocument:
    try:
        return strict_json.parse(text)
    except strict_json.JsonError as error:
        failure = error
    if failure.kind == "not-json" and "\n" in text:
        # Long values are broken into lines when they are printed or mailed.
        with contextlib.suppress(strict_json.JsonError):
            return strict_json.parse("".join(line.strip() for line in text.splitlines()))
    raise Unreadable(f"it looks like JSON but is not: {failure.detail}")


# Text


def _of_text(text: str) -> Recognised:
    if text.startswith("-----BEGIN "):
        return _of_pem(text)
    if text.startswith(("{", "[")):
        return of_json(_json(text))
    if text.startswith('"'):
        inner = _json(text).value
        return _of_text(inner.strip()) if isinstance(inner, str) and inner.strip() else _unknown()
    compact = "".join(text.split())
    if "~" in compact and _COMPACT.fullmatch(compact.split("~", 1)[0]):
        return Recognised("credential", compact, SD_JWT_VC)
    if _COMPACT.fullmatch(compact):
        return _of_jwt(compact)
    if _ENCRYPTED.fullmatch(compact):
        return Recognised("encrypted", compact)
    if _JWT_BEGINNING.match(compact):
        return _of_jwt(compact)
    if _LINK.fullmatch(text):
        return Recognised("offer", text)
    if _HEX.fullmatch(compact):
        return _of_bytes(bytes.fromhex(compact), None)
    if _BASE64.fullmatch(compact):
        return _of_bytes(_decoded(compact), None, compact)
    return _unknown()


def _unknown() -> Recognised:
    raise Unreadable(
        "it is nothing that is known here: no JSON, JWT, offer, certificate or CBOR (bytes, hex or base64)"
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "==", validate=False)
    except (binascii.Error, ValueError):
        return b""


def _of_pem(text: str) -> Recognised:
    if "PRIVATE KEY-----" in text:
        return Recognised("private-key", None)
    if text.count("-----BEGIN ") > MAX_CERTIFICATES:
        raise Unreadable(f"it is PEM with more than {MAX_CERTIFICATES} certificates")
    try:
        return Recognised(
            "certificates", tuple(map(x509.readable, pyca.load_pem_x509_certificates(text.encode())))
        )
    except ValueError:
        label = text.partition("-----BEGIN ")[2].partition("-----")[0][:40]
        raise Unreadable(f"it is PEM ({label!r}), but holds no certificate that can be read") from None


# JWTs


def _of_jwt(text: str) -> Recognised:
    try:
        jws = jose.parse_compact(text)
    except FormatError as error:
        raise Unreadable(f"it looks like a JWT but is none: {error.detail}") from None
    typ = str(jws.header.get("typ", "")).lower().removeprefix("application/")
    claims = claims_of(jws)
    if typ in _CREDENTIAL_TYPES:
        return Recognised("credential", text, _CREDENTIAL_TYPES[typ])
    if typ in _JWT_TYPES:
        return Recognised(_JWT_TYPES[typ], jws)
    if "vc" in claims or "credentialSubject" in claims:
        return Recognised("credential", text, JWT_VC)
    if "vct" in claims:
        return Recognised("credential", text, SD_JWT_VC)
    if "status_list" in claims:
        return Recognised("status-list-jwt", jws)
    if "attested_keys" in claims:
        return Recognised("key-attestation", jws)
    if {"htm", "htu"} <= claims.keys():
        return Recognised("dpop-proof", jws)
    if "iss" in claims and claims.get("iss") == claims.get("sub") and "aud" in claims:
        return Recognised("client-assertion", jws)
    if {"iss", "exp"} <= claims.keys() and ("scope" in claims or "client_id" in claims):
        return Recognised("access-token", jws)
    return Recognised("jwt", jws)


def claims_of(jws: jose.Jws) -> dict[str, Json]:
    """Give the claims of a JWT; none when its payload is no JSON object."""
    try:
        value = strict_json.parse(jws.payload).value
    except strict_json.JsonError:
        return {}
    return value if isinstance(value, dict) else {}


# JSON


def of_json(document: strict_json.JsonDocument) -> Recognised:
    """Say what a JSON document is."""
    value = document.value
    if not isinstance(value, dict):
        return Recognised("json", document)
    kind = _kind_of_object(value)
    if kind == "credential":
        return Recognised(kind, value, LDP_VC, document.problems)
    return Recognised(kind, document)


def _kind_of_object(members: Mapping[str, Json]) -> str:
    has = members.keys()
    types = members.get("type")
    listed = set(filter(_is_text, types if isinstance(types, list) else [types]))
    if "@context" in has or "credentialSubject" in has:
        if listed & _PRESENTATION_TYPES:
            return "presentation"
        if "BitstringStatusListCredential" in listed or "StatusList2021Credential" in listed:
            return "status-list-credential"
        if "VerifiableCredential" in listed or "credentialSubject" in has:
            return "credential"
    for kind, rule in _OBJECTS:
        if rule(has):
            return kind
    if "@context" in has and _is_text(members.get("id")) and str(members["id"]).startswith("did:"):
        return "did-document"
    return "json"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_OBJECTS = (
    ("issuer-metadata", lambda has: "credential_configurations_supported" in has or "credential_endpoint" in has),
    ("offer", lambda has: "credential_configuration_ids" in has or {"credential_issuer", "grants"} <= has),
    ("credential-response", lambda has: "credentials" in has or "transaction_id" in has),
    (
        "server-metadata",
        lambda has: bool({"token_endpoint", "authorization_endpoint", "response_types_supported"} & has),
    ),
    ("vc-issuer-metadata", lambda has: "issuer" in has and bool({"jwks", "jwks_uri"} & has)),
    ("jwk-set", lambda has: "keys" in has),
    ("jwk", lambda has: "kty" in has),
    ("did-document", lambda has: "verificationMethod" in has and "proofPurpose" not in has),
    ("type-metadata", lambda has: "vct" in has),
    ("status-list", lambda has: {"bits", "lst"} <= has),
)
"""Kinds of JSON objects with the rule of their members, the more telling ones first."""


# Bytes


def _of_bytes(data: bytes, name: str | None, text: str | None = None) -> Recognised:
    if name is None and data[:1] == b"\x30":
        try:
            return Recognised("certificates", (x509.readable(pyca.load_der_x509_certificate(data)),))
        except ValueError:
            pass
    try:
        value = cbor.parse(data).value
    except FormatError as error:
        if name == MDOC or all(encoded in data for encoded in _MDOC_NAMES):
            return _as_mdoc(data, text)
        if text is not None:
            return _unknown()
        raise Unreadable(f"it is bytes of no certificate and no CBOR: {error.detail}") from None
    if name == MDOC or (isinstance(value, dict) and not _ISSUER_SIGNED.isdisjoint(value)):
        return _as_mdoc(data, text)
    if isinstance(value, dict) and "documents" in value:
        return Recognised("device-response", data)
    if isinstance(value, dict) and {"bits", "lst"} <= value.keys():
        return Recognised("status-list-cbor", data)
    if _is_sign1(value):
        return Recognised("cwt", data)
    if text is not None and not isinstance(value, (dict, list, cbor.Tag)):
        # Almost any short text is base64 of some number or string.
        return _unknown()
    return Recognised("cbor", data)


def _as_mdoc(data: bytes, text: str | None) -> Recognised:
    return Recognised("credential", text or base64url.encode(data), MDOC)


def _is_sign1(value: Any) -> bool:
    while isinstance(value, cbor.Tag) and value.number in (_SIGN1_TAG, _CWT_TAG):
        value = value.value
    return (
        isinstance(value, list) and len(value) == 4 and isinstance(value[0], bytes) and isinstance(value[1], dict)
    )
