"""Credentials of the format ``mso_mdoc`` (mobile documents of ISO/IEC 18013-5, OpenID4VCI appendix A.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from harness.reference import cbor, cose, document_signer, keys, status
from harness.reference.cbor import DATE_TIME, FULL_DATE, Tag, embedded
from harness.reference.context import Context
from harness.reference.encoding import base64url
from harness.reference.lifetime import issued_at, lifetime
from harness.reference.sd_jwt import HASHES

JsonObject = dict[str, Any]

DOCUMENT = "mdoc"
_ANNOUNCED = {"ES256": (-7, -9), "ES384": (-51,), "EdDSA": (-8,)}
"""What the metadata say of an algorithm: its own identifier, one that is fully specified, or both (A.2.2)."""
_RANDOM_LENGTH = 32
_DECOYS = 2


def described(context: Context, data: Mapping[str, Any]) -> JsonObject:
    """Give what the metadata say of the format (OpenID4VCI A.2.2)."""
    members: JsonObject = {"doctype": data["doctype"]}
    if context.variant.detail == "full":
        members["credential_signing_alg_values_supported"] = list(_ANNOUNCED[context.variant.signing_algorithm])
    return members


def draft(context: Context, data: Mapping[str, Any], holder_key: Mapping[str, Any] | None) -> Mdoc:
    """Build a credential, bound to ``holder_key``; without one, which no rule allows, it has no device key."""
    variant = context.variant
    issued = issued_at(context)
    validity = {
        "signed": tdate(issued),
        "validFrom": tdate(issued),
        "validUntil": tdate(issued + lifetime(context)),
    }
    if variant.detail == "full":
        validity["expectedUpdate"] = tdate(issued + lifetime(context) // 2)
    return Mdoc(
        data["doctype"],
        {name: _items(context, elements) for name, elements in data["namespaces"].items()},
        variant.hash_name.upper(),
        [context.random_bytes(64) for _ in range(_DECOYS)] if variant.disclosure == "rich" else [],
        None if holder_key is None else cose.cose_key(holder_key),
        validity,
        issued,
        keys.issuer_key(variant.signing_algorithm),
        status.claim(context, "mso_mdoc"),
    )


@dataclass
class Mdoc:
    """A mobile document before its Mobile Security Object is made.

    What is made of it in turn passes a seam each time: the certificates of authority and signer, the Mobile
    Security Object, the signature over it, the ``IssuerSigned`` structure, and its encoding.
    """

    doc_type: str
    items: dict[str, list[JsonObject]]
    """The ``IssuerSignedItem`` structures of each namespace (ISO/IEC 18013-5:2021 8.3.2.1.2.2)."""
    digest_algorithm: str
    decoys: list[bytes]
    """What further digests of each namespace are made of: those of elements that are not handed out."""
    device_key: dict[int, Any] | None
    validity: JsonObject
    issued: int
    """Seconds since the epoch."""
    key: keys.SigningKey
    status: JsonObject | None = None
    """Its place in a status list."""

    def layers(self) -> Iterator[tuple[str, Any]]:
        """Give what is made of this document, step by step, with the seam that each step passes."""
        yield "iaca", self.authority
        yield "document-signer", self.certificate
        yield "mso", self.mso
        yield "issuer-auth", self.issuer_auth
        yield "issuer-signed", self.issuer_signed
        yield "mdoc-encoding", self.encoding

    def signed(self) -> str:
        """Give the value of ``credential`` (OpenID4VCI A.2.4)."""
        return self.encoding.text()

    @cached_property
    def authority(self) -> document_signer.Certificate:
        """The root certificate of the authority, which wallets and verifiers have from elsewhere."""
        return document_signer.authority(self.issued)

    @cached_property
    def certificate(self) -> document_signer.Certificate:
        """The certificate of the signing key."""
        return document_signer.document_signer(self.key, self.issued, self.authority)

    @cached_property
    def mso(self) -> JsonObject:
        """The Mobile Security Object (ISO/IEC 18013-5:2021 9.1.2.4)."""
        device_key_info: JsonObject = {}
        if self.device_key is not None:
            device_key_info["deviceKey"] = self.device_key
        device_key_info["keyAuthorizations"] = {"nameSpaces": list(self.items)}
        mso = {
            "version": "1.0",
            "digestAlgorithm": self.digest_algorithm,
            "valueDigests": {name: self._digests(items) for name, items in self.items.items()},
            "deviceKeyInfo": device_key_info,
            "docType": self.doc_type,
            "validityInfo": self.validity,
        }
        return mso if self.status is None else {**mso, "status": self.status}

    def _digests(self, items: list[JsonObject]) -> dict[int, bytes]:
        digests = {
            item["digestID"]: digest(self.digest_algorithm, cbor.dumps(embedded(item)))
            for item in items
            if "digestID" in item
        }
        decoys = enumerate(self.decoys, len(items))
        return digests | {number: digest(self.digest_algorithm, text) for number, text in decoys}

    @cached_property
    def issuer_auth(self) -> cose.Sign1:
        """The signature over the Mobile Security Object (ISO/IEC 18013-5:2021 9.1.2.4)."""
        return cose.Sign1(
            {cose.ALG: cose.ALGORITHMS[self.key.algorithm]},
            {cose.X5CHAIN: self.certificate.der()},
            cbor.dumps(embedded(self.mso)),
            self.key,
        )

    @cached_property
    def issuer_signed(self) -> JsonObject:
        """The ``IssuerSigned`` structure (ISO/IEC 18013-5:2021 8.3.2.1.2.2)."""
        return {
            "nameSpaces": {name: [embedded(item) for item in items] for name, items in self.items.items()},
            "issuerAuth": self.issuer_auth.signed(),
        }

    @cached_property
    def encoding(self) -> Encoding:
        """The structure in CBOR."""
        return Encoding(cbor.dumps(self.issuer_signed))


@dataclass
class Encoding:
    """A mobile document as bytes, and how they are spelled in JSON."""

    data: bytes
    spelling: Callable[[bytes], str] = base64url

    def text(self) -> str:
        """Give the bytes as a string."""
        return self.spelling(self.data)


def tdate(moment: float) -> Tag:
    """Give a time, in seconds since the epoch, as date-time string without fraction and in UTC (9.1.2.4)."""
    return Tag(DATE_TIME, datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def full_date(text: str) -> Tag:
    """Give a date (RFC 8943)."""
    return Tag(FULL_DATE, text)


def digest(algorithm: str, data: bytes) -> bytes:
    """Hash with one of the algorithms of ISO/IEC 18013-5:2021 9.1.2.5."""
    return HASHES[algorithm.lower()](data).digest()


def _items(context: Context, elements: Mapping[str, Any]) -> list[JsonObject]:
    # Numbers by chance, so that the number of an element tells nothing about those that are held back.
    randoms = {name: context.random_bytes(_RANDOM_LENGTH) for name in elements}
    numbers = {name: number for number, name in enumerate(sorted(randoms, key=randoms.__getitem__))}
    return [
        {
            "digestID": numbers[name],
            "random": randoms[name],
            "elementIdentifier": name,
            "elementValue": element_value(value),
        }
        for name, value in elements.items()
    ]


def element_value(value: Any) -> Any:
    """Give the CBOR value that a configuration writes in JSON.

    Objects with the one member ``full-date``, ``tdate`` or ``file`` stand for a date, a time, and the bytes of a
    file in this package.
    """
    if isinstance(value, list):
        return [element_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    match list(value.items()):
        case [("full-date", date)]:
            return full_date(date)
        case [("tdate", time)]:
            return Tag(DATE_TIME, time)
        case [("file", name)]:
            return _file(name)
    return {name: element_value(item) for name, item in value.items()}


@cache
def _file(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()
