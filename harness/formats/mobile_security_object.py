"""The MobileSecurityObject of an mdoc (ISO/IEC 18013-5:2021 clause 9.1.2.4), as parsed CBOR.

Clauses without a name are of ISO/IEC 18013-5:2021. Problems of :func:`problems`; pointers begin with ``mso``:

- ``mso-member``: one of the six members is missing (9.1.2.4).
- ``mso-version``, ``mso-digest-algorithm``, ``mso-value-digests``, ``mso-doc-type``: such a member is malformed or
  has a value that is not defined (9.1.2.4, 9.1.2.5).
- ``digest-length``: a digest has not the length of its algorithm (9.1.2.5).
- ``digest-id-large``: a digest ID that is not smaller than 2 to the 31st (9.1.2.5).
- ``device-key``: ``deviceKeyInfo`` has no ``deviceKey`` that is a map (9.1.2.4).
- ``device-key-curve``: a curve or type of key that mdocs do not use (9.1.5.2, table 22).
- those of ``cose.jwk_of`` and ``cose.key_problems``, about the device key.
- ``key-authorizations``: ``keyAuthorizations`` is malformed or empty, or authorizes a namespace as a whole and in
  parts (9.1.2.4).
- ``date-missing``: no ``signed``, ``validFrom`` or ``validUntil`` (9.1.2.4).
- ``date-form``: such a date is no tdate (8.1, 9.1.2.4).
- ``update-form``: ``expectedUpdate`` is no tdate (9.1.2.4).
- ``date-fraction``, ``date-offset``: a date has a fraction of a second, or another offset than ``Z`` (9.1.2.4).
- ``valid-before-signed``: ``validFrom`` is before ``signed`` (9.1.2.4).
- ``date-order``: ``validUntil`` is not after ``validFrom`` (9.1.2.4).
- ``status-form``: ``status`` is no map (Token Status List draft 12 section 6.3).
- those of ``mso_status``.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from harness.formats import cbor, cose, mso_status
from harness.formats.problems import Problem, located, shown
from harness.formats.strict_json import pointer

DIGESTS = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
"""``digestAlgorithm`` to the name of the hash in ``hashlib`` (9.1.2.5)."""
MAX_DIGEST_ID = 2**31
"""Digest IDs are smaller than this (9.1.2.4)."""

_DATE_TIME = 0
_DATES = ("signed", "validFrom", "validUntil", "expectedUpdate")
_MEMBERS = ("version", "digestAlgorithm", "valueDigests", "deviceKeyInfo", "docType", "validityInfo")
_VERSION = re.compile(r"1\.[0-9]+", re.ASCII)
_CURVES = frozenset(
    {"P-256", "P-384", "P-521", "X25519", "X448", "Ed25519", "Ed448", "BP-256", "BP-384", "BP-512"}
)


def problems(mso: Mapping[Any, Any]) -> tuple[Problem, ...]:
    """Judge an MSO by itself; the kinds are in the module's docstring."""
    return (
        *_text_problems(mso),
        *_value_digest_problems(mso),
        *_device_key_problems(mso),
        *_date_problems(mso),
        *_status_problems(mso),
    )


def digest(encoded: bytes, algorithm: Any) -> bytes | None:
    """Give the digest of an IssuerSignedItemBytes; ``None`` when the MSO's algorithm is not known."""
    name = DIGESTS.get(algorithm) if isinstance(algorithm, str) else None
    return None if name is None else hashlib.new(name, encoded).digest()


def device_key(mso: Mapping[Any, Any]) -> Any:
    """Give the ``deviceKey`` as ``cbor`` gives it; ``None`` without one."""
    info = mso.get("deviceKeyInfo")
    return info.get("deviceKey") if isinstance(info, dict) else None


def validity_info(mso: Mapping[Any, Any]) -> dict[str, float]:
    """Give the dates of ``validityInfo`` that can be read, in seconds since 1970."""
    dates = _validity_info(mso)
    moments = {name: _moment(dates.get(name)) for name in _DATES}
    return {name: moment for name, moment in moments.items() if moment is not None}


def is_unsigned(value: Any) -> bool:
    """Say whether a value is an unsigned integer of CBOR."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text_problems(mso: Mapping[Any, Any]) -> Iterator[Problem]:
    for name in _MEMBERS:
        if name not in mso:
            yield Problem("mso-member", f"the MSO has no {name}", f"mso/{name}")
    version, algorithm = mso.get("version", "1.0"), mso.get("digestAlgorithm", "SHA-256")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        yield Problem("mso-version", f"version is {shown(version)}", "mso/version")
    if not isinstance(algorithm, str) or algorithm not in DIGESTS:
        yield Problem("mso-digest-algorithm", f"digestAlgorithm is {shown(algorithm)}", "mso/digestAlgorithm")
    if not isinstance(mso.get("docType", ""), str):
        yield Problem("mso-doc-type", "docType is no text", "mso/docType")


def _value_digest_problems(mso: Mapping[Any, Any]) -> Iterator[Problem]:
    digests, place = mso.get("valueDigests", {}), "mso/valueDigests"
    if not isinstance(digests, dict) or ("valueDigests" in mso and not digests):
        yield Problem("mso-value-digests", "valueDigests is empty or no map", place)
        return
    length = len(digest(b"", mso.get("digestAlgorithm")) or b"")
    for namespace, entries in digests.items():
        inner = f"{place}{pointer(str(namespace))}"
        if not isinstance(namespace, str) or not isinstance(entries, dict):
            yield Problem("mso-value-digests", "a namespace is no name of a map of digests", inner)
        elif not all(is_unsigned(name) and isinstance(value, bytes) for name, value in entries.items()):
            yield Problem("mso-value-digests", "an entry is no digest by an unsigned integer", inner)
        elif length and any(len(value) != length for value in entries.values()):
            yield Problem("digest-length", f"a digest has not the {length} bytes of its algorithm", inner)
        elif any(name >= MAX_DIGEST_ID for name in entries):
            yield Problem("digest-id-large", "a digest ID is not smaller than 2 to the 31st", inner)


def _device_key_problems(mso: Mapping[Any, Any]) -> Iterator[Problem]:
    info, place = mso.get("deviceKeyInfo"), "mso/deviceKeyInfo"
    if "deviceKeyInfo" not in mso:
        return
    if not isinstance(info, dict) or not isinstance(info.get("deviceKey"), dict):
        yield Problem("device-key", "deviceKeyInfo has no deviceKey that is a map", place)
        return
    try:
        jwk = cose.jwk_of(info["deviceKey"])
    except cose.CoseError as error:
        unknown = error.kind in ("cose-key-type", "cose-key-unsupported")
        if error.kind != "cose-key-unsupported":
            yield Problem("device-key-curve" if unknown else error.kind, error.detail, f"{place}/deviceKey")
    else:
        if jwk["crv"] not in _CURVES:
            yield Problem("device-key-curve", f"no mdoc uses the curve {jwk['crv']}", f"{place}/deviceKey")
    yield from located(f"{place}/deviceKey", cose.key_problems(info["deviceKey"]))
    if "keyAuthorizations" in info:
        yield from _authorization_problems(info["keyAuthorizations"], f"{place}/keyAuthorizations")


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) for name in value)


def _authorization_problems(authorizations: Any, place: str) -> Iterator[Problem]:
    if not isinstance(authorizations, dict) or not {"nameSpaces", "dataElements"} & authorizations.keys():
        yield Problem("key-authorizations", "keyAuthorizations authorizes nothing", place)
        return
    whole, parts = authorizations.get("nameSpaces", []), authorizations.get("dataElements", {})
    if "nameSpaces" in authorizations and not _are_names(whole):
        yield Problem("key-authorizations", "nameSpaces is no array of names", f"{place}/nameSpaces")
    elif "dataElements" in authorizations and not (
        isinstance(parts, dict) and parts and all(_are_names(names) for names in parts.values())
    ):
        yield Problem("key-authorizations", "dataElements is no map to arrays of names", f"{place}/dataElements")
    elif set(whole) & set(parts):
        yield Problem("key-authorizations", "a namespace is authorized as a whole and in parts", place)


def _validity_info(mso: Mapping[Any, Any]) -> Mapping[Any, Any]:
    found = mso.get("validityInfo")
    return found if isinstance(found, dict) else {}


def _text_of(value: Any) -> str | None:
    """Give the text of a tdate that can be read."""
    if isinstance(value, cbor.Tag) and value.number == _DATE_TIME and isinstance(value.value, str):
        return value.value if cbor.is_date_time(value.value) else None
    return None


def _moment(value: Any) -> float | None:
    text = _text_of(value)
    if text is None:
        return None
    try:
        # The hours and minutes may be followed by the second 60, which the library does not know.
        leap = text[17:19] == "60"
        moment = datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if leap else text).timestamp()
    except (ValueError, OverflowError):
        return None
    return moment + 1 if leap else moment


def _date_problems(mso: Mapping[Any, Any]) -> Iterator[Problem]:
    place = "mso/validityInfo"
    if "validityInfo" not in mso:
        return
    dates = _validity_info(mso)
    for name in _DATES:
        if name in dates:
            yield from _form_problems(name, dates[name], f"{place}/{name}")
        elif name != "expectedUpdate":
            yield Problem("date-missing", f"validityInfo has no {name}", place)
    moments = validity_info(mso)
    # A fraction of a second is another finding.
    signed, first, last = (
        math.floor(moments[name]) if name in moments else None for name in ("signed", "validFrom", "validUntil")
    )
    if signed is not None and first is not None and first < signed:
        yield Problem("valid-before-signed", "validFrom is before signed", f"{place}/validFrom")
    if first is not None and last is not None and last <= first:
        yield Problem("date-order", "validUntil is not after validFrom", f"{place}/validUntil")


def _form_problems(name: str, value: Any, place: str) -> Iterator[Problem]:
    text = _text_of(value)
    if text is None:
        kind = "update-form" if name == "expectedUpdate" else "date-form"
        yield Problem(kind, f"{name} is no date-time with tag 0", place)
        return
    if "." in text:
        yield Problem("date-fraction", f"{name} has a fraction of a second", place)
    if not text.endswith("Z"):
        yield Problem("date-offset", f"{name} does not end with Z", place)


def _status_problems(mso: Mapping[Any, Any]) -> Iterator[Problem]:
    if "status" not in mso:
        return
    if not isinstance(mso["status"], dict):
        yield Problem("status-form", "status is no map", "mso/status")
        return
    yield from located("mso/status", mso_status.problems(mso["status"]))
