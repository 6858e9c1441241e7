"""What the checks of status lists accept and leave open that no fault of the reference issuer shows."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from harness import catalogue, checks
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import base64url, status_list_token
from harness.formats.problems import FormatError, Problem
from harness.formats.status_reference import Mechanism, Reference
from harness.lifecycle.status import CredentialStatus, Entry, at
from harness.transport import Client, Reply
from harness.trust.fetching import Fetched
from harness.trust.found import IssuerKey
from suites.oid4vci import status_list_tokens

URI = "https://issuer.example/status/1"
JWT_TYPE = "application/statuslist+jwt"
NOW = 1_780_000_000
CHECKS = {check.id: check for check in checks.of_module(status_list_tokens)}


def body(entries: bytes = bytes(64), bits: int = 4, header: dict[str, Any] | None = None, **claims: Any) -> bytes:
    listed = {"bits": bits, "lst": base64url.encode(zlib.compress(entries, 9))}
    whole = {"sub": URI, "iat": NOW - 10, "exp": NOW + 100, "status_list": listed, **claims}
    parts = [base64url.encode(json.dumps(part).encode()) for part in (header or RIGHT_HEADER, whole)]
    return ".".join([*parts, "AA"]).encode()


RIGHT_HEADER = {"alg": "ES256", "typ": "statuslist+jwt"}


def reply(content: bytes, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(7, "GET", URI, status, httpx.Headers({"content-type": JWT_TYPE, **named}), content)


def status_of(answer: Reply | None, problem: Problem | None = None, index: int = 3) -> CredentialStatus:
    """Read a status as a run does, with this answer at the URI of the list."""
    replies = () if answer is None else (answer,)
    reference = Reference(Mechanism.STATUS_LIST, URI, "/status/status_list", index)
    entry = Entry(reference, Fetched(URI, replies, problem), NOW)
    if answer is None or problem is not None:
        return CredentialStatus((entry,))
    if not answer.successful:
        return CredentialStatus((replace(entry, unread=Problem("status-answer", answer.gist)),))
    try:
        token = status_list_token.read(answer.body, answer.media_type)
    except FormatError as error:
        return CredentialStatus((replace(entry, unread=Problem(error.kind, error.detail)),))
    read = replace(entry, document=token, key=IssuerKey(None))
    return CredentialStatus((at(reference, read),))


async def judged(check_id: str, status: CredentialStatus, **evidence: Any) -> list[str]:
    check = CHECKS[check_id]
    expect = Expect({name: catalogue.load()[name] for name in check.requires})
    await check.function(status=status, expect=expect, **evidence)
    assert expect.evaluated
    return [finding.code for finding in expect.findings]


class Answering:
    """A way to the network that gives one answer and remembers the headers of the request."""

    def __init__(self, answer: Reply) -> None:
        self._answer = answer
        self.headers: dict[str, str] = {}

    async def send(self, _purpose: str, _method: str, _url: str, *, headers: dict[str, str]) -> Reply:
        self.headers = headers
        return self._answer


@pytest.mark.parametrize("name", ["form", "type", "subject", "times", "time-to-live", "secured", "structure"])
async def test_a_right_token_passes_in_every_part(name: str) -> None:
    for content in (body(), body(header={"alg": "HS256", "typ": "application/statuslist+jwt", "kid": "1"})):
        assert await judged(f"status-list-jwt-{name}", status_of(reply(content))) == []


async def test_any_content_coding_will_do() -> None:
    for coding in ("gzip", "br", "deflate, gzip"):
        assert await judged("status-list-content-coding", status_of(reply(body(), content_encoding=coding))) == []
    plain = status_of(reply(body(), content_encoding="identity"))
    assert await judged("status-list-content-coding", plain) == ["STATUS-LIST-NOT-CODED"]


async def test_an_origin_that_is_mirrored_is_allowed() -> None:
    status = status_of(reply(body()))
    client = Answering(reply(body(), access_control_allow_origin="https://verifier.example"))
    assert await judged("status-list-cross-origin", status, client=cast("Client", client)) == []
    assert client.headers["Origin"] == "https://verifier.example"


@pytest.mark.parametrize(
    ("value", "codes"),
    [(0, []), (3, []), (11, []), (15, []), (1, ["STATUS-LIST-NOT-VALID"]), (4, ["STATUS-LIST-RESERVED"])],
)
async def test_values_of_applications_pass(value: int, codes: list[str]) -> None:
    status = status_of(reply(body(bytes([0, value << 4, 0]))))
    assert await judged("status-list-value", status) == codes


async def test_a_list_of_noise_need_not_get_smaller() -> None:
    noise = bytes(index * index * 7 % 251 for index in range(4_096))
    assert await judged("status-list-compression", status_of(reply(body(noise)))) == []


async def test_what_we_do_not_read_or_reach_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    private = status_of(None, Problem("fetch-private", "the host has a private address"))
    with pytest.raises(Blocked, match="private"):
        await judged("status-list-answer", private, credential=None)
    large = status_of(reply(b"x" * 5_000_001))
    with pytest.raises(Blocked, match="5000000"):
        await judged("status-list-readable", large)
    monkeypatch.setattr("harness.formats.status_array.unpack.__defaults__", (63,))
    unpacked = status_of(reply(body()))
    assert await judged("status-list-jwt-structure", unpacked) == []
    for check_id in ("status-list-entry", "status-list-value", "status-list-compression"):
        with pytest.raises(Blocked, match="when unpacked"):
            await judged(check_id, unpacked)


@pytest.mark.parametrize("kind", ["fetch-scheme", "redirect-scheme", "redirect-private"])
async def test_a_list_where_only_others_go_is_not_judged(kind: str) -> None:
    elsewhere = status_of(reply(b"", 302), Problem(kind, "it is at plain http"))
    with pytest.raises(Blocked, match="plain http"):
        await judged("status-list-answer", elsewhere, credential=None)
    with pytest.raises(Blocked, match="plain http"):
        await judged("status-list-readable", elsewhere)


async def test_redirects_without_end_are_no_answer() -> None:
    endless = status_of(reply(b"", 302), Problem("redirect-endless", "one redirect too many"))
    assert await judged("status-list-answer", endless, credential=None) == ["STATUS-LIST-MISSING"]
