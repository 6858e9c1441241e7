"""Proof that every check can fail, that none fails without cause, and that no fault goes unnoticed.

Each clean variant of the reference issuer passes everything that applies. Each fault makes exactly the
checks fail or warn that declare it, with exactly the codes they declare.

A rule that is let off or misreported can only show in a check that breaks it, a tolerance that is missing in one
that needs it, and a document that is spoiled in one that gets it: the clean runs tell which checks these are, and
only they and the declared ones are run again. Of a fault of credentials, or of metadata and offers, those that try
wrong requests are left out. ``ASSAY_WHOLE_MATRIX=1`` (``make matrix``) runs all checks for every fault.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from functools import cache
from pathlib import Path

import pytest

from harness.model import Verdict
from harness.reference import faults
from harness.reference.variants import VARIANTS
from harness.tests.bench import Outcome, all_checks, judge_reference, requirements
from harness.tests.clean_runs import BAD, CleanRuns, Met, told
from harness.tests.fault_variants import GOES_AGAINST_ADVICE, UNPROVEN, variants_for
from harness.tests.stricter_profiles import FAULTS_ONLY_THERE

__all__ = ["BAD", "told"]
"""What other matrices take from here."""


def clean(variant: str) -> Outcome:
    return asyncio.run(judge_reference(variant))


@pytest.fixture(scope="module")
def clean_runs(run_folder: Path) -> CleanRuns:
    return CleanRuns(run_folder, clean)


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_a_clean_variant_passes(variant: str, clean_runs: CleanRuns) -> None:
    run = clean_runs.of(variant)
    assert run.stopped is None
    assert run.codes == GOES_AGAINST_ADVICE.get(variant, set())
    assert run.bad == ()


def test_every_check_passes_on_some_clean_variant(clean_runs: CleanRuns) -> None:
    passed = {check for variant in VARIANTS for check in clean_runs.of(variant).passed}
    assert sorted(set(all_checks()) - passed) == []


def test_every_check_is_proven_by_a_fault() -> None:
    assert [name for name, check in all_checks().items() if not check.proven_by] == []


def test_checks_declare_known_faults_and_requirements_only() -> None:
    known = faults.catalogue()
    unknown = [
        f"{name}: {item}"
        for name, check in all_checks().items()
        for item in (*check.proven_by, *check.requires)
        if item not in known and item not in requirements()
    ]
    assert unknown == []


def test_every_testable_requirement_has_a_check() -> None:
    tested = {name for check in all_checks().values() for name in check.requires}
    untested = [
        requirement.id
        for requirement in requirements().values()
        if requirement.testable and requirement.level != "MAY" and requirement.id not in tested
    ]
    assert untested == []


def test_no_check_claims_an_untestable_requirement() -> None:
    claimed = [
        f"{name}: {item}"
        for name, check in all_checks().items()
        for item in check.requires
        if not requirements()[item].testable
    ]
    assert claimed == []


def test_what_no_check_is_proven_by_is_known_and_exists() -> None:
    assert set(UNPROVEN) <= set(faults.catalogue())


_OF_CREDENTIALS = frozenset(
    {
        *("sd-jwt", "jwt-vc", "ldp-vc", "type-metadata", "type-metadata-response", "type-picture", "type-schema"),
        *("mdoc", "mso", "issuer-auth", "issuer-signed", "mdoc-encoding", "document-signer", "iaca"),
        *("did-document", "did-document-response", "jwt-vc-issuer", "jwt-vc-issuer-response", "credential-keys"),
        *("status-list", "status-token", "status-response", "identifier-list", "status-credential"),
        *("status-credential-response", "status-aggregation", "status-aggregation-response"),
    }
)
"""Documents that are credentials, or that credentials point at."""
_ACROSS_FLOWS = frozenset({"deferral"})
"""Documents whose faults let one flow spoil another, so that it matters which were made before."""
_OF_LIFE = frozenset(
    {"revocation", "suspension", "renewal", "reissued", "reoffered", "changed", "series", "renewed_batch"}
)
"""Evidence of what becomes of credentials after their issuance."""
_REQUESTING = _OF_LIFE | {"access", "flow", "another_flow", "unredeemed", "transaction", "another_nonce"}
"""Evidence of checks that make requests of their own, to see what is answered."""


@cache
def reading() -> frozenset[str]:
    """Give the checks that look at what the right requests of a run brought."""
    return frozenset(name for name, check in all_checks().items() if _REQUESTING.isdisjoint(check.evidence))


@cache
def living() -> frozenset[str]:
    """Give the checks that look at what becomes of credentials after their issuance."""
    return frozenset(name for name, check in all_checks().items() if not _OF_LIFE.isdisjoint(check.evidence))


def concerned(fault: str, met: Met, declared: set[str]) -> str | Collection[str]:
    """Give the checks that a fault can show in.

    Those are the reading ones for a fault of credentials, or of what preflight has to read before all others: that
    a wrong request is refused for another reason than it should be, the declared ones show.
    """
    document, _, rule = fault.partition(":")
    if os.environ.get("ASSAY_WHOLE_MATRIX"):
        return "*"
    if document in _OF_CREDENTIALS:
        return reading() | declared
    if document == "status-operation":
        return living() | declared
    if document in _ACROSS_FLOWS:
        return "*"
    meeting = met.get(rule if document in ("accepts", "misreports", "rejects") else document, frozenset())
    if not meeting:
        return "*"
    return (reading() if "preflight" in meeting else meeting) | declared


def of_govuk(fault: str) -> bool:
    """Whether a fault is one of the department that issues to GOV.UK Wallet, which has a matrix of its own."""
    document, _, rule = fault.partition(":")
    return document.startswith("govuk-") or rule.startswith("govuk-")


def of_staff_passport(fault: str) -> bool:
    """Whether a fault is one of the sample portal or of the gateway of the Digital Staff Passport."""
    document, _, rule = fault.partition(":")
    return document.startswith("dsp-") or rule.startswith("dsp-")


def of_partisia(fault: str) -> bool:
    """Whether a fault is one of the simulated services of Partisia."""
    document, _, rule = fault.partition(":")
    return document.startswith("partisia-") or rule.startswith("partisia-")


def of_mattr(fault: str) -> bool:
    """Whether a fault is one of the simulated MATTR VII tenant."""
    document, _, rule = fault.partition(":")
    return document.startswith("mattr-") or rule.startswith("mattr-")


def of_drafts(fault: str) -> bool:
    """Whether a fault is one of what only earlier drafts of OpenID4VCI have."""
    document, _, rule = fault.partition(":")
    return (rule if document in ("accepts", "misreports", "rejects") else document).startswith("draft-")


def of_stricter_profiles(fault: str) -> bool:
    """Whether a fault is one that only checks of HAIP or FAPI 2.0 look for."""
    return fault in FAULTS_ONLY_THERE


ELSEWHERE = (of_govuk, of_staff_passport, of_partisia, of_mattr, of_drafts, of_stricter_profiles)
"""Tell the faults that other matrices are about."""
FAULTS = {fault for fault in faults.catalogue() if not any(theirs(fault) for theirs in ELSEWHERE)}


@pytest.mark.parametrize("fault", sorted(FAULTS - set(UNPROVEN)))
def test_a_fault_is_caught_by_exactly_the_checks_that_declare_it(fault: str, clean_runs: CleanRuns) -> None:
    declared = {
        name: set(check.proven_by[fault]) for name, check in all_checks().items() if fault in check.proven_by
    }
    assert declared, f"no check is proven by {fault}"
    seen: dict[str, set[str]] = {}
    for variant in variants_for(fault):
        select = concerned(fault, clean_runs.met(variant), set(declared))
        outcome = asyncio.run(judge_reference(variant, [fault], select=select))
        assert fault in outcome.fired, f"{fault} made no difference on {variant}"
        if outcome.stopped:
            continue
        errors = [told(result) for result in outcome.results if result.verdict is Verdict.ERROR]
        assert errors == [], f"on {variant}"
        found: set[str] = set()
        for result in outcome.results:
            if result.verdict in (Verdict.FAIL, Verdict.WARN):
                due = GOES_AGAINST_ADVICE.get(variant, set())
                if codes := {finding.code for finding in result.findings} - due:
                    seen.setdefault(result.check, set()).update(codes)
                    found |= codes
        blocked = any(result.verdict is Verdict.BLOCKED for result in outcome.results)
        assert found or not blocked, f"only blocked on {variant}"
    assert seen == declared
