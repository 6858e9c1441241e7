"""Requests without TLS, as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.partisia.application import Application
from harness.transport import TransportFailure
from harness.wallet.metadata import Issuer

check = area("Partisia: without TLS")

_ENDPOINTS: Mapping[str, Mapping[str, Any]] = {
    "nonce_endpoint": {"content": b""},
    # No access token and no proof go over the network in the clear; any answer of the endpoint tells enough.
    "credential_endpoint": {"json_body": {}},
}


@check(
    "partisia-plain-http",
    requires=["PAR-METADATA-11"],
    applies=when.partisia_over_tls,
    proven_by={
        "partisia-plain-http:answered": "PARTISIA-PLAIN-HTTP",
    },
)
async def nothing_is_given_over_plain_http(issuer: Issuer, application: Application, expect: Expect) -> None:
    """The places of nonce and credential endpoint give nothing to requests that come over plain http."""
    tried = 0
    for name, body in _ENDPOINTS.items():
        url = issuer.metadata.get(name)
        if not isinstance(url, str) or not url.startswith("https://"):
            continue
        tried += 1
        plain = url.replace("https://", "http://", 1)
        try:
            reply = await application.plain_http.send(f"{name} without TLS", "POST", plain, **body)
        except TransportFailure:
            # Nobody is there.
            expect.that(True, "PARTISIA-PLAIN-HTTP", "no answer over plain http", "")
            continue
        # What refuses a request without a token is the endpoint; what forbids it or leads to https is not.
        given = reply.successful or reply.status == 401
        expect.that(
            not given, "PARTISIA-PLAIN-HTTP", f"nothing from {plain} over plain http", reply.gist, at=reply
        )
    if not tried:
        raise Blocked("the metadata name no https endpoint")
