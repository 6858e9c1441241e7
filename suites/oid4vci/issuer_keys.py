"""Keys that sign credentials, whatever the format: DID Core 1.0, did:web, RFC 7518, NIST SP 800-57.

That the key can be found and verifies the credential is judged with each format.
"""

from __future__ import annotations

from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import x509
from harness.formats.jwk import key_bits, same_key
from harness.transport import Client, Reply
from harness.trust.found import IssuerKey
from harness.wallet.metadata import Issuer
from suites.oid4vci._parts import Part, metadata_of
from suites.oid4vci._problems import Place, Rule, at, judge
from suites.oid4vci._urls import is_secure_url

check = partial(area("Issuer Keys", per=Per.SCENARIO), applies=when.signer_key)

_IN_DOCUMENT = when.signer_document


def _place(credential: IssuedCredential, issuer_key: IssuerKey) -> Place:
    """Give the place of the document, or of the credential that leads to none."""
    return Place(issuer_key.replies[-1].exchange) if issuer_key.replies else at(credential)


def _read(issuer_key: IssuerKey) -> None:
    if issuer_key.document is None:
        raise Blocked(issuer_key.missing)


# DID documents


@check(
    "issuer-key-document-place",
    requires=["DIDWEB-2.5.2-01", "DIDWEB-2.3-01"],
    applies=_IN_DOCUMENT,
    proven_by={
        "did-document-response:missing": "ISSUER-KEY-DOCUMENT-MISSING",
        "did-document-response:web-page": "ISSUER-KEY-DOCUMENT-JSON",
        "did-document-response:redirect-http": "ISSUER-KEY-DOCUMENT-REDIRECT",
    },
)
async def document_is_in_place(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The document of the signer's DID is a JSON object, found over HTTPS where the DID leads."""
    place, rule = "a document where the DID leads", "DIDWEB-2.5.2-01"
    judge(
        expect,
        _place(credential, issuer_key),
        issuer_key.problems,
        Rule("did-document", "ISSUER-KEY-DOCUMENT-MISSING", place, rule),
        Rule("did-document-json", "ISSUER-KEY-DOCUMENT-JSON", "a JSON object", rule),
        Rule("did-document-redirect", "ISSUER-KEY-DOCUMENT-REDIRECT", "no redirect away from HTTPS", rule),
        Rule("did-web-address", "ISSUER-KEY-DID-ADDRESS", "a domain name in the DID", "DIDWEB-2.3-01"),
    )


@check(
    "issuer-key-document-id",
    requires=["DIDWEB-2.5.2-02", "DIDCORE-5.1.1-01", "DIDCORE-6.3-01"],
    applies=_IN_DOCUMENT,
    proven_by={
        "did-document:id-other": "ISSUER-KEY-DOCUMENT-ID",
        "did-document:id-missing": "ISSUER-KEY-DOCUMENT-ID",
        "did-document:context-other": "ISSUER-KEY-DOCUMENT-CONTEXT",
    },
)
async def document_is_of_the_did(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The ``id`` of the document is the DID, and its ``@context``, where it has one, begins with that of DIDs."""
    _read(issuer_key)
    judge(
        expect,
        _place(credential, issuer_key),
        issuer_key.problems,
        Rule("document-id", "ISSUER-KEY-DOCUMENT-ID", "the DID as id", "DIDWEB-2.5.2-02"),
        Rule("document-id", "ISSUER-KEY-DOCUMENT-ID", "the DID as id", "DIDCORE-5.1.1-01"),
        Rule("document-context", "ISSUER-KEY-DOCUMENT-CONTEXT", "the context of DIDs first", "DIDCORE-6.3-01"),
    )


@check(
    "issuer-key-document-methods",
    requires=[
        "DIDCORE-5.2-01",
        "DIDCORE-5.2-02",
        "DIDCORE-5.2-03",
        "DIDCORE-5.2-04",
        "DIDCORE-5.2-07",
        "DIDWEB-2.4-01",
    ],
    applies=_IN_DOCUMENT,
    proven_by={
        "did-document:methods-object": "ISSUER-KEY-METHODS-ARRAY",
        "did-document:method-type-missing": "ISSUER-KEY-METHOD-MEMBERS",
        "did-document:method-id-bare": "ISSUER-KEY-METHOD-ID",
        "did-document:method-id-twice": "ISSUER-KEY-METHOD-TWICE",
        "did-document:controller-url": "ISSUER-KEY-METHOD-CONTROLLER",
        "did-document:urls-relative": "ISSUER-KEY-URL-RELATIVE",
    },
)
async def methods_are_well_formed(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """Each verification method has an ``id``, a ``type`` and a ``controller`` of the right form."""
    _read(issuer_key)
    members = "id, type and controller as strings"
    judge(
        expect,
        _place(credential, issuer_key),
        issuer_key.problems,
        Rule("methods-form", "ISSUER-KEY-METHODS-ARRAY", "an array of objects", "DIDCORE-5.2-01"),
        Rule("method-members", "ISSUER-KEY-METHOD-MEMBERS", members, "DIDCORE-5.2-02"),
        Rule("method-id", "ISSUER-KEY-METHOD-ID", "a DID URL", "DIDCORE-5.2-03"),
        Rule("method-controller", "ISSUER-KEY-METHOD-CONTROLLER", "a DID", "DIDCORE-5.2-04"),
        Rule("method-repeated", "ISSUER-KEY-METHOD-TWICE", "an id for each method", "DIDCORE-5.2-07"),
        Rule("url-relative", "ISSUER-KEY-URL-RELATIVE", "an absolute DID URL", "DIDWEB-2.4-01"),
    )


@check(
    "issuer-key-document-material",
    requires=["DIDCORE-5.2-05", "DIDCORE-5.2.1-01", "DIDCORE-5.2.1-02", "DIDCORE-5.2.1-03"],
    applies=_IN_DOCUMENT,
    proven_by={
        "did-document:material-missing": "ISSUER-KEY-MATERIAL",
        "did-document:multikey-malformed": "ISSUER-KEY-MATERIAL",
        "did-document:signing-key-base64url": "ISSUER-KEY-MATERIAL",
        "did-document:signing-key-short": "ISSUER-KEY-MATERIAL",
        "did-document:jwk-malformed": "ISSUER-KEY-MATERIAL-JWK",
        "did-document:jwk-private": "ISSUER-KEY-MATERIAL-PRIVATE",
        "did-document:material-twice": "ISSUER-KEY-MATERIAL-TWICE",
    },
)
async def methods_hold_public_keys(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """Each verification method holds one public key in the form of its ``type``."""
    _read(issuer_key)
    judge(
        expect,
        _place(credential, issuer_key),
        issuer_key.problems,
        Rule("material-missing material-multibase", "ISSUER-KEY-MATERIAL", "a key of its type", "DIDCORE-5.2-05"),
        Rule("material-jwk", "ISSUER-KEY-MATERIAL-JWK", "a JSON Web Key", "DIDCORE-5.2.1-01"),
        Rule("material-private", "ISSUER-KEY-MATERIAL-PRIVATE", "a public key", "DIDCORE-5.2.1-02"),
        Rule("material-twice", "ISSUER-KEY-MATERIAL-TWICE", "the key once", "DIDCORE-5.2.1-03"),
    )


@check(
    "issuer-key-document-authorised",
    requires=["DIDCORE-5.3.2-02", "DIDCORE-5.2-06", "DIDCORE-5.3.2-01", "DIDCORE-5.3.2-03"],
    applies=_IN_DOCUMENT,
    proven_by={
        "did-document:method-missing": "ISSUER-KEY-METHOD-UNKNOWN",
        "ldp-vc:method-unknown": "ISSUER-KEY-METHOD-UNKNOWN",
        "jwt-vc:kid-unknown": "ISSUER-KEY-METHOD-UNKNOWN",
        "did-document:assertion-missing": "ISSUER-KEY-NOT-AUTHORISED",
        "did-document:authentication-only": "ISSUER-KEY-NOT-AUTHORISED",
        "did-document:assertion-string": "ISSUER-KEY-ASSERTION",
        "did-document:assertion-dangling": "ISSUER-KEY-ASSERTION-DANGLING",
    },
)
async def method_may_sign(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The document has the verification method that signed, and lists it under ``assertionMethod``."""
    _read(issuer_key)
    named = "the verification method that the credential names"
    judge(
        expect,
        _place(credential, issuer_key),
        issuer_key.problems,
        Rule("method-unknown", "ISSUER-KEY-METHOD-UNKNOWN", named, "DIDCORE-5.2-06"),
        Rule("method-not-authorised", "ISSUER-KEY-NOT-AUTHORISED", "the method that signed", "DIDCORE-5.3.2-02"),
        Rule("relationship-form", "ISSUER-KEY-ASSERTION", "a non-empty array of methods", "DIDCORE-5.3.2-01"),
        Rule(
            "relationship-dangling",
            "ISSUER-KEY-ASSERTION-DANGLING",
            "methods that the document has",
            "DIDCORE-5.3.2-03",
        ),
    )


# Strength and use

_RSA_RULE = {"RS": "RFC7518-3.3-01", "PS": "RFC7518-3.5-01"}
_MIN_RSA_BITS = 2_048


@check(
    "issuer-key-strength",
    requires=["NIST80057-5.6.3-01", "RFC7518-3.3-01", "RFC7518-3.5-01", "FAPI2-5.4.1-06", "FAPI2-5.4.1-07"],
    proven_by={"sd-jwt:key-short": "ISSUER-KEY-SHORT", "sd-jwt:key-short-pss": "ISSUER-KEY-SHORT"},
)
async def key_is_strong(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """An RSA key that signs has 2048 bits or more, a key on an elliptic curve 224."""
    if issuer_key.jwk is None:
        raise Blocked(issuer_key.missing)
    rsa = issuer_key.jwk.get("kty") == "RSA"
    least, bits = _MIN_RSA_BITS if rsa else 224, key_bits(issuer_key.jwk)
    algorithm = credential.document.algorithm
    rule = _RSA_RULE.get(algorithm[:2] if rsa and isinstance(algorithm, str) else "", "NIST80057-5.6.3-01")
    strict = "FAPI2-5.4.1-06" if rsa else "FAPI2-5.4.1-07"
    expect.that(
        bits is None or bits >= least,
        "ISSUER-KEY-SHORT",
        f"a key of {least} bits or more",
        f"{bits} bits",
        at=credential.exchange,
        pointer=credential.pointer,
        requirement=(strict, rule),
    )


@check(
    "issuer-key-purpose",
    requires=["NIST80057-5.2-01", "FAPI2-6.8-02"],
    applies=when.signer_key & when.other_published_keys,
    proven_by={
        "metadata:request-encryption-key-signs": "ISSUER-KEY-ENCRYPTS",
        "as-jwks:key-of-issuer": "ISSUER-KEY-OF-SERVER",
    },
)
async def key_has_one_purpose(issuer: Issuer, client: Client, issuer_key: IssuerKey, expect: Expect) -> None:
    """The key that signs credentials is published neither for encryption nor by the Authorization Server."""
    encrypting = metadata_of(issuer).get("credential_request_encryption").get("jwks").get("keys")
    _expect_others(expect, issuer_key, encrypting, issuer.reply, "ISSUER-KEY-ENCRYPTS")
    for server in issuer.servers:
        url = server.metadata.get("jwks_uri")
        if isinstance(url, str) and is_secure_url(url):
            reply = await client.send(f"keys of {server.identifier}", "GET", url)
            published = Part(reply.object.get("keys"), "/keys")
            _expect_others(expect, issuer_key, published, reply, "ISSUER-KEY-OF-SERVER")


def _expect_others(expect: Expect, issuer_key: IssuerKey, keys: Part, reply: Reply, code: str) -> None:
    shared = [key.pointer for key in keys.parts() if same_key(key.value, issuer_key.jwk)]
    expect.that(
        not shared,
        code,
        "other keys than the one that signs credentials",
        "that key",
        at=reply,
        pointer=shared[0] if shared else keys.pointer,
    )


@check(
    "issuer-key-own",
    requires=["NIST80057-5.2-01"],
    applies=when.signer_key & when.other_keys_in_use,
    proven_by={"transaction:key-other": "ISSUER-KEY-OF-HOLDER"},
)
async def key_is_the_issuers_own(
    collected: Reply, credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The key that signs credentials is not the one they are bound to, and not that of the TLS certificate."""
    expect.that(
        not same_key(credential.document.holder_key, issuer_key.jwk),
        "ISSUER-KEY-OF-HOLDER",
        "another key than the one that signs credentials",
        "that key",
        at=credential.exchange,
        pointer=credential.pointer,
    )
    connection = x509.jwk_in_der(collected.certificate) if collected.certificate else None
    expect.that(
        not same_key(connection, issuer_key.jwk),
        "ISSUER-KEY-OF-CONNECTION",
        "a TLS certificate with another key than the one that signs credentials",
        "that key",
        at=collected,
    )
