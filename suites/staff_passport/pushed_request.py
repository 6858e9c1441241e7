"""Pushing what is to be issued to the gateway: step 7; RFC 9126."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import base64url
from harness.staff_passport.downloads import ISSUING, Download
from harness.staff_passport.gateway.request_log import Hint
from harness.staff_passport.portal_under_test import PortalUnderTest
from suites.staff_passport._client import expect_client
from suites.staff_passport._details import attributes

check = area("Staff Passport: pushed request")

_FORM = "application/x-www-form-urlencoded"
_OBSERVED_ALGORITHM = "HS256"
_HASHES = {_OBSERVED_ALGORITHM: hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


@check(
    "dsp-pushed",
    requires=["DSP-STEP7-01"],
    proven_by={"dsp-par:not-pushed": "DSP-PAR-MISSING"},
)
async def details_are_pushed_before_the_browser_is_redirected(journey: Download, expect: Expect) -> None:
    """The portal pushes the details of the credential before it redirects the browser to download it."""
    pushed = journey.at("par")
    led = [each for each in journey.at("authorize") if each.mode == ISSUING]
    if not pushed and not led:
        raise Blocked(f"the journey does not come to a download: {journey.stopped}")
    first = led[0].number if led else None
    expect.that(
        bool(pushed) and (first is None or pushed[0].number < first),
        "DSP-PAR-MISSING",
        "a pushed request before the browser is sent to the authorization endpoint",
        "the browser is sent there without one",
    )


@check(
    "dsp-pushed-request",
    requires=["DSP-STEP7-02", "DSP-STEP7-04", "DSP-ENVIRONMENT-01"],
    proven_by={
        "dsp-par:response-type-missing": "DSP-PAR-RESPONSE-TYPE",
        "dsp-par:redirect-uri-other": "DSP-PAR-REDIRECT",
        "dsp-par:scope-other": "DSP-PAR-SCOPE",
        "dsp-par:scope-bare": "DSP-PAR-SCOPE",
    },
)
async def the_pushed_request_is_right(journey: Download, portal: PortalUnderTest, expect: Expect) -> None:
    """The pushed request is a form with the parameters of an authorization request for this credential."""
    request = journey.pushed
    given = request.parameters
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    expect.that(
        kind == _FORM and "request_uri" not in given,
        "DSP-PAR-FORM",
        f"{_FORM} without request_uri",
        f"{kind or 'no Content-Type'} with {', '.join(given) or 'no parameters'}",
    )
    expect.that(
        given.get("response_type") == "code",
        "DSP-PAR-RESPONSE-TYPE",
        "response_type=code in the pushed request",
        given.get("response_type", "no response_type"),
    )
    wanted = f"issue.{journey.template}"
    expect.that(
        wanted in given.get("scope", "").split(),
        "DSP-PAR-SCOPE",
        f"a pushed request whose scope has {wanted}",
        given.get("scope", "no scope"),
        requirement="DSP-STEP7-04",
    )
    redirect = given.get("redirect_uri")
    expect.that(
        redirect is None or redirect in portal.system.redirect_uris,
        "DSP-PAR-REDIRECT",
        f"in the pushed request, the redirect_uri that is registered: {' or '.join(portal.system.redirect_uris)}",
        redirect,
        requirement="DSP-ENVIRONMENT-01",
    )


@check(
    "dsp-pushed-client",
    requires=["DSP-ENVIRONMENT-02"],
    proven_by={
        "dsp-par:client-other": "DSP-PAR-CLIENT",
        "dsp-par:secret-missing": "DSP-PAR-SECRET",
        "dsp-par:secret-other": "DSP-PAR-SECRET",
    },
)
async def the_pushed_request_is_authenticated(journey: Download, portal: PortalUnderTest, expect: Expect) -> None:
    """The request is pushed with the client id and the client secret that the portal was given."""
    expect_client(expect, journey.pushed, portal.system, "DSP-PAR")


@check(
    "dsp-hint-signature",
    requires=["DSP-ENVIRONMENT-03"],
    proven_by={
        "dsp-hint:unsigned": "DSP-HINT-SIGNATURE",
        "dsp-hint:key-other": "DSP-HINT-SIGNATURE",
    },
)
async def the_details_are_signed_with_the_signing_key(
    journey: Download, portal: PortalUnderTest, expect: Expect
) -> None:
    """The pushed details are signed with the credential signing key that the portal was given."""
    hint = journey.pushed.hint
    if hint is None:
        raise Blocked("the pushed request has no id_token_hint that can be read")
    algorithm = hint.header.get("alg")
    expect.that(
        _is_signed(hint, portal.system.signing_key),
        "DSP-HINT-SIGNATURE",
        "an id_token_hint that is signed with the credential signing key",
        f"alg {algorithm!r}, and no signature" if _signature(hint) == "" else f"alg {algorithm!r}, by another key",
    )


def _is_signed(hint: Hint, key: bytes) -> bool:
    """Whether the key made the signature, by whichever hash function for such keys (RFC 7518 section 3.2)."""
    function = _HASHES.get(str(hint.header.get("alg")))
    if function is None:
        return False
    made = hmac.new(key, hint.compact.rpartition(".")[0].encode(), function).digest()
    return hmac.compare_digest(base64url.encode(made), _signature(hint))


def _signature(hint: Hint) -> str:
    return hint.compact.rpartition(".")[2]


@check(
    "dsp-hint",
    requires=["DSP-STEP7-05", "DSP-STEP7-06", "DSP-STEP7-07", "DSP-STEP7-08"],
    proven_by={
        "dsp-par:hint-missing": "DSP-HINT-MISSING",
        "dsp-hint:unsigned": "DSP-HINT-ALGORITHM",
        "dsp-hint:attribute-number": "DSP-HINT-CLAIM",
        "dsp-hint:attributes-nested": "DSP-HINT-CLAIM",
        "dsp-hint:issuer-other": "DSP-HINT-ISS",
        "dsp-hint:audience-other": "DSP-HINT-AUD",
        "dsp-hint:expired": "DSP-HINT-EXP",
        "dsp-hint:expiry-missing": "DSP-HINT-EXP",
    },
)
async def the_details_are_pushed_as_public_clients_do(
    journey: Download, portal: PortalUnderTest, expect: Expect
) -> None:
    """The details are pushed in an id_token_hint such as public clients of the gateway send."""
    request = journey.pushed
    hint = request.hint
    if not expect.that(
        hint is not None,
        "DSP-HINT-MISSING",
        "an id_token_hint that is a JWT",
        "another text" if "id_token_hint" in request.parameters else "no id_token_hint",
    ):
        return
    assert hint is not None
    claims = hint.claims
    expect.that(
        hint.header.get("alg") == _OBSERVED_ALGORITHM,
        "DSP-HINT-ALGORITHM",
        f"alg {_OBSERVED_ALGORITHM}",
        hint.header.get("alg"),
    )
    others = [name for name, value in attributes(claims).items() if not isinstance(value, str)]
    expect.that(not others, "DSP-HINT-CLAIM", "attributes as claims that are strings", f"not {', '.join(others)}")
    expect.that(
        claims.get("iss") == portal.system.client_id,
        "DSP-HINT-ISS",
        f"iss {portal.system.client_id}",
        claims.get("iss", "no iss"),
        requirement="DSP-STEP7-06",
    )
    issuers = (portal.gateway.issuer_url, portal.gateway.base_url)
    named = claims.get("aud")
    expect.that(
        any(each in issuers for each in (named if isinstance(named, list) else [named])),
        "DSP-HINT-AUD",
        f"aud {' or '.join(issuers)}",
        "no aud" if named is None else named,
        requirement="DSP-STEP7-07",
    )
    until = claims.get("exp")
    expect.that(
        _is_after(until, request.at),
        "DSP-HINT-EXP",
        f"exp after the time of the request, {int(request.at)}",
        "no exp" if until is None else until,
        requirement="DSP-STEP7-08",
    )


def _is_after(value: Any, at: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > at
