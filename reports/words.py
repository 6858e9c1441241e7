"""The words that reports use for verdicts, and the order in which they are told."""

from __future__ import annotations

from harness.model import Basis, RunVerdict, Severity, Verdict

NOT_TESTED = "not-tested"
"""Stands beside the verdicts for a requirement that no check of the run tested."""

VERDICTS: dict[str, tuple[str, str]] = {
    Verdict.FAIL: ("Fail", "A requirement of level MUST is violated."),
    Verdict.ERROR: ("Error", "The check could not decide: the harness or the network failed."),
    Verdict.BLOCKED: ("Blocked", "Something the check needs was missing or failed before it."),
    Verdict.WARN: ("Warning", "Only recommendations of level SHOULD are violated."),
    Verdict.WAIVED: ("Waived", "It fails, and the team has accepted that until a day."),
    Verdict.PASS: ("Pass", "At least one expectation was evaluated, and all of them hold."),
    Verdict.NOT_APPLICABLE: ("Not applicable", "What the check is about is not there."),
    NOT_TESTED: ("Not tested", "No check of this run tests the requirement; the reason is listed."),
}
"""Verdict to its word and its meaning, in the order of the columns of a scorecard."""

RUN_VERDICTS: dict[str, tuple[str, str]] = {
    RunVerdict.CONFORMANT: (
        "CONFORMANT",
        "Every check that applies passed. What no check tested, this verdict does not cover.",
    ),
    RunVerdict.CONFORMANT_WITH_WAIVERS: (
        "CONFORMANT WITH WAIVERS",
        "There are violations, and the team has accepted every one of them for a limited time.",
    ),
    RunVerdict.NOT_CONFORMANT: (
        "NOT CONFORMANT",
        "At least one mandatory requirement is violated. Wallets that rely on it may fail or be put at risk.",
    ),
    RunVerdict.INCOMPLETE: (
        "INCOMPLETE",
        "Some checks could not run, so this run cannot say whether what was tested conforms.",
    ),
}
"""Verdict of a run to its word and to what it means for a reader who sees it for the first time."""

RUN_LIMITS: dict[str, str] = {
    RunVerdict.CONFORMANT: (
        "It does not speak for what no test from outside can decide, for other configurations or versions of the"
        " product, or for the time after the run."
    ),
    RunVerdict.CONFORMANT_WITH_WAIVERS: (
        "It does not mean that the violations do no harm, and it ends with the first waiver that expires."
    ),
    RunVerdict.NOT_CONFORMANT: (
        "It does not mean that nothing works: most wallets may never meet what is violated, until one does."
    ),
    RunVerdict.INCOMPLETE: "It does not mean that something is wrong with what was tested, nor that nothing is.",
}
"""Verdict of a run to what it must not be taken for."""

WAIVER_STATES: dict[str, tuple[str, str]] = {
    "expired": ("Expired", Verdict.FAIL),
    "unknown": ("Unknown check or finding", Verdict.FAIL),
    "stale": ("Stale: covers nothing", Verdict.FAIL),
    "not-run": ("Undecided: its check did not run", NOT_TESTED),
    "used": ("Waived", Verdict.WAIVED),
}
"""State of a waiver to its words and to the verdict whose look it shares; those that fail the run first."""

SEVERITIES: tuple[str, ...] = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
"""Worst first."""

BASES: dict[str, str] = {basis: basis.words for basis in Basis}
"""What a requirement rests on, in words."""

CHANGES: dict[str, tuple[str, str]] = {
    "new": ("New", "Findings that the older report does not have."),
    "changed": ("Changed", "Findings of both reports that weigh, ask for or show something else now."),
    "fixed": ("Fixed", "Their check came to a verdict again, and the finding was not observed."),
    "removed": ("Removed", "The finding was not looked for again, so nobody knows whether it is fixed."),
}
"""Kind of a change to its word and its meaning, in the order in which they are told."""

LAYERS: dict[str, tuple[str, str]] = {
    "must": ("MUST violated", Verdict.FAIL),
    "should": ("SHOULD not followed", Verdict.WARN),
    "waived": ("Waived", Verdict.WAIVED),
}
"""How a trend divides findings, worst first: the words, and the verdict whose look they share."""
