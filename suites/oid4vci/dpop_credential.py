"""DPoP at the endpoints that take Access Tokens: RFC 9449 sections 4.3, 7 and 9, OpenID4VCI 1.0 section 7."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from harness import mutate
from harness.access import Access
from harness.applicability import ALWAYS, Predicate, when
from harness.checks import CheckFunction, Per, area
from harness.evidence import AccessExpired, Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import challenges, jose
from harness.formats.challenges import Challenge, ChallengeError
from harness.transport import Reply
from harness.wallet import dpop
from suites.oid4vci._clocks import ahead
from suites.oid4vci._dpop import (
    DEFAULT_PORT,
    FUTURE,
    HARMLESS_PROOFS,
    MALFORMED,
    NONCE_HEADER,
    OLD,
    PROOF_ERRORS,
    WRONG_PROOFS,
    HarmlessProof,
    Once,
    WrongProof,
    doors,
    expect_issuer_wants_nonce,
    expect_resource_refusal,
    made,
    no_proof,
    with_unknown_nonce,
    without_claim,
)
from suites.oid4vci._proofs import granted
from suites.oid4vci._refused_tokens import ERROR_INFORMATION

check = area("DPoP", per=Per.SHAPE)

_STATUS = "RFC9449-7.1-02"
_ERROR = "RFC9449-7.1-05"
_TOKEN = PROOF_ERRORS | {"invalid_token"}
"""Errors that are right where proof and token do not go together: the clause has both."""

_BOUND = ("FAPI2-5.3.4-10",)
"""What makes a stricter profile's issuer see to it that whoever sends a token is the one that got it."""

_OTHER_KEY = WrongProof(
    "other-key",
    "A DPoP proof by a key to which the Access Token is not bound",
    "RFC9449-4.3-18",
    {"a right DPoP proof by another key": mutate.with_another_key},
    ["key-bound"],
    _TOKEN,
    _BOUND,
)
_OF_TOKENS = (
    WrongProof(
        "token-hash-missing",
        "A DPoP proof without ath",
        "RFC9449-4.3-16",
        {"a DPoP proof without ath": without_claim("ath")},
        ["access-token-hash-present"],
        further=_BOUND,
    ),
    WrongProof(
        "token-hash",
        "A DPoP proof whose ath is not the hash of the Access Token",
        "RFC9449-4.3-17",
        {
            "a DPoP proof with the ath of another Access Token": lambda draft: draft.with_claims(
                ath=mutate.near_miss(draft.claims["ath"])
            )
        },
        ["access-token-hash"],
        _TOKEN,
        _BOUND,
    ),
    _OTHER_KEY,
    WrongProof(
        "proof-missing",
        "A DPoP-bound Access Token without a DPoP proof",
        "RFC9449-7.1-01",
        {"a DPoP-bound Access Token and no DPoP proof": no_proof},
        ["proof-present"],
        _TOKEN | MALFORMED,
        _BOUND,
    ),
)


# Wrong proofs


def _refusal_of(wrong: WrongProof, applies: Predicate = ALWAYS) -> CheckFunction:
    async def judge(access: Access, expect: Expect) -> None:
        async for door in doors(access):
            for what, change in wrong.changes.items():
                expect_resource_refusal(
                    expect,
                    await door.send(dpop=change),
                    wrong.code,
                    what=f"{what} at {door.name}",
                    errors=wrong.errors,
                )

    judge.__doc__ = f"{wrong.statement} is refused where Credentials are asked for."
    faults = wrong.proven_by()
    if "invalid_request" not in wrong.errors and wrong is not _OTHER_KEY:
        faults["credential-challenge-response:dpop-error-other"] = f"{wrong.code}-MISREPORTED"
    declare = check(
        f"dpop-{wrong.name}-refused-credential",
        requires=[wrong.requirement, _STATUS, _ERROR, *wrong.further],
        proven_by=faults,
        applies=when.dpop_token & applies,
    )
    return declare(judge)


REFUSALS = tuple(
    [_refusal_of(wrong) for wrong in (*WRONG_PROOFS, *_OF_TOKENS)]
    # What a stricter profile says of the time binds the Authorization Server.
    + [_refusal_of(wrong._replace(further=()), ~when.issuer_dpop_nonce) for wrong in (OLD, FUTURE)]
)


@check(
    "dpop-downgrade-refused-credential",
    requires=["RFC9449-7.2-01", _STATUS, _ERROR, "FAPI2-5.3.4-10"],
    proven_by={
        "accepts:dpop.scheme": "DPOP-DOWNGRADE-ACCEPTED",
        "misreports:dpop.scheme": "DPOP-DOWNGRADE-MISREPORTED",
    },
    applies=when.dpop_token,
)
async def a_bound_token_is_no_bearer_token(access: Access, expect: Expect) -> None:
    """A DPoP-bound Access Token with the scheme Bearer is refused where Credentials are asked for."""
    ways = {"without a DPoP proof": no_proof, "with a right DPoP proof": lambda draft: draft}
    async for door in doors(access):
        for way, change in ways.items():
            expect_resource_refusal(
                expect,
                await door.send(dpop=change, scheme="Bearer"),
                "DPOP-DOWNGRADE",
                what=f"a DPoP-bound Access Token with the scheme Bearer {way} at {door.name}",
                errors=_TOKEN | MALFORMED,
            )


@check(
    "dpop-replay-refused-credential",
    requires=["RFC9449-11.1-03"],
    proven_by={"accepts:dpop.single-use": "DPOP-REPLAY-ACCEPTED"},
    applies=when.dpop_token,
)
async def a_proof_is_good_once(access: Access, expect: Expect) -> None:
    """A DPoP proof that was used before is refused where Credentials are asked for."""
    once = Once()
    first = await access.request(await access.right_body(), dpop=once.sign)
    again = await access.request(await access.right_body(), dpop=once.repeat)
    if not granted(first):
        if access.used:
            raise AccessExpired
        raise Blocked(f"a right Credential Request is refused: {first.gist}")
    # What the refusal says is left to the server, as at the Token Endpoint. Nor is anything got by a replay where
    # an Access Token is good for one request.
    expect.that(
        not granted(again) and again.status >= 400,
        "DPOP-REPLAY-ACCEPTED",
        "a Credential Request with a DPoP proof that was used before is refused",
        again.gist,
        at=again,
    )


# Right proofs


def _acceptance_of(proof: HarmlessProof, applies: Predicate = ALWAYS) -> CheckFunction:
    async def judge(access: Access, expect: Expect) -> None:
        async for door in doors(access):
            reply = await door.send(dpop=proof.change)
            expect.that(
                reply.successful or access.dialect.still_pending(reply.status, reply.object),
                proof.code,
                f"success at {door.name}, as with any right proof",
                reply.gist,
                at=reply,
            )

    judge.__doc__ = f"{proof.statement} is accepted where Credentials are asked for."
    declare = check(
        f"dpop-{proof.name}-accepted-credential",
        requires=[proof.requirement],
        proven_by={proof.fault: proof.code},
        applies=when.dpop_token & applies,
    )
    return declare(judge)


ACCEPTANCES = (
    *(_acceptance_of(proof) for proof in HARMLESS_PROOFS),
    _acceptance_of(DEFAULT_PORT, when.default_port_of_issuer),
)


@check(
    "dpop-skew-ahead-accepted-credential",
    requires=["RFC9449-11.1-02"],
    proven_by={"rejects:dpop.clock-skew": "DPOP-SKEW-AHEAD-REFUSED"},
    applies=when.dpop_token,
)
async def some_seconds_ahead_are_put_up_with(access: Access, shared: Flow, expect: Expect) -> None:
    """A DPoP proof that seems to be made eight seconds from now is accepted where Credentials are asked for."""
    seconds = 8 + ahead(shared, await shared.issuance())
    reply = await access.request(await access.right_body(), dpop=made(seconds))
    expect.that(
        granted(reply),
        "DPOP-SKEW-AHEAD-REFUSED",
        "success at the Credential Endpoint, as with any right proof",
        reply.gist,
        at=reply,
    )


# Challenges


@check(
    "dpop-challenge",
    requires=[
        "RFC9449-7.1-03",
        "RFC9449-7.1-02",
        "RFC9449-7.1-04",
        "RFC9449-7.1-05",
        "RFC9449-7.1-06",
        "RFC9449-7.1-07",
        "RFC9449-7.2-03",
    ],
    proven_by={
        "credential-challenge-response:dpop-scheme-missing": "DPOP-CHALLENGE-SCHEME",
        "credential-challenge-response:dpop-missing": "DPOP-CHALLENGE-MISSING",
        "credential-challenge-response:dpop-status-400": "DPOP-CHALLENGE-STATUS",
        "credential-challenge-response:dpop-error-missing": "DPOP-CHALLENGE-ERROR-MISSING",
        "credential-challenge-response:dpop-error-other": "DPOP-CHALLENGE-ERROR",
        "credential-challenge-response:dpop-algs-missing": "DPOP-CHALLENGE-ALGORITHMS-MISSING",
        "credential-challenge-response:dpop-algs-commas": "DPOP-CHALLENGE-ALGORITHMS",
        "credential-challenge-response:dpop-error-of-bearer": "DPOP-CHALLENGE-ERROR-ELSEWHERE",
    },
    applies=when.dpop_token,
)
async def a_wrong_proof_is_challenged(access: Access, expect: Expect) -> None:
    """The challenge for a wrong DPoP proof has the scheme DPoP, with error and algs."""
    reply = await access.request(await access.right_body(), dpop=mutate.broken_signature)
    where: Any = {"at": reply, "pointer": "header WWW-Authenticate"}
    if not reply.successful and "WWW-Authenticate" not in reply.headers:
        # Another status may refuse without a challenge: the clause leaves it to the server to send one.
        expect.that(
            reply.status != 401,
            "DPOP-CHALLENGE-MISSING",
            "a challenge with HTTP 401",
            reply.gist,
            requirement="RFC9449-7.1-03",
            **where,
        )
        return
    found = _challenges(reply)
    proofs = [challenge for challenge in found if challenge.scheme.lower() == "dpop"]
    if not expect.that(
        bool(proofs),
        "DPOP-CHALLENGE-SCHEME",
        "a challenge with the scheme DPoP",
        [challenge.scheme for challenge in found],
        **where,
    ):
        return
    expect.that(
        reply.status == 401,
        "DPOP-CHALLENGE-STATUS",
        "HTTP 401 with a challenge for DPoP",
        f"HTTP {reply.status}",
        at=reply,
        requirement="RFC9449-7.1-02",
    )
    errors = [value for challenge in proofs for value in challenge.values("error")]
    if len(found) > len(proofs) and not errors:
        elsewhere = [challenge.scheme for challenge in found if challenge.values("error")]
        expect.that(
            not elsewhere,
            "DPOP-CHALLENGE-ERROR-ELSEWHERE",
            "error in the challenge for DPoP, which the request used",
            f"error in the challenge for {elsewhere}",
            requirement="RFC9449-7.2-03",
            **where,
        )
        if elsewhere:
            return
    if expect.that(
        bool(errors),
        "DPOP-CHALLENGE-ERROR-MISSING",
        "error in the challenge for DPoP",
        [name for challenge in proofs for name, _ in challenge.parameters],
        requirement="RFC9449-7.1-04",
        **where,
    ):
        expect.that(
            set(errors) <= PROOF_ERRORS,
            "DPOP-CHALLENGE-ERROR",
            "error invalid_dpop_proof",
            errors,
            requirement="RFC9449-7.1-05",
            **where,
        )
    algorithms = [value for challenge in proofs for value in challenge.values("algs")]
    if expect.that(
        bool(algorithms),
        "DPOP-CHALLENGE-ALGORITHMS-MISSING",
        "algs in the challenge for DPoP",
        [name for challenge in proofs for name, _ in challenge.parameters],
        requirement="RFC9449-7.1-06",
        **where,
    ):
        expect.that(
            all(name in jose.JWS_ALGORITHMS for value in algorithms for name in value.split(" ")),
            "DPOP-CHALLENGE-ALGORITHMS",
            "names of JWS algorithms with single spaces between them",
            algorithms,
            requirement="RFC9449-7.1-07",
            **where,
        )


@check(
    "dpop-challenge-unauthenticated",
    requires=["RFC9449-7.2-02"],
    proven_by={"credential-challenge-response:dpop-error-needless": "DPOP-CHALLENGE-ERROR-NEEDLESS"},
    applies=when.dpop_token,
)
async def who_did_not_authenticate_is_told_no_error(access: Access, expect: Expect) -> None:
    """The challenges for DPoP and Bearer after a request without any authentication have no error."""
    reply = await access.request(await access.right_body(), headers={}, dpop=no_proof)
    found = [one for one in _challenges(reply) if one.scheme.lower() in ("dpop", "bearer")]
    told = [name for challenge in found for name in ERROR_INFORMATION if challenge.values(name)]
    expect.that(
        not told,
        "DPOP-CHALLENGE-ERROR-NEEDLESS",
        "challenges without error information, since nothing was shown to find fault with",
        told,
        at=reply,
        pointer="header WWW-Authenticate",
    )


def _challenges(reply: Reply) -> tuple[Challenge, ...]:
    """Give the challenges of a refusal.

    Raises:
        Blocked: it has none, or none that can be read.

    """
    fields = reply.headers.get_list("WWW-Authenticate")
    if reply.successful or not fields:
        raise Blocked(f"there is no challenge to look at: {reply.gist}")
    try:
        return challenges.read(fields)
    except ChallengeError as error:
        raise Blocked(f"the challenge cannot be read: {error.detail}") from error


# Nonces


@check(
    "dpop-nonce-missing-refused-credential",
    requires=["RFC9449-11.3-01", "RFC9449-9-01", "RFC9449-9-02", "RFC9449-9-03", *NONCE_HEADER],
    proven_by={
        "accepts:dpop.nonce": "DPOP-NONCE-MISSING-ACCEPTED",
        "credential-challenge-response:dpop-nonce-error-other": "DPOP-NONCE-MISSING-MISREPORTED",
        "credential-challenge-response:dpop-nonce-in-body": "DPOP-NONCE-MISSING-MISREPORTED",
        "credential-challenge-response:dpop-nonce-missing": "DPOP-NONCE-HEADER-MISSING",
    },
    applies=when.dpop_token & when.issuer_dpop_nonce,
)
async def a_missing_nonce_is_asked_for(issuance: Reply, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A Credential Request whose DPoP proof has no nonce is refused with use_dpop_nonce and a DPoP-Nonce."""
    async for door in doors(await another_flow().access()):
        expect_issuer_wants_nonce(
            expect,
            await door.send(dpop=without_claim("nonce")),
            where=door.name,
        )
    # The control comes last: without a nonce to use no right request succeeds, and that has to be told.
    if not granted(issuance):
        raise Blocked(f"a right Credential Request is not granted: {issuance.gist}")


@check(
    "dpop-nonce-unknown-refused-credential",
    requires=["RFC9449-4.3-13", "RFC9449-7.1-02", "RFC9449-7.1-05"],
    proven_by={"accepts:dpop.nonce": "DPOP-NONCE-UNKNOWN-ACCEPTED"},
    applies=when.dpop_token & when.issuer_dpop_nonce,
)
async def an_unknown_nonce_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request whose DPoP proof has a nonce that the Credential Issuer did not give is refused."""
    async for door in doors(access):
        expect_resource_refusal(
            expect,
            await door.send(dpop=with_unknown_nonce),
            "DPOP-NONCE-UNKNOWN",
            what=f"a DPoP proof with an unknown nonce at {door.name}",
        )


@check(
    "dpop-nonce-of-nonce-endpoint-accepted",
    requires=["VCI-7.2-07", "HAIP-4-06"],
    proven_by={"nonce-response:dpop-nonce-unknown": "DPOP-NONCE-OF-NONCE-ENDPOINT"},
    applies=when.dpop_token & when.dpop_nonce_of_nonce_endpoint,
)
async def a_nonce_of_the_nonce_endpoint_is_good(
    access: Access, another_nonce: Callable[[], Awaitable[Reply]], expect: Expect
) -> None:
    """A DPoP nonce that comes with a Nonce Response is accepted in a Credential Request."""
    body = await access.right_body()
    value = dpop.offered_nonce(await another_nonce())
    reply = await access.request(body, dpop=lambda draft: draft.with_claims(nonce=value))
    expect.that(
        granted(reply),
        "DPOP-NONCE-OF-NONCE-ENDPOINT",
        "success for a DPoP proof with the nonce of the Nonce Response",
        reply.gist,
        at=reply,
    )
