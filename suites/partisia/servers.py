"""The metadata of the authorization server, where the wallet learns where to get an access token."""

from __future__ import annotations

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.transport import Reply
from harness.wallet.metadata import AuthorizationServer, Issuer
from suites.partisia._answers import is_url, json_object

check = area("Partisia: authorization server")


@check(
    "partisia-server-answer",
    requires=["PAR-SERVER-01"],
    proven_by={
        "partisia-server-metadata-response:absent": "PARTISIA-SERVER-ANSWER",
        "partisia-server-metadata-response:no-json": "PARTISIA-SERVER-ANSWER",
        "partisia-server-metadata-response:media-type": "PARTISIA-SERVER-ANSWER",
        "partisia-server-metadata-response:array": "PARTISIA-SERVER-ANSWER",
    },
)
async def the_metadata_are_json(issuer: Issuer, expect: Expect) -> None:
    """A GET to the well-known place of RFC 8414 brings a JSON object."""
    json_object(expect, _named(issuer)[1], "PARTISIA-SERVER-ANSWER", "the metadata of the authorization server")


@check(
    "partisia-server-issuer",
    requires=["PAR-SERVER-02"],
    proven_by={
        "partisia-server-metadata:issuer-other": "PARTISIA-SERVER-ISSUER",
        "partisia-server-metadata:issuer-missing": "PARTISIA-SERVER-ISSUER",
    },
)
async def the_metadata_are_those_of_the_server(issuer: Issuer, expect: Expect) -> None:
    """The metadata name the authorization server that the issuer named."""
    server, reply = _read(issuer)
    expect.that(
        server.metadata.get("issuer") == server.identifier,
        "PARTISIA-SERVER-ISSUER",
        server.identifier,
        server.metadata.get("issuer"),
        at=reply,
        pointer="/issuer",
    )


@check(
    "partisia-server-token-endpoint",
    requires=["PAR-SERVER-03", "PAR-SERVER-04"],
    proven_by={
        "partisia-server-metadata:token-endpoint-missing": "PARTISIA-SERVER-TOKEN-ENDPOINT",
        "partisia-server-metadata:token-endpoint-plain-http": "PARTISIA-SERVER-TOKEN-ENDPOINT-SCHEME",
    },
)
async def the_token_endpoint_is_named(issuer: Issuer, expect: Expect) -> None:
    """The metadata have the URL of the token endpoint, of https; its host may be another one."""
    server, reply = _read(issuer)
    value = server.metadata.get("token_endpoint")
    if expect.that(
        is_url(value, "https", "http"),
        "PARTISIA-SERVER-TOKEN-ENDPOINT",
        "the URL of the token_endpoint",
        value,
        at=reply,
        pointer="/token_endpoint",
    ):
        expect.that(
            is_url(value, "https"),
            "PARTISIA-SERVER-TOKEN-ENDPOINT-SCHEME",
            "an https URL",
            value,
            at=reply,
            pointer="/token_endpoint",
            requirement="PAR-SERVER-04",
        )


def _named(issuer: Issuer) -> tuple[AuthorizationServer, Reply]:
    """Give the first authorization server with metadata that can be read, or the first one, and its answer."""
    if not issuer.metadata.get("authorization_servers"):
        raise Blocked("the metadata of the issuer name no authorization server")
    server = next((each for each in issuer.servers if each.metadata), issuer.servers[0])
    if server.reply is None:
        raise Blocked(f"the authorization server did not answer: {server.failure}")
    return server, server.reply


def _read(issuer: Issuer) -> tuple[AuthorizationServer, Reply]:
    """Give the same, where there are metadata to look into."""
    server, reply = _named(issuer)
    if not server.metadata:
        raise Blocked("the authorization server has no metadata that can be read")
    return server, reply
