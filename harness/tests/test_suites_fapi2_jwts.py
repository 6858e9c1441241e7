"""What the checks of JWTs of the FAPI 2.0 Security Profile must not fail, and what must not pass there."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace

import pytest
from jwcrypto.jwk import JWK

from harness import profiles
from harness.applicability import when
from harness.facts import Facts
from harness.model import Verdict
from harness.reference import authorization_documents, client_rules, dpop_rules, variants
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import Variant
from harness.settings import ClientSettings
from harness.target import registered_wallet
from harness.tests.bench import Clock, judge_issuer, judge_reference, showing

CLOCKS = [f"fapi2-clock-{what}" for what in ("ahead-accepted-dpop", "ahead-accepted-client")]
CLOCKS += [f"fapi2-clock-far-{what}" for what in ("ahead-refused-dpop", "ahead-refused-client")]


def judged(
    variant: Variant, select: Collection[str], faults: Collection[str] = (), *, ahead: float = 0.0
) -> dict[str, Verdict]:
    """Judge a variant whose clock is some seconds ahead of the wallet's; give the verdicts by check."""
    clock = Clock()
    issuer = ReferenceIssuer(variant, faults, clock=lambda: clock.now() + ahead)
    outcome = asyncio.run(
        judge_issuer(issuer, showing(issuer, registered_wallet(issuer).client), clock=clock, select=select)
    )
    assert outcome.stopped is None
    return {result.check: result.verdict for result in outcome.results}


def of(name: str) -> Variant:
    return variants.variant(name)


@pytest.mark.parametrize("variant", ["fapi2", "haip"])
@pytest.mark.parametrize("ahead", [-7.0, 40.0])
def test_a_clock_that_differs_is_told_by_the_date(
    variant: str, ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ahead < 0:
        # A server may refuse everything beyond the ten seconds that it has to put up with.
        monkeypatch.setattr(dpop_rules, "AHEAD_SECONDS", 10)
        monkeypatch.setattr(client_rules, "CLOCK_SKEW_SECONDS", 10)
    assert judged(of(variant), CLOCKS, ahead=ahead) == dict.fromkeys(CLOCKS, Verdict.PASS)


def test_other_algorithms_may_be_listed_but_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorization_documents, "dpop_algorithms", lambda _: ("ES256", "PS256", "RS256"))
    monkeypatch.setattr(dpop_rules, "dpop_algorithms", lambda _: ("ES256", "PS256", "RS256"))
    assert judged(of("fapi2"), ["fapi2-jwt-algorithms", "fapi2-jwt-algorithm-refused-dpop"]) == {
        "fapi2-jwt-algorithms": Verdict.PASS,
        "fapi2-jwt-algorithm-refused-dpop": Verdict.FAIL,
    }


def test_algorithms_for_clients_of_other_profiles_may_be_listed_and_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What FAPI forbids cannot be asked for because of a list."""
    monkeypatch.setattr(authorization_documents, "dpop_algorithms", lambda _: ("RS256", "ES384", "ES256", "PS256"))
    found = judged(of("fapi2"), ["dpop-algorithm-accepted-token", "fapi2-short-key-refused"])
    assert found == {"fapi2-short-key-refused": Verdict.PASS}


@pytest.mark.parametrize("short_ones_accepted", [False, True])
def test_who_refuses_a_forbidden_algorithm_takes_no_short_keys(
    short_ones_accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorization_documents, "dpop_algorithms", lambda _: ("RS256", "ES256"))
    known = ("RS256", "ES256") if short_ones_accepted else ("ES256",)
    monkeypatch.setattr(dpop_rules, "dpop_algorithms", lambda _: known)
    faults = ["accepts:dpop.key-long"] if short_ones_accepted else []
    verdict = Verdict.FAIL if short_ones_accepted else Verdict.PASS
    assert judged(of("fapi2"), ["fapi2-short-key-refused"], faults) == {"fapi2-short-key-refused": verdict}


def test_a_server_may_want_dpop_and_announce_none_of_it() -> None:
    issuer = ReferenceIssuer(of("haip"), ["as-metadata:dpop-algs-missing"])
    client = replace(registered_wallet(issuer).client, dpop=profiles.load("haip-1.0").settings["client"]["dpop"])
    checks = ["haip-dpop", "token-issued", "code-of-another-client-refused", "fapi2-token-unbound-refused"]
    outcome = asyncio.run(judge_issuer(issuer, showing(issuer, client), client=client, select=checks))
    assert {result.verdict for result in outcome.results} == {Verdict.PASS}


@pytest.mark.parametrize("own_server", [True, False])
def test_tokens_that_only_their_server_reads_need_no_published_key(own_server: bool) -> None:
    servers = () if own_server else ("/as/assay",)
    variant = replace(of("fapi2-jwt-tokens"), authorization_servers=servers)
    verdict = Verdict.PASS if own_server else Verdict.WARN
    found = judged(variant, ["fapi2-keys-published"], ["as-metadata:jwks-uri-missing"])
    assert found == {"fapi2-keys-published": verdict}


def test_a_client_that_is_not_let_in_says_nothing_of_audiences() -> None:
    outcome = asyncio.run(
        judge_reference(
            "fapi2", ["rejects:client.right-authentication"], select="fapi2-assertion-audience-accepted"
        )
    )
    assert [result.verdict for result in outcome.results] == [Verdict.BLOCKED]


def test_who_refuses_every_rsa_key_says_nothing_of_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dpop_rules, "dpop_algorithms", lambda _: ("ES256",))
    assert judged(of("fapi2"), ["fapi2-short-key-refused"]) == {"fapi2-short-key-refused": Verdict.BLOCKED}


@pytest.mark.parametrize(
    ("key", "applies"),
    [({}, False), ({"kty": "EC", "crv": "P-384"}, True), ({"kty": "RSA"}, True)],
    ids=["P-256", "P-384", "RSA"],
)
def test_a_key_of_one_allowed_algorithm_cannot_sign_otherwise(key: dict[str, str], applies: bool) -> None:
    private = JWK.generate(**key).export_private(as_dict=True) if key else {}
    facts = Facts.__new__(Facts)
    facts.client = ClientSettings(key=private)
    rule = when.client_key_beyond("PS256", "ES256", "EdDSA", "Ed25519")
    assert rule.rule(facts).applies is applies


def test_nothing_is_got_by_a_replay_with_a_token_for_one_request() -> None:
    once = replace(of("dpop"), single_access=True)
    select = ["dpop-replay-refused-credential"]
    for faults in ((), ("accepts:dpop.single-use",)):
        assert judged(once, select, faults) == {"dpop-replay-refused-credential": Verdict.PASS}
