"""What a gateway publishes of itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats.jwk import is_private_or_symmetric
from harness.staff_passport.gateway_handle import GatewayHandle
from harness.staff_passport.id_tokens import RS256, keys_of
from harness.transport import Reply, is_loopback

check = area("Staff Passport gateway: discovery")

ENDPOINTS = (
    "pushed_authorization_request_endpoint",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
)
_SUPPORTED = {
    "response_types_supported": "code",
    "grant_types_supported": "authorization_code",
    "id_token_signing_alg_values_supported": RS256,
}
_CREDENTIAL_ISSUER = "/.well-known/openid-credential-issuer"


@check(
    "dsp-gateway-discovery",
    requires=["DSPG-DISCOVERY-01", "DSPG-DISCOVERY-02", "DSPG-DISCOVERY-03"],
    proven_by={
        "dsp-gateway-discovery:absent": "DSPG-DISCOVERY",
        "dsp-gateway-discovery:no-json": "DSPG-DISCOVERY",
        "dsp-gateway-discovery:issuer-missing": "DSPG-DISCOVERY-ENDPOINTS",
        "dsp-gateway-discovery:par-missing": "DSPG-DISCOVERY-ENDPOINTS",
        "dsp-gateway-discovery:authorize-missing": "DSPG-DISCOVERY-ENDPOINTS",
        "dsp-gateway-discovery:token-missing": "DSPG-DISCOVERY-ENDPOINTS",
        "dsp-gateway-discovery:jwks-missing": "DSPG-DISCOVERY-ENDPOINTS",
        "dsp-gateway-discovery:response-types": "DSPG-DISCOVERY-SUPPORTED",
        "dsp-gateway-discovery:grants": "DSPG-DISCOVERY-SUPPORTED",
        "dsp-gateway-discovery:algorithms": "DSPG-DISCOVERY-SUPPORTED",
    },
)
async def the_gateway_describes_itself(discovery: Reply, expect: Expect) -> None:
    """The gateway publishes a discovery document with its issuer, its endpoints and what it supports."""
    found = discovery.successful and discovery.media_type == "application/json" and bool(discovery.object)
    if not expect.that(found, "DSPG-DISCOVERY", "HTTP 200 with a JSON object", discovery.gist, at=discovery):
        return
    document = discovery.object
    missing = [name for name in ("issuer", *ENDPOINTS) if not isinstance(document.get(name), str)]
    expect.that(
        not missing,
        "DSPG-DISCOVERY-ENDPOINTS",
        f"issuer, {', '.join(ENDPOINTS)}",
        f"without {', '.join(missing)}",
        at=discovery,
        requirement="DSPG-DISCOVERY-02",
    )
    for name, value in _SUPPORTED.items():
        # What is left out has a default that fits, but for the algorithm, which nobody has to support otherwise.
        listed = document.get(name, [value])
        expect.that(
            isinstance(listed, list) and value in listed,
            "DSPG-DISCOVERY-SUPPORTED",
            f"{name} has {value}",
            listed,
            at=discovery,
            pointer=f"/{name}",
            requirement="DSPG-DISCOVERY-03",
        )


@check(
    "dsp-gateway-endpoint-urls",
    requires=["DSPG-DISCOVERY-04", "DSPG-DISCOVERY-05"],
    proven_by={
        "dsp-gateway-discovery:plain-http": ["DSPG-DISCOVERY-HTTP", "DSPG-DISCOVERY-HOST"],
        "dsp-gateway-discovery:other-host": "DSPG-DISCOVERY-HOST",
    },
)
async def endpoints_are_https_urls_of_the_gateway(
    gateway: GatewayHandle, discovery: Reply, expect: Expect
) -> None:
    """The endpoints that the discovery document names are https URLs on the host of the gateway."""
    named = {name: value for name in ENDPOINTS if isinstance(value := discovery.object.get(name), str)}
    if not named:
        raise Blocked("the discovery document names no endpoint")
    host = urlsplit(gateway.base).netloc
    for name, url in named.items():
        told: dict[str, Any] = {"at": discovery, "pointer": f"/{name}"}
        secure = url.startswith("https://") or (is_loopback(gateway.base) and is_loopback(url))
        expect.that(secure, "DSPG-DISCOVERY-HTTP", "an https URL", url, **told)
        expect.that(
            _netloc(url) == host,
            "DSPG-DISCOVERY-HOST",
            f"a URL on {host}",
            url,
            requirement="DSPG-DISCOVERY-05",
            **told,
        )


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


@check(
    "dsp-gateway-key-set",
    requires=["DSPG-DISCOVERY-06", "DSPG-DISCOVERY-07"],
    proven_by={
        "dsp-gateway-jwks:absent": "DSPG-KEYS",
        "dsp-gateway-jwks:empty": "DSPG-KEYS",
        "dsp-gateway-jwks:private": "DSPG-KEYS-SECRET",
        "dsp-gateway-jwks:symmetric": "DSPG-KEYS-SECRET",
    },
)
async def the_key_set_has_public_keys(keys: Reply, expect: Expect) -> None:
    """The key set has an RSA key for signatures, and nothing that is to be kept secret."""
    found = keys_of(keys) if keys.successful else []
    usable = [key for key in found if key.get("kty") == "RSA" and key.get("use", "sig") == "sig"]
    expect.that(bool(usable), "DSPG-KEYS", "a set with an RSA key for signatures", keys.gist, at=keys)
    expect.that(
        not any(map(is_private_or_symmetric, found)),
        "DSPG-KEYS-SECRET",
        "public keys only",
        "a private or a symmetric key",
        at=keys,
        requirement="DSPG-DISCOVERY-07",
    )


@check(
    "dsp-gateway-no-credential-issuer",
    requires=["DSPG-DISCOVERY-08"],
    proven_by={"dsp-gateway-elsewhere:credential-issuer": "DSPG-CREDENTIAL-ISSUER"},
)
async def the_gateway_is_no_credential_issuer(gateway: GatewayHandle, expect: Expect) -> None:
    """The gateway publishes no metadata of a Credential Issuer; one that does is worth a run of its own."""
    reply = await gateway.get("issuer metadata", f"{gateway.base}{_CREDENTIAL_ISSUER}")
    expect.that(
        not (reply.successful and "credential_issuer" in reply.object),
        "DSPG-CREDENTIAL-ISSUER",
        "no metadata of a Credential Issuer",
        f"{reply.gist}: judge it with --vci-profile oid4vci-1.0 too",
        at=reply,
    )
