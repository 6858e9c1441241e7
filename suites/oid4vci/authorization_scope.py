"""What an Authorization Request asks for: OpenID4VCI 1.0 sections 5, 5.1.2 and 5.1.3, RFC 8707 section 2."""

from __future__ import annotations

from harness import mutate
from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import credential
from harness.wallet.authorization import written
from harness.wallet.metadata import AuthorizationServer
from suites.oid4vci._authorizations import control, granted

check = area("Authorization Request", per=Per.GRANT)


@check(
    "authorization-par-offered",
    requires=["VCI-5-03", "HAIP-4-04", "FAPI2-5.3.2.2-02"],
    proven_by={
        "as-metadata:par-endpoint-missing": "AUTHORIZATION-PAR-MISSING",
    },
    applies=when.code_flow,
)
async def requests_can_be_pushed(server: AuthorizationServer, expect: Expect) -> None:
    """The Authorization Server supports Pushed Authorization Requests."""
    expect.that(
        "pushed_authorization_request_endpoint" in server.metadata,
        "AUTHORIZATION-PAR-MISSING",
        "pushed_authorization_request_endpoint in the metadata",
        "no such member",
        at=server.exchange,
        requirement=("FAPI2-5.3.2.2-02", "HAIP-4-04", "VCI-5-03"),
    )


@check(
    "authorization-scope-accepted",
    requires=["VCI-5.1.2-02", "HAIP-4.3-01"],
    proven_by={
        "rejects:client.right-authentication": "AUTHORIZATION-SCOPE-REFUSED",
        "rejects:client.issuer-audience": "AUTHORIZATION-SCOPE-REFUSED",
        "rejects:client.pop-issuer-audience": "AUTHORIZATION-SCOPE-REFUSED",
        "rejects:authorize.scope": "AUTHORIZATION-SCOPE-REFUSED",
        "rejects:authorize.right-request": "AUTHORIZATION-SCOPE-REFUSED",
        "rejects:authorize.issuer-as-resource": "AUTHORIZATION-SCOPE-REFUSED",
        "rejects:authorize.request-uri": "AUTHORIZATION-SCOPE-REFUSED",
        "authorization-response:code-missing": "AUTHORIZATION-SCOPE-REFUSED",
        "authorization-response:fragment": "AUTHORIZATION-SCOPE-REFUSED",
        "authorization-response:status-405": "AUTHORIZATION-SCOPE-REFUSED",
        "sign-in-response:status-307": "AUTHORIZATION-SCOPE-REFUSED",
        "par:request-uri-missing": "AUTHORIZATION-SCOPE-REFUSED",
        "par:request-uri-number": "AUTHORIZATION-SCOPE-REFUSED",
        "rejects:par.right-request": "AUTHORIZATION-SCOPE-REFUSED",
    },
    applies=when.code_flow & when.scope,
)
async def a_scope_of_the_metadata_is_accepted(by_scope: Authorized, expect: Expect) -> None:
    """The scope that the metadata gives for a Credential can be asked for."""
    granted(expect, by_scope, "AUTHORIZATION-SCOPE-REFUSED", what="a request for the scope of the configuration")


@check(
    "authorization-unknown-scope-ignored",
    requires=["VCI-5.1.2-04"],
    proven_by={"rejects:authorize.unknown-scope": "AUTHORIZATION-UNKNOWN-SCOPE-REFUSED"},
    applies=when.code_flow & when.scope,
)
async def an_unknown_scope_value_is_ignored(by_scope: Authorized, flow: Flow, expect: Expect) -> None:
    """A scope value that nobody defined is ignored beside one that is known."""
    control(by_scope, "a request for the scope of the configuration")
    scope = by_scope.parameters["scope"]
    granted(
        expect,
        await flow.authorize({**_asked(by_scope), "scope": f"{scope} {mutate.ELSEWHERE}"}),
        "AUTHORIZATION-UNKNOWN-SCOPE-REFUSED",
        what="a request for the scope of the configuration and an unknown one",
    )


def _asked(attempt: Authorized) -> dict[str, str | None]:
    """Give what another authorization asked for, as the change of a further request."""
    names = ("scope", "resource", "authorization_details")
    return {name: attempt.parameters.get(name) for name in names}


@check(
    "authorization-scopes-combined",
    requires=["VCI-5.1.2-03", "HAIP-4.3-01"],
    proven_by={
        "rejects:authorize.several-configurations": "AUTHORIZATION-SCOPES-REFUSED",
        "authorization:first-only": "AUTHORIZATION-SCOPES-INCOMPLETE",
    },
    applies=when.code_flow & when.scope & when.another_scope,
)
async def each_scope_value_counts(by_scope: Authorized, flow: Flow, facts: Facts, expect: Expect) -> None:
    """Of several scope values in one request, each brings its Credential."""
    control(by_scope, "a request for the scope of the configuration")
    other = facts.configurations_by_scope[0]
    scope = f"{by_scope.parameters['scope']} {facts.issuer.configurations[other]['scope']}"
    attempt = await flow.authorize({**_asked(by_scope), "scope": scope})
    what = f"a request for the scope values of {flow.scenario.configuration!r} and {other!r}"
    if attempt.code is None:
        await _control_alone(flow, by_scope, other, facts)
    if granted(expect, attempt, "AUTHORIZATION-SCOPES-REFUSED", what=what):
        reply = await _issued(flow, attempt, other)
        if reply is None or not credential.carries_credential(reply):
            await _control_alone(flow, by_scope, other, facts)
        _expect_issued(expect, reply, "AUTHORIZATION-SCOPES-INCOMPLETE", what=f"{what} brings both", of=other)


async def _control_alone(flow: Flow, by_scope: Authorized, other: str, facts: Facts) -> None:
    """Make sure that the other configuration can be had at all.

    Raises:
        Blocked: it cannot.

    """
    scope = facts.issuer.configurations[other]["scope"]
    attempt = await flow.again().authorize({**_asked(by_scope), "scope": scope})
    reply = await _issued(flow, attempt, other) if attempt.code is not None else None
    if reply is None or not credential.carries_credential(reply):
        raise Blocked(f"the configuration {other!r} cannot be had by its scope alone either")


async def _issued(flow: Flow, attempt: Authorized, configuration: str) -> Reply | None:
    """Ask for a credential with what an authorization brought; ``None`` when it does not come to that."""
    return await _answer(flow.redeeming(attempt, configuration))


async def _answer(redeeming: Flow) -> Reply | None:
    try:
        return await redeeming.issuance()
    except Blocked:
        return None


async def _has_no_name(redeeming: Flow) -> bool:
    """Whether a draft has no way to ask for the credential with an Access Token.

    Drafts 13 and 14 have a request by ``format`` only where the Token Response returned no
    ``credential_identifiers`` (section 7.2), be they those of another credential.
    """
    access = await redeeming.access()
    details = (await redeeming.token()).object.get("authorization_details")
    returned = any("credential_identifiers" in item for item in details) if isinstance(details, list) else False
    return access.identifier is None and "format" in access.dialect.request_names and returned


def _expect_issued(expect: Expect, reply: Reply | None, code: str, *, what: str, of: str) -> None:
    expect.that(
        reply is not None and credential.carries_credential(reply),
        code,
        what,
        f"no credential of {of!r}: {reply.gist if reply is not None else 'no Access Token for it'}",
        at=reply,
    )


@check(
    "authorization-scope-and-details",
    requires=["VCI-5.1.2-06"],
    proven_by={
        "rejects:authorize.several-configurations": "AUTHORIZATION-SCOPE-AND-DETAILS-REFUSED",
        "authorization:first-only": "AUTHORIZATION-SCOPE-AND-DETAILS-INCOMPLETE",
    },
    applies=when.code_flow & when.scope & when.another_scope & when.authorization_details,
    flows=4,
)
async def scope_and_details_both_count(
    by_scope: Authorized, by_details: Authorized, flow: Flow, facts: Facts, expect: Expect
) -> None:
    """A scope value and authorization_details for different Credentials in one request bring both."""
    control(by_scope, "a request for the scope of the configuration")
    control(by_details, "a request by authorization_details")
    own, other = flow.scenario.configuration, facts.configurations_by_scope[0]
    asked = {**_asked(by_scope), "authorization_details": written(flow.details(other))}
    what = f"a request for {own!r} by scope and for {other!r} by authorization_details"
    for name in (own, other):
        attempt = await flow.again().authorize(asked)
        if attempt.code is None:
            await _control_alone(flow, by_scope, other, facts)
        if not granted(expect, attempt, "AUTHORIZATION-SCOPE-AND-DETAILS-REFUSED", what=what):
            return
        redeeming = flow.redeeming(attempt, name)
        reply = await _answer(redeeming)
        if reply is None or not credential.carries_credential(reply):
            await _control_alone(flow, by_scope, other, facts)
        if reply is not None and name == own and await _has_no_name(redeeming):
            continue
        code = "AUTHORIZATION-SCOPE-AND-DETAILS-INCOMPLETE"
        _expect_issued(expect, reply, code, what=f"{what} brings both", of=name)


@check(
    "authorization-details-before-scope",
    requires=["VCI-5.1.2-07"],
    proven_by={
        "authorization:scope-wins": "AUTHORIZATION-DETAILS-OVERRULED",
        "token:authorization-details-missing": "AUTHORIZATION-DETAILS-OVERRULED",
    },
    applies=when.code_flow & when.scope & when.authorization_details,
)
async def details_go_before_scope(by_scope: Authorized, flow: Flow, expect: Expect) -> None:
    """When scope and authorization_details ask for the same Credential, the details are followed."""
    control(by_scope, "a request for the scope of the configuration")
    details = written(flow.details())
    attempt = await flow.authorize({**_asked(by_scope), "authorization_details": details})
    control(attempt, "a request for one configuration by scope and by authorization_details")
    reply = await flow.redeeming(attempt).token()
    expect.that(
        "authorization_details" in reply.object,
        "AUTHORIZATION-DETAILS-OVERRULED",
        "a Token Response with authorization_details",
        reply.gist,
        at=reply,
    )


@check(
    "authorization-resource-accepted",
    requires=["VCI-5.1.2-05"],
    proven_by={"rejects:authorize.issuer-as-resource": "AUTHORIZATION-RESOURCE-REFUSED"},
    applies=when.code_flow & when.scope & when.authorization_servers,
)
async def the_issuer_is_accepted_as_resource(by_scope: Authorized, shared: Flow, expect: Expect) -> None:
    """A request for a scope with the Credential Issuer Identifier as resource is granted."""
    if by_scope.code is None:
        alone = {**_asked(by_scope), "resource": None}
        control(await shared.again().authorize(alone), "a request for a scope without resource")
    granted(
        expect,
        by_scope,
        "AUTHORIZATION-RESOURCE-REFUSED",
        what="a request with the Credential Issuer Identifier as resource",
    )


@check(
    "authorization-resource-foreign",
    requires=["RFC8707-2.1-01"],
    proven_by={"misreports:authorize.resource": "AUTHORIZATION-RESOURCE-FOREIGN-MISREPORTED"},
    applies=when.code_flow,
)
async def a_foreign_resource_is_refused_as_such(flow: Flow, expect: Expect) -> None:
    """A request with a resource of another party is ignored in that or refused with invalid_target."""
    attempt = await flow.authorize({"resource": mutate.ELSEWHERE})
    expect.that(
        attempt.error in (None, "invalid_target"),
        "AUTHORIZATION-RESOURCE-FOREIGN-MISREPORTED",
        "a code, or the error invalid_target",
        attempt.gist,
        at=attempt.last,
    )


@check(
    "authorization-issuer-state-accepted",
    requires=["VCI-5.1.3-01"],
    proven_by={"rejects:authorize.issuer-state": "AUTHORIZATION-ISSUER-STATE-REFUSED"},
    applies=when.code_flow & when.issuer_state,
    per=Per.REDEMPTION,
)
async def the_issuer_state_of_the_offer_is_accepted(
    authorization: Authorized, shared: Flow, expect: Expect
) -> None:
    """A request with the issuer_state of the Credential Offer is granted."""
    if authorization.code is None:
        control(await shared.again().authorize({"issuer_state": None}), "a request without issuer_state")
    granted(
        expect,
        authorization,
        "AUTHORIZATION-ISSUER-STATE-REFUSED",
        what="a request with the issuer_state of the offer",
    )


@check(
    "authorization-issuer-state-foreign",
    requires=["VCI-5.1.3-02"],
    proven_by={"rejects:authorize.foreign-issuer-state": "AUTHORIZATION-ISSUER-STATE-BREAKS"},
    applies=when.code_flow,
)
async def a_foreign_issuer_state_does_no_harm(flow: Flow, expect: Expect) -> None:
    """A request with an issuer_state that the issuer did not make is refused in good order, or granted."""
    attempt = await flow.authorize({"issuer_state": mutate.unknown_nonce()[:22]})
    last = attempt.last
    broken = attempt.response is None and last is not None and last.status >= 500
    expect.that(
        not broken and attempt.error != "server_error",
        "AUTHORIZATION-ISSUER-STATE-BREAKS",
        "a code, or a refusal that is no failure of the server",
        attempt.gist,
        at=last,
    )
