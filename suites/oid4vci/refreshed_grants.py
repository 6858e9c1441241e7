"""What a refreshed Access Token is good for: RFC 6749 section 6, RFC 9396 section 6, OpenID4VCI 1.0 6.1.1 and 6.2.

To ask for less, two Credential Configurations are authorized at once; to ask for more, only one of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness.access import Access
from harness.applicability import when
from harness.authorized import Authorized
from harness.authorizing import asking_for
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import token as tokens
from harness.wallet.credential import carries_credential
from suites.oid4vci._refreshing import held, refresh, refresh_token_of, renewed
from suites.oid4vci._token_requests import fields_by_details

check = area("Refresh Tokens", per=Per.GRANT)

_BY_DETAILS = when.code_flow & when.refresh_token & when.authorization_details
_BY_SCOPE = when.code_flow & when.refresh_token & when.scope & when.another_scope


# Less than was granted


@check(
    "refresh-token-narrower-scope",
    requires=["RFC6749-6-04", "RFC6749-5.1-09"],
    proven_by={
        "rejects:refresh.narrower-scope": "REFRESH-TOKEN-NARROWER-SCOPE-REFUSED",
        "rejects:refresh.right-request": "REFRESH-TOKEN-NARROWER-SCOPE-REFUSED",
        "refreshed-access:whole-grant": "REFRESH-TOKEN-NARROWER-SCOPE-EXCEEDED",
    },
    applies=_BY_SCOPE,
)
async def less_scope_can_be_had(by_scope: Authorized, flow: Flow, facts: Facts, expect: Expect) -> None:
    """A refresh request for one of two scope values is granted, and the Access Token is good for no more."""
    both = await _both_scopes(flow, by_scope, facts)
    own = by_scope.parameters["scope"]
    reply = await refresh(flow, held(both.granted), scope=own)
    if not expect.that(
        tokens.access_token(reply) is not None,
        "REFRESH-TOKEN-NARROWER-SCOPE-REFUSED",
        f"an Access Token for {own!r}, a part of the scope that was granted",
        reply.gist,
        at=reply,
    ):
        return
    said = reply.object.get("scope", own)
    if isinstance(said, str) and str(facts.issuer.configurations[both.other]["scope"]) in said.split():
        # A server may ignore what is asked for by scope, as long as it says so (RFC 6749 section 3.3).
        return
    answer = await both.ask_for_other(reply)
    expect.that(
        not carries_credential(answer),
        "REFRESH-TOKEN-NARROWER-SCOPE-EXCEEDED",
        f"no Credential of {both.other!r} for an Access Token with the scope {said!r}",
        answer.gist,
        at=answer,
        requirement="RFC6749-5.1-09",
    )


@check(
    "refresh-token-narrower-details",
    requires=["VCI-6.1.1-01", "VCI-6.1.1-02"],
    proven_by={
        "rejects:refresh.right-request": "REFRESH-TOKEN-NARROWER-DETAILS-REFUSED",
        "refreshed-access:whole-grant": "REFRESH-TOKEN-NARROWER-DETAILS-EXCEEDED",
    },
    applies=_BY_DETAILS & when.several_configurations,
)
async def fewer_details_can_be_had(flow: Flow, facts: Facts, expect: Expect) -> None:
    """A refresh request may ask for one of two authorized configurations, and the token is for no more."""
    both = await _both_details(flow, facts)
    item = json.dumps(flow.details())
    reply = await refresh(flow, held(both.granted), authorization_details=item)
    if not expect.that(
        tokens.access_token(reply) is not None,
        "REFRESH-TOKEN-NARROWER-DETAILS-REFUSED",
        "an Access Token for a part of what was authorized",
        reply.gist,
        at=reply,
    ):
        return
    answer = await both.ask_for_other(reply)
    expect.that(
        not carries_credential(answer),
        "REFRESH-TOKEN-NARROWER-DETAILS-EXCEEDED",
        f"no Credential of {both.other!r} for an Access Token that was not asked for it",
        answer.gist,
        at=answer,
        requirement="VCI-6.1.1-02",
    )


@check(
    "refresh-token-successor-whole",
    requires=["RFC6749-6-07"],
    proven_by={"successor:narrower": "REFRESH-TOKEN-SUCCESSOR-NARROWER"},
    applies=_BY_DETAILS & when.several_configurations,
)
async def the_next_refresh_token_is_for_the_whole(flow: Flow, facts: Facts, expect: Expect) -> None:
    """A refresh token that came with an Access Token for less is good for all that was granted."""
    both = await _both_details(flow, facts)
    first = held(both.granted)
    control = await renewed(flow, first)
    if not carries_credential(await both.ask_for_other(control)):
        raise Blocked("a refreshed Access Token is not good for all that was granted")
    second = tokens.refresh_token(control) or first
    part = await renewed(flow, second, authorization_details=json.dumps(flow.details()))
    reply = await renewed(flow, tokens.refresh_token(part) or second)
    answer = await both.ask_for_other(reply)
    expect.that(
        carries_credential(answer),
        "REFRESH-TOKEN-SUCCESSOR-NARROWER",
        f"a Credential of {both.other!r}, as with the first Access Token",
        answer.gist,
        at=answer,
    )


# More than was granted


@check(
    "refresh-token-wider-details-refused",
    requires=["RFC9396-6-01", "RFC6749-5.2-01"],
    proven_by={
        "accepts:token.authorization-details": "REFRESH-TOKEN-WIDER-DETAILS-ACCEPTED",
        "misreports:token.authorization-details": "REFRESH-TOKEN-WIDER-DETAILS-MISREPORTED",
    },
    applies=_BY_DETAILS & when.several_configurations,
)
async def further_details_are_refused(flow: Flow, facts: Facts, expect: Expect) -> None:
    """A refresh request with authorization_details beyond the grant gets invalid_authorization_details."""
    own = flow.details()
    granted = await flow.request_token(await fields_by_details(flow, own))
    other = facts.further_configurations[0]
    wider = json.dumps([*own, *flow.details(other)])
    expect.refused(
        await refresh(flow, held(granted), authorization_details=wider),
        "REFRESH-TOKEN-WIDER-DETAILS",
        what=f"a refresh request for {other!r}, which was not authorized,",
        status={400},
        errors={"invalid_authorization_details"},
        status_requirement="RFC6749-5.2-01",
    )


# The same as was granted


@check(
    "refresh-token-details",
    requires=["VCI-6.2-10", "VCI-6.2-11"],
    proven_by={
        "refreshed-token:details-missing": "REFRESHED-DETAILS-MISSING",
        "refreshed-token:identifiers-other": "REFRESHED-IDENTIFIERS-OTHER",
    },
    applies=_BY_DETAILS,
)
async def details_are_returned_again(flow: Flow, expect: Expect) -> None:
    """The answer to a refresh request has the authorization_details of the first one, with their identifiers."""
    granted = await flow.request_token(await fields_by_details(flow))
    reply = await renewed(flow, held(granted))
    if expect.that(
        "authorization_details" in reply.object,
        "REFRESHED-DETAILS-MISSING",
        "authorization_details, since the Authorization Request had them",
        f"the members {', '.join(reply.object)}",
        at=reply,
    ):
        _expect_identifiers(flow, granted, reply, expect)


@check(
    "refresh-token-identifiers",
    requires=["VCI-6.2-11"],
    proven_by={"refreshed-token:identifiers-other": "REFRESHED-IDENTIFIERS-OTHER"},
    applies=when.refresh_token & when.credential_identifiers,
)
async def identifiers_stay(flow: Flow, expect: Expect) -> None:
    """Where the answer to a refresh request names credential_identifiers, they are those of the first one."""
    granted = await flow.token()
    _expect_identifiers(flow, granted, await renewed(flow, await refresh_token_of(flow)), expect)


def _expect_identifiers(flow: Flow, granted: Reply, reply: Reply, expect: Expect) -> None:
    name = flow.scenario.configuration
    before, after = tokens.credential_identifiers(granted, name), tokens.credential_identifiers(reply, name)
    expect.that(
        set(after) == set(before) or "authorization_details" not in reply.object,
        "REFRESHED-IDENTIFIERS-OTHER",
        f"the credential_identifiers of the first Token Response: {', '.join(before)}",
        ", ".join(after) or "none",
        at=reply,
        pointer="/authorization_details",
        requirement="VCI-6.2-11",
    )


@dataclass(frozen=True)
class _Both:
    """An authorization of two configurations at once.

    Attributes:
        flow: for the configuration that is not the scenario's own.
        granted: the Token Response.

    """

    flow: Flow
    granted: Reply

    @property
    def other(self) -> str:
        """The configuration that is not the scenario's own."""
        return self.flow.scenario.configuration

    async def ask_for_other(self, reply: Reply) -> Reply:
        """Ask for a Credential of the other configuration with the Access Token of a Token Response."""
        names = [
            name for said in (reply, self.granted) for name in tokens.credential_identifiers(said, self.other)
        ]
        value = str(tokens.access_token(reply))
        access = Access(self.flow, value, names[0] if names else None, scheme=tokens.scheme(reply))
        return await access.request(await access.right_body())


async def _both_scopes(flow: Flow, by_scope: Authorized, facts: Facts) -> _Both:
    """Have two configurations authorized by scope.

    Raises:
        Blocked: that is not to be had.

    """
    other = facts.configurations_by_scope[0]
    scope = f"{by_scope.parameters['scope']} {facts.issuer.configurations[other]['scope']}"
    asked = {"scope": scope, "resource": by_scope.parameters.get("resource"), "authorization_details": None}
    return await _both(flow, other, await flow.authorize(asked))


async def _both_details(flow: Flow, facts: Facts) -> _Both:
    """Have two configurations authorized by ``authorization_details``.

    Raises:
        Blocked: that is not to be had.

    """
    other = facts.further_configurations[0]
    details = [*flow.details(), *flow.details(other)]
    return await _both(flow, other, await flow.authorize(asking_for(details)))


async def _both(flow: Flow, other: str, attempt: Authorized) -> _Both:
    if attempt.code is None:
        raise Blocked(f"two configurations cannot be authorized at once: {attempt.gist}")
    granted = await flow.request_token(flow.code_fields(attempt))
    if tokens.access_token(granted) is None:
        raise Blocked(f"two configurations cannot be authorized at once: {granted.gist}")
    further = flow.redeeming(attempt, other)
    further.binding_key = flow.binding_key
    both = _Both(further, granted)
    control = await both.ask_for_other(granted)
    if not carries_credential(control):
        raise Blocked(f"the authorization server does not grant {other!r} beside the other one: {control.gist}")
    return both
