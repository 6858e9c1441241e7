"""Which clients the Authorization Server serves, and how they authenticate: FAPI 2.0 section 5.3.2.1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.facts import Facts
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet.metadata import AuthorizationServer
from harness.wallet.offer import PRE_AUTHORIZED_CODE
from harness.wallet.token import access_token
from suites.fapi2._authorizations import tried

check = area("FAPI 2.0: Clients", per=Per.GRANT)

_METHODS = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")
_PASSWORD = re.compile("passw|kennwort|pwd|pin|secret", re.IGNORECASE)
_MADE_UP = ("assay", "assay-made-up")


@check(
    "fapi2-public-client",
    requires=["FAPI2-5.3.2.1-03", "HAIP-4.4.1-01"],
    proven_by={"as-metadata:anonymous-announced": "FAPI2-CLIENT-ANONYMOUS"},
)
async def clients_are_confidential(
    token: Reply, shared: Flow, server: AuthorizationServer, facts: Facts, expect: Expect
) -> None:
    """The wallet authenticates to get a token, and no access without client authentication is announced."""
    granted(token)
    method = shared.agent.oauth.method
    expect.that(
        method != "none",
        "FAPI2-CLIENT-PUBLIC",
        "no Access Token for a client that does not authenticate",
        "an Access Token for the wallet, which has no client authentication",
        at=token,
    )
    grants = server.metadata.get("grant_types_supported")
    usable = isinstance(grants, list) and PRE_AUTHORIZED_CODE in grants
    announced = server.metadata.get("pre-authorized_grant_anonymous_access_supported")
    expect.that(
        not usable or announced is not True,
        "FAPI2-CLIENT-ANONYMOUS",
        "no anonymous access to the Token Endpoint",
        "pre-authorized_grant_anonymous_access_supported is true",
        at=server.exchange,
        pointer="/pre-authorized_grant_anonymous_access_supported",
    )
    # Without that flow nothing tells whether its clients authenticate.
    tried(facts)


@check(
    "fapi2-client-methods",
    requires=["FAPI2-5.3.2.1-06"],
    proven_by={
        "as-metadata:auth-methods-secrets": "FAPI2-CLIENT-METHODS-UNLISTED",
        "as-metadata:auth-methods-unknown": "FAPI2-CLIENT-METHODS-UNLISTED",
    },
)
async def clients_authenticate_by_key(
    token: Reply, shared: Flow, server: AuthorizationServer, expect: Expect
) -> None:
    """Clients authenticate by private_key_jwt or mutual TLS, and the metadata list one of these."""
    granted(token)
    method = shared.agent.oauth.method
    # A wallet that does not authenticate at all is the subject of another check.
    expect.that(
        method in (*_METHODS, "none"),
        "FAPI2-CLIENT-METHOD",
        f"no Access Token for a client that authenticates otherwise than by {' or '.join(_METHODS)}",
        f"an Access Token for the wallet, which authenticates by {method}",
        at=token,
    )
    listed = server.metadata.get("token_endpoint_auth_methods_supported")
    expect.that(
        # Another check asks for the member itself.
        not isinstance(listed, list) or any(name in listed for name in _METHODS),
        "FAPI2-CLIENT-METHODS-UNLISTED",
        f"{' or '.join(_METHODS)} in token_endpoint_auth_methods_supported",
        show(listed),
        at=server.exchange,
        pointer="/token_endpoint_auth_methods_supported",
    )


@check(
    "fapi2-password-grant-refused",
    requires=["FAPI2-5.3.2.1-02"],
    proven_by={"accepts:token.password-grant": "FAPI2-PASSWORD-GRANT-ACCEPTED"},
    applies=when.code_flow,
)
async def passwords_bring_no_token(token: Reply, shared: Flow, expect: Expect) -> None:
    """A Token Request with the grant type password is refused."""
    granted(token)
    known = _signs_in(rule.fields for rule in shared.tools.options.user.forms)
    name, password = known or _MADE_UP
    shared.tools.client.recorder.redactor.learn(password)
    scope = shared.configuration.get("scope")
    fields = {
        "grant_type": "password",
        "username": name,
        "password": password,
        **({"scope": scope} if isinstance(scope, str) else {}),
    }
    reply = await shared.request_token(fields)
    accepted = "FAPI2-PASSWORD-GRANT-ACCEPTED"
    refused = "a Token Request with the grant type password is refused"
    expect.that(access_token(reply) is None and reply.status >= 400, accepted, refused, reply.gist, at=reply)
    if reply.status >= 500:
        raise Blocked(f"the answer is a failure of the server, which may be about anything: {reply.gist}")
    if known is None and reply.error == "invalid_grant":
        raise Blocked(
            "a made-up password is refused with invalid_grant, so a right one may bring a token:"
            " say with [[user.form]] in assay.toml what the user types in at the login page"
        )


def granted(token: Reply) -> None:
    """Make sure that the wallet got an Access Token.

    Raises:
        Blocked: it did not.

    """
    if access_token(token) is None:
        raise Blocked(f"no Access Token was issued: {token.gist}")


def _signs_in(pages: Iterable[Mapping[str, str]]) -> tuple[str, str] | None:
    """Give the user's name and password among what is filled in on the login pages."""
    for fields in pages:
        secrets = [value for name, value in fields.items() if _PASSWORD.search(name)]
        others = [value for name, value in fields.items() if not _PASSWORD.search(name)]
        if secrets and others:
            return others[0], secrets[0]
    return None
