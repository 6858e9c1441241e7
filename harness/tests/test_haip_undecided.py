"""What the stricter profiles leave undecided, where a pass would be about nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest

from harness.authorized import Authorized
from harness.evidence import Blocked
from harness.expect import Expect
from harness.model import Verdict
from harness.reference import variants
from harness.reference.app import ReferenceIssuer
from harness.reference.high_assurance import HIGH_ASSURANCE
from harness.reference.serve import serving
from harness.target import registered_wallet
from harness.tests.bench import Clock, judge_issuer, requirements, showing
from harness.tests.test_plugin import judge, report, settle
from harness.transport import Reply
from suites.fapi2._authorizations import expect_nothing
from suites.fapi2.keys import the_key_of_signed_metadata_is_strong

REFUSAL = "FAPI2-5.3.2.2-05"


@pytest.mark.parametrize("redirect_uri", [None, "https://wallet.assay.test/callback"])
def test_an_announced_code_flow_that_no_flow_uses_is_no_pass(redirect_uri: str | None) -> None:
    clock = Clock()
    issuer = ReferenceIssuer(HIGH_ASSURANCE["haip-both-grants"], clock=clock.now)
    client = replace(registered_wallet(issuer).client, redirect_uri=redirect_uri)
    way = showing(issuer, client)
    chosen = ("haip-code-flow", "fapi2-public-client")
    outcome = asyncio.run(judge_issuer(issuer, way, client=client, clock=clock, select=chosen))
    assert {each.check for each in outcome.results} == set(chosen)
    wanted = Verdict.BLOCKED if redirect_uri is None else Verdict.PASS
    assert {each.verdict for each in outcome.results} == {wanted}


def reply(status: int) -> Reply:
    return Reply(1, "POST", "https://as.example/par", status, httpx.Headers(), b"")


def refused_at_par(status: int) -> Authorized:
    return Authorized({}, reply(status), None, None, "verifier")


def expect_of(requirement: str) -> Expect:
    return Expect({requirement: requirements("fapi2-sp")[requirement]})


def test_a_failure_of_the_server_is_no_refusal() -> None:
    expect = expect_of(REFUSAL)
    assert expect_nothing(expect, refused_at_par(400), "CODE", what="a wrong request")
    with pytest.raises(Blocked, match="failure of the server"):
        expect_nothing(expect, refused_at_par(503), "CODE", what="a wrong request")
    assert not expect.findings


@pytest.mark.parametrize(
    ("jwk", "short"),
    [
        ({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}, False),
        ({"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA"}, None),
    ],
)
def test_a_key_on_an_edwards_curve_has_a_length(jwk: dict[str, str], short: bool | None) -> None:
    expect = expect_of("FAPI2-5.4.1-07")
    signed = SimpleNamespace(signer=SimpleNamespace(jwk=jwk), reply=reply(200))

    async def judging() -> None:
        await the_key_of_signed_metadata_is_strong(signed, expect)

    if short is None:
        with pytest.raises(Blocked):
            asyncio.run(judging())
    else:
        asyncio.run(judging())
        assert bool(expect.findings) is short


@pytest.mark.parametrize(
    ("variant", "profile", "chosen", "whose", "setting"),
    [
        ("default", "haip-1.0", "haip-signed-metadata-trusted", "the metadata", "metadata"),
        ("status", "oid4vci-1.0", "status-list-trusted", "status lists", "status_lists"),
    ],
)
def test_a_run_without_trust_anchors_says_whose_signers_it_did_not_judge(
    pytester: pytest.Pytester, variant: str, profile: str, chosen: str, whose: str, setting: str
) -> None:
    with serving(replace(variants.variant(variant), signed_metadata=True)) as server:
        settle(pytester, server, 'configurations = ["identity_credential"]\n')
        settings = pytester.path / "assay.toml"
        settings.write_text(settings.read_text().replace('x5c = ["anchor.pem"]', ""))
        judge(pytester, "--issuer-url", server.url, "--vci-profile", profile, "--vci-select", chosen)
    (notice,) = (each for each in report(pytester)["notices"] if "trusted" in each)
    assert notice.startswith(f"Whether the signers of {whose} may be trusted was not tested: ")
    assert f"[trust] {setting}" in notice
