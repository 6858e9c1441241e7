"""Status List Tokens as credentials lead to them: Token Status List draft 12 sections 4 to 8, and RFC 8392.

Who signs them is judged in ``status_trust``, what they tell of people in ``status_privacy``, and how they change
in ``revocation``. Each rule of a token stands in the draft once for JWT and once for CWT; so do the checks.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from harness.applicability import when
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import base64url, status_list_token
from harness.formats.base64url import Base64UrlError
from harness.formats.problems import FormatError, Problem, shown
from harness.formats.status_list import Form
from harness.formats.status_list_token import MEDIA_TYPES, StatusListToken
from harness.formats.status_reference import Mechanism
from harness.lifecycle.status import CredentialStatus, Entry
from harness.transport import Client, Reply
from suites.oid4vci._problems import Rule, judge
from suites.oid4vci._status_lists import UNREACHED, entries, lists, place

_STATUS_LIST = when.status_by(Mechanism.STATUS_LIST)
_OF_FORM = {form: _STATUS_LIST & when.status_token(form) for form in Form}
check = partial(area("Token Status Lists", per=Per.SCENARIO), applies=_STATUS_LIST)

_TOO_MUCH = frozenset(
    {"jws-too-large", "too-large", "cbor-too-large", "cbor-too-deep", "cbor-too-many", "cwt-several-recipients"}
)
"""Kinds of errors by which we read no further, which says nothing against a token."""
_ORIGIN = "https://verifier.example"
_VALID, _INVALID, _SUSPENDED = 0, 1, 2
_KNOWN = frozenset({_VALID, _INVALID, _SUSPENDED, 3, *range(0x0B, 0x10)})
"""Status Types that are registered or left to applications (7.1, 14.5)."""
_LOWEST_LEVEL = 1
_TOLERANCE = 64
"""Bytes by which the same level of compression may differ from one implementation to the other."""


def _tokens(status: CredentialStatus) -> list[tuple[Entry, StatusListToken]]:
    found = lists(status, Mechanism.STATUS_LIST)
    return [(entry, document) for entry, document, _ in found if isinstance(document, StatusListToken)]


# Section 8: the answer


@check(
    "status-list-answer",
    requires=["TSL-8.1-01"],
    proven_by={
        "sd-jwt:status-shared": "STATUS-LIST-MISSING",
        "mso:status-shared": "STATUS-LIST-MISSING",
        "status-response:token-missing": "STATUS-LIST-MISSING",
        "status-response:token-redirected-forever": "STATUS-LIST-MISSING",
    },
)
async def uri_leads_to_an_answer(credential: IssuedCredential, status: CredentialStatus, expect: Expect) -> None:
    """A GET request to the ``uri`` of the credential leads to an answer with a status code in the 2xx range."""
    for entry in entries(status, Mechanism.STATUS_LIST):
        problem = entry.fetched.problem
        if problem is not None and problem.kind in UNREACHED:
            raise Blocked(entry.missing)
        reply = entry.reply
        expect.that(
            reply is not None and reply.successful,
            "STATUS-LIST-MISSING",
            "a Status List Token",
            problem.detail if reply is None and problem else reply.gist if reply else "",
            at=entry.fetched.replies[-1] if entry.fetched.replies else credential.exchange,
        )


@check(
    "status-list-readable",
    requires=["TSL-8.2-02", "TSL-8.2-03"],
    proven_by={
        "status-response:token-json": "STATUS-LIST-UNREADABLE",
        "status-response:token-hexadecimal": "STATUS-LIST-UNREADABLE",
        "status-response:token-cut": "STATUS-LIST-UNREADABLE",
        "status-token:list-claims-array": "STATUS-LIST-UNREADABLE",
    },
)
async def answer_is_a_token(status: CredentialStatus, expect: Expect) -> None:
    """The ``uri`` of the credential leads to a JWT or a CWT with claims."""
    for entry, token in _answered(status):
        if entry.unread is not None and entry.unread.kind in _TOO_MUCH:
            raise Blocked(entry.missing)
        of_cwt = entry.reply is not None and entry.reply.media_type == MEDIA_TYPES[Form.CWT]
        expect.that(
            token is not None,
            "STATUS-LIST-UNREADABLE",
            "a CWT with claims" if of_cwt else "a JWT or CWT with claims",
            entry.unread.detail if entry.unread else "",
            at=entry.reply,
            requirement="TSL-8.2-03" if of_cwt else "TSL-8.2-02",
        )


@check(
    "status-list-media-type",
    requires=["TSL-8.2-01"],
    proven_by={
        "status-response:token-media-type": "STATUS-LIST-MEDIA-TYPE",
        "status-response:token-media-type-other": "STATUS-LIST-MEDIA-TYPE",
    },
)
async def media_type_is_that_of_the_token(status: CredentialStatus, expect: Expect) -> None:
    """The media type of the answer is that of Status List Tokens in the form that came."""
    for entry, token in _answered(status):
        if entry.reply is None or token is None:
            raise Blocked(entry.missing)
        expect.that(
            entry.reply.media_type == MEDIA_TYPES[token.form],
            "STATUS-LIST-MEDIA-TYPE",
            MEDIA_TYPES[token.form],
            entry.reply.media_type,
            at=entry.reply,
            pointer="header Content-Type",
        )


@check(
    "status-list-cross-origin",
    requires=["TSL-8.1-02"],
    proven_by={
        "status-response:token-cross-origin-missing": "STATUS-LIST-CROSS-ORIGIN",
        "status-response:token-cross-origin-other": "STATUS-LIST-CROSS-ORIGIN",
    },
)
async def scripts_can_read_the_list(status: CredentialStatus, client: Client, expect: Expect) -> None:
    """A script of any origin can read the list."""
    for entry, _ in _answered(status):
        if entry.reply is None:
            raise Blocked(entry.missing)
        headers = {"Accept": ", ".join(MEDIA_TYPES.values()), "Origin": _ORIGIN}
        reply = await client.send("status list for a script", "GET", entry.reply.url, headers=headers)
        allowed = reply.headers.get("access-control-allow-origin", "")
        expect.that(
            allowed in ("*", _ORIGIN),
            "STATUS-LIST-CROSS-ORIGIN",
            f"* or {_ORIGIN}",
            allowed or "none",
            at=reply,
            pointer="header Access-Control-Allow-Origin",
        )


@check(
    "status-list-content-coding",
    requires=["TSL-8.2-04"],
    applies=_OF_FORM[Form.JWT],
    proven_by={"status-response:token-not-coded": "STATUS-LIST-NOT-CODED"},
)
async def answer_is_compressed(status: CredentialStatus, expect: Expect) -> None:
    """A list in JWT comes with a content coding, as the request says that it may."""
    for entry, token in _tokens(status):
        if entry.reply is not None and token.form is Form.JWT:
            coded = entry.reply.directives("content-encoding") - {"identity"}
            expect.that(
                bool(coded),
                "STATUS-LIST-NOT-CODED",
                "gzip or another content coding",
                "none",
                at=entry.reply,
                pointer="header Content-Encoding",
            )


def _answered(status: CredentialStatus) -> list[tuple[Entry, StatusListToken | None]]:
    """Give the lists that an answer came for.

    Raises:
        Blocked: there is none.

    """
    found = list(entries(status, Mechanism.STATUS_LIST))
    answered = [entry for entry in found if entry.reply is not None and entry.reply.successful]
    if not answered:
        raise Blocked(found[0].missing if found else "the credential refers to no Token Status List")
    documents = [(entry, entry.document) for entry in answered]
    return [(entry, each if isinstance(each, StatusListToken) else None) for entry, each in documents]


# Sections 4 and 5: the token and the list in it


class _Part(NamedTuple):
    """What is judged of a token in one form.

    Attributes:
        name: the end of the check's id.
        statement: the check's sentence.
        rules: what counts as a violation of what.
        proven_by: fault to the codes that it provokes.

    """

    name: str
    statement: str
    rules: Sequence[Rule]
    proven_by: Mapping[str, str | Sequence[str]]


def _of_token(form: Form, part: _Part) -> CheckFunction:
    async def judge_part(status: CredentialStatus, expect: Expect) -> None:
        for entry, token in _tokens(status):
            if token.form is form:
                judge(expect, place(entry), _problems(entry, token), *part.rules)

    judge_part.__doc__ = part.statement
    return check(
        f"status-list-{form}-{part.name}",
        requires=list(dict.fromkeys(rule.requirement for rule in part.rules)),
        applies=_OF_FORM[form],
        proven_by=part.proven_by,
    )(judge_part)


def _problems(entry: Entry, token: StatusListToken) -> list[Problem]:
    problems = [*token.problems, *token.validity(entry.received)]
    if isinstance(token.subject, str) and token.subject != entry.reference.uri:
        detail = f"sub is {token.subject}, the uri is {entry.reference.uri}"
        problems.append(Problem("sub-other", detail, "/sub" if token.form is Form.JWT else "/2"))
    return problems


_TOKEN = {Form.JWT: "TSL-5.1", Form.CWT: "TSL-5.2"}
_LIST = {Form.JWT: "TSL-4.2", Form.CWT: "TSL-4.3"}


def _form_rules(form: Form) -> list[Rule]:
    """Give what makes a token a valid JWT or CWT at all."""
    valid = f"{_TOKEN[form]}-01"
    early = Rule("not-yet-valid", "STATUS-LIST-NOT-YET-VALID", "a token that is valid now", valid)
    if form is Form.JWT:
        return [
            Rule("token-white-space header-type alg-missing", "STATUS-LIST-FORM", "a JWT and nothing else", valid),
            Rule("crit-malformed crit-not-understood", "STATUS-LIST-CRIT", "no crit, or a known one", valid),
            Rule("duplicate-name", "STATUS-LIST-TWICE", "unique names in header and claims", valid),
            Rule(
                "claim-type claim-not-uri cnf-empty cnf-several-keys cnf-jwk cnf-private-key",
                "STATUS-LIST-CLAIM-TYPE",
                "registered claims of their types",
                valid,
            ),
            early,
        ]
    header = "header-repeated header-label header-type alg-missing alg-unprotected protected-empty-map"
    critical = "crit-unprotected crit-form crit-absent crit-common crit-not-understood"
    invalid = "duplicate-key not-utf-8 date-time-content encoded-item-content full-date-content tag-content"
    return [
        Rule(header, "STATUS-LIST-FORM", "header parameters as COSE has them", valid),
        Rule(critical, "STATUS-LIST-CRIT", "no crit, or a known one", "RFC8392-7.2-02"),
        Rule("cwt-tag", "STATUS-LIST-TAG", "a tag of COSE inside that of a CWT", "RFC8392-6-01"),
        Rule(invalid, "STATUS-LIST-TWICE", "valid CBOR with unique keys", "RFC8392-7.2-01"),
        Rule("cwt-claim-key", "STATUS-LIST-CLAIM-KEY", "integers and texts as keys", "RFC8392-3-01"),
        Rule(
            "cwt-claim-type cwt-claim-not-uri",
            "STATUS-LIST-CLAIM-TYPE",
            "registered claims of their types",
            "RFC8392-3.1-01",
        ),
        Rule("cwt-date-tagged", "STATUS-LIST-DATE-TAGGED", "dates without a tag", "RFC8392-2-01"),
        early,
    ]


def _structure_rules(form: Form) -> list[Rule]:
    listed, (whole, integer, packed) = _LIST[form], _STRUCTURE[form]
    packing = "zlib-header zlib-dictionary zlib-data zlib-truncated zlib-checksum zlib-trailing"
    return [
        Rule("status-list-missing", "STATUS-LIST-CLAIM", "a claim status_list", f"{_TOKEN[form]}-09"),
        Rule("status-list-form bits-missing lst-missing", "STATUS-LIST-STRUCTURE", whole, f"{listed}-01"),
        Rule("bits-form", "STATUS-LIST-BITS", integer, f"{listed}-02"),
        Rule("bits-value", "STATUS-LIST-BITS", "1, 2, 4 or 8 bits", "TSL-4.1-01"),
        Rule("lst-form lst-base64url", "STATUS-LIST-LST", packed, f"{listed}-03"),
        Rule(packing, "STATUS-LIST-PACKING", "entries packed as ZLIB data", "TSL-4.1-03"),
        Rule("aggregation-uri", "STATUS-LIST-AGGREGATION-URI", "a URI", f"{listed}-04"),
    ]


_STRUCTURE = {
    Form.JWT: ("an object with bits and lst", "an integer", "a string of base64url"),
    Form.CWT: ("a map with bits and lst", "an unsigned integer", "a byte string"),
}
_TYPES = {Form.JWT: "statuslist+jwt", Form.CWT: f"{MEDIA_TYPES[Form.CWT]} in the protected header"}
_FORM_FAULTS: Mapping[Form, Mapping[str, str]] = {
    Form.JWT: {
        "status-response:token-line-break": "STATUS-LIST-FORM",
        "status-token:list-critical": "STATUS-LIST-CRIT",
        "status-token:list-claim-twice": "STATUS-LIST-TWICE",
        "status-token:list-audience-number": "STATUS-LIST-CLAIM-TYPE",
        "status-token:list-not-yet-valid": "STATUS-LIST-NOT-YET-VALID",
    },
    Form.CWT: {
        "status-token:list-cwt-type-twice": "STATUS-LIST-FORM",
        "status-token:list-critical": "STATUS-LIST-CRIT",
        "status-token:list-cwt-tag-alone": "STATUS-LIST-TAG",
        "status-token:list-claim-twice": "STATUS-LIST-TWICE",
        "status-token:list-cwt-claim-key": "STATUS-LIST-CLAIM-KEY",
        "status-token:list-audience-number": "STATUS-LIST-CLAIM-TYPE",
        "status-token:list-cwt-date-tagged": "STATUS-LIST-DATE-TAGGED",
        "status-token:list-not-yet-valid": "STATUS-LIST-NOT-YET-VALID",
    },
}
_LST_FAULTS: Mapping[Form, Mapping[str, str]] = {
    Form.JWT: {
        "status-token:list-lst-padded": "STATUS-LIST-LST",
        "status-token:list-lst-wrapped": "STATUS-LIST-LST",
        "status-token:list-lst-array": "STATUS-LIST-LST",
    },
    Form.CWT: {
        "status-token:list-lst-text": "STATUS-LIST-LST",
        "status-token:list-lst-array": "STATUS-LIST-LST",
    },
}


def _parts(form: Form) -> tuple[_Part, ...]:
    token, name = _TOKEN[form], form.upper()
    return (
        _Part("form", f"A status list in {name} is a valid {name}.", _form_rules(form), _FORM_FAULTS[form]),
        _Part(
            "type",
            f"The header of a status list in {name} says that it is one.",
            [Rule("typ-missing typ-wrong", "STATUS-LIST-TYPE", _TYPES[form], f"{token}-02")],
            {
                "status-token:list-type-missing": "STATUS-LIST-TYPE",
                "status-token:list-type-other": "STATUS-LIST-TYPE",
            },
        ),
        _Part(
            "subject",
            f"The ``sub`` of a status list in {name} is the ``uri`` of the credential.",
            [
                Rule("sub-missing sub-not-uri", "STATUS-LIST-SUBJECT", "a sub that is a URI", f"{token}-03"),
                Rule("sub-other", "STATUS-LIST-SUBJECT-OTHER", "the uri of the credential", f"{token}-04"),
            ],
            {
                "status-token:list-subject-missing": "STATUS-LIST-SUBJECT",
                "status-token:list-subject-number": "STATUS-LIST-SUBJECT",
                "status-token:list-subject-other": "STATUS-LIST-SUBJECT-OTHER",
                **({"sd-jwt:status-uri-with-key": "STATUS-LIST-SUBJECT-OTHER"} if form is Form.JWT else {}),
            },
        ),
        _Part(
            "times",
            f"A status list in {name} was issued in the past and has not expired.",
            [
                Rule(
                    "iat-missing iat-form issued-in-future",
                    "STATUS-LIST-ISSUED",
                    "the time at which it was issued",
                    f"{token}-05",
                ),
                Rule("exp-form", "STATUS-LIST-EXPIRES", "a time", f"{token}-06"),
                Rule("expired", "STATUS-LIST-EXPIRED", "a list that has not expired", "TSL-8.3-01"),
            ],
            {
                "status-token:list-issued-missing": "STATUS-LIST-ISSUED",
                "status-token:list-issued-text": "STATUS-LIST-ISSUED",
                "status-token:list-issued-ahead": "STATUS-LIST-ISSUED",
                "status-token:list-expires-text": "STATUS-LIST-EXPIRES",
                "status-token:list-expired": "STATUS-LIST-EXPIRED",
            },
        ),
        _Part(
            "time-to-live",
            f"The ``ttl`` of a status list in {name} is a positive number of seconds.",
            [Rule("ttl-form", "STATUS-LIST-TTL", "a positive number of seconds", f"{token}-07")],
            {
                "status-token:list-ttl-zero": "STATUS-LIST-TTL",
                "status-token:list-ttl-text": "STATUS-LIST-TTL",
                **({"status-token:list-cwt-ttl-fraction": "STATUS-LIST-TTL"} if form is Form.CWT else {}),
            },
        ),
        _Part(
            "secured",
            f"A status list in {name} carries a signature or a MAC.",
            [Rule("not-secured", "STATUS-LIST-UNSECURED", "a signature or a MAC", f"{token}-08")],
            {
                "status-token:list-unsigned": "STATUS-LIST-UNSECURED",
                **({"status-token:list-jwt-algorithm-none": "STATUS-LIST-UNSECURED"} if form is Form.JWT else {}),
            },
        ),
        _Part(
            "structure",
            f"A status list in {name} says how many bits an entry has, and holds the packed entries.",
            _structure_rules(form),
            {
                "status-token:list-missing": "STATUS-LIST-CLAIM",
                "status-token:list-array": "STATUS-LIST-STRUCTURE",
                "status-token:list-bits-missing": "STATUS-LIST-STRUCTURE",
                "status-token:list-lst-missing": "STATUS-LIST-STRUCTURE",
                "status-list:bits-text": "STATUS-LIST-BITS",
                "status-list:bits-three": "STATUS-LIST-BITS",
                **_LST_FAULTS[form],
                "status-list:gzip": "STATUS-LIST-PACKING",
                "status-list:bare-deflate": "STATUS-LIST-PACKING",
                "status-list:not-packed": "STATUS-LIST-PACKING",
                "status-list:cut": "STATUS-LIST-PACKING",
                "status-list:checksum": "STATUS-LIST-PACKING",
                "status-list:trailing-bytes": "STATUS-LIST-PACKING",
                "status-list:aggregation-uri-path": "STATUS-LIST-AGGREGATION-URI",
                "status-list:aggregation-uri-number": "STATUS-LIST-AGGREGATION-URI",
            },
        ),
    )


of_tokens = tuple(_of_token(form, part) for form in Form for part in _parts(form))


# Sections 4.1 and 7: the entries


@check(
    "status-list-compression",
    requires=["TSL-4.1-04"],
    proven_by={"status-list:not-compressed": "STATUS-LIST-COMPRESSION"},
)
async def entries_are_well_compressed(status: CredentialStatus, expect: Expect) -> None:
    """The packed entries are no larger than the lowest level of compression makes them."""
    for entry, token in _tokens(status):
        packed, array = _packed(token), token.status_list.array
        if packed is None or array is None:
            raise Blocked(_unread(entry, token))
        largest = len(zlib.compress(array.data, _LOWEST_LEVEL)) + _TOLERANCE
        expect.that(
            packed <= largest,
            "STATUS-LIST-COMPRESSION",
            f"{largest} bytes at most",
            f"{packed} bytes",
            at=entry.reply,
            pointer="/status_list/lst" if token.form is Form.JWT else "/65533/lst",
        )


@check(
    "status-list-entry",
    requires=["TSL-4.1-02"],
    proven_by={
        "status-list:too-short": "STATUS-LIST-OUT-OF-RANGE",
        "status-list:small": "STATUS-LIST-OUT-OF-RANGE",
    },
)
async def list_has_the_entry(status: CredentialStatus, expect: Expect) -> None:
    """The status list has an entry at the index of the credential."""
    for entry, token in _tokens(status):
        if token.size is None:
            raise Blocked(_unread(entry, token))
        index = entry.reference.index
        expect.that(
            index is not None and index < token.size,
            "STATUS-LIST-OUT-OF-RANGE",
            f"an entry at {shown(index)}",
            f"{token.size} entries",
            at=entry.reply,
        )


@check(
    "status-list-value",
    requires=["TSL-7.1-02", "TSL-7.1-01"],
    proven_by={
        "status-list:first-invalid": "STATUS-LIST-NOT-VALID",
        "status-list:first-suspended": "STATUS-LIST-NOT-VALID",
        "reissue:old-revoked": "STATUS-LIST-NOT-VALID",
        "reoffer:old-revoked": "STATUS-LIST-NOT-VALID",
        "status-list:first-reserved": "STATUS-LIST-RESERVED",
    },
)
async def fresh_credential_is_valid(status: CredentialStatus, expect: Expect) -> None:
    """The status of a credential that was just issued is none that is reserved, and does not make it unusable."""
    for entry, _ in _tokens(status):
        if entry.value is None:
            raise Blocked(entry.missing)
        found = f"0x{entry.value:02X}"
        usable = entry.value not in (_INVALID, _SUSPENDED)
        expect.that(usable, "STATUS-LIST-NOT-VALID", "0x00, which says valid", found, at=entry.reply)
        expect.that(
            entry.value in _KNOWN,
            "STATUS-LIST-RESERVED",
            "a status that is registered or left to applications",
            found,
            at=entry.reply,
            requirement="TSL-7.1-01",
        )


@check(
    "status-list-bits-suffice",
    requires=["TSL-7-03"],
    applies=_STATUS_LIST & when.operation("suspend"),
    proven_by={"status-list:bits-too-few": "STATUS-LIST-BITS-TOO-FEW"},
)
async def bits_suffice(status: CredentialStatus, expect: Expect) -> None:
    """Where credentials can be suspended, an entry has two bits or more."""
    for entry, token in _tokens(status):
        array = token.status_list.array
        if array is None:
            raise Blocked(_unread(entry, token))
        expect.that(
            array.bits > 1, "STATUS-LIST-BITS-TOO-FEW", "2 bits or more", f"{array.bits} bit", at=entry.reply
        )


# Section 13.7, and section 3.2.2.2 of SD-JWT VC


@check(
    "status-list-lifetime",
    requires=["TSL-13.7-01"],
    proven_by={
        "status-token:list-expires-missing": "STATUS-LIST-EXPIRES-MISSING",
        "status-token:list-ttl-missing": "STATUS-LIST-TTL-MISSING",
        "status-token:mdoc-exp-missing": "STATUS-LIST-EXPIRES-MISSING",
    },
)
async def list_says_how_long_it_may_be_kept(status: CredentialStatus, expect: Expect) -> None:
    """A status list has both ``exp`` and ``ttl``."""
    for entry, token in _tokens(status):
        expect.that("exp" in token.claims, "STATUS-LIST-EXPIRES-MISSING", "an exp", "none", at=entry.reply)
        expect.that("ttl" in token.claims, "STATUS-LIST-TTL-MISSING", "a ttl", "none", at=entry.reply)


@check(
    "status-list-sd-jwt-vc",
    requires=["SDJWTVC-3.2.2.2-08"],
    applies=_STATUS_LIST & when.sd_jwt_vc,
    proven_by={"status-response:token-cwt-for-all": "STATUS-LIST-NO-JWT"},
)
async def list_of_an_sd_jwt_vc_is_a_jwt(status: CredentialStatus, client: Client, expect: Expect) -> None:
    """The status list of an SD-JWT VC is a JWT, at least for those who ask for one."""
    for entry, token in _tokens(status):
        form, reply = token.form, entry.reply
        if form is not Form.JWT and reply is not None:
            # The wallet has asked for either; whoever serves both may choose then.
            headers = {"Accept": MEDIA_TYPES[Form.JWT]}
            reply = await client.send("status list as a JWT", "GET", reply.url, headers=headers)
            form = _form(reply) or form
        expect.that(form is Form.JWT, "STATUS-LIST-NO-JWT", "a JWT", f"a {form.upper()}", at=reply)


def _form(reply: Reply) -> Form | None:
    """Say in which form a list came; ``None`` when none came."""
    try:
        return status_list_token.read(reply.body, reply.media_type).form if reply.successful else None
    except FormatError:
        return None


def _packed(token: StatusListToken) -> int | None:
    """Give the length of the packed entries."""
    found = token.status_list.members.get("lst")
    try:
        data = base64url.decode(found.rstrip("=")) if isinstance(found, str) else found
    except Base64UrlError:
        return None
    return len(data) if isinstance(data, bytes) else None


def _unread(entry: Entry, token: StatusListToken) -> str:
    reason = token.status_list.unread
    return f"the status list at {entry.reference.uri}: {reason.detail if reason else 'it cannot be read'}"
