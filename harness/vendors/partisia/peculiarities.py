"""What Partisia's page shows, and what each version of OpenID4VCI says of it.

``peculiarities.toml`` is a golden table: what a run against the simulated service has to come to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from harness import toml_file
from harness.vendors.partisia.variants import PartisiaError

RUNS = ("draft-15", "draft-16", "1.0")
"""The versions in which a run against ``partisia-as-documented`` gets somewhere."""


class Outcome(StrEnum):
    """What is to be said of a peculiarity."""

    PASS = "pass"
    WARN = "warn"
    """Lawful but fragile, or a recommendation not followed."""
    FAIL = "fail"
    INFO = "info"
    """Told, and held against nobody."""
    INCONCLUSIVE = "inconclusive"
    """The page leaves it out, which is no evidence."""
    DOCUMENT_DEFECT = "document-defect"
    """The page contradicts itself or could not work as written, so that only a run decides."""


@dataclass(frozen=True)
class Peculiarity:
    """One thing that the page shows."""

    id: str
    shows: str
    check: str
    """The check that judges it, by the alias of its requirements in ``schemas/requirements/partisia.toml``."""
    page: Mapping[str, Outcome]
    """Version to what the page itself allows to say."""
    clause: Mapping[str, str]
    """Version to the clause that it goes by."""
    run: Mapping[str, Outcome] = field(default_factory=dict)
    """Version to what a run against ``partisia-as-documented`` says, where that differs."""
    decided_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Version to the ids of the requirements whose verdicts decide in a run; empty where nothing is decided."""
    undecided: str | None = None
    """Why a run decides nothing, where it does not."""

    def after_run(self, version: str) -> Outcome:
        """Give what is to be said after a run against ``partisia-as-documented``.

        Raises:
            KeyError: the table does not have this version.

        """
        return self.run.get(version, self.page[version])

    def decided(self, version: str, verdicts: Mapping[str, Collection[str]]) -> Outcome:
        """Give what a run comes to.

        Args:
            version: by which it judges.
            verdicts: id of a requirement to those that the checks of the run have on it.

        Raises:
            KeyError: the table does not say what decides in this version.

        """
        if not self.decided_by:
            return Outcome.INFO
        said = [set(verdicts.get(name, ())) for name in self.decided_by[version]]
        # What was found stays found, also where another check was kept from looking.
        for outcome in (Outcome.FAIL, Outcome.WARN):
            if any(outcome in each for each in said):
                return outcome
        return Outcome.PASS if all(each == {Outcome.PASS} for each in said) else Outcome.INCONCLUSIVE


@cache
def versions() -> tuple[str, ...]:
    """Give the versions of OpenID4VCI that the table has, oldest first.

    Raises:
        PartisiaError: the table is broken.

    """
    return tuple(_table()["versions"])


@cache
def peculiarities() -> tuple[Peculiarity, ...]:
    """Give the peculiarities in the order of the page's examination.

    Raises:
        PartisiaError: the table is broken.

    """
    return tuple(read(entry, versions()) for entry in _table()["peculiarity"])


def read(entry: Mapping[str, Any], known: tuple[str, ...]) -> Peculiarity:
    """Read one entry.

    Args:
        entry: a table of the file.
        known: the versions that it must have.

    Raises:
        PartisiaError: it is not one.

    """
    name = str(entry.get("id", "a peculiarity"))
    try:
        page, clause, run = entry["page"], entry["clause"], entry.get("run", {})
        made = Peculiarity(
            entry["id"],
            entry["shows"],
            entry["check"],
            {version: Outcome(value) for version, value in page.items()},
            dict(clause),
            {version: Outcome(value) for version, value in run.items()},
            _deciders(entry.get("decided_by", {})),
            entry.get("undecided"),
        )
    except KeyError as error:
        raise PartisiaError(f"peculiarities.toml: {name}: there is no {error.args[0]!r}") from error
    except (ValueError, AttributeError, TypeError) as error:
        raise PartisiaError(f"peculiarities.toml: {name}: {error}") from error
    if tuple(made.page) != known or tuple(made.clause) != known or not made.run.keys() <= set(known):
        raise PartisiaError(f"peculiarities.toml: {name}: its versions are not {', '.join(known)}")
    return made


def _deciders(given: Any) -> dict[str, tuple[str, ...]]:
    """Read what decides: one list for every version of a run, or one of each."""
    by_version = dict.fromkeys(RUNS, given) if isinstance(given, list) else given
    return {version: tuple(names) for version, names in by_version.items()}


@cache
def _table() -> dict[str, Any]:
    return toml_file.read(resources.files(__package__).joinpath("peculiarities.toml"), PartisiaError)
