"""What the checks of attestations with certificates say where no variant of the reference issuer has the case."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from jwcrypto.jwk import JWK

from harness import attesters as bundled
from harness.model import CheckResult, Verdict
from harness.reference import attesters, jwt, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import everything
from harness.settings import AttesterSettings
from harness.target import registered_wallet
from harness.tests.bench import Outcome, judge_issuer

CLIENT = ("haip-attestation-chain", "haip-attestation-bare-refused", "haip-wallet-instances")
KEYS = (
    "haip-key-attestation-chain",
    "haip-key-attestation-bare-refused",
    "haip-key-attestation-self-signed-refused",
)
OWN = frozenset({*CLIENT, *KEYS, "haip-es256-accepted"})
ATTESTED_KEYS = "haip-attestation-proof"

Answer = Callable[[httpx.Request], httpx.Response | None]
"""Gives the answer to a request, or ``None`` to let the reference issuer answer."""


class Answering(httpx.ASGITransport):
    """The reference issuer with answers of its own to some requests."""

    def __init__(self, issuer: ReferenceIssuer, answer: Answer) -> None:
        super().__init__(issuer.app)
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request) or await super().handle_async_request(request)


async def judged(
    variant: str,
    *faults: str,
    attester: AttesterSettings | None = None,
    key_attester: AttesterSettings | None = None,
    answer: Answer = lambda _: None,
    algorithm: str | None = None,
) -> Outcome:
    """Judge with the attesters of the bundle, or with others."""
    issuer = ReferenceIssuer(everything()[variant], faults)
    known = registered_wallet(issuer)
    options = replace(known.options, algorithm=algorithm)
    return await judge_issuer(
        issuer,
        Answering(issuer, answer),
        client=replace(known.client, attester=attester) if attester else known.client,
        options=replace(options, key_attester=key_attester) if key_attester else options,
        select=OWN,
    )


def of(outcome: Outcome, *names: str) -> list[CheckResult]:
    assert outcome.stopped is None
    found = [result for result in outcome.results if result.check in names]
    assert found
    return found


def told(outcome: Outcome, *names: str) -> set[tuple[str, str]]:
    """Give verdicts and the codes behind them."""
    return {
        (str(result.verdict), ", ".join(finding.code for finding in result.findings))
        for result in of(outcome, *names)
    }


@cache
def chain_of_the_team(algorithm: str = "ES384", *, length: int = 2) -> tuple[dict[str, Any], x509.Certificate]:
    """Give the private JWK of a team's attester with its chain, and the anchor above that."""
    key = keys.SigningKey(algorithm, JWK.generate(kty="EC", crv={"ES256": "P-256", "ES384": "P-384"}[algorithm]))
    anchor = keys.foreign_root()
    above = anchor.subordinate("Team Intermediate") if length > 1 else anchor
    x5c = [keys.leaf(key, "https://team.example", authority=above)]
    x5c += [keys.in_x5c(above.certificate)] * (length - 1)
    return {**key.jwk.export_private(as_dict=True), "alg": algorithm, "x5c": x5c}, anchor.certificate


def attester_of_the_team(**how: Any) -> AttesterSettings:
    return AttesterSettings(keys.ATTESTER, chain_of_the_team(**how)[0])


@pytest.fixture
def trusting_the_team(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attesters, "anchors", lambda _: [chain_of_the_team()[1]])


# Attesters of a team


@pytest.mark.usefixtures("trusting_the_team")
@pytest.mark.parametrize("length", [1, 2])
async def test_an_attester_of_the_team_is_used_as_it_is(length: int) -> None:
    """Certified by its anchor or by an authority below that, with another algorithm than the bundled one."""
    mine = attester_of_the_team(length=length)
    outcome = await judged(ATTESTED_KEYS, attester=mine, key_attester=mine)
    assert {result.verdict for result in of(outcome, *OWN)} == {Verdict.PASS}


async def test_a_chain_is_not_judged_where_the_attester_has_none() -> None:
    private = {**bundled.private_jwk("wallet"), "kid": "known"}
    del private["x5c"]
    outcome = await judged(
        "haip", "accepts:client.attestation-certified", attester=AttesterSettings(keys.ATTESTER, private)
    )
    (chain,) = of(outcome, "haip-attestation-chain")
    assert chain.verdict is Verdict.BLOCKED
    assert '[client.attester] x5c = "chain.pem"' in (chain.reason or "")
    assert told(outcome, "haip-attestation-bare-refused") == {
        ("warn", "HAIP-ATTESTATION-BARE-ACCEPTED, PAR-HAIP-ATTESTATION-BARE-ACCEPTED")
    }


async def test_a_certificate_that_the_attester_signed_itself_is_no_chain() -> None:
    own = JWK.generate(kty="EC", crv="P-256", alg="ES256").export_private(as_dict=True)
    outcome = await judged("haip", attester=AttesterSettings(keys.ATTESTER, own))
    (chain,) = of(outcome, "haip-attestation-chain")
    assert chain.verdict is Verdict.BLOCKED
    assert "somebody else signed" in (chain.reason or "")


async def test_an_issuer_that_does_not_trust_the_bundled_attesters_fails_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attesters, "anchors", lambda _: [])
    outcome = await judged(
        ATTESTED_KEYS, attester=AttesterSettings(keys.ATTESTER), key_attester=AttesterSettings()
    )
    assert {result.verdict for result in of(outcome, *OWN)} == {Verdict.BLOCKED}
    (chain,) = of(outcome, "haip-attestation-chain")
    assert "`assay attester`" in (chain.reason or "")


async def test_an_issuer_that_does_not_trust_the_bundled_attester_of_keys_only_fails_nothing() -> None:
    def untrusting(request: httpx.Request) -> httpx.Response | None:
        refused = request.url.path.endswith("/credential")
        return httpx.Response(400, json={"error": "invalid_proof"}) if refused else None

    outcome = await judged(ATTESTED_KEYS, key_attester=AttesterSettings(), answer=untrusting)
    assert {result.verdict for result in of(outcome, *KEYS)} == {Verdict.BLOCKED}
    assert all("`assay attester`" in (result.reason or "") for result in of(outcome, *KEYS))
    assert {result.verdict for result in of(outcome, *CLIENT)} == {Verdict.PASS}


# Refusals that are about something else


async def test_a_refusal_for_something_else_is_none_of_the_chain() -> None:
    def unregistered(request: httpx.Request) -> httpx.Response | None:
        refused = request.url.path.endswith("/par")
        return httpx.Response(400, json={"error": "invalid_scope"}) if refused else None

    outcome = await judged("haip", answer=unregistered)
    assert {result.verdict for result in of(outcome, *CLIENT, "haip-es256-accepted")} == {Verdict.BLOCKED}


@pytest.mark.usefixtures("trusting_the_team")
async def test_a_refusal_that_does_not_come_back_is_not_blamed_on_es256() -> None:
    pushed: list[int] = []

    def now_and_then(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/par"):
            return None
        pushed.append(len(pushed))
        return httpx.Response(401, json={"error": "invalid_client"}) if len(pushed) % 2 else None

    mine = attester_of_the_team(algorithm="ES256")
    outcome = await judged("haip", attester=mine, answer=now_and_then)
    assert {result.verdict for result in of(outcome, "haip-es256-accepted")} <= {Verdict.PASS, Verdict.BLOCKED}


async def test_a_credential_that_is_refused_for_something_else_says_nothing_of_attestations() -> None:
    def denying(request: httpx.Request) -> httpx.Response | None:
        denied = request.url.path.endswith("/credential")
        return httpx.Response(400, json={"error": "credential_request_denied"}) if denied else None

    outcome = await judged(ATTESTED_KEYS, answer=denying)
    assert {result.verdict for result in of(outcome, *KEYS, "haip-es256-accepted")} == {Verdict.BLOCKED}


async def test_an_issuer_that_gives_one_token_and_no_more_says_nothing_of_instances() -> None:
    seen: list[str] = []

    def once(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/token"):
            return None
        # The first request gets the DPoP nonce and the challenge, the one after them the token.
        seen.append(request.headers["DPoP"])
        return None if len(seen) <= 2 else httpx.Response(400, json={"error": "invalid_grant"})

    outcome = await judged("haip", answer=once)
    (instances,) = of(outcome, "haip-wallet-instances")
    assert instances.verdict is Verdict.BLOCKED
    assert "a second time" in (instances.reason or "")


# What could pass falsely


async def test_a_second_instance_that_takes_the_place_of_the_first_one_is_noticed() -> None:
    instances: list[str] = []

    def latest_only(request: httpx.Request) -> httpx.Response | None:
        shown = jwt.read(request.headers.get("OAuth-Client-Attestation"))
        if shown is None:
            return None
        key = json.dumps(shown.claims["cnf"]["jwk"], sort_keys=True)
        if key in instances[:-1]:
            return httpx.Response(401, json={"error": "invalid_client_attestation"})
        if key not in instances:
            instances.append(key)
        return None

    outcome = await judged("haip", answer=latest_only)
    assert told(outcome, "haip-wallet-instances") == {("fail", "HAIP-WALLET-INSTANCE-REFUSED")}


async def test_proofs_with_es256_are_tried_where_the_run_uses_another_algorithm() -> None:
    refusing = await judged(ATTESTED_KEYS, "rejects:proof.es256", algorithm="ES384")
    assert told(refusing, "haip-es256-accepted") == {("fail", "HAIP-ES256-PROOF-REFUSED"), ("pass", "")}
    clean = await judged(ATTESTED_KEYS, algorithm="ES384")
    assert told(clean, "haip-es256-accepted") == {("pass", "")}


# The bundle


@pytest.mark.parametrize("purpose", ["wallet", "key"])
@pytest.mark.parametrize("algorithm", bundled.ALGORITHMS)
def test_bundled_attesters_have_a_chain_up_to_the_anchor(purpose: bundled.Purpose, algorithm: str) -> None:
    from harness.formats import x509 as formats
    from harness.formats.jose import same_key

    private = bundled.private_jwk(purpose, algorithm)
    chain = formats.parse_x5c(private["x5c"]).certificates
    anchor = x509.load_pem_x509_certificate(bundled.anchor_pem().encode())
    result = formats.check_chain(chain, 1_800_000_000, [anchor])
    assert (len(chain), result.trusted, result.problems) == (2, True, ())
    assert same_key(formats.public_jwk(chain[0]), JWK(**private).export_public(as_dict=True))


def test_the_command_prints_the_anchor(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from harness.cli import main

    assert main(["attester"]) == 0
    (tmp_path / "anchor.pem").write_text(capsys.readouterr().out)
    (anchor,) = x509.load_pem_x509_certificates((tmp_path / "anchor.pem").read_bytes())
    assert anchor.public_bytes(Encoding.PEM).decode() == bundled.anchor_pem()
