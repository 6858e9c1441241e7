"""Encrypted Credential Requests: OpenID4VCI 1.0 sections 8.2, 10 and 12.2.4, RFC 7516 and RFC 7518."""

from __future__ import annotations

from collections.abc import Callable

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, Encrypted
from harness.expect import Expect
from harness.formats import base64url
from harness.transport import Reply
from harness.wallet.encryption import COMPRESSIONS, Terms, make_key
from suites.oid4vci._encryption import (
    ERROR,
    STATUS,
    UNUSABLE,
    expect_refused,
    for_each,
    offered_requests,
    proven,
    request_terms,
    served,
)

check = area("Encrypted Requests", per=Per.GRANT)

_REFUSED = (STATUS, ERROR)
_UNREADABLE = ("VCI-10-10", ERROR)
_WHOLE = "an encrypted Credential Request"


# What is offered works


@check(
    "encryption-request-accepted",
    requires=["VCI-12.2.4-76"],
    proven_by={
        "rejects:encryption.request": "ENCRYPTION-REQUEST-REFUSED",
        "metadata:response-encryption-required-false": "ENCRYPTION-REQUEST-REFUSED",
    },
    applies=when.encrypted_requests,
)
async def encrypted_requests_are_accepted(encrypted_request: Encrypted, expect: Expect) -> None:
    """A right Credential Request that is encrypted as the metadata says is not refused."""
    reply = encrypted_request.reply
    expect.that(
        reply.successful,
        "ENCRYPTION-REQUEST-REFUSED",
        "an encrypted Credential Request is answered with a Credential Response",
        reply.gist,
        at=reply,
    )


@check(
    "encryption-request-plain-accepted",
    requires=["VCI-12.2.4-75"],
    proven_by={"metadata:request-encryption-required-false": "ENCRYPTION-REQUEST-PLAIN-REFUSED"},
    applies=when.encrypted_requests & ~when.request_encryption_required & ~when.response_encryption_required,
)
async def plain_requests_are_accepted(issuance: Reply, encrypted_request: Encrypted, expect: Expect) -> None:
    """Where the metadata does not require encryption, a Credential Request in the clear is served, too."""
    if not served(issuance):
        proven(encrypted_request)
    expect.that(
        issuance.successful,
        "ENCRYPTION-REQUEST-PLAIN-REFUSED",
        "a Credential Request in the clear is answered like an encrypted one",
        issuance.gist,
        at=issuance,
    )


@check(
    "encryption-request-keys",
    requires=["VCI-12.2.4-67"],
    proven_by={
        "rejects:encryption.request-other-key": "ENCRYPTION-REQUEST-KEY-REFUSED",
        "metadata:request-encryption-key-signs": "ENCRYPTION-REQUEST-KEY-REFUSED",
    },
    applies=when.encrypted_requests,
)
async def all_keys_can_be_encrypted_to(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """A Credential Request may be encrypted to any key of the metadata; those the wallet can use are tried."""
    proven(encrypted_request)
    kids = [key.get("kid") for key in offered_requests(access).keys]
    keys = [key for key in offered_requests(access).usable_keys if "kid" in key and kids.count(key["kid"]) == 1]
    if not keys:
        raise Blocked("no key that the wallet can use has a kid of its own")
    async for token, key in for_each(access, keys):
        reply = await token.request(await token.right_body(), sealing=request_terms(token, key=key))
        expect.that(
            served(reply),
            "ENCRYPTION-REQUEST-KEY-REFUSED",
            f"a Credential Request that is encrypted to the key {key.get('kid')!r} is served",
            reply.gist,
            at=reply,
        )


@check(
    "encryption-request-enc",
    requires=["VCI-12.2.4-68"],
    proven_by={"rejects:encryption.request-other-enc": "ENCRYPTION-REQUEST-ENC-REFUSED"},
    applies=when.encrypted_requests,
)
async def all_content_encryption_is_supported(
    access: Access, encrypted_request: Encrypted, expect: Expect
) -> None:
    """A Credential Request may be encrypted with any enc of the metadata; those the wallet has are tried."""
    proven(encrypted_request)
    async for token, enc in for_each(access, offered_requests(access).usable_encs):
        reply = await token.request(await token.right_body(), sealing=request_terms(token, enc=enc))
        expect.that(
            served(reply),
            "ENCRYPTION-REQUEST-ENC-REFUSED",
            f"a Credential Request that is encrypted with {enc} is served",
            reply.gist,
            at=reply,
        )


@check(
    "encryption-request-zip",
    requires=["VCI-12.2.4-69", "RFC7516-4.1.3-03"],
    proven_by={"rejects:encryption.request-compressed": "ENCRYPTION-REQUEST-ZIP-REFUSED"},
    applies=when.encrypted_requests & when.compressed_requests,
)
async def compressed_requests_are_unpacked(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """A Credential Request that is compressed as the metadata allows is unpacked and served."""
    proven(encrypted_request)
    listed = [name for name in COMPRESSIONS if name in offered_requests(access).zip_values]
    async for token, zip_ in for_each(access, listed):
        reply = await token.request(await token.right_body(), sealing=request_terms(token, zip=zip_))
        for requirement in ("VCI-12.2.4-69", "RFC7516-4.1.3-03"):
            expect.that(
                served(reply),
                "ENCRYPTION-REQUEST-ZIP-REFUSED",
                f"a Credential Request that is compressed with {zip_} is served",
                reply.gist,
                at=reply,
                requirement=requirement,
            )


@check(
    "encryption-request-party-information",
    requires=["RFC7518-4.6.2-02"],
    proven_by={"rejects:encryption.request-party-information": "ENCRYPTION-REQUEST-PARTIES-REFUSED"},
    applies=when.encrypted_requests & when.request_key_agreement,
)
async def party_information_is_understood(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """A Credential Request with apu and apv, from which its key is derived, can be read."""
    proven(encrypted_request)
    keys = offered_requests(access).usable_keys
    key = next(key for key in keys if str(key.get("alg")).startswith("ECDH-ES"))
    parties = {"apu": base64url.encode(b"assay wallet"), "apv": base64url.encode(b"credential issuer")}
    reply = await access.request(await access.right_body(), sealing=request_terms(access, key=key, header=parties))
    expect.that(
        served(reply),
        "ENCRYPTION-REQUEST-PARTIES-REFUSED",
        "an encrypted Credential Request with apu and apv is served",
        reply.gist,
        at=reply,
    )


# What is not encrypted


@check(
    "encryption-request-plain-refused",
    requires=["VCI-10-08", *_REFUSED],
    proven_by={
        "accepts:encryption.request-required": "ENCRYPTION-REQUEST-PLAIN-ACCEPTED",
        "misreports:encryption.request-required": "ENCRYPTION-REQUEST-PLAIN-MISREPORTED",
    },
    applies=when.encrypted_requests & when.request_encryption_required,
)
async def plain_requests_are_refused(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """Where the metadata requires that requests are encrypted, one in the clear is refused."""
    proven(encrypted_request)
    terms = Terms(response=request_terms(access).response)
    expect_refused(
        expect,
        await access.request(await access.right_body(), sealing=terms),
        "ENCRYPTION-REQUEST-PLAIN",
        what="a Credential Request in the clear",
        # An endpoint that reads nothing but application/jwt may say so (RFC 9110 section 15.5.16).
        status={400, 415},
        errors=UNUSABLE,
    )


# What cannot be read


@check(
    "encryption-request-malformed-refused",
    requires=["RFC7516-5.2-04", *_UNREADABLE],
    proven_by={
        "accepts:encryption.request-readable": "ENCRYPTION-REQUEST-MALFORMED-ACCEPTED",
        "misreports:encryption.request-readable": "ENCRYPTION-REQUEST-MALFORMED-MISREPORTED",
    },
    applies=when.encrypted_requests,
)
async def malformed_requests_are_refused(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """A request that is no JWE, since a part or base64url or the header is wrong, is refused with an error."""
    proven(encrypted_request)
    changes = (
        (mutate.cut_off, "without its last part"),
        (mutate.no_base64url, "with characters that are not in base64url"),
        (mutate.no_header_object, "with an array as header"),
    )
    async for token, (change, what) in for_each(access, changes):
        await _expect_unreadable(expect, token, change, "ENCRYPTION-REQUEST-MALFORMED", f"{_WHOLE} {what}")


@check(
    "encryption-request-tag-refused",
    requires=["RFC7516-5.2-01", *_UNREADABLE],
    proven_by={
        "accepts:encryption.request-readable": "ENCRYPTION-REQUEST-TAG-ACCEPTED",
        "misreports:encryption.request-readable": "ENCRYPTION-REQUEST-TAG-MISREPORTED",
    },
    applies=when.encrypted_requests,
)
async def a_changed_tag_is_noticed(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """An encrypted request whose authentication tag is not correct is refused."""
    proven(encrypted_request)
    await _expect_unreadable(
        expect, access, mutate.changed_tag, "ENCRYPTION-REQUEST-TAG", f"{_WHOLE} with a wrong authentication tag"
    )


@check(
    "encryption-request-header-refused",
    requires=["RFC7516-5.2-02", *_UNREADABLE],
    proven_by={
        "accepts:encryption.request-readable": "ENCRYPTION-REQUEST-HEADER-ACCEPTED",
        "misreports:encryption.request-readable": "ENCRYPTION-REQUEST-HEADER-MISREPORTED",
    },
    applies=when.encrypted_requests,
)
async def a_changed_header_is_noticed(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """An encrypted request whose header was changed after encryption is refused."""
    proven(encrypted_request)
    await _expect_unreadable(
        expect, access, mutate.changed_header, "ENCRYPTION-REQUEST-HEADER", f"{_WHOLE} with a changed header"
    )


@check(
    "encryption-request-key-other-refused",
    requires=["RFC7516-5.2-03", *_UNREADABLE],
    proven_by={
        "accepts:encryption.request-readable": "ENCRYPTION-REQUEST-KEY-OTHER-ACCEPTED",
        "misreports:encryption.request-readable": "ENCRYPTION-REQUEST-KEY-OTHER-MISREPORTED",
    },
    applies=when.encrypted_requests,
)
async def another_key_is_noticed(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """A request that was encrypted to another key is refused, whether it names a key of the issuer or not."""
    proven(encrypted_request)
    right = offered_requests(access).usable_keys[0]
    other = make_key(str(right["alg"])).public
    kids = ((right.get("kid"), "under the kid of an issuer's key"), (other["kid"], "under a kid of nobody's"))
    async for token, (kid, what) in for_each(access, kids):
        reply = await token.request(
            await token.right_body(), sealing=request_terms(token, key={**other, "kid": kid})
        )
        _expect_error(expect, reply, "ENCRYPTION-REQUEST-KEY-OTHER", f"{_WHOLE} for another key {what}")


@check(
    "encryption-request-critical-refused",
    requires=["RFC7516-4.1.13-02", *_UNREADABLE],
    proven_by={
        "accepts:encryption.request-critical": "ENCRYPTION-REQUEST-CRITICAL-ACCEPTED",
        "misreports:encryption.request-critical": "ENCRYPTION-REQUEST-CRITICAL-MISREPORTED",
    },
    applies=when.encrypted_requests,
)
async def a_critical_parameter_is_heeded(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """An encrypted request whose header marks a parameter as critical that nobody knows is refused."""
    proven(encrypted_request)
    terms = request_terms(access, header=mutate.critical_header())
    reply = await access.request(await access.right_body(), sealing=terms)
    _expect_error(expect, reply, "ENCRYPTION-REQUEST-CRITICAL", f"{_WHOLE} with an unknown crit parameter")


# What is not acceptable


@check(
    "encryption-request-enc-unlisted-refused",
    requires=["RFC7516-5.2-05", *_REFUSED],
    proven_by={
        "accepts:encryption.request-enc": "ENCRYPTION-REQUEST-ENC-UNLISTED-ACCEPTED",
        "misreports:encryption.request-enc": "ENCRYPTION-REQUEST-ENC-UNLISTED-MISREPORTED",
    },
    applies=when.encrypted_requests & when.unlisted_request_enc,
)
async def another_enc_is_refused(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """A request that is encrypted with an enc which the metadata does not list is refused."""
    proven(encrypted_request)
    enc = offered_requests(access).unlisted_enc
    reply = await access.request(await access.right_body(), sealing=request_terms(access, enc=enc))
    expect_refused(
        expect, reply, "ENCRYPTION-REQUEST-ENC-UNLISTED", what=f"a request with enc {enc}", errors=UNUSABLE
    )


@check(
    "encryption-request-zip-unlisted-refused",
    requires=["RFC7516-5.2-05", *_REFUSED],
    proven_by={
        "accepts:encryption.request-zip": "ENCRYPTION-REQUEST-ZIP-UNLISTED-ACCEPTED",
        "misreports:encryption.request-zip": "ENCRYPTION-REQUEST-ZIP-UNLISTED-MISREPORTED",
    },
    applies=when.encrypted_requests & ~when.compressed_requests,
)
async def an_unlisted_compression_is_refused(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """A request that is compressed though the metadata does not list that is refused."""
    proven(encrypted_request)
    reply = await access.request(await access.right_body(), sealing=request_terms(access, zip=COMPRESSIONS[0]))
    expect_refused(
        expect,
        reply,
        "ENCRYPTION-REQUEST-ZIP-UNLISTED",
        what=f"a request with zip {COMPRESSIONS[0]}",
        errors=UNUSABLE,
    )


@check(
    "encryption-request-alg-other-refused",
    requires=["RFC7516-5.2-05", *_REFUSED],
    proven_by={
        "accepts:encryption.request-algorithm": "ENCRYPTION-REQUEST-ALG-OTHER-ACCEPTED",
        "misreports:encryption.request-algorithm": "ENCRYPTION-REQUEST-ALG-OTHER-MISREPORTED",
    },
    applies=when.encrypted_requests & when.unlisted_request_alg,
)
async def another_alg_is_refused(access: Access, encrypted_request: Encrypted, expect: Expect) -> None:
    """A request that is encrypted with another alg than that of the key it names is refused."""
    proven(encrypted_request)
    offered = offered_requests(access)
    key, alg = offered.usable_keys[0], offered.unlisted_alg
    reply = await access.request(await access.right_body(), sealing=request_terms(access, key={**key, "alg": alg}))
    expect_refused(
        expect,
        reply,
        "ENCRYPTION-REQUEST-ALG-OTHER",
        what=f"a request with alg {alg} to a key for {key['alg']}",
        errors=UNUSABLE,
    )


async def _expect_unreadable(
    expect: Expect, access: Access, change: Callable[[bytes], bytes], code: str, what: str
) -> None:
    reply = await access.request(await access.right_body(), sealing=request_terms(access, change=change))
    _expect_error(expect, reply, code, what)


def _expect_error(expect: Expect, reply: Reply, code: str, what: str) -> None:
    """Expect a refusal with an error response in the clear, since the issuer could not even read the request."""
    expect.refused(
        reply,
        code,
        what=what,
        status={400},
        errors=UNUSABLE,
        status_requirement="VCI-10-10",
        error_requirement="VCI-10-10" if reply.error is None else ERROR,
    )
