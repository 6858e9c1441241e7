"""Certificates in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from harness.formats import document_signer
from harness.formats import x509 as chains
from harness.formats.certificate_words import (
    UNREADABLE,
    distinguished_name,
    key_kind,
    signature_algorithm,
    told,
)
from harness.formats.problems import Problem
from harness.inspection.inspection import Complaint, Inspection, Row, Section, Signature
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import Recognised
from harness.inspection.surroundings import Surroundings
from harness.model import Json
from harness.trust.files import anchors

_PURPOSES = {
    "1.0.18013.5.1.2": "document signer of mdocs (mdlDS)",
    "1.0.18013.5.1.6": "mdoc reader",
    "1.0.18013.5.1.8": "signer of VICALs",
    "1.3.6.1.5.5.7.3.30": "OAuth status signing",
}
_NAMES = {
    x509.UniformResourceIdentifier: "URI",
    x509.DNSName: "DNS",
    x509.RFC822Name: "mail",
    x509.IPAddress: "IP",
    x509.DirectoryName: "directory",
}


async def inspect(found: Recognised, around: Surroundings) -> Inspection:
    """Look at certificates, the one that signs first."""
    certificates: tuple[x509.Certificate, ...] = found.value
    trusted = anchors(around.trust.x5c)
    chain = chains.check_chain(certificates[: chains.MAX_CERTIFICATES], around.now, trusted)
    complaints = [complaint(problem, "formats.x509") for problem in _problems(certificates, chain, around.now)]
    complaints += _of_document_signer(certificates)
    title = "Certificate" if len(certificates) == 1 else f"{len(certificates)} certificates"
    return Inspection(
        "certificates",
        title,
        sections(certificates, around.now),
        [_as_json(certificate, around.now) for certificate in certificates],
        Signature(*_worth(certificates, chain)),
        tuple(complaints),
    )


def sections(certificates: tuple[x509.Certificate, ...], now: float) -> tuple[Section, ...]:
    """Give a section for each certificate.

    Args:
        now: seconds since 1970.

    """
    many = len(certificates) > 1
    return tuple(
        Section(f"Certificate {number} of {len(certificates)}" if many else "Certificate", rows)
        for number, rows in enumerate((_rows(certificate, now) for certificate in certificates), 1)
    )


def counted(number: int) -> str:
    """Say how many certificates are shown in words elsewhere."""
    return f"{number} certificate{'' if number == 1 else 's'}, see below"


def trust_in_words(chain: chains.ChainResult | None) -> str:
    """Say what a chain is worth."""
    if chain is None:
        return ""
    if chain.trusted is None:
        return "trust not tested: no anchor was given with --trust"
    return "leads to an anchor of --trust" if chain.trusted else "leads to no anchor of --trust"


def _problems(
    certificates: tuple[x509.Certificate, ...], chain: chains.ChainResult, now: float
) -> Iterator[Problem]:
    """Give the problems of a chain, or of roots, none of which signs credentials or stands above another."""
    if not all(map(chains.is_self_signed, certificates)):
        yield from (problem for problem in chain.problems if problem.kind != "root-included")
        return
    for index, certificate in enumerate(certificates):
        for problem in chains.check_chain([certificate], now).problems:
            if problem.kind != "leaf-key-usage":
                yield replace(problem, pointer=f"/{index}")


def _worth(certificates: tuple[x509.Certificate, ...], chain: chains.ChainResult) -> tuple[bool | None, str]:
    if chain.trusted:
        return True, trust_in_words(chain)
    if len(certificates) == 1 and chains.is_self_signed(certificates[0]):
        return True, f"signed with its own key; {trust_in_words(chain)}"
    return None if chain.trusted is None else False, trust_in_words(chain)


def _of_document_signer(certificates: tuple[x509.Certificate, ...]) -> Iterator[Complaint]:
    first, *further = certificates
    try:
        usage = first.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (*UNREADABLE, x509.ExtensionNotFound):
        return
    if document_signer.DOCUMENT_SIGNER not in usage:
        return
    issuer = further[0] if further else None
    for problem in document_signer.document_signer_problems(first, issuer, None):
        yield complaint(problem, "formats.document_signer")
    for root in filter(chains.is_self_signed, further):
        for problem in document_signer.iaca_problems(root):
            yield complaint(problem, "formats.document_signer")


def _as_json(certificate: x509.Certificate, now: float) -> Json:
    members: dict[str, Json] = {}
    for row in _rows(certificate, now):
        before = members.get(row.label)
        members[row.label] = row.value if before is None else f"{before}; {row.value}"
    return members


def _rows(certificate: x509.Certificate, now: float) -> tuple[Row, ...]:
    return (
        Row("subject", told(lambda: distinguished_name(certificate.subject))),
        Row("issuer", told(lambda: _issuer(certificate))),
        Row("validity", told(lambda: _validity(certificate, now))),
        Row("key", told(lambda: _key(certificate))),
        Row("signed with", told(lambda: signature_algorithm(certificate))),
        Row("serial number", told(lambda: f"{certificate.serial_number:x}")),
        *_extension_rows(certificate),
        Row("SHA-256", certificate.fingerprint(SHA256()).hex()),
    )


def _issuer(certificate: x509.Certificate) -> str:
    name = distinguished_name(certificate.issuer)
    return f"{name}  (its own)" if chains.is_self_signed(certificate) else name


def _validity(certificate: x509.Certificate, now: float) -> str:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    text = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC ({(last - first).days} days)"
    moment = datetime.fromtimestamp(now, UTC)
    if moment > last:
        return f"{text}, expired {(moment - last).days} days ago"
    return f"{text}, begins in {(first - moment).days} days" if moment < first else text


_KEYS = {"EC": "elliptic curve {}", "RSA": "RSA with {} bits"}


def _key(certificate: x509.Certificate) -> str:
    kind, size = key_kind(certificate)
    return _KEYS.get(kind, kind).format(size)


def _extension_rows(certificate: x509.Certificate) -> Iterator[Row]:
    try:
        extensions = list(certificate.extensions)
    except UNREADABLE as error:
        yield Row("extensions", f"(cannot be read: {error})")
        return
    for extension in extensions:
        label, words = _WORDS.get(type(extension.value), ("extension", lambda value: value.oid.dotted_string))
        text = told(lambda words=words, value=extension.value: words(value))  # type: ignore[misc]
        yield Row(label, f"{text}  (critical)" if extension.critical else text)


def _names(value: Any) -> str:
    return ", ".join(_general_name(name) for name in value) or "(none)"


def _general_name(name: x509.GeneralName) -> str:
    shown = name.value.rfc4514_string() if isinstance(name, x509.DirectoryName) else name.value
    return f"{_NAMES.get(type(name), type(name).__name__)} {shown}"


def _usage(value: Any) -> str:
    return ", ".join(name.replace("_", " ") for name in chains.key_usages(value)) or "(none)"


def _purposes(value: Any) -> str:
    return ", ".join(_PURPOSES.get(oid.dotted_string) or getattr(oid, "_name", oid.dotted_string) for oid in value)


def _constraints(value: Any) -> str:
    if not value.ca:
        return "no authority"
    return "an authority" + ("" if value.path_length is None else f", path length {value.path_length}")


def _authority_key(value: Any) -> str:
    return "(without identifier)" if value.key_identifier is None else value.key_identifier.hex()


def _points(value: Any) -> str:
    return "; ".join(_names(point.full_name or ()) for point in value)


_WORDS: dict[type, tuple[str, Callable[[Any], str]]] = {
    x509.KeyUsage: ("key usage", _usage),
    x509.ExtendedKeyUsage: ("extended usage", _purposes),
    x509.BasicConstraints: ("constraints", _constraints),
    x509.SubjectAlternativeName: ("subject also", _names),
    x509.IssuerAlternativeName: ("issuer also", _names),
    x509.SubjectKeyIdentifier: ("key identifier", lambda value: value.digest.hex()),
    x509.AuthorityKeyIdentifier: ("issuer's key", _authority_key),
    x509.CRLDistributionPoints: ("CRLs at", _points),
}
"""Extension to how it is called here and how its value is put into words."""
