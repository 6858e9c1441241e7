"""The words that reports use for verdicts, and the order in which they are told."""

from __future__ import annotations

from harness.model import RunVerdict, Severity, Verdict

NOT_TESTED = "not-tested"
"""Stands beside the verdicts for a requirement that no check of the run tested."""

VERDICTS: dict[str, tuple[str, str]] = {
    Verdict.FAIL: ("Fail", "A requirement of level MUST is violated."),
    Verdict.ERROR: ("Error", "The check could not decide: the harness or the network failed."),
    Verdict.BLOCKED: ("Blocked", "Something the check needs was missing or failed before it."),
    Verdict.WARN: ("Warning", "Only recommendations of level SHOULD are violated."),
    Verdict.WAIVED: ("Waived", "It fails, and the team has accepted that until a day."),
    Verdict.PASS: ("Pass", "At least one expectation was evaluated, and all of them hold."),
    Verdict.NOT_APPLICABLE: ("Not applicable", "The issuer does not offer what the check is about."),
    NOT_TESTED: ("Not tested", "No check of this run tests the requirement; the reason is listed."),
}
"""Verdict to its word and its meaning, in the order of the columns of a scorecard."""

RUN_VERDICTS: dict[str, tuple[str, str]] = {
    RunVerdict.CONFORMANT: (
        "CONFORMANT",
        "Every check that applies to this issuer passed. What no check tested, this verdict does not cover.",
    ),
    RunVerdict.CONFORMANT_WITH_WAIVERS: (
        "CONFORMANT WITH WAIVERS",
        "There are violations, and the issuer's team has accepted every one of them for a limited time.",
    ),
    RunVerdict.NOT_CONFORMANT: (
        "NOT CONFORMANT",
        "At least one mandatory requirement is violated. Wallets that rely on it may fail or be put at risk.",
    ),
    RunVerdict.INCOMPLETE: (
        "INCOMPLETE",
        "Some checks could not run, so this run cannot say whether the issuer conforms.",
    ),
}
"""Verdict of a run to its word and to what it means for a reader who sees it for the first time."""

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
