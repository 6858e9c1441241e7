"""What of the reference issuer only checks of HAIP and FAPI 2.0 look for; ``test_haip_matrix`` tries it."""

from __future__ import annotations

from harness import checks

_PACKAGES = ("suites.haip.", "suites.fapi2.")
_OF_RULES = ("accepts", "misreports", "rejects")


def _proving(*, there: bool) -> set[str]:
    return {
        fault
        for check in checks.load().values()
        if check.function.__module__.startswith(_PACKAGES) is there
        for fault in check.proven_by
    }


def _rules(faults: set[str]) -> set[str]:
    return {rule for effect, _, rule in (fault.partition(":") for fault in faults) if effect in _OF_RULES}


FAULTS_ONLY_THERE = frozenset(_proving(there=True) - _proving(there=False))
"""Faults that prove their checks alone."""
RULES_ONLY_THERE = frozenset(_rules(_proving(there=True)) - _rules(_proving(there=False)))
"""Rules and tolerances that their checks alone are about."""
