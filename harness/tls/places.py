"""Which servers the endpoints of an issuer are on, by its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from harness.formats import text
from harness.tls.scan import Place
from harness.wallet.metadata import Issuer

_OF_ISSUER = (
    "credential_endpoint",
    "nonce_endpoint",
    "deferred_credential_endpoint",
    "notification_endpoint",
)
_OF_SERVER = (
    "authorization_endpoint",
    "token_endpoint",
    "pushed_authorization_request_endpoint",
    "challenge_endpoint",
    "revocation_endpoint",
    "jwks_uri",
)


def endpoints(issuer: Issuer) -> Iterator[tuple[str, str]]:
    """Give the name and the URL of each endpoint, the documents of metadata among them."""
    yield "credential_issuer", issuer.reply.url
    for name in _OF_ISSUER:
        if isinstance(url := issuer.metadata.get(name), str):
            yield name, url
    for server in issuer.servers:
        yield "issuer", server.url
        aliases = server.metadata.get("mtls_endpoint_aliases")
        for members in (server.metadata, aliases if isinstance(aliases, dict) else {}):
            for name in _OF_SERVER:
                if isinstance(url := members.get(name), str):
                    yield name, url


def places(issuer: Issuer) -> tuple[Place, ...]:
    """Give each host and port once that serves some endpoint over TLS."""
    found: dict[tuple[str, int], list[str]] = {}
    for name, url in endpoints(issuer):
        if text.is_https_url(url):
            try:
                parts = urlsplit(url)
                where = (parts.hostname or "").rstrip("."), parts.port or 443
            except ValueError:
                continue
            found.setdefault(where, []).append(name)
    return tuple(Place(host, port, tuple(dict.fromkeys(names))) for (host, port), names in found.items() if host)
