"""Fetching what credentials and the documents of their issuer point at, without being led astray by them.

A credential is written by whoever is under test, and so are the URLs in it. Beyond what ``harness.transport``
sees to (a deadline, a limit of size, no plain http to other machines), three things hold here:

- Only ``https`` is followed, and ``http`` where the issuer under test is itself reached by it.
- A host that is, or whose name leads to, a loopback, private or otherwise unroutable address is not asked, unless
  the issuer under test has such an address itself. A name is looked up before the request is sent; whoever can
  change the answer between the two is not stopped by this.
- A redirect is followed a few times, and each time only to where the first request could have gone.

Services that the run itself plays are fetched from wherever they are.

Problems, at most one for each fetch; the detail is a clear sentence:

- ``fetch-url``: no URL with a host.
- ``fetch-scheme``: neither ``https`` nor the scheme of the issuer under test.
- ``fetch-private``: the host is or leads to an address that is not public.
- ``fetch-no-answer``: no complete answer came.
- ``redirect-url``, ``redirect-scheme``, ``redirect-private``: a redirect leads to where the first three kinds
  forbid to go.
- ``redirect-endless``: one redirect too many.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from harness.formats.problems import Problem, shown
from harness.transport import Client, Reply, TransportFailure

MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EMBEDDED_IPV4 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as networks without IPv4 reach them (RFC 6052 section 2.1)."""


@dataclass(frozen=True)
class Fetched:
    """What came of fetching one URL."""

    url: str
    replies: tuple[Reply, ...] = ()
    """The answers in their order: redirects, then what they led to."""
    problem: Problem | None = None
    """Why there is no answer to look at."""

    @property
    def reply(self) -> Reply | None:
        """The answer that is none of the redirects which were followed; ``None`` with a problem."""
        return None if self.problem else self.replies[-1]

    @property
    def misled(self) -> bool:
        """Whether a redirect leads to where nobody should be sent."""
        return self.problem is not None and self.problem.kind.startswith("redirect-")


class Fetcher:
    """Fetches for one run.

    Args:
        client: the way to the network.
        home: the Credential Issuer Identifier; where it may be reached, what it points at may be, too.

    """

    def __init__(self, client: Client, home: str) -> None:
        self.client = client
        self.home = home
        self._at_home: bool | None = None

    async def get(self, purpose: str, url: str, *, accept: str = "application/json") -> Fetched:
        """Fetch a URL.

        Args:
            purpose: what is fetched, in a few words.
            accept: the ``Accept`` header.

        """
        replies: list[Reply] = []
        target = url
        for number in range(MAX_REDIRECTS + 1):
            refusal = await self._refusal(target)
            if refusal is not None:
                return Fetched(url, tuple(replies), _of_redirect(refusal, target) if replies else refusal)
            try:
                reply = await self.client.send(
                    purpose if number == 0 else f"{purpose} (redirected)",
                    "GET",
                    target,
                    headers={"Accept": accept},
                )
            except TransportFailure as failure:
                return Fetched(url, tuple(replies), Problem("fetch-no-answer", failure.message))
            replies.append(reply)
            location = reply.headers.get("location")
            if reply.status not in REDIRECTS or location is None:
                return Fetched(url, tuple(replies))
            target = _joined(target, location)
        detail = f"{url} is redirected more than {MAX_REDIRECTS} times"
        return Fetched(url, tuple(replies), Problem("redirect-endless", detail))

    async def _refusal(self, url: str) -> Problem | None:
        try:
            parts = urlsplit(url)
            host, scheme = parts.hostname, parts.scheme
        except ValueError:
            host, scheme = None, ""
        if not host:
            return Problem("fetch-url", f"{shown(url)} is no URL that can be fetched")
        if self.client.stays_here(url):
            return None
        if scheme != "https" and not (scheme == "http" and urlsplit(self.home).scheme == "http"):
            return Problem("fetch-scheme", f"{shown(url)} is no https URL and is not fetched")
        if await self._is_public(host) or await self._home_is_private():
            return None
        detail = f"the host of {shown(url)} has a loopback or private address, so it is not asked"
        return Problem("fetch-private", detail)

    async def _home_is_private(self) -> bool:
        if self._at_home is None:
            self._at_home = not await self._is_public(urlsplit(self.home).hostname or "")
        return self._at_home

    async def _is_public(self, host: str) -> bool:
        if is_private_everywhere(host):
            return False
        return all(is_public(address) for address in await self.client.addresses(host.rstrip(".").lower()))


def is_private_everywhere(host: str) -> bool:
    """Say whether a host is loopback or private by its very name, wherever it is looked up."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost") or not is_public(name)


def is_public(address: str) -> bool:
    """Say whether an IP address can be reached from anywhere; what is no address counts as one."""
    found = _address(address)
    if found is None:
        return True
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _EMBEDDED_IPV4:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        return location


def _of_redirect(refusal: Problem, target: str) -> Problem:
    kind = refusal.kind.replace("fetch-", "redirect-")
    return Problem(kind, f"a redirect leads to {shown(target)}: {refusal.detail}")
