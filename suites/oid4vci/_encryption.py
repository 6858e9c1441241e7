"""What the checks of encrypted messages share: right terms, their controls, and how a refusal is judged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from harness.access import Access
from harness.evidence import Blocked, Encrypted
from harness.expect import Expect
from harness.formats import jwe
from harness.transport import Reply
from harness.wallet.credential import carries_credential
from harness.wallet.encryption import RequestEncryption, ResponseEncryption, ResponseTerms, Terms, is_sealed

T = TypeVar("T")

INVALID_PARAMETERS = "invalid_encryption_parameters"
UNUSABLE = frozenset({INVALID_PARAMETERS, "invalid_credential_request"})
"""Errors of a request that lacks something of its encryption, or cannot be read: it is malformed, too."""
STATUS, ERROR = "VCI-8.3.1.2-02", "VCI-8.3.1.2-16"
"""What another status and another error of a refusal violate."""


def request_terms(access: Access, **change: Any) -> Terms:
    """Give the terms of an encrypted request, with an encrypted answer only where the metadata requires it.

    Args:
        change: what is other than right in the terms of the request.

    """
    terms = access.flow.sealing(request=True, response=access.flow.must_ask_for_encryption)
    if terms.request is None:
        raise Blocked("the request is not encrypted")
    return replace(terms, request=replace(terms.request, **change))


def response_terms(access: Access) -> tuple[Terms, ResponseTerms]:
    """Give the terms of an encrypted request for an encrypted answer, and what they say of the answer."""
    terms = access.flow.sealing(request=True, response=True)
    if terms.response is None:
        raise Blocked("no encrypted answer is asked for")
    return terms, terms.response


def offered_requests(access: Access) -> RequestEncryption:
    """Give what the metadata says of encrypted requests."""
    offered = RequestEncryption.of(access.flow.issuer.metadata)
    if offered is None:
        raise Blocked("credential_request_encryption is no object")
    return offered


def offered_responses(access: Access) -> ResponseEncryption:
    """Give what the metadata says of encrypted responses."""
    offered = ResponseEncryption.of(access.flow.issuer.metadata)
    if offered is None:
        raise Blocked("credential_response_encryption is no object")
    return offered


def proven(exchange: Encrypted) -> None:
    """Go on only where the right encrypted request succeeded: the control of what differs from it.

    Raises:
        Blocked: it did not.

    """
    if not exchange.served:
        reply = exchange.reply
        raise Blocked(
            f"a right encrypted request brought nothing that can be read: exchange {reply.exchange}"
            f" ended with {reply.gist}"
        )


async def for_each(access: Access, values: Iterable[T]) -> AsyncIterator[tuple[Access, T]]:
    """Pair each value with an Access Token that is good for one more request.

    It is the same one for all where such tokens are known to be good for many requests (section 14.3).
    """
    for index, value in enumerate(values):
        yield (access if index == 0 or access.used else await access.flow.again().access()), value


def served(reply: Reply) -> bool:
    """Whether an answer hands out what was asked for, be it for later."""
    return reply.successful and carries_credential(reply)


def as_it_came(reply: Reply) -> Reply:
    """Give an answer before it was decrypted."""
    return reply.sealed or reply


def message_of(reply: Reply) -> jwe.Jwe:
    """Read an encrypted answer, whether it could be decrypted or not.

    Raises:
        Blocked: it is not encrypted.

    """
    try:
        return jwe.parse_compact(as_it_came(reply).body.decode("ascii").strip())
    except (UnicodeDecodeError, jwe.JweError) as error:
        raise Blocked(f"exchange {reply.exchange} brought no JWE: {error}") from error


def with_key(access: Access, asked: ResponseTerms, jwk: Mapping[str, Any]) -> ResponseTerms:
    """Give the terms with another ``jwk``, spelled as the version of OpenID4VCI has its ``alg``."""
    rest = {name: value for name, value in asked.body.items() if name != "alg"}
    return replace(asked, body=access.dialect.response_encryption({**rest, "jwk": dict(jwk)}))


def expect_refused(
    expect: Expect,
    reply: Reply,
    code: str,
    *,
    what: str,
    errors: Collection[str],
    status: Collection[int] = frozenset({400}),
) -> None:
    """Expect a request to be refused because of its encryption (section 8.3.1.2)."""
    expect.refused(
        reply,
        code,
        what=what,
        status=status,
        errors=errors if reply.status == 400 else (),
        status_requirement=STATUS,
        error_requirement=ERROR,
    )


def expect_in_clear(expect: Expect, reply: Reply, code: str, what: str, requirement: str | None = None) -> bool:
    """Expect an answer without encryption."""
    came = as_it_came(reply)
    return expect.that(
        not is_sealed(came), code, f"{what} without encryption", came.gist, at=reply, requirement=requirement
    )
