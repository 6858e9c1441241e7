"""Writes waivers for the failing findings of a report; what stands in the file already is never changed."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from harness import toml_file, waivers
from harness.model import Json, Waiver
from harness.waivers import WaiverError

LONGEST = 366
"""Days that a waiver may last."""


@dataclass(frozen=True)
class Terms:
    """What the team says of the failures it accepts."""

    reason: str
    owner: str
    expires: str
    """``YYYY-MM-DD``."""
    issue: str | None = None

    def check(self, today: date) -> None:
        """Hold the terms to what makes a waiver one.

        Raises:
            WaiverError: something is missing, or the day has passed or lies too far ahead.

        """
        missing = [f"--{name}" for name in ("reason", "owner", "expires") if not getattr(self, name).strip()]
        if missing:
            raise WaiverError(f"a waiver needs a reason, an owner and an expiry; {' and '.join(missing)} missing")
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", self.expires, re.ASCII):
                raise ValueError
            left = (date.fromisoformat(self.expires) - today).days
        except ValueError:
            raise WaiverError("--expires has to be a day of the calendar, as YYYY-MM-DD") from None
        if left < 0:
            raise WaiverError(f"--expires {self.expires} has passed")
        if left > LONGEST:
            raise WaiverError(f"--expires {self.expires} is more than a year ahead; waive for less, and renew")


@dataclass(frozen=True)
class Choice:
    """Which failing findings are meant. Those of both are, where both are given."""

    checks: tuple[str, ...] = ()
    """Globs over check ids."""
    codes: tuple[str, ...] = ()
    """Globs over finding codes."""

    def holds(self, check: str, code: str) -> bool:
        """Whether a finding of a check is meant."""
        return all(
            not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
            for name, patterns in ((check, self.checks), (code, self.codes))
        )


def failing(report: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Give check and code of each failing finding, once each, in the order of the report."""
    from reports.identity import fails, is_strict

    strict = is_strict(report)
    return list(
        dict.fromkeys(
            (result["check"], finding["code"])
            for result in report["results"]
            for finding in result["findings"]
            if fails(result, finding, strict=strict)
        )
    )


def entries(pairs: Iterable[tuple[str, str]], terms: Terms) -> list[Waiver]:
    """Make a waiver of each check and code."""
    return [
        Waiver(check, code, terms.reason, terms.owner, terms.expires, terms.issue or None) for check, code in pairs
    ]


def standing(path: Path) -> dict[tuple[str, str], Waiver]:
    """Give the waivers that a file has, by check and code; none where there is no file.

    Raises:
        WaiverError: the file cannot be used as it is.

    """
    if not path.exists():
        return {}
    return {(waiver.check, waiver.finding): waiver for waiver in waivers.load(path, ()).waivers}


def toml(made: Sequence[Waiver]) -> str:
    """Give waivers as ``[[waiver]]`` tables, with an empty line between them."""
    return "\n".join(_table(waiver) for waiver in made)


def append(path: Path, made: Sequence[Waiver]) -> None:
    """Write waivers at the end of a file, which is made where there is none.

    Raises:
        WaiverError: the file would not be one of waivers any more, or cannot be written.

    """
    try:
        before = path.read_bytes() if path.exists() else b""
        newline = b"\r\n" if b"\r\n" in before else b"\n"
        gap = (b"" if before.endswith(b"\n") else newline) + newline if before else b""
        added = gap + toml(made).encode().replace(b"\n", newline)
        _refuse_what_cannot_be_read(path, before + added)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as stream:
            stream.write(added)
    except UnicodeEncodeError:
        raise WaiverError("a reason, owner or issue that is no text cannot be written") from None
    except OSError as error:
        raise WaiverError(f"{path}: cannot be written: {error.strerror}") from None


def still_failing(pairs: Iterable[tuple[str, str]], covered: Collection[tuple[str, str]]) -> list[str]:
    """Give the checks that a waiver covers in part only, with a finding that is left: they go on failing."""
    partly = {check for check, _ in covered}
    return [
        f"{check} still fails by {code}"
        for check, code in pairs
        if check in partly and (check, code) not in covered
    ]


def _refuse_what_cannot_be_read(path: Path, content: bytes) -> None:
    if len(content) > toml_file.LARGEST_FILE:
        raise WaiverError(f"{path}: would be larger than {toml_file.LARGEST_FILE} bytes")
    try:
        tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        raise WaiverError(f"{path}: nothing can be appended; write its entries as [[waiver]] tables") from None


def _table(waiver: Waiver) -> str:
    lines = ["[[waiver]]"]
    for name, value in waiver.to_json().items():
        if value is not None:
            lines.append(f"{name} = {value if name == 'expires' else _quoted(value)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Give a text as a basic string of TOML, with escapes for whatever could not be seen."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable() or "\ud800" <= character <= "\udfff":
        return character  # a surrogate stays one, so that encoding refuses it
    return f"\\u{ord(character):04X}" if ord(character) < 0x10000 else f"\\U{ord(character):08X}"
