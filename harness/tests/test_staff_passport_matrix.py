"""Proof that every check of the Staff Passport can fail, that none fails without cause, and no fault is missed.

Each clean variant of the sample portal passes everything that applies, and so does the bundled gateway. Each fault
makes exactly the checks fail or warn that declare it, with exactly the codes they declare; only those are run
again that met the fault's rule or document in the clean run, or all with ``ASSAY_WHOLE_MATRIX=1``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from pathlib import Path

import pytest

from harness.checks import Check
from harness.model import Verdict
from harness.reference import faults
from harness.reference.staff_passport.variants import PORTAL_VARIANTS
from harness.tests.bench import Outcome
from harness.tests.clean_runs import CleanRuns, told
from harness.tests.staff_passport_fault_variants import OPTIONS, settings_for, unproven, variants_for
from harness.tests.staff_passport_judging import (
    GATEWAY,
    PORTAL,
    checks_of,
    judge_gateway,
    judge_portal,
    requirements,
)

PROFILES = (PORTAL, GATEWAY)


def of_gateway(fault: str) -> bool:
    """Whether a fault is one of the bundled gateway."""
    document, _, rule = fault.partition(":")
    return document.startswith("dsp-gateway") or rule.startswith("dsp-gateway")


def of_portal(fault: str) -> bool:
    """Whether a fault is one of the sample portal."""
    document, _, rule = fault.partition(":")
    return (document.startswith("dsp-") or rule.startswith("dsp-")) and not of_gateway(fault)


CHECKS: dict[str, dict[str, Check]] = {profile: checks_of(profile) for profile in PROFILES}
FAULTS = sorted(fault for fault in faults.catalogue() if of_portal(fault) or of_gateway(fault))
DECLARED = {
    profile: sorted({fault for check in known.values() for fault in check.proven_by})
    for profile, known in CHECKS.items()
}


def named(variant: str, settings: str = "") -> str:
    """Name a variant, with the settings of the run."""
    return f"{variant},{settings}"


def clean(name: str) -> Outcome:
    variant, _, settings = name.partition(",")
    told = OPTIONS[settings]
    return asyncio.run(judge_gateway(**told) if variant == GATEWAY else judge_portal(variant=variant, **told))


@pytest.fixture(scope="module")
def clean_runs(run_folder: Path) -> CleanRuns:
    return CleanRuns(run_folder, clean)


@pytest.mark.parametrize("variant", [*sorted(PORTAL_VARIANTS), GATEWAY])
def test_a_clean_variant_passes(variant: str, clean_runs: CleanRuns) -> None:
    run = clean_runs.of(named(variant))
    assert run.stopped is None
    assert run.bad + run.warned == ()


def test_a_clean_portal_passes_by_the_schema_of_a_team(clean_runs: CleanRuns) -> None:
    run = clean_runs.of(named(PORTAL, "schema"))
    assert run.bad + run.warned == ()


@pytest.mark.parametrize("profile", PROFILES)
def test_every_check_passes_on_some_clean_variant(profile: str, clean_runs: CleanRuns) -> None:
    portals = [*map(named, PORTAL_VARIANTS), named(PORTAL, "schema")]
    names = [named(GATEWAY)] if profile == GATEWAY else portals
    passed = {check for name in names for check in clean_runs.of(name).passed}
    assert CHECKS[profile]
    assert sorted(CHECKS[profile].keys() - passed) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_every_check_is_proven_by_a_known_fault_and_names_testable_requirements(profile: str) -> None:
    known = faults.catalogue()
    unproved = [name for name, check in CHECKS[profile].items() if not check.proven_by]
    unknown = [fault for fault in DECLARED[profile] if fault not in known]
    untestable = [
        f"{name}: {item}"
        for name, check in CHECKS[profile].items()
        for item in check.requires
        if not requirements(profile)[item].testable
    ]
    assert unproved + unknown + untestable == []


@pytest.mark.parametrize("profile", PROFILES)
def test_every_testable_requirement_has_a_check(profile: str) -> None:
    tested = {name for check in CHECKS[profile].values() for name in check.requires}
    untested = [
        item.id
        for item in requirements(profile).values()
        if item.testable and item.level != "MAY" and item.id not in tested
    ]
    assert untested == []


def test_every_fault_is_declared_or_known_to_break_nothing() -> None:
    declared = {fault for known in DECLARED.values() for fault in known}
    assert [fault for fault in FAULTS if fault not in declared and not unproven(fault)] == []
    assert [fault for fault in declared if unproven(fault)] == []


def concerned(fault: str, profile: str, variant: str, clean_runs: CleanRuns) -> Collection[str]:
    """Give the checks that a fault can show in: those that met its rule or document in the clean run."""
    point, _, rule = fault.partition(":")
    meeting = clean_runs.met(named(variant, settings_for(fault))).get(
        rule if point in ("accepts", "misreports", "rejects") else point, frozenset()
    )
    if not meeting or "preflight" in meeting or os.environ.get("ASSAY_WHOLE_MATRIX"):
        return CHECKS[profile].keys()
    return meeting | declared(profile, fault).keys()


@pytest.mark.parametrize("fault", DECLARED[PORTAL])
def test_a_fault_of_a_portal_is_caught_by_exactly_the_checks_that_declare_it(
    fault: str, clean_runs: CleanRuns
) -> None:
    seen: dict[str, set[str]] = {}
    for variant in variants_for(fault):
        wanted = concerned(fault, PORTAL, variant, clean_runs)
        options = OPTIONS[settings_for(fault)]
        noted(fault, asyncio.run(judge_portal([fault], variant=variant, select=wanted, **options)), seen)
    assert seen == declared(PORTAL, fault)


@pytest.mark.parametrize("fault", DECLARED[GATEWAY])
def test_a_fault_of_a_gateway_is_caught_by_exactly_the_checks_that_declare_it(
    fault: str, clean_runs: CleanRuns
) -> None:
    seen: dict[str, set[str]] = {}
    wanted = concerned(fault, GATEWAY, GATEWAY, clean_runs)
    noted(fault, asyncio.run(judge_gateway([fault], select=wanted, **OPTIONS[settings_for(fault)])), seen)
    assert seen == declared(GATEWAY, fault)


def declared(profile: str, fault: str) -> dict[str, set[str]]:
    return {
        name: set(check.proven_by[fault]) for name, check in CHECKS[profile].items() if fault in check.proven_by
    }


def noted(fault: str, outcome: Outcome, seen: dict[str, set[str]]) -> None:
    assert fault in outcome.fired, f"{fault} made no difference"
    assert outcome.stopped is None
    assert [told(result) for result in outcome.results if result.verdict is Verdict.ERROR] == []
    for result in outcome.results:
        if result.verdict in (Verdict.FAIL, Verdict.WARN):
            seen.setdefault(result.check, set()).update(finding.code for finding in result.findings)
