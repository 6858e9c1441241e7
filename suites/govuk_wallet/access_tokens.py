"""Access Tokens at the Credential Endpoint: docs.wallet.service.gov.uk, Issue a credential, Request validation."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness import mutate
from harness.access import said
from harness.applicability import when
from harness.applicability.govuk import AFTER_CODE_S
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import base64url, did
from harness.govuk import forgery
from harness.govuk.minting import Attempt, Minted, handed_out
from harness.govuk.token_service import JWKS_MAX_AGE_S, TokenService
from harness.one_login.provider import OneLogin
from harness.transport import Reply
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import make_key
from suites.govuk_wallet._refusals import (
    INVALID_TOKEN,
    expect_invalid_token,
    expect_no_token,
    expect_tokens_refused,
    no_token_faults,
    token_faults,
)
from suites.govuk_wallet._rotation import with_new_key

check = area("GOV.UK Wallet: Access Token", per=Per.SHAPE)

Change = Callable[[JwtDraft, Minted], JwtDraft | str]
"""Makes a wrong Access Token of a right one."""
_A_REQUEST_WITH = "a Credential Request with an Access Token"
_INTEGRATION = "https://token.integration.account.gov.uk"
_PRODUCTION = "https://token.account.gov.uk"
_LEEWAY_S = 300
"""More than any clocks differ."""


def _with(change: Change) -> Attempt:
    async def request(offer: Minted) -> Reply:
        right = await offer.draft()
        return await offer.request(change(right, offer), made_of=right)

    return request


# A right token

_REFUSED_FOR = (
    # The Access Token has of the code what the issuer then refuses.
    "govuk-code:configurations-missing",
    "govuk-code:configurations-other",
    "govuk-code:configurations-unknown",
    # The status list service gives no entry for the credential.
    "govuk-request:status-as-text",
    "govuk-status-issue:expiry-late",
    "govuk-status-issue:expiry-missing",
    "govuk-status-issue:iat-missing",
    "govuk-status-issue:iss-other",
    "govuk-status-issue:jti-missing",
    "govuk-status-issue:jti-upper",
    "govuk-status-issue:kid-missing",
    "govuk-status-issue:signature",
    "govuk-status-issue:typ-missing",
)
"""Faults elsewhere for which the issuer cannot grant a right request."""


@check(
    "govuk-credential-issued",
    requires=["GOVUK-REQUEST-02", "GOVUK-REQUEST-01", "GOVUK-RESPONSE-01", "VCI14-7.3-01"],
    proven_by={
        **dict.fromkeys(_REFUSED_FOR, "GOVUK-CREDENTIAL-REFUSED"),
        "rejects:govuk-credential.token-undated": "GOVUK-CREDENTIAL-REFUSED",
        "govuk-credential-response:created": "GOVUK-CREDENTIAL-STATUS",
        "govuk-credential-response:content-type": "GOVUK-CREDENTIAL-MEDIA-TYPE",
    },
    per=Per.SCENARIO,
)
async def a_right_request_is_granted(issuance: Reply, expect: Expect) -> None:
    """A POST with a proof and nothing else, and an Access Token as GOV.UK One Login makes it, brings a credential.

    That token says neither when it was made nor for which client.
    """
    if not expect.that(
        issuance.status < 400,
        "GOVUK-CREDENTIAL-REFUSED",
        "a Credential Response",
        issuance.gist,
        at=issuance,
        requirement="GOVUK-REQUEST-01" if issuance.status in (404, 405) else None,
    ):
        return
    expect.that(
        issuance.status == 200,
        "GOVUK-CREDENTIAL-STATUS",
        "HTTP 200",
        issuance.gist,
        at=issuance,
        requirement="GOVUK-RESPONSE-01",
    )
    expect.that(
        issuance.media_type == "application/json",
        "GOVUK-CREDENTIAL-MEDIA-TYPE",
        "the media type application/json",
        issuance.media_type or "none",
        at=issuance,
        pointer="header Content-Type",
        requirement="VCI14-7.3-01",
    )


# Wrong tokens


@check(
    "govuk-token-missing-refused",
    requires=["GOVUK-ERROR-02", "GOVUK-ERROR-04", "VCI14-7.3.1.1-01"],
    proven_by=no_token_faults("GOVUK-TOKEN-MISSING", "credential"),
)
async def a_request_without_a_token_is_refused(minted: Minted, expect: Expect) -> None:
    """A Credential Request without an Access Token is answered with 401 and the challenge Bearer."""
    access = await minted.access()
    expect_no_token(
        expect,
        await access.request(await access.right_body(), headers={}),
        "GOVUK-TOKEN-MISSING",
        what="a Credential Request without an Access Token",
        challenge=("GOVUK-ERROR-02", "GOVUK-ERROR-04"),
    )


@dataclass(frozen=True)
class _Wrong:
    """Tokens that are wrong in one thing.

    Attributes:
        name: of the check, between ``govuk-token-`` and ``-refused``.
        requirement: what an acceptance violates.
        statement: what is expected, as the report shows it.
        tokens: how such a token differs from a right one, in words that follow on ``an Access Token``.
        rules: of the reference issuer, after ``token-``.
        given: a claim that the issuer's own codes must have, since without it a right token has none either.

    """

    name: str
    requirement: str
    statement: str
    tokens: Mapping[str, Change]
    rules: tuple[str, ...]
    given: str | None = None


def _claims(**changes: Any) -> Change:
    return lambda draft, _: draft.with_claims(**changes)


def _header(**changes: Any) -> Change:
    return lambda draft, _: draft.with_header(**changes)


def _expiring(seconds: float) -> Change:
    return lambda draft, offer: draft.with_claims(exp=int(offer.flow.tools.now() + seconds))


def _of_another_user(draft: JwtDraft, offer: Minted) -> JwtDraft:
    around = offer.surroundings
    return draft.with_claims(sub=around.subject_of(around.other_user))


def _of_another_environment(draft: JwtDraft, _: Minted) -> JwtDraft:
    return draft.with_claims(iss=_PRODUCTION if draft.claims.get("iss") == _INTEGRATION else _INTEGRATION)


def _signed_anew(draft: JwtDraft, _: Minted) -> JwtDraft:
    return forgery.signed_by(draft, make_key(draft.key.algorithm))


def _by_unknown_key(draft: JwtDraft, _: Minted) -> JwtDraft:
    return forgery.signed_by(draft, make_key(draft.key.algorithm), kid=str(uuid.uuid4()))


def _by_encryption_key(draft: JwtDraft, offer: Minted) -> JwtDraft:
    key = offer.surroundings.token_service.encryption_key
    return forgery.signed_by(draft, key.key, kid=key.kid)


def _with_two_identifiers(draft: JwtDraft, _: Minted) -> JwtDraft:
    return draft.with_claims(credential_identifiers=[*draft.claims["credential_identifiers"], str(uuid.uuid4())])


def _with_two_configurations(draft: JwtDraft, offer: Minted) -> JwtDraft:
    right = draft.claims["credential_configuration_ids"]
    other = next((name for name in offer.flow.issuer.configurations if name not in right), "assay-unknown")
    return draft.with_claims(credential_configuration_ids=[*right, other])


_WRONG = (
    _Wrong(
        "subject",
        "GOVUK-TOKEN-09",
        "An Access Token of somebody who was not offered the credential gets none.",
        {"of another user": _of_another_user},
        ("subject",),
    ),
    _Wrong(
        "signature",
        "GOVUK-TOKEN-01",
        "An Access Token whose signature does not verify is refused, and so is what is no JWT at all.",
        {
            "whose signature has another bit": lambda draft, _: mutate.broken_signature(draft),
            "with text behind its signature": lambda draft, _: draft.sign() + "assay",
            "signed by a key of nobody under the kid of the right one": _signed_anew,
            "without a signature": lambda draft, _: mutate.without_signature(draft),
            "that is no JWT": lambda _, __: str(uuid.uuid4()),
        },
        ("signature", "wellformed"),
    ),
    _Wrong(
        "expired",
        "GOVUK-TOKEN-06",
        "An Access Token that has expired, or never does, is refused.",
        {
            "that expired yesterday": _expiring(-mutate.DAY),
            "that expired some minutes ago": _expiring(-_LEEWAY_S),
            "without exp": _claims(exp=None),
        },
        ("unexpired", "expiry"),
    ),
    _Wrong(
        "issuer",
        "GOVUK-TOKEN-07",
        "An Access Token that the GOV.UK One Login of the environment did not issue is refused.",
        {
            "of another iss": _claims(iss=mutate.ELSEWHERE),
            "whose iss is another environment": _of_another_environment,
            "without iss": _claims(iss=None),
        },
        ("issuer",),
    ),
    _Wrong(
        "audience",
        "GOVUK-TOKEN-08",
        "An Access Token for another issuer is refused.",
        {"for another aud": _claims(aud=mutate.ELSEWHERE), "without aud": _claims(aud=None)},
        ("audience",),
    ),
    _Wrong(
        "type",
        "GOVUK-TOKEN-05",
        "An Access Token whose typ is not at+jwt is refused.",
        {"of typ JWT": _header(typ="JWT"), "without typ": _header(typ=None)},
        ("type",),
    ),
    _Wrong(
        "algorithm",
        "GOVUK-TOKEN-03",
        "An Access Token whose alg is not that of the key it names is refused.",
        {
            "with alg none": lambda draft, _: mutate.unsigned(draft),
            "with alg HS256 and the public key as secret": lambda draft, _: forgery.symmetric(draft),
            "with alg ES384 under the kid of a key for ES256": lambda draft, _: forgery.signed_by(
                draft, make_key("ES384")
            ),
            "signed by the key of GOV.UK One Login that is for encryption": _by_encryption_key,
        },
        ("algorithm", "asymmetric", "key-use"),
    ),
    _Wrong(
        "kid",
        "GOVUK-TOKEN-02",
        "An Access Token whose kid is not in the JWKS of GOV.UK One Login is refused.",
        {"of an unknown key under its own kid": _by_unknown_key, "without kid": _header(kid=None)},
        ("key-known",),
    ),
    _Wrong(
        "identifiers",
        "GOVUK-TOKEN-11",
        "An Access Token whose credential_identifiers are not those of the offer is refused.",
        {
            "with unknown credential_identifiers": _claims(credential_identifiers=[str(uuid.uuid4())]),
            "with two credential_identifiers": _with_two_identifiers,
        },
        ("identifier-known", "one-identifier"),
        given="credential_identifiers",
    ),
    _Wrong(
        "configurations",
        "GOVUK-TOKEN-13",
        "An Access Token with more than one value in credential_configuration_ids is refused.",
        {"with two credential_configuration_ids": _with_two_configurations},
        ("one-configuration",),
        given="credential_configuration_ids",
    ),
)


def _refused(wrong: _Wrong) -> CheckFunction:
    code = f"GOVUK-TOKEN-{wrong.name.upper()}"

    async def judge(minted: Minted, expect: Expect) -> None:
        await _expect_given(minted, wrong.given)
        attempts = {f"{_A_REQUEST_WITH} {how}": _with(change) for how, change in wrong.tokens.items()}
        await expect_tokens_refused(expect, minted, code, attempts)

    judge.__doc__ = wrong.statement
    declare = check(
        f"govuk-token-{wrong.name}-refused",
        requires=[wrong.requirement, *INVALID_TOKEN],
        proven_by=token_faults(code, "credential", *wrong.rules),
        flows=1 + len(wrong.tokens),
    )
    return declare(judge)


async def _expect_given(minted: Minted, claim: str | None) -> None:
    """Make sure that a right token has a claim.

    Raises:
        Blocked: the issuer's code has not what the token would take over.

    """
    if claim is not None and claim not in (await minted.draft()).claims:
        raise Blocked(f"the code has no {claim}, so that no Access Token has any")


REFUSED_TOKENS = tuple(map(_refused, _WRONG))


@check(
    "govuk-token-configuration-refused",
    requires=["GOVUK-TOKEN-12", *INVALID_TOKEN],
    proven_by=token_faults(
        "GOVUK-TOKEN-CONFIGURATION",
        "credential",
        "one-configuration",
        "configuration-supported",
        "configuration-offered",
    ),
    flows=4,
)
async def a_token_for_another_configuration_is_refused(minted: Minted, expect: Expect) -> None:
    """An Access Token whose credential_configuration_ids are not those of the offer is refused."""
    await _expect_given(minted, "credential_configuration_ids")
    tokens = {
        "without credential_configuration_ids": _claims(credential_configuration_ids=None),
        "for a configuration that is not supported": _claims(credential_configuration_ids=["assay-unknown"]),
    }
    offered = (await minted.draft()).claims["credential_configuration_ids"]
    others = [name for name in minted.flow.issuer.configurations if [name] != offered]
    if others:
        tokens["for a configuration that was not offered"] = _claims(credential_configuration_ids=others[:1])
    attempts = {f"{_A_REQUEST_WITH} {how}": _with(change) for how, change in tokens.items()}
    await expect_tokens_refused(expect, minted, "GOVUK-TOKEN-CONFIGURATION", attempts)


@check(
    "govuk-token-other-key-refused",
    requires=["GOVUK-TOKEN-15", *INVALID_TOKEN],
    proven_by=token_faults("GOVUK-TOKEN-OTHER-KEY", "credential", "key-known", "signature"),
    flows=5,
)
async def a_token_signed_by_another_role_is_refused(minted: Minted, expect: Expect) -> None:
    """An Access Token that is signed with the key of the wallet, or of those who sign users in, is refused."""

    def by_wallet(draft: JwtDraft, _: Minted) -> JwtDraft:
        key = make_key("ES256")
        return forgery.signed_by(draft, key, kid=did.did_key(key.public))

    tokens: dict[str, Change] = {"signed with the key of the wallet": by_wallet}
    provider = minted.surroundings.one_login
    if provider is not None:
        tokens |= {
            "signed with the key that signs ID tokens": lambda draft, _: _by_provider(draft, provider, named=True),
            "signed with the key that signs ID tokens, under the kid of the token service": lambda draft, _: (
                _by_provider(draft, provider, named=False)
            ),
        }
    attempts = {f"{_A_REQUEST_WITH} {how}": _with(change) for how, change in tokens.items()}
    await expect_tokens_refused(expect, minted, "GOVUK-TOKEN-OTHER-KEY", attempts)


def _by_provider(draft: JwtDraft, provider: OneLogin, *, named: bool) -> str:
    """Give the token as the OIDC provider signs it.

    Args:
        named: whether the header names the provider's key, and not that of the token service.

    """
    key = provider.context.token_keys.signing("ES256")
    signed = (draft.with_header(kid=key.kid) if named else draft).signing_input()
    return f"{signed}.{base64url.encode(key.sign(signed.encode()))}"


# What a token or an offer is good for


@check(
    "govuk-token-replayed-refused",
    requires=["GOVUK-TOKEN-14", *INVALID_TOKEN],
    proven_by=token_faults("GOVUK-TOKEN-REPLAYED", "credential", "unused", "id"),
    flows=2,
)
async def a_token_is_good_for_one_request(minted: Minted, expect: Expect) -> None:
    """An Access Token that has brought a credential is refused when it comes again, with or without a jti.

    It is that of an in-app refresh where the issuer has it, as no offer is used up by that.
    """
    right = await minted.draft(refresh=True)
    refreshes = handed_out(await minted.request(right))
    if not refreshes:
        right = await minted.draft()
        first = await minted.request(right)
        if not handed_out(first):
            raise Blocked(f"the offer cannot be redeemed at all: {said(first)}")
    expect_invalid_token(
        expect,
        await minted.request(right),
        "GOVUK-TOKEN-REPLAYED",
        what="a second Credential Request with the same Access Token",
    )
    # An issuer without in-app refresh would refuse such a token for what it is, in whatever way.
    offer = minted if refreshes else minted.another()
    nameless = (await offer.draft(refresh=refreshes)).with_claims(jti=None)
    reply = await offer.request(nameless)
    if handed_out(reply):
        reply = await offer.request(nameless)
    expect_invalid_token(
        expect, reply, "GOVUK-TOKEN-REPLAYED", what="a second Credential Request with an Access Token without jti"
    )


@check(
    "govuk-offer-redeemed-again-refused",
    requires=["VCI14-4.1.1-04", *INVALID_TOKEN],
    proven_by=token_faults("GOVUK-OFFER-REDEEMED-AGAIN", "credential")
    | {
        "accepts:govuk-credential.offer-unredeemed": "GOVUK-OFFER-REDEEMED-AGAIN-ACCEPTED",
        "misreports:govuk-credential.offer-unredeemed": "GOVUK-OFFER-REDEEMED-AGAIN-MISREPORTED",
    },
)
async def an_offer_is_good_for_one_credential(minted: Minted, expect: Expect) -> None:
    """An offer that was redeemed brings no second credential, though the Access Token is another one."""
    first = await minted.redeem()
    if not handed_out(first):
        raise Blocked(f"the offer cannot be redeemed at all: {said(first)}")
    expect_invalid_token(
        expect,
        await minted.redeem(),
        "GOVUK-OFFER-REDEEMED-AGAIN",
        what="a Credential Request with a second Access Token for the same offer",
    )


@check(
    "govuk-offer-redeemed-at-once",
    requires=["VCI14-4.1.1-04"],
    proven_by={
        "govuk-redemption:late": "GOVUK-OFFER-REDEEMED-AT-ONCE",
        "accepts:govuk-credential.offer-unredeemed": "GOVUK-OFFER-REDEEMED-AT-ONCE",
    },
)
async def an_offer_is_good_for_one_of_two_requests_at_once(minted: Minted, expect: Expect) -> None:
    """Of two Credential Requests that come at the same time for the same offer, one brings a credential."""
    accesses = [await minted.access(), await minted.access()]
    bodies = [await access.right_body() for access in accesses]
    replies = await asyncio.gather(*(access.request(body) for access, body in zip(accesses, bodies, strict=True)))
    granted = [reply for reply in replies if handed_out(reply)]
    if not granted:
        raise Blocked(f"neither of two requests at the same time was granted: {said(replies[0])}")
    expect.that(
        len(granted) == 1,
        "GOVUK-OFFER-REDEEMED-AT-ONCE",
        "one credential for two Access Tokens of the same offer",
        f"exchanges {granted[0].exchange} and {granted[-1].exchange} both brought one",
        at=granted[-1],
    )


@check(
    "govuk-offer-expired-refused",
    requires=["GOVUK-TOKEN-16", *INVALID_TOKEN],
    proven_by=token_faults("GOVUK-OFFER-EXPIRED", "credential")
    | {
        "accepts:govuk-credential.offer-unexpired": "GOVUK-OFFER-EXPIRED-ACCEPTED",
        "misreports:govuk-credential.offer-unexpired": "GOVUK-OFFER-EXPIRED-MISREPORTED",
        "govuk-code:short": "GOVUK-OFFER-EXPIRED-ACCEPTED",
    },
    applies=when.brief_offer,
)
async def an_expired_offer_is_not_redeemed(minted: Minted, expect: Expect) -> None:
    """An offer brings no credential after its code, and any token for it, has expired."""
    expires = (await minted.code()).claims.get("exp")
    if not isinstance(expires, int | float) or isinstance(expires, bool):
        raise Blocked("the code does not say when it expires")
    tools = minted.flow.tools
    left = expires + AFTER_CODE_S - tools.now()
    await tools.wait(max(left, 0), "the expiry of an offer")
    expect_invalid_token(
        expect,
        await minted.redeem(),
        "GOVUK-OFFER-EXPIRED",
        what="a Credential Request with a fresh Access Token for an offer whose code has expired",
    )


@check(
    "govuk-token-key-rotation",
    requires=["GOVUK-TOKEN-04"],
    proven_by={"rejects:govuk-credential.token-rotated": "GOVUK-TOKEN-KEY-ROTATION"},
    flows=2,
)
async def a_newly_published_key_is_known(minted: Minted, token_service: TokenService, expect: Expect) -> None:
    """An Access Token signed with a key that GOV.UK One Login has just published is accepted.

    As the JWKS may be cached for a while, a refusal counts after that only.
    """
    reply = await with_new_key(minted, token_service, lambda offer, draft: offer.request(draft))
    expect.that(
        handed_out(reply),
        "GOVUK-TOKEN-KEY-ROTATION",
        f"a credential, as the key has been in the JWKS for the {JWKS_MAX_AGE_S} seconds that it may be cached",
        reply.gist,
        at=reply,
    )
