"""The credential endpoint: MATTR VII, accepting a credential offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.mattr.workflow import Workflow
from harness.transport import Reply
from harness.wallet.jwt import JwtDraft
from suites.mattr._refusals import no_credential

reading = area("MATTR VII: credential request", per=Per.SCENARIO)
check = partial(area("MATTR VII: credential request", per=Per.GRANT), applies=when.mattr_back_end)

_OLD_S = 10 * 24 * 3600
_UNKNOWN = "no-access-token-that-anybody-gave-out-ever"


@reading(
    "mattr-credential-issued",
    requires=["MTR-ACCEPT-18", "MTR-ACCEPT-22", "MTR-ACCEPT-23", "MTR-ACCEPT-24"],
    proven_by={
        "mattr-credential:empty": "MATTR-CREDENTIAL-MEMBER",
        "mattr-credential:format-other": "MATTR-CREDENTIAL-FORMAT",
        "mattr-metadata:doctype-other": "MATTR-NO-CREDENTIAL",
        "mattr-metadata:format-missing": "MATTR-NO-CREDENTIAL",
        "rejects:mattr-credential.by-format": "MATTR-NO-CREDENTIAL",
        "rejects:mattr-proof.no-nonce": "MATTR-NO-CREDENTIAL",
    },
)
async def the_documented_request_brings_a_credential(issuance: Reply, facts: Facts, expect: Expect) -> None:
    """A request by format and type, with one proof and no nonce, brings a credential and names its format."""
    if not expect.that(
        issuance.successful,
        "MATTR-NO-CREDENTIAL",
        "a credential",
        issuance.gist,
        at=issuance,
        requirement="MTR-ACCEPT-18",
    ):
        return
    body = issuance.object
    listed = body.get("credentials")
    if "transaction_id" in body:
        raise Blocked("the credential is promised for later")
    if not expect.that(
        bool(body.get("credential")) or (isinstance(listed, list) and bool(listed)),
        "MATTR-CREDENTIAL-MEMBER",
        "credential, or credentials",
        f"members {', '.join(body) or 'none'}",
        at=issuance,
        requirement="MTR-ACCEPT-23",
    ):
        return
    scenario = facts.scenario
    wanted = facts.issuer.configurations.get(scenario.configuration if scenario else "", {}).get("format")
    expect.that(
        "credential" not in body or body.get("format") == wanted,
        "MATTR-CREDENTIAL-FORMAT",
        f"format {wanted}",
        body.get("format"),
        at=issuance,
        pointer="/format",
        requirement="MTR-ACCEPT-23",
    )


@reading(
    "mattr-credential-delivered",
    requires=["MTR-DELIVER-01"],
    proven_by={
        "mattr-credential:deferred": "MATTR-DEFERRED",
    },
)
async def the_credential_is_not_promised_for_later(issuance: Reply, expect: Expect) -> None:
    """The answer has the credential, and no transaction_id with which to come again."""
    if not issuance.successful:
        raise Blocked(f"no credential was issued: {issuance.gist}")
    names = {"transaction_id", "acceptance_token"}.intersection(issuance.object)
    expect.that(not names, "MATTR-DEFERRED", "the credential", f"{', '.join(names)}", at=issuance)


@check(
    "mattr-credential-token-required",
    requires=["MTR-ACCEPT-19"],
    proven_by={
        "accepts:mattr-credential.token-present": "MATTR-CREDENTIAL-FOR-ANYONE",
    },
)
async def no_credential_without_a_token(workflow: Workflow, expect: Expect) -> None:
    """A right credential request without an access token brings no credential."""
    access = await (await workflow.offer()).flow.access()
    reply = await access.request(await access.right_body(), headers={})
    no_credential(expect, reply, "MATTR-CREDENTIAL-FOR-ANYONE", "a request without an access token")


@check(
    "mattr-credential-token-known",
    requires=["MTR-ACCEPT-20"],
    proven_by={
        "accepts:mattr-credential.token-known": "MATTR-UNKNOWN-TOKEN-ACCEPTED",
    },
)
async def no_credential_for_a_foreign_token(workflow: Workflow, expect: Expect) -> None:
    """A right credential request with an access token that was never given out brings no credential."""
    access = await (await workflow.offer()).flow.access()
    headers = {"Authorization": f"Bearer {_UNKNOWN}"}
    reply = await access.request(await access.right_body(), headers=headers)
    no_credential(expect, reply, "MATTR-UNKNOWN-TOKEN-ACCEPTED", "an access token that was never given out")


@check(
    "mattr-credential-offered",
    requires=["MTR-ACCEPT-21"],
    proven_by={
        "accepts:mattr-credential.offered": "MATTR-OTHER-CREDENTIAL",
    },
    applies=when.mattr_back_end & when.mattr_two_configurations,
)
async def no_credential_that_was_not_offered(workflow: Workflow, facts: Facts, expect: Expect) -> None:
    """The access token of an offer brings no credential of another configuration."""
    # The requests of the flow name the configuration of the scenario.
    flow = (await workflow.offer(configurations=[_other(facts)])).flow
    reply = await _asked(await flow.access())
    no_credential(expect, reply, "MATTR-OTHER-CREDENTIAL", "what the offer is not for")


@check(
    "mattr-credentials-of-one-offer",
    requires=["MTR-OVERVIEW-03"],
    proven_by={
        "rejects:mattr-credential.second": "MATTR-SECOND-CREDENTIAL",
    },
    applies=when.mattr_back_end & when.mattr_two_configurations,
)
async def one_token_is_good_for_all_that_is_offered(workflow: Workflow, facts: Facts, expect: Expect) -> None:
    """Each of two credentials of one offer can be had with the one access token."""
    scenario = workflow.scenario
    flow = (await workflow.offer(configurations=[scenario.configuration, _other(facts)])).flow
    access = await flow.access()
    first = await _asked(access)
    if not first.successful:
        raise Blocked(f"the first credential was not issued: {first.gist}")
    further = workflow.begin(replace(scenario, configuration=_other(facts)))
    second = await _asked(Access(further, access.token, None))
    expect.that(
        second.successful,
        "MATTR-SECOND-CREDENTIAL",
        "the second credential of the offer",
        second.gist,
        at=second,
    )


@check(
    "mattr-proof-judged",
    requires=["MTR-ACCEPT-25"],
    proven_by={
        "accepts:mattr-proof.audience": "MATTR-PROOF-AUDIENCE-ACCEPTED",
        "accepts:mattr-proof.issued-at": "MATTR-PROOF-DATE-ACCEPTED",
        "accepts:mattr-proof.signature": "MATTR-PROOF-SIGNATURE-ACCEPTED",
    },
)
async def a_wrong_proof_brings_nothing(workflow: Workflow, expect: Expect) -> None:
    """A proof with a wrong signature, for another audience or made long ago brings no credential."""
    for what, spoil in _SPOILED.items():
        access = await (await workflow.offer()).flow.access()
        draft = await access.proof()
        reply = await access.request(access.body(spoil(draft, access)))
        no_credential(expect, reply, f"MATTR-PROOF-{what}-ACCEPTED", f"a proof with another {what.lower()}")


def _foreign_signature(draft: JwtDraft, access: Access) -> str:
    """Give a proof signed by a key other than the one that it carries."""
    other = replace(draft, key=access.flow.proof_key())
    return other.sign()


def _old(draft: JwtDraft, access: Access) -> str:
    return draft.with_claims(iat=int(access.flow.tools.now()) - _OLD_S).sign()


_SPOILED: dict[str, Callable[[JwtDraft, Access], str]] = {
    "SIGNATURE": _foreign_signature,
    "AUDIENCE": lambda draft, _: draft.with_claims(aud="https://other.assay.invalid").sign(),
    "DATE": _old,
}


async def _asked(access: Access) -> Reply:
    return await access.request(await access.right_body())


def _other(facts: Facts) -> str:
    mine = facts.scenario.configuration if facts.scenario else ""
    names = [
        name
        for name, each in facts.issuer.configurations.items()
        if each.get("format") == "mso_mdoc" and name != mine
    ]
    if not names:
        raise Blocked("there is no other configuration of a mobile document")
    return names[0]
