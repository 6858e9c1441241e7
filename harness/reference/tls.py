"""The client certificate of a TLS connection, as the TLS extension of ASGI tells of it.

``scope["extensions"]["tls"]["client_cert_chain"]`` holds the chain in PEM, the client's own certificate first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from harness.reference.encoding import base64url

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def client_certificate(scope: Mapping[str, Any]) -> x509.Certificate | None:
    """Give the client's certificate; ``None`` when it showed none that can be read."""
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain") or ()
    try:
        return x509.load_pem_x509_certificate(chain[0].encode("ascii")) if chain else None
    except ValueError:
        return None


def thumbprint(certificate: x509.Certificate) -> str:
    """Give ``x5t#S256`` of a certificate (RFC 8705 section 3.1)."""
    return base64url(certificate.fingerprint(hashes.SHA256()))


def presenting(app: App, chain: Sequence[str]) -> App:
    """Wrap an application so that every request comes with a client certificate chain, given in PEM."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), "tls": {"client_cert_chain": list(chain)}}
        await app({**scope, "extensions": extensions}, receive, send)

    return wrapped
