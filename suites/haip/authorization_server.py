"""The Authorization Server: HAIP 1.0 section 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.facts import Facts
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import token as tokens
from harness.wallet.metadata import AuthorizationServer, Issuer
from suites.fapi2._authorizations import tried
from suites.oid4vci._servers import described, grant_types

check = area("HAIP: Authorization Server")


@check(
    "haip-code-flow",
    requires=["HAIP-4-01"],
    proven_by={
        "as-metadata:authorization-endpoint-missing": "HAIP-AUTHORIZATION-ENDPOINT-MISSING",
        "as-metadata:code-grant-missing": "HAIP-CODE-GRANT-MISSING",
        "as-metadata:response-type-code-missing": "HAIP-RESPONSE-TYPE-MISSING",
    },
    applies=when.server_metadata,
)
async def the_code_flow_is_announced(issuer: Issuer, facts: Facts, expect: Expect) -> None:
    """An Authorization Server of the issuer announces the Authorization Code Flow, and the run goes through it."""
    found = [(server, _missing(server)) for server, _, _ in described(issuer, expect)]
    # An issuer may have further servers, for other grants.
    announced = any(missing is None for _, missing in found)
    for server, missing in found:
        code, wanted, observed = missing or ("HAIP-CODE-GRANT-MISSING", "the Authorization Code Flow", "it")
        expect.that(announced, code, wanted, observed, at=server.fallback or server.reply)
    tried(facts)


def _missing(server: AuthorizationServer) -> tuple[str, str, str] | None:
    """Say which part of the Authorization Code Flow a server does not announce: code, what should be, what is."""
    metadata = server.metadata
    if server.authorization_endpoint is None:
        wanted = f"an authorization_endpoint of {server.identifier}"
        return "HAIP-AUTHORIZATION-ENDPOINT-MISSING", wanted, f"the members {show(list(metadata))}"
    found = grant_types(server)
    if "authorization_code" not in found:
        return "HAIP-CODE-GRANT-MISSING", "authorization_code in grant_types_supported", show(found)
    types = metadata.get("response_types_supported", ["code"])
    if "code" not in (types if isinstance(types, list) else [types]):
        return "HAIP-RESPONSE-TYPE-MISSING", "code in response_types_supported", show(types)
    return None


@check(
    "haip-dpop",
    requires=["HAIP-4-06"],
    proven_by={"token:type-bearer": "HAIP-DPOP-UNSUPPORTED"},
    applies=when.code_flow,
    per=Per.GRANT,
)
async def tokens_are_bound_by_dpop(
    shared: Flow, token: Reply, another_flow: Callable[[], Flow], expect: Expect
) -> None:
    """A Token Request with a DPoP proof brings an Access Token that is bound to the key of the proof."""
    reply = token
    if shared.binding_key is None:
        # RFC 9449 leaves it to the server whether its metadata say so; in this profile wallets need not be told.
        bound = another_flow()
        bound.binding_key = bound.tools.make_key("ES256")
        reply = await bound.token()
    elif tokens.access_token(reply) is None:
        raise Blocked(f"no Access Token was issued: exchange {reply.exchange} ended with {reply.gist}")
    got: Any = reply.object.get("token_type") if tokens.access_token(reply) is not None else reply.gist
    expect.that(
        tokens.access_token(reply) is not None and tokens.scheme(reply) == "DPoP",
        "HAIP-DPOP-UNSUPPORTED",
        "an Access Token with the token_type DPoP for a Token Request with a DPoP proof",
        got,
        at=reply,
        pointer="/token_type",
    )
