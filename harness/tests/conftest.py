"""Issuers that several modules of tests judge, served over loopback TLS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.reference.serve import Served, serving
from harness.reference.variants import VARIANTS

FAULTS = ["accepts:proof.nonce", "token-response:pragma-missing"]


@pytest.fixture(scope="module")
def right() -> Iterator[Served]:
    with serving(VARIANTS["default"]) as server:
        yield server


@pytest.fixture(scope="module")
def wrong() -> Iterator[Served]:
    with serving(VARIANTS["default"], FAULTS) as server:
        yield server
