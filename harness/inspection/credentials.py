"""Credentials of every format that has a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cryptography import x509 as pyca

from harness.evidence import Blocked, IssuedCredential
from harness.facts import Facts
from harness.formats import cbor_diagnostic, cose, credential, jose, x509
from harness.formats.credential import Credential
from harness.formats.data_integrity import Unverifiable
from harness.formats.mdoc import Mdoc
from harness.formats.problems import FormatError, Problem
from harness.formats.sd_jwt_vc import SdJwtVc
from harness.formats.signatures import SignatureError
from harness.inspection import certificates
from harness.inspection.inspection import Complaint, Inspection, Row, Section, Signature
from harness.inspection.judging import SCENARIO, Unseen, Withheld, issuer_of_credential, judge
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import JWT_VC, JWT_VC_LD, LDP_VC, MDOC, SD_JWT_VC, Recognised
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import LONGEST_TEXT, concealed, concealed_cbor, cut, moment, rows
from harness.model import Json, Level
from harness.trust.found import IssuerKey

TITLES = {
    SD_JWT_VC: "SD-JWT VC (dc+sd-jwt)",
    MDOC: "mdoc (mso_mdoc)",
    JWT_VC: "W3C Verifiable Credential as JWT (jwt_vc_json)",
    JWT_VC_LD: "W3C Verifiable Credential as JWT with JSON-LD (jwt_vc_json-ld)",
    LDP_VC: "W3C Verifiable Credential with Data Integrity (ldp_vc)",
}
_READERS = {
    SD_JWT_VC: ("formats.sd_jwt_vc", "formats.sd_jwt", "formats.jwt_claims", "formats.jose"),
    MDOC: ("formats.mdoc", "formats.mobile_security_object", "formats.cbor", "formats.cose"),
    **dict.fromkeys((JWT_VC, JWT_VC_LD), ("formats.jwt_vc", "formats.vcdm", "formats.jwt_claims", "formats.jose")),
    LDP_VC: ("formats.ldp_vc", "formats.vcdm", "formats.data_integrity"),
}
"""Format to the modules whose words for a problem count first."""
_VERIFICATION = {MDOC: "RFC 9052, 4.4", LDP_VC: "Data Integrity 1.0, 4.4"}
"""Format to the clause by which a signature is verified; that of JWS for the others."""
_ALLOWED = frozenset({"not-yet-valid"})
"""Problems that are worth knowing, and right where no check tells of them."""
_DISCLOSABLE = "selectively disclosable"


async def inspect(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a credential."""
    name = found.format
    title = TITLES[name]
    try:
        document = credential.read(name, found.value)
    except FormatError as error:
        return await _unreadable(found, around, title, error)
    key = await _key(document, around)
    decided = await _judged(found, around, key)
    state = _signature(document, key)
    own = (
        *(complaint(problem, "formats.strict_json") for problem in found.problems),
        *_uncovered(problems_of(document, around.now), decided.complaints, _READERS[name]),
    )
    shown = key.certificates if isinstance(key, IssuerKey) else ()
    return Inspection(
        "credential",
        title,
        (
            _in_short(document, around.now),
            *_sections(document),
            *certificates.sections(shown or _certificates(document), around.now),
        ),
        concealed(_decoded(document)),
        state,
        (*decided.complaints, *own, *_forged(state, decided.complaints, name)),
        decided.undecided,
    )


def problems_of(document: Credential, now: float) -> tuple[Problem, ...]:
    """Give all that a reader says of a credential.

    Args:
        now: seconds since 1970.

    """
    inner = document.sd_jwt.problems if isinstance(document, SdJwtVc) else ()
    return (*inner, *document.problems, *document.validity(now))


async def _unreadable(found: Recognised, around: Surroundings, title: str, error: FormatError) -> Inspection:
    decided = await _judged(found, around, Withheld("the credential cannot be read"))
    unread = complaint(Problem(error.kind, f"it cannot be read: {error.detail}"), *_READERS[found.format])
    raw = concealed(found.value)
    content = rows(raw) if isinstance(raw, dict) else ()
    return Inspection(
        "credential",
        title,
        (Section("Content", content),) if content else (),
        raw,
        Signature(None, error.detail),
        (*decided.complaints, unread),
        decided.undecided,
    )


async def _key(document: Credential, around: Surroundings) -> IssuerKey | Withheld:
    try:
        return await around.key_of(document)
    except Blocked as error:
        return Withheld(str(error))


async def _judged(found: Recognised, around: Surroundings, key: IssuerKey | Withheld) -> Any:
    keys: Any = Unseen("the keys of the request are not in the document")
    name = found.format
    issued = IssuedCredential(found.value, 0, "", keys, around.now, name)
    facts = Facts(issuer_of_credential(_configuration(issued, found)), SCENARIO)
    if isinstance(key, IssuerKey) and key.mechanism is None:
        key = Withheld(key.missing)
    evidence = {"credential": issued, "issuer_key": key}
    return await judge(around.checks, around.requirements, evidence, facts)


def _configuration(issued: IssuedCredential, found: Recognised) -> dict[str, Any]:
    """Give the configuration a credential shows to be of, by which the checks of its type apply.

    What is released of an mdoc shows no type, since nothing demands that all data elements are.
    """
    if found.released:
        return {"format": issued.format}
    try:
        return {"format": issued.format, "doctype": issued.mdoc.doc_type}
    except Blocked:
        return {"format": issued.format}


def _signature(document: Credential, key: IssuerKey | Withheld) -> Signature:
    if isinstance(key, Withheld):
        return Signature(None, f"not checked: {key.reason}")
    if key.jwk is None:
        return Signature(None, f"not checked: {key.missing}")
    by = f"by the key of {key.mechanism}"
    trust = certificates.trust_in_words(key.chain)
    try:
        document.verify(key.jwk)
    except Unverifiable as error:
        return Signature(None, f"not checked: {error.detail}")
    except SignatureError as error:
        return Signature(False, f"does not verify {by}: {error.detail}")
    return Signature(True, f"verifies {by}" + (f"; {trust}" if trust else ""))


def _forged(state: Signature, complaints: Iterable[Complaint], name: str) -> Iterator[Complaint]:
    if state.verified is False and not any("SIGNATURE" in one.code for one in complaints):
        yield Complaint("signature", state.detail, clause=_VERIFICATION.get(name, "RFC 7515, 5.2"))


def _uncovered(
    problems: Iterable[Problem], complaints: Iterable[Complaint], readers: Iterable[str]
) -> Iterator[Complaint]:
    """Give the problems that no check told of; a check names the first of its kind and counts the rest."""
    told = [one.observed for one in complaints]
    listed = list(problems)
    covered = {problem.kind for problem in listed if any(problem.detail in text for text in told)}
    for problem in listed:
        if problem.kind not in covered:
            one = complaint(problem, *readers)
            yield replace(one, level=Level.MAY) if problem.kind in _ALLOWED else one


def _certificates(document: Credential) -> tuple[pyca.Certificate, ...]:
    """Give the certificates a credential carries, when another way led to the key."""
    carried = document.signer.certificates
    try:
        if isinstance(carried, list) and carried and isinstance(carried[0], str):
            return x509.parse_x5c(carried).certificates
        return x509.parse_x5chain(carried).certificates if carried is not None else ()
    except x509.X509Error:
        return ()


# What is in it


def _sections(document: Credential) -> tuple[Section, ...]:
    for kind, sections in _SECTIONS.items():
        if isinstance(document, kind):
            return sections(document)
    return _of_any(document)


def _of_any(document: Credential) -> tuple[Section, ...]:
    jws = getattr(document, "jws", None)
    if isinstance(jws, jose.Jws):
        header = Section("Header", rows(concealed(_without_certificates(jws.header))))
    else:
        header = Section("Signed with", (Row("algorithm", str(document.algorithm)),))
    content = getattr(document, "document", None)
    claims = content if isinstance(content, Mapping) else document.claims
    return header, Section("Content", rows(concealed(dict(claims))))


def _of_sd_jwt(document: Any) -> tuple[Section, ...]:
    parsed = document.sd_jwt
    mark = _DISCLOSABLE if parsed.disclosed else ""
    disclosures = (
        Row(
            f"{number}",
            f"{'array element' if one.name is None else one.name}, salt of {len(str(one.salt))} characters, "
            f"digest {one.digest}",
        )
        for number, one in enumerate(parsed.disclosures, 1)
    )
    return (
        Section("Header", rows(concealed(_without_certificates(parsed.jws.header)))),
        Section("Claims", rows(concealed(parsed.claims), parsed.disclosed), mark=mark),
        *([Section("Disclosures", tuple(disclosures))] if parsed.disclosures else []),
    )


def _without_certificates(header: Mapping[str, Json]) -> dict[str, Json]:
    """Leave out what is shown in words further down."""
    x5c = header.get("x5c")
    return {**header, "x5c": certificates.counted(len(x5c))} if isinstance(x5c, list) else dict(header)


def _of_mdoc(document: Any) -> tuple[Section, ...]:
    dates = tuple(Row(name, moment(value) or "", 1) for name, value in document.validity_info.items())
    mso = document.mso
    head = (
        Row("docType", str(document.doc_type)),
        Row("version", str(mso.get("version"))),
        Row("digestAlgorithm", str(mso.get("digestAlgorithm"))),
        Row("signed with", _cose_algorithm(document.algorithm)),
        Row("validityInfo"),
        *dates,
    )
    elements = tuple(
        row
        for namespace, members in document.elements.items()
        for row in (
            Row(namespace),
            *(
                Row(name, cut(cbor_diagnostic.diagnostic(concealed_cbor(value), longest=24)), 1)
                for name, value in members.items()
            ),
        )
    )
    return (
        Section("Mobile Security Object", head),
        Section("Data elements (diagnostic notation)", elements),
        Section(
            "Mobile Security Object as CBOR (diagnostic notation)",
            text=cut(cbor_diagnostic.diagnostic(concealed_cbor(mso), longest=8), LONGEST_TEXT),
        ),
    )


def _cose_algorithm(number: Any) -> str:
    named = cose.JOSE_NAMES.get(number) if isinstance(number, int) else None
    return f"{named}, COSE algorithm {number}" if named else f"COSE algorithm {number}"


_SECTIONS: dict[type, Callable[[Any], tuple[Section, ...]]] = {SdJwtVc: _of_sd_jwt, Mdoc: _of_mdoc}
"""Readers' classes with more to show than every credential has."""


def _decoded(document: Credential) -> Json:
    if isinstance(document, SdJwtVc):
        parsed = document.sd_jwt
        return {
            "header": parsed.jws.header,
            "payload": parsed.payload,
            "claims": parsed.claims,
            "disclosable": sorted(parsed.disclosed),
        }
    if isinstance(document, Mdoc):
        return {
            "docType": document.doc_type,
            "nameSpaces": dict(document.claims),
            "issuerAuth": {"algorithm": document.algorithm},
            "mso": cbor_diagnostic.diagnostic(concealed_cbor(document.mso)),
        }
    content = getattr(document, "document", None)
    return dict(content if isinstance(content, Mapping) else document.claims)


def _in_short(document: Credential, now: float) -> Section:
    key = document.holder_key
    bound = "to no key" if key is None else " ".join(str(key[name]) for name in ("kty", "crv") if name in key)
    expires = moment(document.expires)
    ended = document.expires is not None and document.expires <= now
    return Section(
        "In short",
        (
            Row("bound", bound),
            Row("expires", "never" if expires is None else f"{expires}{', which has passed' if ended else ''}"),
        ),
    )
