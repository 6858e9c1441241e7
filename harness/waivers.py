"""Waivers: known failures that a team accepts until a day, from a TOML file of ``[[waiver]]`` tables.

A waiver is bound to one finding of one check. It never hides a feature that is absent, and one that no longer
fits - its check or finding is unknown, it is out of date, or what it waives does not happen any more - fails
the run, so that the file stays true. ``schemas/waivers.schema.json`` describes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness import toml_file
from harness.model import CheckResult, Json, Level, Verdict, Waiver


class WaiverError(Exception):
    """The file of waivers cannot be used; the message is one line."""


class WaiverState(StrEnum):
    """What became of a waiver in a run."""

    USED = "used"
    """Its finding was observed."""
    STALE = "stale"
    """Its check came to a verdict everywhere and the finding was not observed."""
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    """There is no such check, or the check has no such finding."""
    NOT_RUN = "not-run"
    """Its check was not run, was blocked or was in error somewhere, so nothing can be said."""


@dataclass(frozen=True)
class Waivers:
    """The waivers of a run."""

    waivers: tuple[Waiver, ...] = ()
    known_checks: frozenset[str] = frozenset()
    known_codes: frozenset[str] | None = None
    """Codes that a fault has proven; what the run observes is known besides. ``None``: not judged."""

    def match(self, result: CheckResult, today: date, *, strict: bool = False) -> tuple[Waiver, ...] | None:
        """Give the waivers that turn a failed check into a waived one.

        Args:
            result: what the check said.
            today: the day in UTC.
            strict: findings of level SHOULD fail the check too, so they have to be waived as well.

        Returns:
            Live waivers that cover every finding the check fails by, or ``None`` when any is left or the
            check did not fail.

        """
        if result.verdict is not Verdict.FAIL:
            return None
        failing = [finding for finding in result.findings if strict or finding.level is Level.MUST]
        live = {
            waiver.finding: waiver
            for waiver in self.waivers
            if waiver.check == result.check and _days_left(waiver, today) >= 0
        }
        codes = dict.fromkeys(finding.code for finding in failing)
        if not codes or not live.keys() >= codes.keys():
            return None
        return tuple(live[code] for code in codes)

    def states(
        self, results: Iterable[CheckResult], today: date, *, in_part: Collection[str] = ()
    ) -> list[dict[str, Json]]:
        """Give each waiver as JSON with its ``state`` (see :class:`WaiverState`) and ``days_left``.

        ``days_left`` is 0 on the last day on which the waiver counts, and negative afterwards.

        Args:
            results: what the checks said.
            today: the day in UTC.
            in_part: ids of checks that were not run everywhere.

        """
        by_check: dict[str, list[CheckResult]] = {}
        for result in results:
            by_check.setdefault(result.check, []).append(result)
        return [
            waiver.to_json()
            | {
                "state": str(
                    self._state(waiver, by_check.get(waiver.check, []), today, whole=waiver.check not in in_part)
                ),
                "days_left": _days_left(waiver, today),
            }
            for waiver in self.waivers
        ]

    def problems(self, results: Iterable[CheckResult], today: date, *, in_part: Collection[str] = ()) -> list[str]:
        """Give one line for each waiver that fails the run; empty when all are in order.

        The arguments are those of :meth:`states`.
        """
        lines = []
        for waiver, state in zip(self.waivers, self.states(results, today, in_part=in_part), strict=True):
            about = f"waiver {waiver.check} {waiver.finding}"
            match state["state"]:
                case WaiverState.UNKNOWN:
                    lines.append(f"{about}: {self._explain_unknown(waiver)}")
                case WaiverState.EXPIRED:
                    lines.append(f"{about}: expired on {waiver.expires}; {waiver.owner} has to repair or renew it")
                case WaiverState.STALE:
                    lines.append(f"{about}: no longer needed, because the finding was not observed; remove it")
        return lines

    def _state(self, waiver: Waiver, results: Collection[CheckResult], today: date, *, whole: bool) -> WaiverState:
        observed = any(finding.code == waiver.finding for result in results for finding in result.findings)
        if not observed and not self._is_known(waiver):
            return WaiverState.UNKNOWN
        if _days_left(waiver, today) < 0:
            return WaiverState.EXPIRED
        if observed:
            return WaiverState.USED
        unjudged = any(result.verdict in {Verdict.BLOCKED, Verdict.ERROR} for result in results)
        if not results or not whole or unjudged:
            return WaiverState.NOT_RUN
        return WaiverState.STALE

    def _is_known(self, waiver: Waiver) -> bool:
        known_code = self.known_codes is None or waiver.finding in self.known_codes
        return waiver.check in self.known_checks and known_code

    def _explain_unknown(self, waiver: Waiver) -> str:
        if waiver.check in self.known_checks:
            near = toml_file.suggestion(waiver.finding, self.known_codes or ())
            return f'there is no finding "{waiver.finding}"{near}'
        return f'there is no check "{waiver.check}"{toml_file.suggestion(waiver.check, self.known_checks)}'


def load(path: Path, known_checks: Iterable[str], known_codes: Iterable[str] | None = None) -> Waivers:
    """Read a file of waivers.

    Args:
        path: the TOML file.
        known_checks: ids of all checks there are, selected or not.
        known_codes: codes of all findings there are; ``None`` where that is not known.

    Raises:
        WaiverError: the file cannot be read, is not TOML, or is not as its schema says.

    """
    tables = _read(path)
    seen: set[tuple[str, str]] = set()
    for number, table in enumerate(tables, 1):
        try:
            date.fromisoformat(table["expires"])
        except ValueError:
            raise WaiverError(f"{path.name}: waiver #{number}.expires is no day of the calendar") from None
        bound_to = table["check"], table["finding"]
        if bound_to in seen:
            raise WaiverError(f"{path.name}: two waivers for {' '.join(bound_to)}; keep one")
        seen.add(bound_to)
    waivers = tuple(Waiver(**table) for table in tables)
    return Waivers(waivers, frozenset(known_checks), None if known_codes is None else frozenset(known_codes))


def _read(path: Path) -> list[dict[str, Any]]:
    """Give the ``[[waiver]]`` tables of a file, valid by the schema, with dates as text."""
    document = toml_file.read(path, WaiverError)
    tables = document.get("waiver", [])
    for table in tables if isinstance(tables, list) else []:
        if isinstance(table, dict) and type(expires := table.get("expires")) is date:
            table["expires"] = expires.isoformat()
    if refused := toml_file.refusal(document, "waivers.schema.json"):
        raise WaiverError(f"{path.name}: {_told(refused)}")
    valid: list[dict[str, Any]] = document.get("waiver", [])
    return valid


def _told(refused: toml_file.Refusal) -> str:
    """Say what is refused with the waiver first; its path is empty, ``waiver`` or ``waiver``, index and key."""
    waiver, key = toml_file.place(refused.path[:2]) or "the top level", refused.path[2:]
    if refused.inside:
        return f"{waiver}: {refused.statement}{refused.advice}"
    return f"{waiver}: {key[0]} {refused.statement}" if key else f"{waiver}: it has to be a [[waiver]] table"


def _days_left(waiver: Waiver, today: date) -> int:
    return (date.fromisoformat(waiver.expires) - today).days
