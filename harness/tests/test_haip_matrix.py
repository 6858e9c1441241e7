"""Proof that each check of HAIP and of FAPI 2.0 can fail, that none fails without cause.

Each clean variant of the stricter profiles passes everything under its profile. Each fault that their own checks
look for makes exactly those of them fail or warn that declare it, with exactly the codes they declare. Checks that
these profiles share with OpenID4VCI 1.0 are proven there (``test_fault_matrix``).
"""

from __future__ import annotations

import asyncio
import fnmatch
from functools import cache
from pathlib import Path

import pytest

from harness import catalogue, checks, peer_plan
from harness.model import Verdict
from harness.reference import faults, variants
from harness.reference.high_assurance import HIGH_ASSURANCE
from harness.tests.bench import Outcome, all_checks, judge_reference, profile_of
from harness.tests.clean_runs import CleanRuns
from harness.tests.haip_fault_variants import ADVISED, VARIANTS, over_sockets_only
from harness.tests.test_fault_matrix import told

OWN = {
    name: check
    for name, check in checks.load().items()
    if check.function.__module__.startswith(("suites.haip.", "suites.fapi2."))
}
DECLARED = sorted({fault for check in OWN.values() for fault in check.proven_by})
OF_CONNECTIONS = {name for name, check in OWN.items() if any(map(over_sockets_only, check.proven_by))}
"""Checks of TLS, which judge nothing in process; ``test_tls_matrix`` proves them."""
NOISE = (Verdict.FAIL, Verdict.WARN)


def clean(variant: str) -> Outcome:
    return asyncio.run(judge_reference(variant))


@pytest.fixture(scope="module")
def clean_runs(run_folder: Path) -> CleanRuns:
    return CleanRuns(run_folder, clean)


@cache
def advised(variant: str) -> frozenset[str]:
    return frozenset(code for pattern in ADVISED if fnmatch.fnmatch(variant, pattern) for code in ADVISED[pattern])


@pytest.mark.parametrize("variant", sorted(HIGH_ASSURANCE))
def test_a_clean_variant_passes(variant: str, clean_runs: CleanRuns) -> None:
    run = clean_runs.of(variant)
    assert run.stopped is None
    assert run.codes == advised(variant)
    assert run.bad == ()


def test_every_check_passes_on_some_clean_variant(clean_runs: CleanRuns) -> None:
    passed = {check for variant in HIGH_ASSURANCE for check in clean_runs.of(variant).passed}
    assert sorted(OWN.keys() - OF_CONNECTIONS - passed) == []


@pytest.mark.parametrize("profile", ["haip-1.0", "fapi2-sp"])
def test_every_own_check_of_a_profile_passes_there_on_some_variant(profile: str, clean_runs: CleanRuns) -> None:
    names = [name for name, variant in HIGH_ASSURANCE.items() if profile_of(variant) == profile]
    passed = {check for variant in names for check in clean_runs.of(variant).passed}
    assert sorted((OWN.keys() & all_checks(profile).keys()) - OF_CONNECTIONS - passed) == []


def test_each_module_of_the_other_suite_has_a_check_that_passes_on_some_variant(clean_runs: CleanRuns) -> None:
    names = [name for name, variant in HIGH_ASSURANCE.items() if profile_of(variant) == "haip-1.0"]
    passed = {check for name in names for check in clean_runs.of(name).passed}
    unjudged = [
        module.name
        for module in peer_plan.plan().modules
        if not any(fnmatch.filter(passed, pattern) for pattern in module.checks)
    ]
    assert unjudged == []


def test_every_testable_requirement_has_a_check() -> None:
    tested = {name for check in checks.load().values() for name in check.requires}
    known = [item for item in catalogue.load().values() if item.id.split("-", 1)[0] in checks.FURTHER]
    assert [item.id for item in known if item.testable and item.level != "MAY" and item.id not in tested] == []
    assert [item.id for item in known if not item.testable and item.id in tested] == []


def test_every_check_is_proven_by_known_faults() -> None:
    known = faults.catalogue()
    assert [name for name, check in OWN.items() if not check.proven_by] == []
    assert [fault for fault in DECLARED if fault not in known] == []


def tried_on(fault: str) -> tuple[str, ...]:
    """Give the variants on which a fault is tried: those of the first pattern that fits."""
    found = (names for pattern, names in VARIANTS.items() if fnmatch.fnmatchcase(fault, pattern))
    return next(found, ("haip",))


@pytest.mark.parametrize("fault", [fault for fault in DECLARED if not over_sockets_only(fault)])
def test_a_fault_is_caught_by_exactly_the_checks_that_declare_it(fault: str, clean_runs: CleanRuns) -> None:
    seen: dict[str, set[str]] = {}
    declared = {name: set(check.proven_by[fault]) for name, check in OWN.items() if fault in check.proven_by}
    for variant in tried_on(fault):
        outcome = asyncio.run(judge_reference(variant, [fault], select=OWN.keys()))
        assert fault in outcome.fired, f"{fault} made no difference on {variant}"
        if outcome.stopped:
            continue
        errors = [told(result) for result in outcome.results if result.verdict is Verdict.ERROR]
        assert errors == [], f"on {variant}"
        for result in outcome.results:
            codes = {finding.code for finding in result.findings} - advised(variant)
            if result.verdict in NOISE and codes:
                seen.setdefault(result.check, set()).update(codes)
    assert seen == declared


def test_the_variants_are_known() -> None:
    assert {name for names in VARIANTS.values() for name in names} <= variants.everything().keys()
