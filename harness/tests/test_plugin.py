"""`pytest --issuer-url`: what a team sees, from the first line to the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness.reference.degenerate import DEGENERATE
from harness.reference.serve import Served, serving
from harness.reference.variants import VARIANTS
from harness.tests.fault_variants import GOES_AGAINST_ADVICE
from harness.tests.ready_made import run_pytest
from reports import json_file

ROOT = Path(__file__).parents[2]
ADVICE = GOES_AGAINST_ADVICE["default"]
"""What a plain issuer with Bearer tokens and anonymous wallets is warned of."""

OFFERS = """
[trust]
tls_ca = "tls-ca.pem"
x5c = ["anchor.pem"]
[[offer]]
kind = "http"
url = "{url}/assay/offers"
json = {{ configuration = "{{configuration}}" }}
"""

SOME = """
name = "some"
title = "Some of OpenID4VCI 1.0"
specifications = ["VCI", "RFC6749", "RFC6750", "RFC9700"]
reference_variant = "default"
"""
"""A profile with a third of the checks, for runs that are about something else than the checks."""


def settle(pytester: pytest.Pytester, server: Served, more: str = "") -> None:
    (pytester.path / "tls-ca.pem").write_text(server.ca_pem or "")
    (pytester.path / "anchor.pem").write_text(server.issuer.trust_anchor_pem)
    (pytester.path / "some.toml").write_text(SOME)
    (pytester.path / "assay.toml").write_text(more + OFFERS.format(url=server.url))


def judge(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest as in a shell, but for what every run loads; how that loads is for tests that start Python."""
    done = run_pytest(["-p", "no:cacheprovider", *map(str, arguments)], cwd=pytester.path)
    return pytest.RunResult(done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), 0)


def report(pytester: pytest.Pytester) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((pytester.path / "oid4vci-report" / "report.json").read_text())
    return loaded


def last_line(result: pytest.RunResult) -> str:
    return [line for line in result.outlines if line.strip()][-1]


def test_without_an_issuer_the_plugin_is_inert(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(): assert 1 + 1 == 2")
    result = judge(pytester)
    result.assert_outcomes(passed=1)
    assert not (pytester.path / "oid4vci-report").exists()
    assert "Assay" not in result.stdout.str()


def test_an_own_issuer_is_judged_from_an_empty_folder(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right, 'configurations = ["identity_credential"]\n')
    result = judge(pytester, "--issuer-url", right.url, "--junitxml", "junit.xml")
    assert result.ret == 0, result.stdout.str()
    assert last_line(result).startswith("CONFORMANT: ")
    written = json_file.read(pytester.path / "oid4vci-report" / "report.json")
    assert written["verdict"] == "conformant"
    assert written["complete"] is True
    assert written["target"] == {
        "issuer": right.url,
        "profile": "oid4vci-1.0",
        "configurations": ["identity_credential"],
    }
    assert written["timing"]["exchanges"] == len(written["exchanges"])
    assert [exchange["number"] for exchange in written["exchanges"]] == list(
        range(1, len(written["exchanges"]) + 1)
    )
    cases = ET.parse(pytester.path / "junit.xml").getroot().iter("testcase")
    outcomes = [[child.tag for child in case if child.tag != "properties"] for case in cases]
    expected = [["skipped"] if r["verdict"] == "not-applicable" else [] for r in written["results"]]
    assert outcomes == expected


def test_a_faulty_issuer_fails_with_the_finding(pytester: pytest.Pytester, wrong: Served) -> None:
    settle(pytester, wrong, 'configurations = ["identity_credential"]\n')
    result = judge(pytester, "--issuer-url", wrong.url)
    assert result.ret == 1
    assert last_line(result).startswith("NOT CONFORMANT: ")
    written = report(pytester)
    warned = {f["code"] for r in written["results"] if r["verdict"] == "warn" for f in r["findings"]}
    assert warned == {"TOKEN-PRAGMA-MISSING"} | ADVICE
    (failed,) = [r for r in written["results"] if r["verdict"] == "fail"]
    (finding,) = failed["findings"]
    assert finding["code"].endswith("NONCE-ACCEPTED")
    assert written["exchanges"][finding["exchange"] - 1]["purpose"] == "credential request"
    result.stdout.fnmatch_lines([f"*{finding['code']}*"])


def test_strict_turns_the_warning_into_a_failure(pytester: pytest.Pytester, wrong: Served) -> None:
    settle(pytester, wrong, 'configurations = ["identity_credential"]\n')
    judge(pytester, "--issuer-url", wrong.url, "--vci-strict")
    assert {r["verdict"] for r in report(pytester)["results"] if r["findings"]} == {"fail"}


def test_waivers_let_a_known_failure_pass(pytester: pytest.Pytester, wrong: Served) -> None:
    settle(pytester, wrong, 'configurations = ["identity_credential"]\n')
    judge(pytester, "--issuer-url", wrong.url, "--vci-select", "proof-*")
    (failed,) = [r for r in report(pytester)["results"] if r["verdict"] == "fail"]
    waiver = f"""
[[waiver]]
check = "{failed["check"]}"
finding = "{failed["findings"][0]["code"]}"
reason = "known"
owner = "team"
expires = 2999-01-01
"""
    (pytester.path / "waivers.toml").write_text(waiver)
    settle(pytester, wrong, 'configurations = ["identity_credential"]\nwaivers = "waivers.toml"\n')
    result = judge(pytester, "--issuer-url", wrong.url)
    assert result.ret == 0, result.stdout.str()
    assert last_line(result).startswith("CONFORMANT WITH WAIVERS: ")
    (pytester.path / "waivers.toml").write_text(waiver.replace("2999", "2001"))
    expired = judge(pytester, "--issuer-url", wrong.url)
    assert expired.ret == 1
    expired.stdout.fnmatch_lines(["*expired on 2001-01-01*"])


def test_without_offers_the_run_is_incomplete_and_says_what_to_add(
    pytester: pytest.Pytester, right: Served
) -> None:
    (pytester.path / "tls-ca.pem").write_text(right.ca_pem or "")
    result = judge(pytester, "--issuer-url", right.url, "--vci-tls-ca", "tls-ca.pem")
    assert result.ret == 6
    assert last_line(result).startswith("INCOMPLETE: ")
    result.stdout.fnmatch_lines(["*[[]offer]*"])
    verdicts = {r["verdict"] for r in report(pytester)["results"]}
    assert {"pass", "blocked"} <= verdicts <= {"pass", "blocked", "not-applicable", "warn"}


def test_a_single_offer_runs_what_one_redemption_allows(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right)
    offer = right.issuer.mint_offer("identity_credential", by="value", tx_code=True)
    arguments = ["--issuer-url", right.url, "--vci-offer", offer.offer, "--vci-tx-code", offer.tx_code]
    result = judge(pytester, *arguments)
    assert result.ret == 6
    results = report(pytester)["results"]
    assert [r for r in results if r["verdict"] in ("fail", "error")] == []
    blocked = [r for r in results if r["verdict"] == "blocked"]
    assert blocked
    assert all("assay.toml" in r["reason"] for r in blocked)
    assert len([r for r in results if r["verdict"] == "pass"]) > 3 * len(blocked)
    written = (pytester.path / "oid4vci-report" / "report.json").read_text()
    assert f'"{offer.tx_code}"' not in written
    assert f" {offer.tx_code}" not in written
    assert json.loads(written)["command"].endswith("--vci-offer ... --vci-tx-code ...")
    again = judge(pytester, *arguments)
    assert again.ret == 6
    again.stdout.fnmatch_lines(["*preflight: the offer was refused with invalid_grant*"])


def test_selected_checks_run_alone_and_leave_the_run_incomplete(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right, 'configurations = ["identity_credential"]\n')
    result = judge(pytester, "--issuer-url", right.url, "--vci-select", "nonce-*")
    assert result.ret == 6
    written = report(pytester)
    assert {r["check"].split("-")[0] for r in written["results"]} == {"nonce"}
    assert any("left out" in notice for notice in written["notices"])


def test_a_run_without_trust_anchors_says_that_trust_was_not_tested(
    pytester: pytest.Pytester, right: Served
) -> None:
    settle(pytester, right, 'configurations = ["identity_credential"]\n')
    arguments = ["--issuer-url", right.url, "--vci-select", "sd-jwt-x5c-*"]
    judge(pytester, *arguments)
    assert not any("trusted" in notice for notice in report(pytester)["notices"])
    settings = pytester.path / "assay.toml"
    settings.write_text(settings.read_text().replace('x5c = ["anchor.pem"]', ""))
    judge(pytester, *arguments).stdout.fnmatch_lines(["*signers of credentials may be trusted was not tested*"])
    (notice,) = (notice for notice in report(pytester)["notices"] if "trusted" in notice)
    assert "[trust] x5c" in notice


def test_a_run_that_can_revoke_nothing_says_so(pytester: pytest.Pytester) -> None:
    with serving(VARIANTS["status"]) as server:
        settle(pytester, server, 'configurations = ["identity_credential"]\n')
        arguments = ["--issuer-url", server.url, "--vci-select", "revocation-shown"]
        judge(pytester, *arguments).stdout.fnmatch_lines(
            ["*Whether a revocation shows was not tested*[[]revoke[]]*"]
        )
        settings = pytester.path / "assay.toml"
        hook = '[revoke]\nkind = "http"\nurl = "{url}/assay/status"\njson = {{ credential = "{{credential}}", '
        settings.write_text(settings.read_text() + hook.format(url=server.url) + 'status = "revoked" }\n')
        judge(pytester, *arguments)
        written = report(pytester)
        assert not any("revocation" in notice for notice in written["notices"])
        assert [result["verdict"] for result in written["results"]] == ["pass"]


def test_where_nothing_can_be_revoked_nothing_is_said_of_it(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right, 'configurations = ["identity_credential"]\n')
    judge(pytester, "--issuer-url", right.url, "--vci-select", "revocation-shown")
    assert not any("revocation" in notice for notice in report(pytester)["notices"])


def test_an_untrusted_certificate_stops_the_run_with_one_message(pytester: pytest.Pytester, right: Served) -> None:
    result = judge(pytester, "--issuer-url", right.url)
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*preflight: the TLS certificate of 127.0.0.1:* is not trusted*tls_ca*"])
    assert report(pytester)["verdict"] == "incomplete"


def test_metadata_that_is_no_json_stops_the_run_with_one_message(pytester: pytest.Pytester) -> None:
    with serving(lambda base_url: DEGENERATE["html"](base_url=base_url), tls=False) as server:
        result = judge(pytester, "--issuer-url", server.url)
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*preflight: the issuer metadata at * is not JSON: *"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_a_configuration_that_does_not_fit_stops_the_run(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right)
    unknown = judge(pytester, "--issuer-url", right.url, "--vci-configuration", "nonsense")
    assert unknown.ret == 6
    unknown.stdout.fnmatch_lines(["*preflight: the issuer has no configuration 'nonsense'*identity_credential*"])
    offer = right.issuer.mint_offer("loyalty_card", by="value").offer
    arguments = ["--vci-configuration", "identity_credential", "--vci-offer", offer]
    other = judge(pytester, "--issuer-url", right.url, *arguments)
    assert other.ret == 6
    other.stdout.fnmatch_lines(["*preflight: the offer is for*loyalty_card*, not for*identity_credential*"])


def test_an_offer_that_is_gone_stops_the_run(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right)
    link = f"openid-credential-offer://?credential_offer_uri={quote(right.url + '/offers/gone')}"
    result = judge(pytester, "--issuer-url", right.url, "--vci-offer", link)
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*preflight: no usable offer*may have expired*"])


def test_the_checkout_judges_the_reference_issuer(pytester: pytest.Pytester) -> None:
    folder = pytester.path / "report"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--issuer-url", "reference"]
    command += ["--vci-report-dir", str(folder), "--vci-select", "nonce-*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 6, done.stdout + done.stderr
    results = json.loads((folder / "report.json").read_text())["results"]
    assert {r["verdict"] for r in results} == {"pass", "not-applicable"}


def test_an_unreachable_issuer_stops_the_run_with_one_message(pytester: pytest.Pytester) -> None:
    result = judge(pytester, "--issuer-url", "https://127.0.0.1:1")
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*preflight: cannot connect to 127.0.0.1:1*"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("arguments", "file", "words"),
    [
        (["--vci-profile", "nonsense"], "", "there is no profile"),
        (["--vci-offer", "nonsense"], "", "neither a link nor JSON nor a file"),
        (["--vci-config", "missing.toml"], "", "missing.toml"),
        (["--vci-select", "nonsense-*"], "", "no check has an id like"),
        ([], "ofer = 1", 'did you mean "offer"'),
        ([], 'waivers = "missing.toml"', "missing.toml"),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_4(
    pytester: pytest.Pytester, arguments: list[str], file: str, words: str
) -> None:
    if file:
        (pytester.path / "assay.toml").write_text(file)
    result = judge(pytester, "--issuer-url", "https://issuer.invalid", *arguments)
    assert result.ret == 4
    assert words in result.stderr.str()
    assert len([line for line in result.errlines if line.strip()]) == 1


def test_plain_http_to_another_machine_is_refused(pytester: pytest.Pytester) -> None:
    result = judge(pytester, "--issuer-url", "http://issuer.invalid")
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*preflight: http://issuer.invalid is plain http on another machine*"])


def test_collecting_alone_lists_checks_and_writes_no_report(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right)
    result = judge(pytester, "--issuer-url", right.url, "--collect-only", "-q")
    assert result.ret == 0
    assert any("nonce" in line and "::" in line for line in result.outlines)
    assert not (pytester.path / "oid4vci-report").exists()


def test_workers_of_xdist_give_the_same_verdicts(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right, 'configurations = ["identity_credential"]\n')
    judge(pytester, "--issuer-url", right.url)
    alone = {(r["check"], r["configuration"], r["verdict"]) for r in report(pytester)["results"]}
    result = judge(pytester, "--issuer-url", right.url, "-n", "2")
    assert result.ret == 0, result.stdout.str()
    written = report(pytester)
    assert {(r["check"], r["configuration"], r["verdict"]) for r in written["results"]} == alone
    assert written["issuer"]["metadata"]["credential_issuer"] == right.url
    assert written["target"]["issuer"] == right.url


def test_the_suites_skip_without_an_issuer(pytester: pytest.Pytester) -> None:
    result = judge(pytester, "--pyargs", "suites")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*skipped*"])


def test_own_tests_run_beside_the_harness(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right)
    path: Path = pytester.makepyfile("def test_mine(): assert False")
    result = judge(pytester, "--issuer-url", right.url, str(path))
    result.assert_outcomes(failed=1)
    assert result.ret in (1, 6)


@pytest.mark.parametrize(
    ("url", "words"),
    [("", "--issuer-url is empty"), ("http://127.0.0.1:99999", "host and port"), ("http://[::1", "issuer")],
)
def test_an_issuer_url_that_is_none_is_one_line_and_exit_4(
    pytester: pytest.Pytester, url: str, words: str
) -> None:
    result = judge(pytester, "--issuer-url", url)
    assert result.ret == 4
    assert words in result.stderr.str()
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_report_that_cannot_be_written_is_never_green(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right, 'configurations = ["identity_credential"]\nreport_dir = "/proc/self"\n')
    result = judge(pytester, "--issuer-url", right.url)
    assert result.ret == 6
    assert "The report could not be written" in result.stdout.str().replace("\n", " ")
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_a_single_offer_is_not_shared_by_workers(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right)
    offer = right.issuer.mint_offer("identity_credential", by="value").offer
    result = judge(pytester, "--issuer-url", right.url, "--vci-offer", offer, "-n", "2")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*leave out -n*"])


def test_a_package_of_the_same_name_is_told(pytester: pytest.Pytester, right: Served) -> None:
    pytester.makeini("[pytest]\npythonpath = .")
    pytester.mkpydir("reports")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--issuer-url", right.url)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*the package reports of Assay is hidden by*"])


def test_the_teams_own_collection_settings_do_not_hide_the_suites(
    pytester: pytest.Pytester, right: Served
) -> None:
    settle(pytester, right, 'configurations = ["identity_credential"]\n')
    pytester.makeini("[pytest]\nnorecursedirs = *\npython_files = check_*.py")
    assert judge(pytester, "--issuer-url", right.url).ret == 0
