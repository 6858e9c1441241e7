"""The checks of TLS on servers that are lawful in other ways than the reference issuer, and on some others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from harness import catalogue, checks
from harness.evidence import Blocked
from harness.expect import Expect
from harness.tests.test_suites_metadata import issuer_of
from harness.tls import suites
from harness.tls.answer import Answer, KeyExchange
from harness.tls.certificate import ServerCertificate
from harness.tls.connection import Outcome
from harness.tls.hello import EXTENDED_MASTER_SECRET, RENEGOTIATION_INFO, TLS_1_2, TLS_1_3, TRUNCATED_HMAC, Hello
from harness.tls.scan import OLD_VERSIONS, Place, Scan, hellos
from harness.transport import Client, Recorder
from harness.wallet.metadata import AuthorizationServer, Issuer

CHECKS = checks.load()
REQUIREMENTS = catalogue.load()
OURS = [name for name in CHECKS if name.startswith("fapi2-tls-")]
EXTENSIONS = {EXTENDED_MASTER_SECRET: b"", RENEGOTIATION_INFO: b"\0"}
P_256_LEAF = ServerCertificate("CN=issuer", "ec", 256, "P-256", None, False)
RSA_LEAF = ServerCertificate("CN=issuer", "rsa", 2048, "", None, False)
BROWSERS = Place("issuer.example", 443, ("authorization_endpoint",))
SERVERS = Place("api.issuer.example", 443, ("token_endpoint",))


def answer(suite: int, version: int = TLS_1_2, curve: int = 23) -> Answer:
    exchange = KeyExchange(curve, None, 0x0403) if version == TLS_1_2 else None
    shared = {51: curve.to_bytes(2, "big")} if version == TLS_1_3 else EXTENSIONS
    return Answer(version, suite, False, shared, (), exchange, True)


def scanned(
    place: Place = BROWSERS,
    leaf: ServerCertificate = P_256_LEAF,
    changes: Mapping[str, Answer | None] = MappingProxyType({}),
) -> Scan:
    """Give a server that follows every recommendation, with some of its answers changed."""
    aes_128, aes_256 = (0xC02F, 0xC030) if leaf.key == "rsa" else (0xC02B, 0xC02C)
    taken: dict[str, Answer | None] = {
        "tls-1.2": answer(aes_128),
        "both": answer(0x1301, TLS_1_3),
        "preference": answer(aes_128),
        f"suite:{aes_128:04x}": answer(aes_128),
        f"suite:{aes_256:04x}": answer(aes_256),
        "group:23": answer(0x1301, TLS_1_3),
        "group:29": answer(0x1301, TLS_1_3, 29),
        **changes,
    }
    asked: dict[str, Hello] = {"tls-1.2": Hello((TLS_1_2,), ()), "both": Hello((TLS_1_3,), ()), **hellos(place)}
    outcomes = {
        name: Outcome(hello, taken.get(name), "" if taken.get(name) else "refused")
        for name, hello in asked.items()
    }
    return Scan(place, outcomes, (leaf,), "http/1.1", took_unknown_protocol=False)


def codes(name: str, **evidence: Any) -> list[str]:
    check = CHECKS[name]
    expect = Expect({requirement: REQUIREMENTS[requirement] for requirement in check.requires}, check.dormant)

    async def judge() -> None:
        await check.function(expect=expect, **evidence)

    asyncio.run(judge())
    assert expect.evaluated
    return [finding.code for finding in expect.findings]


def all_codes(*scans: Scan) -> set[str]:
    return {code for name in OURS for code in codes(name, tls_hosts=scans)}


@pytest.mark.parametrize("leaf", [P_256_LEAF, RSA_LEAF, ServerCertificate("CN=i", "eddsa", 0, "", None, False)])
@pytest.mark.parametrize("place", [BROWSERS, SERVERS])
def test_a_server_that_follows_all_advice_passes(place: Place, leaf: ServerCertificate) -> None:
    assert all_codes(scanned(place, leaf)) == set()


def test_a_server_with_tls_1_3_alone_lacks_tls_1_2_and_nothing_else() -> None:
    outcomes = {
        name: outcome if name in ("both", "group:23", "group:29") else Outcome(outcome.asked, refused="refused")
        for name, outcome in scanned().outcomes.items()
    }
    only = Scan(BROWSERS, outcomes, (P_256_LEAF,), "h2", took_unknown_protocol=False)
    assert all_codes(only) == {"TLS-1.2-MISSING"}


def test_a_server_with_tls_1_2_alone_is_not_blamed_for_the_curve_that_its_certificate_rules_out() -> None:
    older = {"both": answer(0xC02B), "group:23": answer(0xC02B), "group:29": None}
    assert all_codes(scanned(changes=older)) == {"TLS-1.3-MISSING"}


def test_suites_that_are_neither_recommended_nor_discouraged_are_for_browsers() -> None:
    chacha = {"suites:other": answer(0xCCA9)}
    assert all_codes(scanned(BROWSERS, changes=chacha)) == set()
    assert all_codes(scanned(SERVERS, changes=chacha)) == {"FAPI2-TLS-SUITE-NOT-RECOMMENDED"}


@pytest.mark.parametrize(
    ("group", "suite", "expected"),
    [
        ("null", 0xC006, {"TLS-SUITE-NULL"}),
        ("rc4", 0xC011, {"TLS-SUITE-RC4"}),
        ("weak", 0x0008, {"TLS-SUITE-BELOW-112"}),
        ("3des", 0x000A, {"TLS-SUITE-BELOW-128"}),
        ("static-rsa", 0x009C, {"TLS-SUITE-STATIC-RSA"}),
        ("static-dh", 0xC004, {"TLS-SUITE-STATIC-DH"}),
        ("dhe", 0x009E, {"TLS-SUITE-DHE"}),
        ("cbc", 0xC013, {"TLS-SUITE-CBC"}),
    ],
)
def test_each_group_of_suites_is_judged(group: str, suite: int, expected: set[str]) -> None:
    taken = {f"suites:{group}": answer(suite)}
    forbidden = {"FAPI2-TLS-SUITE-FORBIDDEN"} if group in ("null", "rc4", "weak") else set[str]()
    assert set(codes("fapi2-tls-suites", tls_hosts=(scanned(BROWSERS, changes=taken),))) == expected | forbidden
    elsewhere = {"FAPI2-TLS-SUITE-NOT-RECOMMENDED"}
    assert set(codes("fapi2-tls-suites", tls_hosts=(scanned(SERVERS, changes=taken),))) == expected | elsewhere


def test_no_suite_is_in_two_groups() -> None:
    members = [code for group in suites.GROUPS.values() for code in group] + list(suites.RECOMMENDED)
    assert len(members) == len(set(members))


@pytest.mark.parametrize("old", OLD_VERSIONS)
def test_each_old_version_is_found(old: str) -> None:
    found = codes("fapi2-tls-versions", tls_hosts=(scanned(changes={old: answer(0x002F, OLD_VERSIONS[old])}),))
    assert len(found) == 2
    assert "FAPI2-TLS-BELOW-1.2" in found


def test_what_weakens_connections_is_found() -> None:
    packed = answer(0xC02B)
    packed.compressed = True
    short = answer(0xC013)
    short.extensions = {**EXTENSIONS, TRUNCATED_HMAC: b""}
    scan = scanned(changes={"tls-1.2": packed, "suites:cbc": short})
    assert set(codes("fapi2-tls-extensions", tls_hosts=(scan,))) == {
        "TLS-COMPRESSION",
        "TLS-TRUNCATED-HMAC",
        "FAPI2-TLS-BCP-195",
    }
    bare = answer(0xC02B)
    bare.extensions = {}
    found = codes("fapi2-tls-extensions", tls_hosts=(scanned(changes={"tls-1.2": bare}),))
    assert set(found) == {"TLS-RENEGOTIATION-INFO", "TLS-EXTENDED-MASTER-SECRET", "FAPI2-TLS-BCP-195"}


def test_a_weak_curve_is_found() -> None:
    found = codes("fapi2-tls-keys", tls_hosts=(scanned(changes={"weak-curves": answer(0xC013, curve=19)}),))
    assert found == ["TLS-CURVE-WEAK", "FAPI2-TLS-BCP-195"]


def test_the_signature_of_a_root_protects_nothing() -> None:
    root = ServerCertificate("CN=root", "rsa", 2048, "", "SHA-1", True)
    scan = scanned()
    with_root = Scan(scan.place, scan.outcomes, (*scan.certificates, root), scan.protocol, False)
    assert codes("fapi2-tls-keys", tls_hosts=(with_root,)) == []


def test_a_server_without_certificate_to_read_is_judged_by_the_rest() -> None:
    scan = scanned()
    assert all_codes(Scan(scan.place, scan.outcomes, (), scan.protocol, None)) == set()


@pytest.mark.parametrize("name", OURS)
def test_a_server_that_was_not_reached_is_not_judged(name: str) -> None:
    lost = Scan(SERVERS, {"tls-1.2": Outcome(Hello((TLS_1_2,), ()), refused="no connection", reached=False)})
    with pytest.raises(Blocked, match="no TLS connection"):
        codes(name, tls_hosts=(scanned(), lost))
    with pytest.raises(Blocked, match="stopped answering"):
        codes(name, tls_hosts=(Scan(BROWSERS, scanned().outcomes, reliable=False),))
    with pytest.raises(Blocked, match="no endpoint"):
        codes(name, tls_hosts=())


# Plain http

DOCUMENT = {
    "credential_issuer": "https://issuer.example.com",
    "credential_endpoint": "https://issuer.example.com/c",
}


def plain(answer: Any, metadata: dict[str, Any] | None = None) -> list[str]:
    issuer: Issuer = issuer_of(metadata or DOCUMENT)
    client = Client(Recorder(), transport=httpx.MockTransport(answer))
    return codes("fapi2-plain-http", issuer=issuer, client=client)


def over(scheme: str, reply: httpx.Response) -> Any:
    return lambda request: reply if request.url.scheme == scheme else httpx.Response(404)


def refusing(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    "answer",
    [
        refusing,
        lambda _: httpx.Response(301, headers={"Location": "https://issuer.example.com/"}),
        lambda _: httpx.Response(403, json={"credential_issuer": "https://issuer.example.com"}),
        lambda request: httpx.Response(200, text=f"<h1>Welcome over {request.url.scheme}</h1>"),
        lambda _: httpx.Response(200),
    ],
    ids=["nobody", "redirect", "error", "page for all", "nothing"],
)
def test_a_server_that_serves_nothing_of_the_issuer_over_http_passes(answer: Any) -> None:
    assert plain(answer) == []


def test_metadata_over_http_are_found() -> None:
    assert "FAPI2-PLAIN-HTTP" in plain(lambda _: httpx.Response(200, json=DOCUMENT))


def test_a_page_that_is_the_same_with_and_without_tls_is_found() -> None:
    assert "FAPI2-PLAIN-HTTP" in plain(
        lambda request: (
            httpx.Response(200, text="the endpoint") if request.url.path == "/c" else httpx.Response(404)
        )
    )


def test_an_address_without_tls_in_the_metadata_is_served_without_tls() -> None:
    named = {**DOCUMENT, "nonce_endpoint": "http://issuer.example.com/nonce"}
    assert plain(lambda _: httpx.Response(404), named) == ["FAPI2-PLAIN-HTTP"]


def test_a_port_of_its_own_is_asked_for_plain_http_as_well() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(404)

    plain(answer, {**DOCUMENT, "credential_endpoint": "https://issuer.example.com:8443/c"})
    assert "http://issuer.example.com:8443/c" in asked
    assert not [url for url in asked if url.startswith("https:")]


# Strict-Transport-Security


class _Visited:
    """What a browser was answered, as far as the check looks."""

    def __init__(self, *replies: Any) -> None:
        self.visit = type("Visit", (), {"replies": replies})()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("max-age=31536000", []),
        ('includeSubDomains; Max-Age="1"; preload', []),
        ("max-age=0", ["TRANSPORT-SECURITY-MAX-AGE"]),
        ("includeSubDomains", ["TRANSPORT-SECURITY-MAX-AGE"]),
        (None, ["FAPI2-TRANSPORT-SECURITY-MISSING"]),
    ],
)
def test_strict_transport_security_is_read_as_browsers_do(told: str | None, expected: list[str]) -> None:
    from harness.transport import Reply

    headers = httpx.Headers({"Strict-Transport-Security": told} if told else {})
    url = "https://issuer.example/authorize"
    ours = Reply(1, "GET", f"{url}?client_id=w", 302, headers, b"")
    elsewhere = Reply(2, "GET", "https://login.example/", 200, httpx.Headers(), b"")
    server = AuthorizationServer("https://issuer.example", None, metadata={"authorization_endpoint": url})
    found = codes("fapi2-transport-security", authorization=_Visited(ours, elsewhere), server=server)
    assert found == expected
