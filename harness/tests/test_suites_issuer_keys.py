"""What the checks of keys, certificates and clock say where the fault matrix does not look."""

from __future__ import annotations

import ssl
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from harness import catalogue
from harness.applicability import when
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.facts import Facts
from harness.formats import x509
from harness.formats.problems import Problem
from harness.model import CheckResult, Verdict
from harness.reference import keys
from harness.reference.serve import serving
from harness.settings import TrustSettings
from harness.tests.bench import judge_reference
from harness.transport import Reply
from harness.trust.found import IssuerKey
from harness.wallet.metadata import Issuer
from suites.oid4vci import issuer_clock, issuer_keys

KEY = keys.issuer_key("ES256")
LEAF = x509.parse_x5c([keys.leaf(KEY, "https://issuer.example")]).certificates[0]
NOW = 1_780_000_000.0
CREDENTIAL = IssuedCredential("e30.e30.AA~", 3, "/credentials/0/credential", (), NOW, "dc+sd-jwt")
REQUIREMENTS = catalogue.load()


def reply(headers: dict[str, str] | None = None, certificate: bytes | None = None) -> Reply:
    return Reply(3, "POST", "https://issuer.example", 200, httpx.Headers(headers), b"{}", certificate=certificate)


def codes(expect: Expect) -> list[str]:
    return [finding.code for finding in expect.findings]


async def results(variant: str, *faults: str, **rest: Any) -> dict[str, CheckResult]:
    outcome = await judge_reference(variant, faults, **rest)
    assert outcome.stopped is None
    return {result.check: result for result in outcome.results}


async def test_the_key_of_the_tls_certificate_is_another() -> None:
    der = LEAF.public_bytes(Encoding.DER)
    for jwk, expected in (
        (KEY.public_jwk, ["ISSUER-KEY-OF-CONNECTION"]),
        (keys.stranger_key("ES256").public_jwk, []),
    ):
        expect = Expect(REQUIREMENTS)
        await issuer_keys.key_is_the_issuers_own(
            collected=reply(certificate=der),
            credential=CREDENTIAL,
            issuer_key=IssuerKey("jwks", jwk),
            expect=expect,
        )
        assert codes(expect) == expected


async def test_a_did_web_with_an_address_is_told() -> None:
    expect = Expect(REQUIREMENTS)
    key = IssuerKey("did", problems=(Problem("did-web-address", "192.0.2.1 is an IP address"),))
    await issuer_keys.document_is_in_place(credential=CREDENTIAL, issuer_key=key, expect=expect)
    assert codes(expect) == ["ISSUER-KEY-DID-ADDRESS"]


async def test_without_a_document_what_is_in_it_is_blocked() -> None:
    found = await results("did-web", "did-document-response:missing", select="issuer-key-document-*")
    assert found["issuer-key-document-place"].verdict is Verdict.FAIL
    assert {result.verdict for name, result in found.items() if name != "issuer-key-document-place"} == {
        Verdict.BLOCKED
    }


@pytest.mark.parametrize("variant", ["default", "issuer-metadata-key", "did-issuer", "did-key"])
async def test_documents_are_only_looked_for_where_a_did_needs_one(variant: str) -> None:
    found = await results(variant, select="issuer-key-document-*")
    assert {result.verdict for result in found.values()} == {Verdict.NOT_APPLICABLE}


async def test_without_trust_anchors_certificates_are_judged_all_the_same() -> None:
    found = await results("default", "sd-jwt:x5c-root-included", select="certificate-*", trust=TrustSettings())
    assert found["certificate-root-left-out"].verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Thu, 28 May 2026 20:26:40 GMT", []),
        ("Thu, 28 May 2026 20:27:39 GMT", []),
        ("Thursday, 28-May-26 20:26:40 GMT", []),
        ("Thu, 28 May 2026 20:36:40 GMT", ["ISSUER-CLOCK-AHEAD"]),
        ("Thu, 28 May 2026 20:16:40 GMT", ["ISSUER-CLOCK-BEHIND"]),
        ("yesterday", ["ISSUER-CLOCK-DATE"]),
        ("Thu, 99 May 2026 20:16:40 GMT", ["ISSUER-CLOCK-DATE"]),
    ],
)
async def test_the_clock_is_read_from_the_date(date: str, expected: list[str]) -> None:
    expect = Expect(REQUIREMENTS)
    await issuer_clock.clock_is_right(collected=reply({"Date": date}), credential=CREDENTIAL, expect=expect)
    assert codes(expect) == expected
    if "ISSUER-CLOCK-AHEAD" in expected:
        assert expect.findings[0].observed == "600 seconds ahead"


@pytest.mark.parametrize(("bits", "expected"), [(1024, ["ISSUER-KEY-SHORT"]), (2048, [])])
async def test_an_rsa_key_has_2048_bits(bits: int, expected: list[str]) -> None:
    expect = Expect(REQUIREMENTS)
    key = IssuerKey("jwks", keys.rsa_key(bits).export_public(as_dict=True))
    await issuer_keys.key_is_strong(credential=CREDENTIAL, issuer_key=key, expect=expect)
    assert codes(expect) == expected


async def test_no_key_blocks() -> None:
    with pytest.raises(Blocked, match="why"):
        await issuer_keys.key_is_strong(
            credential=CREDENTIAL, issuer_key=IssuerKey("x5c", missing="why"), expect=Expect(REQUIREMENTS)
        )


def test_the_setting_that_is_missing_is_named_for_mdocs_too() -> None:
    facts = Facts(Issuer("https://issuer.example", reply(), {}, ()))
    chain = x509.check_chain([LEAF], NOW)
    for mechanism, setting in (("x5c", "[trust] x5c"), ("x5chain", "[trust] iaca")):
        facts.issuer_key = replace(IssuerKey(mechanism), chain=chain)
        ((_, rule),) = [(step.needs, step.rule) for step in when.trust_anchors.steps]
        assert setting in rule(facts).reason


def test_the_reference_issuer_dates_its_answers_once_over_the_network_too() -> None:
    with serving("default") as served:
        context = ssl.create_default_context(cadata=served.ca_pem)
        answer = httpx.get(f"{served.url}/.well-known/openid-credential-issuer", verify=context)
    assert len(answer.headers.get_list("date")) == 1
