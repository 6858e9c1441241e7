"""Rules a request must keep and things a correct issuer must tolerate, with the faults that follow from each.

From a rule ``R`` follow the faults ``accepts:R`` (the rule is skipped) and ``misreports:R`` (the request is
refused, but with the wrong status and error); from a tolerance ``T`` follows ``rejects:T``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

Facts = TypeVar("Facts")
MISREPORTED = "assay_misreported"
_PROTECTED = frozenset({"credential", "deferred", "notification"})
"""The endpoints that take an access token, as the ids of their rules begin."""
CHALLENGE = 'Bearer realm="assay"'
"""How a challenge begins; the scheme needs at least one parameter (RFC 6750 section 3)."""


@dataclass(eq=False)
class Refusal(Exception):
    """A request is refused.

    ``error`` stands in the JSON body; a refusal without it has no body.
    """

    status: int
    error: str | None
    description: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule(Generic[Facts]):
    """One demand on a request."""

    id: str
    statement: str
    """What a request that keeps the rule is like; one sentence."""
    complaint: Callable[[Facts], str | None]
    """Says what is wrong, in the characters RFC 6749 allows in ``error_description``, or gives ``None``."""
    status: int
    error: str | None
    presumes: frozenset[str]
    """Rules that must hold for this one to make sense."""

    @property
    def challenges(self) -> bool:
        """Whether the answer is an authorization error (RFC 6750 section 3)."""
        endpoint = self.id.removeprefix("draft-").partition(".")[0]
        return endpoint in _PROTECTED and self.status in (401, 403)

    def refusal(self, complaint: str) -> Refusal:
        """The field's own answer to a broken rule."""
        if not self.challenges:
            return Refusal(self.status, self.error, complaint)
        # A request without any authentication learns no error code (RFC 6750 section 3.1).
        details = f', error="{self.error}", error_description="{complaint}"' if self.error else ""
        return Refusal(self.status, None, complaint, {"WWW-Authenticate": f"{CHALLENGE}{details}"})

    def misreport(self, complaint: str) -> Refusal:
        """A wrong answer to a broken rule."""
        return Refusal(500 if self.challenges else 403, MISREPORTED, complaint)


@dataclass(frozen=True)
class Tolerance(Generic[Facts]):
    """Something a request may have and a correct issuer must put up with."""

    id: str
    statement: str
    present: Callable[[Facts], bool]
    status: int
    error: str


RULES: dict[str, Rule[Any]] = {}
TOLERANCES: dict[str, Tolerance[Any]] = {}


def rule(
    identifier: str,
    error: str | None,
    *,
    status: int = 400,
    presumes: Collection[str] = (),
    statement: str | None = None,
) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    """Register a function that complains about a request as a rule; without ``statement`` its docstring is it."""

    def register(complaint: Callable[[Facts], str | None]) -> Rule[Facts]:
        said = statement or _statement(complaint)
        made = Rule(identifier, said, complaint, status, error, frozenset(presumes))
        RULES[identifier] = made
        return made

    return register


def tolerance(
    identifier: str, *, status: int = 400, error: str = "invalid_request"
) -> Callable[[Callable[[Facts], bool]], Tolerance[Facts]]:
    """Register a function that sees something harmless; its docstring is the statement."""

    def register(present: Callable[[Facts], bool]) -> Tolerance[Facts]:
        made = Tolerance(identifier, _statement(present), present, status, error)
        TOLERANCES[identifier] = made
        return made

    return register


_MODULES = (
    "authorization_rules",
    "client_rules",
    "dpop_rules",
    "token_rules",
    "grant_rules",
    "token_guard",
    "proof_rules",
    "credential_rules",
    "deferred_rules",
    "notification_rules",
    "languages",
    "drafts.rules",
    "drafts.key_proofs",
    "drafts.details_rules",
    "drafts.batch_endpoint",
    "govuk.credential_rules",
    "govuk.proof_rules",
    "govuk.notification_rules",
    "govuk.sign_in_rules",
    "govuk.identity_rules",
    "govuk.logout_rules",
    "staff_passport_gateway",
    "staff_passport.rules",
    "mattr",
    "partisia",
)


@cache
def load() -> None:
    """Fill the registries."""
    for module in _MODULES:
        import_module(f"{__package__}.{module}")


def catalogue() -> dict[str, str]:
    """Give every rule id with its statement."""
    load()
    return {rule_.id: rule_.statement for rule_ in RULES.values()}


def _statement(function: Callable[..., Any]) -> str:
    return " ".join((function.__doc__ or "").split())


class Judge:
    """Holds requests to rules, as far as the faults of this issuer let it.

    ``fired`` collects the faults that made a difference, ``met`` the rules that requests broke and the
    tolerances they needed.
    """

    def __init__(self, faults: Collection[str], fired: set[str], met: set[str]) -> None:
        self._faults = faults
        self._fired = fired
        self._met = met

    def uphold(
        self, rules: Sequence[Rule[Facts]], facts: Facts, *, unsound: Collection[str] = ()
    ) -> frozenset[str]:
        """Judge the rules in order; give the ids of those that do not hold and were let off.

        A rule whose presumption was let off is not judged, so that one defect meets one rule. ``unsound`` are
        the rules let off when an earlier part of the same request was judged.

        Raises:
            Refusal: a rule is broken.

        """
        let_off = set(unsound)
        for rule_ in rules:
            if not rule_.presumes.isdisjoint(let_off):
                let_off.add(rule_.id)
                continue
            complaint = rule_.complaint(facts)
            if complaint is None:
                continue
            self._met.add(rule_.id)
            if self._has(f"accepts:{rule_.id}"):
                let_off.add(rule_.id)
                continue
            if self._has(f"misreports:{rule_.id}"):
                raise rule_.misreport(complaint)
            raise rule_.refusal(complaint)
        return frozenset(let_off)

    def tolerate(self, tolerances: Sequence[Tolerance[Facts]], facts: Facts) -> None:
        """Put up with harmless things in a request that keeps the rules.

        Raises:
            Refusal: a fault makes this issuer intolerant.

        """
        for tolerance_ in tolerances:
            if not tolerance_.present(facts):
                continue
            self._met.add(tolerance_.id)
            if self._has(f"rejects:{tolerance_.id}"):
                raise Refusal(tolerance_.status, tolerance_.error, tolerance_.statement)

    def _has(self, fault: str) -> bool:
        if fault not in self._faults:
            return False
        self._fired.add(fault)
        return True
