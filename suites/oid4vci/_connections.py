"""Connections that do not show the client's TLS certificate (RFC 8705)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Client, TransportFailure


def other_certificate(flow: Flow) -> Client:
    """Give a way to the network that shows the certificate of another client.

    Raises:
        Blocked: the run knows none.

    """
    http = flow.tools.second_http
    if http is None:
        raise Blocked("no other certificate is at hand: give one under [second_client] in assay.toml")
    return http


def no_certificate(flow: Flow) -> Client:
    """Give a way to the network that shows no certificate.

    Raises:
        Blocked: the run has none.

    """
    http = flow.tools.bare_http
    if http is None:
        raise Blocked("the run has no way to the network without a certificate")
    return http


@contextmanager
def refusing_the_connection(expect: Expect, code: str) -> Iterator[None]:
    """Take the end of the connection for a refusal as well.

    Args:
        code: how the finding codes of the refusal begin.

    """
    try:
        yield
    except TransportFailure as failure:
        if failure.kind not in ("tls", "protocol", "connection"):
            raise
        expect.that(True, f"{code}-ACCEPTED", "a refusal", failure.message)
