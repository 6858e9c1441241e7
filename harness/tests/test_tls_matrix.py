"""Proof over real connections that each check of TLS can fail, and that none fails without cause.

In process there is no TLS, so ``test_haip_matrix`` leaves these faults out.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import cache
from typing import Any

import pytest

from harness.model import Verdict
from harness.reference.serve import serving
from harness.tests.bench import Outcome, judge_issuer
from harness.tests.clean_runs import told
from harness.tests.haip_fault_variants import over_sockets_only
from harness.tests.test_haip_matrix import DECLARED, OWN

NAME = "issuer.assay.test"
FAULTS = [fault for fault in DECLARED if over_sockets_only(fault)]
CHECKS = sorted(name for name, check in OWN.items() if any(map(over_sockets_only, check.proven_by)))


@pytest.fixture(autouse=True)
def known_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the name of the issuer lead to this machine."""
    really = socket.getaddrinfo

    def lookup(host: Any, *rest: Any, **more: Any) -> Any:
        return really("127.0.0.1" if host in (NAME, NAME.encode()) else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def judge(variant: str, *faults: str) -> Outcome:
    with serving(variant, faults, name=NAME) as served:
        trusting = ssl.create_default_context(cadata=served.ca_pem)
        # What the run's own connections would not bear is to be found by the checks.
        trusting.set_ciphers("DEFAULT:@SECLEVEL=0")
        return asyncio.run(judge_issuer(served.issuer, None, verify=trusting, select=CHECKS))


@cache
def clean(variant: str) -> Outcome:
    return judge(variant)


@pytest.mark.parametrize("variant", ["haip", "fapi2"])
def test_a_clean_variant_passes(variant: str) -> None:
    outcome = clean(variant)
    assert outcome.stopped is None
    assert {result.check for result in outcome.results} == set(CHECKS)
    assert [told(result) for result in outcome.results if result.verdict is not Verdict.PASS] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught_by_exactly_the_checks_that_declare_it(fault: str) -> None:
    outcome = judge("fapi2", fault)
    assert outcome.stopped is None
    assert fault in outcome.fired
    assert [told(result) for result in outcome.results if result.verdict is Verdict.ERROR] == []
    seen: dict[str, set[str]] = {}
    for result in outcome.results:
        codes = {finding.code for finding in result.findings}
        if codes:
            seen[result.check] = codes
    assert seen == {name: set(check.proven_by[fault]) for name, check in OWN.items() if fault in check.proven_by}
