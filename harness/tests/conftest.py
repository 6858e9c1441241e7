"""What several modules of tests share: a folder, and issuers that are served over loopback TLS."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.reference.serve import Served, serving
from harness.reference.variants import VARIANTS

FAULTS = ["accepts:proof.nonce", "token-response:pragma-missing"]

LONG = ("test_wheel.py", "test_secrets.py", "test_real_issuer.py", "test_ci.py", "test_pipeline.py")
"""Files with tests or fixtures that take long by themselves."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker has it left when the others are done."""
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_collection_finish() -> None:
    """Look for garbage less often: what is loaded by now stays, and the tests leave little."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder that all workers of one test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="module")
def right() -> Iterator[Served]:
    with serving(VARIANTS["default"]) as server:
        yield server


@pytest.fixture(scope="module")
def wrong() -> Iterator[Served]:
    with serving(VARIANTS["default"], FAULTS) as server:
        yield server
