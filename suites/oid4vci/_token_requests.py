"""Changes to requests of a client that several areas share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.agent import Agent, ChangeAuthentication
from harness.authorizing import asking_for
from harness.evidence import Blocked, Grant
from harness.expect import show
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet.client_auth import Authentication
from harness.wallet.metadata import AuthorizationServer

UNAUTHENTICATED = frozenset({"invalid_client", "invalid_client_attestation"})
"""Errors that are right for a client that fails to authenticate; the second is Attestation-Based only."""
_CLIENT_ERRORS = ("invalid_client", "invalid_request", "unauthorized_client")
"""How a request is refused that misses the ``client_id``; only the first is what section 6.3 names."""
_DPOP_ERRORS = frozenset({"invalid_dpop_proof", "use_dpop_nonce"})
"""Errors that ask for DPoP (RFC 9449)."""
_ATTESTATION_ERRORS = frozenset(
    {"invalid_client_attestation", "use_attestation_challenge", "use_fresh_attestation"}
)
"""Errors that ask for Attestation-Based Client Authentication."""


def without(fields: Mapping[str, str], name: str) -> dict[str, str]:
    """Give the parameters but for one."""
    return {key: value for key, value in fields.items() if key != name}


def anonymous(_: Authentication) -> Authentication:
    """Leave out everything that says who the client is."""
    return Authentication()


def only_identified(agent: Agent) -> ChangeAuthentication:
    """Give the change that leaves only ``client_id`` of what authenticates the client."""
    fields = {} if agent.client_id is None else {"client_id": agent.client_id}
    return lambda _: Authentication(fields=fields)


async def fields_by_details(flow: Flow, details: Sequence[Mapping[str, Any]] | None = None) -> dict[str, str]:
    """Give the parameters of a right Token Request to which ``authorization_details`` can be added.

    In the Authorization Code Flow what they ask for has to be authorized in the same words before
    (OpenID4VCI 1.0 section 6.1.1).

    Args:
        details: what is authorized; the configuration of the flow by default.

    Raises:
        Blocked: no authorization code was issued.

    """
    if flow.scenario.grant is not Grant.AUTHORIZATION_CODE:
        return await flow.token_fields()
    attempt = await flow.authorize(asking_for(flow.details() if details is None else details))
    if attempt.code is None:
        raise Blocked(f"no authorization code was issued: {attempt.gist}")
    return flow.code_fields(attempt)


def refusing_statuses(reply: Reply) -> set[int]:
    """Give the statuses that are right for the error of a refusal: 401 is for ``invalid_client`` alone."""
    return {400, 401} if reply.error == "invalid_client" else {400}


def unauthenticated_errors(agent: Agent) -> set[str]:
    """Give the error that is right as well when a request misses what says that no credentials are needed.

    A client without credentials includes no client authentication, and that has the error ``invalid_client``
    (RFC 6749 section 5.2) where the server needs the rest of the request to put up with it.
    """
    return {"invalid_client"} if agent.oauth.method == "none" else set()


def rule_out_setup(flow: Flow, server: AuthorizationServer, reply: Reply) -> None:
    """See that a refusal is not due to how the wallet is registered, which is for the team to say.

    Raises:
        Blocked: it is.

    """
    error, oauth = reply.error, flow.agent.oauth
    if error in _DPOP_ERRORS and flow.binding_key is None:
        raise Blocked(
            f"the authorization server asks for DPoP and the wallet makes no proofs: {reply.gist};"
            " set dpop = true in assay.toml under [client]"
        )
    if error in _ATTESTATION_ERRORS and oauth.method != "attest_jwt_client_auth":
        raise Blocked(
            f"the authorization server asks for a Client Attestation: {reply.gist};"
            ' set authentication = "attest_jwt_client_auth" in assay.toml under [client]'
        )
    if error in _CLIENT_ERRORS and oauth.client_id is None and not server.anonymous_access:
        raise Blocked(
            f"the authorization server does not announce anonymous access and refused the request with {error}:"
            " name a registered client with --vci-client-id, or by client_id under [client] in assay.toml"
        )
    methods = server.metadata.get("token_endpoint_auth_methods_supported")
    if error == "invalid_client" and isinstance(methods, list) and oauth.method not in methods:
        raise Blocked(
            f"the authorization server takes clients by {show(methods)}; the wallet is registered with"
            f" {oauth.method}: set authentication in assay.toml under [client]"
        )
