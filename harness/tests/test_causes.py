"""Failures by cause: what stands together, what blocks what, and what a setting would change."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

import pytest

from harness.model import CheckInfo, CheckResult, Finding, Level, Verdict
from harness.tests.sample_report import ISSUER, sample_report
from reports.causes import causes, failures
from reports.curl import LIMIT, curl
from reports.overview import overview
from reports.problems import problems
from reports.settings_needed import settings_needed

CRITICAL, HIGH, LOW = "VCI-8.3.1.2-04", "VCI-7.2-03", "VCI-6.2-01"
"""Requirements of the sample; the first is critical, the second is not."""


def finding(
    requirement: str, exchange: int | None = None, pointer: str | None = None, observed: str = "x"
) -> Finding:
    return Finding(
        "CODE", requirement, Level.MUST, "that it is right", observed, pointer=pointer, exchange=exchange
    )


def result(
    check: str,
    *findings: Finding,
    verdict: Verdict = Verdict.FAIL,
    reason: str | None = None,
    exchanges: tuple[int, ...] = (),
    configuration: str | None = None,
) -> CheckResult:
    return CheckResult(
        check, verdict, (), configuration=configuration, findings=findings, reason=reason, exchanges=exchanges
    )


def blocked(check: str, reason: str, *exchanges: int, configuration: str | None = None) -> CheckResult:
    return result(check, verdict=Verdict.BLOCKED, reason=reason, exchanges=exchanges, configuration=configuration)


def report(*results: CheckResult) -> dict[str, Any]:
    names = dict.fromkeys(each.check for each in results)
    infos = [CheckInfo(name, "area", Level.MUST, name, (), {}) for name in names]
    return dataclasses.replace(sample_report(), results=list(results), checks=infos).to_json()


def told(data: dict[str, Any]) -> list[list[str]]:
    return [[problem.check for problem in cause.members] for cause in failures(data).causes]


def test_checks_that_break_the_same_rule_have_one_cause() -> None:
    data = report(result("a", finding(HIGH, 1)), result("b", finding(CRITICAL, 2)), result("c", finding(HIGH, 3)))
    assert told(data) == [["b"], ["a", "c"]]
    follower = failures(data).causes[1].followers[0]
    assert follower.likeness == f"breaks the same rule, {HIGH}"


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ((7, "/exp"), (7, "/exp"), True),
        ((7, "/exp"), (7, "/iat"), False),
        ((7, None), (7, "/iat"), True),
        ((7, "/exp"), (7, None), True),
        ((7, "/exp"), (8, "/exp"), False),
        ((None, "/exp"), (None, "/exp"), False),
    ],
)
def test_checks_that_judge_the_same_answer_have_one_cause(
    first: tuple[int | None, str | None], second: tuple[int | None, str | None], together: bool
) -> None:
    data = report(result("a", finding(CRITICAL, *first)), result("b", finding(HIGH, *second)))
    assert told(data) == ([["a", "b"]] if together else [["a"], ["b"]])


def test_only_the_worst_finding_of_a_check_leads_it_to_a_cause() -> None:
    leader = result("leader", finding(CRITICAL, 1, "/a"), finding(LOW, 2, "/b"))
    assert told(report(leader, result("shared", finding(LOW, 9)))) == [["leader", "shared"]]
    assert told(report(leader, result("own", finding(HIGH, 5, "/c"), finding(LOW, 9)))) == [["leader"], ["own"]]


def test_likeness_does_not_go_on_from_one_follower_to_the_next() -> None:
    data = report(
        result("a", finding(CRITICAL, 1, "/x")),
        result("b", finding(HIGH, 1, "/x"), finding(LOW, 2, "/y")),
        result("c", finding(LOW, 2, "/y")),
    )
    assert told(data) == [["a", "b"], ["c"]]


def test_a_check_without_a_finding_stands_alone() -> None:
    assert told(report(result("a"), result("b"))) == [["a"], ["b"]]


def test_what_is_blocked_stands_under_the_failure_its_reason_names() -> None:
    reason = "no Access Token was issued: exchange 8 ended with HTTP 500"
    data = report(
        result("fine", finding(HIGH, 5)),
        result("root", finding(CRITICAL, 8)),
        blocked("x", reason, 5),
        blocked("y", reason),
        blocked("x", reason, configuration="other"),
    )
    found = failures(data)
    assert found.unexplained == ()
    under = {cause.leader.check: cause.blocked for cause in found.causes}
    assert under["fine"] is None
    assert under["root"] is not None
    assert (under["root"].checks, under["root"].results, under["root"].reason) == (("x", "y"), 3, reason)


def test_a_reason_without_an_exchange_is_explained_by_what_the_check_read() -> None:
    data = report(result("root", finding(CRITICAL, 8)), blocked("x", "the answer is no object", 7, 8))
    assert failures(data).unexplained == ()


def test_other_configurations_that_are_blocked_in_the_same_way_have_the_same_cause() -> None:
    data = report(
        result("root", finding(HIGH, 8)),
        blocked("x", "no token: exchange 8 ended with HTTP 200, 101 bytes", configuration="a"),
        blocked("x", "no token: exchange 63 ended with HTTP 200, 99 bytes", configuration="b"),
        blocked("y", "no second client is known: give [second_client] in assay.toml"),
    )
    found = failures(data)
    assert [each["check"] for each in found.unexplained] == ["y"]
    assert found.causes[0].blocked is not None
    assert found.causes[0].blocked.results == 2


def test_what_blocks_leads_its_cause_and_the_cause_weighs_as_its_worst_check() -> None:
    data = report(
        result("symptom", finding(CRITICAL, 19)),
        result("root", finding(HIGH, 8), finding(HIGH, 19)),
        blocked("x", "no token: exchange 8 ended with HTTP 200"),
        blocked("y", "no token: exchange 19 ended with HTTP 200"),
    )
    cause = failures(data).causes[0]
    assert [problem.check for problem in cause.members] == ["root", "symptom"]
    assert cause.severity == "critical"
    assert cause.blocked is not None
    assert cause.blocked.results == 2


def test_nothing_is_lost_by_grouping() -> None:
    data = sample_report().to_json()
    found = failures(data)
    members = [problem.check for cause in found.causes for problem in cause.members]
    assert sorted(members) == sorted(problem.check for problem in problems(data, Verdict.FAIL))
    folded = sum(cause.blocked.results for cause in found.causes if cause.blocked)
    assert folded + len(found.unexplained) == sum(each["verdict"] == "blocked" for each in data["results"])
    warned = [problem.check for cause in causes(data, Verdict.WARN) for problem in cause.members]
    assert sorted(warned) == sorted(problem.check for problem in problems(data, Verdict.WARN))


def test_answers_that_differ_in_numbers_are_one_violation() -> None:
    data = report(
        result("a", finding(HIGH, 1, observed="HTTP 200, 101 bytes")),
        result("a", finding(HIGH, 2, observed="HTTP 200, 99 bytes")),
        result("a", finding(HIGH, 3, observed="an array")),
    )
    violations = problems(data, Verdict.FAIL)[0].violations
    assert [(v.finding["observed"], v.varies, len(v.sightings)) for v in violations] == [
        ("HTTP 200, 101 bytes", True, 2), ("an array", False, 1),
    ]  # fmt: skip


# Settings


def undecided(*reasons: str, check: str = "a", verdict: Verdict = Verdict.NOT_APPLICABLE) -> list[dict[str, Any]]:
    return [result(check, verdict=verdict, reason=reason).to_json() for reason in reasons]


@pytest.mark.parametrize(
    ("reason", "setting"),
    [
        ("no second client is known: give [second_client] in assay.toml", "[second_client]"),
        ("no hook is known: [revoke]", "[revoke]"),
        ("give --vci-client-id and --vci-redirect-uri", "--vci-client-id, --vci-redirect-uri"),
        ("limits.max_wait_s in assay.toml or --vci-max-wait changes that", "limits.max_wait_s, --vci-max-wait"),
        ('tell assay.toml where the keys are: [trust] jwks = ["https://…"]', "[trust] jwks"),
        ("the wallet is registered with client authentication none", "[client] authentication"),
        ("the offer asks for no Transaction Code", "[[offer]] tx_code"),
    ],
)
def test_a_reason_leads_to_the_setting_that_would_change_it(reason: str, setting: str) -> None:
    assert [found.name for found in settings_needed(undecided(reason))] == [setting]


@pytest.mark.parametrize(
    "reason",
    ["issuer metadata has no display", "SD-JWT VCs are judged by draft-11 ([dialect] sd_jwt_vc)", "takes ['jwt']"],
)
def test_a_reason_that_no_setting_changes_names_none(reason: str) -> None:
    assert settings_needed(undecided(reason)) == []


def test_a_check_that_another_configuration_decided_needs_no_setting() -> None:
    results = [*undecided("no hook is known: [revoke]"), result("a", verdict=Verdict.PASS).to_json()]
    assert settings_needed(results) == []


def test_a_flow_that_was_tried_too_leaves_its_own_reason() -> None:
    flow = "the flow is not the Authorization Code Flow"
    assert settings_needed(undecided(flow, "issuer metadata has no display")) == []
    assert [found.name for found in settings_needed(undecided(flow))] == ["--vci-client-id, --vci-redirect-uri"]


def test_the_setting_that_helps_most_comes_first() -> None:
    results = [
        *undecided("no hook is known: [revoke]", check="a"),
        *(each for name in "bc" for each in undecided("give [second_client] in assay.toml", check=name)),
    ]
    assert [(found.name, found.checks) for found in settings_needed(results)] == [
        ("[second_client]", ("b", "c")), ("[revoke]", ("a",)),
    ]  # fmt: skip


# The command of a request


def request(method: str = "GET", body: str | None = None, **headers: str) -> dict[str, Any]:
    named = [[name.replace("_", "-"), value] for name, value in headers.items()]
    return {
        "method": method,
        "url": f"{ISSUER}/x?a=1&b=2",
        "request": {"headers": named, "body": body, "size": 0, "truncated": False},
    }


def test_a_request_is_told_as_a_command() -> None:
    assert shlex.split(str(curl(request(Accept="application/json", Host="x")))) == [
        "curl", "--include", "--header", "Accept: application/json", "--", f"{ISSUER}/x?a=1&b=2",
    ]  # fmt: skip
    assert shlex.split(str(curl(request("POST", "@/etc/passwd"))))[-5:] == [
        "POST", "--data-raw", "@/etc/passwd", "--", f"{ISSUER}/x?a=1&b=2",
    ]  # fmt: skip


def test_a_command_is_one_word_for_the_shell_whatever_an_issuer_writes() -> None:
    nasty = request(Accept="$(reboot) `reboot` '; reboot #")
    assert f"Accept: {nasty['request']['headers'][0][1]}" in shlex.split(str(curl(nasty)))


@pytest.mark.parametrize(
    "bad",
    [
        request(Authorization="Bearer x"),
        request(DPoP="eyJ"),
        request("POST", "code=‹redacted sha256:1a2b3c4d›"),
        request("POST", "line\nline"),
        request("POST", "x" * LIMIT),
        {**request(), "url": "file:///etc/passwd"},
        {**request(), "request": {**request()["request"], "truncated": True}},
    ],
)
def test_a_request_that_cannot_be_sent_again_as_it_is_has_no_command(bad: dict[str, Any]) -> None:
    assert curl(bad) is None


# The issuer at a glance


def test_the_overview_tells_what_was_announced_and_what_was_used() -> None:
    issuer = {
        "metadata": {
            "credential_endpoint": f"{ISSUER}/credential",
            "credential_request_encryption": {
                "jwks": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "k", "d": "x"}]}
            },
            "credential_configurations_supported": {
                "licence": {
                    "format": "mso_mdoc",
                    "doctype": "mDL",
                    "credential_signing_alg_values_supported": [-7, -9],
                },
                "card": {"format": "dc+sd-jwt", "vct": "v", "proof_types_supported": {"jwt": {}}},
            },
        },
        "authorization_servers": {ISSUER: {"token_endpoint": f"{ISSUER}/token"}},
        "credentials": {"licence:by-value": [{}, {}], "card:by-value": [{}]},
        "signers": [
            {
                "credentials": ["licence:by-value"],
                "algorithm": -7,
                "certificates": [{"sha256": "aa"}, {"sha256": "bb"}],
            },
            {"credentials": ["card:by-value"], "algorithm": "EdDSA", "key_id": "did:x#1", "certificates": []},
        ],
    }
    seen = overview(issuer)
    assert [(c.name, c.type, c.announced, c.used, c.bound_by, c.issued) for c in seen.configurations] == [
        ("licence", "mDL", "ES256 (-7), ESP256 (-9)", "ES256 (-7)", "", 2),
        ("card", "v", "", "EdDSA", "jwt", 1),
    ]
    assert [(c.facts["sha256"], c.credentials) for c in seen.certificates] == [
        ("aa", ("licence:by-value",)), ("bb", ("licence:by-value",)),
    ]  # fmt: skip
    assert [(k.name, k.kind, k.use) for k in seen.keys] == [
        ("did:x#1", "EdDSA", "signs card"),
        ("k", "EC, P-256", "encrypts Credential Requests, with secret members"),
    ]
    assert [name for name, _ in seen.endpoints] == ["credential_endpoint", "token_endpoint"]


@pytest.mark.parametrize("value", [None, [], "x", 1, {"credential_configurations_supported": [1]}, {"x": None}])
def test_the_overview_of_what_is_no_metadata_is_empty(value: Any) -> None:
    seen = overview(dict.fromkeys(("metadata", "authorization_servers", "credentials", "signers"), value))
    assert (seen.configurations, seen.certificates, seen.keys, seen.endpoints) == ((), (), (), ())
