"""Clients with a secret, a signed assertion or a TLS certificate: RFC 6749 2.3 and 5.2, RFC 7523, RFC 8705.

A client authenticates at the Token Endpoint and at the Pushed Authorization Request Endpoint. Each wrong way
differs from the right one, which the shared flow used, in one thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from harness import mutate
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import challenges
from harness.formats.challenges import ChallengeError
from harness.transport import Client, Reply
from harness.unredeemed import Unredeemed
from harness.wallet.client_auth import Authentication, basic, percent_encoded
from harness.wallet.jwt import JwtDraft
from harness.wallet.metadata import AuthorizationServer
from suites.oid4vci._authentications import (
    STATUS,
    Change,
    WrongAuthentication,
    another_client,
    expect_accepted,
    naming_another_client,
    push,
    pushes,
    redeem,
    refusal,
    unchanged,
)
from suites.oid4vci._connections import no_certificate, other_certificate, refusing_the_connection
from suites.oid4vci._token_requests import UNAUTHENTICATED, anonymous, only_identified

check = area("Client Authentication", per=Per.GRANT)

_SECRET = when.client_uses("client_secret_basic", "client_secret_post")
_BASIC = when.client_uses("client_secret_basic")
_ASSERTION = when.client_uses("private_key_jwt")
_PUSHED_ASSERTION = when.code_flow & when.par & _ASSERTION

_METHODS = "token_endpoint_auth_methods_supported"
_STRONG = frozenset(
    {"attest_jwt_client_auth", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"}
)
"""What the FAPI 2.0 Security Profile and OpenID4VCI 1.0 section 13.2 recommend."""
_INVALID_CLIENT = frozenset({"invalid_client"})
_SEVERAL_WAYS = frozenset({"invalid_client", "invalid_request"})
"""RFC 6749 section 5.2 has the second for several ways of authentication, RFC 7521 section 4.2.1 the first."""
_OTHER_CLIENT = frozenset({"invalid_client", "invalid_request", "invalid_grant"})
"""Where the request is of another client than the code, which has an error of its own."""
_UNKNOWN_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"


# What the metadata say


@check(
    "client-methods-stated",
    requires=["VCI-13.3-01"],
    proven_by={"as-metadata:auth-methods-missing": "CLIENT-METHODS-MISSING"},
    applies=when.server_metadata,
)
async def methods_are_stated(server: AuthorizationServer, expect: Expect) -> None:
    """The metadata of the Authorization Server say how clients authenticate."""
    expect.that(
        _METHODS in server.metadata,
        "CLIENT-METHODS-MISSING",
        f"{_METHODS} in the metadata",
        "no such member",
        at=server.exchange,
    )


@check(
    "client-methods-strong",
    requires=["VCI-13.2-03"],
    proven_by={"as-metadata:auth-methods-unknown": "CLIENT-METHODS-WEAK"},
    applies=when.server_of_flow_has(_METHODS),
)
async def a_strong_method_is_offered(server: AuthorizationServer, expect: Expect) -> None:
    """Clients can authenticate by Wallet Attestation, private_key_jwt or mutual TLS."""
    listed = server.metadata[_METHODS]
    expect.that(
        isinstance(listed, list) and not _STRONG.isdisjoint(map(str, listed)),
        "CLIENT-METHODS-WEAK",
        f"one of {', '.join(sorted(_STRONG))}",
        listed,
        at=server.exchange,
        pointer=f"/{_METHODS}",
    )


# Secrets


def _shown(client_id: str, secret: str, flow: Flow, shown: Authentication) -> Authentication:
    """Show identifier and secret in the way the client is registered for."""
    named = replace(shown, fields={**shown.fields, "client_id": client_id})
    if flow.agent.oauth.method == "client_secret_basic":
        return replace(named, headers={"Authorization": basic(client_id, secret)})
    return replace(named, fields={**named.fields, "client_secret": secret})


def _secret(flow: Flow) -> str:
    return flow.agent.settings.client_secret or ""


def _wrong_secret(flow: Flow, shown: Authentication) -> Authentication:
    return _shown(flow.agent.client_id or "", mutate.near_miss(_secret(flow)), flow, shown)


def _empty_secret(flow: Flow, shown: Authentication) -> Authentication:
    return _shown(flow.agent.client_id or "", "", flow, shown)


def _unknown_client(flow: Flow, shown: Authentication) -> Authentication:
    return _shown(mutate.ELSEWHERE, _secret(flow), flow, shown)


def _twice(flow: Flow, shown: Authentication) -> Authentication:
    client_id, secret = flow.agent.client_id or "", _secret(flow)
    return replace(
        shown,
        headers={"Authorization": basic(client_id, secret)},
        fields={"client_id": client_id, "client_secret": secret},
    )


_WRONG_SECRETS = (
    WrongAuthentication(
        "secret-wrong",
        "A request with a wrong client secret",
        ["RFC6749-4.1.3-02", "VCI-6.1-01", "RFC6749-5.2-08"],
        {"a wrong client secret": _wrong_secret},
        ["secret"],
        _INVALID_CLIENT,
    ),
    WrongAuthentication(
        "secret-empty",
        "A request with an empty client secret in HTTP Basic",
        ["RFC6749-4.1.3-02", "RFC6749-5.2-08"],
        {"an empty client secret": _empty_secret},
        ["secret"],
        _INVALID_CLIENT,
        # In the form an empty parameter is none at all (RFC 6749 section 3.2).
        _BASIC,
    ),
    WrongAuthentication(
        "secret-unknown-client",
        "A request with the secret of a client that nobody knows",
        ["RFC6749-4.1.3-02", "RFC6749-5.2-08"],
        {"the secret of an unknown client": _unknown_client},
        ["known"],
        _OTHER_CLIENT,
    ),
    WrongAuthentication(
        "secret-twice",
        "A request with the client secret in the Authorization header field and in the form",
        ["RFC6749-5.2-13"],
        {"the client secret in the Authorization header field and in the form": _twice},
        ["one-method"],
        _SEVERAL_WAYS,
    ),
)


SECRET_REFUSALS = tuple(
    refusal(
        check,
        wrong,
        applies=_SECRET,
        pushed_requirement="RFC9126-2.1-01",
        error_requirement=wrong.requirements[-1],
    )
    for wrong in _WRONG_SECRETS
)


@check(
    "client-secret-in-query-refused",
    requires=["RFC6749-2.3.1-03", "RFC6749-5.2-08", STATUS[0]],
    proven_by={
        "accepts:client.secret-in-body": "CLIENT-SECRET-IN-QUERY-ACCEPTED",
        "misreports:client.secret-in-body": "CLIENT-SECRET-IN-QUERY-MISREPORTED",
    },
    applies=_SECRET & when.code_flow,
)
async def a_secret_in_the_query_is_refused(unredeemed: Unredeemed, expect: Expect) -> None:
    """A Token Request with client_id and client_secret in the query of the URL, and nowhere else, is refused."""

    async def ask(flow: Flow) -> Reply:
        url = await flow.token_endpoint()
        query = urlencode({"client_id": flow.agent.client_id or "", "client_secret": _secret(flow)})
        return await flow.agent.post_form(
            "token request",
            f"{url}{'&' if '?' in url else '?'}{query}",
            await flow.token_fields(),
            server=await flow.server(),
            key=flow.binding_key,
            authentication=anonymous,
        )

    expect.refused(
        await unredeemed.request(ask, _SEVERAL_WAYS),
        "CLIENT-SECRET-IN-QUERY",
        what="a Token Request with the client secret in the query of the URL",
        status={400, 401},
        errors=_SEVERAL_WAYS,
        status_requirement=STATUS[0],
        error_requirement="RFC6749-5.2-08",
    )


@check(
    "client-basic-accepted",
    requires=["RFC6749-2.3.1-01"],
    proven_by={"rejects:client.right-authentication": "CLIENT-BASIC-REFUSED"},
    applies=_BASIC,
)
async def basic_is_accepted(shared: Flow, expect: Expect) -> None:
    """A client that has a secret can authenticate with HTTP Basic."""
    pushed = (await shared.authorization()).pushed if await pushes(shared) else None
    reply = pushed or await shared.token()
    if not reply.successful and reply.error != "invalid_client":
        raise Blocked(f"the request was refused for another reason: {reply.gist}")
    expect.that(reply.successful, "CLIENT-BASIC-REFUSED", "HTTP Basic is accepted", reply.gist, at=reply)


def _encoded(flow: Flow, shown: Authentication) -> Authentication:
    client_id, secret = flow.agent.client_id or "", _secret(flow)
    return replace(shown, headers={"Authorization": basic(client_id, secret, encode=percent_encoded)})


@check(
    "client-basic-form-encoding",
    requires=["RFC6749-2.3.1-02"],
    proven_by={
        "rejects:client.encoded-letter": ("CLIENT-BASIC-ENCODED-REFUSED", "PAR-CLIENT-BASIC-ENCODED-REFUSED")
    },
    applies=_BASIC,
)
async def basic_is_form_decoded(flow: Flow, expect: Expect) -> None:
    """Identifier and secret are accepted in HTTP Basic when all their characters are percent-encoded."""
    what = "identifier and secret percent-encoded in HTTP Basic"
    await expect_accepted(expect, flow, _encoded, "CLIENT-BASIC-ENCODED-REFUSED", what=what)


# How a refusal is reported


@check(
    "client-basic-refusal",
    requires=["RFC6749-5.2-16", "RFC6749-5.2-17"],
    proven_by={
        "token-error-response:basic-400": "CLIENT-BASIC-STATUS",
        "token-error-response:challenge-missing": "CLIENT-BASIC-CHALLENGE",
    },
    applies=_BASIC,
)
async def refused_basic_is_challenged(unredeemed: Unredeemed, expect: Expect) -> None:
    """A refusal of HTTP Basic with invalid_client has the status code 401 and a challenge of that scheme."""
    reply = await unredeemed.request(partial(redeem, _wrong_secret), _INVALID_CLIENT)
    if reply.error != "invalid_client":
        raise Blocked(f"a wrong client secret is not refused with invalid_client: {reply.gist}")
    expect.that(reply.status == 401, "CLIENT-BASIC-STATUS", "HTTP 401", reply.gist, at=reply)
    schemes = _challenge_schemes(reply)
    expect.that(
        "basic" in schemes,
        "CLIENT-BASIC-CHALLENGE",
        "WWW-Authenticate with a challenge of the scheme Basic",
        schemes,
        at=reply,
        pointer="header WWW-Authenticate",
        requirement="RFC6749-5.2-17",
    )


@check(
    "client-refusal-challenge",
    requires=["RFC9110-15.5.2-01"],
    proven_by={"token-error-response:challenge-missing": "CLIENT-REFUSAL-CHALLENGE"},
    applies=when.server_under_test & when.code_flow & when.client_credentials,
)
async def a_refusal_with_401_has_a_challenge(unredeemed: Unredeemed, expect: Expect) -> None:
    """A Token Request without client authentication that is refused with 401 is answered with a challenge."""

    async def ask(flow: Flow) -> Reply:
        return await flow.request_token(await flow.token_fields(), authentication=only_identified(flow.agent))

    reply = await unredeemed.request(ask, UNAUTHENTICATED)
    expect.that(
        reply.status != 401 or "WWW-Authenticate" in reply.headers,
        "CLIENT-REFUSAL-CHALLENGE",
        "the header field WWW-Authenticate beside the status code 401",
        reply.gist,
        at=reply,
    )


def _challenge_schemes(reply: Reply) -> list[str]:
    try:
        found = challenges.read(reply.headers.get_list("WWW-Authenticate"))
    except ChallengeError:
        return []
    return [challenge.scheme.lower() for challenge in found]


# Assertions


def _spoiled(spoil: Callable[[JwtDraft], JwtDraft | str]) -> Change:
    """Give the change that puts something else in the place of the assertion."""
    return lambda _, shown: replace(shown, assertion=spoil(_draft(shown)))


def _draft(shown: Authentication) -> JwtDraft:
    if not isinstance(shown.assertion, JwtDraft):
        raise TypeError("the client authenticates without a client_assertion")
    return shown.assertion


def _without(name: str) -> Change:
    return _spoiled(lambda draft: draft.with_claims(**{name: None}))


def _later(name: str, seconds: int) -> Change:
    """Give the change that sets a date to so many seconds after now."""
    return _spoiled(lambda draft: draft.with_claims(**{name: draft.claims["iat"] + seconds}))


def _as_text(draft: JwtDraft) -> JwtDraft:
    return draft.with_claims(exp=str(draft.claims["exp"]))


def _typed(kind: str | None) -> Change:
    """Give the change that sends the right assertion with another ``client_assertion_type``, or with none."""

    def change(_: Flow, shown: Authentication) -> Authentication:
        said = {} if kind is None else {"client_assertion_type": kind}
        fields = {**shown.fields, **said, "client_assertion": _draft(shown).sign()}
        return replace(shown, assertion=None, fields=fields)

    return change


def _with_secret(_: Flow, shown: Authentication) -> Authentication:
    return replace(shown, fields={**shown.fields, "client_secret": mutate.unknown_nonce()})


def _of_another_client(flow: Flow, shown: Authentication) -> Authentication:
    return replace(shown, assertion=_draft(shown).with_claims(sub=another_client(flow)))


_CHECKED_WELL = ("FAPI2-5.4.1-01",)
"""What makes servers of a stricter profile check JWTs by the rules of RFC 8725."""
_NOT_AUTHENTICATED = (*_CHECKED_WELL, "FAPI2-5.3.2.2-04")
"""The same where somebody else could have made the assertion, and pushes a request with it."""

_WRONG_ASSERTIONS = (
    WrongAuthentication(
        "assertion-type",
        "A client assertion without the client_assertion_type for JWTs",
        ["RFC7523-2.2-01"],
        {
            "the client_assertion_type of SAML assertions": _typed(_UNKNOWN_ASSERTION_TYPE),
            "a client_assertion and no client_assertion_type": _typed(None),
        },
        ["assertion-type"],
        _SEVERAL_WAYS,
    ),
    WrongAuthentication(
        "assertion-two",
        "A client_assertion with two JWTs",
        ["RFC7523-2.2-02"],
        {"two JWTs in client_assertion": _spoiled(lambda draft: f"{draft.sign()} {draft.sign()}")},
        ["assertion-wellformed"],
        _SEVERAL_WAYS,
    ),
    WrongAuthentication(
        "assertion-malformed",
        "A client_assertion that is no JWT",
        ["RFC7523-3-12"],
        {
            "a client_assertion that is no JWT": _spoiled(lambda _: "assay"),
            "a client_assertion without its signature": _spoiled(mutate.without_signature),
        },
        ["assertion-wellformed"],
        _SEVERAL_WAYS,
    ),
    WrongAuthentication(
        "assertion-issuer-missing",
        "A client assertion without iss",
        ["RFC7523-3-01"],
        {"a client assertion without iss": _without("iss")},
        ["assertion-issuer"],
        _INVALID_CLIENT,
        further=_CHECKED_WELL,
    ),
    WrongAuthentication(
        "assertion-issuer",
        "A client assertion whose iss is not the client",
        ["RFC7521-5.2-01"],
        {"the iss of somebody else": _spoiled(lambda draft: draft.with_claims(iss=mutate.ELSEWHERE))},
        ["assertion-issuer"],
        _INVALID_CLIENT,
        further=_CHECKED_WELL,
    ),
    WrongAuthentication(
        "assertion-subject-missing",
        "A client assertion without sub",
        ["RFC7523-3-02"],
        {"a client assertion without sub": _without("sub")},
        ["assertion-subject"],
        _INVALID_CLIENT,
        further=_CHECKED_WELL,
    ),
    WrongAuthentication(
        "assertion-subject",
        "A client assertion whose sub is not the client",
        ["RFC7523-3-03"],
        {"a client assertion with another client as sub": _of_another_client},
        ["same-identifier"],
        _OTHER_CLIENT,
        further=_CHECKED_WELL,
    ),
    WrongAuthentication(
        "assertion-client-id",
        "A request with another client_id than that of the client assertion",
        ["RFC7521-4.2-02"],
        {"the client_id of another client beside the client assertion": naming_another_client},
        ["same-identifier"],
        _OTHER_CLIENT,
    ),
    WrongAuthentication(
        "assertion-audience-missing",
        "A client assertion without aud",
        ["RFC7523-3-04"],
        {"a client assertion without aud": _without("aud")},
        ["assertion-audience"],
        _INVALID_CLIENT,
        further=_CHECKED_WELL,
    ),
    WrongAuthentication(
        "assertion-audience",
        "A client assertion for another server",
        ["RFC7523-3-05"],
        {"the aud of another server": _spoiled(lambda draft: draft.with_claims(aud=mutate.ELSEWHERE))},
        ["assertion-audience"],
        _INVALID_CLIENT,
        further=["FAPI2-5.3.2.1-09", *_CHECKED_WELL],
    ),
    WrongAuthentication(
        "assertion-expiry-missing",
        "A client assertion without exp",
        ["RFC7523-3-06"],
        {"a client assertion without exp": _without("exp")},
        ["assertion-expiry-present"],
        _INVALID_CLIENT,
    ),
    WrongAuthentication(
        "assertion-expiry-malformed",
        "A client assertion whose exp is no number",
        ["RFC7523-3-12"],
        {"a client assertion with a text as exp": _spoiled(_as_text)},
        ["assertion-expiry-present"],
        _INVALID_CLIENT,
    ),
    WrongAuthentication(
        "assertion-expired",
        "An expired client assertion",
        ["RFC7523-3-07"],
        {"a client assertion that expired a day ago": _later("exp", -mutate.DAY)},
        ["assertion-expired"],
        _INVALID_CLIENT,
        further=["FAPI2-5.3.2.2-04"],
    ),
    WrongAuthentication(
        "assertion-early",
        "A client assertion before the time in its nbf",
        ["RFC7523-3-08"],
        {"a client assertion that is valid from tomorrow on": _later("nbf", mutate.DAY)},
        ["assertion-not-before"],
        _INVALID_CLIENT,
    ),
    WrongAuthentication(
        "assertion-signature",
        "A client assertion with a wrong signature",
        ["RFC7523-3-10"],
        {
            "a client assertion with a wrong signature": _spoiled(mutate.broken_signature),
            "a client assertion signed with a key that is not the client's": _spoiled(mutate.foreign_signature),
        },
        ["assertion-signature"],
        _INVALID_CLIENT,
        further=_NOT_AUTHENTICATED,
    ),
    WrongAuthentication(
        "assertion-symmetric",
        "A client assertion signed with HS256, the public key being the secret,",
        ["RFC7523-3-10"],
        {"a client assertion with the alg HS256": _spoiled(mutate.symmetric)},
        ["assertion-algorithm"],
        _INVALID_CLIENT,
        further=_NOT_AUTHENTICATED,
    ),
    WrongAuthentication(
        "assertion-unsigned",
        "A client assertion with the alg none",
        ["RFC7523-3-11"],
        {"a client assertion with the alg none": _spoiled(mutate.unsigned)},
        ["assertion-algorithm"],
        _INVALID_CLIENT,
        further=[*_NOT_AUTHENTICATED, "FAPI2-5.4.1-05"],
    ),
    WrongAuthentication(
        "assertion-critical",
        "A client assertion that calls a header parameter critical which nobody knows",
        ["RFC7523-3-12"],
        {"a client assertion with an unknown crit": _spoiled(mutate.unknown_critical_header)},
        ["assertion-critical"],
        _INVALID_CLIENT,
    ),
    WrongAuthentication(
        "assertion-and-secret",
        "A request with a client assertion and a client secret",
        ["RFC7521-4.2.1-01", "RFC6749-5.2-13"],
        {"a client_secret beside the client assertion": _with_secret},
        ["one-method"],
        _SEVERAL_WAYS,
    ),
)


ASSERTION_REFUSALS = tuple(
    refusal(
        check,
        wrong,
        applies=_ASSERTION,
        pushed_requirement="RFC9126-2.1-01",
        error_requirement="RFC7523-3.2-01",
        ending="is refused with invalid_client",
    )
    for wrong in _WRONG_ASSERTIONS
)


@check(
    "client-assertion-unknown-claim-accepted",
    requires=["RFC7523-3-09"],
    proven_by={
        "rejects:client.unknown-claim": (
            "CLIENT-ASSERTION-UNKNOWN-CLAIM-REFUSED",
            "PAR-CLIENT-ASSERTION-UNKNOWN-CLAIM-REFUSED",
        )
    },
    applies=_ASSERTION,
)
async def an_unknown_claim_is_accepted(flow: Flow, expect: Expect) -> None:
    """A client assertion with a claim that nobody knows is accepted."""
    await expect_accepted(
        expect,
        flow,
        _spoiled(mutate.unknown_claim),
        "CLIENT-ASSERTION-UNKNOWN-CLAIM-REFUSED",
        what="a claim nobody knows in the client assertion",
    )


@check(
    "client-assertion-alone-accepted",
    requires=["RFC7521-4.2-01"],
    proven_by={"rejects:client.identifier-left-out": "CLIENT-ASSERTION-ALONE-REFUSED"},
    applies=_ASSERTION,
)
async def a_client_id_is_not_needed(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A Token Request with a client assertion is accepted without client_id."""
    reply = await shared.token()
    if not reply.successful and not (await redeem(unchanged, another_flow())).successful:
        raise Blocked(f"the request is refused with client_id, too: {reply.gist}")
    expect.that(
        reply.successful,
        "CLIENT-ASSERTION-ALONE-REFUSED",
        "a Token Request with a client assertion is granted without client_id, as it is with it",
        reply.gist,
        at=reply,
    )


@check(
    "client-assertion-audiences-pushed",
    requires=["RFC9126-2-05", "RFC9126-2-06", "RFC9126-2-07"],
    proven_by={
        "rejects:client.issuer-audience": "PAR-CLIENT-ASSERTION-ISSUER-REFUSED",
        "rejects:client.other-audience": (
            "PAR-CLIENT-ASSERTION-TOKEN-ENDPOINT-REFUSED",
            "PAR-CLIENT-ASSERTION-PAR-ENDPOINT-REFUSED",
        ),
    },
    applies=_PUSHED_ASSERTION,
)
async def audiences_are_accepted(shared: Flow, expect: Expect) -> None:
    """The PAR endpoint is named by a client assertion as issuer identifier, Token Endpoint or by its own URL."""
    server = await shared.server()
    audiences = (
        ("ISSUER", server.issuer, "the issuer identifier", "RFC9126-2-05"),
        ("TOKEN-ENDPOINT", server.token_endpoint, "the URL of the Token Endpoint", "RFC9126-2-06"),
        ("PAR-ENDPOINT", server.par_endpoint, "its own URL", "RFC9126-2-07"),
    )
    replies = {
        audience: await push(_spoiled(partial(_meant_for, audience)), shared)
        for _, audience, _, _ in audiences
        if audience is not None
    }
    if not any(reply.successful for reply in replies.values()):
        raise Blocked("a pushed request is refused whatever the audience of its client assertion is")
    for name, audience, what, requirement in audiences:
        reply = replies.get(audience or "")
        expect.that(
            reply is not None and reply.successful,
            f"PAR-CLIENT-ASSERTION-{name}-REFUSED",
            f"the PAR endpoint accepts {what} as aud of a client assertion",
            reply.gist if reply else "the metadata has no such URL",
            at=reply,
            requirement=requirement,
        )


def _meant_for(audience: str, draft: JwtDraft) -> JwtDraft:
    return draft.with_claims(aud=audience)


# Certificates


@check(
    "client-certificate-missing-refused",
    requires=["RFC8705-2-01", "RFC8705-2-03", "RFC9126-2.1-01", *STATUS, "FAPI2-5.3.2.2-04"],
    proven_by={
        "accepts:client.authenticated": (
            "CLIENT-CERTIFICATE-MISSING-ACCEPTED",
            "PAR-CLIENT-CERTIFICATE-MISSING-ACCEPTED",
        ),
        "misreports:client.authenticated": (
            "CLIENT-CERTIFICATE-MISSING-MISREPORTED",
            "PAR-CLIENT-CERTIFICATE-MISSING-MISREPORTED",
        ),
    },
    applies=when.mutual_tls_client,
)
async def a_missing_certificate_is_refused(unredeemed: Unredeemed, shared: Flow, expect: Expect) -> None:
    """A client that authenticates by mutual TLS is refused without a certificate."""
    wrong = _Connection(no_certificate(shared), "no certificate", "CLIENT-CERTIFICATE-MISSING")
    await _expect_refused_over(expect, wrong, unredeemed, shared)


@check(
    "client-certificate-other-refused",
    requires=["RFC8705-2-02", "RFC8705-2-03", "RFC9126-2.1-01", *STATUS],
    proven_by={
        "accepts:client.certificate": (
            "CLIENT-CERTIFICATE-OTHER-ACCEPTED",
            "PAR-CLIENT-CERTIFICATE-OTHER-ACCEPTED",
        ),
        "misreports:client.certificate": (
            "CLIENT-CERTIFICATE-OTHER-MISREPORTED",
            "PAR-CLIENT-CERTIFICATE-OTHER-MISREPORTED",
        ),
    },
    applies=when.mutual_tls_client,
)
async def another_certificate_is_refused(unredeemed: Unredeemed, shared: Flow, expect: Expect) -> None:
    """A client that authenticates by mutual TLS is refused with the certificate of another client."""
    wrong = _Connection(other_certificate(shared), "the certificate of another client", "CLIENT-CERTIFICATE-OTHER")
    await _expect_refused_over(expect, wrong, unredeemed, shared)


class _Connection(NamedTuple):
    """A way to the network that does not show the client's certificate."""

    http: Client
    shows: str
    """What it shows instead, in words."""
    code: str
    """How the finding codes begin."""


async def _expect_refused_over(expect: Expect, wrong: _Connection, unredeemed: Unredeemed, shared: Flow) -> None:
    """Expect the requests of the client to be refused over a wrong connection."""
    http, what, code = wrong

    async def redeem_there(flow: Flow) -> Reply:
        await flow.token_fields()  # the code is got over the right connection
        return await redeem(unchanged, flow.over(http))

    with refusing_the_connection(expect, code):
        expect.refused(
            await unredeemed.request(redeem_there, _INVALID_CLIENT),
            code,
            what=f"a Token Request with {what}",
            status={400, 401},
            errors=_INVALID_CLIENT,
            status_requirement=STATUS[0],
            error_requirement="RFC8705-2-03",
        )
    if not await pushes(shared):
        return
    with refusing_the_connection(expect, f"PAR-{code}"):
        expect.refused(
            await push(unchanged, shared.over(http)),
            f"PAR-{code}",
            what=f"a pushed authorization request with {what}",
            status={400, 401},
            errors=_INVALID_CLIENT,
            requirement="RFC9126-2.1-01",
            status_requirement=STATUS[1],
            error_requirement="RFC8705-2-03",
        )
