"""Encryption at the Deferred Credential Endpoint: OpenID4VCI 1.0 sections 9.1, 9.2 and 10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.deferral import Deferral
from harness.evidence import Blocked, Encrypted
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import deferred
from harness.wallet.encryption import COMPRESSIONS, ResponseTerms, Terms, is_sealed
from suites.oid4vci._encryption import (
    ERROR,
    UNUSABLE,
    as_it_came,
    expect_in_clear,
    message_of,
    offered_responses,
    proven,
    request_terms,
    response_terms,
    served,
)

check = area("Encrypted Deferred Issuance", per=Per.GRANT)

_DEFERRED = when.metadata_has("deferred_credential_endpoint") & when.deferred
_REQUESTS = when.encrypted_requests & _DEFERRED
_RESPONSES = when.encrypted_responses & _DEFERRED
_MOST_POLLS = 20
_REFUSED = ("VCI-9.3-01", ERROR)


@check(
    "encryption-deferred-request-accepted",
    requires=["VCI-9.1-04"],
    proven_by={"rejects:encryption.request": "ENCRYPTION-DEFERRED-REQUEST-REFUSED"},
    applies=_REQUESTS,
)
async def encrypted_requests_are_accepted(transaction: Deferral, expect: Expect) -> None:
    """A right Deferred Credential Request that is encrypted is not refused."""
    reply = await transaction.collect(sealing=request_terms(transaction.access))
    expect.that(
        served(reply),
        "ENCRYPTION-DEFERRED-REQUEST-REFUSED",
        "an encrypted Deferred Credential Request is answered with a Deferred Credential Response",
        reply.gist,
        at=reply,
    )


@check(
    "encryption-deferred-request-plain-refused",
    requires=["VCI-10-09", *_REFUSED],
    proven_by={
        "accepts:encryption.request-required": "ENCRYPTION-DEFERRED-REQUEST-PLAIN-ACCEPTED",
        "misreports:encryption.request-required": "ENCRYPTION-DEFERRED-REQUEST-PLAIN-MISREPORTED",
    },
    applies=_REQUESTS & when.request_encryption_required,
)
async def plain_requests_are_refused(transaction: Deferral, expect: Expect) -> None:
    """Where the metadata requires that requests are encrypted, a deferred one in the clear is refused."""
    terms = Terms(response=request_terms(transaction.access).response)
    _expect_refused(
        expect,
        await transaction.collect(sealing=terms),
        "ENCRYPTION-DEFERRED-REQUEST-PLAIN",
        "a Deferred Credential Request in the clear",
    )


@check(
    "encryption-deferred-wish-in-clear-refused",
    requires=["VCI-9.1-06", *_REFUSED],
    proven_by={
        "accepts:encryption.wish-protected": "ENCRYPTION-DEFERRED-WISH-IN-CLEAR-ACCEPTED",
        "misreports:encryption.wish-protected": "ENCRYPTION-DEFERRED-WISH-IN-CLEAR-MISREPORTED",
        "accepts:encryption.request-required": "ENCRYPTION-DEFERRED-WISH-IN-CLEAR-ACCEPTED",
        "misreports:encryption.request-required": "ENCRYPTION-DEFERRED-WISH-IN-CLEAR-MISREPORTED",
    },
    applies=_RESPONSES,
)
async def a_wish_in_clear_is_refused(transaction: Deferral, encrypted_response: Encrypted, expect: Expect) -> None:
    """A Deferred Credential Request in the clear that contains credential_response_encryption is refused."""
    proven(encrypted_response)
    _, asked = response_terms(transaction.access)
    _expect_refused(
        expect,
        await transaction.collect(sealing=Terms(response=asked)),
        "ENCRYPTION-DEFERRED-WISH-IN-CLEAR",
        "a Deferred Credential Request in the clear with credential_response_encryption",
    )


@check(
    "encryption-deferred-response-given",
    requires=["VCI-9.2-07", "VCI-9.2-08", "VCI-10-02", "VCI-10-04", "VCI-10-05", "VCI-10-07", "VCI-8.2-10"],
    proven_by={
        "deferred-sealing:in-clear": "ENCRYPTION-DEFERRED-IN-CLEAR",
        "deferred-sealing:other-key": "ENCRYPTION-DEFERRED-UNREADABLE",
        "deferred-sealing:other-alg": "ENCRYPTION-DEFERRED-ALG",
        "deferred-sealing:other-enc": "ENCRYPTION-DEFERRED-ENC",
        "deferred-sealing:kid-missing": "ENCRYPTION-DEFERRED-KID",
        "deferred-sealing:kid-other": "ENCRYPTION-DEFERRED-KID",
        "deferred-sealing:zip-missing": "ENCRYPTION-DEFERRED-ZIP",
        "deferred-sealing:zip-unasked": "ENCRYPTION-DEFERRED-ZIP",
        "deferred-response:sealed-content-type": "ENCRYPTION-DEFERRED-CONTENT-TYPE",
    },
    applies=_RESPONSES,
)
async def responses_are_encrypted_anew(
    another_flow: Callable[[], Flow], encrypted_response: Encrypted, expect: Expect
) -> None:
    """A Deferred Credential Response is encrypted as its own request asks, not as the Credential Request did."""
    proven(encrypted_response)
    transaction, _ = await _begun(another_flow())
    for _ in range(_MOST_POLLS):
        terms, asked = _other_terms(transaction.access)
        reply = await transaction.collect(sealing=terms)
        if not (deferred.defers(reply) or _may_defer(reply)):
            _expect_encrypted(expect, reply, asked)
            return
    raise Blocked(f"the deferred credential was still not there after {_MOST_POLLS} requests")


@check(
    "encryption-deferred-response-further",
    requires=["VCI-9.2-09"],
    proven_by={
        "deferred-sealing:in-clear": "ENCRYPTION-DEFERRED-FURTHER-IN-CLEAR",
        "deferred-sealing:deferral-in-clear": "ENCRYPTION-DEFERRED-FURTHER-IN-CLEAR",
    },
    applies=_RESPONSES & when.deferred_further,
)
async def further_delays_are_encrypted(
    another_flow: Callable[[], Flow], encrypted_response: Encrypted, expect: Expect
) -> None:
    """A Deferred Credential Response that defers further is encrypted like one that brings credentials."""
    proven(encrypted_response)
    transaction, terms = await _begun(another_flow())
    reply = await transaction.collect(sealing=terms)
    if reply.status != 202:
        raise Blocked(f"this time issuance was not deferred further: {reply.gist}")
    expect.that(
        is_sealed(as_it_came(reply)),
        "ENCRYPTION-DEFERRED-FURTHER-IN-CLEAR",
        "a JWE in compact serialization",
        as_it_came(reply).gist,
        at=reply,
    )


@check(
    "encryption-deferred-response-unasked",
    requires=["VCI-9.1-05"],
    proven_by={"deferred-sealing:unasked": "ENCRYPTION-DEFERRED-UNASKED"},
    applies=_RESPONSES & ~when.response_encryption_required,
)
async def responses_are_in_clear_by_default(
    another_flow: Callable[[], Flow], encrypted_response: Encrypted, expect: Expect
) -> None:
    """A deferred request that asks for no encryption is answered in the clear, though the first one asked."""
    proven(encrypted_response)
    transaction, _ = await _begun(another_flow())
    in_clear = transaction.access.flow.sealing(request=True, response=False)
    reply = await transaction.collect(sealing=in_clear)
    for _ in range(_MOST_POLLS):
        # Before draft 16 an error says that the wallet has to wait.
        if reply.successful or not transaction.goes_on(reply):
            break
        reply = await transaction.collect(sealing=in_clear)
    if not reply.successful:
        raise Blocked(f"no Deferred Credential Response: exchange {reply.exchange} ended with {reply.gist}")
    expect_in_clear(expect, reply, "ENCRYPTION-DEFERRED-UNASKED", "a Deferred Credential Response")


@check(
    "encryption-deferred-error-in-clear",
    requires=["VCI-8.3.1.2-18"],
    proven_by={"deferred-error-response:encrypted": "ENCRYPTION-DEFERRED-ERROR-ENCRYPTED"},
    applies=_RESPONSES,
)
async def errors_are_in_clear(transaction: Deferral, encrypted_response: Encrypted, expect: Expect) -> None:
    """An error response to a Deferred Credential Request is not encrypted, though the request asks for that."""
    proven(encrypted_response)
    terms, _ = response_terms(transaction.access)
    unknown = {"transaction_id": mutate.near_miss(transaction.transaction_id)}
    reply = await transaction.collect(unknown, sealing=terms)
    if reply.successful:
        raise Blocked(f"an unknown transaction_id was not refused: {reply.gist}")
    expect_in_clear(expect, reply, "ENCRYPTION-DEFERRED-ERROR-ENCRYPTED", "an error response")


async def _begun(flow: Flow) -> tuple[Deferral, Terms]:
    """Begin a transaction by a Credential Request that asks for an encrypted response."""
    access = await flow.access()
    terms, _ = response_terms(access)
    reply = await access.request(await access.right_body(), sealing=terms)
    if deferred.transaction_id(reply, access.dialect) is None:
        raise Blocked(f"no transaction was begun: exchange {reply.exchange} ended with {reply.gist}")
    return Deferral(access, reply), terms


def _other_terms(access: Access) -> tuple[Terms, ResponseTerms]:
    """Give terms with a new key and, as far as the metadata offers that, another ``enc`` and compression."""
    terms, asked = response_terms(access)
    offered = offered_responses(access)
    body = {**asked.body, "enc": offered.usable_encs[-1]}
    compressions = [name for name in COMPRESSIONS if name in offered.zip_values]
    asked = replace(asked, body={**body, "zip": compressions[0]} if compressions else body)
    return replace(terms, response=asked), asked


def _may_defer(reply: Reply) -> bool:
    """Whether an answer that cannot be read says by its status that issuance is deferred further."""
    return reply.status == 202 and is_sealed(as_it_came(reply))


def _expect_encrypted(expect: Expect, reply: Reply, asked: ResponseTerms) -> None:
    if not reply.successful:
        raise Blocked(f"no Deferred Credential Response: exchange {reply.exchange} ended with {reply.gist}")
    came = as_it_came(reply)
    if not expect.that(
        is_sealed(came), "ENCRYPTION-DEFERRED-IN-CLEAR", "a JWE in compact serialization", came.gist, at=reply
    ):
        return
    expect.that(
        came.media_type == "application/jwt",
        "ENCRYPTION-DEFERRED-CONTENT-TYPE",
        "application/jwt",
        came.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="VCI-10-02",
    )
    header = message_of(reply).header
    for name, wanted, requirement in (
        ("alg", asked.key.algorithm, "VCI-10-04"),
        ("kid", asked.key.public["kid"], "VCI-10-05"),
        ("enc", asked.body["enc"], "VCI-9.2-08"),
        ("zip", asked.body.get("zip"), "VCI-10-07" if "zip" in asked.body else "VCI-8.2-10"),
    ):
        expect.that(
            header.get(name) == wanted,
            f"ENCRYPTION-DEFERRED-{name.upper()}",
            f"{name} {wanted}, as this request asks for" if wanted else f"no {name}",
            header.get(name),
            at=reply,
            pointer=f"header/{name}",
            requirement=requirement,
        )
    expect.that(
        served(reply),
        "ENCRYPTION-DEFERRED-UNREADABLE",
        "a response that the key of this request decrypts",
        "one that it does not",
        at=reply,
        requirement="VCI-9.2-08",
    )


def _expect_refused(expect: Expect, reply: Reply, code: str, what: str) -> None:
    expect.refused(
        reply,
        code,
        what=what,
        # An endpoint that reads nothing but application/jwt may say so (RFC 9110 section 15.5.16).
        status={400, 415},
        errors=UNUSABLE if reply.status == 400 else (),
        status_requirement="VCI-9.3-01",
        error_requirement=ERROR,
    )
