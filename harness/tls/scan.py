"""Finds out what a server takes: a fixed set of hellos, each sent once, a few at a time.

A server that limits how often it is asked may begin to refuse what it takes otherwise. So each hello that found no
way to the server is sent again, and in the end one that was taken before: :attr:`Scan.reliable` says whether it
still is.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.tls import certificate, suites
from harness.tls.answer import Answer
from harness.tls.certificate import ServerCertificate
from harness.tls.connection import Outcome, ask, shake_hands
from harness.tls.hello import (
    P_256,
    SHA_1,
    SSL_2,
    SSL_3,
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    TLS_1_3,
    WEAK_CURVES,
    X25519,
    Hello,
)

_OF_BROWSERS = "authorization_endpoint"
AT_ONCE = 3
"""Connections to one server at a time."""
SERVERS_AT_ONCE = 4
AGAIN_AFTER_S = 1.0
LONGEST_S = 5.0
UNKNOWN_PROTOCOL = "assay-unknown"
UNKNOWN_NAME = "assay-unknown.invalid"
OLD_VERSIONS = {"ssl-2": SSL_2, "ssl-3": SSL_3, "tls-1.0": TLS_1_0, "tls-1.1": TLS_1_1}

_MODERN = tuple(suites.TLS_1_3)
_BEST = tuple(suites.RECOMMENDED)
_TLS_1_2 = (TLS_1_2,)
_BOTH = (TLS_1_3, TLS_1_2)


@dataclass(frozen=True)
class Place:
    """A server of the run.

    Attributes:
        host: as URLs name it, in lower case, without brackets.
        port: TCP port.
        endpoints: what it serves: members of the metadata that name a URL there.

    """

    host: str
    port: int
    endpoints: tuple[str, ...]

    @property
    def origin(self) -> str:
        """How reports name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" + ("" if self.port == 443 else f":{self.port}")

    @property
    def for_browsers(self) -> bool:
        """Whether browsers come here (FAPI 2.0 Security Profile section 5.2.3)."""
        return _OF_BROWSERS in self.endpoints

    @property
    def for_clients(self) -> bool:
        """Whether something else is served here than what browsers use (section 5.2.2)."""
        return any(endpoint != _OF_BROWSERS for endpoint in self.endpoints)

    @property
    def name(self) -> str | None:
        """The name for Server Name Indication; ``None`` where the host is an IP address (RFC 6066 section 3)."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            pass
        else:
            return None
        try:
            return self.host if self.host.isascii() else self.host.encode("idna").decode("ascii")
        except UnicodeError:
            return None

    @property
    def public_name(self) -> bool:
        """Whether it has a name that means the same for everybody: no IP address, no name of this machine."""
        return self.name is not None and self.host != "localhost" and not self.host.endswith(".localhost")


@dataclass(frozen=True)
class Scan:
    """What a server made of the hellos.

    Attributes:
        place: which server.
        outcomes: by name of the hello.
        certificates: the chain as far as it was shown, the server's own first.
        protocol: the application protocol chosen of ``h2`` and ``http/1.1``; ``None``: none.
        took_unknown_protocol: whether a connection came about for an unknown application protocol alone;
            ``None`` when that was not found out.
        reliable: whether the server took its best hello in the end as in the beginning.

    """

    place: Place
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    certificates: tuple[ServerCertificate, ...] = ()
    protocol: str | None = None
    took_unknown_protocol: bool | None = None
    reliable: bool = True

    def answer(self, name: str) -> Answer | None:
        """Give what the server chose; ``None`` where it refused, or the hello was not sent."""
        outcome = self.outcomes.get(name)
        return outcome.answer if outcome else None

    def version(self, name: str) -> int | None:
        """Give the version of an answer."""
        answer = self.answer(name)
        return answer.version if answer else None

    @property
    def trouble(self) -> str | None:
        """Say why nothing can be told of this server; ``None`` if something can."""
        if not any(outcome.answer for outcome in self.outcomes.values()):
            first = next(iter(self.outcomes.values()), None)
            return f"{self.place.origin} takes no TLS connection: {first.refused if first else 'it was not asked'}"
        lost = [name for name, outcome in self.outcomes.items() if not outcome.reached]
        if lost:
            return f"{self.place.origin} could not be reached for every attempt: {self.outcomes[lost[0]].refused}"
        if not self.reliable:
            return (
                f"{self.place.origin} stopped answering during the attempts, as servers do that limit their rate"
            )
        return None

    @property
    def taken_1_2(self) -> Answer | None:
        """Some connection with TLS 1.2, the best hello first."""
        found = (outcome.answer for outcome in self.outcomes.values())
        return next((each for each in found if each and each.version == TLS_1_2), None)

    @property
    def has_1_3(self) -> bool:
        """Whether connections can be set up with TLS 1.3."""
        return TLS_1_3 in (self.version("both"), self.version("tls-1.3"))

    @property
    def certificate(self) -> ServerCertificate | None:
        """The server's own certificate, where it can be read."""
        return self.certificates[0] if self.certificates else None


def hellos(place: Place) -> dict[str, Hello]:
    """Give what is sent to a server after the first hellos, by name."""
    name = place.name
    every = tuple(code for group in ("dhe", "cbc", "static-rsa") for code in suites.GROUPS[group])
    found = {key: Hello((version,), suites.OLD, name, protocols=()) for key, version in OLD_VERSIONS.items()}
    for group, members in suites.GROUPS.items():
        found[f"suites:{group}"] = Hello(
            _TLS_1_2, tuple(members), name, protocols=(), truncated_hmac=group == "cbc"
        )
    for code in _BEST:
        found[f"suite:{code:04x}"] = Hello(_TLS_1_2, (code,), name)
    found["preference"] = Hello(_TLS_1_2, (*suites.WEAKER, 0xC02F, 0xC02B, 0xC030, 0xC02C), name)
    for curve in (P_256, X25519):
        found[f"group:{curve}"] = Hello(_BOTH, (*_MODERN, *_BEST), name, groups=(curve,))
    weak = tuple(code for code in (*_BEST, *every) if suites.key_exchange(code) == "ecdhe")
    found["weak-curves"] = Hello(_TLS_1_2, weak, name, groups=tuple(WEAK_CURVES))
    found["sha-1"] = Hello(_TLS_1_2, (*_BEST, *every), name, signatures=SHA_1)
    found["unknown-protocol"] = Hello(_TLS_1_2, _BEST, name, protocols=(UNKNOWN_PROTOCOL,))
    if place.public_name:
        found["unknown-name"] = Hello(_BOTH, (*_MODERN, *_BEST), UNKNOWN_NAME)
    return found


async def scan_all(places: Sequence[Place], timeout_s: float) -> tuple[Scan, ...]:
    """Ask some servers, several at a time. Never raises but for cancellation."""
    turn = asyncio.Semaphore(SERVERS_AT_ONCE)

    async def in_turn(place: Place) -> Scan:
        async with turn:
            return await scan(place, timeout_s)

    return tuple(await asyncio.gather(*map(in_turn, places)))


async def scan(place: Place, timeout_s: float) -> Scan:
    """Ask a server. Never raises but for cancellation.

    Args:
        timeout_s: seconds for each connection, and for each answer; no more than :data:`LONGEST_S` of them count.

    """
    timeout_s = min(timeout_s, LONGEST_S)
    turn = asyncio.Semaphore(AT_ONCE)

    async def outcome(hello: Hello) -> Outcome:
        async with turn:
            found = await ask(place.host, place.port, hello, timeout_s)
            # What is to be refused may be met with silence; what is to be taken gets another chance.
            if not found.reached or (found.silent and not set(hello.suites).isdisjoint((*_MODERN, *_BEST))):
                await asyncio.sleep(AGAIN_AFTER_S)
                found = await ask(place.host, place.port, hello, timeout_s)
            return found

    first = {
        "tls-1.2": Hello(_TLS_1_2, _BEST, place.name, compression=True),
        "both": Hello(_BOTH, (*_MODERN, *_BEST), place.name),
    }
    outcomes = dict(zip(first, await asyncio.gather(*map(outcome, first.values())), strict=True))
    if not any(each.reached for each in outcomes.values()):
        return Scan(place, outcomes)
    further = hellos(place)
    if outcomes["both"].answer is None or outcomes["both"].answer.version != TLS_1_3:
        further["tls-1.3"] = Hello((TLS_1_3,), _MODERN, place.name)
    outcomes |= zip(further, await asyncio.gather(*map(outcome, further.values())), strict=True)
    best = next((name for name in first if outcomes[name].answer), None)
    last = await outcome(first[best]) if best else None
    return await _told(place, outcomes, last is None or last.answer is not None, timeout_s)


async def _told(place: Place, outcomes: dict[str, Outcome], reliable: bool, timeout_s: float) -> Scan:
    main = outcomes["tls-1.2"].answer
    if main is not None:
        chain, protocol = main.certificates, main.protocol
        unknown = outcomes["unknown-protocol"]
        took = unknown.answer is not None if unknown.reached else None
    else:
        common, odd = [
            await shake_hands(place.host, place.port, place.name, protocols, timeout_s)
            for protocols in (("h2", "http/1.1"), (UNKNOWN_PROTOCOL,))
        ]
        chain, protocol = (common.certificate,) if common.certificate else (), common.protocol
        took = odd.certificate is not None if common.certificate else None
        if not chain:
            found = (outcome.answer for outcome in outcomes.values())
            chain = next((answer.certificates for answer in found if answer and answer.certificates), ())
    certificates = tuple(filter(None, map(certificate.read, chain)))
    return Scan(place, outcomes, certificates, protocol, took, reliable)
