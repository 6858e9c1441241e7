"""Pushed authorization requests: what is to be issued."""

from __future__ import annotations

from harness import mutate
from harness.checks import area
from harness.expect import Expect
from harness.staff_passport.gateway_handle import GatewayHandle, mac_key
from harness.staff_passport.templates import UNIQUE_IDENTIFIER
from harness.transport import Reply
from harness.wallet.jwt import JwtDraft
from suites.staff_passport_gateway._refusals import HOW_PUSHED, control, expect_push_refused

check = area("Staff Passport gateway: pushed requests")

STRANGER = "assay-unknown-system"
_ELSEWHERE = "https://elsewhere.assay.invalid/callback"


@check(
    "dsp-gateway-push",
    requires=["DSPG-PAR-02", "DSPG-PAR-01", "DSPG-PAR-03", "DSPG-PAR-04", "DSPG-PAR-18"],
    proven_by={
        "dsp-gateway-par:absent": "DSPG-PAR-ABSENT",
        "dsp-gateway-par:refused": "DSPG-PAR-REFUSED",
        "dsp-gateway-par:status-ok": "DSPG-PAR-STATUS",
        "dsp-gateway-par:no-request-uri": "DSPG-PAR-REQUEST-URI",
        "dsp-gateway-par:no-expiry": "DSPG-PAR-EXPIRES-IN",
        "dsp-gateway-par:expiry-zero": "DSPG-PAR-EXPIRES-IN",
        "dsp-gateway-par:expiry-text": "DSPG-PAR-EXPIRES-IN",
    },
)
async def a_right_pushed_request_is_accepted(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """A right pushed request is answered by 201 with a reference to it and its lifetime.

    How the details stand in it is known from public clients only, so that a refusal is a warning.
    """
    published = "pushed_authorization_request_endpoint" in gateway.at.published
    if published and not expect.that(
        pushed.status not in (404, 405),
        "DSPG-PAR-ABSENT",
        "an endpoint for pushed requests where the discovery document has it",
        pushed.gist,
        at=pushed,
        requirement="DSPG-PAR-01",
    ):
        return
    if not expect.that(
        pushed.successful,
        "DSPG-PAR-REFUSED",
        "the details of a credential are accepted as public clients send them",
        pushed.gist,
        at=pushed,
        requirement="DSPG-PAR-18",
    ):
        return
    expect.that(pushed.status == 201, "DSPG-PAR-STATUS", "HTTP 201", pushed.gist, at=pushed)
    reference, lifetime = pushed.object.get("request_uri"), pushed.object.get("expires_in")
    expect.that(
        isinstance(reference, str) and bool(reference),
        "DSPG-PAR-REQUEST-URI",
        "a request_uri",
        reference,
        at=pushed,
        pointer="/request_uri",
        requirement="DSPG-PAR-03",
    )
    expect.that(
        isinstance(lifetime, (int, float)) and not isinstance(lifetime, bool) and lifetime > 0,
        "DSPG-PAR-EXPIRES-IN",
        "a positive number of seconds",
        lifetime,
        at=pushed,
        pointer="/expires_in",
        requirement="DSPG-PAR-04",
    )


@check(
    "dsp-gateway-push-client",
    requires=["DSPG-PAR-05", "DSPG-PAR-06"],
    proven_by={
        "accepts:dsp-gateway-par.client-secret": "DSPG-PAR-CLIENT-ACCEPTED",
        "accepts:dsp-gateway-par.client-known": "DSPG-PAR-CLIENT-ACCEPTED",
        "misreports:dsp-gateway-par.client-secret": "DSPG-PAR-CLIENT-MISREPORTED",
        "misreports:dsp-gateway-par.client-known": "DSPG-PAR-CLIENT-MISREPORTED",
        "dsp-gateway-par:client-bad-request": "DSPG-PAR-CLIENT-MISREPORTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-CLIENT-MISREPORTED",
    },
)
async def a_client_without_its_secret_is_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """A pushed request with a wrong secret, without one, or of an unknown client is refused as invalid_client."""
    control(pushed)
    wrong = mutate.near_miss(gateway.system.client_secret)
    for what, reply in (
        ("a wrong client secret", await gateway.push(client_secret=wrong)),
        ("a request without client secret", await gateway.push(client_secret=None)),
        ("an unknown client", await gateway.push(client_id=STRANGER)),
    ):
        expect.refused(
            reply,
            "DSPG-PAR-CLIENT",
            what=what,
            status={401},
            errors={"invalid_client"},
            status_requirement="DSPG-PAR-06",
            error_requirement="DSPG-PAR-06",
        )


@check(
    "dsp-gateway-push-signature",
    requires=["DSPG-PAR-07", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.hint-signature": "DSPG-HINT-SIGNATURE-ACCEPTED",
        "accepts:dsp-gateway-par.hint-algorithm": "DSPG-HINT-SIGNATURE-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def details_signed_by_another_key_are_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """Details that are signed by another key, spoiled after signing or not signed at all are refused."""
    control(pushed)
    right = gateway.hint()
    foreign = JwtDraft(mac_key(b"assay-key-that-was-given-to-nobody"), right.header, right.claims)
    for what, hint in (
        ("a hint that another key signed", foreign.sign()),
        ("a hint with a spoiled signature", mutate.broken_signature(right)),
        ("a hint without a signature", mutate.unsigned(right)),
    ):
        expect_push_refused(expect, await gateway.push(hint), "DSPG-HINT-SIGNATURE", what=what)


@check(
    "dsp-gateway-push-expired",
    requires=["DSPG-PAR-08", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.hint-fresh": "DSPG-HINT-EXPIRED-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def expired_details_are_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """Details whose signature expired a day ago are refused."""
    control(pushed)
    past = int(gateway.now) - mutate.DAY
    reply = await gateway.push(gateway.hint().with_claims(iat=past - 60, nbf=past - 60, exp=past))
    expect_push_refused(expect, reply, "DSPG-HINT-EXPIRED", what="a hint that expired a day ago")


@check(
    "dsp-gateway-push-audience",
    requires=["DSPG-PAR-09", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.hint-audience": "DSPG-HINT-AUDIENCE-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def details_for_another_audience_are_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """Details that were signed for another gateway are refused."""
    control(pushed)
    reply = await gateway.push(gateway.hint().with_claims(aud=mutate.ELSEWHERE))
    expect_push_refused(expect, reply, "DSPG-HINT-AUDIENCE", what="a hint for another gateway")


@check(
    "dsp-gateway-push-issuer",
    requires=["DSPG-PAR-15", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.hint-issuer": "DSPG-HINT-ISSUER-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def details_in_another_name_are_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """Details in the name of another external system are refused."""
    control(pushed)
    reply = await gateway.push(gateway.hint().with_claims(iss=STRANGER))
    expect_push_refused(expect, reply, "DSPG-HINT-ISSUER", what="a hint of another external system")


@check(
    "dsp-gateway-push-identifier",
    requires=["DSPG-PAR-10", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.hint-identifier": "DSPG-HINT-IDENTIFIER-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def details_without_identifier_are_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """Details without the employee's unique identifier are refused."""
    control(pushed)
    reply = await gateway.push(gateway.hint().with_claims(**{UNIQUE_IDENTIFIER: None}))
    expect_push_refused(expect, reply, "DSPG-HINT-IDENTIFIER", what="a hint without a unique identifier")


@check(
    "dsp-gateway-push-details",
    requires=["DSPG-PAR-14", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.hint-present": "DSPG-HINT-MISSING-ACCEPTED",
        "accepts:dsp-gateway-par.hint-readable": "DSPG-HINT-MISSING-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def a_pushed_request_without_details_is_refused(
    gateway: GatewayHandle, pushed: Reply, expect: Expect
) -> None:
    """A pushed request that issues is refused without a hint, and with one that is no JWT."""
    control(pushed)
    for what, reply in (
        ("a pushed request without a hint", await gateway.push(id_token_hint=None)),
        ("a hint that is no JWT", await gateway.push("assay")),
    ):
        expect_push_refused(expect, reply, "DSPG-HINT-MISSING", what=what)


@check(
    "dsp-gateway-push-template",
    requires=["DSPG-PAR-16", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.scope": "DSPG-PAR-TEMPLATE-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def an_unknown_template_is_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """A pushed request for a template that there is not is refused."""
    control(pushed)
    reply = await gateway.push(scope="issue.AssayNoSuchTemplate")
    expect_push_refused(expect, reply, "DSPG-PAR-TEMPLATE", what="a template that there is not")


@check(
    "dsp-gateway-push-parameters",
    requires=["DSPG-PAR-13", "DSPG-PAR-17", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.plain": "DSPG-PAR-REFERENCE-ACCEPTED",
        "accepts:dsp-gateway-par.response-type": "DSPG-PAR-RESPONSE-TYPE-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def wrong_parameters_are_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """A pushed request that refers to another one, and one without a response type, are refused."""
    control(pushed)
    reference = str(pushed.object.get("request_uri"))
    expect_push_refused(
        expect,
        await gateway.push(request_uri=reference),
        "DSPG-PAR-REFERENCE",
        what="a pushed request with a request_uri",
    )
    expect_push_refused(
        expect,
        await gateway.push(response_type=None),
        "DSPG-PAR-RESPONSE-TYPE",
        what="a pushed request without a response_type",
        requirement="DSPG-PAR-17",
    )


@check(
    "dsp-gateway-push-redirect",
    requires=["DSPG-PAR-19", HOW_PUSHED],
    proven_by={
        "accepts:dsp-gateway-par.redirect-uri": "DSPG-PAR-REDIRECT-ACCEPTED",
        "dsp-gateway-par:errors-broken": "DSPG-PAR-REFUSAL",
    },
)
async def an_unregistered_redirect_url_is_refused(gateway: GatewayHandle, pushed: Reply, expect: Expect) -> None:
    """A pushed request with a redirect URL that is not registered is refused, however much it resembles one."""
    control(pushed)
    similar = mutate.similar_uris(gateway.redirect_uri)
    for what, url in {"another host": _ELSEWHERE, **similar}.items():
        reply = await gateway.push(redirect_uri=url)
        expect_push_refused(expect, reply, "DSPG-PAR-REDIRECT", what=f"a redirect URL with {what}")
