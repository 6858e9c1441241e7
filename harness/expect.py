"""Records what a check expects and turns every violation into a finding.

A check never asserts: it tells its ``Expect`` what should be so and goes on, so that one run shows all that
is wrong. Counting the expectations shows a check that looked at nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.model import Finding, Level, Requirement, strongest
from harness.transport import Reply
from harness.wallet import credential

if TYPE_CHECKING:
    from harness.authorized import Authorized

Demanded = str | Sequence[str]
"""What an expectation is about: a requirement, or those that ask the same in several versions of a specification
or in profiles of it, of which the first counts that the check judges by in this run."""
_LONGEST = 300
_MOST_NAMED = 6
"""Error codes beyond which a finding does not list them."""


def show(value: Any) -> str:
    """Give a value as short JSON for a finding; what is no JSON is given as Python shows it."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


class Expect:
    """The expectations of one run of one check.

    Args:
        requirements: what the check tests, in the order of its declaration; the first is the default of
            every expectation.
        dormant: what the check tests in other versions of a specification; violating it is no finding.

    """

    def __init__(self, requirements: Mapping[str, Requirement], dormant: Collection[str] = ()) -> None:
        self._requirements = requirements
        self._dormant = dormant
        self._findings: list[Finding] = []
        self.evaluated = 0
        self.passed_over = 0
        """How many expectations were about what other versions ask."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was violated so far."""
        return tuple(self._findings)

    def that(
        self,
        holds: bool,
        code: str,
        expected: str,
        observed: Any,
        *,
        at: Reply | int | None = None,
        pointer: str | None = None,
        requirement: Demanded | None = None,
    ) -> bool:
        """Expect something to hold.

        Args:
            holds: whether it does.
            code: stable name of the violation.
            expected: what should be, in words.
            observed: what is; a string is taken as words, anything else is shown as JSON.
            at: the exchange that shows it.
            pointer: where in its message, as a JSON Pointer or in words such as ``header Cache-Control``.
            requirement: which of the check's requirements; the first by default.

        Returns:
            ``holds``, so that a check can stop where going on makes no sense.

        """
        name = self._tested(requirement)
        if name is None:
            self.passed_over += 1
            return holds
        self.evaluated += 1
        if not holds:
            demand = self._requirements[name]
            rests = "" if demand.basis is None or demand.basis.binds else f" ({demand.basis.words})"
            self._findings.append(
                Finding(
                    code=code,
                    requirement=name,
                    level=demand.level,
                    expected=f"{expected}{rests}",
                    observed=observed[:_LONGEST] if isinstance(observed, str) else show(observed),
                    pointer=pointer,
                    exchange=at.exchange if isinstance(at, Reply) else at,
                )
            )
        return holds

    def _tested(self, asked: Demanded | None) -> str | None:
        """Give the requirement that an expectation is about; ``None`` if it is one of other versions."""
        if asked is None:
            return next(iter(self._requirements))
        names = (asked,) if isinstance(asked, str) else asked
        return next((name for name in names if name not in self._dormant), None)

    def refused(
        self,
        reply: Reply,
        code: str,
        *,
        what: str,
        status: Collection[int],
        errors: Collection[str] = (),
        requirement: Demanded | None = None,
        status_requirement: Demanded | None = None,
        error_requirement: Demanded | None = None,
    ) -> None:
        """Expect a request to be refused: by status, by error code, and without handing anything out.

        Two findings are possible. ``CODE-ACCEPTED``: the request was not refused. ``CODE-MISREPORTED``: it was,
        with another status or error than the specification names.

        Args:
            what: what was wrong with the request, in words, for example ``a proof with an unknown c_nonce``.
            status: statuses that refuse rightly.
            errors: values of ``error`` that are right; empty when the body does not matter.
            requirement: what an acceptance violates; the check's first requirement by default.
            status_requirement: what a wrong status violates; the check's first requirement by default.
            error_requirement: what a wrong error code violates; the check's first requirement by default.

        """
        handed_out = credential.carries_credential(reply) or bool(reply.object.get("access_token"))
        observed = reply.gist + (", handing out what was asked for" if handed_out else "")
        if not self.that(
            reply.status >= 400 and not handed_out,
            f"{code}-ACCEPTED",
            f"{what} is refused",
            observed,
            at=reply,
            requirement=requirement,
        ):
            return
        wanted = f"HTTP {_either(status)}" + (f" with error {_either(errors)}" if errors else "")
        right_status = reply.status in status
        self.that(
            right_status and (not errors or reply.error in errors),
            f"{code}-MISREPORTED",
            f"{what} is answered by {wanted}",
            observed,
            at=reply,
            requirement=error_requirement if right_status else status_requirement,
        )

    def not_authorized(
        self,
        attempt: Authorized,
        code: str,
        *,
        what: str,
        errors: Collection[str] = (),
        requirement: Demanded | None = None,
        error_requirement: Demanded | None = None,
    ) -> None:
        """Expect an authorization request to be refused, wherever the server does it, without a code.

        It may be refused at the Pushed Authorization Request Endpoint, by an authorization response with an error,
        or on a page for the user. Two findings are possible, as with ``refused``.

        Args:
            what: what was wrong with the request, in words.
            errors: values of ``error`` that are right in an answer to the client; empty when any is.
            requirement: what an acceptance violates; the check's first requirement by default.
            error_requirement: what a wrong error code violates; the check's first requirement by default.

        """
        last = attempt.last
        if not self.that(
            attempt.code is None,
            f"{code}-ACCEPTED",
            f"{what} is refused",
            attempt.gist if attempt.error is None else f"{attempt.gist}, and a code",
            at=last,
            requirement=requirement,
        ):
            return
        if attempt.response is not None:
            told = attempt.response.error
        elif attempt.visit is None and attempt.pushed is not None:
            told = attempt.pushed.error
        else:
            return
        wanted = "an error"
        if errors:
            named = len(errors) <= _MOST_NAMED
            wanted = f"the error {_either(errors)}" if named else "an error of the specifications or the registry"
        self.that(
            told is not None and (not errors or told in errors),
            f"{code}-MISREPORTED",
            f"{what} is answered by {wanted}",
            attempt.gist,
            at=last,
            requirement=error_requirement,
        )

    def judges_by(self, requirement: str) -> bool:
        """Whether a requirement of the check holds in the version of the specification that judges."""
        return requirement in self._requirements

    def restart(self) -> None:
        """Forget everything: the check starts again, with a fresh Access Token."""
        self._findings.clear()
        self.evaluated = self.passed_over = 0

    def worst(self) -> Level | None:
        """Give the strongest level among the findings, or ``None`` when there are none."""
        return strongest(finding.level for finding in self._findings)


def _either(values: Collection[Any]) -> str:
    return " or ".join(
        str(value) for value in (sorted(values) if isinstance(values, (set, frozenset)) else values)
    )
