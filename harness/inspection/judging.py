"""Runs the checks of a run on one document.

A check is run when its evidence is at hand. What a file cannot show (how it was answered, the keys of the request
that brought it) stands in its place in the evidence as something that blocks a check which looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from harness.checks import Check
from harness.evidence import Blocked, Scenario
from harness.expect import Expect
from harness.facts import Facts
from harness.inspection.inspection import Complaint
from harness.inspection.values import scrubbed
from harness.model import Requirement
from harness.transport import Reply
from harness.wallet.metadata import AuthorizationServer, Issuer

INSPECTED = "inspected"
"""Name of the configuration that a credential is given."""


@dataclass(frozen=True)
class Withheld:
    """Evidence that is not at hand."""

    reason: str


class Unseen:
    """Stands for a part of the evidence that a file does not show: every look at it blocks."""

    def __init__(self, what: str) -> None:
        self._what = what

    def _look(self, *_: Any) -> NoReturn:
        raise Blocked(self._what)

    def __getattr__(self, name: str) -> NoReturn:
        raise Blocked(self._what)

    __getitem__ = __iter__ = __len__ = __contains__ = __bool__ = __reversed__ = __eq__ = _look
    __hash__ = None  # type: ignore[assignment]


class _Headers(Unseen):
    """Header fields of an answer that was kept as a file; only its media type can be told."""

    def __init__(self, media_type: str) -> None:
        super().__init__("how it was answered (header fields) is not in the document")
        self._media_type = media_type

    def get(self, name: str) -> str:
        """Give the media type."""
        return self._media_type if name.lower() == "content-type" else self._look()


@dataclass(frozen=True)
class Judgement:
    """What the checks said."""

    complaints: tuple[Complaint, ...]
    undecided: Mapping[str, tuple[str, ...]]
    """Why checks could not judge, to the ids of these checks."""


def answer(body: bytes, url: str = "") -> Reply:
    """Give a JSON document as the successful answer that it may have been.

    Args:
        url: where it came from; empty when the document does not say.

    """
    headers: Any = _Headers("application/json")
    place: Any = url or Unseen("the document does not say where it came from")
    return Reply(0, "GET", place, 200, headers, body)


def issuer(
    *,
    metadata: Mapping[str, Any] | None = None,
    reply: Reply | None = None,
    servers: tuple[AuthorizationServer, ...] | None = None,
    identifier: str = "",
) -> Issuer:
    """Give an issuer of which only some documents are known; a look at the others blocks."""
    of_issuer: Any = Unseen("the metadata of the Credential Issuer is another document")
    of_servers: Any = Unseen("the metadata of the Authorization Server is another document")
    return Issuer(
        identifier,
        of_issuer if reply is None else reply,
        of_issuer if metadata is None else metadata,
        of_servers if servers is None else servers,
    )


def issuer_of_credential(configuration: Mapping[str, Any]) -> Issuer:
    """Give an issuer of which no more is known than what a credential shows of its configuration."""
    return issuer(metadata={"credential_configurations_supported": {INSPECTED: configuration}})


SCENARIO = Scenario(INSPECTED, INSPECTED, INSPECTED)


async def judge(
    checks: Mapping[str, Check],
    requirements: Mapping[str, Requirement],
    evidence: Mapping[str, Any],
    facts: Facts,
) -> Judgement:
    """Run the checks whose evidence is at hand.

    Args:
        checks: those of a run.
        requirements: the catalogue.
        evidence: by name; a :class:`Withheld` leaves its checks undecided.
        facts: what predicates read; the evidence is added to it.

    """
    for name, value in evidence.items():
        if not isinstance(value, Withheld):
            setattr(facts, name, value)
    complaints: list[Complaint] = []
    undecided: dict[str, list[str]] = {}
    for check in checks.values():
        names = set(check.evidence) - {"expect"}
        if not names or not names <= evidence.keys():
            continue
        expect = Expect({name: requirements[name] for name in check.requires}, check.dormant)
        try:
            await _run(check, evidence, facts, expect)
        except Blocked as error:
            undecided.setdefault(str(error), []).append(check.id)
        except Exception as error:  # a defect of a check must not cost the rest of the inspection
            undecided.setdefault(f"internal error of the harness: {type(error).__name__}", []).append(check.id)
        complaints += [
            Complaint.of(replace(found, observed=scrubbed(found.observed)), requirements[found.requirement])
            for found in expect.findings
        ]
    return Judgement(tuple(complaints), {reason: tuple(ids) for reason, ids in undecided.items()})


async def _run(check: Check, evidence: Mapping[str, Any], facts: Facts, expect: Expect) -> None:
    for step in check.applies.steps:
        for name in step.needs:
            _at_hand(name, evidence)
        if not step.rule(facts).applies:
            return
    given = {name: _at_hand(name, evidence) for name in check.evidence if name != "expect"}
    await check.function(**given, expect=expect)


def _at_hand(name: str, evidence: Mapping[str, Any]) -> Any:
    found = evidence.get(name, Withheld("it needs more of the issuer than this document"))
    if isinstance(found, Withheld):
        raise Blocked(found.reason)
    return found
