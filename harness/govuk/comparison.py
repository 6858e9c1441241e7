"""What the official test harness of GOV.UK Wallet tests, what it pretends to test, and what Assay adds.

``official_harness.toml`` has it; the table is part of ``docs/govuk-wallet.md``.
"""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal


@dataclass(frozen=True)
class OfficialTest:
    """One test of the official harness.

    Attributes:
        number: its place in a run of the harness, from 1.
        group: the heading that it stands under.
        name: what it is called.
        formats: ``jwt`` and ``mdoc``: the runs that it is part of.
        kind: ``pretends``: it passes when the issuer accepts what has to be refused.
        expects: what it looks at.
        ours: ids of the checks that look at the same.

    """

    number: int
    group: str
    name: str
    formats: tuple[str, ...]
    kind: Literal["checks", "pretends"]
    expects: str
    ours: tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """Something that the official harness does not test, and the checks that do."""

    about: str
    ours: tuple[str, ...]


@dataclass(frozen=True)
class OfficialHarness:
    """The official harness: which one was read, when, its tests and its gaps."""

    name: str
    version: str
    read: date
    url: str
    tests: tuple[OfficialTest, ...]
    gaps: tuple[Gap, ...]


@cache
def official_harness() -> OfficialHarness:
    """Give what is known of the official harness; read once per process."""
    file = importlib.resources.files(__package__).joinpath("official_harness.toml")
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    tests = tuple(
        OfficialTest(**{**one, "formats": tuple(one["formats"]), "ours": tuple(one["ours"])})
        for one in data["test"]
    )
    gaps = tuple(Gap(one["about"], tuple(one["ours"])) for one in data["gap"])
    return OfficialHarness(**data["harness"], tests=tests, gaps=gaps)


def table() -> str:
    """Give the comparison as one table in Markdown."""
    harness = official_harness()
    lines = [
        f"| | [official harness]({harness.url}), read {harness.read:%d.%m.%Y} | what it does | Assay |",
        "| --- | --- | --- | --- |",
    ]
    for test in harness.tests:
        does = "checks" if test.kind == "checks" else "**cannot fail when the issuer accepts:**"
        only = f" ({test.formats[0]} only)" if len(test.formats) == 1 else ""
        lines.append(
            f"| {test.number} | {test.group}: {test.name}{only} | {does} {test.expects} | {_ids(test.ours)} |"
        )
    lines += [f"| | – | nothing: {gap.about} | {_ids(gap.ours)} |" for gap in harness.gaps]
    return "\n".join(lines) + "\n"


def _ids(checks: Sequence[str]) -> str:
    return ", ".join(f"`{check}`" for check in checks)
