"""Checks of W3C status lists, where no fault of the reference issuer shows what they do."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from harness import catalogue
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import base64url
from harness.formats.clock import SKEW_S
from harness.formats.status_reference import Mechanism, of_credential_status
from harness.lifecycle.status import CredentialStatus, StatusReader
from harness.settings import TrustSettings
from harness.transport import Client, Recorder
from harness.trust.fetching import Fetcher
from suites.oid4vci import bitstring_status_lists as suite

V2 = "https://www.w3.org/ns/credentials/v2"
HOME = "https://issuer.example"
URL = f"{HOME}/status/1"
EMPTY = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
NOW = 1_780_000_000.0
REQUIREMENTS = catalogue.load()


def jwt(document: dict[str, Any]) -> str:
    header = {"alg": "ES256", "typ": "vc+jwt", "kid": "did:key:z6Mk#1"}
    parts = (base64url.encode(json.dumps(part).encode()) for part in (header, document))
    return ".".join([*parts, "AAAA"])


def entry(**changes: Any) -> dict[str, Any]:
    members = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": URL,
    }
    return {**members, **changes}


def issued(*entries: dict[str, Any]) -> IssuedCredential:
    document = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": HOME,
        "credentialSubject": {"name": "Erika"},
        "credentialStatus": list(entries),
    }
    return IssuedCredential(jwt(document), 3, "/credentials/0/credential", (), NOW, "jwt_vc_json")


def listed(**subject: Any) -> str:
    members = {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": EMPTY}
    return jwt(
        {
            "@context": [V2],
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": HOME,
            "credentialSubject": {**members, **subject},
        }
    )


async def looked_up(
    credential: IssuedCredential, body: str, status: int = 200, **headers: str
) -> CredentialStatus:
    """Read the status of a credential whose list is answered so."""
    named = {
        "content-type": "application/vc+jwt",
        **{name.replace("_", "-"): said for name, said in headers.items()},
    }
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body, headers=named))
    client = Client(Recorder(), transport=transport, now=lambda: NOW)
    try:
        return await StatusReader(Fetcher(client, HOME), TrustSettings(), lambda: NOW).status(credential.document)
    finally:
        await client.aclose()


async def codes(check: Callable[..., Awaitable[None]], **evidence: Any) -> list[str]:
    expect = Expect(REQUIREMENTS)
    await check(expect=expect, **evidence)
    assert expect.evaluated
    return sorted({finding.code for finding in expect.findings})


async def test_one_list_may_be_for_several_purposes() -> None:
    credential = issued(entry(), entry(statusPurpose="suspension", statusListIndex="12345"))
    status = await looked_up(credential, listed(statusPurpose=["revocation", "suspension"]))
    assert len({one.fetched.url for one in status.entries}) == 1
    for check in (suite.list_has_a_purpose, suite.purpose_is_that_of_the_list, suite.index_is_in_the_list):
        assert await codes(check, status=status) == []
    single = await looked_up(credential, listed())
    assert await codes(suite.purpose_is_that_of_the_list, status=single) == ["BSL-PURPOSE-OTHER"]


async def test_a_new_credential_may_be_suspended_and_not_revoked() -> None:
    full = base64url.encode(gzip.compress(b"\xff" * (16 << 10), mtime=0))
    for purpose, expected in (("suspension", []), ("message", []), ("revocation", ["BSL-REVOKED"])):
        credential = issued(entry(statusPurpose=purpose))
        status = await looked_up(credential, listed(statusPurpose=purpose, encodedList=f"u{full}"))
        assert await codes(suite.new_credential_is_not_revoked, status=status) == expected


@pytest.mark.parametrize(
    ("url", "body", "reason"),
    [
        ("ipfs://bafy/status", "", "ipfs"),
        ("http://status.example/1", "", "http"),
        ("https://10.0.0.1/status", "", "10.0.0.1"),
        (URL, "e30.e30.AA~", "SD-JWT"),
    ],
)
async def test_nothing_is_said_of_lists_that_cannot_be_looked_at_here(url: str, body: str, reason: str) -> None:
    status = await looked_up(issued(entry(statusListCredential=url)), body)
    with pytest.raises(Blocked, match=reason):
        await codes(suite.list_is_published, status=status)


async def test_a_list_that_is_not_there_is_found_out() -> None:
    assert await codes(suite.list_is_published, status=await looked_up(issued(entry()), "", 404)) == [
        "BSL-LIST-ANSWER"
    ]
    assert await codes(suite.list_is_published, status=await looked_up(issued(entry()), "<p>Soon</p>")) == [
        "BSL-LIST-FORM"
    ]


@pytest.mark.parametrize(
    ("ttl", "caching", "expected"),
    [
        (30_000, "max-age=30", []),
        (30_500, "max-age=31", []),
        (30_000, "max-age=60", ["BSL-LIST-CACHED"]),
        (30_000, "no-cache, max-age=60", []),
        (None, "max-age=86400", []),
        (30_000, "", []),
    ],
)
async def test_http_caching_goes_with_the_ttl(ttl: int | None, caching: str, expected: list[str]) -> None:
    subject = {} if ttl is None else {"ttl": ttl}
    status = await looked_up(issued(entry()), listed(**subject), cache_control=caching)
    assert await codes(suite.copies_are_kept_as_long_as_the_list_says, status=status) == expected


async def test_the_media_type_of_an_envelope_is_that_of_a_credential() -> None:
    envelope = json.dumps(
        {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{listed()}"}
    )
    status = await looked_up(issued(entry()), envelope, content_type="application/vc")
    assert await codes(suite.media_type_is_that_of_a_credential, status=status) == []
    status = await looked_up(issued(entry()), envelope, content_type="application/vc+jwt")
    assert await codes(suite.media_type_is_that_of_a_credential, status=status) == ["BSL-LIST-MEDIA-TYPE"]


async def test_entries_of_many_bits_need_a_longer_list() -> None:
    wide = entry(statusSize=2, statusMessage=[{"status": f"0x{value}", "message": "m"} for value in range(4)])
    status = await looked_up(issued(wide), listed())
    assert await codes(suite.list_is_long_enough, status=status) == ["BSL-LIST-ENTRIES"]


def test_the_index_may_have_any_number_of_digits() -> None:
    (found,) = of_credential_status(entry(statusListIndex="9" * 400))
    assert (found.mechanism, found.index) == (Mechanism.BITSTRING, int("9" * 400))


async def test_a_clock_that_is_a_little_off_does_no_harm() -> None:
    ahead = jwt(
        {
            "@context": [V2],
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": HOME,
            "iat": NOW + SKEW_S / 2,
            "credentialSubject": {
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": EMPTY,
            },
        }
    )
    status = await looked_up(issued(entry()), ahead)
    assert await codes(suite.list_is_valid_now, status=status) == []
