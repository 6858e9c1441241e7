"""The pytest plugin: options, and nothing else until ``--issuer-url`` is given.

It is loaded into every pytest process of its environment, so it imports nothing heavy, defines only
``--issuer-url`` and ``--vci-*``, and leaves runs without ``--issuer-url`` alone. With it,
``harness.conformance`` takes over.
"""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

import pytest

from harness.config import OPTIONS


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the harness; ``harness.config`` says what each means."""
    group = parser.getgroup("oid4vci", "conformance of OpenID4VCI credential issuers (Assay)")
    group.addoption("--vci-config", metavar="FILE", help="settings file (default: ./assay.toml when there is one)")
    for option in OPTIONS:
        if option.kind == "flag":
            group.addoption(option.name, action="store_true", default=None, help=option.help)
        elif option.kind == "list":
            group.addoption(option.name, action="append", default=[], metavar="TEXT", help=option.help)
        else:
            group.addoption(option.name, metavar="TEXT", help=option.help)


def _refuse_foreign_packages() -> None:
    """Refuse packages of the team's own that stand before ours on the path.

    Raises:
        pytest.UsageError: one of our names leads elsewhere.

    """
    ours = Path(__file__).resolve().parents[1]
    for name in ("suites", "schemas", "reports"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve().parents[1] != ours:
            where = spec.origin if spec else "nowhere"
            raise pytest.UsageError(
                f"the package {name} of Assay is hidden by {where}; run elsewhere, or take that off the path"
            )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register our marker and, with ``--issuer-url``, start the harness."""
    config.addinivalue_line("markers", "vci(id, area, level): a conformance check of the Assay suites")
    url = config.getoption("--issuer-url")
    if url is not None and not url.strip():
        # An unset variable in a pipeline; without this the run would judge nothing and could end with 0.
        raise pytest.UsageError("--issuer-url is empty")
    if url:
        _refuse_foreign_packages()
        # In a folder of the team's own pytest-asyncio finds no setting for this and says so at every start.
        warnings.filterwarnings("ignore", message=".*asyncio_default_fixture_loop_scope")
        from harness import conformance

        conformance.activate(config)


def pytest_collect_file(file_path: Any, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the checks of a suite module, so that they are found under any ``python_files`` setting."""
    # The path is looked at before anything is imported: this runs for every file of every project.
    if "suites" not in file_path.parts or file_path.suffix != ".py":
        return None
    from harness import conformance

    return conformance.suite_file(file_path, parent)
