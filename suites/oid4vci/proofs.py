"""Key proofs of the type ``jwt``: OpenID4VCI 1.0 appendix F, with the error codes of section 8.3.1.2.

Each wrong proof differs from the one that brought the shared credential in one thing, so that only this thing can
be the reason of a refusal.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Demanded, Expect
from harness.transport import Reply
from harness.wallet.keys import ALGORITHMS
from harness.wallet.proof import PROOF_TYPE, choose_form, possible_forms
from suites.oid4vci._proofs import (
    INVALID_NONCE,
    INVALID_PROOF,
    MALFORMED,
    NO_NONCE,
    STALE,
    STATUS,
    accepted,
    by_rule,
    one_of_several,
    refused,
)

check = area("Key proofs", per=Per.SHAPE)


async def _refused(
    access: Access,
    expect: Expect,
    proof: str | dict[str, Any],
    code: str,
    *,
    what: str,
    errors: Collection[str] = ("invalid_proof",),
    requirement: Demanded = INVALID_PROOF,
) -> None:
    """Send a wrong proof, or a body that is wrong as a whole, and expect the refusal of section 8.3.1.2."""
    body = access.body(proof) if isinstance(proof, str) else proof
    await refused(access, expect, body, code, what=what, errors=errors, requirement=requirement)


# Appendix F: the array of proofs


@check(
    "proof-array-empty-refused",
    requires=["VCI-F-01", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.not-empty", "PROOF-ARRAY-EMPTY"),
)
async def empty_array_is_refused(access: Access, expect: Expect) -> None:
    """An empty array of proofs is refused."""
    body = {**access.body(), "proofs": {"jwt": []}}
    await _refused(access, expect, body, "PROOF-ARRAY-EMPTY", what="an empty array of proofs", errors=MALFORMED)


@check(
    "proof-not-in-array-refused",
    requires=["VCI-F-01", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.not-empty", "PROOF-NOT-IN-ARRAY"),
)
async def bare_proof_is_refused(access: Access, expect: Expect) -> None:
    """A right proof that stands in ``proofs`` as a string, without the array around it, is refused."""
    body = {**access.body(), "proofs": {"jwt": (await access.proof()).sign()}}
    await _refused(access, expect, body, "PROOF-NOT-IN-ARRAY", what="a proof without an array", errors=MALFORMED)


@check(
    "proof-no-jwt-refused",
    requires=["VCI-F-01", "VCI13-7.2.1-01", "VCI11-7.2.1-01", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.wellformed", "PROOF-NO-JWT"),
)
async def proof_that_is_no_jwt_is_refused(access: Access, expect: Expect) -> None:
    """A text that is no JWT is refused as a proof."""
    await _refused(
        access, expect, "this is no JWT", "PROOF-NO-JWT", what="a proof that is no JWT", errors=MALFORMED
    )


# Appendix F.1: what a proof says


@check(
    "proof-audience-missing-refused",
    requires=["VCI-F.4-01", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.audience-present", "PROOF-AUDIENCE-MISSING"),
)
async def missing_audience_is_refused(access: Access, expect: Expect) -> None:
    """A proof without ``aud`` is refused."""
    proof = (await access.proof()).with_claims(aud=None).sign()
    await _refused(access, expect, proof, "PROOF-AUDIENCE-MISSING", what="a proof without aud")


@check(
    "proof-audience-refused",
    requires=["VCI-F.1-01", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.audience", "PROOF-AUDIENCE"),
)
async def foreign_audience_is_refused(access: Access, expect: Expect) -> None:
    """A proof that was made for another Credential Issuer is refused."""
    proof = (await access.proof()).with_claims(aud=mutate.ELSEWHERE).sign()
    await _refused(access, expect, proof, "PROOF-AUDIENCE", what="a proof for another issuer")


@check(
    "proof-issuer-refused",
    requires=["VCI-F.1-09", STATUS, INVALID_PROOF],
    applies=when.jwt_proof & when.registered_client,
    proven_by=by_rule("proof.issuer", "PROOF-ISSUER"),
)
async def foreign_client_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose ``iss`` is another client than the one that got the Access Token is refused."""
    proof = (await access.proof()).with_claims(iss=mutate.ELSEWHERE).sign()
    await _refused(access, expect, proof, "PROOF-ISSUER", what="a proof of another client")


@check(
    "proof-issuer-anonymous-refused",
    requires=["VCI-F.1-14", STATUS, INVALID_PROOF],
    applies=when.jwt_proof & ~when.registered_client,
    proven_by=by_rule("proof.issuer", "PROOF-ISSUER-ANONYMOUS"),
)
async def client_after_anonymous_access_is_refused(access: Access, expect: Expect) -> None:
    """A proof with ``iss`` is refused when the Access Token was given to nobody in particular."""
    proof = (await access.proof()).with_claims(iss=mutate.ELSEWHERE).sign()
    await _refused(access, expect, proof, "PROOF-ISSUER-ANONYMOUS", what="a proof with iss after anonymous access")


@check(
    "proof-audience-type-refused",
    requires=["VCI-F.1-15", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.audience", "PROOF-AUDIENCE-TYPE"),
)
async def audience_that_is_no_string_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose ``aud`` is an object is refused."""
    draft = await access.proof()
    proof = draft.with_claims(aud={"issuer": draft.claims["aud"]}).sign()
    await _refused(access, expect, proof, "PROOF-AUDIENCE-TYPE", what="a proof whose aud is an object")


@check(
    "proof-audience-array-refused",
    requires=["VCI-F.1-15", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.audience", "PROOF-AUDIENCE-ARRAY"),
)
async def array_of_audiences_is_refused(access: Access, expect: Expect) -> None:
    """A proof for this issuer and another one, whose ``aud`` is an array, is refused."""
    draft = await access.proof()
    proof = draft.with_claims(aud=[draft.claims["aud"], mutate.ELSEWHERE]).sign()
    await _refused(access, expect, proof, "PROOF-AUDIENCE-ARRAY", what="a proof whose aud is an array")


@check(
    "proof-issued-at-type-refused",
    requires=["VCI-F.1-15", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.issued-at-present", "PROOF-ISSUED-AT-TYPE"),
)
async def issued_at_that_is_no_number_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose ``iat`` is a string is refused."""
    draft = await access.proof()
    proof = draft.with_claims(iat=str(draft.claims["iat"])).sign()
    await _refused(access, expect, proof, "PROOF-ISSUED-AT-TYPE", what="a proof whose iat is a string")


@check(
    "proof-nonce-type-refused",
    requires=["VCI-F.1-15", STATUS, INVALID_PROOF],
    applies=when.jwt_proof & when.c_nonce,
    proven_by=by_rule("proof.nonce-present", "PROOF-NONCE-TYPE"),
)
async def nonce_that_is_no_string_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose ``nonce`` is an array with the right nonce is refused."""
    draft = await access.proof()
    proof = draft.with_claims(nonce=[draft.claims.get("nonce")]).sign()
    await _refused(access, expect, proof, "PROOF-NONCE-TYPE", what="a proof whose nonce is an array", errors=STALE)


@check(
    "proof-issued-at-missing-refused",
    requires=["VCI-F.4-02", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.issued-at-present", "PROOF-ISSUED-AT-MISSING"),
)
async def missing_issued_at_is_refused(access: Access, expect: Expect) -> None:
    """A proof without ``iat`` is refused."""
    proof = (await access.proof()).with_claims(iat=None).sign()
    await _refused(access, expect, proof, "PROOF-ISSUED-AT-MISSING", what="a proof without iat")


@check(
    "proof-old-refused",
    requires=["VCI-F.4-11", STATUS, INVALID_PROOF],
    applies=when.jwt_proof & ~when.c_nonce,
    proven_by=by_rule("proof.issued-at", "PROOF-OLD"),
)
async def old_proof_is_refused(access: Access, expect: Expect) -> None:
    """Without a Nonce Endpoint, a proof that was made a month ago is refused."""
    draft = await access.proof()
    proof = draft.with_claims(iat=draft.claims["iat"] - mutate.MONTH).sign()
    await _refused(access, expect, proof, "PROOF-OLD", what="a proof that was made a month ago")


@check(
    "proof-from-future-refused",
    requires=["VCI-F.4-11", STATUS, INVALID_PROOF],
    applies=when.jwt_proof & ~when.c_nonce,
    proven_by=by_rule("proof.issued-at", "PROOF-FROM-FUTURE"),
)
async def proof_from_the_future_is_refused(access: Access, expect: Expect) -> None:
    """Without a Nonce Endpoint, a proof that says it is made in a month is refused."""
    draft = await access.proof()
    proof = draft.with_claims(iat=draft.claims["iat"] + mutate.MONTH).sign()
    await _refused(access, expect, proof, "PROOF-FROM-FUTURE", what="a proof that is made in a month")


@check(
    "proof-nonce-missing-refused",
    requires=["VCI-F.4-09", "VCI15-8.2.2-01", "VCID14-7.2.2-01", "VCI13-7.2.2-01", STATUS, NO_NONCE],
    applies=when.jwt_proof & when.c_nonce,
    proven_by=by_rule("proof.nonce-present", "PROOF-NONCE-MISSING"),
)
async def missing_nonce_is_refused(access: Access, expect: Expect) -> None:
    """Where there is a Nonce Endpoint, a proof without ``nonce`` is refused."""
    proof = (await access.proof()).with_claims(nonce=None).sign()
    await _refused(
        access, expect, proof, "PROOF-NONCE-MISSING", what="a proof without nonce", requirement=NO_NONCE
    )


_UNKNOWN_NONCE = (INVALID_NONCE, "VCID14-7.3.1.2-04", "VCI13-7.3.1.2-04")


@check(
    "proof-nonce-refused",
    requires=["VCI-F.4-10", STATUS, *_UNKNOWN_NONCE],
    applies=when.jwt_proof & when.c_nonce,
    proven_by=by_rule("proof.nonce", "PROOF-NONCE"),
)
async def unknown_nonce_is_refused(access: Access, expect: Expect) -> None:
    """A proof with a nonce that this issuer never gave out is refused with ``invalid_nonce``."""
    proof = (await access.proof()).with_claims(nonce=mutate.unknown_nonce()).sign()
    await _refused(
        access,
        expect,
        proof,
        "PROOF-NONCE",
        what="a proof with an unknown nonce",
        errors={"invalid_nonce"},
        requirement=_UNKNOWN_NONCE,
    )


# Appendix F.1: the key of a proof


@check(
    "proof-key-missing-refused",
    requires=["VCI-F.1-04", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.key-present", "PROOF-KEY-MISSING"),
)
async def proof_without_key_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose header has none of ``jwk``, ``kid`` and ``x5c`` is refused."""
    proof = mutate.no_key(await access.proof())
    await _refused(access, expect, proof, "PROOF-KEY-MISSING", what="a proof that names no key")


@check(
    "proof-key-unknown-refused",
    requires=["VCI-F.1-03", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.key-usable", "PROOF-KEY-UNKNOWN"),
)
async def proof_with_unknown_key_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose ``kid`` leads to no key, so that nobody can verify it, is refused."""
    proof = mutate.unknown_key(await access.proof())
    await _refused(access, expect, proof, "PROOF-KEY-UNKNOWN", what="a proof whose kid leads nowhere")


@check(
    "proof-key-twice-refused",
    requires=[
        *("VCI-F.1-02", "VCI15-8.2.1.1-01", "VCID14-7.2.1.1-01", "VCI13-7.2.1.1-01"),
        *(STATUS, INVALID_PROOF),
    ],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.one-key", "PROOF-KEY-TWICE"),
)
async def proof_with_two_keys_is_refused(access: Access, expect: Expect) -> None:
    """A proof that names its key by ``jwk`` and by ``kid`` is refused."""
    proof = mutate.two_keys(await access.proof())
    await _refused(access, expect, proof, "PROOF-KEY-TWICE", what="a proof with jwk and kid")


@check(
    "proof-private-key-refused",
    requires=["VCI-F.4-08", STATUS, INVALID_PROOF],
    applies=when.jwt_proof & when.jwk_binding,
    proven_by=by_rule("proof.no-private-key", "PROOF-PRIVATE-KEY"),
)
async def private_key_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose ``jwk`` contains the private key is refused."""
    proof = mutate.private_key_in_header(await access.proof(form="jwk"))
    await _refused(access, expect, proof, "PROOF-PRIVATE-KEY", what="a proof with a private key")


# Appendix F.4: type, algorithm and signature


@check(
    "proof-type-missing-refused",
    requires=["VCI-F.4-03", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.typ", "PROOF-TYPE-MISSING"),
)
async def missing_type_is_refused(access: Access, expect: Expect) -> None:
    """A proof without ``typ`` is refused."""
    proof = (await access.proof()).with_header(typ=None).sign()
    await _refused(access, expect, proof, "PROOF-TYPE-MISSING", what="a proof without typ")


@check(
    "proof-type-refused",
    requires=["VCI-F.4-03", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.typ", "PROOF-TYPE"),
)
async def foreign_type_is_refused(access: Access, expect: Expect) -> None:
    """A JWT that was made for another purpose, with the ``typ`` ``JWT``, is refused as a proof."""
    proof = (await access.proof()).with_header(typ="JWT").sign()
    await _refused(access, expect, proof, "PROOF-TYPE", what=f"a proof whose typ is not {PROOF_TYPE}")


@check(
    "proof-unsigned-refused",
    requires=["VCI-F.4-04", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.algorithm-asymmetric", "PROOF-UNSIGNED"),
)
async def unsigned_proof_is_refused(access: Access, expect: Expect) -> None:
    """A proof with the algorithm ``none`` is refused."""
    proof = mutate.unsigned(await access.proof())
    await _refused(access, expect, proof, "PROOF-UNSIGNED", what="a proof with the algorithm none")


@check(
    "proof-symmetric-refused",
    requires=["VCI-F.4-05", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.algorithm-asymmetric", "PROOF-SYMMETRIC"),
)
async def symmetric_proof_is_refused(access: Access, expect: Expect) -> None:
    """A proof that is authenticated with its own public key as the secret of an HMAC is refused."""
    proof = mutate.symmetric(await access.proof())
    await _refused(access, expect, proof, "PROOF-SYMMETRIC", what="a proof with the algorithm HS256")


@check(
    "proof-algorithm-unlisted-refused",
    requires=["VCI-F.4-06", STATUS, INVALID_PROOF, "HAIP-7-05"],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.algorithm-supported", "PROOF-ALGORITHM-UNLISTED"),
)
async def unlisted_algorithm_is_refused(access: Access, expect: Expect) -> None:
    """A proof that is rightly signed with an algorithm the metadata does not list is refused."""
    draft = await access.proof()
    form = access.flow.proof_form(draft.key.algorithm)
    name = mutate.unlisted_algorithm(access.flow.proof_algorithms, form)
    if name is None:
        proof = mutate.invented_algorithm(draft)
    else:
        proof = (await access.proof(key=access.flow.proof_key(name), form=form)).sign()
    what = f"a proof with the unlisted algorithm {name or 'X-ASSAY'}"
    await _refused(access, expect, proof, "PROOF-ALGORITHM-UNLISTED", what=what)


@check(
    "proof-signature-refused",
    requires=["VCI-F.4-07", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.signature", "PROOF-SIGNATURE"),
)
async def broken_signature_is_refused(access: Access, expect: Expect) -> None:
    """A proof with one flipped bit in its signature is refused."""
    proof = mutate.broken_signature(await access.proof())
    await _refused(access, expect, proof, "PROOF-SIGNATURE", what="a proof with a broken signature")


@check(
    "proof-foreign-signature-refused",
    requires=["VCI-F.1-03", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.signature", "PROOF-FOREIGN-SIGNATURE"),
)
async def foreign_signature_is_refused(access: Access, expect: Expect) -> None:
    """A proof that is signed with another key than its header names is refused."""
    proof = mutate.foreign_signature(await access.proof())
    await _refused(access, expect, proof, "PROOF-FOREIGN-SIGNATURE", what="a proof signed with another key")


# RFC 7515 and RFC 7519: what a proof has besides


@check(
    "proof-critical-header-refused",
    requires=["RFC7515-4.1.11-01", STATUS, INVALID_PROOF],
    applies=when.jwt_proof,
    proven_by=by_rule("proof.critical", "PROOF-CRITICAL-HEADER"),
)
async def unknown_critical_header_is_refused(access: Access, expect: Expect) -> None:
    """A proof that calls a header parameter critical which nobody knows is refused."""
    proof = mutate.unknown_critical_header(await access.proof())
    await _refused(access, expect, proof, "PROOF-CRITICAL-HEADER", what="a proof with an unknown crit")


@check(
    "proof-unknown-header-accepted",
    requires=["RFC7515-4-01"],
    applies=when.jwt_proof,
    proven_by={"rejects:proof.unknown-header": "PROOF-UNKNOWN-HEADER-REFUSED"},
)
async def unknown_header_isaccepted(access: Access, expect: Expect) -> None:
    """A header parameter that nobody knows and that is not critical does no harm to a proof."""
    proof = mutate.unknown_header(await access.proof())
    reply = await access.request(access.body(proof))
    accepted(expect, reply, "PROOF-UNKNOWN-HEADER-REFUSED", what="a proof with an unknown header parameter")


@check(
    "proof-unknown-claim-accepted",
    requires=["RFC7519-4-01"],
    applies=when.jwt_proof,
    proven_by={"rejects:proof.unknown-claim": "PROOF-UNKNOWN-CLAIM-REFUSED"},
)
async def unknown_claim_isaccepted(access: Access, expect: Expect) -> None:
    """A claim that nobody knows does no harm to a proof."""
    proof = mutate.unknown_claim(await access.proof())
    reply = await access.request(access.body(proof))
    accepted(expect, reply, "PROOF-UNKNOWN-CLAIM-REFUSED", what="a proof with an unknown claim")


# Section 12.2.4: what the metadata announces


@check(
    "proof-algorithms-accepted",
    requires=["VCI-12.2.4-52", "HAIP-7-04"],
    applies=when.jwt_proof,
    proven_by={"rejects:proof.other-algorithm": "PROOF-ALGORITHM-REFUSED"},
)
async def announced_algorithms_areaccepted(access: Access, expect: Expect) -> None:
    """A proof in each algorithm that the metadata lists, as far as the wallet has it, is accepted."""
    flow = access.flow
    for algorithm in ALGORITHMS:
        if algorithm in flow.proof_algorithms and possible_forms(flow.binding_methods, algorithm):
            reply, access = await _send(access, algorithm)
            accepted(expect, reply, "PROOF-ALGORITHM-REFUSED", what=f"a proof in the listed algorithm {algorithm}")


@check(
    "proof-binding-methods-accepted",
    requires=["VCI-12.2.4-53"],
    applies=when.jwt_proof & when.configuration_has("cryptographic_binding_methods_supported"),
    proven_by={"rejects:proof.other-binding-method": "PROOF-BINDING-METHOD-REFUSED"},
)
async def announced_binding_methods_areaccepted(access: Access, expect: Expect) -> None:
    """A proof by each binding method that the metadata lists, as far as the wallet has it, is accepted."""
    flow = access.flow
    carried: dict[str, str] = {}
    for algorithm in ALGORITHMS:
        if algorithm in flow.proof_algorithms:
            for form in possible_forms(flow.binding_methods, algorithm):
                # A key that is bound as a JWK may stand in the proof as jwk or, where the team says so, as x5c.
                chosen = choose_form([form], algorithm, flow.tools.options.key_form)
                carried.setdefault(chosen or form, algorithm)
    for form, algorithm in carried.items():
        reply, access = await _send(access, algorithm, form)
        accepted(
            expect, reply, "PROOF-BINDING-METHOD-REFUSED", what=f"a proof with a key of a listed kind, as {form},"
        )


async def _send(access: Access, algorithm: str, form: str | None = None) -> tuple[Reply, Access]:
    """Send one of several right proofs."""

    async def answer(granted: Access) -> Reply:
        draft = await granted.proof(key=granted.flow.proof_key(algorithm), form=form)
        return await granted.request(granted.body(draft.sign()))

    return await one_of_several(access, answer)
