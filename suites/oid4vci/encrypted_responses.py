"""Encrypted Credential Responses: OpenID4VCI 1.0 sections 8.2, 8.3, 10 and 12.2.4, RFC 7516 and RFC 7518."""

from __future__ import annotations

from dataclasses import replace

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, Encrypted
from harness.expect import Demanded, Expect, show
from harness.formats.jwe import CONTENT_ENCRYPTION_ALGORITHMS
from harness.transport import Reply
from harness.wallet.encryption import COMPRESSIONS, EncryptionError, Terms, inflate, is_sealed, make_key
from harness.wallet.metadata import Issuer
from suites.oid4vci._encryption import (
    INVALID_PARAMETERS,
    STATUS,
    as_it_came,
    expect_in_clear,
    for_each,
    message_of,
    offered_responses,
    proven,
    response_terms,
    served,
    with_key,
)
from suites.oid4vci._naming import naming_unknown
from suites.oid4vci._problems import Place, Rule, judge

check = area("Encrypted Responses", per=Per.GRANT)


# Whether a response is encrypted


@check(
    "encryption-response-given",
    requires=["VCI-8.3-18"],
    proven_by={
        "rejects:encryption.request": "ENCRYPTION-RESPONSE-REFUSED",
        "rejects:encryption.response": "ENCRYPTION-RESPONSE-REFUSED",
        "credential-sealing:in-clear": "ENCRYPTION-RESPONSE-IN-CLEAR",
        "credential-sealing:deferral-in-clear": "ENCRYPTION-RESPONSE-IN-CLEAR",
        "credential-jwe-parts:padded": "ENCRYPTION-RESPONSE-IN-CLEAR",
    },
    applies=when.encrypted_responses,
)
async def responses_are_encrypted(encrypted_response: Encrypted, expect: Expect) -> None:
    """A right Credential Request that asks for an encrypted response gets one."""
    reply = encrypted_response.reply
    if expect.that(
        reply.successful,
        "ENCRYPTION-RESPONSE-REFUSED",
        "a request for an encrypted response is answered with a Credential Response",
        reply.gist,
        at=reply,
    ):
        expect.that(
            is_sealed(as_it_came(reply)),
            "ENCRYPTION-RESPONSE-IN-CLEAR",
            "a JWE in compact serialization",
            as_it_came(reply).gist,
            at=reply,
        )


@check(
    "encryption-response-deferral",
    requires=["VCI-8.3-19"],
    proven_by={
        "credential-sealing:in-clear": "ENCRYPTION-DEFERRAL-IN-CLEAR",
        "credential-sealing:deferral-in-clear": "ENCRYPTION-DEFERRAL-IN-CLEAR",
    },
    applies=when.encrypted_responses & when.deferred,
)
async def deferrals_are_encrypted(encrypted_response: Encrypted, expect: Expect) -> None:
    """A Credential Response that defers issuance is encrypted like one that brings credentials."""
    reply = encrypted_response.reply
    if not reply.successful:
        raise Blocked(f"the request for an encrypted response was refused with {reply.gist}")
    expect.that(
        is_sealed(as_it_came(reply)),
        "ENCRYPTION-DEFERRAL-IN-CLEAR",
        "a JWE in compact serialization",
        as_it_came(reply).gist,
        at=reply,
    )


@check(
    "encryption-response-unasked",
    requires=["VCI-8.2-07"],
    proven_by={"credential-sealing:unasked": "ENCRYPTION-RESPONSE-UNASKED"},
    applies=~when.response_encryption_required,
)
async def responses_are_in_clear_by_default(issuance: Reply, expect: Expect) -> None:
    """A Credential Request that asks for no encryption is answered in the clear."""
    if not issuance.successful:
        raise Blocked(f"no Credential Response: exchange {issuance.exchange} ended with {issuance.gist}")
    expect_in_clear(expect, issuance, "ENCRYPTION-RESPONSE-UNASKED", "a Credential Response")


@check(
    "encryption-response-plain-given",
    requires=["VCI-12.2.4-74"],
    proven_by={"metadata:response-encryption-required-false": "ENCRYPTION-RESPONSE-PLAIN-REFUSED"},
    applies=when.encrypted_responses & ~when.response_encryption_required,
)
async def encryption_is_left_to_the_wallet(issuance: Reply, encrypted_response: Encrypted, expect: Expect) -> None:
    """Where the metadata does not require encryption, a request that asks for none is served, too."""
    if not issuance.successful:
        proven(encrypted_response)
    expect.that(
        issuance.successful,
        "ENCRYPTION-RESPONSE-PLAIN-REFUSED",
        "a Credential Request without credential_response_encryption is answered like one with it",
        issuance.gist,
        at=issuance,
    )


@check(
    "encryption-response-required",
    requires=["VCI-12.2.4-73", "VCI-8.3.1.2-17", STATUS],
    proven_by={
        "accepts:encryption.response-required": "ENCRYPTION-RESPONSE-MISSING-ACCEPTED",
        "misreports:encryption.response-required": "ENCRYPTION-RESPONSE-MISSING-MISREPORTED",
    },
    applies=when.encrypted_responses & when.response_encryption_required,
)
async def encryption_has_to_be_asked_for(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """Where the metadata requires encrypted responses, a request that asks for none gets no Credential."""
    proven(encrypted_response)
    terms = Terms(request=access.flow.sealing(request=True, response=False).request)
    expect.refused(
        await access.request(await access.right_body(), sealing=terms),
        "ENCRYPTION-RESPONSE-MISSING",
        what="a Credential Request without credential_response_encryption",
        status={400},
        errors={INVALID_PARAMETERS},
        status_requirement=STATUS,
        error_requirement="VCI-8.3.1.2-17",
    )


@check(
    "encryption-error-in-clear",
    requires=["VCI-8.3.1.2-18"],
    proven_by={"credential-error-response:encrypted": "ENCRYPTION-ERROR-ENCRYPTED"},
    applies=when.encrypted_responses,
)
async def errors_are_in_clear(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A Credential Error Response is not encrypted, though the request asks for an encrypted response."""
    proven(encrypted_response)
    terms, _ = response_terms(access)
    reply = await access.request(naming_unknown(access, await access.right_body()), sealing=terms)
    if reply.successful:
        raise Blocked(f"a request for an unknown configuration was not refused: {reply.gist}")
    expect_in_clear(expect, reply, "ENCRYPTION-ERROR-ENCRYPTED", "a Credential Error Response")


# What an encrypted response is like


@check(
    "encryption-response-readable",
    requires=["VCI-8.3-20", "RFC7518-4.6.2-01"],
    proven_by={
        "credential-sealing:other-key": "ENCRYPTION-RESPONSE-UNREADABLE",
        "credential-jwe:crit-standard": "ENCRYPTION-RESPONSE-UNREADABLE",
        "credential-jwe:epk-missing": "ENCRYPTION-RESPONSE-UNREADABLE",
        "credential-jwe-parts:encrypted-key": "ENCRYPTION-RESPONSE-UNREADABLE",
        "credential-jwe-parts:vector-long": "ENCRYPTION-RESPONSE-UNREADABLE",
        "credential-jwe-parts:tag-short": "ENCRYPTION-RESPONSE-UNREADABLE",
        "credential-jwe-parts:alg-missing": "ENCRYPTION-RESPONSE-UNREADABLE",
        "credential-jwe-parts:enc-missing": "ENCRYPTION-RESPONSE-UNREADABLE",
    },
    applies=when.encrypted_responses,
)
async def responses_can_be_decrypted(encrypted_response: Encrypted, expect: Expect) -> None:
    """An encrypted Credential Response opens with the key that the request names."""
    reply = encrypted_response.reply
    message = message_of(reply)
    agreed = str(message.header.get("alg")).startswith("ECDH-ES")
    for requirement in ("VCI-8.3-20", *(("RFC7518-4.6.2-01",) if agreed else ())):
        expect.that(
            reply.sealed is not None,
            "ENCRYPTION-RESPONSE-UNREADABLE",
            "a JWE that the key in jwk of credential_response_encryption decrypts",
            f"one that it does not, with the header {show(message.header)}",
            at=reply,
            requirement=requirement,
        )


@check(
    "encryption-response-jwt",
    requires=["VCI-10-01", "VCI-10-02"],
    proven_by={
        "credential-response:sealed-content-type": "ENCRYPTION-RESPONSE-CONTENT-TYPE",
        "credential-jwe:content-array": "ENCRYPTION-RESPONSE-CONTENT",
        "credential-jwe:compressed-unsaid": "ENCRYPTION-RESPONSE-CONTENT",
    },
    applies=when.encrypted_responses,
)
async def responses_are_jwts(issuer: Issuer, encrypted_response: Encrypted, expect: Expect) -> None:
    """An encrypted Credential Response is a JWT of the media type application/jwt, with its members as claims."""
    reply = encrypted_response.reply
    message_of(reply)
    came = as_it_came(reply)
    expect.that(
        came.media_type == "application/jwt",
        "ENCRYPTION-RESPONSE-CONTENT-TYPE",
        "application/jwt",
        came.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="VCI-10-02",
    )
    if reply.sealed is not None:
        expect.that(
            not {*issuer.dialect.credential_members, "transaction_id"}.isdisjoint(reply.object),
            "ENCRYPTION-RESPONSE-CONTENT",
            "a JSON object with the members of a Credential Response as content",
            _beginning(reply),
            at=reply,
        )


@check(
    "encryption-response-form",
    requires=[
        "RFC7516-7.1-01",
        "RFC7516-4-01",
        "RFC7516-4.1.1-01",
        "RFC7516-4.1.2-01",
        "RFC7516-4.1.2-02",
        "RFC7516-4.1.13-01",
        "RFC7516-5.1-01",
        "RFC7516-5.1-02",
        "RFC7518-4.6.1.1-01",
        "RFC7518-4.6.1.1-02",
        "RFC7518-4.6.1.1-03",
        "RFC7518-5.3-01",
        "RFC7518-5.3-02",
    ],
    proven_by={
        "credential-jwe-parts:padded": "ENCRYPTION-FORM-SERIALIZATION",
        "credential-jwe:header-repeated": "ENCRYPTION-FORM-REPEATED",
        "credential-jwe-parts:alg-missing": "ENCRYPTION-FORM-ALG",
        "credential-jwe-parts:enc-missing": "ENCRYPTION-FORM-ENC",
        "credential-jwe:crit-standard": "ENCRYPTION-FORM-CRITICAL",
        "credential-jwe-parts:encrypted-key": "ENCRYPTION-FORM-ENCRYPTED-KEY",
        "credential-jwe-parts:vector-long": "ENCRYPTION-FORM-VECTOR",
        "credential-jwe-parts:tag-short": "ENCRYPTION-FORM-TAG",
        "credential-jwe:epk-missing": "ENCRYPTION-FORM-EPK-MISSING",
        "credential-jwe:epk-private": "ENCRYPTION-FORM-EPK",
        "credential-jwe:epk-surplus": "ENCRYPTION-FORM-EPK-SURPLUS",
    },
    applies=when.encrypted_responses,
)
async def responses_are_well_formed(encrypted_response: Encrypted, expect: Expect) -> None:
    """An encrypted Credential Response has the parts and header parameters that its algorithms ask for."""
    reply = encrypted_response.reply
    came = as_it_came(reply)
    if not reply.successful or came.body.lstrip()[:1] in (b"{", b"["):
        raise Blocked(f"no encrypted response: exchange {reply.exchange} ended with {reply.gist}")
    if not expect.that(
        is_sealed(came),
        "ENCRYPTION-FORM-SERIALIZATION",
        "five parts in base64url with periods between them",
        came.gist,
        at=reply,
    ):
        return
    message = message_of(reply)
    judge(
        expect,
        Place(reply.exchange),
        message.problems,
        Rule("duplicate-name", "ENCRYPTION-FORM-REPEATED", "each header parameter once", "RFC7516-4-01"),
        Rule(
            "crit-malformed", "ENCRYPTION-FORM-CRITICAL", "extensions of the header in crit", "RFC7516-4.1.13-01"
        ),
        Rule("encrypted-key-present", "ENCRYPTION-FORM-ENCRYPTED-KEY", "no encrypted key", "RFC7516-5.1-01"),
        Rule("iv-length", "ENCRYPTION-FORM-VECTOR", "a vector of the length that enc wants", "RFC7516-5.1-02"),
    )
    for name, requirement in (("alg", "RFC7516-4.1.1-01"), ("enc", "RFC7516-4.1.2-01")):
        value = message.header.get(name)
        expect.that(
            isinstance(value, str),
            f"ENCRYPTION-FORM-{name.upper()}",
            f"{name}, a string, in the header",
            message.header,
            at=reply,
            requirement=requirement,
        )
    enc = message.header.get("enc")
    if isinstance(enc, str):
        expect.that(
            enc in CONTENT_ENCRYPTION_ALGORITHMS,
            "ENCRYPTION-FORM-ENC-UNKNOWN",
            "an algorithm of authenticated encryption",
            enc,
            at=reply,
            requirement="RFC7516-4.1.2-02",
        )
    if str(enc).endswith("GCM"):
        _expect_gcm(expect, reply, len(message.initialization_vector), len(message.authentication_tag))
    if str(message.header.get("alg")).startswith("ECDH-ES"):
        judge(
            expect,
            Place(reply.exchange),
            message.problems,
            Rule("epk-missing", "ENCRYPTION-FORM-EPK-MISSING", "epk in the header", "RFC7518-4.6.1.1-01"),
            Rule("epk-private epk-malformed", "ENCRYPTION-FORM-EPK", "a public key", "RFC7518-4.6.1.1-02"),
            Rule("epk-surplus", "ENCRYPTION-FORM-EPK-SURPLUS", "what the key needs only", "RFC7518-4.6.1.1-03"),
        )


def _expect_gcm(expect: Expect, reply: Reply, vector: int, tag: int) -> None:
    for bits, wanted, code, requirement in (
        (vector * 8, 96, "ENCRYPTION-FORM-VECTOR", "RFC7518-5.3-01"),
        (tag * 8, 128, "ENCRYPTION-FORM-TAG", "RFC7518-5.3-02"),
    ):
        expect.that(bits == wanted, code, f"{wanted} bits", f"{bits} bits", at=reply, requirement=requirement)


@check(
    "encryption-response-kid",
    requires=["VCI-10-05"],
    proven_by={
        "credential-sealing:kid-missing": "ENCRYPTION-KID-OTHER",
        "credential-sealing:kid-other": "ENCRYPTION-KID-OTHER",
    },
    applies=when.encrypted_responses,
)
async def responses_name_the_key(encrypted_response: Encrypted, expect: Expect) -> None:
    """The header of an encrypted Credential Response has the kid of the key that the request names."""
    reply, asked = encrypted_response.reply, encrypted_response.terms.response
    kid = message_of(reply).header.get("kid")
    wanted = asked.key.public["kid"] if asked else None
    expect.that(kid == wanted, "ENCRYPTION-KID-OTHER", f"the kid {wanted}", kid, at=reply, pointer="header/kid")


@check(
    "encryption-response-ephemeral-key",
    requires=["RFC7518-4.6-01"],
    proven_by={"credential-jwe:epk-again": "ENCRYPTION-EPHEMERAL-KEY-AGAIN"},
    applies=when.encrypted_responses & when.response_key_agreement,
)
async def ephemeral_keys_are_new(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """Two Credential Responses that are encrypted to one key of the wallet have two ephemeral keys."""
    proven(encrypted_response)
    terms, _ = response_terms(access)
    first, second = [
        await token.request(await token.right_body(), sealing=terms)
        async for token, _ in for_each(access, range(2))
    ]
    seen = [message_of(reply).header.get("epk") for reply in (first, second)]
    expect.that(
        seen[0] != seen[1],
        "ENCRYPTION-EPHEMERAL-KEY-AGAIN",
        f"another epk than that of exchange {first.exchange}",
        seen[1],
        at=second,
        pointer="header/epk",
    )


# Algorithms


_SAME_ALG = ("VCI-10-04", "VCI15-8.3-02", "VCID14-7.3-08", "VCI13-7.3-05")


@check(
    "encryption-response-alg",
    requires=["VCI-12.2.4-70", *_SAME_ALG],
    proven_by={
        "credential-sealing:other-alg": "ENCRYPTION-ALG-OTHER",
        "rejects:encryption.other-alg": "ENCRYPTION-ALG-REFUSED",
    },
    applies=when.encrypted_responses,
)
async def every_alg_is_used(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A response is encrypted with the alg of the wallet's key, whichever of the metadata that is."""
    proven(encrypted_response)
    async for token, alg in for_each(access, offered_responses(access).usable_algs):
        terms, asked = response_terms(access)
        key = make_key(alg)
        asked = replace(with_key(access, asked, key.public), key=key)
        reply = await token.request(await token.right_body(), sealing=replace(terms, response=asked))
        _expect_algorithm(expect, reply, "alg", alg, refused="VCI-12.2.4-70", other=_SAME_ALG)


@check(
    "encryption-response-enc",
    requires=["VCI-8.3-21", "VCI-12.2.4-71"],
    proven_by={
        "credential-sealing:other-enc": "ENCRYPTION-ENC-OTHER",
        "rejects:encryption.other-enc": "ENCRYPTION-ENC-REFUSED",
    },
    applies=when.encrypted_responses,
)
async def every_enc_is_used(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A response is encrypted with the enc that the request asks for, whichever of the metadata that is."""
    proven(encrypted_response)
    async for token, enc in for_each(access, offered_responses(access).usable_encs):
        reply = await _request_with(token, enc=enc)
        _expect_algorithm(expect, reply, "enc", enc, refused="VCI-12.2.4-71", other="VCI-8.3-21")


@check(
    "encryption-response-zip",
    requires=["VCI-10-07", "VCI-12.2.4-72", "RFC7516-4.1.3-01"],
    proven_by={
        "rejects:encryption.compressed": "ENCRYPTION-ZIP-REFUSED",
        "credential-sealing:zip-missing": "ENCRYPTION-ZIP-MISSING",
        "credential-jwe:zip-wrapped": "ENCRYPTION-ZIP-NO-DEFLATE",
    },
    applies=when.encrypted_responses & when.compressed_responses,
)
async def responses_are_compressed(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A response is compressed as the request asks for, which is as the metadata allows."""
    proven(encrypted_response)
    listed = [name for name in COMPRESSIONS if name in offered_responses(access).zip_values]
    async for token, zip_ in for_each(access, listed):
        reply = await _request_with(token, zip=zip_)
        if not expect.that(
            reply.successful,
            "ENCRYPTION-ZIP-REFUSED",
            f"a request with zip {zip_} is served",
            reply.gist,
            at=reply,
            requirement="VCI-12.2.4-72",
        ):
            continue
        header = message_of(reply).header
        if expect.that(
            header.get("zip") == zip_,
            "ENCRYPTION-ZIP-MISSING",
            f"a header with zip {zip_}",
            header,
            at=reply,
            pointer="header/zip",
        ):
            expect.that(
                reply.sealed is not None,
                "ENCRYPTION-ZIP-NO-DEFLATE",
                "content that DEFLATE unpacks",
                "content that cannot be read",
                at=reply,
                requirement="RFC7516-4.1.3-01",
            )


@check(
    "encryption-response-not-compressed",
    requires=["VCI-8.2-10", "RFC7516-4.1.3-02"],
    proven_by={
        "credential-sealing:zip-unasked": "ENCRYPTION-ZIP-UNASKED",
        "credential-jwe:compressed-unsaid": "ENCRYPTION-ZIP-UNSAID",
    },
    applies=when.encrypted_responses,
)
async def responses_are_not_compressed_unasked(encrypted_response: Encrypted, expect: Expect) -> None:
    """A response is not compressed when the request does not ask for that."""
    reply = encrypted_response.reply
    header = message_of(reply).header
    if expect.that(
        "zip" not in header,
        "ENCRYPTION-ZIP-UNASKED",
        "a header without zip",
        header,
        at=reply,
        pointer="header/zip",
    ):
        if reply.sealed is None:
            raise Blocked("the response cannot be decrypted")
        expect.that(
            not _is_deflate(reply),
            "ENCRYPTION-ZIP-UNSAID",
            "content that is not compressed, since the header has no zip",
            "content that DEFLATE unpacks",
            at=reply,
            requirement="RFC7516-4.1.3-02",
        )


async def _request_with(access: Access, **change: str) -> Reply:
    terms, asked = response_terms(access)
    asked = replace(asked, body={**asked.body, **change})
    return await access.request(await access.right_body(), sealing=replace(terms, response=asked))


def _expect_algorithm(
    expect: Expect, reply: Reply, name: str, asked: str, *, refused: str, other: Demanded
) -> None:
    code = f"ENCRYPTION-{name.upper()}"
    if not expect.that(
        reply.successful,
        f"{code}-REFUSED",
        f"a request with {name} {asked} is served",
        reply.gist,
        at=reply,
        requirement=refused,
    ):
        return
    used = message_of(reply).header.get(name)
    if expect.that(
        used == asked,
        f"{code}-OTHER",
        f"{name} {asked}, as asked for",
        used,
        at=reply,
        pointer=f"header/{name}",
        requirement=other,
    ):
        expect.that(
            served(reply),
            f"{code}-UNREADABLE",
            f"a Credential Response with {name} {asked} that the wallet's key decrypts",
            reply.gist,
            at=reply,
            requirement=refused,
        )


def _is_deflate(reply: Reply) -> bool:
    try:
        inflate(reply.body)
    except EncryptionError:
        return False
    return True


def _beginning(reply: Reply) -> str:
    return reply.body[:80].decode("utf-8", "replace")
