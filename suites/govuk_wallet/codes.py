"""The Pre-Authorized Code: docs.wallet.service.gov.uk, Credential offer, The pre-authorised code."""

from __future__ import annotations

from typing import Any

from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import jose, jwt_claims
from harness.formats.clock import SKEW_S
from harness.govuk.code import PreAuthorizedCode
from harness.govuk.surroundings import Surroundings
from harness.transport import Reply
from harness.wallet.metadata import Issuer
from harness.wallet.offer import ReceivedOffer

check = area("GOV.UK Wallet: pre-authorised code", per=Per.SCENARIO)

_HEADER = ("kid", "typ", "alg")
_CONFIGURATIONS, _IDENTIFIERS = "credential_configuration_ids", "credential_identifiers"
_CLAIMS = ("clientId", _IDENTIFIERS, _CONFIGURATIONS, "exp", "iat", "iss", "aud")
_LONGEST_S, _SHORTEST_S = 3600, 300
_FIRST_MILLISECONDS = 100_000_000_000
"""A time as great as this is counted in milliseconds: in seconds it lies in the year 5138."""


@check(
    "govuk-code-header",
    requires=["GOVUK-CODE-01", "GOVUK-CODE-02", "GOVUK-CODE-03", "GOVUK-CODE-04"],
    proven_by={
        "govuk-offer:code-opaque": "GOVUK-CODE-FORM",
        "govuk-code:kid-missing": "GOVUK-CODE-KID",
        "govuk-code:kid-unknown": "GOVUK-CODE-KID",
        "govuk-code:kid-did": "GOVUK-CODE-KID",
        "govuk-jwks:kid-other": "GOVUK-CODE-KID",
        "govuk-jwks:empty": "GOVUK-CODE-KID",
        "govuk-code:typ-missing": "GOVUK-CODE-TYPE",
        "govuk-code:typ-other": "GOVUK-CODE-TYPE",
        "govuk-code:unsigned": "GOVUK-CODE-ALGORITHM",
        "govuk-code:algorithm-other": "GOVUK-CODE-ALGORITHM",
    },
)
async def the_code_is_a_jwt(offer: ReceivedOffer, issuer_keys_document: Reply, expect: Expect) -> None:
    """The code is a JWT of the type JWT, signed with ES256 by a key whose kid is in the issuer's JWKS."""
    if offer.code is None:
        raise Blocked("the offer has no usable pre-authorised code")
    code, problem = None, ""
    try:
        code = PreAuthorizedCode.of(offer)
    except Blocked as error:
        problem = str(error)
    expect.that(code is not None, "GOVUK-CODE-FORM", "a JWT", problem, at=offer.exchange)
    if code is None:
        return
    header = code.header
    for name, right, finding, requirement in (
        ("typ", "JWT", "GOVUK-CODE-TYPE", "GOVUK-CODE-03"),
        ("alg", "ES256", "GOVUK-CODE-ALGORITHM", "GOVUK-CODE-04"),
    ):
        expect.that(
            header.get(name) == right,
            finding,
            f"{name} {right}",
            header.get(name),
            pointer=f"header {name}",
            requirement=requirement,
        )
    names = [key["kid"] for key in _published(issuer_keys_document)]
    expect.that(
        header.get("kid") in names,
        "GOVUK-CODE-KID",
        f"a kid of the JWKS: {', '.join(names) or 'it has no keys'}",
        header.get("kid"),
        at=issuer_keys_document,
        pointer="header kid",
        requirement="GOVUK-CODE-02",
    )


@check(
    "govuk-code-signature",
    requires=["GOVUK-CODE-06"],
    proven_by={
        "govuk-code:signature": "GOVUK-CODE-SIGNATURE",
        "govuk-code:signature-der": "GOVUK-CODE-SIGNATURE",
        "govuk-jwks:alg-other": "GOVUK-CODE-SIGNATURE",
        "govuk-jwks:key-cut": "GOVUK-CODE-SIGNATURE",
        "govuk-jwks:use-other": "GOVUK-CODE-SIGNATURE",
    },
)
async def the_code_is_signed(code: PreAuthorizedCode, issuer_keys_document: Reply, expect: Expect) -> None:
    """The signature of the code verifies with ES256 and the key of the issuer's JWKS that its kid names."""
    if code.header.get("alg") != "ES256":
        raise Blocked("the alg of the code is not ES256")
    keys = [key for key in _published(issuer_keys_document) if key["kid"] == code.header.get("kid")]
    if not keys:
        raise Blocked("the kid of the code names no key of the JWKS")
    failures = [failure for key in keys if (failure := _failure(code, key))]
    expect.that(
        len(failures) < len(keys),
        "GOVUK-CODE-SIGNATURE",
        "a signature that verifies with the key that kid names",
        "; ".join(failures),
        at=issuer_keys_document,
    )


def _published(keys: Reply) -> list[dict[str, Any]]:
    """Give the keys of the issuer's JWKS by which a code can be verified.

    Raises:
        Blocked: it is not there, or has a key without a kid; that is for other checks to say.

    """
    found = keys.object.get("keys") if keys.status == 200 else None
    if not isinstance(found, list):
        raise Blocked("the issuer has no JWKS with keys")
    named = [key for key in found if isinstance(key, dict) and isinstance(key.get("kid"), str)]
    if len(named) < len(found):
        raise Blocked("a key of the issuer's JWKS has no kid")
    return named


def _failure(code: PreAuthorizedCode, key: dict[str, Any]) -> str:
    try:
        jose.verify(code.jws, key, {"ES256"})
    except jose.SignatureError as error:
        return error.detail
    return ""


@check(
    "govuk-code-client",
    requires=["GOVUK-CODE-08"],
    proven_by={
        "govuk-code:client-id-other": "GOVUK-CODE-CLIENT",
        "govuk-code:client-id-missing": "GOVUK-CODE-CLIENT",
        "govuk-code:client-id-spelled": "GOVUK-CODE-CLIENT",
    },
)
async def the_code_names_the_client(code: PreAuthorizedCode, surroundings: Surroundings, expect: Expect) -> None:
    """The clientId of the code is the client id of the service at GOV.UK One Login.

    Where the run was not told which that is, any text will do.
    """
    right, named = surroundings.client_id, code.claims.get("clientId")
    expect.that(
        isinstance(named, str) and named != "" if right is None else named == right,
        "GOVUK-CODE-CLIENT",
        "clientId, a string" if right is None else f"clientId {right!r}",
        named,
        pointer="/clientId",
    )


@check(
    "govuk-code-identifiers",
    requires=["GOVUK-CODE-09"],
    proven_by={
        "govuk-code:identifiers-missing": "GOVUK-CODE-IDENTIFIERS",
        "govuk-code:identifiers-string": "GOVUK-CODE-IDENTIFIERS",
        "govuk-code:two-identifiers": "GOVUK-CODE-IDENTIFIERS",
    },
)
async def the_code_has_one_identifier(code: PreAuthorizedCode, expect: Expect) -> None:
    """The credential_identifiers of the code are an array of one string."""
    expect.that(
        bool(code.single(_IDENTIFIERS)),
        "GOVUK-CODE-IDENTIFIERS",
        "an array with exactly one string",
        _form(code.claims.get(_IDENTIFIERS)),
        pointer=f"/{_IDENTIFIERS}",
    )


def _form(value: Any) -> str:
    """Say what form a claim has; its values are nobody else's business."""
    if isinstance(value, list):
        return f"an array of {len(value)}: {', '.join(type(item).__name__ for item in value)}"
    return "nothing" if value is None else f"no array but a {type(value).__name__}"


@check(
    "govuk-code-configuration",
    requires=["GOVUK-CODE-13", "GOVUK-CODE-14"],
    proven_by={
        "govuk-code:configurations-missing": "GOVUK-CODE-CONFIGURATIONS",
        "govuk-code:two-configurations": "GOVUK-CODE-CONFIGURATIONS",
        "govuk-code:configurations-unknown": "GOVUK-CODE-CONFIGURATION-UNKNOWN",
        "govuk-code:configurations-other": "GOVUK-CODE-CONFIGURATION-OTHER",
    },
)
async def the_code_names_the_credential(
    code: PreAuthorizedCode, offer: ReceivedOffer, issuer: Issuer, expect: Expect
) -> None:
    """The code names one credential: one of the issuer's metadata, and that which the offer names."""
    supported = issuer.metadata.get("credential_configurations_supported")
    if not isinstance(supported, dict):
        raise Blocked("the issuer metadata has no usable credential_configurations_supported")
    named, pointer = code.single(_CONFIGURATIONS), f"/{_CONFIGURATIONS}"
    if not expect.that(
        named is not None,
        "GOVUK-CODE-CONFIGURATIONS",
        "an array with exactly one string",
        code.claims.get(_CONFIGURATIONS),
        pointer=pointer,
    ):
        return
    if not expect.that(
        named in supported,
        "GOVUK-CODE-CONFIGURATION-UNKNOWN",
        f"one of {', '.join(supported)}",
        named,
        pointer=pointer,
    ):
        return
    offered = [name for name in offer.configuration_ids if name in supported]
    # An offer of nothing that is known is for another check to judge.
    expect.that(
        named in offered or not offered,
        "GOVUK-CODE-CONFIGURATION-OTHER",
        f"what the offer names: {', '.join(offered)}",
        named,
        pointer=pointer,
        requirement="GOVUK-CODE-14",
    )


@check(
    "govuk-code-times",
    requires=["GOVUK-CODE-16", "GOVUK-CODE-15", "GOVUK-CODE-18", "GOVUK-CODE-19", "VCI14-4.1.1-03"],
    proven_by={
        "govuk-code:exp-missing": "GOVUK-CODE-EXPIRY",
        "govuk-code:iat-missing": "GOVUK-CODE-ISSUED",
        "govuk-code:times-strings": ["GOVUK-CODE-EXPIRY", "GOVUK-CODE-ISSUED"],
        "govuk-code:milliseconds": ["GOVUK-CODE-EXPIRY", "GOVUK-CODE-ISSUED"],
        "govuk-code:ended": "GOVUK-CODE-ENDED",
        "govuk-code:future": "GOVUK-CODE-ISSUED-LATER",
        "govuk-code:long": "GOVUK-CODE-LONG",
        "govuk-code:short": "GOVUK-CODE-SHORT",
    },
)
async def the_code_is_short_lived(code: PreAuthorizedCode, shared: Flow, expect: Expect) -> None:
    """The code says when it was made and when it ends, which is five minutes to an hour later."""
    made = _expect_time(expect, code, "iat", "GOVUK-CODE-ISSUED", "GOVUK-CODE-19")
    ends = _expect_time(expect, code, "exp", "GOVUK-CODE-EXPIRY", "GOVUK-CODE-15")
    if made is None:
        return
    ahead = made - shared.tools.now()
    expect.that(
        ahead <= SKEW_S,
        "GOVUK-CODE-ISSUED-LATER",
        "the time at which the code was made",
        f"{ahead:.0f} seconds from now",
        pointer="/iat",
        requirement="GOVUK-CODE-19",
    )
    if ends is None:
        return
    lifetime = ends - made
    observed = f"exp {lifetime:.0f} seconds after iat"
    if not expect.that(
        lifetime > 0,
        "GOVUK-CODE-ENDED",
        "an end after the time at which the code was made",
        f"exp {-lifetime:.0f} seconds before iat",
        pointer="/exp",
        requirement="GOVUK-CODE-15",
    ):
        return
    expect.that(lifetime <= _LONGEST_S, "GOVUK-CODE-LONG", "an hour at most", observed, pointer="/exp")
    expect.that(
        lifetime >= _SHORTEST_S,
        "GOVUK-CODE-SHORT",
        "five minutes at least",
        observed,
        pointer="/exp",
        requirement="GOVUK-CODE-18",
    )


def _expect_time(
    expect: Expect, code: PreAuthorizedCode, name: str, finding: str, requirement: str
) -> float | None:
    """Expect a claim to be a time in seconds since 1970 and give it; ``None`` for what is evidently none."""
    value = code.claims.get(name)
    number = jwt_claims.number(value)
    right = number is not None and 0 <= number < _FIRST_MILLISECONDS
    expect.that(
        right, finding, "a number of seconds since 1970", value, pointer=f"/{name}", requirement=requirement
    )
    return number if right else None


@check(
    "govuk-code-issuer",
    requires=["GOVUK-CODE-20"],
    proven_by={"govuk-code:iss-other": "GOVUK-CODE-ISSUER", "govuk-code:iss-missing": "GOVUK-CODE-ISSUER"},
)
async def the_code_names_its_issuer(code: PreAuthorizedCode, issuer: Issuer, expect: Expect) -> None:
    """The iss of the code is the URL of the Credential Issuer."""
    expect.that(
        code.claims.get("iss") == issuer.identifier,
        "GOVUK-CODE-ISSUER",
        f"iss {issuer.identifier!r}",
        code.claims.get("iss"),
        pointer="/iss",
    )


@check(
    "govuk-code-audience",
    requires=["GOVUK-CODE-21", "GOVUK-CODE-22"],
    proven_by={
        "govuk-code:aud-missing": "GOVUK-CODE-AUDIENCE",
        "govuk-code:aud-provider": "GOVUK-CODE-AUDIENCE",
        "govuk-code:aud-slash": "GOVUK-CODE-AUDIENCE-SLASH",
    },
)
async def the_code_is_for_the_token_service(
    code: PreAuthorizedCode, surroundings: Surroundings, expect: Expect
) -> None:
    """The aud of the code is the URL of the token service of GOV.UK One Login, without a slash at its end."""
    server, named = surroundings.token_service.base_url, code.claims.get("aud")
    if expect.that(
        named in (server, f"{server}/"), "GOVUK-CODE-AUDIENCE", f"aud {server!r}", named, pointer="/aud"
    ):
        expect.that(
            named == server,
            "GOVUK-CODE-AUDIENCE-SLASH",
            f"aud {server!r}",
            named,
            pointer="/aud",
            requirement="GOVUK-CODE-22",
        )


@check(
    "govuk-code-official",
    requires=["GOVUK-CODE-07", "GOVUK-CODE-05"],
    proven_by={
        "govuk-code:key-inside": "GOVUK-CODE-HEADER-FURTHER",
        "govuk-code:further-claim": "GOVUK-CODE-CLAIM-FURTHER",
        "govuk-code:client-id-spelled": "GOVUK-CODE-CLAIM-FURTHER",
    },
)
async def the_code_passes_the_official_harness(code: PreAuthorizedCode, expect: Expect) -> None:
    """The code has no header parameters and no claims but those of the page."""
    for members, listed, finding, requirement, pointer in (
        (code.header, _HEADER, "GOVUK-CODE-HEADER-FURTHER", "GOVUK-CODE-05", "header"),
        (code.claims, _CLAIMS, "GOVUK-CODE-CLAIM-FURTHER", "GOVUK-CODE-07", ""),
    ):
        further = [name for name in members if name not in listed]
        expect.that(
            not further,
            finding,
            f"nothing but {', '.join(listed)}",
            further,
            pointer=pointer,
            requirement=requirement,
        )
