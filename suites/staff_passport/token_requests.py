"""How the portal exchanges the code that verifies an identity: RFC 6749 section 4.1.3."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.downloads import Download
from harness.staff_passport.portal_under_test import PortalUnderTest
from suites.staff_passport._client import expect_client
from suites.staff_passport._verifications import TOKEN, VERIFYING

check = area("Staff Passport: token requests")


@check(
    "dsp-token-request",
    requires=["DSP-STEP6-10", "DSP-STEP6-11", "DSP-ENVIRONMENT-02"],
    proven_by={
        "dsp-token:never": "DSP-TOKEN-NOT-ASKED",
        "dsp-token:grant-type-other": "DSP-TOKEN-GRANT-TYPE",
        "dsp-token:code-other": "DSP-TOKEN-CODE",
        "dsp-token:redirect-uri-missing": "DSP-TOKEN-REDIRECT-URI",
        "dsp-token:redirect-uri-other": "DSP-TOKEN-REDIRECT-URI",
        "dsp-token:client-other": "DSP-TOKEN-CLIENT",
        "dsp-token:secret-missing": "DSP-TOKEN-SECRET",
        "dsp-token:secret-other": "DSP-TOKEN-SECRET",
    },
)
async def the_code_is_exchanged_as_registered(portal: PortalUnderTest, journey: Download, expect: Expect) -> None:
    """The portal redeems the code of the identity at the token endpoint with what it was given and has sent."""
    returned_to = journey.authorization.get("redirect_uri")
    codes, asked = _codes(portal, journey), journey.possibly(TOKEN, VERIFYING)
    if not codes:
        raise Blocked("the browser brought no code back")
    if not expect.that(
        bool(asked), "DSP-TOKEN-NOT-ASKED", "a token request once the browser is back with a code", "none"
    ):
        return
    sent = asked[0].parameters
    _expect(expect, "grant_type", sent, sent.get("grant_type") == "authorization_code", "authorization_code")
    _expect(expect, "code", sent, sent.get("code") in codes, "the code that came back")
    # Where the authorization request had none there is none to repeat.
    _expect(
        expect,
        "redirect_uri",
        sent,
        returned_to is None or sent.get("redirect_uri") == returned_to,
        f"{returned_to}, as in the authorization request",
    )
    expect_client(expect, asked[0], portal.system, "DSP-TOKEN", "DSP-ENVIRONMENT-02")


def _expect(expect: Expect, name: str, sent: Mapping[str, str], holds: bool, wanted: str) -> None:
    observed = "another code" if name == "code" and sent.get(name) else sent.get(name)
    expect.that(
        holds,
        f"DSP-TOKEN-{name.upper().replace('_', '-')}",
        f"{name} {wanted}",
        observed,
        pointer=name,
        requirement="DSP-STEP6-11",
    )


def _codes(portal: PortalUnderTest, journey: Download) -> set[str]:
    """Give the codes that the browser brought back."""
    registered = {uri.partition("?")[0] for uri in portal.system.redirect_uris}
    return {
        code
        for url in journey.urls
        if url.partition("?")[0] in registered
        for code in parse_qs(urlsplit(url).query).get("code", [])
    }


@check(
    "dsp-code-once",
    requires=["DSP-STEP6-12"],
    proven_by={"dsp-token:twice": "DSP-CODE-TWICE"},
)
async def a_code_is_redeemed_once(journey: Download, expect: Expect) -> None:
    """Each code is redeemed at most once."""
    journey.one(TOKEN)
    codes = [code for each in journey.at(TOKEN) if (code := each.parameters.get("code"))]
    expect.that(
        len(codes) == len(set(codes)),
        "DSP-CODE-TWICE",
        "one token request for each code",
        f"{len(codes)} for {len(set(codes))}",
    )


@check(
    "dsp-code-verifier",
    requires=["DSP-STEP6-14"],
    proven_by={
        "dsp-token:verifier-missing": "DSP-CODE-VERIFIER-MISSING",
        "dsp-token:verifier-other": "DSP-CODE-VERIFIER-OTHER",
    },
    applies=when.sends_challenge,
)
async def a_challenge_is_followed_by_its_verifier(journey: Download, expect: Expect) -> None:
    """Where the authorization request has a code challenge, the token request has its verifier."""
    asked = journey.authorization
    challenge = asked.get("code_challenge", "")
    redeemed = journey.possibly(TOKEN, VERIFYING)
    if not redeemed:
        raise Blocked("the portal made no token request")
    verifier = redeemed[0].parameters.get("code_verifier")
    if expect.that(
        bool(verifier), "DSP-CODE-VERIFIER-MISSING", "a code_verifier", "none", pointer="code_verifier"
    ):
        expect.that(
            _made(verifier or "", asked.get("code_challenge_method")) == challenge.rstrip("="),
            "DSP-CODE-VERIFIER-OTHER",
            "the code_verifier from which the challenge was made",
            "another one",
            pointer="code_verifier",
        )


def _made(verifier: str, method: str | None) -> str:
    """Give the challenge of a verifier (RFC 7636 section 4.2)."""
    if method != "S256":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
