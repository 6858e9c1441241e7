"""Wrong ways to authenticate a client, and how the endpoints that authenticate clients refuse them.

These are the Token Endpoint and, where there is one, the Pushed Authorization Request Endpoint (RFC 9126 section
2.1). A check follows from each row of the tables in ``client_authentication`` and ``client_attestation``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from harness.applicability import ALWAYS, Predicate
from harness.checks import CheckFunction
from harness.evidence import Blocked, Grant
from harness.expect import Expect
from harness.flow import Flow
from harness.mutate import ELSEWHERE
from harness.transport import Reply
from harness.unredeemed import Unredeemed
from harness.wallet.client_auth import Authentication
from suites.oid4vci._token_requests import without

Change = Callable[[Flow, Authentication], Authentication]
"""Gets a flow and what is right; gives what is sent instead."""

STATUS = ("RFC6749-5.2-01", "RFC9126-2.3-02")
"""What a wrong status of a refusal violates, at the Token Endpoint and at the PAR endpoint."""


class WrongAuthentication(NamedTuple):
    """A kind of wrong client authentication."""

    name: str
    """Stands in the id of the check."""
    statement: str
    """A request with it, as the subject of a sentence."""
    requirements: Sequence[str]
    """The first is violated where the Token Endpoint accepts it."""
    changes: Mapping[str, Change]
    """A wrong authentication in words to what makes it of a right one."""
    rules: Collection[str]
    """The rules of the reference issuer that it breaks."""
    errors: Collection[str]
    """Values of ``error`` that are right."""
    applies: Predicate = ALWAYS
    pushed: bool = True
    """Whether a variant of the reference issuer shows it at the PAR endpoint."""
    further: Sequence[str] = ()
    """What stricter profiles ask of the matter."""

    @property
    def code(self) -> str:
        """How its finding codes begin; those of the PAR endpoint begin with ``PAR-`` before that."""
        return f"CLIENT-{self.name.upper()}"

    @property
    def proven_by(self) -> dict[str, Sequence[str]]:
        """The faults of the reference issuer that its check notices."""
        codes = [self.code, f"PAR-{self.code}"] if self.pushed else [self.code]
        return {
            f"{effect}:client.{rule}": [f"{code}-{end}" for code in codes]
            for rule in self.rules
            for effect, end in (("accepts", "ACCEPTED"), ("misreports", "MISREPORTED"))
        }


async def expect_refusals(
    expect: Expect,
    wrong: WrongAuthentication,
    unredeemed: Unredeemed,
    shared: Flow,
    *,
    pushed_requirement: str,
    error_requirement: str,
) -> None:
    """Expect a wrong authentication to be refused at every endpoint that authenticates the client.

    Args:
        pushed_requirement: what an acceptance at the PAR endpoint violates.
        error_requirement: what a wrong error code violates.

    """
    for what, change in wrong.changes.items():
        reply = await unredeemed.request(partial(redeem, change), set(wrong.errors) - {"invalid_grant"})
        expect.refused(
            reply,
            wrong.code,
            what=f"a Token Request with {what}",
            status={400, 401},
            errors=wrong.errors,
            status_requirement=STATUS[0],
            error_requirement=error_requirement,
        )
        if await pushes(shared):
            expect.refused(
                await push(change, shared),
                f"PAR-{wrong.code}",
                what=f"a pushed authorization request with {what}",
                status={400, 401},
                errors=wrong.errors,
                requirement=pushed_requirement,
                status_requirement=STATUS[1],
                error_requirement=error_requirement,
            )


def refusal(
    check: Callable[..., Callable[[CheckFunction], CheckFunction]],
    wrong: WrongAuthentication,
    *,
    applies: Predicate,
    pushed_requirement: str,
    error_requirement: str,
    ending: str = "is refused",
) -> CheckFunction:
    """Declare the check that a wrong authentication is refused.

    Args:
        check: declares checks of the suite module's area.
        applies: to which clients the table of this row applies.
        pushed_requirement: what an acceptance at the PAR endpoint violates.
        error_requirement: what a wrong error code violates.
        ending: how the sentence of the check ends.

    """

    async def judge(unredeemed: Unredeemed, shared: Flow, expect: Expect) -> None:
        await expect_refusals(
            expect,
            wrong,
            unredeemed,
            shared,
            pushed_requirement=pushed_requirement,
            error_requirement=error_requirement,
        )

    judge.__doc__ = f"{wrong.statement} {ending}."
    named = dict.fromkeys([*wrong.requirements, error_requirement, pushed_requirement, *STATUS, *wrong.further])
    return check(
        f"client-{wrong.name}-refused",
        requires=list(named),
        proven_by=wrong.proven_by,
        applies=applies & wrong.applies,
    )(judge)


async def pushes(flow: Flow) -> bool:
    """Whether the client of a flow authenticates at the Pushed Authorization Request Endpoint too."""
    return flow.scenario.grant is Grant.AUTHORIZATION_CODE and (await flow.server()).par_endpoint is not None


async def redeem(change: Change, flow: Flow) -> Reply:
    """Make a Token Request that is right but for what authenticates the client."""
    fields = without(await flow.token_fields(), "client_id")
    return await flow.request_token(fields, authentication=_changed(change, flow))


async def push(change: Change, flow: Flow) -> Reply:
    """Push an authorization request that is right but for what authenticates the client."""
    parameters, _ = await flow.authorization_parameters()
    return await flow.push(without(parameters, "client_id"), authentication=_changed(change, flow))


def _changed(change: Change, flow: Flow) -> Callable[[Authentication], Authentication]:
    """Let the form name the client, so that a server can tell who it is whatever the credentials say."""

    def changed(shown: Authentication) -> Authentication:
        return change(flow, replace(shown, fields={"client_id": flow.agent.client_id or "", **shown.fields}))

    return changed


def unchanged(_: Flow, shown: Authentication) -> Authentication:
    """Leave everything as it is."""
    return shown


def another_client(flow: Flow) -> str:
    """Give the identifier of another client, a registered one where the run knows one."""
    second = flow.tools.second_client
    return (second.client_id if second else None) or ELSEWHERE


def naming_another_client(flow: Flow, shown: Authentication) -> Authentication:
    """Let the form name another client than the one that authenticates."""
    return replace(shown, fields={**shown.fields, "client_id": another_client(flow)})


async def expect_accepted(
    expect: Expect,
    flow: Flow,
    change: Change,
    code: str,
    *,
    what: str,
    requirement: str | None = None,
    at_token: bool = True,
) -> None:
    """Expect an unusual but right authentication to be accepted wherever the client authenticates.

    Args:
        code: of a refusal; one of the PAR endpoint begins with ``PAR-`` before that.
        what: what is unusual, in words.
        requirement: what a refusal violates; the check's first by default.
        at_token: whether it is right at the Token Endpoint as well.

    Raises:
        Blocked: no code is at hand.

    """
    replies = [(code, "a Token Request", await redeem(change, flow))] if at_token else []
    if await pushes(flow):
        replies.append((f"PAR-{code}", "a pushed authorization request", await push(change, flow)))
    for found, request, reply in replies:
        granted = f"{request} with {what} is granted"
        expect.that(reply.successful, found, granted, reply.gist, at=reply, requirement=requirement)
    if not replies:
        raise Blocked("the client authenticates nowhere that this could be tried")
