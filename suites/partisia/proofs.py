"""Proofs of possession: the documented ones are accepted, and no wrong one is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness import mutate
from harness.access import Access
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.partisia import samples
from harness.transport import Reply
from harness.wallet.jwt import JwtDraft
from harness.wallet.proof import BARE_DID_JWK
from suites.partisia._answers import no_credential

check = area("Partisia: proof", per=Per.GRANT)

_HOUR_S = 3600
_SOUND = "a proof that names its key "


@check(
    "partisia-proof-did-jwk",
    requires=["PAR-CREDENTIAL-03", "PAR-CREDENTIAL-25"],
    proven_by={
        "rejects:partisia-proof.did": "PARTISIA-DID-JWK-REFUSED",
        "rejects:partisia-proof.did-url": "PARTISIA-DID-URL-REFUSED",
    },
)
async def a_did_jwk_is_accepted(access: Access, expect: Expect) -> None:
    """A proof whose kid is a did:jwk brings a credential, with the name of the key in it and without."""
    by_url = await _with_key(access, "did:jwk")
    by_did = by_url if by_url.successful else await _with_key(access, BARE_DID_JWK)
    if expect.that(
        by_did.successful,
        "PARTISIA-DID-JWK-REFUSED",
        f"a credential for {_SOUND}by a did:jwk",
        by_did.gist,
        at=by_did,
    ):
        expect.that(
            by_url.successful,
            "PARTISIA-DID-URL-REFUSED",
            f"a credential for {_SOUND}by the DID URL of a did:jwk",
            by_url.gist,
            at=by_url,
            requirement="PAR-CREDENTIAL-25",
        )


@check(
    "partisia-proof-jwk",
    requires=["PAR-CREDENTIAL-04"],
    proven_by={
        "rejects:partisia-proof.jwk": "PARTISIA-JWK-REFUSED",
    },
)
async def a_jwk_is_accepted(access: Access, expect: Expect) -> None:
    """A proof that carries its key in jwk brings a credential."""
    reply = await _with_key(access, "jwk")
    expect.that(reply.successful, "PARTISIA-JWK-REFUSED", f"a credential for {_SOUND}in jwk", reply.gist, at=reply)


@check(
    "partisia-proof-nonce-once",
    requires=["PAR-CREDENTIAL-08"],
    proven_by={
        "accepts:partisia-proof.nonce-unused": "PARTISIA-NONCE-TWICE",
    },
)
async def a_nonce_is_good_for_one_request(access: Access, expect: Expect) -> None:
    """A proof with a nonce that has brought a credential brings no further one."""
    first = await access.proof()
    granted = await access.request(access.body(first.sign()))
    if not granted.successful:
        raise Blocked(f"the right request was refused: {granted.gist}")
    further = await access.proof()
    if further.claims.get("nonce") == first.claims.get("nonce"):
        raise Blocked("the nonce endpoint gives the same nonce again, as if it were good for more")
    again = further.with_claims(nonce=first.claims.get("nonce"))
    reply = await access.request(access.body(again.sign()))
    no_credential(expect, reply, "PARTISIA-NONCE-TWICE", "a proof whose nonce was used before")


@check(
    "partisia-proof-of-the-page",
    requires=["PAR-CREDENTIAL-15"],
    proven_by={
        "accepts:partisia-proof.own": "PARTISIA-SAMPLE-PROOF-ACCEPTED",
    },
)
async def the_proof_of_the_page_brings_nothing(access: Access, expect: Expect) -> None:
    """The proof that everybody can read on the page brings no credential."""
    reply = await access.request(access.body(samples.PROOF))
    no_credential(expect, reply, "PARTISIA-SAMPLE-PROOF-ACCEPTED", "the proof of the page's example")


def _refusal(
    name: str, requirement: str, what: str, spoilt: Mapping[str, Callable[[JwtDraft], str]]
) -> CheckFunction:
    """Make a check that some wrong proofs bring no credential.

    Args:
        name: of the check, after its beginning.
        what: is wrong with them, in words.
        spoilt: name of a fault that has one accepted to what makes that proof of a right one.

    """
    code = f"PARTISIA-PROOF-{name.upper()}-ACCEPTED"

    async def brings_nothing(access: Access, expect: Expect) -> None:
        for spoil in spoilt.values():
            reply = await access.request(access.body(spoil(await access.proof())))
            no_credential(expect, reply, code, f"a proof {what}")

    brings_nothing.__doc__ = f"A proof {what} brings no credential."
    proven = {f"accepts:partisia-proof.{fault}": code for fault in spoilt if not fault.startswith("(")}
    return check(f"partisia-proof-{name}", requires=[requirement], proven_by=proven)(brings_nothing)


def _made(seconds: int) -> Callable[[JwtDraft], str]:
    return lambda draft: draft.with_claims(iat=draft.claims["iat"] + seconds).sign()


REFUSALS = (
    _refusal("two-keys", "PAR-CREDENTIAL-05", "with both kid and jwk", {"one-key": mutate.two_keys}),
    _refusal(
        "nonce-known",
        "PAR-CREDENTIAL-06",
        "with a nonce that was not given",
        {"nonce-known": lambda draft: draft.with_claims(nonce=mutate.unknown_nonce()).sign()},
    ),
    _refusal(
        "nonce-present",
        "PAR-CREDENTIAL-07",
        "without a nonce",
        {"nonce-present": lambda draft: draft.with_claims(nonce=None).sign()},
    ),
    _refusal(
        "new",
        "PAR-CREDENTIAL-09",
        "that was made an hour ago, or does not say when",
        {"new": _made(-_HOUR_S), "dated": lambda draft: draft.with_claims(iat=None).sign()},
    ),
    _refusal(
        "made-already",
        "PAR-CREDENTIAL-10",
        "that will be made in an hour",
        {"made-already": _made(_HOUR_S)},
    ),
    _refusal(
        "audience",
        "PAR-CREDENTIAL-11",
        "for another receiver",
        {"audience": lambda draft: draft.with_claims(aud=mutate.ELSEWHERE).sign()},
    ),
    _refusal("type", "PAR-CREDENTIAL-12", "of another typ", {"typ": mutate.wrong_type}),
    _refusal(
        "signature",
        "PAR-CREDENTIAL-13",
        "that is not signed with the key of its header",
        {"signature": mutate.foreign_signature, "(one bit)": mutate.broken_signature},
    ),
    _refusal(
        "algorithm",
        "PAR-CREDENTIAL-14",
        "of alg none or HS256",
        {"algorithm": mutate.unsigned, "(symmetric)": mutate.symmetric},
    ),
)


async def _with_key(access: Access, form: str) -> Reply:
    return await access.request(access.body((await access.proof(form=form)).sign()))
