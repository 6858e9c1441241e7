"""Without TLS: FAPI 2.0 Security Profile sections 5.2.1 item 1, 5.2.3 item 1 and 5.4.2, RFC 9325 section 3.2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import text
from harness.tls.places import endpoints
from harness.transport import Client, Reply, TransportFailure
from harness.wallet.metadata import AuthorizationServer, Issuer

check = area("FAPI 2.0: TLS")

_MEMBERS = {
    "credential_issuer": "credential_issuer",
    "issuer": "issuer",
    "jwks_uri": "keys",
    "nonce_endpoint": "c_nonce",
}
"""Where to the member that shows an answer for what it is."""
_MAX_AGE = re.compile(r'max-age\s*=\s*(?:"(\d+)"|(\d+))', re.IGNORECASE)


@dataclass(frozen=True)
class _Address:
    name: str
    """The member of the metadata that names it."""
    url: str

    @property
    def method(self) -> str:
        return "POST" if self.name == "nonce_endpoint" else "GET"

    @property
    def without_tls(self) -> str:
        """The same address over plain http; a port that is not the usual one stays."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port not in (None, 443) else ""
        return parts._replace(scheme="http", netloc=host + port, fragment="").geturl()


def _addresses(issuer: Issuer) -> Iterator[_Address]:
    for name, url in dict.fromkeys(endpoints(issuer)):
        if text.is_https_url(url) or text.is_http_url(url):
            yield _Address(name, url)


@check(
    "fapi2-plain-http",
    requires=["FAPI2-5.2.1-01", "FAPI2-5.4.2-02"],
    proven_by={"tls:also-plain": "FAPI2-PLAIN-HTTP"},
    applies=when.https & when.own_connections,
)
async def nothing_is_served_without_tls(issuer: Issuer, client: Client, expect: Expect) -> None:
    """Over plain http, no endpoint answers as it does over TLS: there is no server, a redirect or an error."""
    silent: set[str] = set()
    for address in _addresses(issuer):
        if text.is_http_url(address.url):
            expect.that(
                False,
                "FAPI2-PLAIN-HTTP",
                f"an https URL for {address.name}",
                address.url,
                requirement=_demand(address),
            )
            continue
        url = address.without_tls
        origin = urlsplit(url).netloc
        if client.stays_here(address.url) or origin in silent:
            continue
        served, observed, exchange = False, "no answer", None
        try:
            reply = await _ask(client, address, url)
        except TransportFailure as failure:
            # Where nobody answers, or nobody understands, the other addresses need not be tried.
            silent.add(origin)
            observed = failure.message
        else:
            served = reply.successful and await _is_the_same(client, address, reply)
            observed, exchange = reply.gist, reply.exchange
        expect.that(
            not served,
            "FAPI2-PLAIN-HTTP",
            f"{address.name} is served over TLS only, and {url} is a redirect or an error, or not there",
            observed,
            at=exchange,
            requirement=_demand(address),
        )
    if not expect.evaluated:
        raise Blocked("the metadata name no endpoint that is reached over TLS")


def _demand(address: _Address) -> str:
    return "FAPI2-5.4.2-02" if address.name == "jwks_uri" else "FAPI2-5.2.1-01"


async def _ask(client: Client, address: _Address, url: str) -> Reply:
    return await client.send(f"{address.name} without TLS", address.method, url, trying_plain=True)


async def _is_the_same(client: Client, address: _Address, plain: Reply) -> bool:
    """Whether an answer over plain http is what is served over TLS, and not some page of a server for all."""
    member = _MEMBERS.get(address.name)
    if member is not None:
        return bool(plain.object.get(member))
    secure = await client.send(f"{address.name} with TLS", address.method, address.url)
    return secure.successful and bool(plain.body) and secure.body == plain.body


@check(
    "fapi2-transport-security",
    requires=["FAPI2-5.2.3-01", "RFC9325-3.2-02"],
    proven_by={
        "authorization-response:transport-security-missing": "FAPI2-TRANSPORT-SECURITY-MISSING",
        "authorization-response:transport-security-over": "TRANSPORT-SECURITY-MAX-AGE",
    },
    applies=when.code_flow & when.named_authorization_endpoint,
    per=Per.GRANT,
)
async def browsers_are_told_to_stay_with_tls(
    authorization: Authorized, server: AuthorizationServer, expect: Expect
) -> None:
    """The Authorization Endpoint tells browsers by Strict-Transport-Security to use TLS only."""
    endpoint = _place(server.authorization_endpoint or "")
    replies = authorization.visit.replies if authorization.visit else ()
    answers = [reply for reply in replies if _place(reply.url) == endpoint]
    if not answers:
        if authorization.code is None:
            raise Blocked(f"the browser did not get to the Authorization Endpoint: {authorization.gist}")
        raise Blocked(
            "the answers of the Authorization Endpoint were not seen: a program of the team's was the user"
        )
    for reply in answers:
        # Of several fields, browsers read the first (RFC 6797 section 8.1).
        told = next(iter(reply.headers.get_list("strict-transport-security")), None)
        where: Mapping[str, str] = {"pointer": "header Strict-Transport-Security"}
        if expect.that(
            told is not None,
            "FAPI2-TRANSPORT-SECURITY-MISSING",
            "an answer with Strict-Transport-Security, unless browsers have the domain on their preload list",
            "the answer has no Strict-Transport-Security",
            at=reply,
            **where,
        ):
            found = _MAX_AGE.search(told or "")
            expect.that(
                found is not None and int(found[1] or found[2]) > 0,
                "TRANSPORT-SECURITY-MAX-AGE",
                "max-age, in seconds, above 0",
                told,
                at=reply,
                requirement="RFC9325-3.2-02",
                **where,
            )


def _place(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower(), parts.path or "/"
