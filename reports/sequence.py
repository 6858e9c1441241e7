"""Lays out the wallet's conversation as a sequence diagram: who speaks to whom, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.model import Json

SHOWN = 60
"""How many exchanges the diagram shows."""
_OTHERS = 3
"""How many further hosts get a lifeline of their own."""
_LEFT, _STEP, _TOP, _ROW, _RETURN, _FOOT = 84, 272, 64, 48, 18, 24
"""Pixels: margin, between lifelines, above the first arrow, between exchanges, to the answer, below the last."""
_ISSUER, _SERVER, _ELSEWHERE = "Credential Issuer", "Authorization Server", "Other hosts"
_SPEAKERS = {"External system": "Browser", "Credential gateway": "External system"}
"""Who speaks to what is under test, where that is no Credential Issuer."""


@dataclass(frozen=True)
class Lifeline:
    """One party."""

    name: str
    host: str
    x: int


@dataclass(frozen=True)
class Arrow:
    """One exchange: a request to ``x`` and its answer."""

    number: int
    label: str
    outcome: str
    failed: bool
    """Whether there was no complete response."""
    call: str
    """Method and URL, in full."""
    x: int
    y: int

    @property
    def y_back(self) -> int:
        """Where the answer is drawn."""
        return self.y + _RETURN


@dataclass(frozen=True)
class Diagram:
    """The whole picture, in pixels."""

    width: int
    height: int
    lifelines: tuple[Lifeline, ...]
    arrows: tuple[Arrow, ...]
    left_out: int


def diagram(report: Mapping[str, Json]) -> Diagram:
    """Place the first exchanges of a run."""
    ordered = sorted(report["exchanges"], key=lambda item: int(item["number"]))
    first = ordered[:SHOWN]
    parties = _parties(report, first)
    subject = _subject(report)
    names = list(dict.fromkeys([subject, _SERVER, *parties]))
    lines = [name for name in names if name in parties]
    x = {name: _LEFT + _STEP * place for place, name in enumerate([_SPEAKERS.get(subject, "Wallet"), *lines])}
    arrows = tuple(
        Arrow(
            number=data["number"],
            label=_short(data["purpose"], 34 if x[party] == _LEFT + _STEP else 60),
            outcome=_short(data["failure"], 30) if data["failure"] else str(data["status"]),
            failed=bool(data["failure"]),
            call=_short(f"{data['method']} {data['url']}", 200),
            x=x[party],
            y=_TOP + _ROW * row,
        )
        for row, (data, party) in enumerate(zip(first, parties, strict=True))
    )
    hosts = {party: _host(data["url"]) for data, party in reversed(list(zip(first, parties, strict=True)))}
    return Diagram(
        width=2 * _LEFT + _STEP * len(lines),
        height=_TOP + _ROW * len(arrows) + _FOOT,
        lifelines=tuple(
            Lifeline(
                _short(name, 30), _short(hosts.get(name, ""), 30) if name in (subject, _SERVER) else "", place
            )
            for name, place in x.items()
        ),
        arrows=arrows,
        left_out=len(ordered) - len(first),
    )


def _subject(report: Mapping[str, Json]) -> str:
    """Give what is under test."""
    return str(report["target"].get("subject") or _ISSUER)


def _parties(report: Mapping[str, Json], exchanges: Sequence[Mapping[str, Json]]) -> list[str]:
    """Name the party each exchange speaks to.

    One host may serve as Credential Issuer and as Authorization Server, so the endpoints of the published
    metadata decide before the host does.
    """
    metadata = report["issuer"].get("metadata")
    servers = report["issuer"].get("authorization_servers")
    issuer_host = _host(report["target"]["issuer"])
    issuer = _subject(report)
    server_urls = {_place(url) for url in _strings(servers)}
    declared = metadata.get("authorization_servers") if isinstance(metadata, Mapping) else None
    server_hosts = {_host(url) for url in _strings(declared)} - {issuer_host}
    parties: list[str] = []
    elsewhere: list[str] = []
    for data in exchanges:
        url = data["url"]
        host = _host(url)
        well_known = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
        if _place(url) in server_urls or host in server_hosts or any(part in url for part in well_known):
            parties.append(_SERVER)
        elif host == issuer_host:
            parties.append(issuer)
        else:
            if host not in elsewhere:
                elsewhere.append(host)
            parties.append(host if elsewhere.index(host) < _OTHERS else _ELSEWHERE)
    return parties


def _strings(value: Json) -> Iterator[str]:
    """Give every string that could be a URL in a document of any shape."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and "://" in item:
            yield item


def _place(url: str) -> tuple[str, str]:
    """Give host and path, which is what tells one endpoint from another."""
    try:
        return _host(url), urlsplit(url).path
    except ValueError:
        return url, ""


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _host(url: str) -> str:
    """Give host and port in lower case, or the text itself when it is no URL."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower() or url
    except ValueError:
        return url
