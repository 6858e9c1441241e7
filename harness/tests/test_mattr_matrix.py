"""Proof that every check of MATTR VII can fail, that none fails without cause, and no fault is missed.

The tenant as documented passes but for what it documents otherwise, the corrected one passes everything. Each
fault makes exactly the checks fail or warn that declare it, with exactly the codes they declare.
"""

from __future__ import annotations

import asyncio
import fnmatch
from functools import cache
from pathlib import Path

import pytest

from harness.model import Verdict
from harness.reference import faults
from harness.tests.bench import Outcome
from harness.tests.mattr_bench import CORRECTED, DOCUMENTED
from harness.tests.mattr_judging import checks_of, judge_mattr, requirements
from harness.tests.test_fault_matrix import of_mattr, told

DEVIATIONS = {DOCUMENTED: {"mattr-token-code-once": {"MATTR-CODE-TWICE"}}, CORRECTED: {}}
"""What the clean variants warn of: the documents let a code be redeemed until the credential is issued."""
VARIANTS = {
    "accepts:mattr-token.code-unused": CORRECTED,
    "mattr-server-metadata:token-endpoint-missing": CORRECTED,
}
"""Fault to the variant that has what the fault spoils, where that is not the documented one."""
STOPPED = {
    "mattr-metadata-response:absent": "no issuer metadata",
    "mattr-metadata-response:private": "no issuer metadata",
}
"""Faults that end a run before the first check, with what it says."""
UNPROVEN = {
    # The checks of OpenID4VCI say how something is refused; here it only must not be handed out.
    "misreports:*": "how a tenant refuses is for the checks of the specification",
    "mattr-token-error-response:*": "how a tenant refuses is for the checks of the specification",
    "mattr-credential-error-response:*": "how a tenant refuses is for the checks of the specification",
    "mattr-challenge-response:*": "how a tenant refuses is for the checks of the specification",
    "mattr-token-response:cacheable": "that is for the checks of the specification",
    "mattr-token:access-token-guessable": "that is for the checks of the specification",
    "mattr-credential-response:text": "that is for the checks of the specification",
    "mattr-credential:singular": "the documents have it so",
    "mattr-metadata-response:text": "the documents do not speak of the media type",
    "mattr-metadata:credential-endpoint-http": "that is for the checks of the specification",
    "mattr-metadata:nonce-endpoint-idle": "the documents know no nonce endpoint",
    "mattr-metadata:configuration-absent": "what is not described is not tested",
    "mattr-metadata:token-endpoint-missing": "the metadata of the server name it, too",
    "mattr-server-metadata:issuer-other": "that is for the checks of the specification",
    "mattr-offer:ids-missing": "the older name of the member will do",
    "mattr-vc:*": "offers are for mobile documents",
    "mattr-iaca:stranger": "a document signer of the same authority is made with it",
    "rejects:mattr-credential.by-id": "the documents have requests by format",
    "*:mattr-token.form": "that is for the checks of the specification",
    "*:mattr-token.once": "that is for the checks of the specification",
    "*:mattr-token.grant-type*": "that is for the checks of the specification",
    "*:mattr-token.tx-code-expected": "that is for the checks of the specification",
    "*:mattr-credential.json": "that is for the checks of the specification",
    "*:mattr-credential.named": "that is for the checks of the specification",
    "*:mattr-credential.configuration": "that is for the checks of the specification",
    "*:mattr-credential.token-fresh": "an access token lives for an hour",
    "accepts:mattr-proof.*": "signature, audience and date stand for all that is judged of a proof",
    "*:mattr-admin.credentials": "the login of administrators is no part of the workflow",
    "*:mattr-offers.json": "a back end sends no such request",
    "*:mattr-offers.configurations": "a back end sends no such request",
    "*:mattr-offers.claims": "a back end sends no such request",
    "*:mattr-offers.transaction-code": "a back end sends no such request",
    "accepts:mattr-credential.claims-source": "documents disagree on a source that fails without a required claim",
    "mattr-status-response:refused": "the status is changed by the team, not by the run",
}
"""Fault, or a pattern of them, to the reason why no check looks for it."""

CHECKS = checks_of()
FAULTS = sorted(fault for fault in faults.catalogue() if of_mattr(fault))
DECLARED = sorted({fault for check in CHECKS.values() for fault in check.proven_by})
NOISE = (Verdict.FAIL, Verdict.WARN)


@cache
def clean(variant: str, folder: Path) -> Outcome:
    return asyncio.run(judge_mattr(folder=folder, variant=variant))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mattr")


def seen(outcome: Outcome) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for result in outcome.results:
        if result.verdict in NOISE:
            found.setdefault(result.check, set()).update(finding.code for finding in result.findings)
    return found


@pytest.mark.parametrize("variant", [DOCUMENTED, CORRECTED])
def test_a_clean_variant_shows_what_it_documents_otherwise_and_nothing_else(variant: str, folder: Path) -> None:
    outcome = clean(variant, folder)
    assert outcome.stopped is None
    assert seen(outcome) == DEVIATIONS[variant]
    bad = (Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED)
    assert [told(result) for result in outcome.results if result.verdict in bad] == []


def test_every_check_passes_on_some_clean_variant(folder: Path) -> None:
    outcomes = [clean(variant, folder) for variant in (DOCUMENTED, CORRECTED)]
    passed = {result.check for each in outcomes for result in each.results if result.verdict is Verdict.PASS}
    assert CHECKS
    assert sorted(CHECKS.keys() - passed) == []


def test_every_check_is_proven_by_a_known_fault_and_names_testable_requirements() -> None:
    known = faults.catalogue()
    assert [name for name, check in CHECKS.items() if not check.proven_by] == []
    assert [fault for fault in DECLARED if fault not in known] == []
    named = {item for check in CHECKS.values() for item in check.requires}
    assert [item for item in named if not requirements()[item].testable] == []


def test_every_testable_requirement_has_a_check() -> None:
    tested = {name for check in CHECKS.values() for name in check.requires}
    assert [item.id for item in requirements().values() if item.testable and item.id not in tested] == []


def unproven(fault: str) -> bool:
    return any(fnmatch.fnmatchcase(fault, pattern) for pattern in UNPROVEN)


def test_every_fault_is_declared_or_known_to_be_for_others() -> None:
    left = [f for f in FAULTS if f not in DECLARED and f not in STOPPED and not unproven(f)]
    assert left == []
    matched = {pattern for pattern in UNPROVEN for fault in FAULTS if fnmatch.fnmatchcase(fault, pattern)}
    assert sorted(UNPROVEN.keys() - matched) == []


@pytest.mark.parametrize("fault", sorted(STOPPED))
def test_a_tenant_without_metadata_ends_the_run(fault: str, folder: Path) -> None:
    stopped = asyncio.run(judge_mattr([fault], folder=folder)).stopped
    assert stopped is not None
    assert STOPPED[fault] in stopped


@pytest.mark.parametrize("fault", DECLARED)
def test_a_fault_is_caught_by_exactly_the_checks_that_declare_it(fault: str, folder: Path) -> None:
    variant = VARIANTS.get(fault, DOCUMENTED)
    outcome = asyncio.run(judge_mattr([fault], folder=folder, variant=variant))
    assert fault in outcome.fired
    assert outcome.stopped is None
    assert [told(result) for result in outcome.results if result.verdict is Verdict.ERROR] == []
    declared = {name: set(check.proven_by[fault]) for name, check in CHECKS.items() if fault in check.proven_by}
    found = seen(outcome)
    for name in DEVIATIONS[variant]:
        found.pop(name, None)
    assert found == declared
