"""Revocation lists of mobile documents: ISO/IEC 18013-5 second edition clause 12.3.6.

Who signs these lists, and whether they are trusted, is judged with all other status lists.
"""

from __future__ import annotations

from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import cose
from harness.formats.cwt import Cwt
from harness.formats.identifier_list import ALGORITHMS, MEDIA_TYPE, IdentifierList
from harness.formats.problems import Problem
from harness.formats.status_list_token import StatusListToken
from harness.formats.status_reference import Mechanism, State
from harness.formats.x509 import in_der, is_issued_by, same_authority, subject
from harness.lifecycle.status import CredentialStatus, Entry
from harness.trust.found import IssuerKey
from suites.oid4vci._problems import Rule, at, judge
from suites.oid4vci._status_lists import UNREACHED, entries, lists, place

_IDENTIFIERS = when.status_by(Mechanism.IDENTIFIER_LIST)
check = partial(area("Revocation Lists of Mobile Documents", per=Per.SCENARIO), applies=when.mdoc & _IDENTIFIERS)

_AUTHORITY = {
    Mechanism.IDENTIFIER_LIST: "ISO18013-12.3.6.2-05",
    Mechanism.STATUS_LIST: "ISO18013-12.3.6.5-02",
}
"""What says whose certificates the signer of a list has."""
_INFO, _ENVELOPE, _LIST = "ISO18013-12.3.6.2", "ISO18013-12.3.6.3", "ISO18013-12.3.6.4"
_TOO_MUCH = frozenset({"cbor-too-large", "cbor-too-deep", "cbor-too-many"})
"""Kinds of errors by which we read no further, which says nothing against a list."""


def _read(status: CredentialStatus) -> list[tuple[Entry, IdentifierList]]:
    found = lists(status, Mechanism.IDENTIFIER_LIST)
    return [(entry, document) for entry, document, _ in found if isinstance(document, IdentifierList)]


# The reference in the MSO


@check(
    "identifier-list-reference",
    requires=[f"{_INFO}-01", f"{_INFO}-02", "HAIP-5.3.1-01"],
    applies=when.mdoc & when.mso_status("identifier_list"),
    proven_by={
        "mso:identifier-list-array": "IDENTIFIER-LIST-REFERENCE",
        "mso:identifier-missing": "IDENTIFIER-LIST-ID",
        "mso:identifier-text": "IDENTIFIER-LIST-ID",
        "mso:identifier-list-uri-missing": "IDENTIFIER-LIST-URI",
        "mso:identifier-list-uri-relative": "IDENTIFIER-LIST-URI",
    },
)
async def reference_names_list_and_identifier(credential: IssuedCredential, expect: Expect) -> None:
    """``identifier_list`` of the MSO has an ``id``, a byte string, and a ``uri``."""
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("identifier-list", "IDENTIFIER-LIST-REFERENCE", "a map", f"{_INFO}-01"),
        Rule("identifier-list-id", "IDENTIFIER-LIST-ID", "an id, a byte string", f"{_INFO}-01"),
        Rule("identifier-list-uri", "IDENTIFIER-LIST-URI", "a uri, a URI", f"{_INFO}-02"),
    )


@check(
    "mso-status-certificate",
    requires=[f"{_INFO}-03"],
    applies=when.mdoc & when.mso_status_certificate,
    proven_by={
        "mso:status-certificate-garbage": "MSO-STATUS-CERTIFICATE",
        "mso:status-certificate-text": "MSO-STATUS-CERTIFICATE",
    },
)
async def named_certificate_is_one(credential: IssuedCredential, expect: Expect) -> None:
    """The ``certificate`` that the MSO names for its revocation list is one in DER."""
    rule = Rule("status-certificate", "MSO-STATUS-CERTIFICATE", "a certificate in DER", f"{_INFO}-03")
    judge(expect, at(credential), credential.mdoc.problems, rule)


# The answer


@check(
    "identifier-list-answer",
    requires=[f"{_LIST}-02", f"{_ENVELOPE}-01"],
    proven_by={
        "status-response:identifier-list-missing": "IDENTIFIER-LIST-MISSING",
        "status-response:token-redirected-forever": "IDENTIFIER-LIST-MISSING",
        "status-response:identifier-list-media-type": "IDENTIFIER-LIST-MEDIA-TYPE",
        "status-response:identifier-list-json": "IDENTIFIER-LIST-FORM",
        "status-token:identifier-list-array": "IDENTIFIER-LIST-FORM",
    },
)
async def answer_is_an_identifier_list(
    credential: IssuedCredential, status: CredentialStatus, expect: Expect
) -> None:
    """The ``uri`` of the MSO leads to a CWT with the media type of identifier lists."""
    for entry in entries(status, Mechanism.IDENTIFIER_LIST):
        reply, problem = entry.reply, entry.fetched.problem
        if problem is not None and problem.kind in UNREACHED:
            raise Blocked(entry.missing)
        that = partial(expect.that, at=entry.fetched.replies[-1] if entry.fetched.replies else credential.exchange)
        observed = reply.gist if reply is not None else entry.missing
        arrived = reply is not None and reply.successful
        if not that(arrived, "IDENTIFIER-LIST-MISSING", "the identifier list", observed) or reply is None:
            continue
        found = reply.media_type
        that(found == MEDIA_TYPE, "IDENTIFIER-LIST-MEDIA-TYPE", MEDIA_TYPE, found, pointer="header Content-Type")
        unread = entry.unread
        if unread is not None and unread.kind in _TOO_MUCH:
            raise Blocked(entry.missing)
        read = unread.detail if unread else ""
        that(unread is None, "IDENTIFIER-LIST-FORM", "a signed CWT", read, requirement=f"{_ENVELOPE}-01")


# The token


@check(
    "identifier-list-header",
    requires=[f"{_LIST}-01", f"{_ENVELOPE}-02", f"{_ENVELOPE}-03"],
    proven_by={
        "status-token:identifier-list-typ-missing": "IDENTIFIER-LIST-TYPE",
        "status-token:identifier-list-typ-other": "IDENTIFIER-LIST-TYPE",
        "status-token:identifier-list-typ-short": "IDENTIFIER-LIST-TYPE",
        "status-token:mdoc-algorithm-other": "IDENTIFIER-LIST-ALGORITHM",
        "status-token:mdoc-mac": "IDENTIFIER-LIST-ALGORITHM",
        "status-token:x5chain-missing": "IDENTIFIER-LIST-X5CHAIN",
        "status-token:x5chain-unprotected": "IDENTIFIER-LIST-X5CHAIN",
    },
)
async def header_says_what_it_is(status: CredentialStatus, expect: Expect) -> None:
    """The protected header of the list has its type, an algorithm of mobile documents and ``x5chain``."""
    for entry, document in _read(status):
        judge(
            expect,
            place(entry),
            document.problems,
            Rule("list-type", "IDENTIFIER-LIST-TYPE", MEDIA_TYPE, f"{_LIST}-01"),
            Rule(
                "list-algorithm list-mac alg-missing alg-unprotected",
                "IDENTIFIER-LIST-ALGORITHM",
                "a signature with an algorithm of mobile documents",
                f"{_ENVELOPE}-02",
            ),
            Rule(
                "list-x5chain-missing list-x5chain-unprotected",
                "IDENTIFIER-LIST-X5CHAIN",
                "a protected x5chain",
                f"{_ENVELOPE}-03",
            ),
        )


@check(
    "identifier-list-claims",
    requires=[f"{_ENVELOPE}-05", f"{_ENVELOPE}-04", f"{_LIST}-04"],
    proven_by={
        "status-token:identifier-list-sub-missing": "IDENTIFIER-LIST-SUBJECT",
        "status-token:identifier-list-sub-other": "IDENTIFIER-LIST-SUBJECT",
        "status-token:identifier-list-iat-missing": "IDENTIFIER-LIST-ISSUED",
        "status-token:identifier-list-iat-text": "IDENTIFIER-LIST-ISSUED",
        "status-token:identifier-list-iat-future": "IDENTIFIER-LIST-ISSUED",
        "status-token:identifier-list-exp-missing": "IDENTIFIER-LIST-EXPIRES",
        "status-token:identifier-list-expired": "IDENTIFIER-LIST-EXPIRED",
        "status-token:identifier-list-ttl-zero": "IDENTIFIER-LIST-TTL",
        "status-token:identifier-list-ttl-text": "IDENTIFIER-LIST-TTL",
        "status-token:both-lists": "IDENTIFIER-LIST-OTHER-LIST",
    },
)
async def claims_are_those_of_a_list(status: CredentialStatus, expect: Expect) -> None:
    """The list says which it is, since when and how long it counts, and is no Token Status List besides."""
    for entry, document in _read(status):
        expect.that(
            document.subject == entry.reference.uri,
            "IDENTIFIER-LIST-SUBJECT",
            f"the sub {entry.reference.uri}",
            document.subject,
            at=place(entry).exchange,
            pointer="/2",
        )
        problems = [*document.problems, *document.validity(entry.received)]
        judge(
            expect,
            place(entry),
            _by_claim(problems),
            Rule("iat", "IDENTIFIER-LIST-ISSUED", "the time at which it was issued", f"{_ENVELOPE}-05"),
            Rule("exp", "IDENTIFIER-LIST-EXPIRES", "the time until which it counts", f"{_ENVELOPE}-04"),
            Rule("expired", "IDENTIFIER-LIST-EXPIRED", "a list that still counts", f"{_ENVELOPE}-04"),
            Rule("ttl-form", "IDENTIFIER-LIST-TTL", "a ttl that is a positive integer", f"{_ENVELOPE}-05"),
            Rule("status-list-present", "IDENTIFIER-LIST-OTHER-LIST", "no claim 65533", f"{_LIST}-04"),
        )


def _by_claim(problems: list[Problem]) -> list[Problem]:
    """Name the problems of a time by its claim."""
    kinds = {"iat-missing": "iat", "issued-in-future": "iat", "exp-missing": "exp"}
    places = {"/6": "iat", "/4": "exp"}
    return [
        Problem(
            places.get(problem.pointer or "", problem.kind)
            if problem.kind == "cwt-claim-type"
            else kinds.get(problem.kind, problem.kind),
            problem.detail,
            problem.pointer,
        )
        for problem in problems
    ]


@check(
    "identifier-list-cwt",
    requires=[f"RFC8392-{clause}" for clause in ("7.2-01", "7.2-02", "6-01", "3-01", "3.1-01", "2-01")],
    proven_by={
        "status-token:identifier-list-map-twice": "IDENTIFIER-LIST-CBOR",
        "status-token:identifier-list-critical": "IDENTIFIER-LIST-HEADER",
        "status-token:identifier-list-tag-alone": "IDENTIFIER-LIST-TAG",
        "status-token:identifier-list-byte-key": "IDENTIFIER-LIST-CLAIM-KEY",
        "status-token:identifier-list-iss-number": "IDENTIFIER-LIST-CLAIM-TYPE",
        "status-token:identifier-list-dates-tagged": "IDENTIFIER-LIST-DATE-TAGGED",
    },
)
async def list_is_a_valid_cwt(status: CredentialStatus, expect: Expect) -> None:
    """The identifier list is valid CBOR and a CWT by the rules for all of them."""
    for entry, document in _read(status):
        problems = [problem for problem in document.problems if problem.pointer not in ("/4", "/6")]
        dates = [problem for problem in document.problems if problem.kind == "cwt-date-tagged"]
        judge(
            expect,
            place(entry),
            [*problems, *dates],
            Rule(
                "duplicate-key not-utf-8 date-time-content encoded-item-content full-date-content tag-content",
                "IDENTIFIER-LIST-CBOR",
                "valid CBOR with unique keys",
                "RFC8392-7.2-01",
            ),
            Rule(
                "header-repeated header-label header-type protected-empty-map crit-unprotected crit-form"
                " crit-absent crit-common crit-not-understood",
                "IDENTIFIER-LIST-HEADER",
                "header parameters as COSE has them",
                "RFC8392-7.2-02",
            ),
            Rule("cwt-tag", "IDENTIFIER-LIST-TAG", "a tag of COSE inside that of a CWT", "RFC8392-6-01"),
            Rule("cwt-claim-key", "IDENTIFIER-LIST-CLAIM-KEY", "integers and texts as keys", "RFC8392-3-01"),
            Rule(
                "cwt-claim-type cwt-claim-not-uri",
                "IDENTIFIER-LIST-CLAIM-TYPE",
                "registered claims of their types",
                "RFC8392-3.1-01",
            ),
            Rule("cwt-date-tagged", "IDENTIFIER-LIST-DATE-TAGGED", "dates without a tag", "RFC8392-2-01"),
        )


@check(
    "identifier-list-structure",
    requires=[f"{_LIST}-03", f"{_LIST}-05"],
    proven_by={
        "status-token:identifier-list-missing": "IDENTIFIER-LIST-STRUCTURE",
        "status-token:identifier-list-text-key": "IDENTIFIER-LIST-STRUCTURE",
        "identifier-list:identifiers-missing": "IDENTIFIER-LIST-STRUCTURE",
        "identifier-list:identifiers-array": "IDENTIFIER-LIST-STRUCTURE",
        "identifier-list:identifier-text": "IDENTIFIER-LIST-IDENTIFIER",
        "identifier-list:information-number": "IDENTIFIER-LIST-IDENTIFIER",
        "identifier-list:aggregation-uri-path": "IDENTIFIER-LIST-AGGREGATION",
        "identifier-list:aggregation-uri-array": "IDENTIFIER-LIST-AGGREGATION",
    },
)
async def list_is_a_map_of_identifiers(status: CredentialStatus, expect: Expect) -> None:
    """The claim 65530 is a map with ``identifiers``, a map from byte strings to maps."""
    for entry, document in _read(status):
        form, identifiers = "a map with a map identifiers", "byte strings as keys of maps"
        judge(
            expect,
            place(entry),
            document.problems,
            Rule("list-missing list-form", "IDENTIFIER-LIST-STRUCTURE", form, f"{_LIST}-03"),
            Rule("identifier-form identifier-info", "IDENTIFIER-LIST-IDENTIFIER", identifiers, f"{_LIST}-03"),
            Rule("aggregation-uri", "IDENTIFIER-LIST-AGGREGATION", "a URI", f"{_LIST}-05"),
        )


@check(
    "identifier-list-in-force",
    requires=[f"{_LIST}-06"],
    proven_by={"identifier-list:all-issued": "IDENTIFIER-LIST-LISTED"},
)
async def document_in_force_is_not_listed(status: CredentialStatus, expect: Expect) -> None:
    """The identifier of a mobile document that was just issued is not on the list of those that are revoked."""
    for entry, _ in _read(status):
        if entry.state is None:
            raise Blocked(entry.missing)
        expect.that(
            entry.state is State.VALID,
            "IDENTIFIER-LIST-LISTED",
            "a list without the identifier of a document that was just issued",
            "that identifier",
            at=place(entry).exchange,
            pointer="/65530/identifiers",
        )


# Token Status Lists of mobile documents


@check(
    "mdoc-status-list-token",
    requires=["ISO18013-12.3.6.5-02", "ISO18013-12.3.6.5-01"],
    applies=when.mdoc & when.status_by(Mechanism.STATUS_LIST),
    proven_by={
        "status-response:mdoc-jwt": "MDOC-STATUS-LIST-JWT",
        "status-token:mdoc-algorithm-other": "MDOC-STATUS-LIST-ALGORITHM",
        "status-token:mdoc-mac": "MDOC-STATUS-LIST-ALGORITHM",
        "status-token:x5chain-missing": "MDOC-STATUS-LIST-X5CHAIN",
        "status-token:key-unknown": "MDOC-STATUS-LIST-X5CHAIN",
        "status-token:x5chain-unprotected": "MDOC-STATUS-LIST-X5CHAIN",
        "status-token:mdoc-exp-missing": "MDOC-STATUS-LIST-EXPIRES",
        "status-list:mdoc-bits-two": "MDOC-STATUS-LIST-BITS",
    },
)
async def status_list_is_one_of_mobile_documents(status: CredentialStatus, expect: Expect) -> None:
    """The status list of a mobile document is a CWT with protected ``x5chain``, ``exp`` and one bit an entry."""
    for entry, document, _ in lists(status, Mechanism.STATUS_LIST):
        if not isinstance(document, StatusListToken):
            continue
        that, token = partial(expect.that, at=place(entry).exchange), document.token
        if not that(isinstance(token, Cwt), "MDOC-STATUS-LIST-JWT", "a CWT", "a JWT") or not isinstance(
            token, Cwt
        ):
            continue
        message = token.message
        that(
            message.algorithm in ALGORITHMS and not document.has_mac,
            "MDOC-STATUS-LIST-ALGORITHM",
            "a signature with an algorithm of mobile documents",
            f"the algorithm {message.algorithm}",
            pointer="protected/1",
        )
        that(
            cose.X5CHAIN in message.protected,
            "MDOC-STATUS-LIST-X5CHAIN",
            "a protected x5chain",
            "an unprotected one" if cose.X5CHAIN in message.unprotected else "none",
            pointer="protected",
        )
        that(
            "exp" in document.claims,
            "MDOC-STATUS-LIST-EXPIRES",
            "exp",
            "no exp",
        )
        bits = document.status_list.members.get("bits")
        that(
            bits in (None, 1),
            "MDOC-STATUS-LIST-BITS",
            "one bit for each entry",
            bits,
            pointer="/65533/bits",
            requirement="ISO18013-12.3.6.5-01",
        )


# Whose lists they are


@check(
    "mdoc-list-authority",
    requires=[f"{_INFO}-05", f"{_INFO}-04", "ISO18013-12.3.6.5-02"],
    applies=when.mdoc & when.x5chain & when.status_certificates,
    proven_by={
        "status-token:certificate-of-stranger": "MDOC-LIST-AUTHORITY",
        "status-token:certificates-unrelated": "MDOC-LIST-AUTHORITY",
        "status-response:mdoc-jwt": "MDOC-LIST-AUTHORITY",
        "mso:status-certificate-of-stranger": "MDOC-LIST-CERTIFICATE",
    },
)
async def authority_of_the_document_certifies_the_list(
    issuer_key: IssuerKey, status: CredentialStatus, expect: Expect
) -> None:
    """The signer of the list has its certificate from the authority behind the document, or one that it names."""
    for entry, _, key in lists(status):
        if not key.certificates:
            raise Blocked(key.missing or "the list carries no certificates")
        last = key.certificates[-1]
        if entry.reference.certificate is not None:
            named = in_der(entry.reference.certificate)
            if named is None or key.chain is None:
                raise Blocked("the MSO names a certificate that cannot be read, as another check says")
            expect.that(
                key.chain.anchor is not None,
                "MDOC-LIST-CERTIFICATE",
                f"certificates that lead to {subject(named)}, which the MSO names",
                f"certificates that end with {subject(last)}",
                at=place(entry).exchange,
                pointer="protected/33",
                requirement=f"{_INFO}-04",
            )
            continue
        signer = issuer_key.certificates[0]
        expect.that(
            last == signer or same_authority(last, signer) or is_issued_by(signer, last),
            "MDOC-LIST-AUTHORITY",
            f"a certificate of the authority that certified {subject(signer)}",
            f"{subject(last)}, certified by another",
            at=place(entry).exchange,
            pointer="protected/33",
            requirement=_AUTHORITY[entry.reference.mechanism],
        )
