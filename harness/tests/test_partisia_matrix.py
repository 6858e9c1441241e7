"""Proof that every check of Partisia can fail, that none fails without cause, and no fault is missed.

The services as documented show what the table of peculiarities has, the corrected ones nothing. Each fault makes
exactly the checks fail or warn that declare it, with exactly the codes they declare.
"""

from __future__ import annotations

import asyncio
import fnmatch
from functools import cache
from pathlib import Path

import pytest

from harness.model import Verdict
from harness.reference import faults
from harness.tests.partisia_judging import DIALECT, Judged, judge_partisia, own_checks, own_requirements
from harness.tests.test_fault_matrix import of_partisia, told
from harness.tests.test_vendors_partisia import DOCUMENTED, FIXED

DEVIATIONS = {
    DOCUMENTED: {
        "partisia-metadata-by-the-letter": {"PARTISIA-METADATA-ELSEWHERE"},
        "partisia-metadata-issuer-spelled": {"PARTISIA-METADATA-ISSUER-SLASH"},
        "partisia-metadata-claims": {"PARTISIA-METADATA-CLAIMS"},
        "partisia-metadata-data-model": {"PARTISIA-METADATA-DATA-MODEL"},
        "partisia-credential-configuration-known": {"PARTISIA-CONFIGURATION-ERROR-EARLIER"},
    },
    FIXED: {},
}
"""What the clean variants warn of: PK2, PK1, PK5, PK6 and PK36."""
CORRECTED = {
    "accepts:partisia-credential.configuration-known",
    "misreports:partisia-credential.configuration-known",
    "partisia-error:earlier-name",
    "partisia-metadata:claims-in-definition",
    "partisia-metadata:context-2-0",
    "partisia-offer:issuer-slash",
    "rejects:partisia-proof.plural",
}
"""Faults that show at the corrected services only."""
STOPPED = {
    "partisia-metadata-response:absent": "no issuer metadata",
    "partisia-metadata-response:array": "is JSON but no object",
    "partisia-metadata-response:no-json": "is not JSON",
    "partisia-offer-response:absent": "no usable offer",
    "partisia-offer-response:no-json": "no usable offer",
    "partisia-offer:other-grant": "the offer is for the Authorization Code Flow",
}
"""Faults that end a run before the first check, with what it says."""
UNPROVEN = {
    "misreports:partisia-credential.configuration-present": "no error is documented",
    "misreports:partisia-credential.json": "no error is documented",
    "misreports:partisia-credential.one-name": "no error is documented",
    "misreports:partisia-credential.token-unexpired": "unknown and missing tokens stand for it",
    "misreports:partisia-proof.*": "no error is documented",
    "misreports:partisia-token.code-present": "no error is documented",
    "misreports:partisia-token.code-unexpired": "no error is documented",
    "misreports:partisia-token.code-unused": "no error is documented",
    "misreports:partisia-token.form": "no error is documented",
    "misreports:partisia-token.grant-type*": "no error is documented",
    "misreports:partisia-token.once": "no error is documented",
    "*:partisia-token.code-unexpired": "how long a code lives is not documented",
    # The page tells what a wallet sends, and these are requests that it would not send.
    "accepts:partisia-token.form": "that is for the checks of the specification",
    "accepts:partisia-token.once": "that is for the checks of the specification",
    "accepts:partisia-token.grant-type": "that is for the checks of the specification",
    "accepts:partisia-token.code-present": "a code that no offer has stands for it",
    "accepts:partisia-credential.json": "that is for the checks of the specification",
    "accepts:partisia-credential.configuration-present": "that is for the checks of the specification",
    "accepts:partisia-credential.one-name": "that is for the checks of the specification",
    "accepts:partisia-proof.anonymous": "that is for the checks of the specification",
    "accepts:partisia-proof.critical": "that is for the checks of the specification",
    "accepts:partisia-proof.key": "a signature of another key stands for it",
    "accepts:partisia-proof.one-member": "that is for the checks of the specification",
    "accepts:partisia-proof.present": "that is for the checks of the specification",
    "accepts:partisia-proof.proof-type": "that is for the checks of the specification",
    "accepts:partisia-proof.public": "that is for the checks of the specification",
    "accepts:partisia-proof.wellformed": "that is for the checks of the specification",
    # What the page does not show need not be there; the specifications ask for it.
    "partisia-nonce-response:cacheable": "that is for the checks of the specification",
    "partisia-token-response:cacheable": "that is for the checks of the specification",
    "partisia-server-metadata:anonymous-access-missing": "that is for the checks of the specification",
}
"""Fault, or a pattern of them, to the reason why no check looks for it."""

CHECKS = own_checks()
FAULTS = sorted(fault for fault in faults.catalogue() if of_partisia(fault))
DECLARED = sorted({fault for check in CHECKS.values() for fault in check.proven_by})
NOISE = (Verdict.FAIL, Verdict.WARN)


def judged(variant: str, folder: Path, *wrong: str) -> Judged:
    return asyncio.run(judge_partisia(variant, wrong, checks=CHECKS, dialect=DIALECT, folder=folder))


@cache
def clean(variant: str, folder: Path) -> Judged:
    return judged(variant, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("partisia")


def seen(run: Judged) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for result in run.results:
        if result.verdict in NOISE:
            found.setdefault(result.check, set()).update(finding.code for finding in result.findings)
    return found


@pytest.mark.parametrize("variant", [DOCUMENTED, FIXED])
def test_a_clean_variant_shows_what_the_table_has_and_nothing_else(variant: str, folder: Path) -> None:
    run = clean(variant, folder)
    assert run.stopped is None
    assert seen(run) == DEVIATIONS[variant]
    bad = (Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED)
    assert [told(result) for result in run.results if result.verdict in bad] == []


def test_every_check_passes_on_the_corrected_services(folder: Path) -> None:
    passed = {result.check for result in clean(FIXED, folder).results if result.verdict is Verdict.PASS}
    assert CHECKS
    assert sorted(CHECKS.keys() - passed) == []


def test_every_check_is_proven_by_a_known_fault() -> None:
    assert [name for name, check in CHECKS.items() if not check.proven_by] == []
    assert [fault for fault in DECLARED if fault not in faults.catalogue()] == []


def test_the_testable_requirements_are_those_of_the_checks() -> None:
    tested = {name for check in CHECKS.values() for name in check.requires if name.startswith("PAR-")}
    assert tested == {item.id for item in own_requirements().values() if item.testable}


def unproven(fault: str) -> bool:
    return any(fnmatch.fnmatchcase(fault, pattern) for pattern in UNPROVEN)


def test_every_fault_is_declared_or_known_to_be_for_others() -> None:
    assert [f for f in FAULTS if f not in DECLARED and f not in STOPPED and not unproven(f)] == []
    assert [f for f in DECLARED if unproven(f) or f in STOPPED] == []
    matched = {pattern for pattern in UNPROVEN for fault in FAULTS if fnmatch.fnmatchcase(fault, pattern)}
    assert sorted(UNPROVEN.keys() - matched) == []


@pytest.mark.parametrize("fault", sorted(STOPPED))
def test_a_service_that_leads_nowhere_ends_the_run(fault: str, folder: Path) -> None:
    stopped = judged(DOCUMENTED, folder, fault).stopped
    assert stopped is not None
    assert STOPPED[fault] in stopped


@pytest.mark.parametrize("fault", DECLARED)
def test_a_fault_is_caught_by_exactly_the_checks_that_declare_it(fault: str, folder: Path) -> None:
    variant = FIXED if fault in CORRECTED else DOCUMENTED
    run = judged(variant, folder, fault)
    assert fault in run.fired
    assert run.stopped is None
    assert [told(result) for result in run.results if result.verdict is Verdict.ERROR] == []
    declared = {name: set(check.proven_by[fault]) for name, check in CHECKS.items() if fault in check.proven_by}
    found = seen(run)
    for name in DEVIATIONS[variant]:
        found.pop(name, None)
    assert found == declared
