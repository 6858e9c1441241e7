"""What the checks of HAIP say of credentials, certificates, status lists and signed metadata beyond its faults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509 as pyca
from cryptography.hazmat.primitives.serialization import Encoding

from harness import catalogue
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import x509
from harness.formats.sd_jwt_vc_drafts import DRAFT_13, DRAFT_18
from harness.model import CheckResult, Json, Verdict
from harness.reference import keys
from harness.reference.app import ReferenceIssuer
from harness.reference.high_assurance import HAIP
from harness.settings import Promises, TrustSettings
from harness.target import registered_wallet
from harness.tests.bench import Clock, anchors_of, judge_issuer, showing
from harness.trust.found import IssuerKey
from suites.haip import certificates
from suites.haip._certificates import expect_x5c
from suites.oid4vci._problems import Place

ISSUER = "https://issuer.example"
KEY = keys.issuer_key("ES256")
NOW = 1_780_000_000.0
CREDENTIAL = IssuedCredential("e30.e30.AA~", 3, "/credentials/0/credential", (), NOW, "dc+sd-jwt")
REQUIREMENTS = catalogue.load()
ROOT = keys.in_x5c(keys.root().certificate)
INTERMEDIATE = keys.in_x5c(keys.intermediate().certificate)
BELOW_ROOT, [BELOW, _] = keys.leaf(KEY, ISSUER), keys.chain(KEY, ISSUER, intermediates=True)
FOREIGN = keys.leaf(KEY, ISSUER, authority=keys.foreign_root())
SELF_SIGNED = keys.self_signed(KEY, ISSUER)
expect_of_credential = partial(
    expect_x5c, present="HAIP-6.1.1-02", without_anchor="HAIP-6.1.1-04", not_self_signed="HAIP-6.1.1-05"
)


def parsed(*chain: str) -> tuple[pyca.Certificate, ...]:
    return x509.parse_x5c(list(chain)).certificates


def codes(expect: Expect) -> list[str]:
    return [finding.code for finding in expect.findings]


async def judged(faults: Iterable[str] = (), select: str = "haip-*", **changes: Any) -> dict[str, CheckResult]:
    """Judge the HAIP variant with some members of it changed; ``trust`` is whom the run trusts."""
    clock, trust = Clock(), changes.pop("trust", None)
    issuer = ReferenceIssuer(replace(HAIP, **changes), faults, clock=clock.now)
    wallet = registered_wallet(issuer)
    outcome = await judge_issuer(
        issuer,
        showing(issuer, wallet.client),
        second_transport=showing(issuer, wallet.second) if wallet.second else None,
        clock=clock,
        select=select,
        trust=trust or anchors_of(issuer),
    )
    assert outcome.stopped is None
    assert issuer.fired == set(faults)
    # Of several scenarios, one to which a check applies counts.
    by_check: dict[str, CheckResult] = {}
    for result in outcome.results:
        if by_check.get(result.check) is None or result.verdict is not Verdict.NOT_APPLICABLE:
            by_check[result.check] = result
    return by_check


def bad(results: dict[str, CheckResult]) -> dict[str, set[str]]:
    return {name: {f.code for f in result.findings} for name, result in results.items() if result.findings}


# x5c


@pytest.mark.parametrize(
    ("chain", "anchor", "expected"),
    [
        ([BELOW_ROOT], None, []),
        ([BELOW, INTERMEDIATE], None, []),
        ([BELOW, INTERMEDIATE], ROOT, []),
        # Who trusts the signing certificate itself still has to get it.
        ([BELOW], BELOW, []),
        ([SELF_SIGNED], None, ["SELF-SIGNED"]),
        ([SELF_SIGNED], SELF_SIGNED, ["SELF-SIGNED"]),
        ([ROOT], None, ["SELF-SIGNED"]),
        ([BELOW_ROOT, ROOT], None, ["ROOT"]),
        ([BELOW, INTERMEDIATE, ROOT], None, ["ROOT"]),
        ([BELOW, INTERMEDIATE], INTERMEDIATE, ["ROOT"]),
        ([SELF_SIGNED, ROOT], None, ["SELF-SIGNED", "ROOT"]),
        (None, None, ["MISSING"]),
    ],
)
def test_certificates_without_anchor_or_self_signature(
    chain: list[str] | None, anchor: str | None, expected: list[str]
) -> None:
    expect = Expect(REQUIREMENTS)
    trusted = parsed(anchor)[0] if anchor else None
    expect_of_credential(expect, chain, "X", Place(3), anchor=trusted)
    assert codes(expect) == [f"X-{code}" for code in expected]


@pytest.mark.parametrize("x5c", [[], "text", ["e30"], [BELOW_ROOT, 5]])
def test_unreadable_certificates_are_left_to_the_checks_of_their_form(x5c: Any) -> None:
    with pytest.raises(Blocked):
        expect_of_credential(Expect(REQUIREMENTS), x5c, "X", Place(3))


@pytest.mark.parametrize(
    ("chain", "anchors", "expected"),
    [
        ([BELOW_ROOT], [ROOT], []),
        ([BELOW, INTERMEDIATE], [ROOT], []),
        ([BELOW], [INTERMEDIATE], []),
        ([BELOW], [BELOW], []),
        ([SELF_SIGNED], [SELF_SIGNED], []),
        # That the anchor is there is another finding.
        ([BELOW, INTERMEDIATE, ROOT], [ROOT], []),
        ([BELOW, INTERMEDIATE], [INTERMEDIATE], ["HAIP-X5C-ANCHOR"]),
        ([BELOW], [ROOT], ["HAIP-X5C-INCOMPLETE"]),
        ([FOREIGN], [ROOT], ["HAIP-X5C-INCOMPLETE"]),
        ([FOREIGN, INTERMEDIATE], [ROOT], ["HAIP-X5C-INCOMPLETE"]),
    ],
)
async def test_certificates_reach_up_to_an_anchor(
    chain: list[str], anchors: list[str], expected: list[str]
) -> None:
    found = parsed(*chain)
    key = IssuerKey("x5c", KEY.public_jwk, x509.check_chain(found, NOW, parsed(*anchors)), certificates=found)
    expect = Expect(REQUIREMENTS)
    await certificates.certificates_reach_up_to_the_anchor(credential=CREDENTIAL, issuer_key=key, expect=expect)
    assert codes(expect) == expected


async def test_nothing_is_above_a_certificate_that_signed_itself() -> None:
    found = parsed(SELF_SIGNED)
    key = IssuerKey("x5c", KEY.public_jwk, x509.check_chain(found, NOW, parsed(ROOT)), certificates=found)
    with pytest.raises(Blocked, match="signed itself"):
        await certificates.certificates_reach_up_to_the_anchor(
            credential=CREDENTIAL, issuer_key=key, expect=Expect(REQUIREMENTS)
        )


# Issuers that do it otherwise, and lawfully


@pytest.mark.parametrize(
    "changes",
    [
        {"intermediates": False},
        {"status": "identifier_list"},
        {"status": "none"},
        {"disclosure": "rich"},
        {"disclosure": "none"},
        {"status_token": "cwt"},
        {"signed_metadata": False},
    ],
    ids=str,
)
async def test_what_an_issuer_may_do_otherwise_is_no_finding(changes: dict[str, Any]) -> None:
    select = "*status*" if "status" in changes else "haip-*"
    assert bad(await judged(select=select, **changes)) == {}


async def test_an_identifier_list_will_do_for_mobile_documents() -> None:
    found = await judged(status="identifier_list")
    assert found["haip-mdoc-status"].verdict is Verdict.PASS
    assert found["haip-validity"].verdict is Verdict.PASS
    assert found["haip-status-by-list"].verdict is Verdict.NOT_APPLICABLE


async def test_a_list_that_comes_as_a_cwt_has_no_x5c_to_judge() -> None:
    found = await judged(status_token="cwt", select="*status*")
    assert found["haip-status-list-x5c"].verdict is Verdict.BLOCKED
    assert found["haip-status-list-algorithm"].verdict is Verdict.PASS
    # Its certificates lead to the anchor by the same intermediate authority.
    assert found["status-list-trusted"].verdict is Verdict.PASS


async def test_signed_metadata_are_wanted_only_where_the_team_says_so() -> None:
    found = await judged(signed_metadata=False, select="haip-signed-*")
    assert {result.verdict for result in found.values()} == {Verdict.NOT_APPLICABLE}
    assert "[promises] signed_metadata" in (found["haip-signed-metadata"].reason or "")
    assert Promises().signed_metadata is None


async def test_who_signs_metadata_may_have_another_authority(tmp_path: Path) -> None:
    file = tmp_path / "foreign.pem"
    file.write_bytes(keys.foreign_root().certificate.public_bytes(Encoding.PEM))
    issuer = ReferenceIssuer(HAIP)
    of_credentials = replace(anchors_of(issuer), metadata=())
    for metadata, verdict in (
        ((), Verdict.NOT_APPLICABLE),
        ((file,), Verdict.PASS),
        (anchors_of(issuer).metadata, Verdict.FAIL),
    ):
        trust = replace(of_credentials, metadata=metadata)
        found = await judged(["signed-metadata:x5c-wrong-chain"], select="*signed-metadata-*", trust=trust)
        assert found["haip-signed-metadata-trusted"].verdict is verdict
        assert found["haip-signed-metadata-x5c"].verdict is Verdict.PASS


async def test_without_anchors_certificates_are_judged_all_the_same() -> None:
    faults = ["sd-jwt:x5c-self-signed", "signed-metadata:x5c-root-included", "status-token:x5c-root-included"]
    found = await judged(faults, trust=TrustSettings())
    assert bad(found) == {
        "haip-x5c": {"HAIP-X5C-SELF-SIGNED"},
        "haip-signed-metadata-x5c": {"HAIP-METADATA-X5C-ROOT"},
        "haip-status-list-x5c": {"HAIP-STATUS-X5C-ROOT"},
    }
    assert found["haip-x5c-complete"].verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("fault", ["sd-jwt:x5c-missing", "sd-jwt:x5c-self-signed"])
async def test_a_key_that_is_found_otherwise_does_not_make_up_for_x5c(fault: str) -> None:
    found = await judged([fault], select="haip-x5c")
    assert found["haip-x5c"].verdict is Verdict.FAIL


# Type Metadata by draft 13


def test_claim_metadata_of_an_extending_type_take_the_place_of_others_in_draft_13() -> None:
    extended: dict[str, Json] = {"sd": "always", "mandatory": True}
    extending: dict[str, Json] = {"display": []}
    assert DRAFT_13.inherited(extended, extending) == extending
    assert DRAFT_18.inherited(extended, extending) == {**extended, **extending}


async def test_type_metadata_are_judged_by_draft_13() -> None:
    found = await judged(select="type-metadata-*", type_metadata="plain")
    assert bad(found) == {}
    passed = {name for name, result in found.items() if result.verdict is Verdict.PASS}
    assert passed >= {"type-metadata-type-named", "type-metadata-mandatory", "type-metadata-extension"}
    assert passed >= {"type-metadata-always-disclosable", "type-metadata-disclosability-stated"}
    other_drafts = {"type-metadata-type", "type-metadata-schema", "type-metadata-own-disclosure"}
    assert other_drafts.isdisjoint(passed)
    assert "type-metadata-response" not in passed


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("type-metadata:vct-missing", {"type-metadata-type-named": {"TYPE-METADATA-VCT"}}),
        ("type-metadata:mandatory-string", {"type-metadata-mandatory": {"TYPE-METADATA-MANDATORY-FORM"}}),
        ("sd-jwt:type-always-plain", {"type-metadata-always-disclosable": {"TYPE-METADATA-ALWAYS"}}),
        # Draft 13 does not say so much: that the media type counts, that a Disclosure is of the claim's own.
        ("type-metadata-response:content-type", {}),
        ("type-metadata:always-inside", {}),
    ],
)
async def test_faults_of_type_metadata_by_draft_13(fault: str, expected: dict[str, set[str]]) -> None:
    found = await judged([fault], select="type-metadata-*", type_metadata="plain")
    assert bad(found) == expected
