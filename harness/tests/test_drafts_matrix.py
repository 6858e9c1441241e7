"""Proof that each check of what only a draft says can fail, that none fails without cause, and no fault is missed.

Each clean variant of a draft passes everything under that draft's profile. Each fault of what the draft has
otherwise makes exactly the checks fail or warn that declare it, with exactly the codes they declare. Checks that
drafts share with 1.0 are proven for 1.0 (``test_fault_matrix``) and tried under drafts in ``test_drafts_judged``.
"""

from __future__ import annotations

import asyncio
import fnmatch
from functools import cache

import pytest

from harness import catalogue, checks, versions
from harness.checks import Check
from harness.model import Verdict
from harness.reference import faults
from harness.reference.drafts.variants import DRAFT_VARIANTS
from harness.tests.bench import Outcome, all_checks, judge_reference
from harness.tests.draft_variants import UNPROVEN, VARIANTS
from harness.tests.test_fault_matrix import BAD, of_drafts, told

ADVISED = {
    "draft-16-encryption-response": {"METADATA-REQUEST-ENCRYPTION-MISSING"},
    "*-code-flow*": {"AUTHORIZATION-PAR-MISSING"},
    "*": {"CLIENT-METHODS-WEAK", "AS-SENDER-CONSTRAINT-MISSING"},
}
"""What clean variants are warned of, since they do not follow all advice: by patterns of their names."""
PROFILES = {name: f"oid4vci-{variant.version}" for name, variant in DRAFT_VARIANTS.items()}
NOISE = (Verdict.FAIL, Verdict.WARN)


def _own() -> dict[str, Check]:
    """The checks that name what only a draft says."""
    known = checks.load(prefixes=versions.PREFIXES)
    return {
        name: check
        for name, check in known.items()
        if any(item.split("-", 1)[0] in versions.DRAFTS for item in check.requires)
    }


OWN = _own()
SUITE = frozenset(
    name for name, check in OWN.items() if check.function.__module__.startswith("suites.oid4vci_drafts.")
)
FAULTS = sorted(fault for fault in faults.catalogue() if of_drafts(fault))
DECLARED = sorted({fault for name in OWN for fault in OWN[name].proven_by if of_drafts(fault)})


@cache
def clean(variant: str) -> Outcome:
    return asyncio.run(judge_reference(variant))


@pytest.mark.parametrize("variant", sorted(DRAFT_VARIANTS))
def test_a_clean_variant_passes(variant: str) -> None:
    outcome = clean(variant)
    assert outcome.stopped is None
    bad = [result for result in outcome.results if result.verdict in BAD]
    warned = {f.code for result in bad if result.verdict is Verdict.WARN for f in result.findings}
    assert warned <= {
        code for pattern, codes in ADVISED.items() if fnmatch.fnmatch(variant, pattern) for code in codes
    }
    assert [told(result) for result in bad if result.verdict is not Verdict.WARN] == []


def test_every_check_passes_on_some_clean_variant() -> None:
    passed = {r.check for variant in DRAFT_VARIANTS for r in clean(variant).results if r.verdict is Verdict.PASS}
    assert OWN
    assert sorted(OWN.keys() - passed) == []


def test_every_check_of_a_profile_of_a_draft_is_shown_able_to_pass_there() -> None:
    for profile in sorted(set(PROFILES.values())):
        passed = {
            result.check
            for variant, of in PROFILES.items()
            if of == profile
            for result in clean(variant).results
            if result.verdict is Verdict.PASS
        }
        own = OWN.keys() & all_checks(profile).keys()
        assert sorted(own - passed) == [], profile


def test_every_testable_requirement_of_a_draft_has_a_check() -> None:
    tested = {name for check in OWN.values() for name in check.requires}
    known = [item for item in catalogue.load().values() if item.id.split("-", 1)[0] in versions.DRAFTS]
    assert [item.id for item in known if item.testable and item.level != "MAY" and item.id not in tested] == []
    assert [item.id for item in known if not item.testable and item.id in tested] == []


def test_every_check_is_proven_by_known_faults() -> None:
    known = faults.catalogue()
    assert [name for name, check in OWN.items() if not check.proven_by] == []
    assert [fault for check in OWN.values() for fault in check.proven_by if fault not in known] == []


def test_every_fault_is_declared_or_known_to_be_for_nobody() -> None:
    patterns = {pattern for pattern in UNPROVEN for fault in FAULTS if fnmatch.fnmatchcase(fault, pattern)}
    left = [
        fault
        for fault in FAULTS
        if fault not in DECLARED and not any(fnmatch.fnmatchcase(fault, pattern) for pattern in UNPROVEN)
    ]
    assert left == []
    assert sorted(UNPROVEN.keys() - patterns) == []


def tried_on(fault: str) -> tuple[str, ...]:
    """Give the variants on which a fault is tried: those of the first pattern that fits."""
    found = (names for pattern, names in VARIANTS.items() if fnmatch.fnmatchcase(fault, pattern))
    return next(found, ("draft-14",))


@pytest.mark.parametrize("fault", DECLARED)
def test_a_fault_is_caught_by_exactly_the_checks_that_declare_it(fault: str) -> None:
    declared = {name: set(check.proven_by[fault]) for name, check in OWN.items() if fault in check.proven_by}
    seen: dict[str, set[str]] = {}
    for variant in tried_on(fault):
        outcome = asyncio.run(judge_reference(variant, [fault], select=SUITE | declared.keys()))
        assert outcome.stopped is None
        assert fault in outcome.fired, f"{fault} made no difference on {variant}"
        errors = [told(result) for result in outcome.results if result.verdict is Verdict.ERROR]
        assert errors == [], f"on {variant}"
        for result in outcome.results:
            if result.verdict in NOISE:
                codes = {finding.code for finding in result.findings}
                seen.setdefault(result.check, set()).update(codes)
    assert seen == declared
