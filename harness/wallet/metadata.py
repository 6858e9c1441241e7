"""Metadata of the Credential Issuer and of its Authorization Servers: OpenID4VCI 1.0 section 12, RFC 8414."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any

from harness.dialects import LATEST, Dialect
from harness.formats import strict_json
from harness.formats.well_known import origin_and_path, well_known_url
from harness.transport import Client, Reply, TransportFailure
from harness.wallet import described
from harness.wallet.offer import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE

ISSUER_SUFFIX = "openid-credential-issuer"
SERVER_SUFFIX = "oauth-authorization-server"
OPENID_SUFFIX = "openid-configuration"


class MetadataError(Exception):
    """There is no metadata a wallet could work with; the message is one line."""


def issuer_metadata_urls(identifier: str, dialect: Dialect = LATEST) -> tuple[str, ...]:
    """Give the places where a Credential Issuer may have its metadata, the one by the letter first.

    Section 12.2.2 inserts and says nothing of a slash at the end of the identifier, which RFC 8414 removes. Drafts
    before it append, and remove the slash.

    >>> issuer_metadata_urls("https://issuer.example.com/tenant")
    ('https://issuer.example.com/.well-known/openid-credential-issuer/tenant',)
    """
    origin, path = origin_and_path(identifier)
    if dialect.well_known == "appended":
        return (f"{origin}{path.rstrip('/')}/.well-known/{ISSUER_SUFFIX}",)
    by_the_letter = f"{origin}/.well-known/{ISSUER_SUFFIX}{path}"
    return tuple(dict.fromkeys((by_the_letter, well_known_url(identifier, ISSUER_SUFFIX))))


@dataclass(frozen=True)
class AuthorizationServer:
    """One Authorization Server as found.

    Attributes:
        identifier: as the Credential Issuer names it.
        reply: the answer at ``oauth-authorization-server``, or ``None`` when there was none.
        failure: why there is no answer.
        metadata: the members of its metadata; empty when there is none.
        fallback: the answer at ``openid-configuration``, asked only when the right place had nothing.
        inline: whether the metadata are no more than what the issuer metadata say of it.

    """

    identifier: str
    reply: Reply | None
    failure: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    fallback: Reply | None = None
    inline: bool = False

    @property
    def url(self) -> str:
        """Where RFC 8414 wants the metadata to be."""
        return well_known_url(self.identifier, SERVER_SUFFIX)

    @property
    def exchange(self) -> int | None:
        """Number of the exchange at the right place."""
        return self.reply.exchange if self.reply else None

    @property
    def token_endpoint(self) -> str | None:
        """URL of the Token Endpoint, when there is a usable one."""
        return _text(self.metadata, "token_endpoint")

    @property
    def grant_types(self) -> list[str] | None:
        """``grant_types_supported``; ``None`` when it is omitted or no array."""
        values = self.metadata.get("grant_types_supported")
        return [v for v in values if isinstance(v, str)] if isinstance(values, list) else None

    def serves(self, grant: str) -> bool:
        """Whether the metadata announces a grant; the Authorization Code grant is a default of RFC 8414."""
        if grant == AUTHORIZATION_CODE:
            return self.authorization_endpoint is not None and grant in (self.grant_types or (grant,))
        return grant in (self.grant_types or ())

    @property
    def authorization_endpoint(self) -> str | None:
        """URL of the Authorization Endpoint, when there is a usable one."""
        return _text(self.metadata, "authorization_endpoint")

    @property
    def par_endpoint(self) -> str | None:
        """URL of the Pushed Authorization Request Endpoint (RFC 9126 section 5), when there is a usable one."""
        return _text(self.metadata, "pushed_authorization_request_endpoint")

    @property
    def issuer(self) -> str:
        """Its issuer identifier as it gives it, which is the audience of what a client signs for it."""
        return _text(self.metadata, "issuer") or self.identifier

    @property
    def anonymous_access(self) -> bool:
        """Whether Token Requests without ``client_id`` are announced as supported (section 12.3)."""
        return self.metadata.get("pre-authorized_grant_anonymous_access_supported") is True


@dataclass(frozen=True)
class Issuer:
    """A Credential Issuer as discovered.

    Attributes:
        identifier: the Credential Issuer Identifier under test.
        reply: the answer that carried the metadata.
        metadata: the members of the metadata.
        servers: its Authorization Servers in the order of the metadata, at least one.
        dialect: how the wallet reads the metadata.

    """

    identifier: str
    reply: Reply
    metadata: Mapping[str, Any]
    servers: tuple[AuthorizationServer, ...]
    dialect: Dialect = LATEST

    @property
    def document(self) -> strict_json.JsonDocument:
        """The metadata as strictly read JSON."""
        return self.reply.document

    @property
    def configurations(self) -> dict[str, dict[str, Any]]:
        """The well-formed members of ``credential_configurations_supported``."""
        return self.dialect.configurations_in(self.metadata)

    @property
    def credential_endpoint(self) -> str | None:
        """URL of the Credential Endpoint, when there is a usable one."""
        return _text(self.metadata, "credential_endpoint")

    @property
    def nonce_endpoint(self) -> str | None:
        """URL of the Nonce Endpoint, or ``None`` when the issuer has none."""
        return _text(self.metadata, "nonce_endpoint")

    @property
    def deferred_endpoint(self) -> str | None:
        """URL of the Deferred Credential Endpoint, or ``None`` when the issuer has none."""
        return _text(self.metadata, "deferred_credential_endpoint")

    @property
    def notification_endpoint(self) -> str | None:
        """URL of the Notification Endpoint, or ``None`` when the issuer has none."""
        return _text(self.metadata, "notification_endpoint")

    @property
    def batch_size(self) -> int | None:
        """How many proofs one Credential Request may have; ``None`` without announced batches."""
        batch = self.metadata.get("batch_credential_issuance") if self.dialect.batches else None
        size = strict_json.integer(batch.get("batch_size")) if isinstance(batch, dict) else None
        return size if size is not None and size >= 2 else None

    def server_for(self, named: str | None, grant: str = PRE_AUTHORIZED_CODE) -> AuthorizationServer:
        """Choose the Authorization Server of a grant (section 12.2.4).

        Args:
            named: ``authorization_server`` of the offer's grant, if any.
            grant: the grant type.

        Raises:
            MetadataError: the offer names a server that the metadata does not know.

        """
        if named is not None and len(self.servers) > 1:
            for server in self.servers:
                if server.identifier == named:
                    return server
            raise MetadataError(
                f"the offer names the authorization server {named!r}, which is not in authorization_servers"
            )
        for server in self.servers:
            if server.token_endpoint and server.serves(grant):
                return server
        return next((server for server in self.servers if server.token_endpoint), self.servers[0])


async def request(
    client: Client, url: str, *, language: str | None = None, media_type: str = "application/json"
) -> Reply:
    """Ask for the metadata of a Credential Issuer (section 12.2.2).

    Args:
        language: value of ``Accept-Language``.
        media_type: ``application/json``, or ``application/jwt`` for signed metadata.

    Raises:
        TransportFailure: no answer came.

    """
    headers = {"Accept": media_type} | ({"Accept-Language": language} if language is not None else {})
    return await client.send("issuer metadata", "GET", url, headers=headers)


def locales(metadata: Mapping[str, Any], dialect: Dialect = LATEST) -> Iterator[str | None]:
    """Give the ``locale`` of every display object of the issuer, its credentials and their claims.

    What has no ``locale`` gives ``None``; what is malformed gives nothing.
    """
    displays = [metadata.get("display")]
    for configuration in dialect.configurations_in(metadata).values():
        displays += [described.display(configuration, dialect)]
        displays += [claim.members.get("display") for claim in described.claims(configuration, dialect)]
    for display in displays:
        for item in display if isinstance(display, list) else ():
            if isinstance(item, dict) and isinstance(item.get("locale"), (str, NoneType)):
                yield item.get("locale")


async def discover(
    client: Client, identifier: str, *, language: str = "en, *;q=0.5", dialect: Dialect = LATEST
) -> Issuer:
    """Fetch the metadata of a Credential Issuer and of its Authorization Servers.

    Raises:
        MetadataError: the issuer's metadata is no JSON object or was not delivered.
        TransportFailure: no answer came.

    """
    for url in issuer_metadata_urls(identifier, dialect):
        reply = await request(client, url, language=language)
        if reply.successful:
            break
    else:
        raise MetadataError(f"no issuer metadata at {url}: {reply.gist}")
    metadata = _object(reply, f"the issuer metadata at {url}")
    named = dialect.servers_in(metadata)
    if dialect.fixed_servers:
        servers = [_known_server(name, dialect) for name in named or [identifier]]
    else:
        servers = [await _server(client, name) for name in named or [identifier]]
        inline = {name: metadata[name] for name in dialect.server_members if name in metadata}
        servers = [
            server if server.metadata else replace(server, metadata=inline, inline=True) for server in servers
        ]
    return Issuer(identifier, reply, metadata, tuple(servers), dialect)


def _known_server(identifier: str, dialect: Dialect) -> AuthorizationServer:
    return AuthorizationServer(identifier, None, metadata=dialect.server_metadata(identifier))


async def _server(client: Client, identifier: str) -> AuthorizationServer:
    try:
        reply = await client.send(
            "authorization server metadata", "GET", well_known_url(identifier, SERVER_SUFFIX)
        )
    except TransportFailure as failure:
        return AuthorizationServer(identifier, None, failure.message)
    if reply.successful and reply.object:
        return AuthorizationServer(identifier, reply, None, reply.object)
    # Many deployments only have the OpenID Connect document. It is the wrong place, and a check says so;
    # reading it lets the rest of the run go on.
    base = identifier.rstrip("/")
    try:
        other = await client.send(
            "authorization server metadata (OpenID Connect)", "GET", f"{base}/.well-known/{OPENID_SUFFIX}"
        )
    except TransportFailure:
        return AuthorizationServer(identifier, reply)
    if other.successful and other.object:
        return AuthorizationServer(identifier, reply, None, other.object, other)
    return AuthorizationServer(identifier, reply)


def _object(reply: Reply, what: str) -> dict[str, Any]:
    try:
        value = reply.document.value
    except strict_json.JsonError as error:
        raise MetadataError(f"{what} is not JSON: {error.detail} ({reply.gist})") from error
    if not isinstance(value, dict):
        raise MetadataError(f"{what} is JSON but no object")
    return value


def _text(metadata: Mapping[str, Any], name: str) -> str | None:
    value = metadata.get(name)
    return value if isinstance(value, str) and value else None
