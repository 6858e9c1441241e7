"""Proof that every check of GOV.UK Wallet can fail, that none fails without cause, and that no fault is missed.

Each clean variant of the department passes everything that applies. Each fault makes exactly the checks of the
suite fail or warn that declare it, with exactly the codes they declare; only those are run again that met the
fault's rule or document in the clean run, without those that travel through the web service where the fault is
none of it. ``ASSAY_WHOLE_MATRIX=1`` runs all. Checks that this profile shares with that of OpenID4VCI 1.0 are
proven by the reference issuer.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from pathlib import Path

import pytest

from harness.model import Verdict
from harness.reference import faults
from harness.reference.govuk.variants import GOVUK_VARIANTS
from harness.tests.bench import Outcome
from harness.tests.clean_runs import CleanRuns, Met, told
from harness.tests.govuk_fault_variants import UNPROVEN, variants_for
from harness.tests.govuk_judging import govuk_checks, judge_govuk, requirements
from harness.tests.test_fault_matrix import of_govuk

OWN = {
    name: check for name, check in govuk_checks().items() if check.function.__module__.startswith("suites.govuk")
}
FAULTS = sorted(fault for fault in faults.catalogue() if of_govuk(fault))
DECLARED = sorted({fault for check in govuk_checks().values() for fault in check.proven_by if of_govuk(fault)})


def clean(variant: str) -> Outcome:
    return asyncio.run(judge_govuk(variant))


@pytest.fixture(scope="module")
def clean_runs(run_folder: Path) -> CleanRuns:
    return CleanRuns(run_folder, clean)


@pytest.mark.parametrize("variant", sorted(GOVUK_VARIANTS))
def test_a_clean_variant_passes(variant: str, clean_runs: CleanRuns) -> None:
    run = clean_runs.of(variant)
    assert run.stopped is None
    assert run.bad + run.warned == ()


def test_every_check_passes_on_some_clean_variant(clean_runs: CleanRuns) -> None:
    passed = {check for variant in GOVUK_VARIANTS for check in clean_runs.of(variant).passed}
    assert sorted(set(OWN) - passed) == []


def test_every_check_is_proven_by_a_fault() -> None:
    assert [name for name, check in OWN.items() if not check.proven_by] == []


def test_checks_declare_known_faults_and_testable_requirements_only() -> None:
    known = faults.catalogue()
    unknown = [
        f"{name}: {fault}" for name, check in OWN.items() for fault in check.proven_by if fault not in known
    ]
    untestable = [
        f"{name}: {item}"
        for name, check in OWN.items()
        for item in check.requires
        if not requirements()[item].testable
    ]
    assert unknown + untestable == []


def test_every_testable_requirement_has_a_check() -> None:
    tested = {name for check in govuk_checks().values() for name in check.requires}
    untested = [
        requirement.id
        for requirement in requirements().values()
        if requirement.id.startswith(("GOVUK-", "ONELOGIN-"))
        and requirement.testable
        and requirement.level != "MAY"
        and requirement.id not in tested
    ]
    assert untested == []


def test_every_fault_is_declared_or_known_to_break_nothing() -> None:
    assert [fault for fault in FAULTS if fault not in DECLARED and fault not in UNPROVEN] == []


_TRAVELLING = frozenset({"journeys", "sign_ins", "return_journey"})
"""Evidence of checks that travel through the web service again and again, to see how it signs users in."""
_OF_THE_WEB_SERVICE = frozenset(
    {
        *("govuk-authorization-request", "govuk-token-request", "govuk-page", "govuk-reissue", "govuk-request"),
        *("govuk-sign-out-request", "govuk-client-jwks", "govuk-client-jwks-response", "govuk-logout"),
        *("govuk-offer-page", "govuk-remembered", "govuk-registration", "govuk-visit", "govuk-sign-in-failure"),
        *("govuk-sign-out", "govuk-offered", "govuk-revocation", "accepts", "misreports", "rejects"),
    }
)
"""Where a fault can show in these; all others are of what the Credential Issuer says to a wallet."""
_REQUESTING = _TRAVELLING | {"minted", "access", "flow", "another_flow"}
"""Evidence of checks that make requests of their own, to see what is answered."""
_OF_READING = frozenset(
    {
        *("govuk-vc", "govuk-mdoc", "govuk-did-document", "govuk-iacas", "govuk-making", "govuk-jwks"),
        *("govuk-metadata", "govuk-offer", "govuk-offer-link", "govuk-code"),
    }
)
"""Documents that every run reads; a fault of theirs shows in the reading of them."""


def concerned(fault: str, met: Met, declared: set[str]) -> Collection[str]:
    """Give the checks that a fault can show in.

    Args:
        met: what the checks met without the fault.
        declared: those that declare it.

    """
    point, _, rule = fault.partition(":")
    meeting = met.get(rule if point in ("accepts", "misreports", "rejects") else point, frozenset())
    if os.environ.get("ASSAY_WHOLE_MATRIX"):
        return OWN.keys() | declared
    if not meeting or "preflight" in meeting:
        meeting = frozenset(OWN)
    if point not in _OF_THE_WEB_SERVICE:
        without = _REQUESTING if point in _OF_READING else _TRAVELLING
        meeting = frozenset(name for name in meeting & OWN.keys() if without.isdisjoint(OWN[name].evidence))
    return (meeting & OWN.keys()) | declared


@pytest.mark.parametrize("fault", DECLARED)
def test_a_fault_is_caught_by_exactly_the_checks_that_declare_it(fault: str, clean_runs: CleanRuns) -> None:
    declared = {
        name: set(check.proven_by[fault]) for name, check in govuk_checks().items() if fault in check.proven_by
    }
    seen: dict[str, set[str]] = {}
    for variant in variants_for(fault):
        select = concerned(fault, clean_runs.met(variant), set(declared))
        outcome = asyncio.run(judge_govuk(variant, [fault], select=select))
        assert fault in outcome.fired, f"{fault} made no difference on {variant}"
        assert outcome.stopped is None
        errors = [told(result) for result in outcome.results if result.verdict is Verdict.ERROR]
        assert errors == [], f"on {variant}"
        for result in outcome.results:
            if result.verdict in (Verdict.FAIL, Verdict.WARN) and (
                result.check in OWN or result.check in declared
            ):
                seen.setdefault(result.check, set()).update(finding.code for finding in result.findings)
    assert seen == declared
