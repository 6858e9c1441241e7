"""Verdicts of checks of re-issuance that no fault of the reference issuer shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from harness.evidence import IssuedCredential
from suites.oid4vci.reissuance import _is_blurred

DAY = 86_400.0


@pytest.mark.parametrize(
    ("before", "after", "blurred"),
    [(30, 29.2, True), (90, 80, True), (30, 20, False), (1, -1, False), (None, 30, False)],
)
def test_ends_may_be_random_by_some_part_of_a_lifetime(
    before: float | None, after: float, *, blurred: bool
) -> None:
    new = SimpleNamespace(document=SimpleNamespace(expires=after * DAY), received=0.0)
    end = None if before is None else before * DAY
    assert _is_blurred(end, cast("IssuedCredential", new)) is blurred
