"""The table of what Partisia's page shows, for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from harness.vendors.partisia.peculiarities import RUNS, Outcome, Peculiarity, peculiarities, versions

_WORDS = {
    Outcome.PASS: "passes",
    Outcome.WARN: "warns",
    Outcome.FAIL: "**fails**",
    Outcome.INFO: "told only",
    Outcome.INCONCLUSIVE: "open",
    Outcome.DOCUMENT_DEFECT: "page at fault",
}


def table() -> str:
    """Give the peculiarities with their outcome in each version: by the page, or by a run where one decides."""
    names = versions()
    heads = ["", "the page shows", *(name.replace("-", " ") for name in names), "decided by"]
    lines = [_row(heads), "|" + " --- |" * len(heads)]
    for one in peculiarities():
        outcomes = [_WORDS[one.after_run(name) if name in RUNS else one.page[name]] for name in names]
        lines.append(_row([one.id, one.shows, *outcomes, _deciders(one)]))
    return "\n".join(lines) + "\n"


def _deciders(one: Peculiarity) -> str:
    if not one.decided_by:
        return f"nothing: {one.undecided}"
    by_names: dict[tuple[str, ...], list[str]] = {}
    for version, names in one.decided_by.items():
        by_names.setdefault(names, []).append(version)
    if len(by_names) == 1:
        return ", ".join(next(iter(by_names)))
    return "; ".join(f"{', '.join(names)} in {' and '.join(where)}" for names, where in by_names.items())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
