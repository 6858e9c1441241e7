"""Credentials of somebody who turns 21 while they are valid."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from harness.govuk.people import PEOPLE
from harness.model import Verdict
from harness.reference.govuk.records import Details, register
from harness.tests.govuk_judging import judge_govuk


@pytest.fixture(autouse=True)
def _turns_21_in_three_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    day = datetime.fromtimestamp(time.time() + 21 * 24 * 3600, UTC).date()
    birthday = day.replace(year=day.year - 21, day=min(day.day, 28))
    kenneth = PEOPLE["kenneth"]
    young = Details(kenneth.given_name, kenneth.family_name, birthday.isoformat())
    monkeypatch.setitem(register(), kenneth.email, young)


def test_an_update_on_the_birthday_passes() -> None:
    outcome = asyncio.run(judge_govuk("govuk-mdl", select="govuk-age-*"))
    assert {result.verdict for result in outcome.results} == {Verdict.PASS}
    assert {result.check for result in outcome.results} == {"govuk-age-up-to-date", "govuk-age-birthday"}


@pytest.mark.parametrize("fault", ["govuk-making:update-at-end", "govuk-making:too-long"])
def test_the_birthday_counts_and_not_how_long_the_credential_lasts(fault: str) -> None:
    outcome = asyncio.run(judge_govuk("govuk-mdl", [fault], select="govuk-age-birthday"))
    found = {finding.code for result in outcome.results for finding in result.findings}
    assert found == ({"GOVUK-UPDATE-BIRTHDAY"} if fault.endswith("at-end") else set())
