"""Whole runs with the profiles of HAIP and of FAPI 2.0, and what they leave alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import httpx
import pytest

from harness import checks
from harness.model import Verdict
from harness.reference.degenerate import DEGENERATE
from harness.reference.high_assurance import HIGH_ASSURANCE
from harness.tests.bench import all_checks, judge_issuer, judge_reference, requirements
from harness.tests.clean_runs import told
from harness.tests.test_degenerate import IN_PROCESS, survived
from harness.tests.test_plugin import ROOT, judge, last_line, report

OWN = ("suites.haip.", "suites.fapi2.")
BRIEFLY = ("--vci-max-wait", "2")
"""What is waited for takes more than a minute by the clock."""


def own(profile: str) -> set[str]:
    """Give the checks of a profile that no other profile has."""
    known = all_checks(profile).items()
    return {name for name, check in known if check.function.__module__.startswith(OWN)}


def with_verdict(results: list[Mapping[str, Any]], *verdicts: str) -> set[str]:
    return {each["check"] for each in results if each["verdict"] in verdicts}


@pytest.mark.parametrize("profile", ["haip-1.0", "fapi2-sp"])
def test_the_bundled_issuer_keeps_to_the_profile(pytester: pytest.Pytester, profile: str) -> None:
    of_one = ("--vci-configuration", "identity_credential")
    result = judge(pytester, "--issuer-url", "reference", "--vci-profile", profile, *of_one, *BRIEFLY)
    results = report(pytester)["results"]
    assert with_verdict(results, "fail", "error") == set(), result.stdout.str()
    late = [each for each in results if each["verdict"] == "blocked"]
    assert [each["reason"] for each in late if "the run waits 2 s at most" not in each["reason"]] == []
    assert last_line(result).startswith("INCOMPLETE: Nothing failed, ")
    judged = with_verdict(results, "pass", "not-applicable", "warn")
    assert own(profile) - judged == own(profile) & {each["check"] for each in late}
    assert len(own(profile) & with_verdict(results, "pass")) > len(own(profile)) / 2


def test_another_issuer_does_not_conform_and_is_told_why(pytester: pytest.Pytester) -> None:
    bundled = (ROOT / "harness" / "profiles" / "haip-1.0.toml").read_text()
    assert 'reference_variant = "haip"' in bundled
    (pytester.path / "mine.toml").write_text(
        bundled.replace('reference_variant = "haip"', 'reference_variant = "default"')
    )
    result = judge(pytester, "--issuer-url", "reference", "--vci-profile", "mine.toml", *BRIEFLY)
    assert result.ret == 1, result.stdout.str()
    assert last_line(result).startswith("NOT CONFORMANT: ")
    results = report(pytester)["results"]
    assert {"haip-code-flow", "haip-offer-grant"} <= with_verdict(results, "fail")
    assert with_verdict(results, "error") == set()
    for text in (result.stdout.str(), result.stderr.str()):
        assert "Traceback" not in text
        assert "internal error" not in text
    assert "HAIP 1.0, 4 (HAIP-4-01)" in result.stdout.str()


@pytest.mark.parametrize("variant", ["complete", "minimal", "ldp-vc", "mdoc", "several-as", "dpop-deferred"])
@pytest.mark.parametrize("profile", ["haip-1.0", "fapi2-sp"])
def test_the_own_checks_cope_with_issuers_of_every_kind(profile: str, variant: str) -> None:
    outcome = asyncio.run(judge_reference(variant, profile=profile, select=own(profile)))
    assert outcome.stopped is None
    assert [told(each) for each in outcome.results if each.verdict is Verdict.ERROR] == []
    assert any(each.verdict is Verdict.FAIL for each in outcome.results)


@pytest.mark.parametrize("name", [name for name in IN_PROCESS if "draft" not in name])
def test_the_own_checks_survive_an_issuer_that_misbehaves(name: str) -> None:
    degenerate = DEGENERATE[name]()
    way = httpx.ASGITransport(degenerate)
    survived(asyncio.run(judge_issuer(degenerate.issuer, way, profile="haip-1.0", select=own("haip-1.0"))))


# What the other profiles keep


def test_nothing_of_the_stricter_profiles_judges_in_others() -> None:
    for profile in ("oid4vci-1.0", "oid4vci-draft-15"):
        assert {name.split("-", 1)[0] for name in requirements(profile)}.isdisjoint(checks.FURTHER)
        for check in all_checks(profile).values():
            judging = set(check.requires) - check.dormant
            assert {name.split("-", 1)[0] for name in judging}.isdisjoint(checks.FURTHER), check.id
            assert not check.function.__module__.startswith(OWN)


def test_an_issuer_of_the_stricter_profile_conforms_to_the_version_as_well() -> None:
    outcome = asyncio.run(judge_reference("haip", profile="oid4vci-1.0"))
    assert outcome.stopped is None
    assert {each.verdict for each in outcome.results} == {Verdict.PASS, Verdict.NOT_APPLICABLE}


# Shapes that no clean variant has

SHAPES: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "tokens for one request": (
        "haip-deferred-encrypted",
        {"single_access": True, "configurations": ("identity_credential",)},
        ("dpop-*", "deferred-*", "encryption-*"),
    ),
    "tokens that end before the credentials are there": (
        "haip-deferred-encrypted",
        {"token_lifetime": 60, "interval": 3, "configurations": ("identity_credential",)},
        ("*",),
    ),
    "tokens that end while others wait": (
        "haip",
        {"token_lifetime": 30, "configurations": ("driving_licence",)},
        ("code-*", "fapi2-*", "par-*", "notification-*"),
    ),
    "a key attestation for all keys": (
        "haip-both-grants",
        {"proof_types": ("jwt", "attestation"), "key_attestation": {}, "login": "page"},
        ("authorization-*", "haip-*", "key-attestation-*", "proof-*", "token-*"),
    ),
}
"""What is different from a clean variant, and the checks that such a shape matters to."""


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_issuer_can_conform(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    base, changes, chosen = SHAPES[shape]
    monkeypatch.setitem(HIGH_ASSURANCE, "shape", replace(HIGH_ASSURANCE[base], name="shape", **changes))
    names = [name for name in all_checks("haip-1.0") if any(fnmatchcase(name, pattern) for pattern in chosen)]
    outcome = asyncio.run(judge_reference("shape", select=names))
    assert outcome.stopped is None
    lawful = (Verdict.PASS, Verdict.NOT_APPLICABLE)
    assert [told(each) for each in outcome.results if each.verdict not in lawful] == []
