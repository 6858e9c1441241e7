"""The words of the house as data: requirements, checks, findings, exchanges, results and the run report.

Everything here is a frozen dataclass of plain values and imports the standard library only. Each class
that travels in ``report.json`` has ``to_json``, which gives a ``dict`` of JSON types, and ``from_json``.
Times are ISO 8601 in UTC, durations are seconds, sizes are bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Self

Json = Any
"""A value made of ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` and ``None``."""


class Level(StrEnum):
    """How strongly a specification asks for something (RFC 2119, RFC 8174)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


def strongest(levels: Iterable[Level]) -> Level | None:
    """Give the strongest of some levels, or ``None`` when there are none."""
    found = set(levels)
    return next((level for level in Level if level in found), None)


class Severity(StrEnum):
    """What a violation costs the people who rely on the issuer."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Basis(StrEnum):
    """What a statement rests on where the text that demands it is not all that the parties go by."""

    STANDARD = "standard"
    OAUTH = "oauth"
    VENDOR = "vendor"
    OBSERVED = "observed"
    ASSUMED = "assumed"

    @property
    def binds(self) -> bool:
        """Whether a published text that binds the subject stands behind it."""
        return self in (Basis.STANDARD, Basis.OAUTH)

    @property
    def words(self) -> str:
        """Say it to a reader."""
        return _BASES[self]


_BASES = {
    Basis.STANDARD: "the standard says it",
    Basis.OAUTH: "OAuth 2.0 or OpenID Connect says it, which the standard builds on",
    Basis.VENDOR: "public documentation of a vendor says it, the standard does not",
    Basis.OBSERVED: "public clients send or expect it, no document says it",
    Basis.ASSUMED: "we infer it, no document says it",
}


class Verdict(StrEnum):
    """What became of one check on one scenario."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"
    WAIVED = "waived"
    BLOCKED = "blocked"
    ERROR = "error"


class RunVerdict(StrEnum):
    """What the whole run says of the issuer."""

    CONFORMANT = "conformant"
    CONFORMANT_WITH_WAIVERS = "conformant-with-waivers"
    NOT_CONFORMANT = "not-conformant"
    INCOMPLETE = "incomplete"

    @property
    def words(self) -> str:
        """Say it in the middle of a sentence."""
        return self.value.replace("-", " ")


_SCALARS = frozenset({str, int, float, bool, type(None)})


@cache
def _members(kind: type) -> tuple[str, ...]:
    """Give the names of the fields of a dataclass; none of another type."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def _plain(value: Any) -> Json:
    kind: type = type(value)
    if kind in _SCALARS:  # most values are, and reports have hundreds of thousands
        return value
    if isinstance(value, StrEnum):
        return str(value)
    if members := _members(kind):
        return {name: _plain(getattr(value, name)) for name in members}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value


class _Jsonable:
    """Gives a dataclass its JSON form, field by field."""

    def to_json(self) -> dict[str, Json]:
        """Give this value as JSON types, with the field names as keys."""
        result: dict[str, Json] = _plain(self)
        return result


@dataclass(frozen=True)
class Requirement(_Jsonable):
    """One normative statement of one specification, in our own words."""

    id: str
    """``SPEC-CLAUSE-ORDINAL``, for example ``VCI-8.3.1.2-04``; never renumbered, only retired."""
    spec: str
    """The specification's short name, for example ``OpenID4VCI 1.0``."""
    clause: str
    """Section or appendix number, for example ``8.3.1.2`` or ``F.4``."""
    level: Level
    actor: str
    """``issuer``, ``as`` or ``both``."""
    text: str
    link: str
    """Absolute URL of the clause."""
    severity: Severity
    why: str
    """What goes wrong for people when this is not so; one sentence."""
    untestable: str | None = None
    """Why no test from outside can decide this; ``None`` when one can."""
    aliases: tuple[str, ...] = ()
    note: str | None = None
    """How we read the clause where it can be read in two ways."""
    basis: Basis | None = None
    """What it rests on; ``None`` where that is the clause of the specification and nothing else."""

    @property
    def testable(self) -> bool:
        """Whether a test from outside can decide this requirement."""
        return self.untestable is None


@dataclass(frozen=True)
class HttpMessage(_Jsonable):
    """One side of an exchange as recorded: already redacted, body cut to a readable length."""

    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    """Text as sent; JSON is pretty-printed, of what is no text only the size is told; ``None`` without a body."""
    size: int = 0
    """Bytes of the body on the wire."""
    truncated: bool = False


@dataclass(frozen=True)
class Exchange(_Jsonable):
    """One recorded HTTP request and its response or failure."""

    number: int
    """1, 2, 3, ... in the order of sending."""
    purpose: str
    """What the wallet was doing, for example ``token request``."""
    method: str
    url: str
    request: HttpMessage
    started: str
    """ISO 8601, UTC."""
    elapsed_s: float
    status: int | None = None
    response: HttpMessage | None = None
    failure: str | None = None
    """Why there is no complete response: timeout, reset, too large, ...; ``None`` when there is one."""

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Self:
        """Read an exchange back from its JSON form.

        Raises:
            KeyError, TypeError: the mapping is not an exchange.

        """

        def message(value: Json) -> HttpMessage | None:
            if value is None:
                return None
            return HttpMessage(**{**value, "headers": tuple((n, v) for n, v in value["headers"])})

        request = message(data["request"])
        if request is None:
            raise KeyError("request")
        return cls(**{**data, "request": request, "response": message(data.get("response"))})


@dataclass(frozen=True)
class Finding(_Jsonable):
    """One observed violation."""

    code: str
    """Stable name of what was observed, for example ``PROOF-NONCE-ACCEPTED``."""
    requirement: str
    """Id of the requirement that is violated."""
    level: Level
    """The level this finding counts at; MUST fails the check, SHOULD warns."""
    expected: str
    observed: str
    pointer: str | None = None
    """JSON Pointer into the message the exchange carries, after ``: `` on into an encoded value such as a
    credential; or a named place such as ``header Content-Type``."""
    exchange: int | None = None


@dataclass(frozen=True)
class CheckResult(_Jsonable):
    """What one check said of one scenario."""

    check: str
    verdict: Verdict
    requirements: tuple[str, ...]
    configuration: str | None = None
    """Credential Configuration id, with the offer source after a colon where there are several; or ``None``."""
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    """Why the check is not applicable, blocked, waived or in error."""
    exchanges: tuple[int, ...] = ()
    """Numbers of the exchanges the check made or read."""
    evaluated: int = 0
    """How many expectations the check evaluated."""
    elapsed_s: float = 0.0

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Self:
        """Read a result back from its JSON form.

        Raises:
            KeyError, TypeError, ValueError: the mapping is not a result.

        """
        findings = tuple(Finding(**{**f, "level": Level(f["level"])}) for f in data["findings"])
        return cls(
            **{
                **data,
                "verdict": Verdict(data["verdict"]),
                "requirements": tuple(data["requirements"]),
                "findings": findings,
                "exchanges": tuple(data["exchanges"]),
            }
        )


@dataclass(frozen=True)
class CheckInfo(_Jsonable):
    """What a reader of the report needs to know of a check."""

    id: str
    area: str
    level: Level
    """The strongest level among its requirements."""
    description: str
    requirements: tuple[str, ...]
    proven_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fault id to the finding codes it provokes."""


@dataclass(frozen=True)
class RequirementResult(_Jsonable):
    """What the run says of one requirement."""

    requirement: Requirement
    verdict: Verdict | None
    """The worst verdict of the checks that test it; ``None`` when nothing in this run tested it."""
    checks: tuple[str, ...] = ()
    reason: str | None = None
    """Why it was not tested."""


@dataclass(frozen=True)
class Waiver(_Jsonable):
    """A known failure that the team accepts until a day."""

    check: str
    finding: str
    reason: str
    owner: str
    expires: str
    """Last day on which the waiver counts, ``YYYY-MM-DD`` in UTC."""
    issue: str | None = None
    """Where the repair is tracked."""


@dataclass(frozen=True)
class PartVerdict(_Jsonable):
    """The verdict of a run on some of the specifications of its profile."""

    name: str
    title: str
    specifications: tuple[str, ...]
    """Prefixes of the requirement ids that it is about."""
    verdict: RunVerdict
    summary: str
    """One sentence that says why the verdict is what it is."""
    decides: bool
    """Whether the verdict of the run depends on it."""


@dataclass(frozen=True)
class Timing(_Jsonable):
    """Where the seconds of a run went."""

    wall_s: float
    issuer_s: float
    """Time spent waiting for answers of the issuer and its authorization server."""
    waiting_s: float
    """Time the run slept because a specification or a rate limit made it wait."""
    harness_s: float
    """The rest."""
    exchanges: int


@dataclass(frozen=True)
class RunReport(_Jsonable):
    """A whole run, the source of truth of every report. ``schemas/report.schema.json`` is its JSON form."""

    tool: Mapping[str, Json]
    """``name``, ``version``, ``commit`` (or ``None``)."""
    target: Mapping[str, Json]
    """``issuer``, ``profile``, ``configurations``, and what the team says of the deployment."""
    verdict: RunVerdict
    summary: str
    """One sentence that says why the verdict is what it is."""
    notices: Sequence[str]
    """What narrows the verdict: filters, development run over http, preflight problems."""
    started: str
    results: Sequence[CheckResult]
    checks: Sequence[CheckInfo]
    requirements: Sequence[RequirementResult]
    exchanges: Sequence[Exchange]
    waivers: Sequence[Mapping[str, Json]]
    """Each waiver with ``state`` (used, stale, expired, unknown, not-run) and ``days_left``."""
    configuration: Mapping[str, Json]
    """The settings of the run, redacted."""
    issuer: Mapping[str, Json]
    """The issuer as seen: ``metadata``, ``authorization_servers``, ``offers``, ``credentials``, redacted."""
    timing: Timing
    command: str
    """The command line that repeats this run."""
    gate: Mapping[str, Json] | None = None
    """What the run told the pipeline: ``bar``, ``passes``, ``exit_code``, ``reason``; no part of the verdict."""
    baseline: Mapping[str, Json] | None = None
    """What changed since an earlier report; ``None`` without one."""
    verdicts: Sequence[PartVerdict] = ()
    """The verdicts that the profile asks for, each for itself; the verdict of the run is then the worst of those
    that decide. Empty where there is one verdict."""
    complete: bool = True
    """False or absent in a file that was cut short."""

    def to_json(self) -> dict[str, Json]:
        """Give the report as ``schemas/report.schema.json`` describes it."""
        data = super().to_json()
        data["requirements"] = [
            {
                **item.requirement.to_json(),
                "testable": item.requirement.testable,
                "verdict": None if item.verdict is None else str(item.verdict),
                "checks": list(item.checks),
                "reason": item.reason,
            }
            for item in self.requirements
        ]
        return data
