"""Issued mdocs, the format ``mso_mdoc``: IssuerSigned of ISO/IEC 18013-5:2021 clause 8.3.2.1.2.2.

Clauses without a name are of ISO/IEC 18013-5:2021. Problems of :func:`read`; their pointers begin with
``nameSpaces``, ``issuerAuth`` or ``mso``:

- ``base64url-padding``, ``base64-alphabet``: the text is base64, but not the unpadded base64url that OpenID4VCI
  1.0 appendix A.2.4 wants.
- those of ``cbor`` (8.1) and of ``cose`` (9.1.2.4), where they were found.
- ``alg-not-allowed``: a signature algorithm other than ES256, ES384, ES512 and EdDSA or their fully specified
  forms (9.1.2.4).
- ``x5chain-missing``: no ``x5chain`` (9.1.2.4).
- ``x5chain-protected``: it is in the protected header only (9.1.2.4).
- ``protected-other``: the protected header has another parameter than ``alg`` (9.1.2.4).
- ``namespaces-missing``: no ``nameSpaces``, although the MSO has digests of elements (8.3.2.1.2.2).
- ``namespaces-form``: ``nameSpaces``, where present, is no non-empty map of names to non-empty arrays
  (8.3.2.1.2.2).
- ``item-not-tagged``: an element of such an array is no encoded item with tag 24 (8.3.2.1.2.2).
- ``item-cbor``: its byte string does not hold one CBOR item (RFC 8949 section 3.4.5.1).
- ``item-form``: such an item is no map (8.3.2.1.2.2).
- ``item-member``: ``digestID`` is no unsigned integer, ``random`` no byte string, ``elementIdentifier`` no text,
  or ``elementValue`` is missing (8.3.2.1.2.2).
- ``digest-id-large``: a ``digestID`` that is not smaller than 2 to the 31st (9.1.2.4).
- ``digest-id-repeated``: two items of a namespace have one ``digestID`` (9.1.2.4).
- ``element-repeated``: two items of a namespace have one ``elementIdentifier`` (8.3.2.1.2.2).
- ``random-short``: a ``random`` of less than 16 bytes (9.1.2.5).
- ``random-repeated``: two items have the same ``random`` (9.1.2.5).
- ``element-date-fraction``, ``element-date-offset``: a tdate among the values has a fraction of a second, or
  another offset than ``Z`` (8.1).
- ``digest-missing``: the MSO has no digest for an item (9.1.2.4).
- ``digest-mismatch``: its digest is another one (9.1.2.4, 9.3.1).
- ``mso-not-tagged``: the payload is no encoded MSO with tag 24 (9.1.2.4).
- those of ``mobile_security_object``.

Problems of :meth:`Mdoc.validity`:

- ``expired``: now is after ``validUntil`` (9.3.1).
- ``not-yet-valid``: now is before ``validFrom`` (9.3.1).
- ``issued-in-future``: now is before ``signed``.

Errors, all of them :class:`FormatError`:

- ``credential-type``: no string (OpenID4VCI 1.0 appendix A.2.4).
- ``base64url-alphabet``, ``base64url-length``, ``base64url-trailing-bits``: the text is no base64 at all.
- ``hexadecimal``: the text is hexadecimal.
- those of ``cbor``: the IssuerSigned is no CBOR.
- ``issuer-signed``: the CBOR is no map with ``issuerAuth`` (8.3.2.1.2.2).
- ``cose-structure``, ``cose-header``: ``issuerAuth`` is no COSE_Sign1 (9.1.2.4).
- ``payload-detached``: ``issuerAuth`` has no payload (9.1.2.4).
- ``payload-form``: the payload is no CBOR (9.1.2.4).
- ``mso-cbor``: the byte string in the payload does not hold one CBOR item (RFC 8949 section 3.4.5.1).
- ``mso-form``: the MSO is no map (9.1.2.4).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import base64url, cbor, cose, mobile_security_object
from harness.formats.clock import SKEW_S
from harness.formats.problems import FormatError, Problem, json_type, located, shown
from harness.formats.signer import Signer
from harness.formats.status_list import Form
from harness.formats.status_reference import Reference, of_status
from harness.formats.strict_json import pointer
from harness.model import Json

SIGNATURE_ALGORITHMS = frozenset({-7, -35, -36, -8, -266}) | frozenset(cose.FULLY_SPECIFIED)
"""COSE algorithms of the issuer (9.1.2.4) and their fully specified forms, ESB320 too (RFC 9864)."""
MIN_RANDOM = 16
"""Bytes of ``random`` (9.1.2.5)."""

_ENCODED_ITEM, _DATE_TIME = 24, 0
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{16,}")


@dataclass(frozen=True)
class Item:
    """An IssuerSignedItem as read; a member that is malformed is ``None``."""

    namespace: str
    index: int
    """Place in the array of its namespace."""
    digest_id: int | None
    random: bytes | None
    identifier: str | None
    value: Any
    """``elementValue`` as ``cbor`` gives it."""
    encoded: bytes | None
    """The IssuerSignedItemBytes as sent, tag included: what is digested. ``None`` without tag 24."""

    @property
    def place(self) -> str:
        """How pointers name it."""
        return f"nameSpaces{pointer(self.namespace, self.index)}"


@dataclass(frozen=True)
class Mdoc:
    """An issued mdoc as read; nothing is said about its signature yet."""

    issuer_auth: cose.Sign1
    mso: dict[Any, Any]
    """The MobileSecurityObject as ``cbor`` gives it."""
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]

    @property
    def claims(self) -> Mapping[str, Json]:
        """Namespace to data element identifier to value: dates as text, byte strings as base64url."""
        claims: dict[str, Any] = {}
        for item in self.items:
            if item.identifier is not None:
                claims.setdefault(item.namespace, {})[item.identifier] = _as_json(item.value)
        return claims

    @property
    def elements(self) -> Mapping[str, Mapping[str, Any]]:
        """Namespace to data element identifier to value as ``cbor`` gives it."""
        elements: dict[str, dict[str, Any]] = {}
        for item in self.items:
            if item.identifier is not None:
                elements.setdefault(item.namespace, {})[item.identifier] = item.value
        return elements

    @property
    def algorithm(self) -> int | None:
        """The COSE algorithm of ``issuerAuth``."""
        return self.issuer_auth.algorithm

    @property
    def doc_type(self) -> str | None:
        """The ``docType``, when it is a text."""
        found = self.mso.get("docType")
        return found if isinstance(found, str) else None

    @property
    def validity_info(self) -> Mapping[str, float]:
        """The dates that can be read, in seconds since 1970."""
        return mobile_security_object.validity_info(self.mso)

    @property
    def device_key_jwk(self) -> dict[str, Json] | None:
        """The device key as JWK; ``None`` when it cannot be read."""
        try:
            return dict(cose.jwk_of(mobile_security_object.device_key(self.mso)))
        except cose.CoseError:
            return None

    @property
    def holder_key(self) -> dict[str, Json] | None:
        """The device key."""
        return self.device_key_jwk

    @property
    def expires(self) -> float | None:
        """The ``validUntil`` in seconds since 1970."""
        return self.validity_info.get("validUntil")

    @property
    def signer(self) -> Signer:
        """What points at the document signer's key (9.1.2.4)."""
        return Signer(("x5chain",), certificates=_x5chain(self.issuer_auth))

    @property
    def status_references(self) -> tuple[Reference, ...]:
        """Where its status is published."""
        return of_status(self.mso.get("status"), "mso/status", Form.CWT)

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge the dates of ``validityInfo``; one that is missing or malformed says nothing here.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        dates, place = self.validity_info, "mso/validityInfo"
        problems: list[Problem] = []
        if "validUntil" in dates and now - skew > dates["validUntil"]:
            detail = f"expired {now - dates['validUntil']:.0f} seconds ago"
            problems.append(Problem("expired", detail, f"{place}/validUntil"))
        if "validFrom" in dates and now + skew < dates["validFrom"]:
            detail = f"valid in {dates['validFrom'] - now:.0f} seconds"
            problems.append(Problem("not-yet-valid", detail, f"{place}/validFrom"))
        if "signed" in dates and now + skew < dates["signed"]:
            detail = f"signed {dates['signed'] - now:.0f} seconds from now"
            problems.append(Problem("issued-in-future", detail, f"{place}/signed"))
        return tuple(problems)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed the MSO.

        Raises:
            SignatureError: it did not; see ``cose.verify``.

        """
        cose.verify(self.issuer_auth, jwk)


def read(text: Any) -> Mdoc:
    """Read a credential of the format ``mso_mdoc`` as issued.

    Raises:
        FormatError: it is none, or cannot be read; the kinds are in the module's docstring.

    """
    if not isinstance(text, str):
        raise FormatError("credential-type", f"the credential is {json_type(text)}, not a string")
    data, encoding_problems = _decoded(text)
    document = cbor.parse(data)
    if not isinstance(document.value, dict) or "issuerAuth" not in document.value:
        raise FormatError("issuer-signed", "the CBOR is no map with issuerAuth")
    issuer_auth = cose.parse_sign1(document.value["issuerAuth"])
    mso, mso_problems = _mso(issuer_auth)
    items, item_problems = _items(document.value, mso)
    problems = (
        *encoding_problems,
        *(Problem(p.kind, p.detail, (p.pointer or "").removeprefix("/")) for p in document.problems),
        *located("issuerAuth/", issuer_auth.problems),
        *_header_problems(issuer_auth),
        *mso_problems,
        *mobile_security_object.problems(mso),
        *item_problems,
        *_item_problems(items),
        *_digest_problems(items, mso),
    )
    return Mdoc(issuer_auth, mso, items, problems)


# The encoding


def _decoded(text: str) -> tuple[bytes, list[Problem]]:
    if _HEXADECIMAL.fullmatch(text):
        # No IssuerSigned looks like that in base64url.
        raise FormatError("hexadecimal", "the text is hexadecimal, not base64url")
    try:
        return base64url.decode(text), []
    except base64url.Base64UrlError as error:
        if error.kind == "base64url-padding":
            return base64url.decode(text.rstrip("=")), [Problem(error.kind, error.detail)]
        if error.kind != "base64url-alphabet" or not {"+", "/"} & set(text):
            raise
        # What is base64 otherwise is read, so that one mistake does not hide the others.
        data = base64url.decode(text.rstrip("=").translate(str.maketrans("+/", "-_")))
        return data, [Problem("base64-alphabet", "the text has characters of base64 that base64url has not")]


def _as_json(value: Any) -> Any:
    if isinstance(value, cbor.Tag):
        return _as_json(value.value)
    if isinstance(value, bytes):
        return base64url.encode(value)
    if isinstance(value, list):
        return [_as_json(element) for element in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): _as_json(item) for key, item in value.items()}
    return None if isinstance(value, cbor.Simple) else value


# issuerAuth


def _x5chain(issuer_auth: cose.Sign1) -> Any:
    return issuer_auth.unprotected.get(cose.X5CHAIN, issuer_auth.protected.get(cose.X5CHAIN))


def _header_problems(issuer_auth: cose.Sign1) -> Iterator[Problem]:
    protected, place = issuer_auth.protected, "issuerAuth"
    if cose.ALG in protected and issuer_auth.algorithm not in SIGNATURE_ALGORITHMS:
        detail = f"the algorithm {shown(protected[cose.ALG])} is none of an mdoc"
        yield Problem("alg-not-allowed", detail, f"{place}/protected/1")
    if cose.X5CHAIN not in issuer_auth.unprotected:
        if cose.X5CHAIN in protected:
            yield Problem("x5chain-protected", "x5chain is in the protected header", f"{place}/protected/33")
        else:
            yield Problem("x5chain-missing", "the header has no x5chain", f"{place}/unprotected")
    for label in protected:
        # The other two have problems of their own.
        if label not in (cose.ALG, cose.CRIT, cose.X5CHAIN):
            yield Problem("protected-other", f"the parameter {shown(label)} is protected", f"{place}/protected")


# The MSO


def _mso(issuer_auth: cose.Sign1) -> tuple[dict[Any, Any], list[Problem]]:
    if issuer_auth.payload is None:
        raise FormatError("payload-detached", "issuerAuth has no payload")
    try:
        payload = cbor.parse(issuer_auth.payload)
    except cbor.CborError as error:
        raise FormatError("payload-form", f"the payload is no CBOR: {error.detail}") from None
    value, problems = payload.value, list(located("mso", payload.problems))
    if not _is_encoded_item(value):
        problems.append(Problem("mso-not-tagged", "the payload is no encoded item with tag 24", "mso"))
    value = value.value if isinstance(value, cbor.Tag) else value
    if isinstance(value, bytes):
        try:
            inner = cbor.parse(value)
        except cbor.CborError as error:
            raise FormatError("mso-cbor", f"the MSO is no CBOR item: {error.detail}") from None
        value, problems = inner.value, [*problems, *located("mso", inner.problems)]
    if not isinstance(value, dict):
        raise FormatError("mso-form", "the MSO is no map")
    return value, problems


def _is_encoded_item(value: Any) -> bool:
    return isinstance(value, cbor.Tag) and value.number == _ENCODED_ITEM and isinstance(value.value, bytes)


# The items


def _items(issuer_signed: Mapping[Any, Any], mso: Mapping[Any, Any]) -> tuple[tuple[Item, ...], list[Problem]]:
    items: list[Item] = []
    problems: list[Problem] = []
    if "nameSpaces" not in issuer_signed:
        missing = Problem("namespaces-missing", "there are digests of elements, but no nameSpaces", "nameSpaces")
        return (), [missing] if mso.get("valueDigests") else []
    namespaces = issuer_signed["nameSpaces"]
    if not isinstance(namespaces, dict) or not namespaces:
        return (), [Problem("namespaces-form", "nameSpaces is no non-empty map", "nameSpaces")]
    for namespace, elements in namespaces.items():
        place = f"nameSpaces{pointer(str(namespace))}"
        if not isinstance(namespace, str) or not isinstance(elements, list) or not elements:
            problems.append(Problem("namespaces-form", "no name of a non-empty array of items", place))
            continue
        for index, element in enumerate(elements):
            item = _item(namespace, index, element, problems)
            if item is not None:
                items.append(item)
    return tuple(items), problems


def _item(namespace: str, index: int, element: Any, problems: list[Problem]) -> Item | None:
    place = f"nameSpaces{pointer(namespace, index)}"
    encoded = element.encoded if _is_encoded_item(element) else None
    if encoded is None:
        problems.append(Problem("item-not-tagged", "the element is no encoded item with tag 24", place))
    if isinstance(element, cbor.Tag):
        element = element.value
    if isinstance(element, bytes):
        try:
            inner = cbor.parse(element)
        except cbor.CborError as error:
            problems.append(Problem("item-cbor", f"the item is no CBOR: {error.detail}", place))
            return None
        problems += located(place, inner.problems)
        element = inner.value
    if not isinstance(element, dict):
        problems.append(Problem("item-form", "the item is no map", place))
        return None
    for name, fits in _ITEM_MEMBERS.items():
        if name not in element or not fits(element[name]):
            problems.append(Problem("item-member", f"{name} is missing or of another type", f"{place}/{name}"))
    given = {
        name: element[name] for name, fits in _ITEM_MEMBERS.items() if name in element and fits(element[name])
    }
    if "elementValue" not in given:
        # There is no element then, whatever its name.
        given.pop("elementIdentifier", None)
    return Item(
        namespace,
        index,
        given.get("digestID"),
        given.get("random"),
        given.get("elementIdentifier"),
        given.get("elementValue"),
        encoded,
    )


_ITEM_MEMBERS: Mapping[str, Callable[[Any], bool]] = {
    "digestID": mobile_security_object.is_unsigned,
    "random": lambda value: isinstance(value, bytes),
    "elementIdentifier": lambda value: isinstance(value, str),
    "elementValue": lambda _: True,
}


def _item_problems(items: Iterable[Item]) -> Iterator[Problem]:
    ids: set[tuple[str, int]] = set()
    elements: set[tuple[str, str]] = set()
    randoms = Counter(item.random for item in items if item.random is not None)
    for item in items:
        if item.digest_id is not None:
            if item.digest_id >= mobile_security_object.MAX_DIGEST_ID:
                yield Problem("digest-id-large", "digestID is not smaller than 2 to the 31st", item.place)
            if (item.namespace, item.digest_id) in ids:
                detail = f"the namespace has the digestID {item.digest_id} twice"
                yield Problem("digest-id-repeated", detail, item.place)
            ids.add((item.namespace, item.digest_id))
        if item.identifier is not None:
            if (item.namespace, item.identifier) in elements:
                detail = f"the namespace has {shown(item.identifier)} twice"
                yield Problem("element-repeated", detail, item.place)
            elements.add((item.namespace, item.identifier))
        if item.random is not None:
            if len(item.random) < MIN_RANDOM:
                yield Problem("random-short", f"random has {len(item.random)} bytes", f"{item.place}/random")
            if randoms[item.random] > 1:
                yield Problem("random-repeated", "another item has the same random", f"{item.place}/random")
        for text in _date_times(item.value):
            if "." in text:
                yield Problem("element-date-fraction", "a date-time has a fraction of a second", item.place)
            if not text.endswith("Z"):
                yield Problem("element-date-offset", "a date-time does not end with Z", item.place)


def _date_times(value: Any) -> Iterator[str]:
    """Give the texts of the readable tdates in a value."""
    if isinstance(value, cbor.Tag):
        if value.number == _DATE_TIME and isinstance(value.value, str) and cbor.is_date_time(value.value):
            yield value.value
        else:
            yield from _date_times(value.value)
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _date_times(inner)


def _digest_problems(items: Iterable[Item], mso: Mapping[Any, Any]) -> Iterator[Problem]:
    digests = mso.get("valueDigests")
    for item in items:
        if item.digest_id is None or item.encoded is None:
            continue
        entries = digests.get(item.namespace) if isinstance(digests, dict) else None
        expected = entries.get(item.digest_id) if isinstance(entries, dict) else None
        if expected is None:
            detail = f"the MSO has no digest {item.digest_id} in the namespace"
            yield Problem("digest-missing", detail, item.place)
            continue
        found = mobile_security_object.digest(item.encoded, mso.get("digestAlgorithm"))
        if found is not None and isinstance(expected, bytes) and found != expected:
            yield Problem("digest-mismatch", "the digest in the MSO is not that of the item", item.place)
