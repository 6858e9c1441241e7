"""The one way to the network: sends a request, numbers and records the exchange, and bounds what comes back.

Every request has a deadline for the whole answer and a limit for its size, so an issuer that hangs, drips
or floods costs bounded time and memory. Redirects are not followed here: whether a redirect is right is
for the caller to judge. Plain ``http`` is spoken to loopback addresses only, unless it was allowed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from harness.formats import strict_json
from harness.model import Exchange, HttpMessage
from harness.redaction import Redactor

SHOWN_BODY = 20_000
"""Characters of a body that a recorded exchange keeps."""
_LONG_TOKEN, _SHOWN_TOKEN = 10_000, 2_000
"""Beyond so many characters, of a body that is one token or bytes only the beginning is kept.

Such are large status lists: nobody reads them, and one run may fetch dozens of times.
"""
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=-]+|(?:[0-9a-f]{2} )+[0-9a-f]{0,2}")


class TransportFailure(Exception):
    """No complete answer came back.

    Attributes:
        message: one line that says what happened.
        exchange: number of the recorded exchange, or ``None`` when nothing was sent.
        kind: ``timeout``, ``connection``, ``tls``, ``too-large``, ``protocol``, ``insecure`` or ``url``.

    """

    def __init__(self, message: str, kind: str, exchange: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.exchange = exchange


@dataclass(frozen=True)
class Reply:
    """One complete HTTP answer, as it came or decrypted."""

    exchange: int
    method: str
    url: str
    status: int
    headers: httpx.Headers
    body: bytes
    sealed: Reply | None = None
    """The answer as it came, when this is its decrypted form (OpenID4VCI 1.0 section 10)."""
    jwe: Mapping[str, Any] | None = None
    """The header of the encrypted answer, when this is its decrypted form."""
    certificate: bytes | None = None
    """The TLS certificate of the server, in DER; ``None`` without TLS of this machine's own."""

    @property
    def media_type(self) -> str | None:
        """Media type of the body in lower case, without parameters; ``None`` when the issuer names none."""
        value = self.headers.get("content-type")
        return value.split(";", 1)[0].strip().lower() if value else None

    @property
    def successful(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @cached_property
    def document(self) -> strict_json.JsonDocument:
        """Read the body as JSON.

        Raises:
            strict_json.JsonError: the body is no JSON text.

        """
        return strict_json.parse(self.body)

    @property
    def object(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one when it is anything else."""
        try:
            value = self.document.value
        except strict_json.JsonError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def error(self) -> str | None:
        """The member ``error`` of the body; ``None`` when there is none or it is no string."""
        error = self.object.get("error")
        return error if isinstance(error, str) else None

    def directives(self, name: str) -> frozenset[str]:
        """Give the comma-separated members of a header field, in lower case and without arguments."""
        value = ",".join(self.headers.get_list(name))
        return frozenset(part.split("=", 1)[0].strip().lower() for part in value.split(",") if part.strip())

    @property
    def gist(self) -> str:
        """Status, media type and beginning of the body in one short line, for findings."""
        if self.error is not None:
            return f"HTTP {self.status} with error {self.error!r}"
        if not self.body:
            return f"HTTP {self.status} with an empty body"
        return f"HTTP {self.status}, {self.media_type or 'no media type'}, {len(self.body)} bytes"


class Recorder:
    """Keeps the exchanges of a run in the order of sending."""

    def __init__(self, redactor: Redactor | None = None) -> None:
        self.redactor = redactor or Redactor()
        self._exchanges: list[Exchange | None] = []
        self._settled = 0, 0
        """How many exchanges, and secrets, the last look back had before it."""

    @property
    def exchanges(self) -> list[Exchange]:
        """The exchanges so far; one that is still under way is left out."""
        return [exchange for exchange in self._exchanges if exchange is not None]

    @property
    def count(self) -> int:
        """How many exchanges were begun."""
        return len(self._exchanges)

    def since(self, count: int) -> list[Exchange]:
        """Give the exchanges that began after the first ``count``."""
        return [exchange for exchange in self._exchanges[count:] if exchange is not None]

    def begin(self) -> int:
        """Reserve the next number."""
        self._exchanges.append(None)
        return len(self._exchanges)

    def end(self, exchange: Exchange) -> None:
        """Store a finished exchange under its number."""
        self._exchanges[exchange.number - 1] = exchange

    def message(self, headers: httpx.Headers, body: bytes, *, of_user: bool = False) -> HttpMessage:
        """Give the redacted, readable form of one side of an exchange.

        Args:
            of_user: it is part of what a user sees and answers, in a browser.

        """
        shown = tuple((name, self.redactor.header(name, value)) for name, value in headers.multi_items())
        if not body:
            return HttpMessage(headers=shown)
        text = (self.redactor.page if of_user else self.redactor.text)(_readable(body))
        kept = _SHOWN_TOKEN if _is_long_token(text) else SHOWN_BODY
        return HttpMessage(shown, text[:kept], len(body), len(text) > kept)

    def look_back(self) -> None:
        """Hide what was learned to be secret after it was recorded, such as a code that a script passed on."""
        exchanges, secrets = self._settled
        learned = self.redactor.learned
        fresh = learned[secrets:]
        for index in range(exchanges, len(self._exchanges) if fresh else exchanges):
            exchange = self._exchanges[index]
            if exchange is not None:
                self._exchanges[index] = _without(exchange, fresh, self.redactor)
        self._settled = len(self._exchanges), len(learned)


def _is_long_token(text: str) -> bool:
    return len(text) > _LONG_TOKEN and _TOKEN.fullmatch(text, 0, _LONG_TOKEN) is not None


def _without(exchange: Exchange, learned: Sequence[str], redactor: Redactor) -> Exchange:
    def hidden(message: HttpMessage) -> HttpMessage:
        return replace(
            message,
            headers=tuple((name, redactor.values(value, learned)) for name, value in message.headers),
            body=None if message.body is None else redactor.values(message.body, learned),
        )

    return replace(
        exchange,
        url=redactor.values(exchange.url, learned),
        request=hidden(exchange.request),
        response=hidden(exchange.response) if exchange.response else None,
    )


_NOISE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
"""What is no character of a text: controls, and what could not be decoded."""
_MOST_NOISE = 0.1
"""Share of a body above which noise makes it no text."""


def _readable(body: bytes) -> str:
    # The whole body is read, so that no secret stands half in what is shown, where nothing would know it.
    text = body.decode("utf-8", "backslashreplace")
    shown = body.decode("utf-8", "replace")
    # Characters between the bytes of others, as in UTF-16, would keep secrets from being found.
    if "\0" in shown or len(_NOISE.findall(shown)) > _MOST_NOISE * len(shown):
        return f"‹{len(body)} bytes that are no text›"
    if len(body) <= SHOWN_BODY:
        try:
            document = strict_json.parse(body)
        except strict_json.JsonError:
            return text
        if not document.problems and isinstance(document.value, (dict, list)):
            return json.dumps(document.value, indent=2, ensure_ascii=False)
    return text


@cache
def tls_context(
    extra_ca: str | Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """Make the TLS settings of a run: TLS 1.2 or newer, the system's roots, and the team's own if given.

    Loading the roots takes longer than most exchanges, so the settings are made once and shared.

    Args:
        extra_ca: a PEM file with further trust anchors for the connection.
        certificate: a PEM file with the chain that the wallet shows for mutual TLS.
        key: a PEM file with its private key, where that is not in the same file.

    Raises:
        OSError, ssl.SSLError: a file cannot be read or does not hold what it should.

    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if extra_ca is not None:
        context.load_verify_locations(cafile=str(extra_ca))
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine: ``localhost`` or an address in 127.0.0.0/8 or ``::1``."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_ip_address(url: str) -> bool:
    """Whether the host of a URL is an IP address."""
    try:
        ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return True


HostLookup = Callable[[str], Awaitable[Sequence[str]]]
"""Gives the IP addresses of a host name; raises ``OSError`` when there are none."""


async def ask_the_system(host: str) -> Sequence[str]:
    """Look a host up as the machine is set up to do it, which also reads addresses such as ``127.1``.

    Raises:
        OSError: it has no address.

    """
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Client:
    """Sends requests and records them.

    Args:
        recorder: where exchanges go.
        transport: an httpx transport, for tests and the reference issuer in process; ``None`` for the network.
        mounts: URL of a service to the transport that leads there instead, for services of this very process. A
            URL with the same scheme and authority goes nowhere else, so that no rule about networks is for it.
        lookup: gives the addresses of a host; by default the system on the network, and nothing elsewhere.
        verify: TLS settings for the network.
        timeout_s: seconds for one whole exchange.
        max_body: bytes of one answer.
        allow_http: speak plain http to other machines too.
        now: seconds since 1970, for the time stamps of exchanges.

    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        mounts: Mapping[str, httpx.AsyncBaseTransport] | None = None,
        lookup: HostLookup | None = None,
        verify: ssl.SSLContext | None = None,
        timeout_s: float = 10.0,
        max_body: int = 2_000_000,
        allow_http: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.recorder = recorder
        self._timeout_s = timeout_s
        self._max_body = max_body
        self._allow_http = allow_http
        self._here = frozenset(mounts or ())
        self._now = now
        self._lookup = lookup or (ask_the_system if transport is None else None)
        self._http = httpx.AsyncClient(
            transport=transport,
            mounts=mounts,
            verify=verify if verify is not None else transport is None,
            timeout=timeout_s,
            follow_redirects=False,
            event_hooks={"response": [_set_location_aside]},
            # The wallet keeps no cookies: what one request was answered must not change the next one.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={"User-Agent": "assay (OpenID4VCI wallet simulator)"},
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @property
    def timeout_s(self) -> float:
        """Seconds for one whole exchange."""
        return self._timeout_s

    def stays_here(self, url: str) -> bool:
        """Say whether a URL leads to a service of this very process."""
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}" in self._here

    async def addresses(self, host: str) -> Sequence[str]:
        """Give the IP addresses of a host; none where it is not known or nothing is looked up."""
        if self._lookup is None:
            return ()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._lookup(host)
        except (OSError, TimeoutError, UnicodeError):
            return ()

    async def send(
        self,
        purpose: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | list[tuple[str, str]] | None = None,
        content: bytes | None = None,
        trying_plain: bool = False,
    ) -> Reply:
        """Send one request and give its answer.

        Args:
            purpose: what the wallet is doing, in a few words.
            headers: by name, or as pairs where a field is sent more than once.
            json_body: sent as ``application/json``.
            form: sent as ``application/x-www-form-urlencoded``.
            content: sent as it is; the media type is then among ``headers``.
            trying_plain: speak plain http to any machine this time, to find out whether it answers. Nothing secret
                may be in the request.

        Raises:
            TransportFailure: there is no complete answer.

        """
        sent = httpx.Headers(headers)
        sent.setdefault("Accept", "application/json")
        if json_body is not None:
            content = json.dumps(json_body, ensure_ascii=False, separators=(",", ":")).encode()
            sent.setdefault("Content-Type", "application/json")
        elif form is not None:
            content = urlencode(form).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        request = self._request(method, url, sent, content, trying_plain)
        number = self.recorder.begin()
        started, clock = self._now(), time.perf_counter()
        status: int | None = None
        answer: HttpMessage | None = None
        failure: TransportFailure | None = None
        redactor = self.recorder.redactor
        of_user = purpose.startswith(_OF_USER)
        try:
            try:
                async with asyncio.timeout(self._timeout_s):
                    status, got, body, certificate = await self._exchange(request)
            except (TimeoutError, httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError) as error:
                raise _explain(error, url, self._timeout_s) from error
            answer = self.recorder.message(got, body, of_user=of_user)
            return Reply(number, method, url, status, got, body, certificate=certificate)
        except TransportFailure as error:
            error.exchange = number
            failure = error
            raise
        finally:
            self.recorder.end(
                Exchange(
                    number=number,
                    purpose=purpose,
                    method=method,
                    url=redactor.page(url) if of_user else redactor.text(url),
                    request=self.recorder.message(request.headers, content or b"", of_user=of_user),
                    started=datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds"),
                    elapsed_s=round(time.perf_counter() - clock, 6),
                    status=status,
                    response=answer,
                    failure=failure.message if failure else None if answer else "interrupted",
                )
            )

    def _request(
        self, method: str, url: str, headers: httpx.Headers, content: bytes | None, trying_plain: bool
    ) -> httpx.Request:
        try:
            urlsplit(url)  # stricter than httpx with what stands in brackets
            request = self._http.build_request(method, url, headers=headers, content=content)
        except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
            raise TransportFailure(f"{url!r} is not a URL a request can be sent to", "url") from error
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise TransportFailure(f"{url!r} is not an http or https URL", "url")
        allowed = trying_plain or self._allow_http or is_loopback(url) or self.stays_here(url)
        if request.url.scheme == "http" and not allowed:
            raise TransportFailure(
                f"{url} is plain http on another machine; nothing was sent (--vci-allow-http allows it)",
                "insecure",
            )
        return request

    async def _exchange(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes, bytes | None]:
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._max_body:
                    raise TransportFailure(
                        f"the answer from {request.url} is larger than {self._max_body} bytes", "too-large"
                    )
            certificate = _server_certificate(response)
            return response.status_code, response.extensions[_HEADERS], bytes(body), certificate
        finally:
            await response.aclose()


_HEADERS = "assay.headers"
_OF_USER = ("user: ", "authorization request")
"""How the purposes of what a browser sends begin."""


async def _set_location_aside(response: httpx.Response) -> None:
    """Keep the header as it came, and hide where a redirect leads from httpx.

    httpx works that out even when it is not to follow, and raises for what it cannot read, such as the URI of a
    wallet's app.
    """
    response.extensions[_HEADERS] = httpx.Headers(response.headers)
    response.headers.pop("location", None)


def _server_certificate(response: httpx.Response) -> bytes | None:
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    certificate: bytes | None = tls.getpeercert(binary_form=True) if tls is not None else None
    return certificate


def _explain(error: Exception, url: str, timeout_s: float) -> TransportFailure:
    parts = urlsplit(url)
    host = parts.netloc
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return TransportFailure(f"no complete answer from {host} within {timeout_s:g} s", "timeout")
    text = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        reason = text.rsplit("CERTIFICATE_VERIFY_FAILED]", 1)[-1].split("(_ssl", 1)[0].strip()
        return TransportFailure(f"the TLS certificate of {host} is not trusted: {reason}", "tls")
    if isinstance(error, ssl.SSLError) or "SSL" in text:
        return TransportFailure(f"TLS with {host} failed: {text}", "tls")
    if isinstance(error, (httpx.ConnectError, OSError)):
        return TransportFailure(f"cannot connect to {host}: {text}", "connection")
    if isinstance(error, (httpx.RemoteProtocolError, httpx.DecodingError)):
        return TransportFailure(f"{host} broke off or sent no proper HTTP: {text}", "protocol")
    return TransportFailure(f"the exchange with {host} failed: {text}", "connection")
