"""Issued credentials for a report: decoded in every format, with personal values replaced by marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import singledispatch
from typing import Any

from harness.formats import cbor, credential, date_time
from harness.formats.credential import Credential
from harness.formats.jwt_vc import JwtVc
from harness.formats.ldp_vc import LdpVc
from harness.formats.mdoc import Mdoc
from harness.formats.problems import FormatError
from harness.formats.sd_jwt_vc import SdJwtVc
from harness.redaction import REDACTED, Redactor

_SHOWN_CLAIMS = frozenset(
    {"iss", "vct", "vct#integrity", "iat", "nbf", "exp", "cnf", "status", "_sd", "_sd_alg", "..."}
)
"""Claims that steer processing; all others are personal and shown by name only."""
_SHOWN_PROPERTIES = frozenset(
    {
        "@context",
        "type",
        "issuer",
        "issuanceDate",
        "expirationDate",
        "validFrom",
        "validUntil",
        "credentialStatus",
        "credentialSchema",
    }
)
"""The same of W3C credentials."""
_SHOWN_OF_MSO = ("version", "digestAlgorithm", "docType", "status")
"""Members of a MobileSecurityObject that are shown as they are."""
_NAMED_BY_ALL = _SHOWN_CLAIMS | _SHOWN_PROPERTIES | {"@type"}
"""Claims whose values are words of a specification or of the issuer, and name nobody."""
_SIZES = (16, 64, 256, 1024)
"""Characters or bytes up to which the size of a value is told; a length can tell one value from others."""


def readable(name: Any, raw: Any, redactor: Redactor) -> Any:
    """Give an issued credential: what steers processing as it is, personal values as marks.

    Args:
        name: the format that the configuration announces.
        raw: the value of ``credential``.

    """
    try:
        return redactor.value(_shown(credential.read(name, raw)))
    except (FormatError, TypeError, AttributeError):
        return {"unreadable": redactor.text(str(raw)[:200])}


def personal(document: Credential) -> Iterator[str]:
    """Give the texts in an issued credential that say something of a person."""
    try:
        claims = document.claims
    except (FormatError, TypeError, AttributeError):
        return
    yield from _texts(claims)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _NAMED_BY_ALL:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, cbor.Tag):
        yield from _texts(value.value)
    elif isinstance(value, str):
        yield value


@singledispatch
def _shown(document: object) -> dict[str, Any]:
    raise TypeError(f"nothing is known of {type(document).__name__}")


@_shown.register
def _of_sd_jwt_vc(vc: SdJwtVc) -> dict[str, Any]:
    return {
        "header": vc.sd_jwt.jws.header,
        "claims": _with_shown(vc.sd_jwt.claims, _SHOWN_CLAIMS),
        "disclosures": len(vc.sd_jwt.disclosures),
    }


@_shown.register
def _of_mdoc(mdoc: Mdoc) -> dict[str, Any]:
    digests = mdoc.mso.get("valueDigests")
    return {
        "header": {
            "alg": mdoc.algorithm,
            "x5chain": len(mdoc.signer.certificates) if isinstance(mdoc.signer.certificates, list) else 1,
        },
        "mobile_security_object": {
            **{name: _plain(mdoc.mso[name]) for name in _SHOWN_OF_MSO if name in mdoc.mso},
            "validityInfo": {name: date_time.written(time) for name, time in mdoc.validity_info.items()},
            "deviceKey": mdoc.device_key_jwk,
            "valueDigests": {
                str(namespace): len(values) if isinstance(values, dict) else None
                for namespace, values in (digests.items() if isinstance(digests, dict) else ())
            },
        },
        "elements": _masked(mdoc.claims),
    }


@_shown.register
def _of_jwt_vc(vc: JwtVc) -> dict[str, Any]:
    return {
        "header": vc.jws.header,
        "claims": {name: value for name, value in vc.payload.items() if name in _SHOWN_CLAIMS},
        "document": _w3c(vc.document),
    }


@_shown.register
def _of_ldp_vc(vc: LdpVc) -> dict[str, Any]:
    return {"document": _w3c(vc.document), "proofs": [proof.options for proof in vc.proofs]}


def _w3c(document: Mapping[str, Any]) -> dict[str, Any]:
    # Claims of a JWT that stand beside the credential, and proofs, are shown by themselves.
    beside = _SHOWN_CLAIMS | {"proof"}
    return _with_shown({name: value for name, value in document.items() if name not in beside}, _SHOWN_PROPERTIES)


def _with_shown(claims: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value if name in names else _masked(value) for name, value in claims.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return f"{REDACTED}: {_kind(value)}›"


def _kind(value: Any) -> str:
    """Say what a value is and roughly how long, without anything that tells it from others of its kind."""
    if isinstance(value, cbor.Tag):
        return _kind(value.value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (str, bytes)):
        kind, unit = ("string", "characters") if isinstance(value, str) else ("bytes", "bytes")
        most = next((size for size in _SIZES if len(value) <= size), None)
        size = f"up to {most} {unit}" if most else f"more than {_SIZES[-1]} {unit}"
        return f"{kind}, {size}" if value else f"empty {kind}"
    return type(value).__name__


def _plain(value: Any) -> Any:
    """Give a value of CBOR in JSON types."""
    if isinstance(value, cbor.Tag):
        return _plain(value.value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return value if isinstance(value, (str, int, float)) or value is None else str(value)
