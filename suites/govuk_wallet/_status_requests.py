"""What an issuer asked of the Status List Service, and what the service found wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.applicability import Predicate
from harness.applicability.predicate import Ruling
from harness.expect import Expect
from harness.facts import Facts
from harness.formats import jose, strict_json
from harness.formats.problems import FormatError
from harness.govuk.exchange_log import Seen
from harness.govuk.status_service import ISSUE_PATH, StatusListService, StatusRefusal


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        at: when it came, in seconds since 1970.
        claims: of its JWT; empty when it is none.
        granted: whether the service did what it was asked for.

    """

    at: float
    claims: Mapping[str, Any]
    granted: bool

    @property
    def jti(self) -> str | None:
        """Its identifier; ``None`` when it has none that is text."""
        found = self.claims.get("jti")
        return found if isinstance(found, str) else None


@dataclass(frozen=True)
class Rule:
    """What is said of a request.

    Attributes:
        code: of the finding.
        requirement: what a request violates that breaks the rule.
        expected: what should be, in words.
        kinds: the refusals of the service that say that it is broken.

    """

    code: str
    requirement: str
    expected: str
    kinds: frozenset[str]


FORM = frozenset({"content-type", "body"})
SIGNATURE = frozenset(
    {"header", "key-unknown", "signature", "jwks-unreachable", "jwks-status", "jwks-too-large", "jwks-form"}
)


def asked(service: StatusListService, path: str) -> tuple[Asked, ...]:
    """Give the requests to one endpoint so far, in their order."""
    return tuple(_read(seen) for seen in service.log.of(path))


def refused(service: StatusListService, path: str) -> tuple[StatusRefusal, ...]:
    """Give the requests to one endpoint that were refused so far, in their order."""
    return tuple(refusal for refusal in service.refusals if refusal.path == path)


def expect_accepted(expect: Expect, refusals: Sequence[StatusRefusal], rules: Sequence[Rule]) -> None:
    """Expect that the service refused no request for what the rules speak of."""
    for rule in rules:
        broken = next((refusal for refusal in refusals if refusal.kind in rule.kinds), None)
        expect.that(
            broken is None,
            rule.code,
            rule.expected,
            broken.detail if broken else "",
            requirement=rule.requirement,
        )


def _read(seen: Seen) -> Asked:
    claims: Any = None
    with contextlib.suppress(FormatError, UnicodeDecodeError):
        claims = strict_json.parse(jose.parse_compact(seen.body.decode("ascii").strip()).payload).value
    return Asked(seen.at, claims if isinstance(claims, dict) else {}, 200 <= seen.status < 300)


def _entry_was_asked_for(facts: Facts) -> Ruling:
    service = None if facts.govuk is None else facts.govuk.status_service
    found = service is not None and bool(service.log.of(ISSUE_PATH))
    return Ruling(found, f"the issuer has asked the Status List Service for {'an' if found else 'no'} entry")


ENTRY_ASKED_FOR = Predicate(frozenset({"issuance"}), _entry_was_asked_for)
"""The issuer has asked the Status List Service for the status of a credential, whatever the answer was."""
