"""What a dry run tells holds for the run: how much it needs, what it does, and that it issues nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import checks, demand
from harness.applicability import ALWAYS
from harness.checks import Check, Per
from harness.engine import Engine
from harness.evidence import WALLET_INITIATED, Grant, Scenario
from harness.model import Verdict
from harness.reference.serve import Served, serving
from harness.reference.variants import VARIANTS
from harness.tests.bench import judge_reference
from harness.tests.test_plugin import judge, settle
from harness.wallet import browser

OFFERED = Scenario("card", "offers", "card")
BEGUN = Scenario("card", WALLET_INITIATED, "card:code-flow", Grant.AUTHORIZATION_CODE)


def check(*evidence: str, flows: int = 1) -> Check:
    scope: dict[str, Any] = {}
    exec(f"async def function({', '.join(('expect', *evidence))}): ...", scope)
    return Check("a-check", "Area", ("R-1",), {}, ALWAYS, Per.SCENARIO, scope["function"], flows)


def test_checks_that_only_look_share_one_offer() -> None:
    need = demand.of([(check("token"), OFFERED), (check("credential"), OFFERED), (check("issuer"), None)])
    assert need.offers == demand.Range(1, 1, 1)
    assert need.visits == demand.Range(0, 0, 0)
    assert need.offers.told == "1"


def test_checks_that_provoke_need_offers_of_their_own() -> None:
    plan = [(check("flow"), OFFERED), (check("another_flow", flows=3), OFFERED), (check("access"), OFFERED)]
    need = demand.of(plan)
    assert need.offers == demand.Range(1, 5, 6)
    assert need.offers.told == "1 to 5 (up to 6 if an Access Token is good for one request only)"
    assert need.offers.times(2) == demand.Range(2, 10, 12)


def test_what_the_wallet_begins_needs_the_user_and_no_offer() -> None:
    plan = [(check("flow"), BEGUN), (check("by_details"), BEGUN), (check("by_details", "direct"), BEGUN)]
    need = demand.of(plan)
    assert need.offers == demand.Range(0, 0, 0)
    assert need.visits == demand.Range(1, 4, 4)


@pytest.mark.parametrize(
    "variant",
    [
        "default",
        "tx-code",
        "single-access",
        "deferred-at-once",
        "notification-deferred",
        "encryption-deferred",
        "key-attestation",
        "both-grants",
        "code-flow-login",
        "code-flow-par",
        "code-flow-refresh",
        "attested-client",
        "dpop-nonce",
        "brief",
    ],
)
def test_a_run_needs_what_was_told(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither more nor less, and what is known not to apply does not apply."""
    visits = 0
    plans: list[demand.Demand] = []
    ruled_out: set[tuple[str, str | None]] = set()
    plan, visit, rule = Engine.plan, browser.visit, Engine.judge

    async def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal visits
        visits += 1
        return await visit(*arguments, **named)

    async def foreseen(engine: Engine, check: Check, scenario: Scenario | None) -> Any:
        if not plans:
            whole = plan(engine, checks.load().values())
            out = {(c.id, s) for c, s in whole if await engine.ruled_out(c, s)}
            ruled_out.update((name, s.label if s else None) for name, s in out)
            plans.append(demand.of((c, s) for c, s in whole if (c.id, s) not in out))
        return await rule(engine, check, scenario)

    monkeypatch.setattr(browser, "visit", counted)
    monkeypatch.setattr(Engine, "judge", foreseen)
    outcome = asyncio.run(judge_reference(variant))
    (need,) = plans
    single = variant in ("single-access", "brief")
    for told, used in ((need.offers, outcome.offers), (need.visits, visits)):
        assert told.least <= used <= (told.single_use if single else told.most), (told, used)
    assert ruled_out
    applied = {(r.check, r.configuration) for r in outcome.results if r.verdict is not Verdict.NOT_APPLICABLE}
    assert not ruled_out & applied


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(VARIANTS["both-grants"]) as server:
        yield server


def told(result: pytest.RunResult) -> str:
    text = result.stdout.str()
    return text[text.index("Dry run:") :]


@pytest.mark.parametrize("command", [["-m", "pytest"], ["-m", "harness.cli", "run"]])
@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_dry_run_tells_and_issues_nothing(
    pytester: pytest.Pytester, served: Served, command: list[str], workers: list[str]
) -> None:
    settle(pytester, served, 'skip = ["nonce-*"]\n')
    arguments = ["-p", "no:cacheprovider", "--issuer-url", served.url, "--vci-dry-run", *workers]
    result = pytester.run(sys.executable, *command, *arguments)
    assert result.ret == 0, result.stdout.str() + result.stderr.str()
    text = told(result)
    assert "no report is written" in text
    assert "identity_credential: format dc+sd-jwt" in text
    assert "Left out by selection" in text
    assert "nonce-" in text
    assert '[[offer]] "' in text
    assert "--vci-client-id, --vci-redirect-uri" in text
    assert "worker" not in result.stdout.str()[: result.stdout.str().index("Dry run:")]
    assert not (pytester.path / "oid4vci-report").exists()


def test_a_dry_run_can_be_asked_for_in_the_file(pytester: pytest.Pytester, served: Served) -> None:
    settle(pytester, served, "dry_run = true\n")
    result = judge(pytester, "--issuer-url", served.url)
    assert result.ret == 0
    assert told(result)


def test_a_dry_run_leaves_a_single_offer_good(pytester: pytest.Pytester, served: Served) -> None:
    (pytester.path / "tls-ca.pem").write_text(served.ca_pem or "")
    offer = served.issuer.mint_offer("identity_credential", by="value", grants=["pre-authorized_code"]).offer
    arguments = ["--issuer-url", served.url, "--vci-tls-ca", "tls-ca.pem", "--vci-offer", offer]
    for looking in ("--vci-dry-run", "--collect-only"):
        assert judge(pytester, *arguments, looking).ret == 0
    assert "a single offer is good for one issuance" in told(judge(pytester, *arguments, "--vci-dry-run"))
    judge(pytester, *arguments, "--vci-select", "token-response-*")
    written = json.loads((pytester.path / "oid4vci-report" / "report.json").read_text())
    assert {r["verdict"] for r in written["results"]} <= {"pass", "not-applicable", "warn"}


def test_a_dry_run_names_the_settings_that_are_missing(pytester: pytest.Pytester, served: Served) -> None:
    (pytester.path / "tls-ca.pem").write_text(served.ca_pem or "")
    result = judge(pytester, "--issuer-url", served.url, "--vci-tls-ca", "tls-ca.pem", "--vci-dry-run")
    assert result.ret == 0
    text = told(result)
    assert "[[offer]] or --vci-offer" in text
    assert "[trust] x5c" in text
    assert "  none" in text.split("Hooks that may be called")[1].split("Waits")[0]


def test_a_dry_run_tells_promises_and_what_is_too_long(pytester: pytest.Pytester, served: Served) -> None:
    settle(pytester, served, "[promises]\npre_authorized_code_s = 5\nauthorization_code_s = 900\n")
    text = told(judge(pytester, "--issuer-url", served.url, "--vci-dry-run"))
    waits = text.split("\nWaits\n")[1].split("\n\n")[0]
    assert "  promises.pre_authorized_code_s: 5 s\n" in waits
    assert "promises.authorization_code_s: 900 s, not waited for" in waits


def test_a_dry_run_stops_where_preflight_does(pytester: pytest.Pytester) -> None:
    result = judge(pytester, "--issuer-url", "https://127.0.0.1:1", "--vci-dry-run")
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*preflight: cannot connect to 127.0.0.1:1*"])
    assert not (pytester.path / "oid4vci-report").exists()


def test_a_dry_run_of_nothing_says_so(pytester: pytest.Pytester, served: Served) -> None:
    settle(pytester, served)
    result = judge(pytester, "--issuer-url", served.url, "--vci-dry-run", "-k", "nothing-is-called-so")
    assert result.ret == 0
    assert "Checks: 0 would run" in told(result)


def test_a_dry_run_runs_no_tests_of_the_team_either(pytester: pytest.Pytester, served: Served) -> None:
    settle(pytester, served)
    path: Path = pytester.makepyfile("def test_mine(): open('ran', 'w').close()")
    assert judge(pytester, "--issuer-url", served.url, "--vci-dry-run", str(path), "--pyargs", "suites").ret == 0
    assert not (pytester.path / "ran").exists()
