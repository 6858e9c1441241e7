"""Status of W3C credentials: Bitstring Status List v1.0, and StatusList2021, its draft of 2023.

First the entries in the credential, then the credentials with the lists they lead to, then what the lists say. Who
signed a list is judged in ``status_trust``, what the places in it give away in ``status_privacy``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import credential_status, json_ld
from harness.formats.bitstring_status_list import MIN_ENTRIES, StatusListCredential
from harness.formats.jwt_vc import JwtVc
from harness.formats.ldp_vc import LdpVc
from harness.formats.problems import Problem, located, shown
from harness.formats.status_reference import Mechanism, State
from harness.formats.vcdm import Version
from harness.lifecycle.drill import REVOCATION, Drill
from harness.lifecycle.freshness import freshness_lifetime
from harness.lifecycle.status import CredentialStatus, Entry
from suites.oid4vci import _problems, _w3c
from suites.oid4vci._problems import Place, at
from suites.oid4vci._status_lists import UNREACHED, entries, lists, place

_BITSTRING, _OF_2021 = Mechanism.BITSTRING, Mechanism.STATUS_LIST_2021
_W3C = (_BITSTRING, _OF_2021)

check = partial(area("W3C Status Lists", per=Per.SCENARIO), applies=when.w3c_credential & when.status_by(*_W3C))

_OF_ENTRIES = when.w3c_credential & when.status_entry(*_W3C)
_OF_BITSTRING_ENTRIES = when.w3c_credential & when.status_entry(_BITSTRING)
_OF_BITSTRINGS = when.w3c_credential & when.status_by(_BITSTRING)
_ROUNDED_S = 1.0


class _Rule(NamedTuple):
    """Problems of some kinds, and what they violate in either specification, if anything."""

    kinds: str
    code: str
    expected: str
    bitstring: str
    of_2021: str | None


def _judge(
    expect: Expect, mechanism: Mechanism, where: Place, problems: Iterable[Problem], rules: Iterable[_Rule]
) -> None:
    found = tuple(problems)
    for rule in rules:
        requirement = rule.bitstring if mechanism is _BITSTRING else rule.of_2021
        if requirement is not None:
            _problems.judge(expect, where, found, _problems.Rule(*rule[:3], requirement))


def _judge_entries(expect: Expect, credential: IssuedCredential, *rules: _Rule) -> None:
    """Expect, rule by rule, that no entry has a problem of its kinds."""
    for entry in credential_status.entries(credential.w3c.document):
        problems = located(_w3c.place(credential), entry.problems)
        _judge(expect, entry.mechanism, at(credential), problems, rules)


def _lists(status: CredentialStatus) -> Iterator[tuple[Entry, StatusListCredential]]:
    """Give each list that could be read.

    Raises:
        Blocked: there is none.

    """
    for entry, document, _ in lists(status, *_W3C):
        if isinstance(document, StatusListCredential):
            yield entry, document


def _judge_lists(expect: Expect, status: CredentialStatus, *rules: _Rule) -> None:
    """Expect, rule by rule, that no list has a problem of its kinds as a status list."""
    for entry, document in _lists(status):
        _judge(expect, document.mechanism, place(entry), document.list_problems, rules)


# The entries


@check(
    "bitstring-entry-model",
    requires=["BSL-2.1-01"],
    applies=_OF_BITSTRING_ENTRIES,
    proven_by={"jwt-vc:status-entry-of-other-model": "BSL-ENTRY-MODEL"},
)
async def entry_is_in_a_credential_of_its_model(credential: IssuedCredential, expect: Expect) -> None:
    """A credential with an entry of a Bitstring Status List is one of data model 2.0."""
    _judge_entries(
        expect, credential, _Rule("entry-model", "BSL-ENTRY-MODEL", "data model 2.0", "BSL-2.1-01", None)
    )


@check(
    "bitstring-entry-id",
    requires=["BSL-2.1-02", "SL2021-2.1-01"],
    applies=_OF_ENTRIES,
    proven_by={"jwt-vc:status-entry-id-of-list": "BSL-ENTRY-ID"},
)
async def id_is_not_that_of_the_list(credential: IssuedCredential, expect: Expect) -> None:
    """The ``id`` of an entry is not the URL of the status list."""
    shape = "an id other than statusListCredential, or none"
    _judge_entries(
        expect, credential, _Rule("entry-id-is-list", "BSL-ENTRY-ID", shape, "BSL-2.1-02", "SL2021-2.1-01")
    )


@check(
    "bitstring-entry-type",
    requires=["BSL-2.1-03", "SL2021-2.1-02"],
    applies=_OF_ENTRIES,
    proven_by={"jwt-vc:status-entry-type-added": "BSL-ENTRY-TYPE"},
)
async def type_is_that_of_entries(credential: IssuedCredential, expect: Expect) -> None:
    """The ``type`` of an entry is that of entries, and nothing besides."""
    _judge_entries(
        expect, credential, _Rule("entry-type", "BSL-ENTRY-TYPE", "one type", "BSL-2.1-03", "SL2021-2.1-02")
    )


@check(
    "bitstring-entry-purpose",
    requires=["BSL-2.1-04", "SL2021-2.1-03", "BSL-2.1-05"],
    applies=_OF_ENTRIES,
    proven_by={
        "jwt-vc:status-entry-purpose-missing": "BSL-ENTRY-PURPOSE",
        "jwt-vc:status-entry-purpose-array": "BSL-ENTRY-PURPOSE",
        "jwt-vc:status-entry-refresh": "BSL-ENTRY-REFRESH",
    },
)
async def entry_has_a_purpose(credential: IssuedCredential, expect: Expect) -> None:
    """``statusPurpose`` is a string; a credential that can be ``refresh``-ed says where."""
    service = "a refreshService"
    _judge_entries(
        expect,
        credential,
        _Rule("entry-purpose", "BSL-ENTRY-PURPOSE", "a string", "BSL-2.1-04", "SL2021-2.1-03"),
        _Rule("entry-refresh", "BSL-ENTRY-REFRESH", service, "BSL-2.1-05", None),
    )


@check(
    "bitstring-entry-index",
    requires=["BSL-2.1-09", "SL2021-2.1-06"],
    applies=_OF_ENTRIES,
    proven_by={
        "jwt-vc:status-entry-index-missing": "BSL-ENTRY-INDEX",
        "jwt-vc:status-entry-index-number": "BSL-ENTRY-INDEX",
        "jwt-vc:status-entry-index-negative": "BSL-ENTRY-INDEX",
        "jwt-vc:status-entry-index-hexadecimal": "BSL-ENTRY-INDEX",
    },
)
async def entry_has_an_index(credential: IssuedCredential, expect: Expect) -> None:
    """``statusListIndex`` is a string with a non-negative integer in base 10."""
    shape = "a string of decimal digits"
    _judge_entries(
        expect, credential, _Rule("entry-index", "BSL-ENTRY-INDEX", shape, "BSL-2.1-09", "SL2021-2.1-06")
    )


@check(
    "bitstring-entry-list",
    requires=["BSL-2.1-11", "SL2021-2.1-07"],
    applies=_OF_ENTRIES,
    proven_by={
        "jwt-vc:status-entry-list-missing": "BSL-ENTRY-LIST",
        "jwt-vc:status-entry-list-relative": "BSL-ENTRY-LIST",
    },
)
async def entry_names_a_list(credential: IssuedCredential, expect: Expect) -> None:
    """``statusListCredential`` is a URL."""
    _judge_entries(
        expect, credential, _Rule("entry-list", "BSL-ENTRY-LIST", "a URL", "BSL-2.1-11", "SL2021-2.1-07")
    )


@check(
    "bitstring-entry-messages",
    requires=["BSL-2.1-13", "BSL-2.1-14", "BSL-2.1-15", "BSL-2.1-16", "BSL-2.1-17"],
    applies=_OF_BITSTRING_ENTRIES,
    proven_by={
        "ldp-vc:status-entry-size-zero": "BSL-ENTRY-SIZE",
        "ldp-vc:status-entry-messages-missing": "BSL-ENTRY-MESSAGES-MISSING",
        "ldp-vc:status-entry-messages-object": "BSL-ENTRY-MESSAGES",
        "ldp-vc:status-entry-messages-short": "BSL-ENTRY-MESSAGES-COUNT",
        "ldp-vc:status-entry-message-decimal": "BSL-ENTRY-MESSAGE",
        "ldp-vc:status-entry-message-without-text": "BSL-ENTRY-MESSAGE",
    },
)
async def values_of_an_entry_have_meanings(credential: IssuedCredential, expect: Expect) -> None:
    """``statusSize`` is a positive integer, and ``statusMessage`` gives each value of several bits its meaning."""
    element = "a status in hexadecimal and a message"
    _judge_entries(
        expect,
        credential,
        _Rule("entry-size", "BSL-ENTRY-SIZE", "an integer greater than zero", "BSL-2.1-13", None),
        _Rule("entry-messages-missing", "BSL-ENTRY-MESSAGES-MISSING", "a statusMessage", "BSL-2.1-14", None),
        _Rule("entry-messages", "BSL-ENTRY-MESSAGES", "an array", "BSL-2.1-15", None),
        _Rule("entry-messages-count", "BSL-ENTRY-MESSAGES-COUNT", "one for each value", "BSL-2.1-16", None),
        _Rule("entry-message", "BSL-ENTRY-MESSAGE", element, "BSL-2.1-17", None),
    )


@check(
    "bitstring-entry-reference",
    requires=["BSL-2.1-18"],
    applies=_OF_BITSTRING_ENTRIES,
    proven_by={"ldp-vc:status-entry-reference-number": "BSL-ENTRY-REFERENCE"},
)
async def entry_refers_to_urls(credential: IssuedCredential, expect: Expect) -> None:
    """``statusReference`` is a URL or an array of URLs."""
    shape = "a URL, or an array of URLs"
    _judge_entries(expect, credential, _Rule("entry-reference", "BSL-ENTRY-REFERENCE", shape, "BSL-2.1-18", None))


# The credential with the list


@check(
    "bitstring-list-published",
    requires=["BSL-3.1-01", "SL2021-3.1-01", "BSL-2.1-12", "SL2021-2.1-08"],
    proven_by={
        "status-credential-response:not-found": "BSL-LIST-ANSWER",
        "status-credential-response:page": "BSL-LIST-FORM",
        "status-credential-response:json-string": "BSL-LIST-FORM",
    },
)
async def list_is_published(status: CredentialStatus, expect: Expect) -> None:
    """The URL of the status list leads to a credential."""
    for entry in entries(status, *_W3C):
        problem, of_2021 = entry.fetched.problem, entry.reference.mechanism is _OF_2021
        if problem is not None and problem.kind in UNREACHED:
            raise Blocked(entry.missing)
        if entry.unread is not None and entry.unread.kind == "secured-otherwise":
            raise Blocked(entry.missing)
        answered = problem is None and not (entry.unread and entry.unread.kind == "status-answer")
        where = place(entry).exchange if entry.fetched.replies else None
        if expect.that(
            answered,
            "BSL-LIST-ANSWER",
            "an answer with the status list",
            entry.missing,
            at=where,
            requirement="SL2021-3.1-01" if of_2021 else "BSL-3.1-01",
        ):
            expect.that(
                entry.document is not None,
                "BSL-LIST-FORM",
                "a credential",
                entry.missing,
                at=where,
                requirement="SL2021-2.1-08" if of_2021 else "BSL-2.1-12",
            )


@check(
    "bitstring-list-type",
    requires=["BSL-2.2-02", "SL2021-2.2-02", "BSL-2.1-12", "SL2021-2.1-08"],
    proven_by={
        "status-credential:type-missing": "BSL-LIST-TYPE",
        "jwt-vc:status-entry-of-other-model": "BSL-LIST-TYPE",
    },
)
async def list_says_what_it_is(status: CredentialStatus, expect: Expect) -> None:
    """Among the types of the list's credential is that of credentials with such lists."""
    shape = "the type of credentials with such lists"
    _judge_lists(expect, status, _Rule("list-type", "BSL-LIST-TYPE", shape, "BSL-2.2-02", "SL2021-2.2-02"))


@check(
    "bitstring-list-model",
    requires=["BSL-2.2-01", "SL2021-2.2-01"],
    proven_by={
        "status-credential:general-type-missing": "BSL-LIST-MODEL",
        "status-credential:context-missing": "BSL-LIST-MODEL",
        "status-credential:begin-malformed": "BSL-LIST-MODEL",
        "status-credential:of-other-model": "BSL-LIST-MODEL",
        "jwt-vc:status-entry-of-other-model": "BSL-LIST-MODEL",
    },
)
async def list_conforms_to_the_data_model(status: CredentialStatus, expect: Expect) -> None:
    """The credential with the list conforms to its data model, a Bitstring Status List to version 2.0."""
    for entry, document in _lists(status):
        forbidden = (problem for problem in document.model_problems if problem.kind not in _ADVISED_AGAINST)
        found = (*forbidden, *_of_kinds(document.list_problems, "list-model"))
        shape = "a credential of its data model"
        rule = _Rule(_kinds(found), "BSL-LIST-MODEL", shape, "BSL-2.2-01", "SL2021-2.2-01")
        _judge(expect, document.mechanism, place(entry), found, [rule])


_ADVISED_AGAINST = frozenset({"context-vocab", "language-tag", "resource-digest-weak"})
"""Problems of the data model that nothing forbids."""


def _of_kinds(problems: Iterable[Problem], *kinds: str) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.kind in kinds)


def _kinds(problems: Iterable[Problem]) -> str:
    return " ".join(dict.fromkeys(problem.kind for problem in problems))


_ADVICE: Mapping[str, str] = {
    "typ-missing": "VCJOSE-3-01",
    "cty-wrong": "VCJOSE-3.1.1-04",
    "nbf-present": "VCJOSE-3.1.3-01",
    "jti-other": "VCJOSE-3.1.3-02",
    "sub-other": "VCJOSE-3.1.3-03",
    "kid-no-thumbprint": "VCJOSE-4.3-04",
    "challenge-missing": "VCDI-2.1-13",
}
"""Kind of a problem to what advises against it in a credential of data model 2.0, without forbidding it."""


@check(
    "bitstring-list-secured",
    requires=["BSL-3.1-02", "SL2021-3.1-02", "VCJOSE-3.1.1-03", "RFC8259-4-01", *_ADVICE.values()],
    proven_by={
        "status-credential:unsecured": "BSL-LIST-SECURED",
        "status-credential:proof-purpose": "BSL-LIST-SECURED",
        "status-credential:member-twice": "BSL-LIST-SECURED-ADVICE",
        "status-credential:typ-missing": "BSL-LIST-SECURED-ADVICE",
        "status-credential:typ-other": ("BSL-LIST-SECURED", "BSL-LIST-SECURED-ADVICE"),
    },
)
async def list_is_secured(status: CredentialStatus, expect: Expect) -> None:
    """What secures the credential with the list, a JWT or a proof, is itself in order."""
    for entry, document in _lists(status):
        for problem in document.securing_problems:
            advice = _advice(problem, document.credential)
            rule = "SL2021-3.1-02" if document.mechanism is _OF_2021 else "BSL-3.1-02"
            expect.that(
                False,
                "BSL-LIST-SECURED" if advice is None else "BSL-LIST-SECURED-ADVICE",
                "a credential that is secured as its specification says",
                problem.detail,
                at=place(entry).exchange,
                pointer=problem.pointer,
                requirement=advice or rule,
            )
        expect.that(True, "BSL-LIST-SECURED", "a secured credential", "")


def _advice(problem: Problem, credential: JwtVc | LdpVc) -> str | None:
    """Give what advises against a problem; ``None`` where it is forbidden."""
    if problem.kind == "duplicate-name" and not (problem.pointer or "").startswith("header"):
        return "RFC8259-4-01"
    if isinstance(credential, JwtVc) and credential.version is Version.V1_1:
        return None
    return "VCJOSE-3.1.1-03" if problem.kind == "typ-wrong" else _ADVICE.get(problem.kind)


@check(
    "bitstring-list-terms",
    requires=["BSL-5.1-01", "SL2021-3.1-02"],
    proven_by={"status-credential:term-undefined": "BSL-LIST-TERMS"},
)
async def terms_of_the_list_are_defined(
    credential: IssuedCredential, status: CredentialStatus, expect: Expect
) -> None:
    """The contexts of a list whose RDF is signed define its terms, so that no proof leaves one out."""
    for entry, document in _lists(status):
        lost = _losses(document.credential, credential)
        shape = "contexts that define every term"
        rule = _Rule(_kinds(lost), "BSL-LIST-TERMS", shape, "BSL-5.1-01", "SL2021-3.1-02")
        _judge(expect, document.mechanism, place(entry), lost, [rule])


def _losses(listed: JwtVc | LdpVc, credential: IssuedCredential) -> tuple[Problem, ...]:
    if isinstance(listed, JwtVc) or "jcs" in (listed.algorithm or ""):
        return ()
    unsecured = {name: value for name, value in listed.document.items() if name != "proof"}
    try:
        return json_ld.losses(unsecured, credential.known_contexts)
    except json_ld.JsonLdError as error:
        raise Blocked(f"the status list cannot be processed by its contexts: {error.detail}") from error


@check(
    "bitstring-list-valid",
    requires=["BSL-2.2-03", "SL2021-2.2-03"],
    proven_by={
        "status-credential:expired": "BSL-LIST-VALIDITY",
        "status-credential:not-yet-valid": "BSL-LIST-VALIDITY",
    },
)
async def list_is_valid_now(status: CredentialStatus, expect: Expect) -> None:
    """The status list is valid when it is served."""
    for entry, document in _lists(status):
        found = document.validity(entry.received)
        rule = _Rule(_kinds(found), "BSL-LIST-VALIDITY", "a list that is valid", "BSL-2.2-03", "SL2021-2.2-03")
        _judge(expect, document.mechanism, place(entry), found, [rule])


@check(
    "bitstring-list-same-securing",
    requires=["BSL-3.6-01", "BSL-3.6-02"],
    applies=_OF_BITSTRINGS,
    proven_by={
        "status-credential:other-mechanism": "BSL-LIST-MECHANISM",
        "status-credential:other-algorithm": "BSL-LIST-ALGORITHM",
    },
)
async def list_is_secured_like_the_credential(
    credential: IssuedCredential, status: CredentialStatus, expect: Expect
) -> None:
    """The list is secured by the mechanism of the credential, and with its algorithm."""
    own = credential.w3c
    for entry, document in _lists(status):
        if document.mechanism is not _BITSTRING:
            continue
        that = partial(expect.that, at=place(entry).exchange)
        same = isinstance(document.credential, JwtVc) == isinstance(own, JwtVc)
        name = "a JWT" if isinstance(own, JwtVc) else "a credential with Data Integrity proofs"
        that(same, "BSL-LIST-MECHANISM", name, "another form", requirement="BSL-3.6-01")
        if same and document.algorithm is not None:
            that(
                document.algorithm == own.algorithm,
                "BSL-LIST-ALGORITHM",
                f"{own.algorithm}, as of the credential",
                document.algorithm,
                requirement="BSL-3.6-02",
            )


_MEDIA_TYPES: Mapping[type, frozenset[str]] = {
    JwtVc: frozenset(
        {"application/vc+jwt", "application/vc+ld+jwt", "application/vc+ld+json+jwt", "application/jwt"}
    ),
    LdpVc: frozenset({"application/vc", "application/vc+ld+json", "application/ld+json", "application/json"}),
}
"""What a credential is called, with the less specific types of section 4 and those of drafts."""


@check(
    "bitstring-list-media-type",
    requires=["BSL-3.6-03"],
    applies=_OF_BITSTRINGS,
    proven_by={
        "status-credential-response:content-type": "BSL-LIST-MEDIA-TYPE",
        "status-credential-response:content-type-missing": "BSL-LIST-MEDIA-TYPE",
        "status-credential:other-mechanism": "BSL-LIST-MEDIA-TYPE",
    },
)
async def media_type_is_that_of_a_credential(status: CredentialStatus, expect: Expect) -> None:
    """The answer with the list has a media type of credentials that are secured in its way."""
    for entry, document in _lists(status):
        if document.mechanism is not _BITSTRING or entry.reply is None:
            continue
        kinds = _MEDIA_TYPES[type(document.credential)]
        if document.enveloped:
            kinds = _MEDIA_TYPES[LdpVc]
        expect.that(
            entry.reply.media_type in kinds,
            "BSL-LIST-MEDIA-TYPE",
            " or ".join(sorted(kinds)),
            entry.reply.media_type,
            at=entry.reply,
            pointer="header Content-Type",
        )


@check(
    "bitstring-list-cacheable",
    requires=["BSL-3.1-03", "BSL-3.1-04"],
    applies=_OF_BITSTRINGS,
    proven_by={
        "status-credential-response:no-store": "BSL-LIST-NOT-CACHEABLE",
        "status-credential-response:cookie": "BSL-LIST-COOKIE",
    },
)
async def list_can_be_cached(status: CredentialStatus, expect: Expect) -> None:
    """Caches may keep the list, and the answer sets no cookie to know who asks again."""
    for entry, document in _lists(status):
        if document.mechanism is not _BITSTRING or entry.reply is None:
            continue
        that = partial(expect.that, at=entry.reply)
        stored = "no-store" not in entry.reply.directives("cache-control")
        that(stored, "BSL-LIST-NOT-CACHEABLE", "no no-store", "no-store", pointer="header Cache-Control")
        that(
            "set-cookie" not in entry.reply.headers,
            "BSL-LIST-COOKIE",
            "no cookie",
            "a cookie",
            pointer="header Set-Cookie",
            requirement="BSL-3.1-04",
        )


@check(
    "bitstring-list-cached-for",
    requires=["BSL-2.2-12", "SL2021-2.2-09"],
    proven_by={"status-credential-response:cached-for-two-days": "BSL-LIST-CACHED"},
)
async def copies_are_kept_as_long_as_the_list_says(status: CredentialStatus, expect: Expect) -> None:
    """HTTP lets copies of the list be kept no longer than the list does itself."""
    for entry, document in _lists(status):
        if entry.reply is None:
            continue
        kept, bound = freshness_lifetime(entry.reply.headers), document.ttl
        if document.mechanism is _OF_2021 and document.expires is not None:
            bound = document.expires - entry.received
        expect.that(
            kept is None or bound is None or bound < 0 or kept <= bound + _ROUNDED_S,
            "BSL-LIST-CACHED",
            f"{bound:g} s at most" if bound is not None else "any time",
            f"{kept} s",
            at=entry.reply,
            pointer="header Cache-Control",
            requirement="SL2021-2.2-09" if document.mechanism is _OF_2021 else "BSL-2.2-12",
        )


# What the list says


@check(
    "bitstring-list-subject",
    requires=["BSL-2.2-04", "SL2021-2.2-04"],
    proven_by={
        "status-credential:subject-type-other": "BSL-SUBJECT-TYPE",
        "jwt-vc:status-entry-of-other-model": "BSL-SUBJECT-TYPE",
    },
)
async def subject_is_a_list(status: CredentialStatus, expect: Expect) -> None:
    """The ``type`` of the subject is that of status lists."""
    shape = "the type of such lists"
    _judge_lists(
        expect, status, _Rule("list-subject-type", "BSL-SUBJECT-TYPE", shape, "BSL-2.2-04", "SL2021-2.2-04")
    )


@check(
    "bitstring-list-purpose",
    requires=["BSL-2.2-05", "SL2021-2.2-05"],
    proven_by={
        "status-credential:purpose-missing": "BSL-LIST-PURPOSE",
        "status-credential:purpose-number": "BSL-LIST-PURPOSE",
        "status-credential:purposes-empty": "BSL-LIST-PURPOSE",
    },
)
async def list_has_a_purpose(status: CredentialStatus, expect: Expect) -> None:
    """``statusPurpose`` of the list is a string, or several in a Bitstring Status List."""
    shape = "one or more strings"
    _judge_lists(expect, status, _Rule("list-purpose", "BSL-LIST-PURPOSE", shape, "BSL-2.2-05", "SL2021-2.2-05"))


@check(
    "bitstring-list-messages",
    requires=["BSL-2.2-06", "BSL-2.2-07"],
    applies=_OF_BITSTRINGS,
    proven_by={
        "status-credential:messages-missing": "BSL-LIST-MESSAGES-MISSING",
        "status-credential:message-size-missing": "BSL-LIST-SIZE",
        "status-credential:message-size-zero": "BSL-LIST-SIZE",
    },
)
async def list_of_messages_is_described(status: CredentialStatus, expect: Expect) -> None:
    """A list for messages has ``statusSize`` and the descriptions of the messages."""
    size = "a statusSize that is an integer greater than zero"
    _judge_lists(
        expect,
        status,
        _Rule("message-texts-missing", "BSL-LIST-MESSAGES-MISSING", "statusMessages", "BSL-2.2-06", None),
        _Rule("message-size-missing list-size", "BSL-LIST-SIZE", size, "BSL-2.2-07", None),
    )


@check(
    "bitstring-list-encoding",
    requires=["BSL-2.2-08", "SL2021-2.2-06"],
    proven_by={
        "status-credential:encoded-missing": "BSL-ENCODED-MISSING",
        "status-credential:encoded-number": "BSL-ENCODED-MISSING",
        "status-credential:multibase-other": "BSL-ENCODED-MULTIBASE",
        "jwt-vc:status-entry-of-other-model": "BSL-ENCODED-MULTIBASE",
        "status-credential:encoded-padded": "BSL-ENCODED-BASE64URL",
        "status-credential:encoded-garbage": "BSL-ENCODED-BASE64URL",
        "status-credential:zlib": "BSL-ENCODED-GZIP",
        "status-credential:uncompressed": "BSL-ENCODED-GZIP",
        "status-credential:gzip-cut": "BSL-ENCODED-GZIP",
        "status-credential:gzip-checksum": "BSL-ENCODED-GZIP",
        "status-credential:gzip-trailing": "BSL-ENCODED-GZIP",
    },
)
async def list_is_encoded_as_demanded(status: CredentialStatus, expect: Expect) -> None:
    """``encodedList`` is GZIP data, in Multibase with base64url, or in base64 in a StatusList2021."""
    of_both = "BSL-2.2-08", "SL2021-2.2-06"
    prefix = "the u of Multibase in a Bitstring Status List, none in a StatusList2021"
    gzip = "gzip-header gzip-data gzip-checksum gzip-truncated gzip-trailing"
    _judge_lists(
        expect,
        status,
        _Rule("encoded-missing encoded-form", "BSL-ENCODED-MISSING", "a string", *of_both),
        _Rule("encoded-multibase", "BSL-ENCODED-MULTIBASE", prefix, *of_both),
        _Rule("encoded-base64url", "BSL-ENCODED-BASE64URL", "base64url without padding", *of_both),
        _Rule(gzip, "BSL-ENCODED-GZIP", "GZIP data", *of_both),
    )


@check(
    "bitstring-list-length",
    requires=["BSL-2.2-09", "SL2021-2.2-07", "BSL-3.2-03"],
    proven_by={
        "status-credential:short": ("BSL-LIST-SHORT", "BSL-LIST-ENTRIES"),
        "status-credential:few-entries": "BSL-LIST-ENTRIES",
    },
)
async def list_is_long_enough(status: CredentialStatus, expect: Expect) -> None:
    """The bitstring has 16 KB and 131,072 entries at least."""
    _judge_lists(
        expect, status, _Rule("list-short", "BSL-LIST-SHORT", "16 KB or more", "BSL-2.2-09", "SL2021-2.2-07")
    )
    for entry in status.of(_BITSTRING):
        document = entry.document
        if not isinstance(document, StatusListCredential) or document.bitstring is None:
            continue
        found = document.bitstring.length // entry.reference.size
        expect.that(
            found >= MIN_ENTRIES,
            "BSL-LIST-ENTRIES",
            f"{MIN_ENTRIES} entries or more",
            f"{found} of {shown(entry.reference.size)} bits",
            at=entry.reply,
            requirement="BSL-3.2-03",
        )


@check(
    "bitstring-list-ttl",
    requires=["BSL-2.2-11"],
    applies=_OF_BITSTRINGS,
    proven_by={"status-credential:ttl-text": "BSL-LIST-TTL", "status-credential:ttl-negative": "BSL-LIST-TTL"},
)
async def ttl_is_a_time(status: CredentialStatus, expect: Expect) -> None:
    """``ttl``, if there is one, is a number of milliseconds."""
    _judge_lists(expect, status, _Rule("ttl-form", "BSL-LIST-TTL", "milliseconds", "BSL-2.2-11", None))


@check(
    "bitstring-purpose-matches",
    requires=["BSL-3.2-02", "SL2021-3.2-02"],
    proven_by={
        "status-credential:purpose-other": "BSL-PURPOSE-OTHER",
        "jwt-vc:status-entry-refresh": "BSL-PURPOSE-OTHER",
    },
)
async def purpose_is_that_of_the_list(status: CredentialStatus, expect: Expect) -> None:
    """The purpose of the entry is one of the list's."""
    for entry, document in _looked_at(status):
        if not document.purposes or not entry.reference.purpose:
            raise Blocked("the entry or the list has no purpose")
        expect.that(
            entry.reference.purpose in document.purposes,
            "BSL-PURPOSE-OTHER",
            f"the purpose {entry.reference.purpose}",
            ", ".join(document.purposes),
            at=entry.reply,
            requirement="BSL-3.2-02" if document.mechanism is _BITSTRING else "SL2021-3.2-02",
        )


@check(
    "bitstring-index-in-range",
    requires=["BSL-3.2-04", "SL2021-3.2-03"],
    proven_by={"jwt-vc:status-entry-index-beyond": "BSL-INDEX-RANGE"},
)
async def index_is_in_the_list(status: CredentialStatus, expect: Expect) -> None:
    """The list has an entry at the index of the credential."""
    for entry, document in _looked_at(status):
        if entry.problem is not None and entry.problem.kind != "status-out-of-range":
            raise Blocked(entry.missing)
        expect.that(
            entry.problem is None,
            "BSL-INDEX-RANGE",
            f"an entry at {shown(entry.reference.index)}",
            entry.missing,
            at=entry.reply,
            requirement="BSL-3.2-04" if document.mechanism is _BITSTRING else "SL2021-3.2-03",
        )


@check(
    "bitstring-fresh-valid",
    requires=["BSL-3.3-01", "SL2021-3.3-01"],
    proven_by={"status-credential:all-set": "BSL-REVOKED"},
)
async def new_credential_is_not_revoked(status: CredentialStatus, expect: Expect) -> None:
    """A credential that was just issued is not revoked; it may be suspended until it is activated."""
    for entry, document in _looked_at(status):
        if entry.value is None:
            raise Blocked(entry.missing)
        expect.that(
            entry.state is not State.REVOKED,
            "BSL-REVOKED",
            "a credential that is not revoked",
            f"the value {entry.value} for {entry.reference.purpose}",
            at=entry.reply,
            requirement="BSL-3.3-01" if document.mechanism is _BITSTRING else "SL2021-3.3-01",
        )


_BITS_OF_A_BYTE = 8


@check(
    "bitstring-order",
    requires=["BSL-2.2-10", "SL2021-2.2-08"],
    applies=when.w3c_credential & when.operation("revoke") & when.status_saying(REVOCATION, *_W3C),
    proven_by={"status-operation:mirrored-entry": "BSL-BIT-ORDER"},
)
async def first_entry_is_the_left_most_bit(revocation: Drill, expect: Expect) -> None:
    """What changes with a revocation is the bit of the credential, counted from the left."""
    for old, new in revocation.step("revoke").pairs:
        before, after, index = old.document, new.document, new.reference.index
        if before is None or after is None or index is None:
            raise Blocked(new.missing or old.missing)
        changed = before.changed(after)
        mirrored = index // _BITS_OF_A_BYTE * _BITS_OF_A_BYTE + _BITS_OF_A_BYTE - 1 - index % _BITS_OF_A_BYTE
        expect.that(
            index in changed or mirrored not in changed,
            "BSL-BIT-ORDER",
            f"the entry {index}, counted from the most significant bit of the first byte",
            f"{mirrored}, which it is when the least significant bit of a byte is the first",
            at=new.reply,
            requirement="BSL-2.2-10" if new.reference.mechanism is _BITSTRING else "SL2021-2.2-08",
        )


def _looked_at(status: CredentialStatus) -> Iterator[tuple[Entry, StatusListCredential]]:
    """Give each entry with its list.

    Raises:
        Blocked: a list cannot be read.

    """
    for entry in status.of(*_W3C):
        if not isinstance(entry.document, StatusListCredential):
            raise Blocked(entry.missing)
        yield entry, entry.document
