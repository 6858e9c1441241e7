"""What the service does itself at GOV.UK One Login, and the keys it shows there: docs.sign-in.service.gov.uk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.sign_ins import SignIns
from harness.one_login.client_jwt import ClientJwt
from harness.transport import Client, Reply, TransportFailure, is_loopback
from suites.govuk_wallet._sign_ins import JOURNEY, expect_of_all

check = area("GOV.UK One Login: what the service asks for itself", per=Per.SCENARIO)

_LONGEST_ANSWER_S = 5
_PRODUCT = re.compile(r"[\w!#$%&'*+.^`|~-]+/\S*[0-9]")
"""A product and its version (RFC 9110 section 10.1.5)."""


@check(
    "govuk-sign-in-keys",
    requires=["ONELOGIN-KEYS-03", "ONELOGIN-KEYS-04", "ONELOGIN-KEYS-05"],
    proven_by={
        "govuk-registration:fixed-key": "GOVUK-SIGN-IN-KEY-FIXED",
        "govuk-client-jwks-response:missing": "GOVUK-SIGN-IN-KEYS-UNAVAILABLE",
        "govuk-client-jwks-response:no-json": "GOVUK-SIGN-IN-KEYS-UNAVAILABLE",
        "govuk-client-jwks:elliptic": "GOVUK-SIGN-IN-KEYS-NOT-RSA",
        "govuk-client-jwks:encryption": "GOVUK-SIGN-IN-KEYS-NOT-RSA",
        "govuk-client-jwks:kid-missing": "GOVUK-SIGN-IN-KEYS-UNNAMED",
        "govuk-client-jwks:kid-twice": "GOVUK-SIGN-IN-KEYS-UNNAMED",
    },
    applies=JOURNEY & when.one_login_client_with_keys,
)
async def the_service_publishes_its_keys(sign_ins: SignIns, client: Client, expect: Expect) -> None:
    """The service publishes RSA keys for its signatures at a URL that answers soon, each with its own kid."""
    url = sign_ins.client.jwks_url
    if not expect.that(
        url is not None, "GOVUK-SIGN-IN-KEY-FIXED", "a JWKS URL in the registration at One Login", "a fixed key"
    ):
        return
    keys, reply = await _published(client, str(url))
    if expect.that(
        keys is not None,
        "GOVUK-SIGN-IN-KEYS-UNAVAILABLE",
        f"HTTP 200 and a JWK Set at {url} within {_LONGEST_ANSWER_S} seconds",
        reply.gist if reply else "no answer",
        at=reply,
        requirement="ONELOGIN-KEYS-04",
    ):
        _expect_signing_keys(expect, keys or (), reply)
    expect.that(
        str(url).startswith("https:") or is_loopback(str(url)),
        "GOVUK-SIGN-IN-KEYS-PLAIN",
        "an HTTPS URL",
        url,
        requirement="ONELOGIN-KEYS-04",
    )


def _expect_signing_keys(expect: Expect, keys: Sequence[Mapping[str, Any]], reply: Reply | None) -> None:
    expect.that(
        any(key.get("kty") == "RSA" and key.get("use", "sig") == "sig" for key in keys),
        "GOVUK-SIGN-IN-KEYS-NOT-RSA",
        "an RSA key for signatures",
        [{name: key.get(name) for name in ("kty", "use")} for key in keys],
        at=reply,
        pointer="/keys",
        requirement="ONELOGIN-KEYS-05",
    )
    names = [key.get("kid") for key in keys]
    expect.that(
        all(isinstance(name, str) and name for name in names) and len(set(map(str, names))) == len(names),
        "GOVUK-SIGN-IN-KEYS-UNNAMED",
        "a kid of its own for each key",
        names,
        at=reply,
        pointer="/keys",
        requirement="ONELOGIN-KEYS-05",
    )


@check(
    "govuk-sign-in-key-id",
    requires=["ONELOGIN-KEYS-06"],
    proven_by={
        "govuk-token-request:kid-missing": "GOVUK-SIGN-IN-KEY-ID",
        "govuk-token-request:kid-other": "GOVUK-SIGN-IN-KEY-ID",
        "govuk-authorization-request:object-kid-missing": "GOVUK-SIGN-IN-KEY-ID",
    },
    applies=JOURNEY & when.one_login_client_jwks,
)
async def what_is_signed_names_its_key(sign_ins: SignIns, client: Client, expect: Expect) -> None:
    """Each client assertion and each request object has the kid of a key that the service publishes."""
    signed = _signed(sign_ins)
    if not signed:
        raise Blocked("the service sent no JWT")
    keys, _ = await _published(client, str(sign_ins.client.jwks_url))
    names = {str(key.get("kid")) for key in keys or () if key.get("kid")}
    if keys is None or not any(key.get("kty") == "RSA" and key.get("kid") for key in keys):
        raise Blocked("the service publishes no RSA key with a kid")
    expect_of_all(
        expect,
        signed,
        lambda jwt: jwt.header.get("kid") in names,
        "GOVUK-SIGN-IN-KEY-ID",
        f"a kid of {', '.join(sorted(names))}",
        seen=lambda jwt: jwt.header.get("kid"),
        pointer="/kid",
    )


@check(
    "govuk-sign-in-user-agent",
    requires=["ONELOGIN-AGENT-01", "ONELOGIN-AGENT-02", "ONELOGIN-AGENT-03"],
    proven_by={
        "govuk-request:no-user-agent": "GOVUK-SIGN-IN-AGENT-MISSING",
        "govuk-request:user-agent-bare": "GOVUK-SIGN-IN-AGENT-BARE",
        "govuk-request:user-agent-differs": "GOVUK-SIGN-IN-AGENT-DIFFERS",
    },
    applies=JOURNEY,
)
async def the_service_says_who_asks(sign_ins: SignIns, expect: Expect) -> None:
    """Each request that the service makes itself has the same User-Agent, with a product and its version."""
    told = [(each.endpoint, each.headers.get("user-agent", "").strip()) for each in sign_ins.direct]
    if not expect_of_all(
        expect,
        told,
        lambda one: bool(one[1]),
        "GOVUK-SIGN-IN-AGENT-MISSING",
        "a User-Agent",
        seen=lambda one: f"none at {one[0]}",
        pointer="header User-Agent",
    ):
        return
    expect_of_all(
        expect,
        told,
        lambda one: _PRODUCT.search(one[1]) is not None,
        "GOVUK-SIGN-IN-AGENT-BARE",
        "a User-Agent with a product and its version",
        seen=lambda one: one[1],
        pointer="header User-Agent",
        requirement="ONELOGIN-AGENT-02",
    )
    names = sorted({name for _, name in told})
    expect.that(
        len(names) == 1,
        "GOVUK-SIGN-IN-AGENT-DIFFERS",
        "one User-Agent",
        names,
        pointer="header User-Agent",
        requirement="ONELOGIN-AGENT-03",
    )


@check(
    "govuk-sign-in-userinfo",
    requires=["GOVUK-AUTH-02", "ONELOGIN-USERINFO-01"],
    proven_by={
        "govuk-request:userinfo-elsewhere": "GOVUK-SIGN-IN-USERINFO-UNASKED",
        "govuk-request:token-in-query": "GOVUK-SIGN-IN-USERINFO-TOKEN",
    },
    applies=JOURNEY,
)
async def the_service_asks_who_its_user_is(sign_ins: SignIns, expect: Expect) -> None:
    """The service asks the UserInfo Endpoint about its user, with the token in the header Authorization."""
    granted = [sign_in for sign_in in (sign_ins.first, sign_ins.second) if _granted(sign_in.at("token"))]
    if not granted:
        raise Blocked("the service got no Access Token from One Login")
    # A service may remember of a user whom it knows what the endpoint told before.
    if expect.that(
        any(one.at("userinfo") for one in granted),
        "GOVUK-SIGN-IN-USERINFO-UNASKED",
        "a request to the UserInfo Endpoint",
        [each.endpoint for each in granted[0].requests],
    ):
        expect_of_all(
            expect,
            [each for one in granted for each in one.at("userinfo")],
            lambda one: (
                one.headers.get("authorization", "").lower().startswith("bearer ")
                and "access_token" not in one.parameters
            ),
            "GOVUK-SIGN-IN-USERINFO-TOKEN",
            "the Access Token in the header Authorization, with the scheme Bearer",
            seen=lambda one: sorted({"authorization"} & one.headers.keys() | one.parameters.keys()),
            requirement="ONELOGIN-USERINFO-01",
        )


@check(
    "govuk-sign-in-caches",
    requires=["ONELOGIN-CACHE-01", "ONELOGIN-CACHE-03", "ONELOGIN-IDENTITY-12"],
    proven_by={
        "govuk-remembered:no-discovery": "GOVUK-SIGN-IN-DISCOVERY-AGAIN",
        "govuk-remembered:no-keys": "GOVUK-SIGN-IN-JWKS-AGAIN",
        "govuk-remembered:no-identity-keys": "GOVUK-SIGN-IN-DID-AGAIN",
    },
    applies=JOURNEY,
)
async def what_one_login_publishes_is_kept(sign_ins: SignIns, expect: Expect) -> None:
    """A second sign-in soon after the first fetches neither discovery document nor keys again."""
    for sign_in in (sign_ins.first, sign_ins.second):
        if sign_in.incomplete:
            raise Blocked(sign_in.incomplete)
    again = Counter(each.endpoint for each in sign_ins.second.requests)
    for endpoint, what, code, requirement in (
        ("discovery", "the discovery document", "GOVUK-SIGN-IN-DISCOVERY-AGAIN", "ONELOGIN-CACHE-01"),
        ("jwks", "the JWKS", "GOVUK-SIGN-IN-JWKS-AGAIN", "ONELOGIN-CACHE-03"),
        ("did", "the DID document", "GOVUK-SIGN-IN-DID-AGAIN", "ONELOGIN-IDENTITY-12"),
    ):
        expect.that(
            not again[endpoint],
            code,
            f"{what} of the sign-in before",
            f"fetched {again[endpoint]} times more",
            requirement=requirement,
        )


def _granted(requests: Sequence[Any]) -> bool:
    return any(each.status == 200 for each in requests)


def _signed(sign_ins: SignIns) -> list[ClientJwt]:
    both = (sign_ins.first, sign_ins.second)
    objects = [one.request_object for each in both for one in each.authorizations]
    assertions = [one.assertion for each in both for one in each.token_requests]
    return [jwt for jwt in (*objects, *assertions) if jwt is not None]


async def _published(client: Client, url: str) -> tuple[Sequence[Mapping[str, Any]] | None, Reply | None]:
    """Give the keys at a URL, and the answer; no keys where it is no JWK Set, or too late."""
    try:
        reply = await client.send("the service's JWK Set", "GET", url)
    except TransportFailure:
        return None, None
    keys = reply.object.get("keys")
    late = client.recorder.since(reply.exchange - 1)[0].elapsed_s > _LONGEST_ANSWER_S
    if late or reply.status != 200 or not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        return None, reply
    return keys, reply
