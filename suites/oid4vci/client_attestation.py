"""Clients with an attestation: Attestation-Based Client Authentication, draft 07; OpenID4VCI 1.0 appendix E.

The wallet shows a Client Attestation, which its provider signed, and a proof of possession of the key in it. Each
wrong one differs in one thing from those that the shared flow was granted with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from harness import mutate
from harness.applicability import when
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.unredeemed import Unredeemed
from harness.wallet import token as tokens
from harness.wallet.client_auth import ATTESTATION_FIELD, CHALLENGE_FIELD, POP_FIELD, Authentication
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import make_key
from harness.wallet.metadata import AuthorizationServer
from suites.oid4vci._authentications import (
    STATUS,
    Change,
    WrongAuthentication,
    expect_accepted,
    expect_refusals,
    naming_another_client,
    push,
    pushes,
    redeem,
    refusal,
    unchanged,
)
from suites.oid4vci._token_requests import only_identified

check = area("Client Attestation", per=Per.GRANT)

_ATTESTED = when.client_uses("attest_jwt_client_auth")

_ERRORS = frozenset({"invalid_client", "invalid_client_attestation"})
_MALFORMED = _ERRORS | {"invalid_request"}
"""RFC 6749 section 5.2 has the third for requests that miss, repeat or garble something."""
_EXPIRED = _ERRORS | {"use_fresh_attestation"}
_STALE = _ERRORS | {"use_attestation_challenge"}
_CHALLENGE = frozenset({"use_attestation_challenge"})
_OTHER_CLIENT = _MALFORMED | {"invalid_grant"}
"""Where the request is of another client than the code, which has an error of its own."""

Spoil = Callable[[JwtDraft], JwtDraft | str]


def _drafts(shown: Authentication) -> tuple[JwtDraft, JwtDraft]:
    """Give the Client Attestation and its proof of possession."""
    if not isinstance(shown.attestation, JwtDraft) or not isinstance(shown.pop, JwtDraft):
        raise TypeError("the client authenticates without a Client Attestation")
    return shown.attestation, shown.pop


def _attestation(spoil: Spoil) -> Change:
    """Give the change that puts something else in the place of the Client Attestation."""
    return lambda _, shown: replace(shown, attestation=spoil(_drafts(shown)[0]))


def _pop(spoil: Spoil) -> Change:
    """Give the change that puts something else in the place of the proof of possession."""
    return lambda _, shown: replace(shown, pop=spoil(_drafts(shown)[1]))


def _claims(**changes: Any) -> Spoil:
    return lambda draft: draft.with_claims(**changes)


def _date(name: str, seconds: int) -> Spoil:
    """Give the change that sets a date to so many seconds after now."""
    return lambda draft: draft.with_claims(**{name: draft.claims["iat"] + seconds})


def _two(draft: JwtDraft) -> str:
    return f"{draft.sign()}, {draft.sign()}"


def _text_as_date(name: str) -> Spoil:
    return lambda draft: draft.with_claims(**{name: str(draft.claims[name])})


def _no_attestation(_: Flow, shown: Authentication) -> Authentication:
    return replace(shown, attestation=None)


def _no_pop(_: Flow, shown: Authentication) -> Authentication:
    return replace(shown, pop=None)


def _second_attestation(_: Flow, shown: Authentication) -> Authentication:
    return replace(shown, headers={**shown.headers, ATTESTATION_FIELD.lower(): _drafts(shown)[0].sign()})


def _second_pop(_: Flow, shown: Authentication) -> Authentication:
    further = _drafts(shown)[1].with_claims(jti=mutate.unknown_nonce())
    return replace(shown, headers={**shown.headers, POP_FIELD.lower(): further.sign()})


def _stranger(flow: Flow, shown: Authentication) -> Authentication:
    attestation, _ = _drafts(shown)
    return replace(shown, attestation=mutate.by_stranger(attestation, "ES256", flow.tools.now()))


def _private_key(_: Flow, shown: Authentication) -> Authentication:
    attestation, pop = _drafts(shown)
    return replace(shown, attestation=mutate.private_confirmation_key(attestation, pop.key))


def _key_by_reference(draft: JwtDraft) -> JwtDraft:
    return draft.with_claims(cnf={"kid": "assay-instance-key"})


def _another_instance(_: Flow, shown: Authentication) -> Authentication:
    """Let the provider vouch for another key, which makes the proof of possession."""
    attestation, pop = _drafts(shown)
    key = make_key(pop.key.algorithm)
    return replace(
        shown,
        attestation=attestation.with_claims(cnf={"jwk": key.public}),
        pop=JwtDraft(key, pop.header, pop.claims),
    )


_NOT_AUTHENTICATED = ("FAPI2-5.3.2.2-04",)
"""What a pushed request violates that somebody else could have made as well, where a stricter profile judges."""
_LISTED = ("HAIP-7-05",)
"""What lets a wallet know the algorithms that are taken, where a stricter profile judges."""

_WRONG_ATTESTATIONS = (
    WrongAuthentication(
        "attestation-repeated",
        "A request with two OAuth-Client-Attestation header fields",
        ["ATCA-6.2-01"],
        {"two Client Attestations": _second_attestation},
        ["attestation-present"],
        _MALFORMED,
    ),
    WrongAuthentication(
        "attestation-missing",
        "A request with the proof of possession of a Client Attestation and without that",
        ["ATCA-6.3-01"],
        {"a proof of possession and no Client Attestation": _no_attestation},
        ["attestation-present"],
        _MALFORMED,
        further=["HAIP-4.4.1-01", *_NOT_AUTHENTICATED],
    ),
    WrongAuthentication(
        "attestation-malformed",
        "A Client Attestation that is not one well-formed JWT",
        ["ATCA-6.2-02"],
        {
            "a Client Attestation that is no JWT": _attestation(lambda _: "assay"),
            "a Client Attestation without its signature": _attestation(mutate.without_signature),
            "two JWTs in one OAuth-Client-Attestation header field": _attestation(_two),
        },
        ["attestation-wellformed"],
        _MALFORMED,
    ),
    WrongAuthentication(
        "attestation-typ",
        "A Client Attestation whose typ is not oauth-client-attestation+jwt",
        ["ATCA-5.1-01"],
        {
            "a Client Attestation with the typ JWT": _attestation(mutate.wrong_type),
            "a Client Attestation without typ": _attestation(lambda draft: draft.with_header(typ=None)),
        },
        ["attestation-typ"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-issuer-missing",
        "A Client Attestation without iss",
        ["ATCA-5.1-02"],
        {"a Client Attestation without iss": _attestation(_claims(iss=None))},
        ["attestation-issuer"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-subject-missing",
        "A Client Attestation without sub",
        ["ATCA-5.1-03"],
        {"a Client Attestation without sub": _attestation(_claims(sub=None))},
        ["attestation-subject"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-expiry-missing",
        "A Client Attestation without exp",
        ["ATCA-5.1-04"],
        {"a Client Attestation without exp": _attestation(_claims(exp=None))},
        ["attestation-expiry-present"],
        _EXPIRED,
    ),
    WrongAuthentication(
        "attestation-expiry-malformed",
        "A Client Attestation whose exp is no number",
        ["ATCA-5.1-11"],
        {"a Client Attestation with a text as exp": _attestation(_text_as_date("exp"))},
        ["attestation-expiry-present"],
        _EXPIRED,
    ),
    WrongAuthentication(
        "attestation-expired",
        "An expired Client Attestation",
        ["ATCA-5.1-05"],
        {"a Client Attestation that expired a day ago": _attestation(_date("exp", -mutate.DAY))},
        ["attestation-expired"],
        _EXPIRED,
        further=_NOT_AUTHENTICATED,
    ),
    WrongAuthentication(
        "attestation-early",
        "A Client Attestation before the time in its nbf",
        ["ATCA-5.1-08"],
        {"a Client Attestation that is valid from tomorrow on": _attestation(_date("nbf", mutate.DAY))},
        ["attestation-not-before"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-key-missing",
        "A Client Attestation without cnf",
        ["ATCA-5.1-06"],
        {"a Client Attestation without cnf": _attestation(_claims(cnf=None))},
        ["attestation-key"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-key-form",
        "A Client Attestation that does not hold its key as jwk",
        ["ATCA-5.1-07"],
        {"a Client Attestation that names its key by kid alone": _attestation(_key_by_reference)},
        ["attestation-key"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-private-key",
        "A Client Attestation that holds a private key",
        ["ATCA-9-06"],
        {"a Client Attestation with the private key in cnf": _private_key},
        ["attestation-public-key"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-signature",
        "A Client Attestation with a wrong signature",
        ["ATCA-5.1-10"],
        {
            "a Client Attestation with a wrong signature": _attestation(mutate.broken_signature),
            "a Client Attestation that its attester did not sign": _attestation(mutate.foreign_signature),
        },
        ["attestation-signature"],
        _ERRORS,
        further=_NOT_AUTHENTICATED,
    ),
    WrongAuthentication(
        "attestation-stranger",
        "A Client Attestation of an attester that nobody knows",
        ["ATCA-9-05", "VCI-E-01"],
        {"a Client Attestation signed by a stranger, with a certificate of his own making": _stranger},
        ["attestation-signature"],
        _ERRORS,
        further=_NOT_AUTHENTICATED,
    ),
    WrongAuthentication(
        "attestation-critical",
        "A Client Attestation that calls a header parameter critical which nobody knows",
        ["ATCA-5.1-11"],
        {"a Client Attestation with an unknown crit": _attestation(mutate.unknown_critical_header)},
        ["attestation-critical"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-unsigned",
        "A Client Attestation with the alg none",
        ["ATCA-9-01"],
        {"a Client Attestation with the alg none": _attestation(mutate.unsigned)},
        ["attestation-algorithm"],
        _ERRORS,
        further=[*_NOT_AUTHENTICATED, "FAPI2-5.4.1-05"],
    ),
    WrongAuthentication(
        "attestation-algorithm",
        "A Client Attestation with an alg that the metadata do not list",
        ["ATCA-9-03"],
        {"a Client Attestation with an invented alg": _attestation(mutate.invented_algorithm)},
        ["attestation-algorithm"],
        _ERRORS,
        when.server_of_flow_has("client_attestation_signing_alg_values_supported"),
        further=_LISTED,
    ),
)

_WRONG_POPS = (
    WrongAuthentication(
        "attestation-pop-repeated",
        "A request with two OAuth-Client-Attestation-PoP header fields",
        ["ATCA-6.2-03"],
        {"two proofs of possession": _second_pop},
        ["pop-present"],
        _MALFORMED,
    ),
    WrongAuthentication(
        "attestation-pop-missing",
        "A request with a Client Attestation and no proof of possession",
        ["ATCA-6.2-05", "VCI-E-02"],
        {"a Client Attestation and no proof of possession": _no_pop},
        ["pop-present"],
        _MALFORMED,
        further=["HAIP-4.4.1-01", *_NOT_AUTHENTICATED],
    ),
    WrongAuthentication(
        "attestation-pop-malformed",
        "A proof of possession that is not one well-formed JWT",
        ["ATCA-6.2-04"],
        {
            "a proof of possession that is no JWT": _pop(lambda _: "assay"),
            "a proof of possession without its signature": _pop(mutate.without_signature),
            "two JWTs in one OAuth-Client-Attestation-PoP header field": _pop(_two),
        },
        ["pop-wellformed"],
        _MALFORMED,
    ),
    WrongAuthentication(
        "attestation-pop-typ",
        "A proof of possession whose typ is not oauth-client-attestation-pop+jwt",
        ["ATCA-5.2-01"],
        {
            "a proof of possession with the typ JWT": _pop(mutate.wrong_type),
            "a proof of possession without typ": _pop(lambda draft: draft.with_header(typ=None)),
        },
        ["pop-typ"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-issuer-missing",
        "A proof of possession without iss",
        ["ATCA-5.2-02"],
        {"a proof of possession without iss": _pop(_claims(iss=None))},
        ["pop-issuer"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-issuer",
        "A proof of possession whose iss is not the sub of the Client Attestation",
        ["ATCA-5.2-12"],
        {"a proof of possession with the iss of somebody else": _pop(_claims(iss=mutate.ELSEWHERE))},
        ["pop-issuer"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-audience-missing",
        "A proof of possession without aud",
        ["ATCA-5.2-03"],
        {"a proof of possession without aud": _pop(_claims(aud=None))},
        ["pop-audience"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-audience",
        "A proof of possession for another server",
        ["ATCA-9-10"],
        {"a proof of possession with the aud of another server": _pop(_claims(aud=mutate.ELSEWHERE))},
        ["pop-audience"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-identifier",
        "A proof of possession without jti",
        ["ATCA-5.2-05"],
        {"a proof of possession without jti": _pop(_claims(jti=None))},
        ["pop-identifier"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-issued-at",
        "A proof of possession without iat",
        ["ATCA-5.2-06"],
        {"a proof of possession without iat": _pop(_claims(iat=None))},
        ["pop-issued-at-present"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-old",
        "A proof of possession that was made long ago",
        ["ATCA-9-09", "ATCA-12.1-02"],
        {"a proof of possession that was made 30 days ago": _pop(_date("iat", -mutate.MONTH))},
        ["pop-issued-at"],
        _STALE,
        # A challenge may tell the age in place of iat.
        ~when.attestation_challenge,
        pushed=False,
    ),
    WrongAuthentication(
        "attestation-pop-early",
        "A proof of possession before the time in its nbf",
        ["ATCA-5.2-07"],
        {"a proof of possession that is valid from tomorrow on": _pop(_date("nbf", mutate.DAY))},
        ["pop-not-before"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-signature",
        "A proof of possession with a wrong signature",
        ["ATCA-5.2-09"],
        {"a proof of possession with a wrong signature": _pop(mutate.broken_signature)},
        ["pop-signature"],
        _ERRORS,
        further=_NOT_AUTHENTICATED,
    ),
    WrongAuthentication(
        "attestation-pop-key",
        "A proof of possession by another key than that of the Client Attestation",
        ["ATCA-5.2-11"],
        {"a proof of possession by another key": _pop(mutate.foreign_signature)},
        ["pop-signature"],
        _ERRORS,
        further=_NOT_AUTHENTICATED,
    ),
    WrongAuthentication(
        "attestation-pop-symmetric",
        "A proof of possession with a symmetric alg",
        ["ATCA-5.2-10"],
        {"a proof of possession with the alg HS256, the public key being the secret": _pop(mutate.symmetric)},
        ["pop-algorithm"],
        _ERRORS,
        further=_NOT_AUTHENTICATED,
    ),
    WrongAuthentication(
        "attestation-pop-unsigned",
        "A proof of possession with the alg none",
        ["ATCA-9-02"],
        {"a proof of possession with the alg none": _pop(mutate.unsigned)},
        ["pop-algorithm"],
        _ERRORS,
        further=[*_NOT_AUTHENTICATED, "FAPI2-5.4.1-05"],
    ),
    WrongAuthentication(
        "attestation-pop-algorithm",
        "A proof of possession with an alg that the metadata do not list",
        ["ATCA-9-04"],
        {"a proof of possession with an invented alg": _pop(mutate.invented_algorithm)},
        ["pop-algorithm"],
        _ERRORS,
        when.server_of_flow_has("client_attestation_pop_signing_alg_values_supported"),
        further=_LISTED,
    ),
    WrongAuthentication(
        "attestation-pop-critical",
        "A proof of possession that calls a header parameter critical which nobody knows",
        ["ATCA-5.2-13"],
        {"a proof of possession with an unknown crit": _pop(mutate.unknown_critical_header)},
        ["pop-critical"],
        _ERRORS,
    ),
    WrongAuthentication(
        "attestation-pop-dates",
        "A proof of possession whose iat is no number",
        ["ATCA-5.2-13"],
        {"a proof of possession with a text as iat": _pop(_text_as_date("iat"))},
        ["pop-issued-at-present"],
        _ERRORS,
    ),
)


def _attested_refusal(wrong: WrongAuthentication) -> CheckFunction:
    return refusal(
        check, wrong, applies=_ATTESTED, pushed_requirement="ATCA-6.4-01", error_requirement="ATCA-6.2-09"
    )


ATTESTATION_REFUSALS = tuple(map(_attested_refusal, _WRONG_ATTESTATIONS))
POP_REFUSALS = tuple(map(_attested_refusal, _WRONG_POPS))

_FOREIGN = WrongAuthentication(
    "attestation-client-id",
    "A request with another client_id than that of its Client Attestation",
    ["ATCA-6.3-02", "ATCA-6.3-03"],
    {"the client_id of another client beside the Client Attestation": naming_another_client},
    ["same-identifier"],
    _OTHER_CLIENT,
)


@check(
    "client-attestation-client-id-refused",
    requires=[
        *_FOREIGN.requirements,
        "ATCA-6.4-02",
        "ATCA-6.4-03",
        "ATCA-6.2-09",
        *STATUS,
        "HAIP-4.4.1-05",
        "FAPI2-5.3.2.2-04",
    ],
    proven_by=_FOREIGN.proven_by,
    applies=_ATTESTED,
)
async def another_client_is_refused(unredeemed: Unredeemed, shared: Flow, expect: Expect) -> None:
    """A request is refused whose client_id is not the sub of its Client Attestation and the iss of its proof."""
    await expect_refusals(
        expect,
        _FOREIGN,
        unredeemed,
        shared,
        pushed_requirement="ATCA-6.4-02",
        error_requirement="ATCA-6.2-09",
    )


# Challenges

_WRONG_CHALLENGES = (
    WrongAuthentication(
        "attestation-challenge-missing",
        "A proof of possession without challenge",
        ["ATCA-9-07", "ATCA-6.2-06"],
        {"a proof of possession without challenge": _pop(_claims(challenge=None))},
        ["pop-challenge"],
        _CHALLENGE,
    ),
    WrongAuthentication(
        "attestation-challenge",
        "A proof of possession with a challenge that the server did not give",
        ["ATCA-9-08", "ATCA-6.2-06"],
        {"a proof of possession with an invented challenge": _pop(_claims(challenge=mutate.unknown_nonce()))},
        ["pop-challenge"],
        _CHALLENGE,
    ),
)


CHALLENGE_REFUSALS = tuple(
    refusal(
        check,
        wrong,
        applies=_ATTESTED & when.attestation_challenge,
        pushed_requirement="ATCA-6.4-01",
        error_requirement="ATCA-6.2-06",
        ending="is refused with use_attestation_challenge, once there was a challenge",
    )
    for wrong in _WRONG_CHALLENGES
)


@check(
    "client-attestation-challenge-offered",
    requires=["ATCA-6.2-07"],
    proven_by={
        "token-error-response:attestation-challenge-missing": "CLIENT-ATTESTATION-CHALLENGE-FIELD",
        "par-error-response:attestation-challenge-missing": "PAR-CLIENT-ATTESTATION-CHALLENGE-FIELD",
    },
    applies=_ATTESTED & when.attestation_challenge,
)
async def a_wanted_challenge_is_given(unredeemed: Unredeemed, shared: Flow, expect: Expect) -> None:
    """A refusal with use_attestation_challenge brings a challenge in OAuth-Client-Attestation-Challenge."""
    change = _pop(_claims(challenge=mutate.unknown_nonce()))
    replies = {"": await unredeemed.request(partial(redeem, change), _CHALLENGE)}
    if await pushes(shared):
        replies["PAR-"] = await push(change, shared)
    wanting = {prefix: reply for prefix, reply in replies.items() if reply.error in _CHALLENGE}
    if not wanting:
        raise Blocked("no refusal has the error use_attestation_challenge")
    for prefix, reply in wanting.items():
        expect.that(
            bool(reply.headers.get(CHALLENGE_FIELD)),
            f"{prefix}CLIENT-ATTESTATION-CHALLENGE-FIELD",
            f"the header field {CHALLENGE_FIELD} beside use_attestation_challenge",
            sorted(set(reply.headers)),
            at=reply,
        )


@check(
    "client-attestation-challenge-endpoint",
    requires=["ATCA-8-02", "ATCA-8-03", "ATCA-8-04", "ATCA-8-05"],
    proven_by={
        "challenge-response:status-201": "ATTESTATION-CHALLENGE-STATUS",
        "challenge-response:content-type": "ATTESTATION-CHALLENGE-CONTENT-TYPE",
        "challenge-response:cacheable": "ATTESTATION-CHALLENGE-CACHEABLE",
        "challenge:missing": "ATTESTATION-CHALLENGE-MISSING",
        "challenge:number": "ATTESTATION-CHALLENGE-MISSING",
    },
    applies=_ATTESTED & when.server_of_flow_has("challenge_endpoint"),
)
async def challenges_are_given(server: AuthorizationServer, shared: Flow, expect: Expect) -> None:
    """The challenge endpoint answers a POST request with a challenge that no cache keeps."""
    url = server.metadata["challenge_endpoint"]
    if not isinstance(url, str):
        raise Blocked("challenge_endpoint is not a string")
    reply = await shared.agent.http.send("attestation challenge", "POST", url)
    if not expect.that(
        reply.status == 200, "ATTESTATION-CHALLENGE-STATUS", "HTTP 200", f"HTTP {reply.status}", at=reply
    ):
        return
    expect.that(
        reply.media_type == "application/json",
        "ATTESTATION-CHALLENGE-CONTENT-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="ATCA-8-03",
    )
    challenge = reply.object.get("attestation_challenge")
    expect.that(
        isinstance(challenge, str) and bool(challenge),
        "ATTESTATION-CHALLENGE-MISSING",
        "attestation_challenge, a string that is not empty",
        challenge if "attestation_challenge" in reply.object else f"the members {list(reply.object)}",
        at=reply,
        pointer="/attestation_challenge",
        requirement="ATCA-8-04",
    )
    expect.that(
        "no-store" in reply.directives("Cache-Control"),
        "ATTESTATION-CHALLENGE-CACHEABLE",
        "Cache-Control with no-store",
        f"Cache-Control: {reply.headers.get('Cache-Control', '')}",
        at=reply,
        pointer="header Cache-Control",
        requirement="ATCA-8-05",
    )


# Freshness and replay


@check(
    "client-attestation-freshness",
    requires=["ATCA-6.2-08"],
    proven_by={
        "misreports:client.attestation-fresh": (
            "CLIENT-ATTESTATION-STALE-MISREPORTED",
            "PAR-CLIENT-ATTESTATION-STALE-MISREPORTED",
        )
    },
    applies=_ATTESTED,
)
async def a_stale_attestation_is_told_so(unredeemed: Unredeemed, shared: Flow, expect: Expect) -> None:
    """A Client Attestation that was made 30 days ago is accepted, or refused with use_fresh_attestation."""
    change = _attestation(_date("iat", -mutate.MONTH))
    replies = {"": await unredeemed.request(partial(redeem, change), {"use_fresh_attestation"})}
    if await pushes(shared):
        replies["PAR-"] = await push(change, shared)
    for prefix, reply in replies.items():
        expect.that(
            reply.successful or reply.error == "use_fresh_attestation",
            f"{prefix}CLIENT-ATTESTATION-STALE-MISREPORTED",
            "a Client Attestation made 30 days ago is accepted, or refused with the error use_fresh_attestation",
            reply.gist,
            at=reply,
        )


class _Once:
    """A change that shows the proof of possession of its first request in all further ones."""

    def __init__(self) -> None:
        self._shown: Authentication | None = None

    def __call__(self, _: Flow, shown: Authentication) -> Authentication:
        if self._shown is None:
            attestation, pop = _drafts(shown)
            self._shown = replace(shown, attestation=attestation.sign(), pop=pop.sign())
        return self._shown


@check(
    "client-attestation-pop-reused",
    requires=["ATCA-12.1-01", "ATCA-6.2-09", STATUS[0]],
    proven_by={
        "accepts:client.pop-single-use": "CLIENT-ATTESTATION-POP-REUSED-ACCEPTED",
        "misreports:client.pop-single-use": "CLIENT-ATTESTATION-POP-REUSED-MISREPORTED",
    },
    applies=_ATTESTED,
    flows=2,
)
async def a_used_proof_is_refused(flow: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A proof of possession that was used in a request that was granted is refused in the next one."""
    change = _Once()
    send = push if await pushes(flow) else redeem
    first = await send(change, flow)
    if not first.successful:
        raise Blocked(f"the first use of the proof of possession was refused: {first.gist}")
    expect.refused(
        await send(change, another_flow()),
        "CLIENT-ATTESTATION-POP-REUSED",
        what="a proof of possession that was used before",
        status={400, 401},
        errors=_STALE,
        status_requirement=STATUS[0],
        error_requirement="ATCA-6.2-09",
    )


# What is accepted


@check(
    "client-attestation-accepted",
    requires=["ATCA-5.2-04", "ATCA-6.1-01"],
    proven_by={"rejects:client.pop-issuer-audience": "CLIENT-ATTESTATION-POP-ISSUER-REFUSED"},
    applies=_ATTESTED,
    flows=3,
)
async def a_right_attestation_is_accepted(shared: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A right proof of possession is for the issuer identifier; its header field may be spelled in any case."""
    send = push if await pushes(shared) else redeem
    reply = await send(unchanged, another_flow())
    if not reply.successful and not (await send(_for_both, another_flow())).successful:
        raise Blocked(f"a right Client Attestation is refused: {reply.gist}")
    if not expect.that(
        reply.successful,
        "CLIENT-ATTESTATION-POP-ISSUER-REFUSED",
        "the issuer identifier is accepted as aud of a proof of possession",
        reply.gist,
        at=reply,
    ):
        return
    respelled = await send(_in_another_case, another_flow())
    expect.that(
        respelled.successful,
        "CLIENT-ATTESTATION-FIELD-CASE-REFUSED",
        "the header fields are accepted whatever the case of their names",
        respelled.gist,
        at=respelled,
        requirement="ATCA-6.1-01",
    )


def _for_both(_: Flow, shown: Authentication) -> Authentication:
    pop = _drafts(shown)[1]
    return replace(shown, pop=pop.with_claims(aud=[pop.claims["aud"], f"{pop.claims['aud']}/token"]))


def _in_another_case(_: Flow, shown: Authentication) -> Authentication:
    attestation, pop = _drafts(shown)
    named = {ATTESTATION_FIELD.lower(): attestation.sign(), POP_FIELD.upper(): pop.sign()}
    return replace(shown, attestation=None, pop=None, headers={**shown.headers, **named})


@check(
    "client-attestation-unknown-claims-accepted",
    requires=["ATCA-5.1-09", "ATCA-5.2-08"],
    proven_by={
        "rejects:client.unknown-claim": (
            "CLIENT-ATTESTATION-UNKNOWN-CLAIM-REFUSED",
            "PAR-CLIENT-ATTESTATION-UNKNOWN-CLAIM-REFUSED",
            "CLIENT-ATTESTATION-POP-UNKNOWN-CLAIM-REFUSED",
            "PAR-CLIENT-ATTESTATION-POP-UNKNOWN-CLAIM-REFUSED",
        )
    },
    applies=_ATTESTED,
    flows=2,
)
async def unknown_claims_are_ignored(another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A Client Attestation and a proof of possession may have claims that nobody knows."""
    for name, spoil, what, requirement in (
        ("", _attestation, "a claim nobody knows in the Client Attestation", "ATCA-5.1-09"),
        ("-POP", _pop, "a claim nobody knows in the proof of possession", "ATCA-5.2-08"),
    ):
        await expect_accepted(
            expect,
            another_flow(),
            spoil(mutate.unknown_claim),
            f"CLIENT-ATTESTATION{name}-UNKNOWN-CLAIM-REFUSED",
            what=what,
            requirement=requirement,
        )


# Refresh tokens


@check(
    "client-attestation-refresh-bound",
    requires=["ATCA-10.3-02", "ATCA-10.3-01", "ATCA-6.2-09", STATUS[0], "HAIP-4.4.1-01"],
    proven_by={
        "accepts:refresh.instance-key": "CLIENT-ATTESTATION-REFRESH-KEY-ACCEPTED",
        "misreports:refresh.instance-key": "CLIENT-ATTESTATION-REFRESH-KEY-MISREPORTED",
        "accepts:client.authenticated": "CLIENT-ATTESTATION-REFRESH-BARE-ACCEPTED",
        "misreports:client.authenticated": "CLIENT-ATTESTATION-REFRESH-BARE-MISREPORTED",
    },
    applies=_ATTESTED & when.refresh_token,
    flows=2,
)
async def refresh_tokens_are_bound_to_the_instance(another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A refresh token is refused without a Client Attestation, and with one for another key."""
    for code, what, requirement in (
        ("BARE", "a refresh token without a Client Attestation", "ATCA-10.3-01"),
        ("KEY", "a refresh token with a Client Attestation for another key", "ATCA-10.3-02"),
    ):
        flow = another_flow()
        fields = tokens.refresh_form(await _refresh_token(flow))
        change = partial(_another_instance, flow) if code == "KEY" else only_identified(flow.agent)
        expect.refused(
            await flow.request_token(fields, authentication=change),
            f"CLIENT-ATTESTATION-REFRESH-{code}",
            what=what,
            status={400, 401},
            # The key is not the one that the grant is bound to, which is a fault of either.
            errors=_ERRORS | {"invalid_grant"},
            requirement=requirement,
            status_requirement=STATUS[0],
            error_requirement="ATCA-6.2-09",
        )


async def _refresh_token(flow: Flow) -> str:
    reply = await flow.token()
    value = tokens.refresh_token(reply)
    if value is None:
        raise Blocked(f"no refresh token was issued: {reply.gist}")
    return value
