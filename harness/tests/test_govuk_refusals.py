"""No check that expects a refusal is content with an issuer that refuses nothing, or with one that refuses all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from harness.model import Verdict
from harness.reference import faults
from harness.tests.govuk_judging import govuk_checks, judge_govuk

_MODULES = tuple(f"suites.govuk_wallet.{name}" for name in ("access_tokens", "proofs", "notifications"))
_ACCEPTING = ("accepts:govuk-credential.", "accepts:govuk-proof.", "accepts:govuk-notification.")
NEGATIVE = [
    name
    for name, check in govuk_checks().items()
    if check.function.__module__ in _MODULES
    and (name.endswith("-refused") or name == "govuk-offer-redeemed-at-once")
]


def verdicts(chosen: Sequence[str], *switched_on: str) -> dict[str, Verdict]:
    outcome = asyncio.run(judge_govuk("govuk-mdl", switched_on, select=chosen))
    assert outcome.stopped is None
    assert {result.check for result in outcome.results} == set(chosen)
    return {result.check: result.verdict for result in outcome.results}


def test_an_issuer_that_accepts_everything_fails_every_negative_check() -> None:
    lax = [fault for fault in faults.catalogue() if fault.startswith(_ACCEPTING)]
    found = verdicts(NEGATIVE, *lax)
    others = {name: verdict for name, verdict in found.items() if verdict is not Verdict.FAIL}
    # That an expired offer is refused is no more than advice.
    assert others == {"govuk-offer-expired-refused": Verdict.WARN}


def test_an_issuer_that_refuses_every_credential_request_passes_no_negative_check() -> None:
    found = verdicts(NEGATIVE, "rejects:govuk-credential.token-undated")
    assert {name: verdict for name, verdict in found.items() if verdict is not Verdict.BLOCKED} == {}


def test_an_issuer_that_refuses_every_notification_passes_no_negative_check_of_notifications() -> None:
    about_notifications = [name for name in NEGATIVE if name.startswith("govuk-notification-")]
    found = verdicts(about_notifications, "govuk-notification-response:never")
    assert {name: verdict for name, verdict in found.items() if verdict is not Verdict.BLOCKED} == {}


def test_a_right_issuer_passes_every_negative_check() -> None:
    found = verdicts(NEGATIVE)
    assert NEGATIVE
    assert {name: verdict for name, verdict in found.items() if verdict is not Verdict.PASS} == {}
