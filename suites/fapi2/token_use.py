"""What a Credential Issuer asks of the Access Tokens that come to it: FAPI 2.0 section 5.3.4, items 2 and 3.

A token is revoked at the revocation endpoint (RFC 7009), which only some Authorization Servers have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from harness import mutate
from harness.access import Access, unhurried
from harness.agent import ChangeProof
from harness.applicability import when
from harness.checks import Per, area
from harness.deferral import Deferral
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import base64url
from harness.transport import Reply
from harness.wallet import authorization, notification
from harness.wallet import token as tokens
from harness.wallet.credential import carries_credential
from harness.wallet.encryption import Terms

check = area("FAPI 2.0: Use of Access Tokens", per=Per.SHAPE)

_STATUSES = frozenset({400, 401, 403})
_REFUSAL = "RFC6750-3.1-02"
_SENT_ON = frozenset({307, 308})
"""Redirects by which a client makes the same request once more (RFC 9110 section 15.4)."""
_PROPAGATION_S = 10.0
"""How long other servers may take to hear that a token was revoked (RFC 7009 section 2)."""


class _InQuery(Access):
    """The same right, with its Access Token in the query of the URL (RFC 6750 section 2.3)."""

    @classmethod
    def of(cls, access: Access) -> _InQuery:
        return cls(access.flow, access.token, access.identifier, scheme=access.scheme)

    async def send(
        self,
        purpose: str,
        endpoint: str,
        payload: Mapping[str, Any] | bytes,
        *,
        scheme: str | None,
        headers: Mapping[str, str] | None,
        dpop: ChangeProof | None,
        sealing: Terms | None,
    ) -> Reply:
        url = authorization.url(endpoint, {"access_token": self.token})
        return await super().send(
            purpose, url, payload, scheme=scheme, headers=headers or {}, dpop=dpop, sealing=sealing
        )


@check(
    "fapi2-token-in-query-refused",
    requires=["FAPI2-5.3.4-02"],
    proven_by={
        "accepts:credential.token-in-header": "FAPI2-TOKEN-IN-QUERY-ACCEPTED",
        "misreports:credential.token-in-header": "FAPI2-TOKEN-IN-QUERY-MISREPORTED",
    },
)
async def a_token_in_the_query_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request with its Access Token in the query of the URL alone is refused."""
    reply = await _InQuery.of(access).request(await access.right_body())
    _expect_refused(expect, reply, "a Credential Request", handed_out=carries_credential(reply))


@check(
    "fapi2-token-in-query-refused-deferred",
    requires=["FAPI2-5.3.4-02"],
    proven_by={
        "accepts:deferred.token-in-header": "FAPI2-TOKEN-IN-QUERY-ACCEPTED",
        "misreports:deferred.token-in-header": "FAPI2-TOKEN-IN-QUERY-MISREPORTED",
    },
    applies=when.metadata_has("deferred_credential_endpoint") & when.deferred,
)
async def a_token_in_the_query_collects_nothing(transaction: Deferral, expect: Expect) -> None:
    """A Deferred Credential Request with its Access Token in the query of the URL alone is refused."""
    reply = await transaction.collect(access=_InQuery.of(transaction.access))
    handed_out = carries_credential(reply) or transaction.goes_on(reply)
    _expect_refused(expect, reply, "a Deferred Credential Request", handed_out=handed_out)


@check(
    "fapi2-token-in-query-refused-notification",
    requires=["FAPI2-5.3.4-02"],
    proven_by={
        "accepts:notification.token-in-header": "FAPI2-TOKEN-IN-QUERY-ACCEPTED",
        "misreports:notification.token-in-header": "FAPI2-TOKEN-IN-QUERY-MISREPORTED",
    },
    applies=when.metadata_has("notification_endpoint") & when.notification_id,
)
async def a_token_in_the_query_notifies_nobody(shared: Flow, notified: Reply, expect: Expect) -> None:
    """A Notification Request with its Access Token in the query of the URL alone is refused."""
    if not notified.successful:
        raise Blocked(f"a right notification was refused: {notified.gist}")
    body = notification.body(await shared.notification_id(), "credential_accepted")
    reply = await _InQuery.of(await shared.access()).notify(body)
    _expect_refused(expect, reply, "a Notification Request", handed_out=False)


def _expect_refused(expect: Expect, reply: Reply, what: str, *, handed_out: bool) -> None:
    """Expect a refusal with any status of a client's error, or a redirect to a page, since nothing says which.

    Raises:
        Blocked: the request is sent on as it is, to where it may be granted.

    """
    if reply.status in _SENT_ON:
        raise Blocked(f"{what} with its Access Token in the query of the URL is sent on elsewhere: {reply.gist}")
    if expect.that(
        not (reply.successful or handed_out),
        "FAPI2-TOKEN-IN-QUERY-ACCEPTED",
        f"{what} with its Access Token in the query of the URL is refused",
        reply.gist,
        at=reply,
    ):
        expect.that(
            reply.status < 500,
            "FAPI2-TOKEN-IN-QUERY-MISREPORTED",
            f"{what} with its Access Token in the query of the URL is answered by HTTP 4xx",
            reply.gist,
            at=reply,
        )


@check(
    "fapi2-token-changed-refused",
    requires=["FAPI2-5.3.4-04", _REFUSAL],
    proven_by={
        "accepts:access-token.intact": "FAPI2-TOKEN-CHANGED-ACCEPTED",
        "misreports:access-token.intact": "FAPI2-TOKEN-CHANGED-MISREPORTED",
    },
)
async def a_changed_token_is_refused(access: Access, expect: Expect) -> None:
    """An Access Token with a change is refused: of one that is a JWT, a change of claims, signature or alg."""
    for what, changed in _changes(access.token).items():
        # A fresh c_nonce each time, so that a refusal cannot be about that.
        expect.refused(
            await access.with_token(changed).request(await access.right_body()),
            "FAPI2-TOKEN-CHANGED",
            what=f"a Credential Request with an Access Token {what}",
            status=_STATUSES,
            status_requirement=_REFUSAL,
        )


def _changes(token: str) -> dict[str, str]:
    """Give changed Access Tokens by what was done to them; a token that is a JWT shows where to change it."""
    found = {"of which one character is another": mutate.near_miss(token)}
    claims = tokens.claims(token)
    if not claims:
        return found
    header, payload, signature = token.split(".")
    later = _encoded({**claims, "exp": _later(claims.get("exp")), "assay": True})
    found["whose claims are others than those that were signed"] = f"{header}.{later}.{signature}"
    raw = bytearray(base64url.decode(signature))
    if not raw:
        return found  # nobody signed it
    raw[len(raw) // 2] ^= 1
    unsigned = _encoded({**json.loads(base64url.decode(header)), "alg": "none"})
    return found | {
        "with a wrong signature": f"{header}.{payload}.{base64url.encode(bytes(raw))}",
        "whose signature was left out": f"{header}.{payload}.",
        "with the alg none": f"{unsigned}.{payload}.",
    }


def _later(seconds: object) -> object:
    """Give a later end of a token; what is no number stays."""
    return seconds + mutate.DAY if isinstance(seconds, (int, float)) else seconds


def _encoded(members: Mapping[str, Any]) -> str:
    return base64url.encode(json.dumps(members, separators=(",", ":")).encode())


@check(
    "fapi2-token-revoked-refused",
    requires=["FAPI2-5.3.4-06", _REFUSAL],
    proven_by={
        "accepts:access-token.revoked": "FAPI2-TOKEN-REVOKED-ACCEPTED",
        "misreports:access-token.revoked": "FAPI2-TOKEN-REVOKED-MISREPORTED",
    },
    applies=when.server_metadata_has("revocation_endpoint"),
    waits=True,
)
async def a_revoked_token_is_refused(issuance: Reply, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A Credential Request with an Access Token that its client had revoked is refused."""
    if not (issuance.successful and carries_credential(issuance)):
        raise Blocked(f"no credential was issued with a right Access Token: {issuance.gist}")
    flow = another_flow()
    access = await flow.access()
    if not await _revoked(flow, access.token):
        expect.that(True, "FAPI2-TOKEN-REVOKED-ACCEPTED", "Access Tokens that cannot be revoked", "the same")
        return
    reply = await access.request(await access.right_body())
    if reply.successful:
        # The server that was told may not be the one that is asked.
        await flow.tools.wait(_PROPAGATION_S, "a revoked Access Token to be refused")
        reply = await access.request(await access.right_body())
    expect.refused(
        reply,
        "FAPI2-TOKEN-REVOKED",
        what="a Credential Request with an Access Token that was revoked",
        status=_STATUSES,
        status_requirement=_REFUSAL,
    )


async def _revoked(flow: Flow, access_token: str) -> bool:
    """Have an Access Token revoked (RFC 7009 section 2.1).

    Returns:
        Whether it was; a server need not do so for Access Tokens, and says then that it does not (section 2.2.1).

    Raises:
        Blocked: the request is refused for something else.

    """
    server = await flow.server()
    endpoint = server.metadata.get("revocation_endpoint")
    if not isinstance(endpoint, str):
        raise Blocked(f"revocation_endpoint is {endpoint!r}")
    fields = {"token": access_token, "token_type_hint": "access_token"}
    if flow.agent.oauth.method == "none" and flow.agent.client_id is not None:
        fields["client_id"] = flow.agent.client_id
    reply = unhurried(await flow.agent.post_form("token revocation", endpoint, fields, server=server))
    if not reply.successful and reply.error != "unsupported_token_type":
        raise Blocked(f"the Access Token was not revoked: {reply.gist}")
    return reply.successful
