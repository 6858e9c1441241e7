"""A run over sockets waits for several ends at once, while its other checks go on, and no longer than it may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.reference.serve import Served, serving
from harness.reference.variants import VARIANTS
from harness.tests.test_plugin import judge, last_line, report, settle

BRIEF_S = 2
WAITING = ("par-request-uri-expired-refused", "code-expired-refused")
CLIENT = f"""
[client]
client_id = "wallet-dev"
redirect_uri = "https://wallet.assay.test/callback"
[promises]
authorization_code_s = {BRIEF_S}
"""

WAIVER = f"""
[[waiver]]
check = "{WAITING[0]}"
finding = "PAR-REQUEST-URI-EXPIRED-ACCEPTED"
reason = "until the next release"
owner = "the team"
expires = 2999-12-31
"""


@pytest.fixture(scope="module")
def brief() -> Iterator[Served]:
    variant = VARIANTS["code-flow-par"]
    with serving(replace(variant, request_lifetime=BRIEF_S, authorization_code_lifetime=BRIEF_S)) as server:
        yield server


def test_waits_overlap_and_their_results_come_last(pytester: pytest.Pytester, brief: Served) -> None:
    settle(pytester, brief)
    with (pytester.path / "assay.toml").open("a") as settings:
        settings.write(CLIENT)
    chosen = [option for name in (*WAITING, "as-*") for option in ("--vci-select", name)]
    result = judge(pytester, "--issuer-url", brief.url, *chosen)
    told = result.stdout.str()
    assert f"waiting {BRIEF_S + 1} s: the end of a request_uri, while other checks go on" in told
    assert f"waiting {BRIEF_S + 1} s: the end of an authorization code, while other checks go on" in told
    assert "all else is done" in told
    order = re.findall(r"^ *\d+/\d+ \S+ +([a-z-]+)", told, re.MULTILINE)
    assert len(order) > len(WAITING)
    assert set(order[-len(WAITING) :]) == set(WAITING)
    written = report(pytester)
    verdicts = {each["check"]: each["verdict"] for each in written["results"]}
    assert [verdicts[name] for name in WAITING] == ["pass", "pass"]
    # One after another they would take six seconds.
    assert BRIEF_S < written["timing"]["waiting_s"] < 2 * (BRIEF_S + 1)
    assert all(each["elapsed_s"] < BRIEF_S for each in written["results"])


def test_what_takes_longer_than_a_run_may_wait_is_blocked(pytester: pytest.Pytester, brief: Served) -> None:
    settle(pytester, brief)
    with (pytester.path / "assay.toml").open("a") as settings:
        settings.write(CLIENT)
    chosen = [option for name in WAITING for option in ("--vci-select", name)]
    result = judge(pytester, "--issuer-url", brief.url, "--vci-max-wait", "1", *chosen)
    assert last_line(result).startswith("INCOMPLETE")
    told = {each["check"]: each for each in report(pytester)["results"]}["par-request-uri-expired-refused"]
    assert told["verdict"] == "blocked"
    assert "the end of a request_uri takes 3 s and the run waits 1 s at most" in told["reason"]


SLOW = f"""
import time

def test_of_the_teams_own():
    time.sleep({BRIEF_S})
"""


def test_tests_of_the_teams_own_may_take_longer_than_an_exchange(pytester: pytest.Pytester, brief: Served) -> None:
    settle(pytester, brief)
    with (pytester.path / "assay.toml").open("a") as settings:
        settings.write(f"{CLIENT}[limits]\ntimeout_s = {BRIEF_S / 2}\n")
    own = pytester.makepyfile(test_own=SLOW)
    chosen = [option for name in WAITING for option in ("--vci-select", name)]
    judge(pytester, "--issuer-url", brief.url, *chosen, str(own), "--pyargs", "suites")
    verdicts = {each["check"]: each["verdict"] for each in report(pytester)["results"]}
    assert verdicts == dict.fromkeys(WAITING, "pass")


def test_a_waiver_holds_for_what_is_found_after_a_wait(pytester: pytest.Pytester) -> None:
    variant = replace(VARIANTS["code-flow-par"], request_lifetime=BRIEF_S)
    with serving(variant, ["accepts:authorize.request-uri-expired"]) as server:
        settle(pytester, server)
        with (pytester.path / "assay.toml").open("a") as settings:
            settings.write(CLIENT)
        (pytester.path / "waivers.toml").write_text(WAIVER)
        result = judge(
            pytester, "--issuer-url", server.url, "--vci-select", WAITING[0], "--vci-waivers", "waivers.toml"
        )
    written = report(pytester)
    assert [each["verdict"] for each in written["results"]] == ["waived"], result.stdout.str()
    assert [each["state"] for each in written["waivers"]] == ["used"]
