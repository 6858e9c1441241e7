"""Issued SD-JWTs as such: RFC 9901, and the RFCs of JOSE and JSON below it.

Most checks ask for the absence of problems that the reader of ``harness.formats`` found. Every credential of the
shared Credential Response is judged by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import jose, sd_jwt, sd_jwt_digests
from harness.formats.problems import FormatError
from suites.oid4vci._encodings import is_encoded_again
from suites.oid4vci._problems import Rule, at, judge

check = partial(area("SD-JWT", per=Per.SCENARIO), applies=when.sd_jwt_vc)


# The serialization


@check(
    "sd-jwt-readable",
    requires=["VCI-A.3.4-01", "VCI-A.3.4-02", "RFC9901-4.1-03", "HAIP-6.1-01"],
    proven_by={
        "credential:credential-not-string": "SDJWT-NOT-STRING",
        "credential:credential-null": "SDJWT-NOT-STRING",
        "credential:credential-garbled": "SDJWT-UNREADABLE",
        "credential:credential-reencoded": "SDJWT-REENCODED",
        "sd-jwt:payload-not-object": "SDJWT-PAYLOAD-NOT-OBJECT",
    },
)
async def credential_is_an_sd_jwt(credential: IssuedCredential, expect: Expect) -> None:
    """The value of ``credential`` is a string that is an SD-JWT with a JSON object as payload, encoded once."""
    raw = credential.raw
    that = partial(expect.that, at=credential.exchange, pointer=credential.pointer)
    if not that(isinstance(raw, str), "SDJWT-NOT-STRING", "a string", _json_type(raw), requirement="VCI-A.3.4-01"):
        return
    if _is_json(raw):
        raise Blocked("the credential is a JSON text, not the compact form with tildes")
    if not that(
        not is_encoded_again(raw, _unreadable),
        "SDJWT-REENCODED",
        "an SD-JWT that is not encoded a second time",
        "an SD-JWT inside another encoding",
        requirement="VCI-A.3.4-02",
    ):
        return
    problem = _unreadable(raw)
    not_object = problem is not None and problem.kind == "payload-not-object"
    observed = problem.detail if problem else ""
    that(
        not not_object,
        "SDJWT-PAYLOAD-NOT-OBJECT",
        "a payload that is a JSON object",
        observed,
        requirement="RFC9901-4.1-03",
    )
    that(problem is None or not_object, "SDJWT-UNREADABLE", "an SD-JWT", observed, requirement="VCI-A.3.4-01")


@check(
    "sd-jwt-compact",
    requires=["SDJWTVC-3.2-01", "HAIP-6.1-01"],
    proven_by={"credential:credential-json-serialized": "SDJWT-JSON-SERIALIZED"},
)
async def credential_is_compact(credential: IssuedCredential, expect: Expect) -> None:
    """An SD-JWT VC is in the compact form with tildes, not in JSON."""
    raw = credential.raw
    if not isinstance(raw, str):
        raise Blocked(f"the credential is {_json_type(raw)}")
    expect.that(
        not _is_json(raw),
        "SDJWT-JSON-SERIALIZED",
        "the compact form with tildes",
        "a JSON text",
        at=credential.exchange,
        pointer=credential.pointer,
    )


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _json_type(value: Any) -> str:
    return f"a value of type {type(value).__name__}"


def _unreadable(text: str) -> FormatError | None:
    try:
        sd_jwt.parse(text)
    except FormatError as error:
        return error
    return None


@check(
    "sd-jwt-parts",
    requires=["RFC9901-4-02", "RFC9901-4-01"],
    proven_by={
        "sd-jwt:no-final-tilde": "SDJWT-FINAL-TILDE",
        "sd-jwt:empty-part": "SDJWT-EMPTY-PART",
    },
)
async def parts_are_followed_by_tildes(credential: IssuedCredential, expect: Expect) -> None:
    """The JWT and each Disclosure are followed by a tilde, and none of them is empty."""
    problems = credential.vc.sd_jwt.problems
    tilde = Rule("final-tilde-missing", "SDJWT-FINAL-TILDE", "a tilde at the end", "RFC9901-4-02")
    judge(expect, at(credential), problems, tilde)
    parts = credential.raw.split("~")[1:-1]
    expect.that(
        all(parts),
        "SDJWT-EMPTY-PART",
        "a Disclosure before each tilde",
        "two tildes in a row",
        at=credential.exchange,
        pointer=credential.pointer,
        requirement="RFC9901-4-01",
    )


@check(
    "sd-jwt-no-key-binding",
    requires=["RFC9901-7.2-01"],
    proven_by={"sd-jwt:key-binding": "SDJWT-KEY-BINDING"},
)
async def there_is_no_key_binding_jwt(credential: IssuedCredential, expect: Expect) -> None:
    """The Credential Issuer adds no Key Binding JWT, which only the Holder can make."""
    rule = Rule("key-binding-present", "SDJWT-KEY-BINDING", "no Key Binding JWT", "RFC9901-7.2-01")
    judge(expect, at(credential), credential.vc.sd_jwt.problems, rule)


@check(
    "sd-jwt-names-unique",
    requires=["RFC7519-4-02", "RFC7515-4-02", "RFC8259-4-01"],
    proven_by={
        "sd-jwt:duplicate-key": "SDJWT-CLAIM-TWICE",
        "sd-jwt:duplicate-header": "SDJWT-HEADER-TWICE",
        "sd-jwt:duplicate-member": "SDJWT-MEMBER-TWICE",
    },
)
async def names_are_unique(credential: IssuedCredential, expect: Expect) -> None:
    """No header parameter, no claim and no member of an object below stands twice."""
    repeated = [problem for problem in credential.vc.sd_jwt.problems if problem.kind == "duplicate-name"]
    in_header = [problem for problem in repeated if (problem.pointer or "").startswith("header")]
    claims = [
        problem for problem in repeated if (problem.pointer or "").count("/") == 1 and problem not in in_header
    ]
    members = [problem for problem in repeated if problem not in in_header and problem not in claims]
    header = Rule("duplicate-name", "SDJWT-HEADER-TWICE", "unique header parameters", "RFC7515-4-02")
    claim = Rule("duplicate-name", "SDJWT-CLAIM-TWICE", "unique claim names", "RFC7519-4-02")
    member = Rule("duplicate-name", "SDJWT-MEMBER-TWICE", "unique member names", "RFC8259-4-01")
    for problems, rule in ((in_header, header), (claims, claim), (members, member)):
        judge(expect, at(credential), problems, rule)


# The header


@check(
    "sd-jwt-critical-header",
    requires=["RFC7515-4.1.11-02", "RFC7515-4.1.11-03"],
    proven_by={
        "sd-jwt:crit-empty": "SDJWT-CRIT-EMPTY",
        "sd-jwt:crit-absent-name": "SDJWT-CRIT-NAMES",
    },
)
async def critical_headers_are_well_formed(credential: IssuedCredential, expect: Expect) -> None:
    """If there is a ``crit`` parameter, it names extensions that stand in the header, each once."""
    header, problems = credential.vc.sd_jwt.jws.header, credential.vc.sd_jwt.problems
    expect.that(
        header.get("crit") != [],
        "SDJWT-CRIT-EMPTY",
        "no crit, or one with names",
        "an empty crit",
        at=credential.exchange,
        pointer=at(credential).inside("header/crit"),
    )
    if header.get("crit") != []:
        names = "extension parameters of the header, each once"
        rule = Rule("crit-malformed", "SDJWT-CRIT-NAMES", names, "RFC7515-4.1.11-03")
        judge(expect, at(credential), problems, rule)


@check(
    "sd-jwt-algorithm",
    requires=["RFC9901-4.1-02", "RFC9901-4.1-01"],
    proven_by={"sd-jwt:alg-none": "SDJWT-ALGORITHM-NONE", "sd-jwt:alg-symmetric": "SDJWT-ALGORITHM"},
)
async def algorithm_is_a_digital_signature(credential: IssuedCredential, expect: Expect) -> None:
    """The credential is signed with a private key: ``alg`` is neither ``none`` nor a MAC."""
    algorithm = credential.vc.sd_jwt.jws.header.get("alg")
    that = partial(expect.that, at=credential.exchange, pointer=at(credential).inside("header/alg"))
    if that(algorithm != "none", "SDJWT-ALGORITHM-NONE", "a signature", "none", requirement="RFC9901-4.1-02"):
        that(
            isinstance(algorithm, str) and algorithm not in jose.SYMMETRIC_ALGORITHMS,
            "SDJWT-ALGORITHM",
            "the name of a digital signature algorithm",
            algorithm,
            requirement="RFC9901-4.1-01",
        )


@check(
    "sd-jwt-key-id-string",
    requires=["RFC7515-4.1.4-01"],
    proven_by={"sd-jwt:kid-number": "SDJWT-KEY-ID-STRING"},
)
async def key_id_is_a_string(credential: IssuedCredential, expect: Expect) -> None:
    """The header has no ``kid``, or one that is a string."""
    expect.that(
        isinstance(credential.vc.sd_jwt.jws.header.get("kid", ""), str),
        "SDJWT-KEY-ID-STRING",
        "no kid, or a string",
        credential.vc.sd_jwt.jws.header.get("kid"),
        at=credential.exchange,
        pointer=at(credential).inside("header/kid"),
    )


# Selective disclosure: the digests


@check(
    "sd-jwt-hash",
    requires=[
        "RFC9901-4.1.1-03",
        "RFC9901-4.1.1-01",
        "RFC9901-4.1.1-02",
        "RFC9901-7.1-02",
        "RFC9901-9.4-01",
    ],
    proven_by={
        "sd-jwt:sd-alg-unknown": "SDJWT-HASH-UNKNOWN",
        "sd-jwt:sd-alg-number": "SDJWT-HASH-STRING",
        "sd-jwt:sd-alg-nested": "SDJWT-HASH-NESTED",
        "sd-jwt:sd-alg-weak": "SDJWT-HASH-WEAK",
    },
)
async def hash_is_known_and_strong(credential: IssuedCredential, expect: Expect) -> None:
    """``_sd_alg``, if there, is a string at the top level that names a registered hash fit for this use."""
    judge(
        expect,
        at(credential),
        credential.vc.sd_jwt.problems,
        Rule("sd-alg-type", "SDJWT-HASH-STRING", "a string", "RFC9901-4.1.1-01"),
        Rule("sd-alg-nested", "SDJWT-HASH-NESTED", "_sd_alg at the top level only", "RFC9901-4.1.1-02"),
        Rule("sd-alg-unknown", "SDJWT-HASH-UNKNOWN", "a registered hash name", "RFC9901-4.1.1-03"),
        Rule("sd-alg-weak", "SDJWT-HASH-WEAK", "a hash that is not truncated", "RFC9901-7.1-02"),
    )


_HASH_BITS = {"256": 256, "384": 384, "512": 512}
"""Bits of the hash of a JWS algorithm, by how its name ends (RFC 7518 section 3.1)."""


@check(
    "sd-jwt-hash-strength",
    requires=["RFC9901-9.4-02"],
    proven_by={"sd-jwt:alg-unlisted": "SDJWT-HASH-STRENGTH", "sd-jwt:sd-alg-weak": "SDJWT-HASH-STRENGTH"},
)
async def hash_is_as_strong_as_the_signature(credential: IssuedCredential, expect: Expect) -> None:
    """The hash of the digests is no shorter than that of the signature."""
    parsed = credential.vc.sd_jwt
    algorithm = parsed.jws.header.get("alg")
    wanted = _HASH_BITS.get(algorithm[-3:], 0) if isinstance(algorithm, str) else 0
    lengths = {len(disclosure.digest) * 6 // 8 * 8 for disclosure in parsed.disclosures}
    expect.that(
        all(length >= wanted for length in lengths),
        "SDJWT-HASH-STRENGTH",
        f"digests of {wanted} bits, as {algorithm} hashes",
        f"digests of {min(lengths, default=0)} bits",
        at=credential.exchange,
        pointer=at(credential).inside("/_sd_alg"),
    )


@check(
    "sd-jwt-digest-arrays",
    requires=["RFC9901-4.2.4.1-01", "RFC9901-4.2.4.1-02"],
    proven_by={"sd-jwt:sd-not-array": "SDJWT-DIGEST-ARRAY", "sd-jwt:sd-empty": "SDJWT-DIGEST-ARRAY-EMPTY"},
)
async def digests_stand_in_arrays(credential: IssuedCredential, expect: Expect) -> None:
    """Each ``_sd`` is an array of strings, and is left out where there is nothing to disclose."""
    judge(
        expect,
        at(credential),
        credential.vc.sd_jwt.problems,
        Rule("sd-not-array", "SDJWT-DIGEST-ARRAY", "an array of strings", "RFC9901-4.2.4.1-01"),
        Rule("sd-empty", "SDJWT-DIGEST-ARRAY-EMPTY", "an array with digests", "RFC9901-4.2.4.1-02"),
    )


@check(
    "sd-jwt-digest-elements",
    requires=["RFC9901-4.2.4.2-01", "RFC9901-4.2.4.2-02", "RFC9901-4.1-04"],
    proven_by={
        "sd-jwt:element-with-other-keys": "SDJWT-ELEMENT-MEMBERS",
        "sd-jwt:element-number": "SDJWT-ELEMENT-DIGEST",
        "sd-jwt:ellipsis-misplaced": "SDJWT-ELLIPSIS-MISPLACED",
    },
)
async def hidden_elements_are_placeholders(credential: IssuedCredential, expect: Expect) -> None:
    """A hidden array element is an object with the one member ``...``, a digest; ``...`` stands nowhere else."""
    judge(
        expect,
        at(credential),
        credential.vc.sd_jwt.problems,
        Rule("ellipsis-type", "SDJWT-ELEMENT-DIGEST", "a digest as a string", "RFC9901-4.2.4.2-01"),
        Rule("ellipsis-other-keys", "SDJWT-ELEMENT-MEMBERS", "no member besides ...", "RFC9901-4.2.4.2-02"),
        Rule("ellipsis-misplaced", "SDJWT-ELLIPSIS-MISPLACED", "... in array elements only", "RFC9901-4.1-04"),
    )


@check(
    "sd-jwt-digests",
    requires=["RFC9901-4.2.3-02", "RFC9901-4.1-05", "RFC9901-7.1-07", "RFC9901-4.2.5-03"],
    proven_by={
        "sd-jwt:digest-twice": "SDJWT-DIGEST-TWICE",
        "sd-jwt:digest-in-hexadecimal": "SDJWT-DIGEST-ENCODING",
        "sd-jwt:digest-of-other-hash": "SDJWT-DIGEST-ENCODING",
    },
)
async def digests_are_unique_and_encoded(credential: IssuedCredential, expect: Expect) -> None:
    """Each digest is in base64url, as long as the hash makes it, and stands once."""
    judge(
        expect,
        at(credential),
        credential.vc.sd_jwt.problems,
        Rule(
            "digest-malformed", "SDJWT-DIGEST-ENCODING", "base64url of the bytes of a digest", "RFC9901-4.2.3-02"
        ),
        Rule("digest-repeated", "SDJWT-DIGEST-TWICE", "each digest once", "RFC9901-4.1-05"),
    )


@check(
    "sd-jwt-disclosures-referenced",
    requires=["RFC9901-7.1-08", "RFC9901-4.2.6-01", "RFC9901-4.2.3-01", "RFC9901-4.1.1-04"],
    proven_by={
        "sd-jwt:disclosure-unreferenced": "SDJWT-DISCLOSURE-UNREFERENCED",
        "sd-jwt:digest-in-hexadecimal": "SDJWT-DISCLOSURE-UNREFERENCED",
        "sd-jwt:digest-of-bytes": "SDJWT-DIGEST-OF-BYTES",
        "sd-jwt:digest-of-other-hash": "SDJWT-DIGEST-HASH",
        "sd-jwt:disclosures-without-digests": "SDJWT-DISCLOSURE-UNREFERENCED",
    },
)
async def disclosures_are_referenced(credential: IssuedCredential, expect: Expect) -> None:
    """A digest, made with the right hash over the characters of the Disclosure, leads to each Disclosure."""
    named = "digests with the hash of _sd_alg, or SHA-256"
    by_default = "RFC9901-7.1-08" if "_sd_alg" in credential.vc.sd_jwt.payload else "RFC9901-4.1.1-04"
    judge(
        expect,
        at(credential),
        sd_jwt_digests.unreferenced(credential.vc.sd_jwt, credential.raw),
        Rule("digest-of-bytes", "SDJWT-DIGEST-OF-BYTES", "digests of the base64url text", "RFC9901-4.2.3-01"),
        Rule("digest-other-hash", "SDJWT-DIGEST-HASH", named, by_default),
        Rule("disclosure-unreferenced", "SDJWT-DISCLOSURE-UNREFERENCED", "a digest for each", "RFC9901-7.1-08"),
    )


# Selective disclosure: the Disclosures


@check(
    "sd-jwt-disclosure-encoding",
    requires=["RFC9901-4.2.1-08"],
    proven_by={
        "sd-jwt:disclosure-malformed": "SDJWT-DISCLOSURE-ENCODING",
        "sd-jwt:disclosure-padded": "SDJWT-DISCLOSURE-ENCODING",
        "sd-jwt:empty-part": "SDJWT-DISCLOSURE-ENCODING",
    },
)
async def disclosures_are_encoded_arrays(credential: IssuedCredential, expect: Expect) -> None:
    """Each Disclosure is a JSON array in UTF-8 and unpadded base64url."""
    encoded = "a JSON array in UTF-8 and base64url"
    kinds = "disclosure-base64url disclosure-json"
    rule = Rule(kinds, "SDJWT-DISCLOSURE-ENCODING", encoded, "RFC9901-4.2.1-08")
    judge(expect, at(credential), credential.vc.sd_jwt.problems, rule)


@check(
    "sd-jwt-disclosure-elements",
    requires=["RFC9901-4.2.1-01", "RFC9901-7.1-03", "RFC9901-4.2.2-01", "RFC9901-7.1-06"],
    proven_by={
        "sd-jwt:disclosure-two-elements": "SDJWT-PROPERTY-ELEMENTS",
        "sd-jwt:disclosure-three-elements": "SDJWT-ELEMENT-ELEMENTS",
        "sd-jwt:disclosure-four-elements": "SDJWT-DISCLOSURE-ELEMENTS",
    },
)
async def disclosures_have_their_elements(credential: IssuedCredential, expect: Expect) -> None:
    """A Disclosure of a property is salt, name and value; one of an array element is salt and value."""
    counted = [problem for problem in credential.vc.sd_jwt.problems if problem.kind == "disclosure-element-count"]
    alone = [problem for problem in counted if (problem.pointer or "").startswith("disclosure ")]
    properties = [problem for problem in counted if (problem.pointer or "").endswith("/_sd")]
    elements = [problem for problem in counted if problem not in alone and problem not in properties]
    for problems, code, expected, requirement in (
        (alone, "SDJWT-DISCLOSURE-ELEMENTS", "two or three elements", "RFC9901-4.2.1-01"),
        (properties, "SDJWT-PROPERTY-ELEMENTS", "salt, name and value", "RFC9901-4.2.1-01"),
        (elements, "SDJWT-ELEMENT-ELEMENTS", "salt and value", "RFC9901-4.2.2-01"),
    ):
        rule = Rule("disclosure-element-count", code, expected, requirement)
        judge(expect, at(credential), problems, rule)


@check(
    "sd-jwt-disclosure-names",
    requires=[
        "RFC9901-4.2.1-05",
        "RFC9901-4.2.1-06",
        "RFC9901-7.1-04",
        "RFC9901-4.2.1-07",
        "RFC9901-7.1-05",
    ],
    proven_by={
        "sd-jwt:disclosure-name-number": "SDJWT-DISCLOSURE-NAME",
        "sd-jwt:disclosure-reserved-name": "SDJWT-DISCLOSURE-NAME-RESERVED",
        "sd-jwt:disclosure-name-exists": "SDJWT-DISCLOSURE-NAME-EXISTS",
    },
)
async def disclosed_names_are_free(credential: IssuedCredential, expect: Expect) -> None:
    """The name in a Disclosure is a string, not reserved, and not taken at its place."""
    judge(
        expect,
        at(credential),
        credential.vc.sd_jwt.problems,
        Rule("disclosure-name-type", "SDJWT-DISCLOSURE-NAME", "a string", "RFC9901-4.2.1-05"),
        Rule("disclosure-name-reserved", "SDJWT-DISCLOSURE-NAME-RESERVED", "no reserved name", "RFC9901-4.2.1-06"),
        Rule("claim-name-exists", "SDJWT-DISCLOSURE-NAME-EXISTS", "a name of its own", "RFC9901-4.2.1-07"),
    )


@check(
    "sd-jwt-salts",
    requires=[
        "RFC9901-9.3-01",
        "RFC9901-9.3-02",
        "RFC9901-9.3-03",
        "RFC9901-4.2.1-02",
        "RFC9901-4.2.1-03",
    ],
    proven_by={
        "sd-jwt:salt-not-string": "SDJWT-SALT",
        "sd-jwt:salt-reused": "SDJWT-SALT-REUSED",
        "sd-jwt:salt-short": ("SDJWT-SALT-SHORT", "SDJWT-SALT-GUESSABLE"),
        "sd-jwt:salts-counted": "SDJWT-SALT-GUESSABLE",
        "sd-jwt:disclosure-repeated": "SDJWT-SALT-REUSED",
    },
)
async def salts_cannot_be_guessed(credential: IssuedCredential, expect: Expect) -> None:
    """Each Disclosure has a salt of its own, a string with 128 random bits."""
    parsed = credential.vc.sd_jwt
    own = "a salt of its own for each Disclosure"
    long = "salts that can hold 128 random bits"
    judge(
        expect,
        at(credential),
        parsed.problems,
        Rule("disclosure-salt-type", "SDJWT-SALT", "a string", "RFC9901-4.2.1-02"),
        Rule("salt-reused disclosure-repeated", "SDJWT-SALT-REUSED", own, "RFC9901-4.2.1-03"),
        Rule("salt-short", "SDJWT-SALT-SHORT", long, "RFC9901-9.3-03"),
    )
    salts = sorted({disclosure.salt for disclosure in parsed.disclosures if isinstance(disclosure.salt, str)})
    expect.that(
        not _are_guessable(salts),
        "SDJWT-SALT-GUESSABLE",
        "random salts",
        "salts of a few characters, or that differ in a few characters only",
        at=credential.exchange,
        pointer=credential.pointer,
    )


_FEWEST_CHARACTERS = 8
"""Fewer random characters than this hold less than 48 bits and are found in minutes."""


def _are_guessable(salts: Sequence[str]) -> bool:
    """Say whether a salt is very short, or all are alike but for a few characters, as when they are counted."""
    if any(len(salt) < _FEWEST_CHARACTERS for salt in salts):
        return True
    if len(salts) < 2:
        return False
    head = _alike(salts)
    tail = _alike([salt[head:][::-1] for salt in salts])
    return max(len(salt) for salt in salts) - head - tail < _FEWEST_CHARACTERS


def _alike(texts: Sequence[str]) -> int:
    """Count the characters with which all texts begin."""
    columns = zip(*texts, strict=False)
    return len(list(takewhile(lambda column: len(set(column)) == 1, columns)))
