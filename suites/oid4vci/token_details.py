"""``authorization_details`` in Token Requests and Responses: OpenID4VCI 1.0 sections 6.1.1 and 6.2, RFC 9396."""

from __future__ import annotations

import json
from typing import Any

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.facts import Facts
from harness.flow import Flow
from harness.formats.strict_json import pointer
from harness.transport import Reply
from harness.wallet.credential import carries_credential
from harness.wallet.metadata import Issuer
from harness.wallet.token import access_token, credential_identifiers, scheme
from suites.oid4vci._token_requests import fields_by_details
from suites.oid4vci._token_responses import granted_members

check = area("Token Endpoint", per=Per.REDEMPTION)

_DETAILS_FORM = (
    "VCI-6.2-02",
    "RFC9396-2-01",
    "VCI-6.2-03",
    "RFC9396-2-02",
    "VCI-6.2-04",
    "VCI-6.2-05",
    "VCI-6.2-06",
    "VCI-6.2-07",
    "VCI-6.2-08",
)


@check(
    "token-authorization-details",
    requires=_DETAILS_FORM,
    proven_by={
        "token:authorization-details-configuration-unknown": "TOKEN-DETAILS-CONFIGURATION-UNKNOWN",
        "token:identifiers-repeated": "TOKEN-IDENTIFIERS-REPEATED",
    },
    applies=when.returned_details,
    per=Per.SCENARIO,
)
async def returned_details_are_wellformed(issuer: Issuer, token: Reply, expect: Expect) -> None:
    """authorization_details of a Token Response that nobody asked for them are well-formed, too."""
    _expect_details(issuer, token, expect)


@check(
    "token-authorization-details-requested",
    requires=["VCI-6.2-01", "RFC6749-5.1-01", *_DETAILS_FORM],
    proven_by={
        "rejects:token.authorization-details": "TOKEN-DETAILS-REFUSED",
        "rejects:token.locations": "TOKEN-DETAILS-REFUSED",
        "token:authorization-details-missing": "TOKEN-DETAILS-MISSING",
        "token:authorization-details-empty": "TOKEN-DETAILS-FORM",
        "token:authorization-details-type-missing": "TOKEN-DETAILS-TYPE",
        "token:authorization-details-configuration-missing": "TOKEN-DETAILS-CONFIGURATION-MISSING",
        "token:authorization-details-configuration-unknown": "TOKEN-DETAILS-CONFIGURATION-UNKNOWN",
        "token:identifiers-missing": "TOKEN-IDENTIFIERS-MISSING",
        "token:identifiers-empty": "TOKEN-IDENTIFIERS-FORM",
        "token:identifiers-repeated": "TOKEN-IDENTIFIERS-REPEATED",
    },
    applies=when.authorization_details,
)
async def requested_details_are_returned(issuer: Issuer, flow: Flow, expect: Expect) -> None:
    """A Token Request with authorization_details is answered with well-formed authorization_details."""
    if flow.scenario.configuration not in issuer.configurations:
        raise Blocked(f"the metadata does not know the configuration {flow.scenario.configuration!r}")
    details = json.dumps(flow.details())
    reply = await flow.request_token({**await fields_by_details(flow), "authorization_details": details})
    if not expect.that(
        reply.successful,
        "TOKEN-DETAILS-REFUSED",
        "a Token Request with authorization_details of the announced type is granted",
        reply.gist,
        at=reply,
        requirement="RFC6749-5.1-01",
    ):
        return
    if expect.that(
        "authorization_details" in reply.object,
        "TOKEN-DETAILS-MISSING",
        "authorization_details, since the request had them",
        f"the members {show(list(reply.object))}",
        at=reply,
    ):
        _expect_details(issuer, reply, expect)


@check(
    "token-authorization-details-authorized",
    requires=["VCI-6.2-10", "RFC9396-7-01", *_DETAILS_FORM],
    proven_by={
        "token:authorization-details-missing": "TOKEN-DETAILS-MISSING",
        "token:authorization-details-empty": "TOKEN-DETAILS-FORM",
        "token:authorization-details-other": "TOKEN-DETAILS-OTHER",
    },
    applies=when.code_flow & when.authorization_details,
)
async def authorized_details_are_returned(issuer: Issuer, flow: Flow, expect: Expect) -> None:
    """The Token Response has authorization_details as granted when the Authorization Request had them."""
    reply = await flow.request_token(await fields_by_details(flow))
    members = granted_members(reply)
    if not expect.that(
        "authorization_details" in members,
        "TOKEN-DETAILS-MISSING",
        "authorization_details, since the Authorization Request had them",
        f"the members {show(list(members))}",
        at=reply,
    ):
        return
    _expect_details(issuer, reply, expect)
    details = members["authorization_details"]
    if isinstance(details, list) and details:
        named = [item.get("credential_configuration_id") for item in details if isinstance(item, dict)]
        expect.that(
            flow.scenario.configuration in named,
            "TOKEN-DETAILS-OTHER",
            f"the authorized configuration {flow.scenario.configuration!r}",
            named,
            at=reply,
            pointer="/authorization_details",
            requirement="RFC9396-7-01",
        )


def _expect_details(issuer: Issuer, reply: Reply, expect: Expect) -> None:
    details = reply.object["authorization_details"]
    if not expect.that(
        isinstance(details, list) and bool(details) and all(isinstance(item, dict) for item in details),
        "TOKEN-DETAILS-FORM",
        "a non-empty array of JSON objects",
        details,
        at=reply,
        pointer="/authorization_details",
        requirement="VCI-6.2-02",
    ):
        return
    identifiers: list[str] = []
    for index, item in enumerate(details):
        place = pointer("authorization_details", index)
        if expect.that(
            isinstance(item.get("type"), str),
            "TOKEN-DETAILS-TYPE",
            "type, a string",
            item,
            at=reply,
            pointer=place,
            requirement="VCI-6.2-03",
        ) and (item["type"] == "openid_credential"):
            identifiers += _expect_credential_detail(issuer, reply, item, place, expect)
    expect.that(
        len(set(identifiers)) == len(identifiers),
        "TOKEN-IDENTIFIERS-REPEATED",
        "each credential identifier once",
        identifiers,
        at=reply,
        pointer="/authorization_details",
        requirement="VCI-6.2-08",
    )


def _expect_credential_detail(
    issuer: Issuer, reply: Reply, item: dict[str, Any], place: str, expect: Expect
) -> list[str]:
    """Judge one element of type ``openid_credential``; give its well-formed identifiers."""
    where: Any = {"at": reply, "pointer": place}
    name = item.get("credential_configuration_id")
    if expect.that(
        isinstance(name, str),
        "TOKEN-DETAILS-CONFIGURATION-MISSING",
        "credential_configuration_id, a string",
        item,
        requirement="VCI-6.2-04",
        **where,
    ):
        expect.that(
            name in issuer.configurations,
            "TOKEN-DETAILS-CONFIGURATION-UNKNOWN",
            "a key of credential_configurations_supported",
            name,
            requirement="VCI-6.2-05",
            **where,
        )
    if not expect.that(
        "credential_identifiers" in item,
        "TOKEN-IDENTIFIERS-MISSING",
        "the member credential_identifiers",
        item,
        requirement="VCI-6.2-06",
        **where,
    ):
        return []
    identifiers = item["credential_identifiers"]
    strings = isinstance(identifiers, list) and all(isinstance(one, str) and one for one in identifiers)
    expect.that(
        strings and bool(identifiers),
        "TOKEN-IDENTIFIERS-FORM",
        "a non-empty array of strings",
        identifiers,
        requirement="VCI-6.2-07",
        **where,
    )
    return identifiers if strings else []


@check(
    "token-identifiers-usable",
    requires=["VCI-6.2-09"],
    proven_by={"token:identifiers-unknown": "TOKEN-IDENTIFIER-UNUSABLE"},
    applies=when.credential_identifiers,
    per=Per.SCENARIO,
)
async def identifiers_are_usable(access: Access, expect: Expect) -> None:
    """The last of the returned credential identifiers can be used as well as the first."""
    reply = await access.flow.token()
    names = credential_identifiers(reply, access.configuration_id)
    if not names:
        raise Blocked(f"no credential_identifiers were returned for {access.configuration_id}")
    answer = await access.request({**await access.right_body(), "credential_identifier": names[-1]})
    expect.that(
        answer.successful and carries_credential(answer),
        "TOKEN-IDENTIFIER-UNUSABLE",
        f"a Credential for the credential_identifier {names[-1]!r}",
        answer.gist,
        at=answer,
    )


@check(
    "token-details-narrowed",
    requires=["VCI-6.1.1-01", "VCI-6.1.1-02"],
    proven_by={
        "rejects:token.narrower-details": "TOKEN-NARROWED-REFUSED",
        "rejects:token.locations": "TOKEN-NARROWED-REFUSED",
        "access:whole-grant": "TOKEN-NARROWED-ACCEPTED",
        "token:authorization-details-other": "TOKEN-NARROWED-ACCEPTED",
    },
    applies=when.code_flow & when.authorization_details & when.several_configurations,
    per=Per.GRANT,
    flows=2,
)
async def a_part_of_what_was_authorized_can_be_had(flow: Flow, facts: Facts, expect: Expect) -> None:
    """A Token Request may ask for one of two authorized configurations, and the token is for no more than that."""
    own, other = flow.scenario.configuration, facts.further_configurations[0]
    item = flow.details()[0]
    both = [item, *flow.details(other)]
    whole = await flow.request_token(await fields_by_details(flow, both))
    identifiers = credential_identifiers(whole, other)
    if not (identifiers and credential_identifiers(whole, own)):
        raise Blocked(f"the authorization server does not grant both {own!r} and {other!r}: {whole.gist}")
    part = flow.again()
    fields = {**await fields_by_details(part, both), "authorization_details": json.dumps([item])}
    reply = await part.request_token(fields)
    value = access_token(reply)
    if not expect.that(
        value is not None,
        "TOKEN-NARROWED-REFUSED",
        "an Access Token for a part of what was authorized",
        reply.gist,
        at=reply,
    ):
        return
    named = credential_identifiers(reply, other) or identifiers
    access = Access(part, str(value), named[0], scheme=scheme(reply))
    answer = await access.request(await access.right_body())
    expect.that(
        not (answer.successful and carries_credential(answer)),
        "TOKEN-NARROWED-ACCEPTED",
        f"no Credential of {other!r} for an Access Token that was asked for {own!r} alone",
        answer.gist,
        at=answer,
        requirement="VCI-6.1.1-02",
    )


@check(
    "token-locations",
    requires=["VCI-6.1-06"],
    proven_by={"rejects:token.locations": "TOKEN-LOCATIONS-REFUSED"},
    applies=when.authorization_servers & when.authorization_details,
)
async def the_issuer_is_known_as_location(flow: Flow, expect: Expect) -> None:
    """A Token Request whose authorization_details have the Credential Issuer in locations succeeds."""
    details = json.dumps(flow.details())
    reply = await flow.request_token({**await fields_by_details(flow), "authorization_details": details})
    expect.that(
        access_token(reply) is not None,
        "TOKEN-LOCATIONS-REFUSED",
        "an Access Token for authorization_details with the Credential Issuer Identifier in locations",
        reply.gist,
        at=reply,
    )
