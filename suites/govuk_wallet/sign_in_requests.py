"""How users are sent to GOV.UK One Login: docs.sign-in.service.gov.uk, Authenticate your user, /authorize."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.formats import base64url
from harness.formats.base64url import Base64UrlError
from harness.govuk.sign_ins import WALLET_SCOPE, AuthorizationRequest, SignIns, TokenRequest
from harness.govuk.surroundings import Surroundings
from harness.one_login.authorize import LONGEST_QUERY
from harness.one_login.client_keys import KeysUnavailable
from suites.govuk_wallet._sign_ins import JOURNEY, expect_of_all

check = area("GOV.UK One Login: authorization request", per=Per.SCENARIO)

_GUESSED = 40
"""Bits in which two values differ at least that nobody guesses one from the other."""
_ALPHABETS = (
    (re.compile(r"[0-9]*"), 10),
    (re.compile(r"[0-9a-f-]*|[0-9A-F-]*"), 16),
    (re.compile(r".*", re.S), 64),
)
"""What the characters of a value are taken from, to how many there are of them."""
_LONGEST_S = 600
"""Seconds that a JWT may live which should expire after about five minutes."""
_BESIDE = frozenset({"response_type", "scope", "client_id", "request"})
_OF_OPENID_CONNECT = frozenset(
    {"redirect_uri", "state", "nonce", "vtr", "claims", "ui_locales", "max_age", "prompt", "display", "login_hint"}
    | {"id_token_hint", "acr_values", "response_mode", "code_challenge", "code_challenge_method", "request_uri"}
)


def _asked(name: str) -> Callable[[AuthorizationRequest], Any]:
    return lambda sent: sent.asked.get(name)


@check(
    "govuk-sign-in-request",
    requires=[
        "ONELOGIN-AUTHORIZE-01",
        "ONELOGIN-AUTHORIZE-03",
        "ONELOGIN-AUTHORIZE-04",
        "ONELOGIN-AUTHORIZE-08",
        "ONELOGIN-AUTHORIZE-13",
        "ONELOGIN-REGISTER-01",
        "ONELOGIN-SCOPE-01",
    ],
    proven_by={
        "govuk-authorization-request:posted": "GOVUK-SIGN-IN-METHOD",
        "govuk-authorization-request:response-type": "GOVUK-SIGN-IN-RESPONSE-TYPE",
        "govuk-authorization-request:client-other": "GOVUK-SIGN-IN-CLIENT",
        "govuk-authorization-request:client-missing": "GOVUK-SIGN-IN-CLIENT-MISSING",
        "govuk-authorization-request:redirect-other": "GOVUK-SIGN-IN-REDIRECT-URI",
        "govuk-authorization-request:scope-without-openid": "GOVUK-SIGN-IN-OPENID",
        "govuk-authorization-request:max-age-negative": "GOVUK-SIGN-IN-MAX-AGE",
    },
    applies=JOURNEY,
)
async def users_are_sent_to_one_login_as_registered(sign_ins: SignIns, expect: Expect) -> None:
    """Users are sent to One Login with GET, for a code, as its client, and back to a registered address."""
    client, sent = sign_ins.client, sign_ins.authorizations
    if not expect_of_all(
        expect,
        sent,
        lambda one: one.received.method == "GET",
        "GOVUK-SIGN-IN-METHOD",
        "a GET request to /authorize",
        seen=lambda one: one.received.method,
    ):
        return
    expect_of_all(
        expect,
        sent,
        lambda one: one.asked.get("response_type") == "code",
        "GOVUK-SIGN-IN-RESPONSE-TYPE",
        "response_type code",
        seen=_asked("response_type"),
        pointer="response_type",
        requirement="ONELOGIN-AUTHORIZE-03",
    )
    if expect_of_all(
        expect,
        sent,
        lambda one: bool(one.asked.get("client_id")),
        "GOVUK-SIGN-IN-CLIENT-MISSING",
        "the client_id that One Login gave to the service",
        seen=_asked("client_id"),
        pointer="client_id",
        requirement="ONELOGIN-REGISTER-01",
    ):
        expect_of_all(
            expect,
            sent,
            lambda one: one.asked.get("client_id") == client.client_id,
            "GOVUK-SIGN-IN-CLIENT",
            f"client_id {client.client_id}",
            seen=_asked("client_id"),
            pointer="client_id",
            requirement="ONELOGIN-AUTHORIZE-04",
        )
    expect_of_all(
        expect,
        sent,
        lambda one: one.asked.get("redirect_uri") in client.redirect_uris,
        "GOVUK-SIGN-IN-REDIRECT-URI",
        f"one of the registered redirect_uris {', '.join(client.redirect_uris)}",
        seen=_asked("redirect_uri"),
        pointer="redirect_uri",
        requirement="ONELOGIN-AUTHORIZE-08",
    )
    expect_of_all(
        expect,
        sent,
        lambda one: "openid" in one.scopes,
        "GOVUK-SIGN-IN-OPENID",
        "the scope openid",
        seen=_asked("scope"),
        pointer="scope",
        requirement="ONELOGIN-SCOPE-01",
    )
    expect_of_all(
        expect,
        sent,
        lambda one: (
            one.asked.get("max_age") is None or re.fullmatch("[0-9]*", str(one.asked["max_age"])) is not None
        ),
        "GOVUK-SIGN-IN-MAX-AGE",
        "no max_age, or zero or a positive integer",
        seen=_asked("max_age"),
        pointer="max_age",
        requirement="ONELOGIN-AUTHORIZE-13",
    )


@check(
    "govuk-sign-in-wallet-scope",
    requires=["ONELOGIN-SCOPE-02"],
    proven_by={"govuk-authorization-request:scope-without-wallet": "GOVUK-SIGN-IN-WALLET-SCOPE"},
    applies=JOURNEY,
)
async def the_service_asks_for_the_wallet_subject_id(sign_ins: SignIns, expect: Expect) -> None:
    """Each sign-in asks for the scope wallet-subject-id."""
    _ = sign_ins.authorizations
    for sign_in in (sign_ins.first, sign_ins.second):
        scopes = [scope for sent in sign_in.authorizations for scope in sent.scopes]
        if scopes and not expect.that(
            WALLET_SCOPE in scopes,
            "GOVUK-SIGN-IN-WALLET-SCOPE",
            f"the scope {WALLET_SCOPE}",
            " ".join(scopes),
            pointer="scope",
        ):
            return


@check(
    "govuk-sign-in-state",
    requires=["ONELOGIN-AUTHORIZE-05", "ONELOGIN-AUTHORIZE-06"],
    proven_by={
        "govuk-authorization-request:state-missing": "GOVUK-SIGN-IN-STATE-MISSING",
        "govuk-authorization-request:state-same": "GOVUK-SIGN-IN-STATE-GUESSED",
        "govuk-authorization-request:state-counted": "GOVUK-SIGN-IN-STATE-GUESSED",
        "govuk-authorization-request:state-personal": "GOVUK-SIGN-IN-STATE-PERSONAL",
    },
    applies=JOURNEY,
)
async def each_request_has_its_own_state(sign_ins: SignIns, surroundings: Surroundings, expect: Expect) -> None:
    """Each request has a state of its own, which nobody can guess and which tells nothing of the user."""
    states = [_text(sent.asked.get("state")) for sent in sign_ins.authorizations]
    if not expect.that(
        all(states),
        "GOVUK-SIGN-IN-STATE-MISSING",
        "a state in each authorization request",
        "none",
        pointer="state",
    ):
        return
    _expect_own(expect, states, "GOVUK-SIGN-IN-STATE", "ONELOGIN-AUTHORIZE-06", "state")
    personal = (surroundings.user.email, surroundings.subject)
    expect.that(
        not any(word in told for state in states for told in _readings(state) for word in personal),
        "GOVUK-SIGN-IN-STATE-PERSONAL",
        "a state that tells nobody anything",
        "a state with the e-mail address or the wallet_subject_id of the user",
        pointer="state",
        requirement="ONELOGIN-AUTHORIZE-06",
    )


@check(
    "govuk-sign-in-nonce",
    requires=["ONELOGIN-AUTHORIZE-09", "ONELOGIN-AUTHORIZE-10"],
    proven_by={
        "govuk-authorization-request:nonce-missing": "GOVUK-SIGN-IN-NONCE-MISSING",
        "govuk-authorization-request:nonce-same": "GOVUK-SIGN-IN-NONCE-REPEATED",
        "govuk-authorization-request:nonce-counted": "GOVUK-SIGN-IN-NONCE-GUESSED",
    },
    applies=JOURNEY,
)
async def each_request_has_its_own_nonce(sign_ins: SignIns, expect: Expect) -> None:
    """Each request has a nonce of its own that nobody can guess."""
    nonces = [_text(sent.asked.get("nonce")) for sent in sign_ins.authorizations]
    if not expect.that(
        all(nonces),
        "GOVUK-SIGN-IN-NONCE-MISSING",
        "a nonce in each authorization request",
        "none",
        pointer="nonce",
    ):
        return
    if expect.that(
        len(set(nonces)) == len(nonces),
        "GOVUK-SIGN-IN-NONCE-REPEATED",
        "another nonce in each authorization request",
        "the same in two",
        pointer="nonce",
    ):
        _expect_own(expect, nonces, "GOVUK-SIGN-IN-NONCE", "ONELOGIN-AUTHORIZE-10", "nonce")


@check(
    "govuk-sign-in-request-size",
    requires=["ONELOGIN-AUTHORIZE-11", "ONELOGIN-AUTHORIZE-12"],
    proven_by={
        "govuk-authorization-request:too-long": "GOVUK-SIGN-IN-LONG",
        "govuk-authorization-request:response-mode": "GOVUK-SIGN-IN-RESPONSE-MODE",
    },
    applies=JOURNEY,
)
async def a_request_is_no_longer_than_it_has_to_be(sign_ins: SignIns, expect: Expect) -> None:
    """The query is short enough for One Login's firewall and does not spell out the usual response_mode."""
    expect_of_all(
        expect,
        sign_ins.authorizations,
        lambda sent: len(sent.received.query) <= LONGEST_QUERY,
        "GOVUK-SIGN-IN-LONG",
        f"a query of at most {LONGEST_QUERY} characters",
        seen=lambda sent: f"{len(sent.received.query)} characters",
    )
    expect_of_all(
        expect,
        sign_ins.authorizations,
        lambda sent: sent.asked.get("response_mode") in (None, "fragment"),
        "GOVUK-SIGN-IN-RESPONSE-MODE",
        "no response_mode where the answer comes in the query",
        seen=_asked("response_mode"),
        pointer="response_mode",
        requirement="ONELOGIN-AUTHORIZE-12",
    )


@check(
    "govuk-sign-in-level",
    requires=["ONELOGIN-LEVEL-01", "ONELOGIN-LEVEL-02", "ONELOGIN-SCOPE-03", "ONELOGIN-AUTHORIZE-15"],
    proven_by={
        "govuk-authorization-request:level-low": "GOVUK-SIGN-IN-LEVEL-LOW",
        "govuk-authorization-request:identity-low": "GOVUK-SIGN-IN-LEVEL-IDENTITY",
        "govuk-authorization-request:identity-alone": "GOVUK-SIGN-IN-LEVEL-IDENTITY",
        "govuk-authorization-request:identity-forgotten": "GOVUK-SIGN-IN-LEVEL-CLAIMS",
        "govuk-authorization-request:claims-without-identity": "GOVUK-SIGN-IN-LEVEL-CLAIMS",
        "govuk-authorization-request:claims-missing": "GOVUK-SIGN-IN-CLAIMS",
    },
    applies=JOURNEY,
)
async def the_levels_fit_what_is_asked_for(sign_ins: SignIns, expect: Expect) -> None:
    """Users sign in with two factors, and claims about their identity go with a level of identity."""
    sent = sign_ins.authorizations
    expect_of_all(
        expect,
        (one for one in sent if not one.proves_identity),
        lambda one: frozenset({"Cl"}) not in one.levels,
        "GOVUK-SIGN-IN-LEVEL-LOW",
        "the level Cl.Cm in a service that holds personal information",
        seen=_asked("vtr"),
        pointer="vtr",
    )
    identity = [one for one in sent if one.proves_identity]
    expect_of_all(
        expect,
        identity,
        lambda one: all({"Cl", "Cm"} <= vector for vector in one.levels),
        "GOVUK-SIGN-IN-LEVEL-IDENTITY",
        "the level Cl.Cm with a level of identity",
        seen=_asked("vtr"),
        pointer="vtr",
        requirement="ONELOGIN-LEVEL-02",
    )
    # Without a level they are passed over, so that one request of a sign-in with a level is enough.
    expect_of_all(
        expect,
        (
            one
            for sign_in in (sign_ins.first, sign_ins.second)
            for one in sign_in.authorizations
            if one.claims and not any(each.proves_identity for each in sign_in.authorizations)
        ),
        lambda one: one.proves_identity,
        "GOVUK-SIGN-IN-LEVEL-CLAIMS",
        "a level of identity with claims about the identity",
        seen=_asked("vtr"),
        pointer="vtr",
        requirement="ONELOGIN-SCOPE-03",
    )
    expect_of_all(
        expect,
        identity,
        lambda one: bool(one.claims),
        "GOVUK-SIGN-IN-CLAIMS",
        "claims for the UserInfo Endpoint with a level of identity",
        seen=_asked("claims"),
        pointer="claims",
        requirement="ONELOGIN-AUTHORIZE-15",
    )


@check(
    "govuk-sign-in-two-requests",
    requires=["ONELOGIN-AUTHORIZE-02", "ONELOGIN-IDENTITY-01"],
    proven_by={
        "govuk-authorization-request:identity-at-once": "GOVUK-SIGN-IN-IDENTITY-AT-ONCE",
        "govuk-authorization-request:identity-by-secret": "GOVUK-SIGN-IN-IDENTITY-AT-ONCE",
        "govuk-authorization-request:identity-alone": "GOVUK-SIGN-IN-IDENTITY-UNAUTHENTICATED",
    },
    applies=JOURNEY & when.identity_asked_for,
)
async def a_user_signs_in_before_proving_an_identity(sign_ins: SignIns, expect: Expect) -> None:
    """One request has the user sign in, and a second one has the identity proved."""
    begun = [sign_in.authorizations for sign_in in (sign_ins.first, sign_ins.second) if sign_in.authorizations]
    expect_of_all(
        expect,
        (several[0] for several in begun),
        lambda one: not one.proves_identity,
        "GOVUK-SIGN-IN-IDENTITY-AT-ONCE",
        "a request without a level of identity first",
        seen=_asked("vtr"),
        pointer="vtr",
    )
    expect_of_all(
        expect,
        (one for one in sign_ins.authorizations if one.proves_identity),
        lambda one: all(any(part.startswith("C") for part in vector) for vector in one.levels),
        "GOVUK-SIGN-IN-IDENTITY-UNAUTHENTICATED",
        "a level of authentication where the identity is proved",
        seen=_asked("vtr"),
        pointer="vtr",
        requirement="ONELOGIN-IDENTITY-01",
    )


@check(
    "govuk-sign-in-pkce",
    requires=["ONELOGIN-PKCE-01", "ONELOGIN-PKCE-02"],
    proven_by={
        "govuk-authorization-request:challenge-plain": "GOVUK-SIGN-IN-CHALLENGE-METHOD",
        "govuk-authorization-request:challenge-method-missing": "GOVUK-SIGN-IN-CHALLENGE-METHOD",
        "govuk-token-request:verifier-missing": "GOVUK-SIGN-IN-VERIFIER",
        "govuk-token-request:verifier-other": "GOVUK-SIGN-IN-VERIFIER",
        "govuk-token-request:verifier-unasked": "GOVUK-SIGN-IN-VERIFIER",
    },
    applies=JOURNEY,
)
async def the_code_verifier_is_that_of_the_challenge(sign_ins: SignIns, expect: Expect) -> None:
    """A code challenge is made with S256, and the Token Request has its code_verifier, or there is neither."""
    expect_of_all(
        expect,
        sign_ins.authorizations,
        lambda sent: not sent.asked.get("code_challenge") or sent.asked.get("code_challenge_method") == "S256",
        "GOVUK-SIGN-IN-CHALLENGE-METHOD",
        "code_challenge_method S256 with a code_challenge",
        seen=_asked("code_challenge_method"),
        pointer="code_challenge_method",
    )
    redeemed = [*sign_ins.first.token_requests, *sign_ins.second.token_requests]
    expect_of_all(
        expect,
        (one for one in redeemed if one.is_form and one.authorization is not None),
        _verifier_fits,
        "GOVUK-SIGN-IN-VERIFIER",
        "the code_verifier of the code_challenge, and none without a challenge",
        seen=_verifier_said,
        pointer="code_verifier",
        requirement="ONELOGIN-PKCE-02",
    )


@check(
    "govuk-sign-in-request-object",
    requires=[
        "ONELOGIN-JAR-01",
        "ONELOGIN-JAR-02",
        "ONELOGIN-JAR-03",
        "ONELOGIN-JAR-04",
        "ONELOGIN-JAR-05",
        "ONELOGIN-JAR-06",
    ],
    proven_by={
        "govuk-authorization-request:object-scope": "GOVUK-SIGN-IN-OBJECT-DIFFERS",
        "govuk-authorization-request:object-state-outside": "GOVUK-SIGN-IN-OBJECT-BESIDE",
        "govuk-authorization-request:object-aud": "GOVUK-SIGN-IN-OBJECT-AUDIENCE",
        "govuk-authorization-request:object-iss": "GOVUK-SIGN-IN-OBJECT-ISSUER",
        "govuk-authorization-request:object-exp-late": "GOVUK-SIGN-IN-OBJECT-EXPIRY",
        "govuk-authorization-request:object-exp-missing": "GOVUK-SIGN-IN-OBJECT-EXPIRY",
        "govuk-authorization-request:object-signature": "GOVUK-SIGN-IN-OBJECT-SIGNATURE",
    },
    applies=JOURNEY & when.request_object_sent,
)
async def a_request_object_is_right(sign_ins: SignIns, expect: Expect) -> None:
    """A request object agrees with the query, is for One Login, by the client, short-lived and signed."""
    sent, client = sign_ins.request_objects, sign_ins.client
    shared = ("response_type", "scope", "client_id")
    expect_of_all(
        expect,
        sent,
        lambda one: all(one.query.get(name) == one.asked.get(name) for name in shared),
        "GOVUK-SIGN-IN-OBJECT-DIFFERS",
        f"the same {', '.join(shared)} in the query and in the request object",
        seen=lambda one: {name: [one.query.get(name), one.asked.get(name)] for name in shared},
    )
    expect_of_all(
        expect,
        sent,
        lambda one: not _OF_OPENID_CONNECT & one.query.keys(),
        "GOVUK-SIGN-IN-OBJECT-BESIDE",
        f"no parameters of OpenID Connect in the query but {', '.join(sorted(_BESIDE))}",
        seen=lambda one: sorted(_OF_OPENID_CONNECT & one.query.keys()),
        requirement="ONELOGIN-JAR-02",
    )
    endpoint = f"{sign_ins.one_login.base_url}/authorize"
    expect_of_all(
        expect,
        sent,
        lambda one: one.request_object is not None and endpoint in one.request_object.audiences,
        "GOVUK-SIGN-IN-OBJECT-AUDIENCE",
        f"aud {endpoint}",
        seen=_asked("aud"),
        pointer="/aud",
        requirement="ONELOGIN-JAR-03",
    )
    expect_of_all(
        expect,
        sent,
        lambda one: one.asked.get("iss") == client.client_id,
        "GOVUK-SIGN-IN-OBJECT-ISSUER",
        f"iss {client.client_id}",
        seen=_asked("iss"),
        pointer="/iss",
        requirement="ONELOGIN-JAR-04",
    )
    expect_of_all(
        expect,
        sent,
        _soon_over,
        "GOVUK-SIGN-IN-OBJECT-EXPIRY",
        "an exp about five minutes ahead",
        seen=lambda one: {"exp": one.asked.get("exp"), "now": int(one.received.at)},
        pointer="/exp",
        requirement="ONELOGIN-JAR-05",
    )
    for one in sent:
        if one.request_object is None:
            continue
        try:
            signed = await sign_ins.one_login.signed_by(client, one.request_object)
        except KeysUnavailable:
            return  # that the key cannot be had is for the checks of the keys to say
        if not expect.that(
            signed,
            "GOVUK-SIGN-IN-OBJECT-SIGNATURE",
            "a request object that is signed with the registered key",
            one.received.because or "a signature that does not verify with it",
            requirement="ONELOGIN-JAR-06",
        ):
            return


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _readings(value: str) -> Sequence[str]:
    """Give what somebody reads in a value who tries Base64."""
    try:
        return (value, base64url.decode(value.rstrip("=").replace("+", "-").replace("/", "_")).decode())
    except (Base64UrlError, UnicodeDecodeError):
        return (value,)


def _expect_own(expect: Expect, values: Sequence[str], code: str, requirement: str, name: str) -> None:
    """Expect that nobody who saw some of these values can guess another."""
    bits = min((new_bits(one, other) for one, other in combinations(values, 2)), default=None)
    if bits is None:
        bits = new_bits("", values[0])
    expect.that(
        bits >= _GUESSED,
        f"{code}-GUESSED",
        f"a {name} that cannot be guessed from another, at least {_GUESSED} bits of it new",
        f"at most {bits:.0f} bits",
        pointer=name,
        requirement=requirement,
    )


def new_bits(one: str, other: str) -> float:
    """Give how many bits of a value are new at most to those who know another one."""
    size = next(count for pattern, count in _ALPHABETS if pattern.fullmatch(one + other))
    known = sum(a == b for a, b in zip(one, other, strict=False))
    return (max(len(one), len(other)) - known) * math.log2(size)


def _challenge(request: TokenRequest) -> str | None:
    asked = request.authorization.asked if request.authorization else {}
    return _text(asked.get("code_challenge")) or None


def _verifier_fits(request: TokenRequest) -> bool:
    challenge, verifier = _challenge(request), request.form.get("code_verifier")
    if challenge is None or verifier is None:
        return challenge is verifier
    asked = request.authorization.asked if request.authorization else {}
    if asked.get("code_challenge_method") != "S256":
        return True  # how the challenge was made is another matter
    return base64url.encode(hashlib.sha256(verifier.encode()).digest()) == challenge


def _verifier_said(request: TokenRequest) -> str:
    challenged = "a code_challenge" if _challenge(request) else "no code_challenge"
    if "code_verifier" not in request.form:
        return f"{challenged} and no code_verifier"
    return f"{challenged} and a code_verifier" + (" that is not its own" if _challenge(request) else "")


def _soon_over(sent: AuthorizationRequest) -> bool:
    ends = sent.request_object.date("exp") if sent.request_object else None
    return ends is not None and 0 < ends - sent.received.at <= _LONGEST_S
