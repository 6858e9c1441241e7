"""What the clean runs met, found out once for all workers of pytest-xdist."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.tests.bench import Outcome

Met = Mapping[str, frozenset[str]]
"""Rule, tolerance or document to the checks that met it."""


class CleanRuns:
    """Keeps what the checks met on clean variants.

    Args:
        folder: of the test run; its workers share it.
        clean: judges a variant without faults.

    """

    def __init__(self, folder: Path, clean: Callable[[str], Outcome]) -> None:
        self._folder = folder
        self._clean = clean
        self._known: dict[str, Met] = {}

    def met(self, variant: str) -> Met:
        """Give what the checks met on a variant."""
        if variant not in self._known:
            self._known[variant] = self._read(variant)
        return self._known[variant]

    def _read(self, variant: str) -> Met:
        file = self._folder / f"met-on-{variant}.json"
        if not file.is_file():
            found = {item: sorted(checks) for item, checks in self._clean(variant).met.items()}
            # Another worker may write the same at the same time; who renames it lets others see all or nothing.
            with tempfile.NamedTemporaryFile("w", dir=self._folder, encoding="utf-8", delete=False) as begun:
                json.dump(found, begun)
            Path(begun.name).replace(file)
        return {item: frozenset(checks) for item, checks in json.loads(file.read_text("utf-8")).items()}
