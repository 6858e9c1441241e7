"""Issuers that misbehave as a whole: refuse everything, accept everything, answer rubbish, or never answer.

A harness must survive each of them, and no negative check may pass on one. A name with ``-after-discovery``
keeps offers and metadata right, so that a wallet comes as far as the Token Endpoint.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

from harness.reference.app import ReferenceIssuer
from harness.reference.faults import catalogue
from harness.reference.variants import DEFAULT, Variant, variant

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = Callable[[Scope, Receive, Send], Awaitable[None]]

HUGE_BYTES = 50_000_000
_CHUNK = b"a" * 65_536


class Degenerate:
    """An ASGI application that answers some requests well and the rest badly.

    ``issuer`` is the reference issuer behind it, of any clean variant, which mints offers.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        spared: tuple[str, ...],
        variant: Variant = DEFAULT,
        faults: Iterable[str] = (),
        base_url: str = "https://issuer.assay.test",
    ) -> None:
        self.issuer = ReferenceIssuer(variant, faults, base_url=base_url)
        self._answer = answer
        self._spared = spared

    @property
    def app(self) -> Degenerate:
        """The ASGI application."""
        return self

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier."""
        return self.issuer.issuer_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if str(scope.get("path", "")).startswith(self._spared):
            await self.issuer.app(scope, receive, send)
        else:
            await self._answer(scope, receive, send)


async def _send(send: Send, status: int, content_type: str, body: bytes, *headers: tuple[str, str]) -> None:
    pairs = (("content-type", content_type), ("content-length", str(len(body))), *headers)
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _fixed(status: int, content_type: str, body: bytes, *headers: tuple[str, str]) -> Answer:
    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await _send(send, status, content_type, body, *headers)

    return answer


async def _huge(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"padding":"', "more_body": True})
    for _ in range(HUGE_BYTES // len(_CHUNK)):
        await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": b'"}'})


async def _redirect_loop(scope: Scope, _receive: Receive, send: Send) -> None:
    await _send(send, 307, "text/plain", b"", ("location", str(scope["path"])))


async def _hang(_scope: Scope, receive: Receive, _send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drop(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Announce more than is sent, then stop."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"credential_', "more_body": True})
    raise ConnectionAbortedError


def _accept_all(*, variant: Variant = DEFAULT, base_url: str = "https://issuer.assay.test") -> Degenerate:
    everything = [identifier for identifier in catalogue() if identifier.startswith("accepts:")]
    return Degenerate(_REFUSAL, spared=("/",), variant=variant, faults=everything, base_url=base_url)


_JSON = "application/json"
_REFUSAL = _fixed(400, _JSON, b'{"error":"invalid_request"}')
_NONCE_WISH = _fixed(400, _JSON, b'{"error":"use_dpop_nonce"}', ("DPoP-Nonce", "assay-once-more"))
_ANSWERS: dict[str, Answer] = {
    "errors-500": _fixed(500, _JSON, b'{"error":"server_error"}'),
    "html": _fixed(200, "text/html; charset=utf-8", b"<!doctype html><title>Welcome</title><p>Hello."),
    "empty": _fixed(200, _JSON, b""),
    "huge": _huge,
    "truncated-json": _fixed(200, _JSON, b'{"credential_issuer": "https://iss'),
    "duplicate-keys": _fixed(200, _JSON, b'{"access_token": "a", "access_token": "b"}'),
    "invalid-utf8": _fixed(200, _JSON, b'{"access_token": "\xff\xfe"}'),
    "deep-json": _fixed(200, _JSON, b"[" * 100_000),
    "wrong-types": _fixed(200, _JSON, b"[null, 1, []]"),
    "wrong-content-type": _fixed(200, "application/octet-stream", b'{"access_token": "a"}'),
    "redirect-loop": _redirect_loop,
    "hang": _hang,
    "drop": _drop,
}
_DISCOVERY = ("/.well-known/", "/offers/", "/assay/")
_MINTING = ("/assay/",)

_WRAPPED = (
    "code-flow-par",
    "dpop",
    "notification-deferred",
    "encryption-optional",
    "attested-client",
    "complete",
    "draft-11-code-flow-details",
    "draft-13-batch-endpoint",
    "draft-14-deferred",
    "draft-15-code-flow-par",
)
"""Variants that show accepting and refusing everything at the endpoints the default variant does not have."""

_DRAFTS = ("draft-11", "draft-13", "draft-14", "draft-15")
_SHAPES = ("html", "deep-json", "wrong-types")
"""Answers that show whether what reads those of earlier drafts bears anything."""

DEGENERATE: dict[str, Callable[..., Degenerate]] = {
    "accept-all": _accept_all,
    "refuse-all": partial(Degenerate, _REFUSAL, spared=_DISCOVERY),
    "refuse-all-for-nonce": partial(Degenerate, _NONCE_WISH, spared=_DISCOVERY, variant=variant("dpop-nonce")),
    **{f"accept-all-{name}": partial(_accept_all, variant=variant(name)) for name in _WRAPPED},
    **{
        f"refuse-all-{name}": partial(Degenerate, _REFUSAL, spared=_DISCOVERY, variant=variant(name))
        for name in _WRAPPED
    },
    **{name: partial(Degenerate, answer, spared=_MINTING) for name, answer in _ANSWERS.items()},
    **{
        f"{name}-after-discovery": partial(Degenerate, answer, spared=_DISCOVERY)
        for name, answer in _ANSWERS.items()
    },
    **{
        f"{name}-{draft}": partial(Degenerate, _ANSWERS[name], spared=_MINTING, variant=variant(draft))
        for name in _SHAPES
        for draft in _DRAFTS
    },
    **{
        f"{name}-after-discovery-{draft}": partial(
            Degenerate, _ANSWERS[name], spared=_DISCOVERY, variant=variant(draft)
        )
        for name in _SHAPES
        for draft in _DRAFTS
    },
}
"""By name, a function that takes ``base_url`` and gives the application."""
