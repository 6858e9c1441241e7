"""Key proofs: docs.wallet.service.gov.uk, Issue a credential, Request body."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness import mutate
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import did
from harness.govuk.minting import Attempt, Minted
from harness.transport import Reply
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import make_key
from suites.govuk_wallet._refusals import body_faults, expect_bad_request
from suites.govuk_wallet._wallet_keys import wrong_names

check = area("GOV.UK Wallet: proof", per=Per.SHAPE)

Change = Callable[[JwtDraft, Minted], JwtDraft | str]
"""Makes a wrong proof of a right one."""
_INVALID = frozenset({"invalid_proof"})
_HOUR = 3600
_PRINTABLE = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")


async def _ask(offer: Minted, change: Change) -> Reply:
    """Make a Credential Request whose proof is wrong."""
    access = await offer.access()
    proof = change(await access.proof(), offer)
    return await access.request(access.body(proof if isinstance(proof, str) else proof.sign()))


def _with(change: Change) -> Attempt:
    async def request(offer: Minted) -> Reply:
        return await _ask(offer, change)

    return request


def _claims(**changes: Any) -> Change:
    return lambda draft, _: draft.with_claims(**changes)


def _header(**changes: Any) -> Change:
    return lambda draft, _: draft.with_header(**changes)


def _named(what: str) -> Change:
    return lambda draft, _: draft.with_header(kid=wrong_names(draft.key)[what])


def _of_larger_curve(draft: JwtDraft, _: Minted) -> JwtDraft:
    key = make_key("ES384")
    return JwtDraft(key, {**draft.header, "alg": "ES384", "kid": did.did_key(key.public)}, draft.claims)


def _from_the_future(draft: JwtDraft, offer: Minted) -> JwtDraft:
    return draft.with_claims(iat=int(offer.flow.tools.now()) + mutate.DAY)


@dataclass(frozen=True)
class _Wrong:
    """Proofs that are wrong in one thing.

    Attributes:
        name: of the check, between ``govuk-proof-`` and ``-refused``.
        requirements: what an acceptance violates, and what else says the same.
        statement: what is expected, as the report shows it.
        proofs: how such a proof differs from a right one, in words that follow on ``a proof``.
        rules: of the reference issuer.
        errors: values of ``error`` that are right.
        error: what another ``error`` violates.

    """

    name: str
    requirements: tuple[str, ...]
    statement: str
    proofs: Mapping[str, Change]
    rules: tuple[str, ...]
    errors: frozenset[str] = _INVALID
    error: str = "GOVUK-ERROR-06"


_WRONG = (
    _Wrong(
        "signature",
        ("GOVUK-PROOF-03", "VCI14-7.2.1.1-01", "VCI14-7.3.1.2-01"),
        "A proof whose signature does not verify is refused.",
        {
            "whose signature has another bit": lambda draft, _: mutate.broken_signature(draft),
            "with text behind its signature": lambda draft, _: draft.sign() + "assay",
        },
        ("signature",),
    ),
    _Wrong(
        "key",
        ("GOVUK-PROOF-03", "VCI14-7.2.1.1-01"),
        "A proof that is signed with another key than it names is refused.",
        {"signed with another key than that of its kid": lambda draft, _: mutate.foreign_signature(draft)},
        ("signature",),
    ),
    _Wrong(
        "nonce",
        ("GOVUK-PROOF-11", "VCI14-7.2.2-04"),
        "A proof whose nonce is not the c_nonce of the Access Token is refused with invalid_nonce.",
        {"with the nonce of no Access Token": _claims(nonce=str(uuid.uuid4()))},
        ("nonce",),
        errors=frozenset({"invalid_nonce"}),
        error="GOVUK-ERROR-07",
    ),
    _Wrong(
        "nonce-missing",
        ("VCI14-7.2.2-04",),
        "A proof without nonce is refused.",
        {"without nonce": _claims(nonce=None)},
        ("nonce",),
        errors=frozenset({"invalid_nonce", "invalid_proof"}),
        error="GOVUK-ERROR-05",
    ),
    _Wrong(
        "type",
        ("GOVUK-PROOF-06", "VCI14-7.2.2-02"),
        "A proof whose typ is not openid4vci-proof+jwt is refused.",
        {"of typ JWT": _header(typ="JWT"), "without typ": _header(typ=None)},
        ("type",),
    ),
    _Wrong(
        "algorithm",
        ("GOVUK-PROOF-05", "VCI14-7.2.1.1-02"),
        "A proof whose alg is not ES256 is refused.",
        {
            "with alg none": lambda draft, _: mutate.unsigned(draft),
            "with alg HS256 and its public key as secret": lambda draft, _: mutate.symmetric(draft),
            "with alg ES384, by a key that is for that": _of_larger_curve,
        },
        ("algorithm",),
    ),
    _Wrong(
        "kid",
        ("GOVUK-PROOF-04",),
        "A proof whose kid is no did:key of a P-256 key is refused.",
        {
            "without kid": _header(kid=None),
            **{f"whose kid is {what}": _named(what) for what in wrong_names(make_key("ES256"))},
        },
        ("did-key", "key"),
    ),
    _Wrong(
        "private-key",
        ("VCI14-7.2.2-03",),
        "A proof whose header has the private key is refused.",
        {"with its private key in jwk": lambda draft, _: mutate.private_key_in_header(draft)},
        ("public",),
    ),
    _Wrong(
        "issuer",
        ("GOVUK-PROOF-07",),
        "A proof that is not of GOV.UK Wallet is refused.",
        {"of another iss": _claims(iss=mutate.ELSEWHERE), "without iss": _claims(iss=None)},
        ("issuer",),
    ),
    _Wrong(
        "audience",
        ("GOVUK-PROOF-08", "VCI14-7.2.2-01"),
        "A proof for another issuer is refused.",
        {"for another aud": _claims(aud=mutate.ELSEWHERE), "without aud": _claims(aud=None)},
        ("audience",),
    ),
    _Wrong(
        "time",
        ("GOVUK-PROOF-09", "VCI14-7.2.2-05"),
        "A proof that does not say when it was made, or was made in the future, is refused.",
        {
            "without iat": _claims(iat=None),
            "whose iat is text": _claims(iat="2026-01-01T00:00:00Z"),
            "whose iat is tomorrow": _from_the_future,
        },
        ("dated", "made-already"),
    ),
)


def _refused(wrong: _Wrong) -> CheckFunction:
    code = f"GOVUK-PROOF-{wrong.name.upper()}"

    async def judge(minted: Minted, expect: Expect) -> None:
        attempts = {f"a proof {how}": _with(change) for how, change in wrong.proofs.items()}
        for what, reply in (await minted.replies(attempts)).items():
            expect_bad_request(
                expect, reply, code, what=what, errors=wrong.errors, answer="GOVUK-ERROR-05", error=wrong.error
            )

    judge.__doc__ = wrong.statement
    declare = check(
        f"govuk-proof-{wrong.name}-refused",
        requires=list(dict.fromkeys((*wrong.requirements, "GOVUK-ERROR-05", wrong.error))),
        proven_by=body_faults(code, *(f"govuk-proof.{rule}" for rule in wrong.rules)),
        flows=1 + len(wrong.proofs),
    )
    return declare(judge)


REFUSED_PROOFS = tuple(map(_refused, _WRONG))


@check(
    "govuk-proof-before-code-refused",
    requires=["GOVUK-PROOF-10", "GOVUK-ERROR-05", "GOVUK-ERROR-06"],
    proven_by=body_faults("GOVUK-PROOF-BEFORE-CODE", "govuk-proof.made-after-offer"),
)
async def a_proof_older_than_the_code_is_refused(minted: Minted, expect: Expect) -> None:
    """A proof that was made before the Pre-Authorized Code is refused at the first issuance."""
    made = (await minted.code()).claims.get("iat")
    if not isinstance(made, int | float) or isinstance(made, bool):
        raise Blocked("the code does not say when it was made")
    expect_bad_request(
        expect,
        await _ask(minted, _claims(iat=int(made) - _HOUR)),
        "GOVUK-PROOF-BEFORE-CODE",
        what="a proof that was made an hour before the Pre-Authorized Code",
        errors=_INVALID,
        answer="GOVUK-ERROR-05",
        error="GOVUK-ERROR-06",
    )


@check(
    "govuk-proof-missing-refused",
    requires=["GOVUK-PROOF-01", "GOVUK-ERROR-01", "GOVUK-ERROR-05", "GOVUK-ERROR-06"],
    proven_by=body_faults(
        "GOVUK-PROOF-MISSING", "govuk-proof.present", "govuk-proof.json", "govuk-proof.wellformed"
    ),
    flows=6,
)
async def a_request_without_a_proof_is_refused(minted: Minted, expect: Expect) -> None:
    """A Credential Request without a proof is refused, and so is one whose proof is no JWT or that is no JSON."""
    bodies: dict[str, Mapping[str, Any] | bytes] = {
        "a Credential Request without a proof": {},
        "a Credential Request whose proof has no jwt": {"proof": {"proof_type": "jwt"}},
        "a Credential Request whose proof is no JWT": {"proof": {"proof_type": "jwt", "jwt": str(uuid.uuid4())}},
        "a Credential Request without a body": b"",
        "a Credential Request that is no JSON": b"proof",
    }

    def sending(body: Mapping[str, Any] | bytes) -> Attempt:
        async def request(offer: Minted) -> Reply:
            return await (await offer.access()).request(body)

        return request

    # The page knows one error for all that is wrong with a body; draft 14 has another one for what is no proof.
    for what, reply in (await minted.replies({what: sending(body) for what, body in bodies.items()})).items():
        unreadable = isinstance(bodies[what], bytes)
        expect_bad_request(
            expect,
            reply,
            "GOVUK-PROOF-MISSING",
            what=what,
            errors=_INVALID | {"invalid_credential_request"} if unreadable else _INVALID,
            answer="GOVUK-ERROR-05",
            error="GOVUK-ERROR-06",
        )


@check(
    "govuk-proof-kind-refused",
    requires=["GOVUK-PROOF-02", "GOVUK-ERROR-05", "GOVUK-ERROR-06"],
    proven_by=body_faults("GOVUK-PROOF-KIND", "govuk-proof.proof-type"),
    flows=3,
)
async def a_proof_of_another_kind_is_refused(minted: Minted, expect: Expect) -> None:
    """A proof whose proof_type is not jwt is refused."""

    def typed(members: Mapping[str, Any]) -> Attempt:
        async def request(offer: Minted) -> Reply:
            access = await offer.access()
            return await access.request({"proof": {**members, "jwt": (await access.proof()).sign()}})

        return request

    attempts = {
        "a proof of proof_type ldp_vp": typed({"proof_type": "ldp_vp"}),
        "a proof without proof_type": typed({}),
    }
    for what, reply in (await minted.replies(attempts)).items():
        expect_bad_request(
            expect,
            reply,
            "GOVUK-PROOF-KIND",
            what=what,
            errors=_INVALID,
            answer="GOVUK-ERROR-05",
            error="GOVUK-ERROR-06",
        )


@check(
    "govuk-refusal-form",
    requires=["GOVUK-ERROR-05", "GOVUK-ERROR-09", "VCI14-7.3.1.2-02", "VCI14-7.3.1.2-03"],
    proven_by={
        "govuk-error:nested": "GOVUK-REFUSAL-NO-ERROR",
        "govuk-error:described": "GOVUK-REFUSAL-MEMBERS",
        "govuk-error:described-in-welsh": ["GOVUK-REFUSAL-MEMBERS", "GOVUK-REFUSAL-DESCRIPTION"],
        "govuk-error-response:content-type": "GOVUK-REFUSAL-MEDIA-TYPE",
    },
)
async def a_refusal_is_json_with_error(minted: Minted, expect: Expect) -> None:
    """The answer to a wrong proof is JSON with error and nothing beside it."""
    reply = await _ask(minted, lambda draft, _: mutate.broken_signature(draft))
    if reply.status < 400 or reply.status in (401, 403):
        # Whether it is refused, and how, is for the checks of proofs to say.
        raise Blocked(f"a proof with a broken signature is not refused as a wrong body: {reply.gist}")
    expect.that(
        reply.media_type == "application/json",
        "GOVUK-REFUSAL-MEDIA-TYPE",
        "the media type application/json",
        reply.media_type or "none",
        at=reply,
        pointer="header Content-Type",
        requirement="VCI14-7.3.1.2-02",
    )
    if not expect.that(
        reply.error is not None, "GOVUK-REFUSAL-NO-ERROR", "JSON with a string error", reply.gist, at=reply
    ):
        return
    expect.that(
        set(reply.object) == {"error"},
        "GOVUK-REFUSAL-MEMBERS",
        "error alone",
        sorted(reply.object),
        at=reply,
        requirement="GOVUK-ERROR-09",
    )
    described = reply.object.get("error_description", "")
    expect.that(
        isinstance(described, str) and _PRINTABLE.fullmatch(described) is not None,
        "GOVUK-REFUSAL-DESCRIPTION",
        "printable ASCII characters without quotation mark and backslash",
        described,
        at=reply,
        pointer="/error_description",
        requirement="VCI14-7.3.1.2-03",
    )
