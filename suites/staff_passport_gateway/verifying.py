"""What comes back when an employee has shared the identity credential."""

from __future__ import annotations

from typing import TypeGuard

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.gateway_handle import GatewayHandle
from harness.staff_passport.gateway_under_test import Journey
from harness.staff_passport.id_tokens import RS256, IdToken, keys_of
from harness.staff_passport.scanning import Returned
from harness.transport import Reply
from suites.staff_passport_gateway._refusals import AS_SENT

check = area("Staff Passport gateway: verifying")

_DENIED = "access_denied"
_OWN_ERRORS = {"server_error", "temporarily_unavailable"}
"""Errors that say nothing against the request (RFC 6749 section 4.1.2.1)."""
SKEW_S = 60
"""Seconds by which clocks may differ."""
_IDENTITY = {
    "first name": ("Identity.ID-LegalFirstName", "firstname"),
    "surname": ("Identity.ID-LegalSurname", "surname"),
    "unique identifier": ("Identity.UniqueIdentifier", "uniqueidentifier"),
}
"""What an external system needs, by the name that public clients know, and by letters it has in any spelling."""
_OF_THE_TOKEN = {"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "acr", "amr", "at_hash"}
"""Claims that say nothing of the employee (OpenID Connect Core section 2)."""


@check(
    "dsp-gateway-return",
    requires=["DSPG-AUTHORIZE-06", "DSPG-AUTHORIZE-07", AS_SENT],
    proven_by={
        "dsp-gateway-return:no-code": "DSPG-RETURN-CODE",
        "dsp-gateway-return:error": "DSPG-RETURN-CODE",
        "dsp-gateway-return:refused": "DSPG-RETURN-REFUSED",
        "dsp-gateway-return:state-altered": "DSPG-RETURN-STATE",
        "dsp-gateway-return:state-missing": "DSPG-RETURN-STATE",
    },
)
async def the_browser_comes_back_with_a_code(returned: Returned, expect: Expect) -> None:
    """When the employee has shared, the browser comes back with a code and the state of the request."""
    expect_return(expect, returned)


def expect_return(expect: Expect, returned: Returned) -> None:
    """Expect the browser to come back with a code and the state.

    Raises:
        Blocked: the employee or the wallet did not go on.

    """
    expect.that(
        returned.state == returned.asked.state,
        "DSPG-RETURN-STATE",
        "the state of the request",
        "no state" if returned.state is None else "another state",
        requirement="DSPG-AUTHORIZE-07",
    )
    if returned.error == _DENIED:
        raise Blocked(f"the employee or the wallet did not go on: {returned.gist}")
    if expect.that(
        returned.error is None or returned.error in _OWN_ERRORS,
        "DSPG-RETURN-REFUSED",
        "a request as public clients make it is not refused",
        returned.gist,
        requirement=AS_SENT,
    ):
        expect.that(bool(returned.code), "DSPG-RETURN-CODE", "a code", returned.gist)


@check(
    "dsp-gateway-token-response",
    requires=["DSPG-TOKEN-01", "DSPG-TOKEN-02", "DSPG-TOKEN-03", "DSPG-TOKEN-20"],
    proven_by={
        "dsp-gateway-token:secret-elsewhere": "DSPG-TOKEN-CLIENT",
        "dsp-gateway-token:refused": "DSPG-TOKEN-REFUSED",
        "dsp-gateway-token:no-id-token": "DSPG-TOKEN-REFUSED",
        "dsp-gateway-token:no-access-token": "DSPG-TOKEN-MEMBERS",
        "dsp-gateway-token:no-token-type": "DSPG-TOKEN-MEMBERS",
        "dsp-gateway-token:kept": "DSPG-TOKEN-STORED",
    },
)
async def a_code_is_redeemed_for_an_id_token(verified: Journey, expect: Expect) -> None:
    """A right token request is answered by an ID Token and what else OAuth asks for, which nobody stores."""
    reply = verified.token
    # Nothing but the vendor's documentation says that the secret stands in the body.
    if not expect.that(
        reply.status != 401 and reply.error != "invalid_client",
        "DSPG-TOKEN-CLIENT",
        "a client with its secret in the body is known",
        reply.gist,
        at=reply,
        requirement="DSPG-TOKEN-20",
    ):
        return
    if not expect.that(
        reply.successful and isinstance(reply.object.get("id_token"), str),
        "DSPG-TOKEN-REFUSED",
        "an ID Token",
        reply.gist,
        at=reply,
    ):
        return
    missing = [name for name in ("access_token", "token_type") if not isinstance(reply.object.get(name), str)]
    expect.that(
        not missing,
        "DSPG-TOKEN-MEMBERS",
        "access_token and token_type",
        f"without {' and '.join(missing)}",
        at=reply,
        requirement="DSPG-TOKEN-02",
    )
    expect.that(
        "no-store" in reply.directives("cache-control"),
        "DSPG-TOKEN-STORED",
        "Cache-Control: no-store",
        reply.headers.get("cache-control", "no such field"),
        at=reply,
        pointer="header Cache-Control",
        requirement="DSPG-TOKEN-03",
    )


@check(
    "dsp-gateway-id-token-signature",
    requires=["DSPG-TOKEN-04", "DSPG-TOKEN-08", "DSPG-TOKEN-21"],
    proven_by={
        "dsp-gateway-id-token:other-algorithm": "DSPG-ID-TOKEN-ALG",
        "dsp-gateway-id-token:signature": "DSPG-ID-TOKEN-SIGNATURE",
        "dsp-gateway-id-token:unsigned": "DSPG-ID-TOKEN-SIGNATURE",
        "dsp-gateway-id-token:kid-unknown": "DSPG-ID-TOKEN-KID",
    },
)
async def the_id_token_is_signed_by_a_published_key(verified: Journey, keys: Reply, expect: Expect) -> None:
    """The ID Token is signed by a key of the key set, which its kid names, with RS256."""
    token = verified.id_token
    known = keys_of(keys)
    if not known:
        raise Blocked(f"the gateway publishes no key: {keys.gist}")
    alg = token.jws.header.get("alg")
    if expect.that(
        token.signed_by(keys),
        "DSPG-ID-TOKEN-SIGNATURE",
        "a signature by a published key",
        f"alg {alg!r}, signed by none of {len(known)}",
        at=token.reply,
        pointer="/id_token: header",
    ):
        expect.that(
            alg == RS256,
            "DSPG-ID-TOKEN-ALG",
            RS256,
            alg,
            at=token.reply,
            pointer="/id_token: header/alg",
            requirement="DSPG-TOKEN-21",
        )
    kid = token.jws.header.get("kid")
    names = {key["kid"] for key in known if isinstance(key.get("kid"), str)}
    names |= {f"{name}{each}" for name in names for each in (RS256, alg)}
    expect.that(
        kid is None or (isinstance(kid, str) and kid in names),
        "DSPG-ID-TOKEN-KID",
        "the kid of a published key, or that with the algorithm appended",
        kid,
        at=token.reply,
        pointer="/id_token: header/kid",
        requirement="DSPG-TOKEN-08",
    )


@check(
    "dsp-gateway-id-token",
    requires=["DSPG-TOKEN-05", "DSPG-TOKEN-06", "DSPG-TOKEN-07"],
    proven_by={
        "dsp-gateway-id-token:issuer": "DSPG-ID-TOKEN-ISS",
        "dsp-gateway-id-token:audience": "DSPG-ID-TOKEN-AUD",
        "dsp-gateway-id-token:expired": "DSPG-ID-TOKEN-EXP",
        "dsp-gateway-id-token:no-expiry": "DSPG-ID-TOKEN-EXP",
        "dsp-gateway-id-token:no-issue-time": "DSPG-ID-TOKEN-IAT",
        "dsp-gateway-id-token:no-subject": "DSPG-ID-TOKEN-SUB",
        "dsp-gateway-id-token:nonce-other": "DSPG-ID-TOKEN-NONCE",
        "dsp-gateway-id-token:nonce-missing": "DSPG-ID-TOKEN-NONCE",
    },
)
async def the_id_token_is_for_this_request(gateway: GatewayHandle, verified: Journey, expect: Expect) -> None:
    """The ID Token of a verification names the gateway, the client and the request, and is still good."""
    token = verified.id_token
    expect_id_token(expect, gateway, token, verified.returned)
    expect.that(
        token.text("sub") is not None,
        "DSPG-ID-TOKEN-SUB",
        "a sub",
        token.claims.get("sub"),
        at=token.reply,
        pointer="/id_token: /sub",
        requirement="DSPG-TOKEN-06",
    )


def expect_id_token(expect: Expect, gateway: GatewayHandle, token: IdToken, returned: Returned) -> None:
    """Expect the claims that every ID Token has."""
    claims = token.claims

    def that(holds: bool, code: str, expected: str, name: str, requirement: str = "DSPG-TOKEN-05") -> None:
        expect.that(
            holds,
            code,
            expected,
            claims.get(name),
            at=token.reply,
            pointer=f"/id_token: /{name}",
            requirement=requirement,
        )

    audience = claims.get("aud")
    if "issuer" in gateway.at.published:  # what public clients take for the issuer otherwise binds no gateway
        that(claims.get("iss") == gateway.at.issuer, "DSPG-ID-TOKEN-ISS", gateway.at.issuer, "iss")
    right = (
        gateway.system.client_id in audience
        if isinstance(audience, list)
        else audience == gateway.system.client_id
    )
    that(right, "DSPG-ID-TOKEN-AUD", gateway.system.client_id, "aud")
    expires, issued = claims.get("exp"), claims.get("iat")
    that(_is_date(expires) and expires > gateway.now - SKEW_S, "DSPG-ID-TOKEN-EXP", "an exp in the future", "exp")
    that(
        _is_date(issued) and issued < gateway.now + SKEW_S,
        "DSPG-ID-TOKEN-IAT",
        "an iat that is not to come",
        "iat",
    )
    if returned.asked.nonce is not None:
        same = claims.get("nonce") == returned.asked.nonce
        that(same, "DSPG-ID-TOKEN-NONCE", "the nonce of the request", "nonce", "DSPG-TOKEN-07")


def _is_date(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@check(
    "dsp-gateway-identity",
    requires=["DSPG-TOKEN-09", "DSPG-TOKEN-10"],
    proven_by={
        "dsp-gateway-id-token:no-first-name": "DSPG-IDENTITY",
        "dsp-gateway-id-token:no-surname": "DSPG-IDENTITY",
        "dsp-gateway-id-token:no-unique-identifier": "DSPG-IDENTITY",
        "dsp-gateway-id-token:names-bare": "DSPG-IDENTITY-NAMES",
        "dsp-gateway-id-token:names-other": "DSPG-IDENTITY-NAMES",
    },
)
async def the_id_token_says_who_the_employee_is(verified: Journey, expect: Expect) -> None:
    """The ID Token has first name, surname and unique identifier of the employee, by the names clients know.

    No public document tells the names. So none is missed where none of them is known.
    """
    token = verified.id_token
    claims = {what: _claim(token, letters) for what, (_, letters) in _IDENTITY.items()}
    if not any(claims.values()) and set(token.claims) - _OF_THE_TOKEN:
        expect.that(
            False,
            "DSPG-IDENTITY-NAMES",
            ", ".join(name for name, _ in _IDENTITY.values()),
            f"claims {', '.join(sorted(token.claims))}",
            at=token.reply,
            pointer="/id_token",
            requirement="DSPG-TOKEN-10",
        )
        return
    for what, found in claims.items():
        name, _ = _IDENTITY[what]
        if expect.that(
            found is not None and token.text(found) is not None,
            "DSPG-IDENTITY",
            f"the {what} of the employee",
            f"claims {', '.join(sorted(token.claims))}",
            at=token.reply,
            pointer="/id_token",
        ):
            expect.that(
                name in token.claims,
                "DSPG-IDENTITY-NAMES",
                f"the {what} as {name}",
                found,
                at=token.reply,
                pointer="/id_token",
                requirement="DSPG-TOKEN-10",
            )


def _claim(token: IdToken, letters: str) -> str | None:
    """Give the claim that has these letters in its name; ``None`` where none has."""
    return next((name for name in token.claims if letters in "".join(filter(str.isalpha, name)).lower()), None)
