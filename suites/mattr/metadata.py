"""The metadata that the wallet reads: MATTR VII, accepting a credential offer."""

from __future__ import annotations

from harness.checks import Per, area
from harness.expect import Expect
from harness.wallet.metadata import AuthorizationServer, Issuer

check = area("MATTR VII: metadata")


@check(
    "mattr-metadata-complete",
    requires=["MTR-ACCEPT-04", "MTR-ACCEPT-05", "MTR-ACCEPT-07"],
    proven_by={
        "mattr-metadata:configurations-missing": "MATTR-CONFIGURATIONS",
        "mattr-metadata:credential-endpoint-missing": "MATTR-CREDENTIAL-ENDPOINT",
        "mattr-metadata:format-missing": "MATTR-FORMAT",
    },
)
async def the_metadata_describe_what_can_be_had(issuer: Issuer, expect: Expect) -> None:
    """The metadata name the credential endpoint and describe configurations, each with its format."""
    expect.that(
        issuer.credential_endpoint is not None,
        "MATTR-CREDENTIAL-ENDPOINT",
        "credential_endpoint",
        issuer.metadata.get("credential_endpoint"),
        at=issuer.reply,
        pointer="/credential_endpoint",
        requirement="MTR-ACCEPT-07",
    )
    expect.that(
        bool(issuer.configurations),
        "MATTR-CONFIGURATIONS",
        "configurations of credentials",
        "none",
        at=issuer.reply,
    )
    formless = [name for name, each in issuer.configurations.items() if not isinstance(each.get("format"), str)]
    expect.that(
        not formless,
        "MATTR-FORMAT",
        "a format for each configuration",
        f"none for {', '.join(formless)}",
        at=issuer.reply,
        requirement="MTR-ACCEPT-05",
    )


@check(
    "mattr-token-endpoint",
    requires=["MTR-ACCEPT-07"],
    proven_by={
        "mattr-server-metadata:token-endpoint-missing": "MATTR-TOKEN-ENDPOINT",
    },
    per=Per.GRANT,
)
async def the_token_endpoint_is_named(server: AuthorizationServer, issuer: Issuer, expect: Expect) -> None:
    """The metadata of the authorization server, or of the issuer, name the token endpoint."""
    inline = issuer.metadata.get("token_endpoint")
    expect.that(
        server.token_endpoint is not None or isinstance(inline, str),
        "MATTR-TOKEN-ENDPOINT",
        "token_endpoint",
        "in none of the two documents",
        at=server.exchange,
        pointer="/token_endpoint",
    )


@check(
    "mattr-server-metadata",
    requires=["MTR-ACCEPT-10"],
    proven_by={
        "mattr-server-metadata-response:absent": "MATTR-SERVER-METADATA",
        "mattr-server-metadata:not-anonymous": "MATTR-NOT-ANONYMOUS",
    },
    per=Per.GRANT,
)
async def the_server_allows_anonymous_wallets(server: AuthorizationServer, expect: Expect) -> None:
    """The metadata of the authorization server are there, and say that wallets may be anonymous."""
    reply = server.reply
    found = reply is not None and reply.successful and bool(reply.object)
    if not expect.that(
        found,
        "MATTR-SERVER-METADATA",
        f"metadata at {server.url}",
        reply.gist if reply is not None else (server.failure or "none"),
        at=server.exchange,
    ):
        return
    name = "pre-authorized_grant_anonymous_access_supported"
    value = reply.object.get(name) if reply is not None else None
    expect.that(
        value is True, "MATTR-NOT-ANONYMOUS", f"{name} true", value, at=server.exchange, pointer=f"/{name}"
    )
