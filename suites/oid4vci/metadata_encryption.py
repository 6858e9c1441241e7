"""Encryption in the Credential Issuer Metadata: OpenID4VCI 1.0 sections 8.2, 10 and 12.2.4, RFC 7517 and RFC 7518.

What is done with the keys and algorithms is judged where messages are encrypted.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.formats import jwe, jwk_set
from harness.formats.jose import JWS_ALGORITHMS
from harness.formats.jwk import JwkError, public_key
from harness.formats.problems import located
from harness.formats.strict_json import pointer
from harness.wallet.metadata import Issuer
from suites.oid4vci._keys import KEY_REQUIREMENTS, key_rules
from suites.oid4vci._parts import Judge, Part, metadata_of
from suites.oid4vci._problems import Place, Rule, judge

check = area("Credential Issuer Metadata")

REQUEST = "credential_request_encryption"
RESPONSE = "credential_response_encryption"
_JWKS = pointer(REQUEST, "jwks")
_SMALLEST_RSA_BITS = 2048
_REQUEST_OF_DRAFTS = {"enc_values_supported": "VCI16-11.2.4-01", "zip_values_supported": "VCI16-11.2.4-02"}
_RESPONSE_OF_DRAFTS = {
    "alg_values_supported": ("VCI16-11.2.4-03", "VCI15-11.2.3-03", "VCID14-10.2.3-03", "VCI13-11.2.3-04"),
    "enc_values_supported": ("VCI16-11.2.4-04", "VCI15-11.2.3-04", "VCID14-10.2.3-04", "VCI13-11.2.3-05"),
    "zip_values_supported": ("VCI16-11.2.4-05",),
}


def _keys(issuer: Issuer) -> list[Part]:
    """Give the keys to which requests can be encrypted, those that are JSON objects."""
    keys = metadata_of(issuer).get(REQUEST).get("jwks").get("keys")
    return [key for key in keys.parts() if key.members] if isinstance(keys.value, list) else []


def _expect_names(
    judge: Judge,
    listed: Part,
    registered: frozenset[str],
    code: str,
    requirement: str,
    *,
    drafts: tuple[str, ...],
) -> None:
    """Expect a non-empty array of names of algorithms; in drafts it may be empty."""
    if judge.array(listed, code, requirement, of=str, called="strings", drafts=drafts):
        unknown = [value for value in listed.value if not jwe.is_name(value, registered)]
        judge.that(
            not unknown,
            f"{code}-UNKNOWN",
            "names that are registered for this purpose",
            Part(unknown, listed.pointer),
            (requirement, *drafts),
        )


@check(
    "metadata-request-encryption",
    requires=["VCI-12.2.4-54", "VCI-12.2.4-59", "VCI-12.2.4-60", "VCI-12.2.4-61", *_REQUEST_OF_DRAFTS.values()],
    proven_by={
        "draft-metadata:request-encryption-enc-string": "METADATA-REQUEST-ENC",
        "draft-metadata:request-encryption-zip-string": "METADATA-REQUEST-ZIP",
        "metadata:request-encryption-array": "METADATA-REQUEST-ENCRYPTION-TYPE",
        "metadata:request-encryption-enc-missing": "METADATA-REQUEST-ENC-MISSING",
        "metadata:request-encryption-enc-empty": "METADATA-REQUEST-ENC",
        "metadata:request-encryption-enc-string": "METADATA-REQUEST-ENC",
        "metadata:request-encryption-enc-unknown": "METADATA-REQUEST-ENC-UNKNOWN",
        "metadata:request-encryption-zip-empty": "METADATA-REQUEST-ZIP",
        "metadata:request-encryption-required-missing": "METADATA-REQUEST-ENCRYPTION-REQUIRED",
        "metadata:request-encryption-required-string": "METADATA-REQUEST-ENCRYPTION-REQUIRED",
    },
    applies=when.metadata_has(REQUEST),
)
async def request_encryption_is_described(issuer: Issuer, expect: Expect) -> None:
    """credential_request_encryption is an object with enc_values_supported and encryption_required."""
    judge, block = Judge(expect, issuer.reply.exchange), metadata_of(issuer)[REQUEST]
    if not judge.that(
        isinstance(block.value, dict), "METADATA-REQUEST-ENCRYPTION-TYPE", "a JSON object", block, "VCI-12.2.4-54"
    ):
        return
    for name, code, registered, requirement in (
        ("enc_values_supported", "METADATA-REQUEST-ENC", jwe.CONTENT_ENCRYPTION_ALGORITHMS, "VCI-12.2.4-59"),
        ("zip_values_supported", "METADATA-REQUEST-ZIP", jwe.COMPRESSION_ALGORITHMS, "VCI-12.2.4-60"),
    ):
        drafts = (_REQUEST_OF_DRAFTS[name],)
        if name == "zip_values_supported" and name not in block:
            continue
        if judge.has(block, name, f"{code}-MISSING", (requirement, *drafts)):
            _expect_names(judge, block[name], registered, code, requirement, drafts=drafts)
    flag = block.get("encryption_required")
    right = isinstance(flag.value, bool)
    judge.that(
        right, "METADATA-REQUEST-ENCRYPTION-REQUIRED", "encryption_required, a boolean", flag, "VCI-12.2.4-61"
    )


@check(
    "metadata-response-encryption",
    requires=[
        *("VCI-12.2.4-62", "VCI-12.2.4-63", "VCI-12.2.4-64", "VCI-12.2.4-65", "VCI-12.2.4-66"),
        *(name for names in _RESPONSE_OF_DRAFTS.values() for name in names),
    ],
    proven_by={
        "draft-metadata:response-encryption-alg-string": "METADATA-RESPONSE-ALG",
        "draft-metadata:response-encryption-enc-string": "METADATA-RESPONSE-ENC",
        "draft-metadata:response-encryption-zip-string": "METADATA-RESPONSE-ZIP",
        "metadata:response-encryption-array": "METADATA-RESPONSE-ENCRYPTION-TYPE",
        "metadata:response-encryption-alg-missing": "METADATA-RESPONSE-ALG-MISSING",
        "metadata:response-encryption-alg-empty": "METADATA-RESPONSE-ALG",
        "metadata:response-encryption-alg-string": "METADATA-RESPONSE-ALG",
        "metadata:response-encryption-alg-unknown": "METADATA-RESPONSE-ALG-UNKNOWN",
        "metadata:response-encryption-enc-missing": "METADATA-RESPONSE-ENC-MISSING",
        "metadata:response-encryption-enc-empty": "METADATA-RESPONSE-ENC",
        "metadata:response-encryption-enc-string": "METADATA-RESPONSE-ENC",
        "metadata:response-encryption-enc-unknown": "METADATA-RESPONSE-ENC-UNKNOWN",
        "metadata:response-encryption-zip-empty": "METADATA-RESPONSE-ZIP",
        "metadata:response-encryption-required-missing": "METADATA-RESPONSE-ENCRYPTION-REQUIRED",
        "metadata:response-encryption-required-string": "METADATA-RESPONSE-ENCRYPTION-REQUIRED",
    },
    applies=when.metadata_has(RESPONSE),
)
async def response_encryption_is_described(issuer: Issuer, expect: Expect) -> None:
    """credential_response_encryption is an object with algorithms and encryption_required."""
    judge, block = Judge(expect, issuer.reply.exchange), metadata_of(issuer)[RESPONSE]
    if not judge.that(
        isinstance(block.value, dict), "METADATA-RESPONSE-ENCRYPTION-TYPE", "a JSON object", block, "VCI-12.2.4-62"
    ):
        return
    for name, code, registered, requirement in (
        ("alg_values_supported", "METADATA-RESPONSE-ALG", jwe.KEY_MANAGEMENT_ALGORITHMS, "VCI-12.2.4-63"),
        ("enc_values_supported", "METADATA-RESPONSE-ENC", jwe.CONTENT_ENCRYPTION_ALGORITHMS, "VCI-12.2.4-64"),
    ):
        if judge.has(block, name, f"{code}-MISSING", (requirement, *_RESPONSE_OF_DRAFTS[name])):
            _expect_names(judge, block[name], registered, code, requirement, drafts=_RESPONSE_OF_DRAFTS[name])
    if "zip_values_supported" in block:
        listed, zips = block["zip_values_supported"], jwe.COMPRESSION_ALGORITHMS
        drafts = _RESPONSE_OF_DRAFTS["zip_values_supported"]
        _expect_names(judge, listed, zips, "METADATA-RESPONSE-ZIP", "VCI-12.2.4-65", drafts=drafts)
    flag = block.get("encryption_required")
    right = isinstance(flag.value, bool)
    judge.that(
        right, "METADATA-RESPONSE-ENCRYPTION-REQUIRED", "encryption_required, a boolean", flag, "VCI-12.2.4-66"
    )


@check(
    "metadata-response-encryption-usable",
    requires=["VCI-8.2-12"],
    proven_by={"metadata:request-encryption-missing": "METADATA-REQUEST-ENCRYPTION-MISSING"},
    applies=when.metadata_has(RESPONSE),
)
async def response_encryption_can_be_asked_for(issuer: Issuer, expect: Expect) -> None:
    """Where responses can be encrypted, so can requests, since only an encrypted request may ask for it."""
    Judge(expect, issuer.reply.exchange).has(metadata_of(issuer), REQUEST, "METADATA-REQUEST-ENCRYPTION-MISSING")


@check(
    "metadata-request-keys",
    requires=[
        "VCI-12.2.4-55",
        "VCI-12.2.4-56",
        "VCI-12.2.4-57",
        "VCI-12.2.4-58",
        "VCI-10-03",
    ],
    proven_by={
        "metadata:request-encryption-array": "METADATA-REQUEST-KEYS-MISSING",
        "metadata:request-encryption-jwks-missing": "METADATA-REQUEST-KEYS-MISSING",
        "metadata:request-encryption-keys-empty": "METADATA-REQUEST-KEYS-MISSING",
        "metadata:request-encryption-keys-array": "METADATA-REQUEST-KEYS-TYPE",
        "metadata:request-encryption-key-private": "METADATA-REQUEST-KEY-SECRET",
        "metadata:request-encryption-key-symmetric": "METADATA-REQUEST-KEY-SECRET",
        "metadata:request-encryption-key-malformed": "METADATA-REQUEST-KEY-UNUSABLE",
        "metadata:request-encryption-kid-missing": "METADATA-REQUEST-KEY-ID-MISSING",
        "metadata:request-encryption-kid-twice": "METADATA-REQUEST-KEY-ID-REPEATED",
        "metadata:request-encryption-key-alg-missing": "METADATA-REQUEST-KEY-ALG",
        "metadata:request-encryption-key-alg-signature": "METADATA-REQUEST-KEY-ALG",
    },
    applies=when.metadata_has(REQUEST),
)
async def request_keys_can_be_used(issuer: Issuer, expect: Expect) -> None:
    """The keys to which requests are encrypted are public ones, each with an alg and a kid of its own."""
    words, jwks = Judge(expect, issuer.reply.exchange), metadata_of(issuer)[REQUEST].get("jwks")
    place = Place(issuer.reply.exchange)
    problems = located(_JWKS, jwk_set.problems(jwks.value))
    if not words.that(
        jwks.value is not None and jwks.get("keys").value != [],
        "METADATA-REQUEST-KEYS-MISSING",
        "jwks, with at least one key",
        jwks,
        "VCI-12.2.4-55",
    ):
        return
    judge(
        expect,
        place,
        problems,
        Rule("set-malformed", "METADATA-REQUEST-KEYS-TYPE", "a JWK Set", "VCI-12.2.4-55"),
        Rule("secret", "METADATA-REQUEST-KEY-SECRET", "public keys", "VCI-12.2.4-56"),
        Rule("unusable", "METADATA-REQUEST-KEY-UNUSABLE", "members that form a public key", "VCI-12.2.4-56"),
    )
    for key in _keys(issuer):
        words.that(
            isinstance(key.get("kid").value, str),
            "METADATA-REQUEST-KEY-ID-MISSING",
            "a key with kid, a string",
            Part(list(key.members), key.pointer),
            "VCI-12.2.4-57",
        )
        alg = key.get("alg").value
        words.that(
            isinstance(alg, str) and alg not in JWS_ALGORITHMS,
            "METADATA-REQUEST-KEY-ALG",
            "a key with alg, the algorithm of the encryption",
            Part(alg, key.pointer),
            "VCI-10-03",
        )
    kids = [kid for key in _keys(issuer) if isinstance(kid := key.get("kid").value, str)]
    words.that(
        len(kids) == len(set(kids)),
        "METADATA-REQUEST-KEY-ID-REPEATED",
        "a kid of its own for each key",
        Part(kids, _JWKS),
        "VCI-12.2.4-58",
    )


@check(
    "metadata-request-keys-form",
    requires=["RFC7517-4-01", "RFC7517-5-02", "RFC7517-4.2-01", "RFC7518-4.3-01", *KEY_REQUIREMENTS],
    proven_by={
        "metadata:request-encryption-key-kty-missing": "METADATA-REQUEST-KEY-TYPE",
        "metadata:request-encryption-key-operations-string": "METADATA-REQUEST-KEY-OPERATIONS",
        "metadata:request-encryption-key-operations-repeated": "METADATA-REQUEST-KEY-OPERATIONS",
        "metadata:request-encryption-key-operations-unrelated": "METADATA-REQUEST-KEY-OPERATIONS",
        "metadata:request-encryption-key-purpose-twice": "METADATA-REQUEST-KEY-PURPOSE-TWICE",
        "metadata:request-encryption-key-use-sig": "METADATA-REQUEST-KEY-USE",
        "metadata:request-encryption-key-x5c-text": "METADATA-REQUEST-KEY-CERTIFICATES",
        "metadata:request-encryption-key-x5c-other": "METADATA-REQUEST-KEY-CERTIFICATES",
        "metadata:request-encryption-key-y-missing": "METADATA-REQUEST-KEY-MEMBERS",
        "metadata:request-encryption-key-x-short": "METADATA-REQUEST-KEY-LENGTH",
        "metadata:request-encryption-key-y-short": "METADATA-REQUEST-KEY-LENGTH",
        "metadata:request-encryption-key-rsa-short": "METADATA-REQUEST-KEY-SHORT",
        "metadata:request-encryption-key-duplicate-member": "METADATA-REQUEST-KEY-REPEATED",
        "metadata:request-encryption-jwks-duplicate-member": "METADATA-REQUEST-KEYS-REPEATED",
    },
    applies=when.metadata_has(REQUEST),
)
async def request_keys_are_well_formed(issuer: Issuer, expect: Expect) -> None:
    """The keys to which requests are encrypted have the members of their type, and no purpose but encryption."""
    words, jwks = Judge(expect, issuer.reply.exchange), metadata_of(issuer).get(REQUEST).get("jwks")
    place = Place(issuer.reply.exchange)
    repeated = [p for p in issuer.document.problems if (p.pointer or "").startswith(f"{_JWKS}/")]
    of_set = [p for p in repeated if not (p.pointer or "").startswith(f"{_JWKS}/keys/")]
    judge(
        expect,
        place,
        of_set,
        Rule("duplicate-name", "METADATA-REQUEST-KEYS-REPEATED", "each member of the set once", "RFC7517-5-02"),
    )
    judge(
        expect,
        place,
        [problem for problem in repeated if problem not in of_set],
        Rule("duplicate-name", "METADATA-REQUEST-KEY-REPEATED", "each member of a key once", "RFC7517-4-01"),
    )
    judge(
        expect,
        place,
        located(_JWKS, jwk_set.problems(jwks.value)),
        *key_rules("METADATA-REQUEST-KEY"),
    )
    for key in _keys(issuer):
        if "use" in key:
            use = key["use"]
            words.that(use.value == "enc", "METADATA-REQUEST-KEY-USE", "the use enc", use, "RFC7517-4.2-01")
        bits = _rsa_bits(key)
        words.that(
            bits is None or bits >= _SMALLEST_RSA_BITS,
            "METADATA-REQUEST-KEY-SHORT",
            f"an RSA key of {_SMALLEST_RSA_BITS} bits or more",
            Part(bits, key.pointer),
            "RFC7518-4.3-01",
        )


def _rsa_bits(key: Part) -> int | None:
    try:
        return int(public_key(key.value).key_size) if key.get("kty").value == "RSA" else None
    except JwkError:
        return None
