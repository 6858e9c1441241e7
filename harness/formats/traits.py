"""What there is in a credential whatever its format: type, claims, key, times, status, and what a signer makes.

Names of claims are those of the formats: RFC 7519 and SD-JWT VC, ISO/IEC 18013-5, and the W3C data model.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from harness.formats import date_time, jwt_claims, mobile_security_object, sd_jwt_digests, vcdm
from harness.formats.jwt_vc import JwtVc
from harness.formats.ldp_vc import LdpVc
from harness.formats.mdoc import Mdoc
from harness.formats.sd_jwt_vc import SdJwtVc

_JWT_TIMES = ("iat", "nbf", "exp")
_W3C_TIMES = ("issuanceDate", "validFrom", "expirationDate", "validUntil")
_ENDS = frozenset({"exp", "expirationDate", "validUntil", "expectedUpdate"})
_STATUS_LISTS = ("status_list", "identifier_list")
_OF_THE_FORMAT = frozenset({*_JWT_TIMES, "cnf", "jti", "id", "sub", "status", "credential_id"})
"""Claims of an SD-JWT VC rather than of its End-User."""
_OF_THE_DOCUMENT = frozenset(
    {
        "date_of_issuance",
        "date_of_expiry",
        "issuance_date",
        "expiry_date",
        "issuanceDate",
        "issue_date",
        "expirationDate",
        "validFrom",
        "validUntil",
        "document_number",
    }
)
"""Claims of the document that a Credential is: times, which may be randomized one by one, and its number."""


@dataclass(frozen=True)
class Traits:
    """What there is in a Credential, whatever its format.

    Attributes:
        types: what says of which type it is.
        key: where its holder's key stands; ``None`` when it names none.
        dataset: what it says of the End-User.
        secrets: by their kind, the values that a signer makes for one Credential: signatures, salts, digests.
        identifiers: the identifiers of the Credential itself.
        statuses: the entries of lists that tell its status.
        times: its times in seconds since 1970.

    """

    types: frozenset[str]
    key: str | None
    dataset: Mapping[str, Any]
    secrets: Mapping[str, frozenset[Hashable]]
    identifiers: Mapping[str, Any]
    statuses: tuple[Any, ...]
    times: Mapping[str, float]

    @property
    def beginnings(self) -> dict[str, float]:
        """The times that are about its issuance rather than its end."""
        return {name: value for name, value in self.times.items() if name not in _ENDS}


@singledispatch
def traits(document: object) -> Traits:
    """Read the traits of a credential.

    Raises:
        TypeError: it is of a format that has none here.

    """
    raise TypeError(f"nothing is known of what is in {type(document).__name__}")


@traits.register
def _of_sd_jwt_vc(vc: SdJwtVc) -> Traits:
    claims = vc.sd_jwt.claims
    salts = frozenset(str(disclosure.salt) for disclosure in vc.sd_jwt.disclosures)
    return Traits(
        types=_texts([claims.get("vct")]),
        key="/cnf" if "cnf" in claims else None,
        dataset=_without(claims, _OF_THE_FORMAT | _OF_THE_DOCUMENT),
        secrets={
            "signature": frozenset({vc.sd_jwt.jws.signature}),
            "salt": salts,
            "digest": frozenset(sd_jwt_digests.embedded(vc.sd_jwt)),
        },
        # Another claim that is called an identifier may be that of the End-User.
        identifiers=_present(claims, "jti"),
        statuses=_list_entries(claims.get("status")),
        times=_numbers(claims),
    )


@traits.register
def _of_mdoc(mdoc: Mdoc) -> Traits:
    digests = mdoc.mso.get("valueDigests")
    namespaces = digests.values() if isinstance(digests, dict) else ()
    return Traits(
        types=_texts([mdoc.doc_type]),
        key=None if mobile_security_object.device_key(mdoc.mso) is None else "mso/deviceKeyInfo/deviceKey",
        dataset={
            f"{namespace} {name}": value
            for namespace, elements in mdoc.claims.items()
            for name, value in _without(elements, _OF_THE_DOCUMENT).items()
        },
        secrets={
            "signature": frozenset({mdoc.issuer_auth.signature}),
            "salt": frozenset(item.random for item in mdoc.items if item.random is not None),
            "digest": frozenset(
                value
                for namespace in namespaces
                if isinstance(namespace, dict)
                for value in namespace.values()
                if isinstance(value, bytes)
            ),
        },
        identifiers={},
        statuses=_list_entries(mdoc.mso.get("status")),
        times=mdoc.validity_info,
    )


@traits.register
def _of_jwt_vc(vc: JwtVc) -> Traits:
    confirmed = None if vc.confirmation is None else "/cnf" if "cnf" in vc.payload else "header/cnf"
    return Traits(
        types=frozenset(vcdm.types(vc.document)),
        key=confirmed or _key_of_subject(vc.document),
        dataset=_of_subjects(vc.document),
        secrets={"signature": frozenset({vc.jws.signature})},
        identifiers=_present(vc.document, "id") | _present(vc.payload, "jti"),
        statuses=(*_status_entries(vc.document), *_list_entries(vc.payload.get("status"))),
        times={**_written_times(vc.document), **_numbers(vc.payload)},
    )


@traits.register
def _of_ldp_vc(vc: LdpVc) -> Traits:
    created = {f"proof {place} created": proof.members.get("created") for place, proof in enumerate(vc.proofs, 1)}
    return Traits(
        types=frozenset(vcdm.types(vc.document)),
        key=_key_of_subject(vc.document),
        dataset=_of_subjects(vc.document),
        secrets={"signature": frozenset(proof.value for proof in vc.proofs if proof.value is not None)},
        identifiers=_present(vc.document, "id"),
        statuses=_status_entries(vc.document),
        times=_written_times(vc.document) | _moments(created),
    )


# Parts of formats


def _texts(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(value for value in values if isinstance(value, str))


def _without(claims: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


def _present(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: claims[name]} if name in claims else {}


def _numbers(claims: Mapping[str, Any]) -> dict[str, float]:
    found = {name: jwt_claims.number(claims.get(name)) for name in _JWT_TIMES}
    return {name: value for name, value in found.items() if value is not None}


def _moments(times: Mapping[str, Any]) -> dict[str, float]:
    found = {name: date_time.seconds(value) for name, value in times.items()}
    return {name: value for name, value in found.items() if value is not None}


def _written_times(document: Mapping[str, Any]) -> dict[str, float]:
    return _moments({name: document.get(name) for name in _W3C_TIMES})


def _of_subjects(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"subject {place} {name}": value
        for place, subject in enumerate(vcdm.subjects(document), 1)
        for name, value in _without(subject, _OF_THE_DOCUMENT | {"id"}).items()
    }


def _key_of_subject(document: Mapping[str, Any]) -> str | None:
    return "/credentialSubject/id" if vcdm.subject_ids(document) else None


def _list_entries(status: Any) -> tuple[Any, ...]:
    """Give the places in lists; a mechanism without a list has nothing unique in it."""
    return tuple(status[name] for name in _STATUS_LISTS if name in status) if isinstance(status, dict) else ()


def _status_entries(document: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(_entries(document.get("credentialStatus")))


def _entries(status: Any) -> Iterator[Any]:
    for entry in status if isinstance(status, list) else [status]:
        if isinstance(entry, dict):
            yield entry
